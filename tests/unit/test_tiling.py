"""Which cells of an hour are published, and what the rows of an hour are."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sojourn.cells import cell_of, parent, resolution_of
from sojourn.methods.dasymetry import served, spread
from sojourn.methods.hour_map import NO_CELL, Heard, hour_map
from sojourn.methods.tiling import REST, levels, tiles

FIELD = np.unique(
    np.asarray(cell_of(*(a.ravel() for a in np.mgrid[49.5:49.9:0.012, 5.9:6.4:0.012]), 7), dtype=np.int64)
)
K = 16


def country(seed, sites=8, cells=40, resolution=7):
    """A random country: some inhabited cells, some antennas."""
    rng = np.random.default_rng(seed)
    field = np.unique(parent(rng.choice(FIELD, cells, replace=False), resolution))
    known = served(np.unique(parent(rng.choice(FIELD, sites), resolution)), field, rng.lognormal(0, 1.5, len(field)))
    return known, levels(known), rng


def heard(devices, weight, rng):
    """Devices that stand for about `weight` persons each."""
    devices = np.asarray(devices, dtype=np.int64)
    persons = devices * round(weight * 1e6)
    top = np.where(devices > 0, round(weight * 1e6), 0)
    keys = rng.integers(0, 2**32, len(devices)) * (devices > 0)
    return Heard(devices, keys, persons + devices // 3, persons, top, persons // 1000)


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 2**32), st.floats(0.2, 60))
def test_no_row_rests_on_fewer_than_k_and_nobody_is_lost(seed, mean):
    known, tree, rng = country(seed)
    people, guests = (heard(rng.poisson(m, len(known.sites)), 65.4321, rng) for m in (mean, mean / 3))
    rows = hour_map(known, tree, people, guests, K)
    if rows is None:
        assert people.devices.sum() < 2 * K
        return
    mine = rows.residents
    assert (mine.n >= K).all()
    assert (2 * mine.top <= mine.released).all()
    assert mine.persons.sum() == people.persons.sum()
    assert mine.released.sum() == people.released.sum()
    told = rows.guest >= 0
    assert (rows.visitors.n[rows.guest[told]] >= K).all()
    shown = rows.visitors.released[rows.guest[told]].sum()
    rest = rows.cell[-1] == NO_CELL and rows.guest[-1] >= 0
    lost = guests.released.sum() - shown
    assert lost == 0 if rest else 0 <= guests.devices.sum() * lost < K * guests.released.sum() * len(known.sites)


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 2**32), st.floats(0.2, 60))
def test_cells_of_an_hour_never_overlap_and_those_behind_are_those_whose_area_meets_them(seed, mean):
    known, tree, rng = country(seed)
    people = heard(rng.poisson(mean, len(known.sites)), 3.0, rng)
    rows = hour_map(known, tree, people, heard(0 * people.devices, 1, rng), K)
    if rows is None:
        return
    named = rows.cell[rows.cell != NO_CELL]
    for a, b in combinations(named.tolist(), 2):
        coarse = int(resolution_of([a, b]).min())
        assert parent([a], coarse)[0] != parent([b], coarse)[0]
    for cell, n, keys in zip(rows.cell, rows.residents.n, rows.residents.record_key, strict=True):
        if cell != NO_CELL:
            inside = parent(known.cells, int(resolution_of([cell])[0])) == cell
            behind = np.unique(known.site[inside])
            assert n == people.devices[behind].sum()
            assert keys == people.record_key[behind].sum()


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 2**32), st.floats(2, 30))
def test_no_other_cut_has_a_finer_mean_resolution(seed, mean):
    known, tree, rng = country(seed, sites=5, cells=9, resolution=6)
    people = heard(rng.poisson(mean, len(known.sites)), 2.0, rng)
    persons = spread(people.released, known)
    cut = tiles(tree, persons, people.devices, people.top, K)
    node_of = [parent(known.cells, level.resolution) for level in tree]
    may = [set(level.nodes[(level.groups.behind(people.devices) >= K)].tolist()) for level in tree]
    weight = np.array([*(level.resolution for level in tree), tree[-1].resolution - 1])[
        np.where(cut.owner == REST, len(tree), np.r_[cut.level, 0][cut.owner])
    ]
    assert weight @ persons == best(0, np.arange(len(persons)), tree, node_of, may, persons)


def best(up, cells, tree, node_of, may, persons):
    """The best cut of these served cells, from the coarsest level down, by trying all."""
    if up == len(tree):
        return int((tree[-1].resolution - 1) * persons[cells].sum())
    depth, total = len(tree) - 1 - up, 0
    for node in np.unique(node_of[depth][cells]):
        mine = cells[node_of[depth][cells] == node]
        options = [best(up + 1, mine, tree, node_of, may, persons)]
        if int(node) in may[depth]:
            options.append(int(tree[depth].resolution * persons[mine].sum()))
        total += max(options)
    return total


def one_site(persons=(1.0, 2.0)):
    field = FIELD[: len(persons)]
    known = served(field[:1], field, np.array(persons))
    return known, levels(known)


def test_one_device_may_not_be_more_than_half_of_a_cell():
    known, tree = one_site()
    n, none = np.array([K]), np.array([0])
    heavy = Heard(n, none, n * 0 + 100_000_000, n * 0 + 100_000_000, n * 0 + 50_000_001, none)
    guests = Heard(none, none, none, none, none, none)
    assert hour_map(known, tree, heavy, guests, K) is None
    even = Heard(n, none, n * 0 + 100_000_000, n * 0 + 100_000_000, n * 0 + 49_000_000, none)
    rows = hour_map(known, tree, even, guests, K)
    assert rows is not None
    assert rows.residents.n.tolist() == [K, K]
    assert rows.residents.released.sum() == 100_000_000


def test_what_remains_takes_the_smallest_cell_until_it_rests_on_k():
    """Two antennas far apart, one of them with few devices: what it heard must not stand alone."""
    far, near = (int(c) for c in cell_of([48.0, 49.6], [2.3, 6.1], 7))
    field = np.sort([far, near, *FIELD[:2]])
    known = served(np.sort([far, near]), field, np.ones(len(field)))
    tree = levels(known)
    devices = np.where(known.sites == far, 3, 40)
    zero = Heard(*(np.zeros(2, dtype=np.int64),) * 6)
    rows = hour_map(known, tree, heard(devices, 1.0, np.random.default_rng(0)), zero, K)
    assert rows is not None
    assert rows.cell[-1] == NO_CELL
    assert rows.residents.n.tolist() == [40, 40, 43]
    assert rows.residents.released.sum() == 43_000_000
    assert rows.guest.tolist() == [-1, -1, -1]


def test_where_nothing_remains_there_is_no_row_for_it():
    known, tree = one_site()
    zero = Heard(*(np.zeros(1, dtype=np.int64),) * 6)
    rows = hour_map(known, tree, heard([20], 1.0, np.random.default_rng(0)), zero, K)
    assert rows is not None
    assert rows.cell.tolist() == known.cells.tolist()
    assert hour_map(known, tree, heard([K - 1], 1.0, np.random.default_rng(0)), zero, K) is None
    assert hour_map(known, tree, zero, zero, K) is None


def test_visitors_of_few_devices_are_counted_with_what_remains_and_it_is_made_to_hold_them():
    sites = np.sort([int(c) for c in cell_of([49.55, 49.80], [5.95, 6.35], 7)])
    known = served(sites, FIELD[:30], np.ones(30))
    tree = levels(known)
    rng = np.random.default_rng(0)
    rows = hour_map(known, tree, heard([50, 50], 1.0, rng), heard([10, 12], 1.0, rng), K)
    assert rows is not None
    assert rows.cell[-1] == NO_CELL
    assert (rows.guest[:-1] == -1).all()
    at = rows.guest[-1]
    assert (rows.visitors.n[at], rows.visitors.released[at]) == (22, 22_000_000)
    assert rows.residents.n[-1] >= K
    few = hour_map(known, tree, heard([50, 50], 1.0, rng), heard([5, 6], 1.0, rng), K)
    assert few is not None
    assert (few.guest == -1).all()
    assert NO_CELL not in few.cell


@pytest.mark.parametrize("resolution", [4, 3])
def test_a_base_as_coarse_as_the_coarsest_has_one_level(resolution):
    field = np.unique(parent(FIELD, resolution))
    known = served(field[:1], field, np.ones(len(field)))
    assert [level.resolution for level in levels(known)] == [resolution]
