"""The commands that keep a lake in order."""

import os
from datetime import date
from typing import IO, TYPE_CHECKING

import click

from sojourn.config import load
from sojourn.door import Day, command, known, working
from sojourn.errors import ConfigError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

CIPHER = "spark.io.encryption.enabled"  # of Spark's temporary files


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

    with working(page, "recover", migrating=True) as night:  # to look at the others would break on it
        if not night.lake.exists(BY_NAME[table]):
            raise ConfigError("is not in the lake", where=table)
        aside = night.lake.set_aside(BY_NAME[table])
    click.echo(f"{table}: {'its newest commit is set aside' if aside else 'its newest commit is not damaged'}")


@command("migrate", "sojourn migrate --dry-run")
@click.argument("table", nargs=-1)
@click.option("--dry-run", "try_only", is_flag=True, help="only say what would be done")
def migrate(conf: str, table: tuple[str, ...], try_only: bool) -> None:
    """Bring the tables of a lake up to this release; and build TABLEs anew, by the parameters as they are now.

    They are built from the tables that they are made of, and then all that is made of them. Where rows of these have
    expired it ends with exit code 2, and nothing was written.
    """
    page = load(conf)
    known(table)
    from sojourn import migration

    with working(page, None if try_only else "migrate", migrating=True) as night:
        plan = migration.planned(night, table)
        for change in plan.changes:
            click.echo(f"{change.table.name}: {change.told}")
        for name in sorted(plan.anew - {c.table.name for c in plan.changes}):
            click.echo(f"{name}: is built anew")
        if not plan.changes and not plan.anew:
            click.echo("every table is as this release has it")
        elif not try_only:
            with night.journal.kept("migrate"):
                for name, what in migration.migrate(night, plan):
                    click.echo(f"{name}: built, {what}")


@command("rekey", "sojourn rekey --file subscribers.txt")
@click.option(
    "--file", "source", type=click.File(encoding="utf-8"), required=True, help="IMSI or MSISDN, a line each; -: stdin"
)
@click.option("--since", type=Day(), help="dates before it are joined to nothing later")
def rekey(conf: str, source: IO[str], since: date | None) -> None:
    """Another key: that of the configuration, in place of the one in the environment variable SOJOURN_OLD_KEY.

    Rows of the subscribers in the file can be joined to what comes; all others stay, of devices that nobody can find.
    Only while nothing else uses the lake. If it is cut off, the same command goes on.
    """
    page, old = load(conf), os.environ.get("SOJOURN_OLD_KEY", "").rstrip("\r\n")
    if not old:
        raise ConfigError("is not set", where="SOJOURN_OLD_KEY", hint="export the key that the lake was built with")
    from sojourn.lake import Lake
    from sojourn.lock import writing
    from sojourn.rekey import Keys
    from sojourn.rekey import rekey as change
    from sojourn.session import start
    from sojourn.steps import LONG_AGO
    from sojourn.upkeep import read_subscribers

    who, keys = read_subscribers(source), Keys(old.encode(), page.key.get_secret_value().encode())

    def begin() -> "SparkSession":
        spark = start(page.spark | {CIPHER: "true"})
        if spark.sparkContext.getConf().get(CIPHER) != "true":
            what = "is off: temporary files of Spark would hold old and new pseudonyms side by side"
            raise ConfigError(what, where=CIPHER, hint=f"spark-submit --conf {CIPHER}=true")
        return spark

    with writing(page.lake, "rekey", begin) as session:
        for table, devices, listed in change(Lake(session, page.lake), keys, who, since or LONG_AGO):
            click.echo(f"{table}: {devices:,} devices, {listed:,} of them listed")
    click.echo("the lake has this key; keep the old one no longer than your policy says")
