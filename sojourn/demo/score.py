"""How near the lake comes to what was planted: homes by observed nights, and every record of the landing zone.

    python -m sojourn.demo.score --conf demo/conf.yaml --out docs/accuracy.md

Reads the truth, the landing days and the lake without Spark (deltalake: a dev dependency), by the key of the conf.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import click
import pandas as pd
import pyarrow as pa
from pyarrow import parquet

from jobs import home_locations
from schemas import BATCHES, EVENTS, HOME_LOCATIONS, REJECTS
from sojourn import clock
from sojourn.cells import neighbours
from sojourn.config import Config, load
from sojourn.demo.people import SHARES
from sojourn.errors import ConfigError, SojournError
from sojourn.pseudonym import pseudonym
from sojourn.table import Table

MACHINES = ("machine", "machine_in")
CLASSES = ("resident", *SHARES)
GOAL, SEEN_WELL = 0.99, 14
BANDS = {"fewer than 10": (0, 9), "10–13": (10, 13), "14–20": (14, 20), "21–28": (21, 28), "all": (0, 99)}
BANDS["**14 and more**"] = (SEEN_WELL, 99)
MONTHS = 2  # the latest
OUTCOMES = ("right", "wrong", "unlocatable", "abroad", "too_few_nights", "unseen")
JUDGED = ("right", "wrong", "unlocatable")


@dataclass(frozen=True)
class Accounts:
    """Landing files against `batches`, `rejects` and `events`: what was planted and found, and what differs."""

    files: int
    rows: int
    accepted: int
    reasons: pd.DataFrame
    faults: list[str]


def planted(folder: Path, name: str) -> pd.DataFrame:
    """A table of the truth."""
    return _frame(parquet.read_table(folder / f"{name}.parquet"))


def found(conf: Config, table: Table, columns: Sequence[str]) -> pd.DataFrame:
    """Columns of a table of the lake, its newest version."""
    from deltalake import DeltaTable  # only this module needs it

    path = Path(conf.lake) / table.tier / table.name
    if not (path / "_delta_log").is_dir():
        hint = f"sojourn run --conf {conf.path} --from DATE --to DATE --provisional"
        raise ConfigError(f"the lake has no {table.name}", where=str(path), hint=hint)
    rows = _frame(DeltaTable(str(path)).to_pyarrow_table(columns=list(columns)))
    if "file" in rows:  # the truth names files from its own folder, the lake from that of the configuration
        rows["file"] = rows["file"].str.replace(r"^.*?(?=landing/)", "", regex=True)
    return rows


def _frame(arrow: Any) -> pd.DataFrame:
    """Whole numbers stay whole where some are missing: a cell needs all its digits."""
    frame: pd.DataFrame = arrow.to_pandas(types_mapper={pa.int64(): pd.Int64Dtype()}.get)
    return frame


def dwellings(people: pd.DataFrame, first: date, last: date) -> pd.DataFrame:
    """Of each person the dwelling of most nights from the first to the last; the later of two with as many."""
    spans = zip(people["home_from"], people["home_to"], strict=True)
    nights = [(min(until, last) - max(since, first)).days for since, until in spans]
    order = people.assign(nights=nights).sort_values(["nights", "home_from"], kind="stable")
    return order.drop_duplicates("imsi", keep="last").drop(columns="nights")


def outcome(status: str | None, cell: int | None, home: int | None) -> str:
    """What is to be said of one answer. Right is the planted cell or one of its six neighbours."""
    if status is None:
        return "unseen"
    if status != "home":
        return status
    return "right" if cell is not None and home is not None and cell in (home, *neighbours(home)) else "wrong"


def judged(people: pd.DataFrame, homes: pd.DataFrame) -> pd.DataFrame:
    """One month's answers beside the truth: everyone who did not opt out, with `outcome` and `observed_nights`.

    Args:
        people: imsi, device, class, antenna_cell (null: has no home here), opt_out; one row each.
        homes: the month's rows of `home_locations`.
    """
    rows = people[~people["opt_out"]].merge(homes, on="device", how="left", validate="one_to_one")
    nothing = rows[["status", "cell", "antenna_cell"]].astype(object).where(rows.notna(), None)
    named = [outcome(*row) for row in nothing.itertuples(index=False, name=None)]
    return rows.assign(outcome=named, observed_nights=rows["observed_nights"].astype("Int64").fillna(0))


def share_right(rows: pd.DataFrame) -> float | None:
    """Right of all that were judged; None of none."""
    told = rows.loc[rows["outcome"].isin(JUDGED), "outcome"]
    return float((told == "right").mean()) if len(told) else None


def _line(name: str, rows: pd.DataFrame) -> list[str]:
    count, share = rows["outcome"].value_counts(), share_right(rows)
    told = "–" if share is None else f"{share:.2%}"
    return [name, f"{len(rows):,}", *(f"{int(count.get(o, 0)):,}" for o in OUTCOMES), told]


def homes_page(rows: pd.DataFrame) -> list[str]:
    """The tables of one month."""
    with_home, none = rows[rows["antenna_cell"].notna()], rows[rows["antenna_cell"].isna()]
    folk = with_home[~with_home["class"].isin(MACHINES)]
    seen = folk["observed_nights"]
    well = share_right(folk[seen >= SEEN_WELL])
    told = "nobody" if well is None else f"{well:.2%}, {'reached' if well >= GOAL else 'MISSED'}"
    lost = folk[folk["outcome"] == "unlocatable"]
    torn = int((3 * lost["abroad_nights"] >= lost["observed_nights"]).sum())
    head = ["persons", *(o.replace("_", " ") for o in OUTCOMES), "share right"]
    return [
        f"Goal: {GOAL:.0%} right of those seen on {SEEN_WELL} nights or more. Found: {told}.",
        f"Of {len(lost)} unlocatable, {torn} spent a third of their nights abroad or more.",
        "",
        "People by observed nights:",
        *_table(["observed nights", *head], [_line(n, folk[seen.between(*band)]) for n, band in BANDS.items()]),
        "By class, machines in rows of their own:",
        *_table(["class", *head], _by_class(with_home)),
        "Those who sleep nowhere in the country: a home found for them is made of signs on their way, before 07:00 or",
        "after 20:00, and counts as *wrong* here:",
        *_table(["class", *head], _by_class(none)),
    ]


def _by_class(rows: pd.DataFrame) -> list[list[str]]:
    return [_line(c, rows[rows["class"] == c]) for c in CLASSES if (rows["class"] == c).any()]


def accounts(files: pd.DataFrame, dirt: pd.DataFrame, conf: Config) -> Accounts:
    """The ledger of the landing zone against the lake, file by file and reason by reason."""
    taken = found(conf, BATCHES, ["batch", "source", "file", "rows_read", "rows_accepted", "rows_rejected"])
    rejects = found(conf, REJECTS, ["batch", "file", "reason", "n"])
    events = found(conf, EVENTS, ["batch", "file"]).groupby("file").size()
    here = files["batch"].isin(set(taken["batch"]))
    files, dirt = files[here], dirt[dirt["batch"].isin(set(taken["batch"]))]
    files = files.assign(accepted=files["rows"] - files["rejected"])
    one = taken[taken["file"].notna()].set_index("file")
    faults = [f"{f}: in batches more than once" for f in one.index[one.index.duplicated()]]
    one = one[~one.index.duplicated()]
    for ours, theirs in (("rows", "rows_read"), ("rejected", "rows_rejected"), ("accepted", "rows_accepted")):
        faults += _differ(files.set_index("path")[ours], one[theirs], theirs)
    faults += _differ(one["rows_accepted"], events, "events")
    ledger = dirt.set_index(["path", "reason"])["n"]
    counted = rejects.groupby(["file", "reason"])["n"].sum()
    faults += _differ(ledger, counted, "rejects")
    sums = {"planted": ledger.groupby("reason").sum(), "found": counted.groupby("reason").sum()}
    reasons = pd.DataFrame(sums).fillna(0).astype(int).sort_index()
    return Accounts(len(files), int(one["rows_read"].sum()), int(one["rows_accepted"].sum()), reasons, sorted(faults))


def _differ(a: "pd.Series[Any]", b: "pd.Series[Any]", what: str) -> list[str]:
    both = pd.DataFrame({"a": a, "b": b}).fillna(0).astype(int)
    wrong = both[both["a"] != both["b"]]
    names = [", ".join(key) if isinstance(key, tuple) else key for key in wrong.index]
    return [f"{n}: {what}: {a} planted, {b} found" for n, a, b in zip(names, wrong["a"], wrong["b"], strict=True)]


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    lines = ["", f"| {' | '.join(head)} |", f"|{'---|' + '---:|' * (len(head) - 1)}"]
    return [*lines, *(f"| {' | '.join(row)} |" for row in rows), ""]


HOW = """\
# Accuracy

