"""NumPy to TensorFlow's other symbolic forms: pipelines, Keras models, saved models, values that graphs know statically."""

from __future__ import annotations

from ....promises import (
    Clause,
    EntryPoint,
    copies,
    documented,
    dtype,
    during,
    fact,
    may_refuse,
    may_share,
    observed,
    raises,
    refuses,
    values,
)
from ....promises.conditions import Condition
from ...words import named, native, same_dtype
from ..into.words import COPIED, DOCS, SEEN, computed, numbers
from .words import AGREES, BAKED, FETCHED, KEPT, REFUSED, form, kept, known, partial_shape

_EAGER = ("eager_agreement", "tf.constant(a)")

# -- tf.data -----------------------------------------------------------------------------------------------------------------

_SPEC = (
    ("static.dtype", "d.element_spec.dtype.name"),
    ("static.shape", "tuple(d.element_spec.shape)"),
    ("snapshot", "next(iter(d))"),
)
_PIPELINE: tuple[Clause, ...] = (*REFUSED, *KEPT, *known(), AGREES)
#: What no pipeline carries.
_UNCARRIED = native("float8_e5m2")
_CARRIED: tuple[Clause, ...] = (
    *during(
        "tensorflow>=2.19",
        refuses("InvalidArgumentError", "NotFoundError", "UnimplementedError", "TypeError", when=_UNCARRIED, source=SEEN),
        fact("eager_agreement", False, when=_UNCARRIED, source=SEEN),
    ),
    *_PIPELINE,
)
_PLAIN = "tf.autograph.experimental.do_not_convert"
_FROM_TENSORS = documented(
    f"{DOCS}/data/Dataset", "the values will be embedded in the graph as one or more tf.constant operations"
)

DATA: tuple[EntryPoint, ...] = (
    form(
        "tf.data.Dataset.map[closure over ndarray]",
        f"d = tf.data.Dataset.range(1).map({_PLAIN}(lambda i: tf.constant(a)))\nnext(iter(d))",
        (*_SPEC, _EAGER),
        kept("snapshot", BAKED),
        *COPIED,
        *_CARRIED,
    ),
    form(
        "tf.data.Dataset.map[fed ndarray]",
        f"d = tf.data.Dataset.from_tensors(a).map({_PLAIN}(lambda x: x))\nnext(iter(d))",
        (*_SPEC, _EAGER),
        kept("snapshot", _FROM_TENSORS),
        *COPIED,
        *_CARRIED,
    ),
)

# -- Keras ---------------------------------------------------------------------------------------------------------------------

_INPUT = f"{DOCS}/keras/Input"
_MODEL = """x = tf.keras.Input(np.shape(a)[1:], dtype=tf.as_dtype(np.asarray(a).dtype.newbyteorder("=")).name)
y = tf.keras.layers.Identity()(x)
m = tf.keras.Model(x, y)
"""
_REFUSALS = {
    "asarray": ("np.asarray(x)", "ValueError"),
    "list": ("np.array([x], dtype=object)", "TypeError"),
    "ufunc": ("np.negative(x)", "ValueError"),
    "numpy": ("x.numpy()", "AttributeError"),
    "convert_to_numpy": ("tf.keras.ops.convert_to_numpy(x)", "ValueError"),
    "convert_to_tensor": ("tf.convert_to_tensor(x)", "ValueError"),
    "bool": ("bool(x)", "TypeError"),
}
_KERAS_2 = {
    **dict.fromkeys(("asarray", "ufunc"), raises("TypeError")),
    "convert_to_numpy": raises("AttributeError"),
    "convert_to_tensor": lambda spec: None,  # It makes a layer of the operation.
}
#: Layers compute in the dtype of their policy, float32 unless told otherwise, whatever the dtype of the Input.
_AUTOCAST = documented("https://keras.io/api/mixed_precision/policy/")


_batched = Condition("the array has a batch axis with elements", lambda spec: bool(spec.shape) and spec.size > 0)
_layers = numbers & ~named("complex64", "complex128")
_layers.text = "the elements are real numbers"


_MISFITS = ("ValueError", "TypeError", "IndexError", "InvalidArgumentError", "AttributeError", "NotImplementedError")


def _keras(name: str, run: str, *clauses: Clause, kind: str) -> EntryPoint:
    facts = (
        ("static.input", "getattr(x.dtype, 'name', x.dtype)"),
        ("static.dtype", "getattr(y.dtype, 'name', y.dtype)"),
        ("static.shape", "tuple(y.shape)"),
        *((f"symbolic_refusal.{key}", text) for key, (text, _) in _REFUSALS.items()),
        ("snapshot", run),
    )
    return form(
        name,
        _MODEL + run,
        facts,
        may_refuse(*_MISFITS, when=~(_layers & _batched), source=SEEN),
        *clauses,
        fact("static.input", same_dtype, when=_layers, source=documented(_INPUT, "dtype: The data type expected by the input")),
        fact("static.dtype", computed, when=_layers, source=_AUTOCAST),
        fact(
            "static.shape",
            partial_shape,
            when=_layers,
            source=documented(_INPUT, "not including the batch size"),
        ),
        *during(
            "tensorflow<2.16",  # And with it Keras 2.
            *(
                fact(f"symbolic_refusal.{key}", expected, source=observed("tensorflow 2.15"))
                for key, expected in _KERAS_2.items()
            ),
        ),
        *(fact(f"symbolic_refusal.{key}", raises(error), source=SEEN) for key, (_, error) in _REFUSALS.items()),
        kept("live", SEEN),
        dtype(computed, when=_layers, source=_AUTOCAST),
        values("astype", source=_AUTOCAST),
        may_share(source=SEEN),
        kind=kind,
    )


KERAS: tuple[EntryPoint, ...] = (
    _keras("tf.keras.Model(ndarray)", "m(a)", kind="tf."),
    _keras("tf.keras.Model.predict(ndarray)", "m.predict(a, verbose=0)", kind="numpy."),
)

# -- what survives, and what is known ------------------------------------------------------------------------------------------

_SAVED = """import tempfile
m = tf.Module()
m.f = tf.function(lambda: tf.constant(a), autograph=False, input_signature=[])
with tempfile.TemporaryDirectory() as folder:
    tf.saved_model.save(m, folder)
    loaded = tf.saved_model.load(folder)
loaded.f()"""
_KNOWN = """seen = []
f = tf.function(lambda: seen.append(tf.constant(a)), autograph=False)
f()
tf.get_static_value(seen[0])"""

OTHERS: tuple[EntryPoint, ...] = (
    form(
        "tf.saved_model[tf.constant(ndarray)]",
        _SAVED,
        (
            ("static.dtype", "loaded.f.get_concrete_function().outputs[0].dtype.name"),
            ("static.shape", "tuple(loaded.f.get_concrete_function().outputs[0].shape)"),
            ("snapshot", "loaded.f()"),
            _EAGER,
        ),
        kept("snapshot", BAKED),
        *COPIED,
        *_PIPELINE,
    ),
    form(
        "tf.get_static_value(tf.constant(ndarray))",
        _KNOWN,
        (("snapshot", "tf.get_static_value(seen[0])"), _EAGER),
        copies(source=SEEN),
        kept("snapshot", BAKED),
        *REFUSED,
        *FETCHED,
        AGREES,
        kind="numpy.",
    ),
)

ENTRY_POINTS: tuple[EntryPoint, ...] = (*DATA, *KERAS, *OTHERS)
