"""A built array is exactly what its spec says."""

from __future__ import annotations

import ctypes
import faulthandler
import mmap
import os
import signal
import sys
from collections.abc import Callable
from itertools import islice
from typing import Any

import numpy as np
import pytest

from meta_tests.helpers import NAMES, drawn
from tensor_conformance.strategies import ADDRESSES, CONTAINERS, LAYOUTS, MEMORIES, ArraySpec, Unbuildable, build, dtypes
from tensor_conformance.strategies.build import Built, Memory
from tensor_conformance.strategies.dtypes import POINTERS
from tensor_conformance.strategies.spec import OWN_ADDRESS, OWNED, SpecError

RAW = [name for name in NAMES if name not in POINTERS]
SPEC = ArraySpec("int16", (3,), (-4,), 9, 12, 1, seed=7, planted=((0, 0x0102),))


def address_of(array: np.ndarray) -> int:
    return array.__array_interface__["data"][0]  # type: ignore[no-any-return]


def elements(array: np.ndarray) -> bytes:
    """The first elements' bytes in C order, read from their addresses: nobody's copying code is trusted."""
    places = (sum(i * s for i, s in zip(index, array.strides)) for index in np.ndindex(array.shape))
    return b"".join(ctypes.string_at(address_of(array) + place, array.itemsize) for place in islice(places, 64))


def in_native_order(data: bytes, spec: ArraySpec) -> bytes:
    unit = spec.component if not spec.is_native else 1
    return b"".join(data[i : i + unit][::-1] for i in range(0, len(data), unit))


def owner(array: np.ndarray) -> Any:
    """What holds the memory, at the end of the chain of bases."""
    base: Any = array
    while isinstance(base, (np.ndarray, memoryview)):
        below = base.obj if isinstance(base, memoryview) else base.base
        if below is None:
            break
        base = below
    return base


def assert_built(spec: ArraySpec) -> Built:
    """The law of building: everything about the array is as in the spec."""
    built = build(spec)
    array = built.array
    assert array.dtype == spec.np_dtype
    assert array.dtype.char == spec.np_dtype.char
    assert array.shape == spec.shape
    assert array.strides == spec.strides
    assert address_of(array) == built.start + spec.offset
    assert address_of(array) % 64 == spec.address
    assert array.flags.writeable == (spec.memory in ("plain", "owned", "memmap_r+", "memmap_c"))
    assert built.nbytes == spec.nbytes
    if spec.dtype not in POINTERS:
        assert built.contents() == spec.owner_bytes
        assert in_native_order(elements(array), spec) == spec.values[: 64 * spec.itemsize]
    return built


def in_memory(memory: str) -> ArraySpec:
    if memory in OWNED:
        return SPEC._replace(strides=(2,), offset=0, nbytes=6, address=OWN_ADDRESS, memory=memory)
    return SPEC._replace(memory=memory)


def can_be_built(spec: ArraySpec) -> bool:
    try:
        build(spec).close()
    except Unbuildable:
        return False
    return True


def fate_of(action: Callable[[], Any]) -> int:
    """How a child ends that does this: 0, or the signal that killed it."""
    sys.stdout.flush()
    child = os.fork()
    if not child:
        try:
            faulthandler.disable()
            action()
        finally:
            os._exit(0)
    return os.WTERMSIG(status) if os.WIFSIGNALED(status := os.waitpid(child, 0)[1]) else 0


@pytest.mark.parametrize("dtype", NAMES)
def test_arrays_of_each_dtype_are_as_their_specs_say(dtype: str) -> None:
    for spec in drawn(25, dtype, dtype=dtype, container="ndarray"):
        assert_built(spec).close()


@pytest.mark.parametrize("layout", LAYOUTS)
def test_arrays_of_each_layout_are_as_their_specs_say(layout: str) -> None:
    for spec in drawn(60, layout, layout=layout, container="ndarray"):
        assert_built(spec).close()


@pytest.mark.parametrize("memory", MEMORIES)
def test_arrays_in_each_memory_are_as_their_specs_say(memory: str) -> None:
    for spec in drawn(60, memory, memory=memory, container="ndarray"):
        assert_built(spec).close()


