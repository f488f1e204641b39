"""Nothing sits between a file and the pseudonym, and neither the key nor an identifier is ever written down."""

import struct
import tempfile
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from schemas import EVENTS
from sojourn.arrivals import intake
from sojourn.landing import Landing
from tests.sweep import found_in_files, found_in_tables

DAY = date(2026, 3, 10)
KEY = "Zq7-only-in-this-test-hU2kP0sVwXy8aBcD"
IMSI, MSISDN, PEER, OUT = "270017418529630", "352691741852", "33699174185296", "270017418529639"
pytestmark = pytest.mark.usefixtures("unjudged")
SECRETS = (KEY, IMSI, MSISDN, PEER, OUT)
BARE = {"MapInArrowExec", "UnionExec", "ProjectExec", "WholeStageCodegenExec", "InputAdapter", "RangeExec"}


@pytest.fixture
def country(land: Any) -> Any:
    """A landing zone that knows its people by two names, and breaks in several ways."""
    land.page["key"] = KEY
    cdr = land.page["sources"]["cdr"][0]
    cdr["columns"] |= {"peer": "b", "duration_s": "cast(dur as int)", "utc_offset": "off"}
    land.page["sources"]["cdr"].append(
        {**cdr, "path": "landing/ms/{date}/*", "subscriber_kind": "msisdn"} | {"columns": {**cdr["columns"]}}
    )
    land.page["sources"]["subscribers"] = [
        {
            "path": "landing/subscribers.csv",
            "format": "csv",
            "options": {"header": True},
            "columns": {"imsi": "imsi", "msisdn": "msisdn", "opt_out": "out"},
        }
    ]
    land.put("subscribers.csv", f"imsi,msisdn,out\n{IMSI},{MSISDN},\n{OUT},{MSISDN}1,yes\n")
    land.cells(DAY)
    head = "imsi,start,cell,b,dur,off\n"
    lines = [
        f"{who},{DAY} {h:02}:00:00,A,+{PEER},{IMSI},{IMSI}\n" for h in range(24) for who in (IMSI, OUT, IMSI + "0")
    ]
    land.put(f"cdr/{DAY}/a.csv", head + "".join(lines) + f"{IMSI}\n{IMSI},{IMSI},{IMSI},,,\n")
    land.put(f"cdr/{DAY}/b.csv", f"{IMSI},{IMSI}\n{IMSI},{IMSI}\n")
    land.put(f"cdr/{DAY}/c.csv.gz", f"{IMSI}".encode())
    land.put(f"ms/{DAY}/d.csv", head + f"+{MSISDN},{DAY} 01:00:00,A,{PEER},1,\n{MSISDN}1,{DAY} 01:00:00,A,{PEER},1,\n")
    land.put(f"roaming/{DAY}/e.csv", f"imsi,time,vplmn\n{IMSI},{DAY} 02:00:00,20801\n{IMSI},{IMSI},{IMSI}\n")
    return land


def nodes(plan: Any) -> Iterator[Any]:
    """A physical plan's nodes from the top, into what adaptive execution wraps."""
    yield plan
    if plan.getClass().getSimpleName() == "AdaptiveSparkPlanExec":
        yield from nodes(plan.executedPlan())
    for i in range(plan.children().size()):
        yield from nodes(plan.children().apply(i))


def kind(plan: Any) -> str:
    return str(plan.getClass().getSimpleName())


def test_nothing_sits_between_the_file_and_the_pseudonym(country: Any, spark: Any) -> None:
    night = country.night(spark)
    for step in ("cells", "subscribers"):
        night.steps[step]([DAY])
    forms = {f.name: night.readings[f.name].form for f in night.conf.sources.events}
    taken = intake(spark, night.conf, night.lake, [DAY], forms)
    landing = Landing(spark, night.conf, night.lake, taken, night.readings)
    execution = landing.events([], night.lake.ready(EVENTS))._jdf.queryExecution()
    exchange = next(n for n in nodes(execution.executedPlan()) if kind(n) == "ShuffleExchangeExec")
    below = [kind(n) for n in nodes(exchange)][1:]
    # feeds with an offset have no twin: for each a reader, and the pseudonym above it; the other goes straight
    assert below.count("MapInArrowExec") == 2 * 2 + 1
    assert set(below) <= BARE
    assert not any(secret in execution.toString() for secret in SECRETS)


def test_no_secret_is_written_down(country: Any, spark: Any, spark_dir: Path, capfd: Any) -> None:
    began = time.time() - 1
    night = country.night(spark)
    for step in ("cells", "subscribers", "events"):
        night.steps[step]([DAY])
    assert night.lake.read(EVENTS).count() == 26
    captured = capfd.readouterr()
    assert not [s for s in SECRETS if s in captured.out + captured.err]
    assert not [s for s in SECRETS if s in str(spark.sparkContext.getConf().getAll())]
    assert not list(found_in_tables(country.root / "lake", SECRETS))
    assert not list(found_in_files(country.root / "lake", SECRETS))
    assert sum(1 for _ in spark_dir.rglob("*")) > 3
    assert not list(found_in_files(spark_dir, SECRETS))
    assert any(p.stat().st_size for p in (spark_dir / "events").rglob("*") if p.is_file())
    mine = (country.root, spark_dir, spark_dir.parents[1])  # and what other tests put down meanwhile
    for folder in {Path(tempfile.gettempdir()), Path("/dev/shm"), Path.cwd() / "spark-warehouse"}:
        assert not [
            f for f in found_in_files(folder, SECRETS, began) if not any(Path(f).is_relative_to(m) for m in mine)
        ]


def test_the_search_finds_what_it_looks_for(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x" + IMSI.encode())
    (tmp_path / "b").write_bytes(struct.pack("<q", int(IMSI)) + b"x")
    (tmp_path / "c").write_bytes(b"\0" + KEY.encode("utf-16-le"))
    (tmp_path / "d").write_bytes(b"nothing")
    assert sorted(Path(f).name for f in found_in_files(tmp_path, SECRETS)) == ["a", "b", "c"]
