"""Every mistake in the configuration is told before Spark starts: which key, what is wrong, and the mend."""

import json
import os
import pickle
import re
from pathlib import Path
from unittest import mock

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from sojourn.config import Config, load
from sojourn.errors import ConfigError

KEY = "correct-horse-battery-staple-0123456789"
PAGE = """\
lake: lake
purpose: demonstration
home:
  country: LU
  mcc: ["270"]
  plmn: ["27001"]
  time_zone: Europe/Luxembourg
resolution: 8
key: ${SOJOURN_KEY}
spark: {}
sources:
  cells:
    - path: landing/cells/{date}.csv
      format: csv
      options: {header: true}
      columns: {cell_id: cell_id, latitude: lat, longitude: lon}
  cdr:
    - path: landing/cdr/{date}/*.csv.gz
      format: csv
      options: {header: true, sep: ";"}
      time_zone: Europe/Luxembourg
      columns:
        subscriber: imsi
        event_time: to_timestamp(start, 'dd/MM/yyyy HH:mm:ss')
        event_type: lower(type)
        cell_id: cell
        home_plmn: substr(imsi, 1, 5)
        peer: b_number
        direction: case when dir = 'O' then 'out' else 'in' end
        duration_s: cast(dur as int)
  roaming:
    - path: landing/roaming/{date}.csv
      format: csv
      options: {header: true}
      time_zone: UTC
      late_days: 35
      columns: {subscriber: imsi, event_time: to_timestamp(time), visited_plmn: vplmn, event_type: type}
  subscribers:
    - {path: landing/subscribers.csv, format: csv, options: {header: true}, columns: {imsi: imsi, msisdn: msisdn, valid_from: since, segment: segment, opt_out: opt_out}}
population: {path: population.tif, year: 2020, kind: count}
zones: {path: zones.geojson, id: id, name: name}
weights: {inbound: {default: 1.0}}
disclosure: {k: 16}
late_days: 7
retention_days: {events: 90}
tables: {home_locations: {window_days: 28}}
"""  # noqa: E501 - the example of the contract, as it stands there
CDR, ROAMING = "sources.cdr[0]", "sources.roaming[0]"
REGISTER = re.search(r"  subscribers:\n.*\n", PAGE)[0]  # type: ignore[index]
CDR_HEAD, ZONE_LINE = 'sep: ";"}\n', "      time_zone: UTC\n"

