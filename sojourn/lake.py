"""Read, write, approve, put back: the only file that knows Delta.

The Delta log is the only state. Every commit of ours says in its user metadata which versions of its sources it has
consumed; a commit of `validations` says which version of a table passed its checks. So what is dirty, what is unchecked
and what is left to do can be told after a crash at any point, by any process.
"""

import json
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import reduce
from typing import Any

import pandas as pd
import pyarrow as pa
from delta.tables import DeltaTable
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.pandas.types import to_arrow_schema

from schemas import VALIDATIONS
from sojourn.errors import ConfigError, SojournError
from sojourn.table import Table

# Readers other than Spark (delta-rs, DuckDB) read version 1.
PROPERTIES = {
    "delta.minReaderVersion": "1",
    "delta.minWriterVersion": "2",
    "delta.enableDeletionVectors": "false",
    "delta.checkpointPolicy": "classic",
}
UPKEEP = ("OPTIMIZE", "VACUUM START", "VACUUM END", "SET TBLPROPERTIES", "UNSET TBLPROPERTIES")
META = "spark.databricks.delta.commitInfo.userMetadata"


@dataclass(frozen=True)
class Commit:
    """One commit of a table's log: its version, operation and what we wrote beside it."""

    version: int
    operation: str
    notes: dict[str, Any] = field(default_factory=dict)


