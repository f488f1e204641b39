"""What stands in for Spark where a feed's expressions are read: times, numbers and texts, without a session."""

import pickle
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sojourn.clock import shifts
from sojourn.twins import Twin
from sojourn.twins.kernels import Rows
from sojourn.twins.programs import Step, function
from sojourn.twins.times import ISO, Pattern, Unsure, Zone, read
from sojourn.twins.values import bounded, integer

FIRST, LAST = date(2026, 1, 1), date(2026, 12, 31)
LUX = Zone.of("Europe/Luxembourg", FIRST, LAST)
START = Step("column", (), "string", ("start",))


def us(*when: int) -> int:
    return int(datetime(*when, tzinfo=UTC).timestamp()) * 1_000_000  # type: ignore[misc, arg-type]


def times(texts: list[str | None], pattern: Pattern, zone: Zone = LUX) -> list[Any]:
    rows = Rows(len(texts), {"start": pa.array(texts, pa.string())})
    return rows.made(Step("read", (START,), "timestamp", (pattern, zone))).to_pylist()


def pattern(text: str) -> Pattern:
    made = Pattern.of(text)
    assert made
    return made


@pytest.mark.parametrize(
    ("form", "text", "expected"),
    [
        ("yyyy-MM-dd HH:mm:ss", "2026-04-10 12:34:56", us(2026, 4, 10, 10, 34, 56)),
        ("yyyy-MM-dd HH:mm:ss", "2026-03-29 02:30:00", us(2026, 3, 29, 1, 30)),  # was never shown: moves forward
        ("yyyy-MM-dd HH:mm:ss", "2026-10-25 02:30:00", us(2026, 10, 25, 0, 30)),  # was shown twice: the earlier
        ("yyyyMMddHHmmss", "20260410123456", us(2026, 4, 10, 10, 34, 56)),
        ("dd/MM/yyyy HH:mm", "10/04/2026 12:34", us(2026, 4, 10, 10, 34)),
        ("yyyy-MM-dd'T'HH:mm", "2026-04-10t12:34", us(2026, 4, 10, 10, 34)),  # letters in both cases
        ("yyyy-MM-dd HH:mm:ss.SSS", "2026-04-10 12:34:56.5", us(2026, 4, 10, 10, 34, 56) + 500_000),
        *(("yyyy-MM-dd HH:mm:ss", x, None) for x in (
            "2026-02-30 00:00:00", "2026-04-10 24:00:00", "2026-04-10 12:34:60", "2026-13-01 00:00:00", "", "-",
            " 2026-04-10 12:34:56", "2026-04-10 12:34:56 ", "2026-4-10 12:34:56", "2026-04-10T12:34:56", "unknown",
            "२०२६-04-10 12:34:56", "2026-00-10 12:34:56", "2026-04-00 12:34:56", "2026-04-10 12:34:5/")),
        ("yyyy-MM-dd HH:mm:ss.SSS", "2026-04-10 12:34:56.", None),
        ("yyyy-MM-dd HH:mm:ss.SSS", "2026-04-10 12:34:56.1234", None),
    ],
)  # fmt: skip
def test_times_of_a_pattern(form: str, text: str, expected: int | None) -> None:
    assert times([text, None, "2026"], pattern(form)) == [expected, None, None]
    assert read(text, pattern(form), LUX) == expected


@pytest.mark.parametrize(
    "form",
    [
        *("yy-MM-dd", "d/M/yyyy", "yyyy-MM", "HH:mm", "yyyy-MM-dd hh:mm", "yyyy-MM-dd mm", "yyyy-MM-dd yyyy"),
        *(
            "yyyyMMddHHmmssSSS",
            "yyyy-MM-dd[ HH]",
            "yyyy-MM-dd''",
            "yyyy-MM-dd'a''b'",
            "yyyy-MM-dd'k'HH",
            "yyyy.MM.dd é",
        ),
        *("yyyy-MM-dd HH:mm:ss XXX", "", "MMM dd yyyy", "yyyy-MM-dd HH:mm.SSS", "yyyy-MM-dd HH:mm:ss.SSS dd"),
    ],
)
def test_patterns_of_another_kind(form: str) -> None:
    assert Pattern.of(form) is None


@given(st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 31)))
def test_every_time_is_read_by_all_ways(at: datetime) -> None:
    at = at.replace(microsecond=0)
    expected = (at - datetime(1970, 1, 1)) // (datetime(1970, 1, 2) - datetime(1970, 1, 1)) * 86_400_000_000
    expected += (at.hour * 3600 + at.minute * 60 + at.second) * 1_000_000
    for form, text in (("yyyy-MM-dd HH:mm:ss", str(at)), ("dd.MM.yyyy HHmmss", at.strftime("%d.%m.") + f"{at.year:04} "
                        + at.strftime("%H%M%S"))):  # fmt: skip
        assert times([text], pattern(form), Zone()) == [expected] == [read(text, pattern(form), Zone())]
    assert times([str(at)], ISO, Zone()) == [expected] == [read(str(at), ISO, Zone())]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-04-10T12:34:56Z", us(2026, 4, 10, 12, 34, 56)),
        ("2026-04-10 12:34:56.1234567+05:30", us(2026, 4, 10, 7, 4, 56) + 123_456),
        (" 2026-4-1 1:2 ", us(2026, 3, 31, 23, 2)),
        ("2026", us(2025, 12, 31, 23)),
        *((x, None) for x in ("20260410", "2026-04-10T", "24:00:00", "2026-04-10 12:", "soon", "2026-04-10 1:2:3 ?")),
    ],
)
def test_times_that_a_cast_takes(text: str, expected: int | None) -> None:
    assert times([text], ISO) == [expected] == [read(text, ISO, LUX)]


