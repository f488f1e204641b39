"""The settings of a session, whoever started Spark."""

import math
from datetime import date
from types import SimpleNamespace

import pytest

from sojourn import session
from sojourn.arrivals import weight
from sojourn.errors import ConfigError
from sojourn.session import ALWAYS, AT_START, LOCAL


def test_one_machine_under_spark_submit_has_the_settings_of_one_machine():
    """But for those that only a start can set, and those that the command sets."""
    ours = session._ours({"spark.master": "local[2]", "spark.sql.shuffle.partitions": "7"})
    assert ALWAYS.items() <= ours.items()
    assert set(LOCAL) - set(ours) == {*AT_START, "spark.sql.shuffle.partitions"} & set(LOCAL)


def test_a_cluster_keeps_its_own_settings():
    assert session._ours({"spark.master": "yarn"}) == ALWAYS
    assert session._ours({}) == LOCAL | ALWAYS


def test_little_work_is_done_by_one_compiler():
    java = "spark.driver.extraJavaOptions"
    assert session._ours({}, brief=True) == LOCAL | ALWAYS | {java: f"{LOCAL[java]} -XX:TieredStopAtLevel=1"}
    assert session._ours({"spark.master": "local[2]"}, brief=True) == session._ours({"spark.master": "local[2]"})


def test_what_has_landed_is_weighed_without_spark(tmp_path):
    def conf(*paths):
        return SimpleNamespace(sources=SimpleNamespace(events=[SimpleNamespace(path=path) for path in paths]))

    for name, size in {
        "2026-03-02/a.gz": 5,
        "2026-03-02/sub/b.gz": 7,
        "2026-03-03/a.gz": 11,
        "2026-03-09/a.gz": 99,
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"x" * size)
    for hidden in ("2026-03-02/.a.gz", "2026-03-02/_sub/b.gz"):
        (tmp_path / hidden).parent.mkdir(exist_ok=True)
        (tmp_path / hidden).write_bytes(b"not landed")
    days = [date(2026, 3, 2), date(2026, 3, 3), date(2026, 3, 4)]
    assert weight(conf(f"{tmp_path}/{{date}}/*.gz"), days) == 16
    assert weight(conf(f"{tmp_path}/{{date}}/*", f"{tmp_path}/none/{{date}}"), days) == 23
    for unknown in ("s3a://bucket/{date}/*", f"file:{tmp_path}/{{date}}/*", f"{tmp_path}/{{date}}/{{a,b}}*"):
        assert weight(conf(unknown), days) == math.inf


@pytest.mark.parametrize("late", AT_START)
def test_a_setting_that_can_no_longer_act_is_refused(monkeypatch, late):
    monkeypatch.setattr(session, "_submitted", lambda: {"spark.master": "local[2]", "spark.driver.memory": "4g"})
    with pytest.raises(ConfigError) as refused:
        session.start({late: "8g"})
    assert refused.value.exit_code == 2
    assert f"spark-submit: --conf {late}=8g" in str(refused.value)
