"""What must be true of whatever came through the door: the figures of a published table that is about devices."""

from collections.abc import Mapping, Sequence
from datetime import date
from functools import reduce
from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from expectations import count, never, of, total, within
from sojourn.table import Table

NOISE = 5  # the most that the door adds to or takes from a count
SIGNED = ("asymmetry",)  # figures that may be less than nothing
ONLY_THEN = ("few", "noisy", "unstated")  # what can only be told while the table is being published


def released(table: Table, frames: Mapping[str, DataFrame], units: Sequence[date]) -> DataFrame:
    """Counts over the published rows by unit; where it is at hand, over them beside what they were counted from."""
    rows = of(frames[table.name], table.unit, units)
    figures = [c.name for c in table.columns if c.type in ("bigint", "double") and c.name not in SIGNED]
    key = [c for c in table.key if c != table.unit]
    below = reduce(lambda a, b: a | b, (F.coalesce(F.col(c) < 0, F.lit(False)) for c in figures))
    tallies = [
        F.count("*").alias("rows"),
        F.sum("devices").alias("devices"),
        *([total("persons").alias("persons")] if "persons" in figures else []),
        (F.count("*") - F.count_distinct(F.struct(*key))).alias("repeated"),
        count(below | (F.col("devices") < 1)).alias("negative"),
        (F.max("obs_status") != F.min("obs_status")).cast("int").alias("mixed"),
        count(~F.col("persons").between(F.col("p05"), F.col("p95")) if "p05" in figures else F.lit(False)).alias(
            "outside"
        ),
    ]
    if (raw := counted(table, frames, units)) is not None:
        names = ["unit", *key]
        raw = raw.select("n", "k", *(F.col(c).alias(f"raw_{c}") for c in names))
        same = reduce(lambda a, b: a & b, (F.col(c).eqNullSafe(F.col(f"raw_{c}")) for c in names))  # null: all of them
        rows = rows.join(raw, same, "left")
        few = F.col("n").isNull() | (F.col("n") < F.col("k"))
        tallies += [count(few).alias("few"), count(F.abs(F.col("devices") - F.col("n")) > NOISE).alias("noisy")]
        tallies.append(F.sum("n").alias("n_shown"))
        tallies.append(count(F.col("definition_id").isNull() | F.col("coverage").isNull()).alias("unstated"))
    return rows.groupBy("unit").agg(*tallies)


def counted(table: Table, frames: Mapping[str, DataFrame], units: Sequence[date]) -> DataFrame | None:
    """The rows before the door, by unit, where the table is being published."""
    frame = frames.get(f"{table.name}.counted")
    return None if frame is None else of(frame, table.unit, units)


def told(frames: Mapping[str, DataFrame], table: Table, rates: Mapping[str, Column]) -> dict[str, Column]:
    """Rates that need what the rows were counted from: null where it is not at hand, as in `sojourn check`."""
    if f"{table.name}.counted" in frames:
        return dict(rates)
    return {name: F.lit(None).cast("double") for name in (*ONLY_THEN, *rates)}


def door(whole: bool = True) -> tuple[Any, ...]:
    """The expectations of `released`. whole: all rows of a month are provisional, or none is."""
    alike = (never("critical", "a month is provisional as a whole or not at all", "mixed"),) if whole else ()
    return (
        never("critical", "a combination has one row a month", "repeated"),
        never("critical", "no figure is negative, and no count of devices nothing", "negative"),
        never("critical", "no figure rests on fewer than k devices", "few"),
        never("critical", "no count is further from the truth than its noise may be", "noisy"),
        *alike,
        never("critical", "every figure in persons lies in its interval", "outside"),
        never("critical", "every row says what of its time the lake has, and its definition", "unstated"),
        within("info", "something may be shown", "rows", 1),
        within("info", "what is shown is of devices", "devices", 1),
    )
