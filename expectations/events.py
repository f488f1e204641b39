"""What must be true of the events of a landing day."""

from collections.abc import Mapping, Sequence
from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from expectations import DAY_S, count, equal, gather, of, share, suite, within
from schemas.batches import BATCHES
from schemas.cells import CELLS
from schemas.events import EVENTS

READS = (EVENTS, BATCHES, CELLS)
NIGHT = [*range(7), *range(20, 24)]
DURATION_MAX_S = 86_400
COUNTS = ("rows", "placed", "here", "foreign", "implausible")


def measure(frames: Mapping[str, DataFrame], units: Sequence[date]) -> DataFrame:
    """Counts by hour, as those saw them who wrote the events (sojourn/seen.py), or by two scans of the batches."""
    age_s = (F.unix_date(F.max("unit")) + 1) * DAY_S - F.unix_timestamp(F.max("newest"))
    if "events.hours" in frames:
        hours, heard = frames["events.hours"], frames["events.heard"]
    else:
        hours, heard = _scanned(of(frames["events"], "batch", units))
    hours = hours.withColumn("n", F.col("here"))
    by_hour = F.map_from_entries(F.collect_list(F.struct("hour", "n")))
    all_hours = F.transform(F.sequence(F.lit(0), F.lit(23)), lambda hour: F.coalesce(by_hour[hour], F.lit(0)))
    events = hours.groupBy("unit").agg(
        *(F.sum(name).alias(name) for name in COUNTS),
        age_s.alias("age_s"),
        F.sum(F.when(F.col("hour").isin(NIGHT), F.col("n"))).alias("night"),
        (F.array_position(all_hours, F.array_min(all_hours)) - 1).alias("quietest"),
    )
    batches = of(frames["batches"], "batch", units).groupBy("unit").agg(F.sum("rows_accepted").alias("accepted"))
    known = frames["cells"].select("cell_id").distinct().agg(F.count("*").alias("antennas"))
    register = known.select(F.explode(F.lit(list(units))).alias("unit"), "*")
    rates = {
        "cells_reporting_share": F.least(F.lit(1.0), share("reporting", "antennas")),
        "share_placed": share("placed", "rows"),
        "share_unplaced": 1 - share("placed", "rows"),
        "share_foreign": share("foreign", "here", at_least=100),
        "share_implausible": share("implausible", "rows"),
        "share_night": share("night", "here", at_least=1_000),
        "quietest_hour": F.when(F.col("here") >= 2_400, F.col("quietest")),
        "age_hours": F.when(F.col("rows") > 0, F.col("age_s") / 3_600),
    }
    return gather(units, events, heard, batches, register, rates=rates)


def _scanned(mine: DataFrame) -> tuple[DataFrame, DataFrame]:
    """Of the second scan only the devices: beside other counts a sketch is dear."""
    here = F.col("cell").isNotNull()
    by_antenna = mine.groupBy("unit", "hour", "cell_id").agg(
        F.count("*").alias("rows"),
        F.max("at").alias("newest"),
        count(F.col("country").isNotNull()).alias("placed"),
        count(here).alias("here"),
        count(here & ~F.col("home_country").eqNullSafe(F.col("country"))).alias("foreign"),
        count((F.col("duration_s") < 0) | (F.col("duration_s") > DURATION_MAX_S) | (F.col("volume_bytes") < 0)).alias(
            "implausible"
        ),
    )
    hours = by_antenna.groupBy("unit", "hour").agg(
        *(F.sum(name).alias(name) for name in COUNTS), F.max("newest").alias("newest")
    )
    placing = by_antenna.where((F.col("here") > 0) & F.col("cell_id").isNotNull())
    reporting = placing.groupBy("unit").agg(F.count_distinct("cell_id").alias("reporting"))
    devices = mine.groupBy("unit").agg(F.approx_count_distinct("device").alias("devices"))
    return hours, devices.join(reporting, "unit", "left")


SUITE = suite(
    "events",
    equal("critical", "every record that was accepted is here, once", "rows", "accepted"),
    within("warning", "the day has events", "rows", 1),
    within("warning", "the day has between half and twice the events of the seven before", "rows_drift", 0.5, 2),
    within("warning", "there are between half and twice the devices of the seven days before", "devices_drift", 0.5, 2),
    within("info", "events are of someone", "devices", 1),
    within("warning", "at most a fifth of the events has no place", "share_unplaced", None, 0.2),
    within("info", "some events have a place", "share_placed", 0, 1, strict_min=True),
    within(
        "warning",
        "the share of events with a place is within a tenth of the seven days before",
        "share_placed_drift",
        0.9,
        1.1,
    ),
    within("info", "at least a tenth of the antennas has an event", "cells_reporting_share", 0.1, None),
    within("warning", "the newest event is at most 36 hours older than the end of the day", "age_hours", None, 36),
    within("warning", "the newest event is at most 24 hours later than the end of the day", "age_hours", -24, None),
    within(
        "warning", "between a twentieth and three fifths of the events happen from 20 to 7", "share_night", 0.05, 0.6
    ),
    within(
        "warning",
        "the fewest events happen between 0 and 6, as they do where the time zone is right",
        "quietest_hour",
        0,
        6,
    ),
    within(
        "warning", "at most half of the events on our network are of foreign subscribers", "share_foreign", None, 0.5
    ),
    within(
        "warning",
        "at most one event in a hundred lasts over a day or has a negative duration or volume",
        "share_implausible",
        None,
        0.01,
    ),
)
