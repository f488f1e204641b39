"""An analyst, whom the folder of the restricted tier keeps out.

It is a process of root that has lost root's right to look past permissions, and the restricted tier is somebody else's:
so no second user is needed who could reach this Python.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

RIGHTS = "-dac_override,-dac_read_search"
SOMEBODY = 61184  # nobody is called so

needed = pytest.mark.skipif(
    not (hasattr(os, "geteuid") and os.geteuid() == 0 and shutil.which("setpriv")),
    reason="root and setpriv are needed to be somebody else",
)


def analyst(*words: str) -> subprocess.CompletedProcess[str]:
    """Python, with these words, as the analyst."""
    command = ["setpriv", f"--bounding-set={RIGHTS}", f"--inh-caps={RIGHTS}", sys.executable, *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)


def closed(lake: Path) -> None:
    """As operations.md says, by the one who runs the nights."""
    for path in (lake / "restricted", *(lake / "restricted").rglob("*")):
        os.chown(path, SOMEBODY, SOMEBODY)
    (lake / "restricted").chmod(0o2750)
