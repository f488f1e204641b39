"""Who lives where, by the country of the SIM."""

from sojourn.table import ERRORS, Table
from sojourn.table import Column as C

RESIDENTS_BY_ORIGIN = Table(
    "residents_by_origin",
    "Devices with a home in one zone, by the country of their SIM.",
    tier="published",
    key=("month", "zone", "home_country"),
    partition=("month",),
    unit="month",
    columns=(
        C("month", "date", "first day of the month"),
        C("zone", "string", "administrative area of the home"),
        C("home_country", "string", "country of the SIM, not citizenship"),
        C("devices", "bigint", "devices, perturbed"),
        C("persons", "double", "persons they stand for; null: no population raster", null=True),
        C("obs_status", "string", "A normal, P provisional", among=("A", "P")),
        *ERRORS,
    ),
)
