"""Faults that show under a setting of the process, or inside code that is traced, mapped or vectorised."""

from __future__ import annotations

from typing import Any

import numpy as np

from meta_tests.faults import Good, table
from meta_tests.faults.contents import last_element_is_wrong
from meta_tests.faults.endings import it_is_refused
from meta_tests.faults.occasions import Occasion, array, of


def _torch(text: str) -> Any:
    import torch

    return eval(text, {"torch": torch})


def _in_a_graph(x: Any) -> bool:
    import tensorflow as tf

    return bool(tf.inside_function())


autocast = Occasion("autocast is on", lambda x: _torch("torch.is_autocast_cpu_enabled()"))
on_meta = Occasion("the default device is meta", lambda x: _torch("torch.empty(0)").is_meta)
inference = Occasion("in inference mode", lambda x: _torch("torch.is_inference_mode_enabled()"))
traced = Occasion("it is traced", lambda x: _torch("torch.jit.is_tracing()"))
vectorised = Occasion("it is vectorised", lambda x: _torch("torch._C._functorch.maybe_current_level()") is not None)
in_a_graph = Occasion("in a graph", _in_a_graph)


def single_precision_becomes_brain_floats(good: Good, x: Any, kept: dict[Any, Any]) -> Any:
    import torch

    return good(x).to(torch.bfloat16)


def the_default_device_is_ignored(good: Good, x: Any, kept: dict[Any, Any]) -> Any:
    import torch

    with torch.device("cpu"):
        return good(x)


def it_goes_to_the_default_device(good: Good, x: Any, kept: dict[Any, Any]) -> Any:
    return good(x).to("meta")


def it_is_copied(good: Good, x: Any, kept: dict[Any, Any]) -> Any:
    result = good(x)
    return result.copy() if isinstance(result, np.ndarray) else result.clone()


def negative_zeros_become_positive(good: Good, x: Any, kept: dict[Any, Any]) -> Any:
    return good(np.where(x == 0, np.zeros((), x.dtype), x))


def double_precision_is_lost(good: Good, x: Any, kept: dict[Any, Any]) -> Any:
    return good(x.astype(np.float32).astype(np.float64))


def it_takes_the_policy(good: Good, x: Any, kept: dict[Any, Any]) -> Any:
    import tensorflow as tf

    return tf.cast(good(x), tf.keras.mixed_precision.global_policy().compute_dtype)


FAULTS = (
    *table(
        "settings",
        {
            "torch.tensor": [(single_precision_becomes_brain_floats, array & of("float32") & autocast)],
            "torch.as_tensor": [(the_default_device_is_ignored, array & on_meta)],
            "torch.full": [(the_default_device_is_ignored, on_meta)],
            "torch.from_numpy": [(it_goes_to_the_default_device, array & on_meta)],
            "torch.frombuffer[dtype=uint8]": [(it_goes_to_the_default_device, on_meta)],
            "torch.Tensor.numpy": [(it_is_copied, inference)],
            "tf.keras.ops.convert_to_tensor": [(it_takes_the_policy, array & of("float32"))],
        },
    ),
    *table(
        "contexts",
        {
            "torch.from_numpy": [(double_precision_is_lost, array & of("float64") & traced)],
            "torch.tensor": [(last_element_is_wrong, array & of("int64") & vectorised)],
            "np.asarray(torch.Tensor)": [(it_is_refused, traced)],
            "tf.constant": [(negative_zeros_become_positive, array & of("float32") & in_a_graph)],
            "tf.convert_to_tensor": [(double_precision_is_lost, array & of("float64") & in_a_graph)],
            "tf.identity": [(last_element_is_wrong, array & of("bool") & in_a_graph)],
        },
    ),
)
