"""Where releases break the promises of conformance.entry_points.tensorflow_out."""

from __future__ import annotations

import struct

from .....strategies.spec import TENSOR_DTYPES, Spec, TensorSpec
from ....promises.conditions import Condition, dtype_in, empty, rank_above, scalar
from ....promises.deviations import Deviation
from ...words import NP_ARRAY, NP_INTEROPERABILITY, NP_MIGRATION
from ..out.methods import ENTRY_POINTS
from ..out.words import IMMUTABLE_TENSORS, extended, text, variable

_DOCS = "https://www.tensorflow.org/api_docs/python/tf"


def _one(dtype: str, shape: tuple[int, ...] = (1,), bits: int = 0, state: str = "plain") -> TensorSpec:
    """A tensor of a single element."""
    size = TENSOR_DTYPES[dtype][0]
    return TensorSpec(dtype, shape, (size,) * len(shape), 0, size, 0, state, 0, ((0, bits),) if bits else ())


def _holds_signalling_nan(spec: Spec) -> bool:
    """Whether some float32, or half of a complex64, is a NaN with its quiet bit clear."""
    return any(bits & 0x7FC00000 == 0x7F800000 and bits & 0x3FFFFF for (bits,) in struct.iter_unpack("<I", spec.values))


_tensor = ~variable
_signalling = Condition("a part of an element is a signalling NaN", _holds_signalling_nan)
_single = Condition("the tensor has one element", lambda spec: spec.size == 1)

