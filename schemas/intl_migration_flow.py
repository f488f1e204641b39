"""How many came to live in another country, by every definition side by side."""

from sojourn.table import Column as C
from sojourn.table import Table

CURVE = tuple(f"min_{n}_months" for n in range(1, 13))  # the required length of stay as a curve
DEFINITIONS = ("1998_long_term", "1998_short_term", "2021_majority", "2021_continuous", *CURVE)
SERIES = ("observed", "with_silent", "linked")

INTL_MIGRATION_FLOW = Table(
    "intl_migration_flow",
    "Devices that arrived in one country in one year by one definition, as known at the end of one month.",
    tier="published",
    key=("month", "year", "direction", "country", "definition_id", "series"),
    partition=("month",),
    unit="month",
    columns=(
        C("month", "date", "first day of the month"),
        C("as_of", "date", "last night looked at; later months tell more of the same year"),
        C("year", "int", "calendar year of the arrivals"),
        C("direction", "string", "out: SIMs of ours went there; in: SIMs of that country came", among=("in", "out")),
        C("country", "string", "the other country; _unknown: international network"),
        C("definition_id", "string", "who counts as arrived: docs/methods.md", among=DEFINITIONS),
        C(
            "series",
            "string",
            "observed: the lower bound; with_silent: and those silent since they were last seen there, the upper "
            "bound (out); linked: observed, SIM switches followed (in)",
            among=SERIES,
        ),
        C("devices", "bigint", "devices, perturbed"),
        C("persons", "double", "persons they stand for; null: no population raster", null=True),
        C("nights", "bigint", "their nights there, of the 365 from the arrival on"),
        C("coverage", "double", "share of the nights judged that are known, mean of the devices"),
        C("obs_status", "string", "A final, P provisional: not yet 12 months before and after", among=("A", "P")),
    ),
)
