"""The site is well-formed, complete and harmless, whatever the results hold; the browser's tests are next door."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import html5lib
import pytest

from meta_tests.helpers import COMPARISON, DIFFERENCE, ENTRY, FOOTER, HEADER, NOT_RUN, write_lines
from meta_tests.site import BROKEN, CALL, CELLS, FINE, KNOWN, PROGRAM, PROGRAMS, PROMISE, ROWS, SHARES, SPEC, entry, pages, site
from tensor_conformance.conformance.cli import main
from tensor_conformance.reports.answers import WORDS, answer
from tensor_conformance.reports.benchmark.curves import MARKS
from tensor_conformance.reports.cells import Cells, Outcome, decode, encode
from tensor_conformance.reports.html import names
from tensor_conformance.reports.html.memory import picture
from tensor_conformance.reports.html.site import alike, family
from tensor_conformance.reports.results import ResultsError, Row
from tensor_conformance.reports.strength import STRENGTH, read_strength
from tensor_conformance.reports.visible import visible

_HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'&amp;{{7*7}}</style>"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return site(tmp_path_factory.mktemp("site"))


def parsed(page: Path) -> object:
    """The page's document; html5lib raises for anything that is not well-formed."""
    return html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(page.read_text(encoding="utf-8"))


def markup(page: Path) -> str:
    """The page's source with every quote and end tag that HTML can do without."""
    return html5lib.serialize(parsed(page), quote_attr_values="always", omit_optional_tags=False)  # type: ignore[no-any-return]


def text_of(page: Path) -> str:
    return " ".join(" ".join(parsed(page).itertext()).split())  # type: ignore[attr-defined]


def only(folder: Path, pattern: str) -> Path:
    (found,) = folder.glob(pattern)
    return found


# -- form ----------------------------------------------------------------------------------------------------------------


def test_every_page_is_well_formed(built: Path) -> None:
    assert len([parsed(page) for page in pages(built)]) > 15


def test_links_within_the_site_lead_to_pages_and_anchors_that_exist(built: Path) -> None:
    for page in pages(built):
        for link in re.findall(r'(?:href|src)="([^"]*)"', markup(page)):
            if link.startswith(("https:", "data:")):
                continue
            path, _, anchor = link.partition("#")
            target = (page.parent / path).resolve() if path else page
            assert target.exists(), (page, link)
            if anchor:
                assert f'id="{anchor}"' in markup(target), (page, link)


def test_ids_are_distinct_within_a_page(built: Path) -> None:
    for page in pages(built):
        counts = Counter(re.findall(r'\bid="([^"]*)"', markup(page)))
        assert [id for id, n in counts.items() if n > 1] == []


def test_nothing_is_fetched_from_elsewhere(built: Path) -> None:
    for page in pages(built):
        assert not re.search(r'(src|rel="stylesheet" href)="(https?:)?//', markup(page))
    assert "url(" not in (built / "assets" / "style.css").read_text()


def test_every_page_has_a_title_a_language_landmarks_and_a_skip_link(built: Path) -> None:
    for page in pages(built):
        text = markup(page)
        assert all(part in text for part in ("<title>", 'lang="en"', "<header>", "<main ", "<footer>", "<nav ", 'class="skip"'))


def test_every_text_has_enough_contrast_on_its_ground() -> None:
    css = (Path(names.__file__).parent / "assets" / "style.css").read_text()
    for scheme in re.findall(r":root \{(.*?)\}", css, re.DOTALL):
        colours = dict(re.findall(r"--([\w-]+): (#\w{6})", scheme))
        pairs = {("text", ground) for ground in ("ground", "raised", "shares", "copies", "depends", "mixed", "converts", "code")}
        pairs |= {("quiet", ground) for ground in ("ground", "raised", "refuses")} | {("link", "ground"), ("link", "raised")}
        pairs |= {("on-wrong", "wrong"), ("on-crashes", "crashes"), ("on-good", "copies"), ("on-known", "depends")}
        pairs |= {(f"q-{line}", "ground") for line in range(len(MARKS))}
        pairs |= {("on-info", "shares"), ("text", "element"), ("text", "buffer")}
        low = {pair: contrast(*(colours[name] for name in pair)) for pair in pairs}
        assert {pair: ratio for pair, ratio in low.items() if ratio < 4.5} == {}


