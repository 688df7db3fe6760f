"""The subject's process: it imports the frameworks, runs nothing, and forks workers that may die."""

from __future__ import annotations

import contextlib
import ctypes
import importlib
import marshal
import mmap
import os
import platform
import re
import resource
import select
import signal
import struct
import sys
import time
from functools import lru_cache
from typing import Any

import numpy as np

from conformance.observation import Observation
from conformance.subject import on_numpy, trial
from conformance.subject.handle import Handle
from strategies import dtypes
from strategies.build import Unbuildable
from strategies.build import build as build_array
from strategies.spec import ArraySpec, TensorSpec

#: Framework name to the module that knows how to build and hold its tensors.
SIDES = {"torch": "on_torch", "tensorflow": "on_tensorflow"}
_MEMORY_BYTES = 8 << 20
_HEADER = struct.Struct("<QQQ")  # observations written, end of the last one, stage of the one under way


class Side:
    """One framework inside this process."""

    def __init__(self, frameworks: tuple[str, ...]) -> None:
        self.versions = {"python": platform.python_version(), "numpy": np.__version__}
        self.missing: dict[str, str] = {}
        self.modules: dict[str, Any] = {}
        trial.NAMESPACE["np"] = np
        for name in frameworks:
            try:
                module = importlib.import_module(f"conformance.subject.{SIDES[name]}")
            except BaseException as error:  # A broken framework breaks in any way it likes.
                self.missing[name] = f"{type(error).__name__}: {error}"[:300]
                continue
            self.modules[name] = module
            self.versions[name] = module.VERSION
            trial.NAMESPACE.update(module.NAMES)
        self._calls: dict[tuple[str, str], Any] = {}

    def describe(self, result: Any) -> Handle:
        """A handle on any result; TypeError for what nobody here knows."""
        for module in (on_numpy, *self.modules.values()):
            handle = module.describe(result)
            if handle is not None:
                return handle  # type: ignore[no-any-return]
        return Handle(f"{type(result).__module__}.{type(result).__name__}", "", (), data=lambda: None)

    def observe(self, call: str, maker: str, fields: tuple[Any, ...], stage: Any = lambda _: None) -> Observation:
        """Build the input (an array, or a tensor of the framework `maker`), convert it by `call`, and report."""
        argument = "t" if maker else "a"
        try:
            if maker:
                source, pokeable = self.modules[maker].build(TensorSpec(*fields)), True
            else:
                spec = _array_spec(fields)
                source, pokeable = build_array(spec), _may_be_written(spec)
        except Unbuildable as reason:
            return Observation("unbuildable", message=str(reason)[:200], stage="build")
        convert = self._calls.get((call, argument))
        if convert is None:
            convert = self._calls[call, argument] = trial.compile_call(call, argument)
        try:
            return trial.observe(convert, source, self.describe, pokeable, stage)
        except Exception as error:
            return trial.raised(error, "look at the result")
        finally:
            source.close()

    def renew(self) -> None:
        """Make this process ready to observe: warnings repeat."""
        trial.hear_warnings()
        for module in self.modules.values():
            module.renew()


# A batch is asked of one entry point after the other: what a spec has worked out about itself is worth keeping.
@lru_cache(maxsize=1 << 14)
def _array_spec(fields: tuple[Any, ...]) -> ArraySpec:
    return ArraySpec(*fields)


def _may_be_written(spec: ArraySpec) -> bool:
    """Whether a write through a result can do no harm but to the array: pages, pointers and True itself are not ours."""
    return spec.memory not in ("protected", "memmap_r") and spec.container != "scalar" and spec.dtype not in dtypes.POINTERS


