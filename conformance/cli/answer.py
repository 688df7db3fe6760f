"""The verb `answer`: what a call does with an input, and where that is written, from what is shipped."""

from __future__ import annotations

import argparse
import re
from difflib import get_close_matches

from packaging.requirements import InvalidRequirement

from ...reports.differences import releases
from ...reports.profile_files import Profile, ProfileError, read_profile, shipped


def register(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the verb."""
    verb = verbs.add_parser("answer", help="does a call share, copy or refuse? from what is shipped, nothing to install")
    verb.add_argument("call", help="an entry point: 'torch.asarray', 'torch.tensor[dtype=bool]'")
    verb.add_argument("--dtype", metavar="NAME", help="of the input: float16, >int32, bfloat16 (default: all)")
    verb.add_argument("--layout", metavar="CLASS", help="of the input: c, fortran, reversed, ... (default: all)")
    verb.add_argument("--memory", metavar="KIND", help="of an array: plain, readonly, bytes, protected, ... (default: all)")
    verb.add_argument("--container", metavar="KIND", help="of an array: ndarray, masked, list, buffer, ... (default: all)")
    verb.add_argument("--state", metavar="STATE", help="of a tensor: plain, requires_grad, ... (default: all)")
    verb.add_argument(
        "--release",
        action="append",
        default=[],
        metavar="REQUIREMENT",
        help="of the framework or of NumPy: torch==2.15.0 (repeatable; default: the newest that are profiled)",
    )
    verb.set_defaults(run=run)


def run(asked: argparse.Namespace) -> int:
    """0; raises ProfileError for what is not known."""
    from ...strategies.spec import CONTAINERS, MEMORIES, SpecError
    from ..frameworks.registry import entry_points
    from ..upgrade.answers import FORMS, answer, dtypes_of

    entries = {entry.name: entry for entry in entry_points()}
    entry = entries[_one_of("call", asked.call, entries)]
    incoming = entry.direction == "in"
    known = {
        "dtype": dtypes_of(entry),
        "layout": tuple(FORMS),
        "memory": MEMORIES if incoming else (),
        "container": CONTAINERS if incoming else (),
        "state": () if incoming else entry.states,
    }
    wanted = {axis: _one_of(axis, getattr(asked, axis), values) for axis, values in known.items() if getattr(asked, axis)}
    profile = _profile(entry.framework, asked.release)
    lacking = entry.lacking(profile.header["environment"])
    if lacking:
        raise ProfileError(f"{entry.name} {lacking}")
    try:
        found = answer(entry, profile, wanted)
    except SpecError as error:
        raise ProfileError(str(error)) from None
    about = ", ".join(f"{axis} {value}" for axis, value in wanted.items()) or "any input"
    print(f"{about}; {releases(profile.header['environment'])}\n")
    print(f"{found.sentence}\n")
    for part in found.parts:
        print(f"  {part.text}\n      {part.source}")
    for deviation in found.deviations:
        print(f"  known deviation {deviation.id}: {deviation.title}\n      {deviation.upstream or 'not reported upstream'}")
    tried = ", ".join(f"{count:,} {what}" for what, count in found.tried.items()) or "none; what is said is the promise alone"
    print(f"\ninputs tried in the profile {profile.name}: {tried}")
    return 0


def _one_of(what: str, name: str, known: object) -> str:
    names = [str(one) for one in known]  # type: ignore[attr-defined]
    if name in names:
        return name
    if not names:
        raise ProfileError(f"--{what} says nothing of this call")
    near = get_close_matches(name, names, 3, 0.3) if what == "call" else names
    raise ProfileError(f"no {what} is called {name!r}; {'closest' if what == 'call' else 'known'}: {', '.join(near)}")


def _of_series(requirement: str) -> str:
    """The requirement, "torch==2.4" for all of the series."""
    return f"{requirement}.*" if re.fullmatch(r"[\w-]+==\d+\.\d+", requirement) else requirement


def _profile(framework: str, requirements: list[str]) -> Profile:
    """The shipped profile of the newest releases that fulfil the requirements."""
    from packaging.version import Version

    from ..promises.releases import hold

    names = [name for name in shipped() if f"{framework}-" in name]
    requirements = [_of_series(requirement) for requirement in requirements]
    found: list[tuple[list[Version], str]] = []
    for name in names:
        versions = {package: release for package, _, release in (part.rpartition("-") for part in name.split("+"))}
        try:
            if hold(requirements, versions):
                found.append(([Version(versions[package]) for package in (framework, "numpy")], name))
        except InvalidRequirement:
            raise ProfileError(f"--release {' '.join(requirements)} is no requirement, such as {framework}==2.15.0") from None
    if not found:
        raise ProfileError(
            f"no profile of {framework} fits {' '.join(requirements)}, such as {framework}==2.15; shipped: {', '.join(names)}"
        )
    return read_profile(max(found)[1])
