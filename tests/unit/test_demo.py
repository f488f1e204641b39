"""The planted truth and the files that are to show it must agree; read with plain Python, as a stranger would."""

import csv
import gzip
import hashlib
import io
import itertools
import json
import stat
from collections import Counter, defaultdict
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import phonenumbers
import pytest
import rasterio
import yaml
from pyarrow import parquet

from sojourn import cells, demo, shapes
from sojourn.demo import days as diaries
from sojourn.demo import population, slots, stays
from sojourn.demo import truth as truth_tables
from sojourn.demo.classes import Life
from sojourn.demo.places import COUNTRIES, OTHER_HOME_PLMN, OWN_PHONE_PREFIX, OWN_PLMN, SHIP_PLMN
from sojourn.errors import ConfigError

DAYS, START = 28, date(2026, 3, 2)  # over the clock change of 29 March
LUXEMBOURG = ZoneInfo("Europe/Luxembourg")
PLMN_COUNTRY = {p: c.code for c in COUNTRIES for p in c.plmns}


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    out = tmp_path_factory.mktemp("demo")
    demo.write(out, subscribers=500, days=DAYS, seed=7, start=START)
    return out


def truth(world, name):
    return parquet.read_table(world / "truth" / f"{name}.parquet").to_pylist()


def lines_of(path):
    """Header and lines of a readable file, as text."""
    raw = path.read_bytes()
    text = (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode()
    head, *lines = text.splitlines()
    return head, lines


@pytest.fixture(scope="module")
def opted_out(world):
    return {s["imsi"] for s in truth(world, "subscribers") if s["opt_out"]}


@pytest.fixture(scope="module")
def read(world, opted_out):
    """What a careful reader finds: path -> (rows, reasons), and the records it keeps by feed."""
    found, kept, hashes = {}, {"cdr": [], "roaming": []}, set()
    for day in sorted((START + timedelta(days=d)) for d in range(DAYS)):
        seen = set()
        paths = [*(world / f"landing/cdr/{day}").glob("*"), *(world / "landing/roaming").glob(f"{day}*.csv")]
        for path in sorted(paths):
            name = path.relative_to(world).as_posix()
            source = path.relative_to(world).parts[1]
            found[name] = judge(path, source, day, seen=seen, hashes=hashes, opted_out=opted_out, kept=kept[source])
    return found, kept


def judge(path, source, day, *, seen, hashes, opted_out, kept):
    try:
        if not path.stat().st_size:
            return 1, Counter(unreadable_file=1)
        header, lines = lines_of(path)
    except EOFError:
        return 1, Counter(truncated_file=1)
    except (gzip.BadGzipFile, UnicodeDecodeError):
        return 1, Counter(unreadable_file=1)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    if digest in hashes:
        return len(lines), Counter(duplicate_file=len(lines))
    hashes.add(digest)
    names, wanted = (";", CDR) if source == "cdr" else (",", ROAMING)
    columns = header.split(names)
    if not set(wanted) <= set(columns):
        return 1, Counter(missing_column=1)
    reasons = Counter()
    for fields in csv.reader(io.StringIO("\n".join(lines)), delimiter=names):
        row = dict(zip(columns, fields, strict=False)) if len(fields) == len(columns) else None
        reason = reason_of(row, source, day, seen, opted_out)
        reasons[reason] += 1
        if reason is None:
            kept.append(row | {"batch": day})
    del reasons[None]
    return len(lines), reasons


CDR = ("imsi", "type", "start", "dur", "cell", "b_number", "dir", "bytes", "tac")
ROAMING = ("imsi", "time", "vplmn", "type")


def reason_of(row, source, day, seen, opted_out):
    """The first reason that fits, or None."""
    if row is None or not row["imsi"]:
        return "malformed" if row is None else "no_subscriber"
    row["at"] = instant(row, source)
    if row["at"] is None:
        return "bad_time"
    on = row["at"].astimezone(LUXEMBOURG).date()
    key = tuple(row[c] for c in (CDR if source == "cdr" else ROAMING))
    tests = {
        "future": on > day + timedelta(days=1),
        "too_late": on < day - timedelta(days=7 if source == "cdr" else 35),
        "bad_plmn": source == "roaming" and row["vplmn"] not in {*PLMN_COUNTRY, SHIP_PLMN},
        "opted_out": row["imsi"] in opted_out,
        "duplicate_record": key in seen,
    }
    seen.add(key)
    return next((reason for reason, true in tests.items() if true), None)


def instant(row, source):
    try:
        if source == "roaming":
            return datetime.strptime(row["time"], "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
        return datetime.strptime(row["start"], "%d/%m/%Y %H:%M:%S").replace(tzinfo=LUXEMBOURG).astimezone(UTC)
    except ValueError:
        return None


def test_every_file_holds_the_rows_and_the_dirt_that_the_truth_says(world, read):
    found, _ = read
    assert {f["path"]: (f["rows"], f["rejected"]) for f in truth(world, "files")} == {
        path: (rows, reasons.total()) for path, (rows, reasons) in found.items()
    }
    planted = defaultdict(Counter)
    for row in truth(world, "dirt"):
        planted[row["path"]][row["reason"]] += row["n"]
    assert planted == {path: reasons for path, (_, reasons) in found.items() if reasons}


def test_every_reason_of_the_contract_is_planted(world):
    assert {r["reason"] for r in truth(world, "dirt")} == {
        *("unreadable_file", "truncated_file", "missing_column", "duplicate_file", "malformed", "no_subscriber"),
        *("bad_time", "future", "too_late", "bad_plmn", "opted_out", "duplicate_record"),
    }
    silent = START + timedelta(days=3)
    assert not (world / f"landing/cdr/{silent}").exists()


def test_stays_agree_with_the_records_of_those_who_were_away(world, read, opted_out):
    _, kept = read
    signs = defaultdict(list)
    for row in kept["roaming"]:
        if row["vplmn"] != SHIP_PLMN:
            signs[row["imsi"]].append((row["at"], PLMN_COUNTRY[row["vplmn"]]))
    caught = {(c["imsi"], c["country"], at) for c in truth(world, "caught") for at in around(c["at"])}
    for trip in truth(world, "trips"):
        if trip["home_country"] == "LU" and trip["imsi"] not in opted_out:
            since = trip["departed_at"] or datetime.min.replace(tzinfo=UTC)
            until = trip["returned_at"] or datetime.max.replace(tzinfo=UTC)
            mine = signs[trip["imsi"]]
            here = sorted(at for at, country in mine if country == trip["country"] and since <= at < until)
            assert len(here) == trip["signs"]
            assert (here[0] if here else None, here[-1] if here else None) == (
                trip["first_seen_at"],
                trip["last_seen_at"],
            )
            signs[trip["imsi"]] = [s for s in mine if not (s[1] == trip["country"] and since <= s[0] < until)]
    assert all((imsi, c, at) in caught for imsi, left in signs.items() for at, c in left)


def around(at):
    return (at, at + timedelta(seconds=170))


def test_nights_are_the_times_that_clocks_strike_four_there(world):
    zones = {c.code: ZoneInfo(c.zone) for c in COUNTRIES}
    for trip in truth(world, "trips"):
        zone = zones[trip["country"]]
        since = trip["departed_at"] or datetime(2026, 3, 2, tzinfo=LUXEMBOURG)
        until = trip["returned_at"] or datetime(2026, 3, 30, tzinfo=LUXEMBOURG)
        days = (START + timedelta(days=d) for d in range(DAYS + 1))
        fours = [datetime(d.year, d.month, d.day, 4, tzinfo=zone) for d in days]
        assert trip["nights"] == sum(since <= four < until for four in fours)
        assert (trip["kind"] == "overnight") == (trip["nights"] > 0)


def test_nobody_is_in_two_places_and_local_times_exist(read):
    _, kept = read
    clocks = Counter((r["imsi"], r["at"]) for rows in kept.values() for r in rows)
    assert max(clocks.values()) == 1
    assert not [r for r in kept["cdr"] if r["start"].startswith("29/03/2026 02")]


def test_homes_are_where_the_nights_are(world, read):
    """Over the files alone: the antenna of most night records is the planted one for nearly all who can be found."""
    _, kept = read
    sites = {s["site"]: (s["lat"], s["lon"]) for s in truth(world, "antennas")}
    nights = defaultdict(Counter)
    for row in kept["cdr"]:
        hour = row["at"].astimezone(LUXEMBOURG).hour
        if row["cell"][:-2] in sites and (hour >= 22 or hour < 7):
            nights[row["imsi"]][row["cell"][:-2]] += 1
    homes = {s["imsi"]: s for s in truth(world, "subscribers") if s["class"] == "resident" and s["antenna_cell"]}
    asked = [i for i in homes if nights[i].total() >= 20]
    lat, lon = np.array([sites[nights[i].most_common(1)[0][0]] for i in asked]).T
    found = np.asarray(cells.cell_of(lat, lon, 8), dtype=np.int64)
    right = [homes[i]["antenna_cell"] == c for i, c in zip(asked, found.tolist(), strict=True)]
    assert len(asked) > 100
    assert np.mean(right) > 0.98


def test_people_of_every_kind_are_there_and_some_opted_out(world, opted_out):
    people = truth(world, "subscribers")
    kinds = Counter(p["class"] for p in people)
    assert len({p["imsi"] for p in people}) == 500
    assert len(kinds) == 19
    assert len(opted_out) >= 2
    assert kinds["mover"] == 2 * len({p["imsi"] for p in people if p["class"] == "mover"})
    register = list(csv.DictReader((world / "landing/subscribers.csv").open()))
    assert {r["imsi"] for r in register if r["opt_out"] == "true"} == opted_out
    assert all(r["imsi"].startswith(OWN_PLMN) for r in register)
    assert {r["segment"] for r in register} == {"consumer", "m2m"}


def test_persons_are_present_once_an_hour(world):
    hours = Counter()
    for row in truth(world, "present"):
        hours[row["date"], row["hour"]] += row["residents"]
    residents = len({p["imsi"] for p in truth(world, "subscribers") if p["resident"]})
    assert len(hours) == DAYS * 24 - 1  # 29 March has 23 hours
    assert 0.5 * residents < min(hours.values()) <= max(hours.values()) <= residents


def test_visitors_are_in_the_country(world):
    rows = parquet.read_table(world / "truth/present.parquet").to_pandas()
    there = rows[rows["visitors"] > 0]
    known = there["cell"].unique()
    land = dict(zip(known, shapes.inside("LU", *cells.centre_of(known)), strict=True))
    inside = there["cell"].map(land)
    assert there["visitors"][inside].sum() / there["visitors"].sum() > 0.97, "but for cells on the border"


def test_the_persons_of_the_raster_are_in_a_cell_or_abroad(world):
    persons = parquet.read_table(world / "truth/population.parquet").to_pandas()
    present = parquet.read_table(world / "truth/present.parquet").to_pandas()
    assert not persons.duplicated(["date", "hour", "cell"]).any()
    assert persons["persons"].min() > 0
    hours = persons.groupby(["date", "hour"])["persons"].sum()
    assert len(hours) == DAYS * 24 - 1  # 29 March has 23 hours
    assert hours.max() <= 650_000
    sims = present.groupby(["date", "hour"])["residents"].sum()
    ratio = hours / sims
    assert (ratio.max() - ratio.min()) / ratio.mean() < 0.06, "the same people, but for those who live abroad"


def test_the_persons_of_a_cell_are_those_of_the_grid_at_night_and_come_to_the_centres_by_day(world):
    with rasterio.open(world / "population.tif") as raster:
        grid = raster.read(1, masked=True).filled(0).astype(float)
        lon, lat = raster.xy(*np.nonzero(grid))
    place = np.asarray(cells.cell_of(lat, lon, 8), dtype=np.int64)
    lived = pd.Series(grid[np.nonzero(grid)]).groupby(place).sum()
    rows = parquet.read_table(world / "truth/population.parquet").to_pandas()
    night, noon = (rows[rows["hour"] == h].groupby("cell")["persons"].mean() for h in (3, 12))
    big = lived[lived > 500].index
    off = night[big] / night.sum() / (lived[big] / lived.sum()) - 1
    assert off.abs().median() < 0.03
    assert off.abs().max() < 0.15
    crowded = lived.nlargest(20).index
    assert noon[crowded].sum() / noon.sum() > 1.1 * night[crowded].sum() / night.sum()


def test_those_who_sleep_abroad_are_not_of_the_raster():
    clock = slots.clock(START, 10)
    trips = stays.Stays(
        who=np.array([0, 1, 2]), country=np.array([1, 1, 1]), since=np.array([0, 0, 30]),
        until=np.array([240, 100, 40]), began=np.array([True, True, False]), open=np.array([True, False, False]),
        absence=np.arange(3),
    )  # fmt: skip
    folk = SimpleNamespace(kind=np.array(["traveller", "traveller", "traveller", "machine"]), phase_s=np.zeros(4, int))
    assert population.lives_here(folk, trips, clock).tolist() == [False, True, True, False]


def test_an_hour_that_occurs_twice_is_one():
    clock = slots.clock(date(2026, 10, 25), 1)  # of 25 hours
    spot = np.zeros((2, 25), dtype=np.int8)
    spot[0, 2] = 2  # at work in the first of the two hours from two to three
    folk = SimpleNamespace(phase_s=np.zeros(2, int))
    hours, at = population.shares(folk, diaries.Days(spot, spot.astype(np.int32)), clock, np.ones(2, bool))
    assert hours.tolist() == list(range(24))
    assert at[2].tolist() == [0.75, 0, 0.25, 0, 0]


def test_stays_of_a_foreign_sim_are_one_until_72_hours_are_silent():
    hour = 3600
    who = np.array([0, 0, 0, 0, 1, 1])
    trips = stays.Stays(who, who * 0, who * 0, who * 0, who > 9, who > 9, who)
    never = np.iinfo(np.int64).max
    first = np.array([0, never, 80, 200, 210, 281]) * np.array([hour, 1, hour, hour, hour, hour])
    last = np.array([9, 0, 90, 209, 220, 290]) * hour
    folk = SimpleNamespace(inbound=np.array([True, True]))
    # the second left no sign and hides nothing: 71 hours lie between the first and the third
    assert truth_tables._seen_as_one(folk, trips, first, last).tolist() == [0, 0, 0, 1, 2, 2]
    assert truth_tables._seen_as_one(SimpleNamespace(inbound=np.array([False, False])), trips, first, last)[-1] == 5


def test_silences_are_those_of_the_records(world, read, opted_out):
    _, kept = read
    signs = defaultdict(list)
    for row in kept["cdr"]:
        if row["cell"]:
            signs[row["imsi"], "LU"].append(row["at"])
    for row in kept["roaming"]:
        signs[row["imsi"], PLMN_COUNTRY.get(row["vplmn"])].append(row["at"])
    found = 0
    for trip in truth(world, "trips"):
        if trip["signs"] and trip["imsi"] not in opted_out:
            since, until = trip["first_seen_at"], trip["last_seen_at"]
            mine = sorted(at for at in signs[trip["imsi"], trip["country"]] if since <= at <= until)
            gaps = [b - a for a, b in itertools.pairwise(mine)]
            assert trip["silences"] == sum(gap >= timedelta(hours=72) for gap in gaps)
            found += trip["silences"]
    assert found, "somebody kept silent that long"


def test_the_country_is_whole(world):
    with rasterio.open(world / "population.tif") as raster:
        persons = raster.read(1, masked=True)
        assert raster.crs.to_epsg() == 4326
        assert raster.nodata == -99999
        assert raster.dtypes == ("float32",)
        assert raster.res == pytest.approx((3 / 3600, 3 / 3600))
    assert float(persons.astype("float64").sum()) == pytest.approx(650_000, rel=1e-5)
    assert float(persons.min()) >= 0
    zones = json.loads((world / "zones.geojson").read_text())
    assert len({z["properties"]["id"] for z in zones["features"]}) == 12
    people = [p for p in truth(world, "subscribers") if p["home_cell"]]
    assert shapes.inside("LU", [p["home_lat"] for p in people], [p["home_lon"] for p in people]).mean() > 0.99


def test_antennas_change_as_registers_do(world):
    first, last = (cells_on(world, d) for d in (START, START + timedelta(days=DAYS - 1)))
    assert 600 <= len(first) <= len(last) <= 900
    assert set(first) < set(last)
    moved = {c[:-2] for c in first if first[c] != last[c]}
    assert len(moved) == 1
    lat, lon = np.array([v for c, v in last.items() if not c.startswith(("LTE-09", "GSM"))]).T
    assert shapes.inside("LU", lat, lon).mean() == pytest.approx(5 / 6, abs=0.03)


def cells_on(world, day):
    with (world / f"landing/cells/{day}.csv").open() as file:
        return {r["cell_id"]: (float(r["lat"]), float(r["lon"])) for r in csv.DictReader(file)}


def test_some_cells_carry_traffic_before_the_register_knows_them(world, read):
    _, kept = read
    known = cells_on(world, START)
    early = {r["cell"] for r in kept["cdr"] if r["cell"] and r["batch"] == START} - set(known)
    assert early
    assert early <= set(cells_on(world, START + timedelta(days=7)))


def test_the_conf_is_yaml_and_names_what_is_there(world):
    conf = yaml.safe_load((world / "conf.yaml").read_text())
    assert conf["home"]["plmn"] == [OWN_PLMN]
    for path in (conf["population"]["path"], conf["zones"]["path"], conf["key_file"]):
        assert (world / path).is_file()
    header, _ = lines_of(world / f"landing/cdr/{START}/part-0.csv.gz")
    assert header.split(";") == list(CDR)


def test_the_key_is_secret_and_stays(tmp_path):
    demo.write(tmp_path, subscribers=200, days=7)
    key = tmp_path / "key"
    before = key.read_text()
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert len(bytes.fromhex(before.strip())) == 32
    demo.write(tmp_path, subscribers=200, days=7)
    assert key.read_text() == before


def contents(folder):
    return {p.relative_to(folder): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_the_same_seed_gives_the_same_bytes(tmp_path):
    for name, seed in (("a", 3), ("b", 3), ("c", 4)):
        demo.write(tmp_path / name, subscribers=200, days=14, seed=seed)
    a, b, c = (contents(tmp_path / n / "landing") for n in "abc")
    assert a == b
    assert a != c
    assert contents(tmp_path / "a/truth") == contents(tmp_path / "b/truth")
    assert (tmp_path / "a/population.tif").read_bytes() == (tmp_path / "b/population.tif").read_bytes()


def test_progress_is_told_and_too_little_is_refused(tmp_path):
    told = []
    demo.write(tmp_path, subscribers=200, days=7, progress=lambda *step: told.append(step))
    assert told[0][1:] == (0, 5)
    assert told[-1][1:] == (5, 5)
    with pytest.raises(ConfigError, match="--days"):
        demo.write(tmp_path, days=3)


def test_numbers_tell_their_country_and_belong_to_nobody():
    for country in COUNTRIES:
        if country.phone_prefix:
            digits = "123" if country.code == "GB" else "000123"
            number = phonenumbers.parse(f"+{country.phone_prefix}{digits}")
            assert phonenumbers.region_code_for_number(number) == country.code
            assert country.code == "GB" or not phonenumbers.is_valid_number(number)  # GB: Ofcom's drama numbers
    assert not phonenumbers.is_valid_number(phonenumbers.parse(f"+{OWN_PHONE_PREFIX}000123"))


def test_networks_belong_to_nobody():
    table = Path(__file__).parents[2].parent / "shared/data/mcc_mnc"
    if not table.is_dir():
        pytest.skip("../shared/data/mcc_mnc is not there")
    given = {(n["mcc"], n["mnc"]) for n in json.loads((table / "mcc-mnc-list_1.1.11.json").read_text())}
    with (table / "musalbas_mcc-mnc-table.csv").open() as file:
        given |= {(n["MCC"], n["MNC"]) for n in csv.DictReader(file)}
    ours = {*PLMN_COUNTRY, OTHER_HOME_PLMN, SHIP_PLMN}
    assert not [p for p in ours if (p[:3], p[3:]) in given]


@pytest.mark.parametrize(
    ("kind", "life"),  # nights, visits, longest stay, share of weekdays, signs at both ends, days
    [
        ("long_stayer", (28, 1, 28, 1.0, True, 35)),
        ("visitor", (27, 1, 27, 1.0, True, 35)),
        ("seasonal", (30, 1, 30, 1.0, False, 60)),
        ("commuter", (0, 8, 0, 0.85, True, 35)),
        ("visitor", (0, 7, 0, 1.0, True, 35)),
        ("visitor", (0, 8, 0, 0.7, True, 35)),
        ("transnational", (6, 2, 3, 0.5, False, 35)),
        ("visitor", (5, 2, 3, 0.5, False, 35)),
        ("long_stayer", (183, 3, 90, 0.5, False, 365)),
        ("visitor", (30, 9, 9, 0.5, False, 365)),
        ("transnational", (31, 5, 9, 0.5, False, 365)),
    ],
)
def test_kinds_of_life(kind, life):
    nights, visits, longest, weekday_share, ends, days = life
    life = Life(nights, visits, longest, weekday_share, ends, end_seen=True, quarters=4, days=days)
    assert life.kind() == kind


def test_people_call_the_country_of_their_roots_at_night(world, read):
    """Half of their calls and messages by night, one in seven by day; one in seventeen of all to other countries."""
    rooted = {r["imsi"]: r["country"] for r in truth(world, "roots")}
    assert 0.3 < np.mean([c is not None for c in rooted.values()]) < 0.5
    prefixes = sorted(((c.phone_prefix, c.code) for c in COUNTRIES if c.phone_prefix), key=lambda p: -len(p[0]))
    seen = defaultdict(list)
    for row in read[1]["cdr"]:
        if row["b_number"] and row["imsi"] in rooted:
            country = next(code for prefix, code in prefixes if row["b_number"].startswith(prefix))
            hour = row["at"].astimezone(LUXEMBOURG).hour
            root = rooted[row["imsi"]]
            seen[root is not None, hour >= 20 or hour < 7].append((country == root, country != "LU"))
    home, abroad = ({k: np.mean([v[i] for v in values]) for k, values in seen.items()} for i in (0, 1))
    assert (home[True, True], home[True, False]) == (pytest.approx(0.5, abs=0.06), pytest.approx(0.16, abs=0.04))
    assert (abroad[False, True], abroad[False, False]) == (pytest.approx(0.06, abs=0.03), pytest.approx(0.06, abs=0.02))
