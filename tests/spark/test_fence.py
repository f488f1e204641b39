"""What a feed's expressions may say, and that nothing else gets through the fence."""

from datetime import datetime
from typing import Any

import pytest
from pyspark.sql import types as t

from sojourn import fence
from sojourn.errors import ConfigError
from sojourn.feeds import analysed, readings

RIGHT = [  # expression, the row it reads, what it gives
    ("imsi", {"imsi": "270010000000001"}, "270010000000001"),
    ("IMSI", {"imsi": "1"}, "1"),
    ("concat(imsi, Imsi)", {"imsi": "1"}, "11"),
    ("`a b`", {"a b": "1"}, "1"),
    ("cast(dur as int)", {"dur": "7"}, 7),
    ("cast(dur as int)", {"dur": "seven"}, None),  # ANSI is off
    ("int(dur) + 1", {"dur": "7"}, 8),
    ("dur / 0", {"dur": "7"}, None),
    ("case when dir = 'O' then 'out' else 'in' end", {"dir": "O"}, "out"),
    ("substr(imsi, 1, 5)", {"imsi": "270010000000001"}, "27001"),
    ("left(imsi, 5)", {"imsi": "270010000000001"}, "27001"),
    ("regexp_extract(x, '([0-9]+)', 1)", {"x": "a12"}, "12"),
    ("split(x, '-')[1]", {"x": "a-b"}, "b"),
    ("x rlike '^a' and x not like '%z' and x is not null", {"x": "ab"}, True),
    ("x in ('a', 'b') or x between 'c' and 'd'", {"x": "c"}, True),
    ("coalesce(nullif(trim(x), ''), y)", {"x": " ", "y": "b"}, "b"),
    ("trim(both '+' from x)", {"x": "+352"}, "352"),
    ("get_json_object(x, '$.id')", {"x": '{"id": 7}'}, "7"),
    ("from_json(x, 'id int').id", {"x": '{"id": 7}'}, 7),
    ("array_join(transform(split(x, ''), c -> upper(c)), '.')", {"x": "ab"}, "A.B"),
    ("conv(x, 16, 10)", {"x": "ff"}, "255"),
    ("to_timestamp(x, 'dd/MM/yyyy HH:mm:ss')", {"x": "02/03/2026 12:00:00"}, datetime(2026, 3, 2, 12)),
    ("to_timestamp(x)", {"x": "2026-03-02T12:00:00+02:00"}, datetime(2026, 3, 2, 10)),
    ("timestamp_seconds(cast(x as bigint))", {"x": "1772452800"}, datetime(2026, 3, 2, 12)),
    ("timestamp '2026-03-02 12:00:00'", {}, datetime(2026, 3, 2, 12)),
    ("cast(x as timestamp) + interval 1 hour", {"x": "2026-03-02 11:00:00"}, datetime(2026, 3, 2, 12)),
    ("'call'", {}, "call"),
    ("null", {}, None),
]
FORBIDDEN = {
    "a subquery": ["(select max(imsi) from t)", "exists(select 1)", "imsi in (select 1)", "(select 1)"],
    "Java": [
        "reflect('java.lang.System', 'getenv', 'SOJOURN_KEY')",
        "java_method('java.lang.System', 'getenv', 'SOJOURN_KEY')",
        "try_reflect('java.lang.System', 'getProperty', 'user.home')",
    ],
    "an aggregate": [
        "max(imsi)",
        "count(*)",
        "count(distinct imsi)",
        "collect_list(imsi)",
        "sum(1) filter (where true)",
    ],
    "a window": ["row_number() over (order by imsi)", "lag(imsi) over (order by imsi)", "sum(1) over ()"],
    "a generator": ["explode(split(imsi, ','))", "posexplode(array(1))", "stack(2, 1, 2)", "inline(array(struct(1)))"],
    "a user function": [
        "my_udf(imsi)",
        "default.my_udf(imsi)",
        "spark_catalog.default.f(imsi)",
        "system.builtin.upper(imsi)",
    ],
    "the file": ["input_file_name()", "input_file_block_start()", "_metadata.file_path", "read_files('x')"],
    "chance": ["rand()", "rand(1)", "randn()", "uuid()", "shuffle(array(1,2))", "random()", "randstr(5, 1)"],
    "the place in the run": ["monotonically_increasing_id()", "spark_partition_id()"],
    "the clock": [
        "current_date",
        "current_date()",
        "now()",
        "current_timestamp",
        "current_timestamp()",
        "unix_timestamp()",
    ],
    "the clock, too": ["curdate()", "localtimestamp", "localtimestamp()", "current_timezone()", "to_timestamp('now')"],
    "the clock, hidden": [
        "timestamp 'now'",
        "date'today'",
        "date_add('Today', 1)",
        "cast(concat('no', 'w') as timestamp)",
        "to_date(' tomorrow UTC')",
    ],
    "the user": ["current_user", "current_user()", "session_user", "user()", "current_database()", "version()"],
    "an error": ["raise_error(imsi)", "assert_true(imsi = '1')"],
    "keys": ["aes_encrypt(imsi, 'k')", "${SOJOURN}", "variable_x.y.z()"],
    "all": ["*", "struct(*)", "imsi as other", "imsi, imsi", "imsi; drop table x", "", "((imsi", "?", ":p"],
}


