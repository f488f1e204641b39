"""Events gathered by place: one row for all signs of a device at a place on a date.

Tables of dates begin with these rows, of which there are a tenth or so. Arrow and numpy gather them where events lie,
file by file, at a fifth of what the same costs Spark, for which every event is a row; who reads them adds up what
several files have of one place. Countries are numbers here (`sojourn.methods.countries`).
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame
from pyspark.sql.pandas.types import from_arrow_schema

from sojourn.methods.arrays import Ints, starts
from sojourn.methods.countries import NOWHERE, numbers_of

SUMS = {"home_country": np.minimum, "hours": np.bitwise_or, "n": np.add, "at": np.minimum, "last_at": np.maximum}
MOST = 1 << 62
INSTANT = pa.timestamp("us", "UTC")
PLACES = pa.schema(
    [
        ("date", pa.date32()),
        ("device", pa.int64()),
        ("country", pa.int32()),
        ("cell", pa.int64()),
        ("home_country", pa.int32()),
        ("hours", pa.int32()),
        ("n", pa.int64()),
    ]
)
IN_NETWORKS = pa.schema([*PLACES, ("serving_plmn", pa.string()), ("at", INSTANT), ("last_at", INSTANT)])


@dataclass(frozen=True)
class Gatherer:
    """Makes rows of `schema` out of events: hours (bit h: seen in local hour h) and n, how many signs.

    networks: a place is one of a network too (serving_plmn), and at and last_at are the first and the last sign there.
    """

    networks: bool

    @property
    def schema(self) -> pa.Schema:
        """The columns of the rows."""
        return IN_NETWORKS if self.networks else PLACES

    @property
    def reads(self) -> tuple[str, ...]:
        """The columns of events that are looked at, but for the date."""
        more = ("serving_plmn", "at") if self.networks else ()
        return ("device", "country", "cell", "home_country", "hour", *more)

    def of(self, events: DataFrame) -> DataFrame:
        """The rows of a frame of events."""
        return self._mapped(events, self.gathered)

    def each_of(self, events: DataFrame) -> DataFrame:
        """The same, one row for each sign."""
        return self._mapped(events, self.each)

    def _mapped(self, events: DataFrame, make: Callable[[pa.Table], pa.RecordBatch]) -> DataFrame:
        def task(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
            return (make(pa.Table.from_batches([batch])) for batch in batches)

        return events.select("date", *self.reads).mapInArrow(task, from_arrow_schema(self.schema))

    def gathered(self, events: pa.Table) -> pa.RecordBatch:
        """The rows of events in memory; those without a country are no sign of a place."""
        return self.summed(self._signs(events))

    def each(self, events: pa.Table) -> pa.RecordBatch:
        """The same, one row for each sign."""
        return self._shaped(self._signs(events))

    def _signs(self, events: pa.Table) -> pa.Table:
        rows = events.filter(events["country"].is_valid()).combine_chunks()
        each = {name: rows[name] for name in self.schema.names if name in rows.column_names}
        each |= {
            "country": numbers_of(rows["country"].combine_chunks()),
            "home_country": numbers_of(rows["home_country"].combine_chunks()),
            "hours": pa.array(np.left_shift(np.int32(1), rows["hour"].to_numpy())),
            "n": pa.array(np.ones(len(rows), np.int64)),
        }
        if self.networks:  # Spark writes instants that Arrow reads in nanoseconds
            each["at"] = each["last_at"] = rows["at"].cast(INSTANT)
        return pa.table(each)

    def summed(self, rows: pa.Table) -> pa.RecordBatch:
        """Such rows with one row for a place that has several, sorted by device."""
        if not rows.num_rows:
            return self._shaped(rows)
        rows = rows.combine_chunks()
        key, most = _ordinal(rows["device"].to_numpy())
        keys = [name for name in rows.column_names if name not in SUMS]
        for name in keys:
            if name != "device":
                code, values = _coded(rows[name])
                if most * values > MOST:
                    key = np.unique(key, return_inverse=True)[1]
                    most = len(key)
                key, most = key * values + code, most * values
        order = np.argsort(key, kind="stable")
        key = key[order]
        first = starts(key)
        one = pa.array(order[first])
        made = {name: rows[name].take(one) for name in keys}
        for name, how in SUMS.items():
            if name in rows.column_names:
                made[name] = pa.array(how.reduceat(_whole(rows[name])[order], first))
        home = made["home_country"]
        made["home_country"] = pc.if_else(pc.equal(home, NOWHERE), pa.scalar(None, home.type), home)
        return self._shaped(pa.table(made))

    def _shaped(self, rows: pa.Table) -> pa.RecordBatch:
        out = pa.table({f.name: rows[f.name].cast(f.type) for f in self.schema}).combine_chunks()
        return out.to_batches()[0] if len(out) else pa.RecordBatch.from_pylist([], schema=self.schema)


def _ordinal(device: Ints) -> tuple[Ints, int]:
    """Numbers from 0 for the devices, and how many there are; files of events are sorted by device."""
    new = device[1:] != device[:-1]
    if (device[1:] < device[:-1]).any():
        known, number = np.unique(device, return_inverse=True)
        return number, len(known)
    return np.r_[0, np.cumsum(new)], int(new.sum()) + 1


def _coded(column: pa.ChunkedArray) -> tuple[Ints, int]:
    """A number for each row by its value, and how many there are; null is 0."""
    coded = column.combine_chunks().dictionary_encode()
    return coded.indices.cast(pa.int64()).fill_null(-1).to_numpy() + 1, len(coded.dictionary) + 1


def _whole(column: pa.ChunkedArray) -> npt.NDArray[np.integer]:
    """Numbers, or instants as such; null is NOWHERE."""
    plain = column.cast(pa.int64()) if pa.types.is_timestamp(column.type) else column
    numbers: npt.NDArray[np.integer] = plain.fill_null(NOWHERE).to_numpy()
    return numbers
