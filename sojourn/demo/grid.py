"""The people of the demo country on a grid of three arc-seconds, as WorldPop would show them."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from sojourn import shapes
from sojourn.demo.places import TOWNS

Floats = npt.NDArray[np.float64]

PIXEL_DEG = 3 / 3600
WEST, SOUTH, EAST, NORTH = 5.73, 49.44, 6.54, 50.19
PERSONS = 650_000
RURAL_SHARE = 0.22
WORK_POWER = 1.35  # work is where many live, and more so
NODATA = -99999.0
KM_PER_DEG = np.array([111.2, 72.0])  # of latitude and, at 49.8° north, of longitude


@dataclass(frozen=True, eq=False)
class Grid:
    """Persons per pixel, shape (rows, columns) from north to south; zero outside the country, `land` says where."""

    persons: Floats
    land: npt.NDArray[np.bool_]

    @cached_property
    def centres(self) -> tuple[Floats, Floats]:
        """Latitude of each row and longitude of each column, degrees."""
        rows, columns = self.persons.shape
        south = (np.arange(rows, dtype=np.float64) + 0.5) * PIXEL_DEG
        return NORTH - south, WEST + (np.arange(columns, dtype=np.float64) + 0.5) * PIXEL_DEG

    def raster(self) -> npt.NDArray[np.float32]:
        """What stands in the file: float32, no data outside the country."""
        return np.where(self.land, self.persons, NODATA).astype(np.float32)

    def points(self, n: int, rng: np.random.Generator, power: float = 1.0) -> Floats:
        """Places drawn by population, shape (n, 2): latitude, longitude; a higher power draws to the centres."""
        weight = np.cumsum(self.persons.ravel() ** power)
        pixel = np.searchsorted(weight, rng.random(n) * weight[-1], side="right")
        row, column = np.divmod(pixel, self.persons.shape[1])
        jitter = (rng.random((n, 2)) - 0.5) * PIXEL_DEG * 0.9  # stays inside the pixel
        lat, lon = self.centres
        return np.column_stack([lat[row], lon[column]]) + jitter


def grid(rng: np.random.Generator) -> Grid:
    """Towns as peaks that fall off with distance, villages and farms between them, nobody beyond the border."""
    rows, columns = round((NORTH - SOUTH) / PIXEL_DEG), round((EAST - WEST) / PIXEL_DEG)
    empty = Grid(np.zeros((rows, columns)), np.zeros((rows, columns), dtype=bool))
    lat, lon = empty.centres
    north, east = np.meshgrid(lat, lon, indexing="ij")
    land = shapes.inside("LU", north.ravel(), east.ravel()).reshape(north.shape)
    persons = np.zeros_like(north)
    for town in TOWNS:
        persons += town.persons * _peak(north, east, town.latitude, town.longitude, 0.35 + town.persons**0.5 / 180)
    villages = np.zeros_like(north)
    for y, x in zip(rng.uniform(SOUTH, NORTH, 420), rng.uniform(WEST, EAST, 420), strict=True):
        _add_village(villages, empty, float(y), float(x), float(rng.lognormal(0, 0.8)))
    built = rng.random(north.shape) < 0.75  # gardens, fields and water between the houses
    rural = villages * land / (villages * land).sum() + 0.1 * land / land.sum()
    persons = persons * land / (persons * land).sum() * (1 - RURAL_SHARE) + rural * RURAL_SHARE / 1.1
    persons *= built * rng.lognormal(0, 0.5, north.shape)
    return Grid(persons * (PERSONS / persons.sum()), land)


def _peak(north: Floats, east: Floats, lat: float, lon: float, reach_km: float) -> Floats:
    km = np.hypot((north - lat) * KM_PER_DEG[0], (east - lon) * KM_PER_DEG[1])
    peak: Floats = np.exp(-km / (reach_km * 0.6)) / reach_km**2
    return peak


def _add_village(field: Floats, frame: Grid, lat: float, lon: float, size: float) -> None:
    rows, columns = frame.centres
    near = (
        slice(*np.searchsorted(-rows, [-lat - 0.02, -lat + 0.02])),
        slice(*np.searchsorted(columns, [lon - 0.02, lon + 0.02])),
    )
    north, east = np.meshgrid(rows[near[0]], columns[near[1]], indexing="ij")
    field[near] += size * _peak(north, east, lat, lon, 0.3)
