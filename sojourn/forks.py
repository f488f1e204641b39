"""The process that Spark's Python workers are forked from, in place of Spark's own (`spark.python.daemon.module`).

It loads what tasks need once, before it forks; else each worker loads it for itself. And it lets go of the zips and the
jar that Spark puts on the path of Python, if pyspark is installed beside them: before every task a worker looks through
all archives on its path anew, which takes longer than most tasks of a small night.
"""

import gc
import sys
from importlib.util import find_spec
from pathlib import Path

NEEDED = ("pyspark", "py4j")


def without_archives(path: list[str]) -> list[str]:
    """The entries of a path of Python that are folders."""
    return [entry for entry in path if not Path(entry).is_file()]


def manage() -> None:
    """Fork workers as Spark asks for them, until it ends."""
    whole, sys.path[:] = sys.path[:], without_archives(sys.path)
    sys.path_importer_cache.clear()
    if not all(find_spec(name) for name in NEEDED):
        sys.path[:] = whole
    from pyspark import daemon

    import sojourn.settling
    import sojourn.straight  # noqa: F401  what they import is what tasks need

    gc.collect()
    gc.freeze()  # after each task a worker collects its garbage: what is loaded here is none
    daemon.manager()  # type: ignore[no-untyped-call]


if __name__ == "__main__":
    manage()
