"""Devices counted once each, with what disclosure control needs to know of the set that was counted.

A counted frame has, beside its dimensions, `n` (distinct devices), `record_key` (which set it is, in 32 bits), its
measures, and of each measure `<measure>_top`, the largest part that is one device's. None of it is noisy yet: a counted
frame is restricted.
"""

from collections.abc import Mapping, Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

KEYS = 1 << 32  # record keys are whole numbers below this
DOUBT = ("doubt_n", "doubt_record_key")  # n and record_key of the devices of a row that may be none of its kind


def record_key(device: Column) -> Column:
    """A device's fixed random number, 0 to 2^32 - 1, bigint.

    A hash of the pseudonym, which is itself made with the secret key: who lacks the key can foretell neither.
    """
    return F.xxhash64(device).bitwiseAND(F.lit(KEYS - 1))


def set_key(device: Column) -> Column:
    """The record key of a set of distinct devices: the sum of theirs modulo 2^32 (an aggregate).

    The sum itself is a bigint, which 2^31 devices cannot overflow.
    """
    return F.sum(record_key(device)) % F.lit(KEYS)


def counted(
    frame: DataFrame, by: Sequence[str], measures: Mapping[str, Column], once: Mapping[str, Column] | None = None
) -> DataFrame:
    """The counted frame of some dimensions.

    Args:
        frame: one row or several for each device (column `device`) in a group.
        by: dimensions.
        measures: whole numbers, summed over rows; a device's part is its sum.
        once: whole numbers that a device has once however many rows it has (the persons it stands for).
    """
    single = dict(once or {})
    parts = [*(F.sum(c).alias(m) for m, c in measures.items()), *(F.max(c).alias(m) for m, c in single.items())]
    devices = frame.groupBy(*by, "device").agg(*parts) if parts else frame.select(*by, "device").distinct()
    names = [*measures, *single]
    return devices.groupBy(*by).agg(
        F.count("*").alias("n"),
        set_key(F.col("device")).alias("record_key"),
        *(F.sum(name).alias(name) for name in names),
        *(F.max(name).alias(f"{name}_top") for name in names),
    )
