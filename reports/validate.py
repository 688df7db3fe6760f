"""The verb `validate`: whether files are what the schema says."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from .results import Results, read


def register(verbs: Any) -> None:
    """Add the verb `validate`."""
    verb = verbs.add_parser("validate", help="check files against the schema", description="Check files against the schema.")
    verb.add_argument("files", type=Path, nargs="+", metavar="FILE", help="a results file (JSON Lines)")
    verb.set_defaults(run=_run)


def _run(asked: argparse.Namespace) -> int:
    for path in asked.files:
        print(_described(path, read(path)))
    return 0


def _described(path: Path, results: Results) -> str:
    end = "interrupted: it has no footer" if results.interrupted else "complete"
    return f"{path}: {len(results.rows)} rows, schema {results.header['schema']}, {end}"
