"""When a fault shows: named predicates on the very input of a call, an array, a tensor or something that stands for one."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np


class Occasion:
    """A predicate with the words for it; on what it cannot judge it is false."""

    def __init__(self, text: str, test: Callable[[Any], Any]) -> None:
        self.text, self._test = text, test

    def __call__(self, x: Any) -> bool:
        try:
            return bool(self._test(x))
        except Exception:  # A list has no strides, a fake tensor no address: no occasion.
            return False

    def __and__(self, other: Occasion) -> Occasion:
        return Occasion(f"{self.text} and {other.text}", lambda x: self(x) and other(x))

    def __invert__(self) -> Occasion:
        return Occasion(f"not {self.text}", lambda x: not self(x))


# -- what can be told of an array or a tensor --------------------------------------------------------------------------


def shape(x: Any) -> tuple[int, ...]:
    return tuple(x.shape)


def strides(x: Any) -> tuple[int, ...]:
    """In bytes; TensorFlow knows C order alone."""
    if isinstance(x, np.ndarray):
        return x.strides
    return tuple(s * itemsize(x) for s in x.stride()) if hasattr(x, "stride") else _c_strides(x)


def address(x: Any) -> int:
    if isinstance(x, np.ndarray):
        return int(x.__array_interface__["data"][0])
    if hasattr(x, "data_ptr"):
        return int(x.data_ptr())
    from tensor_conformance.conformance.frameworks.tensorflow.adapter import address_of

    return int(address_of(x) or 0)


def dtype(x: Any) -> str:
    return str(getattr(x.dtype, "name", None) or x.dtype).removeprefix("torch.")


def itemsize(x: Any) -> int:
    return int(x.itemsize if hasattr(x, "itemsize") else x.dtype.size)


def _long_strides(x: Any) -> list[tuple[int, int]]:
    return [(n, s) for n, s in zip(shape(x), strides(x)) if n > 1]


def _c_strides(x: Any) -> tuple[int, ...]:
    return tuple(itemsize(x) * prod(max(n, 1) for n in shape(x)[axis + 1 :]) for axis in range(len(shape(x))))


def _reversed(tensor: Any) -> bool:
    return bool(tensor.permute(*range(tensor.ndim)[::-1]).is_contiguous())


# -- occasions ----------------------------------------------------------------------------------------------------------

always = Occasion("", lambda x: True)
array = Occasion("it is an ndarray", lambda x: type(x) is np.ndarray)

scalar = Occasion("0-d", lambda x: shape(x) == ())
empty = Occasion("empty", lambda x: 0 in shape(x))
large = Occasion("larger than 4096", lambda x: prod(shape(x)) > 4096)
small = Occasion("of one element", lambda x: prod(shape(x)) == 1)
odd_size = Occasion("of a size that is no multiple of 16", lambda x: prod(shape(x)) % 16)
rank_3 = Occasion("of rank 3 or more", lambda x: len(shape(x)) >= 3)
rank_7 = Occasion("of rank 7 or more", lambda x: len(shape(x)) >= 7)
rank_33 = Occasion("of rank 33 or more", lambda x: len(shape(x)) >= 33)
has_length_one = Occasion("it has an axis of length 1", lambda x: 1 in shape(x))
has_two_axes = Occasion("of rank 2", lambda x: len(shape(x)) == 2)

c_order = Occasion("in C order", lambda x: all(n == 1 or s == c for n, s, c in zip(shape(x), strides(x), _c_strides(x))))
f_order = Occasion(
    "in Fortran order", lambda x: x.flags.fnc if isinstance(x, np.ndarray) else x.mT.is_contiguous() and ~c_order(x)
)
broadcast = Occasion("broadcast", lambda x: any(s == 0 for _, s in _long_strides(x)))
backwards = Occasion("an axis runs backwards", lambda x: any(s < 0 for _, s in _long_strides(x)))
holes = Occasion("it has holes", lambda x: min(abs(s) for _, s in _long_strides(x)) >= 2 * itemsize(x))
odd_length_one = Occasion(
    "an axis of length 1 has an odd stride",
    lambda x: any(n == 1 and s != c for n, s, c in zip(shape(x), strides(x), _c_strides(x))),
)
offset = Occasion("it starts inside of its storage", lambda x: x.storage_offset() > 0)

at_64 = Occasion("at a multiple of 64", lambda x: prod(shape(x)) and address(x) % 64 == 0)
at_16 = Occasion("at a multiple of 16", lambda x: prod(shape(x)) and address(x) % 16 == 0)
off_16 = Occasion("at no multiple of 16", lambda x: prod(shape(x)) and address(x) % 16)
misaligned = Occasion("misaligned", lambda x: not x.flags.aligned)

readonly = Occasion("read-only", lambda x: not x.flags.writeable)
writable = Occasion("writable", lambda x: x.flags.writeable)
memmap = Occasion("memory-mapped", lambda x: isinstance(x, np.memmap))
owned = Occasion("it owns its memory", lambda x: x.flags.owndata)
over_bytes = Occasion("over a bytes object", lambda x: isinstance(x.base, bytes))

swapped = Occasion("in the other byte order", lambda x: not x.dtype.isnative)
masked = Occasion("masked", lambda x: isinstance(x, np.ma.MaskedArray))
a_list = Occasion("a list", lambda x: isinstance(x, list) and len(x) and np.ndim(x[0]))
a_scalar = Occasion("a NumPy scalar", lambda x: isinstance(x, np.generic))
a_matrix = Occasion("a matrix", lambda x: isinstance(x, np.matrix))

wants_grad = Occasion("it requires grad", lambda x: x.requires_grad)
conjugated = Occasion("conjugated", lambda x: x.is_conj())
negated = Occasion("negated", lambda x: x.is_neg())


def of(*names: str) -> Occasion:
    """The dtype is one of these."""
    return Occasion(" or ".join(names), lambda x: dtype(x) in names)


def kind(letters: str) -> Occasion:
    """NumPy's kind of the dtype is one of the letters."""
    words = {"M": "of times", "V": "of records", "f": "of floats", "OT": "of objects", "U": "of texts"}
    return Occasion(words[letters], lambda x: x.dtype.kind in letters)
