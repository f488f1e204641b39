"""What `sojourn tables` tells: every table, its columns, parameters, and what it reads and writes."""

from dataclasses import fields
from typing import Any

from rich.table import Table as Screen

import jobs
from schemas import BATCHES, BY_NAME, EVENTS, REJECTS, RUNS, TABLES
from sojourn.table import Table

LANDED = (EVENTS, REJECTS, BATCHES)


def described(lake: str, only: str | None = None) -> list[dict[str, Any]]:
    """Every table (or one) as plain data: where it is, what a row is, columns, who makes it of what, parameters."""
    makers = {job.WRITES.name: job for job in jobs.JOBS}
    out = []
    for table in [BY_NAME[only]] if only else TABLES:
        job = makers.get(table.name)
        out.append(
            {
                "name": table.name,
                "path": f"{lake}/{table.tier}/{table.name}",
                "tier": table.tier,
                "row": table.sentence,
                "key": list(table.key),
                "partition": list(table.partition),
                "columns": [_column(table, c.name) for c in table.columns],
                "producer": job.WRITES.name if job else _producer(table),
                "reads": _reads(table, job),
                "every": job.EVERY if job else "night",
                "params": _params(job),
            }
        )
    return out


def _producer(table: Table) -> str:
    return "events" if table in LANDED else "every run" if table is RUNS else "every check"


def _reads(table: Table, job: Any) -> list[str]:
    if table in LANDED:
        return ["cells", "subscribers"]
    return [t.name for t in job.READS] if job else [t.name for t in TABLES if t.judged]


def _column(table: Table, name: str) -> dict[str, Any]:
    c = table[name]
    return {"name": c.name, "type": c.type, "null": c.null, "meaning": c.meaning, "among": list(c.among)}


def _params(job: Any) -> list[dict[str, Any]]:
    if job is None:
        return []
    source = (job.Params.__doc__ or "").strip()
    return [
        {"name": f.name, "type": getattr(f.type, "__name__", str(f.type)), "default": f.default, "about": source}
        for f in fields(job.Params)
    ]


def ddl(table: dict[str, Any]) -> str:
    """A CREATE TABLE statement that names an existing Delta table in a catalog."""
    columns = ",\n".join(
        f"  {c['name']} {c['type'].upper()}{'' if c['null'] else ' NOT NULL'} COMMENT {_quoted(c['meaning'])}"
        for c in table["columns"]
    )
    by = f"\nPARTITIONED BY ({', '.join(table['partition'])})" if table["partition"] else ""
    head = f"CREATE TABLE IF NOT EXISTS sojourn.{table['name']} (\n{columns}\n)\nUSING delta{by}"
    return f"{head}\nLOCATION {_quoted(table['path'])}\nCOMMENT {_quoted(table['row'])};"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def screen(table: dict[str, Any], params: bool) -> Screen:
    """One table for a terminal."""
    made = f"made by {table['producer']}, reads {', '.join(table['reads']) or 'files'}"
    title = f"[bold]{table['name']}[/bold]  {table['path']}\n{table['row']} key: {', '.join(table['key'])}; {made}"
    if params:
        out = Screen("parameter", "type", "default", title=title, title_justify="left")
        for p in table["params"]:
            out.add_row(p["name"], p["type"], str(p["default"]))
        out.caption = table["params"][0]["about"] if table["params"] else "no parameters"
        out.caption_justify = "left"
        return out
    out = Screen("column", "type", "meaning", title=title, title_justify="left")
    for c in table["columns"]:
        out.add_row(
            c["name"],
            c["type"] + ("?" if c["null"] else ""),
            c["meaning"] + (f" ({', '.join(c['among'])})" if c["among"] else ""),
        )
    return out
