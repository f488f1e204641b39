"""What must be true of stocks of transnationals."""

from collections.abc import Mapping, Sequence
from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from expectations import count, gather, never, of, share, suite, within
from expectations.release import counted, door, released, told
from schemas.transnational_stocks import TRANSNATIONAL_STOCKS
from schemas.transnationals import TRANSNATIONALS

READS = (TRANSNATIONAL_STOCKS, TRANSNATIONALS)


def measure(frames: Mapping[str, DataFrame], units: Sequence[date]) -> DataFrame:
    """Stocks as published, as counted, and the devices they are of."""
    rows = of(frames["transnational_stocks"], "month", units)
    early = (F.col("obs_status") == "A") & (F.col("as_of") != F.last_day("month"))
    months = rows.groupBy("unit").agg(
        F.sum("nights").alias("nights"),
        count(~F.col("as_of").between(F.col("month"), F.last_day("month"))).alias("stale"),
        count(early).alias("closed_too_early"),
    )
    tallies = [months]
    if (raw := counted(TRANSNATIONAL_STOCKS, frames, units)) is not None:
        tallies += [_by_class(raw, of(frames["transnationals"], "month", units)), _by_country(raw)]
    seen = {c: F.col(c) for c in ("n_differ", "nights_differ", "stars_differ")}
    rates = {
        "nights_per_device": share("nights", "devices"),
        "persons_per_device": F.when(F.col("persons") > 0, share("persons", "devices")),
    } | told(frames, TRANSNATIONAL_STOCKS, seen | {"share_shown": share("n_shown", "n_counted", 100)})
    return gather(units, released(TRANSNATIONAL_STOCKS, frames, units), *tallies, rates=rates)


def _by_class(raw: DataFrame, lives: DataFrame) -> DataFrame:
    """How far stocks and devices are apart, class by class and country by country."""
    key = ["unit", "country", "class"]
    stocks = raw.groupBy(*key).agg(F.sum("n").alias("n"), F.sum("nights").alias("slept"))
    devices = lives.groupBy(*key).agg(F.count("*").alias("devices"), F.sum("nights").alias("nights"))
    both = stocks.join(devices, key, "full").fillna(0, ["n", "slept", "devices", "nights"])
    return both.groupBy("unit").agg(
        F.sum(F.abs(F.col("n") - F.col("devices"))).alias("n_differ"),
        F.sum(F.abs(F.col("slept") - F.col("nights"))).alias("nights_differ"),
        F.sum("n").alias("n_counted"),
    )


def _by_country(raw: DataFrame) -> DataFrame:
    """Zones in which all countries together have fewer devices than one of them, or more than the sum."""
    all_ = F.col("country") == "*"
    countries = raw.groupBy("unit", "zone", "home_country", "country").agg(F.sum("n").alias("n"))
    zones = countries.groupBy("unit", "zone", "home_country").agg(
        F.sum(F.when(all_, F.col("n")).otherwise(0)).alias("whole"),
        F.max(F.when(~all_, F.col("n")).otherwise(0)).alias("most"),
        F.sum(F.when(~all_, F.col("n")).otherwise(0)).alias("parts"),
    )
    return zones.groupBy("unit").agg(
        count(~F.col("whole").between(F.col("most"), F.col("parts"))).alias("stars_differ")
    )


SUITE = suite(
    "transnational_stocks",
    *door(),
    never("critical", "stocks are all devices, class by class", "n_differ"),
    never("critical", "their nights are all nights, class by class", "nights_differ"),
    never("critical", "all countries together have at least the devices of one, and at most the sum", "stars_differ"),
    never("critical", "as_of is a day of its month", "stale"),
    never("critical", "a closed month was looked at to its end", "closed_too_early"),
    within("warning", "a device has at most a year of nights", "nights_per_device", 0, 366),
    within("warning", "a device stands for at most 1,000 persons on average", "persons_per_device", None, 1_000),
    within("warning", "at least a tenth of the stocks may be shown", "share_shown", 0.1, None),
)
