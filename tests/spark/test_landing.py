"""From an operator's files to events, rejects and batches: every reason, every record accounted for."""

import gzip
import io
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.orc as pa_orc
import pyarrow.parquet as pa_parquet
import pytest
from fastavro import writer

from schemas import BATCHES, EVENTS, REJECTS
from sojourn.errors import ConfigError
from sojourn.lake import Lake
from sojourn.pseudonym import pseudonym

pytestmark = pytest.mark.usefixtures("unjudged")
KEY = b"a-key-for-tests-only-0123456789-abcdef"
DAY = date(2026, 3, 10)
NEXT = DAY + timedelta(1)
HEAD = "imsi,start,cell\n"
IMSI = "27001000000000"
DEVICE = {n: pseudonym(KEY, f"{IMSI}{n}") for n in range(10)}
FIELDS = {
    "peer": "b", "direction": "dir", "duration_s": "cast(dur as int)", "event_type": "type", "home_plmn": "plmn",
    "volume_bytes": "cast(vol as bigint)", "tac": "tac",
}  # fmt: skip


def at(hour: int, day: date = DAY, minute: int = 0) -> str:
    return f"{day} {hour:02}:{minute:02}:00"


def record(n: int, hour: int = 12, cell: str = "A", day: date = DAY) -> str:
    return f"{IMSI}{n},{at(hour, day)},{cell}\n"


def landed(land: Any, spark: Any, *days: date) -> Any:
    """Run the registers and the landing of these days at once."""
    night = land.night(spark)
    for step in ("cells", "subscribers", "events"):
        night.steps[step](days or [DAY])
    return night


def reasons(land: Any, night: Any) -> dict[str, dict[str, int]]:
    out: dict[str, dict[str, int]] = {}
    for file, reason, n in land.rows(night, REJECTS, "file", "reason", "n"):
        out.setdefault(Path(file).name, {})[reason] = n
    return out


def accounted(land: Any, night: Any) -> dict[str, tuple[int, int]]:
    """Of each file, the records read and accepted; rejected ones add up and accepted ones are there."""
    found = land.rows(night, BATCHES, "batch", "file", "rows_read", "rows_accepted", "rows_rejected")
    events = Counter(land.rows(night, EVENTS, "batch", "file"))
    rejects: Counter[Any] = Counter()
    for batch, file, n in land.rows(night, REJECTS, "batch", "file", "n"):
        rejects[batch, file] += n
    for batch, file, read, accepted, rejected in found:
        assert (read, accepted, rejected) == (accepted + rejected, events[batch, file], rejects[batch, file]), file
    return {Path(file).name: (read, accepted) for _, file, read, accepted, _ in found if file}


