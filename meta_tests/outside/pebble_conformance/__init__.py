"""What the conformance suite has to know of pebble: its calls, what they promise, and where releases break that."""

from __future__ import annotations

from typing import Any

from tensor_conformance.conformance.frameworks.framework import Framework, Scripts
from tensor_conformance.conformance.promises import (
    EntryPoint,
    accepts,
    copies,
    documented,
    dtype,
    observed,
    refuses,
    shares,
    type_,
    writable,
)
from tensor_conformance.conformance.promises.conditions import Condition, container_in, contiguous, dtype_in, readonly
from tensor_conformance.strategies.spec import TensorSpec

from .deviations import DEVIATIONS

_DTYPES = ("float32", "float64", "int32", "int64", "uint8", "bool")
_DOCS = "https://pebble.example/docs"
_COPY = documented(_DOCS, "A pebble with the array's elements, in memory of its own.")
_VIEW = documented(_DOCS, "A pebble over the array's own memory; ValueError where that is read-only, or not in C order.")
_REFUSED = documented(_DOCS, "pebbles are made of arrays")
_taken = dtype_in(*_DTYPES, "longlong") & container_in("ndarray") & ~Condition("it is a memmap", lambda s: "memmap" in s.memory)


def _same(spec: Any) -> str:
    """the source's dtype"""
    return {"longlong": "int64"}.get(spec.dtype, spec.dtype)


def _tensor(spec: TensorSpec) -> list[str]:
    return [f"t = pebble.copy(np.frombuffer({spec.values!r}, {spec.dtype!r}).reshape({spec.shape}))"]


PEBBLE = Framework(
    name="pebble",
    title="Pebble",
    imports="import pebble",
    distributions=("pebble-arrays",),
    adapter="pebble_conformance.adapter",
    memory="contiguous",
    scripts=Scripts(build=_tensor, change="r.fill(1)"),
    entry_points=(
        EntryPoint(
            "pebble.copy",
            "pebble.copy(a)",
            "pebble",
            "in",
            (
                refuses("TypeError", when=~_taken, source=_REFUSED),
                accepts(source=_COPY),
                type_("pebble.Pebble", source=_COPY),
                dtype(_same, source=_COPY),
                copies(source=_COPY),
            ),
        ),
        EntryPoint(
            "pebble.view",
            "pebble.view(a)",
            "pebble",
            "in",
            (
                refuses("TypeError", when=~_taken, source=_REFUSED),
                refuses("ValueError", when=readonly | ~contiguous, source=_VIEW),
                accepts(source=_VIEW),
                type_("pebble.Pebble", source=_VIEW),
                dtype(_same, source=_VIEW),
                shares(source=_VIEW),
            ),
        ),
        EntryPoint(
            "pebble.Pebble.numpy",
            "t.numpy()",
            "pebble",
            "out",
            (
                accepts(source=documented(_DOCS, "An array over the same memory.")),
                dtype(_same, source=documented(_DOCS, "An array over the same memory.")),
                shares(source=documented(_DOCS, "An array over the same memory.")),
                writable(True, source=observed("pebble 1.0, 2.0")),
            ),
            states=("plain", "viewed"),
        ),
    ),
    deviations=DEVIATIONS,
    measured={"pebble": ("1.0", "2.0")},
    states={"plain": "", "viewed": "t = pebble.view(t.numpy())"},
    dtypes=_DTYPES,
)
