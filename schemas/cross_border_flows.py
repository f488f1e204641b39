"""Who went where: trips from home zones to countries."""

from sojourn.table import ERRORS, Table
from sojourn.table import Column as C

CROSS_BORDER_FLOWS = Table(
    "cross_border_flows",
    "Trips from one zone to one country that ended in one month.",
    tier="published",
    key=("month", "from_zone", "to_country"),
    partition=("month",),
    unit="month",
    columns=(
        C("month", "date", "first day of the month in which the trips ended"),
        C("from_zone", "string", "home zone in that month; _unknown: no home, or a foreign SIM"),
        C("to_country", "string", "country of the trips, ISO 3166-1 alpha-2"),
        C("devices", "bigint", "devices, perturbed"),
        C("persons", "double", "persons they stand for; null: no population raster", null=True),
        C("trips", "bigint", "trips, transit left out"),
        C("nights", "bigint", "nights of these trips"),
        C("obs_status", "string", "A normal, P provisional", among=("A", "P")),
        *ERRORS,
    ),
)
