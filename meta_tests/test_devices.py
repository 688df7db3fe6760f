"""Devices without a device: a simulated accelerator for PyTorch, logical CPUs for TensorFlow, and what is said of others."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from conformance import devices, run
from conformance.entry_points import on_device
from conformance.laws_of_devices import ON_DEVICES
from conformance.promises import EntryPoint
from conformance.run import Plan
from conformance.subjects import Isolated, installed
from meta_tests.faults import Fault, device_faults
from meta_tests.strength import ANY, Caught, Watched

SIM = devices.Kind("simulated", "meta_tests.accelerator")
_MISSING = installed(("torch", "tensorflow"), {})[1]
_PLAN = Plan(phases=("grid", "pressure"), profile="quick", limit=30.0, examples=0)


@pytest.fixture(autouse=True)
def simulated(monkeypatch: pytest.MonkeyPatch) -> None:
    """The simulated accelerator is a kind of device."""
    monkeypatch.setitem(devices.KINDS, "sim", SIM)


@pytest.fixture(scope="module")
def accelerated() -> Iterator[Isolated]:
    """A subject with the simulated accelerator."""
    if "torch" in _MISSING:
        pytest.skip(f"not run: {_MISSING['torch']}")
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(devices.KINDS, "sim", SIM)
        subject = Isolated(("torch",), limit=30.0, devices=("sim",))
    yield subject
    subject.close()


@pytest.fixture(scope="module")
def logical() -> Iterator[Isolated]:
    """A subject with two logical CPUs."""
    if "tensorflow" in _MISSING:
        pytest.skip(f"not run: {_MISSING['tensorflow']}")
    subject = Isolated(("tensorflow",), limit=30.0, devices=("cpu:1",))
    yield subject
    subject.close()


def entry_of(name: str) -> EntryPoint:
    return next(entry for entry in on_device("sim") if entry.name == name)


def names(device: str, framework: str) -> list[str]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(devices.KINDS, "sim", SIM)
        return [entry.name for entry in on_device(device) if entry.framework == framework]


def first_broken(entry: EntryPoint, subject: Isolated, law: str = ANY) -> bool:
    """Whether a law, or any, is broken in a short run."""
    try:
        run._Asking(_PLAN, entry, Watched(subject, entry, law))
    except Caught:
        return True
    return False


# -- the simulated accelerator -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", names("sim", "torch"))
def test_the_simulated_accelerator_keeps_every_law(name: str, accelerated: Isolated) -> None:
    assert not first_broken(entry_of(name), accelerated)


@pytest.mark.parametrize("fault", device_faults().values(), ids=lambda fault: fault.id)
def test_a_seeded_fault_of_a_device_is_caught_under_its_law(fault: Fault, accelerated: Isolated) -> None:
    assert first_broken(fault.seeded_in(entry_of(fault.entry)), accelerated, fault.law)


def test_every_law_of_devices_has_faults() -> None:
    assert {fault.law for fault in device_faults().values()} >= ON_DEVICES.keys()
