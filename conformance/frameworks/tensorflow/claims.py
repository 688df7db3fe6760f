"""What people say of TensorFlow and arrays, each with a verdict and the evidence."""

from __future__ import annotations

from ....strategies.spec import ArraySpec
from ...promises.claims import Claim

_SWAPPED = ArraySpec(">int32", (2,), (4,), 0, 8, planted=((0, 1),))
_GRAPH = """g = tf.Graph()
with g.as_default():
    p = tf.compat.v1.placeholder({})
    q = tf.identity(p)
    s = tf.compat.v1.Session()
"""
_UNFED = ("raised", "InvalidArgumentError", "OpError", "Exception")

CLAIMS: tuple[Claim, ...] = (
    Claim(
        "tf.constant is the primary route and infers the dtype from the array",
        "tensorflow",
        "true",
        "tf.constant takes the array eagerly and in graphs, and its dtype is the array's, in native byte order",
        (
            ("tf.constant(a).dtype.name", "float32"),
            ("tf.constant(a.astype('float16')).dtype.name", "float16"),
            ("tf.function(lambda: tf.constant(a), autograph=False).get_concrete_function().output_dtypes.name", "float32"),
        ),
    ),
    Claim(
        ".numpy() gives the same values back",
        "tensorflow",
        "true",
        "of an eager tensor, bit for bit; a symbolic tensor has no .numpy() at all",
        (
            ("tf.constant(a).numpy().tobytes() == a.tobytes()", True),
            ("tf.constant(a.astype('>f4')).numpy().tobytes() == a.tobytes()", True),
            (
                "tf.function(lambda: tf.constant(a).numpy(), autograph=False)()",
                ("raised", "AttributeError", "Exception"),
            ),
        ),
    ),
    Claim(
        "the same values come back out of a graph, too",
        "tensorflow",
        "partly",
        "arrays in another byte order than the machine's are scrambled: 1 comes back as 16777216",
        (
            ("tf.function(lambda: tf.constant(a), autograph=False)().numpy().tolist()", (16777216, 0)),
            ("tf.constant(a).numpy().tolist()", (1, 0)),
            ("tf.function(lambda x: x, autograph=False)(a).numpy().tolist()", (1, 0)),
        ),
        spec=_SWAPPED,
    ),
    Claim(
        "tf.placeholder never holds a value",
        "tensorflow",
        "true",
        "nothing is known of it but dtype and shape, and a session that is not fed raises InvalidArgumentError",
        (
            ("tf.get_static_value(p) is None", True),
            ("s.run(q)", _UNFED),
            ("s.run(q, {p: a}).tobytes() == a.tobytes()", True),
            ("s.run(q)", _UNFED),
        ),
        before=_GRAPH.format("tf.float32, [2, 3]"),
    ),
    Claim(
        "tf.placeholder errors without a shape",
        "tensorflow",
        "false",
        "the shape is optional: without one, arrays of any shape can be fed. What errors is a placeholder in eager mode",
        (
            ("p.shape.rank is None", True),
            ("s.run(q, {p: a}).tobytes() == a.tobytes()", True),
            ("s.run(q, {p: a[0]}).tobytes() == a[0].tobytes()", True),
            ("tf.compat.v1.placeholder(tf.float32, [2, 3])", ("raised", "RuntimeError", "Exception")),
            ("hasattr(tf, 'placeholder')", False),
        ),
        before=_GRAPH.format("tf.float32"),
    ),
    Claim(
        "tf.Variable can be built from an array",
        "tensorflow",
        "true",
        "with the array's dtype, shape and values; inside a tf.function only on the first call",
        (
            ("tf.Variable(a).numpy().tobytes() == a.tobytes()", True),
            ("(tf.Variable(a).dtype.name, tuple(tf.Variable(a).shape))", ("float32", (2, 3))),
            ("tf.function(lambda: tf.Variable(a), autograph=False)()", ("raised", "ValueError", "Exception")),
        ),
    ),
    Claim(
        "Variable.assign(ndarray) is refused and needs tf.constant first",
        "tensorflow",
        "false",
        "assign takes the array as it is, eagerly and in a tf.function, and even in another byte order",
        (
            ("v.assign(a).numpy().tobytes() == a.tobytes()", True),
            ("v.assign(a.astype('>f4')).numpy().tobytes() == a.tobytes()", True),
            ("tf.function(lambda: v.assign(a + 1), autograph=False)().numpy().tobytes() == (a + 1).tobytes()", True),
            ("v.assign(a[0])", ("raised", "ValueError", "Exception")),
            ("v.assign(a.astype('f8')).dtype.name", "float32"),
        ),
        before="v = tf.Variable(np.zeros_like(a))\n",
    ),
    Claim(
        "a direct, lossless conversion of an array to a symbolic tensor is generally impossible",
        "tensorflow",
        "false",
        "a graph takes the array in one call and gives every bit back: signed zeros, NaN payloads, empty and 0-d arrays",
        (
            ("back(a) == a.tobytes()", True),
            ("back(np.array([-0.0, 0.0, np.inf], 'f4')) == np.array([-0.0, 0.0, np.inf], 'f4').tobytes()", True),
            ("back(np.array([0x7f800001, 0xffc00123], 'u4').view('f4')).hex()", "0100807f2301c0ff"),
            ("back(np.zeros((0, 3), 'f4')) == b''", True),
            ("back(np.array(7, 'i8')) == np.array(7, 'i8').tobytes()", True),
        ),
        before="back = lambda b: tf.function(lambda x: x, autograph=False)(b).numpy().tobytes()\n",
    ),
    Claim(
        "a symbolic tensor can be turned into an array",
        "tensorflow",
        "false",
        "it has no value: NumPy's functions raise NotImplementedError, and none gives an array of objects",
        (
            ("np.asarray(c)", ("raised", "NotImplementedError", "RuntimeError", "Exception")),
            ("np.array([c], dtype=object)", ("raised", "NotImplementedError", "RuntimeError", "Exception")),
            ("c.numpy()", ("raised", "AttributeError", "Exception")),
        ),
        before="c = tf.function(lambda: tf.constant(a), autograph=False).get_concrete_function().outputs[0]\n",
    ),
)
