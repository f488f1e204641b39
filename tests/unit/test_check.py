"""Frames of figures become verdicts, verdicts stop a night, and Data Docs open anywhere."""

import os
import re
import socket
from dataclasses import asdict
from datetime import date, timedelta

import great_expectations as gx
import pandas as pd
import pytest

from expectations import equal, suite, within
from sojourn.check import FEW, Docs, Verdict, _batches, critical, drift, judge, recall, refuse
from sojourn.errors import DataError, SojournError

DAY = date(2024, 3, 1)
SUITE = suite(
    "people",
    within("critical", "somebody is there", "rows", 1),
    within("warning", "about as many as before", "rows_drift", 0.5, 2),
    equal("critical", "all are counted", "rows", "counted"),
    within("info", "most are tall", "share_tall", 0.5, 1),
)


def frame(*rows, first=DAY):
    units = [first + timedelta(n) for n in range(len(rows))]
    return pd.DataFrame([{"counted": row.get("rows"), "share_tall": 0.9} | row for row in rows]).assign(unit=units)


def of(verdicts, sentence):
    return {v.unit.day: (v.success, v.observed) for v in verdicts if v.expectation == sentence}


def test_a_verdict_per_unit_and_expectation():
    verdicts = judge("people", SUITE, frame({"rows": 500}, {"rows": 0}, {"rows": 500, "counted": 490}))
    assert len(verdicts) == 12
    assert of(verdicts, "somebody is there") == {1: (True, 500), 2: (False, 0), 3: (True, 500)}
    assert of(verdicts, "all are counted") == {1: (True, 0), 2: (True, 0), 3: (False, 10)}
    assert {v.expectation: v.severity for v in verdicts}["most are tall"] == "info"
    assert all(type(v.success) is bool and type(v.observed) in {float, type(None)} for v in verdicts)
    assert {v.table for v in verdicts} == {"people"}


def test_the_order_of_units_does_not_matter():
    metrics = frame(*({"rows": n} for n in (500, 600, 0, 500, 2_000)))
    forth, back = judge("people", SUITE, metrics), judge("people", SUITE, metrics[::-1])
    assert set(forth) == set(back)


def test_drift_is_the_value_over_the_mean_of_up_to_seven_before():
    values = pd.Series([200, 400, 600, 800, *[1_000] * 8, 3_000], dtype=float, name="rows")
    assert drift(values).round(3).tolist()[3:5] == [2.0, 2.0]
    assert drift(values).isna().tolist() == [True] * 3 + [False] * 10
    assert drift(values).iloc[-1] == 3
    assert drift(pd.Series([0.1, None, 0.2, 0.3, 0.4], name="share_tall")).iloc[-1] == pytest.approx(2)


def test_small_counts_do_not_drift_but_a_collapse_does():
    assert drift(pd.Series([9.0, 9, 9, 30], name="rows")).iloc[-1] == 1
    assert drift(pd.Series([9e3, 9e3, 9e3, 0], name="rows")).iloc[-1] == pytest.approx(FEW / 9e3)
    assert drift(pd.Series([0.0, 0, 0, 0.3], name="share_tall")).isna().all()


def test_history_comes_before_and_what_is_judged_replaces_it():
    history = frame(*[{"rows": 1_000}] * 4, first=DAY)
    verdicts = judge("people", SUITE, frame({"rows": 400}, first=DAY + timedelta(3)), history)
    assert of(verdicts, "about as many as before") == {4: (False, 0.4)}
    alone = judge("people", SUITE, frame({"rows": 400}), frame({"rows": 9}).iloc[:0])
    assert of(alone, "about as many as before") == {1: (True, None)}


def test_history_is_recalled_from_verdicts():
    before = judge("people", SUITE, frame(*[{"rows": 1_000}] * 3))
    validations = pd.DataFrame([asdict(v) for v in before]).rename(columns={"unit": "date"})
    verdicts = judge("people", SUITE, frame({"rows": 400}, first=DAY + timedelta(3)), recall(SUITE, validations))
    assert of(verdicts, "about as many as before") == {4: (False, 0.4)}
    assert recall(SUITE, validations.iloc[:0]).empty


