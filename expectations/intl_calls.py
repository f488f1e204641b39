"""What must be true of calls to other countries."""

from collections.abc import Mapping, Sequence
from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from expectations import count, gather, never, of, share, suite, within
from schemas.intl_calls import INTL_CALLS

READS = (INTL_CALLS,)


def measure(frames: Mapping[str, DataFrame], units: Sequence[date]) -> DataFrame:
    """One scan of the dates' calls. Events are not scanned again: what they hold is small beside them."""
    key = [c for c in INTL_CALLS.key if c != "date"]
    rows = of(frames["intl_calls"], "date", units)
    calls = rows.groupBy("unit").agg(
        F.count("*").alias("rows"),
        F.approx_count_distinct("device").alias("devices"),
        F.sum("n_calls").alias("calls"),
        (F.count("*") - F.count_distinct(F.struct(*key))).alias("repeated"),
        count(~F.col("hour").between(0, 23)).alias("no_hour"),
        count(F.col("n_calls") < 1).alias("empty"),
        count(~F.col("peer_country").rlike("^[A-Z]{2}$")).alias("no_country"),
    )
    return gather(units, calls, rates={"calls_per_device": share("calls", "devices")})


SUITE = suite(
    "intl_calls",
    never("critical", "a device has one row for a cell, a country and an hour", "repeated"),
    never("critical", "every hour is one of the clock", "no_hour"),
    never("critical", "every row has a call", "empty"),
    never("critical", "every country has two letters", "no_country"),
    within("info", "somebody called another country", "rows", 1),
    within("info", "calls are of someone", "devices", 1),
    within(
        "warning", "there are between a tenth and five times the rows of the seven dates before", "rows_drift", 0.1, 5
    ),
    within("warning", "who calls abroad does so at most 50 times a day on average", "calls_per_device", None, 50),
)
