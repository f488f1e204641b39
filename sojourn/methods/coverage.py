"""How much of each unit square a polygon covers: exact, and in bulk.

A walk along the polygon's sides, cut where they cross from square to square, adds up to the area to the left of them;
what is summed along a row is what the polygon covers (as in the drawing of letters: R. Levien, font-rs, 2016; of raster
cells: D. Baston, exactextract). The same polygon gets the same figures, to the last bit, whatever else is asked for.
"""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]

ROOM = 1 << 23  # squares looked at in one go
NOTHING = 1e-12  # of a square: less is rounding
WIDEST = 400  # squares from side to side: a polygon that spans more is torn (by the date line, by a pole)


def coverage(x: Floats, y: Floats, first: Whole) -> tuple[Whole, Whole, Whole, Floats]:
    """Every pair of a polygon and a square that it covers some of.

    Args:
        x: of the corners of all polygons in order, shape (m,); the square (i, j) is i ≤ x ≤ i+1, j ≤ y ≤ j+1.
        y: likewise.
        first: where each polygon begins, and m at the end, shape (n + 1,).

    Returns:
        Polygon (0 to n-1), i, j, and the share of the square that it covers, each of shape (pairs,), by polygon.
        Polygons that are torn cover nothing: their squares are short of them, which the caller can see.
    """
    starts, n = first[:-1], len(first) - 1
    if not n:
        return first[:0], first[:0], first[:0], np.empty(0)
    west, south = np.floor(np.minimum.reduceat(x, starts)), np.floor(np.minimum.reduceat(y, starts))
    with np.errstate(invalid="ignore"):
        wide = np.floor(np.maximum.reduceat(x, starts)) - west + 1
        high = np.floor(np.maximum.reduceat(y, starts)) - south + 1
        whole = np.flatnonzero((wide <= WIDEST) & (high <= WIDEST))  # false where a corner is nowhere
    if not len(whole):
        return first[:0], first[:0], first[:0], np.empty(0)
    shape = int(high[whole].max()), int(wide[whole].max()) + 1
    found = [
        _some(x, y, first, part, west, south, shape) for part in _parts(whole, max(1, ROOM // (shape[0] * shape[1])))
    ]
    polygon, i, j, share = (np.concatenate(column) for column in zip(*found, strict=True))
    return polygon, i, j, share


def _parts(values: Whole, size: int) -> Iterator[Whole]:
    for start in range(0, len(values), size):
        yield values[start : start + size]


def _some(
    x: Floats, y: Floats, first: Whole, polygons: Whole, west: Floats, south: Floats, shape: tuple[int, int]
) -> tuple[Whole, Whole, Whole, Floats]:
    rows, columns = shape
    corners = first[polygons + 1] - first[polygons]
    owner = np.repeat(np.arange(len(polygons)), corners)
    ends = np.cumsum(corners)
    here = np.repeat(first[polygons] - (ends - corners), corners) + np.arange(ends[-1])
    after = here + 1
    after[ends - 1] = first[polygons]
    # to the squares of each polygon's own frame
    x0, y0 = x[here] - west[polygons][owner], y[here] - south[polygons][owner]
    x1, y1 = x[after] - west[polygons][owner], y[after] - south[polygons][owner]
    side, x0, y0, x1, y1 = _cut(x0, y0, x1, y1)
    piece, y0, x0, y1, x1 = _cut(y0, x0, y1, x1)
    middle = (x0 + x1) / 2
    column, row = np.floor(middle).astype(np.int64), np.floor((y0 + y1) / 2).astype(np.int64)
    at = (owner[side[piece]] * rows + row) * columns + column
    room = len(polygons) * rows * columns
    beside = (y1 - y0) * (middle - column)  # of the square, left of the piece
    marks = np.bincount(at, (y1 - y0) - beside, room) + np.bincount(at + 1, beside, room + 1)[:room]
    covered = np.abs(np.cumsum(marks.reshape(-1, rows, columns), axis=2))
    n, j, i = np.nonzero(covered > NOTHING)
    share = covered[n, j, i]
    own = polygons[n]
    return own, i + west[own].astype(np.int64), j + south[own].astype(np.int64), share


def _cut(p0: Floats, q0: Floats, p1: Floats, q1: Floats) -> tuple[Whole, Floats, Floats, Floats, Floats]:
    """Each side cut wherever p is a whole number: which side a piece is of, and its two ends, in order."""
    low, high = np.floor(np.minimum(p0, p1)), np.ceil(np.maximum(p0, p1))
    pieces = np.maximum(high - low, 1).astype(np.int64)
    side = np.repeat(np.arange(len(p0)), pieces)
    ends = np.cumsum(pieces)
    nth = np.arange(len(side)) - np.repeat(ends - pieces, pieces)
    rises = p1 >= p0
    line = np.where(rises, low, high)[side] + np.where(rises[side], nth, -nth)
    starts, lasts = nth == 0, np.zeros(len(side), dtype=bool)
    lasts[ends - 1] = True
    with np.errstate(invalid="ignore", divide="ignore"):
        slope = ((q1 - q0) / (p1 - p0))[side]
        q = q0[side] + (line - p0[side]) * slope  # where a piece begins, but for the first of a side
    begin_p, begin_q = np.where(starts, p0[side], line), np.where(starts, q0[side], q)
    end_p, end_q = np.append(begin_p[1:], 0.0), np.append(begin_q[1:], 0.0)
    return side, begin_p, begin_q, np.where(lasts, p1[side], end_p), np.where(lasts, q1[side], end_q)
