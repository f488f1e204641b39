"""Phones that the network across the border caught while their owners stayed where they were, on both sides of it.

An operator's own phone that is abroad for minutes, between signs at home just before and after, was caught: the belt
in which that happens is learnt from these. Once it is known, phones that give few signs, and foreign ones which nobody
hears at home, can be told too. What is left out here are runs; `country_runs` and the contract's tables keep all.

Source: accidental border roaming is named by UN-CEBD; 30 and 60 minutes are this project's.
"""

from dataclasses import dataclass

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from sojourn.cells import coarser
from sojourn.methods.brief import seconds
from sojourn.methods.stays import in_order

KEY = ("device", "date", "first_at")
REGION = 6  # H3 resolution of the belt: hexagons of some 36 km², of several antennas


@dataclass(frozen=True)
class Catch:
    """What is no stay.

    minutes: signs of a catch span fewer (0: nothing is one). bracket_minutes: from the last sign at home, and to the
    next; enough times (belt_catches) in a hexagon, and it is of the belt. bracket_hours: the same for a phone that was
    caught belt_catches times, if one of the two signs is in the belt. spill_share: of the dates of a foreign phone here
    on which it was heard in the belt alone, for fewer minutes, from which on these are no stays (above 1: never).
    """

    minutes: int
    bracket_minutes: int
    bracket_hours: int
    belt_catches: int
    spill_share: float


def without_catches(runs: DataFrame, home: str, rule: Catch) -> DataFrame:
    """The runs that are no catches.

    Args:
        runs: rows of `country_runs`, of whole devices.
        home: country of the operator.
        rule: parameters.
    """
    if rule.minutes == 0:
        return runs
    for name in {"first_cell", "last_cell"} - set(runs.columns):
        runs = runs.withColumn(name, F.lit(None).cast("bigint"))
    told = _between(runs, home, rule)
    sure = told.where("sure")
    belt = (
        sure.select(F.explode(F.array("region_before", "region_after")).alias("region"))
        .groupBy("region")
        .agg(F.count("*").alias("n"))
        .where(F.col("n") >= rule.belt_catches)
        .select("region")
    )
    often = sure.groupBy("device").agg(F.count("*").alias("n")).where(F.col("n") >= rule.belt_catches).select("device")
    loose = told.where("loose and not sure").join(often, "device", "left_semi")
    near = (F.col("region_before") == F.col("region")) | (F.col("region_after") == F.col("region"))
    found = sure.select(*KEY).unionByName(loose.join(F.broadcast(belt), near, "left_semi").select(*KEY))
    if rule.spill_share <= 1:
        found = found.unionByName(_spilt(runs, home, belt, rule))
    return runs.join(found, list(KEY), "left_anti")


def loose(trips: DataFrame, crossings: DataFrame, home: str, rule: Catch) -> DataFrame:
    """Of trips with their crossings, those that only who knows the belt tells to be catches: (device, departed_at).

    The sure ones are those that are `accidental`; the belt is where these were before and after.

    Args:
        trips: rows of `trips`.
        crossings: rows of `border_crossings` of the same time, and of as long before it as the belt is to be learnt of.
        home: country of the operator.
        rule: parameters; a bracket of no hours: there are none.
    """
    sure = crossings.where("accidental").select(
        "device", F.coalesce("first_cell", "last_cell").alias("cell"), "to_country"
    )
    belt = sure.groupBy(region("cell").alias("region")).agg(F.count("*").alias("n"))
    belt = belt.where((F.col("n") >= rule.belt_catches) & F.col("region").isNotNull()).select("region")
    often = sure.where(F.col("to_country") == home).groupBy("device").agg(F.count("*").alias("n"))
    often = often.where(F.col("n") >= rule.belt_catches).select("device")
    own = F.equal_null("home_country", F.lit(home)) & ~F.coalesce("accidental", F.lit(False))
    brief = trips.where(own & (seconds("departed_at", "last_at") < rule.minutes * 60)).select(
        "device", "departed_at", "returned_at"
    )
    near = F.col("gap_hours") <= rule.bracket_hours
    left = crossings.where(near & (F.col("from_country") == home)).select(
        "device", F.col("at").alias("departed_at"), region("last_cell").alias("region_before")
    )
    back = crossings.where(near & (F.col("to_country") == home)).select(
        "device", F.col("at").alias("returned_at"), region("first_cell").alias("region_after")
    )
    between = (
        brief.join(often, "device", "left_semi")
        .join(left, ["device", "departed_at"])
        .join(back, ["device", "returned_at"])
    )
    inside = (F.col("region_before") == F.col("region")) | (F.col("region_after") == F.col("region"))
    return between.join(F.broadcast(belt), inside, "left_semi").select("device", "departed_at")


def region(cell: str) -> Column:
    """The hexagon of the belt that an H3 cell lies in; the cell itself where it is no finer."""
    return F.coalesce(coarser(F.col(cell), REGION), F.col(cell))


def _brief(rule: Catch) -> Column:
    return seconds("first_at", "last_at") < rule.minutes * 60


def _between(runs: DataFrame, home: str, rule: Catch) -> DataFrame:
    """Brief runs abroad of the operator's own phones between two at home: sure ones, and those that may be."""
    own = runs.where(F.equal_null("home_country", F.lit(home)))
    movers = own.where(F.col("country") != home).select("device").distinct()
    mine, order = in_order(own.join(movers, "device", "left_semi"))
    beside = mine.withColumns(
        {
            "country_before": F.lag("country").over(order),
            "heard": F.lag("last_at").over(order),
            "cell_before": F.lag("last_cell").over(order),
            "country_after": F.lead("country").over(order),
            "next_at": F.lead("first_at").over(order),
            "cell_after": F.lead("first_cell").over(order),
        }
    )
    there = (F.col("country") != home) & (F.col("country_before") == home) & (F.col("country_after") == home)
    silence = F.greatest(seconds("heard", "first_at"), seconds("last_at", "next_at")) / 60
    told = beside.where(there & _brief(rule)).withColumns(
        {
            "region_before": region("cell_before"),
            "region_after": region("cell_after"),
            "sure": silence <= rule.bracket_minutes,
            "loose": silence <= rule.bracket_hours * 60,
        }
    )
    return told.where(F.col("loose") | F.col("sure"))


def _spilt(runs: DataFrame, home: str, belt: DataFrame, rule: Catch) -> DataFrame:
    """Brief runs in the belt of foreign phones that are hardly ever heard otherwise."""
    guests = runs.where(~F.equal_null("home_country", F.lit(home)) & (F.col("country") == home))
    first, last = (F.broadcast(belt.withColumnRenamed("region", name)) for name in ("first_region", "last_region"))
    seen = guests.withColumns({"first_region": region("first_cell"), "last_region": region("last_cell")})
    inside = seen.join(first.withColumn("begins", F.lit(True)), "first_region", "left").join(
        last.withColumn("ends", F.lit(True)), "last_region", "left"
    )
    caught = F.coalesce(F.col("begins") & F.col("ends"), F.lit(False)) & _brief(rule)
    whole = Window.partitionBy("device")
    share = F.avg(F.col("caught").cast("int")).over(whole)
    told = inside.withColumn("caught", caught).withColumn("share", share)
    return told.where(F.col("caught") & (F.col("share") >= rule.spill_share)).select(*KEY)
