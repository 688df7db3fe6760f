"""NumPy to PyTorch through Python's buffer protocol: bytes are shared, and read as any dtype."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .....strategies.spec import Spec
from ....promises import Clause, EntryPoint, accepts, documented, dtype, may_refuse, refuses, shape, shares, values, warns
from ....promises.conditions import Condition, always, contiguous, readonly, swapped
from ...words import same_dtype
from .words import DLPACKED, DOCS, NO_FLAGS, SEEN, bare, dlpack_object, entry, np_scalar, sequence, where

_FROMBUFFER = f"{DOCS}/generated/torch.frombuffer.html"
_SHARING = documented(_FROMBUFFER, "The returned tensor and buffer share the same memory.")

_WHOLE = documented(
    _FROMBUFFER,
    "the length (number of bytes) of the buffer subtracted by the offset is a multiple of the size (in bytes) of dtype.",
)
_ENOUGH = documented(_FROMBUFFER, "the total number of bytes in the buffer is more than offset plus count times the size")

_ITEMSIZE = {"uint8": 1, "bool": 1, "float16": 2, "bfloat16": 2, "float32": 4, "int32": 4, "float64": 8, "complex64": 8}


def _bytes_in(spec: Spec) -> int:
    return int(spec.size * spec.itemsize)


_trimmed = np_scalar & Condition("it is text, bytes or an object", lambda spec: spec.kind in "SUTO")
no_bytes = Condition("the buffer has no bytes", lambda spec: _bytes_in(spec) == 0)


def _flat(to: str, skipped: int = 0) -> Callable[[Any], tuple[int, ...]]:
    def flat(spec: Spec) -> tuple[int, ...]:
        return ((_bytes_in(spec) - skipped) // _ITEMSIZE[to],)

    flat.__doc__ = f"one axis, as many {to} as the bytes hold" + (f" after the first {skipped}" if skipped else "")
    return flat


def uneven(to: str, skipped: int = 0) -> Condition:
    """The bytes do not fill whole elements of the dtype."""
    return Condition(f"the bytes are no whole number of {to}", lambda spec: (_bytes_in(spec) - skipped) % _ITEMSIZE[to] != 0)


def read_as(to: str, when: Condition = always) -> tuple[Clause, ...]:
    """A buffer's bytes as a flat tensor of the dtype."""
    return where(
        when,
        # The bytes of a scalar are its own, and those of a text's trailing zeros are gone.
        *where(
            _trimmed,
            may_refuse("ValueError", source=SEEN),
            shape(lambda spec: None, source=SEEN),
            values("unspecified", source=SEEN),
        ),
        refuses("RuntimeError", "ValueError", when=~contiguous & no_bytes, source=SEEN),
        refuses("RuntimeError", when=~contiguous, source=SEEN),
        refuses("ValueError", when=no_bytes | uneven(to), source=_WHOLE),
        accepts(
            source=documented(
                _FROMBUFFER, "Creates a 1-dimensional Tensor from an object that implements the Python buffer protocol."
            )
        ),
        dtype(to, source=documented(_FROMBUFFER, "dtype (torch.dtype): the desired data type of returned tensor.")),
        shape(_flat(to), source=documented(_FROMBUFFER, "Creates a 1-dimensional Tensor ...")),
        # Bytes are bytes: those of swapped numbers arrive swapped.
        values(
            "unspecified",
            when=swapped,
            source=documented(_FROMBUFFER, "Passing a different dtype than its source may result in unexpected behavior."),
        ),
        values("bits", source=_SHARING),
        shares(when=~np_scalar, source=_SHARING),
        warns("UserWarning", when=readonly, source=SEEN),
        warns("", when=~readonly, source=SEEN),
        NO_FLAGS,
    )


