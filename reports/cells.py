"""Cells: what happened to each dtype in each layout, from and to the text in which an `entry` row keeps it."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from .results import ResultsError, Row


class Outcome(NamedTuple):
    """One way in which a conversion ended.

    verdict   "conforms", "refuses", "deviates", "violates", "crashes", "hangs"; "" where the file does not say
    headline  "shares", "copies", "raised TypeError", "crashed (SIGABRT)", ...
    clause    index in the entry point's promise of the clause that decided; -1: none
    home      whether the input was ordinary: an ndarray in plain memory, a plain tensor
    """

    verdict: str
    headline: str
    clause: int = -1
    home: bool = True


#: (dtype, layout, outcome) to number of conversions.
Cells = Counter[tuple[str, str, Outcome]]


def decode(entry: Row) -> Cells:
    """The cells of an entry row; none in files of suites that kept none. Raises ResultsError where they do not fit."""
    cells: Cells = Counter()
    if "cells" not in entry:
        return cells
    table = entry["cells"]
    outcomes = [Outcome(each["verdict"], each["headline"], each["clause"], each["home"]) for each in table["outcomes"]]
    if any(outcome.clause >= len(entry["promise"]) for outcome in outcomes):
        raise ResultsError(f"the cells of {entry['entry']!r} name a clause that its promise does not have")
    for cell in filter(None, table["counts"].split(",")):
        dtype, layout, outcome, count = map(int, cell.split())
        try:
            cells[table["dtypes"][dtype], table["layouts"][layout], outcomes[outcome]] += count
        except IndexError:
            raise ResultsError(f"the cells of {entry['entry']!r} count {cell!r}, of which there is no such thing") from None
    return cells


def encode(cells: Cells) -> Row:
    """The same as a row keeps it."""
    dtypes: dict[str, int] = {}
    layouts: dict[str, int] = {}
    outcomes: dict[Outcome, int] = {}
    counts = [
        (
            dtypes.setdefault(dtype, len(dtypes)),
            layouts.setdefault(layout, len(layouts)),
            outcomes.setdefault(how, len(outcomes)),
            n,
        )
        for (dtype, layout, how), n in cells.items()
    ]
    return {
        "dtypes": list(dtypes),
        "layouts": list(layouts),
        "outcomes": [outcome._asdict() for outcome in outcomes],
        "counts": ",".join(f"{dtype} {layout} {how} {n}" for dtype, layout, how, n in counts),
    }


def along(entry: Row, axis: str) -> dict[str, Counter[Outcome]]:
    """What happened to each value of an axis, "dtype" or "layout"; from the plain matrix where a file has no cells."""
    found: dict[str, Counter[Outcome]] = {}
    if "cells" not in entry:
        for value, headlines in entry["matrix"].get(axis, {}).items():
            found[value] = Counter({Outcome("", headline): n for headline, n in headlines.items()})
        return found
    for (dtype, layout, outcome), count in decode(entry).items():
        found.setdefault(dtype if axis == "dtype" else layout, Counter())[outcome] += count
    return found
