"""Frameworks inside one process: inputs are built, converted under trial or pressure, and reported."""

from __future__ import annotations

import contextlib
import importlib
import os
import platform
import sys
import traceback
from collections.abc import Iterator, Mapping
from functools import lru_cache, partial
from typing import Any

import numpy as np
import numpy.ma  # Else each worker would import it, when it is first asked for a masked array.

from ...strategies import dtypes
from ...strategies.build import Built, Unbuildable
from ...strategies.build import build as build_array
from ...strategies.spec import ArraySpec, TensorSpec
from . import device_memory, on_numpy, pressures, trial
from .handle import Handle
from .observation import Observation
from .play import Play
from .pressures import traces

#: A framework's name to the modules that know how to build and hold its tensors: on the host, on other devices ("": none do).
Adapters = Mapping[str, tuple[str, str]]
NO_DEVICES: Mapping[str, str] = {}


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
        self._last = ""  # The call that was made last.
        self._pressed = ("", "")  # The call that was pressed last, and how.
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
        if (call, pressure) != self._pressed:
            trial.settle()
            self._pressed = call, pressure
        build = partial(self._build, maker, TensorSpec(*fields)) if maker else partial(_build_in, ArraySpec(*fields))
        direction = "out" if maker else "in"
        settings = {name: partial(setting.on, trial.NAMESPACE) for name, setting in self._every("SETTINGS")}
        contexts = {
            name: partial(context.around, trial.NAMESPACE)
            for name, context in self._every("CONTEXTS")
            if context.direction in ("", direction)
        }
        try:
            return pressures.press(pressure, pressures.Conversion(convert, build, self.describe, settings, contexts))
        except Unbuildable as reason:
            return Observation("unbuildable", message=str(reason)[:200], stage="build")

    def _every(self, table: str) -> Iterator[tuple[str, Any]]:
        """The rows of this table of every adapter that has one."""
        for module in self.modules.values():
            yield from getattr(module, table, {}).items()

    def _build(self, maker: str, spec: TensorSpec) -> Any:
        name, _, device = maker.partition("@")
        module = self._on_devices[name] if device else self.modules[name]
        try:
            return module.build(spec, device) if device else module.build(spec)
        except Unbuildable:
            raise
        except Exception as error:
            if traceback.extract_tb(error.__traceback__)[-1].filename == getattr(module, "__file__", ""):
                raise  # A mistake of the adapter's own.
            # A release that has no such state, or refuses to enter it.
            line = (str(error).splitlines() or [""])[0]
            raise Unbuildable(f"{maker}, {spec.state}: {type(error).__name__}: {line[:120]}") from None

    def _compiled(self, call: str, argument: str) -> Any:
        if call != self._last:
            self._remember()  # What other calls have left behind is none of this one's business.
            self._last = call
        convert = self._calls.get((call, argument))
        if convert is None:
            convert = self._calls[call, argument] = trial.compile_call(call, argument)
        return convert

    def _remember(self) -> None:
        traces.remember(text for module in self.modules.values() for text in getattr(module, "STATE", ()))

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
        self._remember()


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
