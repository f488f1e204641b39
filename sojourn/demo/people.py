"""Who carries a SIM in the demo country: kinds of people, their numbers, where they live and where they go."""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt

from sojourn import shapes
from sojourn.demo.grid import KM_PER_DEG, WORK_POWER, Floats, Grid
from sojourn.demo.lives import LONG_DAYS
from sojourn.demo.places import COUNTRIES, HOME, NEAR_TOWNS, OTHER_HOME_PLMN, OWN_PHONE_PREFIX
from sojourn.demo.radio import Network

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

SHARES = {  # of all SIMs; plain residents are the rest
    "commuter_out": 0.06,  # works over the border, sleeps here
    "transnational_out": 0.03,
    "seasonal_out": 0.012,
    "long_stayer_out": 0.012,
    "mover": 0.02,  # moves house within the country
    "traveller": 0.06,  # one journey, one in four through two countries
    "day_tripper": 0.03,
    "border": 0.025,  # catches the foreign network across the valley
    "flapper": 0.02,  # swings between two antennas
    "national": 0.015,  # SIM of another network of the same country
    "machine": 0.03,
    "commuter_in": 0.09,
    "transnational_in": 0.03,
    "seasonal_in": 0.012,
    "long_stayer_in": 0.03,
    "visitor": 0.07,
    "transit": 0.03,
    "machine_in": 0.01,
}
MORE_SHARES = {  # and in ranges of months
    "machine_out": 0.01,  # sold here, works abroad
    "spill": 0.03,  # foreign, lives across the border and catches the network of this side
}
INBOUND = (
    *("commuter_in", "transnational_in", "seasonal_in", "long_stayer_in", "visitor", "transit", "machine_in"),
    "spill",
)
MACHINES = ("machine", "machine_out", "machine_in")
RESIDENT = ("resident", *(k for k in SHARES if k not in INBOUND and k not in MACHINES))
NEAR = ("commuter_out", "commuter_in", "day_tripper", "border", "spill")  # whose other country is a neighbour
SPOTS = ("home", "next_home", "work", "haunt", "other_haunt")
HOME_SPOT, NEXT_HOME, WORK, HAUNT, OTHER_HAUNT = range(5)
OPT_OUT_SHARE = 0.003
THIN = 0.6  # of the signs of a day where there are months of them
WORKS_AT_HOME = 0.3  # or goes to school round the corner


@dataclass(frozen=True, eq=False)
class People:
    """One entry per SIM, shape (n,).

    `points` (n, 5, 2) are the places of each in the order of SPOTS, latitude and longitude, `sites` (n, 5) the
    antennas that serve them. `origin` and `other` index COUNTRIES: of the SIM, and the foreign country someone with
    a home SIM is tied to. `per_day` is the mean number of signs, `awake_share` of the days with any, `phase_s` shifts
    the hours of a person, `moves_on` is the day of the move (or a large number).
    """

    kind: npt.NDArray[np.str_]
    origin: Ints
    other: Ints
    imsi: list[str]
    msisdn: list[str]
    since: list[date]
    opt_out: Bools
    points: Floats
    sites: Ints
    per_day: Floats
    awake_share: Floats
    phase_s: Ints
    moves_on: Ints
    tac: Ints

    def __len__(self) -> int:
        return len(self.kind)

    def of(self, *kinds: str) -> Ints:
        """Rows of these kinds of people."""
        return np.flatnonzero(np.isin(self.kind, kinds))

    @property
    def inbound(self) -> Bools:
        return np.asarray(self.origin != HOME)

    @property
    def registered(self) -> Bools:
        """SIMs of the own network."""
        return np.asarray(~self.inbound & (self.kind != "national"))


