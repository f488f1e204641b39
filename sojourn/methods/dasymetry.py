"""What each antenna serves, and how its people are spread over it.

Method: Voronoi areas of the antennas, and within each the people of the population grid as weights, so that the people
of an antenna are kept (dasymetric mapping, pycnophylactic within each area: docs/methods.md). Without the grid, by
area alone, this is the plain Voronoi estimator.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sojourn.cells import Cells, Degrees, centre_of, corners
from sojourn.methods.arrays import Ints, starts

Floats = npt.NDArray[np.float64]
SAME = 1e-12  # distances (of unit vectors) that differ by less are a tie: a hundredth of a millimetre


@dataclass(frozen=True, eq=False)
class Served:
    """Which cells the people of an antenna are in.

    sites: H3 cells with an antenna, shape (s,), rising: as near as a place is known. cells, site, share, persons: a row
    for each cell and site that serves a part of it, shape (n,), by site, then by cell: the cell, the row of `sites`,
    the part of the site's people (of one site they sum to one), and the persons of the grid.
    """

    sites: Cells
    cells: Cells
    site: Ints
    share: Floats
    persons: Floats


def served(antennas: Cells, cells: Cells, persons: Floats, stand: tuple[Degrees, Degrees] | None = None) -> Served:
    """The people of a cell belong to the antennas nearest to them; a site that serves nobody has its own cell.

    Args:
        antennas: H3 cells with an antenna; those that stand in one cell are one site.
        cells: H3 cells of the population grid, each once.
        persons: in each of `cells`; those with nobody are left out.
        stand: latitude and longitude of each antenna; None: the centre of its cell.
    """
    lat, lon = centre_of(antennas) if stand is None else stand
    order = np.lexsort((lon, lat, antennas))
    masts = _vectors(lat[order], lon[order])
    sites, of_mast = np.unique(np.asarray(antennas, dtype=np.int64)[order], return_inverse=True)
    once = np.r_[True, (np.diff(of_mast) != 0) | (np.diff(masts, axis=0) != 0).any(axis=1)]
    masts, of_mast = masts[once], of_mast[once]
    inhabited = np.asarray(persons) > 0
    cells, persons = np.asarray(cells, dtype=np.int64)[inhabited], np.asarray(persons, dtype=np.float64)[inhabited]
    cell, mast, part = _parts(cells, persons, masts)
    cell, site, weight = _summed(cell, of_mast[mast], part)
    idle = np.setdiff1d(np.arange(len(sites)), site)
    found, site = np.concatenate([cells[cell], sites[idle]]), np.concatenate([site, idle])
    weight, people = (np.r_[weight, np.full(len(idle), fill)] for fill in (1.0, 0.0))
    order = np.lexsort((found, site))
    found, site, weight, people = found[order], site[order], weight[order], people[order]
    total = np.bincount(site, weight, minlength=len(sites))
    return Served(sites, found, site, weight / total[site], people)


def _summed(cell: Ints, site: Ints, part: Floats) -> tuple[Ints, Ints, Floats]:
    order = np.lexsort((site, cell))
    cell, site, part = cell[order], site[order], part[order]
    new = starts(cell, site)
    return cell[new], site[new], np.add.reduceat(part, new)


def _parts(cells: Cells, persons: Floats, masts: Floats) -> tuple[Ints, Ints, Floats]:
    """Rows of cells and of the masts that serve a part of each, and the persons of that part.

    A cell that is near one mast only is not cut. Others are cut into triangles from the middle to two corners, and each
    of these into four: 24 places in a hexagon.
    """
    middle = _vectors(*centre_of(cells))
    mast, gap = _nearest(middle, masts)
    lat, lon, first = corners(cells)
    ring, of = _vectors(lat, lon), np.repeat(np.arange(len(cells)), np.diff(first))
    reach = np.zeros(len(cells))
    np.maximum.at(reach, of, np.linalg.norm(ring - middle[of], axis=1))
    whole = gap > 2 * reach
    after = np.arange(len(of)) + 1
    after[first[1:] - 1] = first[:-1]
    cut = np.flatnonzero(~whole[of])
    of, a, b, c = of[cut], middle[of[cut]], ring[cut], ring[after[cut]]
    weight = _slope(persons, of, middle, b + c - a, np.linalg.norm(b - c, axis=1) / 2)
    weight *= np.linalg.norm(np.cross(b - a, c - a), axis=1)
    total = np.bincount(of, weight.sum(axis=0), minlength=len(cells))
    places = np.concatenate([(4 * a + b + c) / 6, (a + b + c) / 3, (a + 4 * b + c) / 6, (a + b + 4 * c) / 6])
    plain = np.flatnonzero(whole)
    found, _ = _nearest(places / np.linalg.norm(places, axis=1, keepdims=True), masts)
    return (
        np.concatenate([plain, np.tile(of, 4)]),
        np.concatenate([mast[plain], found]),
        np.concatenate([persons[plain], (persons[of] * weight / total[of]).ravel()]),
    )


def _slope(persons: Floats, of: Ints, middle: Floats, across: Floats, near: Floats) -> Floats:
    """How dense people are in the four parts of each triangle, next to each other, shape (4, triangles).

    Linear between the middles of a cell and of the neighbour across the edge (Tobler's pycnophylactic smoothness): a
    town does not end at the edge of a hexagon. `across` is where the neighbour's middle should be; one that is not
    there is empty.
    """
    from scipy.spatial import cKDTree  # loads slowly, and only maps need it

    far, row = cKDTree(middle).query(across)
    beyond = np.where(far < near, persons[row], 0.0)
    steps = np.array([1, 2, 2.5, 2.5])[:, None] / 6  # of the way from middle to middle
    return persons[of] + steps * (beyond - persons[of])


def _nearest(places: Floats, masts: Floats) -> tuple[Ints, Floats]:
    """The nearest mast of each place, on ties the first, and how much nearer it is than the next.

    Chords between unit vectors are in the order of great circles, so that a tree of points finds them.
    """
    from scipy.spatial import cKDTree

    if not len(places) or not len(masts):
        return np.zeros(0, dtype=np.int64), np.zeros(0)
    candidates = min(4, len(masts))
    far, row = cKDTree(masts).query(places, k=[*range(1, candidates + 1)])
    tied = far <= far[:, :1] + SAME
    first: Ints = np.where(tied, row, len(masts)).min(axis=1).astype(np.int64)
    return first, far[:, 1] - far[:, 0] if candidates > 1 else np.full(len(places), np.inf)


def nearest(cells: Cells, sites: Cells) -> Ints:
    """The row of `sites` (rising) whose centre is nearest on the sphere to that of each cell; on ties the smallest."""
    return _nearest(_vectors(*centre_of(cells)), _vectors(*centre_of(sites)))[0]


def rows_of(places: Cells, known: Served) -> Ints:
    """The row of `sites` for each place where a device may be.

    A place of an antenna that does not stand on this date belongs to the nearest one that does.
    """
    row = np.searchsorted(known.sites, places)
    row[row == len(known.sites)] = 0
    gone = np.flatnonzero(known.sites[row] != places)
    if len(gone):
        odd, back = np.unique(places[gone], return_inverse=True)
        row[gone] = nearest(odd, known.sites)[back]
    return row.astype(np.int64)


def spread(whole: Ints, known: Served) -> Ints:
    """The people of each site over its cells, whole numbers whose sums are kept; shape of `known.cells`.

    By largest remainder; equal remainders go by index of the cell, so that the same people are always spread alike.

    Args:
        whole: micro-persons of each site, shape of `known.sites`.
        known: what they serve.
    """
    exact = whole[known.site] * known.share
    part = np.floor(exact).astype(np.int64)
    rest = (whole - _sums(part, known))[known.site]
    part[_order(part - exact, known)] += _first(rest, known)
    if (rest < 0).any():  # a product that was rounded up to a whole number
        part[_order(-part, known)] -= _first(-rest, known)
    return part


def _order(by: Floats | Ints, known: Served) -> Ints:
    """Within each site by this, then by index."""
    return np.lexsort((known.cells, by, known.site))


def _first(n: Ints, known: Served) -> npt.NDArray[np.bool_]:
    """True for the first n of each site."""
    start = np.searchsorted(known.site, np.arange(len(known.sites)))
    return np.arange(len(n)) - start[known.site] < n


def _sums(part: Ints, known: Served) -> Ints:
    return np.add.reduceat(part, np.searchsorted(known.site, np.arange(len(known.sites))))


def _vectors(lat: Degrees, lon: Degrees) -> Floats:
    north, east = np.radians(lat), np.radians(lon)
    return np.column_stack([np.cos(north) * np.cos(east), np.cos(north) * np.sin(east), np.sin(north)])
