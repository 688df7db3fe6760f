"""python -m reports: everything that is made from a results file."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from reports import diff, history, profile, upgrade
from reports.environments import BuildError
from reports.profile_files import ProfileError
from reports.results import Results, ResultsError, read
from reports.summary import summary


def main(arguments: list[str] | None = None) -> int:
    """Run a verb; 0 when it went well, 1 when the results hold a broken promise, 2 when they could not be read."""
    parser = argparse.ArgumentParser(prog="python -m reports", description="Reports from a results file.")
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    for verb, text in (("summary", "print verdicts per entry point"), ("validate", "check a file against the schema")):
        verbs.add_parser(verb, help=text).add_argument("file", type=Path, help="a results file (JSON Lines)")
    others: dict[str, Callable[[argparse.Namespace], int]] = {
        "diff": diff.run,
        "history": history.run,
        "profile": profile.run,
        "upgrade": upgrade.run,
    }
    for module in (diff, history, profile, upgrade):
        module.add(verbs)
    asked = parser.parse_args(arguments)
    if asked.verb in others:
        try:
            return others[asked.verb](asked)
        except (BuildError, ProfileError, ResultsError) as error:
            print(error, file=sys.stderr)
            return 2
    try:
        results = read(asked.file)
    except ResultsError as error:
        print(error, file=sys.stderr)
        return 2
    if asked.verb == "summary":
        print(summary(results))
        return int(any(results.of("finding")))
    print(_described(asked.file, results))
    return 0


def _described(path: Path, results: Results) -> str:
    end = "interrupted: it has no footer" if results.interrupted else "complete"
    return f"{path}: {len(results.rows)} rows, schema {results.header['schema']}, {end}"


if __name__ == "__main__":
    sys.exit(main())
