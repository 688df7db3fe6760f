"""Devices, as the command line names them: a kind, and which of them."""

from __future__ import annotations

import re
from typing import NamedTuple


class Kind(NamedTuple):
    """A kind of device.

    words   what people call it
    memory  the module by which a subject reaches its memory past any framework; "" where there is none
    """

    words: str
    memory: str = ""


#: By name. Another kind, a simulated one for instance, is a line more.
KINDS: dict[str, Kind] = {
    "cpu": Kind("CPU"),
    "cuda": Kind("CUDA", "tensor_conformance.conformance.subject.on_cuda"),
    "mps": Kind("MPS"),
    "xpu": Kind("XPU"),
}
#: What `all` stands for.
ALL = tuple(KINDS)
_NAME = re.compile(r"([a-z]+)(?::([1-9]?[0-9]))?")


def listed(text: str) -> tuple[str, ...]:
    """The devices that a comma-separated text names, each once; ValueError, saying in a line what is known."""
    names: list[str] = []
    for name in text.split(","):
        found = _NAME.fullmatch(name)
        if name != "all" and (found is None or found[1] not in KINDS):
            known = ", ".join((*KINDS, "all"))
            raise ValueError(f"unknown device {name!r}; known: {known}; a number may follow, as in cuda:1")
        names += ALL if name == "all" else [name.removesuffix(":0") if name == "cpu:0" else name]
    return tuple(dict.fromkeys(names))


def split(device: str) -> tuple[str, int]:
    """Kind and number: ("cuda", 0) of "cuda" and of "cuda:0"."""
    kind, _, number = device.partition(":")
    return kind, int(number or 0)


def another(device: str) -> str:
    """The next device of the kind."""
    kind, number = split(device)
    return f"{kind}:{number + 1}"


def numbered(device: str) -> str:
    """The name with its number, as frameworks report it; the host's alone has none."""
    kind, number = split(device)
    return "cpu" if (kind, number) == ("cpu", 0) else f"{kind}:{number}"


def absence(kind: str, number: int, count: int) -> str:
    """Why a device cannot be asked where there are `count` of its kind; "" where it can."""
    words = KINDS[kind].words if kind in KINDS else kind
    if number < count:
        return ""
    return f"no {words} device {number} (there {'is' if count == 1 else 'are'} {count})" if count else f"no {words} device"