def people(n: int, days: int, start: date, *, grid: Grid, net: Network, rng: np.random.Generator) -> People:
    """Draws n SIMs and their people."""
    thin = days >= LONG_DAYS
    shares = {**SHARES, **MORE_SHARES} if thin else SHARES
    counts = {k: max(1, round(n * s)) for k, s in shares.items()}
    names = np.array(["resident", *counts])
    sizes = [n - sum(counts.values()), *counts.values()]
    kind = rng.permutation(np.repeat(names, sizes))
    other = _foreign(np.isin(kind, NEAR), rng)
    points = _points(kind, other, grid, rng)
    origin = np.where(np.isin(kind, INBOUND), other, HOME)
    sites = np.stack([net.nearest(points[:, s], net.moved if s < HAUNT else None) for s in range(len(SPOTS))], axis=1)
    abroad = kind == "commuter_in"
    points[abroad, HOME_SPOT] = _near_homes(other[abroad], rng)
    moves_on = np.full(n, 10**6)
    movers = kind == "mover"  # early or late, so that a month has one home
    moves_on[movers] = np.where(rng.random(movers.sum()) < 0.5, days // 5, days * 4 // 5)
    per_day, awake_share = _talk(kind, rng)
    per_day *= THIN if thin else 1
    own = ~np.isin(kind, (*INBOUND, "national"))
    opt_out = np.zeros(n, dtype=bool)
    opt_out[rng.choice(np.flatnonzero(own), max(2, round(own.sum() * OPT_OUT_SHARE)), replace=False)] = True
    return People(
        kind=kind,
        origin=origin,
        other=other,
        imsi=_imsi(kind, origin, rng),
        msisdn=[f"{OWN_PHONE_PREFIX}{i:06d}" for i in rng.choice(10**6, n, replace=False).tolist()],
        since=[start - timedelta(days=d) for d in rng.integers(60, 2500, n).tolist()],
        opt_out=opt_out,
        points=points,
        sites=sites,
        per_day=per_day,
        awake_share=awake_share,
        phase_s=rng.integers(0, 3600, n),
        moves_on=moves_on,
        tac=100_000 + rng.integers(0, 400, n),  # type allocation codes that begin with 00 are for test handsets
    )


def _imsi(kind: npt.NDArray[np.str_], origin: Ints, rng: np.random.Generator) -> list[str]:
    number = rng.choice(10**9, len(kind), replace=False).tolist()
    network = [OTHER_HOME_PLMN if k == "national" else COUNTRIES[o].plmns[0] for k, o in zip(kind, origin, strict=True)]
    return [f"{p}{i:010d}" for p, i in zip(network, number, strict=True)]


def _foreign(near: Bools, rng: np.random.Generator) -> Ints:
    """A foreign country for each, shape of `near`: a neighbour for those who go there by day."""
    shares = np.array([(c.neighbour_share, c.far_share) for c in COUNTRIES]).T
    shares /= shares.sum(axis=1, keepdims=True)
    by_day, far = (rng.choice(len(COUNTRIES), len(near), p=s) for s in shares)
    return np.where(near, by_day, far)


def _points(kind: npt.NDArray[np.str_], other: Ints, grid: Grid, rng: np.random.Generator) -> Floats:
    """Homes where the grid has people, work in the centres, haunts anywhere; shape (n, 5, 2)."""
    n = len(kind)
    spots = [grid.points(n, rng) for _ in SPOTS]
    spots[WORK] = grid.points(n, rng, power=WORK_POWER)
    border = np.flatnonzero(np.isin(kind, ("border", "spill")))
    pool = grid.points(6000, rng, power=0.7)
    across = _across(pool)
    drawn = rng.choice(np.flatnonzero(across > 0), len(border))
    spots[HOME_SPOT][border], other[border] = pool[drawn], across[drawn]
    stay_in = rng.random(n) < WORKS_AT_HOME
    spots[WORK][stay_in] = spots[HOME_SPOT][stay_in]
    daily = kind == "commuter_in"  # seen at work only
    spots[HOME_SPOT][daily] = spots[WORK][daily]
    return np.stack(spots, axis=1)


def _across(points: Floats) -> Ints:
    """The country within three kilometres of each point (index of COUNTRIES), 0 where there is none but home."""
    codes = [c.code for c in COUNTRIES]
    found = np.zeros(len(points), dtype=np.int64)
    for angle in np.arange(8) * np.pi / 4:
        lat, lon = (points + np.array([np.sin(angle), np.cos(angle)]) * 3 / KM_PER_DEG).T
        land = shapes.country_of(lat, lon)
        found = np.maximum(found, [codes.index(c) if c in codes else 0 for c in land])
    return found


def _near_homes(other: Ints, rng: np.random.Generator) -> Floats:
    towns = np.array([NEAR_TOWNS.get(c.code, ((np.nan, np.nan),) * 3) for c in COUNTRIES])
    scatter = rng.normal(0, 1, (len(other), 2)) * 1.2 / KM_PER_DEG
    homes: Floats = towns[other, rng.integers(0, 3, len(other))] + scatter
    return homes


def _talk(kind: npt.NDArray[np.str_], rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Mean signs a day, and the share of days with any: a fifth sparse, a fifth dense; machines by the clock."""
    habit = rng.choice(3, len(kind), p=(0.2, 0.6, 0.2))
    low, high = np.array([3.0, 10.0, 22.0])[habit], np.array([7.0, 17.0, 32.0])[habit]
    per_day = rng.uniform(low, high)
    per_day[np.isin(kind, MACHINES)] = 0
    return per_day, np.array([0.75, 0.97, 1.0])[habit]
