"""NumPy to PyTorch."""

from __future__ import annotations

from conformance.conditions import ndarray, negative_stride, partial_stride, readonly, swapped
from conformance.entry_points.common import native, same_dtype
from conformance.promises import Clause, EntryPoint, accepts, documented, dtype, flags, observed, refuses, shares, warns

_DOCS = "https://docs.pytorch.org/docs/2.13"
_SEEN = observed("torch 2.13")
_FROM_NUMPY = f"{_DOCS}/generated/torch.from_numpy.html"

#: What the C bridge takes, by C type: ulonglong is refused although uint64 is taken.
BRIDGED = native(
    *"bool int8 int16 int32 int64 longlong uint8 uint16 uint32 uint64 float16 float32 float64 complex64 complex128".split()
)
_BRIDGED_EITHER_ORDER = BRIDGED | native(
    *">int16 >int32 >int64 >uint16 >uint32 >uint64 >float16 >float32 >float64 >complex64 >complex128".split()
)

#: The checks of the C bridge, in its order: the first that applies decides.
BRIDGE: tuple[Clause, ...] = (
    refuses("TypeError", when=~ndarray, source=_SEEN),
    refuses("TypeError", when=~_BRIDGED_EITHER_ORDER, source=documented(_FROM_NUMPY, "It currently accepts ndarray with dtypes of ...")),
    refuses("ValueError", when=negative_stride | partial_stride, source=_SEEN),
    refuses("ValueError", when=swapped, source=_SEEN),
)

ENTRY_POINTS: tuple[EntryPoint, ...] = (
    EntryPoint(
        "torch.from_numpy",
        "torch.from_numpy(a)",
        "torch",
        "in",
        (
            *BRIDGE,
            accepts(source=documented(_FROM_NUMPY, "Creates a Tensor from a numpy.ndarray.")),
            dtype(same_dtype, source=_SEEN),
            shares(source=documented(_FROM_NUMPY, "The returned tensor and ndarray share the same memory.")),
            warns("UserWarning", when=readonly, source=_SEEN),
            warns("", when=~readonly, source=_SEEN),
            flags(source=_SEEN),
        ),
    ),
)
