"""Every NumPy dtype the suite draws from, by name, with the bit patterns worth planting in it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np

try:  # An optional partner: without it the extended dtypes are simply not available.
    import ml_dtypes
except ImportError:
    ml_dtypes = None  # type: ignore[assignment, unused-ignore]

_PLAIN = (
    "float32 float64 int64 int32 uint8 bool int8 int16 uint16 uint32 uint64 float16 complex64 complex128 "
    "longdouble clongdouble longlong ulonglong"
).split()
_SWAPPED = [f">{name}" for name in "float32 float64 int64 int32 int16 uint16 uint32 uint64 float16 complex64 complex128".split()]
_FLEXIBLE = "S0 S1 S5 U0 U1 U4 >U4 V0 V1 V8".split()
_TIMES = "datetime64[ns] datetime64[D] datetime64 >datetime64[s] timedelta64[us] timedelta64 >timedelta64[ns]".split()
EXTENDED = (
    "bfloat16 float8_e4m3fn float8_e5m2 float8_e4m3fnuz float8_e5m2fnuz float8_e4m3b11fnuz float8_e4m3 float8_e3m4 "
    "float8_e8m0fnu float6_e2m3fn float6_e3m2fn float4_e2m1fn int4 uint4 int2 uint2 int1 uint1"
).split()
RECORDS = {
    "record": [("a", "<f4"), ("b", ">i2")],
    "record_padded": {"names": ["a", "b"], "formats": ["u1", "<f8"], "offsets": [0, 8], "itemsize": 24},
    "record_nested": [("a", [("x", "<i4"), ("y", "<f8")]), ("b", "<c8", (2,))],
    "record_empty": [],
}

#: Every name that a spec may use for its dtype, the simplest first. A leading ">" asks for the byte order
#: that is not this machine's usual one.
DTYPES: tuple[str, ...] = (*_PLAIN, *_SWAPPED, *_FLEXIBLE, *_TIMES, "object", "StringDType", *RECORDS, *EXTENDED)

#: Python objects that arrays of dtype object hold; element bits are an index into it.
OBJECTS = (0, 1, -1, 2**70, 0.5, float("nan"), None, "text", b"bytes", (1, 2), 1j, True)
#: Texts that arrays of StringDType hold; element bits are an index into it.
TEXTS = ("", "a", "\0", "é", "a much longer text that does not fit inside the element itself")


@cache
def dtype(name: str) -> np.dtype:
    """The NumPy dtype called `name` in `DTYPES`; raises LookupError where this NumPy has no such dtype."""
    if name not in DTYPES:
        raise LookupError(f"unknown dtype {name!r}; known: {', '.join(DTYPES)}")
    if name in RECORDS:
        found: np.dtype = np.dtype(RECORDS[name])  # type: ignore[call-overload]
        return found
    if name in EXTENDED:
        if not hasattr(ml_dtypes, name):
            raise LookupError(f"dtype {name} needs a newer ml_dtypes")
        extended: type = getattr(ml_dtypes, name)
        return np.dtype(extended)
    if name == "StringDType":
        if not hasattr(np.dtypes if hasattr(np, "dtypes") else np, "StringDType"):
            raise LookupError("dtype StringDType needs NumPy 2")
        return np.dtype(np.dtypes.StringDType())
    if name.startswith(">"):
        return np.dtype(name[1:]).newbyteorder(">")
    return np.dtype(name)


def available(name: str) -> bool:
    """Whether this interpreter's NumPy (with ml_dtypes, if present) has the dtype."""
    try:
        dtype(name)
    except LookupError:
        return False
    return True


#: Dtypes whose elements are pointers: their bytes are nobody's to choose or change.
POINTERS = ("object", "StringDType")


def pool(name: str) -> tuple[Any, ...]:
    """What the elements of one of `POINTERS` point at."""
    return OBJECTS if name == "object" else TEXTS


@cache
def is_raw(name: str) -> bool:
    """Whether any bytes make valid elements, so that contents may be random."""
    return name not in POINTERS and not name.lstrip(">").startswith("U")


@cache
def component_size(name: str) -> int:
    """Bytes in one number of an element: the unit in which a byte-swapped dtype is swapped."""
    kind, size = dtype(name).kind, dtype(name).itemsize
    return size // 2 if kind == "c" else 4 if kind == "U" else max(size, 1)


def encode(name: str, bits: int) -> bytes:
    """The bytes in memory of an element whose value has the given bit pattern (little-endian, then byte order)."""
    size = dtype(name).itemsize
    data = (bits & ((1 << 8 * size) - 1)).to_bytes(size, "little")
    if name.startswith(">"):
        unit = component_size(name)
        return b"".join(data[i : i + unit][::-1] for i in range(0, size, unit))
    return data


