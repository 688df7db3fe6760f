"""The subject's process: it imports the frameworks, runs nothing, and forks workers that may die."""

from __future__ import annotations

import contextlib
import ctypes
import gc
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
import tempfile
import time
from collections.abc import Mapping
from functools import lru_cache, partial
from typing import Any

import numpy as np
import numpy.ma  # Else each worker would import it, when it is first asked for a masked array.

from ...strategies import dtypes
from ...strategies.build import Built, Unbuildable
from ...strategies.build import build as build_array
from ...strategies.spec import ArraySpec, TensorSpec
from . import device_memory, on_numpy, pressures, trial
from .channel import Channel
from .handle import Handle
from .observation import Observation, Report
from .play import PROGRAM, Play

#: A framework's name to the modules that know how to build and hold its tensors: on the host, on other devices ("": none do).
Adapters = Mapping[str, tuple[str, str]]
NO_DEVICES: Mapping[str, str] = {}
_MEMORY_BYTES = 8 << 20
_HEADER = struct.Struct("<QQQ")  # observations written, end of the last one, stage of the one under way


class Side:
    """Frameworks inside this process.

    adapters  of the frameworks that are wanted
    devices   those beside the host that are asked for, each with the module that reaches its memory, if any; no module may
              touch a device before `renew`: what a device has begun does not survive a fork
    """

    def __init__(self, adapters: Adapters, devices: Mapping[str, str] = NO_DEVICES) -> None:
        self.versions = {"python": platform.python_version(), "numpy": np.__version__}
        if "ml_dtypes" in sys.modules:  # Which dtypes there are beside NumPy's own hangs on it.
            self.versions["ml_dtypes"] = sys.modules["ml_dtypes"].__version__
        self.missing: dict[str, str] = {}
        self.modules: dict[str, Any] = {}
        trial.NAMESPACE["np"] = np
        for name, (adapter, _) in adapters.items():
            try:
                module = importlib.import_module(adapter)
            except BaseException as error:  # A broken framework breaks in any way it likes.
                self.missing[name] = f"{type(error).__name__}: {error}"[:300]
                continue
            self.modules[name] = module
            self.versions[name] = module.VERSION
            trial.NAMESPACE.update(module.NAMES)
        beside = {name: adapters[name][1] for name in self.modules if adapters[name][1]} if devices else {}
        self._on_devices = {name: self._beside(name, adapter, devices) for name, adapter in beside.items()}
        self._calls: dict[tuple[str, str], Any] = {}
        self.step = Play(self.describe).step

    def _beside(self, name: str, adapter: str, devices: Mapping[str, str]) -> Any:
        for memory in filter(None, devices.values()):
            importlib.import_module(memory)
        module = importlib.import_module(adapter)
        module.expect(tuple(devices))
        trial.NAMESPACE[f"_{name}_devices"] = module
        return module

    def describe(self, result: Any) -> Handle:
        """A handle on any result; TypeError for what nobody here knows."""
        for module in (on_numpy, *self._on_devices.values(), *self.modules.values()):
            handle = module.describe(result)
            if handle is not None:
                return handle  # type: ignore[no-any-return]
        return Handle(f"{type(result).__module__}.{type(result).__name__}", "", (), data=lambda: None)

    def observe(self, call: str, maker: str, fields: tuple[Any, ...], stage: Any = lambda _: None) -> Observation:
        """Build the input (an array, or a tensor of the framework `maker`), convert it by `call`, and report."""
        try:
            if maker:
                source, pokeable = self._build(maker, TensorSpec(*fields)), True
            else:
                spec = _array_spec(fields)
                source, pokeable = build_array(spec), _may_be_written(spec)
        except Unbuildable as reason:
            return Observation("unbuildable", message=str(reason)[:200], stage="build")
        convert = self._compiled(call, "t" if maker else "a")
        try:
            return trial.observe(convert, source, self.describe, pokeable, stage)
        except Exception as error:
            return trial.raised(error, "look at the result")
        finally:
            source.close()

    def press(self, call: str, maker: str, fields: tuple[Any, ...], pressure: str) -> Observation:
        """Put the conversion under a pressure, and report."""
        convert = self._compiled(call, "t" if maker else "a")
        build = partial(self._build, maker, TensorSpec(*fields)) if maker else partial(_build_in, ArraySpec(*fields))
        settings = {
            name: partial(setting.on, trial.NAMESPACE)
            for module in self.modules.values()
            for name, setting in getattr(module, "SETTINGS", {}).items()
        }
        try:
            return pressures.press(pressure, pressures.Conversion(convert, build, self.describe, settings))
        except Unbuildable as reason:
            return Observation("unbuildable", message=str(reason)[:200], stage="build")

    def _build(self, maker: str, spec: TensorSpec) -> Any:
        name, _, device = maker.partition("@")
        return self._on_devices[name].build(spec, device) if device else self.modules[name].build(spec)

    def _compiled(self, call: str, argument: str) -> Any:
        convert = self._calls.get((call, argument))
        if convert is None:
            convert = self._calls[call, argument] = trial.compile_call(call, argument)
        return convert

    def prepare(self, text: str) -> bool:
        """Import what calls with this text import when they are first made; whether there was anything to import."""
        wanted = {name for module in self.modules.values() for word, name in getattr(module, "LAZY", {}).items() if word in text}
        missing = [name for name in wanted if name not in sys.modules]
        for name in missing:
            with contextlib.suppress(ImportError):  # An older release: the call itself will say so.
                importlib.import_module(name)
        return bool(missing)

    def abort_if_spent(self, seen: tuple[Any, ...]) -> None:
        """Die, saying why, where this process has lost its device: whatever it was asked next would fail for that."""
        if self._on_devices and seen[0] == "raised" and device_memory.is_lost(seen[2]):
            print(f"error: {seen[2]}", file=sys.stderr, flush=True)
            os.abort()

    def renew(self, repeat: bool = True) -> None:
        """Make this process ready to observe; `repeat` has the frameworks give each time what they warn of once."""
        trial.hear_warnings()
        for module in self._on_devices.values():
            module.ready()
        if repeat:
            for module in self.modules.values():
                getattr(module, "renew", _nothing)()
        pressures.remember_state(module.state for module in self.modules.values() if hasattr(module, "state"))


