"""What the log of a Delta table tells: its versions, who approved them, what they were made of, what has changed.

The Delta log is the only state. Every commit of ours says in its user metadata which versions of its sources it has
consumed; a commit of `validations` says which version of a table passed its checks. So what is dirty, what is unchecked
and what is left to do can be told after a crash at any point, by any process.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

from pyspark.sql import SparkSession

from schemas import BY_NAME, VALIDATIONS
from sojourn.errors import SojournError
from sojourn.table import Table

TAKEN = ("DELETE", "MERGE")  # expiry and forgetting: rows are gone for good, and nothing is built of that
UPKEEP = (
    *("OPTIMIZE", "VACUUM START", "VACUUM END", "SET TBLPROPERTIES", "UNSET TBLPROPERTIES"),
    *("ADD COLUMNS", "CHANGE COLUMN"),  # which old rows have null in, or may
)
RENAMED = "rekeyed"  # a note of a commit after which rows bear other pseudonyms, and are the same otherwise


class DamagedError(SojournError):
    """A file of a table's log cannot be read."""


@dataclass(frozen=True)
class Commit:
    """One commit of a table's log: its version, operation and what we wrote beside it."""

    version: int
    operation: str
    notes: dict[str, Any] = field(default_factory=dict)


@contextmanager
def allowed(path: str) -> Iterator[None]:
    """What is looked at within: where this user may not, one line says so. The tiers may have other readers."""
    try:
        yield
    except PermissionError:
        hint = "docs/operations.md, who may read what"
        raise SojournError("this user may not read it", where=path, hint=hint) from None


