"""A feed's twin makes of every record what Spark makes of it: columns, counts and flags."""

import json
import pickle
import random
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from pyspark.sql import functions as F
from pyspark.sql import types as t

from sojourn import fence
from sojourn.config import CdrFeed, RoamingFeed
from sojourn.feeds import Reading, canonical
from sojourn.files import Found
from sojourn.formats.form import arrow_type
from sojourn.twins import Twin, Unsure, twin

FIRST, LAST = date(2026, 3, 1), date(2026, 11, 30)  # in all zones: every change of clocks of a year
DAY_US = 86_400_000_000
TEXT = '"string"'
LUX, AZORES = "Europe/Luxembourg", "Atlantic/Azores"
GARBAGE = """|unknown|N/A|-|null|NULL|n/a| |  |0|-3|+7|12.5|.5|5.|.|1e3|1E-2|1,5|007|12 |  12|2147483647|2147483648
    |-2147483649|9223372036854775807|9223372036854775808|99999999999999999999|1234567890123456789012345678901234567890
    |true|call|CALL| sms |Data|voice|in|out|IN|O|I|VOICE|SIG|x|é|Zürich|?|*|_|%|a_b|a%b|--|+|+-1|1-1|0x1F|NaN|Infinity
    |a\nb|Iab|+x\n"""
WHEN = """2026-02-30 10:00:00|2026-04-31 00:00:00|2026-03-29 24:00:00|2026-03-29 23:59:60|26-03-29 10:00:00
    |2026-3-9 1:2:3|2026-13-01 00:00:00|0000-01-01 00:00:00|9999-12-31 23:59:59|1999-12-31 23:59:59|yesterday|now
    |2026-03-29|2026-03|2026|20260329|29.03.2026 10:00|10:00:00 2026-03-29|1774778400|1774778400000|2026-03-29T|T
    |2026-03-29 10|2026-03-29 10:|2026-03-29 10:00|2026-03-29 10:00:|2026-03-29 10:00:0|2026-03-29 10:00:00.
    |2026-03-29 10:00:00.1234567|2026-03-29t10:00:00|2026/03/29 10:00:00|24:00:00|99:99|2026-03-29  10:00:00
    |2026-03-29 10:00:00 ,|2026-03-29 10:00:00..1|2026-03-29 10:00:000|2024-02-29 10:00:00|2100-02-29 10:00:00"""
# what may raise: a day or a zone that is not told by the text alone, a year with a sign, digits of another script
ODD = """10:00:00|T10:00|2026-03-29 10:00:00 Europe/Paris|2026-03-29 10:00:00 CET|+12026-03-29 10:00:00
    |-2026-03-29 10:00:00|2026-03-29 10:00:00+1|2026-03-29 10:00:00+25:00|٣|1٣|1e99999|İ|ﬁ
    |2026-03-29 10:00:00UTC+2|202603-01-01|29/03/-2026 10:00:00|\t12\t|\u00a05|12\u2003|\x7f9|0e35|0e38|0e40
    |1e-9999|9e18|9.3e18|0.0000004|0.9999996|1.4999999|-0.4|\x00|\U0001f600a"""


def pool(text: str) -> list[str]:
    return [x.removesuffix("\n    ") for x in text.split("|")]


