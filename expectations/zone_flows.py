"""What must be true of the flows between zones."""

from collections.abc import Mapping, Sequence
from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from expectations import count, gather, never, of, share, suite, within
from expectations.release import counted, door, released, told
from schemas.presence import PRESENCE
from schemas.zone_flows import ZONE_FLOWS

READS = (ZONE_FLOWS, PRESENCE)


def measure(frames: Mapping[str, DataFrame], units: Sequence[date]) -> DataFrame:
    """The flows as published, as counted, and the presence they are of."""
    rows = of(frames["zone_flows"], "month", units)
    months = rows.groupBy("unit").agg(
        F.sum("days").alias("days"),
        count(F.col("from_zone") == F.col("to_zone")).alias("at_home"),
        count(F.col("days") < F.col("devices")).alias("stayless"),
        count(~F.col("asymmetry").between(-1, 1)).alias("outside_shares"),
    )
    tallies = [months, _both_ways(rows), _seen(frames["presence"], units)]
    if (raw := counted(ZONE_FLOWS, frames, units)) is not None:
        tallies.append(raw.groupBy("unit").agg(F.sum("days").alias("days_counted"), F.sum("n").alias("n_counted")))
    seen = {
        "invented": F.greatest(F.col("days_counted") - F.col("places"), F.lit(0)),
        "share_shown": share("n_shown", "n_counted", 100),
    }
    rates = {
        "days_per_device": share("days", "devices"),
        "persons_per_device": F.when(F.col("persons") > 0, share("persons", "devices")),
    } | told(frames, ZONE_FLOWS, seen)
    return gather(units, released(ZONE_FLOWS, frames, units), *tallies, rates=rates)


def _both_ways(rows: DataFrame) -> DataFrame:
    """Pairs of zones whose asymmetries, one way and the other, are not opposite."""
    ends = [F.least("from_zone", "to_zone").alias("a"), F.greatest("from_zone", "to_zone").alias("b")]
    pairs = rows.where(F.col("from_zone").isNotNull() & F.col("asymmetry").isNotNull())
    sums = pairs.groupBy("unit", *ends).agg(F.abs(F.sum("asymmetry")).alias("off"), F.count("*").alias("ways"))
    return sums.groupBy("unit").agg(count((F.col("off") > 1e-9) | (F.col("ways") != 2)).alias("uneven"))


def _seen(presence: DataFrame, units: Sequence[date]) -> DataFrame:
    """Devices in places by date: a device has one destination a day, in one of them."""
    near = presence.where(F.col("date").between(min(units), F.last_day(F.lit(max(units)))))
    months = of(near.select(F.to_date(F.trunc("date", "month")).alias("month")), "month", units)
    return months.groupBy("unit").agg(F.count("*").alias("places"))


SUITE = suite(
    "zone_flows",
    *door(),
    never("critical", "nobody is a stranger in the own zone", "at_home"),
    never("critical", "every device stayed for a day", "stayless"),
    never("critical", "asymmetry lies between -1 and 1", "outside_shares"),
    never("critical", "asymmetry one way is the opposite of the other way", "uneven"),
    never("critical", "no day is counted on which nobody was anywhere", "invented"),
    within("warning", "a device stays for at most 31 days on average", "days_per_device", 1, 31),
    within("warning", "a device stands for at most 1,000 persons on average", "persons_per_device", None, 1_000),
    within("warning", "at least a tenth of the devices in flows may be shown", "share_shown", 0.1, None),
)
