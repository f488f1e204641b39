"""Persons of pixels to persons of cells: none lost, each where it belongs, whatever the windows."""

from math import fsum
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rasterio.transform import from_origin
from rasterio.warp import transform as reproject

from jobs import population_grid
from jobs.population_grid import Params
from schemas import POPULATION_GRID
from sojourn import cells, shapes
from sojourn.errors import ConfigError
from sojourn.methods.gridding import edge_in_pixels, gridded
from sojourn.rasters import Population

DATA = Path(__file__).parents[3] / "shared/data"
real = pytest.mark.skipif(not DATA.is_dir(), reason=f"{DATA} is not there")
NEVER, ALWAYS = 1e9, 0.0  # pixels along an edge from which on the middle of a pixel will do
P = Params()


def raster(path, values, crs="EPSG:4326", origin=(6.0, 50.0), pixel=1 / 120, kind="count", **more):
    grid = more.pop("transform", from_origin(*origin, pixel, pixel))
    profile = {"driver": "GTiff", "width": values.shape[1], "height": values.shape[0], "count": 1, "crs": crs}
    profile |= {"dtype": values.dtype.name, "transform": grid, "nodata": -99999.0}
    with rasterio.open(path, "w", **(profile | more)) as file:
        file.write(values, 1)
    return Population(str(path), kind)


def people(seed=1, shape=(40, 50)):
    """Some empty pixels, most with few persons, some with many; single precision, as in the files people have."""
    rng = np.random.default_rng(seed)
    return (rng.lognormal(1, 2, shape) * (rng.random(shape) < 0.7)).astype(np.float32)


def by_cutting(told, resolution):
    """What shapely makes of it: each pixel cut by each hexagon, as polygons in degrees."""
    block = next(told.pixels())
    north, west = told.plane.degrees(block.rows.astype(float), block.columns.astype(float))
    south, east = told.plane.degrees(block.rows + 1.0, block.columns + 1.0)
    squares = shapely.box(west, south, east, north)
    steps = np.linspace(0, 1, 9)
    lat = (south[:, None, None] + steps[:, None] * (north - south)[:, None, None]).repeat(9, 2)
    lon = (west[:, None, None] + steps * (east - west)[:, None, None]).repeat(9, 1)
    near = cells.with_neighbours(np.unique(cells.cell_of(lat.ravel(), lon.ravel(), resolution).to_numpy(np.int64)))
    ring_lat, ring_lon, first = cells.corners(near)
    rings = shapely.polygons(shapely.linearrings(ring_lon, ring_lat, indices=_owner(first)))
    square, ring = shapely.STRtree(rings).query(squares, predicate="intersects")
    share = shapely.area(shapely.intersection(squares[square], rings[ring])) / shapely.area(squares[square])
    return pd.Series(np.bincount(ring, share * block.persons[square], len(near)), near).loc[lambda s: s > 1e-9]


def _owner(first):
    return np.repeat(np.arange(len(first) - 1), np.diff(first))


def misplaced(found, truth):
    """The share of persons in the wrong cell."""
    return found.sub(truth, fill_value=0).abs().sum() / 2 / truth.sum()


def grid(told, resolution, edge_pixels=P.edge_pixels, window=None):
    return pd.Series(*gridded(told, resolution, edge_pixels, window)[::-1])


# -- the rows ---------------------------------------------------------------------------------------------------------


def test_rows_of_the_schema(tmp_path):
    told = raster(tmp_path / "a.tif", people())
    rows = population_grid.transform(told, None, 8, 2020, P)
    assert list(rows.columns) == POPULATION_GRID.given
    assert rows["cell"].is_monotonic_increasing
    assert rows["cell"].is_unique
    assert rows["cell"].dtype == np.int64
    assert set(cells.resolution_of(rows["cell"]).tolist()) == {8}
    assert rows["h3"].tolist() == cells.text(rows["cell"].to_numpy())
    assert (rows["population"] > 0).all()
    assert rows["area_km2"].tolist() == cells.km2(rows["cell"].to_numpy()).tolist()
    assert rows["zone"].isna().all()
    assert set(rows["year"]) == {2020}
    assert fsum(rows["population"]) == pytest.approx(fsum(people().ravel().tolist()), rel=1e-12)


def test_what_the_raster_told_is_counted_apart(tmp_path):
    values = people()
    values[0, :3] = -5
    told = population_grid.told(raster(tmp_path / "a.tif", values))
    inhabited = int((values > 0).sum())
    assert told.to_dict("records") == [
        {
            "persons": pytest.approx(values[values > 0].sum(dtype=float), rel=1e-12),
            "inhabited": inhabited,
            "negative": 3,
            "empty": values.size - inhabited - 3,
        }
    ]


