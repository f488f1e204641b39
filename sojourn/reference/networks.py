"""Which country a mobile network belongs to: ITU-T E.212, MCC and MNC.

`mcc.csv` has every country code in use with the country it is allocated to, the main one where it serves several
(340 Guadeloupe, 362 Curaçao, 647 Réunion, 234 the United Kingdom); international networks (901, 902) have none, test
codes (001, 999) are not in it, and 289 is Abkhazia's, which ITU has not allocated. `plmn.csv` has the networks of
another country than their MCC's: the Crown dependencies, Åland, Palestine, Norfolk Island, the United States'
territories and the like; networks that serve several territories at once stay with the main country.

Sources: four public lists, reconciled by majority: mcc-mnc-list 1.1.11 (npm), mobile-codes 0.7 (PyPI),
musalbas/mcc-mnc-table (GitHub), mobile-broadband-provider-info 20230416 (Debian); a test holds both tables against
them. 332, 406, 461, 534 and 535 are in none of these: ITU allocations without a network, as in Android's MccTable.
"""

import functools

from sojourn.reference.tables import rows


@functools.cache
def mcc_countries() -> dict[str, str | None]:
    """Every MCC (three digits as text) with its main country; None for international networks."""
    return {mcc: country or None for mcc, country in rows("mcc.csv")}


@functools.cache
def plmn_exceptions() -> dict[str, str]:
    """PLMNs (five or six digits as text) whose country is not their MCC's."""
    return dict(rows("plmn.csv"))


def country_of_plmn(plmn: str) -> str | None:
    """The country of a network, MCC and MNC in five or six digits; None where international or unknown."""
    return plmn_exceptions().get(plmn) or mcc_countries().get(plmn[:3])


def known_mcc(mcc: str) -> bool:
    """Whether the country code is in use, international ones included."""
    return mcc in mcc_countries()
