"""Pseudonyms in bulk: every distinct identifier of a batch is hashed once. The key stays in memory."""

import hashlib
import hmac
import re

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

Ids = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

_IMSI = re.compile(r"[0-9]{6,15}")  # ITU E.212: at most 15 digits, MCC and MNC among them
_MSISDN = re.compile(r"[0-9]{7,15}")  # ITU E.164, country code included


def pseudonym(key: bytes, subscriber: str) -> int:
    """The first 8 bytes of HMAC-SHA-256(key, subscriber), as a signed big-endian integer."""
    return int.from_bytes(hmac.digest(key, subscriber.encode(), "sha256")[:8], "big", signed=True)


def key_id(key: bytes) -> str:
    """A check value of a key, 16 hexadecimal digits: tells keys apart and says nothing of them."""
    return hmac.digest(key, b"sojourn: check value of this key", "sha256")[:8].hex()


def digits(identifier: str | None, kind: str) -> str | None:
    """An IMSI or MSISDN as its digits alone (no plus sign, no leading 00); None where it is none."""
    if identifier is None:
        return None
    text = identifier.strip()
    if kind == "imsi":
        return text if _IMSI.fullmatch(text) else None
    text = re.sub(r"[ ().-]", "", text).removeprefix("+")
    text = text.removeprefix("00")
    return text if _MSISDN.fullmatch(text) else None


def pseudonyms(key: bytes, identifiers: pa.Array, kind: str) -> tuple[Ids, Mask]:
    """Pseudonyms of a batch of identifiers, and a mask of those that are identifiers at all. Both of shape (n,)."""
    encoded = identifiers.dictionary_encode()
    clean = [digits(i, kind) for i in encoded.dictionary.to_pylist()]
    ids = np.fromiter((pseudonym(key, c) if c else 0 for c in clean), np.int64, len(clean))
    good = np.fromiter((c is not None for c in clean), np.bool_, len(clean))
    index = encoded.indices.fill_null(len(clean)).to_numpy(zero_copy_only=False)
    return np.append(ids, 0)[index], np.append(good, False)[index]


def marks(key: bytes, values: pa.Array) -> Ids:
    """A keyed 64-bit mark of each text (SipHash), 0 for null: tells equal from other, and nothing else. Shape (n,)."""
    secret = hashlib.sha256(hmac.digest(key, b"sojourn: marks", "sha256")).hexdigest()[:16]
    encoded = values.dictionary_encode()  # by Arrow: the hash table of pandas takes a text to end at its first NUL
    texts = encoded.dictionary.to_numpy(zero_copy_only=False).astype(object)
    hashed = pd.util.hash_array(texts, hash_key=secret, categorize=False).view(np.int64)
    index = encoded.indices.fill_null(len(texts)).to_numpy(zero_copy_only=False)
    out: Ids = np.append(hashed, 0)[index]
    return out
