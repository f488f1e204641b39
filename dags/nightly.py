"""The night: one Spark application per table, after those it reads.

A run is of one landing day, the day of its own date, which is over when the run starts; another can be given as `day`.
Building a day again leaves the same rows, so any task can be cleared and any run repeated. Which table reads which is
said by `sojourn tables --json`; a test holds the edges below to it.
"""

import os
import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from airflow.sdk import DAG, CronDataIntervalTimetable, DeadlineAlert, DeadlineReference, Param, SyncCallback

sys.path.append(str(Path(__file__).parent))  # not every reader of DAGs has put it there
from sojourn_tasks import WRITES, submit, tell

SCHEDULE = os.environ.get("SOJOURN_SCHEDULE", "0 3 * * *")  # cron, in UTC; `none`: only when triggered
LATE_AFTER = os.environ.get("SOJOURN_LATE_AFTER")  # hours from when the run is due or triggered; none: no deadline
DAY = "{{ params.day or ds }}"


def late(context: Mapping[str, Any]) -> None:
    """Who calls it when a night is late imports it by its address: this file's is always found, whatever its folder."""
    tell(context)


with DAG(
    "nightly",
    doc_md=__doc__,
    schedule=None if SCHEDULE == "none" else CronDataIntervalTimetable(SCHEDULE, timezone="UTC"),
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,  # a day that was missed is taken in by the next, within late_days; older ones by the DAG backfill
    max_active_runs=1,
    max_active_tasks=1,
    params={"day": Param(None, type=["null", "string"], format="date", title="Landing day")},
    # from when the run was queued: a day that is repeated weeks later, or cleared, has its hours too. Only where it is
    # asked for: `airflow dags test` of Airflow 3.3 breaks at the end of a DAG that has a deadline
    deadline=DeadlineAlert(
        reference=DeadlineReference.DAGRUN_QUEUED_AT,
        interval=timedelta(hours=float(LATE_AFTER)),
        callback=SyncCallback(late),
    )
    if LATE_AFTER
    else None,
    tags=["sojourn"],
) as dag:
    t = SimpleNamespace(**{name: submit(name, "build", name, "--day", DAY, writes=WRITES[name]) for name in WRITES})
    [t.cells, t.subscribers] >> t.events >> [t.presence, t.country_runs, t.intl_calls]
    t.presence >> [t.home_locations, t.machines]
    [t.subscribers, t.cells] >> t.machines >> t.transnationals
    t.country_runs >> [t.country_since, t.border_crossings, t.trips, t.transnationals]
    t.country_since >> [t.border_crossings, t.trips]
    [t.events, t.country_runs] >> t.country_nights
    persons = [t.cells, t.home_locations, t.population_grid]
    [t.presence, *persons] >> t.population_map
    [t.trips, t.border_crossings, *persons] >> t.cross_border_flows
    persons >> t.residents_by_origin
    [t.transnationals, *persons] >> t.transnational_stocks
    [t.border_crossings, *persons] >> t.cross_border_corridors
    [t.presence, *persons, t.cross_border_flows] >> t.zone_flows
    [t.intl_calls, t.presence, t.cells] >> t.intl_call_exposure
    [t.zone_flows, t.cross_border_flows, t.intl_call_exposure] >> t.cross_border_communities
    [t.transnationals, *persons] >> t.class_transition
    [t.country_nights, *persons] >> t.intl_migration_flow
    [t.residents_by_origin, t.intl_call_exposure, t.population_map] >> t.segregation
    # it reads what the checks of all others have found
    [task for task in dag.tasks if task is not t.night_quality] >> t.night_quality