def test_a_cell_has_the_zone_that_holds_its_centre(tmp_path):
    told = raster(tmp_path / "a.tif", people())
    halves = np.array([shapely.box(5, 49, 6.2, 51), shapely.box(6.2, 49, 7, 51)], dtype=object)
    zones = shapes.Zones(np.array(["W", "E"], dtype=object), np.array(["West", "East"], dtype=object), halves)
    rows = population_grid.transform(told, zones, 8, 2020, P)
    east = cells.centre_of(rows["cell"].to_numpy())[1]
    assert rows["zone"].tolist() == np.where(east < 6.2, "W", "E").tolist()
    assert set(rows["zone"]) == {"W", "E"}


def test_nobody_has_no_rows(tmp_path):
    rows = population_grid.transform(raster(tmp_path / "a.tif", np.zeros((3, 3))), None, 8, 2020, P)
    assert (len(rows), list(rows.columns)) == (0, POPULATION_GRID.given)


def test_a_resolution_that_is_too_fine_for_the_raster_is_refused_before_it_is_made(tmp_path):
    told = raster(tmp_path / "a.tif", people())
    with pytest.raises(ConfigError, match="coarser resolution") as refusal:
        population_grid.transform(told, None, 15, 2020, P)
    assert refusal.value.where == "resolution"
    with pytest.raises(ConfigError):
        population_grid.transform(told, None, 8, 2020, Params(most_cells=100))


@pytest.mark.parametrize("wrong", [{"edge_pixels": -1.0}, {"edge_pixels": float("nan")}, {"most_cells": 0}])
def test_parameters_out_of_range_are_named(wrong):
    with pytest.raises(ConfigError) as refusal:
        Params(**wrong)
    assert refusal.value.where == f"tables.population_grid.{next(iter(wrong))}"


# -- each person where it belongs -------------------------------------------------------------------------------------


@pytest.mark.parametrize("resolution", [6, 7, 8, 9])
def test_by_area_is_what_cutting_polygons_gives(tmp_path, resolution):
    told = raster(tmp_path / "a.tif", people())
    truth = by_cutting(told, resolution)
    found = grid(told, resolution, NEVER)
    assert truth.index.isin(found.index).all()
    assert misplaced(found, truth) < 1e-8
    assert misplaced(grid(told, resolution, ALWAYS), truth) > 0.01, "the shortcut is none here"


def test_the_rule_is_about_pixels_along_an_edge(tmp_path):
    coarse, fine = raster(tmp_path / "a.tif", people()), raster(tmp_path / "b.tif", people(), pixel=1 / 1200)
    assert edge_in_pixels(coarse, 8) == pytest.approx(edge_in_pixels(fine, 8) / 10, rel=0.01)
    assert edge_in_pixels(coarse, 8) < 1 < P.edge_pixels < edge_in_pixels(fine, 8)
    assert grid(coarse, 8).equals(grid(coarse, 8, NEVER))
    assert grid(fine, 8).equals(grid(fine, 8, ALWAYS))
    even = raster(tmp_path / "c.tif", np.ones((200, 200)), pixel=1 / 1200)
    assert 0 < misplaced(grid(even, 8), grid(even, 8, NEVER)) < 0.02


def test_by_the_middle_a_pixel_has_one_cell(tmp_path):
    values = np.zeros((5, 5), dtype=np.float32)
    values[3, 1] = 7
    told = raster(tmp_path / "a.tif", values)
    (cell,) = cells.cell_of([50 - 3.5 / 120], [6 + 1.5 / 120], 8)
    assert grid(told, 8, ALWAYS).to_dict() == {cell: 7.0}


@pytest.mark.parametrize("units", ["m", "km"])
@pytest.mark.parametrize("resolution", [5, 7, 9])
def test_a_projected_pixel_is_around_its_centre_in_metres_and_kilometres(tmp_path, units, resolution):
    """EPSG:3035, one pixel of 5 km: its persons' mean place is its middle, and not its lower left corner."""
    values = np.zeros((3, 3))
    values[1, 1] = 4321.5
    per = {"m": 1, "km": 1000}[units]
    crs = f"+proj=laea +lat_0=52 +lon_0=10 +x_0={4321000} +y_0={3210000} +ellps=GRS80 +units={units} +no_defs"
    told = raster(tmp_path / "a.tif", values, crs, (4_095_000 / per, 2_965_000 / per), 5000 / per)
    rows = grid(told, resolution)
    assert rows.sum() == 4321.5
    lat, lon = cells.centre_of(rows.index.to_numpy())
    x, y = reproject("EPSG:4326", "EPSG:3035", lon, lat)
    reach = {5: 9000, 7: 500, 9: 20}[resolution]  # cells are counted at their centres
    assert np.average(x, weights=rows) == pytest.approx(4_102_500, abs=reach)
    assert np.average(y, weights=rows) == pytest.approx(2_957_500, abs=reach)


