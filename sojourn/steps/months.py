"""The tables of months: due when the month closes or what they rest on changed, and provisionally where asked for."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import pandas as pd
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs import cross_border_flows as flows_job
from jobs import home_locations as homes_job
from jobs import residents_by_origin as residents_job
from jobs import transnational_stocks as stocks_job
from jobs import transnationals as transnationals_job
from schemas import (
    BORDER_CROSSINGS,
    CELLS,
    COUNTRY_RUNS,
    CROSS_BORDER_FLOWS,
    HOME_LOCATIONS,
    MACHINES,
    POPULATION_GRID,
    PRESENCE,
    RESIDENTS_BY_ORIGIN,
    TRANSNATIONAL_STOCKS,
    TRANSNATIONALS,
    TRIPS,
)
from sojourn import clock, disclosure
from sojourn.audit import NOTHING, Part
from sojourn.lake import Rows, union
from sojourn.methods.homes import Homes
from sojourn.nights import Nights
from sojourn.seen import homes_seen, homes_told
from sojourn.steps import Done
from sojourn.table import Table

if TYPE_CHECKING:
    from sojourn.night import Night

SILENCE = timedelta(4)  # after it a foreign subscriber has left: no later sign changes a trip that ended before


@dataclass(frozen=True)
class Due:
    """The months that are due of a table, whether each is provisional, and what to note of it."""

    months: Mapping[date, bool]
    notes: Mapping[str, Any]


def close(night: "Night", month: date) -> date:
    """The landing day with which a month closes."""
    return clock.last_day(month) + timedelta(night.conf.longest_late_days)


def still_open(night: "Night") -> list[date]:
    """The months that have begun and not closed."""
    newest, oldest = night.newest(), night.oldest()
    if newest is None or oldest is None:
        return []
    return [m for m in clock.months(oldest, newest) if close(night, m) > newest]


def due(
    night: "Night",
    table: Table,
    asked: Sequence[date],
    touched: Callable[[date], bool],
    ripe: Callable[[date], bool] = bool,
) -> Due:
    """Months, if ripe, that closed or whose sources changed; and provisionally those asked for, now or before."""
    newest, oldest, notes = night.newest(), night.oldest(), night.lake.consumed(table)
    if newest is None or oldest is None or oldest > newest:
        return Due({}, {})
    before = date.fromisoformat(notes.get("newest", "0001-01-01"))
    wanted = {date.fromisoformat(m) for m in notes.get("provisional", [])} | set(asked)
    found = {}
    for month in clock.months(oldest, newest):
        closed = close(night, month) <= newest
        news = month in asked or (before < close(night, month) if closed else before != newest) or touched(month)
        if (closed or month in wanted) and news and ripe(month):
            found[month] = not closed
    if found:
        _ = night.spark  # without it no column can be named
    return Due(found, {"newest": newest, "provisional": sorted(m for m in wanted if close(night, m) > newest)})


def changed(night: "Night", table: Table, source: Table) -> Callable[[date, date], bool]:
    """Whether a unit of a source from the first to the last has changed since the table last looked."""
    since = night.lake.consumed(table).get("consumed", {}).get(source.name)
    if not source.partition:
        other = night.lake.approved(source) != since
        return lambda _, __: other
    units = night.lake.dirty(source, since, source.partition[0])
    return lambda first, last: units is None or any(first <= u <= last for u in units)


def consumed(night: "Night", sources: Sequence[Table]) -> dict[str, Any]:
    """What to note of the versions of the sources."""
    return {"consumed": {s.name: night.lake.approved(s) for s in sources}}


def publish(
    night: "Night",
    table: Table,
    rows: Rows,
    found: Due,
    sources: Sequence[Table],
    seen: Mapping[str, DataFrame] = NOTHING,
) -> Done:
    """The months that are due of a restricted table; seen: what its checks look at beside tables."""
    months = sorted(found.months)
    night.audit.publish({table: Part(rows, months, {**found.notes, **consumed(night, sources)})}, months, {}, seen)
    return f"{len(months)} months", len(months)


def home_locations(night: "Night", days: Sequence[date] = (), asked: Sequence[date] = ()) -> Done:
    """Where devices spent the nights up to the end of a month."""
    p, newest = night.params["home_locations"], night.newest()
    dirty = changed(night, HOME_LOCATIONS, PRESENCE)

    def nights(month: date) -> tuple[date, date]:
        return homes_job.window(clock.last_day(month), newest or month, p)

    def touched(month: date) -> bool:
        first, last = nights(month)
        return dirty(first, clock.later(last, 1))

    found = due(night, HOME_LOCATIONS, asked, touched)
    if not found.months:
        return None
    windows = {month: nights(month) for month in found.months}
    early, home = [month for month, provisional in found.months.items() if provisional], night.conf.home.country
    if not night.lake.local:
        rows = homes_job.transform(night.lake.read(PRESENCE), windows, early, home, p)
        return publish(night, HOME_LOCATIONS, rows, found, (PRESENCE,))
    where = Nights(night.lake, Homes(windows, home, p))
    made = where.made(HOME_LOCATIONS, partial(homes_job.rows, early), homes_told)
    seen = night.lake.told(homes_seen(made.told, sorted(windows)))
    return publish(night, HOME_LOCATIONS, made.rows, found, (PRESENCE,), {"home_locations.seen": seen})


def transnationals(night: "Night", days: Sequence[date] = (), asked: Sequence[date] = ()) -> Done:
    """What the stays of a year, or of as many days as the lake covers, make a device."""
    newest, first, home = night.newest(), night.first(), night.conf.home
    dirty, told = (changed(night, TRANSNATIONALS, source) for source in (COUNTRY_RUNS, MACHINES))

    def span(month: date) -> tuple[date, date]:
        as_of = min(clock.last_day(month), newest or month)
        return max(as_of - timedelta(364), first or as_of), as_of

    def touched(month: date) -> bool:
        return dirty(*span(month)) or told(clock.month_of(span(month)[0]), month)

    found, p = due(night, TRANSNATIONALS, asked, touched), night.params["transnationals"]
    if not found.months:
        return None
    runs, machines, frames = night.lake.read(COUNTRY_RUNS), night.lake.read(MACHINES), []
    for month, provisional in found.months.items():
        since, as_of = span(month)
        rows, covered = runs.where(F.col("date").between(since, as_of)), (as_of - since).days + 1
        told_by = machines.where(F.col("month").between(clock.month_of(since), month))
        where = (home.country, home.time_zone)
        frames.append(transnationals_job.transform(rows, told_by, month, as_of, covered, provisional, *where, p))
    return publish(night, TRANSNATIONALS, union(frames), found, (COUNTRY_RUNS, MACHINES))


@dataclass(frozen=True)
class Looks:
    """How a published table of months is made, other than of its month alone.

    alone: sources of dates tell of their own month alone. back: months that it looks back. ripe: which months have
    history enough. derive: columns out of public ones.
    """

    alone: bool = False
    back: int = 0
    ripe: Callable[[date], bool] = bool  # all: a date is never false
    derive: disclosure.Derive = disclosure.nothing


def of_dates(night: "Night", table: Table, month: date) -> DataFrame:
    """The rows of the dates of a month."""
    return night.lake.read(table).where(F.col("date").between(month, clock.last_day(month)))


def of_month(night: "Night", table: Table, month: date) -> DataFrame:
    """The rows of one month."""
    return night.lake.read(table).where(F.col("month") == F.lit(month))


def release(
    night: "Night",
    table: Table,
    asked: Sequence[date],
    sources: Sequence[Table],
    counted: Callable[[date, bool, pd.DataFrame | None], DataFrame],
    looks: Looks | None = None,
) -> Done:
    """A published table of months: counted month by month, released by the one door.

    A source of dates counts up to the fourth day after the month, when all its trips have ended (or that month alone);
    one of months counts from as many months before as it looks back.
    """
    news, looks = {source: changed(night, table, source) for source in sources}, looks or Looks()

    def touched(month: date) -> bool:
        back, last = clock.months_before(month, looks.back), clock.last_day(month)
        dates = (month, last) if looks.alone else (date.min, last + SILENCE)
        return any(is_new(*((back, month) if source.unit == "month" else dates)) for source, is_new in news.items())

    found = due(night, table, asked, touched, looks.ripe)
    if not found.months:
        return None
    people = night.people if night.conf.population else None
    frames = [counted(month, provisional, people) for month, provisional in found.months.items()]
    released = disclosure.release(table, union(frames), night.conf.disclosure.k, looks.derive)
    night.audit.release(released, sorted(found.months), {**found.notes, **consumed(night, sources)})
    return f"{len(frames)} months", len(frames)


def cross_border_flows(night: "Night", days: Sequence[date] = (), asked: Sequence[date] = ()) -> Done:
    """Trips that ended in a month, from home zones to countries."""
    lake, conf, p = night.lake, night.conf, night.params["cross_border_flows"]
    silence = timedelta(hours=night.params["trips"].gap_hours) + timedelta(2)  # after which an end is known, anywhere

    def counted(month: date, provisional: bool, people: pd.DataFrame | None) -> DataFrame:
        homes, last = of_month(night, HOME_LOCATIONS, month), clock.last_day(month)
        return flows_job.transform(
            lake.read(TRIPS).where(F.col("month").between(month, clock.month_of(last + silence))),
            lake.read(BORDER_CROSSINGS).where(F.col("date").between(*flows_job.belt_dates(month, p))),
            homes,
            lake.read(CELLS),
            people,
            month,
            provisional,
            conf.home.country,
            conf.home.time_zone,
            conf.weights.inbound,
            conf.disclosure.k,
            p,
        )

    sources = (COUNTRY_RUNS, HOME_LOCATIONS, POPULATION_GRID)  # of trips, what they are made of tells which months
    return release(night, CROSS_BORDER_FLOWS, asked, sources, counted)


def residents_by_origin(night: "Night", days: Sequence[date] = (), asked: Sequence[date] = ()) -> Done:
    """Who lives where, by the country of the SIM."""
    lake, conf, p = night.lake, night.conf, night.params["residents_by_origin"]

    def counted(month: date, provisional: bool, people: pd.DataFrame | None) -> DataFrame:
        homes, inbound, k = of_month(night, HOME_LOCATIONS, month), conf.weights.inbound, conf.disclosure.k
        return residents_job.transform(
            homes, lake.read(CELLS), people, month, provisional, conf.home.country, inbound, k, p
        )

    return release(night, RESIDENTS_BY_ORIGIN, asked, (HOME_LOCATIONS, POPULATION_GRID), counted)


def transnational_stocks(night: "Night", days: Sequence[date] = (), asked: Sequence[date] = ()) -> Done:
    """How many live, work or stay in another country."""
    lake, conf, p = night.lake, night.conf, night.params["transnational_stocks"]

    def counted(month: date, provisional: bool, people: pd.DataFrame | None) -> DataFrame:
        lives, homes = of_month(night, TRANSNATIONALS, month), of_month(night, HOME_LOCATIONS, month)
        inbound, k = conf.weights.inbound, conf.disclosure.k
        return stocks_job.transform(
            lives, homes, lake.read(CELLS), people, month, provisional, conf.home.country, inbound, k, p
        )

    sources = (TRANSNATIONALS, HOME_LOCATIONS, POPULATION_GRID)
    return release(night, TRANSNATIONAL_STOCKS, asked, sources, counted)
