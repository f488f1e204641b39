"""Runs a suite on a frame of counts and rates: with `expectations/`, the only code that knows Great Expectations.

It is never shown a row. A table's expectations measure it in Spark, one row per checked unit (a landing day, a date, a
month), and judge those figures. So a suite costs a tenth of a second however large the table, and nothing that Great
Expectations holds, prints or renders can be about a device.
"""

import json
import logging
import math
import os
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import copy
from dataclasses import asdict, dataclass
from datetime import date
from functools import cache
from html import escape
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol, cast

import pandas as pd
from pyspark.sql import DataFrame

from sojourn.errors import DataError, SojournError
from sojourn.table import Table

os.environ["GX_ANALYTICS_ENABLED"] = "false"  # releases that report to their makers ask this; 1.24 reports nothing
LOG = logging.getLogger(__name__)
SEVERITIES = ("critical", "warning", "info")
WINDOW, ENOUGH = 7, 3  # a drift looks back on seven units, and says nothing on fewer than three
FEW = 100.0  # counts below it are taken as this many: 3 rows after 9 are no drift
DRIFT = "_drift"
ASK = {"result_format": "COMPLETE", "unexpected_index_column_names": ["unit"], "return_unexpected_index_query": False}


@dataclass(frozen=True)
class Verdict:
    """What one expectation found in one unit; `observed` is a count or a rate, of a pair the difference."""

    table: str
    unit: date
    expectation: str
    success: bool
    observed: float | None
    severity: str


class Expectations(Protocol):
    """What a module of `expectations/` holds."""

    READS: tuple[Table, ...]
    SUITE: Any
    measure: Callable[[Mapping[str, DataFrame], Sequence[date]], DataFrame]


def expectations(table: str) -> Expectations | None:
    """The expectations of a table, or none; the first call imports Great Expectations, which takes seconds."""
    if find_spec(f"expectations.{table}") is None:
        return None
    return cast("Expectations", import_module(f"expectations.{table}"))


def judge(
    table: str, suite: Any, metrics: pd.DataFrame, history: pd.DataFrame | None = None, docs: "Docs | None" = None
) -> list[Verdict]:
    """One verdict for each unit of `metrics` and each expectation, out of one run of the suite over all of them."""
    frame = _frame(table, suite, metrics, history)
    result = _batches().get_batch({"dataframe": frame}).validate(suite, result_format=ASK)
    verdicts = [v for r in result.results for v in _verdicts(table, frame, r)]
    if docs is not None:
        docs.add(table, verdicts, result)
    return verdicts


def judge_drift(table: str, suite: Any, changed: pd.DataFrame, history: pd.DataFrame) -> list[Verdict]:
    """Verdicts on the drift of units after the changed ones, whose look back reaches them; figures from `history`."""
    drifts = [e for e in suite.expectations if str(getattr(e, "column", "")).endswith(DRIFT)]
    if not drifts or history.empty:
        return []
    past, new = _dated(history), _dated(changed)
    order = sorted({*past.index, *new.index})
    places = [order.index(unit) for unit in new.index]
    after = [u for n, u in enumerate(order) if u in past.index and any(p < n <= p + WINDOW for p in places)]
    if not after:
        return []
    import great_expectations as gx

    again = past.loc[after].rename_axis("unit").reset_index()
    rest = pd.concat([past.drop(index=after), new]).rename_axis("unit").reset_index()
    return judge(table, gx.ExpectationSuite(name=f"{table} drift", expectations=[copy(e) for e in drifts]), again, rest)


def critical(verdicts: Iterable[Verdict]) -> list[Verdict]:
    """The failures that stop a night."""
    return [v for v in verdicts if not v.success and v.severity == "critical"]


def refuse(verdicts: Iterable[Verdict]) -> None:
    """Ends the night with exit code 3 if an expectation whose severity is critical failed."""
    failed = critical(verdicts)
    if not failed:
        return
    first = failed[0]
    seen = "it could not be looked at" if first.observed is None else f"observed {first.observed:g}"
    more = f", and {len(failed) - 1} more" if len(failed) > 1 else ""
    raise DataError(
        f"not true: {first.expectation}; {seen}{more}",
        where=f"{first.table} {first.unit}",
        hint=f"nothing was published; `sojourn check {first.table} --day {first.unit}` and Data Docs show all of it",
    )


