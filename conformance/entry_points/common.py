"""Words that the promises of several frameworks use."""

from __future__ import annotations

from typing import Any

from conformance.conditions import Condition, dtype_in
from conformance.promises import FACT_LAWS, Clause

#: NumPy's documentation of the functions that turn tensors into arrays.
NP_ARRAY = "https://numpy.org/doc/2.4/reference/generated/numpy.array.html"
NP_ASARRAY = "https://numpy.org/doc/2.4/reference/generated/numpy.asarray.html"
NP_FROM_DLPACK = "https://numpy.org/doc/2.4/reference/generated/numpy.from_dlpack.html"
DLPACK_PYTHON = "https://dmlc.github.io/dlpack/latest/python_spec.html"

#: C types that NumPy spells twice: the canonical name of each.
_CANONICAL = {"longlong": "int64", "ulonglong": "uint64"}


def same_dtype(spec: Any) -> str:
    """the source's dtype, in native byte order"""
    name: str = spec.dtype.lstrip(">")
    return _CANONICAL.get(name, name)


#: Beside `named`: the dtype is one of these, in native byte order.
native = dtype_in


def named(*names: str) -> Condition:
    """The dtype is one of these, in either byte order."""
    known = frozenset(names)
    return Condition(f"dtype in {{{', '.join(names)}}}, either byte order", lambda spec: spec.dtype.lstrip(">") in known)


def told(facts: tuple[tuple[str, str], ...], clauses: tuple[Clause, ...]) -> tuple[Clause, ...]:
    """The clauses, without those about facts that are not told."""
    names = {name for name, _ in facts}
    return tuple(c for c in clauses if c.topic in names or c.topic.partition(".")[0] not in FACT_LAWS)
