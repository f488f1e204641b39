"""Segregation and diversity: the known cases, their laws, and what chance alone makes of small units."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from sojourn.methods import segregation as s

X, T = np.array([40.0, 30, 20, 10]), np.full(4, 100.0)


@pytest.mark.parametrize(
    ("index", "known"),
    [
        ("dissimilarity", 0.2667),
        ("isolation", 0.30),
        ("exposure", 0.70),
        ("eta_squared", 0.0667),
        ("theil", 0.0622),
    ],
)
def test_the_known_case(index, known):
    assert s.INDICES[index](X, T) == pytest.approx(known, abs=5e-5)


def test_the_known_diversity():
    of = [0.5, 0.25, 0.125, 0.125]
    assert s.shannon(of) == pytest.approx(0.875)
    assert s.simpson(of) == pytest.approx(0.65625)
    assert s.effective_number(of) == pytest.approx(2**1.75)
    assert (s.shannon([3]), s.simpson([3]), s.effective_number([3])) == (0, 0, pytest.approx(1))
    assert s.shannon([1, 1, 1]) == pytest.approx(1)


counts = st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), min_size=2, max_size=12)


@given(counts)
def test_apart_is_one_mixed_is_nought_and_merging_equal_units_changes_nothing(units):
    x, y = np.array(units, np.float64).T
    assume(x.sum() and y.sum())
    t = x + y
    for name, index in s.INDICES.items():
        assert -1e-12 <= index(x, t) <= 1 + 1e-12
        assert index(np.repeat(x, 2) / 2, np.repeat(t, 2) / 2) == pytest.approx(index(x, t)), name
        assert index(np.r_[x, 0], np.r_[t, 0]) == pytest.approx(index(x, t)), "a unit of nobody"
    apart = np.r_[x, np.zeros_like(y)], np.r_[x, y]
    assert s.dissimilarity(*apart) == pytest.approx(1)
    assert s.isolation(*apart) == pytest.approx(1)
    assert s.eta_squared(*apart) == pytest.approx(1)
    assert s.theil(*apart) == pytest.approx(1)
    mixed = t * x.sum() / t.sum(), t
    assert s.dissimilarity(*mixed) == pytest.approx(0, abs=1e-12)
    assert s.eta_squared(*mixed) == pytest.approx(0, abs=1e-12)
    assert s.theil(*mixed) == pytest.approx(0, abs=1e-12)


@given(counts)
def test_isolation_and_exposure_are_one_together(units):
    x, y = np.array(units, np.float64).T
    assume(x.sum() and y.sum())
    assert s.isolation(x, x + y) + s.exposure(x, x + y) == pytest.approx(1)


def test_many_groups_are_two_where_there_are_two():
    assert s.theil_multigroup(np.column_stack([X, T - X])) == pytest.approx(s.theil(X, T))
    three = np.array([[10, 0, 0], [0, 10, 0], [0, 0, 10]])
    assert s.theil_multigroup(three) == pytest.approx(1)
    assert s.theil_multigroup(np.full((3, 3), 5)) == pytest.approx(0, abs=1e-12)


def test_what_chance_makes_of_small_units_is_taken_off():
    """A group that chooses at random looks segregated where units are small; less so where they are large."""
    rng = np.random.default_rng(5)
    t = np.full(100, 40.0)
    found = [s.dissimilarity(np.minimum(rng.multinomial(200, t / t.sum()), t), t) for _ in range(60)]
    expected = s.at_random(s.dissimilarity, np.full(100, 2.0), t, members=200, seed=1)
    assert expected > 0.25
    assert np.mean(found) - expected == pytest.approx(0, abs=0.01)
    large = s.at_random(s.dissimilarity, np.full(100, 2000.0), t * 1000, members=200_000, seed=1)
    assert large < 0.02
    assert s.at_random(s.dissimilarity, np.full(100, 2.0), t, members=200, seed=1) == expected, "seeded"


def test_what_devices_stand_for_counts_as_one_choice():
    """A hundred persons behind a device move together: chance is that of the devices."""
    t = np.full(100, 4000.0)
    persons = s.at_random(s.theil, np.full(100, 200.0), t, members=200)
    assert persons == pytest.approx(s.at_random(s.theil, np.full(100, 2.0), t / 100, members=200), rel=0.05)
    assert persons > 5 * s.at_random(s.theil, np.full(100, 200.0), t, members=20_000)


def test_chance_of_many_groups():
    table = np.full((50, 3), 4.0)
    assert s.theil_multigroup(table) == pytest.approx(0, abs=1e-12)
    assert s.at_random_multigroup(table, members=[200, 200, 200]) > 0.05
    assert s.at_random_multigroup(table * 100, members=[20_000] * 3) < 0.001


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: s.dissimilarity([1, 2], [1]), "0 <= x <= t"),
        (lambda: s.isolation([3], [2]), "0 <= x <= t"),
        (lambda: s.theil([0, 0], [1, 1]), "nothing can be segregated"),
        (lambda: s.dissimilarity([1, 1], [1, 1]), "nobody beside it"),
        (lambda: s.eta_squared([1, 1], [1, 1]), "nobody beside it"),
        (lambda: s.theil_multigroup([1, 2]), "units, groups"),
        (lambda: s.at_random(s.theil, X, T, members=100, draws=20), "at least 200 draws"),
        (lambda: s.at_random_multigroup([[1, 1]], members=[0, 1]), "one member or more"),
        (lambda: s.simpson([0, 0]), "no index is defined"),
    ],
)
def test_errors_say_what_is_wrong(call, says):
    with pytest.raises(ValueError, match=says):
        call()
