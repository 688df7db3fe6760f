"""Settings of a process, and code around a conversion, spelt as a script spells them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
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


class Context(NamedTuple):
    """Code inside which a conversion answers as it does outside, as an expression for `convert(source)` in it.

    direction  of the calls to which that applies; "": of any
    """

    expression: str
    direction: str = ""

    def around(self, namespace: Mapping[str, Any], convert: Callable[[Any], Any]) -> Callable[[Any], Any]:
        """The conversion inside this code; the expression may use these names."""
        code = compile(self.expression, "<context>", "eval")
        return lambda source: eval(code, {**namespace, "convert": convert, "source": source})
