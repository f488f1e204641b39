"""The tables of months that tell who calls and lives where, by country: made of calls, homes and the map."""

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

import pandas as pd
from pyspark.sql import functions as F

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
from sojourn.lake import in_pandas, union
from sojourn.steps import Done
from sojourn.steps.months import changed, consumed, due, of_month
from sojourn.table import Table

if TYPE_CHECKING:
    from sojourn.night import Night


def _touched(night: "Night", table: Table, sources: Sequence[Table], month: date) -> bool:
    """Whether the month, or a date in it, of a source has changed since the table last looked."""
    return any(changed(night, table, source)(month, clock.last_day(month)) for source in sources)


def intl_call_exposure(night: "Night", days: Sequence[date] = (), asked: Sequence[date] = ()) -> Done:
    """Which countries people call at night, from where."""
    lake, conf, p, nights = night.lake, night.conf, night.params["intl_call_exposure"], night.params["home_locations"]
    sources = (INTL_CALLS, PRESENCE)  # what is told of antennas later changes these
    found = due(night, INTL_CALL_EXPOSURE, asked, lambda m: _touched(night, INTL_CALL_EXPOSURE, sources, m))
    if not found.months:
        return None
    frames = []
    for month, provisional in found.months.items():
        within = F.col("date").between(month, clock.last_day(month))
        frames.append(
            exposure_job.transform(
                lake.read(INTL_CALLS).where(within),
                lake.read(PRESENCE).where(within),
                lake.read(CELLS),
                month,
                provisional,
                conf.home.country,
                (nights.night_from, nights.night_to),
                conf.resolution,
                p,
            )
        )
    released = disclosure.release(INTL_CALL_EXPOSURE, union(frames), conf.disclosure.k, exposure_job.quotients)
    night.audit.release(released, sorted(found.months), {**found.notes, **consumed(night, sources)})
    return f"{len(frames)} months", len(frames)


def segregation(night: "Night", days: Sequence[date] = (), asked: Sequence[date] = ()) -> Done:
    """Indices of segregation and diversity."""
    lake, p = night.lake, night.params["segregation"]
    sources = (RESIDENTS_BY_ORIGIN, INTL_CALL_EXPOSURE, POPULATION_MAP)
    found = due(night, SEGREGATION, asked, lambda m: _touched(night, SEGREGATION, sources, m))
    if not found.months:
        return None
    made = []
    for month, provisional in found.months.items():
        living = lake.read(POPULATION_MAP).where(F.col("date").between(month, clock.last_day(month)))
        homes, calls = (
            in_pandas(of_month(night, t, month).toArrow()) for t in (RESIDENTS_BY_ORIGIN, INTL_CALL_EXPOSURE)
        )
        hours = in_pandas(
            segregation_job.by_hour(living).toArrow()
        )  # cells of a country by hour: no more than a map has
        made.append(segregation_job.transform(homes, calls, hours, month, provisional, p))
    frame = lake.frame(SEGREGATION, pd.concat(made, ignore_index=True))
    notes = {**found.notes, **consumed(night, sources)}
    night.audit.release(disclosure.unlocked(SEGREGATION, frame), sorted(found.months), notes)
    return f"{len(made)} months", len(made)
