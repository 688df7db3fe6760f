"""The suite at the command line: what users type, see and get back."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import venv
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tensor_conformance.conformance import plugin
from tensor_conformance.reports.results import read

ROOT = Path(__file__).resolve().parents[2]
#: A package that is no framework, but lets itself be imported as one.
FAKE_TORCH = """
__version__ = "2.13.0"
class dtype: pass
class Tensor: pass
def from_numpy(a):
    return a
def set_warn_always(on): pass
"""


@pytest.fixture
def frameworks(tmp_path: Path) -> Path:
    """A folder of fake frameworks, installed as far as importlib.metadata can tell."""
    site = tmp_path / "site"
    (site / "torch-2.13.0.dist-info").mkdir(parents=True)
    (site / "torch-2.13.0.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: torch\nVersion: 2.13.0\n")
    (site / "torch").mkdir()
    (site / "torch" / "__init__.py").write_text(FAKE_TORCH)
    return site


def suite(*arguments: str, site: Path | None = None, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """`pytest conformance` with these arguments, as a user would run it."""
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join(filter(None, [site and str(site), os.environ.get("PYTHONPATH", "")]))
    }
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-c",
        str(ROOT / "pyproject.toml"),
        "--rootdir",
        str(ROOT),
        str(ROOT / "conformance"),
        *arguments,
    ]
    return subprocess.run(command, capture_output=True, text=True, env=environment, cwd=cwd, check=False)


def complaint(done: subprocess.CompletedProcess[str]) -> str:
    """What a refused command line says; one line, no traceback, exit code 4."""
    assert done.returncode == 4, done.stdout + done.stderr
    lines = [line for line in done.stderr.splitlines() if line.strip()]
    assert len(lines) == 1, done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    return lines[0]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--framework", "jax"], "unknown framework 'jax'; known: torch, tensorflow"),
        (["--profile", "hasty"], "unknown profile 'hasty'; known: quick, default, thorough"),
        (["--phase", "warmup"], "unknown phase 'warmup'; known: pinned, grid, pressure, search"),
        (["--device", "tpu"], "unknown device 'tpu'; known: cpu"),
        (["--entry-point", "torch.from_numpi"], "no entry point matches 'torch.from_numpi'; closest of "),
        (["--time-limit", "-1"], "--time-limit must be a positive number of seconds"),
        (["--time-limit", "nan"], "--time-limit must be a positive number of seconds"),
        (["--framework", "torch", "--subject", "torch=/bin/true"], "nothing to test: /bin/true is no Python interpreter"),
        (["--framework", "torch", "--against", "/bin/true"], "nothing to compare with: /bin/true is no Python interpreter"),
        (["--subject", "jax=python"], "unknown framework in --subject 'jax'; known: torch, tensorflow"),
        (["--subject", "torch=/no/python"], "--subject torch: there is no interpreter '/no/python'"),
        (["--examples", "-1"], "--examples must not be negative"),
        (["--jobs", "0"], "--jobs must be at least 1"),
        (["--results", "/proc/nowhere/results.jsonl"], "cannot write results to /proc/nowhere/results.jsonl"),
        (["--replay", "0123456789", "--results", "/no/such/file"], "cannot replay: cannot read /no/such/file"),
    ],
)
def test_what_cannot_be_done_is_refused_in_a_line(frameworks: Path, arguments: list[str], expected: str) -> None:
    assert expected in complaint(suite(*arguments, site=frameworks))


def test_nothing_to_ask_is_refused_in_a_line(tmp_path: Path) -> None:
    venv.create(tmp_path / "empty", with_pip=False)
    python = tmp_path / "empty" / "bin" / "python"
    said = complaint(suite("--framework", "torch", "--subject", f"torch={python}"))
    assert said == f"ERROR: nothing to test: torch is not installed in {python}"


def run_fake(frameworks: Path, tmp_path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    results = str(tmp_path / "results.jsonl")
    common = ["--framework", "torch", "--entry-point", "torch.from_numpy", "--profile", "quick", "--results", results, "-q"]
    return suite(*common, *arguments, site=frameworks)


BROKEN = "torch is not installed or does not import: ImportError: libc10.so is missing"


def test_a_broken_framework_is_no_success(frameworks: Path, tmp_path: Path) -> None:
    (frameworks / "torch" / "__init__.py").write_text("raise ImportError('libc10.so is missing')")
    assert complaint(run_fake(frameworks, tmp_path)) == f"ERROR: nothing to test: {BROKEN}"


def test_a_broken_framework_is_not_run_beside_one_that_is(frameworks: Path, tmp_path: Path) -> None:
    pytest.importorskip("tensorflow")
    (frameworks / "torch" / "__init__.py").write_text("raise ImportError('libc10.so is missing')")
    done = run_fake(frameworks, tmp_path, "--framework", "torch,tensorflow", "--entry-point", "tf.constant", "--phase", "pinned")
    assert f"NOT RUN: {BROKEN}" in done.stdout
    assert [row["entry"] for row in read(tmp_path / "results.jsonl").of("entry")] == ["tf.constant"]
    (row,) = read(tmp_path / "results.jsonl").of("not_run")
    assert row["entry"] == "torch.from_numpy"


def test_a_finding_shows_law_promise_spec_script_and_replay_id(frameworks: Path, tmp_path: Path) -> None:
    done = run_fake(frameworks, tmp_path, "-k", "dtype or memory")
    assert done.returncode == 1
    for word in (
        "breaks the law",
        "expected:",
        "promise:",
        "observed:",
        "spec:",
        "replay:",
        "import torch",
        "r = torch.from_numpy(a)",
    ):
        assert word in done.stdout
    assert "[torch.from_numpy-" in done.stdout


def test_a_finding_can_be_replayed_from_its_results_file(frameworks: Path, tmp_path: Path) -> None:
    printed = run_fake(frameworks, tmp_path).stdout
    before = (tmp_path / "results.jsonl").read_bytes()
    finding = next(read(tmp_path / "results.jsonl").of("finding"))
    again = ("--replay", finding["id"], "--results", str(tmp_path / "results.jsonl"))
    assert f"replay:   pytest conformance {' '.join(again)}\n" in printed
    done = suite(*again, "-q", site=frameworks)
    assert done.returncode == 1
    assert "this was found with" not in done.stdout
    assert f"breaks the law '{finding['law']}'" in done.stdout
    assert (tmp_path / "results.jsonl").read_bytes() == before


def test_a_replay_with_another_release_says_so(frameworks: Path, tmp_path: Path) -> None:
    run_fake(frameworks, tmp_path)
    finding = next(read(tmp_path / "results.jsonl").of("finding"))
    for path in (frameworks / "torch" / "__init__.py", frameworks / "torch-2.13.0.dist-info" / "METADATA"):
        path.write_text(path.read_text().replace("2.13.0", "2.99.0"))
    done = suite("--replay", finding["id"], "--results", str(tmp_path / "results.jsonl"), site=frameworks)
    assert "conformance: note: this was found with torch 2.13.0" in done.stdout
    assert "conformance: extrapolated: torch 2.99.0 is newer than 2.15, the newest that was measured" in done.stdout


def test_an_unknown_replay_id_is_refused(frameworks: Path, tmp_path: Path) -> None:
    run_fake(frameworks, tmp_path)
    done = suite("--replay", "0123456789", "--results", str(tmp_path / "results.jsonl"), site=frameworks)
    assert "holds no finding '0123456789'" in complaint(done)


def findings(path: Path) -> list[tuple[str, str, str]]:
    return sorted((row["entry"], row["law"], json.dumps(row["spec"])) for row in read(path).of("finding"))


def test_the_same_seed_gives_the_same_findings_also_in_parallel(frameworks: Path, tmp_path: Path) -> None:
    run_fake(frameworks, tmp_path)
    first = findings(tmp_path / "results.jsonl")
    run_fake(frameworks, tmp_path, "-n", "2")
    assert first
    assert findings(tmp_path / "results.jsonl") == first


def test_wrong_arguments_of_the_verb_end_as_those_of_pytest_do() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "reports", "run", "--seed", "x"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 4
    assert "invalid int value: 'x'" in done.stderr


def test_a_report_that_cannot_be_written_is_no_success(frameworks: Path, tmp_path: Path) -> None:
    done = run_fake(frameworks, tmp_path, "-k", "survival", "--report", "/proc/nowhere")
    assert done.returncode == 3
    assert "no report: cannot write" in done.stdout


def test_an_interrupted_run_leaves_a_valid_file_without_footer(frameworks: Path, tmp_path: Path) -> None:
    (frameworks / "torch" / "__init__.py").write_text(FAKE_TORCH.replace("return a", "import time; time.sleep(0.05); return a"))
    results = tmp_path / "results.jsonl"
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(frameworks), os.environ.get("PYTHONPATH", "")])}
    command = [sys.executable, "-m", "pytest", str(ROOT / "conformance"), "--framework", "torch", "--results", str(results)]
    process = subprocess.Popen(command, env=environment, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    deadline = time.monotonic() + 60
    while not results.exists() or not results.stat().st_size:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    time.sleep(3)
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 2, output
    assert read(results).interrupted
    assert "INTERRUPTED" in output


def test_an_interrupted_upgrade_ends_in_2_and_says_where_its_results_are(frameworks: Path, tmp_path: Path) -> None:
    (frameworks / "torch" / "__init__.py").write_text(FAKE_TORCH.replace("return a", "import time; time.sleep(0.05); return a"))
    results = tmp_path / "results.jsonl"
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(frameworks), os.environ.get("PYTHONPATH", "")])}
    command = [sys.executable, "-m", "reports", "upgrade", sys.executable, sys.executable, "--results", str(results)]
    command += ["--entry-point", "torch.from_numpy"]
    process = subprocess.Popen(
        command, env=environment, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    deadline = time.monotonic() + 60
    while not results.exists() or not results.stat().st_size:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    time.sleep(3)
    os.killpg(process.pid, signal.SIGINT)  # As a terminal does it: pytest gets it too.
    _, told = process.communicate(timeout=60)
    assert (process.returncode, told.splitlines()[-1]) == (2, f"interrupted; what was found so far: {results}")
    assert "Traceback" not in told
    assert read(results).interrupted


def test_the_readme_names_every_option() -> None:
    text = (ROOT / "README.md").read_text()
    done = suite("--help")
    own = [
        line.split()[0].split("=")[0]
        for line in done.stdout.partition("tensor conformance:")[2].split("\n\n")[0].splitlines()
        if line.strip().startswith("--")
    ]
    assert len(own) >= 10
    assert [option for option in own if option not in text] == []


def test_an_interrupt_whose_lines_python_fails_to_parse_is_told_without_them() -> None:
    reporter = SimpleNamespace(_keyboardinterrupt_memo=None)
    manager = SimpleNamespace(get_plugin={"terminalreporter": reporter}.get)
    recorder: Any = object.__new__(plugin._Recorder)
    recorder._session = SimpleNamespace(config=SimpleNamespace(pluginmanager=manager))
    with pytest.raises(KeyboardInterrupt) as interrupt:
        raise KeyboardInterrupt
    hook = recorder.pytest_keyboard_interrupt(interrupt)
    next(hook)
    with pytest.raises(StopIteration):
        hook.throw(SystemError("AST constructor recursion depth mismatch (before=78, after=121)"))
    assert reporter._keyboardinterrupt_memo.reprcrash.message == "KeyboardInterrupt"
