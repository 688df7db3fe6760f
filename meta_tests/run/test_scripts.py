"""Scripts show what the subject saw: of every known deviation of the installed releases, and of a tensor in every state."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from meta_tests.helpers import ROOT
from tensor_conformance.conformance.frameworks.registry import deviations, entry_points, framework, frameworks
from tensor_conformance.conformance.laws.judge import judge, pressure_of
from tensor_conformance.conformance.laws.law import Breach
from tensor_conformance.conformance.promises import EntryPoint
from tensor_conformance.conformance.promises.deviations import Deviation
from tensor_conformance.conformance.run.phases import limit_of
from tensor_conformance.conformance.run.reproducer import script
from tensor_conformance.conformance.run.subjects import Isolated, SubjectError, installed
from tensor_conformance.conformance.subject.observation import Observation
from tensor_conformance.strategies.spec import TensorSpec

#: What these tests share takes long to make: one process of a parallel run has it.
pytestmark = pytest.mark.xdist_group("scripts")

_HERE, _ = installed(tuple(frameworks()), {})
ENTRIES = {entry.name: entry.under(_HERE) for entry in entry_points()}
NAMES = tuple(frameworks())
#: A call that takes a tensor in any state and says what it is.
ANY = {name: EntryPoint("itself", "t", name, "out", ()) for name in NAMES}


@pytest.fixture(scope="module", params=NAMES)
def subject(request: pytest.FixtureRequest) -> Iterator[Isolated]:
    """A subject of each framework that is installed."""
    try:
        isolated = Isolated((request.param,), limit=30.0)
    except SubjectError as error:
        pytest.skip(f"not run: {error}")
    if isolated.missing:
        isolated.close()
        pytest.skip(f"not run: {isolated.missing}")
    yield isolated
    isolated.close()


def run(name: str, scripts: dict[str, str]) -> dict[str, Any]:
    """How scripts of a framework end; see `meta_tests.scripts`."""
    command = [sys.executable, "-m", "meta_tests.scripts", name]
    done = subprocess.run(command, input=json.dumps(scripts), capture_output=True, text=True, cwd=ROOT, check=False, timeout=550)
    assert not done.returncode, done.stderr[-2000:]
    return json.loads(done.stdout)  # type: ignore[no-any-return]


def known(subject: Isolated) -> list[Deviation]:
    """The known deviations of a subject, but for those that only a device shows."""
    (name,) = set(subject.versions) & set(NAMES)
    found = [d for d in deviations() if d.shown_by in ENTRIES and d.applies_to(subject.versions)]
    return [d for d in found if ENTRIES[d.shown_by].framework == name and ENTRIES[d.shown_by].pace != "built"]


#: Pressures of whose breach the script says something: the setting, the code around, the form.
_TOLD = ("settings", "contexts", "forms")


@cache
def _law_and_breach(deviation: Deviation, seen: Observation) -> tuple[str, Breach]:
    verdict = judge(ENTRIES[deviation.shown_by], deviation.example, seen, (deviation,), pressure_of(deviation))
    return next(((law, breach) for _, law, breach in verdict.deviations), (deviation.laws[0], Breach("", "")))


def differs(ending: dict[str, Any], seen: Observation) -> str:
    """How a script's ending differs from what the subject saw, in words; "" where it does not."""
    if seen.outcome in ("crashed", "hung"):
        return "" if ending["outcome"] in ("crashed", "hung") else f"{ending}, not {seen.headline}"
    if seen.outcome == "raised":
        return "" if ending.get("error") == seen.error[0] else f"{ending}, not {seen.headline}: {seen.message}"
    if ending["outcome"] != "ok":
        return f"{ending}, not an answer"
    expected = {"type": seen.type, "dtype": seen.dtype, "shape": list(seen.shape)}
    expected |= {} if seen.data is None else {"data": seen.data.hex()}
    return "".join(f"{name} {ending.get(name)}, not {value}; " for name, value in expected.items() if ending.get(name) != value)


def test_the_script_of_every_known_deviation_shows_what_the_subject_saw(subject: Isolated) -> None:
    observed, scripts = {}, {}
    for deviation in known(subject):
        entry, pressure = ENTRIES[deviation.shown_by], pressure_of(deviation)
        ask = (entry.question, entry.maker, [deviation.example], pressure)
        if pressure and pressure not in _TOLD:  # What the script prints of these is for people to read.
            (seen,) = (Observation("ok"),)
        else:
            (seen,) = subject.observe(*ask, limit=limit_of(deviation))
        (again,) = (seen,) if pressure or seen.outcome != "ok" else subject.observe(*ask)
        law, breach = _law_and_breach(deviation, seen)
        scripts[deviation.id] = script(entry, deviation.example, law, breach)
        # Of what lies in nobody's memory only that it is garbage is the same.
        garbage = law in ("values", "refusal") or seen.data != again.data
        observed[deviation.id] = seen._replace(data=None) if garbage else seen
    (name,) = set(subject.versions) & set(NAMES)
    wrong = []
    for id, ending in run(name, scripts).items():
        seen = observed[id]
        deviation = next(d for d in deviations() if d.id == id)
        if pressure_of(deviation):
            _, breach = _law_and_breach(deviation, seen)
            expected = f"raises {ending.get('error')}," in breach.observed  # Under the setting that the breach names.
            problem = str(ending) if ending["outcome"] == "raised" and not expected else ""
        else:
            problem = differs(ending, seen)
        if problem:
            wrong.append(f"{id}: {problem}")
    assert not wrong, "\n".join(wrong)


def test_a_tensor_in_every_state_is_the_one_that_the_subject_builds(subject: Isolated) -> None:
    (name,) = set(subject.versions) & set(NAMES)
    ours = framework(name)
    specs = {
        f"{state} {dtype}": TensorSpec(dtype, (2, 3), (3 * item, item), 0, 6 * item, 0, state, 5)
        for state in ours.states
        for dtype, item in (("float32", 4), ("complex64", 8))
    }
    seen = dict(zip(specs, subject.observe("t", name, list(specs.values()))))
    built = {key: observation for key, observation in seen.items() if observation.outcome != "unbuildable"}
    assert {key.partition(" ")[0] for key in built} == set(ours.states)
    endings = run(name, {key: script(ANY[name], specs[key], "values", Breach("", "")) for key in built})
    # What a tensor of zeros without memory holds, and where a class was made, is the process's own.
    same = {
        key: observation._replace(data=None if key.startswith("zero") else observation.data, type=endings[key].get("type", ""))
        for key, observation in built.items()
    }
    wrong = [f"{key}: {problem}" for key, seen in same.items() if (problem := differs(endings[key], seen))]
    assert not wrong, "\n".join(wrong)
