"""Spark's Python workers come from our process: with no archive to look through before each task."""

import sys
import zipimport
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
from pyspark.sql import SparkSession

from sojourn.forks import without_archives


def test_a_worker_has_no_archive_on_its_path_and_is_forked_from_ours(spark: SparkSession) -> None:
    def task(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for _ in batches:
            importers = [type(i) for i in sys.path_importer_cache.values()].count(zipimport.zipimporter)
            ours = sys.modules["__main__"].__spec__.name == "sojourn.forks"
            told = {"archives": [importers], "ours": [ours], "loaded": ["sojourn.straight" in sys.modules]}
            yield pa.RecordBatch.from_pydict(told)

    told = spark.range(1).mapInArrow(task, "archives bigint, ours boolean, loaded boolean").first()
    assert told is not None
    assert told.asDict() == {"archives": 0, "ours": True, "loaded": True}


def test_only_what_is_no_file_stays_on_the_path(tmp_path: Path) -> None:
    (tmp_path / "some.zip").touch()
    path = ["", str(tmp_path), str(tmp_path / "some.zip"), str(tmp_path / "none")]
    assert without_archives(path) == ["", str(tmp_path), str(tmp_path / "none")]
