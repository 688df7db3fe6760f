"""The verb `diff`: what two profiles answer differently, with nothing to install."""

from __future__ import annotations

import argparse
from pathlib import Path

from ...reports.differences import FAILING, FORMATS, Report, fails, render, write_scripts
from ...reports.profile_files import ProfileError, read_profile

FAILING_HELP = (
    "the exit code is 1 on any difference, on any that breaks what worked, or only on one that does so by this or worse"
)


def register(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the verb."""
    verb = verbs.add_parser("diff", help="compare two profiles, shipped or your own")
    verb.add_argument("before", help="a shipped profile's name, or a file")
    verb.add_argument("after", help="the same")
    add_entry_points(verb, "only these calls (repeatable)")
    add_rendering(verb)
    verb.set_defaults(run=run)


def add_entry_points(verb: argparse.ArgumentParser, help: str) -> None:
    """The option by which calls are chosen."""
    verb.add_argument("--entry-point", action="append", default=[], metavar="GLOB", help=help)


def add_rendering(verb: argparse.ArgumentParser) -> None:
    """The options of all that render differences."""
    verb.add_argument("--format", choices=FORMATS, default="text")
    verb.add_argument("--fail-on", choices=FAILING, default="any", help=FAILING_HELP)
    verb.add_argument("--scripts", type=Path, metavar="FOLDER", help="write a reproducer for each difference there")


def run(asked: argparse.Namespace) -> int:
    """0 when both answer the same, 1 when they differ; raises ProfileError."""
    # The suite's side: what promises say of a spec, and its reproducer. It imports no framework.
    from ..frameworks.registry import entry_points
    from ..upgrade.between import differences, notes

    before, after = read_profile(asked.before), read_profile(asked.after)
    for glob in asked.entry_point:
        if not any(entry.matches(glob) for entry in entry_points()):
            raise ProfileError(f"no entry point matches {glob!r}")
    rows = differences(before, after, asked.entry_point)
    if not any(after.lists.get(entry) == inputs for entry, inputs in before.lists.items()):
        raise ProfileError("nothing to compare: the two have no entry point in common that was asked the same inputs")
    if asked.scripts:
        write_scripts(rows, asked.scripts)
    report = Report(before.header["environment"], after.header["environment"], rows, notes(before, after))
    print(render(asked.format, report))
    return int(fails(rows, asked.fail_on))
