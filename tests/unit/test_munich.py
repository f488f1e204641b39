"""The map estimator against a known truth: the German census of 2011 around Munich, next to plain Voronoi.

People by 100 m square, one operator's share of them as devices (the thinning of Ricciato and Coluccia), antennas where
people are. The grid that spreads them is made of the same census, which flatters; so it is blurred to squares of one
and of two kilometres, as a coarse satellite-based grid would be, and the fine one is only the bound.
"""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.spatial import cKDTree

from sojourn.cells import cell_of
from sojourn.methods.dasymetry import served, spread

DATA = Path(__file__).parents[3] / "shared/data/munich_census_100m/munich.csv"
pytestmark = pytest.mark.skipif(not DATA.exists(), reason="the Munich census is not there")
BASE = 8


@pytest.fixture(scope="module")
def census():
    from rasterio.warp import transform

    squares = pd.read_csv(DATA)
    east, north = transform("EPSG:3035", "EPSG:4326", squares["x"].tolist(), squares["y"].tolist())
    squares = squares.assign(lat=north, lon=east, cell=np.asarray(cell_of(north, east, BASE), dtype=np.int64))
    squares["persons"] = squares["pop.raw"].clip(lower=0)
    assert squares["persons"].sum() == 1_972_052
    assert squares["pop"].sum() == 677_741
    return squares


@pytest.fixture(scope="module")
def masts(census):
    """About 400 antennas, denser where people are; `heard`: devices in the squares that are nearest to each."""
    share = census["persons"].to_numpy() ** 0.6
    drawn = np.random.default_rng(7).choice(len(census), 420, replace=False, p=share / share.sum())
    stand = census.iloc[drawn][["x", "y", "lat", "lon", "cell"]]
    _, near = cKDTree(stand[["x", "y"]]).query(census[["x", "y"]])
    return stand.assign(heard=np.bincount(near, census["pop"], minlength=len(stand)).astype(np.int64))


def blurred(census, km):
    """Persons per cell, of a grid whose squares are so many kilometres wide."""
    if km == 0:
        return census.groupby("cell")["persons"].sum()
    block = [census["x"] // (1000 * km), census["y"] // (1000 * km)]
    return census["persons"].groupby(block).transform("mean").groupby(census["cell"]).sum()


def errors(census, masts, weights):
    """Estimated minus true persons by cell, the people of each antenna spread by these weights."""
    true = census.groupby("cell")["persons"].sum()
    stand = masts["lat"].to_numpy(), masts["lon"].to_numpy()
    known = served(masts["cell"].to_numpy(), weights.index.to_numpy(), weights.to_numpy(dtype=float), stand)
    micro = masts.groupby("cell")["heard"].sum().reindex(known.sites).to_numpy() * (1_972_052 * 1_000_000 // 677_741)
    made = pd.Series(spread(micro, known), known.cells)
    assert made.sum() == micro.sum()
    return made.groupby(level=0).sum().reindex(true.index).fillna(0) / 1e6 - true, true


def misplaced(census, masts, weights):
    """Share of the people who are in the wrong cell, and the root of the mean squared error in persons a cell."""
    off, true = errors(census, masts, weights)
    return off.abs().sum() / 2 / true.sum(), float(np.sqrt((off**2).mean()))


def test_a_grid_of_a_kilometre_halves_the_error_of_plain_voronoi(census, masts):
    everywhere = pd.Series(1.0, np.unique(census["cell"]))
    plain, plain_rmse = misplaced(census, masts, everywhere)
    found = {km: misplaced(census, masts, blurred(census, km)) for km in (0, 1, 2)}
    assert plain > 0.25  # of the people are in the wrong cell
    assert found[1][0] < 0.5 * plain
    assert found[1][1] < 0.6 * plain_rmse
    assert found[2][0] < 0.8 * plain
    assert found[2][1] < 0.9 * plain_rmse
    assert found[0][0] < 0.05  # the bound: what the operator's share alone makes wrong


def test_nobody_is_lost(census, masts):
    off, _ = errors(census, masts, blurred(census, 1))
    assert abs(off.sum()) < 5  # the weight of a device is a whole number of micro-persons
