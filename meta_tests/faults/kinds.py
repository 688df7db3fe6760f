"""Faults in what a result is: its type, its dtype and its marks."""

from __future__ import annotations

from typing import Any

import numpy as np

from meta_tests.faults import Deed, Good, table
from meta_tests.faults.occasions import (
    a_matrix,
    a_scalar,
    array,
    empty,
    has_two_axes,
    large,
    of,
    rank_3,
    scalar,
)


def the_array_comes_back(good: Good, x: Any, kept: dict[Any, Any]) -> Any:
    good(x)
    return x


def nothing_comes_back(good: Good, x: Any, kept: dict[Any, Any]) -> Any:
    good(x)


def a_list_comes_back(good: Good, x: Any, kept: dict[Any, Any]) -> Any:
    return good(x).tolist()


def a_matrix_comes_back(good: Good, x: Any, kept: dict[Any, Any]) -> Any:
    return good(x).view(np.matrix)


def a_subclass_comes_back(good: Good, x: Any, kept: dict[Any, Any]) -> Any:
    import torch

    return good(x).as_subclass(type("Special", (torch.Tensor,), {"__module__": "special"}))


def a_scalar_comes_back(good: Good, x: Any, kept: dict[Any, Any]) -> Any:
    return good(x)[()]


def it_becomes(name: str) -> Deed:
    """A result of another dtype."""

    def deed(good: Good, x: Any, kept: dict[Any, Any]) -> Any:
        result = good(x)
        return good(x.astype(name)) if isinstance(x, np.ndarray) else result.astype(name)

    deed.__name__ = f"it becomes {name}"
    return deed


def it_keeps_the_other_byte_order(good: Good, x: Any, kept: dict[Any, Any]) -> Any:
    result = good(x)
    return result.astype(result.dtype.newbyteorder())


def requires_grad_is_dropped(good: Good, x: Any, kept: dict[Any, Any]) -> Any:
    return good(x).detach()


def it_requires_grad(good: Good, x: Any, kept: dict[Any, Any]) -> Any:
    return good(x).requires_grad_()


def it_has_a_history(good: Good, x: Any, kept: dict[Any, Any]) -> Any:
    result = good(x).requires_grad_()
    return result.view_as(result)


def it_is_marked_conjugated(good: Good, x: Any, kept: dict[Any, Any]) -> Any:
    import torch

    return torch.conj(torch.conj_physical(good(x)))


def it_is_marked_negated(good: Good, x: Any, kept: dict[Any, Any]) -> Any:
    import torch

    return torch._neg_view(good(x))


_REAL = of("float16", "float32", "float64")

FAULTS = (
    *table(
        "type",
        {
            "torch.asarray": [(the_array_comes_back, scalar), (the_array_comes_back, a_scalar)],
            "torch.tensor": [(nothing_comes_back, empty), (a_subclass_comes_back, a_matrix), (a_subclass_comes_back, rank_3)],
            "tf.constant": [(the_array_comes_back, array & large), (nothing_comes_back, array & empty)],
            "tf.convert_to_tensor": [(the_array_comes_back, array & of("uint16"))],
            "torch.Tensor.numpy": [(a_matrix_comes_back, has_two_axes), (a_scalar_comes_back, scalar)],
            "np.array(tf.Tensor)": [(a_matrix_comes_back, has_two_axes & of("float32")), (a_list_comes_back, empty)],
        },
    ),
    *table(
        "dtype",
        {
            "torch.tensor": [
                (it_becomes("float32"), array & of("float64")),
                (it_becomes("uint8"), array & of("bool")),
                (it_becomes("int64"), array & empty),
                (it_becomes("float64"), scalar & of("float32")),
            ],
            "torch.from_dlpack": [(it_becomes("complex64"), array & of("complex128"))],
            "tf.constant": [(it_becomes("int32"), array & of("int64")), (it_becomes("float32"), array & of("bfloat16"))],
            "tf.Variable": [(it_becomes("float32"), array & of("float16"))],
            "np.asarray(torch.Tensor)": [(it_becomes("int32"), of("uint16")), (it_becomes("float64"), empty)],
            "np.array(torch.Tensor)": [(it_keeps_the_other_byte_order, rank_3)],
            "tf.Tensor.numpy": [(it_becomes("float32"), of("bfloat16")), (it_becomes("uint8"), of("bool"))],
        },
    ),
    *table(
        "flags",
        {
            "torch.tensor[requires_grad=True]": [
                requires_grad_is_dropped,
                (requires_grad_is_dropped, scalar),
                (requires_grad_is_dropped, of("complex64")),
            ],
            "torch.tensor": [(it_requires_grad, array & _REAL), (it_is_marked_conjugated, of("complex64"))],
            "torch.from_numpy": [(it_requires_grad, large & _REAL), (it_is_marked_negated, of("float64"))],
            "torch.from_dlpack": [(it_has_a_history, _REAL)],
        },
    ),
)
