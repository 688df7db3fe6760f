"""The grid: every dtype x layout x kind of memory, in the plain engine's tens of thousands of specs per second."""

from __future__ import annotations

import random
from collections.abc import Iterator
from functools import lru_cache
from itertools import product
from typing import Any, NamedTuple

from ...strategies import dtypes
from ...strategies.draw import ADDRESSES, LAYOUTS, Choose, draw_array_spec, draw_tensor_spec
from ...strategies.spec import CONTAINERS, MEMORIES, OWN_ADDRESS, OWNED, Spec
from ...strategies.volume import Recorded, chooser
from ..frameworks.framework import Framework
from ..frameworks.registry import of_maker

_DTYPES = tuple(filter(dtypes.available, dtypes.DTYPES))
#: What nearly every call takes: of a dtype that is refused, layout and place show nothing.
_COMMON = _DTYPES[: _DTYPES.index("complex128") + 1]
#: Those of whose scalars each value is tried on every call: Python's own numbers have as many bits.
_AS_PYTHONS = ("float64", "int64")
_HOME: dict[str, Any] = {"address": 0, "memory": "plain", "container": "ndarray"}
#: Where an array can live and what can stand for it: home, then one step away from it along each axis.
PLACES: tuple[dict[str, Any], ...] = (
    _HOME,
    *(_HOME | {"address": address} for address in ADDRESSES[1:]),
    *(_HOME | {"memory": memory, "address": OWN_ADDRESS if memory in OWNED else 0} for memory in MEMORIES[1:]),
    *(_HOME | {"container": container} for container in CONTAINERS[1:]),
)
#: Rows that each hold every special value of nearly any dtype, in all positions but few; of a size that is no multiple of 16.
_ROWS = (3, 41)
#: Shapes beyond what is done in one piece: a transposed copy of several blocks, and more elements than 16 bits can count.
_BLOCKS, _LONG = (67, 131), (70_001,)


