"""What Spark's own event log says of a night: tasks, bytes, and where the time of its tasks went.

    python bench/eventlog.py --log bench/data/example/eventlog --watched bench/data/example/watched.json

prints every kind of job of every step (as told by the stopwatch of bench/watched.py): seconds in which such a job
ran, seconds of its tasks, how many these were, bytes read, shuffled and written; below them the operators that took
most.
"""

import argparse
import json
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

Span = tuple[str, str, float, float]  # step, what, since, until; seconds since 1970
UNITS = {"timing": 1e-3, "nsTiming": 1e-9}  # of metrics that are times, in seconds
TOLD_TWICE = "WholeStageCodegen"  # its duration holds those of the operators in it
UNTRUE = "time to initialize Python workers"  # of a worker that is used again it counts the time between, too


@dataclass
class Work:
    """What tasks did. Times in seconds, sizes in bytes."""

    wall_s: float = 0
    task_s: float = 0
    cpu_s: float = 0
    gc_s: float = 0
    tasks: int = 0
    read: int = 0
    shuffled: int = 0
    written: int = 0
    spilled: int = 0

    def add(self, other: "Work") -> None:
        """Add another's to it."""
        for f in fields(self):
            setattr(self, f.name, getattr(self, f.name) + getattr(other, f.name))


@dataclass(frozen=True)
class Log:
    """Work by (step, kind of job), and seconds by (step, operator and what of it)."""

    jobs: dict[tuple[str, str], Work]
    operators: dict[tuple[str, str], float]

    def total(self) -> Work:
        """Of all jobs together."""
        out = Work()
        for work in self.jobs.values():
            out.add(work)
        return out


def events(folder: Path) -> Iterator[dict[str, Any]]:
    """The events of the one application whose log lies in a folder, not rolled and not compressed."""
    (log,) = (p for p in folder.iterdir() if not p.name.startswith("."))
    with log.open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def kind(job: dict[str, Any]) -> str:
    """A job in words: Delta's own, a write, or the line of ours that asked for it."""
    told = job.get("Properties", {})
    stages = job["Stage Infos"]
    text = told.get("spark.job.description") or told.get("callSite.short") or ""
    text = text or (stages[-1]["Stage Name"] if stages else "")
    if text.startswith("Delta:") or "recordDeltaOperation" in text:
        return "Delta log"
    if ours := re.search(r"^(\w+) at .*?(\w+\.py)", text):
        return f"{ours[1]} in {ours[2]}"
    return "write"


def read(folder: Path, spans: list[Span]) -> Log:
    """The log, its jobs by the steps in which they began."""
    jobs: dict[tuple[str, str], Work] = defaultdict(Work)
    operators: dict[tuple[str, str], float] = defaultdict(float)
    job_of: dict[int, tuple[str, str]] = {}
    begun: dict[int, tuple[float, tuple[str, str]]] = {}
    metrics: dict[int, tuple[str, float]] = {}
    for e in events(folder):
        match e["Event"].rsplit(".", 1)[-1]:
            case "SparkListenerJobStart":
                at = e["Submission Time"] / 1000
                step = next((s for s, _, since, until in spans if since <= at <= until), "start")
                begun[e["Job ID"]] = at, (step, kind(e))
                job_of |= dict.fromkeys(e["Stage IDs"], (step, kind(e)))
            case "SparkListenerJobEnd":
                at, name = begun[e["Job ID"]]
                jobs[name].wall_s += e["Completion Time"] / 1000 - at
            case "SparkListenerTaskEnd" if e.get("Task Metrics"):
                jobs[job_of[e["Stage ID"]]].add(_task(e["Task Metrics"]))
                for a in e["Task Info"]["Accumulables"]:
                    if a["ID"] in metrics:
                        what, unit = metrics[a["ID"]]
                        operators[job_of[e["Stage ID"]][0], what] += float(a.get("Update") or 0) * unit
            case "SparkListenerSQLExecutionStart" | "SparkListenerSQLAdaptiveExecutionUpdate":
                metrics |= dict(_times(e["sparkPlanInfo"]))
    return Log(dict(jobs), dict(operators))


def _task(m: dict[str, Any]) -> Work:
    return Work(
        task_s=m["Executor Run Time"] / 1e3,
        cpu_s=m["Executor CPU Time"] / 1e9,
        gc_s=m["JVM GC Time"] / 1e3,
        tasks=1,
        read=m["Input Metrics"]["Bytes Read"],
        shuffled=m["Shuffle Write Metrics"]["Shuffle Bytes Written"],
        written=m["Output Metrics"]["Bytes Written"],
        spilled=m["Disk Bytes Spilled"],
    )


def _times(plan: dict[str, Any]) -> Iterator[tuple[int, tuple[str, float]]]:
    """The metrics of a plan that are times: what they are of, and their unit in seconds."""
    for m in plan["metrics"]:
        if m["metricType"] in UNITS and m["name"] != UNTRUE and not plan["nodeName"].startswith(TOLD_TWICE):
            task = re.search(r"\((\w+)#", plan["simpleString"]) if "Python" in m["name"] else None
            name = f"{plan['nodeName'].strip()}{f' of {task[1]} …' if task else ''}: {m['name']}"
            yield m["accumulatorId"], (name, UNITS[m["metricType"]])
    for child in plan["children"]:
        yield from _times(child)


def main() -> None:
    """The command line."""
    assert __doc__
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--log", type=Path, required=True, help="spark.eventLog.dir of the run")
    ask.add_argument("--watched", type=Path, required=True, help="what bench/watched.py wrote")
    ask.add_argument("--least", type=float, default=0.3, help="seconds that are worth a line (0.3)")
    a = ask.parse_args()
    log = read(a.log, json.loads(a.watched.read_text("utf-8")))
    print(f"{'step':16}{'job':34}{'wall s':>8}{'task s':>8}{'tasks':>7}{'read MB':>9}{'shuf MB':>9}{'out MB':>8}")
    for (step, what), w in log.jobs.items():
        if w.wall_s >= a.least:
            sizes = f"{w.read / 1e6:9.1f}{w.shuffled / 1e6:9.1f}{w.written / 1e6:8.1f}"
            print(f"{step:16}{what:34}{w.wall_s:8.1f}{w.task_s:8.1f}{w.tasks:7}{sizes}")
    print(f"{'all':50}{log.total()}")
    for (step, what), seconds in sorted(log.operators.items(), key=lambda item: -item[1]):
        if seconds >= a.least:
            print(f"{step:16}{seconds:8.1f} s  {what}")


if __name__ == "__main__":
    main()
