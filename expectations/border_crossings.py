"""What must be true of crossings from one country into another on a date."""

from collections.abc import Mapping, Sequence
from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from expectations import count, gather, never, of, share, suite, within
from schemas.border_crossings import BORDER_CROSSINGS
from schemas.country_runs import COUNTRY_RUNS

READS = (BORDER_CROSSINGS, COUNTRY_RUNS)
LONG_HOURS = 24


def measure(frames: Mapping[str, DataFrame], units: Sequence[date]) -> DataFrame:
    """The dates' crossings, and how often their runs change country within the date."""
    last, first = F.col("last_cell").isNotNull(), F.col("first_cell").isNotNull()
    leaves, returns = (F.col(c) == F.col("home_country") for c in ("from_country", "to_country"))
    rows = of(frames["border_crossings"], "date", units)
    crossings = rows.groupBy("unit").agg(
        F.count("*").alias("rows"),
        F.approx_count_distinct("device").alias("devices"),
        (F.count("*") - F.count_distinct("device", "at")).alias("repeated"),
        count(F.col("from_country") == F.col("to_country")).alias("nowhere"),
        count(F.col("gap_hours") < 0).alias("backwards"),
        count(last & first).alias("two_cells"),
        F.count_distinct(F.when(last, F.col("from_country")).when(first, F.col("to_country"))).alias("lands"),
        count(leaves | returns).alias("at_home"),
        count((leaves & ~last) | (returns & ~first)).alias("unplaced"),
        count(F.col("gap_hours") > LONG_HOURS).alias("long"),
        count(F.col("accidental")).alias("accidental"),
        count(F.col("accidental") & ~(leaves | returns)).alias("accidental_abroad"),
    )
    of_runs = of(frames["country_runs"], "date", units).groupBy("unit", "device").agg(F.count("*").alias("n"))
    runs = of_runs.groupBy("unit").agg(F.sum("n").alias("runs"), F.sum(F.col("n") - 1).alias("within"))
    missed = F.greatest(F.col("within") - F.col("rows"), F.lit(0.0)) / F.col("within")
    rates = {
        "invented": F.greatest(F.col("rows") - F.col("runs"), F.lit(0.0)),
        "share_missed": F.when(F.col("within") >= 1, missed),
        "share_unplaced": share("unplaced", "at_home", 100),
        "share_long": share("long", "rows", 100),
        "share_accidental": share("accidental", "rows", 100),
        "crossings_per_device": share("rows", "devices"),
    }
    return gather(units, crossings, runs, rates=rates)


SUITE = suite(
    "border_crossings",
    never("critical", "no device crosses twice at one instant", "repeated"),
    never("critical", "every crossing is from one country into another", "nowhere"),
    never("critical", "no crossing ends before it began", "backwards"),
    never("critical", "no crossing has a home cell on both of its sides", "two_cells"),
    within("critical", "home cells are of one country", "lands", None, 1),
    never("critical", "every crossing is the beginning of a run", "invented"),
    within(
        "critical", "at most one change of country within a date in a hundred is missed", "share_missed", None, 0.01
    ),
    within(
        "warning",
        "there are between a tenth and five times the crossings of the seven dates before",
        "rows_drift",
        0.1,
        5,
    ),
    within("warning", "at most one crossing of the home border in five has no home cell", "share_unplaced", None, 0.2),
    within("warning", "at most half of the crossings follow a silence of more than a day", "share_long", None, 0.5),
    within("warning", "who crosses, crosses at most ten times a day on average", "crossings_per_device", None, 10),
    never("critical", "every accidental crossing leaves home or returns", "accidental_abroad"),
    within("warning", "at most half of the crossings are accidental", "share_accidental", None, 0.5),
    within("info", "crossings that are accidental", "accidental", 0),
    within("info", "somebody crossed a border", "rows", 1),
    within("info", "crossings are of someone", "devices", 1),
)
