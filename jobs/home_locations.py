"""Where each device spends its nights.

Method: the place seen on most nights, if seen on more than half of those observed, and if enough were (UN handbook on
mobile phone data for migration, 5.2; FlowKit's explicit `unlocatable`). Nights, not events, so that heavy users count
no more than others.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from schemas import HOME_LOCATIONS, PRESENCE
from sojourn.cells import neighbours
from sojourn.errors import ConfigError
from sojourn.methods.countries import as_number, as_text

READS, WRITES, EVERY = (PRESENCE,), HOME_LOCATIONS, "month"


@dataclass(frozen=True)
class Params:
    """How much is a home. Defaults: methods.md §4.

    window_days: nights looked at, up to the month's last. night_from, night_to: local hours. min_nights: observed
    nights below which nothing is said. min_share: of the observed nights, to be exceeded. ring: 1 counts the six
    neighbours in.
    """

    window_days: int = 28
    night_from: int = 20
    night_to: int = 7
    min_nights: int = 10
    min_share: float = 0.5
    ring: int = 1

    def __post_init__(self) -> None:
        bounds = {
            "window_days": (1, 62),  # nights are bits of one bigint
            "night_from": (12, 23),
            "night_to": (0, 12),
            "min_nights": (1, self.window_days),
            "min_share": (0, 1),
            "ring": (0, 1),
        }
        for name, (low, high) in bounds.items():
            if not low <= getattr(self, name) <= high:
                raise ConfigError(f"must be from {low} to {high}", where=f"tables.home_locations.{name}")


def window(month_end: date, newest: date, p: Params) -> tuple[date, date]:
    """The first and the last night looked at: up to the month's last, or the last complete when `newest` has landed."""
    last = min(month_end, newest - timedelta(1))
    return last - timedelta(p.window_days - 1), last


def transform(
    presence: DataFrame, month: date, nights: tuple[date, date], provisional: bool, home: str, p: Params
) -> DataFrame:
    """Rows of `home_locations` for one month.

    Args:
        presence: rows from the first night's date to the day after the last night's.
        month: its first day.
        nights: first and last, as `window` gives them.
        provisional: what the rows say of themselves.
        home: country of the operator, ISO 3166-1 alpha-2.
        p: parameters.
    """
    places = _nights_by_place(presence, nights, p)
    here, abroad = F.col("country") == as_number_of(home), F.col("country") != as_number_of(home)
    devices = places.groupBy("device").agg(
        F.min("home_country").alias("home_country"),
        F.bit_or("mask").alias("seen"),
        F.bit_or(F.when(here, F.col("mask"))).alias("here"),
        F.bit_or(F.when(abroad, F.col("mask"))).alias("abroad"),
        F.collect_list(F.when(F.col("cell").isNotNull(), F.struct("cell", "mask"))).alias("cells"),
        # most nights, then most hours, then latest, then smallest index
        F.max(F.when(F.col("cell").isNotNull(), F.struct("nights", "hours", "last", -F.col("cell")))).alias("best"),
    )
    devices = devices.withColumn("cell", -F.col("best").getField("col4"))
    near = F.filter("cells", lambda c: c["cell"] == F.col("cell"))
    if p.ring:
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
        "here_nights": F.coalesce(F.bit_count("here"), F.lit(0)),
    }
    counted = devices.withColumns(count).withColumn("share", F.col("nights") / F.col("observed_nights"))
    status = (
        F.when(F.col("observed_nights") < p.min_nights, "too_few_nights")
        .when(F.col("abroad_nights") > F.col("here_nights"), "abroad")
        .when(F.col("share") > p.min_share, "home")
        .otherwise("unlocatable")
    )
    made = {
        "month": F.lit(month),
        "status": status,
        "provisional": F.lit(provisional),
        "home_country": as_text("home_country"),
    }
    return counted.withColumns(made).select(*HOME_LOCATIONS.names)


def as_number_of(country: str) -> F.Column:  # type: ignore[name-defined]
    """A country's number, as a literal."""
    return F.lit(ord(country[0]) * 256 + ord(country[1]))


def _nights_by_place(presence: DataFrame, nights: tuple[date, date], p: Params) -> DataFrame:
    """(device, country, cell) with its nights as bits of a bigint, how many, the hours seen, and the last of them."""
    first, last = nights
    evening = sum(1 << h for h in range(p.night_from, 24))
    morning = sum(1 << h for h in range(p.night_to))
    index = F.datediff("date", F.lit(first))
    day = presence.where(F.col("date").between(first, last + timedelta(1)))
    seen = F.explode(
        F.array(
            F.struct(index.alias("night"), F.col("hours").bitwiseAND(F.lit(evening)).alias("bits")),
            F.struct((index - 1).alias("night"), F.col("hours").bitwiseAND(F.lit(morning)).alias("bits")),
        )
    ).alias("seen")
    part = day.select(
        "device", as_number("country").alias("country"), "cell", as_number("home_country").alias("home_country"), seen
    )
    part = part.select("*", "seen.night", "seen.bits").where(
        (F.col("bits") > 0) & F.col("night").between(0, (last - first).days)
    )
    top = F.floor(F.log2("bits")).cast("int")  # the latest hour; after midnight is later than before
    order = F.when(F.col("bits") < (1 << p.night_to), top + 24).otherwise(top)
    by_place = part.groupBy("device", "country", "cell").agg(
        F.min("home_country").alias("home_country"),
        F.bit_or(F.expr("shiftleft(1L, night)")).alias("mask"),
        F.sum(F.bit_count("bits")).alias("hours"),
        F.max(F.col("night") * 64 + order).alias("last"),
    )
    return by_place.withColumn("nights", F.bit_count("mask"))


def _around(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        cells = batch.column(0)
        rings = [[c, *neighbours(c)] for c in cells.to_pylist()]
        yield pa.RecordBatch.from_arrays([cells, pa.array(rings, pa.list_(pa.int64()))], names=["cell", "ring"])
