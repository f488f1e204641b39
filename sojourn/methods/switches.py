"""A guest's SIM that falls silent while a SIM of this country appears: the same handset, perhaps, and the same person.

Nothing here says that it is. The feeds have the model of a handset (TAC) and not its serial number, so what is known is
that the two SIMs were in phones of one model and slept in one place or its six neighbours, within days of each other.
How often chance alone brings that about is worked out from how many new SIMs there are and how common the model is, and
the score of a pair is what is left for a switch (Bayes). Source of the idea: ESSnet's duplicity of devices, of which
this is the pair method for one after the other; the days are this project's.
"""

from dataclasses import dataclass

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from sojourn.methods.homes import rings

LEAST, MOST = 0.001, 0.99  # of guests' silences that are switches, whatever the counts say
MICRO = 1_000_000


@dataclass(frozen=True)
class Switch:
    """What is proposed as one.

    days: between the last night of the one and the first of the other, either way (0: nothing is). silent_nights: since
    which the guest has not been heard. new_nights: before which the other was not heard.
    """

    days: int
    silent_nights: int
    new_nights: int


def switches(rows: DataFrame, homes: DataFrame, home: int, nights: int, rule: Switch) -> DataFrame:
    """Pairs of SIMs, each in one pair at most.

    Args:
        rows: device, origin, code (countries as numbers), start (the night that a month begins with), mask (its nights
            there), tac.
        homes: rows of `home_locations` of these months.
        home: number of the operator's country.
        nights: how many are looked at.
        rule: days.

    Returns:
        guest, device, score: how likely it is that they are one person's, 0 to 1.
    """
    left, came = _ends(rows, home, nights, rule)
    slept = homes.where("cell is not null")
    last, first = F.max_by("cell", "month").alias("cell"), F.min_by("cell", "month").alias("cell")
    left = left.join(slept.groupBy("device").agg(last), "device").withColumnRenamed("device", "guest")
    came = came.join(slept.groupBy("device").agg(first), "device").withColumnRenamed("tac", "model")
    around = left.select("cell").distinct().transform(rings)
    near = left.join(around, "cell").withColumn("cell", F.explode("ring")).drop("ring")
    pairs = near.join(came, "cell").where(F.abs(F.col("first") - F.col("last")) <= rule.days)
    return _scored(left, pairs, came)


def _ends(rows: DataFrame, home: int, nights: int, rule: Switch) -> tuple[DataFrame, DataFrame]:
    """Guests and their last night, of those who have fallen silent; ours and their first, of those who are new."""
    lowest = F.col("mask").bitwiseAND(-F.col("mask"))
    seen = rows.withColumns({"a": F.col("start") + _place(lowest), "z": F.col("start") + _place(F.col("mask"))})
    own = F.equal_null("origin", F.lit(home))
    told = seen.groupBy("device").agg(
        F.bool_or(own).alias("own"),
        F.min("a").alias("first"),
        F.max("z").alias("last"),
        F.min_by("tac", F.when(F.col("tac").isNotNull(), F.col("start"))).alias("first_tac"),
        F.max_by("tac", F.when(F.col("tac").isNotNull(), F.col("start"))).alias("last_tac"),
    )
    gone, new = nights - 1 - F.col("last") >= rule.silent_nights, F.col("first") >= rule.new_nights
    left = told.where(~F.col("own") & gone & F.col("last_tac").isNotNull())
    came = told.where(F.col("own") & new & F.col("first_tac").isNotNull())
    return (
        left.select("device", "last", F.col("last_tac").alias("tac")),
        came.select("device", "first", F.col("first_tac").alias("tac")),
    )


def _place(bits: Column) -> Column:
    """The place of the highest bit."""
    return F.floor(F.log2(bits)).cast("int")


def _scored(left: DataFrame, pairs: DataFrame, came: DataFrame) -> DataFrame:
    """See `switches`."""
    whole = came.agg(F.count("*").alias("all"))
    shares = came.groupBy("model").agg(F.count("*").alias("of")).crossJoin(F.broadcast(whole))
    shares = shares.select(F.col("model").alias("tac"), (F.col("of") / F.col("all")).alias("share"))
    same = F.col("tac") == F.col("model")
    beside = pairs.groupBy("guest").agg(F.count("*").alias("near"), F.count_if(same).alias("matches"))
    guests = left.join(beside, "guest", "left").join(F.broadcast(shares), "tac", "left")
    guests = guests.fillna(0, ["near", "matches", "share"])
    guests = guests.withColumn("by_chance", F.col("near") * F.col("share"))  # the mean of a Poisson law
    prior = guests.agg(_prior().alias("prior"))
    # who switched has one true match, and others by chance; of who did not all are by chance
    odds = F.col("by_chance") / F.col("matches") * (1 - F.col("prior")) / F.col("prior")
    told = guests.where("matches > 0").crossJoin(F.broadcast(prior)).withColumn("likely", 1 / (1 + odds))
    rivals = pairs.where(same).groupBy("device").agg(F.count("*").alias("rivals"))
    matched = pairs.where(same).select("guest", "device", F.abs(F.col("first") - F.col("last")).alias("apart"))
    found = matched.join(told.select("guest", "matches", "likely"), "guest").join(rivals, "device")
    found = found.withColumn("score", F.col("likely") / F.greatest("matches", "rivals"))
    return _best(_best(found, "guest", "device"), "device", "guest").select("guest", "device", "score")


def _prior() -> Column:
    """How many of the silences are switches: those with a match, less those expected to have one by chance."""
    blind = F.round((1 - F.exp(-F.col("by_chance"))) * MICRO).cast("bigint")  # whole: their sum has no order
    matched, expected, all_ = F.count_if(F.col("matches") > 0), F.sum(blind) / MICRO, F.count("*")
    share = (matched - expected) / F.greatest(all_ - expected, F.lit(1))
    return F.least(F.greatest(F.coalesce(share, F.lit(LEAST)), F.lit(LEAST)), F.lit(MOST))


def _best(found: DataFrame, one: str, other: str) -> DataFrame:
    """Of each the likeliest, then the nearest in time, then the least."""
    best = F.max_by(F.struct(*found.columns), F.struct("score", -F.col("apart"), -F.col(other)))
    return found.groupBy(F.col(one).alias("_")).agg(best.alias("best")).select("best.*")
