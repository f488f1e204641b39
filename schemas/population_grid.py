"""Persons by place, out of a satellite-based raster."""

from sojourn.table import Column as C
from sojourn.table import Table

POPULATION_GRID = Table(
    "population_grid",
    "The persons of the population raster in one H3 cell.",
    tier="published",
    key=("cell",),
    unit="",
    columns=(
        C("cell", "bigint", "H3 index at the base resolution"),
        C("h3", "string", "the same as the usual hexadecimal text"),
        C("population", "double", "persons"),
        C("area_km2", "double", "true area of the cell, km²: at one resolution it varies by a factor of two"),
        C("zone", "string", "administrative area that holds the centre, else the nearest; null: none given", null=True),
        C("year", "int", "year of the raster"),
    ),
)
