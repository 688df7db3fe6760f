"""Observations: the evidence of one conversion, as plain data."""

from __future__ import annotations

import hashlib
from typing import Any, NamedTuple

import numpy as np

from ...strategies import dtypes

#: Results up to this many bytes are kept whole, larger ones as a digest.
KEPT_BYTES = 1024
#: Bytes in which one of Python's ints is compared.
INT_BYTES = 16
#: What Python's other numbers are compared as.
PYTHON = {"float": "float64", "complex": "complex128"}
#: How a fingerprint starts that is a digest.
DIGEST = b"blake2b:"
_DIGEST_BYTES = 16
#: Floats of 80 bits that stand in 16 bytes, of which NumPy leaves the rest as it finds it.
_PADDED = ("float128", "complex256", "longdouble", "clongdouble") if np.finfo(np.longdouble).nmant == 63 else ()
#: Dtypes of which not all bits mean something.
LOOSE = ("bool", *_PADDED)
_LOW_BITS = {f"{sign}int{n}": (1 << n) - 1 for n in (1, 2, 3, 4, 5, 6, 7) for sign in ("", "u")}


class Observation(NamedTuple):
    """What really happened when an entry point was handed a spec.

    outcome         "ok", "raised", "crashed", "hung", or "unbuildable" (nothing was converted)
    error           raised: the exception's type and its bases; crashed: the signal's name
    message         of the exception, the abort or the reason, shortened
    stage           what was being done when it ended: "convert", or the probe that died
    type            of the result, qualified: "torch.Tensor"
    dtype           of the result, by its framework's name without prefix: "float32"
    shape           of the result
    strides         of the result in bytes; None where it has none
    device          of the result
    data            the result's elements in C order, raw (see `fingerprint`); None where they cannot be read
    shares          by address: "none", "all" or "part" of the result lies in the source's owner; "" unknown
    follows         source changed after the conversion: "none", "all" or "part" of the result follows; "" untested
    leads           result changed through its own API: "none" or "some" of the source follows; "" untested
    writable        whether the result lets itself be written; None where the question makes no sense
    flags           marks on the result: "requires_grad", "non_leaf", "conj", "neg", ... (see the adapters)
    warnings        (category, message) of every warning that the call gave
    source_changed  whether the call changed a byte of the source, its layout or its flags
    twin            whether a second conversion of the same source shares memory with the first; None untested
    facts           what else was found out, by name: (name, plain value) pairs (see `EntryPoint.facts`, `subject.pressures`)
    """

    outcome: str
    error: tuple[str, ...] = ()
    message: str = ""
    stage: str = "convert"
    type: str = ""
    dtype: str = ""
    shape: tuple[int, ...] = ()
    strides: tuple[int, ...] | None = None
    device: str = ""
    data: bytes | None = None
    shares: str = ""
    follows: str = ""
    leads: str = ""
    writable: bool | None = None
    flags: tuple[str, ...] = ()
    warnings: tuple[tuple[str, str], ...] = ()
    source_changed: bool = False
    twin: bool | None = None
    facts: tuple[tuple[str, Any], ...] = ()

    def fact(self, name: str) -> Any:
        """A fact by its name; None where nobody looked for it."""
        return next((value for known, value in self.facts if known == name), None)

    @property
    def aliasing(self) -> str:
        """How the result uses the source's memory, in a word: "shares", "copies", "mixed" or "unknown"."""
        return _ALIASING.get((self.shares or self.follows, self.follows or self.shares), "mixed")

    @property
    def headline(self) -> str:
        """The outcome in a few words: "shares", "copies", "raised TypeError", "crashed (SIGABRT)", "hung"."""
        if self.outcome == "ok":
            return self.aliasing
        return (
            {"raised": f"raised {self.error[0]}", "crashed": f"crashed ({self.error[0]})"}.get(self.outcome, self.outcome)
            if self.error
            else self.outcome
        )


_ALIASING = {("all", "all"): "shares", ("none", "none"): "copies", ("", ""): "unknown"}


class Shown(NamedTuple):
    """What one handle shows: the fields of `Observation`, its address (None where it cannot be seen) and its raw bytes."""

    name: str
    type: str
    dtype: str
    shape: tuple[int, ...]
    strides: tuple[int, ...] | None
    address: int | None
    writable: bool | None
    flags: tuple[str, ...]
    data: bytes | None


class Report(NamedTuple):
    """How a step ended, and what every live handle shows after it.

    outcome, error, message, warnings  as in `Observation`
    shown                              in the order in which the handles were made
    """

    outcome: str
    error: tuple[str, ...] = ()
    message: str = ""
    warnings: tuple[tuple[str, str], ...] = ()
    shown: tuple[Shown, ...] = ()

    def pack(self) -> tuple[Any, ...]:
        """The same without names, for the way between processes."""
        return (*self[:-1], tuple(map(tuple, self.shown)))

    @classmethod
    def unpack(cls, fields: tuple[Any, ...]) -> Report:
        """What `pack` packed."""
        return cls._make((*fields[:-1], tuple(map(Shown._make, fields[-1]))))


def fingerprint(data: bytes, dtype: str = "") -> bytes:
    """The data itself when small, else its digest: equal fingerprints mean equal bytes.

    Large data of the dtype that hold what means nothing have the digest of their `canonical` form behind.
    """
    if len(data) <= KEPT_BYTES:
        return data
    plain = canonical(dtype, data)
    return DIGEST + _digest(data) + (_digest(plain) if plain != data else b"")


def _digest(data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=_DIGEST_BYTES).digest()


def significant(dtype: str, data: bytes) -> bytes:
    """The bytes without what means nothing: any byte but 0 is true, small integers use their low bits, extended floats ten bytes.

    Of a fingerprint that is a digest, the digest of such bytes.
    """
    if dtype in _PADDED and not data.startswith(DIGEST):
        return bytes(byte if at % 16 < 10 else 0 for at, byte in enumerate(data))
    if dtype != "bool" and dtype not in _LOW_BITS:
        return data
    if data.startswith(DIGEST):
        return DIGEST + data[-_DIGEST_BYTES:]
    return bytes(b != 0 for b in data) if dtype == "bool" else bytes(b & _LOW_BITS[dtype] for b in data)


def canonical(dtype: str, data: bytes) -> bytes:
    """The `significant` bytes, with one and the same NaN for all NaNs: the same bytes mean the same numbers."""
    if data.startswith(DIGEST):
        return DIGEST + data[-_DIGEST_BYTES:]
    dtype = PYTHON.get(dtype, dtype)
    if not dtype.startswith(("float", "bfloat", "complex")) or not dtypes.available(dtype):
        return significant(dtype, data)
    if len(data) % dtypes.dtype(dtype).itemsize:  # Not what it is said to be.
        return data
    numbers = np.frombuffer(data, dtypes.dtype(dtype))
    if numbers.dtype.kind == "c":
        numbers = numbers.view(f"f{numbers.itemsize // 2}")
    with np.errstate(all="ignore"):
        nan = numbers != numbers
    if not nan.any():
        return data
    numbers = numbers.copy()
    numbers[nan] = np.array(np.nan).astype(numbers.dtype)
    return numbers.tobytes()
