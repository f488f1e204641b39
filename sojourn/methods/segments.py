"""Moves inside a country: segments of days at one place, and changes between them.

Sources: Chi et al. (2020), doi 10.1371/journal.pone.0239408, of whose rules these are a reading; and the overlap of the
homes of two periods, a Dice coefficient, as eurostat/multimno 1.0.0 takes it. A day may be spent at several places.
Days are whole numbers; whoever has segments at one place alone has none here, for they did not move.
"""

from collections.abc import Collection, Hashable, Iterable, Mapping, Set
from dataclasses import dataclass

Span = tuple[int, int]  # the first and the last day, both included


@dataclass(frozen=True)
class Rule:
    """Thresholds, in days; the defaults are those of Chi et al.

    fill_days: two days at a place no further apart hold those between. run_days, run_share: the length of a run, and
    the share of it on which the place was seen. stay_days: left of a segment when days that belong to others too are
    taken away; overlap_days: a longer overlap is. move_days: from the last day at one place to the first at the next.
    """

    fill_days: int = 7
    run_days: int = 30
    run_share: float = 0.6
    stay_days: int = 90
    overlap_days: int = 0
    move_days: int = 30


CHI = Rule()


@dataclass(frozen=True)
class Move:
    """A change of place: from a segment to the next elsewhere; the likeliest day, and how many days it may be off.

    astray: observed days that this day puts on the wrong side of it.
    """

    origin: Hashable
    destination: Hashable
    left: Span
    reached: Span
    day: int
    uncertainty: int
    astray: int


def segments(seen: Mapping[Hashable, Collection[int]], rule: Rule = CHI) -> dict[Hashable, list[Span]]:
    """The long segments of each place, none of which overlap.

    Args:
        seen: days on which each place was seen, in any order.
        rule: thresholds.
    """
    runs = {place: _dense(_runs(days, rule.fill_days), days, rule) for place, days in seen.items()}
    runs = {place: spans for place, spans in runs.items() if spans}
    if len(runs) < 2:
        return {}
    joined = {place: _joined(spans, _of_others(runs, place)) for place, spans in runs.items()}
    apart = {place: _apart(spans, _of_others(joined, place), rule) for place, spans in joined.items()}
    return {place: spans for place, spans in apart.items() if spans}


def moves(seen: Mapping[Hashable, Collection[int]], rule: Rule = CHI) -> list[Move]:
    """Changes of place, by the day on which the segment before began."""
    long_ = segments(seen, rule)
    order = sorted((span, place) for place, spans in long_.items() for span in spans)
    found = []
    for n, (left, origin) in enumerate(order):
        later = (s for s in order[n + 1 :] if s[1] != origin and s[0][0] > left[1])
        for reached, destination in later:
            if reached[0] - left[1] <= rule.move_days:
                day, astray = _day(seen[origin], seen[destination], left[1], reached[0])
                uncertainty = reached[0] - left[1] - 1
                found.append(Move(origin, destination, left, reached, day, uncertainty, astray))
            break
    return found


def overlap(one: Set[Hashable], other: Set[Hashable]) -> float:
    """How much of two sets of places is the same: twice the common ones over all (Dice); of two empty sets 1."""
    return 2 * len(one & other) / (len(one) + len(other)) if one or other else 1.0


def moved(one: Set[Hashable], other: Set[Hashable], least: float = 0.5) -> bool:
    """Whether the home of one long period is not that of the other: both are known, and overlap by less than that."""
    return bool(one) and bool(other) and overlap(one, other) < least


def _of_others(runs: Mapping[Hashable, list[Span]], place: Hashable) -> list[Span]:
    return [span for other, spans in runs.items() if other != place for span in spans]


def _runs(days: Iterable[int], apart: int) -> list[Span]:
    """Days no further apart than that, joined."""
    out: list[Span] = []
    for day in sorted(set(days)):
        if out and day - out[-1][1] <= apart:
            out[-1] = (out[-1][0], day)
        else:
            out.append((day, day))
    return out


def _length(span: Span) -> int:
    return span[1] - span[0] + 1


def _dense(spans: Iterable[Span], days: Collection[int], rule: Rule) -> list[Span]:
    """Those long enough, on enough of whose days the place was seen."""
    known = set(days)
    long_ = (s for s in spans if _length(s) >= rule.run_days)
    return [s for s in long_ if sum(s[0] <= d <= s[1] for d in known) >= rule.run_share * _length(s)]


def _joined(spans: list[Span], others: list[Span]) -> list[Span]:
    """Runs of one place between which there is none of another, joined."""
    out = spans[:1]
    for span in spans[1:]:
        first, last = out[-1][1] + 1, span[0] - 1
        if any(a <= last and b >= first for a, b in others):
            out.append(span)
        else:
            out[-1] = (out[-1][0], span[1])
    return out


def _apart(spans: list[Span], others: list[Span], rule: Rule) -> list[Span]:
    """What is left of segments without the days that others have too, where it is long enough."""
    days: set[int] = set()
    for first, last in spans:
        own = set(range(first, last + 1))
        for a, b in others:
            both = own & set(range(a, b + 1))
            if len(both) > rule.overlap_days:
                own -= both
        days |= own
    return [s for s in _runs(days, 1) if _length(s) >= rule.stay_days]


def _day(origin: Collection[int], destination: Collection[int], left: int, reached: int) -> tuple[int, int]:
    """The day with the fewest observed days on the wrong side of it, the last of several; and how many these are."""
    before = [d for d in set(destination) if left <= d <= reached]
    after = [d for d in set(origin) if left <= d <= reached]
    wrong = {day: sum(d < day for d in before) + sum(d > day for d in after) for day in range(left, reached + 1)}
    day = max(wrong, key=lambda d: (-wrong[d], d))
    return day, wrong[day]
