"""Pressures: what only time, repetition and company show of a conversion.

`trial.observe` looks at one conversion by itself. Here a conversion's source is dropped, it is repeated a thousand times,
raced by threads, asked first of all in a process: what comes of it is reported as facts, by name, for the laws to judge.
"""

from __future__ import annotations

import ctypes
import gc
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, suppress
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

from . import device_memory
from .capsules import Counted
from .handle import Handle
from .observation import Observation, fingerprint, significant
from .trial import Source, heard, raised

Facts = tuple[tuple[str, Any], ...]


class Conversion(NamedTuple):
    """One conversion that can be made again and again.

    convert   the call
    build     makes the source anew; told another container's name, hands the same elements over in that one
    describe  holds a result by address
    settings  that are none of a conversion's business: name to how to enter it
    """

    convert: Callable[[Any], Any]
    build: Callable[..., Source]
    describe: Callable[[Any], Handle]
    settings: Mapping[str, Callable[[], AbstractContextManager[Any]]] = MappingProxyType({})

    def made(self, source: Source) -> Handle:
        """The handle on a new result."""
        return self.describe(self.convert(source.value))


#: Those that mean nothing in a process that has converted before.
IN_A_FRESH_PROCESS = ("first",)

#: By name; each gets a conversion of which it is known that it answers, or else that it raises.
PRESSURES: dict[str, Callable[[Conversion], Facts]] = {}


def _pressure(function: Callable[[Conversion], Facts]) -> Callable[[Conversion], Facts]:
    PRESSURES[function.__name__] = function
    return function


def press(name: str, conversion: Conversion) -> Observation:
    """Put a conversion under a pressure and report the facts."""
    try:
        return Observation("ok", facts=PRESSURES[name](conversion))
    except Exception as error:
        return raised(error)


class Sight(NamedTuple):
    """All of a result that must be the same whenever, wherever and however often the same is asked."""

    outcome: str
    type: str = ""
    dtype: str = ""
    shape: tuple[int, ...] = ()
    strides: tuple[int, ...] | None = None
    flags: tuple[str, ...] = ()
    writable: bool | None = None
    data: bytes | None = None
    shares: str = ""  # Last: some may share or copy as they like, and all else must be the same nevertheless.

    def difference(self, other: Sight) -> str:
        """The first thing in which another differs, in words; "" when nothing does."""
        for name, mine, theirs in zip(self._fields, self, other):
            if mine != theirs:
                return f"{name} {_shown(theirs)}, not {_shown(mine)}"
        return ""


def _shown(value: Any) -> str:
    return value[:16].hex() if isinstance(value, bytes) else str(value)


def sight(conversion: Conversion, source: Source) -> Sight:
    """Convert once and look."""
    try:
        handle = conversion.made(source)
    except Exception as error:
        return Sight(f"raises {type(error).__name__}")
    data = handle.read()
    if handle.dtype == "bool" and data is not None:  # Any byte but 0 is true, and a scalar knows no other than 1.
        data = significant("bool", data)
    return Sight(
        "answers",
        handle.type,
        handle.dtype,
        handle.shape,
        handle.strides,
        handle.flags,
        handle.writable,
        None if data is None else fingerprint(data, handle.dtype),
        handle.overlaps(source.start, source.start + source.nbytes),
    )


def _collect(conversion: Conversion) -> None:
    """Have everything freed that waits for it. Some frameworks let go of arrays only at their next conversion."""
    gc.collect()
    other = conversion.build()
    with suppress(Exception):  # A refusal is a call as well.
        conversion.convert(other.value)
    other.close()


