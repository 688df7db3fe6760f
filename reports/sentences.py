"""Sentences: what a finding or a difference is, as a person would say it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from .results import Row

#: What an input is unless it says otherwise.
_USUAL: dict[str, Any] = {"offset": 0, "address": 0, "memory": "plain", "container": "ndarray", "state": "plain"}
#: The condition of what shows always, and of what nothing tells apart.
ANY, SOME = "any input", "some inputs"
#: A condition on one axis.
_AXIS = re.compile(r"(?P<axis>dtype|layout|container|memory|state|rank|address % 64) (in \{(?P<several>[^}]+)\}|(?P<one>[^;{]+))")
_DTYPES = re.compile(r"dtype (?!.*(?:[;{]| or ))(.*)")
#: Values of an axis that are named.
_NAMED = 8
#: Letters of an exception's message that a sentence quotes.
_WORDS = 80
#: What results of a call have, by the law that speaks of it.
_GIVEN = ("dtype", "shape", "type", "flags", "writable", "strides", "device", "values")
#: Dtypes that behave alike in most calls, by the name of all of them.
_FAMILIES = {
    "integers": "int8 int16 int32 int64 uint8 uint16 uint32 uint64".split(),
    "floats": "float16 float32 float64".split(),
    "complex": "complex64 complex128".split(),
    "extended precision": "longdouble clongdouble".split(),
    "long long": "longlong ulonglong".split(),
    "swapped byte order": (
        ">float32 >float64 >int64 >int32 >int16 >uint16 >uint32 >uint64 >float16 >complex64 >complex128".split()
    ),
    "bytes": "S0 S1 S5".split(),
    "texts": "U0 U1 U4 >U4".split(),
    "raw bytes": "V0 V1 V8".split(),
    "dates and times": (
        "datetime64[ns] datetime64[D] datetime64 >datetime64[s] timedelta64[us] timedelta64 >timedelta64[ns]".split()
    ),
    "records": "record record_padded record_nested record_empty".split(),
    "narrow floats": (
        "float8_e4m3fn float8_e5m2 float8_e4m3fnuz float8_e5m2fnuz float8_e4m3b11fnuz float8_e4m3 float8_e3m4 "
        "float8_e8m0fnu float6_e2m3fn float6_e3m2fn float4_e2m1fn"
    ).split(),
    "narrow integers": "int4 uint4 int2 uint2 int1 uint1".split(),
}


def finding(row: Row) -> str:
    """What a call did with an input, and what is expected of it."""
    return f"`{row['entry']}`{_handed(row.get('spec', {}))} {_did(row)}"


def difference(row: Row, where: str = ANY) -> str:
    """What a call does with an input since an upgrade, and what it did before; of all inputs of a condition, if it is given."""
    if row["topic"] == "ending" and row["after"].startswith("answers") and (dtypes := _DTYPES.fullmatch(where)):
        return f"`{row['entry']}` accepts {dtypes[1]} now, where it {_ended(row['before'])}"
    return f"`{row['entry']}`{_handed(row.get('spec', {}))} {_does(row)}{f' ({where})' if where != ANY else ''}"


def condition(parts: Iterable[str]) -> str:
    """Conditions on inputs as one, in words: any of them holds."""
    axes: dict[str, list[str]] = {}
    others: list[str] = []
    for part in dict.fromkeys(parts):
        if part == ANY:
            return ANY
        found = _AXIS.fullmatch(part)
        if found:
            axes.setdefault(found["axis"], []).extend((found["several"] or found["one"]).split(", "))
        else:
            others.append(SOME if part.startswith(SOME) else part)
    told = [f"{axis} {_listed(values)}" for axis, values in axes.items()]
    others = [f"some other {part.removeprefix('some ')}" if told and part == SOME else part for part in dict.fromkeys(others)]
    return " or ".join([*told, *others])


def _listed(values: list[str]) -> str:
    inside = {name for family in values for name in _FAMILIES.get(family, ())}
    left = [value for value in dict.fromkeys(values) if value not in inside]
    return first_of(left, _NAMED)


def first_of(names: Sequence[str], most: int) -> str:
    """The first so many names, and how many more there are."""
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")


def _did(row: Row) -> str:
    expected, observed = str(row["expected"]), str(row["observed"])
    wanted = "was observed elsewhere" if row["kind"] == "drift" else "is expected"
    if row["outcome"] in ("crashed", "hung"):
        return _dies(observed)
    if element := re.match(r"(element \d+) is (.*)", observed):
        return f"gives {element[2]} as {element[1]}, where {expected.removeprefix(f'{element[1]} is ')} {wanted}"
    if row["law"] in _GIVEN:
        return f"gives {observed}, where {expected} {wanted}"
    if expected.startswith("raises "):
        return f"{observed}, where {expected.removeprefix('raises ')} {wanted}"
    if observed.startswith("raises "):
        return f"{observed}, where {expected.removeprefix(row['law'] + ': ')} {wanted}"
    return f"breaks {row['law']}: {observed}, where {expected} {wanted}"


def _dies(ending: str) -> str:
    how, _, after = ending.partition(" (")
    return f"kills the process ({after}" if how.startswith("crashed") and after else "never returns"


def _does(row: Row) -> str:
    topic, before, after = str(row["topic"]), str(row["before"]), str(row["after"])
    if topic == "call":
        return "is new" if row["change"] == "added" else "is gone"
    if topic == "ending":
        return _ends(before, after)
    if topic in ("message", "told"):
        return f"says {after!r} now, where it said {before!r}"
    if topic == "reading":
        return f"reads the same bytes as {after} now, where it read them as {before}"
    if topic == "memory":
        was, now = (ending.partition(",")[0] for ending in (before, after))
        return f"{_PRESENT.get(now, now)} now, where it {_PAST.get(was, was)}"
    if topic == "warnings":
        return f"gives {_warned(after)} now, where it gave {_warned(before)}"
    if topic == "source":
        return "changes its source now" if after == "changed" else "no longer changes its source"
    if topic == "writable":
        return f"gives a {'writable' if after == 'True' else 'read-only'} result now"
    if topic == "values" and before == "wrong" and after in ("bit for bit", "as promised"):
        return "gives the right values now, where they were wrong"
    if topic == "shape" and not after:
        return f"gives the source's shape now, where it was {before}"
    if topic == "values":
        return f"gives {VALUES.get(after, after)} now, where it gave {VALUES.get(before, before)}"
    what = "the source's" if topic == "shape" else "none"
    return f"gives {topic} {after or what} now, where it was {before or what}"


def _ends(before: str, after: str) -> str:
    if after.startswith(("crashed", "hung")):
        return f"{_dies(after)} now, where it {_ended(before)}"
    if after.startswith("answers"):
        return f"converts now{_aside(after)}, where it {_ended(before)}"
    return f"{_quoted(after).replace('raised ', 'raises ', 1)} now, where it {_ended(before)}"


def _ended(ending: str) -> str:
    if ending.startswith(("crashed", "hung")):
        return _dies(ending).replace("kills", "killed").replace("returns", "returned")
    return f"converted{_aside(ending)}" if ending.startswith("answers") else _quoted(ending)


def _quoted(ending: str) -> str:
    """An exception with the beginning of what it says."""
    kind, colon, words = ending.partition(": ")
    return f'{kind} ("{words[:_WORDS]}{"..." * (len(words) > _WORDS)}")' if colon else kind


def _aside(ending: str) -> str:
    """How the result uses memory, in brackets; nothing where that is not known."""
    memory = ending.removeprefix("answers").strip(" ()").partition(",")[0]
    return f" ({memory})" if memory in ("shares", "copies", "mixed") else ""


def _warned(categories: str) -> str:
    return "no warning" if categories in ("", "none") else categories


_PRESENT = {"mixed": "shares in part", "unknown": "has no memory that can be observed", "none": "has no memory to compare"}
_PAST = {
    "shares": "shared",
    "copies": "copied",
    "mixed": "shared in part",
    "unknown": "had no memory that could be observed",
    "none": "had no memory to compare",
}
#: What was observed of values, for people.
VALUES = {
    "bit for bit": "values bit for bit",
    "as promised": "values as promised, but other bits",
    "wrong": "wrong values",
    "unspecified": "values of which nothing is promised",
    "unread": "values that could not be read",
}


def _handed(spec: dict[str, Any]) -> str:
    """What stands for the array, where it is none."""
    container = spec.get("container", "ndarray")
    return "" if container == "ndarray" else f" of {CONTAINER_WORDS.get(container, f'a {container}')}"


#: By the name of the container, as the strategies call it.
CONTAINER_WORDS = {
    "subclass": "a subclass of ndarray",
    "masked": "a masked array",
    "scalar": "a NumPy scalar",
    "list": "a list of arrays",
    "array": "an object with __array__",
    "array_interface": "an object with __array_interface__",
    "buffer": "a buffer (memoryview)",
    "dlpack": "an object with __dlpack__",
}


def of_input(spec: dict[str, Any]) -> str:
    """An input in a few words: dtype and shape, then what is unusual of it."""
    told = [f"{spec['dtype']}{spec['shape']}"] if "dtype" in spec else []
    others = {name: spec[name] for name, usual in _USUAL.items() if spec.get(name, usual) != usual}
    others |= {"strides": spec["strides"]} if any(step < 0 for step in spec.get("strides", ())) else {}
    return ", ".join([*told, *(f"{name} {value}" for name, value in others.items())])


def names_of(dtypes: Iterable[str], others: Iterable[str]) -> list[str]:
    """Dtypes by families where none of the family is among `others`, which were tried too; the rest by name."""
    left, apart = list(dict.fromkeys(dtypes)), set(others)
    return list(_in_families(left, apart))


def _in_families(left: list[str], apart: set[str]) -> Iterator[str]:
    for family, members in _FAMILIES.items():
        inside = [name for name in left if name in members]
        if len(inside) > 1 and apart.isdisjoint(members):
            yield family
            left = [name for name in left if name not in members]
    yield from left
