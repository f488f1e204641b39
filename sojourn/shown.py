"""How a status is shown: on a screen, as JSON, and to Prometheus."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime

from rich.console import Group, RenderableType
from rich.filesize import decimal
from rich.table import Table as Screen
from rich.text import Text

from sojourn.status import Run, Status

Gauge = tuple[str, str, Sequence[tuple[str, float]]]  # name, meaning, and each value with its labels


def as_json(s: Status) -> str:
    """All of it, for programs; instants and days in ISO 8601."""
    return json.dumps({"well": s.well, **asdict(s)}, indent=2, ensure_ascii=False, default=_iso)


def _iso(value: date | datetime) -> str:
    return value.isoformat(timespec="seconds") if isinstance(value, datetime) else value.isoformat()


def screen(s: Status) -> RenderableType:
    """One screen: what was done last, what came, how each table stands, and what to do."""
    facts = Screen.grid(padding=(0, 2))
    for name, value in _facts(s):
        facts.add_row(Text(name, "bold"), Text(value))
    if not s.tables:
        return facts
    tables = Screen("table", "newest", "behind", box=None, padding=(0, 2, 0, 0))
    for name in ("rows", "files", "size"):
        tables.add_column(name, justify="right")
    for h in s.tables:
        rows = "" if h.rows is None else f"{h.rows:,}"
        behind = Text(h.behind, "red")
        tables.add_row(h.table, str(h.newest or ""), behind, rows, f"{h.files:,}", decimal(h.bytes))
    return Group(facts, Text(), tables)


def _facts(s: Status) -> Iterable[tuple[str, str]]:
    yield "lake", s.lake
    yield "last run", _of_run(s.run) if s.run else "none on record"
    if s.landed:
        x, n = s.landed, sum(s.landed.rejected.values())
        yield "landed", f"{x.day}: {x.read:,} records in {x.files:,} files, {x.accepted:,} accepted"
        why = ", ".join(f"{count:,} {reason}" for reason, count in x.rejected.items())
        yield "rejected", f"{n:,}: {why}" if n else "none"
        yield "weight", f"{decimal(sum(h.bytes for h in s.tables))} in {sum(h.files for h in s.tables):,} files"
    for n, what in enumerate(s.unusual):
        yield "" if n else "unusual", what
    for n, todo in enumerate(s.todo):
        yield "" if n else "to do", ("! " if todo.alarm else "") + todo.what
    if not s.todo:
        yield "to do", "nothing"


def _of_run(run: Run) -> str:
    days = f"{run.landed_from} to {run.landed_to}" if run.landed_from != run.landed_to else str(run.landed_from or "")
    how = f"FAILED in {run.table or 'no table'} with exit code {run.exit_code}" if run.failed else "well"
    return f"{run.command} {days}, {run.started_at:%Y-%m-%d %H:%M} to {run.ended_at:%H:%M} UTC: {how} ({run.run})"


def prometheus(s: Status) -> str:
    """The text format of Prometheus, for the textfile collector of node_exporter.

    Rows of tables are left out: of a restricted one they may be a count of devices, and monitoring is read by many.
    """
    out = []
    for name, meaning, values in _gauges(s):
        if values:
            out += [f"# HELP sojourn_{name} {meaning}", f"# TYPE sojourn_{name} gauge"]
            out += [f"sojourn_{name}{labels} {float(value):.15g}" for labels, value in values]
    return "\n".join(out) + "\n"


def _gauges(s: Status) -> Iterable[Gauge]:
    run, landed = s.run, s.landed
    yield "well", "1: nobody needs to look today.", [("", s.well)]
    yield "status_timestamp_seconds", "When this was looked at.", [("", s.at.timestamp())]
    if run:
        yield "last_run_start_timestamp_seconds", "When the last run began.", [("", run.started_at.timestamp())]
        yield "last_run_end_timestamp_seconds", "When the last run was over.", [("", run.ended_at.timestamp())]
        yield "last_run_exit_code", "As the command line ended; 0: well.", [("", run.exit_code)]
    if landed:
        day = _day(landed.day)
        yield "landing_day_timestamp_seconds", "Newest landing day taken in, its midnight in UTC.", [("", day)]
        yield "files", "Landing files of the newest landing day.", [("", landed.files)]
        yield "rows_read", "Records of the newest landing day.", [("", landed.read)]
        yield "rows_accepted", "Records of it that are in events.", [("", landed.accepted)]
        reasons = [(_label("reason", reason), n) for reason, n in landed.rejected.items()]
        yield "rows_rejected", "Records of it that were not taken, by reason.", reasons
    yield "unusual", "Findings that are no alarm.", [("", len(s.unusual))]
    of = [(_label("table", h.table), h) for h in s.tables]
    newest = [(label, _day(h.newest)) for label, h in of if h.newest]
    yield "table_newest_unit_timestamp_seconds", "Newest landing day, date or month, its midnight in UTC.", newest
    yield "table_behind", "1: its sources have what it has not taken in.", [(label, bool(h.behind)) for label, h in of]
    yield "table_files", "Files of the newest version.", [(label, h.files) for label, h in of]
    yield "table_bytes", "Bytes of these files.", [(label, h.bytes) for label, h in of]


def _label(name: str, value: str) -> str:
    escaped = value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
    return f'{{{name}="{escaped}"}}'


def _day(day: date) -> float:
    return datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()
