"""The site in a real browser: from the overview to the reproducer, without errors and open to everyone.

Needs Chromium, `playwright` and `axe-playwright-python`; where one of them is missing these tests are skipped and say so.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from meta_tests.site import BROKEN, pages, whole_site

playwright = pytest.importorskip("playwright.sync_api", reason="needs playwright: pip install -r requirements/browser.txt")
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="needs axe-playwright-python")

_CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), None)
pytestmark = pytest.mark.skipif(_CHROMIUM is None, reason="needs Chromium: apt-get install chromium")
# The second half keeps the browser from looking for updates.
_FLAGS = "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update"


#: Without "preload" axe itself asks for the style sheet once more, which browsers refuse for files.
_RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"], "preload": False}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return whole_site(tmp_path_factory.mktemp("site"))


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as started:
        chromium = started.chromium.launch(executable_path=_CHROMIUM, args=_FLAGS.split())
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    """A page whose every complaint, and every request beyond the disk, fails the test."""
    context = browser.new_context()
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    opened = context.new_page()
    complaints = watched(opened)
    yield opened
    context.close()
    assert complaints == []


def watched(page: Any) -> list[str]:
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: complaints.append(request.url) if not request.url.startswith(("file:", "data:")) else None)
    page.set_default_timeout(10_000)
    return complaints


def opened(page: Any, folder: Path, path: str, after: str = "") -> Any:
    (found,) = folder.glob(path)
    page.goto(found.as_uri() + after)
    return page


def test_the_reproducer_of_a_finding_is_a_click_from_the_overview(page: Any, folder: Path) -> None:
    opened(page, folder, "index.html").get_by_role("link", name="fake.convert breaks “values”").click()
    assert BROKEN["script"].strip() in page.locator("pre#script").inner_text()


def test_the_reproducer_is_copied_by_a_button(page: Any, folder: Path) -> None:
    opened(page, folder, "finding/*.html").locator(".codebox", has=page.locator("#script")).get_by_role("button").click()
    page.get_by_role("button", name="Copied").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == BROKEN["script"]


def test_a_red_cell_is_two_clicks_from_its_reproducer(page: Any, folder: Path) -> None:
    opened(page, folder, "matrix/fake-*-in-dtypes.html").get_by_role("link", name="crashes").click()
    assert "#d-.3eint32" in page.url
    page.get_by_role("link", name="NaN loses its sign").click()
    assert "print(1)" in page.locator("pre#script").inner_text()


def test_the_overview_answers_whether_a_call_shares(page: Any, folder: Path) -> None:
    opened(page, folder, "index.html").get_by_label("Call", exact=True).fill("fake.convert")
    page.get_by_label("dtype").select_option("float32")
    page.get_by_label("layout").select_option("C")
    assert page.locator(".answer").inner_text() == "fake.convert with float32, C: shares documented"
    page.get_by_label("layout").select_option("holes")
    assert page.locator(".answer").inner_text() == "fake.convert with float32, holes: copies observed"
    assert "copies when it is not contiguous" in page.locator(".why").inner_text()


def test_an_answer_can_be_linked_to(page: Any, folder: Path) -> None:
    opened(page, folder, "index.html", "?call=fake.convert&dtype=S5&layout=C")
    assert "refuses" in page.locator(".answer").inner_text()


def test_what_was_not_asked_is_answered_so(page: Any, folder: Path) -> None:
    opened(page, folder, "index.html", "?call=other.asarray&dtype=S5")
    assert "not run with this dtype" in page.locator(".answer").inner_text()
    opened(page, folder, "index.html", "?call=other.asarray&dtype=float32&layout=holes")
    assert "not run in this layout; in any layout: shares" in page.locator(".answer").inner_text()


def test_the_script_of_a_breaking_change_is_three_clicks_from_the_overview(page: Any, folder: Path) -> None:
    opened(page, folder, "index.html").get_by_role("link", name="Upgrade").click()
    assert not page.get_by_text("print(1)").is_visible()
    page.get_by_text("Script", exact=True).first.click()
    assert page.get_by_label("Script").inner_text() == "print(1)"
    page.locator("#main").get_by_role("link", name="fake.convert").first.click()
    assert page.locator("h1").inner_text() == "fake.convert"


def test_differences_are_filtered(page: Any, folder: Path) -> None:
    opened(page, folder, "upgrade.html").get_by_label("Show entries with").fill("breaking fake.convert")
    assert page.locator(".differences li:visible").count() == 1
    page.reload()
    assert "1 of 2 entries" in page.locator(".tools output").inner_text()


def test_each_table_of_a_page_keeps_its_own_filter(page: Any, folder: Path) -> None:
    opened(page, folder, "strength.html").get_by_label("Show rows with").last.fill("readonly")
    page.reload()
    assert [field.input_value() for field in page.get_by_label("Show rows with").all()] == ["", "readonly"]


def test_a_call_is_a_click_from_its_curve_to_all_others(page: Any, folder: Path) -> None:
    opened(page, folder, "entry/fake-convert-*.html")
    curve = page.get_by_role("img", name="Time of this call over the bytes of the input")
    assert curve.bounding_box()["width"] > 300
    page.get_by_role("link", name="What all calls cost").click()
    assert page.get_by_role("img", name="Time of 2 calls").is_visible()
    page.locator(".panels").get_by_role("link", name="fake.convert").click()
    assert "O(1): " in page.locator("section", has=page.locator("#cost")).inner_text()


def test_a_call_that_was_not_timed_says_so(page: Any, folder: Path) -> None:
    opened(page, folder, "entry/other-asarray-*.html")
    assert "Not measured: it was not among the calls" in page.locator("#main").inner_text()


def test_the_words_of_a_curve_stay_in_the_picture_and_apart(browser: Any, folder: Path) -> None:
    page = browser.new_page(viewport={"width": 360, "height": 700})
    opened(page, folder, "entry/fake-convert-*.html")
    picture = page.locator(".curve").bounding_box()
    words = [word.bounding_box() for word in page.locator(".curve > text").all()]
    page.close()
    assert all(picture["x"] <= box["x"] and box["x"] + box["width"] <= picture["x"] + picture["width"] for box in words)
    tops = [box["y"] for box in words]
    assert min(lower - upper for upper, lower in pairwise(tops)) > 8


def test_the_faults_of_a_law_are_found_on_the_page_of_strength(page: Any, folder: Path) -> None:
    opened(page, folder, "index.html").get_by_role("link", name="Strength").click()
    page.get_by_label("Show rows with").last.fill("readonly")
    shown = page.locator("#t3 tbody tr:visible").all_inner_texts()
    assert shown
    assert all("readonly" in row.replace("-", "") for row in shown)


def test_rows_and_columns_are_filtered_and_the_address_says_so(page: Any, folder: Path) -> None:
    opened(page, folder, "matrix/fake-*-in-dtypes.html").get_by_label("Show columns with").fill("float")
    assert page.locator("#matrix thead tr:last-child th:visible").all_inner_texts() == ["call", "float32", "float64"]
    page.get_by_label("Show rows with").fill("nothing")
    assert page.locator("#matrix tbody tr:visible").count() == 0
    assert "0 of 1 rows" in page.locator(".tools output").inner_text()
    page.reload()
    assert page.locator("#matrix tbody tr:visible").count() == 0


def test_keys_walk_the_matrix_and_the_address_follows(page: Any, folder: Path) -> None:
    opened(page, folder, "matrix/fake-*-in-dtypes.html").keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "matrix-rows"
    page.locator("#matrix tbody th a").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert page.url.endswith(".float64")
    page.reload()
    assert page.evaluate("document.querySelector(':target').textContent").startswith("shares")


def test_the_first_stop_of_the_tab_key_skips_to_the_content(page: Any, folder: Path) -> None:
    opened(page, folder, "index.html").keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_has_errors_or_accessibility_violations(browser: Any, folder: Path, scheme: str) -> None:
    context = browser.new_context(color_scheme=scheme)
    page = context.new_page()
    complaints = watched(page)
    found = {}
    for path in pages(folder):
        page.goto(path.as_uri())
        response = axe.Axe().run(page, options=_RULES)
        if response.violations_count:
            found[path.name] = response.generate_report()
    context.close()
    assert found == {}
    assert complaints == []


def test_no_page_is_wider_than_a_phone(browser: Any, folder: Path) -> None:
    page = browser.new_page(viewport={"width": 360, "height": 700})
    wide = {}
    for path in pages(folder):
        page.goto(path.as_uri())
        width = page.evaluate("document.documentElement.scrollWidth")
        if width > 360:
            wide[path.name] = width
    page.close()
    assert wide == {}


def test_every_page_can_be_read_without_javascript(browser: Any, folder: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    for path in pages(folder):
        page.goto(path.as_uri())
        assert len(page.locator("main").inner_text()) > 30
    opened(page, folder, "matrix/fake-*-in-dtypes.html").get_by_role("link", name="crashes").click()
    page.get_by_role("link", name="NaN loses its sign").click()
    assert "print(1)" in page.locator("pre#script").inner_text()
    context.close()
