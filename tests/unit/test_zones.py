"""The time zone of every country, against the database it comes from."""

from collections import defaultdict
from importlib import resources
from zoneinfo import ZoneInfo

from sojourn.demo.places import COUNTRIES
from sojourn.reference import mcc_countries, plmn_exceptions
from sojourn.reference.zones import zone_of_country, zones_of_countries

BY_HAND = {"AU", "BR", "CA", "PS", "RU", "UA", "UZ"}  # the first zone there is not the most populous
NO_CODE = {"XK": "Europe/Belgrade"}


def by_country():
    """Zones of each country in the order of zone.tab."""
    zones = defaultdict(list)
    text = (resources.files("tzdata") / "zoneinfo" / "zone.tab").read_text()
    for line in text.splitlines():
        if not line.startswith("#"):
            country, _, zone = line.split("\t")[:3]
            zones[country].append(zone)
    return zones


def test_every_row_is_what_the_time_zone_database_says():
    zones = by_country()
    assert set(zones_of_countries()) == set(zones) | set(NO_CODE)
    for country, zone in zones_of_countries().items():
        if country in NO_CODE:
            assert zone == NO_CODE[country]
        elif country in BY_HAND:
            assert zone in zones[country][1:], "no exception is one in vain"
        else:
            assert zone == zones[country][0]
        assert ZoneInfo(zone).key == zone
    assert list(zones_of_countries()) == sorted(zones_of_countries())


def test_the_exceptions_are_where_most_people_live():
    hand = {c: zone_of_country(c) for c in sorted(BY_HAND)}
    assert list(hand.values()) == [
        *("Australia/Sydney", "America/Sao_Paulo", "America/Toronto", "Asia/Hebron"),
        *("Europe/Moscow", "Europe/Kyiv", "Asia/Tashkent"),
    ]
    large = {"US": "America/New_York", "MX": "America/Mexico_City", "CN": "Asia/Shanghai", "ID": "Asia/Jakarta"}
    assert {c: zone_of_country(c) for c in large} == large


def test_every_country_that_has_a_network_has_a_zone():
    countries = {c for c in mcc_countries().values() if c} | set(plmn_exceptions().values())
    assert countries <= set(zones_of_countries())
    assert {c.code: c.zone for c in COUNTRIES} == {c.code: zone_of_country(c.code) for c in COUNTRIES}


def test_nobody_knows_the_zone_of_no_country():
    assert zone_of_country("ZZ") is None
    assert zone_of_country("") is None
