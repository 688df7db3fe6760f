"""A process converts for the first time."""

from __future__ import annotations

from ..trial import heard
from .conversion import Conversion, Facts, sight


def first(conversion: Conversion) -> Facts:
    """Ask in a process that has converted nothing yet, then again. (The server sees to the process.)

    first   how the second answer differs from the first; "" when it does not
    warned  categories of the warnings of the first call
    """
    source = conversion.build()
    heard()
    before = sight(conversion, source)
    warned = tuple(category for category, _ in heard())
    after = sight(conversion, source)
    source.close()
    return (("first", after.difference(before)), ("warned", warned))
