"""Specs: complete, printable, comparable, JSON-able descriptions of one input, as pure data."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterable, Mapping
from functools import cache, lru_cache
from math import prod
from typing import Any, Generic, NamedTuple, TypeVar

import numpy as np

from . import dtypes
from .containers import EXPRESSIONS

#: Who owns the bytes, and what they allow.
MEMORIES = (
    "plain",  # a view of a writable buffer
    "readonly",  # the same, behind flags.writeable = False
    "bytes",  # an immutable bytes object
    "protected",  # pages mapped read-only: a write kills the process
    "memmap_r+",
    "memmap_r",
    "memmap_c",
    "owned",  # that of the array itself (flags.owndata), in C or Fortran order: all others are views
    "owned_r",  # the same, with flags.writeable = False
)
OWNED = MEMORIES[-2:]
#: What the call is handed: the array, or something that stands for it.
CONTAINERS = tuple(EXPRESSIONS)

#: No spec asks for more memory than this, whoever wrote it.
MAX_BYTES = 1 << 27
MAX_RANK = 64
#: The address of arrays that own their memory, modulo 64: the C library gives large ones no other, and small ones any of four.
OWN_ADDRESS = 16


T = TypeVar("T")


class lazy(Generic[T]):
    """A property worked out once: functools.cached_property without its lock, which costs more than most of them."""

    def __init__(self, work: Callable[[Any], T]) -> None:
        self._work, self._name, self.__doc__ = work, work.__name__, work.__doc__

    def __get__(self, spec: Any, owner: Any = None) -> T:
        value = spec.__dict__[self._name] = self._work(spec)
        return value


class SpecError(ValueError):
    """A spec that describes no array; its message says why in a line."""


@lru_cache(maxsize=256)
def _noise(seed: int, quads: int) -> bytes:
    return random.Random(seed).randbytes(4 * quads)


def noise(seed: int, nbytes: int) -> bytes:
    """`nbytes` reproducible random bytes: a prefix of what `random.Random(seed).randbytes` yields."""
    # One block serves all small owners: the shorter stream is a prefix of the longer.
    return _noise(seed, max(1024, -(-nbytes // 4)))[:nbytes]


#: Seeds below this make quiet backgrounds, the others random bits.
QUIET_SEEDS = 128
#: Seeds from here on make palettes: every special value of the dtype in turn, from another one on for each seed.
PALETTE = 1 << 16


def background(layout: _Layout, seed: int, dtype: str) -> bytes:
    """An owner's bytes before anything is planted, of elements of the dtype (a NumPy name).

    Zeros for seed 0; for quiet seeds, numbers below 251 of which neighbours differ; for palettes, special values; for others,
    random bytes.
    """
    nbytes, itemsize = layout.nbytes, layout.itemsize
    if not seed or dtype in dtypes.POINTERS or not itemsize:
        return bytes(nbytes)
    if QUIET_SEEDS <= seed < PALETTE and dtypes.is_raw(dtype):
        return noise(seed, nbytes)
    if not layout.has_partial_stride:  # Elements stand on one grid, whose every place is filled.
        lead = layout.offset % itemsize
        return (bytes(lead) + _repeated(dtype, seed, (nbytes - lead) // itemsize + 1))[:nbytes]
    owner = bytearray(nbytes)
    shape, strides = without_ones(layout.shape, layout.strides)
    elements = np.ndarray(shape, f"V{itemsize}", owner, layout.offset, strides)
    elements[...] = np.frombuffer(_repeated(dtype, seed, layout.size), elements.dtype).reshape(shape)
    return bytes(owner)


def _repeated(dtype: str, seed: int, count: int) -> bytes:
    """So many elements: of a palette, else the numbers seed, seed + 37, seed + 74, ... modulo 251."""
    cycle = _palette(dtype) if seed >= PALETTE else _quiet_cycle(dtype)
    length = period(dtype, seed)
    itemsize, start = len(cycle) // length, (seed - PALETTE if seed >= PALETTE else seed * _STEPS_TO_ONE) % length
    return (cycle * ((start + count) // length + 1))[start * itemsize : (start + count) * itemsize]


def period(dtype: str, seed: int) -> int:
    """After how many elements a background that is no random bits comes round."""
    return len(dtypes.special_bits(dtype)) if seed >= PALETTE else 251


_STEPS_TO_ONE = pow(37, -1, 251)


@cache
def _quiet_cycle(dtype: str) -> bytes:
    return b"".join(dtypes.encode(dtype, dtypes.number_bits(dtype, step * 37 % 251)) for step in range(251))


@cache
def _palette(dtype: str) -> bytes:
    return b"".join(dtypes.encode(dtype, bits) for bits in dtypes.special_bits(dtype))


def c_strides(shape: tuple[int, ...], itemsize: int) -> tuple[int, ...]:
    """The strides in bytes of a C-contiguous array."""
    strides, step = [], itemsize
    for n in reversed(shape):
        strides.append(step)
        step *= n or 1
    return tuple(reversed(strides))


def without_ones(shape: tuple[int, ...], strides: tuple[int, ...]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Shape and strides of the same elements in the same order, without axes of length 1.

    NumPy 1 knows 32 axes, tensors have more.
    """
    long = [(n, s) for n, s in zip(shape, strides) if n != 1]
    return tuple([n for n, _ in long]), tuple([s for _, s in long])


