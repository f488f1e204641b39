"""What was measured, of every size the newest: kept in bench/figures.json."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

KEPT = Path(__file__).with_suffix(".json")
STAGES = {  # the steps of both sides that belong together
    "start": ("start",),
    "events": ("cells", "read", "events"),
    "presence": ("presence",),
    "home_locations": ("home_locations",),
    "end": ("end",),
}
TO_PRESENCE = ("start", "cells", "subscribers", "events", "presence")


@dataclass(frozen=True)
class Side:
    """One side of a comparison: seconds of each run, and medians of the rest of what process.Run and its steps tell."""

    seconds: list[float]
    steps: dict[str, float]
    peak: dict[str, float]
    cpu: dict[str, float]
    processes: int
    others: float

    @property
    def middle(self) -> float:
        """The median of the seconds."""
        return median(self.seconds)

    def stage(self, name: str) -> float:
        """The seconds of a stage."""
        return sum(self.steps.get(step, 0) for step in STAGES[name])


@dataclass(frozen=True)
class Case:
    """What was found at one size.

    `duckdb`: None where every table was built, of which DuckDB has only some. `whats`: sojourn's seconds by step and
    what it did in it (medians). `work`: what Spark's tasks did (eventlog.Work). `operators`: step, operator, seconds of
    its tasks. `rows`: of each table, the same on both sides.
    """

    events: int
    nights: int
    form: str
    sojourn: Side
    duckdb: Side | None
    whats: dict[str, float]
    work: dict[str, float]
    operators: list[tuple[str, str, float]]
    rows: dict[str, int]

    @property
    def name(self) -> str:
        """Its size in words."""
        night = f", night {self.nights}" if self.nights > 1 else ""
        return f"{self.events:,} events, {self.form}{night}" + ("" if self.duckdb else ", every table")

    @property
    def ratio(self) -> float:
        """How many times the seconds of DuckDB."""
        return self.sojourn.middle / self.duckdb.middle if self.duckdb else float("nan")

    def share(self, *words: str) -> float:
        """The share of what is named so in sojourn's time."""
        return sum(s for name, s in self.whats.items() if any(w in name for w in words)) / sum(self.whats.values())

    @property
    def after_presence(self) -> float:
        """The share of the steps after presence in sojourn's time, the end of the process among them."""
        steps = self.sojourn.steps
        return sum(s for step, s in steps.items() if step not in TO_PRESENCE) / sum(steps.values())


def _of(page: dict[str, Any]) -> Case:
    sides = {name: Side(**page[name]) if page[name] else None for name in ("sojourn", "duckdb")}
    return Case(**page | sides)


def known() -> list[Case]:
    """All that is kept, by format and size."""
    cases = json.loads(KEPT.read_text("utf-8")) if KEPT.exists() else {}
    return sorted(map(_of, cases.values()), key=lambda c: (c.form, c.events, c.nights, c.duckdb is None))


def keep(case: Case) -> list[Case]:
    """Take a size in; all that are known."""
    cases = {c.name: asdict(c) for c in known()} | {case.name: asdict(case)}
    KEPT.write_text(json.dumps(cases, indent=1, ensure_ascii=False) + "\n", "utf-8")
    return known()
