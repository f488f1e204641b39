"""Stays in countries that are not those of the SIM: worked out by hand, and against the same in plain Python."""

from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyspark.sql import functions as F

from jobs import trips
from jobs.trips import Params
from schemas import BORDER_CROSSINGS, TRIPS
from sojourn.reference.zones import zone_of_country, zones_of_countries

RUN = "date date, device bigint, home_country string, country string, first_at timestamp, last_at timestamp"
FIRST, LAST = date(2026, 3, 1), date(2026, 4, 4)  # the clocks go forward on 29 March
ZONE = "Europe/Luxembourg"
NAMES = ("country", "departed_at", "last_at", "returned_at", "nights", "kind", "left_censored")


def at(day, hour, minute=0):
    """An instant of March 2026, UTC."""
    return datetime(2026, 3, 1, hour, minute, tzinfo=UTC) + timedelta(day - 1)


def run(since, until=None, country="LU", *, device=1, home="LU", day=None):
    until = until or since
    local = since.astimezone(ZoneInfo(ZONE)).date()
    return (day or local, device, home, country, since, until)


def utc(row):
    return tuple(v.astimezone(UTC) if isinstance(v, datetime) else v for v in row)


@pytest.fixture(scope="module")
def found(spark):
    """All columns of trips by device, in order of departure; with `every`, the rows as they are."""

    def go(*runs, params=None, days=(FIRST, LAST), shuffled=None, zone=ZONE, every=False):
        frame = spark.createDataFrame([*runs], RUN)
        if shuffled is not None:
            frame = frame.repartition(3, F.hash("first_at", F.lit(shuffled))).orderBy(F.rand(shuffled))
        made = trips.transform(frame, days, "LU", zone, params or Params())
        assert made.columns == TRIPS.names
        assert [f.dataType for f in made.schema] == [f.dataType for f in TRIPS.schema]
        rows = sorted(made.collect(), key=lambda r: (r.device, r.departed_at))
        if every:
            return [utc(r) for r in rows]
        return {d: [utc(r[n] for n in NAMES) for r in some] for d, some in groupby(rows, key=lambda r: r.device)}

    return go


def test_a_stay_abroad_lasts_until_the_first_sign_elsewhere(found):
    """Signs of successive dates, and of several networks, are one stay; silence does not end it."""
    signs = [
        run(at(2, 8), at(2, 9)),
        run(at(2, 12), at(2, 20), "FR"),
        run(at(3, 7), at(3, 22), "FR"),
        run(at(9, 10), None, "FR"),  # six days of silence
        run(at(9, 18), at(9, 19)),
    ]
    assert found(*signs) == {1: [("FR", at(2, 12), at(9, 10), at(9, 18), 7, "overnight", False)]}


def test_a_day_abroad_is_a_trip_without_a_night(found):
    assert found(run(at(2, 8)), run(at(2, 10), at(2, 16), "DE"), run(at(2, 17))) == {
        1: [("DE", at(2, 10), at(2, 16), at(2, 17), 0, "same_day", False)]
    }


def test_an_open_trip_lasts_to_the_end_of_the_last_day_built(found):
    """Its nights grow with every day, and its kind may."""
    signs = [run(at(2, 8)), run(at(2, 12), None, "FR")]
    assert found(*signs, days=(FIRST, date(2026, 3, 2))) == {
        1: [("FR", at(2, 12), at(2, 12), None, 0, "same_day", False)]
    }
    assert found(*signs, days=(FIRST, date(2026, 3, 5))) == {
        1: [("FR", at(2, 12), at(2, 12), None, 3, "overnight", False)]
    }


def test_a_trip_that_began_before_the_history_is_left_censored(found):
    signs = [run(at(1, 9), at(1, 22), "PT"), run(at(4, 18))]
    assert found(*signs) == {1: [("PT", at(1, 9), at(1, 22), at(4, 18), 3, "overnight", True)]}


