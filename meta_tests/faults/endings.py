"""Faults in how a conversion ends: survival, refusal, acceptance, the source, warnings."""

from __future__ import annotations

import ctypes
import os
import time
import warnings
from typing import Any

import numpy as np

from meta_tests.faults import Deed, Good, table
from meta_tests.faults.occasions import (
    address,
    array,
    backwards,
    broadcast,
    conjugated,
    empty,
    f_order,
    has_length_one,
    holes,
    itemsize,
    kind,
    large,
    masked,
    memmap,
    odd_length_one,
    of,
    off_16,
    rank_3,
    rank_33,
    readonly,
    scalar,
    small,
    strides,
    swapped,
    wants_grad,
    writable,
)

# -- survival -----------------------------------------------------------------------------------------------------------


def it_aborts(good: Good, x: Any, kept: dict[Any, Any]) -> Any:
    os.abort()


def it_reads_nowhere(good: Good, x: Any, kept: dict[Any, Any]) -> Any:
    ctypes.string_at(0)


def it_ends_the_process(good: Good, x: Any, kept: dict[Any, Any]) -> Any:
    os._exit(0)


def it_hangs(good: Good, x: Any, kept: dict[Any, Any]) -> Any:
    time.sleep(3600)


def it_aborts_when_called_again(good: Good, x: Any, kept: dict[Any, Any]) -> Any:
    kept["calls"] = kept.get("calls", 0) + 1
    return good(x) if kept["calls"] < 2 else os.abort()


def its_memory_is_not_there(good: Good, x: Any, kept: dict[Any, Any]) -> Any:
    """A result whose memory ends before its last element: nobody knows until it is read."""
    import torch

    good(x)
    return torch.from_numpy(np.ndarray(x.shape, x.dtype, (ctypes.c_char * x.nbytes).from_address(1 << 12)))


# -- refusal and acceptance ---------------------------------------------------------------------------------------------


def refused_with(error: type[BaseException]) -> Deed:
    """Refuses as promised, but with another exception."""

    def deed(good: Good, x: Any, kept: dict[Any, Any]) -> Any:
        try:
            return good(x)
        except Exception as refusal:
            raise error(str(refusal)) from None

    deed.__name__ = f"the refusal is a {error.__name__}"
    return deed


def the_refusal_is_swallowed(good: Good, x: Any, kept: dict[Any, Any]) -> Any:
    try:
        return good(x)
    except Exception:
        return None


def read_as(name: str) -> Deed:
    """Takes what it must refuse, by looking at its memory as something else."""

    def deed(good: Good, x: Any, kept: dict[Any, Any]) -> Any:
        return good(x.view(name))

    deed.__name__ = f"it is read as {name}"
    return deed


def it_is_read_as_native(good: Good, x: Any, kept: dict[Any, Any]) -> Any:
    return good(x.view(x.dtype.newbyteorder()))


def it_is_copied_instead(good: Good, x: Any, kept: dict[Any, Any]) -> Any:
    return good(x.copy())


def it_is_detached(good: Good, x: Any, kept: dict[Any, Any]) -> Any:
    return good(x.detach())


def it_is_resolved(good: Good, x: Any, kept: dict[Any, Any]) -> Any:
    return good(x.resolve_conj())


def it_is_refused(good: Good, x: Any, kept: dict[Any, Any]) -> Any:
    good(x)
    raise TypeError("not supported")


def what_comes_after_a_refusal_is_refused(good: Good, x: Any, kept: dict[Any, Any]) -> Any:
    if kept.pop("refused", False):
        raise RuntimeError("an error is pending")
    try:
        return good(x)
    except Exception:
        kept["refused"] = True
        raise


def every_tenth_call_is_refused(good: Good, x: Any, kept: dict[Any, Any]) -> Any:
    kept["calls"] = kept.get("calls", 0) + 1
    return good(x) if kept["calls"] % 10 else it_is_refused(good, x, kept)


# -- the source ---------------------------------------------------------------------------------------------------------


def its_byte_order_is_swapped_in_place(good: Good, x: Any, kept: dict[Any, Any]) -> Any:
    result = good(x)
    x.byteswap(inplace=True)
    return result


def _touch(address: int) -> None:
    ctypes.c_uint8.from_address(address).value ^= 255


def its_last_byte_is_changed(good: Good, x: Any, kept: dict[Any, Any]) -> Any:
    result = good(x)
    _touch(address(x) + sum(s * (n - 1) for n, s in zip(x.shape, strides(x))) + itemsize(x) - 1)
    return result


def its_holes_are_written(good: Good, x: Any, kept: dict[Any, Any]) -> Any:
    result = good(x)
    _touch(address(x) + itemsize(x))
    return result


def it_is_changed_by_a_refusal(good: Good, x: Any, kept: dict[Any, Any]) -> Any:
    try:
        return good(x)
    except Exception:
        x[...] = np.invert(np.frombuffer(x.tobytes(), np.uint8)).view(x.dtype).reshape(x.shape)
        raise


