"""A night: read → transform → check → approve, table after table, over one landing day or many.

What is due is told by the lake alone: the days asked for, what has changed since a table last looked, which months have
closed. So a range in one pass, night by night, and a night that is run again after a crash leave the same rows.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property, partial
from inspect import signature
from pathlib import Path

import pandas as pd
from pyspark.sql import SparkSession

from schemas import BATCHES, BY_NAME, POPULATION_GRID, PRESENCE
from sojourn import check, clock, migration
from sojourn.arrivals import listing, weight
from sojourn.audit import Audit
from sojourn.config import Config
from sojourn.errors import ConfigError, DataError
from sojourn.feeds import Reading, readings
from sojourn.journal import Journal
from sojourn.lake import Lake, in_pandas
from sojourn.methods.risk import Place
from sojourn.methods.weights import by_zone
from sojourn.parameters import parameters
from sojourn.prevalence import prevalence
from sojourn.session import COMPILED, INTERPRETED
from sojourn.shapes import Zones, read_zones
from sojourn.stamp import stamped
from sojourn.statement import Statement, rules
from sojourn.steps import Done, borders, calls, dates, intake, machines, maps, months, moves, quality
from sojourn.table import Table

Say = Callable[[str, Done], None]
COMPILES = 64 << 20  # landing bytes above which it pays that Spark compiles its plans
STEPS: dict[str, Callable[..., Done]] = {
    "cells": intake.cells,
    "subscribers": intake.subscribers,
    "events": intake.events,
    "presence": dates.presence,
    "intl_calls": dates.intl_calls,
    "country_runs": dates.country_runs,
    "country_since": dates.country_since,
    "border_crossings": dates.border_crossings,
    "trips": dates.trips,
    "home_locations": months.home_locations,
    "machines": machines.machines,
    "transnationals": months.transnationals,
    "country_nights": moves.country_nights,
    "population_grid": maps.population_grid,
    "population_map": maps.population_map,
    "cross_border_flows": months.cross_border_flows,
    "residents_by_origin": months.residents_by_origin,
    "transnational_stocks": months.transnational_stocks,
    "cross_border_corridors": borders.cross_border_corridors,
    "zone_flows": borders.zone_flows,
    "intl_call_exposure": calls.intl_call_exposure,
    "cross_border_communities": borders.cross_border_communities,
    "intl_migration_flow": moves.intl_migration_flow,
    "class_transition": moves.class_transition,
    "segregation": calls.segregation,
    "night_quality": quality.night_quality,
}
MONTHLY = {name: step for name, step in STEPS.items() if "asked" in signature(step).parameters}
LANDED = ("rejects", "batches")  # come with the events
SELDOM = ("subscribers", "country_since", *MONTHLY)  # due on few nights: those start Spark, the others do without


def landed(spark: SparkSession, conf: Config, days: Sequence[date]) -> float:
    """Bytes of the landing files of these days."""
    size = weight(conf, days)
    if size < math.inf:
        return size
    return sum(a.bytes for day in days for f in conf.sources.events for a in listing(spark, conf, f, day))


def suit(spark: SparkSession, conf: Config, days: Sequence[date]) -> SparkSession:
    """Set how Spark evaluates expressions by what has landed, unless the configuration says it."""
    way = COMPILED if landed(spark, conf, days) >= COMPILES else INTERPRETED
    for name, value in way.items():
        if name not in conf.spark:
            spark.conf.set(name, value)
    return spark


@dataclass
class Night:
    """One session's work on one lake.

    session: or what starts it when it is first needed: on a local lake, a table with nothing due does without.
    """

    session: SparkSession | Callable[[], SparkSession]
    conf: Config
    migrating: bool = False  # tables of another release are not refused

    def __post_init__(self) -> None:
        self.params = parameters(self.conf)
        self.lake = Lake(self.session, self.conf.lake)
        stamped(self.lake, self.conf)
        if not self.migrating:
            migration.settle(self.lake)
        docs = check.Docs(Path(self.conf.lake) / "data_docs") if self.lake.local else None
        self.audit = Audit(self.lake, docs, Statement(self.lake, self.params, rules(self.conf, self.params)))
        self._people: tuple[int | None, pd.DataFrame] | None = None
        self._spans: dict[tuple[str, int | None], tuple[date | None, date | None]] = {}
        self.journal = Journal(self.lake, self.conf.fingerprint(), params=self.params)
        self.steps: dict[str, Callable[[Sequence[date]], Done]] = {
            n: partial(self._step, n, s) for n, s in STEPS.items()
        }

    def _step(self, name: str, step: Callable[..., Done], days: Sequence[date], **asked: Sequence[date]) -> Done:
        """A step, as the journal keeps it; what is seldom due starts Spark by itself when it is."""
        if name not in SELDOM:
            _ = self.spark  # without it no column can be named
        tables = [BY_NAME[n] for n in (name, *(LANDED if name == "events" else ()))]
        return self.journal.step(tables, days, partial(step, self, days, **asked))

    @property
    def spark(self) -> SparkSession:
        """The session."""
        return self.lake.spark

    @cached_property
    def readings(self) -> dict[str, Reading]:
        """What each feed's expressions come to; an expression that cannot be resolved ends here."""
        return readings(self.spark, self.conf)

    def build(self, name: str, asked: Sequence[date] = ()) -> Done:
        """What is due of a table without a landing day; of a monthly one also these months, provisionally."""
        return self._step(name, STEPS[name], [], **({"asked": asked} if asked and name in MONTHLY else {}))

    @cached_property
    def prevalence(self) -> dict[Place, float]:
        """Of an infection by place, if the configuration names a file; a wrong one ends here."""
        return prevalence(self.conf)

    @cached_property
    def zones(self) -> Zones | None:
        """The administrative areas, if the configuration names any."""
        z = self.conf.zones
        return read_zones(z.path, z.id, z.name) if z else None

    @property
    def people(self) -> pd.DataFrame:
        """The persons of the raster by zone, as `weights.by_zone` adds them up."""
        version = self.lake.approved(POPULATION_GRID)
        if self._people is None or self._people[0] != version:
            grid = in_pandas(self.lake.rows(POPULATION_GRID).select(["cell", "population", "zone"]))
            self._people = version, by_zone(grid, self.conf.home.country)
        return self._people[1]

    def first(self) -> date | None:
        """The first landing day that was taken in."""
        return self._span(BATCHES)[0]

    def newest(self) -> date | None:
        """The newest landing day that was taken in."""
        return self._span(BATCHES)[1]

    def oldest(self) -> date | None:
        """The first date on which somebody was seen."""
        return self._span(PRESENCE)[0]

    def _span(self, table: Table) -> tuple[date | None, date | None]:
        """The first and the last unit of a table; looked up once for each of its versions."""
        known = (table.name, self.lake.approved(table))
        if known not in self._spans:
            units = self.lake.units(table)
            self._spans[known] = (min(units, default=None), max(units, default=None))
        return self._spans[known]

    def check(self, name: str, unit: date) -> list[check.Verdict]:
        """The verdicts on what is published of a table, for one landing day, date or month; nothing is written."""
        table = BY_NAME[name]
        if check.expectations(name) is None:
            raise ConfigError("has no expectations: it tells of the other tables", where=name)
        if table.unit == "month":
            unit = clock.month_of(unit)
        if table.unit and unit not in self.lake.units(table):
            raise ConfigError(f"has no rows of {table.unit} {unit}", where=name, hint="sojourn run builds them")
        return [v for v in self.audit.verdicts(table, [unit], {}) if v.unit == unit]

    def passes(self, days: Sequence[date], most: int) -> list[list[date]]:
        """The days in chunks, each of at most so many landing bytes, and of one day at least."""
        out: list[list[date]] = []
        room = 0.0
        for day in days:
            size = landed(self.spark, self.conf, [day])
            if out and size <= room:
                out[-1].append(day)
                room -= size
            else:
                out.append([day])
                room = most - size
        return out

    def run(self, days: Sequence[date], only: Sequence[str] = (), say: Say = lambda *_: None) -> None:
        """Build all tables (or some) over landing days in one pass; if a check fails, night by night up to it."""
        wanted = {"events" if name in LANDED else name for name in only}
        _ = self.readings, self.prevalence  # what is wrong with them is told before a landing file is read
        suit(self.spark, self.conf, days)
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

    def provisional(self, say: Say = lambda *_: None) -> None:
        """The monthly tables of every month that has not closed, and the page on quality after them."""
        asked = months.still_open(self)
        for name in MONTHLY:
            say(name, None)
            say(name, self.build(name, asked) or ("nothing due", 0))
        self.steps["night_quality"]([])
