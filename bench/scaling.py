"""What a night costs at sizes that no machine here can hold, out of what was measured: the table in docs/scaling.md.

    python bench/scaling.py

Fixed and by event: a line through the smallest and the largest night of CSV that bench/figures.json knows. CPU is that
of all processes of sojourn, of the machine that `make bench` ran on.
"""

import math
import sys
from pathlib import Path

from figures import Case, known

PAGE = Path(__file__).parents[1] / "docs" / "scaling.md"
BEGIN, END = "<!-- written by bench/scaling.py -->", "<!-- to here -->"
SIZES = (10**6, 10**7, 10**8, 10**9, 10**10)
HOURS, BUSY = 4, 0.7  # a night may take, and the share of it in which the cores have work
PER_FILE = 500_000  # records of a landing file
WHAT = {"cpu": lambda c: c.sojourn.cpu["all"], "shuffled": lambda c: c.work["shuffled"] / 2**30}


def line(small: Case, large: Case, what: str) -> tuple[float, float]:
    """Fixed part, and that of an event."""
    of = WHAT[what]
    slope = (of(large) - of(small)) / (large.events - small.events)
    return max(0.0, of(small) - slope * small.events), slope


def table(small: Case, large: Case) -> list[str]:
    """A row for each size."""
    (fixed, each), (_, shuffled) = line(small, large, "cpu"), line(small, large, "shuffled")
    out = [
        "| events a night | CPU, core hours | cores for a night of 4 h | shuffled, GiB | landing files | |",
        "| ---: | ---: | ---: | ---: | ---: | --- |",
    ]
    for events in SIZES:
        hours = (fixed + each * events) / 3_600
        told = "measured" if events in (small.events, large.events) else "extrapolated"
        cores, files = math.ceil(hours / (HOURS * BUSY)), math.ceil(events / PER_FILE)
        out.append(f"| {events:,} | {hours:,.2f} | {cores:,} | {shuffled * events:,.2f} | {files:,} | {told} |")
    return [*out, "", f"A night costs {fixed:.0f} s of CPU whatever it holds, and {each * 1e6:.1f} µs an event."]


def main() -> None:
    """Write the table into the page."""
    cases = sorted((c for c in known() if c.form == "csv" and c.duckdb and c.nights == 1), key=lambda c: c.events)
    if len(cases) < 2:
        sys.exit("two sizes must have been measured: make bench EVENTS=1000000, make bench EVENTS=10000000")
    head, rest = PAGE.read_text("utf-8").split(BEGIN)
    tail = rest.split(END)[1]
    body = "\n".join(table(cases[0], cases[-1]))
    PAGE.write_text(f"{head}{BEGIN}\n{body}\n{END}{tail}", "utf-8")
    print(body)


if __name__ == "__main__":
    main()
