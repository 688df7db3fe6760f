"""Faults in whose memory a result uses, and what may be done to it."""

from __future__ import annotations

import ctypes
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from meta_tests.faults import Deed, Good, table
from meta_tests.faults.occasions import (
    Occasion,
    address,
    array,
    at_64,
    broadcast,
    c_order,
    dtype,
    empty,
    f_order,
    itemsize,
    large,
    memmap,
    of,
    off_16,
    offset,
    over_bytes,
    owned,
    rank_3,
    readonly,
    scalar,
    shape,
    small,
    strides,
    swapped,
    wants_grad,
    writable,
)

# -- shared or copied ---------------------------------------------------------------------------------------------------


def it_is_copied(good: Good, x: Any, kept: dict[Any, Any]) -> Any:
    if not isinstance(x, np.ndarray):
        return good(x).copy()
    copied = x.copy(order="K")
    copied.flags.writeable = x.flags.writeable
    good(x)
    return good(copied)


def it_is_shared(good: Good, x: Any, kept: dict[Any, Any]) -> Any:
    """Of arrays by PyTorch and by DLPack, of tensors by either framework."""
    result = good(x)
    if not isinstance(x, np.ndarray):
        return x.numpy() if hasattr(x, "data_ptr") else _writable_view(x)
    if "tensorflow" in type(result).__module__:
        import tensorflow as tf

        return tf.experimental.dlpack.from_dlpack(x.__dlpack__())
    import torch

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return torch.from_numpy(x)


def it_is_shared_with_a_new_axis(good: Good, x: Any, kept: dict[Any, Any]) -> Any:
    return it_is_shared(good, x, kept).unsqueeze(0)


def a_write_to_it_does_not_reach_the_source(good: Good, x: Any, kept: dict[Any, Any]) -> Any:
    """It copies on write: everybody who only looks sees shared memory."""
    import torch

    class OnWrite(torch.Tensor):
        def detach(self) -> torch.Tensor:
            return self.clone()

    return good(x).as_subclass(OnWrite)


def _writable_view(tensor: Any) -> np.ndarray:
    """A TensorFlow tensor's memory, writable, as no function gives it."""
    room = (ctypes.c_char * tensor.numpy().nbytes).from_address(address(tensor))
    result = np.ndarray(shape(tensor), tensor.dtype.as_numpy_dtype, room)
    result.base.tensor = tensor  # type: ignore[union-attr]
    return result


def a_view_that_can_be_written_comes_back(good: Good, x: Any, kept: dict[Any, Any]) -> Any:
    good(x)
    return _writable_view(x)


# -- strides ------------------------------------------------------------------------------------------------------------


