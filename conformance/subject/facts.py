"""What a call tells beside its result: expressions over the names of its lines, evaluated while they are still known."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .handle import Handle
from .observation import fingerprint
from .source import Source

_MARK = "#fact "
#: Facts of these laws are what another way of computing the same gives; they are asked of inputs that are refused, too.
COMPARED = ("eager_agreement", "numpy_semantics")


def split(text: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    """The lines of a call, and its facts: the comment lines "#fact name: expression" behind them."""
    lines = text.strip().splitlines()
    told = [line.removeprefix(_MARK).partition(": ") for line in lines if line.startswith(_MARK)]
    return "\n".join(line for line in lines if not line.startswith(_MARK)), tuple((name, rest) for name, _, rest in told)


class Facts:
    """The facts of one call.

    names  what its lines named when it last ran, to be filled by the call itself
    """

    def __init__(self, facts: tuple[tuple[str, str], ...], namespace: dict[str, Any], argument: str) -> None:
        self._codes = [(name, compile(text, f"<{name}>", "eval")) for name, text in facts]
        self._namespace, self._argument = namespace, argument
        self.names: dict[str, Any] = {}

    def tell(self, source: Source, describe: Callable[[Any], Handle], refused: bool = False) -> tuple[tuple[str, Any], ...]:
        """Name and value of each fact, as plain data.

        A fact of the law "snapshot" says whether its expression follows a change of the source: "live" or "snapshot";
        those of `COMPARED` are an outcome (see `_outcome`); all others are the value itself, or ("raised", its types).
        """
        scope = {**self._namespace, **self.names, self._argument: source.value}
        told: list[tuple[str, Any]] = []
        for name, code in self._codes:
            law = name.partition(".")[0]
            ask = lambda code=code: eval(code, scope)  # noqa: E731
            if law in COMPARED:
                told.append((name, _outcome(ask, describe)))
            elif refused:
                continue
            elif law != "snapshot":
                told.append((name, _plain(ask)))
            elif source.is_mutable:
                told.append((name, _snapshot(ask, source, describe)))
        self.names.clear()
        return tuple(told)


def _outcome(ask: Callable[[], Any], describe: Callable[[Any], Handle]) -> tuple[Any, ...]:
    """("ok", dtype, shape, the elements' bytes) or ("raised", the exception's type and bases)."""
    try:
        handle = describe(ask())
        data = handle.read()
    except Exception as error:
        return _raised(error)
    return "ok", handle.dtype, handle.shape, None if data is None else fingerprint(data, handle.dtype)


def _snapshot(ask: Callable[[], Any], source: Source, describe: Callable[[Any], Handle]) -> str:
    def read() -> Any:
        try:
            return describe(ask()).read()
        except Exception as error:  # What chokes on the changed bytes has seen them.
            return _raised(error)

    before = read()
    source.flip()
    try:
        after = read()
    finally:
        source.flip()
    return "snapshot" if after == before else "live"


def _plain(ask: Callable[[], Any]) -> Any:
    try:
        value = ask()
    except Exception as error:
        return _raised(error)
    return _as_data(value)


def _as_data(value: Any) -> Any:
    if value is None or type(value) in (bool, int, float, str):
        return value
    if isinstance(value, (tuple, list)):
        return tuple(map(_as_data, value))
    kind = f"{type(value).__module__}.{type(value).__name__}"
    return f"{kind} of {value.dtype}" if hasattr(value, "dtype") else kind


def _raised(error: Exception) -> tuple[str, ...]:
    return "raised", *(c.__name__ for c in type(error).__mro__ if c not in (object, BaseException))
