"""The clock inside a subject: calls timed in batches, over memory that is warm or cold, until the data is there."""

from __future__ import annotations

import contextlib
import gc
import marshal
import os
import sys
import time
import warnings
from collections import OrderedDict
from collections.abc import Callable, Mapping
from functools import partial
from itertools import repeat
from statistics import median
from typing import Any

import numpy as np

from ...strategies.build import Memory, Unbuildable
from ...strategies.build import build as build_array
from ...strategies.spec import ArraySpec, TensorSpec
from . import raw_copies, trial
from .channel import Channel
from .side import NO_DEVICES, Adapters, Side
from .worker import die_with

#: Seconds that a batch takes at least: a thousand times what reading the clock does.
BATCH = 200e-6
#: A first call of so many batches' time is its own batch, beyond doubt.
_LONG = 50
#: Bytes of sources kept from one visit to the next.
_KEPT_BYTES = 400 << 20
#: Bytes read to push a source out of the caches.
EVICTED = 64 << 20
#: Sources of a cold batch, in bytes and in number, at most.
_COLD_BYTES, _COLD_MOST = 16 << 20, 16

#: Environment variables that say in how many threads a library computes.
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")

Loop = Callable[..., float]
#: What a visit tells: see `Timer.visit`.
Answer = tuple[str, str, str, int, list[float], float, float]


class Timed:
    """One call over one input, compiled into loops.

    once  convert once: the result
    warm  (input, iterations, clock, wait): seconds of a batch over the same input
    cold  (inputs, clock, wait, kept): seconds of a batch over other inputs each, all results kept
    wait  return when the data is there
    """

    __slots__ = ("cold", "loops", "once", "wait", "warm")

    def __init__(self, once: Callable[[Any], Any], warm: Loop, cold: Loop) -> None:
        self.once, self.warm, self.cold, self.loops = once, warm, cold, 0
        self.wait: Callable[[], Any] = int


def compile_loops(call: str, argument: str, value: Any, prepared: bool) -> Timed:
    """The call's own lines inside loops, so that nothing else is timed; `prepared` runs all but the last line beforehand."""
    *body, last = call.splitlines()
    before, inside = (body, []) if prepared else ([], body)

    def block(lines: list[str], depth: int) -> str:
        return "".join(f"{'    ' * depth}{line}\n" for line in lines)

    source = f"""def made({argument}):
{block(before, 1)}
    def once({argument}):
{block([*inside, "return " + last], 2)}
    def warm({argument}, _iterations, _clock, _wait):
        _began = _clock()
        for _ in _iterations:
{block([*inside, last], 3)}
        _wait()
        return _clock() - _began
    def cold(_sources, _clock, _wait, _kept):
        _began = _clock()
        for {argument} in _sources:
{block([*inside, "_kept(" + last + ")"], 3)}
        _wait()
        return _clock() - _began
    return once, warm, cold
"""
    scope: dict[str, Any] = {}
    exec(compile(source, f"<timed {last[:60]}>", "exec"), trial.NAMESPACE, scope)
    return Timed(*scope["made"](value))