class Worker:
    """A forked child that observes batches and leaves every finished observation in shared memory as it goes."""

    def __init__(self, side: Side) -> None:
        self._memory = mmap.mmap(-1, _MEMORY_BYTES)
        self._log = os.memfd_create("stderr") if hasattr(os, "memfd_create") else os.open("/dev/null", os.O_RDWR)
        asked, self._ask = os.pipe()
        self._done, done = os.pipe()
        parent = os.getpid()
        self.pid = os.fork()
        if not self.pid:
            try:
                _close(self._ask, self._done)
                self._work(side, asked, done, parent)
            finally:
                os._exit(1)
        _close(asked, done)

    def _work(self, side: Side, asked: int, done: int, parent: int) -> None:
        _die_with(parent)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        os.dup2(self._log, 2)
        os.dup2(2, 1)
        side.renew()
        memory = self._memory
        with os.fdopen(asked, "rb") as requests:
            while header := requests.read(8):
                call, maker, batch = marshal.loads(requests.read(int.from_bytes(header, "little")))
                end, full = _HEADER.size, _MEMORY_BYTES - (1 << 17)
                _HEADER.pack_into(memory, 0, 0, end, 0)

                def stage(number: int) -> None:
                    memory[16] = number

                for number, fields in enumerate(batch, 1):
                    memory[16] = 0
                    data = marshal.dumps(tuple(side.observe(call, maker, fields, stage)))
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

    def run(self, call: str, maker: str, batch: list[Any], limit: float) -> tuple[list[Any], str]:
        """Observations (as tuples) of a batch, in order, and how it ended: "", "hung", or the signal of its death."""
        _HEADER.pack_into(self._memory, 0, 0, _HEADER.size, 0)
        request = marshal.dumps((call, maker, batch))
        with contextlib.suppress(BrokenPipeError):  # It died before it was asked: `_await` will see.
            _write(self._ask, len(request).to_bytes(8, "little") + request)
        ended = self._await(limit)
        count, _, _ = self.progress()
        at, written = _HEADER.size, []
        for _ in range(count):
            length = int.from_bytes(self._memory[at : at + 4], "little")
            written.append(marshal.loads(self._memory[at + 4 : at + 4 + length]))
            at += 4 + length
        return written, ended

    def _await(self, limit: float) -> str:
        seen, since = -1, time.monotonic()
        while True:
            ready, _, _ = select.select([self._done], [], [], min(limit, 0.25))
            if ready:
                return "" if os.read(self._done, 1) else self._bury()
            count = self.progress()[0]
            now = time.monotonic()
            if count != seen:
                seen, since = count, now
            elif now - since > limit:
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
        words = re.sub(r"^[\dTFEWI:. -]+(?=\S+\.cc)", "", words)
        return re.sub(r"0x[0-9a-f]+", "0x...", words).strip()[:300]

    def stop(self) -> None:
        """End the child."""
        if self.pid:
            os.kill(self.pid, signal.SIGKILL)
            self._bury()
        os.close(self._log)


class Bench:
    """Workers in turn: a fresh one whenever one died."""

    def __init__(self, side: Side) -> None:
        self._side = side
        self._worker: Worker | None = None

    def observe(self, call: str, maker: str, batch: list[Any], limit: float, patience: int) -> list[Any]:
        """Observations (as tuples) of the whole batch, in order, deaths and hangs included.

        After `patience` deaths, of which a hang counts for twenty, the rest is not asked.
        """
        observed: list[Any] = []
        while len(observed) < len(batch):
            if patience <= 0:
                rest = Observation("unbuildable", message="not asked: the call has died too often before", stage="build")
                return observed + [tuple(rest)] * (len(batch) - len(observed))
            if self._worker is None:
                self._worker = Worker(self._side)
            worker = self._worker
            written, ended = worker.run(call, maker, batch[len(observed) :], limit)
            observed += written
            if ended and len(observed) < len(batch):
                doing = trial.STAGES[worker.progress()[2]]
                outcome, error = ("hung", ()) if ended == "hung" else ("crashed", (ended,))
                observed.append(tuple(Observation(outcome, error, worker.last_words(), doing)))
            if ended:
                patience -= 20 if ended == "hung" else 1
                worker.stop()
                self._worker = None
        return observed

    def close(self) -> None:
        if self._worker is not None:
            self._worker.stop()
            self._worker = None


def serve(channel: Any, frameworks: tuple[str, ...]) -> None:
    """Answer requests of an execnet channel until it closes: (call, maker, batch, limit, patience), marshalled."""
    side = Side(frameworks)
    channel.send(marshal.dumps((os.getpid(), side.versions, side.missing)))
    bench = Bench(side)
    try:
        for request in channel:
            channel.send(marshal.dumps(bench.observe(*marshal.loads(request))))
    finally:
        bench.close()


def _close(*handles: int) -> None:
    for handle in handles:
        os.close(handle)


def _write(handle: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(handle, view) :]


def _die_with(parent: int) -> None:
    """Ask Linux to end this child with its parent, so that a hung conversion outlives nobody."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)
