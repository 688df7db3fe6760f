"""Pressures show what one conversion alone does not: each law under pressure catches what breaks it, and nothing else."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from meta_tests.helpers import UNDER_PRESSURE
from tensor_conformance.conformance.laws import LAWS
from tensor_conformance.conformance.laws.judge import judge
from tensor_conformance.conformance.laws.law import Breach
from tensor_conformance.conformance.promises import (
    Clause,
    EntryPoint,
    contexts,
    copies,
    forms,
    may_share,
    observed,
    settings,
    under,
    warns,
)
from tensor_conformance.conformance.promises.conditions import always
from tensor_conformance.conformance.run.pressing import PRESSED, RACED, chosen
from tensor_conformance.conformance.run.reproducer import script
from tensor_conformance.conformance.run.subjects import Isolated
from tensor_conformance.conformance.subject.observation import Observation
from tensor_conformance.conformance.subject.pressures import PRESSURES
from tensor_conformance.strategies import ArraySpec

SEEN = observed("this test")
PLAIN = ArraySpec("float32", (2, 3), (12, 4), 0, 24, seed=7)
KEEP = "import sys\nsys.__dict__.setdefault('_kept', []).append({})\n"
RACE = "import sys, time\nsys._mine = mine = object()\ntime.sleep(1e-4)\n"
NO_DLPACK = (forms("dlpack", source=SEEN),)
#: A copy that is still being made when the call returns.
LATE = """import threading, time
def late(r, a, end):
    while time.monotonic() < end:
        r[...] = a
        time.sleep(0)
