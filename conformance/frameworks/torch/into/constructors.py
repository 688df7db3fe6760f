"""NumPy to PyTorch through the constructors that take data of any kind: tensor, as_tensor, asarray, new_tensor."""

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
    refuses,
    shape,
    shares,
    values,
    warns,
)
from ....promises.conditions import ndarray, pointers, readonly, scalar
from ...words import ASTYPE, named, same_dtype
from .buffers import read_as, read_by_format
from .words import (
    ARRAY_REFUSALS,
    BARE_REFUSALS,
    BRIDGE,
    DLPACK_REFUSALS,
    DOCS,
    ELEMENT_DTYPE,
    ELEMENT_REFUSALS,
    ELEMENT_VALUES,
    FOLLOWS_DEVICE,
    FROM_NUMPY,
    LIST_SHAPE,
    MEMORYVIEW,
    NO_FLAGS,
    READONLY_WARNING,
    SEEN,
    buffer,
    by_default_dtype,
    dlpack_object,
    entry,
    floating,
    no_list_items,
    not_numbers,
    np_scalar,
    sequence,
    where,
)

TENSOR = f"{DOCS}/generated/torch.tensor.html"
_AS_TENSOR = f"{DOCS}/generated/torch.as_tensor.html"
ASARRAY = f"{DOCS}/generated/torch.asarray.html"

NEW_TENSOR_COPIES = documented(f"{DOCS}/generated/torch.Tensor.new_tensor.html", "new_tensor() always copies data.")

ARRAY_LIKE = documented(TENSOR, "data (array_like): ... Can be a list, tuple, NumPy ndarray, scalar, and other types.")
COPYING = documented(TENSOR, "Constructs a tensor with no autograd history ... by copying data.")
SHARING = documented(
    _AS_TENSOR,
    "If data is a NumPy array (an ndarray) with the same dtype and device then a tensor is constructed using torch.from_numpy.",
)
SHARING_BY_DEFAULT = documented(
    ASARRAY,
    "When obj is a tensor, NumPy array, or DLPack capsule the returned tensor will, by default, ... share memory with it.",
)
SHARING_OR_ERROR = documented(
    ASARRAY, "If False then the returned tensor shares its memory with obj and an error is thrown if it cannot."
)
OBJECTS = documented(
    ASARRAY, "obj (object): a tensor, NumPy array, DLPack Capsule, object that implements Python's buffer protocol, ..."
)
NOT_SHARING = documented(ASARRAY, "If True then the returned tensor does not share its memory.")
SEQUENCE_FOLLOWS_DEVICE = FOLLOWS_DEVICE._replace(
    when=sequence, source=documented(ASARRAY, "Or, if obj is a Python sequence, the current default device will be used.")
)
_SCALARS_COPIED = documented(ASARRAY, "a 0-dimensional tensor on the CPU and that doesn't share its memory")

#: All that these constructors refuse, by container; memoryviews apart.
_REFUSALS: tuple[Clause, ...] = (*ARRAY_REFUSALS, *ELEMENT_REFUSALS, *BARE_REFUSALS, *where(dlpack_object, *DLPACK_REFUSALS))

#: tensor and as_tensor where no dtype is asked for.
_KEEPING: tuple[Clause, ...] = (
    FOLLOWS_DEVICE,
    *_REFUSALS,
    *MEMORYVIEW,
    accepts(source=ARRAY_LIKE),
    *ELEMENT_DTYPE,
    dtype(same_dtype, source=SEEN),
    LIST_SHAPE,
    ELEMENT_VALUES,
)

# asarray differs in two ways: it reads NumPy scalars by their bytes, so that not a bit is lost, and buffers too: before 2.15
# as float32, whatever they say that they hold.
_ASARRAY_KEEPING: tuple[Clause, ...] = (
    SEQUENCE_FOLLOWS_DEVICE,
    *_REFUSALS,
    *during("torch>=2.15", *read_by_format(when=buffer)),
    *during(
        "torch<2.15",
        *read_as("float32", when=buffer),
        by_default_dtype(
            buffer, documented(ASARRAY, "If no datatype is passed then the default floating point datatype is used, instead.")
        ),
    ),
    accepts(source=OBJECTS),
    *ELEMENT_DTYPE,
    dtype(same_dtype, source=SEEN),
    LIST_SHAPE,
    values("astype", when=sequence, source=SEEN),
    NO_FLAGS,
)

#: Python numbers are refused where the dtype cannot hold them, and NumPy's float32 ones wherever it is an integer's; whatever
#: else can be told to be a number is taken.
_MISFITS = may_refuse("TypeError", "RuntimeError", "ValueError", "OverflowError", when=np_scalar | sequence, source=SEEN)


#: What a memoryview owes whatever the dtype.
_ELEMENTWISE = tuple(clause for clause in MEMORYVIEW if clause.topic in ("refuses", "shape"))


