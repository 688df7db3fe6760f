"""What goes wrong around a run is said in a line, and ends it with an exit code that says so; nothing outlives it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from meta_tests.helpers import ENTRY, FOOTER, HEADER, ROOT, write_lines
from tensor_conformance.conformance.run.subjects import installed

#: A run of a few calls, in a process of its own.
RUN = [sys.executable, "-m", "pytest", "conformance", "-p", "no:cacheprovider", "-q", "--profile", "quick", "--phase", "grid"]
FRAMEWORK, GLOBS = "torch", ("--entry-point", "torch.from_numpy", "--entry-point", "torch.as*")

needs_torch = pytest.mark.skipif(FRAMEWORK in installed((FRAMEWORK,), {})[1], reason="not run: torch is not installed")


def below(pid: int) -> list[int]:
    """The processes that a process has started, and those below them."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []
    return [process for child in map(int, children) for process in (child, *below(child))]


def lives(pid: int) -> bool:
    """Whether a process still runs; one that waits to be buried does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@needs_torch
@pytest.mark.parametrize("chosen", [("--framework", FRAMEWORK), ("--entry-point", f"{FRAMEWORK}.from_numpy")])
def test_a_framework_that_does_not_import_is_one_line(chosen: tuple[str, str], tmp_path: Path) -> None:
    (tmp_path / "torch").mkdir()
    (tmp_path / "torch" / "__init__.py").write_text("raise ImportError('libmissing.so: cannot open shared object file')\n")
    variables = os.environ | {"PYTHONPATH": str(tmp_path)}
    command = [*RUN, *chosen, "--results", str(tmp_path / "results.jsonl")]
    done = subprocess.run(command, cwd=ROOT, env=variables, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    (line,) = filter(None, (done.stdout + done.stderr).splitlines())
    assert line.endswith("torch is not installed or does not import: ImportError: libmissing.so: cannot open shared object file")
    assert not (tmp_path / "results.jsonl").exists()


@needs_torch
def test_a_full_disk_ends_the_run_in_a_line(tmp_path: Path) -> None:
    path = tmp_path / "results.jsonl"
    command = [*RUN, "--framework", FRAMEWORK, *GLOBS, "--results", str(path)]
    limited = ["bash", "-c", 'ulimit -f 24; exec "$@"', "bash", *command]
    done = subprocess.run(limited, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 3
    assert f"cannot write results to {path}: File too large" in done.stdout
    assert "INTERNALERROR" not in done.stdout + done.stderr
    assert path.read_text().startswith('{"kind":"header"')


@needs_torch
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_nothing_outlives_a_comparison(tmp_path: Path, number: signal.Signals) -> None:
    results = tmp_path / "results.jsonl"
    sides = ["--from", sys.executable, "--to", sys.executable, "--entry-point", "torch.*", "--results", str(results)]
    with subprocess.Popen([sys.executable, "-m", "reports", "upgrade", *sides], cwd=ROOT, stderr=subprocess.DEVNULL) as process:
        deadline = time.monotonic() + 60
        while not (results.exists() and '"comparison"' in results.read_text()) and time.monotonic() < deadline:
            time.sleep(0.2)
        started = below(process.pid)
        process.send_signal(number)
        process.wait(30)
    assert len(started) >= 2
    assert process.returncode == (2 if number == signal.SIGTERM else -number)
    deadline = time.monotonic() + 10
    while any(map(lives, started)) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not [pid for pid in started if lives(pid)]


@pytest.mark.parametrize("verb", ["summary", "markdown", "csv", "validate"])
def test_control_characters_of_a_file_never_reach_the_terminal(tmp_path: Path, verb: str) -> None:
    evil = ENTRY | {"entry": "call\x1b[31m", "call": "call\x07", "framework": "\u202ekrowemarf"}
    path = write_lines(tmp_path / "results.jsonl", HEADER, evil, FOOTER)
    done = subprocess.run(
        [sys.executable, "-m", "reports", verb, str(path)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert not {"\x1b", "\x07", "\u202e"} & set(done.stdout + done.stderr)
    assert done.stdout
