"""Looks for secrets in all that lies on a disk."""

import os
import struct
from collections.abc import Iterable, Iterator
from pathlib import Path

import pyarrow.parquet as pa_parquet


def patterns(secrets: Iterable[str]) -> list[bytes]:
    """The secrets as text in two widths, and numbers among them as 64-bit integers."""
    out = [s.encode(code) for s in secrets for code in ("utf-8", "utf-16-le")]
    return out + [struct.pack(order, int(s)) for s in secrets if s.isdigit() for order in ("<q", ">q")]


def found_in_files(folder: Path, secrets: Iterable[str], since: float = 0) -> Iterator[str]:
    """Files below a folder (changed since) that hold a secret."""
    wanted = patterns([*secrets])
    below = (Path(at, name) for at, _, names in os.walk(folder) for name in names)
    for path in below:  # os.walk passes by a folder that goes meanwhile, which rglob does not
        try:
            facts = path.lstat()
            if not path.is_file() or path.is_symlink() or facts.st_mtime < since or facts.st_size > 64 << 20:
                continue
            data = path.read_bytes()
        except OSError:  # another's, or gone
            continue
        if any(p in data for p in wanted):
            yield str(path)


def found_in_tables(lake: Path, secrets: Iterable[str]) -> Iterator[str]:
    """Parquet files of the lake, those no version holds any more included, with a secret among their values."""
    wanted = [*secrets]
    for path in lake.rglob("*.parquet"):
        for name, column in pa_parquet.read_table(path, partitioning=None).to_pydict().items():
            if any(secret in str(value) for value in column for secret in wanted):
                yield f"{path}: {name}"
