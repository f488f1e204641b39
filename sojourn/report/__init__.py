"""The page people look at: the published tier, and nothing else, as one HTML file that opens without a network."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sojourn.config import Config
from sojourn.errors import ConfigError
from sojourn.lake import Lake
from sojourn.report import page, published


def write(out: Path, lake: Lake, conf: Config, params: Mapping[str, Any], days: int) -> int:
    """Write the page; its size in bytes.

    Args:
        out: the file; its folder is made where it is missing.
        lake: of which only the published tier is opened.
        conf: purpose, home, zones, k.
        params: parameters by table.
        days: local dates of the map, the newest ones.

    Raises:
        ConfigError: the file cannot be written; nothing was read.
    """
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.open("ab").close()
    except OSError as error:
        hint = "name a file in a folder that may be written to"
        raise ConfigError(f"cannot be written: {error.strerror}", where=f"--out {out}", hint=hint) from None
    text = page.html(published.frames(lake, days), conf, params).encode()
    out.write_bytes(text)
    return len(text)
