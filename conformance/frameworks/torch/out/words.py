"""What the promises of the ways from PyTorch to NumPy have in common: words for tensors, and the checks of Tensor.numpy()."""

from __future__ import annotations

from ....promises import (
    Clause,
    EntryPoint,
    contexts,
    documented,
    dtype,
    during,
    may_refuse,
    observed,
    refuses,
    settings,
    type_,
    values,
    warns,
    writable,
)
from ....promises.conditions import Condition, always, dtype_in, rank_above, state_in
from ...words import same_dtype

DOCS = "https://docs.pytorch.org/docs/2.13"
NP_DOCS = "https://numpy.org/doc/2.4/reference/generated"
NUMPY = f"{DOCS}/generated/torch.Tensor.numpy.html"
SEEN = observed("torch 2.13")
#: Before DLPack 1.0 came.
OLDER = observed("torch 2.8")

STATES = (
    *("plain", "requires_grad", "non_leaf", "parameter", "subclass", "inference", "conj", "neg", "zero", "readonly_source"),
    *("sparse_coo", "sparse_csr", "mkldnn", "nested", "meta", "fake"),
)

# -- what tensors are, in words ----------------------------------------------------------------------------------------

#: The dtypes that NumPy has too, under the same name.
TWINS = dtype_in(
    *[
        "bool",
        "uint8",
        "int8",
        "int16",
        "int32",
        "int64",
        "uint16",
        "uint32",
        "uint64",
        "float16",
        "float32",
        "float64",
        "complex64",
        "complex128",
    ]
)
SUB_BYTE = dtype_in(*[f"{sign}int{bits}" for sign in ("", "u") for bits in range(1, 8)])
QUANTIZED = dtype_in("qint8", "quint8", "qint32")
#: Dtypes that can be moved about but whose elements torch itself cannot read.
OPAQUE = SUB_BYTE | QUANTIZED | dtype_in("float4_e2m1fn_x2")

GRAD = state_in("requires_grad", "non_leaf") | (
    state_in("parameter") & Condition("its dtype is floating", lambda spec: spec.dtype.startswith(("float", "bfloat", "complex")))
)
CONJ, NEG, ZERO = state_in("conj"), state_in("neg"), state_in("zero")
META, FAKE, NESTED = state_in("meta"), state_in("fake"), state_in("nested")
OTHER_LAYOUT = state_in("sparse_coo", "sparse_csr", "mkldnn")
READONLY = state_in("readonly_source")
#: Tensors whose elements stand in no memory.
NOWHERE = ZERO | FAKE

# -- clauses --------------------------------------------------------------------------------------------------------------

KEPT = dtype(same_dtype, source=SEEN)
#: An array it is, of no subclass, with however many axes.
AN_ARRAY = type_("numpy.ndarray", source=SEEN)
SILENT = warns("", when=always, source=SEEN)
SHARED_STORAGE = documented(
    NUMPY,
    "The returned ndarray and the tensor will share their storage, so changes to the tensor will be reflected in the ndarray "
    "and vice versa.",
)
READONLY_SOURCE = documented(
    f"{DOCS}/generated/torch.from_numpy.html",
    "Writing to a tensor created from a read-only NumPy array is not supported and will result in undefined behavior.",
)

#: A result over the tensor's memory may be written if that memory may.
WRITABLE: tuple[Clause, ...] = (writable(False, when=READONLY, source=READONLY_SOURCE), writable(True, source=SEEN))
#: A copy always may.
WRITABLE_COPY: tuple[Clause, ...] = (writable(True, source=SEEN),)

_UNLESS_FORCED = documented(
    NUMPY,
    "If force is False (the default), the conversion is performed only if the tensor is on the CPU, does not require grad, "
    "does not have its conjugate bit set, and is a dtype and layout that NumPy supports.",
)

#: The checks of Tensor.numpy(), in its order; __array__, and so nearly everything in NumPy, goes through it.
GATE: tuple[Clause, ...] = (
    refuses("RuntimeError", when=FAKE, source=SEEN),
    refuses("TypeError", when=OTHER_LAYOUT, source=_UNLESS_FORCED),
    refuses("TypeError", when=META, source=_UNLESS_FORCED),
    refuses("RuntimeError", when=ZERO, source=SEEN),
    refuses("RuntimeError", when=GRAD, source=_UNLESS_FORCED),
    # Where gradients are off, nothing is lost with them.
    settings("no_grad", "inference mode", when=GRAD, source=SEEN),
    refuses("RuntimeError", when=CONJ, source=_UNLESS_FORCED),
    refuses("RuntimeError", when=NEG, source=SEEN),
    refuses("RuntimeError", "TypeError", when=NESTED, source=SEEN),
    refuses("TypeError", when=~TWINS, source=_UNLESS_FORCED),
)
#: What is traced takes no tensor that records gradients for a constant.
UNTRACED = contexts("torch.jit.trace", when=GRAD, source=SEEN)
#: The same for a detached tensor.
DETACHED_GATE = (UNTRACED, *(clause for clause in GATE if clause.when is not GRAD))
#: The same when forced: marks are resolved, into a copy; what NumPy cannot hold stays refused.
FORCED_GATE: tuple[Clause, ...] = (
    UNTRACED,
    refuses("RuntimeError", when=FAKE, source=SEEN),
    refuses("TypeError", when=OTHER_LAYOUT, source=_UNLESS_FORCED),
    refuses("NotImplementedError", when=META, source=SEEN),
    refuses("RuntimeError", "TypeError", when=NESTED, source=SEEN),
    refuses("TypeError", when=~TWINS, source=_UNLESS_FORCED),
)

#: Halves are negated as single floats, which makes signalling NaNs quiet: NaNs count as equal.
NEGATED_HALVES = values("astype", when=NEG & dtype_in("float16"), source=SEEN)


#: Arrays had 32 axes at most: https://numpy.org/doc/stable/release/2.0.0-notes.html
_FEWER_AXES = during("numpy<2.0", may_refuse("Exception", when=rank_above(32), source=observed("torch 2.13 with NumPy 1.26")))


def out(name: str, call: str, *promise: Clause) -> EntryPoint:
    """An entry point from PyTorch to NumPy, tried on tensors in every state."""
    return EntryPoint(name, call, "torch", "out", (*_FEWER_AXES, *promise), STATES)
