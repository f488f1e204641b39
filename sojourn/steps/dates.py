"""The tables of dates that are built from events and from country_runs."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs import border_crossings as crossings_job
from jobs import country_runs as runs_job
from jobs import country_since as since_job
from jobs import intl_calls as calls_job
from jobs import presence as presence_job
from jobs import trips as trips_job
from schemas import BORDER_CROSSINGS, COUNTRY_RUNS, COUNTRY_SINCE, EVENTS, INTL_CALLS, PRESENCE, TRIPS
from sojourn import clock
from sojourn.audit import Part
from sojourn.beside import Made
from sojourn.lake import union, where_units
from sojourn.methods.runs import runs
from sojourn.seen import PLACES, RUNS, dates_seen, places_told, runs_told
from sojourn.signs import Signs
from sojourn.steps import LONG_AGO, Done
from sojourn.table import Table

if TYPE_CHECKING:
    from sojourn.night import Night


def presence(night: "Night", days: Sequence[date]) -> Done:
    """The dates whose events changed."""
    p = night.params["presence"]
    if not night.lake.local:
        return _of_events(night, PRESENCE, lambda signs: presence_job.transform(signs.places(), p))

    def made(signs: Signs) -> Made:
        return signs.made_of_places(PRESENCE, presence_job.rows, places_told)

    return _beside(night, PRESENCE, made, PLACES)


def intl_calls(night: "Night", days: Sequence[date]) -> Done:
    """The dates whose events changed."""
    p = night.params["intl_calls"]
    return _of_events(night, INTL_CALLS, lambda signs: calls_job.transform(signs.events(), p))


def country_runs(night: "Night", days: Sequence[date]) -> Done:
    """The dates whose events changed."""
    home, p = night.conf.home.country, night.params["country_runs"]
    if not night.lake.local:
        return _of_events(night, COUNTRY_RUNS, lambda signs: runs_job.transform(signs.parts(home), p))

    def made(signs: Signs) -> Made:
        return signs.made_of_parts(home, COUNTRY_RUNS, runs, runs_told)

    return _beside(night, COUNTRY_RUNS, made, RUNS)


def dirty(night: "Night", table: Table, source: Table) -> set[date]:
    """The dates of a source that changed since a table last looked."""
    lake = night.lake
    found = lake.dirty(source, lake.consumed(table).get("consumed", {}).get(source.name))
    if found is None:
        found = lake.units(source, "date")
    return found


def _beside(night: "Night", table: Table, made: Callable[[Signs], Made], counts: Sequence[str]) -> Done:
    """The dates that changed, on this machine: whole, which costs less than to tell what of them changed."""
    lake, dates = night.lake, sorted(dirty(night, table, EVENTS))
    if not dates:
        return None
    signs, notes = Signs(lake, dict.fromkeys(dates)), {"consumed": {EVENTS.name: lake.approved(EVENTS)}}
    rows = made(signs)
    seen = lake.told(dates_seen(rows.told, counts, signs.placed()))
    night.audit.publish({table: Part(rows.rows, dates, notes)}, dates, {}, {f"{table.name}.seen": seen})
    return f"{len(dates)} dates", len(dates)


def _of_events(night: "Night", table: Table, made: Callable[[Signs], DataFrame]) -> Done:
    """The dates that changed, whole; of those that only got more events, the devices that had some."""
    lake, dates = night.lake, sorted(dirty(night, table, EVENTS))
    if not dates:
        return None
    since = lake.consumed(table).get("consumed", {}).get(EVENTS.name)
    more = {d: batches for d, batches in lake.grown(EVENTS, since, "date", "batch").items() if d in lake.units(table)}
    rest = [d for d in dates if d not in more]
    frames = [made(Signs(lake, dict.fromkeys(rest)))] if rest else []
    if more:
        touched = Signs(lake, more).places().select("date", "device").distinct()
        others = where_units(lake.read(table), "date", more).join(F.broadcast(touched), ["date", "device"], "left_anti")
        frames += [made(Signs(lake, dict.fromkeys(more), touched)), others]
    rows, notes = union([f.select(table.names) for f in frames]), {"consumed": {EVENTS.name: lake.approved(EVENTS)}}
    night.audit.publish({table: Part(rows, dates, notes)}, dates, {})
    return f"{len(dates)} dates", len(dates)


def country_since(night: "Night", days: Sequence[date]) -> Done:
    """The beginning of the newest month that no landing day can change any more, with all that is known at it.

    Made of the one before and the runs since; where an old date changed after all, of all runs. On other nights only a
    note that no such date did: without it, those who read these rows take all runs instead.
    """
    lake, first, newest = night.lake, night.first(), night.newest()
    version = lake.approved(COUNTRY_RUNS)
    if first is None or newest is None or version is None:
        return None
    # a day more than late records reach back: who reads it begins a day before them (`trips`, two)
    month = clock.month_of(clock.later(newest, -night.conf.longest_late_days - 2))
    known, changed = lake.consumed(COUNTRY_SINCE), dirty(night, COUNTRY_SINCE, COUNTRY_RUNS)
    before, rule = _month(known), _rule(night)
    if known.get("rule") != str(rule) or (changed and min(changed) <= clock.later(before, 1)):
        before = LONG_AGO
    consumed = {COUNTRY_RUNS.name: version}
    if month <= first or (before == month and known["consumed"] == consumed):
        return None
    notes = {"consumed": consumed, "month": str(month), "rule": str(rule)}
    if before == month:
        lake.note(COUNTRY_SINCE, notes)
        return None
    runs = lake.read(COUNTRY_RUNS)
    if before > LONG_AGO:
        runs = _from(night, before)
    home = night.conf.home
    frame = since_job.transform(runs, month, home.country, home.time_zone, *rule, night.params["country_since"])
    night.audit.publish({COUNTRY_SINCE: Part(frame, None, notes)}, [month], {})
    return f"at the beginning of {month:%Y-%m}", 1


def _rule(night: "Night") -> tuple[int, int]:
    """The parameters of others that `country_since` is made by: gap_hours, look_back_days."""
    return night.params["trips"].gap_hours, night.params["border_crossings"].look_back_days


def _month(notes: Mapping[str, Any]) -> date:
    return date.fromisoformat(notes["month"]) if "month" in notes else LONG_AGO


def _from(night: "Night", month: date) -> DataFrame:
    """The rows of `country_since`, which are of this month, and the runs that began since."""
    lake, begins = night.lake, clock.midnight(month, night.conf.home.time_zone)
    runs = lake.read(COUNTRY_RUNS).where((F.col("date") >= clock.later(month, -1)) & (F.col("first_at") >= begins))
    return runs.unionByName(lake.read(COUNTRY_SINCE).drop("month"), allowMissingColumns=True)


def _reaching(night: "Night", since: date) -> tuple[DataFrame, bool]:
    """All that is to be known of devices for rows from a date on; and whether that begins with a month."""
    lake, known = night.lake, night.lake.consumed(COUNTRY_SINCE)
    seen = known.get("consumed", {}).get(COUNTRY_RUNS.name) == lake.approved(COUNTRY_RUNS)
    if seen and known["rule"] == str(_rule(night)) and LONG_AGO < _month(known) < since:
        return _from(night, _month(known)), True
    return lake.read(COUNTRY_RUNS), False


def border_crossings(night: "Night", days: Sequence[date]) -> Done:
    """From the first date whose runs changed on: the sign before a crossing may lie on any date before it."""
    changed = dirty(night, BORDER_CROSSINGS, COUNTRY_RUNS)
    if not changed:
        return None
    # a day before: where cells have time zones of their own, dates overlap
    since = clock.later(min(changed), -1)
    dates = clock.days(since, max(changed | night.lake.units(COUNTRY_RUNS)))
    runs, _ = _reaching(night, since)
    frame = crossings_job.transform(runs, since, night.conf.home.country, night.params["border_crossings"])
    notes = {"consumed": {COUNTRY_RUNS.name: night.lake.approved(COUNTRY_RUNS)}}
    night.audit.publish({BORDER_CROSSINGS: Part(frame, dates, notes)}, dates, {})
    return f"{len(dates)} dates", len(dates)


def trips(night: "Night", days: Sequence[date]) -> Done:
    """Those that ended since the month before a run changed, or have not: open ones grow with every day built."""
    lake, first, newest, home = night.lake, night.first(), night.newest(), night.conf.home
    oldest, version, p = night.oldest(), lake.approved(COUNTRY_RUNS), night.params["trips"]
    if first is None or newest is None or oldest is None or version is None:
        return None
    known, now = lake.consumed(TRIPS), {"first": str(first), "params": str(p)}
    notes = {"consumed": {COUNTRY_RUNS.name: version}, "newest": str(newest), **now}
    if all(known.get(name) == value for name, value in notes.items()):
        return None
    since = LONG_AGO
    if all(known.get(name) == value for name, value in now.items()):
        built = clock.later(date.fromisoformat(known["newest"]), 1)
        since = clock.later(min({built} | dirty(night, TRIPS, COUNTRY_RUNS)), -1)
    runs, _ = _reaching(night, since)
    frame = trips_job.transform(runs, (first, newest), home.country, home.time_zone, p)
    partly = since > LONG_AGO  # also where they are made of all runs: older ones may have expired, their trips stay
    months = list(clock.months(clock.later(since, -1) if partly else min(oldest, newest), newest))
    if partly:
        frame = frame.where(F.col("month") >= months[0])
    night.audit.publish({TRIPS: Part(frame, months if partly else None, notes)}, months, {})
    return f"up to {newest}", 1
