"""The rows of one hour: who is where, spread over what the antennas serve, in cells that k devices stand behind."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sojourn.cells import Cells
from sojourn.methods.dasymetry import Served, spread
from sojourn.methods.tiling import Level, groups, tiles

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
NO_CELL = 0  # of what remains: no H3 index


@dataclass(frozen=True, eq=False)
class Heard:
    """The devices at each antenna in one hour, shape (sites,) each.

    devices: how many. record_key: the sum of their record keys. persons: exact micro-persons they stand for. released:
    the same by the weights that may be published. top: the largest part of one device in `released`. variance: of
    sampling them, thousandths of a square person.
    """

    devices: Ints
    record_key: Ints
    persons: Ints
    released: Ints
    top: Ints
    variance: Ints


@dataclass(frozen=True, eq=False)
class Figures:
    """One set of devices, in groups of served cells: n and record_key of who is behind, micro-persons inside.

    name: of each group, rising, shape (g,), and all others of this shape but `inside`: the group of each served cell.
    sampling, spreading: variances, square persons. enough: whether k devices are behind, none of them with more than
    half of the persons.
    """

    name: Ints
    inside: Ints
    n: Ints
    record_key: Ints
    persons: Ints
    released: Ints
    top: Ints
    sampling: Floats
    spreading: Floats
    enough: Bools


@dataclass(frozen=True, eq=False)
class Rows:
    """The cells of an hour as they may be published, shape (r,), and last, where there is any, what remains (NO_CELL).

    guest: for each row the group of `visitors` that it tells of, -1 where it tells of none.
    """

    cell: Cells
    residents: Figures
    visitors: Figures
    guest: Ints


def hour_map(known: Served, tree: Sequence[Level], residents: Heard, visitors: Heard, k: int) -> Rows | None:
    """The rows of one hour; None where not even all of it together rests on enough.

    Visitors of fewer than k devices in a cell are counted in what remains, and so is the smallest cell, over and over,
    until what remains rests on k devices itself.
    """
    cut = tiles(tree, spread(residents.released, known), residents.devices, residents.top, k)
    cell = np.concatenate([*(level.nodes for level in tree), [NO_CELL]])
    start = np.cumsum([0, *(len(level.nodes) for level in tree)])
    rest = int(start[-1])
    owner = np.r_[start[cut.level] + cut.node, rest][cut.owner]  # what has no tile (-1) takes the last
    people, guests = (_spread(h, known) for h in (residents, visitors))
    held = np.unique(owner[owner < rest])
    persons = np.bincount(owner, people[1].astype(np.float64), rest + 1)[held]  # whole numbers, below 2^53
    joining = held[np.lexsort((cell[held], persons))]  # the smallest first

    def joined(many: int) -> tuple[Rows | None, bool]:
        """The rows if so many cells join what remains, and whether that is enough of them."""
        over = np.where(np.isin(owner, joining[:many]), rest, owner)
        mine = _figures(known, over, residents, people, k)
        theirs = _figures(known, over, visitors, guests, k)
        shown = np.where(theirs.enough[theirs.inside], over, rest)
        theirs = _figures(known, shown, visitors, guests, k)
        left, crowd = mine.name[-1] == rest, theirs.name[-1] == rest and bool(theirs.enough[-1])
        nobody = not crowd and (not left or mine.n[-1] == 0)
        if not nobody and not (left and mine.enough[-1]):
            return None, False
        kept = np.flatnonzero(mine.name < rest) if nobody else np.arange(len(mine.name))
        return (_rows(cell, kept, mine, theirs) if len(kept) else None), True

    return _fewest(joined, len(joining))


def _fewest(joined: Callable[[int], tuple[Rows | None, bool]], most: int) -> Rows | None:
    """What comes of the least number of cells that is enough: the more join, the more devices stand behind."""
    rows, enough = joined(0)
    low, high = 0, 1
    while not enough and low < most:
        high = min(high, most)
        rows, enough = joined(high)
        low, high = (low, high) if enough else (high, 2 * high)
    while enough and high - low > 1:
        middle = (low + high) // 2
        fewer, enough_of_fewer = joined(middle)
        low, high = (low, middle) if enough_of_fewer else (middle, high)
        rows = fewer if enough_of_fewer else rows
    return rows


def _spread(heard: Heard, known: Served) -> tuple[Ints, Ints]:
    return spread(heard.persons, known), spread(heard.released, known)


def _figures(known: Served, owner: Ints, heard: Heard, spreads: tuple[Ints, Ints], k: int) -> Figures:
    name, inside = np.unique(owner, return_inverse=True)
    behind = groups(known, inside)
    n, top = behind.behind(heard.devices), behind.largest(heard.top)
    persons, released = np.zeros((2, len(name)), dtype=np.int64)
    np.add.at(persons, inside, spreads[0])
    np.add.at(released, inside, spreads[1])
    return Figures(
        name=name,
        inside=inside.astype(np.int64),
        n=n,
        record_key=behind.behind(heard.record_key),
        persons=persons,
        released=released,
        top=top,
        sampling=behind.sampling(heard.variance) / 1000,
        spreading=behind.spreading(heard.released) / 1_000_000,
        enough=(n >= k) & (2 * top <= released),
    )


def _rows(cell: Cells, rows: Ints, mine: Figures, theirs: Figures) -> Rows:
    kept = {f: getattr(mine, f)[rows] for f in vars(mine) if f != "inside"}
    at = np.searchsorted(theirs.name, kept["name"])
    at[at == len(theirs.name)] = 0
    told = (theirs.name[at] == kept["name"]) & theirs.enough[at]
    return Rows(cell[kept["name"]], Figures(inside=mine.inside, **kept), theirs, np.where(told, at, -1))
