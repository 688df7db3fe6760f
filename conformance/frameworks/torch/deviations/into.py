"""Where releases break the promises of conformance.entry_points.torch_in."""

from __future__ import annotations

import numpy as np

from .....strategies.spec import ArraySpec, Spec
from ....promises.conditions import Condition, always, backwards, container_in, memory_in, ndarray, readonly, scalar
from ....promises.deviations import Deviation
from ...words import WRAPPING, named, native
from ..into import ENTRY_POINTS
from ..into.constructors import ASARRAY
from ..into.words import DLPACKED, DOCS, FROM_DLPACK, FROM_NUMPY, complex_numbers, dlpack_object, np_scalar, sequence, unspeakable

_NAMES = tuple(point.name for point in ENTRY_POINTS)
#: Calls that export their argument themselves, whatever it is; the others do so for objects that have nothing but __dlpack__.
_BY_DLPACK = tuple(name for name in _NAMES if "dlpack" in name or "capsule" in name)
_OTHERS = tuple(name for name in _NAMES if name not in _BY_DLPACK)
_EXPORTING = tuple(name for name in _BY_DLPACK if "copy=True" not in name)

#: Forms that run those calls, and the kernels.
_SYMBOLIC = (
    *("torch.jit.*", "torch.fx.*", "torch.func.*", "torch.compile*", "torch.export*", "make_fx*"),
    *("FakeTensorMode*", "torch.asarray(ndarray, device='meta')"),
)

_exporters = ndarray | dlpack_object
_off_16 = Condition("the address is no multiple of 16", lambda spec: spec.address % 16 != 0)
_elements = Condition("the array has elements", lambda spec: spec.size > 0)


def _rounds_twice(spec: Spec) -> bool:
    """Whether some float64 goes to another float16 by way of float32 than straight."""
    numbers = np.frombuffer(spec.values, np.float64)
    with np.errstate(all="ignore"):
        straight, detour = numbers.astype(np.float16), numbers.astype(np.float32).astype(np.float16)
    return bool(((straight != detour) & (straight == straight)).any())


_double_rounding = named("float64", "complex128") & Condition("an element rounds otherwise by way of float32", _rounds_twice)
_hidden_axes = sequence & Condition(
    "an axis stands behind an empty one", lambda spec: spec.shape[0] > 0 and 0 in spec.shape[1:-1]
)


def _is_sequence_of_sequences(spec: Spec) -> bool:
    if not spec.shape or not 0 < spec.shape[0] < 32:
        return False
    # The masked element is an array, and texts, records and Python's objects can be sequences.
    return len(spec.shape) > 1 or spec.container == "masked" or spec.kind in "SUVOT"


_rows_of_subclass = (
    container_in("subclass", "matrix", "masked") | (ndarray & memory_in("memmap_r", "memmap_r+", "memmap_c"))
) & Condition("it has 1 to 31 rows that are sequences", _is_sequence_of_sequences)
_weightless = Condition("elements of no size have strides", lambda spec: spec.itemsize == 0 and not spec.is_c)
_sizeless = Condition("elements have no size", lambda spec: spec.itemsize == 0)
_no_exporter = ~_exporters
_no_exporter.text = "the input has no __dlpack__"

