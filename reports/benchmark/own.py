"""The suite's own speed: the ratios of a run of `tox run -e speed`."""

from __future__ import annotations

from pathlib import Path

from reports.benchmark.runs import load
from reports.benchmark.tables import Table
from reports.results import ResultsError


def own_speed(path: Path) -> list[Table]:
    """The ratios in a file, by what they are of. Raises ResultsError for a file that has none."""
    ratios = load(path).get("ratios")
    if not isinstance(ratios, list) or not ratios or not all(isinstance(line, str) for line in ratios):
        raise ResultsError(f"{path} holds no ratios: tox run -e speed -- --benchmark-json {path} writes them")
    rows = [tuple(" ".join(part.split()) for part in line.partition(": ")[::2]) for line in ratios]
    return [Table("The suite's own speed", "Ratios within one run; rates are per second of CPU time.", ("of", "measured"), rows)]
