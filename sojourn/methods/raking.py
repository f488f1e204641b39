"""Raking: a table is scaled, rows and columns in turn, until it has given margins.

Source: iterative proportional fitting (W. E. Deming and F. F. Stephan 1940). Of all tables with these margins it finds
the one nearest to the seed in relative entropy. What is zero in the seed stays zero.
"""

import numpy as np
import numpy.typing as npt

from sojourn.errors import SojournError

Floats = npt.NDArray[np.float64]


def rake(
    seed: npt.ArrayLike, rows: npt.ArrayLike, columns: npt.ArrayLike, *, tolerance: float = 1e-6, iterations: int = 100
) -> Floats:
    """The table, shape (r, c), whose sums are those of `rows`, shape (r,), and `columns`, shape (c,).

    Args:
        seed: shape (r, c), nothing negative.
        rows: what each row must sum to.
        columns: what each column must sum to; together as much as the rows.
        tolerance: greatest error of a margin, relative to the whole, at which it stops.
        iterations: at most.

    Raises:
        SojournError: the margins differ in total, or a row or column of zeros must sum to something.
    """
    table, r, c = (np.array(a, dtype=np.float64) for a in (seed, rows, columns))
    total = r.sum()
    if not np.isclose(total, c.sum(), rtol=1e-9):
        raise SojournError("the rows must sum to what the columns sum to", where="rake")
    if (r[table.sum(axis=1) == 0] > 0).any() or (c[table.sum(axis=0) == 0] > 0).any():
        raise SojournError("a row or column of zeros in the seed can sum to nothing else", where="rake")
    for _ in range(iterations):
        table *= _factor(r, table.sum(axis=1))[:, None]
        table *= _factor(c, table.sum(axis=0))
        if np.abs(table.sum(axis=1) - r).max(initial=0) <= tolerance * total:
            break
    return table


def _factor(wanted: Floats, found: Floats) -> Floats:
    return np.divide(wanted, found, out=np.zeros_like(wanted), where=found > 0)
