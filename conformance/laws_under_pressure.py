"""The laws that only time, repetition and company show; they judge the facts of `subject.pressures`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from conformance.law import Answer, Breach, Law, register
from conformance.observation import Observation
from conformance.promises import Clause, Owed
from strategies.dtypes import EXTENDED

#: By id, in the order of the reports.
UNDER_PRESSURE: dict[str, Law] = {}

_OWNERSHIP = "https://docs.python.org/3/c-api/refcounting.html"
_DLPACK_LIFETIME = "https://dmlc.github.io/dlpack/latest/python_spec.html"
_COPY = "https://data-apis.org/array-api/latest/design_topics/copies_views_and_mutation.html"
_THREADS = "https://docs.python.org/3/glossary.html#term-thread-safe"
_PURITY = "https://data-apis.org/array-api/latest/design_topics/data_interchange.html"
_WARN_ONCE = "https://docs.pytorch.org/docs/stable/generated/torch.set_warn_always.html"


@register(UNDER_PRESSURE, "lifetime", _DLPACK_LIFETIME, "drop")
def _outlives(owed: Owed, spec: Any, seen: Observation) -> Answer:
    """A result MUST stay as it is when its source is dropped: what shares memory keeps it alive."""
    if seen.fact("later") == "changed":
        return Breach("the same values after the source is gone", "other values")
    if seen.fact("shares") == "all" and seen.fact("held") == 0:
        return Breach("a result that keeps the memory alive", "a result over memory that it does not own")
    return True


@register(UNDER_PRESSURE, "lifetime", _OWNERSHIP, "drop")
def _released(owed: Owed, spec: Any, seen: Observation) -> Answer:
    """When source and result are gone, the source's memory MUST be let go."""
    kept = seen.fact("kept")
    if kept is None:
        return None
    return Breach("memory that is let go", f"{kept} reference{'s' * (kept > 1)} to it left over") if kept > 0 else True


@register(UNDER_PRESSURE, "lifetime", _OWNERSHIP, "many")
def _leaks(owed: Owed, spec: Any, seen: Observation) -> Answer:
    """A conversion MUST NOT leave references, objects or memory behind when it is repeated."""
    return _nothing_left(seen) if seen.fact("ending") == "answers" else None


@register(UNDER_PRESSURE, "lifetime", _OWNERSHIP, "many")
def _refusal_leaks(owed: Owed, spec: Any, seen: Observation) -> Answer:
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


@register(UNDER_PRESSURE, "lifetime", _DLPACK_LIFETIME, "capsule")
def _capsules(owed: Owed, spec: Any, seen: Observation) -> Answer:
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


@register(UNDER_PRESSURE, "pressure", _COPY, "overwrite")
def _independence(owed: Owed, spec: Any, seen: Observation) -> Answer:
    """A copy MUST keep the old values of a source that is overwritten the moment the call returns."""
    clause = owed["aliasing"]
    if seen.fact("shares") == "all" or clause is None or clause.value == "shares":
        return None
    return Breach("the old values", "values written after the call") if seen.fact("later") == "changed" else True


@register(UNDER_PRESSURE, "pressure", _THREADS, "crowd")
def _threads(owed: Owed, spec: Any, seen: Observation) -> Answer:
    """Conversions from several threads at once MUST each give what one alone gives."""
    return _same(owed, seen.fact("alone"), "what one thread gets")


@register(UNDER_PRESSURE, "pressure", _PURITY, "again")
def _repetition(owed: Owed, spec: Any, seen: Observation) -> Answer:
    """The same question MUST get the same answer every time, also after a refusal."""
    return _same(owed, seen.fact("again"), "the answer of the first call")


@register(UNDER_PRESSURE, "pressure", _PURITY, "first")
def _first_call(owed: Owed, spec: Any, seen: Observation) -> Answer:
    """The first call of a process MUST answer as later ones do."""
    return _same(owed, seen.fact("first"), "the answer of later calls")


@register(UNDER_PRESSURE, "pressure", _WARN_ONCE, "first")
def _first_warning(owed: Owed, spec: Any, seen: Observation) -> Answer:
    """A promised warning MUST come in the first call of a process at least, whatever the process does with repeats."""
    clause = owed["warns"]
    if clause is None or not clause.value:
        return None
    return True if clause.value in seen.fact("warned") else Breach(clause.value, "no such warning")


@register(UNDER_PRESSURE, "pressure", _PURITY, "settings")
def _settings(owed: Owed, spec: Any, seen: Observation) -> Answer:
    """A setting that is none of a conversion's business MUST NOT change its answer."""
    return _all_same(owed, "settings", seen.facts, "the usual answer")


@register(UNDER_PRESSURE, "pressure", _PURITY, "forms")
def _agreement(owed: Owed, spec: Any, seen: Observation) -> Answer:
    """One value in whatever form (0-d, scalar, list, object with a protocol) MUST give one dtype and one value."""
    facts = [(form, difference) for form, difference in seen.facts if not _is_promised_apart(owed, spec, form)]
    return _all_same(owed, "agreement", facts, "what the ndarray gives")


def _is_promised_apart(owed: Owed, spec: Any, form: str) -> bool:
    """Whether the promise itself treats this form in another way than an ndarray, or the form cannot say what it holds."""
    values = "bits" if owed["values"] is None else owed["values"].value
    if values == "unspecified" or (form == "nested list" and values not in ("bits", "astype")):
        return True
    if form == "nested list" and owed["shape"] is not None:
        return True
    if form in ("array_interface", "buffer") and spec.dtype in EXTENDED:
        return True  # These protocols know no dtypes but NumPy's own.
    other = owed.in_container("list" if form == "nested list" else form)
    return any(_value(owed[topic]) != _value(other[topic]) for topic in ("type", "dtype", "values", "shape"))


def _value(clause: Clause | None) -> Any:
    # Two clauses may owe the same, by the same words.
    return None if clause is None else clause.value


def _same(owed: Owed, difference: str, expected: str) -> Answer:
    clause = owed["aliasing"]
    if difference.startswith("shares ") and (clause is None or clause.value == "may share"):
        return True
    return Breach(expected, difference) if difference else True


def _all_same(owed: Owed, topic: str, facts: Iterable[tuple[str, Any]], expected: str) -> Answer:
    clause = owed[topic]
    excepted = () if clause is None else clause.value
    judged = [(name, difference) for name, difference in facts if difference is not None and name not in excepted]
    answers = [(name, _same(owed, difference, expected)) for name, difference in judged]
    broken = next(((name, answer) for name, answer in answers if isinstance(answer, Breach)), None)
    if broken is not None:
        return Breach(expected, f"{broken[0]}: {broken[1].observed}")
    return True if judged else None
