"""One writer of a lake at a time: by flock where it has a path, else by a lease."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from sojourn import lease as leases
from sojourn.errors import SojournError
from sojourn.lease import NAME, Lease
from sojourn.lock import flocked, path_of
from sojourn.run import cli

HOLDS = """
import sys, time
from pathlib import Path
from sojourn.lock import flocked
with flocked(Path(sys.argv[1]), "the first"):
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_uri_of_a_file_is_the_path_it_names():
    assert path_of("/data/lake") == Path("/data/lake")
    assert path_of("file:///data/the%20lake") == Path("/data/the lake")
    assert path_of("s3a://bucket/lake") is None
    assert path_of("hdfs:///lake") is None


def test_a_second_writer_is_told_who_the_first_is_and_a_killed_one_leaves_no_lock(tmp_path):
    lake = tmp_path / "lake"
    first = subprocess.Popen([sys.executable, "-c", HOLDS, str(lake)], stdout=subprocess.PIPE, text=True)
    try:
        assert first.stdout.readline() == "held\n"
        with pytest.raises(SojournError, match="is being written by the first") as refused, flocked(lake, "b", 0.3):
            pass
        assert refused.value.exit_code == 1
        first.send_signal(signal.SIGKILL)
        first.wait(10)
        with flocked(lake, "the third", 5):
            assert (lake / NAME).read_text() == "the third"
        assert (lake / NAME).read_text() == ""
    finally:
        first.kill()


def test_a_writer_waits_for_one_that_is_about_to_end(tmp_path):
    done = []

    def soon():
        with flocked(tmp_path, "the first"):
            started.set()
            time.sleep(0.5)
            done.append("first")

    started = threading.Event()
    thread = threading.Thread(target=soon)
    thread.start()
    assert started.wait(5)
    with flocked(tmp_path, "the second", 10):
        assert done == ["first"]
    thread.join()


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(SojournError, match="cannot be written"), flocked(tmp_path / "file", "x"):
        pass


@pytest.mark.parametrize(
    ("words", "who"),
    [
        ("run --from 2026-03-02 --to 2026-03-02", "run"),
        ("build presence --day 2026-03-02", "build presence"),
        ("upkeep", "upkeep"),
        ("forget --file gone.txt", "forget"),
        ("upkeep --dry-run", None),
        ("check presence --day 2026-03-02", None),
    ],
)
def test_commands_that_write_the_lake_lock_it_before_they_start_spark(land, words, who, monkeypatch):
    """And those that look do not."""

    def stop(root, command, _):
        raise SojournError(f"stopped by the test: {Path(root).name} for {command}")

    monkeypatch.setattr("sojourn.lock.writing", stop)
    land.conf()
    (land.root / "gone.txt").write_text("270010000000001")
    monkeypatch.chdir(land.root)
    done = CliRunner().invoke(cli, [*words.split(), "--conf", "conf.yaml"])
    assert (f"stopped by the test: lake for {who}" in done.output) == (who is not None)


class Memory:
    """A storage that creates a file only where there is none, and can be out of order."""

    def __init__(self):
        self.files: dict[int, str] = {}
        self.out_of_order = self.answers_get_lost = False
        self._one = threading.Lock()

    def _work(self):
        if self.out_of_order:
            raise OSError("503")

    def numbers(self):
        self._work()
        return list(self.files)

    def read(self, number):
        self._work()
        return self.files.get(number, "")

    def create(self, number, text):
        self._work()
        with self._one:
            if number in self.files:
                raise FileExistsError
            self.files[number] = text
        if self.answers_get_lost:
            raise OSError("412 of its own second try")

    def replace(self, number, text):
        self._work()
        self.files[number] = text

    def delete(self, number):
        self._work()
        self.files.pop(number, None)


FAST = 0.02  # fifty times as fast: a beat of 0.3 s, a lapse of 2.4 s


@pytest.fixture(autouse=True)
def ended(monkeypatch):
    """Set where a holder ends its process, which would be that of the tests."""
    event = threading.Event()
    monkeypatch.setattr(os, "_exit", lambda code: event.set() if code == 1 else None)
    return event


def test_a_lease_is_held_by_one_and_given_back():
    store = Memory()
    with (
        Lease(store, "s3a://b/lake", "the first", FAST),
        pytest.raises(SojournError, match="s3a://b/lake: is being written by the first"),
        Lease(store, "s3a://b/lake", "the second", FAST),
    ):
        pass
    assert json.loads(store.files[1])["free"]
    began = time.monotonic()
    with Lease(store, "s3a://b/lake", "the third", FAST):
        assert list(store.files) == [2], "numbers rise, and the old file is gone"
    assert time.monotonic() - began < leases.LAPSE * FAST, "what is given back need not lapse"


def test_a_lease_lives_longer_than_it_takes_to_lapse():
    store = Memory()
    with Lease(store, "lake", "the first", FAST):
        time.sleep(1.5 * leases.LAPSE * FAST)
        with pytest.raises(SojournError, match="the first"), Lease(store, "lake", "the second", FAST):
            pass


def test_what_a_killed_process_left_lapses():
    store = Memory()
    store.files[7] = json.dumps({"who": "a killed one", "token": "t", "beat": 3})
    began = time.monotonic()
    with Lease(store, "lake", "the second", FAST):
        assert list(store.files) == [8]
    assert time.monotonic() - began >= leases.LAPSE * FAST


def test_of_many_that_want_a_lapsed_lease_one_gets_it():
    store = Memory()
    store.files[7] = json.dumps({"who": "a killed one", "token": "t", "beat": 3})
    inside, most, refused = [], [], []

    def want(name):
        try:
            with Lease(store, "lake", name, FAST):
                inside.append(name)
                most.append(len(inside))
                time.sleep(0.6)
                inside.remove(name)
        except SojournError:
            refused.append(name)

    threads = [threading.Thread(target=want, args=(str(n),)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert max(most) == 1
    assert len(most) + len(refused) == 8


def test_a_lease_that_was_created_though_the_storage_said_no_is_held():
    store = Memory()
    store.answers_get_lost = True
    with Lease(store, "lake", "the first", FAST):
        assert list(store.files) == [1]


def test_where_the_storage_is_out_of_order_nobody_writes():
    store = Memory()
    store.out_of_order = True
    with pytest.raises(SojournError, match="lake: the storage could not be"), Lease(store, "lake", "the first", FAST):
        pass


@pytest.mark.parametrize("fault", ["out of order", "followed"])
def test_a_holder_that_others_may_follow_ends_its_process(fault, ended, caplog):
    store = Memory()
    with Lease(store, "lake", "the first", FAST):
        began = time.monotonic()
        if fault == "out of order":
            store.out_of_order = True
        else:
            store.create(2, json.dumps({"who": "the second", "token": "t", "beat": 1}))
        assert ended.wait(10)
        assert time.monotonic() - began < leases.LAPSE * FAST, "before they do"
    assert "another run may write it" in caplog.text
    assert not json.loads(store.files[1]).get("free")


def test_a_storage_that_is_out_of_order_for_a_while_ends_nobody(ended):
    store = Memory()
    with Lease(store, "lake", "the first", FAST):
        for _ in range(2):
            store.out_of_order = True
            time.sleep(0.4 * leases.LAPSE * FAST)
            store.out_of_order = False
            time.sleep(3 * leases.BEAT * FAST)
    assert json.loads(store.files[1])["free"]
    assert not ended.is_set()
