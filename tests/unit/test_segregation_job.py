"""Indices out of published rows: worked out by hand."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from jobs import segregation as job
from jobs.segregation import Params
from schemas import SEGREGATION
from sojourn.cells import cell_of, parent
from sojourn.errors import ConfigError
from sojourn.methods import segregation as method

MONTH = date(2026, 3, 1)
LIVE = {"a": (60, 4000), "b": (60, 6000), "c": (20, 8000), "d": (0, 2000)}
HOMES = pd.DataFrame(
    [
        row
        for zone, (guests, own) in LIVE.items()
        for row in ((zone, "PT", guests, float(guests)), (zone, "LU", own, own * 100.0))
    ],
    columns=["zone", "home_country", "devices", "persons"],
)
CALLS = pd.DataFrame(
    [
        *[("a", "PT", None, 80), ("b", "PT", None, 20), ("a", "FR", None, 40), ("b", "FR", None, 40)],
        *[("a", "*", None, 120), ("*", "PT", None, 100), ("88x", "PT", 5, 30)],
    ],
    columns=["area", "country", "cell", "devices"],
)
FINE = np.asarray(cell_of([49.5, 49.502, 49.9], [6.1, 6.1, 6.1], 8), np.int64)
HOURS = pd.DataFrame(
    [(False, 8, FINE[0], 8, 500.0, 60.0), (False, 8, FINE[2], 8, 500.0, 20.0), (True, 8, FINE[0], 8, 9.0, 9.0)],
    columns=["weekend", "hour", "cell", "resolution", "population", "visitors"],
)


@pytest.fixture(scope="module")
def rows():
    return job.transform(HOMES, CALLS, HOURS, MONTH, True, Params())


def at(rows, *key):
    names = ["domain", "area", "period", "origin", "index"]
    found = rows[(rows[names] == list(key)).all(axis=1)]
    assert len(found) == 1, key
    return found.iloc[0]


def test_every_row_is_as_the_schema_has_it(rows):
    assert rows.columns.tolist() == SEGREGATION.given
    assert not rows.duplicated(list(SEGREGATION.key)).any()
    assert set(rows["obs_status"]) == {"P"}
    told = rows[rows["expected"].notna()]
    assert (told["corrected"] - (told["value"] - told["expected"])).abs().max() < 1e-12


def test_groups_of_homes_are_apart_by_their_persons(rows):
    own, every = [60, 60, 20, 0], [400_060, 600_060, 800_020, 200_000]
    found = at(rows, "homes", "*", "all", "PT", "dissimilarity")
    assert (found["value"], found["units"]) == (pytest.approx(method.dissimilarity(own, every)), 4)
    assert found["expected"] == pytest.approx(method.at_random(method.dissimilarity, own, every, members=140))
    assert found["corrected"] > 0.1, "more than 140 who choose at random"
    assert at(rows, "homes", "*", "all", "*", "theil")["expected"] is not None


def test_places_are_as_diverse_as_their_groups(rows):
    assert at(rows, "calls", "a", "all", "*", "simpson")["value"] == pytest.approx(1 - (2 / 3) ** 2 - (1 / 3) ** 2)
    assert at(rows, "calls", "b", "all", "*", "shannon")["value"] == pytest.approx(method.shannon([20, 40]))
    assert at(rows, "homes", "d", "all", "*", "effective_number")[["value", "units"]].tolist() == [1, 1]
    assert np.isnan(at(rows, "calls", "a", "all", "*", "simpson")["expected"])


def test_calls_are_those_of_zones_and_small_groups_say_nothing(rows):
    assert at(rows, "calls", "*", "all", "PT", "isolation")["value"] == pytest.approx(0.8 * 80 / 120 + 0.2 * 20 / 60)
    fewer = job.transform(HOMES, CALLS, HOURS, MONTH, False, Params(least_members=101))
    assert fewer[(fewer["domain"] == "calls") & fewer["expected"].notna()].empty


def test_presence_is_hour_by_hour_of_places(rows):
    found = at(rows, "presence", "*", "weekday 08", "visitors", "isolation")
    assert found["value"] == pytest.approx(60 / 80 * 60 / 560 + 20 / 80 * 20 / 520)
    assert rows[rows["period"].str.startswith("weekend")].empty, "nine visitors"
    assert parent(FINE[:1], 6) != parent(FINE[2:], 6)


def test_nothing_published_is_no_row():
    none = job.transform(HOMES[:0], CALLS[:0], HOURS[:0], MONTH, False, Params())
    assert (len(none), none.columns.tolist()) == (0, SEGREGATION.given)


@pytest.mark.parametrize("wrong", [{"draws": 199}, {"least_members": 0}, {"resolution": 16}])
def test_values_that_cannot_be_are_refused_by_name(wrong):
    with pytest.raises(ConfigError) as refused:
        Params(**wrong)
    assert refused.value.where == f"tables.segregation.{next(iter(wrong))}"
