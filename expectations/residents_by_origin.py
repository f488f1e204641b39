"""What must be true of residents by the country of the SIM."""

from collections.abc import Mapping, Sequence
from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from expectations import gather, never, of, share, suite, total, within
from expectations.release import counted, door, released, told
from schemas.home_locations import HOME_LOCATIONS
from schemas.population_grid import POPULATION_GRID
from schemas.residents_by_origin import RESIDENTS_BY_ORIGIN

READS = (RESIDENTS_BY_ORIGIN, HOME_LOCATIONS, POPULATION_GRID)


def measure(frames: Mapping[str, DataFrame], units: Sequence[date]) -> DataFrame:
    """Residents as published, as counted, the homes they have, and the people there are."""
    country = F.coalesce("home_country", F.lit("_unknown")).alias("home_country")
    living = of(frames["home_locations"].where("status = 'home'"), "month", units)
    homes = living.groupBy("unit", country).agg(F.count("*").alias("homes"))
    tallies = [_people(frames["population_grid"], units)]
    if (raw := counted(RESIDENTS_BY_ORIGIN, frames, units)) is not None:
        both = raw.groupBy("unit", "home_country").agg(F.sum("n").alias("n"))
        both = homes.join(both, ["unit", "home_country"], "full").fillna(0, ["homes", "n"])
        most = F.max(F.struct("homes", F.hash("home_country"), "n"))
        agreed = both.groupBy("unit").agg(
            F.sum(F.greatest(F.col("n") - F.col("homes"), F.lit(0))).alias("invented"),
            (most.getField("homes") - most.getField("n")).alias("lost"),
            F.sum("n").alias("n_counted"),
        )
        tallies.append(agreed)
    rates = {
        "persons_per_device": F.when(F.col("persons") > 0, share("persons", "devices")),
        "share_persons": F.when(F.col("persons") > 0, share("persons", "people")),
    }
    seen = {c: F.col(c) for c in ("invented", "lost")} | {"share_shown": share("n_shown", "n_counted", 100)}
    rates |= told(frames, RESIDENTS_BY_ORIGIN, seen)
    return gather(units, released(RESIDENTS_BY_ORIGIN, frames, units), *tallies, rates=rates)


def _people(grid: DataFrame, units: Sequence[date]) -> DataFrame:
    """The persons of the grid, the same for every month."""
    return grid.agg(total("population").alias("people")).select(F.explode(F.lit(list(units))).alias("unit"), "people")


SUITE = suite(
    "residents_by_origin",
    *door(),
    never("critical", "nobody is a resident who has no home", "invented"),
    never("warning", "every home of the country that most homes are of is a resident", "lost"),
    within("warning", "a device stands for at most 1,000 persons on average", "persons_per_device", None, 1_000),
    within(
        "warning", "residents are between half and one and a half of the people there are", "share_persons", 0.5, 1.5
    ),
    within("warning", "at least a third of the residents may be shown", "share_shown", 0.33, None),
)