def _casting(to: str) -> tuple[Clause, ...]:
    """The promise of dtype=, but for memory: what astype gives, or a refusal."""
    return (
        _MISFITS,
        *_REFUSALS,
        accepts(source=ARRAY_LIKE),
        dtype(to, source=documented(TENSOR, "dtype (torch.dtype, optional): the desired data type of returned tensor.")),
        *where((np_scalar | sequence) & not_numbers, shape(lambda spec: None, source=SEEN), values("unspecified", source=SEEN)),
        LIST_SHAPE,
        # Booleans stored as other than 0 and 1 are true to PyTorch, but numbers to ml_dtypes.
        *([values("unspecified", when=named("bool"), source=SEEN)] if to == "bfloat16" else []),
        values("bits", when=named(to) & (ndarray | dlpack_object), source=SEEN),
        values("astype", source=ASTYPE),
        NO_FLAGS,
    )


def _with_dtype(to: str) -> tuple[EntryPoint, ...]:
    """tensor, as_tensor, asarray and new_tensor with a dtype of their own."""
    keeps = named(to) & (ndarray | dlpack_object)
    return (
        entry(
            f"torch.tensor[dtype={to}]",
            f"torch.tensor(a, dtype=torch.{to})",
            FOLLOWS_DEVICE,
            *_ELEMENTWISE,
            *_casting(to),
            copies(source=COPYING),
        ),
        entry(
            f"torch.as_tensor[dtype={to}]",
            f"torch.as_tensor(a, dtype=torch.{to})",
            FOLLOWS_DEVICE,
            *_ELEMENTWISE,
            *_casting(to),
            shares(when=keeps, source=SHARING),
            copies(source=SEEN),
            warns("UserWarning", when=keeps & ndarray & readonly, source=SEEN),
        ),
        entry(
            f"torch.asarray[dtype={to}]",
            f"torch.asarray(a, dtype=torch.{to})",
            SEQUENCE_FOLLOWS_DEVICE,
            *read_as(to, when=buffer),
            *_casting(to),
            shares(when=keeps, source=SHARING_BY_DEFAULT),
            # The element of an object array may be bytes, and a buffer.
            copies(when=~(np_scalar & pointers), source=SEEN),
            warns("UserWarning", when=keeps & ndarray & readonly, source=SEEN),
        ),
    )


ENTRY_POINTS: tuple[EntryPoint, ...] = (
    entry(
        "torch.from_numpy",
        "torch.from_numpy(a)",
        *BRIDGE,
        accepts(source=documented(FROM_NUMPY, "Creates a Tensor from a numpy.ndarray.")),
        dtype(same_dtype, source=SEEN),
        shares(source=documented(FROM_NUMPY, "The returned tensor and ndarray share the same memory.")),
        *READONLY_WARNING,
        NO_FLAGS,
    ),
    entry(
        "torch.tensor",
        "torch.tensor(a)",
        *_KEEPING,
        copies(source=COPYING),
        warns("", when=ndarray | np_scalar, source=SEEN),
        NO_FLAGS,
    ),
    entry(
        "torch.tensor[requires_grad=True]",
        "torch.tensor(a, requires_grad=True)",
        *_REFUSALS,
        *MEMORYVIEW,
        *where(~(sequence | buffer) | ~no_list_items, refuses("RuntimeError", "TypeError", when=~floating, source=SEEN)),
        *_KEEPING,
        copies(source=COPYING),
        flags(
            "requires_grad",
            source=documented(
                TENSOR, "requires_grad (bool, optional): If autograd should record operations on the returned tensor."
            ),
        ),
    ),
    entry(
        "torch.as_tensor",
        "torch.as_tensor(a)",
        *_KEEPING,
        shares(when=ndarray, source=SHARING),
        shares(when=dlpack_object, source=SEEN),
        copies(source=SEEN),
        *READONLY_WARNING,
        NO_FLAGS,
    ),
    entry(
        "torch.asarray",
        "torch.asarray(a)",
        *_ASARRAY_KEEPING,
        shares(when=ndarray | dlpack_object, source=SHARING_BY_DEFAULT),
        copies(source=_SCALARS_COPIED),
        *READONLY_WARNING,
    ),
    entry(
        "torch.asarray[copy=True]",
        "torch.asarray(a, copy=True)",
        # A read-only 0-d array is warned of although it is copied, and a read-only buffer as well.
        warns("UserWarning", when=ndarray & scalar & readonly, source=SEEN),
        warns("", when=ndarray, source=SEEN),
        copies(source=NOT_SHARING),
        *_ASARRAY_KEEPING,
    ),
    entry(
        "torch.asarray[copy=False]",
        "torch.asarray(a, copy=False)",
        # An object with __dlpack__ is not a capsule: it counts as a sequence.
        refuses("RuntimeError", "ValueError", "TypeError", when=~ndarray & ~buffer, source=SHARING_OR_ERROR),
        *_ASARRAY_KEEPING,
        shares(source=SHARING_OR_ERROR),
        *READONLY_WARNING,
    ),
    entry(
        "torch.Tensor.new_tensor",
        "torch.zeros(1, dtype=torch.float64).new_tensor(a)",
        FOLLOWS_DEVICE,
        *_ELEMENTWISE,
        *_casting("float64"),
        copies(source=NEW_TENSOR_COPIES),
    ),
    *(
        point
        for to in ("float32", "float64", "int32", "uint8", "bool", "complex64", "bfloat16", "float16")
        for point in _with_dtype(to)
    ),
)