#: Since 2.15 torch.asarray asks the buffer what it holds.
_ASARRAY_2_15 = "https://docs.pytorch.org/docs/2.15/generated/torch.asarray.html"
_BY_FORMAT = documented(_ASARRAY_2_15, "it is inferred from the buffer's format")
_NO_FORMAT = documented(_ASARRAY_2_15, "an error is raised if the format cannot be mapped to a PyTorch datatype")
_SHARED_BY_DEFAULT = documented(_ASARRAY_2_15, "by default, be on the CPU device and share memory with the buffer.")


def _elements(spec: Spec) -> tuple[int, ...]:
    """one axis of all elements"""
    return (spec.size,)


def read_by_format(when: Condition) -> tuple[Clause, ...]:
    """A buffer's elements as a flat tensor of their own dtype."""
    return where(
        when,
        refuses("ValueError", when=~DLPACKED, source=_NO_FORMAT),
        refuses("RuntimeError", "ValueError", when=~contiguous & no_bytes, source=SEEN),
        refuses("RuntimeError", when=~contiguous, source=SEEN),
        refuses("ValueError", when=no_bytes, source=SEEN),
        accepts(source=_BY_FORMAT),
        dtype(same_dtype, source=_BY_FORMAT),
        shape(_elements, source=SEEN),
        values("bits", source=_BY_FORMAT),
        shares(source=_SHARED_BY_DEFAULT),
        warns("UserWarning", when=readonly, source=SEEN),
        warns("", when=~readonly, source=SEEN),
        NO_FLAGS,
    )


NO_BUFFER: tuple[Clause, ...] = (
    refuses(
        "ValueError",
        when=sequence | bare | dlpack_object,
        source=documented(_FROMBUFFER, "buffer (object): a Python object that exposes the buffer interface."),
    ),
)


def _skipped_8(spec: Spec) -> bool:
    return _bytes_in(spec) <= 8


ENTRY_POINTS: tuple[EntryPoint, ...] = (
    *(
        entry(f"torch.frombuffer[dtype={to}]", f"torch.frombuffer(a, dtype=torch.{to})", *NO_BUFFER, *read_as(to))
        for to in _ITEMSIZE
    ),
    entry(
        "torch.frombuffer[offset=8]",
        "torch.frombuffer(a, dtype=torch.uint8, offset=8)",
        *NO_BUFFER,
        refuses("RuntimeError", "ValueError", when=~contiguous, source=SEEN),
        refuses(
            "ValueError",
            when=Condition("the buffer has no more than 8 bytes", _skipped_8) & ~_trimmed,
            source=_WHOLE,
        ),
        shape(
            lambda spec: None if _trimmed(spec) else _flat("uint8", 8)(spec),
            source=documented(_FROMBUFFER, "offset (int, optional): the number of bytes to skip at the start of the buffer."),
        ),
        values("unspecified", source=SEEN),
        *read_as("uint8"),
    ),
    entry(
        "torch.frombuffer[count=1]",
        "torch.frombuffer(a, dtype=torch.int32, count=1)",
        *NO_BUFFER,
        refuses("RuntimeError", "ValueError", when=~contiguous, source=SEEN),
        refuses(
            "ValueError",
            when=Condition("the buffer has less than 4 bytes", lambda spec: _bytes_in(spec) < 4) & ~_trimmed,
            source=_ENOUGH,
        ),
        may_refuse("ValueError", when=_trimmed, source=SEEN),
        accepts(source=documented(_FROMBUFFER, "count (int, optional): the number of desired elements to be read.")),
        shape(
            lambda spec: (1,), source=documented(_FROMBUFFER, "count (int, optional): the number of desired elements to be read.")
        ),
        values("unspecified", source=SEEN),
        *read_as("int32"),
    ),
    entry(
        "torch.frombuffer[count=2**62]",
        "torch.frombuffer(a, dtype=torch.int32, count=2**62)",
        *NO_BUFFER,
        refuses("RuntimeError", "ValueError", when=~contiguous, source=SEEN),
        refuses(
            "ValueError",
            when=always,
            source=_ENOUGH,
        ),
        # What comes instead is larger than the buffer: nothing of it can be judged.
        shape(lambda spec: None, source=SEEN),
        values("unspecified", source=SEEN),
    ),
)
