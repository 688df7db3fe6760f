"""The verb `replay`: how to see one finding, or known deviation, again."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Mapping
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


def command(finding: Row, header: Row, path: Path | str = DEFAULT) -> str:
    """The command that tries a finding of a results file again, on what the run was on."""
    return shlex.join([*how.RUN.split(), "--replay", finding["id"], *again(path, header.get("subjects", {}))])


def again(path: Path | str, subjects: Mapping[str, str]) -> list[str]:
    """The options that a replay of a run needs: its file, if it is not the usual one, and the interpreters of its subjects."""
    options = [] if Path(path) == DEFAULT else ["--results", str(path)]
    return options + [word for name, python in subjects.items() for word in ("--subject", f"{name}={python}")]


def _run(asked: argparse.Namespace) -> int:
    results = read(asked.file)
    rows = [row for kind in ("finding", "drift", "program", "deviation") for row in results.of(kind) if row["id"] == asked.id]
    if not rows:
        raise ResultsError(f"{asked.file} has no finding or deviation {asked.id!r}; `{how.TOOL} summary` lists them")
    for row in rows:
        if row["kind"] != "deviation":
            print(f"# {row.get('entry', 'A program')} breaks '{row['law']}'. Again: {command(row, results.header, asked.file)}")
        else:
            print(f"# {row['entry']}, known deviation {row['id']}: {row['title']}")
        print(row["script"] or "# This run did not see it happen, so there is no script.")
    return 0
