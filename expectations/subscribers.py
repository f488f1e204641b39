"""What must be true of the register of subscribers."""

from collections.abc import Mapping, Sequence
from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from expectations import count, gather, never, share, suite, within
from schemas.subscribers import MACHINE_SEGMENTS, SUBSCRIBERS

READS = (SUBSCRIBERS,)


def measure(frames: Mapping[str, DataFrame], units: Sequence[date]) -> DataFrame:
    """The whole register, under the landing day that changed it; one exchange, by its key."""
    keys = (
        frames["subscribers"]
        .groupBy("alias", "valid_from")
        .agg(
            F.count("*").alias("n"),
            (F.min("device") != F.max("device")).alias("torn"),
            F.max("opt_out").alias("opt_out"),
            F.max(F.coalesce(F.lower("segment").isin(*MACHINE_SEGMENTS), F.lit(False))).alias("machine"),
        )
    )
    register = keys.agg(
        F.count("*").alias("rows"),
        count(F.col("n") > 1).alias("repeated"),
        count(F.col("torn")).alias("torn"),
        count(F.col("opt_out")).alias("opted_out"),
        count(F.col("machine")).alias("machines"),
    )
    tally = register.select(F.explode(F.lit(list(units))).alias("unit"), "*")
    shares = {f"share_{name}": share(name, "rows") for name in ("opted_out", "machines")}
    return gather(units, tally, rates=shares)


SUITE = suite(
    "subscribers",
    within("critical", "the register has subscribers", "rows", 1),
    never("critical", "a number is of one subscriber at a time", "torn"),
    never("critical", "an entry stands once", "repeated"),
    within("warning", "at most one subscriber in five opted out", "share_opted_out", None, 0.2),
    within("warning", "at most half of the subscribers are machines", "share_machines", None, 0.5),
)
