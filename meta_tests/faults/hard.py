"""Faults that were written to be missed: data, sizes, addresses and company that a suite is not likely to meet."""

from __future__ import annotations

import ctypes
import threading
import warnings
import weakref
from math import prod
from typing import Any

import numpy as np

from meta_tests.faults import Good, table
from meta_tests.faults.contents import altered, first_element_is_wrong, last_element_is_wrong
from meta_tests.faults.occasions import (
    Occasion,
    a_scalar,
    address,
    array,
    c_order,
    dtype,
    empty,
    large,
    of,
    rank_3,
    shape,
    swapped,
    writable,
)
from meta_tests.faults.pressure import (
    it_does_not_keep_the_memory_alive,
    memory_stays_behind,
    other_threads_lose_the_last_element,
    the_default_dtype_is_taken,
)

# -- occasions ----------------------------------------------------------------------------------------------------------


def _size(x: Any) -> int:
    return prod(shape(x))


_GRAIN = Occasion("larger than 32768", lambda x: _size(x) > 32768)
_POWER_AND_ONE = Occasion("of 2**k + 1 elements, 65 or more", lambda x: _size(x) > 64 and not (_size(x) - 1) & (_size(x) - 2))
_AT_24 = Occasion("at 24 modulo 32", lambda x: _size(x) and address(x) % 32 == 24)
_RANK_12 = Occasion("of rank 12", lambda x: len(shape(x)) == 12)
_NUMBERS = array & ~empty & ~swapped & Occasion("of numbers", lambda x: x.dtype.kind in "biufc" and x.dtype.itemsize <= 8)
_MANY = Occasion("of more than one element", lambda x: _size(x) > 1)
_FLOATING = of("float32", "float64")
_PLAIN_TENSOR = Occasion(
    "a plain tensor", lambda x: not x.requires_grad and not x.is_conj() and x.is_contiguous() and not x.is_inference()
)

# -- contents -----------------------------------------------------------------------------------------------------------


@altered
def numbers_of_32_bits_get_a_sign(a: np.ndarray) -> None:
    a[(a >= 1 << 31) & (a < 1 << 32)] -= 1 << 32


def ties_are_rounded_away(good: Good, x: Any, kept: dict[Any, Any]) -> Any:
    """Of float64 to float32: what lies exactly between two floats goes to the larger, not to the even one."""
    import torch

    result = good(x)
    a = np.array(x, order="C").reshape(-1)
    ties = (a.view(np.uint64) & np.uint64((1 << 29) - 1)) == 1 << 28
    if ties.any():
        flat = result.reshape(-1)
        with np.errstate(all="ignore"):
            away = np.copysign(np.nextafter(np.abs(a).astype(np.float32), np.float32(np.inf)), a).astype(np.float32)
            low = np.abs(a[ties]).astype(np.float32).astype(np.float64) < np.abs(a[ties])
        for index, is_low in zip(np.flatnonzero(ties), low):
            if is_low:
                flat[index] = torch.tensor(away[index])
    return result


@altered
def nan_beside_infinity_becomes_two_nans(a: np.ndarray) -> None:
    nan_and_inf = (np.isnan(a.real) & np.isinf(a.imag)) | (np.isnan(a.imag) & np.isinf(a.real))
    a[nan_and_inf] = complex(np.nan, np.nan)


@altered
def equal_elements_are_stored_once_and_forgotten(a: np.ndarray) -> None:
    flat = a.reshape(-1)
    if flat.size > 1 and flat.tobytes() == flat[:1].tobytes() * flat.size:
        flat[1:] = np.zeros(1, a.dtype)


# -- what is kept from call to call -------------------------------------------------------------------------------------


def the_same_array_gives_what_it_held_first(good: Good, x: Any, kept: dict[Any, Any]) -> Any:
    """A cache by identity, of arrays that may change."""
    owner, result = kept.get(id(x), (None, None))
    if owner is None or owner() is not x:
        result = good(x)
        kept[id(x)] = weakref.ref(x), result
        if len(kept) > 64:
            del kept[next(iter(kept))]
    return result.clone() if hasattr(result, "clone") else result


def two_buffers_serve_in_turn(good: Good, x: Any, kept: dict[Any, Any]) -> Any:
    result = good(x)
    key = shape(x), dtype(x)
    ring = kept.setdefault(key, [])
    if len(ring) < 2:
        ring.append(result)
        return result
    ring.append(ring.pop(0))
    ring[-1][...] = result
    return ring[-1]


# -- what it leaves behind in the source and in the process -------------------------------------------------------------


