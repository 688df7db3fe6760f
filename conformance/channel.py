"""What subjects use of execnet, by the standard library alone: for machines that have no execnet, and for processes on them."""

from __future__ import annotations

import inspect
import subprocess
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection, Pipe
from pathlib import Path
from typing import Any

_ROOT = Path(__file__).resolve().parent.parent


class TimeoutError(Exception):
    """The other side does not answer in time."""


class RemoteError(Exception):
    """The other side failed."""


class Channel:
    """Bytes to and from another process."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def send(self, data: bytes) -> None:
        self._connection.send_bytes(data)

    def receive(self, timeout: float | None = None) -> bytes:
        """The next message; EOFError when there is nobody to send one."""
        if timeout is not None and not self._connection.poll(timeout):
            raise TimeoutError(f"no answer within {timeout:g} seconds")
        try:
            return self._connection.recv_bytes()
        except OSError as error:
            raise EOFError(str(error)) from None

    def __iter__(self) -> Iterator[bytes]:
        while True:
            try:
                yield self.receive()
            except EOFError:
                return

    def close(self) -> None:
        self._connection.close()


class Group:
    """Processes that end together."""

    def __init__(self) -> None:
        self._gateways: list[Gateway] = []

    def makegateway(self, spec: str) -> Gateway:
        """A process of the interpreter in the spec, "popen//python=PATH"."""
        self._gateways.append(Gateway(spec.partition("python=")[2]))
        return self._gateways[-1]

    def terminate(self, timeout: float) -> None:
        """End all; by force after so many seconds."""
        for gateway in self._gateways:
            gateway.end(timeout)


class Gateway:
    """An interpreter that runs one function."""

    def __init__(self, python: str) -> None:
        self._python = python
        self._process: subprocess.Popen[bytes] | None = None

    def remote_exec(self, function: Callable[..., Any], **options: Any) -> Channel:
        """The channel to the function, which is called there with the other end and the options."""
        ours, theirs = Pipe()
        text = (
            f"import sys\nsys.path.insert(0, {str(_ROOT)!r})\n"
            "from multiprocessing.connection import Connection\nfrom conformance.channel import Channel\n"
            f"{inspect.getsource(function)}\n{function.__name__}(Channel(Connection({theirs.fileno()})), **{options!r})\n"
        )
        self._process = subprocess.Popen([self._python, "-c", text], pass_fds=[theirs.fileno()], stdout=subprocess.DEVNULL)
        theirs.close()
        self._channel = Channel(ours)
        return self._channel

    def end(self, timeout: float) -> None:
        if self._process is not None:
            self._channel.close()
            try:
                self._process.wait(timeout)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
