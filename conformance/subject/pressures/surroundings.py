"""Settings and code around a conversion that are none of its business."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..source import Source
from .conversion import Conversion, Facts, Sight, sight


def settings(conversion: Conversion) -> Facts:
    """Convert under each setting of the process.

    One fact per setting: how the answer differs from the usual one; "" when it does not.
    """

    def under(setting: Any, source: Source) -> Sight:
        with setting():
            return sight(conversion, source)

    return _differences(conversion, conversion.settings, under)


def contexts(conversion: Conversion) -> Facts:
    """Convert inside each kind of code: traced, mapped, vectorised.

    One fact per context, likewise.
    """

    def inside(around: Any, source: Source) -> Sight:
        return sight(conversion._replace(convert=around(conversion.convert)), source)

    return _differences(conversion, conversion.contexts, inside)


def _differences(conversion: Conversion, named: Mapping[str, Any], look: Callable[[Any, Source], Sight]) -> Facts:
    source = conversion.build()
    usual = sight(conversion, source)
    found = tuple((name, usual.difference(look(one, source))) for name, one in named.items())
    source.close()
    return found
