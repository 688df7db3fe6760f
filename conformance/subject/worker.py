"""Workers: forked children that convert, and may die of it."""

from __future__ import annotations

import contextlib
import ctypes
import marshal
import mmap
import os
import re
import resource
import select
import signal
import struct
import sys
import time
import traceback
from typing import Any

from .play import PROGRAM
from .side import Side

_MEMORY_BYTES = 8 << 20
_HEADER = struct.Struct("<QQQ")  # observations written, end of the last one, stage of the one under way


class Worker:
    """A forked child that observes batches and leaves every finished observation in shared memory as it goes."""

    def __init__(self, side: Side, repeat: bool = True) -> None:
        self._memory = mmap.mmap(-1, _MEMORY_BYTES)
        self._log = os.memfd_create("stderr") if hasattr(os, "memfd_create") else os.open("/dev/null", os.O_RDWR)
        asked, self._ask = os.pipe()
        self._done, done = os.pipe()
        parent = os.getpid()
        self.pid = os.fork()
        if not self.pid:
            try:
                _close(self._ask, self._done)
                side.renew(repeat)
                self._work(side, asked, done, parent)
            except Exception as error:  # Of ours, or of an adapter: what conversions raise was caught.
                last = traceback.extract_tb(error.__traceback__)[-1]
                where = f"{os.path.basename(last.filename)}:{last.lineno}"
                print(f"the adapter failed with an error: {type(error).__name__}: {error} ({where})", file=sys.stderr, flush=True)
            finally:
                os._exit(1)
        _close(asked, done)

    def _work(self, side: Side, asked: int, done: int, parent: int) -> None:
        die_with(parent)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        os.dup2(self._log, 2)
        os.dup2(2, 1)
        memory = self._memory
        with os.fdopen(asked, "rb") as requests:
            while header := requests.read(8):
                call, maker, batch, pressure = marshal.loads(requests.read(int.from_bytes(header, "little")))
                end, full = _HEADER.size, _MEMORY_BYTES - (1 << 17)
                _HEADER.pack_into(memory, 0, 0, end, 0)

                def stage(number: int) -> None:
                    memory[16] = number

                for number, fields in enumerate(batch, 1):
                    memory[16] = 0
                    if maker == PROGRAM:
                        seen = side.step(*fields).pack()
                    elif pressure:
                        seen = tuple(side.press(call, maker, fields, pressure))
                    else:
                        seen = tuple(side.observe(call, maker, fields, stage))
                    side.abort_if_spent(seen)
                    data = marshal.dumps(seen)
                    memory[end : end + 4] = len(data).to_bytes(4, "little")
                    memory[end + 4 : end + 4 + len(data)] = data
                    end += 4 + len(data)
                    _HEADER.pack_into(memory, 0, number, end, 0)
                    if end > full:
                        break
                os.write(done, b".")

    def progress(self) -> tuple[int, int, int]:
        """Observations written so far, bytes used for them, stage of the one under way."""
        return _HEADER.unpack_from(self._memory)  # type: ignore[return-value]

    def run(self, call: str, maker: str, batch: list[Any], limit: float, pressure: str, parent: int) -> tuple[list[bytes], str]:
        """Observations (marshalled) of a batch, in order, and how it ended: "", "hung", or the signal of its death."""
        _HEADER.pack_into(self._memory, 0, 0, _HEADER.size, 0)
        request = marshal.dumps((call, maker, batch, pressure))
        with contextlib.suppress(BrokenPipeError):  # It died before it was asked: `_await` will see.
            _write(self._ask, len(request).to_bytes(8, "little") + request)
        ended = self._await(limit, parent)
        count, _, _ = self.progress()
        at, written = _HEADER.size, []
        for _ in range(count):
            length = int.from_bytes(self._memory[at : at + 4], "little")
            written.append(self._memory[at + 4 : at + 4 + length])
            at += 4 + length
        return written, ended

    def _await(self, limit: float, parent: int) -> str:
        seen, since, waited = -1, time.monotonic(), 0.0
        while True:
            ready, _, _ = select.select([self._done, parent], [], [], min(limit, 0.25))
            if parent in ready:
                raise EOFError("nobody is left to be answered")
            if ready:
                return "" if os.read(self._done, 1) else self._bury()
            count = self.progress()[0]
            now = time.monotonic()
            if count != seen:
                seen, since, waited = count, now, _waited(self.pid)
            elif now - since > limit + _waited(self.pid) - waited:
                os.kill(self.pid, signal.SIGKILL)
                self._bury()
                return "hung"

    def _bury(self) -> str:
        _, status = os.waitpid(self.pid, 0)
        _close(self._ask, self._done)
        self.pid = 0
        if os.WIFSIGNALED(status):
            return signal.Signals(os.WTERMSIG(status)).name
        return f"exit {os.WEXITSTATUS(status)}"

    def last_words(self) -> str:
        """The most telling line that the dead child left on standard error."""
        size = os.fstat(self._log).st_size
        lines = os.pread(self._log, 8192, max(0, size - 8192)).decode(errors="replace").splitlines()
        telling = [line for line in lines if re.search(r"check failed|assert|terminate|what\(\)|fatal|error|abort", line, re.I)]
        words = (telling or [line for line in lines if line.strip()] or [""])[-1 if not telling else 0]
        # Times, process ids and addresses differ from run to run; the message should not.
        words = re.sub(r"^[\dTFEWI:. -]+(?=\S+\.(?:cc|h)\b)", "", words)
        return re.sub(r"0x[0-9a-f]+", "0x...", words).strip()[:300]

    def stop(self) -> None:
        """End the child."""
        if self.pid:
            os.kill(self.pid, signal.SIGKILL)
            self._bury()
        os.close(self._log)


def _waited(pid: int) -> float:
    """Seconds for which threads of a process were ready to run while others had the processors; 0 where nobody tells.

    https://docs.kernel.org/scheduler/sched-stats.html
    """
    waited = 0
    with contextlib.suppress(OSError):
        for thread in os.listdir(f"/proc/{pid}/task"):
            with contextlib.suppress(OSError, ValueError, IndexError), open(f"/proc/{pid}/task/{thread}/schedstat") as file:
                waited += int(file.read().split()[1])
    return waited / 1e9


def _close(*handles: int) -> None:
    for handle in handles:
        os.close(handle)


def _write(handle: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(handle, view) :]


def die_with(parent: int) -> None:
    """Ask Linux to end this process with its parent, so that a hung conversion outlives nobody."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)
