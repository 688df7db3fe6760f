"""Faults that only time, repetition and company show."""

from __future__ import annotations

import ctypes
import threading
import time
from math import prod
from typing import Any

import numpy as np

from meta_tests.faults import Good, table
from meta_tests.faults.contents import first_element_is_wrong, last_element_is_wrong
from meta_tests.faults.endings import it_is_refused, the_warning_is_swallowed
from meta_tests.faults.occasions import (
    Occasion,
    a_scalar,
    address,
    array,
    c_order,
    empty,
    large,
    of,
    owned,
    readonly,
    shape,
    strides,
    swapped,
)

# -- lifetime -----------------------------------------------------------------------------------------------------------


def it_does_not_keep_the_memory_alive(good: Good, x: Any, kept: dict[Any, Any]) -> Any:
    """A result over the same addresses, with no reference to whoever owns them."""
    result = good(x)
    nbytes = sum(s * (n - 1) for n, s in zip(shape(x), strides(x))) + x.dtype.itemsize
    room = (ctypes.c_char * nbytes).from_address(address(x))
    if not isinstance(x, np.ndarray):
        return np.ndarray(result.shape, result.dtype, room, 0, result.strides)
    import torch

    return torch.from_numpy(np.ndarray(x.shape, x.dtype, room, 0, x.strides))


def the_source_is_remembered_forever(good: Good, x: Any, kept: dict[Any, Any]) -> Any:
    kept.setdefault("sources", []).append(x)
    return good(x)


def an_object_stays_behind(good: Good, x: Any, kept: dict[Any, Any]) -> Any:
    kept.setdefault("objects", []).append([object()])
    return good(x)


def memory_stays_behind(good: Good, x: Any, kept: dict[Any, Any]) -> Any:
    _libc.malloc(256)
    return good(x)


def a_refusal_keeps_the_source(good: Good, x: Any, kept: dict[Any, Any]) -> Any:
    try:
        return good(x)
    except Exception:
        kept.setdefault("refused", []).append(x)
        raise


def a_capsule_is_kept(good: Good, x: Any, kept: dict[Any, Any]) -> Any:
    kept.setdefault("capsules", []).append(x.__dlpack__())
    return good(x)


def a_consumed_capsule_gives_the_last_result(good: Good, x: Any, kept: dict[Any, Any]) -> Any:
    try:
        kept["last"] = good(x)
    except Exception:
        if "last" not in kept:
            raise
    return kept["last"]


# -- pressure -----------------------------------------------------------------------------------------------------------


def it_is_copied_too_late(good: Good, x: Any, kept: dict[Any, Any]) -> Any:
    """The copy is made in another thread, which comes to it when the source has changed already."""
    result, first = good(x), ctypes.string_at(address(x), 1)
    if "tensorflow" in type(result).__module__:  # Immutable, but for whoever owns its memory.
        import tensorflow as tf

        room = x.copy()
        result = tf.experimental.dlpack.from_dlpack(room.__dlpack__())

    def copy() -> None:
        until = time.monotonic() + 0.05
        while ctypes.string_at(address(x), 1) == first and time.monotonic() < until:
            time.sleep(0.0001)
        if hasattr(result, "copy_"):
            import torch

            result.copy_(torch.from_numpy(x))
        elif isinstance(result, np.ndarray):
            result[...] = x.numpy()
        else:
            room[...] = x

    threading.Thread(target=copy, daemon=True).start()
    return result


def threads_get_each_others_source(good: Good, x: Any, kept: dict[Any, Any]) -> Any:
    kept["source"] = x
    time.sleep(0.0005)
    return good(kept["source"])


def it_is_refused_while_another_thread_converts(good: Good, x: Any, kept: dict[Any, Any]) -> Any:
    if kept.get("busy"):
        raise RuntimeError("busy")
    kept["busy"] = True
    try:
        time.sleep(0.0005)
        return good(x)
    finally:
        kept["busy"] = False


def other_threads_lose_the_last_element(good: Good, x: Any, kept: dict[Any, Any]) -> Any:
    is_main = threading.current_thread() is threading.main_thread()
    return good(x) if is_main else last_element_is_wrong(good, x, kept)


def every_third_call_loses_the_first_element(good: Good, x: Any, kept: dict[Any, Any]) -> Any:
    kept["calls"] = kept.get("calls", 0) + 1
    return good(x) if kept["calls"] % 3 else first_element_is_wrong(good, x, kept)


def every_third_call_is_refused(good: Good, x: Any, kept: dict[Any, Any]) -> Any:
    kept["calls"] = kept.get("calls", 0) + 1
    return good(x) if kept["calls"] % 3 else it_is_refused(good, x, kept)


def the_first_call_loses_the_last_element(good: Good, x: Any, kept: dict[Any, Any]) -> Any:
    return good(x) if kept.setdefault("calls", []) or kept["calls"].append(1) else last_element_is_wrong(good, x, kept)


def the_first_call_does_not_warn(good: Good, x: Any, kept: dict[Any, Any]) -> Any:
    if "called" in kept:
        return good(x)
    kept["called"] = True
    return the_warning_is_swallowed(good, x, kept)