def recall(suite: Any, validations: pd.DataFrame) -> pd.DataFrame:
    """The history that `judge` wants, out of the rows of `validations` of one table: no partition is read twice."""
    metric = {e.description: e.column for e in suite.expectations if getattr(e, "column", None)}
    rows = validations[validations["expectation"].isin(metric)]
    rows = rows.assign(metric=rows["expectation"].map(metric)).drop_duplicates(["date", "metric"], keep="last")
    wide = rows.pivot(index="date", columns="metric", values="observed").reset_index()
    return wide.rename(columns={"date": "unit"}).rename_axis(columns=None)


@cache
def _batches() -> Any:
    import great_expectations as gx

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False, "metric_calculations": False}
    asset = context.data_sources.add_pandas("metrics").add_dataframe_asset("metrics")
    return asset.add_batch_definition_whole_dataframe("units")


def _columns(expectation: Any) -> list[str]:
    return [name for key in ("column", "column_A", "column_B") if (name := getattr(expectation, key, None))]


def _frame(table: str, suite: Any, metrics: pd.DataFrame, history: pd.DataFrame | None) -> pd.DataFrame:
    """What Great Expectations will see: the unit as text, every metric of the suite as a double, drifts derived."""
    sentences = [e.description for e in suite.expectations]
    columns = {c for e in suite.expectations for c in _columns(e)}
    now = _dated(metrics)
    lacking = {c for c in (c.removesuffix(DRIFT) for c in columns) if c not in now}
    wrong = {
        "the suite is empty": not sentences,
        "an expectation has no sentence, or one has that of another": len(set(sentences) - {None}) < len(sentences),
        "an expectation looks at no metric": any(not _columns(e) for e in suite.expectations),
        f"the suite looks at metrics that were not measured: {', '.join(sorted(lacking))}": bool(lacking),
        "there is no unit to judge, or one occurs twice": now.empty or not now.index.is_unique,
    }
    for what in (what for what, is_so in wrong.items() if is_so):
        raise SojournError(what, where=f"expectations of {table}", hint=f"mend expectations/{table}.py or its frame")
    past = now if history is None or history.empty else _dated(history)
    everything = pd.concat([now, past[~past.index.isin(now.index)].reindex(columns=now.columns)]).sort_index()
    frame = {c: now[c] if c in now else drift(everything[c.removesuffix(DRIFT)])[now.index] for c in sorted(columns)}
    return pd.DataFrame(frame, dtype=float).reset_index(names="unit").astype({"unit": str})


def _dated(metrics: pd.DataFrame) -> pd.DataFrame:
    units = pd.to_datetime(metrics["unit"]).dt.date
    return metrics.drop(columns="unit").astype(float).set_index(pd.Index(units, dtype=object))


def drift(values: "pd.Series[float]") -> "pd.Series[float]":
    """Each value over the mean of up to seven before it; null if fewer than three of those are there.

    Counts are lifted to FEW on both sides; rates, whose names begin with `share`, are taken as they are.
    """
    before = values.rolling(WINDOW, min_periods=ENOUGH, closed="left").mean()
    if not str(values.name).startswith("share"):
        values, before = values.clip(lower=FEW), before.clip(lower=FEW)
    return values / before.where(before > 0)


def _verdicts(table: str, frame: pd.DataFrame, result: Any) -> list[Verdict]:
    config, found = result.expectation_config, result.result
    pair = [config.kwargs.get(name) for name in ("column_A", "column_B")]
    observed = frame[config.kwargs["column"]] if "column" in config.kwargs else frame[pair[0]] - frame[pair[1]]
    failed = {row["unit"] for row in found.get("unexpected_index_list") or ()}
    if not result.success and not failed:  # it raised, or does not say where it failed
        LOG.error("%s: the expectation itself failed: %s: %s", table, config.description, _raised(result))
        failed = set(frame["unit"])
    plain = [float(value) if math.isfinite(value) else None for value in observed]
    sentence, severity = config.description, _severity(result)
    return [
        Verdict(table, date.fromisoformat(unit), sentence, unit not in failed, value, severity)
        for unit, value in zip(frame["unit"], plain, strict=True)
    ]


def _severity(result: Any) -> str:
    severity = result.expectation_config.severity
    return str(getattr(severity, "value", severity))


def _raised(result: Any) -> str:
    infos = result.exception_info or {}
    nested = [infos] if "exception_message" in infos else infos.values()
    return "; ".join(sorted({str(i["exception_message"]) for i in nested if i.get("exception_message")})) or "no reason"


