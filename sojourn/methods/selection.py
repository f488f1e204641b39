"""Who is not in the data: coverage, and the corrections that the literature has for it.

Formulas as the R package debiasR collects them (github.com/de-bias/debiasR, MIT): inverse penetration weights of flows,
and two selection rates for areas whose users are not like their people. Penetration p is users over people, more than 0
and at most 1; all arrays are of one shape, or broadcast. They are for flows and stocks that were never benchmarked:
whose weights are persons of the grid over devices have been corrected for coverage already.
"""

from typing import Literal

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Side = Literal["origin", "destination", "both"]


def coverage(users: npt.ArrayLike, people: npt.ArrayLike) -> Floats:
    """Users over people of each area, shape (n,); what is lacking to 1 is its coverage bias."""
    u, p = np.asarray(users, np.float64), np.asarray(people, np.float64)
    if (u < 0).any() or (p <= 0).any():
        msg = "users are none or more, and every area has people; leave the others out"
        raise ValueError(msg)
    return np.asarray(u / p)


def inverse_penetration(
    flows: npt.ArrayLike, origin: npt.ArrayLike, destination: npt.ArrayLike, by: Side = "origin"
) -> Floats:
    """Flows of users as flows of people: F w, w = people / users of the origin, of the destination, or both's mean.

    Args:
        flows: from each origin to each destination, shape (i, j).
        origin: penetration of each origin, shape (i,).
        destination: of each destination, shape (j,).
        by: whose weight; both: the geometric mean.
    """
    f = np.asarray(flows, np.float64)
    i, j = 1 / _rate(origin)[:, None], 1 / _rate(destination)[None, :]
    return np.asarray(f * {"origin": i + 0 * j, "destination": j + 0 * i, "both": np.sqrt(i * j)}[by])


def selection_rate_one(alike: npt.ArrayLike, penetration: npt.ArrayLike, r: npt.ArrayLike) -> Floats:
    """Weight 1 / (I p + (1 - I) r): I (`alike`) of the people are seen at the rate p, the others at r."""
    i, p, rest = np.asarray(alike, np.float64), _rate(penetration), _rate(r)
    if (i < 0).any() or (i > 1).any():
        msg = "I is a share of people: 0 to 1"
        raise ValueError(msg)
    return np.asarray(1 / (i * p + (1 - i) * rest))


def selection_rate_two(penetration: npt.ArrayLike, k: float) -> Floats:
    """CF(p; k) = p (e^-k - 1) / (e^(-k p) - 1), by which a figure of users over penetration is multiplied.

    It is 1 where everybody is a user and falls to (1 - e^-k) / k where few are: the greater k, the more mobile are the
    few who are users beside the others. k = 0: no selection, 1 everywhere.
    """
    p = _rate(penetration)
    if k < 0:
        msg = f"k is {k:g}: 0 (no selection) or more"
        raise ValueError(msg)
    return np.asarray(np.ones_like(p) if k == 0 else p * np.expm1(-k) / np.expm1(-k * p))


def _rate(values: npt.ArrayLike) -> Floats:
    rate = np.asarray(values, np.float64)
    if not (np.isfinite(rate) & (rate > 0) & (rate <= 1)).all():
        msg = "a penetration is users over people: more than 0, at most 1"
        raise ValueError(msg)
    return rate
