"""Events of some dates, as whoever builds tables of dates reads them: row by row, or gathered by place."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial, reduce
from operator import or_

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql.pandas.types import from_arrow_schema

from schemas import EVENTS
from sojourn.arrivals import Row, over_files
from sojourn.beside import Beside, Made, Tell, numbered, read, valid
from sojourn.lake import FEW_BYTES, Lake, where_units
from sojourn.methods.gathering import Gatherer
from sojourn.table import Table

PART_BYTES = 64 << 20  # of events whose places are worth a task, and a file


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
        events = self._beside(gatherer)
        few = events.at_hand() if events.bytes <= FEW_BYTES else None
        if few is not None:
            return self._touched(self.lake.spark.createDataFrame(few))
        made = over_files(self.lake.spark, events.files, events.read, from_arrow_schema(gatherer.schema))
        return self._touched(made)

    def made(self, table: Table, make: Callable[[pa.RecordBatch], pa.RecordBatch], tell: Tell) -> Made:
        """Rows of a table that are made of rows of PLACES, one for each place, sorted by device, on this machine."""
        gatherer = Gatherer(networks=False)
        return self._beside(gatherer).made(
            table, lambda rows: pa.Table.from_batches([make(gatherer.summed(rows))]), tell
        )

    def placed(self) -> dict[date, int]:
        """How many events have a country, by date, as their files say, where these are on this machine."""
        out = dict.fromkeys(self.dates, 0)
        for file in self._files():
            out[file["date"]] += valid(file["path"], "country")
        return out

    def _beside(self, gatherer: Gatherer) -> Beside:
        return Beside(self.lake, self._files(), partial(_gathered, gatherer), gatherer.schema, PART_BYTES)

    def _files(self) -> list[Row]:
        return numbered(f for f in self.lake.files(EVENTS, "date", self.dates) if self._has(f))

    def _has(self, file: Row) -> bool:
        batches = self.dates[file["date"]]
        return batches is None or file["batch"] in batches

    def _touched(self, rows: DataFrame) -> DataFrame:
        return rows if self.touched is None else rows.join(F.broadcast(self.touched), ["date", "device"], "left_semi")


def _gathered(gatherer: Gatherer, files: Iterable[Row]) -> Iterator[pa.RecordBatch]:
    for file in files:
        day = pa.scalar(file["date"], pa.date32())
        for batch in read(file["path"], gatherer.reads):
            events = pa.Table.from_batches([batch])
            rows = gatherer.gathered(events.append_column("date", pa.repeat(day, len(events))))
            if rows.num_rows:
                yield rows
