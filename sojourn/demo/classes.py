"""What kind of life the planted stays are, by the rules of docs/methods.md applied to the truth itself.

Written apart from the job that does the same from signs: two people reading one page.
"""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from sojourn.demo.people import MACHINES, People
from sojourn.demo.places import COUNTRIES
from sojourn.demo.slots import HOUR_S, Clock
from sojourn.demo.stays import Stays

Ints = npt.NDArray[np.int64]

LEAST_DAYS, YEAR = 28, 365
TRANSIT_S = 3 * HOUR_S
EVERYWHERE = "*"


@dataclass(frozen=True)
class Life:
    """One person's stays in one country, or in all foreign ones together, over `days` days."""

    nights: int
    visits: int
    longest: int
    weekday_share: float
    at_both_ends: bool
    end_seen: bool
    quarters: int
    days: int

    def kind(self) -> str:
        """The class; the first rule that fits. Yearly thresholds are in proportion to the days."""
        year = self.days / YEAR
        if self.nights >= (183 * year if self.days >= 183 else 0.8 * self.days) and (
            self.days >= 183 or self.at_both_ends
        ):
            return "long_stayer"
        if self.visits >= max(48 * year, 8) and self.nights <= self.visits and self.weekday_share >= 0.85:
            return "commuter"
        enough = self.nights >= 31 * year and self.visits >= 5 * year
        if self.days < 90:
            enough &= self.visits >= 2 and self.nights >= 6
        if self.days >= 270:
            enough &= self.quarters >= 3
        if enough:
            return "transnational"
        if self.nights >= 31 * year and self.longest >= 28 and self.end_seen:
            return "seasonal"
        return "visitor"


def instants(folk: People, trips: Stays, clock: Clock) -> tuple[Ints, Ints]:
    """When each stay began and ended, seconds since 1970, cut to the range."""
    start = clock.first + folk.phase_s[trips.who]
    since = np.where(trips.began, clock.first, start + trips.since * HOUR_S)
    return since, np.where(trips.open, clock.end, np.minimum(start + trips.until * HOUR_S, clock.end))


def nights(folk: People, trips: Stays, clock: Clock) -> Ints:
    """Nights of each stay, by the clock of the country it was in, shape (n,)."""
    return struck(trips, clock, *instants(folk, trips, clock))


def struck(trips: Stays, clock: Clock, since: Ints, until: Ints) -> Ints:
    """How many nights lie between two instants of each stay, by the clock of the country it was in."""
    count = np.zeros(len(trips), dtype=np.int64)
    for index, country in enumerate(COUNTRIES):
        there = trips.country == index
        count[there] = clock.nights(country.zone, since[there], until[there])
    return count


def classes(folk: People, trips: Stays, clock: Clock) -> list[tuple[int, str, str, int, int]]:
    """(row of People, country or '*', class, nights, visits) of everyone with a stay that is no transit."""
    if clock.days < LEAST_DAYS:
        return []
    since, until = instants(folk, trips, clock)
    whole = (until - since >= TRANSIT_S) & ~np.isin(folk.kind[trips.who], MACHINES)
    # of a longer range the rules look at the last year; a stay from before it is cut to it, its arrival unseen
    first = max(clock.days - YEAR, 0)
    start = clock.first + int(np.searchsorted(clock.day, first)) * HOUR_S
    trips = replace(trips, began=trips.began | (since < start))
    since = np.maximum(since, start)
    stay = np.flatnonzero(whole & (until > start))
    slept = struck(trips, clock, since, until)
    found = []
    for rows in np.split(stay, np.flatnonzero(np.diff(trips.who[stay])) + 1):
        if not len(rows):
            continue
        who = int(trips.who[rows[0]])
        groups = {COUNTRIES[c].code: rows[trips.country[rows] == c] for c in np.unique(trips.country[rows])}
        for code, group in {**groups, EVERYWHERE: rows}.items():
            unbroken = trips.absence if code == EVERYWHERE else np.arange(len(trips))
            life = _life(group, unbroken[group], trips, slept, when=(since, until), clock=clock)
            found.append((who, code, life.kind(), life.nights, life.visits))
    return found


def _life(rows: Ints, visit: Ints, trips: Stays, slept: Ints, *, when: tuple[Ints, Ints], clock: Clock) -> Life:
    _, first, number = np.unique(visit, return_index=True, return_inverse=True)
    begins = max(clock.days - YEAR, 0)
    days = clock.days - begins
    came, left = clock.day_of(when[0][rows]) - begins, clock.day_of(when[1][rows] - 1) - begins
    arrived = came[first]
    return Life(
        nights=int(slept[rows].sum()),
        visits=len(first),
        longest=int(np.bincount(number, weights=slept[rows]).max()),
        weekday_share=float((clock.weekday[arrived + begins] < 5).mean()),
        at_both_ends=bool((came < 7).any() and (left >= days - 7).any()),
        end_seen=bool((~trips.began[rows]).any() or (~trips.open[rows]).any()),
        quarters=len(np.unique(arrived * 4 // YEAR)),
        days=days,
    )
