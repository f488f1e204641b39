"""Where somebody was at four in the morning: signs of some nights, worked out by hand."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from pyspark.sql import functions as F

from expectations.country_nights import measure
from jobs import country_nights
from jobs.country_nights import Params
from schemas import COUNTRY_NIGHTS
from sojourn.errors import ConfigError

RUN = "date date, device bigint, home_country string, country string, first_at timestamp, last_at timestamp"
MONTH, LAST, ZONE = date(2026, 3, 1), date(2026, 3, 31), "Europe/Luxembourg"


def run(device, day, since, until=None, country="LU", home="LU", zone=ZONE):
    """Signs from one local hour of a day of March to another; hours are of the clock there, dates of the clock here."""
    zero = datetime(2026, 3, 1) + timedelta(day - 1)
    ends = [
        (zero + timedelta(hours=h)).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
        for h in (since, since if until is None else until)
    ]
    return (ends[0].astimezone(ZoneInfo(ZONE)).date(), device, home, country, *ends)


@pytest.fixture(scope="module")
def nights(spark):
    def go(*runs, last=LAST, params=None, events=None, rows=False):
        frame = spark.createDataFrame([*runs], RUN)
        told = None if events is None else spark.createDataFrame(events, "device bigint, tac string")
        told = told and told.withColumn("date", F.lit(LAST))
        overnight = country_nights.overnight({MONTH: last}, "LU", ZONE, params or Params())
        found = country_nights.transform(frame, told, overnight, [])
        assert found.columns == COUNTRY_NIGHTS.names
        assert [f.dataType for f in found.schema] == [f.dataType for f in COUNTRY_NIGHTS.schema]
        if rows:
            return found
        bits = {(r.device, r.country): r.nights for r in found.collect()}
        return {key: [d + 1 for d in range(31) if n >> d & 1] for key, n in bits.items()}

    return go


def test_a_sign_tells_of_the_night_whose_four_in_the_morning_is_nearest(nights):
    found = nights(
        *(run(1, 5, 10), run(1, 7, 17), run(1, 9, 15.9, 16.1)),  # from 15:54 to 16:06: of both nights
        *(run(2, 32, 3), run(2, 33, 3), run(2, 1, 12), run(3, 29, 2.5, 3.5)),  # other months; the night the clock skips
    )
    assert found == {(1, "LU"): [4, 7, 8, 9], (2, "LU"): [31], (3, "LU"): [28]}


def test_between_two_countries_the_nearer_sign_tells_and_a_run_that_holds_four_is_nearest(nights):
    found = nights(
        *(run(1, 5, 18, country="FR"), run(1, 6, 7)),  # ten hours before, three after: slept at home
        *(run(2, 5, 10), run(2, 5, 25, country="FR"), run(2, 6, 7)),  # as near: the earlier
        *(run(3, 5, 22), run(3, 6, 3, 15, country="FR"), run(3, 6, 15.5)),
        *(run(4, 5, 12, country="FR"), run(4, 6, 17, country="FR"), run(4, 8, 17)),  # of the night 5 to 6 no sign
    )
    assert found == {
        (1, "LU"): [5],
        (2, "LU"): [4],
        (2, "FR"): [5],
        (3, "FR"): [5],
        (4, "FR"): [4, 6],
        (4, "LU"): [8],
    }


def test_four_in_the_morning_is_told_by_the_clock_of_the_country(nights):
    there = "America/New_York"
    found = nights(
        run(1, 5, 16.5, country="US", zone=there), run(1, 10, 15.5, country="US", zone=there), run(1, 20, 12)
    )
    assert found == {(1, "US"): [5, 9], (1, "LU"): [19]}


def test_of_guests_only_evenings_and_small_hours_tell(nights):
    guest = [run(1, 5, 8, 19.9, home="FR"), run(1, 6, 8, 20, home="FR"), run(1, 9, 4.9, home=None)]
    assert nights(*guest) == {(1, "LU"): [6, 8]}
    assert nights(*guest, params=Params(evening_from=12, morning_to=12)) == {(1, "LU"): [4, 5, 6, 8]}
    assert nights(run(1, 5, 8, 19, home="FR")) == {}


def test_nights_that_are_not_over_are_not_told(nights):
    runs = [run(1, d, 21) for d in (4, 5, 6)]
    assert nights(*runs, last=date(2026, 3, 5)) == {(1, "LU"): [4, 5]}
    assert nights(*runs, last=date(2026, 2, 28)) == {}


def test_the_model_of_the_handset_is_that_of_most_events(nights):
    events = [(1, "35000001"), (1, "35000001"), (1, "99000001"), (1, None), (2, None), (3, "35000001"), (3, "99000001")]
    found = nights(*(run(d, 5, 21) for d in (1, 2, 3)), events=events, rows=True)
    assert {r.device: r.tac for r in found.collect()} == {1: "35000001", 2: None, 3: "99000001"}
    assert {r.tac for r in nights(run(1, 5, 21), rows=True).collect()} == {None}


def test_values_that_cannot_be_are_refused_by_name():
    for name, value in (("evening_from", 11), ("morning_to", 13)):
        with pytest.raises(ConfigError) as refused:
            Params(**{name: value})
        assert refused.value.where == f"tables.country_nights.{name}"


def test_what_is_checked_is_measured(spark, nights):
    whole = nights(*(run(d, n, 21) for d in (1, 2) for n in (3, 4)), run(1, 6, 21, country="FR"), rows=True).collect()

    def seen(*rows):
        frame = spark.createDataFrame([*rows], COUNTRY_NIGHTS.schema)
        return measure({"country_nights": frame}, [MONTH]).first().asDict()

    wrong = ("repeated", "twice", "nightless", "outside", "torn", "mixed")
    assert {seen(*whole)[name] for name in wrong} == {0}
    row = dict(zip(COUNTRY_NIGHTS.names, (MONTH, 9, "LU", "DE", 1, None, False), strict=True))
    assert seen(*whole, tuple(row.values()), tuple((row | {"country": "FR"}).values()))["twice"] == 1
    assert seen(*whole, tuple(row.values()), tuple((row | {"nights": 2}).values()))["repeated"] == 1
    for name, other in (("nightless", {"nights": 0}), ("mixed", {"provisional": True})):
        assert seen(*whole, tuple((row | other).values()))[name] == 1
    february = row | {"month": date(2026, 2, 1), "nights": 1 << 28}
    frame = spark.createDataFrame([tuple(february.values())], COUNTRY_NIGHTS.schema)
    assert measure({"country_nights": frame}, [february["month"]]).first().outside == 1
    assert seen(*whole, tuple((row | {"device": 2, "home_country": "DE"}).values()))["torn"] == 1
