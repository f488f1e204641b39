"""From a table back to the files it was made of: which run built it, out of which versions, out of which files.

The chain is that of `runs`. A step notes the versions it consumed, not which of their rows: so the files are those that
could have counted, and they are exact where a unit was made of the landing days that hold it and of nothing else.
"""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

import pandas as pd

from schemas import BATCHES, BY_NAME, COUNTRY_RUNS, EVENTS, PRESENCE, REJECTS, RUNS
from sojourn import clock
from sojourn.errors import ConfigError
from sojourn.lake import Lake, in_pandas
from sojourn.revisions import Revision, revisions
from sojourn.revisions import lines as revised
from sojourn.table import Table

OF_EVENTS = (PRESENCE, COUNTRY_RUNS)  # a date of them is made of the events of that date
OF_LANDING = (EVENTS, REJECTS, BATCHES)
RUN = ("run", "started_at", "ended_at", "sojourn", "code", "conf", "params")
FILE = ["batch", "source", "file", "bytes", "sha256", "rows_accepted", "ingested_at"]


@dataclass(frozen=True)
class Made:
    """A version of a table, the run that wrote it (None: none on record), and what of."""

    table: str
    version: int
    run: dict[str, Any] | None
    inputs: dict[str, Any] = field(default_factory=dict)
    sources: list["Made"] = field(default_factory=list)


@dataclass(frozen=True)
class Trace:
    """The chain of a table or one unit of it, and its landing files: exactly these, or all that could have counted."""

    made: Made
    unit: date | None
    exact: bool
    files: pd.DataFrame
    revisions: list[Revision] = field(default_factory=list)


def trace(lake: Lake, name: str, unit: date | None) -> Trace:
    """Where the approved rows of a table, or of one of its units, come from.

    Raises:
        ConfigError: there are none, or it is a table that tells of the others.
    """
    table = BY_NAME[name]
    version = lake.approved(table)
    if not table.judged:
        raise ConfigError("is made of no files: it tells of the other tables", where=name)
    if version is None or (unit and (not table.unit or unit not in lake.units(table))):
        what = f"has no rows of {table.unit} {unit}" if unit and table.unit else "is not built, or has no units"
        raise ConfigError(what, where=name, hint="sojourn status shows what is there")
    runs = in_pandas(lake.rows(RUNS))
    runs = runs[runs["outcome"] == "done"].sort_values("started_at", kind="stable")
    runs = runs.reindex(columns=RUNS.names).astype(object)  # those of another release may lack some
    runs = runs.where(runs.notna(), None)
    made = _made(runs, table, version, unit)
    exact = unit is not None and table in (*OF_EVENTS, *OF_LANDING)
    found = revisions(lake, runs, table, unit) if unit is not None and table.trail else []
    return Trace(made, unit, exact, _files(lake, runs, made, unit if exact else None), found)


def _made(runs: pd.DataFrame, table: Table, version: int, unit: date | None) -> Made:
    some = runs[(runs["table"] == table.name) & (runs["version_after"] <= version)]
    if unit is not None:
        some = some[[unit in clock.unspan(text or "") for text in some["units"]]]
    if some.empty:
        return Made(table.name, version, None)
    row = some.iloc[-1].to_dict()
    told = json.loads(row["sources"])
    of = {BY_NAME[name]: v for name, v in told.items() if name in BY_NAME and v is not None}
    return Made(
        table.name,
        int(row["version_after"]),
        {name: row[name] for name in RUN},
        _inputs(some),
        [_made(runs, source, v, None) for source, v in of.items()],
    )


def _inputs(steps: pd.DataFrame) -> dict[str, Any]:
    """What the last of these steps was made of besides tables; of a register all files, step by step."""
    told = [json.loads(text) for text in steps["sources"]]
    inputs = {name: value for name, value in told[-1].items() if name not in BY_NAME}
    if "files" in inputs:
        inputs["files"] = {name: facts for step in told for name, facts in step.get("files", {}).items()}
    return inputs


def _files(lake: Lake, runs: pd.DataFrame, made: Made, unit: date | None) -> pd.DataFrame:
    """The landing files of a unit that is made of its own landing days, or of all days up to the run (None)."""
    rows = in_pandas(lake.rows(BATCHES)).dropna(subset="file").sort_values(FILE[:3])[FILE]
    landed = next((m for m in _chain(made) if BY_NAME[m.table] in OF_LANDING), None)
    if landed is None:
        return rows[:0]
    if unit is not None:
        days = {unit} if BY_NAME[made.table] in OF_LANDING else lake.units(EVENTS, "batch", date=unit)
        return rows[rows["batch"].isin(days)]
    steps = runs[(runs["table"] == landed.table) & (runs["version_after"] <= landed.version)]
    return rows[rows["batch"] <= max(steps["landed_to"].dropna(), default=date.max)]


def _chain(made: Made) -> Iterator[Made]:
    yield made
    for source in made.sources:
        yield from _chain(source)


def plain(t: Trace) -> dict[str, Any]:
    """All of it, for programs."""
    files, trail = t.files.to_dict("records"), [asdict(r) for r in t.revisions]
    return {"made": asdict(t.made), "unit": t.unit, "exact": t.exact, "files": files, "revisions": trail}


def lines(t: Trace) -> Iterator[str]:
    """The chain, each step below what was made of it, and the landing files: a line for each, however long."""
    yield from _lines(t.made, f" {t.unit}" if t.unit else "", "", set())
    if t.revisions:
        yield ""
        yield f"revisions of {t.unit}, whose figures are those of these versions:"
        yield from revised(t.revisions)
    if len(t.files):
        yield ""
        yield (
            "landing files of the days that it is made of:" if t.exact else "landing files of all days up to that run:"
        )
    for f in t.files.itertuples():
        yield f"  {f.batch}  {f.sha256}  {f.source}  {f.file}  {f.bytes:,} bytes, {f.rows_accepted:,} records accepted"


def _lines(made: Made, unit: str, indent: str, seen: set[tuple[str, int]]) -> Iterator[str]:
    what = f"{indent}{made.table}{unit} version {made.version}"
    if (made.table, made.version) in seen:
        yield f"{what}, as above"
        return
    seen.add((made.table, made.version))
    run = made.run
    params = f" {run['params']}" if run and run["params"] else ""
    yield f"{what}: " + (
        f"run {run['run']}, {run['started_at']:%Y-%m-%d %H:%M} UTC, "
        f"sojourn {run['sojourn']} code {run['code'][:12]} conf {run['conf'][:12]}{params}"
        if run
        else "built by no run on record"
    )
    for name, value in made.inputs.items():
        told = (
            (f"{file}  {size:,} bytes" for file, (size, _) in value.items())
            if name == "files"
            else [f"{name}: {value}"]
        )
        yield from (f"{indent}  {line}" for line in told)
    for source in made.sources:
        yield from _lines(source, "", f"{indent}  ", seen)
