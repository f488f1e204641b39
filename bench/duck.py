"""One night by DuckDB alone: what a skilled analyst would write instead of sojourn, on one machine.

    python bench/duck.py --data bench/data/example --out /tmp/analyst --night 2026-04-09

reads the landing files of the night (those that bench/generate.py writes) and writes into the folder `out`
events/batch=…/date=…, rejects/batch=…, presence/date=… and home_locations/month=…: Parquet by zstd, the rows of
sojourn's tables of those names. Nights go in in order: presence is made anew on the dates that the night's events
touch, homes for the months that are open or close with it.

Prints one line of JSON, the seconds of each step. What sojourn does besides is not done: no checks, no commit that is
whole or nothing, no record of files, no expressions of a user, no second look at files that came late.
"""

import argparse
import csv
import hmac
import json
import shutil
import tempfile
import time
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from string import Template
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import h3.api.basic_int as h3
import pyarrow as pa
import yaml

REFERENCE = Path(__file__).parent.parent / "sojourn" / "reference"
LATE, WINDOW = timedelta(8), timedelta(28)
READ = {
    "csv": """read_csv($files, columns = {imsi: 'VARCHAR', start: 'VARCHAR', cell: 'VARCHAR', peer: 'VARCHAR',
        dur: 'INTEGER', kind: 'VARCHAR'}, header = true, delim = ',', quote = '', escape = '', auto_detect = false,
        store_rejects = true)""",
    "parquet": "read_parquet($files)",
}
# lines are numbered by the order in which DuckDB keeps the rows of a table that it made of files; a cast of a column as
# it stands would be done by the reader, which then takes a value that cannot be read for a broken line
RAW = """
create temp table raw as select file_index::integer as file_no, try_cast(trim(imsi) as bigint) as imsi,
    try_strptime(start, '%Y-%m-%d %H:%M:%S') as start, cell, peer, dur::integer as dur, kind from $read;
create temp table lines as select file_no, min(rowid) - $first as before from raw group by all;
create temp table countries as
with peers as (select left(peer, 8) as digits from raw where length(peer) between 7 and 15 group by all)
select digits, arg_max(country, n) as country from (select digits, unnest(range(1, 9)) as n from peers)
join e164 on left(digits, n) = prefix group by digits;
"""
# HMAC-SHA-256 by its definition, over the distinct subscribers; the key comes as its two padded blocks
SUBSCRIBERS = """
create temp table subscribers as
with found as (select distinct imsi, lpad(imsi::varchar, 15, '0') as text from raw where imsi is not null),
inside as (select *, unhex(sha256('$inner'::blob || text::blob)) as hash from found),
outside as (select *, ('0x' || left(sha256('$outer'::blob || hash), 16))::ubigint::hugeint as number from inside)
select imsi, (number - case when number < 9223372036854775808 then 0 else 18446744073709551616 end)::bigint as device,
    left(text, 5) as home_plmn, coalesce(p.country, m.country) as home_country
from outside join mcc m on left(text, 3) = m.mcc left join plmn p on left(text, 5) = p.plmn;
"""
# of records that are equal in all columns the first is kept; looked at are those that share subscriber and time
REPEATS = """
create temp table repeats as
with twice as (
    select imsi, start from raw where imsi is not null and start is not null group by all having count(*) > 1
)
select raw.rowid as id from raw semi join twice using (imsi, start)
qualify row_number() over (partition by imsi, start, cell, peer, dur, kind order by raw.rowid) > 1;
create temp view reasoned as select raw.rowid as id, raw.*, device, home_plmn, home_country,
    case when raw.imsi is null then 'no_subscriber' when start is null then 'bad_time'
        when start >= date '$night' + interval 2 day then 'future'
        when start < date '$night' - interval $late day then 'too_late'
        when device is null then 'bad_plmn' when repeats.id is not null then 'duplicate_record' end as reason
from raw left join subscribers using (imsi) left join repeats on raw.rowid = repeats.id;
"""
# nearly all are of the night's own date: written apart, for a partitioned write takes twice as long
EVENTS = """
create temp view events as
select start::date as date, start - interval $offset second as at, hour(start)::integer as hour, device,
    home_country, home_plmn, case when cells.cell_id is not null then '$home' end as country,
    '$plmn' as serving_plmn, r.cell as cell_id, cells.cell, kind as event_type, null::varchar as direction,
    countries.country as peer_country, dur as duration_s, null::bigint as volume_bytes, null::varchar as tac,
    '$key_id' as key_id, files.file, r.id - lines.before as line
from reasoned r join lines using (file_no) join files using (file_no) left join cells on r.cell = cells.cell_id
left join countries on left(peer, 8) = digits and length(peer) between 7 and 15 where reason is null;
copy (from events where date <> '$night') to '$out/events/batch=$night'
    (format parquet, compression zstd, partition_by (date));
copy (select * exclude (date) from events where date = '$night') to '$out/events/batch=$night/date=$night'
    (format parquet, compression zstd, per_thread_output);
"""
REJECTS = """
copy (
    select file, reason, count(*) as n from reasoned join files using (file_no) where reason is not null group by all
    $malformed
) to '$out/rejects/batch=$night/rejects.parquet' (format parquet);
"""
MALFORMED = """union all select file, 'malformed', count(distinct line) from reject_errors
    join reject_scans using (scan_id, file_id) join files on filename = file_path group by all"""
