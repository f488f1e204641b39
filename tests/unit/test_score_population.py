"""The planted persons in published cells of all sizes, and what the door costs."""

from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas import RESIDENTS_BY_ORIGIN
from sojourn.cells import cell_of, parent
from sojourn.demo.score import disclosure, population
from sojourn.demo.score.persons import Persons, hour_of, relative_error, spread

DAY = date(2026, 3, 20)  # a Friday
LAT, LON = (a.ravel() for a in np.meshgrid(np.linspace(49.5, 50.0, 9), np.linspace(5.9, 6.3, 9)))
CELLS = np.unique(np.asarray(cell_of(LAT, LON, 8), dtype=np.int64))
HOURS = hour_of(pd.DataFrame({"date": [DAY, DAY], "hour": [3, 12]}))


def row(cell, resolution, hour=3, **more):
    return {"date": DAY, "hour": hour, "cell": cell, "resolution": resolution} | more


def rows_of(*rows):
    whole = pd.DataFrame(rows, dtype=object)  # a cell needs all its digits
    return whole.astype({"cell": "Int64", "resolution": "Int64"}).infer_objects()


def persons(values):
    return Persons(HOURS, CELLS, np.asarray(values, dtype=float))


def test_hours_are_counted_from_1970():
    assert hour_of(pd.DataFrame({"date": [date(1970, 1, 2)], "hour": [5]})).tolist() == [29]


def test_a_published_cell_holds_its_base_cells_and_the_rest_all_others():
    true = persons(np.stack([np.arange(len(CELLS)), np.ones(len(CELLS))]))
    coarse = parent(CELLS, 6)
    published = rows_of(row(CELLS[3], 8), row(coarse[-1], 6), row(None, None), row(None, None, hour=12))
    within = true.within(published)
    big = np.arange(len(CELLS))[coarse == coarse[-1]].sum()
    assert within[:2].tolist() == [3, big]
    assert within[2] == np.arange(len(CELLS)).sum() - 3 - big
    assert within[3] == len(CELLS)


def test_a_cell_where_nobody_was_planted_is_empty():
    elsewhere = int(cell_of([10.0], [10.0], 8)[0])
    assert persons(np.ones((2, len(CELLS)))).within(rows_of(row(elsewhere, 8))).tolist() == [0]


def test_truth_outside_the_published_hours_and_cells_is_left_out():
    rows = rows_of(row(CELLS[0], 8, p=4), row(CELLS[0], 8, hour=13, p=8), row(1, 8, p=16), row(CELLS[0], 8, p=1))
    assert Persons.of(rows, "p", HOURS, CELLS).persons.sum(axis=1).tolist() == [5, 0]


@given(st.integers(5, 8), st.data())
def test_spreading_keeps_every_figure(resolution, data):
    weight = np.array(data.draw(st.lists(st.integers(0, 9), min_size=len(CELLS), max_size=len(CELLS))), dtype=float)
    above = np.unique(parent(CELLS, resolution))
    some = above[: data.draw(st.integers(1, len(above)))]
    published = rows_of(*(row(c, resolution, p=float(i + 1)) for i, c in enumerate(some)))
    out = spread(published, "p", HOURS, CELLS, weight)
    for i, c in enumerate(some):
        assert out[0, parent(CELLS, resolution) == c].sum() == pytest.approx(i + 1)
    assert out.sum() == pytest.approx(published["p"].sum())


def test_what_remains_goes_to_the_cells_without_a_row():
    published = rows_of(row(CELLS[0], 8, p=7.0), row(None, None, p=10.0))
    out = spread(published, "p", HOURS, CELLS, np.ones(len(CELLS)))
    assert out[0, 0] == 7
    assert out[0, 1:] == pytest.approx(10 / (len(CELLS) - 1))
    assert out[1].sum() == 0


def test_no_relative_error_where_nobody_is():
    error = relative_error([110, 5], [100, 0])
    assert error[0] == pytest.approx(0.1)
    assert np.isnan(error[1])


def chart_rows(**more):
    rows = rows_of(*(row(c, 8, hour) for hour in (3, 12) for c in CELLS))
    made = {"population": 100.0, "true": 100.0, "p05": 80.0, "p95": 120.0, "error": 0.0, "inside": True}
    return rows.assign(**(made | more))


@pytest.mark.parametrize(("wide", "reached"), [(20.0, True), (29.0, True), (31.0, False)])
def test_intervals_may_be_0_6_of_the_population(wide, reached):
    assert population.width_goal(chart_rows(p05=100 - wide, p95=100 + wide), "live there").reached is reached
    assert population.width_goal(chart_rows()[:0], "live there").reached is None


def test_devices_are_those_that_the_planted_persons_are_worth():
    assert set(population.devices(chart_rows(population=900.0), per_device=2.0)) == {50.0}, "whatever was published"


@pytest.mark.parametrize(("share", "reached"), [(0.8, False), (0.9, True), (1.0, False)])
def test_an_interval_of_90_percent_holds_about_90(share, reached):
    rows = chart_rows()
    assert population._inside(rows.assign(inside=np.arange(len(rows)) < share * len(rows))).reached is reached


def test_days_are_working_days():
    rows = rows_of(*(row(CELLS[0], 8, h) | {"date": d} for h in (3, 12) for d in (DAY, date(2026, 3, 21))))
    told = {name: population._when(rows, name).tolist() for name in population.TIMES}
    assert list(told.values()) == [[True, True, False, False], [False, False, True, False], [True] * 4]


def test_what_is_left_out_and_what_is_off():
    exact = pd.DataFrame({"zone": ["a", "b", "c"], "n": [100, 300, 4], "devices_exact": [100, 300, 4]})
    published = pd.DataFrame({"month": [DAY] * 3, "zone": ["a", "b", "a"], "devices": [110, 300, 9]})
    published.loc[2, "month"] = date(2026, 2, 1)
    compared = disclosure.compare(RESIDENTS_BY_ORIGIN, DAY, exact, published, ["zone"], ["devices"])
    assert compared.strangers == 0
    line = disclosure._table([compared])[3]
    assert line == "| residents_by_origin, 2026-03 | 3 | 33.3% | 1.0% | devices | 1.0% | 5.0% | 9.5% |"
    more = pd.concat([published, pd.DataFrame({"month": [DAY], "zone": ["d"], "devices": [17]})])
    assert disclosure.compare(RESIDENTS_BY_ORIGIN, DAY, exact, more, ["zone"], ["devices"]).strangers == 1
