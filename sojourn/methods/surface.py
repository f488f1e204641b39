"""Areas on the Earth: of any quadrilateral, on the ellipsoid of WGS 84, without a projection."""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

AXIS_KM = 6378.137  # the equator's radius, WGS 84
E2 = 0.0066943799901413165  # square of the eccentricity, WGS 84


def quadrilaterals_km2(lat: Floats, lon: Floats) -> Floats:
    """The area of each quadrilateral in km², shape (n,), of corners in order in degrees, each of shape (n, 4).

    In the plane of longitude and authalic q, which keeps areas: between two latitudes and two longitudes the surface is
    a²/2 · Δλ · Δq (Snyder, Map Projections: A Working Manual, USGS Professional Paper 1395, 1987, eq. 3-12 and p. 77).
    A side is straight in that plane: parallels and meridians are, so that a pixel in degrees is exact; any other side
    is, to the extent that it is short.
    """
    sine, e = np.sin(np.radians(lat)), np.sqrt(E2)
    q = (1 - E2) * (sine / (1 - E2 * sine**2) + np.arctanh(e * sine) / e)
    x = np.radians((lon - lon[:, :1] + 180) % 360 - 180)  # the date line may run through it
    y = q - q[:, :1]
    (_, x1, x2, x3), (_, y1, y2, y3) = x.T, y.T
    area: Floats = np.abs(x1 * y2 - x2 * y1 + x2 * y3 - x3 * y2) * (AXIS_KM**2 / 4)
    return area
