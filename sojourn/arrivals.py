"""Which landing files a run takes in: those under its days, those that came late, and what changes because of them."""

import logging
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.types import StructType

from schemas import BATCHES
from sojourn.config import Config, Feed
from sojourn.errors import ConfigError
from sojourn.files import BadFile, Form, Found, digest, look
from sojourn.lake import Lake

log = logging.getLogger(__name__)
HIDDEN = (".", "_")  # what is named so has not landed
PER_TASK = 64 << 20  # landing bytes that are worth a task
AT_HAND_BYTES = 16 << 20  # that are read in less time than it takes to tell a task
Row = Mapping[str, Any]  # a file as a task is told of it: n (its number), bytes, path and more
Task = Callable[[Iterable[Row]], Iterator[pa.RecordBatch]]


@dataclass(frozen=True)
class Arrival:
    """A landing file as it lies there. `name` is its path relative to the configuration; `batch` None: undated."""

    batch: date | None
    feed: Feed
    path: str
    name: str
    bytes: int
    modified_ms: int
    sha256: str | None = None
    found: Found | None = None
    reason: str = ""
    detail: str = ""

    @property
    def place(self) -> tuple[date, str]:
        """The order in which files count: of equal files the first is kept, the others are duplicates."""
        return (self.batch or date.min, self.name)


@dataclass(frozen=True)
class Known:
    """What `batches` says of a file that was taken in before."""

    batch: date
    source: str
    name: str
    bytes: int
    sha256: str | None
    modified_ms: int
    rows_read: int


@dataclass(frozen=True)
class Intake:
    """Batches to be built anew. Files `gone` from the landing zone keep the rows they have."""

    batches: dict[date, list[Arrival]]
    gone: dict[date, list[Known]]
    without: dict[date, set[str]]  # feeds that brought no file
    rows_of: dict[str, int]  # sha256 of a file of another batch that duplicates refer to: its rows

    def without_files(self, broken: Sequence[Arrival]) -> "Intake":
        """The same, with files rejected that broke while they were read."""
        detail = "the data inside the file are damaged"
        names = {a.place for a in broken}
        batches = {
            day: [replace(a, reason="unreadable_file", detail=detail) if a.place in names else a for a in files]
            for day, files in self.batches.items()
        }
        return replace(self, batches=batches)


def listing(spark: SparkSession, conf: Config, feed: Feed, day: date | None) -> list[Arrival]:
    """The files of a feed on a landing day (None: undated), by name; hidden ones (`.x`, `_x`) have not landed."""
    pattern = feed.path.replace("{date}", str(day)) if day else feed.path
    jvm: Any = spark._jvm
    where = jvm.org.apache.hadoop.fs.Path(pattern)
    fs = where.getFileSystem(spark._jsparkSession.sessionState().newHadoopConf())
    out = []
    for status in _files(fs, fs.globStatus(where) or []):
        uri = status.getPath().toUri()
        path = str(uri.getPath() if uri.getScheme() in (None, "file") else status.getPath().toString())
        out.append(
            Arrival(day, feed, path, conf.relative(path), int(status.getLen()), int(status.getModificationTime()))
        )
    return sorted(out, key=lambda a: a.name)


def _files(fs: Any, statuses: Iterable[Any]) -> Iterator[Any]:
    for status in statuses:
        name = status.getPath().getName()
        if name.startswith(HIDDEN):
            continue
        if status.isDirectory():
            yield from _files(fs, fs.listStatus(status.getPath()))
        else:
            yield status


def weight(conf: Config, days: Sequence[date]) -> float:
    """About how many bytes have landed on these days, without Spark; infinite where that cannot be told."""
    paths = [feed.path for feed in conf.sources.events]
    if any(":/" in path or "{" in path.replace("{date}", "") for path in paths):  # Hadoop's alone to read
        return math.inf
    landed = (Path(path.replace("{date}", str(day))) for path in paths for day in days)
    found = (f for p in landed for f in Path(p.anchor).glob(str(p.relative_to(p.anchor))))
    return sum(f.stat().st_size for f in _landed(found))


def _landed(paths: Iterable[Path]) -> Iterator[Path]:
    """As `_files`, of this machine's own."""
    for path in paths:
        if not path.name.startswith(HIDDEN):
            yield from _landed(path.iterdir()) if path.is_dir() else filter(Path.is_file, [path])


