"""Read, write, approve, put back: the only file that knows Delta, but for what `log.py` reads in its log.

Large tables are Spark's to read and write. What fits in memory (registers, verdicts, the list of files) goes by way of
Arrow and delta-rs where the lake is local: a commit of Spark's costs a second, theirs a fiftieth of it.
"""

import json
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from functools import partial, reduce
from typing import Any, TypeAlias

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from delta.tables import DeltaTable
from deltalake import CommitProperties, Schema, WriterProperties, write_deltalake
from deltalake import DeltaTable as Delta
from deltalake.exceptions import DeltaError
from deltalake.transaction import AddAction, RemoveAction
from py4j.protocol import Py4JJavaError
from pyarrow.dataset import Dataset
from pyarrow.fs import LocalFileSystem, SubTreeFileSystem
from pyspark.errors import PySparkException
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.pandas.types import to_arrow_schema
from pyspark.sql.types import StructType

from schemas import VALIDATIONS
from sojourn.errors import SojournError
from sojourn.log import UPKEEP, DamagedError, Log
from sojourn.table import STATED, Table

# Readers other than Spark (delta-rs, DuckDB) read version 1, and delta-rs makes no other unless asked.
PROTOCOL = {"delta.minReaderVersion": "1", "delta.minWriterVersion": "2"}
PROPERTIES = {
    "delta.enableDeletionVectors": "false",
    "delta.checkpointPolicy": "classic",
    "delta.checkpointInterval": "10",  # what Spark takes where nothing is said; delta-rs would take 100
}
KEPT = {"delta.logRetentionDuration": "interval 36500 days"}  # of tables whose versions are all kept
FEW_FILES, FEW_BYTES = 16, 1 << 20  # of a version that Spark is handed as rows, not as files
FEW_ROWS = 200_000  # that are written by delta-rs
HELD_ROWS = 5_000  # above which Spark's tasks look at them faster than its driver
# what a version raises whose files or log are gone
LOST = (FileNotFoundError, DeltaError, PySparkException, Py4JJavaError)
Rows: TypeAlias = DataFrame | pa.Table | list[Any]  # Spark's; in memory; in files of ours (datafiles.FILES)
META = "spark.databricks.delta.commitInfo.userMetadata"


