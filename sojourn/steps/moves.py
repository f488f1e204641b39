"""The tables of months that look back over years, and the nights by country that they look back on."""

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

import pandas as pd
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs import class_transition as transition_job
from jobs import country_nights as nights_job
from jobs import intl_migration_flow as flow_job
from schemas import (
    CELLS,
    CLASS_TRANSITION,
    COUNTRY_NIGHTS,
    COUNTRY_RUNS,
    EVENTS,
    HOME_LOCATIONS,
    INTL_MIGRATION_FLOW,
    POPULATION_GRID,
    TRANSNATIONALS,
)
from sojourn import clock
from sojourn.beside import dated
from sojourn.methods.abroad import View
from sojourn.methods.nights import BESIDE, SEEN
from sojourn.steps import Done
from sojourn.steps.months import Looks, changed, due, of_month, publish, release

if TYPE_CHECKING:
    from sojourn.night import Night

YEAR_MONTHS = 12
BACK = 36  # months: two calendar years, and the year before them


def _last(night: "Night", month: date) -> date:
    """The last night of a month that is over when the newest landing day is in."""
    newest = night.newest() or month
    return min(clock.last_day(month), clock.later(newest, -1))


def country_nights(night: "Night", days: Sequence[date] = (), asked: Sequence[date] = ()) -> Done:
    """In which country devices were at night."""
    lake, conf, p = night.lake, night.conf, night.params["country_nights"]
    dirty = changed(night, COUNTRY_NIGHTS, COUNTRY_RUNS)
    found = due(
        night, COUNTRY_NIGHTS, asked, lambda m: dirty(clock.later(m, -BESIDE), clock.later(clock.last_day(m), BESIDE))
    )
    if not found.months:
        return None
    home, early = conf.home, [month for month, provisional in found.months.items() if provisional]
    overnight = nights_job.overnight({m: _last(night, m) for m in found.months}, home.country, home.time_zone, p)
    told = any("tac" in feed.columns for feed in conf.sources.events)
    if lake.local and not told:
        runs = dated(lake, COUNTRY_RUNS, SEEN, clock.days(*overnight.dates))
        made = runs.made(COUNTRY_NIGHTS, lambda rows: nights_job.rows(early, overnight.table(rows)))
        return publish(night, COUNTRY_NIGHTS, made.rows, found, (COUNTRY_RUNS,))
    of_them = F.trunc("date", "month").isin(sorted(found.months))
    events = lake.read(EVENTS).select("date", "device", "tac").where(of_them) if told else None
    rows = nights_job.transform(lake.read(COUNTRY_RUNS), events, overnight, early)
    return publish(night, COUNTRY_NIGHTS, rows, found, (COUNTRY_RUNS,))


def intl_migration_flow(night: "Night", days: Sequence[date] = (), asked: Sequence[date] = ()) -> Done:
    """Who came to live in another country; nobody can be seen to before the history is long enough."""
    lake, conf, p, first = night.lake, night.conf, night.params["intl_migration_flow"], night.first()

    def heard() -> date:
        begun = min(lake.units(COUNTRY_NIGHTS), default=date.max)  # earlier months may have expired
        return max(first or begun, begun)

    def ripe(month: date) -> bool:
        return first is not None and (_last(night, month) - first).days + 1 >= p.least_nights

    def counted(month: date, provisional: bool, people: pd.DataFrame | None) -> DataFrame:
        view = View.of(heard(), _last(night, month))
        of_view = F.col("month").between(clock.month_of(view.first), month)
        return flow_job.transform(
            lake.read(COUNTRY_NIGHTS).where(of_view),
            lake.read(HOME_LOCATIONS).where(of_view),
            lake.read(CELLS),
            people,
            month,
            view,
            provisional,
            conf.home.country,
            conf.weights.inbound,
            conf.disclosure.k,
            p,
        )

    sources = (COUNTRY_NIGHTS, HOME_LOCATIONS, POPULATION_GRID)
    looks = Looks(back=BACK, ripe=ripe, derive=flow_job.covered)
    return release(night, INTL_MIGRATION_FLOW, asked, sources, counted, looks)


def class_transition(night: "Night", days: Sequence[date] = (), asked: Sequence[date] = ()) -> Done:
    """What became of the classes of the year before; only once there are two years."""
    lake, conf, p, first = night.lake, night.conf, night.params["class_transition"], night.first()

    def before(month: date) -> date:
        return clock.months_before(month, YEAR_MONTHS)

    def ripe(month: date) -> bool:
        covered = first is not None and (clock.last_day(before(month)) - first).days + 1 >= p.min_days
        return covered and before(month) in lake.units(TRANSNATIONALS)

    def counted(month: date, provisional: bool, people: pd.DataFrame | None) -> DataFrame:
        as_of = min(clock.last_day(month), night.newest() or month)
        return transition_job.transform(
            of_month(night, TRANSNATIONALS, before(month)),
            of_month(night, TRANSNATIONALS, month),
            of_month(night, HOME_LOCATIONS, month),
            lake.read(CELLS),
            people,
            month,
            as_of,
            provisional,
            conf.home.country,
            conf.weights.inbound,
            conf.disclosure.k,
            p,
        )

    sources = (TRANSNATIONALS, HOME_LOCATIONS, POPULATION_GRID)
    looks = Looks(back=YEAR_MONTHS, ripe=ripe, derive=transition_job.likely)
    return release(night, CLASS_TRANSITION, asked, sources, counted, looks)