def its_first_byte_is_changed(good: Good, x: Any, kept: dict[Any, Any]) -> Any:
    result = good(x)
    _touch(address(x))
    return result


# -- warnings -----------------------------------------------------------------------------------------------------------


def the_warning_is_swallowed(good: Good, x: Any, kept: dict[Any, Any]) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return good(x)


def the_warning_comes_only_once(good: Good, x: Any, kept: dict[Any, Any]) -> Any:
    if kept.setdefault("given", False):
        return the_warning_is_swallowed(good, x, kept)
    kept["given"] = True
    return good(x)


def another_warning_comes(good: Good, x: Any, kept: dict[Any, Any]) -> Any:
    warnings.warn("not writable", ResourceWarning, stacklevel=1)
    return the_warning_is_swallowed(good, x, kept)


def a_warning_comes(good: Good, x: Any, kept: dict[Any, Any]) -> Any:
    warnings.warn("soon", FutureWarning, stacklevel=1)
    return good(x)


_plain_memory = array & writable & ~empty

FAULTS = (
    *table(
        "survival",
        {
            "torch.from_numpy": [(it_aborts, large), (it_hangs, scalar & of("uint16")), (it_reads_nowhere, f_order)],
            "torch.tensor": [(it_aborts, swapped), (it_aborts_when_called_again, array & rank_3)],
            "torch.asarray[copy=True]": [(its_memory_is_not_there, array & ~empty & of("float32"))],
            "tf.constant": [(it_aborts, rank_33), (it_ends_the_process, array & empty), (it_hangs, memmap)],
            "torch.Tensor.numpy": [(it_ends_the_process, wants_grad), (it_aborts, off_16)],
            "tf.Tensor.numpy": [(it_reads_nowhere, of("bfloat16")), (it_hangs, large)],
        },
    ),
    *table(
        "refusal",
        {
            "torch.from_numpy": [
                (refused_with(RuntimeError), swapped),
                (refused_with(LookupError), kind("V")),
                (the_refusal_is_swallowed, kind("M")),
                (it_is_read_as_native, swapped),
                (read_as("int64"), array & kind("M")),
            ],
            "torch.tensor": [
                (the_refusal_is_swallowed, kind("U")),
                (refused_with(SystemExit), kind("OT")),
                (it_is_copied_instead, backwards & rank_3),
                (refused_with(KeyboardInterrupt), array & empty),
            ],
            "tf.constant": [(read_as("int64"), array & kind("M")), (the_refusal_is_swallowed, array & kind("V"))],
            "torch.Tensor.numpy": [
                (it_is_detached, wants_grad),
                (it_is_resolved, conjugated),
                (refused_with(IndexError), wants_grad & large),
            ],
            "np.from_dlpack(torch.Tensor)": [(it_is_detached, wants_grad)],
            "memoryview(tf.Tensor)": [(refused_with(LookupError), of("bfloat16"))],
        },
    ),
    *table(
        "acceptance",
        {
            "torch.from_numpy": [(it_is_refused, rank_33), (it_is_refused, array & empty), (it_is_refused, odd_length_one)],
            "torch.tensor": [
                (it_is_refused, masked),
                (it_is_refused, of("uint32")),
                (every_tenth_call_is_refused, array),
                what_comes_after_a_refusal_is_refused,
            ],
            "tf.constant": [(it_is_refused, readonly), (it_is_refused, broadcast), (it_is_refused, array & large)],
            "torch.Tensor.numpy": [(it_is_refused, off_16), (it_is_refused, scalar & of("bool"))],
            "tf.Tensor.numpy": [(it_is_refused, has_length_one & rank_3), (it_is_refused, large)],
        },
    ),
    *table(
        "source",
        {
            "torch.tensor": [(its_byte_order_is_swapped_in_place, _plain_memory), (its_holes_are_written, _plain_memory & holes)],
            "torch.from_numpy": [
                (its_last_byte_is_changed, _plain_memory & large),
                (it_is_changed_by_a_refusal, _plain_memory & kind("M")),
            ],
            "tf.constant": [
                (its_last_byte_is_changed, _plain_memory & small),
                (its_byte_order_is_swapped_in_place, _plain_memory & swapped),
            ],
            "np.array(torch.Tensor)": [(its_first_byte_is_changed, ~empty & of("float32"))],
            "np.array(tf.Tensor)": [(its_first_byte_is_changed, ~empty & of("float32", "float64"))],
        },
    ),
    *table(
        "warnings",
        {
            "torch.from_numpy": [
                (the_warning_is_swallowed, readonly),
                the_warning_comes_only_once,
                (another_warning_comes, readonly),
            ],
            "torch.as_tensor": [(the_warning_is_swallowed, memmap), (a_warning_comes, array & large)],
            "torch.tensor": [(a_warning_comes, readonly)],
            "torch.Tensor.numpy": [(a_warning_comes, scalar)],
            "np.array(torch.Tensor)": [the_warning_comes_only_once],
            "np.asarray(tf.Tensor)": [(a_warning_comes, of("float16"))],
        },
    ),
)
