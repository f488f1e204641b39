"""What must be true of arrivals by definition."""

from collections.abc import Mapping, Sequence
from datetime import date

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from expectations import count, gather, never, of, share, suite, within
from expectations.release import counted, door, released, told
from schemas.intl_migration_flow import CURVE, INTL_MIGRATION_FLOW

READS = (INTL_MIGRATION_FLOW,)
WHO = ("unit", "year", "direction", "country")


def measure(frames: Mapping[str, DataFrame], units: Sequence[date]) -> DataFrame:
    """Arrivals as published, and as counted: how the definitions and the series of one year agree."""
    rows = of(frames["intl_migration_flow"], "month", units)
    final, followed = F.col("obs_status") == "A", F.make_date(F.col("year") + 1, F.lit(12), F.lit(29))
    months = rows.groupBy("unit").agg(
        F.sum("nights").alias("nights"),
        count(~F.col("coverage").between(0, 1)).alias("outside_shares"),
        count(~F.col("as_of").between(F.date_sub("month", 1), F.last_day("month"))).alias("stale"),
        count(~F.col("year").between(F.year("as_of") - 1, F.year("as_of"))).alias("year_wrong"),
        count(final & (F.col("as_of") < followed)).alias("final_too_early"),
    )
    tallies = [months]
    if (raw := counted(INTL_MIGRATION_FLOW, frames, units)) is not None:
        tallies += [_curve(raw), _bounds(raw)]
    seen = {c: F.col(c) for c in ("rising", "crossed")} | {"share_shown": share("n_shown", "n_counted", 100)}
    rates = {
        "nights_per_device": share("nights", "devices"),
        "persons_per_device": F.when(F.col("persons") > 0, share("persons", "devices")),
    } | told(frames, INTL_MIGRATION_FLOW, seen)
    return gather(units, released(INTL_MIGRATION_FLOW, frames, units), *tallies, rates=rates)


def _curve(raw: DataFrame) -> DataFrame:
    """Longer stays that more devices made than made shorter ones."""
    place = F.array_position(F.lit(list(CURVE)), F.col("definition_id"))
    curve = raw.where(place > 0).withColumn("place", place)
    longer = Window.partitionBy(*WHO, "series").orderBy("place").rowsBetween(1, Window.unboundedFollowing)
    rising = F.col("n") < F.max("n").over(longer)
    return curve.withColumn("rises", rising).groupBy("unit").agg(count(F.col("rises")).alias("rising"))


def _bounds(raw: DataFrame) -> DataFrame:
    """Where more devices were observed than were observed or are silent."""
    bounds = [
        F.sum(F.when(F.col("series") == s, F.col("n")).otherwise(0)).alias(s) for s in ("observed", "with_silent")
    ]
    sides = raw.groupBy(*WHO, "definition_id").agg(F.sum("n").alias("n"), *bounds)
    crossed = (F.col("direction") == "out") & (F.col("observed") > F.col("with_silent"))
    return sides.groupBy("unit").agg(count(crossed).alias("crossed"), F.sum("n").alias("n_counted"))


SUITE = suite(
    "intl_migration_flow",
    *door(whole=False),
    never("critical", "no more devices stay longer than stay shorter", "rising"),
    never("critical", "those observed are among those observed or silent", "crossed"),
    never("critical", "coverage lies between 0 and 1", "outside_shares"),
    never("critical", "as_of is a night of its month", "stale"),
    never("critical", "years are that of as_of and the one before", "year_wrong"),
    never("critical", "a final year has been followed for 12 months", "final_too_early"),
    within("warning", "a device has at most a year of nights", "nights_per_device", 0, 366),
    within("warning", "a device stands for at most 1,000 persons on average", "persons_per_device", None, 1_000),
    within("warning", "at least a tenth of the arrivals may be shown", "share_shown", 0.1, None),
)
