"""The laws: MUST sentences that any conversion keeping its promise satisfies, a module for each family."""

from __future__ import annotations

from . import aliasing, devices, dtype, lifetime, pressure, refusal, roundtrip, symbolic
from .law import Law

_CONVERSIONS = refusal.LAWS | roundtrip.LAWS | dtype.LAWS | aliasing.LAWS

#: By id, in the order of the reports: on how any conversion ends first.
LAWS: dict[str, Law] = {
    **{id: law for id, law in _CONVERSIONS.items() if law.ending == "any"},
    **_CONVERSIONS,
    **symbolic.LAWS,
    **lifetime.LAWS,
    **pressure.LAWS,
    **devices.LAWS,
}

__all__ = ["LAWS", "Law"]
