"""Words that the promises of several frameworks use."""

from __future__ import annotations

import numpy as np

from ...strategies import dtypes
from ...strategies.spec import Spec
from ..promises import FACT_LAWS, Clause, Source, documented, dtype, may_refuse, shape, values
from ..promises.conditions import Condition, dtype_in

#: NumPy's documentation of the functions that turn tensors into arrays.
NP_ARRAY = "https://numpy.org/doc/2.4/reference/generated/numpy.array.html"
NP_ASARRAY = "https://numpy.org/doc/2.4/reference/generated/numpy.asarray.html"
NP_FROM_DLPACK = "https://numpy.org/doc/2.4/reference/generated/numpy.from_dlpack.html"
#: The page that says what `__array__` owes to NumPy.
NP_MIGRATION = "https://numpy.org/doc/2.4/numpy_2_0_migration_guide.html#adapting-to-changes-in-the-copy-keyword"
#: The page that says what NumPy does with `__array__`'s answer, and what it exports.
NP_INTEROPERABILITY = "https://numpy.org/doc/2.4/user/basics.interoperability.html"
#: What NumPy asks of `__array_wrap__`, and warns of where it is not given.
WRAPPING = documented(
    "https://numpy.org/doc/2.4/release/2.0.0-notes.html",
    "__array_wrap__ is now passed arr, context, return_scalar and support for implementations not accepting all three are "
    "deprecated. Its signature should be __array_wrap__(self, arr, context=None, return_scalar=False)",
)
DLPACK_PYTHON = "https://dmlc.github.io/dlpack/latest/python_spec.html"

ASTYPE = documented(
    "https://numpy.org/doc/2.4/reference/generated/numpy.ndarray.astype.html", "Copy of the array, cast to a specified type."
)

#: C types that NumPy spells twice: the canonical name of each.
_CANONICAL = {"longlong": "int64", "ulonglong": "uint64"}


def same_dtype(spec: Spec) -> str:
    """the source's dtype, in native byte order"""
    name: str = spec.dtype.lstrip(">")
    return _CANONICAL.get(name, name)


def up_to_zero(spec: Spec) -> tuple[int, ...]:
    """the source's shape, up to its first 0: lists have no axes behind an empty one"""
    return tuple(spec.shape[: spec.shape.index(0) + 1] if 0 in spec.shape else spec.shape)


def zeros_are_equal(spec: Spec) -> bytes:
    """true where the element is zero"""
    with np.errstate(all="ignore"):
        return bytes((np.frombuffer(spec.values, dtypes.dtype(same_dtype(spec))) == 0).tobytes())


def rounds_twice(source: str, through: str, to: str) -> Condition:
    """An element of the source dtype becomes another number by way of a format in between than straight."""

    def test(spec: Spec) -> bool:
        if spec.dtype not in dtypes.DTYPES or not dtypes.available(spec.dtype) or not spec.size:
            return False
        numbers = np.frombuffer(spec.values, source)
        with np.errstate(all="ignore"):
            straight, detour = numbers.astype(to), numbers.astype(through).astype(to)
        return bool(((straight != detour) & (straight == straight)).any())

    return Condition(f"an element is another {to} by way of {through}", test)


#: Beside `named`: the dtype is one of these, in native byte order.
native = dtype_in


def named(*names: str) -> Condition:
    """The dtype is one of these, in either byte order."""
    known = frozenset(names)
    return Condition(f"dtype in {{{', '.join(names)}}}, either byte order", lambda spec: spec.dtype.lstrip(">") in known)


def not_judged(seen: Source) -> tuple[Clause, ...]:
    """Whatever becomes of an input: a refusal of any kind, or a result of any dtype, shape and values."""
    return (
        may_refuse("Exception", source=seen),
        dtype(lambda spec: None, source=seen),
        shape(lambda spec: None, source=seen),
        values("unspecified", source=seen),
    )


def told(facts: tuple[tuple[str, str], ...], clauses: tuple[Clause, ...]) -> tuple[Clause, ...]:
    """The clauses, without those about facts that are not told."""
    names = {name for name, _ in facts}
    return tuple(c for c in clauses if c.topic in names or c.topic.partition(".")[0] not in FACT_LAWS)
