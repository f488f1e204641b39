import csv
import json
import random
from collections import Counter, defaultdict
from pathlib import Path
from xml.etree import ElementTree

import phonenumbers
import pyarrow as pa
import pytest
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from sojourn.reference import country_of_plmn, e164, known_mcc, mcc_countries, peer_countries, plmn_exceptions
from sojourn.reference.numbers import e164_prefixes
from sojourn.shapes import country_shapes

LISTS = Path(__file__).parents[3] / "shared/data/mcc_mnc"
needs_lists = pytest.mark.skipif(not LISTS.exists(), reason="the MCC/MNC lists are not at ../shared/data/mcc_mnc")

# Codes of several countries, where we follow ITU (Guadeloupe, Curaçao) and not the first that most lists name.
KNOWN_DISAGREEMENT = {"340", "362"}


def countries_of(numbers):
    return peer_countries(pa.array(numbers, pa.string())).to_pylist()


@pytest.mark.parametrize(
    ("plmn", "country"),
    [
        ("27001", "LU"), ("310260", "US"), ("310032", "GU"), ("23415", "GB"), ("23455", "GG"), ("23450", "JE"),
        ("23458", "IM"), ("22101", "XK"), ("42505", "PS"), ("42501", "IL"), ("34001", "GP"), ("34012", "MQ"),
        ("64700", "RE"), ("64701", "YT"), ("24414", "AX"), ("24405", "FI"), ("50510", "NF"), ("36276", "BQ"),
        ("28967", "GE"), ("90128", None), ("00101", None), ("99999", None), ("", None), ("xyz", None),
    ],
)  # fmt: skip
def test_the_country_of_a_network(plmn, country):
    assert country_of_plmn(plmn) == country


def test_an_international_network_is_known_and_of_no_country():
    assert mcc_countries()["901"] is None
    assert known_mcc("901")
    assert known_mcc("270")
    assert not any(known_mcc(m) for m in ("001", "999", "000", "27", ""))


def test_the_tables_are_tidy():
    codes = set(country_shapes()[0]) | {"BQ", "GF", "GP", "MQ", "RE", "YT", "TK", "GI"}
    assert all(len(m) == 3 and m.isdigit() for m in mcc_countries())
    assert {c for c in mcc_countries().values() if c} <= codes
    assert set(plmn_exceptions().values()) <= codes
    for plmn, country in plmn_exceptions().items():
        assert len(plmn) in (5, 6)
        assert mcc_countries()[plmn[:3]] not in (None, country)
    assert list(mcc_countries()) == sorted(mcc_countries())
    assert list(plmn_exceptions()) == sorted(plmn_exceptions())


def lists():
    """For each list: MCC to how many of its networks it gives to each country."""
    wikipedia, scraped, gnome, older = (defaultdict(Counter) for _ in range(4))
    for r in json.loads((LISTS / "mcc-mnc-list_1.1.11.json").read_text()):
        wikipedia[r["mcc"]][(r["countryCode"] or "")[:2]] += 1
    with (LISTS / "musalbas_mcc-mnc-table.csv").open() as file:
        for r in csv.DictReader(file):
            scraped[r["MCC"]][r["ISO"].upper()] += 1
    tree = ElementTree.parse(LISTS / "mobile-broadband-provider-info_serviceproviders.xml")
    for country in tree.getroot().iter("country"):
        for network in country.iter("network-id"):
            gnome[network.get("mcc")][country.get("code").upper()] += 1
    for _, iso2, _, _, mccs in json.loads((LISTS / "mobile_codes_0.7_countries.json").read_text()):
        for mcc in mccs if isinstance(mccs, list) else [mccs]:
            older[mcc][iso2] += 1
    return wikipedia, scraped, gnome, older


@needs_lists
def test_every_mcc_of_the_lists_has_the_country_most_of_them_say():
    said = lists()
    mccs = {m for s in said for m in s if m} - {"001", "902", "991", "995", "999"}
    assert mccs <= set(mcc_countries())
    assert len(mccs) > 230
    wrong = set()
    for mcc in mccs - {"901"}:
        votes = Counter(s[mcc].most_common(1)[0][0] for s in said if s[mcc])
        if votes[mcc_countries()[mcc]] < max(votes.values()):
            wrong.add(mcc)
    assert wrong == KNOWN_DISAGREEMENT