class Lake(Log):
    """The tables under one root, a path or a URI that Hadoop knows."""

    def read(self, table: Table, version: int | None = None) -> DataFrame:
        """The rows that passed their checks (or those of `version`); an empty frame where there are none."""
        version = self.approved(table) if version is None else version
        if version is None:
            return self.spark.createDataFrame(to_arrow_schema(table.schema, timestamp_utc=True).empty_table())
        if self.local and (held := self._at_hand(table, version)) is not None:
            return self.spark.createDataFrame(held)
        reader = self.spark.read.format("delta")
        head = self.head(table)
        if head is None or head.version != version:  # the newest otherwise: upkeep after it only made it smaller
            reader = reader.option("versionAsOf", self.settled(table, version))
        return reader.load(self.path(table))

    def _at_hand(self, table: Table, version: int) -> pa.Table | None:
        """All rows of a version, if they are few: Spark would take a second to learn from the log where they lie."""
        delta = self._delta(table, self.settled(table, version))
        files = _files(delta)
        if len(files) > FEW_FILES or (pc.sum(files["size_bytes"]).as_py() or 0) > FEW_BYTES:
            return None
        try:
            return _dataset(delta, self.path(table)).to_table()
        except (OSError, pa.ArrowException):  # a file is gone or damaged: Spark says which
            return None

    def rows(self, table: Table, where: pc.Expression | None = None, version: int | None = None) -> pa.Table:
        """The same rows in memory, or some of them: of tables that fit."""
        version = self.approved(table) if version is None else version
        if version is None:
            return to_arrow_schema(table.schema, timestamp_utc=True).empty_table()
        if not self.local:
            made = self.read(table, version).toArrow()
            return made if where is None else made.filter(where)
        return _dataset(self._delta(table, self.settled(table, version)), self.path(table)).to_table(filter=where)

    def tally(self, table: Table, by: list[str], first: date, last: date) -> list[tuple[tuple[Any, ...], int]]:
        """How many rows of some units have which values of some columns: the first rising, then the most first."""
        counts, version = Counter[tuple[Any, ...]](), self.approved(table)
        if version is None:
            return []
        if self.local:
            data = _dataset(self._delta(table, self.settled(table, version)), self.path(table))
            some = (pc.field(table.unit) >= first) & (pc.field(table.unit) <= last)
            for batch in data.scanner(by, some).to_batches():
                for row in pa.Table.from_batches([batch]).group_by(by).aggregate([([], "count_all")]).to_pylist():
                    counts[tuple(row[name] for name in by)] += row["count_all"]
        else:
            rows = self.read(table).where(F.col(table.unit).between(first, last)).groupBy(by).count()
            counts.update({tuple(row[:-1]): row[-1] for row in rows.collect()})
        return sorted(counts.items(), key=lambda one: (one[0][:-1], -one[1]))

    def kept(self, table: Table, version: int, where: pc.Expression) -> pa.Table | None:
        """Some rows of an old version; None where its files or its log are gone."""
        try:
            return self.rows(table, where, version)
        except LOST:
            return None

    def units(self, table: Table, column: str = "", **of: date) -> set[date]:
        """The values of its unit, or of another column of dates that it is partitioned by, of which it has rows.

        of: only those beside these values of other such columns.
        """
        version, column = self.approved(table), column or table.unit
        if version is None:
            return set()
        if not self.local:
            some = reduce(lambda rows, name: rows.where(F.col(name) == F.lit(of[name])), of, self.read(table))
            return {row[0] for row in some.select(column).distinct().collect()}
        parts = self._delta(table, version).partitions()
        return {date.fromisoformat(p[column]) for p in parts if all(p[name] == str(of[name]) for name in of)}

    def difference(self, table: Table, since: int | None, columns: Sequence[str]) -> pd.DataFrame:
        """What of the rows, in these columns, is there and was not in version `since` (None: nothing was), or was."""
        new = self.rows(table)
        old = new.slice(0, 0) if since is None else self.rows(table, version=since)
        return pd.concat([in_pandas(r.select(columns)).drop_duplicates() for r in (new, old)]).drop_duplicates(
            keep=False
        )

    def _delta(self, table: Table, version: int | None = None) -> Delta:
        return Delta(self.path(table), version=version)

    def _create(self, table: Table, anew: bool = False) -> None:
        """An empty table; anew: in place of the one that is there, whose versions stay."""
        if self.local:
            Delta.create(
                self.path(table),
                Schema.from_json(table.schema.json()),
                mode="overwrite" if anew else "error",
                partition_by=list(table.partition),
                description=table.sentence,
                configuration=_properties(table),
            )
            return
        make = DeltaTable.createOrReplace if anew else DeltaTable.createIfNotExists
        fs, where = self._fs(self.path(table))
        builder = (
            make(self.spark)
            # as Hadoop spells it: Delta takes file:///lake and file:/lake, or hdfs:///lake and its host, for two places
            .location(fs.makeQualified(where).toString())
            .addColumns(table.schema)
            .partitionedBy(*table.partition)
            .comment(table.sentence)
        )
        for name, value in (PROTOCOL | _properties(table)).items():
            builder = builder.property(name, value)
        builder.execute()

    def stored(self, table: Table) -> tuple[StructType, tuple[str, ...]]:
        """The columns of its approved rows as they lie there, and what they are partitioned by."""
        version = self._passed(table)
        version = None if version is None else self.settled(table, version)
        if self.local:
            delta = self._delta(table, version)
            kinds = StructType.fromJson(json.loads(delta.schema().to_json()))
            return kinds, tuple(delta.metadata().partition_columns)
        reader = self.spark.read.format("delta")
        reader = reader if version is None else reader.option("versionAsOf", version)
        told: Any = DeltaTable.forPath(self.spark, self.path(table)).detail().first()
        return reader.load(self.path(table)).schema, tuple(told["partitionColumns"])

    def alter(self, table: Table, added: Iterable[str], loosened: Iterable[str]) -> None:
        """Add columns, and let columns be null that could not; and keep its log as long as it should be kept."""
        self.put_back(table)
        name = f"delta.`{self.path(table)}`"
        types = ", ".join(f"{c} {table[c].type} COMMENT {_quoted(table[c].meaning)}" for c in added)
        if types:
            self.spark.sql(f"ALTER TABLE {name} ADD COLUMNS ({types})")
        for column in loosened:
            self.spark.sql(f"ALTER TABLE {name} ALTER COLUMN {column} DROP NOT NULL")
        if table.trail:
            told = ", ".join(f"{_quoted(k)} = {_quoted(v)}" for k, v in KEPT.items())
            self.spark.sql(f"ALTER TABLE {name} SET TBLPROPERTIES ({told})")

    def frame(self, table: Table, rows: pd.DataFrame) -> DataFrame:
        """Rows in memory as a frame of the table's schema."""
        return self.spark.createDataFrame(at_hand(table, rows), table.schema)

    def told(self, figures: pd.DataFrame) -> DataFrame:
        """A few figures as a frame: by Arrow, for of pandas Spark makes rows that Python workers have to read."""
        return self.spark.createDataFrame(pa.Table.from_pandas(figures, preserve_index=False))

    def fetched(self, rows: DataFrame) -> DataFrame | pa.Table:
        """Rows that Spark holds already, in memory where they are few and the lake is local: without their making."""
        if not self.local or rows.count() > FEW_ROWS:  # a limit would bring all of them through an exchange
            return rows
        return rows.toArrow()

    def shown(self, rows: DataFrame | pa.Table) -> DataFrame:
        """The same as a frame, for the checks: every step of a plan looks at all of it again, down to its sources.

        Many rows are held by Spark: of those in its driver it works out columns one by one, before its tasks begin.
        """
        if not isinstance(rows, pa.Table):
            return rows
        frame = self.spark.createDataFrame(rows)
        return frame.persist() if len(rows) > HELD_ROWS else frame

    def write(self, table: Table, rows: Rows, units: Iterable[Any] | None, notes: dict[str, Any]) -> int:
        """Replace the rows of `units` (all of them where None) by those given, in one commit; its version.

        What an earlier run wrote and did not get approved is put back first. Readers of the lake see the new rows only
        after `approve`.
        """
        if isinstance(rows, list):
            return self._add(table, rows, units, notes)
        folder = self.ready(table)
        if table.name in self.anew:
            units = None
        if isinstance(rows, pa.Table):
            if self.local:
                return self._put(
                    table, _without_holes(table, rows.select(table.names).cast(_schema(table))), units, notes
                )
            rows = self.spark.createDataFrame(rows, table.schema).coalesce(1)  # a file each unit, not one each core
        writer = rows.select(*table.names).write.format("delta").option("userMetadata", _json(notes))
        some = None if units is None else sorted(units)
        if some:
            writer = writer.option("replaceWhere", _among(table.unit, some))
        writer.mode("append" if some == [] else "overwrite").save(folder)
        return self._written(table)

    def _put(self, table: Table, rows: pa.Table, units: Iterable[Any] | None, notes: dict[str, Any]) -> int:
        some = None if units is None else sorted(units)
        put: Any = partial(
            write_deltalake,
            self._delta(table),
            rows,
            writer_properties=WriterProperties(compression="ZSTD"),
            commit_properties=CommitProperties(custom_metadata={"userMetadata": _json(notes)}),
        )
        if some == []:
            put(mode="append")
        else:
            put(mode="overwrite", predicate=_among(table.unit, some) if some else None)
        return self._written(table)

    def _add(self, table: Table, files: list[Any], units: Iterable[Any] | None, notes: dict[str, Any]) -> int:
        now = int(time.time() * 1000)
        actions: list[AddAction | RemoveAction] = [
            AddAction(
                f.path,
                f.bytes,
                {name: str(f[name]) for name in table.partition},
                now,
                True,
                json.dumps({"numRecords": f.rows}),
            )
            for f in files
        ]
        delta = self._delta(table)
        delta.create_write_transaction(
            actions,
            "overwrite",
            delta.schema(),
            list(table.partition),
            None if units is None else [(table.unit, "in", [str(u) for u in sorted(units)])],
            commit_properties=CommitProperties(custom_metadata={"userMetadata": _json(notes)}),
        )
        return self._written(table)

    def files(self, table: Table, column: str, units: Iterable[date]) -> list[dict[str, Any]]:
        """The files of some values of a partition column of a local table: path, bytes, and its partition columns."""
        version = self.approved(table)
        if version is None:
            return []
        known = _files(self._delta(table, self.settled(table, version)))
        at = known[f"partition.{column}"]
        some = known.filter(pc.is_in(at, pa.array(sorted(units), at.type)))  # before rows are made of a long history
        parts = {name: some[f"partition.{name}"] for name in table.partition}
        files = pa.table({"path": some["path"], "bytes": some["size_bytes"], **parts}).to_pylist()
        return [f | {"path": f"{self.path(table)}/{f['path']}"} for f in files]

    def crowded(self, table: Table, column: str, many: int) -> set[date]:
        """Values of a partition column in whose partitions lie more files than so many; by URI all of them."""
        if not self.local:
            return self.units(table, column)
        version = self.approved(table)
        if version is None:
            return set()
        files = _files(self._delta(table, self.settled(table, version)))
        by = [f"partition.{name}" for name in table.partition]
        parts = files.group_by(by).aggregate([([], "count_all")]).to_pylist()
        return {part[f"partition.{column}"] for part in parts if part["count_all"] > many}

    def weight(self, table: Table) -> tuple[int | None, int, int]:
        """Rows (None where the log does not say), files and bytes of the newest version of a table that is there."""
        if not self.local:
            told: Any = DeltaTable.forPath(self.spark, self.path(table)).detail().first()
            return None, told["numFiles"], told["sizeInBytes"]
        files = _files(self._delta(table))
        rows, size = (files[name].combine_chunks() for name in ("num_records", "size_bytes"))
        return None if rows.null_count else pc.sum(rows).as_py() or 0, len(files), pc.sum(size).as_py() or 0

    def ready(self, table: Table) -> str:
        """The folder of a table that is there, without rows that were not approved; or, if it is built anew, any."""
        if not self.exists(table):
            self._create(table)
            known = (self._commit(VALIDATIONS, v).notes.get("approved", {}) for v in self._versions(VALIDATIONS))
            last = max((approved[table.name] for approved in known if table.name in approved), default=None)
            if last is not None:  # its folder was removed
                self._take(table, last)
                self.approve(_none(VALIDATIONS), {table.name: last})
        self.put_back(table)
        if table.name in self.anew:
            self._create(table, anew=True)
        return self.path(table)

    def _take(self, table: Table, last: int) -> None:
        """Versions up to this one, which change nothing: who has seen one of that number must find a newer one."""
        for version in range(1, last + 1):
            self._put_text(self._commit_file(table, version), json.dumps({"commitInfo": {"operation": "WRITE"}}))

    def _written(self, table: Table) -> int:
        head = self.head(table)
        if head is None:
            raise SojournError("a commit left no trace in the log", where=self.path(table))
        return head.version

    def put_back(self, table: Table) -> None:
        """Restore the last approved version, if the newest rows are others."""
        head = self.head(table)
        approved = self._passed(table) or 0
        if not table.judged or head is None or head.version <= approved:
            return
        with self._asked(META, _json(self._commit(table, approved).notes)):
            DeltaTable.forPath(self.spark, self.path(table)).restoreToVersion(self.settled(table, approved))
        restored = self.head(table)
        if restored is not None and approved:
            self.approve(_none(VALIDATIONS), {table.name: restored.version})

    @contextmanager
    def _asked(self, name: str, value: str) -> Iterator[None]:
        """A property of the session, meanwhile."""
        before = self.spark.conf.get(name, None)
        self.spark.conf.set(name, value)
        try:
            yield
        finally:
            self.spark.conf.unset(name) if before is None else self.spark.conf.set(name, before)

    def take_out(self, table: Table, which: Column | DataFrame, **notes: str) -> bool:
        """Remove rows for good: those for which a condition holds, or of the devices in a frame; whether some were.

        Nothing is built anew because of it (log.TAKEN). What the table says of its making stays, with more notes.
        """
        self.put_back(table)
        before, known = self.approved(table), self.consumed(table)
        delta = DeltaTable.forPath(self.spark, self.path(table))
        with self._asked(META, _json(known | notes)):
            if isinstance(which, DataFrame):  # by a join: a condition would stand in the log, with the pseudonyms in it
                match = delta.alias("t").merge(which.alias("gone"), "t.device = gone.device")
                match.whenMatchedDelete().execute()
            else:
                delta.delete(which)
        after = self._written(table)
        if after != before and table.judged:
            self.approve(_none(VALIDATIONS), {table.name: after})
        return after != before

    def rename(self, table: Table, rows: DataFrame, notes: dict[str, Any]) -> None:
        """Put rows in place of all there are, which differ in pseudonyms alone: nothing is built anew because of it.

        The log says nothing of the values in the new files, or it would put new pseudonyms beside old ones.
        """
        with self._asked("spark.databricks.delta.stats.collect", "false"):
            self.approve(_none(VALIDATIONS), {table.name: self.write(table, rows, None, notes)})

    def compact(self, table: Table, which: Column | None = None) -> int:
        """Make the small files of a partition one, where a condition on it holds; how many are no longer needed."""
        builder = DeltaTable.forPath(self.spark, self.path(table)).optimize()
        told = (builder if which is None else builder.where(which)).executeCompaction().first()
        return int(told["metrics"]["numFilesRemoved"])

    def vacuum(self, table: Table, hours: int) -> None:
        """Delete files that no version of the last hours has."""
        if self.local:  # Spark takes seconds a table to look for them
            # in full: else files of nights that were killed stay, and those whose removal a checkpoint has forgotten
            self._delta(table).vacuum(int(hours), dry_run=False, enforce_retention_duration=False, full=True)
            return
        with self._asked("spark.databricks.delta.retentionDurationCheck.enabled", "false"):
            DeltaTable.forPath(self.spark, self.path(table)).vacuum(hours)

    def set_aside(self, table: Table) -> bool:
        """Make the newest commit of a table, where it is damaged, one that changes nothing; whether it was damaged.

        Its number stays taken: who has seen that version must find that a newer one has come since. What it held was
        approved with it or not at all, so it is built anew.
        """
        newest = self._versions(table)[0]
        try:
            list(self._actions(table, newest))
        except DamagedError:
            path = self._commit_file(table, newest)
            fs, where = self._fs(path)
            fs.rename(where, self._java[0](f"{path}.damaged"))
            self._put_text(path, json.dumps({"commitInfo": {"operation": UPKEEP[-1]}}))
            return True
        return False

    def note(self, table: Table, notes: dict[str, Any]) -> None:
        """Write down which versions of its sources a table has seen, where its rows stay as they are."""
        self.approve(_none(VALIDATIONS), {table.name: self.write(table, _none(table), [], notes)})

    def approve(self, verdicts: pa.Table, versions: dict[str, int]) -> None:
        """Record that these versions passed, and verdicts (rows of `validations`) with them, in one commit.

        The verdicts replace all those on their tables.
        """
        about = verdicts["table"].unique().to_pylist()
        self.write(VALIDATIONS, verdicts, about, {"approved": versions})
        self._approved |= versions
        self.anew -= versions.keys()


