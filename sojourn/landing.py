"""The operator's files → events, pseudonymous and placed; rejects beside them, every record accounted for.

Between a file and the pseudonym stands nothing that writes: no exchange, sort, cache or checkpoint. Records are counted
where they pass, file by file, and a file is wholly in one task, so that a task that runs twice counts once.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pyspark.errors import AnalysisException
from pyspark.sql import DataFrame, Row, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.pandas.types import from_arrow_schema

from schemas import BATCHES, CELLS, EVENTS, REJECTS
from schemas.rejects import REASONS
from sojourn.arrivals import Arrival, Intake
from sojourn.clock import EPOCH, Offsets
from sojourn.config import Config
from sojourn.errors import SojournError
from sojourn.feeds import CANONICAL, Reading, canonical
from sojourn.files import Found
from sojourn.lake import Lake, at_hand, in_pandas, union, where_units
from sojourn.packing import Packer
from sojourn.parcels import PARCELS
from sojourn.placing import Antennas
from sojourn.reading import Counts, Tally, reader
from sojourn.settling import Settler
from sojourn.sifting import NOTED, PASSED, Landed, Register, Sieve, add_up
from sojourn.straight import Kind, straight
from sojourn.table import Table
from sojourn.twins import twin

NO_FIT = "the types of its columns do not fit the expressions of the feed"
PER_PART = 32 << 20  # landing bytes of one day that are worth a file of events
SHARED = 4 << 20  # days of fewer go through the exchange together: a task costs a tenth of a second


def places(sizes: Mapping[date, int]) -> dict[date, tuple[int, int]]:
    """Landing bytes of each day → the first of its parts in the exchange, and how many it has."""
    out, number, room = dict[date, tuple[int, int]](), 0, -1
    for day, size in sizes.items():
        if size <= room:
            out[day], room = (number - 1, 1), room - size
        else:
            out[day] = (number, max(1, -(-size // PER_PART)))
            number, room = number + out[day][1], SHARED - size
    return out


@dataclass
class Landing:
    """The files of an intake on their way into the lake."""

    spark: SparkSession
    conf: Config
    lake: Lake
    intake: Intake
    readings: dict[str, Reading]
    slow: frozenset[tuple[date, str]] = frozenset()  # places of files with values that only Spark can read
    read: Any = field(init=False)  # {file number: records read, malformed} and {…: {"failed": 1}}
    sifted: Any = field(init=False)
    files: list[Arrival] = field(init=False)

    def __post_init__(self) -> None:
        self.files = sorted((a for files in self.intake.batches.values() for a in files), key=lambda a: a.place)

    # -- events -------------------------------------------------------------------------------------------------------

    def written(self, learnt: Sequence[date], folder: str) -> list[Row]:
        """The files of all events, written into the folder of the table (FILES); counts are complete."""
        return self.events(learnt, folder).collect()

    def events(self, learnt: Sequence[date], folder: str | None) -> DataFrame:
        """Not yet run; counts are complete when it has.

        learnt: batches that stay as they are, but for the places of their events.
        folder: of the table; the rows are written there, and the frame is of their files (FILES). None: it is of rows.
        """
        self.read = self.spark.sparkContext.accumulator({}, Tally())
        self.sifted = self.spark.sparkContext.accumulator({}, Tally())
        days = [*self.intake.batches, *learnt]
        late = max(f.late_days for f in self.conf.sources.events) + 2
        span = min(days) - timedelta(late), max(days) + timedelta(2)
        zone = self.conf.home.time_zone
        antennas = Antennas.of(self.lake.rows(CELLS), zone, self.conf.late_days, *span)
        settler = Settler.of(
            self.conf, self.spark.sparkContext.broadcast(antennas), [a.name for a in self.files], folder
        )
        sieve = self._sieve(antennas.zones[0])
        schema, frames = settler.schema, list[DataFrame]()
        if parcels := list(self._parcels(span, sieve)):
            one = union(parcels).repartitionById(sieve.files.value.number, "part")
            frames.append(one.mapInArrow(settler.settle, schema))
        if (old := self._old(learnt)) is not None:
            frames.append(old.repartition("batch", "date").mapInArrow(settler.replace, schema))
        return union(frames) if frames else self.spark.createDataFrame([], schema)

    def _old(self, learnt: Sequence[date]) -> DataFrame | None:
        """Rows that are there and are placed again: of batches learnt, and of files gone from the landing zone."""
        gone = [(day, k.name) for day, ks in self.intake.gone.items() for k in ks]
        frames = []
        if learnt:
            frames.append(where_units(self.lake.read(EVENTS), "batch", learnt))
        if gone:
            old = where_units(self.lake.read(EVENTS), "batch", {d for d, _ in gone})
            which = self.spark.createDataFrame(gone, "batch date, file string")
            frames.append(old.join(F.broadcast(which), ["batch", "file"], "left_semi").select(*EVENTS.names))
        return union(frames) if frames else None

    def _parcels(self, span: tuple[date, date], sieve: Sieve) -> Iterator[DataFrame]:
        """What the files bring, as PARCELS: straight where the feed's expressions have twins, else by way of Spark."""
        groups: dict[tuple[str, Found, bool], list[tuple[int, Arrival]]] = {}
        for n, a in enumerate(self.files):
            if a.found is not None and not a.reason:
                groups.setdefault((a.feed.name, a.found, a.place in self.slow), []).append((n, a))
        files = []
        for (name, found, slow), some in groups.items():
            reading = self.readings[name]
            if not slow and (made := twin(self.spark, reading, found, *span)) is not None:
                files.append((Kind(reading.form, found, made), some))
            elif (rows := self._canonical(reading, found, some, span)) is not None:
                yield self._packed(rows, sieve)
        if files:
            yield straight(self.spark, files, sieve, self.read, self.sifted)

    def _canonical(
        self, reading: Reading, found: Found, files: Sequence[tuple[int, Arrival]], span: tuple[date, date]
    ) -> DataFrame | None:
        """The records of files of one form, `__file` and the columns of CANONICAL; None where they do not fit."""
        raw = reader(self.spark, reading.form, found, files, self.read)
        try:
            out = canonical(self.spark, reading, raw, *span)
        except AnalysisException:  # of columns that are of another type than the feed's expressions take
            for n, a in files:
                self.files[n] = replace(a, reason="unreadable_file", detail=NO_FIT)
            return None
        columns = []
        for f in from_arrow_schema(CANONICAL):
            from_file = "__line" if f.name == "line" else f.name
            made = F.col(from_file) if from_file in out.columns else F.lit(None)
            columns.append(made.cast(f.dataType).alias(f.name))
        return out.select("__file", *columns)

    def _sieve(self, clock: Offsets) -> Sieve:
        late = {f.name: f.late_days for f in self.conf.sources.events}
        place = places({day: sum(a.bytes for a in files) for day, files in self.intake.batches.items()})
        told = []
        for a in self.files:
            by_number, day = getattr(a.feed, "subscriber_kind", "imsi") == "msisdn", a.batch or EPOCH
            told.append((by_number, a.feed.kind == "roaming", late[a.feed.name], (day - EPOCH).days, *place[day]))
        msisdn, roaming, *numbers = np.array(told, np.int64).reshape(-1, 6).T
        here = self.spark.sparkContext
        return Sieve(
            self.conf.key.get_secret_value().encode(),
            (self.conf.home.country, frozenset(self.conf.home.mcc)),
            clock,
            here.broadcast(Landed(msisdn.astype(bool), roaming.astype(bool), *numbers)),
            here.broadcast(Register.of(self.lake)),
        )

    def _packed(self, rows: DataFrame, sieve: Sieve) -> DataFrame:
        tally = self.sifted

        def task(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
            counts: dict[int, Counts] = {}
            packer = Packer(sieve.files.value)
            for batch in batches:
                if batch.num_rows:
                    file_no, records = batch.column(0).to_numpy(), batch.drop_columns(["__file"])
                    out, reason = sieve.sift(file_no, records)
                    add_up(counts, file_no, records, reason)
                    packer.held.append(out)
                    if packer.full:
                        yield from packer.packed()
            yield from packer.packed()
            tally.add(counts)

        return rows.mapInArrow(task, PARCELS)

    # -- what became of the files -------------------------------------------------------------------------------------

    def told(self, what: str) -> list[Arrival]:
        """Files that broke on the way although they had looked whole (failed), or that only Spark can read (unsure)."""
        return [self.files[n] for n, c in self.read.value.items() if c.get(what)]

    def outcome(self, accepted: Mapping[tuple[date, str], int], at: datetime) -> tuple[pa.Table, pa.Table]:
        """Rows of `rejects` and `batches`, once `events` is in the lake, with how many rows of each batch and file.

        Raises:
            SojournError: records were lost on the way, which must not be.
        """
        rejects: list[tuple[Any, ...]] = []
        batches: list[tuple[Any, ...]] = []
        rows_of = dict(self.intake.rows_of)
        for n, a in enumerate(self.files):
            taken = accepted.get(a.place, 0)
            reasons, rows = self._reasons(n, a, taken, rows_of)
            rows_of.setdefault(str(a.sha256), rows)
            if min(reasons.values()) < 0:
                raise SojournError("more records accepted than read", where=a.name)
            named = (a.batch, a.feed.name, a.name)
            detail = {a.reason: a.detail}
            rejects += [(*named, r, detail.get(r, REASONS[r]), count) for r, count in reasons.items() if count]
            noted = [self.sifted.value.get(n, {}).get(c, 0) for c in NOTED]
            batches.append(
                (
                    *named,
                    a.bytes,
                    a.sha256,
                    datetime.fromtimestamp(a.modified_ms / 1000, UTC),
                    rows,
                    taken,
                    rows - taken,
                    *noted,
                    at,
                )
            )
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

    def _with_gone(self, table: Table, rows: list[tuple[Any, ...]]) -> pa.Table:
        """New rows, and those of files that are gone from the landing zone."""
        new = pd.DataFrame(rows, columns=table.names, dtype=object)
        gone = {(day, k.name) for day, ks in self.intake.gone.items() for k in ks}
        old = (
            in_pandas(self.lake.rows(table, pc.field("batch").isin(sorted({d for d, _ in gone})))) if gone else new[:0]
        )
        kept = old[[of in gone for of in zip(old["batch"], old["file"], strict=True)]]
        return at_hand(table, pd.concat([new, kept]) if len(kept) else new)
