"""How TensorFlow's tensors on other devices than the first CPU are built and held by address."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from ....strategies.build import Unbuildable
from ....strategies.spec import TensorSpec, c_strides
from ...subject import device_memory
from ...subject.device_clock import DeviceClock
from ...subject.device_memory import DeviceHandle, DeviceSource
from ...subject.devices import absence, split
from ...subject.handle import Handle
from . import adapter

#: What TensorFlow calls a kind of device.
_KINDS = {"cpu": "CPU", "cuda": "GPU", "mps": "GPU", "xpu": "XPU"}
#: How many logical CPUs are asked for, and how many this process has made.
_cpus = {"wanted": 1, "made": 1}


def expect(devices: tuple[str, ...]) -> None:
    """Note how many logical CPUs are asked for: they cannot be had once the runtime has begun."""
    _cpus["wanted"] = max(number + 1 for kind, number in (("cpu", 0), *map(split, devices)) if kind == "cpu")


def ready() -> None:
    """Make the logical CPUs. Not before the fork: to list devices touches them.

    https://www.tensorflow.org/api_docs/python/tf/config/set_logical_device_configuration
    """
    if _cpus["wanted"] > _cpus["made"]:
        _cpus["made"] = _cpus["wanted"]
        cpu = tf.config.list_physical_devices("CPU")[0]
        tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * _cpus["made"])


def absent(device: str, *needs: str) -> str:
    """Why calls on this device cannot be asked; "" where they can."""
    kind, number = split(device)
    count = len(tf.config.list_logical_devices(_KINDS.get(kind, kind)))
    return absence(kind, number, count)


def clock(device: str) -> DeviceClock:
    """What tells when the device is done."""
    devices = tf.test.experimental.sync_devices
    finish: Callable[[], Any] = device_memory.of(device).finish if device_memory.is_known(device) else int
    return DeviceClock(lambda: (devices(), finish()))


def build(spec: TensorSpec, device: str) -> Any:
    """The tensor that a spec describes, on the device."""
    kind, number = split(device)
    source = adapter.build(spec)
    with tf.device(f"/{_KINDS[kind]}:{number}"):
        value = tf.identity(source.value)
    if adapter._device(value) in ("cpu", f"cpu:{number}" if kind == "cpu" else ""):
        return adapter.TensorSource(value, value, source.nbytes)
    address = adapter.address_of(value)
    if address is None:
        raise Unbuildable(f"the memory of a tensor of {spec.dtype} on {device} cannot be seen")
    return DeviceSource(value, "cuda", address, spec.nbytes)


def describe(result: Any) -> Handle | None:
    """A handle on an eager tensor that is not in the host's memory; None for anything else."""
    if not isinstance(result, tf.Tensor) or not hasattr(result, "numpy") or "GPU" not in result.device:
        return None
    shape, dtype = tuple(result.shape), result.dtype
    return DeviceHandle(
        adapter._device(result).replace("gpu", "cuda"),
        "tf.Tensor",
        dtype.name,
        shape,
        strides=c_strides(shape, dtype.size),
        itemsize=dtype.size,
        address=adapter.address_of(result) if dtype.name in adapter._IN_DLPACK else None,
        writable=False,
        keep=result,
    )
