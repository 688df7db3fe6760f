"""Environments: an interpreter for each side of an upgrade, existing or built with uv and kept by its requirement."""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

from ...reports.results import ResultsError
from ..frameworks.framework import Framework
from ..frameworks.registry import frameworks
from .interruption import ended


class BuildError(ResultsError):
    """An environment that cannot be had; its message says in a line why."""


@dataclass(frozen=True)
class Options:
    """How environments are built.

    python  version or path of the interpreter; None: this one's
    pip     options for the package index, passed through to uv
    """

    python: str | None = None
    pip: tuple[str, ...] = ()


def interpreter(text: str, options: Options) -> str:
    """The path of the interpreter that `text` asks for: itself a path, or requirements, from which one is built."""
    path = Path(text)
    if path.is_dir() and (path / "bin" / "python").is_file():
        path = path / "bin" / "python"
    if path.is_file():
        return str(path.absolute())
    if os.sep in text and not text.split()[0].partition("@")[2]:
        raise BuildError(f"there is no interpreter {text!r}")
    return str(_built(_requirements(text), options))


def _requirements(text: str) -> list[str]:
    try:
        wanted = [Requirement(each) for each in text.split()]
    except InvalidRequirement as error:
        raise BuildError(f"{text!r} is neither an interpreter nor requirements: {str(error).splitlines()[0]}") from None
    names = {canonicalize_name(requirement.name) for requirement in wanted}
    if not _named(wanted):
        raise BuildError(f"{text!r} names no framework: {' or '.join(frameworks())}")
    found = [str(requirement) for requirement in wanted]
    companions = [each for requirement, framework in _named(wanted) for each in _companions(requirement, framework)]
    found += [each for each in dict.fromkeys(companions) if canonicalize_name(Requirement(each).name) not in names]
    if "numpy" not in {canonicalize_name(Requirement(each).name) for each in found}:
        found.append("numpy")
    return found


def _named(wanted: list[Requirement]) -> list[tuple[Requirement, Framework]]:
    """The requirements that are frameworks."""
    return [
        (requirement, framework)
        for requirement in wanted
        for framework in frameworks().values()
        if canonicalize_name(requirement.name) in map(canonicalize_name, framework.distributions)
    ]


def _companions(requirement: Requirement, framework: Framework) -> list[str]:
    """What else a pinned release of a framework needs, and does not say."""
    pins = [Version(pin.version.removesuffix(".*")) for pin in requirement.specifier if pin.operator in ("==", "~=")]
    return [needed for releases, needed in framework.companions if any(pin in SpecifierSet(releases) for pin in pins)]


def _uv() -> str:
    if importlib.util.find_spec("uv") is not None:
        return str(importlib.import_module("uv").find_uv_bin())
    found = shutil.which("uv")
    if found is None:
        raise BuildError("building environments needs uv: python -m pip install 'tensor-conformance[upgrade]'")
    return found


def cache_folder() -> Path:
    """Where environments are kept."""
    from platformdirs import user_cache_path

    return user_cache_path("tensor-conformance") / "environments"


def _built(requirements: list[str], options: Options) -> Path:
    python = options.python or sys.executable
    key = "\n".join([*sorted(requirements), python, *options.pip, sys.platform])
    home = cache_folder() / hashlib.blake2b(key.encode(), digest_size=8).hexdigest()
    if home.is_dir():
        return home / "bin" / "python"
    uv = _uv()
    print(f"building an environment: {' '.join(requirements)}", file=sys.stderr, flush=True)
    try:
        home.parent.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(prefix="part-", dir=home.parent))
    except OSError as error:
        raise BuildError(f"cannot write to {home.parent}: {error.strerror}") from None
    try:
        inside = scratch / "environment"
        _run([uv, "venv", "--quiet", "--relocatable", "--python", python, str(inside)], requirements)
        _run([uv, "pip", "install", "--python", str(inside / "bin" / "python"), *options.pip, *requirements], requirements)
        _check_import(inside / "bin" / "python", requirements)
        # Whole or not at all: what was aborted lies elsewhere, and no later run trusts it.
        if not home.is_dir():
            inside.rename(home)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return home / "bin" / "python"


def _run(command: list[str], requirements: list[str]) -> None:
    process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    assert process.stderr is not None
    told = []
    with ended(process):
        for line in process.stderr:
            told.append(line.strip())
            if line.startswith((" +", "Resolved", "Prepared", "Downloading", "Installed")):
                print(f"  {line.strip()}", file=sys.stderr, flush=True)
    if process.wait():
        raise BuildError(f"cannot build {' '.join(requirements)}: {reason(told)}")


def reason(lines: list[str]) -> str:
    """What uv said, in a line."""
    text = " ".join(" ".join(lines).replace("╰─▶", " ").replace("├─▶", " ").split())
    if "No space left" in text or "os error 28" in text:
        return "the disk is full"
    for word in ("Because", "hint:", "error:"):
        if word in text:
            return text[text.index(word) :].removeprefix("error:").strip()[:300]
    return text[-300:] or "uv said nothing"


def _check_import(python: Path, requirements: list[str]) -> None:
    for _, framework in _named([Requirement(each) for each in requirements]):
        lines = f"import numpy\n{framework.imports}"
        done = subprocess.run([str(python), "-c", lines], capture_output=True, text=True, check=False)
        if done.returncode:
            last = (done.stderr.strip().splitlines() or ["it died"])[-1]
            raise BuildError(f"{' '.join(requirements)}: {framework.name} does not import: {last[:200]}")
