"""The report in a real browser, with nothing but the file: it opens, its links arrive, it prints."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import personabench as pb
from personabench.cli import build_sample

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page


@pytest.fixture(scope="module")
def report_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    "The fictional study's report."
    folder = tmp_path_factory.mktemp("page")
    with pb.Study(folder / "study.db", coder="MB", create=True) as study:
        return pb.report(study, folder, personas=build_sample(study, say=lambda *_, **__: None))


@pytest.fixture
def page(browser: Browser, report_file: Path, request: pytest.FixtureRequest) -> Page:
    "The report opened from disk, without a network; every request is noted."
    page = browser.new_context(offline=True, color_scheme=getattr(request, "param", "light"), viewport={"width": 1100, "height": 900}).new_page()
    page.asked = []
    page.on("request", lambda r: page.asked.append(r.url))
    page.on("console", lambda m: page.asked.append(m.text))
    page.goto(report_file.as_uri())
    return page


def test_it_opens_with_the_network_off_and_asks_for_nothing(page: Page, report_file: Path) -> None:
    assert page.asked == [report_file.as_uri()]
    assert page.locator(".pb-card").count() == 3


def test_a_click_on_a_statement_arrives_at_its_quotes(page: Page) -> None:
    statement = page.locator(".pb-card .pb-groups a.pb-open").first  # at the top stand figures
    words = statement.locator(".pb-text").inner_text()
    statement.click()
    entry = page.locator(".entry:target")
    assert entry.locator("h4").inner_text() == words and entry.locator("q").count() > 0
    page.wait_for_function("() => { const y = document.querySelector('.entry:target').getBoundingClientRect().y; return y >= 40 && y < 860 }")  # in sight


def test_the_keyboard_alone_reaches_the_evidence(page: Page) -> None:
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.classList.contains('pb-open')"): break
    page.keyboard.press("Enter")
    assert page.locator(".entry:target").count() == 1


@pytest.mark.parametrize("page", ["light", "dark"], indirect=True)
def test_one_picture_of_each_journey_shows_and_fits(page: Page) -> None:
    seen = [f for f in page.locator("figure").all() if f.is_visible()]
    assert len(seen) == 4
    for figure in seen:
        box = figure.locator("svg").bounding_box()
        assert box["width"] > 500 and box["x"] >= 0 and box["x"] + box["width"] <= 1100


def test_a_phone_needs_no_sideways_scrolling_for_the_cards(browser: Browser, report_file: Path) -> None:
    page = browser.new_context(offline=True, viewport={"width": 390, "height": 800}).new_page()
    page.goto(report_file.as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_it_prints_as_a_document(page: Page) -> None:
    pages = page.pdf(prefer_css_page_size=True).count(b"/Type /Page\n") or page.pdf(prefer_css_page_size=True).count(b"/Type /Page ")
    assert 5 < pages < 60
