"""The days of everybody, hour by hour: at home, at work, out, abroad."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sojourn.demo.people import HAUNT, MACHINES, NEXT_HOME, OTHER_HAUNT, WORK, People
from sojourn.demo.places import HOME
from sojourn.demo.slots import Clock
from sojourn.demo.stays import Stays

ABSENT = np.int8(-128)  # a foreign SIM that is not here

Spots = npt.NDArray[np.int8]


@dataclass(frozen=True, eq=False)
class Days:
    """Where each person is, shape (people, slots).

    `spot`: an index of SPOTS, -c while in country c abroad, ABSENT for a foreign SIM that is not here.
    `stay`: the row of Stays, -1 at home. An hour of a person begins `phase_s` after the slot does.
    """

    spot: Spots
    stay: npt.NDArray[np.int32]


def days(folk: People, trips: Stays, clock: Clock, rng: np.random.Generator) -> Days:
    """Fills the diary: homes, then work and evenings day by day, then journeys over all of it."""
    spot = np.zeros((len(folk), clock.n_slots), dtype=np.int8)
    works = ~np.isin(folk.kind, MACHINES) & (rng.random(len(folk)) < 0.68)
    works |= folk.kind == "commuter_in"
    leaves, returns = rng.integers(7, 10, len(folk)), rng.integers(15, 19, len(folk))
    still = np.isin(folk.kind, MACHINES)
    for day in range(clock.days):
        here = np.flatnonzero(clock.day == day)
        hour, weekend = clock.hour[here][None, :], clock.weekday[day] >= 5
        block = np.where((folk.moves_on <= day)[:, None], NEXT_HOME, 0) + 0 * hour
        if not weekend:
            busy = works & (rng.random(len(folk)) < 0.92)
            block[busy[:, None] & (hour >= leaves[:, None]) & (hour < returns[:, None])] = WORK
        goes_out = ~still & (rng.random(len(folk)) < (0.55 if weekend else 0.25))
        since = rng.integers(11, 17, len(folk)) if weekend else np.maximum(rng.integers(18, 20, len(folk)), returns)
        until = since + rng.integers(2, 5, len(folk))
        haunt = np.where(rng.random(len(folk)) < 0.7, HAUNT, OTHER_HAUNT)
        out = goes_out[:, None] & (hour >= since[:, None]) & (hour < until[:, None])
        spot[:, here] = np.where(out, haunt[:, None], block)
    return _travel(spot, folk, trips)


def _travel(spot: Spots, folk: People, trips: Stays) -> Days:
    length = trips.until - trips.since
    stay_of = np.repeat(np.arange(len(trips)), length)
    within = np.arange(length.sum()) - np.repeat(np.cumsum(length) - length, length)
    slot = trips.since[stay_of] + within
    stay = np.full(spot.shape, -1, dtype=np.int32)
    stay[trips.who[stay_of], slot] = stay_of
    abroad = trips.country[stay_of] != HOME
    spot[trips.who[stay_of][abroad], slot[abroad]] = -trips.country[stay_of][abroad]
    spot[folk.inbound[:, None] & (stay < 0)] = ABSENT
    return Days(spot, stay)
