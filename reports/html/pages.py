"""Pages: the site's files, rendered and written."""

from __future__ import annotations

import json
import re
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import jinja2

from .. import how
from ..answers import WORDS, answer
from ..cells import Outcome
from ..merge import Merged
from ..replay import command
from ..results import DIRECTIONS, ResultsError, Row
from ..severity import severity
from ..visible import visible
from ..writers import save
from . import names
from .memory import picture
from .sections import BENCHMARKS, SECTIONS, Block, Make, releases, summary_of
from .site import Site, families, in_order, layouts

_HERE = Path(__file__).parent
#: By this file a folder is known to be a site that may be written again.
_MARK = "assets/report.js"


def unmeasured(entry: str) -> list[Block]:
    """What stands for the cost of an entry point where no benchmark was given."""
    return [Block(text=f"Not measured: no benchmark run was given. {BENCHMARKS.how}")]


@cache
def _engine() -> jinja2.Environment:
    engine = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    engine.filters |= {
        "anchor": names.anchor,
        "slug": names.slug,
        "link": names.link,
        "number": number,
        "severity": severity,
        "usual": usual,
    }
    engine.globals |= {
        "TOOL": how.TOOL,
        "WORDS": WORDS,
        "DIRECTIONS": DIRECTIONS,
        "SECTIONS": SECTIONS,
        "releases": releases,
        "case_path": case_path,
    }
    return engine


def number(value: float) -> str:
    """A count for people; what has too many digits for that, in powers of ten."""
    return f"{value:,}" if abs(value) < 1e15 else f"{float(min(value, 10**300)):.1e}"


def usual(words: Iterable[str]) -> str:
    """The word that a row of a matrix says most often; only its other cells say theirs again, in a class."""
    return next((word for word, _ in Counter(words).most_common(1)), "not run")


def case_path(row: Row) -> str:
    """Where the page of a finding or a known deviation lies, from the site's root."""
    if row["kind"] == "deviation":
        return f"deviation/{names.slug(row['id'])}.html"
    return f"finding/{row['id']}-{names.slug(row['entry'] + ' ' + row['law'])}.html"


def write_site(
    environments: Sequence[Merged],
    folder: Path,
    fed: Mapping[str, Make] = MappingProxyType({}),
    cost: Callable[[str], list[Block]] = unmeasured,
) -> Path:
    """All pages; of several environments each in a folder of its own, under a page that lists them.

    fed   section to what makes its blocks, where that comes from elsewhere than the results
    cost  the same for the cost of an entry point, by its name
    """
    if folder.exists() and any(folder.iterdir()) and not (folder / _MARK).exists():
        raise ResultsError(f"{folder} is not empty and holds no site; give an empty or a new folder")
    for old in ("entry", "finding", "deviation", "matrix", *(path.parent.name for path in folder.glob("*/lookup.js"))):
        shutil.rmtree(folder / old, ignore_errors=True)  # Pages of an earlier run must not stay among the new.
    for asset in (_HERE / "assets").iterdir():
        save(folder / "assets" / asset.name, asset.read_text(encoding="utf-8"))
    if len(environments) == 1:
        _Pages(Site(environments[0], environments), folder, "", fed, cost).write()
        return folder / "index.html"
    sites = [Site(each, environments, names.slug(releases(each))) for each in environments]
    folders = [site.folder for site in sites]
    for place, site in enumerate(sites):
        site.folder += f"-{place}" if folders.count(site.folder) > 1 else ""
    for site in sites:
        _Pages(site, folder / site.folder, "../", fed, cost).write()
    page = _engine().get_template("environments.html").render(sites=sites, site=None, root="", top="", here="", nav=())
    save(folder / "index.html", visible(page))
    return folder / "index.html"


#: Quotes that HTML can do without, inside a tag; end tags that what follows makes plain; line ends but the first.
_QUOTES = re.compile(r'="([\w.:#/-]*[\w.:#-])"(?=[\s>])')
_ENDS = re.compile(r"</(?:td|th|tr|li|dt|dd)>(?=\s*<(?:td|th|tr|li|dt|dd|/tr|/thead|/tbody|/ul|/ol|/div)\b)")
_LINES = re.compile(r"\s*\n\s*")
_CODE = re.compile(r"(<pre\b.*?</pre>)", re.DOTALL)


def _smaller(page: str) -> str:
    """The same page in fewer bytes: tables have ten thousands of cells. What is text, code or script stays."""
    parts = _CODE.split(page)
    return "".join(
        part if place % 2 else _ENDS.sub("", _QUOTES.sub(r"=\1", _LINES.sub("\n", part))) for place, part in enumerate(parts)
    )


