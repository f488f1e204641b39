"""What all commands share: their options, how they log, how they fail; and the group they belong to."""

import logging
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from datetime import date
from functools import update_wrapper
from importlib import import_module
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from sojourn import logs
from sojourn.config import Config
from sojourn.errors import ConfigError, SojournError

DEFAULT_CONF = "conf/local.yaml"
INTERRUPTED = 130  # as shells say it of who was ended by Ctrl-C
UNREADABLE = re.compile(r"FILE_NOT_EXIST|FAILED_READ_FILE|CANNOT_READ_FILE_FOOTER|FileNotFound|No such file")
DATA_FILE = re.compile(r"(?:restricted|published)/\w+/(?:\w+=[\w%-]+/)*[\w.-]+\.parquet")
BRIEF_DAYS, BRIEF_BYTES = 3, 512 << 20  # landing days and bytes up to which a JVM has little work (docs/benchmarks.md)
BRIEFLY_S = 0.0002  # one thread holds the interpreter: the JVM answers often, and waits while another thread imports
err = Console(stderr=True)


class Day(click.ParamType):
    """A calendar day."""

    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """ISO 8601 text → date."""
        try:
            return date.fromisoformat(value)
        except ValueError:
            self.fail(f"{value} is no day; write it as 2026-03-02", param, ctx)


conf_option = click.option("--conf", "conf", default=DEFAULT_CONF, show_default=True, help="configuration (YAML)")
log_option = click.option(
    "--log",
    type=click.Choice(("text", "json")),
    default="text",
    envvar="SOJOURN_LOG",
    show_envvar=True,
    help="lines on stderr: for people, or each a JSON object",
)
debug_option = click.option("--debug", is_flag=True, help="traceback on failure, and what Spark says")


def command(name: str, example: str) -> Callable[[Callable[..., Any]], click.Command]:
    """A command of ours: what all take, an example in its help, and errors as one line with their exit code."""

    def wrap(function: Callable[..., Any]) -> click.Command:
        def guarded(conf: str, log: logs.Style, debug: bool, **given: Any) -> None:
            logs.begin(log, debug, err)
            try:
                function(conf=conf, **given)
            except SojournError as error:
                if debug:
                    raise
                _complain(log, f"sojourn: {error}")
                sys.exit(error.exit_code)
            except Exception as error:  # an engine's message may hold a value of a row: it is not passed on
                if debug:
                    raise
                what = f"sojourn: {name} failed in {_ours(error)} ({type(error).__name__})"
                lost = lost_file(str(error))
                mend = f"; {lost}" if lost else "; --debug shows the traceback, which may hold data"
                _complain(log, what + mend)
                sys.exit(1)
            except KeyboardInterrupt:
                _complain(log, f"sojourn: {name} was interrupted; the same command again goes on from what is there")
                sys.exit(INTERRUPTED)

        body = update_wrapper(guarded, function)
        return cli.command(name, epilog=f"Example:  {example}")(conf_option(log_option(debug_option(body))))

    return wrap


def _complain(log: logs.Style, what: str) -> None:
    """The one line that says why a command failed."""
    if log == "json":
        logging.getLogger("sojourn").error("%s", what)
    else:
        err.print(what, style="bold red", soft_wrap=True, markup=False, highlight=False)


def lost_file(told: str) -> str:
    """Which data file of the lake an engine could not read, by its message, and what to do; nothing else of that."""
    found = DATA_FILE.search(told) if UNREADABLE.search(told) else None
    return f"{found[0]} is gone or damaged: docs/reliability.md says how to go on without it" if found else ""


def _ours(error: BaseException) -> str:
    """The innermost place in our own code that an exception came through."""
    here, trace = "sojourn", error.__traceback__
    while trace:
        path = Path(trace.tb_frame.f_code.co_filename)
        if path.parent.name in ("sojourn", "jobs", "expectations", "demo", "report"):
            here = f"{path.name}:{trace.tb_lineno}"
        trace = trace.tb_next
    return here


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="sojourn")
def cli() -> None:
    """Turns an operator's call records and roaming events into checked tables of how people live and move.

    Exit codes: 0 done, 1 our fault, 2 the configuration is wrong, 3 the data failed its expectations (nothing was
    published).
    """


def known(names: tuple[str, ...]) -> None:
    """Refuse what is no table."""
    from schemas import BY_NAME

    for name in names:
        if name not in BY_NAME:
            raise ConfigError(f"there is no table {name}", where="--only", hint=f"known: {', '.join(BY_NAME)}")


@contextmanager
def working(conf: Config, writer: str | None, days: Sequence[date] = (), migrating: bool = False) -> Iterator[Any]:
    """A night's work on the lake: by a command that writes it while nobody else does, or by one that only reads.

    Its session is started when it is first needed, to suit these days. Great Expectations loads beside it, and in a run
    what tasks need.
    """
    from sojourn.arrivals import weight
    from sojourn.lock import writing
    from sojourn.night import Night, suit  # Spark loads slowly
    from sojourn.parameters import parameters
    from sojourn.session import start, warm

    def begin() -> Any:
        sys.setswitchinterval(BRIEFLY_S)
        if writer is None or writer.startswith(("run", "build")):
            beside.submit(import_module, "expectations")
        brief = 0 < len(days) <= BRIEF_DAYS and weight(conf, days) <= BRIEF_BYTES
        spark = start(conf.spark, brief=brief)
        if writer == "run":
            beside.submit(warm, spark)
        return suit(spark, conf, days) if days else spark

    parameters(conf)
    with (
        ThreadPoolExecutor(2) as beside,
        nullcontext(begin) if writer is None else writing(conf.lake, writer, begin) as session,
    ):
        yield Night(session, conf, migrating or writer is None)  # who only reads changes no table
