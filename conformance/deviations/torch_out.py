"""Where releases break the promises of conformance.entry_points.torch_out."""

from __future__ import annotations

from conformance.deviations import Deviation

DEVIATIONS: tuple[Deviation, ...] = ()
