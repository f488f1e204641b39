"""Files of every format, whole and broken: what is read, what is told of it, and no record lost."""

import gzip
import io
import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import fastavro
import pyarrow as pa
import pyarrow.orc as pa_orc
import pyarrow.parquet as pa_parquet
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sojourn.files import BadFile, Form, Found, digest, look, records

COLUMNS = ("imsi", "time", "cell")
HEADER = b"imsi,time,cell\n"
FAST = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def form(kind: str = "csv", columns: tuple[str, ...] = COLUMNS, required: Any = COLUMNS, **options: Any) -> Form:
    options = {"header": True, **options} if kind == "csv" else options
    return Form(kind, options, columns, frozenset(required))


def read(path: Path, form: Form) -> tuple[list[tuple[Any, ...]], int]:
    """The records with their lines, and how many were malformed."""
    found, bad = Found(look(str(path), form)), list[int]()
    rows: list[tuple[Any, ...]] = []
    for batch in records(str(path), form, found, bad.append):
        assert batch.schema.names == [*form.columns, "line"]
        rows += [tuple(r.values()) for r in batch.to_pylist()]
    return rows, sum(bad)


def written(tmp_path: Path, data: bytes, name: str = "f.csv") -> Path:
    path = tmp_path / name
    path.write_bytes(data)
    return path


def refused(path: Path, form: Form) -> tuple[str, str]:
    with pytest.raises(BadFile) as caught:
        read(path, form)
    return caught.value.reason, caught.value.detail


# -- CSV --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["f.csv", "f.csv.gz"])
def test_csv_plain_and_gzip(tmp_path: Path, name: str) -> None:
    data = HEADER + b"1,a,x\n2,,y\n"
    path = written(tmp_path, gzip.compress(data) if name.endswith("gz") else data, name)
    assert read(path, form()) == ([("1", "a", "x", 2), ("2", None, "y", 3)], 0)


def test_gzip_needs_no_name_and_may_have_several_members(tmp_path: Path) -> None:
    data = gzip.compress(HEADER + b"1,a,x\n") + gzip.compress(b"2,b,y\n")
    assert read(written(tmp_path, data), form())[0] == [("1", "a", "x", 2), ("2", "b", "y", 3)]


def test_ragged_rows_are_counted_and_the_others_keep_their_lines(tmp_path: Path) -> None:
    data = HEADER + b"1,a,x\n2,b\n\n3,c,z,extra\n4,d,w\n5\n6,f,v"
    rows, bad = read(written(tmp_path, data), form())
    assert rows == [("1", "a", "x", 2), ("4", "d", "w", 6), ("6", "f", "v", 8)]
    assert bad == 3


def test_rows_that_are_no_text_are_malformed(tmp_path: Path) -> None:
    data = HEADER + b"1,a,x\n\xff\xfe,b,y\n3,\xc3\xa9,z\n"
    assert read(written(tmp_path, data), form()) == ([("1", "a", "x", 2), ("3", "é", "z", 4)], 1)


@pytest.mark.parametrize("multi", [False, True])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_byte_order_mark_and_line_ends(tmp_path: Path, mark: bytes, end: bytes, multi: bool) -> None:
    data = mark + (HEADER + b"1,a,x\n\n2,b,y").replace(b"\n", end)
    options = {"multiLine": True} if multi else {}
    assert read(written(tmp_path, data), form(**options)) == ([("1", "a", "x", 2), ("2", "b", "y", 4)], 0)


@pytest.mark.parametrize("data", [HEADER, HEADER.strip(), b"\xef\xbb\xbf" + HEADER, b"\n" + HEADER + b"\n\n"])
@pytest.mark.parametrize("multi", [False, True])
def test_a_header_alone_is_a_file_without_records(tmp_path: Path, data: bytes, multi: bool) -> None:
    assert read(written(tmp_path, data), form(**{"multiLine": True} if multi else {})) == ([], 0)


