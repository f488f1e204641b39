"""Communities of places: planted ones are found again, whatever the order, and keep their numbers."""

from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.cross_border_communities import Params, transform
from schemas import CROSS_BORDER_COMMUNITIES, CROSS_BORDER_FLOWS, INTL_CALL_EXPOSURE, ZONE_FLOWS
from sojourn.errors import ConfigError
from sojourn.methods.cellkey import noise_of
from sojourn.methods.communities import border_shares, communities, kept_numbers, modularity

MONTH, K = date(2026, 3, 1), 16
EARLIER = pd.DataFrame(columns=CROSS_BORDER_COMMUNITIES.given)
SILENCE = pd.DataFrame(columns=INTL_CALL_EXPOSURE.given)


def rand_index(a, b):
    """Adjusted Rand index of two labellings (Hubert and Arabie 1985)."""
    table = pd.crosstab(np.asarray(a), np.asarray(b)).to_numpy()
    pairs = lambda n: (n * (n - 1) / 2).sum()  # noqa: E731
    both, rows, columns = pairs(table), pairs(table.sum(axis=1)), pairs(table.sum(axis=0))
    chance = rows * columns / pairs(np.array([table.sum()]))
    return (both - chance) / ((rows + columns) / 2 - chance)


def planted(seed, zones=48, lands=("AA", "BB", "CC", "DD"), ratio=3.0, mean=16.0):
    """Published flows of a country whose zones belong in quarters to its neighbours, after noise and suppression.

    Zones differ in size and so do pulls, as they do: sizes are lognormal, counts are Poisson, noise is the door's, what
    has fewer than k devices is not there.
    """
    rng = np.random.default_rng(seed)
    n = zones + len(lands)
    truth = np.r_[np.arange(zones) % len(lands), np.arange(len(lands))]
    size = rng.lognormal(0, 0.5, n)
    size[zones:] *= 4
    same = truth[:, None] == truth[None, :]
    rate = np.outer(size, size) * np.where(same, ratio, 1)
    raw = rng.poisson(rate / rate[~np.eye(n, dtype=bool)].mean() * mean)
    shown = raw >= K
    count = raw + noise_of(rng.integers(0, 2**32, raw.shape), K)
    names = [f"z{i:02}" for i in rng.permutation(zones)]
    inside, out = [], []
    for i in range(n):
        for j in range(n):
            if i == j or not shown[i, j] or (i >= zones and j >= zones):
                continue
            devices = int(count[i, j])
            if j < zones:
                home = ("XX", names[i]) if i < zones else (lands[i - zones], None)
                inside.append((MONTH, *home, names[j], devices, 40.0 * devices, 3 * devices, None, "A"))
            else:
                out.append((MONTH, names[i], lands[j - zones], devices, 40.0 * devices, 2 * devices, 4 * devices, "A"))
    flows = pd.DataFrame(inside, columns=ZONE_FLOWS.names[:9]), pd.DataFrame(out, columns=CROSS_BORDER_FLOWS.names[:8])
    return flows, dict(zip([*(("XX", z) for z in names), *((c, None) for c in lands)], truth.tolist(), strict=True))


def called(truth, seed, ratio=3.0, mean=60.0):
    """Published calls of these zones to these countries: `ratio` times as many to the one that they belong to."""
    rng = np.random.default_rng(seed)
    rows = [
        {"area": zone, "country": land, "calls": rng.poisson(mean * (ratio if truth[home, zone] == group else 1))}
        for (home, zone) in truth
        for (land, other), group in truth.items()
        if zone and not other
    ]
    return pd.DataFrame(rows).reindex(columns=INTL_CALL_EXPOSURE.given).sample(frac=1, random_state=seed)


def found(flows, earlier=EARLIER, month=MONTH, prevalence=None, exposure=SILENCE, **params):
    return transform(*flows, exposure, earlier, month, False, "XX", prevalence or {}, Params(**params))


def numbers(rows):
    return {(r.country, r.zone if isinstance(r.zone, str) else None): r.community for r in rows.itertuples()}


