"""Events of some dates, as whoever builds tables of dates reads them: row by row, or gathered by place."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property, partial, reduce
from operator import or_

import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from schemas import EVENTS
from sojourn.arrivals import Row
from sojourn.beside import Beside, Made, Read, Tell, numbered, read, valid
from sojourn.lake import FEW_BYTES, Lake, where_units
from sojourn.methods.gathering import Gatherer
from sojourn.table import Table

PART_BYTES = 64 << 20  # of events whose places are worth a task, and a file
AWAY = pa.schema([("date", pa.date32()), ("device", pa.int64())])


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

    def places(self) -> DataFrame:
        """Rows of PLACES: what a file has of a place is one row, what several have are several."""
        gatherer = Gatherer(networks=False)
        if not self.lake.local:
            return gatherer.of(self.events())
        events = self._beside(partial(_gathered, gatherer, {}), gatherer.schema)
        few = events.at_hand() if events.bytes <= FEW_BYTES else None
        return self._touched(events.by_tasks() if few is None else self.lake.spark.createDataFrame(few))

    def parts(self, home: str) -> DataFrame:
        """Rows of IN_NETWORKS: as PLACES, but every sign of a device that was abroad on a date is a row."""
        events, gatherer, key = self.events(), Gatherer(networks=True), ["date", "device"]
        away = events.where(F.col("country") != home).select(key).distinct()
        stayed = gatherer.of(events).join(away, key, "left_anti")
        return stayed.unionByName(gatherer.each_of(events.join(away, key, "left_semi")))

    def made_of_places(self, table: Table, make: Callable[[pa.RecordBatch], pa.RecordBatch], tell: Tell) -> Made:
        """Rows of a table that are made of rows of PLACES, one for each place, sorted by device, on this machine."""
        gatherer = Gatherer(networks=False)
        events = self._beside(partial(_gathered, gatherer, {}), gatherer.schema)
        return events.made(table, lambda rows: pa.Table.from_batches([make(gatherer.summed(rows))]), tell)

    def made_of_parts(self, home: str, table: Table, make: Callable[[pa.Table], pa.Table], tell: Tell) -> Made:
        """Rows of a table that are made of `parts`, on this machine."""
        gatherer = Gatherer(networks=True)
        return self._beside(partial(_gathered, gatherer, self._away(home)), gatherer.schema).made(table, make, tell)

    def _away(self, home: str) -> dict[date, pa.Array]:
        """The devices that were abroad, by date."""
        found = self._beside(partial(_abroad, home), AWAY).rows()
        days = found["date"].unique().to_pylist()
        return {day: found.filter(pc.equal(found["date"], day))["device"].unique() for day in days}

    def placed(self) -> dict[date, int]:
        """How many events have a country, by date, as their files say, where these are on this machine."""
        out = dict.fromkeys(self.dates, 0)
        for file in self._files:
            out[file["date"]] += valid(file["path"], "country")
        return out

    def _beside(self, read: Read, schema: pa.Schema) -> Beside:
        return Beside(self.lake, self._files, read, schema, PART_BYTES)

    @cached_property
    def _files(self) -> list[Row]:
        return numbered(f for f in self.lake.files(EVENTS, "date", self.dates) if self._has(f))

    def _has(self, file: Row) -> bool:
        batches = self.dates[file["date"]]
        return batches is None or file["batch"] in batches

    def _touched(self, rows: DataFrame) -> DataFrame:
        return rows if self.touched is None else rows.join(F.broadcast(self.touched), ["date", "device"], "left_semi")


def _gathered(gatherer: Gatherer, single: Mapping[date, pa.Array], files: Iterable[Row]) -> Iterator[pa.RecordBatch]:
    """Rows of files gathered by place; of the devices that are `single` on a date, sign by sign."""
    for file in files:
        day, alone = pa.scalar(file["date"], pa.date32()), single.get(file["date"])
        for batch in read(file["path"], gatherer.reads):
            events = pa.Table.from_batches([batch])
            events = events.append_column("date", pa.repeat(day, len(events)))
            if alone is None:
                made = [gatherer.gathered(events)]
            else:
                mine = pc.is_in(events["device"], alone)
                made = [gatherer.each(events.filter(mine)), gatherer.gathered(events.filter(pc.invert(mine)))]
            yield from (rows for rows in made if rows.num_rows)


def _abroad(home: str, files: Iterable[Row]) -> Iterator[pa.RecordBatch]:
    """The devices that have signs in other countries than `home`, once a file."""
    for file in files:
        day = pa.scalar(file["date"], pa.date32())
        for batch in read(file["path"], ("device", "country")):
            away = pc.not_equal(batch["country"].cast(pa.string()), home)
            device = batch["device"].filter(away).unique()
            yield pa.RecordBatch.from_arrays([pa.repeat(day, len(device)), device], schema=AWAY)
