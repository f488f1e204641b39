"""Facts: which country a network or a phone number belongs to, and lands with a code of their own.

Each table is a CSV beside this file; the modules say where its facts come from. Countries are ISO 3166-1 alpha-2
(Kosovo XK).
"""

from sojourn.reference.networks import country_of_plmn, known_mcc, mcc_countries, plmn_exceptions
from sojourn.reference.numbers import peer_countries
from sojourn.reference.tables import rows

__all__ = ["country_of_plmn", "known_mcc", "mcc_countries", "peer_countries", "plmn_exceptions", "rows"]
