"""Subjects survive what they are asked, and say what happened."""

from __future__ import annotations

import marshal
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from tensor_conformance.conformance.run import subjects
from tensor_conformance.conformance.run.subjects import InProcess, Isolated, SubjectError, installed
from tensor_conformance.conformance.subject.observation import Observation
from tensor_conformance.conformance.subject.server import Bench
from tensor_conformance.conformance.subject.side import Side
from tensor_conformance.conformance.subject.worker import _waited
from tensor_conformance.strategies import ArraySpec, chooser, draw_array_spec

PLAIN = ArraySpec("float32", (2, 3), (12, 4), 0, 24, seed=7)
VICTIM = PLAIN._replace(seed=8)


def on_victim(action: str) -> str:
    """A call that does something to one spec only."""
    return f"import os, signal, sys, time\nif a.tobytes() == {VICTIM.values!r}: {action}\na"


def outcomes(seen: list[Observation]) -> list[str]:
    return [observation.outcome for observation in seen]


def test_a_crash_is_an_observation_with_its_signal(isolated: Isolated) -> None:
    (seen,) = isolated.observe(on_victim("os.kill(os.getpid(), signal.SIGABRT)"), "", [VICTIM])
    assert (seen.outcome, seen.error, seen.stage) == ("crashed", ("SIGABRT",), "convert")


def test_the_culprit_is_known_and_the_others_are_observed(isolated: Isolated) -> None:
    specs = [PLAIN, PLAIN, VICTIM, PLAIN, VICTIM, PLAIN]
    seen = isolated.observe(on_victim("os.kill(os.getpid(), signal.SIGSEGV)"), "", specs)
    assert outcomes(seen) == ["ok", "ok", "crashed", "ok", "crashed", "ok"]


def test_a_hang_is_an_observation_and_ends_at_the_limit(isolated: Isolated) -> None:
    started = time.monotonic()
    seen = isolated.observe(on_victim("time.sleep(600)"), "", [PLAIN, VICTIM, PLAIN])
    assert outcomes(seen) == ["ok", "hung", "ok"]
    assert time.monotonic() - started < 30


@pytest.mark.parametrize(("starved", "outcome"), [(False, "hung"), (True, "ok")])
def test_who_waits_for_a_processor_does_not_hang(starved: bool, outcome: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if starved:
        monkeypatch.setattr("tensor_conformance.conformance.subject.worker._waited", lambda pid: time.monotonic())
    parent, us = os.pipe()
    bench = Bench(Side({}), parent)
    (seen,) = bench.observe("import time\ntime.sleep(1)\na", "", [tuple(PLAIN)], 0.3)
    bench.close()
    os.close(us)
    os.close(parent)
    assert Observation._make(marshal.loads(seen)).outcome == outcome


def test_the_time_that_a_process_waited_for_a_processor_is_told() -> None:
    began = time.monotonic()
    hogs = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(2 * (os.cpu_count() or 1))]
    while time.monotonic() - began < 30 and not min(_waited(hog.pid) for hog in hogs):
        time.sleep(0.1)
    waited = [_waited(hog.pid) for hog in hogs]
    for hog in hogs:
        hog.kill()
        hog.wait()
    assert all(0 < seconds < time.monotonic() - began for seconds in waited)


def test_an_exit_is_a_crash_too(isolated: Isolated) -> None:
    (seen,) = isolated.observe(on_victim("os._exit(3)"), "", [VICTIM])
    assert (seen.outcome, seen.error) == ("crashed", ("exit 3",))


def test_a_system_exit_is_an_exception_like_any_other(isolated: Isolated) -> None:
    (seen,) = isolated.observe(on_victim("sys.exit(3)"), "", [VICTIM])
    assert (seen.outcome, seen.error[0]) == ("raised", "SystemExit")


def test_the_last_words_of_a_dying_child_are_kept(isolated: Isolated) -> None:
    action = "os.write(2, b'F tensor.cc:42 Check failed: aligned (0 vs. 1)\\n'); os.abort()"
    (seen,) = isolated.observe(on_victim(action), "", [VICTIM])
    assert "Check failed: aligned (0 vs. 1)" in seen.message


