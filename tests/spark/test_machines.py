"""Machines are told from people by the register and by what they do: meters, trackers, phones, each by hand."""

import random
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from expectations.machines import measure
from jobs import machines
from jobs.machines import Params, window
from schemas import BATCHES, MACHINES, PRESENCE, SUBSCRIBERS, VALIDATIONS
from sojourn.cells import cell_of, centre_of
from sojourn.lake import at_hand
from sojourn.steps import machines as steps

SEEN = "date date, device bigint, country string, cell bigint, hours int, n_events bigint, home_country string"
MONTH, FIRST = date(2026, 3, 1), date(2026, 3, 4)
SPAN = (FIRST, FIRST + timedelta(27))
HERE, NEAR, FAR = (int(c) for c in cell_of([49.61, 49.615, 49.9], [6.13, 6.13, 6.1], 8))


def bits(*hours):
    return sum(1 << h for h in hours)


def days(device, hours, n=None, cell=HERE, *, country="LU", home="LU", dates=range(28)):
    """A row a date; hours, how many events and cell may depend on it."""

    def told(x, d):
        return x(d) if callable(x) else x

    rows = []
    for d in dates:
        seen = told(hours, d)
        if seen:
            many = told(n, d) or len(seen)
            where = told(cell, d) if country == "LU" else None
            rows.append((FIRST + timedelta(d), device, country, where, bits(*seen), many, home))
    return rows


def phone(device, cell=HERE, *, seed=0, home="LU"):
    """Awake from 7 to 23, some ten signs a day, some days none."""
    rng = random.Random(device + 1000 * seed)

    def hours(day):
        return {rng.choice(range(7, 24)) for _ in range(rng.choice((0, 4, 7, 9, 14)))}

    return days(device, hours, cell=cell, home=home)


@pytest.fixture(scope="module")
def told(spark):
    def go(rows, register=(), params=None, windows=None, early=(MONTH,)):
        habits = machines.habits(
            spark.createDataFrame([*register], "device bigint, valid_from date, segment string"),
            spark.createDataFrame([(HERE,), (NEAR,), (FAR,), (None,)], "cell bigint"),
            *(windows or {MONTH: SPAN}, params or Params()),
        )
        made = machines.transform(spark.createDataFrame([*rows], SEEN), habits, early)
        assert made.columns == MACHINES.names
        assert [f.dataType for f in made.schema] == [f.dataType for f in MACHINES.schema]
        return {(r.month, r.device) if windows else r.device: r for r in made.collect()}

    return go


def signs(row):
    return (row.in_place, row.regular, row.punctual, row.sleepless, row.p_machine)


def test_what_machines_do_and_what_people_do(told):
    every_day = range(28)
    rows = [
        *days(1, range(24)),  # a meter by the hour
        *days(2, lambda d: [h for h in range(24) if (h + d * 24) % 5 == 0]),  # every five hours
        *days(3, (14,)),  # a panel, once a day
        *days(4, (2, 8, 14, 20), cell=lambda d: FAR if d % 3 else HERE),  # a tracker by the clock
        *days(5, (1, 7, 13, 19), country="FR"),  # a meter abroad: no cell of it is seen
        *days(6, range(9, 19), lambda d: 5 + 11 * d % 17),  # a till: it does not move, and that is all
        *phone(7),
        *phone(8, cell=lambda d: FAR if d % 2 else HERE, home="FR"),
        *days(9, range(24), dates=every_day[:13]),  # for less than two weeks
        *days(10, range(24), lambda d: 9 if d in (10, 11) else 24),  # two days of an outage
        *days(11, range(24), cell=lambda d: NEAR if d % 2 else HERE),  # between two antennas
        *days(12, (7, 19), cell=lambda d: FAR if d % 3 else HERE),  # a tracker twice a day
        *days(13, lambda d: ((7 + d * 5) % 17 + 6,), cell=lambda d: FAR if d % 3 else HERE),  # once a day, at any hour
    ]
    found = told(rows)
    assert {d: signs(r) for d, r in found.items()} == {
        1: (True, True, True, True, 0.99),
        2: (True, True, False, True, 0.99),
        3: (True, True, True, False, 0.99),
        4: (False, True, True, True, 0.99),
        5: (None, True, True, True, 0.99),
        6: (True, False, False, False, 0),
        7: (True, False, False, False, 0),
        8: (False, False, False, False, 0),
        9: (None, None, None, None, 0),
        10: (True, True, True, True, 0.99),
        11: (True, True, True, True, 0.99),
        12: (False, True, True, False, 0.9),
        13: (False, True, False, False, 0),
    }
    assert (found[9].days_seen, found[9].night_share, found[8].home_country) == (13, 0.25, "FR")
    lat, lon = (np.radians(a) for a in centre_of((HERE, NEAR)))
    between = 6_371_000 * np.hypot(np.diff(lat), np.diff(lon) * np.cos(lat[0]))[0]
    assert found[11].radius_m == pytest.approx(between / 2, rel=0.01)
    assert 14_000 < found[4].radius_m < 16_000
    assert (found[5].radius_m, found[1].dispersion, found[1].provisional) == (None, 0, True)


def test_what_was_sold_as_a_machine_is_one_by_the_newest_word_that_holds(told):
    register = [
        (1, None, "M2M"),
        (2, None, "consumer"),
        *((3, None, "iot"), (3, date(2026, 3, 20), "consumer")),
        *((4, None, "consumer"), (4, date(2026, 4, 20), "m2m")),
        (5, date(2026, 1, 1), "machine"),
    ]
    rows = [*(r for d in (1, 2, 3, 4) for r in phone(d)), *days(5, range(24))]
    found = told(rows, register)
    assert {d: (r.declared, r.p_machine) for d, r in found.items()} == {
        1: (True, 0.917),
        2: (False, 0),
        3: (False, 0),
        4: (False, 0),
        5: (True, 0.99917),
    }
    assert told(rows, register, Params(declared_p=0.0))[1].p_machine == 0