def test_every_reason(land: Any, spark: Any) -> None:
    land.page["sources"]["cdr"][0]["columns"]["home_plmn"] = "nullif(plmn, '')"
    land.page["sources"]["roaming"][0]["late_days"] = 35
    land.page["sources"]["subscribers"] = [
        {"path": "landing/subscribers.csv", "format": "csv", "options": {"header": True},
         "columns": {"imsi": "imsi", "opt_out": "out"}}
    ]  # fmt: skip
    land.put("subscribers.csv", f"imsi,out\n{IMSI}8,yes\n{IMSI}7,no\n")
    land.cells(DAY)
    head = "imsi,start,cell,plmn\n"
    good = f"{IMSI}1,{at(8)},A,\n{IMSI}2,{at(9)},A,27001\n"
    put = lambda name, data: land.put(f"cdr/{DAY}/{name}", data)  # noqa: E731
    put("01-good.csv", head + good)
    put("02-truncated.csv.gz", gzip.compress((head + good * 99).encode())[:-20])
    put("03-empty.csv", b"")
    put("04-noise.csv", bytes(range(256)) * 9)
    put("05-ragged.csv", head + f"{IMSI}1,{at(10)},A,\n{IMSI}1,{at(11)}\n{IMSI}1,{at(11)},A,,,\n" + "\n")
    put("06-missing.csv", f"imsi,start,plmn\n{IMSI}1,{at(12)},\n{IMSI}1,{at(13)},\n")
    put("07-reordered.csv", f"plmn,cell,start,imsi\n,A,{at(14)},{IMSI}1\n")
    put("08-again.csv", head + good)
    put("09-twice.csv", head + f"{IMSI}3,{at(15)},A,\n" * 2)
    put("10-twice.csv", head + f"{IMSI}3,{at(15)},A,\n{IMSI}3,{at(16)},A,\n")
    late, future = DAY - timedelta(7), DAY + timedelta(1)
    put(
        "11-days.csv",
        head
        + f"{IMSI}4,{at(0, future)},A,\n{IMSI}4,{at(23, future)},A,\n{IMSI}4,{at(0, future + timedelta(1))},A,\n"
        + f"{IMSI}4,{at(0, late)},A,\n{IMSI}4,{at(23, late - timedelta(1))},A,\n{IMSI}4,{at(1, date(1999, 1, 1))},A,\n",
    )
    put(
        "12-plmn.csv",
        head
        + "".join(
            f"{IMSI}5,{at(h)},A,{p}\n"
            for h, p in enumerate(["20810", "2081", "20x10", "00101", "90128", "310260", "3102601"])
        ),
    )
    put(
        "13-who.csv",
        head + f",{at(1)},A,\n27001x,{at(1)},A,\n+{IMSI}1,{at(1)},A,\n12345,{at(1)},A,\n1234567890123456,{at(1)},A,\n",
    )
    put("14-when.csv", head + f"{IMSI}6,,A,\n{IMSI}6,soon,A,\n{IMSI}6,2026-02-30 10:00:00,A,\n")
    put("15-out.csv", head + f"{IMSI}8,{at(1)},A,\n{IMSI}7,{at(1)},A,\n")
    land.put(f"roaming/{DAY}/r.csv", "imsi,time,vplmn\n" + "".join(f"{IMSI}9,{at(h, d)},{p}\n" for h, d, p in [
        (1, DAY, "20801"), (2, DAY, ""), (3, DAY, "1234"), (4, DAY, "90112"), (5, DAY, "99901"),
        (6, DAY - timedelta(35), "26201"), (7, DAY - timedelta(36), "26201"),
    ]))  # fmt: skip
    night = landed(land, spark)
    assert reasons(land, night) == {
        "02-truncated.csv.gz": {"truncated_file": 1},
        "03-empty.csv": {"unreadable_file": 1},
        "04-noise.csv": {"unreadable_file": 1},
        "05-ragged.csv": {"malformed": 2},
        "06-missing.csv": {"missing_column": 1},
        "08-again.csv": {"duplicate_file": 2},
        "09-twice.csv": {"duplicate_record": 1},
        "10-twice.csv": {"duplicate_record": 1},
        "11-days.csv": {"future": 1, "too_late": 2},
        "12-plmn.csv": {"bad_plmn": 4},
        "13-who.csv": {"no_subscriber": 5},
        "14-when.csv": {"bad_time": 3},
        "15-out.csv": {"opted_out": 1},
        "r.csv": {"bad_plmn": 3, "too_late": 1},
    }
    assert accounted(land, night) == {
        "01-good.csv": (2, 2), "02-truncated.csv.gz": (1, 0), "03-empty.csv": (1, 0), "04-noise.csv": (1, 0),
        "05-ragged.csv": (3, 1), "06-missing.csv": (1, 0), "07-reordered.csv": (1, 1), "08-again.csv": (2, 0),
        "09-twice.csv": (2, 1), "10-twice.csv": (2, 1), "11-days.csv": (6, 3), "12-plmn.csv": (7, 3),
        "13-who.csv": (5, 0), "14-when.csv": (3, 0), "15-out.csv": (2, 1), "r.csv": (7, 3),
    }  # fmt: skip
    for _, detail in land.rows(night, REJECTS, "file", "detail"):
        assert detail
        assert IMSI not in detail
    events = night.lake.read(EVENTS).toPandas().set_index(["file", "line"])
    foreign = events.loc["landing/cdr/2026-03-10/12-plmn.csv"]
    assert list(foreign["home_country"]) == ["FR", None, "US"]  # 901: international networks have no country
    roaming = events.loc[f"landing/roaming/{DAY}/r.csv"]
    assert list(roaming["country"]) == ["FR", None, "DE"]
    assert list(roaming["serving_plmn"]) == ["20801", "90112", "26201"]
    assert set(roaming["home_country"]) == {"LU"}
    assert events.loc["landing/cdr/2026-03-10/07-reordered.csv"]["cell_id"].tolist() == ["A"]
    # again, and the day after with a file that came before, and a record that another batch has
    before = land.rows(night, EVENTS, "batch", "file", "line", "device")
    land.put(f"cdr/{NEXT}/a.csv", head + good)
    land.put(f"cdr/{NEXT}/b.csv", head + f"{IMSI}3,{at(16)},A,\n")
    landed(land, spark, DAY)
    night = landed(land, spark, NEXT)
    assert reasons(land, night)["a.csv"] == {"duplicate_file": 2}
    assert accounted(land, night)["b.csv"] == (1, 1)  # batches are not compared record by record
    assert [e for e in land.rows(night, EVENTS, "batch", "file", "line", "device") if e[0] == DAY] == before
    without = [r[:2] for r in land.rows(night, BATCHES, "batch", "source", "file", "rows_read") if r[2] is None]
    assert without == [(NEXT, "roaming")]  # a day without files


