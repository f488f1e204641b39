"""What antennas serve, and how their people are spread."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sojourn.cells import cell_of, centre_of, neighbours
from sojourn.methods.dasymetry import nearest, rows_of, served, spread

A, B, C = sorted(int(c) for c in cell_of([49.60, 49.62, 49.70], [6.10, 6.14, 6.30], 8))
FIELD = np.unique(np.asarray(cell_of(*(a.ravel() for a in np.mgrid[49.5:49.8:0.01, 6.0:6.4:0.01]), 8), dtype=np.int64))


def kilometres(a: int, b: int) -> float:
    (y, v), (x, u) = np.radians(centre_of([a, b]))
    return float(6371 * np.arccos(np.sin(y) * np.sin(v) + np.cos(y) * np.cos(v) * np.cos(u - x)))


def test_a_cell_belongs_to_the_antenna_that_is_nearest_on_the_sphere():
    sites = np.array([A, B, C])
    found = nearest(FIELD, sites)
    for cell, row in zip(FIELD[::17].tolist(), found[::17].tolist(), strict=True):
        assert kilometres(cell, int(sites[row])) == pytest.approx(min(kilometres(cell, s) for s in (A, B, C)), abs=1e-6)


def test_over_the_date_line_is_near():
    east, west, far = (int(c) for c in cell_of([-17.0, -17.0, -17.0], [179.99, -179.99, 178.0], 8))
    sites = np.sort([west, far])
    assert sites[nearest(np.array([east]), sites)[0]] == west


def test_ties_go_to_the_smallest_index():
    ring = neighbours(A)
    found = nearest(np.array([A]), np.array(ring[:1] + ring[3:4]))
    near = [kilometres(A, c) for c in (ring[0], ring[3])]
    assert found[0] == int(np.argmin(near))
    assert nearest(np.array([A]), np.array([A]))[0] == 0


def test_a_site_serves_the_people_near_it_in_proportion_and_one_without_people_its_own_cell():
    lonely = int(cell_of([50.9], [6.1], 8)[0])
    around = [*neighbours(A)[:2], A]
    known = served(np.array([lonely, A]), np.array([*around, B]), np.array([1.0, 3.0, 4.0, 0.0]))
    of = {int(s): dict(zip(known.cells[known.site == i].tolist(), known.share[known.site == i].tolist(), strict=True))
          for i, s in enumerate(known.sites)}  # fmt: skip
    assert of == {A: {around[0]: 0.125, around[1]: 0.375, A: 0.5}, lonely: {lonely: 1.0}}
    assert known.persons.sum() == 8


def test_every_inhabited_cell_is_served_whole():
    known = served(np.array([A, B, C]), FIELD, np.arange(len(FIELD), dtype=float))
    persons = np.zeros(len(FIELD))
    np.add.at(persons, np.searchsorted(FIELD, known.cells), known.persons)
    assert persons == pytest.approx(np.arange(len(FIELD)), rel=1e-12)
    assert np.bincount(known.site, known.share) == pytest.approx([1, 1, 1], abs=1e-12)


def test_a_cell_between_two_antennas_belongs_to_both_by_area():
    """Two masts in one line with the middle of a cell, as far from it to either side: half of it is each one's."""
    (lat,), (lon,) = centre_of([A])
    east, west = (int(cell_of([lat], [lon + step], 8)[0]) for step in (0.05, -0.05))
    stand = np.array([lat, lat]), np.array([lon + 0.05, lon - 0.05])
    known = served(np.array([east, west]), np.array([A]), np.array([10.0]), stand)
    assert known.cells.tolist() == [A, A]
    assert known.persons == pytest.approx([5, 5], abs=0.5)
    assert known.share.tolist() == [1, 1]


def test_masts_of_one_cell_are_one_site_wherever_they_stand_in_it():
    (lat,), (lon,) = centre_of([A])
    stand = np.array([lat, lat + 0.002, lat]), np.array([lon, lon, lon])
    known = served(np.array([A, A, A]), FIELD, np.ones(len(FIELD)), stand)
    assert known.sites.tolist() == [A]
    assert len(known.cells) == len(FIELD)


def test_where_a_mast_stands_counts_not_the_middle_of_its_cell():
    other = neighbours(A)[0]
    near = centre_of([other])
    stand = np.array([near[0][0]]), np.array([near[1][0]])
    far = int(cell_of([49.7], [6.0], 8)[0])
    known = served(np.array([far, A]), np.array([other]), np.array([1.0]), tuple(
        np.concatenate([c, s]) for c, s in zip(centre_of([far]), stand, strict=True)
    ))  # fmt: skip
    assert known.sites[known.site[known.cells == other]].tolist() == [A]


def test_people_of_an_antenna_that_is_gone_belong_to_the_nearest_that_stands():
    gone, near, far = (int(c) for c in cell_of([49.60, 49.62, 49.78], [6.10, 6.14, 6.38], 8))
    known = served(np.sort([near, far]), FIELD, np.ones(len(FIELD)))
    assert known.sites[rows_of(np.array([far, gone, near, gone]), known)].tolist() == [far, near, near, near]


@settings(deadline=None)
@given(st.lists(st.integers(0, 10**13), min_size=3, max_size=3), st.integers(0, 2**32))
def test_spreading_keeps_the_people_of_every_antenna_to_the_micro_person(whole, seed):
    persons = np.random.default_rng(seed).lognormal(0, 3, len(FIELD))
    known = served(np.array([A, B, C]), FIELD, persons)
    part = spread(np.array(whole), known)
    assert np.array_equal([part[known.site == i].sum() for i in range(3)], whole)
    assert (part >= 0).all()
    assert np.abs(part - np.array(whole)[known.site] * known.share).max() < 1 + 1e-16 * max(whole) * 4


def test_what_is_left_over_goes_by_largest_remainder_then_by_index():
    three = neighbours(A)[:3]
    known = served(np.array([A]), np.array(three), np.array([1.0, 1.0, 1.0]))
    assert spread(np.array([5]), known).tolist() == [2, 2, 1]
    known = served(np.array([A]), np.array(three), np.array([1.0, 1.0, 2.0]))
    assert spread(np.array([3]), known).tolist() == [1, 1, 1]
    assert spread(np.array([2]), known).tolist() == [1, 0, 1]


def test_a_product_that_is_rounded_up_takes_nobody_away():
    """0.1 + 0.2 and their like: shares whose products round up to whole numbers still sum to the whole."""
    for n in range(2, 40):
        known = served(np.array([A]), FIELD[:n], np.full(n, 0.1))
        for whole in (n, 3 * n, 10**15 // n * n, 2**52):
            assert spread(np.array([whole]), known).sum() == whole