WRONG = [  # what stands in the page, what is written instead, the key that is named, what else the message says
    # keys
    ("purpose:", "purpos:", "purpos", "did you mean purpose?"),
    ("lake: lake\n", "", "lake", "is missing (root of all tables"),
    ("zones: {path", "zones: {file: x, path", "zones.file", "known: path, id, name"),
    ("late_days: 7\n", "late_days: 7\nlate_days: 8\n", "late_days", "is given twice (first in line 44)"),
    ("event_type: lower(type)", "subscriber: msisdn", f"{CDR}.columns.subscriber", "first in line 23"),
    ("k: 16", "K: 16", "disclosure.K", "did you mean k?"),
    ("      late_days: 35", "      latedays: 35", f"{ROAMING}.latedays", "did you mean late_days?"),
    ("  roaming:", "  raoming:", "sources.raoming", "did you mean roaming?"),
    ("lake: lake", "name: cdr\nlake: lake", "name", "is an unknown key"),
    # types
    ("resolution: 8", 'resolution: "8"', "resolution", "must be a whole number"),
    ("resolution: 8", "resolution: true", "resolution", "must be a whole number"),
    ("resolution: 8", "resolution: 8.0", "resolution", "must be a whole number"),
    ("late_days: 7", "late_days: 1:30", "late_days", "must be a whole number (days, such as 7)"),
    ("purpose: demonstration", "purpose: 1", "purpose", "must be text"),
    ("purpose: demonstration", 'purpose: "  "', "purpose", "must not be empty"),
    ("lake: lake", "lake: [lake]", "lake", "must be text"),
    ('["270"]', "[270]", "home.mcc[0]", 'three digits in quotes, such as ["270"]'),
    ('["270"]', '"270"', "home.mcc", "must be a list"),
    ("spark: {}", "spark: []", "spark", "must be a mapping"),
    ("tables: {home_locations: {window_days: 28}}", "tables: {home_locations: 28}", "tables.home_locations", "mapping"),
    ("home_locations: {window_days: 28}", "home_locations:", "tables.home_locations", "must be a mapping"),
    ("  cells:\n    - path", "  cells:\n      path", "sources.cells", "each entry begins with a dash"),
    # values
    ("resolution: 8", "resolution: 16", "resolution", "must be 15 or less"),
    ("late_days: 35", "late_days: -1", f"{ROAMING}.late_days", "must be 0 or more (days, such as 35)"),
    ("late_days: 35", "late_days: 20200101", f"{ROAMING}.late_days", "must be 3660 or less"),
    ("k: 16", "k: 0", "disclosure.k", "must be 1 or more (devices"),
    ("events: 90", "events: 0", "retention_days.events", "must be 1 or more (days by table"),
    ("default: 1.0", "default: 0", "weights.inbound.default", "must be more than 0.0 (persons per foreign device"),
    ("default: 1.0", "default: yes", "weights.inbound.default", "must be a number"),
    ("default: 1.0", "France: 1.2", "weights.inbound.France", "ISO 3166-1 alpha-2"),
    ("country: LU", "country: lu", "home.country", "in capitals"),
    ("country: LU", "country: UK", "home.country", "such as GB"),
    ('["270"]', "[]", "home.mcc", "must not be empty"),
    ('["270"]', '["27"]', "home.mcc[0]", "is no MCC"),
    ('["27001"]', '["27001", "20801"]', "home.plmn[1]", "a code of home.mcc"),
    ("  time_zone: Europe/Luxembourg\nres", "  time_zone: Luxembourg\nres", "home.time_zone", "such as Europe/Lux"),
    ("time_zone: UTC", "time_zone: +02:00", f"{ROAMING}.time_zone", "is no time zone"),
    ("year: 2020", "year: 20", "population.year", "must be 1900 or more"),
    ("kind: count", "kind: persons", "population.kind", "'count' or 'density'"),
    ("lake: lake", "lake: s3://bucket/lake", "lake", "s3a://"),
    ("spark: {}", "spark: {driver.memory: 2g}", "spark.driver.memory", "names begin with spark."),
    ("spark: {}", "spark: {spark.jars: [a]}", "spark.spark.jars", "must be text"),
    # feeds
    ("format: csv", "format: xlsx", "sources.cells[0].format", "'csv', 'json', 'parquet', 'orc' or 'avro'"),
    ("landing/cdr/{date}/*.csv.gz", "landing/cdr/*.csv.gz", f"{CDR}.path", "landing/cdr/{date}/*.csv"),
    ("landing/cdr/{date}", "landing/cdr/{day}", f"{CDR}.path", "{date} is the only one"),
    ("cells/{date}.csv", "cells/${date}.csv", "sources.cells[0].path", "write {date} without $"),
    ("        event_time: to", "        event_tme: to", f"{CDR}.columns.event_tme", "did you mean event_time?"),
    ("        cell_id: cell\n", "", f"{CDR}.columns.cell_id", "cdr needs subscriber, event_time, cell_id"),
    ("cell_id: cell_id, lat", "lat", "sources.cells[0].columns.cell_id", "is missing"),
    ("visited_plmn: vplmn", "tac: vplmn", f"{ROAMING}.columns.tac", "is no column of roaming"),
    ("peer: b_number", "peer:", f"{CDR}.columns.peer", "must be an expression"),
    ('sep: ";"', 'seperator: ";"', f"{CDR}.options.seperator", "known: header"),
    ('sep: ";"', "headr: true", f"{CDR}.options.headr", "did you mean header?"),
    ('sep: ";"', 'sep: ";;"', f"{CDR}.options.sep", "one character in quotes"),
    ('sep: ";"', 'sep: ";", delimiter: ","', f"{CDR}.options.delimiter", "leave one out"),
    ('sep: ";"', "encoding: utf-9", f"{CDR}.options.encoding", "such as UTF-8"),
    ("header: true, sep", "header: yes, sep", f"{CDR}.options.header", "must be true or false"),
    (CDR_HEAD, CDR_HEAD + "      subscriber_kind: imei\n", f"{CDR}.subscriber_kind", "'imsi' or 'msisdn'"),
    (REGISTER + "pop", "pop", "sources.subscribers", "a register with the columns imsi and msisdn"),
    ("imsi: imsi, msisdn: msisdn", "imsi: imsi", "sources.subscribers", "which msisdn is which imsi"),
    ("imsi: imsi, msisdn", "msisdn", "sources.subscribers[0].columns.imsi", "is missing"),
    # the key and the environment
    ("key: ${SOJOURN_KEY}", "key: short", "key", "openssl rand -hex 32"),
    ("key: ${SOJOURN_KEY}", "", "key", "is missing (key: ${SOJOURN_KEY}"),
    ("key: ${SOJOURN_KEY}", "key: 12345678901234567890123456789012", "key", "must be text"),
    ("key: ${SOJOURN_KEY}", "key: ${SOJOURN_KEI}", "key", "export SOJOURN_KEI=..."),
    ("key: ${SOJOURN_KEY}", "key: ${SOJOURN_KEY:-x}", "key", "only ${NAME} is understood"),
    ("key: ${SOJOURN_KEY}", "key_file: no.such", "key_file", "No such file"),
    ("key: ${SOJOURN_KEY}", "key: ${SOJOURN_KEY}\nkey_file: k", "key_file", "one of both"),
    ("resolution: 8", "resolution: ${SOJOURN_KEY}", "resolution", "must be a whole number"),
    ("time_zone: UTC", "time_zone: ${SOJOURN_KEY}", f"{ROAMING}.time_zone", "is no time zone"),
    # YAML itself
    ("purpose: demonstration", "purpose: a: b", "conf.yaml:2", "mapping values are not allowed here"),
    ("spark: {}", "spark: {spark.x: ${SOJOURN_KEY}}", "conf.yaml:10", "put a text with braces in quotes"),
    ("spark: {}", "\tspark: {}", "conf.yaml:10", "is no YAML"),
    ("key: ${SOJOURN_KEY}", f"key: *{KEY}", "conf.yaml:9", "found undefined alias a word"),
    ("spark: {}", f"spark: {{key:{KEY}}}", "conf.yaml:10: spark", "a colon needs a space after it"),
    ("spark: {}", "spark: !!set {}", "spark", "tag that is not understood"),
    ("spark: {}", "spark: &a {spark.x: *a}", "spark.spark.x", "contains itself"),
    ("late_days: 7", "late_days: !days 7", "late_days", "tag that is not understood"),
    ("resolution: 8", "resolution: !!int eight", "resolution", "not what its YAML tag says"),
    ("late_days: 7", "<<: 7", "<<", "must be a mapping"),
]