def test_canonical_columns(land: Any, spark: Any) -> None:
    land.page["sources"]["cdr"][0]["columns"] |= FIELDS
    land.cells(DAY)
    rows = ["+352 621 000 000,out,60,call,27001,5,35000000", "0033612345678,in,-1,sms,20801,9999999999999,",
            "112,,2.7,fax,,-1,", "abc,sideways,99999999999,data,,x,", ",,,,,,"]  # fmt: skip
    text = "".join(f"{IMSI}{n},{at(12)},A,{row}\n" for n, row in enumerate(rows))
    land.put(f"cdr/{DAY}/f.csv", "imsi,start,cell,b,dir,dur,type,plmn,vol,tac\n" + text)
    night = landed(land, spark)
    columns = [
        "line",
        "device",
        "peer_country",
        "direction",
        "duration_s",
        "event_type",
        "home_plmn",
        "volume_bytes",
        "tac",
    ]
    assert land.rows(night, EVENTS, *columns) == [
        (2, DEVICE[0], "LU", "out", 60, "call", "27001", 5, "35000000"),
        (3, DEVICE[1], "FR", "in", None, "sms", "20801", 9999999999999, None),
        (4, DEVICE[2], None, None, 2, None, None, None, None),
        (5, DEVICE[3], None, None, None, "data", None, None, None),
        (6, DEVICE[4], None, None, None, None, None, None, None),
    ]
    # -1; fax, -1; sideways, too long, x. A number that belongs to no country is none that cannot be read.
    assert land.rows(night, BATCHES, "values_unreadable")[-1] == (6,)


