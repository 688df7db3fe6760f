"""Symbolic forms: what is known before a value exists, and how the form behaves over time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ...strategies.spec import Spec
from ..promises import Owed
from ..subject.observation import Observation
from .expected import same_numbers
from .law import Answer, Breach, Law, law

#: By id, in the order of the reports.
LAWS: dict[str, Law] = {}

_AUTOGRAD = "https://docs.pytorch.org/docs/stable/notes/autograd.html"
_TRACING = "https://www.tensorflow.org/guide/function"
_DYNAMO_NUMPY = "https://docs.pytorch.org/docs/2.13/torch.compiler_faq.html"
_PROTOBUF = "https://protobuf.dev/programming-guides/proto-limits/"


def _told(law: str, seen: Observation, owed: Owed) -> Iterator[tuple[str, Any, Any]]:
    """Name, value and clause's value of each fact under the law for which something is promised."""
    for name, value in seen.facts:
        clause = owed[name] if name.partition(".")[0] == law else None
        if clause is not None:
            yield name, value, clause.value


def _facts(law: str, spec: Spec, seen: Observation, owed: Owed) -> Answer:
    """Each fact is what its clause says."""
    answer: Answer = None
    for name, value, promised in _told(law, seen, owed):
        wanted = promised(spec) if callable(promised) else promised
        if wanted is None:
            continue
        answer = True
        as_owed = value == wanted or (_raises(wanted) and _raises(value) and set(wanted[1:]) & set(value[1:]))
        if not as_owed:
            return Breach(f"{name} {_in_words(wanted)}", f"{name} {_in_words(value)}", name)
    return answer


def _raises(value: Any) -> bool:
    return isinstance(value, tuple) and value[:1] == ("raised",)


def _in_words(value: Any) -> str:
    if _raises(value):
        return f"raises {value[1]}"
    return repr(list(value) if isinstance(value, tuple) else value)


def _compared(law: str, spec: Spec, seen: Observation, owed: Owed) -> Answer:
    """The result is what another way of computing it gives, or both are refused."""
    answer: Answer = None
    for name, other, promised in _told(law, seen, owed):
        if not (promised(spec) if callable(promised) else promised):
            continue
        answer = True
        if seen.outcome == "raised" and promised == "unless refused":
            continue
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


@law(LAWS, "symbolic", _TRACING, evidence="facts", ending="any")
def _static(owed: Owed, spec: Spec, seen: Observation) -> Answer:
    """A symbolic form MUST know the dtype and as much of the shape as is promised before a value exists."""
    return _facts("static", spec, seen, owed)


@law(LAWS, "symbolic", _TRACING, evidence="facts", ending="any")
def _snapshot(owed: Owed, spec: Spec, seen: Observation) -> Answer:
    """A symbolic form MUST keep the array as it was, or follow later changes of it, as is promised."""
    return _facts("snapshot", spec, seen, owed)


@law(LAWS, "symbolic", _TRACING, evidence="facts", ending="any")
def _retrace(owed: Owed, spec: Spec, seen: Observation) -> Answer:
    """A new array of the same dtype and shape MUST NOT be traced again, and MUST NOT meet the old one's values."""
    return _facts("retrace", spec, seen, owed)


@law(LAWS, "symbolic", _TRACING, evidence="facts", ending="any")
def _symbolic_refusal(owed: Owed, spec: Spec, seen: Observation) -> Answer:
    """A symbolic form that has no value MUST refuse to become an array or a number, with the promised exception."""
    return _facts("symbolic_refusal", spec, seen, owed)


@law(LAWS, "symbolic", _TRACING, evidence="facts", ending="any")
def _eager_agreement(owed: Owed, spec: Spec, seen: Observation) -> Answer:
    """A symbolic form MUST give the dtype, shape and bytes that the eager call gives, and refuse what that refuses."""
    return _compared("eager_agreement", spec, seen, owed)


@law(LAWS, "symbolic", _AUTOGRAD, evidence="facts", ending="any")
def _gradient(owed: Owed, spec: Spec, seen: Observation) -> Answer:
    """Gradients MUST flow to the arrays that were captured and fed, as is promised."""
    return _facts("gradient", spec, seen, owed)


@law(LAWS, "symbolic", _DYNAMO_NUMPY, evidence="facts", ending="any")
def _numpy_semantics(owed: Owed, spec: Spec, seen: Observation) -> Answer:
    """NumPy code that is traced, or handed a tensor, MUST give the dtype, shape and values that NumPy gives of an array."""
    return _compared("numpy_semantics", spec, seen, owed)


@law(LAWS, "symbolic", _PROTOBUF, evidence="facts", ending="any")
def _size_limit(owed: Owed, spec: Spec, seen: Observation) -> Answer:
    """An array too large for the form MUST be refused with the promised exception."""
    return _facts("size_limit", spec, seen, owed)
