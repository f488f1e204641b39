"""From the tree of an expression, as Spark has resolved it, to a program; or none, where it holds what has no twin."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from pyspark.errors import AnalysisException
from pyspark.sql import SparkSession
from pyspark.sql import types as t

from sojourn import fence
from sojourn.clock import shifts
from sojourn.config import EventFeed
from sojourn.feeds import DOMAINS, WHOLE, Reading, analysed
from sojourn.files import Found
from sojourn.twins.canonical import Twin
from sojourn.twins.kernels import ARROW
from sojourn.twins.programs import LAZY, function
from sojourn.twins.programs import Step as S
from sojourn.twins.times import ISO, Failed, Pattern, Unsure, Zone
from sojourn.twins.values import BITS, STRICT

PLAIN = frozenset(ARROW) - {"double", "float"}  # of what other steps than the last may be over
# what Spark writes as something else
REPLACED = frozenset(
    "Between Decode Left Nvl Nvl2 NullIf ParseToTimestamp Right StringTrimBoth TypedNullLiteral".split()
)
LIKE = {"%": ".*", "_": "."}


class _NoTwin(Exception):  # noqa: N818 (Spark evaluates the feed)
    pass


def twin(spark: SparkSession, reading: Reading, found: Found, first: date, last: date) -> "Twin | None":
    """The twin of a feed's expressions over files of one form; None where one of them has none.

    first, last: the days between which daylight saving time is looked at.
    """
    feed, expressions = reading.feed, reading.expressions
    if not isinstance(feed, EventFeed) or "utc_offset" in expressions or any(e.nested for e in expressions.values()):
        return None
    fields = [{"name": c, "type": json.loads(kind), "nullable": True, "metadata": {}} for c, _, kind in found.columns]
    frame = spark.createDataFrame([], t.StructType.fromJson({"fields": fields}))
    kinds = {f.name.lower(): (f.name, f.dataType.typeName()) for f in frame.schema}
    names, zone = {low: name for low, (name, _) in kinds.items()}, Zone.of(feed.time_zone, first, last)
    try:
        with analysed(spark, feed.time_zone):
            made = frame.select(*(fence.column(spark, e).alias(n) for n, e in expressions.items()))
        trees = dict(zip(expressions, _listed(made._jdf.queryExecution().analyzed().expressions()), strict=True))
        steps = {n: _canonical(n, _Walk(names, zone).step(tree), zone) for n, tree in trees.items()}
        clock = _canonical("event_time", _Walk(names, Zone()).step(trees["event_time"]), Zone())
    except (_NoTwin, AnalysisException):
        return None
    optional = [n for n in expressions if n != "event_time" and n not in feed.required]
    given = tuple((n, tuple(kinds[c.lower()][0] for c in sorted(expressions[n].columns))) for n in optional)
    read = {s.more[0]: s.kind for root in (*steps.values(), clock) for s in root.every() if s.does == "column"}
    read |= {name: kind for name, kind in kinds.values() if any(name in columns for _, columns in given)}
    return Twin(tuple(read.items()), tuple(steps.items()), clock, given, tuple(shifts(feed.time_zone, first, last)))


def _listed(seq: Any) -> list[Any]:
    return [seq.apply(i) for i in range(seq.size())]


@dataclass(frozen=True)
class _Walk:
    """Through a tree that Spark has resolved; a text without offset is in `zone`."""

    names: Mapping[str, str]  # of columns, by their lower case
    zone: Zone
    shared: dict[str, S] = field(default_factory=dict)

    def step(self, tree: Any) -> S:
        """A tree's step."""
        name, kind, children = tree.getClass().getSimpleName(), tree.dataType().typeName(), _listed(tree.children())
        match name:
            case "Literal":
                return _literal(tree.value(), kind)
            case "AttributeReference":
                column = S("column", (), kind, (self.names[tree.name().lower()],))
                return column if kind != "void" else _literal(None, kind)
            case "CommonExpressionRef":
                return self.shared[str(tree.id())]
            case "With":
                self.shared.update({str(made.id()): self.step(made.child()) for made in children[1:]})
        if name in ("Alias", "TryEval", "With") or name in REPLACED:
            return self.step(tree.replacement() if name in REPLACED else children[0])
        over = tuple(self.step(c) for c in children)
        if name == "Cast":
            made = _cast(over[0], kind, self.zone, exact=tree.evalMode().toString() != "LEGACY")
        elif name in SPECIAL:
            made = SPECIAL[name](S(name, over, kind), self.zone)
        elif name in STRICT or name in LAZY:
            made = S(name, over, kind)
        else:
            raise _NoTwin
        return _folded(made)


