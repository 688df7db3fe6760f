"""Words that all promises of NumPy to PyTorch use: inputs, sources, and the clauses that many calls share."""

from __future__ import annotations

from .....strategies.spec import Spec
from ....promises import (
    Clause,
    EntryPoint,
    Source,
    copies,
    documented,
    dtype,
    during,
    flags,
    may_refuse,
    observed,
    refuses,
    settings,
    shape,
    type_,
    under,
    values,
    warns,
)
from ....promises.conditions import (
    Condition,
    always,
    backwards,
    container_in,
    empty,
    ndarray,
    negative_stride,
    partial_stride,
    pointers,
    readonly,
    scalar,
    swapped,
)
from ...words import NP_INTEROPERABILITY, named, native, same_dtype

DOCS = "https://docs.pytorch.org/docs/2.13"
FROM_NUMPY = f"{DOCS}/generated/torch.from_numpy.html"
FROM_DLPACK = f"{DOCS}/generated/torch.from_dlpack.html"
SEEN = observed("torch 2.13")
OLDEST = observed("torch 2.2")

#: What the C bridge takes, by C type: ulonglong is refused although uint64 is taken.
_BRIDGED_NAMES = (
    "bool int8 int16 int32 int64 longlong uint8 uint16 uint32 uint64 float16 float32 float64 complex64 complex128".split()
)
BRIDGED = native(*_BRIDGED_NAMES)
BRIDGED_EITHER_ORDER = named(*_BRIDGED_NAMES)
#: Whose dtypes came with torch 2.3.
WIDE_UNSIGNED = named("uint16", "uint32", "uint64", "ulonglong")

# What the call is handed.
np_scalar = container_in("scalar")
sequence = container_in("list")
bare = container_in("array_interface", "array")  # Objects with __array_interface__ or __array__ and nothing else.
dlpack_object = container_in("dlpack")
buffer = container_in("buffer")
protocol = bare | dlpack_object | buffer

#: Where a dtype is given, these are sequences: of nothing, of their bytes, of their fields; or whole numbers of days.
not_numbers = Condition(
    "elements are texts, bytes, records or times", lambda spec: spec.kind in "SUTOmM" or spec.dtype[0] in "Vr"
)
floating = named("float16", "float32", "float64", "complex64", "complex128")
complex_numbers = named("complex64", "complex128")
records = named("record", "record_padded", "record_nested", "record_empty")
no_list_items = Condition("there is nothing to iterate over", lambda spec: spec.shape[:1] == (0,))
native_order = ~swapped
native_order.text = "the byte order is native"


def where(condition: Condition, *clauses: Clause) -> tuple[Clause, ...]:
    """The clauses, each limited to inputs that also meet the condition."""
    return tuple(c._replace(when=condition if c.when is always else condition & c.when) for c in clauses)


def entry(name: str, call: str, *clauses: Clause) -> EntryPoint:
    """An entry point of NumPy to PyTorch."""
    return EntryPoint(name, call, "torch", "in", (*clauses, type_("torch.", source=SEEN)))


_SET_DEFAULT = documented(
    f"{DOCS}/generated/torch.set_default_dtype.html", "Infer the dtype for tensors constructed using Python floats or complex"
)


def by_default_dtype(when: Condition = always, source: Source = _SET_DEFAULT) -> Clause:
    """The result's dtype follows torch.set_default_dtype."""
    return settings("default dtype float64", "default dtype float16", when=when, source=source)


def of_default_dtype(source: Source) -> tuple[Clause, ...]:
    """The result has the default dtype, which is float32 where nobody has set it."""
    return tuple(under(f"default dtype {name}", f"dtype {name}, not float32", source=source) for name in ("float64", "float16"))


#: Where new tensors are made.
_DEFAULT_DEVICE = f"{DOCS}/generated/torch.set_default_device.html"
FOLLOWS_DEVICE = under(
    "device meta",
    "device meta, not cpu",
    source=documented(_DEFAULT_DEVICE, "Factory calls will be performed as if they were passed device as an argument."),
)


def refused_on_meta(error: str, when: Condition = always, seen: Source = SEEN) -> Clause:
    """The call refuses where the default device is one whose tensors have no values."""
    return under("device meta", f"outcome raises {error}, not answers", when, source=seen)