DEVIATIONS: tuple[Deviation, ...] = (
    Deviation(
        id="torch-complex128-off-16",
        title="Kernels that copy, cast or fill complex128 kill the process when its address is no multiple of 16.",
        package="torch",
        entries=(*_NAMES, *_SYMBOLIC),
        laws=("survival",),
        when=native("complex128") & _off_16 & _elements & _exporters,
        url=f"{DOCS}/generated/torch.tensor.html",
        upstream="https://github.com/pytorch/pytorch/issues/190043",
        example=ArraySpec("complex128", (1,), (16,), 0, 16, 8),
        shown_by="torch.tensor",
        severity="crash",
    ),
    Deviation(
        id="torch-dlpack-negative-stride",
        title="A DLPack export with a negative stride aborts the process: the C++ exception is not caught.",
        package="torch",
        entries=_EXPORTING,
        laws=("survival",),
        when=backwards & DLPACKED & ~unspeakable & _exporters,
        url=FROM_DLPACK,
        upstream="https://github.com/pytorch/pytorch/issues/188023",
        example=ArraySpec("float32", (2,), (-4,), 4, 8),
        shown_by="torch.from_dlpack",
        severity="crash",
        releases="<2.14",
    ),
    Deviation(
        id="torch-dlpack-object-negative-stride",
        title="Constructors abort the process on an object whose __dlpack__ exports a negative stride.",
        package="torch",
        entries=_OTHERS,
        laws=("survival",),
        when=backwards & DLPACKED & ~unspeakable & dlpack_object,
        url=FROM_DLPACK,
        upstream="https://github.com/pytorch/pytorch/issues/188023",
        example=ArraySpec("float32", (2,), (-4,), 4, 8, container="dlpack"),
        shown_by="torch.tensor",
        severity="crash",
        releases=">=2.6,<2.14",
    ),
    Deviation(
        id="torch-dlpack-negative-stride-refused",
        title="A DLPack export with a negative stride is refused, as a storage whose size overflows.",
        package="torch",
        entries=_EXPORTING,
        laws=("acceptance",),
        when=backwards & DLPACKED & ~unspeakable & _exporters,
        url=FROM_DLPACK,
        upstream="https://github.com/pytorch/pytorch/issues/188023",
        example=ArraySpec("float32", (2,), (-4,), 4, 8),
        shown_by="torch.from_dlpack",
        severity="manners",
        releases=">=2.14",
    ),
    Deviation(
        id="torch-dlpack-object-negative-stride-refused",
        title="Constructors refuse an object whose __dlpack__ exports a negative stride, as a storage whose size overflows.",
        package="torch",
        entries=_OTHERS,
        laws=("acceptance",),
        when=backwards & DLPACKED & ~unspeakable & dlpack_object,
        url=FROM_DLPACK,
        upstream="https://github.com/pytorch/pytorch/issues/188023",
        example=ArraySpec("float32", (2,), (-4,), 4, 8, container="dlpack"),
        shown_by="torch.tensor",
        severity="manners",
        releases=">=2.14",
    ),
    Deviation(
        id="numpy-dlpack-no-itemsize",
        title="ndarray.__dlpack__ divides by an item size of zero (SIGFPE) where the array is not contiguous.",
        package="numpy",
        entries=_EXPORTING,
        laws=("survival",),
        when=_weightless & _exporters,
        url="https://numpy.org/doc/2.4/reference/generated/numpy.ndarray.__dlpack__.html",
        upstream="",
        example=ArraySpec("S0", (2,), (1,), 0, 1),
        shown_by="torch.from_dlpack",
        severity="crash",
    ),
    Deviation(
        id="numpy-dlpack-object-no-itemsize",
        title="An object whose __dlpack__ is that of an array of elements of size 0: NumPy divides by zero (SIGFPE).",
        package="numpy",
        entries=_OTHERS,
        laws=("survival",),
        when=_weightless & dlpack_object,
        url="https://numpy.org/doc/2.4/reference/generated/numpy.ndarray.__dlpack__.html",
        upstream="",
        example=ArraySpec("S0", (2,), (1,), 0, 1, container="dlpack"),
        shown_by="torch.tensor",
        severity="crash",
        needs=("torch>=2.6",),
    ),
    Deviation(
        id="torch-from-numpy-no-itemsize",
        title="torch.from_numpy, and all that goes through it, divides by an item size of zero (SIGFPE).",
        package="torch",
        entries=(*_NAMES, *_SYMBOLIC, "torch.*(ndarray, device='meta')"),
        laws=("survival",),
        when=_sizeless,
        url=FROM_NUMPY,
        upstream="https://github.com/pytorch/pytorch/issues/155328",
        example=ArraySpec("S0", (2,), (0,), 0, 1),
        shown_by="torch.from_numpy",
        severity="crash",
        releases="<2.8",
    ),
    Deviation(
        id="torch-from-numpy-refused-leaks",
        title="torch.from_numpy, and all that goes through it, keeps a reference to every array that it refuses.",
        package="torch",
        entries=(*_NAMES, *_SYMBOLIC, "torch.*(ndarray, device='meta')"),
        laws=("refusal_leaks",),
        when=always,
        url=FROM_NUMPY,
        upstream="https://github.com/pytorch/pytorch/issues/121138",
        example=ArraySpec("S1", (1,), (1,), 0, 1),
        shown_by="torch.from_numpy",
        severity="memory",
        releases="<2.3",
    ),
    Deviation(
        id="torch-eq-ndarray-is-false",
        title="tensor == ndarray is Python's False, whatever the two hold.",
        package="torch",
        entries=("torch.Tensor == ndarray", "ndarray == torch.Tensor"),
        laws=("type", "dtype", "shape", "values", "refusal", "memory", "agreement", "settings"),
        when=always,
        url=f"{DOCS}/generated/torch.eq.html",
        upstream="",
        example=ArraySpec("float32", (1,), (4,), 0, 4),
        shown_by="torch.Tensor == ndarray",
        severity="wrong data",
        releases="<2.4",
    ),
    Deviation(
        id="torch-complex-to-bool-drops-imaginary",
        title="A complex number whose real part is 0 becomes False, whatever its imaginary part.",
        package="torch",
        entries=("torch.*[dtype=bool]", "torch.BoolTensor"),
        laws=("values",),
        when=complex_numbers,
        url="https://numpy.org/doc/2.4/reference/generated/numpy.ndarray.astype.html",
        upstream="https://github.com/pytorch/pytorch/issues/120875",
        example=ArraySpec("complex64", (1,), (8,), 0, 8, planted=((0, 0x3F80000000000000),)),
        shown_by="torch.tensor[dtype=bool]",
        severity="wrong data",
        releases="<2.4",
    ),
    Deviation(
        id="torch-dlpack-readonly",
        title="DLPack's read-only flag is ignored: the tensor over read-only memory is writable, and nothing warns.",
        package="torch",
        entries=_EXPORTING,
        laws=("readonly",),
        when=readonly & DLPACKED & _elements & _exporters,
        url="https://dmlc.github.io/dlpack/latest/c_api.html",
        upstream="",
        example=ArraySpec("float32", (1,), (4,), 0, 4, memory="readonly"),
        shown_by="torch.from_dlpack",
        severity="memory",
        releases=">=2.9",
        needs=("numpy>=2.1",),
    ),
    Deviation(
        id="torch-dlpack-object-readonly",
        title="as_tensor and asarray make writable tensors of read-only memory that an object exports by __dlpack__.",
        package="torch",
        entries=tuple(name for name in _OTHERS if name.startswith(("torch.as_tensor", "torch.asarray"))),
        laws=("readonly",),
        when=readonly & DLPACKED & _elements & dlpack_object,
        url="https://dmlc.github.io/dlpack/latest/c_api.html",
        upstream="",
        example=ArraySpec("float32", (1,), (4,), 0, 4, memory="readonly", container="dlpack"),
        shown_by="torch.as_tensor",
        severity="memory",
        releases=">=2.9",
        needs=("numpy>=2.1",),
    ),
    Deviation(
        id="torch-asarray-copies-0d",
        title="asarray takes a 0-d array for a scalar and copies it, even under copy=False.",
        package="torch",
        entries=("torch.asarray", "torch.asarray[copy=False]", "torch.asarray[dtype=*"),
        laws=("memory", "follows", "leads"),
        when=ndarray & scalar,
        url=ASARRAY,
        upstream="",
        example=ArraySpec("float32", (), (), 0, 4),
        shown_by="torch.asarray[copy=False]",
        severity="memory",
    ),
    Deviation(
        id="torch-asarray-copy-shares-dlpack-object",
        title="asarray(copy=True) shares the memory of an object that has __dlpack__.",
        package="torch",
        entries=("torch.asarray[copy=True]",),
        laws=("memory", "follows", "leads"),
        when=DLPACKED & dlpack_object,
        url=ASARRAY,
        upstream="",
        example=ArraySpec("float32", (1,), (4,), 0, 4, container="dlpack"),
        shown_by="torch.asarray[copy=True]",
        severity="memory",
        releases=">=2.6",
    ),
    Deviation(
        id="torch-uint64-scalar",
        title="NumPy's uint64 scalars, alone or in a list, are refused: 'an integer is required'.",
        package="torch",
        entries=_OTHERS,
        laws=("acceptance",),
        when=named("uint64") & (np_scalar | sequence) & _elements,
        url=f"{DOCS}/generated/torch.tensor.html",
        upstream="",
        example=ArraySpec("uint64", (), (), 0, 8, container="scalar"),
        shown_by="torch.tensor",
        severity="manners",
        releases=">=2.3",
    ),
    Deviation(
        id="torch-float16-rounds-twice",
        title="float64 is rounded to float32 on its way to float16, so that some numbers come out one step off.",
        package="torch",
        entries=("torch.*[dtype=float16]", "torch.HalfTensor"),
        laws=("values",),
        when=_double_rounding,
        url="https://numpy.org/doc/2.4/reference/generated/numpy.ndarray.astype.html",
        upstream="",
        example=ArraySpec("float64", (1,), (8,), 0, 8, planted=((0, 0x3FF0020000001000),)),
        shown_by="torch.tensor[dtype=float16]",
        severity="wrong data",
    ),
    Deviation(
        id="torch-list-of-empty-arrays",
        title="Of a list of arrays without elements, all axes behind the empty one are lost.",
        package="torch",
        entries=_OTHERS,
        laws=("shape",),
        when=_hidden_axes,
        url=f"{DOCS}/generated/torch.tensor.html",
        upstream="",
        example=ArraySpec("float32", (1, 0, 1), (4, 4, 4), 0, 0, container="list"),
        shown_by="torch.tensor",
        severity="wrong data",
    ),
    Deviation(
        id="torch-frombuffer-count-overflow",
        title="frombuffer multiplies count by the item size modulo 2**64 and returns a tensor larger than its buffer.",
        package="torch",
        entries=("torch.frombuffer[count=2**62]",),
        laws=("refusal", "survival"),
        when=_elements & ~sequence,
        url=f"{DOCS}/generated/torch.frombuffer.html",
        upstream="",
        example=ArraySpec("float32", (1,), (4,), 0, 4),
        shown_by="torch.frombuffer[count=2**62]",
        severity="crash",
    ),
    Deviation(
        id="torch-from-dlpack-asserts",
        title="from_dlpack with copy= fails an internal assertion on what has no __dlpack__, and takes it for a capsule.",
        package="torch",
        entries=("torch.from_dlpack[copy=True]", "torch.from_dlpack[copy=False]"),
        laws=("refusal",),
        when=_no_exporter,
        url=FROM_DLPACK,
        upstream="",
        example=ArraySpec("float32", (), (), 0, 4, container="scalar"),
        shown_by="torch.from_dlpack[copy=True]",
        severity="manners",
    ),
    Deviation(
        id="torch-collate-doubles-with-depth",
        title="default_collate refuses complex numbers in nested lists after a time that triples with each level: years for 33.",
        package="torch",
        entries=("torch.utils.data.default_collate", "torch.utils.data.DataLoader[batch_size=1]"),
        laws=("agreement", "survival"),
        when=native("complex64", "complex128") & Condition("rank is 16 or more", lambda spec: len(spec.shape) >= 16),
        url="https://docs.pytorch.org/docs/2.13/data.html#torch.utils.data.default_collate",
        upstream="",
        example=ArraySpec("complex64", (1,) * 32, (8,) * 32, 0, 8),
        shown_by="torch.utils.data.default_collate",
        severity="hang",
    ),
    Deviation(
        id="torch-complex64-scalar-loses-imaginary",
        title="NumPy's complex64 scalars are taken for real numbers, and their imaginary part is dropped.",
        package="torch",
        entries=(
            "torch.Tensor * ndarray",
            "ndarray * torch.Tensor",
            "torch.full",
            "torch.Tensor.fill_",
            "torch.scalar_tensor[dtype=complex128]",
        ),
        laws=("values", "dtype"),
        when=np_scalar & named("complex64"),
        url=f"{DOCS}/generated/torch.Tensor.fill_.html",
        upstream="",
        example=ArraySpec("complex64", (), (), 0, 8, container="scalar", planted=((0, 0x3F800000 << 32),)),
        shown_by="torch.Tensor.fill_",
        severity="wrong data",
    ),
    Deviation(
        id="torch-bool-scalar-as-float",
        title="NumPy's bool scalars are taken for floating-point numbers.",
        package="torch",
        entries=("torch.full", "torch.Tensor ? ndarray", "ndarray ? torch.Tensor"),
        laws=("dtype",),
        when=np_scalar & named("bool"),
        url=f"{DOCS}/generated/torch.full.html",
        upstream="",
        example=ArraySpec("bool", (), (), 0, 1, container="scalar"),
        shown_by="torch.full",
        severity="wrong data",
    ),
    Deviation(
        id="torch-multiply-bool-as-uint8",
        title="What NumPy answers as bool, the tensor's __array_wrap__ turns into uint8.",
        package="torch",
        entries=("torch.Tensor ? ndarray",),
        laws=("dtype",),
        when=ndarray & named("bool"),
        url="https://numpy.org/doc/2.4/user/basics.subclassing.html",
        upstream="",
        example=ArraySpec("bool", (1,), (1,), 0, 1),
        shown_by="torch.Tensor * ndarray",
        severity="wrong data",
    ),
    Deviation(
        id="torch-array-wrap-warning-in",
        title="Tensor.__array_wrap__ takes neither context nor return_scalar: NumPy 2 warns of arithmetic with an array.",
        package="torch",
        entries=("torch.Tensor ? ndarray",),
        laws=("warnings",),
        when=ndarray & ~container_in("matrix"),
        url=WRAPPING.url,
        upstream="https://github.com/pytorch/pytorch/issues/180657",
        example=ArraySpec("float32", (1,), (4,), 0, 4),
        shown_by="torch.Tensor * ndarray",
        severity="manners",
        needs=("numpy>=2.0",),
    ),
    Deviation(
        id="torch-subclass-index-as-tuple",
        title="As an index, a subclass of ndarray (memmap too) with up to 31 rows is taken for the tuple of its rows.",
        package="torch",
        entries=("torch.Tensor.__getitem__[ndarray]",),
        laws=("acceptance", "refusal", "shape", "values"),
        when=_rows_of_subclass,
        url="https://numpy.org/doc/2.4/user/basics.indexing.html",
        upstream="",
        example=ArraySpec("int64", (1, 1), (8, 8), 0, 8, container="subclass"),
        shown_by="torch.Tensor.__getitem__[ndarray]",
        severity="wrong data",
    ),
    Deviation(
        id="torch-float-array-indexes",
        title="An array of floats is taken for an index, truncated to integers; the same tensor is refused.",
        package="torch",
        entries=("torch.Tensor.__getitem__[ndarray]",),
        laws=("refusal",),
        when=ndarray & named("float16", "float32", "float64", "complex64", "complex128"),
        url="https://numpy.org/doc/2.4/user/basics.indexing.html",
        upstream="https://github.com/pytorch/pytorch/issues/59140",
        example=ArraySpec("float32", (1,), (4,), 0, 4),
        shown_by="torch.Tensor.__getitem__[ndarray]",
        severity="wrong data",
    ),
)
