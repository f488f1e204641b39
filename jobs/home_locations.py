"""Where each device spends its nights, month by month. The method is that of sojourn/methods/homes.py."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta

import pyarrow as pa
from pyspark.sql import DataFrame

from schemas import HOME_LOCATIONS, PRESENCE
from sojourn.errors import bounded
from sojourn.methods.homes import Homes, Windows
from sojourn.methods.months import of_months, of_months_by_spark

READS, WRITES, EVERY = (PRESENCE,), HOME_LOCATIONS, "month"


@dataclass(frozen=True)
class Params:
    """How much is a home. Defaults: docs/methods.md.

    window_days: nights looked at, up to the month's last. night_from, night_to: local hours. core_from, core_to: local
    hours of the middle of a night, when hardly anybody is on the way. min_nights: observed nights below which nothing
    is said. min_share: of the observed nights, to be exceeded. ring: 1 counts the six neighbours in.
    """

    window_days: int = 28
    night_from: int = 20
    night_to: int = 7
    core_from: int = 22
    core_to: int = 5
    min_nights: int = 10
    min_share: float = 0.5
    ring: int = 1

    def __post_init__(self) -> None:
        bounds = {
            "window_days": (1, 62),  # nights are bits of one bigint
            "night_from": (12, 23),
            "night_to": (0, 12),
            "core_from": (self.night_from, 24),
            "core_to": (0, self.night_to),
            "min_nights": (1, self.window_days),
            "min_share": (0, 1),
            "ring": (0, 1),
        }
        bounded(self, "home_locations", bounds)


def window(month_end: date, newest: date, p: Params) -> tuple[date, date]:
    """The first and the last night looked at: up to the month's last, or the last complete when `newest` has landed."""
    last = min(month_end, newest - timedelta(1))
    return last - timedelta(p.window_days - 1), last


def rows(provisional: Collection[date], found: pa.Table) -> pa.Table:
    """Rows of `home_locations` out of homes in memory; provisional: the months whose rows say so."""
    return of_months(found, provisional).select(HOME_LOCATIONS.names)


def transform(presence: DataFrame, nights: Windows, provisional: Collection[date], home: str, p: Params) -> DataFrame:
    """Rows of `home_locations`, of any number of months in one go.

    Args:
        presence: rows from the first night's date to the day after the last night's, of all months.
        nights: first and last of each month, as `window` gives them, by its first day.
        provisional: the months whose rows say so.
        home: country of the operator, ISO 3166-1 alpha-2.
        p: parameters.
    """
    return of_months_by_spark(Homes(nights, home, p).of(presence), provisional).select(*HOME_LOCATIONS.names)
