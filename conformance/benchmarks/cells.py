"""What is timed: a cell is one entry point on one input, over warm or cold memory. Chosen without any framework."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from ...strategies.spec import TENSOR_DTYPES, ArraySpec, Spec, TensorSpec, c_strides
from ..frameworks.registry import frameworks, known_for, of_maker
from ..laws.judge import pressure_of
from ..promises import EntryPoint
from ..promises.deviations import Deviation
from ..subject.devices import KINDS, numbered, split

#: Bytes of the sizes that every entry point is timed over; of the smallest that is not empty, 16 elements.
SIZES = (0, 64, 4 << 10, 256 << 10, 4 << 20, 64 << 20)
#: Bytes at which dtypes and layouts are compared.
MIDDLING = 256 << 10
#: Sizes of which a cell over cold memory is timed.
COLD = (64, 4 << 20)
#: The dtypes that are compared: one of each width.
DTYPES = ("uint8", "float16", "float32", "float64", "complex128")
#: The dtype of all other cells is the first of these that the call takes as it is.
_PLAIN = ("float32", "float64", "int64", "int32", "int16", "int8", "uint8", "bool", "float16", "complex64", "bfloat16")
#: A symbolic form that is fed: its last line hands the array over, what comes before is done once.
_FED = re.compile(r"\ba\b")


#: What no conversion can beat, measured in the same processes.
BARE_CALL, MEMCPY, FRESH_COPY = "limit: bare C call", "limit: np.copyto, warm", "limit: np.copyto, fresh pages"
HOST = (MEMCPY, FRESH_COPY)


class Cell(NamedTuple):
    """One thing to time.

    name        unique in a run
    entry       the entry point's name, or that of a limit
    framework   in whose subject it is timed; "" for a limit, which is timed in all
    direction   "in" or "out"; "" for a limit
    axis        what is varied: "size", "dtype", "layout", "cast", "cold", "scalar" (some take nothing else)
    call        the lines that are timed
    prepared    whether all lines but the last are run once, beforehand
    maker       the framework that builds the tensor; "" for arrays
    spec        the input
    size        in words: "16 elements", "4 KiB"
    layout      in words: "contiguous", "1-aligned"
    cold        whether each call has an input and a result of its own, in memory that no cache holds
    promise     what is promised of the memory: "shares", "copies", "may share", or ""
    source      by whom
    converts    whether the result's dtype is another than the source's
    symbolic    whether it is a symbolic form
    deviations  ids of known deviations of its use of memory that cover this input
    costly      ids of known deviations of its cost
    spared      why it is not timed, or ""
    device      that it is about, other than the host: it must be there
    needs       packages that the call imports beside its framework
    limits      names of the limits beside which it is shown: what no copy beats, and what together makes up a plain copy,
                into memory as it comes; none where nothing is known to compare it with
    """

    name: str
    entry: str
    framework: str
    direction: str
    axis: str
    call: str
    prepared: bool
    maker: str
    spec: Spec
    size: str
    layout: str = "contiguous"
    cold: bool = False
    promise: str = ""
    source: str = ""
    converts: bool = False
    symbolic: bool = False
    deviations: tuple[str, ...] = ()
    costly: tuple[str, ...] = ()
    spared: str = ""
    device: str = ""
    needs: tuple[str, ...] = ()
    limits: tuple[str, ...] = HOST


#: By name, as the lines of a call.
_LIMITS = {
    BARE_CALL: "id(a)",
    MEMCPY: "out = np.ones_like(a)\nnp.copyto(out, a)",
    FRESH_COPY: (
        "pages = mmap.mmap(-1, a.nbytes)\n"
        "if a.nbytes >= 4 << 20 and hasattr(mmap, 'MADV_HUGEPAGE'): pages.madvise(mmap.MADV_HUGEPAGE)\n"
        "np.copyto(np.frombuffer(pages, a.dtype), a)"
    ),
}


#: A call that keeps its device waiting, so that who does not wait for the device is seen.
_SLEEPS = "._sleep("


def raw_copy(way: str, device: str, host: str = "") -> str:
    """The name of the device's own copy "to" it, "from" it or "within" it."""
    words = {"to": f"host to {device}", "from": f"{device} to host", "within": f"within {device}"}[way]
    return f"limit: raw copy, {words}" + (f", {host}" if host else "")


