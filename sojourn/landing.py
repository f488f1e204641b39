"""The operator's files → events, pseudonymous and placed; rejects beside them, every record accounted for.

Between a file and the pseudonym stands nothing that writes: no exchange, sort, cache or checkpoint. Records are counted
where they pass, file by file, and a file is wholly in one task, so that a task that runs twice counts once.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any, cast

import numpy as np
import pyarrow as pa
from pyspark import Broadcast
from pyspark.errors import AnalysisException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as t

from schemas import BATCHES, CELLS, EVENTS, REJECTS
from schemas.rejects import REASONS
from sojourn.arrivals import Arrival, Intake
from sojourn.clock import local
from sojourn.config import Config
from sojourn.errors import SojournError
from sojourn.feeds import Reading, canonical
from sojourn.files import Found
from sojourn.lake import Lake, union, where_units
from sojourn.placing import moved, place, replaced
from sojourn.reading import Counts, Tally, reader
from sojourn.sifting import PASSED, SIFTED, SIFTED_NAMES, Register, add_up, sift

__all__ = ["Landing", "moved", "place", "reader", "replaced"]

NO_FIT = "the types of its columns do not fit the expressions of the feed"
LINES = 40  # a record is told by one bigint: the file's number above, its line in the lower 40 bits
PER_BUCKET = 32 << 20  # landing bytes of one day that are worth a file of events
CANONICAL = (
    "file_no int, batch date, line bigint, subscriber string, at timestamp, home_date date, late int, "
    "home_plmn string, visited_plmn string, cell_id string, event_type string, direction string, peer string, "
    "duration_s int, volume_bytes bigint, tac string, unreadable int, ambiguous boolean, skipped boolean"
)


@dataclass
class Landing:
    """The files of an intake on their way into the lake."""

    spark: SparkSession
    conf: Config
    lake: Lake
    intake: Intake
    readings: dict[str, Reading]
    read: Any = field(init=False)  # {file number: records read, malformed} and {…: {"failed": 1}}
    sifted: Any = field(init=False)
    files: list[Arrival] = field(init=False)

    def __post_init__(self) -> None:
        self.files = sorted((a for files in self.intake.batches.values() for a in files), key=lambda a: a.place)

    # -- events -------------------------------------------------------------------------------------------------------

    def events(self) -> DataFrame:
        """The accepted records as rows of `events`, not yet run; counts are complete when it has."""
        self.read = self.spark.sparkContext.accumulator({}, Tally())
        self.sifted = self.spark.sparkContext.accumulator({}, Tally())
        names = self.spark.createDataFrame(
            [(n, a.name) for n, a in enumerate(self.files)] or [(0, "")], "file_no int, file string"
        )
        groups: dict[tuple[str, Found], list[tuple[int, Arrival]]] = {}
        for n, a in enumerate(self.files):
            if a.found is not None and not a.reason:
                groups.setdefault((a.feed.name, a.found), []).append((n, a))
        frames = []
        for (name, found), files in groups.items():
            try:
                frames.append(self._canonical(self.readings[name], found, files))
            except AnalysisException:  # of columns that are of another type than the feed's expressions take
                for n, a in files:
                    self.files[n] = replace(a, reason="unreadable_file", detail=NO_FIT)
        new = union(frames) if frames else self.spark.createDataFrame([], CANONICAL)
        kept = self._deduplicated(self._pseudonymous(new)).join(F.broadcast(names), "file_no").drop("file_no")
        rows = place(kept, self.lake.read(CELLS), self.conf)
        gone = [(day, k.name) for day, ks in self.intake.gone.items() for k in ks]
        if not gone:
            return rows
        old = where_units(self.lake.read(EVENTS), "batch", {d for d, _ in gone})
        which = self.spark.createDataFrame(gone, "batch date, file string")
        return rows.unionByName(
            replaced(old.join(F.broadcast(which), ["batch", "file"], "left_semi"), self.lake.read(CELLS), self.conf)
        )

    def _canonical(self, reading: Reading, found: Found, files: Sequence[tuple[int, Arrival]]) -> DataFrame:
        raw = reader(self.spark, reading.form, found, files, self.read)
        margin = timedelta(max(f.late_days for f in self.conf.sources.events) + 2)
        days = [a.batch for _, a in files if a.batch]
        out = canonical(self.spark, reading, raw, min(days) - margin, max(days) + timedelta(2))
        late = next(f.late_days for f in self.conf.sources.events if f.name == reading.feed.name)
        home = F.to_date(local(F.col("at"), self.conf.home.time_zone))
        named = {"file_no": "__file", "batch": "__batch", "line": "__line"}
        columns = []
        for f in cast(t.StructType, t.StructType.fromDDL(CANONICAL)):
            made = {"home_date": home, "late": F.lit(late)}.get(f.name)
            if made is None:
                name = named.get(f.name, f.name)
                made = F.col(name) if name in out.columns else F.lit(None)
            columns.append(made.cast(f.dataType).alias(f.name))
        return out.select(*columns)

    def _pseudonymous(self, rows: DataFrame) -> DataFrame:
        key = self.conf.key.get_secret_value().encode()
        home = (self.conf.home.country, frozenset(self.conf.home.mcc))
        kinds = np.array([getattr(a.feed, "subscriber_kind", "imsi") == "msisdn" for a in self.files] or [False])
        roaming = np.array([a.feed.kind == "roaming" for a in self.files] or [False])
        # a large closure would be written to disk, the key in it: the register goes its own way
        register: Broadcast[Register] = self.spark.sparkContext.broadcast(Register.of(self.lake))
        tally = self.sifted

        def task(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
            counts: dict[int, Counts] = {}
            for batch in batches:
                if batch.num_rows:
                    out, reason = sift(batch, key, home, kinds, roaming, register.value)
                    add_up(counts, batch, reason)
                    yield out
            tally.add(counts)

        return rows.mapInArrow(task, SIFTED)

    def _deduplicated(self, rows: DataFrame) -> DataFrame:
        """Of records that are equal in all mapped columns within a batch, the first by file and line."""
        heavy = self._buckets()
        bucket = F.lit(0)
        for day, n in heavy.items():  # a batch's own days hold nearly all of it, the others a trickle
            own = (F.col("batch") == F.lit(day)) & (F.datediff("batch", "home_date") <= 1)
            bucket = F.when(own, F.pmod("device", F.lit(n))).otherwise(bucket)
        same = [name for name in SIFTED_NAMES if name not in ("file_no", "line")]
        first = F.min(F.shiftleft(F.col("file_no").cast("bigint"), LINES) + F.col("line")).alias("first")
        # spread by hand, so that each day of each batch is one file, and the aggregation needs no second exchange
        tasks = int(self.spark.conf.get("spark.sql.shuffle.partitions") or 2)
        spread_out = rows.withColumn("bucket", bucket).repartition(
            max(tasks, sum(heavy.values())), "batch", "home_date", "bucket"
        )
        one = spread_out.groupBy(*same, "bucket").agg(first)
        return one.withColumn("file_no", F.shiftright("first", LINES).cast("int")).withColumn(
            "line", F.col("first").bitwiseAND(F.lit((1 << LINES) - 1))
        )

    def _buckets(self) -> dict[date, int]:
        size = {day: sum(a.bytes for a in files) for day, files in self.intake.batches.items()}
        return {day: n for day, s in size.items() if (n := -(-s // PER_BUCKET)) > 1}

    # -- what became of the files -------------------------------------------------------------------------------------

    def failed(self) -> list[Arrival]:
        """Files that broke on the way although they had looked whole: read again without them."""
        return [self.files[n] for n, c in self.read.value.items() if c.get("failed")]

    def outcome(self, events: DataFrame, at: datetime) -> tuple[DataFrame, DataFrame]:
        """Rows of `rejects` and `batches`, once `events` (this intake's, as written) is in the lake.

        Raises:
            SojournError: records were lost on the way, which must not be.
        """
        accepted = {(r.batch, r.file): r["count"] for r in events.groupBy("batch", "file").count().collect()}
        rejects: list[tuple[Any, ...]] = []
        batches: list[tuple[Any, ...]] = []
        rows_of = dict(self.intake.rows_of)
        for n, a in enumerate(self.files):
            taken = accepted.get((a.batch, a.name), 0)
            reasons, rows = self._reasons(n, a, taken, rows_of)
            rows_of.setdefault(str(a.sha256), rows)
            if min(reasons.values()) < 0:
                raise SojournError("more records accepted than read", where=a.name)
            named = (a.batch, a.feed.name, a.name)
            detail = {a.reason: a.detail}
            rejects += [(*named, r, detail.get(r, REASONS[r]), count) for r, count in reasons.items() if count]
            noted = [self.sifted.value.get(n, {}).get(c, 0) for c in ("unreadable", "ambiguous", "skipped")]
            batches.append((*named, a.bytes, a.sha256, a.modified_ms, rows, taken, rows - taken, *noted, at))
        for day, names in self.intake.without.items():
            batches += [(day, name, None, 0, None, None, 0, 0, 0, 0, 0, 0, at) for name in sorted(names)]
        return self._with_gone(REJECTS, rejects), self._with_gone(BATCHES, batches)

    def _reasons(self, n: int, a: Arrival, taken: int, rows_of: dict[str, int]) -> tuple[Counts, int]:
        """How many records of a file were not taken for each reason, and how many it has."""
        if a.reason == "duplicate_file":
            rows = rows_of[str(a.sha256)]
            return {a.reason: rows}, rows
        if a.reason:
            return {a.reason: 1}, 1
        read, sifted = self.read.value.get(n, {}), self.sifted.value.get(n, {})
        if read.get("rows", 0) != sifted.get("rows", 0):
            raise SojournError(f"{read.get('rows', 0)} records read, {sifted.get('rows', 0)} sifted", where=a.name)
        rows = read.get("rows", 0) + read.get("malformed", 0)
        reasons = {r: sifted.get(r, 0) for r in PASSED if r} | {"malformed": read.get("malformed", 0)}
        return reasons | {"duplicate_record": rows - taken - sum(reasons.values())}, rows

    def _with_gone(self, table: Any, rows: list[tuple[Any, ...]]) -> DataFrame:
        """New rows, and those of files that are gone from the landing zone."""
        fields = [t.StructField(f.name, t.LongType() if f.name == "modified_at" else f.dataType) for f in table.schema]
        new = self.spark.createDataFrame(rows, t.StructType(fields))
        if "modified_at" in new.columns:
            new = new.withColumn("modified_at", F.timestamp_millis("modified_at"))
        gone = [(day, k.name) for day, ks in self.intake.gone.items() for k in ks]
        if not gone:
            return new
        which = self.spark.createDataFrame(gone, "batch date, file string")
        old = where_units(self.lake.read(table), "batch", {d for d, _ in gone})
        return new.unionByName(old.join(F.broadcast(which), ["batch", "file"], "left_semi").select(*new.columns))
