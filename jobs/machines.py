"""Which SIMs are meters, trackers and other machines: people are told from them before anything else.

Method: what the operator sold as a machine is one; so is what behaves like one in two ways at least: it stays in one
place for weeks, it reports as often every day, it does so at the same hours, it does not sleep. That a SIM has nothing
but data is no sign: people are data-only now. The signs are this project's (docs/methods.md); permanent roamers of this
kind are documented by Lutu et al. (2020).
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import pyarrow as pa
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from schemas import CELLS, MACHINES, PRESENCE, SUBSCRIBERS
from schemas.subscribers import MACHINE_SEGMENTS
from sojourn.errors import ConfigError, bounded
from sojourn.methods.behaviour import Habits, Window
from sojourn.methods.months import of_months, of_months_by_spark

READS, WRITES, EVERY = (PRESENCE, SUBSCRIBERS, CELLS), MACHINES, "month"
BOUNDS = {
    "window_days": (7, 62), "min_days": (2, 62), "place_radius_m": (0, 100_000), "regular_dispersion": (0, 10),
    "punctual_share": (0, 2), "min_hours": (1, 1_488),
    "outage_share": (0, 0.5), "night_from": (0, 12), "night_to": (1, 23), "sleepless_share": (0, 10),
    "declared_p": (0, 1), "two_signs_p": (0, 1), "three_signs_p": (0, 1),
}  # fmt: skip


@dataclass(frozen=True)
class Params:
    """What is a sign of a machine, and how much it says.

    window_days: dates looked at, up to the month's last. min_days: dates seen, below which behaviour is no sign.

    place_radius_m: radius of gyration up to which it is in one place (0: never). regular_dispersion: variance over
    mean of the events of a date up to which it reports as often every day (0: never); outage_share of the dates, those
    with the fewest events, are left out. punctual_share: if so, share of dates on which it is seen in an hour in which
    it is seen at all, from which on these are the same every day (2: never). sleepless_share: of the hours that
    night_from to night_to would have if a device were seen evenly round the clock, from which on it does not sleep (10:
    never), if it is seen in min_hours hours of all dates.

    declared_p: probability of what the register declares (0: the register says nothing). two_signs_p, three_signs_p:
    of so many signs of behaviour; where there are fewer there is none.
    """

    window_days: int = 28
    min_days: int = 14
    place_radius_m: int = 1_000
    regular_dispersion: float = 0.2
    outage_share: float = 0.1
    punctual_share: float = 0.5
    min_hours: int = 80
    night_from: int = 0
    night_to: int = 6
    sleepless_share: float = 0.8
    declared_p: float = 0.917
    two_signs_p: float = 0.9
    three_signs_p: float = 0.99

    def __post_init__(self) -> None:
        bounded(self, "machines", BOUNDS)
        if self.night_from >= self.night_to:
            raise ConfigError("must be before night_to", where="tables.machines.night_from")


def window(month_end: date, newest: date, p: Params) -> tuple[date, date]:
    """The first and the last date looked at: up to the month's last, or the newest that has landed."""
    last = min(month_end, newest)
    return last - timedelta(p.window_days - 1), last


def habits(subscribers: DataFrame, cells: DataFrame, windows: Mapping[date, tuple[date, date]], p: Params) -> Habits:
    """What tells machines from people, with what it has to know.

    Args:
        subscribers: the register; rows that hold by the end of a window count for it.
        cells: the register of antennas: how far apart H3 cells are.
        windows: first and last date of each month, as `window` gives them, by its first day.
        p: parameters.
    """
    antennas = cells.select("cell").where("cell is not null").distinct().toArrow()["cell"].to_numpy()
    looked = {month: Window(first, last, declared(subscribers, last)) for month, (first, last) in windows.items()}
    return Habits(looked, antennas, p)


def rows(provisional: Collection[date], told: pa.Table) -> pa.Table:
    """Rows of `machines` out of what is told in memory; provisional: the months whose rows say so."""
    return of_months(told, provisional).select(MACHINES.names)


def transform(presence: DataFrame, habits: Habits, provisional: Collection[date]) -> DataFrame:
    """Rows of `machines`: one for each month and device that was seen.

    Args:
        presence: rows of all windows.
        habits: what tells machines from people.
        provisional: the months whose rows say so.
    """
    return of_months_by_spark(habits.of(presence), provisional).select(*MACHINES.names)


def sold() -> tuple[Column, Column]:
    """Of a row of the register: since when it holds, and whether it says that the subscriber is a machine."""
    since = F.coalesce("valid_from", F.to_date(F.lit("0001-01-01"))).alias("since")
    return since, F.coalesce(F.lower("segment").isin(*MACHINE_SEGMENTS), F.lit(False)).alias("declared")


def declared(subscribers: DataFrame, last: date) -> pa.Array:
    """The devices that the register calls machines on a day, by the newest word on each."""
    words = subscribers.select("device", *sold()).where(F.col("since") <= F.lit(last))
    newest = words.groupBy("device").agg(F.max(F.struct("since", "declared")).alias("told"))
    return newest.where("told.declared").select("device").toArrow()["device"].combine_chunks()
