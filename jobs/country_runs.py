"""In which country each device was, and from when to when, day by day."""

from dataclasses import dataclass

from pyspark.sql import DataFrame

from schemas import COUNTRY_RUNS, EVENTS
from sojourn.methods.runs import runs_of

READS, WRITES, EVERY = (EVENTS,), COUNTRY_RUNS, "date"


@dataclass(frozen=True)
class Params:
    """None: a run is a fact."""


def transform(parts: DataFrame, p: Params) -> DataFrame:
    """Rows of `country_runs` for the dates of these parts of runs (`sojourn.methods.runs`)."""
    return runs_of(parts).select(*COUNTRY_RUNS.names)
