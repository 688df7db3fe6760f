"""A spec is plain data, and nothing but a spec is taken for one."""

from __future__ import annotations

import json
import tracemalloc
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from meta_tests.helpers import NAMES, assert_all_examples, drawn
from tensor_conformance.strategies import (
    ArraySpec,
    SpecError,
    TensorSpec,
    Unbuildable,
    array_specs,
    build,
    spec_from_json,
    tensor_specs,
)

ARRAY = ArraySpec("float32", (2,), (4,), 0, 8, planted=((1, 0x7FC00000),)).to_json()
TENSOR = TensorSpec("float32", (2,), (4,), 0, 8).to_json()
_PROPERTY = settings(max_examples=150, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck))


def text(data: Any) -> str:
    """JSON text, in which 1, 1.0 and true differ."""
    return json.dumps(data, sort_keys=True)


def survives(spec: Any) -> bool:
    again = spec_from_json(json.loads(json.dumps(spec.to_json())))
    return type(again) is type(spec) and again == spec and text(again.to_json()) == text(spec.to_json())


def test_array_specs_survive_json() -> None:
    assert_all_examples(array_specs(), survives)


def test_tensor_specs_survive_json() -> None:
    assert_all_examples(tensor_specs(), survives)


@pytest.mark.parametrize("dtype", NAMES)
def test_specs_of_each_dtype_survive_json(dtype: str) -> None:
    assert all(survives(spec) for spec in drawn(20, dtype, dtype=dtype))


def test_bit_patterns_are_written_as_hexadecimal_text() -> None:
    assert ARRAY["planted"] == [[1, "0x7fc00000"]]


def test_equal_specs_are_one_key() -> None:
    again = spec_from_json(ARRAY)
    assert {again: 1}[spec_from_json(ARRAY)] == 1
    assert again != again._replace(address=1)


def test_values_that_were_looked_up_do_not_change_equality() -> None:
    looked, fresh = spec_from_json(ARRAY), spec_from_json(ARRAY)
    assert looked.values
    assert looked == fresh
    assert hash(looked) == hash(fresh)


def test_a_spec_prints_every_field() -> None:
    spec = spec_from_json(ARRAY)
    assert all(f"{name}={value!r}" in repr(spec) for name, value in spec._asdict().items())


def test_a_spec_knows_the_bytes_that_a_conversion_must_deliver() -> None:
    spec = ArraySpec(">int16", (3,), (-2,), 4, 6, planted=((0, 0x0102), (2, 0xFF00)))
    assert spec.owner_bytes == b"\xff\x00\x00\x00\x01\x02"
    assert spec.values == b"\x02\x01\x00\x00\x00\xff"


HOSTILE: dict[str, Any] = {
    "unknown dtype": {"dtype": "float33"},
    "dtype of another library": {"dtype": "torch.float32"},
    "unknown memory": {"memory": "floppy"},
    "unknown container": {"container": "tuple"},
    "a 0-d array has no list of its items": {"shape": [], "strides": [], "container": "list"},
    "number for a name": {"dtype": 4},
    "list for a name": {"memory": ["plain"]},
    "extra field": {"more": 1},
    "boolean offset": {"offset": False},
    "boolean seed": {"seed": True},
    "boolean side": {"shape": [True], "strides": [4]},
    "boolean stride": {"strides": [True], "shape": [1]},
    "text for a number": {"nbytes": "8"},
    "float for a number": {"nbytes": 8.0},
    "NaN for a number": {"address": float("nan")},
    "infinite seed": {"seed": float("inf")},
    "null": {"shape": None},
    "text for a shape": {"shape": "2"},
    "object for a shape": {"shape": {"0": 2}},
    "nested shape": {"shape": [[2]]},
    "float side": {"shape": [2.0]},
    "negative side": {"shape": [-1]},
    "huge side": {"shape": [1 << 40], "strides": [0]},
    "side beyond 64 bits": {"shape": [1 << 70], "strides": [0]},
    "many huge sides": {"shape": [1 << 62] * 64, "strides": [0] * 64},
    "huge side beside an empty one": {"shape": [0, 1 << 62], "strides": [4, 4], "planted": []},
    "huge stride": {"strides": [1 << 62]},
    "stride beyond 64 bits": {"strides": [-(1 << 64)]},
    "huge owner": {"nbytes": 1 << 40},
    "owner too large by a byte": {"nbytes": (1 << 27) + 1},
    "negative owner": {"nbytes": -1},
    "owner too small": {"nbytes": 7},
    "elements before the owner": {"strides": [-4]},
    "elements after the owner": {"offset": 4},
    "negative offset": {"offset": -4},
    "offset beside an empty array": {"shape": [0], "offset": 9, "planted": []},
    "more axes than strides": {"shape": [2, 1]},
    "rank 65": {"shape": [1] * 65, "strides": [4] * 65},
    "address 64": {"address": 64},
    "negative address": {"address": -1},
    "negative seed": {"seed": -1},
    "wide seed": {"seed": 1 << 32},
    "planted outside": {"planted": [[2, "0x1"]]},
    "planted before": {"planted": [[-1, "0x1"]]},
    "planted in nothing": {"shape": [0], "planted": [[0, "0x1"]]},
    "planted far outside": {"planted": [[10**400, "0x1"]]},
    "planted at a fraction": {"planted": [[0.5, "0x1"]]},
    "planted at infinity": {"planted": [[float("inf"), "0x1"]]},
    "planted at NaN": {"planted": [[float("nan"), "0x1"]]},
    "planted at true": {"planted": [[True, "0x1"]]},
    "planted at text": {"planted": [["1", "0x1"]]},
    "planted by text": {"planted": ["1a"]},
    "planted by an object": {"planted": [{"1": 0, "a": 0}]},
    "planted number": {"planted": [[0, 1]]},
    "planted negative bits": {"planted": [[0, "-0x1"]]},
    "planted bits as nobody writes them": {"planted": [[0, " 0X0_1 "]]},
    "planted huge bits": {"planted": [[0, "0x" + "f" * 1_000_000]]},
    "planted wide bits": {"planted": [[0, hex(1 << 64)]]},
    "planted triple": {"planted": [[0, "0x1", "0x1"]]},
    "planted too often": {"planted": [[0, "0x1"]] * 4097},
    "planted object": {"planted": {}},
}


