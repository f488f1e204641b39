"""The page as text and as data; what a browser makes of it is in tests/browser."""

import json
import re
from datetime import date

import luxembourg
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import schemas
from sojourn import cells
from sojourn.parameters import parameters
from sojourn.report import figures, hours, page, words

DAY = date(2026, 4, 5)


@pytest.fixture(scope="module")
def frames():
    return luxembourg.shown(luxembourg.frames(days=1))


@pytest.fixture
def conf(tmp_path):
    return luxembourg.configuration(tmp_path)


def html(frames, conf):
    return page.html(frames, conf, parameters(conf))


def data(text):
    (found,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL)
    return json.loads(found)


def unpacked(flat):
    """Corners (longitude, latitude) out of steps."""
    return np.cumsum(np.reshape(flat, (-1, 2)), axis=0) / hours.DEGREES


def rows(*given):
    columns = ["date", "hour", "cell", "population", "visitors", "p05", "p95", "obs_status"]
    frame = pd.DataFrame(given, columns=columns, dtype=object)
    return frame.astype(dict.fromkeys(columns[2:7], "Int64"))


def test_every_row_of_the_map_is_on_the_page(frames):
    shown = frames["population_map"]
    made = hours.hourly(shown)
    assert [h["hour"] for h in made["hours"]] == list(range(24))
    for hour in made["hours"]:
        mine = shown[shown["hour"] == hour["hour"]]
        at = np.cumsum(hour["c"])
        names = [made["cells"]["h3"][i] for i in at]
        wanted = mine[mine["h3"].notna()].set_index("h3")
        assert sorted(names) == sorted(wanted.index)
        for measure in hours.MEASURES:
            assert hour[measure] == wanted.loc[names, measure].fillna(hours.HIDDEN).astype(int).tolist()
        assert hour["s"] == "".join(wanted.loc[names, "obs_status"])
        rest = mine[mine["h3"].isna()].iloc[0]
        assert hour["rest"][0] == rest["population"]
        assert sum(hour["population"]) + hour["rest"][0] == mine["population"].sum()


def test_cells_are_drawn_where_they_are(frames):
    made = hours.hourly(frames["population_map"])["cells"]
    index = [int(name, 16) for name in made["h3"]]
    assert index == sorted(index)
    assert made["res"] == cells.resolution_of(index).tolist()
    lat, lon = cells.centre_of(index)
    for ring, y, x in zip(made["ring"], lat, lon, strict=True):
        corners = unpacked(ring)
        assert len(corners) >= 6
        assert np.allclose(corners.mean(axis=0), [x, y], atol=0.002)
    assert made["km2"] == pytest.approx(cells.km2(index), rel=1e-3)


def test_what_is_hidden_is_no_number_and_what_remains_is_no_cell():
    (cell,) = cells.cell_of([49.6], [6.1], 8)
    made = hours.hourly(
        rows(
            (DAY, 7, cell, 90, None, 60, 120, "U"),
            (DAY, 7, None, 40, None, 10, 70, "P"),
            (DAY, 9, None, 5, 1, 2, 8, "P"),
        )
    )
    seven, nine = made["hours"]
    assert seven["visitors"] == [hours.HIDDEN]
    assert seven["rest"] == [40, hours.HIDDEN, 10, 70, "P"]
    assert (nine["c"], nine["s"], nine["rest"]) == ([], "", [5, 1, 2, 8, "P"])
    assert "rest" not in hours.hourly(rows((DAY, 7, cell, 90, 1, 60, 120, "A")))["hours"][0]
    assert hours.hourly(rows())["hours"] == []


@given(
    st.lists(st.tuples(st.floats(-89, 89), st.floats(-1, 1)), min_size=1, max_size=12),
    st.sampled_from([-179.9, 0.0, 6.1, 179.9]),
)
def test_steps_lead_back_to_the_corners(corners, middle):
    """Across the date line too, where longitudes jump by 360°."""
    lat, off = np.array(corners).T
    lon = (middle + off + 180) % 360 - 180
    back = unpacked(hours.steps(np.column_stack([lat, lon]), middle))
    assert np.allclose(back, np.column_stack([middle + off, lat]), atol=0.51 / hours.DEGREES)


