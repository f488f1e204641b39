"""What must be true of the countries devices were in on a date."""

from collections.abc import Mapping, Sequence
from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from expectations import DAY_S, count, equal, gather, never, of, share, suite, within
from schemas.country_runs import COUNTRY_RUNS
from schemas.events import EVENTS
from sojourn.seen import EAST_S, WEST_S

READS = (COUNTRY_RUNS, EVENTS)


def measure(frames: Mapping[str, DataFrame], units: Sequence[date]) -> DataFrame:
    """As those saw the dates who wrote them (sojourn/seen.py), or by a scan of them and one of their events."""
    rates = {"runs_per_device": share("rows", "devices")}
    if "country_runs.seen" in frames:
        return gather(units, frames["country_runs.seen"], rates=rates)
    midnight = F.unix_date("date") * DAY_S
    too_early = F.unix_timestamp("first_at") < midnight - EAST_S
    too_late = F.unix_timestamp("last_at") >= midnight + DAY_S + WEST_S
    runs = (
        of(frames["country_runs"], "date", units)
        .groupBy("unit")
        .agg(
            F.count("*").alias("rows"),
            F.sum("n_events").alias("events"),
            F.approx_count_distinct("device").alias("devices"),
            count(F.col("last_at") < F.col("first_at")).alias("backwards"),
            count(too_early | too_late).alias("outside"),
            count(F.col("n_events") < 1).alias("empty"),
            count(F.col("first_cell").isNull() != F.col("last_cell").isNull()).alias("half_placed"),
        )
    )
    events = (
        of(frames["events"], "date", units).groupBy("unit").agg(count(F.col("country").isNotNull()).alias("placed"))
    )
    return gather(units, runs, events, rates=rates)


SUITE = suite(
    "country_runs",
    equal("critical", "every event that has a place is in one run", "events", "placed"),
    never("critical", "no run ends before it begins", "backwards"),
    never("critical", "no run lies outside its date, in any time zone", "outside"),
    never("critical", "no run is without an event", "empty"),
    never("critical", "a run has a first cell where it has a last one", "half_placed"),
    within("warning", "there are between half and twice the runs of the seven dates before", "rows_drift", 0.5, 2),
    within("info", "somebody was seen in a country", "rows", 1),
    within("info", "runs are of someone", "devices", 1),
    within("warning", "a device changes country at most twice a day on average", "runs_per_device", None, 3),
)
