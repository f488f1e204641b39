"""Raking: the vector of the methods, and what always holds."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sojourn.errors import SojournError
from sojourn.methods.raking import rake


def test_the_worked_table():
    made = rake([[40, 30], [20, 10]], (100, 50), (90, 60))
    assert made == pytest.approx(np.array([[56.8154, 43.1846], [33.1846, 16.8154]]), abs=1e-4)


@given(arrays(np.float64, (3, 4), elements=st.floats(0.1, 10)), arrays(np.float64, (3, 4), elements=st.floats(0.1, 10)))
def test_margins_are_met_and_odds_are_those_of_the_seed(seed, other):
    made = rake(seed, other.sum(axis=1), other.sum(axis=0), tolerance=1e-10, iterations=2_000)
    assert made.sum(axis=1) == pytest.approx(other.sum(axis=1), rel=1e-6)
    assert made.sum(axis=0) == pytest.approx(other.sum(axis=0), rel=1e-6)
    odds = [(t[0, 0] * t[1, 1]) / (t[0, 1] * t[1, 0]) for t in (seed, made)]
    assert odds[1] == pytest.approx(odds[0], rel=1e-6)


def test_what_is_zero_stays_zero():
    assert rake([[1, 0], [1, 1]], (2, 3), (4, 1))[0] == pytest.approx([2, 0], rel=1e-5)


@pytest.mark.parametrize(("rows", "columns"), [((1, 2), (3, 1)), ((1, 1), (1, 1))])
def test_what_cannot_be_met_is_said(rows, columns):
    with pytest.raises(SojournError, match="sum to"):
        rake([[0, 0], [1, 1]], rows, columns)
