"""Every law can fail: a conversion that breaks it is caught under its name, and one that keeps it is not."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from meta_tests.helpers import ROOT
from tensor_conformance.conformance.frameworks.registry import entry_points
from tensor_conformance.conformance.laws import LAWS
from tensor_conformance.conformance.laws.devices import LAWS as ON_DEVICES
from tensor_conformance.conformance.laws.judge import Verdict, judge
from tensor_conformance.conformance.laws.law import Breach
from tensor_conformance.conformance.promises import (
    FACT_LAWS,
    Clause,
    EntryPoint,
    accepts,
    copies,
    dtype,
    flags,
    immutable,
    may_refuse,
    may_share,
    observed,
    refuses,
    shares,
    type_,
    values,
    warns,
    writable,
)
from tensor_conformance.conformance.promises.conditions import always, readonly
from tensor_conformance.conformance.promises.deviations import Deviation
from tensor_conformance.conformance.run.subjects import Isolated
from tensor_conformance.conformance.subject.observation import Observation
from tensor_conformance.strategies import ArraySpec

SEEN = observed("this test")
PLAIN = ArraySpec("float32", (2, 3), (12, 4), 0, 24, seed=7)
READONLY = PLAIN._replace(memory="readonly")
F_ORDER = PLAIN._replace(strides=(4, 8))
BOOL = ArraySpec("bool", (3,), (1,), 0, 3, planted=((1, 1),))
HALVES = PLAIN._replace(seed=0, planted=((4, 0x3FC00000),))
#: A writable array over memory that said it is read-only.
UNLOCK = "np.asarray(type('W', (), {'__array_interface__': a.__array_interface__ | {'data': (a.ctypes.data, False)}})())"
SHARES, COPIES = shares(source=SEEN), copies(source=SEEN)


def same(spec: Any) -> str:
    return str(spec.dtype)


def verdict(
    subject: Isolated, call: str, promise: tuple[Clause, ...], spec: ArraySpec, known: tuple[Deviation, ...] = ()
) -> Verdict:
    entry = EntryPoint("made.up", call, "torch", "in", promise)
    return judge(entry, spec, subject.observe(call, "", [spec])[0], known)


#: law, promise, spec, a call that keeps the law, a call that breaks it
CASES: list[tuple[str, tuple[Clause, ...], ArraySpec, str, str]] = [
    ("survival", (), PLAIN, "a", "import os\nos.abort()"),
    ("survival", (), PLAIN, "a", "import time\ntime.sleep(60)"),
    ("refusal", (refuses("TypeError", when=always, source=SEEN),), PLAIN, "len(1)", "a"),
    ("refusal", (refuses("TypeError", when=always, source=SEEN),), PLAIN, "len(1)", "int('x')"),
    ("refusal", (may_refuse("ValueError", source=SEEN),), PLAIN, "int('x')", "len(1)"),
    ("acceptance", (accepts(source=SEEN),), PLAIN, "a", "len(1)"),
    ("acceptance", (), PLAIN, "a", "len(1)"),
    ("values", (), PLAIN, "a.copy()", "a + np.float32(1)"),
    ("values", (), PLAIN, "a.copy()", "a[::-1].copy()"),
    ("values", (), F_ORDER, "a.copy()", "a.ravel('K').reshape(a.shape)"),
    ("values", (), PLAIN._replace(planted=((0, 1 << 31),), seed=0), "a.copy()", "a + np.float32(0)"),
    ("values", (), PLAIN._replace(planted=((5, 0x7F800001),)), "a.copy()", "a.astype('f8').astype('f4')"),
    ("values", (), PLAIN._replace(dtype=">float32"), "a.astype('<f4')", "a.view('<f4')"),
    ("values", (), BOOL._replace(planted=((1, 0x80),)), "a != 0", "a & 1"),
    ("values", (values("astype", source=SEEN),), HALVES, "a.astype('f2')", "np.trunc(a).astype('f2')"),
    ("shape", (), PLAIN, "a.copy()", "a.ravel()"),
    ("shape", (), PLAIN._replace(shape=(), strides=()), "a.copy()", "a.reshape(1)"),
    ("source", (), PLAIN, "a.copy()", "b = a.copy()\na *= 0\nb"),
    ("type", (type_("numpy.ndarray", source=SEEN),), PLAIN, "a", "np.matrix(a)"),
    ("type", (type_("numpy.ndarray", source=SEEN),), PLAIN, "a", "object()"),
    ("dtype", (dtype(same, source=SEEN),), PLAIN, "a.copy()", "a.astype('f8')"),
    ("dtype", (dtype("float64", source=SEEN),), PLAIN, "a.astype('f8')", "a.copy()"),
    ("memory", (SHARES,), PLAIN, "a.view()", "a.copy()"),
    ("memory", (COPIES,), PLAIN, "a.copy()", "a.view()"),
    ("memory", (may_share(source=SEEN),), PLAIN, "a.view()", "np.lib.stride_tricks.as_strided(a[1:], (2, 3))"),
    ("follows", (SHARES,), PLAIN, "a.view()", "a.copy()"),
    ("follows", (COPIES,), PLAIN, "a.copy()", "a.view()"),
    ("leads", (SHARES,), PLAIN, "a.view()", "a.copy()"),
    ("leads", (COPIES,), PLAIN, "a.copy()", "a.view()"),
    ("strides", (), F_ORDER, "a.view()", "np.lib.stride_tricks.as_strided(a, a.shape, (12, 4))"),
    ("twins", (COPIES,), PLAIN, "a.copy()", "import sys\nsys.__dict__.setdefault('_twin', a.copy())"),
    ("immutability", (immutable(source=SEEN),), PLAIN, "a.copy()", "a.view()"),
    ("readonly", (), READONLY, "a.view()", UNLOCK),
    ("readonly", (warns("UserWarning", when=readonly, source=SEEN),), READONLY, "a.copy()",
     UNLOCK),
    ("writable", (writable(True, source=SEEN),), PLAIN, "a.copy()", "b = a.copy()\nb.flags.writeable = False\nb"),
    ("warnings", (warns("UserWarning", when=always, source=SEEN),), PLAIN, "import warnings\nwarnings.warn('x')\na", "a"),
    ("warnings", (warns("", when=always, source=SEEN),), PLAIN, "a", "import warnings\nwarnings.warn('x')\na"),
]  # fmt: skip


@pytest.mark.parametrize(("law", "promise", "spec", "good", "bad"), CASES, ids=[f"{n}-{case[0]}" for n, case in enumerate(CASES)])
def test_a_law_catches_what_breaks_it_and_nothing_else(
    isolated: Isolated, law: str, promise: tuple[Clause, ...], spec: ArraySpec, good: str, bad: str
) -> None:
    assert law not in [broken for broken, _ in verdict(isolated, good, promise, spec).breaches]
    assert law in [broken for broken, _ in verdict(isolated, bad, promise, spec).breaches]


def test_marks_that_were_not_promised_are_caught() -> None:
    entry = EntryPoint("made.up", "a", "torch", "in", (flags(source=SEEN),))
    marked = Observation("ok", flags=("requires_grad",))
    assert ("flags", Breach("no marks", "requires_grad")) in judge(entry, PLAIN, marked).breaches
    assert judge(entry, PLAIN, Observation("ok")).held.count("flags") == 1


def test_every_law_has_a_case() -> None:
    own = {law.id for law in LAWS.values() if not law.pressure} - set(FACT_LAWS) - ON_DEVICES.keys()
    # Those: test_pressure, test_symbolic, test_devices.
    assert {law for law, *_ in CASES} | {"flags"} == own


def test_every_law_is_in_the_module_of_its_family() -> None:
    assert {law.id: law.check.__module__.rpartition(".")[2] for law in LAWS.values()} == {id: LAWS[id].family for id in LAWS}


def test_every_law_that_can_apply_to_an_entry_point_is_a_test_of_it() -> None:
    asked = [sys.executable, "-m", "pytest", "conformance/test_laws.py", "--collect-only", "-q"]
    done = subprocess.run(asked, capture_output=True, text=True, cwd=ROOT, check=True)
    named = "conformance/test_laws.py::test_the_law_holds[{}-{}-{}]"
    judged = [(entry, law) for entry in entry_points() for law in LAWS.values() if law.applies_to(entry)]
    owed = [named.format(entry.name, law.family, law.id) for entry, law in judged]
    assert [line for line in done.stdout.splitlines() if "::" in line] == owed
    assert {law.id for _, law in judged} == LAWS.keys() - ON_DEVICES.keys()


def test_a_refusal_as_promised_is_a_verdict_of_its_own(isolated: Isolated) -> None:
    assert verdict(isolated, "len(1)", (refuses("TypeError", when=always, source=SEEN),), PLAIN).name == "refuses"


@pytest.mark.parametrize(
    ("call", "name"), [("a.copy()", "violates"), ("import os\nos.abort()", "crashes"), ("a.view()", "conforms")]
)
def test_the_verdict_says_how_bad_it_is(isolated: Isolated, call: str, name: str) -> None:
    assert verdict(isolated, call, (SHARES,), PLAIN).name == name


def deviation(**changes: Any) -> Deviation:
    fields: dict[str, Any] = {
        "id": "made-up", "title": "", "package": "numpy", "releases": ">=1", "entries": ("made.up",),
        "laws": ("memory", "follows", "leads"), "when": always, "url": "", "upstream": "", "example": PLAIN,
        "shown_by": "made.up", "severity": "memory",
    }  # fmt: skip
    return Deviation(**{**fields, **changes})


def test_a_recorded_breach_deviates(isolated: Isolated) -> None:
    assert verdict(isolated, "a.copy()", (SHARES,), PLAIN, (deviation(),)).name == "deviates"


def test_a_deviation_covers_its_own_laws_only(isolated: Isolated) -> None:
    found = verdict(isolated, "a.copy()", (SHARES,), PLAIN, (deviation(laws=("memory",)),))
    assert [law for law, _ in found.breaches] == ["follows", "leads"]


def test_a_deviation_covers_its_own_condition_only(isolated: Isolated) -> None:
    assert verdict(isolated, "a.copy()", (SHARES,), PLAIN, (deviation(when=readonly),)).name == "violates"


@pytest.mark.parametrize(("releases", "applies"), [(">=2.13,<2.14", True), (">=2.14", False), ("==2.13.0", True)])
def test_a_deviation_applies_to_its_own_releases_only(releases: str, applies: bool) -> None:
    assert deviation(package="torch", releases=releases).applies_to({"torch": "2.13.0+cpu"}) is applies


def pair(promise: tuple[Clause, ...], topic: str) -> Callable[[ArraySpec], Clause | None]:
    return lambda spec: EntryPoint("made.up", "a", "torch", "in", promise).clause(topic, spec)


def test_the_first_clause_that_applies_decides() -> None:
    decide = pair((copies(readonly, source=SEEN), SHARES), "aliasing")
    assert [clause.value for spec in (READONLY, PLAIN) if (clause := decide(spec))] == ["copies", "shares"]
