"""An upgrade check builds what it must, trusts nothing half built, and says in a line what went wrong."""

from __future__ import annotations

import os
import re
import signal
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest

from tensor_conformance.conformance.cli import main
from tensor_conformance.conformance.upgrade import environments, interruption
from tensor_conformance.conformance.upgrade.environments import BuildError, Options, interpreter, reason

#: A stand-in for uv: makes an environment whose python succeeds, unless told to fail.
FAKE_UV = """#!/bin/sh
if [ "$1" = venv ]; then
  for last; do :; done
  mkdir -p "$last/bin" && printf '#!/bin/sh\\nexit 0\\n' > "$last/bin/python" && chmod +x "$last/bin/python"
  exit 0
fi
echo "$@" >> "{log}"
{then}
"""


@pytest.fixture
def uv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A uv that works, with a cache of its own; the file where its calls are logged."""
    monkeypatch.setattr(environments, "cache_folder", lambda: tmp_path / "cache")
    monkeypatch.setattr(environments, "_uv", lambda: str(tmp_path / "uv"))
    behave(tmp_path, "exit 0")
    return tmp_path / "log"


def behave(folder: Path, then: str) -> None:
    path = folder / "uv"
    path.write_text(FAKE_UV.format(log=folder / "log", then=then))
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


def test_an_interpreter_is_taken_as_it_is() -> None:
    assert interpreter(sys.executable, Options()) == sys.executable


def test_an_environment_is_built_once(uv: Path) -> None:
    first = interpreter("torch==2.13.0", Options())
    assert interpreter("torch==2.13.0", Options()) == first
    assert len(uv.read_text().splitlines()) == 1


def test_index_options_reach_uv_and_make_another_environment(uv: Path) -> None:
    options = Options(pip=("--index-url", "https://example.org"))
    assert interpreter("torch==2.13.0", options) != interpreter("torch==2.13.0", Options())
    assert "--index-url https://example.org" in uv.read_text().splitlines()[0]


@pytest.mark.parametrize(
    ("text", "numpy"),
    [
        ("torch==2.2.2", "numpy<2"),
        ("torch==2.3.0", "numpy"),
        ("torch==2.13.0", "numpy"),
        ("torch", "numpy"),
        ("numpy==1.26.4 torch==2.2.2", "numpy==1.26.4"),
    ],
)
def test_numpy_is_one_that_torch_was_built_for(uv: Path, text: str, numpy: str) -> None:
    interpreter(text, Options())
    assert numpy in uv.read_text().split()


def test_a_failed_build_leaves_nothing_to_trust(uv: Path, tmp_path: Path) -> None:
    behave(tmp_path, 'echo "error: Because there is no version of torch==9.9" >&2; exit 1')
    for _ in range(2):
        with pytest.raises(BuildError, match=r"no version of torch==9\.9"):
            interpreter("torch==9.9", Options())
    assert not list((tmp_path / "cache").iterdir())


def test_a_framework_that_does_not_import_is_said(uv: Path, tmp_path: Path) -> None:
    behave(tmp_path, 'printf "#!/bin/sh\\necho ImportError: libx >&2; exit 1\\n" > "$4"; exit 0')
    with pytest.raises(BuildError, match="torch does not import: ImportError: libx"):
        interpreter("torch==2.13.0", Options())


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (
            ["x No solution found:", "╰─▶ Because there is no version of torch==9", "and so on"],
            "Because there is no version of torch==9",
        ),
        (["error: failed to write: No space left on device (os error 28)"], "the disk is full"),
        ([], "uv said nothing"),
    ],
)
def test_what_uv_says_becomes_a_line(told: list[str], expected: str) -> None:
    assert reason(told).startswith(expected)
    assert "\n" not in reason(told)


@pytest.mark.parametrize(
    ("sides", "word"),
    [
        (["--from", "/no/such/python", "--to", "torch"], "no interpreter"),
        (["--from", "torch=2", "--to", "torch"], "neither an interpreter nor requirements"),
        (["--from", "numpy==2.4.6", "--to", "torch"], "names no framework"),
        (["torch"], "two sides"),
        (["--to", "torch"], "two sides"),
    ],
)
def test_what_cannot_run_ends_in_2_with_a_line(sides: list[str], word: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["upgrade", *sides]) == 2
    told = capsys.readouterr().err
    assert word in told
    assert len(told.splitlines()) == 1


def test_an_interpreter_without_frameworks_cannot_be_compared(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bare = tmp_path / "python"
    bare.write_text("#!/bin/sh\nexit 1\n")
    bare.chmod(0o755)
    assert main(["upgrade", "--from", str(bare), "--to", str(bare)]) == 2
    assert "no framework is in both environments" in capsys.readouterr().err


def stand_in(path: Path, *releases: str) -> str:
    """An interpreter as far as it is asked what is installed."""
    path.write_text("#!/bin/sh\n" + "".join(f"echo release {release}\n" for release in releases))
    path.chmod(0o755)
    return str(path)


@pytest.fixture
def sides(tmp_path: Path) -> list[str]:
    """Interpreters that both have TensorFlow, of which one has torch."""
    both = ("numpy 2.4.6", "tensorflow 2.21.0")
    return [stand_in(tmp_path / "before", *both), stand_in(tmp_path / "after", *both, "torch 2.13.0")]


def test_a_call_whose_framework_one_side_lacks_is_not_said_to_be_unknown(
    sides: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["upgrade", *sides, "--entry-point", "torch.from_numpy"]) == 2
    told = capsys.readouterr().err
    assert told.startswith("--entry-point torch.from_numpy: torch is not in both environments: torch is not installed in ")
    assert len(told.splitlines()) == 1


def compares(monkeypatch: pytest.MonkeyPatch, compare: Callable[[list[str]], int]) -> None:
    """Have this compare, given the arguments that pytest would be given; its exit code is pytest's."""
    monkeypatch.setattr("tensor_conformance.conformance.cli.upgrade.suite", lambda arguments, tests: compare(arguments))


