"""The command line: `tensor-conformance VERB`, and `python -m reports VERB` in a checkout.

A verb is a module with `register(verbs)`, which adds a parser whose default `run` takes the parsed arguments and returns the
exit code; it is named in `VERBS`.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import os
import signal
import sys
from typing import Any, NamedTuple, NoReturn

from ...reports import how
from ...reports.results import ResultsError
from ...reports.visible import Visible, visible


class Verb(NamedTuple):
    """A verb, the module that brings it, and the extra that brings what the module needs."""

    name: str
    module: str
    extra: str


_HERE, _REPORTS = "tensor_conformance.conformance.cli", "tensor_conformance.reports"
VERBS = (
    Verb("run", f"{_HERE}.run", "run"),
    Verb("upgrade", f"{_HERE}.upgrade", "upgrade"),
    Verb("answer", f"{_HERE}.answer", "upgrade"),
    Verb("diff", f"{_HERE}.diff", "upgrade"),
    Verb("profile", f"{_HERE}.profile", "upgrade"),
    Verb("measured", f"{_HERE}.measured", "run"),
    Verb("history", f"{_HERE}.history", "upgrade"),
    Verb("html", f"{_REPORTS}.html", "report"),
    Verb("summary", f"{_REPORTS}.summary", "report"),
    Verb("symbolic", f"{_REPORTS}.symbolic", "report"),
    Verb("strength", f"{_REPORTS}.strength", "report"),
    Verb("benchmark", f"{_REPORTS}.benchmark", "benchmark"),
    Verb("trophies", f"{_REPORTS}.trophies", "report"),
    Verb("replay", f"{_REPORTS}.replay", "report"),
    Verb("merge", f"{_REPORTS}.merge", "report"),
    Verb("validate", f"{_REPORTS}.validate", "report"),
    Verb("markdown", f"{_REPORTS}.writers.markdown", "report"),
    Verb("csv", f"{_REPORTS}.writers.csv", "report"),
    Verb("sarif", f"{_REPORTS}.writers.sarif", "report"),
    Verb("badge", f"{_REPORTS}.writers.badge", "report"),
)

#: The exit code of `run` for arguments that cannot be: pytest's own. 2 says that it was interrupted.
WRONG_ARGUMENTS = 4

_EPILOG = f"""\
FILE is a results file (JSON Lines), as a run writes it. Several are taken together: shards of one environment are added up,
different environments are shown side by side.

examples:
  {how.TOOL} run --entry-point 'torch.as*' --profile quick      does it share or copy? (the options are those of {how.RUN})
  {how.TOOL} html conformance-results.jsonl -o site/            a site to open from disk: site/index.html
  {how.TOOL} markdown FILE >> "$GITHUB_STEP_SUMMARY"            what a pull request should see
  {how.TOOL} replay 1f0e39a2c4 FILE                             how to see one finding again
  {how.TOOL} upgrade --from 'torch==2.12.1' --to 'torch==2.13.0'
                                                                what differs between two releases, asked now
  {how.TOOL} diff numpy-2.2.4+torch-2.13.0 numpy-2.2.6+torch-2.13.0
                                                                the same from shipped profiles, nothing to install
JUnit XML is pytest's own: {how.RUN} --junitxml FILE.

exit codes: 0 done; 1 the results hold a broken promise (run, summary, markdown), or something differs (upgrade, diff);
2 nothing could be done, and why, or interrupted; of run also 3 the results could not be written, 4 wrong arguments
"""


def main(arguments: list[str] | None = None) -> int:
    """Run a verb; see the epilog of --help for what is returned."""
    parser = argparse.ArgumentParser(
        prog=how.TOOL,
        description="Runs the conformance suite, compares releases, and makes reports from results.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB", title="verbs")
    given = sys.argv[1:] if arguments is None else arguments
    # The verb that is asked for alone: some import pytest and all promises.
    for verb in [verb for verb in VERBS if verb.name in given[:1]] or VERBS:
        _register(verbs, verb)
    try:
        asked, rest = parser.parse_known_args(given)
    except SystemExit as ended:
        if ended.code == 2 and given[:1] == ["run"]:
            return WRONG_ARGUMENTS
        raise
    if rest and not getattr(asked, "takes_more", False):
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    asked.given = given[1:]
    signal.signal(signal.SIGTERM, _interrupt)  # Whatever was started is ended as with Ctrl-C.
    try:
        with contextlib.redirect_stdout(Visible(sys.stdout)):  # type: ignore[type-var]
            return int(asked.run(asked))
    except ResultsError as error:
        print(visible(str(error)), file=sys.stderr)
    except ModuleNotFoundError as missing:
        print(_lacking(next(verb for verb in VERBS if verb.name == asked.verb), missing), file=sys.stderr)
    except KeyboardInterrupt as interruption:  # A verb that leaves something behind says what.
        print(visible(str(interruption)) or "interrupted", file=sys.stderr)
    except BrokenPipeError:  # Whoever read the output, as `head` does, has seen enough.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        print(f"cannot write {error.filename or 'the output'}: {error.strerror}", file=sys.stderr)
    return 2


def _register(verbs: Any, verb: Verb) -> None:
    """Declare a verb; where its module lacks something, one that says so."""
    try:
        importlib.import_module(verb.module).register(verbs)
    except ModuleNotFoundError as missing:
        line = _lacking(verb, missing)

        def run(asked: argparse.Namespace) -> NoReturn:
            raise ResultsError(line)

        parser = verbs.add_parser(verb.name, help=f"({line})", add_help=False)
        parser.set_defaults(run=run, takes_more=True)


def _lacking(verb: Verb, missing: ModuleNotFoundError) -> str:
    return f"{verb.name} needs {missing.name}: python -m pip install 'tensor-conformance[{verb.extra}]'"


def _interrupt(number: int, frame: Any) -> NoReturn:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