def _nothing() -> None:
    """What stands for a function that an adapter does without."""


# A batch is asked of one entry point after the other: what a spec has worked out about itself is worth keeping.
@lru_cache(maxsize=1 << 14)
def _array_spec(fields: tuple[Any, ...]) -> ArraySpec:
    return ArraySpec(*fields)


def _build_in(spec: ArraySpec, container: str = "") -> Built:
    """The array of a spec, handed over in another container than its own if one is named."""
    if container == "nested list":
        if spec.dtype.endswith("longdouble"):
            raise Unbuildable("no Python number holds it")
        built = build_array(spec._replace(container="ndarray"))
        built.value = built.array.tolist()
        return built
    return build_array(spec._replace(container=container) if container else spec)


def _may_be_written(spec: ArraySpec) -> bool:
    """Whether a write through a result can do no harm but to the array: pages, pointers and True itself are not ours."""
    return spec.memory not in ("protected", "memmap_r") and spec.container != "scalar" and spec.dtype not in dtypes.POINTERS


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


class Bench:
    """Workers in turn: a fresh one whenever one died.

    parent  the handle of the one who asks: it is silent until it is answered, or gone
    """

    def __init__(self, side: Side, parent: int) -> None:
        self._side, self._parent = side, parent
        self._worker: Worker | None = None

    def observe(
        self, call: str, maker: str, batch: list[Any], limit: float, pressure: str = "", patience: int = sys.maxsize
    ) -> list[bytes]:
        """Observations (marshalled) of the whole batch, in order, deaths and hangs included.

        After `patience` deaths, of which a hang counts for twenty, the rest is not asked.
        """
        states = {"fake"} if any("fake" in fields for fields in batch) else set()
        if self._side.prepare(" ".join([call, *states])):
            _settle()
            self.close()  # Workers forked from now on have it.
        if pressure not in pressures.IN_A_FRESH_PROCESS:
            return self._observe(call, maker, batch, limit, pressure, patience)
        observed = []
        for fields in batch:
            self.close()
            self._worker = Worker(self._side, repeat=False)
            observed += self._observe(call, maker, [fields], limit, pressure, patience)
        self.close()
        return observed

    def _observe(self, call: str, maker: str, batch: list[Any], limit: float, pressure: str, patience: int) -> list[bytes]:
        observed: list[bytes] = []
        while len(observed) < len(batch):
            if patience <= 0:
                rest = Observation("unbuildable", message="not asked: the call has died too often before", stage="build")
                return observed + [marshal.dumps(tuple(rest))] * (len(batch) - len(observed))
            if self._worker is None:
                self._worker = Worker(self._side)
            worker = self._worker
            written, ended = worker.run(call, maker, batch[len(observed) :], limit, pressure, self._parent)
            observed += written
            if ended and len(observed) < len(batch):
                doing = pressure or trial.STAGES[worker.progress()[2]]
                outcome, error = ("hung", ()) if ended == "hung" else ("crashed", (ended,))
                words = worker.last_words()
                died = (
                    Report(outcome, error, words).pack() if maker == PROGRAM else tuple(Observation(outcome, error, words, doing))
                )
                observed.append(marshal.dumps(died))
            if ended:
                patience -= 20 if ended == "hung" else 1
                worker.stop()
                self._worker = None
        return observed

    def close(self) -> None:
        if self._worker is not None:
            self._worker.stop()
            self._worker = None


def _settle() -> None:
    """What is imported stays: no collection need walk through it, or copy its pages into a child."""
    gc.collect()
    gc.freeze()


def serve(channel: Channel, adapters: Adapters, devices: Mapping[str, str] = NO_DEVICES, scratch: str = "") -> None:
    """Answer requests until the channel closes: (call, maker, batch, limit, pressure, patience), marshalled.

    scratch  the folder for what is left behind by those that die
    """
    tempfile.tempdir = scratch or None
    side = Side(adapters, devices)
    _settle()
    channel.send(marshal.dumps((os.getpid(), side.versions, side.missing)))
    bench = Bench(side, channel.fileno())
    try:
        for request in channel:
            channel.send(marshal.dumps(bench.observe(*marshal.loads(request))))
    finally:
        bench.close()


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