@pytest.mark.parametrize("encoding", ["iso8859-1", "utf-16", "utf-16-le", "cp1252", "utf-8-sig", "utf-8"])
@pytest.mark.parametrize("multi", [False, True])
def test_character_sets(tmp_path: Path, encoding: str, multi: bool) -> None:
    data = "imsi,größe,cell\n1,ä,x\n2,ß\n3,€ü,z\n".replace("€", "" if encoding == "iso8859-1" else "€")
    options = {"encoding": encoding} | ({"multiLine": True} if multi else {})
    rows, bad = read(written(tmp_path, data.encode(encoding)), form(columns=("größe", "cell"), **options))
    assert rows == [("ä", "x", 2), ("ü" if encoding == "iso8859-1" else "€ü", "z", 4)]
    assert bad == 1


def test_bytes_that_a_character_set_lacks_cost_their_row(tmp_path: Path) -> None:
    data = HEADER + b"1,a,x\n2,\x81,y\n3,\xe4,z\n"
    rows, bad = read(written(tmp_path, data), form(encoding="cp1252"))
    assert (rows, bad) == ([("1", "a", "x", 2), ("3", "ä", "z", 4)], 1)


def test_headerless(tmp_path: Path) -> None:
    ours = form(columns=("_c0", "_c2"), header=False)
    assert read(written(tmp_path, b"1,a,x\n2,b,y\n3\n"), ours) == ([("1", "x", 1), ("2", "y", 2)], 1)
    # the first row may be the ragged one
    assert read(written(tmp_path, b"1\n1,a,x\n2,b,y\n"), ours) == ([("1", "x", 2), ("2", "y", 3)], 1)
    assert refused(written(tmp_path, b"1,a\n2,b\n"), ours)[0] == "missing_column"


@pytest.mark.parametrize("multi", [False, True])
def test_quotes_and_escapes(tmp_path: Path, multi: bool) -> None:
    options = {"multiLine": True} if multi else {}
    path = written(tmp_path, HEADER + b'"1","a,b","say ""x"""\n2,b"c,y\n')
    assert read(path, form(**options)) == ([("1", "a,b", 'say "x"', 2), ("2", 'b"c', "y", 3)], 0)
    assert read(path, form(escape='"', **options))[0][0] == ("1", "a,b", 'say "x"', 2)
    path = written(tmp_path, HEADER + b'1,a\\,b,"x\\"y"\n')
    assert read(path, form(escape="\\", **options)) == ([("1", "a,b", 'x"y', 2)], 0)
    path = written(tmp_path, b"imsi|time|cell\n'1'|'a|b'|\"x\n")
    assert read(path, form(sep="|", quote="'", **options)) == ([("1", "a|b", '"x', 2)], 0)
    path = written(tmp_path, HEADER + b'"1,a,x"\n')
    assert read(path, form(quote="", **options)) == ([('"1', "a", 'x"', 2)], 0)


def test_a_quote_that_never_closes_costs_its_own_line_only(tmp_path: Path) -> None:
    data = HEADER + b'1,a,x\n"2,b,y\n3,c,z\n4,"d",w\n5,e,"v\n6,f,"u""'
    rows, bad = read(written(tmp_path, data), form())
    assert rows == [("1", "a", "x", 2), ("3", "c", "z", 4), ("4", "d", "w", 5)]
    assert bad == 3


def test_values_of_several_lines(tmp_path: Path) -> None:
    data = HEADER + b'1,"a\n\n#b",x\n#c\n\n2,b,y\n3,"c,z\n'
    rows, bad = read(written(tmp_path, data), form(multiLine=True, comment="#"))
    assert rows == [("1", "a\n\n#b", "x", 2), ("2", "b", "y", 7)]
    assert bad == 1


@pytest.mark.parametrize("multi", [False, True])
def test_comments_are_no_records(tmp_path: Path, multi: bool) -> None:
    data = b"# made by x\n" + HEADER + b"#1,a,x\n2,b,y\n3,#c,z\n#\n"
    options = {"comment": "#"} | ({"multiLine": True} if multi else {})
    assert read(written(tmp_path, data), form(**options)) == ([("2", "b", "y", 4), ("3", "#c", "z", 5)], 0)
    assert read(written(tmp_path, data), form(columns=("_c0",), header=False, **options))[0][0] == ("imsi", 2)
    assert refused(written(tmp_path, b"#\n# x"), form(**options))[0] == "unreadable_file"


