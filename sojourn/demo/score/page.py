"""How the page is written: tables, shares and goals."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Goal:
    """What is to be reached, what was found, and whether it is enough (None: there was nothing to judge by)."""

    subject: str
    goal: str
    found: str
    reached: bool | None

    @property
    def verdict(self) -> str:
        return {True: "reached", False: "MISSED", None: "nobody"}[self.reached]

    def sentence(self) -> str:
        told = f"{self.found}, {self.verdict}" if self.reached is not None else "nobody"
        return f"Goal: {self.goal}. Found: {told}."


@dataclass(frozen=True)
class Section:
    """A subject on the page: its lines, its goals, and rows of the lake that must not be there."""

    lines: list[str]
    goals: list[Goal] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


def at_least(subject: str, goal: str, found: float | None, least: float) -> Goal:
    """A share that is to be `least` or more."""
    return Goal(subject, goal, share(found), None if found is None else found >= least)


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    lines = ["", f"| {' | '.join(head)} |", f"|{'---|' + '---:|' * (len(head) - 1)}"]
    return [*lines, *(f"| {' | '.join(row)} |" for row in rows), ""]


def ratio(part: float, whole: float) -> float | None:
    """A share; None of nothing."""
    return float(part / whole) if whole else None


def share(value: float | None, digits: int = 2) -> str:
    return "–" if value is None or math.isnan(value) else f"{value:z.{digits}%}"


def count(value: Any) -> str:
    return f"{int(value):,}"