def contrast(one: str, other: str) -> float:
    """WCAG 2.2: https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio"""

    def luminance(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_every_word_has_a_sign_beside_its_colour() -> None:
    css = (Path(names.__file__).parent / "assets" / "style.css").read_text()
    for word in WORDS:
        assert re.search(rf"^\.{word.replace(' ', '-')}\b.*--sign:", css, re.MULTILINE), word


# -- what is shown -------------------------------------------------------------------------------------------------------


def test_the_overview_says_what_is_broken_the_worst_first(built: Path) -> None:
    text = text_of(built / "index.html")
    assert "1 broken promise that nobody had recorded, and 1 known deviations" in text
    assert text.index("fake.convert breaks “values”") < text.index("NaN loses its sign")


def test_the_overview_says_what_was_not_run_and_why(built: Path) -> None:
    assert "not run other is not installed 1 entry points" in text_of(built / "index.html")


def test_a_framework_that_was_missing_is_named_though_no_row_names_it(tmp_path: Path) -> None:
    folder = site(tmp_path, HEADER | {"missing": {"torch": "torch does not import"}}, FINE, FOOTER)
    assert "not run torch does not import" in text_of(folder / "index.html")


def test_a_matrix_cell_says_what_happens_and_where_that_is_written(built: Path) -> None:
    text = markup(only(built, "matrix/fake-*-in-dtypes.html"))
    cells = dict(re.findall(r'<td id="\w+\.([^"]*)"[^>]*>(.*?)</td>', text, re.DOTALL))
    plain = {dtype: re.sub("<[^>]*>", " ", cell).split() for dtype, cell in cells.items()}
    assert plain["float32"] == ["depends", "doc+obs"]
    assert plain["float64"] == ["shares", "wrong", "(new)", "doc"]
    assert plain[".3eint32"] == ["crashes"]
    assert plain["S5"] == ["refuses", "obs"]


def test_a_matrix_says_what_was_not_run(tmp_path: Path) -> None:
    folder = site(tmp_path, HEADER, CALL, entry("fake.other", Cells({("bool", "C", SHARES): 1})), FOOTER)
    row = re.search(r"fake\.other</a>.*?</tr>", markup(only(folder, "matrix/*-dtypes.html")), re.DOTALL)
    assert row is not None
    assert row[0].count(">not run") == 4


def test_an_entry_point_shows_its_promise_its_evidence_and_its_cells(built: Path) -> None:
    text = text_of(only(built, "entry/fake-convert-*.html"))
    for part in ("They share memory.", "100 shares", "values 90 2", "float32", "holes", "fake.convert(a)"):
        assert part in text, part


def test_a_finding_shows_the_law_the_memory_and_the_reproducer(built: Path) -> None:
    page = only(built, "finding/*.html")
    assert '<svg class="memory"' in markup(page)
    text = text_of(page)
    for part in (
        "Values MUST survive.",
        "print('<b>' & 1)",
        "pytest conformance --replay 0123456789",
        "wrong data",
        "[0, 0] at 8",
    ):
        assert part in text, part


def test_a_deviation_has_the_same_shape(built: Path) -> None:
    text = text_of(only(built, "deviation/*.html"))
    for part in ("A call MUST end.", "fake >=1.0", "not reported", "crash", "[0, 0] at 8"):
        assert part in text, part


def test_a_program_that_broke_a_law_is_a_finding(tmp_path: Path) -> None:
    folder = site(tmp_path, HEADER, PROGRAMS, PROGRAM, FOOTER)
    assert "1 broken promise" in text_of(folder / "index.html")
    assert "42" in text_of(folder / "index.html")
    assert "new 0 1 2" in text_of(only(folder, "finding/*.html"))


@pytest.mark.parametrize("section", ["symbolic", "upgrade", "history", "benchmarks"])
def test_a_section_without_data_says_so(built: Path, section: str) -> None:
    assert "no data in these results" in text_of(built / f"{section}.html")


def test_an_upgrade_shows_what_changed_and_the_script(tmp_path: Path) -> None:
    header = HEADER | {"against": {"torch": "2.12.0"}, "environment": {"torch": "2.13.0"}}
    quiet = DIFFERENCE | {"id": "1123456789", "change": "added", "before": "raised TypeError", "entry": "torch.two"}
    text = text_of(site(tmp_path, header, COMPARISON, DIFFERENCE, quiet, FOOTER) / "upgrade.html")
    assert "torch 2.12.0 → torch 2.13.0" in text
    assert "1 change breaks what worked, by other sharing of memory; 1 added. (2 differences, 2 causes)" in text
    assert "breaking: what worked no longer does, or does something else" in text
    assert "breaking torch.one what torch.one copies now, where it shared before shares after copies" in text
    assert text.index("print(1)") < text.index("added torch.two what")


@pytest.mark.parametrize(
    ("seen", "words"),
    [
        (
            {"topic": "values", "before": "as promised", "after": "bit for bit"},
            "values as promised, but other bits after values bit",
        ),
        ({"topic": "warnings", "before": "", "after": "UserWarning"}, "before warnings: none after warnings: UserWarning"),
        ({"topic": "shape", "before": "", "after": "(1,)"}, "before shape: as the source's after shape: (1,)"),
    ],
)
def test_an_upgrade_says_what_the_words_are_about(seen: Row, words: str, tmp_path: Path) -> None:
    assert words in text_of(site(tmp_path, HEADER, COMPARISON, DIFFERENCE | seen, FOOTER) / "upgrade.html")


def test_an_upgrade_that_changed_nothing_says_so(tmp_path: Path) -> None:
    text = text_of(site(tmp_path, HEADER | {"against": {"torch": "2.12.0"}}, COMPARISON, FOOTER) / "upgrade.html")
    assert "Nothing differs." in text
    assert "1 entry points, 500 conversions compared" in text


def test_the_strength_page_shows_the_published_table(built: Path) -> None:
    rows = read_strength(STRENGTH)
    text = text_of(built / "strength.html")
    assert all(row["fault"] in text for row in rows if row["kind"] == "fault")


def test_symbolic_forms_are_shown_by_their_laws(tmp_path: Path) -> None:
    form = entry("fake.function", laws={"static": {"held": 4, "broken": 1}, "values": {"held": 5}})
    text = text_of(site(tmp_path, HEADER, form, FOOTER) / "symbolic.html")
    assert "fake.function holds 5x broken 1x, holds 4x" in text


def test_an_interrupted_run_is_called_so_on_every_page(tmp_path: Path) -> None:
    for page in pages(site(tmp_path, *ROWS[:-1])):
        assert "Interrupted." in text_of(page)


def test_a_run_that_stopped_early_says_why(tmp_path: Path) -> None:
    folder = site(tmp_path, *ROWS[:-1], FOOTER | {"stopped": "stopping after 1 failures"})
    assert "stopping after 1 failures" in text_of(folder / "index.html")


def test_an_empty_run_has_a_site(tmp_path: Path) -> None:
    assert "nothing was run" in text_of(site(tmp_path, HEADER, FOOTER) / "index.html")


def test_a_file_of_a_suite_that_kept_no_cells_is_shown_by_its_matrix(tmp_path: Path) -> None:
    folder = site(tmp_path, HEADER, ENTRY, FOOTER)
    assert "kept no cells" in text_of(only(folder, "entry/*.html"))
    assert "depends" in text_of(only(folder, "matrix/*dtypes.html"))


def test_several_environments_have_pages_of_their_own_and_a_history(tmp_path: Path) -> None:
    old = write_lines(tmp_path / "old.jsonl", HEADER | {"environment": {"numpy": "1.26.4"}}, CALL, FOOTER)
    changed = entry("fake.convert", Cells({("float32", "C", Outcome("refuses", "raised TypeError", 0)): 1}))
    new = write_lines(tmp_path / "new.jsonl", HEADER, changed, FOOTER)
    assert main(["html", str(old), str(new), "-o", str(tmp_path / "site")]) == 0
    assert "numpy 1.26.4" in text_of(tmp_path / "site" / "index.html")
    histories = list((tmp_path / "site").glob("*/history.html"))
    assert len(histories) == 2
    assert all("0 of 1 entry points answer alike" in text_of(page) for page in histories)


def test_findings_past_the_limit_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tensor_conformance.reports.html.site.MOST_FINDINGS", 3)
    found = [BROKEN | {"id": f"{n:010x}"} for n in range(8)]
    folder = site(tmp_path, HEADER, CALL, *found, FOOTER)
    assert len(list(folder.glob("finding/*.html"))) == 3
    assert "8 findings; the 3 worst have pages" in text_of(folder / "findings.html")


# -- what may stand in a file ----------------------------------------------------------------------------------------------


def test_markup_in_a_file_stays_text(tmp_path: Path) -> None:
    text = _HOSTILE
    header = {"environment": {text: text}, "missing": {text: text}, "laws": {text: {"must": text, "source": text}}}
    cells = Cells({(text, text, Outcome("deviates", text, 1)): 1})
    url = {"url": "javascript:alert(1)", "upstream": f"https://x/{text}"}
    rows = [
        HEADER | header,
        entry(text, cells, framework=text, call=text, deviated={text: 1}),
        BROKEN | {"entry": text, "law": text, "script": text, "spec": SPEC | {text: text}},
        KNOWN | {"id": text, "title": text, "severity": text} | url,
        NOT_RUN | {"reason": text},
        FOOTER | {"stopped": text},
    ]
    folder = site(tmp_path, *rows)
    for page in pages(folder):
        document = parsed(page)
        scripts = [node.get("src") for node in document.iter("script")]  # type: ignore[attr-defined]
        assert all(scripts), page
        assert not [node for node in document.iter() if any(name.startswith("on") for name in node.attrib)]  # type: ignore[attr-defined]
        assert not [node for node in document.iter("a") if node.get("href", "").startswith("javascript")]  # type: ignore[attr-defined]
        assert " ".join(_HOSTILE.split()) in text_of(page)


def test_what_works_unseen_is_made_visible() -> None:
    assert visible("a\x00b\u202ec\ud800d\te\n") == "a\\u0000b\\u202ec\\ud800d\te\n"


def test_file_names_are_harmless_and_distinct() -> None:
    odd = ["../../etc/passwd", "A", "a", "", ".", "nul", "漢字", "x" * 5000, "a/b", "a b"]
    slugs = [names.slug(name) for name in odd]
    assert len({slug.lower() for slug in slugs}) == len(odd)
    assert all(re.fullmatch("[a-z0-9_=-]{1,60}", slug) for slug in slugs)


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:text/html,x", "//x", 'https://x/"onclick="', "https://x y", "HTTPS://x"]
)
def test_only_addresses_of_web_pages_become_links(url: str) -> None:
    assert names.link(url) == ""
    assert names.link("https://example.org/a?b=c#d")


