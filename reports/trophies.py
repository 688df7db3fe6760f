"""The trophy case: every break of a promise that was found in a release, the worst first, in Markdown."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from packaging.version import Version

from .results import Results, Row, read
from .severity import SEVERITIES, rank

_INTRODUCTION = """\
# Trophy case

What the suite has found in releases that people use: {count} breaks of a promise, {crashes} of which kill the interpreter,
on {environments}. The worst stand first, of equals the shortest reproducer; each runs with NumPy and the framework alone.

Made by the verb `trophies` from the results of runs. "Not reported" means that no report was found.
"""
#: What is no framework.
_BESIDE = ("python", "numpy", "ml_dtypes")


def register(verbs: Any) -> None:
    """Add the verb `trophies`."""
    text = "print every known break of a promise with its reproducer, in Markdown"
    verb = verbs.add_parser("trophies", help=text, description=f"{text.capitalize()}.")
    verb.add_argument("files", type=Path, nargs="+", metavar="FILE", help="a results file (JSON Lines); one of each release")
    verb.set_defaults(run=_run)


def _run(asked: argparse.Namespace) -> int:
    print(trophies([read(path) for path in asked.files]), end="")
    return 0


def trophies(runs: Sequence[Results]) -> str:
    """The page; what did not happen in these runs is not on it."""
    seen: dict[str, list[tuple[Results, Row]]] = {}
    for results in runs:
        for row in results.of("deviation"):
            if row["status"] == "happens":
                seen.setdefault(row["id"], []).append((results, row))
    shown = sorted(seen.values(), key=lambda found: _order(_best(found)))
    head = _INTRODUCTION.format(
        count=len(shown),
        crashes=sum(_best(found)["severity"] == "crash" for found in shown),
        environments=_where(runs, _BESIDE[1:2]),
    )
    index = ["| # | what | how bad | where | upstream |", "| --- | --- | --- | --- | --- |"]
    for number, found in enumerate(shown, 1):
        row = _best(found)
        cells = [f"[{row['id']}](#{number}-{row['id']})", row["severity"], _where([run for run, _ in found]), _upstream(row)]
        index.append(f"| {number} | {' | '.join(cells)} |")
    return "\n".join([head, *index, "", *(_trophy(number, found) for number, found in enumerate(shown, 1))])


def _best(found: list[tuple[Results, Row]]) -> Row:
    """The row with the newest release that shows it."""
    return max(found, key=lambda pair: [_version(release) for _, release in _frameworks(pair[0])])[1]


def _order(row: Row) -> tuple[int, int, int, str]:
    assert row["severity"] in SEVERITIES, row["severity"]
    return rank(row), len(_lines(row)), len(row["script"]), row["id"]


def _frameworks(results: Results) -> list[tuple[str, str]]:
    return [(name, release) for name, release in sorted(results.header["environment"].items()) if name not in _BESIDE]


def _version(release: str) -> Version:
    return Version(Version(release).public)


def _where(runs: Sequence[Results], beside: Sequence[str] = ()) -> str:
    """The releases of frameworks (and of what is beside them) in runs: the first and the last of each, and how many."""
    releases: dict[str, set[Version]] = {}
    for results in runs:
        for name, release in results.header["environment"].items():
            if name not in _BESIDE or name in beside:
                releases.setdefault(name, set()).add(_version(release))
    told = []
    for name, versions in sorted(releases.items()):
        first, last = min(versions), max(versions)
        told.append(f"{name} {first}" if first == last else f"{name} {first} to {last}")
    return ", ".join(told)


def _trophy(number: int, found: list[tuple[Results, Row]]) -> str:
    row = _best(found)
    title = row["title"].rstrip(".")
    return "\n".join(
        [
            f"## {number}. {row['id']}",
            "",
            f"{title[:1].upper()}{title[1:]}. Observed on `{row['entry']}`: {row['observed']}.",
            f"Happens in {_where([run for run, _ in found])}. Promise: <{row['url']}>. Upstream: {_upstream(row)}.",
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