#: The tensor that the array meets is made there, too.
ITS_TENSOR_ON_META = under("device meta", "anything", source=documented(_DEFAULT_DEVICE))


def with_batch_axis(spec: Spec) -> tuple[int, ...]:
    """one leading axis of length 1 before the source's shape"""
    return (1, *spec.shape)


#: The checks of the C bridge from arrays, in its order: the first that applies decides. A copy is refused like a share.
ARRAY_REFUSALS: tuple[Clause, ...] = where(
    ndarray,
    *during("torch<2.3", refuses("TypeError", "ValueError", when=WIDE_UNSIGNED, source=observed("torch 2.2"))),
    # They look at the strides and the byte order first.
    *during("torch<2.8", refuses("TypeError", "ValueError", when=~BRIDGED_EITHER_ORDER, source=observed("torch 2.7"))),
    refuses(
        "TypeError", when=~BRIDGED_EITHER_ORDER, source=documented(FROM_NUMPY, "It currently accepts ndarray with dtypes of ...")
    ),
    refuses("ValueError", when=negative_stride | partial_stride, source=SEEN),
    refuses("ValueError", when=swapped, source=SEEN),
)
#: The bridge alone: it takes arrays and nothing else.
BRIDGE: tuple[Clause, ...] = (refuses("TypeError", when=~ndarray, source=SEEN), *ARRAY_REFUSALS)

#: The warning over read-only memory, and silence over other memory.
READONLY_WARNING: tuple[Clause, ...] = where(
    ndarray, warns("UserWarning", when=readonly, source=SEEN), warns("", when=~readonly, source=SEEN)
)

#: Nothing that comes from NumPy asks for gradients.
NO_FLAGS = flags(source=SEEN)

#: Objects that have __array_interface__ or __array__ and nothing else are no array_likes to PyTorch.
BARE_REFUSALS: tuple[Clause, ...] = (
    refuses("RuntimeError", "TypeError", when=bare, source=SEEN),
    *during("torch<2.6", refuses("RuntimeError", "TypeError", when=dlpack_object, source=observed("torch 2.5"))),
)

# -- NumPy scalars and lists: every element passes through a Python number --------------------------------------------------

_ANYTHING = ("TypeError", "ValueError", "RuntimeError", "OverflowError")


def _list_dtype(spec: Spec) -> str | None:
    """float32 of an empty list, else the source's dtype, in native byte order"""
    return "float32" if spec.shape[:1] == (0,) else same_dtype(spec)


def _list_shape(spec: Spec) -> tuple[int, ...]:
    """(0,) of an empty list, else the source's shape"""
    return (0,) if spec.shape[:1] == (0,) else tuple(spec.shape)


#: Elements of dtype object are Python objects, of StringDType Python texts: whatever becomes of them is theirs.
OBJECT_ELEMENTS = may_refuse(*_ANYTHING, when=(np_scalar | sequence) & pointers, source=SEEN)

#: What may not stand in a list, and may not come as a NumPy scalar.
ELEMENT_REFUSALS: tuple[Clause, ...] = (
    OBJECT_ELEMENTS,
    *where(np_scalar, refuses("TypeError", when=~BRIDGED_EITHER_ORDER, source=SEEN)),
    *during("torch<2.3", may_refuse("TypeError", when=(np_scalar | sequence) & WIDE_UNSIGNED, source=observed("torch 2.2"))),
    *where(
        sequence & ~BRIDGED_EITHER_ORDER,
        may_refuse("TypeError", "ValueError", when=empty, source=SEEN),
        refuses("TypeError", "ValueError", when=always, source=SEEN),
    ),
)
#: Sizes and dtypes of results that are made of elements, and their memory.
LIST_SHAPE = shape(_list_shape, when=sequence, source=SEEN)
ELEMENT_DTYPE: tuple[Clause, ...] = (
    shape(lambda spec: None, when=(np_scalar | sequence) & pointers, source=SEEN),
    dtype(lambda spec: None, when=(np_scalar | sequence) & pointers, source=SEEN),
    dtype(_list_dtype, when=sequence, source=SEEN),
    dtype(same_dtype, when=np_scalar, source=SEEN),
    by_default_dtype((np_scalar | sequence) & pointers),
)
#: A number keeps its value through a Python number; a NaN may lose sign, payload and signal (as float16's always do).
ELEMENT_VALUES = values("astype", when=(np_scalar | sequence) & floating, source=SEEN)

