"""Expressions as steps, and steps as functions of a row of values."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, partial
from operator import itemgetter
from typing import Any

from sojourn.twins.values import STRICT


@dataclass(frozen=True)
class Step:
    """A step of a program: what is done, over which others, the Spark type of its result, and what else it needs."""

    does: str
    over: tuple["Step", ...] = ()
    kind: str = "string"
    more: tuple[Any, ...] = ()

    def every(self) -> "Iterator[Step]":
        """It and all that it is made of."""
        yield self
        for step in self.over:
            yield from step.every()


Value = Callable[[Sequence[Any]], Any]


def _chosen(parts: Sequence[Value], row: Sequence[Any]) -> Any:
    for when, then in zip(parts[::2], parts[1::2], strict=False):
        if when(row):
            return then(row)
    return parts[-1](row) if len(parts) % 2 else None


def _either(parts: Sequence[Value], row: Sequence[Any], decides: bool) -> bool | None:
    given = parts[0](row)
    other = given if given is decides else parts[1](row)
    if other is decides:
        return decides
    return None if given is None or other is None else not decides


def _among(parts: Sequence[Value], row: Sequence[Any]) -> bool | None:
    value, *others = [p(row) for p in parts]
    if value is None or (None in others and value not in others):
        return None
    return bool(value in others)


LAZY: dict[str, Callable[[Sequence[Value], Sequence[Any]], Any]] = {
    "IsNull": lambda parts, row: parts[0](row) is None,
    "IsNotNull": lambda parts, row: parts[0](row) is not None,
    "EqualNullSafe": lambda parts, row: parts[0](row) == parts[1](row),
    "Coalesce": lambda parts, row: next((v for p in parts if (v := p(row)) is not None), None),
    "CaseWhen": _chosen,
    "And": lambda parts, row: _either(parts, row, False),
    "Or": lambda parts, row: _either(parts, row, True),
    "In": _among,
}


@cache
def function(step: Step) -> Value:
    """A step as a function of a row, the values of its leaves."""
    parts, more = [function(x) for x in step.over], step.more
    if step.does == "leaf":
        return itemgetter(*more)
    if step.does == "Literal":
        return lambda _: more[0]
    if step.does in LAZY:
        return partial(LAZY[step.does], parts)
    f = STRICT[step.does]

    def strict(row: Sequence[Any]) -> Any:
        given = []
        for part in parts:
            if (value := part(row)) is None:
                return None
            given.append(value)
        return f(*given, *more)

    return strict
