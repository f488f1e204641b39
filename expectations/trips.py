"""What must be true of stays in countries that are not those of the SIMs."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from expectations import DAY_S, count, gather, never, share, suite, within
from schemas.border_crossings import BORDER_CROSSINGS
from schemas.trips import TRIPS

READS = (TRIPS, BORDER_CROSSINGS)
NIGHTS_MAX = 3_660  # of ten years


def measure(frames: Mapping[str, DataFrame], units: Sequence[date]) -> DataFrame:
    """The months' trips, and the crossings with which those of the home country's devices began."""
    recent = frames["trips"].where(F.col("month") >= min(units)).withColumn("unit", F.col("month"))
    begun = _begun(recent, frames["border_crossings"].where(F.col("date") >= min(units) - timedelta(1)))
    names = ("overnight", "transit", "censored")
    kinds = {f"share_{name}": share(f"{name}_ended", "ended", 100) for name in names}
    unmatched = F.abs(F.col("begun") - F.col("crossed")) / F.col("crossed")
    rates = {
        **kinds,
        "share_unmatched": F.when(F.col("crossed") >= 100, unmatched),
        "share_accidental": share("accidental", "ended", 100),
        "trips_per_device": share("rows", "devices"),
    }
    asked = F.col("unit").isin(list(units))
    return gather(units, _whole(recent).where(asked), begun.where(asked), rates=rates)


def _whole(trips: DataFrame) -> DataFrame:
    order = Window.partitionBy("device").orderBy("departed_at")
    beside = {
        "next_at": F.lead("departed_at").over(order),
        "nth": F.row_number().over(Window.partitionBy("device", "unit").orderBy("departed_at")),
        "joined": F.col("trip_id") == F.lag("trip_id").over(order),
        "before": F.lag("returned_at").over(order),
    }
    since, nights, kind = F.col("departed_at"), F.col("nights"), F.col("kind")
    until, is_open, next_at = F.coalesce("returned_at", "last_at"), F.col("returned_at").isNull(), F.col("next_at")
    most = F.floor((F.unix_timestamp("returned_at") - F.unix_timestamp(since)) / DAY_S) + 2  # clocks and dates add one
    apart = F.coalesce(F.col("before") != since, F.lit(True)) | F.col("left_censored")
    shares = {"overnight": kind == "overnight", "transit": kind == "transit", "censored": F.col("left_censored")}
    return (
        trips.withColumns(beside)
        .groupBy("unit")
        .agg(
            F.count("*").alias("rows"),
            count(F.col("nth") == 1).alias("devices"),
            count(next_at == since).alias("repeated"),
            count(until > next_at).alias("overlaps"),
            count(is_open & next_at.isNotNull()).alias("unended"),
            count(~F.col("last_at").between(since, until)).alias("backwards"),
            count(F.col("country") == F.col("home_country")).alias("at_home"),
            count((nights < 0) | (nights > NIGHTS_MAX) | (nights > most)).alias("nights_wrong"),
            count((nights > 0) != (kind == "overnight")).alias("kinds_wrong"),
            count((kind == "transit") & (is_open | F.col("left_censored"))).alias("endless_transits"),
            count(F.col("joined") & apart).alias("joined_wrong"),
            count(~is_open).alias("ended"),
            count(F.col("accidental")).alias("accidental"),
            F.sum(F.when(F.col("accidental"), nights)).alias("accidental_nights"),
            count(F.col("accidental") & (is_open | F.col("left_censored"))).alias("accidental_wrong"),
            *(count(what & ~is_open).alias(f"{name}_ended") for name, what in shares.items()),
        )
    )


def _begun(trips: DataFrame, crossings: DataFrame) -> DataFrame:
    """Of the home country that most crossings have: stays whose beginning was seen, and crossings away from it."""
    abroad = F.col("to_country") != F.col("home_country")

    def month(at: str) -> Column:
        return F.to_date(F.trunc(at, "month")).alias("unit")  # by UTC: the same instants on both sides

    crossed = crossings.where("home_country is not null").groupBy(month("at"), "home_country")
    began = trips.groupBy(month("departed_at"), "home_country").agg(count(~F.col("left_censored")).alias("begun"))
    most = F.struct("crossed", F.col("home_country").alias("tie"), F.coalesce("begun", F.lit(0)).alias("begun"))
    both = crossed.agg(count(abroad).alias("crossed")).join(began, ["unit", "home_country"], "left")
    found = both.groupBy("unit").agg(F.max(most).alias("most"))
    return found.select("unit", "most.crossed", "most.begun")


SUITE = suite(
    "trips",
    never("critical", "no device departs twice at one instant", "repeated"),
    never("critical", "no stay of a device overlaps its next", "overlaps"),
    never("critical", "a stay before another has ended", "unended"),
    never("critical", "no stay ends before it began, nor before its last sign", "backwards"),
    never("critical", "no stay is in the country of the SIM", "at_home"),
    never("critical", "nights are none or more, and no more than the days between have", "nights_wrong"),
    never("critical", "a stay is overnight if it has a night, and only then", "kinds_wrong"),
    never("critical", "of a transit both ends were seen", "endless_transits"),
    never("critical", "stays of one trip follow each other without a break", "joined_wrong"),
    within(
        "critical",
        "of twenty stays abroad whose beginning was seen, nineteen are crossings",
        "share_unmatched",
        None,
        0.05,
    ),
    within(
        "warning",
        "of a hundred stays abroad whose beginning was seen, ninety-nine are crossings",
        "share_unmatched",
        None,
        0.01,
    ),
    within("warning", "at most half of the ended stays are transits", "share_transit", None, 0.5),
    within("info", "at least one ended stay in fifty is overnight", "share_overnight", 0.02, None),
    within("warning", "at most two ended stays in three began before the history", "share_censored", None, 0.67),
    never("critical", "of an accidental stay both ends were seen", "accidental_wrong"),
    within("warning", "at most half of the ended stays are accidental", "share_accidental", None, 0.5),
    within("info", "stays that are accidental, and in no flow", "accidental", 0),
    within("info", "nights of accidental stays", "accidental_nights", 0),
    within("warning", "a device has at most 400 stays on average", "trips_per_device", None, 400),
    within("info", "somebody went abroad or came", "rows", 1),
    within("info", "stays are of someone", "devices", 1),
)