def test_periods_come_newest_first_and_what_is_null_stays_null(frames):
    flows = frames["cross_border_flows"].copy()
    flows["persons"] = flows["persons"].where(flows["to_country"] != "FR")
    made = figures.by_period(flows, "month", figures.FLOWS)
    assert list(made) == ["2026-04-01", "2026-03-01"]
    assert all(row[3] is None for month in made.values() for row in month if row[1] == "FR")
    assert sum(row[4] for month in made.values() for row in month) == flows["trips"].sum()
    assert made == figures.by_period(flows.sample(frac=1, random_state=3), "month", figures.FLOWS)
    assert figures.by_period(None, "month", figures.FLOWS) == {}


def test_ranges_stand_beside_the_persons_and_an_old_lake_has_none(frames):
    flows = frames["cross_border_flows"]
    (row, *rest) = figures.by_period(flows, "month", figures.FLOWS)["2026-03-01"]
    of = flows[(flows["month"] == date(2026, 3, 1)) & (flows["from_zone"] == row[0]) & (flows["to_country"] == row[1])]
    assert row[-3:] == [round(of["p05"].iloc[0]), round(of["p95"].iloc[0]), "A"]
    old = figures.by_period(flows.drop(columns=["p05", "p95"]), "month", figures.FLOWS)
    assert old["2026-03-01"] == [[*r[:6], None, None, r[8]] for r in [row, *rest]]


def test_moves_are_those_of_the_newest_month_and_the_curve_is_of_all_countries(frames):
    moves = frames["intl_migration_flow"]
    made = figures.migration(moves)
    assert made["as_of"] == str(DAY)
    assert list(made["years"]) == ["2026", "2025"]
    known = moves[(moves["month"] == date(2026, 4, 1)) & (moves["year"] == 2025) & (moves["direction"] == "out")]
    for name, series in (("2021_majority", "with_silent"), ("min_3_months", "observed")):
        mine = known[(known["definition_id"] == name) & (known["series"] == series)]
        shown = [r for r in made["years"]["2025"] if r[0] == "out" and r[2:4] == [name, series]]
        assert sum(r[4] for r in shown) == mine["devices"].sum()
        assert [r[1] for r in shown] == (["*"] if name.startswith("min") else sorted(mine["country"]))
    weightless = figures.migration(moves.assign(persons=np.nan))["years"]["2025"]
    assert all(row[5] is None for row in weightless)
    assert figures.migration(moves.head(0)) == figures.migration(None) == {}


def test_classes_of_two_years_are_of_our_sims_everywhere_and_of_foreign_ones_here(frames):
    rows = frames["class_transition"]
    made = figures.becoming(rows, "LU")[str(DAY)]
    devices = {tuple(row[:3]): row[3] for row in made}
    pair = rows[(rows["class_from"] == "commuter") & (rows["class_to"] == "visitor")].set_index(
        ["home_country", "country"]
    )
    assert devices["out", "commuter", "visitor"] == pair.loc[("LU", "*"), "devices"]
    assert devices["in", "commuter", "visitor"] == pair.loc[[("FR", "LU"), ("PT", "LU")], "devices"].sum()
    assert figures.becoming(rows.head(0), "LU") == figures.becoming(None, "LU") == {}


def test_quality_is_a_grid_of_tables_and_dates(frames):
    made = figures.quality(frames["night_quality"])
    at = made["dates"].index("2026-03-20"), made["tables"].index("events")
    assert made["cells"][at[1]][at[0]][1:] == [1, "A"]
    assert made["shares"]["cells_reporting_share"][at[0]] == pytest.approx(0.61)
    assert made["tables"] == [t.name for t in schemas.TABLES if t.name in made["tables"]]
    assert made["dates"][-1] == str(DAY)
    assert made["cells"][made["tables"].index("subscribers")][-1] == [234 * 900, 0, "A"]  # checked long after, as it is
    trips = made["cells"][made["tables"].index("trips")]
    assert {d: c for d, c in zip(made["dates"], trips, strict=True) if c} == {"2026-04-01": [None, 0, "Q"]}
    assert made["cells"][made["tables"].index("transnationals")].count(None) == len(made["dates"]) - 2


