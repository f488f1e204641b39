"""Which countries people call at night, from where."""

from sojourn.table import Column as C
from sojourn.table import Table

INTL_CALL_EXPOSURE = Table(
    "intl_call_exposure",
    "Calls and messages at night from one area to one foreign country in one month.",
    tier="published",
    key=("month", "area", "country"),
    partition=("month",),
    unit="month",
    columns=(
        C("month", "date", "first day of the month"),
        C("area", "string", "administrative area, or H3 index as text; *: all together"),
        C("country", "string", "country that was called, ISO 3166-1 alpha-2; *: all foreign countries together"),
        C("cell", "bigint", "H3 index of the area; null: an administrative area or all", null=True),
        C("h3", "string", "the same as the usual hexadecimal text; null: as `cell`", null=True),
        C("resolution", "int", "H3 resolution; cells of one resolution never overlap; null: as `cell`", null=True),
        C("devices", "bigint", "subscribers who called, perturbed"),
        C("calls", "bigint", "calls and messages they made at night"),
        C("share", "double", "of the area's calls to foreign countries; null: those are not shown", null=True),
        C("lq", "double", "location quotient: share over that of all areas; null: they are not shown", null=True),
        C("obs_status", "string", "A normal, P provisional", among=("A", "P")),
    ),
)