def at_hand(table: Table, rows: pd.DataFrame) -> pa.Table:
    """Rows in memory in the table's own types.

    Raises:
        SojournError: a value is missing where there must be one.
    """
    later = {c.name: None for c in table.columns if c in STATED and c.name not in rows}  # filled in at the door
    made = pa.Table.from_pandas(rows.assign(**later)[table.names], _schema(table), preserve_index=False)
    return _without_holes(table, made).replace_schema_metadata(None)


def _schema(table: Table) -> pa.Schema:
    return pa.schema([f.with_nullable(True) for f in to_arrow_schema(table.schema, timestamp_utc=True)])


def _without_holes(table: Table, rows: pa.Table) -> pa.Table:
    for column in table.columns:
        if not column.null and rows[column.name].null_count:
            raise SojournError(f"has rows without {column.name}", where=table.name)
    return rows


def _dataset(delta: Delta, folder: str) -> Dataset:
    """The rows of a version of a local table.

    Files are opened by Arrow itself. By way of delta-rs its threads would come back into Python, and one that does so
    while the interpreter ends takes the process with it: one in eight, of those that end right after they have read.
    """
    return delta.to_pyarrow_dataset(filesystem=SubTreeFileSystem(folder, LocalFileSystem()))


def _files(delta: Delta) -> pa.Table:
    """The data files of a version."""
    return pa.table(delta.get_add_actions(flatten=True))