def test_scripts_that_cannot_be_written_are_refused_before_anything_is_measured(
    sides: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    compares(monkeypatch, lambda arguments: (tmp_path / "measured").touch() or 0)
    assert main(["upgrade", *sides, "--scripts", "/proc/foo"]) == 2
    assert capsys.readouterr().err.startswith("cannot write /proc/foo")
    assert not (tmp_path / "measured").exists()


@pytest.mark.parametrize("written", [True, False], ids=["some results", "none yet"])
def test_an_interrupted_comparison_says_where_its_results_are_and_names_no_earlier_ones(
    written: bool, sides: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    results = tmp_path / "results.jsonl"
    results.touch()
    os.utime(results, (0, 0))

    def interrupted(arguments: list[str]) -> int:
        if written:
            Path(arguments[-1]).write_text("")
        return 2

    compares(monkeypatch, interrupted)
    assert main(["upgrade", *sides, "--results", str(results)]) == 2
    expected = f"interrupted; what was found so far: {results}" if written else "interrupted"
    assert capsys.readouterr().err == f"{expected}\n"


@pytest.mark.parametrize(
    ("script", "code"),
    [("import time; time.sleep(60)", -signal.SIGINT), ("import sys; sys.exit(7)", 7)],
    ids=["passed on", "reached it already"],
)
def test_an_interruption_ends_the_process_that_is_waited_for_once(
    script: str, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(interruption, "GRACE", 2.0)
    process = subprocess.Popen([sys.executable, "-c", script], text=True, stderr=subprocess.DEVNULL)
    with pytest.raises(KeyboardInterrupt), interruption.ended(process):
        raise KeyboardInterrupt
    assert process.returncode == code


def test_a_process_that_nothing_interrupts_is_left_to_end() -> None:
    process = subprocess.Popen([sys.executable, "-c", "import sys, time; time.sleep(0.3); sys.exit(7)"], text=True)
    with interruption.ended(process):
        pass
    assert process.wait() == 7


#: Stand-ins for what a recipe calls, each logging how.
CALLED = """
log() { echo "$*" >> log; }
git() { echo torch==2.12.0; }
gh() { log gh "$@"; [ "$2" != list ] || echo "$ISSUE"; }
python() { log "$@"; echo report; return "$CODE"; }
tensor-conformance() { log "$@"; echo report; return "$CODE"; }
"""


def recipe(name: str) -> str:
    """The shell part of the step of this name in docs/upgrade-ci.md, with what GitHub puts in."""
    text = (Path(__file__).parents[2] / "docs" / "upgrade-ci.md").read_text()
    (script,) = re.findall(rf"- name: {name}\n(?: {{8}}.*\n)*? {{8}}run: \|\n((?: {{10}}.*\n)+)", text)
    return re.sub(r"\$\{\{.*?\}\}", "7", dedent(script))


def follow(name: str, folder: Path, code: int, issue: str = "") -> tuple[int, list[str]]:
    """Run a step as GitHub does; its exit code, and what it called."""
    (folder / "requirements.txt").write_text("torch==2.13.0\n")
    (folder / "report.md").write_text("report")
    given = {"CODE": str(code), "ISSUE": issue, "GITHUB_STEP_SUMMARY": "summary", "GITHUB_OUTPUT": "output", "TITLE": "title"}
    environment = os.environ | given | {"GITHUB_BASE_REF": "main", "GITHUB_REPOSITORY": "a/b"}
    done = subprocess.run(["bash", "-e", "-c", CALLED + recipe(name)], cwd=folder, env=environment, check=False)
    return done.returncode, (folder / "log").read_text().splitlines() if (folder / "log").exists() else []


@pytest.mark.parametrize("code", [0, 1, 2])
def test_the_pull_request_recipe_comments_and_then_ends_as_the_check_did(code: int, tmp_path: Path) -> None:
    ends, (check, *then) = follow("Compare and comment", tmp_path, code)
    assert check.startswith("upgrade --from torch==2.12.0  --to torch==2.13.0 ")
    assert (ends, then) == (code, ["gh pr comment 7 --body-file comment.md"] if code < 2 else [])


@pytest.mark.parametrize(("code", "ends"), [(0, 0), (1, 0), (2, 2), (137, 137)])
def test_the_nightly_recipe_fails_when_nothing_could_be_compared(code: int, ends: int, tmp_path: Path) -> None:
    assert follow("Compare", tmp_path, code)[0] == ends
    assert f"code={code}" in (tmp_path / "output").read_text()


@pytest.mark.parametrize(
    ("code", "issue", "called"),
    [(0, "", None), (0, "5", "close 5"), (1, "", "create --repo"), (1, "5", "edit 5")],
)
def test_the_nightly_recipe_keeps_one_issue_while_there_are_differences(
    code: int, issue: str, called: str | None, tmp_path: Path
) -> None:
    ends, (_, *then) = follow("Keep one issue", tmp_path, code, issue)  # It lists issues first.
    assert (ends, len(then)) == (0, int(called is not None))
    assert all(line.startswith(f"gh issue {called}") for line in then)