class _Pages:
    """The pages of one environment; `top` leads from its folder to the whole site's."""

    def __init__(self, site: Site, folder: Path, top: str, fed: Mapping[str, Make], cost: Callable[[str], list[Block]]) -> None:
        self._site, self._folder, self._top, self._fed, self._cost = site, folder, top, fed, cost

    def write(self) -> None:
        """Write all of them."""
        site = self._site
        self._page("index.html", "index.html")
        self._page("calls.html", "calls.html")
        for (framework, direction), calls in site.groups.items():
            columns = {
                "dtypes": families(dtype for call in calls for dtype in call.by_dtype),
                "layouts": {"": layouts(layout for call in calls for layout in call.by_layout)},
            }
            for axis, grouped in columns.items():
                path = matrix_path(framework, direction, axis)
                self._page("matrix.html", path, framework=framework, direction=direction, axis=axis, columns=grouped, calls=calls)
        tables = {releases(each): summary_of(each) for each in site.environments} if len(site.environments) > 1 else {}
        for call in site.calls:
            self._page("entry.html", names.entry_path(call.name), call=call, tables=tables, cost=self._cost(call.name))
        self._page("findings.html", "findings.html")
        self._page("deviations.html", "deviations.html")
        for row in (*site.shown, *site.deviations):
            drawn = picture(row.get("spec"), row.get("itemsize"))
            again = command(row, site.header) if row["kind"] != "deviation" else ""
            self._page("case.html", case_path(row), row=row, picture=drawn, again=again)
        self._page("laws.html", "laws.html")
        for section in SECTIONS:
            blocks = self._fed.get(section.id, section.make)(site.merged, site.environments)
            self._page("section.html", f"{section.id}.html", section=section, blocks=blocks)
        save(self._folder / "lookup.js", f"window.LOOKUP = {json.dumps(self._lookup(), separators=(',', ':'))};\n")

    def _page(self, template: str, path: str, **context: Any) -> None:
        root = "../" * path.count("/")
        text = (
            _engine()
            .get_template(template)
            .render(
                site=self._site,
                root=root,
                top=root + self._top,
                here=path,
                nav=list(self._site.groups),
                matrix_path=matrix_path,
                **context,
            )
        )
        save(self._folder / path, _smaller(visible(text)))

    def _lookup(self) -> dict[str, Any]:
        """What the overview's question is answered from: for each call and dtype an index into the rows, which hold, first
        for any layout and then for each, an index into the answers."""
        site = self._site
        dtypes = in_order(dtype for call in site.calls for dtype in call.by_dtype)
        shapes = layouts(layout for call in site.calls for layout in call.by_layout)
        said: dict[str, int] = {}
        rows: dict[str, int] = {}
        clauses: dict[tuple[str, str], int] = {}
        calls = []
        for call in site.calls:
            places, used = [], set()
            for d in dtypes:
                cells = [call.along["dtype"].get(d), *(call.outcomes.get((d, shape)) for shape in shapes)]
                texts = [_said(call.row, counts) if counts else "" for counts in cells]
                used |= {int(index) for text in set(texts) for index in text.rpartition("|")[2].split(",") if index}
                row = ",".join(_base36(said.setdefault(text, len(said))) if text else "" for text in texts).rstrip(",")
                places.append(_base36(rows.setdefault(row, len(rows))) if row else "")
            decided = {}
            for index in sorted(used):
                clause = call.row["promise"][index]
                decided[index] = clauses.setdefault((clause["text"], clause["source"]), len(clauses))
            page = names.entry_path(call.name)
            calls.append({"name": call.name, "page": page, "cells": ",".join(places).rstrip(","), "clauses": decided})
        anchors = {dtype: names.anchor(dtype) for dtype in dtypes}
        return {
            "dtypes": dtypes,
            "layouts": shapes,
            "anchors": anchors,
            "answers": list(said),
            "rows": list(rows),
            "clauses": list(clauses),
            "calls": calls,
        }


def _said(row: Row, counts: Counter[Outcome]) -> str:
    """An answer for the overview: word, troubles, remarks, clauses that decided, with bars between."""
    found = answer(counts, row["promise"])
    known = "" if found.known else " (new)"
    home = any(outcome.home for outcome in counts)
    clauses = {outcome.clause for outcome in counts if outcome.home == home and outcome.clause >= 0}
    troubles = ",".join(f"{trouble}{known}" for trouble in found.troubles)
    return "|".join((found.word, troubles, ", ".join(found.remarks), ",".join(map(str, sorted(clauses)))))


def matrix_path(framework: str, direction: str, axis: str) -> str:
    """Where a matrix lies, from the site's root."""
    return f"matrix/{names.slug(framework)}-{direction}-{axis}.html"


def _base36(value: int) -> str:
    digits = "0123456789abcdefghijklmnopqrstuvwxyz"
    return digits[value] if value < 36 else _base36(value // 36) + digits[value % 36]
