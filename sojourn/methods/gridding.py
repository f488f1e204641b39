"""Persons of pixels to persons of H3 cells, every person kept.

Persons are spread evenly over their pixel. Where a cell's edge is several pixels long, all persons of a pixel go to the
cell that holds its middle; otherwise each cell gets the share of the pixel that it covers. What the shortcut costs is
measured in docs/methods.md, `population_grid`.

Persons are whole units meanwhile, of which a raster holds between 2⁶⁰ and 2⁶¹. Rounding pixels to them changes the sum
of two billion pixels by less than 1e-9 of it, and their sums are exact in any order: so the rows do not depend on the
windows that were read.
"""

from collections.abc import Iterable, Iterator
from math import frexp

import numpy as np
import numpy.typing as npt

from sojourn.cells import Cells, cell_of, corners, edge_km, km2, with_neighbours
from sojourn.errors import ConfigError
from sojourn.methods.coverage import coverage
from sojourn.methods.plane import Plane
from sojourn.rasters import Pixels, Population

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]
Part = tuple[Cells, Whole]  # cells, each once in rising order, and units of persons

UNITS = 61  # bits of the sum of a raster
POINTS = 1 << 20  # places looked up in one go
WHOLE = 1e-6  # of a pixel: what may be missing from what its cells cover of it
FINE = 24, 6  # points to the side of a pixel, and at least to that of a cell, where cells cannot be laid on the raster


def gridded(raster: Population, resolution: int, edge_pixels: float, window: int | None = None) -> tuple[Cells, Floats]:
    """The inhabited cells in rising order, and the persons in each, both of shape (n,).

    Args:
        raster: persons in pixels.
        resolution: of the cells.
        edge_pixels: pixels along a cell's edge from which on a pixel is as good as its middle.
        window: pixels read in one go; the rows are the same whatever it is.

    Raises:
        ConfigError: the raster cannot be read to its end, or has persons in places that are none on Earth.
    """
    by_middle = edge_in_pixels(raster, resolution) >= edge_pixels
    parts = _by_points if by_middle else _by_area
    unit = 2.0 ** (frexp(raster.tally.persons)[1] - UNITS)
    blocks = raster.pixels(window) if window else raster.pixels()
    slices = (some for block in blocks for some in _slices(raster, block, resolution, by_middle))
    cells, units = _summed(part for some, n in slices for part in parts(raster, some / unit, resolution, n))
    return cells, np.multiply(units, unit, dtype=np.float64)


def edge_in_pixels(raster: Population, resolution: int) -> float:
    """How many pixels, by their longer side, are as long as the edge of a cell: in the middle of the raster."""
    cell, row, column = _middle(raster, resolution)
    return float((edge_km(cell) / raster.plane.side_km(row, column))[0])


def cells_expected(raster: Population, resolution: int) -> float:
    """About how many cells the inhabited pixels lie in, by area."""
    cell, row, column = _middle(raster, resolution)
    per_pixel = float((raster.plane.km2(row, column) / km2(cell))[0])
    return raster.tally.inhabited * per_pixel


