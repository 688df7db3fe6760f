"""NumPy to PyTorch inside lists and tuples of several arrays, which are iterated over down to Python numbers."""

from __future__ import annotations

from ....promises import (
    Clause,
    EntryPoint,
    accepts,
    copies,
    documented,
    dtype,
    during,
    flags,
    may_refuse,
    observed,
    shape,
    values,
)
from ....promises.conditions import container_in, empty, ndarray
from ...words import not_judged, same_dtype, up_to_zero
from .constructors import COPYING, TENSOR
from .words import BRIDGED, FOLLOWS_DEVICE, NO_FLAGS, SEEN, WIDE_UNSIGNED, entry, where

_LISTS = documented(TENSOR, "Can be a list, tuple, NumPy ndarray, scalar, and other types.")


#: Other inputs are no arrays, and what is a sequence of bytes or fields may be anything.
# The rows of a matrix are matrices, and what is masked is no number.
_judged = ndarray & ~container_in("matrix", "masked") & BRIDGED
_judged.text = "the array is one of numbers that PyTorch takes"
_OTHERS: tuple[Clause, ...] = where(
    ~_judged,
    *not_judged(SEEN),
)
_LISTED: tuple[Clause, ...] = (
    FOLLOWS_DEVICE,
    *_OTHERS,
    *during("torch<2.3", may_refuse("TypeError", when=WIDE_UNSIGNED, source=observed("torch 2.2"))),
    accepts(source=_LISTS),
    shape(up_to_zero, source=SEEN),
    values("astype", source=SEEN),
    # An element of the list is part of what the whole list becomes.
    *where(_judged, copies(source=COPYING), flags("part of its storage", when=~empty, source=SEEN), NO_FLAGS),
)
_KEEPING = (dtype(lambda spec: None, when=empty, source=SEEN), dtype(same_dtype, source=SEEN))

ENTRY_POINTS: tuple[EntryPoint, ...] = (
    entry("torch.tensor(list[ndarray])", "torch.tensor([a, a])[1]", *_LISTED, *_KEEPING),
    entry("torch.as_tensor(tuple[ndarray])", "torch.as_tensor((a, a))[1]", *_LISTED, *_KEEPING),
    entry("torch.asarray(list[ndarray])", "torch.asarray([a, a])[1]", *_LISTED, *_KEEPING),
    entry("torch.tensor(list[list[ndarray]])", "torch.tensor([[a], [a]])[1, 0]", *_LISTED, *_KEEPING),
    entry(
        "torch.tensor(list[ndarray])[dtype=float64]",
        "torch.tensor([a, a], dtype=torch.float64)[1]",
        *_LISTED,
        dtype("float64", source=documented(TENSOR, "dtype (torch.dtype, optional): the desired data type of returned tensor.")),
    ),
)
