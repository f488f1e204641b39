"""How machines differ from people in what `presence` keeps of them, and how likely each device is one.

In one place: the radius of gyration of its hours (González, Hidalgo, Barabási 2008). By the clock: for events whose
gaps have a coefficient of variation c, the variance of their number in a long time over its mean tends to c squared
(Cox 1962: Renewal Theory), so that counts by date tell of gaps which nobody has to read; a phone's are those of chance
or more (1 and above). Punctual: regular, and seen in the same hours of the day. Sleepless: the share of its hours that
are by night.
"""

from collections.abc import Iterable, Iterator
from typing import Protocol

import numpy as np
import pyarrow as pa
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from sojourn.cells import centre_of
from sojourn.methods.countries import as_number, as_text

EARTH_M = 6_371_000  # radius of the sphere; cells are points on it in whole metres, so that sums have no order
PLACES = "cell bigint, x bigint, y bigint, z bigint"


class Rule(Protocol):
    """What is a sign, and how much it says: the parameters of `machines`."""

    @property
    def min_days(self) -> int: ...
    @property
    def place_radius_m(self) -> int: ...
    @property
    def regular_dispersion(self) -> float: ...
    @property
    def punctual_share(self) -> float: ...
    @property
    def min_hours(self) -> int: ...
    @property
    def outage_share(self) -> float: ...
    @property
    def night_from(self) -> int: ...
    @property
    def night_to(self) -> int: ...
    @property
    def sleepless_share(self) -> float: ...
    @property
    def declared_p(self) -> float: ...
    @property
    def two_signs_p(self) -> float: ...
    @property
    def three_signs_p(self) -> float: ...


def habits(presence: DataFrame, cells: DataFrame, rule: Rule) -> DataFrame:
    """One row per device: device, home_country, days_seen, hours_seen, radius_m, dispersion, same_hours, night_share.

    Two aggregations, by date and over dates; no sort, and no event is read.

    Args:
        presence: rows of the dates looked at.
        cells: the register of antennas.
        rule: parameters.
    """
    places = cells.select("cell").where("cell is not null").distinct().mapInArrow(_places, PLACES)
    many = F.when(F.col("x").isNotNull(), F.bit_count("hours"))
    squares = F.col("x") * F.col("x") + F.col("y") * F.col("y") + F.col("z") * F.col("z")
    located = presence.select("date", "device", "cell", "hours", "n_events", as_number("home_country").alias("origin"))
    dates = (
        located.join(F.broadcast(places), "cell", "left")
        .groupBy("device", "date")
        .agg(
            F.min("origin").alias("origin"),
            F.sum("n_events").alias("n"),
            F.bit_or("hours").alias("hours"),
            F.sum(F.bit_count("hours")).alias("all_hours"),
            F.sum(many).alias("many"),
            F.sum(many * squares).alias("squares"),
            *(F.sum(many * F.col(axis)).alias(axis) for axis in "xyz"),
        )
    )
    night = F.lit(sum(1 << hour for hour in range(rule.night_from, rule.night_to)))
    devices = dates.groupBy("device").agg(
        F.min("origin").alias("origin"),
        F.count("*").cast("int").alias("days_seen"),
        (F.datediff(F.max("date"), F.min("date")) + 1).alias("days"),
        F.sort_array(F.collect_list("n")).alias("counts"),
        F.collect_list("hours").alias("masks"),
        F.sum(F.bit_count("hours")).cast("int").alias("hours_seen"),
        F.sum(F.bit_count(F.col("hours").bitwiseAND(night))).alias("by_night"),
        *(F.sum(name).alias(name) for name in ("all_hours", "many", "squares", "x", "y", "z")),
    )
    told = {
        "home_country": as_text("origin"),
        "radius_m": _radius(),
        "dispersion": _dispersion(rule),
        "night_share": F.col("by_night") / F.col("hours_seen"),
    }
    known = devices.withColumns(told)
    # looked at where it matters alone
    same = F.when(F.col("dispersion") <= rule.regular_dispersion, _same_hours())
    return known.withColumn("same_hours", same).select("device", "days_seen", "hours_seen", *told, "same_hours")


def _radius() -> Column:
    """Radius of gyration, on straight lines: over the tens of kilometres that matter they are as long as the arcs.

    Null unless nine in ten of the hours have a cell: of where a device is abroad nothing is known.
    """
    middle = [F.col(axis) / F.col("many") for axis in "xyz"]
    apart = F.col("squares") / F.col("many") - sum((m * m for m in middle), F.lit(0.0))
    return F.when(10 * F.col("many") >= 9 * F.col("all_hours"), F.round(F.sqrt(F.greatest(apart, F.lit(0.0)))))


def _dispersion(rule: Rule) -> Column:
    """Variance over mean of the events of a date, from the first date seen to the last, the lowest of them left out."""
    lost = F.floor(F.col("days") * rule.outage_share).cast("int")
    silent = F.col("days") - F.col("days_seen")
    counts = F.slice("counts", F.greatest(lost - silent, F.lit(0)) + 1, F.col("days_seen"))
    n = F.col("days") - lost
    total = F.aggregate(counts, F.lit(0).cast("bigint"), lambda a, x: a + x)
    squares = F.aggregate(counts, F.lit(0).cast("bigint"), lambda a, x: a + x * x)
    mean = total / n
    return F.when(total > 0, F.greatest((squares / n - mean * mean) / mean, F.lit(0.0)))


def _same_hours() -> Column:
    """Of an hour in which it is seen, the share of dates on which it is: 1 if these are the same hours every date."""
    dates = "transform(sequence(0, 23), h -> aggregate(masks, 0L, (a, m) -> a + (shiftright(m, h) & 1)))"
    return F.expr(f"aggregate({dates}, 0L, (a, n) -> a + n * n) / (days_seen * hours_seen)")


def likelihood(seen: DataFrame, rule: Rule) -> DataFrame:
    """The same rows (of `habits`, and declared) with in_place, regular, punctual, sleepless and p_machine.

    A declaration and behaviour are taken for independent: what speaks against both has to be true for a person.
    """
    enough = F.col("days_seen") >= rule.min_days
    even = rule.sleepless_share * (rule.night_to - rule.night_from) / 24
    regular = (F.col("dispersion") <= rule.regular_dispersion) & F.lit(rule.regular_dispersion > 0)
    signs = {
        "in_place": (F.col("radius_m") <= rule.place_radius_m) & F.lit(rule.place_radius_m > 0),
        "regular": regular,
        "punctual": regular & F.coalesce(F.col("same_hours") >= rule.punctual_share, F.lit(False)),
        "sleepless": (F.col("night_share") >= even) & (F.col("hours_seen") >= rule.min_hours),
    }
    told = seen.withColumns({name: F.when(enough, sign) for name, sign in signs.items()})
    many = sum((F.coalesce(F.col(name), F.lit(False)).cast("int") for name in signs), F.lit(0))
    behaves = F.when(many >= 3, rule.three_signs_p).when(many == 2, rule.two_signs_p).otherwise(0.0)
    sold = F.when(F.col("declared"), rule.declared_p).otherwise(0.0)
    return told.withColumn("p_machine", F.round(1 - (1 - behaves) * (1 - sold), 6))


def _places(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Cells as points on the sphere, in whole metres."""
    for batch in batches:
        lat, lon = (np.radians(a) for a in centre_of(batch.column(0).to_numpy()))
        ends = (np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat))
        points = [pa.array(np.rint(EARTH_M * end).astype(np.int64)) for end in ends]
        yield pa.RecordBatch.from_arrays([batch.column(0), *points], names=["cell", "x", "y", "z"])
