"""The verb `history`: what changed in which release, from the shipped profiles."""

from __future__ import annotations

import argparse
from collections.abc import Collection, Iterator
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from packaging.version import Version

from tensor_conformance import CHECKOUT

from ...reports import compatibility
from ...reports.causes import Cause, causes
from ...reports.differences import FAILING, fails, releases
from ...reports.marked import folded, text
from ...reports.profile_files import Profile, read_profile, shipped
from ...reports.results import ResultsError, Row
from ...reports.sentences import first_of
from ..frameworks.registry import frameworks
from .diff import FAILING_HELP, add_entry_points

#: The page of a checkout.
PAGE = CHECKOUT / "docs" / "history.md" if CHECKOUT is not None else None
#: What an installer picks to suit the others: it may differ within a step, which then says so.
_COMPANION = "ml_dtypes"
_HEAD = """# History: what changed in which release

Made by `python -m reports history` from the profiles in `reports/profiles/`; not written by hand. Each release is compared
with the profiled one before it, on the same inputs, with all else alike but, where it says so, ml_dtypes, which installers
choose to suit NumPy. `python -m reports diff BEFORE AFTER` shows the input, the promise and, with `--scripts`, a script for
each. Profiles hold one fixed sample of inputs on one machine: what they do not show may still have changed, and a change
between two profiled releases may have come with one in between. Changes of the wording of messages are left out.

**Breaking**: what worked is refused, dies, or gives another result. **Removed**, **added**: a call or a refusal went or came.
**Fixed**: a promise that was broken is kept, or what died does not. **Changed**: another exception or warning than before.
"""
#: Causes of a release that are told first; the others are folded.
_FIRST = 8
#: Other calls that a line names.
_NAMED = 6


def register(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the verb."""
    verb = verbs.add_parser("history", help="write what changed in which release, and what each call does in each")
    verb.add_argument("--output", type=Path, default=PAGE, required=PAGE is None, metavar="FILE", help="where to write")
    verb.add_argument("--check", action="store_true", help="write nothing; 1 when the page is not what the profiles say")
    verb.add_argument("--fail-on", choices=FAILING, help=f"{FAILING_HELP} (default: on none)")
    add_entry_points(verb, "print the history of these calls alone; write nothing (repeatable)")
    verb.set_defaults(run=run)


def run(asked: argparse.Namespace) -> int:
    """0, or 1 when asked to check and the page is out of date, or to fail on what some release did; raises ProfileError or
    ResultsError."""
    profiles = [read_profile(name) for name in shipped()]
    found = compared(profiles, asked.entry_point)
    told = page(found, whole=not asked.entry_point)
    code = int(asked.fail_on is not None and fails([row for step in found for row in step.rows], asked.fail_on))
    if asked.entry_point:
        print(told, end="")
        return code
    try:
        tables = compatibility.made(profiles)
        pages = {
            asked.output: told,
            asked.output.with_name("compatibility.md"): compatibility.page(tables),
            compatibility.FILE: compatibility.written(tables),
        }
        if asked.check:
            return int(any(path.read_text(encoding="utf-8") != now for path, now in pages.items()))
        asked.output.parent.mkdir(parents=True, exist_ok=True)
        for path, now in pages.items():
            path.write_text(now, encoding="utf-8")
    except OSError as error:
        raise ResultsError(f"cannot use {asked.output}: {error.strerror}") from None
    print(asked.output)
    return code


def steps(profiles: list[Profile]) -> Iterator[tuple[str, Profile, Profile]]:
    """Pairs of profiles that differ in the release of one package alone, next to each other: (package, before, after)."""
    for package in (*frameworks(), "numpy"):
        series: dict[str, list[Profile]] = {}
        for profile in profiles:
            rest = {name: release for name, release in profile.header["environment"].items() if name not in (package, _COMPANION)}
            if profile.release(package) is not None:
                series.setdefault(releases(rest), []).append(profile)
        found = [pair for members in series.values() for pair in pairwise(sorted(members, key=lambda p: _release(p, package)))]
        for before, after in sorted(found, key=lambda pair: (_release(pair[1], package), pair[1].name)):
            yield package, before, after


def _release(profile: Profile, package: str) -> Version:
    found = profile.release(package)
    assert found is not None
    return found


class Step(NamedTuple):
    """What differs between two profiles that stand next to each other, but for the words of messages."""

    package: str
    before: Profile
    after: Profile
    rows: list[Row]


def compared(profiles: list[Profile], globs: Collection[str] = ()) -> list[Step]:
    """Every step, of all entry points or of those that a glob names."""
    from ..upgrade.between import differences

    found = []
    for package, before, after in steps(profiles):
        rows = [_short(row) for row in differences(before, after, globs) if row["change"] != "message only"]
        found.append(Step(package, before, after, rows))
    return found


def page(found: list[Step], whole: bool = True) -> str:
    """The page, in Markdown; where it is not the whole one, without introduction and without steps that changed nothing."""
    lines = [_HEAD] if whole else []
    for package, before, after, rows in found:
        if rows or whole:
            heading = f"## {package} {_release(before, package)} → {_release(after, package)}"
            lines += [heading, "", f"With {_others(before, after, package)}.", "", *_told(causes(rows))]
    return "\n".join(lines).rstrip() + "\n"


def _others(before: Profile, after: Profile, package: str) -> str:
    """What else was there on both sides, in a few words."""
    was, now = (profile.header["environment"] for profile in (before, after))
    sides = {name: (was.get(name, "none"), now.get(name, "none")) for name in {*was, *now} - {package}}
    return releases({name: " → ".join(dict.fromkeys(side)) for name, side in sides.items()})


def _short(row: Row) -> Row:
    """The row without the words of exceptions: a page for all releases has no room for them."""
    return row | {side: row[side].partition(": ")[0] for side in ("before", "after") if row[side].startswith("raised ")}


def _told(found: list[Cause]) -> list[str]:
    """A line for each cause, the worst first; all but the first are folded."""
    if not found:
        return ["No difference but in messages.", ""]
    lines = [f"- **{cause.plainest['change']}**: {_line(cause)}" for cause in found]
    rest = lines[_FIRST:]
    return [*lines[:_FIRST], "", *(folded(f"{len(rest)} more", [*rest, ""]) if rest else [])]


def _line(cause: Cause) -> str:
    others = [f"`{name}`" for name in cause.calls if name != cause.plainest["entry"]]
    return text(cause.in_full + (f"; also {first_of(others, _NAMED)}" if others else ""))
