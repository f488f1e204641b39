"""What stays make of people: the table of classes by hand, and whole lives."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyspark.sql import functions as F

from jobs import transnationals
from jobs.transnationals import Params, kind_of_life
from schemas import TRANSNATIONALS

RUN = "date date, device bigint, home_country string, country string, first_at timestamp, last_at timestamp"
MONTH, ZONE = date(2026, 3, 1), "Europe/Luxembourg"
AS_OF = date(2026, 4, 4)  # 35 days from Sunday, 1 March
LIFE = (
    "nights int, visits int, longest_nights int, weekday_share double, in_quarters int, at_both_ends boolean, "
    "end_seen boolean, bracketed boolean"
)


def run(day, since, until, country="LU", *, device=1, home="LU"):
    """From one local hour of a day of March 2026 to another; hours past 24 go into the days after, a run per date."""
    zone, first = ZoneInfo(ZONE), datetime(2026, 3, 1) + timedelta(day - 1)
    rows = []
    for n in range(int(until - 1e-6) // 24 + 1):
        a, b = max(since, 24 * n), min(until, 24 * n + 23.9)
        if a <= b:
            ends = [(first + timedelta(hours=h)).replace(tzinfo=zone).astimezone(UTC) for h in (a, b)]
            rows.append(((first + timedelta(n)).date(), device, home, country, *ends))
    return rows


def life(device, *parts, home="LU"):
    """Parts are (day, local hour, local hour, country)."""
    return [r for part in parts for r in run(*part, device=device, home=home)]


@pytest.fixture(scope="module")
def made(spark):
    def go(rows, as_of=AS_OF, days=35, params=None, provisional=True, shuffled=None, machines=()):
        frame = spark.createDataFrame([*rows], RUN)
        if shuffled is not None:
            frame = frame.repartition(3, F.hash("first_at", F.lit(shuffled))).orderBy(F.rand(shuffled))
        told = spark.createDataFrame([*machines], "device bigint, days_seen int, p_machine double")
        found = transnationals.transform(frame, told, MONTH, as_of, days, provisional, "LU", ZONE, params or Params())
        assert found.columns == TRANSNATIONALS.names
        assert [f.dataType for f in found.schema] == [f.dataType for f in TRANSNATIONALS.schema]
        return {(r.device, r.country): r for r in found.collect()}

    return go


def classes(rows):
    return {key: (r["class"], r.nights, r.visits) for key, r in rows.items()}


# -- the table of docs/methods.md --------------------------------------------------------------------------------------


def lot(nights, visits, longest=None, weekdays=1.0, quarters=4, *, ends=False, seen=True, bracketed=False):
    return (nights, visits, min(nights, longest or nights), weekdays, quarters, ends, seen, bracketed)


TABLE = {
    35: [
        (lot(28, 3, ends=True), "long_stayer"),
        (lot(27, 3, ends=True), "transnational"),  # under 0.8 of the days
        (lot(28, 3, 20), "transnational"),  # no sign abroad in the first or the last week
        (lot(28, 1), "seasonal"),
        (lot(28, 1, seen=False), "visitor"),
        (lot(0, 8), "commuter"),
        (lot(8, 8), "commuter"),
        (lot(9, 8), "transnational"),  # more than a night a visit
        (lot(8, 8, weekdays=0.84), "transnational"),
        (lot(17, 20, weekdays=17 / 20), "commuter"),
        (lot(0, 7), "visitor"),  # fewer visits than are evidence, though more than 48 a year
        (lot(6, 2), "transnational"),
        (lot(5, 2), "visitor"),
        (lot(20, 1), "visitor"),
        (lot(30, 1, ends=True, bracketed=True), "long_stayer"),
    ],
    28: [(lot(23, 1, ends=True), "long_stayer"), (lot(23, 1, ends=True, bracketed=True), "visitor")],
    100: [
        (lot(9, 2), "transnational"),  # 31 nights and 5 visits a year are 8.5 and 1.4
        (lot(8, 2), "visitor"),
        (lot(9, 1), "visitor"),
        (lot(40, 1), "seasonal"),
        (lot(27, 1), "visitor"),
        (lot(0, 14), "commuter"),
        (lot(0, 13), "visitor"),
        (lot(80, 5, 20, ends=True), "long_stayer"),
    ],
    200: [(lot(101, 3), "long_stayer"), (lot(100, 3), "transnational")],  # 183 nights a year, at the ends or not
    365: [
        (lot(183, 1), "long_stayer"),
        (lot(182, 5, 40), "transnational"),
        (lot(182, 4, 40), "seasonal"),
        (lot(182, 4, 27), "visitor"),
        (lot(31, 5), "transnational"),
        (lot(31, 5, quarters=2), "seasonal"),
        (lot(31, 5, 9, quarters=2), "visitor"),
        (lot(30, 40, weekdays=0.7), "visitor"),
        (lot(40, 48), "commuter"),
        (lot(40, 47), "transnational"),
    ],
}


@pytest.mark.parametrize("days", TABLE)
def test_the_first_rule_that_fits(spark, days):
    rows = spark.createDataFrame([(n, *row) for n, (row, _) in enumerate(TABLE[days])], f"n int, {LIFE}")
    found = {r.n: r.kind for r in rows.select("n", kind_of_life(days, Params()).alias("kind")).collect()}
    assert [found[n] for n in range(len(found))] == [kind for _, kind in TABLE[days]]


# -- people -----------------------------------------------------------------------------------------------------------

WORKDAYS = [d for d in range(1, 36) if (date(2026, 3, 1) + timedelta(d - 1)).weekday() < 5]
PEOPLE = {
    # ours: signs at home and abroad
    "visitor": life(1, (1, 8, 20, "LU"), (9, 12, 20, "ES"), (13, 9, 10, "ES"), (13, 18, 20, "LU")),
    "commuter": life(2, *(p for d in WORKDAYS for p in ((d, 6, 7, "LU"), (d, 8, 16, "DE"), (d, 18, 22, "LU")))),
    "transnational": life(
        3, *(p for d in (2, 12, 22) for p in ((d, 8, 9, "LU"), (d, 14, 80, "FR"), (d + 3, 20, 22, "LU")))
    ),
    "seasonal": life(4, (1, 8, 20, "LU"), (3, 12, 20, "PT"), (27, 9, 10, "PT")),  # silent in the last week
    "long_stayer": life(5, (1, 9, 300, "PT"), (14, 9, 60, "LU"), (17, 9, 400, "PT")),
}  # fmt: skip


def test_one_person_of_each_class_in_35_days(made):
    rows = made([r for person in PEOPLE.values() for r in person])
    assert classes(rows) == {
        key: value
        for device, country, *value in (
            (1, "ES", "visitor", 4, 1),
            (2, "DE", "commuter", 0, 25),
            (3, "FR", "transnational", 9, 3),
            (4, "PT", "seasonal", 32, 1),
            (5, "PT", "long_stayer", 31, 2),
        )
        for key, value in (((device, country), tuple(value)), ((device, "*"), tuple(value)))
    }
    assert {(r.month, r.as_of, r.days_covered, r.provisional, r.home_country) for r in rows.values()} == {
        (MONTH, AS_OF, 35, True, "LU")
    }
    assert (rows[5, "PT"].longest_nights, rows[3, "FR"].longest_nights) == (18, 3)
    assert (rows[2, "*"].weekday_share, rows[3, "*"].weekday_share) == (1.0, 2 / 3)


def test_foreign_subscribers_are_of_the_same_classes(made):
    """Nobody sees them go home: who is heard by day and on weekdays alone comes every day anew."""
    rows = [
        *life(1, (10, 12, 20, "LU"), (13, 9, 10, "LU"), home="FR"),
        *life(2, *((d, 8, 17, "LU") for d in WORKDAYS), home="FR"),
        *life(3, *((d, 10, 82, "LU") for d in (2, 9, 16, 23, 30)), home="DE"),
        *life(5, *((d, 8, 22, "LU") for d in range(1, 36)), home=None),
        *life(6, *((d, 12, 13, "LU") for d in range(1, 36)), home="PT"),  # every day at noon, Sundays too: lives here
        *life(
            7, *((d, 8, 21 if d % 3 else 17, "LU") for d in WORKDAYS), home="FR"
        ),  # evenings here: stays the week, goes home for the weekend
    ]
    found = classes(made(rows))
    assert found == {
        key: value
        for device, *value in (
            (1, "visitor", 3, 1),
            (2, "commuter", 1, 25),  # of the last evening nobody knows whether it was the last
            (3, "transnational", 17, 5),  # the last stay is not over
            (5, "long_stayer", 34, 1),
            (6, "long_stayer", 34, 1),
            (7, "transnational", 21, 5),
        )
        for key, value in (((device, "LU"), tuple(value)), ((device, "*"), tuple(value)))
    }
    never = classes(made(rows, params=Params(day_share=1.01, weekend_hours=72)))
    assert never[2, "LU"] == ("long_stayer", 33, 1)


def test_who_stays_the_working_week_goes_home_for_the_weekend(made):
    """62 hours of silence join a foreign SIM's weeks into one stay; weekends part them if it is never here on one."""
    weeks = [(day, 7, 4 * 24 + 17, "LU") for day in (2, 9, 16, 23, 30)]  # Monday 7:00 to Friday 17:00
    resident = [*weeks, *((day, 12, 13, "LU") for day in (7, 8, 14, 15, 21, 22, 28, 29))]  # and at weekends
    rows = [*life(1, *weeks, home="FR"), *life(2, *resident, home="FR")]
    found = classes(made(rows))
    assert found[1, "LU"] == ("transnational", 21, 5)  # the last week may go on
    assert found[2, "LU"][0] == "long_stayer"
    assert classes(made(rows, params=Params(weekend_hours=100)))[1, "LU"][0] == "long_stayer", "the rule is off"


