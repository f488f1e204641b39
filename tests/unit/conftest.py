"""Unit tests never start Spark."""

import pytest
from pyspark import SparkContext


@pytest.fixture(autouse=True)
def _no_spark(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        pytest.fail("a unit test starts Spark")

    monkeypatch.setattr(SparkContext, "_ensure_initialized", refuse)
    monkeypatch.setattr(SparkContext, "__init__", refuse)
