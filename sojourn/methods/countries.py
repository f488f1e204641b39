"""Countries as whole numbers: two letters fit in an int, and an int costs less than a text in every exchange."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pyspark.sql import Column
from pyspark.sql import functions as F

NOWHERE = (1 << 31) - 1  # no country's number, and above all of them


def as_number(column: str) -> Column:
    """ISO 3166-1 alpha-2 text → int, in the order of the text; null stays null."""
    return F.ascii(column) * 256 + F.ascii(F.substring(column, 2, 1))


def as_text(column: str) -> Column:
    """The text again."""
    number = F.col(column)
    return F.concat(F.chr(F.shiftright(number, 8)), F.chr(number.bitwiseAND(F.lit(255))))


def number_of(country: str) -> int:
    """The number of one country."""
    return ord(country[0]) * 256 + ord(country[1])


def numbers_of(texts: pa.Array) -> pa.Array:
    """The same in memory: strings → int32."""
    coded = texts if pa.types.is_dictionary(texts.type) else texts.dictionary_encode()
    return pa.array(map(number_of, coded.dictionary.to_pylist()), pa.int32()).take(coded.indices)


def texts_of(numbers: pa.Array) -> pa.Array:
    """The texts again: int32 → strings."""
    coded = numbers.dictionary_encode()
    texts = [chr(n >> 8) + chr(n & 255) for n in coded.dictionary.to_pylist()]
    return pa.array(texts, pa.string()).take(coded.indices)


def filled(numbers: pa.ChunkedArray) -> npt.NDArray[np.int64]:
    """The numbers as a whole array; null is NOWHERE."""
    return np.asarray(numbers.fill_null(NOWHERE).to_numpy(), np.int64)


def named(numbers: npt.NDArray[np.int64]) -> pa.Array:
    """The texts of such an array."""
    return texts_of(pa.array(numbers.astype(np.int32), mask=numbers == NOWHERE))
