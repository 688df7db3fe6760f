"""NumPy to PyTorch."""

from __future__ import annotations

from conformance.entry_points import torch_in_buffers, torch_in_constructors, torch_in_data, torch_in_dlpack, torch_in_legacy, torch_in_operators
from conformance.promises import EntryPoint

_MODULES = (torch_in_constructors, torch_in_dlpack, torch_in_buffers, torch_in_legacy, torch_in_data, torch_in_operators)

ENTRY_POINTS: tuple[EntryPoint, ...] = tuple(point for module in _MODULES for point in module.ENTRY_POINTS)
