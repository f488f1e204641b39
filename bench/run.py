"""sojourn and DuckDB over the same landing files, one after the other, on two cores: which took how long, and where.

    make bench EVENTS=1000000 NIGHTS=1 FORMAT=csv RUNS=3
    python bench/run.py --events 10000000 --format parquet

The last of the nights is measured; those before are built first, by both. Each side is a process of its own, from its
start to its end, the landing files in the file cache; memory is the resident size of all its processes together. After
the runs both sides must hold the same rows (bench/compare.py), else nothing counts and the exit code is 1. One more run
of sojourn, not counted, writes Spark's event log, for that costs seconds itself.

`--whole` builds every table, which DuckDB's side has not, and compares nothing: what share of a night comes after
presence, and what its checks take.

Prints what was found, and writes it into docs/benchmarks.md beside what is there of other sizes, unless the machine was
busy with something else. Files lie in bench/data, by size and format, and stay there.
"""

import argparse
import json
import os
import shutil
import sys
from collections import defaultdict
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path
from statistics import median

import compare
import country
import eventlog
import generate
import page
from figures import Case, Side
from process import Run, run

HERE = Path(__file__).parent
TABLES = ("cells", "events", "presence", "home_locations")
LOGGED = {
    f"spark.eventLog.{name}": value
    for name, value in (("enabled", "true"), ("compress", "false"), ("rolling.enabled", "false"))
}
DAY = timedelta(1)
QUIET = 0.05  # of the machine may be taken by something else


@dataclass(frozen=True)
class Bench:
    """One size of landing zone with both sides' tables: `lake` and `duckdb`, and as they were before, in `before`."""

    data: Path
    events: int
    nights: int
    form: str
    memory: str
    whole: bool

    @property
    def last(self) -> date:
        """The night that is measured."""
        return generate.FIRST + DAY * (self.nights - 1)

    def land(self) -> None:
        """The landing files, unless they are there."""
        done = self.data / "landed"
        if not done.exists():
            shutil.rmtree(self.data, ignore_errors=True)
            generate.write(self.data, self.events, self.nights, self.form)
            done.touch()

    def sojourn(self, first: date, last: date, logged: bool = False) -> tuple[Run, list[eventlog.Span]]:
        """Run sojourn over these nights, to the homes; and what its stopwatch says."""
        settings = {"spark.master": "local[2]", "spark.driver.memory": self.memory}
        shutil.rmtree(log := self.data / "eventlog", ignore_errors=True)
        log.mkdir()
        settings |= LOGGED | {"spark.eventLog.dir": log.absolute().as_uri()} if logged else {}
        watched, conf = self.data / "watched.json", self.data / "conf.yaml"
        country.configure(self.data, self.form, settings)
        command = [sys.executable, HERE / "watched.py", watched, "run", "--conf", conf, "--from", first, "--to", last]
        only = [] if self.whole else [word for table in TABLES for word in ("--only", table)]
        done = run([*map(str, command), "--provisional", *only], self.data / "sojourn.log")
        return done, json.loads(watched.read_text("utf-8"))

    def duckdb(self, night: date) -> tuple[Run, dict[str, float]]:
        """Run DuckDB over a night; and the seconds of its steps."""
        where = ["--data", self.data, "--out", self.data / "duckdb", "--night", night, "--memory", f"{self.memory}B"]
        done = run([*map(str, (sys.executable, HERE / "duck.py", *where))], self.data / "duckdb.log")
        return done, json.loads(done.out)

    def begin(self) -> None:
        """Both sides with all nights but the last."""
        for name in ("lake", "duckdb", "before"):
            shutil.rmtree(self.data / name, ignore_errors=True)
        if self.nights == 1:
            return
        self.sojourn(generate.FIRST, self.last - DAY)
        for n in range(0 if self.whole else self.nights - 1):
            self.duckdb(generate.FIRST + DAY * n)
        (self.data / "before").mkdir()
        for name in ("lake", "duckdb")[: 1 if self.whole else 2]:
            (self.data / name).rename(self.data / "before" / name)

    def again(self, side: str) -> None:
        """One side as it was before the last night, and the landing files in the cache."""
        shutil.rmtree(self.data / side, ignore_errors=True)
        if (before := self.data / "before" / side).exists():
            shutil.copytree(before, self.data / side)
        for path in (self.data / "landing" / "cdr" / str(self.last)).iterdir():
            path.read_bytes()


