"""H3 cells: places of a fixed size, as 64-bit integers. The only file that knows h3.

A cell is a signed 64-bit integer everywhere (the top bit of an H3 index is never set), its hexadecimal text only
where people read it. Source of the grid: https://h3geo.org, Apache-2.0; what its sizes are: docs/methods.md.
"""

from collections.abc import Sequence
from itertools import chain

import h3.api.basic_int as h3
import numpy as np
import numpy.typing as npt
import pandas as pd
from pyspark.sql import Column
from pyspark.sql import functions as F

Cells = npt.NDArray[np.int64]
Degrees = npt.NDArray[np.float64]

FINEST = 15
_RESOLUTION_BIT = 52  # an H3 index keeps its resolution in bits 52 to 55, then three bits for each finer digit


def cell_of(lat: npt.ArrayLike, lon: npt.ArrayLike, resolution: int) -> pd.arrays.IntegerArray:
    """The cell at `resolution` that holds each point, as a nullable pandas `Int64` array.

    Null where a coordinate is missing, not finite or out of range (beyond ±90° or ±180°): a place that is
    no place has no cell, and no number stands for it. Arrow and Spark read the result as it is.

    Args:
        lat: degrees north (WGS 84), shape (n,).
        lon: degrees east (WGS 84), shape (n,).
        resolution: 0 (continents) to 15 (square metres).

    Raises:
        ValueError: the resolution is not one of H3's, or the arrays differ in length.
    """
    if not 0 <= resolution <= FINEST:
        msg = f"H3 has resolutions 0 to {FINEST}, not {resolution}"
        raise ValueError(msg)
    north, east = np.atleast_1d(np.asarray(lat, dtype=np.float64)), np.atleast_1d(np.asarray(lon, dtype=np.float64))
    if north.shape != east.shape:
        msg = f"{north.size} latitudes for {east.size} longitudes"
        raise ValueError(msg)
    known = (np.abs(north) <= 90) & (np.abs(east) <= 180)  # false for NaN
    found = (
        h3.latlng_to_cell(y, x, resolution) for y, x in zip(north[known].tolist(), east[known].tolist(), strict=True)
    )
    values = np.zeros(north.shape, dtype=np.int64)
    values[known] = np.fromiter(found, dtype=np.int64, count=int(known.sum()))
    return pd.arrays.IntegerArray(values, ~known)


def centre_of(cells: Sequence[int] | Cells) -> tuple[Degrees, Degrees]:
    """Latitudes and longitudes (WGS 84 degrees) of the centres, each of shape (n,)."""
    centres = np.array([h3.cell_to_latlng(int(c)) for c in cells], dtype=np.float64).reshape(-1, 2)
    return centres[:, 0], centres[:, 1]


def neighbours(cell: int) -> list[int]:
    """The cells that share an edge with this one, in rising order: six, and five at a pentagon."""
    return sorted(c for c in h3.grid_disk(int(cell), 1) if c != cell)


def resolution_of(cells: Sequence[int] | Cells) -> npt.NDArray[np.int64]:
    """The resolution of each cell, 0 to 15, shape (n,)."""
    return (_whole(cells) >> _RESOLUTION_BIT) & 15


def parent(cells: Sequence[int] | Cells, resolution: int) -> Cells:
    """The coarser cell that each belongs to, shape (n,); itself where it has that resolution already.

    Counts roll up exactly this way; areas only nearly (docs/methods.md), so that points are never indexed again.
    In arithmetic on the bits of the index, which a test holds against h3: a hundred times as fast as one by one.

    Raises:
        ValueError: `resolution` is finer than that of a cell.
    """
    children = _whole(cells)
    if not 0 <= resolution <= FINEST or (resolution_of(children) < resolution).any():
        msg = f"a cell has no parent at the finer resolution {resolution}"
        raise ValueError(msg)
    unused = np.int64((1 << 3 * (FINEST - resolution)) - 1)  # digits finer than the resolution are all ones
    level = np.int64(15 << _RESOLUTION_BIT)
    return (children & ~level) | np.int64(resolution << _RESOLUTION_BIT) | unused


def coarser(cell: Column, resolution: int) -> Column:
    """As `parent`, of a column: by the bits of the index, without Python; null where a cell is coarser itself."""
    digits = (1 << 3 * (FINEST - resolution)) - 1  # digits finer than the resolution are all ones
    fine = F.shiftrightunsigned(cell, _RESOLUTION_BIT).bitwiseAND(F.lit(15)) >= resolution
    level = F.lit(resolution << _RESOLUTION_BIT | digits)
    return F.when(fine, cell.bitwiseAND(F.lit(~(15 << _RESOLUTION_BIT))).bitwiseOR(level))


def corners(cells: Sequence[int] | Cells) -> tuple[Degrees, Degrees, Cells]:
    """All corners in one go: latitudes and longitudes, cell after cell, and where each cell's begin.

    Shapes (m,), (m,) and (n + 1,), m being the last of the beginnings. For arithmetic on many cells.
    """
    rings = [h3.cell_to_boundary(c) for c in _whole(cells).tolist()]
    first = np.cumsum([0, *map(len, rings)], dtype=np.int64)
    numbers = chain.from_iterable(chain.from_iterable(rings))
    places = np.fromiter(numbers, dtype=np.float64, count=2 * int(first[-1])).reshape(-1, 2)
    return places[:, 0], places[:, 1], first


def with_neighbours(cells: Sequence[int] | Cells) -> Cells:
    """These cells and all that share an edge with one of them, in rising order, each once."""
    disks = chain.from_iterable(h3.grid_disk(c, 1) for c in _whole(cells).tolist())
    return np.unique(np.fromiter(disks, dtype=np.int64))


def edge_km(cells: Sequence[int] | Cells) -> Degrees:
    """The side of a regular hexagon as large as each cell, km, shape (n,)."""
    edges: Degrees = np.sqrt(km2(cells) * 2 / 27**0.5)
    return edges


def text(cells: Sequence[int] | Cells) -> list[str]:
    """The usual hexadecimal names, such as 881fa3cd07fffff."""
    return [h3.int_to_str(int(c)) for c in cells]


def km2(cells: Sequence[int] | Cells) -> npt.NDArray[np.float64]:
    """The true area of each cell on the sphere in km², shape (n,): at one resolution it varies by a factor of two."""
    return np.array([h3.cell_area(int(c), "km^2") for c in cells], dtype=np.float64)


def _whole(cells: Sequence[int] | Cells) -> Cells:
    return np.asarray(cells, dtype=np.int64)
