"""CSV: a record is a line (with `multiLine`, what its quotes hold together), and every line is accounted for.

Arrow's parser lets a stray quote swallow the lines that follow and drops a last line whose quote never closes, without
a word. So text comes to it in blocks of whole lines, and where it finds fewer rows than lines, the lines whose quotes
do not close are taken out first.
"""

import codecs
from collections.abc import Callable, Iterator
from typing import IO, Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv

from sojourn.formats.dialect import LONGEST, Dialect, names_in, trimmed, wide
from sojourn.formats.form import (
    CHUNK,
    BadFile,
    Columns,
    Form,
    Found,
    Malformed,
    Records,
    matched,
    opened,
    text_of,
    whole_text,
)
from sojourn.formats.quoted import several_lines

BLOCK = 8 << 20  # of text that is parsed at once
UTF8_MARK = "\ufeff".encode()


def look(path: str, form: Form) -> Columns:
    """Which of the columns asked for a file has."""
    head = whole_text(path)
    try:
        return matched(form, names_in(head, form))
    except UnicodeError:
        raise BadFile("unreadable_file", "not text in the encoding of the feed") from None
    except BadFile:
        if b"\0" in head and not wide(form.encoding):
            raise BadFile("unreadable_file", "binary data, not text") from None
        raise


def read(path: str, form: Form, found: Found, malformed: Malformed) -> Records:
    """The records of a file; the line of one of several lines is its first."""
    with opened(path) as raw:
        names = names_in(text_of(raw).read(CHUNK), form)
    at = [names.index(name) for _, name, _ in found.columns]
    dialect = Dialect.of(form.options)
    alone = (dialect.sep + dialect.quote + dialect.escape).isascii() and not form.options.get("multiLine")
    with opened(path) as raw:
        yield from (_single_lines if alone else several_lines)(text_of(raw), form, len(names), at, malformed)


def _blocks(text: IO[bytes], encoding: str) -> Iterator[bytes]:
    """The text in UTF-8, in blocks of whole lines that end with a line feed; what is no text stays as it is."""
    plain = encoding.lower() in ("utf-8", "utf8", "ascii")
    decoder = None if plain else codecs.getincrementaldecoder(encoding)("surrogateescape")
    rest = b""
    for chunk in iter(lambda: text.read(BLOCK), None):
        new = decoder.decode(chunk, not chunk).encode("utf-8", "surrogateescape") if decoder else chunk
        rest += new
        cut = rest.rfind(b"\n") + 1 or rest.rfind(b"\r", 0, -1) + 1
        if not chunk:
            cut = len(rest)
        if len(rest) - cut > LONGEST:
            raise ValueError("a line without end")
        if cut:
            yield rest[:cut].replace(b"\r\n", b"\n").replace(b"\r", b"\n")
            rest = rest[cut:]
        if not chunk:
            return


def _numbered(text: IO[bytes], form: Form) -> Iterator[tuple[Any, bytes]]:
    """Blocks of lines that hold a record each, and their numbers. No header, comments or blanks are among them."""
    dialect, first = Dialect.of(form.options), 1
    comment = dialect.comment.encode()
    header, begun = dialect.header, False
    for whole in _blocks(text, form.encoding):
        block = whole if begun else whole.removeprefix(UTF8_MARK)
        begun = True
        block = block.removesuffix(b"\n")
        count = block.count(b"\n") + 1
        numbers = np.arange(first, first + count)
        first += count
        blank = not block or b"\n\n" in block or block.startswith(b"\n") or block.endswith(b"\n")
        if blank or (comment and (block.startswith(comment) or b"\n" + comment in block)):
            numbers, block = _only(lambda x: bool(x) and not (comment and x.startswith(comment)), numbers, block)
        if header and len(numbers):
            block, numbers, header = block.partition(b"\n")[2], numbers[1:], False
        if len(numbers):
            yield numbers, block


def _single_lines(text: IO[bytes], form: Form, width: int, at: list[int], malformed: Malformed) -> Records:
    closed = Dialect.of(form.options).closed()
    for every, whole in _numbered(text, form):
        numbers, block = every, whole
        if not _is_utf8(block):  # lines that are no text go first: Arrow cannot tell of them
            numbers, block = _only(_is_utf8, numbers, block)
        rows, bad = _parsed(block, form, width, at)
        # a quote that does not close swallows the ends of lines; at the end of all, Arrow takes it for closed
        last = block[block.rfind(b"\n") + 1 :]
        if rows.num_rows + len(bad) != len(numbers) or not closed.fullmatch(last):
            numbers, block = _only(lambda line: closed.fullmatch(line) is not None, numbers, block)
            rows, bad = _parsed(block, form, width, at)
            if rows.num_rows + len(bad) != len(numbers):
                raise ValueError("lines that cannot be told apart")
        malformed(len(every) - rows.num_rows)
        columns = trimmed(rows.columns, form)
        lines = pa.array(np.delete(numbers, [n - 1 for n in bad]), pa.int64())
        yield lines, pa.RecordBatch.from_arrays(columns, names=rows.schema.names)


def _only(good: Callable[[bytes], bool], numbers: Any, block: bytes) -> tuple[Any, bytes]:
    """The lines of a block that are good, and their numbers."""
    lines = block.split(b"\n")
    kept = np.fromiter(map(good, lines), bool, len(lines))
    return numbers[kept], b"\n".join(line for line, keep in zip(lines, kept, strict=True) if keep)


def _is_utf8(text: bytes) -> bool:
    try:
        return text.isascii() or text.decode() is not None
    except UnicodeDecodeError:
        return False


def _parsed(block: bytes, form: Form, width: int, at: list[int]) -> tuple[pa.RecordBatch, list[int]]:
    """The columns at some places, as they lie there; and which lines have another number of fields."""
    dialect, bad = Dialect.of(form.options), list[int]()
    names, wanted = [str(n) for n in range(width)], [str(n) for n in at]

    def skip(row: pa_csv.InvalidRow) -> str:
        bad.append(row.number)
        return "skip"

    nothing = pa.RecordBatch.from_arrays([pa.array([], pa.string()) for _ in at], names=wanted)
    if not block:
        return nothing, bad
    table = pa_csv.read_csv(
        pa.BufferReader(block),
        pa_csv.ReadOptions(use_threads=False, block_size=len(block) + 1, column_names=names),
        pa_csv.ParseOptions(
            delimiter=dialect.sep,
            quote_char=dialect.quote or False,
            escape_char=dialect.escape or False,
            invalid_row_handler=skip,
        ),
        pa_csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()),
            check_utf8=False,  # it is
            include_columns=wanted,
            strings_can_be_null=True,
            null_values=["", str(form.options.get("nullValue", ""))],
            quoted_strings_can_be_null=False,
        ),
    ).combine_chunks()
    return (table.to_batches() or [nothing])[0], bad