def _literal(value: Any, kind: str) -> S:
    if value is None:
        return S("Literal", (), "string" if kind == "void" else kind, (None,))
    if kind not in ("string", "boolean", *BITS):
        raise _NoTwin
    return S("Literal", (), kind, (str(value) if kind == "string" else value,))


def _folded(step: S) -> S:
    """A constant where it is made of constants."""
    if not all(s.kind in PLAIN for s in (step, *step.over)):
        raise _NoTwin
    if not step.over or any(s.does != "Literal" for s in step.over):
        return step
    try:
        return S("Literal", (), step.kind, (function(step)(()),))
    except (Failed, Unsure):
        raise _NoTwin from None


def _said(step: S) -> str:
    """The text of a constant."""
    if step.does != "Literal" or not isinstance(step.more[0], str):
        raise _NoTwin
    return step.more[0]


def _parsed(step: S, zone: Zone) -> S:
    text, pattern = step.over[0], Pattern.of(_said(step.over[1]))
    if text.kind == step.kind == "timestamp":
        return text
    if text.kind != "string" or step.kind != "timestamp" or not pattern:
        raise _NoTwin
    return S("read", (text,), step.kind, (pattern, zone))


def _like(step: S, _: Zone) -> S:
    like = _said(step.over[1])
    if "\\" in like:
        raise _NoTwin
    return replace(step, over=step.over[:1], more=("".join(LIKE.get(c) or re.escape(c) for c in like),))


def _trimmed(step: S, _: Zone) -> S:
    if step.over[1:] and _said(step.over[1]) != " ":
        raise _NoTwin
    return replace(step, over=step.over[:1])


def _computed(step: S, _: Zone) -> S:
    if step.kind not in BITS:
        raise _NoTwin
    return replace(step, more=(step.kind,))


SPECIAL: dict[str, Callable[[S, Zone], S]] = {
    **{"GetTimestamp": _parsed, "Like": _like, "If": lambda step, _: replace(step, does="CaseWhen")},
    **dict.fromkeys(("StringTrim", "StringTrimLeft", "StringTrimRight"), _trimmed),
    **dict.fromkeys(("Add", "Subtract", "Multiply", "UnaryMinus"), _computed),
}
CASTS = {
    **{("string", "timestamp"): "read", ("timestamp_ntz", "timestamp"): "local", ("date", "timestamp"): "midnight"},
    **{("string", "integer"): "integer", ("string", "long"): "integer", ("boolean", "string"): "text"},
    **{(a, b): "wrapped" for a in BITS for b in BITS},
    **{(a, b): does for a in BITS for b, does in (("string", "text"), ("timestamp", "epoch"))},
}


def _cast(step: S, kind: str, zone: Zone, exact: bool = False) -> S:
    if step.does == "Literal" and step.more == (None,):
        return replace(step, kind=kind)
    if step.kind == kind:
        return step
    does = CASTS.get((step.kind, kind))
    if not does or (exact and step.kind != "string"):
        raise _NoTwin
    needed = {"read": (ISO, zone), "integer": (kind, exact), "wrapped": (kind,), "local": (zone,), "midnight": (zone,)}
    return S(does, (step,), kind, needed.get(does, ()))


def _canonical(name: str, step: S, zone: Zone) -> S:
    """A column's step, made what the column holds."""
    if name == "event_time":
        return _cast(step, "timestamp", zone)
    numeric = step.kind.startswith("decimal(")
    if name in WHOLE:
        kind = {"int": "integer", "bigint": "long"}[WHOLE[name]]
        if not (numeric or step.kind in ("string", "boolean", "double", "float", *BITS)):
            raise _NoTwin
        return S("bounded", (step,), kind, ((1 << BITS[kind] - 1) - 1,))
    text = S("text", (step,)) if numeric and step.kind.endswith(",0)") else _cast(step, "string", zone)
    return S("named", (text,), "string", (DOMAINS.get(name, ()),))
