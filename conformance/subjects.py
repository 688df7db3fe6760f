"""Subjects as the suite sees them: a framework at a release, asked to convert specs."""

from __future__ import annotations

import marshal
import os
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from conformance.devices import KINDS, split
from conformance.observation import Observation, Report
from conformance.subject.play import PROGRAM

try:
    import execnet as execnet
except ModuleNotFoundError:  # A machine with a framework and pytest alone.
    from conformance import channel as execnet

_ROOT = Path(__file__).resolve().parent.parent
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
        for name, value in _QUIET.items():
            os.environ.setdefault(name, value)
        self._limit = limit
        self._scratch = tempfile.TemporaryDirectory(prefix="conformance-", ignore_cleanup_errors=True)
        self._group = execnet.Group()
        about = {"frameworks": list(frameworks), "devices": memories(devices), "scratch": self._scratch.name}
        try:
            gateway = self._group.makegateway(f"popen//python={python}")
            self._channel = gateway.remote_exec(_serve, root=str(_ROOT), **about)
            self.pid, self.versions, self.missing = marshal.loads(self._channel.receive(timeout=180))
        except (OSError, EOFError, execnet.TimeoutError, execnet.RemoteError) as error:
            self._end()
            reason = str(error).strip().splitlines()
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
        self._channel.close()
        self._end()

    def _end(self) -> None:
        self._group.terminate(1)
        self._scratch.cleanup()  # Of what the dead left behind.


class InProcess:
    """The same in this very process, for debugging: a crash is yours."""

    def __init__(self, frameworks: tuple[str, ...], devices: tuple[str, ...] = ()) -> None:
        from conformance.subject.server import Side

        self._side = Side(frameworks, memories(devices))
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


def installed(frameworks: tuple[str, ...], pythons: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """Releases by package, and framework to the reason where it is not installed. Imports no framework."""
    releases: dict[str, str] = {}
    missing: dict[str, str] = {}
    for framework in frameworks:
        python = pythons.get(framework, sys.executable)
        asked = [framework, *_OTHER_NAMES.get(framework, ())]
        found = _releases(python, ("numpy", *asked))
        release = next((found[name] for name in asked if name in found), None)
        if release is None:
            missing[framework] = f"{framework} is not installed in {python}" if found else f"{python} is no Python interpreter"
            continue
        releases[framework] = release
        for common in ("python", "numpy"):
            if releases.setdefault(common, found.get(common, "")) != found.get(common, ""):
                releases[f"{common} of {framework}"] = found.get(common, "")
    return releases, missing


_OTHER_NAMES = {"tensorflow": ("tensorflow-cpu", "tensorflow-intel", "tf-nightly", "tf-nightly-cpu")}


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


# Children convert small arrays by the thousand: pools of threads only get in their way. The caller's wishes win.
_QUIET = {
    "TF_CPP_MIN_LOG_LEVEL": "2",
    "TF_ENABLE_ONEDNN_OPTS": "0",
    "TORCH_DISABLE_ADDR2LINE": "1",  # An abort need not tell its C++ stack.
    "OMP_NUM_THREADS": "1",
}


def _serve(channel, root, frameworks, devices, scratch):  # type: ignore[no-untyped-def]
    # execnet ships this source to any interpreter, so it names nothing from here.
    import sys
    import tempfile

    sys.path.insert(0, root)
    tempfile.tempdir = scratch
    from conformance.subject.server import serve

    serve(channel, tuple(frameworks), devices)
