"""How pebbles are built from raw bytes and held by address, inside a subject."""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np
import pebble

from tensor_conformance.conformance.subject.handle import Handle
from tensor_conformance.strategies.build import Memory, Unbuildable
from tensor_conformance.strategies.spec import TensorSpec, c_strides

NAMES = {"pebble": pebble}
VERSION = pebble.__version__


class Source:
    """One built pebble, and the memory that holds its elements."""

    is_mutable = True

    def __init__(self, spec: TensorSpec) -> None:
        self._room = np.zeros(spec.nbytes + 64, np.uint8)
        lead = -self._room.__array_interface__["data"][0] % 64
        memory = self._room[lead : lead + spec.nbytes]
        memory.data[:] = spec.owner_bytes
        self.start, self.nbytes, self.owner = memory.__array_interface__["data"][0], spec.nbytes, self._room
        array = memory.view(spec.dtype).reshape(spec.shape)
        self.value = pebble.Pebble(array)
        if spec.state == "viewed":
            self.value = pebble.view(self.value.numpy())
        self.is_mutable = self.nbytes > 0

    def flip(self) -> None:
        Memory(self.start, self.nbytes).flip()

    def contents(self) -> bytes:
        return ctypes.string_at(self.start, self.nbytes)

    def close(self) -> None:
        pass


def build(spec: TensorSpec) -> Source:
    """The pebble that a spec describes."""
    if spec.dtype not in pebble.DTYPES or spec.state not in ("plain", "viewed") or len(spec.shape) > 32:
        raise Unbuildable(f"no pebble of {spec.dtype} in state {spec.state}")
    return Source(spec)


def describe(result: Any) -> Handle | None:
    """A handle on a pebble; None for anything else."""
    if not isinstance(result, pebble.Pebble):
        return None
    item = np.dtype(result.dtype).itemsize
    strides = c_strides(result.shape, item)
    return Handle(
        "pebble.Pebble",
        result.dtype,
        tuple(result.shape),
        strides,
        item,
        result.address,
        writable=True,
        poke=lambda blank: result.fill(1 if blank else 0),
        keep=result,
    )