def _middle(raster: Population, resolution: int) -> tuple[Cells, Whole, Whole]:
    row, column = (np.array([n // 2]) for n in raster.plane.shape)
    return cell_of(*raster.plane.middles(row, column), resolution).to_numpy(np.int64), row, column


def _slices(raster: Population, block: Pixels, resolution: int, by_middle: bool) -> Iterator[tuple[Pixels, int]]:
    """A block in slices, and how many points to the side of a pixel are as close as cells: one or more."""
    if not len(block):
        return
    n = 1
    if not by_middle:
        some = block[np.unique(np.linspace(0, len(block) - 1, 64).astype(np.int64))]
        lat, lon = raster.plane.middles(some.rows, some.columns)
        cells = cell_of(lat, lon, resolution)
        smallest = edge_km(np.unique(cells[~cells.isna()].to_numpy(np.int64))).min(initial=np.inf)
        sides = raster.plane.side_km(some.rows, some.columns)
        longest = sides[np.isfinite(sides)].max(initial=0.0)
        n = max(1, int(np.ceil(longest / smallest)))
    step = max(1, POINTS // n**2)
    for start in range(0, len(block), step):
        yield block[start : start + step], n


def _points(raster: Population, pixels: Pixels, resolution: int, n: int) -> tuple[Whole, Cells]:
    """The cells of n times n points spread evenly over each pixel, and which pixel each is of, by pixel.

    Raises:
        ConfigError: not one point of a pixel that has persons is a place on Earth.
    """
    steps = (np.arange(n) + 0.5) / n
    down, right = np.repeat(steps, n), np.tile(steps, n)
    lat, lon = raster.plane.degrees((pixels.rows[:, None] + down).ravel(), (pixels.columns[:, None] + right).ravel())
    cells = cell_of(lat, lon, resolution)
    known = ~np.asarray(cells.isna())
    pixel = np.repeat(np.arange(len(pixels)), n * n)[known]
    if lost := len(pixels) - len(np.unique(pixel)):
        hint = "`.venv/bin/rio info FILE` shows its CRS and bounds"
        raise ConfigError(f"has persons in {lost} pixels that lie nowhere on Earth", where=raster.path, hint=hint)
    return pixel, cells[known].to_numpy(np.int64)


def _by_points(raster: Population, pixels: Pixels, resolution: int, n: int) -> Iterator[Part]:
    """Each pixel shared out by the cells of n times n points; one: its middle."""
    pixel, at = _points(raster, pixels, resolution, n)
    cells, place = np.unique(at, return_inverse=True)
    pair, times = np.unique(pixel * len(cells) + place, return_counts=True)
    yield _shared_out(cells, pair % len(cells), pair // len(cells), np.divide(times, n * n), pixels.persons)


def _by_area(raster: Population, pixels: Pixels, resolution: int, n: int) -> Iterator[Part]:
    """Each pixel shared out by the area that cells cover of it, on the plane of the raster.

    No place of a pixel is further from a point than 0.71 of a cell's edge, and two cells that are no neighbours are a
    whole edge apart: so the cells of the points and their neighbours are all there are. Where a cell is torn on that
    plane (by a pole, by the edge of a map of the world) the pixels it should cover are not covered once; many points
    share them out instead.
    """
    cells = with_neighbours(np.unique(_points(raster, pixels, resolution, n)[1]))
    cell, column, row, share = coverage(*_rings(raster.plane, cells))
    width = raster.plane.shape[1]
    inside = (column >= 0) & (column < width) & (row >= 0)
    known = pixels.rows * width + pixels.columns  # rising
    asked = row * width + column
    pixel = np.minimum(np.searchsorted(known, asked), len(known) - 1)
    hit = np.flatnonzero(inside & (known[pixel] == asked))
    hit = hit[np.argsort(pixel[hit], kind="stable")]  # by pixel, then by cell
    cell, pixel, share = cell[hit], pixel[hit], share[hit]
    good = np.abs(np.bincount(pixel, share, len(known)) - 1) < WHOLE
    well = good[pixel]
    renumbered = np.cumsum(good) - 1
    yield _shared_out(cells, cell[well], renumbered[pixel[well]], share[well], pixels.persons[good])
    torn = pixels[~good]
    if len(torn):
        fine = max(FINE[0], int(np.ceil(FINE[1] / edge_in_pixels(raster, resolution))))
        step = max(1, POINTS // fine**2)
        for start in range(0, len(torn), step):
            yield from _by_points(raster, torn[start : start + step], resolution, fine)


def _rings(plane: Plane, cells: Cells) -> tuple[Floats, Floats, Whole]:
    """The corners of cells as columns and rows, and where each cell's begin; infinite where a cell is torn."""
    lat, lon, first = corners(cells)
    rows, columns = plane.places(lat, lon)
    torn = np.repeat(plane.torn(rows, columns, first), np.diff(first))
    return np.where(torn, np.inf, columns), np.where(torn, np.inf, rows), first


def _shared_out(cells: Cells, cell: Whole, pixel: Whole, share: Floats, persons: Floats) -> Part:
    """Whole units in each cell: of every pixel by its shares, what rounding leaves to the greatest of them.

    Args:
        cells: in rising order.
        cell: place in `cells` of each share, shape (m,).
        pixel: place in `persons` of each share, rising; within a pixel, cells rise.
        share: of the pixel's persons, shape (m,); all of a pixel's together count as one.
        persons: in units, of each pixel; every one has a share.
    """
    units = np.rint(persons).astype(np.int64)
    whole = np.bincount(pixel, share, len(persons))
    part = (units[pixel] * (share / whole[pixel])).astype(np.int64)
    left = units.copy()
    np.subtract.at(left, pixel, part)
    greatest = np.zeros(len(persons))
    np.maximum.at(greatest, pixel, share)
    top = np.flatnonzero(share == greatest[pixel])
    takes = top[np.unique(pixel[top], return_index=True)[1]]  # the first, which is the smallest cell
    part[takes] += left
    total = np.zeros(len(cells), dtype=np.int64)
    np.add.at(total, cell, part)
    return cells[total > 0], total[total > 0]


def _summed(parts: Iterable[Part]) -> Part:
    """All parts as one, merged whenever as much has come as there is, so that memory holds cells and not pixels."""
    cells, units = np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    waiting: list[Part] = []
    room = POINTS
    for part in parts:
        waiting.append(part)
        room -= len(part[0])
        if room < 0:
            cells, units = _merged([(cells, units), *waiting])
            waiting, room = [], max(len(cells), POINTS)
    return _merged([(cells, units), *waiting])


def _merged(parts: list[Part]) -> Part:
    cells, place = np.unique(np.concatenate([c for c, _ in parts]), return_inverse=True)
    units = np.zeros(len(cells), dtype=np.int64)
    np.add.at(units, place, np.concatenate([u for _, u in parts]))
    return cells, units
