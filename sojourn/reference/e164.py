"""Makes `e164.csv` (prefix, country): `python -m sojourn.reference.e164` after an update of phonenumbers.

The longest prefix that a number starts with names its country. Source: the metadata of the `phonenumbers` package
(Google's libphonenumber, Apache-2.0), asked number by number where several countries share a calling code: blocks of
up to eight digits, each tried with every continuation by two digits and every length. Ranges that nobody has been
given fall to the main country of their code; codes that are no country's (800, 870, 881 …) are not in the table.
"""

import random
from collections import Counter
from importlib import resources
from pathlib import Path

import phonenumbers
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE as REGIONS
from phonenumbers import PhoneMetadata

LONGEST = 8  # digits, calling code included: the Crown dependencies' mobile blocks need all of them
SURE = 3  # digits after the calling code that are always told apart before blocks may be merged
NO_COUNTRY = "001"  # the region of calling codes that are no country's
ISO = {"AC": "SH", "TA": "SH"}  # Ascension and Tristan da Cunha have regions of their own there, and none in ISO 3166-1


def _country(code: int, national: str) -> str | None:
    zeros = len(national) - len(national.lstrip("0"))
    number = phonenumbers.PhoneNumber(
        country_code=code, national_number=int(national), italian_leading_zero=zeros > 0, number_of_leading_zeros=zeros
    )
    region = phonenumbers.region_code_for_number(number)
    return ISO.get(region, region) if region else None


def _sample(code: int, block: str, lengths: set[int]) -> Counter[str]:
    """How many numbers of a block belong to each country: every pair of next digits, then random ones, fixed."""
    draw = random.Random(block)  # noqa: S311 - no secret, the same numbers every time
    found: Counter[str] = Counter()
    for length in lengths:
        rest = length - len(block) - 2
        if rest >= 0:
            for pair in range(100):
                end = "".join(draw.choices("0123456789", k=rest))
                country = _country(code, f"{block}{pair:02}{end}")
                found.update([country] if country else [])
    return found


def _blocks(code: int, block: str, lengths: set[int]) -> dict[str, str]:
    """Blocks of a shared calling code with their country; one block where all its numbers go to one country."""
    if len(block) >= SURE:
        found = _sample(code, block, lengths)
        if len(found) <= 1 or len(f"{code}{block}") >= LONGEST:
            return {block: found.most_common(1)[0][0]} if found else {}
    parts = {b: c for digit in "0123456789" for b, c in _blocks(code, block + digit, lengths).items()}
    countries = set(parts.values())
    return {block: countries.pop()} if len(countries) == 1 else parts


def shared(code: int) -> dict[str, str]:
    """The prefixes of a calling code of several countries that do not go to its main one, with their country."""
    main = REGIONS[code][0]
    plan = PhoneMetadata.metadata_for_region(main)
    lengths = set(plan.general_desc.possible_length) if plan and plan.general_desc else set()
    blocks = _blocks(code, "", lengths)
    return {f"{code}{block}": country for block, country in blocks.items() if country != ISO.get(main, main)}


def table() -> dict[str, str]:
    """Every prefix with its ISO 3166-1 alpha-2 country, sorted as text; none that says what a shorter one says."""
    prefixes: dict[str, str] = {}
    for code, regions in REGIONS.items():
        if regions[0] != NO_COUNTRY:
            prefixes[str(code)] = ISO.get(regions[0], regions[0])
        if len(regions) > 1:
            prefixes |= shared(code)
    return dict(sorted(prefixes.items()))


def main() -> None:
    """Write the table beside this file."""
    lines = [f"{prefix},{country}" for prefix, country in table().items()]
    path = Path(str(resources.files("sojourn.reference") / "e164.csv"))
    path.write_text("\n".join(["prefix,country", *lines]) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
