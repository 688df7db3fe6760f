"""The laws: numbered MUST sentences that any conversion keeping its promise satisfies."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from conformance.expected import same_values
from conformance.observation import Observation
from conformance.promises import EntryPoint


class Breach(NamedTuple):
    """How a law was broken: what was owed and what was seen, each in a few words."""

    expected: str
    observed: str


#: What a check answers: None where the law does not apply, True where it holds, else how it was broken.
Answer = Breach | bool | None
Check = Callable[[EntryPoint, Any, Observation], Answer]


@dataclass(frozen=True)
class Law:
    """A law.

    id      by which results, deviations and reports name it
    module  the conformance module that asserts it
    must    the sentence
    source  where it comes from
    check   (entry point, spec, observation) to an Answer
    """

    id: str
    module: str
    must: str
    source: str
    check: Check


#: Every law by id, in the order in which reports show them.
LAWS: dict[str, Law] = {}

_NUMPY_COPY = "https://numpy.org/doc/stable/user/basics.copies.html"
_ARRAY_API = "https://data-apis.org/array-api/latest/design_topics/data_interchange.html"
_DLPACK = "https://dmlc.github.io/dlpack/latest/python_spec.html"
_EXCEPTIONS = "https://docs.python.org/3/library/exceptions.html"


def law(id: str, module: str, must: str, source: str) -> Callable[[Check], Check]:
    """Register a check as a law."""

    def register(check: Check) -> Check:
        LAWS[id] = Law(id, module, must, source, check)
        return check

    return register


# -- refusal: how a conversion may end ---------------------------------------------------------------------------------


@law(
    "survival",
    "refusal",
    "A conversion MUST end in a result or a Python exception, never in the death or hang of the interpreter.",
    _EXCEPTIONS,
)
def _survival(entry: EntryPoint, spec: Any, seen: Observation) -> Answer:
    if seen.outcome in ("crashed", "hung"):
        return Breach("a result or a Python exception", f"{seen.headline} during '{seen.stage}'")
    return True


@law(
    "refusal",
    "refusal",
    "An input that the promise excludes MUST be refused with an exception of the promised type.",
    _EXCEPTIONS,
)
def _refusal(entry: EntryPoint, spec: Any, seen: Observation) -> Answer:
    clause = entry.clause("refuses", spec)
    if clause is None or not clause.value.types or seen.outcome not in ("ok", "raised"):
        return None
    owed = " or ".join(clause.value.types)
    if seen.outcome == "ok":
        return Breach(f"raises {owed}", f"answers with a {seen.type} that {seen.aliasing}") if clause.value.must else None
    if any(name in seen.error for name in clause.value.types):
        return True
    return Breach(f"raises {owed}", f"raises {seen.error[0]}: {seen.message[:120]}")


@law("acceptance", "refusal", "An input that the promise includes MUST be converted.", _EXCEPTIONS)
def _acceptance(entry: EntryPoint, spec: Any, seen: Observation) -> Answer:
    clause = entry.clause("refuses", spec)
    if clause is not None and clause.value.types:
        return None
    if seen.outcome == "raised":
        return Breach("a result", f"raises {seen.error[0]}: {seen.message[:120]}")
    return True if seen.outcome == "ok" else None


# -- round trip: what a result holds -----------------------------------------------------------------------------------


@law("values", "roundtrip", "The result MUST hold the source's values, bit for bit where the dtype is kept.", _ARRAY_API)
def _values(entry: EntryPoint, spec: Any, seen: Observation) -> Answer:
    if seen.outcome != "ok" or seen.data is None:
        return None
    clause = entry.clause("values", spec)
    how = clause.value if clause is not None else "bits"
    return same_values(how, spec, seen)


@law("shape", "roundtrip", "The result MUST have the source's shape.", _ARRAY_API)
def _shape(entry: EntryPoint, spec: Any, seen: Observation) -> Answer:
    if seen.outcome != "ok":
        return None
    clause = entry.clause("shape", spec)
    owed = spec.shape if clause is None else clause.value(spec)
    if owed is None:
        return None
    return True if seen.shape == owed else Breach(f"shape {list(owed)}", f"shape {list(seen.shape)}")


@law("source", "roundtrip", "A conversion MUST leave its source as it was.", _ARRAY_API)
def _source(entry: EntryPoint, spec: Any, seen: Observation) -> Answer:
    if seen.outcome not in ("ok", "raised"):
        return None
    return Breach("the source unchanged", "the source's bytes changed") if seen.source_changed else True


# -- dtype -------------------------------------------------------------------------------------------------------------


@law("dtype", "dtype", "The result MUST have the dtype that is promised for the source's dtype.", _ARRAY_API)
def _dtype(entry: EntryPoint, spec: Any, seen: Observation) -> Answer:
    clause = entry.clause("dtype", spec)
    if clause is None or seen.outcome != "ok":
        return None
    owed = clause.value if isinstance(clause.value, str) else clause.value(spec)
    if owed is None:
        return None
    return True if seen.dtype == owed else Breach(f"dtype {owed}", f"dtype {seen.dtype}")


@law(
    "flags",
    "dtype",
    "The result MUST carry exactly the promised marks (requires_grad, leaf, conj, neg).",
    "https://docs.pytorch.org/docs/stable/notes/autograd.html",
)
def _flags(entry: EntryPoint, spec: Any, seen: Observation) -> Answer:
    clause = entry.clause("flags", spec)
    if clause is None or seen.outcome != "ok":
        return None
    owed = ", ".join(clause.value) or "no marks"
    return True if seen.flags == tuple(clause.value) else Breach(owed, ", ".join(seen.flags) or "no marks")


# -- aliasing: whose memory it is --------------------------------------------------------------------------------------


def _aliasing_owed(entry: EntryPoint, spec: Any, seen: Observation) -> str:
    clause = entry.clause("aliasing", spec)
    return "" if clause is None or seen.outcome != "ok" else clause.value


@law(
    "memory",
    "aliasing",
    "The result MUST lie in the source's memory where sharing is promised, and wholly outside where a copy is.",
    _NUMPY_COPY,
)
def _memory(entry: EntryPoint, spec: Any, seen: Observation) -> Answer:
    owed = _aliasing_owed(entry, spec, seen)
    if not owed or not seen.shares:
        return None
    if seen.shares == {"shares": "all", "copies": "none"}.get(owed, seen.shares) and seen.shares != "part":
        return True
    return Breach(owed, f"{seen.shares} of the result lies in the source's memory")


@law("follows", "aliasing", "A change of the source MUST show in a result that shares, and never in a copy.", _NUMPY_COPY)
def _follows(entry: EntryPoint, spec: Any, seen: Observation) -> Answer:
    owed = _aliasing_owed(entry, spec, seen)
    if not owed or not seen.follows:
        return None
    may = {"shares": ("all",), "copies": ("none",)}.get(owed, ("all", "none"))
    if seen.follows in may and (seen.shares in ("", seen.follows)):
        return True
    return Breach(owed, f"{seen.follows} of the result follows a change of the source")


@law(
    "leads",
    "aliasing",
    "A change of the result MUST show in a source that it shares, and never in one that it copied.",
    _NUMPY_COPY,
)
def _leads(entry: EntryPoint, spec: Any, seen: Observation) -> Answer:
    owed = _aliasing_owed(entry, spec, seen)
    if not owed or not seen.leads:
        return None
    may = {"shares": ("some",), "copies": ("none",)}.get(owed, ("some", "none"))
    return True if seen.leads in may else Breach(owed, f"{seen.leads} of the source follows a change of the result")


@law("strides", "aliasing", "A result that shares memory MUST keep the source's strides.", _DLPACK)
def _strides(entry: EntryPoint, spec: Any, seen: Observation) -> Answer:
    if seen.outcome != "ok" or seen.shares != "all" or seen.strides is None or entry.clause("shape", spec) is not None:
        return None  # Another shape, another walk through the memory.
    if seen.shape != spec.shape:
        return None
    kept = all(n == 1 or mine == theirs for n, mine, theirs in zip(spec.shape, seen.strides, spec.strides))
    return True if kept else Breach(f"strides {list(spec.strides)}", f"strides {list(seen.strides)}")


@law("twins", "aliasing", "Two conversions that copy MUST NOT share memory with each other.", _NUMPY_COPY)
def _twins(entry: EntryPoint, spec: Any, seen: Observation) -> Answer:
    if _aliasing_owed(entry, spec, seen) != "copies" or seen.twin is None or not seen.writable:
        return None
    return Breach("memory of its own", "the memory of an earlier copy") if seen.twin else True


@law(
    "immutability",
    "aliasing",
    "A tensor that its framework calls immutable MUST NOT change through a conversion's result.",
    "https://www.tensorflow.org/guide/tensor",
)
def _immutability(entry: EntryPoint, spec: Any, seen: Observation) -> Answer:
    if seen.outcome != "ok" or entry.clause("immutable", spec) is None or seen.writable is None:
        return None
    return Breach("an immutable source", "a write to the result changed the source") if seen.leads == "some" else True


@law("readonly", "aliasing", "Read-only memory MUST NOT become writable by a conversion without the promised warning.", _DLPACK)
def _readonly(entry: EntryPoint, spec: Any, seen: Observation) -> Answer:
    if entry.direction != "in" or seen.outcome != "ok" or seen.shares != "all" or spec.is_writable or not seen.writable:
        return None
    clause = entry.clause("warns", spec)
    if clause is not None and clause.value and any(category == clause.value for category, _ in seen.warnings):
        return True
    return Breach("a read-only result, a copy, or a warning", "a writable result over read-only memory, without warning")


@law("writable", "aliasing", "The result MUST be writable or read-only as promised.", _NUMPY_COPY)
def _writable(entry: EntryPoint, spec: Any, seen: Observation) -> Answer:
    clause = entry.clause("writable", spec)
    if clause is None or seen.outcome != "ok" or seen.writable is None:
        return None
    words = {True: "writable", False: "read-only"}
    return True if seen.writable == clause.value else Breach(words[clause.value], words[seen.writable])


@law(
    "warnings",
    "refusal",
    "A promised warning MUST come every time, and no other.",
    "https://docs.python.org/3/library/warnings.html",
)
def _warnings(entry: EntryPoint, spec: Any, seen: Observation) -> Answer:
    clause = entry.clause("warns", spec)
    if clause is None or seen.outcome != "ok":
        return None
    heard = sorted({category for category, _ in seen.warnings})
    if not clause.value:
        return True if not heard else Breach("no warning", f"{', '.join(heard)}: {seen.warnings[0][1][:120]}")
    return True if clause.value in heard else Breach(clause.value, ", ".join(heard) or "no warning")
