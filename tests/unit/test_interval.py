"""How far a map may be wrong."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sojourn.methods.interval import MOST, Z90, deviation, model_error

ONE = np.ones(1)


def test_the_errors_add_as_squares():
    assert deviation(100 * ONE, 25 * ONE, 0.0) == pytest.approx([5])
    assert deviation(100 * ONE, 0 * ONE, 0.12) == pytest.approx([12])
    assert deviation(100 * ONE, 25 * ONE, 0.12) == pytest.approx([13])
    assert pytest.approx(1.644854) == Z90


def test_what_sampling_explains_is_no_error_of_the_model():
    rng = np.random.default_rng(0)
    known = np.full(2000, 1000.0)
    sampled = known + rng.normal(0, 50, 2000)
    assert model_error(sampled, np.full(2000, 2500.0), known) <= 0.02


@settings(deadline=None, max_examples=30)
@given(st.sampled_from([0.05, 0.1, 0.2, 0.3]), st.integers(0, 2**32))
def test_an_error_that_was_planted_is_found(planted, seed):
    rng = np.random.default_rng(seed)
    known = rng.lognormal(7, 0.5, 16_000)
    variance = known * 20
    persons = known * (1 + rng.normal(0, planted, 16_000)) + rng.normal(0, 1, 16_000) * np.sqrt(variance)
    assert model_error(persons, variance, known) == pytest.approx(planted, rel=0.2, abs=0.015)


def test_it_is_not_more_than_the_most():
    assert model_error(np.array([10.0]), np.zeros(1), np.array([1.0])) == MOST


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 2**32))
def test_nine_in_ten_persons_counts_lie_in_the_interval(seed):
    """Devices drawn from persons, persons of an antenna drawn into a cell: the closed form holds what it promises."""
    rng = np.random.default_rng(seed)
    people, w, share, n = 60_000, 80.0, 0.3, 3000
    true = rng.binomial(people, share, n)
    devices = rng.binomial(people, 1 / w, n)
    estimate = share * w * devices
    variance = share**2 * devices * w * (w - 1) + share * (1 - share) * w * devices
    inside = np.abs(estimate - true) <= Z90 * deviation(estimate, variance, 0.0)
    assert 0.87 < inside.mean() < 0.93
