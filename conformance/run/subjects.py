"""Subjects as the suite sees them: a framework at a release, asked to convert specs."""

from __future__ import annotations

import importlib.util
import marshal
import os
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Mapping
from typing import Any, Protocol

from ..frameworks.registry import framework
from ..subject.channel import OURS, Process, RemoteError, TimeoutError
from ..subject.devices import KINDS, split
from ..subject.observation import Observation, Report
from ..subject.play import PROGRAM

#: Our own package, as a subject imports it.
_HOME = "tensor_conformance.conformance"
#: Seconds that one conversion may take before it counts as hung.
LIMIT = 10.0
#: How many times that the conversions of one pressure may take.
_PATIENCE = 6


class SubjectError(Exception):
    """A subject that cannot be had; its message says in a line why."""


class Subject(Protocol):
    """Anything that converts specs and reports."""

    versions: dict[str, str]
    missing: dict[str, str]

    def observe(
        self,
        call: str,
        maker: str,
        specs: list[Any],
        pressure: str = "",
        *,
        patience: int = sys.maxsize,
        limit: float | None = None,
    ) -> list[Observation]:
        """One observation per spec: built, converted by the lines of `call`, and watched.

        maker     "" when the specs are arrays, else the framework that builds the tensor
        pressure  under which it is converted (see `subject.pressures`); none: once, and looked at closely
        patience  deaths after which the rest is not asked; a hang counts for twenty
        limit     seconds after which a conversion counts as hung; None: what the subject was given
        """
        ...

    def step(self, text: str, first: bool) -> Report:
        """Run one step of a program, and report what every handle shows; `first` begins another program."""
        ...

    def close(self) -> None: ...


class Isolated:
    """A subject in a process of its own, whose conversions run in children that may die.

    pid       of the process whose children convert
    versions  of Python, NumPy and the frameworks
    missing   framework to the reason why it cannot be imported

    `devices` are those beside the host that it may be asked about.
    """

    def __init__(
        self,
        frameworks: tuple[str, ...],
        python: str = sys.executable,
        limit: float = LIMIT,
        devices: tuple[str, ...] = (),
    ) -> None:
        self._limit = limit
        self._scratch = tempfile.TemporaryDirectory(prefix="conformance-", ignore_cleanup_errors=True)
        about = {"adapters": adapters(frameworks), "devices": memories(devices), "scratch": self._scratch.name}
        self._process: Process | None = None
        try:
            self._process = Process(python, f"{_HOME}.subject.server:serve", about, packages(frameworks), os.environ)
            self._channel = self._process.channel
            self.pid, self.versions, self.missing = marshal.loads(self._channel.receive(timeout=180))
        except (OSError, EOFError, TimeoutError, RemoteError) as error:
            words = self._process.last_words() if self._process is not None and isinstance(error, EOFError) else ""
            self._end()
            reason = (words or str(error)).strip().splitlines()
            raise SubjectError(f"{python} is no subject: {reason[-1] if reason else type(error).__name__}") from None

    def observe(
        self,
        call: str,
        maker: str,
        specs: list[Any],
        pressure: str = "",
        *,
        patience: int = sys.maxsize,
        limit: float | None = None,
    ) -> list[Observation]:
        batch = [tuple(spec) for spec in specs]
        return [Observation._make(fields) for fields in self._ask(call, maker, batch, pressure, patience, limit)]

    def step(self, text: str, first: bool) -> Report:
        (fields,) = self._ask("", PROGRAM, [(text, first)])
        return Report.unpack(fields)

    def _ask(
        self,
        call: str,
        maker: str,
        batch: list[Any],
        pressure: str = "",
        patience: int = sys.maxsize,
        limit: float | None = None,
    ) -> list[Any]:
        limit = limit or self._limit * (_PATIENCE if pressure else 1)
        self._channel.send(marshal.dumps((call, maker, batch, limit, pressure, patience)))
        return [marshal.loads(seen) for seen in marshal.loads(self._channel.receive())]

    def close(self) -> None:
        self._end()

    def _end(self) -> None:
        if self._process is not None:
            self._process.end(1)
        self._scratch.cleanup()  # Of what the dead left behind.


class InProcess:
    """The same in this very process, for debugging: a crash is yours."""

    def __init__(self, frameworks: tuple[str, ...], devices: tuple[str, ...] = ()) -> None:
        from ..subject.side import Side

        self._side = Side(adapters(frameworks), memories(devices))
        self.versions, self.missing = self._side.versions, self._side.missing

    def observe(self, call: str, maker: str, specs: list[Any], pressure: str = "", **limits: Any) -> list[Observation]:
        with warnings.catch_warnings():  # The host, pytest for one, listens to warnings in its own way.
            self._side.renew()
            if pressure:
                return [self._side.press(call, maker, tuple(spec), pressure) for spec in specs]
            return [self._side.observe(call, maker, tuple(spec)) for spec in specs]

    def step(self, text: str, first: bool) -> Report:
        with warnings.catch_warnings():
            self._side.renew()
            return self._side.step(text, first)

    def close(self) -> None:
        pass


def memories(devices: tuple[str, ...]) -> dict[str, str]:
    """Devices beside the host to the module that reaches their memory ("" where none does)."""
    return {device: KINDS[split(device)[0]].memory for device in devices if device != "cpu"}


def adapters(names: tuple[str, ...]) -> dict[str, tuple[str, str]]:
    """The modules by which subjects reach these frameworks; see `subject.server.Adapters`."""
    return {name: (framework(name).adapter, framework(name).device_adapter) for name in names}


def packages(names: tuple[str, ...]) -> dict[str, str]:
    """The packages, beside this one, in which the adapters of these frameworks lie, each with its file."""
    found = {}
    for name in names:
        top = framework(name).adapter.partition(".")[0]
        if top not in OURS:
            spec = importlib.util.find_spec(top)
            if spec is None or spec.origin is None:
                raise SubjectError(f"the adapter of {name}, {framework(name).adapter}, is not installed here")
            found[top] = spec.origin
    return found


def installed(names: tuple[str, ...], pythons: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """Releases by package, and framework to the reason where it is not installed. Imports no framework."""
    releases: dict[str, str] = {}
    missing: dict[str, str] = {}
    for name in names:
        python = pythons.get(name, sys.executable)
        asked = framework(name).distributions
        found = _releases(python, ("numpy", *asked))
        release = next((found[each] for each in asked if each in found), None)
        if release is None:
            missing[name] = f"{name} is not installed in {python}" if found else f"{python} is no Python interpreter"
            continue
        releases[name] = release
        for common in ("python", "numpy"):
            if releases.setdefault(common, found.get(common, "")) != found.get(common, ""):
                releases[f"{common} of {name}"] = found.get(common, "")
    return releases, missing


def _releases(python: str, packages: tuple[str, ...]) -> dict[str, str]:
    try:
        done = subprocess.run([python, "-c", _TELL, *packages], capture_output=True, text=True, check=False, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return {}
    found = (line.split() for line in done.stdout.splitlines() if line.startswith("release "))
    return {name: release for _, name, release in found}


_TELL = """
import importlib.metadata, platform, sys
print("release python", platform.python_version())
for package in sys.argv[1:]:
    try:
        print("release", package, importlib.metadata.version(package))
    except importlib.metadata.PackageNotFoundError:
        pass
"""
