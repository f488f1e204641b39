"""How many of the persons of the raster are where, hour by hour: the truth a population map is held against.

The SIMs are a sample of the persons, so that the truth of a cell is smooth: the persons who live here, by the share of
them that is at home, at work or out in that hour (the diaries of the resident SIMs), each spread by the density that
such places are drawn from. Who is abroad is in no cell. What the sample does not share with the persons is the map's
to get wrong: SIMs of kind `border` live along the border on purpose, machines are nobody and never leave the house,
a move counts from its day on, and what the raster counts is not known by person.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from sojourn import cells
from sojourn.demo import classes
from sojourn.demo.days import ABSENT, Days
from sojourn.demo.grid import PIXEL_DEG, WORK_POWER, Floats, Grid
from sojourn.demo.people import RESIDENT, SPOTS, WORK, WORKS_AT_HOME, People
from sojourn.demo.slots import HOUR_S, Clock
from sojourn.demo.stays import Stays

Bools = npt.NDArray[np.bool_]

RESOLUTION = 8
CORNERS = ((-1, -1), (-1, 1), (1, -1), (1, 1))  # of a pixel, each for a quarter of its people


def spots_at(folk: People, diary: Days, slot: int) -> npt.NDArray[np.int8]:
    """Where each person is for most of the hour that begins with the slot, shape (n,), as in Days."""
    late = folk.phase_s >= HOUR_S // 2  # the hour before lasts for most of this one
    return np.asarray(diary.spot[np.arange(len(late)), np.maximum(slot - late, 0)])


def lives_here(folk: People, trips: Stays, clock: Clock) -> Bools:
    """Whom a raster of residents counts, shape (n,): people with a home SIM who sleep here half of the nights or more.

    So long-stayers and seasonal workers abroad are not among them: the contract calls them `abroad` and gives them no
    home, and a census of those who live here would not find them.
    """
    slept = np.bincount(trips.who, weights=classes.nights(folk, trips, clock), minlength=len(folk.kind))
    return np.isin(folk.kind, RESIDENT) & (2 * slept <= clock.days)


def densities(grid: Grid) -> tuple[npt.NDArray[np.int64], Floats]:
    """Cells with people, and the share of the places of each kind that lies in them, shapes (n,) and (spots, n)."""
    row, column = np.nonzero(grid.persons)
    lat, lon = grid.centres
    persons, weight = grid.persons[row, column], grid.persons[row, column] ** WORK_POWER
    found = [
        np.asarray(cells.cell_of(lat[row] + y * PIXEL_DEG * 0.225, lon[column] + x * PIXEL_DEG * 0.225, RESOLUTION))
        for y, x in CORNERS
    ]
    known, place = np.unique(np.concatenate(found), return_inverse=True)
    lived, worked = (np.bincount(place, np.tile(w / w.sum() / len(CORNERS), len(CORNERS))) for w in (persons, weight))
    share = np.tile(lived, (len(SPOTS), 1))
    share[WORK] = WORKS_AT_HOME * lived + (1 - WORKS_AT_HOME) * worked
    return known.astype(np.int64), share.astype(np.float64)


def shares(folk: People, diary: Days, clock: Clock, here: Bools) -> tuple[npt.NDArray[np.int64], Floats]:
    """Day and hour (day * 24 + hour) and the share of `here` at each spot then, shapes (h,) and (h, spots).

    What is left of one is abroad. An hour that occurs twice, at the end of summer time, is the mean of both.
    """
    at = np.zeros((clock.n_slots, len(SPOTS)))
    for slot in range(clock.n_slots):
        spot = spots_at(folk, diary, slot)
        at[slot] = np.bincount(spot[here & (spot >= 0) & (spot != ABSENT)], minlength=len(SPOTS))
    hours, which, times = np.unique(clock.day * 24 + clock.hour, return_inverse=True, return_counts=True)
    total = np.zeros((len(hours), len(SPOTS)))
    np.add.at(total, which, at)
    return hours, total / times[:, None] / here.sum()


def population(
    folk: People, trips: Stays, diary: Days, clock: Clock, *, grid: Grid, rng: np.random.Generator
) -> dict[str, Any]:
    """Whole persons by local date, hour and true H3 cell, drawn hour by hour; those abroad are in no row."""
    known, density = densities(grid)
    hours, at = shares(folk, diary, clock, lives_here(folk, trips, clock))
    chance = np.zeros((len(hours), len(known) + 1))
    chance[:, :-1] = at @ density
    chance[:, -1] = np.maximum(1 - chance[:, :-1].sum(axis=1), 0)  # abroad
    drawn = rng.multinomial(round(float(grid.persons.sum())), chance / chance.sum(axis=1, keepdims=True))[:, :-1]
    hour, cell = np.nonzero(drawn)
    return {
        "date": pa.array((hours[hour] // 24 + clock.first_date).astype(np.int32)).cast(pa.date32()),
        "hour": (hours[hour] % 24).astype(np.int8),
        "cell": known[cell],
        "persons": drawn[hour, cell].astype(np.int32),
    }