class Docs:
    """Data Docs: a page per table with its last validation, and an index; counts and rates, and no network.

    Great Expectations renders the tables. The page around them is ours: its own loads its style, its scripts and the
    icons that alone tell success from failure from seven foreign servers, and shows no severity.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._last: dict[str, tuple[list[Verdict], Any]] = {}

    def add(self, table: str, verdicts: list[Verdict], result: Any) -> None:
        """Keeps the validation of a table, in place of the one before."""
        self._last[table] = verdicts, result

    def write(self) -> Path:
        """Writes what was added; pages of other tables stay. Returns the index, which a browser opens as it is."""
        self.folder.mkdir(parents=True, exist_ok=True)
        for table, (verdicts, result) in self._last.items():
            _put(self.folder / f"{table}.html", _page(table, _span(verdicts) + _rendered(verdicts, result)))
            _put(self.folder / f"{table}.json", json.dumps([asdict(v) for v in verdicts], default=str))
        self._last.clear()
        rows = [_index_row(path) for path in sorted(self.folder.glob("*.json"))]
        head = "<tr><th>Table<th>Units<th>Expectations<th>Critical failures<th>Warnings<th>Remarks</tr>"
        index = self.folder / "index.html"
        _put(index, _page("Data Docs", f"<table class=table>{head}{''.join(rows)}</table>"))
        return index


def _put(path: Path, text: str) -> None:
    draft = path.with_suffix(f".{os.getpid()}.tmp")
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)


def _span(verdicts: Sequence[Verdict]) -> str:
    units = sorted({v.unit for v in verdicts})
    return f"<p><a href=index.html>all tables</a> · {units[0]} to {units[-1]} · {len(units)} checked</p>"


def _index_row(path: Path) -> str:
    verdicts = json.loads(path.read_text(encoding="utf-8"))
    units = sorted({v["unit"] for v in verdicts})
    failed = Counter(v["severity"] for v in verdicts if not v["success"])
    cells = [f"{units[0]} to {units[-1]}", len({v["expectation"] for v in verdicts}), *(failed[s] for s in SEVERITIES)]
    kind = "danger" if failed["critical"] else "success"
    link = f'<a href="{path.stem}.html" class="text-{kind}">{escape(path.stem)}</a>'
    return f"<tr><td>{link}{''.join(f'<td>{cell}' for cell in cells)}</tr>"


def _rendered(verdicts: Sequence[Verdict], result: Any) -> str:
    from great_expectations.render.renderer import content_block as gx
    from great_expectations.render.view import DefaultJinjaComponentView

    observed: dict[str, list[float]] = {v.expectation: [] for v in verdicts}
    for v in verdicts:
        observed[v.expectation] += [v.observed] if v.observed is not None else []
    renderer, view, parts = gx.ValidationResultsTableContentBlockRenderer, DefaultJinjaComponentView(), []
    for severity in SEVERITIES:
        results = [r for r in result.results if _severity(r) == severity]
        for r in results:
            r.result["observed_value"] = _range(observed[r.expectation_config.description])
        if results:
            block = renderer.render(results, include_column_name=False).to_json_dict()
            parts.append(f"<h2>{severity}</h2>{view.render({'content_block': block, 'section': {}})}")
    return "".join(parts)


def _range(values: Sequence[float]) -> str:
    if not values:
        return "nothing to look at"
    low, high = min(values), max(values)
    return f"{low:.6g}" if low == high else f"{low:.6g} to {high:.6g}"


def _page(title: str, body: str) -> str:
    body = re.sub(r"<(script|style)\b.*?</\1>|<(link|img)\b[^>]*>", "", body, flags=re.DOTALL)
    return (
        f"<!DOCTYPE html><html lang=en><head><meta charset=utf-8><title>{escape(title)}</title><style>{_STYLE}</style>"
        f"</head><body><h1>{escape(title)}</h1>{body}<p>Rendered with Great Expectations. "
        "Restricted: counts and rates, no value of a row.</p></body></html>"
    )


_STYLE = """
body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:72rem;padding:0 1rem;color:#222;background:#fff}
h1{font-size:1.6rem}h2{font-size:1.1rem;margin:1.5rem 0 .3rem;text-transform:capitalize}a{color:#0b5cad}p{color:#555}
table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;padding:.35rem .7rem;
border-bottom:1px solid #ddd}td table{width:auto;font-size:.9em;margin:.3rem 0}td p{margin:0}.collapse{display:none}
.text-success{color:#17692f}.text-danger{color:#b3261e}.fa-check-circle::before{content:"✓"}.fa-times::before{content:"✗"}
.fa-exclamation-triangle::before{content:"⚠"}pre,code{white-space:pre-wrap;font-size:.85em}
"""
