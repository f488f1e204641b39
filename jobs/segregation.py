"""How unevenly groups share places, and how mixed places are: from published figures alone.

Method: sojourn/methods/segregation.py. By homes, units are administrative areas and groups the countries of SIMs; by
calls the countries called at night; over the day, units are H3 cells in one hour of weekdays or weekends and the group
is foreign SIMs, weighted by the hours spent (experienced segregation). A group that is not shown somewhere counts as
none there.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from schemas import INTL_CALL_EXPOSURE, POPULATION_MAP, RESIDENTS_BY_ORIGIN, SEGREGATION
from sojourn.cells import parent
from sojourn.errors import bounded
from sojourn.methods import segregation as method

READS, WRITES, EVERY = (RESIDENTS_BY_ORIGIN, INTL_CALL_EXPOSURE, POPULATION_MAP), SEGREGATION, "month"
ALL, VISITORS, WHOLE = "*", "visitors", "all"
# domain, area, period, origin, index, value, expected, units
Row = tuple[str, str, str, str, str, float, float | None, int]


@dataclass(frozen=True)
class Params:
    """How an index is made.

    draws: random allocations that its expectation is the mean of (200 or more). least_members: devices of a group below
    which nothing is said of it. resolution: H3, of the places of presence; finer rows of the map are added up to it,
    and coarser ones are left out. Defaults of this project.
    """

    draws: int = 200
    least_members: int = 50
    resolution: int = 6

    def __post_init__(self) -> None:
        bounds = {"draws": (method.FEWEST_DRAWS, 10_000), "least_members": (1, 10_000), "resolution": (0, 15)}
        bounded(self, "segregation", bounds)


def by_hour(living: DataFrame) -> DataFrame:
    """Rows of `population_map` as (weekend, hour, cell, resolution): mean persons and visitors of such an hour.

    As many rows as cells have hours, however many dates there are.
    """
    kind = living.where("cell is not null").withColumn("weekend", F.weekday("date") >= 5)
    days = kind.groupBy("weekend").agg(F.count_distinct("date").alias("dates"))
    whole = [
        F.sum(F.round(1e6 * F.coalesce(c, F.lit(0.0))).cast("bigint")).alias(c) for c in ("population", "visitors")
    ]
    summed = kind.groupBy("weekend", "hour", "cell", "resolution").agg(*whole)
    means = {c: F.col(c) / 1e6 / F.col("dates") for c in ("population", "visitors")}
    return summed.join(F.broadcast(days), "weekend").withColumns(means).drop("dates")


def transform(
    residents: pd.DataFrame, calls: pd.DataFrame, hours: pd.DataFrame, month: date, provisional: bool, p: Params
) -> pd.DataFrame:
    """Rows of one month.

    Args:
        residents: rows of `residents_by_origin` of the month.
        calls: rows of `intl_call_exposure` of the month.
        hours: rows of `by_hour`.
        month: its first day.
        provisional: what the rows say of themselves.
        p: parameters.
    """
    homes = residents.rename(columns={"home_country": "origin", "persons": "size"})
    zones = calls[calls["cell"].isna() & (calls["area"] != ALL) & (calls["country"] != ALL)]
    called = zones.rename(columns={"area": "zone", "country": "origin"}).assign(size=zones["devices"].astype(float))
    found = [*_residential("homes", homes, p), *_residential("calls", called, p), *_experienced(hours, p)]
    names = ["domain", "area", "period", "origin", "index", "value", "expected", "units"]
    rows = pd.DataFrame(found, columns=names).astype({"value": float, "expected": float, "units": "int32"})
    status = "P" if provisional else "A"
    rows = rows.assign(month=month, corrected=rows["value"] - rows["expected"], obs_status=status)
    return rows[SEGREGATION.given].sort_values(list(SEGREGATION.key), ignore_index=True)


def _residential(domain: str, rows: pd.DataFrame, p: Params) -> Iterator[Row]:
    """Indices of each group over zones, of all groups together, and the diversity of each zone and of all."""
    known = rows[rows["size"].notna()]
    if known.empty:
        return
    persons = known.pivot_table(index="zone", columns="origin", values="size", aggfunc="sum", fill_value=0).sort_index(
        axis=1
    )
    devices = known.groupby("origin")["devices"].sum().reindex(persons.columns).astype(int)
    table, every = persons.to_numpy(float), persons.to_numpy(float).sum(axis=1)
    enough = devices >= p.least_members
    for place, group in enumerate(persons.columns):
        if enough.iloc[place]:
            yield from _indices((domain, ALL, WHOLE, group), table[:, place], every, int(devices.iloc[place]), p)
    if enough.sum() > 1 and len(persons) > 1:
        many, members = table[:, enough.to_numpy()], devices[enough].to_numpy()
        chance = method.at_random_multigroup(many, members=members, draws=p.draws)
        yield domain, ALL, WHOLE, ALL, "theil", method.theil_multigroup(many), chance, len(persons)
    for area, counts in [*zip(persons.index, table, strict=True), (ALL, table.sum(axis=0))]:
        for name, index in (
            ("shannon", method.shannon),
            ("simpson", method.simpson),
            ("effective_number", method.effective_number),
        ):
            yield domain, str(area), WHOLE, ALL, name, index(counts), None, int((counts > 0).sum())


def _experienced(hours: pd.DataFrame, p: Params) -> Iterator[Row]:
    """Indices of foreign SIMs over places, hour by hour of weekdays and weekends."""
    fine = hours[hours["resolution"] >= p.resolution]
    if fine.empty:
        return
    fine = fine.assign(place=parent(fine["cell"].to_numpy(np.int64), p.resolution))
    summed = fine.groupby(["weekend", "hour", "place"])[["population", "visitors"]].sum()
    for (weekend, hour), rows in summed.groupby(level=["weekend", "hour"]):
        own = rows["visitors"].to_numpy(float)
        every, members = rows["population"].to_numpy(float) + own, round(own.sum())
        if members >= p.least_members:
            period = f"{'weekend' if weekend else 'weekday'} {hour:02}"
            yield from _indices(("presence", ALL, period, VISITORS), own, every, members, p)


def _indices(
    of: tuple[str, str, str, str], own: np.ndarray, every: np.ndarray, members: int, p: Params
) -> Iterator[Row]:
    lived = every > 0
    own, every = own[lived], every[lived]
    if len(every) < 2 or own.sum() in (0, every.sum()):
        return
    for name, index in method.INDICES.items():
        chance = method.at_random(index, own, every, members=members, draws=p.draws)
        yield *of, name, index(own, every), chance, len(every)
