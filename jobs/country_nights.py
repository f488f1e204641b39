"""In which country each device spent each night of a month.

Method: where it was at 04:00 (eurostat/multimno asks the same of an overnight stay), told by its nearest signs:
sojourn/methods/nights.py. It is a roll-up: what looks back over years reads these rows, and never the runs again.
"""

from dataclasses import dataclass
from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from schemas import COUNTRY_NIGHTS, COUNTRY_RUNS, EVENTS
from sojourn.errors import bounded
from sojourn.methods.nights import Evening, models, nights_by_country

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


def transform(
    runs: DataFrame,
    events: DataFrame | None,
    month: date,
    last: date,
    provisional: bool,
    home: str,
    home_zone: str,
    p: Params,
) -> DataFrame:
    """Rows of `country_nights` for one month.

    Args:
        runs: rows of `country_runs` from two dates before the month to two after its last night.
        events: rows of `events` of its dates; None: no feed tells of handsets.
        month: its first day.
        last: the last night, of this month.
        provisional: what the rows say of themselves.
        home: country of the operator, ISO 3166-1 alpha-2.
        home_zone: its time zone.
        p: parameters.
    """
    found = nights_by_country(runs, month, last, home, home_zone, Evening(p.evening_from, p.morning_to))
    if events is None:
        found = found.withColumn("tac", F.lit(None).cast("string"))
    else:
        found = found.join(models(events), "device", "left")
    made = {"month": F.lit(month), "provisional": F.lit(provisional)}
    return found.withColumns(made).select(*COUNTRY_NIGHTS.names)
