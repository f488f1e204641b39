"""The time zone that most people of a country live in, for nights spent where no antenna tells the hour.

`zones.csv` has every country of ISO 3166-1 that has a zone. Source: `zone.tab` of the IANA time zone database (public
domain), where the first zone of a country is usually its most populous; by hand where it is not: AU (Sydney), BR (São
Paulo), CA (Toronto), PS (Hebron), RU (Moscow), UA (Kyiv), UZ (Tashkent); and XK, which has no code there, keeps the
time of Belgrade. A test holds all of it against the database. In a country of several zones a night may be an hour or
more off for those who are not in the main one.
"""

import functools

from sojourn.reference.tables import rows


@functools.cache
def zones_of_countries() -> dict[str, str]:
    """Every country (ISO 3166-1 alpha-2) with its main IANA time zone."""
    return dict(rows("zones.csv"))


def zone_of_country(iso2: str) -> str | None:
    """The main time zone of a country; None where nobody knows of one."""
    return zones_of_countries().get(iso2)
