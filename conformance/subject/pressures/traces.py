"""What of its process a conversion must leave as it was, as expressions: settings, environment, random numbers."""

from __future__ import annotations

import os
import random
import warnings
from collections.abc import Iterable
from typing import Any

import numpy as np

from ..trial import NAMESPACE

#: Of Python and NumPy. As text where subnormals count: where they are taken for zeros, they also compare as equal to them.
EXPRESSIONS = (
    "np.geterr()",
    "str(5e-324 * np.ones(1))",
    "np.random.get_state()[1].tolist(), np.random.get_state()[2]",
    "random.getstate()",
    "dict(os.environ)",
    "os.getcwd()",
    "list(warnings.filters)",
)
_MODULES = {"np": np, "os": os, "random": random, "warnings": warnings}
_at_start: dict[str, Any] = {}


def remember(others: Iterable[str] = ()) -> None:
    """Take the process for what every conversion in it must leave it as; `others` are a framework's expressions."""
    _at_start.clear()
    for text in (*EXPRESSIONS, *others):
        try:
            _at_start[text] = _value(text)
        except AttributeError:  # An older release has no such setting.
            continue


def begin() -> None:
    """Look at random numbers anew: they move on with every draw. A setting stays as it was made, and is seen later, too.

    One more is drawn, lest they stand where a conversion before has seeded them.
    """
    np.random.random()
    random.random()
    for text in _at_start:
        if "random" in text or "rng" in text:
            _at_start[text] = _value(text)


def changed() -> str:
    """The first expression whose value is another than before, which is the one to compare with from now on; "" if none is."""
    for text, before in _at_start.items():
        now = _value(text)
        if now != before:
            _at_start[text] = now  # Whoever is asked next has not done it.
            return text
    return ""


def _value(text: str) -> Any:
    return eval(text, {**_MODULES, **NAMESPACE})
