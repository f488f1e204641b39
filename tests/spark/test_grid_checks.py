"""What the checks see of the persons by place: of a healthy grid, and of one that lost somebody."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from expectations import population_grid as expectations
from jobs import population_grid
from schemas import POPULATION_GRID
from sojourn import check
from sojourn.lake import Lake
from sojourn.rasters import Population, write_geotiff

UNITS = [date(2024, 3, 1), date(2024, 3, 2)]


@pytest.fixture(scope="module")
def raster(tmp_path_factory):
    path = tmp_path_factory.mktemp("raster") / "a.tif"
    values = np.random.default_rng(4).lognormal(3, 1, (12, 12)).astype(np.float32)
    values[0, 0], values[0, 1] = -7, -99999
    write_geotiff(path, values, 6, 50, 1 / 120, nodata=-99999)
    return Population(str(path), "count")


@pytest.fixture(scope="module")
def rows(raster):
    return population_grid.transform(raster, None, 8, 2020, population_grid.Params())


def failed(spark, rows, told):
    frames = {"population_grid": Lake(spark, "nowhere").frame(POPULATION_GRID, rows)}
    if told is not None:
        frames["population_grid.counted"] = spark.createDataFrame(told)
    metrics = expectations.measure(frames, UNITS).toPandas()
    assert sorted(metrics["unit"]) == UNITS
    verdicts = check.judge("population_grid", expectations.SUITE, metrics)
    return {v.expectation for v in verdicts if not v.success}


NEGATIVE = "no pixel of the raster has fewer persons than none"


def test_a_healthy_grid(spark, raster, rows):
    assert failed(spark, rows, population_grid.told(raster)) == {NEGATIVE}
    assert failed(spark, rows, None) == set(), "what the raster told is not at hand later on"


def test_a_grid_that_is_wrong(spark, raster, rows):
    told = population_grid.told(raster)
    lost = rows.assign(population=np.r_[rows["population"][:-1], 0.0])
    twice = pd.concat([rows, rows[:1].assign(population=0.0)])
    other = rows.assign(year=np.r_[2019, rows["year"][1:]].astype(np.int32), zone=["Z", *[None] * (len(rows) - 1)])
    finer = rows.assign(cell=np.r_[rows["cell"][:-1], rows["cell"].iloc[-1] + (1 << 52)])
    for frame, sentences in (
        (lost, {"the grid has all persons of the raster, and no more"}),
        (twice, {"a cell has one row"}),
        (other, {"the whole grid is of one year", "every cell has a zone, or none has"}),
        (finer, {"all cells have one resolution", "every cell has its usual name"}),
        (rows.assign(area_km2=1e-9), {
            "nowhere do two million persons live on a square kilometre",
            "at most 100,000 persons live on a square kilometre",
        }),
    ):  # fmt: skip
        assert failed(spark, frame, told) == sentences | {NEGATIVE}
