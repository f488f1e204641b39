"""Who stays in a zone that is not their own, by where they live, counted.

Method: the flow from a to b is of the residents of a with a stay in b (Tatem et al. 2014 for Namibia, where moves
between areas are joined to maps of risk). A device has one destination a day, where it spent the most hours: who passes
through is not counted there, and nobody is in more than one flow of a day.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import pandas as pd
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from schemas import CELLS, CROSS_BORDER_FLOWS, HOME_LOCATIONS, POPULATION_GRID, PRESENCE, ZONE_FLOWS
from sojourn.errors import bounded
from sojourn.methods.counting import counted
from sojourn.methods.countries import as_number, as_text, number_of
from sojourn.methods.weights import inbound_weight, residents, weighed
from sojourn.methods.zones import UNKNOWN, names, zones_of

READS = (PRESENCE, HOME_LOCATIONS, CELLS, POPULATION_GRID, CROSS_BORDER_FLOWS)
WRITES, EVERY = ZONE_FLOWS, "month"


@dataclass(frozen=True)
class Params:
    """What is a stay.

    day_hours: hours of a day in which the device was seen in the zone, from which on that day is spent there (2: one is
    a phone that passes, or that an antenna across the line caught). min_days: such days in the month, from which on it
    counts (1: every stay; 2 or more: ties). Both are this project's.
    """

    day_hours: int = 2
    min_days: int = 1

    def __post_init__(self) -> None:
        bounded(self, "zone_flows", {"day_hours": (1, 24), "min_days": (1, 31)})


def transform(
    presence: DataFrame,
    homes: DataFrame,
    cells: DataFrame,
    people: pd.DataFrame | None,
    month: date,
    provisional: bool,
    home: str,
    inbound: Mapping[str, float],
    k: int,
    p: Params,
) -> DataFrame:
    """The counted frame of one month: dimensions, n, record_key, and days, persons, each with its top.

    Args:
        presence: rows of `presence` of the dates of that month.
        homes: rows of `home_locations` of that month; subscribers of the operator without a home are in no flow.
        cells: the register.
        people: of the grid, as `weights.by_zone` tells; None: residents have no persons.
        month: its first day.
        provisional: what the rows say of themselves.
        home: country of the operator, ISO 3166-1 alpha-2.
        inbound: persons per foreign device, by home country, and "default".
        k: devices, for the weights of zones.
        p: parameters.
    """
    seen = presence.where((F.col("country") == home) & F.col("cell").isNotNull()).select(
        "date", "device", "cell", "hours", "n_events", as_number("home_country").alias("origin")
    )
    lives = residents(homes, cells, home).select("device", F.col("area").alias("lives"))
    # every grouping below is of whole devices: they are brought together once
    placed = seen.join(F.broadcast(zones_of(cells, home)), "cell").repartition("device").join(lives, "device", "left")
    own = F.coalesce(F.col("origin") == number_of(home), F.lit(False))
    away = placed.where(F.when(own, F.col("area") != F.col("lives")).otherwise(True))
    stays = _stays(away, p).select(
        *("device", "origin", "days", "to"),
        own.alias("own"),
        F.when(own, F.col("lives")).alias("area"),
        F.when(~own, inbound_weight(as_text("origin"), inbound)).alias("guest"),
    )
    made = counted(stays, ["area", "origin", "own", "to"], {"days": F.col("days")}, {"guests": F.col("guest")})
    told = names(cells.select("zone"), home).select(F.col("area").alias("to"), F.col("zone").alias("to_zone"))
    named = weighed(made, homes, cells, people, home, k).join(F.broadcast(told), "to")
    columns = {
        "month": F.lit(month),
        "from_country": F.coalesce(as_text("origin"), F.lit(UNKNOWN)),
        "from_zone": F.when(F.col("own"), F.col("zone")),
        "obs_status": F.lit("P" if provisional else "A"),
    }
    return named.withColumns(columns).drop("zone", "origin", "own", "to")


def _stays(away: DataFrame, p: Params) -> DataFrame:
    """(device, origin, lives, to, days): days by destination, that with the most hours of each day."""
    who = ["device", "origin", "lives"]
    hours = F.bit_count(F.bit_or("hours"))
    spent = away.groupBy("date", *who, "area").agg(hours.alias("spent"), F.sum("n_events").alias("n"))
    best = F.max(F.struct("spent", "n", "area")).getField("area").alias("to")
    days = spent.where(F.col("spent") >= p.day_hours).groupBy("date", *who).agg(best)
    return days.groupBy(*who, "to").agg(F.count("*").alias("days")).where(F.col("days") >= p.min_days)


def with_asymmetry(rows: DataFrame, flows: DataFrame, home: str) -> DataFrame:
    """Published rows with (F - F') / (F + F'), F the devices of a flow and F' those of the flow the other way.

    Args:
        rows: of `zone_flows`, of some months.
        flows: published rows of `cross_border_flows`: the way back of a foreign SIM is a trip from that zone.
        home: country of the operator.
    """
    pair = ["month", "from_country", "from_zone", "to_zone"]
    inside = rows.where(F.col("from_zone").isNotNull()).select(
        "month",
        "from_country",
        F.col("to_zone").alias("from_zone"),
        F.col("from_zone").alias("to_zone"),
        F.col("devices").alias("back"),
    )
    outbound = flows.where(F.col("to_country") != home).select(
        "month",
        F.col("to_country").alias("from_country"),
        F.lit(None).cast("string").alias("from_zone"),
        F.col("from_zone").alias("to_zone"),
        F.col("devices").alias("back"),
    )
    ways = inside.unionByName(outbound).withColumnsRenamed({name: f"{name}_" for name in pair})
    same = F.lit(True)
    for name in pair:
        same &= F.col(name).eqNullSafe(F.col(f"{name}_"))
    ratio = (F.col("devices") - F.col("back")) / (F.col("devices") + F.col("back"))
    return rows.join(ways, same, "left").withColumn("asymmetry", ratio).select(*rows.columns, "asymmetry")
