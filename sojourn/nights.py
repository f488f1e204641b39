"""Where devices were at night, as whoever looks for their homes reads it: `presence`, by Spark or beside it."""

from collections.abc import Callable
from dataclasses import dataclass

import pyarrow as pa
from pyspark.sql import DataFrame

from schemas import PRESENCE
from sojourn import clock
from sojourn.beside import Beside, Made, Tell, dated
from sojourn.lake import Lake
from sojourn.methods.homes import SEEN, Homes
from sojourn.table import Table


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
        return dated(self.lake, PRESENCE, SEEN, clock.days(*self.homes.dates), self.homes.hours)
