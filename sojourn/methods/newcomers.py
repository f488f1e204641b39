"""Arrivals in a country by each definition, of all devices: months of nights in, one row per arrival out.

A month of nights of a device in a country is one number (sojourn.methods.nights). Only devices that can have arrived
are looked at: those with some nights elsewhere, and those that fell silent there. Of each the months are gathered, a
list of numbers, and judged in Arrow batches as arrays of devices by nights: three years of a thousand devices are two
megabytes. Nothing is a row per device and night.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from math import ceil

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from sojourn.methods.abroad import Bools, Nights, View, bridged, spread
from sojourn.methods.countries import as_number, number_of
from sojourn.methods.definitions import Definition
from sojourn.methods.residence import LINKED, OBSERVED, Arrivals, Rule, arrivals
from sojourn.methods.switches import place

FOUND = ("origin", "code", "kind", "year", "series", "nights", "coverage")
SCHEMA = ", ".join(["device bigint", *(f"{c} int" for c in FOUND)])
AT_ONCE = 2_000  # devices, whose arrays lie in memory together
Batches = Iterable[pa.RecordBatch]


def rows_of(nights: DataFrame, view: View) -> DataFrame:
    """Rows of `country_nights` of the months of a view as numbers: device, origin, code, start, mask, tac."""
    start = F.datediff("month", F.lit(view.first)).alias("start")
    numbers = F.coalesce(as_number("home_country"), F.lit(0)).alias("origin"), as_number("country").alias("code")
    return nights.select("device", *numbers, start, F.col("nights").alias("mask"), "tac")


def newcomers(
    rows: DataFrame, home: str, view: View, rules: Sequence[Definition], rule: Rule, more: DataFrame | None = None
) -> DataFrame:
    """Arrivals, as sojourn.methods.residence has them.

    Args:
        rows: `rows_of` the view.
        home: country of the operator.
        view: the nights looked at.
        rules: definitions.
        rule: how much has to be known.
        more: guest and device, a SIM of ours that may be the guest's next: its nights here count in the series
            `linked`. None: there is no such series.

    Returns:
        device, origin and code (of the SIM, and of the stay: countries as numbers; 0: none), kind (the definition's
        place among the rules), year, series, nights, coverage (millionths).
    """
    here = number_of(home)
    some = rows.select("device", "origin", "code", "start", "mask", F.lit(False).alias("next"))
    if more is not None:
        other = rows.where(F.col("code") == here).join(more.select("guest", "device"), "device")
        made = F.col("guest").alias("device"), F.lit(None).cast("int").alias("origin"), "code", "start", "mask"
        some = some.unionByName(other.select(*made, F.lit(True).alias("next")))
    least = min(ceil(d.min_nights * d.min_coverage) for d in rules) / (1 + rule.bridge_nights)
    quiet = len(view) - 1 - min(d.max_gap for d in rules)  # who was heard since has not fallen silent
    whole = (
        some.join(_possible(some, here, quiet, ceil(least)), "device", "left_semi")
        .groupBy("device")
        .agg(
            F.coalesce(F.min("origin"), F.lit(0)).alias("origin"),
            F.collect_list(F.struct("start", "code", "mask", "next")).alias("months"),
        )
    )
    return whole.mapInArrow(_judge(here, view, rules, rule, more is not None), SCHEMA)


def _possible(rows: DataFrame, home: int, quiet: int, least: int) -> DataFrame:
    """Devices with so many nights in one country elsewhere; and ours that were elsewhere, silent since a night."""
    own, last = F.equal_null("origin", F.lit(home)), F.col("start") + place(F.col("mask"))
    away = rows.where((own & (F.col("code") != home)) | (~own & (F.col("code") == home)))
    often = away.groupBy("device", "code").agg(F.sum(F.bit_count("mask")).alias("n")).where(F.col("n") >= least)
    heard = rows.where(own & (last >= quiet)).select("device")
    silent = away.where(own).select("device").join(heard, "device", "left_anti")
    return often.select("device").union(silent).distinct()


def _judge(
    home: int, view: View, rules: Sequence[Definition], rule: Rule, linked: bool
) -> Callable[[Batches], Batches]:
    def judge(batches: Batches) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            for since in range(0, len(batch), AT_ONCE):
                yield _judged(batch.slice(since, AT_ONCE), home, view, rules, rule, linked)

    return judge


def _judged(
    batch: pa.RecordBatch, home: int, view: View, rules: Sequence[Definition], rule: Rule, linked: bool
) -> pa.RecordBatch:
    device, origin, months = (batch.column(c) for c in ("device", "origin", "months"))
    sizes = np.diff(months.offsets.to_numpy())
    start, code, mask, next_ = (c.to_numpy(zero_copy_only=False).astype(np.int64) for c in months.flatten().flatten())
    row, of = np.repeat(np.arange(len(sizes)), sizes), origin.to_numpy().astype(np.int64)

    def found(which: Bools) -> Arrivals:
        shape = len(sizes), len(view)
        codes = bridged(spread(row[which], start[which], mask[which], code[which], shape), rule.bridge_nights)
        return arrivals(Nights(codes, of, home), view, rules, rule)

    alone = found(next_ == 0)
    every = [alone]
    if linked:
        one = found(np.ones(len(row), bool)) if next_.any() else alone
        every.append(one.where((one.series == OBSERVED) & (of[one.row] != home)).told_as(LINKED))
    numbers = [np.concatenate([getattr(a, name) for a in every]) for name in ("row", *FOUND[1:])]
    made = [device.to_numpy()[numbers[0]], *(n.astype(np.int32) for n in (of[numbers[0]], *numbers[1:]))]
    return pa.RecordBatch.from_arrays([pa.array(m) for m in made], names=["device", *FOUND])
