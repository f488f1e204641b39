"""How unevenly groups share places, and how mixed places are."""

from sojourn.table import Column as C
from sojourn.table import Table

DOMAINS = ("homes", "calls", "presence")
INDICES = (
    *("dissimilarity", "isolation", "exposure", "eta_squared", "theil"),
    *("shannon", "simpson", "effective_number"),
)

SEGREGATION = Table(
    "segregation",
    "One index of how unevenly a group shares places, or of how mixed a place is, in one month.",
    tier="published",
    key=("month", "domain", "area", "period", "origin", "index"),
    partition=("month",),
    unit="month",
    columns=(
        C("month", "date", "first day of the month"),
        C("domain", "string", "homes: by SIM; calls: by country called; presence: over the day", among=DOMAINS),
        C("area", "string", "administrative area; *: all of the country"),
        C("period", "string", "all, or of presence weekday or weekend and the local hour, such as weekday 08"),
        C("origin", "string", "country of the SIM, or called; visitors: foreign SIMs; *: all groups together"),
        C("index", "string", "which (docs/methods.md)", among=INDICES),
        C("value", "double", "the index"),
        C("expected", "double", "its mean if the group were allocated at random; null: of diversity", null=True),
        C("corrected", "double", "value less expected", null=True),
        C("units", "int", "places it is over; of diversity the groups"),
        C("obs_status", "string", "A normal, P provisional", among=("A", "P")),
    ),
)
