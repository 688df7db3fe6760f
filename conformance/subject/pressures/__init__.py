"""Pressures: what only time, repetition and company show of a conversion.

`trial.observe` looks at one conversion by itself. Here a conversion's source is dropped, it is repeated a thousand times,
raced by threads, made first of all in a process: what comes of it is reported as facts, by name, for the laws to judge.
"""

from __future__ import annotations

from collections.abc import Callable

from ..observation import Observation
from ..trial import raised
from .again import again
from .capsule import capsule
from .conversion import Conversion, Facts, Sight, sight
from .crowd import crowd
from .drop import drop
from .first import first
from .forms import FORMS, forms
from .many import many
from .overwrite import overwrite
from .surroundings import contexts, settings

#: By name; each gets a conversion of which it is known that it answers, or else that it raises.
PRESSURES: dict[str, Callable[[Conversion], Facts]] = {
    pressure.__name__: pressure for pressure in (drop, many, overwrite, crowd, again, first, settings, contexts, capsule, forms)
}
#: Those that mean nothing in a process that has converted before.
IN_A_FRESH_PROCESS = ("first",)

__all__ = ["FORMS", "IN_A_FRESH_PROCESS", "PRESSURES", "Conversion", "Facts", "Sight", "press", "sight"]


def press(name: str, conversion: Conversion) -> Observation:
    """Put a conversion under a pressure and report the facts."""
    try:
        return Observation("ok", facts=PRESSURES[name](conversion))
    except Exception as error:
        return raised(error)
