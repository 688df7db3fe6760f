"""NumPy to TensorFlow's symbolic forms: `tf.function` here, the others in the modules beside this one."""

from __future__ import annotations

from ....promises import Clause, EntryPoint, copies, documented, dtype, fact, may_refuse, may_share, raises, shape, values
from ....promises.conditions import empty
from ..into.words import CAUTION, COPIED, DOCS, SEEN, numbers, rare, texts
from . import graphs, others
from .words import (
    AGREES,
    BAKED,
    KEPT,
    NO_ARRAY,
    REFUSED,
    RETRACING,
    STATE,
    TOO_LARGE,
    asked,
    floats,
    form,
    kept,
    known,
    partial_shape,
)

_ONCE = fact("retrace.calls", 1, source=RETRACING)
_CONVERTED: tuple[Clause, ...] = (*REFUSED, *KEPT, *known(), *NO_ARRAY, AGREES)
_TWO_GB = "tf.function(lambda: tf.constant(np.broadcast_to(np.uint8(0), (1 << 31,))), autograph=False)()"
_NUMPY_FUNCTION = documented(f"{DOCS}/numpy_function", "numpy.ndarrays of func are not guaranteed to be copies.")

# -- arrays that the body of a tf.function meets ----------------------------------------------------------------------------

_OUTPUT = "f.get_concrete_function().outputs[0]"
_BODY_FACTS = (("snapshot", "f()"), ("retrace.calls", "(f(), f.experimental_get_tracing_count())[1]"), *asked(_OUTPUT))


def _body(name: str, body: str, *clauses: Clause, eager: str = "tf.constant(a)", before: str = "") -> EntryPoint:
    """A tf.function without arguments."""
    call = f"{before}f = tf.function(lambda: {body}, autograph=False)\nf()"
    facts = (*_BODY_FACTS, ("eager_agreement", eager), ("size_limit.2GB", _TWO_GB))
    facts = facts if name == "tf.constant(ndarray)" else facts[:-1]
    return form(f"tf.function[{name}]", call, facts, *clauses, _ONCE, *_CONVERTED)


_BAKED = (kept("snapshot", BAKED), *COPIED)
_AS_DTYPE = "tf.as_dtype(np.asarray(a).dtype.newbyteorder('='))"

BODIES: tuple[EntryPoint, ...] = (
    _body(
        "tf.constant(ndarray)",
        "tf.constant(a)",
        fact("size_limit.2GB", raises("ValueError"), source=TOO_LARGE),
        *_BAKED,
    ),
    _body("tf.convert_to_tensor(ndarray)", "tf.convert_to_tensor(a)", *_BAKED),
    _body("tf.identity(ndarray)", "tf.identity(a)", *_BAKED),
    _body("returns ndarray", "a", *_BAKED),
    _body("captures tf.constant(ndarray)", "tf.identity(t)", *_BAKED, before="t = tf.constant(a)\n"),
    _body(
        "numpy_function returns ndarray",
        f"tf.numpy_function(lambda: a, [], {_AS_DTYPE})",
        *known(shape_=False),
        kept("live", _NUMPY_FUNCTION),
        may_share(source=_NUMPY_FUNCTION),
    ),
    _body(
        "py_function returns ndarray",
        f"tf.py_function(lambda: a, [], {_AS_DTYPE})",
        *known(shape_=False),
        kept("live", SEEN),
        may_share(source=CAUTION),
    ),
)

# -- arrays that are handed to a tf.function --------------------------------------------------------------------------------

_GRADIENT = documented(f"{DOCS}/GradientTape", "Tensors can be manually watched by invoking the watch method")
_ARGUMENT_FACTS = (
    *asked("seen[0]"),
    ("snapshot", "f(a)"),
    ("retrace.equal_shape", "(f(np.array(a)), len(seen))[1]"),
    ("retrace.values", "bool(tf.reduce_all(f(np.full_like(a, 3)) == 3))"),
    ("gradient.fed", "bool(tf.reduce_all(d(tf.constant(np.array(a))) == 2))"),
    ("eager_agreement", "tf.convert_to_tensor(a)"),
)
_DERIVATIVE = """
def d(x):
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = 2 * f(x)
    return tape.gradient(y, x)"""


