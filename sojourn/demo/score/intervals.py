"""Whether the intervals hold what is true of all people, of whom the SIMs are a sample."""

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from schemas import CROSS_BORDER_FLOWS, POPULATION_GRID, RESIDENTS_BY_ORIGIN
from sojourn import cells, clock
from sojourn.demo import classes, grid, people, population, radio, stays
from sojourn.demo.people import HOME_SPOT, MACHINES
from sojourn.demo.places import COUNTRIES
from sojourn.demo.score.page import Goal, Section, count, share, table
from sojourn.demo.score.sources import Sources
from sojourn.methods.zones import UNKNOWN

PEOPLE = 200_000  # drawn by the rules that the SIMs were drawn by: twenty for each SIM of the demo
LOW, HIGH = 0.85, 0.95
HOW = """\
Of `cross_border_flows`, what is true is worked out from {people:,} other people, drawn by the same rules as the SIMs
were: the share of a zone's residents who made a journey that ended in the month, times the zone's persons. Of
`residents_by_origin`, foreign SIMs: the planted ones, machines left out, that slept here on 14 nights of the month's
window or more, by the zone of the planted home. Residents with a SIM of the country are left out: they are the persons
of the grid by construction, and so is what is true of them here.

- *inside*: share of the published rows whose true persons lie from `p05` to `p95`. *sampling alone*: in the interval
that
  `se_sampling` would make. *width*: (`p95` − `p05`) ÷ `persons`, median. *error*: found ÷ true − 1, of the sums.
"""


@dataclass(frozen=True)
class Judged:
    """Published rows of persons with what is true of them."""

    name: str
    rows: pd.DataFrame  # persons, p05, p95, se_sampling, true

    @property
    def inside(self) -> float | None:
        r = self.rows
        return float(r["true"].between(r["p05"], r["p95"]).mean()) if len(r) else None

    def line(self) -> list[str]:
        r = self.rows
        if r.empty:
            return [self.name, "0", "–", "–", "–", "–"]
        alone = ((r["true"] - r["persons"]).abs() <= 1.645 * r["se_sampling"]).mean()
        width, off = ((r["p95"] - r["p05"]) / r["persons"]).median(), r["persons"].sum() / r["true"].sum() - 1
        return [
            self.name,
            count(len(r)),
            share(self.inside, 1),
            share(float(alone), 1),
            f"{width:.2f}",
            share(float(off), 1),
        ]


def section(sources: Sources, seed: int) -> Section:
    """Flows and foreign residents of all months that were published."""
    parts = [*_flows(sources, seed), *_residents(sources)]
    every = pd.concat([p.rows for p in parts]) if parts else pd.DataFrame()
    inside = Judged("all", every).inside if len(every) else None
    goal = Goal(
        "intervals",
        "85% to 95% of what is true of flows and foreign residents lies from p05 to p95",
        share(inside, 1),
        None if inside is None else LOW <= inside <= HIGH,
    )
    head = ["", "rows", "inside", "sampling alone", "width", "error"]
    lines = [p.line() for p in [*parts, Judged("all", every)]] if len(every) else []
    return Section(["## Intervals", "", HOW.format(people=PEOPLE), goal.sentence(), *table(head, lines), ""], [goal])


def _flows(sources: Sources, seed: int) -> list[Judged]:
    found = sources.found(CROSS_BORDER_FLOWS)
    if "p05" not in found:
        return []
    found = found[(found["from_zone"] != UNKNOWN) & found["persons"].notna()]
    months = sorted(set(found["month"]))
    if not months:
        return []
    true = true_flows(sources, seed, months)
    rows = found.merge(
        true, left_on=["month", "from_zone", "to_country"], right_on=["month", "zone", "country"], how="left"
    )
    rows["true"] = rows["true"].fillna(0.0)
    return [Judged(f"{CROSS_BORDER_FLOWS.name}, {m:%Y-%m}", rows[rows["month"] == m]) for m in months]


