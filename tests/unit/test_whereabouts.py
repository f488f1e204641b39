"""Where a device is at an hour, worked out by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sojourn.methods.whereabouts import ABROAD, ABSENT, Reach, of_residents, of_visitors, signs

HOME, WORK, PUB = 100, 200, 300
REACH = Reach(near=2, gap=72, look_back=28, night_from=20, night_to=7)
DATE, DATES = 28, 30  # the date asked for is the 28th: 0 to 27 lie before, 29 is the day after


def at(*rows, date=DATE, reach=REACH, visitor=False):
    """The 24 places of a device with these signs: (date, hour, place) and, if need be, events."""
    full = [(*r, 1)[:4] for r in rows]
    day, hour, place, events = (np.array(c, dtype=np.int64) for c in zip(*full, strict=True)) if full else [
        np.zeros(0, dtype=np.int64)
    ] * 4  # fmt: skip
    seen = signs(np.zeros(len(day), dtype=np.int64), day, 1 << hour, place, events, DATES)
    who = np.array([0])
    places = of_visitors(seen, who, date, reach) if visitor else of_residents(seen, who, np.array([HOME]), date, reach)
    assert places.shape == (1, 24)
    return places[0].tolist()


def test_a_sign_speaks_for_two_hours_on_either_side():
    found = at((DATE, 12, WORK))
    assert found[10:15] == [WORK] * 5
    assert found[:10] == [HOME] * 10  # nothing before: at home
    assert found[15:20] == [WORK] * 5  # where it was last
    assert found[20:] == [HOME] * 4  # at night at home


def test_the_nearest_sign_counts_and_of_two_as_near_the_earlier():
    found = at((DATE, 10, WORK), (DATE, 14, PUB))
    assert found[10:15] == [WORK, WORK, WORK, PUB, PUB]
    assert at((DATE, 10, WORK), (DATE, 13, PUB))[10:14] == [WORK, WORK, PUB, PUB]


def test_of_several_cells_in_an_hour_the_one_with_most_events_then_the_smallest():
    assert at((DATE, 12, WORK, 3), (DATE, 12, PUB, 4))[12] == PUB
    assert at((DATE, 12, PUB, 4), (DATE, 12, WORK, 4))[12] == WORK
    assert at((DATE, 12, ABROAD, 4), (DATE, 12, PUB, 4))[12] == PUB
    assert at((DATE, 12, ABROAD, 5), (DATE, 12, PUB, 4))[12] == ABROAD


def test_who_was_last_seen_abroad_is_abroad_by_night_too():
    found = at((DATE - 10, 12, ABROAD))
    assert found == [ABROAD] * 24
    assert at((DATE - 10, 12, ABROAD), (DATE, 8, WORK))[:6] == [ABROAD] * 6
    assert at((DATE - 10, 12, ABROAD), (DATE, 8, WORK))[6:9] == [WORK] * 3


def test_a_night_between_two_signs_elsewhere_is_spent_at_home():
    found = at((DATE - 1, 18, WORK), (DATE, 9, WORK))
    assert found[:7] == [HOME] * 7
    assert found[7:9] == [WORK] * 2
    assert at((DATE, 18, WORK))[18:] == [WORK, WORK, WORK, HOME, HOME, HOME]


def test_the_hours_of_the_night_are_those_of_home_locations():
    late = Reach(near=0, gap=72, look_back=28, night_from=22, night_to=5)
    found = at((DATE - 1, 12, WORK), reach=late)
    assert [h for h in range(24) if found[h] == HOME] == [0, 1, 2, 3, 4, 22, 23]


def test_the_day_after_speaks_for_the_last_two_hours():
    found = at((DATE, 12, WORK), (DATE + 1, 0, PUB), (DATE + 1, 1, WORK))
    assert found[21:] == [HOME, PUB, PUB]


def test_the_look_back_ends_after_so_many_dates():
    assert at((DATE - 28, 0, PUB))[12] == PUB
    assert at((DATE - 27, 23, PUB), reach=Reach(2, 72, 27, 20, 7))[12] == PUB
    assert at((DATE - 28, 23, PUB), reach=Reach(2, 72, 27, 20, 7))[12] == HOME
    assert at((DATE - 28, 23, ABROAD), reach=Reach(2, 72, 27, 20, 7))[12] == HOME
    assert at() == [HOME] * 24


def test_a_visitor_is_here_near_a_sign_and_between_two_that_are_not_too_far_apart():
    found = at((DATE, 8, WORK), (DATE, 20, PUB), visitor=True)
    assert found == [ABSENT] * 6 + [WORK] * 12 + [PUB] * 5 + [ABSENT]
    far = at((DATE - 2, 10, WORK), (DATE + 1, 10, WORK), visitor=True)
    assert far == [ABSENT] * 24  # 72 hours
    near = at((DATE - 2, 11, WORK), (DATE + 1, 10, WORK), visitor=True)
    assert near == [WORK] * 24


def test_a_visitor_seen_abroad_is_not_here():
    assert at((DATE, 12, ABROAD), visitor=True) == [ABSENT] * 24
    assert at((DATE, 8, WORK), (DATE, 16, ABROAD), visitor=True)[10:14] == [WORK] + [ABSENT] * 3


def test_signs_after_the_day_after_are_not_looked_at():
    seen = signs(
        np.zeros(2, dtype=int), np.array([28, 31]), np.array([1 << 12, 1]), np.array([WORK] * 2), np.ones(2), 40
    )
    assert of_visitors(seen, np.array([0]), 28, REACH)[0, 23] == ABSENT
    assert of_visitors(seen, np.array([0]), 30, REACH)[0, 12] == WORK


sign = st.tuples(st.integers(0, 3), st.integers(0, DATES - 1), st.integers(1, 2**24 - 1),
                 st.sampled_from([HOME, WORK, PUB, ABROAD]), st.integers(1, 3))  # fmt: skip


@settings(deadline=None)
@given(st.lists(sign, max_size=30, unique_by=lambda s: (s[0], s[1], s[3])), st.permutations(range(4)))
def test_it_is_what_the_rule_says_hour_by_hour_and_device_by_device(rows, names):
    device, day, hours, place, events = (np.array(c, dtype=np.int64) for c in zip(*rows, strict=True)) if rows else [
        np.zeros(0, dtype=np.int64)
    ] * 5  # fmt: skip
    numbered = np.array(names)[device] if rows else device
    order = np.argsort(numbered, kind="stable")
    seen = signs(numbered[order], day[order], hours[order], place[order], events[order], DATES)
    found = of_residents(seen, np.arange(4), np.full(4, HOME), DATE, REACH)
    guests = of_visitors(seen, np.arange(4), DATE, REACH)
    for who in range(4):
        mine = [r for r in rows if r[0] == who]
        for hour in range(24):
            assert found[names[who], hour] == slow(mine, hour, home=HOME)
            assert guests[names[who], hour] == slow(mine, hour, home=None)


def slow(rows, hour, home):
    """The rule, told once more and slowly."""
    now, at = DATE * 24 + hour, {}
    for _, day, hours, place, events in rows:
        for h in range(24):
            if hours >> h & 1:
                at[day * 24 + h] = min(at.get(day * 24 + h, (1, 0)), (-events, place))
    before = [t for t in at if now - t >= 0]
    after = [t for t in at if t > now]
    near = sorted((abs(t - now), t) for t in at if abs(t - now) <= 2)
    last = at[max(before)][1] if before else None
    if near:
        place = at[near[0][1]][1]
        return ABSENT if home is None and place == ABROAD else place
    if home is None:
        then = at[min(after)][1] if after else None
        here = None not in (last, then) and ABROAD not in (last, then) and min(after) - max(before) < 72
        return last if here else ABSENT
    if last is None or (last != ABROAD and (hour >= 20 or hour < 7)):
        return home
    return last


@pytest.mark.parametrize("hour", [7, 19])
def test_night_ends_and_begins_at_its_hours(hour):
    assert not REACH.night[hour]
    assert REACH.night[6]
    assert REACH.night[20]
