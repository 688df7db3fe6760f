"""The site: results as static pages that open from disk, readable without a network, a framework or JavaScript."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from reports.merge import environments
from reports.results import ResultsError, read


def register(verbs: Any) -> None:
    """Add the verb `html`."""
    verb = verbs.add_parser(
        "html",
        help="write a site that opens from disk",
        description="Write a static site: overview, matrices, a page per call and per finding.",
    )
    verb.add_argument("files", type=Path, nargs="+", metavar="FILE", help="a results file (JSON Lines)")
    verb.add_argument("-o", "--output", type=Path, required=True, metavar="DIR", help="where to write; index.html is the start")
    verb.set_defaults(run=_run)


def _run(asked: argparse.Namespace) -> int:
    index = write(asked.files, asked.output)
    print(f"{index}: open it in a browser")
    return 0


def write(files: list[Path], folder: Path) -> Path:
    """Write the site of results files into a folder; the path of its first page. Raises ResultsError."""
    try:
        from reports.html.pages import write_site
    except ImportError as missing:
        raise ResultsError(f"a site needs Jinja2, which is not installed here ({missing.name}): pip install jinja2") from None
    try:
        return write_site(environments([read(path) for path in files]), folder)
    except OSError as error:
        raise ResultsError(f"cannot write the site to {folder}: {error.strerror}") from None
