"""The laws: MUST sentences that any conversion keeping its promise satisfies. The sentence is the check's docstring."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from conformance.expected import same_numbers, same_values
from conformance.observation import Observation
from conformance.promises import Owed


class Breach(NamedTuple):
    """How a law was broken: what was owed and what was seen, each in a few words; `topic` of the clause, if not the law's."""

    expected: str
    observed: str
    topic: str = ""


#: What a check answers: None where the law does not apply, True where it holds, else how it was broken.
Answer = Breach | bool | None
Check = Callable[[Owed, Any, Observation], Answer]


@dataclass(frozen=True)
class Law:
    """A law.

    id      by which results, deviations and reports name it
    module  the conformance module that asserts it
    must    the sentence
    source  where it comes from
    check   (what is owed, spec, observation) to an Answer
    """

    id: str
    module: str
    must: str
    source: str
    check: Check


#: Laws on how any conversion ends, on the results of those that answer, and on the facts of symbolic forms; by id, in the
#: order of the reports.
ON_ENDINGS: dict[str, Law] = {}
ON_RESULTS: dict[str, Law] = {}
ON_FACTS: dict[str, Law] = {}

_NUMPY_COPY = "https://numpy.org/doc/stable/user/basics.copies.html"
_ARRAY_API = "https://data-apis.org/array-api/latest/design_topics/data_interchange.html"
_DLPACK = "https://dmlc.github.io/dlpack/latest/python_spec.html"
_EXCEPTIONS = "https://docs.python.org/3/library/exceptions.html"
_WARNINGS = "https://docs.python.org/3/library/warnings.html"
_AUTOGRAD = "https://docs.pytorch.org/docs/stable/notes/autograd.html"
_IMMUTABLE = "https://www.tensorflow.org/guide/tensor"
_TRACING = "https://www.tensorflow.org/guide/function"
_DYNAMO_NUMPY = "https://docs.pytorch.org/docs/2.13/torch.compiler_faq.html"
_PROTOBUF = "https://protobuf.dev/programming-guides/proto-limits/"


def _law(laws: dict[str, Law], module: str, source: str) -> Callable[[Check], Check]:
    def register(check: Check) -> Check:
        id = check.__name__.strip("_")
        laws[id] = Law(id, module, " ".join((check.__doc__ or "").split()), source, check)
        return check

    return register


# -- refusal: how a conversion may end ---------------------------------------------------------------------------------


@_law(ON_ENDINGS, "refusal", _EXCEPTIONS)
def _survival(owed: Owed, spec: Any, seen: Observation) -> Answer:
    """A conversion MUST end in a result or a Python exception, never in the death or hang of the interpreter."""
    if seen.outcome in ("crashed", "hung"):
        return Breach("a result or a Python exception", f"{seen.headline} during '{seen.stage}'")
    return True


@_law(ON_ENDINGS, "refusal", _EXCEPTIONS)
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


@_law(ON_ENDINGS, "refusal", _EXCEPTIONS)
def _acceptance(owed: Owed, spec: Any, seen: Observation) -> Answer:
    """An input that the promise includes MUST be converted."""
    clause = owed["refuses"]
    if (clause is not None and clause.value.types) or seen.outcome not in ("ok", "raised"):
        return None
    return True if seen.outcome == "ok" else Breach("a result", f"raises {seen.error[0]}: {seen.message[:120]}")


@_law(ON_ENDINGS, "roundtrip", _ARRAY_API)
def _source(owed: Owed, spec: Any, seen: Observation) -> Answer:
    """A conversion MUST leave its source as it was."""
    if seen.outcome not in ("ok", "raised"):
        return None
    return Breach("the source unchanged", "the source's bytes changed") if seen.source_changed else True


@_law(ON_RESULTS, "refusal", _WARNINGS)
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


@_law(ON_RESULTS, "roundtrip", _ARRAY_API)
def _values(owed: Owed, spec: Any, seen: Observation) -> Answer:
    """The result MUST hold the source's values, bit for bit where the dtype is kept."""
    if seen.data is None:
        return None
    clause = owed["values"]
    return same_values("bits" if clause is None else clause.value, spec, seen)


@_law(ON_RESULTS, "roundtrip", _ARRAY_API)
def _shape(owed: Owed, spec: Any, seen: Observation) -> Answer:
    """The result MUST have the source's shape."""
    clause = owed["shape"]
    wanted = spec.shape if clause is None else clause.value(spec)
    if wanted is None:
        return None
    return True if seen.shape == wanted else Breach(f"shape {list(wanted)}", f"shape {list(seen.shape)}")


# -- dtype: what a result is -------------------------------------------------------------------------------------------


