"""Every entry point with its promise: one module per framework and direction."""

from __future__ import annotations

from functools import cache

from conformance.promises import EntryPoint

FRAMEWORKS = ("torch", "tensorflow")


@cache
def entry_points() -> tuple[EntryPoint, ...]:
    """All entry points, by framework, ways in before ways out. Imports no framework."""
    from conformance.entry_points import tensorflow_in, tensorflow_out, tensorflow_symbolic, torch_in, torch_out, torch_symbolic

    modules = (torch_in, torch_out, torch_symbolic, tensorflow_in, tensorflow_out, tensorflow_symbolic)
    return tuple(entry for module in modules for entry in module.ENTRY_POINTS)


@cache
def on_device(device: str) -> tuple[EntryPoint, ...]:
    """All entry points about a device other than the host: "cuda", "cuda:1", "cpu:1". Imports no framework."""
    from conformance.entry_points import tensorflow_devices, torch_devices

    return (*torch_devices.entry_points(device), *tensorflow_devices.entry_points(device))
