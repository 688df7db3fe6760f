"""One conversion under trial: build, convert, watch, change, compare."""

from __future__ import annotations

import gc
import linecache
import sys
import warnings
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np

from .facts import Facts, split
from .handle import Handle
from .observation import Observation, fingerprint
from .source import Source

_INVERTED = bytes(255 - b for b in range(256))

_seen: list[tuple[str, str]] = []


def hear_warnings() -> None:
    """Let every warning of this process be heard each time it is given (Python's own filter forgets repeats)."""
    warnings.simplefilter("always")
    warnings.showwarning = lambda message, category, *_, **__: _hear(category.__name__, str(message)[:300])


def _hear(category: str, message: str) -> None:
    """Keep a warning; what is given for each of a thousand elements, once."""
    if (category, message) not in _seen:
        _seen.append((category, message))


def heard() -> tuple[tuple[str, str], ...]:
    """The warnings given since this was asked last."""
    warned = tuple(_seen)
    _seen.clear()
    return warned


def settle() -> None:
    """What is there stays: no collection need walk through it, or copy its pages into a child.

    Frameworks are a million objects, and import more whenever something new is asked of them: a tenth of a second each time.
    """
    gc.collect()
    gc.freeze()


def compile_call(text: str, argument: str) -> Callable[[Any], Any]:
    """A function of `argument` from an entry point's own lines: statements, then the expression that is the result.

    Facts, in lines behind the call, become its attribute `facts` (see `conformance.subject.facts`).
    """
    call, told = split(text)
    *body, last = call.splitlines()
    lines = [f"def convert({argument}):", *(f"    {line}" for line in body)]
    lines += [f"    result = {last}", "    _names.update(locals())", "    return result"] if told else [f"    return {last}"]
    facts = Facts(told, NAMESPACE, argument)
    source = "\n".join(["def made(_names):", *(f"    {line}" for line in lines), "    return convert"])
    scope: dict[str, Any] = {}
    # Who parses the source of what it traces shall find it.
    name = f"<{text.splitlines()[0][:60]} {len(linecache.cache)}>"
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    exec(compile(source, name, "exec"), NAMESPACE, scope)
    convert = scope["made"](facts.names)
    if told:
        convert.facts = facts
    return convert  # type: ignore[no-any-return]


#: What the text of a call may name: filled when the frameworks are loaded. A module, for what looks up the home of a class.
_HOME = sys.modules["conversion"] = ModuleType("conversion")
NAMESPACE: dict[str, Any] = _HOME.__dict__


def raised(error: BaseException, stage: str = "convert") -> Observation:
    """The observation of a Python exception."""
    bases = tuple(c.__name__ for c in type(error).__mro__ if c not in (object, BaseException))
    return Observation("raised", bases, str(error)[:300], stage, warnings=tuple(_seen))


def _marks(value: Any) -> tuple[Any, ...]:
    """What a conversion must leave as it was, beside the bytes; nothing of a list, or of a tensor that keeps no such marks."""
    try:
        if isinstance(value, np.ndarray):
            return value.shape, value.strides, value.dtype, value.flags.writeable
        return value.requires_grad, value.is_leaf, value._version, tuple(value.shape), value.stride()
    except Exception:
        return ()


def observe(
    convert: Callable[[Any], Any],
    source: Source,
    describe: Callable[[Any], Handle],
    pokeable: bool = True,
    stage: Callable[[int], None] = lambda _: None,
) -> Observation:
    """Convert once and gather all the evidence.

    Bytes are read and changed by address, never through the function on trial. `pokeable` False keeps from writing
    through the result where that would kill the process; `stage` is told what comes next (see `STAGES`), so that a
    death can be laid at its door.
    """
    before, marks = source.contents(), _marks(source.value)
    facts: Facts | None = getattr(convert, "facts", None)
    _seen.clear()
    try:
        result = convert(source.value)
    except BaseException as error:  # The promised type is the law's business, not ours.
        observation = raised(error)
        told = facts.tell(source, describe, refused=True) if facts else ()
        changed = source.contents() != before or _marks(source.value) != marks
        return observation._replace(source_changed=changed, facts=told)
    heard = tuple(_seen)
    stage(1)
    handle = describe(result)
    data = handle.read()
    changed = source.contents() != before or _marks(source.value) != marks
    low, high = source.start, source.start + source.nbytes
    shares = handle.overlaps(low, high)

    follows = leads = ""
    twin: bool | None = None
    if data and source.is_mutable:
        source.flip()
        after = handle.read()
        source.flip()
        follows = "none" if after == data else "all" if after == data.translate(_INVERTED) else "part"
    told = ()
    if facts:
        stage(4)
        told = facts.tell(source, describe)
    elif shares == "none":  # A form is made anew each time: nothing of the first is left to be shared.
        stage(2)
        try:
            second = convert(source.value)
            twin = handle.overlaps(*describe(second).span) in ("all", "part")
        except BaseException:
            twin = None  # Refusing the second time is another law's business.
    if pokeable and handle.poke is not None and data and source.nbytes:
        stage(3)
        handle.poke(data.count(0) == len(data))
        leads = "some" if source.contents() != before else "none"
    return Observation(
        "ok",
        (),
        "",
        "convert",
        handle.type,
        handle.dtype,
        handle.shape,
        handle.strides,
        handle.device,
        None if data is None else fingerprint(data, handle.dtype),
        shares,
        follows,
        leads,
        handle.writable,
        handle.flags,
        heard,
        changed,
        twin,
        told,
    )


#: What `observe` tells its `stage` callback, by number.
STAGES = ("convert", "look at the result", "convert again", "write to the result", "tell the facts")
