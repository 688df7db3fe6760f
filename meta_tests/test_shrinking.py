"""Whatever fails shrinks to the plain minimum: the smallest shape, zeros elsewhere, C order but for the guilty axis."""

from __future__ import annotations

import math

import numpy as np
import pytest

from conformance.conditions import walks_backwards
from meta_tests.helpers import minimal
from strategies import ArraySpec, array_specs, arrays

SEEDS = range(3)
NAN = 0x7FC00000
THOUSAND_AND_ONE = int(np.float32(1001).view(np.uint32))


def numbers(spec: ArraySpec) -> list[float]:
    return np.frombuffer(spec.values, np.float32).tolist() if spec.dtype == "float32" else []


@pytest.mark.parametrize("seeded", SEEDS)
def test_anything_shrinks_to_a_bare_zero(seeded: int) -> None:
    assert minimal(array_specs(), lambda spec: True, seeded) == ArraySpec("float32", (), (), 0, 4)


@pytest.mark.parametrize("seeded", SEEDS)
def test_a_negative_stride_shrinks_to_one_reversed_pair(seeded: int) -> None:
    found = minimal(array_specs(), walks_backwards, seeded)
    assert found == ArraySpec("float32", (2,), (-4,), 4, 8)


@pytest.mark.parametrize("seeded", SEEDS)
def test_a_misaligned_address_shrinks_to_a_bare_zero_at_the_nearest_one(seeded: int) -> None:
    assert minimal(array_specs(), lambda spec: spec.address % 16 != 0, seeded) == ArraySpec("float32", (), (), 0, 4, 8)


@pytest.mark.parametrize("seeded", SEEDS)
def test_a_nan_in_two_axes_shrinks_to_one_element(seeded: int) -> None:
    found = minimal(array_specs(), lambda spec: spec.rank >= 2 and any(map(math.isnan, numbers(spec))), seeded)
    assert found == ArraySpec("float32", (1, 1), (4, 4), 0, 4, planted=((0, NAN),))


@pytest.mark.parametrize("seeded", SEEDS)
def test_a_hundred_elements_shrink_to_a_hundred_zeros_in_a_row(seeded: int) -> None:
    assert minimal(array_specs(), lambda spec: spec.size >= 100, seeded) == ArraySpec("float32", (100,), (4,), 0, 400)


@pytest.mark.parametrize("seeded", SEEDS)
def test_a_large_last_element_shrinks_to_the_least_of_them(seeded: int) -> None:
    found = minimal(array_specs("float32"), lambda spec: spec.size and numbers(spec)[-1] > 1000, seeded)
    assert found == ArraySpec("float32", (), (), 0, 4, planted=((0, THOUSAND_AND_ONE),))


@pytest.mark.parametrize("seeded", SEEDS)
def test_read_only_memory_shrinks_to_a_read_only_zero(seeded: int) -> None:
    found = minimal(array_specs(), lambda spec: not spec.is_writable and spec.container == "ndarray", seeded)
    assert found == ArraySpec("float32", (), (), 0, 4, memory="readonly")


@pytest.mark.parametrize("seeded", SEEDS)
def test_a_dtype_shrinks_to_the_first_of_its_kind(seeded: int) -> None:
    assert minimal(array_specs(), lambda spec: not spec.is_native, seeded) == ArraySpec(">float32", (), (), 0, 4)


@pytest.mark.parametrize("seeded", SEEDS)
def test_any_negative_stride_shrinks_to_one_axis_with_at_most_an_element(seeded: int) -> None:
    found = minimal(array_specs("float32"), lambda spec: spec.has_negative_stride, seeded)
    assert (found.shape in ((0,), (1,)), found.strides, any(found.values)) == (True, (-4,), False)


@pytest.mark.parametrize("seeded", SEEDS)
def test_real_arrays_shrink_as_their_specs_do(seeded: int) -> None:
    found = minimal(arrays(np.float32), lambda array: array.ndim >= 2 and np.isnan(array).any(), seeded)
    assert (found.shape, found.strides) == ((1, 1), (4, 4))
    assert minimal(arrays(np.float32), lambda array: array.size >= 100, seeded).tolist() == [0.0] * 100