def times(rng: random.Random, patterns: list[str]) -> Iterator[str]:
    """Times as they are written, many of them around the changes of clocks."""
    around = [datetime(2026, 3, 29, 1), datetime(2026, 10, 25, 1), datetime(2026, 3, 8, 3), datetime(2026, 11, 1, 2)]
    around += [datetime(2026, 4, 5), datetime(2026, 9, 6)]  # Chile's: at midnight
    while True:
        at = rng.choice(around) + timedelta(seconds=rng.randint(-9000, 9000) // 900 * 900 + rng.choice((-1, 0, 1)))
        if rng.random() < 0.5:
            at = datetime(2026, 1, 1) + timedelta(
                seconds=rng.randint(-(10**7), 4 * 10**7), microseconds=rng.randint(0, 999_999)
            )
        yield at.strftime(rng.choice(patterns))


def spoilt(rng: random.Random, text: str) -> str:
    """The same with a letter more, less or other."""
    n, new = rng.randint(0, len(text)), rng.choice("0123456789-+:. TZz/aé٣\t")
    return text[:n] + rng.choice((new, "", new + text[n : n + 1])) + text[n + 1 :]


def values(seed: int, n: int, odd: bool, patterns: list[str]) -> dict[str, list[Any]]:
    rng = random.Random(seed)
    when = times(rng, patterns)
    wrong = pool(GARBAGE) + pool(WHEN)
    strange = wrong + pool(ODD)

    def some(usual: Callable[[], str]) -> str | None:
        dice = rng.random()
        if dice < 0.1:
            return None
        if not odd:
            return usual() if dice < 0.7 else rng.choice(wrong)
        return usual() if dice < 0.4 else rng.choice(strange) if dice < 0.7 else spoilt(rng, usual())

    number = lambda top: lambda: str(rng.randint(0, top))  # noqa: E731
    usual: dict[str, Callable[[], str]] = {
        "IMSI": lambda: f"{rng.choice([27001, 27096, 20801, 310260])}{rng.randint(0, 10**6):010}",
        "start": lambda: next(when),
        "day": lambda: next(when)[:10],
        "cell": lambda: rng.choice(["", " ", "  "]) + f"L{rng.randint(0, 30)}" + rng.choice(["", " "]),
        "peer": lambda: rng.choice(["+", "00", ""]) + f"3526{rng.randint(0, 10**6)}",
        "dur": number(5000),
        "vol": number(2**40),
        "ts": number(2 * 10**9),
        "kind": lambda: rng.choice(["call", "SMS", "data ", "VOICE", "SIG", "signalling"]),
        "dir": lambda: rng.choice(["O", "I", "in", "out", "IN"]),
    }
    return {name: [some(one) for _ in range(n)] for name, one in usual.items()}


# each: the zone, the patterns of `start` as Python writes them, and the expressions
DASHED, SLASHED, TIGHT, ZULU = "%Y-%m-%d %H:%M:%S", "%d/%m/%Y %H:%M:%S", "%Y%m%d%H%M%S", "%Y-%m-%dT%H:%M:%S.%fZ"
BASE = {"subscriber": "imsi", "cell_id": "cell"}
TEXTS: list[tuple[str, list[str], dict[str, str]]] = [
    (
        LUX, [SLASHED],
        {"subscriber": "imsi", "event_time": "to_timestamp(start, 'dd/MM/yyyy HH:mm:ss')", "event_type": "lower(kind)",
         "cell_id": "cell", "home_plmn": "substr(imsi, 1, 5)", "peer": "peer", "duration_s": "cast(dur as int)",
         "direction": "case when dir = 'O' then 'out' else 'in' end"},
    ),
    (
        LUX, [DASHED],
        {"subscriber": "imsi", "event_time": "to_timestamp(start, 'yyyy-MM-dd HH:mm:ss')", "cell_id": "cell",
         "home_plmn": "substr(imsi, 1, 5)", "event_type": "kind", "peer": "peer", "duration_s": "cast(dur as int)",
         "volume_bytes": "cast(vol as bigint)", "tac": "tAc"},
    ),
    (
        "America/New_York", [TIGHT],
        {"subscriber": "trim(imsi)", "event_time": "to_timestamp(start, 'yyyyMMddHHmmss')", "cell_id": "ltrim(cell)",
         "event_type": "case kind when 'VOICE' then 'call' when 'SIG' then 'signalling' else lower(kind) end",
         "peer": "replace(peer, '+')", "duration_s": "dur", "volume_bytes": "vol", "tac": "upper(rtrim(cell))"},
    ),
    (
        "America/Santiago", [DASHED, "%Y-%m-%dT%H:%M:%S", ZULU, "%Y-%m-%d %H:%M:%S.%f", "%Y-%m-%dT%H:%M:%S+02:00"],
        {**BASE, "event_time": "to_timestamp(start)", "home_plmn": "nullif(imsi, '')",
         "duration_s": "cast(dur as int) * 60 + 1 - cast(vol as int)", "volume_bytes": "-cast(dur as bigint)",
         "peer": "coalesce(peer, cell, 'x')"},
    ),
    (
        "Asia/Kolkata", [DASHED, "%Y-%m-%d"],
        {**BASE, "event_time": "start",
         "direction": "if(dir in ('O', 'MO', 'x'), 'out', if(dir like 'I%', 'in', null))",
         "peer": "concat('+', left(peer, 9), right(peer, 2))",
         "event_type": "if(dur > 5 or vol is null, 'call', 'sms')", "tac": "lpad(dur, 8, '0')",
         "volume_bytes": "nvl(vol, 0)", "home_plmn": "concat(substr(imsi, -3), dur)"},
    ),
    (
        LUX, ["%Y-%m-%dT%H:%M:%S.%fZ", "%Y-%m-%dT%H:%M:%S.5Z"],
        {**BASE, "event_time": "to_timestamp(start, \"yyyy-MM-dd'T'HH:mm:ss.SSSSSS'Z'\")",
         "tac": "substring(cell, 0, 2)",
         "direction": "case when not dir <> 'O' and cell is not null then 'out' when dir <=> null then 'in' end",
         "peer": "case when startswith(peer, '00') then substr(peer, 3) when peer like '+_%' then substr(peer, 2) end",
         "duration_s": "case when dur between 1 and 99 then dur end",
         "event_type": "decode(kind, 'SIG', 'sms', 'call')"},
    ),
    (
        "Australia/Sydney", [DASHED],
        {"subscriber": "'505010000000001'", "event_time": "timestamp_seconds(cast(ts as bigint))", "cell_id": "cell",
         "event_type": "case kind when 'VOICE' then 'data' when 'SIG' then 'call' when 'SMS' then 'sms' end",
         "peer": "peer", "duration_s": "try_cast(dur as int)", "tac": "null", "volume_bytes": "length(cell)"},
    ),
    (
        LUX, [SLASHED, DASHED],
        {**BASE, "event_time": "coalesce(to_timestamp(start, 'dd/MM/yyyy HH:mm:ss'), to_timestamp(start))"},
    ),
    (
        AZORES, [SLASHED],
        {**BASE, "event_time": "case when kind = 'SMS' then to_timestamp(start, 'dd/MM/yyyy HH:mm:ss') "
         "when kind = 'VOICE' then timestamp_millis(cast(ts as bigint)) else cast(day as timestamp) end"},
    ),
    (
        "Europe/London", [DASHED],
        {**BASE, "event_time": "to_timestamp(concat(day, ' ', substr(start, 12, 5)), 'yyyy-MM-dd HH:mm')"},
    ),
]  # fmt: skip


def reading(spark: Any, columns: dict[str, str], zone: str, form: str = "csv", kind: Any = CdrFeed) -> Reading:
    feed = kind(path="x/{date}/*", format=form, time_zone=zone, columns=columns)
    return Reading(feed, {name: fence.fenced(spark, text) for name, text in columns.items()})


def checked(spark: Any, read: Reading, found: Found, batch: pa.RecordBatch) -> list[int]:
    """Compare the twin's columns with Spark's; returns the rows of which the twin is not sure."""
    made = twin(spark, read, found, FIRST, LAST)
    assert made is not None, read.feed.columns
    made = pickle.loads(pickle.dumps(made))
    table = pa.Table.from_batches([batch]).append_column("__line", pa.array(range(batch.num_rows), pa.int64()))
    fields = [{"name": c, "type": json.loads(kind), "nullable": True, "metadata": {}} for c, _, kind in found.columns]
    schema = t.StructType.fromJson({"fields": fields}).add("__line", "long")
    raw = canonical(spark, read, spark.createDataFrame(table.select(schema.names), schema), FIRST, LAST)
    theirs = raw.withColumn("at", F.unix_micros("at")).toArrow().sort_by("__line")
    unsure: list[int] = []
    ours = pa.Table.from_batches(list(sure(made, batch, 0, unsure)))
    kept = np.setdiff1d(np.arange(batch.num_rows), unsure)
    theirs = theirs.take(pa.array(kept))
    for name in ours.schema.names:
        if name == "at":
            continue
        if name not in theirs.column_names:
            assert ours[name].null_count == len(ours)
            continue
        mine, right = ours[name].to_pylist(), theirs[name].to_pylist()
        wrong = [n for n, (a, b) in enumerate(zip(mine, right, strict=True)) if a != b]
        told = [(batch.slice(kept[n], 1).to_pylist(), mine[n], right[n]) for n in wrong[:5]]
        assert not told, (name, read.feed.columns.get(name), told)
    since, until = (datetime(d.year, d.month, d.day, tzinfo=UTC).timestamp() * 1e6 for d in (FIRST, LAST))
    for n, a, b in zip(kept, ours["at"].cast(pa.int64()).to_pylist(), theirs["at"].to_pylist(), strict=True):
        same = a == b or (a is not None and b is not None and not since <= b <= until and abs(a - b) <= DAY_US)
        assert same, (batch.slice(n, 1).to_pylist(), a, b, read.feed.columns["event_time"])
    return unsure


def sure(made: Twin, batch: pa.RecordBatch, first: int, unsure: list[int]) -> Iterator[pa.RecordBatch]:
    try:
        yield made.canonical(batch)
    except Unsure:
        if batch.num_rows == 1:
            unsure.append(first)
            yield made.canonical(batch.slice(0, 0))
            return
        half = batch.num_rows // 2
        yield from sure(made, batch.slice(0, half), first, unsure)
        yield from sure(made, batch.slice(half), first + half, unsure)


@pytest.mark.parametrize("zone, patterns, columns", TEXTS)
def test_texts(spark: Any, zone: str, patterns: list[str], columns: dict[str, str]) -> None:
    for odd, n in ((False, 1000), (True, 3000)):
        made = values(len(columns["event_time"]) + odd, n, odd, patterns)
        names = {"IMSI": "imsi"}
        batch = pa.RecordBatch.from_pydict({names.get(k, k): pa.array(v, pa.string()) for k, v in made.items()})
        batch = batch.append_column("tac", batch.column(0))
        read = reading(spark, columns, zone)
        asked = {c.lower(): c for c in batch.schema.names}
        found = Found(tuple((asked[c.lower()], c, TEXT) for c in read.form.columns))
        unsure = checked(spark, read, found, batch)
        assert len(unsure) <= (0.15 * n if odd else 0), [batch.slice(u, 1).to_pylist() for u in unsure[:3]]


KINDS = {
    "imsi": "long", "ts": "timestamp", "ntz": "timestamp_ntz", "d": "date", "cell": "string", "dur": "double",
    "real": "float", "dec": "decimal(10,0)", "fine": "decimal(38,18)", "small": "short", "n": "integer",
    "flag": "boolean", "none": "string", "void": "void",
}  # fmt: skip
TYPED: list[tuple[str, dict[str, str]]] = [
    (LUX, {"subscriber": "imsi", "event_time": "ts", "cell_id": "cell", "home_plmn": "substr(imsi, 1, 5)",
           "duration_s": "dur", "volume_bytes": "fine", "tac": "dec", "direction": "flag", "peer": "n"}),
    (AZORES, {"subscriber": "imsi", "event_time": "ntz", "cell_id": "small", "event_type": "if(flag, 'call', 'sms')",
              "duration_s": "real", "volume_bytes": "imsi", "tac": "string(n)", "peer": "none", "home_plmn": "void"}),
    ("Europe/London", {"subscriber": "string(imsi)", "event_time": "to_timestamp(ts, 'yyyy')", "cell_id": "none",
                       "duration_s": "imsi", "volume_bytes": "small * n", "event_type": "void",
                       "peer": "if(n > small and n >= 7 or small < imsi, n, small)"}),
    ("America/Santiago", {"subscriber": "imsi", "event_time": "d", "cell_id": "cell", "duration_s": "flag",
                          "volume_bytes": "dec", "tac": "coalesce(small, n, imsi)"}),
    (LUX, {"subscriber": "imsi", "event_time": "imsi", "cell_id": "cell", "duration_s": "cast(imsi as int)"}),
    (LUX, {"subscriber": "imsi", "event_time": "timestamp_millis(imsi)", "cell_id": "cell", "duration_s": "dec"}),
    (LUX, {"subscriber": "imsi", "event_time": "if(flag, timestamp_micros(imsi), ts)", "cell_id": "cell",
           "duration_s": "n + cast(imsi as int)", "volume_bytes": "real"}),
]  # fmt: skip


def typed_batch(seed: int, n: int) -> pa.RecordBatch:
    rng = np.random.default_rng(seed)
    turns = [int(datetime(2026, m, d, h, tzinfo=UTC).timestamp()) for m, d, h in ((3, 29, 1), (10, 25, 1), (4, 5, 3))]
    us = (rng.choice(turns, n) + rng.integers(-9000, 9000, n) // 900 * 900) * 1_000_000 + rng.integers(-1, 2, n)
    edges = [0, -1, 2**31 - 1, 2**31, -(2**63), 2**63 - 1, 1_774_778_400, 9_223_372_036_854, 9_223_372_036_855]
    imsi = np.where(rng.random(n) < 0.5, rng.choice(edges, n), rng.integers(0, 2**50, n))
    odd = [
        0.0,
        -0.0,
        -0.4,
        0.5,
        1.4999999,
        0.9999996,
        0.9999994,
        2.5,
        1e9,
        2147483647.0,
        2147483648.0,
        1e300,
        np.nan,
        np.inf,
    ]
    dur = np.where(rng.random(n) < 0.5, rng.choice(odd, n), rng.exponential(90, n))
    small = rng.integers(-(2**15), 2**15, n)
    made = {
        "imsi": imsi, "ts": us, "ntz": us, "d": (us // DAY_US).astype(np.int32), "dur": dur, "real": dur,
        "dec": small, "fine": small, "small": small, "n": rng.integers(-(2**31), 2**31, n), "flag": small > 0,
    }  # fmt: skip
    arrays = []
    for name, kind in KINDS.items():
        to = pa.null() if kind == "void" else arrow_type(f'"{kind}"')
        a = pa.array(made[name], mask=rng.random(n) < 0.1) if name in made else pa.nulls(n, to)
        if name == "cell":
            a = pa.array([None, "A", " B ", "", "  "]).take(pa.array(rng.integers(0, 5, n)))
        if name == "real":
            a = a.cast(pa.float32(), safe=False)
        if name in ("dec", "fine"):
            a = pa.array([None if v is None else Decimal(v) / (1 if name == "dec" else 7) for v in a.to_pylist()])
            a = a.cast(to, safe=False)
        arrays.append(a.cast(to))
    return pa.RecordBatch.from_arrays(arrays, names=list(KINDS))


@pytest.mark.parametrize("zone, columns", TYPED)
def test_types(spark: Any, zone: str, columns: dict[str, str]) -> None:
    read = reading(spark, columns, zone, "parquet")
    batch = typed_batch(7, 2000).select(list(read.form.columns))
    assert checked(spark, read, Found(tuple((c, c, f'"{KINDS[c]}"') for c in read.form.columns)), batch) == []


def test_cases_of_letters(spark: Any) -> None:
    texts = [f"{a}{chr(n)}{b}" for n in range(1, 0x131) for a, b in (("", ""), ("a", "Z"))]
    columns = {
        "subscriber": "lower(a)",
        "event_time": "a",
        "cell_id": "upper(a)",
        "peer": "a",
        "tac": "replace(a, 'Z', '')",
    }
    found = Found((("a", "a", TEXT),))
    batch = pa.RecordBatch.from_pydict({"a": texts})
    assert checked(spark, reading(spark, columns, LUX), found, batch) == [len(texts) - 2, len(texts) - 1]  # İ


def test_roaming(spark: Any) -> None:
    columns = {"subscriber": "imsi", "event_time": "to_timestamp(time, 'yyyy-MM-dd HH:mm:ss')", "visited_plmn": "vplmn"}
    batch = pa.RecordBatch.from_pydict(
        {"imsi": ["1", None, ""], "time": ["2026-03-29 02:30:00", "", None], "vplmn": ["20801 ", "", None]}
    )
    found = Found(tuple((c, c.upper(), TEXT) for c in batch.schema.names))
    assert checked(spark, reading(spark, columns, "UTC", kind=RoamingFeed), found, batch) == []


@pytest.mark.parametrize(
    ("name", "text"),
    [
        *(("event_time", x) for x in (
            "to_timestamp(start, 'dd/MM/yy HH:mm')", "to_timestamp(start, 'd/M/yyyy')",
            "to_timestamp(start, 'MM yyyy')",
            "to_timestamp(start, 'yyyyMMddHHmmssSSS')", "to_timestamp(start, 'yyyy-MM-dd HH:mm:ssXXX')",
            "to_timestamp(start, cell)", "from_utc_timestamp(start, 'CET')", "timestamp_seconds(start / 1000)",
            "to_timestamp(start, 'yyyy-MM-dd[ HH:mm:ss]')", "to_timestamp(start, \"yyyy-MM-dd'a''b'\")",
            "to_timestamp(to_timestamp_ntz(start))", "to_timestamp(start, \"yyyy-MM-dd'k'HH\")")),
        *(("peer", x) for x in (
            "regexp_replace(cell, 'a', 'b')", "md5(cell)", "cell rlike 'a'", "trim('x' from cell)",
            "cell like 'a\\\\_'",
            "cast(cell as double)", "cast(start as timestamp)", "dur + 1", "cell ilike 'a'", "try_cast(5L as int)")),
        ("duration_s", "cast(start as date)"),
        ("utc_offset", "cell"),
    ],
)  # fmt: skip
def test_expressions_without_a_twin(spark: Any, name: str, text: str) -> None:
    read = reading(spark, {**BASE, "event_time": "start", name: text}, LUX)
    assert twin(spark, read, Found(tuple((c, c, TEXT) for c in read.form.columns)), FIRST, LAST) is None


def test_no_twin_where_the_types_of_a_file_do_not_fit(spark: Any) -> None:
    read = reading(spark, {**BASE, "event_time": "start"}, LUX)
    for kind in ('"boolean"', '{"type":"array","elementType":"string","containsNull":true}', '"binary"'):
        found = Found(tuple((c, c, kind if c == "start" else TEXT) for c in read.form.columns))
        assert twin(spark, read, found, FIRST, LAST) is None
