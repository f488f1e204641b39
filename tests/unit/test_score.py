"""The score against a lake of a few rows that is right, and against the ways in which it can be wrong."""

from datetime import UTC, date, datetime

import pandas as pd
import pyarrow as pa
import pytest
from click.testing import CliRunner
from deltalake import write_deltalake
from pyarrow import parquet

import schemas
from jobs.cross_border_flows import Params
from sojourn.cells import cell_of, neighbours, text
from sojourn.demo.score.__main__ import main
from sojourn.demo.score.catches import loose
from sojourn.demo.score.homes import dwellings, judged, outcome, share_right
from sojourn.demo.score.sources import frame
from sojourn.pseudonym import pseudonym

KEY = "0123456789abcdef0123456789abcdef"
CONF = f"""\
lake: lake
purpose: test
home: {{country: LU, mcc: ["270"], time_zone: Europe/Luxembourg}}
key: {KEY}
sources:
  cdr:
    - path: landing/{{date}}.csv
      format: csv
      columns: {{subscriber: a, event_time: b, cell_id: c}}
"""
A = int(cell_of([49.6116], [6.1319], 8)[0])
FAR = int(cell_of([49.85], [6.10], 8)[0])
START, END, MONTH, DAY = date(2026, 3, 2), date(2026, 4, 5), date(2026, 3, 1), date(2026, 4, 1)
NAMES = {"stays": "270960000000001", "moves": "270960000000002", "out": "270960000000003", "meter": "270960000000004"}
NAMES |= {"goes": "270960000000005", "guest": "208840000000006"}
BATCH = ["batch", "source", "file", "rows_read", "rows_accepted", "rows_rejected"]
HOME = ["month", "device", "home_country", "cell", "nights", "observed_nights", "abroad_nights", "share", "status"]


def person(name, kind, antenna, since=START, until=END, out=False):
    return {
        "imsi": NAMES[name],
        "class": kind,
        "home_country": "FR" if name == "guest" else "LU",
        "opt_out": out,
        "antenna_cell": antenna,
        "home_from": since,
        "home_to": until,
        "habit": "meter" if kind == "machine" else None,
    }


PEOPLE = [
    person("stays", "resident", A),
    person("moves", "mover", A, until=date(2026, 3, 9)),
    person("moves", "mover", FAR, since=date(2026, 3, 10)),
    person("out", "resident", A, out=True),
    person("meter", "machine", A),
    person("goes", "traveller", A),
    person("guest", "visitor", A),
]
FILES = [("landing/a.csv", date(2026, 3, 2), 10, 3), ("landing/b.csv", date(2026, 4, 5), 4, 0)]
DIRT = [("landing/a.csv", date(2026, 3, 2), "malformed", 2), ("landing/a.csv", date(2026, 3, 2), "opted_out", 1)]


def device(name):
    return pseudonym(KEY.encode(), NAMES.get(name, name))


def home(name, cell, status="home", observed=20):
    country = "FR" if name == "guest" else "LU"
    return (MONTH, device(name), country, cell, observed, observed, 0, 1.0, status)


def at(day, hour, minute=0):
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC)


HOMES = [home("stays", neighbours(A)[2]), home("moves", FAR), home("meter", A), home("goes", A)]
JOURNEY = {
    "imsi": NAMES["goes"],
    "class": "traveller",
    "home_country": "LU",
    "country": "FR",
    "departed_at": at(10, 9),
    "returned_at": at(12, 9),
    "nights": 2,
    "kind": "overnight",
    "left_censored": False,
    "absence": 0,
    "contract_trip": 0,
    "first_seen_at": at(10, 9, 5),
    "last_seen_at": at(12, 8),
    "signs": 9,
    "silences": 0,
}
VISIT = JOURNEY | {"imsi": NAMES["guest"], "class": "visitor", "home_country": "FR", "country": "LU", "absence": 1}
VISIT |= {"contract_trip": 1}
TRIP = {
    "device": device("goes"),
    "home_country": "LU",
    "country": "FR",
    "departed_at": at(10, 9, 5),
    "last_at": at(12, 8),
    "returned_at": at(12, 9, 30),
    "nights": 2,
    "kind": "overnight",
    "trip_id": 7,
    "left_censored": False,
    "month": date(2026, 3, 1),
    "accidental": False,
}
STAY = TRIP | {"device": device("guest"), "home_country": "FR", "country": "LU", "trip_id": 8, "returned_at": at(12, 8)}
CROSSINGS = [
    (date(2026, 3, 10), device("goes"), "LU", "LU", "FR", at(10, 9, 5), A, None, 0.5, False, None),
    (date(2026, 3, 12), device("goes"), "LU", "FR", "LU", at(12, 9, 30), None, A, 1.5, False, None),
]
TOLD = [  # machines: month, device, declared, p_machine
    {"month": MONTH, "device": device(name), "declared": name == "meter", "p_machine": 0.99 * (name == "meter")}
    for name in ("stays", "moves", "meter", "goes", "guest")
]
LIFE = {"class": "visitor", "nights": 2, "visits": 1}
LIVES = [LIFE | {"imsi": i, "home_country": h, "country": c} for i, h, c in (
    (NAMES["goes"], "LU", "FR"), (NAMES["goes"], "LU", "*"), (NAMES["guest"], "FR", "LU"), (NAMES["guest"], "FR", "*"),
)]  # fmt: skip


