"""Who lives where, by the country of the SIM, counted.

Method: residents are devices with a usual place of the night (UN handbook on mobile phone data for migration, 5.2); a
foreign SIM counts as one from 14 nights there on, so that a tourist's fortnight is not a life. It says nothing about
citizenship. A foreign SIM that was never seen here in the middle of a night may be a commuter's, who sleeps beyond the
border and is seen on the way, early and late: it counts, and the lower end of the interval does without it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import ClassVar

import pandas as pd
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from schemas import CELLS, HOME_LOCATIONS, POPULATION_GRID, RESIDENTS_BY_ORIGIN
from sojourn.errors import bounded
from sojourn.methods.counting import DOUBT, counted
from sojourn.methods.countries import as_number, as_text
from sojourn.methods.weights import Errors, inbound_weight, weighed
from sojourn.methods.zones import UNKNOWN, area, zones_of

READS, WRITES, EVERY = (HOME_LOCATIONS, CELLS, POPULATION_GRID), RESIDENTS_BY_ORIGIN, "month"


@dataclass(frozen=True)
class Params(Errors):
    """Who is a resident, and what the persons may be off by.

    min_foreign_nights: at the home, from which on a foreign SIM is a resident (contract). benchmark_error: of the
    grid's persons of a zone. market_error: of the persons per foreign SIM. definition_error: homes that are none, or
    were not seen. Errors are shares of the persons, 0 switches one off; defaults: docs/methods.md.
    """

    table: ClassVar[str] = "residents_by_origin"
    min_foreign_nights: int = 14

    def __post_init__(self) -> None:
        super().__post_init__()
        bounded(self, "residents_by_origin", {"min_foreign_nights": (1, 62)})


def transform(
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
    """The counted frame of one month: dimensions, n, record_key, persons and its top, and who of them is in doubt.

    Args:
        homes: rows of `home_locations` of that month.
        cells: the register.
        people: of the grid, as `weights.by_zone` tells; None: residents with a SIM of the country have no persons.
        month: its first day.
        provisional: what the rows say of themselves.
        home: country of the operator, ISO 3166-1 alpha-2.
        inbound: persons per foreign device, by home country, and "default".
        k: devices, for the weights of zones.
        p: parameters.
    """
    own = F.coalesce(F.col("home_country") == home, F.lit(False))
    live = homes.where((F.col("status") == "home") & (own | (F.col("nights") >= p.min_foreign_nights))).select(
        "device",
        "cell",
        as_number("home_country").alias("origin"),
        F.coalesce(~own & (F.col("core_nights") == 0), F.lit(False)).alias("doubtful"),
        F.when(~own, inbound_weight(F.col("home_country"), inbound)).alias("guest"),
    )
    known = live.join(F.broadcast(zones_of(cells, home)), "cell", "left")
    placed = known.withColumn("area", F.coalesce("area", area(F.lit(home))))
    by = ["area", "origin"]
    made = counted(placed, by, {"guests": F.col("guest")}).alias("made")
    doubt = counted(placed.where("doubtful"), by, {}).toDF(*by, *DOUBT).alias("doubt")
    same = [F.col(f"made.{c}").eqNullSafe(F.col(f"doubt.{c}")) for c in by]
    nobody = F.when(F.col("guests").isNotNull(), 0)  # null of the others, who are the persons of their zone
    made = made.join(doubt, same, "left").select("made.*", *(F.coalesce(c, nobody).alias(c) for c in DOUBT))
    columns = {
        "month": F.lit(month),
        "home_country": F.coalesce(as_text("origin"), F.lit(UNKNOWN)),
        "obs_status": F.lit("P" if provisional else "A"),
    }
    return weighed(made, homes, cells, people, home, k, p).withColumns(columns).drop("origin")
