"""The search: Hypothesis over specs, one entry point at a time, with shrinking.

The seed is Hypothesis' own, --hypothesis-seed, which `conftest` sets: @seed would switch its database off, and with it
the way to hand a spec over.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable
from functools import cache
from random import Random
from typing import Any

from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis.database import ExampleDatabase, choices_to_bytes
from hypothesis.errors import Flaky, NoSuchExample
from hypothesis.strategies import SearchStrategy

from ...strategies.search import array_specs, as_drawn, tensor_specs
from ...strategies.spec import Spec
from ..frameworks.registry import of_maker
from ..laws import LAWS
from ..laws.judge import Verdict
from .palettes import is_palette, take_apart

#: Converts one spec, keeps the record, and answers with the verdict and the outcome's headline.
Attempt = Callable[[Any], tuple[Verdict, str]]


class Broken(AssertionError):
    """A law was broken. One subclass per law and outcome, so that Hypothesis tells them apart and shrinks each."""


@cache
def _broken(law: str, seen: str) -> type[Broken]:
    return type(f"Broken_{law}", (Broken,), {"__doc__": f"{LAWS[law].must} Observed: {seen}."})


class _Handover(ExampleDatabase):
    """Choices that the plain engine made, for Hypothesis to take up and shrink."""

    def __init__(self, choices: list[tuple[int, int]]) -> None:
        super().__init__()
        self._choices = as_drawn(choices)

    def fetch(self, key: bytes) -> Iterable[bytes]:
        # What stands in the primary corpus has been shrunk before, and is not shrunk again.
        if key.endswith(b".secondary"):
            yield choices_to_bytes(self._choices)

    def save(self, key: bytes, value: bytes) -> None:
        """Nothing is kept: the results file does that."""

    def delete(self, key: bytes, value: bytes) -> None:
        """Nothing is kept."""


def search(attempt: Attempt, maker: str, states: tuple[str, ...], examples: int) -> None:
    """Try `examples` drawn specs and shrink whatever breaks a law; `attempt` keeps the record."""

    @settings(_SETTINGS, max_examples=examples, phases=[Phase.generate, Phase.shrink], report_multiple_bugs=True)
    @given(_specs(maker, states))
    def each(spec: Spec) -> None:
        verdict, seen = attempt(spec)
        if verdict.breaches:
            raise _broken(verdict.breaches[0][0], seen)

    with contextlib.suppress(Broken, ExceptionGroup):  # noqa: F821 (the driver runs on Python 3.11 or newer)
        each()  # What breaks is on record.


def shrink(
    spec: Spec,
    shows: Callable[[Any], bool],
    maker: str,
    states: tuple[str, ...],
    choices: Callable[[], list[tuple[int, int]]],
) -> None:
    """Shrink a spec of the grid that `shows`, which keeps the record; `choices` are those by which it was drawn.

    A palette is taken apart: no search draws one.
    """
    if is_palette(spec):
        take_apart(spec, shows)
    else:
        shrink_by(shows, maker, states, choices())


def shrink_by(shows: Callable[[Any], bool], maker: str, states: tuple[str, ...], choices: list[tuple[int, int]]) -> None:
    """Shrink one spec that the plain engine drew by these choices and that `shows`, which keeps the record."""
    how = settings(_SETTINGS, max_examples=1, database=_Handover(choices), phases=[Phase.reuse, Phase.shrink])
    with contextlib.suppress(NoSuchExample, Flaky):  # It showed once, and not again: the record says so.
        find(_specs(maker, states), shows, settings=how, database_key=b"handover")


def find_by(shows: Callable[[Any], bool], maker: str, states: tuple[str, ...], examples: int, seed: str) -> None:
    """Draw up to `examples` specs until one `shows`, and shrink it; `shows` keeps the record."""
    how = settings(_SETTINGS, max_examples=examples, phases=[Phase.generate, Phase.shrink])
    with contextlib.suppress(NoSuchExample, Flaky):
        find(_specs(maker, states), shows, settings=how, random=Random(seed))


_SETTINGS = settings(database=None, deadline=None, suppress_health_check=list(HealthCheck), print_blob=False)


def _specs(maker: str, states: tuple[str, ...]) -> SearchStrategy[Any]:
    if maker:
        framework = of_maker(maker)
        return tensor_specs(names=framework.dtypes, states=states, strided=framework.is_strided, wild=True)
    return array_specs(wild=True)
