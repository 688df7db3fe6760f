"""Where releases of pebble break their promises."""

from __future__ import annotations

from tensor_conformance.conformance.promises.conditions import container_in, dtype_in
from tensor_conformance.conformance.promises.deviations import Deviation
from tensor_conformance.strategies.spec import ArraySpec

DEVIATIONS = (
    Deviation(
        id="pebble-forgets-the-sign-of-zero",
        title="pebble.copy makes 0.0 of -0.0.",
        package="pebble",
        releases="<2",
        entries=("pebble.copy",),
        laws=("values", "agreement", "repetition"),
        when=dtype_in("float32", "float64") & container_in("ndarray"),
        url="https://pebble.example/docs",
        upstream="",
        example=ArraySpec("float32", (1,), (4,), 0, 4, planted=((0, 1 << 31),)),
        shown_by="pebble.copy",
        severity="wrong data",
    ),
)
