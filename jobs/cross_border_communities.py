"""Which places belong together by the movements between them, and what risk comes and goes with travellers.

Method: places are the zones of the home country and the countries abroad; flows are those that are published, in three
kinds: between zones, from zones to countries, from countries to zones; calls from zones to countries tie them as well.
Communities by directed Leiden with consensus (sojourn.methods.communities), risk by person-days times prevalence
(sojourn.methods.risk). Nothing but public rows and the operator's file of prevalence is looked at.
"""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from schemas import CROSS_BORDER_COMMUNITIES, CROSS_BORDER_FLOWS, INTL_CALL_EXPOSURE, ZONE_FLOWS
from sojourn import clock
from sojourn.errors import ConfigError
from sojourn.methods.communities import Floats, border_shares, communities, kept_numbers
from sojourn.methods.risk import Place, risk
from sojourn.methods.zones import UNKNOWN

READS = (ZONE_FLOWS, CROSS_BORDER_FLOWS, INTL_CALL_EXPOSURE)
WRITES, EVERY = CROSS_BORDER_COMMUNITIES, "month"
RISK = ["import_days", "export_days", "net_days", "risk_known"]


@dataclass(frozen=True)
class Params:
    """How communities are found.

    runs: of Leiden, each with a seed of its own (20 or more). seed: of the first. agreement: share of the runs in which
    two places must be together (0.8). resolution: 1 is modularity, more makes smaller communities (Reichardt and
    Bornholdt 2006). persons: flows by persons, not devices: only where `weights.inbound` says what a foreign device
    stands for, or one side of the border weighs next to nothing. calls: of all that ties zones and countries abroad,
    the part that calls and messages make up, where both are known; 0: calls do not count. The first, third and last are
    this project's.
    """

    runs: int = 20
    seed: int = 1
    agreement: float = 0.8
    resolution: float = 1.0
    persons: bool = False
    calls: float = 0.2

    def __post_init__(self) -> None:
        at = "tables.cross_border_communities"
        if not 20 <= self.runs <= 1_000:
            raise ConfigError("must be from 20 to 1000", where=f"{at}.runs")
        if not 0 <= self.seed < 2**32:
            raise ConfigError("must be from 0 to 4294967295", where=f"{at}.seed")
        if not 0.5 < self.agreement <= 1:
            raise ConfigError("must be more than 0.5, and 1 or less", where=f"{at}.agreement")
        if not 0.1 <= self.resolution <= 10:
            raise ConfigError("must be from 0.1 to 10", where=f"{at}.resolution")
        if not 0 <= self.calls <= 0.9:
            raise ConfigError("must be from 0 to 0.9", where=f"{at}.calls")


def transform(
    zone_flows: pd.DataFrame,
    border_flows: pd.DataFrame,
    exposure: pd.DataFrame,
    earlier: pd.DataFrame,
    month: date,
    provisional: bool,
    home: str,
    prevalence: Mapping[Place, float],
    p: Params,
) -> pd.DataFrame:
    """Rows of `cross_border_communities` of one month; none where nothing flows from one place to another.

    Args:
        zone_flows: published rows of `zone_flows` of that month.
        border_flows: published rows of `cross_border_flows` of that month.
        exposure: published rows of `intl_call_exposure` of that month.
        earlier: rows of this table of the months before, whose numbers are kept.
        month: its first day.
        provisional: what the rows say of themselves.
        home: country of the operator, ISO 3166-1 alpha-2.
        prevalence: by place; empty: no columns of risk.
        p: parameters.
    """
    flows = between(zone_flows, border_flows, home)
    flow = flows["persons" if p.persons and flows["persons"].notna().all() else "devices"].astype("float64")
    places = sorted({*flows["origin"], *flows["destination"]}, key=_order)
    if not flow[flows["origin"] != flows["destination"]].sum() > 0:
        return pd.DataFrame(columns=CROSS_BORDER_COMMUNITIES.given)
    at = {place: n for n, place in enumerate(places)}
    ties = np.zeros((len(places), len(places)))
    ends = tuple(np.array([at[place] for place in flows[end]]) for end in ("origin", "destination"))
    np.add.at(ties, ends, flow.to_numpy())
    calls = _called(exposure, ties, places, home, p.calls)
    found = communities(ties + calls, p.runs, p.agreement, p.resolution, p.seed)
    last = earlier[earlier["month"] == clock.month_of(clock.later(month, -1))]
    names = zip(last["country"].astype(str), last["zone"].map(_zone), strict=True)
    before: dict[Hashable, int] = dict(zip(names, last["community"].astype(int), strict=True))
    used = int(earlier["community"].max()) if len(earlier) else 0
    rows = pd.DataFrame(
        {
            "month": month,
            "country": [country for country, _ in places],
            "zone": [zone for _, zone in places],
            "community": kept_numbers(found.label, places, before, used),
            "places": np.bincount(found.label)[found.label],
            "stability": found.stability,
            "border_share": border_shares(ties, found.label, [c for c, _ in places])[found.label],
            "modularity": found.modularity,
            "obs_status": "P" if provisional else "A",
        }
    )
    if prevalence:  # a row for each place, in the same order
        return rows.join(risk(flows, prevalence)[RISK])[CROSS_BORDER_COMMUNITIES.given]
    return rows.reindex(columns=CROSS_BORDER_COMMUNITIES.given)


def _called(exposure: pd.DataFrame, ties: Floats, places: list[Place], home: str, part: float) -> Floats:
    """What calls add to the ties of zones and countries that people move between: `part` of the sum of both."""
    at, abroad = {place: n for n, place in enumerate(places)}, np.array([country != home for country, _ in places])
    calls = np.zeros_like(ties)
    for area, country, n in zip(exposure["area"], exposure["country"], exposure["calls"], strict=True):
        ends = at.get((home, area)), at.get((country, None))  # cells, and sums over all, are no places
        if None not in ends:
            calls[ends] = n
    moved = ties[abroad[:, None] != abroad[None, :]].sum()
    return calls * (part / (1 - part) * moved / calls.sum() if calls.any() else 0)


def between(zone_flows: pd.DataFrame, border_flows: pd.DataFrame, home: str) -> pd.DataFrame:
    """Flows between places: origin, destination, devices, persons, person_days (device-days where none are known).

    A trip of n nights touches n + 1 days.
    """
    here = zone_flows[zone_flows["from_country"] != UNKNOWN]
    gone = border_flows[(border_flows["from_zone"] != UNKNOWN) & (border_flows["to_country"] != home)]
    parts = [
        _flows(
            [*zip(here["from_country"], here["from_zone"].map(_zone), strict=True)],
            [(home, zone) for zone in here["to_zone"]],
            here,
            here["days"],
        ),
        _flows(
            [(home, zone) for zone in gone["from_zone"]],
            [(country, None) for country in gone["to_country"]],
            gone,
            gone["nights"] + gone["trips"],
        ),
    ]
    return pd.concat(parts, ignore_index=True)


def _flows(origin: list[Place], destination: list[Place], rows: pd.DataFrame, days: "pd.Series[int]") -> pd.DataFrame:
    devices, persons = (rows[name].astype("float64").to_numpy() for name in ("devices", "persons"))
    each = np.where(np.isnan(persons), 1.0, persons / devices)
    return pd.DataFrame(
        {
            "origin": pd.Series(origin, dtype=object),
            "destination": pd.Series(destination, dtype=object),
            "devices": devices,
            "persons": persons,
            "person_days": days.astype("float64").to_numpy() * each,
        }
    )


def _zone(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _order(place: Place) -> tuple[str, str]:
    return place[0], place[1] or ""