def mixed(page: str) -> str:
    """The page with a CDR feed that names people by their numbers."""
    return page.replace(CDR_HEAD, CDR_HEAD + "      subscriber_kind: msisdn\n", 1)


@pytest.fixture(autouse=True)
def _key(monkeypatch):
    monkeypatch.setenv("SOJOURN_KEY", KEY)


def of(folder: Path, page: str) -> Config:
    (folder / "conf.yaml").write_text(page, encoding="utf-8")
    return load(folder / "conf.yaml")


@pytest.mark.parametrize(("old", "new", "key", "says"), WRONG, ids=[f"{key}: {says}" for _, _, key, says in WRONG])
def test_a_mistake_names_the_key_and_the_mend(tmp_path, old, new, key, says):
    assert old in PAGE
    page = PAGE.replace(old, new, 1)
    with pytest.raises(ConfigError) as told:
        of(tmp_path, mixed(page) if key == "sources.subscribers" else page)
    line = str(told.value)
    assert told.value.exit_code == 2 and told.value.hint
    assert re.search(rf"{re.escape(key)}(: |$)", told.value.where) and says in line, line
    assert re.match(rf"{re.escape(str(tmp_path))}/conf\.yaml:(\d+:)? ", line)
    assert KEY not in line and "\n" not in line
    assert told.value.__context__ is None or told.value.__suppress_context__


