"""What must be true of the files of a landing day."""

from collections.abc import Mapping, Sequence
from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from expectations import count, gather, never, of, share, suite, within
from schemas.batches import BATCHES

READS = (BATCHES,)


def measure(frames: Mapping[str, DataFrame], units: Sequence[date]) -> DataFrame:
    """One row per file."""
    accounted = F.col("rows_accepted") + F.col("rows_rejected")
    negative = F.least("rows_read", "rows_accepted", "rows_rejected", "values_unreadable") < 0
    batches = (
        of(frames["batches"], "batch", units)
        .groupBy("unit")
        .agg(
            F.count("*").alias("rows"),
            F.count("file").alias("files"),
            count(F.col("file").isNull()).alias("feeds_silent"),
            count(F.col("file").isNull() & (F.col("rows_read") > 0)).alias("read_from_nothing"),
            count(F.col("rows_read") != accounted).alias("unbalanced"),
            count(negative).alias("negative"),
            F.sum("rows_read").alias("read"),
            F.sum("rows_rejected").alias("rejected"),
            F.sum("values_unreadable").alias("unreadable"),
            F.sum("times_ambiguous").alias("ambiguous"),
            F.sum("times_skipped").alias("skipped"),
        )
    )
    rates = {f"share_{name}": share(name, "read", at_least=100) for name in ("unreadable", "ambiguous", "skipped")}
    rates["share_rejected"] = share("rejected", "read")
    return gather(units, batches, rates=rates)


SUITE = suite(
    "batches",
    never("critical", "of every file, records read are accepted or rejected", "unbalanced"),
    never("critical", "no file has a negative count", "negative"),
    never("critical", "nothing is read where there is no file", "read_from_nothing"),
    within("warning", "the day has a file", "files", 1),
    never("info", "every feed brought a file", "feeds_silent"),
    within("warning", "the day has records", "read", 1),
    within("info", "every feed has a row, with files or without", "rows", 1),
    within("info", "at most half of the records were rejected, repeated files included", "share_rejected", None, 0.5),
    within("warning", "at most one optional value per twenty records cannot be read", "share_unreadable", None, 0.05),
    within(
        "info", "at most one time in ten occurs twice, as on the day the clocks go back", "share_ambiguous", None, 0.1
    ),
    within(
        "info",
        "at most one time in a thousand does not exist, as where the zone is right",
        "share_skipped",
        None,
        0.001,
    ),
)
