"""The plane of a raster: where its pixels lie on Earth, how large they are, and the way back."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sojourn.methods.surface import quadrilaterals_km2

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]
Projection = Callable[[Floats, Floats], tuple[Floats, Floats]]

CORNERS = np.array([(0, 0), (0, 1), (1, 1), (1, 0)], dtype=np.float64)  # of a pixel, in order: rows, columns
KM_PER_DEGREE = 111.195


@dataclass(frozen=True)
class Plane:
    """Rows and columns, with fractions: the middle of the pixel (i, j) is at (i + 0.5, j + 0.5).

    shape: rows and columns of the raster. grid: a to f, with x = a·column + b·row + c and y = d·column + e·row + f.
    to_degrees, from_degrees: x and y ↔ longitude and latitude (WGS 84), infinite where there is none; None: x and y are
    those. geographic: x is a longitude, of whatever datum.
    """

    shape: tuple[int, int]
    grid: tuple[float, ...]
    to_degrees: Projection | None
    from_degrees: Projection | None
    geographic: bool

    def degrees(self, rows: Floats, columns: Floats) -> tuple[Floats, Floats]:
        """Latitudes and longitudes of places in the raster; not finite where one is none on Earth."""
        x, y = self._xy(rows, columns)
        if self.to_degrees:
            x, y = self.to_degrees(x, y)
        return y, _around(0.0, x)

    def places(self, lat: Floats, lon: Floats) -> tuple[Floats, Floats]:
        """Rows and columns of places on Earth."""
        x, y = self.from_degrees(lon, lat) if self.from_degrees else (lon, lat)
        if self.geographic:  # the raster may run over the date line
            middle = self._xy(*(np.array([n / 2]) for n in self.shape))
            x = _around(float(middle[0][0]), x)
        a, b, c, d, e, f = self.grid
        x, y, size = x - c, y - f, a * e - b * d
        with np.errstate(invalid="ignore"):  # of places that are nowhere
            return (a * y - d * x) / size, (e * x - b * y) / size

    def middles(self, rows: Whole, columns: Whole) -> tuple[Floats, Floats]:
        """Latitudes and longitudes of the middles of pixels."""
        return self.degrees(np.add(rows, 0.5), np.add(columns, 0.5))

    def torn(self, rows: Floats, columns: Floats, first: Whole) -> npt.NDArray[np.bool_]:
        """Which rings of corners do not lie whole on the plane: a corner is nowhere, or two are far apart.

        Far is half way round the Earth; on a projected map, ten times the shortest side.

        Args:
            rows: of all corners, ring after ring, shape (m,).
            columns: likewise.
            first: where each ring begins, and m, shape (n + 1,).
        """
        after = np.arange(1, len(rows) + 1)
        after[first[1:] - 1] = first[:-1]
        with np.errstate(invalid="ignore"):
            leaps = np.hypot(rows[after] - rows, columns[after] - columns)
        a, b, _, d, e, _ = self.grid
        half_turn = 180 * np.hypot(e, d) / abs(a * e - b * d)
        far = half_turn if self.geographic else 10 * np.minimum.reduceat(leaps, first[:-1])
        whole: npt.NDArray[np.bool_] = np.maximum.reduceat(leaps, first[:-1]) < far
        return ~whole

    def km2(self, rows: Whole, columns: Whole) -> Floats:
        """The true area of each pixel, shape (n,)."""
        return quadrilaterals_km2(*self._corners(rows, columns))

    def side_km(self, rows: Whole, columns: Whole) -> Floats:
        """The longer side of each pixel, shape (n,); not a number where a corner is nowhere."""
        lat, lon = self._corners(rows, columns)
        with np.errstate(invalid="ignore"):
            up, east = np.diff(lat, axis=1), (np.diff(lon, axis=1) + 180) % 360 - 180
            sides: Floats = np.hypot(up, east * np.cos(np.radians(lat[:, 1:]))).max(axis=1) * KM_PER_DEGREE
        return sides

    def _xy(self, rows: Floats, columns: Floats) -> tuple[Floats, Floats]:
        a, b, c, d, e, f = self.grid
        return a * columns + b * rows + c, d * columns + e * rows + f

    def _corners(self, rows: Whole, columns: Whole) -> tuple[Floats, Floats]:
        down, right = rows[:, None] + CORNERS[:, 0], columns[:, None] + CORNERS[:, 1]
        lat, lon = self.degrees(down.ravel(), right.ravel())
        return lat.reshape(-1, 4), lon.reshape(-1, 4)


def _around(middle: float, lon: Floats) -> Floats:
    """Longitudes within half a turn of the middle; those that are so already stay as they are, to the last bit."""
    far = np.isfinite(lon) & (np.abs(lon - middle) > 180)
    return np.where(far, (np.where(far, lon, 0.0) - middle + 180) % 360 - 180 + middle, lon)
