"""Claims about NumPy and symbolic tensors that people repeat, each with a verdict and the evidence.

A claim is a few expressions; what they give is the evidence. `verdict` is what the releases that were asked show today; a
release that changes it fails the test, for a change is news. The verdicts were the same in the oldest releases that install
on Python 3.11 and were tried, TensorFlow 2.12.1 and PyTorch 2.1.2.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from strategies.spec import ArraySpec

_FLOATS = ArraySpec("float32", (2, 3), (12, 4), 0, 24, seed=7)
_SWAPPED = ArraySpec(">int32", (2,), (4,), 0, 8, planted=((0, 1),))


@dataclass(frozen=True)
class Claim:
    """Something that is said of a framework.

    says      the claim, in the words in which it goes around
    framework of which it is said
    verdict   "true", "false", or "partly": true but for what `because` tells
    because   the evidence in a sentence
    evidence  (expression over the array `a` and what `before` names, what it gives): the claim's truth is theirs
    spec      the array
    before    lines that make the names of the expressions
    """

    says: str
    framework: str
    verdict: str
    because: str
    evidence: tuple[tuple[str, object], ...]
    spec: ArraySpec = _FLOATS
    before: str = ""


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
        "torch.tensor copies, infers or takes the dtype, and takes requires_grad",
        "torch",
        "true",
        "the tensor does not follow the array, has its dtype or the one asked for, and asks for gradients when told to",
        (
            ("np.shares_memory(torch.tensor(a).numpy(), a)", False),
            ("str(torch.tensor(a).dtype)", "torch.float32"),
            ("str(torch.tensor(a, dtype=torch.float64).dtype)", "torch.float64"),
            ("torch.tensor(a, requires_grad=True).requires_grad", True),
            ("torch.tensor(a).requires_grad", False),
        ),
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
        "a direct, lossless conversion of an array to a symbolic tensor is generally impossible",
        "torch",
        "false",
        "traced, exported and compiled programs take torch.from_numpy(array) as it is, and share its memory",
        (
            ("same(torch.jit.trace(lambda x: torch.from_numpy(a), torch.zeros(1))(torch.zeros(1)))", True),
            ("same(torch.fx.symbolic_trace(lambda x: torch.from_numpy(a))(torch.zeros(1)))", True),
            ("same(torch.compile(lambda: torch.from_numpy(a), backend='eager', fullgraph=True)())", True),
        ),
        before="same = lambda t: t.numpy().tobytes() == a.tobytes()\n",
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


def claim_row(claim: Claim, holds: bool) -> dict[str, Any]:
    """A claim as a row of the results file."""
    return {
        "kind": "claim",
        "claim": claim.says,
        "framework": claim.framework,
        "verdict": claim.verdict,
        "because": claim.because,
        "holds": holds,
    }
