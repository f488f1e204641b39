"""What is known of devices at the beginning of a month, so that no night has to look back further."""

from sojourn.table import Column as C
from sojourn.table import Table

COUNTRY_SINCE = Table(
    "country_since",
    "The last stay of a device, at home or abroad, before the newest month began that no landing day can change.",
    tier="restricted",
    key=("month", "device"),
    partition=("month",),
    unit="month",
    columns=(
        C("month", "date", "first day of the month; only signs before its midnight, by the home clock, count"),
        C("device", "bigint", "pseudonym"),
        C("date", "date", "local date of the last sign"),
        C("home_country", "string", "country of the SIM; null: international network", null=True),
        C("country", "string", "country of the stay"),
        C("first_at", "timestamp", "instant of the first sign of the stay, UTC"),
        C("last_at", "timestamp", "instant of the last, UTC"),
        C("last_cell", "bigint", "cell of the last sign; null abroad", null=True),
        C(
            "from_country",
            "string",
            "of those who are away, the country of the stay before; null: not known",
            null=True,
        ),
        C("from_at", "timestamp", "instant of its last sign, UTC", null=True),
        C("absent_since", "timestamp", "of those who are away, the first sign of their absence, UTC", null=True),
    ),
)
