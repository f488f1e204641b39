"""What was measured, as docs/benchmarks.md shows it: tables of every size that was run, and a drawing.

Between its two marks the page is written anew by every run of bench/run.py; what stands outside them is ours.
"""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from figures import STAGES, Case, keep

PAGE = Path(__file__).parent.parent / "docs" / "benchmarks.md"
DRAWING = PAGE.with_suffix(".svg")
MARKS = ("<!-- from here on written by make bench -->", "<!-- to here -->")
GOALS = {("csv", 100_000_000): 2.0, ("csv", 10_000_000): 3.5, ("parquet", 100_000_000): 3.0}
COLOURS = dict(zip(STAGES, ("#9aa5b1", "#2f6f9f", "#58a07c", "#d99a3d", "#c9ced4"), strict=True))
KINDS = {"all": "all processes", "JVM": "the JVM", "driver": "Python, or DuckDB itself", "workers": "Python workers"}
MIB = 2**20


def _table(head: str, rows: Iterable[Sequence[Any]]) -> str:
    """A table in Markdown; all columns but the first are numbers."""
    names = head.split("|")
    lines = [names, ["---", *["---:"] * (len(names) - 1)], *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)


def _seconds(value: float) -> str:
    return f"{value:.1f}" if value < 100 else f"{value:.0f}"


def _compared(cases: list[Case]) -> str:
    rows = []
    for c in (c for c in cases if c.duckdb):
        sides = [side for side in (c.sojourn, c.duckdb) if side]
        goal = f"{GOALS[c.form, c.events]:.1f}" if (c.form, c.events) in GOALS else "–"
        rates = [f"{c.events / side.middle:,.0f}" for side in sides]
        peaks = [f"{side.peak['all'] / 2**30:.1f}" for side in sides]
        seconds = [_seconds(s.middle) for s in sides]
        rows.append([c.name, *seconds, f"**{c.ratio:.1f}**", goal, *rates, *peaks])
    head = "landing to homes|sojourn s|DuckDB s|ratio|goal|sojourn events/s|DuckDB events/s|sojourn GiB|DuckDB GiB"
    return _table(head, rows)


def _whole(cases: list[Case]) -> str:
    rows = [
        [c.name, _seconds(c.sojourn.middle), f"{c.after_presence:.0%}", *_checks(c), f"{c.share('Delta log'):.0%}"]
        for c in cases
        if not c.duckdb
    ]
    head = "all of the night|s|after presence|Great Expectations|and what is measured for it|Delta log, commits apart"
    return _table(head, rows) if rows else ""


def _checks(case: Case) -> list[str]:
    return [f"{case.share('Great Exp'):.0%}", f"{case.share('Great Exp', 'measured for'):.0%}"]


