"""How many people are where, hour by hour.

Residents stand for the persons of their home zone (sojourn/methods/weights.py) and are where their phones say
(whereabouts.py); within what an antenna serves they are spread by the population grid (dasymetry.py), over cells as
fine as k devices allow (tiling.py), each with its interval (interval.py).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd
from pyspark.sql import DataFrame

from schemas import CELLS, HOME_LOCATIONS, POPULATION_GRID, POPULATION_MAP, PRESENCE
from sojourn.cells import Cells, Degrees, centre_of
from sojourn.errors import bounded
from sojourn.methods.dasymetry import Served, served
from sojourn.methods.drawing import COUNTED, Land, drawer
from sojourn.methods.present import Span, present
from sojourn.methods.weights import by_zone, device_weights
from sojourn.methods.whereabouts import Reach

READS, WRITES, EVERY = (PRESENCE, HOME_LOCATIONS, CELLS, POPULATION_GRID), POPULATION_MAP, "date"


@dataclass(frozen=True)
class Params:
    """How far a sign speaks, and how wrong a map may be.

    look_back_days: dates in which a device's last sign is looked for; after longer silence it is at home. near_hours: a
    sign this near says where a device is. gap_hours: silence within which a foreign device is still where it was.
    model_error, model_error_max: relative error of a cell beyond sampling, at least and at most; between them it is
    learnt each date, from the hour in which people are where the grid counts them. The most keeps the interval of a
    cell with 50 devices behind it within 0.6 of its persons; a check tells where far more was learnt.
    """

    look_back_days: int = 28
    near_hours: int = 2
    gap_hours: int = 72
    model_error: float = 0.05
    model_error_max: float = 0.07

    def __post_init__(self) -> None:
        bounds = {
            "look_back_days": (3, 366),
            "near_hours": (0, 12),
            "gap_hours": (1, 72),  # three dates, which any look back covers
            "model_error": (0, 1),
            "model_error_max": (self.model_error, 1),
        }
        bounded(self, "population_map", bounds)


@dataclass(frozen=True)
class Homes:
    """Sets of homes, and which of them each date uses.

    frame: `of` (the set's name) and columns of `home_locations`: device, home_country, cell, status. of: the set of
    each date. provisional: the sets that are.
    """

    frame: DataFrame
    of: Mapping[date, date]
    provisional: Collection[date] = ()


@dataclass(frozen=True)
class Country:
    """The operator: its country, the local hours of night (from, to), persons per foreign device, late_days.

    A date knows the antennas that were told up to `late_days` after it, as a batch of events does.
    """

    code: str
    night: tuple[int, int]
    inbound: Mapping[str, float]
    late_days: int


def transform(
    presence: DataFrame,
    homes: Homes,
    cells: DataFrame,
    grid: DataFrame,
    dates: Sequence[date],
    country: Country,
    k: int,
    p: Params,
) -> DataFrame:
    """Counted rows of `population_map`: what the door (sojourn/disclosure.py) makes rows of, and what is checked there.

    Beside what the door asks for (persons in micro-persons, raw counts): `persons`, the exact ones of the row, and of
    its hour `present`, the sum of these, and `abroad`: together the persons of the grid; and of its date `model_error`,
    as it was learnt, whatever the parameters allow.

    Args:
        presence: rows from look_back_days before the first date to the day after the last, as far as there are any.
        homes: of which the residents are those with status `home` and a SIM of the country.
        cells: the register.
        grid: rows of `population_grid`.
        dates: to be drawn.
        country: the operator's.
        k: devices that must stand behind a figure.
        p: parameters.
    """
    everywhere = grid.select("cell", "population", "zone").toPandas()  # size of the country
    weights = device_weights(homes.frame, cells, by_zone(everywhere, country.code), country.code, k)
    span = Span(dates, homes.of, p.look_back_days)
    reach = Reach(p.near_hours, p.gap_hours, p.look_back_days, *country.night)
    counts = present(presence, weights, span, reach, country.code, country.inbound)
    people = everywhere[everywhere["population"] > 0]
    early = {day for day in dates if homes.of[day] in homes.provisional}
    inhabited, persons = people["cell"].to_numpy(), people["population"].to_numpy()
    land = Land(_register(cells, dates, inhabited, persons, country.late_days), early)
    return counts.mapInArrow(drawer(land, k, (p.model_error, p.model_error_max)), COUNTED)


def _register(
    cells: DataFrame, dates: Sequence[date], inhabited: Cells, persons: Degrees, late_days: int
) -> dict[date, Served | None]:
    """What the antennas that hold on each date serve; one object for all dates on which the register is the same."""
    columns = ["cell", "latitude", "longitude", "valid_from", "valid_to", "learned"]
    register = cells.where("cell is not null").select(*columns).distinct().toPandas()
    centres = centre_of(register["cell"].to_numpy())
    stand = [register[c].fillna(pd.Series(d)).to_numpy(np.float64) for c, d in zip(columns[1:3], centres, strict=True)]
    times = [register[c].to_numpy() for c in columns[3:]]
    states: dict[bytes, Served | None] = {}
    out = {}
    for day in dates:
        told = day + timedelta(late_days)
        holds = np.array(
            [
                (since is None or since <= day) and (until is None or day <= until) and (heard is None or heard <= told)
                for since, until, heard in zip(*times, strict=True)
            ],
            dtype=bool,
        )
        state = np.packbits(holds).tobytes()
        if state not in states:
            here = register["cell"].to_numpy()[holds], (stand[0][holds], stand[1][holds])
            states[state] = served(here[0], inhabited, persons, here[1]) if holds.any() else None
        out[day] = states[state]
    return out
