"""Faults as somebody wrote them who knew the frameworks and not the suite: those that it did not catch at first."""

from __future__ import annotations

import contextlib
from typing import Any

import numpy as np

from meta_tests.faults import Good, table
from meta_tests.faults.contexts import in_a_graph
from meta_tests.faults.occasions import Occasion, a_scalar, array, c_order, of, owned, readonly, writable

_begins_inside = Occasion(
    "it is a longer array from some element on",
    lambda x: x.ndim == 1 and x.base.dtype == x.dtype and (x.ctypes.data - x.base.ctypes.data) % x.itemsize == 0,
)
_beyond_double = Occasion("it is beyond 2**53", lambda x: abs(int(x)) > 2**53)


def the_whole_base_comes_along(good: Good, x: Any, kept: dict[Any, Any]) -> Any:
    first = (x.ctypes.data - x.base.ctypes.data) // x.itemsize
    return good(x.base)[first : first + x.size]


def it_is_left_writable(good: Good, x: Any, kept: dict[Any, Any]) -> Any:
    result = good(x)
    x.flags.writeable = True
    return result


def the_first_default_dtype_is_kept(good: Good, x: Any, kept: dict[Any, Any]) -> Any:
    result = good(x)
    return result.to(kept.setdefault("dtype", result.dtype))


def it_goes_through_a_double(good: Good, x: Any, kept: dict[Any, Any]) -> Any:
    result, number = good(x), int(float(int(x)))
    return result.fill_(number) if -(2**63) <= number < 2**63 else result


def it_is_rounded_twice(good: Good, x: Any, kept: dict[Any, Any]) -> Any:
    with np.errstate(all="ignore"):
        return good(x.astype(np.float32))


def its_static_shape_is_lost(good: Good, x: Any, kept: dict[Any, Any]) -> Any:
    import tensorflow as tf

    return tf.raw_ops.PlaceholderWithDefault(input=good(x), shape=None)


def its_shape_is_pinned(good: Good, x: Any, kept: dict[Any, Any]) -> Any:
    import tensorflow as tf

    variable = good(x)
    with contextlib.suppress(Exception):
        return tf.Variable(variable.read_value(), trainable=False)
    return variable


FAULTS = (
    *table(
        "flags",
        {
            "torch.from_numpy": [(the_whole_base_comes_along, array & writable & c_order & _begins_inside)],
            "tf.Variable[dtype=float32, shape=None, trainable=False]": [its_shape_is_pinned],
        },
    ),
    *table("source", {"torch.as_tensor": [(it_is_left_writable, array & readonly & owned)]}),
    *table("settings", {"torch.Tensor": [the_first_default_dtype_is_kept]}),
    *table(
        "values",
        {
            "torch.Tensor[int64].fill_(np.generic)": [(it_goes_through_a_double, a_scalar & of("int64") & _beyond_double)],
            "tf.constant[dtype=float16]": [(it_is_rounded_twice, array & of("float64"))],
        },
    ),
    *table("contexts", {"tf.ensure_shape": [(its_static_shape_is_lost, array & in_a_graph)]}),
)
