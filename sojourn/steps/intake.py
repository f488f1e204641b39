"""The registers and the landing files: cells, subscribers, events with rejects and batches."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pyarrow as pa
from pyspark.sql import functions as F

from jobs import cells as cells_job
from jobs import subscribers as subscribers_job
from schemas import BATCHES, CELLS, EVENTS, REJECTS, SUBSCRIBERS
from sojourn import registers
from sojourn.arrivals import Arrival, intake
from sojourn.audit import Part
from sojourn.config import Feed
from sojourn.lake import at_hand, in_pandas, where_units
from sojourn.landing import Landing
from sojourn.placing import moved
from sojourn.seen import frames, together
from sojourn.steps import Done, knows
from sojourn.table import Table

if TYPE_CHECKING:
    from sojourn.night import Night


def _told(night: "Night", feeds: Sequence[Feed], table: Table, days: Sequence[date]) -> registers.Told:
    newest = max([*days, *filter(None, [night.newest()])])
    told = registers.told(night.spark, night.conf, feeds, newest, night.lake.consumed(table).get("seen", {}))
    if feeds and not told.files and night.lake.approved(table) is None:
        # nights without antennas place nothing, nights without the register take in who has opted out
        where = f"sources.{feeds[0].kind}[0].path"
        raise night.conf.wrong(where, f"no file there up to {newest}", "mend the path, or land the register first")
    return told


def cells(night: "Night", days: Sequence[date]) -> Done:
    """The antennas, if their register has news."""
    told = _told(night, night.conf.sources.cells, CELLS, days)
    if not told.new:
        return None
    rows = registers.rows(night.spark, night.readings, told.to_read, registers.TOLD_CELLS)
    heard = rows.withColumnsRenamed({"valid_from": "told_from", "valid_to": "told_to"}).toPandas()
    before = in_pandas(night.lake.rows(CELLS))
    if len(before):  # an undated register that has changed is news of its landing day
        heard["batch"] = [max(days) if b is None else b for b in heard["batch"]]
    again = {a.batch for a in (told.changed if told.in_order else told.files) if a.batch}
    known, home = before[~before["learned"].isin(again)], night.conf.home
    p = night.params["cells"]
    made = cells_job.transform(heard, night.zones, home.time_zone, night.conf.resolution, p, known)
    part = Part(at_hand(CELLS, made), None, {"seen": told.seen})
    night.audit.publish({CELLS: part}, [_told_on(told.files)], {})
    return f"{made['cell_id'].nunique():,} antennas", len(made)


def subscribers(night: "Night", days: Sequence[date]) -> Done:
    """The subscriber register, if there is one and it has news."""
    if not night.conf.sources.subscribers:
        return None
    told = _told(night, night.conf.sources.subscribers, SUBSCRIBERS, days)
    if not told.new:
        return None
    rows = registers.rows(night.spark, night.readings, told.files, registers.TOLD_SUBSCRIBERS)
    key = night.conf.key.get_secret_value().encode()
    frame = subscribers_job.transform(registers.pseudonymous(rows, key))
    night.audit.publish({SUBSCRIBERS: Part(frame, None, {"seen": told.seen})}, [_told_on(told.files)], {})
    return f"{len(told.files)} files of the register", len(told.files)


def events(night: "Night", days: Sequence[date]) -> Done:
    """Events, rejects and batches of these landing days, of late files before, and of antennas learnt since."""
    conf, lake = night.conf, night.lake
    gone = _expired(night, days)
    forms = {f.name: night.readings[f.name].form for f in conf.sources.events}
    taken = intake(night.spark, conf, lake, days, forms)
    learnt = _learnt(night, taken.batches)
    units = sorted({*taken.batches, *learnt})
    notes, slow = (
        {"consumed": {t.name: lake.approved(t) for t in (CELLS, SUBSCRIBERS)}} | gone,
        frozenset[tuple[date, str]](),
    )
    while True:
        landing = Landing(night.spark, conf, lake, taken, night.readings, slow)
        if lake.local:
            files = landing.written(learnt, lake.ready(EVENTS))
        else:  # Spark knows more file systems than Arrow
            version = lake.write(EVENTS, landing.events(learnt, None), units, notes)
        failed, unsure = landing.told("failed"), landing.told("unsure")
        if not failed and not unsure:
            break
        taken, slow = taken.without_files(failed), slow | {a.place for a in unsure}
    seen = {}
    if lake.local:
        version = lake.write(EVENTS, files, units, notes)
        told = together(((f.batch, f.seen) for f in files if f.seen), conf.home.country)
        names = ("events.hours", "events.heard")
        seen = {n: night.lake.told(rows) for n, rows in zip(names, frames(told), strict=True) if len(rows)}
        accepted = {(day, file): rows for day, s in told.items() for file, rows in s.files.items()}
    else:
        written = where_units(lake.read(EVENTS, version), "batch", taken.batches)
        accepted = {(r.batch, r.file): r["count"] for r in written.groupBy("batch", "file").count().collect()}
    rejects, batches = landing.outcome(accepted, datetime.now(UTC))
    landed = list(taken.batches)
    night.audit.publish(
        {REJECTS: Part(rejects, landed, {}), BATCHES: Part(batches, landed, {})}, units, {EVENTS: version}, seen
    )
    return f"{len(landing.files):,} files of {len(landed)} landing days", len(units)


def _expired(night: "Night", days: Sequence[date]) -> dict[str, str]:
    """What the notes of `events` say of the dates that have expired, if some have.

    Raises:
        ConfigError: a landing day would touch such dates: without their other events they would be built wrongly.
    """
    noted = night.lake.consumed(EVENTS).get("expired")
    if noted is None:
        return {}
    gone, late = date.fromisoformat(noted), night.conf.longest_late_days + 1
    for day in days:
        if day - timedelta(late) < gone:
            what = f"the landing day {day} may hold events of dates before {gone}, and those have expired"
            raise night.conf.wrong("retention_days.events", what, "leave it as it is, or build another lake")
    return {"expired": noted}


def _learnt(night: "Night", batches: Iterable[date]) -> list[date]:
    """Other batches whose events the register now places elsewhere: those up to late_days before it learnt it."""
    lake = night.lake
    consumed, now = lake.consumed(EVENTS).get("consumed", {}).get("cells"), lake.approved(CELLS)
    if lake.approved(EVENTS) is None or consumed == now:
        return []
    changed = lake.difference(CELLS, consumed, ["cell_id", "valid_from", "valid_to", "cell", "time_zone", "learned"])
    since = knows(changed, night.conf.late_days)
    if since is None:
        return []
    antennas = night.spark.createDataFrame(pa.table({"cell_id": changed["cell_id"].unique()}))
    return moved(lake.read(EVENTS).where(F.col("batch") >= since), batches, antennas)


def _told_on(files: Sequence[Arrival]) -> date:
    """The day of a register: its newest landing day, or the day on which an undated one was last changed."""
    return max(a.batch or datetime.fromtimestamp(a.modified_ms / 1000, UTC).date() for a in files)
