"""What must be true of who lives between countries, whatever the parameters that were chosen."""

from collections.abc import Mapping, Sequence
from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from expectations import count, gather, never, of, share, suite, within
from schemas.transnationals import CLASSES, TRANSNATIONALS

READS = (TRANSNATIONALS,)
YEAR = 365


def measure(frames: Mapping[str, DataFrame], units: Sequence[date]) -> DataFrame:
    """The months' rows, once by row and once by device."""
    rows = of(frames["transnationals"], "month", units)
    nights, visits, days, all_ = F.col("nights"), F.col("visits"), F.col("days_covered"), F.col("country") == "*"
    stale = ~F.col("as_of").between(F.col("month"), F.last_day("month"))
    early = ~F.col("provisional") & ((days < YEAR) | (F.col("as_of") != F.last_day("month")))
    is_ = {c: F.col("class") == c for c in CLASSES}
    months = rows.groupBy("unit").agg(
        F.count("*").alias("rows"),
        count(all_).alias("devices"),
        count((nights < 0) | (nights > days) | ~F.col("longest_nights").between(0, nights)).alias("nights_wrong"),
        count(visits < 1).alias("unvisited"),
        count(~F.col("weekday_share").between(0, 1)).alias("outside_shares"),
        count((days < 1) | (days > YEAR)).alias("days_wrong"),
        count(stale).alias("stale"),
        count(early).alias("final_too_early"),
        (F.count_distinct("as_of", "days_covered", "provisional") - 1).alias("mixed"),
        count(F.col("country") == F.col("home_country")).alias("at_home"),
        # whatever the thresholds: a class of more time abroad has it
        count((is_["commuter"] | is_["transnational"]) & (visits < 2)).alias("single_visits"),
        count((is_["seasonal"] | is_["long_stayer"]) & (nights < 1)).alias("nightless"),
        *(count(all_ & condition).alias(name) for name, condition in is_.items()),
        *(F.sum(F.when(all_ & is_[c], nights)).alias(f"{c}_nights") for c in ("visitor", "long_stayer")),
    )
    tally = gather(units, months, _by_device(rows))
    shares = {f"share_{name}": share(name, "devices", 100) for name in is_}
    mean = {c: F.when(F.col(c) >= 30, F.col(f"{c}_nights") / F.col(c)) for c in ("visitor", "long_stayer")}
    shares["share_of_longest"] = mean["visitor"] / F.greatest(mean["long_stayer"], F.lit(1))
    return tally.withColumns({name: rate.cast("double") for name, rate in shares.items()})


def _by_device(rows: DataFrame) -> DataFrame:
    """How the row of all countries together agrees with those of single ones."""
    all_ = F.col("country") == "*"
    devices = rows.groupBy("unit", "device").agg(
        F.count("*").alias("n"),
        F.count_distinct("country").alias("countries"),
        F.sum(F.when(all_, F.col("nights"))).alias("nights"),
        F.sum(F.when(all_, F.col("visits"))).alias("visits"),
        F.sum(F.when(~all_, F.col("nights"))).alias("parts"),
        F.max(F.when(~all_, F.col("nights"))).alias("most"),
        F.sum(F.when(~all_, F.col("visits"))).alias("part_visits"),
    )
    whole = F.col("nights").isNotNull() & F.col("parts").isNotNull()
    return devices.groupBy("unit").agg(
        (F.sum("n") - F.sum("countries")).alias("repeated"),
        count(~whole).alias("half"),
        count(whole & ((F.col("nights") < F.col("most")) | (F.col("nights") > F.col("parts")))).alias("nights_differ"),
        count(whole & (F.col("visits") > F.col("part_visits"))).alias("visits_differ"),
    )


SUITE = suite(
    "transnationals",
    never("critical", "a device has one row for a country", "repeated"),
    never("critical", "every device has a row for all countries together, and one for a single country", "half"),
    never("critical", "nights abroad are at least those in any country and at most the sum", "nights_differ"),
    never("critical", "visits abroad are at most the sum over countries", "visits_differ"),
    never(
        "critical", "nights are none or more, at most the days covered, and contain the longest stay", "nights_wrong"
    ),
    never("critical", "every row has a visit", "unvisited"),
    never("critical", "weekday shares lie between 0 and 1", "outside_shares"),
    never("critical", "a day to a year is covered", "days_wrong"),
    never("critical", "as_of is a day of its month", "stale"),
    never("critical", "what is not provisional covers a year and the whole month", "final_too_early"),
    never("critical", "a month has one as_of, and is provisional as a whole or not at all", "mixed"),
    never("critical", "nobody is a foreigner in the country of the SIM", "at_home"),
    never("warning", "who comes once is neither commuter nor transnational", "single_visits"),
    never("critical", "nobody stays for a season or for good without a night", "nightless"),
    within("warning", "at least a fifth of the devices are visitors", "share_visitor", 0.2, None),
    within("warning", "at most half of the devices are commuters", "share_commuter", None, 0.5),
    within("warning", "at most half of the devices are transnationals", "share_transnational", None, 0.5),
    within("warning", "at most half of the devices are seasonal", "share_seasonal", None, 0.5),
    within("warning", "at most two devices in three are long-stayers", "share_long_stayer", None, 0.67),
    within(
        "warning",
        "visitors stay for at most half of the nights of long-stayers, on average",
        "share_of_longest",
        None,
        0.5,
    ),
    within("info", "somebody is between countries", "rows", 1),
    within("info", "rows are of someone", "devices", 1),
)
