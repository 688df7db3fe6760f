"""Lifetime: who keeps memory alive, how long, and what stays behind; judged by the facts of `subject.pressures`."""

from __future__ import annotations

from ...strategies.spec import Spec
from ..promises import Owed
from ..subject.observation import Observation
from .law import Answer, Breach, Law, law

#: By id, in the order of the reports.
LAWS: dict[str, Law] = {}

_OWNERSHIP = "https://docs.python.org/3/c-api/refcounting.html"
_DLPACK_LIFETIME = "https://dmlc.github.io/dlpack/latest/python_spec.html"

_COUNTED = (
    "def levels(): return gc.collect() and 0, sys.getrefcount($source), sys.getallocatedblocks()",
    "before = levels()",
    "for _ in range(100):",
    "    with contextlib.suppress(Exception): convert($source)",
    "print([after - level for after, level in zip(levels(), before)][1:])  # references and objects left behind",
)


@law(
    LAWS,
    "lifetime",
    _DLPACK_LIFETIME,
    pressure="drop",
    shown=("r = convert($source)", "del $every", "gc.collect()", "print(r)"),
)
def _outlives(owed: Owed, spec: Spec, seen: Observation) -> Answer:
    """A result MUST stay as it is when its source is dropped: what shares memory keeps it alive."""
    if seen.fact("later") == "changed":
        return Breach("the same values after the source is gone", "other values")
    if seen.fact("shares") == "all" and seen.fact("held") == 0:
        return Breach("a result that keeps the memory alive", "a result over memory that it does not own")
    return True


@law(LAWS, "lifetime", _OWNERSHIP, pressure="drop", shown=_COUNTED)
def _released(owed: Owed, spec: Spec, seen: Observation) -> Answer:
    """When source and result are gone, the source's memory MUST be let go."""
    kept = seen.fact("kept")
    if kept is None:
        return None
    return Breach("memory that is let go", f"{kept} reference{'s' * (kept > 1)} to it left over") if kept > 0 else True


@law(LAWS, "lifetime", _OWNERSHIP, pressure="many", shown=_COUNTED)
def _leaks(owed: Owed, spec: Spec, seen: Observation) -> Answer:
    """A conversion MUST NOT leave references, objects or memory behind when it is repeated."""
    return _nothing_left(seen) if seen.fact("ending") == "answers" else None


@law(LAWS, "lifetime", _OWNERSHIP, pressure="many", shown=_COUNTED)
def _refusal_leaks(owed: Owed, spec: Spec, seen: Observation) -> Answer:
    """A refusal MUST NOT leave references, objects or memory behind when it is repeated."""
    return _nothing_left(seen) if seen.fact("ending") == "raises" else None


def _nothing_left(seen: Observation) -> Answer:
    count = seen.fact("conversions")
    # A leak adds something each time; what merely grows now and then (pools, caches, freed lists) stays below these.
    for what, most in (("references", count // 2), ("blocks", max(count // 2, 16)), ("bytes", max(16 * count, 1 << 15))):
        grown = seen.fact(what)
        if grown > most:
            return Breach("nothing left behind", f"{_LEFT[what]} each time")
    return True


_LEFT = {"references": "a reference to the source", "blocks": "Python objects", "bytes": "memory"}


@law(
    LAWS,
    "lifetime",
    _DLPACK_LIFETIME,
    pressure="capsule",
    shown=(
        "print(convert($source))",
        "# Count how often the capsule's deleter runs: see conformance/subject/capsules.py.",
    ),
    direction="in",
)
def _capsules(owed: Owed, spec: Spec, seen: Observation) -> Answer:
    """A DLPack capsule MUST be consumed once, and its deleter run exactly once, when its last user is gone."""
    given, early, deleted = seen.fact("given"), seen.fact("early"), seen.fact("deleted")
    if not given:
        return None
    if early:
        return Breach("memory that is let go after the result", "a deleter that ran while the result lived")
    if deleted != given:
        return Breach("one run of the deleter for each capsule", f"{deleted} runs for {given} capsules")
    if seen.fact("again") == "ok":
        return Breach("a refusal of a capsule that was consumed", "a second result of it")
    return True
