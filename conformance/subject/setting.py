"""Settings of a process, spelt as a script spells them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple


class Setting(NamedTuple):
    """A setting that is none of a conversion's business: the lines that make it, and those that take it back."""

    enter: str
    leave: str

    @contextmanager
    def on(self, namespace: Mapping[str, Any]) -> Iterator[None]:
        """Have it for a while; the lines may use these names."""
        scope = dict(namespace)
        exec(self.enter, scope)
        try:
            yield
        finally:
            exec(self.leave, scope)


def entered(context: str) -> Setting:
    """A context manager, given as an expression, as a setting."""
    return Setting(f"setting = {context}\nsetting.__enter__()", "setting.__exit__(None, None, None)")