def test_several_countries_of_one_absence_share_their_trip(found):
    """Home in between begins a new one, and so does another device."""
    signs = [
        *(run(at(2, 8)), run(at(2, 12), None, "FR"), run(at(4, 12), None, "ES"), run(at(6, 12), None, "FR")),
        *(run(at(8, 12)), run(at(9, 12), None, "FR"), run(at(10, 12))),
        *(run(at(2, 8), device=2), run(at(2, 12), None, "FR", device=2)),
    ]
    rows = found(*signs, every=True)
    stays = [(r[0], r[2], r[3], r[5], r[6]) for r in rows]
    assert stays == [
        (1, "FR", at(2, 12), at(4, 12), 2),
        (1, "ES", at(4, 12), at(6, 12), 2),
        (1, "FR", at(6, 12), at(8, 12), 2),
        (1, "FR", at(9, 12), at(10, 12), 1),
        (2, "FR", at(2, 12), None, 33),
    ]
    one, two, three, four, five = (r[8] for r in rows)
    assert one == two == three
    assert len({one, four, five}) == 3


def test_a_passage_is_a_transit_if_the_signs_allow_no_longer_stay(found):
    """From the last sign before to the first after: under three hours, and both known; a night is never one."""
    signs = [
        *(run(at(2, 8)), run(at(2, 9), at(2, 10), "BE"), run(at(2, 10, 59))),
        *(run(at(2, 8), device=2), run(at(2, 9), at(2, 10), "BE", device=2), run(at(2, 11), device=2)),
        *(run(at(2, 9), at(2, 10), "BE", device=3), run(at(2, 10, 30), device=3)),  # nobody saw when it began
        *(run(at(2, 2), device=4), run(at(2, 2, 30), None, "BE", device=4), run(at(2, 4), device=4)),  # 03:30 to 05:00
        *(run(at(2, 8), device=5), run(at(2, 9), None, "BE", device=5), run(at(2, 10), None, "NL", device=5)),
    ]
    kinds = {d: [(r[0], r[4], r[5]) for r in rows] for d, rows in found(*signs, days=(FIRST, date(2026, 3, 2))).items()}
    assert kinds == {
        1: [("BE", 0, "transit")],
        2: [("BE", 0, "same_day")],
        3: [("BE", 0, "same_day")],
        4: [("BE", 1, "overnight")],
        5: [("BE", 0, "transit"), ("NL", 0, "same_day")],
    }
    longer = found(*signs, params=Params(transit_hours=4), days=(FIRST, date(2026, 3, 2)))
    assert [r[5] for r in longer[2]] == ["transit"]


def test_a_foreign_subscriber_has_left_after_72_hours_of_silence(found):
    """Not an hour before. The stay ended with the last sign; the last one is open until the silence is complete."""
    abroad = {"home": "FR", "device": 1}
    signs = [
        run(at(5, 12), at(5, 20), **abroad),
        run(at(8, 19, 59), None, **abroad),
        run(at(11, 19, 59), None, **abroad),
    ]
    assert found(*signs) == {
        1: [
            ("LU", at(5, 12), at(8, 19, 59), at(8, 19, 59), 3, "overnight", False),
            ("LU", at(11, 19, 59), at(11, 19, 59), at(11, 19, 59), 0, "same_day", False),
        ]
    }
    midnight = run(at(5, 12), at(10, 23), home="FR")  # 11 March 00:00 in Luxembourg
    assert found(midnight, days=(FIRST, date(2026, 3, 12)))[1][0][3:6] == (None, 7, "overnight")
    assert found(midnight, days=(FIRST, date(2026, 3, 13)))[1][0][3:6] == (at(10, 23), 5, "overnight")
    assert found(midnight, params=Params(gap_hours=48), days=(FIRST, date(2026, 3, 12)))[1][0][3] == at(10, 23)


def test_every_stay_of_a_foreign_subscriber_has_its_own_trip(found):
    rows = found(run(at(5, 12), home=None), run(at(15, 12), home=None), every=True)
    assert [(r[1], r[2]) for r in rows] == [(None, "LU"), (None, "LU")]
    assert rows[0][8] != rows[1][8]


