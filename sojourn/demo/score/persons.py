"""The planted persons by hour and cell, and what they are in the cells that were published."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from sojourn.cells import Cells, parent

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def hour_of(rows: pd.DataFrame) -> Ints:
    """Hours since 1970 by the local calendar, shape (n,)."""
    day = pd.to_datetime(rows["date"]).to_numpy().astype("datetime64[D]").astype(np.int64)
    return np.asarray(day * 24 + rows["hour"].to_numpy(dtype=np.int64), dtype=np.int64)


@dataclass(frozen=True, eq=False)
class Persons:
    """Persons in base cells, shape (hours, cells); `hours` are those of `hour_of`, `cells` H3 indexes, both rising."""

    hours: Ints
    cells: Cells
    persons: Floats

    @classmethod
    def of(cls, rows: pd.DataFrame, column: str, hours: Ints, cells: Cells) -> "Persons":
        """Out of rows with date, hour, cell and a column of persons; all other hours and cells are empty."""
        table = np.zeros((len(hours), len(cells)))
        hour, cell = hour_of(rows), rows["cell"].to_numpy(dtype=np.int64)
        known = np.isin(hour, hours) & np.isin(cell, cells)
        place = (np.searchsorted(hours, hour[known]), np.searchsorted(cells, cell[known]))
        np.add.at(table, place, rows[column].to_numpy(dtype=np.float64)[known])
        return cls(hours, cells, table)

    @cached_property
    def total(self) -> Floats:
        return np.asarray(self.persons.sum(axis=1))

    def at(self, resolution: int) -> tuple[Cells, Floats]:
        """Parents of the cells at a resolution, rising, and the persons in them, shape (hours, parents)."""
        above = parent(self.cells, resolution)
        order = np.argsort(above, kind="stable")
        known, first = np.unique(above[order], return_index=True)
        return known, np.add.reduceat(self.persons[:, order], first, axis=1)

    def within(self, published: pd.DataFrame) -> Floats:
        """The persons in each published row: those of its cell, or where it has none, of all cells without a row.

        Args:
            published: date, hour, cell, resolution; cells of one hour do not overlap.
        """
        row = np.searchsorted(self.hours, hour_of(published))
        cell = published["cell"].fillna(0).to_numpy(dtype=np.int64)
        finer = published["resolution"].fillna(-1).to_numpy(dtype=np.int64)
        inside = np.zeros(len(published))
        for resolution in sorted(set(finer.tolist()) - {-1}):
            known, persons = self.at(resolution)
            mine = np.flatnonzero((finer == resolution) & np.isin(cell, known))
            inside[mine] = persons[row[mine], np.searchsorted(known, cell[mine])]
        left = self.total - np.bincount(row, inside, minlength=len(self.hours))
        return np.where(finer == -1, left[row], inside)


def spread(published: pd.DataFrame, column: str, hours: Ints, cells: Cells, weight: Floats) -> Floats:
    """Published figures over base cells in proportion to a weight, shape (hours, cells); what remains over the rest."""
    out, free = np.zeros((len(hours), len(cells))), np.ones((len(hours), len(cells)), dtype=bool)
    row, value = np.searchsorted(hours, hour_of(published)), published[column].fillna(0).to_numpy(dtype=np.float64)
    cell = published["cell"].fillna(0).to_numpy(dtype=np.int64)
    finer = published["resolution"].fillna(-1).to_numpy(dtype=np.int64)
    for resolution in sorted(set(finer.tolist()) - {-1}):
        above = parent(cells, resolution)
        known, place = np.unique(above, return_inverse=True)
        mine = np.flatnonzero((finer == resolution) & np.isin(cell, known))
        figures, here = np.zeros((len(hours), len(known))), np.zeros((len(hours), len(known)), dtype=bool)
        figures[row[mine], np.searchsorted(known, cell[mine])] = value[mine]
        here[row[mine], np.searchsorted(known, cell[mine])] = True
        total = np.bincount(place, weight, minlength=len(known))
        part = np.where(total[place] > 0, weight / np.maximum(total[place], 1e-300), 1 / np.bincount(place)[place])
        out += figures[:, place] * part
        free &= ~here[:, place]
    rest = free * weight
    remains = np.bincount(row[finer == -1], value[finer == -1], minlength=len(hours))
    total_left = np.maximum(rest.sum(axis=1), 1e-300)
    return np.asarray(out + rest * (remains / total_left)[:, None])


def relative_error(found: Any, true: Any) -> Floats:
    """|found - true| / true, shape (n,); NaN where nobody is."""
    f, t = np.asarray(found, dtype=np.float64), np.asarray(true, dtype=np.float64)
    return np.asarray(np.abs(f - t) / np.where(t > 0, t, np.nan))
