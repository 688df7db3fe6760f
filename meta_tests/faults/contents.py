"""Faults in what a result holds: its values and its shape."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as np

from meta_tests.faults import Deed, Good, table
from meta_tests.faults.occasions import (
    Occasion,
    a_list,
    a_scalar,
    array,
    at_16,
    backwards,
    broadcast,
    conjugated,
    empty,
    f_order,
    has_length_one,
    has_two_axes,
    holes,
    large,
    masked,
    memmap,
    misaligned,
    negated,
    odd_length_one,
    odd_size,
    of,
    off_16,
    offset,
    over_bytes,
    owned,
    rank_3,
    rank_7,
    rank_33,
    readonly,
    scalar,
    small,
    swapped,
)


def altered(change: Callable[[np.ndarray], None]) -> Deed:
    """The deed of converting other values: `change` works on a C-ordered copy, of an array before and of a result after."""

    @wraps(change)
    def deed(good: Good, x: Any, kept: dict[Any, Any]) -> Any:
        result = good(x)  # What it refuses stays refused.
        copied = np.array(x if isinstance(x, np.ndarray) else result, order="C")
        change(copied)
        return good(copied) if isinstance(x, np.ndarray) else copied

    return deed


def _bits(a: np.ndarray) -> np.ndarray:
    """The elements as unsigned numbers."""
    return a.reshape(-1).view(np.dtype(f"u{a.dtype.itemsize}").newbyteorder(a.dtype.byteorder))


def _floats(a: np.ndarray) -> np.ndarray:
    """The floats in floating elements, those of complex ones one by one; none of others."""
    flat = a.reshape(-1)
    return flat.view(flat.real.dtype) if a.dtype.kind in "fc" else np.zeros(0)


# -- numbers that do not survive ----------------------------------------------------------------------------------------


@altered
def minus_zero_loses_its_sign(a: np.ndarray) -> None:
    floats = _floats(a)
    floats[floats == 0] = 0


@altered
def nan_loses_its_payload(a: np.ndarray) -> None:
    floats = _floats(a)
    floats[floats != floats] = np.nan


@altered
def nan_loses_its_sign(a: np.ndarray) -> None:
    floats = _floats(a)
    bits = _bits(floats)
    bits[floats != floats] &= ~(np.uint64(1) << np.uint64(8 * floats.itemsize - 1)).astype(bits.dtype)


@altered
def signalling_nan_turns_quiet(a: np.ndarray) -> None:
    floats = _floats(a)
    if floats.size:
        _bits(floats)[floats != floats] |= 1 << (np.finfo(floats.dtype).nmant - 1)


@altered
def subnormals_are_flushed(a: np.ndarray) -> None:
    floats = _floats(a)
    if floats.size:
        floats[abs(floats) < np.finfo(floats.dtype).tiny] = 0


@altered
def infinities_become_the_largest_number(a: np.ndarray) -> None:
    floats = _floats(a)
    if floats.size:
        floats[np.isinf(floats)] = np.finfo(floats.dtype).max


@altered
def imaginary_part_changes_its_sign(a: np.ndarray) -> None:
    a.imag = -a.imag


@altered
def real_and_imaginary_parts_trade_places(a: np.ndarray) -> None:
    _floats(a)[:] = _floats(a).reshape(-1, 2)[:, ::-1].reshape(-1)


@altered
def only_the_lowest_bit_of_a_truth_counts(a: np.ndarray) -> None:
    _bits(a)[:] &= 1


@altered
def top_bit_is_lost(a: np.ndarray) -> None:
    _bits(a)[:] &= np.iinfo(f"u{a.itemsize}").max >> 1


@altered
def lowest_bit_is_lost(a: np.ndarray) -> None:
    _bits(a)[:] &= np.iinfo(f"u{a.itemsize}").max - 1


def through(name: str) -> Deed:
    """Values that pass through a dtype which cannot hold them all."""

    def change(a: np.ndarray) -> None:
        with np.errstate(all="ignore"):
            a[...] = a.astype(name)

    change.__name__ = f"values pass through {name}"
    return altered(change)


@altered
def byte_order_is_ignored(a: np.ndarray) -> None:
    a.byteswap(inplace=True)


# -- elements in the wrong place ----------------------------------------------------------------------------------------


def _spoil(elements: np.ndarray) -> None:
    # Any byte but 0 is true: only a 0 is another truth than a 128.
    elements.view(np.uint8)[...] = ~elements if elements.dtype.kind == "b" else elements.view(np.uint8) ^ 1


@altered
def last_element_is_wrong(a: np.ndarray) -> None:
    _spoil(a.reshape(-1)[-1:])


@altered
def first_element_is_wrong(a: np.ndarray) -> None:
    _spoil(a.reshape(-1)[:1])


@altered
def tail_is_lost(a: np.ndarray) -> None:
    a.reshape(-1)[4096:] = np.zeros(1, a.dtype)


@altered
def remainder_of_a_block_is_lost(a: np.ndarray) -> None:
    a.reshape(-1)[a.size // 16 * 16 :] = np.zeros(1, a.dtype)


@altered
def all_but_the_first_element_are_lost(a: np.ndarray) -> None:
    a.reshape(-1)[1:] = np.zeros(1, a.dtype)


@altered
def elements_come_in_fortran_order(a: np.ndarray) -> None:
    a[...] = a.reshape(a.shape[::-1]).T


@altered
def elements_come_backwards(a: np.ndarray) -> None:
    a[...] = np.flip(a).copy()


@altered
def last_two_axes_are_rolled(a: np.ndarray) -> None:
    a[...] = np.roll(a, 1, (-2, -1))


def its_start_in_the_storage_is_ignored(good: Good, x: Any, kept: dict[Any, Any]) -> Any:
    return good(x.as_strided(x.shape, x.stride(), 0))


def conjugation_is_ignored(good: Good, x: Any, kept: dict[Any, Any]) -> Any:
    return good(x.conj()).copy()


def negation_is_ignored(good: Good, x: Any, kept: dict[Any, Any]) -> Any:
    import torch

    return good(torch._neg_view(x)).copy()


def the_mask_is_applied(good: Good, x: Any, kept: dict[Any, Any]) -> Any:
    good(x)
    return good(np.ma.MaskedArray(x.filled(7), x.mask))


def a_list_of_arrays_is_transposed(good: Good, x: Any, kept: dict[Any, Any]) -> Any:
    good(x)
    return good(list(np.stack(x).swapaxes(0, 1)))


def the_next_is_answered_with_the_last(good: Good, x: Any, kept: dict[Any, Any]) -> Any:
    """A cache that knows shapes and dtypes and not values."""
    return kept.setdefault((str(x.dtype), tuple(x.shape)), good(x))


def after_a_refusal_the_first_element_is_wrong(good: Good, x: Any, kept: dict[Any, Any]) -> Any:
    try:
        result = first_element_is_wrong(good, x, kept) if kept.pop("refused", False) else good(x)
    except Exception:
        kept["refused"] = True
        raise
    return result


def every_second_call_loses_the_last_element(good: Good, x: Any, kept: dict[Any, Any]) -> Any:
    kept["calls"] = kept.get("calls", 0) + 1
    return good(x) if kept["calls"] % 2 else last_element_is_wrong(good, x, kept)


two_axes = Occasion("of rank 2 or more", lambda x: len(x.shape) >= 2)

# -- shapes -------------------------------------------------------------------------------------------------------------


def reshaped(how: Callable[[tuple[int, ...]], Any]) -> Deed:
    """The deed of answering with another shape of as many elements."""

    @wraps(how)
    def deed(good: Good, x: Any, kept: dict[Any, Any]) -> Any:
        result = good(x)
        shape = how(tuple(x.shape))
        return good(x.reshape(shape)) if isinstance(x, np.ndarray) else result.reshape(shape)

    return deed


@reshaped
def it_is_flattened(shape: tuple[int, ...]) -> Any:
    return -1


@reshaped
def it_has_an_axis_too_many(shape: tuple[int, ...]) -> Any:
    return (1, *shape)


@reshaped
def axes_of_length_1_are_dropped(shape: tuple[int, ...]) -> Any:
    return [n for n in shape if n != 1]


@reshaped
def axes_are_named_backwards(shape: tuple[int, ...]) -> Any:
    return shape[::-1]


@reshaped
def it_is_empty_in_one_axis(shape: tuple[int, ...]) -> Any:
    return 0


def it_is_cut_at_4096(good: Good, x: Any, kept: dict[Any, Any]) -> Any:
    result = good(x)
    return good(x.reshape(-1)[:4096]) if isinstance(x, np.ndarray) else result.reshape(-1)[:4096]


FLOATS = of("float16", "float32", "float64", "complex64", "complex128")

FAULTS = (
    *table(
        "values",
        {
            "torch.tensor": [
                (minus_zero_loses_its_sign, array),
                (nan_loses_its_payload, array),
                (subnormals_are_flushed, array & of("float32")),
                (only_the_lowest_bit_of_a_truth_counts, array & of("bool")),
                (through("int32"), array & of("int64")),
                (through("float64"), array & of("int64")),
                (top_bit_is_lost, array & of("uint64")),
                (last_element_is_wrong, large),
                (remainder_of_a_block_is_lost, array & odd_size),
                (elements_come_in_fortran_order, f_order),
                (all_but_the_first_element_are_lost, broadcast),
                (last_two_axes_are_rolled, rank_3),
                (first_element_is_wrong, rank_33),
                (lowest_bit_is_lost, of("uint16")),
                (the_mask_is_applied, masked),
                (after_a_refusal_the_first_element_is_wrong, array),
                (every_second_call_loses_the_last_element, array),
            ],
            "torch.asarray[copy=True]": [
                (signalling_nan_turns_quiet, array),
                (nan_loses_its_sign, array & of("float64")),
                (first_element_is_wrong, at_16),
                (last_element_is_wrong, off_16),
                (last_element_is_wrong, misaligned),
                (last_element_is_wrong, holes),
                (first_element_is_wrong, odd_length_one),
                (last_element_is_wrong, memmap),
                (last_element_is_wrong, over_bytes),
            ],
            "torch.from_dlpack[copy=True]": [
                (imaginary_part_changes_its_sign, array & of("complex128")),
                (infinities_become_the_largest_number, array),
                (through("float16"), array & of("float32")),
                (the_next_is_answered_with_the_last, array),
            ],
            "tf.constant": [
                (byte_order_is_ignored, swapped),
                (elements_come_backwards, backwards),
                (real_and_imaginary_parts_trade_places, array & of("complex64")),
                (subnormals_are_flushed, array & of("float64")),
                (lowest_bit_is_lost, of("bfloat16")),
                (tail_is_lost, large),
                (the_next_is_answered_with_the_last, array),
            ],
            "tf.convert_to_tensor": [
                (minus_zero_loses_its_sign, array & of("float16")),
                (through("float32"), array & of("float64")),
                (top_bit_is_lost, array & of("uint32")),
                (last_element_is_wrong, readonly),
                (last_element_is_wrong, owned),
                (elements_come_in_fortran_order, rank_3),
                (first_element_is_wrong, small),
            ],
            "tf.experimental.numpy.array(ndarray)": [
                (nan_loses_its_payload, array),
                (through("int32"), array & of("int64")),
                (all_but_the_first_element_are_lost, broadcast),
            ],
            "np.array(torch.Tensor)": [
                minus_zero_loses_its_sign,
                (last_element_is_wrong, off_16),
                (elements_come_in_fortran_order, f_order),
                (its_start_in_the_storage_is_ignored, offset),
            ],
            "np.from_dlpack(torch.Tensor)[copy=True]": [
                nan_loses_its_payload,
                (through("float32"), of("float64")),
                (tail_is_lost, large),
                (last_two_axes_are_rolled, rank_3),
            ],
            "torch.Tensor.numpy[force=True]": [(conjugation_is_ignored, conjugated), (negation_is_ignored, negated)],
            "torch.Tensor.numpy": [(its_start_in_the_storage_is_ignored, offset)],
            "np.array(tf.Tensor)": [
                signalling_nan_turns_quiet,
                (top_bit_is_lost, of("uint64")),
                (last_element_is_wrong, large),
            ],
            "np.asarray(tf.Tensor)[copy=True]": [
                (lowest_bit_is_lost, of("bfloat16")),
                (imaginary_part_changes_its_sign, of("complex64")),
                (elements_come_in_fortran_order, two_axes),
            ],
        },
    ),
    *table(
        "shape",
        {
            "torch.tensor": [
                (it_is_flattened, rank_7),
                (it_is_empty_in_one_axis, array & empty),
                (a_list_of_arrays_is_transposed, a_list),
            ],
            "torch.asarray": [(it_has_an_axis_too_many, a_scalar)],
            "torch.from_numpy": [(it_has_an_axis_too_many, scalar), (axes_of_length_1_are_dropped, has_length_one)],
            "tf.constant": [(axes_are_named_backwards, rank_3), (it_is_cut_at_4096, large)],
            "tf.experimental.numpy.array(ndarray)": [(it_is_empty_in_one_axis, array & empty)],
            "torch.Tensor.numpy": [(it_has_an_axis_too_many, scalar), (it_is_cut_at_4096, large)],
            "np.asarray(tf.Tensor)": [(axes_of_length_1_are_dropped, has_length_one), (axes_are_named_backwards, has_two_axes)],
            "np.from_dlpack(torch.Tensor)": [(it_is_flattened, empty)],
        },
    ),
)
