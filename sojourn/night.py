"""A night: read → transform → check → approve, table after table, over one landing day or many.

What is due is told by the lake alone: the days asked for, what has changed since a table last looked, which months have
closed. So a range in one pass, night by night, and a night that is run again after a crash leave the same rows.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from jobs import cells, country_runs, home_locations, night_quality, presence, subscribers
from schemas import (
    BATCHES,
    BY_NAME,
    CELLS,
    COUNTRY_RUNS,
    EVENTS,
    HOME_LOCATIONS,
    NIGHT_QUALITY,
    PRESENCE,
    REJECTS,
    SUBSCRIBERS,
    VALIDATIONS,
)
from sojourn import check, clock, registers
from sojourn.arrivals import Arrival, intake, listing
from sojourn.audit import Audit, Part, recalled
from sojourn.config import Config, Feed
from sojourn.errors import ConfigError, DataError
from sojourn.feeds import Reading, readings
from sojourn.lake import Lake, union, where_units
from sojourn.landing import Landing, moved, replaced
from sojourn.parameters import parameters
from sojourn.pseudonym import key_id
from sojourn.shapes import Zones, read_zones
from sojourn.table import Table

Done = tuple[str, int] | None  # what was built, in words, and how many units; None: nothing was due
Say = Callable[[str, Done], None]


def stamped(lake: Lake, conf: Config, write: bool = True) -> None:
    """Refuse a lake that was built with another key, resolution or home; a new one remembers them.

    Raises:
        ConfigError: it was.
    """
    key = {"key": key_id(conf.key.get_secret_value().encode())}
    home = {"home.country": conf.home.country, "home.time_zone": conf.home.time_zone}
    lake.stamp(key | home | {"resolution": str(conf.resolution)}, write)


@dataclass
class Night:
    """One session's work on one lake."""

    spark: SparkSession
    conf: Config

    def __post_init__(self) -> None:
        self.params = parameters(self.conf)
        self.lake = Lake(self.spark, self.conf.lake)
        self.readings: dict[str, Reading] = readings(self.spark, self.conf)
        stamped(self.lake, self.conf)
        local = "://" not in self.conf.lake
        self.audit = Audit(self.lake, check.Docs(Path(self.conf.lake) / "data_docs") if local else None)
        self.steps: dict[str, Callable[[Sequence[date]], Done]] = {
            "cells": self.cells,
            "subscribers": self.subscribers,
            "events": self.events,
            "presence": lambda _: self._daily(presence, PRESENCE),
            "country_runs": lambda _: self._daily(country_runs, COUNTRY_RUNS),
            "home_locations": lambda _: self.home_locations(),
            "night_quality": lambda _: self.night_quality(),
        }

    @cached_property
    def zones(self) -> Zones | None:
        """The administrative areas, if the configuration names any."""
        z = self.conf.zones
        return read_zones(z.path, z.id, z.name) if z else None

    def newest(self) -> date | None:
        """The newest landing day that was taken in."""
        found = self.lake.read(BATCHES).agg(F.max("batch")).first()
        return found[0] if found else None

    # -- registers ----------------------------------------------------------------------------------------------------

    def _told(self, feeds: Sequence[Feed], table: Table, days: Sequence[date]) -> registers.Told:
        newest = max([*days, *filter(None, [self.newest()])])
        told = registers.told(self.spark, self.conf, feeds, newest, self.lake.consumed(table).get("seen", {}))
        if feeds and not told.files and self.lake.approved(table) is None:
            # nights without antennas place nothing, nights without the register take in who has opted out
            where = f"sources.{feeds[0].kind}[0].path"
            raise self.conf.wrong(where, f"no file there up to {newest}", "mend the path, or land the register first")
        return told

    def cells(self, days: Sequence[date]) -> Done:
        """The antennas, if their register has news."""
        told = self._told(self.conf.sources.cells, CELLS, days)
        if not told.new:
            return None
        rows = registers.rows(self.spark, self.readings, told.to_read, registers.TOLD_CELLS)
        heard = rows.withColumnsRenamed({"valid_from": "told_from", "valid_to": "told_to"}).toPandas()
        before = self.lake.read(CELLS).toPandas()
        if len(before):  # an undated register that has changed is news of its landing day
            heard["batch"] = [max(days) if b is None else b for b in heard["batch"]]
        again = {a.batch for a in (told.changed if told.in_order else told.files) if a.batch}
        known, home = before[~before["learned"].isin(again)], self.conf.home
        made = cells.transform(heard, self.zones, home.time_zone, self.conf.resolution, self.params["cells"], known)
        frame = self.lake.frame(CELLS, made)
        self.audit.publish({CELLS: Part(frame, None, {"seen": told.seen})}, [_told_on(told.files)], {})
        return f"{made['cell_id'].nunique():,} antennas", len(made)

    def subscribers(self, days: Sequence[date]) -> Done:
        """The subscriber register, if it has news."""
        told = self._told(self.conf.sources.subscribers, SUBSCRIBERS, days)
        if not told.new:
            return None
        rows = registers.rows(self.spark, self.readings, told.files, registers.TOLD_SUBSCRIBERS)
        frame = subscribers.transform(registers.pseudonymous(rows, self.conf.key.get_secret_value().encode()))
        self.audit.publish({SUBSCRIBERS: Part(frame, None, {"seen": told.seen})}, [_told_on(told.files)], {})
        return f"{len(told.files)} files of the register", len(told.files)

    # -- landing ------------------------------------------------------------------------------------------------------

    def events(self, days: Sequence[date]) -> Done:
        """Events, rejects and batches of these landing days, of late files before, and of antennas learnt since."""
        forms = {f.name: self.readings[f.name].form for f in self.conf.sources.events}
        taken = intake(self.spark, self.conf, self.lake, days, forms)
        learnt = self._learnt(taken.batches)
        units = sorted({*taken.batches, *learnt})
        while True:
            landing = Landing(self.spark, self.conf, self.lake, taken, self.readings)
            frame = landing.events()
            if learnt:
                old = where_units(self.lake.read(EVENTS), "batch", learnt)
                frame = frame.unionByName(replaced(old, self.lake.read(CELLS), self.conf))
            version = self.lake.write(EVENTS, frame, units, {"consumed": {"cells": self.lake.approved(CELLS)}})
            if not (broken := landing.failed()):
                break
            taken = taken.without_files(broken)
        written = where_units(self.lake.read(EVENTS, version), "batch", taken.batches)
        rejects, batches = landing.outcome(written, datetime.now(UTC))
        landed = list(taken.batches)
        self.audit.publish(
            {REJECTS: Part(rejects, landed, {}), BATCHES: Part(batches, landed, {})}, units, {EVENTS: version}
        )
        return f"{len(landing.files):,} files of {len(landed)} landing days", len(units)

    def _learnt(self, batches: Iterable[date]) -> list[date]:
        """Other batches whose events the register now places elsewhere: those up to late_days before it learnt it."""
        consumed, now = self.lake.consumed(EVENTS).get("consumed", {}).get("cells"), self.lake.approved(CELLS)
        if self.lake.approved(EVENTS) is None or consumed == now:
            return []
        columns = ["cell_id", "valid_from", "valid_to", "cell", "time_zone", "learned"]
        new = self.lake.read(CELLS).select(columns)
        old = new.limit(0) if consumed is None else self.lake.read(CELLS, consumed).select(columns)
        changed = new.exceptAll(old).unionByName(old.exceptAll(new))
        since = changed.agg(F.min(F.coalesce("learned", F.to_date(F.lit("0001-01-01")))), F.count("*")).first()
        if since is None or not since[1]:
            return []
        late = F.date_sub(F.lit(since[0]), self.conf.late_days)
        return moved(
            self.lake.read(EVENTS).where(F.col("batch") >= late), batches, changed.select("cell_id").distinct()
        )

    # -- tables of dates ----------------------------------------------------------------------------------------------

    def _daily(self, job: Any, table: Table) -> Done:
        """A table of dates: those whose events changed since it last looked."""
        dirty = self.lake.dirty(EVENTS, self.lake.consumed(table).get("consumed", {}).get("events"))
        events = self.lake.read(EVENTS)
        if dirty is None:
            dirty = {r.date for r in events.select("date").distinct().collect()}
        if not dirty:
            return None
        frame = job.transform(where_units(events, "date", dirty), self.params[table.name])
        notes = {"consumed": {"events": self.lake.approved(EVENTS)}}
        self.audit.publish({table: Part(frame, sorted(dirty), notes)}, sorted(dirty), {})
        return f"{len(dirty)} dates", len(dirty)

    # -- months -------------------------------------------------------------------------------------------------------

    def _close(self, month: date) -> date:
        """The landing day with which a month closes."""
        return clock.last_day(month) + timedelta(self.conf.longest_late_days)

    def home_locations(self, asked: Sequence[date] = ()) -> Done:
        """Months that closed or whose nights changed; and provisionally those asked for, now or before."""
        p, newest, notes = self.params["home_locations"], self.newest(), self.lake.consumed(HOME_LOCATIONS)
        oldest = self.lake.read(PRESENCE).agg(F.min("date")).first()
        if newest is None or oldest is None or oldest[0] is None:
            return None
        dirty = self.lake.dirty(PRESENCE, notes.get("consumed", {}).get("presence"))
        before = date.fromisoformat(notes.get("newest", "0001-01-01"))
        wanted = {date.fromisoformat(m) for m in notes.get("provisional", [])} | set(asked)
        due = {}
        for month in clock.months(oldest[0], newest):
            first, last = nights = home_locations.window(clock.last_day(month), newest, p)
            closed = self._close(month) <= newest
            touched = dirty is None or any(first <= d <= clock.later(last, 1) for d in dirty)
            news = touched or month in asked or (before < self._close(month) if closed else before != newest)
            if (closed or month in wanted) and news and last >= clock.later(oldest[0], -1):
                due[month] = nights
        if not due:
            return None
        frames = []
        for month, nights in due.items():
            rows = self.lake.read(PRESENCE).where(F.col("date").between(nights[0], clock.later(nights[1], 1)))
            provisional = self._close(month) > newest
            frames.append(home_locations.transform(rows, month, nights, provisional, self.conf.home.country, p))
        still = sorted(m for m in wanted if self._close(m) > newest)
        told = {"consumed": {"presence": self.lake.approved(PRESENCE)}, "newest": newest, "provisional": still}
        self.audit.publish({HOME_LOCATIONS: Part(union(frames), sorted(due), told)}, sorted(due), {})
        return f"{len(due)} months", len(due)

    def provisional(self) -> Done:
        """The monthly tables of every month that has not closed."""
        newest, oldest = self.newest(), self.lake.read(PRESENCE).agg(F.min("date")).first()
        if newest is None or oldest is None or oldest[0] is None:
            return None
        return self.home_locations([m for m in clock.months(oldest[0], newest) if self._close(m) > newest])

    # -- quality ------------------------------------------------------------------------------------------------------

    def night_quality(self) -> Done:
        """The page on the night's quality, for the dates on which it changed."""
        verdicts = self.lake.read(VALIDATIONS).where(F.col("table") != NIGHT_QUALITY.name).toPandas()
        if verdicts.empty:
            return None
        seen = recalled(verdicts, ["rows", "devices", *night_quality.SHARES])
        failed = verdicts[~verdicts["success"]].groupby(["date", "table"]).size().rename("checks_failed").reset_index()
        made = night_quality.transform(seen, failed, sorted(set(verdicts["date"])), self.conf.disclosure.k)
        units = night_quality.changed(made, self.lake.read(NIGHT_QUALITY).toPandas())
        if not units:
            return None
        frame = self.lake.frame(NIGHT_QUALITY, made[made["date"].isin(units)])
        self.audit.publish_small(NIGHT_QUALITY, frame, units)
        return f"{len(units)} dates", len(units)

    # -- all of it ----------------------------------------------------------------------------------------------------

    def check(self, name: str, unit: date) -> list[check.Verdict]:
        """The verdicts on what is published of a table, for one landing day, date or month; nothing is written."""
        table = BY_NAME[name]
        if check.expectations(name) is None:
            raise ConfigError("has no expectations: it holds those of the others", where=name)
        if table.unit and not self.lake.read(table).where(F.col(table.unit) == F.lit(unit)).limit(1).count():
            raise ConfigError(f"has no rows of {table.unit} {unit}", where=name, hint="sojourn run builds them")
        return [v for v in self.audit.verdicts(table, [unit], {}) if v.unit == unit]

    def passes(self, days: Sequence[date], most: int) -> list[list[date]]:
        """The days in chunks, each of at most so many landing bytes, and of one day at least."""
        out: list[list[date]] = []
        room = 0
        for day in days:
            size = sum(a.bytes for f in self.conf.sources.events for a in listing(self.spark, self.conf, f, day))
            if out and size <= room:
                out[-1].append(day)
                room -= size
            else:
                out.append([day])
                room = most - size
        return out

    def run(self, days: Sequence[date], only: Sequence[str] = (), say: Say = lambda *_: None) -> None:
        """Build all tables (or some) over landing days in one pass; if a check fails, night by night up to it."""
        wanted = {"events" if name in ("rejects", "batches") else name for name in only}
        try:
            for name, step in self.steps.items():
                if not wanted or name in wanted:
                    say(name, None)
                    say(name, step(days) or ("nothing due", 0))
        except DataError:
            if len(days) == 1:
                raise
            for day in days:
                self.run([day], only, say)


def _told_on(files: Sequence[Arrival]) -> date:
    """The day of a register: its newest landing day, or the day on which an undated one was last changed."""
    return max(a.batch or datetime.fromtimestamp(a.modified_ms / 1000, UTC).date() for a in files)
