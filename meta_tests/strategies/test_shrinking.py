"""Whatever fails shrinks to the plain minimum: the smallest shape, zeros elsewhere, C order but for the guilty axis.

Hypothesis mixes constants of whatever modules are loaded into its draws, so one seed is not one run. The plainest of
several searches is.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from meta_tests.helpers import minimal
from tensor_conformance.conformance.promises.conditions import walks_backwards
from tensor_conformance.conformance.run.tally import plainness
from tensor_conformance.strategies import ArraySpec, array_specs, arrays

NAN = 0x7FC00000
THOUSAND_AND_ONE = int(np.float32(1001).view(np.uint32))


def plainest(condition: Callable[[ArraySpec], Any], dtype: str | None = "float32") -> ArraySpec:
    """The plainest of what four searches shrink to."""
    return min((minimal(array_specs(dtype), condition, seeded) for seeded in range(4)), key=plainness)


def numbers(spec: ArraySpec) -> list[float]:
    return np.frombuffer(spec.values, np.float32).tolist()


def test_anything_shrinks_to_a_bare_zero() -> None:
    assert plainest(lambda spec: True, dtype=None) == ArraySpec("float32", (), (), 0, 4)


def test_a_negative_stride_shrinks_to_one_reversed_pair() -> None:
    assert plainest(walks_backwards) == ArraySpec("float32", (2,), (-4,), 4, 8)


def test_any_negative_stride_shrinks_to_one_axis_with_at_most_an_element() -> None:
    found = plainest(lambda spec: spec.has_negative_stride)
    assert (found.shape in ((0,), (1,)), found.strides, any(found.values)) == (True, (-4,), False)


def test_a_misaligned_address_shrinks_to_a_bare_zero_at_the_nearest_one() -> None:
    assert plainest(lambda spec: spec.address % 16 != 0, dtype=None) == ArraySpec("float32", (), (), 0, 4, 8)


def test_a_nan_in_two_axes_shrinks_to_one_element() -> None:
    found = plainest(lambda spec: spec.rank >= 2 and any(map(math.isnan, numbers(spec))))
    assert found == ArraySpec("float32", (1, 1), (4, 4), 0, 4, planted=((0, NAN),))


def test_a_hundred_elements_shrink_to_a_hundred_zeros_in_a_row() -> None:
    assert plainest(lambda spec: spec.size >= 100, dtype=None) == ArraySpec("float32", (100,), (4,), 0, 400)


def test_a_large_last_element_shrinks_to_the_least_of_them() -> None:
    found = plainest(lambda spec: spec.size and numbers(spec)[-1] > 1000)
    assert found == ArraySpec("float32", (), (), 0, 4, planted=((0, THOUSAND_AND_ONE),))


def test_read_only_memory_shrinks_to_a_read_only_zero() -> None:
    found = plainest(lambda spec: not spec.is_writable and spec.container == "ndarray", dtype=None)
    assert found == ArraySpec("float32", (), (), 0, 4, memory="readonly")


def test_a_dtype_shrinks_to_the_first_of_its_kind() -> None:
    assert plainest(lambda spec: not spec.is_native, dtype=None) == ArraySpec(">float32", (), (), 0, 4)


def test_real_arrays_shrink_as_their_specs_do() -> None:
    found = minimal(arrays(np.float32), lambda array: array.ndim >= 2 and np.isnan(array).any())
    assert (found.shape, found.strides) == ((1, 1), (4, 4))
    assert minimal(arrays(np.float32), lambda array: array.size >= 100).tolist() == [0.0] * 100
