"""Which of the inputs that a promise refuses are tried: enough to judge the refusal, and no more."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from ...strategies.spec import Spec
from ..promises import EntryPoint
from .tally import layout_of


def rationed(entry: EntryPoint, specs: Iterable[Spec], enough: int) -> list[Spec]:
    """The inputs, but of those that one clause refuses only so many with each dtype, layout, address, memory and container."""
    tried: Counter[tuple[int, object]] = Counter()
    kept = []
    for spec in specs:
        clause = entry.clause("refuses", spec)
        if clause is not None and clause.value.must:
            traits = [(id(clause), trait) for trait in enumerate((*spec.traits, layout_of(spec), spec.address))]
            if all(tried[trait] >= enough for trait in traits):
                continue
            tried.update(traits)
        kept.append(spec)
    return kept