class _Layout:
    """What any strided description of memory knows about itself."""

    shape: tuple[int, ...]
    strides: tuple[int, ...]
    offset: int
    nbytes: int

    @lazy
    def size(self) -> int:
        return prod(self.shape)

    @property
    def rank(self) -> int:
        return len(self.shape)

    @lazy
    def c_strides(self) -> tuple[int, ...]:
        """The strides in bytes of a C-contiguous array of this shape."""
        return c_strides(self.shape, self.itemsize)

    @lazy
    def is_c(self) -> bool:
        """Whether the elements stand in C order without holes (NumPy's rule: axes of length 1 are ignored)."""
        if self.size == 0 or self.strides == self.c_strides:
            return True
        return all(n == 1 or s == c for n, s, c in zip(self.shape, self.strides, self.c_strides))

    @lazy
    def f_strides(self) -> tuple[int, ...]:
        """The strides in bytes of an array of this shape in Fortran's order."""
        return c_strides(self.shape[::-1], self.itemsize)[::-1]

    @lazy
    def is_f(self) -> bool:
        """Whether they stand in Fortran's order, the first axis moving fastest."""
        return self.size == 0 or all(n == 1 or s == f for n, s, f in zip(self.shape, self.strides, self.f_strides))

    @lazy
    def extent(self) -> tuple[int, int]:
        """First and one-past-last byte, from the start of the owner, that the elements occupy."""
        if self.size == 0:
            return self.offset, self.offset
        low = self.offset + sum(s * (n - 1) for s, n in zip(self.strides, self.shape) if s < 0)
        high = self.offset + sum(s * (n - 1) for s, n in zip(self.strides, self.shape) if s > 0)
        return low, high + self.itemsize

    @lazy
    def has_partial_stride(self) -> bool:
        """Whether some stride is no multiple of the item size."""
        itemsize = self.itemsize
        return any(s % itemsize for s in self.strides) if itemsize else False

    @lazy
    def itemsize(self) -> int:
        raise NotImplementedError

    @lazy
    def owner_bytes(self) -> bytes:
        raise NotImplementedError

    @property
    def _elements(self) -> bytes:
        """The elements' bytes in C order, as they stand in memory."""
        if self.is_c:
            return self.owner_bytes[self.offset : self.offset + self.size * self.itemsize]
        shape, strides = without_ones(self.shape, self.strides)
        return np.ndarray(shape, f"V{self.itemsize}", self.owner_bytes, self.offset, strides).tobytes()

    def position(self, index: int) -> int:
        """Where in the owner the element with this flat (C order) index starts, in bytes."""
        at = self.offset
        for n, stride in zip(reversed(self.shape), reversed(self.strides)):
            index, here = divmod(index, n)
            at += here * stride
        return at

    def prove(self) -> None:
        """Raise SpecError unless every element lies inside the owner and all numbers are within bounds."""
        if len(self.shape) != len(self.strides):
            raise SpecError(f"{len(self.shape)} axes but {len(self.strides)} strides")
        if len(self.shape) > MAX_RANK:
            raise SpecError(f"rank {len(self.shape)} is above {MAX_RANK}")
        if not 0 <= self.nbytes <= MAX_BYTES or any(n < 0 for n in self.shape):
            raise SpecError(f"{self.nbytes} bytes, shape {self.shape}: out of bounds")
        if prod(filter(None, self.shape)) * max(self.itemsize, 1) > MAX_BYTES:  # NumPy counts so, empty or not.
            raise SpecError(f"shape {self.shape} holds more than {MAX_BYTES} bytes")
        if any(abs(s) >= 1 << 62 for s in self.strides):
            raise SpecError(f"strides {self.strides}: out of bounds")
        low, high = self.extent
        if low < 0 or high > self.nbytes:
            raise SpecError(f"elements span bytes {low} to {high} of an owner of {self.nbytes}")