@pytest.mark.parametrize("address", range(64))
def test_arrays_stand_at_each_address(address: int) -> None:
    for memory in MEMORIES[:-2]:
        assert_built(SPEC._replace(address=address, memory=memory)).close()


def test_nothing_drawn_raises_anything_but_unbuildable() -> None:
    assert sum(map(can_be_built, drawn(4000))) > 3600


def test_strides_that_no_element_takes_are_kept() -> None:
    spec = ArraySpec("float64", (1, 0, 2), (-(1 << 40), 3, 7), 0, 8)
    assert build(spec).array.strides == spec.strides


OWNERS = dict.fromkeys(MEMORIES, mmap.mmap) | dict.fromkeys(("plain", "readonly", *OWNED), np.ndarray) | {"bytes": bytes}


@pytest.mark.parametrize("memory", MEMORIES)
def test_the_owner_is_of_the_memory_asked_for(memory: str) -> None:
    built = build(in_memory(memory))
    assert type(owner(built.array)) is OWNERS[memory]
    built.close()


@pytest.mark.parametrize("order", "CF")
@pytest.mark.parametrize("shape", [(), (0, 3), (2, 3), (70, 31, 17)], ids=str)
def test_an_array_that_owns_its_memory_owns_all_of_it_and_is_where_the_spec_says(order: str, shape: tuple[int, ...]) -> None:
    like = np.empty(shape, "int64", order)  # type: ignore[call-overload]
    for memory in OWNED:
        built = assert_built(ArraySpec("int64", shape, like.strides, 0, like.nbytes, OWN_ADDRESS, memory, seed=3).validate())
        assert built.array.flags.owndata
        assert built.owner is built.array is built.value


@pytest.mark.parametrize("memory", ["plain", "readonly"])
@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "datetime64[D]", ">complex128", "record"])
def test_an_array_is_a_view_of_a_longer_one_of_its_dtype_where_they_stand_on_one_grid(dtype: str, memory: str) -> None:
    for spec in drawn(60, dtype, dtype=dtype, memory=memory, container="ndarray"):
        built = build(spec)
        assert (built.array.base.dtype == built.array.dtype) == spec.has_typed_owner
        assert built.owner is built.array.base
        assert built.owner.flags.owndata
        assert built.owner.nbytes >= spec.nbytes + 64


@pytest.mark.parametrize("off", [{"nbytes": 16}, {"offset": 4, "nbytes": 12}, {"address": 0}, {"strides": (1, 4, 2)}], ids=str)
def test_an_array_that_owns_its_memory_is_nothing_but_all_of_it(off: dict[str, Any]) -> None:
    whole = ArraySpec("int8", (2, 2, 2), (4, 2, 1), 0, 8, OWN_ADDRESS, "owned")
    assert_built(whole.validate())
    with pytest.raises(SpecError, match="owns whole memory"):
        whole._replace(**off).validate()


@pytest.mark.parametrize("memory", MEMORIES[4:-2])
def test_memory_mapped_files_are_numpys_own(memory: str) -> None:
    built = build(SPEC._replace(memory=memory))
    assert type(built.array) is np.memmap
    assert built.array.base.mode == memory.removeprefix("memmap_")
    built.close()


@pytest.mark.parametrize("memory", ["bytes", "protected", "memmap_r"])
def test_memory_that_is_truly_read_only_cannot_be_unlocked(memory: str) -> None:
    with pytest.raises(ValueError, match="WRITEABLE"):
        build(SPEC._replace(memory=memory)).array.flags.writeable = True


def test_a_read_only_flag_can_be_lifted() -> None:
    array = build(SPEC._replace(memory="readonly")).array
    array.flags.writeable = True
    array[...] = 1
    assert array.tolist() == [1, 1, 1]


@pytest.mark.parametrize("memory", ["readonly", "bytes", "protected", "memmap_r", "owned_r"])
def test_numpy_refuses_to_write_where_it_may_not(memory: str) -> None:
    with pytest.raises(ValueError, match="read-only"):
        build(in_memory(memory)).array[0] = 1