"""
#: A view of an address, which keeps nothing alive.
DANGLE = "np.asarray(type('W', (), {'__array_interface__': a.__array_interface__})())"

#: law, promise, a call that keeps the law, a call that breaks it
CASES: list[tuple[str, tuple[Clause, ...], str, str]] = [
    ("outlives", (), "a.view()", DANGLE),
    ("released", (), "a.view()", KEEP.format("a") + "a.copy()"),
    ("leaks", (), "a.copy()", KEEP.format("a") + "a.copy()"),
    ("leaks", (), "a.copy()", KEEP.format("object()") + "a.copy()"),
    ("refusal_leaks", (), "int('x')", KEEP.format("a") + "int('x')"),
    ("leaks", (), "a.copy()", "import ctypes\nctypes.CDLL(None).malloc(4096)\na.copy()"),
    ("independence", (copies(source=SEEN),), "a.copy()",
     LATE + "r = a.copy()\nthreading.Thread(target=late, args=(r, a, time.monotonic() + 0.1)).start()\nr"),
    ("threads", (), "a.copy()", RACE + "a.copy() if sys._mine is mine else a + 1"),
    ("threads", (), RACE + "a.copy()", RACE + "a.copy() if sys._mine is mine else int('x')"),
    ("repetition", (), "a.copy()", "import sys\nsys._n = getattr(sys, '_n', 0) + 1\na.copy() if sys._n % 3 else a + 1"),
    ("repetition", (), "a.copy()",
     "import sys\nsys._bad = getattr(sys, '_bad', False) or not hasattr(a, 'shape')\na + 1 if sys._bad else a.copy()"),
    ("traces", (), "a.copy()", "import os\nos.environ['CONVERTED'] = '1'\na.copy()"),
    ("first_call", (), "a.copy()", "import sys\nran = hasattr(sys, '_ran')\nsys._ran = True\na.copy() if ran else a + 1"),
    ("first_warning", (warns("UserWarning", when=always, source=SEEN),), "import warnings\nwarnings.warn('x')\na", "a"),
    ("agreement", NO_DLPACK, "np.array(a)", "np.array(a) if isinstance(a, np.ndarray) else np.array(a) + np.float32(1)"),
    ("agreement", NO_DLPACK, "np.array(a)", "np.array(a) if not isinstance(a, memoryview) else np.array(a).astype('f8')"),
]  # fmt: skip


def breaches(subject: Isolated, call: str, promise: tuple[Clause, ...], law: str) -> list[str]:
    entry = EntryPoint("made.up", call, "torch", "in", promise)
    pressure = LAWS[law].pressure
    return [broken for broken, _ in judge(entry, PLAIN, subject.observe(call, "", [PLAIN], pressure)[0], (), pressure).breaches]


@pytest.mark.parametrize(("law", "promise", "good", "bad"), CASES, ids=[f"{n}-{case[0]}" for n, case in enumerate(CASES)])
def test_a_law_catches_what_breaks_it_and_nothing_else(
    isolated: Isolated, law: str, promise: tuple[Clause, ...], good: str, bad: str
) -> None:
    assert law not in breaches(isolated, good, promise, law)
    assert law in breaches(isolated, bad, promise, law)


CAPSULE = PLAIN._replace(container="dlpack")
TAKE = "np.from_dlpack(a)"
#: Consumes a capsule and never calls its deleter.
NEVER = """import ctypes
capsule = a.__dlpack__()
ctypes.pythonapi.PyCapsule_SetName(ctypes.py_object(capsule), b"used_dltensor")
np.zeros((2, 3), np.float32)"""
#: Reads a capsule without consuming it.
TWICE = """import ctypes
capsule = a.__dlpack__()
np.zeros((2, 3), np.float32)"""


@pytest.mark.parametrize(("call", "broken"), [(TAKE, False), ("int('x')", False), (NEVER, True), (TWICE, True)])
def test_a_capsule_is_consumed_and_deleted_once(isolated: Isolated, call: str, broken: bool) -> None:
    entry = EntryPoint("made.up", call, "torch", "in", ())
    seen = isolated.observe(call, "", [CAPSULE], "capsule")[0]
    assert ("capsules" in [law for law, _ in judge(entry, CAPSULE, seen, (), "capsule").breaches]) is broken


def test_a_setting_that_changes_the_answer_is_caught() -> None:
    subject = Isolated(("torch",))
    assert not breaches(subject, "torch.from_numpy(a)", (), "settings")
    call = "torch.tensor(a.tolist())"  # The default dtype decides.
    assert "settings" in breaches(subject, call, (), "settings")
    promised = settings("default dtype float64", "default dtype float16", source=SEEN)
    follows = under("device meta", "device meta, not cpu", source=SEEN)
    assert not breaches(subject, call, (promised, follows), "settings")
    assert "settings" in breaches(subject, "torch.from_numpy(a)", (follows,), "settings")
    subject.close()


def test_code_around_a_conversion_that_changes_the_answer_is_caught() -> None:
    subject = Isolated(("torch",))
    assert not breaches(subject, "torch.tensor(a)", (), "contexts")
    call = "torch.tensor(a) + torch.jit.is_tracing()"
    assert "contexts" in breaches(subject, call, (), "contexts")
    assert not breaches(subject, call, (contexts("torch.jit.trace", source=SEEN),), "contexts")
    subject.close()


def test_every_law_under_pressure_has_a_case() -> None:
    assert {law for law, *_ in CASES} | {"settings", "contexts", "capsules"} == set(UNDER_PRESSURE)


def test_every_pressure_is_put_on_and_has_a_law() -> None:
    assert set(PRESSURES) == {*PRESSED, "overwrite"} == {law.pressure for law in UNDER_PRESSURE.values()}


def fact(law: str, promise: tuple[Clause, ...], *facts: tuple[str, Any]) -> Any:
    entry = EntryPoint("made.up", "a", "torch", "in", promise)
    return LAWS[law].check(entry.owed(PLAIN), PLAIN, Observation("ok", facts=facts))


def test_a_form_that_may_differ_is_not_judged() -> None:
    assert fact("agreement", NO_DLPACK, ("list", "dtype int64, not int8")) == Breach(
        "what the ndarray gives", "list: dtype int64, not int8"
    )
    assert fact("agreement", (forms("list", source=SEEN),), ("list", "dtype int64, not int8")) is None


def test_what_may_share_may_copy_the_next_time() -> None:
    assert fact("repetition", (may_share(source=SEEN),), ("again", "shares none, not all")) is True
    assert isinstance(fact("repetition", (copies(source=SEEN),), ("again", "shares all, not none")), Breach)


def test_each_pressure_sees_the_plainest_of_each_kind() -> None:
    big = PLAIN._replace(shape=(64,), strides=(4,), nbytes=256)
    copied = Observation("ok", shares="none", follows="none")
    shown = [(big, copied), (PLAIN, copied), (PLAIN._replace(dtype="int32"), Observation("raised", ("TypeError",)))]
    pressed = dict(chosen(shown, "default"))
    assert pressed["drop"] == [PLAIN]
    assert [spec.dtype for spec in pressed["many"]] == ["float32", "int32"]
    assert [spec.nbytes for spec in pressed["overwrite"]] == list(RACED["default"])


@pytest.mark.parametrize(("law", "promise", "good", "bad"), CASES, ids=[f"{n}-{case[0]}" for n, case in enumerate(CASES)])
def test_scripts_run(law: str, promise: tuple[Clause, ...], good: str, bad: str) -> None:
    text = script(EntryPoint("made.up", good, "torch", "in", promise), PLAIN, law, Breach("this", "list: that"))
    done = subprocess.run([sys.executable, "-c", text.replace("import torch\n", "")], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 or "int('x')" in good, done.stderr


@pytest.mark.parametrize(
    ("law", "about"),
    [("settings", "device meta"), ("settings", "autocast"), ("contexts", "torch.jit.trace"), ("contexts", "torch.vmap")],
)
def test_a_script_converts_under_the_setting_or_in_the_code_that_it_names(law: str, about: str) -> None:
    entry = EntryPoint("made.up", "torch.tensor(a) * (2 if torch.jit.is_tracing() else 1)", "torch", "in", ())
    text = script(entry, PLAIN, law, Breach("the usual answer", f"{about}: that"))
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, timeout=60, check=True)
    first, _, second = done.stdout.partition("tensor(")[2].partition("tensor(")
    assert (first == second.replace(", device='meta'", "")) is (about in ("autocast", "torch.vmap"))
