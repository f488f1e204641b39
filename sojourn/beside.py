"""Beside Spark: rows made of the files of a local table. Spark deals out the files and sees no row of either."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pa_parquet
from pyspark.sql import DataFrame
from pyspark.sql.pandas.types import from_arrow_schema

from sojourn.arrivals import AT_HAND_BYTES, Row, over_files
from sojourn.datafiles import FILES, Writer
from sojourn.lake import Lake
from sojourn.methods.countries import numbers_of
from sojourn.parcels import PARCELS, parcelled, unpacked, whole
from sojourn.table import Table

TEXTS = ("country", "home_country", "serving_plmn")  # few values: read as numbers that stand for them
PART_BYTES = 16 << 20  # of a table of dates that are worth a task: its rows are ten times as large in memory
TOGETHER = 2_000_000  # rows that are read together, where a file has more
Read = Callable[[Iterable[Row]], Iterator[pa.RecordBatch]]
Tell = Callable[[pa.Table], Mapping[date, str]]


@dataclass(frozen=True)
class Beside:
    """Files of a local table, as `Lake.files` tells of them, and what a task reads of some: rows with a `device`.

    part_bytes: of files whose rows are worth a task that makes something of them, and a file.
    """

    lake: Lake
    files: Sequence[Row]
    read: Read
    schema: pa.Schema
    part_bytes: int

    @property
    def bytes(self) -> int:
        """Of all files."""
        return sum(f["bytes"] for f in self.files)

    def at_hand(self) -> pa.Table | None:
        """The rows in memory; None where they are too many."""
        return pa.Table.from_batches(self.read(self.files), self.schema) if self.bytes <= AT_HAND_BYTES else None

    def by_tasks(self) -> DataFrame:
        """The rows, read by tasks."""
        return over_files(self.lake.spark, self.files, self.read, from_arrow_schema(self.schema))

    def rows(self) -> pa.Table:
        """The rows in memory, of which there are known to be few."""
        few = self.at_hand()
        return self.by_tasks().toArrow() if few is None else few

    def made(self, table: Table, make: Callable[[pa.Table], pa.Table], tell: Tell = lambda _: {}) -> "Made":
        """Rows of another local table, made of rows of whole devices; and what is to be told of their units."""
        few = self.at_hand()
        if few is not None:
            rows = make(few)
            return Made(rows, [*tell(rows).items()])
        files, unit = self._written(table, make, tell), table.partition[-1]
        return Made(files, [(f[unit], f.seen) for f in files if f.seen])

    def _written(self, table: Table, make: Callable[[pa.Table], pa.Table], tell: Tell) -> list[Any]:
        folder, by, parts = Path(self.lake.ready(table)), table.partition, max(1, self.bytes // self.part_bytes)
        read = self.read

        def gather(files: Iterable[Row]) -> Iterator[pa.RecordBatch]:
            for rows in read(files):
                yield parcelled(rows, rows["device"].to_numpy() % parts)

        def write(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
            rows = unpacked(batches)
            mine = make(pa.Table.from_batches([rows])) if rows is not None else None
            if mine is not None and len(mine):
                writer = Writer(folder, by)
                writer.write(whole(mine.to_batches()))
                yield writer.close(tell(mine))

        spread = over_files(self.lake.spark, self.files, gather, PARCELS).repartitionById(parts, "part")
        return spread.mapInArrow(write, from_arrow_schema(FILES)).collect()


@dataclass(frozen=True)
class Made:
    """Rows of a table, in memory or in files (FILES) that no commit names yet; and what was told of its units."""

    rows: pa.Table | list[Any]
    told: Sequence[tuple[date, str]]


def dated(lake: Lake, table: Table, schema: pa.Schema, dates: Iterable[date], hours: int = 0) -> Beside:
    """Rows of a table of dates that have some of the hours, or all its rows; countries are numbers."""
    return Beside(lake, numbered(lake.files(table, "date", dates)), partial(_dated, schema, hours), schema, PART_BYTES)


def _dated(schema: pa.Schema, hours: int, files: Iterable[Row]) -> Iterator[pa.RecordBatch]:
    for file in files:
        day = pa.scalar(file["date"], pa.date32())
        for batch in read(file["path"], [name for name in schema.names if name != "date"]):
            rows = batch
            if hours:
                rows = batch.filter(pc.greater(pc.bit_wise_and(batch["hours"], pa.scalar(hours, pa.int32())), 0))
            made = {name: numbers_of(rows[name]) for name in ("country", "home_country") if name in schema.names}
            made["date"] = pa.repeat(day, len(rows))
            columns = [(made[f.name] if f.name in made else rows[f.name]).cast(f.type) for f in schema]
            if len(rows):
                yield pa.RecordBatch.from_arrays(columns, schema=schema)


def numbered(files: Iterable[Row]) -> list[Row]:
    """Files with a number, by which they are dealt out in the same way each time."""
    return [{"n": n, **f} for n, f in enumerate(files)]


def read(path: str, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
    """Rows of a file of the lake.

    Raises:
        OSError: it is gone or damaged.
    """
    try:
        with pa_parquet.ParquetFile(path, read_dictionary=[c for c in TEXTS if c in columns]) as file:
            yield from file.iter_batches(TOGETHER, columns=list(columns), use_threads=False)
    except (OSError, pa.ArrowException) as error:
        raise _lost(path, error) from None


def valid(path: str, column: str) -> int:
    """How many rows of a file have a value in a column, as its writer has noted at its end.

    Raises:
        OSError: it is gone or damaged.
    """
    try:
        with pa_parquet.ParquetFile(path) as file:
            at = file.schema_arrow.get_field_index(column)
            chunks = [file.metadata.row_group(n).column(at) for n in range(file.metadata.num_row_groups)]
    except (OSError, pa.ArrowException) as error:
        raise _lost(path, error) from None
    if all(c.statistics is not None and c.statistics.has_null_count for c in chunks):
        return sum(c.num_values - c.statistics.null_count for c in chunks)
    return sum(len(rows) - rows[column].null_count for rows in read(path, [column]))


def _lost(path: str, error: Exception) -> OSError:
    return OSError(f"FAILED_READ_FILE {path} ({type(error).__name__})")
