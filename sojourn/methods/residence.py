"""Who has come to live in a country, by each definition.

The rules are those of the United Nations' handbook on mobile phone data for migration, 5.2.3 (a first crossing, nights
at home before it, nights there after it), and of sojourn/methods/definitions.py; docs/methods.md has them all.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import numpy as np

from sojourn.methods.abroad import YEAR, Bools, Ints, Nights, Stays, View, stays
from sojourn.methods.definitions import Definition, nights_in

MICRO = 1_000_000
OBSERVED, WITH_SILENT, LINKED = range(3)


@dataclass(frozen=True)
class Rule:
    """How much has to be known.

    bridge_nights: an unknown run of at most so many, between nights in one country, is spent there (0: none).
    history_nights: known of before an arrival, below which nobody saw it. early_nights: followed since, below which a
    majority of them is not told.
    """

    bridge_nights: int = 3
    history_nights: int = 28
    early_nights: int = nights_in(3)


@dataclass(frozen=True, eq=False)
class Arrivals:
    """Who arrived, by definition: one each for a device, country, definition, year and series, shape (n,).

    row: of the device. code: the country. kind: which definition. year: calendar year of the first night. series: which
    of SERIES. nights: there. coverage: known share of the nights since, in millionths.
    """

    row: Ints
    code: Ints
    kind: Ints
    year: Ints
    series: Ints
    nights: Ints
    coverage: Ints

    def where(self, which: Bools) -> "Arrivals":
        """Some of them."""
        return Arrivals(*(getattr(self, f.name)[which] for f in fields(self)))

    def told_as(self, series: int) -> "Arrivals":
        """The same in another series."""
        return replace(self, series=np.full_like(self.series, series))


def arrivals(nights: Nights, view: View, rules: Sequence[Definition], rule: Rule) -> Arrivals:
    """Arrivals in the two calendar years of the view.

    Args:
        nights: of devices, in all the nights of the view.
        view: which nights these are.
        rules: definitions.
        rule: how much has to be known.
    """
    found = {gap: stays(nights, *gap) for gap in {(d.max_gap, d.min_coverage) for d in rules}}
    parts = []
    for kind, d in enumerate(rules):
        some = found[d.max_gap, d.min_coverage]
        seen, maybe = _majority(d, some, rule) if d.criterion == "majority" else _continuous(d, some)
        asked = some.lived & (some.history >= rule.history_nights)
        asked &= ~some.own | (some.before * YEAR >= d.before_nights * some.history)
        year = view.years[some.first]
        asked &= year >= max(view.last.year - 1, d.valid_from.year)
        # of a guest silence is the usual end of a visit
        for series, counts in ((OBSERVED, seen), (WITH_SILENT, (seen | maybe) & some.own)):
            at = _once(d, some, year, np.flatnonzero(asked & counts))
            parts.append(_told(d, some, year, at, kind, series))
    return Arrivals(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def _continuous(d: Definition, some: Stays) -> tuple[Bools, Bools]:
    """Stays that were long enough; and those that were, if who fell silent there has stayed."""
    fits = some.spent >= d.min_coverage * some.length
    if d.below_nights is not None:
        fits &= some.length < d.below_nights
    return fits & (some.length >= d.min_nights), fits & some.silent & (some.followed >= d.min_nights)


def _majority(d: Definition, some: Stays, rule: Rule) -> tuple[Bools, Bools]:
    """Arrivals after which most nights were spent there: of 365, or of as many as there have been yet."""
    early = (some.followed < YEAR) & (some.followed >= rule.early_nights)

    def most(there: Ints, known: Ints) -> Bools:
        enough: Bools = (there >= d.min_nights) | (early & (2 * there > some.followed))
        return enough & (~some.own | (known >= d.min_coverage * some.followed))  # guests are heard here alone

    silent = np.where(some.silent, np.maximum(some.first + some.followed - 1 - some.last, 0), 0)
    return most(some.later, some.known), most(some.later + silent, some.known + silent)


def _once(d: Definition, some: Stays, year: Ints, at: Ints) -> Ints:
    """Of several arrivals of one device in one country in one year the first."""
    same = (np.diff(some.row[at]) == 0) & (np.diff(some.code[at]) == 0)
    again = same & (np.diff(year[at]) == 0)
    if d.criterion == "majority":  # one sum of nights is one arrival, though the next visit begins it too
        again |= same & (np.diff(some.first[at]) < YEAR)
    first: Ints = at[np.insert(~again, 0, True)[: len(at)]]
    return first


def _told(d: Definition, some: Stays, year: Ints, at: Ints, kind: int, series: int) -> tuple[Ints, ...]:
    """The columns of `Arrivals` of these stays."""
    summed, since = d.criterion == "majority", d.criterion == "majority" or series == WITH_SILENT
    of, known = (some.followed, some.known) if since else (some.length, some.seen)
    kinds, which = (np.full(len(at), value, np.int64) for value in (kind, series))
    spent = (some.later if summed else some.spent)[at]
    return some.row[at], some.code[at], kinds, year[at], which, spent, known[at] * MICRO // of[at]
