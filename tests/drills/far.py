"""A lake that lies elsewhere: commands of ours on it, and on one beside the landing zone, whose rows it must have."""

import os
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import yaml
from deltalake import DeltaTable
from deltalake.exceptions import TableNotFoundError

from schemas import EVENTS, RUNS, TABLES
from tests.conftest import KEY
from tests.four_days import WRITTEN, landed

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "sojourn"
SPARK = {"spark.master": "local[2]", "spark.driver.memory": "1g", "spark.sql.shuffle.partitions": "2"}


@dataclass
class Site:
    """A small landing zone with two pages: `near`, for a lake beside it, and `far`, for one elsewhere."""

    root: Path
    secrets: Mapping[str, str] = field(default_factory=dict)  # in the environment of the commands

    def settle(self, far: Mapping[str, Any]) -> None:
        """Write files and pages; of the page `far` this is what it says itself."""
        page = landed(self.root).page | {"key": "${SOJOURN_KEY}"}
        for name, own in (("near", {"lake": "lake"}), ("far", far)):
            spark = SPARK | own.get("spark", {})
            text = yaml.safe_dump(page | own | {"spark": spark}, sort_keys=False)
            (self.root / f"{name}.yaml").write_text(text, "utf-8")

    def begin(self, where: str, *words: str) -> subprocess.Popen[str]:
        """A command of ours."""
        command = [sys.executable, "-m", "sojourn.run", *words, "--conf", str(self.root / f"{where}.yaml")]
        environment = os.environ | self.secrets | {"SOJOURN_KEY": KEY, "COLUMNS": "200"}
        return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def sojourn(self, where: str, *words: str, code: int = 0) -> str:
        """What a command says, on its way to this exit code."""
        began = time.monotonic()
        process = self.begin(where, *words)
        out, errors = process.communicate(timeout=1500)
        print(f"sojourn {' '.join(words)}: {process.returncode} in {time.monotonic() - began:.0f} s\n{errors}")  # noqa: T201
        assert process.returncode == code, errors[-3000:]
        assert "Traceback" not in errors
        for secret in (KEY, *self.secrets.values()):
            assert secret not in out + errors
        return out if code == 0 else errors


def nights(*days: date) -> tuple[str, ...]:
    """The words for a range."""
    return "run", "--from", str(min(days)), "--to", str(max(days))


def rows(root: str, options: dict[str, str] | None = None) -> dict[str, list[str]]:
    """All rows of all tables but for the times of writing, as delta-rs reads them: with no code of ours."""
    out = {}
    for table in (t for t in TABLES if t is not RUNS):
        try:
            found = DeltaTable(f"{root}/{table.tier}/{table.name}", storage_options=options).to_pyarrow_table()
        except TableNotFoundError:
            continue
        names = [c for c in table.names if c not in WRITTEN or table is EVENTS]
        out[table.name] = sorted(map(str, found.select(names).to_pylist()))
    return out
