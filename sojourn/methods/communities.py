"""Communities of places by the flows between them: directed Leiden, many times, and what nearly all runs agree on.

Sources: E. A. Leicht and M. E. J. Newman (2008), doi 10.1103/PhysRevLett.100.118703 (modularity of directed flows);
V. A. Traag, L. Waltman and N. J. van Eck (2019), doi 10.1038/s41598-019-41695-z (Leiden; here graspologic-native);
A. Lancichinetti and S. Fortunato (2012), doi 10.1038/srep00336 (consensus). Why so: docs/decisions/0019-communities.md.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from graspologic_native import leiden

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
STEPS = 1 << 30  # into which the largest gain is cut: whole numbers, whose sums have no order and no machine
RANDOMNESS = 1e-3  # of the refinement, in parts of the mean weight
NOTHING = 1e-12  # the least resolution that the library takes


@dataclass(frozen=True, eq=False)
class Communities:
    """What was found, of n places.

    label: of each its community, 0, 1, … by their first places, shape (n,). stability: of each the share of the runs in
    which it was with the others of its community (alone: with none), shape (n,). modularity: of all of it.
    """

    label: Ints
    stability: Floats
    modularity: float


def communities(
    flow: npt.ArrayLike, runs: int, agreement: float, resolution: float, seed: int, most: int = 1_000
) -> Communities:
    """What places belong together.

    Args:
        flow: from each place (row) to each other, shape (n, n), nothing negative, something positive beside the
            diagonal, which does not count; order the places first, for numbers follow it.
        runs: of Leiden, with the seeds seed, seed + 1, …
        agreement: share of the runs from which on two places are together; so are those joined by such pairs.
        resolution: 1: modularity; more makes smaller communities.
        seed: of the first run.
        most: places, above which flows both ways are added up before: the work grows with the square of the places.
    """
    from scipy.sparse.csgraph import connected_components  # loads slowly, and every command loads this module

    ties = np.array(flow, dtype=np.float64)
    np.fill_diagonal(ties, 0)
    n = len(ties)
    graph = _directed(ties, resolution) if n <= most else _undirected(ties, resolution)
    together = np.zeros((n, n), dtype=np.int64)
    for run in range(runs):
        label = graph.leiden(n, seed + run)
        together += label[:, None] == label[None, :]
    share = together / runs
    np.fill_diagonal(share, 1)
    label = _by_first(connected_components(share >= agreement - 1e-9, directed=False)[1])
    return Communities(label, _stability(share, label), modularity(ties, label, resolution))


def modularity(ties: Floats, label: Ints, resolution: float) -> float:
    """Flow inside communities less what the same places would have at random, over all flow: at most 1."""
    total = ties.sum()
    member = np.eye(int(label.max()) + 1)[label]
    inside = np.einsum("ic,ij,jc->c", member, ties, member).sum() / total
    out, into = (member.T @ ties.sum(axis=axis) / total for axis in (1, 0))
    return float(inside - resolution * (out * into).sum())


@dataclass(frozen=True, eq=False)
class _Graph:
    """An undirected graph, and whether its modularity is maximised or just the weights inside communities."""

    edges: list[tuple[str, str, float]]
    resolution: float
    null_model: bool

    def leiden(self, n: int, seed: int) -> Ints:
        """One run: of each of n places the number of its community."""
        if not any(weight > 0 for *_, weight in self.edges):  # each alone; the library would panic
            return np.arange(n, dtype=np.int64)
        mean = sum(abs(weight) for *_, weight in self.edges) / len(self.edges)
        _, found = leiden(
            self.edges,
            resolution=self.resolution,
            randomness=max(RANDOMNESS * mean, 1e-9),
            use_modularity=self.null_model,
            seed=seed,
        )
        return np.array([found[str(i)] for i in range(n)], dtype=np.int64)


def _directed(ties: Floats, resolution: float) -> _Graph:
    """Between any two places what the modularity of directed flows gains if they are together, in whole steps.

    The library knows undirected graphs. Without a null model of its own it maximises the sum of the weights inside
    communities: with these gains, some below nothing, that is the modularity of the directed graph.
    """
    out, into = ties.sum(axis=1), ties.sum(axis=0)
    chance = np.outer(out, into) / ties.sum()
    gain = ties + ties.T - resolution * (chance + chance.T)
    first, second = np.triu_indices(len(ties), 1)
    steps = gain[first, second]
    most = np.abs(steps).max(initial=0)
    steps = np.rint(steps * (STEPS / most if most > 0 else 0))
    return _Graph(_edges(first, second, steps), NOTHING, null_model=False)


def _undirected(ties: Floats, resolution: float) -> _Graph:
    both = np.triu(ties + ties.T, 1)
    first, second = np.nonzero(both)
    return _Graph(_edges(first, second, both[first, second]), resolution, null_model=True)


def _edges(first: Ints, second: Ints, weights: Floats) -> list[tuple[str, str, float]]:
    return list(zip(map(str, first.tolist()), map(str, second.tolist()), weights.tolist(), strict=True))


def _by_first(label: Ints) -> Ints:
    """The same communities, numbered by their first places."""
    _, first, code = np.unique(label, return_index=True, return_inverse=True)
    rank = np.empty(len(first), dtype=np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    return rank[code]


def _stability(share: Floats, label: Ints) -> Floats:
    same = (label[:, None] == label[None, :]) & ~np.eye(len(label), dtype=bool)
    others = same.sum(axis=1)
    mean = np.where(same, share, 0).sum(axis=1) / np.maximum(others, 1)
    alone = 1 - np.where(np.eye(len(label), dtype=bool), 0, share).max(axis=1, initial=0)
    stability: Floats = np.where(others > 0, mean, alone)
    return stability


def border_shares(flow: npt.ArrayLike, label: Ints, country: Sequence[str]) -> Floats:
    """Of each community the flow inside it from one country to another, over all inside it; nan where there is none."""
    ties = np.array(flow, dtype=np.float64)
    np.fill_diagonal(ties, 0)
    member = np.eye(int(label.max()) + 1)[label]
    lands = np.asarray(country, dtype=object)
    over = np.where(lands[:, None] != lands[None, :], ties, 0)
    crossing, inside = (np.einsum("ic,ij,jc->c", member, what, member) for what in (over, ties))
    shares: Floats = np.divide(crossing, inside, out=np.full(len(inside), np.nan), where=inside > 0)
    return shares


def kept_numbers(label: Ints, places: Sequence[Hashable], before: Mapping[Hashable, int], used: int) -> Ints:
    """Numbers of communities, shape (n,): that of the month before where most of it and most of this one are the same.

    Two communities cannot have most of the same third, so that nothing has to be chosen. All others get new numbers, by
    their first places.

    Args:
        label: as in `Communities`.
        places: their names.
        before: numbers of the month before, by place.
        used: the greatest number that was ever given.
    """
    sizes: dict[int, int] = {}
    for number in before.values():
        sizes[number] = sizes.get(number, 0) + 1
    numbers: list[int] = []
    for community in range(int(label.max()) + 1):
        mine = [place for place, of in zip(places, label.tolist(), strict=True) if of == community]
        found = [before[place] for place in mine if place in before]
        same = [m for m in sorted(set(found)) if 2 * found.count(m) > max(len(mine), sizes[m])]
        used += not same
        numbers.append(same[0] if same else used)
    return np.array(numbers, dtype=np.int64)[label]
