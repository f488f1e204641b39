"""How unevenly groups share places, and how mixed places are.

Dissimilarity and isolation: Duncan and Duncan (1955), Massey and Denton (1988); eta squared: Bell (1954), the variance
ratio; H: Theil (1972), of many groups Reardon and Firebaugh (2002). Small units look segregated by chance alone, so an
index comes with what it would be if the group were allocated at random (Carrington and Troske 1997; Winship 1977), and
the difference is what is to be read. Diversity: Shannon (1948), Simpson (1949), effective numbers by Hill (1973).

x: of the group in each unit, t: of everybody there, both of shape (n,) and not negative, x <= t. Residential indices
take who sleeps in a unit; experienced ones the same functions over units of place and hour, weighted by the hours
spent.
"""

from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Index = Callable[[npt.ArrayLike, npt.ArrayLike], float]
FEWEST_DRAWS = 200


def dissimilarity(x: npt.ArrayLike, t: npt.ArrayLike) -> float:
    """Share of the group that would have to move for every unit to have the same share of it, 0 to 1."""
    own, every = _units(x, t)
    other = every - own
    return float(0.5 * np.abs(own / _sum(own) - other / _sum(other)).sum())


def isolation(x: npt.ArrayLike, t: npt.ArrayLike) -> float:
    """xPx: the share of the group in the unit of its mean member, from its share of all to 1."""
    own, every = _units(x, t)
    return float((own / _sum(own) * _share(own, every)).sum())


def exposure(x: npt.ArrayLike, t: npt.ArrayLike) -> float:
    """xPy: the share of all others in the unit of the group's mean member: 1 - isolation."""
    own, every = _units(x, t)
    return float((own / _sum(own) * _share(every - own, every)).sum())


def eta_squared(x: npt.ArrayLike, t: npt.ArrayLike) -> float:
    """Isolation above what the size of the group alone makes of it: (xPx - P) / (1 - P), 0 to 1."""
    own, every = _units(x, t)
    p = own.sum() / _sum(every)
    _sum(every - own)
    return float((isolation(own, every) - p) / (1 - p))


def theil(x: npt.ArrayLike, t: npt.ArrayLike) -> float:
    """H of two groups: how much less mixed the units are than all together, 0 to 1."""
    own, every = _units(x, t)
    return theil_multigroup(np.column_stack([own, every - own]))


def theil_multigroup(counts: npt.ArrayLike) -> float:
    """H of any number of groups, shape (units, groups): sum t_i (E - E_i) / (T E) with E = -sum p ln p."""
    table = np.asarray(counts, np.float64)
    if table.ndim != 2 or (table < 0).any():
        msg = f"counts of shape {table.shape}: give (units, groups), none of them negative"
        raise ValueError(msg)
    every = table.sum(axis=1)
    whole = _entropy(table.sum(axis=0, keepdims=True))[0]
    if not whole:
        msg = "one group has everybody: nothing can be segregated"
        raise ValueError(msg)
    return float((every * (whole - _entropy(table))).sum() / (_sum(every) * whole))


INDICES: Mapping[str, Index] = {
    "dissimilarity": dissimilarity,
    "isolation": isolation,
    "exposure": exposure,
    "eta_squared": eta_squared,
    "theil": theil,
}


def at_random(
    index: Index, x: npt.ArrayLike, t: npt.ArrayLike, *, members: int, draws: int = FEWEST_DRAWS, seed: int = 0
) -> float:
    """The mean of an index if the group were allocated at random, in proportion to everybody.

    Args:
        index: one of INDICES.
        x: the group; only its sum matters.
        t: everybody.
        members: of the group who choose their unit by themselves: devices, where x counts the persons they stand for.
        draws: 200 or more.
        seed: the same draws for the same seed.

    Raises:
        ValueError: fewer draws, or no members.
    """
    if draws < FEWEST_DRAWS or members < 1:
        msg = f"{draws} draws of {members} members: at least {FEWEST_DRAWS} draws, of one member or more"
        raise ValueError(msg)
    own, every = _units(x, t)
    chance = every / _sum(every)
    drawn = np.random.default_rng(seed).multinomial(members, chance, size=draws) * (own.sum() / members)
    # a unit holds no more of a group than it holds people: where a draw says so, all of them are of it
    return float(np.mean([index(np.minimum(one, every), every) for one in drawn]))


def at_random_multigroup(
    counts: npt.ArrayLike, *, members: npt.ArrayLike, draws: int = FEWEST_DRAWS, seed: int = 0
) -> float:
    """The same of H of many groups: the members of each, shape (groups,), take units in proportion to everybody."""
    table, own = np.asarray(counts, np.float64), np.asarray(members)
    if draws < FEWEST_DRAWS or (own < 1).any():
        msg = f"at least {FEWEST_DRAWS} draws, and one member or more of every group"
        raise ValueError(msg)
    chance, rng = table.sum(axis=1) / _sum(table), np.random.default_rng(seed)
    each = table.sum(axis=0) / own
    drawn = [[rng.multinomial(int(n), chance) for n in own] for _ in range(draws)]
    return float(np.mean([theil_multigroup(np.array(one, np.float64).T * each) for one in drawn]))


def shannon(counts: npt.ArrayLike) -> float:
    """Entropy of the groups of one place over its largest for as many groups, 0 to 1; of one group 0."""
    n = np.asarray(counts, np.float64)
    return float(_entropy(n[None, :])[0] / np.log(n.size)) if n.size > 1 else 0.0


def simpson(counts: npt.ArrayLike) -> float:
    """The chance that two people of one place, drawn with replacement, are of different groups: 1 - sum p²."""
    n = np.asarray(counts, np.float64)
    return float(1 - ((n / _sum(n)) ** 2).sum())


def effective_number(counts: npt.ArrayLike) -> float:
    """How many groups of equal size are as diverse: exp of the entropy."""
    return float(np.exp(_entropy(np.asarray(counts, np.float64)[None, :])[0]))


def _units(x: npt.ArrayLike, t: npt.ArrayLike) -> tuple[Floats, Floats]:
    own, every = np.asarray(x, np.float64), np.asarray(t, np.float64)
    if own.ndim != 1 or own.shape != every.shape or (own < 0).any() or (own > every * (1 + 1e-9)).any():
        msg = f"x of shape {own.shape} and t of shape {every.shape}: give (n,) each, with 0 <= x <= t"
        raise ValueError(msg)
    return np.minimum(own, every), every


def _sum(values: Floats) -> float:
    total = float(values.sum())
    if total <= 0:
        msg = "nobody is in the group, or nobody beside it: no index is defined"
        raise ValueError(msg)
    return total


def _share(part: Floats, whole: Floats) -> Floats:
    return np.divide(part, whole, out=np.zeros_like(whole), where=whole > 0)


def _entropy(table: Floats) -> Floats:
    """-sum p ln p of each row, shape (rows,); 0 of a row of nobody."""
    p = _share(table, np.broadcast_to(table.sum(axis=1, keepdims=True), table.shape))
    return np.asarray(-(p * np.log(np.where(p > 0, p, 1))).sum(axis=1) + 0.0)
