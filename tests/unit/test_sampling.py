"""The Poisson bootstrap by person, and that its closed form is what it tends to."""

import numpy as np
import pytest

from sojourn.methods import sampling

RNG = np.random.default_rng(3)
DEVICES = RNG.integers(-(2**63), 2**63 - 1, 400)
MANY = 4000


def test_weights_are_poisson_and_depend_on_person_and_replicate_alone():
    drawn = sampling.poisson_weights(DEVICES, MANY)
    assert drawn.mean() == pytest.approx(1, abs=0.005)
    assert drawn.var() == pytest.approx(1, abs=0.01)
    assert [(drawn == i).mean() for i in range(4)] == pytest.approx([0.3679, 0.3679, 0.1839, 0.0613], abs=0.003)
    order = RNG.permutation(len(DEVICES))
    assert (sampling.poisson_weights(DEVICES[order], 7) == drawn[:7, order]).all(), "whatever the order"
    assert (sampling.poisson_weights(DEVICES[:3], 7) == drawn[:7, :3]).all(), "whoever else is there"
    assert (sampling.poisson_weights(DEVICES, 7, seed=1) != drawn[:7]).any()
    between = np.corrcoef(drawn[:300].astype(float))
    assert np.abs(between[~np.eye(300, dtype=bool)]).max() < 0.3, "replicates know nothing of each other"


def test_the_bootstrap_of_a_sum_is_its_closed_form():
    """Two hundred replicates estimate a variance to 10 %; four thousand to 2.2 %."""
    parts = RNG.lognormal(3, 1, len(DEVICES))
    exact = sampling.sum_variance(parts)
    for replicates, within in ((sampling.REPLICATES, 0.35), (MANY, 0.08)):
        sums = sampling.bootstrap(parts, sampling.poisson_weights(DEVICES, replicates))
        assert sums.var(ddof=1) == pytest.approx(exact, rel=within)
        assert sums.mean() == pytest.approx(parts.sum(), abs=4 * np.sqrt(exact / replicates))


def test_the_bootstrap_of_a_quotient_is_its_linearisation():
    """Of residents whose zone has 40,000 persons, a fifth went abroad: weights are made again in each replicate."""
    went = (np.arange(len(DEVICES)) % 5 == 0).astype(float)
    drawn = sampling.poisson_weights(DEVICES, MANY)
    persons = 40_000 * sampling.bootstrap(went, drawn) / sampling.bootstrap(np.ones(len(DEVICES)), drawn)
    exact = sampling.ratio_variance(went, np.ones(len(DEVICES)), 40_000)
    assert persons.var(ddof=1) == pytest.approx(exact, rel=0.1)
    closed = sampling.count_variance(80, 400, 100.0)
    assert closed == pytest.approx(exact * (1 - 1 / 100))


def test_what_is_known_of_all_has_no_sampling_error():
    assert sampling.count_variance([400], [400], [100.0]) == 0, "all residents are the persons of their zone"
    assert sampling.count_variance([30], [np.inf], [1.0]) == 0, "who stands for oneself alone"
    assert sampling.count_variance([30], [np.inf], [4.0]) == pytest.approx(16 * 30 * 0.75)
    assert sampling.sum_variance([4.0] * 30, [4.0] * 30) == pytest.approx(16 * 30 * 0.75)


def test_intervals_hold_what_a_finite_population_has():
    """Of 40,000 persons 8,000 go; 400 of them are seen: nine intervals in ten hold the truth."""
    rng, inside = np.random.default_rng(9), 0
    for _ in range(1000):
        n = rng.hypergeometric(8000, 32_000, 400)
        sd = np.sqrt(sampling.count_variance(n, 400, 100.0))
        inside += abs(n * 100 - 8000) <= 1.645 * sd
    assert inside / 1000 == pytest.approx(0.9, abs=0.03)
