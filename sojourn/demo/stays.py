"""The journeys that are planted: who is in which country from when to when. Truth first, signs later."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt

from sojourn.demo import lives
from sojourn.demo.people import INBOUND, People
from sojourn.demo.places import COUNTRIES, HOME
from sojourn.demo.slots import Clock

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Stays:
    """Stays outside the country of one's SIM, shape (n,), by person and time; one person's stays never overlap.

    `who` is a row of People, `country` an index of COUNTRIES (home for foreign SIMs), slots [`since`, `until`).
    `began` stays were under way when the range began, `open` ones when it ended; `absence` numbers stays without a
    return between them.
    """

    who: Ints
    country: Ints
    since: Ints
    until: Ints
    began: Bools
    open: Bools
    absence: Ints

    def __len__(self) -> int:
        return len(self.who)


Plan = tuple[Ints, Ints, Ints, Ints]  # who, country, since, until
Planner = Callable[[Ints, Clock, np.random.Generator], tuple[Ints, Ints, Ints]]


def stays(folk: People, clock: Clock, rng: np.random.Generator) -> Stays:
    """Plants the stays of everybody."""
    plans: dict[str, Planner] = {
        "commuter_out": _commute,
        "commuter_in": _commute,
        "transnational_out": _visits,
        "transnational_in": _visits,
        "seasonal_out": _season,
        "seasonal_in": _season,
        "long_stayer_out": _nearly_always,
        "long_stayer_in": _nearly_always,
        "machine_in": _always,
        "day_tripper": _day_trips,
        "visitor": _journey,
        "transit": _passage,
    }
    if clock.days >= lives.LONG_DAYS:
        plans |= {kind: partial(lives.lived, life=life) for kind, life in _LIVES.items()} | {"machine_out": _always}
    parts: list[Plan] = [_tour(folk, clock, rng)]
    for kind, plan in plans.items():
        who, since, until = plan(folk.of(kind), clock, rng)
        country = np.full(len(who), HOME) if kind in INBOUND else folk.other[who]
        if kind == "transnational_out":  # one in three lives in two countries abroad, turn by turn
            turn = np.arange(len(who)) % 2 == 1
            country = np.where(turn & (who % 3 == 0), 1 + (country % (len(COUNTRIES) - 1)), country)
        parts.append((who, country, since, until))
    return _sorted(parts, clock)


_LIVES: dict[str, lives.Life] = {
    "commuter_out": lives.commuter,
    "commuter_in": lives.commuter,
    "transnational_out": lives.two_homes,
    "transnational_in": lives.two_homes,
    "seasonal_out": lives.seasonal,
    "seasonal_in": lives.seasonal,
    "long_stayer_out": lives.long_stay,
    "long_stayer_in": lives.long_stay,
    "visitor": lives.journeys,
    "transit": lives.passages,
}


def _sorted(parts: list[Plan], clock: Clock) -> Stays:
    who, country, since, until = (np.concatenate(c).astype(np.int64) for c in zip(*parts, strict=True))
    open_ = until >= clock.n_slots
    until = np.minimum(until, clock.n_slots)
    keep = np.flatnonzero(until > since)
    order = keep[np.lexsort((since[keep], who[keep]))]
    who, country, since, until, open_ = who[order], country[order], since[order], until[order], open_[order]
    back = np.ones(len(who), dtype=bool)
    back[1:] = (who[1:] != who[:-1]) | (since[1:] > until[:-1])
    return Stays(who, country, since, until, since == 0, open_, np.cumsum(back) - 1)


def _commute(who: Ints, clock: Clock, rng: np.random.Generator) -> tuple[Ints, Ints, Ints]:
    """Over the border and back on working days, one in five three days a week."""
    weekday = clock.weekday
    often = np.where(rng.random(len(who)) < 0.2, 0.65, 0.93)
    goes = (weekday < 5)[None, :] & (rng.random((len(who), clock.days)) < often[:, None])
    person, day = np.nonzero(goes)
    leaves, returns = rng.integers(6, 9, len(who))[person], rng.integers(16, 20, len(who))[person]
    return who[person], clock.slot(day, leaves), clock.slot(day, returns)


def _visits(who: Ints, clock: Clock, rng: np.random.Generator) -> tuple[Ints, Ints, Ints]:
    """Three to five nights abroad, then four to eight days at home, over and over."""
    nights, home = rng.integers(3, 6, len(who)), rng.integers(4, 9, len(who))
    first = rng.integers(1, 4, len(who))
    turns = np.arange(clock.days // 7 + 1)
    arrive = first[:, None] + turns[None, :] * (nights + home)[:, None]
    person, turn = np.nonzero(arrive < clock.days - 1)
    day = arrive[person, turn]
    return who[person], clock.slot(day, rng.integers(9, 19, len(day))), clock.slot(day + nights[person], 15 + day * 0)


def _season(who: Ints, clock: Clock, rng: np.random.Generator) -> tuple[Ints, Ints, Ints]:
    """A long stay of which either the arrival or the departure is seen; half of the workers each."""
    turn = clock.days * rng.integers(26, 34, len(who)) // 100
    arrives = rng.random(len(who)) < 0.5
    hour = rng.integers(8, 20, len(who))
    since = np.where(arrives, clock.slot(turn, hour), 0)
    until = np.where(arrives, clock.n_slots, clock.slot(clock.days - turn, hour))
    return who, since, until


def _always(who: Ints, clock: Clock, rng: np.random.Generator) -> tuple[Ints, Ints, Ints]:
    return who, np.zeros(len(who), dtype=np.int64), np.full(len(who), clock.n_slots)


def _nearly_always(who: Ints, clock: Clock, rng: np.random.Generator) -> tuple[Ints, Ints, Ints]:
    """There all the time, but for one visit home of four nights that every other one pays."""
    leave = clock.slot(rng.integers(clock.days // 3, clock.days * 2 // 3, len(who)), np.full(len(who), 10))
    back = np.where(who % 2 == 0, leave + 4 * 24 + 5, leave)
    first = (who, np.zeros(len(who), dtype=np.int64), np.where(back > leave, leave, clock.n_slots))
    away = np.flatnonzero((back > leave) & (back < clock.n_slots))
    second = (who[away], back[away], np.full(len(away), clock.n_slots))
    a, b, c = (np.concatenate(pair) for pair in zip(first, second, strict=True))
    return a, b, c


def _day_trips(who: Ints, clock: Clock, rng: np.random.Generator) -> tuple[Ints, Ints, Ints]:
    """Shopping over the border: some days of the range, four to eight hours, more often on Saturdays."""
    often = np.where(clock.weekday == 5, 0.25, 0.05)
    person, day = np.nonzero(rng.random((len(who), clock.days)) < often[None, :])
    leaves = rng.integers(9, 14, len(day))
    return who[person], clock.slot(day, leaves), clock.slot(day, leaves) + rng.integers(4, 9, len(day))


def _journey(who: Ints, clock: Clock, rng: np.random.Generator) -> tuple[Ints, Ints, Ints]:
    """One stay of one to seven nights."""
    nights = rng.integers(1, min(8, clock.days - 2), len(who))
    day = rng.integers(1, clock.days - nights)
    return who, clock.slot(day, rng.integers(9, 20, len(who))), clock.slot(day + nights, rng.integers(8, 20, len(who)))


def _passage(who: Ints, clock: Clock, rng: np.random.Generator) -> tuple[Ints, Ints, Ints]:
    """Through the country in one or two hours."""
    since = clock.slot(rng.integers(0, clock.days, len(who)), rng.integers(6, 21, len(who)))
    return who, since, since + rng.integers(1, 3, len(who))


def _tour(folk: People, clock: Clock, rng: np.random.Generator) -> Plan:
    """The travellers: one journey of two to ten nights; every fourth goes on to a second country after half of it."""
    who = folk.of("traveller")
    if clock.days >= lives.LONG_DAYS:
        who, since, until = lives.lived(who, clock, rng, lives.journeys)
        return _through_two(who, folk.other[who], since, until)
    nights = rng.integers(2, min(11, clock.days - 2), len(who))
    day = rng.integers(1, clock.days - nights)
    since = clock.slot(day, rng.integers(7, 18, len(who)))
    until = clock.slot(day + nights, rng.integers(10, 22, len(who)))
    return _through_two(who, folk.other[who], since, until)


def _through_two(who: Ints, country: Ints, since: Ints, until: Ints) -> Plan:
    """Every fourth of these journeys goes on to a second country after half of it."""
    on = np.flatnonzero(np.arange(len(who)) % 4 == 0)
    change = since[on] + (until[on] - since[on]) // 2
    until_first = until.copy()
    until_first[on] = change
    second = 1 + country[on] % (len(COUNTRIES) - 1)  # the next one in the list, never the same and never home
    return (
        np.concatenate([who, who[on]]),
        np.concatenate([country, second]),
        np.concatenate([since, change]),
        np.concatenate([until_first, until[on]]),
    )
