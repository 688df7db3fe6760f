"""python -m reports profile: ask one environment the fixed list of inputs, and keep the answers."""

from __future__ import annotations

import argparse
from pathlib import Path

from reports.environments import BuildError, interpreter
from reports.folders import writable
from reports.profile_files import END, FOLDER
from reports.upgrade import add_building, building


def register(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the verb."""
    verb = verbs.add_parser("profile", help="add or rebuild the profile of one environment")
    verb.add_argument("requirements", nargs="+", metavar="SIDE", help="an interpreter, or requirements")
    verb.add_argument("--output", default=str(FOLDER), metavar="PATH", help=f"a file whose name ends in {END}, else a folder")
    add_building(verb)
    verb.set_defaults(run=run)


def run(asked: argparse.Namespace) -> int:
    """0; raises BuildError or OSError, or KeyboardInterrupt that says that nothing was written."""
    # The suite's side: it imports no framework.
    from conformance.differential.profile import save
    from conformance.subjects import SubjectError

    path = Path(asked.output)
    writable(path.parent if asked.output.endswith(END) else path)
    try:
        print(save(interpreter(" ".join(asked.requirements), building(asked)), path))
    except SubjectError as error:
        raise BuildError(str(error)) from None
    except KeyboardInterrupt:
        raise KeyboardInterrupt("interrupted: no profile was written") from None
    return 0
