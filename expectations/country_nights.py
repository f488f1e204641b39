"""What must be true of nights by country."""

from collections.abc import Mapping, Sequence
from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from expectations import count, gather, never, of, share, suite, within
from schemas.country_nights import COUNTRY_NIGHTS

READS = (COUNTRY_NIGHTS,)


def measure(frames: Mapping[str, DataFrame], units: Sequence[date]) -> DataFrame:
    """The months' rows, once by row and once by device."""
    rows = of(frames["country_nights"], "month", units)
    nights, days = F.col("nights"), F.dayofmonth(F.last_day("month"))
    months = rows.groupBy("unit").agg(
        F.count("*").alias("rows"),
        count(nights < 1).alias("nightless"),
        count(nights >= F.pow(F.lit(2), days)).alias("outside"),
        F.sum(F.bit_count("nights")).alias("nights"),
        count(~F.equal_null("home_country", "country")).alias("away"),
        (F.count_distinct("provisional") - 1).alias("mixed"),
    )
    devices = rows.groupBy("unit", "device").agg(
        F.count("*").alias("n"),
        F.count_distinct("country").alias("countries"),
        F.sum(F.bit_count("nights")).alias("sum"),
        F.bit_count(F.bit_or("nights")).alias("different"),
        F.count_distinct("home_country").alias("homes"),
    )
    by_device = devices.groupBy("unit").agg(
        F.count("*").alias("devices"),
        (F.sum("n") - F.sum("countries")).alias("repeated"),
        (F.sum("sum") - F.sum("different")).alias("twice"),
        count(F.col("homes") > 1).alias("torn"),
    )
    rates = {
        "share_away": share("away", "rows", 100),
        "nights_per_device": share("nights", "devices"),
    }
    return gather(units, months, by_device, rates=rates)


SUITE = suite(
    "country_nights",
    never("critical", "a device has one row for a country", "repeated"),
    never("critical", "a night is spent in one country", "twice"),
    never("critical", "every row has a night", "nightless"),
    never("critical", "no night lies outside its month", "outside"),
    never("critical", "the SIM of a device is of one country", "torn"),
    never("critical", "a month is provisional as a whole or not at all", "mixed"),
    within(
        "warning", "at most half of the rows are of nights away from the country of the SIM", "share_away", None, 0.5
    ),
    within("warning", "a device is heard on at least three nights of a month, on average", "nights_per_device", 3),
    within("info", "somebody was heard at night", "rows", 1),
    within("info", "nights are of someone", "devices", 1),
)
