"""Devices without a device: a simulated accelerator for PyTorch, logical CPUs for TensorFlow, and what is said of others."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from meta_tests import simulated
from meta_tests.faults import Fault, device_faults
from meta_tests.on_device import PLAN
from meta_tests.run.test_manners import ROOT
from meta_tests.strength import ANY, Watched, breaks
from tensor_conformance.conformance.frameworks.registry import on_device
from tensor_conformance.conformance.laws.devices import LAWS as ON_DEVICES
from tensor_conformance.conformance.laws.judge import judge
from tensor_conformance.conformance.promises import (
    Clause,
    EntryPoint,
    device,
    device_refusal,
    observed,
    ordered,
    refuses,
    settled,
)
from tensor_conformance.conformance.promises.conditions import always
from tensor_conformance.conformance.run.plan import PROFILES, Plan, Share
from tensor_conformance.conformance.run.run import Run
from tensor_conformance.conformance.run.subjects import Isolated, installed
from tensor_conformance.conformance.subject import devices
from tensor_conformance.conformance.subject.observation import Observation
from tensor_conformance.reports.results import read
from tensor_conformance.strategies import ArraySpec

#: What these tests share takes long to make: one process of a parallel run has it.
pytestmark = pytest.mark.xdist_group("devices")

_MISSING = installed(("torch", "tensorflow"), {})[1]
#: Enough inputs to see each dtype and layout, not all that a run looks at.
_BRIEF = PROFILES["quick"]._replace(**dict.fromkeys(("usual", "keyworded", "slow", "slowest"), Share("few", 0)))
_GRID = Plan(phases=("grid",), profile="brief", limit=30.0)
#: Those that are put under pressure: one of each way to and from a device.
_PRESSED = tuple(f"torch.Tensor.{way}" for way in ("to[sim]", "to[sim, pinned, non_blocking]", "cpu[sim]", "numpy[sim]"))
ONE = ArraySpec("float32", (2,), (4,), 0, 8, seed=7)
SEEN = observed("this test")


@pytest.fixture(autouse=True)
def brief(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(PROFILES, "brief", _BRIEF)


def subject_with(framework: str, device: str) -> Iterator[Isolated]:
    if framework in _MISSING:
        pytest.skip(f"not run: {_MISSING[framework]}")
    subject = Isolated((framework,), limit=30.0, devices=(device,))
    yield subject
    subject.close()


@pytest.fixture(scope="module")
def accelerated() -> Iterator[Isolated]:
    """A subject with the simulated accelerator."""
    yield from subject_with("torch", "sim")


@pytest.fixture(scope="module")
def logical() -> Iterator[Isolated]:
    """A subject with two logical CPUs."""
    yield from subject_with("tensorflow", "cpu:1")


def entry_of(name: str, device: str = "sim") -> EntryPoint:
    return next(entry for entry in on_device(device) if entry.name == name)


def names(device: str, framework: str) -> list[str]:
    return [entry.name for entry in on_device(device) if entry.framework == framework]


def broken(entry: EntryPoint, subject: Isolated, plan: Plan, law: str = ANY) -> bool:
    """Whether the law, or any, is broken in a run."""
    return breaks(plan, entry, Watched(subject, entry, law))


# -- the simulated accelerator -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", names("sim", "torch"))
def test_the_simulated_accelerator_keeps_the_laws(name: str, accelerated: Isolated) -> None:
    assert not broken(entry_of(name), accelerated, _GRID)


@pytest.mark.parametrize("name", _PRESSED)
def test_it_keeps_them_under_pressure(name: str, accelerated: Isolated) -> None:
    assert not broken(entry_of(name), accelerated, PLAN)


@pytest.mark.parametrize("fault", device_faults().values(), ids=lambda fault: fault.id)
def test_a_seeded_fault_of_a_device_is_caught_under_its_law(fault: Fault, accelerated: Isolated) -> None:
    assert broken(fault.seeded_in(entry_of(fault.entry)), accelerated, PLAN, fault.law)


def test_every_law_of_devices_has_faults() -> None:
    assert {fault.law for fault in device_faults().values()} >= ON_DEVICES.keys()


def test_the_host_dies_of_a_devices_address(accelerated: Isolated) -> None:
    call = "import ctypes\nt = torch.from_numpy(a).to('sim')\nctypes.string_at(t.data_ptr(), 1)"
    assert accelerated.observe(call, "", [ONE])[0].headline == "crashed (SIGSEGV)"


def test_to_lose_the_device_is_a_crash(accelerated: Isolated) -> None:
    call = "raise RuntimeError('CUDA error: an illegal memory access was encountered')"
    seen, after = (accelerated.observe(text, "", [ONE])[0] for text in (f"{call}\na", "torch.from_numpy(a).to('sim')"))
    assert (seen.outcome, after.outcome) == ("crashed", "ok")
    assert "illegal memory access" in seen.message


def test_a_fresh_fork_has_devices_of_its_own(accelerated: Isolated) -> None:
    here = "torch.from_numpy(a).to('sim')"
    before, crash, after = (accelerated.observe(call, "", [ONE])[0] for call in (here, "import os\nos.abort()", here))
    assert crash.outcome == "crashed"
    assert (before.device, before.data) == (after.device, after.data) == ("sim:0", ONE.values)


# -- logical CPUs ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", names("cpu:1", "tensorflow"))
def test_logical_cpus_keep_the_laws(name: str, logical: Isolated) -> None:
    assert not broken(entry_of(name, "cpu:1"), logical, _GRID)


def test_a_tensor_on_another_logical_cpu_is_caught(logical: Isolated) -> None:
    entry = entry_of("tf.constant[cpu:1]", "cpu:1")
    assert broken(replace(entry, call="tf.constant(a)", _topics={}, _settled={}), logical, _GRID, "device")


# -- what laws say -----------------------------------------------------------------------------------------------------

OFF_CPU = (refuses("TypeError", when=always, source=SEEN), device_refusal("cuda:0", source=SEEN))
#: law, promise, what keeps it, what breaks it
CASES: list[tuple[str, tuple[Clause, ...], Observation, Observation]] = [
    ("device", (device("cuda:0", source=SEEN),), Observation("ok", device="cuda:0"), Observation("ok", device="cuda:1")),
    ("device_refusal", OFF_CPU, Observation("raised", ("TypeError",), "on cuda:0"), Observation("raised", ("TypeError",), "no")),
    ("settled", (settled(source=SEEN),), Observation("ok", data=ONE.values), Observation("ok", data=bytes(8))),
    ("ordered", (ordered(source=SEEN),), Observation("ok", data=ONE.values), Observation("ok", data=bytes(8))),
]


@pytest.mark.parametrize(("law", "promise", "good", "bad"), CASES, ids=[case[0] for case in CASES])
def test_a_law_is_kept_or_broken(law: str, promise: tuple[Clause, ...], good: Observation, bad: Observation) -> None:
    entry = EntryPoint("made.up", "a", "torch", "in", promise, device="cuda")
    assert law in judge(entry, ONE, good).held
    assert law in [broken for broken, _ in judge(entry, ONE, bad).breaches]


def test_calls_of_the_host_are_not_asked_about_devices() -> None:
    entry = EntryPoint("made.up", "a", "torch", "in", (device("cuda:0", source=SEEN),))
    assert "device" not in judge(entry, ONE, Observation("ok", device="cpu")).held


# -- names, and devices that are not here ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "listed"),
    [("cpu", ("cpu",)), ("cuda:1,cpu,cuda:1", ("cuda:1", "cpu")), ("all", devices.ALL), ("cpu:0", ("cpu",))],
)
def test_devices_are_listed_once_each(text: str, listed: tuple[str, ...]) -> None:
    assert devices.listed(text) == listed


@pytest.mark.parametrize("text", ["", "tpu", "cuda:", "cuda:x", "cuda:-1", "cuda:01", "CUDA", "cpu,", "cuda 1"])
def test_what_is_no_device_is_refused_in_a_line(text: str) -> None:
    with pytest.raises(ValueError, match=r"^unknown device [^\n]+ known: cpu, cuda, [^\n]+$"):
        devices.listed(text)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("torch.tensor[device=sim]", ""),
        ("torch.Tensor.to[sim:1]", ""),
        ("torch.Tensor.to[sim:2]", "no sim device 2 (there are 2)"),
    ],
)
def test_a_device_is_here_or_it_is_said_why_not(name: str, reason: str, accelerated: Isolated) -> None:
    entry = next(entry for device in ("sim", "sim:1", "sim:2") for entry in on_device(device) if entry.name == name)
    here = Run(Plan(devices=("sim",)))
    here._subjects["torch"] = accelerated
    assert here.absence(entry) == reason


def suite(*arguments: str, results: Path) -> tuple[int, Any, str]:
    """`pytest conformance` with these arguments and the simulated accelerator: its exit code, rows and last words."""
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        simulated.__name__,
        "conformance",
        "--results",
        str(results),
        "-q",
        *arguments,
    ]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False, timeout=120)
    return done.returncode, read(results), done.stdout


def test_without_a_device_every_cell_is_not_run(tmp_path: Path, accelerated: Isolated) -> None:
    code, results, shown = suite("--device", "cuda", "--framework", "torch", results=tmp_path / "r.jsonl")
    calls = {entry.name for entry in on_device("cuda") if entry.framework == "torch"}
    assert {row["entry"] for row in results.of("not_run")} == calls
    assert {row["reason"] for row in results.of("not_run")} == {"no CUDA device"}
    assert not list(results.of("entry"))
    assert f"NOT RUN: no CUDA device (entry points: {len(calls)})" in shown
    assert " passed" not in shown
    assert code == 1  # Nothing was asked, and that is no success.


def test_a_run_on_a_device_says_so(tmp_path: Path, accelerated: Isolated) -> None:
    glob = ("--entry-point", "torch.tensor[device=sim]", "--profile", "quick", "--phase", "grid")
    code, results, shown = suite("--device", "sim", "--framework", "torch", *glob, results=tmp_path / "r.jsonl")
    (entry,) = results.of("entry")
    assert (code, results.header["device"]) == (0, "sim"), shown
    assert entry["verdicts"]["conforms"] > 30
    assert entry["matrix"]["device"] == {"sim": entry["matrix"]["device"]["sim"]}
    assert entry["laws"]["device"]["held"] > 30


#: What a subject's server does before it forks.
_SERVER = """
from tensor_conformance.conformance.run.subjects import adapters
from tensor_conformance.conformance.subject.side import Side
side = Side(adapters(("torch",)), {"cuda": "tensor_conformance.conformance.subject.on_cuda"})
import torch
assert not side.missing, side.missing
assert not torch.cuda.is_initialized()
assert "libcuda.so" not in open("/proc/self/maps").read()
"""


@pytest.mark.skipif("torch" in _MISSING, reason="not run: torch is not installed")
def test_the_server_touches_no_device_before_it_forks() -> None:
    subprocess.run([sys.executable, "-c", _SERVER], check=True, cwd=ROOT, timeout=60)
