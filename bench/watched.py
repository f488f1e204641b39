"""`sojourn` as it is, with a stopwatch: on the steps of a night, and on some functions that several of them call.

    python bench/watched.py watched.json run --conf bench/data/example/conf.yaml --from 2026-04-09 --to 2026-04-09

writes watched.json, a list of [step, what, since, until] in seconds since 1970 that overlap nowhere: a function that is
called by another interrupts it. `start` is all before the first step, `end` all that is after or between them; "the
rest" is what a step does outside the functions looked at. The monthly tables that `--only` does not name are left out
of `--provisional`: the other side of the comparison has none of them.
"""

import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

REST = "the rest"
WATCHED = {  # in this order: a module takes its functions from those before it
    "sojourn.session": {"start": "start of the JVM"},
    "sojourn.arrivals": {"intake": "files looked for and looked at"},
    "sojourn.check": {"expectations": "Great Expectations, its import", "judge": "Great Expectations"},
    "sojourn.lake": {
        "Lake.write": "written",
        "Lake._add": "committed, in the Delta log",
        "Lake.approve": "approved, in the Delta log",
        "Lake.put_back": "Delta log looked through",
        "Lake.dirty": "Delta log looked through",
    },
    "sojourn.beside": {"Beside.made": "gathered and written, beside Spark"},
    "sojourn.landing": {"Landing.written": "read, sifted and written"},
    "sojourn.audit": {"Audit.verdicts": "measured for the checks"},
}


@dataclass
class Stopwatch:
    """What is going on, and what was, from when to when."""

    step: str = "start"
    doing: list[str] = field(default_factory=lambda: [REST])
    since: float = field(default_factory=time.time)
    spans: list[tuple[str, str, float, float]] = field(default_factory=list)

    def cut(self) -> None:
        """What went on until now has been."""
        now = time.time()
        self.spans.append((self.step, self.doing[-1], self.since, now))
        self.since = now

    def over(self, function: Callable[..., Any], what: str) -> Callable[..., Any]:
        """A function whose time is told as `what`."""

        def watched(*given: Any, **named: Any) -> Any:
            self.cut()
            self.doing.append(what)
            try:
                return function(*given, **named)
            finally:
                self.cut()
                self.doing.pop()

        return watched

    def step_over(self, step: Callable[..., Any], name: str) -> Callable[..., Any]:
        """A step of the night by its name."""

        def watched(*given: Any, **named: Any) -> Any:
            self.cut()
            self.step = name
            try:
                return step(*given, **named)
            finally:
                self.cut()
                self.step = "end"

        return watched


def main() -> None:
    """`sojourn` with the arguments after the first, which is the file to write."""
    if len(sys.argv) < 3 or sys.argv[1] in ("-h", "--help"):
        print(__doc__)
        return
    watch, only = Stopwatch(), [sys.argv[n + 1] for n, word in enumerate(sys.argv) if word == "--only"]
    for module, names in WATCHED.items():
        for name, what in names.items():
            *above, last = name.split(".")
            holder = import_module(module)
            for part in above:
                holder = getattr(holder, part)
            setattr(holder, last, watch.over(getattr(holder, last), what))
    night, command = import_module("sojourn.night"), import_module("sojourn.run")
    for steps in (night.STEPS, night.MONTHLY):
        for name, step in list(steps.items()):
            steps[name] = watch.step_over(step, name)
    for name in set(night.MONTHLY) - set(only or night.MONTHLY):
        del night.MONTHLY[name]
    out, sys.argv = Path(sys.argv[1]), ["sojourn", *sys.argv[2:]]
    try:
        command.main()
    finally:
        watch.cut()
        out.write_text(json.dumps(watch.spans), "utf-8")


if __name__ == "__main__":
    main()
