"""A reproducer's lines build, without this suite, the array that its spec describes."""

from __future__ import annotations

import ctypes
import os
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from meta_tests.helpers import NAMES, drawn
from meta_tests.strategies.test_build import address_of, elements
from tensor_conformance.conformance.frameworks.registry import entry_points
from tensor_conformance.conformance.laws.law import Breach
from tensor_conformance.conformance.run import reproducer
from tensor_conformance.strategies import ADDRESSES, LAYOUTS, MEMORIES, ArraySpec, build
from tensor_conformance.strategies.dtypes import POINTERS
from tensor_conformance.strategies.lines import array
from tensor_conformance.strategies.spec import OWNED, TensorSpec

ml_dtypes = pytest.importorskip("ml_dtypes")
SPEC = ArraySpec("int16", (3,), (-4,), 9, 12, 1, seed=7, planted=((0, 0x0102),))


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # Scripts of memory-mapped arrays write a file.


def run(spec: ArraySpec) -> dict[str, Any]:
    """What the lines leave behind: `a` is the input."""
    names: dict[str, Any] = {"np": np, "ml_dtypes": ml_dtypes, "ctypes": ctypes, "random": random}
    exec("\n".join(array(spec)), names)
    return names


def contents(array: np.ndarray, spec: ArraySpec) -> bytes:
    """The elements' bytes, less the padding of records, which nobody owes."""
    return repr(array.tolist()).encode() if spec.dtype == "record_padded" else elements(array)


def assert_rebuilt(spec: ArraySpec) -> None:
    """The law of reproducers: the script's array is the one that was built."""
    script, built = run(spec)["a"], build(spec)
    assert script.dtype == built.array.dtype
    assert script.dtype.char == built.array.dtype.char
    assert script.shape == built.array.shape
    assert script.strides == built.array.strides
    assert address_of(script) % 64 == address_of(built.array) % 64
    assert script.flags.writeable == built.array.flags.writeable
    assert contents(script, spec) == contents(built.array, spec)
    built.close()


@pytest.mark.parametrize("dtype", [name for name in NAMES if name not in POINTERS])
def test_scripts_rebuild_arrays_of_each_dtype(dtype: str) -> None:
    for spec in drawn(8, dtype, dtype=dtype, container="ndarray"):
        assert_rebuilt(spec)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_scripts_rebuild_arrays_of_each_layout(layout: str) -> None:
    for spec in drawn(20, layout, layout=layout, container="ndarray"):
        if spec.dtype not in POINTERS:
            assert_rebuilt(spec)


@pytest.mark.parametrize("memory", MEMORIES[:-2])
def test_scripts_rebuild_arrays_in_each_memory_at_each_address(memory: str) -> None:
    for address in ADDRESSES:
        assert_rebuilt(SPEC._replace(memory=memory, address=address))
        assert_rebuilt(SPEC._replace(memory=memory, address=address, seed=0, planted=()))


@pytest.mark.parametrize("memory", OWNED)
def test_scripts_rebuild_arrays_that_own_their_memory(memory: str) -> None:
    for spec in drawn(60, memory, memory=memory, container="ndarray"):
        if spec.dtype not in POINTERS:
            assert_rebuilt(spec)
            assert run(spec)["a"].flags.owndata


def test_scripts_of_memory_maps_write_one_file() -> None:
    run(SPEC._replace(memory="memmap_r"))
    assert os.listdir() == ["buffer.bin"]


def test_scripts_of_zeros_plant_nothing() -> None:
    assert not any("data" in line for line in array(ArraySpec("float32", (), (), 0, 4)) if "ctypes.data" not in line)


@pytest.mark.parametrize("memory", ["plain", "readonly"])
def test_the_buffer_of_a_script_is_what_the_array_looks_at(memory: str) -> None:
    names = run(SPEC._replace(memory=memory))
    before = names["a"].tolist()
    names["buffer"][:] = ~names["buffer"]
    assert names["a"].tolist() == [~number for number in before]


@pytest.mark.parametrize("container", ["subclass", "matrix", "masked"])
def test_scripts_rebuild_what_wraps_an_array(container: str) -> None:
    for spec in drawn(20, container, container=container, dtype="float32", memory="plain"):
        if container == "matrix" or spec.rank:
            script, value = run(spec)["a"], build(spec).value
            assert type(script).__name__ == type(value).__name__
            assert elements(script) == elements(value)


def test_scripts_of_masked_arrays_mask_the_same_elements() -> None:
    spec = ArraySpec("int8", (2, 3), (3, 1), 0, 6, container="masked")
    assert run(spec)["a"].mask.tolist() == build(spec).value.mask.tolist()


@pytest.mark.parametrize("container", ["list", "scalar"])
def test_scripts_rebuild_lists_and_scalars(container: str) -> None:
    for spec in drawn(20, container, container=container, dtype="int16"):
        script, value = run(spec)["a"], build(spec).value
        assert type(script) is type(value)
        assert np.array(script).tolist() == np.array(value).tolist()


@pytest.mark.parametrize(
    ("container", "spoken"),
    [("array_interface", "__array_interface__"), ("dlpack", "__dlpack__"), ("array", "__array__"), ("buffer", "tobytes")],
)
def test_scripts_rebuild_objects_of_one_protocol(container: str, spoken: str) -> None:
    value = run(SPEC._replace(container=container))["a"]
    assert hasattr(value, spoken)
    assert not isinstance(value, np.ndarray)


@pytest.mark.parametrize("dtype", POINTERS)
def test_scripts_of_pointers_keep_dtype_shape_and_elements(dtype: str) -> None:
    for spec in drawn(60, dtype, dtype=dtype, container="ndarray"):
        script = run(spec)["a"]
        assert (script.dtype, script.shape) == (spec.np_dtype, spec.shape)
        assert repr(script.ravel().tolist()) == repr(build(spec).array.ravel().tolist())


def shown(law: str, spec: ArraySpec | TensorSpec, name: str = "torch.as_tensor") -> str:
    """The script of an entry point's finding, from its call on."""
    entry = next(entry for entry in entry_points() if entry.name == name)
    return reproducer.script(entry, spec, law, Breach("this", "that"))


def test_what_gives_its_elements_away_by_protocol_alone_is_shown_by_its_memory() -> None:
    spec = SPEC._replace(container="dlpack", memory="readonly")
    assert shown("readonly", spec).count("print(buffer[start:])") == 2
    assert shown("readonly", spec._replace(container="ndarray")).count("print(a)") == 2


def test_whether_a_result_is_writable_is_printed() -> None:
    spec = TensorSpec("float32", (1,), (4,), 0, 4)
    assert "'writable:'" in shown("writable", spec, "torch.Tensor.numpy")


def test_both_of_what_is_compared_are_printed_with_their_dtypes() -> None:
    told = shown("numpy_semantics", SPEC, "torch.compile[eager][numpy sum]")
    assert told.endswith(
        "for each in (r, (lambda x: x.sum())(a)):\n    print(each, getattr(each, 'dtype', None), getattr(each, 'shape', None))\n"
    )


def test_truths_are_written_as_the_framework_takes_them() -> None:
    assert r"tensor_content=b'\x01\x00\x01'" in shown(
        "dtype", TensorSpec("bool", (3,), (1,), 0, 3, seed=0, planted=((0, 2), (2, 255))), "tf.Tensor.numpy"
    )
