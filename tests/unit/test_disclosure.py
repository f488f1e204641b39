"""The noise of a cell key, and a door that only the door opens."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas import POPULATION_GRID, RESIDENTS_BY_ORIGIN
from sojourn.disclosure import Released, unlocked
from sojourn.errors import SojournError
from sojourn.methods.cellkey import MAX_NOISE, VARIANCE, bound, noise_of, probabilities, thresholds

KEYS = 2**32


@given(k=st.integers(1, 40))
def test_noise_is_bounded_and_zero_on_average_exactly(k):
    steps = [0, *thresholds(k), KEYS]
    widths = np.diff(steps)
    assert len(widths) == 2 * bound(k) + 1
    assert widths.min() > 0
    assert list(widths) == list(widths[::-1])
    assert sum(int(w) * i for w, i in zip(widths, range(-bound(k), bound(k) + 1), strict=True)) == 0
    assert bound(k) <= max(0, k - 1), "what is published stays above nothing"


def test_its_variance_is_the_one_chosen():
    """At the default, of all laws with it on -5..5 the one of greatest entropy: its logarithm is a parabola."""
    law = np.array(probabilities(MAX_NOISE, VARIANCE))
    i = np.arange(-MAX_NOISE, MAX_NOISE + 1)
    assert law.sum() == pytest.approx(1, abs=1e-12)
    assert (law * i**2).sum() == pytest.approx(VARIANCE, abs=1e-9)
    assert np.ptp(np.diff(np.log(law), 2)) < 1e-9
    assert law[MAX_NOISE] == pytest.approx(0.2819, abs=1e-4)  # no change at all


@pytest.mark.parametrize(("d", "variance", "expected"), [(1, 2.0, 2 / 3), (2, 2.0, 2.0), (3, 2.0, 2.0), (1, 0.5, 0.5)])
def test_where_the_bound_leaves_no_room_the_law_is_even(d, variance, expected):
    law = np.array(probabilities(d, variance))
    assert (law * np.arange(-d, d + 1) ** 2).sum() == pytest.approx(expected, abs=1e-9)


def test_keys_at_the_steps():
    first, last = thresholds(16)[0], thresholds(16)[-1]
    assert noise_of([0, first - 1, first, KEYS // 2, last - 1, last, KEYS - 1], 16).tolist() == [-5, -5, -4, 0, 4, 5, 5]
    assert noise_of([0, KEYS // 2, KEYS - 1], 1).tolist() == [0, 0, 0], "one device is let through: nothing to hide"


def test_sets_that_differ_by_one_have_independent_noise():
    keys = np.random.default_rng(4).integers(0, KEYS, (200_000, 2))
    without, with_one = noise_of(keys[:, 0], 16), noise_of(keys.sum(axis=1) % KEYS, 16)
    assert abs(np.corrcoef(without, with_one)[0, 1]) < 0.01
    assert np.var(with_one - without) == pytest.approx(2 * VARIANCE, rel=0.02)


def test_nobody_releases_rows_but_the_door():
    with pytest.raises(SojournError, match="only the door"):
        Released(RESIDENTS_BY_ORIGIN, None)
    with pytest.raises(SojournError, match="only the door"):
        Released(POPULATION_GRID, None, seal=object())


def test_a_table_about_devices_has_no_open_door():
    with pytest.raises(SojournError, match="goes through disclosure control"):
        unlocked(RESIDENTS_BY_ORIGIN, None)
