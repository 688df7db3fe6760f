"""The plain engine: tens of thousands of specs per second from a seed, without Hypothesis."""

from __future__ import annotations

import random

from .draw import Choose


def chooser(seed: int | str) -> Choose:
    """`choose(n)` from a seeded generator; the same seed gives the same choices on any machine."""
    number = random.Random(seed).random
    return lambda n: int(number() * n)


class Recorded:
    """A `choose` that remembers what it chose, pinned choices included, so that a search can start from there.

    choices  (n, choice below n), in order
    """

    def __init__(self, choose: Choose) -> None:
        self.unrecorded = choose
        self.choices: list[tuple[int, int]] = []

    def __call__(self, n: int) -> int:
        chosen = self.unrecorded(n)
        self.choices.append((n, chosen))
        return chosen

    def note(self, n: int, chosen: int) -> None:
        """Remember a choice that was pinned, as if it had been drawn."""
        self.choices.append((n, chosen))
