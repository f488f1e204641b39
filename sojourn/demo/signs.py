"""The signs that phones give of themselves: when, where, of which kind."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sojourn.demo import machines
from sojourn.demo.days import ABSENT, Days
from sojourn.demo.lives import LONG_DAYS
from sojourn.demo.people import HOME_SPOT, People
from sojourn.demo.places import HOME
from sojourn.demo.slots import HOUR_S, Clock
from sojourn.demo.stays import Stays

Ints = npt.NDArray[np.int64]

CALL, SMS, DATA, SIGNALLING = range(4)
BY_HOUR = np.array([3, 2, 1.5, 1.2, 1.2, 2, 4, 6, 6, 6, 6, 6.5, 7, 6.5, 6, 6, 6.5, 7, 7, 7, 6.5, 6, 5, 4])
SMALL_SCREEN_ABROAD = 0.7  # people use a roaming phone less


@dataclass(frozen=True, eq=False)
class Signs:
    """Signs of shape (n,), by person and second, never two of one person in one second.

    `who` is a row of People, `at` seconds since 1970, `spot` as in Days, `hop` whether the neighbouring antenna
    caught it, `kind` CALL, SMS, DATA or SIGNALLING.
    """

    who: Ints
    at: Ints
    spot: npt.NDArray[np.int8]
    hop: npt.NDArray[np.bool_]
    kind: npt.NDArray[np.int8]

    def __len__(self) -> int:
        return len(self.who)


@dataclass(frozen=True, eq=False)
class Catches:
    """Moments at which someone at home was caught by the network across the border, shape (n,)."""

    who: Ints
    country: Ints
    at: Ints


def signs(folk: People, diary: Days, trips: Stays, clock: Clock, rng: np.random.Generator) -> tuple[Signs, Catches]:
    """Draws all signs of the range."""
    caught = _catches(folk, diary, clock, rng)
    used = _used(folk, diary, clock, rng)
    parts = [_borders(folk, diary, trips, clock, rng), _caught(folk, caught, clock, rng)]
    parts.append(_machines(folk, diary, clock, rng.spawn(1)[0]))  # what people do is not drawn anew for machines
    parts.append(used)
    parts.append(_swings(folk, used, rng))
    who, at, spot, hop, kind = (
        np.concatenate(c) for c in zip(*((p.who, p.at, p.spot, p.hop, p.kind) for p in parts), strict=True)
    )
    _, first = np.unique(who << 34 | at, return_index=True)
    first = first[(at[first] >= clock.first) & (at[first] < clock.end) & (spot[first] != ABSENT)]
    return Signs(who[first], at[first], spot[first], hop[first], kind[first]), caught


def _used(folk: People, diary: Days, clock: Clock, rng: np.random.Generator) -> Signs:
    """Calls, messages and data by the hour of the day; one sign in twelve over a neighbouring antenna."""
    awake = rng.random((len(folk), clock.days)) < folk.awake_share[:, None]
    rate = (folk.per_day[:, None] * awake)[:, clock.day] * (BY_HOUR / BY_HOUR.sum())[clock.hour][None, :]
    rate *= np.where(diary.spot < 0, SMALL_SCREEN_ABROAD, 1.0) * (diary.spot != ABSENT)
    if clock.days >= LONG_DAYS:
        rate *= (diary.stay < 0) | ~_silent(folk, clock, rng)[:, clock.day]
    count = rng.poisson(rate).ravel()
    where = np.repeat(np.arange(count.size), count)
    who, slot = np.divmod(where, clock.n_slots)
    at = clock.first + slot * HOUR_S + folk.phase_s[who] + rng.integers(0, HOUR_S, len(who))
    kind = rng.choice(4, len(who), p=(0.18, 0.07, 0.5, 0.25)).astype(np.int8)
    hop_share = np.where(folk.kind == "flapper", 0.25, 0.08)
    return Signs(who, at, diary.spot.ravel()[where], rng.random(len(who)) < hop_share[who], kind)


def _silent(folk: People, clock: Clock, rng: np.random.Generator) -> npt.NDArray[np.bool_]:
    """Days on which a fifth of the people would not use the phone if away: two to six in a row; (people, days)."""
    begins = (rng.random((len(folk), clock.days)) < 0.04) & (rng.random(len(folk)) < 0.2)[:, None]
    length = rng.integers(2, 7, begins.shape) * begins
    since = np.cumsum(np.ones_like(length), axis=1)
    return np.asarray(np.maximum.accumulate((since + length) * begins, axis=1) > since)


def _borders(folk: People, diary: Days, trips: Stays, clock: Clock, rng: np.random.Generator) -> Signs:
    """Phones register when they come into a country: soon after an arrival, a return, or before a foreign SIM goes."""
    abroad = trips.country != HOME
    start = clock.first + folk.phase_s[trips.who]
    arrives = (start + trips.since * HOUR_S + rng.integers(0, 600, len(trips)))[~trips.began]
    leaves = start + trips.until * HOUR_S + np.where(abroad, 1, -1) * rng.integers(1, 600, len(trips))
    leaves = leaves[~trips.open]
    who = np.concatenate([trips.who[~trips.began], trips.who[~trips.open]])
    at = np.concatenate([arrives, leaves])
    heard = (rng.random(len(who)) < 0.95) & (at >= clock.first) & (at < clock.end)
    who, at = who[heard], at[heard]
    slot = np.clip((at - clock.first - folk.phase_s[who]) // HOUR_S, 0, clock.n_slots - 1)
    return _signals(who, at, diary.spot[who, slot])


def _signals(who: Ints, at: Ints, spot: npt.NDArray[np.int8], hop: npt.NDArray[np.bool_] | None = None) -> Signs:
    no_hop = np.zeros(len(who), dtype=bool)
    return Signs(who, at, spot, no_hop if hop is None else hop, np.full(len(who), SIGNALLING, dtype=np.int8))


def _catches(folk: People, diary: Days, clock: Clock, rng: np.random.Generator) -> Catches:
    """One evening in six, in the middle of an evening at home."""
    border = folk.of("border", "spill")
    person, day = np.nonzero(rng.random((len(border), clock.days)) < 1 / 6)
    who = border[person]
    slot = clock.slot(day, rng.integers(19, 22, len(who)))
    home = (diary.spot[who, slot - 1] == HOME_SPOT) & (diary.spot[who, slot] == HOME_SPOT)
    home |= folk.kind[who] == "spill"
    at = clock.first + slot * HOUR_S + folk.phase_s[who] + rng.integers(0, 900, len(who))
    home &= at < clock.end - HOUR_S
    country = np.where(folk.inbound, HOME, folk.other)
    return Catches(who[home], country[who[home]], at[home])


def _caught(folk: People, caught: Catches, clock: Clock, rng: np.random.Generator) -> Signs:
    """Twice within minutes by the network across the border; and at home a quarter of an hour before and after.

    In a range of months half of them leave no such sign at home, and nobody hears those who live over there.
    """
    n = len(caught.who)
    at = np.concatenate([caught.at + s for s in (-900, 0, 170, 1000)])
    home = np.full(n, HOME_SPOT)
    spot = np.concatenate([home, -caught.country, -caught.country, home]).astype(np.int8)
    found, heard = _signals(np.tile(caught.who, 4), at, spot), np.ones(4 * n, dtype=bool)
    if clock.days >= LONG_DAYS:
        here = (rng.random(n) < 0.5) & ~folk.inbound[caught.who]
        heard = np.concatenate([here, heard[: 2 * n], here])
    return Signs(**{name: values[heard] for name, values in vars(found).items()})


def _machines(folk: People, diary: Days, clock: Clock, rng: np.random.Generator) -> Signs:
    """Reports of machines, all of them data."""
    who, at, spot = machines.reports(folk, diary, clock, rng)
    still = np.zeros(len(who), dtype=bool)
    return Signs(who, at, spot.astype(np.int8), still, np.full(len(who), DATA, dtype=np.int8))


def _swings(folk: People, used: Signs, rng: np.random.Generator) -> Signs:
    """Phones between two antennas: over to the neighbour and back within a minute and a half."""
    swings = np.flatnonzero((folk.kind[used.who] == "flapper") & (used.spot >= 0) & (rng.random(len(used)) < 0.15))
    who, at, spot = used.who[swings], used.at[swings], used.spot[swings]
    over = np.arange(2 * len(who)) < len(who)
    return _signals(np.tile(who, 2), np.concatenate([at + 40, at + 80]), np.tile(spot, 2), over)
