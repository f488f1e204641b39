"""Whom the folder of the restricted tier keeps out reads the published one, and is told so in a line."""

from datetime import date
from pathlib import Path

import pytest
import yaml
from analyst import analyst, closed, needed
from filled import filled

from schemas import NIGHT_QUALITY, PRESENCE
from sojourn.doctor import tiers
from tests.conftest import PAGE

DAY = date(2026, 3, 9)


@pytest.fixture
def root(lake) -> Path:
    """A lake with a row in either tier, as a night leaves it: every file open to all."""
    lake.write(NIGHT_QUALITY, filled(NIGHT_QUALITY, [{"date": DAY, "table": "events", "rows": 7}]), {DAY}, {})
    lake.write(PRESENCE, filled(PRESENCE, [{"date": DAY, "device": 1, "country": "LU", "cell": 1}]), {DAY}, {})
    return Path(lake.root)


def opened(table: Path):
    """As analysts do it, with no code of ours."""
    return analyst(
        "-c", f"from deltalake import DeltaTable; print(DeltaTable({str(table)!r}).to_pyarrow_table().num_rows)"
    )


def test_the_doctor_says_which_folders_all_may_read(root):
    (root / "data_docs").mkdir(mode=0o755)
    assert [f.mend for f in tiers(root)] == [f"chmod 2750 {root}/restricted", f"chmod 2750 {root}/data_docs"]
    (root / "restricted").chmod(0o2750)
    (root / "data_docs").chmod(0o2750)
    assert list(tiers(root)) == []
    assert list(tiers(root / "not_yet")) == []


@needed
def test_an_analyst_reads_the_published_tier_and_no_more(root):
    assert opened(root / "restricted/presence").stdout == "1\n", "as long as nothing is closed"
    closed(root)
    assert opened(root / "published/night_quality").stdout == "1\n"
    refused = opened(root / "restricted/presence")
    assert refused.returncode != 0
    assert not refused.stdout


@needed
@pytest.mark.parametrize("command", [("status",), ("trace", "presence")], ids=lambda c: c[0])
def test_a_command_that_looks_into_the_restricted_tier_says_in_a_line_that_it_may_not(root, command):
    conf = root.parent / "conf.yaml"
    conf.write_text(yaml.safe_dump(PAGE | {"lake": str(root)}), "utf-8")
    closed(root)
    done = analyst("-m", "sojourn.run", *command, "--conf", str(conf))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"sojourn: {root}/restricted/")
    assert done.stderr.endswith(": this user may not read it (docs/operations.md, who may read what)\n")
    assert done.stderr.count("\n") == 1
