"""What must be true of the antennas."""

from collections.abc import Mapping, Sequence
from datetime import date

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from expectations import count, gather, never, share, suite, within
from schemas.cells import CELLS

READS = (CELLS,)
MODE_CELL, RESOLUTIONS = 128, 16  # the first twelve bits of an H3 index of a cell: 0, mode 1, 000, resolution


def measure(frames: Mapping[str, DataFrame], units: Sequence[date]) -> DataFrame:
    """The whole register, under the landing day that changed it."""
    first, last = F.lit(date(1000, 1, 1)), F.lit(date(9999, 12, 31))
    start, end = F.coalesce("valid_from", first), F.coalesce("valid_to", last)
    earlier = Window.partitionBy("cell_id").orderBy(start, end).rowsBetween(Window.unboundedPreceding, -1)
    kind = F.shiftright("cell", 52) - MODE_CELL
    by_land = (
        frames["cells"]
        .withColumn("overlaps", start <= F.max(end).over(earlier))
        .groupBy("country")
        .agg(
            F.count("*").alias("n"),
            count(F.col("cell").isNull()).alias("unusable"),
            count(F.col("note") == "at_sea").alias("at_sea"),
            count(F.col("note") == "conflicting").alias("conflicting"),
            count(F.col("overlaps")).alias("overlaps"),
            count(start > end).alias("backwards"),
            count((kind < 0) | (kind >= RESOLUTIONS)).alias("not_h3"),
            F.min(kind).alias("coarsest"),
            F.max(kind).alias("finest"),
        )
    )
    names = ("unusable", "at_sea", "conflicting", "overlaps", "backwards", "not_h3")
    main_land = F.coalesce(F.max(F.when(F.col("country").isNotNull(), F.col("n"))), F.lit(0))
    landed = F.coalesce(F.sum(F.when(F.col("country").isNotNull(), F.col("n"))), F.lit(0))
    register = by_land.agg(
        F.sum("n").alias("rows"),
        *(F.sum(name).alias(name) for name in names),
        (landed - main_land).alias("elsewhere"),
        (F.max("finest") - F.min("coarsest")).alias("resolutions"),
    )
    tally = register.select(F.explode(F.lit(list(units))).alias("unit"), "*")
    shares = {f"share_{name}": share(name, "rows", 20) for name in ("unusable", "at_sea", "conflicting", "elsewhere")}
    return gather(units, tally, rates=shares)


SUITE = suite(
    "cells",
    within("warning", "there are antennas", "rows", 1),
    within("critical", "at most half of the antennas have unusable coordinates", "share_unusable", None, 0.5),
    within("warning", "at most one antenna in twenty has unusable coordinates", "share_unusable", None, 0.05),
    within("warning", "at most one antenna in twenty stands in the sea", "share_at_sea", None, 0.05),
    within(
        "critical", "at most one antenna in ten has entries that contradict each other", "share_conflicting", None, 0.1
    ),
    never("warning", "no antenna has entries that contradict each other", "conflicting"),
    within("info", "at most one antenna in five stands in another country than most", "share_elsewhere", None, 0.2),
    never("critical", "no antenna is in two places at one time", "overlaps"),
    never("critical", "no antenna is gone before it came", "backwards"),
    never("critical", "every cell is an H3 cell", "not_h3"),
    never("critical", "all cells have one resolution", "resolutions"),
)
