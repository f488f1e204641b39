"""A process run to its end: its time, and the memory and CPU of it and all its children, by Linux's /proc."""

import os
import subprocess
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

SAMPLE_S = 0.1
TICK_S = 1 / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Run:
    """A process and its children: seconds; peaks of resident bytes and seconds of CPU, by kind and of `all` together.

    `processes`: how many there were. `others`: the share of the machine's cores that everything else took meanwhile.
    `out`: what it printed.
    """

    seconds: float
    peak: dict[str, float]
    cpu: dict[str, float]
    processes: int
    others: float
    out: str


def _tree(pid: int) -> Iterator[int]:
    yield pid
    for thread in Path(f"/proc/{pid}/task").iterdir():
        for child in (thread / "children").read_text().split():
            yield from _tree(int(child))


def sample(root: int, cpu: dict[int, tuple[str, int]]) -> dict[str, int]:
    """Resident bytes of a tree: the JVM, the process at its root, and the Python workers; `cpu` learns their ticks."""
    now: dict[str, int] = defaultdict(int)
    try:
        for pid in _tree(root):
            name, _, rest = Path(f"/proc/{pid}/stat").read_text().partition("(")[2].rpartition(")")
            kind = "JVM" if name == "java" else "driver" if pid == root else "workers"
            told = rest.split()
            cpu[pid] = kind, int(told[11]) + int(told[12])
            now[kind] += int(told[21]) * os.sysconf("SC_PAGE_SIZE")
    except (FileNotFoundError, ProcessLookupError):  # one has ended while it was looked at
        pass
    return now | {"all": sum(now.values())}


def _busy() -> int:
    """Ticks in which any core of the machine was busy, since it started."""
    told = [int(n) for n in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    return sum(told) - told[3] - told[4]


def run(command: list[str], log: Path) -> Run:
    """Run a command to its end. What it says besides its output goes into `log`.

    Raises:
        RuntimeError: it failed.
    """
    peak, cpu, ticks = defaultdict[str, float](float), defaultdict[str, float](float), dict[int, tuple[str, int]]()
    began, busy = time.perf_counter(), _busy()
    with log.open("w") as err, subprocess.Popen(command, stdout=subprocess.PIPE, stderr=err, text=True) as process:
        while process.poll() is None:
            for kind, size in sample(process.pid, ticks).items():
                peak[kind] = max(peak[kind], size)
            time.sleep(SAMPLE_S)
        seconds = time.perf_counter() - began
        out = process.stdout.read() if process.stdout else ""
    if process.returncode:
        raise RuntimeError(f"{command[1]} ended with {process.returncode}: {log}")
    for kind, n in ticks.values():
        cpu[kind] += n * TICK_S
        cpu["all"] += n * TICK_S
    others = max(0.0, (_busy() - busy) * TICK_S - cpu["all"]) / (seconds * (os.cpu_count() or 1))
    return Run(seconds, dict(peak), dict(cpu), len(ticks), others, out)
