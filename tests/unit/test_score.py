"""The score against a lake of a few rows that is right, and against the ways in which it can be wrong."""

from datetime import date

import pandas as pd
import pyarrow as pa
import pytest
from click.testing import CliRunner
from deltalake import write_deltalake
from pyarrow import parquet

from sojourn.cells import cell_of, neighbours
from sojourn.demo import score
from sojourn.demo.score import dwellings, judged, main, outcome, share_right
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
START, END = date(2026, 3, 2), date(2026, 4, 5)
NAMES = {"stays": "270960000000001", "moves": "270960000000002", "out": "270960000000003", "meter": "270960000000004"}
BATCH = ["batch", "source", "file", "rows_read", "rows_accepted", "rows_rejected"]
HOME = ["month", "device", "home_country", "cell", "nights", "observed_nights", "abroad_nights", "share", "status"]


def person(name, kind, antenna, since=START, until=END, out=False):
    return {
        "imsi": NAMES[name],
        "class": kind,
        "opt_out": out,
        "antenna_cell": antenna,
        "home_from": since,
        "home_to": until,
    }


PEOPLE = [
    person("stays", "resident", A),
    person("moves", "mover", A, until=date(2026, 3, 9)),
    person("moves", "mover", FAR, since=date(2026, 3, 10)),
    person("out", "resident", A, out=True),
    person("meter", "machine", A),
]
FILES = [("landing/a.csv", date(2026, 4, 5), 10, 3), ("landing/b.csv", date(2026, 4, 5), 4, 0)]
DIRT = [("landing/a.csv", date(2026, 4, 5), "malformed", 2), ("landing/a.csv", date(2026, 4, 5), "opted_out", 1)]


def home(name, cell, status="home", observed=20):
    device = pseudonym(KEY.encode(), NAMES.get(name, name))
    return (date(2026, 3, 1), device, "LU", cell, observed, observed, 0, 1.0, status)


HOMES = [home("stays", neighbours(A)[2]), home("moves", FAR), home("meter", A)]


@pytest.fixture
def world(tmp_path):
    """Writes truth and lake; what is wrong is given by name."""

    def write(files=FILES, dirt=DIRT, homes=HOMES, lost_event=False):
        people = pd.DataFrame(PEOPLE).astype({"antenna_cell": "Int64"})
        truth = {
            "subscribers": people,
            "files": pd.DataFrame(FILES, columns=["path", "batch", "rows", "rejected"]),
            "dirt": pd.DataFrame(DIRT, columns=["path", "batch", "reason", "n"]),
        }
        (tmp_path / "truth").mkdir()
        for name, frame in truth.items():
            parquet.write_table(pa.Table.from_pandas(frame, preserve_index=False), tmp_path / f"truth/{name}.parquet")
        taken = [(day, "cdr", f, n, n - bad, bad) for f, day, n, bad in files]
        events = [(day, f) for day, _, f, _, n, _ in taken for _ in range(n)][int(lost_event) :]
        rejects = [(day, f, reason, n) for f, day, reason, n in dirt]
        empty = (date(2026, 4, 4), "cdr", None, 0, 0, 0)
        put("batches", [*taken, empty], BATCH)
        put("events", events, ["batch", "file"])
        put("rejects", rejects, ["batch", "file", "reason", "n"])
        put("home_locations", [(*h, True) for h in homes], [*HOME, "provisional"])
        (tmp_path / "conf.yaml").write_text(CONF)
        return tmp_path / "conf.yaml"

    def put(name, rows, columns):
        frame = pd.DataFrame(rows, columns=columns)
        write_deltalake(tmp_path / "lake/restricted" / name, pa.Table.from_pandas(frame, preserve_index=False))

    return write


def run(conf, *more):
    return CliRunner().invoke(main, ["--conf", str(conf), *more])


def test_a_lake_that_is_right(world, tmp_path):
    conf, out = world(), tmp_path / "accuracy.md"
    result = run(conf, "--out", str(out), "--seed", "7")
    assert (result.exit_code, result.output) == (0, "")
    text = out.read_text()
    assert "2026-03 (provisional): the nights from 2026-03-04 to 2026-03-31" in text
    assert "| all | 2 | 2 | 0 | 0 | 0 | 0 | 0 | 100.00% |" in text  # without the machine and who opted out
    assert "| machine | 1 | 1 |" in text
    assert "2 files, 14 records read, 11 of them accepted" in text
    assert "seed 7" in text
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
        ({"homes": [*HOMES, home("out", A)]}, "1 rows about nobody who is to be there"),
        ({"homes": [*HOMES, home("999990000000009", A)]}, "1 rows about nobody who is to be there"),
    ],
)
def test_what_does_not_match_is_told_and_is_a_failure(world, wrong, told):
    result = run(world(**wrong))
    assert result.exit_code == 1
    assert told in result.stderr


def test_a_lake_that_is_not_there_is_told(tmp_path):
    (tmp_path / "conf.yaml").write_text(CONF)
    (tmp_path / "truth").mkdir()
    for name, frame in (("subscribers", PEOPLE), ("files", [{"batch": END}]), ("dirt", [{"batch": END}])):
        parquet.write_table(pa.Table.from_pylist(frame), tmp_path / f"truth/{name}.parquet")
    result = run(tmp_path / "conf.yaml")
    assert (result.exit_code, "sojourn run" in result.stderr) == (2, True)


def test_a_neighbour_is_right_and_another_is_not():
    assert outcome("home", A, A) == "right"
    assert {outcome("home", n, A) for n in neighbours(A)} == {"right"}
    assert outcome("home", FAR, A) == "wrong"
    assert outcome("home", A, None) == "wrong"
    assert outcome("unlocatable", A, A) == "unlocatable"
    assert outcome(None, None, A) == "unseen"


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
    assert int(score._frame(pa.table({"cell": pa.array([A, None], pa.int64())}))["cell"][0]) == A
