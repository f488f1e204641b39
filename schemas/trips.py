"""Stays of devices in countries that are not those of their SIMs."""

from sojourn.table import Column as C
from sojourn.table import Table

KINDS = ("overnight", "same_day", "transit")

TRIPS = Table(
    "trips",
    "One stay of a device in one country that is not the country of its SIM.",
    tier="restricted",
    key=("device", "departed_at"),
    partition=("month",),
    unit="month",
    columns=(
        C("device", "bigint", "pseudonym"),
        C("home_country", "string", "country of the SIM; null: international network", null=True),
        C("country", "string", "country of the stay"),
        C("departed_at", "timestamp", "instant of the first sign there, UTC"),
        C("last_at", "timestamp", "instant of the last sign there, UTC"),
        C(
            "returned_at",
            "timestamp",
            "first sign elsewhere, UTC; inbound: the last here, once silent for gap_hours; null: open",
            null=True,
        ),
        C(
            "nights",
            "int",
            "04:00s by the clock of the country up to returned_at; open: up to the last day built",
        ),
        C(
            "kind",
            "string",
            "transit: the longest stay that the signs allow is short; else by nights",
            among=KINDS,
        ),
        C("trip_id", "bigint", "the same for successive stays of one absence"),
        C("left_censored", "boolean", "true: no sign elsewhere before; the stay may have begun earlier"),
        C(
            "month",
            "date",
            "first day of the month in which its end was known, by the home clock; open: of the last day built",
        ),
        C(
            "accidental",
            "boolean",
            "true: minutes abroad of the operator's own phone, between signs at home; null: never looked at",
            null=True,
        ),
    ),
)
