"""The site of one environment: what its pages show, taken from the results and from nothing else."""

from __future__ import annotations

import datetime
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from ..answers import Answer, answer, total
from ..causes import causes
from ..cells import Outcome, along, decode
from ..clauses import clause
from ..merge import Merged
from ..results import Row
from ..severity import by_severity, drifts, findings
from ..summary import VERDICTS, memory_word
from .names import slug
from .sections import releases

#: Findings that get a page of their own; the others are counted in the list. A broken framework can bring thousands.
MOST_FINDINGS = 500

#: Families of dtypes, in which columns are grouped: title and which names belong.
_FAMILIES = (
    ("common", r"float32|float64|int64|int32|uint8|bool"),
    ("integers", r"u?int(8|16|32|64)|u?long(long)?"),
    ("floats, complex", r"c?(longdouble|float16|float32|float64)|complex\d+"),
    ("other byte order", r">.*"),
    ("small and machine learning", r"bfloat16|u?int\d|float\d_.*|q(u?)int\d+"),
    ("text and bytes", r"[SUV]\d+|StringDType|string"),
    ("dates", r"(datetime|timedelta)64.*"),
    ("objects and records", r"object|record.*"),
    ("other", r".*"),
)
_LAYOUTS = (
    "C",
    "C, odd length-1 axes",
    "Fortran",
    "permuted",
    "holes",
    "negative stride",
    "broadcast",
    "overlapping",
    "partial stride",
    "0-d",
    "empty",
)


def family(dtype: str) -> str:
    """The family of a dtype, by its name."""
    return next(title for title, names in _FAMILIES if re.fullmatch(names, dtype, re.DOTALL))


def families(dtypes: Iterable[str]) -> dict[str, list[str]]:
    """Dtypes by family, both in a reader's order."""
    grouped: dict[str, list[str]] = {title: [] for title, _ in _FAMILIES}
    for dtype in dict.fromkeys(dtypes):
        grouped[family(dtype)].append(dtype)
    common = "float32 float64 int32 int64 uint8 bool".split()
    for title, names in grouped.items():
        names.sort(key=common.index if title == "common" else _natural)
    return {title: names for title, names in grouped.items() if names}


def in_order(dtypes: Iterable[str]) -> list[str]:
    """Dtypes in a reader's order."""
    return [dtype for names in families(dtypes).values() for dtype in names]


def _natural(name: str) -> tuple[Any, ...]:
    """A key by which int8 comes before int16."""
    return tuple((int(part), "") if part.isdecimal() else (0, part) for part in re.split(r"(\d{1,9})", name))


def layouts(names: Iterable[str]) -> list[str]:
    """Layouts in a reader's order, unknown ones last."""
    return sorted(set(names), key=lambda name: (_LAYOUTS.index(name) if name in _LAYOUTS else len(_LAYOUTS), name))


@dataclass
class Call:
    """One entry point, as its page and the matrices show it."""

    row: Row
    findings: list[Row] = field(default_factory=list)
    #: Row (None where the file has none), id and count of the deviations met, the worst first.
    deviations: list[tuple[Row | None, str, int]] = field(default_factory=list)

    @property
    def name(self) -> str:
        return str(self.row["entry"])

    @cached_property
    def slug(self) -> str:
        return slug(self.name)

    @property
    def key(self) -> str:
        """What names its cells in a matrix, of which there are thousands: the end of its slug."""
        return self.slug.rpartition("-")[2]

    @property
    def reasons(self) -> list[tuple[str, int]]:
        """Why inputs were not tried, the most frequent first."""
        reasons: Counter[str] = Counter(self.row["reasons"])
        return reasons.most_common()

    @cached_property
    def outcomes(self) -> dict[tuple[str, str], Counter[Outcome]]:
        """(dtype, layout) to what happened there."""
        cells: dict[tuple[str, str], Counter[Outcome]] = {}
        for (dtype, layout, outcome), count in decode(self.row).items():
            cells.setdefault((dtype, layout), Counter())[outcome] += count
        return cells

    @cached_property
    def along(self) -> dict[str, dict[str, Counter[Outcome]]]:
        """Axis to value to what happened there."""
        return {axis: along(self.row, axis) for axis in ("dtype", "layout")}

    @cached_property
    def by_dtype(self) -> dict[str, Answer]:
        return {value: answer(counts, self.row["promise"]) for value, counts in self.along["dtype"].items()}

    @cached_property
    def by_layout(self) -> dict[str, Answer]:
        return {value: answer(counts, self.row["promise"]) for value, counts in self.along["layout"].items()}

    @cached_property
    def grid(self) -> dict[tuple[str, str], Answer]:
        return {cell: answer(counts, self.row["promise"]) for cell, counts in self.outcomes.items()}

    @cached_property
    def answer(self) -> Answer:
        """Over all inputs."""
        return answer(total(self.along["dtype"].values()), self.row["promise"])

    @property
    def memory(self) -> str:
        return memory_word(self.row)

    @cached_property
    def verdicts(self) -> list[tuple[str, int]]:
        return [(name, self.row["verdicts"][name]) for name in VERDICTS if self.row["verdicts"].get(name)]

    @property
    def conversions(self) -> int:
        return sum(self.row["verdicts"].values())

    @property
    def promise(self) -> Iterator[dict[str, Any]]:
        """Its clauses, each with how often it decided about memory or refusal (None where that is not counted)."""
        decided: dict[int, Counter[str]] = {}
        for (_, _, outcome), count in decode(self.row).items():
            decided.setdefault(outcome.clause, Counter())[outcome.headline] += count
        for index, row in enumerate(self.row["promise"]):
            counted = row["topic"] in ("aliasing", "refuses") and "cells" in self.row
            yield {
                "clause": clause(row),
                "decided": decided.get(index, Counter()).most_common() if counted else None,
            }

    @property
    def covering(self) -> tuple[list[str], list[tuple[list[str], list[tuple[Answer, int]]]]]:
        """The table of dtype x layout: its columns, and for each group of dtypes (see `alike`) their names and cells, each
        with the number of the group's dtypes that were asked."""
        columns = layouts(layout for _, layout in self.grid)
        rows = []
        for names in alike(self.grid, in_order(dtype for dtype, _ in self.grid), columns):
            cells = []
            for layout in columns:
                asked = [self.outcomes[name, layout] for name in names if (name, layout) in self.outcomes]
                cells.append((answer(total(asked), self.row["promise"]), len(asked)))
            rows.append((names, cells))
        return columns, rows


