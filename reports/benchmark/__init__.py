"""Benchmarks: one run, or two, as tables and plots."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from ..results import ResultsError
from ..writers import save
from .compare import compare
from .own import own_speed
from .runs import read_run
from .tables import as_markdown, as_text, compared, tables


def register(verbs: Any) -> None:
    """Add the verb `benchmark`."""
    verb = verbs.add_parser(
        "benchmark",
        help="print what calls cost, or what two runs differ in",
        description="What each call costs, beside the machine's limits; with two runs, what got slower.",
        epilog="exit code 1: --fail-slower found a cell that is slower beyond doubt, and by that factor as far as one can tell",
    )
    verb.add_argument("files", type=Path, nargs="+", metavar="RUN", help="a file that --benchmark-json wrote, or two to compare")
    verb.add_argument("--format", choices=("text", "markdown"), default="text", help="of the tables (default: text)")
    verb.add_argument("-o", "--output", type=Path, metavar="FILE", help="where to write; without it, it is printed")
    verb.add_argument("--plots", type=Path, metavar="DIR", help="draw plots into a folder, as SVG (needs matplotlib)")
    verb.add_argument("--self", action="store_true", dest="own", help="RUN is one of the suite's own speed")
    verb.add_argument("--fail-slower", type=float, metavar="FACTOR", help="exit with 1 if a cell is slower by this factor")
    verb.set_defaults(run=_run)


def _run(asked: argparse.Namespace) -> int:
    if len(asked.files) > 2:
        raise ResultsError("at most two runs can be compared")
    if asked.fail_slower is not None and (len(asked.files) < 2 or not asked.fail_slower >= 1):
        raise ResultsError("--fail-slower needs two runs, and a factor of 1 or more")
    if asked.own and (len(asked.files) > 1 or asked.plots):
        raise ResultsError("--self prints the ratios of one run")
    runs = [] if asked.own else [read_run(path) for path in asked.files]
    comparison = compare(*runs) if len(runs) == 2 else None
    if comparison is not None and not any(change.new.framework for change in comparison.changes):
        raise ResultsError("nothing to compare: no call was timed in both runs")
    found = own_speed(asked.files[0]) if asked.own else compared(comparison, *runs) if comparison else tables(runs[0])
    text = (as_markdown if asked.format == "markdown" else as_text)(found)
    if asked.output:
        save(asked.output, text)
    else:
        sys.stdout.write(text)
    if asked.plots:
        from .plots import write_plots

        for path in write_plots(runs, comparison, asked.plots):
            print(path, file=sys.stderr)
    return int(comparison is not None and asked.fail_slower is not None and bool(comparison.slower(asked.fail_slower)))
