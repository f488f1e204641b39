"""What must be true of a table that its schema cannot say: a module per table, and here the words they use.

A module holds READS (what it looks at), `measure` (one row of counts and rates per unit) and SUITE (what they must be).
A metric named `share…` is a rate and null where it would rest on nothing; all others are counts, 0 for a unit without
rows. A metric `<name>_drift` is not measured: it is <name> over the mean of the seven units before, made by the runner.
A critical expectation stops the night, the others tell.
"""

import os
from collections.abc import Mapping, Sequence
from datetime import date
from functools import reduce
from typing import Any, Literal

os.environ["GX_ANALYTICS_ENABLED"] = "false"

import great_expectations as gx  # after its environment is set
from great_expectations import expectations as gxe
from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

Severity = Literal["critical", "warning", "info"]
DAY_S = 86_400
LEVEL = 52  # an H3 index keeps its resolution in bits 52 to 55, and three bits a digit below


def suite(table: str, *expectations: Any) -> Any:
    """The suite of a table."""
    return gx.ExpectationSuite(name=table, expectations=list(expectations))


def within(
    severity: Severity, sentence: str, metric: str, low: float | None = None, high: float | None = None, **kwargs: Any
) -> Any:
    """The metric lies between the two, both included; nothing to look at (null) is no failure."""
    return gxe.ExpectColumnValuesToBeBetween(
        column=metric, min_value=low, max_value=high, severity=severity, description=sentence, **kwargs
    )


def never(severity: Severity, sentence: str, metric: str) -> Any:
    """The metric counts what must not be."""
    return within(severity, sentence, metric, 0, 0)


def equal(severity: Severity, sentence: str, metric: str, other: str) -> Any:
    """Two metrics are the same number."""
    return gxe.ExpectColumnPairValuesToBeEqual(column_A=metric, column_B=other, severity=severity, description=sentence)


def of(frame: DataFrame, column: str, units: Sequence[date]) -> DataFrame:
    """The rows of these units, by their partition, grouped by the unit in the making."""
    return frame.where(F.col(column).isin(list(units))).withColumn("unit", F.col(column))


def count(condition: Column) -> Column:
    """How many rows it holds for; null is no."""
    return F.count_if(F.coalesce(condition, F.lit(False)))


def total(measure: str | Column, parts: int = 1_000_000) -> Column:
    """The sum of a measure in so many whole parts of one: doubles add up to another sum in another order."""
    column = F.col(measure) if isinstance(measure, str) else measure
    return F.sum(F.rint(column * parts).try_cast("bigint")) / parts


def share(part: str, whole: str, at_least: int = 1) -> Column:
    """One metric over another, null where the other is less than `at_least`."""
    return F.when(F.col(whole) >= at_least, F.col(part) / F.col(whole))


def resolution() -> Column:
    """That of the H3 index in the column `cell`."""
    return F.shiftright("cell", LEVEL).bitwiseAND(F.lit(15)).cast("int")


def nested(rows: DataFrame, name: str, *by: str) -> DataFrame:
    """How many cells of a unit lie inside others of the same columns `by`, the unit among them.

    Without the bits of the resolution an index sorts right behind those of all cells inside it, which share its digits.
    """
    placed = rows.where("cell is not null").withColumn("order", F.col("cell").bitwiseAND(F.lit(~(15 << LEVEL))))
    digits = F.expr(f"shiftleft(1L, cast(3 * (15 - (shiftright(cell, {LEVEL}) & 15)) as int)) - 1")
    space = Window.partitionBy(*by).orderBy("order", F.col("cell").desc())
    inside = F.lag("order").over(space) >= F.col("order") - digits
    return placed.select("unit", inside.alias("inside")).groupBy("unit").agg(count(F.col("inside")).alias(name))


def gather(units: Sequence[date], *tallies: DataFrame, rates: Mapping[str, Column] | None = None) -> DataFrame:
    """A row per unit with the counts of all tallies, 0 where a unit has no row, then the rates made of them."""
    spark = tallies[0].sparkSession
    asked = spark.range(1).select(F.explode(F.lit(list(units))).alias("unit"))
    merged = reduce(lambda left, right: left.unionByName(right, allowMissingColumns=True), tallies, asked)
    counts = [c for c in merged.columns if c != "unit"]
    zeros = [F.coalesce(F.max(c), F.lit(0)).cast("double").alias(c) for c in counts]
    tally = merged.groupBy("unit").agg(*zeros)
    return tally.withColumns({name: rate.cast("double") for name, rate in (rates or {}).items()})
