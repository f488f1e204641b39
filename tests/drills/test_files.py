"""What operators send: broken, changed, late, too much, nothing. Sent again as it should be, it is all there."""

import gzip
import shutil
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from schemas import BATCHES, EVENTS, REJECTS
from sojourn.errors import ConfigError, DataError
from tests.conftest import Land
from tests.drills.conftest import NIGHT
from tests.four_days import differing

drill = pytest.mark.drill
TOLD = {"rejects", "batches", "night_quality", "validations"}  # where a file that was sent in vain is told of


def cdr(land: Land) -> Path:
    return land.root / f"landing/cdr/{NIGHT}/part-0.csv"


def columns(land: Land) -> Path:
    return land.root / f"landing/columns/{NIGHT}/part-1.parquet"


def said(land: Land, spark, file: Path) -> set[str]:
    """Why records of a file of the night were not taken."""
    found = land.night(spark).lake.rows(REJECTS).to_pylist()
    return {r["reason"] for r in found if r["batch"] == NIGHT and r["file"].endswith(file.name) and r["n"]}


def each(text: str, change: Callable[[list[str]], list[str]]) -> str:
    """Every record of a CSV changed."""
    head, *lines = text.splitlines()
    return "\n".join([head, *(",".join(change(line.split(","))) for line in lines)]) + "\n"


def later(text: str, **by: float) -> str:
    def shift(record: list[str]) -> list[str]:
        at = datetime.fromisoformat(record[1]) + timedelta(**by)
        return [record[0], str(at), *record[2:]]

    return each(text, shift)


@pytest.mark.parametrize(
    ("breaks", "reason"),
    [
        pytest.param(
            lambda text: gzip.compress(text.encode() * 9)[:-99],
            "truncated_file",
            marks=drill("A gzip file that ends too early"),
        ),
        pytest.param(
            lambda text: gzip.compress(text.encode())[:40] + b"\0\0\0\0" + gzip.compress(text.encode())[44:],
            "unreadable_file",
            marks=drill("A gzip file with damaged bytes"),
        ),
        pytest.param(lambda _: b"", "unreadable_file", marks=drill("A file without a byte")),
        pytest.param(lambda _: bytes(range(256)) * 40, "unreadable_file", marks=drill("A file of noise")),
        pytest.param(
            lambda text: text.replace("start", "begin", 1), "missing_column", marks=drill("A column has another name")
        ),
        pytest.param(
            lambda text: each(text, lambda r: [r[0], str(datetime.fromisoformat(r[1]).timestamp()), *r[2:]]),
            "bad_time",
            marks=drill("A column has another type: times as numbers"),
        ),
        pytest.param(
            lambda text: each(text, lambda r: [f"{float(r[0]):.3e}", *r[1:]]),
            "no_subscriber",
            marks=drill("Identifiers went through a spreadsheet: 2.700e+14"),
        ),
        pytest.param(
            lambda text: text.replace(",", ";"), "missing_column", marks=drill("Another separator between columns")
        ),
        pytest.param(lambda text: later(text, days=3), "future", marks=drill("A clock is days ahead")),
        pytest.param(lambda text: later(text, days=-1), None, marks=drill("A clock is a day behind")),
        pytest.param(lambda text: later(text, hours=1), None, marks=drill("A clock is an hour off")),
        pytest.param(lambda text: text + text.split("\n", 1)[1], "duplicate_record", marks=drill("Every record twice")),
    ],
)
def test_a_file_that_is_wrong_and_sent_again(land, spark, goes_on, truth, breaks, reason):
    good = cdr(land).read_bytes()
    bad = breaks(good.decode())
    cdr(land).write_bytes(bad if isinstance(bad, bytes) else bad.encode())
    disturbed = goes_on(land)
    assert disturbed["batches"] != truth["batches"]
    assert len(disturbed["events"]) > 0
    if reason:
        assert reason in said(land, spark, cdr(land))
    cdr(land).write_bytes(good)
    # of a date that nobody was seen on after all, what the checks found stays
    assert set(differing(goes_on(land), truth)) <= ({"validations"} if reason == "future" else set())


@drill("A Parquet file that ends too early")
def test_a_cut_parquet(land, spark, goes_on, truth):
    good = columns(land).read_bytes()
    columns(land).write_bytes(good[:-30])
    goes_on(land)
    assert said(land, spark, columns(land)) <= {"truncated_file", "unreadable_file"} != set()
    columns(land).write_bytes(good)
    assert differing(goes_on(land), truth) == {}


