"""How much has landed, told in no time: by it the JVM that will read it is chosen, before anything else is loaded."""

import math
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from pathlib import Path

from sojourn.config import Config

HIDDEN = (".", "_")  # what is named so has not landed


def weight(conf: Config, days: Sequence[date]) -> float:
    """About how many bytes have landed on these days, without Spark; infinite where that cannot be told."""
    paths = [feed.path for feed in conf.sources.events]
    if any(":/" in path or "{" in path.replace("{date}", "") for path in paths):  # Hadoop's alone to read
        return math.inf
    landed = (Path(path.replace("{date}", str(day))) for path in paths for day in days)
    found = (f for p in landed for f in Path(p.anchor).glob(str(p.relative_to(p.anchor))))
    return sum(f.stat().st_size for f in _landed(found))


def _landed(paths: Iterable[Path]) -> Iterator[Path]:
    """The files under paths, but for hidden ones."""
    for path in paths:
        if not path.name.startswith(HIDDEN):
            yield from _landed(path.iterdir()) if path.is_dir() else filter(Path.is_file, [path])
