"""What a feed's expressions make of a file: canonical, typed columns that are null where a value is no good.

Expressions are analysed with ANSI off and the feed's zone as the session's: both are captured in the plan, so that
two zones live in one.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import reduce

import pyarrow as pa
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as t

from sojourn import fence
from sojourn.clock import Shift, shifts
from sojourn.config import Config, EventFeed, Feed
from sojourn.fence import Expression, Refused
from sojourn.files import Form

TYPED = ("parquet", "orc", "avro")
# what the expressions of a feed of events make of a record; line is its place in the file
CANONICAL = pa.schema(
    [("line", pa.int64()), ("subscriber", pa.string()), ("at", pa.timestamp("us", "UTC"))]
    + [(n, pa.string()) for n in ("home_plmn", "visited_plmn", "cell_id", "event_type", "direction", "peer")]
    + [("duration_s", pa.int32()), ("volume_bytes", pa.int64()), ("tac", pa.string())]
    + [("unreadable", pa.int32()), ("ambiguous", pa.bool_()), ("skipped", pa.bool_())]
)
DOMAINS = {"event_type": ("call", "sms", "data", "signalling"), "direction": ("in", "out")}
# what becomes of our columns: text, a whole number from 0 (with its Spark type), an instant, a date, a number, a truth
WHOLE = {"duration_s": "int", "volume_bytes": "bigint"}
OURS = "__our_"  # columns of ours beside those of the file, whose names may be the same
NUMBERS = ("latitude", "longitude", "range_m", "azimuth_deg", "beam_deg")
DATES = ("valid_from", "valid_to")
TIMES = (t.TimestampType, t.TimestampNTZType, t.DateType, t.StringType, t.NullType)


@dataclass(frozen=True)
class Reading:
    """A feed with its expressions, fenced."""

    feed: Feed
    expressions: Mapping[str, Expression]

    @property
    def form(self) -> Form:
        """How its files are read."""
        # names that differ in their case are one column, as they are to Spark
        every = {c.lower(): c for e in self.expressions.values() for c in sorted(e.columns, reverse=True)}
        needed = frozenset(every[c.lower()] for n in self.feed.required for c in self.expressions[n].columns)
        return Form(self.feed.format, dict(self.feed.options), tuple(sorted(every.values())), needed)


@contextmanager
def analysed(spark: SparkSession, zone: str) -> Iterator[None]:
    """Inside, expressions are analysed as a feed's: a failed cast is null, and times without offset are in `zone`."""
    settings = {"spark.sql.ansi.enabled": "false", "spark.sql.session.timeZone": zone}
    before = {name: spark.conf.get(name) for name in settings}
    for name, value in settings.items():
        spark.conf.set(name, value)
    try:
        yield
    finally:
        for name, old in before.items():
            spark.conf.set(name, str(old))


def readings(spark: SparkSession, conf: Config) -> dict[str, Reading]:
    """All feeds by name, their expressions fenced and, as far as types are known before a file is, resolved.

    Raises:
        ConfigError: an expression cannot be used; says its key and why.
    """
    out = {}
    for kind in ("cells", "cdr", "roaming", "subscribers"):
        for n, feed in enumerate(getattr(conf.sources, kind)):
            expressions = {}
            for name, text in feed.columns.items():
                try:
                    expressions[name] = fence.fenced(spark, text)
                    _try_out(spark, feed, name, expressions[name])
                except Refused as refused:
                    raise conf.wrong(f"sources.{kind}[{n}].columns.{name}", refused.what, refused.hint) from None
            out[feed.name] = Reading(feed, expressions)
    return out


def _try_out(spark: SparkSession, feed: Feed, name: str, expression: Expression) -> None:
    typed = feed.format in TYPED
    if typed and expression.nested:  # the fields of a structure are known when a file is
        return
    with analysed(spark, "UTC"):
        kind = t.NullType() if typed else t.StringType()
        made = fence.resolved(spark, expression, dict.fromkeys(expression.columns, kind))
    if name == "event_time" and not isinstance(made, TIMES):
        raise Refused(
            f"gives {made.simpleString()}, not a time",
            hint="to_timestamp(text, pattern), timestamp_seconds(number) or timestamp_millis(number)",
        )