@_law(ON_RESULTS, "dtype", _ARRAY_API)
def _type(owed: Owed, spec: Any, seen: Observation) -> Answer:
    """The result MUST be of the promised type: a tensor of the framework, an array, a Python number."""
    clause = owed["type"]
    if clause is None or not clause.value:
        return None
    return True if seen.type.startswith(clause.value) else Breach(" or ".join(clause.value), seen.type)


@_law(ON_RESULTS, "dtype", _ARRAY_API)
def _dtype(owed: Owed, spec: Any, seen: Observation) -> Answer:
    """The result MUST have the dtype that is promised for the source's dtype."""
    clause = owed["dtype"]
    wanted = None if clause is None else clause.value if isinstance(clause.value, str) else clause.value(spec)
    if wanted is None:
        return None
    return True if seen.dtype == wanted else Breach(f"dtype {wanted}", f"dtype {seen.dtype}")


@_law(ON_RESULTS, "dtype", _AUTOGRAD)
def _flags(owed: Owed, spec: Any, seen: Observation) -> Answer:
    """The result MUST carry exactly the promised marks: requires_grad, non_leaf, conj, neg."""
    clause = owed["flags"]
    if clause is None:
        return None
    return (
        True if seen.flags == clause.value else Breach(", ".join(clause.value) or "no marks", ", ".join(seen.flags) or "no marks")
    )


# -- aliasing: whose memory it is --------------------------------------------------------------------------------------


@_law(ON_RESULTS, "aliasing", _NUMPY_COPY)
def _memory(owed: Owed, spec: Any, seen: Observation) -> Answer:
    """The result MUST lie in the source's memory where sharing is promised, and wholly outside where a copy is."""
    clause = owed["aliasing"]
    if clause is None or not seen.shares:
        return None
    if seen.shares in _MAY[clause.value]:
        return True
    return Breach(clause.value, f"{seen.shares} of the result lies in the source's memory")


@_law(ON_RESULTS, "aliasing", _NUMPY_COPY)
def _follows(owed: Owed, spec: Any, seen: Observation) -> Answer:
    """A change of the source MUST show in a result that shares, and never in a copy."""
    clause = owed["aliasing"]
    if clause is None or not seen.follows:
        return None
    if seen.follows in _MAY[clause.value] and seen.shares in ("", seen.follows):
        return True
    return Breach(clause.value, f"{seen.follows} of the result follows a change of the source")


@_law(ON_RESULTS, "aliasing", _NUMPY_COPY)
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


@_law(ON_RESULTS, "aliasing", _DLPACK)
def _strides(owed: Owed, spec: Any, seen: Observation) -> Answer:
    """A result that shares memory MUST keep the source's strides."""
    if seen.shares != "all" or seen.strides is None or seen.shape != spec.shape or owed["shape"] is not None:
        return None  # Another shape is another walk through the memory.
    kept = all(n == 1 or mine == theirs for n, mine, theirs in zip(spec.shape, seen.strides, spec.strides))
    return True if kept else Breach(f"strides {list(spec.strides)}", f"strides {list(seen.strides)}")


@_law(ON_RESULTS, "aliasing", _NUMPY_COPY)
def _twins(owed: Owed, spec: Any, seen: Observation) -> Answer:
    """Two conversions that copy MUST NOT share memory with each other."""
    clause = owed["aliasing"]
    if clause is None or clause.value != "copies" or seen.twin is None or not seen.writable:
        return None
    return Breach("memory of its own", "the memory of an earlier copy") if seen.twin else True


@_law(ON_RESULTS, "aliasing", _IMMUTABLE)
def _immutability(owed: Owed, spec: Any, seen: Observation) -> Answer:
    """A tensor that its framework calls immutable MUST NOT change through a conversion's result."""
    if owed["immutable"] is None or seen.writable is None:
        return None
    return Breach("an immutable source", "a write to the result changed the source") if seen.leads == "some" else True


@_law(ON_RESULTS, "aliasing", _DLPACK)
def _readonly(owed: Owed, spec: Any, seen: Observation) -> Answer:
    """Read-only memory MUST NOT become writable by a conversion without the promised warning."""
    if owed.direction != "in" or seen.shares != "all" or spec.is_writable or not seen.writable:
        return None
    clause = owed["warns"]
    if clause is not None and clause.value and any(category == clause.value for category, _ in seen.warnings):
        return True
    return Breach("a read-only result, a copy, or a warning", "a writable result over read-only memory, without warning")


@_law(ON_RESULTS, "aliasing", _NUMPY_COPY)
def _writable(owed: Owed, spec: Any, seen: Observation) -> Answer:
    """The result MUST be writable or read-only as promised."""
    clause = owed["writable"]
    if clause is None or seen.writable is None:
        return None
    words = {True: "writable", False: "read-only"}
    return True if seen.writable == clause.value else Breach(words[clause.value], words[seen.writable])