def lives(kind="visitor"):
    return [
        {"month": MONTH, "as_of": END, "device": device(name), "home_country": h, "country": c, "nights": 2,
         "visits": 1, "longest_nights": 2, "weekday_share": 1.0, "days_covered": 35, "class": kind, "provisional": True}
        for name, h, c in (("goes", "LU", "FR"), ("goes", "LU", "*"), ("guest", "FR", "LU"), ("guest", "FR", "*"))
    ]  # fmt: skip


def map_rows(persons=100.0):
    cells = ((A, persons), (FAR, 50.0))
    return [
        {"date": DAY, "hour": h, "cell": c, "h3": text([c])[0], "resolution": 8, "population": p, "visitors": None,
         "p05": 0.8 * p, "p95": 1.2 * p, "obs_status": "P"}
        for h in range(24) for c, p in cells
    ]  # fmt: skip


def planted():
    people = pd.DataFrame(PEOPLE).astype({"antenna_cell": "Int64"})
    hours = [{"date": DAY, "hour": h, "cell": c} for h in range(24) for c in (A, FAR)]
    return {
        "subscribers": people,
        "files": pd.DataFrame(FILES, columns=["path", "batch", "rows", "rejected"]),
        "dirt": pd.DataFrame(DIRT, columns=["path", "batch", "reason", "n"]),
        "trips": pd.DataFrame([JOURNEY, VISIT]),
        "caught": pd.DataFrame({"imsi": [NAMES["stays"]], "country": ["DE"], "at": [at(20, 20)]}),
        "classes": pd.DataFrame(LIVES),
        "population": pd.DataFrame(hours).assign(persons=[100, 50] * 24),
        "present": pd.DataFrame(hours).assign(residents=2, visitors=0),
    }


@pytest.fixture
def world(tmp_path):
    """Writes truth and lake; what is wrong is given by name."""

    def write(files=FILES, dirt=DIRT, homes=HOMES, lost_event=False, **tables):
        (tmp_path / "truth").mkdir()
        for name, rows in planted().items():
            parquet.write_table(pa.Table.from_pandas(rows, preserve_index=False), tmp_path / f"truth/{name}.parquet")
        taken = [(day, "cdr", f, n, n - bad, bad) for f, day, n, bad in files]
        events = [(day, f) for day, _, f, _, n, _ in taken for _ in range(n)][int(lost_event) :]
        rejects = [(day, f, reason, n) for f, day, reason, n in dirt]
        empty = (date(2026, 4, 4), "cdr", None, 0, 0, 0)
        last = (END, "cdr", None, 0, 0, 0)
        put("batches", pd.DataFrame([*taken, empty, last], columns=BATCH))
        put("events", pd.DataFrame(events, columns=["batch", "file"]))
        put("rejects", pd.DataFrame(rejects, columns=["batch", "file", "reason", "n"]))
        put("home_locations", pd.DataFrame([(*h, True) for h in homes], columns=[*HOME, "provisional"]))
        crossings = pd.DataFrame(CROSSINGS, columns=schemas.BORDER_CROSSINGS.names)
        crossings = crossings.astype({"last_cell": "Int64", "first_cell": "Int64"})
        given = {
            "border_crossings": crossings,
            "trips": pd.DataFrame([TRIP, STAY]),
            "machines": pd.DataFrame(TOLD),
            "transnationals": pd.DataFrame(lives()),
            "population_map": pd.DataFrame(map_rows()),
            "population_grid": pd.DataFrame({"cell": [A, FAR], "population": [100.0, 50.0], "zone": None}),
            "cells": pd.DataFrame(
                REGISTER, columns=["cell", "valid_from", "valid_to", "learned", "latitude", "longitude", "zone"]
            ),
            "presence": pd.DataFrame(PRESENCE),
            "cross_border_flows": empty_rows(schemas.CROSS_BORDER_FLOWS),
            "residents_by_origin": pd.DataFrame(ORIGINS),
            "transnational_stocks": empty_rows(schemas.TRANSNATIONAL_STOCKS),
            "intl_call_exposure": empty_rows(schemas.INTL_CALL_EXPOSURE),
        }
        for name, rows in (given | tables).items():
            put(name, rows)
        (tmp_path / "conf.yaml").write_text(CONF)
        return tmp_path / "conf.yaml"

    def put(name, rows):
        table = next((t for t in schemas.TABLES if t.name == name), None)
        arrow = pa.Table.from_pandas(rows, schema=arrow_schema(table, rows.columns), preserve_index=False)
        write_deltalake(tmp_path / "lake" / (table.tier if table else "restricted") / name, arrow)

    return write