@pytest.mark.parametrize("seed", range(5))
def test_planted_communities_are_recovered(seed):
    flows, truth = planted(seed)
    rows = found(flows)
    mine = numbers(rows)
    assert len(mine) >= 0.95 * len(truth)
    assert rand_index([truth[place] for place in mine], list(mine.values())) >= 0.9
    assert rows["stability"].mean() > 0.9
    assert rows["border_share"].between(0.05, 0.95).all()


def test_calls_tell_apart_what_few_flows_do_not():
    """Where k leaves little of the flows: calls that lie as the flows do help, calls without a pattern do no harm."""

    def agreed(ratio, part):
        found_again = []
        for seed in range(5):
            flows, truth = planted(seed, mean=8.0)
            mine = numbers(found(flows, exposure=called(truth, seed, ratio), calls=part))
            found_again.append(rand_index([truth[place] for place in mine], list(mine.values())))
        return np.mean(found_again)

    without = agreed(3.0, 0.0)
    assert agreed(3.0, 0.2) > without + 0.03
    assert agreed(1.0, 0.2) > without - 0.01


def test_calls_of_cells_of_all_and_to_where_nobody_goes_are_no_ties():
    flows, truth = planted(1, zones=16)
    other = [
        {"area": "861f91407ffffff", "country": "AA", "calls": 900, "cell": 1, "h3": "861f91407ffffff"},
        {"area": "*", "country": "AA", "calls": 900},
        {"area": "z01", "country": "*", "calls": 900},
        {"area": "z01", "country": "QQ", "calls": 900},
    ]
    exposure = pd.DataFrame(other).reindex(columns=INTL_CALL_EXPOSURE.given)
    pd.testing.assert_frame_equal(found(flows, exposure=exposure), found(flows))
    assert not found(flows, exposure=called(truth, 1, ratio=20.0)).equals(found(flows))


def test_what_crosses_a_border_is_told_of_flows_alone():
    flows, truth = planted(1, zones=16, ratio=6.0)
    rows, with_calls = found(flows), found(flows, exposure=called(truth, 1))
    assert with_calls["community"].tolist() == rows["community"].tolist()
    assert with_calls["border_share"].tolist() == rows["border_share"].tolist()


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 3), st.integers(0, 2**31), st.integers(0, 2**31))
def test_the_order_of_rows_means_nothing(seed, one, other):
    flows, truth = planted(seed, zones=16)
    exposure = called(truth, seed)
    mixed = flows[0].sample(frac=1, random_state=one), flows[1].sample(frac=1, random_state=other)
    other_way = exposure.sample(frac=1, random_state=other)
    pd.testing.assert_frame_equal(found(flows, exposure=exposure), found(mixed, exposure=other_way))


def test_modularity_of_directed_flows_worked_out_by_hand():
    """Two circles of two, 3 each way, and 1 from one to the other: m = 13."""
    ties = np.array([[0, 3, 0, 0], [3, 0, 1, 0], [0, 0, 0, 3], [0, 0, 3, 0]], float)
    label = np.array([0, 0, 1, 1])
    assert modularity(ties, label, 1.0) == pytest.approx(12 / 13 - (7 * 6 + 6 * 7) / 169)
    made = communities(ties, 20, 0.8, 1.0, 1)
    assert made.label.tolist() == [0, 0, 1, 1]
    assert made.modularity == pytest.approx(12 / 13 - 84 / 169)
    assert made.stability.tolist() == [1, 1, 1, 1]


def test_the_direction_of_flows_counts():
    """Leicht and Newman's case: both ways added up, all pairs are alike; by direction there are two halves."""
    rng = np.random.default_rng(4)
    truth = np.repeat([0, 1], 16)
    ties = rng.poisson(np.where(truth[:, None] == truth[None, :], 30, np.where(truth[:, None] < truth[None, :], 58, 2)))
    made = communities(ties, 20, 0.8, 1.0, 1)
    assert made.label.tolist() == truth.tolist()
    blind = communities(ties, 20, 0.8, 1.0, 1, most=0)
    assert blind.modularity < made.modularity / 2