The demo country against its planted truth. `make run` and then `make score` write this page again, the same one.

- *right*: status `home`, and the cell is the one of the antenna that serves the planted home, or one of its six
  neighbours. Of people who moved, the home that counts is the one they had on most nights of the window.
- *wrong*: status `home`, and any other cell.
- *unlocatable*: the status of that name; it counts as wrong.
- *share right*: right ÷ (right + wrong + unlocatable).
- *too few nights*, *abroad*: the statuses of those names. Nothing is said of a home: neither right nor wrong.
- *unseen*: no sign on any night of the window.
- Who opted out is left out; no row may be about them, or about anyone who was not planted.
"""


def page(conf: Config, truth: Path, seed: int) -> tuple[str, list[str]]:
    """The page, and what does not match."""
    people, files = planted(truth, "subscribers"), planted(truth, "files")
    key = conf.key.get_secret_value().encode()
    known = {imsi: pseudonym(key, imsi) for imsi in people["imsi"].unique()}
    people["device"] = people["imsi"].map(known).astype("Int64")
    books = accounts(files, planted(truth, "dirt"), conf)
    homes = found(conf, HOME_LOCATIONS, HOME_LOCATIONS.names)
    invited = people.loc[~people["opt_out"], "device"]  # neither those who opted out nor anyone else may have a row
    strangers = int((~homes["device"].isin(invited)).sum())
    faults = [*books.faults, *([f"home_locations: {strangers} rows about nobody who is to be there"] * bool(strangers))]
    p = home_locations.Params(**conf.tables.get(HOME_LOCATIONS.name, {}))
    newest = max(found(conf, BATCHES, ["batch"])["batch"])
    parts = []
    for month in sorted(set(homes["month"]))[-MONTHS:]:
        first, last = home_locations.window(clock.last_day(month), newest, p)
        mine = homes[homes["month"] == month].drop(columns=["month", "home_country"])
        rows = judged(dwellings(people, first, last), mine)
        state = "provisional" if mine["provisional"].any() else "closed"
        parts += [f"## Homes, {month:%Y-%m} ({state}): the nights from {first} to {last}", ""]
        parts += homes_page(rows)
    ran = f"{len(known):,} subscribers, landing days {files['batch'].min()} to {files['batch'].max()}"
    text = [HOW, f"What was run: `sojourn demo` with {ran}, seed {seed}; then all of it,", "`--provisional`.", ""]
    return "\n".join([*text, *parts, *_accounts_page(books, len(faults))]).rstrip() + "\n", faults


def _accounts_page(books: Accounts, faults: int) -> list[str]:
    verdict = "All of them agree with the ledger" if not faults else f"**{faults} disagree with the ledger**"
    reasons = [[str(r), f"{row.planted:,}", f"{row.found:,}"] for r, row in books.reasons.iterrows()]
    return [
        "## Every record",
        "",
        f"{books.files:,} files, {books.rows:,} records read, {books.accepted:,} of them accepted.",
        f"{verdict}, file by file: rows read, accepted and rejected, rejects by reason, and rows of `events`.",
        *_table(["reason", "planted", "found"], reasons),
    ]


@click.command(epilog="Example:  python -m sojourn.demo.score --conf demo/conf.yaml --out docs/accuracy.md")
@click.option("--conf", "conf_file", required=True, help="the conf.yaml that `sojourn demo` wrote, after `sojourn run`")
@click.option("--out", type=click.Path(path_type=Path), help="file to write the page to; standard output if absent")
@click.option("--seed", default=1, show_default=True, help="seed of the demo, for the page: the truth does not tell it")
def main(conf_file: str, out: Path | None, seed: int) -> None:
    """Compare a lake with the planted truth of its demo country. Exits with 1 if a record is not accounted for."""
    try:
        conf = load(conf_file)
        text, faults = page(conf, conf.path.parent / "truth", seed)
    except SojournError as error:
        click.echo(f"score: {error}", err=True)
        sys.exit(error.exit_code)
    out.write_text(text) if out else click.echo(text, nl=False)
    click.echo("".join(f"score: {fault}\n" for fault in faults), err=True, nl=False)
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
