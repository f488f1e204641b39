"""Which SIMs are machines: a table of months that the register of subscribers may change too."""

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs import machines as job
from schemas import CELLS, MACHINES, PRESENCE, SUBSCRIBERS
from sojourn import clock
from sojourn.beside import dated
from sojourn.lake import LOST
from sojourn.methods.behaviour import SEEN
from sojourn.steps import LONG_AGO, Done
from sojourn.steps.months import changed, due, publish

if TYPE_CHECKING:
    from sojourn.night import Night

SOURCES = (PRESENCE, SUBSCRIBERS)


def machines(night: "Night", days: Sequence[date] = (), asked: Sequence[date] = ()) -> Done:
    """Months that closed, whose signs changed, or of whose machines the register says something else."""
    lake, p, newest = night.lake, night.params["machines"], night.newest()
    known, dirty = lake.consumed(MACHINES), changed(night, MACHINES, PRESENCE)
    before, register = known.get("consumed", {}), lake.approved(SUBSCRIBERS)
    news = bool(before) and before.get(SUBSCRIBERS.name) != register
    told = _told(night, before.get(SUBSCRIBERS.name)) if news else None

    def span(month: date) -> tuple[date, date]:
        return job.window(clock.last_day(month), newest or month, p)

    def touched(month: date) -> bool:
        first, last = span(month)
        return dirty(first, last) or (told is not None and told <= last)

    found = due(night, MACHINES, asked, touched)
    if not found.months:
        if news:  # an old version is not there for ever
            lake.note(MACHINES, {**known, "consumed": {**before, SUBSCRIBERS.name: register}})
        return None
    windows = {month: span(month) for month in found.months}
    early = [month for month, provisional in found.months.items() if provisional]
    habits = job.habits(lake.read(SUBSCRIBERS), lake.read(CELLS), windows, p)
    if not lake.local:
        return publish(night, MACHINES, job.transform(lake.read(PRESENCE), habits, early), found, SOURCES)
    presence = dated(lake, PRESENCE, SEEN, clock.days(*habits.dates))
    made = presence.made(MACHINES, lambda rows: job.rows(early, habits.table(rows)))
    return publish(night, MACHINES, made.rows, found, SOURCES)


def _told(night: "Night", version: int | None) -> date | None:
    """The first date on which the register tells other machines than in a version of it; None: it tells the same."""

    def words(rows: DataFrame) -> DataFrame:
        every = rows.select("device", *job.sold())
        return every.join(every.where("declared").select("device").distinct(), "device", "left_semi")

    other = new = words(night.lake.read(SUBSCRIBERS))
    try:
        if version is not None:
            old = words(night.lake.read(SUBSCRIBERS, version))
            other = new.exceptAll(old).unionByName(old.exceptAll(new))
        found = other.agg(F.min("since").alias("since")).first()
    except LOST:  # upkeep has deleted the files of that version
        return LONG_AGO
    return found["since"] if found else None
