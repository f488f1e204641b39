from math import fsum
from pathlib import Path

import numpy as np
import pytest
import rasterio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rasterio.transform import from_origin

from sojourn.errors import ConfigError
from sojourn.rasters import Population, fingerprint, write_geotiff

DATA = Path(__file__).parents[3] / "shared/data"
GPW = DATA / "gpw_saomiguel"
real = pytest.mark.skipif(not GPW.is_dir(), reason=f"{DATA} is not there")


def write(path, values, crs="EPSG:4326", origin=(6.0, 50.0), pixel=0.01, nodata=-99999.0, **more):
    bands = values if values.ndim == 3 else values[None]
    grid = more.pop("transform", from_origin(*origin, pixel, pixel))
    profile = {"driver": "GTiff", "width": bands.shape[2], "height": bands.shape[1], "count": len(bands)}
    profile |= {"dtype": bands.dtype.name, "crs": crs, "transform": grid, "nodata": nodata}
    with rasterio.open(path, "w", **(profile | more)) as file:
        file.write(bands)
    return str(path)


def persons(raster, window=None):
    blocks = list(raster.pixels(window) if window else raster.pixels())
    where = np.concatenate([b.rows * raster.plane.shape[1] + b.columns for b in blocks])
    return dict(zip(where.tolist(), np.concatenate([b.persons for b in blocks]).tolist(), strict=True))


def refused(path, kind="count"):
    with pytest.raises(ConfigError) as told:
        _ = Population(path, kind).tally
    assert told.value.where == path
    assert told.value.hint
    assert "\n" not in str(told.value)
    return told.value.what


# -- what is somebody, and what is nobody -----------------------------------------------------------------------------


def test_no_data_not_a_number_and_less_than_nothing_are_nobody_and_counted(tmp_path):
    values = np.array([[1.5, -99999, np.nan], [0, -2, 4], [np.inf, 0.25, -np.inf]], dtype=np.float32)
    raster = Population(write(tmp_path / "a.tif", values), "count")
    assert persons(raster) == {0: 1.5, 5: 4.0, 7: 0.25}
    assert vars(raster.tally) == {"persons": 5.75, "inhabited": 3, "negative": 1, "empty": 5}


def test_a_sentinel_that_is_not_declared_is_nobody_and_a_fault(tmp_path):
    raster = Population(write(tmp_path / "a.tif", np.array([[7.0, -9999.0]]), nodata=None), "count")
    assert (raster.tally.persons, raster.tally.negative) == (7.0, 1)


def test_whole_numbers_and_scaled_ones(tmp_path):
    path = write(tmp_path / "a.tif", np.array([[10, 255, 3]], dtype=np.uint8), nodata=255)
    assert persons(Population(path, "count")) == {0: 10.0, 2: 3.0}
    with rasterio.open(path, "r+") as file:
        file.scales, file.offsets = (0.5,), (1.0,)
    assert persons(Population(path, "count")) == {0: 6.0, 2: 2.5}


# -- what is no raster of persons -------------------------------------------------------------------------------------


def test_what_is_wrong_is_told_in_one_line(tmp_path):
    one = np.ones((2, 2), dtype=np.float32)
    assert "no such file" in refused(str(tmp_path / "none.tif"))
    assert "no such file" in refused(str(tmp_path))
    assert "no file on this machine" in refused("s3a://bucket/population.tif")
    (tmp_path / "text.tif").write_text("x,y,persons\n1,2,3\n")
    assert "cannot be read as a raster" in refused(str(tmp_path / "text.tif"))
    assert "has 2 bands" in refused(write(tmp_path / "bands.tif", np.stack([one, one])))
    assert "where on Earth" in refused(write(tmp_path / "crs.tif", one, crs=None))
    assert "where on Earth" in refused(write(tmp_path / "grid.tif", one, transform=rasterio.Affine.identity()))
    assert "nowhere on Earth" in refused(write(tmp_path / "far.tif", one, origin=(0, 4_000_000), pixel=1000))
    assert "more persons than" in refused(write(tmp_path / "many.tif", one * 3.4e38, nodata=None))


def test_a_file_that_ends_too_soon_is_told(tmp_path):
    path = tmp_path / "a.tif"
    write(path, np.random.default_rng(1).random((400, 400)).astype(np.float32), compress="deflate")
    path.write_bytes(path.read_bytes()[:200_000])
    assert "cannot be read as a raster" in refused(str(path))


def test_a_fingerprint_is_of_what_is_in_the_file(tmp_path):
    one, two = tmp_path / "one.tif", tmp_path / "two.tif"
    values = np.ones((3, 3), dtype=np.float32)
    write(one, values)
    two.write_bytes(one.read_bytes())
    assert fingerprint(str(one)) == fingerprint(str(two))
    write(two, values * 2)
    assert fingerprint(str(one)) != fingerprint(str(two))
    with pytest.raises(ConfigError, match="no such file"):
        fingerprint(str(tmp_path / "three.tif"))


# -- where pixels lie -------------------------------------------------------------------------------------------------


def test_a_pixel_lies_between_its_corners(tmp_path):
    raster = Population(write(tmp_path / "a.tif", np.ones((4, 5), dtype=np.float32)), "count")
    lat, lon = raster.plane.degrees(np.array([0.0, 0.5, 4.0]), np.array([0.0, 0.5, 5.0]))
    assert (lat.tolist(), lon.tolist()) == (pytest.approx([50, 49.995, 49.96]), pytest.approx([6, 6.005, 6.05]))


