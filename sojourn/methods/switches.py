"""A guest's SIM that falls silent while a SIM of this country appears: the same handset, perhaps, and the same person.

Nothing here says that it is. The feeds have the model of a handset (TAC) and not its serial number, so what is known is
that the two SIMs were in phones of one model and slept in one place or its six neighbours, within days of each other.
How often chance alone brings that about is worked out from how many new SIMs there are and how common the model is, and
the score of a pair is what is left for a switch (Bayes). Source of the idea: ESSnet's duplicity of devices, of which
this is the pair method for one after the other; the days are this project's.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache

import pyarrow as pa
from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from sojourn.cells import neighbours

LEFT = "device bigint, night int, tac string, cell bigint"


@dataclass(frozen=True)
class Switch:
    """What is proposed as one.

    days: between the last night of the one and the first of the other, either way. silent_nights: since which the guest
    has not been heard. new_nights: before which the other was not heard. prior: share of the guests that fall silent
    who have switched.
    """

    days: int
    silent_nights: int
    new_nights: int
    prior: float


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
    ends = _ends(rows, homes, home, nights, rule)
    came, left = ends.where("own").drop("own"), ends.where("not own").drop("own")
    near = left.mapInArrow(_around, LEFT).withColumnsRenamed({"device": "guest", "night": "last"})
    days = 2 * rule.days + 1  # nights are compared within a few of these only, however many people sleep in a cell
    since, until = F.greatest(F.col("night") - rule.days, F.lit(0)), F.col("night") + rule.days
    spans = F.explode(F.sequence((since / days).cast("int"), (until / days).cast("int")))
    new, gone = came.withColumn("span", spans), near.withColumn("span", (F.col("last") / days).cast("int"))
    apart = F.abs(F.col("night") - F.col("last"))
    pairs = gone.join(new, ["cell", "span", "tac"]).where(apart <= rule.days)
    guests = pairs.groupBy("guest", "tac").agg(
        F.collect_list(F.struct("device", apart.alias("apart"))).alias("matches")
    )
    rates = near.join(came.groupBy("cell").agg(F.count("*").alias("n")), "cell").groupBy("guest")
    often = F.sum("n") * days / max(nights - rule.new_nights, 1)  # new SIMs in so many days, as a rule
    return _scored(guests.join(rates.agg(often.alias("near")), "guest"), came, rule.prior)


def _ends(rows: DataFrame, homes: DataFrame, home: int, nights: int, rule: Switch) -> DataFrame:
    """(device, own, night, tac, cell): guests fallen silent, at their last night; new SIMs, at their first."""
    lowest, named = F.col("mask").bitwiseAND(-F.col("mask")), F.when(F.col("tac").isNotNull(), F.col("start"))
    seen = rows.withColumns({"a": F.col("start") + place(lowest), "z": F.col("start") + place(F.col("mask"))})
    told = seen.groupBy("device").agg(
        F.bool_or(F.equal_null("origin", F.lit(home))).alias("own"),
        F.min("a").alias("first"),
        F.max("z").alias("last"),
        F.min_by("tac", named).alias("first_tac"),
        F.max_by("tac", named).alias("last_tac"),
    )
    own, gone = F.col("own"), nights - 1 - F.col("last") >= rule.silent_nights
    told = told.where(F.when(own, F.col("first") >= rule.new_nights).otherwise(gone)).where("last_tac is not null")
    first, last = F.min_by("cell", "month").alias("first_cell"), F.max_by("cell", "month").alias("last_cell")
    slept = homes.where("cell is not null").groupBy("device").agg(first, last)
    ends = {"night": ("first", "last"), "tac": ("first_tac", "last_tac"), "cell": ("first_cell", "last_cell")}
    columns = [F.when(own, F.col(a)).otherwise(F.col(z)).alias(name) for name, (a, z) in ends.items()]
    return told.join(slept, "device").select("device", "own", *columns)


def place(bits: Column) -> Column:
    """The place of the highest bit, from 0."""
    return F.floor(F.log2(bits)).cast("int")


def _around(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Each row once for its cell and once for each neighbour."""
    ring = cache(lambda cell: [cell, *neighbours(cell)])
    for batch in batches:
        rings = [ring(cell) for cell in batch.column("cell").to_pylist()]
        each = batch.take(pa.array([n for n, cells in enumerate(rings) for _ in cells], pa.int64()))
        yield each.set_column(3, "cell", pa.array([cell for cells in rings for cell in cells], pa.int64()))


def _scored(guests: DataFrame, came: DataFrame, prior: float) -> DataFrame:
    """See `switches`. guests: guest, tac, how many new SIMs are near as a rule, and which ones match."""
    models = came.groupBy("tac").agg(F.count("*").alias("of"))
    every = F.sum("of").over(Window.partitionBy(F.lit(0)))  # a row for each model there is: thousands
    shares = models.select("tac", (F.col("of") / every).alias("share"))
    matched = guests.withColumn("n", F.size("matches")).join(F.broadcast(shares), "tac")
    # who switched has one true match, and others by chance; of who did not all are: a Poisson law with mean by_chance
    by_chance = F.col("near") * F.col("share")
    likely = 1 / (1 + (1 - prior) / prior * by_chance / F.col("n"))
    found = matched.select("guest", "n", likely.alias("likely"), F.explode("matches").alias("match"))
    rivals = F.count("*").over(Window.partitionBy("match.device"))
    score = F.col("likely") / F.greatest("n", rivals)
    pairs = found.select("guest", "match.device", "match.apart", score.alias("score"))
    return _best(_best(pairs, "guest", "device"), "device", "guest").select("guest", "device", "score")


def _best(pairs: DataFrame, one: str, other: str) -> DataFrame:
    """Of each the likeliest, then the nearest in time, then the least."""
    best = F.max_by(F.struct(*pairs.columns), F.struct("score", -F.col("apart"), -F.col(other)))
    return pairs.groupBy(F.col(one).alias("_")).agg(best.alias("best")).select("best.*")