class _ArrayFields(NamedTuple):
    dtype: str
    shape: tuple[int, ...]
    strides: tuple[int, ...]
    offset: int = 0
    nbytes: int = 0
    address: int = 0
    memory: str = "plain"
    container: str = "ndarray"
    seed: int = 0
    planted: tuple[tuple[int, int], ...] = ()


class ArraySpec(_Layout, _ArrayFields):
    """One NumPy input, described completely.

    dtype      a name from `strategies.dtypes.DTYPES`
    shape      axis lengths, rank 0 to 64
    strides    in bytes, any sign, any alignment
    offset     bytes from the start of the owner to element 0
    nbytes     bytes in the owner
    address    address of element 0, modulo 64
    memory     one of `MEMORIES`
    container  one of `CONTAINERS`
    seed       of the owner's contents, see `background`
    planted    (flat index, bit pattern) of elements written over that background, in order
    """

    # No __slots__: the cached properties need a __dict__.
    #: What a tensor has and an array has not.
    state = "plain"

    @lazy
    def itemsize(self) -> int:
        return self.np_dtype.itemsize

    @lazy
    def np_dtype(self) -> np.dtype:
        return dtypes.dtype(self.dtype)

    @property
    def traits(self) -> tuple[str, ...]:
        """What reports group by, beside the layout."""
        return (self.dtype, self.memory, self.container)

    @lazy
    def kind(self) -> str:
        """NumPy's kind character of the dtype ("f", "i", ...; "V" for ml_dtypes and structured ones)."""
        return self.np_dtype.kind

    @lazy
    def is_native(self) -> bool:
        return not self.dtype.startswith(">")

    @lazy
    def has_negative_stride(self) -> bool:
        return min(self.strides, default=0) < 0

    @lazy
    def is_aligned(self) -> bool:
        """Whether NumPy's ALIGNED flag is set: the address and the strides of axes longer than 1 fit the dtype."""
        unit = self.np_dtype.alignment
        return self.address % unit == 0 and (
            self.size == 0 or all(n == 1 or s % unit == 0 for n, s in zip(self.shape, self.strides))
        )

    @lazy
    def has_typed_owner(self) -> bool:
        """Whether the array is a view of one of its own dtype, if it is a view of an array: the C library aligns to 16."""
        return self.itemsize in (1, 2, 4, 8, 16) and (self.address - self.offset) % self.itemsize == 0

    @lazy
    def is_writable(self) -> bool:
        return self.memory in ("plain", "owned", "memmap_r+", "memmap_c") and self.container != "scalar"

    @lazy
    def owner_bytes(self) -> bytes:
        """The owner's contents (of raw dtypes; object and StringDType elements are indices, see `build`)."""
        plain = background(self, self.seed, self.dtype)
        if self.kind == "b":
            plain = bytes(b & 1 for b in plain)
        if not self.planted:
            return plain
        data = bytearray(plain)
        for index, bits in self.planted:
            at = self.position(index)
            data[at : at + self.itemsize] = dtypes.encode(self.dtype, bits)
        return bytes(data)

    @lazy
    def _planted_at(self) -> dict[int, int]:
        return {self.position(index) // self.itemsize: bits for index, bits in self.planted}

    def pointed(self, place: int) -> int:
        """Of elements that are pointers: the index into `dtypes.pool` of the one that is `place` elements into the owner."""
        return self._planted_at.get(place, place if self.seed else 0) % len(dtypes.pool(self.dtype))

    @lazy
    def values(self) -> bytes:
        """The elements' bytes in C order and native byte order: what a faithful conversion must deliver."""
        data = self._elements
        if self.is_native or not self.itemsize:
            return data
        return np.frombuffer(data, f"u{self.component}").byteswap().tobytes() if data else data

    @property
    def component(self) -> int:
        return dtypes.component_size(self.dtype)

    def validate(self) -> ArraySpec:
        """This spec, or SpecError: names known, types exact, layout inside the owner. Safe on untrusted data."""
        _require(self.dtype in dtypes.DTYPES, f"unknown dtype {self.dtype!r}")
        _require(self.memory in MEMORIES, f"unknown memory {self.memory!r}")
        _require(self.container in CONTAINERS, f"unknown container {self.container!r}")
        _require(bool(self.shape) or self.container != "list", "a 0-d array has no list of its items")
        _require(0 <= self.address < 64, f"address {self.address} is not in 0..63")
        _require(0 <= self.seed < 1 << 32, f"seed {self.seed} is out of bounds")
        try:
            self.prove()
        except LookupError as missing:
            raise SpecError(str(missing)) from None
        whole = (self.offset, self.nbytes, self.address) == (0, self.size * self.itemsize, OWN_ADDRESS)
        if self.memory in OWNED and self.dtype not in dtypes.POINTERS:
            orders = (self.c_strides, self.f_strides) if self.size else ((0,) * len(self.shape),)
            _require(whole and self.strides in orders, "an array owns whole memory, in order, alone")
        for index, bits in self.planted:
            _require(0 <= index < self.size, f"planted index {index} is outside of {self.size} elements")
            _require(0 <= bits.bit_length() <= 8 * max(self.itemsize, 8), "planted bits are wider than the element")
        return self

    def to_json(self) -> dict[str, Any]:
        """The spec as JSON data; bit patterns as hexadecimal text."""
        return _jsonable(self)

    @classmethod
    def from_json(cls, data: Any) -> ArraySpec:
        """The spec that `to_json` wrote; SpecError for anything else."""
        return cls(**_checked(data, cls)).validate()


class _TensorFields(NamedTuple):
    dtype: str
    shape: tuple[int, ...]
    strides: tuple[int, ...]
    offset: int = 0
    nbytes: int = 0
    address: int = 0
    state: str = "plain"
    seed: int = 0
    planted: tuple[tuple[int, int], ...] = ()


#: Framework dtypes with item size in bytes and the NumPy dtype whose special values suit them.
TENSOR_DTYPES: dict[str, tuple[int, str]] = {
    **{name: (dtypes.dtype(name).itemsize, name) for name in "float32 float64 int64 int32 uint8 bool int8 int16".split()},
    **{name: (dtypes.dtype(name).itemsize, name) for name in "uint16 uint32 uint64 float16 complex64 complex128".split()},
    "bfloat16": (2, "uint16"),
    "complex32": (4, "uint32"),
    **{f"float8_{form}": (1, "uint8") for form in "e4m3fn e5m2 e4m3fnuz e5m2fnuz e8m0fnu e4m3b11fnuz".split()},
    "float4_e2m1fn_x2": (1, "uint8"),
    "float4_e2m1fn": (1, "uint8"),
    **{f"{sign}int{n}": (1, "uint8") for n in (1, 2, 3, 4, 5, 6, 7) for sign in ("", "u")},
    "qint8": (1, "uint8"),
    "quint8": (1, "uint8"),
    "qint16": (2, "uint16"),
    "quint16": (2, "uint16"),
    "qint32": (4, "uint32"),
    "string": (1, "uint8"),
}

#: What a tensor is beside its numbers. A framework that has no such thing says so ("not run").
STATES = (
    "plain",
    "requires_grad",
    "non_leaf",
    "parameter",
    "subclass",
    "inference",
    "conj",
    "neg",
    "zero",
    "readonly_source",
    "sparse_coo",
    "sparse_csr",
    "mkldnn",
    "nested",
    "meta",
    "fake",
    "variable",
    "operation",
    "slice",
    "forwarded",
)


_more_states: set[str] = set()


def known_states() -> tuple[str, ...]:
    """The states of tensors of all frameworks that are here."""
    return (*STATES, *sorted(_more_states))


def register_states(names: Iterable[str]) -> None:
    """Make states of another framework's tensors known."""
    _more_states.update(set(names) - set(STATES))


def register_tensor_dtypes(dtypes_: Mapping[str, tuple[int, str]]) -> None:
    """Make dtypes of another framework's tensors known, as in `TENSOR_DTYPES`; in its adapter as well, for subjects."""
    for name, known in dtypes_.items():
        TENSOR_DTYPES.setdefault(name, known)


class TensorSpec(_Layout, _TensorFields):
    """One tensor input for the way back, described completely; as `ArraySpec`, with

    dtype      a name from `TENSOR_DTYPES`
    state      one of `STATES`
    """

    #: What an array has and a tensor has not: its memory is its framework's own business, and nothing stands for it.
    memory, container, kind = "plain", "", ""
    is_native = is_writable = is_aligned = True
    has_negative_stride = False

    @property
    def np_dtype(self) -> np.dtype:
        """Raises LookupError: a tensor's dtype is its framework's, not NumPy's."""
        raise LookupError(f"a tensor of {self.dtype} has no dtype of NumPy's")

    @lazy
    def itemsize(self) -> int:
        return TENSOR_DTYPES[self.dtype][0]

    @property
    def traits(self) -> tuple[str, ...]:
        """What reports group by, beside the layout."""
        return (self.dtype, self.state)

    @lazy
    def owner_bytes(self) -> bytes:
        """The storage's contents."""
        data = bytearray(background(self, self.seed, TENSOR_DTYPES[self.dtype][1]))
        if self.dtype == "bool":
            data = bytearray(b & 1 for b in data)
        for index, bits in self.planted:
            at = self.position(index)
            data[at : at + self.itemsize] = (bits & ((1 << 8 * self.itemsize) - 1)).to_bytes(self.itemsize, "little")
        return bytes(data)

    @lazy
    def values(self) -> bytes:
        """The elements' bytes in C order, before conj or neg are applied."""
        return self._elements

    def validate(self) -> TensorSpec:
        """This spec, or SpecError. Safe on untrusted data."""
        _require(self.dtype in TENSOR_DTYPES, f"unknown tensor dtype {self.dtype!r}")
        _require(self.state in known_states(), f"unknown tensor state {self.state!r}")
        _require(0 <= self.address < 64, f"address {self.address} is not in 0..63")
        _require(0 <= self.seed < 1 << 32, f"seed {self.seed} is out of bounds")
        self.prove()
        _require(not self.has_negative_or_partial_stride, f"strides {self.strides} are not those of a tensor")
        for index, bits in self.planted:
            _require(0 <= index < self.size, f"planted index {index} is outside of {self.size} elements")
            _require(0 <= bits.bit_length() <= 128, "planted bits are wider than the element")
        return self

    @property
    def has_negative_or_partial_stride(self) -> bool:
        return any(s < 0 or s % self.itemsize for s in (*self.strides, self.offset))

    def to_json(self) -> dict[str, Any]:
        """The spec as JSON data; bit patterns as hexadecimal text."""
        return _jsonable(self)

    @classmethod
    def from_json(cls, data: Any) -> TensorSpec:
        """The spec that `to_json` wrote; SpecError for anything else."""
        return cls(**_checked(data, cls)).validate()


Spec = ArraySpec | TensorSpec


def spec_from_json(data: Any) -> Spec:
    """The array or tensor spec that `to_json` wrote; SpecError for anything else."""
    _require(isinstance(data, dict), "a spec is a JSON object")
    return TensorSpec.from_json(data) if "state" in data else ArraySpec.from_json(data)


def _jsonable(spec: Any) -> dict[str, Any]:
    planted = [[index, hex(bits)] for index, bits in spec.planted]
    fields: dict[str, Any] = spec._asdict()
    return fields | {"shape": list(spec.shape), "strides": list(spec.strides), "planted": planted}


def _require(holds: bool, message: str) -> None:
    if not holds:
        raise SpecError(message)


def _integer(value: Any) -> bool:
    return type(value) is int and abs(value) < 1 << 63


_BITS = re.compile("0x(0|[1-9a-f][0-9a-f]{0,63})")


def _planted(pair: Any) -> bool:
    return (
        isinstance(pair, list)
        and len(pair) == 2
        and _integer(pair[0])
        and isinstance(pair[1], str)
        and _BITS.fullmatch(pair[1]) is not None
    )


def _checked(data: Any, cls: Any) -> dict[str, Any]:
    """JSON data as keyword arguments for a spec class, every field present with exactly its type."""
    _require(
        isinstance(data, dict) and set(data) == set(cls._fields), f"a {cls.__name__} has the fields {', '.join(cls._fields)}"
    )
    fields = dict(data)
    for name, value in data.items():
        if name in ("shape", "strides"):
            _require(
                isinstance(value, list) and len(value) <= MAX_RANK and all(map(_integer, value)),
                f"{name} is not a list of integers",
            )
            fields[name] = tuple(value)
        elif name == "planted":
            pairs = isinstance(value, list) and len(value) <= 4096 and all(map(_planted, value))
            _require(pairs, "planted is not a short list of [index, hexadecimal bits]")
            fields[name] = tuple((index, int(bits, 16)) for index, bits in value)
        elif name in ("dtype", "memory", "container", "state"):
            _require(isinstance(value, str), f"{name} is not a string")
        else:
            _require(_integer(value), f"{name} is not an integer")
    return fields
