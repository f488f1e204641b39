"""The commands that keep a lake in order."""

from typing import IO

import click

from sojourn.config import load
from sojourn.door import command, known, working
from sojourn.errors import ConfigError


@command("upkeep", "sojourn upkeep --dry-run")
@click.option("--dry-run", "try_only", is_flag=True, help="only say what would expire")
def upkeep(conf: str, try_only: bool) -> None:
    """Remove restricted rows older than `retention_days`, make small files one, delete files a week out of use."""
    from sojourn.upkeep import upkeep as keep

    with working(load(conf), None if try_only else "upkeep") as night:
        for kept in keep(night, try_only):
            expired = (
                f"{kept.expired} units {'would expire' if try_only else 'expired'}" if kept.expired else "as it was"
            )
            click.echo(f"{kept.table}: {expired}{f', {kept.compacted} files made few' if kept.compacted else ''}")


@command("forget", "sojourn forget --file gone.txt --now")
@click.option(
    "--file", "source", type=click.File(encoding="utf-8"), required=True, help="IMSI or MSISDN, a line each; -: stdin"
)
@click.option("--now", is_flag=True, help="delete the old files at once: only while nothing else uses the lake")
def forget(conf: str, source: IO[str], now: bool) -> None:
    """Remove subscribers from every table about devices. What has been published stays: nobody is found in it.

    Clean the landing files too, or let the register of subscribers opt them out: else their rows come back when a
    landing day is built again.
    """
    page = load(conf)
    from sojourn.upkeep import forget as take_out
    from sojourn.upkeep import read_subscribers

    who = read_subscribers(source)
    with working(page, "forget") as night:
        for table, rows in take_out(night, who, now):
            click.echo(f"{table}: {rows:,} rows removed")
    if not now:
        click.echo("their files go with `sojourn upkeep` after seven days, or now with --now")


@command("recover", "sojourn recover presence")
@click.argument("table")
def recover(conf: str, table: str) -> None:
    """Set aside the newest commit of a table, where it is damaged; the next night builds again what it held."""
    page = load(conf)
    known((table,))
    from schemas import BY_NAME

    with working(page, "recover") as night:
        if not night.lake.exists(BY_NAME[table]):
            raise ConfigError("is not in the lake", where=table)
        aside = night.lake.set_aside(BY_NAME[table])
    click.echo(f"{table}: {'its newest commit is set aside' if aside else 'its newest commit is not damaged'}")
