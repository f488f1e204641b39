"""Unit tests never start Spark."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from deltalake import DeltaTable
from pyspark import SparkContext
from pyspark.sql.pandas.types import to_arrow_schema

from sojourn.lake import Lake
from sojourn.table import Table


@pytest.fixture(autouse=True)
def _no_spark(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        pytest.fail("a unit test starts Spark")

    monkeypatch.setattr(SparkContext, "_ensure_initialized", refuse)
    monkeypatch.setattr(SparkContext, "__init__", refuse)


@pytest.fixture
def lake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lake:
    """A local lake whose tables delta-rs creates: all but that it does without Spark anyway."""

    def create(self: Lake, table: Table, anew: bool = False) -> None:
        schema: Any = to_arrow_schema(table.schema, timestamp_utc=True)
        nullable = pa.schema([f.with_nullable(True) for f in schema])
        mode: Any = "overwrite" if anew else "error"
        DeltaTable.create(self.path(table), nullable, mode, partition_by=list(table.partition))

    monkeypatch.setattr(Lake, "_create", create)
    return Lake(None, str(tmp_path / "lake"))
