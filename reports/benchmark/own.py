"""The suite's own speed: the ratios of a run of its own benchmarks."""

from __future__ import annotations

from pathlib import Path

from ..results import ResultsError
from .runs import load
from .tables import Table


def own_speed(path: Path) -> list[Table]:
    """The ratios in a file, by what they are of. Raises ResultsError for a file that has none."""
    ratios = load(path).get("ratios")
    if not isinstance(ratios, list) or not ratios or not all(isinstance(line, str) for line in ratios):
        raise ResultsError(f"{path} holds no ratios: they come from the suite's own benchmarks, with --benchmark-json {path}")
    rows = [tuple(" ".join(part.split()) for part in line.partition(": ")[::2]) for line in ratios]
    return [Table("The suite's own speed", "Ratios within one run; rates are per second of CPU time.", ("of", "measured"), rows)]
