"""NumPy to TensorFlow: arrays inside Python lists, which are iterated over like any list, down to Python numbers.

Looked at and left out: lists of several arrays (in arrays of a container "list", that is what every call is handed).
"""

from __future__ import annotations

from .....strategies.spec import Spec
from ....promises import Clause, EntryPoint, copies, documented, dtype, may_refuse, refuses, shape, values
from ....promises.conditions import container_in, empty
from .words import (
    DOCS,
    ITEM_REFUSALS,
    OF_ITS_OWN_IN_GRAPHS,
    SEEN,
    buffer,
    dlpack_object,
    entry,
    exporter,
    list_dtype,
    objects,
    strings,
)


def _with_one_more_axis(spec: Spec) -> tuple[int, ...]:
    """one leading axis of length 1 before the source's shape"""
    return (1, *spec.shape)


def _flat(spec: Spec) -> tuple[int, ...]:
    """one axis, as long as the array has elements"""
    return (spec.size,)


_masked = container_in("masked")
_ANY = ("ValueError", "TypeError", "NotImplementedError", "OverflowError")
_LISTED: tuple[Clause, ...] = (
    # A graph makes an array of the list, whose dtype it keeps, where eager code goes through Python numbers.
    OF_ITS_OWN_IN_GRAPHS,
    # What cannot be iterated over is no list.
    refuses("ValueError", "TypeError", when=dlpack_object | exporter, source=SEEN),
    # Masked elements are objects of their own: 0.0, among numbers of any other dtype.
    may_refuse(*_ANY, when=buffer | _masked, source=SEEN),
    *ITEM_REFUSALS,
    dtype(lambda spec: None, when=objects | buffer | _masked, source=SEEN),
    dtype(list_dtype, source=SEEN),
    # A Python sequence has no axes behind an empty one.
    shape(lambda spec: None, when=empty | objects | buffer, source=SEEN),
    values("unspecified", when=_masked, source=SEEN),
    values("astype", source=SEEN),
    copies(source=SEEN),
)

ENTRY_POINTS: tuple[EntryPoint, ...] = (
    entry("tf.constant[list]", "tf.constant([a])", *_LISTED, shape(_with_one_more_axis, source=SEEN)),
    entry(
        "tf.ragged.constant",
        "tf.ragged.constant([[a]]).flat_values",
        may_refuse("TypeError", "ValueError", when=strings & ~dlpack_object & ~exporter, source=SEEN),
        *_LISTED,
        shape(
            _flat,
            source=documented(f"{DOCS}/ragged/constant", "All scalar values in pylist must have the same nesting depth K"),
        ),
    ),
)
