"""NumPy to the graphs of TensorFlow 1: constants, placeholders that are fed, and what a session fetches."""

from __future__ import annotations

from .....strategies.spec import Spec
from ....promises import Clause, EntryPoint, copies, documented, dtype, fact, may_share, raises, refuses, type_
from ....promises.conditions import rank_above, scalar
from ..into.words import DOCS, SEEN, objects, strings, texts
from .words import AGREES, BAKED, FETCHED, NO_ARRAY, REFUSED, asked, floats, form, kept, known, partial_shape

_PLACEHOLDER = f"{DOCS}/compat/v1/placeholder"
_UNFED = documented(_PLACEHOLDER, "This tensor will produce an error if evaluated. Its value must be fed")
_ANY_SHAPE = documented(_PLACEHOLDER, "If the shape is not specified, you can feed a tensor of any shape.")
_FED = documented(
    f"{DOCS}/compat/v1/Session",
    "the value may be a Python scalar, string, list, or numpy ndarray that can be converted to the same dtype as that tensor",
)
_DEFAULT = documented(
    f"{DOCS}/compat/v1/placeholder_with_default", "A placeholder op that passes through input when its output is not fed."
)
_DTYPE = "tf.as_dtype(np.asarray(a).dtype.newbyteorder('='))"
#: A default without rows, of arrays like this one.
_NO_ROWS = """none = np.zeros((0, *np.shape(a)), np.asarray(a).dtype.newbyteorder('='))
p = tf.compat.v1.placeholder_with_default(none, [None, *np.shape(a)])"""
#: One text is fetched as bytes, or as the text that was fed, one object as it is: they have no dtype.
_ONE_TEXT: tuple[Clause, ...] = (
    type_("builtins.bytes", "builtins.str", "numpy.", when=scalar & (texts | strings), source=SEEN),
    type_(when=scalar & objects, source=SEEN),
    dtype(lambda spec: None, when=scalar & (texts | strings | objects), source=SEEN),
)
_FETCH: tuple[Clause, ...] = (*REFUSED, *_ONE_TEXT, *FETCHED, *NO_ARRAY, AGREES)
_EAGER = ("eager_agreement", "tf.constant(a)")


def _graph(make: str, run: str) -> str:
    """A graph made by these lines, in a session of its own, that is run."""
    lines = "\n".join(f"    {line}" for line in make.splitlines())
    return f"with tf.Graph().as_default():\n{lines}\n    s = tf.compat.v1.Session()\n{run}"


def _placeholder(name: str, shape: str, *clauses: Clause, run: str = "s.run(q, {p: a})") -> EntryPoint:
    make = f"p = tf.compat.v1.placeholder({_DTYPE}{shape})\nq = tf.identity(p)\n"
    make += "g = tf.compat.v1.gradients(2 * q, p) if p.dtype in (tf.float16, tf.float32, tf.float64) else None"
    facts = (
        *asked("p"),
        ("static.has_no_value", "tf.get_static_value(p) is None"),
        ("static.unfed", "s.run(q)"),
        ("snapshot", "s.run(q, {p: a})"),
        ("gradient.fed", "bool((s.run(g, {p: a})[0] == 2).all())"),
        _EAGER,
    )
    return form(
        f"tf.compat.v1.placeholder[{name}]",
        _graph(make, run),
        facts,
        *clauses,
        may_share(source=SEEN),
        fact("static.has_no_value", True, source=_UNFED),
        fact("static.unfed", raises("InvalidArgumentError"), source=_UNFED),
        fact("gradient.fed", True, when=floats, source=SEEN),
        kept("live", _FED),
        *known(),
        *_FETCH,
        kind="numpy.",
    )


def _any_rows(spec: Spec) -> tuple[int | None, ...]:
    """the source's shape but for its first axis"""
    return (None, *spec.shape)


ENTRY_POINTS: tuple[EntryPoint, ...] = (
    form(
        "tf.Graph[tf.constant(ndarray)]",
        _graph("c = tf.constant(a)", "s.run(c)"),
        (*asked("c"), ("snapshot", "s.run(c)"), _EAGER),
        copies(source=SEEN),
        kept("snapshot", BAKED),
        *known(),
        *_FETCH,
        kind="numpy.",
    ),
    _placeholder("shape", ", np.shape(a)"),
    _placeholder("no shape", "", *known(False, source=_ANY_SHAPE)),
    _placeholder("partial shape", ", [None, *np.shape(a)[1:]][:np.ndim(a)]", *known(partial_shape)),
    _placeholder("fed and fetched itself", ", np.shape(a)", run="s.run(p, {p: a})"),
    form(
        "tf.compat.v1.placeholder_with_default",
        _graph("p = tf.compat.v1.placeholder_with_default(a, np.shape(a))", "s.run(p)"),
        (*asked("p"), ("snapshot", "s.run(p)"), _EAGER),
        copies(source=SEEN),
        kept("snapshot", _DEFAULT),
        *known(),
        *_FETCH,
        kind="numpy.",
    ),
    form(
        "tf.compat.v1.placeholder_with_default[fed]",
        _graph(
            _NO_ROWS,
            "s.run(p, {p: np.expand_dims(a, 0)})[0]",
        ),
        (*asked("p"), ("snapshot", "s.run(p, {p: np.expand_dims(a, 0)})"), _EAGER),
        # The batch axis that is added to feed some rows is one too many.
        refuses("ValueError", "TypeError", when=rank_above(63), source=SEEN),
        fact("eager_agreement", False, when=rank_above(63), source=SEEN),
        may_share(source=SEEN),
        kept("live", _DEFAULT),
        *known(_any_rows),
        *_FETCH,
        kind="numpy.",
    ),
)
