"""Stays in other countries out of the country of every night, whole arrays at a time.

A night is in a country, or unknown. Codes are countries as numbers (sojourn.methods.countries), 0 is unknown; an array
of them has a row for each device and a column for each night of a `View`.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

import numpy as np
import numpy.typing as npt

YEAR = 365  # nights before and after an arrival that are looked at
BITS = np.arange(31)
COUNTRIES = 1 << 16  # codes are below

Ints = npt.NDArray[np.int64]
Codes = npt.NDArray[np.int16]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class View:
    """The nights looked at, both included: those of two calendar years, and of a year before them if there are."""

    first: date
    last: date

    @staticmethod
    def of(heard: date, last: date) -> "View":
        """Of a lake that begins with one night, up to another."""
        return View(max(heard, date(last.year - 1, 1, 1) - timedelta(YEAR)), last)

    def __len__(self) -> int:
        return (self.last - self.first).days + 1

    @cached_property
    def years(self) -> Ints:
        """The calendar year of each night."""
        begun = np.datetime64(self.first, "D") + np.arange(len(self))
        return begun.astype("datetime64[Y]").astype(np.int64) + 1970

    def final(self, year: int) -> bool:
        """Whether all who arrived in a year have been followed for 12 months, and known of for 12 before."""
        followed = date(year, 12, 31) + timedelta(YEAR - 1) <= self.last
        return followed and self.first <= date(year, 1, 1) - timedelta(YEAR)


def spread(row: Ints, start: Ints, mask: Ints, code: Ints, shape: tuple[int, int]) -> Codes:
    """Codes out of months of nights.

    Args:
        row: of the device, of each month.
        start: the night that the month begins with, counted from the first of the view; may lie before it.
        mask: bit d is set where night d of the month was spent there.
        code: the country.
        shape: devices, nights.
    """
    out = np.zeros(shape, np.int16)
    part, bit = np.nonzero((mask[:, None] >> BITS) & 1)
    night = start[part] + bit
    inside = (night >= 0) & (night < shape[1])
    part = part[inside]
    out[row[part], night[inside]] = code[part]
    return out


def bridged(codes: Codes, most: int) -> Codes:
    """Unknown runs of at most so many nights take the country on both of their sides, if it is the same."""
    flat, n = codes.ravel(), codes.shape[1]
    known = np.flatnonzero(flat)
    since, until = known[:-1], known[1:]
    unknown = until - since - 1
    short = (unknown > 0) & (unknown <= most) & (flat[since] == flat[until])
    short &= since // max(n, 1) == until // max(n, 1)  # of one device
    since, unknown = since[short], unknown[short]
    nth = np.arange(unknown.sum()) - np.repeat(np.cumsum(unknown) - unknown, unknown)
    out = flat.copy()
    out[np.repeat(since, unknown) + 1 + nth] = np.repeat(flat[since], unknown)
    return out.reshape(codes.shape)


@dataclass(frozen=True, eq=False)
class Nights:
    """The nights of some devices, to be counted between any two.

    codes: shape (devices, nights). origin: the country of each SIM. home: the operator's.
    """

    codes: Codes
    origin: Ints
    home: int

    @cached_property
    def own(self) -> Bools:
        """Whether each is the operator's subscriber."""
        ours: Bools = self.origin == self.home
        return ours

    @cached_property
    def at_home(self) -> Codes:
        """Nights in the country of the SIM before each night, shape (devices, nights + 1)."""
        return _summed((self.codes > 0) & (self.codes == self.origin[:, None]))

    @cached_property
    def known(self) -> Codes:
        """Nights that are known before each night."""
        return _summed(self.codes > 0)

    @cached_property
    def heard(self) -> Ints:
        """The last night that is known; -1 of nobody."""
        n = self.codes.shape[1]
        return np.where(self.known[:, -1] > 0, n - 1 - np.argmax(self.codes[:, ::-1] > 0, axis=1), -1)

    @cached_property
    def away(self) -> tuple[Ints, Ints, Ints]:
        """Row, country and night of every night in another country than the SIM's, in this order; guests': here."""
        there = (self.codes > 0) & (self.codes != self.origin[:, None])
        there &= self.own[:, None] | (self.codes == self.home)
        row, night = np.nonzero(there)
        code = self.codes[row, night].astype(np.int64)
        order = np.lexsort((night, code, row))
        return row[order], code[order], night[order]


def _summed(there: Bools) -> Codes:
    out = np.zeros((there.shape[0], there.shape[1] + 1), np.int16)
    np.cumsum(there, axis=1, dtype=np.int16, out=out[:, 1:])
    return out


@dataclass(frozen=True, eq=False)
class Stays:
    """Stays of devices in other countries, by device, country and first night; what definitions look at, shape (n,).

    row, code, own: whose, where, and whether it is a subscriber of ours. first, last: night. length, spent, seen: of
    its first 365 nights those that it has, that were spent there, that are known. followed, later, known: of the 365
    from its first on those that have been yet, that were spent there (in this stay or others), that are known.
    history, before: nights known of before it, at most 365, and spent at home. lived: most of these, so that it has
    left home; guests: most not here. silent: nothing was heard since, for longer than max_gap.
    """

    row: Ints
    code: Ints
    own: Bools
    first: Ints
    last: Ints
    length: Ints
    spent: Ints
    seen: Ints
    followed: Ints
    later: Ints
    known: Ints
    history: Ints
    before: Ints
    lived: Bools
    silent: Bools


def stays(nights: Nights, max_gap: int, min_coverage: float) -> Stays:
    """The stays of all devices, ended by more than max_gap nights elsewhere or unknown."""
    row, code, night = nights.away
    n = nights.codes.shape[1]
    span = n + 2 * YEAR  # so that no window of one device reaches into those of the next
    key = (row * COUNTRIES + code) * span + night
    begins = np.ones(len(row), bool)
    begins[1:] = (key[1:] // span != key[:-1] // span) | (np.diff(night) > max_gap + 1)
    at = np.flatnonzero(begins)
    ends = np.append(at[1:], len(night))[: len(at)] - 1
    row, code, first, last = row[at], code[at], night[at], night[ends]

    def there(since: Ints, until: Ints) -> Ints:
        base = (row * COUNTRIES + code) * span
        count: Ints = np.searchsorted(key, base + until) - np.searchsorted(key, base + since)
        return count

    def among(sums: Codes, since: Ints, until: Ints) -> Ints:
        between: Ints = sums[row, until].astype(np.int64) - sums[row, since]
        return between

    own, until, since = nights.own[row], np.minimum(first + YEAR, n), np.maximum(first - YEAR, 0)
    end, history, before = np.minimum(last + 1, until), first - since, among(nights.at_home, since, first)
    known = among(nights.known, since, first)
    ours = (2 * before > known) & (known >= min_coverage * history)
    return Stays(
        *(row, code, own, first, last, end - first),
        spent=there(first, end),
        seen=among(nights.known, first, end),
        followed=until - first,
        later=there(first, until),
        known=among(nights.known, first, until),
        history=history,
        before=before,
        lived=np.where(own, ours, 2 * there(since, first) < history),
        silent=(nights.heard[row] == last) & (n - 1 - last > max_gap),
    )
