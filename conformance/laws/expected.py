"""What a result's bytes must be, worked out from the spec alone."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np

from ...strategies import dtypes
from ...strategies.spec import ArraySpec, Spec
from ..subject.observation import DIGEST, INT_BYTES, KEPT_BYTES, PYTHON, Observation, canonical, fingerprint, significant
from ..subject.texts import packed
from .law import Breach

#: The dtype of results whose elements are texts.
_TEXT = "string"


def meant(spec: Spec) -> bytes:
    """The elements' bytes in C order with a tensor's marks applied: conjugated, negated or all zero."""
    state = spec.state
    values: bytes = spec.values
    if state not in ("conj", "neg", "zero") or not values:
        return values
    if state == "zero":
        return bytes(len(values))
    is_complex = spec.dtype.startswith("complex")
    unit = spec.itemsize // 2 if is_complex else spec.itemsize
    numbers = np.frombuffer(values, f"u{unit}").copy()
    if not is_complex and not spec.dtype.startswith(("float", "bfloat")):
        return bytes((~numbers + numbers.dtype.type(1)).tobytes())  # Two's complement, wrapping.
    signed = numbers[1::2] if state == "conj" else numbers
    signed ^= numbers.dtype.type(1 << (8 * unit - 1))
    return numbers.tobytes()


def same_values(how: str | Callable[[Any], bytes], spec: Spec, seen: Observation) -> Breach | bool | None:
    """Whether the observed data are the spec's values, crossing as `how` says.

    how  "bits", "astype", "unspecified", "uninitialised" or a function of the spec that gives the bytes owed
    """
    assert seen.data is not None
    if seen.dtype == _TEXT:
        return _same_texts(spec, seen) if prod(seen.shape) == spec.size else None  # Else it is some of them, or of all a few.
    if how in ("unspecified", "uninitialised") or not spec.size or not spec.itemsize or spec.dtype in dtypes.POINTERS:
        return None
    if callable(how):
        owed = how(spec)
        return True if seen.data == fingerprint(owed, seen.dtype) else Breach(*_first_difference(owed, seen.data, 1))
    owed = meant(spec)
    if how == "bits":
        if seen.data == fingerprint(owed, seen.dtype):
            return True
        plain, got = significant(spec.dtype, owed), significant(spec.dtype, seen.data)
        if got in (plain, fingerprint(plain)):
            return True
        return Breach(*_first_difference(plain, got, spec.itemsize))
    return _same_after_cast(owed, spec.dtype.removeprefix("q"), seen)


def _same_texts(spec: Spec, seen: Observation) -> Breach | bool | None:
    """Whether the observed texts are the spec's, in UTF-8; None where its elements are no texts."""
    owed = _texts(spec)
    if owed is None or seen.data is None:
        return None
    data = fingerprint(packed(owed), seen.dtype)
    return True if seen.data == data else Breach(f"the texts {owed[:4]}", "other texts")


def _texts(spec: Spec) -> list[bytes] | None:
    if not isinstance(spec, ArraySpec) or not dtypes.available(spec.dtype):
        return None
    kind = dtypes.dtype(spec.dtype).kind
    if kind == "T":
        pool = dtypes.pool(spec.dtype)
        return [pool[spec.pointed(spec.position(index) // spec.itemsize)].encode() for index in range(spec.size)]
    if kind not in "SU":
        return None
    if not spec.itemsize:
        return [b""] * spec.size
    elements = np.frombuffer(spec.values, dtypes.dtype(spec.dtype).newbyteorder("=")).tolist()
    return [each.encode() if kind == "U" else each for each in elements]


def same_numbers(dtype: str, one: bytes, other: bytes) -> bool:
    """Whether two fingerprints are those of the same elements of the dtype; any NaN is as good as another."""
    target = PYTHON.get(dtype, dtype)
    return one == other or canonical(target, one) == canonical(target, other)


def _first_difference(owed: bytes, data: bytes, itemsize: int) -> tuple[str, str]:
    if data.startswith(DIGEST) or len(data) != len(owed):
        return f"{len(owed)} bytes, as in the source", "other bytes" if data.startswith(DIGEST) else f"{len(data)} bytes"
    index = next(i for i in range(0, len(owed), itemsize) if owed[i : i + itemsize] != data[i : i + itemsize])
    return (
        f"element {index // itemsize} is 0x{owed[index : index + itemsize][::-1].hex()}",
        f"element {index // itemsize} is 0x{data[index : index + itemsize][::-1].hex()}",
    )


def _same_after_cast(owed_bytes: bytes, name: str, seen: Observation) -> Breach | bool | None:
    """NumPy's astype as the yardstick; NaNs count as equal, and numbers that C leaves undefined are not compared.

    https://numpy.org/doc/stable/reference/generated/numpy.ndarray.astype.html
    """
    target = PYTHON.get(seen.dtype, seen.dtype)
    if dtypes.available(name) and target == "int":
        return _same_ints(np.frombuffer(owed_bytes, dtypes.dtype(name).newbyteorder("=")).tolist(), seen)
    if not (dtypes.available(name) and dtypes.available(target)):
        return None
    source = np.frombuffer(owed_bytes, dtypes.dtype(name).newbyteorder("="))
    wanted = dtypes.dtype(target)
    if seen.data and (len(seen.data) > KEPT_BYTES or seen.data.startswith(DIGEST)):
        return _same_digest_after_cast(source, wanted, target, seen)
    if len(seen.data or b"") != source.size * wanted.itemsize:
        return Breach(f"{source.size} elements of {target}", f"{len(seen.data or b'')} bytes")
    got = np.frombuffer(seen.data or b"", wanted)
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # ComplexWarning: what is lost is the caller's wish.
        owed = source.astype(wanted)
        same = np.frombuffer(owed.tobytes(), np.uint8).reshape(source.size, -1) == np.frombuffer(got.tobytes(), np.uint8).reshape(
            source.size, -1
        )
        equal = same.all(axis=1)
        if wanted.kind == "b":
            equal |= owed.view(np.uint8).astype(bool) == got.view(np.uint8).astype(bool)
        if wanted.kind in "fcV":
            equal |= (owed != owed) & (got != got)
        if source.dtype.kind in "fcV" and wanted.kind in "iu":
            whole = source.astype(np.float64)
            info = np.iinfo(wanted)
            equal |= ~((whole > float(info.min) - 1) & (whole < float(info.max) + 1))
    if equal.all():
        return True
    index = int(np.flatnonzero(~equal)[0])
    return Breach(f"element {index} is {owed[index]!r}, as astype gives", f"element {index} is {got[index]!r}")


def _same_ints(numbers: list[Any], seen: Observation) -> Breach | bool | None:
    """Whether Python's ints are these numbers; None where those are no whole numbers."""
    if not all(isinstance(number, int) for number in numbers):
        return None
    owed = b"".join(int(number).to_bytes(INT_BYTES, "little", signed=True) for number in numbers)
    data = seen.data or b""
    return True if data == fingerprint(owed, seen.dtype) else Breach(*_first_difference(owed, data, INT_BYTES))


def _same_digest_after_cast(source: np.ndarray, wanted: np.dtype, target: str, seen: Observation) -> Breach | bool | None:
    """Of large results only a digest is kept: all is the same, or, where C leaves no number undefined, something is not."""
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        owed = source.astype(wanted).tobytes()
        if same_numbers(target, fingerprint(owed, target), seen.data or b""):
            return True
        if source.dtype.kind in "fcV" and wanted.kind not in "fcV":
            return None
    return Breach(f"{source.size} elements of {target}, as astype gives", "other bytes")
