"""python -m reports: everything that is made from a results file."""

from __future__ import annotations

import argparse
import importlib
import os
import sys

from reports.results import ResultsError

#: Modules that bring a verb: each has `register(verbs)`, which adds a parser whose default `run` takes the parsed
#: arguments and returns the exit code.
VERBS = (
    "reports.html",
    "reports.summary",
    "reports.symbolic",
    "reports.strength",
    "reports.benchmark",
    "reports.trophies",
    "reports.replay",
    "reports.upgrade",
    "reports.diff",
    "reports.profile",
    "reports.history",
    "reports.merge",
    "reports.validate",
    "reports.writers.markdown",
    "reports.writers.csv",
    "reports.writers.sarif",
    "reports.writers.badge",
)

_EPILOG = """\
FILE is a results file (JSON Lines), as `pytest conformance` writes it. Several are taken together: shards of one
environment are added up, different environments are shown side by side.

examples:
  python -m reports html conformance-results.jsonl -o site/       a site to open from disk: site/index.html
  python -m reports markdown FILE >> "$GITHUB_STEP_SUMMARY"       what a pull request should see
  python -m reports replay 1f0e39a2c4 FILE                        how to see one finding again
  python -m reports upgrade --from 'torch==2.12.1' --to 'torch==2.13.0'
                                                                  what differs between two releases, asked now
  python -m reports diff numpy-2.2.4+torch-2.13.0 numpy-2.2.6+torch-2.13.0
                                                                  the same from shipped profiles, nothing to install
JUnit XML is pytest's own: pytest conformance --junitxml FILE.

exit codes: 0 done; 1 the results hold a broken promise (summary, markdown), or something differs (upgrade, diff);
2 nothing could be done, and why, or interrupted
"""


def main(arguments: list[str] | None = None) -> int:
    """Run a verb; see the epilog of --help for what is returned."""
    parser = argparse.ArgumentParser(
        prog="python -m reports",
        description="Reports from the results of a conformance run. No framework is needed.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB", title="verbs")
    try:
        for module in VERBS:
            importlib.import_module(module).register(verbs)
        asked = parser.parse_args(arguments)
        return int(asked.run(asked))
    except ResultsError as error:
        print(error, file=sys.stderr)
    except KeyboardInterrupt as interruption:  # A verb that leaves something behind says what.
        print(str(interruption) or "interrupted", file=sys.stderr)
    except BrokenPipeError:  # Whoever read the output, as `head` does, has seen enough.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        print(f"cannot write {error.filename or 'the output'}: {error.strerror}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