def test_a_foreign_subscriber_arrived_if_silent_since_the_history_began(found):
    """Within the first 72 hours nobody can tell."""
    signs = [run(at(3, 22, 59), home="FR"), run(at(3, 23), home="FR", device=2)]
    assert {d: rows[0][6] for d, rows in found(*signs).items()} == {1: True, 2: False}


def test_a_foreign_subscriber_who_is_heard_abroad_has_left_by_then(found):
    signs = [
        *(run(at(5, 12), home="FR"), run(at(6, 12), None, "FR", home="FR"), run(at(7, 12), home="FR")),
        *(run(at(5, 12), home="FR", device=2), run(at(9, 12), None, "FR", home="FR", device=2)),
    ]
    assert [r[:5] for r in found(*signs)[1]] == [
        ("LU", at(5, 12), at(5, 12), at(6, 12), 1),
        ("LU", at(7, 12), at(7, 12), at(7, 12), 0),
    ]
    assert [r[:5] for r in found(*signs)[2]] == [("LU", at(5, 12), at(5, 12), at(5, 12), 0)]


def test_nights_are_fours_of_the_clock_where_one_is(found):
    """In Cape Verde it is four at 05:00 UTC, in Luxembourg at 03:00, from 29 March on at 02:00."""

    def trip(device, country, since, until):
        return run(at(1, 9), device=device), run(since, None, country, device=device), run(until, device=device)

    rows = found(
        *trip(1, "CV", at(2, 5), at(3, 5)),  # on the stroke of four it has begun, and ends before the next
        *trip(2, "CV", at(2, 5, 1), at(3, 5)),
        *trip(3, "CV", at(2, 5, 1), at(3, 5, 1)),
        *trip(4, "FR", at(29, 1, 30), at(29, 2)),
        *trip(5, "FR", at(29, 1, 30), at(29, 2, 1)),
        *trip(6, "FR", at(28, 3, 1), at(30, 2)),
        *(run(at(28, 3, 1), at(30, 2), device=7, home="FR"),),
        *trip(8, "XX", at(2, 2), at(2, 12)),  # nobody knows its clock: that of home
    )
    assert {d: r[0][4] for d, r in rows.items()} == {1: 1, 2: 0, 3: 1, 4: 0, 5: 1, 6: 1, 7: 1, 8: 1}


def test_where_clocks_go_back_a_night_is_one_night(found):
    """25 October 2026: three o'clock comes twice."""
    days = (date(2026, 10, 1), date(2026, 10, 31))
    oct_ = [datetime(2026, 10, d, h, tzinfo=UTC) for d, h in ((24, 1), (24, 20), (25, 20))]
    rows = found(run(oct_[0]), run(oct_[1], None, "DE"), run(oct_[2]), days=days)
    assert [r[4] for r in rows[1]] == [1]


def test_runs_of_two_dates_may_overlap_where_cells_have_their_own_time_zones(found):
    """A run may begin before the last of the date before has ended: no stay overlaps, and none is negative."""
    signs = [run(at(2, 8)), run(at(2, 10), at(2, 23, 30), "FR", day=date(2026, 3, 2)), run(at(2, 23, 20), at(3, 8))]
    assert found(*signs) == {1: [("FR", at(2, 10), at(2, 23, 20), at(2, 23, 20), 0, "same_day", False)]}
    same = [run(at(2, 8)), run(at(2, 23, 20), None, "FR", day=date(2026, 3, 2)), run(at(2, 23, 20), at(3, 8))]
    assert found(*same) == {}, "of two runs that begin at one instant the longer counts"


def test_who_never_left_has_no_trip(found):
    assert found(run(at(2, 8), at(2, 22)), run(at(3, 8)), run(at(2, 9), home="LU", device=2)) == {}


