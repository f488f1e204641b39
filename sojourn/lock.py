"""One writer of a lake at a time: the others wait a little, then end with a line that says who writes.

A lake with a path is locked by `flock` on a file in it: the lock goes with the process, however that ends. Other
storages know no such thing: there it is a lease (lease.py).
"""

import fcntl
import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO
from urllib.parse import urlparse
from urllib.request import url2pathname

from pyspark.sql import SparkSession

from sojourn.errors import SojournError
from sojourn.lease import NAME, PATIENCE, HadoopFolder, Lease, busy


@contextmanager
def writing(
    root: str, command: str, start: Callable[[], SparkSession]
) -> Iterator[SparkSession | Callable[[], SparkSession]]:
    """While nobody else may write the lake: what starts Spark, or a session where the lock itself needs one.

    Raises:
        SojournError: somebody else does, or the storage cannot tell.
    """
    who = f"sojourn {command}, process {os.getpid()} on {socket.gethostname()}, since {datetime.now(UTC):%F %T} UTC"
    folder = path_of(root)
    if folder:
        with flocked(folder, who):
            yield start
        return
    spark = start()
    with Lease(HadoopFolder(spark, root), root, who):
        yield spark


def path_of(root: str) -> Path | None:
    """Where a lake lies as processes open it; None where it is reached by Hadoop alone."""
    if "://" not in root:
        return Path(root)
    return Path(url2pathname(urlparse(root).path)) if root.startswith("file:") else None


@contextmanager
def flocked(folder: Path, who: str, patience: float = PATIENCE) -> Iterator[None]:
    """See `writing`."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = (folder / NAME).open("a+")
    except OSError as error:
        raise SojournError(f"cannot be written ({error.strerror})", where=str(folder), hint="ls -ld it") from None
    with file:
        _flock(file, folder, patience)
        file.truncate(0)
        file.write(who)
        file.flush()
        yield
        file.truncate(0)


def _flock(file: IO[str], folder: Path, patience: float) -> None:
    until = time.monotonic() + patience
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= until:
                file.seek(0)
                raise busy(str(folder), file.read()) from None
            time.sleep(0.2)
        except OSError as error:
            what = f"lies on a file system that cannot lock ({error.strerror})"
            raise SojournError(what, where=str(folder), hint="mount it with locks, or name another lake:") from None
        else:
            return
