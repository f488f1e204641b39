"""The Spark session and its settings, each with the reason."""

import logging
import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

import pyspark
from pyspark import SparkConf, SparkContext
from pyspark.sql import SparkSession

from sojourn.errors import ConfigError, SojournError

DELTA = "io.delta:delta-spark_4.1_2.13:4.4.0"
# PySpark brings these in its own versions; a second copy on the class path breaks it.
BROUGHT_BY_SPARK = "org.apache.hadoop:hadoop-client-api,org.apache.hadoop:hadoop-client-runtime"
# Of the Hadoop that PySpark brings, with the parts of the SDK that it uses: 13 MB, where the whole SDK has 600.
S3A = (
    "org.apache.hadoop:hadoop-aws:3.4.2,"
    "software.amazon.awssdk:s3-transfer-manager:2.29.52,software.amazon.awssdk:sts:2.29.52"
)
NOT_S3A = (
    f"{BROUGHT_BY_SPARK},software.amazon.awssdk:bundle,"
    "io.netty:*,org.slf4j:*,org.apache.httpcomponents:*,commons-codec:*,commons-logging:*"
)
LINEAGE = "io.openlineage:openlineage-spark_2.13:1.53.0"  # one jar of 43 MB: only where lineage is asked for
LOG4J = Path(__file__).with_name("log4j2.properties")
# under spark-submit PySpark is imported from a zip; SPARK_HOME is where it lies
JARS = Path(os.environ.get("SPARK_HOME") or Path(pyspark.__file__).parent) / "jars"
CLASSES = JARS / "sojourn.jsa"
# an archive of classes halves the start of the JVM; where it is missing or of another JVM it is passed over in silence
JAVA = f"-XX:+UseParallelGC -XX:SharedArchiveFile={CLASSES} -Xlog:cds*=off -Xlog:class+path*=off"

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
    "spark.python.daemon.module": "sojourn.forks",
    "spark.executorEnv.PYTHONPATH": str(Path(__file__).parents[1]),  # where that module lies
    "spark.driver.extraJavaOptions": f"{JAVA} -Dlog4j2.configurationFile=file:{LOG4J}",
}
# The second compiler of the JVM takes half the CPU of a small night, and gives nothing back before it is over.
BRIEF = {"spark.driver.extraJavaOptions": f"{LOCAL['spark.driver.extraJavaOptions']} -XX:TieredStopAtLevel=1"}
# How Spark evaluates expressions: by classes made for each plan, or as they stand, which spares compiling those.
COMPILED = {"spark.sql.codegen.wholeStage": "true", "spark.sql.codegen.factoryMode": "FALLBACK"}
INTERPRETED = {"spark.sql.codegen.wholeStage": "false", "spark.sql.codegen.factoryMode": "NO_CODEGEN"}
# Read by the machine that is started, not by the session: in one that runs they would do nothing.
AT_START = (
    "spark.driver.memory",
    "spark.driver.cores",
    "spark.driver.extraJavaOptions",
    "spark.driver.extraClassPath",
    "spark.master",
)


def start(settings: dict[str, str], name: str = "sojourn", brief: bool = False) -> SparkSession:
    """The session of this process. `settings` are the configuration's; they win over ours.

    brief: in a JVM for little work. Under spark-submit the master and the memory are those of the command: a setting
    that cannot act is refused.
    """
    given = _submitted()
    if not given:
        delta_jar()
    for late in AT_START if given else ():
        if late in settings and settings[late] != given.get(late):
            raise ConfigError(
                f"{late} cannot act any more: Spark was started by spark-submit",
                where=f"spark.{late}",
                hint=f"give it to spark-submit: --conf {late}={settings[late]}",
            )
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    builder = SparkSession.builder.appName(given.get("spark.app.name", name))
    for key, value in (_ours(given, brief) | settings).items():
        builder = builder.config(key, value)
    spark = builder.getOrCreate()
    _quiet(spark)
    return spark


def warm(spark: SparkSession) -> None:
    """A job of nothing: the process that Python workers are forked from has loaded by its end what tasks need."""
    spark.range(0, 2, 1, 2).mapInArrow(lambda batches: batches, "id bigint").collect()


def _ours(given: dict[str, str], brief: bool = False) -> dict[str, str]:
    """Our settings, where Spark was started with those given, or is about to start (none given)."""
    if not given:
        return LOCAL | ALWAYS | (BRIEF if brief else {})
    if not given.get("spark.master", "local").startswith("local"):
        return ALWAYS
    return {key: value for key, value in LOCAL.items() if key not in (*AT_START, *given)} | ALWAYS


def _submitted() -> dict[str, str]:
    """What spark-submit has set in this process before us; nothing where it did not start it."""
    if SparkContext._jvm is None and "PYSPARK_GATEWAY_PORT" not in os.environ:
        return {}
    SparkContext._ensure_initialized()  # before it, SparkConf does not know of the JVM
    if type(SparkContext._jvm.io.delta.sql.DeltaSparkSessionExtension).__name__ != "JavaClass":  # type: ignore[union-attr]
        raise SojournError(
            "Delta is not among the jars of this Spark", where="spark-submit", hint=f"--packages {DELTA}, or --jars"
        )
    return dict(SparkConf().getAll())


