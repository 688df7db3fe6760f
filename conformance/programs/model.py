"""What every handle of a program must show: a model that knows the promises and nothing of what the frameworks do.

A handle's model is a NumPy array in this process. Where memory is shared as promised it is a view, else a copy; so NumPy
itself says what each write changes.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from ...strategies.spec import ArraySpec, Spec, TensorSpec
from ..frameworks.registry import frameworks
from ..laws.judge import judge
from ..promises import EntryPoint
from ..promises.deviations import Deviation
from ..promises.programs import NUMPY, Kind, Step
from ..subject.handle import Handle
from ..subject.observation import Observation, Report, Shown
from .program import spelt

MUST = "After every step, each live handle MUST show what the promises kept so far make of it."
#: Where it is written, step by step.
_NUMPY_FLAGS = NUMPY.writes


class Broken(AssertionError):
    """A program broke a law.

    law       its id: "stateful", or that of the conversion under way
    expected, observed, promise, outcome  as in a finding
    handle    that shows it
    """

    def __init__(self, law: str, expected: str, observed: str, promise: str, outcome: str = "ok", handle: str = "") -> None:
        super().__init__(f"{law}: owed {expected}; {observed}")
        self.law, self.expected, self.observed, self.promise = law, expected, observed, promise
        self.outcome, self.handle = outcome, handle


@dataclass
class Memory:
    """Memory that handles share.

    immutable  where it is written that it never changes: it is such a tensor's, and nobody else's; "" where it may
    crossed    by which way it came from, or was shared with, another library: "", "dlpack" or "numpy"
    """

    immutable: str = ""
    crossed: str = ""


@dataclass
class Held:
    """What the model knows of one handle.

    kind      "numpy", or the framework's name: how steps on it are spelt; "other" where they are not
    array     what it must show; None where nothing is promised any more
    memory    whose it is
    writable  whether writes must succeed (True) or be refused (False); None where a write is undefined
    state     a tensor's state, as in `TensorSpec`
    address   of element 0 when it was last looked at
    owns      whether the handle has memory of its own, which a resize may move
    """

    kind: str
    array: np.ndarray | None
    memory: Memory
    writable: bool | None = True
    state: str = "plain"
    address: int = 0
    owns: bool = False


@cache
def _kinds() -> dict[str, str]:
    """The type of a result to how steps on it are spelt."""
    spelt = {name: each.programs for name, each in frameworks().items() if each.programs is not None}
    return {type_: kind for kind, programs in {"numpy": NUMPY, **spelt}.items() for type_ in programs.types}


class Model:
    """The handles of one program, step by step.

    extrapolated  what was only observed in other releases is no promise: where it fails, the program ends
    """

    def __init__(self, extrapolated: bool = False) -> None:
        self._extrapolated = extrapolated
        self.held: dict[str, Held] = {}

    # -- what a step is done to ----------------------------------------------------------------------------------------

    def spec(self, name: str, direction: str) -> Spec:
        """The input that a conversion of the handle is given, as promises speak of it."""
        held = self.held[name]
        array = held.array
        assert array is not None
        low = sum(s * (n - 1) for s, n in zip(array.strides, array.shape) if s < 0) if array.size else 0
        high = sum(s * (n - 1) for s, n in zip(array.strides, array.shape) if s > 0) + array.itemsize if array.size else 0
        data, item = array.tobytes(), array.itemsize
        elements = (int.from_bytes(data[at : at + item], "little") for at in range(0, len(data), item))
        planted = tuple(enumerate(elements))
        layout = (array.dtype.name, array.shape, array.strides, -low, high - low, held.address % 64)
        if direction == "in":
            memory = "plain" if held.writable else "readonly"
            return ArraySpec._make((*layout, memory, "ndarray", 0, planted))
        return TensorSpec._make((*layout, held.state, 0, planted))

    def takes(self, entry: EntryPoint, spec: Spec) -> bool:
        """Whether the model can follow the conversion: it keeps dtype and shape, and says whose the memory is."""
        clauses = {topic: entry.clause(topic, spec) for topic in ("dtype", "values", "shape", "aliasing", "flags", "refuses")}
        refusal = clauses["refuses"]
        if entry.direction == "out" and spec.state not in entry.states:
            return False
        if refusal is not None and refusal.value.must and refusal.value.types:
            return True
        dtype, values, shape, flags = (clauses[topic] for topic in ("dtype", "values", "shape", "flags"))
        return (
            dtype is not None
            and (dtype.value if isinstance(dtype.value, str) else dtype.value(spec)) == spec.dtype
            and (values is None or values.value in ("bits", "astype"))
            and (shape is None or shape.value(spec) == spec.shape)
            and clauses["aliasing"] is not None
            and not (flags is not None and flags.value)
        )

    # -- what a step makes of it ---------------------------------------------------------------------------------------

    def after(self, step: Step, report: Report, entry: EntryPoint | None, known: tuple[Deviation, ...] = ()) -> str:
        """Judge one step and follow it: the word for what became of it; raises Broken."""
        if report.outcome in ("crashed", "hung"):
            seen = f"crashed ({report.error[0]})" if report.outcome == "crashed" else "hung"
            words = f": {report.message}" if report.message else ""
            law = "survival" if step.do == "convert" else "stateful"
            raise Broken(law, "a result or a Python exception", seen + words, MUST, report.outcome, step.to or step.on)
        shown = {each.name: each for each in report.shown}
        word = getattr(self, f"_{step.do}")(step, report, shown, entry)
        self._check(shown, freed=step.do in ("drop", "resize"))
        return str(word)

    def _array(self, step: Step, report: Report, shown: dict[str, Shown], entry: None) -> str:
        size = int(np.prod(step.at))
        self.held[step.to] = Held("numpy", np.arange(size).reshape(step.at).astype(step.how), Memory())
        return "made"

    def _convert(self, step: Step, report: Report, shown: dict[str, Shown], entry: EntryPoint) -> str:
        source, spec = self.held[step.on], self.spec(step.on, entry.direction)
        result = shown.get(step.to)
        seen = _observation(report, result, shown.get(step.on))
        verdict = judge(entry, spec, seen, extrapolated=self._extrapolated)
        if verdict.breaches:
            law, breach = verdict.breaches[0]
            clause = entry.clause({"memory": "aliasing", "refusal": "refuses", "acceptance": "refuses"}.get(law, law), spec)
            promise = (
                f"{entry.name}: {clause.text} ({clause.source.text})" if clause is not None else f"{entry.name}: law '{law}'"
            )
            raise Broken(law, breach.expected, breach.observed, promise, seen.outcome, step.to)
        if verdict.drifts:
            self.held.clear()
            return "drifts"
        if result is None:
            return "refused"
        kind = _kinds().get(result.type, "other")
        if seen.shares == "all" or spelt(source.kind).marks:
            source.memory.crossed = entry.protocol or "numpy"
        self._hold(step.to, source, source.array, result, kind, seen.shares == "all")
        owning = spelt(kind).owning
        if owning and not entry.name.startswith(owning):
            self.held[step.to].memory.crossed = source.memory.crossed or "numpy"
        return "converted"

    def _hold(self, name: str, source: Held, array: Any, result: Shown, kind: str, shares: bool) -> None:
        """A new handle on the source's memory, or on memory of its own."""
        programs = spelt(kind)
        made = programs.types.get(result.type, Kind(False))
        writable: bool | None = None if kind == "other" else result.writable if programs.flags else made.writable
        state = made.state
        if not shares:
            memory = Memory("" if made.writable else programs.immutable)
            self.held[name] = Held(kind, _copied(array, result.strides), memory, writable, state, owns=True)
            return
        if kind == source.kind and source.writable is None:
            writable = None
        if programs.readonly and (not source.writable or source.memory.immutable):
            writable, state = None, programs.readonly
        self.held[name] = Held(kind, _restrided(array, result.strides), source.memory, writable, state)

    def _view(self, step: Step, report: Report, shown: dict[str, Shown], entry: None) -> str:
        source, result = self.held[step.on], shown.get(step.to)
        programs = spelt(source.kind)
        promise = programs.promise
        if result is None:
            raise Broken("stateful", "a view", _raised(report), promise, "raised", step.on)
        array = view_of(step.how, source.array)
        assert source.array is not None
        could = np.shares_memory(array, source.array)
        origin = shown[step.on]
        shares = could and result.address is not None and _overlap(result, origin) != "none"
        if programs.views_share and could and not shares:
            raise Broken("stateful", f"{step.to} in the memory of {step.on}", "memory of its own", promise, handle=step.to)
        if not could and _overlap(result, origin) != "none":
            raise Broken("stateful", f"{step.to} in memory of its own", f"the memory of {step.on}", promise, handle=step.to)
        self._hold(step.to, source, array, result, source.kind, shares)
        made = self.held[step.to]
        if programs.replaces and source.state != "plain":  # A slice of a variable, whose `assign` writes to the variable.
            made.writable = None
        if programs.readonly:
            made.writable, made.state = (source.writable, source.state) if shares else (True, "plain")
        return "made"

    def _write(self, step: Step, report: Report, shown: dict[str, Shown], entry: None) -> str:
        held = self.held[step.on]
        number, *index = step.at
        refused = report.outcome == "raised"
        assert held.array is not None
        if held.memory.immutable or not held.writable:
            if not refused:
                promise = held.memory.immutable or _NUMPY_FLAGS
                raise Broken("stateful", f"a refusal to write to {step.on}", "it was written to", promise, handle=step.on)
            return "refused"
        if refused:
            raise Broken("stateful", f"a write to {step.on}", _raised(report), spelt(held.kind).writes or MUST, "raised", step.on)
        if spelt(held.kind).replaces:  # A new value: tensors that were read before keep the old one.
            held.array, held.memory = np.full_like(held.array, number), Memory()
        else:
            held.array[tuple(index) or ...] = number
        return "written"

    def _lock(self, step: Step, report: Report, shown: dict[str, Shown], entry: None) -> str:
        if report.outcome == "raised":
            raise Broken("stateful", "a read-only array", _raised(report), _NUMPY_FLAGS, "raised", step.on)
        self.held[step.on].writable = False
        return "locked"

    def _unlock(self, step: Step, report: Report, shown: dict[str, Shown], entry: None) -> str:
        held = self.held[step.on]
        if report.outcome == "raised":
            return "refused"
        if held.memory.immutable:
            seen = "writable memory of an immutable tensor"
            raise Broken("stateful", f"a refusal to make {step.on} writable", seen, held.memory.immutable, handle=step.on)
        held.writable = True
        return "unlocked"

    def _resize(self, step: Step, report: Report, shown: dict[str, Shown], entry: None) -> str:
        """Whatever becomes of the handle, its new elements hold anything; what others show must stay as it is."""
        held = self.held[step.on]
        if report.outcome == "raised":
            return "refused"
        held.array, held.memory = None, Memory()
        return "resized"

    def _drop(self, step: Step, report: Report, shown: dict[str, Shown], entry: None) -> str:
        del self.held[step.on]
        return "dropped"

    def _check(self, shown: dict[str, Shown], freed: bool) -> None:
        for name, held in self.held.items():
            seen = shown.get(name)
            if seen is None:
                raise Broken("stateful", f"{name} to live", "it is gone", MUST, handle=name)
            held.address = seen.address or 0
            if held.array is None or seen.data is None:
                continue
            owed = (held.array.dtype.name, held.array.shape)
            if (seen.dtype, seen.shape) != owed:
                raise Broken(
                    "stateful", f"{name} is {owed[0]} {list(owed[1])}", f"{seen.dtype} {list(seen.shape)}", MUST, handle=name
                )
            if seen.data != held.array.tobytes():
                there = np.frombuffer(seen.data, held.array.dtype).reshape(held.array.shape).tolist()
                now = "what its memory, freed, happens to hold" if freed else str(there)
                own = spelt(held.kind).immutable
                law = "immutability" if own and held.memory.immutable else "stateful"
                raise Broken(law, f"{name} shows {held.array.tolist()}", f"it shows {now}", MUST, handle=name)


