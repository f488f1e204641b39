"""How good a night is, and what is not said of it: no session is needed, the job is made of a few rows."""

from datetime import date

import pandas as pd

from jobs import night_quality
from schemas import NIGHT_QUALITY

DAY, BEFORE = date(2026, 3, 10), date(2026, 3, 9)
K = 16


def measured(*rows):
    names = ["date", "table", "rows", "devices", "share_rejected", "share_unplaced", "cells_reporting_share"]
    frame = pd.DataFrame(rows, columns=names)
    return frame.astype(dict.fromkeys(names[2:], "Float64"))


def failed(*rows):
    return pd.DataFrame(rows, columns=["date", "table", "checks_failed"])


def made(rows, faults=None, units=(DAY,), k=K):
    out = night_quality.transform(rows, failed() if faults is None else faults, units, k)
    assert list(out.columns) == NIGHT_QUALITY.given
    return out.astype(object).where(out.notna(), None).set_index("table").to_dict("index")


def test_what_fewer_than_k_devices_stand_behind_is_not_said():
    rows = measured(
        (DAY, "few", 500, K - 1, 0.1, 0.2, 0.3),
        (DAY, "enough", 500, K, 0.1, 0.2, 0.3),
        (DAY, "none", 0, 0, None, None, None),
    )
    found = made(rows)
    measures = ("rows", "share_rejected", "share_unplaced", "cells_reporting_share")
    assert {t: [r[m] for m in measures] + [r["obs_status"]] for t, r in found.items()} == {
        "few": [None, None, None, None, "Q"],
        "enough": [500, 0.1, 0.2, 0.3, "A"],
        "none": [None, None, None, None, "Q"],
    }


def test_a_table_that_is_not_about_devices_is_always_shown():
    row = made(measured((DAY, "batches", 3, None, 0.5, None, None)))["batches"]
    assert (row["rows"], row["share_rejected"], row["obs_status"]) == (3, 0.5, "A")


def test_rows_that_are_devices_are_told_in_steps_of_k():
    rows = measured((DAY, "homes", 500, 500, None, None, None), (DAY, "events", 501, 500, None, None, None))
    assert {t: r["rows"] for t, r in made(rows).items()} == {"homes": 496, "events": 501}


def test_failed_checks_are_counted_and_none_is_none():
    rows = measured((DAY, "events", 99, 40, 0, 0, 0), (DAY, "presence", 99, 40, None, None, None))
    found = made(rows, failed((DAY, "events", 2), (BEFORE, "presence", 7)))
    assert (found["events"]["checks_failed"], found["presence"]["checks_failed"]) == (2, 0)


def test_failed_checks_are_told_even_where_the_rest_is_hidden():
    row = made(measured((DAY, "events", 3, 2, 0.5, 0, 0)), failed((DAY, "events", 1)))["events"]
    assert (row["rows"], row["checks_failed"], row["obs_status"]) == (None, 1, "Q")


def test_only_the_dates_that_were_asked_for():
    rows = measured((DAY, "events", 1, 20, 0, 0, 0), (BEFORE, "events", 2, 20, 0, 0, 0))
    assert [r["rows"] for r in made(rows, units=[BEFORE]).values()] == [2]
    assert made(rows, units=[]) == {}


def test_k_is_the_configuration_s():
    rows = measured((DAY, "events", 5, 3, 0, 0, 0))
    assert made(rows, k=3)["events"]["obs_status"] == "A"
    assert made(rows, k=4)["events"]["obs_status"] == "Q"