def test_far_countries_are_named_and_near_ones_drawn(frames):
    made = figures.destinations(frames["cross_border_flows"], "LU")
    assert made["far"] == ["CV"]
    assert {"LU", "FR", "PT"} <= set(made["at"])
    assert {"LU", "FR", "CH", "AT"} <= {area["code"] for area in made["land"]}
    west, south, east, north = made["box"]
    assert all(west < x / 100 < east and south < y / 100 < north for x, y in made["at"].values())
    assert figures.destinations(None, "LU") == {}


def test_the_page_needs_nothing_else(frames, conf):
    text = html(frames, conf)
    assert set(re.findall(r"""https?://[^\s"'<>)]+""", text)) == {"http://www.w3.org/2000/svg"}  # a name, not a place
    assert not re.search(r"\b(fetch|XMLHttpRequest|WebSocket|import|eval|sendBeacon)\s*\(|@import|url\(", text)
    assert set(re.findall(r'(?:src|href)="([^"]*)"', text)) <= {
        "data:,",
        *(f"#{name}" for name in (*words.NOTES, "reading")),
    }
    assert "default-src 'none'" in text
    assert len(text.encode()) < 500_000  # one day; a week is about a megabyte


def test_the_page_says_purpose_threshold_definitions_and_caveats(frames, conf):
    text = html(frames, conf)
    assert text.count("invented people") >= 2
    assert "16 devices" in text
    for note in words.notes(conf, parameters(conf)).values():
        assert page.escape(note.definition) in text
        assert page.escape(note.caveat) in text
        assert f"<code>{note.table}</code>" in text
        assert note.empty in data(text)["empty"].values()


def test_every_published_table_has_its_figure():
    published = {t.name for t in schemas.TABLES if t.tier == "published"}
    drawn = {note.table for note in words.NOTES.values()} | {"population_grid"}  # the map's denominator
    read = {"zone_flows", "intl_call_exposure", "segregation"}  # to be read; communities are drawn of the first
    within = {"class_transition"}  # with the stocks
    assert published == drawn | read | within


def test_definitions_follow_the_configuration(conf):
    of = conf.model_copy(update={"tables": {"home_locations": {"window_days": 21, "min_share": 0.6}}})
    text = words.notes(of, parameters(of))["homes"].definition
    assert "21 nights" in text
    assert "60%" in text


def test_a_lake_without_published_tables_is_a_page_of_sentences(conf):
    made = data(html({}, conf))
    assert made["map"] == {"hours": []}
    parts = (
        "flows",
        "homes",
        "stocks",
        "becoming",
        "migration",
        "corridors",
        "communities",
        "quality",
        "grid",
        "abroad",
    )
    assert not any(made[part] for part in parts)
    assert set(made["empty"]) == set(words.NOTES)


def test_tables_without_rows_are_as_good_as_none(frames, conf):
    empty = {name: frame.head(0) for name, frame in frames.items()}
    assert data(html(empty, conf)) == data(html({}, conf)) | {"map": data(html(empty, conf))["map"]}
    assert data(html(empty, conf))["map"]["hours"] == []


def test_no_text_of_others_becomes_markup(frames, conf):
    evil = '</script><script>alert(1)</script><b title="&">$x'
    flows = frames["cross_border_flows"].assign(from_zone=evil)
    text = html(frames | {"cross_border_flows": flows}, conf.model_copy(update={"purpose": evil}))
    assert "<script>alert" not in text
    assert "<b title" not in text
    assert data(text)["flows"]["2026-03-01"][0][0] == evil
    assert text.count("</script>") == 2


def test_zones_that_cannot_be_read_are_shown_by_their_ids(frames, conf, caplog):
    (conf.path.parent / "zones.geojson").unlink()
    made = data(html(frames, conf))
    assert made["zones"] == {}
    assert "labels" not in made["map"]
    assert "ids" in caplog.text


def test_the_same_rows_make_the_same_page(frames, conf):
    mixed = {name: frame.sample(frac=1, random_state=1) for name, frame in frames.items()}
    assert html(mixed, conf) == html(frames, conf)
