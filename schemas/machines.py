"""Which SIMs are machines, and by what signs."""

from sojourn.table import Column as C
from sojourn.table import Table

MACHINES = Table(
    "machines",
    "How likely one device is a machine, by the register and by its signs of the weeks up to the end of one month.",
    tier="restricted",
    key=("month", "device"),
    partition=("month",),
    unit="month",
    columns=(
        C("month", "date", "first day of the month"),
        C("device", "bigint", "pseudonym"),
        C("home_country", "string", "country of the SIM; null: international network", null=True),
        C("days_seen", "int", "dates of the window on which it was seen"),
        C("declared", "boolean", "true: of a segment of the subscriber register that is machines"),
        C("in_place", "boolean", "true: it did not move; null: too few dates, or no cell of it is seen", null=True),
        C("regular", "boolean", "true: as many events every date; null: too few dates", null=True),
        C(
            "punctual",
            "boolean",
            "true: regular, and seen in the same hours of the day; null: too few dates",
            null=True,
        ),
        C("sleepless", "boolean", "true: seen by night as by day; null: too few dates", null=True),
        C("radius_m", "double", "radius of gyration of its hours, metres; null: no cell of it is seen", null=True),
        C("dispersion", "double", "variance over mean of its events a date, the lowest dates left out", null=True),
        C(
            "same_hours",
            "double",
            "of an hour it is seen in, dates on which it is / dates; null: not regular",
            null=True,
        ),
        C("night_share", "double", "hours seen from night_from to night_to over all hours seen"),
        C("p_machine", "double", "probability that it is a machine, 0 to 1"),
        C("provisional", "boolean", "true: the month has not closed"),
    ),
)