def _kind(said: Answer) -> tuple[Any, ...]:
    # Whether some were refused hangs on which inputs were drawn; it would tear apart what belongs together.
    return (said.word, said.troubles, said.known, said.basis, said.home)


def alike(grid: dict[tuple[str, str], Answer], dtypes: Sequence[str], columns: Sequence[str]) -> list[list[str]]:
    """Dtypes grouped so that, wherever two of a group were both asked in a layout, they were answered alike.

    A dtype joins a group by a third of its layouts at least: where it has none in common with others, they say nothing of it.
    """
    groups: list[tuple[list[str], dict[str, tuple[Any, ...]]]] = []
    for dtype in dtypes:
        mine = {layout: _kind(grid[dtype, layout]) for layout in columns if (dtype, layout) in grid}
        for names, known in groups:
            same = [known[layout] == kind for layout, kind in mine.items() if layout in known]
            if all(same) and 3 * len(same) >= len(mine):
                names.append(dtype)
                known.update(mine)
                break
        else:
            groups.append(([dtype], mine))
    return [names for names, _ in groups]


class Site:
    """One environment's results, arranged for its pages; `environments` are all that were given, this one among them."""

    def __init__(self, merged: Merged, environments: Sequence[Merged], folder: str = "") -> None:
        self.merged, self.environments, self.folder = merged, environments, folder
        self.results = merged.results
        self.header = self.results.header
        self.releases = releases(merged)
        rows = list(self.results.of("entry"))
        kinds = list(dict.fromkeys((row["framework"], row["direction"]) for row in rows))
        rows.sort(key=lambda row: kinds.index((row["framework"], row["direction"])))  # Two frameworks come interleaved.
        self.calls = [Call(row) for row in rows if row["verdicts"]]
        self.unasked = [row["entry"] for row in rows if not row["verdicts"]]
        self.findings = findings(self.results)
        self.shown = self.findings[:MOST_FINDINGS]
        self.causes, self.drifts = causes(self.findings), causes(drifts(self.results))
        self.deviations = by_severity(self.results.of("deviation"))
        known = {row["id"]: row for row in self.deviations}
        places = {id: place for place, id in enumerate(known)}
        by_name = {call.name: call for call in self.calls}
        for row in self.findings:
            if row["entry"] in by_name:
                by_name[row["entry"]].findings.append(row)
        self.met: Counter[str] = Counter()
        for call in self.calls:
            self.met.update(call.row["deviated"])
            met = sorted(call.row["deviated"].items(), key=lambda pair: places.get(pair[0], len(places)))
            call.deviations = [(known.get(id), id, n) for id, n in met]
        self.slugs = {name: call.slug for name, call in by_name.items()}

    @property
    def state(self) -> str:
        """ "complete", or why it is not."""
        if self.results.interrupted:
            return "interrupted"
        return "stopped" if self.results.footer and self.results.footer["stopped"] else "complete"

    @cached_property
    def verdicts(self) -> list[tuple[str, int]]:
        added: Counter[str] = Counter()
        for call in self.calls:
            added.update(call.row["verdicts"])
        return [(name, added[name]) for name in VERDICTS if added[name]]

    @property
    def conversions(self) -> int:
        return sum(n for _, n in self.verdicts)

    @property
    def compared(self) -> bool:
        """Whether two environments were compared."""
        return any(self.results.of("comparison"))

    @cached_property
    def not_run(self) -> list[tuple[str, list[str]]]:
        """Reason to the entry points that were not run for it."""
        reasons: dict[str, list[str]] = {reason: [] for reason in self.header["missing"].values()}
        for row in self.results.of("not_run"):
            reasons.setdefault(row["reason"], []).append(row["entry"])
        return list(reasons.items())

    @cached_property
    def unbuilt(self) -> list[tuple[str, int]]:
        """Why inputs were not tried, with how many."""
        reasons: Counter[str] = Counter()
        for call in self.calls:
            reasons.update(call.row["reasons"])
        return reasons.most_common()

    @cached_property
    def groups(self) -> dict[tuple[str, str], list[Call]]:
        """Calls by framework and direction."""
        grouped: dict[tuple[str, str], list[Call]] = {}
        for call in self.calls:
            grouped.setdefault((call.row["framework"], call.row["direction"]), []).append(call)
        return grouped

    @cached_property
    def laws(self) -> list[dict[str, Any]]:
        """Every law: its sentence, where it comes from, and how often it held, was broken, deviated."""
        texts = dict(self.header.get("laws", {}))
        for row in self.findings:
            texts.setdefault(row["law"], {"must": row["must"], "source": ""})
        counts: dict[str, Counter[str]] = {law: Counter() for law in texts}
        for call in self.calls:
            for law, found in call.row["laws"].items():
                counts.setdefault(law, Counter()).update(found)
        return [{"id": law, **texts.get(law, {"must": "", "source": ""}), "counts": found} for law, found in counts.items()]

    def must(self, law: str) -> str:
        """A law's sentence; its name where the file has none."""
        return str(next((each["must"] for each in self.laws if each["id"] == law and each["must"]), law))

    @property
    def covered(self) -> list[tuple[str, str]]:
        """What was covered, as figures with their names."""
        dtypes = {dtype for call in self.calls for dtype in call.by_dtype}
        shapes = {layout for call in self.calls for layout in call.by_layout}
        asked = sum(len(call.grid) for call in self.calls)
        possible = 0
        for group in self.groups.values():
            dtypes_asked = {dtype for call in group for dtype in call.by_dtype}
            possible += len(group) * len(dtypes_asked) * len({layout for call in group for layout in call.by_layout})
        programs = sum(row["programs"] for row in self.results.of("programs"))
        figures = [
            (
                "entry points run",
                f"{len(self.calls):,} of {len(self.calls) + len(self.unasked) + sum(len(n) for _, n in self.not_run):,}",
            ),
            ("conversions", f"{self.conversions:,}"),
            ("dtypes", str(len(dtypes))),
            ("layout classes", str(len(shapes))),
        ]
        if programs:
            figures.append(("programs of several conversions", f"{programs:,}"))
        if asked:
            figures.append(
                ("cells of call, dtype and layout asked", f"{asked:,} of {possible:,} ({100 * asked // max(possible, 1)}%)")
            )
        return figures

    @property
    def seconds(self) -> str:
        """How long the run took; "" where the file does not say."""
        try:
            end = datetime.datetime.fromisoformat((self.results.footer or {"finished": ""})["finished"])
            took = (end - datetime.datetime.fromisoformat(self.header["started"])).total_seconds()
        except (ValueError, TypeError):  # Not a time, or one of the two without its zone.
            return ""
        return f"{took:,.0f} s" if took < 120 else f"{took / 60:,.0f} min"

    @property
    def slowest(self) -> list[Call]:
        return sorted(self.calls, key=lambda call: -call.row["seconds"])[:10]

    def elsewhere(self, finding: Row) -> list[tuple[str, str]]:
        """Other environments, each with whether this law was broken there on this entry point."""
        found = []
        for other in self.environments:
            if other is self.merged:
                continue
            row = next((row for row in other.results.of("entry") if row["entry"] == finding["entry"]), None)
            law = finding["law"]
            if row is None or not row["verdicts"]:
                word = "not run"
            elif law not in row["laws"]:
                word = "the law applied to no input"
            else:
                bad = row["laws"][law].get("broken", 0)
                word = f"broken {bad:,} times" if bad else "deviates as known" if row["laws"][law].get("deviated") else "held"
            found.append((releases(other), word))
        return found
