"""The monthly tables of what crosses borders: corridors, flows between zones, communities."""

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

import pandas as pd
import pyarrow.compute as pc
from pyspark.sql import functions as F

from jobs import cross_border_communities as communities_job
from jobs import cross_border_corridors as corridors_job
from jobs import zone_flows as zones_job
from schemas import (
    BORDER_CROSSINGS,
    CELLS,
    CROSS_BORDER_COMMUNITIES,
    CROSS_BORDER_CORRIDORS,
    CROSS_BORDER_FLOWS,
    HOME_LOCATIONS,
    POPULATION_GRID,
    PRESENCE,
    ZONE_FLOWS,
)
from sojourn import clock, disclosure
from sojourn.lake import in_pandas, union
from sojourn.prevalence import fingerprint
from sojourn.steps import Done
from sojourn.steps.months import Due, changed, consumed, due, of_month
from sojourn.table import Table

if TYPE_CHECKING:
    from sojourn.night import Night


def _due(night: "Night", table: Table, asked: Sequence[date], sources: Sequence[Table]) -> Due:
    """The months that are due of a table whose sources, by dates or months, each tell of that month alone."""
    news = [changed(night, table, source) for source in sources]
    return due(night, table, asked, lambda month: any(is_new(month, clock.last_day(month)) for is_new in news))


def cross_border_corridors(night: "Night", days: Sequence[date] = (), asked: Sequence[date] = ()) -> Done:
    """Where, when and after how long a wait the home border was crossed in a month."""
    sources = (BORDER_CROSSINGS, HOME_LOCATIONS, POPULATION_GRID)
    found = _due(night, CROSS_BORDER_CORRIDORS, asked, sources)
    if not found.months:
        return None
    lake, conf, p = night.lake, night.conf, night.params["cross_border_corridors"]
    grid = lake.read(POPULATION_GRID) if conf.population else None
    frames = [
        corridors_job.transform(
            lake.read(BORDER_CROSSINGS).where(F.col("date").between(month, clock.last_day(month))),
            of_month(night, HOME_LOCATIONS, month),
            lake.read(CELLS),
            grid,
            month,
            provisional,
            conf.home.country,
            conf.home.time_zone,
            conf.disclosure.k,
            p,
        )
        for month, provisional in found.months.items()
    ]
    released = disclosure.release(CROSS_BORDER_CORRIDORS, union(frames), conf.disclosure.k)
    night.audit.release(released, sorted(found.months), {**found.notes, **consumed(night, sources)})
    return f"{len(frames)} months", len(frames)


def zone_flows(night: "Night", days: Sequence[date] = (), asked: Sequence[date] = ()) -> Done:
    """Who stayed in a zone that is not their own in a month."""
    sources = (PRESENCE, HOME_LOCATIONS, POPULATION_GRID, CROSS_BORDER_FLOWS)
    found = _due(night, ZONE_FLOWS, asked, sources)
    if not found.months:
        return None
    lake, conf, p = night.lake, night.conf, night.params["zone_flows"]
    grid = lake.read(POPULATION_GRID) if conf.population else None
    frames = [
        zones_job.transform(
            lake.read(PRESENCE).where(F.col("date").between(month, clock.last_day(month))),
            of_month(night, HOME_LOCATIONS, month),
            lake.read(CELLS),
            grid,
            month,
            provisional,
            conf.home.country,
            conf.weights.inbound,
            conf.disclosure.k,
            p,
        )
        for month, provisional in found.months.items()
    ]
    flows = lake.read(CROSS_BORDER_FLOWS)
    released = disclosure.release(
        ZONE_FLOWS,
        union(frames),
        conf.disclosure.k,
        lambda rows: zones_job.with_asymmetry(rows, flows, conf.home.country),
    )
    night.audit.release(released, sorted(found.months), {**found.notes, **consumed(night, sources)})
    return f"{len(frames)} months", len(frames)


def cross_border_communities(night: "Night", days: Sequence[date] = (), asked: Sequence[date] = ()) -> Done:
    """Which places belong together; month after month, for their numbers are kept."""
    table, lake, conf = CROSS_BORDER_COMMUNITIES, night.lake, night.conf
    sources, rates = (ZONE_FLOWS, CROSS_BORDER_FLOWS), night.prevalence
    news, told = [changed(night, table, source) for source in sources], {"risk": fingerprint(rates)}
    others = lake.consumed(table).get("risk", told["risk"]) != told["risk"]
    # numbers come from the months before: what changes a month changes all that follow
    found = due(night, table, asked, lambda month: others or any(is_new(date.min, month) for is_new in news))
    if not found.months:
        return None
    earlier = in_pandas(lake.rows(table))
    earlier = earlier[~earlier["month"].isin(list(found.months))]
    for month, provisional in sorted(found.months.items()):
        flows, trips = (in_pandas(lake.rows(source, pc.field("month") == month)) for source in sources)
        before = earlier[earlier["month"] < month]
        rows = communities_job.transform(
            flows, trips, before, month, provisional, conf.home.country, rates, night.params[table.name]
        )
        earlier = pd.concat([earlier, rows.astype(object)]) if len(rows) else earlier
    made = earlier[earlier["month"].isin(list(found.months))]
    released = disclosure.unlocked(table, lake.frame(table, made))
    night.audit.release(released, sorted(found.months), {**found.notes, **consumed(night, sources), **told})
    return f"{len(found.months)} months", len(found.months)
