import csv
import json
from collections import Counter
from pathlib import Path

import numpy as np
import pyogrio
import pytest
import shapely

from sojourn import shapes
from sojourn.errors import ConfigError

DATA = Path(__file__).parents[3] / "shared/data"
NAN = float("nan")


def data(name):
    path = DATA / name
    if not path.exists():
        pytest.skip(f"{name} is not at ../shared/data")
    return path


def antennas():
    with data("opencellid_luxembourg/270.csv").open() as file:
        rows = list(csv.DictReader(file))
    return np.array([float(r["lat"]) for r in rows]), np.array([float(r["lon"]) for r in rows])


def write(path, geometries, crs="EPSG:4326", **columns):
    pyogrio.raw.write(
        path,
        geometry=np.array([shapely.to_wkb(g) for g in geometries], dtype=object),
        field_data=[np.array(c, dtype=object if isinstance(c[0], str | None) else None) for c in columns.values()],
        fields=list(columns),
        crs=crs,
        geometry_type="Unknown",
    )
    return path


def squares(path, **more):
    """Two squares of a degree with a gap of a degree between them, the one in the east with the smaller id."""
    boxes = [shapely.box(6, 49, 7, 50), shapely.box(8, 49, 9, 50)]
    return write(path, boxes, id=["b", "a"], name=["West", "East"], **more)


def test_countries_have_their_codes():
    codes, lands = shapes.country_shapes()
    assert list(codes) == sorted(set(codes))
    assert len(codes) == len(lands) > 240
    assert {"FR", "NO", "XK", "LU", "TW", "RE", "GF", "SJ", "BQ", "CX", "TK"} <= set(codes)
    assert "-99" not in codes
    assert shapely.is_valid(lands).all()
    assert (shapely.area(lands) > 0).all()


@pytest.mark.parametrize(
    ("lat", "lon", "country"),
    [
        (49.61, 6.13, "LU"), (48.86, 2.35, "FR"), (59.91, 10.75, "NO"), (42.66, 21.16, "XK"), (41.9029, 12.4534, "VA"),
        (-20.9, 55.45, "RE"), (4.93, -52.33, "GF"), (78.22, 15.65, "SJ"), (60.1, 19.94, "AX"), (12.15, -68.27, "BQ"),
        (34.59, 32.98, "CY"), (51.30, 1.50, "GB"), (51.0, 2.0, "FR"), (-16.5, -179.95, "FJ"), (-16.5, 179.999, "FJ"),
        (0, 0, None), (55, 4, None), (NAN, 6, None), (49, NAN, None), (91, 6, None), (49, 181, None),
        (float("inf"), 0, None), (90, 0, None), (-90, 0, "AQ"),
    ],
)  # fmt: skip
def test_the_land_under_a_point(lat, lon, country):
    assert shapes.country_of([lat], [lon]).tolist() == [country]


def test_how_far_the_sea_is_land():
    """A point 10 km off the coast of northern France, due north, and what a degree of longitude is at 70° north."""
    assert shapes.country_of([51.15], [2.3], tolerance_km=20).tolist() == ["FR"]
    assert shapes.country_of([51.15], [2.3], tolerance_km=5).tolist() == [None]
    assert shapes.country_of([51.15], [2.3], tolerance_km=0).tolist() == [None]


def test_kilometres_shrink_with_longitude(tmp_path):
    """At 60° north a degree of longitude is half one of latitude: what is farther in degrees may be nearer."""
    boxes = [shapely.box(11, 59.9, 11.1, 60.1), shapely.box(9.9, 60.7, 10.1, 60.8)]
    zones = shapes.read_zones(write(tmp_path / "z.gpkg", boxes, id=["east", "north"], name=["E", "N"]), "id", "name")
    assert shapes.zone_of(zones, [60.0], [10.0]).tolist() == ["east"]


def test_all_real_antennas_stand_in_a_country():
    lat, lon = antennas()
    found = Counter(shapes.country_of(lat, lon).tolist())
    assert set(found) == {"LU", "DE", "FR", "BE"}
    assert 1 - found["LU"] / len(lat) == pytest.approx(1 / 6, abs=0.005)
    assert shapes.inside("LU", lat, lon).sum() == found["LU"]