def told(case: Case) -> str:
    """The tables of one size."""
    sides = [side for side in (case.sojourn, case.duckdb) if side]
    names = "sojourn|DuckDB" if case.duckdb else "sojourn"
    w, every = case.work, [", ".join(map(_seconds, side.seconds)) for side in sides]
    parts = [f"### {case.name}"]
    if case.duckdb:
        rows = ", ".join(f"{n:,} {name}" for name, n in case.rows.items() if name != "rejects")
        parts.append(f"Ratio {case.ratio:.2f}. Runs: sojourn {every[0]} s; DuckDB {every[1]} s. The same rows: {rows}.")
        stages = [(name, case.sojourn.stage(name), case.duckdb.stage(name)) for name in STAGES]
        shown = [[n, _seconds(a), _seconds(b), f"{a / b:.1f}" if b else "–"] for n, a, b in stages]
        parts.append(_table("stage|sojourn s|DuckDB s|ratio", shown))
    else:
        parts.append(f"Runs: {every[0]} s. After presence: {case.after_presence:.0%} of them.")
        parts.append(_table("step|s", [[step, _seconds(s)] for step, s in case.sojourn.steps.items()]))
    peaks = [[w, *(f"{s.peak.get(k, 0) / MIB:,.0f}" for s in sides)] for k, w in KINDS.items()]
    cpu = [[f"CPU of {w}, s", *(_seconds(s.cpu.get(k, 0)) for s in sides)] for k, w in KINDS.items()]
    cpu.append(["processes", *(str(s.processes) for s in sides)])
    cpu.append(["of the cores, others took", *(f"{s.others:.0%}" for s in sides)])
    most = sorted(case.whats.items(), key=lambda item: -item[1])
    total = sum(case.whats.values())
    checks = _checks(case)
    return "\n\n".join(
        [
            *parts,
            _table(f"peak memory, MiB; CPU|{names}", [*peaks, *cpu]),
            f"Great Expectations: {checks[0]} of the time, {checks[1]} with what is measured for it in Spark.",
            _table("where sojourn's time goes|s|share", [[n, _seconds(s), f"{s / total:.0%}"] for n, s in most[:16]]),
            f"Spark: {w['tasks']:,.0f} tasks of {_seconds(w['task_s'])} s (CPU of the JVM {_seconds(w['cpu_s'])} s, "
            f"its GC {_seconds(w['gc_s'])} s); MiB read {w['read'] / MIB:,.1f}, shuffled {w['shuffled'] / MIB:,.1f}, "
            f"written {w['written'] / MIB:,.1f}, spilled {w['spilled'] / MIB:,.1f}.",
            _table(
                "operator (it counts the wait for those below it)|s of tasks",
                [[f"{step}: {what}", _seconds(s)] for step, what, s in case.operators],
            ),
        ]
    )


def _drawing(cases: list[Case]) -> str:
    """Bars as SVG: both sides of every size, DuckDB's time being one, in the colours of the stages."""
    left, width, high, y = 280, 520, 18, 10
    scale, out = width / max([c.ratio for c in cases] + [1]), list[str]()
    for c in cases:
        for side, name in ((c.duckdb, f"{c.name}: DuckDB"), (c.sojourn, "sojourn")):
            if not side or not c.duckdb:
                continue
            x = float(left)
            out.append(f'<text x="{left - 8}" y="{y + 13}" text-anchor="end">{name}</text>')
            for stage, colour in COLOURS.items():
                long = side.stage(stage) / c.duckdb.middle * scale
                out.append(f'<rect x="{x:.1f}" y="{y}" width="{long:.1f}" height="{high - 3}" fill="{colour}"/>')
                x += long
            out.append(f'<text x="{x + 5:.1f}" y="{y + 13}">{_seconds(side.middle)} s</text>')
            y += high
        y += 8
    x = left
    for stage, colour in COLOURS.items():
        out.append(f'<rect x="{x}" y="{y}" width="12" height="12" fill="{colour}"/>')
        out.append(f'<text x="{x + 16}" y="{y + 11}">{stage}</text>')
        x += 34 + 7 * len(stage)
    size = f'width="{left + width + 70}" height="{y + 22}"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans-serif" font-size="12">{"".join(out)}</svg>\n'
    )


def write(case: Case) -> None:
    """Take a size into the figures, the page and its drawing."""
    cases = keep(case)
    compared = [c for c in cases if c.duckdb]
    DRAWING.write_text(_drawing(compared), "utf-8")
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    machine = f"Medians, on a machine of {os.cpu_count()} cores and {memory:.0f} GiB; two cores for each side."
    drawing = f"![Both sides stage by stage, DuckDB's time being one]({DRAWING.name})"
    figures = "\n\n".join(filter(None, [machine, _compared(cases), drawing, _whole(cases), *map(told, cases)]))
    before, rest = PAGE.read_text("utf-8").split(MARKS[0])
    PAGE.write_text(f"{before}{MARKS[0]}\n{figures}\n{MARKS[1]}{rest.split(MARKS[1])[1]}", "utf-8")
