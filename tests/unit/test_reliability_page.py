"""The page on faults tells of every drill, and of nothing that is not drilled."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_every_drill_is_a_row_and_every_row_a_drill():
    tests = "".join(f.read_text("utf-8") for f in (ROOT / "tests/drills").glob("test_*.py"))
    drilled = re.findall(r'drill\(\s*"([^"]+)"', tests)
    told = re.findall(r"^\| (?!fault|---)(.+?) \|", (ROOT / "docs/reliability.md").read_text("utf-8"), re.M)
    assert sorted(told) == sorted(drilled)
    assert len(drilled) >= 30
