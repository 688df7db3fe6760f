"""NumPy to PyTorch through DLPack."""

from __future__ import annotations

from ....promises import Clause, EntryPoint, accepts, copies, documented, dtype, refuses, shares
from ....promises.conditions import Condition
from ...words import same_dtype
from .words import DLPACK_REFUSALS, DLPACKED, FROM_DLPACK, NO_FLAGS, READONLY_REFUSED, SEEN, entry

_SHARING = documented(FROM_DLPACK, "The returned PyTorch tensor will share the memory with the input tensor")
NO_CAPSULE = Condition(
    "the input has no __dlpack__", lambda spec: spec.container not in ("ndarray", "subclass", "matrix", "masked", "dlpack")
)

#: What comes without __dlpack__ is told to be no capsule.
_EXPORTERS_ONLY = refuses("RuntimeError", "AttributeError", when=NO_CAPSULE, source=SEEN)
_SHARED: tuple[Clause, ...] = (
    accepts(source=documented(FROM_DLPACK, "Converts a tensor from an external library into a torch.Tensor.")),
    dtype(same_dtype, source=SEEN),
    shares(source=_SHARING),
    NO_FLAGS,
)

VIEW_OF_AN_EXPORTER: tuple[Clause, ...] = (_EXPORTERS_ONLY, *DLPACK_REFUSALS, *_SHARED)
COPY_OF_AN_EXPORTER: tuple[Clause, ...] = (
    _EXPORTERS_ONLY,
    # NumPy makes the copy before it exports, so that any strides will do.
    refuses("BufferError", when=~DLPACKED, source=SEEN),
    copies(source=documented(FROM_DLPACK, "copy (bool or None): An optional boolean indicating whether or not to copy self.")),
    *_SHARED,
)

ENTRY_POINTS: tuple[EntryPoint, ...] = (
    entry("torch.from_dlpack", "torch.from_dlpack(a)", *VIEW_OF_AN_EXPORTER),
    entry("torch.from_dlpack[copy=False]", "torch.from_dlpack(a, copy=False)", *VIEW_OF_AN_EXPORTER),
    entry("torch.from_dlpack[copy=True]", "torch.from_dlpack(a, copy=True)", *COPY_OF_AN_EXPORTER),
    entry(
        "torch.from_dlpack[unversioned]",
        "class Older:\n"
        "    __dlpack_device__ = a.__dlpack_device__\n"
        "    def __dlpack__(self, stream=None): return a.__dlpack__(stream=stream)\n"
        "torch.from_dlpack(Older())",
        _EXPORTERS_ONLY,
        READONLY_REFUSED,
        *DLPACK_REFUSALS,
        *_SHARED,
    ),
    entry(
        "torch.utils.dlpack.from_dlpack[unversioned capsule]",
        "torch.utils.dlpack.from_dlpack(a.__dlpack__())",
        _EXPORTERS_ONLY,
        READONLY_REFUSED,
        *DLPACK_REFUSALS,
        *_SHARED,
    ),
    entry(
        "torch.utils.dlpack.from_dlpack[versioned capsule]",
        "torch.utils.dlpack.from_dlpack(a.__dlpack__(max_version=(1, 0)))",
        *VIEW_OF_AN_EXPORTER,
    ),
    entry(
        "torch.asarray[versioned capsule]",
        "torch.asarray(a.__dlpack__(max_version=(1, 0)))",
        *VIEW_OF_AN_EXPORTER,
    ),
)
