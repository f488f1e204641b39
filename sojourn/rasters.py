"""GeoTIFFs. The only file that knows rasterio."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import rasterio


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
