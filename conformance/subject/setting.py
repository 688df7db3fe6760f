"""Settings of a process, and code around a conversion, spelt as a script spells them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Any, NamedTuple

#: Source and mode to code: the same few lines run again and again.
_compiled = cache(lambda text, mode: compile(text, "<setting>", mode))


class Setting(NamedTuple):
    """A setting that is none of a conversion's business: the lines that make it, and those that take it back."""

    enter: str
    leave: str

    @contextmanager
    def on(self, namespace: Mapping[str, Any]) -> Iterator[None]:
        """Have it for a while; the lines may use these names."""
        scope = dict(namespace)
        exec(_compiled(self.enter, "exec"), scope)
        try:
            yield
        finally:
            exec(_compiled(self.leave, "exec"), scope)


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
        code = _compiled(self.expression, "eval")
        return lambda source: eval(code, {**namespace, "convert": convert, "source": source})