def test_a_turned_raster_is_no_other_country(tmp_path):
    """Rows from south to north, and columns that are rows: the same persons at the same places."""
    values = people(shape=(30, 30)).astype(float)
    north_up = grid(raster(tmp_path / "a.tif", values), 8)
    grid_up = rasterio.Affine(1 / 120, 0, 6, 0, 1 / 120, 50 - 30 / 120)
    south_up = grid(raster(tmp_path / "b.tif", values[::-1].copy(), transform=grid_up), 8)
    swapped = rasterio.Affine(0, 1 / 120, 6, -1 / 120, 0, 50)
    across = grid(raster(tmp_path / "c.tif", values.T.copy(), transform=swapped), 8)
    assert misplaced(south_up, north_up) < 1e-7
    assert misplaced(across, north_up) < 1e-7


# -- none lost, whatever the windows ----------------------------------------------------------------------------------

places = st.sampled_from(
    [
        ("EPSG:4326", (6.0, 50.0), 1 / 120, 7),
        ("EPSG:4326", (179.9, -16.5), 1 / 120, 6),  # Fiji, over the date line
        ("EPSG:4326", (359.9, 51.0), 1 / 60, 5),  # degrees from 0 to 360
        ("EPSG:4326", (20.0, 90.0), 1.0, 3),  # at the pole
        ("EPSG:3035", (4_000_000, 3_000_000), 5000, 6),
        ("ESRI:54009", (-17_550_000, 2_000_000), 10_000, 4),  # where Mollweide's map of the world ends
    ]
)


@given(place=places, seed=st.integers(0, 999), window=st.integers(1, 60), finer=st.booleans(), density=st.booleans())
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_window_gives_the_same_rows_and_all_persons(tmp_path, place, seed, window, finer, density):
    crs, origin, pixel, resolution = place
    blocks = {"tiled": True, "blockxsize": 16, "blockysize": 16} if seed % 2 else {"blockysize": 3}
    kind = "density" if density else "count"
    told = raster(tmp_path / "a.tif", people(seed, (7, 20)), crs, origin, pixel, kind, **blocks)
    rows = grid(told, resolution + finer)
    assert rows.equals(grid(told, resolution + finer, window=window))
    assert (rows > 0).all()
    assert abs(fsum(rows) / told.tally.persons - 1) < 1e-9
    assert fsum(rows) == pytest.approx(fsum(grid(told, resolution, ALWAYS)), rel=1e-15)


def test_where_cells_are_torn_many_points_share_a_pixel_out(tmp_path):
    """The same persons on a map of the world that ends at 180° and on one that goes on."""
    values = people(shape=(20, 8))
    on = grid(raster(tmp_path / "on.tif", values, origin=(179.8, -16.0), pixel=1 / 20), 6)
    world = np.zeros((20, 7200), dtype=np.float32)
    world[:, -4:], world[:, :4] = values[:, :4], values[:, 4:]
    torn = grid(raster(tmp_path / "torn.tif", world, origin=(-180.0, -16.0), pixel=1 / 20), 6)
    assert fsum(torn) == fsum(on)
    assert 0 < misplaced(torn, on) < 0.005


def test_persons_where_no_place_is_are_told(tmp_path):
    values = np.zeros((180, 360))
    values[90, 180] = values[0, 0] = 5
    told = raster(tmp_path / "a.tif", values, "ESRI:54009", (-18e6, 9e6), 1e5)
    for edge_pixels in (NEVER, ALWAYS):
        with pytest.raises(ConfigError, match="1 pixels that lie nowhere on Earth") as refusal:
            grid(told, 3, edge_pixels)
        assert refusal.value.where == told.path


def test_persons_too_few_to_share_are_kept(tmp_path):
    """A millionth of a person in every pixel, as in rasters that spread people over a desert, and one with a town."""
    values = np.full((30, 30), 3e-7, dtype=np.float64)
    for town in (0.0, 10.0, 1e6):
        values[0, 0] = town
        told = raster(tmp_path / "a.tif", values)
        assert abs(fsum(grid(told, 9)) / fsum(values.ravel()) - 1) < 1e-12


# -- real rasters -----------------------------------------------------------------------------------------------------