@cache
def number_bits(name: str, number: int) -> int:
    """The bit pattern of a small whole number as an element of the dtype (wrapped or rounded where it does not fit)."""
    resolved = dtype(name)
    kind = resolved.kind
    if kind == "b":
        return number & 1
    if kind in "SUVOTmM" or resolved.fields is not None:
        return number
    if kind in "iu":
        return number & ((1 << (8 * resolved.itemsize - (kind == "i"))) - 1)
    if name.endswith("longdouble"):  # The rest is padding, which NumPy leaves as it finds it.
        return int.from_bytes(np.array(float(number), np.longdouble).tobytes()[:10], "little")
    with np.errstate(all="ignore"):
        return int.from_bytes(np.array(float(number)).astype(resolved.newbyteorder("=")).tobytes(), "little")


# Exponent and fraction bits of the binary formats, to spell their special values without arithmetic.
_FORMATS = {"float16": (5, 10), "float32": (8, 23), "float64": (11, 52), "bfloat16": (8, 7), "float8_e5m2": (5, 2)}


def _float_specials(exponent: int, fraction: int) -> list[int]:
    sign, infinity, quiet = 1 << (exponent + fraction), ((1 << exponent) - 1) << fraction, 1 << (fraction - 1)
    return [
        sign,  # -0.0
        infinity,
        infinity | quiet,  # NaN
        sign | infinity,
        sign | infinity | quiet,  # NaN with its sign set
        infinity | quiet | 1,  # NaN with a payload
        infinity | 1,  # signalling NaN
        1,  # smallest subnormal
        sign | 1,
        (1 << fraction) - 1,  # largest subnormal
        infinity - 1,  # largest finite
        sign | (infinity - 1),
    ]


#: Fraction bits of the formats that others are rounded to: float8_e5m2, float8_e4m3, bfloat16, float16, float32.
_ROUNDED_TO = (2, 3, 7, 10, 23)


def _half_way(exponent: int, fraction: int) -> Iterator[int]:
    """1 and half a step of each narrower format, which rounding must make even; and what it must not take for half a step, as
    it does if it rounds to a format in between first."""
    one = ((1 << exponent - 1) - 1) << fraction
    for narrow in _ROUNDED_TO:
        if narrow < fraction - 1:
            step = 1 << fraction - narrow
            yield from (one | step >> 1, one | step >> 1 | 1, one | step | (step >> 1) - 1)


@cache
def special_bits(name: str) -> tuple[int, ...]:
    """Bit patterns on which conversions are known to stumble, for elements of the dtype; never empty."""
    resolved = dtype(name)
    plain, bits = name.lstrip(">"), 8 * resolved.itemsize
    ones, top = (1 << bits) - 1, 1 << max(bits - 1, 0)
    if plain in _FORMATS:
        return (*_float_specials(*_FORMATS[plain]), *_half_way(*_FORMATS[plain]))
    if resolved.kind == "c" and resolved.itemsize <= 16:
        half = bits // 2
        parts = _float_specials(*_FORMATS["float32" if half == 32 else "float64"])
        both = [p | (q << half) for p, q in zip(parts, parts[1:] + parts[:1])]  # Neighbours: NaN beside infinity, say.
        return tuple([p << half for p in parts] + parts + both)
    if resolved.kind == "b":
        return (1, 2, 0x80, 0xFF)
    if plain in ("longdouble", "clongdouble"):
        values = np.array([np.inf, np.nan, -np.inf, -0.0], np.longdouble)
        return tuple(int.from_bytes(value.tobytes()[:10], "little") for value in values)  # The rest is padding.
    if resolved.kind == "O":
        return tuple(range(len(OBJECTS)))
    if resolved.kind == "T":
        return tuple(range(len(TEXTS)))
    if resolved.kind == "U":
        several = (_letters("aZé", 4), _letters("中a\U0001f600z", 4)) if bits > 64 else ()
        return (0x61, 0xE9, 0x10FFFF, 0x61 << 32, *several)
    plain_ends = (top, top - 1 if top > 1 else 1, ones, 1, 0x80)
    if resolved.kind == "S":
        return (*plain_ends, _letters("aZ\xe9az", 1), _letters("\xffb", 1))
    return (*plain_ends, *(_whole_numbers(bits, resolved.kind == "i") if resolved.kind in "iu" else ()))


def _letters(text: str, size: int) -> int:
    """The bits of letters of so many bytes each, the first in the lowest."""
    return sum(ord(letter) << 8 * size * n for n, letter in enumerate(text))


def _whole_numbers(bits: int, signed: bool) -> Iterator[int]:
    """Whole numbers around the ends of narrower formats' exact ranges, and between powers of two beyond them."""
    for n in (8, 11, 15, 16, 24, 31, 32, 53):
        if n < bits - 1:
            sizes = [(1 << n) - 1, 1 << n, (1 << n) + 1, (5 << n - 2) + 1]
            yield from sizes
            yield from ((1 << bits) - size for size in sizes[2:] if signed)
    # Above half a step of float32 and of bfloat16, by less than the format in between can say.
    yield from ((1 << 60) + (1 << 36) + 1,) if bits == 64 else ((1 << 30) + (1 << 22) + 1,) if bits == 32 else ()
