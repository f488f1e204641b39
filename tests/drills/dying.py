"""The command line, but that it dies with its JVM at a moment of a table.

python -m tests.drills.dying MOMENT TABLE run --from …
"""

import os
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any

from sojourn import audit
from sojourn.lake import Lake
from sojourn.run import cli
from sojourn.table import Table

MOMENTS = ("before it is written", "while files are written", "before it is approved", "after it was approved")


def die(*_: object) -> None:
    """As where the power goes: nothing is tidied up."""
    os.killpg(0, signal.SIGKILL)


def when_a_file_comes(folder: Path) -> None:
    before = set(folder.rglob("*.parquet"))

    def watch() -> None:
        while not set(folder.rglob("*.parquet")) - before:
            time.sleep(0.001)
        die()

    threading.Thread(target=watch, daemon=True).start()


def arm(moment: str, name: str) -> None:
    """Make this process die."""
    write, ready, approve = Lake.write, Lake.ready, Lake.approve
    audit.AT_HAND_BYTES = -1  # nothing is little: Spark writes what it has made

    def readied(lake: Lake, table: Table) -> str:
        folder = ready(lake, table)
        if table.name == name and moment == MOMENTS[1]:
            when_a_file_comes(Path(folder))
        return folder

    def written(lake: Lake, table: Table, *given: Any) -> int:
        if table.name == name and moment == MOMENTS[0]:
            die()
        return write(lake, table, *given)

    def approved(lake: Lake, verdicts: Any, versions: dict[str, int]) -> None:
        if name in versions and moment == MOMENTS[2]:
            die()
        approve(lake, verdicts, versions)
        if name in versions and moment == MOMENTS[3]:
            die()

    Lake.ready, Lake.write, Lake.approve = readied, written, approved  # type: ignore[method-assign]


if __name__ == "__main__":
    arm(*sys.argv[1:3])
    cli(sys.argv[3:], prog_name="sojourn")