def test_white_space_and_null_words(tmp_path: Path) -> None:
    path = written(tmp_path, b" imsi , time,cell\n 1 ,NULL,x \n")
    assert read(path, form())[0] == [(" 1 ", "NULL", "x ", 2)]
    trimmed = form(ignoreLeadingWhiteSpace=True, ignoreTrailingWhiteSpace=True, nullValue="NULL")
    assert read(path, trimmed)[0] == [("1", None, "x", 2)]


@pytest.mark.parametrize("sep", [";", "\t", "|", "§"])
def test_separators(tmp_path: Path, sep: str) -> None:
    data = (HEADER + b"1,a,x\n2\n").decode().replace(",", sep).encode()
    assert read(written(tmp_path, data), form(sep=sep)) == ([("1", "a", "x", 2)], 1)


def test_columns_are_found_by_name(tmp_path: Path) -> None:
    expected = [("1", "a", "x", 2)]
    assert read(written(tmp_path, b"cell,imsi,more,time\nx,1,-,a\n"), form())[0] == expected
    assert read(written(tmp_path, b"CELL,Imsi,TIME\nx,1,a\n"), form())[0] == expected
    assert read(written(tmp_path, b"IMSI,imsi,time,cell\n-,1,a,x\n"), form())[0] == expected
    assert read(written(tmp_path, b"more,more,imsi,time,cell\n,,1,a,x\n"), form())[0] == expected
    assert refused(written(tmp_path, b"IMSI,Imsi,time,cell\n-,1,a,x\n"), form()) == (
        "missing_column",
        "the column imsi is there 2 times",
    )
    assert refused(written(tmp_path, b"imsi,imsi,time,cell\n-,1,a,x\n"), form())[0] == "missing_column"
    reason, detail = refused(written(tmp_path, b"time,imsi\na,1\n"), form())
    assert reason == "missing_column"
    assert "cell" in detail


def test_zero_bytes_in_a_row_do_not_cost_the_file(tmp_path: Path) -> None:
    rows, bad = read(written(tmp_path, HEADER + b"1,a,x\n\0\0\0\0\n3,c,z\n"), form())
    assert ([r[0] for r in rows], bad) == (["1", "3"], 1)


@pytest.mark.parametrize(
    "data",
    [b"", b"\n\n", b" \n", b"\xef\xbb\xbf", bytes(range(256)) * 20, b"\x00\x01\x02\n\x03", b"PK\x03\x04" + b"\0" * 99],
)
def test_no_table_at_all(tmp_path: Path, data: bytes) -> None:
    assert refused(written(tmp_path, data), form())[0] == "unreadable_file"
    assert refused(written(tmp_path, data, "f.json"), form("json"))[0] == "unreadable_file"


def test_gzip_that_is_none_or_holds_nothing(tmp_path: Path) -> None:
    assert refused(written(tmp_path, HEADER + b"1,a,x\n", "f.csv.gz"), form())[0] == "unreadable_file"
    assert refused(written(tmp_path, gzip.compress(b""), "f.csv.gz"), form())[0] == "unreadable_file"
    whole = bytearray(gzip.compress(HEADER + b"1,a,x\n" * 99))
    whole[-5] ^= 1  # the checksum
    assert refused(written(tmp_path, bytes(whole), "f.csv.gz"), form())[0] == "unreadable_file"


@FAST
@given(st.data())
def test_a_cut_gzip_is_told_wherever_it_is_cut(tmp_path: Path, data: st.DataObject) -> None:
    whole = gzip.compress(HEADER + b"".join(b"%d,a,x\n" % i for i in range(500)))
    cut = whole[: data.draw(st.integers(2, len(whole) - 1))]
    assert refused(written(tmp_path, cut, "f.csv.gz"), form())[0] == "truncated_file"
    assert refused(written(tmp_path, cut, "f.json.gz"), form("json"))[0] == "truncated_file"


