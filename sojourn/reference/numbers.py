"""Which country a phone number belongs to: ITU-T E.164, by the longest prefix of `e164.csv` (made by `e164.py`).

All of it in Arrow's own functions over the distinct numbers, so that a column of them costs what a join costs.
"""

import functools

import pyarrow as pa
import pyarrow.compute as pc

from sojourn.reference.tables import rows

PUNCTUATION = r"[+\s().-]"
SHORTEST, LONGEST = 7, 15  # digits of an international number; 112 and the like are no country's


@functools.cache
def e164_prefixes() -> dict[str, str]:
    """Prefixes of E.164 numbers with their country; the longest that fits decides."""
    return dict(rows("e164.csv"))


@functools.cache
def _by_length() -> tuple[pa.Array, list[tuple[int, pa.Array, pa.Array]]]:
    """The countries, and for each length of prefix from the longest: its prefixes and their places in the countries."""
    prefixes = e164_prefixes()
    countries = sorted(set(prefixes.values()))
    place = {country: i for i, country in enumerate(countries)}
    tables = []
    for length in sorted({len(p) for p in prefixes}, reverse=True):
        known = [p for p in prefixes if len(p) == length]
        tables.append(
            (length, pa.array(known, pa.large_string()), pa.array([place[prefixes[p]] for p in known], pa.int16()))
        )
    return pa.array(countries, pa.string()), tables


def peer_countries(numbers: pa.Array | pa.ChunkedArray) -> pa.DictionaryArray:
    """The ISO 3166-1 alpha-2 country of each phone number, shape (n,), as dictionary<int16, string>.

    Numbers are text in international form, with or without `+` or a leading `00`; blanks and `( ) . -` are passed
    over. Null where a number is missing, has other characters, not 7 to 15 digits, or belongs to no country
    (satellite, international freephone). Ranges that are not in use fall to the main country of their code.
    """
    chunks = numbers.chunks if isinstance(numbers, pa.ChunkedArray) else [numbers]
    countries, _ = _by_length()
    codes = [_codes(c) for c in chunks] or [pa.array([], pa.int16())]
    return pa.DictionaryArray.from_arrays(pa.concat_arrays(codes), countries)


def _codes(numbers: pa.Array) -> pa.Array:
    encoded = numbers if pa.types.is_dictionary(numbers.type) else numbers.dictionary_encode()
    digits = _digits(encoded.dictionary.cast(pa.large_string()))
    tables = _by_length()[1]
    starts = pc.utf8_slice_codeunits(digits, 0, tables[0][0]).dictionary_encode()  # far fewer than numbers
    found = pa.nulls(len(starts.dictionary), pa.int16())
    for length, prefixes, places in tables:
        at = pc.index_in(pc.utf8_slice_codeunits(starts.dictionary, 0, length), value_set=prefixes, skip_nulls=True)
        found = pc.coalesce(found, places.take(at))
    return found.take(starts.indices).take(encoded.indices)


def _digits(numbers: pa.Array) -> pa.Array:
    """The digits of each number from its calling code on; null where that is no international number."""
    digits = pc.ascii_ltrim(numbers, characters="+")
    if not pc.all(pc.ascii_is_decimal(digits)).as_py():
        digits = pc.replace_substring_regex(digits, pattern=PUNCTUATION, replacement="")
    digits = pc.if_else(pc.starts_with(digits, "00"), pc.utf8_slice_codeunits(digits, 2), digits)
    length = pc.binary_length(digits)
    whole = pc.and_(pc.greater_equal(length, SHORTEST), pc.less_equal(length, LONGEST))
    return pc.if_else(pc.and_(pc.ascii_is_decimal(digits), whole), digits, None)
