"""The model of residents by calls: planted parameters, and regions that it was not fitted to."""

import numpy as np
import pytest
from scipy.optimize import check_grad
from scipy.stats import spearmanr

from sojourn.methods import exposure

COUNTRIES = np.array(["BE", "CV", "DE", "FR", "IT", "PT"])
LEVELS = np.array([-4.5, -6.0, -4.0, -3.2, -5.0, -2.8])
SLOPES = np.array([0.5, 0.9, 0.6, 0.8, 0.7, 1.0])
SIZE = 8.0


@pytest.fixture(scope="module")
def country():
    """Ninety areas in nine regions: each region has a taste of its own; residents as the model says, theta 8."""
    rng = np.random.default_rng(11)
    area, who = np.divmod(np.arange(90 * 6), 6)
    taste = rng.lognormal(0, 0.8, (9, 6))[area // 10, who]
    people = rng.integers(200, 5000, 90)[area]
    calls = rng.poisson(people / 100 * taste)
    middle = np.log(calls + 0.5).mean()
    mean = people * np.exp(LEVELS[who] + SLOPES[who] * (np.log(calls + 0.5) - middle))
    residents = rng.poisson(mean * rng.gamma(SIZE, 1 / SIZE, len(mean)))
    return {"residents": residents, "calls": calls, "people": people, "country": COUNTRIES[who]}, area // 10, mean


def test_what_was_planted_is_found(country):
    rows, _, _ = country
    found = exposure.fitted(**rows)
    assert found.countries.tolist() == COUNTRIES.tolist()
    rare = found.countries == "CV"  # a few hundred people in all: drawn to the others
    assert found.slopes[~rare] == pytest.approx(SLOPES[~rare], abs=0.12)
    assert found.slope < found.slopes[rare] < SLOPES[rare]
    assert found.levels == pytest.approx(LEVELS, abs=0.25)
    assert found.size == pytest.approx(SIZE, rel=0.3)


def test_regions_that_it_was_not_fitted_to_are_foretold(country):
    rows, block, mean = country
    told = exposure.held_out(**rows, block=block)
    many = rows["residents"] >= 5
    assert spearmanr(told[many], rows["residents"][many]).statistic > 0.9
    off = np.abs(told - mean) / np.maximum(mean, 1)
    assert np.median(off) < 0.12
    alone = np.array(
        [rows["people"][i] * rows["residents"][rows["country"] == c].sum() for i, c in enumerate(rows["country"])]
    )
    alone = alone / np.array([rows["people"][rows["country"] == c].sum() for c in rows["country"]])
    plain = np.abs(alone - rows["residents"]).sum()
    assert np.abs(told - rows["residents"]).sum() < 0.7 * plain, "better than the country's share of everybody"


def test_a_country_seen_little_is_drawn_to_the_others(country):
    """Four areas alone tell of CV: its slope lies between what they say and what all others do."""
    rows, _, _ = country
    few = (rows["country"] != "CV") | (np.cumsum(rows["country"] == "CV") <= 4)
    some = {name: values[few] for name, values in rows.items()}
    drawn = exposure.fitted(**some)
    held = exposure.fitted(**some, slope_sd=0.01)
    assert abs(held.slopes[1] - held.slope) < 0.05
    assert abs(drawn.slopes[1] - drawn.slope) > abs(held.slopes[1] - held.slope)
    unknown = drawn.expected([10], [1000], ["XK"])
    assert unknown == pytest.approx(1000 * np.exp(drawn.level + drawn.slope * (np.log(10.5) - drawn.middle)))


def test_the_gradient_is_that_of_the_likelihood():
    rng = np.random.default_rng(1)
    data = exposure._Data(
        rng.poisson(5, 30).astype(float),
        rng.normal(size=30),
        np.log(rng.integers(5, 50, 30)),
        np.arange(30) % 3,
        3,
        1.5,
        0.5,
    )
    at = rng.normal(0, 0.3, 9)
    assert check_grad(lambda t: data.loss(t)[0], lambda t: data.loss(t)[1], at) < 1e-3


def test_location_quotients():
    calls = np.array([[30, 10], [10, 30], [0, 0]])
    made = exposure.location_quotient(calls)
    assert made[:2] == pytest.approx(np.array([[1.5, 0.5], [0.5, 1.5]]))
    assert np.isnan(made[2]).all()
    assert exposure.location_quotient([[4, 8], [1, 2]]) == pytest.approx(np.ones((2, 2)))


def test_what_cannot_be_fitted_is_refused(country):
    rows, _, _ = country
    with pytest.raises(ValueError, match="a row for each pair"):
        exposure.fitted([1], [1, 2], [1], ["BE"])
    with pytest.raises(ValueError, match="every area has people"):
        exposure.fitted([1], [1], [0], ["BE"])
    with pytest.raises(ValueError, match="smaller regions"):
        exposure.held_out(**rows, block=np.zeros(540))