@pytest.mark.parametrize(("text", "row", "expected"), RIGHT, ids=[f"{e} {r}" for e, r, _ in RIGHT])
def test_what_is_allowed_gives_what_sql_says(spark: Any, text: str, row: dict[str, Any], expected: Any) -> None:
    expression = fence.fenced(spark, text)
    schema = t.StructType([t.StructField(name, t.StringType()) for name in row or ["none"]])
    with analysed(spark, "UTC"):
        fence.resolved(spark, expression, dict.fromkeys(expression.columns, t.StringType()))
        frame = spark.createDataFrame([tuple(row.values()) or ("",)], schema)
        frame = frame.select(fence.column(spark, expression).alias("made"))
    kind = frame.schema[0].dataType
    made = frame.selectExpr("cast(made as timestamp_ntz)" if kind == t.TimestampType() else "made").first()[0]
    assert made == expected


@pytest.mark.parametrize("text", [x for some in FORBIDDEN.values() for x in some])
def test_what_is_forbidden_is_told_by_its_key(spark: Any, land: Any, text: str) -> None:
    land.page["sources"]["roaming"] = []
    land.page["sources"]["cdr"][0]["columns"]["event_type"] = text or " "
    with pytest.raises(ConfigError) as caught:
        readings(spark, land.conf())
    assert caught.value.exit_code == 2
    assert "sources.cdr[0].columns.event_type" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "text", ["to_timestamp(start, 'dd/MM', 1, 2)", "upper(start, 1)", "lower()", "cast(start as monkey)"]
)
def test_what_cannot_be_resolved_is_told_before_a_file_is_read(spark: Any, land: Any, text: str) -> None:
    land.page["sources"]["cdr"][0]["columns"]["event_type"] = text
    with pytest.raises(ConfigError, match=r"sources\.cdr\[0\]\.columns\.event_type"):
        readings(spark, land.conf())


@pytest.mark.parametrize("text", ["cast(start as int)", "length(start)", "true", "array(start)"])
def test_an_event_time_that_is_no_time(spark: Any, land: Any, text: str) -> None:
    land.page["sources"]["cdr"][0]["columns"]["event_time"] = text
    with pytest.raises(ConfigError, match=r"sources\.cdr\[0\]\.columns\.event_time: .*not a time"):
        readings(spark, land.conf())


THROWING = [
    "timestamp_seconds(cast(x as bigint) * 1000000)",
    "element_at(split(x, ','), 0)",
    "cast(x as bigint) div 0",
    "to_timestamp(x, 'yyyy')",
    "make_date(99999999, 1, 1)",
    "from_json(x, 'a int').a",
    "date_add(date '9999-12-31', cast(substr(x, 1, 9) as int))",
    "regexp_replace(x, '[0-9]+', '$9')",
    "repeat(x, -1) || null",
    "unhex(x || 'z')",
    "map_keys(map(null, x))",
    "str_to_map(x || ',' || x)",
    "conv(x || '99999999999999999', 10, 16) = '1' or null",
    "decode(unhex('ff'), 'no-such-charset')",
    "to_char(cast(x as decimal(38,0)), '9')",
    "sort_array(array(x), null)",
]


@pytest.mark.parametrize("text", THROWING)
def test_an_expression_that_fails_on_a_row_is_null_and_says_nothing(spark: Any, capfd: Any, text: str) -> None:
    secret = "270019876543210"
    try:
        expression = fence.fenced(spark, text)
        with analysed(spark, "UTC"):
            fence.resolved(spark, expression, {"x": t.StringType()})
            frame = spark.createDataFrame([(secret,)], "x string").repartition(1)
            frame = frame.select(
                fence.column(spark, expression).isNull().alias("gone"), fence.column(spark, expression)
            )
    except fence.Refused as refused:  # told before a file is read
        assert secret not in str(refused)
        return
    rows = frame.select("gone").collect()
    captured = capfd.readouterr()
    assert len(rows) == 1
    assert secret not in captured.out + captured.err
    frame.write.format("noop").mode("overwrite").save()


def test_what_throws_is_really_null(spark: Any) -> None:
    for text in ("timestamp_seconds(cast(x as bigint) * 1000000)", "element_at(split(x, ','), 0)"):
        with analysed(spark, "UTC"):
            frame = spark.createDataFrame([("270019876543210",)], "x string").repartition(1)
            frame = frame.select(fence.column(spark, fence.fenced(spark, text)).isNull())
        assert frame.first()[0], text
