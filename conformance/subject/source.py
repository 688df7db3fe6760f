"""What a built input is, whoever built it."""

from __future__ import annotations

from typing import Any, Protocol


class Source(Protocol):
    """A built input, as `strategies.build.Built` is one."""

    value: Any
    start: int
    nbytes: int

    @property
    def owner(self) -> Any: ...
    @property
    def is_mutable(self) -> bool: ...
    def flip(self) -> None: ...
    def contents(self) -> bytes: ...
    def close(self) -> None: ...
