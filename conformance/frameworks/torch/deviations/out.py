"""Where releases break the promises of conformance.entry_points.torch_out."""

from __future__ import annotations

from .....strategies.spec import TensorSpec
from ....promises.conditions import Condition, contiguous, dtype_in, empty, scalar
from ....promises.deviations import Deviation
from ...words import DLPACK_PYTHON, NP_ARRAY, NP_FROM_DLPACK, NP_MIGRATION, WRAPPING
from ..out.words import CONJ, FAKE, GRAD, META, NEG, NESTED, NOWHERE, NUMPY, OTHER_LAYOUT, READONLY, SUB_BYTE, TWINS, ZERO

_FROM_NUMPY = "https://docs.pytorch.org/docs/2.13/generated/torch.from_numpy.html"
_PYTORCH = "https://github.com/pytorch/pytorch/issues"

#: What Tensor.numpy() takes, unforced.
_BRIDGED = TWINS & ~(GRAD | CONJ | NEG | ZERO | FAKE | META | OTHER_LAYOUT | NESTED)
_DLPACK_VIEWS = (
    "np.from_dlpack(torch.Tensor)",
    "np.from_dlpack(torch.Tensor)[copy=False]",
    "np.from_dlpack(torch.utils.dlpack.to_dlpack)",
)

# The crash is in the last odd element of a run that is copied two at a time.
_odd_run = ~contiguous | Condition("the number of elements is odd", lambda spec: spec.size % 2 == 1)
# Conjugation goes four at a time, and does one left over by itself.
_broken_four = ~contiguous | Condition("2 or 3 elements are left over by fours", lambda spec: spec.size % 4 > 1)
_halved = Condition("the address is no multiple of 16", lambda spec: spec.address % 16 != 0)
_above_int64 = Condition("the number is above the largest int64", lambda spec: int.from_bytes(spec.values, "little") >= 1 << 63)

