"""The searching engine: the same input space as Hypothesis strategies, with shrinking."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

import numpy as np
from hypothesis import currently_in_test_context, note
from hypothesis import strategies as st

from . import dtypes
from .build import build
from .draw import LAYOUTS, OWN_LAYOUTS, draw_array_spec, draw_tensor_spec
from .spec import CONTAINERS, MAX_RANK, MEMORIES, OWN_ADDRESS, OWNED, STATES, TENSOR_DTYPES, ArraySpec, TensorSpec, known_states

# Hypothesis costs by the draw, not by the byte, so that small choices come from one block, each a byte that shrinks alone.
_SMALL = 256
_BLOCK = 64
_block = st.binary(min_size=_BLOCK, max_size=_BLOCK)


@cache
def _below(n: int) -> st.SearchStrategy[int]:
    return st.integers(0, n - 1)


@st.composite
def _drawn(draw: st.DrawFn, function: Any, pinned: dict[str, Any], make: Callable[[Any], Any]) -> Any:
    block = iter(draw(_block))

    def choose(n: int) -> int:
        if n <= _SMALL:
            for byte in block:
                return byte % n
        return draw(_below(n))

    return make(function(choose, **pinned))


def as_drawn(choices: Iterable[tuple[int, int]]) -> list[int | bytes]:
    """What Hypothesis would have drawn to make these choices, each given with its bound (see `volume.Recorded`)."""
    block, others = bytearray(), []
    for n, chosen in choices:
        if n <= _SMALL and len(block) < _BLOCK:
            block.append(chosen)
        else:
            others.append(chosen)
    return [bytes(block.ljust(_BLOCK, b"\0")), *others]


def _known(value: str | None, known: Any, what: str) -> None:
    if value is not None and value not in known:
        raise ValueError(f"unknown {what} {value!r}; known: {', '.join(known)}")


def _name(dtype: Any) -> str | None:
    """The name by which `strategies` knows a dtype, given by that name or in any way that NumPy understands."""
    if dtype is None or dtype in dtypes.DTYPES:
        return dtype  # type: ignore[no-any-return]
    with contextlib.suppress(TypeError):
        wanted = np.dtype(dtype)
        for name in _available():
            if dtypes.dtype(name) == wanted and dtypes.dtype(name).char == wanted.char:
                return name
    raise ValueError(f"unknown dtype {dtype!r}; known: {', '.join(dtypes.DTYPES)}")


def array_specs(
    dtype: Any = None,
    shape: int | tuple[int, ...] | None = None,
    *,
    layout: str | None = None,
    address: int | None = None,
    memory: str | None = None,
    container: str | None = None,
    wild: bool = False,
) -> st.SearchStrategy[ArraySpec]:
    """Specs of NumPy inputs. What is given is pinned, all else is drawn.

    dtype      a name from `strategies.DTYPES`, or its NumPy dtype; None draws any that this NumPy has
    shape      axis lengths; None draws rank 0 to 64
    layout     a name from `strategies.LAYOUTS`
    address    of element 0, modulo 64: 0 to 63
    memory     a name from `strategies.MEMORIES`
    container  a name from `strategies.CONTAINERS`
    wild       whether contents may be random bits: they meet more, and shrink less well

    Raises ValueError for a name that is not known. Shrinks to a 0-d array of float32 zero in memory of its own.
    """
    return _arrays(_itself, dtype, shape, layout, address, memory, container, wild)


def arrays(
    dtype: Any = None,
    shape: int | tuple[int, ...] | None = None,
    *,
    layout: str | None = None,
    address: int | None = None,
    memory: str | None = "plain",
) -> st.SearchStrategy[np.ndarray]:
    """Real ndarrays of any dtype, shape and memory layout; the parameters are those of `array_specs`.

    The counterpart of `hypothesis.extra.numpy.arrays`, with strides, offsets and alignment drawn too; and, with `memory`
    None, who owns the memory and whether it may be written. A failing test notes the spec of the array.
    """
    return _arrays(_array, dtype, shape, layout, address, memory, "ndarray", False)


def _itself(spec: Any) -> Any:
    return spec


def _array(spec: ArraySpec) -> np.ndarray:
    if currently_in_test_context():
        note(spec)  # What an array's repr does not show: strides, address, memory.
    return build(spec).array


def _arrays(
    make: Callable[[ArraySpec], Any],
    dtype: Any,
    shape: int | tuple[int, ...] | None,
    layout: str | None,
    address: int | None,
    memory: str | None,
    container: str | None,
    wild: bool,
) -> st.SearchStrategy[Any]:
    """What `make` makes of specs: they are drawn and made in one step, for a `map` costs as much as a draw."""
    dtype = _name(dtype)
    _known(memory, MEMORIES, "memory")
    _known(layout, OWN_LAYOUTS if memory in OWNED else LAYOUTS, "layout")
    _known(container, CONTAINERS, "container")
    shape = (shape,) if isinstance(shape, int) else shape
    if shape is not None and (len(shape) > MAX_RANK or any(n < 0 for n in shape)):
        raise ValueError(f"shape {shape} is not one of at most {MAX_RANK} lengths")
    if container == "list" and shape == ():
        raise ValueError("a 0-d array has no list of its items: shape () takes another container")
    if address is not None and address not in range(64):
        raise ValueError(f"unknown address {address!r}; known, modulo 64: 0 to 63")
    if memory in OWNED and address not in (None, OWN_ADDRESS):
        raise ValueError(f"address {address}: arrays that own their memory are made at {OWN_ADDRESS} modulo 64")
    pinned: dict[str, Any] = {
        "dtype": dtype,
        "shape": shape,
        "layout": layout,
        "address": address,
        "memory": memory,
        "container": container,
        "wild": wild,
    }
    if dtype is None:
        pinned["names"] = _available()
    if layout is None or shape is not None:
        return _drawn(draw_array_spec, pinned, make)
    return _drawn(draw_array_spec, pinned, _itself).filter(LAYOUTS[layout].shows).map(make)


def tensor_specs(
    dtype: str | None = None,
    *,
    layout: str | None = None,
    address: int | None = None,
    state: str | None = None,
    names: tuple[str, ...] = tuple(TENSOR_DTYPES),
    states: tuple[str, ...] = STATES,
    strided: bool = True,
    wild: bool = False,
) -> st.SearchStrategy[TensorSpec]:
    """Specs of tensors for the way back. What is given is pinned, all else is drawn (dtype and state from `names` and `states`).

    `strided` False keeps to C order at multiples of 64, for frameworks that know nothing else.
    """
    _known(dtype, TENSOR_DTYPES, "tensor dtype")
    _known(layout, LAYOUTS, "layout")
    _known(state, known_states(), "tensor state")
    pinned = {"dtype": dtype, "layout": layout, "address": address, "state": state}
    return _drawn(draw_tensor_spec, {**pinned, "names": names, "states": states, "strided": strided, "wild": wild}, _itself)


@cache
def _available() -> tuple[str, ...]:
    return tuple(filter(dtypes.available, dtypes.DTYPES))
