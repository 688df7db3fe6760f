"""What can stand for an array, spelt once: inputs are made by these expressions, and scripts print them."""

from __future__ import annotations

import inspect
from types import CodeType
from typing import Any

import numpy as np


class Subclass(np.ndarray):
    """A plain subclass of ndarray, as users make them."""


class ArrayInterface:
    def __init__(self, a):
        self.keep, self.__array_interface__ = a, a.__array_interface__


class DLPack:
    def __init__(self, a):
        self.a = a

    def __dlpack__(self, **options):
        return self.a.__dlpack__(**options)

    def __dlpack_device__(self):
        return self.a.__dlpack_device__()


class Array:
    def __init__(self, a):
        self.a = a

    def __array__(self, dtype=None, copy=None):
        if copy is None:  # NumPy 1 never says, and knows no None.
            return np.asanyarray(self.a, dtype)
        return np.array(self.a, dtype, copy=copy, subok=True)


#: Container to the expression that makes it of the array `a`; the simplest first.
EXPRESSIONS = {
    "ndarray": "a",
    "subclass": "a.view(Subclass)",
    "matrix": "a.view(np.matrix)",
    "masked": "np.ma.MaskedArray(a, np.arange(a.size).reshape(a.shape) == 0)",
    "scalar": "a[()]",
    "list": "list(a)",
    "array_interface": "ArrayInterface(a)",
    "dlpack": "DLPack(a)",
    "buffer": "memoryview(a)",
    "array": "Array(a)",
}
#: Beside containers of elements: the same as Python numbers.
NESTED_LIST = "a.tolist()"

_CLASSES = {each.__name__: each for each in (Subclass, ArrayInterface, DLPack, Array)}
_CODES: dict[str, CodeType] = {name: compile(text, f"<{name}>", "eval") for name, text in EXPRESSIONS.items()}


def in_container(container: str, array: np.ndarray) -> Any:
    """The array in the container; raises whatever the expression raises."""
    return eval(_CODES[container], {"np": np, **_CLASSES, "a": array})


def definitions(container: str) -> list[str]:
    """The lines of the class that the container's expression names, if any."""
    named = [_CLASSES[name] for name in _CODES[container].co_names if name in _CLASSES]
    return [line for each in named for line in inspect.getsource(each).splitlines()]
