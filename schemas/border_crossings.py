"""Two successive signs of a device in different countries."""

from sojourn.table import Column as C
from sojourn.table import Table

BORDER_CROSSINGS = Table(
    "border_crossings",
    "One change of country of a device, between two of its successive signs.",
    tier="restricted",
    key=("device", "at"),
    partition=("date",),
    columns=(
        C("date", "date", "calendar day of the sign after the crossing, as in `country_runs`"),
        C("device", "bigint", "pseudonym"),
        C("home_country", "string", "country of the SIM; null: international network", null=True),
        C("from_country", "string", "country of the sign before"),
        C("to_country", "string", "country of the sign after"),
        C("at", "timestamp", "instant of the sign after, UTC"),
        C("last_cell", "bigint", "H3 index of the last home cell before leaving; null: came from abroad", null=True),
        C("first_cell", "bigint", "H3 index of the first home cell after returning; null: went abroad", null=True),
        C("gap_hours", "double", "hours between the two signs"),
        C(
            "accidental",
            "boolean",
            "true: of minutes abroad of the operator's own phone, between signs at home; null: never looked at",
            null=True,
        ),
        C("network", "string", "network of the sign after, MCC+MNC; null: at home, or not told", null=True),
    ),
)