@_pressure
def drop(conversion: Conversion) -> Facts:
    """Drop the source while the result lives, then the result.

    shares  as in `Observation`
    held    references to the owner's memory that the result keeps; None where the owner cannot be watched
    later   whether the result still reads as it did: "same" or "changed"
    kept    references to the owner that outlive the result
    """
    source = conversion.build()
    owner = source.owner
    source.close()
    del source
    gc.collect()
    bare = sys.getrefcount(owner)  # Nobody's but ours. The same is built again below, on the same owner's terms.
    del owner

    source = conversion.build()
    owner, nbytes = source.owner, source.nbytes
    handle = conversion.made(source)
    shares = handle.overlaps(source.start, source.start + nbytes)
    before = handle.read()
    source.close()
    del source
    _collect(conversion)
    if owner is None:
        poison = [_poison(conversion, nbytes) for _ in range(4)]
        after = handle.read()
        del poison
        return (("shares", shares), ("held", None), ("later", "same" if after == before else "changed"), ("kept", None))
    held = sys.getrefcount(owner) - bare
    after = handle.read()  # The owner is alive, if only by our hand.
    del handle
    for _ in range(3):
        _collect(conversion)
        kept = sys.getrefcount(owner) - bare
        if not kept:
            break
    return (("shares", shares), ("held", held), ("later", "same" if after == before else "changed"), ("kept", kept))


def _poison(conversion: Conversion, nbytes: int) -> Any:
    """Fresh memory of the size that was freed, full of something else: the framework's, and Python's."""
    other = conversion.build()
    other.flip()
    return other, bytearray(b"\xa5" * nbytes)


#: Seconds of conversions after which a round of `many` ends, and how many it makes at least and at most.
_ROUND_SECONDS, _LEAST, _MOST = 0.008, 24, 1000
#: Rounds that may add something before it counts as a leak.
_ROUNDS = 12


@_pressure
def many(conversion: Conversion) -> Facts:
    """Convert again and again, and count what stays behind once everything has settled.

    conversions  in each round
    ending       of each: "answers" or "raises"
    references   to the source, more than before
    blocks       of Python's allocator, more than before
    bytes        of the C library's, more than before; 0 where it cannot be asked
    device bytes of the allocators of devices, more than before; None where no device is asked for
    """
    source = conversion.build()
    convert, value = conversion.convert, source.value

    def once() -> str:
        try:
            convert(value)
        except Exception:
            return "raises"
        return "answers"

    ending = once()
    started, count = time.perf_counter(), 0
    while count < _LEAST or (count < _MOST and time.perf_counter() - started < _ROUND_SECONDS):
        once()
        count += 1
    watched = [one for one in (value, source.owner) if one is not None]
    least = (count, count, count << 20, count << 20)
    for _ in range(_ROUNDS):  # Caches fill up, pools grow once: a leak is what every round adds.
        before = _levels(watched)
        for _ in range(count):
            once()
        growth = tuple(after - level for after, level in zip(_levels(watched), before))
        least = tuple(map(min, least, growth))  # type: ignore[assignment]
        if least[0] <= 0 and least[1] < 12 and least[2] < 1 << 12 and least[3] <= 0:
            break
    source.close()
    device = least[3] if device_memory.is_known() else None
    return (("conversions", count), ("ending", ending), *zip(_LEVELS, least), ("device bytes", device))


_LEVELS = ("references", "blocks", "bytes")


class _MallocInfo(ctypes.Structure):
    """https://man7.org/linux/man-pages/man3/mallinfo.3.html"""

    _fields_ = [
        (name, ctypes.c_size_t) for name in "arena ordblks smblks hblks hblkhd usmblks fsmblks uordblks fordblks keepcost".split()
    ]


try:
    _mallinfo: Any = ctypes.CDLL(None).mallinfo2
    _mallinfo.restype = _MallocInfo
except (OSError, AttributeError):  # Another C library.
    _mallinfo = None


def _levels(watched: list[Any]) -> tuple[int, int, int, int]:
    heard()  # They are ours to forget.
    gc.collect()
    on_devices = device_memory.in_use()  # First: to count may be to tidy up.
    info = _mallinfo() if _mallinfo else None
    in_use = info.uordblks + info.hblkhd if info else 0
    return sum(map(sys.getrefcount, watched)), sys.getallocatedblocks(), in_use, on_devices


