"""The ways from one framework straight to the other, by DLPack: what the entry points to and from NumPy leave out."""

from __future__ import annotations

from conformance.conditions import contiguous, dtype_in, empty
from conformance.entry_points.common import same_dtype
from conformance.entry_points.tensorflow_in_words import DOCS as TF_DOCS
from conformance.entry_points.torch_in_words import FROM_DLPACK
from conformance.entry_points.torch_out_dlpack import DLPACK_GATE
from conformance.promises import EntryPoint, accepts, documented, dtype, observed, refuses, shares, type_

_SEEN = observed("torch 2.13 with tensorflow 2.21")
_TF_SHARES = documented(
    f"{TF_DOCS}/experimental/dlpack/from_dlpack", "The returned tensor uses the memory shared by dlpack capsules"
)
_TORCH_SHARES = documented(FROM_DLPACK, "The returned PyTorch tensor will share the memory with the input tensor")
_COMMON = dtype_in(*"bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 float16 float32 float64 complex64 complex128".split())

#: From PyTorch to TensorFlow, from TensorFlow to PyTorch. Their direction is "out": they are handed a tensor.
TO_TENSORFLOW = EntryPoint(
    "tf.experimental.dlpack.from_dlpack(torch.Tensor)",
    "tf.experimental.dlpack.from_dlpack(torch.utils.dlpack.to_dlpack(t))",
    "torch",
    "out",
    (
        *DLPACK_GATE,
        refuses("InvalidArgumentError", when=~contiguous & ~empty, source=_SEEN),
        accepts(source=_TF_SHARES),
        type_("tf.Tensor", source=_SEEN),
        dtype(same_dtype, source=_SEEN),
        shares(source=_TF_SHARES),
    ),
    ("plain", "readonly_source"),
)
TO_TORCH = EntryPoint(
    "torch.from_dlpack(tf.Tensor)",
    "torch.from_dlpack(t)",
    "tensorflow",
    "out",
    (
        refuses("InvalidArgumentError", "BufferError", when=~_COMMON, source=_SEEN),
        accepts(source=_TORCH_SHARES),
        type_("torch.Tensor", source=_SEEN),
        dtype(same_dtype, source=_SEEN),
        shares(source=_TORCH_SHARES),
    ),
)
CROSSINGS = (TO_TENSORFLOW, TO_TORCH)
