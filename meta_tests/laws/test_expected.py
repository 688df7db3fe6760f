"""What a result's bytes must be: told bit by bit, element by element, and where nothing can be told."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tensor_conformance.conformance.laws.expected import meant, same_numbers, same_values
from tensor_conformance.conformance.laws.law import Breach
from tensor_conformance.conformance.subject.observation import KEPT_BYTES, Observation, fingerprint, significant
from tensor_conformance.conformance.subject.texts import packed as texts
from tensor_conformance.strategies import ArraySpec, TensorSpec
from tensor_conformance.strategies.dtypes import available


def spec_of(dtype: str, *numbers: Any) -> ArraySpec:
    """A spec whose values are these numbers."""
    elements = np.array(numbers, dtype)
    size = elements.itemsize
    bits = np.frombuffer(elements.tobytes(), f"u{size}") if size <= 8 else elements
    planted = tuple((i, int.from_bytes(elements[i : i + 1].tobytes(), "little")) for i in range(bits.size))
    return ArraySpec(dtype, (len(numbers),), (size,), 0, len(numbers) * size, planted=planted)


def cast(spec: Any, dtype: str, *numbers: Any) -> Any:
    """What is said of these numbers as the spec's values, cast."""
    data = np.array(numbers, dtype).tobytes()
    return same_values("astype", spec, Observation("ok", dtype=dtype, data=data))


def bits(spec: Any, data: bytes, dtype: str = "") -> Any:
    return same_values("bits", spec, Observation("ok", dtype=dtype, data=data))


def tensor(dtype: str, itemsize: int, state: str, value: int) -> TensorSpec:
    return TensorSpec(dtype, (1,), (itemsize,), 0, itemsize, state=state, planted=((0, value),))


