"""What others hold on to stays: names that results, trophies and command lines use, the inputs of a seed, replay ids."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from meta_tests.faults import device_faults, faults
from meta_tests.helpers import every_entry_point
from tensor_conformance.conformance.frameworks.registry import deviations, entry_points
from tensor_conformance.conformance.laws import LAWS
from tensor_conformance.conformance.laws.judge import pressure_of
from tensor_conformance.conformance.programs.known import known_programs
from tensor_conformance.conformance.programs.program import replay_id as program_id
from tensor_conformance.conformance.run.grid import grid
from tensor_conformance.conformance.run.tally import replay_id

#: What is written down: lists of names, and names with what they must stay.
GOLDEN: dict[str, Any] = json.loads(Path(__file__).with_name("golden.json").read_text(encoding="utf-8"))


def names(*found: str) -> dict[str, str]:
    """Names of which nothing else is written down."""
    return dict.fromkeys(found, "")


def grids() -> dict[str, str]:
    """Digests of the inputs of seed 0, by the name of their list."""
    kinds = {(entry.maker, entry.states) for entry in entry_points()}
    return {f"{maker or 'array'} {' '.join(states)}": digest(grid(maker, states, 0, "few")) for maker, states in sorted(kinds)}


def digest(specs: Any) -> str:
    text = json.dumps([spec.to_json() for spec in specs], sort_keys=True)
    return hashlib.blake2b(text.encode(), digest_size=12).hexdigest()


NOW: dict[str, Callable[[], dict[str, str]]] = {
    "laws": lambda: names(*LAWS),
    "entry points": lambda: names(*(entry.name for entry in every_entry_point())),
    "seeded faults": lambda: names(*faults(), *device_faults()),
    "replay ids of deviations": lambda: {d.id: replay_id(d.shown_by, d.example, pressure_of(d)) for d in deviations()},
    "replay ids of known programs": lambda: {k.id: program_id("+".join(k.frameworks), k.program) for k in known_programs()},
    "grids": grids,
}


def known(kind: str) -> dict[str, str]:
    return GOLDEN[kind] if isinstance(GOLDEN[kind], dict) else names(*GOLDEN[kind])


@pytest.mark.parametrize("kind", NOW)
def test_what_is_written_down_has_not_changed(kind: str) -> None:
    now = NOW[kind]()
    assert {name: now.get(name, "gone") for name in known(kind)} == known(kind)


@pytest.mark.parametrize("kind", NOW)
def test_what_is_new_is_written_down_too(kind: str) -> None:
    new = {name: value for name, value in NOW[kind]().items() if name not in known(kind)}
    assert new == {}, f"add to {kind} in golden.json: {json.dumps(new)}"


def test_nothing_else_is_written_down() -> None:
    assert GOLDEN.keys() == NOW.keys()
    assert all(known(kind) for kind in GOLDEN)
