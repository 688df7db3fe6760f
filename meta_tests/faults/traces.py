"""Faults in what a conversion leaves behind in its process."""

from __future__ import annotations

import os
import random
import warnings
from typing import Any

import numpy as np

from meta_tests.faults import Good, table
from meta_tests.faults.hard import (
    a_refusal_leaves_another_default_dtype,
    a_refusal_leaves_gradients_off,
    subnormals_stay_flushed,
)
from meta_tests.faults.occasions import array, of


def the_environment_has_another_variable(good: Good, x: Any, kept: dict[Any, Any]) -> Any:
    os.environ["CONVERTED"] = "1"
    return good(x)


def numpy_random_numbers_are_drawn(good: Good, x: Any, kept: dict[Any, Any]) -> Any:
    np.random.rand()
    return good(x)


def numpy_random_numbers_are_seeded(good: Good, x: Any, kept: dict[Any, Any]) -> Any:
    np.random.seed(0)
    return good(x)


def python_random_numbers_are_drawn(good: Good, x: Any, kept: dict[Any, Any]) -> Any:
    random.random()
    return good(x)


def warnings_are_ignored_from_now_on(good: Good, x: Any, kept: dict[Any, Any]) -> Any:
    result = good(x)
    warnings.filterwarnings("ignore", message="converted")
    return result


def overflow_is_an_error_from_now_on(good: Good, x: Any, kept: dict[Any, Any]) -> Any:
    np.seterr(over="raise")
    return good(x)


def torch_is_seeded(good: Good, x: Any, kept: dict[Any, Any]) -> Any:
    import torch

    torch.manual_seed(len(kept.setdefault("calls", [])))
    kept["calls"].append(1)
    return good(x)


def new_tensors_are_of_the_meta_device(good: Good, x: Any, kept: dict[Any, Any]) -> Any:
    import torch

    result = good(x)
    torch.set_default_device("meta")
    return result


def tensors_behave_like_arrays_from_now_on(good: Good, x: Any, kept: dict[Any, Any]) -> Any:
    from tensorflow.python.ops.numpy_ops import np_config

    result = good(x)
    np_config.enable_numpy_behavior()
    return result


def keras_computes_in_half_from_now_on(good: Good, x: Any, kept: dict[Any, Any]) -> Any:
    import tensorflow as tf

    result = good(x)
    tf.keras.backend.set_floatx("float16")
    return result


FAULTS = tuple(
    table(
        "traces",
        {
            "torch.tensor": [
                (the_environment_has_another_variable, array),
                (numpy_random_numbers_are_drawn, array & of("int16")),
                (torch_is_seeded, array),
            ],
            "torch.as_tensor": [(warnings_are_ignored_from_now_on, array)],
            "torch.asarray": [(new_tensors_are_of_the_meta_device, array)],
            "torch.from_numpy": [(numpy_random_numbers_are_seeded, array)],
            "torch.tensor[requires_grad=True]": [a_refusal_leaves_gradients_off],
            "torch.tensor[dtype=int32]": [a_refusal_leaves_another_default_dtype],
            "torch.scalar_tensor": [subnormals_stay_flushed],
            "tf.constant": [(overflow_is_an_error_from_now_on, array), (python_random_numbers_are_drawn, array)],
            "tf.convert_to_tensor": [(tensors_behave_like_arrays_from_now_on, array)],
            "tf.identity": [(keras_computes_in_half_from_now_on, array)],
            "np.array(torch.Tensor)": [the_environment_has_another_variable],
            "np.array(tf.Tensor)": [numpy_random_numbers_are_drawn],
        },
    )
)