def _none(table: Table) -> pa.Table:
    return at_hand(table, pd.DataFrame(columns=table.names))


def in_pandas(rows: pa.Table) -> pd.DataFrame:
    """Rows in memory as a data frame: dates as such, instants in UTC without saying so, no number made inexact."""
    made: pd.DataFrame = rows.to_pandas(date_as_object=True, integer_object_nulls=True)
    for name in made.select_dtypes("datetimetz"):
        made[name] = made[name].dt.tz_localize(None)
    return made


def _properties(table: Table) -> dict[str, str]:
    return PROPERTIES | (KEPT if table.trail else {})


def _quoted(value: str) -> str:
    """A text in SQL."""
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _json(notes: dict[str, Any]) -> str:
    return json.dumps(notes, sort_keys=True, default=str)


def _among(column: str, values: Iterable[Any]) -> str:
    """The rows of some values of a partition column, as SQL."""
    listed = ", ".join(f"'{value}'" for value in sorted(values))
    return f"{column} IN ({listed})"


def union(frames: Sequence[DataFrame]) -> DataFrame:
    """All rows of frames with the same columns, by name."""
    return reduce(lambda a, b: a.unionByName(b), frames)


def where_units(frame: DataFrame, column: str, units: Iterable[date]) -> DataFrame:
    """The rows of some units; on a partition column only their files are read."""
    return frame.where(F.col(column).isin(sorted(units)))