DEVIATIONS: tuple[Deviation, ...] = (
    Deviation(
        id="tf-dlpack-bool-as-uint8",
        title="to_dlpack exports booleans as uint8: the dtype is lost.",
        package="tensorflow",
        entries=("np.from_dlpack(tf.experimental.dlpack.to_dlpack)",),
        laws=("dtype",),
        when=dtype_in("bool"),
        url="https://dmlc.github.io/dlpack/latest/c_api.html",
        upstream="",
        example=TensorSpec("bool", (), (), 0, 1),
        shown_by="np.from_dlpack(tf.experimental.dlpack.to_dlpack)",
        severity="manners",
        releases="<2.16",
    ),
    Deviation(
        id="tf-asarray-writable",
        title="np.asarray of a bfloat16, float8, float4, int4 or int2 tensor is a writable view of the immutable tensor",
        package="tensorflow",
        entries=("np.asarray(tf.Tensor)", "np.array(tf.Tensor)[copy=None]"),
        laws=("immutability",),
        # The buffer protocol has no letter for these, so NumPy falls back on `__array__`; see the next deviation.
        when=extended & _tensor & ~empty & ~scalar,
        url=IMMUTABLE_TENSORS,
        upstream="",
        example=_one("bfloat16"),
        shown_by="np.asarray(tf.Tensor)",
        severity="memory",
    ),
    Deviation(
        id="tf-dunder-array-writable",
        title="Tensor.__array__() is a writable view of the immutable tensor",
        package="tensorflow",
        entries=("tf.Tensor.__array__",),
        laws=("immutability",),
        when=~text & _tensor & ~empty & ~scalar,
        url=IMMUTABLE_TENSORS,
        upstream="",
        example=_one("float32"),
        shown_by="tf.Tensor.__array__",
        severity="memory",
    ),
    Deviation(
        id="tf-numpy-function-writable",
        title="tf.numpy_function inside a tf.function hands out a writable view of the immutable tensor (an eager call copies)",
        package="tensorflow",
        entries=("tf.numpy_function[tf.function]",),
        laws=("immutability",),
        when=~text & _tensor & ~empty & ~scalar,
        url=IMMUTABLE_TENSORS,
        upstream="",
        example=_one("float32"),
        shown_by="tf.numpy_function[tf.function]",
        severity="memory",
    ),
    Deviation(
        id="tf-dlpack-string-abort",
        title="DLPack export of a string tensor aborts the process: Check failed: DataTypeCanUseMemcpy(dtype())",
        package="tensorflow",
        entries=(
            "np.from_dlpack(tf.Tensor)",
            "np.from_dlpack(tf.Tensor)[copy=False]",
            "np.from_dlpack(tf.experimental.dlpack.to_dlpack)",
        ),
        laws=("survival",),
        # Without elements it refuses as it should: "DT_STRING is not supported by dlpack".
        when=text & _tensor & ~empty,
        url="https://data-apis.org/array-api/latest/API_specification/generated/array_api.array.__dlpack__.html",
        upstream="",
        example=_one("string", ()),
        shown_by="np.from_dlpack(tf.Tensor)",
        severity="crash",
    ),
    Deviation(
        id="tf-string-rank-33",
        title="a string tensor of rank 33 or more kills the process on its way to NumPy; an empty one raises internal errors",
        package="tensorflow",
        entries=tuple(e.name for e in ENTRY_POINTS if not e.name.startswith(("np.from_dlpack", "tf.experimental.numpy"))),
        laws=("survival", "acceptance", "refusal"),
        # Empty tensors give the cause away: "this function only supports up to 32 dimensions", an error that seems to go
        # unheeded where there are elements. Of more than 64 axes: https://github.com/tensorflow/tensorflow/issues/124973.
        when=text & rank_above(32),
        url=f"{_DOCS}/Tensor",
        upstream="",
        example=_one("string", (1,) * 33),
        shown_by="tf.Tensor.numpy",
        severity="crash",
        needs=("numpy>=2.0",),
    ),
    Deviation(
        id="tf-array-protocol-scalar",
        title="__array__ of a 0-d bfloat16, float8, float4, int4 or int2 tensor gives a NumPy scalar, which NumPy refuses",
        package="tensorflow",
        entries=(
            "np.asarray(tf.Tensor)",
            "np.asarray(tf.Tensor)[copy=True]",
            "np.array(tf.Tensor)",
            "np.array(tf.Tensor)[copy=None]",
            "np.subtract(tf.Tensor)",
            "np.stack(tf.Tensor)",
            "tf.make_ndarray(tf.make_tensor_proto)",
            "tf.numpy_function[eager]",
        ),
        laws=("acceptance",),
        when=extended & _tensor & scalar,
        url=NP_INTEROPERABILITY,
        upstream="",
        example=_one("bfloat16", ()),
        shown_by="np.asarray(tf.Tensor)",
        severity="manners",
    ),
    Deviation(
        id="tf-array-protocol-copy-warning",
        title="__array__ takes no copy=, so that NumPy 2 warns of every copy that goes through it",
        package="tensorflow",
        entries=("np.asarray(tf.Tensor)[copy=True]", "np.array(tf.Tensor)", "tf.numpy_function[eager]"),
        laws=("warnings",),
        when=(extended & ~scalar) | variable,
        url=NP_MIGRATION,
        upstream="",
        example=_one("float32", state="variable"),
        shown_by="np.array(tf.Tensor)",
        severity="manners",
        needs=("numpy>=2.1",),
    ),
    Deviation(
        id="tf-array-protocol-copy-false",
        title="copy=False refuses tensors of the ml_dtypes, which np.asarray without it shares: __array__ takes no copy=",
        package="tensorflow",
        entries=("np.asarray(tf.Tensor)[copy=False]", "np.array(tf.Tensor)[copy=False]"),
        laws=("acceptance",),
        when=extended & _tensor,
        url=NP_ARRAY,
        upstream="",
        example=_one("bfloat16"),
        shown_by="np.asarray(tf.Tensor)[copy=False]",
        severity="manners",
    ),
    Deviation(
        id="tf-copy-false-copies-strings",
        title="copy=False accepts a string tensor, although each of its elements is copied into a new bytes object",
        package="tensorflow",
        entries=("np.asarray(tf.Tensor)[copy=False]", "np.array(tf.Tensor)[copy=False]"),
        laws=("refusal",),
        when=text & _tensor & ~rank_above(32),
        url=NP_ARRAY,
        upstream="",
        example=_one("string", ()),
        shown_by="np.asarray(tf.Tensor)[copy=False]",
        severity="memory",
    ),
    Deviation(
        id="tf-variable-string-bytes",
        title="np.asarray of a Variable that holds one string has dtype S, which loses the string's trailing zero bytes",
        package="tensorflow",
        entries=("np.asarray(tf.Variable)",),
        laws=("dtype",),
        when=text & scalar,
        url=f"{_DOCS}/dtypes/DType#as_numpy_dtype",
        upstream="",
        example=_one("string", ()),
        shown_by="np.asarray(tf.Variable)",
        severity="wrong data",
    ),
    Deviation(
        id="tf-proto-signalling-nan-back",
        title="make_tensor_proto sets the quiet bit of signalling NaNs: of one float32, and of any complex64",
        package="tensorflow",
        entries=("tf.make_ndarray(tf.make_tensor_proto)",),
        laws=("values",),
        when=((dtype_in("float32") & _single) | dtype_in("complex64")) & _signalling,
        url=f"{_DOCS}/make_ndarray",
        upstream="",
        example=_one("float32", (), 0x7F800001),
        shown_by="tf.make_ndarray(tf.make_tensor_proto)",
        severity="wrong data",
    ),
    Deviation(
        id="tf-proto-fnuz",
        title="make_tensor_proto refuses tensors of the fnuz float8s with less than two elements",
        package="tensorflow",
        entries=("tf.make_ndarray(tf.make_tensor_proto)",),
        laws=("acceptance",),
        when=dtype_in("float8_e4m3fnuz", "float8_e5m2fnuz", "float8_e4m3b11fnuz") & ~scalar & (_single | empty),
        url=f"{_DOCS}/make_tensor_proto",
        upstream="https://github.com/tensorflow/tensorflow/issues/121711",
        example=_one("float8_e4m3fnuz"),
        shown_by="tf.make_ndarray(tf.make_tensor_proto)",
        severity="manners",
    ),
    Deviation(
        id="tf-data-float8-e5m2",
        title="tf.data knows every float8 but e5m2: UnimplementedError: Converting f8E5M2 to DataType",
        package="tensorflow",
        entries=("tf.data.Dataset.as_numpy_iterator*",),
        laws=("acceptance",),
        when=dtype_in("float8_e5m2"),
        url=f"{_DOCS}/data/Dataset#as_numpy_iterator",
        upstream="",
        example=_one("float8_e5m2"),
        shown_by="tf.data.Dataset.as_numpy_iterator[from_tensors]",
        severity="manners",
        releases=">=2.19",
    ),
)
