"""NumPy to TensorFlow: arithmetic and comparisons of a tensor and an array.

Looked at and left out: the other operators and their functions (tf.multiply, tf.less, ...), which convert their operands alike;
tf.matmul (rounds); the bitwise ones.
"""

from __future__ import annotations

from ....promises import Clause, EntryPoint, documented, dtype, during, may_refuse, observed, shape, type_, values
from ....promises.conditions import container_in
from ...words import named, native, zeros_are_equal
from .ops import without
from .words import CONVERTED, COPIED, DOCS, REFUSALS, SEEN, SHAPE, buffer, entry, numbers, rare, sequence, strings_too, where

_DTYPE = "tf.constant(a).dtype"
_ONES = f"tf.ones(np.shape(a), {_DTYPE})"
_ZEROS = f"tf.zeros(np.shape(a), {_DTYPE})"
#: The one number that changes no float when it is added. Python's may come out of a cache as 0.0: that of an array does not.
_MINUS_ZEROS = f"tf.cast(tf.fill(np.shape(a), np.full((), -0.0, np.float32)), {_DTYPE})"

#: Kernels keep numbers, not the payload of a NaN; of complex numbers not the sign of a zero, nor infinity.
_ARITHMETIC: tuple[Clause, ...] = (
    values("unspecified", when=named("complex64", "complex128", "clongdouble"), source=SEEN),
    values("astype", source=SEEN),
    *CONVERTED,
)


_COMPARED: tuple[Clause, ...] = (
    *without(rare),
    dtype("bool", source=documented(f"{DOCS}/math/equal", "A tf.Tensor of type bool with the same size as that of x or y.")),
    values("unspecified", when=~numbers | sequence | buffer | named("bool"), source=SEEN),
    values(zeros_are_equal, source=documented(f"{DOCS}/math/equal", "Returns the truth value of (x == y) element-wise.")),
    *REFUSALS,
    *SHAPE,
    *COPIED,
)

#: Memoryviews and masked arrays compare with anything themselves.
_OWN_ANSWER = where(
    buffer | container_in("masked"),
    type_(source=SEEN),
    may_refuse("ValueError", "TypeError", "InvalidArgumentError", "NotImplementedError", source=SEEN),
    dtype(lambda spec: None, source=SEEN),
    shape(lambda spec: None, source=SEEN),
    values("unspecified", source=SEEN),
)

_NO_BOOL = during("tensorflow<2.19", may_refuse("InvalidArgumentError", when=native("bool"), source=observed("tensorflow 2.18")))

ENTRY_POINTS: tuple[EntryPoint, ...] = (
    # Times 1, plus -0 and minus 0 keep even the sign of a zero.
    entry("tf.Tensor * ndarray", f"{_ONES} * a", *_NO_BOOL, *without(strings_too | rare), *_ARITHMETIC),
    entry("tf.Tensor + ndarray", f"{_MINUS_ZEROS} + a", *without(strings_too | rare | native("bool")), *_ARITHMETIC),
    entry("tf.add", f"tf.add(a, {_MINUS_ZEROS})", *without(strings_too | rare | native("bool")), *_ARITHMETIC),
    entry("ndarray - tf.Tensor", f"a - {_ZEROS}", *without(strings_too | rare | native("bool")), *_ARITHMETIC),
    entry("tf.Tensor == ndarray", f"{_ZEROS} == a", *_COMPARED),
    entry("ndarray == tf.Tensor", f"a == {_ZEROS}", *_OWN_ANSWER, *_COMPARED),
)