@pytest.mark.parametrize(
    ("crs", "origin", "pixel"),
    [
        ("EPSG:4326", (6.0, 50.0), 0.01),
        ("EPSG:4326", (179.0, -16.0), 0.01),  # over the date line
        ("EPSG:4326", (355.0, 50.0), 0.01),  # degrees from 0 to 360
        ("EPSG:4258", (6.0, 50.0), 0.01),
        ("EPSG:3035", (4_000_000, 3_000_000), 1000),
        ("EPSG:32631", (600_000, 5_500_000), 100),
        ("ESRI:54009", (400_000, 5_900_000), 1000),
        ("EPSG:2056", (2_600_000, 1_200_000), 100),  # Swiss, another datum
    ],
)
def test_degrees_and_places_are_each_other_s_way_back(tmp_path, crs, origin, pixel):
    values = np.ones((300, 400), dtype=np.float32)
    raster = Population(write(tmp_path / "a.tif", values, crs, origin, pixel), "count")
    rng = np.random.default_rng(3)
    rows, columns = rng.uniform(0, 300, 50), rng.uniform(0, 400, 50)
    lat, lon = raster.plane.degrees(rows, columns)
    assert (np.abs(lon) <= 180).all()
    back = raster.plane.places(lat, lon)
    assert (back[0], back[1]) == (pytest.approx(rows, abs=1e-4), pytest.approx(columns, abs=1e-4))


def test_a_place_that_is_none_on_earth_spoils_no_other(tmp_path):
    raster = Population(write(tmp_path / "a.tif", np.ones((180, 360)), "ESRI:54009", (-18e6, 9e6), 1e5), "count")
    lat, lon = raster.plane.degrees(np.array([0.0, 90.0, 0.0]), np.array([0.0, 180.0, 360.0]))
    assert np.isfinite(lat).tolist() == np.isfinite(lon).tolist() == [False, True, False]
    assert (lat[1], lon[1]) == (pytest.approx(0, abs=1e-9), pytest.approx(0, abs=1e-9))


# -- densities --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("crs", "origin", "pixel", "km2"),
    [
        ("EPSG:3035", (4_000_000, 3_000_000), 5000, 25.0),
        ("EPSG:3035", (1_500_000, 5_000_000), 1000, 1.0),  # far from the projection's middle
        ("EPSG:6933", (600_000, 5_500_000), 1000, 1.0),  # EASE-Grid 2.0
    ],
)
def test_the_pixels_of_an_equal_area_projection_have_the_area_they_say(tmp_path, crs, origin, pixel, km2):
    raster = Population(write(tmp_path / "a.tif", np.full((20, 20), 3.0), crs, origin, pixel), "density")
    assert list(persons(raster).values()) == pytest.approx([3.0 * km2] * 400, rel=2e-6)


def test_those_of_other_projections_have_not(tmp_path):
    mollweide = Population(write(tmp_path / "m.tif", np.ones((1, 1)), "ESRI:54009", (4e5, 59e5), 1000), "density")
    assert mollweide.tally.persons == pytest.approx(1.0012, abs=1e-4), "GHS-POP: it is that of a sphere"
    raster = Population(write(tmp_path / "a.tif", np.ones((1, 1)), "EPSG:3857", (0, 8_399_738), 1000), "density")
    assert raster.tally.persons == pytest.approx(0.25, rel=0.01)  # 60° north: half as wide, half as high


@real
def test_counts_are_densities_times_land_area():
    """Sao Miguel, GPW v4.11: its Earth is a sphere of the equator's radius, 0.17 % larger there than the ellipsoid."""
    count, density = (Population(str(GPW / f"gpw_v411_2020_{k}_2020.tif"), k) for k in ("count", "density"))
    assert count.tally.persons == pytest.approx(145_602.97, abs=0.005)
    with rasterio.open(GPW / "gpw_v411_2020_land_area_2020.tif") as file:
        land = file.read(1).astype(float)
    rows, columns = np.nonzero(land > 0)
    share = land[rows, columns] / count.plane.km2(rows, columns)
    assert share.max() == pytest.approx(1.0017, abs=1e-5)
    inland = (rows * count.plane.shape[1] + columns)[share > 1.00169].tolist()
    a, b = persons(count), persons(density)
    common = [p for p in inland if p in a]
    assert len(common) > 200
    assert [a[p] for p in common] == pytest.approx([b[p] * 1.0017 for p in common], rel=2e-5)
    assert density.tally.persons == pytest.approx(203_699, abs=1), "on the coast the sea is taken for land: use counts"


# -- windows ----------------------------------------------------------------------------------------------------------


@given(
    window=st.integers(1, 5000),
    tiled=st.booleans(),
    shape=st.tuples(st.integers(1, 70), st.integers(1, 70)),
    kind=st.sampled_from(["count", "density"]),
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_window_reads_every_pixel_once(tmp_path, window, tiled, shape, kind):
    values = np.random.default_rng(shape[0]).uniform(-1, 3, shape)
    blocks = {"tiled": True, "blockxsize": 16, "blockysize": 32} if tiled else {"blockysize": 4}
    raster = Population(write(tmp_path / "a.tif", values, **blocks), kind)
    assert persons(raster, window) == persons(raster)
    assert all(len(b) <= max(window, 16 * 32) for b in raster.pixels(window))
    assert raster.tally.persons == fsum(persons(raster).values())
    if kind == "count":
        assert persons(raster) == {int(n): values.flat[n] for n in np.flatnonzero(values > 0)}


def test_what_we_write_we_read(tmp_path):
    write_geotiff(tmp_path / "a.tif", np.array([[1, -99999], [0, 2]], dtype=np.float32), 6, 50, 0.5, nodata=-99999)
    raster = Population(str(tmp_path / "a.tif"), "count")
    assert persons(raster) == {0: 1.0, 3: 2.0}
    assert raster.plane.degrees(np.array([0.5]), np.array([0.5])) == (pytest.approx(49.75), pytest.approx(6.25))