def test_one_person_by_two_names(land: Any, spark: Any) -> None:
    cdr = land.page["sources"]["cdr"][0]
    other = {**cdr, "path": "landing/msisdn/{date}/*", "subscriber_kind": "msisdn",
             "columns": {**cdr["columns"], "subscriber": "msisdn"}}  # fmt: skip
    land.page["sources"]["cdr"].append(other)
    land.page["sources"]["subscribers"] = [
        {"path": "landing/subscribers.csv", "format": "csv", "options": {"header": True},
         "columns": {"imsi": "imsi", "msisdn": "msisdn", "valid_from": "since"}}
    ]  # fmt: skip
    land.put(
        "subscribers.csv",
        f"imsi,msisdn,since\n{IMSI}1,352621000001,\n{IMSI}2,+352621000002,2026-03-08\n{IMSI}3,352621000002,2026-03-10\n",
    )
    land.cells(DAY)
    land.put(f"cdr/{DAY}/f.csv", HEAD + record(1) + record(2))
    days = [DAY - timedelta(3), DAY - timedelta(2), DAY - timedelta(1), DAY]
    text = f"352621000001,{at(13)},A\n" + "".join(f"00352 621 000-002,{at(13, d)},A\n" for d in days)
    land.put(f"msisdn/{DAY}/g.csv", "msisdn,start,cell\n" + text + f"352621000009,{at(13)},A\n")
    night = landed(land, spark)
    found = {(Path(f).name, line): d for f, line, d in land.rows(night, EVENTS, "file", "line", "device")}
    assert found == {
        ("f.csv", 2): DEVICE[1], ("f.csv", 3): DEVICE[2], ("g.csv", 2): DEVICE[1],
        ("g.csv", 3): pseudonym(KEY, "352621000002"),  # nobody's yet
        ("g.csv", 4): DEVICE[2], ("g.csv", 5): DEVICE[2], ("g.csv", 6): DEVICE[3],
        ("g.csv", 7): pseudonym(KEY, "352621000009"),
    }  # fmt: skip


AUTUMN = date(2026, 10, 25)


CLOCKS = [  # what the file says, the instant, times that occur twice, times that do not exist
    ("2026-03-29 01:59:59", "03-29 00:59:59", 0, 0),
    ("2026-03-29 02:30:00", "03-29 01:30:00", 0, 1),  # was never shown: forward, to 03:30
    ("2026-03-29 03:00:00", "03-29 01:00:00", 0, 0),
    ("2026-10-25 01:59:59", "10-24 23:59:59", 0, 0),
    ("2026-10-25 02:00:00", "10-25 00:00:00", 1, 0),  # the earlier of two
    ("2026-10-25 02:59:59", "10-25 00:59:59", 1, 0),
    ("2026-10-25 03:00:00", "10-25 02:00:00", 0, 0),
    ("2026-10-25 02:30:00+02:00", "10-25 00:30:00", 0, 0),  # with an offset nothing is in doubt
    ("2026-10-25 02:30:00+01:00", "10-25 01:30:00", 0, 0),
    ("2026-10-25T00:31:00Z", "10-25 00:31:00", 0, 0),
    ("2026-03-29 02:31:00+01:00", "03-29 01:31:00", 0, 0),
]


def test_clocks_that_change(land: Any, spark: Any) -> None:
    land.page["late_days"] = 300
    land.cells(AUTUMN)
    for n, (start, *_) in enumerate(CLOCKS):
        land.put(f"cdr/{AUTUMN}/{n:02}.csv", HEAD + f"{IMSI}1,{start},A\n")
    night = landed(land, spark, AUTUMN)
    instants = night.lake.read(EVENTS).selectExpr("file", "date_format(at, 'MM-dd HH:mm:ss')").collect()
    counted = [r for r in land.rows(night, BATCHES, "file", "times_ambiguous", "times_skipped") if r[0]]
    found = [(at, *counts) for (_, at), (_, *counts) in zip(sorted(instants), counted, strict=True)]
    assert found == [row[1:] for row in CLOCKS]


def test_offsets_in_a_column_of_their_own(land: Any, spark: Any) -> None:
    feed = land.page["sources"]["roaming"].pop()
    feed["columns"]["utc_offset"] = "offset"
    offsets = {"+0200": 10, "+02:00": 10, "-0330": 15.5, "+2": 10, "Z": 12, "+0000": 12}
    lines = [f"{IMSI}1,{AUTUMN} 12:00:00,20801,{o}\n" for o in offsets]
    lines += [f"{IMSI}1,{AUTUMN} 12:00:00+05:00,20801,+0200\n", f"{IMSI}1,{AUTUMN} 02:30:00,20801,+0100\n"]
    expected = [*dict.fromkeys(offsets.values()), 7.0, 1.5]  # equal instants of one person are one record
    for n, zone in enumerate(["UTC", "Europe/Luxembourg", "Europe/London"]):
        land.page["sources"]["roaming"].append({**feed, "time_zone": zone, "path": f"landing/r{n}/{{date}}/*"})
        text = "".join(lines).replace(IMSI, f"27001000000{n}00")
        land.put(f"r{n}/{AUTUMN}/r.csv", "imsi,time,vplmn,offset\n" + text)
    land.page["sources"]["cells"] = []
    night = landed(land, spark, AUTUMN)
    found = night.lake.read(EVENTS).selectExpr("file", "cast(unix_seconds(at) % 86400 / 3600 as double)").collect()
    for n in range(3):
        assert sorted(h for f, h in found if f"/r{n}/" in f) == sorted(expected)
    assert max(land.rows(night, BATCHES, "times_ambiguous")) == (0,)


