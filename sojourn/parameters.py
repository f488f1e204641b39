"""The parameters of tables: the jobs' defaults, and what the configuration says otherwise."""

from dataclasses import fields
from typing import Any

import jobs
from schemas import BY_NAME
from sojourn.config import Config
from sojourn.errors import ConfigError


def parameters(conf: Config) -> dict[str, Any]:
    """The Params of every job, by the name of its table.

    Raises:
        ConfigError: a table or parameter is not known, or a value is of the wrong kind or out of range; says the key.
    """
    makers = {job.WRITES.name: job.Params for job in jobs.JOBS}
    for name in conf.retention_days:
        if name not in BY_NAME:
            raise conf.wrong(f"retention_days.{name}", "is no table", f"known: {', '.join(BY_NAME)}")
    for name in conf.tables:
        if name not in makers:
            raise conf.wrong(f"tables.{name}", "is no table that has parameters", f"known: {', '.join(makers)}")
    return {name: _made(conf, name, maker) for name, maker in makers.items()}


def _made(conf: Config, table: str, maker: Any) -> Any:
    kinds: dict[str, Any] = {f.name: f.type for f in fields(maker)}
    given = conf.tables.get(table, {})
    for name, value in given.items():
        where = f"tables.{table}.{name}"
        if name not in kinds:
            raise conf.wrong(where, "is no parameter of the table", f"known: {', '.join(kinds) or 'none'}")
        wanted = (int, float) if kinds[name] is float else (kinds[name],)
        if isinstance(value, bool) or not isinstance(value, wanted):
            raise conf.wrong(where, f"must be {kinds[name].__name__}", f"sojourn tables {table} --params")
    try:
        return maker(**given)
    except ConfigError as error:
        raise conf.wrong(error.where, error.what, error.hint) from None
