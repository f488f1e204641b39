"""Weights that meet known totals: raking, and what uneven weights cost.

Iterative proportional fitting of a table to the totals of its rows and columns (Deming and Stephan 1940); with bounds,
weights that would run away are held (Deville, Särndal and Sautory 1993 bound calibration likewise). A cell of the seed
that is zero stays zero: what the sample has not seen no weight can make. Design effect: Kish (1965), 1 + CV².
"""

import numpy as np
import numpy.typing as npt

from sojourn.errors import SojournError

Floats = npt.NDArray[np.float64]

APART = 1e-9  # by which the totals of rows and of columns may differ, as a share of them
BOUNDS = (0.2, 5.0)  # of the median weight; a default of this project


class RakingError(SojournError):
    """No table has these totals: one line that says why, and what to do."""


def rake(
    seed: npt.ArrayLike,
    rows: npt.ArrayLike,
    columns: npt.ArrayLike,
    *,
    tolerance: float = 1e-6,
    iterations: int = 100,
    bounds: tuple[float, float] | None = None,
) -> Floats:
    """The table nearest to the seed that has these totals, shape (r, c).

    Args:
        seed: what was counted, shape (r, c), not negative.
        rows: totals wanted of each row, shape (r,).
        columns: of each column, shape (c,); their sum is that of the rows.
        tolerance: the largest difference of a total that is left, in the units of the totals.
        iterations: after so many it ends, whether the totals are met or not.
        bounds: least and greatest weight (result / seed) as a multiple of the median weight of the cells that are not
            zero, such as BOUNDS; None: whatever the totals ask for.

    Raises:
        RakingError: shapes or values do not fit, the two sets of totals have different sums, a total is wanted of cells
            that are all zero, or (with or without bounds) the totals are not met after the last iteration.
    """
    table, want = _checked(seed, rows, columns)
    start = table.copy()
    off = np.inf
    for _ in range(iterations):
        for axis, totals in enumerate(want):
            have = table.sum(axis=1 - axis, keepdims=True)
            table = table * np.divide(totals, have, out=np.zeros_like(have), where=have > 0)
            if bounds is not None:
                table = _held(table, start, bounds)
        off = _off(table, want)
        if off <= tolerance:
            return table
    why = "the bounds may be too narrow" if bounds else "zero cells may leave no table with these totals"
    msg = f"totals are still off by {off:g} after {iterations} iterations: {why}; widen them, or merge rows or columns"
    raise RakingError(msg)


def weights(raked: npt.ArrayLike, seed: npt.ArrayLike) -> Floats:
    """What one unit of each cell of the seed stands for, shape of the seed; 0 where nobody is."""
    after, before = np.asarray(raked, np.float64), np.asarray(seed, np.float64)
    return np.divide(after, before, out=np.zeros_like(after), where=before > 0)


def design_effect(each: npt.ArrayLike) -> float:
    """By how much uneven weights blow up a variance: 1 + CV² of the weights of the units, shape (n,), at least 1."""
    w = np.asarray(each, np.float64)
    if not w.size or not w.sum():
        msg = "there are no weights; give one for each unit"
        raise RakingError(msg)
    return float(w.size * (w**2).sum() / w.sum() ** 2)


def effective_size(each: npt.ArrayLike) -> float:
    """How many units of equal weight would tell as much: (Σw)² / Σw²."""
    return float(np.asarray(each).size / design_effect(each))


def _checked(seed: npt.ArrayLike, rows: npt.ArrayLike, columns: npt.ArrayLike) -> tuple[Floats, tuple[Floats, Floats]]:
    table, r, c = (np.array(a, np.float64) for a in (seed, rows, columns))
    if table.ndim != 2 or r.shape != table.shape[:1] or c.shape != table.shape[1:]:
        msg = f"a seed of shape {table.shape} has no totals of shapes {r.shape} and {c.shape}; give (r, c), (r,), (c,)"
        raise RakingError(msg)
    for name, values in (("seed", table), ("row totals", r), ("column totals", c)):
        if not np.isfinite(values).all() or (values < 0).any():
            msg = f"the {name} hold what is negative or no number; counts are none or more"
            raise RakingError(msg)
    if abs(r.sum() - c.sum()) > APART * max(r.sum(), c.sum()):
        msg = f"rows want {r.sum():g} in all and columns {c.sum():g}; scale one to the other"
        raise RakingError(msg)
    for axis, (name, totals) in enumerate((("row", r), ("column", c))):
        empty = np.flatnonzero((table.sum(axis=1 - axis) == 0) & (totals > 0))
        if empty.size:
            msg = f"{name} {empty[0]} is all zero and {totals[empty[0]]:g} are wanted of it; merge it with another"
            raise RakingError(msg)
    return table, (r[:, None], c[None, :])


def _off(table: Floats, want: tuple[Floats, Floats]) -> float:
    return max(
        float(np.abs(table.sum(axis=1 - axis, keepdims=True) - totals).max()) for axis, totals in enumerate(want)
    )


def _held(table: Floats, seed: Floats, bounds: tuple[float, float]) -> Floats:
    """Each cell's weight held within the bounds around the median."""
    seen = seed > 0
    weight = table[seen] / seed[seen]
    middle = float(np.median(weight))
    out = table.copy()
    out[seen] = np.clip(weight, bounds[0] * middle, bounds[1] * middle) * seed[seen]
    return out