def test_abroad_it_is_the_day_and_hour_at_home(land: Any, spark: Any) -> None:
    land.put(f"roaming/{DAY}/r.csv", f"imsi,time,vplmn\n{IMSI}1,{DAY} 23:30:00,310260\n")
    land.cells(DAY)
    night = landed(land, spark)
    assert land.rows(night, EVENTS, "date", "hour", "country", "cell") == [(NEXT, 0, "US", None)]


def test_places(land: Any, spark: Any) -> None:
    land.page["sources"]["cells"][0]["columns"] |= {"time_zone": "zone", "valid_from": "since", "valid_to": "until"}
    land.put(
        f"cells/{DAY}.csv",
        "cell_id,lat,lon,zone,since,until\nA,49.6117,6.1319,,,\nT,49.7596,6.6439,,,\nL,51.5,-0.12,Europe/London,,\n"
        f"V,49.6117,6.1319,,{DAY},{DAY}\nX,0,0,,,\n",
    )
    who = {"A": 1, "T": 2, "L": 3, "": 4, "?": 5, "X": 6}
    text = "".join(f"{IMSI}{n},{at(0, minute=30)},{cell}\n" for cell, n in who.items())
    text += "".join(f"{IMSI}7,{at(12, DAY + timedelta(d))},V\n" for d in (-1, 0, 1))
    land.put(f"cdr/{DAY}/f.csv", HEAD + text)
    night = landed(land, spark)
    found = {
        (line, country, cell is not None, day, hour)
        for line, country, cell, day, hour in land.rows(night, EVENTS, "line", "country", "cell", "date", "hour")
    }
    before = DAY - timedelta(1)
    assert found == {
        (2, "LU", True, DAY, 0),
        (3, "LU", True, DAY, 0),  # an antenna of ours over the border: we are at home
        (4, "LU", True, before, 23),  # local to the cell
        (5, None, False, DAY, 0),  # no cell: no sign of presence anywhere
        (6, None, False, DAY, 0),  # a cell that the register does not know
        (7, "LU", False, DAY, 0),  # one whose coordinates are unusable
        (8, None, False, before, 12),
        (9, "LU", True, DAY, 12),
        (10, None, False, NEXT, 12),
    }


def test_what_the_register_learns_late(land: Any, spark: Any) -> None:
    land.page["late_days"] = 2
    days = [DAY + timedelta(n) for n in range(4)]
    for n, day in enumerate(days):
        land.put(f"cdr/{day}/f{n}.csv", HEAD + record(n, cell="N", day=day))
    land.cells(days[0])
    landed(land, spark, *days[:3])
    land.cells(days[3], "A,49.6117,6.1319", "N,49.4958,5.9806")
    night = landed(land, spark, days[3])
    placed = dict(land.rows(night, EVENTS, "batch", "country"))
    assert placed == {days[0]: None, days[1]: "LU", days[2]: "LU", days[3]: "LU"}
    at_once = type(land)(land.root / "once")
    at_once.page = {**land.page, "lake": "lake2"}
    at_once.root.mkdir()
    (at_once.root / "landing").symlink_to(land.root / "landing")
    other = landed(at_once, spark, *days)
    assert at_once.rows(other, EVENTS, *EVENTS.names) == land.rows(night, EVENTS, *EVENTS.names)


