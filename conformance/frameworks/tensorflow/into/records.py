"""NumPy to TensorFlow by way of tf.train.Example, whose lists hold single precision, int64 or bytes, and of Keras' layers."""

from __future__ import annotations

from ....promises import (
    Clause,
    EntryPoint,
    accepts,
    copies,
    documented,
    dtype,
    may_share,
    refuses,
    type_,
    under,
    values,
)
from ....promises.conditions import Condition, ndarray
from ...words import named, not_judged
from .words import DOCS, OF_ITS_OWN_IN_GRAPHS, SEEN, beyond_int64, computed, entry, numbers, where

_EXAMPLE = "https://www.tensorflow.org/tutorials/load_data/tfrecord"
_FLOATS = documented(_EXAMPLE, "tf.train.FloatList (the following types can be coerced) float (float32) double (float64)")
_INTEGERS = documented(_EXAMPLE, "tf.train.Int64List (the following types can be coerced) bool enum int32 uint32 int64 uint64")
_POLICY = documented("https://keras.io/api/mixed_precision/policy/", "the layer's computations are done in its compute dtype")

_FEATURE = """feature = tf.train.Feature({kind}=tf.train.{of}(value=np.asarray(a).ravel()))
example = tf.train.Example(features=tf.train.Features(feature={{"x": feature}})).SerializeToString()
tf.io.parse_single_example(example, {{"x": tf.io.FixedLenFeature(np.shape(a), tf.{to})}})["x"]"""

_whole = ndarray & named("int8", "int16", "int32", "int64", "longlong", "uint8", "uint16", "uint32", "uint64", "ulonglong")
_floats = ndarray & named("float16", "float32", "float64")
_any_floats = ndarray & Condition(
    "of floats", lambda spec: spec.dtype.lstrip(">").startswith(("float16", "float32", "float64", "bfloat16"))
)


_batched = Condition("the array has a batch axis with elements", lambda spec: bool(spec.shape and spec.size))


def _others(judged: Condition) -> tuple[Clause, ...]:
    """What is no array of the list's own numbers is taken one by one, or not."""
    return where(
        ~judged,
        type_(source=SEEN),
        *not_judged(SEEN),
    )


ENTRY_POINTS: tuple[EntryPoint, ...] = (
    entry(
        "tf.train.Example[float_list]",
        _FEATURE.format(kind="float_list", of="FloatList", to="float32"),
        OF_ITS_OWN_IN_GRAPHS,
        *_others(_floats),
        accepts(source=_FLOATS),
        dtype("float32", source=_FLOATS),
        values("astype", source=_FLOATS),
        *where(_floats, copies(source=SEEN)),
    ),
    entry(
        "tf.train.Example[int64_list]",
        _FEATURE.format(kind="int64_list", of="Int64List", to="int64"),
        OF_ITS_OWN_IN_GRAPHS,
        *_others(_whole),
        refuses("ValueError", when=beyond_int64, source=SEEN),
        accepts(source=_INTEGERS),
        dtype("int64", source=_INTEGERS),
        values("astype", source=_INTEGERS),
        *where(_whole, copies(source=SEEN)),
    ),
    entry(
        "tf.keras.layers.Identity(ndarray)",
        "tf.keras.layers.Identity()(a)",
        OF_ITS_OWN_IN_GRAPHS,
        under("policy mixed_bfloat16", "dtype bfloat16, not float32", when=_any_floats, source=_POLICY),
        *_others(ndarray & numbers),
        accepts(source=_POLICY),
        dtype(computed, source=_POLICY),
        values("astype", source=_POLICY),
        may_share(source=SEEN),
    ),
    entry(
        "tf.keras.Model[Input(dtype=int32)](ndarray)",
        "x = tf.keras.Input(np.shape(a)[1:], dtype='int32')\ntf.keras.Model(x, tf.keras.layers.Identity()(x))(a)",
        OF_ITS_OWN_IN_GRAPHS,
        *_others(ndarray & numbers & Condition("the array has a batch axis", lambda spec: bool(spec.shape))),
        accepts(source=SEEN),
        # Booleans stored as other than 0 and 1 keep their bytes.
        values("unspecified", when=named("bool"), source=SEEN),
        dtype("int32", source=documented(f"{DOCS}/keras/Input", "dtype: The data type expected by the input")),
        values("astype", source=SEEN),
        may_share(source=SEEN),
    ),
    entry(
        "tf.keras.Model.fit(ndarray)",
        """kept = []
class Model(tf.keras.Model):
    def train_step(self, data):
        kept.append(data[0])
        return {"loss": tf.constant(0.0)}
model = Model()
model.compile(run_eagerly=True)
model.fit(a, a, batch_size=max(1, len(a)), shuffle=False, verbose=0)
kept[0]""",
        OF_ITS_OWN_IN_GRAPHS,
        *_others(ndarray & numbers & _batched),
        accepts(source=documented("https://keras.io/api/models/model_training_apis/", "x: Input data. It can be: A NumPy array")),
        dtype(computed, source=SEEN),
        values("astype", source=SEEN),
        may_share(source=SEEN),
    ),
)
