"""A person sees how far a run has come: calls, conversions, findings and the time that is left."""

from __future__ import annotations

import os
import pty
import re
import sys
from pathlib import Path

import pytest

from tensor_conformance.conformance.promises import EntryPoint
from tensor_conformance.conformance.run.plan import Plan
from tensor_conformance.conformance.run.progress import Progress
from tensor_conformance.conformance.run.tally import Tally

ROOT = Path(__file__).parents[2]
CALLS = [EntryPoint(name, "a", "numpy", "in", ()) for name in ("one", "two", "three")]


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def tally(entry: EntryPoint, conversions: int) -> Tally:
    found = Tally(entry)
    found.verdicts["conforms"] = conversions
    return found


def test_what_is_planned_is_said_before_anything_is_done() -> None:
    progress = Progress(Plan(profile="quick"))
    progress.expect(CALLS)
    assert progress.line == "0 of 3 calls, 0 of ~990 conversions, 0 findings"


def test_what_is_done_is_counted_and_the_time_that_is_left_is_told_from_it() -> None:
    clock = Clock()
    progress = Progress(Plan(profile="quick"), clock)
    progress.expect(CALLS)
    clock.now = 10.0
    progress.finished(tally(CALLS[0], 312))
    assert progress.line == "1 of 3 calls, 312 of ~972 conversions, 0 findings, ~20 s left"
    clock.now = 300.0
    assert progress.line.endswith("~10 min left")
    progress.finished(tally(CALLS[1], 312))
    progress.finished(tally(CALLS[2], 312))
    assert progress.line == "3 of 3 calls, 936 of ~936 conversions, 0 findings, ~0 s left"


def test_a_slow_call_that_is_left_takes_longer() -> None:
    clock = Clock()
    progress = Progress(Plan(profile="quick"), clock)
    compiled = EntryPoint("compiled", "a", "numpy", "in", (), cost="compiled")
    progress.expect([CALLS[0], compiled])
    clock.now = 1.0
    progress.finished(tally(CALLS[0], 330))
    assert re.search(r"~(\d+) s left", progress.line)
    assert int(re.search(r"~(\d+) s left", progress.line)[1]) >= 5  # type: ignore[index]


def test_a_call_that_the_profile_leaves_out_is_not_planned() -> None:
    progress = Progress(Plan(profile="quick"))
    progress.expect([EntryPoint("built", "a", "numpy", "in", (), cost="built")])
    assert progress.line.startswith("0 of 0 calls")


def test_a_terminal_shows_it_below_the_dots(tmp_path: Path) -> None:
    process, terminal = pty.fork()
    if process == 0:
        command = [sys.executable, "-m", "pytest", "conformance", "-p", "no:cacheprovider", "--profile", "quick"]
        command += ["--framework", "torch", "--entry-point", "torch.from_numpy", "--results", str(tmp_path / "r.jsonl")]
        os.chdir(ROOT)
        os.execve(sys.executable, command, {**os.environ, "TERM": "xterm", "PYTEST_ADDOPTS": ""})
    shown = b""
    while True:
        try:
            data = os.read(terminal, 1 << 16)
        except OSError:  # It has ended.
            break
        if not data:
            break
        shown += data
    os.waitpid(process, 0)
    if b"nothing to test" in shown:
        pytest.skip("not run: torch is not installed")
    assert b"\r0 of 1 calls, 0 of ~" in shown
    assert b"1 passed" in shown or b" passed" in shown