def canonical(spark: SparkSession, reading: Reading, raw: DataFrame, first: date, last: date) -> DataFrame:
    """The canonical columns of a feed's raw records, beside those of `raw` that begin with two underscores.

    Adds `at` (instant), `ambiguous`, `skipped` (booleans) and `unreadable` (how many optional values were not readable)
    for feeds of events; `first` and `last` are the days between which daylight saving time is looked at.
    """
    feed = reading.feed
    zone = feed.time_zone if isinstance(feed, EventFeed) else "UTC"
    kept = [c for c in raw.columns if c in ("__file", "__batch", "__line")]
    with analysed(spark, zone):
        names = [n for n in reading.expressions if n != "utc_offset"]
        columns = [_typed(spark, reading, n).alias(OURS + n) for n in names]
        if "utc_offset" in reading.expressions:
            columns.append(_offset(fence.column(spark, reading.expressions["utc_offset"])).alias(OURS + "offset"))
        local = raw.select("*", *columns)
    if not isinstance(feed, EventFeed):
        return local.select(*kept, *(F.col(OURS + n).alias(n) for n in names))
    turns, offsets = shifts(zone, first, last), "utc_offset" in reading.expressions
    given = F.col(OURS + "offset").isNotNull() if offsets else F.lit(False)
    local = _clock(spark, reading, local, "UTC", _any([_around(turn) for turn in turns]) | given, "clock")
    told = F.lit(False)
    if offsets:  # a time that is the same wherever it is read carries its own offset, or is an instant
        local = _clock(spark, reading, local, "Etc/GMT-14", given, "far")
        told = given & (F.col(OURS + "clock") != F.col(OURS + "far"))
    local = local.select("*", F.coalesce(told, F.lit(False)).alias(OURS + "told"))
    at = F.unix_micros(OURS + "event_time")
    if offsets:
        at = F.when(F.col(OURS + "told"), F.col(OURS + "clock") - F.col(OURS + "offset")).otherwise(at)
    others = [n for n in names if n != "event_time"]
    return local.select(
        *kept,
        *(F.col(OURS + n).alias(n) for n in others),
        F.timestamp_micros(at).alias("at"),
        (_any([_twice(turn) for turn in turns]) & ~F.col(OURS + "told")).alias("ambiguous"),
        (_any([_never(turn) for turn in turns]) & ~F.col(OURS + "told")).alias("skipped"),
        reduce(Column.__add__, [_lost(reading, n, raw) for n in others if n not in feed.required], F.lit(0)).alias(
            "unreadable"
        ),
    )


def _clock(spark: SparkSession, reading: Reading, rows: DataFrame, zone: str, where: Column, name: str) -> DataFrame:
    """With the event's time as if its feed were in another zone, in microseconds; only where it is asked for."""
    with analysed(spark, zone):
        made = F.unix_micros(_instant(fence.column(spark, reading.expressions["event_time"])))
        return rows.select("*", F.when(where, made).alias(OURS + name))


def _any(conditions: list[Column]) -> Column:
    return F.coalesce(reduce(Column.__or__, conditions, F.lit(False)), F.lit(False))


def _typed(spark: SparkSession, reading: Reading, name: str) -> Column:
    """One canonical column. A value outside what it may be is null: casts must not wrap."""
    made = fence.column(spark, reading.expressions[name])
    if name == "event_time":
        return _instant(made)
    if name in WHOLE:
        number = made.cast("decimal(38,6)").try_cast("bigint")
        bound = 2**31 - 1 if WHOLE[name] == "int" else 2**63 - 1
        return F.when(number.between(0, bound), number).cast(WHOLE[name])
    if name in NUMBERS:
        number = made.cast("double")
        return F.when(~F.isnan(number), number)
    if name in DATES:
        return made.cast("date")
    if name == "opt_out":
        text = F.lower(F.trim(made.cast("string")))
        return text.isin("true", "t", "yes", "y", "1")
    text = F.trim(made.cast("string"))
    text = F.when(text != "", text)
    if name in DOMAINS:
        text = F.when(text.isin(*DOMAINS[name]), text)
    return text


def _instant(made: Column) -> Column:
    return made.cast("timestamp")


def _lost(reading: Reading, name: str, raw: DataFrame) -> Column:
    """1 where an optional column is null although a column it reads is not."""
    read = [F.col(f"`{c}`") for c in sorted(reading.expressions[name].columns)]
    given = [c.isNotNull() & (F.trim(c) != "") if _is_text(raw, c) else c.isNotNull() for c in read]
    return (F.col(OURS + name).isNull() & _any(given)).cast("int")


def _is_text(raw: DataFrame, column: Column) -> bool:
    return isinstance(raw.select(column).schema[0].dataType, t.StringType)


def _offset(made: Column) -> Column:
    """+0200, +02:00, -3, Z → microseconds east of UTC."""
    text = F.trim(made.cast("string"))
    part = r"^([+-]?)([0-9]{1,2}):?([0-9]{2})?$"
    hours = F.regexp_extract(text, part, 2).try_cast("int")
    minutes = F.coalesce(F.regexp_extract(text, part, 3).try_cast("int"), F.lit(0))
    sign = F.when(F.regexp_extract(text, part, 1) == "-", -1).otherwise(1)
    given = F.when((hours <= 14) & (minutes < 60), sign * (hours * 60 + minutes).cast("bigint") * 60_000_000)
    return F.when(text == "Z", F.lit(0).cast("bigint")).otherwise(given)


def _around(turn: Shift) -> Column:
    width, at = abs(turn.after - turn.before), F.unix_micros(OURS + "event_time")
    return at.between(turn.at - width, turn.at + width)


def _twice(turn: Shift) -> Column:
    """The clock went back: the first of two equal wall clocks, in a text that carried no offset."""
    at = F.unix_micros(OURS + "event_time")
    width = turn.before - turn.after
    return at.between(turn.at - width, turn.at - 1) & (F.col(OURS + "clock") == at + turn.before) & F.lit(width > 0)


def _never(turn: Shift) -> Column:
    """The clock went forward: a wall clock that was never shown, in a text that carried no offset."""
    at = F.unix_micros(OURS + "event_time")
    width = turn.after - turn.before
    return at.between(turn.at, turn.at + width - 1) & (F.col(OURS + "clock") == at + turn.before) & F.lit(width > 0)