def _quiet(spark: SparkSession) -> None:
    """Log as log4j2.properties says, in a JVM that was started without it too: messages may hold values of rows."""
    jvm: Any = spark._jvm
    log4j, text = jvm.org.apache.logging.log4j, (files(__package__) / LOG4J.name).read_bytes()  # from a zip, too
    source = log4j.core.config.ConfigurationSource(jvm.java.io.ByteArrayInputStream(text))
    context = log4j.LogManager.getContext(False)
    factory = log4j.core.config.properties.PropertiesConfigurationFactory()
    log4j.core.config.Configurator.reconfigure(factory.getConfiguration(context, source))
    server: Any = spark.sparkContext._accumulatorServer  # of a JVM that is killed it would print a traceback
    server.handle_error = lambda *_: None
    for logger in ("py4j", "DataFrameQueryContextLogger", "SQLQueryContextLogger"):
        logging.getLogger(logger).setLevel(logging.CRITICAL + 1)  # tracebacks of a lost JVM are critical ones


def delta_jar() -> Path:
    """The Delta jar beside PySpark's own; an error that says how to fetch it where it is missing."""
    found = sorted(JARS.glob("delta-spark_*.jar"))
    if not found:
        fetch = "python -m sojourn.session jars fetches them"
        raise SojournError("Delta's jars are missing", where=str(JARS), hint=fetch)
    return found[0]


def fetch_jars() -> list[str]:
    """Fetch Delta's jars once, and put them beside Spark's own; the new names."""
    if list(JARS.glob(f"delta-spark_*-{DELTA.rpartition(':')[2]}.jar")):
        return []
    return fetch(DELTA, BROUGHT_BY_SPARK, JARS, "io.delta_", "delta-")


def fetch_s3a(folder: str) -> list[str]:
    """Fetch once what Spark needs for `s3a://` into a folder, for `spark.jars`; the new names."""
    return [] if list(Path(folder).glob("hadoop-aws-*.jar")) else fetch(S3A, NOT_S3A, Path(folder))


def fetch_openlineage(folder: str) -> list[str]:
    """Fetch once the listener that tells OpenLineage what Spark reads and writes, for `spark.jars`; the new names."""
    return [] if list(Path(folder).glob("openlineage-spark_*.jar")) else fetch(LINEAGE, "", Path(folder))


def fetch(packages: str, excludes: str, folder: Path, group: str = "", name: str = "") -> list[str]:
    """Jars by the resolver that Spark ships: those of a group and a beginning of their names."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as ivy:
        settings = {
            "spark.master": "local[1]",
            "spark.jars.packages": packages,
            "spark.jars.excludes": excludes,
            "spark.jars.ivy": ivy,
            "spark.ui.enabled": "false",
        }
        builder = SparkSession.builder
        for key, value in settings.items():
            builder = builder.config(key, value)
        builder.getOrCreate().stop()
        new = []
        for jar in sorted((Path(ivy) / "jars").glob(f"{group}{name}*.jar")):
            copy = jar.name.removeprefix(group) if group else jar.name.partition("_")[2]
            shutil.copy(jar, folder / copy)
            new.append(copy)
    return new


def rehearse() -> None:
    """A small night, for the archive that its JVM leaves of all classes it has loaded."""
    draft = CLASSES.with_suffix(".draft")  # part of an archive would break every JVM that is given it
    java = LOCAL["spark.driver.extraJavaOptions"].replace(
        f"SharedArchiveFile={CLASSES}", f"ArchiveClassesAtExit={draft}"
    )
    spark = start({"spark.master": "local[2]", "spark.driver.memory": "1g", "spark.driver.extraJavaOptions": java})
    with tempfile.TemporaryDirectory() as lake:
        rows = spark.range(1000).selectExpr("id", "id % 7 as day", "cast(id % 5 as string) as name")
        same = rows.mapInArrow(lambda batches: batches, rows.schema)
        for _ in range(3):
            same.write.format("delta").mode("overwrite").partitionBy("day").save(lake)
        read = spark.read.format("delta").load(lake)
        sums = read.groupBy("day", "name").agg({"id": "max"}).join(read.select("day").distinct(), "day")
        sums.orderBy("day").toPandas()
        read.where("day = 1").write.format("delta").mode("overwrite").option("replaceWhere", "day = 1").save(lake)
    machine: Any = SparkContext._gateway.proc  # type: ignore[union-attr]
    spark.stop()
    machine.stdin.close()  # it ends with us, and we when it has written
    if machine.wait() == 0 and draft.exists():
        draft.replace(CLASSES)


if __name__ == "__main__":
    commands: dict[str, Callable[..., Any]] = {
        "jars": fetch_jars,
        "s3a": fetch_s3a,
        "openlineage": fetch_openlineage,
        "rehearse": rehearse,
    }
    commands[sys.argv[1]](*sys.argv[2:])
