"""What every row of a lake rests on, remembered once: check value of its key, resolution, home. Others are refused."""

from sojourn.config import Config
from sojourn.errors import ConfigError
from sojourn.lake import Lake
from sojourn.pseudonym import key_id

REKEYING = "rekeying"  # a change of the key that has begun and is not over: rekey.py


def stamped(lake: Lake, conf: Config, write: bool = True) -> None:
    """Refuse a lake that was built with another key, resolution or home; a new one remembers them.

    Raises:
        ConfigError: it was, or its key is being changed.
    """
    known = lake.facts()
    if REKEYING in known:
        again = "the same `sojourn rekey` again: it goes on where it was cut off"
        raise ConfigError("the key of this lake is being changed", where=lake.root, hint=again)
    facts = {
        "key": key_id(conf.key.get_secret_value().encode()),
        "home.country": conf.home.country,
        "home.time_zone": conf.home.time_zone,
        "resolution": str(conf.resolution),
    }
    for name, value in facts.items():
        if known.get(name, value) != value:
            what = f"this lake was built with another {name}" + ("" if name == "key" else f" ({known[name]})")
            hint = f"use the {name} it was built with, or name another `lake:`"
            raise ConfigError(what, where=lake.root, hint=f"{hint}; docs/change.md says how to change it")
    if write and not known:
        lake.remember(facts)