# -- a tensor's marks ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("dtype", "state", "value", "owed"),
    [
        ("float32", "plain", 0x3F800000, "3f800000"),
        ("float32", "zero", 0x3F800000, "00000000"),
        ("float32", "neg", 0x3F800000, "bf800000"),
        ("float32", "neg", 0x80000000, "00000000"),
        ("float64", "neg", 1, "8000000000000001"),
        ("bfloat16", "neg", 0x3F80, "bf80"),
        ("int32", "neg", 1, "ffffffff"),
        ("int32", "neg", 0x80000000, "80000000"),
        ("uint8", "neg", 3, "fd"),
        ("complex64", "conj", 0x3F80000040000000, "bf80000040000000"),
        ("complex64", "neg", 0x3F80000040000000, "bf800000c0000000"),
    ],
)
def test_a_tensors_marks_are_applied_to_its_values(dtype: str, state: str, value: int, owed: str) -> None:
    if not available(dtype):
        pytest.skip(f"this NumPy lacks {dtype}")
    spec = tensor(dtype, len(owed) // 2, state, value)
    assert meant(spec)[::-1].hex() == owed


def test_every_element_gets_its_tensors_mark() -> None:
    spec = TensorSpec("complex64", (2,), (8,), 0, 16, state="conj", planted=((0, 1 << 32), (1, 2 << 32)))
    assert np.frombuffer(meant(spec), "u4").tolist() == [0, 1 | 1 << 31, 0, 2 | 1 << 31]


def test_arrays_have_no_marks() -> None:
    assert meant(spec_of("int8", 1, 2)) == b"\1\2"
    assert meant(TensorSpec("int8", (0,), (1,), 0, 0, state="neg")) == b""


# -- bit for bit --------------------------------------------------------------------------------------------------------


def test_bits_are_compared_whole() -> None:
    spec = spec_of("int16", 1, 2, 3)
    assert bits(spec, spec.values) is True
    assert bits(spec, b"\1\0\2\0\3\1") == Breach("element 2 is 0x0003", "element 2 is 0x0103")
    assert bits(spec, b"\0\0\2\0\3\1") == Breach("element 0 is 0x0001", "element 0 is 0x0000")
    assert bits(spec, b"\1\0\2\0") == Breach("6 bytes, as in the source", "4 bytes")


def test_large_values_are_compared_by_their_digest() -> None:
    spec = ArraySpec("int8", (KEPT_BYTES + 1,), (1,), 0, KEPT_BYTES + 1, seed=3)
    assert bits(spec, fingerprint(spec.values)) is True
    assert bits(spec, fingerprint(spec.values[::-1])) == Breach("1025 bytes, as in the source", "other bytes")


def test_a_digest_is_no_data() -> None:
    spec = spec_of("bool", 1)._replace(shape=(24,), strides=(1,), nbytes=24)
    assert isinstance(bits(spec, b"blake2b:" + bytes(16)), Breach)


def test_any_byte_but_zero_is_true() -> None:
    spec = ArraySpec("bool", (3,), (1,), 0, 3, planted=((0, 0x80), (1, 1)))
    assert bits(spec, b"\1\1\0") is True
    assert bits(spec, b"\x80\1\0") is True
    assert bits(spec, b"\1\1\1") == Breach("element 2 is 0x00", "element 2 is 0x01")
    assert isinstance(bits(spec, b"\0\1\0"), Breach)


def test_large_booleans_may_be_normalised_too() -> None:
    spec = ArraySpec("bool", (2000,), (1,), 0, 2000, planted=((7, 0x80),))
    assert bits(spec, fingerprint(bytes(map(bool, spec.values)))) is True


@pytest.mark.parametrize(
    ("dtype", "low"), [(f"{kind}{bits}", (1 << bits) - 1) for kind in ("int", "uint") for bits in range(1, 8)]
)
def test_small_integers_are_their_low_bits(dtype: str, low: int) -> None:
    assert same_numbers(dtype, bytes([low]), b"\xff")
    assert not same_numbers(dtype, bytes([low]), bytes([low >> 1]))
    assert not same_numbers("uint8", bytes([low]), b"\xff")
    assert not same_numbers("bfloat16", b"\1\0", b"\2\0")


@pytest.mark.parametrize(
    ("how", "spec"),
    [
        ("unspecified", spec_of("int8", 1)),
        ("bits", ArraySpec("int8", (0,), (1,), 0, 0)),
        ("bits", ArraySpec("object", (1,), (8,), 0, 8)),
    ],
)
def test_what_says_nothing_is_not_compared(how: str, spec: ArraySpec) -> None:
    assert same_values(how, spec, Observation("ok", data=b"?")) is None


def test_a_promise_may_work_out_the_bytes_itself() -> None:
    spec = spec_of("int16", 1, 2)
    seen = Observation("ok", data=b"\1\0")
    assert same_values(lambda spec: b"\1\0", spec, seen) is True
    assert same_values(lambda spec: b"\1\1", spec, seen) == Breach("element 1 is 0x01", "element 1 is 0x00")
    large = Observation("ok", data=fingerprint(bytes(2000)))
    assert same_values(lambda spec: bytes(2000), spec, large) is True


# -- after a cast -------------------------------------------------------------------------------------------------------


def test_a_cast_is_numpys_astype() -> None:
    spec = spec_of("float64", 1.5, -2.0, 1e300)
    assert cast(spec, "float32", 1.5, -2.0, np.inf) is True
    assert cast(spec, "float32", 1.5, 2.0, np.inf) == Breach(
        f"element 1 is {np.float32(-2)!r}, as astype gives", f"element 1 is {np.float32(2)!r}"
    )
    assert cast(spec, "float32", 1.0, 2.0, np.inf).observed == f"element 0 is {np.float32(1)!r}"
    assert cast(spec, "float32", 1.5) == Breach("3 elements of float32", "4 bytes")
    assert cast(spec, "float32", 1.5, -2.0, np.inf, 0.0) == Breach("3 elements of float32", "16 bytes")


def test_a_cast_keeps_the_sign_of_zero() -> None:
    assert cast(spec_of("float64", -0.0), "float32", -0.0) is True
    assert isinstance(cast(spec_of("float64", -0.0), "float32", 0.0), Breach)


def test_a_cast_takes_any_nan_for_any_other_and_nothing_else() -> None:
    spec = spec_of("float64", np.nan, 1.0)
    assert cast(spec, "float32", -np.nan, 1.0) is True
    assert isinstance(cast(spec, "float32", 0.0, 1.0), Breach)
    assert isinstance(cast(spec, "float32", np.nan, np.nan), Breach)


def test_a_cast_of_a_complex_nan_is_a_nan() -> None:
    assert cast(spec_of("complex64", complex(np.nan, 1)), "complex128", complex(np.nan, 1)) is True
    assert isinstance(cast(spec_of("complex64", 1 + 2j), "complex128", 1 - 2j), Breach)
    assert cast(spec_of("complex64", 1 + 2j), "float32", 1.0) is True


@pytest.mark.parametrize("number", [256.0, 300.0, -1.0, -2.0, np.inf, np.nan])
def test_numbers_that_c_leaves_undefined_are_not_compared(number: float) -> None:
    assert cast(spec_of("float64", number), "uint8", 77) is True
    assert cast(spec_of("complex128", number), "uint8", 77) is True
    assert isinstance(cast(spec_of("float64", 1.0, number), "uint8", 77, 77), Breach)


@pytest.mark.parametrize(("number", "kept"), [(255.9, 255), (-0.9, 0), (255.0, 255), (0.0, 0)])
def test_numbers_that_fit_when_their_fraction_is_cut_are_compared(number: float, kept: int) -> None:
    assert cast(spec_of("float64", number), "uint8", kept) is True
    assert isinstance(cast(spec_of("float64", number), "uint8", 77), Breach)


@pytest.mark.skipif(not available("bfloat16"), reason="no ml_dtypes")
def test_a_cast_to_what_numpy_has_not_of_its_own_is_compared() -> None:
    halves = Observation("ok", dtype="bfloat16", data=b"\x80\x3f\xc0\x7f")
    assert same_values("astype", spec_of("float64", 1.0, np.nan), halves) is True
    assert isinstance(same_values("astype", spec_of("float64", 2.0, np.nan), halves), Breach)


def test_integers_wrap() -> None:
    assert cast(spec_of("int32", 257, -1), "uint8", 1, 255) is True
    assert isinstance(cast(spec_of("int32", 257), "uint8", 255), Breach)


def test_truth_is_compared_as_truth() -> None:
    seen = Observation("ok", dtype="bool", data=b"\x80\0")
    assert same_values("astype", spec_of("int32", 2, 0), seen) is True
    assert isinstance(same_values("astype", spec_of("int32", 2, 1), seen), Breach)
    assert isinstance(same_values("astype", spec_of("int32", 0, 0), seen), Breach)


@pytest.mark.parametrize(("dtype", "python"), [("int8", "int"), ("float32", "float"), ("bool", "bool"), ("complex64", "complex")])
def test_python_numbers_are_judged_as_they_are_packed(dtype: str, python: str) -> None:
    kinds = {"int": "<i8, <i8", "float": "float64", "bool": "bool", "complex": "complex128"}
    packed = np.array([(1, 0), (0, 0)] if python == "int" else [1, 0], kinds[python])
    assert same_values("astype", spec_of(dtype, 1, 0), Observation("ok", dtype=python, data=packed.tobytes())) is True


def test_a_large_number_is_not_the_negative_one_of_the_same_64_bits() -> None:
    spec = ArraySpec("uint64", (1,), (8,), 0, 8, planted=((0, (1 << 64) - 1),))
    large, minus_one = ((1 << 64) - 1).to_bytes(16, "little"), b"\xff" * 16
    assert same_values("astype", spec, Observation("ok", dtype="int", data=large)) is True
    assert isinstance(same_values("astype", spec, Observation("ok", dtype="int", data=minus_one)), Breach)


def test_the_padding_of_extended_floats_means_nothing() -> None:
    if np.finfo(np.longdouble).nmant != 63:
        pytest.skip("no padding here")
    number = np.array([1.5], np.longdouble).tobytes()
    assert significant("float128", number[:10] + b"\1" * 6) == significant("float128", number[:10] + bytes(6))
    assert significant("float128", b"\1" + number[1:]) != significant("float128", number)


def test_texts_are_compared_letter_by_letter() -> None:
    spec = ArraySpec("U1", (2,), (4,), 0, 8, planted=((0, 0xE9), (1, 0x61)))
    assert same_values("bits", spec, Observation("ok", dtype="string", shape=(2,), data=texts([b"\xc3\xa9", b"a"]))) is True
    assert isinstance(same_values("bits", spec, Observation("ok", dtype="string", shape=(2,), data=texts([b"?", b"a"]))), Breach)
    assert same_values("bits", spec_of("int8", 1), Observation("ok", dtype="string", data=texts([b"1"]))) is None


def test_foreign_byte_order_is_read_as_what_it_means() -> None:
    assert cast(ArraySpec(">int16", (1,), (2,), 0, 2, planted=((0, 258),)), "int32", 258) is True


def test_a_cast_to_what_numpy_lacks_is_not_compared() -> None:
    assert same_values("astype", spec_of("int8", 1), Observation("ok", dtype="made_up", data=b"\1")) is None


def test_a_cast_that_was_not_kept_whole_is_compared_by_its_digest() -> None:
    spec = ArraySpec("int16", (1000,), (2,), 0, 2000, seed=1)
    right = np.frombuffer(spec.values, "int16").astype("float32")
    wrong = right.copy()
    wrong[-1] += 1
    seen = [Observation("ok", dtype="float32", data=fingerprint(data.tobytes())) for data in (right, wrong)]
    assert same_values("astype", spec, seen[0]) is True
    assert isinstance(same_values("astype", spec, seen[1]), Breach)


def test_what_c_leaves_undefined_is_not_compared_by_a_digest() -> None:
    spec = ArraySpec("float32", (1000,), (4,), 0, 4000, seed=1)
    assert same_values("astype", spec, Observation("ok", dtype="int32", data=fingerprint(bytes(4000)))) is None


# -- two results --------------------------------------------------------------------------------------------------------


def packed(dtype: str, *numbers: Any) -> bytes:
    return np.array(numbers, dtype).tobytes()


def test_the_same_numbers_are_the_same_bytes_but_for_nans() -> None:
    assert same_numbers("float32", packed("f4", 1, np.nan), packed("f4", 1, -np.nan))
    assert not same_numbers("float32", packed("f4", 1, np.nan), packed("f4", 2, np.nan))
    assert not same_numbers("float32", packed("f4", 0.0), packed("f4", -0.0))
    assert not same_numbers("float32", packed("f4", np.nan), packed("f4", 1.0))
    assert not same_numbers("float32", packed("f4", 1.0), packed("f4", np.nan))


def test_each_half_of_a_complex_number_is_compared() -> None:
    nan = float("nan")
    assert same_numbers("complex64", packed("c8", complex(nan, 1)), packed("c8", complex(-nan, 1)))
    assert not same_numbers("complex64", packed("c8", complex(nan, 1)), packed("c8", complex(nan, 2)))
    assert same_numbers("complex", packed("c16", complex(1, nan)), packed("c16", complex(1, -nan)))


def test_numbers_of_other_lengths_differ() -> None:
    assert not same_numbers("int8", b"\1", b"\1\1")
    assert not same_numbers("made_up", b"\1", b"\2")
    assert not same_numbers("int8", fingerprint(bytes(2000)), b"blake2b:" + bytes(16))


@pytest.mark.parametrize(("dtype", "one", "other", "same"), [("bool", b"\2", b"\1", True), ("int8", b"\2", b"\1", False)])
def test_truths_of_two_results_are_the_same_truth(dtype: str, one: bytes, other: bytes, same: bool) -> None:
    assert same_numbers(dtype, one, other) is same


LARGE = ArraySpec("int2", (2000,), (1,), 0, 2000, planted=((7, 2),))


def test_large_small_integers_use_their_low_bits() -> None:
    extended = bytes(LARGE.values[:7]) + b"\xfe" + bytes(LARGE.values[8:])
    seen = Observation("ok", dtype="int2", data=fingerprint(extended, "int2"))
    assert same_values("bits", LARGE, seen) is True
    other = bytes(LARGE.values[:7]) + b"\xfd" + bytes(LARGE.values[8:])
    assert isinstance(same_values("bits", LARGE, seen._replace(data=fingerprint(other, "int2"))), Breach)


def test_large_results_are_the_same_numbers_whatever_their_nan_and_their_truth() -> None:
    quiet, loud = packed("f4", *[0.0] * 500, float("nan")), packed("f4", *[0.0] * 500, float("-nan"))
    assert quiet != loud
    assert same_numbers("float32", fingerprint(quiet, "float32"), fingerprint(loud, "float32"))
    assert not same_numbers("float32", fingerprint(quiet, "float32"), fingerprint(bytes(2004), "float32"))
    assert same_numbers("bool", fingerprint(b"\2" + bytes(2000), "bool"), fingerprint(b"\1" + bytes(2000), "bool"))


def test_large_floats_keep_the_bits_of_their_nans() -> None:
    spec = ArraySpec("float32", (500,), (4,), 0, 2000, planted=((7, 0x7FC00001),))
    kept, lost = spec.values, spec.values.replace(b"\x01\x00\xc0\x7f", b"\x00\x00\xc0\x7f")
    assert same_values("bits", spec, Observation("ok", dtype="float32", data=fingerprint(kept, "float32"))) is True
    assert isinstance(same_values("bits", spec, Observation("ok", dtype="float32", data=fingerprint(lost, "float32"))), Breach)