ARROW = {"string": pa.string(), "bigint": pa.int64(), "int": pa.int32(), "date": pa.date32(), "double": pa.float64()}
ARROW |= {"boolean": pa.bool_(), "timestamp": pa.timestamp("us", tz="UTC")}


def arrow_schema(table, columns):
    return pa.schema([(c.name, ARROW[c.type]) for c in table.columns if c.name in columns])


def empty_rows(table):
    return pd.DataFrame({name: [] for name in table.names}, dtype=object)


LATE = date(2026, 4, 9)  # more than seven days after, so that nobody knows
REGISTER = [
    (A, None, None, None, 49.6116, 6.1319, None),
    (FAR, DAY, None, DAY, None, None, None),
    (neighbours(A)[2], None, START, None, None, None, None),  # where someone lives: it would take them from A
    (neighbours(A)[2], None, None, LATE, None, None, None),
]
PRESENCE = [
    {
        "date": DAY,
        "device": device(n),
        "country": "LU",
        "cell": c,
        "hours": 1 << 12,
        "n_events": 1,
        "home_country": "LU",
    }
    for n, c in (("stays", A), ("moves", FAR), ("goes", A))
]
ORIGINS = [
    {"month": MONTH, "zone": "LU", "home_country": "LU", "devices": 5, "persons": 187.5, "obs_status": "P"},
]


def run(conf, *more):
    return CliRunner().invoke(main, ["--conf", str(conf), *more])


def test_a_lake_that_is_right(world, tmp_path):
    conf, out = world(), tmp_path / "accuracy.md"
    result = run(conf, "--out", str(out), "--seed", "7")
    assert (result.exit_code, result.output) == (0, "")
    text = out.read_text()
    assert "2026-03 (provisional): the nights from 2026-03-04 to 2026-03-31" in text
    assert "| all | 4 | 3 | 0 | 0 | 0 | 0 | 1 | 100.00% |" in text  # without the machine and who opted out
    assert "| machine | 1 | 1 |" in text
    assert "| traveller | 2 | 2 | 2 | 2 | 0 | 0 | 100.00% | 100.00% |" in text, "out and back"
    assert "2 files, 14 records read, 11 of them accepted" in text
    assert "| population ÷ persons per device ÷ devices behind, median | 1.11 |" in text, (
        "100 persons on 3 of 4 homes, 50 on 1"
    )
    assert "seed 7" in text
    missed = [line for line in text.splitlines() if line.startswith("|") and line.endswith("MISSED |")]
    goal = "85% to 95% of the planted values lie from p05 to p95"
    assert missed == [f"| population map | {goal} | 100.00% | MISSED |"], "an interval that holds all is too wide"
    assert str(tmp_path) not in text
    assert KEY not in text
    assert run(conf, "--seed", "7").output == text, "written again, and to standard output"


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"dirt": [(*DIRT[0][:3], 3), DIRT[1]]}, "landing/a.csv, malformed: rejects: 2 planted, 3 found"),
        ({"dirt": DIRT[:1]}, "landing/a.csv, opted_out: rejects: 1 planted, 0 found"),
        ({"files": [FILES[0], ("landing/b.csv", END, 5, 0)]}, "landing/b.csv: rows_read: 4 planted, 5 found"),
        ({"files": FILES[:1]}, "landing/b.csv: rows_accepted: 4 planted, 0 found"),
        ({"lost_event": True}, "landing/a.csv: events: 7 planted, 6 found"),
        ({"homes": [*HOMES, home("out", A)]}, "home_locations: 1 devices that must not be there"),
        ({"homes": [*HOMES, home("999990000000009", A)]}, "home_locations: 1 devices that must not be there"),
        ({"trips": pd.DataFrame([TRIP, STAY | {"device": 5}])}, "trips: 1 rows about nobody to be there"),
        (
            {"residents_by_origin": pd.DataFrame([ORIGINS[0] | {"home_country": "PT"}])},
            "residents_by_origin: 1 combinations published that nobody is in",
        ),
    ],
)
def test_what_does_not_match_is_told_and_is_a_failure(world, wrong, told):
    result = run(world(**wrong))
    assert result.exit_code == 1
    assert told in result.stderr


