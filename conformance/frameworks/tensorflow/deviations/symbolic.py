"""Where releases break the promises of conformance.entry_points.tensorflow_symbolic."""

from __future__ import annotations

import numpy as np

from .....strategies.spec import ArraySpec, Spec
from ....promises.conditions import Condition, empty, swapped
from ....promises.deviations import Deviation
from ...words import named, native
from ..into.words import DOCS, numbers, texts

#: Forms that write the array into the graph.
_WRITTEN = (
    *("tf.function[tf.c*", "tf.function[tf.identity*", "tf.function[returns*", "tf.function[tf.Variable(ndarray)*"),
    *("tf.Graph*", "tf.compat.v1.placeholder_with_default", "tf.data.Dataset.map[closure*", "tf.saved_model*", "tf.get_static*"),
)


def _signals(spec: Spec) -> bool:
    raw = np.frombuffer(spec.values, np.uint32)
    return bool((((raw & 0x7F800000) == 0x7F800000) & ((raw & 0x007FFFFF) != 0) & ((raw & 0x00400000) == 0)).any())


signalling = named("float32", "complex64") & Condition("an element is a signalling NaN", _signals)


def _foreign(spec: Spec) -> bool:
    return bool(spec.kind == "U" and (np.frombuffer(spec.values, np.uint32) > 127).any())


single = Condition("the array has exactly 1 element", lambda spec: spec.size == 1)

DEVIATIONS: tuple[Deviation, ...] = (
    Deviation(
        id="tf-graph-byte-order",
        title="Arrays not in native byte order are written into graphs as if they were, or refused as an element type.",
        package="tensorflow",
        entries=_WRITTEN,
        laws=("values", "eager_agreement", "acceptance"),
        when=numbers & swapped,
        url=f"{DOCS}/constant",
        upstream="https://github.com/tensorflow/tensorflow/issues/55789",
        example=ArraySpec(">int32", (2,), (4,), 0, 8, planted=((0, 1),)),
        shown_by="tf.function[tf.constant(ndarray)]",
        severity="wrong data",
    ),
    Deviation(
        id="tf-graph-signalling-nan",
        title="Graphs quieten signalling NaNs of complex64, and of a float32 that is alone; several float32 keep them.",
        package="tensorflow",
        entries=(*_WRITTEN, "tf.function[tf.Variable.assign*"),
        laws=("values", "eager_agreement"),
        when=signalling & (single | named("complex64")),
        url=f"{DOCS}/constant",
        upstream="",
        example=ArraySpec("float32", (1,), (4,), 0, 4, planted=((0, 0x7F800001),)),
        shown_by="tf.function[tf.constant(ndarray)]",
        severity="wrong data",
    ),
    Deviation(
        id="tf-graph-float8-single",
        title="Graphs refuse float8 of the fnuz kinds when there is at most 1 element; more, and eager tensors, are fine.",
        package="tensorflow",
        entries=(*_WRITTEN, "tf.function[captures*", "tf.compat.v1.placeholder_with_default*"),
        laws=("acceptance", "eager_agreement"),
        when=native("float8_e4m3fnuz", "float8_e5m2fnuz", "float8_e4m3b11fnuz"),
        url=f"{DOCS}/constant",
        upstream="",
        example=ArraySpec("float8_e4m3fnuz", (1,), (1,), 0, 1),
        shown_by="tf.function[tf.constant(ndarray)]",
        severity="manners",
        releases=">=2.19",
    ),
    Deviation(
        id="keras-predict-empty",
        title="Model.predict of an array without elements raises UnboundLocalError.",
        package="tensorflow",
        entries=("tf.keras.Model.predict(ndarray)",),
        laws=("refusal",),
        when=empty,
        url=f"{DOCS}/keras/Model",
        upstream="",
        example=ArraySpec("float32", (0, 1), (4, 4), 0, 4),
        shown_by="tf.keras.Model.predict(ndarray)",
        severity="manners",
        releases=">=2.16",
    ),
    Deviation(
        id="tf-numpy-function-unicode",
        title="What a numpy_function returns in a graph cannot be texts beyond ASCII: InvalidArgumentError, UnicodeEncodeError.",
        package="tensorflow",
        entries=("tf.function[numpy_function*",),
        laws=("acceptance",),
        when=texts & Condition("a text has letters beyond ASCII", _foreign),
        url=f"{DOCS}/numpy_function",
        upstream="",
        example=ArraySpec("U1", (1,), (4,), 0, 4, planted=((0, 0xE9),)),
        shown_by="tf.function[numpy_function returns ndarray]",
        severity="manners",
    ),
    Deviation(
        id="tf-numpy-function-no-texts",
        title="What a numpy_function returns in a graph cannot be no texts in a subclass, map or list: vectorize refuses.",
        package="tensorflow",
        entries=("tf.function[numpy_function*",),
        laws=("acceptance", "eager_agreement"),
        when=texts & empty,
        url=f"{DOCS}/numpy_function",
        upstream="",
        example=ArraySpec("U1", (0,), (4,), 0, 0, container="subclass"),
        shown_by="tf.function[numpy_function returns ndarray]",
        severity="manners",
    ),
    Deviation(
        id="tf-numpy-function-byte-order",
        title="What a numpy_function returns in a graph is read in native byte order, whatever its dtype says.",
        package="tensorflow",
        entries=("tf.function[numpy_function*",),
        laws=("values", "eager_agreement"),
        when=numbers & swapped,
        url=f"{DOCS}/numpy_function",
        upstream="",
        example=ArraySpec(">float32", (1,), (4,), 0, 4, planted=((0, 1),)),
        shown_by="tf.function[numpy_function returns ndarray]",
        severity="wrong data",
    ),
)
