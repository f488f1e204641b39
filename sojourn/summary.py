"""What a run found: the closing screen."""

from datetime import date

from pyspark.sql import functions as F

from schemas import BATCHES, EVENTS, HOME_LOCATIONS, REJECTS, VALIDATIONS
from sojourn.config import Config
from sojourn.lake import Lake


def summary(lake: Lake, conf: Config, first: date, last: date) -> list[tuple[str, str]]:
    """Facts about the landing days from the first to the last, as (what, how much)."""
    days = F.col("batch").between(first, last)
    b = (
        lake.read(BATCHES)
        .where(days)
        .agg(F.count("file"), F.sum("rows_read"), F.sum("rows_accepted"), F.sum("rows_rejected"))
        .first()
    )
    files, read, accepted, rejected = (int(v or 0) for v in b) if b else (0, 0, 0, 0)
    reasons = (
        lake.read(REJECTS)
        .where(days)
        .groupBy("reason")
        .agg(F.sum("n").alias("n"))
        .orderBy(F.desc("n"), "reason")
        .collect()
    )
    placed = lake.read(EVENTS).where(days).agg(F.count_if(F.col("country").isNotNull())).first()
    homes = lake.read(HOME_LOCATIONS).groupBy("month", "status").count().orderBy("month", F.desc("count")).collect()
    failed = lake.read(VALIDATIONS).where("not success").groupBy("severity").count().collect()
    share = f"{placed[0] / accepted:.1%}" if placed and accepted else "–"
    facts = [
        ("read", f"{read:,} records in {files:,} files"),
        ("accepted", f"{accepted:,}"),
        ("rejected", f"{rejected:,}: " + ", ".join(f"{r.n:,} {r.reason}" for r in reasons) if rejected else "none"),
        ("placed", f"{share} of the accepted"),
    ]
    facts += [(f"homes {r.month:%Y-%m}", f"{r['count']:,} {r.status}") for r in homes]
    facts += [("checks that failed", ", ".join(f"{r['count']} {r.severity}" for r in failed) or "none")]
    return [*facts, ("lake", conf.lake), ("data docs", f"{conf.lake}/data_docs/index.html"), ("purpose", conf.purpose)]
