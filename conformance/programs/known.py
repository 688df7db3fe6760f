"""Known deviations that only a program shows: what breaks after a conversion, not by it."""

from __future__ import annotations

from functools import cache

from ..frameworks.registry import frameworks
from ..promises.programs import Held, KnownProgram, Step


@cache
def known_programs() -> tuple[KnownProgram, ...]:
    """All that are known."""
    return tuple(known for each in frameworks().values() if each.programs is not None for known in each.programs.known)


def known_step(step: Step, held: Held, versions: dict[str, str]) -> KnownProgram | None:
    """The deviation that covers a step on this handle, for these releases."""
    return next((known for known in known_programs() if known.applies_to(versions) and known.when(step, held)), None)
