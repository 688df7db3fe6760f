"""Where releases break the promises of conformance.entry_points.torch_symbolic."""

from __future__ import annotations

from conformance.conditions import always, memory_in
from conformance.deviations import Deviation
from conformance.entry_points.common import native
from conformance.entry_points.torch_in_words import BRIDGED, DOCS
from strategies.spec import ArraySpec

#: The one release in which these were seen.
_2_13 = ">=2.13,<2.14"
_FAQ = f"{DOCS}/torch.compiler_faq.html"
_DTYPES = "https://github.com/pytorch/pytorch/issues/198056"

_ONE = ArraySpec("float32", (1,), (4,), 0, 4)
_BYTE = ArraySpec("uint8", (1,), (1,), 0, 1)
_integers = native("bool", "int8", "int16", "int32", "int64", "uint8")
_small = native("bool", "int8", "int16", "uint8")

DEVIATIONS: tuple[Deviation, ...] = (
    Deviation(
        id="dynamo-read-only-base",
        title="Dynamo fails its own assertion on arrays whose memory can never be made writable, such as that of bytes.",
        package="torch",
        releases=_2_13,
        entries=("torch.compile[*", "torch.export[strict*"),
        laws=("acceptance",),
        when=memory_in("bytes", "protected"),
        url=_FAQ,
        upstream="",
        example=_ONE._replace(memory="bytes"),
        shown_by="torch.compile[eager][numpy copy]",
        severity="manners",
    ),
    Deviation(
        id="dynamo-unlocks-read-only",
        title="A compiled function that only reads a read-only array makes it writable for good.",
        package="torch",
        releases=_2_13,
        entries=("torch.compile[eager][numpy read of read-only]",),
        laws=("numpy_semantics",),
        when=always,
        url="https://numpy.org/doc/stable/reference/generated/numpy.ndarray.flags.html",
        upstream="",
        example=_ONE,
        shown_by="torch.compile[eager][numpy read of read-only]",
        severity="memory",
    ),
    Deviation(
        id="dynamo-write-read-only",
        title="Traced NumPy code writes to a read-only array, and the write stays; NumPy raises ValueError.",
        package="torch",
        releases=_2_13,
        entries=("torch.compile[eager][numpy write to read-only]",),
        laws=("refusal", "numpy_semantics"),
        when=always,
        url="https://numpy.org/doc/stable/reference/generated/numpy.ndarray.flags.html",
        upstream="",
        example=_ONE,
        shown_by="torch.compile[eager][numpy write to read-only]",
        severity="memory",
    ),
    Deviation(
        id="dynamo-divide-float32",
        title="Traced NumPy code divides integers in float32; NumPy divides them in float64.",
        package="torch",
        releases=_2_13,
        entries=("torch.compile[eager][numpy divide by 2]",),
        laws=("numpy_semantics",),
        when=_integers,
        url=_FAQ,
        upstream=_DTYPES,
        example=_BYTE,
        shown_by="torch.compile[eager][numpy divide by 2]",
        severity="wrong data",
    ),
    Deviation(
        id="dynamo-sum-unsigned",
        title="Traced NumPy code sums uint8 in int64; NumPy in uint64.",
        package="torch",
        releases=_2_13,
        entries=("torch.compile[eager][numpy sum]",),
        laws=("numpy_semantics",),
        when=native("uint8"),
        url=_FAQ,
        upstream=_DTYPES,
        example=_BYTE,
        shown_by="torch.compile[eager][numpy sum]",
        severity="wrong data",
    ),
    Deviation(
        id="dynamo-sqrt-float64",
        title="Traced NumPy code takes roots of small integers in float64; NumPy in float16 or float32.",
        package="torch",
        releases=_2_13,
        entries=("torch.compile[eager][numpy sqrt]",),
        laws=("numpy_semantics",),
        when=_small,
        url=_FAQ,
        upstream=_DTYPES,
        example=_BYTE,
        shown_by="torch.compile[eager][numpy sqrt]",
        severity="wrong data",
    ),
    Deviation(
        id="torch-tensor-traced-follows",
        title="Graphs of torch.export and make_fx follow the array of a torch.tensor(array) in them; torch.tensor copies.",
        package="torch",
        releases=_2_13,
        entries=("torch.export[torch.tensor*", "make_fx[torch.tensor*"),
        laws=("snapshot",),
        when=BRIDGED,
        url=f"{DOCS}/generated/torch.tensor.html",
        upstream="",
        example=_ONE,
        shown_by="torch.export[torch.tensor(ndarray)]",
        severity="memory",
    ),
    Deviation(
        id="functionalize-numpy-garbage",
        title="Inside torch.func.functionalize, Tensor.numpy() and whatever uses it show memory that is not the tensor's.",
        package="torch",
        releases=_2_13,
        entries=("torch.func.functionalize*",),
        laws=("symbolic_refusal",),
        when=always,
        url=f"{DOCS}/func.ux_limitations.html",
        upstream="",
        example=_ONE,
        shown_by="torch.func.functionalize[torch.tensor(ndarray)]",
        severity="wrong data",
    ),
    Deviation(
        id="fake-tensor-dlpack-garbage",
        title="np.from_dlpack of a fake tensor, which has no data, gives an array of whatever was in memory.",
        package="torch",
        releases=_2_13,
        entries=("FakeTensorMode*",),
        laws=("symbolic_refusal",),
        when=BRIDGED,
        url="https://dmlc.github.io/dlpack/latest/python_spec.html",
        upstream="",
        example=_ONE,
        shown_by="FakeTensorMode[torch.tensor(ndarray)]",
        severity="wrong data",
    ),
)
