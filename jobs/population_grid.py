"""The persons of a population raster, cell by cell."""

from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd

from schemas import POPULATION_GRID
from sojourn.cells import centre_of, km2, text
from sojourn.errors import ConfigError
from sojourn.methods.gridding import cells_expected, gridded
from sojourn.rasters import Population
from sojourn.shapes import Zones, zone_of

READS, WRITES, EVERY = (), POPULATION_GRID, "source"


@dataclass(frozen=True)
class Params:
    """How a raster becomes cells.

    `edge_pixels`: from so many pixels along a cell's edge on, all persons of a pixel go to the cell that holds its
    middle; below, by area (at 4.3 pixels middles put 1.4 % of Vietnam in the wrong cell, at 0.6 they put 15 %).
    `most_cells`: more rows are refused before they are made, for they lie in memory, and pixels that are spread over
    thousands of cells each tell nothing about them.
    """

    edge_pixels: float = 5.0
    most_cells: int = 30_000_000

    def __post_init__(self) -> None:
        for name, least in (("edge_pixels", 0.0), ("most_cells", 1)):
            if not getattr(self, name) >= least:
                raise ConfigError(f"must be {least:g} or more", where=f"tables.population_grid.{name}")


def transform(raster: Population, zones: Zones | None, resolution: int, year: int, p: Params) -> pd.DataFrame:
    """Rows of `population_grid`, by cell: those with persons, and none lost (method: sojourn/methods/gridding.py).

    Args:
        raster: read by windows, while cells are summed up.
        zones: administrative areas, or None.
        resolution: H3.
        year: of the raster.
        p: parameters.

    Raises:
        ConfigError: the raster is damaged, or too coarse for the resolution.
    """
    expected = cells_expected(raster, resolution)
    if expected > p.most_cells:
        what = f"{resolution} would make about {expected:,.0f} cells of a raster of {raster.tally.inhabited:,} pixels"
        hint = f"a coarser resolution or a finer raster; tables.population_grid.most_cells is {p.most_cells:,}"
        raise ConfigError(what, where="resolution", hint=hint)
    cells, persons = gridded(raster, resolution, p.edge_pixels)
    zone = np.full(len(cells), None, dtype=object) if zones is None else zone_of(zones, *centre_of(cells))
    columns = {
        "cell": cells,
        "h3": text(cells),
        "population": persons,
        "area_km2": km2(cells),
        "zone": zone,
        "year": np.full(len(cells), year, dtype=np.int32),
    }
    return pd.DataFrame(columns)[POPULATION_GRID.given]


def told(raster: Population) -> pd.DataFrame:
    """What the raster itself holds, by a reading of its own: one row for the checks, beside the rows made of it.

    Columns: persons, and the number of pixels that are inhabited, negative and empty.
    """
    return pd.DataFrame([asdict(raster.tally)])
