"""What became of visitors, commuters, transnationals and the others, from one year to the next, counted.

Method: the classes of `transnationals` of a month and of the one 12 months before, device by device; Mooses et al.
(2020) follow their groups over several years. A transnational of two consecutive years is confirmed (docs/methods.md).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import pandas as pd
from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from schemas import CELLS, CLASS_TRANSITION, HOME_LOCATIONS, POPULATION_GRID, TRANSNATIONALS
from schemas.class_transition import ABSENT, ALL
from schemas.transnationals import CLASSES
from sojourn.errors import bounded
from sojourn.methods.counting import counted
from sojourn.methods.countries import as_number, as_text
from sojourn.methods.weights import inbound_weight, weighed
from sojourn.methods.zones import UNKNOWN

READS, WRITES, EVERY = (TRANSNATIONALS, HOME_LOCATIONS, CELLS, POPULATION_GRID), CLASS_TRANSITION, "month"
EVERYWHERE, EVERY_COUNTRY = "*", 0  # the sign of all countries together, and its number
STATES = [*CLASSES, ABSENT, ALL]
TRANSNATIONAL = "transnational"


@dataclass(frozen=True)
class Params:
    """min_days: that each of the two years must cover; fewer days are no year, and their classes other ones."""

    min_days: int = 365

    def __post_init__(self) -> None:
        bounded(self, "class_transition", {"min_days": (28, 365)})


def transform(
    before: DataFrame,
    now: DataFrame,
    homes: DataFrame,
    cells: DataFrame,
    people: pd.DataFrame | None,
    month: date,
    as_of: date,
    provisional: bool,
    home: str,
    inbound: Mapping[str, float],
    k: int,
    p: Params,
) -> DataFrame:
    """The counted frame of one month: dimensions, n, record_key, persons and its top.

    Args:
        before: rows of `transnationals` of the month 12 months before.
        now: rows of that month.
        homes: rows of `home_locations` of that month.
        cells: the register.
        people: of the grid, as `weights.by_zone` tells; None: subscribers of the operator have no persons.
        month: its first day.
        as_of: its last day.
        provisional: whether it has not closed.
        home: country of the operator, ISO 3166-1 alpha-2.
        inbound: persons per foreign device, by home country, and "default".
        k: devices, for the weights.
        p: parameters.
    """
    both = _state(before, "before", p).join(_state(now, "after", p), ["device", "code"], "full")
    absent, whole = F.lit(STATES.index(ABSENT) + 1), F.lit(STATES.index(ALL) + 1)
    states = {
        "origin": F.coalesce("origin_after", "origin_before"),
        "before": F.coalesce("before", absent),
        "after": F.explode(F.array(F.coalesce("after", absent), whole)),
    }
    country = as_text("origin")
    guest = F.when(~F.equal_null(country, F.lit(home)), inbound_weight(country, inbound))
    told = both.withColumns(states).withColumn("guest", guest)
    made = counted(told, ["origin", "code", "before", "after"], {}, {"guests": F.col("guest")})
    made = made.withColumn("area", F.lit(None).cast("bigint"))
    columns = {
        "month": F.lit(month),
        "as_of": F.lit(as_of),
        "home_country": F.coalesce(as_text("origin"), F.lit(UNKNOWN)),
        "country": F.when(F.col("code") == EVERY_COUNTRY, EVERYWHERE).otherwise(as_text("code")),
        "class_from": F.element_at(F.lit(STATES), F.col("before")),
        "class_to": F.element_at(F.lit(STATES), F.col("after")),
        "obs_status": F.lit("P" if provisional else "A"),
    }
    placed = weighed(made, homes, cells, people, home, k).withColumns(columns)
    return placed.drop("origin", "code", "before", "after", "zone")


def _state(lives: DataFrame, when: str, p: Params) -> DataFrame:
    """Of each device and country the class of a year, as its place among STATES, from 1; none of what is no year."""
    code = F.when(F.col("country") == EVERYWHERE, EVERY_COUNTRY).otherwise(as_number("country"))
    return lives.where(F.col("days_covered") >= p.min_days).select(
        "device",
        code.alias("code"),
        as_number("home_country").alias(f"origin_{when}"),
        F.array_position(F.lit(STATES), F.col("class")).cast("int").alias(when),
    )


def likely(result: DataFrame) -> DataFrame:
    """Published rows with the chance of each second class given the first, and who is confirmed."""
    whole = F.max(F.when(F.col("class_to") == ALL, F.col("devices"))).over(
        Window.partitionBy("as_of", "home_country", "country", "class_from")
    )
    told = (F.col("class_from") != ABSENT) & (F.col("class_to") != ALL)
    stayed = (F.col("class_from") == TRANSNATIONAL) & (F.col("class_to") == TRANSNATIONAL)
    columns = {
        "probability": F.when(told, F.least(F.round(F.col("devices") / whole, 4), F.lit(1.0))),
        "confirmed": F.when(stayed, F.lit(True)),
    }
    return result.withColumns(columns)
