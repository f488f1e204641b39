"""Coverage and its corrections: worked by hand, and their limits."""

import numpy as np
import pytest

from sojourn.methods.selection import coverage, inverse_penetration, selection_rate_one, selection_rate_two


def test_coverage_is_users_over_people():
    assert coverage([10, 0], [40, 5]).tolist() == [0.25, 0]
    with pytest.raises(ValueError, match="leave the others out"):
        coverage([1], [0])


def test_flows_are_weighed_by_where_they_come_from_or_go_to():
    flows, origin, destination = [[8.0, 2], [1, 9]], [0.5, 0.25], [0.1, 1]
    assert inverse_penetration(flows, origin, destination).tolist() == [[16, 4], [4, 36]]
    assert inverse_penetration(flows, origin, destination, "destination") == pytest.approx(np.array([[80, 2], [10, 9]]))
    both = inverse_penetration(flows, origin, destination, "both")
    assert both[0, 0] == pytest.approx(8 * np.sqrt(2 * 10))
    # what a third of everybody shows, three times as many did
    true = np.array([[30.0, 60], [90, 15]])
    assert inverse_penetration(true / 3, [1 / 3] * 2, [1] * 2) == pytest.approx(true)


def test_selection_rates():
    assert selection_rate_one(1, 0.2, 0.5) == pytest.approx(5), "all are like users: inverse penetration"
    assert selection_rate_one(0.25, 0.2, 0.4) == pytest.approx(1 / (0.05 + 0.3))
    p = np.array([1e-9, 0.2, 0.6, 1])
    factor = selection_rate_two(p, 2)
    assert factor[0] == pytest.approx((1 - np.exp(-2)) / 2)
    assert factor[1] == pytest.approx(0.2 * (np.exp(-2) - 1) / (np.exp(-0.4) - 1))
    assert factor[-1] == pytest.approx(1)
    assert (np.diff(factor) > 0).all()
    assert selection_rate_two(p, 0).tolist() == [1, 1, 1, 1]
    assert selection_rate_two(p, 1e-6) == pytest.approx(np.ones(4), abs=1e-5)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: selection_rate_two([0], 1),
        lambda: selection_rate_two([0.5], -1),
        lambda: selection_rate_one([2], [0.5], [0.5]),
        lambda: inverse_penetration([[1]], [1.5], [1]),
    ],
)
def test_rates_and_shares_must_be_such(wrong):
    with pytest.raises(ValueError, match=r"more than 0|or more|0 to 1"):
        wrong()
