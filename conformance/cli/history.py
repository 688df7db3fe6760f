"""The verb `history`: what changed in which release, from the shipped profiles."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

from packaging.version import Version

from tensor_conformance import CHECKOUT

from ...reports.differences import alike, releases
from ...reports.profile_files import Profile, read_profile, shipped
from ...reports.results import ResultsError, Row
from ..frameworks.registry import frameworks

#: The page of a checkout.
PAGE = CHECKOUT / "docs" / "history.md" if CHECKOUT is not None else None
#: What an installer picks to suit the others: it may differ within a step, which then says so.
_COMPANION = "ml_dtypes"
_HEAD = """# History: what changed in which release

Made by `python -m reports history` from the profiles in `reports/profiles/`; not written by hand. Every pair of releases
that stand next to each other was asked the same inputs, with all else alike but, where a pair says so, ml_dtypes, which
installers choose to suit NumPy. Each line says what became of how many of the inputs; `python -m reports diff BEFORE AFTER`
shows the input, the promise and, with `--scripts`, a script. Profiles hold one fixed sample of inputs on one machine: what
they do not show may still have changed, and a change between two profiled releases may have come with one in between.
Changes of the wording of messages are left out.

| word | meaning |
|---|---|
| breaking | what worked is refused, dies, gives another result or other warnings |
| removed, added | a refusal came or went, or the call itself |
| fixed | a promise that was broken is kept, or what died does not |
| changed | another exception than before |
"""


def register(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the verb."""
    verb = verbs.add_parser("history", help="write the page on what changed in which release")
    verb.add_argument("--output", type=Path, default=PAGE, required=PAGE is None, metavar="FILE", help="where to write")
    verb.add_argument("--check", action="store_true", help="write nothing; 1 when the page is not what the profiles say")
    verb.set_defaults(run=run)


def run(asked: argparse.Namespace) -> int:
    """0, or 1 when asked to check and the page is out of date; raises ProfileError or ResultsError."""
    text = page([read_profile(name) for name in shipped()])
    try:
        if asked.check:
            return int(asked.output.read_text() != text)
        asked.output.parent.mkdir(parents=True, exist_ok=True)
        asked.output.write_text(text)
    except OSError as error:
        raise ResultsError(f"cannot use {asked.output}: {error.strerror}") from None
    print(asked.output)
    return 0


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


def page(profiles: list[Profile]) -> str:
    """The page, in Markdown."""
    from ..upgrade.between import differences

    lines = [_HEAD, "## By release", ""]
    by_entry: dict[str, list[tuple[str, Row]]] = {}
    for package, before, after in steps(profiles):
        rows = [_short(row) for row in differences(before, after) if row["change"] != "message only"]
        lines += [
            f"### {package} {_release(before, package)} → {_release(after, package)} ({_others(before, after, package)})",
            "",
        ]
        lines += _table(rows) if rows else ["No difference but in messages.", ""]
        for row in rows:
            by_entry.setdefault(row["entry"], []).append((f"{package} {_release(after, package)}", row))
    return "\n".join([*lines, "## By entry point", "", *_entries(by_entry)]).rstrip() + "\n"


def _others(before: Profile, after: Profile, package: str) -> str:
    """What else was there on both sides, in a few words."""
    was, now = (profile.header["environment"] for profile in (before, after))
    sides = {name: (was.get(name, "none"), now.get(name, "none")) for name in {*was, *now} - {package}}
    return releases({name: " → ".join(dict.fromkeys(side)) for name, side in sides.items()})


def _short(row: Row) -> Row:
    """The row without the words of exceptions: a page for all releases has no room for them."""
    return row | {side: row[side].partition(": ")[0] for side in ("before", "after") if row[side].startswith("raised ")}


def _table(rows: list[Row]) -> list[str]:
    lines = ["| | before | after | where | entry points |", "|---|---|---|---|---|"]
    for group in alike(rows):
        row = group[0]
        names = ", ".join(f"`{name}`" for name in dict.fromkeys(one["entry"] for one in group))
        where = f"{row['where']} ({sum(one['count'] for one in group)} inputs)"
        lines.append(f"| {_kind(row)} | {_cell(row['before'])} | {_cell(row['after'])} | {_cell(where)} | {names} |")
    return [*lines, ""]


def _kind(row: Row) -> str:
    told = {"broken": ", breaks a promise", "fixed": ", keeps a promise now"}.get(row["standing"], "")
    return f"{row['topic']}: {row['change']}{told if row['change'] != 'fixed' else ''}"


def _entries(by_entry: dict[str, list[tuple[str, Row]]]) -> Iterator[str]:
    """Entry points with the same history stand together."""
    told: dict[tuple[str, ...], list[str]] = {}
    for name, changes in by_entry.items():
        told.setdefault(tuple(dict.fromkeys(_line(release, row) for release, row in changes)), []).append(name)
    for lines, names in sorted(told.items(), key=lambda item: item[1][0]):
        yield f"**{', '.join(f'`{name}`' for name in names)}**"
        yield ""
        yield from lines
        yield ""


def _line(release: str, row: dict[str, Any]) -> str:
    return f"- {release}: {_kind(row)}: {_cell(row['before'])} → {_cell(row['after'])}; {_cell(row['where'])}"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;").replace("\n", " ")
