"""The way from a lake to the page: only its published tier is opened."""

from datetime import timedelta

import luxembourg
import pytest
from analyst import analyst, closed, needed
from click.testing import CliRunner

from sojourn import run
from sojourn.config import load
from sojourn.lake import Lake
from sojourn.report import published


@pytest.fixture(scope="module")
def found():
    return luxembourg.frames(days=3)


@pytest.fixture
def conf(tmp_path, found):
    made = luxembourg.configuration(tmp_path)
    luxembourg.write(tmp_path / "lake", found)
    return made


def test_tables_come_as_they_are_and_the_map_of_the_newest_days(spark, conf, found):
    frames = published.frames(Lake(spark, conf.lake), days=2)
    wanted = luxembourg.shown(found)
    living = frames["population_map"]
    assert set(living["date"]) == {luxembourg.LAST, luxembourg.LAST - timedelta(days=1)}
    key = ["date", "hour", "cell"]
    mine = wanted["population_map"][wanted["population_map"]["date"].isin(set(living["date"]))]
    assert (
        living.sort_values(key).astype(object).to_numpy(na_value=-1).tolist()
        == mine[living.columns].sort_values(key).astype(object).to_numpy(na_value=-1).tolist()
    )
    for name in ("cross_border_flows", "residents_by_origin", "transnational_stocks", "night_quality"):
        assert len(frames[name]) == len(found[name])
    moves = found["intl_migration_flow"]
    assert len(frames["intl_migration_flow"]) == (moves["month"] == moves["month"].max()).sum()
    assert len(frames["class_transition"]) == len(found["class_transition"])
    grid = frames["population_grid"].sort_values("zone")
    assert grid["population"].tolist() == pytest.approx(wanted["population_grid"].sort_values("zone")["population"])


def test_the_command_opens_the_published_tier_only(spark, conf, tmp_path, monkeypatch):
    """There is no restricted tier at all, and nothing outside of the published one is asked for."""
    asked = []

    def watched(method):
        def seen(self, path):
            asked.append(path)
            return method(self, path)

        return seen

    for name in ("_names", "_text"):  # all that is read of a log
        monkeypatch.setattr(Lake, name, watched(getattr(Lake, name)))
    before = sorted(p for p in (tmp_path / "lake").rglob("*"))
    done = CliRunner().invoke(run.cli, ["report", "--conf", str(conf.path), "--out", str(tmp_path / "new/page.html")])
    assert done.exit_code == 0, done.output
    text = (tmp_path / "new/page.html").read_text("utf-8")
    assert "Luxembourg, hour by hour" in text
    assert '"date":"2026-04-03"' in text
    assert asked
    assert all(path.startswith(f"{conf.lake}/published/") for path in asked)
    assert sorted(p for p in (tmp_path / "lake").rglob("*")) == before


@needed
def test_an_analyst_makes_the_page_without_the_restricted_tier_and_without_the_key(conf, tmp_path):
    log = tmp_path / "lake/restricted/validations/_delta_log"
    log.mkdir(parents=True)
    (log / f"{0:020}.json").write_text("not for analysts")
    closed(tmp_path / "lake")
    (tmp_path / "key").write_text("any text of thirty-two characters")
    page = tmp_path / "page.html"
    done = analyst("-m", "sojourn.run", "report", "--conf", str(conf.path), "--out", str(page))
    assert done.returncode == 0, done.stderr
    assert "Luxembourg, hour by hour" in page.read_text("utf-8")


def test_a_lake_without_tables_has_a_page(spark, tmp_path):
    conf = luxembourg.configuration(tmp_path)
    assert published.frames(Lake(spark, conf.lake), days=7) == {}
    luxembourg.write(tmp_path / "lake", {name: frame.head(0) for name, frame in luxembourg.frames(days=1).items()})
    empty = published.frames(Lake(spark, load(conf.path).lake), days=7)
    assert len(empty) == 10
    assert all(frame.empty for frame in empty.values())
    done = CliRunner().invoke(run.cli, ["report", "--conf", str(conf.path), "--out", str(tmp_path / "page.html")])
    assert done.exit_code == 0, done.output


@pytest.mark.parametrize("out", ["", "conf.yaml/page.html"])
def test_a_page_that_cannot_be_written_is_said_before_anything_is_read(spark, tmp_path, out):
    conf = luxembourg.configuration(tmp_path)
    done = CliRunner().invoke(run.cli, ["report", "--conf", str(conf.path), "--out", str(tmp_path / out)])
    assert done.exit_code == 2
    assert "cannot be written" in done.stderr
