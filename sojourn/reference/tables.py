"""The tables of this package, as they lie beside the code and inside a wheel."""

import csv
from importlib import resources


def rows(name: str) -> list[list[str]]:
    """The rows of a CSV of this package, its header left out."""
    with resources.files("sojourn.reference").joinpath(name).open(encoding="utf-8") as file:
        return list(csv.reader(file))[1:]
