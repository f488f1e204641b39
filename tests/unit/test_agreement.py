"""Agreement with official figures: worked by hand."""

import numpy as np
import pytest

from sojourn.methods.agreement import agreement, moran


def test_figures_that_agree():
    same = agreement([20, 40, 80], [20, 40, 80])
    assert (same.n, same.mae, same.rmse, same.mape, same.common) == (3, 0, 0, 0, 1)
    assert (same.pearson, same.spearman, same.kendall) == pytest.approx((1, 1, 1))
    assert (same.divergence, same.slope, same.intercept) == pytest.approx((0, 1, 0), abs=1e-12)


def test_correlation_alone_would_not_tell_that_all_is_doubled():
    twice = agreement([40, 80, 160], [20, 40, 80])
    assert (twice.pearson, twice.spearman, twice.slope) == pytest.approx((1, 1, 1))
    assert twice.divergence == pytest.approx(0, abs=1e-12)
    assert (twice.mae, twice.mape) == pytest.approx((140 / 3, 1))
    assert twice.common == pytest.approx(2 * 140 / (280 + 140))
    assert twice.intercept == pytest.approx(np.log(2))


def test_small_figures_do_not_make_percentages_and_nothing_is_no_number():
    assert agreement([5, 100], [1, 100]).mape == 0
    alone = agreement([5], [4])
    assert alone.mae == 1
    assert np.isnan([alone.pearson, alone.slope, alone.mape]).all()
    assert agreement([1, 0], [0, 1]).divergence == pytest.approx(1)
    with pytest.raises(ValueError, match="none negative"):
        agreement([-1], [1])


def test_errors_that_lie_together_are_told():
    line = np.eye(20, k=1) + np.eye(20, k=-1)
    assert moran(np.arange(20.0), line) > 0.8
    assert moran((-1.0) ** np.arange(20), line) < -0.9
    with pytest.raises(ValueError, match="some of them not 0"):
        moran([1, 2], np.zeros((2, 2)))
