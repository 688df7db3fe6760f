"""python -m reports profile: ask one environment the fixed list of inputs, and keep the answers."""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

from reports.environments import BuildError, interpreter
from reports.profile_files import FOLDER
from reports.upgrade import add_building, building

_ROOT = Path(__file__).resolve().parent.parent


def register(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the verb."""
    verb = verbs.add_parser("profile", help="add or rebuild the profile of one environment")
    verb.add_argument("requirements", nargs="+", metavar="SIDE", help="an interpreter, or requirements")
    verb.add_argument("--output", type=Path, default=FOLDER, metavar="PATH", help="a folder or a file.jsonl.gz")
    add_building(verb)
    verb.set_defaults(run=run)


def run(asked: argparse.Namespace) -> int:
    """0; raises BuildError."""
    python = interpreter(" ".join(asked.requirements), building(asked))
    command = [sys.executable, "-m", "conformance.differential.profile", python, str(asked.output.absolute())]
    if subprocess.run(command, cwd=_ROOT, check=False).returncode:
        raise BuildError("the profile was not built")
    return 0
