"""The laws: MUST sentences that any conversion keeping its promise satisfies. The sentence is the check's docstring."""

from __future__ import annotations

from typing import Any

from conformance.expected import same_values
from conformance.law import Answer, Breach, Law, register
from conformance.laws_of_devices import ON_DEVICES
from conformance.laws_of_symbols import ON_FACTS
from conformance.laws_under_pressure import UNDER_PRESSURE
from conformance.observation import Observation
from conformance.promises import Owed

#: Laws on how any conversion ends, and laws on the results of those that answer; by id, in the order of the reports.
ON_ENDINGS: dict[str, Law] = {}
ON_RESULTS: dict[str, Law] = {}

_NUMPY_COPY = "https://numpy.org/doc/stable/user/basics.copies.html"
_ARRAY_API = "https://data-apis.org/array-api/latest/design_topics/data_interchange.html"
_DLPACK = "https://dmlc.github.io/dlpack/latest/python_spec.html"
_EXCEPTIONS = "https://docs.python.org/3/library/exceptions.html"
_WARNINGS = "https://docs.python.org/3/library/warnings.html"
_AUTOGRAD = "https://docs.pytorch.org/docs/stable/notes/autograd.html"
_IMMUTABLE = "https://www.tensorflow.org/guide/tensor"


# -- refusal: how a conversion may end ---------------------------------------------------------------------------------


@register(ON_ENDINGS, "refusal", _EXCEPTIONS)
def _survival(owed: Owed, spec: Any, seen: Observation) -> Answer:
    """A conversion MUST end in a result or a Python exception, never in the death or hang of the interpreter."""
    if seen.outcome in ("crashed", "hung"):
        return Breach("a result or a Python exception", f"{seen.headline} during '{seen.stage}'")
    return True


@register(ON_ENDINGS, "refusal", _EXCEPTIONS)
def _refusal(owed: Owed, spec: Any, seen: Observation) -> Answer:
    """An input that the promise excludes MUST be refused with an exception of the promised type."""
    clause = owed["refuses"]
    if clause is None or not clause.value.types or seen.outcome not in ("ok", "raised"):
        return None
    types = " or ".join(clause.value.types)
    if seen.outcome == "ok":
        return Breach(f"raises {types}", f"answers with a {seen.type} that {seen.aliasing}") if clause.value.must else None
    if any(name in seen.error for name in clause.value.types):
        return True
    return Breach(f"raises {types}", f"raises {seen.error[0]}: {seen.message[:120]}")


@register(ON_ENDINGS, "refusal", _EXCEPTIONS)
def _acceptance(owed: Owed, spec: Any, seen: Observation) -> Answer:
    """An input that the promise includes MUST be converted."""
    clause = owed["refuses"]
    if (clause is not None and clause.value.types) or seen.outcome not in ("ok", "raised"):
        return None
    return True if seen.outcome == "ok" else Breach("a result", f"raises {seen.error[0]}: {seen.message[:120]}")


@register(ON_ENDINGS, "roundtrip", _ARRAY_API)
def _source(owed: Owed, spec: Any, seen: Observation) -> Answer:
    """A conversion MUST leave its source as it was."""
    if seen.outcome not in ("ok", "raised"):
        return None
    return Breach("the source unchanged", "the source's bytes, layout or flags changed") if seen.source_changed else True


@register(ON_RESULTS, "refusal", _WARNINGS)
def _warnings(owed: Owed, spec: Any, seen: Observation) -> Answer:
    """A promised warning MUST come every time, and no other."""
    clause = owed["warns"]
    if clause is None:
        return None
    heard = sorted({category for category, _ in seen.warnings})
    if clause.value:
        return True if clause.value in heard else Breach(clause.value, ", ".join(heard) or "no warning")
    return True if not heard else Breach("no warning", f"{', '.join(heard)}: {seen.warnings[0][1][:120]}")


# -- round trip: what a result holds -----------------------------------------------------------------------------------


@register(ON_RESULTS, "roundtrip", _ARRAY_API)
def _values(owed: Owed, spec: Any, seen: Observation) -> Answer:
    """The result MUST hold the source's values, bit for bit where the dtype is kept."""
    if seen.data is None:
        return None
    clause = owed["values"]
    return same_values("bits" if clause is None else clause.value, spec, seen)


@register(ON_RESULTS, "roundtrip", _ARRAY_API)
def _shape(owed: Owed, spec: Any, seen: Observation) -> Answer:
    """The result MUST have the source's shape."""
    clause = owed["shape"]
    wanted = spec.shape if clause is None else clause.value(spec)
    if wanted is None:
        return None
    return True if seen.shape == wanted else Breach(f"shape {list(wanted)}", f"shape {list(seen.shape)}")


# -- dtype: what a result is -------------------------------------------------------------------------------------------


@register(ON_RESULTS, "dtype", _ARRAY_API)
def _type(owed: Owed, spec: Any, seen: Observation) -> Answer:
    """The result MUST be of the promised type: a tensor of the framework, an array, a Python number."""
    clause = owed["type"]
    if clause is None or not clause.value:
        return None
    return True if seen.type.startswith(clause.value) else Breach(" or ".join(clause.value), seen.type)