def test_a_file_that_breaks_while_it_is_read(land: Any, spark: Any) -> None:
    land.page["sources"]["cdr"][0]["format"] = "parquet"
    land.page["sources"]["cdr"][0].pop("options")
    land.cells(DAY)
    table = pa.table(
        {"imsi": [f"{IMSI}1"] * 5000, "start": [at(i % 24, minute=i % 60) for i in range(5000)], "cell": ["A"] * 5000}
    )
    whole = land.put(f"cdr/{DAY}/a.parquet", b"x")
    pa_parquet.write_table(table, whole, write_page_checksum=True)
    data = bytearray(whole.read_bytes())
    data[4 + len(data) // 20 : 40 + len(data) // 20] = b"\x7f" * 36  # inside a page; the footer is whole
    for name in ("b.parquet", "c.parquet"):  # and once more under another name
        land.put(f"cdr/{DAY}/{name}", bytes(data))
    night = landed(land, spark)
    read = accounted(land, night)
    assert read["a.parquet"][0] == 5000
    assert read["b.parquet"] == read["c.parquet"] == (1, 0)
    assert reasons(land, night)["b.parquet"] == {"unreadable_file": 1}
    assert reasons(land, night)["c.parquet"] == {"duplicate_file": 1}


ROWS = [(f"{IMSI}{n % 9}", datetime(2026, 3, 10, n % 24, 5, tzinfo=UTC), "A" if n % 3 else None) for n in range(40)]


def formats() -> dict[str, tuple[bytes, dict[str, Any]]]:
    """The same records in every format, and what a feed says of it."""
    names = ["imsi", "start", "cell"]
    text = [(i, s.isoformat(), c or "") for i, s, c in ROWS]
    arrow = pa.table(dict(zip(names, map(list, zip(*ROWS, strict=True)), strict=True)))
    parquet, orc, avro = io.BytesIO(), io.BytesIO(), io.BytesIO()
    pa_parquet.write_table(arrow, parquet)
    pa_orc.write_table(arrow, orc)
    stamp = {"type": "long", "logicalType": "timestamp-micros"}
    kinds = {"imsi": "string", "start": stamp, "cell": ["null", "string"]}
    schema = {"type": "record", "name": "r", "fields": [{"name": n, "type": k} for n, k in kinds.items()]}
    writer(avro, schema, [dict(zip(names, r, strict=True)) for r in ROWS])
    csv = HEAD + "".join(",".join(r) + "\n" for r in text)
    lines = "".join(f'{{"imsi": "{i}", "start": "{s}", "cell": "{c}"}}\n' for i, s, c in text)
    header = {"options": {"header": True}}
    return {
        "csv": (csv.encode(), {"format": "csv", **header}),
        "csv.gz": (gzip.compress(csv.encode()), {"format": "csv", **header}),
        "json": (lines.encode(), {"format": "json", "options": {}}),
        "parquet": (parquet.getvalue(), {"format": "parquet", "options": {}}),
        "orc": (orc.getvalue(), {"format": "orc", "options": {}}),
        "avro": (avro.getvalue(), {"format": "avro", "options": {}}),
    }


def test_all_formats_land_the_same_rows(land: Any, spark: Any) -> None:
    cdr = land.page["sources"]["cdr"].pop()
    cdr["columns"]["event_time"] = "start"
    for n, (name, (data, how)) in enumerate(formats().items()):
        land.page["sources"]["cdr"].append({**cdr, **how, "path": f"landing/f{n}/{{date}}/*"})
        land.put(f"f{n}/{DAY + timedelta(n)}/f.{name}", data)  # a day each: within one they would be equal records
    land.page["late_days"] = 30
    land.cells(DAY)
    days = [DAY + timedelta(n) for n in range(len(formats()))]
    night = landed(land, spark, *days)
    by_batch: dict[date, list[Any]] = {}
    for batch, line, *row in land.rows(night, EVENTS, "batch", "line", "device", "at", "cell_id", "country", "hour"):
        text_file = night.conf.sources.cdr[(batch - DAY).days].format == "csv"
        by_batch.setdefault(batch, []).append((line - text_file, *row))
    assert len(by_batch) == len(days)
    assert all(len(rows) == len(ROWS) for rows in by_batch.values())
    assert len({str(rows) for rows in by_batch.values()}) == 1


def test_arrow_and_spark_write_the_same_rows(land: Any, spark: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    land.cells(DAY)
    for day in (DAY, NEXT):
        land.put(f"cdr/{day}/a.csv", HEAD + record(1) + record(1) + record(2, 23, "B", day) + record(3, 0, "", DAY))
    by_arrow = landed(land, spark, DAY, NEXT)
    land.page["lake"] = "other"
    monkeypatch.setattr(Lake, "local", False)
    by_spark = landed(land, spark, DAY, NEXT)
    names = EVENTS.names
    rows = land.rows(by_arrow, EVENTS, *names)
    assert len(rows) == 6
    assert rows == land.rows(by_spark, EVENTS, *names)
    assert accounted(land, by_arrow) == accounted(land, by_spark)


def test_a_value_that_only_spark_can_read(land: Any, spark: Any) -> None:
    land.cells(DAY)
    land.put(f"cdr/{DAY}/a.csv", HEAD + record(1) + f"{IMSI}2,{at(10)} Europe/Paris,A\n" + record(3, 11))
    land.put(f"cdr/{DAY}/b.csv", HEAD + record(4))
    night = landed(land, spark)
    found = {r[0]: r[1] for r in land.rows(night, EVENTS, "device", "at")}
    assert found[DEVICE[2]] == datetime(2026, 3, 10, 9)
    assert accounted(land, night) == {"a.csv": (3, 3), "b.csv": (1, 1)}


def test_a_column_that_changes_its_type_overnight(land: Any, spark: Any) -> None:
    land.page["sources"]["cdr"][0] |= {"format": "parquet", "options": {}}
    land.page["sources"]["cdr"][0]["columns"] |= {"event_time": "start", "home_plmn": "substr(imsi, 1, 5)"}
    land.cells(DAY)
    instant = datetime(2026, 3, 10, 12, tzinfo=UTC)
    for n, (imsi, start, cell) in enumerate([
        ([f"{IMSI}1"], [instant], ["1"]), ([int(f"{IMSI}2")], ["2026-03-10 13:00:00"], [1]),
        ([f"{IMSI}3"], [instant.replace(hour=13, tzinfo=None)], ["1"]), ([[f"{IMSI}4"]], [True], [b"1"]),
    ]):  # fmt: skip
        path = land.put(f"cdr/{DAY}/{n}.parquet", b"x")
        pa_parquet.write_table(pa.table({"imsi": imsi, "start": start, "cell": cell}), path)
    night = landed(land, spark)
    accounted(land, night)
    rows = land.rows(night, EVENTS, "device", "at", "cell_id")
    assert sorted(rows) == sorted((DEVICE[n], instant.replace(tzinfo=None), "1") for n in (1, 2, 3))
    assert reasons(land, night) == {"3.parquet": {"unreadable_file": 1}}


def test_expressions_may_spell_a_column_in_several_ways(land: Any, spark: Any) -> None:
    land.page["sources"]["cdr"][0]["columns"] |= {"subscriber": "Imsi", "home_plmn": "substr(IMSI, 1, 5)"}
    land.cells(DAY)
    land.put(f"cdr/{DAY}/f.csv", HEAD + record(1))
    assert land.rows(landed(land, spark), EVENTS, "device", "home_plmn") == [(DEVICE[1], "27001")]


def test_a_file_belongs_to_one_feed(land: Any, spark: Any) -> None:
    land.page["sources"]["cdr"].append(land.page["sources"]["cdr"][0])
    land.put(f"cdr/{DAY}/f.csv", HEAD + record(1))
    land.cells(DAY)
    with pytest.raises(ConfigError, match=r"cdr and cdr-2 both read it"):
        landed(land, spark)
