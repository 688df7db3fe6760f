"""The site: results as static pages that open from disk, readable without a network, a framework or JavaScript."""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path
from typing import Any

from ..benchmark.runs import read_run
from ..merge import environments
from ..results import ResultsError, read


def register(verbs: Any) -> None:
    """Add the verb `html`."""
    verb = verbs.add_parser(
        "html",
        help="write a site that opens from disk",
        description="Write a static site: overview, matrices, a page per call and per finding.",
    )
    verb.add_argument("files", type=Path, nargs="+", metavar="FILE", help="a results file (JSON Lines)")
    verb.add_argument("-o", "--output", type=Path, required=True, metavar="DIR", help="where to write; index.html is the start")
    verb.add_argument(
        "--benchmark", type=Path, metavar="RUN", help="a benchmark run: a page on what calls cost, and a curve on each call's"
    )
    verb.set_defaults(run=_run)


def _run(asked: argparse.Namespace) -> int:
    index = write(asked.files, asked.output, asked.benchmark)
    print(f"{index}: open it in a browser")
    return 0


def write(files: list[Path], folder: Path, benchmark: Path | None = None) -> Path:
    """Write the site of results files, and of a benchmark run, into a folder; the path of its first page. Raises ResultsError."""
    try:
        from ..benchmark.site import blocks, cost
        from .pages import write_site
    except ImportError as missing:
        raise ResultsError(f"a site needs {missing.name}: python -m pip install 'tensor-conformance[report]'") from None
    try:
        merged = environments([read(path) for path in files])
        if not benchmark:
            return write_site(merged, folder)
        run = read_run(benchmark)
        return write_site(merged, folder, {"benchmarks": partial(blocks, run)}, partial(cost, run))
    except OSError as error:
        raise ResultsError(f"cannot write the site to {folder}: {error.strerror}") from None
