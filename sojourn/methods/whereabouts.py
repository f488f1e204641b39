"""Where each device is at each hour of a date, out of the signs it gave of itself: whole arrays, never one by one.

Rule: where its nearest sign within two hours was (Eurostat's present population takes the event nearest to an hour;
docs/methods.md). A resident else, if last seen abroad, is abroad, else at night at home, else where last seen. A
foreign device else is where it was last seen, if seen here again within 72 hours, else it is not here.

An hour is a whole number: 24 times the number of a date, plus the label of the hour on the clock; a date on which
clocks change has 24 labels too. A place is an H3 cell, or ABROAD.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sojourn.methods.arrays import Ints, starts

Bools = npt.NDArray[np.bool_]

ABROAD = np.iinfo(np.int64).max  # the last in an order of places
ABSENT = 0  # not in this country; no H3 index
HOURS = np.arange(24)


@dataclass(frozen=True)
class Reach:
    """How far a sign speaks, in hours; night_from and night_to are hours of the clock; look_back in dates."""

    near: int
    gap: int
    look_back: int
    night_from: int
    night_to: int

    @property
    def night(self) -> Bools:
        """Which hours of the clock are night, shape (24,)."""
        return np.asarray((self.night_from <= HOURS) | (self.night_to > HOURS))


@dataclass(frozen=True, eq=False)
class Signs:
    """One sign per device and hour, shape (n,), by device, then hour.

    key: device * span + hour, rising. place: where.
    """

    span: int
    key: Ints
    place: Ints


def signs(device: Ints, date: Ints, hours: Ints, place: Ints, events: Ints, dates: int) -> Signs:
    """Signs out of rows of presence. Of several places in one hour the one with most events, then the first.

    Args:
        device: row number of each, 0, 1, …
        date: number of the date, 0 to `dates` - 1.
        hours: bit h is set where it was seen in hour h.
        place: H3 cell or ABROAD.
        events: of the row.
        dates: how many there may be.
    """
    row, hour = np.nonzero((hours[:, None] >> HOURS) & 1)
    span = 24 * dates
    key = device[row] * span + date[row] * 24 + hour
    order = np.lexsort((place[row], -events[row], key))
    key = key[order]
    first = starts(key)
    return Signs(span, key[first], place[row][order][first])


@dataclass(frozen=True, eq=False)
class _Around:
    """The signs before (or at) and after each hour asked for, shape (devices, 24): gaps in hours, and where."""

    before: Ints
    after: Ints
    last: Ints
    next: Ints
    near: Bools

    @property
    def nearest(self) -> Ints:
        return np.where(self.before <= self.after, self.last, self.next)


NEVER = np.int64(1 << 40)


def _around(seen: Signs, devices: Ints, date: int, reach: Reach) -> _Around:
    hour = date * 24 + HOURS
    asked = devices[:, None] * seen.span + hour
    after = np.searchsorted(seen.key, asked, "right")
    key, place = np.r_[seen.key, np.int64(-1)], np.r_[seen.place, np.int64(ABSENT)]  # -1 takes the last: no sign
    before = np.where(after > 0, after - 1, -1)
    since, until = key[before] - devices[:, None] * seen.span, key[after] - devices[:, None] * seen.span
    known_before = (before >= 0) & (since >= max(0, (date - reach.look_back) * 24))
    known_after = (after < len(seen.key)) & (until < min((date + 2) * 24, seen.span))
    gap_before = np.where(known_before, hour - since, NEVER)
    gap_after = np.where(known_after, until - hour, NEVER)
    near = np.minimum(gap_before, gap_after) <= reach.near
    return _Around(gap_before, gap_after, place[before], place[after], near)


def of_residents(seen: Signs, devices: Ints, homes: Ints, date: int, reach: Reach) -> Ints:
    """The place of each at each hour of a date, shape (devices, 24).

    Args:
        seen: signs, from `reach.look_back` dates before to the date after.
        devices: row numbers.
        homes: H3 cell of the home of each.
        date: number of the date.
        reach: parameters.
    """
    about = _around(seen, devices, date, reach)
    home = np.broadcast_to(homes[:, None], about.last.shape)
    lost = (about.before == NEVER) | (reach.night & (about.last != ABROAD))
    return np.where(about.near, about.nearest, np.where(lost, home, about.last))


def of_visitors(seen: Signs, devices: Ints, date: int, reach: Reach) -> Ints:
    """The same of foreign devices; ABSENT where one is not here, or was seen abroad."""
    about = _around(seen, devices, date, reach)
    both = (about.before + about.after < reach.gap) & (about.last != ABROAD) & (about.next != ABROAD)
    place = np.where(about.near, about.nearest, np.where(both, about.last, np.int64(ABSENT)))
    return np.where(place == ABROAD, np.int64(ABSENT), place)
