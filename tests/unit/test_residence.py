"""Who has come to live in a country: lives of some nights, worked out by hand, under all definitions at once."""

import itertools
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.intl_migration_flow import Params
from schemas.intl_migration_flow import CURVE, DEFINITIONS, SERIES
from sojourn.errors import ConfigError
from sojourn.methods.abroad import Nights, View, bridged, spread, stays
from sojourn.methods.definitions import TOURISM, definitions, nights_in
from sojourn.methods.residence import LINKED, OBSERVED, WITH_SILENT, Rule, arrivals

HOME, THERE, OTHER = 19541, 18002, 17477  # LU, FR, DE
CODE = {"h": HOME, "a": THERE, "b": OTHER, ".": 0}
RULES = definitions()
IDS = [d.id for d in RULES]
FIRST = date(2023, 1, 1)


def life(*parts):
    """('h', 400), ('a', 92): so many nights at home, then so many abroad."""
    return np.array([CODE[where] for where, n in parts for _ in range(n)], np.int16)


def every(codes, origin=HOME, first=FIRST, rules=RULES, rule=None):
    """Arrivals of one device, looked at to the last of its nights: country, definition, year, series; what is told."""
    view = View(first, first + timedelta(len(codes) - 1))
    rule = rule or Rule()
    nights = Nights(bridged(codes[None, :], rule.bridge_nights), np.array([origin]), HOME)
    found = arrivals(nights, view, rules, rule)
    assert set(found.row.tolist()) <= {0}
    out = {}
    for n, kind in enumerate(found.kind):
        key = (int(found.code[n]), rules[kind].id, int(found.year[n]), SERIES[found.series[n]])
        assert key not in out, "one row each"
        out[key] = (int(found.code[n]), int(found.nights[n]), int(found.coverage[n]))
    return out


def told(codes, **more):
    """The same of a device that goes to one country."""
    found = every(codes, **more)
    assert len({code for code, *_ in found}) <= 1
    return {key[1:]: what for key, what in found.items()}


def ids(found, series="observed"):
    return {name for name, _, s in found if s == series}


def curve(months):
    return {f"min_{n}_months" for n in range(1, months + 1)}


def test_definitions_are_those_of_the_table_and_say_whose_they_are():
    assert tuple(IDS) == DEFINITIONS
    assert (SERIES[OBSERVED], SERIES[WITH_SILENT], SERIES[LINKED]) == SERIES
    assert [nights_in(n) for n in (1, 3, 6, 12)] == [31, 92, 183, 365]
    assert all(d.source and d.window_months == 12 and d.min_coverage == 0.6 for d in RULES)
    assert [d.id for d in RULES if d.exclude_purposes == TOURISM] == ["1998_short_term"], "an upper bound"


@pytest.mark.parametrize(
    ("nights", "expected"),
    [
        (30, set()),
        (31, curve(1)),
        (91, curve(2)),
        (92, curve(3) | {"1998_short_term"}),
        (182, curve(5) | {"1998_short_term"}),
        (183, curve(6) | {"1998_short_term", "2021_majority"}),
        (364, curve(11) | {"1998_short_term", "2021_majority"}),
        (365, curve(12) | {"1998_long_term", "2021_majority", "2021_continuous"}),
    ],
)
def test_the_length_of_one_stay_decides(nights, expected):
    """A year at home, some time there, and home again: to be followed for a year in any case."""
    assert ids(told(life(("h", 365), ("a", nights), ("h", 300)))) == expected


def test_who_goes_and_comes_lives_where_most_nights_are_but_not_continuously():
    """Forty nights there, thirty-one at home, over and over: each stay is short, and together they are most nights."""
    parts = [("h", 365)] + [("a", 40), ("h", 31)] * 5 + [("h", 60)]
    assert ids(told(life(*parts))) == curve(1) | {"2021_majority"}
    # an absence of less than three months is a visit by the words of 1998; but 40 of 71 nights are too few
    dense = [("h", 365)] + [("a", 60), ("h", 31)] * 4 + [("a", 60), ("h", 60)]
    assert {"1998_long_term", "2021_majority"} <= ids(told(life(*dense)))
    assert "2021_continuous" not in ids(told(life(*dense)))


def test_holidays_do_not_end_a_stay_and_absences_of_a_month_do():
    assert "2021_continuous" in ids(told(life(("h", 365), ("a", 170), ("h", 30), ("a", 170))))
    assert "2021_continuous" not in ids(told(life(("h", 365), ("a", 170), ("h", 31), ("a", 170))))


