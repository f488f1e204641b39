"""The settings of a session, whoever started Spark."""

import pytest

from sojourn import session
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


@pytest.mark.parametrize("late", AT_START)
def test_a_setting_that_can_no_longer_act_is_refused(monkeypatch, late):
    monkeypatch.setattr(session, "_submitted", lambda: {"spark.master": "local[2]", "spark.driver.memory": "4g"})
    with pytest.raises(ConfigError) as refused:
        session.start({late: "8g"})
    assert refused.value.exit_code == 2
    assert f"spark-submit: --conf {late}=8g" in str(refused.value)
