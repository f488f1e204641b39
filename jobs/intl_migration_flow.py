"""How many came to live in another country in a year, by every definition side by side, counted.

Method: the United Nations' handbook on mobile phone data for migration, 5.2.3 (a first crossing, nights at home in the
12 months before it, nights there in the 12 after it); the definitions are data: sojourn/methods/definitions.py. Silence
is no emigration: what would be one if it were is a series of its own, and so is what SIM switches would change.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import pandas as pd
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from schemas import CELLS, COUNTRY_NIGHTS, HOME_LOCATIONS, INTL_MIGRATION_FLOW, POPULATION_GRID
from schemas.intl_migration_flow import SERIES
from sojourn.errors import bounded
from sojourn.methods.abroad import View
from sojourn.methods.counting import counted
from sojourn.methods.countries import as_text, number_of
from sojourn.methods.definitions import Definition, definitions, nights_in
from sojourn.methods.newcomers import newcomers, rows_of
from sojourn.methods.residence import Rule
from sojourn.methods.switches import Switch, switches
from sojourn.methods.weights import inbound_weight, weighed
from sojourn.methods.zones import UNKNOWN

READS, WRITES, EVERY = (COUNTRY_NIGHTS, HOME_LOCATIONS, CELLS, POPULATION_GRID), INTL_MIGRATION_FLOW, "month"
BOUNDS = {
    "bridge_nights": (0, 14), "min_coverage": (0, 1), "max_gap_nights": (0, 91), "history_nights": (1, 365),
    "early_months": (1, 12), "switch_days": (0, 30), "switch_silent_nights": (7, 365), "switch_prior": (0.001, 0.5),
    "switch_score": (0, 1),
}  # fmt: skip


@dataclass(frozen=True)
class Params:
    """How much has to be known of the nights. Defaults: docs/methods.md.

    bridge_nights: an unknown run of at most so many takes the country on both of its sides (72 hours; 0: none does).
    min_coverage: of the nights of a stay, that are known to be spent there; of a window, that are known.
    max_gap_nights: elsewhere or unknown, that do not end a stay, where the definition says nothing of it.
    history_nights: known of before an arrival, below which nobody saw it. early_months: followed, from which on a
    majority of the nights so far is told, provisionally (12: never).

    SIM switches: switch_days, between a foreign SIM's last night and the first of one of ours (0: none is looked for);
    switch_silent_nights, since which the former is not heard; switch_prior, share of the foreign SIMs that fall silent
    whose owners have switched; switch_score, from which on the two are one (1: never).
    """

    bridge_nights: int = 3
    min_coverage: float = 0.6
    max_gap_nights: int = 30
    history_nights: int = 28
    early_months: int = 3
    switch_days: int = 7
    switch_silent_nights: int = 28
    switch_prior: float = 0.05
    switch_score: float = 0.5

    def __post_init__(self) -> None:
        bounded(self, "intl_migration_flow", BOUNDS)

    @property
    def rules(self) -> tuple[Definition, ...]:
        """The definitions."""
        return definitions(self.max_gap_nights, self.min_coverage)

    @property
    def rule(self) -> Rule:
        """How much has to be known."""
        return Rule(self.bridge_nights, self.history_nights, nights_in(self.early_months))

    @property
    def least_nights(self) -> int:
        """The fewest nights of history in which somebody may be seen to arrive."""
        return self.history_nights + min(d.min_nights for d in self.rules)


def transform(
    nights: DataFrame,
    homes: DataFrame,
    cells: DataFrame,
    people: pd.DataFrame | None,
    month: date,
    view: View,
    provisional: bool,
    home: str,
    inbound: Mapping[str, float],
    k: int,
    p: Params,
) -> DataFrame:
    """The counted frame of one month: dimensions, n, record_key, and nights, coverage and persons, each with its top.

    Args:
        nights: rows of `country_nights` of the months of the view.
        homes: rows of `home_locations` of the same months.
        cells: the register.
        people: of the grid, as `weights.by_zone` tells; None: subscribers of the operator have no persons.
        month: its first day.
        view: the nights looked at, up to the last of the month.
        provisional: whether it has not closed.
        home: country of the operator, ISO 3166-1 alpha-2.
        inbound: persons per foreign device, by home country, and "default".
        k: devices, for the weights.
        p: parameters.
    """
    rows = rows_of(nights, view)
    pairs = None
    if p.switch_days:
        switch = Switch(p.switch_days, p.switch_silent_nights, p.history_nights, p.switch_prior)
        pairs = switches(rows, homes, number_of(home), len(view), switch).where(F.col("score") >= p.switch_score)
    came = newcomers(rows, home, view, p.rules, p.rule, pairs)
    own = F.col("origin") == number_of(home)
    told = came.select(
        *("device", "year", "kind", "series", F.col("coverage").cast("bigint").alias("share")),
        own.alias("ours"),
        F.when(own, F.col("code")).otherwise(F.col("origin")).alias("other"),
        F.col("nights").cast("bigint").alias("slept"),
        F.when(~own, inbound_weight(as_text("origin"), inbound)).alias("guest"),
    )
    by = ["year", "ours", "other", "kind", "series"]
    once = {"coverage": F.col("share"), "guests": F.col("guest")}
    made = counted(told, by, {"nights": F.col("slept")}, once).withColumn("area", F.lit(None).cast("bigint"))
    columns = {
        "month": F.lit(month),
        "as_of": F.lit(view.last),
        "direction": F.when(F.col("ours"), "out").otherwise("in"),
        "country": F.when(F.col("other") > 0, as_text("other")).otherwise(UNKNOWN),
        "definition_id": F.element_at(F.lit([d.id for d in p.rules]), F.col("kind") + 1),
        "series": F.element_at(F.lit(list(SERIES)), F.col("series") + 1),
        "obs_status": _status(view, provisional),
    }
    newest = homes.where(F.col("month") == F.lit(month))
    return weighed(made, newest, cells, people, home, k).withColumns(columns).drop("ours", "other", "kind", "zone")


def _status(view: View, provisional: bool) -> Column:
    final = [y for y in (view.last.year - 1, view.last.year) if view.final(y) and not provisional]
    return F.when(F.col("year").isin(final), "A").otherwise("P") if final else F.lit("P")


def covered(result: DataFrame) -> DataFrame:
    """Published rows with their mean coverage: what the door gives is the sum over the devices."""
    return result.withColumn("coverage", F.least(F.round(F.col("coverage") / F.col("devices"), 3), F.lit(1.0)))
