"""Events of some dates, as whoever builds tables of dates reads them: row by row, or gathered by place."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import reduce
from operator import or_
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pa_parquet
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql.pandas.types import from_arrow_schema

from schemas import EVENTS
from sojourn.arrivals import Row, over_files
from sojourn.datafiles import FILES, Writer
from sojourn.lake import FEW_BYTES, Lake, where_units
from sojourn.methods.gathering import Gatherer
from sojourn.parcels import PARCELS, parcelled, unpacked
from sojourn.table import Table

TEXTS = ("country", "home_country", "serving_plmn")  # few values: read as numbers that stand for them
AT_HAND_BYTES = 16 << 20  # of events that are gathered in less time than it takes to tell a task
PART_BYTES = 64 << 20  # of events whose places are worth a task, and a file
TOGETHER = 2_000_000  # events that are gathered together, where a file has more


@dataclass(frozen=True)
class Signs:
    """Events of some dates.

    dates: and of each the batches that count; None: all of them. touched: the dates and devices that count; None: all.
    """

    lake: Lake
    dates: Mapping[date, set[date] | None]
    touched: DataFrame | None = None

    def events(self) -> DataFrame:
        """Rows of `events`."""
        rows = where_units(self.lake.read(EVENTS), "date", self.dates)
        some = {day: batches for day, batches in self.dates.items() if batches is not None}
        if some:
            of_them = [(F.col("date") == d) & F.col("batch").isin(sorted(b)) for d, b in some.items()]
            rows = rows.where(reduce(or_, of_them, ~F.col("date").isin(sorted(some))))
        return self._touched(rows)

    def places(self, networks: bool) -> DataFrame:
        """Rows of PLACES, or IN_NETWORKS: what a file has of a place is one row, what several have are several."""
        gatherer = Gatherer(networks)
        if not self.lake.local:
            return gatherer.of(self.events())
        files = self._files()
        if sum(f["bytes"] for f in files) <= FEW_BYTES:
            rows = pa.Table.from_batches(_gathered(files, gatherer), gatherer.schema)
            return self._touched(self.lake.spark.createDataFrame(rows))
        made = over_files(self.lake.spark, files, _task(gatherer), from_arrow_schema(gatherer.schema))
        return self._touched(made)

    def at_hand(self) -> pa.RecordBatch | None:
        """Rows of PLACES in memory, one for each place; None where the events are too many, or not on this machine."""
        files, gatherer = self._files() if self.lake.local else [], Gatherer(networks=False)
        if not self.lake.local or sum(f["bytes"] for f in files) > AT_HAND_BYTES:
            return None
        return gatherer.summed(pa.Table.from_batches(_gathered(files, gatherer), gatherer.schema))

    def written(self, table: Table, made: Callable[[pa.RecordBatch], pa.RecordBatch]) -> list[Any]:
        """Files of a local table (FILES) with what is made of rows of PLACES, one for each place, sorted by device.

        Places come together by device, in parcels; Spark sees no row of either table.
        """
        files, gatherer, folder, by = self._files(), Gatherer(networks=False), self.lake.ready(table), table.partition
        parts = max(1, sum(f["bytes"] for f in files) // PART_BYTES)

        def gather(some: Iterable[Row]) -> Iterator[pa.RecordBatch]:
            for rows in _gathered(some, gatherer):
                yield parcelled(rows, rows["device"].to_numpy() % parts)

        def write(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
            rows = unpacked(batches)
            if rows is not None:
                writer = Writer(Path(folder), by)
                writer.write(made(gatherer.summed(pa.Table.from_batches([rows]))))
                yield writer.close()

        spread = over_files(self.lake.spark, files, gather, PARCELS).repartitionById(parts, "part")
        return spread.mapInArrow(write, from_arrow_schema(FILES)).collect()

    def _files(self) -> list[dict[str, Any]]:
        files = (f for f in self.lake.files(EVENTS, "date", self.dates) if self._has(f))
        return [{"n": n, **f} for n, f in enumerate(files)]

    def _has(self, file: Row) -> bool:
        batches = self.dates[file["date"]]
        return batches is None or file["batch"] in batches

    def _touched(self, rows: DataFrame) -> DataFrame:
        return rows if self.touched is None else rows.join(F.broadcast(self.touched), ["date", "device"], "left_semi")


def _task(gatherer: Gatherer) -> Callable[[Iterable[Row]], Iterator[pa.RecordBatch]]:
    def task(files: Iterable[Row]) -> Iterator[pa.RecordBatch]:
        return _gathered(files, gatherer)

    return task


def _gathered(files: Iterable[Row], gatherer: Gatherer) -> Iterator[pa.RecordBatch]:
    for file in files:
        day = pa.scalar(file["date"], pa.date32())
        for batch in _read(file["path"], gatherer.reads):
            events = pa.Table.from_batches([batch])
            rows = gatherer.gathered(events.append_column("date", pa.repeat(day, len(events))))
            if rows.num_rows:
                yield rows


def _read(path: str, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
    """Events of a file.

    Raises:
        OSError: it is gone or damaged.
    """
    try:
        with pa_parquet.ParquetFile(path, read_dictionary=list(TEXTS)) as file:
            yield from file.iter_batches(TOGETHER, columns=list(columns), use_threads=False)
    except (OSError, pa.ArrowException) as error:
        raise OSError(f"FAILED_READ_FILE {path} ({type(error).__name__})") from None
