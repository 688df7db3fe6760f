"""A conversion is made inside other code: traced, mapped, vectorised."""

from __future__ import annotations

from collections.abc import Iterator

from ..source import Source
from .conversion import Conversion, Facts, Sight, sight


def contexts(conversion: Conversion) -> Facts:
    """Convert inside each kind of code that is none of a conversion's business.

    One fact per context: how the answer differs from the usual one; "" when it does not.
    """
    source = conversion.build()
    usual = sight(conversion, source)
    return tuple(_inside(conversion, source, usual))


def _inside(conversion: Conversion, source: Source, usual: Sight) -> Iterator[tuple[str, str]]:
    for name, around in conversion.contexts.items():
        seen = sight(conversion._replace(convert=around(conversion.convert)), source)
        yield name, usual.difference(seen)
    source.close()