@_pressure
def overwrite(conversion: Conversion) -> Facts:
    """Overwrite the source the moment that the call returns: a copy that is not finished yet would show it.

    shares  as in `Observation`
    later   whether the result reads as one that was left in peace: "same" or "changed"
    """
    source = conversion.build()
    in_peace = conversion.made(source)
    settled = in_peace.read()
    result = conversion.convert(source.value)
    source.flip()
    handle = conversion.describe(result)
    at_once = handle.read() == settled
    time.sleep(0.005)
    later = at_once and handle.read() == settled
    shares = handle.overlaps(source.start, source.start + source.nbytes)
    source.flip()
    source.close()
    return (("shares", shares), ("later", "same" if later else "changed"))


_THREADS, _TURNS = 4, 5


@_pressure
def crowd(conversion: Conversion) -> Facts:
    """Convert from several threads at once, some sources shared by all and some not.

    alone  how the first answer that is not the answer of a single thread differs; "" when all are the same
    """
    shared = conversion.build()
    alone = sight(conversion, shared)
    differences: list[str] = []
    start = threading.Barrier(_THREADS)

    def work() -> None:
        own = conversion.build()
        start.wait()
        for turn in range(_TURNS):
            difference = alone.difference(sight(conversion, (own, shared)[turn % 2]))
            if difference:
                differences.append(difference)
        own.close()

    pause = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    threads = [threading.Thread(target=work) for _ in range(_THREADS)]
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(pause)
    shared.close()
    return (("alone", min(differences, default="")),)


_REPEATS = 8


@_pressure
def again(conversion: Conversion) -> Facts:
    """Ask the same again, a refused input in between, then of other contents; and look at what else the process is left with.

    again  how the first answer that is not what it should be differs; "" when all are
    """
    source = conversion.build()
    first = sight(conversion, source)
    difference = ""
    for turn in range(_REPEATS):
        if turn == _REPEATS // 2:
            with suppress(Exception):
                conversion.convert(object())
        difference = first.difference(sight(conversion, source))
        if difference:
            break
    difference = difference or _of_other_contents(conversion, source) or _left_behind()
    source.close()
    return (("again", difference),)


def _of_other_contents(conversion: Conversion, source: Source) -> str:
    """How the same object with other contents is converted otherwise than another object that has them, or "".

    A copy that was made before must keep what it holds: results may not live in one place in turn.
    """
    if not source.is_mutable or not source.nbytes or _has_letters(source):
        return ""
    other, copy = conversion.build(), None
    with suppress(Exception):
        copy = conversion.made(source)
        held = copy.read()
    if copy is not None and copy.overlaps(source.start, source.start + source.nbytes) != "none":
        copy = None
    source.flip()
    other.flip()
    try:
        difference = sight(conversion, other).difference(sight(conversion, source))
        return difference or ("an earlier copy has changed" if copy is not None and copy.read() != held else "")
    finally:
        source.flip()
        other.close()


def _has_letters(source: Source) -> bool:
    """Whether not all bits are values: those of a text must be code points."""
    return getattr(getattr(source, "array", None), "dtype", np.dtype("V")).kind == "U"


#: A number whose product with a subnormal is computed, not foreseen.
_ONE = np.ones(1)


def _state() -> dict[str, Any]:
    """What of the process a conversion must leave alone."""
    # As text: where subnormals count as zeros, they also compare as equal to them.
    found = {"the handling of floating-point errors": np.geterr(), "the handling of subnormals": str(5e-324 * _ONE)}
    for others in _states:
        found |= others()
    return found


_state_at_start: dict[str, Any] = {}
#: What else belongs to the state of the process: of each framework, a function that tells it by name.
_states: list[Callable[[], dict[str, Any]]] = []


def remember_state(of: Iterable[Callable[[], dict[str, Any]]] = ()) -> None:
    """Take the process for what every conversion in it must leave it as."""
    _states[:] = of
    _state_at_start.update(_state())


def _left_behind() -> str:
    return next((f"{name} has changed" for name, was in _state_at_start.items() if _state()[name] != was), "")


