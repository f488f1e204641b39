"""Where each device was seen, hour by hour: the waist of the hourglass."""

from sojourn.table import Column as C
from sojourn.table import Table

PRESENCE = Table(
    "presence",
    "One device in one place on one day, with the hours in which it was seen there.",
    tier="restricted",
    key=("date", "device", "country", "cell"),
    partition=("date",),
    columns=(
        C("date", "date", "calendar day, local to the cell; abroad: to home.time_zone"),
        C("device", "bigint", "pseudonym"),
        C("country", "string", "country it was in"),
        C("cell", "bigint", "H3 index; null: abroad, or an antenna without usable coordinates", null=True),
        C("hours", "int", "bit h is set: seen in local hour h (0-23)"),
        C("n_events", "bigint", "events"),
        C("home_country", "string", "country of the SIM; null: international network", null=True),
    ),
)