def test_an_expectation_that_raises_fails_by_its_severity(caplog):
    broken = gx.expectations.ExpectColumnValuesToMatchRegex(
        column="rows", regex="[", severity="critical", description="a riddle"
    )
    verdicts = judge("people", suite("people", broken), frame({"rows": 5}, {"rows": 6}))
    assert [v.success for v in verdicts] == [False, False]
    assert critical(verdicts) == verdicts
    assert "a riddle" in caplog.text


@pytest.mark.parametrize(
    ("expectations", "metrics", "message"),
    [
        ((), frame({"rows": 1}), "the suite is empty"),
        ((within("info", "old", "age_drift", 0, 1), within("info", "big", "size", 0)), frame({"rows": 1}), "age, size"),
        ((within("info", "one", "rows", 0), within("info", "one", "rows", 1)), frame({"rows": 1}), "sentence"),
        ((gx.expectations.ExpectColumnValuesToNotBeNull(column="rows"),), frame({"rows": 1}), "sentence"),
        ((gx.expectations.ExpectTableRowCountToEqual(value=1, description="a"),), frame({"rows": 1}), "no metric"),
        ((within("info", "one", "rows", 0),), frame({"rows": 1}).iloc[:0], "no unit"),
        ((within("info", "one", "rows", 0),), pd.concat([frame({"rows": 1})] * 2), "occurs twice"),
    ],
)
def test_a_suite_that_proves_nothing_is_our_fault(expectations, metrics, message):
    with pytest.raises(SojournError, match=message) as caught:
        judge("people", suite("people", *expectations), metrics)
    assert caught.value.exit_code == 1
    assert "expectations/people.py" in str(caught.value)


def test_only_critical_failures_stop_a_night():
    refuse([Verdict("t", DAY, "nice", success=False, observed=1, severity="warning")])
    refuse([Verdict("t", DAY, "needed", success=True, observed=1, severity="critical")])
    failed = [Verdict("t", DAY, s, success=False, observed=3, severity="critical") for s in ("needed", "wanted")]
    with pytest.raises(DataError) as caught:
        refuse(failed)
    assert caught.value.exit_code == 3
    assert "\n" not in str(caught.value)
    for part in ("t 2024-03-01", "needed", "observed 3", "1 more", "sojourn check t --day 2024-03-01"):
        assert part in str(caught.value)


def test_docs_open_without_a_network_and_keep_other_tables(tmp_path):
    for table, rows in (("people", 0), ("towns", 7)):
        docs = Docs(tmp_path / "docs")
        judge(table, SUITE, frame({"rows": 3}, {"rows": rows}), docs=docs)
        index = docs.write()
    pages = {p.name: p.read_text(encoding="utf-8") for p in index.parent.glob("*.html")}
    assert set(pages) == {"index.html", "people.html", "towns.html"}
    for page in pages.values():
        assert not re.search(r"https?:|//|<script|<link|<img|@import|url\(", page)
    assert all(f'href="{name}.html"' in pages["index.html"] for name in ("people", "towns"))
    assert "somebody is there" in pages["people.html"]
    assert "fas fa-times" in pages["people.html"]
    assert "2024-03-02" in pages["people.html"]
    assert "fas fa-times" not in pages["towns.html"]
    assert not list(index.parent.glob("*.tmp"))


def test_docs_can_be_written_of_an_expectation_that_raised(tmp_path):
    broken = gx.expectations.ExpectColumnValuesToMatchRegex(
        column="rows", regex="[", severity="critical", description="a riddle"
    )
    docs = Docs(tmp_path)
    judge("people", suite("people", broken), frame({"rows": 5}), docs=docs)
    docs.write()
    assert "a riddle" in (tmp_path / "people.html").read_text(encoding="utf-8")


def test_nothing_is_reported_to_anyone(monkeypatch):
    called = []
    monkeypatch.setattr(socket.socket, "connect", lambda _, address: called.append(address))
    _batches.cache_clear()
    judge("people", SUITE, frame({"rows": 3}))
    assert os.environ["GX_ANALYTICS_ENABLED"] == "false"
    assert not called
