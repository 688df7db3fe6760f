"""CSV: the matrix, a line per entry point, dtype and layout, for a spreadsheet or a data frame."""

from __future__ import annotations

import csv
import io
from collections import Counter
from typing import Any

from ..answers import answer
from ..cells import Outcome, decode
from ..merge import Merged
from . import add

COLUMNS = (
    "environment",
    "framework",
    "direction",
    "entry point",
    "dtype",
    "layout",
    "answer",
    "troubles",
    "basis",
    "conversions",
)


def matrix(merged: list[Merged]) -> tuple[str, int]:
    """All cells that were asked, with a heading."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for each in merged:
        header = each.results.header
        environment = " ".join(f"{name}-{release}" for name, release in header["environment"].items())
        for entry in each.results.of("entry"):
            cells: dict[tuple[str, str], Counter[Outcome]] = {}
            for (dtype, layout, outcome), count in decode(entry).items():
                cells.setdefault((dtype, layout), Counter())[outcome] += count
            named = (environment, entry["framework"], entry["direction"], entry["entry"])
            for where, counts in sorted(cells.items(), key=lambda cell: cell[0]):
                said = answer(counts, entry["promise"])
                row = (*named, *where, said.word, " ".join(said.troubles), said.basis, said.count)
                writer.writerow(map(_harmless, row))
    return text.getvalue(), 0


def _harmless(value: object) -> object:
    # A spreadsheet runs text that begins like a formula. (">float32" does not.)
    return f"'{value}" if isinstance(value, str) and value[:1] in tuple("=+-@\t\r") else value


def register(verbs: Any) -> None:
    """Add the verb `csv`."""
    add(verbs, "csv", "write the matrix of entry point, dtype and layout as CSV", matrix)
