"""One Spark session for all tests that need one, and small landing zones to run it on."""

import copy
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from hypothesis import settings

from sojourn.config import Config, load

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from sojourn.night import Night
    from sojourn.table import Table

settings.register_profile("patient", deadline=None)  # how long an example takes is the machine's business
settings.load_profile("patient")

KEY = "a-key-for-tests-only-0123456789-abcdef"
ORDER = ("e2e", "browser", "spark", "unit")  # the longest first, so that two processes end together
CDR = {
    "path": "landing/cdr/{date}/*",
    "format": "csv",
    "options": {"header": True},
    "columns": {"subscriber": "imsi", "event_time": "to_timestamp(start)", "cell_id": "cell"},
}
ROAMING = {
    "path": "landing/roaming/{date}/*",
    "format": "csv",
    "options": {"header": True},
    "time_zone": "UTC",
    "columns": {"subscriber": "imsi", "event_time": "to_timestamp(time)", "visited_plmn": "vplmn"},
}
CELLS = {
    "path": "landing/cells/{date}.csv",
    "format": "csv",
    "options": {"header": True},
    "columns": {"cell_id": "cell_id", "latitude": "lat", "longitude": "lon"},
}
PAGE: dict[str, Any] = {
    "lake": "lake",
    "purpose": "tests",
    "home": {"country": "LU", "mcc": ["270"], "plmn": ["27001"], "time_zone": "Europe/Luxembourg"},
    "key": KEY,
    "sources": {"cells": [CELLS], "cdr": [CDR], "roaming": [ROAMING]},
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    def place(item: pytest.Item) -> int:
        room = item.path.relative_to(Path(__file__).parent).parts[0]
        return ORDER.index(room) if room in ORDER else len(ORDER)

    items.sort(key=place)


@pytest.fixture(scope="session")
def spark_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the session writes what it writes by itself: local/ (spills), events/ (its log), warehouse/."""
    base = tmp_path_factory.mktemp("spark")
    for name in ("local", "events", "warehouse"):
        (base / name).mkdir()
    return base


@pytest.fixture(scope="session")
def spark(spark_dir: Path) -> "Iterator[SparkSession]":
    """The session that all tests share."""
    from sojourn.session import JAVA, LOG4J, start

    os.environ["SPARK_LOCAL_DIRS"] = str(spark_dir / "local")
    settings = {
        "spark.master": "local[2]",
        # many small plans, each run once: what the compilers of the JVM and of Spark would gain, they cost
        # (a JVM with the first compiler alone sets 48 MB aside for its code; when they are full it compiles no more)
        "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=256m "
        f"{JAVA} -Dlog4j2.configurationFile=file:{LOG4J}",
        "spark.sql.codegen.factoryMode": "NO_CODEGEN",
        "spark.driver.memory": "2g",
        "spark.sql.shuffle.partitions": "2",
        "spark.default.parallelism": "2",
        "spark.local.dir": str(spark_dir / "local"),
        "spark.sql.warehouse.dir": str(spark_dir / "warehouse"),
        "spark.shuffle.compress": "false",  # so that what must not be in a file can be looked for there
        "spark.shuffle.spill.compress": "false",
        "spark.broadcast.compress": "false",
        "spark.eventLog.enabled": "true",
        "spark.eventLog.compress": "false",
        "spark.eventLog.dir": (spark_dir / "events").as_uri(),
    }
    session = start(settings, "tests")
    yield session
    session.stop()


@dataclass
class Land:
    """A folder with a landing zone and a configuration. `page` may be changed before `conf` writes it down."""

    root: Path
    page: dict[str, Any] = field(default_factory=lambda: copy.deepcopy(PAGE))

    def put(self, name: str, data: str | bytes) -> Path:
        """A landing file."""
        path = self.root / "landing" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data.encode() if isinstance(data, str) else data)
        return path

    def cells(self, day: date, *cells: str) -> None:
        """The register of a landing day; by default one antenna, A, in Luxembourg."""
        self.put(f"cells/{day}.csv", "cell_id,lat,lon\n" + "\n".join(cells or ("A,49.6117,6.1319",)) + "\n")

    def conf(self) -> Config:
        """The configuration, as it is read."""
        path = self.root / "conf.yaml"
        path.write_text(yaml.safe_dump(self.page, sort_keys=False), "utf-8")
        return load(path)

    def night(self, spark: "SparkSession") -> "Night":
        """A session's work on this land."""
        from sojourn.night import Night

        return Night(spark, self.conf())

    def run(self, spark: "SparkSession", *days: date) -> "Night":
        """Run these landing days at once."""
        night = self.night(spark)
        night.run(days)
        return night

    @staticmethod
    def rows(night: "Night", table: "Table", *columns: str) -> list[tuple[Any, ...]]:
        """Some columns of a table, sorted, nulls first."""
        found = map(tuple, night.lake.read(table).select(*columns).collect())
        return sorted(found, key=lambda row: [(v is not None, v) for v in row])


@pytest.fixture
def unjudged(monkeypatch: pytest.MonkeyPatch) -> None:
    """No table is judged: for landing zones that are nothing but dirt."""
    from sojourn.audit import Audit
    from sojourn.check import Verdict

    def passed(_: Audit, table: "Table", units: Sequence[date], __: Any) -> list[Verdict]:
        # one verdict there must be: Delta skips a commit that holds nothing, and what it approves with it
        return [Verdict(table.name, unit, "none", True, None, "info") for unit in units]

    monkeypatch.setattr(Audit, "verdicts", passed)


@pytest.fixture
def land(tmp_path: Path) -> Land:
    """An empty land."""
    return Land(tmp_path)
