"""The last stay of each device before a month began: what later nights need to know of all nights before."""

from dataclasses import dataclass
from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from schemas import COUNTRY_RUNS, COUNTRY_SINCE
from sojourn.clock import later
from sojourn.methods.stays import Rule, Span, latest

READS, WRITES, EVERY = (COUNTRY_RUNS,), COUNTRY_SINCE, "month"


@dataclass(frozen=True)
class Params:
    """None: when a stay ends is for `trips` to say, when a device begins anew for `border_crossings`."""


def transform(
    runs: DataFrame, month: date, home: str, home_zone: str, gap_hours: int, silent_days: int, p: Params
) -> DataFrame:
    """Rows of `country_since` for one month.

    Args:
        runs: all rows of `country_runs`; or the rows of an earlier month, and the runs that began since then.
        month: its first day.
        home: country of the operator, ISO 3166-1 alpha-2.
        home_zone: its time zone.
        gap_hours: of silence that end a foreign subscriber's stay.
        silent_days: after which a foreign subscriber is forgotten.
        p: parameters.
    """
    span = Span(later(month, -1), later(month, -1), home, home_zone)
    found = latest(runs, span, Rule(gap_hours, 0), silent_days)
    return found.withColumn("month", F.lit(month)).select(*COUNTRY_SINCE.names)