@pytest.mark.parametrize(
    ("form", "text"),
    [
        *((ISO, x) for x in ("12:34:56", "T12:34", "2026-04-10 12:34:56 Europe/Paris", "2026-04-10 12:34:56+1")),
        *((pattern("dd/MM/yyyy HH:mm"), x) for x in ("10/04/-2026 12:34", "10/04/+12026 12:34")),
    ],
)
def test_unsure_of_a_time_says_no_value(form: Pattern, text: str) -> None:
    with pytest.raises(Unsure) as unsure:
        times([text, None], form)
    assert text not in str(unsure.value)


@pytest.mark.parametrize(
    ("text", "whole", "cast", "exact"),
    [
        ("12", 12, 12, 12), (" 12\t", 12, 12, 12), ("12.9", 12, 12, None), ("-3", None, -3, -3),
        ("1e3", 1000, None, None),
        ("007", 7, 7, 7), ("2147483648", None, None, None), ("", None, None, None), ("N/A", None, None, None),
        ("0.9999996", 1, 0, None), (".", None, 0, None), ("+", None, None, None), ("9" * 5000, None, None, None),
    ],
)  # fmt: skip
def test_numbers(text: str, whole: int | None, cast: int | None, exact: int | None) -> None:
    assert bounded(text, 2**31 - 1) == whole
    assert (integer(text, "integer", False), integer(text, "integer", True)) == (cast, exact)
    column = Step("integer", (START,), "integer", ("integer", False))
    assert Rows(3, {"start": pa.array([text, "5", None])}).made(column).to_pylist() == [cast, 5, None]


def test_unsure_of_a_number() -> None:
    for value in ("٣", "1e99999", 2.0**60):
        with pytest.raises(Unsure):
            bounded(value, 2**63 - 1)


@given(st.text(" ab\u00e9\u0101\u010e", max_size=6), st.integers(-8, 8), st.integers(-3, 8))
def test_texts_are_the_same_by_column_and_by_value(text: str, pos: int, length: int) -> None:
    numbers = [Step("Literal", (), "integer", (n,)) for n in (pos, length)]
    for does, over in (
        ("Substring", numbers),
        ("StringTrim", []),
        ("StringTrimRight", []),
        ("Lower", []),
        ("Upper", []),
    ):
        made = Rows(2, {"start": pa.array([text, None])}).made(Step(does, (START, *over)))
        by_value = function(Step(does, (Step("leaf", more=(0,)), *over)))
        assert made.to_pylist() == [by_value((text,)), None]


def test_three_truths() -> None:
    row = (True, False, None)
    leaves = [Step("leaf", more=(n,)) for n in range(3)]
    found = {d: [function(Step(d, (a, b)))(row) for a in leaves for b in leaves] for d in ("And", "Or")}
    assert found["And"] == [True, False, None, False, False, False, None, False, None]
    assert found["Or"] == [True, True, True, True, False, None, True, None, None]


def twin_of(step: Step, zone: str = "Europe/Luxembourg") -> Twin:
    named = Step("named", (Step("column", (), "string", ("imsi",)),), "string", ((),))
    time = {z: Step("read", (step,), "timestamp", (ISO, z)) for z in (Zone.of(zone, FIRST, LAST), Zone())}
    at, clock = time.values()
    return Twin(
        (("start", "string"), ("imsi", "string")), (("event_time", at), ("subscriber", named), ("peer", named)), clock,
        (("peer", ("imsi", "start")),), tuple(shifts(zone, FIRST, LAST)),
    )  # fmt: skip


def test_a_twin_is_pickled_and_counts() -> None:
    made = pickle.loads(pickle.dumps(twin_of(START)))
    start = [
        "2026-03-29 02:30:00",
        "2026-10-25 02:30:00",
        "2026-10-25 00:30:00Z",
        "soon",
        "  ",
        None,
        "2026-03-29 01:30:00",
    ]
    batch = pa.RecordBatch.from_pydict({"x": [0] * 7, "imsi": [" 1", "", None, "  ", "", None, "7 "], "start": start})
    out = made.canonical(batch.slice(0))
    assert out.schema.names[:3] == ["subscriber", "at", "home_plmn"]
    assert out["subscriber"].to_pylist() == ["1", None, None, None, None, None, "7"]
    assert out["unreadable"].to_pylist() == [0, 1, 1, 1, 0, 0, 0]
    assert out["ambiguous"].to_pylist() == [False, True, *[False] * 5]
    assert out["skipped"].to_pylist() == [True, *[False] * 6]
    assert out["at"].cast(pa.int64())[2].as_py() == us(2026, 10, 25, 0, 30)
    assert out["tac"].null_count == out["volume_bytes"].null_count == 7
    part = made.canonical(batch.slice(2, 3))
    assert part.equals(out.slice(2, 3))
    assert made.canonical(batch.slice(0, 0)).num_rows == 0


def test_zones_know_both_sides_of_a_change() -> None:
    walls = np.array([us(2026, 10, 25, 1, 59, 59), us(2026, 10, 25, 2, 59, 59), us(2026, 10, 25, 3)], np.int64)
    assert (walls - LUX.instant(walls)).tolist() == [7_200_000_000, 7_200_000_000, 3_600_000_000]
    assert [LUX.instant(w) for w in walls.tolist()] == LUX.instant(walls).tolist()
