"""Location quotients of calls against where people with roots in other countries live."""

import numpy as np
import pandas as pd
from scipy.stats import spearmanr

from schemas import INTL_CALL_EXPOSURE, POPULATION_GRID
from sojourn.demo.places import COUNTRIES
from sojourn.demo.roots import TO_OTHERS, TO_ROOTS_AT_NIGHT
from sojourn.demo.score.page import Goal, Section, at_least, count, share, table
from sojourn.demo.score.persons import relative_error
from sojourn.demo.score.sources import Sources
from sojourn.methods.exposure import location_quotient

ALL = "*"
HOW = """\
Planted: the country that people call home, drawn by where they live; at night half of their calls and messages go
there, and one in seventeen of everybody's to some other country. From this follow the calls expected of each zone and
country, and their location quotient (LQ). Found: `lq` of `intl_call_exposure`.

- *error*: |found − planted| ÷ planted, median. *Rank*: Spearman's correlation over the rows.
"""


def section(sources: Sources) -> Section:
    """Zones and cells of the newest month with calls on most of its days."""
    found = sources.found(INTL_CALL_EXPOSURE)
    months = sorted(set(found["month"]))
    if not months:
        return Section(["## International calls", "", "No calls were published.", ""])
    found = found[(found["month"] == months[0]) & (found["country"] != ALL) & (found["area"] != ALL)]
    people = _people(sources)
    lines, goals = [], list[Goal]()
    for name, rows, planted in (
        ("zones", found[found["cell"].isna()], planted_quotients(people, "zone")),
        ("cells, resolution 5", found[found["resolution"] == 5], planted_quotients(people, "cell5")),
        ("cells, resolution 6", found[found["resolution"] == 6], planted_quotients(people, "cell6")),
    ):
        key = "area" if name == "zones" else "cell"
        both = rows.merge(planted, left_on=[key, "country"], right_on=["place", "country"], how="inner")
        both = both[both["lq"].notna() & both["planted"].notna()]
        off = relative_error(both["lq"], both["planted"])
        rank = float(spearmanr(both["lq"], both["planted"]).statistic) if len(both) > 2 else None
        error = float(np.median(off)) if len(both) else None
        lines.append([name, count(len(rows)), share(error, 1), "–" if rank is None else f"{rank:.2f}"])
        if name == "zones":
            goals.append(at_least("calls", "LQ of zones ranks as planted, 0.9 or more", rank, 0.9))
    month = f"{months[0]:%Y-%m}, published rows of one area and one country:"
    head = ["area", "rows", "error", "rank"]
    return Section(["## International calls", "", HOW, goals[0].sentence(), "", month, *table(head, lines), ""], goals)


def _people(sources: Sources) -> pd.DataFrame:
    """One row per person with a SIM of the country and a home in it: root (null: here), zone, cell5, cell6."""
    from sojourn.cells import parent

    homes = sources.people.drop_duplicates("imsi")[["imsi", "opt_out", "home_cell"]]
    known = sources.planted("roots").merge(homes[~homes["opt_out"] & homes["home_cell"].notna()], on="imsi")
    grid = sources.found(POPULATION_GRID, ["cell", "zone"]).rename(columns={"cell": "home_cell"})
    cells = known["home_cell"].to_numpy(np.int64)
    return known.merge(grid, on="home_cell", how="left").assign(cell5=parent(cells, 5), cell6=parent(cells, 6))


def planted_quotients(people: pd.DataFrame, by: str) -> pd.DataFrame:
    """place, country, planted: the LQ of the calls expected of the people of each place."""
    rooted = people.pivot_table(index=by, columns="country", values="imsi", aggfunc="count", fill_value=0)
    known = [c for c in COUNTRIES if c.phone_prefix and c.far_share]
    other = np.array([c.far_share for c in known])
    everybody = people.groupby(by).size()
    places = everybody.index
    calls = TO_ROOTS_AT_NIGHT * rooted.reindex(index=places, columns=[c.code for c in known], fill_value=0).to_numpy(
        float
    )
    calls += TO_OTHERS * everybody.to_numpy(float)[:, None] * (other / other.sum())[None, :]
    made = pd.DataFrame(location_quotient(calls), index=places, columns=[c.code for c in known])
    long = made.rename_axis(index="place", columns="country").reset_index()
    return long.melt(id_vars="place", value_name="planted")
