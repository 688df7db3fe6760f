"""Environments in which the suite, and a framework that it has never heard of, are installed as users install them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
OUTSIDE = ROOT / "meta_tests" / "outside"
PIP = ("-m", "pip", "--quiet", "--disable-pip-version-check")


class Environment:
    """A virtual environment, with the packages of this one visible behind its own unless it is bare."""

    def __init__(self, folder: Path, bare: bool = False) -> None:
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
        self.python, self.tool = folder / "bin" / "python", folder / "bin" / "tensor-conformance"
        self.work = folder / "work"
        self.work.mkdir()
        if not bare:
            (own,) = folder.glob("lib/python*/site-packages")
            (own / "behind.pth").write_text(sysconfig.get_paths()["purelib"])

    def install(self, *what: str | Path) -> None:
        """Install with the pip of this environment, quietly."""
        self.run(sys.executable, *PIP, "--python", self.python, "install", "--no-build-isolation", *what)

    def run(self, *command: str | Path, codes: tuple[int, ...] = (0,)) -> str:
        """What a command prints, run in a folder of nobody's; it must end in one of these exit codes."""
        done = self.ask(*command)
        assert done.returncode in codes, done.stdout + done.stderr
        return done.stdout + done.stderr

    def ask(self, *command: str | Path) -> subprocess.CompletedProcess[str]:
        """The same, however it ends."""
        variables = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PYTEST", "COV"))}
        return subprocess.run(
            list(map(str, command)), cwd=self.work, env=variables, capture_output=True, text=True, timeout=300, check=False
        )


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout."""
    source, folder = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    for name in listed.stdout.splitlines():  # To build in the checkout would leave things there.
        if (ROOT / name).is_file() and not name.startswith(("docs/", "meta_tests/")):
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, source / name)
    command = [sys.executable, *PIP, "wheel", "--no-build-isolation", "--no-deps", "--wheel-dir", folder, source]
    subprocess.run(command, check=True)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="session")
def pebble(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The folder of a release of the outside framework, "1.0", "2.0" or "3.0"; see `meta_tests/outside`."""
    changes = {"1.0": {}, "2.0": {"_KEEPS_SIGNS = False": "_KEEPS_SIGNS = True"}}
    changes["3.0"] = changes["2.0"] | {"_SHARES_READ_ONLY = False": "_SHARES_READ_ONLY = True"}

    def folder(release: str) -> Path:
        copy = tmp_path_factory.mktemp("pebble") / "source"
        shutil.copytree(OUTSIDE, copy)
        for name in ("pyproject.toml", "pebble.py"):
            text = (copy / name).read_text().replace('ersion__ = "1.0"', f'ersion__ = "{release}"')
            text = text.replace('version = "1.0"', f'version = "{release}"')
            for before, after in changes[release].items():
                text = text.replace(before, after)
            (copy / name).write_text(text)
        return copy

    return folder


@pytest.fixture(scope="session")
def bare(tmp_path_factory: pytest.TempPathFactory, wheel: Path) -> Environment:
    """The wheel with nothing but what it depends on."""
    environment = Environment(tmp_path_factory.mktemp("bare") / "venv", bare=True)
    environment.install(wheel)
    return environment


@pytest.fixture(scope="session")
def driver(tmp_path_factory: pytest.TempPathFactory, wheel: Path, pebble: Callable[[str], Path]) -> Environment:
    """The wheel, and release 2 of the outside framework with what the suite has to know of it."""
    environment = Environment(tmp_path_factory.mktemp("driver") / "venv")
    environment.install("--no-deps", wheel, pebble("2.0"))
    return environment


@pytest.fixture(scope="session")
def before(tmp_path_factory: pytest.TempPathFactory, pebble: Callable[[str], Path]) -> Environment:
    """Release 1 of the outside framework, without the suite."""
    environment = Environment(tmp_path_factory.mktemp("before") / "venv")
    environment.install("--no-deps", pebble("1.0"))
    return environment


@pytest.fixture(scope="session")
def later(tmp_path_factory: pytest.TempPathFactory, pebble: Callable[[str], Path]) -> Environment:
    """A release of the outside framework that its promises were never measured with."""
    environment = Environment(tmp_path_factory.mktemp("later") / "venv")
    environment.install("--no-deps", pebble("3.0"))
    return environment