def test_a_second_opinion_on_borders():
    """country-coder draws its borders coarsely: the two agree but for a strip along them."""
    lat, lon = antennas()
    points, lands = shapely.points(lon, lat), dict(zip(*shapes.country_shapes(), strict=True))
    features = json.loads(data("country_coder_borders/borders.json").read_text())["features"]
    ours = shapes.country_of(lat, lon)
    for code in ("LU", "BE", "DE"):
        (theirs,) = (f["geometry"] for f in features if f["properties"].get("iso1A2") == code and f["geometry"])
        there = shapely.intersects_xy(shapely.from_geojson(json.dumps(theirs)), lon, lat)
        assert (there == (ours == code)).mean() > 0.95
        only_theirs = there & (ours != code)
        assert (shapely.distance(lands[code], points[only_theirs]) < 0.05).all()


def test_inside():
    assert shapes.inside("LU", [49.61, 48.86, NAN], [6.13, 2.35, 6.13]).tolist() == [True, False, False]
    assert shapes.inside("LU", [], []).tolist() == []
    with pytest.raises(ConfigError, match="'lu'"):
        shapes.inside("lu", [49.61], [6.13])


def test_voronoi_zones_are_the_country_cut_up(tmp_path):
    lats, lons = [49.61, 49.90, 49.50, 49.96], [6.13, 6.10, 5.98, 5.93]
    zones = shapes.voronoi_zones("LU", [1, 2, 3, 4], ["Luxembourg", "Diekirch", "Esch", "Wiltz"], lats, lons)
    assert zones["features"][0]["properties"] == {"id": 1, "name": "Luxembourg"}
    polygons = [shapely.geometry.shape(f["geometry"]) for f in zones["features"]]
    codes, lands = shapes.country_shapes()
    land = lands[list(codes).index("LU")]
    assert sum(p.area for p in polygons) == pytest.approx(land.area, rel=1e-9)
    (tmp_path / "z.geojson").write_text(json.dumps(zones))
    read = shapes.read_zones(tmp_path / "z.geojson", "id", "name")
    assert shapes.zone_of(read, lats, lons).tolist() == ["1", "2", "3", "4"]


def test_zones_hold_their_points_or_are_the_nearest(tmp_path):
    zones = shapes.read_zones(squares(tmp_path / "z.gpkg"), "id", "name")
    assert zones.names.tolist() == ["West", "East"]
    lat = [49.5, 49.5, 49.5, 49.5, 49.5, 0.0, NAN, 49.5]
    lon = [6.5, 8.5, 7.1, 7.9, -60.0, 100.0, 6.5, 7.5]
    assert shapes.zone_of(zones, lat, lon).tolist() == ["b", "a", "b", "a", "b", "a", None, "a"]
    assert shapes.zone_of(zones, [], []).tolist() == []


def test_ties_go_to_the_smallest_id_in_any_order(tmp_path):
    boxes, ids = [shapely.box(6, 49, 7, 50), shapely.box(7, 49, 8, 50), shapely.box(6.4, 49, 6.6, 50)], ["10", "2", "3"]
    for order in ([0, 1, 2], [2, 1, 0], [1, 2, 0]):
        path = write(
            tmp_path / f"{order[0]}.gpkg", [boxes[i] for i in order], id=[ids[i] for i in order], name=["n"] * 3
        )
        zones = shapes.read_zones(path, "id", "name")
        assert shapes.zone_of(zones, [49.5, 50.1, 49.5], [7.0, 7.0, 6.5]).tolist() == ["10", "10", "10"]


@pytest.mark.parametrize("kind", ["gpkg", "geojson", "fgb", "shp"])
def test_zones_come_in_any_format(tmp_path, kind):
    zones = shapes.read_zones(squares(tmp_path / f"z.{kind}"), "id", "name")
    assert dict(zip(zones.ids, zones.names, strict=True)) == {"b": "West", "a": "East"}


def test_zones_come_in_any_crs(tmp_path):
    """EPSG:3035 has its origin (4321000, 3210000) at 52° north 10° east."""
    path = write(
        tmp_path / "a & 'b'.gpkg",
        [shapely.box(4_320_000, 3_209_000, 4_322_000, 3_211_000)],
        "EPSG:3035",
        id=["x"],
        name=["y"],
    )
    zones = shapes.read_zones(path, "id", "name")
    assert shapely.get_coordinates(zones.geometries[0].centroid).tolist() == [pytest.approx([10, 52], abs=1e-4)]


def test_real_zones_of_the_azores():
    zones = shapes.read_zones(data("gpw_saomiguel/concelhos.gpkg"), "name", "name")
    assert "Ponta Delgada" in zones.ids
    assert shapes.zone_of(zones, [37.74], [-25.67]).tolist() == ["Ponta Delgada"]


