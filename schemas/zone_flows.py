"""Who stays where: residents of one place in a zone that is not their own."""

from sojourn.table import Column as C
from sojourn.table import Table

ZONE_FLOWS = Table(
    "zone_flows",
    "Devices that live in one place and stayed in another zone of the home country in one month.",
    tier="published",
    key=("month", "from_country", "from_zone", "to_zone"),
    partition=("month",),
    unit="month",
    columns=(
        C("month", "date", "first day of the month"),
        C("from_country", "string", "country of the SIM; _unknown: international network"),
        C("from_zone", "string", "home zone in that month; null: a foreign SIM", null=True),
        C("to_zone", "string", "zone of the stays"),
        C("devices", "bigint", "devices, perturbed"),
        C("persons", "double", "persons they stand for; null: no population raster", null=True),
        C("days", "bigint", "days of which they spent the most hours there, of all that is not their own zone"),
        C(
            "asymmetry",
            "double",
            "(F - F') / (F + F'), F the devices, F' those the other way (of a country: in `cross_border_flows`); "
            "null: one of the two is not published",
            null=True,
        ),
        C("obs_status", "string", "A normal, P provisional", among=("A", "P")),
    ),
)
