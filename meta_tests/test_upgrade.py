"""An upgrade check builds what it must, trusts nothing half built, and says in a line what went wrong."""

from __future__ import annotations

import stat
import sys
from pathlib import Path

import pytest

from reports import environments
from reports.__main__ import main
from reports.environments import BuildError, Options, interpreter, reason

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
