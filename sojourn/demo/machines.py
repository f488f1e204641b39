"""What machines with a SIM do: meters and panels by the clock, trackers on the road, tills in opening hours.

Each machine has one habit. What they share with people is what makes them hard to tell: vehicles move by day and rest
by night, tills are silent when the shop is shut, and not every one of the operator's own is sold as a machine.
"""

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from sojourn.demo.days import Days
from sojourn.demo.people import HAUNT, HOME_SPOT, MACHINES, OTHER_HAUNT, WORK, People
from sojourn.demo.slots import HOUR_S, Clock

Ints = npt.NDArray[np.int64]
Reports = tuple[Ints, Ints, Ints]  # row among the machines, second since 1970, place (of SPOTS, if it is at home)

HABITS = {"meter": 0.52, "panel": 0.18, "clocked": 0.22, "vehicle": 0.05, "till": 0.03}
EVERY = (1, 1, 2, 3, 4, 5, 6, 6, 8, 12)  # hours between two reports of a meter
LATENESS_S = (0, 20, 300)  # how far a report strays from its time
ALARMS = 0.05  # a day
DRIVES = (7, 19)  # hours
ROUTE = (HOME_SPOT, WORK, HAUNT, OTHER_HAUNT)
UNDECLARED = 7  # one in so many is sold like a telephone
GOLDEN = 0.5 * (5**0.5 - 1)


def habits(folk: People) -> npt.NDArray[np.str_]:
    """The habit of each machine, in these shares however many there are of a kind; of people none. Shape (n,)."""
    shares, habit = np.cumsum([*HABITS.values()]), np.full(len(folk), "", dtype="<U7")
    for kind in MACHINES:
        who = folk.of(kind)
        turn = (np.arange(len(who)) + 0.5) * GOLDEN % 1  # as even as can be, and the same for everyone who asks
        habit[who] = np.array([*HABITS])[np.minimum(np.searchsorted(shares, turn), len(HABITS) - 1)]
    return habit


def declared(folk: People) -> npt.NDArray[np.bool_]:
    """The SIMs that the operator's register calls machines, shape (n,)."""
    return np.asarray(np.isin(folk.kind, MACHINES) & (np.arange(len(folk)) % UNDECLARED > 0))


def reports(folk: People, diary: Days, clock: Clock, rng: np.random.Generator) -> Reports:
    """Every report of every machine: its row of People, when, and where: as in Days."""
    habit = habits(folk)
    of = {name: np.flatnonzero(habit == name) for name in HABITS}
    parts = [
        _clocked(of["meter"], clock, rng),
        *_panels(of["panel"], clock, rng),
        _on_the_road(*_clocked(of["clocked"], clock, rng), clock, rng),
        *_vehicles(of["vehicle"], clock, rng),
        _tills(of["till"], clock, rng),
    ]
    who, at, place = (np.concatenate(c) for c in zip(*parts, strict=True))
    inside = (at >= clock.first) & (at < clock.end)
    who, at, place = who[inside], at[inside], place[inside]
    slot = np.maximum((at - clock.first - folk.phase_s[who]) // HOUR_S, 0)
    spot = diary.spot[who, slot].astype(np.int64)
    return who, at, np.where(spot == HOME_SPOT, place, spot)


def _clocked(who: Ints, clock: Clock, rng: np.random.Generator) -> Reports:
    """By the clock, day and night, every one to twelve hours."""
    every, phase = rng.choice(EVERY, len(who)), rng.integers(0, HOUR_S, len(who))
    hours = np.arange(clock.n_slots)[None, :] + rng.integers(0, 12, len(who))[:, None]
    row, slot = np.nonzero(hours % every[:, None] == 0)
    late = rng.choice(LATENESS_S, len(who))[row]
    at = clock.first + slot * HOUR_S + phase[row] + (rng.random(len(row)) * late).astype(np.int64)
    return who[row], at, np.full(len(row), HOME_SPOT)


def _panels(who: Ints, clock: Clock, rng: np.random.Generator) -> Iterable[Reports]:
    """Once a day at its own time; and alarms at any."""
    hour, phase = rng.integers(0, 24, len(who)), rng.integers(0, HOUR_S - 300, len(who))
    row, day = np.divmod(np.arange(len(who) * clock.days), clock.days)
    at = clock.first + clock.slot(day, hour[row]) * HOUR_S + phase[row] + rng.integers(0, 120, len(row))
    yield who[row], at, np.full(len(row), HOME_SPOT)
    row = np.repeat(np.arange(len(who)), rng.poisson(ALARMS * clock.days, len(who)))
    yield who[row], rng.integers(clock.first, clock.end, len(row)), np.full(len(row), HOME_SPOT)


def _on_the_road(who: Ints, at: Ints, place: Ints, clock: Clock, rng: np.random.Generator) -> Reports:
    """The same reports, of something that is on its way for most of the day."""
    hour = clock.hour[np.minimum((at - clock.first) // HOUR_S, clock.n_slots - 1)]
    moves = (hour >= DRIVES[0]) & (hour < DRIVES[1])
    return who, at, np.where(moves & (rng.random(len(who)) < 0.8), rng.choice(ROUTE, len(who)), place)


def _vehicles(who: Ints, clock: Clock, rng: np.random.Generator) -> Iterable[Reports]:
    """Every ten minutes while it drives, on working days; every six hours as long as it stands."""
    row, slot = np.nonzero((np.arange(clock.n_slots)[None, :] + who[:, None]) % 6 == 0)
    yield who[row], clock.first + slot * HOUR_S + who[row] % HOUR_S, np.full(len(row), HOME_SPOT)
    out = (rng.random((len(who), clock.days)) < 0.85) & (clock.weekday < 6)[None, :]
    row, day = np.nonzero(out)
    many = rng.integers(1, 5, len(row))
    row, day = np.repeat(row, many), np.repeat(day, many)
    begins = clock.first + clock.slot(day, rng.integers(*DRIVES, len(row))) * HOUR_S + rng.integers(0, HOUR_S, len(row))
    signs = rng.integers(3, 10, len(row))
    drive = np.repeat(np.arange(len(row)), signs)
    within = np.arange(signs.sum()) - np.repeat(np.cumsum(signs) - signs, signs)
    yield who[row[drive]], begins[drive] + within * 600, rng.choice(ROUTE, len(drive))


def _tills(who: Ints, clock: Clock, rng: np.random.Generator) -> Reports:
    """Payments in opening hours, where the shop is; six days a week."""
    open_ = (clock.hour >= 9) & (clock.hour < 19) & (clock.weekday[clock.day] < 6)
    rate = rng.uniform(0.5, 2.0, len(who))[:, None] * open_[None, :]
    where = np.repeat(np.arange(rate.size), rng.poisson(rate).ravel())
    row, slot = np.divmod(where, clock.n_slots)
    return who[row], clock.first + slot * HOUR_S + rng.integers(0, HOUR_S, len(row)), np.full(len(row), HOME_SPOT)