def test_spark_knows_the_time_zone_of_every_country(spark):
    names = sorted(set(zones_of_countries().values()))
    zones = spark.createDataFrame([(z, at(2, 12)) for z in names], "zone string, at timestamp")
    wall = F.from_utc_timestamp("at", F.col("zone")).cast("string")
    found = {r.zone: r.wall for r in zones.select("zone", wall.alias("wall")).collect()}
    assert found == {z: at(2, 12).astimezone(ZoneInfo(z)).strftime("%Y-%m-%d %H:%M:%S") for z in found}


SINCE, UNTIL, MARCH = at(2, 8), at(4, 8), date(2026, 3, 1)


def row(device, since=SINCE, until=UNTIL, nights=2, kind="overnight", trip=1, **other):
    told = {"device": device, "home_country": "LU", "country": "FR", "departed_at": since, "last_at": until or since}
    told |= {
        "returned_at": until,
        "nights": nights,
        "kind": kind,
        "trip_id": trip,
        "left_censored": False,
        "month": MARCH,
        "accidental": False,
    }
    return tuple((told | other)[n] for n in TRIPS.names)


def crossed(device, when, country="FR"):
    return (when.date(), device, "LU", "LU", country, when, None, None, 1.0, False, None)


def test_the_expectations_find_what_is_wrong(spark):
    from expectations.trips import measure

    def seen(*rows):
        frames = {
            "trips": spark.createDataFrame([*rows], TRIPS.schema),
            "border_crossings": spark.createDataFrame(
                [crossed(1, at(2, 8)), crossed(2, at(2, 8))], BORDER_CROSSINGS.schema
            ),
        }
        (found,) = measure(frames, [MARCH]).collect()
        return {name: value for name, value in found.asDict().items() if value}

    good = [
        row(1),
        row(2, at(4, 8), at(4, 12), 0, "same_day", country="DE"),
        row(2),
        row(3, until=None, left_censored=True),
    ]
    counts = {"rows": 4, "devices": 3, "ended": 3, "overnight_ended": 2, "trips_per_device": 4 / 3}
    assert seen(*good) == {"unit": MARCH, **counts, "crossed": 2, "begun": 3}
    found = seen(
        *(row(1), row(1)),
        *(row(2), row(2, at(4, 7), at(5, 8), 1)),
        *(row(3, until=None), row(3, at(4, 8), at(5, 8), 1, trip=2)),
        row(4, last_at=at(5, 8)),
        row(5, country="LU"),
        row(6, nights=5),
        row(7, nights=0),
        row(8, nights=0, kind="transit", left_censored=True),
        *(row(9), row(9, at(4, 9), at(5, 9), 1)),
        *(row(10, accidental=True), row(11, accidental=True, left_censored=True)),
    )
    assert (found["accidental"], found["accidental_nights"], found["accidental_wrong"]) == (2, 4, 1)
    wrong = "repeated unended backwards at_home nights_wrong kinds_wrong endless_transits".split()
    assert {name: found.get(name) for name in wrong} == dict.fromkeys(wrong, 1)
    assert (found["overlaps"], found["joined_wrong"]) == (2, 3), "who is twice at once overlaps too"


def test_minutes_abroad_between_signs_at_home_are_accidental(found):
    """A night too, if it is one: over 04:00. A visit is none, nor what nobody heard the other side of."""
    brief = [run(at(2, 2, 40)), run(at(2, 2, 55), at(2, 3, 20), "DE"), run(at(2, 3, 50), at(2, 9))]
    visit = [run(at(3, 8)), run(at(3, 8, 10), at(3, 9), "DE"), run(at(3, 9, 10))]
    late, open_ = [run(at(4, 8), at(4, 8), "DE"), run(at(4, 9, 1))], [run(at(5, 8)), run(at(5, 8, 5), None, "DE")]
    rows = found(*brief, *visit, *late, *open_, every=True)
    assert [(r[3].day, r[6], r[11]) for r in rows] == [(2, 1, True), (3, 0, False), (4, 0, False), (5, 30, False)]
    assert not any(r[11] for r in found(*brief, params=Params(catch_minutes=0), every=True))
    assert not any(r[11] for r in found(*brief, params=Params(catch_bracket_minutes=29), every=True))
    assert not any(r[11] for r in found(*[(*r[:2], "FR", *r[3:]) for r in brief], every=True))


