"""What must be true of indices of segregation and diversity."""

from collections.abc import Mapping, Sequence
from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from expectations import count, gather, never, of, suite, within
from schemas.segregation import SEGREGATION

READS = (SEGREGATION,)
TINY = 1e-9


def measure(frames: Mapping[str, DataFrame], units: Sequence[date]) -> DataFrame:
    """One look at the rows of the months."""
    rows = of(frames["segregation"], "month", units)
    key = [c for c in SEGREGATION.key if c != "month"]
    rate, value, expected = F.col("index") != "effective_number", F.col("value"), F.col("expected")
    diverse = F.col("index").isin("shannon", "simpson", "effective_number")
    pairs = rows.where(F.col("index").isin("isolation", "exposure")).groupBy("unit", *key[:-1])
    both = pairs.agg(F.sum("value").alias("sum"), F.count("*").alias("n"))
    months = rows.groupBy("unit").agg(
        F.count("*").alias("rows"),
        (F.count("*") - F.count_distinct(F.struct(*key))).alias("repeated"),
        count(F.isnan("value") | (rate & ~value.between(-TINY, 1 + TINY))).alias("outside"),
        count(~rate & ~value.between(1 - TINY, F.col("units") + TINY)).alias("too_many"),
        count(diverse == expected.isNotNull()).alias("unexpected"),
        count(F.abs(F.col("corrected") - (value - expected)) > TINY).alias("uncorrected"),
        (F.max("obs_status") != F.min("obs_status")).cast("int").alias("mixed"),
        count((F.col("index") != "exposure") & (F.col("corrected") < -0.2)).alias("more_mixed_than_chance"),
    )
    sums = both.groupBy("unit").agg(count((F.abs(F.col("sum") - 1) > TINY) & (F.col("n") == 2)).alias("torn"))
    return gather(units, months, sums)


SUITE = suite(
    "segregation",
    never("critical", "an index has one row", "repeated"),
    never("critical", "every index but the effective number lies between 0 and 1", "outside"),
    never("critical", "the effective number is from one to the number of groups", "too_many"),
    never("critical", "what chance makes is told of segregation, and of that alone", "unexpected"),
    never("critical", "corrected is the value less what chance makes of it", "uncorrected"),
    never("critical", "isolation and exposure are one together", "torn"),
    never("critical", "a month is provisional as a whole or not at all", "mixed"),
    never("warning", "nobody is much more evenly spread than chance would spread them", "more_mixed_than_chance"),
    within("info", "there are indices", "rows", 1),
)