def test_the_example_of_the_contract_loads(tmp_path):
    c = of(tmp_path, PAGE)
    cdr, roaming = c.sources.cdr[0], c.sources.roaming[0]
    assert (c.path, c.lake, c.resolution, c.late_days) == (tmp_path / "conf.yaml", f"{tmp_path}/lake", 8, 7)
    assert c.home.model_dump() == {
        **{"country": "LU", "mcc": ("270",), "plmn": ("27001",), "time_zone": "Europe/Luxembourg"},
    }
    assert c.key.get_secret_value() == KEY
    assert (cdr.name, cdr.kind, cdr.path) == ("cdr", "cdr", f"{tmp_path}/landing/cdr/{{date}}/*.csv.gz")
    assert cdr.options == {"header": True, "sep": ";"} and cdr.subscriber_kind == "imsi"
    assert (cdr.late_days, roaming.late_days, c.longest_late_days) == (7, 35, 35)
    assert c.population and (c.population.path, c.population.kind) == (f"{tmp_path}/population.tif", "count")
    assert c.tables == {"home_locations": {"window_days": 28}} and c.retention_days == {"events": 90}


def test_what_is_left_out_has_its_default(tmp_path):
    cut = PAGE.replace("      time_zone: UTC\n      late_days: 35\n", "").replace("spark: {}\n", "")
    c = of(tmp_path, cut.split("population:")[0].replace("resolution: 8\n", ""))
    assert (c.resolution, c.late_days, c.disclosure.k, c.weights.inbound) == (8, 7, 16, {"default": 1.0})
    assert (c.spark, c.retention_days, c.tables, c.population, c.zones) == ({}, {}, {}, None, None)
    assert [(f.time_zone, f.late_days) for f in c.sources.events] == [("Europe/Luxembourg", 7)] * 2


def test_values_are_what_spark_understands(tmp_path, monkeypatch):
    monkeypatch.setenv("BUCKET", "lake-of-lu")
    page = PAGE.replace("lake: lake", "lake: s3a://${BUCKET}/lake")
    page = page.replace("spark: {}", "spark: {spark.a: true, spark.b: 4, spark.c: 2g, spark.d: 022}")
    page = page.replace('sep: ";"', "DELIMITER: '\\t', charset: latin1, nullvalue: -1, quote: '', Multiline: 'false'")
    c = of(tmp_path, page.replace("duration_s: cast(dur as int)", "duration_s: 60").replace("default: 1.0", "NO: 2"))
    assert c.lake == "s3a://lake-of-lu/lake"
    assert c.spark == {"spark.a": "true", "spark.b": "4", "spark.c": "2g", "spark.d": "022"}
    expected = {
        "header": True,
        "sep": "\t",
        "encoding": "iso8859-1",
        "nullValue": "-1",
        "quote": "",
        "multiLine": False,
    }
    assert c.sources.cdr[0].options == expected
    assert c.sources.cdr[0].columns["duration_s"] == "60"
    assert c.weights.inbound == {"default": 1.0, "NO": 2.0}


def test_feeds_share_what_an_anchor_holds(tmp_path):
    page = PAGE.replace("    - path: landing/cdr", "    - &feed\n      path: landing/cdr")
    page = page.replace("  roaming:\n", "    - {<<: *feed, path: 'more/{date}.csv', late_days: 2}\n  roaming:\n")
    first, second = of(tmp_path, page).sources.cdr
    assert (second.name, second.late_days, second.path) == ("cdr-2", 2, f"{tmp_path}/more/{{date}}.csv")
    assert second.columns == first.columns


def test_two_kinds_of_identifier_need_the_register(tmp_path):
    assert {f.subscriber_kind for f in of(tmp_path, mixed(PAGE)).sources.events} == {"imsi", "msisdn"}
    only = mixed(PAGE).replace("late_days: 35\n", "late_days: 35\n      subscriber_kind: msisdn\n")
    assert of(tmp_path, only.replace(REGISTER, "")).sources.subscribers == ()


def test_a_key_file_is_read_beside_the_page(tmp_path):
    (tmp_path / "k").write_text(KEY + "\n")
    assert of(tmp_path, PAGE.replace("key: ${SOJOURN_KEY}", "key_file: k")).key.get_secret_value() == KEY
    (tmp_path / "k").write_bytes(b"\xff" * 40)
    with pytest.raises(ConfigError, match="key_file: cannot be read: not a text file"):
        load(tmp_path / "conf.yaml")


def test_the_key_is_shown_nowhere(tmp_path):
    c = of(tmp_path, PAGE)
    shown = [
        repr(c),
        str(c),
        f"{c.model_dump()}",
        c.model_dump_json(),
        c.fingerprint(),
        json.dumps(c.model_json_schema()),
    ]
    assert not [text for text in shown if KEY in text]


