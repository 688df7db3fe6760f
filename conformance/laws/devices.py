"""Devices: where a result is, what a refusal says, and what order copies keep."""

from __future__ import annotations

from ...strategies.spec import Spec
from ..promises import Owed
from ..subject.observation import Observation
from .expected import same_values
from .law import Answer, Breach, Law, law

#: By id, in the order of the reports.
LAWS: dict[str, Law] = {}

_ATTRIBUTES = "https://docs.pytorch.org/docs/2.13/tensor_attributes.html#torch-device"
_CUDA = "https://docs.pytorch.org/docs/2.13/notes/cuda.html"
_DLPACK = "https://dmlc.github.io/dlpack/latest/python_spec.html"


@law(LAWS, "devices", _ATTRIBUTES, ending="any", evidence="devices", needs=True)
def _device_refusal(owed: Owed, spec: Spec, seen: Observation) -> Answer:
    """A refusal for the sake of a device MUST name the device."""
    clause, refusal = owed["device_refusal"], owed["refuses"]
    if clause is None or seen.outcome != "raised" or refusal is None or refusal.source != clause.source:
        return None  # A refusal for another reason.
    return True if clause.value in seen.message else Breach(f"a message that names {clause.value}", seen.message[:120])


@law(LAWS, "devices", _ATTRIBUTES, evidence="devices", needs=True)
def _device(owed: Owed, spec: Spec, seen: Observation) -> Answer:
    """The result, and its memory, MUST be on the device that was asked for."""
    clause = owed["device"]
    if clause is None or not clause.value or not seen.device:
        return None
    return True if seen.device == clause.value else Breach(clause.value, seen.device)


@law(LAWS, "devices", _CUDA, evidence="devices", needs=True)
def _settled(owed: Owed, spec: Spec, seen: Observation) -> Answer:
    """A copy that did not block MUST hold, once it was waited for, what its source held when it was asked for."""
    return _whole("settled", owed, spec, seen)


@law(LAWS, "devices", _DLPACK, evidence="devices", needs=True)
def _ordered(owed: Owed, spec: Spec, seen: Observation) -> Answer:
    """A consumer on another stream MUST see all that was written before the hand-over."""
    return _whole("ordered", owed, spec, seen)


def _whole(topic: str, owed: Owed, spec: Spec, seen: Observation) -> Answer:
    if owed[topic] is None or seen.data is None:
        return None
    clause = owed["values"]
    return same_values("bits" if clause is None else clause.value, spec, seen)


@law(
    LAWS,
    "devices",
    _CUDA,
    evidence="devices",
    pressure="many",
    shown=(
        "before = $used",
        "for _ in range(100):",
        "    with contextlib.suppress(Exception): convert($source)",
        "print($used - before)  # bytes of the device left behind",
    ),
)
def _device_leaks(owed: Owed, spec: Spec, seen: Observation) -> Answer:
    """A call, answered or refused, MUST NOT leave memory of a device behind when it is repeated."""
    left, count = seen.fact("device bytes"), seen.fact("conversions")
    if left is None:
        return None
    # An allocator hands out blocks: one for each call is a leak, one now and then is a cache.
    return Breach("nothing left behind", "memory of the device each time") if left >= 64 * count else True
