"""Shortening: from a program that breaks a law to the shortest that breaks it in the same way.

Hypothesis shrinks the choices by which steps were picked, and each choice depends on those before; programs are data, from
which steps can simply be left out: a step whose handle was never made does nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ..promises.programs import Program

#: The program as it was played, without the steps that did nothing, if it still breaks the law in that way; else None.
Attempt = Callable[[Program], Program | None]


def shortest(program: Program, attempt: Attempt) -> Program:
    """The program without any step, handle, dtype or axis that the breach does not need."""
    tried: set[Program] = set()
    while True:
        for simpler in _simpler(program):
            if simpler in tried:
                continue
            tried.add(simpler)
            played = attempt(simpler)
            if played is not None:
                program = played
                break
        else:
            return program


def _simpler(program: Program) -> Iterator[Program]:
    """One change each, the boldest first."""
    last = len(program) - 1
    for start in range(0, last, 3):
        yield program[:start] + program[start + 3 :]
    for at in reversed(range(last)):
        yield program[:at] + program[at + 1 :]
    for at, step in enumerate(program):
        made = [earlier.to for earlier in program[:at] if earlier.to]
        others = [step._replace(on=handle) for handle in made[: made.index(step.on)]] if step.on else []
        if step.do == "array":
            others += [step._replace(how="float32")] if step.how != "float32" else []
            others += [step._replace(at=step.at[:axis] + step.at[axis + 1 :]) for axis in range(len(step.at))]
            others += [
                step._replace(at=(*step.at[:axis], n - 1, *step.at[axis + 1 :])) for axis, n in enumerate(step.at) if n > 1
            ]
        if step.do == "write" and len(step.at) > 1:
            others += [step._replace(at=step.at[:1])]
        for other in others:
            yield (*program[:at], other, *program[at + 1 :])