def _steps(spans: list[eventlog.Span]) -> dict[str, float]:
    return _sums([(step, until - since) for step, _, since, until in spans])


def _told(run: Run, steps: dict[str, float]) -> dict[str, float]:
    return {"start": run.seconds - sum(steps.values()), **steps}


def _whats(spans: list[eventlog.Span]) -> dict[str, float]:
    return _sums([(f"{step}: {what}", until - since) for step, what, since, until in spans])


def _sums(pairs: list[tuple[str, float]]) -> dict[str, float]:
    out: dict[str, float] = defaultdict(float)
    for name, value in pairs:
        out[name] += value
    return dict(out)


def _medians(of: list[dict[str, float]]) -> dict[str, float]:
    names = dict.fromkeys(name for one in of for name in one)
    return {name: round(median(one.get(name, 0) for one in of), 3) for name in names}


def _side(runs: list[Run], steps: list[dict[str, float]]) -> Side:
    return Side(
        [round(r.seconds, 2) for r in runs],
        _medians(steps),
        _medians([r.peak for r in runs]),
        _medians([r.cpu for r in runs]),
        round(median(r.processes for r in runs)),
        round(median(r.others for r in runs), 3),
    )


def measure(bench: Bench, runs: int, say: Callable[[str], None]) -> Case:
    """The whole comparison.

    Raises:
        ValueError: the sides do not hold the same rows.
    """
    say("landing files")
    bench.land()
    say("nights before")
    bench.begin()
    mine: list[tuple[Run, list[eventlog.Span]]] = []
    theirs: list[tuple[Run, dict[str, float]]] = []
    for n in range(runs):
        bench.again("lake")
        mine.append(bench.sojourn(bench.last, bench.last))
        say(f"run {n + 1}: sojourn {mine[-1][0].seconds:.1f} s (the machine was {mine[-1][0].others:.0%} others')")
        if not bench.whole:
            bench.again("duckdb")
            theirs.append(bench.duckdb(bench.last))
            say(f"run {n + 1}: DuckDB {theirs[-1][0].seconds:.1f} s")
    rows = {} if bench.whole else compare.compare(bench.data / "lake", bench.data / "duckdb")
    say("once more, with Spark's event log")
    bench.again("lake")
    _, spans = bench.sojourn(bench.last, bench.last, logged=True)
    log = eventlog.read(bench.data / "eventlog", spans)
    return Case(
        bench.events,
        bench.nights,
        bench.form,
        _side([r for r, _ in mine], [_steps(s) for _, s in mine]),
        _side([r for r, _ in theirs], [_told(r, s) for r, s in theirs]) if theirs else None,
        _medians([_whats(s) for _, s in mine]),
        asdict(log.total()),
        [(step, what, round(s, 2)) for (step, what), s in sorted(log.operators.items(), key=lambda x: -x[1])[:16]],
        {name: found.count for name, found in rows.items()},
    )


def main() -> None:
    """The command line."""
    assert __doc__
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    said = os.environ.get  # make hands on what it is given
    ask.add_argument("--events", type=int, default=said("EVENTS", "1000000"), help="events a night (1000000)")
    ask.add_argument("--nights", type=int, default=said("NIGHTS", "1"), help="landing days; the last is measured (1)")
    ask.add_argument("--format", choices=("csv", "parquet"), default=said("FORMAT", "csv"), help="csv, by gzip (csv)")
    ask.add_argument("--runs", type=int, default=said("RUNS", "3"), help="runs of each side, alternating (3)")
    ask.add_argument("--memory", default=said("MEMORY", "4g"), help="heap of Spark's JVM; limit of DuckDB (4g)")
    ask.add_argument("--whole", action="store_true", help="every table, and no DuckDB")
    a = ask.parse_args()
    data = HERE / "data" / f"{a.format}-{a.events}x{a.nights}"
    bench = Bench(data, a.events, a.nights, a.format, a.memory, a.whole)
    try:
        case = measure(bench, a.runs, lambda what: print(what, file=sys.stderr, flush=True))
    except (ValueError, RuntimeError) as error:
        sys.exit(f"nothing counts: {error}")
    print(page.told(case))
    busy = max(side.others for side in (case.sojourn, case.duckdb) if side)
    if busy > QUIET:
        sys.exit(f"not kept: something else took {busy:.0%} of the machine meanwhile")
    page.write(case)


if __name__ == "__main__":
    main()
