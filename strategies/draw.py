"""One description of the input space, for any engine.

Everything here is drawn through one primitive, `choose(n)`: an integer in 0..n-1, where 0 is the simplest. Hypothesis
supplies it when we search and shrink (`strategies.search`), a seeded generator when we want volume (`strategies.volume`).
Layout is drawn first and contents last, so that shrinking settles the structure before the noise.
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import NamedTuple

from strategies import dtypes
from strategies.spec import CONTAINERS, MAX_RANK, MEMORIES, TENSOR_DTYPES, ArraySpec, TensorSpec

Choose = Callable[[int], int]

#: Elements of an ordinary drawn array at most; "large" ones go up to four times as many.
MAX_SIZE = 4096

ADDRESSES = (0, 32, 16, 8, 4, 1, 48, 2, 63)
_ANY_ADDRESS = ("0",) * 4 + tuple(map(str, ADDRESSES))
# Tables, not weights: the engines draw an index, and the simple entries come first.
_ANY_MEMORY = ("plain",) * 12 + MEMORIES[1:3] * 2 + MEMORIES[3:]
_ANY_CONTAINER = ("ndarray",) * 18 + CONTAINERS[1:]
_RANKS = (0, 1, 2, 1, 2, 3, 1, 2, 3, 4, 5, 2, 3, 6, 8, 16)
_SIDES = (0, 1, 2, 3, 4, 1, 2, 3, 5, 6, 1, 2, 3, 7, 8, 2)


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
        n, how = shape[axis], axes[axis]
        stride = itemsize if how.overlap else abs(how.step) * (extent + how.gap)
        if how.step < 0:
            strides[axis] = -stride
            offset += stride * max(n - 1, 0)
        else:
            strides[axis] = stride
        extent += stride * max(n - 1, 0)
    return tuple(strides), offset, extent


class Layout(NamedTuple):
    """A class of layouts.

    axes    draws how each axis lies
    order   draws which axis is outermost, next, ... (None: C order)
    shape   draws the shapes on which the class shows (None: any)
    lead    whether the elements start some way into the owner
    """

    axes: Callable[[Choose, tuple[int, ...], int], list[Axis]] | None = None
    order: Callable[[Choose, int], list[int]] | None = None
    shape: Callable[[Choose], tuple[int, ...]] | None = None
    lead: bool = False


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


def _side(choose: Choose) -> int:
    code = choose(65)
    if code < 64:
        return _SIDES[code & 15]
    return choose(MAX_SIZE + 1)


def _sides(choose: Choose, rank: int) -> tuple[int, ...]:
    shape, room = [], MAX_SIZE
    for _ in range(rank):
        n = _side(choose) if room > 1 else 1
        n = min(n, room)
        room //= max(n, 1)
        shape.append(n)
    return tuple(shape)


def _any_shape(choose: Choose) -> tuple[int, ...]:
    return _sides(choose, _RANKS[choose(len(_RANKS))])


def _with_axes(choose: Choose) -> tuple[int, ...]:
    return _sides(choose, 1 + _RANKS[choose(10)])


def _matrix_like(choose: Choose) -> tuple[int, ...]:
    return tuple(2 + choose(3) for _ in range(2 + choose(3)))


def _vector_like(choose: Choose) -> tuple[int, ...]:
    return tuple(2 + choose(4) for _ in range(1 + choose(3)))


def _scalar(choose: Choose) -> tuple[int, ...]:
    return ()


def _empty(choose: Choose) -> tuple[int, ...]:
    shape = list(_with_axes(choose))
    shape[choose(len(shape))] = 0
    return tuple(shape)


def _length_one(choose: Choose) -> tuple[int, ...]:
    shape = list(_vector_like(choose))
    shape.insert(choose(len(shape) + 1), 1)
    return tuple(shape)


def _odd_length_one(choose: Choose, shape: tuple[int, ...], itemsize: int) -> list[Axis]:
    """Strides that no element ever takes: of axes with length 1 (or none), any number is legal."""
    odd = (Axis(-1), Axis(1, 1), Axis(-1, 1), Axis(0), Axis(1 << 20), Axis(-(1 << 20)), Axis(1, 3))
    return [odd[choose(len(odd))] if n <= 1 else _C for n in shape]


def _high_rank(choose: Choose) -> tuple[int, ...]:
    ranks = (5, 8, 9, 16, 24, 32, 33, 48, MAX_RANK)
    shape = [1] * ranks[choose(len(ranks))]
    for _ in range(3):
        shape[choose(len(shape))] = 1 + choose(3)
    return tuple(shape)


def _large(choose: Choose) -> tuple[int, ...]:
    return ((MAX_SIZE + 1 + choose(3 * MAX_SIZE),), (65, 64 + choose(64)), (17, 16, 16 + choose(16)))[choose(3)]


#: Every class of layouts, the simplest first. To add one, add a line.
LAYOUTS: dict[str, Layout] = {
    "c": Layout(),
    "fortran": Layout(order=_fortran, shape=_matrix_like),
    "permuted": Layout(order=_permutation, shape=_matrix_like),
    "reversed": Layout(axes=_each(Axis(-1)), shape=_vector_like),
    "stepped": Layout(axes=_each(Axis(2), Axis(3), Axis(-2)), shape=_vector_like),
    "broadcast": Layout(axes=_each(Axis(0)), shape=_vector_like),
    "windows": Layout(axes=_each(Axis(overlap=True)), shape=_matrix_like),
    "partial": Layout(axes=_each(Axis(1, 1), Axis(1, 2), Axis(1, 3), Axis(-1, 1)), shape=_vector_like),
    "offset": Layout(lead=True),
    "length_one": Layout(axes=_odd_length_one, shape=_length_one),
    "empty": Layout(axes=_mixed, shape=_empty),
    "scalar": Layout(shape=_scalar, lead=True),
    "mixed": Layout(axes=_mixed, order=_permutation, shape=_with_axes, lead=True),
    "high_rank": Layout(axes=_each(_C, Axis(2), Axis(-1)), shape=_high_rank),
    "large": Layout(axes=_each(_C, Axis(2), Axis(-1)), shape=_large),
}
_LAYOUT_NAMES = tuple(LAYOUTS)
_ANY_LAYOUT = ("c",) * 6 + _LAYOUT_NAMES[1:9] * 2 + _LAYOUT_NAMES[9:]
# What stands for the array decides which shapes make sense.
_CONTAINER_SHAPES: dict[str, Callable[[Choose], tuple[int, ...]]] = {
    "matrix": lambda choose: (1 + choose(3), 1 + choose(3)),
    "scalar": _scalar,
    "list": _vector_like,
}


def _pick(choose: Choose, table: tuple[str, ...], pinned: str | None) -> str:
    """An entry of the table, drawn or pinned; a recorder is told the choice either way (see `volume.Recorded`)."""
    if pinned is None:
        return table[choose(len(table))]
    note = getattr(choose, "note", None)
    if note is not None:
        note(table.index(pinned))
    return pinned


def _draw_strided(
    choose: Choose, itemsize: int, how: Layout, shape: tuple[int, ...], axes_allowed: Callable[[Axis], bool]
) -> tuple[tuple[int, ...], int, int]:
    """Strides, offset and owner size of one member of a layout class."""
    axes = how.axes(choose, shape, itemsize) if how.axes else [_C] * len(shape)
    axes = [axis if axes_allowed(axis) else _C for axis in axes]
    order = how.order(choose, len(shape)) if how.order else list(range(len(shape)))
    strides, offset, nbytes = lay_out(shape, itemsize, axes, order)
    if how.lead:
        lead = choose(5) * max(itemsize, 1)
        offset, nbytes = offset + lead, nbytes + 2 * lead
    if nbytes > MAX_SIZE * 64 + 4096:  # Steps of a million bytes belong on axes of length one only.
        strides, offset, nbytes = lay_out(shape, itemsize, [_C] * len(shape), order)
    return strides, offset, nbytes


def _draw_contents(choose: Choose, size: int, bits_of: str) -> tuple[int, tuple[tuple[int, int], ...]]:
    """Seed of the background (0: zeros) and up to two planted elements, each a small number or a special value."""
    code = choose(768)
    count, seed = code >> 8, code & 255
    if not size:
        return seed, ()
    planted = []
    for _ in range(count):
        value = choose(4096)
        specials = dtypes.special_bits(bits_of)
        bits = dtypes.number_bits(bits_of, value) if value < 2048 else specials[(value - 2048) % len(specials)]
        planted.append((choose(size) if size > 1 else 0, bits))
    return seed, tuple(planted)


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
) -> ArraySpec:
    """Draw one array spec; whatever is given is pinned, all else is drawn (the dtype from `names`)."""
    dtype = _pick(choose, names, dtype)
    container = _pick(choose, _ANY_CONTAINER, container)
    layout = _pick(choose, _ANY_LAYOUT, layout)
    if dtype == "StringDType" and layout not in ("scalar", "empty", "offset"):
        layout = "c"  # All that NumPy lays it out in.
    itemsize, raw = dtypes.dtype(dtype).itemsize, dtypes.is_raw(dtype)
    if shape is None:
        shape = (_CONTAINER_SHAPES.get(container) or LAYOUTS[layout].shape or _any_shape)(choose)
    strides, offset, nbytes = _draw_strided(
        choose, itemsize, LAYOUTS[layout], shape, lambda axis: raw or not axis.gap % max(itemsize, 1)
    )
    address = int(_pick(choose, _ANY_ADDRESS, None if address is None else str(address)))
    memory = _pick(choose, _ANY_MEMORY, memory)
    if dtype in dtypes.POINTERS:  # They cannot be misaligned, nor live in memory that others own.
        address = address // itemsize * itemsize % 64
        memory = memory if memory in ("plain", "readonly") else "plain"
    seed, planted = _draw_contents(choose, prod(shape), dtype)
    return ArraySpec(dtype, shape, strides, offset, nbytes, address, memory, container, seed, planted)


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
) -> TensorSpec:
    """Draw one tensor spec; whatever is given is pinned. Tensors step forwards, by whole elements, or stand still.

    `strided` False keeps to C order at multiples of 64, for frameworks that know nothing else.
    """
    dtype = _pick(choose, names, dtype)
    state = _pick(choose, states, state)
    layout = _pick(choose, _ANY_LAYOUT, layout)
    itemsize, like = TENSOR_DTYPES[dtype]
    shape = (LAYOUTS[layout].shape or _any_shape)(choose)
    strides, offset, nbytes = _draw_strided(
        choose, itemsize, LAYOUTS[layout], shape, lambda axis: strided and axis.step >= 0 and not axis.gap % itemsize
    )
    address = int(_pick(choose, _ANY_ADDRESS, None if address is None else str(address)))
    if not strided:
        strides, offset, _ = lay_out(shape, itemsize, [_C] * len(shape), list(range(len(shape))))
        address, nbytes = 0, prod(shape) * itemsize
    seed, planted = _draw_contents(choose, prod(shape), like)
    return TensorSpec(dtype, shape, strides, offset, nbytes, address, state, seed, planted)
