"""Both engines draw the same input space, and all of it."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import chain, pairwise, product
from math import prod
from typing import Any

import pytest
from hypothesis import strategies as st

from meta_tests.helpers import NAMES, assert_all_examples, drawn, find_any, searched
from tensor_conformance.conformance.frameworks.registry import framework
from tensor_conformance.conformance.run.grid import PLACES, SIZES, array_cells, cells_of, choices_of, grid, tensor_cells
from tensor_conformance.conformance.run.palettes import is_palette
from tensor_conformance.strategies import (
    ADDRESSES,
    CONTAINERS,
    LAYOUTS,
    MEMORIES,
    STATES,
    TENSOR_DTYPES,
    ArraySpec,
    TensorSpec,
    array_specs,
    arrays,
    chooser,
    draw_array_spec,
    draw_tensor_spec,
    tensor_specs,
)
from tensor_conformance.strategies.build import build
from tensor_conformance.strategies.draw import MAX_SIZE
from tensor_conformance.strategies.dtypes import POINTERS, special_bits
from tensor_conformance.strategies.volume import Recorded

MANY = tuple(drawn(10_000, "many"))


def recorded(seeded: str, **pins: Any) -> tuple[ArraySpec, list[tuple[int, int]]]:
    recorder = Recorded(chooser(seeded))
    return draw_array_spec(recorder, names=NAMES, **pins), recorder.choices


def replayed(choices: list[tuple[int, int]]) -> ArraySpec:
    again = iter(choices)

    def choose(n: int) -> int:
        bound, chosen = next(again)
        assert bound == n, "another choice was asked for"
        return chosen

    spec = draw_array_spec(choose, names=NAMES)
    assert next(again, None) is None, "choices were left over"
    return spec


def test_both_engines_make_the_same_array_spec_of_the_same_choices() -> None:
    for number in range(60):
        spec, choices = recorded(f"same {number}")
        assert searched(array_specs(wild=True), choices) == spec


def test_both_engines_make_the_same_tensor_spec_of_the_same_choices() -> None:
    for number in range(60):
        recorder = Recorded(chooser(f"same {number}"))
        spec = draw_tensor_spec(recorder, states=STATES)
        assert searched(tensor_specs(wild=True), recorder.choices) == spec


PINS: list[dict[str, Any]] = [
    *({"layout": layout} for layout in LAYOUTS if layout != "large"),  # The grid's own: a search has large ones of every class.
    *({"memory": memory} for memory in MEMORIES),
    *({"container": container} for container in CONTAINERS),
    *({"address": address} for address in ADDRESSES),
    {"dtype": "complex64"},
    {"dtype": "StringDType", "layout": "fortran", "memory": "bytes", "address": 1},
    {"dtype": ">int32", "layout": "windows", "address": 8, "memory": "memmap_c", "container": "list"},
]


@pytest.mark.parametrize("pins", PINS, ids=lambda pins: "-".join(map(str, pins.values())))
def test_pinned_draws_are_replayed_as_unpinned_ones(pins: dict[str, Any]) -> None:
    for number in range(20):
        spec, choices = recorded(f"pinned {number}", **pins)
        assert replayed(choices) == spec
    assert searched(array_specs(wild=True), choices) == spec


def test_a_chooser_is_its_seed() -> None:
    assert list(drawn(50, 3)) == list(drawn(50, 3))
    assert list(drawn(50, 3)) != list(drawn(50, 4))


def test_a_chooser_chooses_the_same_on_any_machine() -> None:
    choose = chooser("anywhere")
    assert [choose(1000) for _ in range(6)] == [186, 952, 124, 479, 668, 912]


@pytest.mark.parametrize("n", [1, 2, 3, 65, 4097])
def test_choices_are_below_their_bound_and_reach_it(n: int) -> None:
    choose = chooser(n)
    seen = {choose(n) for _ in range(40 * n)}
    assert seen <= set(range(n))
    assert {0, n - 1} <= seen


def test_every_drawn_array_lies_inside_its_owner() -> None:
    assert all(spec.validate() is spec for spec in MANY)


def test_every_searched_array_lies_inside_its_owner() -> None:
    assert_all_examples(array_specs(), ArraySpec.validate)


def test_every_drawn_tensor_lies_inside_its_storage() -> None:
    choose = chooser(0)
    assert all(draw_tensor_spec(choose, states=STATES).validate() for _ in range(5000))


@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 0, 4), (1,) * 64, (5, 4, 3)], ids=str)
def test_layouts_of_a_given_shape_keep_it_and_lie_inside_their_owner(shape: tuple[int, ...]) -> None:
    for layout in LAYOUTS:
        assert all(spec.validate().shape == shape for spec in drawn(20, layout, layout=layout, shape=shape))


def test_drawn_owners_are_small() -> None:
    assert max(spec.nbytes for spec in MANY) < 4 << 20


def positions(spec: ArraySpec) -> list[int]:
    return [spec.position(index) for index in range(min(spec.size, 300))]


def is_fortran(spec: ArraySpec) -> bool:
    return spec.rank > 1 and not spec.is_c and spec.strides == spec._replace(shape=spec.shape[::-1]).c_strides[::-1]


def overlaps(spec: ArraySpec) -> bool:
    places = sorted(set(positions(spec)))
    return len(places) < min(spec.size, 300) or any(b - a < spec.itemsize for a, b in pairwise(places))


FEATURES: dict[str, Callable[[ArraySpec], Any]] = {
    "c": lambda spec: spec.rank > 1 and spec.size > 1 and spec.is_c,
    "fortran": is_fortran,
    "permuted": lambda spec: spec.rank > 2 and not spec.is_c and not is_fortran(spec) and min(spec.strides) > 0,
    "reversed": lambda spec: spec.size > 1 and spec.has_negative_stride,
    "stepped": lambda spec: spec.rank == 1 and spec.size > 1 and spec.strides[0] == 2 * spec.itemsize > 0,
    "broadcast": lambda spec: spec.itemsize and any(n > 1 and not s for n, s in zip(spec.shape, spec.strides)),
    "windows": lambda spec: len(set(spec.strides)) < spec.rank and 0 not in spec.strides and overlaps(spec),
    "partial": lambda spec: spec.size > 1 and spec.has_partial_stride,
    "offset": lambda spec: spec.itemsize and spec.is_c and spec.offset and spec.nbytes > spec.extent[1],
    "length_one": lambda spec: any(n == 1 and s != c for n, s, c in zip(spec.shape, spec.strides, spec.c_strides)),
    "empty": lambda spec: spec.size == 0,
    "scalar": lambda spec: spec.rank == 0,
    "mixed": lambda spec: sum(s < 0 for s in spec.strides) > 1,
    "high_rank": lambda spec: spec.rank == 64,
    "large": lambda spec: spec.size > MAX_SIZE,
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_shows_what_it_is_named_for(layout: str) -> None:
    assert any(map(FEATURES[layout], drawn(300, layout, layout=layout, container="ndarray")))


@pytest.mark.parametrize("layout", ["fortran", "reversed", "partial", "empty", "scalar"])
def test_searching_finds_the_layout(layout: str) -> None:
    find_any(array_specs("float32"), FEATURES[layout])


RARE: dict[str, Callable[[ArraySpec], Any]] = {
    "negative stride of a length-1 axis": lambda spec: any(n == 1 and s < 0 for n, s in zip(spec.shape, spec.strides)),
    "odd stride of a length-1 axis": lambda spec: spec.itemsize > 1 and (1, 1) in zip(spec.shape, (s % 2 for s in spec.strides)),
    "huge stride of a length-1 axis": lambda spec: any(n == 1 and abs(s) > 1 << 20 for n, s in zip(spec.shape, spec.strides)),
    "negative stride in an empty array": lambda spec: spec.size == 0 and spec.has_negative_stride,
    "overlapping": overlaps,
    "misaligned": lambda spec: not spec.is_aligned,
    "several kinds of axes": lambda spec: spec.has_negative_stride and 0 in spec.strides and spec.has_partial_stride,
    "zeros": lambda spec: spec.size and not spec.seed and not spec.planted,
    "random": lambda spec: spec.seed and not spec.planted,
    "two planted": lambda spec: len(spec.planted) == 2,
    "a NaN with its sign": lambda spec: spec.dtype == "float32" and any(b == 0xFFC00000 for _, b in spec.planted),
    "a signalling NaN": lambda spec: spec.dtype == "float64" and any(b == 0x7FF0000000000001 for _, b in spec.planted),
    "a boolean of 255": lambda spec: spec.dtype == "bool" and any(b == 255 for _, b in spec.planted),
}


@pytest.mark.parametrize("feature", FEATURES | RARE)
def test_plain_draws_reach(feature: str) -> None:
    wanted = (FEATURES | RARE)[feature]
    assert any(map(wanted, MANY)) or any(map(wanted, drawn(60_000, "rare")))


@pytest.mark.parametrize(
    ("field", "known"),
    [("dtype", NAMES), ("memory", MEMORIES), ("container", CONTAINERS), ("address", ADDRESSES)],
    ids=lambda value: str(value)[:9],
)
def test_plain_draws_reach_everything_in_the_table(field: str, known: tuple[Any, ...]) -> None:
    seen = Counter(getattr(spec, field) for spec in MANY)
    assert set(known) <= set(seen)
    assert min(seen[value] for value in known) >= 20


def test_ranks_up_to_numpys_limit_are_drawn() -> None:
    # 8, 32 and 64 are where frameworks and NumPy 1 stop; what lies about them matters too.
    assert {*range(10), 12, 16, 32, 33, 64} <= {spec.rank for spec in MANY}


def test_tensor_draws_reach_everything_in_the_tables() -> None:
    choose = chooser(0)
    specs = [draw_tensor_spec(choose, states=STATES) for _ in range(10_000)]
    assert {spec.dtype for spec in specs} == set(TENSOR_DTYPES)
    assert {spec.state for spec in specs} == set(STATES)
    assert any(spec.size > 1 and not spec.is_c for spec in specs)


@pytest.mark.parametrize("address", [1, 4, 8])
def test_tensors_stand_where_they_are_pinned(address: int) -> None:
    choose = chooser(address)
    assert {draw_tensor_spec(choose, address=address).address for _ in range(300)} == {address}


def test_tensors_without_strides_stand_in_c_order_at_multiples_of_64() -> None:
    choose = chooser(0)
    for _ in range(1000):
        spec = draw_tensor_spec(choose, strided=False)
        assert spec.is_c
        assert (spec.offset, spec.address, spec.nbytes) == (0, 0, prod(spec.shape) * spec.itemsize)


@pytest.mark.parametrize("pinned", ["dtype", "layout", "memory", "container"])
def test_array_strategies_refuse_unknown_names_and_name_the_known(pinned: str) -> None:
    with pytest.raises(ValueError, match=r"unknown \w+ 'floppy'; known: \w+.*, "):
        array_specs(**{pinned: "floppy"})


@pytest.mark.parametrize(("pinned", "known"), [("dtype", "float32"), ("layout", "fortran"), ("memory", "memmap_r")])
def test_arrays_refuses_unknown_names_and_names_the_known(pinned: str, known: str) -> None:
    with pytest.raises(ValueError, match=known):
        arrays(**{pinned: "floppy"})


@pytest.mark.parametrize(("pinned", "known"), [("dtype", "bfloat16"), ("layout", "fortran"), ("state", "requires_grad")])
def test_tensor_strategies_refuse_unknown_names_and_name_the_known(pinned: str, known: str) -> None:
    with pytest.raises(ValueError, match=known):
        tensor_specs(**{pinned: "floppy"})


def test_arrays_are_those_of_their_specs() -> None:
    assert_all_examples(arrays("int16", (2, 3), layout="reversed"), lambda a: a.shape == (2, 3) and min(a.strides) < 0)
    assert_all_examples(arrays("int16", address=4), lambda a: a.__array_interface__["data"][0] % 64 == 4)
    assert_all_examples(arrays("int16", memory="bytes"), lambda a: not a.flags.writeable)


def test_pinned_specs_are_as_pinned() -> None:
    pins: dict[str, Any] = {"dtype": ">int32", "shape": (2, 2), "address": 8, "memory": "bytes", "container": "masked"}
    assert_all_examples(array_specs(**pins), lambda spec: {name: getattr(spec, name) for name in pins} == pins)


def test_arrays_of_anything_can_be_built() -> None:
    assert_all_examples(array_specs(container="ndarray"), lambda spec: build(spec).array.shape == spec.shape)


@pytest.mark.parametrize("strategy", [array_specs(), tensor_specs(), arrays()], ids=["arrays", "tensors", "built"])
def test_strategies_take_part_in_hypothesis(strategy: st.SearchStrategy[Any]) -> None:
    find_any(st.tuples(strategy, strategy.map(lambda value: value.shape)), lambda pair: pair[0].shape != pair[1])


def _grid_of(maker: str, size: str = "pairs", seeded: int = 0) -> tuple[Any, ...]:
    return grid(maker, STATES if maker else (), seeded, size)


def test_the_grid_has_one_spec_per_cell_with_what_the_cell_pins() -> None:
    cells = cells_of("", (), 0, "pairs")
    assert len(_grid_of("")) == len(cells)
    for spec, cell in zip(_grid_of(""), cells):
        for name in {"dtype", "address", "memory", "container"} & set(cell):
            assert getattr(spec, name) == cell[name] or spec.dtype in POINTERS


def test_the_full_grid_is_the_whole_product() -> None:
    cells = {(cell["dtype"], cell["layout"], cell["address"], cell["memory"], cell["container"]) for cell in array_cells(True)}
    assert len(cells) == len(NAMES) * len(LAYOUTS) * len(PLACES)


def test_three_seeds_pair_everything_with_everything() -> None:
    specs = [spec for seeded in range(3) for spec in _grid_of("", seeded=seeded)]
    raw = [name for name in NAMES if name not in POINTERS]
    assert set(product(raw, MEMORIES)) <= {(spec.dtype, spec.memory) for spec in specs}
    assert set(product(raw, ADDRESSES)) <= {(spec.dtype, spec.address) for spec in specs}
    assert set(product(NAMES, CONTAINERS)) <= {(spec.dtype, spec.container) for spec in specs}


def test_usual_dtypes_meet_every_layout_memory_and_container_with_any_seed() -> None:
    usual = NAMES[: NAMES.index("complex128") + 1]
    for seeded in range(3):
        specs = _grid_of("", seeded=seeded)
        assert set(product(usual, MEMORIES)) <= {(spec.dtype, spec.memory) for spec in specs}
        assert set(product(usual, CONTAINERS)) <= {(spec.dtype, spec.container) for spec in specs}
        cells = [(cell["dtype"], cell["layout"]) for cell in cells_of("", (), seeded, "pairs") if "layout" in cell]
        assert set(product(usual, LAYOUTS)) <= set(cells)


def test_calls_of_scalars_meet_each_special_value_of_each_dtype() -> None:
    specs = grid("", (), 0, "pairs", True)
    assert {spec.container for spec in specs} == {"scalar"}
    assert {spec.dtype for spec in specs} == set(NAMES)
    met = {spec.planted[-1][1] for spec in specs if spec.dtype == "int64"}
    assert met == set(special_bits("int64"))


@pytest.mark.parametrize("maker", ["", "torch", "tensorflow"])
def test_the_grid_is_its_seed(maker: str) -> None:
    first = _grid_of(maker, "sample")
    grid.cache_clear()
    assert _grid_of(maker, "sample") == first
    assert _grid_of(maker, "sample", 1) != first


@pytest.mark.parametrize("maker", ["torch", "tensorflow"])
def test_the_grid_of_tensors_has_one_valid_spec_per_cell(maker: str) -> None:
    cells = list(tensor_cells(False, STATES, framework(maker)))
    parts = [cells_of(maker, STATES, seeded, "pairs") for seeded in range(3)]
    assert set(map(str, chain(*parts))) == set(map(str, cells))
    specs = _grid_of(maker)
    assert len(specs) == len(parts[0])
    assert all(isinstance(spec, TensorSpec) and spec.validate() for spec in specs)
    assert {spec.state for spec in specs} == set(STATES)


def test_samples_of_successive_seeds_make_up_the_grid() -> None:
    parts = [cells_of("", (), seeded, "sample") for seeded in range(8)]
    assert set(map(str, chain(*parts))) == set(map(str, array_cells(False)))
    assert sum(map(len, parts)) == len(list(array_cells(False))) + 7 * 3  # Three are in every part.
    assert cells_of("", (), 8, "sample") == parts[0]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("maker", ["", "torch", "tensorflow"])
def test_no_part_of_the_grid_is_larger_than_its_size(maker: str, size: str) -> None:
    parts = {seeded: len(cells_of(maker, STATES if maker else (), seeded, size)) for seeded in range(3)}
    assert max(parts.values()) - min(parts.values()) <= 1
    assert max(parts.values()) <= SIZES[size].most


def _some(specs: tuple[Any, ...]) -> Iterator[Any]:
    small = [spec for spec in specs if spec.size <= MAX_SIZE and not is_palette(spec)]
    return iter(small[:: len(small) // 12])


@pytest.mark.parametrize("maker", ["", "torch", "tensorflow"])
def test_the_search_can_start_from_any_small_spec_of_the_grid(maker: str) -> None:
    states = STATES if maker else ()
    strategy: Any = tensor_specs(strided=maker != "tensorflow", wild=True) if maker else array_specs(wild=True)
    for spec in _some(_grid_of(maker, "sample")):
        assert searched(strategy, choices_of(maker, states, 0, "sample", False, spec)) == spec


def test_specs_and_the_grid_do_not_import_hypothesis() -> None:
    modules = "tensor_conformance.strategies.volume, tensor_conformance.conformance.run.grid"
    code = f"import sys, {modules}; sys.exit('hypothesis' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], env={"PYTHONPATH": ":".join(sys.path)}, timeout=60).returncode == 0


def test_the_strategies_import_hypothesis_when_they_are_asked_for() -> None:
    code = "import sys; from tensor_conformance.strategies import arrays; sys.exit('hypothesis' not in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], env={"PYTHONPATH": ":".join(sys.path)}, timeout=60).returncode == 0