def without_gradients_it_is_refused(good: Good, x: Any, kept: dict[Any, Any]) -> Any:
    import torch

    return good(x) if torch.is_grad_enabled() else it_is_refused(good, x, kept)


def the_default_dtype_is_taken(good: Good, x: Any, kept: dict[Any, Any]) -> Any:
    import torch

    return good(x) if torch.get_default_dtype() == torch.float32 else good(x).to(torch.get_default_dtype())


def keras_default_is_taken(good: Good, x: Any, kept: dict[Any, Any]) -> Any:
    import tensorflow as tf

    default = tf.keras.backend.floatx()
    return good(x) if default == "float32" else tf.cast(good(x), default)


def it_is_one_more(good: Good, x: Any, kept: dict[Any, Any]) -> Any:
    good(x)
    return good(x + x.dtype.type(1))


def it_becomes_double(good: Good, x: Any, kept: dict[Any, Any]) -> Any:
    return good(x).double()


def a_list_is_read_backwards(good: Good, x: Any, kept: dict[Any, Any]) -> Any:
    return good(x[::-1])


a_long_list = Occasion("a list of two or more", lambda x: isinstance(x, list) and len(x) > 1)
a_producer = Occasion("a producer of capsules", lambda x: hasattr(x, "__dlpack__") and not isinstance(x, np.ndarray))
_libc = ctypes.CDLL(None)
_dense = Occasion("of plain numbers in C order", lambda x: not empty(x) and c_order(x) and not (array(x) and swapped(x)))
_hundreds = Occasion("larger than 255", lambda x: prod(x.shape) > 255)
_any_numbers = array & Occasion("of numbers", lambda x: x.dtype.kind in "biufc" and not swapped(x))
_numbers = array & of("float32", "float64", "int32", "int64")

FAULTS = (
    *table("values", {"torch.tensor": [(it_is_one_more, a_scalar & of("int32")), (a_list_is_read_backwards, a_long_list)]}),
    *table(
        "outlives",
        {
            "torch.from_numpy": [(it_does_not_keep_the_memory_alive, array & _dense)],
            "torch.as_tensor": [
                (it_does_not_keep_the_memory_alive, array & _dense & of("float32")),
                (it_does_not_keep_the_memory_alive, array & _dense & owned),
            ],
            "torch.Tensor.numpy": [(it_does_not_keep_the_memory_alive, _dense)],
        },
    ),
    *table(
        "released",
        {
            "torch.from_numpy": [(the_source_is_remembered_forever, array)],
            "torch.from_dlpack": [(the_source_is_remembered_forever, array & owned)],
            "tf.constant": [(the_source_is_remembered_forever, array)],
            "torch.Tensor.numpy": [the_source_is_remembered_forever],
        },
    ),
    *table(
        "leaks",
        {
            "torch.tensor": [(an_object_stays_behind, array), (memory_stays_behind, array)],
            "tf.constant": [(memory_stays_behind, array)],
            "np.array(tf.Tensor)": [an_object_stays_behind],
        },
    ),
    *table("refusal_leaks", {"torch.tensor": [a_refusal_keeps_the_source], "tf.constant": [(a_refusal_keeps_the_source, array)]}),
    *table(
        "capsules",
        {"torch.from_dlpack": [(a_capsule_is_kept, a_producer), (a_consumed_capsule_gives_the_last_result, a_producer)]},
    ),
    *table(
        "independence",
        {
            "torch.asarray[copy=True]": [(it_is_copied_too_late, array & large)],
            "np.array(torch.Tensor)": [(it_is_copied_too_late, large)],
            "torch.utils.data.DataLoader[IterableDataset][batch_size=1]": [(it_is_copied_too_late, array & _hundreds)],
            "tf.data.Dataset.from_tensor_slices[prefetch]": [(it_is_copied_too_late, _any_numbers & c_order & _hundreds)],
        },
    ),
    *table(
        "threads",
        {
            "torch.from_numpy": [(threads_get_each_others_source, array)],
            "torch.tensor": [(it_is_refused_while_another_thread_converts, array)],
            "tf.constant": [(other_threads_lose_the_last_element, array)],
        },
    ),
    *table(
        "repetition",
        {
            "tf.convert_to_tensor": [(every_third_call_loses_the_first_element, array)],
            "np.array(tf.Tensor)": [every_third_call_is_refused],
        },
    ),
    *table("first_call", {"torch.tensor": [(the_first_call_loses_the_last_element, array)]}),
    *table("first_warning", {"torch.from_numpy": [(the_first_call_does_not_warn, readonly)]}),
    *table(
        "settings",
        {
            "torch.from_numpy": [(without_gradients_it_is_refused, array)],
            "torch.tensor": [(the_default_dtype_is_taken, _numbers)],
            "torch.scalar_tensor[dtype=complex128]": [(the_default_dtype_is_taken, a_scalar & of("float64"))],
            "tf.constant": [(keras_default_is_taken, _numbers)],
        },
    ),
    *table(
        "agreement",
        {
            "torch.asarray": [(it_becomes_double, a_scalar & of("float32")), (it_is_one_more, a_scalar & of("int32"))],
            "tf.constant": [(it_is_one_more, a_scalar & of("float32"))],
        },
    ),
)