@_pressure
def first(conversion: Conversion) -> Facts:
    """Ask in a process that has converted nothing yet, then again. (The server sees to the process.)

    first   how the second answer differs from the first; "" when it does not
    warned  categories of the warnings of the first call
    """
    source = conversion.build()
    heard()
    before = sight(conversion, source)
    warned = tuple(category for category, _ in heard())
    after = sight(conversion, source)
    source.close()
    return (("first", after.difference(before)), ("warned", warned))


@_pressure
def settings(conversion: Conversion) -> Facts:
    """Convert under each setting that is none of a conversion's business.

    One fact per setting: how the answer differs from the usual one; "" when it does not.
    """
    source = conversion.build()
    usual = sight(conversion, source)
    return tuple(_under_settings(conversion, source, usual))


def _under_settings(conversion: Conversion, source: Source, usual: Sight) -> Iterator[tuple[str, str]]:
    for name, setting in conversion.settings.items():
        with setting():
            seen = sight(conversion, source)
        yield name, usual.difference(seen)
    source.close()


@_pressure
def capsule(conversion: Conversion) -> Facts:
    """Hand over DLPack capsules whose deleters are counted.

    given    capsules that the conversion asked for
    early    deleters that ran while a result over the capsule's memory lived
    deleted  deleters that had run when the result, or the refusal, was gone
    again    whether a capsule that had been consumed was taken a second time: "raised" or "ok"; None where none was
    """
    source = conversion.build()
    counted = Counted(source.value)
    handle = None
    with suppress(Exception):
        handle = conversion.describe(conversion.convert(counted))
    shared = handle is not None and handle.overlaps(source.start, source.start + source.nbytes) == "all"
    early = counted.deleted if shared else 0
    del handle
    _collect(conversion)
    facts = (("given", counted.given), ("early", early), ("deleted", counted.deleted))
    reused = Counted(source.value, reuse=True)
    again = _taken_again(conversion, reused)
    reused.forget()
    return (*facts, ("again", again))


def _taken_again(conversion: Conversion, counted: Counted) -> str | None:
    try:
        first = conversion.convert(counted)
    except Exception:
        return None
    try:
        conversion.convert(counted)
    except Exception:
        return "raised"
    finally:
        del first
    return "ok" if counted.given else None


#: What can stand for an array; "nested list" are Python numbers.
FORMS = ("scalar", "list", "nested list", "array_interface", "array", "buffer", "dlpack")


@_pressure
def forms(conversion: Conversion) -> Facts:
    """Hand the same elements over in every form that there is.

    One fact per form: how the answer differs from the ndarray's in dtype or values; "" when it does not, None where it is
    refused or there is no such form of these elements.
    """
    source = conversion.build("ndarray")
    usual = sight(conversion, source)
    source.close()
    return tuple((form, _as_form(conversion, form, usual)) for form in FORMS)


def _as_form(conversion: Conversion, form: str, usual: Sight) -> str | None:
    try:
        source = conversion.build(form)
    except Exception:  # No such form of these elements.
        return None
    seen = sight(conversion, source)
    source.close()
    if seen.outcome != "answers" or usual.outcome != "answers":
        return None
    if form == "nested list":
        return _as_numbers(source.value, seen)
    blank = Sight("", dtype=usual.dtype, shape=usual.shape, data=usual.data)
    return blank.difference(Sight("", dtype=seen.dtype, shape=seen.shape, data=seen.data))


def _as_numbers(numbers: Any, seen: Sight) -> str | None:
    """How an answer differs from what NumPy makes of the Python numbers; they have no dtype that could be kept."""
    try:
        plain = np.array(numbers)
        with np.errstate(all="ignore"):
            cast = plain.astype(seen.dtype)
    except (TypeError, ValueError, OverflowError):  # Ragged, huge, or of a dtype that NumPy does not know.
        return None
    if plain.dtype.kind not in "biufc" or seen.data is None:
        return None
    blank = Sight("", shape=plain.shape, data=fingerprint(cast.tobytes(), seen.dtype))
    return blank.difference(Sight("", shape=seen.shape, data=seen.data))
