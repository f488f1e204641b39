"""Who calls which foreign country from where."""

from sojourn.table import Column as C
from sojourn.table import Table

INTL_CALLS = Table(
    "intl_calls",
    "Calls and messages of one subscriber at home to one foreign country, from one cell in one hour.",
    tier="restricted",
    key=("date", "device", "hour", "cell", "peer_country"),
    partition=("date",),
    columns=(
        C("date", "date", "calendar day, local to the cell"),
        C("device", "bigint", "pseudonym"),
        C("hour", "int", "hour, 0-23, local to the cell"),
        C("cell", "bigint", "H3 index of the antenna"),
        C("peer_country", "string", "country that was called or written to, ISO 3166-1 alpha-2"),
        C("n_calls", "bigint", "calls and messages that were made"),
    ),
)
