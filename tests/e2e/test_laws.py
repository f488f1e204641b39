"""The rows after any sequence of runs are those of one run in order: the promises, on a small lake of four days."""

import contextlib
import os
import shutil

import pytest
from delta.tables import DeltaTable
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from schemas import EVENTS, PRESENCE, TABLES
from sojourn.lake import Lake
from sojourn.night import LANDED, Night
from tests.conftest import Land
from tests.four_days import DAYS, UP_TO_TRIPS, copied, differing, landed, rows

MORE = int(os.environ.get("SOJOURN_LAWS", "0"))  # so many sequences more are tried, each takes minutes


class Killed(BaseException):
    """The process ends here."""


@pytest.fixture(scope="module")
def land(tmp_path_factory: pytest.TempPathFactory) -> Land:
    return landed(tmp_path_factory.mktemp("laws"))


@pytest.fixture(scope="module")
def truth(land: Land, spark) -> dict[str, list[str]]:
    """All days in one pass."""
    night = on_new_lake(land, spark, "at_once")
    night.run(DAYS)
    night.provisional()
    return rows(night)


def on_new_lake(land: Land, spark, name: str) -> Night:
    shutil.rmtree(land.root / name, ignore_errors=True)
    land.page["lake"] = name
    return land.night(spark)


def test_the_small_lake_is_not_trivial(truth):
    assert len(truth["events"]) > 200
    assert len(truth["rejects"]) >= 4
    assert any("duplicate_file" in r for r in truth["rejects"])
    assert any("truncated_file" in r for r in truth["rejects"])
    # no register, no month that began long enough ago (tests/spark/test_months.py), and no two months or years
    empty = ["subscribers", "country_since", "intl_migration_flow", "class_transition"]
    assert [name for name, found in truth.items() if not found] == empty


def test_verdicts_lie_in_one_file_a_table_however_many_runs_wrote_some(land, spark, truth):
    files = spark.sql(f"describe detail delta.`{land.root}/at_once/restricted/validations`").first().numFiles
    assert 10 < files <= len(TABLES)


def test_night_by_night_with_files_that_come_late_is_the_same_as_a_range_at_once(land, spark, truth, tmp_path):
    """A file that lands after its day, within late_days, leaves the rows of one that was there in time."""
    late = copied(land, tmp_path, lake="late")
    held = [tmp_path / f"landing/cdr/{DAYS[0]}/part-1.csv", tmp_path / f"landing/roaming/{DAYS[1]}/r.csv"]
    for file in held:
        file.rename(tmp_path / file.name)
    for days in (DAYS[:1], DAYS[1:2]):
        late.night(spark).run(days)  # each night a process of its own, which knows only the lake
    for file in held:
        (tmp_path / file.name).rename(file)
    night = late.night(spark)
    night.run(DAYS[2:])
    night.provisional()
    assert differing(rows(night), truth) == {}


def commits(monkeypatch: pytest.MonkeyPatch, at: int) -> None:
    """The process dies at its n-th commit: before it where n is even, right after it where n is odd."""
    left = [at]

    def dying(method):
        def wrapped(self, *args, **kwargs):
            left[0] -= 2
            if left[0] == -2:
                raise Killed
            result = method(self, *args, **kwargs)
            if left[0] == -1:
                raise Killed
            return result

        return wrapped

    for name in ("write", "approve"):
        monkeypatch.setattr(Lake, name, dying(getattr(Lake, name)))


run = st.lists(st.sampled_from(DAYS), min_size=1, max_size=3, unique=True)
step = st.one_of(run, st.integers(0, 13), st.just("optimize"))


@settings(
    max_examples=max(1, MORE),
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, *[Phase.generate] * bool(MORE)],
    suppress_health_check=list(HealthCheck),
)
@given(st.lists(step, min_size=1, max_size=3))
@example([7, "optimize", [DAYS[2], DAYS[0]]])
def test_any_sequence_of_runs_leaves_the_same_rows(land, spark, truth, steps):
    """Runs of days in any order and again, killed at any commit, OPTIMIZE in between; then one of all days."""
    night = on_new_lake(land, spark, "shuffled")
    for one in steps:
        if one == "optimize":
            for table in (EVENTS, PRESENCE):
                if night.lake.exists(table):
                    DeltaTable.forPath(spark, night.lake.path(table)).optimize().executeCompaction()
        elif isinstance(one, int):
            with pytest.MonkeyPatch.context() as patch:
                commits(patch, one)
                with contextlib.suppress(Killed):
                    night.run(DAYS[1:3], UP_TO_TRIPS)
        else:
            night.run(sorted(one), UP_TO_TRIPS)
        night = land.night(spark)  # the next process knows only the lake
    night.run(DAYS, UP_TO_TRIPS)
    made = {*UP_TO_TRIPS, *LANDED}
    assert differing({n: some for n, some in rows(night).items() if n in made}, truth) == {}