@needs_lists
def test_every_exception_is_in_a_list():
    networks = defaultdict(set)
    for r in json.loads((LISTS / "mcc-mnc-list_1.1.11.json").read_text()):
        networks[r["mcc"] + r["mnc"]].add(r["countryCode"] or "")
        networks[r["mcc"] + r["mnc"]].add(str(r["notes"]))
        networks[r["mcc"] + r["mnc"]].add(str(r["operator"]))
    named = {"AX": "Åland", "XK": "Kosovo", "MQ": "Martinique", "GF": "Guyane", "BQ": "Bonaire", "SX": "Sint Maarten"}
    for plmn, country in plmn_exceptions().items():
        said = " ".join(networks[plmn])
        assert country in said or named[country] in said or (plmn, country) == ("36231", "BQ"), (plmn, said)


def examples():
    """The example number of every region and type, with the region phonenumbers gives it."""
    found = {}
    for region in sorted(phonenumbers.SUPPORTED_REGIONS):
        for kind in sorted(PhoneNumberType.values()):
            number = phonenumbers.example_number_for_type(region, kind)
            if number:
                country = phonenumbers.region_code_for_number(number)
                text = phonenumbers.format_number(number, PhoneNumberFormat.E164)
                found[text] = e164.ISO.get(country, country)
    return found


def test_peers_are_where_phonenumbers_says():
    expected = examples()
    assert len(expected) > 900
    got = dict(zip(expected, countries_of(list(expected)), strict=True))
    missed = {n: (c, got[n]) for n, c in expected.items() if got[n] != c}
    assert missed == {
        "+989601": ("IR", None),  # six digits: a short code, and those are no country's
        "+13101234": ("CA", "US"),  # seven digits that only work inside Canada; +1 310 abroad is Los Angeles
    }


def test_valid_numbers_of_shared_calling_codes_agree():
    draw, expected = random.Random(3), {}
    for code in (c for c, regions in phonenumbers.COUNTRY_CODE_TO_REGION_CODE.items() if len(regions) > 1):
        plan = phonenumbers.PhoneMetadata.metadata_for_region(phonenumbers.COUNTRY_CODE_TO_REGION_CODE[code][0])
        for _ in range(2000):
            length = draw.choice([n for n in plan.general_desc.possible_length if n + len(str(code)) <= 15])
            national = str(draw.randint(10 ** (length - 1), 10**length - 1))
            number = phonenumbers.PhoneNumber(country_code=code, national_number=int(national))
            region = phonenumbers.region_code_for_number(number)
            if region and len(f"{code}{national}") >= 7:
                expected[f"{code}{national}"] = e164.ISO.get(region, region)
    got = countries_of(list(expected))
    agree = sum(a == b for a, b in zip(got, expected.values(), strict=True))
    assert len(expected) > 5000
    assert agree / len(expected) > 0.999


@pytest.mark.parametrize(
    ("number", "country"),
    [
        ("+352621123456", "LU"), ("00352 621 123-456", "LU"), ("352621123456", "LU"), ("+1 (212) 555.0100", "US"),
        ("+38344123456", "XK"), ("+14165550100", "CA"), ("+77011234567", "KZ"), ("+447781123456", "GG"),
        ("112", None), ("+112", None), ("", None), (None, None), ("abc", None), ("35262112345x", None),
        ("1234567890123456", None), ("0621123456", None), ("+870773111632", None), ("+80012345678", None),
        ("+88213300655", None), ("+979123456789", None), ("+24740123", "SH"), ("+3906698123456", "VA"),
    ],
)  # fmt: skip
def test_the_country_of_a_peer(number, country):
    assert countries_of([number]) == [country]


def test_chunks_dictionaries_and_nothing_are_all_columns():
    column = pa.array(["+352621123456", None, "+3312345678"])
    assert peer_countries(pa.chunked_array([column, column])).to_pylist() == ["LU", None, "FR"] * 2
    assert peer_countries(column.dictionary_encode()).to_pylist() == ["LU", None, "FR"]
    assert peer_countries(column.cast(pa.large_string())).to_pylist() == ["LU", None, "FR"]
    assert len(peer_countries(pa.chunked_array([], pa.string()))) == len(peer_countries(pa.array([], pa.string()))) == 0
    assert peer_countries(pa.nulls(2, pa.string())).to_pylist() == [None, None]
    assert peer_countries(column).type == pa.dictionary(pa.int16(), pa.string())


def test_the_table_is_what_its_maker_makes():
    for code in (47, 290):
        ours = {p: c for p, c in e164_prefixes().items() if p.startswith(str(code)) and p != str(code)}
        assert ours == e164.shared(code)
    assert max(map(len, e164_prefixes())) <= e164.LONGEST
    assert not {p for p in e164_prefixes() if p.startswith(("800", "808", "870", "878", "88", "979"))} - {"880", "886"}
