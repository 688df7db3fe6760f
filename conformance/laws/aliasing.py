"""Aliasing: whose memory it is."""

from __future__ import annotations

from ...strategies.spec import Spec
from ..promises import Owed
from ..subject.observation import Observation
from .law import Answer, Breach, Law, law

#: By id, in the order of the reports.
LAWS: dict[str, Law] = {}

_NUMPY_COPY = "https://numpy.org/doc/stable/user/basics.copies.html"
_DLPACK = "https://dmlc.github.io/dlpack/latest/python_spec.html"
_IMMUTABLE = "https://www.tensorflow.org/guide/tensor"


@law(LAWS, "aliasing", _NUMPY_COPY, topic="aliasing", needs=True, severity="memory")
def _memory(owed: Owed, spec: Spec, seen: Observation) -> Answer:
    """The result MUST lie in the source's memory where sharing is promised, and wholly outside where a copy is."""
    clause = owed["aliasing"]
    if clause is None or not seen.shares:
        return None
    if seen.shares in _MAY[clause.value]:
        return True
    return Breach(clause.value, f"{seen.shares} of the result lies in the source's memory")


@law(LAWS, "aliasing", _NUMPY_COPY, topic="aliasing", needs=True, severity="memory")
def _follows(owed: Owed, spec: Spec, seen: Observation) -> Answer:
    """A change of the source MUST show in a result that shares, and never in a copy."""
    clause = owed["aliasing"]
    if clause is None or not seen.follows:
        return None
    if seen.follows in _MAY[clause.value] and seen.shares in ("", seen.follows):
        return True
    return Breach(clause.value, f"{seen.follows} of the result follows a change of the source")


@law(LAWS, "aliasing", _NUMPY_COPY, topic="aliasing", needs=True, severity="memory")
def _leads(owed: Owed, spec: Spec, seen: Observation) -> Answer:
    """A change of the result MUST show in a source that it shares, and never in one that it copied."""
    clause = owed["aliasing"]
    if clause is None or not seen.leads:
        return None
    if {"some": "all"}.get(seen.leads, seen.leads) in _MAY[clause.value]:
        return True
    return Breach(clause.value, f"{seen.leads} of the source follows a change of the result")


#: How much of a result may be the source's, by what is promised. Part of it never may.
_MAY = {"shares": ("all",), "copies": ("none",), "may share": ("all", "none")}


@law(LAWS, "aliasing", _DLPACK, severity="wrong data")
def _strides(owed: Owed, spec: Spec, seen: Observation) -> Answer:
    """A result that shares memory MUST keep the source's strides; a copy MUST lie in the order that is asked for."""
    clause = owed["strides"]
    if clause is not None and seen.shares == "none" and seen.strides is not None and 0 not in seen.shape:
        return True if _lies_in(clause.value, spec, seen) else Breach(f"{clause.value} order", f"strides {list(seen.strides)}")
    if seen.shares != "all" or seen.strides is None or seen.shape != spec.shape or owed["shape"] is not None:
        return None  # Another shape is another walk through the memory.
    strides = zip(spec.shape, seen.strides, spec.strides)
    kept = seen.strides == spec.strides or all(n == 1 or mine == theirs for n, mine, theirs in strides)
    return True if kept else Breach(f"strides {list(spec.strides)}", f"strides {list(seen.strides)}")


def _lies_in(order: str, spec: Spec, seen: Observation) -> bool:
    """Whether the elements of a result lie one after the other in this order, or "K", as in the source."""
    assert seen.strides is not None
    if order == "K":
        return all(n == 1 or mine == theirs for n, mine, theirs in zip(seen.shape, seen.strides, spec.strides))
    axes = [(n, step) for n, step in zip(seen.shape, seen.strides) if n > 1]
    if order == "C":
        axes.reverse()
    expected = axes[0][1] if axes else 0
    for n, step in axes:
        if step != expected:
            return False
        expected *= n
    return True


@law(LAWS, "aliasing", _NUMPY_COPY, topic="aliasing", needs=True, severity="memory")
def _twins(owed: Owed, spec: Spec, seen: Observation) -> Answer:
    """Two conversions that copy MUST NOT share memory with each other."""
    clause = owed["aliasing"]
    if clause is None or clause.value != "copies" or seen.twin is None or not seen.writable:
        return None
    return Breach("memory of its own", "the memory of an earlier copy") if seen.twin else True


@law(LAWS, "aliasing", _IMMUTABLE, topic="immutable", needs=True, severity="wrong data")
def _immutability(owed: Owed, spec: Spec, seen: Observation) -> Answer:
    """A tensor that its framework calls immutable MUST NOT change through a conversion's result."""
    if owed["immutable"] is None or seen.writable is None:
        return None
    return Breach("an immutable source", "a write to the result changed the source") if seen.leads == "some" else True


@law(LAWS, "aliasing", _DLPACK, topic="warns", direction="in", severity="memory")
def _readonly(owed: Owed, spec: Spec, seen: Observation) -> Answer:
    """Read-only memory MUST NOT become writable by a conversion without the promised warning."""
    if owed.direction != "in" or seen.shares != "all" or spec.is_writable or not seen.writable:
        return None
    clause = owed["warns"]
    if clause is not None and clause.value and any(category == clause.value for category, _ in seen.warnings):
        return True
    return Breach("a read-only result, a copy, or a warning", "a writable result over read-only memory, without warning")


@law(LAWS, "aliasing", _NUMPY_COPY, needs=True, severity="memory")
def _writable(owed: Owed, spec: Spec, seen: Observation) -> Answer:
    """The result MUST be writable or read-only as promised."""
    clause = owed["writable"]
    if clause is None or seen.writable is None:
        return None
    words = {True: "writable", False: "read-only"}
    return True if seen.writable == clause.value else Breach(words[clause.value], words[seen.writable])
