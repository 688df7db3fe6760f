"""The symbolic forms: which of them keeps what of an array, as a table in Markdown."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from .clauses import clause
from .results import Results, Row, read

_HEADING = ("form", "values", "dtype", "static shape", "a later change of the array", "gradient", "refusals")


def register(verbs: Any) -> None:
    """Add the verb `symbolic`."""
    text = "print what symbolic forms keep of an array, in Markdown"
    verb = verbs.add_parser("symbolic", help=text, description=f"{text.capitalize()}.")
    verb.add_argument("file", type=Path, metavar="FILE", help="a results file (JSON Lines)")
    verb.set_defaults(run=_run)


def _run(asked: argparse.Namespace) -> int:
    print(page(read(asked.file)))
    return 0


def page(results: Results) -> str:
    """The answer, the table of forms, and what is claimed."""
    entries = list(results.of("entry"))
    parts = [answer(entries), table(entries), claims(list(results.of("claim")))]
    return "\n\n".join(part for part in parts if part)


def answer(entries: list[Row]) -> str:
    """Whether an array can become a symbolic tensor, by what these results hold."""
    forms = [entry for entry in entries if is_form(entry)]
    faithful = [entry for entry in forms if _keeps(entry)]
    if not forms:
        return "**Not tested.** These results hold no symbolic form."
    if not faithful:
        return f"**No.** Of {len(forms)} symbolic forms none was seen to give an array's values back without a broken promise."
    return (
        f"**Yes.** Of {len(forms)} symbolic forms, {len(faithful)} take the ndarray as it is and keep every promise "
        "about its values. Where a form breaks one, recorded or not, it is marked ✗."
    )


def _keeps(entry: Row) -> bool:
    """Whether an entry point was seen to hold to what it promises of values, and never not to."""
    counts = [entry["laws"].get(law, {}) for law in ("values", "acceptance", "eager_agreement")]
    return bool(counts[0].get("held")) and not any(count.get(how) for count in counts for how in ("broken", "deviated"))


def is_form(entry: Row) -> bool:
    """Whether an entry point is a symbolic form; in a file of an older suite, one whose promise speaks of static facts."""
    return bool(entry.get("form", _has(entry, "static")))


def table(entries: list[Row]) -> str:
    """The forms as rows; a cell says what is promised, and whether that is broken somewhere."""
    rows = [_HEADING, ("---",) * len(_HEADING), *(_cells(entry) for entry in entries if is_form(entry))]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows) if len(rows) > 2 else ""


def claims(rows: list[Row]) -> str:
    """What is said of the frameworks, and whether it is true."""
    if not rows:
        return ""
    lines = ["| claim | of | verdict | evidence |", "| --- | --- | --- | --- |"]
    for row in rows:
        verdict = row["verdict"] if row["holds"] else f"was {row['verdict']}: CHANGED"
        lines.append(f"| {row['claim']} | {row['framework']} | **{verdict}** | {row['because']} |")
    return "\n".join(lines)


def _cells(entry: Row) -> tuple[str, ...]:
    return (
        f"`{entry['entry']}`",
        _values(entry),
        _marked(entry, "kept" if _said(entry, "dtype") else "-", "dtype", "static"),
        _STATIC.get(_said(entry, "static.shape"), _said(entry, "static.shape") or "-"),
        _marked(entry, _said(entry, "snapshot") or "-", "snapshot"),
        _marked(entry, "flows" if _has(entry, "gradient") else "-", "gradient"),
        _marked(entry, "promised" if _has(entry, "symbolic_refusal") else "-", "symbolic_refusal", "refusal", "acceptance"),
    )


_STATIC = {"False": "unknown", "the source's shape": "known", "the source's shape but for its first axis": "partly"}
_VALUES = {"": "kept", "astype": "cast", "unspecified": "none", "uninitialised": "none"}


def _values(entry: Row) -> str:
    if _has(entry, "numpy_semantics"):
        return _marked(entry, "NumPy's", "numpy_semantics")
    return _marked(entry, _VALUES.get(_said(entry, "values"), "kept"), "values")


def _said(entry: Row, topic: str) -> str:
    """What the first clause of a topic promises, without its condition."""
    return next((clause(row).says for row in entry["promise"] if row["topic"] == topic), "").strip("'")


def _has(entry: Row, law: str) -> bool:
    return any(row["topic"].partition(".")[0] == law for row in entry["promise"])


def _marked(entry: Row, word: str, *laws: str) -> str:
    """The word, with a mark where one of the laws is broken, recorded or not."""
    broken = any(entry["laws"].get(law, {}).get(how) for law in laws for how in ("broken", "deviated"))
    return f"{word} ✗" if broken else word