def true_flows(sources: Sources, seed: int, months: list[date]) -> pd.DataFrame:
    """month, zone, country, true: persons who made a journey that ended in the month."""
    rng, other = np.random.default_rng(seed), np.random.default_rng((seed, ord("i")))
    land = grid.grid(rng)  # the country of the demo itself
    hours = sources.clock
    net = radio.network(land, hours.days, rng)
    folk = people.people(PEOPLE, hours.days, hours.start, grid=land, net=net, rng=other)
    trips = stays.stays(folk, hours, other)
    lives = population.lives_here(folk, trips, hours)
    lat, lon = folk.points[:, HOME_SPOT].T
    at = np.asarray(cells.cell_of(lat, lon, population.RESOLUTION), np.int64)
    raster = sources.found(POPULATION_GRID, ["cell", "zone", "population"])
    zone = pd.Series(at).map(raster.set_index("cell")["zone"]).to_numpy(object)
    persons = raster.groupby("zone")["population"].sum()
    each = persons / pd.Series(zone[lives]).value_counts().reindex(persons.index)
    since, until = classes.instants(folk, trips, hours)
    transit = (until - since < classes.TRANSIT_S) & ~trips.began
    some = ~trips.open & ~transit & lives[trips.who]
    day = pd.Series(pd.to_datetime(hours.local(until[some]), unit="s"))
    ended = pd.DataFrame(
        {
            "month": [d.date() for d in day.dt.to_period("M").dt.start_time],
            "zone": zone[trips.who[some]],
            "country": np.array([c.code for c in COUNTRIES])[trips.country[some]],
            "who": trips.who[some],
        }
    )
    ended = ended[ended["month"].isin(months)].drop_duplicates()
    made = ended.groupby(["month", "zone", "country"]).size().rename("n").reset_index()
    return made.assign(true=made["n"] * made["zone"].map(each).astype(float)).drop(columns="n")


def _residents(sources: Sources) -> list[Judged]:
    """Foreign SIMs: persons are SIMs times the weight of the configuration."""
    home, inbound = sources.conf.home.country, sources.conf.weights.inbound
    found = sources.found(RESIDENTS_BY_ORIGIN)
    if "p05" not in found:
        return []
    found = found[~found["home_country"].isin([home, UNKNOWN]) & found["persons"].notna()]
    raster = sources.found(POPULATION_GRID, ["cell", "zone"])
    folk = sources.people.drop_duplicates("imsi")
    folk = folk[~folk["class"].isin(MACHINES)].merge(raster, left_on="home_cell", right_on="cell", how="inner")
    stays_here = sources.planted("trips")
    stays_here = stays_here[(stays_here["country"] == home) & stays_here["imsi"].isin(folk["imsi"])]
    out = []
    for month in sorted(set(found["month"])):
        last = min(clock.last_day(month), clock.later(sources.newest, -1))
        nights = _nights(stays_here, clock.later(last, -27), clock.later(last, 1), sources.conf.home.time_zone)
        live = folk[folk["imsi"].map(nights).fillna(0) >= 14]
        true = live.groupby(["zone", "home_country"]).size().rename("true").reset_index()
        rows = found[found["month"] == month].merge(true, on=["zone", "home_country"], how="left")
        rows["true"] = rows["true"].fillna(0) * rows["home_country"].map(inbound).fillna(inbound["default"])
        out.append(Judged(f"{RESIDENTS_BY_ORIGIN.name}, foreign SIMs, {month:%Y-%m}", rows))
    return out


def _nights(trips: pd.DataFrame, first: date, end: date, zone: str) -> "pd.Series":
    """Nights here by person: those of each stay between two days, by midnights."""
    low, high = (pd.Timestamp(d, tz=zone).tz_convert("UTC") for d in (first, end))
    since = (
        trips["departed_at"].fillna(low).mask(trips["departed_at"] < low, low).mask(trips["departed_at"] > high, high)
    )
    until = (
        trips["returned_at"].fillna(high).mask(trips["returned_at"] > high, high).mask(trips["returned_at"] < low, low)
    )
    ends = [at.dt.tz_convert(zone).dt.tz_localize(None).dt.normalize() for at in (since, until)]  # days of 23 hours too
    slept = (ends[1] - ends[0]).dt.days
    made: pd.Series = slept.groupby(trips["imsi"]).sum()
    return made