PRESENCE = """
copy (
    select date, device, country, cell, bit_or(1 << hour)::integer as hours, count(*) as n_events,
        min(home_country) as home_country
    from read_parquet($files, hive_partitioning = true) where country is not null group by date, device, country, cell
) to '$out/presence' (format parquet, compression zstd, partition_by (date), overwrite_or_ignore);
"""
HOMES = """
copy (
    with seen as (select *, date - date '$since' as day from read_parquet($seen, hive_partitioning = true)),
    part as (
        select *, day as night, hours & (15 << 20) as bits from seen
        union all select *, day - 1 as night, hours & 127 as bits from seen
    ), place as (
        select device, country, cell, min(home_country) as home_country, bit_or(1::bigint << night) as mask,
            bit_or(1::bigint << night) filter (bits & ((3 << 22) | 31) > 0) as middle,
            sum(bit_count(bits))::integer as hours,
            max(night * 64 + floor(log2(bits))::integer + case when bits < 128 then 24 else 0 end) as last
        from part where bits > 0 and night between 0 and date '$until' - date '$since' group by device, country, cell
    ), device as (
        select device, min(home_country) as home_country, bit_count(bit_or(mask)) as observed,
            coalesce(bit_count(bit_or(mask) filter (country = '$home')), 0) as here,
            coalesce(bit_count(bit_or(middle) filter (country = '$home')), 0) as middle,
            coalesce(bit_count(bit_or(mask) filter (country <> '$home')), 0) as abroad,
            -struct_extract(max({'n': bit_count(mask), 'h': hours, 'l': last, 'c': -cell})
                filter (cell is not null), 'c') as cell
        from place group by device
    ), near as (
        select device, bit_count(bit_or(mask)) as nights from place join device using (device)
        join ring on device.cell = ring.cell and place.cell = ring.near group by device
    )
    select device, home_country, cell, coalesce(nights, 0)::integer as nights, observed::integer as observed_nights,
        abroad::integer as abroad_nights, middle::integer as core_nights, coalesce(nights, 0) / observed as share,
        case when abroad > here then 'abroad' when share > 0.5 then 'home' else 'unlocatable' end as status,
        $provisional as provisional
    from device left join near using (device)
) to '$out/home_locations/month=$month/homes.parquet' (format parquet, compression zstd);
"""


def rows(name: str) -> list[list[str]]:
    """A table of facts, without its header."""
    return list(csv.reader((REFERENCE / name).read_text("utf-8").splitlines()))[1:]


def facts(con: duckdb.DuckDBPyConnection, data: Path, files: list[str], resolution: int) -> None:
    """The small tables: files, antennas and their H3 cells, cells and their neighbours, networks, phone prefixes."""
    register = list(csv.reader((data / "landing" / "cells.csv").read_text("utf-8").splitlines()))[1:]
    cells = [(name, h3.latlng_to_cell(float(y), float(x), resolution)) for name, y, x in register]
    small: dict[str, list[Any]] = {
        "files (file_no, filename, file)": [(n, f, Path(f).relative_to(data).as_posix()) for n, f in enumerate(files)],
        "cells (cell_id, cell)": cells,
        "ring (cell, near)": [(c, near) for c in sorted({c for _, c in cells}) for near in h3.grid_disk(c, 1)],
        **{f"{n} ({c})": rows(f"{n}.csv") for n, c in (("mcc", "mcc, country"), ("plmn", "plmn, country"))},
        "e164 (prefix, country)": rows("e164.csv"),
    }
    for name, values in small.items():
        columns = pa.table([pa.array(c) for c in zip(*values, strict=True)], [f"c{n}" for n in range(len(values[0]))])
        con.register("arrow", columns)
        con.execute(f"create temp table {name} as from arrow")
    con.execute("update mcc set country = null where country = ''")


