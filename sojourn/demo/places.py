"""Facts about Luxembourg and the countries its people go to; all networks and numbers are such as no one is given.

Towns are real (municipal populations of 2024, rounded). The networks are free mobile network codes under each
country's real mobile country code, and the telephone prefixes are unassigned under its real calling code (for GB:
Ofcom's range for drama), so that a country can be read off an identifier and no subscriber can be behind it.
"""

from dataclasses import dataclass

OWN_PLMN, OTHER_HOME_PLMN = "27096", "27093"
OWN_PHONE_PREFIX, HOME_PEER_PREFIX = "35260", "35210"
SHIP_PLMN = "90198"  # a network of no country
ZONE = "Europe/Luxembourg"


@dataclass(frozen=True)
class Country:
    """A country people go to or come from: its networks, its clock and a telephone prefix that no one is given."""

    code: str
    plmns: tuple[str, ...]
    zone: str
    phone_prefix: str
    neighbour_share: float  # of those who commute over the border
    far_share: float  # of those who travel, work or live elsewhere


@dataclass(frozen=True)
class Town:
    """A town: WGS 84 degrees, persons, and the canton whose seat it is, if any."""

    name: str
    latitude: float
    longitude: float
    persons: int
    canton: str = ""


HOME = 0  # index of Luxembourg in COUNTRIES
COUNTRIES = (
    Country("LU", (OWN_PLMN,), ZONE, HOME_PEER_PREFIX, 0, 0),
    Country("BE", ("20696", "20695"), "Europe/Brussels", "3220", 0.26, 0.12),
    Country("DE", ("26296", "26295"), "Europe/Berlin", "4910", 0.26, 0.14),
    Country("FR", ("20884", "20883"), "Europe/Paris", "3390", 0.48, 0.18),
    Country("PT", ("26897",), "Europe/Lisbon", "35110", 0, 0.22),
    Country("NL", ("20496",), "Europe/Amsterdam", "3199", 0, 0.05),
    Country("IT", ("22296",), "Europe/Rome", "", 0, 0.07),
    Country("GB", ("23496",), "Europe/London", "442079460", 0, 0.04),
    Country("CH", ("22896",), "Europe/Zurich", "4110", 0, 0.03),
    Country("ES", ("21497",), "Europe/Madrid", "3410", 0, 0.06),
    Country("PL", ("26096",), "Europe/Warsaw", "4810", 0, 0.03),
    Country("RO", ("22696",), "Europe/Bucharest", "4010", 0, 0.03),
    Country("XK", ("22196",), "Europe/Belgrade", "38310", 0, 0.02),
    Country("CV", ("62596",), "Atlantic/Cape_Verde", "23810", 0, 0.01),
)

TOWNS = (
    Town("Luxembourg", 49.6116, 6.1319, 134_700, "LU"),
    Town("Esch-sur-Alzette", 49.4958, 5.9806, 37_000, "ES"),
    Town("Differdange", 49.5242, 5.8914, 30_000),
    Town("Dudelange", 49.4806, 6.0875, 22_000),
    Town("Pétange", 49.5583, 5.8806, 20_900),
    Town("Sanem", 49.5481, 5.9286, 19_000),
    Town("Hesperange", 49.5681, 6.1514, 16_800),
    Town("Bettembourg", 49.5186, 6.1028, 11_500),
    Town("Schifflange", 49.5064, 6.0128, 11_500),
    Town("Bascharage", 49.5653, 5.9122, 11_000),
    Town("Mersch", 49.7489, 6.1061, 10_300, "ME"),
    Town("Mamer", 49.6275, 6.0233, 10_900),
    Town("Strassen", 49.6206, 6.0733, 10_700),
    Town("Ettelbruck", 49.8475, 6.1042, 9_900),
    Town("Bertrange", 49.6111, 6.0500, 9_000),
    Town("Junglinster", 49.7106, 6.2481, 8_800),
    Town("Wiltz", 49.9656, 5.9342, 7_900, "WI"),
    Town("Diekirch", 49.8678, 6.1558, 7_200, "DI"),
    Town("Clervaux", 50.0547, 6.0314, 6_000, "CL"),
    Town("Echternach", 49.8117, 6.4217, 5_900, "EC"),
    Town("Rumelange", 49.4600, 6.0306, 5_700),
    Town("Steinsel", 49.6769, 6.1239, 5_600),
    Town("Mondorf-les-Bains", 49.5069, 6.2814, 5_500),
    Town("Grevenmacher", 49.6806, 6.4408, 5_200, "GR"),
    Town("Wasserbillig", 49.7133, 6.5000, 5_000),
    Town("Rambrouch", 49.8297, 5.8447, 4_700),
    Town("Remich", 49.5450, 6.3669, 4_000, "RM"),
    Town("Troisvierges", 50.1211, 6.0006, 3_500),
    Town("Redange", 49.7653, 5.8894, 3_300, "RD"),
    Town("Larochette", 49.7847, 6.2189, 2_300),
    Town("Vianden", 49.9350, 6.2089, 2_300, "VD"),
    Town("Capellen", 49.6442, 5.9908, 1_600, "CA"),
)

NEAR_TOWNS = {  # where those who come over the border to work live
    "BE": ((49.6833, 5.8167), (50.0000, 5.7150), (50.2800, 6.1270)),  # Arlon, Bastogne, Sankt Vith
    "DE": ((49.7557, 6.6394), (49.9670, 6.5270), (49.6090, 6.5510)),  # Trier, Bitburg, Saarburg
    "FR": ((49.3578, 6.1683), (49.5200, 5.7610), (49.3190, 6.0500)),  # Thionville, Longwy, Fameck
}