def inspected(spark: SparkSession, arrivals: Sequence[Arrival], forms: dict[str, Form]) -> list[Arrival]:
    """The same files with their digest, and their columns or the reason why they are rejected.

    By one Spark job, unless they lie on this machine and are read in less time than it takes to tell a task.
    """
    if not arrivals:
        return []

    def task(files: Iterable[Row]) -> Iterator[pa.RecordBatch]:
        for row in files:
            sha256, reason, detail, columns = None, "", "", list[tuple[str, str, str]]()
            try:
                sha256 = digest(row["path"])
                columns = list(look(row["path"], forms[row["feed"]]))
            except BadFile as bad:
                reason, detail = bad.reason, bad.detail
            except OSError as error:
                reason, detail = "unreadable_file", f"cannot be opened ({type(error).__name__})"
            line = [row["n"], sha256, reason, detail, [list(c) for c in columns]]
            yield pa.RecordBatch.from_pylist([dict(zip(schema.names, line, strict=True))], schema=schema)

    schema = pa.schema(
        {"n": pa.int64()}
        | dict.fromkeys(("sha256", "reason", "detail"), pa.string())
        | {"columns": pa.list_(pa.list_(pa.string()))}
    )
    files = [{"n": n, "path": a.path, "feed": a.feed.name, "bytes": a.bytes} for n, a in enumerate(arrivals)]
    if sum(a.bytes for a in arrivals) <= AT_HAND_BYTES and not any(":/" in a.path for a in arrivals):
        looked = [row for batch in task(files) for row in batch.to_pylist()]
    else:
        columns = "n bigint, sha256 string, reason string, detail string, columns array<array<string>>"
        looked = over_files(spark, files, task, columns).toArrow().to_pylist()
    out = list(arrivals)
    for row in looked:
        found = None if row["reason"] else Found(tuple((c[0], c[1], c[2]) for c in row["columns"]))
        told = {name: row[name] for name in ("sha256", "reason", "detail")}
        out[row["n"]] = replace(out[row["n"]], found=found, **told)
    return out