def view_of(how: str, array: Any) -> np.ndarray:
    """The same view of the model's array; NumPy's rules say when it has to be a copy."""
    views = {
        "rest": lambda: array[1:],
        "every other": lambda: array[::2],
        "first": lambda: array[0, ...],
        "swapped": lambda: array.swapaxes(0, -1),
        "reversed": lambda: array[::-1],
        "flat": lambda: array.reshape(-1),
        "itself": lambda: array.view(),
    }
    made: np.ndarray = views[how]()
    return made


def _copied(array: np.ndarray, strides: tuple[int, ...] | None) -> np.ndarray:
    """A copy laid out by these strides: no promise says how a copy lies in memory, and views and shares of it depend on that."""
    if strides is None:
        return array.copy()
    steps = [(n - 1) * step for n, step in zip(array.shape, strides)]
    low = -sum(step for step in steps if step < 0)
    high = sum(step for step in steps if step > 0) + array.itemsize
    made: np.ndarray = np.ndarray(array.shape, array.dtype, bytearray(low + high), low, strides)
    made[...] = array
    return made


def _restrided(array: Any, strides: tuple[int, ...] | None) -> Any:
    """The same view with these strides where they lead to no element: of such axes no promise says anything."""
    if strides is None:
        return array
    idle = array.size == 0
    ours = tuple(seen if idle or n == 1 else own for n, own, seen in zip(array.shape, array.strides, strides))
    return np.lib.stride_tricks.as_strided(array, strides=ours)


def _raised(report: Report) -> str:
    return f"raises {report.error[0]}: {report.message[:120]}"


def _overlap(result: Shown, source: Shown) -> str:
    """How much of the result lies in the source's elements' span: "none", "all", "part", "" where nobody can tell."""
    return _handle(result).overlaps(*_handle(source).span)


def _handle(shown: Shown) -> Handle:
    item = np.dtype(shown.dtype).itemsize if shown.strides is not None else 0
    return Handle(shown.type, shown.dtype, shown.shape, shown.strides, item, shown.address)


def _observation(report: Report, result: Shown | None, source: Shown | None) -> Observation:
    """The same evidence as laws know it."""
    if report.outcome != "ok" or result is None or source is None:
        return Observation(report.outcome, report.error, report.message, warnings=report.warnings)
    return Observation(
        "ok",
        type=result.type,
        dtype=result.dtype,
        shape=result.shape,
        strides=result.strides,
        device="cpu",
        data=result.data,
        shares=_overlap(result, source),
        writable=result.writable,
        flags=result.flags,
        warnings=report.warnings,
    )
