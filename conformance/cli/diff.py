"""The verb `diff`: what two profiles answer differently, with nothing to install."""

from __future__ import annotations

import argparse
from pathlib import Path

from ...reports.differences import FORMATS, Report, is_breaking, render, write_scripts
from ...reports.profile_files import ProfileError, read_profile


def register(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the verb."""
    verb = verbs.add_parser("diff", help="compare two profiles, shipped or your own")
    verb.add_argument("before", help="a shipped profile's name, or a file")
    verb.add_argument("after", help="the same")
    add_rendering(verb)
    verb.set_defaults(run=run)


def add_rendering(verb: argparse.ArgumentParser) -> None:
    """The options of all that render differences."""
    verb.add_argument("--format", choices=FORMATS, default="text")
    verb.add_argument("--fail-on", choices=("any", "breaking"), default="any", help="which differences make the exit code 1")
    verb.add_argument("--scripts", type=Path, metavar="FOLDER", help="write a reproducer for each difference there")


def run(asked: argparse.Namespace) -> int:
    """0 when both answer the same, 1 when they differ; raises ProfileError."""
    # The suite's side: what promises say of a spec, and its reproducer. It imports no framework.
    from ..upgrade.between import differences, notes

    before, after = read_profile(asked.before), read_profile(asked.after)
    rows = differences(before, after)
    if not any(after.lists.get(entry) == inputs for entry, inputs in before.lists.items()):
        raise ProfileError("nothing to compare: the two have no entry point in common that was asked the same inputs")
    if asked.scripts:
        write_scripts(rows, asked.scripts)
    report = Report(before.header["environment"], after.header["environment"], rows, notes(before, after))
    print(render(asked.format, report))
    return int(is_breaking(rows) if asked.fail_on == "breaking" else bool(rows))
