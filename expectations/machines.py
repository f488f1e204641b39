"""What must be true of which SIMs are machines, whatever the parameters that were chosen."""

from collections.abc import Mapping, Sequence
from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from expectations import count, gather, never, of, share, suite, within
from schemas.machines import MACHINES

READS = (MACHINES,)
LIKELY = 0.5
SIGNS = ("in_place", "regular", "punctual", "sleepless")


def measure(frames: Mapping[str, DataFrame], units: Sequence[date]) -> DataFrame:
    """The months' rows; the home country is the one that most of them have."""
    rows = of(frames["machines"], "month", units)
    p, declared = F.col("p_machine"), F.col("declared")
    signs = sum((F.coalesce(F.col(name), F.lit(False)).cast("int") for name in SIGNS), F.lit(0))
    likely, told = p >= LIKELY, F.coalesce(F.col("regular"), F.col("sleepless")).isNotNull()
    by_country = rows.groupBy("unit", "home_country").agg(
        F.count("*").alias("n"),
        F.count_distinct("device").alias("distinct"),
        count(~p.between(0, 1)).alias("outside"),
        count(~declared & (signs < 2) & (p > 0)).alias("unfounded"),
        count(F.col("days_seen") < 1).alias("unseen"),
        count(~F.col("night_share").between(0, 1) | (F.col("radius_m") < 0) | (F.col("dispersion") < 0)).alias("wrong"),
        count(likely).alias("machines"),
        count(likely & ~declared).alias("undeclared"),
        count(declared & told).alias("sold"),
        count(declared & told & (signs < 2)).alias("like_people"),
        F.max("provisional").alias("open"),
        F.min("provisional").alias("all_open"),
    )
    home = F.max_by("machines", F.struct("n", F.hash("home_country")))
    of_home = F.max_by("n", F.struct("n", F.hash("home_country")))
    sums = ("outside", "unfounded", "unseen", "wrong", "machines", "undeclared", "sold", "like_people")
    months = by_country.groupBy("unit").agg(
        F.sum("n").alias("rows"),
        F.sum("n").alias("devices"),
        F.sum(F.col("n") - F.col("distinct")).alias("repeated"),
        (F.max("open") != F.min("all_open")).cast("int").alias("mixed"),
        *(F.sum(name).alias(name) for name in sums),
        home.alias("domestic_machines"),
        of_home.alias("domestic"),
        (F.sum("machines") - home).alias("foreign_machines"),
        (F.sum("n") - of_home).alias("foreign"),
    )
    rates = {
        "share_domestic": share("domestic_machines", "domestic", 100),
        "share_foreign": share("foreign_machines", "foreign", 100),
        "share_like_people": share("like_people", "sold", 30),
    }
    return gather(units, months, rates=rates)


SUITE = suite(
    "machines",
    never("critical", "a device has one row a month", "repeated"),
    never("critical", "probabilities lie between 0 and 1", "outside"),
    never("critical", "who was not declared and has fewer than two signs is no machine", "unfounded"),
    never("critical", "every device was seen", "unseen"),
    never("critical", "shares, distances and variances are such", "wrong"),
    never("critical", "a month is provisional as a whole or not at all", "mixed"),
    within("warning", "at most half of the home country's devices are machines", "share_domestic", None, 0.5),
    within("warning", "at most nine foreign devices in ten are machines", "share_foreign", None, 0.9),
    within("warning", "at most half of what was sold as machines behaves like people", "share_like_people", None, 0.5),
    within("info", "machines that are told from people", "machines", 0),
    within("info", "of these, those that the register does not declare", "undeclared", 0),
    within("info", "foreign machines", "foreign_machines", 0),
    within("info", "somebody was seen", "rows", 1),
    within("info", "every row is a device", "devices", 1),
)
