"""The trophy case: every break of a promise that was found in a release, the shortest reproducer first, in Markdown."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from .results import Results, Row, read

_INTRODUCTION = """\
# Trophy case

What the suite has found in releases that people use: {count} breaks of a promise, {crashes} of which kill the interpreter,
on {environment}. The shortest reproducer stands first; each runs with NumPy and the framework alone.

Made by the verb `trophies` from the results of a run. "Not reported" means that no report was found.
"""


def register(verbs: Any) -> None:
    """Add the verb `trophies`."""
    text = "print every known break of a promise with its reproducer, in Markdown"
    verb = verbs.add_parser("trophies", help=text, description=f"{text.capitalize()}.")
    verb.add_argument("file", type=Path, metavar="FILE", help="a results file (JSON Lines)")
    verb.set_defaults(run=_run)


def _run(asked: argparse.Namespace) -> int:
    print(trophies(read(asked.file)), end="")
    return 0


def trophies(results: Results) -> str:
    """The page; what did not happen in this run is not on it."""
    shown = [row for row in results.of("deviation") if row["status"] == "happens"]
    shown.sort(key=lambda row: (len(_lines(row)), len(row["script"]), row["id"]))
    head = _INTRODUCTION.format(
        count=len(shown),
        crashes=sum(row["severity"] == "crash" for row in shown),
        environment=", ".join(f"{name} {release}" for name, release in results.header["environment"].items()),
    )
    index = ["| # | what | how bad | upstream |", "| --- | --- | --- | --- |"]
    index += [
        f"| {number} | [{row['id']}](#{number}-{row['id']}) | {row['severity']} | {_upstream(row)} |"
        for number, row in enumerate(shown, 1)
    ]
    return "\n".join([head, *index, "", *(_trophy(number, row) for number, row in enumerate(shown, 1))])


def _trophy(number: int, row: Row) -> str:
    title = row["title"].rstrip(".")
    return "\n".join(
        [
            f"## {number}. {row['id']}",
            "",
            f"{title[:1].upper()}{title[1:]}. Seen on `{row['entry']}`: {row['observed']}.",
            f"Promise: <{row['url']}>. Upstream: {_upstream(row)}.",
            "",
            "```python",
            *_lines(row),
            "```",
            "",
        ]
    )


def _lines(row: Row) -> list[str]:
    return [line for line in row["script"].splitlines() if line.strip()]


def _upstream(row: Row) -> str:
    return f"<{row['upstream']}>" if row["upstream"] else "not reported"