def months(oldest: date, night: date) -> Iterator[tuple[date, date]]:
    """The first and the last days of the months from the oldest date on that were open before the night."""
    first = oldest.replace(day=1)
    while first <= night:
        last = (first + timedelta(31)).replace(day=1) - timedelta(1)
        if last + LATE >= night:
            yield first, last
        first = last + timedelta(1)


def steps(con: duckdb.DuckDBPyConnection, data: Path, out: Path, night: date) -> Iterator[str]:
    """The work of a night; tells the name of each step when it is done."""
    page = yaml.safe_load((data / "conf.yaml").read_text("utf-8"))
    form, home, key = page["sources"]["cdr"][0]["format"], page["home"], page["key"].encode()
    files = sorted(str(f) for f in (data / "landing" / "cdr" / str(night)).iterdir())
    midnight = datetime(night.year, night.month, night.day, tzinfo=ZoneInfo(home["time_zone"]))
    values: dict[str, Any] = {
        "files": files, "form": form, "night": night, "late": LATE.days, "out": out, "home": home["country"],
        "plmn": home["plmn"][0], "first": {"csv": 2, "parquet": 1}[form],
        "offset": int((midnight.utcoffset() or timedelta()).total_seconds()),
        "key_id": hmac.digest(key, b"sojourn: check value of this key", "sha256")[:8].hex(),
        **{n: "".join(f"\\x{b ^ pad:02x}" for b in key.ljust(64, b"\0")) for n, pad in (("inner", 54), ("outer", 92))},
        "malformed": MALFORMED if form == "csv" else "",
        "read": Template(READ[form]).substitute(files=files),
    }  # fmt: skip

    def run(sql: str, **more: Any) -> None:
        con.execute(Template(sql).substitute(values | more))

    facts(con, data, files, page.get("resolution", 8))
    for table in ("events", "rejects"):
        shutil.rmtree(out / table / f"batch={night}", ignore_errors=True)
    (out / "events").mkdir(parents=True, exist_ok=True)
    (out / "rejects" / f"batch={night}").mkdir(parents=True)
    run(RAW)
    yield "read"
    run(SUBSCRIBERS)
    run(REPEATS)
    run(EVENTS)
    run(REJECTS)
    yield "events"
    dates = sorted(p.name for p in (out / "events" / f"batch={night}").iterdir())
    for name in dates:
        shutil.rmtree(out / "presence" / name, ignore_errors=True)
    run(PRESENCE, files=[str(f) for name in dates for f in out.glob(f"events/*/{name}/*.parquet")])
    yield "presence"
    known = sorted(date.fromisoformat(p.name.removeprefix("date=")) for p in (out / "presence").iterdir())
    for month, last in months(known[0], night):
        until = min(last, night - timedelta(1))
        since = until - WINDOW + timedelta(1)
        seen = [str(f) for d in known if since <= d <= until + timedelta(1) for f in out.glob(f"presence/date={d}/*")]
        (out / "home_locations" / f"month={month}").mkdir(parents=True, exist_ok=True)
        run(HOMES, month=month, since=since, until=until, seen=seen, provisional=last + LATE > night)
    yield "home_locations"


def main() -> None:
    """The command line."""
    assert __doc__
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--data", type=Path, required=True, help="folder that bench/generate.py wrote")
    ask.add_argument("--out", type=Path, required=True, help="folder of the tables")
    ask.add_argument("--night", type=date.fromisoformat, required=True, help="landing day, such as 2026-04-09")
    ask.add_argument("--memory", default="8GB", help="memory_limit of DuckDB (8GB)")
    a = ask.parse_args()
    began, seconds = time.perf_counter(), dict[str, float]()
    with tempfile.TemporaryDirectory(dir=a.data) as spill:
        con = duckdb.connect(config={"threads": 2, "memory_limit": a.memory, "temp_directory": spill})
        for step in steps(con, a.data, a.out, a.night):
            seconds[step], began = time.perf_counter() - began, time.perf_counter()
    print(json.dumps(seconds))


if __name__ == "__main__":
    main()
