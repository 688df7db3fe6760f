"""The verb `replay`: how to see one finding, or known deviation, again."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from . import how
from .results import ResultsError, Row, read

#: Where a run writes its results unless told otherwise.
DEFAULT = Path("conformance-results.jsonl")


def register(verbs: Any) -> None:
    """Add the verb `replay`."""
    verb = verbs.add_parser(
        "replay",
        help="print the command and the script of a finding",
        description="Print the command and the script of a finding.",
    )
    verb.add_argument("id", metavar="ID", help="of a finding, or of a known deviation")
    verb.add_argument("file", type=Path, nargs="?", default=DEFAULT, metavar="FILE", help=f"a results file ({DEFAULT})")
    verb.set_defaults(run=_run)


def command(finding: Row, path: Path | str = DEFAULT) -> str:
    """The command that tries a finding again."""
    where = "" if Path(path) == DEFAULT else f" --results {path}"
    return f"{how.RUN} --replay {finding['id']}{where}"


def _run(asked: argparse.Namespace) -> int:
    results = read(asked.file)
    rows = [row for kind in ("finding", "drift", "program", "deviation") for row in results.of(kind) if row["id"] == asked.id]
    if not rows:
        raise ResultsError(f"{asked.file} has no finding or deviation {asked.id!r}; `{how.TOOL} summary` lists them")
    for row in rows:
        if row["kind"] != "deviation":
            print(f"# {row.get('entry', 'A program')} breaks '{row['law']}'. Again: {command(row, asked.file)}")
        else:
            print(f"# {row['entry']}, known deviation {row['id']}: {row['title']}")
        print(row["script"] or "# This run did not see it happen, so there is no script.")
    return 0