# -- the same, one run after the other --------------------------------------------------------------------------------


def by_hand(runs, days=(FIRST, LAST), gap=timedelta(hours=72), short=timedelta(hours=3)):
    start, end = (datetime.combine(d, datetime.min.time(), ZoneInfo(ZONE)) for d in (days[0], days[1] + timedelta(1)))
    out = []
    for device, some in groupby(sorted(runs, key=lambda r: (r[1], r[4])), key=lambda r: r[1]):
        mine = list(some)
        home = min((r[2] for r in mine if r[2]), default=None)
        stays = []
        for _, _, _, country, since, until in mine:
            if stays and stays[-1][0] == country and not (home != "LU" and since - stays[-1][2] >= gap):
                stays[-1][2] = max(until, stays[-1][2])
            else:
                stays.append([country, since, until])
        absence = None
        for n, (country, since, until) in enumerate(stays):
            before, after = stays[n - 1] if n else None, stays[n + 1] if n + 1 < len(stays) else None
            if country == home:
                absence = None
                continue
            absence = since if absence is None or home != "LU" else absence
            back = after[1] if after else None
            if home != "LU":
                elsewhere = after and after[0] != country and after[1] - until < gap
                back = after[1] if elsewhere else until if after or end - until >= gap else None
            stop = back or end.astimezone(UTC)
            zone = ZoneInfo(zone_of_country(country) if country != "LU" else ZONE)
            fours = (datetime.combine(FIRST + timedelta(d), datetime.min.time(), zone) for d in range(-1, 40))
            nights = sum(since <= f.replace(hour=4).astimezone(UTC) < stop for f in fours)
            moved = before and after and before[0] != country != after[0]
            kind = "overnight" if nights else "transit" if moved and after[1] - before[2] < short else "same_day"
            censored = not before and (home == "LU" or since < start + gap)
            known = back if home == "LU" else min(filter(None, (after and after[1], until + gap))) if back else None
            month = min(known or end, end - timedelta(microseconds=1)).astimezone(ZoneInfo(ZONE)).date().replace(day=1)
            at_home = home == "LU" and before and after and before[0] == after[0] == "LU"
            apart = max(since - before[2], after[1] - until) if at_home else None
            brief = bool(at_home) and until - since < timedelta(minutes=30) and apart <= timedelta(hours=1)
            out.append((device, home, country, since, until, back, nights, kind, absence, censored, month, brief))
    return out


@st.composite
def lives(draw):
    """Runs of a few devices that do not overlap, at any instant of five weeks."""
    runs = []
    for device in range(1, draw(st.integers(1, 4)) + 1):
        home = draw(st.sampled_from(["LU", "LU", "FR", None]))
        places = ["LU"] * 3 + ["FR", "PT"] if home == "LU" or draw(st.booleans()) else ["LU"]
        days = draw(st.sampled_from([1, 35]))  # in one day, stays are brief
        instants = sorted(draw(st.sets(st.integers(0, days * 288 - 13), min_size=2, max_size=24)))
        for since, until in zip(instants[::2], instants[1::2], strict=False):
            begin, stop = (at(1, 0) + timedelta(minutes=5 * t) for t in (since, until))
            runs.append(run(begin, stop, draw(st.sampled_from(places)), device=device, home=home))
    return runs


@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(runs=lives(), seed=st.integers(0, 99))
def test_neither_order_nor_partitions_matter(found, runs, seed):
    expected = by_hand(runs)
    rows = found(*runs, shuffled=seed, every=True)
    assert [r[:8] + r[9:] for r in rows] == [e[:8] + e[9:] for e in expected]
    absences = {(r[0], e[8]): r[8] for r, e in zip(rows, expected, strict=True)}
    assert [r[8] for r in rows] == [absences[e[0], e[8]] for e in expected], "one absence, one trip"
    assert len(set(absences.values())) == len(absences)
    assert found(*reversed(runs), every=True) == rows
