"""What must be true of what is known of devices at the beginning of a month."""

from collections.abc import Mapping, Sequence
from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from expectations import DAY_S, count, gather, never, of, suite, within
from schemas.country_runs import COUNTRY_RUNS
from schemas.country_since import COUNTRY_SINCE

READS = (COUNTRY_SINCE, COUNTRY_RUNS)
WEST_S = 12 * 3_600  # a month begins so much after UTC's at the latest


def measure(frames: Mapping[str, DataFrame], units: Sequence[date]) -> DataFrame:
    """The rows, and the devices that were seen on the last date before the month."""
    rows, away = of(frames["country_since"], "month", units), ~F.equal_null("country", "home_country")
    begins = F.unix_date("month") * DAY_S + WEST_S
    known = rows.groupBy("unit").agg(
        F.count("*").alias("rows"),
        (F.count("*") - F.count_distinct("device")).alias("repeated"),
        count(F.col("last_at") < F.col("first_at")).alias("backwards"),
        count(F.unix_timestamp("first_at") >= begins).alias("too_late"),
        count(F.col("absent_since") > F.col("first_at")).alias("absent_too_late"),
        count(away & F.col("absent_since").isNull()).alias("never_left"),
    )
    last = F.date_add("date", 1)
    eve = frames["country_runs"].where(last.isin(list(units))).withColumn("unit", last).select("unit", "device")
    lacking = eve.distinct().join(rows.select("unit", "device"), ["unit", "device"], "left_anti")
    return gather(units, known, lacking.groupBy("unit").agg(F.count("*").alias("forgotten")))


SUITE = suite(
    "country_since",
    never("critical", "a device has one row", "repeated"),
    never("critical", "no stay ends before it began", "backwards"),
    never("critical", "no stay began in the month", "too_late"),
    never("critical", "an absence began with its last stay or before", "absent_too_late"),
    never("critical", "who is away has left", "never_left"),
    never("critical", "nobody is forgotten who was seen on the eve of the month", "forgotten"),
    within("warning", "somebody was seen", "rows", 1),
)
