"""Palettes: every special value in every row, and taken apart when one of them breaks a law."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tensor_conformance.conformance.run.grid import grid
from tensor_conformance.conformance.run.palettes import is_palette, take_apart
from tensor_conformance.strategies import ArraySpec, dtypes
from tensor_conformance.strategies.build import build
from tensor_conformance.strategies.lines import array
from tensor_conformance.strategies.spec import PALETTE, c_strides

ROWS = (3, 41)


def palette(dtype: str, start: int = 0) -> ArraySpec:
    size = dtypes.dtype(dtype).itemsize
    return ArraySpec(dtype, ROWS, c_strides(ROWS, size), 0, 123 * size, seed=PALETTE + start)


def elements(spec: ArraySpec) -> list[bytes]:
    return [spec.values[at : at + spec.itemsize] for at in range(0, len(spec.values), spec.itemsize)]


@pytest.mark.parametrize("dtype", ["float16", "float64", "complex64", "int64", ">int32", "U4", "S5"])
def test_every_row_of_a_palette_holds_every_special_value(dtype: str) -> None:
    native = dtype.lstrip(">")
    wanted = {dtypes.encode(native, bits) for bits in dtypes.special_bits(dtype)}
    found = elements(palette(dtype, 3))
    assert all(set(found[row * 41 : row * 41 + 41]) >= wanted for row in range(3) if len(wanted) <= 41)
    assert set(found) == wanted


def test_a_palette_starts_with_another_value_for_each_seed() -> None:
    assert [elements(palette("float32", start))[0] for start in range(12)] == [
        dtypes.encode("float32", bits) for bits in dtypes.special_bits("float32")[:12]
    ]


def test_the_grid_has_a_palette_of_every_dtype() -> None:
    names = set(filter(dtypes.available, dtypes.DTYPES))
    assert {spec.dtype for spec in grid("", (), 0, "pairs") if is_palette(spec)} == names


@pytest.mark.parametrize("seed", range(5))
def test_the_smallest_grid_has_palettes_of_each_kind_of_number(seed: int) -> None:
    assert {spec.dtype for spec in grid("", (), seed, "least") if is_palette(spec)} >= {"float32", "complex64", "int64"}


def test_a_palette_is_built_as_it_says() -> None:
    spec = palette("float32", 5)
    built = build(spec)
    assert built.array.tobytes() == spec.values
    built.close()


@pytest.mark.parametrize("dtype", ["float32", ">int64", "complex128", "bool", "StringDType", "S5"])
def test_a_script_builds_the_palette_that_a_run_built(dtype: str) -> None:
    spec = palette(dtype, 5)
    scope: dict[str, Any] = {"np": np}
    exec("\n".join(array(spec)), scope)
    built = build(spec)
    assert scope["a"].tolist() == built.array.tolist() or scope["a"].tobytes() == built.array.tobytes()
    built.close()


def test_one_value_that_breaks_a_law_is_found_alone() -> None:
    tried: list[ArraySpec] = []

    def shows(spec: ArraySpec) -> bool:
        tried.append(spec)
        return (1 << 31).to_bytes(4, "little") in elements(spec)

    take_apart(palette("float32"), shows)
    assert tried[-1] == ArraySpec("float32", (1,), (4,), 0, 4, planted=((0, 1 << 31),))


def test_a_value_that_breaks_a_law_in_some_places_alone_is_found_in_its_place() -> None:
    spec = palette("float32", 7)
    tried: list[ArraySpec] = []

    def shows(spec: ArraySpec) -> bool:
        tried.append(spec)
        return any(int.from_bytes(each, "little") for each in elements(spec)[100:])

    take_apart(spec, shows)
    assert tried[-1].shape == ROWS
    assert tried[-1].seed == 0
    ((index, bits),) = tried[-1].planted
    assert index == 100
    assert elements(spec)[100] == bits.to_bytes(4, "little")