@real
@pytest.mark.parametrize(
    ("file", "persons"),
    [
        ("worldpop_vietnam_1km/vnm_ppp_2020_1km_Aggregated_UNadj.tif", 97_338_582.978),
        ("worldpop_vietnam_1km/sgp_pop_2015_CN_1km_R2025A_UA_v1.tif", 5_491_591.0008),
        ("gpw_saomiguel/gpw_v411_2020_count_2020.tif", 145_602.96513),
    ],
)
@pytest.mark.parametrize("resolution", [5, 7])
def test_real_rasters_keep_their_persons(file, persons, resolution):
    told = Population(str(DATA / file), "count")
    with rasterio.open(DATA / file) as opened:
        values = opened.read(1, masked=True).compressed().astype(np.float64)
    assert fsum(values[values > 0].tolist()) == pytest.approx(persons, rel=1e-10)
    rows = population_grid.transform(told, None, resolution, 2020, P)
    assert abs(fsum(rows["population"]) / fsum(values[values > 0].tolist()) - 1) < 1e-9
    assert (rows["population"] / rows["area_km2"]).max() < 100_000


@real
def test_provinces_of_vietnam_have_their_people():
    """Cells of 5 km² by their centres, against pixels of 0.85 km² by theirs: at most a percent in another province."""
    folder = DATA / "worldpop_vietnam_1km"
    zones = shapes.read_zones(folder / "geoBoundaries-VNM-ADM1.shp", "shapeID", "shapeName")
    told = Population(str(folder / "vnm_ppp_2020_1km_Aggregated_UNadj.tif"), "count")
    rows = population_grid.transform(told, zones, 7, 2020, P).groupby("zone")["population"].sum()
    block = next(told.pixels())
    pixels = shapes.zone_of(zones, *told.plane.degrees(block.rows + 0.5, block.columns + 0.5))
    truth = pd.Series(block.persons).groupby(pixels).sum()
    assert len(rows) == len(truth) > 60
    assert misplaced(rows, truth) < 0.01


@real
def test_the_european_grid_lies_where_it_says(tmp_path):
    """GEOSTAT 2011, cells of 5 km by their lower left corner in metres: Luxembourg is in Luxembourg."""
    table = pd.read_csv(DATA / "eurogrid_pop_5km/pop_2011_3035_5km.csv")
    europe = grid(census(tmp_path / "eu.tif", table), 5)
    assert fsum(europe) == table["Population"].sum() == 532_537_346
    around = table[table["x"].between(3_950_000, 4_150_000) & table["y"].between(2_850_000, 3_100_000)]
    rows = grid(census(tmp_path / "lu.tif", around), 8)
    lat, lon = cells.centre_of(rows.index.to_numpy())
    assert rows[shapes.inside("LU", lat, lon)].sum() == pytest.approx(522_621, rel=0.01)
    for axis, place in zip("xy", reproject("EPSG:4326", "EPSG:3035", lon, lat), strict=True):
        middle = np.average(around[axis] + 2500, weights=around["Population"])
        assert np.average(place, weights=rows) == pytest.approx(middle, abs=5)


def census(path, table):
    """Cells of the European grid as a raster."""
    west, north = table["x"].min(), table["y"].max() + 5000
    values = np.zeros(((north - table["y"].min()) // 5000, (table["x"].max() - west) // 5000 + 1))
    values[(north - table["y"]) // 5000 - 1, (table["x"] - west) // 5000] = table["Population"]
    return raster(path, values, "EPSG:3035", (west, north), 5000, tiled=True)


@real
def test_parents_keep_totals():
    hrsl = pd.read_parquet(DATA / "h3_population_hrsl/population-841fa8bffffffff.parquet")
    fine = hrsl["h3index"].to_numpy(np.int64)
    brazil = pd.concat(pd.read_csv(DATA / f"r5r_h3_brazil/{city}_hexgrid.csv") for city in ("poa", "spo"))
    named = np.array([int(i, 16) for i in brazil["id"]])
    for index, persons, total in (
        (fine, hrsl["pop_general"].to_numpy(float), 279_636.29),
        (named, brazil["population"].to_numpy(float), 812_935 + 517_570),
    ):
        assert persons.sum() == pytest.approx(total, abs=0.01)
        for resolution in range(10):
            if (cells.resolution_of(index) < resolution).any():
                continue
            coarse = pd.Series(persons).groupby(cells.parent(index, resolution)).sum()
            assert fsum(coarse) == pytest.approx(fsum(persons), rel=1e-12)
    assert cells.text(np.unique(cells.parent(fine, 4))) == ["841fa8bffffffff"]
