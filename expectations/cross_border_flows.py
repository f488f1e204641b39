"""What must be true of the flows over the borders."""

from collections.abc import Mapping, Sequence
from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from expectations import count, gather, never, of, share, suite, within
from expectations.release import counted, door, released, told
from schemas.cross_border_flows import CROSS_BORDER_FLOWS
from schemas.trips import TRIPS

READS = (CROSS_BORDER_FLOWS, TRIPS)
LONGEST_CATCH_S = 180 * 60  # whatever the parameters: a stay whose signs span more is none


def measure(frames: Mapping[str, DataFrame], units: Sequence[date]) -> DataFrame:
    """The flows as published, as counted, and the trips they are of."""
    rows = of(frames["cross_border_flows"], "month", units)
    months = rows.groupBy("unit").agg(
        F.sum("trips").alias("trips"),
        F.sum("nights").alias("nights"),
        count(F.col("trips") < F.col("devices")).alias("tripless"),
        count(F.col("obs_status") == "A").alias("closed"),
    )
    tallies = [months, _ended(frames["trips"], units)]
    if (raw := counted(CROSS_BORDER_FLOWS, frames, units)) is not None:
        sums = {"trips_counted": "trips", "nights_counted": "nights", "n_counted": "n"}
        tallies.append(raw.groupBy("unit").agg(*(F.sum(column).alias(name) for name, column in sums.items())))
    last = F.unix_date(F.last_day("unit"))
    rates = {
        "trips_per_device": share("trips", "devices"),
        "nights_per_trip": share("nights", "trips"),
        "persons_per_device": F.when(F.col("persons") > 0, share("persons", "devices")),
        "quiet_days": F.when((F.col("closed") > 0) & (F.col("last_end") > 0), last - F.col("last_end")),
    } | told(
        frames,
        CROSS_BORDER_FLOWS,
        {
            "missing": F.greatest(F.col("sure") - F.col("trips_counted"), F.lit(0)),
            "set_aside": F.greatest(F.col("within") - F.col("trips_counted"), F.lit(0)),
            "nights_set_aside": F.greatest(F.col("within_nights") - F.col("nights_counted"), F.lit(0)),
            "share_set_aside": F.when(
                F.col("within") >= 100, F.greatest(1 - F.col("trips_counted") / F.col("within"), F.lit(0.0))
            ),
            "invented": F.greatest(F.col("trips_counted") - F.col("possible"), F.lit(0)),
            "share_shown": share("n_shown", "n_counted", 100),
        },
    )
    return gather(units, released(CROSS_BORDER_FLOWS, frames, units), *tallies, rates=rates)


def _ended(trips: DataFrame, units: Sequence[date]) -> DataFrame:
    """Trips that ended in the month in every time zone there is (sure: and surely are no catches), and in any."""
    east, west = (F.trunc(F.col("returned_at") + F.expr(f"INTERVAL {h} HOURS"), "month") for h in (14, -12))
    late = F.col("month") >= min(units)  # none that counts was known to have ended before
    ended = trips.where(late & (F.col("kind") != "transit") & F.col("returned_at").isNotNull())
    months = F.explode(F.array_distinct(F.array(east, west))).alias("month")
    span = F.unix_timestamp("last_at") - F.unix_timestamp("departed_at")
    long_ = (span >= LONGEST_CATCH_S) & ~F.coalesce("accidental", F.lit(False))
    end = F.unix_date(F.to_date("returned_at")).alias("end")
    sides = ended.select(months, (east == west).alias("within"), long_.alias("long"), "nights", end)
    return (
        of(sides, "month", units)
        .groupBy("unit")
        .agg(
            F.count("*").alias("possible"),
            count(F.col("within")).alias("within"),
            count(F.col("within") & F.col("long")).alias("sure"),
            F.sum(F.when(F.col("within"), F.col("nights"))).alias("within_nights"),
            F.max("end").alias("last_end"),
        )
    )


SUITE = suite(
    "cross_border_flows",
    *door(),
    never("critical", "every trip of more than three hours that surely ended in the month is counted", "missing"),
    never("critical", "no trip is counted that did not end in the month", "invented"),
    never("critical", "every device made a trip", "tripless"),
    within("warning", "at most half of the trips are catches, and in no flow", "share_set_aside", None, 0.5),
    within("info", "trips that are catches, and in no flow", "set_aside", 0),
    within("info", "nights of trips that are catches", "nights_set_aside", 0),
    within("warning", "a device makes at most 31 trips a month on average", "trips_per_device", 1, 31),
    within("warning", "a trip has at most 60 nights on average", "nights_per_trip", 0, 60),
    within("warning", "a device stands for at most 1,000 persons on average", "persons_per_device", None, 1_000),
    within("warning", "a trip ended in the last week of a closed month", "quiet_days", None, 7),
    within("warning", "at least a third of the devices that travelled may be shown", "share_shown", 0.33, None),
)