@pytest.mark.parametrize("file", ["tensor.cc", "tensor.h"])
def test_last_words_are_free_of_times_and_processes(file: str, isolated: Isolated) -> None:
    line = f"F0000 00:00:1795482030.198385   12864 {file}:822] Check failed: IsAligned()"
    (seen,) = isolated.observe(f"import os, sys\nprint({line!r}, file=sys.stderr, flush=True)\nos.abort()", "", [PLAIN])
    assert seen.message == f"{file}:822] Check failed: IsAligned()"


def test_what_a_conversion_prints_disturbs_nobody(isolated: Isolated) -> None:
    (seen,) = isolated.observe("print('x' * 100000)\na", "", [PLAIN])
    assert seen.outcome == "ok"


def test_a_batch_larger_than_the_shared_memory_arrives_whole(isolated: Isolated) -> None:
    specs = [PLAIN._replace(shape=(15, 16), strides=(64, 4), nbytes=960, seed=seed % 200 + 1) for seed in range(9000)]
    seen = isolated.observe("a.copy()", "", specs)
    assert len(seen) == len(specs)
    assert all(observation.data == spec.values for observation, spec in zip(seen, specs))


def test_in_process_and_isolated_subjects_see_the_same(isolated: Isolated, in_process: InProcess) -> None:
    choose = chooser(11)
    drawn = [draw_array_spec(choose) for _ in range(400)]
    specs = [spec for spec in drawn if not spec.dtype.startswith(("record", "long", "clong"))]  # Nobody writes their padding.
    call = "np.array(a, copy=None, ndmin=1)[..., :1]"
    mine, theirs = in_process.observe(call, "", specs), isolated.observe(call, "", specs)
    assert [o.headline for o in mine] == [o.headline for o in theirs]
    assert [o.data for o in mine] == [o.data for o in theirs]


def test_a_subject_inherits_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "only_here.py").write_text("import numpy\ndef convert(a): return numpy.array(a)\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=os.pathsep)
    subject = Isolated(())
    (seen,) = subject.observe("import only_here\nonly_here.convert(a)", "", [PLAIN])
    subject.close()
    assert seen.headline == "copies"


def test_a_file_that_is_no_interpreter_is_no_subject(tmp_path: Path) -> None:
    with pytest.raises(SubjectError, match="is no subject"):
        Isolated((), python=str(tmp_path / "nothing"))


def test_a_framework_that_does_not_import_is_missing_with_its_reason(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "torch.py").write_text("raise ImportError('libtorch.so: cannot open shared object file')\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=os.pathsep)
    subject = Isolated(("torch",))
    subject.close()
    assert "libtorch.so" in subject.missing["torch"]


def test_what_is_installed_is_told_without_importing_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subjects, "framework", lambda name: SimpleNamespace(distributions=(name,)))
    releases, missing = installed(("torch", "nonesuch"), {})
    assert releases["numpy"]
    assert missing.get("nonesuch") == f"nonesuch is not installed in {sys.executable}"


def test_files_that_the_dead_leave_behind_go_with_their_subject(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    subject = Isolated(())
    (seen,) = subject.observe("import os, tempfile\ntempfile.mkstemp()\nos.abort()", "", [PLAIN])
    left = list(tmp_path.rglob("tmp*"))
    subject.close()
    assert (seen.outcome, len(left), list(tmp_path.iterdir())) == ("crashed", 1, [])


def test_an_unbuildable_spec_is_reported_not_run(isolated: Isolated) -> None:
    (seen,) = isolated.observe("a", "", [PLAIN._replace(container="scalar")])
    assert (seen.outcome, seen.message) == ("unbuildable", "a NumPy scalar has no axes")


def test_children_die_with_their_subject() -> None:
    subject = Isolated(())
    subject.observe("a", "", [PLAIN])
    (seen,) = subject.observe("import os\n(os.getpid(), [][0])", "", [PLAIN])
    assert seen.outcome == "raised"
    (seen,) = subject.observe("import os\nnp.array([os.getpid()], np.int32)", "", [PLAIN])
    child = int.from_bytes(seen.data or b"", "little")
    subject.close()
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            os.kill(child, 0)
        except ProcessLookupError:
            return
        time.sleep(0.05)
    os.kill(child, signal.SIGKILL)
    pytest.fail("the child outlived its subject")