class Log:
    """The logs of the tables under one root, a path or a URI that Hadoop knows."""

    def __init__(self, spark: SparkSession | Callable[[], SparkSession] | None, root: str) -> None:
        self._spark, self.root = spark, root
        self._approved: dict[str, int] = {}
        self.anew: set[str] = set()  # tables that this process builds anew: to it they are not there yet
        self._commits: dict[tuple[str, int], Commit] = {}  # a commit never changes

    @property
    def spark(self) -> SparkSession:
        """The session, which a look at a local lake does without; where it is not yet there, it is started."""
        if self._spark is None:
            raise SojournError("needs Spark, which was not started", where=self.root)
        if not isinstance(self._spark, SparkSession):
            self._spark = self._spark()
        return self._spark

    @cached_property
    def _java(self) -> tuple[Any, Any]:
        """Classes of Java, looked up once: py4j asks the class loader for every part of a dotted name."""
        jvm: Any = self.spark._jvm
        return jvm.org.apache.hadoop.fs.Path, jvm.org.apache.commons.io.IOUtils

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
        where = self._java[0](path)
        return where.getFileSystem(self.spark._jsparkSession.sessionState().newHadoopConf()), where

    def _text(self, path: str) -> str | None:
        if self.local:
            with allowed(path):
                return Path(path).read_text("utf-8") if Path(path).exists() else None
        fs, where = self._fs(path)
        if not fs.exists(where):
            return None
        stream = fs.open(where)
        try:
            return str(self._java[1].toString(stream, "UTF-8"))
        finally:
            stream.close()

    def _put_text(self, path: str, text: str) -> None:
        """A new file, whole or not at all where the lake is local."""
        if self.local:
            Path(path).parent.mkdir(parents=True, exist_ok=True)
            draft = Path(f"{path}.draft")
            draft.write_text(text, "utf-8")
            draft.replace(path)
            return
        fs, where = self._fs(path)
        self._fill(fs.create(where, True), text)

    @staticmethod
    def _fill(stream: Any, text: str) -> None:
        try:
            stream.write(bytearray(text.encode()))
        finally:
            stream.close()

    def _names(self, path: str) -> list[str]:
        """What lies in a folder; nothing where there is none."""
        if self.local:
            with allowed(path):
                return [p.name for p in Path(path).iterdir()] if Path(path).exists() else []
        fs, where = self._fs(path)
        return [s.getPath().getName() for s in fs.listStatus(where)] if fs.exists(where) else []

    def facts(self) -> dict[str, Any]:
        """What the lake remembers of itself (stamp.py); nothing where it is new."""
        found: dict[str, Any] = json.loads(self._text(f"{self.root}/_sojourn.json") or "{}")
        return found

    def remember(self, facts: dict[str, Any]) -> None:
        """Remember these facts in place of those before."""
        self._put_text(f"{self.root}/_sojourn.json", json.dumps(facts, sort_keys=True))

    # -- commits -----------------------------------------------------------------------------------------------------

    def exists(self, table: Table) -> bool:
        """Whether the table has been created."""
        return bool(self._names(f"{self.path(table)}/_delta_log"))

    def _versions(self, table: Table) -> list[int]:
        """Versions whose commit file is still there, newest first."""
        names = self._names(f"{self.path(table)}/_delta_log")
        return sorted(
            (int(n[:20]) for n in names if n.endswith(".json") and n[:20].isdigit() and len(n) == 25), reverse=True
        )

    def _actions(self, table: Table, version: int) -> Iterator[dict[str, Any]]:
        path = self._commit_file(table, version)
        text = self._text(path)
        try:
            actions = [json.loads(line) for line in (text or "").splitlines() if line.strip()]
        except json.JSONDecodeError:
            actions = []
        if text is not None and not actions:  # a commit of ours or of others says at least what it is
            mend = "restore it from a copy, or remove the table's folder and run the days it should hold"
            if version == self._versions(table)[0]:
                mend = f"sojourn recover {table.name}, then run the night again"
            raise DamagedError("this commit is damaged", where=path, hint=mend)
        yield from actions

    def _commit_file(self, table: Table, version: int) -> str:
        return f"{self.path(table)}/_delta_log/{version:020}.json"

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

    def settled(self, table: Table, version: int) -> int:
        """The newest version with the rows of this one: VACUUM after OPTIMIZE takes the files of those before."""
        for later in reversed([v for v in self._versions(table) if v > version]):
            if self._commit(table, later).operation not in UPKEEP:
                break
            version = later
        return version

    def approved(self, table: Table) -> int | None:
        """The newest version of a table that passed its checks; None where there is none.

        A commit of approvals counts where all that it approves is still there: of tables written together, one whose
        newest commit has been lost takes the others back with it. Where the log of `validations` has been cleaned up
        to before the table's last check, its head counts: what failed then has been put back. A table that is being
        built anew has none until it is.
        """
        return None if table.name in self.anew else self._passed(table)

    def _passed(self, table: Table) -> int | None:
        if table.name not in self._approved:
            head = self.head(table)
            if head is None or not table.judged:  # as verdicts themselves are not
                return head.version if head else None
            versions = self._versions(VALIDATIONS)
            for version in versions:
                found = self._commit(VALIDATIONS, version).notes.get("approved", {})
                if table.name in found and all(self._reaches(BY_NAME[name], v) for name, v in found.items()):
                    self._approved[table.name] = found[table.name]
                    return int(found[table.name])
            if not versions or versions[-1] == 0:
                return None
            self._approved[table.name] = head.version
        return self._approved[table.name]

    def _reaches(self, table: Table, version: int) -> bool:
        head = self.head(table)
        return head is not None and head.version >= version

    def consumed(self, table: Table) -> dict[str, Any]:
        """What the approved version of a table says of its making: {source: version} and other notes."""
        version = self.approved(table)
        return {} if version is None else self._commit(table, version).notes

    def added(self, table: Table, version: int) -> tuple[int | None, set[str]]:
        """How many rows a commit added, where its statistics say so, and which units it touched."""
        rows: int | None = 0
        units: set[str] = set()
        for action in self._actions(table, version):
            change = action.get("add") or action.get("remove")
            if change and table.unit:
                units.add(change["partitionValues"][table.unit])
            if "add" in action and rows is not None:
                known = json.loads(action["add"].get("stats") or "{}").get("numRecords")
                rows = None if known is None else rows + known
        return rows, units

    def expired(self, table: Table) -> bool:
        """Whether the log knows of rows that have expired."""
        return any("expired" in self._commit(table, version).notes for version in self._versions(table))

    def dirty(self, table: Table, since: int | None, column: str = "date") -> set[date] | None:
        """Values of a partition column whose rows changed after version `since`, up to the approved one.

        None: all of them (nothing consumed yet, or the log no longer reaches back).
        """
        changes = self._changes(table, since)
        return None if changes is None else {date.fromisoformat(values[column]) for values, _ in changes}

    def grown(self, table: Table, since: int | None, column: str, part: str) -> dict[date, set[date]]:
        """Values of a partition column that only got more rows after version `since`, and in which of its parts.

        Where the log does not reach back, none. A part that was there before is written anew, so it does not count.
        """
        out: dict[date, set[date | None]] = {}
        for values, is_new in self._changes(table, since) or []:
            parts = out.setdefault(date.fromisoformat(values[column]), set())
            parts.add(date.fromisoformat(values[part]) if is_new else None)
        return {unit: {p for p in parts if p} for unit, parts in out.items() if None not in parts}

    def _changes(self, table: Table, since: int | None) -> list[tuple[dict[str, str], bool]] | None:
        """The partitions of files that came or went after version `since`, up to the approved one; and which it is."""
        upto = self.approved(table)
        if upto is None or since == upto:
            return []
        versions = self._versions(table)
        if since is None or since + 1 not in versions:
            return None
        out = []
        for version in (v for v in versions if since < v <= upto):
            commit = self._commit(table, version)
            if commit.operation in TAKEN or RENAMED in commit.notes:
                continue
            for action in self._actions(table, version):
                change = action.get("add") or action.get("remove")
                if change and change.get("dataChange", True):
                    out.append((change["partitionValues"], "add" in action))
        return out