class Timer:
    """Times calls in this process.

    devices  those beside the host, as `server.Side` takes them
    about    releases, missing frameworks, and threads as the frameworks themselves tell them
    """

    def __init__(self, adapters: Adapters, devices: Mapping[str, str] = NO_DEVICES) -> None:
        self._side = Side(adapters, devices)
        trial.NAMESPACE["mmap"] = __import__("mmap")
        trial.NAMESPACE["_copier"] = raw_copies.copier
        if devices:  # Some are made before a framework's runtime begins, or never.
            self._side.renew(repeat=False)
        self._devices: dict[str, Any] = {}
        self._wait = _pin(self._side.modules)
        self._sources: OrderedDict[Any, Any] = OrderedDict()
        self._calls: dict[Any, Timed] = {}
        self._evict = np.ones(EVICTED, np.uint8)
        self._bare = compile_loops("id(a)", "a", None, False)
        self._bare.loops = calibrate(self._bare_batch, BATCH / 4)
        self.about = {
            "versions": self._side.versions,
            "missing": self._side.missing,
            "threads": _threads(self._side.modules),
            "clock": time.get_clock_info("perf_counter").implementation,
        }
        warnings.simplefilter("ignore")
        self._modules = 0
        self._settle()

    def visit(
        self,
        key: str,
        call: str,
        prepared: bool,
        maker: str,
        fields: tuple[Any, ...],
        cold: bool,
        rounds: int,
        seconds: float,
        device: str = "",
        needs: tuple[str, ...] = (),
    ) -> Answer:
        """Time one cell for a while.

        key      of the cell: what was prepared and calibrated for it is kept
        device   that must be there, other than the host, and be done when the clock stops
        needs    packages that the call imports beside its framework
        rounds   at most; fewer, but one at least, once `seconds` are over

        Returns outcome ("ok", "raised", "unbuildable", "not run"), message, memory ("shares", "copies", "part", "" where
        nobody can tell), calls per round, seconds per call of each round; between these rounds, the fastest of a call that
        does nothing: how fast the machine was just then; and seconds per call that the device says it worked, or 0.
        """
        memory = ""
        absent = self._absent(device, needs)
        if absent:
            return "not run", absent, "", 0, [], 0.0, 0.0
        self._side.prepare(call)
        try:
            source = self._source(maker, fields)
            timed, there = self._calls.get(key), self._devices.get(device)
            if timed is None:
                timed = compile_loops(call, "t" if maker else "a", source.value, prepared)
                timed.wait = there.wait if there else self._wait
                memory = self._used(timed.once(source.value), source)
                self._calls[key] = timed
                self._settle()
            if cold:
                measured = self._cold(timed, maker, fields, rounds, seconds)
            else:
                measured = self._warm(timed, source.value, rounds, seconds)
            busy = 0.0
            if there:
                there.check()
                busy = there.busy(partial(timed.once, source.value), median(measured[1]))
            return ("ok", "", memory, *measured, busy)
        except Unbuildable as reason:
            return "unbuildable", str(reason)[:200], "", 0, [], 0.0, 0.0
        except Exception as error:
            line = (str(error).strip().splitlines() or [""])[0]
            return "raised", f"{type(error).__name__}: {line}"[:200], "", 0, [], 0.0, 0.0

    def _absent(self, device: str, needs: tuple[str, ...]) -> str:
        """Why a call about this device cannot be timed; "" where it can."""
        if not device or (device in self._devices and not needs):
            return ""
        (framework,) = self._side.modules
        module = trial.NAMESPACE[f"_{framework}_devices"]
        reason = str(module.absent(device, *needs))
        if not reason and device not in self._devices:
            self._devices[device] = module.clock(device)
        return reason

    def _settle(self) -> None:
        """What is imported stays: no collection between batches need walk through it."""
        if len(sys.modules) != self._modules:
            self._modules = len(sys.modules)
            gc.collect()
            gc.freeze()

    def _warm(self, timed: Timed, value: Any, rounds: int, seconds: float) -> tuple[int, list[float], float]:
        clock, wait = time.perf_counter, timed.wait
        durations: list[float] = []
        bare = self._bare_seconds()

        def batch(n: int) -> float:
            return timed.warm(value, repeat(None, n), clock, wait)

        gc.disable()
        try:
            began = clock()
            if not timed.loops:
                timed.loops = calibrate(batch)
            elif rounds > 1 and batch(timed.loops) > seconds:  # The first one only warms up.
                began -= seconds
            while len(durations) < rounds and (not durations or clock() - began < seconds):
                durations.append(batch(timed.loops) / timed.loops)
                bare = min(bare, self._bare_seconds())
        finally:
            gc.enable()
        return timed.loops, durations, bare

    def _bare_batch(self, n: int) -> float:
        return self._bare.warm(None, repeat(None, n), time.perf_counter, int)

    def _bare_seconds(self) -> float:
        return self._bare_batch(self._bare.loops) / self._bare.loops

    def _cold(
        self, timed: Timed, maker: str, fields: tuple[Any, ...], rounds: int, seconds: float
    ) -> tuple[int, list[float], float]:
        spec = _spec(maker, fields)
        number = max(1, min(_COLD_MOST, _COLD_BYTES // max(spec.nbytes, 1)))
        sources = [self._build(maker, fields) for _ in range(number)]
        values = [source.value for source in sources]
        clock = time.perf_counter
        durations: list[float] = []
        bare = self._bare_seconds()
        began = clock()
        while len(durations) < rounds and (not durations or clock() - began < seconds):
            kept: list[Any] = []
            self._evict.max()
            gc.disable()
            try:
                durations.append(timed.cold(values, clock, timed.wait, kept.append) / number)
            finally:
                gc.enable()
            kept.clear()
            bare = min(bare, self._bare_seconds())
        return number, durations, bare

    def _used(self, result: Any, source: Any) -> str:
        with contextlib.suppress(Exception):
            how = self._side.describe(result).overlaps(source.start, source.start + source.nbytes)
            return {"none": "copies", "all": "shares"}.get(how, how)
        return ""

    def _source(self, maker: str, fields: tuple[Any, ...]) -> Any:
        """The input, kept for the next visit as long as there is room."""
        known = (maker, fields)
        if known in self._sources:
            self._sources.move_to_end(known)
            return self._sources[known]
        room = _KEPT_BYTES - _spec(maker, fields).nbytes
        while self._sources and sum(source.nbytes for source in self._sources.values()) > room:
            self._sources.popitem(last=False)
        source = self._sources[known] = self._build(maker, fields)
        return source

    def _build(self, maker: str, fields: tuple[Any, ...]) -> Any:
        if maker:
            return self._side._build(maker, TensorSpec(*fields))
        source = build_array(ArraySpec(*fields))
        # Memory that was never written is one page of zeros, again and again: no array that anybody converts.
        Memory(source.start, source.nbytes).view().fill(1)
        return source


def calibrate(batch: Callable[[int], float], target: float = BATCH) -> int:
    """How many calls make a batch that takes `target` seconds; `batch(n)` tells what n calls take."""
    n = 1
    if batch(n) > _LONG * target:
        return n
    # The better of two: whatever else the machine does only ever makes it slower.
    while (taken := min(batch(n), batch(n))) < target and n < 1 << 20:
        n = max(n + 1, min(10 * n, int(1.1 * n * target / max(taken, 1e-9))))
    return n


def _spec(maker: str, fields: tuple[Any, ...]) -> Any:
    return (TensorSpec if maker else ArraySpec)(*fields)


def _pin(modules: dict[str, Any]) -> Callable[[], Any]:
    """Have every framework compute in one thread; what waits until the data is there."""
    waits = [module.one_thread() for module in modules.values() if hasattr(module, "one_thread")]
    return waits[-1] if waits else int


def _threads(modules: dict[str, Any]) -> dict[str, Any]:
    told: dict[str, Any] = {name: os.environ.get(name, "") for name in THREADS}
    for module in modules.values():
        told |= module.threads() if hasattr(module, "threads") else {}
    return told


def serve(channel: Channel, adapters: Adapters, devices: Mapping[str, str] = NO_DEVICES, parent: int = 0) -> None:
    """Answer visits, marshalled, until the channel closes, and end with the `parent` that started this process."""
    if parent:
        die_with(parent)
    timer = Timer(adapters, devices)
    channel.send(marshal.dumps(timer.about))
    for request in channel:
        channel.send(marshal.dumps(timer.visit(*marshal.loads(request))))
