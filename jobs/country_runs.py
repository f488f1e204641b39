"""In which country each device was, and from when to when, day by day."""

from dataclasses import dataclass

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from schemas import COUNTRY_RUNS, EVENTS
from sojourn.methods.countries import as_number, as_text

READS, WRITES, EVERY = (EVENTS,), COUNTRY_RUNS, "date"
# A total order of signs: equal instants must not depend on files or partitions.
SIGN = ("at", "country", "cell", "serving_plmn")


@dataclass(frozen=True)
class Params:
    """None: a run is a fact."""


def transform(places: DataFrame, events: DataFrame, p: Params) -> DataFrame:
    """Rows of `country_runs` for the dates of these events.

    Most devices are in one country all day: of their many signs at a place only the first and the last matter. Only
    those with signs in two countries cost a look at all events, and a sort.

    Args:
        places: rows of IN_NETWORKS (`sojourn.methods.gathering`) of the events.
        events: rows of `events`.
        p: parameters.
    """
    days = places.groupBy("date", "device").agg((F.min("country") == F.max("country")).alias("one"))
    stay = places.join(days.where("one"), ["date", "device"], "left_semi").withColumn("run", F.lit(0))
    signs = events.where("country is not null").select(
        "date",
        "device",
        as_number("home_country").alias("home_country"),
        as_number("country").alias("country"),
        "serving_plmn",
        "at",
        "cell",
    )
    move = _in_one_country(signs.join(days.where("not one"), ["date", "device"], "left_semi"))
    order = Window.partitionBy("date", "device").orderBy(*[F.col(c).asc_nulls_last() for c in SIGN])
    changed = F.coalesce((F.col("country") != F.lag("country").over(order)).cast("int"), F.lit(0))
    before = order.rowsBetween(Window.unboundedPreceding, Window.currentRow)
    runs = move.withColumn("changed", changed).withColumn("run", F.sum("changed").over(before).cast("int"))
    runs = runs.select(
        *signs.columns,
        F.col("at").alias("last_at"),
        F.lit(1).cast("bigint").alias("n"),
        "run",
    )
    return _summed(stay.drop("hours").unionByName(runs)).select(*COUNTRY_RUNS.names)


def _in_one_country(signs: DataFrame) -> DataFrame:
    """Signs of an instant that has signs in several countries count in one of them: two runs must not begin at once.

    It is the country of the sign before, if that is among them, else the first by its letters.
    """
    instants = Window.partitionBy("date", "device").orderBy(F.unix_micros("at"))
    earlier = instants.rangeBetween(Window.unboundedPreceding, -1)
    before = F.max(F.struct("at", "country")).over(earlier).getField("country")
    among = F.collect_set("country").over(instants.rangeBetween(0, 0))
    there = F.when(F.array_contains(among, before), before).otherwise(F.array_min(among))
    settled = signs.withColumn("there", there)
    of_it = F.col("country") == F.col("there")  # another country's cell and network are none of this one
    columns = {c: F.when(of_it, F.col(c)) for c in ("cell", "serving_plmn")}
    return settled.withColumns(columns).withColumn("country", F.col("there")).drop("there")


def _summed(parts: DataFrame) -> DataFrame:
    """Parts of runs as runs. The cell of a sign without one is that of the nearest sign in the run that has one."""
    first, last = F.struct("at", "cell", "serving_plmn"), F.struct("last_at", "cell", "serving_plmn")
    has_cell, network = F.col("cell").isNotNull(), F.struct("at", F.isnull("serving_plmn"), "cell", "serving_plmn")
    one = parts.groupBy("date", "device", "country", "run").agg(
        F.min("home_country").alias("home_country"),
        F.min("at").alias("first_at"),
        F.max("last_at").alias("last_at"),
        F.min(F.when(has_cell, first)).alias("first"),
        F.max(F.when(has_cell, last)).alias("last"),
        F.min(network).getField("serving_plmn").alias("serving_plmn"),
        F.sum("n").alias("n_events"),
    )
    return one.withColumns(
        {
            "first_cell": F.col("first.cell"),
            "last_cell": F.col("last.cell"),
            "country": as_text("country"),
            "home_country": as_text("home_country"),
        }
    )