#: The device's own copies: way, and memory at the host's end.
_RAW = (
    *(("to", "pinned"), ("to", "pageable")),
    *(("from", "pinned"), ("from", "pageable"), ("from", "fresh pages")),
    ("within", ""),
)


def limits(largest: int, devices: tuple[str, ...] = ()) -> Iterator[Cell]:
    """The machine's limits, for each size, and those of devices whose memory can be reached past any framework."""
    for name, call in _LIMITS.items():
        for nbytes in ladder(largest)[1:]:
            if name != BARE_CALL or nbytes == SIZES[1]:
                spec = array("float32", nbytes)
                yield Cell(
                    f"{name}-{label(nbytes)}", name, "", "", "size", call, name == MEMCPY, "", spec, label(nbytes), promise=""
                )
    for device in devices:
        for way, host in _RAW if KINDS[split(device)[0]].memory else ():
            name, call = raw_copy(way, device, host), f"copy = _copier({device!r}, {way!r}, {host!r}, a.nbytes)\ncopy()"
            for nbytes in ladder(largest)[1:]:
                spec, size = array("float32", nbytes), label(nbytes)
                yield Cell(f"{name}-{size}", name, "", "", "size", call, True, "", spec, size, device=device)


def ladder(largest: int) -> tuple[int, ...]:
    """Bytes of the sizes up to `largest`, which is one of them."""
    return (*(size for size in SIZES if size < largest), largest)


def label(nbytes: int) -> str:
    """A size in words."""
    if nbytes <= SIZES[1]:
        return "16 elements" if nbytes else "empty"
    unit = min(nbytes.bit_length() - 1, 39) // 10
    return f"{nbytes >> 10 * unit} {('B', 'KiB', 'MiB', 'GiB')[unit]}"


def array(dtype: str, nbytes: int, address: int = 0) -> ArraySpec:
    """A contiguous array of one axis."""
    return ArraySpec(dtype, *_flat(ArraySpec(dtype, (), ()).itemsize, nbytes), address=address)


def tensor(dtype: str, nbytes: int, address: int = 0) -> TensorSpec:
    """A contiguous tensor of one axis."""
    return TensorSpec(dtype, *_flat(TENSOR_DTYPES[dtype][0], nbytes), address=address)


def _flat(item: int, nbytes: int) -> tuple[tuple[int], tuple[int], int, int]:
    count = min(nbytes, 16) if nbytes <= SIZES[1] else nbytes // item
    return (count,), (item,), 0, count * item


def cells(entry: EntryPoint, versions: dict[str, str], largest: int = SIZES[-1]) -> Iterator[Cell]:
    """All that is timed of an entry point in a subject of these releases; nothing of a form that is not fed an array."""
    prepared = bool(entry.facts)
    if prepared and (not _FED.search(entry.call.splitlines()[-1]) or entry.computes):
        return
    entry, known = entry.under(versions), known_for(entry, versions)
    flat = tensor if entry.maker else array
    dtype = _plain_dtype(entry, known)
    seen = set()

    def cell(axis: str, spec: Spec, nbytes: int, layout: str = "contiguous", cold: bool = False) -> Iterator[Cell]:
        size = label(nbytes) if spec.shape else "1 element"
        words = filter(None, [size, spec.dtype, layout, "cold" if cold else "", entry.device])
        if (spec, cold) in seen or (not entry.takes(spec) if not entry.maker else False):
            return
        seen.add((spec, cold))
        clause = entry.clause("aliasing", spec)
        converts = _result(entry, spec) not in (None, spec.dtype)
        yield Cell(
            f"{entry.name}-{'-'.join(words)}",
            entry.name,
            entry.framework,
            entry.direction,
            "cast" if converts and axis == "dtype" else axis,
            entry.call,
            prepared,
            entry.maker,
            spec,
            size,
            layout,
            cold,
            clause.value if clause else "",
            clause.source.text if clause else "",
            converts,
            prepared,
            tuple(d.id for d in known if d.severity == "memory" and d.when.test(spec)),
            tuple(d.id for d in frameworks()[entry.framework].costly if d.applies_to(entry, versions)),
            _spared(spec, known) or ("keeps its device waiting, to show a race" if _SLEEPS in entry.call else ""),
            entry.device,
            entry.needs,
            _beside(entry, spec),
        )

    for nbytes in ladder(largest):
        yield from cell("size", flat(dtype, nbytes), nbytes)
    if prepared:
        return
    item = flat(dtype, 0).itemsize
    yield from cell("scalar", (TensorSpec if entry.maker else ArraySpec)(dtype, (), (), 0, item), item, "0-d")
    for other in DTYPES:
        yield from cell("dtype", flat(other, MIDDLING), MIDDLING)
    for layout, spec in _layouts(entry, dtype, item):
        yield from cell("layout", spec, MIDDLING, layout)
    for nbytes in COLD:
        yield from cell("cold", flat(dtype, nbytes), nbytes, cold=True)


