"""NumPy's functions, handed a tensor: they give what they give for an array, or refuse."""

from __future__ import annotations

from types import MappingProxyType

from ..promises import Clause, EntryPoint, Source, documented, fact, type_
from ..promises.conditions import Condition, container_in
from .words import native, not_judged

#: Name to the function's call over "{}". Each stands for a way that NumPy goes: by a method of the tensor's if it has one of
#: that name, by its array, through its items, or by a ufunc whose result becomes a tensor again.
FUNCTIONS = MappingProxyType(
    {
        "np.argwhere": "np.argwhere({})",
        "np.concatenate": "np.concatenate([{0}, {0}])",
        "np.flip": "np.flip({})",
        "np.isnan": "np.isnan({})",
        "np.nonzero": "np.stack(np.nonzero({}))",
        "np.reshape": "np.reshape({}, -1)",
        "np.size": "np.size({})",
        "np.sort": "np.sort({})",
        "np.sum": "np.sum({})",
        "np.transpose": "np.transpose({})",
        "np.where": "np.where({}, 1, 2)",
    }
)
#: What it does in place.
SHUFFLE = "np.random.RandomState(0).shuffle(x)"
_SHUFFLED = f"(lambda x: ({SHUFFLE}, x)[1])(np.array(a))"

ARRAY_LIKE = documented(
    "https://numpy.org/doc/2.4/glossary.html#term-array_like", "Any argument accepted by numpy.array is array_like."
)
_NUMBERS = "bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 float16 float32 float64 complex64 complex128"
_plain = container_in("ndarray") & native(*_NUMBERS.split())
_plain.text = "the array is a plain ndarray of numbers"


def entry_points(
    framework: str, tensor: str, make: str, crosses: Condition, seen: Source, shuffles: bool
) -> tuple[EntryPoint, ...]:
    """The functions over a tensor that `make` makes of the array `a`.

    tensor    the type of tensors, as users name it
    crosses   the arrays of which one can be made
    seen      where refusals were observed
    shuffles  whether tensors can be changed in place
    """
    promise: tuple[Clause, ...] = (
        type_(source=seen),
        *not_judged(seen),
        fact("numpy_semantics", "unless refused", when=_plain & crosses, source=ARRAY_LIKE),
    )

    def entry(name: str, call: str, expected: str) -> EntryPoint:
        return EntryPoint(
            f"{name}({tensor})",
            f"x = {make}\n{call}",
            framework,
            "in",
            promise,
            facts=(("numpy_semantics", expected),),
            computes=True,
            eager=True,
        )

    functions = tuple(
        entry(name, f"np.asarray({call.format('x')})", f"np.asarray({call.format('a')})") for name, call in FUNCTIONS.items()
    )
    return (*functions, entry("np.random.shuffle", f"{SHUFFLE}\nnp.asarray(x)", _SHUFFLED)) if shuffles else functions
