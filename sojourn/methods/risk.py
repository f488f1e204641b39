"""What travellers carry: person-days of stay, each times the prevalence where the traveller lives.

Source: imports and exports of infections by movement and risk maps (Tatem et al. 2014 for malaria in Namibia); the
form is this project's: import_b = sum over a of F_ab * stay_days_ab * PR_a, export_a = sum over b of the same, so that
nothing is lost between places and the nets of all sum to 0.
"""

from collections.abc import Mapping

import pandas as pd

Place = tuple[str, str | None]  # country, and home zone; None: the whole country


def risk(flows: pd.DataFrame, prevalence: Mapping[Place, float]) -> pd.DataFrame:
    """A row for each place in a flow: place, import_days, export_days, net_days, risk_known, in order of the places.

    Args:
        flows: origin, destination (places), person_days of the residents of the origin in the destination.
        prevalence: 0 to 1, by place. Flows from places it does not name carry nothing that is known; of the
            person-days to and from a place risk_known is the share whose origin is named.
    """
    rate = flows["origin"].map(prevalence.get)
    carried = flows["person_days"] * rate.astype("float64").fillna(0)
    named = flows["person_days"].where(rate.notna(), 0)
    ends = [
        pd.DataFrame({"place": flows[end], "days": flows["person_days"], "named": named, **what})
        for end, what in (
            ("destination", {"import_days": carried, "export_days": 0.0}),
            ("origin", {"import_days": 0.0, "export_days": carried}),
        )
    ]
    both = pd.concat(ends, ignore_index=True)
    order = sorted(set(both["place"]), key=lambda place: (place[0], place[1] or ""))
    number = {place: n for n, place in enumerate(order)}
    sums = both.drop(columns="place").groupby([number[place] for place in both["place"]]).sum()
    made = sums[["import_days", "export_days"]].reset_index(drop=True)
    made.insert(0, "place", pd.Series(order, dtype=object))
    made["net_days"] = made["import_days"] - made["export_days"]
    made["risk_known"] = (sums["named"] / sums["days"].where(sums["days"] > 0)).to_numpy()
    return made
