"""Upkeep: what has expired goes, small files become few, files that no version of the last week has are deleted.

In the pool of the others, so that nobody writes meanwhile. A week without it costs nothing but disk.
"""

import os
import sys
from datetime import UTC, datetime
from pathlib import Path

from airflow.sdk import DAG, CronDataIntervalTimetable

sys.path.append(str(Path(__file__).parent))  # not every reader of DAGs has put it there
from sojourn_tasks import submit

SCHEDULE = os.environ.get("SOJOURN_MAINTENANCE_SCHEDULE", "0 12 * * 0")  # cron, in UTC; `none`: only when triggered

with DAG(
    "maintenance",
    doc_md=__doc__,
    schedule=None if SCHEDULE == "none" else CronDataIntervalTimetable(SCHEDULE, timezone="UTC"),
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    tags=["sojourn"],
):
    submit("upkeep", "upkeep", writes=())
