"""The verb `profile`: ask one environment the fixed list of inputs, and keep the answers."""

from __future__ import annotations

import argparse
from pathlib import Path

from tensor_conformance import CHECKOUT

from ...reports.folders import writable
from ...reports.profile_files import END, FOLDER
from ..upgrade.environments import BuildError, interpreter
from .upgrade import add_building, building


def register(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the verb."""
    verb = verbs.add_parser("profile", help="add or rebuild the profile of one environment")
    verb.add_argument("requirements", nargs="+", metavar="SIDE", help="an interpreter, or requirements")
    usual = str(FOLDER) if CHECKOUT is not None else "."
    help = f"a file whose name ends in {END}, else a folder (default: {'the shipped ones' if CHECKOUT is not None else usual})"
    verb.add_argument("--output", default=usual, metavar="PATH", help=help)
    add_building(verb)
    verb.set_defaults(run=run)


def run(asked: argparse.Namespace) -> int:
    """0; raises BuildError or OSError, or KeyboardInterrupt that says that nothing was written."""
    # The suite's side: it imports no framework.
    from ..run.subjects import SubjectError
    from ..upgrade.profile import save

    path = Path(asked.output)
    writable(path.parent if asked.output.endswith(END) else path)
    try:
        print(save(interpreter(" ".join(asked.requirements), building(asked)), path))
    except SubjectError as error:
        raise BuildError(str(error)) from None
    except KeyboardInterrupt:
        raise KeyboardInterrupt("interrupted: no profile was written") from None
    return 0
