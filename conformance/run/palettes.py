"""Palettes taken apart: which one of many special values, or which place, breaks a law."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from ...strategies import dtypes
from ...strategies.spec import PALETTE, TENSOR_DTYPES, ArraySpec, Spec

#: Elements of an array of which each is tried in its place.
_PLACES = 256


def is_palette(spec: Spec) -> bool:
    """Whether the elements are all special values: no search shrinks those, see `strategies.draw`."""
    return spec.seed >= PALETTE


def take_apart(spec: Spec, shows: Callable[[Any], bool]) -> None:
    """Try each value alone, then each in its place among zeros, until one `shows`, which keeps the record."""
    any(map(shows, _parts(spec)))


def _parts(spec: Spec) -> Iterator[Spec]:
    name = spec.dtype if isinstance(spec, ArraySpec) else TENSOR_DTYPES[spec.dtype][1]
    specials = dtypes.special_bits(name)
    alone: Any = spec._replace(shape=(1,), strides=(spec.itemsize,), offset=0, nbytes=spec.itemsize, seed=0)
    for bits in specials:
        yield alone._replace(planted=((0, bits),))
    if spec.size <= _PLACES:
        first = (spec.seed - PALETTE) % len(specials)
        for index in range(spec.size):
            at = (spec.position(index) - spec.offset % max(spec.itemsize, 1)) // max(spec.itemsize, 1)
            yield spec._replace(seed=0, planted=((index, specials[(first + at) % len(specials)]),))
