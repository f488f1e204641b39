"""What must be true of communities, and of the risk that travels."""

from collections.abc import Mapping, Sequence
from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from expectations import count, gather, never, of, suite, total, within
from schemas.cross_border_communities import CROSS_BORDER_COMMUNITIES
from schemas.zone_flows import ZONE_FLOWS

READS = (CROSS_BORDER_COMMUNITIES, ZONE_FLOWS)
SHARES = ("stability", "border_share", "risk_known")


def measure(frames: Mapping[str, DataFrame], units: Sequence[date]) -> DataFrame:
    """The places of each month, community by community, and the zones that flows lead to."""
    rows = of(frames["cross_border_communities"], "month", units)
    outside = F.lit(False)
    for name in SHARES:
        outside |= F.coalesce(~F.col(name).between(0, 1), F.lit(False))
    risky = F.col("import_days").isNotNull()
    months = rows.groupBy("unit").agg(
        F.count("*").alias("rows"),
        (F.count("*") - F.count_distinct(F.struct("country", "zone"))).alias("repeated"),
        F.count_distinct("community").alias("communities"),
        count(outside).alias("outside_shares"),
        count((F.col("import_days") < 0) | (F.col("export_days") < 0)).alias("negative"),
        count((risky != F.col("export_days").isNotNull()) | (risky != F.col("net_days").isNotNull())).alias(
            "half_risky"
        ),
        (F.max("obs_status") != F.min("obs_status")).cast("int").alias("mixed"),
        (F.count_distinct("modularity") > 1).cast("int").alias("mixed_modularity"),
        total("import_days").alias("carried"),
        F.abs(total("net_days")).alias("net"),
        (total("stability") / F.count("stability")).alias("mean_stability"),
        F.max("modularity").alias("best"),
    )
    rates = {
        "share_lost": F.when(F.col("carried") > 0, F.col("net") / F.col("carried")),
        "steadiness": F.when(F.col("rows") > 0, F.col("mean_stability")),
        "modularity": F.when(F.col("rows") > 0, F.col("best")),
    }
    return gather(units, months, _sizes(rows), _forgotten(rows, frames["zone_flows"], units), rates=rates)


def _sizes(rows: DataFrame) -> DataFrame:
    """Communities that do not have as many places as their rows say."""
    sizes = rows.groupBy("unit", "community").agg(
        F.count("*").alias("n"), F.min("places").alias("least"), F.max("places").alias("most")
    )
    wrong = (F.col("n") != F.col("least")) | (F.col("n") != F.col("most"))
    return sizes.groupBy("unit").agg(count(wrong).alias("sizes_wrong"))


def _forgotten(rows: DataFrame, flows: DataFrame, units: Sequence[date]) -> DataFrame:
    """Zones that somebody stays in and that have no row."""
    zones = of(flows, "month", units).select("unit", F.col("to_zone").alias("zone")).distinct()
    return zones.join(rows, ["unit", "zone"], "left_anti").groupBy("unit").agg(F.count("*").alias("forgotten"))


SUITE = suite(
    "cross_border_communities",
    never("critical", "a place has one row a month", "repeated"),
    never("critical", "shares lie between 0 and 1", "outside_shares"),
    never("critical", "no import and no export is less than nothing", "negative"),
    never("critical", "a place has an import, an export and a net, or none of them", "half_risky"),
    never("critical", "a month is provisional as a whole or not at all", "mixed"),
    never("critical", "a month has one modularity", "mixed_modularity"),
    never("critical", "a community has as many places as it says", "sizes_wrong"),
    never("critical", "every zone that somebody stays in is in a community", "forgotten"),
    within("critical", "what leaves one place comes to another, to a millionth", "share_lost", 0, 1e-6),
    within("warning", "places are with their communities in four runs of five, on average", "steadiness", 0.8, None),
    within("info", "communities hold together better than chance", "modularity", 0, 1),
    within("info", "there is a community", "communities", 1),
    within("info", "places have rows", "rows", 1),
)
