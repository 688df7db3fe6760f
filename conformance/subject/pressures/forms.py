"""The same elements are handed over in every form that there is."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..observation import fingerprint
from .conversion import Conversion, Facts, Sight, sight

#: What can stand for an array; "nested list" are Python numbers.
FORMS = ("scalar", "list", "nested list", "array_interface", "array", "buffer", "dlpack")


def forms(conversion: Conversion) -> Facts:
    """Hand the same elements over in every form that there is.

    One fact per form: how the answer differs from the ndarray's in dtype or values; "" when it does not, None where it is
    refused or there is no such form of these elements.
    """
    source = conversion.build("ndarray")
    usual = sight(conversion, source)
    source.close()
    return tuple((form, _as_form(conversion, form, usual)) for form in FORMS)


def _as_form(conversion: Conversion, form: str, usual: Sight) -> str | None:
    try:
        source = conversion.build(form)
    except Exception:  # No such form of these elements.
        return None
    seen = sight(conversion, source)
    source.close()
    if seen.outcome != "answers" or usual.outcome != "answers":
        return None
    if form == "nested list":
        return _as_numbers(source.value, seen)
    blank = Sight("", dtype=usual.dtype, shape=usual.shape, data=usual.data)
    return blank.difference(Sight("", dtype=seen.dtype, shape=seen.shape, data=seen.data))


def _as_numbers(numbers: Any, seen: Sight) -> str | None:
    """How an answer differs from what NumPy makes of the Python numbers; they have no dtype that could be kept."""
    try:
        plain = np.array(numbers)
        with np.errstate(all="ignore"):
            cast = plain.astype(seen.dtype)
    except (TypeError, ValueError, OverflowError):  # Ragged, huge, or of a dtype that NumPy does not know.
        return None
    if plain.dtype.kind not in "biufc" or seen.data is None:
        return None
    blank = Sight("", shape=plain.shape, data=fingerprint(cast.tobytes(), seen.dtype))
    return blank.difference(Sight("", shape=seen.shape, data=seen.data))