def _palettes(names: tuple[str, ...], common: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    """Arrays or tensors of all special values, of every dtype once, and large ones of the common."""
    for number, name in enumerate(names):
        yield {"dtype": name, "layout": "c", "shape": _ROWS, "palette": number}
    for number, name in enumerate(common):
        yield {"dtype": name, "layout": "fortran", "shape": _BLOCKS, "palette": number + 8}
        yield {"dtype": name, "layout": "c", "shape": _LONG, "palette": number}


def scalar_cells(names: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    """Every special value of these dtypes as a NumPy scalar, which holds one at a time."""
    for name in names:
        for number in range(len(dtypes.special_bits(name))):
            yield {"dtype": name, **_HOME, "container": "scalar", "special": number}


def array_cells(full: bool) -> Iterator[dict[str, Any]]:
    """What is pinned in each cell: the full product, or all pairs of dtype, layout and place."""
    if full:
        for dtype, layout, place in product(_DTYPES, LAYOUTS, PLACES):
            yield {"dtype": dtype, "layout": layout, **place, "names": _DTYPES}
        return
    # Every special value of a dtype in its turn: left to chance, some would be met in one run and not in the next.
    for dtype, (number, layout) in product(_DTYPES, enumerate(LAYOUTS)):
        yield {"dtype": dtype, "layout": layout, **_HOME, "names": _DTYPES, "special": 2 * number}
    for dtype, (number, place) in product(_DTYPES, enumerate(PLACES)):
        yield {"dtype": dtype, **place, "names": _DTYPES, "special": 2 * number}
    for number, (layout, place) in enumerate(product(LAYOUTS, PLACES)):
        yield {"dtype": _COMMON[number % len(_COMMON)], "layout": layout, **place, "names": _DTYPES}
    for number, cell in enumerate(_palettes(_DTYPES, _COMMON)):
        own = cell["shape"] == _BLOCKS and number % 4 == 0  # Every other of these: in Fortran's order, and large.
        yield cell | _HOME | ({"memory": "owned", "address": OWN_ADDRESS} if own else {})
    yield from scalar_cells(_AS_PYTHONS)


def each_cells(seed: int) -> Iterator[dict[str, Any]]:
    """Every dtype once, every layout and place of arrays, in pairs that change with the seed; of plain numbers a palette."""
    layouts = tuple(LAYOUTS)
    places = [place for place in PLACES if place["container"] in ("ndarray", "subclass", "matrix", "masked")]
    for number, dtype in enumerate(_DTYPES):
        layout = layouts[(number + seed) % len(layouts)]
        place = _HOME if layout in _SHAPED else places[(number + seed) % len(places)]
        yield {"dtype": dtype, "layout": layout, **place, "names": _DTYPES}
    for number, dtype in enumerate(_DTYPES[:18]):
        yield {"dtype": dtype, "layout": "c", "shape": _ROWS, "palette": number + seed, **_HOME}


#: Some laws hold of what is plain alone: no part of the cells that have each dtype once is without it.
_PLAIN: dict[str, Any] = {"dtype": "float32", "layout": "c", **_HOME, "names": _DTYPES}
#: Dtypes of whose palettes no part of any kind is without: each number may be the one that does not survive.
_TELLING = ("float32", "complex64", "int64")
#: Layouts whose shape a matrix cannot have.
_SHAPED = ("scalar", "high_rank")


def tensor_cells(full: bool, states: tuple[str, ...], framework: Framework) -> Iterator[dict[str, Any]]:
    """The same for tensors of a framework: dtype, layout, address and state. Some have C order only."""
    strided, names = framework.is_strided, framework.dtypes
    # C order again and again, where it is all that there is: each time of other shapes and contents.
    layouts = tuple(LAYOUTS) if strided else (*("c",) * 4, "scalar", "empty", "high_rank", "large")
    addresses = ADDRESSES if strided else (0,)
    home: dict[str, Any] = {"address": 0, "state": "plain", "strided": strided, "states": states, "names": names}
    if full:
        for dtype, layout, address, state in product(names, layouts, addresses, states):
            yield home | {"dtype": dtype, "layout": layout, "address": address, "state": state}
        return
    for dtype, (number, layout) in product(names, enumerate(layouts)):
        yield home | {"dtype": dtype, "layout": layout, "special": 2 * number}
    for dtype, (number, address) in product(names, enumerate(addresses)):
        yield home | {"dtype": dtype, "address": address, "special": 2 * number}
    for dtype, (number, state) in product(names, enumerate(states)):
        yield home | {"dtype": dtype, "layout": "c", "state": state, "special": 2 * number}
    for layout, state in product(layouts, states):
        yield home | {"layout": layout, "state": state}
    common = tuple(name for name in names if name in _COMMON)
    for cell in _palettes(names, common):
        yield home | (cell if strided else cell | {"layout": "c"})


def _tells_little(cell: dict[str, Any]) -> bool:
    """Whether it is another cell than a palette of a telling dtype, which no part of the grid is without."""
    return cell.get("shape") != _ROWS or cell["dtype"] not in _TELLING


def _is_rare(cell: dict[str, Any]) -> bool:
    """Whether a pair says little that others do not: of an uncommon dtype, of an address, or of no dtype in particular."""
    if "palette" in cell or cell.get("container") == "scalar":
        return cell.get("shape") == _LONG
    is_home = all(cell.get(axis, home) == home for axis, home in (_HOME | {"address": cell["address"], "state": "plain"}).items())
    elsewhere = cell["address"] != (OWN_ADDRESS if cell.get("memory") in OWNED else 0)
    return cell.get("dtype") not in _COMMON or elsewhere or not (is_home or cell.get("layout", "c") == "c")


class Size(NamedTuple):
    """How much of the grid: the cells of a kind, in as many parts as leave each no more than `most` specs.

    cells  "each" dtype, layout and place once, all "pairs" of them, or the full "product"
    rare   parts of what is rare, where all else is in every part
    """

    cells: str
    most: int
    rare: int = 0


SIZES = {
    "least": Size("each", 8),
    "some": Size("each", 28),
    "each": Size("each", 100),
    "few": Size("pairs", 40),
    "little": Size("pairs", 120),
    "half": Size("pairs", 250),
    "sample": Size("pairs", 500),
    "pairs": Size("pairs", 10_000, rare=3),
    "part": Size("product", 3_000),
    "full": Size("product", 12_000),
}


def cells_of(maker: str, states: tuple[str, ...], seed: int, size: str, scalars: bool = False) -> list[dict[str, Any]]:
    """What is pinned in each cell of one part of the grid, of which the seed says which."""
    kind, most, rare = SIZES[size]
    full = kind == "product"
    if scalars:
        cells = list(scalar_cells(_DTYPES))
    elif kind == "each" and not maker:
        cells = list(each_cells(seed))
    else:
        cells = list(tensor_cells(full, states, of_maker(maker)) if maker else array_cells(full))
    in_turn = _is_rare if rare else _tells_little
    always = [cell for cell in cells if not in_turn(cell)]
    cells = [cell for cell in cells if in_turn(cell)]
    always += [_PLAIN] if kind == "each" and not maker else []
    # Shuffled, for what stands at regular distances in a product has much in common.
    numbers = list(range(len(cells)))
    random.Random("grid").shuffle(numbers)
    parts = rare or -(-len(cells) // (most - len(always)))
    return [*always, *(cells[number] for number in sorted(numbers[seed % parts :: parts]))]


def drawn(
    maker: str, states: tuple[str, ...], seed: int, size: str, scalars: bool = False
) -> Iterator[tuple[Spec, list[tuple[int, int]]]]:
    """Each spec of the grid with the choices by which it was drawn."""
    choose = chooser(f"{maker} grid {seed}")
    draw: Any = draw_tensor_spec if maker else draw_array_spec
    for pins in cells_of(maker, states, seed, size, scalars):
        yield _one_that_shows(draw, choose, pins)


def _one_that_shows(draw: Any, choose: Choose, pins: dict[str, Any]) -> tuple[Spec, list[tuple[int, int]]]:
    """A spec of the cell on which its layout shows, if there is one: a tensor never steps backwards."""
    shows = LAYOUTS[pins["layout"]].shows if "layout" in pins else lambda spec: True
    for _ in range(_TRIES):
        recorder = Recorded(choose)
        spec = draw(recorder, **pins)
        if shows(spec):
            break
    return spec, recorder.choices


_TRIES = 64


@lru_cache(maxsize=8)
def grid(maker: str, states: tuple[str, ...], seed: int, size: str, scalars: bool = False) -> tuple[Spec, ...]:
    """One spec per cell; the same seed gives the same specs, and successive seeds in time all cells.

    maker    "" for arrays, else the framework whose tensors are described, and their device: "torch@cuda"
    size     a name from `SIZES`
    scalars  whether all are NumPy scalars, for calls that take nothing else
    """
    return tuple(spec for spec, _ in drawn(maker, states, seed, size, scalars))


def choices_of(maker: str, states: tuple[str, ...], seed: int, size: str, scalars: bool, wanted: Spec) -> list[tuple[int, int]]:
    """The choices by which the grid drew a spec, for a search to start from."""
    return next(choices for spec, choices in drawn(maker, states, seed, size, scalars) if spec == wanted)
