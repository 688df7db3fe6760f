"""Processes of another interpreter that serve: started, talked to in bytes, and ended with whoever started them.

An interpreter may be any that has NumPy. What it gets of ours is loaded from the files that are named, and nothing is put on its
path: what lies beside those files, a framework for instance, must not take the place of its own.
"""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from multiprocessing.connection import Connection, Pipe
from pathlib import Path
from typing import Any

#: The package that every subject gets, and where it lies.
OURS = {"tensor_conformance": str(Path(__file__).resolve().parents[2] / "tensor_conformance" / "__init__.py")}
if not Path(OURS["tensor_conformance"]).is_file():  # Installed: this file lies within the package itself.
    OURS = {"tensor_conformance": str(Path(__file__).resolve().parents[2] / "__init__.py")}

#: How a message begins that says why the other side failed; no marshalled data does.
_FAILED = b"!"

_BOOT = """
import importlib.util, os, sys
from multiprocessing.connection import Connection

def load(name, path):
    below = [os.path.dirname(path)] if os.path.basename(path) == "__init__.py" else None
    spec = importlib.util.spec_from_file_location(name, path, submodule_search_locations=below)
    sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(sys.modules[name])

sys.path[:] = [path for path in sys.path if path]  # Nor is the folder that somebody happens to be in.
for name, path in {packages!r}.items():
    load(name, path)
from tensor_conformance.conformance.subject.channel import Channel

channel = Channel(Connection({handle}))
try:
    from {module} import {function}
    {function}(channel, **{options!r})
except BaseException as error:
    channel.fail(error)
"""


class TimeoutError(Exception):
    """The other side does not answer in time."""


class RemoteError(Exception):
    """The other side failed; the message says how, in a line."""


class Channel:
    """Bytes to and from another process."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def send(self, data: bytes) -> None:
        self._connection.send_bytes(data)

    def receive(self, timeout: float | None = None) -> bytes:
        """The next message; EOFError when there is nobody to send one, RemoteError when the other side says that it failed."""
        if timeout is not None and not self._connection.poll(timeout):
            raise TimeoutError(f"no answer within {timeout:g} seconds")
        try:
            data = self._connection.recv_bytes()
        except OSError as error:
            raise EOFError(str(error)) from None
        if data.startswith(_FAILED):
            raise RemoteError(data[1:].decode(errors="replace"))
        return data

    def fail(self, error: BaseException) -> None:
        """Tell the other side why there will be no answer, if it still listens."""
        text = (str(error).strip().splitlines() or [""])[-1]
        with suppress(OSError):
            self.send(_FAILED + f"{type(error).__name__}: {text}"[:500].encode(errors="replace"))

    def fileno(self) -> int:
        """The handle that becomes readable with the next message, or with the other side's end."""
        return self._connection.fileno()

    def __iter__(self) -> Iterator[bytes]:
        while True:
            try:
                yield self.receive()
            except EOFError:
                return

    def close(self) -> None:
        self._connection.close()


class Process:
    """An interpreter that runs one function, named "module:function", with a channel to us and the options.

    packages     names of packages that it gets beside this one, and their files
    environment  variables that it gets beside ours

    Raises OSError where there is no such interpreter.
    """

    def __init__(
        self,
        python: str,
        function: str,
        options: Mapping[str, Any],
        packages: Mapping[str, str],
        environment: Mapping[str, str],
    ) -> None:
        ours, theirs = Pipe()
        module, _, name = function.partition(":")
        text = _BOOT.format(
            packages={**OURS, **packages}, handle=theirs.fileno(), module=module, function=name, options=dict(options)
        )
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 (until `end`): frameworks talk while they are imported.
        try:
            self._process = subprocess.Popen(
                [python, "-c", text],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=self._said,
                env=dict(environment),
            )
        finally:
            theirs.close()
        self.channel = Channel(ours)

    def last_words(self) -> str:
        """The last line that the process has written to standard error."""
        self._said.seek(0)
        lines = self._said.read()[-8192:].decode(errors="replace").strip().splitlines()
        return lines[-1][:300] if lines else ""

    def end(self, timeout: float) -> None:
        """End the process: it ends by itself when nobody talks to it any more, and by force after so many seconds."""
        self.channel.close()
        try:
            self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._said.close()