@pytest.mark.parametrize(
    ("wrong", "goal"),
    [
        ({"trips": pd.DataFrame([TRIP | {"country": "DE"}, STAY])}, "| trips | 99% in the right country"),
        ({"trips": pd.DataFrame([TRIP, STAY | {"nights": 5}])}, "| trips | 99% in the right country"),
        ({"trips": pd.DataFrame([TRIP | {"nights": 3}, STAY])}, "| nights abroad |"),
        ({"machines": pd.DataFrame([t | {"p_machine": 0.0} for t in TOLD])}, "| machines | 95% found"),
        ({"machines": pd.DataFrame([t | {"p_machine": 0.9} for t in TOLD])}, "| machines | less than 0.5%"),
        ({"transnationals": pd.DataFrame(lives("commuter"))}, "| classes | macro-F1"),
        (
            {"population_map": pd.DataFrame([r | {"p95": 1000.0} for r in map_rows(persons=5000.0)])},
            "| population map | 85% to 95%",
        ),
    ],
)
def test_what_is_wrong_misses_its_goal(world, wrong, goal):
    result = run(world(**wrong))
    line = next(line for line in result.output.splitlines() if line.startswith(goal))
    assert line.endswith("| MISSED |")


def test_a_lake_that_is_not_there_is_told(tmp_path):
    (tmp_path / "conf.yaml").write_text(CONF)
    (tmp_path / "truth").mkdir()
    for name, rows in planted().items():
        parquet.write_table(pa.Table.from_pandas(rows, preserve_index=False), tmp_path / f"truth/{name}.parquet")
    result = run(tmp_path / "conf.yaml")
    assert (result.exit_code, "sojourn run" in result.stderr) == (2, True)


def test_a_neighbour_is_right_and_another_is_not():
    assert outcome("home", A, A) == "right"
    assert {outcome("home", n, A) for n in neighbours(A)} == {"right"}
    assert outcome("home", FAR, A) == "wrong"
    assert outcome("home", A, None) == "wrong"
    assert outcome("unlocatable", A, A) == "unlocatable"
    assert outcome(None, None, A) == "unseen"


def test_catches_are_told_as_flows_tell_them():
    """Three sure ones make a belt and a phone that is caught often; then silences of hours are catches there too."""

    def stay(day, cell, sure, who="stays"):
        since, last, back = at(day, 20), at(day, 20, 3), at(day, 20 + (0 if sure else 3), 18)
        whole = TRIP | {"device": device(who), "departed_at": since, "last_at": last, "returned_at": back}
        ends = [("LU", "DE", since, cell, None, 0.25), ("DE", "LU", back, None, cell, 0.25 if sure else 3.25)]
        return whole, [(since.date(), device(who), "LU", *end, sure, None) for end in ends]

    known = [stay(day, A, True) for day in (2, 3, 4)] + [stay(5, A, False), stay(6, FAR, False), stay(7, A, False, "x")]
    trips = pd.DataFrame([trip for trip, _ in known])
    crossings = pd.DataFrame([c for _, both in known for c in both], columns=schemas.BORDER_CROSSINGS.names)
    crossings = crossings.astype({"last_cell": "Int64", "first_cell": "Int64"})
    assert list(loose(trips.iloc[3:], crossings, MONTH, "LU", Params())) == [3]
    assert list(loose(trips.iloc[3:], crossings, MONTH, "LU", Params(catch_bracket_hours=3))) == []


def test_the_dwelling_of_most_nights_counts():
    people = pd.DataFrame(PEOPLE).astype({"antenna_cell": "Int64"})
    cells = {}
    for first, last in ((START, date(2026, 3, 16)), (START, date(2026, 3, 17)), (START, date(2026, 3, 18))):
        rows = dwellings(people, first, last).set_index("imsi")
        assert len(rows) == len(NAMES)
        cells[last.day] = rows.loc[NAMES["moves"], "antenna_cell"]
    assert cells == {16: A, 17: FAR, 18: FAR}, "eight nights before the move; of as many on both sides the later"


def test_the_unlocatable_count_as_wrong_and_abstention_does_not():
    people = dwellings(pd.DataFrame(PEOPLE).astype({"antenna_cell": "Int64"}), START, END)
    people["device"] = pd.array([pseudonym(KEY.encode(), i) for i in people["imsi"]], "Int64")

    def share(*rows):
        homes = pd.DataFrame(rows, columns=HOME, dtype=object).drop(columns=["month", "home_country"])
        return share_right(judged(people, homes))

    right = home("stays", A)
    assert share(right, home("moves", A, "unlocatable")) == 0.5
    assert share(right, home("moves", A, "too_few_nights")) == 1
    assert share(right, home("moves", None, "abroad"), home("meter", FAR)) == 0.5
    assert share(home("moves", None, "abroad")) is None


def test_cells_keep_all_their_digits():
    assert int(frame(pa.table({"cell": pa.array([A, None], pa.int64())}))["cell"][0]) == A