@drill("A column is added, others change places")
def test_a_column_more(land, goes_on, truth):
    cdr(land).write_text(each(cdr(land).read_text(), lambda r: ["new", *reversed(r)]), "utf-8")
    text = cdr(land).read_text()
    cdr(land).write_text(text.replace("imsi,start,cell,peer,dur", "technology,dur,peer,cell,start,imsi", 1))
    ours = goes_on(land)
    assert set(differing(ours, truth)) == {"batches"}  # bytes and SHA-256 are others


@drill("No file at all, and all of them a day later")
def test_a_night_without_files(land, spark, goes_on, truth):
    held = land.root / "held"
    for feed in ("cdr", "columns", "roaming"):
        shutil.move(land.root / f"landing/{feed}/{NIGHT}", held / feed)
    goes_on(land)
    batches = [b for b in land.night(spark).lake.rows(BATCHES).to_pylist() if b["batch"] == NIGHT]
    assert batches and not any(b["rows_read"] for b in batches)
    for feed in ("cdr", "columns", "roaming"):
        shutil.move(held / feed, land.root / f"landing/{feed}/{NIGHT}")
    assert differing(goes_on(land), truth) == {}


@drill("The records of a night in ten times the files")
def test_ten_times_the_files(land, goes_on, truth):
    head, *lines = cdr(land).read_text().splitlines()
    cdr(land).unlink()
    for n in range(10):
        cdr(land).with_name(f"part-0{n}.csv").write_text("\n".join([head, *lines[n::10]]) + "\n")
    ours = goes_on(land)
    named = TOLD | {"events"}  # they name the file of a record
    assert set(differing(ours, truth)) <= named
    assert len(ours["events"]) == len(truth["events"])


@drill("One file a thousand times, under other names")
def test_one_file_a_thousand_times(land, spark, goes_on, truth):
    for n in range(1000):
        shutil.copy(cdr(land), cdr(land).with_name(f"part-1{n:04}.csv"))
    ours = goes_on(land)
    assert set(differing(ours, truth)) <= TOLD
    rejects = land.night(spark).lake.rows(REJECTS).to_pylist()
    mine = [r["reason"] for r in rejects if (r["batch"], r["source"]) == (NIGHT, "cdr")]  # roaming repeats one, too
    assert mine.count("duplicate_file") == 1000


@drill("A file is gone when it is opened")
def test_a_link_to_nothing(land, spark, goes_on, truth):
    good = cdr(land).read_bytes()
    cdr(land).unlink()
    cdr(land).symlink_to(land.root / "nowhere.csv")
    goes_on(land)
    cdr(land).unlink()
    cdr(land).write_bytes(good)
    assert differing(goes_on(land), truth) == {}


@drill("A file is still being written")
def test_a_part_of_a_file(land, goes_on, truth):
    cdr(land).rename(cdr(land).with_name("_part-0.csv"))
    assert goes_on(land)["events"] != truth["events"]
    cdr(land).with_name("_part-0.csv").rename(cdr(land))
    assert differing(goes_on(land), truth) == {}


@drill("The register of antennas does not come")
def test_no_register(land, goes_on, truth):
    register = land.root / f"landing/cells/{NIGHT}.csv"
    text = register.read_text()
    register.unlink()
    goes_on(land)
    register.write_text(text)
    assert differing(goes_on(land), truth) == {}


@drill("Most antennas of the register have no coordinates: its checks fail")
def test_a_register_that_fails_its_checks(land, spark, goes_on, truth):
    register = land.root / f"landing/cells/{NIGHT}.csv"
    text = register.read_text()
    register.write_text(text + "".join(f"N{n},,\n" for n in range(60)))
    before = land.night(spark).lake.rows(EVENTS).num_rows
    with pytest.raises(DataError, match="cells") as failed:
        goes_on(land)
    assert failed.value.exit_code == 3
    assert land.night(spark).lake.rows(EVENTS).num_rows == before  # nothing was built from it
    register.write_text(text)
    assert differing(goes_on(land), truth) == {}


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("persons.tif", marks=drill("The raster of population is damaged")),
        pytest.param("zones.geojson", marks=drill("The file of zones is damaged")),
    ],
)
def test_a_damaged_map(land, goes_on, whole_truth, name):
    good = (land.root / name).read_bytes()
    (land.root / name).write_bytes(good[: len(good) // 2])
    with pytest.raises(ConfigError, match=name):
        goes_on(land, whole=True)
    (land.root / name).write_bytes(good)
    assert differing(goes_on(land, whole=True), whole_truth) == {}