# -- every record is accounted for ------------------------------------------------------------------------------------

FIELD = st.text(st.sampled_from('ab1 ,";\\#\té€'), max_size=4).map(str.encode) | st.sampled_from([b"\xff", b'"', b"\0"])
LINE = st.lists(FIELD, min_size=1, max_size=5).map(b",".join)


@FAST
@given(st.lists(LINE, max_size=30), st.booleans(), st.sampled_from([None, "\\"]), st.sampled_from(["", "#"]))
def test_every_line_is_a_record_or_malformed(
    tmp_path: Path, lines: list[bytes], end: bool, escape: str | None, comment: str
) -> None:
    options = ({"escape": escape} if escape else {}) | ({"comment": comment} if comment else {})
    path = written(tmp_path, HEADER + b"\n".join(lines) + (b"\n" if end else b""))
    rows, bad = read(path, form(**options))
    counted = [n for n, x in enumerate(lines, 2) if x and not (comment and x.startswith(comment.encode()))]
    assert len(rows) + bad == len(counted)
    assert [r[-1] for r in rows] == sorted({r[-1] for r in rows} & set(counted))


@FAST
@given(st.lists(st.tuples(*[st.text(st.sampled_from('ab,"\n #é'), max_size=5)] * 3), min_size=1, max_size=20))
def test_what_was_written_is_read(tmp_path: Path, table: list[tuple[str, str, str]]) -> None:
    def quoted(value: str) -> str:
        return '"' + value.replace('"', '""') + '"'

    text = "".join(",".join(map(quoted, row)) + "\n" for row in table)
    rows, bad = read(written(tmp_path, HEADER + text.encode()), form(multiLine=True))
    assert bad == 0
    assert [r[:3] for r in rows] == [tuple(v or None for v in row) for row in table]
    single = [row for row in table if "\n" not in "".join(row)]
    text = "".join(",".join(map(quoted, row)) + "\n" for row in single)
    rows, bad = read(written(tmp_path, HEADER + text.encode()), form())
    assert ([r[:3] for r in rows], bad) == (single, 0)  # an empty text in quotes is empty, not null


