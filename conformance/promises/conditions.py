"""Conditions: named predicates on specs, combined with `&`, `|` and `~`, that read as prose in a report."""

from __future__ import annotations

from collections.abc import Callable

from ...strategies import dtypes
from ...strategies.spec import Spec


class Condition:
    """A predicate on a spec, with the words for it."""

    __slots__ = ("test", "text")

    def __init__(self, text: str, test: Callable[[Spec], bool]) -> None:
        self.text, self.test = text, test

    def __call__(self, spec: Spec) -> bool:
        return self.test(spec)

    def __and__(self, other: Condition) -> Condition:
        mine, theirs = self.test, other.test
        return Condition(f"{self.text} and {other.text}", lambda spec: mine(spec) and theirs(spec))

    def __or__(self, other: Condition) -> Condition:
        mine, theirs = self.test, other.test
        return Condition(f"({self.text} or {other.text})", lambda spec: mine(spec) or theirs(spec))

    def __invert__(self) -> Condition:
        mine = self.test
        return Condition(f"not ({self.text})", lambda spec: not mine(spec))

    def __repr__(self) -> str:
        return f"<when {self.text}>"


always = Condition("any input", lambda spec: True)


def dtype_in(*names: str) -> Condition:
    """The spec's dtype is one of the names (native byte order; C-type twins count as what they are)."""
    known = frozenset(names)
    return Condition(f"dtype in {{{', '.join(names)}}}", lambda spec: spec.dtype in known)


def container_in(*names: str) -> Condition:
    """The call is handed one of these containers."""
    known = frozenset(names)
    return Condition(f"the input is {' or '.join(names)}", lambda spec: spec.container in known)


def memory_in(*names: str) -> Condition:
    """The owner is one of these kinds of memory."""
    known = frozenset(names)
    return Condition(f"memory is {' or '.join(names)}", lambda spec: spec.memory in known)


def state_in(*names: str) -> Condition:
    """The tensor is in one of these states."""
    known = frozenset(names)
    return Condition(f"the tensor is {' or '.join(names)}", lambda spec: spec.state in known)


def rank_above(limit: int) -> Condition:
    """The array has more axes than `limit`."""
    return Condition(f"rank > {limit}", lambda spec: len(spec.shape) > limit)


ndarray = container_in("ndarray", "subclass", "matrix", "masked")
swapped = Condition("the byte order is not native", lambda spec: not spec.is_native)
empty = Condition("the array has no elements", lambda spec: spec.size == 0)
scalar = Condition("the array is 0-d", lambda spec: not spec.shape)
contiguous = Condition("the array is C-contiguous", lambda spec: spec.is_c)
f_contiguous = Condition("the array is F-contiguous", lambda spec: spec.is_f)
negative_stride = Condition("a stride is negative", lambda spec: spec.has_negative_stride)
partial_stride = Condition("a stride is no multiple of the item size", lambda spec: spec.has_partial_stride)
aligned = Condition("the array is aligned", lambda spec: spec.is_aligned)
writable = Condition("the array is writable", lambda spec: spec.is_writable)
readonly = ~writable
readonly.text = "the array is read-only"
pointers = Condition("the elements are pointers", lambda spec: spec.dtype in dtypes.POINTERS)


def walks_backwards(spec: Spec) -> bool:
    """Whether some axis longer than 1 of an array with elements has a negative stride."""
    return spec.size > 0 and any(s < 0 and n > 1 for s, n in zip(spec.strides, spec.shape))


backwards = Condition("an axis longer than 1 has a negative stride", walks_backwards)