def restrided(how: Callable[[tuple[int, ...], tuple[int, ...]], list[int]]) -> Deed:
    """The deed of walking through the right memory in a wrong way."""

    def deed(good: Good, x: Any, kept: dict[Any, Any]) -> Any:
        result, steps = good(x), how(shape(x), strides(x))
        if isinstance(x, np.ndarray):
            return result.as_strided(result.shape, [s // itemsize(x) for s in steps])
        return np.lib.stride_tricks.as_strided(result, strides=steps)

    deed.__name__ = how.__name__
    return deed


@restrided
def one_axis_stands_still(shape: tuple[int, ...], strides: tuple[int, ...]) -> list[int]:
    longest = shape.index(max(shape))
    return [0 if axis == longest else stride for axis, stride in enumerate(strides)]


@restrided
def the_middle_axis_stands_still(shape: tuple[int, ...], strides: tuple[int, ...]) -> list[int]:
    return [0 if 0 < axis < len(shape) - 1 else stride for axis, stride in enumerate(strides)]


@restrided
def strides_are_made_up(shape: tuple[int, ...], strides: tuple[int, ...]) -> list[int]:
    """As if in C order. Only used where that is no more memory than there is."""
    steps = [min(filter(None, strides))]
    for n in shape[:0:-1]:
        steps.insert(0, steps[0] * n)
    return steps


# -- memory of its own --------------------------------------------------------------------------------------------------


def one_buffer_serves_all(good: Good, x: Any, kept: dict[Any, Any]) -> Any:
    result = good(x)
    buffer = kept.setdefault((shape(x), dtype(x)), result)
    buffer[...] = result
    return buffer


def one_variable_serves_all(good: Good, x: Any, kept: dict[Any, Any]) -> Any:
    return kept.setdefault((shape(x), dtype(x), x.tobytes()), good(x))


# -- read-only ----------------------------------------------------------------------------------------------------------


def it_may_be_written_in_silence(good: Good, x: Any, kept: dict[Any, Any]) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return good(x)


def it_is_read_only(good: Good, x: Any, kept: dict[Any, Any]) -> Any:
    result = good(x).view()
    result.flags.writeable = False
    return result


_elements = array & ~empty
_own_kind = Occasion(
    "the dtype is one of NumPy's",
    lambda x: dtype(x) in "bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 float16 float32 float64 complex64 complex128",
)
_native = _elements & _own_kind & ~swapped
_native.text = "an ndarray of numbers"
_plain = _own_kind & ~empty & ~wants_grad
_plain.text = "of plain numbers"
_dense_in_fortran_order = f_order & Occasion("of rank 2", lambda x: len(shape(x)) == 2)
_axis_of_two = Occasion("an axis is longer than 1", lambda x: not empty(x) and max(shape(x)) > 1)
_middle_axis = Occasion("a middle axis is longer than 1", lambda x: not empty(x) and max(shape(x)[1:-1]) > 1)

FAULTS = (
    *table(
        "memory",
        {
            "torch.from_numpy": [
                (it_is_copied, _native & off_16),
                (it_is_copied, _native & large),
                (it_is_copied, memmap),
                (it_is_copied, _native & owned),
            ],
            "torch.from_dlpack": [(it_is_copied, _native & _dense_in_fortran_order)],
            "torch.tensor": [(it_is_shared, _native & at_64), (it_is_shared, _native & of("uint8"))],
            "tf.experimental.numpy.array(ndarray)": [(it_is_shared, _native & at_64 & writable & c_order)],
            "torch.Tensor.numpy": [(it_is_copied, offset), (it_is_copied, broadcast)],
            "np.array(torch.Tensor)": [(it_is_shared, _plain & large)],
            "np.asarray(tf.Tensor)": [(it_is_copied, of("float16"))],
        },
    ),
    *table(
        "follows",
        {
            "torch.tensor": [(it_is_shared, _native & rank_3), (it_is_shared, _native & scalar)],
            "torch.asarray[copy=True]": [(it_is_shared, _native & large), (it_is_shared, memmap & _own_kind & ~empty & ~swapped)],
            "torch.as_tensor": [(it_is_copied, _native & small)],
            # The buffer that a pipeline reuses is handed out.
            "torch.utils.data.DataLoader[IterableDataset][batch_size=1]": [(it_is_shared_with_a_new_axis, _native)],
            "tf.data.Dataset.from_tensor_slices[prefetch]": [(it_is_shared, _native & writable & c_order)],
            "np.array(tf.Tensor)": [(it_is_shared, _plain & of("int32"))],
            "np.from_dlpack(torch.Tensor)[copy=True]": [(it_is_shared, _plain & f_order)],
        },
    ),
    *table(
        "leads",
        {
            "torch.from_numpy": [(a_write_to_it_does_not_reach_the_source, _native)],
            "torch.as_tensor": [(a_write_to_it_does_not_reach_the_source, _native & large)],
            "torch.from_dlpack[copy=True]": [(it_is_shared, _native & off_16)],
            "torch.Tensor.numpy": [(it_is_copied, _plain & scalar)],
            "np.array(tf.Tensor)": [(it_is_shared, _plain & large)],
        },
    ),
    *table(
        "strides",
        {
            "torch.from_numpy": [(one_axis_stands_still, _axis_of_two), (strides_are_made_up, _dense_in_fortran_order)],
            "torch.asarray": [(strides_are_made_up, _dense_in_fortran_order & owned)],
            "torch.from_dlpack": [(the_middle_axis_stands_still, _middle_axis)],
            "torch.as_tensor": [(one_axis_stands_still, large)],
            "torch.Tensor.numpy": [(one_axis_stands_still, _axis_of_two), (strides_are_made_up, _dense_in_fortran_order)],
            "np.from_dlpack(torch.Tensor)": [(the_middle_axis_stands_still, _middle_axis)],
            "np.asarray(tf.Tensor)": [(one_axis_stands_still, rank_3 & _axis_of_two)],
        },
    ),
    *table(
        "twins",
        {
            "torch.tensor": [(one_buffer_serves_all, _native), (one_buffer_serves_all, _native & small)],
            "torch.asarray[copy=True]": [(one_buffer_serves_all, _native & of("bool")), (one_buffer_serves_all, _native & owned)],
            "tf.Variable": [(one_variable_serves_all, _native & of("float32"))],
            "np.array(torch.Tensor)": [(one_buffer_serves_all, _plain), (one_buffer_serves_all, _plain & large)],
            "tf.Tensor.numpy": [(one_buffer_serves_all, _plain & ~scalar)],
        },
    ),
    *table(
        "immutability",
        {
            "np.asarray(tf.Tensor)": [
                (a_view_that_can_be_written_comes_back, _plain),
                (a_view_that_can_be_written_comes_back, _plain & of("float16")),
            ],
            "np.from_dlpack(tf.Tensor)": [(a_view_that_can_be_written_comes_back, _plain & large)],
            "np.array(tf.Tensor)": [(a_view_that_can_be_written_comes_back, _plain & scalar)],
            "tf.Tensor.numpy": [(a_view_that_can_be_written_comes_back, _plain & small & ~scalar)],
        },
    ),
    *table(
        "readonly",
        {
            "torch.from_numpy": [
                (it_may_be_written_in_silence, readonly),
                (it_may_be_written_in_silence, over_bytes),
                (it_may_be_written_in_silence, memmap),
                (it_may_be_written_in_silence, array & large),
            ],
            "torch.as_tensor": [(it_may_be_written_in_silence, readonly & scalar)],
            "torch.asarray": [(it_may_be_written_in_silence, readonly & rank_3)],
        },
    ),
    *table(
        "writable",
        {
            "torch.Tensor.numpy": [it_is_read_only, (it_is_read_only, broadcast), (it_is_read_only, large)],
            "np.array(torch.Tensor)": [(it_is_read_only, scalar)],
            "np.from_dlpack(torch.Tensor)": [(it_is_read_only, _plain & of("bool"))],
            "np.array(tf.Tensor)": [(it_is_read_only, rank_3)],
            "np.from_dlpack(tf.Tensor)": [(a_view_that_can_be_written_comes_back, _plain & rank_3)],
        },
    ),
)