@pytest.mark.parametrize("change", HOSTILE.values(), ids=HOSTILE)
def test_hostile_array_specs_are_refused_in_a_line_without_allocating(change: dict[str, Any]) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(SpecError) as refusal:
            spec_from_json(ARRAY | change)
        assert tracemalloc.get_traced_memory()[1] < 4 << 20
    finally:
        tracemalloc.stop()
    assert len(str(refusal.value).splitlines()) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"dtype": "longdouble"},
        {"state": "solid"},
        {"state": None},
        {"strides": [-4]},
        {"strides": [3]},
        {"offset": 1, "nbytes": 9},
        {"shape": [1 << 40], "strides": [0]},
        {"container": "ndarray"},
        {"planted": [[0, hex(1 << 128)]]},
    ],
    ids=str,
)
def test_hostile_tensor_specs_are_refused(change: dict[str, Any]) -> None:
    with pytest.raises(SpecError):
        spec_from_json(TENSOR | change)


@pytest.mark.parametrize("name", ARRAY)
def test_a_missing_field_is_refused(name: str) -> None:
    with pytest.raises(SpecError, match=name):
        spec_from_json({key: value for key, value in ARRAY.items() if key != name})


@pytest.mark.parametrize("data", [None, 1, "spec", [], [ARRAY], {}, float("nan"), True], ids=str)
def test_what_is_no_object_of_fields_is_refused(data: Any) -> None:
    with pytest.raises(SpecError):
        spec_from_json(data)


@pytest.mark.parametrize("name", ARRAY)
def test_deep_nesting_is_refused(name: str) -> None:
    deep: Any = 1
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(SpecError):
        spec_from_json(ARRAY | {name: deep})


_numbers = st.integers() | st.sampled_from([0, 1, 4, 8, 63, 64, 1 << 27, 1 << 31, 1 << 62, 1 << 63, 1 << 64, -1, -(1 << 63)])
_leaves = st.none() | st.booleans() | _numbers | st.floats() | st.text(max_size=8) | _numbers.map(hex) | st.sampled_from(NAMES)
_json = st.recursive(
    _leaves, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4), max_leaves=6
)
_lists = st.lists(_numbers, max_size=4) | st.lists(st.tuples(_numbers | _leaves, _leaves).map(list), max_size=3)


@st.composite
def _mutated(draw: st.DrawFn) -> dict[str, Any]:
    data = draw(array_specs() | tensor_specs()).to_json()
    for name in draw(st.lists(st.sampled_from(sorted(data)), min_size=1, max_size=3)):
        data[name] = draw(_json | _lists)
    return data


def refused_or_exact(data: Any) -> bool:
    try:
        spec = spec_from_json(data)
    except SpecError as refusal:
        return "\n" not in str(refusal)
    if isinstance(spec, ArraySpec) and spec.nbytes + spec.size * max(spec.itemsize, 1) < 1 << 16:
        try:
            build(spec).close()
        except Unbuildable:
            return True
        spec.values  # noqa: B018  (whatever can be built says what it owes)
    return text(spec.to_json()) == text(data)


@_PROPERTY
@given(_json | st.fixed_dictionaries(dict.fromkeys(ARRAY, _json)) | st.fixed_dictionaries(dict.fromkeys(TENSOR, _json)))
def test_arbitrary_json_is_refused(data: Any) -> None:
    assert refused_or_exact(data)


@_PROPERTY
@given(_mutated())
def test_changed_specs_are_refused_or_read_exactly(data: Any) -> None:
    assert refused_or_exact(data)