def test_an_unknown_run_of_72_hours_takes_the_country_around_it_and_a_longer_one_none():
    codes = life(("a", 2), (".", 3), ("a", 1), (".", 4), ("a", 1), (".", 2), ("h", 1), (".", 1))[None, :]
    assert bridged(codes, 3)[0].tolist() == [THERE] * 6 + [0] * 4 + [THERE] + [0, 0] + [HOME, 0]
    assert (bridged(codes, 0) == codes).all()
    assert bridged(codes[:, :0], 3).shape == (1, 0)


def test_months_are_spread_over_nights_and_what_lies_outside_is_left_out():
    made = spread(*(np.array(a) for a in ([0, 1, 1], [-2, 0, 2], [0b11100, 0b1, 0b1011], [7, 8, 9])), (2, 4))
    assert made.tolist() == [[7, 7, 7, 0], [8, 0, 9, 9]]


def test_nobody_is_sent_where_nothing_was_seen():
    """Of a stay 60 % of the nights must be seen; unknown nights are no nights there."""
    sparse = [("h", 365)] + [("a", 1), (".", 4)] * 20 + [("h", 300)]
    assert told(life(*sparse)) == {}
    enough = [("h", 365)] + [("a", 6), (".", 4)] * 10 + [("h", 300)]
    assert "min_3_months" in ids(told(life(*enough)))


def test_where_somebody_lived_before_must_be_known():
    stay = ("a", 200)
    assert told(life(("h", 27), stay)) == {}, "nobody saw the arrival"
    assert "min_6_months" in ids(told(life(("h", 28), stay)))
    assert told(life((".", 200), ("h", 100), stay)) == {}, "the SIM is new: it may have lived anywhere"
    assert told(life(("h", 100), ("b", 101), stay)) != {}, "of 201 nights most were elsewhere"
    onward = told(life(("h", 100), ("b", 101), stay))
    assert {code for code, _, _ in onward.values()} == {OTHER}, "who lived in one country already comes from there"
    # 183 nights at home of 365, in proportion where fewer are known of
    short = life(("h", 220), (".", 145), stay)
    assert "1998_short_term" in ids(told(short))
    less = every(life(("h", 182), ("b", 37), (".", 146), stay))
    assert {name for code, name, _, s in less if (code, s) == (THERE, "observed")} == curve(6)


def test_guests_come_if_they_were_not_here_before_and_are_heard_here_alone():
    guest = life((".", 100), ("h", 190), (".", 300))
    found = told(guest, origin=THERE)
    assert ids(found) == curve(6) | {"1998_short_term", "2021_majority"}
    assert {code for code, _, _ in found.values()} == {HOME}
    assert not ids(found, "with_silent"), "of a guest silence is the usual end of a visit"
    assert told(life((".", 20), ("h", 190), (".", 300)), origin=THERE) == {}, "nobody saw the arrival"
    again = life((".", 40), ("h", 200), (".", 60), ("h", 100))
    second = {year for name, year, _ in told(again, origin=THERE, first=date(2023, 3, 1)) if name == "min_3_months"}
    assert second == {2023}, "who was here for most of the year before has not come to live here"


def test_silence_after_the_last_night_there_is_the_upper_bound():
    gone = life(("h", 365), ("a", 10), (".", 400))
    found = told(gone)
    assert ids(found) == set()
    assert ids(found, "with_silent") == set(IDS)
    assert ids(told(life(("h", 365), ("a", 10), (".", 400), ("h", 1))), "with_silent") == set(), "it came back"
    still = life(("h", 365), ("a", 100), (".", 30))
    assert ids(told(still)) == ids(told(still), "with_silent"), "thirty nights are no silence yet"


def test_early_majorities_are_told_from_three_months_on_and_others_not_before_they_are():
    assert "2021_majority" not in ids(told(life(("h", 365), ("a", 91))))
    assert "2021_majority" in ids(told(life(("h", 365), ("a", 92))))
    assert "2021_majority" not in ids(told(life(("h", 365), ("a", 92)), rule=Rule(early_nights=365)))
    assert "2021_majority" in ids(told(life(("h", 365), ("a", 183)), rule=Rule(early_nights=365))), "it is surely one"
    half = life(("h", 365), ("a", 60), ("h", 60))
    assert "2021_majority" not in ids(told(half)), "half is no majority"


