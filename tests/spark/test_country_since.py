"""What is known of devices when a month begins: enough for every row after it to come out the same."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pyspark.sql import functions as F

from jobs import border_crossings, country_since, trips
from jobs.country_since import Params
from schemas import COUNTRY_RUNS, COUNTRY_SINCE
from sojourn.clock import later, midnight

A, B = 613048392019771391, 613048392021868543
FIRST, LAST = date(2026, 3, 1), date(2026, 4, 4)
ZONE, GAP, SILENT = "Europe/Luxembourg", 72, 400
RUN = (
    "date date, device bigint, home_country string, country string, first_at timestamp, last_at timestamp, "
    "first_cell bigint, last_cell bigint, serving_plmn string"
)


def at(day, hour=12, minute=0):
    """An instant of March 2026, UTC."""
    return datetime(2026, 3, 1, hour, minute, tzinfo=UTC) + timedelta(day - 1)


def run(since, until=None, country="LU", *, device=1, home="LU", day=None):
    cells = (A, B) if country == "LU" else (None, None)
    network = None if country == "LU" else f"{country}-1"
    return (day or since.date(), device, home, country, since, until or since, *cells, network)


EVE = at(30), at(31)


@pytest.fixture(scope="module")
def known(spark):
    """The frame of what is known when a day begins."""

    def go(runs, day, silent=SILENT):
        made = country_since.transform(runs, day, "LU", ZONE, GAP, silent, Params())
        assert made.columns == COUNTRY_SINCE.names
        assert [f.dataType for f in made.schema] == [f.dataType for f in COUNTRY_SINCE.schema]
        return made

    return go


def told(frame):
    names = ("country", "first_at", "last_at", "last_cell", "from_country", "from_at", "absent_since")
    return {
        r.device: tuple(v.astimezone(UTC) if isinstance(v, datetime) else v for v in (r[n] for n in names))
        for r in frame.collect()
    }


def after(runs, known, day):
    """What is known, and the runs that began since."""
    late = runs.where((F.col("date") >= later(day, -1)) & (F.col("first_at") >= midnight(day, ZONE)))
    return late.unionByName(known.drop("month"), allowMissingColumns=True)


def test_the_last_stay_of_each_device_with_what_came_before_those_abroad(spark, known):
    runs = spark.createDataFrame(
        [
            *(run(at(2), at(2, 20)), run(at(9), at(9, 18))),
            *(run(at(2), device=2), run(at(3), None, "FR", device=2), run(at(5), None, "BE", device=2)),
            *(run(at(3), None, "FR", device=3), run(at(5), at(5, 13), device=3), run(at(6), device=3)),
            *(run(at(2), device=4, home="DE"), run(at(3), device=4, home="DE"), run(at(8), device=4, home="DE")),
            run(at(10, 0), device=5),  # one hour of the tenth has gone
        ],
        RUN,
    )
    assert told(known(runs, date(2026, 3, 10))) == {
        1: ("LU", at(2), at(9, 18), B, None, None, None),
        2: ("BE", at(5), at(5), None, "FR", at(3), at(3)),
        3: ("LU", at(5), at(6), B, None, None, None),
        4: ("LU", at(8), at(8), B, "LU", at(3), at(8)),
    }


def test_a_foreign_subscriber_is_forgotten_after_a_long_silence_and_nobody_else(spark, known):
    runs = [*(run(at(2), device=d, home=h) for d, h in ((1, "LU"), (2, "DE"))), run(at(2), None, "FR", device=3)]
    frame = spark.createDataFrame(runs, RUN)
    assert set(told(known(frame, date(2026, 3, 20), silent=18))) == {1, 2, 3}
    assert set(told(known(frame, date(2026, 3, 20), silent=17))) == {1, 3}


@st.composite
def lives(draw):
    """Runs of a few devices, some of which overlap the next and carry the date after their own."""
    runs = []
    for device in range(1, draw(st.integers(1, 5)) + 1):
        home = draw(st.sampled_from(["LU", "LU", "FR", None]))
        places = ["LU"] * 3 + ["FR", "PT"] if home == "LU" or draw(st.booleans()) else ["LU"]
        instants = sorted(draw(st.sets(st.integers(0, 34 * 288), min_size=2, max_size=24)))
        for since, until in zip(instants[::2], instants[1::2], strict=False):
            begin, stop = (at(1, 0) + timedelta(minutes=5 * t) for t in (since, until))
            day = later(begin.date(), draw(st.sampled_from([0, 0, 0, 1])))
            runs.append(run(begin, stop, draw(st.sampled_from(places)), device=device, home=home, day=day))
    return runs


@settings(
    max_examples=3,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],  # to shrink takes minutes
    suppress_health_check=list(HealthCheck),
)
@given(runs=lives(), days=st.lists(st.integers(1, 33), min_size=2, max_size=2, unique=True).map(sorted))
def test_it_is_the_same_by_way_of_an_earlier_one_and_so_are_the_rows_after_it(spark, known, runs, days):
    early, day = (FIRST + timedelta(n) for n in days)
    frame = spark.createDataFrame(runs, RUN)
    state = known(frame, day).cache()
    assert told(known(after(frame, known(frame, early), early), day)) == told(state)

    def stays(of):
        span = ((FIRST, LAST), "LU", ZONE, trips.Params(gap_hours=GAP))
        found = trips.transform(of, *span)
        lasting = F.col("returned_at").isNull() | (F.col("returned_at") >= midnight(day, ZONE))
        return sorted(map(str, found.where(lasting).collect()))

    def crossed(of):
        made = border_crossings.transform(of, later(day, 1), "LU", border_crossings.Params())
        return sorted(map(str, made.collect()))

    since = after(frame, state, day)
    assert stays(since) == stays(frame)
    assert crossed(since) == crossed(frame)
    state.unpersist()


def test_the_expectations_find_what_is_wrong(spark):
    from expectations.country_since import measure

    month = date(2026, 4, 1)
    runs = spark.createDataFrame(
        [(*run(at(31), device=d, day=date(2026, 3, 31)), 1) for d in (1, 2, 3)],
        f"{RUN}, n_events bigint",
    ).select(COUNTRY_RUNS.names)

    def row(device, since=EVE[0], until=EVE[1], country="LU", absent=None):
        return (month, device, until.date(), "LU", country, since, until, None, None, None, absent)

    def seen(*rows):
        frames = {"country_since": spark.createDataFrame([*rows], COUNTRY_SINCE.schema), "country_runs": runs}
        (found,) = measure(frames, [month]).collect()
        return {name: value for name, value in found.asDict().items() if value}

    good = [row(1), row(2, country="FR", absent=at(29)), row(3)]
    assert seen(*good) == {"unit": month, "rows": 3}
    found = seen(*good[:2], row(1), row(2, at(32, 13), at(32, 14)), row(4, until=at(29), country="FR", absent=at(31)))
    assert found == {
        **{"unit": month, "rows": 5, "repeated": 2, "backwards": 1, "too_late": 1, "absent_too_late": 1},
        "forgotten": 1,
    }
    assert seen(row(1), row(2, country="FR"), row(3)) == {"unit": month, "rows": 3, "never_left": 1}
