"""What the page is made of: rows of published tables, reduced in Spark to what a page can hold.

Only `{lake}/published` is opened. A published table is committed after its checks have passed, so its newest version
is the one to show, and the record of the checks (restricted) is not needed to find it.
"""

from datetime import timedelta

import pandas as pd
import pyarrow as pa
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from schemas import (
    CLASS_TRANSITION,
    CROSS_BORDER_COMMUNITIES,
    CROSS_BORDER_CORRIDORS,
    CROSS_BORDER_FLOWS,
    INTL_MIGRATION_FLOW,
    NIGHT_QUALITY,
    POPULATION_GRID,
    POPULATION_MAP,
    RESIDENTS_BY_ORIGIN,
    TABLES,
    TRANSNATIONAL_STOCKS,
)
from sojourn.lake import Lake
from sojourn.table import Table

Frames = dict[str, pd.DataFrame]

WHOLE = {pa.int64(): pd.Int64Dtype(), pa.int32(): pd.Int32Dtype()}  # as floating point numbers, cells would lose digits
SMALL = (
    CROSS_BORDER_FLOWS,
    RESIDENTS_BY_ORIGIN,
    TRANSNATIONAL_STOCKS,
    CROSS_BORDER_CORRIDORS,
    CROSS_BORDER_COMMUNITIES,
)
YEARS = (INTL_MIGRATION_FLOW, CLASS_TRANSITION)  # of which the newest month tells the years
MONTHS = 13  # the newest, and the same month a year before
NIGHTS = 56  # eight weeks of quality


def frames(lake: Lake, days: int) -> Frames:
    """Published tables by name, each reduced to what is shown; those that are not there yet are left out.

    Args:
        lake: where.
        days: local dates of the map, the newest ones.
    """
    persons = [F.round(c).cast("bigint").alias(c) for c in ("population", "visitors", "p05", "p95")]
    found = {
        POPULATION_MAP: _newest(lake, POPULATION_MAP, days, "date", "hour", "cell", *persons, "obs_status"),
        NIGHT_QUALITY: _quality(lake),
        POPULATION_GRID: _grid(lake),
    }
    for table in (*SMALL, *YEARS):
        found[table] = _newest(lake, table, MONTHS * 31 if table in SMALL else 1, *_there(lake, table))
    return {t.name: f.toArrow().to_pandas(types_mapper=WHOLE.get) for t, f in found.items() if f is not None}


def _table(lake: Lake, table: Table) -> DataFrame | None:
    head = lake.head(table)
    return lake.read(table, head.version) if head else None


def _there(lake: Lake, table: Table) -> list[str]:
    """Its columns, but for those that a lake of a release before has not got yet."""
    rows = _table(lake, table)
    return [] if rows is None else [name for name in table.names if name in rows.columns]


def _newest(lake: Lake, table: Table, days: int, *columns: str | Column) -> DataFrame | None:
    """The rows of the last `days` up to the newest one."""
    rows = _table(lake, table)
    if rows is None:
        return None
    last = rows.agg(F.max(table.unit)).first()
    if last is None or last[0] is None:
        return rows.limit(0).select(*columns)
    return rows.where(F.col(table.unit) > F.lit(last[0] - timedelta(days=days))).select(*columns)


def _quality(lake: Lake) -> DataFrame | None:
    """The last nights up to the newest one, and all rows of tables without dates (theirs is that of a check)."""
    rows = _table(lake, NIGHT_QUALITY)
    if rows is None:
        return None
    dateless = F.col("table").isin([t.name for t in TABLES if not t.unit])
    last = rows.where(~dateless).agg(F.max("date")).first()
    if last is None or last[0] is None:
        return rows
    return rows.where(dateless | (F.col("date") > F.lit(last[0] - timedelta(days=NIGHTS))))


def _grid(lake: Lake) -> DataFrame | None:
    """Persons of the raster by zone."""
    rows = _table(lake, POPULATION_GRID)
    return rows.groupBy("zone", "year").agg(F.sum("population").alias("population")) if rows is not None else None
