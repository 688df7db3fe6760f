"""The promises and deviations as data: complete, sourced and consistent."""

from __future__ import annotations

import pytest

from meta_tests.helpers import every_entry_point
from tensor_conformance.conformance.frameworks.registry import deviations, frameworks
from tensor_conformance.conformance.laws import LAWS
from tensor_conformance.conformance.promises import EntryPoint
from tensor_conformance.conformance.promises.deviations import Deviation
from tensor_conformance.strategies import ArraySpec, chooser, draw_array_spec, draw_tensor_spec, spec_from_json

ENTRIES = {entry.name: entry for entry in every_entry_point()}
SEVERITIES = ("crash", "hang", "wrong data", "memory", "manners")


def named(value: EntryPoint | Deviation) -> str:
    return value.name if isinstance(value, EntryPoint) else value.id


def test_names_and_ids_are_unique() -> None:
    assert len(ENTRIES) == len(every_entry_point())
    assert len({deviation.id for deviation in deviations()}) == len(deviations())


def test_every_framework_has_both_directions() -> None:
    assert {(entry.framework, entry.direction) for entry in every_entry_point()} == {
        (f, d) for f in frameworks() for d in ("in", "out")
    }


@pytest.mark.parametrize("entry", every_entry_point(), ids=named)
def test_an_entry_point_promises_dtype_or_memory_with_sources(entry: EntryPoint) -> None:
    topics = {clause.topic for clause in entry.promise}
    # Python numbers have no memory, an array that is filled has its own dtype, and some calls refuse whatever they get.
    assert topics & {"dtype", "aliasing", "refuses"}
    for clause in entry.promise:
        assert clause.source.url.startswith("https://") or clause.source.observed, clause


@pytest.mark.parametrize("entry", every_entry_point(), ids=named)
def test_conditions_can_be_asked_of_any_spec(entry: EntryPoint) -> None:
    choose = chooser(7)
    for _ in range(100):
        spec = draw_tensor_spec(choose, states=entry.states) if entry.maker else draw_array_spec(choose)
        for clause in entry.promise:
            assert clause.when(spec) in (True, False)
            assert clause.text


@pytest.mark.parametrize("deviation", deviations(), ids=named)
def test_a_deviation_is_complete(deviation: Deviation) -> None:
    assert deviation.severity in SEVERITIES
    assert set(deviation.laws) <= set(LAWS)
    assert deviation.url.startswith("https://")
    assert deviation.upstream == "" or deviation.upstream.startswith("https://")
    shown = ENTRIES[deviation.shown_by]
    assert deviation.covers(shown)
    assert deviation.when(deviation.example)
    assert isinstance(deviation.example, ArraySpec) == (shown.direction == "in")
    assert spec_from_json(deviation.example.to_json()) == deviation.example


@pytest.mark.parametrize("deviation", deviations(), ids=named)
def test_a_deviation_names_entry_points_that_exist(deviation: Deviation) -> None:
    for pattern in deviation.entries:
        assert any(entry.matches(pattern) for entry in every_entry_point()), pattern
