"""The command that joins what two operators publish."""

from pathlib import Path

import click

from sojourn.config import load
from sojourn.door import command
from sojourn.errors import ConfigError


@command("link", "sojourn link ../lake-of-the-neighbour --out between.csv")
@click.argument("other")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="CSV file to write")
@click.option(
    "--decay", default=2.0, show_default=True, type=click.FloatRange(0, 10), help="flows fall with this power of km"
)
def link(conf: str, other: str, out: Path, decay: float) -> None:
    """Estimate flows between our zones and those of another lake (its folder, with published/ in it), both ways.

    Only published tables are read, on both sides. What is written is an estimate, and every row says so.
    """
    page = load(conf)
    from sojourn.neighbours import NOTE, both_ways

    made = both_ways(page, other, decay)
    try:
        made.to_csv(out, index=False)
    except OSError as error:
        raise ConfigError(f"cannot be written: {error.strerror}", where=str(out)) from None
    click.echo(f"{out}: {len(made):,} flows of {made['month'].nunique()} months; {NOTE}")
