"""What can go wrong, each with the exit code of the command line and one line that teaches."""

from collections.abc import Mapping


class SojournError(Exception):
    """Our fault, until a subclass says otherwise. `what` is wrong, `where`, and the `hint` that mends it."""

    exit_code = 1

    def __init__(self, what: str, *, where: str = "", hint: str = "") -> None:
        self.what, self.where, self.hint = what, where, hint
        place = f"{where}: " if where else ""
        mend = f" ({hint})" if hint else ""
        super().__init__(f"{place}{what}{mend}")


class ConfigError(SojournError):
    """The configuration is wrong: nothing was read or written."""

    exit_code = 2


class DataError(SojournError):
    """The data failed its expectations: nothing was published."""

    exit_code = 3


def bounded(params: object, table: str, bounds: Mapping[str, tuple[float, float]]) -> None:
    """Refuse parameters of a table that lie outside their bounds, both included.

    Raises:
        ConfigError: names the first.
    """
    for name, (low, high) in bounds.items():
        if not low <= getattr(params, name) <= high:
            raise ConfigError(f"must be from {low} to {high}", where=f"tables.{table}.{name}")
