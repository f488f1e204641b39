"""Raking: the known case, its laws, and its errors."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sojourn.methods.raking import BOUNDS, RakingError, design_effect, effective_size, rake, weights


def test_the_known_case():
    raked = rake([[40, 30], [20, 10]], [100, 50], [90, 60])
    assert raked == pytest.approx(np.array([[56.8154, 43.1846], [33.1846, 16.8154]]), abs=1e-4)


@given(st.integers(1, 5), st.integers(1, 5), st.integers(0, 10**6))
def test_totals_are_met_and_the_odds_of_the_seed_stay(r, c, seed):
    """What raking keeps of a table is its cross ratios: that is what makes it the nearest one."""
    rng = np.random.default_rng(seed)
    table, other = rng.uniform(1, 100, (r, c)), rng.uniform(1, 100, (r, c))
    raked = rake(table, other.sum(axis=1), other.sum(axis=0), iterations=1000)
    assert raked.sum(axis=1) == pytest.approx(other.sum(axis=1), abs=1e-5)
    assert raked.sum(axis=0) == pytest.approx(other.sum(axis=0), abs=1e-5)
    odds = [t[1:, 1:] * t[0, 0] / (t[1:, :1] * t[:1, 1:]) for t in (table, raked)]
    assert odds[1] == pytest.approx(odds[0], rel=1e-5)


def test_zero_cells_stay_zero_and_a_total_that_is_met_changes_nothing():
    table = np.array([[5.0, 0.0], [2.0, 3.0]])
    assert rake(table, [10, 5], [12, 3])[0, 1] == 0
    assert rake(table, table.sum(axis=1), table.sum(axis=0)) == pytest.approx(table)


def test_weights_are_held_within_bounds():
    """One in a thousand lives where a tenth of the people do: without bounds each would stand for a hundred others."""
    table = np.array([[1.0, 500.0], [499.0, 1000.0]])
    rows, columns = table.sum(axis=1) * [1.5, 1], table.sum(axis=0)
    columns = columns * rows.sum() / columns.sum()
    free = weights(rake(table, rows, columns), table)
    held = weights(rake(table, rows, columns, bounds=BOUNDS), table)
    for w in (free, held):
        assert (w >= BOUNDS[0] * np.median(w) - 1e-9).all()
    with pytest.raises(RakingError, match="bounds may be too narrow"):
        rake(table, rows, columns, bounds=(0.99, 1.01))


def test_bounds_change_what_they_must():
    """A third column leaves room: the weight of the rare cell is cut, the others make up for it."""
    table = np.array([[1.0, 100.0, 100.0], [100.0, 100.0, 100.0]])
    rows, columns = [700.0, 300.0], [300.0, 350.0, 350.0]
    free = weights(rake(table, rows, columns), table)
    bounds = (0.001, 0.8 * free.max() / np.median(free))
    held = weights(rake(table, rows, columns, bounds=bounds, iterations=2000), table)
    assert held.max() < free.max()
    assert held.max() <= bounds[1] * np.median(held) * (1 + 1e-6)


def test_uneven_weights_cost():
    assert design_effect([2, 2, 2]) == pytest.approx(1)
    assert design_effect([1, 3]) == pytest.approx(1 + np.var([1, 3]) / 4)
    assert effective_size([1, 3]) == pytest.approx(16 / 10)


@pytest.mark.parametrize(
    ("seed", "rows", "columns", "says"),
    [
        ([[1, 2]], [3, 4], [1, 2], "give \\(r, c\\)"),
        ([[1, -2]], [3], [1, 2], "the seed hold"),
        ([[1, np.nan]], [3], [1, 2], "the seed hold"),
        ([[1, 2]], [3], [1, -2], "the column totals"),
        ([[1, 2]], [4], [1, 2], "rows want 4 in all and columns 3"),
        ([[0, 0], [1, 1]], [1, 1], [1, 1], "row 0 is all zero"),
        ([[1, 0], [1, 0]], [1, 1], [1, 1], "column 1 is all zero"),
        ([[1, 0], [0, 1]], [2, 1], [1, 2], "zero cells may leave no table"),
    ],
)
def test_errors_say_what_to_do(seed, rows, columns, says):
    with pytest.raises(RakingError, match=says):
        rake(seed, rows, columns)


def test_no_weights_have_no_design_effect():
    with pytest.raises(RakingError, match="no weights"):
        design_effect([])
