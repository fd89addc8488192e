"""Cards, gallery, evidence, editor and questionnaire in a real Chromium: the keys reach everything, axe finds nothing, nothing scrolls sideways at 400 %,
and paper looks right."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from personabench.cards import PersonaCard, PersonaGallery, render
from personabench.personas import Claim, Evidence, Persona

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

EVIL = "<img src=x onerror=\"document.title='pwned'\">"
LOOKS = ("light", "dark")


def said(case: str, words: str, code: str = "Empty dock") -> Evidence:
    return Evidence(kind="quote", quote=words, source=case, start=0, end=len(words), case=case, code=code, date="2026-05-04")


def three_personas() -> list[Persona]:
    "One of many statements, one with markup wherever people write, one without statements."
    words = "I came down at seven in the morning and there was nothing, four empty posts and me."
    many = [Claim(id=f"pain-{i}", text=f"Finds no bike at the dock, case {i}", facet="pain", codes=["Empty dock"], people=3 if i % 2 else 1, base=5, share=.6,
                  low=.23, high=.88, quotes=4, evidence=[said(f"P{j:02}", words) for j in range(3 if i % 2 else 1)], against_people=i % 2,
                  against=[said("P09", "Never happened to me")] * (i % 2)) for i in range(20)]
    figures = {"share": .93, "low": .88, "high": .96}
    share = Evidence(kind="survey", survey="wave1", variable="use", value="work", n=150, rest=.05, effect=2.1, **figures)
    many += [Claim(id="survey-use", text="Rides to work more often than the others", facet="behaviour", people=140, base=150, evidence=[share], **figures)]
    guess = Claim(id="guess", text=f"Loves {EVIL}", facet="goal")
    size = {"people": 152, "low": .34, "high": .44, "interviewed": 5, "segmentation": "2026-05", "verdict": "clusters shown", "created": "2026-05-12"}
    return [Persona(id="a", name="Avery", label="Commutes by bike", status="persona", segment="A", share=.39, claim_list=many, **size),
            Persona(id="b", name=f"Billie {EVIL}", label=EVIL, segment="B", share=.45, claim_list=[guess, *many[:1]], **size | {"verdict": "not shown"}),
            Persona(id="c", name="Charlie", cases=["P01"])]


@pytest.fixture
def at_page(browser: Browser, tmp_path: Path) -> Iterator[Callable[..., Page]]:
    "Open HTML from disk without a network: at_page(html, width=..., **context). Nothing may be asked for, and nobody may run a script."
    pages: list[Any] = []

    def opened(html: str, *, width: int = 1100, look: str = "light", **context: Any) -> Page:
        path = tmp_path / f"{len(pages)}.html"
        path.write_text(html, "utf-8")
        page = browser.new_context(offline=True, color_scheme=look, viewport={"width": width, "height": 900}, **context).new_page()
        asked: list[str] = []
        pages.append((page, asked, path.as_uri()))
        page.on("request", lambda r: asked.append(r.url))
        page.on("pageerror", lambda e: asked.append(str(e)))
        page.goto(path.as_uri())
        return page

    yield opened
    for page, asked, address in pages:
        assert page.title() != "pwned" and asked == [address]
        page.context.close()


def gallery_page(tmp_path: Path, **more: Any) -> str: return PersonaGallery(three_personas(), **more).write(tmp_path / "gallery.html").read_text("utf-8")


def card_page(p: Persona) -> str: return render("page.html.j2", {"title": "card", "version": "0", "body": PersonaCard(p).html})


def sideways(page: Page) -> list[str]:
    "What reaches beyond the right edge of the window."
    wide = "[...document.querySelectorAll('body *')].filter(el => { const r = el.getBoundingClientRect(); return r.width && r.right > innerWidth + 1; })"
    return page.evaluate(f"document.documentElement.scrollWidth > innerWidth ? {wide}.map(el => el.outerHTML.slice(0, 120)) : []")


def pages_of(pdf: bytes) -> int: return len(re.findall(rb"/Type\s*/Page\b", pdf))


# -- Card and gallery ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("width", [1100, 320])
def test_axe_finds_nothing_on_card_and_gallery(at_page, axe, shots, tmp_path, look, width):
    card = at_page(card_page(three_personas()[0]), look=look, width=width)
    for summary in card.locator(".pb-claim summary").all()[:4]: summary.click()
    assert axe(card, "body") == [] and sideways(card) == []
    gallery = at_page(gallery_page(tmp_path), look=look, width=width)
    assert axe(gallery, "body") == [] and sideways(gallery) == []
    gallery.screenshot(path=shots / f"gallery-{look}-{width}.png", full_page=True)
    gallery.locator(".pg-full > summary").nth(1).click()
    assert axe(gallery, "body") == [] and sideways(gallery) == []
    assert EVIL in gallery.locator(".pb-card h2").nth(1).inner_text(), "markup is words"


def test_the_gallery_by_keyboard_alone(at_page, tmp_path):
    page = at_page(gallery_page(tmp_path))
    def names() -> list[str]: return [n.splitlines()[0] for n in page.locator(".pg-item:visible .pg-name").all_inner_texts()]
    assert names()[0] == "Avery" and len(names()) == 3
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")  # personas that are none yet are left out
    assert names() == ["Avery"]
    page.keyboard.press("ArrowDown")
    assert len(names()) == 2 and names()[1] == "Charlie"
    page.keyboard.press("Home")
    page.keyboard.press("Tab")
    page.keyboard.press("End")        # triangulated
    assert page.locator(".pg-claims li:visible").count() == 0 and page.locator(".pg-none:visible").count() == 2
    page.keyboard.press("ArrowUp")    # supported or better
    assert set(page.locator(".pg-claims li:visible").evaluate_all("all => all.map(li => li.className)")) == {"pg-s2"}
    page.keyboard.press("Tab")
    page.keyboard.press("End")        # by name
    page.keyboard.press("ArrowUp")    # by strength
    page.keyboard.press("ArrowUp")    # by share
    assert names()[0].startswith("Billie") and names()[-1] == "Charlie"
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")      # opens the first card of the new order
    opened = page.locator(".pg-item:has(details.pg-full[open])")
    assert opened.count() == 1 and opened.locator(".pg-face").is_hidden() and opened.locator(".pb-card h2").inner_text().startswith("Billie")
    assert page.evaluate("document.activeElement.tagName") == "SUMMARY"
    page.keyboard.press("Enter")
    assert page.locator("details.pg-full[open]").count() == 0


def test_without_scripts_all_is_there_but_sorting(at_page, tmp_path):
    page = at_page(gallery_page(tmp_path), java_script_enabled=False)
    assert page.locator(".pg-sort").is_hidden()
    page.locator(".pg-bar select").first.select_option("proto-persona")
    assert page.locator(".pg-item:visible").count() == 2
    page.locator(".pg-bar select").first.select_option("every")
    page.locator(".pg-full > summary").first.click()
    assert page.locator(".pb-claim:visible").count() == 21


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("scripts", [True, False])
def test_a_gallery_prints_one_persona_a_page_dark_on_white(at_page, shots, tmp_path, look, scripts):
    page = at_page(gallery_page(tmp_path), look=look, java_script_enabled=scripts)
    page.emulate_media(media="print")
    ink, ground = (page.locator(".pb-card h2").first.evaluate(f"el => getComputedStyle(el.closest('.pb-card')).{name}") for name in ("color", "backgroundColor"))
    assert (ink, ground) == ("rgb(23, 25, 28)", "rgb(255, 255, 255)")
    pdf = page.pdf(path=shots / f"gallery-{look}.pdf", prefer_css_page_size=True)
    assert pages_of(pdf) == 3
    assert page.locator(".pb-card").evaluate_all("all => all.map(c => c.getBoundingClientRect().height > 100)") == [True] * 3, "folded cards are unfolded"
    assert page.locator(".pg-face:visible").count() == 0 and page.locator(".pg-bar").is_hidden()