def test_all_foreign_countries_together(made):
    """Successive stays abroad without a sign at home between are one visit; no one country says who lives abroad."""
    rows = [
        *life(1, (1, 9, 10, "LU"), (3, 9, 60, "FR"), (6, 9, 60, "ES"), (9, 9, 60, "FR"), (12, 9, 10, "LU")),
        *life(2, (1, 9, 10, "FR"), (12, 9, 10, "DE"), (24, 9, 10, "BE"), (35, 9, 10, "BE")),
    ]
    found = made(rows)
    assert classes(found) == {
        (1, "FR"): ("transnational", 6, 2),
        (1, "ES"): ("visitor", 3, 1),
        (1, "*"): ("visitor", 9, 1),  # away and back: a journey, however many countries it had
        (2, "FR"): ("visitor", 11, 1),
        (2, "DE"): ("visitor", 12, 1),
        (2, "BE"): ("visitor", 11, 1),
        (2, "*"): ("long_stayer", 34, 1),
    }
    assert (found[1, "*"].longest_nights, found[2, "*"].longest_nights) == (9, 34)


def test_transits_are_no_visits_and_make_no_row(made):
    rows = [
        *life(1, (2, 8, 9, "LU"), (2, 9.5, 10, "BE"), (2, 10.5, 60, "NL"), (5, 8, 9, "LU")),
        *life(2, (2, 8, 9, "LU"), (2, 9.5, 10, "BE"), (2, 10.5, 11, "LU")),
    ]
    assert classes(made(rows)) == {(1, "NL"): ("visitor", 3, 1), (1, "*"): ("visitor", 3, 1)}