def test_a_folder_that_is_not_a_site_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "entry").mkdir()
    (tmp_path / "entry" / "precious.txt").write_text("mine")
    path = write_lines(tmp_path / "results.jsonl", *ROWS)
    assert main(["html", str(path), "-o", str(tmp_path)]) == 2
    assert "holds no site" in capsys.readouterr().err
    assert (tmp_path / "entry" / "precious.txt").exists()


def test_a_site_is_written_over_and_keeps_no_old_pages(tmp_path: Path) -> None:
    folder = site(tmp_path)
    assert list(folder.glob("finding/*.html"))
    assert site(tmp_path, HEADER, FINE, FOOTER) == folder
    assert [*folder.glob("finding/*.html"), *folder.glob("entry/fake*")] == []


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").touch()
    path = write_lines(tmp_path / "results.jsonl", *ROWS)
    assert main(["html", str(path), "-o", str(tmp_path / "file" / "site")]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


# -- cells and answers -----------------------------------------------------------------------------------------------------


def test_cells_are_read_back_as_they_were_written() -> None:
    assert decode(entry("x")) == CELLS


@pytest.mark.parametrize("counts", ["9 0 0 1", "0 9 0 1", "0 0 99 1"])
def test_cells_that_point_nowhere_are_refused(counts: str) -> None:
    with pytest.raises(ResultsError, match=r"the cells of 'x'"):
        decode(entry("x") | {"cells": encode(CELLS) | {"counts": counts}})


def test_cells_that_name_no_clause_are_refused() -> None:
    with pytest.raises(ResultsError, match="a clause that its promise does not have"):
        decode(entry("x", promise=PROMISE[:1]))


@pytest.mark.parametrize(
    ("outcomes", "word", "troubles"),
    [
        ((Outcome("conforms", "shares"),), "shares", ()),
        ((Outcome("conforms", "shares"), Outcome("conforms", "copies")), "depends", ()),
        ((Outcome("conforms", "shares"), Outcome("refuses", "raised TypeError")), "shares", ()),
        ((Outcome("refuses", "raised TypeError"),), "refuses", ()),
        ((Outcome("conforms", "unknown"),), "converts", ()),
        ((Outcome("conforms", "unknown"), Outcome("conforms", "copies")), "copies", ()),
        ((Outcome("conforms", "shares"), Outcome("violates", "copies")), "shares", ("wrong",)),
        ((Outcome("violates", "copies"),), "copies", ("wrong",)),
        ((Outcome("deviates", "crashed (SIGSEGV)"),), "", ("crashes",)),
        ((Outcome("hangs", "hung"), Outcome("crashes", "crashed (SIGABRT)")), "", ("crashes", "hangs")),
        ((Outcome("conforms", "shares"), Outcome("conforms", "copies", -1, False)), "shares", ()),
        ((Outcome("conforms", "copies", -1, False),), "copies", ()),
        ((), "not run", ()),
    ],
)
def test_outcomes_come_to_a_word(outcomes: tuple[Outcome, ...], word: str, troubles: tuple[str, ...]) -> None:
    said = answer(dict.fromkeys(outcomes, 1))
    assert (said.word, said.troubles) == (word, troubles)


def test_trouble_is_new_unless_all_of_it_is_recorded() -> None:
    recorded, new = Outcome("deviates", "copies"), Outcome("violates", "copies")
    assert answer({recorded: 1}).known
    assert not answer({recorded: 1, new: 1}).known


def test_dtypes_that_were_answered_alike_are_grouped() -> None:
    shares, copies = answer({Outcome("conforms", "shares"): 1}), answer({Outcome("conforms", "copies"): 1})
    grid = {("a", "C"): shares, ("b", "C"): copies, ("c", "C"): shares, ("c", "F"): copies, ("d", "F"): shares}
    assert alike(grid, "abcd", "CF") == [["a", "c"], ["b"], ["d"]]  # What d does in C nobody asked.


@pytest.mark.parametrize(
    ("dtype", "expected"),
    [("float32", "common"), (">float32", "other byte order"), ("int4", "small and machine learning"), ("?", "other")],
)
def test_dtypes_have_families(dtype: str, expected: str) -> None:
    assert family(dtype) == expected


# -- the picture -----------------------------------------------------------------------------------------------------------


def boxes(spec: object, itemsize: object = 8) -> list[tuple[float, float, str]]:
    """Where each labelled element is drawn: left edge in bytes from the line's start, width in bytes, label."""
    drawn = picture(spec, itemsize)
    assert drawn is not None
    found = re.findall(r'class="element" x="([\d.]+)" y="\d+" width="([\d.]+)".*?class="order"[^>]*>([^<]*)<', str(drawn.svg))
    return [((float(x) - 66.5) / 11, (float(width) + 1) / 11, label) for x, width, label in found]


def test_elements_are_drawn_where_they_lie_and_in_their_order() -> None:
    assert boxes(SPEC | {"shape": [3], "strides": [-8], "offset": 16, "address": 16}) == [(16, 8, "0"), (8, 8, "1"), (0, 8, "2")]


def test_an_element_across_two_lines_is_drawn_in_both() -> None:
    assert boxes(SPEC | {"shape": [1], "strides": [8], "offset": 0, "address": 60}) == [(60, 4, "0"), (0, 4, "…0")]


def test_elements_over_each_other_are_stacked() -> None:
    drawn = picture(SPEC | {"shape": [3], "strides": [0]}, 8)
    assert drawn is not None
    assert len(set(re.findall(r'class="element" x="[\d.]+" y="(\d+)"', str(drawn.svg)))) == 3


def test_what_is_not_drawn_is_counted() -> None:
    drawn = picture(SPEC | {"shape": [1000, 1000], "strides": [8000, 8], "nbytes": 8_000_000}, 8)
    assert drawn is not None
    assert "999,936 more elements are not drawn" in drawn.svg
    assert "and 999,984 more" in drawn.words[-1]


@pytest.mark.parametrize(
    "wrong",
    [{"shape": [1 << 70, 1]}, {"shape": [-1, 2]}, {"strides": [8]}, {"offset": None}, {"shape": [True, 1]}, {"shape": "ab"}],
)
def test_what_describes_no_layout_has_no_picture(wrong: Row) -> None:
    assert picture(SPEC | wrong, 8) is None
    assert picture({}, 8) is None
    assert picture(SPEC, None) is None


@pytest.mark.parametrize("shape", [[], [0], [1 << 60, 1 << 60], [1] * 64, [0, 1 << 60]])
def test_extreme_shapes_are_drawn_at_once(shape: list[int]) -> None:
    assert picture(SPEC | {"shape": shape, "strides": [8] * len(shape)}, 8) is not None
