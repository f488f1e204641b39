"""The fence around a feed's expressions: row-wise, deterministic, built-in Spark SQL, and never an exception.

An expression is parsed, not run: its tree is walked against an allow-list of nodes and functions, so that nothing
reaches a table, a file, the clock or the Java runtime (`java_method('java.lang.System', 'getenv', …)` returned the key
when it was tried). It is then wrapped so that a row on which it fails yields null, whatever the setting: an
engine's message carries the value that it failed on.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from typing import Any

from pyspark.sql import Column, SparkSession
from pyspark.sql import types as t
from pyspark.sql.classic.column import Column as ClassicColumn

from sojourn.errors import SojournError

NODES = frozenset(
    """Add And BitwiseAnd BitwiseNot BitwiseOr BitwiseXor CaseWhen Cast Concat CreateNamedStruct Divide EqualNullSafe
    EqualTo GreaterThan GreaterThanOrEqual ILike In IntegralDivide IsNotNull IsNull LambdaFunction LessThan
    LessThanOrEqual Like LikeAll LikeAny Literal Multiply Not NotLikeAll NotLikeAny Or Overlay RLike Remainder ShiftLeft
    ShiftRight StringLocate StringTrim StringTrimLeft StringTrimRight StringTrimBoth Substring Subtract TimestampAdd
    TimestampDiff UnaryMinus UnaryPositive UnresolvedAttribute UnresolvedExtractValue UnresolvedFunction
    UnresolvedNamedLambdaVariable""".split()
)
FUNCTIONS = frozenset(
    """abs add_months aggregate array array_contains array_join array_position ascii between bigint bin binary bit_count
    bit_get boolean bround btrim cardinality cast ceil ceiling char char_length character_length charindex chr coalesce
    concat concat_ws contains conv convert_timezone crc32 date date_add date_diff date_format date_from_unix_date
    date_part date_sub date_trunc dateadd datediff datepart day dayofmonth dayofweek dayofyear decimal decode div double
    element_at endswith equal_null exists exp extract filter find_in_set float floor forall from_json from_unixtime
    from_utc_timestamp get get_json_object getbit greatest hash hex hour if ifnull ilike initcap instr int isnan
    isnotnull isnull last_day lcase least left len length levenshtein like ln locate log log10 log2 lower lpad ltrim
    make_date make_dt_interval make_interval make_timestamp make_timestamp_ltz make_timestamp_ntz map map_keys
    map_values md5 minute mod month months_between named_struct negative nullif nullifzero nvl nvl2 octet_length overlay
    pmod position positive pow power quarter reduce regexp regexp_count regexp_extract regexp_instr regexp_like
    regexp_replace regexp_substr repeat replace reverse right rlike round rpad rtrim second sha sha1 sha2 shiftleft
    shiftright sign signum size slice smallint sort_array space split split_part sqrt startswith str_to_map string
    struct substr substring substring_index timestamp timestamp_micros timestamp_millis timestamp_seconds timestampadd
    timestampdiff tinyint to_char to_date to_json to_number to_timestamp to_timestamp_ltz to_timestamp_ntz
    to_unix_timestamp to_utc_timestamp transform translate trim trunc try_add try_cast try_divide try_element_at
    try_make_timestamp try_multiply try_subtract try_to_date try_to_number try_to_timestamp typeof ucase unhex unix_date
    unix_micros unix_millis unix_seconds unix_timestamp upper weekday weekofyear xxhash64 year zeroifnull""".split()
)
TIMES = ("date", "timestamp", "timestamp_ntz")
CLOCK_WORDS = ("now", "today", "tomorrow", "yesterday")
CLOCK_LITERAL = re.compile(rf"(?i)\b(date|timestamp\w*)\s*['\"]\s*({'|'.join(CLOCK_WORDS)})\b")
# Without brackets these are read as columns by the parser, and as the clock or the user by the analyser.
NOT_COLUMNS = frozenset("current_date current_time current_timestamp localtimestamp current_user session_user".split())


class Refused(SojournError):  # noqa: N818 (the caller makes the error of it)
    """An expression that cannot be used, and why; the caller knows its key."""


@dataclass(frozen=True)
class Expression:
    """A feed's expression that passed the fence: its text and the columns of the file it reads."""

    text: str
    columns: frozenset[str]
    nested: bool