@register(ON_RESULTS, "dtype", _ARRAY_API)
def _dtype(owed: Owed, spec: Any, seen: Observation) -> Answer:
    """The result MUST have the dtype that is promised for the source's dtype."""
    clause = owed["dtype"]
    wanted = None if clause is None else clause.value if isinstance(clause.value, str) else clause.value(spec)
    if wanted is None:
        return None
    return True if seen.dtype == wanted else Breach(f"dtype {wanted}", f"dtype {seen.dtype}")


@register(ON_RESULTS, "dtype", _AUTOGRAD)
def _flags(owed: Owed, spec: Any, seen: Observation) -> Answer:
    """The result MUST carry exactly the promised marks: requires_grad, non_leaf, conj, neg."""
    clause = owed["flags"]
    if clause is None:
        return None
    return (
        True if seen.flags == clause.value else Breach(", ".join(clause.value) or "no marks", ", ".join(seen.flags) or "no marks")
    )


# -- aliasing: whose memory it is --------------------------------------------------------------------------------------


@register(ON_RESULTS, "aliasing", _NUMPY_COPY)
def _memory(owed: Owed, spec: Any, seen: Observation) -> Answer:
    """The result MUST lie in the source's memory where sharing is promised, and wholly outside where a copy is."""
    clause = owed["aliasing"]
    if clause is None or not seen.shares:
        return None
    if seen.shares in _MAY[clause.value]:
        return True
    return Breach(clause.value, f"{seen.shares} of the result lies in the source's memory")


@register(ON_RESULTS, "aliasing", _NUMPY_COPY)
def _follows(owed: Owed, spec: Any, seen: Observation) -> Answer:
    """A change of the source MUST show in a result that shares, and never in a copy."""
    clause = owed["aliasing"]
    if clause is None or not seen.follows:
        return None
    if seen.follows in _MAY[clause.value] and seen.shares in ("", seen.follows):
        return True
    return Breach(clause.value, f"{seen.follows} of the result follows a change of the source")


@register(ON_RESULTS, "aliasing", _NUMPY_COPY)
def _leads(owed: Owed, spec: Any, seen: Observation) -> Answer:
    """A change of the result MUST show in a source that it shares, and never in one that it copied."""
    clause = owed["aliasing"]
    if clause is None or not seen.leads:
        return None
    if {"some": "all"}.get(seen.leads, seen.leads) in _MAY[clause.value]:
        return True
    return Breach(clause.value, f"{seen.leads} of the source follows a change of the result")


#: How much of a result may be the source's, by what is promised. Part of it never may.
_MAY = {"shares": ("all",), "copies": ("none",), "may share": ("all", "none")}


@register(ON_RESULTS, "aliasing", _DLPACK)
def _strides(owed: Owed, spec: Any, seen: Observation) -> Answer:
    """A result that shares memory MUST keep the source's strides."""
    if seen.shares != "all" or seen.strides is None or seen.shape != spec.shape or owed["shape"] is not None:
        return None  # Another shape is another walk through the memory.
    strides = zip(spec.shape, seen.strides, spec.strides)
    kept = seen.strides == spec.strides or all(n == 1 or mine == theirs for n, mine, theirs in strides)
    return True if kept else Breach(f"strides {list(spec.strides)}", f"strides {list(seen.strides)}")


@register(ON_RESULTS, "aliasing", _NUMPY_COPY)
def _twins(owed: Owed, spec: Any, seen: Observation) -> Answer:
    """Two conversions that copy MUST NOT share memory with each other."""
    clause = owed["aliasing"]
    if clause is None or clause.value != "copies" or seen.twin is None or not seen.writable:
        return None
    return Breach("memory of its own", "the memory of an earlier copy") if seen.twin else True


@register(ON_RESULTS, "aliasing", _IMMUTABLE)
def _immutability(owed: Owed, spec: Any, seen: Observation) -> Answer:
    """A tensor that its framework calls immutable MUST NOT change through a conversion's result."""
    if owed["immutable"] is None or seen.writable is None:
        return None
    return Breach("an immutable source", "a write to the result changed the source") if seen.leads == "some" else True


@register(ON_RESULTS, "aliasing", _DLPACK)
def _readonly(owed: Owed, spec: Any, seen: Observation) -> Answer:
    """Read-only memory MUST NOT become writable by a conversion without the promised warning."""
    if owed.direction != "in" or seen.shares != "all" or spec.is_writable or not seen.writable:
        return None
    clause = owed["warns"]
    if clause is not None and clause.value and any(category == clause.value for category, _ in seen.warnings):
        return True
    return Breach("a read-only result, a copy, or a warning", "a writable result over read-only memory, without warning")


@register(ON_RESULTS, "aliasing", _NUMPY_COPY)
def _writable(owed: Owed, spec: Any, seen: Observation) -> Answer:
    """The result MUST be writable or read-only as promised."""
    clause = owed["writable"]
    if clause is None or seen.writable is None:
        return None
    words = {True: "writable", False: "read-only"}
    return True if seen.writable == clause.value else Breach(words[clause.value], words[seen.writable])


LAWS: dict[str, Law] = ON_ENDINGS | ON_RESULTS | ON_FACTS | UNDER_PRESSURE | ON_DEVICES
