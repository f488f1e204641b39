"""In which countries a device spent the nights of a month."""

from sojourn.table import Column as C
from sojourn.table import Table

COUNTRY_NIGHTS = Table(
    "country_nights",
    "The nights that one device spent in one country in one month, as bits of a number.",
    tier="restricted",
    key=("month", "device", "country"),
    partition=("month",),
    unit="month",
    columns=(
        C("month", "date", "first day of the month"),
        C("device", "bigint", "pseudonym"),
        C("home_country", "string", "country of the SIM; null: international network", null=True),
        C("country", "string", "country in which it was at 04:00, by the clock of that country"),
        C("nights", "int", "bit d set: the night that began on day d + 1 of the month was spent there"),
        C("tac", "string", "handset model that most events of the month name; null: none does", null=True),
        C("provisional", "boolean", "true: the month is not closed"),
    ),
)
