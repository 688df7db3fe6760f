"""Hypothesis strategies for arrays of any dtype, shape and memory layout, and the specs behind them.

    from strategies import arrays

    @given(arrays("float32", layout="reversed"))
    def test_my_kernel(a): ...

Specs, the plain engine and `build` need NumPy alone; only the strategies themselves import Hypothesis.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .build import Unbuildable, build
from .draw import ADDRESSES, LAYOUTS, draw_array_spec, draw_tensor_spec
from .dtypes import DTYPES
from .spec import CONTAINERS, MEMORIES, STATES, TENSOR_DTYPES, ArraySpec, Spec, SpecError, TensorSpec, spec_from_json
from .volume import chooser

if TYPE_CHECKING:
    from .search import array_specs, arrays, tensor_specs

_SEARCH = ("array_specs", "arrays", "tensor_specs")

__all__ = [
    "ADDRESSES",
    "CONTAINERS",
    "DTYPES",
    "LAYOUTS",
    "MEMORIES",
    "STATES",
    "TENSOR_DTYPES",
    "ArraySpec",
    "Spec",
    "SpecError",
    "TensorSpec",
    "Unbuildable",
    "array_specs",
    "arrays",
    "build",
    "chooser",
    "draw_array_spec",
    "draw_tensor_spec",
    "spec_from_json",
    "tensor_specs",
]


def __getattr__(name: str) -> Any:
    # A subject has no Hypothesis; importing specs must not ask for it.
    if name in _SEARCH:
        from . import search

        return getattr(search, name)
    raise AttributeError(f"module 'strategies' has no attribute {name!r}")
