"""What a result's bytes must be, worked out from the spec alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from conformance.observation import KEPT_BYTES, Observation, fingerprint
from strategies import dtypes

if TYPE_CHECKING:
    from conformance.laws import Breach

# What Python numbers are packed as when a result is made of them (see `on_numpy`).
_PYTHON = {"bool": "bool", "int": "int64", "float": "float64", "complex": "complex128"}


def native_dtype(spec: Any) -> np.dtype:
    """The NumPy dtype of a spec's values in native byte order."""
    name = getattr(spec, "state", None) and spec.dtype or spec.dtype
    return dtypes.dtype(name).newbyteorder("=")


def same_values(how: str, spec: Any, seen: Observation) -> Breach | bool | None:
    """Whether the observed data are the spec's values, crossing as `how` says ("bits", "astype", "unspecified")."""
    from conformance.laws import Breach

    assert seen.data is not None
    if how == "unspecified" or spec.size == 0 or spec.dtype in dtypes.POINTERS:
        return None
    if how == "bits":
        owed = spec.values
        if seen.data == fingerprint(owed):
            return True
        if spec.dtype == "bool" and _truths(seen.data) == _truths(owed):
            return True
        return Breach(*_first_difference(owed, seen.data, max(spec.itemsize, 1)))
    if len(seen.data) > KEPT_BYTES or seen.data.startswith(b"blake2b:"):
        return None  # Casts are judged element by element, on arrays that are kept whole.
    return _same_after_cast(spec, seen)


def _truths(data: bytes) -> bytes:
    """Booleans by their truth: any byte but 0 is true."""
    return bytes(b != 0 for b in data) if not data.startswith(b"blake2b:") else data


def _first_difference(owed: bytes, data: bytes, itemsize: int) -> tuple[str, str]:
    if data.startswith(b"blake2b:") or len(data) != len(owed):
        return f"{len(owed)} bytes, as in the source", "other bytes" if data.startswith(b"blake2b:") else f"{len(data)} bytes"
    index = next(i for i in range(0, len(owed), itemsize) if owed[i : i + itemsize] != data[i : i + itemsize])
    return (
        f"element {index // itemsize} is 0x{owed[index : index + itemsize][::-1].hex()}",
        f"element {index // itemsize} is 0x{data[index : index + itemsize][::-1].hex()}",
    )


def _same_after_cast(spec: Any, seen: Observation) -> Breach | bool | None:
    """NumPy's astype as the yardstick; NaNs count as equal, and numbers that C leaves undefined are not compared.

    https://numpy.org/doc/stable/reference/generated/numpy.ndarray.astype.html
    """
    from conformance.laws import Breach

    target = _PYTHON.get(seen.dtype, seen.dtype)
    if target not in dtypes.DTYPES or not dtypes.available(target):
        return None
    source = np.frombuffer(spec.values, native_dtype(spec))
    wanted = dtypes.dtype(target)
    if len(seen.data or b"") != source.size * wanted.itemsize:
        return Breach(f"{source.size} elements of {target}", f"{len(seen.data or b'')} bytes")
    got = np.frombuffer(seen.data or b"", wanted)
    with np.errstate(all="ignore"), np.testing.suppress_warnings() as quiet:
        quiet.filter(np.exceptions.ComplexWarning if hasattr(np, "exceptions") else np.ComplexWarning)  # type: ignore[attr-defined, unused-ignore]
        owed = source.astype(wanted)
        same = np.frombuffer(owed.tobytes(), np.uint8).reshape(source.size, -1) == np.frombuffer(got.tobytes(), np.uint8).reshape(source.size, -1)
        equal = same.all(axis=1)
        if wanted.kind in "fcV":
            equal |= (owed != owed) & (got != got)
        if source.dtype.kind in "fcV" and wanted.kind in "iu":
            whole = source.real.astype(np.float64) if source.dtype.kind in "fc" else source.astype(np.float64)
            info = np.iinfo(wanted)
            equal |= ~((whole > float(info.min) - 1) & (whole < float(info.max) + 1))
    if equal.all():
        return True
    index = int(np.flatnonzero(~equal)[0])
    return Breach(f"element {index} is {owed[index]!r}, as astype gives", f"element {index} is {got[index]!r}")