def test_nights_are_those_of_the_days_covered(made):
    """Open stays last to the end of as_of; in the east a night may come twice, and no device has more than days."""
    rows = life(1, (1, 0, 10, "PT"), (15, 6, 10, "JP"), (30, 0, 10, "JP"))
    found = made(rows)[1, "*"]
    assert (found.nights, found.longest_nights) == (35, 35)
    assert made(rows, as_of=date(2026, 3, 31), days=31)[1, "*"].nights == 31


def test_machines_have_no_row(made):
    """By all months that are covered: what looked like one for some days is none."""
    rows = [r for device in (1, 2, 3, 4) for r in life(device, (2, 8, 9, "LU"), (3, 9, 60, "FR"), (6, 9, 10, "LU"))]
    machines = [(1, 28, 0.99), (2, 4, 0.99), (2, 28, 0.0), (3, 28, 0.9), (3, 28, 0.1)]
    assert {device for device, _ in made(rows, machines=machines)} == {2, 4}
    for share, left in ((0.51, {2, 3, 4}), (1.01, {1, 2, 3, 4})):
        assert {d for d, _ in made(rows, machines=machines, params=Params(machine_share=share))} == left


def test_a_month_says_whether_it_is_provisional(made):
    rows = PEOPLE["visitor"]
    assert {r.provisional for r in made(rows, provisional=False).values()} == {True}, "35 days are no year"
    assert {r.provisional for r in made(rows, days=365, provisional=False).values()} == {False}
    assert {r.provisional for r in made(rows, days=365, provisional=True).values()} == {True}


def test_fewer_days_than_are_evidence_make_no_class(made):
    assert made(PEOPLE["visitor"], as_of=date(2026, 3, 27), days=27) == {}
    assert made(PEOPLE["visitor"], as_of=date(2026, 3, 28), days=28) != {}


