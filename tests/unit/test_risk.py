"""Imported and exported person-days of risk: worked out by hand."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sojourn.methods.risk import risk

NORTH, SOUTH, ABROAD = ("NA", "north"), ("NA", "south"), ("AO", None)


def flows(*rows):
    made = pd.DataFrame(rows, columns=["origin", "destination", "person_days"])
    return made.astype({"origin": object, "destination": object, "person_days": "float64"})


def test_a_worked_example():
    """400 persons of the north stay 5 days in the south, 100 of the south 2 days in the north, 50 Angolans 10 there."""
    moves = flows((NORTH, SOUTH, 400 * 5.0), (SOUTH, NORTH, 100 * 2.0), (ABROAD, NORTH, 50 * 10.0))
    made = risk(moves, {NORTH: 0.10, SOUTH: 0.01, ABROAD: 0.30}).set_index("place", drop=False)
    found = {row.place: (row.import_days, row.export_days, row.net_days) for row in made.itertuples()}
    assert found[SOUTH] == pytest.approx((200, 2, 198))
    assert found[NORTH] == pytest.approx((2 + 150, 200, -48))
    assert found[ABROAD] == pytest.approx((0, 150, -150))
    assert list(made["place"]) == [ABROAD, NORTH, SOUTH]


def test_what_is_not_known_is_said():
    made = risk(flows((NORTH, SOUTH, 30.0), (ABROAD, SOUTH, 10.0)), {NORTH: 0.5})
    known = {row.place: row.risk_known for row in made.itertuples()}
    assert known == pytest.approx({ABROAD: 0, NORTH: 1, SOUTH: 0.75})


places = st.sampled_from([NORTH, SOUTH, ABROAD])


@given(st.lists(st.tuples(places, places, st.floats(0, 1e6)), min_size=1), st.floats(0, 1), st.floats(0, 1))
def test_what_one_place_exports_others_import(moves, north, south):
    made = risk(flows(*moves), {NORTH: north, SOUTH: south})
    assert made["net_days"].sum() == pytest.approx(0, abs=1e-6 * (1 + made["import_days"].sum()))