def fenced(spark: SparkSession, text: str) -> Expression:
    """Parse an expression and walk it.

    Raises:
        Refused: it is no expression, or holds something that is not allowed.
    """
    try:
        tree = _parse(spark, text)
    except Exception as error:
        first = next((x for x in str(error).splitlines() if x.strip()), "").split(" SQLSTATE")[0]
        raise Refused(
            f"is no SQL expression: {first[:150]}", hint="a column of the file, or Spark SQL over them"
        ) from None
    if CLOCK_LITERAL.search(text):
        raise Refused("holds the clock as a constant", hint="expressions read the row, not the clock")
    columns, nested = set[str](), False
    for node in _walk(tree):
        kind = node.getClass().getSimpleName()
        if kind == "UnresolvedFunction":
            _function(node)
        elif kind == "UnresolvedAttribute":
            parts = [str(node.nameParts().apply(i)) for i in range(node.nameParts().size())]
            if parts[0].lower() in NOT_COLUMNS:
                raise Refused(f"{parts[0]} is not allowed", hint="expressions read the row, not the clock or the user")
            columns.add(parts[0])
            nested = nested or len(parts) > 1
        elif kind not in NODES:
            raise Refused(
                f"holds what is not allowed ({kind})", hint="row-wise built-in functions of the row's columns only"
            )
    return Expression(text, frozenset(columns), nested)


def column(spark: SparkSession, expression: Expression) -> Column:
    """The expression as a column that is null where it fails."""
    catalyst: Any = spark._jvm.org.apache.spark.sql.catalyst.expressions  # type: ignore[union-attr]
    classic: Any = spark._jvm.org.apache.spark.sql.classic  # type: ignore[union-attr]
    made: Column = ClassicColumn(classic.ExpressionUtils.column(catalyst.TryEval(_parse(spark, expression.text))))
    return made


def resolved(spark: SparkSession, expression: Expression, types: dict[str, t.DataType]) -> t.DataType:
    """The type of an expression over columns of these types.

    Raises:
        Refused: Spark cannot resolve it.
    """
    one = {name.lower(): name for name in sorted(expression.columns)}.values()  # Spark does not tell cases apart
    schema = t.StructType([t.StructField(name, types[name]) for name in one])
    try:
        made = spark.createDataFrame([], schema).select(column(spark, expression))
        for node in _walk(made._jdf.queryExecution().analyzed().expressions().head()):
            _no_clock(node)
        return made.schema[0].dataType
    except Refused:
        raise
    except Exception as error:
        first = str(error).splitlines()[0].split(" SQLSTATE")[0]
        raise Refused(f"cannot be resolved: {first[:200]}", hint="see the names and types of its arguments") from None


def _parse(spark: SparkSession, text: str) -> Any:
    return spark._jsparkSession.sessionState().sqlParser().parseExpression(text)


def _walk(node: Any) -> Iterator[Any]:
    yield node
    children = node.children()
    for i in range(children.size()):
        yield from _walk(children.apply(i))


def _no_clock(node: Any) -> None:
    """Refuse the words that Spark reads as the clock where they stand for a constant time (now, today)."""
    if node.dataType().typeName() not in TIMES:
        return
    children = node.children()
    for child in (children.apply(i) for i in range(children.size())):
        if child.foldable() and child.dataType().typeName() == "string":
            word = re.match("[a-z]*", str(child.eval(None)).strip().lower())
            if word and word[0] in CLOCK_WORDS:
                raise Refused(f"'{word[0]}' is the clock", hint="expressions read the row, not the clock")


@cache
def _nearest(name: str) -> str:
    close = get_close_matches(name, sorted(FUNCTIONS), 1)
    return f"did you mean {close[0]}?" if close else "row-wise built-in functions only"


def _function(node: Any) -> None:
    name = str(node.nameParts().mkString(".")).lower()
    if name not in FUNCTIONS:
        raise Refused(f"the function {name} is not known or not allowed", hint=_nearest(name))
    if node.children().size() == 0:  # unix_timestamp() is the clock
        raise Refused(f"the function {name} needs an argument", hint="expressions read the row, not the clock")
    if node.isDistinct() or node.filter().isDefined():
        raise Refused(f"{name} is used as an aggregate", hint="expressions see one row")
