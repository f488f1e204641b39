"""Every record of the landing zone: the ledger of what was planted against `batches`, `rejects` and `events`."""

from dataclasses import dataclass
from typing import Any

import pandas as pd

from schemas import BATCHES, EVENTS, REJECTS
from sojourn.demo.score.page import Section, table
from sojourn.demo.score.sources import Sources


@dataclass(frozen=True)
class Accounts:
    """Landing files against the lake: what was planted and found, and what differs."""

    files: int
    rows: int
    accepted: int
    reasons: pd.DataFrame
    faults: list[str]


def section(sources: Sources) -> Section:
    """Files, records and reasons."""
    books = accounts(sources)
    verdict = "**Not all agree with the ledger**" if books.faults else "All of them agree with the ledger"
    reasons = [[str(r), f"{row.planted:,}", f"{row.found:,}"] for r, row in books.reasons.iterrows()]
    lines = [
        "## Every record",
        "",
        f"{books.files:,} files, {books.rows:,} records read, {books.accepted:,} of them accepted.",
        f"{verdict}, file by file: rows read, accepted and rejected, rejects by reason, and rows of `events`.",
        *table(["reason", "planted", "found"], reasons),
    ]
    return Section(lines, faults=books.faults)


def accounts(sources: Sources) -> Accounts:
    """The ledger of the landing zone against the lake, file by file and reason by reason."""
    files, dirt = sources.planted("files"), sources.planted("dirt")
    taken = sources.found(BATCHES, ["batch", "source", "file", "rows_read", "rows_accepted", "rows_rejected"])
    rejects = sources.found(REJECTS, ["batch", "file", "reason", "n"])
    events = sources.found(EVENTS, ["batch", "file"]).groupby("file").size()
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
