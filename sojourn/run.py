"""The command line: what a person, a shell or an Airflow task types."""

import json
import sys
from datetime import date, datetime
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table as Screen

from sojourn import (
    clock,
    keeps,  # noqa: F401  its commands belong to the group
    links,  # noqa: F401
    looks,  # noqa: F401
)
from sojourn.config import load
from sojourn.door import DEFAULT_CONF, Day, cli, command, err, known, working
from sojourn.errors import ConfigError

PASS_BYTES = 2 << 30  # landing bytes that are worth a pass of their own; smaller nights share one


@command("run", "sojourn run --from 2026-03-02 --to 2026-04-05 --provisional")
@click.option("--from", "first", type=Day(), required=True, help="first landing day")
@click.option("--to", "last", type=Day(), required=True, help="last landing day")
@click.option("--only", multiple=True, metavar="TABLE", help="only this table (may be given again)")
@click.option("--provisional", is_flag=True, help="then the monthly tables of every month not yet closed")
def run(conf: str, first: date, last: date, only: tuple[str, ...], provisional: bool) -> None:
    """Build every landing day in order, every table it touches, in one Spark session."""
    if last < first:
        raise ConfigError("the last day is before the first", where=f"--to {last}", hint=f"--from {first}")
    page, began, days = load(conf), datetime.now(), clock.days(first, last)
    known(only)
    from sojourn.night import MONTHLY

    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[what]}"),
        TimeElapsedColumn(),
    )
    with (
        working(page, "run", days) as night,
        night.journal.kept("run"),
        Progress(*columns, console=err, disable=not err.is_terminal) as bar,
    ):
        chunks = night.passes(days, PASS_BYTES)
        task = bar.add_task("starting", total=len(chunks) * len(night.steps) + provisional * len(MONTHLY), what="")

        def say(name: str, done: tuple[str, int] | None) -> None:
            if done:
                bar.advance(task)
            bar.update(task, description=name, what=span)

        for chunk in chunks:
            span = f"{chunk[0]} to {chunk[-1]}" if len(chunk) > 1 else str(chunk[0])
            night.run(chunk, only, say)
            night.journal.write()
        if provisional:
            span = "months not closed"
            night.provisional(say)
    _closing(night, first, last, (datetime.now() - began).total_seconds())


def _closing(night: Any, first: date, last: date, seconds: float) -> None:
    """What was read, rejected, placed and found, and where it lies."""
    from sojourn.summary import summary

    out = Console()
    facts = summary(night, first, last)
    screen = Screen(title=f"{first} to {last}, in {seconds:.0f} s", show_header=False, title_justify="left")
    for name, value in facts:
        screen.add_row(name, value)
    out.print(screen)


@command("build", "sojourn build presence --day 2026-03-02")
@click.argument("table")
@click.option("--day", type=Day(), required=True, help="landing day")
def build(conf: str, table: str, day: date) -> None:
    """Build one table for one landing day: what an Airflow task runs."""
    page = load(conf)
    known((table,))
    from schemas import BY_NAME
    from sojourn.night import LANDED

    with working(page, f"build {table}", [day]) as night, night.journal.kept("build", BY_NAME[table]):
        step = night.steps.get("events" if table in LANDED else table)
        done = step([day]) if step else None
    click.echo(f"{table}: {done[0]}" if done else f"{table}: nothing is due on {day}")


@command("check", "sojourn check presence --day 2026-03-02")
@click.argument("table")
@click.option("--day", type=Day(), required=True, help="landing day, date or month of the rows")
def check(conf: str, table: str, day: date) -> None:
    """Run a table's expectations again on what is published."""
    page = load(conf)
    known((table,))
    with working(page, None) as night:
        verdicts = night.check(table, day)
    screen = Screen("expectation", "severity", "observed", "true", title=f"{table} {day}", title_justify="left")
    for v in verdicts:
        screen.add_row(
            v.expectation, v.severity, "" if v.observed is None else f"{v.observed:g}", "yes" if v.success else "NO"
        )
    Console().print(screen)
    from sojourn.check import refuse

    refuse(verdicts)


@command("demo", "sojourn demo --out demo --subscribers 10000 --days 35")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="folder to write to")
@click.option("--subscribers", default=10_000, show_default=True, help="SIM cards, domestic and foreign")
@click.option("--days", default=35, show_default=True, help="landing days")
@click.option("--seed", default=1, show_default=True, help="the same seed gives the same files")
@click.option("--start", type=Day(), default="2026-03-02", show_default=True, help="first landing day")
def demo(conf: str, out: Path, subscribers: int, days: int, seed: int, start: date) -> None:
    """Write a landing zone of a country that does not exist, a configuration that runs it, and its planted truth."""
    from sojourn.demo import write

    with Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TimeElapsedColumn(),
        console=err,
        disable=not err.is_terminal,
    ) as bar:
        task = bar.add_task("the demo country")
        write(
            out,
            subscribers,
            days,
            seed,
            start,
            progress=lambda what, n, of: bar.update(task, description=what, completed=n, total=of),
        )
    click.echo(f"sojourn run --conf {out}/conf.yaml --from {start} --to {clock.later(start, days - 1)} --provisional")


@command("report", "sojourn report --out demo/report.html")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="HTML file to write")
@click.option("--days", type=click.IntRange(1), default=7, show_default=True, help="newest days of the population map")
def report(conf: str, out: Path, days: int) -> None:
    """Write one page of the published tables that opens in a browser, without a network."""
    page = load(conf)
    from sojourn.lake import Lake
    from sojourn.parameters import parameters
    from sojourn.report import write
    from sojourn.session import start

    params = parameters(page)
    with Progress(SpinnerColumn(), TextColumn("{task.description}"), console=err, disable=not err.is_terminal) as bar:
        bar.add_task("reading the published tables")
        size = write(out, Lake(start(page.spark), page.lake), page, params, days)
    click.echo(f"{out}: {size / 1e6:.1f} MB")


@command("tables", "sojourn tables home_locations --params")
@click.argument("table", required=False)
@click.option("--params", "show", flag_value="params", help="parameters, with defaults and units")
@click.option("--ddl", "show", flag_value="ddl", help="CREATE TABLE statements for a catalog")
@click.option("--json", "show", flag_value="json", help="all of it, for programs")
def tables(conf: str, table: str | None, show: str | None) -> None:
    """Every table: where it is, what a row is, its key, its columns with types and meaning."""
    from sojourn import catalog

    known((table,) if table else ())
    try:
        lake = load(conf).lake
    except ConfigError:
        if conf != DEFAULT_CONF:
            raise
        lake = "{lake}"  # before there is a configuration that holds, the tables are what they are
    described = catalog.described(lake, table)
    if show == "json":
        click.echo(json.dumps(described, indent=2, ensure_ascii=False))
    elif show == "ddl":
        click.echo("\n\n".join(catalog.ddl(d) for d in described))
    else:
        Console().print(*(catalog.screen(d, show == "params") for d in described), sep="\n")


@command("doctor", "sojourn doctor --conf demo/conf.yaml")
def doctor(conf: str) -> None:
    """Java, Spark, Delta, key, paths, permissions: what is wrong, and the command that mends it."""
    from sojourn.doctor import examine

    screen, worst = Screen("what", "state", "mend", title="doctor", title_justify="left"), 0
    for finding in examine(conf):
        screen.add_row(finding.what, finding.state, finding.mend)
        worst = max(worst, finding.exit_code)
    Console().print(screen)
    sys.exit(worst)


def main() -> None:
    """The door."""
    cli(prog_name="sojourn")


if __name__ == "__main__":
    main()
