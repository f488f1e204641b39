"""Who lives, works or stays in another country than that of the SIM."""

from sojourn.table import Column as C
from sojourn.table import Table

CLASSES = ("visitor", "commuter", "seasonal", "transnational", "long_stayer")

TRANSNATIONALS = Table(
    "transnationals",
    "What one device's stays in one foreign country, or in all of them together, make it.",
    tier="restricted",
    key=("as_of", "device", "country"),
    partition=("month",),
    unit="month",
    columns=(
        C("month", "date", "first day of the month"),
        C("as_of", "date", "last day looked at: the month's last, or the newest landing day before it"),
        C("device", "bigint", "pseudonym"),
        C("home_country", "string", "country of the SIM; null: international network", null=True),
        C("country", "string", "country of the stays; *: all foreign countries together"),
        C("nights", "int", "nights there"),
        C("visits", "int", "overnight and same-day stays, transit left out"),
        C("longest_nights", "int", "nights of the longest unbroken stay"),
        C("weekday_share", "double", "of the visits, those that began on Monday to Friday", null=True),
        C("days_covered", "int", "days looked at, the same for all devices"),
        C("class", "string", "the first rule that fits", among=CLASSES),
        C("provisional", "boolean", "true: fewer than 365 days, or the month is not closed"),
    ),
)
