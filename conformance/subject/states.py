"""Lines that bring a tensor into a state, compiled once for all tensors."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any


@lru_cache(maxsize=64)
def function(lines: str) -> Callable[[dict[str, Any]], Any]:
    """What runs the lines over a namespace that has the tensor, `t`, and answers with what they leave as `t`."""
    code = compile(lines, "<state>", "exec")

    def run(scope: dict[str, Any]) -> Any:
        exec(code, scope)
        return scope["t"]

    return run
