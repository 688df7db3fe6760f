"""Compatibility: what each call does in each release, from the shipped profiles."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

from packaging.version import Version

from .changes import Outcome, is_gone
from .marked import cells, text
from .profile_files import CELLS, FOLDER, Profile

#: Reading all profiles takes seconds: their tables are kept beside them.
FILE = FOLDER / "compatibility.json"
#: What a cell says, with what it means: of arrays in plain memory, or of tensors in any state.
WORDS = {
    "shares": "every result uses the memory of its source",
    "copies": "every result has memory of its own",
    "both": "some results share, others copy",
    "converts": "there is no memory to compare",
    "refuses": "every input is refused",
    "no call": "the release does not have it",
    "-": "not run",
}
#: Behind a word: some inputs are not treated as promised; some kill the process, or never return.
MARKS = {"*": "some inputs are not treated as promised", "†": "some inputs kill the process, or never return"}
#: What is no framework.
_BESIDE = ("python", "numpy", "ml_dtypes")


class Table(NamedTuple):
    """Calls by releases of one package, with all else alike but for what each release needs.

    package   whose releases are the columns
    others    what was installed beside it, as far as it was the same
    columns   the releases, oldest first
    rows      a call and its cells
    """

    package: str
    others: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@cache
def tables() -> tuple[Table, ...]:
    """The shipped tables: what `made` found when the profiles were last changed."""
    listed = json.loads(FILE.read_text(encoding="utf-8"))
    return tuple(Table(one["package"], one["others"], tuple(one["columns"]), tuple(map(tuple, one["rows"]))) for one in listed)


def written(found: tuple[Table, ...]) -> str:
    """The tables as the text of `FILE`, a call in each line."""
    parts = []
    for table in found:
        rows = ",\n".join(json.dumps(row) for row in table.rows)
        head = json.dumps({"package": table.package, "others": table.others, "columns": table.columns})
        parts.append(f'{head[:-1]}, "rows": [\n{rows}\n]}}')
    return "[" + ",\n".join(parts) + "]\n"


def page(found: tuple[Table, ...]) -> str:
    """The tables in Markdown, with what their words mean."""
    lines = [_HEAD, *(f"- **{word}**: {meaning}" for word, meaning in WORDS.items())]
    lines += [f"- **{text(mark)}**: {meaning}" for mark, meaning in MARKS.items()]
    for table in found:
        lines += ["", f"## Releases of {table.package}", "", f"With {table.others}.", "", cells(["call", *table.columns])]
        lines += [cells(["---"] * (1 + len(table.columns)), str)]
        lines += [cells([f"`{call}`", *row]) for call, *row in table.rows]
    return "\n".join(lines) + "\n"


_HEAD = """# Compatibility: what each call does in each release

Made by `python -m reports history` from the profiles in `reports/profiles/`; not written by hand. A cell sums up a sample of
arrays in plain memory, or of tensors; `python -m reports answer CALL --release REQUIREMENT` says more, with sources, and
[history.md](history.md) what changed.
"""


def made(profiles: list[Profile]) -> tuple[Table, ...]:
    """A table of the releases of each framework, with the newest NumPy that each was profiled with, then of NumPy's."""
    frameworks = list(dict.fromkeys(name for one in profiles for name in one.header["environment"] if name not in _BESIDE))
    found = []
    for framework in frameworks:
        newest: dict[Version, Profile] = {}
        for profile in sorted(profiles, key=lambda one: _release(one, "numpy")):
            if profile.release(framework) is not None:
                newest[_release(profile, framework)] = profile
        if newest:
            found.append(_table(framework, [newest[release] for release in sorted(newest)]))
    for framework in frameworks:
        series: dict[Version, list[Profile]] = {}
        for profile in profiles:
            if profile.release(framework) is not None:
                series.setdefault(_release(profile, framework), []).append(profile)
        longest = max(series.values(), key=len, default=[])
        if len(longest) > 2:
            found.append(_table("numpy", sorted(longest, key=lambda one: _release(one, "numpy"))))
    return tuple(found)


def _release(profile: Profile, package: str) -> Version:
    return profile.release(package) or Version("0")


def _table(package: str, profiles: list[Profile]) -> Table:
    calls = list(dict.fromkeys(call for profile in profiles for call in profile.outcomes))
    columns = tuple(str(_release(profile, package)) for profile in profiles)
    rows = tuple((call, *(_cell(profile, call) for profile in profiles)) for call in calls)
    beside = {
        f"{name} {profile.release(name)}"
        for profile in profiles
        for name in profile.header["environment"]
        if name not in (package, "python", "ml_dtypes")
    }
    return Table(package, ", ".join(sorted(beside)), columns, rows)


@cache
def _plain() -> dict[str, list[bool]]:
    """By list of inputs: which of them are plain arrays, or tensors."""
    listed: dict[str, dict[str, Any]] = json.loads(gzip.decompress(CELLS.read_bytes()))
    return {name: [_is_plain(spec) for spec in inputs["specs"]] for name, inputs in listed.items()}


def _is_plain(spec: dict[str, Any]) -> bool:
    return (spec.get("container", "ndarray"), spec.get("memory", "plain")) == ("ndarray", "plain")


def _cell(profile: Profile, call: str) -> str:
    plain = _plain().get(profile.lists.get(call, ""), [])
    ran = [outcome for outcome, fits in zip(profile.outcomes.get(call, ()), plain) if fits and outcome.ending]
    word = next(_words(ran))
    if word in ("-", "no call"):
        return word
    dies = any(outcome.ending.startswith(("crashed", "hung")) for outcome in ran)
    return word + ("†" if dies else "*" if any(outcome.broken for outcome in ran) else "")


def _words(ran: list[Outcome]) -> Iterator[str]:
    """What the outcomes come to: the first word decides."""
    if not ran:
        yield "-"
    if is_gone(ran):
        yield "no call"
    answers = [outcome for outcome in ran if outcome.ending == "answers"]
    if not answers:
        yield "refuses"
    memory = Counter(outcome.memory.partition(",")[0] for outcome in answers)
    known = [word for word in ("shares", "copies") if memory[word]]
    yield "both" if len(known) == 2 or memory["mixed"] else known[0] if known else "converts"