# -- memoryviews, element by element --------------------------------------------------

_BUFFER_NUMBERS = {"b": "bool", "i": "int64", "u": "int64", "f": "float32"}


def _buffer_dtype(spec: Spec) -> str | None:
    """that of a list of Python numbers"""
    return _BUFFER_NUMBERS.get(spec.kind) if spec.size else "float32"


#: torch.tensor and its kin read a memoryview of rank 1 as a sequence of Python numbers, where Python can read it at all.
MEMORYVIEW: tuple[Clause, ...] = where(
    buffer,
    may_refuse(*_ANYTHING, "NotImplementedError", when=no_list_items, source=SEEN),
    refuses("ValueError", "TypeError", when=Condition("rank is not 1", lambda spec: len(spec.shape) != 1), source=SEEN),
    may_refuse(*_ANYTHING, "NotImplementedError", source=SEEN),
    shape(_list_shape, source=SEEN),
    dtype(_buffer_dtype, source=SEEN),
    by_default_dtype(named("float16", "float32", "float64")),
    copies(source=SEEN),
    values("astype", source=SEEN),
)

# -- DLPack --------------------------------------------------

#: What NumPy exports: other than the bridge, ulonglong too.
DLPACKED = native(*_BRIDGED_NAMES, "ulonglong")


def _scattered(spec: Spec) -> bool:
    return bool(not spec.is_c and spec.itemsize and any(n != 1 and s % spec.itemsize for n, s in zip(spec.shape, spec.strides)))


#: Strides that DLPack cannot say, of elements that are really there: NumPy makes those of C-contiguous arrays up anew.
unspeakable = Condition("a stride that matters is no multiple of the item size", _scattered)
#: NumPy's own refusals to export.
#: Capsules of the first kind have no word for read-only memory: NumPy does not make them.
READONLY_REFUSED = refuses(
    "BufferError", when=readonly, source=documented(NP_INTEROPERABILITY, "Read-only arrays cannot be exported")
)
DLPACK_REFUSALS: tuple[Clause, ...] = (
    *during("numpy<2.1", READONLY_REFUSED),
    *during("torch<2.9", READONLY_REFUSED),  # It asks for no version, and so gets a capsule without a read-only flag.
    refuses(
        "BufferError",
        when=~DLPACKED,
        source=documented(
            "https://data-apis.org/array-api/latest/API_specification/generated/array_api.array.__dlpack__.html",
            "Implementations should raise BufferError when the data cannot be exported as DLPack",
        ),
    ),
    refuses("BufferError", when=unspeakable, source=SEEN),
    *during("torch<2.3", refuses("RuntimeError", when=WIDE_UNSIGNED, source=observed("torch 2.2"))),
)

__all__ = [
    "ARRAY_REFUSALS",
    "BARE_REFUSALS",
    "BRIDGE",
    "BRIDGED",
    "BRIDGED_EITHER_ORDER",
    "DLPACKED",
    "DLPACK_REFUSALS",
    "DOCS",
    "ELEMENT_DTYPE",
    "ELEMENT_REFUSALS",
    "ELEMENT_VALUES",
    "FOLLOWS_DEVICE",
    "FROM_DLPACK",
    "FROM_NUMPY",
    "ITS_TENSOR_ON_META",
    "LIST_SHAPE",
    "MEMORYVIEW",
    "NO_FLAGS",
    "OBJECT_ELEMENTS",
    "OLDEST",
    "READONLY_REFUSED",
    "READONLY_WARNING",
    "SEEN",
    "WIDE_UNSIGNED",
    "backwards",
    "bare",
    "buffer",
    "by_default_dtype",
    "complex_numbers",
    "dlpack_object",
    "entry",
    "floating",
    "no_list_items",
    "not_numbers",
    "np_scalar",
    "of_default_dtype",
    "protocol",
    "records",
    "refused_on_meta",
    "scalar",
    "sequence",
    "unspeakable",
    "where",
    "with_batch_axis",
]
