"""What must be true of the map of people, hour by hour."""

from collections.abc import Mapping, Sequence
from datetime import date

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from expectations import count, gather, nested, never, of, resolution, share, suite, total, within
from schemas.population_grid import POPULATION_GRID
from schemas.population_map import POPULATION_MAP
from schemas.presence import PRESENCE

READS = (POPULATION_MAP, POPULATION_GRID, PRESENCE)
COARSEST = 4
AT_HOME = 3
ENOUGH = 50  # devices behind a cell whose interval is judged
COUNTED = ("mass_wrong", "sums_wrong", "few", "lost", "width", "share_model_error")  # told while it is being published


def measure(frames: Mapping[str, DataFrame], units: Sequence[date]) -> DataFrame:
    """The rows as published, in their order in space, the grid, and what was counted, where it is at hand."""
    rows = of(frames["population_map"], "date", units)
    figures = [F.coalesce(F.col(c), F.lit(0)) for c in ("population", "visitors", "p05", "p95")]
    persons, cell = F.col("population"), F.col("cell")
    dates = rows.groupBy("unit").agg(
        F.count("*").alias("rows"),
        (F.count("*") - F.count_distinct(F.struct("hour", "cell"))).alias("repeated"),
        F.count_distinct("hour").alias("hours"),
        count(~F.col("hour").between(0, 23)).alias("no_hour"),
        count(F.least(*figures) < 0).alias("negative"),
        count(~persons.between(F.col("p05"), F.col("p95"))).alias("outside"),
        count(cell.isNull() != (F.col("h3").isNull() & F.col("resolution").isNull())).alias("half_named"),
        count((F.lower(F.hex("cell")) != F.col("h3")) | (resolution() != F.col("resolution"))).alias("misnamed"),
        total("population").alias("persons"),
        total(F.when(cell.isNull(), persons)).alias("persons_left"),
        total(F.when(F.col("obs_status") == "U", persons)).alias("persons_unsure"),
        total(F.when(F.col("hour") == AT_HOME, persons)).alias("persons_at_night"),
        (F.count_distinct(F.nullif("obs_status", F.lit("U"))) > 1).cast("int").alias("mixed"),
    )
    heard = (
        of(frames["presence"], "date", units).groupBy("unit").agg(F.bit_count(F.bit_or("hours")).alias("hours_heard"))
    )
    grid = frames["population_grid"].agg(total("population").alias("grid_persons"))
    whole = grid.select(F.explode(F.lit(list(units))).alias("unit"), "*")
    tallies = [dates, nested(rows, "overlaps", "unit", "hour"), heard, whole]
    told: dict[str, Column] = {name: F.lit(None) for name in COUNTED}
    if (raw := frames.get("population_map.counted")) is not None:
        counted = of(raw, "date", units)
        tallies += [_sums(counted, frames["population_grid"]), _behind(rows, counted)]
        tallies.append(
            counted.groupBy("unit").agg(F.count("*").alias("rows_counted"), F.max("model_error").alias("model_error"))
        )
        told = {"lost": F.col("rows_counted") - F.col("rows"), "width": F.when(F.col("judged") > 0, F.col("width"))}
        told["share_model_error"] = F.when(F.col("rows_counted") > 0, F.col("model_error"))
    rates = {
        "population": share("persons", "hours"),
        "hours_drawn": F.when(F.col("rows") > 0, F.col("hours")),  # before anybody has a home there is none
        "share_left": share("persons_left", "persons"),
        "share_unsure": share("persons_unsure", "persons"),
        "share_at_night": F.when(F.col("persons_at_night") > 0, share("persons_at_night", "grid_persons")),
        **told,
    }
    return gather(units, *tallies, rates=rates)


def _sums(counted: DataFrame, grid: DataFrame) -> DataFrame:
    """Hours in which the map, those abroad and the grid do not add up, in whole micro-persons."""
    micro = F.rint(F.col("population") * 1_000_000).cast("bigint")
    hours = counted.groupBy("unit", "hour").agg(
        F.sum("persons").alias("mapped"), F.max("present").alias("present"), F.max("abroad").alias("abroad")
    )
    hours = hours.crossJoin(F.broadcast(grid.agg(F.sum(micro).alias("grid"))))
    return hours.groupBy("unit").agg(
        count(F.col("present") + F.col("abroad") != F.col("grid")).alias("mass_wrong"),
        count(F.col("mapped") != F.col("present")).alias("sums_wrong"),
    )


def _behind(rows: DataFrame, counted: DataFrame) -> DataFrame:
    """What the published rows rest on, and how wide their intervals are where much does."""
    raw = counted.select("unit", "hour", "cell", "n", "visitor_n", "k")
    key = [rows[c].eqNullSafe(raw[c]) for c in ("unit", "hour", "cell")]
    beside = rows.join(raw, key, "left").select(rows["*"], "n", "visitor_n", "k")
    enough = F.col("n") >= F.col("k")
    few = ~F.coalesce(enough, F.lit(False)) | (F.col("visitors").isNotNull() & (F.col("visitor_n") < F.col("k")))
    judged = (F.col("n") >= ENOUGH) & (F.col("population") > 0)
    width = (F.col("p95") - F.col("p05")) / F.col("population")
    return beside.groupBy("unit").agg(
        count(few).alias("few"),
        count(judged).alias("judged"),
        F.median(F.when(judged, width)).alias("width"),
    )


SUITE = suite(
    "population_map",
    never("critical", "a cell has one row an hour", "repeated"),
    never("critical", "every hour is one of the clock", "no_hour"),
    never("critical", "cells of one hour do not overlap", "overlaps"),
    never("critical", "no figure is negative", "negative"),
    never("critical", "every population lies in its interval", "outside"),
    never("critical", "a row has a name and a resolution where it has a cell", "half_named"),
    never("critical", "every cell has its usual name and its own resolution", "misnamed"),
    never("critical", "homes are provisional for a whole date or not at all", "mixed"),
    never(
        "critical", "who is present and who is abroad are the persons of the grid, to the micro-person", "mass_wrong"
    ),
    never("critical", "the rows of an hour are those present, to the micro-person", "sums_wrong"),
    never("critical", "no figure rests on fewer than k devices", "few"),
    never("critical", "every row that was counted is published", "lost"),
    within("warning", "a date that has a map has one of every hour", "hours_drawn", 24, 24),
    within("info", "there is a map", "rows", 1),
    within("warning", "signs were heard in at least 20 hours of the date", "hours_heard", 20, 24),
    within("warning", "at night there are four fifths of the grid's persons or more", "share_at_night", 0.8, 1.05),
    within(
        "warning", "there are as many people as on the seven dates before, within a tenth", "population_drift", 0.9, 1.1
    ),
    within("info", "the mean hour has people", "population", 1),
    within("warning", "at most a fifth of the people are in what remains", "share_left", None, 0.2),
    within("warning", "at most a third of the people are in cells that are unreliable", "share_unsure", None, 0.33),
    within("info", "where 50 devices are behind a cell, its interval is at most 0.6 of it wide", "width", None, 0.6),
    within("warning", "at night the map is within 0.15 of the grid, beyond sampling", "share_model_error", None, 0.15),
)
