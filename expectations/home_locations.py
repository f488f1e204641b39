"""What must be true of where devices live, whatever the parameters that were chosen."""

from collections.abc import Mapping, Sequence
from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from expectations import count, gather, never, of, share, suite, within
from schemas.home_locations import HOME_LOCATIONS

READS = (HOME_LOCATIONS,)
WINDOW_MAX_NIGHTS = 366
TINY = 1e-9


def measure(frames: Mapping[str, DataFrame], units: Sequence[date]) -> DataFrame:
    """The months' rows twice: once by month, once by month and home country."""
    rows = of(frames["home_locations"], "month", units)
    seen, abroad, share_here = F.col("observed_nights"), F.col("abroad_nights"), F.col("share")
    is_ = {s: F.col("status") == s for s in ("home", "abroad", "unlocatable", "too_few_nights")}
    months = rows.groupBy("unit").agg(
        F.count("*").alias("rows"),
        F.count("*").alias("devices"),
        (F.count("*") - F.count_distinct("device")).alias("repeated"),
        count(
            (F.least("nights", abroad, "core_nights") < 0) | (F.greatest("nights", abroad, "core_nights") > seen)
        ).alias("nights_wrong"),
        count(~seen.between(1, WINDOW_MAX_NIGHTS)).alias("observed_wrong"),
        count(F.abs(share_here * seen - F.col("nights")) > TINY * seen).alias("wrong_shares"),
        count(~share_here.between(0, 1)).alias("outside_shares"),
        count(F.col("cell").isNull() != (F.col("nights") == 0)).alias("cell_wrong"),
        count(is_["home"] & F.col("cell").isNull()).alias("homeless"),
        count(is_["abroad"] & (2 * abroad <= seen)).alias("not_abroad"),
        (F.max("provisional") != F.min("provisional")).cast("int").alias("mixed"),
        F.min(F.when(is_["home"], share_here)).alias("home_from"),
        F.max(F.when(is_["unlocatable"], share_here)).alias("unlocatable_to"),
        F.min(F.when(~is_["too_few_nights"], seen)).alias("enough_from"),
        F.max(F.when(is_["too_few_nights"], seen)).alias("too_few_to"),
        count(is_["unlocatable"]).alias("unlocatable"),
        count(is_["home"] | is_["unlocatable"]).alias("judged"),
    )
    shared = (F.col("home_from") > 0) & (F.col("home_from") <= F.col("unlocatable_to"))
    counted = (F.col("enough_from") > 0) & (F.col("enough_from") <= F.col("too_few_to"))
    rates = {
        "threshold_share": shared.cast("int"),
        "threshold_nights": counted.cast("int"),
        "share_unlocatable": share("unlocatable", "judged", 30),
        "share_domestic_home": share("domestic_home", "domestic", 30),
    }
    return gather(units, months, _domestic(rows), rates=rates)


def _domestic(rows: DataFrame) -> DataFrame:
    """Of the home country that most rows have: devices seen often enough, and those with a home."""
    judged, home = F.col("status") != "too_few_nights", F.col("status") == "home"
    by_country = rows.groupBy("unit", "home_country").agg(
        F.count("*").alias("n"), count(judged).alias("judged"), count(home).alias("home")
    )
    most = F.struct("n", F.hash("home_country"), "judged", "home")
    return (
        by_country.groupBy("unit")
        .agg(F.max(most).alias("most"))
        .select("unit", F.col("most.judged").alias("domestic"), F.col("most.home").alias("domestic_home"))
    )


SUITE = suite(
    "home_locations",
    never("critical", "a device has one row a month", "repeated"),
    never("critical", "nights at the cell, abroad and in this country are among those observed", "nights_wrong"),
    never("critical", "every device was observed on a night, and on no more than a year has", "observed_wrong"),
    never("critical", "share is nights over observed nights", "wrong_shares"),
    never("critical", "share lies between 0 and 1", "outside_shares"),
    never("critical", "there is a cell where there were nights at it, and only there", "cell_wrong"),
    never("critical", "a home has a cell", "homeless"),
    never("critical", "who lives abroad was there on most of the nights", "not_abroad"),
    never("critical", "every home has a greater share than any that is unlocatable", "threshold_share"),
    never("critical", "no device with too few nights has as many as one with enough", "threshold_nights"),
    never("critical", "a month is provisional as a whole or not at all", "mixed"),
    within("warning", "somebody was seen at night", "rows", 1),
    within("info", "every row is a device", "devices", 1),
    within(
        "warning",
        "at most half of those seen often enough and living here are unlocatable",
        "share_unlocatable",
        None,
        0.5,
    ),
    within(
        "warning",
        "at least a third of the home country's devices seen often enough has a home",
        "share_domestic_home",
        0.33,
        None,
    ),
)