@pytest.mark.parametrize("memory", ["protected", "memmap_r"])
def test_writing_to_read_only_pages_kills(memory: str) -> None:
    built = build(SPEC._replace(memory=memory))
    assert fate_of(lambda: ctypes.memset(address_of(built.array), 1, 1)) in (signal.SIGSEGV, signal.SIGBUS)


@pytest.mark.parametrize("memory", [name for name in MEMORIES if name not in ("protected", "memmap_r")])
def test_writing_to_other_memory_by_address_is_survived(memory: str) -> None:
    built = build(in_memory(memory))
    assert fate_of(lambda: ctypes.memset(address_of(built.array), 1, 1)) == 0


def test_what_is_written_to_a_shared_mapping_reaches_its_file() -> None:
    built = build(ArraySpec("uint8", (4,), (1,), 0, 4, memory="memmap_r+"))
    built.array[...] = 0x0F
    built.flip()  # Goes by the file.
    assert built.contents() == b"\xf0" * 4


def test_a_copy_on_write_mapping_is_private_to_its_process() -> None:
    built = build(ArraySpec("uint8", (4,), (1,), 0, 4, memory="memmap_c"))
    fate_of(lambda: built.array.fill(1))
    assert built.contents() == bytes(4)


def test_a_shared_mapping_is_not_private_to_its_process() -> None:
    built = build(ArraySpec("uint8", (4,), (1,), 0, 4, memory="memmap_r+"))
    fate_of(lambda: built.array.fill(1))
    assert built.contents() == b"\1" * 4


@pytest.mark.parametrize("memory", MEMORIES)
def test_a_flip_is_seen_through_the_array(memory: str) -> None:
    built = build(in_memory(memory))
    before = built.array.tolist()
    built.flip()
    assert built.array.tolist() == [~number for number in before]
    built.close()


@pytest.mark.parametrize("memory", MEMORIES)
def test_two_flips_restore_every_byte(memory: str) -> None:
    for spec in drawn(20, memory, memory=memory, dtype="float32"):
        if can_be_built(spec):
            built = build(spec)
            built.flip()
            assert built.contents() == bytes(~b & 255 for b in spec.owner_bytes)
            built.flip()
            assert built.contents() == spec.owner_bytes
            built.close()


def test_pointers_and_empty_owners_are_never_flipped() -> None:
    assert not build(ArraySpec("object", (2,), (8,), 0, 16)).is_mutable
    assert not build(ArraySpec("float32", (0,), (4,))).is_mutable
    assert build(SPEC).is_mutable


def test_a_view_of_memory_reads_and_writes_it() -> None:
    source = np.arange(8, dtype=np.uint8)
    view = Memory(address_of(source), 8).view()
    view[3] = 77
    assert view.tolist() == source.tolist() == [0, 1, 2, 77, 4, 5, 6, 7]


def test_built_arrays_outlive_what_built_them() -> None:
    arrays = [build(SPEC._replace(memory=memory)).array for memory in MEMORIES[:-2]]
    assert all(in_native_order(elements(array), SPEC) == SPEC.values for array in arrays)


def protocols(value: Any) -> set[str]:
    names = {name for name in ("__array_interface__", "__array_struct__", "__array__", "__dlpack__") if hasattr(value, name)}
    try:
        memoryview(value)
    except TypeError:
        return names
    return names | {"buffer"}


@pytest.mark.parametrize(
    ("container", "spoken"),
    [("array_interface", "__array_interface__"), ("dlpack", "__dlpack__"), ("buffer", "buffer"), ("array", "__array__")],
)
def test_wrappers_speak_one_protocol_only(container: str, spoken: str) -> None:
    assert protocols(build(SPEC._replace(container=container)).value) == {spoken}


@pytest.mark.parametrize("container", ["array_interface", "buffer", "array", "subclass", "masked"])
def test_what_stands_for_an_array_stands_for_its_memory(container: str) -> None:
    built = build(SPEC._replace(container=container))
    assert address_of(np.asarray(built.value)) == address_of(built.array)
    assert np.asarray(built.value).strides == SPEC.strides


def test_a_dlpack_wrapper_stands_for_its_memory() -> None:
    built = build(SPEC._replace(container="dlpack"))
    assert address_of(np.from_dlpack(built.value)) == address_of(built.array)


