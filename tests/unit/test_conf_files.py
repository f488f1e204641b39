"""The configurations that people copy: they load, and the default one is the demo's."""

import shutil
from pathlib import Path

import pytest

from schemas import TABLES
from sojourn.config import load
from sojourn.demo.conf import write_conf, write_key
from sojourn.parameters import parameters
from sojourn.session import AT_START

ROOT = Path(__file__).parents[2]
KEY = "correct-horse-battery-staple-0123456789"


def test_the_default_is_the_demos(tmp_path):
    for folder in ("demo", "conf"):
        (tmp_path / folder).mkdir()
    write_key(tmp_path / "demo")
    write_conf(tmp_path / "demo")
    shutil.copy(ROOT / "conf" / "local.yaml", tmp_path / "conf")
    default, demo = load(tmp_path / "conf" / "local.yaml"), load(tmp_path / "demo" / "conf.yaml")
    assert default.model_dump() == demo.model_dump()
    assert default.longest_late_days == demo.longest_late_days


@pytest.mark.parametrize("example", sorted((ROOT / "conf" / "examples").glob("*.yaml")), ids=lambda p: p.stem)
def test_every_example_loads(example, monkeypatch):
    monkeypatch.setenv("SOJOURN_KEY", KEY)
    assert load(example).sources.events


def test_the_page_for_a_cluster_loads_and_says_nothing_that_comes_too_late(monkeypatch):
    monkeypatch.setenv("SOJOURN_KEY", KEY)
    conf = load(ROOT / "conf/cluster.yaml")
    assert conf.lake.startswith("hdfs://")
    assert parameters(conf)
    assert not set(conf.spark) & {*AT_START, "spark.executor.memory", "spark.executor.cores"}


@pytest.mark.parametrize("page", sorted((ROOT / "conf/spark").glob("*.conf")), ids=lambda p: p.stem)
def test_properties_for_a_cluster_are_such_as_spark_submit_reads(page):
    """A name and a value a line; memory for Python beside the heap; and no key."""
    lines = [line.split() for line in page.read_text("utf-8").splitlines() if line and not line.startswith("#")]
    assert all(len(line) >= 2 and line[0].startswith("spark.") for line in lines)
    told = {name: " ".join(value) for name, *value in lines}
    assert len(told) == len(lines)
    assert {"spark.executor.memory", "spark.executor.memoryOverhead", "spark.driver.memory"} <= set(told)
    assert "master" not in " ".join(told), "it is said on the command line"


def test_the_readme_has_every_table_as_its_schema_has_it():
    lines = (ROOT / "README.md").read_text("utf-8").splitlines()
    rows = [[part.strip(" `") for part in line.strip("|").split(" | ")] for line in lines if line.startswith("| `")]
    told = [tuple(row) for row in rows if len(row) == 3]
    assert told == [(t.name, t.tier, t.sentence) for t in TABLES]
