"""What must be true of where devices were on a date."""

from collections.abc import Mapping, Sequence
from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from expectations import count, equal, gather, never, of, share, suite, within
from schemas.events import EVENTS
from schemas.presence import PRESENCE

READS = (PRESENCE, EVENTS)
HOURS_MAX = (1 << 24) - 1


def measure(frames: Mapping[str, DataFrame], units: Sequence[date]) -> DataFrame:
    """As those saw the dates who wrote them (sojourn/seen.py), or by a scan of them and one of their events.

    Two rows of one key would count events twice.
    """
    rates = {"share_nowhere": share("nowhere", "at_home", 100), "places_per_device": share("rows", "devices")}
    if "presence.seen" in frames:
        return gather(units, frames["presence.seen"], rates=rates)
    at_home = F.col("country") == F.col("home_country")
    presence = (
        of(frames["presence"], "date", units)
        .groupBy("unit")
        .agg(
            F.count("*").alias("rows"),
            F.sum("n_events").alias("events"),
            F.approx_count_distinct("device").alias("devices"),
            count(~F.col("hours").between(1, HOURS_MAX)).alias("hours_wrong"),
            count(F.bit_count("hours") > F.col("n_events")).alias("hours_from_nothing"),
            count(at_home).alias("at_home"),
            count(at_home & F.col("cell").isNull()).alias("nowhere"),
        )
    )
    events = (
        of(frames["events"], "date", units).groupBy("unit").agg(count(F.col("country").isNotNull()).alias("placed"))
    )
    return gather(units, presence, events, rates=rates)


SUITE = suite(
    "presence",
    equal("critical", "every event that has a place counts once", "events", "placed"),
    never("critical", "every row has an hour of the day, and none beyond it", "hours_wrong"),
    never("critical", "no hour is without an event", "hours_from_nothing"),
    within("warning", "somebody was seen", "devices", 1),
    within("info", "the date has places", "rows", 1),
    within(
        "warning", "there are between half and twice the devices of the seven dates before", "devices_drift", 0.5, 2
    ),
    within("warning", "a device is in at most 50 places a day on average", "places_per_device", None, 50),
    within("warning", "at most one row in twenty in the device's own country has no cell", "share_nowhere", None, 0.05),
)
