"""How many live, work or stay in another country, by zone and class."""

from schemas.transnationals import CLASSES
from sojourn.table import ERRORS, Table
from sojourn.table import Column as C

TRANSNATIONAL_STOCKS = Table(
    "transnational_stocks",
    "Devices of one class, by zone, country of the SIM and country of the stays.",
    tier="published",
    key=("as_of", "zone", "home_country", "country", "class"),
    partition=("month",),
    unit="month",
    reach=365,
    columns=(
        C("month", "date", "first day of the month"),
        C("as_of", "date", "last day looked at"),
        C("zone", "string", "home zone (outbound) or night zone (inbound); _unknown: none"),
        C("home_country", "string", "country of the SIM; _unknown: international network"),
        C("country", "string", "country of the stays; *: all foreign countries together"),
        C("class", "string", "as in `transnationals`", among=CLASSES),
        C("devices", "bigint", "devices, perturbed"),
        C("persons", "double", "persons they stand for; null: no population raster", null=True),
        C("nights", "bigint", "their nights there"),
        C("obs_status", "string", "A normal, P provisional", among=("A", "P")),
        *ERRORS,
    ),
)
