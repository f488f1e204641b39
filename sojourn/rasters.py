"""GeoTIFFs: the persons in each pixel, and where the pixels lie. The only file that knows rasterio."""

import hashlib
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, partial
from math import fsum
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import rasterio
import rasterio.warp
from rasterio.errors import NotGeoreferencedWarning, RasterioError
from rasterio.windows import Window

from sojourn.errors import ConfigError
from sojourn.methods.plane import Plane

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]
Kind = Literal["count", "density"]

WINDOW = 1 << 21  # pixels read in one go: tens of megabytes, whatever the size of the raster
MANKIND = 8.5e9  # persons; more are not persons, or are densities taken for counts


@dataclass(frozen=True)
class Pixels:
    """Inhabited pixels, from north to south and west to east: where in the raster, and persons, each of shape (n,)."""

    rows: Whole
    columns: Whole
    persons: Floats

    def __len__(self) -> int:
        return len(self.persons)

    def __getitem__(self, some: Any) -> "Pixels":
        return Pixels(self.rows[some], self.columns[some], self.persons[some])

    def __truediv__(self, unit: float) -> "Pixels":
        return Pixels(self.rows, self.columns, self.persons / unit)


@dataclass(frozen=True)
class Tally:
    """What a raster holds: persons, and pixels that are inhabited, negative (nobody, but a fault), or of nobody."""

    persons: float
    inhabited: int
    negative: int
    empty: int