def test_an_array_wrapper_keeps_to_its_copy_flag() -> None:
    value = build(SPEC._replace(container="array")).value
    assert not np.shares_memory(value.__array__(copy=True), value.__array__())
    with pytest.raises(ValueError, match="copy"):
        value.__array__(np.float64, copy=False)
    assert value.__array__(np.float64).dtype == np.float64


def test_a_list_holds_the_arrays_along_the_first_axis() -> None:
    value = build(ArraySpec("int8", (2, 2), (2, 1), 0, 4, container="list", planted=((2, 5),))).value
    assert type(value) is list
    assert [row.tolist() for row in value] == [[0, 0], [5, 0]]


def test_a_scalar_is_a_numpy_scalar() -> None:
    value = build(ArraySpec("int8", (), (), 0, 1, container="scalar", planted=((0, 5),))).value
    assert type(value) is np.int8
    assert value == 5


def test_a_masked_array_masks_its_first_element() -> None:
    assert build(SPEC._replace(container="masked")).value.mask.tolist() == [True, False, False]


def test_a_matrix_and_a_subclass_keep_their_types() -> None:
    assert type(build(ArraySpec("int8", (1, 1), (1, 1), 0, 1, container="matrix")).value) is np.matrix
    value = build(SPEC._replace(container="subclass")).value
    assert isinstance(value, np.ndarray)
    assert type(value) is not np.ndarray


@pytest.mark.parametrize("container", CONTAINERS)
def test_drawn_containers_can_mostly_be_built(container: str) -> None:
    specs = list(drawn(200, container, container=container, memory="plain"))
    assert sum(map(can_be_built, specs)) > 100


@pytest.mark.parametrize(
    "change",
    [
        {"container": "matrix"},
        {"container": "scalar"},
        {"container": "list", "shape": (), "strides": ()},
        {"container": "buffer", "dtype": "datetime64[ns]", "nbytes": 64, "offset": 32},
        {"dtype": "object", "memory": "bytes"},
        {"dtype": "object", "memory": "memmap_r+"},
        {"dtype": "object", "strides": (8,), "offset": 0, "nbytes": 24, "address": 1},
        {"dtype": "object", "strides": (9,), "offset": 0, "nbytes": 32, "address": 0},
        {"dtype": "StringDType", "strides": (-16,), "offset": 32, "nbytes": 48, "address": 0},
        {"dtype": "StringDType", "shape": (0, 2), "strides": (16, -16), "offset": 32, "nbytes": 48, "address": 0},
        {"dtype": "no such dtype"},
    ],
    ids=str,
)
def test_what_cannot_be_built_is_unbuildable(change: dict[str, Any]) -> None:
    with pytest.raises(Unbuildable):
        build(SPEC._replace(**{"planted": (), "seed": 0} | change))


def test_a_list_of_a_million_numbers_is_unbuildable() -> None:
    spec = ArraySpec("uint8", (1 << 20,), (0,), 0, 1, container="list").validate()
    with pytest.raises(Unbuildable):
        build(spec)


@pytest.mark.parametrize("address", ADDRESSES)
def test_closing_gives_every_file_back(address: int) -> None:
    before = len(os.listdir("/proc/self/fd"))
    for memory in MEMORIES[:-2]:
        built = build(SPEC._replace(memory=memory, address=address))
        built.close()
        built.close()
        del built
    assert len(os.listdir("/proc/self/fd")) == before


@pytest.mark.parametrize("dtype", POINTERS)
def test_what_pointers_point_at_is_a_matter_of_the_spec_alone(dtype: str) -> None:
    for spec in drawn(40, dtype, dtype=dtype, container="ndarray"):
        wanted = [dtypes.pool(dtype)[spec.pointed(spec.position(index) // spec.itemsize)] for index in range(spec.size)]
        kept = []
        for size in (1, 3, 5, 7):  # Whatever else is allocated in between, and wherever the memory lies.
            kept.append(bytearray(size << 10))
            built = build(spec)
            assert [repr(each) for each in built.array.ravel().tolist()] == list(map(repr, wanted))
            built.close()
