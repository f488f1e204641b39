"""The Spark session and its settings, each with the reason."""

import logging
import os
import shutil
import sys
import tempfile
from pathlib import Path

import pyspark
from pyspark.sql import SparkSession

from sojourn.errors import ConfigError, SojournError

DELTA = "io.delta:delta-spark_4.1_2.13:4.4.0"
# PySpark brings these in its own versions; a second copy on the class path breaks it.
BROUGHT_BY_SPARK = "org.apache.hadoop:hadoop-client-api,org.apache.hadoop:hadoop-client-runtime"
LOG4J = Path(__file__).with_name("log4j2.properties")
JARS = Path(pyspark.__file__).parent / "jars"

ALWAYS = {
    "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
    "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
    "spark.sql.session.timeZone": "UTC",  # instants are UTC; local time is a column, never a setting
    "spark.sql.legacy.timeParserPolicy": "CORRECTED",  # an unreadable time is null, no exception that tells the value
    "spark.sql.debug.maxToStringFields": "10",  # plans in logs stay short
    "spark.sql.sources.partitionOverwriteMode": "static",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.sql.execution.arrow.maxRecordsPerBatch": "50000",
    "spark.databricks.delta.skipRecordingEmptyCommits": "false",  # a commit without rows may carry an approval
    "spark.python.sql.dataFrameDebugging.enabled": "false",  # a stack trace for each column costs seconds a night
}
# One machine: the tables of a demo or a small operator must not pay for settings meant for large ones.
LOCAL = {
    "spark.master": "local[*]",
    "spark.sql.shuffle.partitions": str(max(2, os.cpu_count() or 2)),
    "spark.databricks.delta.snapshotPartitions": "1",  # a log of a few hundred files is one task, not fifty
    "spark.driver.memory": "4g",
    "spark.driver.host": "localhost",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.sql.parquet.compression.codec": "zstd",
    "spark.driver.extraJavaOptions": f"-XX:+UseParallelGC -Dlog4j2.configurationFile=file:{LOG4J}",
}
# Read by the machine that is started, not by the session: in one that runs they would do nothing.
AT_START = (
    "spark.driver.memory",
    "spark.driver.cores",
    "spark.driver.extraJavaOptions",
    "spark.driver.extraClassPath",
    "spark.master",
)


def start(settings: dict[str, str], name: str = "sojourn") -> SparkSession:
    """The session of this process. `settings` are the configuration's; they win over ours.

    Under spark-submit the master and the memory are those of the command: a setting that cannot act is refused.
    """
    delta_jar()
    submitted = "spark.master" in _submitted()
    ours = ALWAYS if submitted else LOCAL | ALWAYS
    if submitted:
        for late in AT_START:
            if late in settings and settings[late] != _submitted().get(late):
                raise ConfigError(
                    f"{late} cannot act any more: Spark was started by spark-submit",
                    where=f"spark.{late}",
                    hint=f"give it to spark-submit: --conf {late}={settings[late]}",
                )
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    builder = SparkSession.builder.appName(name)
    for key, value in (ours | settings).items():
        builder = builder.config(key, value)
    spark = builder.getOrCreate()
    spark.sparkContext.setLogLevel("ERROR")
    for logger in ("py4j", "DataFrameQueryContextLogger", "SQLQueryContextLogger"):
        logging.getLogger(logger).setLevel(logging.CRITICAL)  # their messages may hold values
    return spark


def _submitted() -> dict[str, str]:
    """What spark-submit has set in this process before us."""
    from pyspark import SparkConf, SparkContext

    if SparkContext._jvm is None and "PYSPARK_GATEWAY_PORT" not in os.environ:
        return {}
    return dict(SparkConf().getAll())


def delta_jar() -> Path:
    """The Delta jar beside PySpark's own; an error that says how to fetch it where it is missing."""
    found = sorted(JARS.glob("delta-spark_*.jar"))
    if not found:
        raise SojournError("Delta's jars are missing", where=str(JARS), hint="python -m sojourn.session fetches them")
    return found[0]


def fetch_jars() -> list[str]:
    """Fetch Delta's jars once, by the resolver that Spark ships, and put them beside Spark's own; the new names."""
    with tempfile.TemporaryDirectory() as ivy:
        settings = {
            "spark.master": "local[1]",
            "spark.jars.packages": DELTA,
            "spark.jars.excludes": BROUGHT_BY_SPARK,
            "spark.jars.ivy": ivy,
            "spark.ui.enabled": "false",
        }
        builder = SparkSession.builder
        for key, value in settings.items():
            builder = builder.config(key, value)
        builder.getOrCreate().stop()
        new = []
        for jar in sorted((Path(ivy) / "jars").glob("io.delta_delta-*.jar")):
            name = jar.name.removeprefix("io.delta_")
            shutil.copy(jar, JARS / name)
            new.append(name)
    return new


if __name__ == "__main__":
    if not list(JARS.glob("delta-spark_*.jar")):
        fetch_jars()