def test_a_year_is_final_when_all_of_it_has_been_followed_and_the_year_before_is_known():
    whole = View.of(date(2020, 1, 1), date(2024, 12, 31))
    assert whole.first == date(2022, 1, 1)
    assert (whole.final(2023), whole.final(2024)) == (True, False)
    assert not View.of(date(2020, 1, 1), date(2024, 11, 30)).final(2023)
    assert not View.of(date(2022, 1, 2), date(2024, 12, 31)).final(2023)
    assert set(whole.years.tolist()) == {2022, 2023, 2024}
    assert len(whole) == 366 + 365 + 365


def test_arrivals_are_of_two_years_and_of_those_that_a_definition_is_of():
    codes = life(("h", 365), ("a", 60), ("h", 340), ("a", 60), ("h", 250))  # early 2024, and early 2025
    years = {year for name, year, _ in told(codes) if name == "min_1_months"}
    assert years == {2024, 2025}
    old = told(life(("h", 365), ("a", 365), ("h", 1)), first=date(2015, 1, 1))
    assert {name for name in ids(old) if name.startswith("2021")} == set()


def test_nights_and_coverage_are_those_that_were_judged():
    found = told(life(("h", 365), ("a", 40), (".", 10), ("a", 50), ("h", 200)))
    assert found["min_3_months", 2024, "observed"] == (THERE, 90, 900_000)
    assert found["1998_short_term", 2024, "with_silent"] == (THERE, 90, 290 * 1_000_000 // 300)


def test_many_devices_are_judged_as_each_alone():
    some = [
        life(("h", 365), ("a", 200), ("h", 235)),
        life(("h", 500), ("b", 40), ("a", 100), ("h", 160)),
        life((".", 400), ("h", 400)),
        life(("h", 800)),
        life(("h", 365), ("a", 5), (".", 430)),
    ]
    origin = np.array([HOME, HOME, THERE, HOME, HOME])
    view = View(FIRST, FIRST + timedelta(799))
    found = arrivals(Nights(np.stack(some), origin, HOME), view, RULES, Rule())
    for row, codes in enumerate(some):
        mine = {
            (int(c), RULES[k].id, int(y), SERIES[s])
            for r, c, k, y, s in zip(found.row, found.code, found.kind, found.year, found.series, strict=True)
            if r == row
        }
        assert mine == set(every(codes, origin=int(origin[row])))
    nobody = Nights(np.zeros((0, 800), np.int16), np.zeros(0, np.int64), HOME)
    assert len(arrivals(nobody, view, RULES, Rule()).row) == 0


lives = st.lists(st.tuples(st.sampled_from("haab."), st.integers(1, 150)), min_size=1, max_size=14)


@given(lives, st.sampled_from([HOME, THERE]))
def test_rates_fall_as_the_required_stay_grows_and_bounds_enclose(parts, origin):
    found = every(life(("h", 60), *parts), origin=origin)
    for code, _, year, series in found:
        long_enough = [(code, name, year, series) in found for name in CURVE]
        assert long_enough == sorted(long_enough, reverse=True), "who stays for six months stays for five"
    of_ours = {key[:3] for key in found if origin == HOME and key[3] == "observed"}
    assert of_ours <= {key[:3] for key in found if key[3] == "with_silent"}
    assert all(0 <= coverage <= 1_000_000 and 0 < nights <= 365 for _, nights, coverage in found.values())


@given(lives)
def test_stays_part_the_nights_of_a_country(parts):
    codes = life(*parts)
    nights = Nights(codes[None, :], np.array([HOME]), HOME)
    made = stays(nights, 30, 0.6)
    for code in (THERE, OTHER):
        mine = [(f, t) for c, f, t in zip(made.code, made.first, made.last, strict=True) if c == code]
        assert sum((codes[f : t + 1] == code).sum() for f, t in mine) == (codes == code).sum()
        assert all(b[0] - a[1] > 31 for a, b in itertools.pairwise(mine))
    assert (made.spent <= made.length).all() and (made.later <= made.followed).all()


def test_values_that_cannot_be_are_refused_by_name():
    for name, value in (("bridge_nights", 15), ("min_coverage", 1.1), ("early_months", 0), ("switch_score", -0.1)):
        with pytest.raises(ConfigError) as refused:
            Params(**{name: value})
        assert refused.value.where == f"tables.intl_migration_flow.{name}"
    assert Params().least_nights == 59
    assert replace(Params(), max_gap_nights=7).rules[3].max_gap == 7
