"""The ways from one framework straight to another, by DLPack, as the two declare them: what leads past NumPy."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import permutations

from ..frameworks.registry import frameworks
from ..promises import EntryPoint


@cache
def crossings() -> tuple[EntryPoint, ...]:
    """All of them. Their direction is "out": they are handed a tensor; `others` says where they lead."""
    return tuple(_crossings())


def _crossings() -> Iterator[EntryPoint]:
    for giver, taker in permutations(frameworks().values(), 2):
        gives, takes = giver.exchange, taker.exchange
        if gives is None or takes is None:
            continue
        yield EntryPoint(
            f"{takes.take}({gives.tensor})",
            takes.call.format(tensor="t", capsule=gives.capsule.format("t")),
            giver.name,
            "out",
            (*gives.gives, *takes.takes),
            gives.states,
            protocol="dlpack",
            others=(taker.name,),
        )