def over_files(spark: SparkSession, files: Sequence[Row], task: Task, schema: str | StructType) -> DataFrame:
    """What a task makes of files, which are dealt out in shares of about equal bytes; each file is wholly in one."""
    weight = sum(f["bytes"] for f in files)
    number = max(1, min(len(files), max(2 * spark.sparkContext.defaultParallelism, weight // PER_TASK)))
    shares: list[tuple[int, list[Row]]] = [(0, []) for _ in range(number)]
    for file in sorted(files, key=lambda f: (-f["bytes"], f["n"])):
        lightest = min(range(number), key=lambda s: shares[s][0])
        shares[lightest] = (shares[lightest][0] + file["bytes"], [*shares[lightest][1], file])
    dealt = spark.sparkContext.broadcast([some for _, some in shares])

    def share(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        yield from task(file for b in batches for s in b.column(0).to_pylist() for file in dealt.value[s])

    return spark.range(0, number, 1, number).mapInArrow(share, schema)


def intake(spark: SparkSession, conf: Config, lake: Lake, days: Sequence[date], forms: dict[str, Form]) -> Intake:
    """All that landing these days takes in.

    That is every file under them, files not seen before under the late days before them, and the batches whose files
    become duplicates, or stop being such, because of those.

    Raises:
        ConfigError: two feeds read the same file.
    """
    asked = set(days)
    window = {f.name: {d - timedelta(n) for d in days for n in range(f.late_days + 1)} for f in conf.sources.events}
    earliest = min(d for w in window.values() for d in w)
    near = (pc.field("batch") >= earliest) & (pc.field("batch") <= max(days))
    seen = {(k.batch, k.name): k for k in _known(lake, near)}
    lying: dict[tuple[date, str], Arrival] = {}
    for feed in conf.sources.events:
        for day in sorted(window[feed.name]):
            for a in listing(spark, conf, feed, day):
                if (other := lying.setdefault((day, a.name), a)) is not a:
                    what = f"{other.feed.name} and {feed.name} both read it"
                    raise ConfigError(what, where=a.name, hint="a file belongs to one feed: change a path of sources")
    new = [a for at, a in lying.items() if at[0] in asked or not _same(seen.get(at), a)]
    looked = {a.place: a for a in inspected(spark, new, forms)}
    fresh = {at for at, a in looked.items() if at not in seen or seen[at].sha256 != a.sha256}
    stale = asked | {day for day, _ in fresh}
    # a content that came, or went, may make files of other batches duplicates, or make them count
    changed = {looked[at].sha256 for at in fresh} | {seen[at].sha256 for at in fresh if at in seen}
    kin = _known(lake, _content(changed))
    first = {s: min(a.place for a in looked.values() if a.sha256 == s) for s in {looked[at].sha256 for at in fresh}}
    for k in kin:
        flips = (k.batch, k.name) not in looked and (k.sha256 not in first or first[k.sha256] < (k.batch, k.name))
        if flips:
            stale.add(k.batch)
    return _complete(spark, conf, lake, forms, asked, stale, looked)


def _complete(
    spark: SparkSession,
    conf: Config,
    lake: Lake,
    forms: dict[str, Form],
    asked: set[date],
    stale: set[date],
    looked: dict[tuple[date, str], Arrival],
) -> Intake:
    """The stale batches whole: the files looked at, those seen before that still lie there, and those gone."""
    mine = pc.field("batch").isin(sorted(stale))
    before = {(k.batch, k.name): k for k in _known(lake, mine)}
    feeds = conf.sources.events
    missing = sorted({day for day, name in before if (day, name) not in looked})
    lying = {(d, a.name): a for f in feeds for d in missing for a in listing(spark, conf, f, d)}
    again = [a for at, a in lying.items() if at in before and at not in looked]
    all_files = looked | {a.place: a for a in inspected(spark, again, forms)}
    here = {day: sorted((a for at, a in all_files.items() if at[0] == day), key=lambda a: a.name) for day in stale}
    gone = {day: [k for at, k in before.items() if at[0] == day and at not in all_files] for day in stale}
    for day, files in gone.items():
        for k in files:
            log.warning("%s of landing day %s is gone; the rows it brought are kept", k.name, day)
    none = lake.rows(BATCHES, mine & pc.field("file").is_null()).to_pylist()
    empty = {(r["batch"], r["source"]) for r in none} | {(d, f.name) for d in asked for f in feeds}
    brought = {(a.batch, a.feed.name) for a in all_files.values()} | {(k.batch, k.source) for k in before.values()}
    without = {day: {name for d, name in empty - brought if d == day} for day in stale}
    return _duplicates(lake, Intake({d: here[d] for d in sorted(stale)}, gone, without, {}))


def _duplicates(lake: Lake, intake: Intake) -> Intake:
    """Mark every file whose content came before, in this intake or in a batch that stays as it is."""
    arrivals = [a for files in intake.batches.values() for a in files if not a.reason and a.sha256]
    gone = [k for files in intake.gone.values() for k in files]
    other = _known(lake, _content({a.sha256 for a in arrivals}))
    kept = gone + [k for k in other if k.batch not in intake.batches]
    first: dict[str | None, tuple[date, str]] = {}
    still = {k.sha256 for k in gone}  # a file that was only renamed: the rows it brought under the old name stay
    lying = [(a.sha256, a.place) for a in arrivals if a.sha256 not in still]
    for sha256, place in [*lying, *((k.sha256, (k.batch, k.name)) for k in kept)]:
        first[sha256] = min(first.get(sha256, place), place)
    rows_of = {str(k.sha256): k.rows_read for k in kept if k.sha256}

    def marked(a: Arrival) -> Arrival:
        if a.reason or first[a.sha256] == a.place:
            return a
        day, name = first[a.sha256]
        return replace(a, reason="duplicate_file", detail=f"the same content as {name} of {day}")

    return replace(
        intake, batches={d: [marked(a) for a in files] for d, files in intake.batches.items()}, rows_of=rows_of
    )


def _same(known: Known | None, arrival: Arrival) -> bool:
    return known is not None and (known.bytes, known.modified_ms) == (arrival.bytes, arrival.modified_ms)


def _content(digests: Iterable[str | None]) -> pc.Expression:
    return pc.field("sha256").isin(pa.array(sorted(d for d in digests if d), pa.string()))


def _known(lake: Lake, where: pc.Expression) -> list[Known]:
    rows = lake.rows(BATCHES, where & pc.field("file").is_valid()).to_pylist()
    return [
        Known(
            batch=r["batch"],
            source=r["source"],
            name=r["file"],
            bytes=r["bytes"],
            sha256=r["sha256"],
            modified_ms=round(r["modified_at"].timestamp() * 1000),
            rows_read=r["rows_read"],
        )
        for r in rows
    ]
