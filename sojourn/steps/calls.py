"""The tables of months that tell who calls and lives where, by country: made of calls, homes and the map."""

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

import pandas as pd
from pyspark.sql import DataFrame

from jobs import intl_call_exposure as exposure_job
from jobs import segregation as segregation_job
from schemas import (
    CELLS,
    INTL_CALL_EXPOSURE,
    INTL_CALLS,
    POPULATION_MAP,
    PRESENCE,
    RESIDENTS_BY_ORIGIN,
    SEGREGATION,
)
from sojourn import clock, disclosure
from sojourn.lake import in_pandas
from sojourn.steps import Done
from sojourn.steps.months import Looks, changed, consumed, due, of_dates, of_month, release

if TYPE_CHECKING:
    from sojourn.night import Night


def intl_call_exposure(night: "Night", days: Sequence[date] = (), asked: Sequence[date] = ()) -> Done:
    """Which countries people call at night, from where."""
    lake, conf, p, nights = night.lake, night.conf, night.params["intl_call_exposure"], night.params["home_locations"]

    def counted(month: date, provisional: bool, people: pd.DataFrame | None) -> DataFrame:
        calls, presence = (of_dates(night, table, month) for table in (INTL_CALLS, PRESENCE))
        hours = (nights.night_from, nights.night_to)
        return exposure_job.transform(
            calls, presence, lake.read(CELLS), month, provisional, conf.home.country, hours, conf.resolution, p
        )

    sources = (INTL_CALLS, PRESENCE)  # what is told of antennas later changes these
    looks = Looks(alone=True, derive=exposure_job.quotients)
    return release(night, INTL_CALL_EXPOSURE, asked, sources, counted, looks)


def segregation(night: "Night", days: Sequence[date] = (), asked: Sequence[date] = ()) -> Done:
    """Indices of segregation and diversity."""
    lake, p = night.lake, night.params["segregation"]
    sources = (RESIDENTS_BY_ORIGIN, INTL_CALL_EXPOSURE, POPULATION_MAP)
    news = [changed(night, SEGREGATION, source) for source in sources]
    found = due(night, SEGREGATION, asked, lambda m: any(is_new(m, clock.last_day(m)) for is_new in news))
    if not found.months:
        return None
    made = []
    for month, provisional in found.months.items():
        homes, calls = (
            in_pandas(of_month(night, t, month).toArrow()) for t in (RESIDENTS_BY_ORIGIN, INTL_CALL_EXPOSURE)
        )
        living = segregation_job.by_hour(of_dates(night, POPULATION_MAP, month))
        hours = in_pandas(living.toArrow())  # cells of a country by hour: no more than a map has
        made.append(segregation_job.transform(homes, calls, hours, month, provisional, p))
    frame = lake.frame(SEGREGATION, pd.concat(made, ignore_index=True))
    notes = {**found.notes, **consumed(night, sources)}
    night.audit.release(disclosure.unlocked(SEGREGATION, frame), sorted(found.months), notes)
    return f"{len(made)} months", len(made)
