"""How a task of ours goes to Spark: what nightly.py and backfill.py share.

Nothing is fetched to read a DAG. What an installation decides is filled in when a task runs, from Variables that all
have defaults: `sojourn_home` (the folder of submit.py and .venv), `sojourn_conf` (the page of configuration),
`sojourn_driver_memory`, `sojourn_java_options`. The key of the pseudonyms is not among them, for templates are stored
and shown: it comes from the worker's environment or from a file, as the page of configuration says.
"""

import logging
import os
import re
from collections.abc import Iterable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from airflow.providers.apache.spark.operators.spark_submit import SparkSubmitOperator
from airflow.sdk import Asset, RetryDecision, RetryPolicy
from airflow.sdk.module_loading import import_string

# task: the tables it writes, in the order of a night; `validations` come with every one
WRITES = {
    "cells": ("cells",),
    "subscribers": ("subscribers",),
    "events": ("events", "rejects", "batches"),
    "presence": ("presence",),
    "intl_calls": ("intl_calls",),
    "country_runs": ("country_runs",),
    "country_since": ("country_since",),
    "home_locations": ("home_locations",),
    "machines": ("machines",),
    "border_crossings": ("border_crossings",),
    "trips": ("trips",),
    "transnationals": ("transnationals",),
    "country_nights": ("country_nights",),
    "population_grid": ("population_grid",),
    "population_map": ("population_map",),
    "cross_border_flows": ("cross_border_flows",),
    "residents_by_origin": ("residents_by_origin",),
    "transnational_stocks": ("transnational_stocks",),
    "cross_border_corridors": ("cross_border_corridors",),
    "zone_flows": ("zone_flows",),
    "cross_border_communities": ("cross_border_communities",),
    "intl_migration_flow": ("intl_migration_flow",),
    "class_transition": ("class_transition",),
    "intl_call_exposure": ("intl_call_exposure",),
    "segregation": ("segregation",),
    "night_quality": ("night_quality",),
}
HERE = Path(__file__).resolve().parents[1]
HOME = f"var.value.get('sojourn_home', '{HERE}')"
CONF = f"var.value.get('sojourn_conf', {HOME} ~ '/conf/local.yaml')"
# One slot: tasks of one lake run one after the other, those of the two DAGs too. Every task commits to `validations`,
# and notes which versions of its sources it consumed, which a second writer could move between its look and its commit.
POOL = "sojourn"
FINAL = {2: "the configuration is wrong", 3: "the data failed its expectations"}


class Mendable(RetryPolicy):
    """Another try where it can mend something: not for a wrong configuration (exit code 2), nor for failed data (3)."""

    def evaluate(self, exception: BaseException, try_number: int, max_tries: int, context: Any = None) -> RetryDecision:
        """By the exit code of spark-submit, which its operator tells in words only."""
        why = final(exception)
        return RetryDecision.fail(why) if why else RetryDecision.default()


def final(exception: object) -> str | None:
    """Why another try mends nothing; None where it may."""
    code = re.search(r"Error code is: (\d+)", str(exception))
    return FINAL.get(int(code[1])) if code else None


def tell(context: Mapping[str, Any]) -> None:
    """A task has failed for good, or a night is late: a line in the log, then what SOJOURN_NOTIFIER names is called.

    It gets Airflow's context, which for a late night holds the run only, and the line in it as `sojourn`.
    """
    if "deadline" in context:
        run = context["dag_run"]  # as the REST API tells it
        line = f"{run['dag_id']} {run['dag_run_id']} is late: not done by {context['deadline']['deadline_time']}"
    else:
        ti = context["ti"]
        why = final(context.get("exception")) or "its log says why"
        line = f"{ti.dag_id} {ti.run_id}: task {ti.task_id} failed: {why}"
    logging.getLogger(__name__).error("sojourn: %s", line)
    if path := os.environ.get("SOJOURN_NOTIFIER"):
        import_string(path)({**context, "sojourn": line})


def asset(table: str) -> Asset:
    """What a DAG of others waits on: `schedule=Asset("sojourn.population_map")`."""
    return Asset(f"sojourn.{table}")


def submit(task_id: str, *arguments: str, writes: Iterable[str]) -> SparkSubmitOperator:
    """A command of sojourn as a Spark application, and the tables it writes."""
    return SparkSubmitOperator(
        task_id=task_id,
        name=f"sojourn {task_id}",
        conn_id=os.environ.get("SOJOURN_SPARK_CONNECTION", "spark_default"),
        application=f"{{{{ {HOME} }}}}/submit.py",
        application_args=[*arguments, "--conf", f"{{{{ {CONF} }}}}"],
        # read by the machine that is started: in the page of configuration they would come too late
        conf={
            "spark.driver.memory": "{{ var.value.get('sojourn_driver_memory', '4g') }}",
            "spark.driver.extraJavaOptions": "{{ var.value.get('sojourn_java_options', '-XX:+UseParallelGC') }}"
            f" -Dlog4j2.configurationFile=file:{{{{ {HOME} }}}}/sojourn/log4j2.properties",
        },
        # Airflow has Python packages of its own: spark-submit and its Python are those of .venv. It is the worker that
        # reads this line before it runs the task, so PATH is the worker's.
        env_vars={
            "PATH": f"{{{{ {HOME} }}}}/.venv/bin:{os.environ['PATH']}",
            "PYSPARK_PYTHON": f"{{{{ {HOME} }}}}/.venv/bin/python",
            "SOJOURN_RUN": "{{ run_id }}",  # all tasks of a night are one run in the table `runs`
        },
        outlets=[asset(table) for table in writes],
        pool=POOL,
        retries=3,
        retry_delay=timedelta(minutes=2),
        retry_exponential_backoff=2,
        max_retry_delay=timedelta(minutes=30),
        retry_policy=Mendable(),
        on_failure_callback=tell,
    )