def test_blocks_join_without_a_seam(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [b"%d,a,x" % i if i % 7 else b"%d" % i for i in range(1000)]
    path = written(tmp_path, HEADER + b"\r\n".join(lines))
    expected = read(path, form())
    for size in (1, 2, 3, 50, 1024):
        monkeypatch.setattr("sojourn.formats.delimited.BLOCK", size)
        assert read(path, form()) == expected
    assert expected[1] == len(range(0, 1000, 7))
    assert all(row[-1] == int(row[0]) + 2 for row in expected[0])


# -- JSON -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["f.json", "f.json.gz"])
def test_json_lines(tmp_path: Path, name: str) -> None:
    lines = [
        '{"imsi": 270010000000001, "time": 1.50, "cell": {"id": 7, "x": [1, 2.5]}}',
        "",
        "no json",
        '{"imsi": "2", "time": null, "cell": true, "more": 1}',
        "[1]",
        '{"time": 1e3, "IMSI": "3"}',
        '{"imsi": "4", "cell": "\\ud800"}',
    ]
    data = "\n".join(lines).encode() + b'\n{"imsi": "\xff"}\n'
    rows, bad = read(written(tmp_path, gzip.compress(data) if name.endswith("gz") else data, name), form("json"))
    assert rows == [
        ("270010000000001", "1.50", '{"id": 7, "x": [1, 2.5]}', 1),
        ("2", None, "true", 4),
        (None, "1e3", None, 6),  # names are those of the first records
        ("4", None, None, 7),
    ]
    assert bad == 3


def test_json_array(tmp_path: Path) -> None:
    data = b'[{"imsi": 1,\n "time": "a", "cell": 2.0}, 3,\n {"imsi": 2}]'
    path = written(tmp_path, data, "f.json")
    assert read(path, form("json", multiLine=True)) == ([("1", "a", "2.0", 1), ("2", None, None, 3)], 1)
    assert refused(written(tmp_path, data[:-5]), form("json", multiLine=True))[0] == "unreadable_file"


def test_json_without_a_field(tmp_path: Path) -> None:
    path = written(tmp_path, b'{"imsi": 1, "time": 2}\n', "f.json")
    assert refused(path, form("json"))[0] == "missing_column"
    assert read(path, form("json", required=("imsi",)))[0] == [("1", "2", None, 1)]  # one that records rarely have
    late = b"".join(b'{"imsi": %d, "time": 2}\n' % i for i in range(1500)) + b'{"imsi": 1, "time": 2, "cell": "x"}\n'
    assert read(written(tmp_path, late), form("json", required=("imsi",)))[0][-1] == ("1", "2", "x", 1501)


def test_json_in_other_character_sets(tmp_path: Path) -> None:
    data = '{"imsi": 1, "time": "ä", "cell": 2}\n'
    for encoding in ("utf-16", "iso8859-1", "utf-8-sig"):
        rows, _ = read(written(tmp_path, data.encode(encoding)), form("json", encoding=encoding.removesuffix("-sig")))
        assert rows == [("1", "ä", "2", 1)]


@FAST
@given(
    st.lists(st.sampled_from([b'{"imsi": 1}', b"{", b"", b"\xff", b"[]", b'"x"', b"nul\0", b"{}", b" "]), max_size=20)
)
def test_every_json_line_is_a_record_or_malformed(tmp_path: Path, lines: list[bytes]) -> None:
    path = written(tmp_path, b'{"imsi": 0}\n' + b"\n".join(lines))
    rows, bad = read(path, form("json", columns=("imsi",), required=("imsi",)))
    assert len(rows) + bad == 1 + sum(bool(x.strip()) for x in lines)


# -- Parquet and ORC --------------------------------------------------------------------------------------------------

NOON = datetime(2026, 3, 2, 12, 0, 0, 123456, UTC)
TABLE = pa.table(
    {
        "imsi": pa.array([270010000000001, None, 3], pa.int64()),
        "time": pa.array([NOON, NOON, None], pa.timestamp("us", "Europe/Luxembourg")),
        "cell": pa.array(["x", None, "z"]).dictionary_encode(),
    }
)


def test_parquet(tmp_path: Path) -> None:
    pa_parquet.write_table(TABLE, path := tmp_path / "f.parquet", row_group_size=2)
    assert read(path, form("parquet"))[0] == [(270010000000001, NOON, "x", 1), (None, NOON, None, 2), (3, None, "z", 3)]


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_parquet_times(tmp_path: Path, unit: str) -> None:
    aware, naive = NOON.replace(microsecond=0), NOON.replace(microsecond=0, tzinfo=None)
    table = pa.table({"a": pa.array([aware], pa.timestamp(unit, "UTC")), "n": pa.array([naive], pa.timestamp(unit))})
    pa_parquet.write_table(table, path := tmp_path / "f.parquet")
    ours = form("parquet", columns=("a", "n"))
    assert [kind for _, _, kind in look(str(path), ours)] == ['"timestamp"', '"timestamp_ntz"']
    assert read(path, ours)[0] == [(aware, naive, 1)]
    pa_parquet.write_table(table, path, use_deprecated_int96_timestamps=True)  # which are instants, whatever Arrow says
    assert [kind for _, _, kind in look(str(path), ours)] == ['"timestamp"', '"timestamp"']
    assert read(path, ours)[0] == [(aware, aware, 1)]


def test_parquet_far_away_in_int96(tmp_path: Path) -> None:
    far = datetime(9999, 12, 31, tzinfo=UTC)
    table = pa.table({"t": pa.array([far], pa.timestamp("us", "UTC"))})
    pa_parquet.write_table(table, path := tmp_path / "f.parquet", use_deprecated_int96_timestamps=True)
    assert len(read(path, form("parquet", columns=("t",)))[0]) == 1


def test_parquet_types(tmp_path: Path) -> None:
    table = pa.table(
        {
            "small": pa.array([1], pa.int8()),
            "half": pa.array([0.5], pa.float32()),
            "number": pa.array([Decimal("1.50")]),
            "day": pa.array([date(2026, 3, 2)]),
            "clock": pa.array([1], pa.time64("us")),
            "nothing": pa.nulls(1),
            "nested": pa.array([{"id": "x", "at": NOON}]),
            "raw": pa.array([b"x"]),
            "large": pa.array(["x"], pa.large_string()),
        }
    )
    pa_parquet.write_table(table, path := tmp_path / "f.parquet")
    row = read(path, form("parquet", columns=tuple(table.column_names)))[0][0]
    expected = (1, 0.5, Decimal("1.50"), date(2026, 3, 2), "00:00:00.000001", None, {"id": "x", "at": NOON}, b"x", "x")
    assert row == (*expected, 1)


def test_a_type_that_spark_lacks_matters_only_where_it_is_read(tmp_path: Path) -> None:
    table = TABLE.append_column("odd", pa.array([[1], [2], [3]], pa.list_(pa.uint8())))
    pa_parquet.write_table(table, path := tmp_path / "f.parquet")
    assert len(read(path, form("parquet"))[0]) == 3
    reason, detail = refused(path, form("parquet", columns=("odd",)))
    assert (reason, "odd" in detail) == ("unreadable_file", True)


@pytest.mark.parametrize("kind", ["parquet", "orc"])
def test_columns_by_name_in_typed_formats(tmp_path: Path, kind: str) -> None:
    table = TABLE.set_column(2, "cell", TABLE["cell"].cast(pa.string())).rename_columns(["IMSI", "time", "cell"])
    write = {"parquet": pa_parquet.write_table, "orc": pa_orc.write_table}[kind]
    write(table.select(["cell", "time", "IMSI"]), path := tmp_path / "f")
    assert [r[0] for r in read(path, form(kind))[0]] == [270010000000001, None, 3]
    write(table.select(["cell", "time"]), str(path))
    assert refused(path, form(kind))[0] == "missing_column"


def test_orc(tmp_path: Path) -> None:
    naive = pa.array([NOON.replace(tzinfo=None)] * 3, pa.timestamp("ns"))
    table = pa.table({"imsi": ["1", "2", None], "time": TABLE["time"], "cell": naive})
    pa_orc.write_table(table, str(path := tmp_path / "f.orc"))
    expected = [("1", NOON, NOON.replace(tzinfo=None), 1), ("2", NOON, NOON.replace(tzinfo=None), 2)]
    assert read(path, form("orc"))[0][:2] == expected


@pytest.mark.parametrize("kind", ["parquet", "orc", "avro"])
def test_noise_and_cuts_in_typed_formats(tmp_path: Path, kind: str) -> None:
    for noise in (b"", b"\x93\x11\x88" * 50, HEADER):
        assert refused(written(tmp_path, noise), form(kind))[0] == "unreadable_file"
    whole = {"parquet": parquet_bytes, "orc": orc_bytes, "avro": avro_bytes}[kind]()
    for cut in range(8, len(whole) - 1, 97):
        assert refused(written(tmp_path, whole[:cut]), form(kind))[0] in ("truncated_file", "unreadable_file"), cut
    for cut in (len(whole) - 1, len(whole) - 5, len(whole) // 2):
        assert refused(written(tmp_path, whole[:cut]), form(kind))[0] == "truncated_file", cut


def parquet_bytes() -> bytes:
    sink = io.BytesIO()
    pa_parquet.write_table(pa.table({c: [str(i) for i in range(500)] for c in COLUMNS}), sink)
    return sink.getvalue()


def orc_bytes() -> bytes:
    sink = io.BytesIO()
    pa_orc.write_table(pa.table({c: [str(i) for i in range(500)] for c in COLUMNS}), sink)
    return sink.getvalue()


# -- Avro -------------------------------------------------------------------------------------------------------------


def avro(fields: dict[str, Any], rows: list[dict[str, Any]], **how: Any) -> bytes:
    schema = {"type": "record", "name": "r", "fields": [{"name": n, "type": t} for n, t in fields.items()]}
    sink = io.BytesIO()
    fastavro.writer(sink, schema, rows, sync_interval=500, **how)
    return sink.getvalue()


def avro_bytes(**how: Any) -> bytes:
    return avro(dict.fromkeys(COLUMNS, "string"), [dict.fromkeys(COLUMNS, str(i)) for i in range(500)], **how)


@pytest.mark.parametrize("codec", ["null", "deflate", "bzip2"])
def test_avro(tmp_path: Path, codec: str) -> None:
    rows, bad = read(written(tmp_path, avro_bytes(codec=codec)), form("avro"))
    assert (rows, bad) == ([(str(i), str(i), str(i), i + 1) for i in range(500)], 0)


def test_avro_logical_types(tmp_path: Path) -> None:
    def logical(kind: Any, name: str, **more: Any) -> Any:
        return {"type": kind, "logicalType": name, **more}

    naive = NOON.replace(tzinfo=None)
    values = {
        "ms": (logical("long", "timestamp-millis"), NOON.replace(microsecond=123000)),
        "us": (["null", logical("long", "timestamp-micros")], NOON),
        "local": (logical("long", "local-timestamp-micros"), naive),
        "day": (logical("int", "date"), date(2026, 3, 2)),
        "money": (logical("bytes", "decimal", precision=9, scale=2), Decimal("1.50")),
        "id": (["null", "long"], None),
        "either": (["null", "string", "long"], 7),
        "kind": ({"type": "enum", "name": "e", "symbols": ["A", "B"]}, "B"),
        "in": ({"type": "record", "name": "n", "fields": [{"name": "x", "type": "int"}]}, {"x": 1}),
        "share": ("float", 0.5),
        "yes": ("boolean", True),
    }
    data = avro({n: t for n, (t, _) in values.items()}, [{n: v for n, (_, v) in values.items()}])
    row = read(written(tmp_path, data), form("avro", columns=tuple(values)))[0][0]
    expected = {n: v for n, (_, v) in values.items()} | {"money": "1.50", "either": "7", "in": '{"x": 1}'}
    assert row == (*expected.values(), 1)


@pytest.mark.parametrize("codec", ["snappy", "zstd"])
def test_avro_codecs_that_fastavro_needs_a_library_for(tmp_path: Path, codec: str) -> None:
    def number(n: int) -> bytes:
        n, out = n << 1, b""
        while n > 127:
            n, out = n >> 7, out + bytes([n & 127 | 128])
        return out + bytes([n])

    head, _ = avro(dict.fromkeys(COLUMNS, "string"), [], sync_marker=b"S" * 16).split(b"S" * 16)
    name = {"snappy": b"snappy", "zstd": b"zstandard"}[codec]
    head = head.replace(b"\x14avro.codec\x08null", b"\x14avro.codec" + number(len(name)) + name)
    body = pa.compress((number(2) + b"xy") * 3 * 99, codec, asbytes=True) + (b"\0\0\0\0" if codec == "snappy" else b"")
    data = head + b"S" * 16 + number(99) + number(len(body)) + body + b"S" * 16
    rows, _ = read(written(tmp_path, data), form("avro"))
    assert (len(rows), rows[98]) == (99, ("xy", "xy", "xy", 99))


def test_digest_is_of_the_bytes(tmp_path: Path) -> None:
    assert digest(str(written(tmp_path, b"abc"))) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_json_numbers_survive(tmp_path: Path) -> None:
    row = {"imsi": 270010000000001, "time": 0.1, "cell": -0.0}
    assert read(written(tmp_path, json.dumps(row).encode()), form("json"))[0] == [("270010000000001", "0.1", "-0.0", 1)]
