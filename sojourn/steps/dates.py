"""The tables of dates that are built from events and from country_runs."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from pyspark.sql import functions as F

from jobs import border_crossings as crossings_job
from jobs import country_runs as runs_job
from jobs import presence as presence_job
from jobs import trips as trips_job
from schemas import BORDER_CROSSINGS, COUNTRY_RUNS, EVENTS, PRESENCE, TRIPS
from sojourn import clock
from sojourn.audit import Part
from sojourn.lake import where_units
from sojourn.steps import Done
from sojourn.table import Table

if TYPE_CHECKING:
    from sojourn.night import Night


def presence(night: "Night", days: Sequence[date]) -> Done:
    """The dates whose events changed."""
    return _of_events(night, presence_job, PRESENCE)


def country_runs(night: "Night", days: Sequence[date]) -> Done:
    """The dates whose events changed."""
    return _of_events(night, runs_job, COUNTRY_RUNS)


def dirty(night: "Night", table: Table, source: Table) -> set[date]:
    """The dates of a source that changed since a table last looked."""
    lake = night.lake
    found = lake.dirty(source, lake.consumed(table).get("consumed", {}).get(source.name))
    if found is None:
        found = lake.units(source, "date")
    return found


def _of_events(night: "Night", job: Any, table: Table) -> Done:
    dates = sorted(dirty(night, table, EVENTS))
    if not dates:
        return None
    frame = job.transform(where_units(night.lake.read(EVENTS), "date", dates), night.params[table.name])
    notes = {"consumed": {EVENTS.name: night.lake.approved(EVENTS)}}
    night.audit.publish({table: Part(frame, dates, notes)}, dates, {})
    return f"{len(dates)} dates", len(dates)


def border_crossings(night: "Night", days: Sequence[date]) -> Done:
    """From the first date whose runs changed on: the sign before a crossing may lie on any date before it."""
    changed = dirty(night, BORDER_CROSSINGS, COUNTRY_RUNS)
    if not changed:
        return None
    p, runs = night.params["border_crossings"], night.lake.read(COUNTRY_RUNS)
    # a day before: where cells have time zones of their own, dates overlap
    since = clock.later(min(changed), -1)
    dates = clock.days(since, max(changed | night.lake.units(COUNTRY_RUNS)))
    reach = runs.where(F.col("date") >= F.lit(since - timedelta(p.look_back_days)))
    frame = crossings_job.transform(reach, since, night.conf.home.country, p)
    notes = {"consumed": {COUNTRY_RUNS.name: night.lake.approved(COUNTRY_RUNS)}}
    night.audit.publish({BORDER_CROSSINGS: Part(frame, dates, notes)}, dates, {})
    return f"{len(dates)} dates", len(dates)


def trips(night: "Night", days: Sequence[date]) -> Done:
    """All trips, whenever a run changed or a day was built: open ones grow with every day."""
    lake, first, newest, home = night.lake, night.first(), night.newest(), night.conf.home
    notes = {"consumed": {COUNTRY_RUNS.name: lake.approved(COUNTRY_RUNS)}, "newest": str(newest)}
    known = lake.consumed(TRIPS)
    if first is None or newest is None or lake.approved(COUNTRY_RUNS) is None:
        return None
    if all(known.get(name) == value for name, value in notes.items()):
        return None
    runs, p = lake.read(COUNTRY_RUNS), night.params["trips"]
    frame = trips_job.transform(runs, (first, newest), home.country, home.time_zone, p)
    night.audit.publish({TRIPS: Part(frame, None, notes)}, [newest], {})
    return f"up to {newest}", 1
