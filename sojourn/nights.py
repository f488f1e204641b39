"""Tables of dates as whoever looks at whole devices reads them, beside Spark: where they were, or were at night."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import partial

import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame

from schemas import PRESENCE
from sojourn import clock
from sojourn.arrivals import Row
from sojourn.beside import Beside, Made, Tell, numbered, read
from sojourn.lake import Lake
from sojourn.methods.countries import numbers_of
from sojourn.methods.homes import SEEN, Homes
from sojourn.table import Table

PART_BYTES = 16 << 20  # of presence whose homes are worth a task: its rows are ten times as large in memory


@dataclass(frozen=True)
class Nights:
    """The nights of the windows of `homes`, in a lake."""

    lake: Lake
    homes: Homes

    def frame(self) -> DataFrame:
        """Rows of FOUND."""
        few = self._beside().at_hand() if self.lake.local else None
        if few is None:
            return self.homes.of(self.lake.read(PRESENCE))
        return self.lake.spark.createDataFrame(self.homes.table(few))

    def made(self, table: Table, make: Callable[[pa.Table], pa.Table], tell: Tell) -> Made:
        """Rows of a table that are made of rows of FOUND in memory, in a lake on this machine."""
        homes = self.homes
        return self._beside().made(table, lambda rows: make(homes.table(rows)), tell)

    def _beside(self) -> Beside:
        return seen(self.lake, PRESENCE, SEEN, clock.days(*self.homes.dates), self.homes.hours)


def seen(lake: Lake, table: Table, schema: pa.Schema, dates: Iterable[date], hours: int = 0) -> Beside:
    """Rows of a table of dates that have some of the hours, or all its rows; countries are numbers."""
    return Beside(lake, numbered(lake.files(table, "date", dates)), partial(_seen, schema, hours), schema, PART_BYTES)


def _seen(schema: pa.Schema, hours: int, files: Iterable[Row]) -> Iterator[pa.RecordBatch]:
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
