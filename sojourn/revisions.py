"""The revisions of a published month: every time it was built, why, and how many of its figures changed.

When and of what is told by `runs`; the figures before by the table itself, whose versions are all kept (Table.trail).
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from schemas import BY_NAME, EVENTS
from sojourn import clock
from sojourn.lake import Lake, in_pandas
from sojourn.table import Table


@dataclass(frozen=True)
class Revision:
    """One time that a unit was built: 0 is the first; `changed` counts rows that came, went or have other figures."""

    number: int
    version: int
    at: datetime
    run: str
    why: list[str]
    rows: int | None  # None: its figures are not there any more
    changed: int | None


def revisions(lake: Lake, runs: pd.DataFrame, table: Table, unit: date) -> list[Revision]:
    """Of a unit of a table whose versions are kept; `runs` are the steps that are done, in order."""
    mine = runs[runs["table"] == table.name]
    mine = mine[[unit in clock.unspan(text or "") for text in mine["units"]]]
    out: list[Revision] = []
    before: Mapping[Any, Any] | None = None
    old: pd.DataFrame | None = None
    for step in mine.to_dict("records"):
        version, at = int(step["version_after"]), step["ended_at"]
        kept = lake.kept(table, version, pc.field(table.unit) == pa.scalar(unit))
        rows = None if kept is None else in_pandas(kept)
        why = ["first release"] if before is None else list(_why(runs, before, step))
        changed = None if rows is None or old is None else _changed(table, old, rows)
        out.append(Revision(len(out), version, at, step["run"], why, None if rows is None else len(rows), changed))
        before, old = step, rows
    return out


def _changed(table: Table, before: pd.DataFrame, after: pd.DataFrame) -> int:
    other = pd.concat([before, after]).drop_duplicates(keep=False)
    return len(other[list(table.key)].drop_duplicates())


def _why(runs: pd.DataFrame, before: Mapping[Any, Any], after: Mapping[Any, Any]) -> Iterator[str]:
    """What differs between two steps: parameters, configuration, code, and what came to their sources meanwhile."""
    for name, words in (("params", "parameters"), ("conf", "configuration"), ("code", "code")):
        if before[name] and before[name] != after[name]:  # an older release wrote no parameters down
            yield f"other {words}"
    old, new = (json.loads(step["sources"]) for step in (before, after))
    for name in (n for n in new if n in BY_NAME and new[n] != old.get(n)):
        yield f"{name} {old.get(name)} → {new[name]}"
    between = (runs["ended_at"] > before["ended_at"]) & (runs["ended_at"] <= after["ended_at"])
    landed = runs[between & (runs["table"] == EVENTS.name)]
    days = {d for step in landed.itertuples() for d in clock.days(step.landed_from, step.landed_to)}
    if days:
        yield f"landing days {clock.spans(days)} taken in"


def lines(found: list[Revision]) -> Iterator[str]:
    """A line each."""
    for r in found:
        figures = "figures not kept" if r.rows is None else f"{r.rows:,} rows"
        figures += "" if r.changed is None else f", {r.changed:,} changed"
        at = f"{r.at:%Y-%m-%d %H:%M} UTC"
        yield f"  {r.number}  version {r.version}  {at}  {figures}  run {r.run}: {'; '.join(r.why)}"
