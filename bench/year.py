"""One lake, night after night in one session: what a night costs and what the lake weighs as its history grows.

    python bench/year.py --events 2000 --nights 365

lands that many events a night (bench/generate.py), builds all tables, and after every night makes the log files a day
older, so that Delta cleans its logs as it would in as many days. Writes a line a night into --out: seconds, CPU seconds
of all processes, jobs of Spark, files of the newest version of all tables, of the date before the last eight (to which
nothing comes any more), files and KiB of all logs. Ends with what the last nights cost over those of the first.
"""

import argparse
import csv
import os
import shutil
import time
from datetime import timedelta
from pathlib import Path
from statistics import median
from typing import Any

import country
import generate
from deltalake import DeltaTable
from process import sample

from sojourn.config import load
from sojourn.night import Night
from sojourn.session import start

HERE = Path(__file__).parent
DAY = timedelta(1)
FEW = 10  # nights whose median is compared
FIGURES = ("night", "seconds", "cpu_s", "jobs", "files", "files_of_a_date", "log_files", "log_kib")


def age(logs: list[Path]) -> None:
    """Make files a day older."""
    for path in logs:
        then = path.stat().st_mtime - DAY.total_seconds()
        os.utime(path, (then, then))


def weight(lake: Path, settled: str) -> tuple[int, int, int, int]:
    """Files of all tables, of one date among them, files and KiB of their logs."""
    tables = [log.parent for log in lake.glob("*/*/_delta_log")]
    files = [uri for table in tables for uri in DeltaTable(table).file_uris()]
    logs = [path for table in tables for path in (table / "_delta_log").iterdir()]
    size = sum(path.stat().st_size for path in logs)
    return len(files), sum(f"/date={settled}/" in uri for uri in files), len(logs), size // 1024


def cpu(ticks: dict[int, tuple[str, int]]) -> float:
    """Seconds of CPU of all processes up to now; of one that has ended, those up to the last look."""
    sample(os.getpid(), ticks)
    return sum(spent for _, spent in ticks.values()) / os.sysconf("SC_CLK_TCK")


def nights(data: Path, events: int, count: int) -> list[dict[str, Any]]:
    """A line for each night, as FIGURES."""
    shutil.rmtree(data, ignore_errors=True)
    generate.write(data, events, count, "csv")
    country.configure(data, "csv", {"spark.master": "local[2]"})
    conf = load(data / "conf.yaml")
    spark = start(dict(conf.spark))
    scheduler: Any = spark.sparkContext._jsc.sc().dagScheduler()
    ticks: dict[int, tuple[str, int]] = {}
    out = []
    for n in range(count):
        day = generate.FIRST + DAY * n
        began, spent, jobs = time.perf_counter(), cpu(ticks), scheduler.nextJobId()
        Night(spark, conf).run([day])  # a night knows nothing but the lake
        told = [
            n + 1,
            round(time.perf_counter() - began, 2),
            round(cpu(ticks) - spent, 2),
            scheduler.nextJobId() - jobs,
        ]
        out.append(dict(zip(FIGURES, [*told, *weight(Path(conf.lake), str(day - 9 * DAY))], strict=True)))
        print(*out[-1].values(), sep="\t", flush=True)
        age([*Path(conf.lake).glob("*/*/_delta_log/*")])
    spark.stop()
    return out


def main() -> None:
    """The command line."""
    assert __doc__
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--events", type=int, default=2_000, help="events a night (2000)")
    ask.add_argument("--nights", type=int, default=365, help="how many (365)")
    ask.add_argument("--out", type=Path, default=HERE / "year.csv", help="what was found (bench/year.csv)")
    a = ask.parse_args()
    print(*FIGURES, sep="\t")
    found = nights(HERE / "data" / f"year-{a.events}x{a.nights}", a.events, a.nights)
    with a.out.open("w", encoding="utf-8", newline="") as file:
        rows = csv.DictWriter(file, FIGURES)
        rows.writeheader()
        rows.writerows(found)
    if len(found) >= 3 * FEW:
        for name in ("seconds", "cpu_s", "jobs"):
            early, late = (median(row[name] for row in some) for some in (found[FEW : 2 * FEW], found[-FEW:]))
            print(f"{name}: nights {FEW + 1} to {2 * FEW} {early:g}, the last {FEW} {late:g}: {late / early:.2f}")


if __name__ == "__main__":
    main()
