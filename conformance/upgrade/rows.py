"""Differences as rows of the results file."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from ...reports.changes import Change, Outcome, is_fact
from ...strategies.spec import Spec
from ..laws import LAWS
from ..laws.law import Breach
from ..promises import EntryPoint
from ..run.reproducer import script
from .find import Comparison, Difference

#: Topic of a change to the topic of the clauses that promise something about it, and to the law it is shown by.
_CLAUSES = {
    "ending": "refuses",
    "message": "refuses",
    "call": "refuses",
    "memory": "aliasing",
    "warnings": "warns",
    "told": "warns",
    "reading": "dtype",
}
_LAWS = {"reading": "dtype", "ending": "acceptance", "message": "refusal", "call": "acceptance", "told": "warnings"}


#: What shows a topic that a printed result does not.
_PRINTED = {
    "writable": ('print("writable:", getattr(getattr(r, "flags", None), "writeable", None))',),
    "strides": ('print("strides:", r.stride() if hasattr(r, "stride") else getattr(r, "strides", None))',),
    "values": (
        'print("bytes:", (bytes(r.untyped_storage()) if hasattr(r, "untyped_storage") else np.asarray(r).tobytes()).hex())',
    ),
    "flags": ('print("requires_grad:", getattr(r, "requires_grad", None))',),
}


def comparison_row(comparison: Comparison) -> dict[str, Any]:
    """How much of an entry point was compared."""
    return {
        "kind": "comparison",
        "entry": comparison.entry.name,
        "framework": comparison.entry.framework,
        "compared": comparison.compared,
        "differing": comparison.differing,
        "not_compared": comparison.not_compared,
        "unsteady": comparison.unsteady,
        "seconds": round(comparison.seconds, 3),
    }


def difference_row(found: Difference) -> dict[str, Any]:
    """One difference, with all that a report needs."""
    return row(found.entry, found.change, found.spec, found.before, found.after) | {
        "where": found.where,
        "phase": found.phase,
        "count": found.count,
        "shrunk": found.shrunk,
    }


def row(entry: EntryPoint, change: Change, spec: Spec, before: Outcome, after: Outcome) -> dict[str, Any]:
    """What can be told of a change by one spec alone."""
    law = _LAWS.get(change.topic, change.topic.partition(".")[0])
    clause = entry.clause(_CLAUSES.get(change.topic, change.topic), spec)
    read = change.topic == "reading" or (change.topic == "dtype" and before.shape != after.shape)
    words = [_as_read(outcome, spec, change) if read else _words(change, outcome) for outcome in (before, after)]
    name = json.dumps([entry.name, change.topic, *words, spec.to_json()], sort_keys=True)
    return {
        "kind": "difference",
        "id": hashlib.blake2b(name.encode(), digest_size=5).hexdigest(),
        "entry": entry.name,
        "framework": entry.framework,
        "topic": change.topic,
        "change": change.kind,
        "standing": change.standing,
        "before": words[0],
        "after": words[1],
        "broken_before": before.broken.split(),
        "broken_after": after.broken.split(),
        "promise": f"{clause.text} ({clause.source.text})" if clause is not None else LAWS[law].source if law in LAWS else "",
        "url": clause.source.url if clause is not None else LAWS[law].source if law in LAWS else "",
        "spec": spec.to_json(),
        "script": _script(entry, spec, law, change.topic, words),
    }


def _as_read(outcome: Outcome, spec: Spec, change: Change) -> str:
    """Dtype and shape; they say whether the bytes are read as what they are."""
    own = ", the source's dtype," if change.topic == "reading" and outcome.dtype == spec.dtype else ""
    return f"{outcome.dtype}{outcome.shape or list(spec.shape)}{own}"


def _words(change: Change, outcome: Outcome) -> str:
    """The outcome in the words of the change's topic."""
    if change.topic in ("ending", "call", "message"):
        told = f": {outcome.message}" if outcome.message else f" ({outcome.memory})" if outcome.memory else ""
        return outcome.ending + told
    value = outcome.by_fact.get(change.topic, "") if is_fact(change.topic) else getattr(outcome, change.topic)
    return {"shape": value or "the source's", "source": value or "unchanged"}.get(change.topic, value or "none")


def _script(entry: EntryPoint, spec: Spec, law: str, topic: str, words: list[str]) -> str:
    lines = script(entry, spec, law, Breach(*words)).splitlines()[2:]  # Without the heading on a broken law.
    told = {"ending": "how it ends", "call": "whether it exists", "told": "words of warnings"}.get(topic, topic)
    others = {f"print({text})" for name, text in entry.facts if name != topic}  # They may raise before this one is told.
    lines = [line for line in lines if line not in others]
    if law == "warnings":
        lines = ["import warnings", 'warnings.simplefilter("always")', *lines]
    about = [f"# {entry.name}: {told}.", f"# Before: {words[0]}", f"# After:  {words[1]}"]
    return "\n".join(["# Run this with the Python of both environments.", *about, *lines, *_PRINTED.get(topic, ())]) + "\n"
