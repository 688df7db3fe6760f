"""Which inputs are put under which pressure: a few that stand for all that an entry point was seen to do."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import zip_longest
from typing import Any, NamedTuple

from ...strategies import dtypes
from ...strategies.draw import MAX_SIZE
from ...strategies.spec import ArraySpec, Spec, TensorSpec, c_strides
from ..promises.entry_point import Cost
from ..subject.observation import Observation
from .palettes import is_palette
from .tally import plainness

Shown = tuple[Spec, Observation]


class Pressing(NamedTuple):
    """Of the inputs of an entry point that ended in one of `endings`, the plainest of each `kind`, `most` at most."""

    endings: tuple[str, ...]
    kind: Callable[[Any, Observation], Any]
    most: int


_BOTH = ("ok", "raised")

#: Kinds of input that a pressure sees at most, where they are told apart by dtype.
MANY_KINDS = 32

#: Pressure to the inputs that are put under it; `overwrite` makes its own.
PRESSED = {
    "drop": Pressing(("ok",), lambda spec, seen: (seen.headline, *_place_or_dtype(spec)), 3 * MANY_KINDS),
    "many": Pressing(_BOTH, lambda spec, seen: (seen.headline, min(_scale(spec), 1), spec.container), 8),
    "crowd": Pressing(_BOTH, lambda spec, seen: (seen.headline, _scale(spec)), 9),
    "again": Pressing(_BOTH, lambda spec, seen: (seen.outcome, spec.dtype), MANY_KINDS),
    "first": Pressing(("ok",), lambda spec, seen: bool(seen.warnings), 2),
    "settings": Pressing(_BOTH, lambda spec, seen: (seen.outcome, spec.dtype, len(spec.shape) > 2), 2 * MANY_KINDS),
    "contexts": Pressing(("ok",), lambda spec, seen: spec.dtype, 12),
    "forms": Pressing(("ok",), lambda spec, seen: (spec.dtype, bool(spec.shape)), 2 * MANY_KINDS),
    "capsule": Pressing(_BOTH, lambda spec, seen: seen.headline, 6),
}
#: By profile: of the kinds one in so many is pressed, the plainest first; where kinds are few, a quick run alone leaves some out.
SHARE = {"quick": 4, "default": 2, "thorough": 1}
#: Bytes of an array that frameworks split among threads, at 32,768 elements.
SPLIT = 1 << 18
#: Bytes of the copies that are raced by an overwrite, by profile.
RACED = {"quick": (1 << 12,), "default": (1 << 12, 1 << 22), "thorough": (1 << 12, 1 << 24, 1 << 26)}


def chosen(shown: Iterable[Shown], profile: str, pace: Cost = "usual", large: bool = True) -> Iterator[tuple[str, list[Spec]]]:
    """Pressure and the specs to put under it, from what the grid has shown.

    pace   "slow" calls see two of each and no large copies, still slower ones one
    large  whether megabytes are converted, too
    """
    quick = profile == "quick"
    most = {"usual": None, "slow": 1 if quick else 2}.get(pace, 1)
    plain = sorted(shown, key=lambda one: plainness(one[0]))
    # Where kinds are many, refusals take the room that answers leave.
    answers_first = sorted(plain, key=lambda one: one[1].outcome != "ok")
    # Code around a conversion may change any value: what holds them all comes first.
    values_first = sorted(plain, key=lambda one: not (is_palette(one[0]) and one[0].size <= MAX_SIZE and _is_common(one[0])))
    groups: dict[str, list[Shown]] = {}
    for one in plain:
        groups.setdefault(_size_or_home(one[0]), []).append(one)
    for pressure, pressing in PRESSED.items():
        if pressure not in _asked(pace, quick):
            continue
        room = -(-pressing.most // SHARE[profile]) if quick or pressing.most >= MANY_KINDS else pressing.most
        order = answers_first if pressing.most >= MANY_KINDS else plain
        if pressure == "contexts" or (pressure == "settings" and most):
            order = values_first
        fits = _WHICH.get(pressure, _any)
        if quick and pressure == "first":  # Each takes two processes of its own.
            order = [one for one in order if one[1].warnings]
        kinds = (_of_each_kind(pressing, fits, part) for part in (groups.values() if pressure == "drop" else (order,)))
        # In turn: none leaves the others without room.
        pressed = [spec for turn in zip_longest(*kinds) for spec in turn if spec is not None][:room][:most]
        yield pressure, [*map(_counted_up, pressed)] if pressure == "forms" else pressed
    copied = next((one for one in plain if one[1].aliasing == "copies" and one[0].itemsize and _is_home(one[0])), None)
    if copied is not None:
        spec, seen = copied
        sizes = RACED[profile][: None if large and not most and seen.type not in _PYTHON else 1]
        if len(sizes) > 1:
            yield "", [_counted_up(_enlarged(spec, SPLIT))]
        yield "overwrite", [_enlarged(spec, nbytes) for nbytes in sizes]


def _of_each_kind(pressing: Pressing, fits: Callable[[Spec], bool], shown: Iterable[Shown]) -> list[Spec]:
    """The first of each kind."""
    found: dict[Any, Spec] = {}
    for spec, seen in shown:
        if seen.outcome in pressing.endings and fits(spec) and spec.size:
            found.setdefault(pressing.kind(spec, seen), spec)
    return list(found.values())


def _asked(pace: Cost, quick: bool) -> tuple[str, ...]:
    """The pressures that calls of this pace are put under: still slower ones than slow only what takes few conversions."""
    if pace in ("usual", "slow"):
        return tuple(PRESSED)
    return ("drop",) if quick and pace == "compiled" else ("drop", "again")


#: Results that take an object for each element.
_PYTHON = ("list", "int", "float", "complex", "bool")


def _place_or_dtype(spec: Spec) -> tuple[Any, ...]:
    """What tells inputs apart whose lifetimes may differ: where they live, and of those at home their dtype and size."""
    return (spec.dtype, _scale(spec)) if _is_home(spec) else spec.traits[1:]


def _size_or_home(spec: Spec) -> str:
    """The size of what is at home; of the rest, whether it is in other memory."""
    if _is_home(spec):
        return f"size {_scale(spec)}"
    return "elsewhere" if spec.traits[1] != "plain" else "in another shape"


def _scale(spec: Spec) -> int:
    """0 for one element at most, 2 for many: memory is used and let go otherwise."""
    return (spec.size > 1) + (spec.size > MAX_SIZE)


def _counted_up(spec: Spec) -> Spec:
    """The same input with small numbers, no two neighbours alike: what becomes of special ones is for other laws."""
    return spec._replace(seed=1, planted=())  # type: ignore[no-any-return]


def _is_plain_array(spec: Spec) -> bool:
    """An array that is nothing else, in native byte order: NumPy makes native scalars of swapped arrays."""
    if not isinstance(spec, ArraySpec) or spec.container != "ndarray" or spec.memory != "plain":
        return False
    return spec.is_native and spec.dtype not in dtypes.POINTERS


def _is_plain_numbers(spec: Spec) -> bool:
    """Numbers of NumPy's own dtypes; those of `dtypes.EXTENDED` count in subnormals, which have laws enough."""
    return _is_plain_array(spec) and spec.dtype not in dtypes.EXTENDED and dtypes.dtype(spec.dtype).kind in "biufc"


