"""What must be true of where, when and after how long a wait the border is crossed."""

from collections.abc import Mapping, Sequence
from datetime import date

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from expectations import count, gather, nested, never, of, resolution, share, suite, within
from expectations.release import counted, door, released, told
from schemas.border_crossings import BORDER_CROSSINGS
from schemas.cross_border_corridors import CROSS_BORDER_CORRIDORS

READS = (CROSS_BORDER_CORRIDORS, BORDER_CROSSINGS)
TREE = ("unit", "by", "direction", "country", "zone")


def measure(frames: Mapping[str, DataFrame], units: Sequence[date]) -> DataFrame:
    """Corridors as published, as counted, and the crossings they are of."""
    rows = of(frames["cross_border_corridors"], "month", units)
    whole, by = F.col("by") == "all", F.col("by")
    months = rows.groupBy("unit").agg(
        F.sum(F.when(whole, F.col("crossings"))).alias("crossings"),
        F.sum(F.when(whole, F.col("gap_minutes"))).alias("gap_minutes"),
        F.sum(F.when(whole & (F.col("direction") == "out"), F.col("crossings"))).alias("gone"),
        F.sum(F.when(by == "cell", F.col("crossings"))).alias("placed"),
        count(F.col("crossings") < F.col("devices")).alias("idle"),
        count(
            (by.isin("zone", "zone_weekday", "zone_network") != F.col("zone").isNotNull())
            | ((by == "cell") != F.col("cell").isNotNull())
            | (by.isin("weekday", "zone_weekday") != F.col("weekday_from").isNotNull())
            | ((by == "hour") != F.col("hour_from").isNotNull())
            | (by.isin("network", "zone_network") != F.col("network").isNotNull())
        ).alias("half_told"),
        count((F.lower(F.hex("cell")) != F.col("h3")) | (resolution() != F.col("resolution"))).alias("misnamed"),
    )
    tallies = [months, _overlaps(rows), nested(rows, "nested", *TREE), _crossed(frames["border_crossings"], units)]
    if (raw := counted(CROSS_BORDER_CORRIDORS, frames, units)) is not None:
        all_ = raw.where("by = 'all'").groupBy("unit")
        tallies.append(all_.agg(F.sum("crossings").alias("crossings_counted")))
    seen = {
        "missing": F.greatest(F.col("sure") - F.col("crossings_counted"), F.lit(0)),
        "invented": F.greatest(F.col("crossings_counted") - F.col("possible"), F.lit(0)),
        "share_shown": share("crossings", "crossings_counted", 100),
    }
    rates = {
        "crossings_per_gone": share("crossings", "gone", 100),
        "minutes_per_crossing": share("gap_minutes", "crossings"),
        "share_placed": share("placed", "crossings", 100),
    } | told(frames, CROSS_BORDER_CORRIDORS, seen)
    return gather(units, released(CROSS_BORDER_CORRIDORS, frames, units), *tallies, rates=rates)


def _crossed(crossings: DataFrame, units: Sequence[date]) -> DataFrame:
    """Crossings of subscribers between their home country and another that have a cell (sure), and all there are."""
    left = F.col("last_cell").isNotNull() & (F.col("from_country") == F.col("home_country"))
    came = F.col("first_cell").isNotNull() & (F.col("to_country") == F.col("home_country"))
    meant = ~F.coalesce("accidental", F.lit(False))
    near = crossings.where(F.col("date").between(min(units), F.last_day(F.lit(max(units)))) & meant)
    months = of(near.withColumn("month", F.to_date(F.trunc("date", "month"))), "month", units)
    return months.groupBy("unit").agg(F.count("*").alias("possible"), count(left | came).alias("sure"))


def _overlaps(rows: DataFrame) -> DataFrame:
    """Parts of a week or of a day that begin before the one before them has ended."""
    parts = rows.where(F.col("weekday_from").isNotNull() | F.col("hour_from").isNotNull()).select(
        *TREE,
        F.coalesce("hour_from", "weekday_from").alias("begin"),
        F.coalesce("hour_to", F.col("weekday_to") + 1).alias("end"),
    )
    order = Window.partitionBy(*TREE).orderBy("begin", "end")
    told = parts.select("unit", (F.lag("end").over(order) > F.col("begin")).alias("early"))
    return told.groupBy("unit").agg(count(F.col("early")).alias("overlaps"))


SUITE = suite(
    "cross_border_corridors",
    *door(),
    never("critical", "every crossing of the home border with a cell is counted", "missing"),
    never("critical", "no crossing is counted that is none", "invented"),
    never("critical", "every device crossed", "idle"),
    never("critical", "a row has the dimensions that its breakdown says, and no others", "half_told"),
    never("critical", "every cell has its usual name and its own resolution", "misnamed"),
    never("critical", "no cell lies inside another of the same direction and country", "nested"),
    never("critical", "parts of the week and of the day do not overlap", "overlaps"),
    within("warning", "as many come as go, within a factor of three", "crossings_per_gone", 1.33, 4),
    within("warning", "between two signs at a crossing there are at most 72 hours", "minutes_per_crossing", 0, 4_320),
    within("warning", "at least a third of the crossings may be shown", "share_shown", 0.33, None),
    within("info", "at least a tenth of the crossings shown has a corridor", "share_placed", 0.1, None),
)
