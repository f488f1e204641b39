"""The operator's registers, of antennas and of subscribers: what they told, and when.

A register is a state, not a flow: all its files up to the newest landing day count, whichever days are built.
"""

import logging
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, cast

import numpy as np
import pyarrow as pa
from pyspark.errors import AnalysisException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as t

from sojourn.arrivals import Arrival, inspected, listing
from sojourn.config import Config, Feed
from sojourn.feeds import Reading, canonical
from sojourn.lake import union
from sojourn.pseudonym import pseudonyms
from sojourn.reading import reader

log = logging.getLogger(__name__)
DAY = "[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]"
TOLD_CELLS = (
    "batch date, file string, line bigint, cell_id string, latitude double, longitude double, valid_from date, "
    "valid_to date, time_zone string, radio string, range_m double, azimuth_deg double, beam_deg double"
)
TOLD_SUBSCRIBERS = (
    "batch date, file string, line bigint, imsi string, msisdn string, valid_from date, segment string, opt_out boolean"
)
PSEUDONYMOUS = (
    "batch date, file string, line bigint, alias bigint, device bigint, valid_from date, segment string, "
    "opt_out boolean"
)


@dataclass(frozen=True)
class Told:
    """Files of a register: all that lie there, those that are new since `seen`, and whether they came in order."""

    files: list[Arrival]
    new: list[Arrival]
    changed: list[Arrival]
    in_order: bool

    @property
    def to_read(self) -> list[Arrival]:
        """The news; all of it where it came out of order."""
        return self.new if self.in_order else self.files

    @property
    def seen(self) -> dict[str, list[int]]:
        """What to remember of them."""
        return {a.name: [a.bytes, a.modified_ms] for a in self.files}


def told(spark: SparkSession, conf: Config, feeds: Sequence[Feed], newest: date, seen: dict[str, list[int]]) -> Told:
    """The files of a register up to the newest landing day, against those seen before."""
    files = [a for feed in feeds for a in _all(spark, conf, feed) if a.batch is None or a.batch <= newest]
    new = [a for a in files if seen.get(a.name) != [a.bytes, a.modified_ms]]
    changed = [a for a in new if a.name in seen]
    last = max((a.batch for a in files if a not in new and a.batch), default=date.min)
    return Told(files, new, changed, not changed and all(a.batch is None or a.batch > last for a in new))


def _all(spark: SparkSession, conf: Config, feed: Feed) -> list[Arrival]:
    if "{date}" not in feed.path:
        return listing(spark, conf, feed, None)
    everywhere = feed.model_copy(update={"path": feed.path.replace("{date}", DAY)})
    found = ((day_in(feed.path, a.path), a) for a in listing(spark, conf, everywhere, None))
    return [replace(a, batch=day, feed=feed) for day, a in found if day]


def day_in(pattern: str, path: str) -> date | None:
    """The landing day that stands for `{date}` in a file's path; None where two stand there."""
    glob = {"*": "[^/]*", "?": "[^/]"}
    parts = [
        "".join(glob.get(c, c if c in "[]" else re.escape(c)) for c in part)
        for part in re.sub("^file:/+", "/", pattern).split("{date}")
    ]
    found = re.match(parts[0] + r"(\d{4}-\d\d-\d\d)" + r"\1".join(parts[1:]) + "(/|$)", path)
    try:
        return date.fromisoformat(found[1]) if found else None
    except ValueError:  # the 31st of February is no landing day
        return None


def rows(spark: SparkSession, readings: dict[str, Reading], files: Sequence[Arrival], schema: str) -> DataFrame:
    """The canonical rows of register files, beside batch, file and line. One that cannot be read is told of."""
    looked = inspected(spark, files, {name: r.form for name, r in readings.items()})
    frames = []
    for a in looked:
        if a.reason:
            log.warning("%s: %s: %s; what was known before stays", a.name, a.reason, a.detail)
    groups: dict[tuple[str, Any], list[tuple[int, Arrival]]] = {}
    for n, a in enumerate(looked):
        if a.found is not None:
            groups.setdefault((a.feed.name, a.found), []).append((n, a))
    names = spark.createDataFrame([(n, a.name) for n, a in enumerate(looked)] or [(0, "")], "__file int, file string")
    for (name, found), some in groups.items():
        raw = reader(spark, readings[name].form, found, some, None)
        try:
            made = canonical(spark, readings[name], raw, date.max, date.min).join(F.broadcast(names), "__file")
        except AnalysisException:
            for _, a in some:
                log.warning("%s: its columns do not fit the expressions of the feed; what was known stays", a.name)
            continue
        made = made.withColumnsRenamed({"__batch": "batch", "__line": "line"})
        columns = [
            (F.col(f.name) if f.name in made.columns else F.lit(None)).cast(f.dataType).alias(f.name)
            for f in cast(t.StructType, t.StructType.fromDDL(schema))
        ]
        frames.append(made.select(*columns))
    return union(frames) if frames else spark.createDataFrame([], schema)


def pseudonymous(told_rows: DataFrame, key: bytes) -> DataFrame:
    """Rows of the subscriber register by pseudonym: one for the IMSI itself and one for its MSISDN."""

    def task(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            column = {name: batch.column(i) for i, name in enumerate(batch.schema.names)}
            device, good = pseudonyms(key, column["imsi"], "imsi")
            number, fine = pseudonyms(key, column["msisdn"], "msisdn")
            for alias, mask in ((device, good), (number, good & fine)):
                made = {"alias": pa.array(alias), "device": pa.array(device)}
                arrays = [made.get(n, column.get(n)) for n in names]
                yield pa.RecordBatch.from_arrays(arrays, names=names).filter(pa.array(np.asarray(mask)))

    names = [part.split()[0] for part in PSEUDONYMOUS.split(", ")]
    return told_rows.mapInArrow(task, PSEUDONYMOUS)
