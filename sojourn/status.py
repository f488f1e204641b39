"""How a lake is: what `sojourn status` says. Told by the lake alone; where it is a path, without Spark.

It says what others have found: the runs, the verdicts of the checks, the page on quality. Nothing is judged here but
whether a landing day is overdue, whether a share is far from those of the days before, and what a table has not seen.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pandas as pd
import pyarrow.compute as pc

import jobs
from schemas import BATCHES, BY_NAME, NIGHT_QUALITY, PRESENCE, REJECTS, RUNS, TABLES, VALIDATIONS
from sojourn import clock
from sojourn.check import ENOUGH, WINDOW
from sojourn.config import Config
from sojourn.lake import Lake, in_pandas
from sojourn.table import Table

MONTHLY = [job.WRITES for job in jobs.JOBS if job.EVERY == "month"]
SHARES = {"share_rejected": "records were rejected", "share_unplaced": "events could not be placed"}
FAR, SMALL = 2.0, 0.01  # a share is unusual at twice or half of those before, and a hundredth away from them
MEND = {
    1: "`sojourn doctor`, then the same command again; --debug shows more",
    2: "mend what its line said; `sojourn doctor` says it again",
}


@dataclass(frozen=True)
class Run:
    """The last run: how it ended, and where it failed if it did (None: outside of a table)."""

    run: str
    command: str
    landed_from: date | None
    landed_to: date | None
    started_at: datetime
    ended_at: datetime
    failed: bool
    table: str | None = None
    exit_code: int = 0


@dataclass(frozen=True)
class Landed:
    """What came with the newest landing day, and what became of it."""

    day: date
    files: int
    read: int
    accepted: int
    rejected: dict[str, int]


@dataclass(frozen=True)
class Held:
    """A table: its newest unit, what it has not taken in yet (nothing: it is fresh), and what it weighs."""

    table: str
    tier: str
    newest: date | None
    behind: str
    rows: int | None
    files: int
    bytes: int


@dataclass(frozen=True)
class Todo:
    """What to do, one line; an alarm is for today."""

    what: str
    alarm: bool


@dataclass(frozen=True)
class Status:
    """All of it."""

    lake: str
    at: datetime
    run: Run | None
    landed: Landed | None
    tables: list[Held]
    unusual: list[str]
    todo: list[Todo]

    @property
    def well(self) -> bool:
        """Whether nobody needs to look today."""
        return not any(t.alarm for t in self.todo)


def status(lake: Lake, conf: Config, now: datetime, late_after: int) -> Status:
    """How the lake is at an instant; a landing day is late so many hours after it was over."""
    newest = max(lake.units(BATCHES), default=None)
    run = _last_run(lake)
    if newest is None:
        first = Todo("nothing has landed yet: `sojourn doctor`, then `sojourn run --from DAY --to DAY`", True)
        return Status(conf.lake, now, run, None, [], [], [*_of_run(run), first])
    held = [_held(lake, conf, table, newest) for table in TABLES if lake.exists(table)]
    failed = _failed(lake, newest, run)
    grave = failed["severity"] == "critical"
    todo = [*_of_run(run), *_of_checks(failed[grave]), *_late(conf, newest, now, late_after), *_of_tables(lake, held)]
    unusual = [_told(some) for some in _by_check(failed[~grave])]
    unusual += [*_missed(lake, newest), *_far(lake, newest)]
    if unusual:
        todo.append(Todo("look at what is unusual: `rejects` by file and reason, Data Docs by table", False))
    return Status(conf.lake, now, run, _landed(lake, newest), held, unusual, todo)


def _last_run(lake: Lake) -> Run | None:
    months = sorted(lake.units(RUNS))[-2:]
    rows = in_pandas(lake.rows(RUNS, pc.field("month").isin(months))).sort_values("started_at", kind="stable")
    if rows.empty:
        return None
    last = rows[rows["run"] == rows["run"].iloc[-1]]
    ended = last.groupby("table").tail(1)  # of a table that failed and was built again the latter counts
    wrong = pd.concat([ended, last.tail(1)[lambda r: r["table"].isna()]])[lambda r: r["outcome"] == "failed"]
    days = last[["landed_from", "landed_to"]].dropna()
    return Run(
        run=last["run"].iloc[0],
        command=last["command"].iloc[0],
        landed_from=days["landed_from"].min() if len(days) else None,
        landed_to=days["landed_to"].max() if len(days) else None,
        started_at=last["started_at"].min().to_pydatetime().replace(tzinfo=UTC),
        ended_at=last["ended_at"].max().to_pydatetime().replace(tzinfo=UTC),
        failed=not wrong.empty,
        table=None if wrong.empty else wrong["table"].iloc[0],
        exit_code=0 if wrong.empty else int(wrong["exit_code"].iloc[0]),
    )


def _landed(lake: Lake, day: date) -> Landed:
    batches = in_pandas(lake.rows(BATCHES, pc.field("batch") == day))
    rejects = in_pandas(lake.rows(REJECTS, pc.field("batch") == day)).groupby("reason")["n"].sum()
    read, accepted = (int(batches[name].sum()) for name in ("rows_read", "rows_accepted"))
    reasons = {str(reason): int(n) for reason, n in rejects.sort_values(ascending=False).items()}
    return Landed(day, int(batches["file"].notna().sum()), read, accepted, reasons)


def _held(lake: Lake, conf: Config, table: Table, newest: date) -> Held:
    units = lake.units(table) if table.judged and table.unit else set()
    units = {u for u in units if u <= clock.later(newest, 1)}  # the page on quality has the days of registers, too
    behind = _behind(lake, conf, table, newest) if table.judged else ""
    return Held(table.name, table.tier, max(units, default=None), behind, *lake.weight(table))


def _behind(lake: Lake, conf: Config, table: Table, newest: date) -> str:
    """What of its sources a table has not taken in yet."""
    notes = lake.consumed(table)
    looked = date.fromisoformat(notes.get("newest", str(newest)))
    if table in MONTHLY:  # due when a month closes
        months = clock.months(min(lake.units(PRESENCE), default=newest), newest)
        closes = {m: clock.later(clock.last_day(m), conf.longest_late_days) for m in months}
        due = [f"{month:%Y-%m}" for month, closed in closes.items() if looked < closed <= newest]
        return f"{', '.join(due)} closed" if due else ""
    if looked < newest:
        return f"landing day {newest}"
    for name, since in notes.get("consumed", {}).items():
        if BY_NAME[name].unit in ("batch", "date") and lake.dirty(BY_NAME[name], since) != set():
            return f"{name} changed"
    return ""


def _failed(lake: Lake, newest: date, run: Run | None) -> pd.DataFrame:
    """Checks that failed: the critical ones that stand, and warnings of the last run or, where none is known, day."""
    verdicts = in_pandas(lake.rows(VALIDATIONS))
    new = verdicts["date"] >= newest if run is None else verdicts["at"] >= run.started_at.replace(tzinfo=None)
    counts = (verdicts["severity"] == "critical") | (new & (verdicts["severity"] == "warning"))
    return verdicts[counts & ~verdicts["success"].astype(bool)]


def _by_check(verdicts: pd.DataFrame) -> list[pd.DataFrame]:
    return [some for _, some in verdicts.groupby(["table", "expectation", "severity"])]


def _told(verdicts: pd.DataFrame) -> str:
    last = verdicts.sort_values("date").iloc[-1]
    seen = "" if pd.isna(last["observed"]) else f", {last['observed']:.4g}"
    return f"{last['table']} {clock.spans(verdicts['date'])}: not so ({last['severity']}{seen}): {last['expectation']}"


def _missed(lake: Lake, newest: date) -> Iterator[str]:
    """Feeds of which no file came, and one did on most of the landing days before."""
    since = clock.later(newest, -WINDOW)
    rows = in_pandas(lake.rows(BATCHES, (pc.field("batch") >= since) & (pc.field("batch") <= newest)))
    came = rows.dropna(subset="file").groupby("source")["batch"].agg(set)
    before = rows["batch"].nunique() - 1
    for source, days in came.items():
        if newest not in days and 2 * len(days) > before:
            yield f"{source} {newest}: no file came"


def _far(lake: Lake, newest: date) -> Iterator[str]:
    """Shares of the newest landing day that are far from those of the days before."""
    since = clock.later(newest, -2 * WINDOW)
    rows = in_pandas(lake.rows(NIGHT_QUALITY, (pc.field("date") >= since) & (pc.field("date") <= newest)))
    for table, some in rows.sort_values("date").groupby("table"):
        for name, words in SHARES.items():
            values = some.set_index("date")[name].dropna().astype(float)
            if newest not in values.index:
                continue
            now, before = values.iloc[-1], values.iloc[:-1].tail(WINDOW)
            usual = before.median()  # of which one bad day is no part
            if len(before) >= ENOUGH and abs(now - usual) >= SMALL and not usual / FAR < now < usual * FAR:
                yield f"{table} {newest}: {now:.1%} of the {words}, {usual:.1%} on the days before"


def _of_run(run: Run | None) -> Iterator[Todo]:
    if run is not None and run.failed:
        where, day = run.table or "no table", run.landed_to or "DAY"
        mend = MEND.get(run.exit_code, f"`sojourn check {where} --day {day}` and `rejects`, then the day again")
        yield Todo(f"the last run failed in {where} with exit code {run.exit_code}: {mend}", True)


def _of_checks(grave: pd.DataFrame) -> Iterator[Todo]:
    for some in _by_check(grave):
        yield Todo(f"{_told(some)}. Find the cause in `rejects` and `batches`, mend it, run the day again", True)


def _late(conf: Config, newest: date, now: datetime, late_after: int) -> Iterator[Todo]:
    over = (now - timedelta(hours=late_after)).astimezone(ZoneInfo(conf.home.time_zone)).date()
    due = clock.later(over, -1)
    if due > newest:
        first = clock.later(newest, 1)
        days = clock.spans(clock.days(first, due))
        yield Todo(f"{days} not taken in: `sojourn run --from {first} --to {due}`", True)


def _of_tables(lake: Lake, held: list[Held]) -> Iterator[Todo]:
    behind = [h.table for h in held if h.behind]
    if behind:
        yield Todo(f"{', '.join(behind)} not up to date: run the newest landing day again", True)
    for name in (h.table for h in held):
        head, approved = lake.head(BY_NAME[name]), lake.approved(BY_NAME[name])
        if head is not None and head.version > (approved or 0):
            yield Todo(f"{name}: a run was cut off or still goes on; what it left is put back by the next run", False)
