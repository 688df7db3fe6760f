"""Which entry points programs take: those that keep dtype and shape, and promise whose the memory is."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from ..promises import EntryPoint
from .model import Held, Memory, Model
from .program import known_ways


def ways(frameworks: Iterable[str], names: Iterable[str] | None = None) -> dict[str, EntryPoint]:
    """The entry points of the frameworks, in a stable order, that can be part of a program.

    names  only these; the ways from one framework to another always count, where both are there
    """
    chosen = set(frameworks)
    listed = None if names is None else set(names)
    model = Model()
    model.held["h0"] = Held("", np.zeros((2, 3), np.float32), Memory())
    found = {}
    for name, entry in known_ways().items():
        needs = {entry.framework, *entry.others}
        wanted = listed is None or name in listed or bool(entry.others)
        if needs <= chosen and wanted and entry.in_programs and model.takes(entry, model.spec("h0", entry.direction)):
            found[name] = entry
    return found
