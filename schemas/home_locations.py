"""Where each device spends its nights."""

from sojourn.table import Column as C
from sojourn.table import Table

STATUSES = ("too_few_nights", "abroad", "home", "unlocatable")

HOME_LOCATIONS = Table(
    "home_locations",
    "Where one device spent its nights, up to the end of one month.",
    tier="restricted",
    key=("month", "device"),
    partition=("month",),
    unit="month",
    columns=(
        C("month", "date", "first day of the month"),
        C("device", "bigint", "pseudonym"),
        C("home_country", "string", "country of the SIM; null: international network", null=True),
        C(
            "cell",
            "bigint",
            "H3 index with most nights, then hours, then latest; null: never in a cell at night",
            null=True,
        ),
        C("nights", "int", "nights seen at the cell or, with ring 1, its neighbours"),
        C("observed_nights", "int", "nights with a located sign, here or abroad"),
        C("abroad_nights", "int", "nights with a sign abroad"),
        C(
            "core_nights",
            "int",
            "nights with a sign in this country in their middle hours; null: built by a release that did not look",
            null=True,
        ),
        C("share", "double", "nights / observed_nights"),
        C("status", "string", "what that makes it", among=STATUSES),
        C("provisional", "boolean", "true: the month is not closed, or days of the window are still to land"),
    ),
)