def _layouts(entry: EntryPoint, dtype: str, item: int) -> Iterator[tuple[str, Any]]:
    """The layouts that matter to cost, each of `MIDDLING` bytes of elements."""
    if entry.maker and not of_maker(entry.maker).is_strided:  # It has one.
        return
    kind: Any = TensorSpec if entry.maker else ArraySpec
    count = MIDDLING // item
    side = (256, count // 256)
    plain = (dtype, (count,), (item,), 0, MIDDLING)
    yield "16-aligned", kind(*plain, address=16)
    yield "1-aligned", kind(*plain, address=1)
    yield "C order", kind(dtype, side, c_strides(side, item), 0, MIDDLING)
    yield "F order", kind(dtype, side, (item, item * side[0]), 0, MIDDLING)
    yield "stepped", kind(dtype, (count,), (2 * item,), 0, 2 * MIDDLING)
    yield "broadcast", kind(dtype, side, (0, item), 0, side[1] * item)
    if not entry.maker:
        yield "reversed", kind(dtype, (count,), (-item,), MIDDLING - item, MIDDLING)
        if item > 1 and dtype != "bfloat16":
            yield "byte-swapped", kind(f">{dtype}", *plain[1:])


def _beside(entry: EntryPoint, spec: Spec) -> tuple[str, ...]:
    """The limits of a call about a device, by where its input lies and where its result is promised to be.

    What goes between the host and a device may be copied on the host first: into pinned memory, or into one piece.
    """
    kind = split(entry.device)[0] or "cpu"
    if kind == "cpu":
        return HOST
    if not KINDS[kind].memory:
        return ()
    clause = entry.clause("device", spec)
    source, result = entry.on and numbered(entry.on), numbered(str(clause.value)) if clause else "cpu"
    if {source, result} <= {"", "cpu"}:
        return HOST
    if source in ("", "cpu"):
        return raw_copy("to", entry.device, "pinned"), raw_copy("to", entry.device, "pageable"), FRESH_COPY
    if result == "cpu":
        return raw_copy("from", entry.device, "pinned"), raw_copy("from", entry.device, "fresh pages"), FRESH_COPY
    within = raw_copy("within", entry.device)
    return (within, within) if source == result else ()


def _plain_dtype(entry: EntryPoint, known: tuple[Deviation, ...]) -> str:
    """The dtype in which the call is timed: one that it takes, unchanged if there is one."""
    flat = tensor if entry.maker else array
    taken = []
    for name in _PLAIN:
        spec = flat(name, MIDDLING)
        refusal = entry.clause("refuses", spec)
        if (refusal and refusal.value.must) or _spared(spec, known):
            continue
        taken.append(name)
        if _result(entry, spec) in (None, name):
            return name
    return (taken or list(_PLAIN))[0]


def _result(entry: EntryPoint, spec: Spec) -> str | None:
    """The dtype that is promised of the result."""
    clause = entry.clause("dtype", spec)
    value = clause.value if clause else None
    return value(spec) if callable(value) else value


def _spared(spec: Spec, known: tuple[Deviation, ...]) -> str:
    deadly = (d for d in known if d.severity in ("crash", "hang") and not pressure_of(d) and d.when.test(spec))
    return next((f"known to {d.severity}: {d.id}" for d in deadly), "")
