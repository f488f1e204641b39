"""The lines on stderr: for people, or each a JSON object that says to which run, landing days and table it belongs."""

import json
import logging
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from rich.console import Console
from rich.logging import RichHandler

Style = Literal["text", "json"]
PLACES = ("run", "days", "table")
PLACE: dict[str, str] = {}  # where the process is: it does one thing at a time


class Lines(logging.Formatter):
    """One JSON object a line; tracebacks are left out, for they may hold data."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as JSON."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        told = {"time": at, "level": record.levelname, **{name: PLACE.get(name) for name in PLACES}}
        return json.dumps({**told, "message": record.getMessage()}, ensure_ascii=False)


def _worth(record: logging.LogRecord) -> bool:
    """Two libraries say more than anybody asked.

    Great Expectations sets levels of its own when it is imported: where its folders are is nobody's business. Of a JVM
    that is killed Py4J writes a traceback into the root logger; our own line says it.
    """
    if Path(record.pathname).parent.name == "py4j":
        return False
    return not record.name.startswith("great_expectations") or record.levelno >= logging.WARNING


def begin(style: Style, debug: bool, console: Console) -> None:
    """Log from here on in this style; what the console shows to people is for them alone."""
    handler: logging.Handler
    console.quiet = style == "json"
    if style == "json":
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(Lines())
    else:
        handler = RichHandler(console=console, show_path=False, show_time=False, rich_tracebacks=False)
        handler.setFormatter(logging.Formatter("%(message)s"))
    handler.addFilter(_worth)
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.captureWarnings(style == "json")
    logging.getLogger("sojourn").setLevel(logging.DEBUG if debug else logging.INFO)
