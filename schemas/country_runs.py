"""Unbroken series of signs of a device in one country within a day."""

from sojourn.table import Column as C
from sojourn.table import Table

COUNTRY_RUNS = Table(
    "country_runs",
    "One unbroken series of signs of a device in one country within a date.",
    tier="restricted",
    key=("date", "device", "first_at"),
    partition=("date",),
    columns=(
        C("date", "date", "calendar day, local to the cell; abroad: to home.time_zone"),
        C("device", "bigint", "pseudonym"),
        C("home_country", "string", "country of the SIM; null: international network", null=True),
        C("country", "string", "country of every sign of the run"),
        C("serving_plmn", "string", "network of the first sign; null: own network of several", null=True),
        C("first_at", "timestamp", "instant of the first sign, UTC"),
        C("last_at", "timestamp", "instant of the last sign, UTC"),
        C("first_cell", "bigint", "H3 index of the first sign that has one; null: abroad", null=True),
        C("last_cell", "bigint", "H3 index of the last sign that has one; null: abroad", null=True),
        C("n_events", "bigint", "events"),
    ),
)
