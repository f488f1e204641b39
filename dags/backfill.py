"""Landing days of the past, in order: after an outage, after a correction, or the first days of a new lake.

One Spark application for the whole range, not a run of `nightly` for each day. It starts Spark once instead of once a
table and day, takes small days in together, and leaves the rows of the nights one by one; where a check fails, it goes
through the days in order up to the one that fails. A retry repeats the range, and leaves the same rows.
"""

import sys
from datetime import UTC, datetime
from pathlib import Path

from airflow.sdk import DAG, Param

sys.path.append(str(Path(__file__).parent))  # not every reader of DAGs has put it there
from sojourn_tasks import WRITES, submit

with DAG(
    "backfill",
    doc_md=__doc__,
    schedule=None,
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    params={
        "from": Param(type="string", format="date", title="First landing day"),
        "to": Param(type="string", format="date", title="Last landing day"),
        "provisional": Param(False, type="boolean", title="Then the monthly tables of months not yet closed, too"),
    },
    tags=["sojourn"],
):
    submit(
        "run",
        *("run", "--from", "{{ params['from'] }}", "--to", "{{ params.to }}"),
        # a template cannot leave a word out: the last day again says nothing new
        "{{ '--provisional' if params.provisional else '--to=' ~ params.to }}",
        writes=[table for tables in WRITES.values() for table in tables],
    )
