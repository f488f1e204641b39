"""How many people are where, hour by hour."""

from sojourn.table import Column as C
from sojourn.table import Table

POPULATION_MAP = Table(
    "population_map",
    "Residents and visitors in one H3 cell in one hour; cells of one hour never overlap.",
    tier="published",
    key=("date", "hour", "cell"),
    partition=("date",),
    columns=(
        C("date", "date", "calendar day, local"),
        C("hour", "int", "hour, 0-23, local"),
        C(
            "cell",
            "bigint",
            "H3 index, as fine as k devices behind it allow; null: all that remains",
            null=True,
        ),
        C("h3", "string", "the same as the usual hexadecimal text; null: all that remains", null=True),
        C("resolution", "int", "H3 resolution; null: all that remains", null=True),
        C("population", "double", "residents present, persons"),
        C(
            "visitors",
            "double",
            "persons with a foreign SIM; null: on fewer than k devices, counted in what remains",
            null=True,
        ),
        C("p05", "double", "lower end of the 90 % interval of the population"),
        C("p95", "double", "upper end of the 90 % interval of the population"),
        C("obs_status", "string", "A normal, P provisional homes, U unreliable", among=("A", "P", "U")),
    ),
)
