"""What published rows say of themselves."""

from dataclasses import replace
from datetime import date

import pandas as pd
import pytest
from filled import filled

import jobs
from schemas import COUNTRY_RUNS, PRESENCE, RESIDENTS_BY_ORIGIN, TABLES, TRANSNATIONAL_STOCKS, VALIDATIONS
from sojourn.clock import days
from sojourn.lake import at_hand
from sojourn.statement import Statement

PARAMS = {job.WRITES.name: job.Params() for job in jobs.JOBS}


@pytest.fixture
def statement(lake):
    def on(table, first, last):
        rows = filled(table, [{"date": day, "device": 1} for day in days(first, last)])
        none = at_hand(VALIDATIONS, pd.DataFrame(columns=VALIDATIONS.names))
        lake.approve(none, {table.name: lake.write(table, rows, None, {})})
        return Statement(lake, PARAMS, {"k": 16})

    return on


def test_coverage_is_the_share_of_the_days_that_somebody_was_seen_on(statement):
    made = statement(PRESENCE, date(2026, 2, 20), date(2026, 3, 10))
    months = [date(2026, 2, 1), date(2026, 3, 1), date(2026, 4, 1)]
    assert made._coverage(RESIDENTS_BY_ORIGIN, months) == dict(zip(months, (9 / 28, 10 / 31, 0), strict=True))


def test_what_looks_back_on_a_year_is_covered_by_a_year(statement):
    made = statement(COUNTRY_RUNS, date(2025, 4, 1), date(2026, 2, 28))
    assert made._coverage(TRANSNATIONAL_STOCKS, [date(2026, 3, 1)]) == {date(2026, 3, 1): 334 / 365}


def test_a_definition_changes_with_what_a_figure_rests_on_and_with_nothing_else():
    def ids(params=PARAMS, rules=None):
        statement = Statement(None, params, {"k": 16} if rules is None else rules)
        return {t.name: statement.definition(t) for t in TABLES if t.tier == "published"}

    usual = ids()
    assert all(told.startswith(f"{name}:") for name, told in usual.items())
    other = ids(PARAMS | {"home_locations": replace(PARAMS["home_locations"], min_nights=5)})
    changed = {name for name in usual if usual[name] != other[name]}
    assert {"residents_by_origin", "cross_border_flows", "population_map", "segregation"} <= changed
    assert not changed & {"population_grid", "intl_call_exposure"}
    assert not {name for name, told in ids(rules={"k": 10}).items() if told == usual[name]}


def test_every_published_table_says_so_and_no_other():
    for table in TABLES:
        told = [c for c in ("obs_status", "coverage", "definition_id") if c in table.names]
        assert told == (["obs_status", "coverage", "definition_id"] if table.tier == "published" else []), table.name
        given = {c for c in told if c in table.given}  # where a row is of one definition of several
        assert all(table[c].null for c in {"coverage", "definition_id"} & set(told) - given), (
            "lakes get them by themselves"
        )