def test_ids_are_text(tmp_path):
    box = shapely.box(6, 49, 7, 50)
    assert shapes.read_zones(write(tmp_path / "i.gpkg", [box], id=[7], name=["x"]), "id", "name").ids.tolist() == ["7"]
    assert shapes.read_zones(write(tmp_path / "t.gpkg", [box], id=["007"], name=["x"]), "id", "name").ids[0] == "007"
    assert shapes.read_zones(write(tmp_path / "f.gpkg", [box], id=[7.0], name=["x"]), "id", "name").ids[0] == "7"


def test_broken_polygons_are_mended(tmp_path):
    bow_tie = shapely.Polygon([(6, 49), (7, 50), (7, 49), (6, 50)])
    zones = shapes.read_zones(write(tmp_path / "z.gpkg", [bow_tie], id=["x"], name=["y"]), "id", "name")
    assert shapely.is_valid(zones.geometries).all()
    assert zones.geometries[0].area == pytest.approx(0.5)


BOX = shapely.box(6, 49, 7, 50)


@pytest.mark.parametrize(
    ("geometries", "columns", "says"),
    [
        ([BOX], {"code": ["1"], "name": ["x"]}, "no column 'id'.*its columns: code, name"),
        ([BOX], {"id": ["1"], "label": ["x"]}, "no column 'name'.*its columns: id, label"),
        ([BOX, BOX], {"id": ["1", "1"], "name": ["x", "y"]}, "several areas have the id 1"),
        ([BOX, BOX], {"id": ["1", None], "name": ["x", "y"]}, "1 areas have no id"),
        ([shapely.Point(6, 49)], {"id": ["1"], "name": ["x"]}, "no polygon for 1"),
    ],
)
def test_wrong_zones_are_refused(tmp_path, geometries, columns, says):
    with pytest.raises(ConfigError, match=says) as e:
        shapes.read_zones(write(tmp_path / "z.gpkg", geometries, **columns), "id", "name")
    assert e.value.where.endswith("z.gpkg")


@pytest.mark.filterwarnings("ignore:'crs' was not provided")
def test_files_that_are_no_zones_are_refused(tmp_path):
    with pytest.raises(ConfigError, match="no such file"):
        shapes.read_zones(tmp_path / "none.geojson", "id", "name")
    (tmp_path / "z.geojson").write_bytes(b"\x00\x01 not json")
    with pytest.raises(ConfigError, match="cannot be read"):
        shapes.read_zones(tmp_path / "z.geojson", "id", "name")
    (tmp_path / "e.geojson").write_text('{"type": "FeatureCollection", "features": []}')
    with pytest.raises(ConfigError, match=r"no column 'id'|no areas"):
        shapes.read_zones(tmp_path / "e.geojson", "id", "name")
    metres = write(tmp_path / "m.gpkg", [shapely.box(4e6, 3e6, 5e6, 4e6)], None, id=["x"], name=["y"])
    with pytest.raises(ConfigError, match="not degrees"):
        shapes.read_zones(metres, "id", "name")


def test_outlines_are_drawn_with_one_border_between_neighbours():
    codes, lands = shapes.country_shapes()
    box = (5.2, 49.2, 7.1, 50.4)
    drawn = dict(zip(codes, shapes.outlines(lands, box, 0.02), strict=True))
    near = {code: np.vstack(rings) for code, rings in drawn.items() if rings}
    assert set(near) == {"BE", "DE", "FR", "LU"}
    corners = {code: set(map(tuple, ring.round(9))) for code, ring in near.items()}
    others = set().union(*(c for code, c in corners.items() if code != "LU"))
    assert corners["LU"] <= others  # landlocked: every corner of its border is a neighbour's too
    exact = dict(zip(codes, shapes.outlines(lands, box, 1e-9), strict=True))
    assert len(near["LU"]) < len(np.vstack(exact["LU"])) / 2
    lat, lon = near["LU"].T
    assert (lat.min(), lat.max(), lon.min(), lon.max()) == pytest.approx((49.44, 50.18, 5.73, 6.53), abs=0.03)


def test_a_label_stands_inside_its_area():
    codes, lands = shapes.country_shapes()
    some = np.isin(codes, ["FR", "GB", "LU", "NO", "PT", "US"])
    lat, lon = shapes.label_points(lands[some])
    assert shapes.country_of(lat, lon).tolist() == codes[some].tolist()
    assert lat[codes[some].tolist().index("US")] < 50  # in the largest part: not in Alaska


def test_countries_have_names():
    names = shapes.country_names()
    assert [names[c] for c in ("LU", "FR", "NO", "XK", "CV")] == [
        "Luxembourg",
        "France",
        "Norway",
        "Kosovo",
        "Cape Verde",
    ]
    assert names["AU"] == "Australia"  # a state of several units is named as the whole
