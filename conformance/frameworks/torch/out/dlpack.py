"""PyTorch to NumPy through DLPack."""

from __future__ import annotations

from ....promises import (
    Clause,
    EntryPoint,
    accepts,
    copies,
    documented,
    during,
    may_refuse,
    observed,
    refuses,
    shares,
    warns,
    writable,
)
from ....promises.conditions import empty
from ...words import NP_FROM_DLPACK
from .words import (
    AN_ARRAY,
    CONJ,
    DOCS,
    FAKE,
    GRAD,
    KEPT,
    META,
    NEG,
    NEGATED_HALVES,
    NESTED,
    NOWHERE,
    OLDER,
    OTHER_LAYOUT,
    QUANTIZED,
    SEEN,
    SUB_BYTE,
    TWINS,
    WRITABLE,
    WRITABLE_COPY,
    out,
)

ARRAY_API_FROM_DLPACK = "https://data-apis.org/array-api/latest/API_specification/generated/array_api.from_dlpack.html"

_BUFFER_ERROR = documented(
    ARRAY_API_FROM_DLPACK,
    "The __dlpack__ and __dlpack_device__ methods on the input array may raise BufferError when the data cannot be exported as "
    "DLPack (e.g., incompatible dtype, strides, or device).",
)
#: What the C exporter refuses, then NumPy, which takes fewer dtypes than torch gives.
EXPORT_GATE: tuple[Clause, ...] = (
    *during("torch<2.9", refuses("RuntimeError", "BufferError", when=META | QUANTIZED | SUB_BYTE | OTHER_LAYOUT, source=OLDER)),
    refuses("BufferError", when=OTHER_LAYOUT, source=SEEN),
    refuses("BufferError", when=META, source=_BUFFER_ERROR),
    refuses("RuntimeError", when=NESTED, source=SEEN),
    refuses("BufferError", "NotImplementedError", when=SUB_BYTE, source=_BUFFER_ERROR),
    refuses("BufferError", when=QUANTIZED, source=SEEN),
    refuses("BufferError", "RuntimeError", when=~TWINS, source=SEEN),
)
#: Tensor.__dlpack__ first refuses marks that would be lost.
DLPACK_GATE: tuple[Clause, ...] = (
    *during("torch<2.9", refuses("RuntimeError", "BufferError", when=GRAD | CONJ, source=OLDER)),
    refuses("BufferError", when=GRAD | CONJ, source=SEEN),
    *EXPORT_GATE,
)
_NEVER_COPIES = documented(
    NP_FROM_DLPACK, "If False, the function will never copy, and will raise BufferError in case a copy is deemed necessary."
)
#: Without a copy, DLPack has no way to say "negated", or "no memory".
_UNSAYABLE: tuple[Clause, ...] = (
    may_refuse("BufferError", when=NEG | (NOWHERE & empty), source=_NEVER_COPIES),
    refuses("BufferError", when=NOWHERE, source=_NEVER_COPIES),
)


_DLPACK_VIEW = documented(NP_FROM_DLPACK, "Generally, the returned NumPy array is a view of the input object.")
_DLPACK_COPY = documented(NP_FROM_DLPACK, "If True, the copy will be made.")
_SILENT_IF_REAL = warns("", when=~FAKE, source=SEEN)  # A fake tensor may complain of being looked at.
#: NumPy made read-only arrays of all that it imported.
_READ_ONLY = during("numpy<2.2", writable(False, when=~empty & ~NOWHERE, source=observed("torch 2.13 with NumPy 2.1")))

_COPY_OF_A_TENSOR: tuple[Clause, ...] = (
    *DLPACK_GATE,
    refuses("BufferError", "RuntimeError", when=FAKE & ~empty, source=SEEN),
    may_refuse("BufferError", "NotImplementedError", when=NOWHERE, source=SEEN),
    accepts(source=_DLPACK_COPY),
    KEPT,
    AN_ARRAY,
    NEGATED_HALVES,
    copies(source=_DLPACK_COPY),
    *during("numpy<2.2", writable(False, when=~empty & ~FAKE, source=observed("torch 2.13 with NumPy 2.1"))),
    *WRITABLE_COPY,
    _SILENT_IF_REAL,
)

ENTRY_POINTS: tuple[EntryPoint, ...] = (
    out(
        "np.from_dlpack(torch.Tensor)",
        "np.from_dlpack(t)",
        *DLPACK_GATE,
        *_UNSAYABLE,
        accepts(source=_DLPACK_VIEW),
        KEPT,
        AN_ARRAY,
        shares(when=~NEG, source=_DLPACK_VIEW),
        *during("torch<2.9", writable(False, when=~empty & ~NOWHERE, source=OLDER)),
        *_READ_ONLY,
        *WRITABLE,
        _SILENT_IF_REAL,
    ),
    out("np.from_dlpack(torch.Tensor)[copy=True]", "np.from_dlpack(t, copy=True)", *_COPY_OF_A_TENSOR),
    out(
        "np.from_dlpack(torch.Tensor)[device=cpu, copy=True]",
        "np.from_dlpack(t, device='cpu', copy=True)",
        # It is on its way to the host when it is looked at.
        refuses("BufferError", "NotImplementedError", when=META, source=SEEN),
        *_COPY_OF_A_TENSOR,
    ),
    out(
        "np.from_dlpack(torch.Tensor)[copy=False]",
        "np.from_dlpack(t, copy=False)",
        *DLPACK_GATE,
        *_UNSAYABLE,
        accepts(source=_NEVER_COPIES),
        KEPT,
        AN_ARRAY,
        shares(when=~NEG, source=_NEVER_COPIES),
        *_READ_ONLY,
        *WRITABLE,
        _SILENT_IF_REAL,
    ),
    out(
        "np.from_dlpack(torch.utils.dlpack.to_dlpack)",
        "from types import SimpleNamespace\n"
        "capsule = torch.utils.dlpack.to_dlpack(t)\n"
        "np.from_dlpack(SimpleNamespace(__dlpack__=lambda **_: capsule, __dlpack_device__=lambda: (1, 0)))",
        # A capsule that was asked for by name drops requires_grad; to drop a conjugation would be to change values.
        refuses("BufferError", when=CONJ & TWINS, source=_NEVER_COPIES),
        refuses("BufferError", "RuntimeError", when=OTHER_LAYOUT, source=SEEN),
        *EXPORT_GATE,
        *_UNSAYABLE,
        KEPT,
        AN_ARRAY,
        shares(when=~NEG, source=documented(f"{DOCS}/dlpack.html", "The DLPack capsule shares the tensor's memory.")),
        # Old capsules cannot say whether they may be written: NumPy plays safe.
        writable(False, when=~empty & ~NOWHERE, source=SEEN),
        _SILENT_IF_REAL,
    ),
)