def test_signs_abroad_in_the_first_and_the_last_week(made):
    """On the seventh day from the end, not on the eighth."""
    rows = [
        *life(1, (1, 8, 9, "LU"), (7, 20, 21, "PT"), (29, 8, 9, "PT")),
        *life(2, (1, 8, 9, "LU"), (7, 20, 21, "PT"), (28, 8, 9, "PT")),
    ]
    found = made(rows)
    assert (found[1, "PT"].nights, found[2, "PT"].nights) == (28, 28)
    assert (found[1, "PT"]["class"], found[2, "PT"]["class"]) == ("long_stayer", "seasonal")


def test_visits_in_three_quarters_of_a_year(made):
    """31 nights in five visits are a transnational's if they are spread, from 270 days covered on."""

    def year(*begins):
        visits = [(d, 0, 24 * 7 + 1, "FR") for d in begins]
        return life(1, *(p for v in visits for p in ((v[0] - 1, 9, 10, "LU"), v, (v[0] + 7, 9, 10, "LU"))))

    end = date(2026, 3, 1) + timedelta(364)
    assert made(year(5, 20, 110, 120, 200), as_of=end, days=365)[1, "*"]["class"] == "transnational"
    assert made(year(5, 20, 110, 120, 150), as_of=end, days=365)[1, "*"]["class"] == "visitor"


def test_the_expectations_find_what_is_wrong(spark, made):
    from expectations.transnationals import measure

    def seen(*rows):
        frame = spark.createDataFrame([*rows], TRANSNATIONALS.schema)
        (found,) = measure({"transnationals": frame}, [MONTH]).collect()
        return {name: value for name, value in found.asDict().items() if value}

    def row(device, country, kind="visitor", nights=4, visits=1, **other):
        told = {"month": MONTH, "as_of": date(2026, 3, 31), "device": device, "home_country": "LU", "country": country}
        told |= {"nights": nights, "visits": visits, "longest_nights": nights, "weekday_share": 1.0}
        told |= {"days_covered": 31, "class": kind, "provisional": True} | other
        return tuple(told[n] for n in TRANSNATIONALS.names)

    def both(device, *args, **other):
        return row(device, "FR", *args, **other), row(device, "*", *args, **other)

    lives = made([r for person in PEOPLE.values() for r in person], as_of=date(2026, 3, 31), days=31)
    counts = {"rows": 10, "devices": 5, "visitor": 1, "commuter": 1, "transnational": 1, "long_stayer": 2}
    found = seen(*map(tuple, lives.values()))
    assert {n: v for n, v in found.items() if not n.endswith("_nights")} == {"unit": MONTH, **counts}
    found = seen(
        *(*both(1), row(1, "FR")),
        row(2, "FR"),
        *(row(3, "FR"), row(3, "*", nights=5)),
        *(row(4, "FR"), row(4, "*", visits=2)),
        *both(5, nights=32),
        *both(6, visits=0),
        *both(7, weekday_share=1.1),
        *both(8, days_covered=366),
        *both(9, as_of=date(2026, 4, 1)),
        *both(10, provisional=False),
        *(row(11, "LU"), row(11, "*")),
        *both(12, "commuter"),
        *both(13, "seasonal", nights=0),
    )
    twice = "nights_wrong unvisited outside_shares days_wrong stale final_too_early single_visits nightless".split()
    expected = dict.fromkeys(twice, 2) | dict.fromkeys(("repeated", "half", "visits_differ", "at_home"), 1)
    assert {name: found.get(name) for name in expected} == expected
    assert (found["nights_differ"], found["mixed"]) == (1, 3)


SIGNS = st.lists(
    st.tuples(st.integers(1, 35), st.integers(0, 22), st.sampled_from(["LU", "FR", "PT"]), st.integers(1, 3)),
    min_size=1,
    max_size=40,
    unique_by=lambda s: (s[0], s[1] // 4, s[3]),
)


@settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(signs=SIGNS, seed=st.integers(0, 99))
def test_neither_order_nor_partitions_matter(made, signs, seed):
    homes = {1: "LU", 2: "LU", 3: "FR"}
    rows = [r for d, h, c, device in signs for r in run(d, h, h + 0.5, c, device=device, home=homes[device])]
    found = made(rows)
    assert made(list(reversed(rows)), shuffled=seed) == found
    for device in {d for d, _ in found}:
        one = [r for (d, c), r in found.items() if d == device and c != "*"]
        every = found[device, "*"]
        assert every.nights == min(35, sum(r.nights for r in one))
        assert max(r.longest_nights for r in one) <= every.longest_nights <= every.nights
        assert every.visits <= sum(r.visits for r in one)
