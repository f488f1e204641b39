"""Lives of half a year and more: holidays, sick weeks, seasons, two homes, several journeys a year.

Short ranges have the simpler plans of `stays`: nobody changes his ways within five weeks. What the rules of
docs/methods.md call such a life is left to them; some are near a threshold, on both sides of it.
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from sojourn.demo.slots import Clock

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Spell = tuple[int, int, int, int]  # day and hour it begins, day and hour it ends

LONG_DAYS = 90  # of a range from which on lives are planted
YEAR = 365
FRIDAY = 4


def lived(who: Ints, clock: Clock, rng: np.random.Generator, life: "Life") -> tuple[Ints, Ints, Ints]:
    """The spells of everybody as (who, since, until); those that run into the one before or are short are left out."""
    told = [(person, *spell) for person in who.tolist() for spell in sorted(life(clock, rng))]
    person, day, hour, last_day, last_hour = np.array(told, dtype=np.int64).reshape(-1, 5).T
    since, until = clock.slot(day, hour), clock.slot(last_day, last_hour)
    kept, before, ends = [], -1, -1
    for row, (one, begins, over) in enumerate(zip(person.tolist(), since.tolist(), until.tolist(), strict=True)):
        if over > begins and (one != before or begins > ends):
            kept.append(row)
            before, ends = one, over
    return person[kept], since[kept], until[kept]


Life = Callable[[Clock, np.random.Generator], list[Spell]]


def days_off(clock: Clock, rng: np.random.Generator) -> Bools:
    """Of each year three holidays, the longest of two or three weeks, and up to three illnesses; shape (days,)."""
    off = np.zeros(clock.days, dtype=bool)
    for year in range(clock.days // YEAR + 1):
        spells = [int(rng.integers(14, 22)), *rng.integers(5, 10, 2), *rng.integers(2, 8, rng.integers(0, 4))]
        for length in spells:
            first = year * YEAR + int(rng.integers(0, YEAR))
            off[first : first + length] = True
    return off


def commuter(clock: Clock, rng: np.random.Generator) -> list[Spell]:
    """There and back on working days; a third work at home some days, one in ten begins or ends the job in between."""
    often = rng.choice((0.95, 0.75, 0.55), p=(0.65, 0.25, 0.1))
    goes = (clock.weekday < 5) & ~days_off(clock, rng) & (rng.random(clock.days) < often)
    change = int(rng.integers(0, clock.days))
    if rng.random() < 0.1:
        goes[:change] &= rng.random() < 0.5
        goes[change:] &= bool(goes[:change].sum() == 0)
    leaves, stays = (13, 9) if rng.random() < 0.05 else (int(rng.integers(6, 9)), int(rng.integers(8, 11)))
    return [(d, leaves, d, leaves + stays) for d in np.flatnonzero(goes).tolist()]


def two_homes(clock: Clock, rng: np.random.Generator) -> list[Spell]:
    """The working week abroad, the weekend at home; or some days there, some here; or longer visits, some a year."""
    way = rng.choice(3)
    if way == 0:
        last = int(rng.choice((3, 3, 3, FRIDAY)))  # Thursday or Friday
        off, goes = days_off(clock, rng), rng.random(clock.days) < 0.8
        mondays = np.flatnonzero((clock.weekday == 0) & ~off & goes).tolist()
        return [(d, int(rng.integers(6, 11)), d + last, int(rng.integers(14, 20))) for d in mondays]
    spells, day = [], int(rng.integers(0, 20))
    most, pause = ((4, 13), (8, 26)) if way == 1 else ((7, 22), (25, 46))
    while day < clock.days:
        nights = int(rng.integers(*most))
        spells.append((day, int(rng.integers(8, 20)), day + nights, int(rng.integers(8, 20))))
        day += nights + int(rng.integers(*pause))
    return spells


def seasonal(clock: Clock, rng: np.random.Generator) -> list[Spell]:
    """The same season every year, give or take some days; one in three goes home for a week in the middle of it."""
    first, nights, breaks = int(rng.integers(-40, 250)), int(rng.integers(50, 140)), rng.random() < 1 / 3
    spells = []
    for year in range(-1, clock.days // YEAR + 1):
        begins = year * YEAR + first + int(rng.integers(-10, 11))
        ends, hour = begins + nights + int(rng.integers(-8, 9)), int(rng.integers(8, 20))
        if breaks:
            middle = (begins + ends) // 2
            spells.append((begins, hour, middle, 9))
            begins = middle + int(rng.integers(4, 10))
        spells.append((begins, hour, ends, hour))
    return spells


def long_stay(clock: Clock, rng: np.random.Generator) -> list[Spell]:
    """There for good but for two to five visits home a year; one in seven came or left within the range."""
    turn, comes = int(rng.integers(0, clock.days)), rng.choice((0, 1, 2), p=(0.86, 0.07, 0.07))
    day, end = (turn if comes == 1 else -1), (turn if comes == 2 else clock.days)
    many, spells = int(rng.integers(2, 6)), []
    while day < end:
        leaves = day + int(rng.integers(YEAR // many // 2, YEAR * 3 // many // 2))
        spells.append((day, int(rng.integers(8, 20)), min(leaves, end), int(rng.integers(8, 20))))
        day = leaves + int(rng.integers(4, 22))
    return spells


def journeys(clock: Clock, rng: np.random.Generator) -> list[Spell]:
    """Holidays, one to three a year; or short ones on business; or weekends; or one long visit a year."""
    way, years = rng.choice(4, p=(0.5, 0.2, 0.2, 0.1)), clock.days / YEAR
    low, high, shortest, longest = ((1, 4, 2, 13), (4, 9, 1, 4), (6, 15, 2, 3), (1, 2, 15, 26))[way]
    many = max(1, round(int(rng.integers(low, high)) * years))
    days = rng.integers(1, clock.days - 2, many)
    if way == 2:
        days = days - (clock.weekday[days] - FRIDAY)
    nights = rng.integers(shortest, longest, many)
    return [
        (d, int(rng.integers(9, 20)), d + n, int(rng.integers(9, 20)))
        for d, n in zip(days.tolist(), nights.tolist(), strict=True)
    ]


def passages(clock: Clock, rng: np.random.Generator) -> list[Spell]:
    """Through the country in one or two hours, up to six times."""
    days, hours = rng.integers(0, clock.days, rng.integers(1, 7)), rng.integers(6, 21, 6)
    return [(d, h, d, h + int(rng.integers(1, 3))) for d, h in zip(days.tolist(), hours.tolist(), strict=False)]
