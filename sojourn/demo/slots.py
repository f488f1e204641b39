"""The clock of the demo: the hours of the range in UTC, and what they are called in each country."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from sojourn.demo.places import ZONE

Ints = npt.NDArray[np.int64]
HOUR_S = 3600


@dataclass(frozen=True, eq=False)
class Clock:
    """The hours between two local midnights; a day of a clock change has 23 or 25 of them.

    Arrays over slots, shape (n_slots,): `hour` 0–23, `day` counted from the first, `offset_s` local minus UTC.
    `first` and `end` are seconds since 1970, UTC.
    """

    start: date
    days: int
    first: int
    hour: Ints
    day: Ints
    offset_s: Ints

    @property
    def n_slots(self) -> int:
        return len(self.hour)

    @property
    def end(self) -> int:
        return self.first + self.n_slots * HOUR_S

    @property
    def first_date(self) -> int:
        """The first local day, counted from 1970-01-01."""
        return (self.start - date(1970, 1, 1)).days

    @property
    def weekday(self) -> Ints:
        """Monday 0 to Sunday 6 of each day, shape (days,)."""
        return (self.start.weekday() + np.arange(self.days)) % 7

    def dates(self) -> list[date]:
        return [self.start + timedelta(days=d) for d in range(self.days)]

    def slot(self, day: Ints, hour: Ints) -> Ints:
        """The slot in which a local hour of a day begins, shape of the arguments; past the range: n_slots."""
        key = np.asarray(day) * 24 + np.asarray(hour)
        return np.searchsorted(self.day * 24 + self.hour, key)

    def local(self, at: Ints) -> Ints:
        """Seconds since 1970 as a wall clock in Luxembourg shows them."""
        slot = np.clip((at - self.first) // HOUR_S, 0, self.n_slots - 1)
        return at + self.offset_s[slot]

    def day_of(self, at: Ints) -> Ints:
        """Local day of each instant, counted from the first."""
        return self.day[np.clip((at - self.first) // HOUR_S, 0, self.n_slots - 1)]

    def nights(self, zone: str, since: Ints, until: Ints) -> Ints:
        """How many times a clock of this zone strikes 04:00 within [since, until), for instants of shape (n,)."""
        tz = ZoneInfo(zone)
        days = (self.start + timedelta(days=d) for d in range(-1, self.days + 2))
        struck = np.array([int(datetime.combine(d, time(4), tz).timestamp()) for d in days])
        return np.searchsorted(struck, until) - np.searchsorted(struck, since)


def clock(start: date, days: int) -> Clock:
    """The clock of `days` local days from `start` on."""
    tz = ZoneInfo(ZONE)
    first = int(datetime.combine(start, time(), tz).timestamp())
    end = int(datetime.combine(start + timedelta(days=days), time(), tz).timestamp())
    wall = [datetime.fromtimestamp(t, UTC).astimezone(tz) for t in range(first, end, HOUR_S)]
    offsets = [int((w.utcoffset() or timedelta()).total_seconds()) for w in wall]
    return Clock(
        start,
        days,
        first,
        np.array([w.hour for w in wall]),
        np.array([(w.date() - start).days for w in wall]),
        np.array(offsets),
    )
