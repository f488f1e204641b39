"""How many live, work or stay in another country, by zone, country and class, counted.

Method: stocks of the classes of `transnationals` on both sides of the border alike: for the operator's subscribers by
the zone they live in, for foreign ones by the zone they sleep in (docs/methods.md; `country = '*'`: all together).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import ClassVar

import pandas as pd
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from schemas import CELLS, HOME_LOCATIONS, POPULATION_GRID, TRANSNATIONAL_STOCKS, TRANSNATIONALS
from schemas.transnationals import CLASSES
from sojourn.methods.counting import counted
from sojourn.methods.countries import as_number, as_text
from sojourn.methods.weights import Errors, inbound_weight, weighed
from sojourn.methods.zones import UNKNOWN, area, zones_of

READS, WRITES, EVERY = (TRANSNATIONALS, HOME_LOCATIONS, CELLS, POPULATION_GRID), TRANSNATIONAL_STOCKS, "month"
EVERYWHERE, EVERY_COUNTRY = "*", 0  # the sign of all countries together, and its number


@dataclass(frozen=True)
class Params(Errors):
    """What the persons may be off by; what the classes are is for `transnationals` to say.

    benchmark_error: of the grid's persons of a zone. market_error: of the persons per foreign SIM. definition_error:
    homes and stays that are none, or were not seen. Each a share of the persons, 0 switches it off; defaults:
    docs/methods.md.
    """

    table: ClassVar[str] = "transnational_stocks"


def transform(
    transnationals: DataFrame,
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
    """The counted frame of one month: dimensions, n, record_key, and nights and persons, each with its top.

    Args:
        transnationals: rows of that month.
        homes: rows of `home_locations` of that month.
        cells: the register.
        people: of the grid, as `weights.by_zone` tells; None: subscribers of the operator have no persons.
        month: its first day.
        provisional: whether it has not closed; rows on fewer than 365 days are provisional all the same.
        home: country of the operator, ISO 3166-1 alpha-2.
        inbound: persons per foreign device, by home country, and "default".
        k: devices, for the weights of zones.
        p: parameters.
    """
    own = F.coalesce(F.col("home_country") == home, F.lit(False))
    slept = homes.where(~own | (F.col("status") == "home")).select("device", "cell")
    places = zones_of(cells, home)
    nights = slept.where("cell is not null").join(F.broadcast(places), "cell", "left")
    nights = nights.select("device", F.coalesce("area", area(F.lit(home))).alias("area"))
    lives = transnationals.select(
        "as_of",
        "device",
        as_number("home_country").alias("origin"),
        F.when(F.col("country") == EVERYWHERE, EVERY_COUNTRY).otherwise(as_number("country")).alias("to"),
        F.array_position(F.lit(list(CLASSES)), F.col("class")).alias("kind"),
        F.col("nights").cast("bigint").alias("slept"),
        (F.col("provisional") | F.lit(provisional)).alias("open"),
        F.when(~own, inbound_weight(F.col("home_country"), inbound)).alias("guest"),
    )
    by = ["as_of", "area", "origin", "to", "kind", "open"]
    known = lives.join(nights, "device", "left")
    made = counted(known, by, {"nights": F.col("slept")}, {"guests": F.col("guest")})
    columns = {
        "month": F.lit(month),
        "home_country": F.coalesce(as_text("origin"), F.lit(UNKNOWN)),
        "country": F.when(F.col("to") == EVERY_COUNTRY, EVERYWHERE).otherwise(as_text("to")),
        "class": F.element_at(F.lit(list(CLASSES)), F.col("kind").cast("int")),
        "obs_status": F.when(F.col("open"), "P").otherwise("A"),
    }
    return weighed(made, homes, cells, people, home, k, p).withColumns(columns).drop("origin", "to", "kind", "open")