def _argument(name: str, signature: str = "", *clauses: Clause) -> EntryPoint:
    """A tf.function with one argument."""
    call = f"seen = []\nf = tf.function(lambda x: (seen.append(x), x)[1], autograph=False{signature}){_DERIVATIVE}\nf(a)"
    return form(
        f"tf.function[{name}]",
        call,
        _ARGUMENT_FACTS,
        *clauses,
        kept("live", SEEN),
        fact("retrace.equal_shape", 1, source=RETRACING),
        fact("retrace.values", True, when=floats, source=RETRACING),
        fact("gradient.fed", True, when=floats, source=_GRADIENT),
        *COPIED,
        *_CONVERTED,
    )


_SCALAR = "np.asarray(a).reshape(-1)[0]"
_TAKEN = numbers & ~empty
_TAKEN.text = "the array has a first element, a number"


def _other_argument(name: str, argument: str, other: str, eager: str, taken: str) -> EntryPoint:
    """A tf.function with an argument that is no array."""
    call = f"seen = []\nf = tf.function(lambda x: (seen.append(x), {taken})[1], autograph=False)\nf({argument})"
    return form(
        f"tf.function[{name}]",
        call,
        (("retrace.equal_shape", f"(f({other}), len(seen))[1]"), ("eager_agreement", eager)),
        may_refuse("Exception", when=~_TAKEN, source=SEEN),
        fact("retrace.equal_shape", 1, when=_TAKEN, source=RETRACING),
        fact("eager_agreement", True, when=_TAKEN, source=RETRACING),
        dtype(lambda spec: None, source=SEEN),
        shape(lambda spec: None, source=SEEN),
        values("unspecified", source=SEEN),
        kind="tf.",
    )


def _signature(shape: str) -> str:
    return f", input_signature=[tf.TensorSpec({shape}, {_AS_DTYPE})]"


ARGUMENTS: tuple[EntryPoint, ...] = (
    _other_argument("np.generic", _SCALAR, f"type({_SCALAR})(1)", f"tf.convert_to_tensor({_SCALAR})", "x"),
    _other_argument("list[ndarray]", "[a, a]", "[np.array(a), np.array(a)]", "tf.convert_to_tensor(a)", "x[1]"),
    _argument("ndarray"),
    _argument("ndarray, input_signature", _signature("np.shape(a)")),
    _argument(
        "ndarray, input_signature of partial shape", _signature("[None, *np.shape(a)[1:]][:np.ndim(a)]"), *known(partial_shape)
    ),
    _argument("ndarray, input_signature without shape", _signature("None"), *known(False)),
)

# -- variables ---------------------------------------------------------------------------------------------------------------

_SOME_KERNELS = may_refuse("InvalidArgumentError", "NotFoundError", "UnimplementedError", "TypeError", when=rare, source=SEEN)
_OWN = (kept("snapshot", STATE), copies(source=STATE))
_INSIDE = """box = []
def body():
    if not box:
        box.append(tf.Variable(a))
    return box[0].read_value()
f = tf.function(body, autograph=False)
f()"""
_ASSIGN = """v = tf.Variable(tf.zeros_like(tf.constant(a)))
f = tf.function(lambda: v.assign(a), autograph=False)
f()
v"""
#: A first trace creates the variable, a second one uses it.
_TWICE = fact("retrace.calls", 2, source=SEEN)

VARIABLES: tuple[EntryPoint, ...] = (
    _body(
        "reads tf.Variable(ndarray)",
        "v.read_value()",
        _SOME_KERNELS,
        *_OWN,
        before="v = tf.Variable(a)\n",
        eager="tf.Variable(a)",
    ),
    form(
        "tf.function[tf.Variable(ndarray) on the first call]",
        _INSIDE,
        (*_BODY_FACTS, ("eager_agreement", "tf.Variable(a)")),
        _SOME_KERNELS,
        *_OWN,
        _TWICE,
        *_CONVERTED,
    ),
    form(
        "tf.function[tf.Variable.assign(ndarray)]",
        _ASSIGN,
        (("snapshot", "(f(), v)[1]"), ("eager_agreement", "tf.Variable(tf.zeros_like(tf.constant(a))).assign(a)")),
        may_refuse("InvalidArgumentError", "NotFoundError", "UnimplementedError", "TypeError", when=rare | texts, source=SEEN),
        *_OWN,
        *_CONVERTED,
    ),
)

ENTRY_POINTS: tuple[EntryPoint, ...] = (
    *BODIES,
    *ARGUMENTS,
    *VARIABLES,
    *graphs.ENTRY_POINTS,
    *others.ENTRY_POINTS,
)
