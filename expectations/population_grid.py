"""What must be true of the persons by place."""

from collections.abc import Mapping, Sequence
from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from expectations import count, gather, never, share, suite, total, within
from schemas.population_grid import POPULATION_GRID

READS = (POPULATION_GRID,)
MODE_CELL, RESOLUTIONS = 128, 16  # the first twelve bits of an H3 index of a cell: 0, mode 1, 000, resolution
KEPT = 1e-9  # of all persons, the most that may be lost or won on the way


def measure(frames: Mapping[str, DataFrame], units: Sequence[date]) -> DataFrame:
    """The whole grid, under the landing day that changed it; beside what the raster told, where that is at hand."""
    kind, persons = F.shiftright("cell", 52) - MODE_CELL, F.col("population")
    grid = frames["population_grid"].agg(
        F.count("*").alias("rows"),
        (F.count("*") - F.count_distinct("cell")).alias("repeated"),
        total("population", 1_000_000_000).alias("persons"),
        count((persons < 0) | F.isnan("population") | (persons == float("inf"))).alias("no_count"),
        count((kind < 0) | (kind >= RESOLUTIONS)).alias("not_h3"),
        (F.max(kind) - F.min(kind)).alias("resolutions"),
        count(F.lower(F.hex("cell")) != F.col("h3")).alias("misnamed"),
        F.max(persons / F.col("area_km2")).alias("densest"),
        (F.max("year") - F.min("year")).alias("years"),
        F.max("year").alias("year"),
        count(F.col("zone").isNull()).alias("zoneless"),
    )
    tallies = [grid]
    if (told := frames.get("population_grid.counted")) is not None:
        tallies.append(told.select(*(F.col(c).alias(f"raster_{c}") for c in told.columns)))
    whole = [t.select(F.explode(F.lit(list(units))).alias("unit"), "*") for t in tallies]
    nothing = {"share_kept": F.lit(None), "share_negative": F.lit(None)}  # not at hand: nothing to look at
    pixels = F.col("raster_inhabited") + F.col("raster_negative") + F.col("raster_empty")
    beside = {"share_kept": share("persons", "raster_persons"), "share_negative": F.col("raster_negative") / pixels}
    rates = {
        "half_zoned": F.when(F.col("zoneless") < F.col("rows"), F.col("zoneless")).otherwise(F.lit(0)),
        "years_old": F.when(F.col("rows") > 0, F.year("unit") - F.col("year")),
        **(nothing if told is None else beside),
    }
    return gather(units, *whole, rates=rates)


SUITE = suite(
    "population_grid",
    within("critical", "somebody lives somewhere", "persons", 1),
    within("info", "cells are inhabited", "rows", 1),
    never("critical", "a cell has one row", "repeated"),
    within("critical", "the grid has all persons of the raster, and no more", "share_kept", 1 - KEPT, 1 + KEPT),
    never("critical", "no cell has fewer persons than none", "no_count"),
    never("critical", "every cell is an H3 cell", "not_h3"),
    never("critical", "all cells have one resolution", "resolutions"),
    never("critical", "every cell has its usual name", "misnamed"),
    within("critical", "nowhere do two million persons live on a square kilometre", "densest", None, 2_000_000),
    within("warning", "at most 100,000 persons live on a square kilometre", "densest", None, 100_000),
    never("critical", "the whole grid is of one year", "years"),
    within("critical", "the year is one of those that have rasters", "year", 1900, 2100),
    within("warning", "the raster is at most ten years old, and at most five ahead", "years_old", -5, 10),
    never("critical", "every cell has a zone, or none has", "half_zoned"),
    never("warning", "no pixel of the raster has fewer persons than none", "share_negative"),
)