def test_the_fingerprint_tells_configurations_apart_but_not_keys(tmp_path, monkeypatch):
    before = of(tmp_path, PAGE).fingerprint()
    assert of(tmp_path, PAGE.replace("k: 16", "k: 17")).fingerprint() != before
    monkeypatch.setenv("SOJOURN_KEY", KEY[::-1])
    assert of(tmp_path, PAGE + "# a remark\n").fingerprint() == before


def test_secrets_among_spark_properties_are_no_part_of_the_fingerprint(tmp_path):
    def fingerprint(**spark):
        return of(tmp_path, PAGE.replace("spark: {}", f"spark: {json.dumps(spark)}")).fingerprint()

    one, other = ({"spark.hadoop.fs.s3a.secret.key": word, "spark.hadoop.fs.s3a.access.key": word} for word in "ab")
    assert fingerprint(**one) == fingerprint(**other) == fingerprint()
    assert fingerprint(**{"spark.driver.memory": "2g"}) != fingerprint()


def test_paths_are_told_from_the_page(tmp_path):
    c = of(tmp_path, PAGE)
    assert c.relative(tmp_path / "landing" / "a.csv") == "landing/a.csv"
    assert c.relative(tmp_path.parent / "a.csv") == "../a.csv"
    assert c.relative("s3a://bucket/a.csv") == "s3a://bucket/a.csv"
    assert of(tmp_path, PAGE.replace("lake: lake", "lake: ../lake/")).lake == str(tmp_path.parent / "lake")


def test_it_cannot_be_changed_and_can_say_later_what_is_wrong(tmp_path):
    c = of(tmp_path, PAGE)
    with pytest.raises(ValueError, match="frozen"):
        c.lake = "elsewhere"
    told = c.wrong("tables.home_locations.window_days", "must be 7 or more", "nights")
    assert told.where == f"{tmp_path}/conf.yaml:46: tables.home_locations.window_days"
    assert pickle.loads(pickle.dumps(c)) == c == load(c.path)


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("absent", None, "sojourn demo --out demo"),
        ("empty", b"", "must be a mapping"),
        ("list", b"- a", "must be a mapping"),
        ("two", b"a: 1\n---\nb: 2\n", "two:2: is no YAML"),
        ("latin", b"purpose: caf\xe9", "it is not UTF-8 text"),
        ("noise", b"a: \x00", "a character is not allowed"),
        ("mapping", b"{date}: a", "a key here is no name"),
    ],
)
def test_a_file_that_is_no_page(tmp_path, name, content, says):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(ConfigError, match=re.escape(says)):
        load(tmp_path / name)


def test_a_folder_is_no_page(tmp_path):
    with pytest.raises(ConfigError, match="Is a directory"):
        load(tmp_path)


REQUIRED = [
    *("lake", "purpose", "home", "home.country", "home.mcc", "home.time_zone", "key", "sources"),
    *(
        f"sources.{kind}[0].{key}"
        for kind in ("cells", "cdr", "roaming", "subscribers")
        for key in ("path", "format", "columns")
    ),
    *(f"sources.cells[0].columns.{key}" for key in ("cell_id", "latitude", "longitude")),
    *(f"{CDR}.columns.{key}" for key in ("subscriber", "event_time", "cell_id")),
    *(f"{ROAMING}.columns.{key}" for key in ("subscriber", "event_time", "visited_plmn")),
    *("sources.subscribers[0].columns.imsi", "population.path", "population.year", "population.kind"),
    *("zones.path", "zones.id", "zones.name"),
]


@given(
    key=st.sampled_from(REQUIRED), optional=st.sets(st.sampled_from(["spark", "weights", "disclosure", "late_days"]))
)
@settings(max_examples=150, deadline=None)
def test_a_required_key_that_is_dropped_is_named(tmp_path_factory, key, optional):
    """Whatever else is there; the page is written as JSON, which is YAML too."""
    page = {name: part for name, part in yaml.safe_load(PAGE).items() if name not in optional}
    *path, last = re.findall(r"\w+", key)
    part = page
    for step in path:
        part = part[int(step) if step.isdigit() else step]
    del part[last]
    with pytest.raises(ConfigError) as told, mock.patch.dict(os.environ, SOJOURN_KEY=KEY):
        of(tmp_path_factory.getbasetemp(), json.dumps(page))
    assert told.value.where.endswith(f": {key}") and "is missing" in told.value.what and told.value.hint
