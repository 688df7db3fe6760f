"""Settings that are none of a conversion's business are made."""

from __future__ import annotations

from collections.abc import Iterator

from ..source import Source
from .conversion import Conversion, Facts, Sight, sight


def settings(conversion: Conversion) -> Facts:
    """Convert under each setting that is none of a conversion's business.

    One fact per setting: how the answer differs from the usual one; "" when it does not.
    """
    source = conversion.build()
    usual = sight(conversion, source)
    return tuple(_under_settings(conversion, source, usual))


def _under_settings(conversion: Conversion, source: Source, usual: Sight) -> Iterator[tuple[str, str]]:
    for name, setting in conversion.settings.items():
        with setting():
            seen = sight(conversion, source)
        yield name, usual.difference(seen)
    source.close()
