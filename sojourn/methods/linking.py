"""Flows between zones of two countries, out of what each of the two publishes alone.

One operator knows from which of its zones people go to the other country; the other knows in which of its zones SIMs of
the first country stay. Neither knows both, and no identifier is exchanged: which zone goes to which is estimated by
raking (iterative proportional fitting) a seed of distances to these two margins, the least that can be assumed.
Source: A. G. Wilson (1967), doi 10.1016/0041-1647(67)90035-4 (entropy-maximising flows with both margins given).
"""

import numpy as np
import numpy.typing as npt
import pandas as pd

from sojourn.cells import centre_of
from sojourn.methods.raking import rake

Floats = npt.NDArray[np.float64]
EARTH_KM = 6371.0088
NEAREST_KM = 1.0  # people of one place are apart by as much: no distance is nothing


def centres(grid: pd.DataFrame) -> dict[str, Floats]:
    """The middle of the people of each zone of a grid (cell, population, zone), as a vector of length 1, shape (3,)."""
    known = grid[grid["zone"].notna() & (grid["population"] > 0)]
    lat, lon = (np.radians(a) for a in centre_of(known["cell"].to_numpy(np.int64)))
    ends = np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)], axis=1)
    pulls = (
        pd.DataFrame(ends * known["population"].to_numpy(np.float64)[:, None]).groupby(known["zone"].to_numpy()).sum()
    )
    return {str(zone): row / np.linalg.norm(row) for zone, row in zip(pulls.index, pulls.to_numpy(), strict=True)}


def distances(here: Floats, there: Floats) -> Floats:
    """Kilometres on the sphere between middles, shapes (a, 3) and (b, 3) → (a, b)."""
    chord = np.linalg.norm(here[:, None, :] - there[None, :, :], axis=2)
    arcs: Floats = 2 * EARTH_KM * np.arcsin(np.clip(chord / 2, 0, 1))
    return arcs


def linked(out: npt.ArrayLike, into: npt.ArrayLike, km: npt.ArrayLike | None, decay: float) -> Floats:
    """How many of each zone here went to each zone there.

    Args:
        out: those who went, by zone here, shape (a,): the result sums to these.
        into: those who came, by zone there, shape (b,): only their shares tell, for the other operator has other SIMs.
        km: distances, shape (a, b); None: zones are not told apart by distance.
        decay: flows fall with this power of the distance.
    """
    rows, columns = np.asarray(out, np.float64), np.asarray(into, np.float64)
    seed = np.ones((len(rows), len(columns)))
    if km is not None:
        seed = np.maximum(np.asarray(km, np.float64), NEAREST_KM) ** -decay
    # near neighbours among far ones: odds of thousands, which a hundred rounds do not settle
    return rake(seed, rows, columns * (rows.sum() / columns.sum()), tolerance=1e-9, iterations=10_000)