class Population:
    """A raster of persons: one band, in any CRS, read by windows, so that it may be larger than memory.

    `kind` says what its numbers are: `count`, persons per pixel, or `density`, persons per km², which become persons by
    the true area of each pixel. No data, not a number, and less than nothing are nobody.
    """

    def __init__(self, path: str, kind: Kind) -> None:
        self.path, self.kind = path, kind
        with _opened(path) as file:
            if file.count != 1:
                hint = "`.venv/bin/rio stack --bidx 1 IN.tif OUT.tif` takes the first"
                raise ConfigError(f"has {file.count} bands, not one", where=path, hint=hint)
            if file.crs is None or file.transform.is_identity:
                hint = "`.venv/bin/rio edit-info --crs EPSG:… --transform … FILE` tells it"
                raise ConfigError("does not say where on Earth it lies", where=path, hint=hint)
            self._block = file.block_shapes[0]
            self.plane = _plane(file)
        middle = self.plane.degrees(*(np.array([n / 2]) for n in self.plane.shape))
        if not (np.abs(middle[0]) <= 90).all() or not np.isfinite(middle[1]).all():
            hint = "`.venv/bin/rio info FILE` shows its CRS and bounds"
            raise ConfigError("its middle lies nowhere on Earth", where=path, hint=hint)

    @cached_property
    def tally(self) -> Tally:
        """What it holds in all, by one reading of its own: what comes out of it must agree.

        Raises:
            ConfigError: it cannot be read to its end, or its numbers are no persons.
        """
        sums, inhabited, negative = [], 0, 0
        with _opened(self.path) as file:
            for window in self._windows(WINDOW):
                values = _values(file, window)
                negative += int((values < 0).sum())
                pixels = self._inhabited(values, window)
                inhabited += len(pixels)
                sums.append(fsum(pixels.persons.tolist()))
        persons, (height, width) = fsum(sums), self.plane.shape
        if persons > MANKIND:
            hint = "is population.kind right, and does the raster declare its value of no data?"
            raise ConfigError("holds more persons than live on Earth", where=self.path, hint=hint)
        return Tally(persons, inhabited, negative, height * width - inhabited - negative)

    def pixels(self, window: int = WINDOW) -> Iterator[Pixels]:
        """All inhabited pixels, window after window, each of about so many pixels."""
        with _opened(self.path) as file:
            for part in self._windows(window):
                yield self._inhabited(_values(file, part), part)

    def _windows(self, pixels: int) -> Iterator[Window]:
        """Whole blocks of the file where they are small enough: a block is decompressed as a whole."""
        (height, width), (block_rows, block_columns) = self.plane.shape, self._block
        columns = min(width, max(pixels // block_rows // block_columns * block_columns, min(block_columns, pixels)))
        rows = max(1, pixels // columns)
        rows = rows // block_rows * block_rows or rows
        for top in range(0, height, rows):
            for left in range(0, width, columns):
                yield Window(left, top, min(columns, width - left), min(rows, height - top))

    def _inhabited(self, values: Floats, window: Window) -> Pixels:
        rows, columns = np.nonzero(values > 0)  # false for not a number
        persons = values[rows, columns]
        rows, columns = rows + int(window.row_off), columns + int(window.col_off)
        if self.kind == "density":
            persons = persons * self.plane.km2(rows, columns)
        return Pixels(rows, columns, persons)


def fingerprint(path: str) -> str:
    """The SHA-256 of the file, in hexadecimal: another raster is another one, wherever and whenever it was put there.

    Raises:
        ConfigError: there is no such file.
    """
    try:
        with Path(path).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise _missing(path) from error


def _missing(path: str) -> ConfigError:
    what = "is no file on this machine" if "://" in path else "there is no such file, or it may not be read"
    return ConfigError(what, where=path, hint="population.path names a GeoTIFF on the machine that runs sojourn")


@contextmanager
def _opened(path: str) -> Iterator[Any]:
    if not Path(path).is_file():
        raise _missing(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NotGeoreferencedWarning)  # it is refused, with a hint
            file = rasterio.open(path)
        with file:
            yield file
    except RasterioError as error:
        hint = "population.path names a GeoTIFF that is whole"
        raise ConfigError("cannot be read as a raster", where=path, hint=hint) from error


def _values(file: Any, window: Window) -> Floats:
    """The numbers of one window, shape (rows, columns), scaled as the file says; not a number where it has none."""
    raw = file.read(1, window=window, masked=True)
    values: Floats = raw.astype(np.float64).filled(np.nan) * file.scales[0] + file.offsets[0]
    values[~np.isfinite(values)] = np.nan
    return values


def _plane(file: Any) -> Plane:
    crs, grid, degrees = file.crs, tuple(file.transform)[:6], "EPSG:4326"
    if crs.to_epsg() == 4326:
        return Plane(file.shape, grid, None, None, True)
    there, back = partial(_transformed, crs, degrees), partial(_transformed, degrees, crs)
    return Plane(file.shape, grid, there, back, bool(crs.is_geographic))


def _transformed(source: Any, target: Any, x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Places in another CRS; infinite where it has none. rasterio refuses all for one, so that one is looked for."""
    try:
        xs, ys = rasterio.warp.transform(source, target, x, y)
    except Exception:  # GDAL's errors have no class that rasterio makes public
        if len(x) < 2:
            return np.full(len(x), np.inf), np.full(len(y), np.inf)
        half = len(x) // 2
        parts = [_transformed(source, target, x[part], y[part]) for part in (slice(half), slice(half, None))]
        return np.concatenate([p[0] for p in parts]), np.concatenate([p[1] for p in parts])
    return np.asarray(xs, dtype=np.float64), np.asarray(ys, dtype=np.float64)


def write_geotiff(
    path: Path, values: npt.NDArray[np.float32], west: float, north: float, pixel_deg: float, *, nodata: float
) -> None:
    """Writes one band in EPSG:4326.

    Args:
        path: the file; one that is there is replaced.
        values: shape (rows, columns), rows from north to south.
        west: longitude of the left edge of the first column, degrees.
        north: latitude of the upper edge of the first row, degrees.
        pixel_deg: side of a pixel, degrees.
        nodata: the value that stands for no value.
    """
    rows, columns = values.shape
    grid = rasterio.transform.from_origin(west, north, pixel_deg, pixel_deg)
    profile = {"driver": "GTiff", "width": columns, "height": rows, "count": 1, "dtype": values.dtype.name}
    with rasterio.open(
        path,
        "w",
        **profile,
        crs="EPSG:4326",
        transform=grid,
        nodata=nodata,
        compress="deflate",
        predictor=3,
        tiled=True,
    ) as file:
        file.write(values, 1)
