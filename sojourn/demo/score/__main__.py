"""The page: `python -m sojourn.demo.score --conf demo/conf.yaml --out docs/accuracy.md`."""

import sys
from collections.abc import Sequence
from pathlib import Path

import click

from sojourn.config import load
from sojourn.demo.score import (
    calls,
    classes,
    crossings,
    disclosure,
    homes,
    intervals,
    journeys,
    machines,
    population,
    records,
)
from sojourn.demo.score.page import Section, table
from sojourn.demo.score.sources import Sources
from sojourn.errors import SojournError

TITLE = """\
# Accuracy

The demo country against its planted truth. `make run` and then `make score` write this page again: the same one, but
for the noise in published figures, which the key of each demo draws anew. Who opted out is left out everywhere; no row
may be about them, or about anyone who was not planted.
"""

SUBJECTS = (homes.section, crossings.section, journeys.section, machines.section, classes.section)


def page(sources: Sources, seed: int) -> tuple[str, list[str]]:
    """The page, and what does not match."""
    parts = [subject(sources) for subject in SUBJECTS]
    chart = population.Map.of(sources)
    parts += [intervals.section(sources, seed), calls.section(sources)]
    parts += [population.section(chart), disclosure.section(sources, chart), records.section(sources)]
    faults = [fault for part in parts for fault in part.faults]
    days = sources.clock.dates()
    ran = f"{len(sources.devices):,} subscribers, landing days {days[0]} to {days[-1]}, seed {seed}"
    text = [TITLE, f"What was run: `sojourn demo` with {ran}; then all of it,", "`--provisional`.", ""]
    lines = [line for part in parts for line in part.lines]
    wrong = [f"- **{fault}**" for fault in faults]
    return "\n".join([*text, *_goals(parts), *wrong, *lines]).rstrip() + "\n", faults


def _goals(parts: Sequence[Section]) -> list[str]:
    goals = [goal for part in parts for goal in part.goals]
    return ["## Goals", *table(["", "goal", "found", ""], [[g.subject, g.goal, g.found, g.verdict] for g in goals])]


@click.command(epilog="Example:  python -m sojourn.demo.score --conf demo/conf.yaml --out docs/accuracy.md")
@click.option("--conf", "conf_file", required=True, help="the conf.yaml that `sojourn demo` wrote, after `sojourn run`")
@click.option("--out", type=click.Path(path_type=Path), help="file to write the page to; standard output if absent")
@click.option("--seed", default=1, show_default=True, help="seed of the demo, for the page: the truth does not tell it")
def main(conf_file: str, out: Path | None, seed: int) -> None:
    """Compare a lake with the planted truth of its demo country. Exits with 1 if a record is not accounted for."""
    try:
        conf = load(conf_file)
        text, faults = page(Sources(conf, conf.path.parent / "truth"), seed)
    except SojournError as error:
        click.echo(f"score: {error}", err=True)
        sys.exit(error.exit_code)
    out.write_text(text) if out else click.echo(text, nl=False)
    click.echo("".join(f"score: {fault}\n" for fault in faults), err=True, nl=False)
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