class Lake:
    """The tables under one root, a path or a URI that Hadoop knows."""

    def __init__(self, spark: SparkSession, root: str) -> None:
        self.spark, self.root = spark, root
        jvm: Any = spark._jvm
        # looked up once: py4j asks the class loader for every part of a dotted name
        self._hadoop_path, self._io = jvm.org.apache.hadoop.fs.Path, jvm.org.apache.commons.io.IOUtils
        self._approved: dict[str, int] = {}
        self._commits: dict[tuple[str, int], Commit] = {}  # a commit never changes

    @property
    def local(self) -> bool:
        """Whether it lies where every process opens files by their path."""
        return "://" not in self.root

    # -- files ------------------------------------------------------------------------------------------------------

    def path(self, table: Table) -> str:
        """Where a table lies."""
        return f"{self.root}/{table.tier}/{table.name}"

    def _fs(self, path: str) -> tuple[Any, Any]:
        """Hadoop's file system of a path, and the path as it wants it."""
        where = self._hadoop_path(path)
        return where.getFileSystem(self.spark._jsparkSession.sessionState().newHadoopConf()), where

    def _text(self, path: str) -> str | None:
        fs, where = self._fs(path)
        if not fs.exists(where):
            return None
        stream = fs.open(where)
        try:
            return str(self._io.toString(stream, "UTF-8"))
        finally:
            stream.close()

    def stamp(self, facts: dict[str, str], write: bool) -> None:
        """Remember, once, what every row of this lake rests on (check value of the key, resolution); refuse others."""
        path = f"{self.root}/_sojourn.json"
        known = json.loads(self._text(path) or "null")
        if known is None:
            if not write:
                return
            fs, where = self._fs(path)
            stream = fs.create(where, True)
            stream.write(bytearray(json.dumps(facts, sort_keys=True).encode()))
            stream.close()
            return
        for name, value in facts.items():
            if known.get(name, value) != value:
                raise ConfigError(
                    f"this lake was built with another {name}" + ("" if "key" in name else f" ({known[name]})"),
                    where=self.root,
                    hint=f"use the {name} it was built with, or name another `lake:`",
                )

    # -- the log ----------------------------------------------------------------------------------------------------

    def exists(self, table: Table) -> bool:
        """Whether the table has been created."""
        fs, where = self._fs(f"{self.path(table)}/_delta_log")
        return bool(fs.exists(where))

    def _versions(self, table: Table) -> list[int]:
        """Versions whose commit file is still there, newest first."""
        fs, where = self._fs(f"{self.path(table)}/_delta_log")
        if not fs.exists(where):
            return []
        names = [s.getPath().getName() for s in fs.listStatus(where)]
        return sorted(
            (int(n[:20]) for n in names if n.endswith(".json") and n[:20].isdigit() and len(n) == 25), reverse=True
        )

    def _actions(self, table: Table, version: int) -> Iterator[dict[str, Any]]:
        text = self._text(f"{self.path(table)}/_delta_log/{version:020}.json")
        for line in (text or "").splitlines():
            if line.strip():
                yield json.loads(line)

    def _commit(self, table: Table, version: int) -> Commit:
        if (table.name, version) not in self._commits:
            infos = (i for action in self._actions(table, version) if (i := action.get("commitInfo")))
            info = next(infos, {"operation": ""})
            notes = json.loads(info.get("userMetadata") or "{}")
            self._commits[table.name, version] = Commit(version, info["operation"], notes)
        return self._commits[table.name, version]

    def head(self, table: Table) -> Commit | None:
        """The newest commit that changed rows; upkeep (OPTIMIZE, VACUUM) is looked through."""
        for version in self._versions(table):
            commit = self._commit(table, version)
            if commit.operation not in UPKEEP:
                return commit
        return None

    def approved(self, table: Table) -> int | None:
        """The newest version of a table that passed its checks; None where there is none.

        Where the log of `validations` has been cleaned up to before the table's last check, its head counts: what
        failed then has been put back.
        """
        if table.name not in self._approved:
            head = self.head(table)
            if head is None or table is VALIDATIONS:  # verdicts are not judged themselves
                return head.version if head else None
            versions = self._versions(VALIDATIONS)
            for version in versions:
                found = self._commit(VALIDATIONS, version).notes.get("approved", {}).get(table.name)
                if found is not None:
                    self._approved[table.name] = found
                    return int(found)
            if not versions or versions[-1] == 0:
                return None
            self._approved[table.name] = head.version
        return self._approved[table.name]

    def consumed(self, table: Table) -> dict[str, Any]:
        """What the approved version of a table says of its making: {source: version} and other notes."""
        version = self.approved(table)
        return {} if version is None else self._commit(table, version).notes

    def dirty(self, table: Table, since: int | None, column: str = "date") -> set[date] | None:
        """Values of a partition column whose rows changed after version `since`, up to the approved one.

        None: all of them (nothing consumed yet, or the log no longer reaches back).
        """
        upto = self.approved(table)
        if upto is None or since == upto:
            return set()
        versions = self._versions(table)
        if since is None or since + 1 not in versions:
            return None
        changed: set[date] = set()
        for version in (v for v in versions if since < v <= upto):
            for action in self._actions(table, version):
                change = action.get("add") or action.get("remove")
                if change and change.get("dataChange", True):
                    changed.add(date.fromisoformat(change["partitionValues"][column]))
        return changed

    # -- rows -------------------------------------------------------------------------------------------------------

    def read(self, table: Table, version: int | None = None) -> DataFrame:
        """The rows that passed their checks (or those of `version`); an empty frame where there are none."""
        version = self.approved(table) if version is None else version
        if version is None:
            return self.spark.createDataFrame([], table.schema)
        reader = self.spark.read.format("delta")
        head = self.head(table)
        if head is None or head.version != version:  # the newest otherwise: upkeep after it only made it smaller
            reader = reader.option("versionAsOf", version)
        return reader.load(self.path(table))

    def frame(self, table: Table, rows: pd.DataFrame) -> DataFrame:
        """Rows in memory as a frame of the table's schema."""
        fields = [f.with_nullable(True) for f in to_arrow_schema(table.schema, timestamp_utc=True)]
        return self.spark.createDataFrame(
            pa.Table.from_pandas(rows[table.names], pa.schema(fields), False), table.schema
        )

    def _create(self, table: Table) -> None:
        builder = (
            DeltaTable.createIfNotExists(self.spark)
            .location(self.path(table))
            .addColumns(table.schema)
            .partitionedBy(*table.partition)
            .comment(table.sentence)
        )
        for name, value in PROPERTIES.items():
            builder = builder.property(name, value)
        builder.execute()

    def write(
        self, table: Table, frame: DataFrame, units: Iterable[date] | None, notes: dict[str, Any], where: str = ""
    ) -> int:
        """Replace the rows of `units` (all of them where None) by `frame`, in one commit; its version.

        What an earlier run wrote and did not get approved is put back first. Readers of the lake see the new rows only
        after `approve`.
        """
        self.ready(table)
        writer = (
            frame.select(*table.names)
            .write.format("delta")
            .mode("overwrite")
            .option("userMetadata", json.dumps(notes, sort_keys=True, default=str))
        )
        if units is not None:
            writer = writer.option("replaceWhere", where or _among(table.unit, units))
        writer.save(self.path(table))
        return self._written(table)

    def add(self, table: Table, files: Sequence[Any], units: Iterable[date], notes: dict[str, Any]) -> int:
        """Replace the rows of `units` by those of Parquet files that lie in its folder, which was ready; the version.

        files: rows of datafiles.FILES.
        """
        jvm: Any = self.spark._jvm
        delta, scala = jvm.org.apache.spark.sql.delta, jvm.scala
        log = delta.DeltaLog.forTable(self.spark._jsparkSession, self.path(table))
        txn = log.startTransaction()
        mine = _among(table.unit, units)
        parsed = self.spark._jsparkSession.sessionState().sqlParser().parseExpression(mine)
        gone = txn.filterFiles(scala.jdk.javaapi.CollectionConverters.asScala([parsed]).toSeq(), False)
        now = int(time.time() * 1000)
        actions = [gone.apply(n).removeWithTimestamp(now, True) for n in range(gone.size())]
        for f in files:
            add = {
                "path": f.path,
                "partitionValues": {name: str(f[name]) for name in table.partition},
                "size": f.bytes,
                "modificationTime": now,
                "dataChange": True,
                "stats": json.dumps({"numRecords": f.rows}),
            }
            actions.append(delta.actions.Action.fromJson(json.dumps({"add": add})))
        some = scala.Option.apply
        how = delta.DeltaOperations.Write(
            jvm.org.apache.spark.sql.SaveMode.Overwrite,
            some(None),
            some(mine),
            some(json.dumps(notes, sort_keys=True, default=str)),
            *[some(None)] * 5,
        )
        txn.commit(scala.jdk.javaapi.CollectionConverters.asScala(actions).toSeq(), how)
        return self._written(table)

    def ready(self, table: Table) -> str:
        """The folder of a table that is there, without rows that were not approved."""
        if not self.exists(table):
            self._create(table)
        self.put_back(table)
        return self.path(table)

    def _written(self, table: Table) -> int:
        head = self.head(table)
        if head is None:
            raise SojournError("a commit left no trace in the log", where=self.path(table))
        return head.version

    def put_back(self, table: Table) -> None:
        """Restore the last approved version, if the newest rows are others."""
        head = self.head(table)
        approved = self.approved(table) or 0
        if table is VALIDATIONS or head is None or head.version <= approved:
            return
        notes = self._commit(table, approved).notes
        self.spark.conf.set(META, json.dumps(notes, sort_keys=True))
        try:
            DeltaTable.forPath(self.spark, self.path(table)).restoreToVersion(approved)
        finally:
            self.spark.conf.unset(META)
        restored = self.head(table)
        if restored is not None and approved:
            self.approve(self.spark.createDataFrame([], VALIDATIONS.schema), {table.name: restored.version})

    def approve(self, verdicts: DataFrame, versions: dict[str, int], tables: Iterable[str] = ()) -> None:
        """Record that these versions passed, and verdicts (rows of `validations`) with them, in one commit.

        The verdicts replace all those on `tables`; without tables they are added.
        """
        if not self.exists(VALIDATIONS):
            self._create(VALIDATIONS)
        notes = {"approved": versions}
        rows = verdicts.select(*VALIDATIONS.names).coalesce(1)  # one file a table
        writer = rows.write.format("delta").option("userMetadata", json.dumps(notes))
        if replaced := sorted(tables):
            writer = writer.option("replaceWhere", _among("table", replaced))
        writer.mode("overwrite" if replaced else "append").save(self.path(VALIDATIONS))
        self._approved |= versions


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