def test_shares_over_borders_worked_out_by_hand():
    ties = np.array([[0, 3, 1], [2, 0, 0], [0, 0, 0]], float)
    made = border_shares(ties, np.array([0, 0, 1]), ["XX", "AA", "XX"])
    assert made[0] == 1
    assert np.isnan(made[1])
    assert border_shares(ties, np.array([0, 0, 0]), ["XX", "AA", "XX"]).tolist() == [5 / 6]


def test_numbers_are_kept_where_most_is_the_same():
    before = {"a": 4, "b": 4, "c": 4, "d": 7, "e": 7}
    label, places = np.array([0, 0, 1, 1, 1]), ["a", "b", "c", "d", "e"]
    assert kept_numbers(label, places, before, 9).tolist() == [4, 4, 7, 7, 7]
    assert kept_numbers(np.zeros(5, int), places, before, 9).tolist() == [4] * 5
    assert kept_numbers(np.array([0, 1, 1, 0, 1]), places, before, 9).tolist() == [10, 4, 4, 10, 4]
    assert kept_numbers(np.arange(2), ["x", "y"], {}, 0).tolist() == [1, 2]


def test_a_month_keeps_the_numbers_of_the_month_before():
    first = found(planted(1)[0])
    (inside, out), _ = planted(2)
    later = (inside.assign(month=date(2026, 4, 1)), out.assign(month=date(2026, 4, 1)))
    second = found(later, first, date(2026, 4, 1))
    mine = {n: {p for p, c in numbers(first).items() if c == n} for n in set(first["community"])}
    for number, members in ((n, {p for p, c in numbers(second).items() if c == n}) for n in set(second["community"])):
        same = number in mine and 2 * len(members & mine[number]) > max(len(members), len(mine[number]))
        assert same == (number <= max(mine))


def test_risk_is_told_where_prevalence_is():
    flows, truth = planted(0, zones=8)
    plain = found(flows)
    assert plain[["import_days", "export_days", "net_days", "risk_known"]].isna().all(axis=None)
    rows = found(flows, prevalence=dict.fromkeys(truth, 0.02))
    assert rows["net_days"].sum() == pytest.approx(0, abs=1e-6 * rows["import_days"].sum())
    assert (rows["risk_known"] == 1).all()
    inside = flows[0][flows[0]["to_zone"] == "z01"]
    mine = rows[rows["zone"] == "z01"].iloc[0]
    assert mine["import_days"] == pytest.approx(0.02 * (inside["persons"] / inside["devices"] * inside["days"]).sum())
    pd.testing.assert_frame_equal(rows[plain.columns[:8]], plain[plain.columns[:8]])


def test_of_nothing_there_is_nothing():
    nothing, none = (frame.head(0) for frame in planted(0)[0])
    assert found((nothing, none)).empty
    at_home = [(MONTH, "XX", zone, zone, 20, 800.0, 60, None, "A") for zone in ("z1", "z2")]
    assert found((pd.DataFrame(at_home, columns=ZONE_FLOWS.names[:9]), none)).empty, "nobody goes anywhere"


def test_where_all_go_one_way_nothing_is_gained_by_being_together():
    inside = planted(0)[0][0].head(0)
    out = pd.DataFrame([(MONTH, "z1", "AA", 20, 800.0, 40, 80, "A")], columns=CROSS_BORDER_FLOWS.names[:8])
    rows = found((inside, out))
    assert rows["community"].nunique() == 2
    assert rows["modularity"].tolist() == [0, 0]


@pytest.mark.parametrize("wrong", [{"runs": 19}, {"agreement": 0.5}, {"resolution": 0.0}, {"seed": -1}, {"calls": 1.0}])
def test_parameters_have_bounds(wrong):
    with pytest.raises(ConfigError, match="must be"):
        Params(**wrong)
