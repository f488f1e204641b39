"""When the tables that look back over years are due, and that they are the same month by month as at once."""

from datetime import UTC, date, datetime, timedelta

import pytest
from test_months import FIRST, LATE, put

from schemas import COUNTRY_NIGHTS, COUNTRY_RUNS, INTL_MIGRATION_FLOW
from sojourn.clock import days
from sojourn.steps import moves
from tests.conftest import Land

STEPS = (moves.country_nights, moves.intl_migration_flow, moves.class_transition)
MARCH, APRIL, MAY = (date(2026, m, 1) for m in (3, 4, 5))
LAST = date(2026, 5, 20)
LEFT = date(2026, 3, 28)  # some of ours for Portugal; and from Portugal some come


def lives():
    """Runs of 24 devices: of ours half go, the guests come."""
    out = {}
    for day in days(FIRST, LAST):
        at = datetime(day.year, day.month, day.day, 19, 30, tzinfo=UTC)
        ends = at, at + timedelta(hours=1)
        of = [(n, "LU", "PT" if n < 8 and day >= LEFT else "LU") for n in range(16)]
        of += [(n, "PT", "LU") for n in range(16, 24) if day >= LEFT]
        runs = [(day, n, home, there, None, *ends, None, None, 2) for n, home, there in of]
        out[day] = [dict(zip(COUNTRY_RUNS.names, run, strict=True)) for run in runs]
    return out


@pytest.fixture
def night(spark, tmp_path):
    land = Land(tmp_path)

    def on(lake):
        tables = {"intl_migration_flow": {"history_nights": 5}}
        land.page |= {"lake": lake, "late_days": LATE, "disclosure": {"k": 2}, "tables": tables}
        return land.night(spark)

    return on


def rows(night):
    tables = COUNTRY_NIGHTS, INTL_MIGRATION_FLOW
    return {t.name: sorted(map(str, night.lake.read(t).select(t.names).collect())) for t in tables}


def test_month_by_month_is_the_same_as_at_once(night):
    told, since = lives(), FIRST
    done = {}
    for newest in (date(2026, 4, 7), date(2026, 5, 7), LAST):
        lake = night("monthly")
        put(lake, {day: told[day] for day in days(since, newest)}, newest)
        since = newest + timedelta(1)
        asked = [MAY] if newest == LAST else []
        done[newest] = [step(lake, [], **({"asked": asked} if asked else {})) for step in STEPS]
    # two nights before were not enough to see somebody arrive, and there is no year to compare with another
    built = ("1 months", 1)
    assert list(done.values()) == [[built, None, None], [built, built, None], [built, built, None]]
    at_once = night("at_once")
    put(at_once, told, LAST)
    for step in STEPS:
        step(at_once, [], asked=[MAY])
    assert rows(night("monthly")) == rows(at_once)
    nights = {(r.month, r.device, r.country): r.nights for r in at_once.lake.read(COUNTRY_NIGHTS).collect()}
    assert nights[MARCH, 1, "LU"] == sum(1 << d - 1 for d in range(20, 28))
    assert nights[MARCH, 1, "PT"] == sum(1 << d - 1 for d in range(28, 32))
    assert nights[MAY, 20, "LU"] == (1 << 19) - 1, "up to the last night that is over"
    flows = at_once.lake.read(INTL_MIGRATION_FLOW).where("series = 'observed'").collect()
    assert {(r.month, r.direction, r.country, r.definition_id, r.obs_status) for r in flows} == {
        (month, direction, "PT", "min_1_months", "P") for month in (APRIL, MAY) for direction in ("in", "out")
    }
    assert all(abs(r.devices - 8) <= 1 for r in flows)
