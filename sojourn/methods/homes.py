"""Where each device spends its nights, over one window of nights or several at once.

Method: the place seen on most nights, if seen on more than half of those observed, and if enough were (UN handbook on
mobile phone data for migration, 5.2; FlowKit's explicit `unlocatable`). Nights, not events, so that heavy users count
no more than others.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from typing import Protocol

import pyarrow as pa
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from sojourn.cells import neighbours
from sojourn.methods.countries import as_number, as_text, number_of

Windows = Mapping[date, tuple[date, date]]  # a window's name -> its first and last night


class Rule(Protocol):
    """How much is a home: the parameters of `home_locations`."""

    @property
    def night_from(self) -> int: ...
    @property
    def night_to(self) -> int: ...
    @property
    def core_from(self) -> int: ...
    @property
    def core_to(self) -> int: ...
    @property
    def min_nights(self) -> int: ...
    @property
    def min_share(self) -> float: ...
    @property
    def ring(self) -> int: ...


def homes(presence: DataFrame, windows: Windows, home: str, rule: Rule) -> DataFrame:
    """One row per window and device seen on one of its nights.

    Columns: `of` (the window's name), device, home_country, cell, nights, observed_nights, abroad_nights, core_nights,
    share and status, as `home_locations` means them.

    Args:
        presence: rows from the first night's date to the day after the last night's, of all windows.
        windows: first and last night of each, by name; each of at most 62 nights, which are bits of one bigint.
        home: country of the operator, ISO 3166-1 alpha-2.
        rule: parameters.
    """
    places = _nights_by_place(presence, windows, rule)
    here, abroad = F.col("country") == number_of(home), F.col("country") != number_of(home)
    devices = places.groupBy("of", "device").agg(
        F.min("home_country").alias("home_country"),
        F.bit_or("mask").alias("seen"),
        F.bit_or(F.when(here, F.col("mask"))).alias("here"),
        F.bit_or(F.when(abroad, F.col("mask"))).alias("abroad"),
        F.bit_or(F.when(here, F.col("core"))).alias("core"),
        F.collect_list(F.when(F.col("cell").isNotNull(), F.struct("cell", "mask"))).alias("cells"),
        # most nights, then most hours, then latest, then smallest index
        F.max(F.when(F.col("cell").isNotNull(), F.struct("nights", "hours", "last", -F.col("cell")))).alias("best"),
    )
    devices = devices.withColumn("cell", -F.col("best").getField("col4"))
    near = F.filter("cells", lambda c: c["cell"] == F.col("cell"))
    if rule.ring:
        around = (
            devices.where("cell is not null")
            .select("cell")
            .distinct()
            .mapInArrow(_around, "cell bigint, ring array<bigint>")
        )
        devices = devices.join(F.broadcast(around), "cell", "left")
        near = F.filter("cells", lambda c: F.array_contains("ring", c["cell"]))
    mask = F.aggregate(near, F.lit(0).cast("bigint"), lambda a, c: a.bitwiseOR(c["mask"]))
    count = {
        "nights": F.coalesce(F.bit_count(mask), F.lit(0)),
        "observed_nights": F.bit_count("seen"),
        "abroad_nights": F.coalesce(F.bit_count("abroad"), F.lit(0)),
        "core_nights": F.coalesce(F.bit_count("core"), F.lit(0)),
        "here_nights": F.coalesce(F.bit_count("here"), F.lit(0)),
    }
    counted = devices.withColumns(count).withColumn("share", F.col("nights") / F.col("observed_nights"))
    made = counted.withColumns({"status": _status(rule), "home_country": as_text("home_country")})
    columns = "of device home_country cell nights observed_nights abroad_nights core_nights share status"
    return made.select(*columns.split())


def _status(rule: Rule) -> Column:
    return (
        F.when(F.col("observed_nights") < rule.min_nights, "too_few_nights")
        .when(F.col("abroad_nights") > F.col("here_nights"), "abroad")
        .when(F.col("share") > rule.min_share, "home")
        .otherwise("unlocatable")
    )


def _nights_by_place(presence: DataFrame, windows: Windows, rule: Rule) -> DataFrame:
    """(of, device, country, cell), its nights and those seen in their middle as bits; how many, hours, the last."""
    origin, last = min(first for first, _ in windows.values()), max(last for _, last in windows.values())
    evening, morning = _hours(rule.night_from, 24), _hours(0, rule.night_to)
    index = F.datediff("date", F.lit(origin))
    day = presence.where(F.col("date").between(origin, last + timedelta(1)))
    seen = F.explode(
        F.array(
            F.struct(index.alias("night"), F.col("hours").bitwiseAND(F.lit(evening)).alias("bits")),
            F.struct((index - 1).alias("night"), F.col("hours").bitwiseAND(F.lit(morning)).alias("bits")),
        )
    ).alias("seen")
    part = day.select(
        "device", as_number("country").alias("country"), "cell", as_number("home_country").alias("home_country"), seen
    )
    part = _in_windows(part.select("*", "seen.night", "seen.bits").where("bits > 0"), windows, origin)
    top = F.floor(F.log2("bits")).cast("int")  # the latest hour; after midnight is later than before
    order = F.when(F.col("bits") < (1 << rule.night_to), top + 24).otherwise(top)
    core = F.col("bits").bitwiseAND(F.lit(_hours(rule.core_from, 24) | _hours(0, rule.core_to))) > 0
    by_place = part.groupBy("of", "device", "country", "cell").agg(
        F.min("home_country").alias("home_country"),
        F.bit_or(F.expr("shiftleft(1L, night)")).alias("mask"),
        F.bit_or(F.when(core, F.expr("shiftleft(1L, night)"))).alias("core"),
        F.sum(F.bit_count("bits")).alias("hours"),
        F.max(F.col("night") * 64 + order).alias("last"),
    )
    return by_place.withColumn("nights", F.bit_count("mask"))


def _hours(since: int, until: int) -> int:
    """Hours of the day as the bits of `presence`."""
    return sum(1 << h for h in range(since, until))


def _in_windows(part: DataFrame, windows: Windows, origin: date) -> DataFrame:
    """A row for each window that has its night; `night` is then counted from the window's first."""
    spans = {name: ((first - origin).days, (last - origin).days) for name, (first, last) in windows.items()}
    night = F.col("night")
    if len(spans) == 1:
        ((name, (first, last)),) = spans.items()
        return part.where(night.between(first, last)).withColumns({"of": F.lit(name), "night": night - first})
    spelled = [
        F.struct(F.lit(name).alias("of"), F.lit(first).alias("first"), F.lit(last).alias("last"))
        for name, (first, last) in spans.items()
    ]
    within = F.filter(F.array(*spelled), lambda w: (night >= w["first"]) & (night <= w["last"]))
    found = part.withColumn("window", F.explode(within))
    return found.withColumns({"of": F.col("window.of"), "night": night - F.col("window.first")}).drop("window")


def _around(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        cells = batch.column(0)
        rings = [[c, *neighbours(c)] for c in cells.to_pylist()]
        yield pa.RecordBatch.from_arrays([cells, pa.array(rings, pa.list_(pa.int64()))], names=["cell", "ring"])