# -- symbolic: what is known before a value exists, and how the form behaves over time ------------------------------------


def _told(law: str, seen: Observation, owed: Owed) -> Iterator[tuple[str, Any, Any]]:
    """Name, value and clause's value of each fact under the law for which something is promised."""
    for name, value in seen.facts:
        clause = owed[name] if name.partition(".")[0] == law else None
        if clause is not None:
            yield name, value, clause.value


def _facts(law: str, spec: Any, seen: Observation, owed: Owed) -> Answer:
    """Each fact is what its clause says."""
    answer: Answer = None
    for name, value, promised in _told(law, seen, owed):
        wanted = promised(spec) if callable(promised) else promised
        if wanted is None:
            continue
        answer = True
        raised = isinstance(wanted, tuple) and wanted[:1] == ("raised",)
        if value != wanted and not (raised and isinstance(value, tuple) and set(wanted[1:]) & set(value[1:])):
            return Breach(f"{name} {_in_words(wanted)}", f"{name} {_in_words(value)}", name)
    return answer


def _in_words(value: Any) -> str:
    if isinstance(value, tuple) and value[:1] == ("raised",):
        return f"raises {value[1]}"
    return repr(list(value) if isinstance(value, tuple) else value)


def _compared(law: str, spec: Any, seen: Observation, owed: Owed) -> Answer:
    """The result is what another way of computing it gives, or both are refused."""
    answer: Answer = None
    for name, other, promised in _told(law, seen, owed):
        if not (promised(spec) if callable(promised) else promised):
            continue
        answer = True
        if (seen.outcome == "raised") != (other[0] == "raised"):
            here = f"raises {seen.error[0]}" if seen.outcome == "raised" else "answers"
            there = f"raises {other[1]}" if other[0] == "raised" else "answers"
            return Breach(f"{name}: {there}", here, name)
        if seen.outcome == "raised":
            continue
        _, dtype, shape, data = other
        if seen.dtype != dtype or seen.shape != tuple(shape):
            return Breach(f"{name}: {dtype} {list(shape)}", f"{seen.dtype} {list(seen.shape)}", name)
        if seen.data is not None and data is not None and not same_numbers(dtype, data, seen.data):
            return Breach(f"{name}: 0x{data[:16].hex()}...", f"0x{seen.data[:16].hex()}...", name)
    return answer


@_law(ON_FACTS, "symbolic", _TRACING)
def _static(owed: Owed, spec: Any, seen: Observation) -> Answer:
    """A symbolic form MUST know the dtype and as much of the shape as is promised before a value exists."""
    return _facts("static", spec, seen, owed)


@_law(ON_FACTS, "symbolic", _TRACING)
def _snapshot(owed: Owed, spec: Any, seen: Observation) -> Answer:
    """A symbolic form MUST keep the array as it was, or follow later changes of it, as is promised."""
    return _facts("snapshot", spec, seen, owed)


@_law(ON_FACTS, "symbolic", _TRACING)
def _retrace(owed: Owed, spec: Any, seen: Observation) -> Answer:
    """A new array of the same dtype and shape MUST NOT be traced again, and MUST NOT meet the old one's values."""
    return _facts("retrace", spec, seen, owed)


@_law(ON_FACTS, "symbolic", _TRACING)
def _symbolic_refusal(owed: Owed, spec: Any, seen: Observation) -> Answer:
    """A symbolic form that has no value MUST refuse to become an array or a number, with the promised exception."""
    return _facts("symbolic_refusal", spec, seen, owed)


@_law(ON_FACTS, "symbolic", _TRACING)
def _eager_agreement(owed: Owed, spec: Any, seen: Observation) -> Answer:
    """A symbolic form MUST give the dtype, shape and bytes that the eager call gives, and refuse what that refuses."""
    return _compared("eager_agreement", spec, seen, owed)


@_law(ON_FACTS, "symbolic", _AUTOGRAD)
def _gradient(owed: Owed, spec: Any, seen: Observation) -> Answer:
    """Gradients MUST flow to the arrays that were captured and fed, as is promised."""
    return _facts("gradient", spec, seen, owed)


@_law(ON_FACTS, "symbolic", _DYNAMO_NUMPY)
def _numpy_semantics(owed: Owed, spec: Any, seen: Observation) -> Answer:
    """NumPy code that is traced MUST give the dtype, shape and values that NumPy gives."""
    return _compared("numpy_semantics", spec, seen, owed)


@_law(ON_FACTS, "symbolic", _PROTOBUF)
def _size_limit(owed: Owed, spec: Any, seen: Observation) -> Answer:
    """An array too large for the form MUST be refused with the promised exception."""
    return _facts("size_limit", spec, seen, owed)


LAWS: dict[str, Law] = ON_ENDINGS | ON_RESULTS | ON_FACTS
