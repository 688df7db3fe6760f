"""The verb `run`: the suite, by pytest."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Any

import pytest

from .. import options
from ..noticed import PLUGIN, SUITE


def register(verbs: Any) -> None:
    """Declare the verb."""
    verb = verbs.add_parser(
        "run",
        help="test the frameworks of this environment, or of another",
        description="Test conversions between NumPy and the frameworks that are installed here. All other options are pytest's.",
        allow_abbrev=False,
    )
    options.add(options.ArgparseParser(verb))
    verb.set_defaults(run=_run, takes_more=True)


def _run(asked: argparse.Namespace) -> int:
    return suite(asked.given)


def suite(arguments: list[str], tests: Path = SUITE) -> int:
    """Run the suite, or some of its tests, with these arguments, whatever folder this is; pytest's exit code."""
    os.environ.pop("PYTEST_ADDOPTS", None)  # Of the folder's own tests.
    own = ["--rootdir", str(SUITE), "-c", os.devnull, "--import-mode=importlib", "-p", "no:cacheprovider", "-p", PLUGIN]
    own += ["-W", "ignore::pytest.PytestAssertRewriteWarning"]  # What this module imports need not be rewritten.
    return int(pytest.main([str(tests), *own, *arguments]))
