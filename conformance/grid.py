"""The grid: every dtype x layout x kind of memory, in the plain engine's tens of thousands of specs per second."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import product
from typing import Any

from strategies import dtypes
from strategies.draw import ADDRESSES, LAYOUTS, Choose, draw_array_spec, draw_tensor_spec
from strategies.spec import CONTAINERS, MEMORIES, TENSOR_DTYPES, Spec
from strategies.volume import Recorded, chooser

_DTYPES = tuple(filter(dtypes.available, dtypes.DTYPES))
_HOME: dict[str, Any] = {"address": 0, "memory": "plain", "container": "ndarray"}
#: Where an array can live and what can stand for it: home, then one step away from it along each axis.
PLACES: tuple[dict[str, Any], ...] = (
    _HOME,
    *(_HOME | {"address": address} for address in ADDRESSES[1:]),
    *(_HOME | {"memory": memory} for memory in MEMORIES[1:]),
    *(_HOME | {"container": container} for container in CONTAINERS[1:]),
)


def array_cells(full: bool) -> Iterator[dict[str, Any]]:
    """What is pinned in each cell: the full product, or all pairs of dtype, layout and place."""
    if full:
        for dtype, layout, place in product(_DTYPES, LAYOUTS, PLACES):
            yield {"dtype": dtype, "layout": layout, **place, "names": _DTYPES}
        return
    for dtype, layout in product(_DTYPES, LAYOUTS):
        yield {"dtype": dtype, "layout": layout, **_HOME, "names": _DTYPES}
    for dtype, place in product(_DTYPES, PLACES):
        yield {"dtype": dtype, **place, "names": _DTYPES}
    for layout, place in product(LAYOUTS, PLACES):
        yield {"layout": layout, **place, "names": _DTYPES}


def tensor_cells(full: bool, states: tuple[str, ...], strided: bool) -> Iterator[dict[str, Any]]:
    """The same for tensors: dtype, layout, address and state. Without `strided`, those of C order only."""
    layouts = tuple(LAYOUTS) if strided else ("c", "scalar", "empty", "high_rank", "large")
    addresses = ADDRESSES if strided else (0,)
    home: dict[str, Any] = {"address": 0, "state": "plain", "strided": strided, "states": states}
    if full:
        for dtype, layout, address, state in product(TENSOR_DTYPES, layouts, addresses, states):
            yield home | {"dtype": dtype, "layout": layout, "address": address, "state": state}
        return
    for dtype, layout in product(TENSOR_DTYPES, layouts):
        yield home | {"dtype": dtype, "layout": layout}
    for dtype, address in product(TENSOR_DTYPES, addresses):
        yield home | {"dtype": dtype, "address": address}
    for dtype, state in product(TENSOR_DTYPES, states):
        yield home | {"dtype": dtype, "layout": "c", "state": state}
    for layout, state in product(layouts, states):
        yield home | {"layout": layout, "state": state}


def drawn(maker: str, states: tuple[str, ...], seed: int, size: str) -> Iterator[tuple[Spec, list[int]]]:
    """Each spec of the grid with the choices by which it was drawn."""
    choose = chooser(f"{maker} grid {seed}")
    cells = tensor_cells(size == "full", states, strided=maker != "tensorflow") if maker else array_cells(size == "full")
    draw: Any = draw_tensor_spec if maker else draw_array_spec
    for number, pins in enumerate(cells):
        if size != "sample" or number % 6 == seed % 6:
            yield _one_that_shows(draw, choose, pins)


def _one_that_shows(draw: Any, choose: Choose, pins: dict[str, Any]) -> tuple[Spec, list[int]]:
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
def grid(maker: str, states: tuple[str, ...], seed: int, size: str) -> tuple[Spec, ...]:
    """One spec per cell; the same seed gives the same specs.

    maker  "" for arrays, else the framework whose tensors are described
    size   "pairs", "full", or "sample": every sixth of the pairs
    """
    return tuple(spec for spec, _ in drawn(maker, states, seed, size))


def choices_of(maker: str, states: tuple[str, ...], seed: int, size: str, wanted: Spec) -> list[int]:
    """The choices by which the grid drew a spec, for a search to start from."""
    return next(choices for spec, choices in drawn(maker, states, seed, size) if spec == wanted)
