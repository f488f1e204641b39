"""Crossings, trips, nights and classes of the score, one planted mistake at a time."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pandas as pd
import pytest

from sojourn.demo import slots
from sojourn.demo.score import classes, crossings, journeys

START = datetime(2026, 3, 2, tzinfo=UTC)
WORLD = SimpleNamespace(
    clock=slots.clock(START.date(), 35),
    conf=SimpleNamespace(home=SimpleNamespace(country="LU", time_zone="Europe/Luxembourg")),
)


def at(day, hour=0.0):
    return pd.Timestamp(START + timedelta(days=day, hours=hour))


def stay(device, country, since, until, *, absence, home="LU", nights=0, signs=5, **more):
    """A planted stay, its signs a quarter of an hour inside it; times are hours from the start."""
    row = {
        "device": device, "class": "x", "home_country": home, "country": country, "nights": nights, "kind": "same_day",
        "departed_at": at(0, since), "returned_at": at(0, until), "left_censored": False, "absence": absence,
        "contract_trip": absence, "first_seen_at": at(0, since + 0.25), "last_seen_at": at(0, until - 0.25),
        "signs": signs, "silences": 0,
    }  # fmt: skip
    if not signs:
        row |= {"first_seen_at": pd.NaT, "last_seen_at": pd.NaT}
    return row | more


def frame(rows):
    return pd.DataFrame(rows).astype({"device": "Int64"})


def trip(device, country, since, until, nights=0, **more):
    last = at(0, until)
    row = {"device": device, "class": "x", "home_country": "LU", "country": country, "departed_at": at(0, since)}
    return row | {"last_at": last, "returned_at": last, "nights": nights, "kind": "same_day", "trip_id": 1} | more


NOTHING_CAUGHT = pd.DataFrame({"device": pd.array([], "Int64"), "country": [], "at": pd.to_datetime([], utc=True)})


def crossing(device, from_, to, hour, gap):
    return {"device": device, "from_country": from_, "to_country": to, "at": at(0, hour), "gap_hours": gap}


def test_a_journey_through_two_countries_has_three_crossings():
    planted = crossings.crossings(frame([stay(1, "BE", 10, 20, absence=0), stay(1, "DE", 20, 30, absence=0)]), "LU")
    ways = planted.sort_values("at")[["from_country", "to_country"]].to_numpy().tolist()
    assert ways == [["LU", "BE"], ["BE", "DE"], ["DE", "LU"]]
    assert planted["seen"].all()


def test_what_began_before_and_what_has_not_ended_is_no_crossing():
    rows = [
        stay(1, "BE", 10, 20, absence=0, left_censored=True, departed_at=pd.NaT),
        stay(2, "BE", 10, 20, absence=1, returned_at=pd.NaT),
    ]
    planted = crossings.crossings(frame(rows), "LU")
    assert planted[["device", "to_country"]].to_numpy().tolist() == [[2, "BE"], [1, "LU"]]


def test_foreign_sims_cross_nothing_that_can_be_seen():
    assert crossings.crossings(frame([stay(1, "LU", 10, 20, absence=0, home="FR")]), "LU").empty


def test_a_stay_without_a_sign_is_not_to_be_seen():
    rows = [stay(1, "BE", 10, 20, absence=0, signs=0), stay(1, "DE", 20, 30, absence=0)]
    planted = crossings.crossings(frame(rows), "LU").sort_values("at")
    assert planted["seen"].tolist() == [False, False, True], "nobody can see the way into the second country either"


@pytest.mark.parametrize(
    ("found", "told"),
    [
        (crossing(1, "LU", "BE", 10.5, 1), "right"),
        (crossing(1, "LU", "BE", 10.5, 0.25), "invented"),  # both signs after the planted instant
        (crossing(1, "LU", "BE", 9.5, 5), "invented"),  # and both before
        (crossing(1, "LU", "DE", 10.5, 1), "invented"),
        (crossing(2, "LU", "BE", 10.5, 1), "invented"),
        (crossing(3, "LU", "FR", 50, 1), "caught"),
        (crossing(3, "FR", "LU", 50.3, 0.3), "caught"),
        (crossing(3, "FR", "LU", 55, 0.3), "invented"),
        (crossing(3, "LU", "DE", 50, 1), "invented"),
    ],
)
def test_a_found_crossing_is_planted_or_caught_or_invented(found, told):
    planted = crossings.crossings(frame([stay(1, "BE", 10, 20, absence=0)]), "LU")
    caught = frame([{"device": 3, "country": "FR", "at": at(0, 50)}])
    right, outcome = crossings.matched(planted, frame([found]), caught)
    assert outcome.tolist() == [told]
    assert right.sum() == (told == "right")


def test_a_crossing_is_found_once():
    planted = crossings.crossings(frame([stay(1, "BE", 10, 20, absence=0)]), "LU")
    twice = frame([crossing(1, "LU", "BE", 10.5, 1), crossing(1, "LU", "BE", 10.75, 2)])
    right, outcome = crossings.matched(planted, twice, NOTHING_CAUGHT)
    assert sorted(outcome) == ["invented", "right"]
    assert right.sum() == 1


def outcomes(planted, found):
    one = journeys.units(frame(planted), WORLD)
    outcome, _, is_ = journeys.matched(one, frame(found), NOTHING_CAUGHT)
    return outcome.tolist(), is_.tolist()


@pytest.mark.parametrize(
    ("found", "told", "is_"),
    [
        ([trip(1, "BE", 10.5, 60, nights=2)], "right", ["right"]),
        ([trip(1, "BE", 10.5, 60, nights=3)], "right", ["right"]),
        ([trip(1, "BE", 10.5, 60, nights=4)], "other nights", ["right"]),
        ([trip(1, "BE", 10.5, 20, nights=1), trip(1, "BE", 30, 60, nights=1)], "cut", ["right", "right"]),
        ([trip(1, "DE", 10.5, 60, nights=2)], "elsewhere", ["invented"]),
        ([trip(1, "BE", 100, 160, nights=2)], "missed", ["invented"]),
        ([trip(1, "BE", 2, 9, nights=2)], "missed", ["invented"]),
        ([trip(2, "BE", 10.5, 60, nights=2)], "missed", ["invented"]),
    ],
)
def test_what_became_of_a_planted_trip(found, told, is_):
    assert outcomes([stay(1, "BE", 10, 60, absence=0, nights=2)], found) == ([told], is_)


def test_two_stays_under_one_row_are_joined():
    planted = [stay(1, "BE", 10, 20, absence=0), stay(1, "BE", 30, 40, absence=1)]
    assert outcomes(planted, [trip(1, "BE", 10.5, 40)]) == (["joined", "joined"], ["right"])


def test_a_stay_without_a_sign_is_not_missed():
    planted = [stay(1, "BE", 10, 20, absence=0, signs=0), stay(1, "BE", 30, 40, absence=1)]
    assert outcomes(planted, [trip(1, "BE", 30.5, 40)])[0] == ["no sign", "right"]


def test_days_of_a_foreign_commuter_are_one_trip_and_its_nights_lie_between_the_signs():
    planted = [stay(1, "LU", h, h + 9, absence=i, home="FR", contract_trip=0) for i, h in enumerate((8, 32, 56))]
    one = journeys.units(frame(planted), WORLD)
    assert one[["nights", "kind", "signs"]].to_numpy().tolist() == [[2, "overnight", 15]]
    found = [trip(1, "LU", 8.5, 64, nights=2, home_country="FR")]
    assert outcomes(planted, found) == (["right"], ["right"])


def test_a_stay_that_is_open_has_its_nights_up_to_the_end():
    last = 33 * 24
    planted = [stay(1, "LU", 8, last, absence=0, home="FR", nights=33)]
    assert journeys.units(frame(planted), WORLD)["nights"].tolist() == [34]


def test_a_silence_cuts_a_foreign_stay_and_no_other():
    long = {"nights": 10, "silences": 1}
    rows = [trip(1, "LU", 8, 50), trip(1, "LU", 140, 248)]
    assert outcomes([stay(1, "LU", 8, 248, absence=0, home="FR", **long)], rows)[0] == ["silent"]
    more = [*rows, trip(1, "LU", 247, 247.5)]
    assert outcomes([stay(1, "LU", 8, 248, absence=0, home="FR", **long)], more)[0] == ["cut"], "one silence, two parts"
    rows = [trip(1, "BE", 8, 50), trip(1, "BE", 140, 248)]
    assert outcomes([stay(1, "BE", 8, 248, absence=0, **long)], rows)[0] == ["cut"]


def test_a_catch_is_no_trip_and_not_invented():
    caught = frame([{"device": 1, "country": "FR", "at": at(0, 50)}])
    one = journeys.units(frame([stay(2, "BE", 10, 20, absence=0)]), WORLD)
    found = frame([trip(1, "FR", 50, 50.05), trip(1, "FR", 90, 90.05)])
    assert journeys.matched(one, found, caught)[2].tolist() == ["caught", "invented"]


def rows_of(*pairs):
    return pd.DataFrame(pairs, columns=["planted", "found"])


def test_f1_counts_both_kinds_of_mistake():
    rows = rows_of(("commuter", "commuter"), ("commuter", "visitor"), ("none", "commuter"), ("visitor", "visitor"))
    assert classes.f1(rows, "commuter") == pytest.approx(2 / 4)
    assert classes.f1(rows, "visitor") == pytest.approx(2 / 3)
    assert classes.f1(rows, "long_stayer") is None
    assert classes.macro_f1(rows, 35) == pytest.approx((2 / 4 + 2 / 3) / 2)
    assert classes.macro_f1(rows_of(("seasonal", "seasonal")), 35) is None, "35 days cannot show a season"
    assert classes.macro_f1(rows_of(("seasonal", "seasonal")), 365) == 1


def test_machines_are_nobody_and_a_row_that_is_not_there_is_none():
    folk = frame([{"device": d, "class": c, "home_country": "LU"} for d, c in ((1, "x"), (2, "machine"), (3, "x"))])
    life = [{"device": d, "country": "BE", "class": "visitor"} for d in (1, 2)]
    found = [{"device": d, "country": "BE", "class": "commuter"} for d in (2, 3)]
    rows = classes.compared(frame(life), frame(found), folk).sort_values("device")
    assert rows[["device", "planted", "found"]].to_numpy().tolist() == [[1, "visitor", "none"], [3, "none", "commuter"]]