def test_each_sign_can_be_switched_off(told):
    rows = days(1, (1, 7, 13, 19))
    off = {"place_radius_m": 0, "regular_dispersion": 0.0, "punctual_share": 2.0, "sleepless_share": 10.0}
    left = ("in_place", "regular", "punctual", "sleepless")
    for name, value in off.items():
        gone = name.split("_")[0].replace("place", "in_place")
        found = told(rows, params=Params(**{name: value}))[1]
        lost = {gone, "punctual"} if gone == "regular" else {gone}
        assert {sign for sign in left if not getattr(found, sign)} == lost
        assert found.p_machine == (0.9 if len(lost) == 2 else 0.99)
    assert told(rows, params=Params(**off))[1].p_machine == 0


def test_months_are_looked_at_apart(told):
    april = date(2026, 4, 1)
    later = {MONTH: SPAN, april: (FIRST + timedelta(20), FIRST + timedelta(47))}
    found = told(days(1, range(24)), windows=later, early=(april,))
    assert found[MONTH, 1].p_machine == 0.99
    assert (found[april, 1].days_seen, found[april, 1].p_machine, found[april, 1].provisional) == (8, 0, True)
    assert window(date(2026, 3, 31), date(2026, 4, 9), Params()) == (FIRST, date(2026, 3, 31))
    assert window(date(2026, 4, 30), date(2026, 4, 9), Params()) == (date(2026, 3, 13), date(2026, 4, 9))


def test_the_expectations_find_what_is_wrong(spark):
    good = (MONTH, 1, "LU", 28, False, True, True, True, True, 10.0, 0.0, 1.0, 0.25, 0.99, True)

    def seen(*changes):
        rows = [tuple((dict(zip(MACHINES.names, good, strict=True)) | c).values()) for c in changes]
        (found,) = measure({"machines": spark.createDataFrame(rows, MACHINES.schema)}, [MONTH]).collect()
        return {name: value for name, value in found.asDict().items() if value}

    counts = {"unit": MONTH, "rows": 2, "devices": 2, "machines": 2, "undeclared": 2, "domestic": 1}
    counts |= {"domestic_machines": 1, "foreign": 1, "foreign_machines": 1}
    assert seen({}, {"device": 2, "home_country": None}) == counts
    found = seen(
        *({}, {}, {"device": 3, "p_machine": 1.2}),
        {"device": 4, "in_place": None, "regular": False, "punctual": False},
        *({"device": 5, "days_seen": 0}, {"device": 6, "night_share": 1.5}, {"device": 7, "provisional": False}),
        {"device": 8, "declared": True, "regular": False, "punctual": False, "sleepless": False},
    )
    wrong = ("repeated", "outside", "unfounded", "unseen", "wrong", "mixed", "like_people")
    assert {name: found.get(name) for name in wrong} == dict.fromkeys(wrong, 1)


def put(lake, table, rows, units=None):
    none = at_hand(VALIDATIONS, pd.DataFrame(columns=VALIDATIONS.names))
    made = at_hand(table, pd.DataFrame(rows, columns=table.names))
    lake.approve(none, {table.name: lake.write(table, made, units, {})})


def test_the_register_changes_the_months_that_it_speaks_of(spark, land):
    """Built again are those in which a machine is another than before; of other news only a note is taken."""
    land.page |= {"late_days": 7}
    land.page["sources"]["roaming"][0]["late_days"] = 7
    night, newest = land.night(spark), date(2026, 5, 20)
    lake, closed = night.lake, {date(2026, 3, 1), date(2026, 4, 1)}
    file = dict.fromkeys(BATCHES.names, 0) | {"source": "cdr", "file": "f", "sha256": "s"}
    file |= {"ingested_at": pd.Timestamp("2026-05-20", tz="UTC"), "modified_at": pd.Timestamp("2026-05-20", tz="UTC")}
    put(lake, BATCHES, [file | {"batch": d} for d in (FIRST, newest)], [FIRST, newest])
    dates = range(0, 56)
    rows = [*days(1, (9, 20), lambda d: 2 + 7 * d % 11, dates=dates), *days(2, range(24), dates=dates)]
    put(lake, PRESENCE, rows, sorted({r[0] for r in rows}))

    def told(*register):
        if register:
            put(lake, SUBSCRIBERS, [(d, d, since, segment, False) for d, since, segment in register])
        done = steps.machines(night, [newest])
        found = {(r["month"], r["device"]): r["declared"] for r in lake.rows(MACHINES).to_pylist()}
        assert {month for month, _ in found} == closed
        return done and done[1], {key for key, declared in found.items() if declared}

    old, april = (2, None, "m2m"), date(2026, 4, 1)
    both = {(month, 2) for month in closed}
    assert told(old) == (2, both)
    assert told() == (None, both)
    assert told(old, (3, None, "consumer")) == (None, both)
    assert lake.consumed(MACHINES)["consumed"]["subscribers"] == lake.approved(SUBSCRIBERS)
    assert told(old, (1, date(2026, 4, 10), "IoT")) == (1, both | {(april, 1)})
    assert told((2, None, "consumer"), (1, date(2026, 4, 10), "IoT")) == (2, {(april, 1)})
