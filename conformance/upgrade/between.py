"""Between two profiles: the differences that their answers show, with nothing to install."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from functools import lru_cache
from typing import Any

from ...reports.changes import Change, Outcome, changes, is_gone
from ...reports.profile_files import Profile, ProfileError
from ...reports.sentences import ANY, SOME, names_of
from ...strategies.spec import Spec
from ..frameworks.registry import entry_points
from ..promises import EntryPoint
from ..run.tally import layout_of, plainness
from .inputs import inputs
from .outcome import plain
from .profile import promises_digest
from .rows import row

#: A value of an axis explains a change that shows on this share of its inputs.
PURE = 0.6
#: What needs no mention.
_USUAL = {("container", "ndarray"), ("memory", "plain"), ("state", "plain"), ("layout", "C"), ("layout", "0-d")}
_Met = tuple[Change, Any, Outcome, Outcome]


def differences(before: Profile, after: Profile, globs: Collection[str] = ()) -> list[dict[str, Any]]:
    """Rows of kind "difference" for the entry points that both profiles have, or those that a glob names; raises ProfileError
    for other inputs."""
    digest, lists = inputs()
    for profile in (before, after):
        if profile.header["cells"] != digest:
            raise ProfileError(f"{profile.name} was made with other inputs than this suite's: it does not compare")
    found: list[dict[str, Any]] = []
    for entry in entry_points():
        if globs and not any(map(entry.matches, globs)):
            continue
        listed = lists.get(before.lists.get(entry.name, ""))
        if listed and before.lists[entry.name] == after.lists.get(entry.name):
            found += _of_entry(entry, list(zip(listed.specs, before.outcomes[entry.name], after.outcomes[entry.name])))
    return found


def _of_entry(entry: EntryPoint, answers: list[tuple[Any, Outcome, Outcome]]) -> Iterator[dict[str, Any]]:
    # How long a conversion takes is the machine's doing as well: what hung is not compared.
    ran = [(spec, *_in_plain_words(was, now)) for spec, was, now in answers if {was.ending, now.ending}.isdisjoint(("", "hung"))]
    gone = [is_gone([one[side] for one in ran]) for side in (1, 2)]
    if gone[0] != gone[1]:
        came = gone[0]
        answering = [one for one in ran if one[2 if came else 1].ending == "answers"] or ran
        spec, was, now = min(answering, key=lambda one: plainness(one[0]))
        change = Change("call", "added" if came else "removed", "different", was.ending, now.ending)
        yield _row(entry, (change, spec, was, now), ANY, len(ran))
        return
    groups: dict[tuple[str, ...], list[_Met]] = {}
    for spec, was, now in ran:
        for change in changes(was, now):
            groups.setdefault(change.key, []).append((change, spec, was, now))
    for met in groups.values():
        changed = {id(one[1]) for one in met}
        # What is refused in other words than what changed is so for another reason, and tells nothing of this one.
        refused = {one[2][:2] for one in met}
        same = [spec for spec, was, _ in ran if id(spec) not in changed and (was.ending == "answers" or was[:2] in refused)]
        if met[0][0].kind == "message only":
            yield _row(entry, min(met, key=lambda one: plainness(one[1])), ANY, len(met))
            continue
        for where, group in _told_apart(met, same):
            yield _row(entry, min(group, key=lambda one: plainness(one[1])), where, len(group))


def _in_plain_words(was: Outcome, now: Outcome) -> tuple[Outcome, Outcome]:
    """Both, where their messages differ without what differs from run to run: a profile may be older than that is known."""
    if was.message == now.message:
        return was, now
    return was._replace(message=plain(was.message)), now._replace(message=plain(now.message))


def _row(entry: EntryPoint, met: _Met, where: str, count: int) -> dict[str, Any]:
    return row(entry, *met) | {"where": where, "phase": "profile", "count": count, "shrunk": False}


@lru_cache(maxsize=1 << 12)
def _features(spec: Spec) -> dict[str, str]:
    """What may decide how an input is treated, by axis."""
    found = {"dtype": spec.dtype, "layout": layout_of(spec)}
    found |= {axis: getattr(spec, axis) for axis in ("container", "memory", "state") if axis in spec._fields}
    if len(spec.shape) > 32:
        found["rank"] = "above 32"
    if spec.address:
        found["address % 64"] = str(spec.address)
    return found


def _told_apart(met: list[_Met], same: list[Any]) -> Iterator[tuple[str, list[_Met]]]:
    """The changes by what they have in common and the unchanged inputs have not; the rest last."""
    if not same:
        yield ANY, met
        return
    others = Counter(feature for spec in same for feature in _features(spec).items())
    left = met
    while left:
        counts = Counter(feature for one in left for feature in _features(one[1]).items())
        pure: dict[str, dict[str, int]] = {}
        for (axis, value), count in counts.items():
            if count >= PURE * (count + others[axis, value]):
                pure.setdefault(axis, {})[value] = count
        if not pure:
            common = set.intersection(*(set(_features(one[1]).items()) for one in left)) - _USUAL
            apart = bool(common) and not any(common <= _features(spec).items() for spec in same)
            told = sorted(common, key=lambda each: (each[0] != "dtype", each)) if apart or len(left) > 2 else []
            yield "; ".join([*([] if apart else [SOME]), *(f"{axis} {value}" for axis, value in told)]), left
            return
        axis = max(pure, key=lambda axis: sum(pure[axis].values()))
        group = [one for one in left if _features(one[1]).get(axis) in pure[axis]]
        values = sorted(pure[axis], key=lambda value: (value.startswith(">"), value))
        if axis == "dtype":
            values = names_of(values, (value for other, value in (*counts, *others) if other == axis and value not in values))
        yield f"{axis} {values[0]}" if len(values) == 1 else f"{axis} in {{{', '.join(values)}}}", group
        left = [one for one in left if _features(one[1]).get(axis) not in pure[axis]]


def notes(before: Profile, after: Profile) -> list[str]:
    """What a comparison of the two cannot conclude, and which releases differ."""
    told = []
    releases = [{k: v for k, v in p.header["environment"].items() if k != "python"} for p in (before, after)]
    differing = sorted(name for name in set(releases[0]) & set(releases[1]) if releases[0][name] != releases[1][name])
    if len(differing) > 1:
        told.append(f"{' and '.join(differing)} differ: a change may come from either")
    for field, what in (("machine", "machines"), ("processor", "processors")):
        if before.header[field] != after.header[field]:
            told.append(
                f"made on different {what} ({before.header[field]}; {after.header[field]}): "
                "a change of alignment, rounding or crashes need not come from the release"
            )
    older = [p.name for p in (before, after) if p.header.get("judged") != promises_digest(p.header["environment"])]
    if older:
        told.append(
            f"{' and '.join(older)} {'was' if len(older) == 1 else 'were'} judged by an earlier edition of the promises: "
            "what is said of laws and promised values may come from that"
        )
    other = [name for name, inputs in before.lists.items() if after.lists.get(name, inputs) != inputs]
    if other:
        told.append(f"{len(other)} entry points were asked other inputs in the two and were not compared")
    only = set(before.outcomes) ^ set(after.outcomes)
    if only:
        told.append(f"{len(only)} entry points are in one profile only and were not compared")
    if any(outcome.ending == "hung" for p in (before, after) for outcomes in p.outcomes.values() for outcome in outcomes):
        told.append("what hung was not compared: that depends on the machine's speed too")
    told.append("profiles hold one fixed sample of inputs: what they do not show may still have changed")
    return told