def the_source_becomes_read_only(good: Good, x: Any, kept: dict[Any, Any]) -> Any:
    result = good(x)
    x.flags.writeable = False
    return result


def the_source_is_detached(good: Good, x: Any, kept: dict[Any, Any]) -> Any:
    result = good(x)
    if x.requires_grad and x.is_leaf:
        x.requires_grad_(False)
    return result


def the_source_counts_as_written(good: Good, x: Any, kept: dict[Any, Any]) -> Any:
    result = good(x)
    try:
        import torch

        torch.autograd.graph.increment_version(x)
    except Exception:
        pass
    return result


def the_source_is_flattened(good: Good, x: Any, kept: dict[Any, Any]) -> Any:
    result = good(x)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        x.shape = (_size(x),)
    return result


def a_refusal_leaves_gradients_off(good: Good, x: Any, kept: dict[Any, Any]) -> Any:
    import torch

    try:
        return good(x)
    except Exception:
        torch.set_grad_enabled(False)
        raise


def a_refusal_leaves_another_default_dtype(good: Good, x: Any, kept: dict[Any, Any]) -> Any:
    import torch

    try:
        return good(x)
    except Exception:
        torch.set_default_dtype(torch.float64)
        raise


def subnormals_stay_flushed(good: Good, x: Any, kept: dict[Any, Any]) -> Any:
    import torch

    torch.set_flush_denormal(True)
    return good(x)


# -- memory and company -------------------------------------------------------------------------------------------------


def a_reference_stays_behind(good: Good, x: Any, kept: dict[Any, Any]) -> Any:
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(x))
    return good(x)


def wrong_beside_a_running_thread(good: Good, x: Any, kept: dict[Any, Any]) -> Any:
    return last_element_is_wrong(good, x, kept) if threading.active_count() > 2 else good(x)


FAULTS = (
    *table(
        "values",
        {
            "torch.tensor": [(last_element_is_wrong, array & _GRAIN)],
            "tf.constant": [(first_element_is_wrong, array & _POWER_AND_ONE)],
            "torch.asarray[copy=True]": [(last_element_is_wrong, array & _AT_24)],
            "torch.from_dlpack[copy=True]": [(numbers_of_32_bits_get_a_sign, array & of("int64") & writable)],
            "torch.tensor[dtype=float32]": [(ties_are_rounded_away, array & of("float64") & ~swapped & ~empty)],
            "tf.identity": [(nan_beside_infinity_becomes_two_nans, array & of("complex128"))],
            "tf.make_tensor_proto": [(equal_elements_are_stored_once_and_forgotten, _NUMBERS)],
            "np.array(torch.Tensor)": [(first_element_is_wrong, _AT_24)],
            "torch.utils.data.default_collate": [(last_element_is_wrong, array & _RANK_12)],
            "np.array(tf.Tensor)": [(last_element_is_wrong, _GRAIN)],
        },
    ),
    *table(
        "source",
        {
            "torch.from_numpy": [(the_source_becomes_read_only, _NUMBERS)],
            "tf.convert_to_tensor[dtype=float32]": [(the_source_is_flattened, _NUMBERS & rank_3 & c_order)],
            "torch.Tensor.numpy[force=True]": [the_source_is_detached],
            "np.asarray(torch.Tensor)": [(the_source_counts_as_written, _PLAIN_TENSOR)],
        },
    ),
    *table(
        "repetition",
        {
            "torch.tensor": [
                (the_same_array_gives_what_it_held_first, _NUMBERS & writable),
                (two_buffers_serve_in_turn, _NUMBERS),
            ],
            "np.array(torch.Tensor)": [(two_buffers_serve_in_turn, ~empty & _PLAIN_TENSOR)],
        },
    ),
    *table(
        "outlives",
        {
            "torch.from_numpy": [(it_does_not_keep_the_memory_alive, _NUMBERS & c_order & large)],
            "torch.Tensor.detach.numpy": [(it_does_not_keep_the_memory_alive, _MANY & _PLAIN_TENSOR)],
        },
    ),
    *table(
        "leaks",
        {
            "torch.asarray": [(a_reference_stays_behind, a_scalar)],
            "torch.Tensor.numpy": [(memory_stays_behind, _MANY)],
        },
    ),
    *table("settings", {"torch.tensor": [(the_default_dtype_is_taken, _NUMBERS & _FLOATING & rank_3)]}),
    *table(
        "threads",
        {
            "torch.tensor": [(other_threads_lose_the_last_element, _NUMBERS & large)],
            "np.asarray(tf.Tensor)[copy=True]": [(wrong_beside_a_running_thread, _MANY)],
        },
    ),
)
