"""In which country each device spent each night of a month.

Method: where it was at 04:00 (eurostat/multimno asks the same of an overnight stay), told by its nearest signs:
sojourn/methods/nights.py. It is a roll-up: what looks back over years reads these rows, and never the runs again.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from schemas import COUNTRY_NIGHTS, COUNTRY_RUNS, EVENTS
from sojourn.errors import bounded
from sojourn.methods.months import of_months, of_months_by_spark
from sojourn.methods.nights import Evening, Overnight, models

READS, WRITES, EVERY = (COUNTRY_RUNS, EVENTS), COUNTRY_NIGHTS, "month"


@dataclass(frozen=True)
class Params:
    """Which signs of a guest tell of a night. Defaults: docs/methods.md.

    evening_from, morning_to: local hours; a foreign SIM is here in a night if it gives a sign from the one on, or
    before the other (12 and 12: every sign tells, as those of our own subscribers do).
    """

    evening_from: int = 20
    morning_to: int = 5

    def __post_init__(self) -> None:
        bounded(self, "country_nights", {"evening_from": (12, 23), "morning_to": (0, 12)})


def overnight(months: Mapping[date, date], home: str, home_zone: str, p: Params) -> Overnight:
    """What tells where a night was spent: of months, by their first days, up to their last nights."""
    return Overnight(months, home, home_zone, Evening(p.evening_from, p.morning_to))


def rows(provisional: Collection[date], spent: pa.Table) -> pa.Table:
    """Rows of `country_nights` out of rows of SPENT in memory, of handsets that nobody tells of."""
    made = of_months(spent, provisional)
    return made.append_column("tac", pa.nulls(len(made), pa.string())).select(COUNTRY_NIGHTS.names)


def transform(
    runs: DataFrame, events: DataFrame | None, overnight: Overnight, provisional: Collection[date]
) -> DataFrame:
    """Rows of `country_nights` for some months.

    Args:
        runs: rows of `country_runs` of the dates that tell of their nights.
        events: rows of `events` of their dates; None: no feed tells of handsets.
        overnight: what tells where a night was spent, and the months.
        provisional: the months whose rows say so.
    """
    found = of_months_by_spark(overnight.of(runs), provisional)
    if events is None:
        found = found.withColumn("tac", F.lit(None).cast("string"))
    else:
        by_month = events.withColumn("month", F.to_date(F.trunc("date", "month")))
        found = found.join(models(by_month), ["month", "device"], "left")
    return found.select(*COUNTRY_NIGHTS.names)
