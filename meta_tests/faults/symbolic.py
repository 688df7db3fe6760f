"""Faults of symbolic forms: their calls and facts with some words replaced, for a form is text that a framework traces."""

from __future__ import annotations

from dataclasses import dataclass, replace

from tensor_conformance.conformance.promises import EntryPoint
from tensor_conformance.conformance.subject.facts import COMPARED


@dataclass(frozen=True)
class Rewritten:
    """One seeded fault; what it has in common with `meta_tests.faults.Fault` reads the same.

    name   what is wrong, in words
    words  of the call and its facts, in whose place `fault` is written; there, `kept` is the array as it was first
    """

    law: str
    entry: str
    name: str
    words: str
    fault: str
    deed: None = None

    @property
    def id(self) -> str:
        return f"{self.law}: {self.entry}: {self.name}"

    def seeded_in(self, entry: EntryPoint, run: str = "") -> EntryPoint:
        """The entry point with the fault in its call; nothing is kept from one `run` to another."""
        # Another way of computing the same is what a fault is compared with: it stays.
        facts = tuple((name, text if name in COMPARED else text.replace(self.words, self.fault)) for name, text in entry.facts)
        call = entry.call.replace(self.words, self.fault)
        changed = replace(entry, call=f"kept = a.copy()\n{call}" if "kept" in call else call, facts=facts, _topics={})
        assert changed.question != entry.question, "the fault was not planted"
        return changed


CONSTANT = "tf.function[tf.constant(ndarray)]"
ARGUMENT = "tf.function[ndarray]"
PLACEHOLDER = "tf.compat.v1.placeholder[shape]"
PARTIAL = "tf.compat.v1.placeholder[partial shape]"
KERAS = "tf.keras.Model(ndarray)"
TRACE = "torch.jit.trace[torch.tensor(ndarray)]"
FED = "torch.compile[eager][fed ndarray]"
META = "torch.tensor(ndarray, device='meta')"
ADD = "torch.compile[eager][numpy add 1]"

_RUN_LATE = "lambda: tf.py_function(lambda: a, [], tf.float32)"
_TRACED_ANEW = "f = lambda x: tf.function(lambda x: (seen.append(x), x)[1], autograph=False)(x)"
_TRACED_ONCE = "f = tf.function(lambda x: (seen.append(x), x)[1], autograph=False)"

FAULTS = (
    Rewritten("values", CONSTANT, "zero loses its sign", "tf.constant(a)", "tf.constant(a) + 0"),
    Rewritten("eager_agreement", CONSTANT, "zero loses its sign", "tf.constant(a)", "tf.constant(a) + 0"),
    Rewritten("values", PLACEHOLDER, "truths are inverted", "{p: a}", "{p: ~a}"),
    Rewritten("snapshot", CONSTANT, "it follows the array", "lambda: tf.constant(a)", _RUN_LATE),
    Rewritten("snapshot", PLACEHOLDER, "the first array is fed again", "s.run(q, {p: a})", "s.run(q, {p: kept})"),
    Rewritten("snapshot", TRACE, "it follows the array", "torch.tensor(a)", "torch.from_numpy(a)"),
    Rewritten("static", CONSTANT, "the shape is lost", "lambda: tf.constant(a)", _RUN_LATE),
    Rewritten("static", PARTIAL, "the shape is lost", "[None, *np.shape(a)[1:]][:np.ndim(a)]", "None"),
    Rewritten("static", PLACEHOLDER, "it has a value", "p = tf.compat.v1.placeholder(", "p = (lambda *_: tf.constant(a))("),
    Rewritten("static", KERAS, "the dtype is another", "Identity()", "Identity(dtype='float64')"),
    Rewritten("static", META, "the dtype is another", "device='meta')", "device='meta').double()"),
    Rewritten("retrace", ARGUMENT, "every call is traced", _TRACED_ONCE, _TRACED_ANEW),
    Rewritten("retrace", ARGUMENT, "the old array is met again", "(seen.append(x), x)[1]", "(seen.append(x), tf.constant(a))[1]"),
    Rewritten(
        "retrace", FED, "every call is traced", "\nf(a)", "\nf = (lambda g: lambda x: (torch._dynamo.reset(), g(x))[1])(f)\nf(a)"
    ),
    Rewritten("symbolic_refusal", META, "it has a value", "r = torch.tensor(a, device='meta')", "r = torch.tensor(a)"),
    Rewritten("gradient", ARGUMENT, "gradients stop", "y = 2 * f(x)", "y = 2 * tf.stop_gradient(f(x))"),
    Rewritten("numpy_semantics", ADD, "it divides", "lambda x: x + 1,", "lambda x: x / 2,"),
    Rewritten("numpy_semantics", ADD, "it adds too much", "lambda x: x + 1,", "lambda x: x + 2,"),
    Rewritten("size_limit", CONSTANT, "it is not asked", "np.broadcast_to(np.uint8(0), (1 << 31,))", "np.uint8(0)"),
)
