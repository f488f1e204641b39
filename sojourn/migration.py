"""Tables whose columns are those of another release, and tables that are to be built anew.

Columns that may be null are added in place, by whatever command comes next: that costs nothing and loses nothing. All
else (another partition, a column that must have a value) is built anew from the sources of the table, which may take
long and ask for rows that have expired: so an operator says when, by `sojourn migrate`.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from pyspark.sql.types import StructType

import jobs
from schemas import BY_NAME, TABLES
from sojourn import clock
from sojourn.errors import ConfigError
from sojourn.lake import Lake
from sojourn.table import Table

if TYPE_CHECKING:
    from sojourn.night import Night

TAKE_IN = ("cells", "subscribers", "events")  # made of landing files, which may be gone
COLUMNS = "columns"  # of which release, among the facts of a lake


@dataclass(frozen=True)
class Change:
    """What a table takes to have the columns of this release: some added, some let be null; or why it is made anew."""

    table: Table
    added: tuple[str, ...] = ()
    loosened: tuple[str, ...] = ()
    anew: str = ""

    @property
    def told(self) -> str:
        """In words."""
        parts = [f"gets {', '.join(self.added)}"] if self.added else []
        parts += [f"{', '.join(self.loosened)} may be null"] if self.loosened else []
        return f"is built anew: {self.anew}" if self.anew else "; ".join(parts) or "keeps all its versions"


def changes(lake: Lake) -> list[Change]:
    """Of all tables that are there; nothing is written.

    Raises:
        ConfigError: a table has columns that this release does not know.
    """
    known = lake.facts().get(COLUMNS)
    found = [compared(t, *lake.stored(t)) for t in TABLES if lake.exists(t)]
    # a lake that remembers no release may be of one that let the versions of published months go
    return [c for c in found if c.added or c.loosened or c.anew or (c.table.trail and known is None)]


def compared(table: Table, stored: StructType, partition: Sequence[str]) -> Change:
    """See `changes`."""
    there = {f.name: f for f in stored.fields}
    if unknown := [name for name in there if name not in table.names]:
        what = f"has columns that this release does not know: {', '.join(unknown)}"
        raise ConfigError(what, where=table.name, hint="use the newer release that has written them")
    missing = [c for c in table.columns if c.name not in there]
    others = [c for c in table.columns if c.name in there and there[c.name].dataType != c.field().dataType]
    required = [c.name for c in missing if not c.null]
    if tuple(partition) != table.partition:
        why = f"partitioned by {', '.join(partition) or 'nothing'}, not {', '.join(table.partition)}"
    elif required or others:
        why = f"{', '.join([*required, *(c.name for c in others)])} cannot be filled"
    else:
        loosened = tuple(c.name for c in table.columns if c.null and c.name in there and not there[c.name].nullable)
        return Change(table, tuple(c.name for c in missing), loosened)
    return Change(table, anew=why)


def release() -> str:
    """A fingerprint of all columns: the same for releases between which nothing has to be migrated."""
    told = [(t.name, t.partition, [(c.name, c.type, c.null) for c in t.columns]) for t in TABLES]
    return hashlib.sha256(repr(told).encode()).hexdigest()[:16]


def settle(lake: Lake) -> None:
    """Add what can be added in place, and remember of which release the columns are.

    Raises:
        ConfigError: a table must be built anew.
    """
    known = lake.facts()
    if known.get(COLUMNS) == release():
        return
    found = changes(lake)
    if anew := [c.table.name for c in found if c.anew]:
        what = f"{', '.join(anew)} of another release must be built anew"
        raise ConfigError(what, where=lake.root, hint="sojourn migrate; with --dry-run it says what it would do")
    for change in found:
        lake.alter(change.table, change.added, change.loosened)
    lake.remember(known | {COLUMNS: release()})


@dataclass(frozen=True)
class Plan:
    """What a migration does: changes that the release asks for, and tables built anew, for whatever reason."""

    changes: list[Change]
    anew: set[str]


def planned(night: "Night", named: Sequence[str] = ()) -> Plan:
    """What this release needs, and these tables anew besides; nothing is written.

    Raises:
        ConfigError: one of them cannot be built anew.
    """
    found, there = changes(night.lake), {n for n in named if night.lake.exists(BY_NAME[n])}
    plan = Plan(found, there | {c.table.name for c in found if c.anew})
    _refuse(night, plan.anew)
    return plan


def migrate(night: "Night", plan: Plan) -> Iterator[tuple[str, str]]:
    """Do it, and build what is made of the tables that are anew; each table that was built, and what of it."""
    lake = night.lake
    for change in plan.changes:
        if not change.anew:
            lake.alter(change.table, change.added, change.loosened)
    told = {n: lake.consumed(BY_NAME[n]).get("provisional", []) for n in plan.anew}
    lake.anew |= plan.anew
    for name in (n for n in night.steps if n not in TAKE_IN):
        done = night.build(name, [date.fromisoformat(m) for m in told.get(name, [])])
        if name in lake.anew:  # nothing is due of it
            lake.note(BY_NAME[name], {})
        if done:
            yield name, done[0]
    lake.remember(lake.facts() | {COLUMNS: release()})


def _refuse(night: "Night", anew: set[str]) -> None:
    makers: Mapping[str, Any] = {job.WRITES.name: job for job in jobs.JOBS}
    for name in sorted(anew):
        if name in TAKE_IN or name not in makers:
            what = "is made of landing files" if name in {*TAKE_IN, "rejects", "batches"} else "tells of what has been"
            hint = "leave it as it is (or use the release before); docs/change.md says what can be done"
            raise ConfigError(f"cannot be built anew: it {what}", where=name, hint=hint)
        for source in makers[name].READS:
            if source.name not in anew and _gone(night, source):
                what = f"cannot be built anew: the oldest rows of {source.name} have expired"
                hint = "leave it as it is (or use the release before); another lake begins with what is there"
                raise ConfigError(what, where=name, hint=hint)


def _gone(night: "Night", table: Table) -> bool:
    """Whether rows of it have expired since the lake began."""
    lake, first = night.lake, night.first()
    if not table.age or first is None or not lake.exists(table):
        return False
    begun = clock.month_of(first) if table.age == "month" else first
    policy = table.name in night.conf.retention_days or lake.expired(table)
    return policy and min(lake.units(table, table.age), default=begun) > begun
