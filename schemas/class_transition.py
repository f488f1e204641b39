"""What became of those who live in two countries, from one year to the next."""

from schemas.transnationals import CLASSES
from sojourn.table import Column as C
from sojourn.table import Table

ABSENT, ALL = "absent", "*"

CLASS_TRANSITION = Table(
    "class_transition",
    "Devices of one class in one year and of one in the year after, by country of the SIM and of the stays.",
    tier="published",
    key=("as_of", "home_country", "country", "class_from", "class_to"),
    partition=("month",),
    unit="month",
    columns=(
        C("month", "date", "first day of the month with which the second year ends"),
        C("as_of", "date", "last day of the second year"),
        C("home_country", "string", "country of the SIM; _unknown: international network"),
        C("country", "string", "country of the stays; *: all foreign countries together"),
        C("class_from", "string", "class of the first year; absent: no visit in it", among=(*CLASSES, ABSENT)),
        C(
            "class_to",
            "string",
            "class of the second year; absent: no visit in it, or no sign at all; *: whichever",
            among=(*CLASSES, ABSENT, ALL),
        ),
        C("devices", "bigint", "devices, perturbed"),
        C("persons", "double", "persons they stand for; null: no population raster", null=True),
        C(
            "probability",
            "double",
            "of class_to given class_from, by the perturbed counts; null: first seen in the second year, or the whole "
            "is not shown",
            null=True,
        ),
        C("confirmed", "boolean", "true: transnational in two consecutive years; null: all else", null=True),
        C("obs_status", "string", "A normal, P provisional", among=("A", "P")),
    ),
)
