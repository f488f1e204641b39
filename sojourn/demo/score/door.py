"""The population map before the door: the same devices, exact weights, no noise, in the cells that were published."""

from datetime import date, timedelta

import numpy as np
import pandas as pd

from jobs import home_locations, population_map
from schemas import CELLS, HOME_LOCATIONS, POPULATION_MAP, PRESENCE
from sojourn import clock
from sojourn.cells import Cells, centre_of, parent
from sojourn.demo.score.persons import Floats, Ints, Persons, hour_of
from sojourn.demo.score.population import Map
from sojourn.demo.score.residents import places, weights
from sojourn.demo.score.sources import Sources
from sojourn.methods.dasymetry import Served, rows_of, served
from sojourn.methods.whereabouts import ABROAD, Reach, of_residents, signs


def before(sources: Sources, chart: Map) -> pd.DataFrame:
    """Published rows of the dates whose homes are in the lake, with `before` (persons) and `behind` (devices)."""
    p = home_locations.Params(**sources.conf.tables.get(HOME_LOCATIONS.name, {}))
    months = sorted(set(sources.found(HOME_LOCATIONS, ["month"])["month"]))
    days = {home_locations.window(clock.last_day(m), sources.newest, p)[1] + timedelta(1): m for m in months}
    there = {day: month for day, month in days.items() if (chart.rows["date"] == day).any()}
    parts = [_of_date(sources, chart, day, month, p) for day, month in there.items()]
    return pd.concat(parts) if parts else chart.rows.iloc[:0].assign(before=0.0, behind=0)


def _of_date(sources: Sources, chart: Map, day: date, month: date, night: home_locations.Params) -> pd.DataFrame:
    homes = places(sources, month)
    homes = homes[homes["own"]].assign(weight=homes["zone"].map(weights(sources, homes)))
    place = _places(sources, homes, day, night)
    known = _served(sources, chart, day)
    at = np.full(place.shape, -1, dtype=np.int64)
    here = place != ABROAD
    at[here] = rows_of(place[here], known)
    n, persons = (np.zeros((24, len(known.sites))) for _ in range(2))
    device, hour = np.nonzero(here)
    np.add.at(n, (hour, at[device, hour]), 1)
    np.add.at(persons, (hour, at[device, hour]), homes["weight"].to_numpy(float)[device])
    rows = chart.judged[chart.judged["date"] == day]
    hours = hour_of(pd.DataFrame({"date": [day] * 24, "hour": range(24)}))
    spread = _spread(known, persons)
    cells, place_of = np.unique(known.cells, return_inverse=True)
    table = np.zeros((24, len(cells)))
    np.add.at(table.T, place_of, spread.T)
    exact = Persons(hours, cells, table).within(rows)
    return rows.assign(before=exact, behind=_behind(rows, known, n))


def _places(sources: Sources, homes: pd.DataFrame, day: date, night: home_locations.Params) -> Ints:
    """Where each resident is in each hour of a date, shape (devices, 24)."""
    p = population_map.Params(**sources.conf.tables.get(POPULATION_MAP.name, {}))
    reach = Reach(p.near_hours, p.gap_hours, p.look_back_days, night.night_from, night.night_to)
    since, until = day - timedelta(p.look_back_days), day + timedelta(1)
    columns = ["date", "device", "country", "cell", "hours", "n_events"]
    seen = sources.found(PRESENCE, columns, between=(since, until))
    abroad = seen["country"] != sources.conf.home.country
    seen = seen[seen["device"].isin(homes["device"]) & (seen["cell"].notna() | abroad)]
    order = pd.Series(np.arange(len(homes)), index=homes["device"].to_numpy(np.int64))
    told = signs(
        order.loc[seen["device"].to_numpy(np.int64)].to_numpy(),
        np.array([(d - since).days for d in seen["date"]], dtype=np.int64),
        seen["hours"].to_numpy(np.int64),
        seen["cell"].fillna(int(ABROAD)).to_numpy(np.int64),
        seen["n_events"].to_numpy(np.int64),
        (until - since).days + 1,
    )
    home = homes["cell"].to_numpy(np.int64)
    return of_residents(told, np.arange(len(homes)), home, (day - since).days, reach)


def _served(sources: Sources, chart: Map, day: date) -> Served:
    """What the antennas that hold on the date serve, as far as they were told in time."""
    columns = ["cell", "latitude", "longitude", "valid_from", "valid_to", "learned"]
    register = sources.found(CELLS, columns).dropna(subset=["cell"]).drop_duplicates()
    since, told = (register[c].fillna(date.min) for c in ("valid_from", "learned"))
    late = day + timedelta(sources.conf.late_days)
    here = register[(since <= day) & (register["valid_to"].fillna(date.max) >= day) & (told <= late)]
    antennas: Cells = here["cell"].to_numpy(np.int64)
    lat, lon = centre_of(antennas)
    stand = (here["latitude"].fillna(pd.Series(lat, here.index)), here["longitude"].fillna(pd.Series(lon, here.index)))
    inhabited = (chart.grid["cell"].to_numpy(np.int64), chart.grid["population"].to_numpy(float))
    return served(antennas, *inhabited, (stand[0].to_numpy(float), stand[1].to_numpy(float)))


def _spread(known: Served, persons: Floats) -> Floats:
    """Persons of antennas, shape (24, sites), over the cells they serve, shape (24, cells)."""
    return np.asarray(persons[:, known.site] * known.share)


def _behind(rows: pd.DataFrame, known: Served, n: Floats) -> "pd.Series":
    """Devices whose antenna's area meets each cell; of the row without a cell it is not told."""
    behind = pd.Series(np.nan, index=rows.index)
    for resolution in rows["resolution"].dropna().unique():
        mine = rows[rows["resolution"] == resolution]
        cells, column = np.unique(parent(known.cells, int(resolution)), return_inverse=True)
        meets = np.zeros((len(known.sites), len(cells)))
        meets[known.site, column] = 1
        place = np.searchsorted(cells, mine["cell"].to_numpy(np.int64))
        behind.loc[mine.index] = (n @ meets)[mine["hour"].to_numpy(int), place]
    return behind
