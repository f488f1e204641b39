"""Moves by the rules of Chi et al., on the example histories that they publish, and the overlap of two homes.

The days are those of the example files of github.com/g-chi/migration_detector (MIT), told as runs of days.
"""

import itertools
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sojourn.methods.segments import CHI, moved, moves, overlap, segments

A, B = 1, 2


def days(text):
    """'20080321-0323 20080511' as day numbers; a run may end in the year after."""
    out = []
    for part in text.split():
        first, _, last = part.partition("-")
        begin = date.fromisoformat(first)
        end = date.fromisoformat(first[:4] + last) if last else begin
        end = end.replace(year=end.year + 1) if end < begin else end
        out += range(begin.toordinal(), end.toordinal() + 1)
    return out


def told(spans):
    return [(str(date.fromordinal(a)), str(date.fromordinal(b))) for a, b in spans]


FIG_4A = {
    11: "20080321-0323 20080326-0328 20080401-0404 20080406-0408 20080410-0506 20080511 20080515-0526 20080613-0719 "
    "20080722-0726 20081120-1121 20081124-1125 20081201 20081222",
    22: "20081016 20090127",
    24: "20080727-0728 20080808 20080827 20081016-1021 20090116 20090127 20090203",
    25: "20080727-0801 20080803-0804 20080806-0823 20080825-0830 20080904-0907 20080909 20081016-1022 20081024 "
    "20081031-1113 20081201-1204 20081206-1214 20081222-1227 20081229-0118 20090120 20090122-0128 20090201-0212 "
    "20090214-0219 20090221-0222 20090225-0228",
    28: "20081201",
    51: "20080518-0519 20080521-0523",
}
FIG_4B = {
    23: "20140201-0213 20140215-0302 20140304 20140306-0310 20140312-0313 20140318-0320 20140322-0326",
    64: "20140205 20140223 20140226",
    206: "20140228 20140326-0330 20140401-0404 20140406-0408 20140414-0429 20140505-0513 20140515-0527",
    208: "20140316-0317",
}
FIG_2 = {  # two places at once
    22: "20080101-0106 20080108-0113 20080115-0118 20080120-0201 20080203-0204 20080206-0227 20080229-0303 20080305 "
    "20080309-0318 20080320 20080322-0323 20080325-0326 20080329 20080331 20080402-0404 20080407 20080410-0417 "
    "20080419 20080421-0422 20080426 20080430-0507 20080509 20080511-0512 20080514-0517 20080520-0526 20080528-0530 "
    "20080601 20080606-0607 20080611-0612 20080620 20080623 20080625 20080628 20080701",
    24: "20080101 20080103 20080105-0106 20080108-0111 20080113-0114 20080117-0118 20080120-0124 20080129-0201 "
    "20080203-0204 20080207-0208 20080212 20080214-0219 20080221-0222 20080224-0227 20080229-0301 20080306 20080309 "
    "20080311 20080313 20080316 20080319-0329 20080331-0404 20080407 20080410-0427 20080429-0504 20080506-0507 "
    "20080509-0517 20080519-0526 20080528-0601 20080606-0611 20080613-0615 20080617-0618 20080620-0621 20080623-0628 "
    "20080630-0701",
}


def history(told):
    return {place: days(text) for place, text in told.items()}


def test_ninety_and_ninety_days_are_a_move():
    (move,) = moves({A: days("20180701-0928"), B: days("20180929-1227")})
    assert (move.origin, move.destination) == (A, B)
    assert told([(move.left[1], move.reached[0])]) == [("2018-09-28", "2018-09-29")]
    assert (str(date.fromordinal(move.day)), move.uncertainty, move.astray) == ("2018-09-29", 0, 0)


def test_a_missing_day_is_filled():
    whole = moves({A: days("20180701-0928"), B: days("20180929-1227")})
    assert moves({A: days("20180701-0710 20180712-0928"), B: days("20180929-1227")}) == whole


@pytest.mark.parametrize("second", ["20180930-1227", "20181001-1227"])
def test_fewer_than_ninety_days_are_none(second):
    assert moves({A: days("20180701-0928"), B: days(second)}) == []


def test_figure_4a_has_two_segments_and_a_move():
    found = segments(history(FIG_4A))
    assert {place: told(spans) for place, spans in found.items()} == {
        11: [("2008-03-21", "2008-07-26")],
        25: [("2008-07-27", "2009-02-28")],
    }
    assert [b - a + 1 for spans in found.values() for a, b in spans] == [128, 217]
    assert [(m.origin, m.destination) for m in moves(history(FIG_4A))] == [(11, 25)]


def test_figure_4b_is_a_move_only_of_those_who_stay_for_a_month():
    assert moves(history(FIG_4B)) == []
    (move,) = moves(history(FIG_4B), replace(CHI, stay_days=30))
    assert told([(move.left[1], move.reached[0])]) == [("2014-03-25", "2014-03-27")]


def test_figure_2_lives_in_two_places_and_moves_to_neither():
    assert moves(history(FIG_2)) == []


def test_a_gap_longer_than_a_month_is_no_move():
    first = days("20180101-0430")
    assert len(moves({A: first, B: days("20180530-0930")})) == 1
    assert moves({A: first, B: days("20180531-0930")}) == []


@given(st.lists(st.tuples(st.sampled_from([A, B, 3]), st.integers(0, 400), st.integers(1, 150)), max_size=8))
def test_segments_are_long_and_apart_and_moves_lie_between_them(stays):
    seen = {place: [] for place, _, _ in stays}
    for place, first, length in stays:
        seen[place] += range(first, first + length)
    found = segments(seen)
    every = sorted(span for spans in found.values() for span in spans)
    assert all(b - a + 1 >= CHI.stay_days for a, b in every)
    assert all(a[1] < b[0] for a, b in itertools.pairwise(every))
    assert found == segments({place: some[::-1] * 2 for place, some in reversed(seen.items())})
    for move in moves(seen):
        assert move.left[1] <= move.day <= move.reached[0]
        assert move.reached[0] - move.left[1] == move.uncertainty + 1 <= CHI.move_days


def test_homes_that_share_less_than_half_are_others():
    assert overlap({1, 2, 3, 4}, {3, 4, 5}) == pytest.approx(0.5714, abs=5e-5)
    assert not moved({1, 2, 3, 4}, {3, 4, 5})
    assert moved({1, 2, 3, 4}, {4, 5, 6})
    assert not moved({1, 2}, {2, 3}), "half is not less than half"
    assert not moved(set(), {1}), "of whom one home is not known nobody can say"


def test_a_day_that_fits_as_well_as_another_is_the_later():
    origin, destination = days("20180101-0410"), days("20180415-0831")
    (move,) = moves({A: origin, B: destination})
    assert date.fromordinal(move.day) == date(2018, 4, 15)
    assert date.fromordinal(move.left[1]) + timedelta(move.uncertainty + 1) == date.fromordinal(move.reached[0])
