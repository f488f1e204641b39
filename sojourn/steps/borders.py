"""The monthly tables of what crosses borders: corridors, flows between zones, communities."""

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

import pandas as pd
import pyarrow.compute as pc
from pyspark.sql import DataFrame

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
    INTL_CALL_EXPOSURE,
    POPULATION_GRID,
    PRESENCE,
    ZONE_FLOWS,
)
from sojourn import disclosure
from sojourn.lake import in_pandas
from sojourn.prevalence import fingerprint
from sojourn.steps import Done
from sojourn.steps.months import Looks, changed, consumed, due, of_dates, of_month, release

if TYPE_CHECKING:
    from sojourn.night import Night


def cross_border_corridors(night: "Night", days: Sequence[date] = (), asked: Sequence[date] = ()) -> Done:
    """Where, when and after how long a wait the home border was crossed in a month."""
    lake, conf, p = night.lake, night.conf, night.params["cross_border_corridors"]

    def counted(month: date, provisional: bool, people: pd.DataFrame | None) -> DataFrame:
        crossings, homes = of_dates(night, BORDER_CROSSINGS, month), of_month(night, HOME_LOCATIONS, month)
        home, k = conf.home, conf.disclosure.k
        return corridors_job.transform(
            crossings, homes, lake.read(CELLS), people, month, provisional, home.country, home.time_zone, k, p
        )

    sources = (BORDER_CROSSINGS, HOME_LOCATIONS, POPULATION_GRID)
    return release(night, CROSS_BORDER_CORRIDORS, asked, sources, counted, Looks(alone=True))


def zone_flows(night: "Night", days: Sequence[date] = (), asked: Sequence[date] = ()) -> Done:
    """Who stayed in a zone that is not their own in a month."""
    lake, conf, p = night.lake, night.conf, night.params["zone_flows"]

    def counted(month: date, provisional: bool, people: pd.DataFrame | None) -> DataFrame:
        presence, homes = of_dates(night, PRESENCE, month), of_month(night, HOME_LOCATIONS, month)
        inbound, k = conf.weights.inbound, conf.disclosure.k
        return zones_job.transform(
            presence, homes, lake.read(CELLS), people, month, provisional, conf.home.country, inbound, k, p
        )

    def asymmetric(rows: DataFrame) -> DataFrame:
        return zones_job.with_asymmetry(rows, lake.read(CROSS_BORDER_FLOWS), conf.home.country)

    sources = (PRESENCE, HOME_LOCATIONS, POPULATION_GRID, CROSS_BORDER_FLOWS)
    return release(night, ZONE_FLOWS, asked, sources, counted, Looks(alone=True, derive=asymmetric))


def cross_border_communities(night: "Night", days: Sequence[date] = (), asked: Sequence[date] = ()) -> Done:
    """Which places belong together; month after month, for their numbers are kept."""
    table, lake, conf = CROSS_BORDER_COMMUNITIES, night.lake, night.conf
    sources, rates = (ZONE_FLOWS, CROSS_BORDER_FLOWS, INTL_CALL_EXPOSURE), night.prevalence
    news, told = [changed(night, table, source) for source in sources], {"risk": fingerprint(rates)}
    others = lake.consumed(table).get("risk", told["risk"]) != told["risk"]
    # numbers come from the months before: what changes a month changes all that follow
    found = due(night, table, asked, lambda month: others or any(is_new(date.min, month) for is_new in news))
    if not found.months:
        return None
    earlier = in_pandas(lake.rows(table))
    earlier = earlier[~earlier["month"].isin(list(found.months))]
    for month, provisional in sorted(found.months.items()):
        flows, trips, exposure = (in_pandas(lake.rows(source, pc.field("month") == month)) for source in sources)
        before = earlier[earlier["month"] < month]
        rows = communities_job.transform(
            flows, trips, exposure, before, month, provisional, conf.home.country, rates, night.params[table.name]
        )
        earlier = pd.concat([earlier, rows.astype(object)]) if len(rows) else earlier
    made = earlier[earlier["month"].isin(list(found.months))]
    released = disclosure.unlocked(table, lake.frame(table, made))
    night.audit.release(released, sorted(found.months), {**found.notes, **consumed(night, sources), **told})
    return f"{len(found.months)} months", len(found.months)
