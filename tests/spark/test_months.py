"""Nights that know the beginning of a month leave the rows of a lake that is built at once."""

import random
from datetime import UTC, date, datetime, timedelta

import pandas as pd
import pytest

from schemas import BATCHES, BORDER_CROSSINGS, COUNTRY_RUNS, COUNTRY_SINCE, PRESENCE, TRIPS, VALIDATIONS
from sojourn.clock import days, later
from sojourn.lake import at_hand
from sojourn.night import Night
from sojourn.steps import dates
from sojourn.upkeep import expire
from tests.conftest import Land

FIRST, LAST, OLD = date(2026, 3, 20), date(2026, 5, 12), date(2026, 4, 10)
STEPS = (dates.country_since, dates.border_crossings, dates.trips)
LATE = 7


def lives() -> dict[date, list[dict]]:
    """Runs of thirty devices by date: at home, abroad for weeks, caught across the border, foreign with silences."""
    rng, out = random.Random(11), {day: [] for day in days(FIRST, LAST)}
    for device in range(30):
        home = rng.choice(["LU", "LU", "FR", None])
        place, back = "LU", None
        for day, runs in out.items():
            if home == "LU" and not back and rng.random() < 0.08:
                place = rng.choice(["LU", "LU", "BE", "PT"])
            if not back and rng.random() < (0.3 if home == "LU" else 0.6):  # not a sign
                continue
            since = datetime(day.year, day.month, day.day, rng.randrange(3, 12), tzinfo=UTC)
            until, since, back = since + timedelta(hours=rng.randrange(9)), back or since, None
            if place == home == "LU" and day < LAST and rng.random() < 0.15:
                # three minutes abroad before midnight, at home again after it
                until = datetime(day.year, day.month, day.day, 22 if day < date(2026, 3, 29) else 21, 40, tzinfo=UTC)
                back = until + timedelta(minutes=30)
                runs.append(
                    a_run(day, device, home, "DE", until + timedelta(minutes=10), until + timedelta(minutes=13))
                )
            runs.append(a_run(day, device, home, place, since, until))
    return out


def a_run(day: date, device: int, home: str | None, place: str, since: datetime, until: datetime) -> dict:
    cell = 613048392019771391 if place == "LU" else None
    return dict(zip(COUNTRY_RUNS.names, (day, device, home, place, None, since, until, cell, cell, 2), strict=True))


def put(night: Night, runs: dict[date, list[dict]], newest: date) -> None:
    """What the tables before leave: runs of these dates, a landing day, a first date."""
    lake = night.lake
    batch = {"source": "cdr", "file": "f", "bytes": 1, "rows_read": 1, "rows_accepted": 1}
    batch |= dict.fromkeys([n for n in BATCHES.names if n not in ("batch", *batch)])
    batch |= {
        c.name: 0 for c in BATCHES.columns if batch.get(c.name, 0) is None and not c.null and c.type != "timestamp"
    }
    batch |= {"ingested_at": pd.Timestamp("2026-01-01", tz="UTC")}
    seen = (FIRST, 1, "LU", 613048392019771391, 1, 1, "LU")
    seen = dict(zip(("date", "device", "country", "cell", "hours", "n_events", "home_country"), seen, strict=True))
    rows = {
        COUNTRY_RUNS: ([r for some in runs.values() for r in some], sorted(runs)),
        BATCHES: ([batch | {"batch": day} for day in (FIRST, newest)], [FIRST, newest]),
        PRESENCE: ([seen], [FIRST]),
    }
    none = at_hand(VALIDATIONS, pd.DataFrame(columns=VALIDATIONS.names))
    for table, (some, units) in rows.items():
        made = at_hand(table, pd.DataFrame(some, columns=table.names))
        lake.approve(none, {table.name: lake.write(table, made, units, {})})


def rows(night: Night) -> dict[str, list[str]]:
    return {
        t.name: sorted(map(str, night.lake.read(t).select(t.names).collect()))
        for t in (COUNTRY_SINCE, BORDER_CROSSINGS, TRIPS)
    }


@pytest.fixture
def night(spark, tmp_path):
    land = Land(tmp_path)

    def on(lake: str) -> Night:
        land.page |= {"lake": lake, "late_days": LATE}
        land.page["sources"]["roaming"][0]["late_days"] = LATE
        return land.night(spark)

    return on


def test_night_after_night_over_two_months_is_the_same_as_all_at_once(night, monkeypatch):
    """Late runs come every night; once, against all rules, an old date changes. Each night is a process of its own."""
    told, looked_back = lives(), []
    reaching = dates._reaching
    monkeypatch.setattr(dates, "_reaching", lambda n, since: looked_back.append(reaching(n, since)) or looked_back[-1])
    done: set[date] = set()
    known = (date(2026, 4, 12), date(2026, 4, 13), date(2026, 5, 11))
    for newest in (date(2026, 4, 7), date(2026, 4, 12), date(2026, 4, 13), date(2026, 5, 10), date(2026, 5, 11), LAST):
        night_ = night("nightly")
        came = {d: told[d] for d in told if d <= newest and (d not in done or d >= later(newest, -LATE))}
        if newest == LAST:
            came[OLD] = told[OLD]
        partly = {d for d in came if d in (OLD, later(newest, -1)) and newest != LAST}
        put(night_, {d: some[::2] if d in partly else some for d, some in came.items()}, newest)
        done = (done | set(came)) - partly | {OLD}
        looked_back.clear()
        for step in STEPS:
            step(night_, [newest])
        month = {4: date(2026, 4, 1), 5: date(2026, 5, 1)}[newest.month] if newest.day > LATE + 1 else None
        assert {r["month"] for r in night_.lake.rows(COUNTRY_SINCE).to_pylist()} == ({month} if month else set())
        # all runs where nothing is known, or an old date changed; else those since the month before the late ones began
        assert [some for _, some in looked_back] == [newest in known] * 2
    at_once = night("at_once")
    put(at_once, told, LAST)
    for step in STEPS:
        step(at_once, [LAST])
    assert rows(night("nightly")) == rows(at_once)
    found = rows(at_once)
    assert all(len(some) > 20 for some in found.values())
    assert {t["month"] for t in at_once.lake.rows(TRIPS).to_pylist()} >= {date(2026, 4, 1), date(2026, 5, 1)}
    assert sum("accidental=True" in row for row in found["border_crossings"]) > 20
    assert sum("accidental=True" in row for row in found["trips"]) > 10


def test_trips_stay_when_the_runs_they_were_made_of_expire(night):
    """Also in the night in which the first of a month is the first date that late records do not reach."""
    told, newest = lives(), date(2026, 5, 9)
    for lake, nights in (("undisturbed", (8, 9)), ("kept", (8, 9, 10))):
        for n in nights:
            if lake == "kept" and n == 9:
                expire(night(lake).lake, COUNTRY_RUNS, later(date(2026, 4, 1), -1))
            since = {8: FIRST, 9: later(newest, -LATE), 10: OLD}[n]
            night_ = night(lake)
            put(night_, {d: told[d] for d in told if since <= d <= date(2026, 5, n)}, date(2026, 5, n))
            for step in STEPS:
                step(night_, [date(2026, 5, n)])
            if lake == "kept" and n == 9:
                assert rows(night_) == rows(night("undisturbed"))
    march = [
        [r for r in rows(night(lake))["trips"] if "month=datetime.date(2026, 3" in r]
        for lake in ("undisturbed", "kept")
    ]
    assert march[0] == march[1] and len(march[0]) > 5, "an old date has changed, and all runs that are left were read"
