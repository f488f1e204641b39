"""Which cells of an hour are published: as fine as k devices behind each allow, and never one inside another.

Method: of all ways to cut the tree of H3 cells from the base resolution down to 4 into cells that may be published,
the one in which the mean person has the finest resolution; what cannot be published is the remainder, valued one
coarser than the coarsest. Exact, by dynamic programming from the leaves: a cell is published whole or cut.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sojourn.cells import Cells, parent, resolution_of
from sojourn.methods.arrays import Ints, starts
from sojourn.methods.dasymetry import Served

Floats = npt.NDArray[np.float64]
COARSEST = 4
REST = -1


@dataclass(frozen=True, eq=False)
class Groups:
    """The antennas whose served area meets each group of served cells.

    start: where the pairs of each group begin, shape (g,). site, share: of each pair the antenna, and the part of its
    people who are inside the group.
    """

    start: Ints
    site: Ints
    share: Floats

    def behind(self, of_sites: Ints) -> Ints:
        """A sum over the antennas behind each group: nobody is divided by spreading."""
        return np.add.reduceat(of_sites[self.site], self.start)

    def largest(self, of_sites: Ints) -> Ints:
        """The largest part of a single device in each group, rounded up."""
        return np.maximum.reduceat(np.ceil(of_sites[self.site] * self.share).astype(np.int64), self.start)

    def sampling(self, of_sites: Ints) -> Floats:
        """The variance of each group's persons that comes from that of each antenna's."""
        return np.add.reduceat(self.share**2 * of_sites[self.site], self.start)

    def spreading(self, of_sites: Ints) -> Floats:
        """The variance that comes from drawing who of an antenna's people is inside."""
        return np.add.reduceat(self.share * np.maximum(1 - self.share, 0) * of_sites[self.site], self.start)


def groups(known: Served, group: Ints) -> Groups:
    """The groups 0, 1, … of served cells, shape of `known.cells`; each has a cell at least."""
    order = np.lexsort((known.site, group))
    group, site = group[order], known.site[order]
    new = starts(group, site)
    return Groups(starts(group[new]), site[new], np.add.reduceat(known.share[order], new))


@dataclass(frozen=True, eq=False)
class Level:
    """The cells of one resolution that hold what is served.

    nodes: H3 cells, shape (n,), rising. below: for each node of the finer level (of the finest: for each served cell)
    the row of its parent here. groups: who is behind each node.
    """

    resolution: int
    nodes: Cells
    below: Ints
    groups: Groups


def levels(known: Served) -> list[Level]:
    """From the resolution of the served cells to COARSEST, finest first."""
    base = int(resolution_of(known.cells).max())
    out: list[Level] = []
    finer = known.cells
    for resolution in range(base, min(base, COARSEST) - 1, -1):
        nodes, below = np.unique(parent(finer, resolution), return_inverse=True)
        node = np.searchsorted(nodes, parent(known.cells, resolution))
        out.append(Level(resolution, nodes, below.astype(np.int64), groups(known, node)))
        finer = nodes
    return out


@dataclass(frozen=True, eq=False)
class Tiles:
    """The cells of one hour. level and node: of each tile, shape (t,); owner: of each served cell its tile, or REST."""

    level: Ints
    node: Ints
    owner: Ints


def tiles(tree: Sequence[Level], persons: Ints, devices: Ints, top: Ints, k: int) -> Tiles:
    """The best cut.

    Args:
        tree: as `levels` gives it.
        persons: micro-persons in each served cell.
        devices: behind each antenna.
        top: micro-persons of the largest single device of each antenna.
        k: devices that must stand behind a tile; no one device may be more than half of its persons.
    """
    whole, best, taken = persons, np.zeros(0, dtype=np.int64), []
    for depth, lvl in enumerate(tree):
        whole = _summed(whole, lvl)
        cut = whole * (tree[-1].resolution - 1) if depth == 0 else _summed(best, lvl)
        may = (lvl.groups.behind(devices) >= k) & (whole > 0) & (2 * lvl.groups.largest(top) <= whole)
        value = whole * lvl.resolution
        taken.append(may & (value >= cut))
        best = np.where(taken[-1], value, cut)
    return _cut(tree, taken)


def _summed(parts: Ints, lvl: Level) -> Ints:
    out = np.zeros(len(lvl.nodes), dtype=np.int64)
    np.add.at(out, lvl.below, parts)
    return out


def _cut(tree: Sequence[Level], taken: Sequence[npt.NDArray[np.bool_]]) -> Tiles:
    """From the coarsest level down: a taken node is a tile, unless a coarser one holds it."""
    owner = np.full(len(tree[-1].nodes), REST)
    level_of, node_of, n = [], [], 0
    for depth in range(len(tree) - 1, -1, -1):
        new = np.flatnonzero(taken[depth] & (owner == REST))
        owner[new] = n + np.arange(len(new))
        level_of.append(np.full(len(new), depth))
        node_of.append(new)
        n += len(new)
        owner = owner[tree[depth].below]
    return Tiles(np.concatenate(level_of), np.concatenate(node_of), owner)
