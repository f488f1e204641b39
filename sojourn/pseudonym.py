"""Pseudonyms in bulk: every distinct identifier of a batch is hashed once. The key stays in memory."""

import hashlib
import hmac
import re
from functools import cache

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

Ids = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

SCALE = 10**15  # a code is digits as a number, below it, and how many they are, above it
MOST = 8_000_000  # pseudonyms that a process keeps: 128 MB

_IMSI = re.compile(r"[0-9]{6,15}")  # ITU E.212: at most 15 digits, MCC and MNC among them
_MSISDN = re.compile(r"[0-9]{7,15}")  # ITU E.164, country code included


def pseudonym(key: bytes, subscriber: str) -> int:
    """The first 8 bytes of HMAC-SHA-256(key, subscriber), as a signed big-endian integer."""
    return int.from_bytes(hmac.digest(key, subscriber.encode(), "sha256")[:8], "big", signed=True)


def key_id(key: bytes) -> str:
    """A check value of a key, 16 hexadecimal digits: tells keys apart and says nothing of them."""
    return hmac.digest(key, b"sojourn: check value of this key", "sha256")[:8].hex()


def apart(key: bytes, devices: Ids) -> Ids:
    """Pseudonyms of pseudonyms of an older key: none that a subscriber can have. Both of shape (n,)."""
    text = b"sojourn: of an older key: %d"
    made = [hmac.digest(key, text % device, "sha256")[:8] for device in devices.tolist()]
    return np.frombuffer(b"".join(made), ">i8").astype(np.int64)


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
    codes = _codes(identifiers, *((6, 15) if kind == "imsi" else (7, 15)))
    if kind == "msisdn":
        codes[_starts_with_zeros(codes)] = 0  # an international prefix, which is none of its digits
    good = codes > 0
    ids = np.zeros(len(codes), np.int64)
    known = _known(key)
    if good.all():
        return known.of(codes), good
    ids[good] = known.of(codes[good])
    rest = identifiers.filter(pa.array(~good)).dictionary_encode()  # spelt in another way, or nothing of the kind
    clean = [digits(i, kind) for i in rest.dictionary.to_pylist()]
    others = np.fromiter((pseudonym(key, c) if c else 0 for c in clean), np.int64, len(clean))
    fine = np.fromiter((c is not None for c in clean), np.bool_, len(clean))
    index = rest.indices.fill_null(len(clean)).to_numpy(zero_copy_only=False)
    ids[~good], good[~good] = np.append(others, 0)[index], np.append(fine, False)[index]
    return ids, good


def _codes(texts: pa.Array, shortest: int, longest: int) -> Ids:
    """A number for each text of so many digits, its length above 10^15; 0 for every other text. Shape (n,)."""
    out = np.zeros(len(texts), np.int64)
    if texts.null_count == len(texts):
        return out
    ends = np.frombuffer(texts.buffers()[1], np.int32)[texts.offset : texts.offset + len(texts) + 1]
    data, length = np.frombuffer(texts.buffers()[2] or b"", np.uint8), np.diff(ends)
    length[~texts.is_valid().to_numpy(zero_copy_only=False)] = 0
    for n in np.unique(length).tolist():
        if shortest <= n <= longest:
            mine = np.flatnonzero(length == n)
            begin = ends[:-1][mine]
            whole = len(mine) == len(out) and ends[-1] - ends[0] == n * len(out)
            places = data[ends[0] : ends[-1]].reshape(-1, n) if whole else data[begin[:, None] + np.arange(n)]
            number = np.zeros(len(mine), np.int64)
            for place in range(n):
                number = number * 10 + (places[:, place] & 15)
            plain = ((places >= 48) & (places <= 57)).all(axis=1)
            out[mine] = np.where(plain, number + n * SCALE, 0)
    return out


def _starts_with_zeros(codes: Ids) -> Mask:
    length = codes // SCALE
    return codes - length * SCALE < 10 ** np.maximum(length - 2, 0)


class _Known:
    """The pseudonyms that a process has made, by code: two sorted runs, so that a few new ones cost little."""

    def __init__(self, key: bytes) -> None:
        block = (hashlib.sha256(key).digest() if len(key) > 64 else key).ljust(64, b"\0")  # RFC 2104
        self.inner = hashlib.sha256(bytes(b ^ 0x36 for b in block))
        self.outer = hashlib.sha256(bytes(b ^ 0x5C for b in block))
        self.runs = [(np.zeros(0, np.int64), np.zeros(0, np.int64))] * 2

    def of(self, codes: Ids) -> Ids:
        """The pseudonyms of codes."""
        distinct, index = np.unique(codes, return_inverse=True)
        ids, missing = np.zeros(len(distinct), np.int64), np.ones(len(distinct), np.bool_)
        for known, theirs in self.runs:
            if len(known):
                at = np.minimum(np.searchsorted(known, distinct), len(known) - 1)
                found = known[at] == distinct
                ids[found], missing[found] = theirs[at[found]], False
        if missing.any():
            new = distinct[missing]
            ids[missing] = made = self._made(new)
            self._keep(new, made)
        out: Ids = ids[index]
        return out

    def _made(self, codes: Ids) -> Ids:
        inner, outer, made = self.inner.copy, self.outer.copy, []
        for code in codes.tolist():
            length, number = divmod(code, SCALE)
            one = inner()
            one.update(b"%0*d" % (length, number))
            two = outer()
            two.update(one.digest())
            made.append(two.digest()[:8])
        return np.frombuffer(b"".join(made), ">i8").astype(np.int64)

    def _keep(self, codes: Ids, ids: Ids) -> None:
        (old, _), (young, _) = self.runs
        if len(old) + len(young) > MOST:
            self.runs = [(codes[:0], ids[:0])] * 2
        elif len(young) > 100_000 + len(old) // 8:
            self.runs = [_merged(*self.runs), (codes[:0], ids[:0])]
        self.runs[1] = _merged(self.runs[1], (codes, ids))


def _merged(one: tuple[Ids, Ids], other: tuple[Ids, Ids]) -> tuple[Ids, Ids]:
    codes, ids = np.concatenate([one[0], other[0]]), np.concatenate([one[1], other[1]])
    order = np.argsort(codes, kind="stable")  # of two sorted runs: a merge
    return codes[order], ids[order]


@cache
def _known(key: bytes) -> _Known:
    return _Known(key)


def marks(key: bytes, values: pa.Array) -> Ids:
    """A keyed 64-bit mark of each text (SipHash), 0 for null: tells equal from other, and nothing else. Shape (n,)."""
    secret = hashlib.sha256(hmac.digest(key, b"sojourn: marks", "sha256")).hexdigest()[:16]
    encoded = values.dictionary_encode()  # by Arrow: the hash table of pandas takes a text to end at its first NUL
    texts = encoded.dictionary.to_numpy(zero_copy_only=False).astype(object)
    hashed = pd.util.hash_array(texts, hash_key=secret, categorize=False).view(np.int64)
    index = encoded.indices.fill_null(len(texts)).to_numpy(zero_copy_only=False)
    out: Ids = np.append(hashed, 0)[index]
    return out
