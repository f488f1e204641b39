"""Pseudonyms are what the contract says, so that a holder of the key can find a subscriber."""

import hashlib
import hmac

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sojourn.pseudonym import apart, digits, key_id, marks, pseudonym, pseudonyms

KEY = b"a-key-for-tests-only-0123456789-abcdef"
OTHER = b"another-key-for-tests-0123456789-abcdef"


def test_the_construction_against_a_known_vector() -> None:
    # RFC 4231, test case 2: HMAC-SHA-256 of this key and data begins with 5bdcc146bf60754e
    assert pseudonym(b"Jefe", "what do ya want for nothing?") == 0x5BDCC146BF60754E
    # test case 1 has its top bit set: signed
    assert pseudonym(b"\x0b" * 20, "Hi There") == 0xB0344C61D8DB3853 - 2**64


@given(st.text(min_size=32), st.from_regex("[0-9]{15}", fullmatch=True))
def test_first_eight_bytes_signed_big_endian(key: str, imsi: str) -> None:
    secret = key.encode("utf-8", "replace")
    whole = hmac.new(secret, imsi.encode(), hashlib.sha256).digest()
    assert pseudonym(secret, imsi) == int.from_bytes(whole[:8], "big", signed=True)


@pytest.mark.parametrize(
    ("text", "kind", "expected"),
    [
        ("270010000000001", "imsi", "270010000000001"),
        (" 270010000000001 ", "imsi", "270010000000001"),
        ("2700100000000012", "imsi", None),  # sixteen digits
        ("27001", "imsi", None),
        ("+270010000000001", "imsi", None),
        ("27001000000000x", "imsi", None),
        ("٢٧٠٠١٠٠٠٠٠٠٠٠٠١", "imsi", None),  # digits, but not ours
        ("", "imsi", None),
        (None, "imsi", None),
        ("+352621000001", "msisdn", "352621000001"),
        ("00352621000001", "msisdn", "352621000001"),
        ("+352 (621) 000-001", "msisdn", "352621000001"),
        ("352.621.000.001", "msisdn", "352621000001"),
        ("112", "msisdn", None),
        ("+", "msisdn", None),
        ("352621000001;ext=1", "msisdn", None),
        (None, "msisdn", None),
    ],
)
def test_digits(text: str | None, kind: str, expected: str | None) -> None:
    assert digits(text, kind) == expected


@given(
    st.lists(st.sampled_from(["270010000000001", "270010000000002", "x", "", None, " 270010000000001"]), max_size=30)
)
def test_in_bulk_as_one_by_one(values: list[str | None]) -> None:
    ids, good = pseudonyms(KEY, pa.array(values, pa.string()), "imsi")
    clean = [digits(v, "imsi") for v in values]
    assert good.tolist() == [c is not None for c in clean]
    assert ids.tolist() == [pseudonym(KEY, c) if c else 0 for c in clean]
    assert (ids.dtype, good.dtype) == (np.int64, np.bool_)


def test_marks_tell_equal_from_other_and_need_the_key() -> None:
    values = pa.array(["+352621000001", "112", None, "+352621000001", "", "+352621000002"], pa.string())
    made = marks(KEY, values)
    assert made[0] == made[3]
    assert made[2] == 0
    assert len(set(made.tolist())) == 5
    assert marks(KEY, values).tolist() == made.tolist()
    assert not set(marks(OTHER, values).tolist()) & set(made.tolist()) - {0}


@given(st.lists(st.text(max_size=5) | st.none(), max_size=20))
def test_a_mark_does_not_depend_on_its_neighbours(values: list[str | None]) -> None:
    whole = marks(KEY, pa.array(values, pa.string()))
    alone = [int(marks(KEY, pa.array([v], pa.string()))[0]) for v in values]
    assert whole.tolist() == alone


def test_the_check_value_of_a_key_tells_keys_apart_and_no_pseudonym() -> None:
    assert key_id(KEY) == key_id(KEY) != key_id(OTHER)
    assert len(key_id(KEY)) == 16
    assert KEY.decode() not in key_id(KEY)


def test_a_pseudonym_of_an_older_key_becomes_one_that_no_subscriber_has() -> None:
    old = np.array([pseudonym(KEY, s) for s in ("270010000000001", "270010000000002")] * 2)
    made = apart(OTHER, old)
    assert len(set(made)) == 2 and list(made[:2]) == list(made[2:])
    assert not set(made) & set(old)
    assert not set(made) & set(apart(KEY, old)), "it takes the new key to find them"
    assert len(apart(KEY, old[:0])) == 0