DEVIATIONS: tuple[Deviation, ...] = (
    Deviation(
        id="torch-copy-false-refused",
        title="np.array and np.asarray with copy=False refuse every tensor, even those that np.asarray shares without a copy.",
        package="torch",
        entries=("np.array(torch.Tensor)[copy=False]", "np.asarray(torch.Tensor)[copy=False]"),
        laws=("acceptance",),
        when=_BRIDGED,
        url=NP_ARRAY,
        upstream=f"{_PYTORCH}/136264",
        example=TensorSpec("float32", (1,), (4,), 0, 4),
        shown_by="np.asarray(torch.Tensor)[copy=False]",
        severity="manners",
    ),
    Deviation(
        id="torch-array-protocol-copy-warning",
        title="Tensor.__array__ takes no copy=, so that NumPy 2 warns of every copy.",
        package="torch",
        entries=("np.asarray(torch.Tensor)[copy=True]", "np.array(torch.Tensor)", "np.array(torch.Tensor)[dtype=*"),
        laws=("warnings",),
        when=_BRIDGED,
        url=NP_MIGRATION,
        upstream=f"{_PYTORCH}/136264",
        example=TensorSpec("int32", (1,), (4,), 0, 4),
        shown_by="np.array(torch.Tensor)",
        severity="manners",
        needs=("numpy>=2.1",),
    ),
    Deviation(
        id="torch-array-protocol-assignment-warning",
        title="Tensor.__array__ takes no copy=, so that NumPy 2.0 to 2.2 warn of every assignment of a tensor to an array.",
        package="torch",
        entries=("np.ndarray.__setitem__(torch.Tensor)",),
        laws=("warnings",),
        when=_BRIDGED,
        url=NP_MIGRATION,
        upstream=f"{_PYTORCH}/136264",
        example=TensorSpec("int16", (1,), (2,), 0, 2),
        shown_by="np.ndarray.__setitem__(torch.Tensor)",
        severity="manners",
        needs=("numpy>=2.0,<2.3",),
    ),
    Deviation(
        id="torch-array-wrap-warning",
        title="Tensor.__array_wrap__ takes neither context nor return_scalar, so NumPy 2 warns of every function on a tensor.",
        package="torch",
        entries=("np.positive(*", "np.negative(*", "np.add(*", "np.multiply(*", "np.logical_or(*"),
        laws=("warnings",),
        when=_BRIDGED,
        url=WRAPPING.url,
        upstream=f"{_PYTORCH}/180657",
        example=TensorSpec("float32", (1,), (4,), 0, 4),
        shown_by="np.negative(torch.Tensor)",
        severity="manners",
    ),
    Deviation(
        id="torch-readonly-lost-on-the-way-back",
        title="A tensor over read-only NumPy memory comes back as a writable array over that memory.",
        package="torch",
        entries=(
            "torch.Tensor.*",
            "np.asarray(torch.Tensor)*",
            "np.array(torch.Tensor)*",
            "np.ascontiguousarray(*",
            *_DLPACK_VIEWS,
        ),
        laws=("writable",),
        when=READONLY & (TWINS | SUB_BYTE),
        url=_FROM_NUMPY,
        upstream=f"{_PYTORCH}/5442",
        example=TensorSpec("float32", (1,), (4,), 0, 4, state="readonly_source"),
        shown_by="torch.Tensor.numpy",
        severity="memory",
    ),
    Deviation(
        id="torch-dlpack-drops-negation",
        title="np.from_dlpack of a tensor with the negative bit set gives the numbers before negation.",
        package="torch",
        entries=_DLPACK_VIEWS,
        laws=("values",),
        when=NEG & TWINS & ~empty,
        url=NP_FROM_DLPACK,
        upstream="",
        example=TensorSpec("float32", (1,), (4,), 0, 4, state="neg"),
        shown_by="np.from_dlpack(torch.Tensor)",
        severity="wrong data",
    ),
    Deviation(
        id="torch-dlpack-of-no-memory",
        title="np.from_dlpack of a tensor without memory (a ZeroTensor, a FakeTensor) gives an array of uninitialised memory.",
        package="torch",
        entries=(*_DLPACK_VIEWS, "np.from_dlpack(torch.Tensor)[copy=True]"),
        laws=("refusal", "values", "repetition", "settings", "threads", "outlives"),
        when=NOWHERE & (TWINS | SUB_BYTE) & ~empty,
        url=NP_FROM_DLPACK,
        upstream="",
        example=TensorSpec("float32", (1,), (4,), 0, 4, state="zero"),
        shown_by="np.from_dlpack(torch.Tensor)[copy=False]",
        severity="wrong data",
    ),
    Deviation(
        id="torch-dlpack-sub-byte-as-bytes",
        title="np.from_dlpack of a sub-byte integer tensor gives an array of int8 or uint8: the dtype is lost.",
        package="torch",
        entries=(*_DLPACK_VIEWS, "np.from_dlpack(torch.Tensor)[copy=True]"),
        laws=("refusal", "dtype"),
        when=SUB_BYTE,
        url="https://data-apis.org/array-api/latest/API_specification/generated/array_api.from_dlpack.html",
        upstream="",
        example=TensorSpec("uint4", (1,), (1,), 0, 1),
        shown_by="np.from_dlpack(torch.Tensor)",
        severity="manners",
    ),
    Deviation(
        id="torch-to-dlpack-drops-conjugation",
        title="The capsule of torch.utils.dlpack.to_dlpack holds a conjugated tensor's numbers before conjugation.",
        package="torch",
        entries=("np.from_dlpack(torch.utils.dlpack.to_dlpack)",),
        laws=("refusal", "values"),
        when=CONJ & TWINS,
        url="https://docs.pytorch.org/docs/2.13/dlpack.html",
        upstream="",
        example=TensorSpec("complex64", (1,), (8,), 0, 8, state="conj"),
        shown_by="np.from_dlpack(torch.utils.dlpack.to_dlpack)",
        severity="wrong data",
    ),
    Deviation(
        id="torch-misaligned-complex128-copy",
        title="Copying a complex128 tensor whose address is no multiple of 16 kills the process.",
        package="torch",
        entries=("np.from_dlpack(torch.Tensor)[copy=True]",),
        laws=("survival",),
        when=dtype_in("complex128") & _halved & ~empty & _odd_run,
        url=DLPACK_PYTHON,
        upstream=f"{_PYTORCH}/190043",
        example=TensorSpec("complex128", (1,), (16,), 0, 16, 8),
        shown_by="np.from_dlpack(torch.Tensor)[copy=True]",
        severity="crash",
    ),
    Deviation(
        id="torch-misaligned-complex128-conjugate",
        title="Resolving the conjugation of a complex128 tensor whose address is no multiple of 16 kills the process.",
        package="torch",
        entries=("torch.Tensor.numpy[force=True]", "torch.Tensor.tolist"),
        laws=("survival",),
        when=dtype_in("complex128") & _halved & ~empty & CONJ & _broken_four,
        url=NUMPY,
        upstream=f"{_PYTORCH}/190043",
        example=TensorSpec("complex128", (2,), (16,), 0, 32, 8, "conj"),
        shown_by="torch.Tensor.numpy[force=True]",
        severity="crash",
    ),
    Deviation(
        id="torch-ufunc-bool-as-uint8",
        title="NumPy functions that answer with booleans give a tensor of uint8, with which indexing picks instead of masking.",
        package="torch",
        entries=("np.logical_or(torch.Tensor)",),
        laws=("dtype",),
        when=_BRIDGED,
        url="https://numpy.org/doc/2.4/reference/generated/numpy.logical_or.html",
        upstream=f"{_PYTORCH}/24901",
        example=TensorSpec("bool", (1,), (1,), 0, 1),
        shown_by="np.logical_or(torch.Tensor)",
        severity="manners",
    ),
    Deviation(
        id="torch-list-of-large-uint64",
        title="np.array of a list of 0-d uint64 tensors refuses numbers above the largest int64.",
        package="torch",
        entries=("np.array(list[torch.Tensor])",),
        laws=("acceptance",),
        when=dtype_in("uint64") & scalar & _above_int64,
        url=NP_ARRAY,
        upstream="",
        example=TensorSpec("uint64", (), (), 0, 8, planted=((0, 1 << 63),)),
        shown_by="np.array(list[torch.Tensor])",
        severity="manners",
    ),
)
