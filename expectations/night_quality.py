"""What must be true of the page on how good a night is."""

from collections.abc import Mapping, Sequence
from datetime import date
from functools import reduce

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from expectations import count, gather, never, of, suite, within
from schemas.night_quality import NIGHT_QUALITY

READS = (NIGHT_QUALITY,)
SHARES = ("share_rejected", "share_unplaced", "cells_reporting_share")


def measure(frames: Mapping[str, DataFrame], units: Sequence[date]) -> DataFrame:
    """A row per table."""
    outside = reduce(
        lambda left, right: left | right, (F.coalesce(~F.col(s).between(0, 1), F.lit(False)) for s in SHARES)
    )
    nights = (
        of(frames["night_quality"], "date", units)
        .groupBy("unit")
        .agg(
            F.count("*").alias("tables"),
            (F.count("*") - F.count_distinct("table")).alias("repeated"),
            count(outside).alias("outside_shares"),
            count((F.col("rows") < 0) | (F.col("checks_failed") < 0)).alias("negative"),
            count((F.col("obs_status") == "Q") != F.col("rows").isNull()).alias("half_suppressed"),
        )
    )
    return gather(units, nights)


SUITE = suite(
    "night_quality",
    never("critical", "a table has one row a day", "repeated"),
    never("critical", "every share lies between 0 and 1", "outside_shares"),
    never("critical", "no count is negative", "negative"),
    never("critical", "rows are hidden where the row is marked suppressed, and only there", "half_suppressed"),
    within("warning", "the night has a row for a table", "tables", 1),
)
