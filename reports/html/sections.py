"""Sections that other parts of the suite feed: each has its page, and says so where these results have nothing for it.

A section's `make` takes the environment on show and all environments, and returns blocks; none means no data.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from markupsafe import Markup

from .. import how
from ..answers import answer
from ..causes import Cause, causes
from ..cells import along
from ..changes import BREAKING
from ..compatibility import MARKS, WORDS, tables
from ..differences import counted, of_results, sides, standing, verdict
from ..differences import releases as shown
from ..merge import Merged
from ..results import Row
from ..strength import STRENGTH, by_law, caught_by_default, read_strength
from .names import entry_path

#: Scripts of breaking changes on the page of an upgrade.
MOST_SCRIPTS = 20

_NO_FIGURE = Markup("")


@dataclass(frozen=True)
class Card:
    """One thing among many alike.

    word   what kind of thing it is
    names  what it is about: text, or pairs as in a table
    facts  what is known of it, by name; text, or pairs too
    code   lines to copy
    """

    word: str
    names: Sequence[Any]
    facts: dict[str, Any]
    code: str = ""


@dataclass(frozen=True)
class Block:
    """One thing on a page: whichever of these is not empty, in this order.

    title    a heading
    text     a paragraph
    figure   a picture, as SVG that this suite made itself: it is not escaped
    code     lines to copy
    table    headings, then rows; a cell is text, or a pair of text and link, to the web or within the site
    cards    what has too much to say for a row of a table
    """

    title: str = ""
    text: str = ""
    figure: Markup = _NO_FIGURE
    code: str = ""
    table: tuple[Sequence[Any], ...] = ()
    cards: tuple[Card, ...] = ()


Make = Callable[[Merged, Sequence[Merged]], list[Block]]


@dataclass(frozen=True)
class Section:
    """A page of its own.

    id     of the page
    title  in the navigation
    about  what the page answers, in a sentence
    how    how results come to have data for it
    make   the page's blocks
    """

    id: str
    title: str
    about: str
    how: str
    make: Make


def _nothing(merged: Merged, environments: Sequence[Merged]) -> list[Block]:
    return []


#: What is there in every environment, or is chosen by installers to suit the others.
_COMPANIONS = ("python", "ml_dtypes")


def releases(merged: Merged) -> str:
    """An environment in a line: "numpy 2.4.6, torch 2.13.0"."""
    environment = merged.results.header["environment"]
    names = sorted(environment, key=lambda name: name != "numpy")  # NumPy first, what it is compared with as it comes.
    chosen = {name: environment[name] for name in names if not name.startswith(_COMPANIONS)} or environment
    return ", ".join(f"{name} {release}" for name, release in chosen.items()) or "an unnamed environment"


def with_pages(merged: Merged) -> set[str]:
    """The entry points that have a page."""
    return {row["entry"] for row in merged.results.of("entry") if row["verdicts"]}


def summary_of(merged: Merged) -> dict[str, str]:
    """Entry point to its answer over all dtypes, in a line."""
    found = {}
    for entry in merged.results.of("entry"):
        words: dict[str, int] = {}
        for counts in along(entry, "dtype").values():
            said = answer(counts, entry["promise"])
            for word in (said.word, *said.troubles):
                words[word] = words.get(word, 0) + 1
        shown = sorted((word for word in words if word), key=lambda word: -words[word])
        found[entry["entry"]] = ", ".join(f"{word} {words[word]}" for word in shown)
    return found


def _history(merged: Merged, environments: Sequence[Merged]) -> list[Block]:
    if len(environments) < 2:
        return []
    tables = [summary_of(each) for each in environments]
    names = list(dict.fromkeys(name for table in tables for name in table))
    rows = [(name, *(table.get(name, "not run") for table in tables)) for name in names]
    changed = [row for row in rows if len(set(row[1:])) > 1]
    headings = ("entry point", *map(releases, environments))
    same = f"{len(rows) - len(changed)} of {len(rows)} entry points answer alike in all {len(environments)} environments."
    return [
        Block(text="Number of dtypes by answer. Runs that sampled different inputs differ by that too."),
        Block(title="What differs", text=same, table=(headings, *changed) if changed else ()),
    ]


#: Laws that judge symbolic forms alone, and with them those of any conversion, as columns of the page.
_SYMBOLIC_LAWS = {
    "values": "value",
    "dtype": "dtype",
    "static": "static dtype and shape",
    "snapshot": "snapshot or live",
    "eager_agreement": "agrees with eager",
    "retrace": "retracing",
    "gradient": "gradient",
    "numpy_semantics": "NumPy's semantics",
    "symbolic_refusal": "refused without a value",
    "size_limit": "size limit",
}
_ONLY_SYMBOLIC = set(_SYMBOLIC_LAWS) - {"values", "dtype"}


def _symbolic(merged: Merged, environments: Sequence[Merged]) -> list[Block]:
    forms = [entry for entry in merged.results.of("entry") if _ONLY_SYMBOLIC & set(entry["laws"])]
    if not forms:
        return []
    calls = with_pages(merged)
    laws = {law: title for law, title in _SYMBOLIC_LAWS.items() if any(law in entry["laws"] for entry in forms)}
    rows = []
    for entry in forms:
        evidence = (_evidence(entry["laws"].get(law)) for law in laws)
        rows.append((linked(entry["entry"], calls), *evidence))
    text = f"{len(forms)} symbolic forms, each with how often every law held, was broken, or deviated as recorded."
    return [Block(text=text, table=(("form", *laws.values()), *rows))]


def _evidence(counts: Mapping[str, int] | None) -> str:
    if not counts:
        return "does not apply"
    names = {"broken": "broken", "deviated": "deviates", "held": "holds"}
    return ", ".join(f"{word} {counts[name]}x" for name, word in names.items() if counts.get(name))


#: What a kind of change means to those who upgrade.
_CHANGES = {
    "breaking": "what worked no longer does, or does something else",
    "removed": "the call is gone",
    "fixed": "what broke a promise or died no longer does",
    "added": "what was refused is answered",
    "changed": "neither better nor worse by any promise",
    "message only": "other words in an exception or a warning",
}


def _upgrade(merged: Merged, environments: Sequence[Merged]) -> list[Block]:
    if not any(merged.results.of("comparison")):
        return []
    report = of_results(merged.results)
    known = with_pages(merged)
    found = causes(report.rows)
    breaking = [cause for cause in found if cause.plainest["change"] in BREAKING]
    cards = tuple(_card(cause, known, cause in breaking[:MOST_SCRIPTS]) for cause in found)
    kinds = dict.fromkeys(cause.plainest["change"] for cause in found)
    left_out = max(len(breaking) - MOST_SCRIPTS, 0)
    more = f"Scripts of {left_out} more breaking changes: {how.TOOL} upgrade --scripts FOLDER."
    return [
        Block(text=f"{shown(report.before)} → {shown(report.after)}"),
        Block(text=f"{verdict(report.rows)} ({counted(report.rows)})"),
        *(Block(text=f"{kind}: {_CHANGES[kind]}") for kind in kinds),
        *(Block(text=note) for note in report.notes),
        *([Block(cards=cards)] if cards else []),
        *([Block(text=more)] if left_out else []),
    ]


def _card(cause: Cause, known: set[str], script: bool) -> Card:
    """One cause of differences."""
    row = cause.plainest
    before, after = sides(row)
    facts: dict[str, Any] = {"what": cause.sentence.replace("`", ""), "before": before, "after": after}
    facts |= {"where": cause.where, "laws": standing(row)}
    url = row.get("url", "")
    facts |= {"promise": (row["promise"], url) if url else row["promise"]} if row["promise"] else {}
    return Card(row["change"], [linked(name, known) for name in cause.calls], facts, row["script"].rstrip() if script else "")


def linked(entry: str, known: Container[str]) -> str | tuple[str, str]:
    """An entry point as a cell: with the way to its page, if it has one."""
    return (entry, entry_path(entry)) if entry in known else entry


def _strength(merged: Merged, environments: Sequence[Merged]) -> list[Block]:
    rows = read_strength(STRENGTH)
    headings, *laws = by_law(rows)
    asked = f"Measured with {shown(rows[0]['environment'])}: the shipped table, not these results."
    faults = [(row["law"], row["entry"], row["fault"], *_catches(row, rows[0])) for row in rows if row["kind"] == "fault"]
    return [
        Block(text=asked),
        Block(title="By law", text="Faults that each catches.", table=(headings, *laws)),
        Block(title="Every fault", table=(("law", "entry point", "fault", "caught by", *rows[0]["peers"]), *sorted(faults))),
    ]


def _catches(row: Row, header: Row) -> Iterator[str]:
    for phase in ("grid", "search"):
        caught = row[phase]["caught"]
        if all(caught):
            yield f"{phase}, after {median(row[phase]['seconds']):.2f} CPU seconds"
            break
    else:
        yield f"{sum(caught_by_default(row, header))} of {header['seeds']} runs"
    yield from (row["peers"].get(peer, "not run") for peer in header["peers"])


def _compatibility(merged: Merged, environments: Sequence[Merged]) -> list[Block]:
    known = with_pages(merged)
    meant = "; ".join(f"{word}: {meaning}" for word, meaning in (WORDS | MARKS).items())
    blocks = [Block(text=f"From the shipped profiles, not these results. {meant}.")]
    for table in tables():
        rows = [(linked(call, known), *cells) for call, *cells in table.rows]
        title = f"Releases of {table.package}"
        blocks.append(Block(title=title, text=f"With {table.others}.", table=(("call", *table.columns), *rows)))
    return blocks


BENCHMARKS = Section(
    "benchmarks",
    "Benchmarks",
    "What each call costs, by size, against the machine's limits.",
    f"A benchmark run: {how.TOOL} html FILE --benchmark benchmark.json -o site/",
    _nothing,
)
SECTIONS: tuple[Section, ...] = (
    Section(
        "symbolic",
        "Symbolic",
        "Can an array become a symbolic tensor: traced, fed, captured, compiled, exported?",
        f"{how.RUN} --entry-point GLOB, over symbolic forms.",
        _symbolic,
    ),
    Section(
        "upgrade",
        "Upgrade",
        "What changes from one release to another, down to the smallest array.",
        f"{how.TOOL} upgrade OLD NEW, then: {how.TOOL} html upgrade-results.jsonl -o site/",
        _upgrade,
    ),
    Section(
        "history",
        "History",
        "What each call did in each release.",
        f"Results files of several releases: {how.TOOL} html OLD.jsonl NEW.jsonl -o site/",
        _history,
    ),
    Section(
        "compatibility",
        "Compatibility",
        "Does a call share, copy or refuse, in which release?",
        f"It is made of the shipped profiles: {how.TOOL} answer CALL --release REQUIREMENT says more of one.",
        _compatibility,
    ),
    BENCHMARKS,
    Section(
        "strength",
        "Strength",
        "Which seeded faults the suite catches, by which law, and how fast.",
        "A run of the suite's own seeded faults.",
        _strength,
    ),
)
