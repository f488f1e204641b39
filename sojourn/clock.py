"""Local time, nights, days and months: pure helpers, no clock is read."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
from pyspark.sql import Column
from pyspark.sql import functions as F

EPOCH = date(1970, 1, 1)
HOUR_US, DAY_US = 3_600_000_000, 86_400_000_000


def local(at: Column, zone: Column | str) -> Column:
    """The wall clock of an instant in a time zone, as a timestamp; the session's zone must be UTC."""
    return F.from_utc_timestamp(at, zone)


def days(first: date, last: date) -> list[date]:
    """All days from the first to the last, both included."""
    return [first + timedelta(n) for n in range((last - first).days + 1)]


def spans(some: Iterable[date]) -> str:
    """Days as text, those that follow each other as ISO 8601 intervals: 2026-03-02/2026-03-05, 2026-03-09."""
    out: list[list[date]] = []
    for day in sorted(some):
        if out and day - out[-1][-1] == timedelta(1):
            out[-1][1:] = [day]
        else:
            out.append([day])
    return ", ".join("/".join(map(str, span)) for span in out)


def unspan(text: str) -> set[date]:
    """The days that such a text names."""
    found = [[date.fromisoformat(part) for part in span.split("/")] for span in text.split(", ") if span]
    return {day for span in found for day in days(span[0], span[-1])}


def later(day: date, n: int) -> date:
    """The day n days on."""
    return day + timedelta(n)


def month_of(day: date) -> date:
    """The first day of a day's month."""
    return day.replace(day=1)


def months_before(month: date, n: int) -> date:
    """The first day of the month n months before."""
    year, before = divmod(month.year * 12 + month.month - 1 - n, 12)
    return date(year, before + 1, 1)


def midnight(day: date, zone: str) -> datetime:
    """The instant at which a day begins in a time zone."""
    return datetime.combine(day, time(), ZoneInfo(zone))


def last_day(month: date) -> date:
    """The last day of the month that begins on `month`."""
    return (month.replace(day=28) + timedelta(4)).replace(day=1) - timedelta(1)


def months(first: date, last: date) -> Iterator[date]:
    """The first days of all months that touch the days from the first to the last."""
    month = month_of(first)
    while month <= last:
        yield month
        month = last_day(month) + timedelta(1)


@dataclass(frozen=True)
class Shift:
    """A change of a zone's offset from UTC: the instant, and the offsets before and after, in microseconds."""

    at: int
    before: int
    after: int


def shifts(zone: str, first: date, last: date) -> list[Shift]:
    """The offset changes (daylight saving time and others) of a zone between two days, to the second."""
    tz, out = ZoneInfo(zone), []

    def offset(second: int) -> int:
        delta = datetime.fromtimestamp(second, UTC).astimezone(tz).utcoffset()
        return int((delta or timedelta()).total_seconds())

    start = int(datetime(first.year, first.month, first.day, tzinfo=UTC).timestamp())
    end = int(datetime(last.year, last.month, last.day, tzinfo=UTC).timestamp()) + 86400
    for hour in range(start, end, 3600):
        if offset(hour) == offset(hour + 3600):
            continue
        low, high = hour, hour + 3600
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if offset(middle) == offset(hour) else (low, middle)
        out.append(Shift(high * 1_000_000, offset(low) * 1_000_000, offset(high) * 1_000_000))
    return out


@dataclass(frozen=True)
class Offsets:
    """The offsets of a zone from UTC between two days, for whole arrays; before and after them as at their ends."""

    since: npt.NDArray[np.int64]  # microseconds since 1970
    offset: npt.NDArray[np.int64]  # from then on; one more, the first, before all

    @staticmethod
    @cache
    def of(zone: str, first: date, last: date) -> "Offsets":
        """Of a zone by its IANA name."""
        turns = shifts(zone, first, last)
        begin = datetime(first.year, first.month, first.day, tzinfo=UTC).astimezone(ZoneInfo(zone))
        start = turns[0].before if turns else int((begin.utcoffset() or timedelta()).total_seconds()) * 1_000_000
        return Offsets(
            np.array([t.at for t in turns], np.int64), np.array([start, *(t.after for t in turns)], np.int64)
        )

    def local(self, at: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """The wall clock of instants, both in microseconds since 1970."""
        turn = np.searchsorted(self.since, at, "right") if len(self.since) else 0
        wall: npt.NDArray[np.int64] = at + self.offset[turn]
        return wall
