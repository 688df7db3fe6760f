"""One description of the input space, for any engine.

Everything here is drawn through one primitive, `choose(n)`: an integer in 0..n-1, where 0 is the simplest. Hypothesis
supplies it when we search and shrink (`strategies.search`), a seeded generator when we want volume (`strategies.volume`).

The order of the draws is made for shrinking: each spends its choices before the layout, whose classes spend them each in
their own way, so that leaving a class for a plainer one changes nothing else. Choices below 256 are cheap: a search
draws them all at once. Only what shrinks by its size needs more.
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import NamedTuple

from . import dtypes
from .spec import CONTAINERS, MAX_RANK, MEMORIES, OWN_ADDRESS, OWNED, PALETTE, QUIET_SEEDS, TENSOR_DTYPES, ArraySpec, TensorSpec

Choose = Callable[[int], int]

#: Arrays with more elements than this are "large"; none has more than four times as many.
MAX_SIZE = 4096

ADDRESSES = (0, 32, 16, 8, 24, 4, 12, 1, 48, 40, 56, 2, 63)
_ANY_ADDRESS = ("0",) * 4 + tuple(map(str, ADDRESSES))
# Tables, not weights: the engines draw an index, and the simple entries come first.
# Those of arrays that own it come last: they have an address of their own.
_ANY_MEMORY = ("plain",) * 12 + MEMORIES[1:3] * 2 + MEMORIES[3:]
_ANY_CONTAINER = ("ndarray",) * 18 + CONTAINERS[1:]
_USUAL_RANKS = (0, 1, 2, 1, 2, 3, 1, 2, 3, 4, 1, 2, 3, 1, 5)
_RANKS = (*_USUAL_RANKS, 6, *_USUAL_RANKS, 6, *_USUAL_RANKS, 7, 8, 12, 16, 32, 33, MAX_RANK)
_SIDES = (1, 2, 3, 4, 1, 2, 5, 8)
#: Powers of two and their neighbours, as sizes: where blocks and vectors end.
_ROUND = tuple((1 << n) + step for n in range(6, 14) for step in (-1, 0, 1))


class Axis(NamedTuple):
    """How one axis is laid out over what the faster axes already occupy (all in bytes)."""

    step: int = 1  # stride in units of the inner extent; negative walks backwards, 0 broadcasts
    gap: int = 0  # bytes of hole after each inner extent
    overlap: bool = False  # stride of one element, however large the inner extent: windows


_C = Axis()


def lay_out(shape: tuple[int, ...], itemsize: int, axes: list[Axis], order: list[int]) -> tuple[tuple[int, ...], int, int]:
    """Strides, offset and owner size (bytes) of the given axes, nested from the last of `order` outwards.

    Inside the owner by construction; `prove` checks it again from the outside.
    """
    strides = [0] * len(shape)
    offset, extent = 0, itemsize
    for axis in reversed(order):
        n, (step, gap, overlap) = shape[axis], axes[axis]
        stride = itemsize if overlap else abs(step) * (extent + gap)
        reach = stride * (n - 1) if n else 0
        if step < 0:
            strides[axis] = -stride
            offset += reach
        else:
            strides[axis] = stride
        extent += reach
    return tuple(strides), offset, extent


class Layout(NamedTuple):
    """A class of layouts.

    axes    draws how each axis lies
    order   draws which axis is outermost, next, ... (None: C order)
    shape   adds to a drawn shape what the class needs
    lead    whether the elements start some way into the owner
    shows   whether a spec is what the class is about: a drawn shape may be too small for that
    """

    axes: Callable[[Choose, tuple[int, ...], int], list[Axis]] | None = None
    order: Callable[[Choose, int], list[int]] | None = None
    shape: Callable[[Choose, tuple[int, ...]], tuple[int, ...]] | None = None
    lead: bool = False
    shows: Callable[[ArraySpec | TensorSpec], bool] = lambda spec: True


def _each(*kinds: Axis) -> Callable[[Choose, tuple[int, ...], int], list[Axis]]:
    """One guilty axis of one of the kinds; the others in C order."""

    def axes(choose: Choose, shape: tuple[int, ...], itemsize: int) -> list[Axis]:
        drawn = [_C] * len(shape)
        if shape:
            pick = choose(len(kinds) * len(shape))
            drawn[pick % len(shape)] = kinds[pick // len(shape)]
        return drawn

    return axes


_ANY_AXIS = (_C, Axis(-1), Axis(2), Axis(0), Axis(1, 1), Axis(-2), Axis(overlap=True), Axis(3, 2))


def _mixed(choose: Choose, shape: tuple[int, ...], itemsize: int) -> list[Axis]:
    return [_ANY_AXIS[choose(len(_ANY_AXIS))] for _ in shape]


def _permutation(choose: Choose, rank: int) -> list[int]:
    left = list(range(rank))
    return [left.pop(choose(len(left))) if len(left) > 1 else left.pop() for _ in range(rank)]


def _fortran(choose: Choose, rank: int) -> list[int]:
    return list(range(rank))[::-1]


def draw_shape(choose: Choose) -> tuple[int, ...]:
    """A shape, by its number of elements first, so that a size shrinks to that many elements in a row."""
    rank = _RANKS[choose(len(_RANKS))]
    if not rank:
        return ()
    size = choose(72)
    if size >= 67:  # One element is a case of its own, in any number of axes.
        size = 1
    elif size >= 64:
        size = choose(6 * MAX_SIZE)
        size = size if size < 4 * MAX_SIZE else _ROUND[size % len(_ROUND)]
    leading = []
    for _ in range(min(rank, 6) - 1):  # Of many axes most have length 1.
        side = min(_SIDES[choose(len(_SIDES))], size or 1)
        leading.append(side)
        size //= side
    return (*(1,) * (rank - 6), *leading, size)


def _not_c(spec: ArraySpec | TensorSpec) -> bool:
    return not spec.is_c


def _empty(choose: Choose, shape: tuple[int, ...]) -> tuple[int, ...]:
    sides = list(shape or (0,))
    sides[choose(len(sides))] = 0
    return tuple(sides)


def _length_one(choose: Choose, shape: tuple[int, ...]) -> tuple[int, ...]:
    if len(shape) == MAX_RANK:
        return shape
    at = choose(len(shape) + 1)
    return (*shape[:at], 1, *shape[at:])


def _odd_length_one(choose: Choose, shape: tuple[int, ...], itemsize: int) -> list[Axis]:
    """Strides that no element ever takes: of axes with length 1 (or none), any number is legal."""
    odd = (Axis(-1), Axis(1, 1), Axis(-1, 1), Axis(0), Axis(1 << 20), Axis(-(1 << 20)), Axis(1, 3))
    return [odd[choose(len(odd))] if n <= 1 else _C for n in shape]


def _large(choose: Choose, shape: tuple[int, ...]) -> tuple[int, ...]:
    rows = prod(shape[:-1])
    return (*shape[:-1], (MAX_SIZE + choose(2 * MAX_SIZE)) // max(rows, 1) + 1)


#: Every class of layouts, the simplest first: a search leaves a class most easily for the one above it.
LAYOUTS: dict[str, Layout] = {
    "c": Layout(),
    "fortran": Layout(order=_fortran, shows=_not_c),
    "permuted": Layout(order=_permutation, shows=_not_c),
    "broadcast": Layout(axes=_each(Axis(0)), shows=_not_c),
    "windows": Layout(axes=_each(Axis(overlap=True)), shows=_not_c),
    "offset": Layout(lead=True, shows=lambda spec: spec.offset > 0),
    "stepped": Layout(axes=_each(Axis(2), Axis(3)), shows=_not_c),
    "reversed": Layout(axes=_each(Axis(-1)), shows=_not_c),
    "partial": Layout(axes=_each(Axis(1, 1), Axis(1, 2), Axis(1, 3), Axis(-1, 1)), shows=_not_c),
    "length_one": Layout(axes=_odd_length_one, shape=_length_one),
    "mixed": Layout(axes=_mixed, order=_permutation, lead=True),
    "empty": Layout(axes=_mixed, shape=_empty),
    "scalar": Layout(lead=True, shows=lambda spec: not spec.shape),
    "high_rank": Layout(axes=_each(_C, Axis(2), Axis(-1)), shows=lambda spec: len(spec.shape) > 6),
    "large": Layout(axes=_each(_C, Axis(2), Axis(-1)), shape=_large),
}
_NAMES = tuple(LAYOUTS)
#: Those of arrays that own their memory.
OWN_LAYOUTS = ("c", "fortran", "length_one", "empty", "scalar", "high_rank", "large")
# Any class may be large by itself; the class of that name is for the grid.
_ANY_LAYOUT = ("c",) * 6 + tuple(name for name in _NAMES[1:9] for _ in range(2)) + _NAMES[9:-1]
# What stands for the array decides which shapes make sense.
_CONTAINER_SHAPES: dict[str, Callable[[Choose, tuple[int, ...]], tuple[int, ...]]] = {
    "matrix": lambda choose, shape: (1, 1, *shape)[-2:],
    "scalar": lambda choose, shape: (),
    "list": lambda choose, shape: shape or (1,),
}


def _pick(choose: Choose, table: tuple[str, ...], pinned: str | None, among: int | None = None) -> str:
    """An entry of the table, pinned or drawn `among` the first; a recorder is told the choice (see `volume.Recorded`)."""
    if pinned is None and (among is None or among == len(table)):
        return table[choose(len(table))]
    if pinned is None:
        assert among is not None
        pinned = table[getattr(choose, "unrecorded", choose)(among)]
    _pinned(choose, len(table), table.index(pinned) if pinned in table else 0)
    return pinned


def _draw_strided(
    choose: Choose, itemsize: int, how: Layout, shape: tuple[int, ...], axes_allowed: Callable[[Axis], bool]
) -> tuple[tuple[int, ...], int, int]:
    """Strides, offset and owner size of one member of a layout class."""
    axes = [_C] * len(shape)
    if how.axes:
        axes = [axis if axes_allowed(axis) else _C for axis in how.axes(choose, shape, itemsize)]
    order = how.order(choose, len(shape)) if how.order else list(range(len(shape)))
    strides, offset, nbytes = lay_out(shape, itemsize, axes, order)
    if how.lead:
        lead = choose(5) * max(itemsize, 1)
        offset, nbytes = offset + lead, nbytes + 2 * lead
    if nbytes > MAX_SIZE * 64 + 4096:  # Steps of a million bytes belong on axes of length one only.
        strides, offset, nbytes = lay_out(shape, itemsize, [_C] * len(shape), order)
    return strides, offset, nbytes


def _pinned(choose: Choose, n: int, pinned: int | None) -> int:
    """A choice below n, drawn or pinned; a recorder is told either way."""
    if pinned is None:
        return choose(n)
    note = getattr(choose, "note", None)
    if note is not None:
        note(n, pinned)
    return pinned


def _draw_contents(
    choose: Choose, bits_of: str, wild: bool, special: int | None = None, palette: int | None = None
) -> tuple[int, list[tuple[int, int]]]:
    """Seed of the background and up to two (position, bits) to plant, each a small number or a special value.

    `special` pins them to the special value with this number (they count round and round) and the next one; `palette` pins
    the background to special values alone, from this one on, with nothing planted: that is never drawn, for it would not shrink.

    The backgrounds are zeros, numbers below 251 and, if `wild`, random bits. Only the first two shrink well: no search
    turns the NaN that it met in random bits into a planted one.
    """
    if palette is not None:
        return PALETTE + palette, []
    specials = dtypes.special_bits(bits_of)
    count = _pinned(choose, 3, None if special is None else 2)
    seed = choose(256 if wild else QUIET_SEEDS) if choose(2) else 0
    planted = []
    for nth in range(count):
        value = _pinned(choose, 4096, None if special is None else 2048 + (special + nth) % len(specials))
        position = choose(64) * 256 + choose(256)
        bits = dtypes.number_bits(bits_of, value) if value < 2048 else specials[(value - 2048) % len(specials)]
        if value:  # A zero that covers another planted element would keep a shape from shrinking.
            planted.append((position, bits))
    return seed, planted


def _plant(planted: list[tuple[int, int]], shape: tuple[int, ...]) -> tuple[tuple[int, int], ...]:
    """The planted elements of an array of this shape: positions count round and round."""
    size = prod(shape)
    return tuple((position % size, bits) for position, bits in planted) if size else ()


def draw_array_spec(
    choose: Choose,
    *,
    dtype: str | None = None,
    shape: tuple[int, ...] | None = None,
    layout: str | None = None,
    address: int | None = None,
    memory: str | None = None,
    container: str | None = None,
    names: tuple[str, ...] = dtypes.DTYPES,
    wild: bool = True,
    special: int | None = None,
    palette: int | None = None,
) -> ArraySpec:
    """Draw one array spec; whatever is given is pinned, all else is drawn (the dtype from `names`).

    `wild` says whether contents may be random bits.
    """
    among = len(_ANY_MEMORY) - (0 if address in (None, OWN_ADDRESS) else len(OWNED))
    dtype = _pick(choose, names, dtype)
    container = _pick(choose, _ANY_CONTAINER, container)
    address = int(_pick(choose, _ANY_ADDRESS, None if address is None else str(address)))
    memory = _pick(choose, _ANY_MEMORY, memory, among)
    seed, planted = _draw_contents(choose, dtype, wild, special, palette)
    layout = _pick(choose, _ANY_LAYOUT, layout)
    if dtype == "StringDType" and layout not in ("scalar", "empty", "offset"):
        layout = "c"  # All that NumPy lays it out in.
    itemsize, raw = dtypes.dtype(dtype).itemsize, dtypes.is_raw(dtype)
    if dtype in dtypes.POINTERS:  # They cannot be misaligned, nor live in memory that others own.
        address = address // itemsize * itemsize % 64
        memory = memory if memory in ("plain", "readonly") else "plain"
    if shape is None:
        shape = draw_shape(choose)
        adapt = _CONTAINER_SHAPES.get(container) or LAYOUTS[layout].shape
        shape = adapt(choose, shape) if adapt else shape
    container = "ndarray" if container == "list" and not shape else container  # A 0-d array has no items to list.
    if memory in OWNED:  # Whatever the layout: what is not whole and in order is a view, and owns nothing.
        order = LAYOUTS["fortran" if layout == "fortran" else "c"]
        strides, offset, _ = _draw_strided(choose, itemsize, order, shape, lambda axis: False)
        address, nbytes = OWN_ADDRESS, prod(shape) * itemsize
        strides = strides if prod(shape) else (0,) * len(shape)  # NumPy's own empty arrays have no others.
    else:
        strides, offset, nbytes = _draw_strided(
            choose,
            itemsize,
            LAYOUTS[layout],
            shape,
            lambda axis: raw or (dtype != "StringDType" and not axis.gap % max(itemsize, 1)),
        )
    return ArraySpec(dtype, shape, strides, offset, nbytes, address, memory, container, seed, _plant(planted, shape))


def draw_tensor_spec(
    choose: Choose,
    *,
    dtype: str | None = None,
    layout: str | None = None,
    address: int | None = None,
    state: str | None = None,
    names: tuple[str, ...] = tuple(TENSOR_DTYPES),
    states: tuple[str, ...] = ("plain",),
    strided: bool = True,
    wild: bool = True,
    special: int | None = None,
    palette: int | None = None,
    shape: tuple[int, ...] | None = None,
) -> TensorSpec:
    """Draw one tensor spec; whatever is given is pinned. Tensors step forwards, by whole elements, or stand still.

    `strided` False keeps to C order at multiples of 64, for frameworks that know nothing else.
    """
    dtype = _pick(choose, names, dtype)
    state = _pick(choose, states, state)
    address = int(_pick(choose, _ANY_ADDRESS, None if address is None else str(address)))
    itemsize, like = TENSOR_DTYPES[dtype]
    seed, planted = _draw_contents(choose, like, wild, special, palette)
    layout = _pick(choose, _ANY_LAYOUT, layout)
    if shape is None:
        shape = draw_shape(choose)
        adapt = LAYOUTS[layout].shape
        shape = adapt(choose, shape) if adapt else shape
    strides, offset, nbytes = _draw_strided(
        choose, itemsize, LAYOUTS[layout], shape, lambda axis: strided and axis.step >= 0 and not axis.gap % itemsize
    )
    if not strided:
        strides, offset, _ = lay_out(shape, itemsize, [_C] * len(shape), list(range(len(shape))))
        address, nbytes = 0, prod(shape) * itemsize
    return TensorSpec(dtype, shape, strides, offset, nbytes, address, state, seed, _plant(planted, shape))
