"""Lives of a year and more: what is planted has the shape of the lives it is named after, and every class is there."""

from collections import Counter
from datetime import date

import numpy as np
import pytest
from pyarrow import parquet

from sojourn import demo
from sojourn.demo import classes, lives, slots
from sojourn.demo.people import MACHINES

START = date(2026, 3, 2)
CLOCK = slots.clock(START, 400)


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    out = tmp_path_factory.mktemp("year")
    demo.write(out, subscribers=400, days=400, seed=3, start=START)
    return out


@pytest.fixture(scope="module")
def rng():
    return np.random.default_rng(5)


def truth(world, name):
    return parquet.read_table(world / "truth" / f"{name}.parquet").to_pandas()


@pytest.mark.parametrize(
    "life", [lives.commuter, lives.two_homes, lives.seasonal, lives.long_stay, lives.journeys, lives.passages]
)
def test_the_stays_of_one_person_are_apart_and_inside_the_range(life, rng):
    who, since, until = lives.lived(np.arange(20), CLOCK, rng, life)
    assert (until > since).all()
    assert (since >= 0).all()
    same = who[1:] == who[:-1]
    assert (since[1:] > until[:-1])[same].all()


def test_commuters_have_holidays_and_are_home_at_night(rng):
    who, since, until = lives.lived(np.arange(40), CLOCK, rng, lives.commuter)
    days = CLOCK.day[since]
    assert (CLOCK.weekday[days] < 5).all()
    assert (CLOCK.day[until - 1] == days).all()
    longest = [max(np.diff(days[who == person])) for person in range(40)]
    assert np.median(longest) >= 14, "two weeks of holidays"


def test_seasons_come_again_at_the_same_time_of_the_year(rng):
    clock = slots.clock(START, 2 * lives.YEAR)
    for _ in range(20):
        days = sorted({spell[0] % lives.YEAR for spell in lives.seasonal(clock, rng)})
        assert len(days) >= 2
        nights = sum(spell[2] - spell[0] for spell in lives.seasonal(clock, rng) if 0 <= spell[0] < lives.YEAR)
        assert nights < 183


def test_a_year_shows_all_five_classes_on_both_sides(world):
    rows = truth(world, "classes")
    for side in (rows["home_country"] == "LU", rows["home_country"] != "LU"):
        assert set(rows[side]["class"]) == {"visitor", "commuter", "seasonal", "transnational", "long_stayer"}
    assert rows["nights"].max() <= classes.YEAR


def test_phones_are_caught_on_both_sides_and_machines_are_abroad_too(world):
    caught, people = truth(world, "caught"), truth(world, "subscribers")
    kinds = dict(zip(people["imsi"], people["class"], strict=True))
    assert {(kinds[i], c == "LU") for i, c in zip(caught["imsi"], caught["country"], strict=True)} == {
        ("border", False),
        ("spill", True),
    }
    assert set(MACHINES) < set(Counter(people["class"]))
    trips = truth(world, "trips")
    assert not trips["imsi"].map(kinds).isin(["spill", "border"]).any(), "a catch is no journey"
    assert set(trips[trips["imsi"].map(kinds) == "machine_out"]["home_country"]) == {"LU"}
