"""Where nothing is due, a night on a local lake ends before Spark is started: most tasks of most nights."""

from datetime import date

import pandas as pd
import pytest

from schemas import BATCHES, COUNTRY_RUNS, PRESENCE, VALIDATIONS
from sojourn.lake import at_hand
from sojourn.night import MONTHLY, Night

DAY = date(2026, 3, 10)
CELL = 613048392019771391


def refuse():
    raise AssertionError("Spark is started")


@pytest.fixture
def night(land):
    """A night on a lake that has taken in one landing day."""
    night = Night(refuse, land.conf())
    file = dict.fromkeys(BATCHES.names, 0) | {"batch": DAY, "source": "cdr", "file": "f", "sha256": "s"}
    at = pd.Timestamp(f"{DAY} 08:00", tz="UTC")
    rows = {
        BATCHES: [file | {"ingested_at": at, "modified_at": at}],
        PRESENCE: [(DAY, 1, "LU", CELL, 1 << 9, 1, "LU")],
        COUNTRY_RUNS: [(DAY, 1, "LU", "LU", None, at, at, CELL, CELL, 1)],
    }
    for table, some in rows.items():
        made = at_hand(table, pd.DataFrame(some, columns=table.names))
        version = night.lake.write(table, made, [DAY], {})
        night.lake.approve(at_hand(VALIDATIONS, pd.DataFrame(columns=VALIDATIONS.names)), {table.name: version})
    return night


@pytest.mark.parametrize("name", ["subscribers", *MONTHLY, "country_since"])
def test_no_spark_for_nothing(night, name):
    assert night.steps[name]([DAY]) is None


def test_spark_is_started_where_there_is_work(night):
    with pytest.raises(AssertionError, match="Spark is started"):
        night.steps["border_crossings"]([DAY])
