"""Where an event happened, by the antennas that its batch knows; and its local date and hour. Arrays in, arrays out."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from sojourn.clock import DAY_US, HOUR_US, Offsets

NEVER = 2**31 - 1  # a day
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Placed:
    """Where events happened; arrays of the shape (n,)."""

    registered: npt.NDArray[np.bool_]  # whether their batch knows the antenna
    cell: Ints  # H3 index; 0: none
    day: Ints  # local, since 1970
    hour: Ints  # local


@dataclass(frozen=True)
class Antennas:
    """The register as arrays, sorted by antenna; days are counted from 1970."""

    ids: pa.Array  # each antenna once
    begin: Ints  # the first of its rows in those that follow; one more: where the last one's end
    rows: Mapping[str, Ints]  # valid_from, valid_to, learned, cell (0: none), zone (its place in `zones`)
    zones: Sequence[Offsets]  # the home zone first
    late_days: int

    @staticmethod
    def of(cells: pa.Table, home_zone: str, late_days: int, first: date, last: date) -> "Antennas":
        """From the rows of `cells`, for events between two days."""
        days = {"valid_from": -NEVER, "valid_to": NEVER, "learned": -NEVER}
        rows = cells.select(["cell_id", "time_zone"]).append_column("cell", pc.fill_null(cells["cell"], 0))
        for name, absent in days.items():
            rows = rows.append_column(name, pc.fill_null(cells[name].cast(pa.int32()), absent))
        rows = rows.sort_by([("cell_id", "ascending"), ("valid_from", "ascending")])
        names = [home_zone, *sorted(set(rows["time_zone"].to_pylist()) - {home_zone})]
        zone = np.array([names.index(z) for z in rows["time_zone"].to_pylist()], np.int64)
        arrays = {name: rows[name].to_numpy().astype(np.int64) for name in (*days, "cell")}
        ids, counts = (rows["cell_id"].value_counts().field(n) for n in (0, 1))  # in the order of the rows
        begin = np.append(0, np.cumsum(counts.to_numpy()))
        return Antennas(ids, begin, arrays | {"zone": zone}, [Offsets.of(z, first, last) for z in names], late_days)

    def place(self, cell_id: pa.Array, at: Ints, batch: Ints) -> Placed:
        """Events by their antenna, instant (microseconds since 1970) and batch (days since 1970)."""
        row = self._rows(cell_id, at, batch)
        found = row >= 0
        cell, zone = (np.append(self.rows[name], 0)[row] for name in ("cell", "zone"))  # the last where none is found
        wall = self._wall(at, zone)
        day = wall // DAY_US
        return Placed(found, cell, day, (wall - day * DAY_US) // HOUR_US)

    def _rows(self, cell_id: pa.Array, at: Ints, batch: Ints) -> Ints:
        """The row of the register that holds for each event; -1 where none does. An antenna's rows never overlap."""
        encoded = cell_id if pa.types.is_dictionary(cell_id.type) else cell_id.dictionary_encode()
        known = pc.fill_null(pc.index_in(encoded.dictionary, self.ids), len(self.ids)).to_numpy()
        of = np.append(known, len(self.ids))[encoded.indices.fill_null(len(known)).to_numpy()]
        begin, count = np.append(self.begin, 0)[of], np.append(np.diff(self.begin), 0)[of]
        row = np.full(len(at), -1, np.int64)
        for n in range(int(count.max(initial=0))):
            could = np.flatnonzero(count > n)
            here = begin[could] + n
            there = self._wall(at[could], self.rows["zone"][here]) // DAY_US
            holds = (self.rows["valid_from"][here] <= there) & (there <= self.rows["valid_to"][here])
            holds &= self.rows["learned"][here] <= batch[could] + self.late_days
            row[could[holds]] = here[holds]
        return row

    def _wall(self, at: Ints, zone: Ints) -> Ints:
        if len(self.zones) == 1:
            return self.zones[0].local(at)
        out = at.copy()
        for n in np.unique(zone):
            out[zone == n] = self.zones[n].local(at[zone == n])
        return out


def moved(events: DataFrame, batches: Mapping[date, Any] | Iterable[date], changed: DataFrame) -> list[date]:
    """The batches, other than these, that hold an event of one of the changed antennas (a frame of `cell_id`)."""
    others = events.where(~F.col("batch").isin(sorted(batches)) & F.col("cell_id").isNotNull())
    hit = others.join(F.broadcast(changed), "cell_id", "left_semi").select("batch").distinct().collect()
    return sorted(r.batch for r in hit)
