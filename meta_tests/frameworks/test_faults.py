"""Every seeded fault is caught under the law that it is written under, and nothing is found where none is seeded."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import chain

import pytest

from meta_tests.faults import Fault, aliasing, contents, device_faults, endings, faults, kinds, pressure, symbolic
from meta_tests.strength import ANY, GRID, LIMIT, Watched, catch, entry_of, subject
from tensor_conformance.conformance.laws import LAWS
from tensor_conformance.conformance.run.phases import Asking
from tensor_conformance.conformance.run.plan import Plan
from tensor_conformance.conformance.run.subjects import installed

_MISSING = installed(("torch", "tensorflow"), {})[1]
_PLAN = Plan(phases=GRID, limit=LIMIT)
_SHORT = replace(_PLAN, profile="quick")


def needs(entry: str) -> None:
    reason = _MISSING.get(entry_of(entry).framework)
    if reason:
        pytest.skip(f"not run: {reason}")


#: Every other one: `tox run -e strength` measures all. Those of symbolic forms are caught in test_symbolic.
@pytest.mark.parametrize("id", [id for id, fault in faults().items() if isinstance(fault, Fault)][::2])
def test_a_seeded_fault_is_caught_under_its_law(id: str) -> None:
    needs(faults()[id].entry)
    assert catch(faults()[id], "grid", 0, _PLAN)["caught"]


@pytest.mark.parametrize("entry", ["torch.from_numpy", "torch.Tensor.numpy", "tf.constant", "np.array(tf.Tensor)"])
def test_nothing_is_caught_where_no_fault_is_seeded(entry: str) -> None:
    needs(entry)
    unfaulted = entry_of(entry)
    Asking(_SHORT, unfaulted, Watched(subject(unfaulted.framework), unfaulted, ANY))


def test_every_law_has_faults() -> None:
    assert Counter(fault.law for fault in (*faults().values(), *device_faults().values())).keys() == LAWS.keys()


def test_no_two_faults_have_the_same_name() -> None:
    tables = chain(endings.FAULTS, contents.FAULTS, kinds.FAULTS, aliasing.FAULTS, pressure.FAULTS, symbolic.FAULTS)
    assert [id for id, count in Counter(fault.id for fault in tables).items() if count > 1] == []


def test_faults_are_seeded_in_both_directions_of_both_frameworks() -> None:
    entries = [entry_of(fault.entry) for fault in faults().values()]
    ways = Counter((entry.framework, entry.direction) for entry in entries)
    assert len(ways) == 4
    assert min(ways.values()) >= 10
