"""Who went where: trips that ended in a month, from home zones to countries, counted.

Method: movements between zones and countries as networks of travel (Tatem et al. 2014 for Namibia), directed, by the
zone in which the traveller lives; a trip counts in the month in which it ends, as in Eurostat's tourism statistics.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import ClassVar

import pandas as pd
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from schemas import BORDER_CROSSINGS, CELLS, CROSS_BORDER_FLOWS, HOME_LOCATIONS, POPULATION_GRID, TRIPS
from sojourn import clock
from sojourn.errors import bounded
from sojourn.methods.catches import Catch, loose
from sojourn.methods.counting import counted
from sojourn.methods.countries import as_number, as_text
from sojourn.methods.weights import Errors, inbound_weight, residents, weighed

READS = (TRIPS, BORDER_CROSSINGS, HOME_LOCATIONS, CELLS, POPULATION_GRID)
WRITES, EVERY = CROSS_BORDER_FLOWS, "month"
BOUNDS = {
    "catch_minutes": (0, 180),
    "catch_bracket_hours": (0, 96),
    "belt_catches": (1, 1_000),
    "belt_days": (1, 3_660),
}


@dataclass(frozen=True)
class Params(Errors):
    """Whose trips are none, beside those that `trips` calls accidental; and what the persons may be off by.

    Of a phone with belt_catches accidental stays within belt_days, a stay whose signs span fewer than catch_minutes
    (0: none), between signs at home within catch_bracket_hours, one of them where there are belt_catches such stays.

    benchmark_error: of the grid's persons of a zone. market_error: of the persons per foreign SIM. definition_error:
    homes and stays that are none, or were not seen. Each a share of the persons, 0 switches it off; defaults:
    docs/methods.md.
    """

    table: ClassVar[str] = "cross_border_flows"
    catch_minutes: int = 30
    catch_bracket_hours: int = 48
    belt_catches: int = 3
    belt_days: int = 365

    def __post_init__(self) -> None:
        super().__post_init__()
        bounded(self, "cross_border_flows", BOUNDS)


def belt_dates(month: date, p: Params) -> tuple[date, date]:
    """The first and the last date whose crossings are looked at: up to those of trips that ended in the month."""
    last = clock.last_day(month) + timedelta(1)  # dates are local to where a phone is
    return last - timedelta(p.belt_days), last


def transform(
    trips: DataFrame,
    crossings: DataFrame,
    homes: DataFrame,
    cells: DataFrame,
    people: pd.DataFrame | None,
    month: date,
    provisional: bool,
    home: str,
    time_zone: str,
    inbound: Mapping[str, float],
    k: int,
    p: Params,
) -> DataFrame:
    """The counted frame of one month: dimensions, n, record_key, and trips, nights, persons, each with its top.

    Args:
        trips: rows of `trips`.
        crossings: rows of `border_crossings` of the `belt_dates`.
        homes: rows of `home_locations` of that month.
        cells: the register.
        people: of the grid, as `weights.by_zone` tells; None: residents have no persons.
        month: its first day.
        provisional: what the rows say of themselves.
        home: country of the operator, ISO 3166-1 alpha-2.
        time_zone: of `home`; the month in which a trip ends is local.
        inbound: persons per foreign device, by home country, and "default".
        k: devices, for the weights of zones.
        p: parameters.
    """
    outbound = F.coalesce(F.col("home_country") == home, F.lit(False))
    travels = _travels(trips, crossings, month, home, time_zone, p).select(
        "device",
        as_number("country").alias("to"),
        F.col("nights").cast("bigint").alias("slept"),
        F.when(~outbound, inbound_weight(F.col("home_country"), inbound)).alias("guest"),
    )
    # a foreign SIM is never a resident: it leaves from no zone
    known = travels.join(residents(homes, cells, home), "device", "left")
    measures = {"trips": F.lit(1).cast("bigint"), "nights": F.col("slept")}
    made = counted(known, ["area", "to"], measures, {"guests": F.col("guest")})
    columns = {
        "month": F.lit(month),
        "from_zone": F.col("zone"),
        "to_country": as_text("to"),
        "obs_status": F.lit("P" if provisional else "A"),
    }
    return weighed(made, homes, cells, people, home, k, p).withColumns(columns).drop("zone", "to")


def _travels(trips: DataFrame, crossings: DataFrame, month: date, home: str, time_zone: str, p: Params) -> DataFrame:
    """The trips that ended in the month, without transits and catches."""
    ends = F.trunc(clock.local(F.col("returned_at"), time_zone), "month")
    ended = trips.where((F.col("kind") != "transit") & (ends == F.lit(month)))
    kept = ended.where(~F.coalesce("accidental", F.lit(False)))
    if not (p.catch_minutes and p.catch_bracket_hours):
        return kept
    rule = Catch(p.catch_minutes, 0, p.catch_bracket_hours, p.belt_catches, 2)
    return kept.join(loose(ended, crossings, home, rule), ["device", "departed_at"], "left_anti")
