"""What must be true of the records of a landing day that were not taken."""

from collections.abc import Mapping, Sequence
from datetime import date

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from expectations import equal, gather, never, of, share, suite, within
from schemas.batches import BATCHES
from schemas.rejects import REJECTS

READS = (REJECTS, BATCHES)
UNUSABLE = ("malformed", "no_subscriber", "bad_time", "future", "too_late", "bad_plmn")
UNREAD = ("unreadable_file", "truncated_file", "missing_column")
ENOUGH = 100  # records; a rate of fewer says nothing


def measure(frames: Mapping[str, DataFrame], units: Sequence[date]) -> DataFrame:
    """A few rows per file."""

    def records(*reasons: str) -> Column:
        return F.sum(F.when(F.col("reason").isin(*reasons), F.col("n")).otherwise(0))

    rejects = (
        of(frames["rejects"], "batch", units)
        .groupBy("unit")
        .agg(
            F.count("*").alias("rows"),
            F.sum("n").alias("rejected"),
            records(*UNUSABLE).alias("unusable"),
            records("duplicate_record").alias("repeated"),
            records("opted_out").alias("opted_out"),
            records(*UNREAD).alias("files_unread"),
            F.count_if(F.col("reason") == "duplicate_file").alias("files_repeated"),
            F.count_if(F.col("n") < 1).alias("empty"),
        )
    )
    batches = (
        of(frames["batches"], "batch", units)
        .groupBy("unit")
        .agg(F.sum("rows_read").alias("read"), F.sum("rows_rejected").alias("counted"))
    )
    rates = {f"share_{name}": share(name, "read", ENOUGH) for name in ("unusable", "repeated", "opted_out")}
    return gather(units, rejects, batches, rates=rates)


SUITE = suite(
    "rejects",
    equal("critical", "every record that was rejected has a reason", "rejected", "counted"),
    never("critical", "a reason stands for one record or more", "empty"),
    within("critical", "at most half of the records read cannot be used", "share_unusable", None, 0.5),
    within("warning", "at most one record in twenty cannot be used", "share_unusable", None, 0.05),
    within("warning", "at most one record in twenty repeats another", "share_repeated", None, 0.05),
    within("warning", "at most one record in five is of someone who opted out", "share_opted_out", None, 0.2),
    never("warning", "every file could be read to its end, with all its columns", "files_unread"),
    never("info", "no file came twice", "files_repeated"),
    within("info", "a person can read them all", "rows", 0, 10_000),
)
