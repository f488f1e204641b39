"""The right to write a lake on a storage that knows no locks: a lease, which lapses if its holder is killed.

Small files with rising numbers, of which the newest counts. Its holder writes it anew every few seconds. A lease that
is given back, or whose file has not changed for a while, is followed by the next number. All that this asks of a
storage is to create a file only where there is none: no rename, and no clock that machines share.
"""

import json
import logging
import os
import secrets
import threading
import time
from contextlib import suppress
from typing import Protocol

from sojourn.errors import SojournError
from sojourn.log import Log

log = logging.getLogger(__name__)
NAME = "_sojourn.lock"  # a folder in the lake; where it has a path, a file
PATIENCE = 10.0  # seconds to wait for a writer that is alive
BEAT = 15.0  # between two signs of life
LAPSE = 120.0  # without one the lease is over: as long as a storage may be out of order without ending a night
MARGIN = 15.0  # the holder ends so long before others may follow
CONDITIONAL = "fs.option.create.conditional.overwrite"  # Hadoop's word for: create it, where there is none
MEND = "wait until that is over, or end it, then run the same command again"


def busy(root: str, who: str) -> SojournError:
    """What ends those who find another writer."""
    return SojournError(f"is being written by {who or 'another process'}", where=root, hint=MEND)


class Folder(Protocol):
    """Small numbered files on a storage."""

    def numbers(self) -> list[int]:
        """Of the files that are there."""

    def read(self, number: int) -> str:
        """What is in one; nothing while it is being written anew, or is gone."""

    def create(self, number: int, text: str) -> None:
        """Write it only where it is not there yet, or raise anything."""

    def replace(self, number: int, text: str) -> None:
        """Write it anew."""

    def delete(self, number: int) -> None:
        """Take it away."""


class HadoopFolder(Log):
    """Such files of a lake with a URI."""

    def _file(self, number: int) -> str:
        return f"{self.root}/{NAME}/{number:010}.json"

    def numbers(self) -> list[int]:
        """See `Folder`."""
        return [int(n[:10]) for n in self._names(f"{self.root}/{NAME}") if n[:10].isdigit() and n[10:] == ".json"]

    def read(self, number: int) -> str:
        """See `Folder`."""
        return self._text(self._file(number)) or ""

    def create(self, number: int, text: str) -> None:
        """See `Folder`. On S3 by a conditional PUT; HDFS, ABFS and GCS create so unless told to overwrite."""
        fs, where = self._fs(self._file(number))
        if fs.hasPathCapability(where, CONDITIONAL):
            stream = fs.createFile(where).recursive().must(CONDITIONAL, True).build()
        elif self.root.startswith("s3"):
            what = "is on S3 without conditional writes: two writers could not be told apart"
            hint = "hadoop-aws 3.4.2 or later, and fs.s3a.create.conditional.enabled as it is by default"
            raise SojournError(what, where=self.root, hint=hint)
        else:
            stream = fs.create(where, False)
        self._fill(stream, text)

    def replace(self, number: int, text: str) -> None:
        """See `Folder`."""
        self._put_text(self._file(number), text)

    def delete(self, number: int) -> None:
        """See `Folder`."""
        fs, where = self._fs(self._file(number))
        fs.delete(where, False)


class Lease:
    """The right to write a lake, while its holder gives signs of life; used as a context."""

    def __init__(self, folder: Folder, root: str, who: str, pace: float = 1.0) -> None:
        self._folder, self._root = folder, root
        self._mine = {"who": who, "token": secrets.token_hex(8)}
        self._pace = pace  # a test has no minutes
        self._number = self._beats = 0
        self._over = threading.Event()
        self._watch: threading.Timer | None = None
        self._thread = threading.Thread(target=self._live, name="lease", daemon=True)
        self._last = 0.0

    def __enter__(self) -> "Lease":
        try:
            self._take()
        except SojournError:
            raise
        except Exception as error:
            what = f"the storage could not be read or written ({type(error).__name__})"
            hint = "look at its address, the credentials and what --debug says, then run the same command again"
            raise SojournError(what, where=self._root, hint=hint) from error
        self._arm(self._last)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join(BEAT * self._pace)  # a sign of life on its way would take back what is said now
        if self._watch:
            self._watch.cancel()
        # a storage that is out of order: what went wrong before is told, and the lease lapses
        with suppress(Exception):
            if self._newest() == self._number:
                self._folder.replace(self._number, json.dumps(self._mine | {"free": True}))

    def _newest(self) -> int:
        return max(self._folder.numbers(), default=0)

    def _text(self) -> str:
        self._beats += 1
        return json.dumps(self._mine | {"beat": self._beats})

    def _take(self) -> None:
        began = changed = answered = time.monotonic()
        seen: tuple[int, str] | None = None
        signs, told, who = 0, False, "another process"
        while True:
            try:
                number = self._newest()
                text = self._folder.read(number) if number else ""
            except Exception:  # a file that is read while it is written anew: S3A takes it for one that was changed
                if time.monotonic() - answered > PATIENCE * self._pace:
                    raise
                time.sleep(self._pace)
                continue
            answered = time.monotonic()
            held = json.loads(text) if text else {}
            if text and (number, text) != seen:
                seen, changed, signs = (number, text), time.monotonic(), signs + 1
            silent = time.monotonic() - changed
            lapsed = silent > LAPSE * self._pace
            if not number or held.get("free") or lapsed:
                if self._claim(number + 1):
                    if lapsed:
                        log.warning("%s: no sign of life of %s; this run goes on after it", self._root, who)
                    return
                continue
            who = held.get("who", who)
            if signs > 1 and time.monotonic() - began >= PATIENCE * self._pace:
                raise busy(self._root, who)
            if not told:
                log.info("%s: waiting for a sign of life of %s, %.0f s at most", self._root, who, LAPSE)
                told = True
            time.sleep(self._pace)

    def _claim(self, number: int) -> bool:
        """Create the next file: whether it is ours and the newest. An error may hide that it was created."""
        self._last = time.monotonic()
        try:
            self._folder.create(number, self._text())
        except SojournError:
            raise
        except Exception:
            text = self._folder.read(number)
            if not text and number not in self._folder.numbers():
                raise
            if self._mine["token"] not in text:
                return False
        if self._newest() != number:  # what we followed was old: others have been here meanwhile, and are gone on
            self._folder.delete(number)
            return False
        self._number = number
        for old in self._folder.numbers():
            if old < number:
                self._folder.delete(old)
        return True

    def _live(self) -> None:
        while not self._over.wait(BEAT * self._pace):
            began = time.monotonic()
            try:
                lost = self._newest() != self._number
                if not lost:
                    self._folder.replace(self._number, self._text())
            except Exception as error:
                log.debug("no sign of life could be given (%s)", type(error).__name__)
                continue
            if self._over.is_set():
                return
            if lost:
                self._lost()
            self._arm(began)

    def _arm(self, began: float) -> None:
        """End this process in time, if no further sign of life gets through."""
        if self._watch:
            self._watch.cancel()
        left = (LAPSE - MARGIN) * self._pace - (time.monotonic() - began)
        self._watch = threading.Timer(max(left, 0), self._lost)
        self._watch.daemon = True
        self._watch.start()

    def _lost(self) -> None:
        """End at once, as by kill -9: nothing more may be written, and the next run goes on from what is there."""
        why = "could not be reached for so long that another run may write it: this one ends at once"
        log.critical("%s", SojournError(why, where=self._root, hint="run the same command again"))
        os._exit(1)