def _is_common(spec: Spec) -> bool:
    """Numbers that every framework knows, in an array that is nothing else or in a tensor of any state."""
    return _is_plain_numbers(spec) if isinstance(spec, ArraySpec) else spec.dtype not in dtypes.EXTENDED


def _has_capsules(spec: Spec) -> bool:
    """An object that gives DLPack capsules and nothing else."""
    return isinstance(spec, ArraySpec) and spec.container == "dlpack"


def _is_nobody_elses(spec: Spec) -> bool:
    """Anything but a fake tensor, whose mode is one for the whole process: not made for threads, with caches that long go on
    filling."""
    return spec.state != "fake"


def _any(spec: Spec) -> bool:
    return True


#: Pressures that make sense for some inputs only.
_WHICH = {
    "forms": _is_plain_numbers,
    "contexts": _is_common,
    "capsule": _has_capsules,
    "crowd": _is_nobody_elses,
    "many": _is_nobody_elses,
}


def _is_home(spec: Spec) -> bool:
    return _is_plain_array(spec) or (isinstance(spec, TensorSpec) and spec.state == "plain")


def _enlarged(spec: Spec, nbytes: int) -> Spec:
    """The same input, one axis in C order, of so many bytes."""
    shape = (nbytes // spec.itemsize,)
    return spec._replace(  # type: ignore[no-any-return]
        shape=shape, strides=c_strides(shape, spec.itemsize), offset=0, nbytes=nbytes, address=0, seed=0, planted=()
    )
