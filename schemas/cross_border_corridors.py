"""Where, when and after how long a wait the home border is crossed."""

from sojourn.table import Column as C
from sojourn.table import Table

DIRECTIONS = ("out", "in")
PARTS = ("weekday_from", "weekday_to", "hour_from", "hour_to")
WAYS = ("all", "weekday", "hour", "cell", "zone", "zone_weekday", "network", "zone_network")

CROSS_BORDER_CORRIDORS = Table(
    "cross_border_corridors",
    "Crossings of the home border in one month, in one direction, broken down in one way.",
    tier="published",
    key=("month", "by", "direction", "country", "zone", "cell", "network", *PARTS),
    partition=("month",),
    unit="month",
    columns=(
        C("month", "date", "first day of the month of the sign after the crossing"),
        C("by", "string", "how it is broken down; rows of one `by` and zone are apart from each other", among=WAYS),
        C("direction", "string", "out of the home country, or into it", among=DIRECTIONS),
        C("country", "string", "country on the other side, ISO 3166-1 alpha-2"),
        C("zone", "string", "home zone of who crossed, _unknown: no home; null: all", null=True),
        C("cell", "bigint", "H3 index of the last antenna before (out), the first after (in); null: all", null=True),
        C("h3", "string", "the same, as usual text", null=True),
        C("resolution", "int", "H3 resolution of the cell", null=True),
        C("weekday_from", "int", "first day of the week, 1 Monday to 7 Sunday; null: all", null=True),
        C("weekday_to", "int", "last day of the week, itself included", null=True),
        C("hour_from", "int", "first local hour of the sign after, 0-23; null: all", null=True),
        C("hour_to", "int", "local hour at which it ends, 1-24", null=True),
        C("network", "string", "first network there, MCC+MNC, of those who left; null: all", null=True),
        C("devices", "bigint", "devices, perturbed"),
        C("persons", "double", "persons they stand for; null: no population raster", null=True),
        C("crossings", "bigint", "crossings"),
        C("gap_minutes", "bigint", "minutes between the signs before and after, each at most `gap_cap_hours`, summed"),
        C("obs_status", "string", "A normal, P provisional", among=("A", "P")),
    ),
)
