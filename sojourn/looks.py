"""The commands that only look: at a local lake without Spark."""

import json
import sys
from dataclasses import asdict
from datetime import UTC, date, datetime
from typing import Any

import click
from rich.console import Console
from rich.table import Table as Screen

from sojourn.config import Config, load
from sojourn.door import Day, command, known
from sojourn.errors import ConfigError


def _lake(conf: Config) -> Any:
    """The lake for those who only look: a local one without Spark."""
    from sojourn.lake import Lake
    from sojourn.session import start

    return Lake(start(conf.spark) if "://" in conf.lake else None, conf.lake)


@command("status", "sojourn status --json")
@click.option("--json", "style", flag_value="json", help="all of it, for programs")
@click.option("--prometheus", "style", flag_value="prometheus", help="for the textfile collector of node_exporter")
@click.option(
    "--late-after", default=12, show_default=True, metavar="HOURS", help="a landing day is late so long after its end"
)
def status(conf: str, style: str | None, late_after: int) -> None:
    """Last night on one screen: how it ended, what came, which tables are fresh, what is unusual, what to do.

    Exit code 0 where nobody needs to look today, 3 where somebody does.
    """
    page = load(conf)
    from sojourn import shown
    from sojourn.status import status as look

    found = look(_lake(page), page, datetime.now(UTC), late_after)
    if style is None:
        Console().print(shown.screen(found))
    else:
        click.echo(shown.as_json(found) if style == "json" else shown.prometheus(found), nl=style == "json")
    sys.exit(0 if found.well else 3)


@command("trace", "sojourn trace presence --unit 2026-03-02")
@click.argument("table")
@click.option("--unit", type=Day(), help="landing day, date or month of the rows; without it the newest version")
@click.option("--json", "plain", is_flag=True, help="all of it, for programs")
def trace(conf: str, table: str, unit: date | None, plain: bool) -> None:
    """From a table back to the files it was made of: runs, versions of its sources, landing files with SHA-256."""
    page = load(conf)
    known((table,))
    from sojourn import trace as tracing

    found = tracing.trace(_lake(page), table, unit)
    if plain:
        click.echo(json.dumps(tracing.plain(found), indent=2, ensure_ascii=False, default=str))
    else:
        click.echo("\n".join(tracing.lines(found)))


@command("validate", "sojourn validate residents_by_origin census.csv --unit 2026-03-01")
@click.argument("table")
@click.argument("file")
@click.option("--unit", type=Day(), required=True, help="month or date of the table's rows")
@click.option("--json", "plain", is_flag=True, help="all of it, for programs")
def validate(conf: str, table: str, file: str, unit: date, plain: bool) -> None:
    """Hold a published table against official figures.

    FILE is a CSV with columns named as the table's: what its rows are of, and the figure. For intl_call_exposure it is
    a census instead: area, country (*: everybody) and residents; calls then foretell residents in regions that the
    model was not fitted to. Never take figures that the table was weighted to.
    """
    page = load(conf)
    known((table,))
    from schemas import BY_NAME
    from sojourn import official

    if BY_NAME[table].tier != "published":
        raise ConfigError("is about devices; official figures are of areas", where=table, hint="a published table")
    given, lake = official.read(file, BY_NAME[table]), _lake(page)
    rows, areas = official.published(lake, BY_NAME[table], unit), official.Areas.of(lake)
    if given.figure == official.RESIDENTS:
        found: Any = official.foretold(rows, given, areas.centres)
    else:
        found = official.compared(rows, given, areas.touching)
    if plain:
        click.echo(json.dumps(official.plain(asdict(found)), indent=2, ensure_ascii=False))
        return
    screen = Screen(title=f"{table} {unit}, {given.figure} of {file}", title_justify="left")
    for column in ("", *found.levels):
        screen.add_column(column, justify="right" if column else "left")
    for name, what in official.MEASURES.items():
        screen.add_row(what, *(f"{getattr(level, name):,.4g}" for level in found.levels.values()))
    Console().print(screen)
    click.echo("\n".join(found.facts()))
