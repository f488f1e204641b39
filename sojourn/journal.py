"""What a run does, step by step, and how each step ended: the rows of `runs`.

The Delta logs are the only state, and nothing is decided by what stands here. But logs are cleaned after weeks, and say
neither what was tried in vain nor by which code: with `runs` a figure can be traced as long as they are kept.
"""

import hashlib
import json
import logging
import os
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, date, datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from itertools import chain
from typing import Any

import pandas as pd
import pyarrow.compute as pc

from schemas import RUNS
from sojourn import clock, logs
from sojourn.errors import SojournError
from sojourn.lake import Lake, at_hand, in_pandas
from sojourn.steps import Done
from sojourn.table import Table

log = logging.getLogger(__name__)
PACKAGES = ("expectations", "jobs", "schemas", "sojourn")


def _name() -> str:
    """Of a run: a scheduler's, whose tasks are one run, or one that sorts by time."""
    return os.environ.get("SOJOURN_RUN") or f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"


@dataclass
class Journal:
    """The steps of one run on one lake, `conf` being the fingerprint of its configuration."""

    lake: Lake
    conf: str
    command: str = "run"
    params: Mapping[str, Any] = field(default_factory=dict)  # of tables
    run: str = field(default_factory=_name)
    _rows: list[dict[str, Any]] = field(default_factory=list, init=False, repr=False)
    _noted: BaseException | None = field(default=None, init=False, repr=False)

    @contextmanager
    def kept(self, command: str, table: Table | None = None) -> Iterator[None]:
        """Write down what was done when all is over, well or not; the first error is the one that is raised.

        table: what was asked for, if it is one table.
        """
        self.command, began = command, _now()
        logs.PLACE["run"] = self.run
        try:
            yield
        except BaseException as error:
            try:
                if error is not self._noted:
                    self._note(table, [], began, **_failed(error))
                self.write()
            except Exception as second:
                log.warning("runs: this run could not be written down (%s)", type(second).__name__)
            raise
        self.write()

    def step(self, tables: Sequence[Table], days: Sequence[date], build: Callable[[], Done]) -> Done:
        """Take a step that writes these tables, the first being the one it is named after, and note what came of it."""
        before = {t: (self.lake.approved(t), self.lake.consumed(t)) for t in tables}
        name, began = tables[0].name, _now()
        logs.PLACE |= {"table": name, "days": clock.spans(days)}
        try:
            done = build()
        except BaseException as error:
            self._noted = error
            for table in tables:
                self._note(table, days, began, version_before=before[table][0], **_failed(error))
            raise
        for table in tables:
            self._note(table, days, began, version_before=before[table][0], **self._done(table, done, before[table][1]))
        log.log(logging.INFO if done and done[1] else logging.DEBUG, "%s: %s", name, done[0] if done else "nothing due")
        return done

    def _done(self, table: Table, done: Done, notes: dict[str, Any]) -> dict[str, Any]:
        after = self.lake.approved(table)
        if done is None or after is None:
            return {"outcome": "nothing due", "version_after": after}
        rows, units = self.lake.added(table, after)
        return {
            "outcome": "done",
            "version_after": after,
            "n_units": done[1],
            "units": clock.spans(map(date.fromisoformat, units)) or None,
            "rows": rows,
            "sources": json.dumps(_sources(self.lake.consumed(table), notes), sort_keys=True),
        }

    def _note(self, table: Table | None, days: Sequence[date], began: datetime, **found: Any) -> None:
        row = {
            "month": clock.month_of(began.date()),
            "run": self.run,
            "command": self.command,
            "landed_from": min(days, default=None),
            "landed_to": max(days, default=None),
            "table": table and table.name,
            "started_at": began,
            "ended_at": _now(),
            "n_units": 0,
            "sources": "{}",
            "sojourn": release_name(),
            "code": code(),
            "conf": self.conf,
            "params": self._params(table),
        }
        self._rows.append(row | found)

    def _params(self, table: Table | None) -> str | None:
        params = None if table is None else self.params.get(table.name)
        return json.dumps(asdict(params), sort_keys=True) if params is not None and fields(params) else None

    def write(self) -> None:
        """Put what was noted since the last time into `runs`: one commit, and one file a month however many runs."""
        if not self._rows:
            return
        new = pd.DataFrame(self._rows, columns=RUNS.names, dtype=object)
        months = sorted(set(new["month"]))
        before = in_pandas(self.lake.rows(RUNS, pc.field("month").isin(months)))
        rows = pd.concat([before.astype(object), new]) if len(before) else new
        self.lake.write(RUNS, at_hand(RUNS, rows), months, {})
        self._rows.clear()


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)


def _failed(error: BaseException) -> dict[str, Any]:
    """How it failed: never with its message, which may hold a value of a row."""
    exit_code = error.exit_code if isinstance(error, SojournError) else 1
    return {"outcome": "failed", "exit_code": exit_code, "error": type(error).__name__}


def _sources(notes: dict[str, Any], before: dict[str, Any]) -> dict[str, Any]:
    """What a commit says it was made of; of a register the files that were new, with bytes and time of change."""
    if "consumed" in notes:
        return dict(notes["consumed"])
    if "seen" in notes:
        known = before.get("seen", {})
        return {"files": {name: told for name, told in notes["seen"].items() if known.get(name) != told}}
    return notes


def release_name() -> str:
    """The version of sojourn."""
    try:
        return version("sojourn")
    except PackageNotFoundError:  # a zip of the packages alone: the code is told apart by its own fingerprint
        return "unknown"


@cache
def code() -> str:
    """SHA-256 of our packages, from where they are imported."""
    ours: Any = files("sojourn")
    return digest(ours.parent)


def digest(root: Any) -> str:
    """SHA-256 of the packages below a root: a folder or the inside of a zip."""
    found = chain.from_iterable(_files(root / package) for package in PACKAGES)
    sha256 = hashlib.sha256()
    for name, file in sorted(found, key=lambda pair: pair[0]):
        sha256.update(f"{name}\0".encode() + file.read_bytes() + b"\0")
    return sha256.hexdigest()


def _files(folder: Any, above: str = "") -> Iterator[tuple[str, Any]]:
    for entry in folder.iterdir():
        name = f"{above}{folder.name}/{entry.name}"
        if entry.is_dir():
            yield from _files(entry, f"{above}{folder.name}/")
        elif name.endswith((".py", ".csv")):
            yield name, entry
