"""Cards, gallery, evidence, editor and questionnaire in a real Chromium: the keys reach everything, axe finds nothing, nothing scrolls sideways at 400 %,
and paper looks right."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
from programs import program

from personabench.cards import PersonaCard, PersonaGallery, render
from personabench.codebook import add_code
from personabench.coding import code
from personabench.evidence_widget import EvidenceWidget
from personabench.perception import perception_form, score_perception
from personabench.persona_editor import PersonaEditor
from personabench.claims import Claim, Descriptor, Evidence, Link, Persona
from personabench.persona_files import _read_persona
from personabench.study import Study
from personabench.survey import import_survey

from .widget_pages import WidgetPage, study_of_talk

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


def whole_persona() -> Persona:
    "One with all parts of a card: what sets it apart, who they are, topics, caveats."
    figures, far = {"n": 150, "share": .93, "low": .88, "high": .96}, {"rest": .05, "effect": 2.1, "difference_low": .8, "difference_high": .92, "q": .001, "used": True}
    work = Evidence(kind="survey", survey="wave1", variable="use", question="What do you mainly ride for?", value="work", answer="work", **figures, **far)
    apart = Claim(id="survey-use", text="Mainly rides for work.", facet="behaviour", people=140, base=150, share=.93, low=.88, high=.96, oldest="2026-04-21",
        newest="2026-05-19", evidence=[work])
    topic = Claim(id="job", text="Talked about: Job and hours.", facet="demographic", codes=["Job"], people=2, base=5, evidence=[said("P01", "I work at night", "Job")])
    told = [Descriptor(field="age", variable="age", question="How old are you?", n=148, mean=43.2, low=40.4, high=45.6, rest=41.4),
            Descriptor(field="location", variable="district", question="Which district do you live in?", answer="Harbour", n=148, people=30, share=.2, low=.14, high=.28)]
    more = {"described": told, "verdict": "not shown", "unassigned": 2, "linked": [Link(case="P09", how="by hand", note="misfit")]}
    return three_personas()[0].model_copy(update={"claim_list": [*three_personas()[0].claim_list[:3], apart, topic], **more})


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("width", [1100, 320])
def test_axe_finds_nothing_on_a_card_with_all_its_parts(at_page, axe, shots, tmp_path, look, width):
    for html in (card_page(whole_persona()), PersonaGallery([whole_persona()]).write(tmp_path / "w.html").read_text("utf-8")):
        page = at_page(html, look=look, width=width)
        for summary in page.locator(".pg-full > summary, .pb-topics > summary").all(): summary.click()
        for summary in page.locator(".pb-claim summary").all(): summary.click()
        assert axe(page, "body") == [] and sideways(page) == []
    page.screenshot(path=shots / f"card-whole-{look}-{width}.png", full_page=True)


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


def words_of(pdf: bytes, tmp_path: Path) -> list[str]:
    "The words of each page of a PDF, by pdftotext."
    (tmp_path / "p.pdf").write_bytes(pdf)
    return subprocess.run([program("pdftotext"), "-layout", str(tmp_path / "p.pdf"), "-"], capture_output=True, text=True, check=True).stdout.split("\f")[:-1]


@pytest.mark.parametrize("open_it", [False, True])
def test_paper_shows_evidence_where_it_is_asked_for_and_no_triangles(at_page, shots, tmp_path, open_it):
    p = three_personas()[0].model_copy(update={"claim_list": three_personas()[0].claim_list[-6:]})
    for name, html in (("card", card_page(p).replace(PersonaCard(p).html, PersonaCard(p, print_evidence=open_it).html)),
                       ("gallery", PersonaGallery([p], print_evidence=open_it).write(tmp_path / "g.html").read_text("utf-8"))):
        page = at_page(html)
        words = " ".join(words_of(page.pdf(path=shots / f"{name}-evidence-{open_it}.pdf", prefer_css_page_size=True), tmp_path))
        assert ("Never happened to me" in words) is open_it, name
        assert "\u25b8" not in words and "\u25be" not in words and "Skip the card" not in words
        assert "Name and picture are fictional" in words


def test_no_page_of_a_printed_gallery_holds_only_a_foot(at_page, tmp_path):
    longer = [p.model_copy(update={"claim_list": [c.model_copy(update={"id": f"{c.id}-{k}"}) for k in range(many) for c in p.claim_list]})
              for p, many in zip(three_personas(), (1, 3, 1), strict=True)]
    pages = words_of(at_page(PersonaGallery(longer[:2]).write(tmp_path / "g.html").read_text("utf-8")).pdf(prefer_css_page_size=True), tmp_path)
    assert not [page for page in pages if "fictional" in page and "respondents" not in page], "the foot stands with the name, where paper is concerned"


def test_at_400_percent_a_statement_has_the_whole_width_and_its_count_below(at_page):
    page = at_page(card_page(three_personas()[0]), width=320)
    box = page.locator(".pb-claim summary").first.bounding_box()
    text, count = (page.locator(f".pb-claim {name}").first.bounding_box() for name in (".pb-text", ".pb-count"))
    assert box and text and count and text["width"] > .95 * box["width"] and count["y"] >= text["y"] + text["height"] - 1


def test_a_key_leads_past_a_card(at_page):
    cards = [PersonaCard(p).html for p in three_personas()[:1]]
    page = at_page(render("page.html.j2", {"title": "two", "version": "0", "body": cards[0] + '<button id="after">After</button>'}))
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip the card of Avery" and page.locator(".pb-skip").bounding_box()["width"] > 60
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "after"


def test_filters_and_cards_of_a_gallery_begin_at_one_line_in_a_notebook(at_page):
    jupyter = "<style>.jp-RenderedHTMLCommon ul:not(.list-inline), .jp-RenderedHTMLCommon ol:not(.list-inline) { padding-left: 2em; margin: 1em 0 }</style>"
    page = at_page(f"<!doctype html><title>t</title>{jupyter}<div class='jp-RenderedHTMLCommon'>{PersonaGallery(three_personas()).html}</div>")
    bar, item, avatar, name = (page.locator(place).first.bounding_box() for place in (".pg-bar", ".pg-item", ".pg-head svg", ".pg-name"))
    assert bar and item and avatar and name and abs(bar["x"] - item["x"]) < 1 and abs(avatar["y"] - name["y"]) < 12


# -- Evidence -----------------------------------------------------------------------------------------------------------------
def of_talk() -> tuple[Study, Persona]:
    "The talk, and a persona with a quote of two people, a quote that has moved, a figure, a citation, markup and an assumption."
    study = study_of_talk()
    text = study.text("P01")

    def quote(words: str, case: str, code: str = "Dock full") -> Evidence:
        start = text.index(words)
        return Evidence(kind="quote", quote=words, source="P01", start=start, end=start + len(words), case=case, code=code, date="2026-05-04")

    figure = Evidence(kind="survey", survey="wave1", variable="use", value="work", n=150, share=.93, low=.88, high=.96, rest=.05, effect=2.1)
    cited = Evidence(kind="cited", cite=f"A book about docks {EVIL}")
    full = quote("When the dock is full, I walk.", "P01")
    moved = full.model_copy(update={"start": 0, "end": len(full.quote or "")})
    told = Claim(id="pain-full", text=f"Full dock {EVIL}", facet="pain", codes=["Dock full"], people=2, base=3, share=.67, low=.21, high=.94, quotes=5,
                 evidence=[full, quote("הרציף מלא.", "Dina"), figure, cited], against_people=1, against=[moved, quote("voil\u00e0", "P01", EVIL)])
    quiet = Claim(id="goal-x", text="Loves maps", facet="goal")
    more = [Claim(id=f"need-{i}", text=f"Needs thing {i}", facet="need", evidence=[quote("I take the bike", "P01")], quotes=1) for i in range(14)]
    return study, Persona(id="a", name="Ash", label="Commutes", claims=[quiet, *more, told])


class EvidencePage(WidgetPage):
    "The evidence widget on a bare page."
    live, pause = ".pbe-live", (0, 120)

    def ready(self) -> None: self.page.locator("#w .pbe-claim").wait_for()

    @property
    def heading(self) -> str: return self.page.locator("#w .pbe-claim").inner_text()

    @property
    def pieces(self) -> list[str]: return self.page.locator("#w .pbe-piece").all_inner_texts()


@pytest.fixture
def evidence(page) -> Iterator[EvidencePage]:
    study, persona = of_talk()
    made = EvidencePage(page, study, EvidenceWidget(study, persona))
    yield made
    assert not made.errors and page.title() == "bench", made.errors


def wear(bench: WidgetPage, look: str) -> None:
    "Give the page the colours that JupyterLab has."
    ground, layer, ink = ("#111111", "#212121", "rgba(255,255,255,.87)") if look == "dark" else ("#ffffff", "#f5f5f5", "rgba(0,0,0,.87)")
    style = f"background:{ground};--jp-layout-color0:{ground};--jp-layout-color1:{layer};--jp-ui-font-color0:{ink};margin:8px"
    bench.page.evaluate("style => { document.body.style.cssText = style; }", style)
    bench.page.wait_for_function("dark => document.querySelector('#w > [role=region]').hasAttribute('data-dark') === dark", arg=look == "dark")


@pytest.mark.parametrize("look", LOOKS)
def test_axe_finds_nothing_on_the_evidence_widget(evidence, axe, shots, look):
    wear(evidence, look)
    assert "An assumption" in evidence.page.locator("#w").inner_text() and axe(evidence.page, "#w") == []
    evidence.page.locator("#w .pbe-statement[data-k='s:goal-x']").focus()
    evidence.keys("End")
    assert axe(evidence.page, "#w") == []
    evidence.page.set_viewport_size({"width": 1000, "height": 760})
    evidence.page.screenshot(path=shots / f"evidence-{look}.png")
    evidence.page.set_viewport_size({"width": 320, "height": 900})
    assert sideways(evidence.page) == [] and axe(evidence.page, "#w") == []
    evidence.page.screenshot(path=shots / f"evidence-{look}-320.png", full_page=True)


def test_statements_and_evidence_by_keys(evidence):
    assert evidence.heading == "Loves maps" and "1 of 3" not in evidence.heading
    evidence.page.locator("#w .pbe-statement[data-k='s:goal-x']").focus()
    evidence.keys("ArrowDown")
    assert evidence.heading == "Needs thing 0"
    evidence.keys("End")
    assert evidence.heading == f"Full dock {EVIL}", "markup is words"
    assert len(evidence.pieces) == 6 and "Quoted here: 2 people for, 1 against, 1 on both sides." in evidence.page.locator("#w .pbe-main").inner_text()
    assert "I take the bike 😀 from the dock. When the dock is full, I walk. It costs me ten minutes." in evidence.pieces[0].replace("\n", "")
    assert "Anna (P01) · turn 2" in evidence.pieces[0] and evidence.page.locator("#w mark").first.inner_text() == "When the dock is full, I walk."
    evidence.keys("j", "j")
    assert evidence.page.evaluate("document.activeElement.dataset.k") == "e:1"
    evidence.keys("3")
    assert len(evidence.pieces) == 2 and "no longer holds these words" in evidence.pieces[0]
    evidence.keys("k")
    assert evidence.page.evaluate("document.activeElement.dataset.k") == "e:1"
    evidence.keys("1")
    evidence.page.locator("#w select").select_option("Dina")
    assert len(evidence.pieces) == 1
    evidence.keys("/").type("maps")
    evidence.keys()
    assert evidence.page.locator("#w .pbe-statement").count() == 1 and evidence.page.evaluate("window.strayed") == []


def test_a_figure_says_n_interval_others_and_effect_and_a_citation_is_copied(evidence):
    evidence.page.locator("#w .pbe-statement[data-k='s:pain-full']").click()
    evidence.keys("2")
    figure = next(p for p in evidence.pieces if "wave1" in p)
    for word in ("93 %", "88 % to 96 %", "5 % among the others", "n = 150", "large difference, Cohen's h = 2.10", "not in the study"): assert word in figure, word
    evidence.page.evaluate("navigator.clipboard.writeText = t => { window.copied = t; return Promise.resolve(); }")
    evidence.keys("j", "c")
    assert re.fullmatch(r"“When the dock is full, I walk.” \(P01, turn 2, 2026-05-04; characters \d+-\d+\)", evidence.page.evaluate("window.copied"))
    assert evidence.said.startswith("Copied: ")


# -- Editor -------------------------------------------------------------------------------------------------------------------
class EditorPage(WidgetPage):
    "The editor on a bare page, with a real file."
    live, pause = ".pbw-live", (0, 150)

    def ready(self) -> None: self.page.locator("#w .pbw-item").first.wait_for()

    def at(self, key: str) -> Any: return self.page.locator(f"#w [data-k={json.dumps(key)}]")

    def judged(self) -> None: self.page.wait_for_function("!document.querySelector('#w .pbw-bar').textContent.includes('checking')", timeout=60_000)

    @property
    def file(self) -> Persona: return _read_persona(self.widget.path)


@pytest.fixture
def editor(page, tmp_path) -> Iterator[EditorPage]:
    study, persona = of_talk()
    add_code(study, "Dock full", facet="pain")
    code(study, "Dock full", source="P01", quote="When the dock is full, I walk.")
    frame = pd.DataFrame({"respondent": [f"R{i}" for i in range(100)], "use": ["work"] * 50 + ["fun"] * 50, "pass": (["year"] * 10 + ["day"] * 40) * 2})
    import_survey(study, frame, id="respondent", name="wave1")
    few = [c for c in persona.claim_list if c.id in ("goal-x", "need-0", "pain-full")]
    many = [Claim(id=v, text=v, facet="behaviour", people=45, base=50, share=.9, low=.7, high=.95, evidence=[
        Evidence(kind="survey", survey="wave1", variable=v, value=x, n=50, share=.9, low=.7, high=.95, rest=.1)]) for v, x in (("use", "work"), ("pass", "year"))]
    path = tmp_path / "ash.yaml"
    persona.model_copy(update={"claim_list": [*few, *many]}).to_yaml(path)
    path.write_text("# agreed in May\n" + path.read_text("utf-8"), "utf-8")
    made = EditorPage(page, study, PersonaEditor(study, path, today="2026-06-01"))
    yield made
    assert not made.errors and page.title() == "bench", made.errors
    assert path.read_text("utf-8").startswith("# agreed in May\n")


@pytest.mark.parametrize("look", LOOKS)
def test_axe_finds_nothing_on_the_editor(editor, axe, shots, look):
    wear(editor, look)
    editor.judged()
    editor.at("o:pain-full").click()
    editor.at("s:pain-full").fill("dock")
    editor.keys("Enter")
    editor.page.locator("#w summary").first.click()
    assert axe(editor.page, "#w") == []
    editor.page.set_viewport_size({"width": 1000, "height": 1000})
    editor.page.screenshot(path=shots / f"editor-{look}.png")
    editor.page.locator("#w .pbw-body").evaluate("el => el.scrollTo(0, 1e6)")
    editor.page.screenshot(path=shots / f"editor-{look}-end.png")
    editor.page.set_viewport_size({"width": 320, "height": 900})
    editor.page.locator("#w .pbw-body").evaluate("el => el.scrollTo(0, 0)")
    assert sideways(editor.page) == [] and axe(editor.page, "#w") == []
    editor.page.screenshot(path=shots / f"editor-{look}-320.png", full_page=True)


def test_a_statement_is_written_strengthened_moved_and_undone_by_keys(editor):
    editor.at("t:goal-x").focus()
    editor.keys("End").type(f" and {EVIL}")
    editor.keys("Control+Enter")
    assert editor.file.claim_list[0].text == f"Loves maps and {EVIL}" and editor.said.startswith("Saved: the text of \u201cLoves maps and ")
    editor.at("t:use").focus()
    editor.keys("Alt+ArrowDown")
    assert [c.id for c in editor.file.claim_list][-2:] == ["pass", "use"], "among those of its heading"
    assert editor.page.evaluate("document.activeElement.dataset.k") == "t:use", "focus stays with the statement"
    editor.keys("Control+z", "Control+z")
    assert editor.file.claim_list[0].text == "Loves maps" and editor.at("t:goal-x").input_value() == "Loves maps"
    editor.at("o:goal-x").focus()
    editor.keys("Enter")
    editor.at("s:goal-x").focus()
    editor.type("walk")
    editor.keys("Enter")
    editor.at("a:goal-x:0:for").focus()
    editor.keys("Enter")
    assert editor.file.claim_list[0].strength == "anecdote" and "anecdote" in editor.page.locator("[data-claim=goal-x] .pbw-strength").inner_text()
    assert "“When the dock is full, I walk.”" in editor.page.locator("[data-claim=goal-x] .pbw-evidence").first.inner_text()
    editor.at("new-text").focus()
    editor.at("new-text").fill("Wants a roof")
    editor.keys("Control+Enter")
    assert editor.file.claim_list[-1].id == "need-wants-a-roof" and editor.page.evaluate("window.strayed") == []


def test_meter_and_findings_follow_what_is_written(editor):
    editor.judged()
    meter = editor.page.locator("#w .pbw-meter").inner_text()
    assert ("2 of 5 statements can be counted in the survey. People in your data who match all of these: 10 of 100 (10 %, 95 % interval 5.5 to 17 %). "
            "Without \u201cpass\u201d it would be 50.") in meter
    assert "no evidence for 'Loves maps'" in editor.page.locator("[data-claim=goal-x] .pbw-findings").inner_text()
    editor.at("x:pass").click()
    editor.page.wait_for_function("document.querySelector('#w .pbw-meter').textContent.includes('50 of 100')", timeout=60_000)
    assert editor.page.locator("[data-claim=pass]").count() == 0


def in_sight(editor, place: str) -> bool:
    "Whether an element lies within the visible part of the editor's body."
    body, box = editor.page.locator("#w .pbw-body").bounding_box(), editor.page.locator(place).first.bounding_box()
    return bool(body and box and box["height"] and box["y"] >= body["y"] - 1 and box["y"] + box["height"] <= body["y"] + body["height"] + 1)


def test_a_new_statement_comes_into_sight_as_an_assumption_in_its_place_on_the_card(editor):
    editor.page.set_viewport_size({"width": 1000, "height": 620})
    editor.judged()
    editor.at("new-facet").select_option("objections")
    editor.at("new-text").fill("Thinks that docks are always full")
    editor.keys("Control+Enter")
    new = "[data-claim='attitude-thinks-that-docks-are-always-full']"
    editor.page.locator(f"#w {new}").wait_for()
    assert editor.page.evaluate("document.activeElement.value") == "Thinks that docks are always full"
    assert in_sight(editor, f"#w {new} .pbw-strength") and "assumption" in editor.page.locator(f"#w {new} .pbw-strength").inner_text()
    editor.judged()
    editor.page.wait_for_function("sel => document.querySelector(sel).textContent.includes('no evidence for')", arg=f"#w {new} .pbw-findings")
    assert in_sight(editor, f"#w {new} .pbw-findings"), "with what the check says of it"
    assert editor.page.locator("#w .pbw-group:visible").all_inner_texts() == ["Goals", "Needs", "Pains", "What they do", "What they think"]


def test_the_count_of_findings_leads_to_each_of_them(editor):
    editor.page.set_viewport_size({"width": 1000, "height": 620})
    editor.judged()
    count = editor.at("findings")
    assert re.search(r"\d+ (error|warning|note)", count.inner_text())
    seen = []
    for _ in range(editor.page.locator("#w .pbw-findings:not(:empty)").count() + 1):
        count.focus()
        editor.keys("Enter")
        seen.append(editor.page.evaluate("document.activeElement.closest('.pbw-item')?.dataset.claim ?? 'whole'"))
        assert editor.said.startswith("Finding ") and in_sight(editor, "#w .pbw-findings:focus, #w .pbw-item:focus-within textarea")
    assert "goal-x" in seen and len(set(seen)) == len(seen) - 1 and seen[0] == seen[-1], "all, and then the first again"


def test_an_empty_text_gives_way_to_the_old_one_and_the_field_is_marked(editor):
    editor.at("t:goal-x").fill("   ")
    editor.keys("Control+Enter")
    field = editor.at("t:goal-x")
    assert field.input_value() == "Loves maps" == editor.file.claim_list[0].text and field.get_attribute("aria-invalid") == "true"
    assert "the old one is back" in editor.page.locator(f"#{field.get_attribute('aria-describedby')}").inner_text()
    assert "not saved" in editor.page.locator("#w .pbw-bar").inner_text()
    field.focus()
    editor.keys("End").type("!")
    assert field.get_attribute("aria-invalid") is None and editor.page.locator("#w .pbw-why").count() == 0
    editor.keys("Control+Enter")
    assert editor.file.claim_list[0].text == "Loves maps!" and "not saved" not in editor.page.locator("#w .pbw-bar").inner_text()


def test_controls_are_called_by_words_and_a_key_leads_past_the_editor(editor):
    names = editor.page.locator("#w .pbw-item [aria-label]").evaluate_all("all => all.map(el => el.getAttribute('aria-label'))")
    assert "Remove: Loves maps" in names and "Kind of: Loves maps" in names and not [n for n in names if "goal-x" in n or "need-0" in n]
    editor.at("t:goal-x").fill("Loves atlases")
    editor.keys("Control+Enter")
    assert editor.at("x:goal-x").get_attribute("aria-label") == "Remove: Loves atlases"
    editor.page.evaluate("document.activeElement.blur()")
    skip = editor.page.locator("#w .pbw-skip")
    skip.focus()
    assert skip.bounding_box()["width"] > 100
    editor.keys("Enter")
    assert editor.page.evaluate("document.querySelector('#w .pbw').lastElementChild === document.activeElement")


def test_another_persona_of_the_folder_is_picked(page, tmp_path):
    study, persona = of_talk()
    for name in ("ash", "bo", "cleo"):
        persona.model_copy(update={"id": name, "name": name.title(), "claim_list": persona.claim_list[:2]}).to_yaml(tmp_path / f"{name}.yaml")
    made = EditorPage(page, study, PersonaEditor(study, tmp_path, today="2026-06-01"))
    assert made.at("pick").locator("option").all_inner_texts() == [f"{n}.yaml: {n.title()}: Commutes" for n in ("ash", "bo", "cleo")]
    made.at("pick").select_option("bo.yaml")
    made.page.wait_for_function("document.querySelector('#w [data-k=name]').value === 'Bo'")
    made.at("t:goal-x").fill("Loves globes")
    made.keys("Control+Enter")
    assert _read_persona(tmp_path / "bo.yaml").claim_list[0].text == "Loves globes" and _read_persona(tmp_path / "ash.yaml").claim_list[0].text == "Loves maps"
    assert not made.errors


def test_two_at_one_file_lose_nothing(editor):
    path = editor.widget.path
    editor.at("t:goal-x").fill("Loves paper maps")
    path.write_text(path.read_text("utf-8").replace("Loves maps", "Loves atlases"), "utf-8")
    editor.keys("Control+Enter")
    box = editor.page.locator("#w .pbw-conflict")
    assert "Loves atlases" in box.inner_text() and "Loves paper maps" in box.inner_text() and "ash.edited-1.txt" in box.inner_text()
    assert editor.page.evaluate("document.activeElement.dataset.k") == "theirs" and editor.file.claim_list[0].text == "Loves atlases"
    editor.at("mine").click()
    editor.keys()
    assert editor.file.claim_list[0].text == "Loves paper maps" and box.count() == 0 and not path.with_name("ash.edited-1.txt").exists()
    whole = path.read_text("utf-8")
    path.write_text(whole.replace("facet: goal", "facet: gaol"), "utf-8")
    editor.at("label").fill("Rides")
    editor.keys("Enter")
    assert "gaol" in editor.page.locator("#w .pbw-problem").inner_text() and "Not saved" in editor.said and editor.at("label").input_value() == "Rides"
    path.write_text(whole, "utf-8")
    editor.keys("Enter")
    assert editor.file.label == "Rides" and editor.page.locator("#w .pbw-problem").is_hidden()


def test_what_is_written_while_python_is_deaf_is_kept_and_sent_later(editor):
    editor.deaf = True
    editor.at("label").fill("Rides at night")
    editor.keys("Enter")
    assert editor.file.label == "Commutes" and "1 waiting" in editor.page.locator("#w .pbw-bar").inner_text()
    editor.deaf = False
    editor.page.wait_for_function("document.querySelector('#w .pbw-bar').textContent.includes('saved')", timeout=20_000)
    assert editor.file.label == "Rides at night"


# -- Questionnaire ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("width", [900, 320])
def test_axe_finds_nothing_on_the_questionnaire(at_page, axe, shots, look, width):
    persona = three_personas()[0]
    page = at_page(perception_form(persona, card=PersonaCard(persona).html), look=look, width=width)
    assert axe(page, "body") == [] and sideways(page) == []
    page.screenshot(path=shots / f"perception-{look}-{width}.png", full_page=True)
    if width == 900 and look == "light": page.pdf(path=shots / "perception.pdf", prefer_css_page_size=True)


def test_answers_by_keyboard_arrive_in_python(at_page, tmp_path):
    persona = Persona(id="a", name="Ash", label=EVIL)
    page = at_page(perception_form(persona))
    first, name = page.locator("fieldset").first, "input[name=respondent]"
    page.keyboard.press("Tab")   # a group of answers is one stop
    assert first.locator(":focus").count() == 1
    for _ in range(2): page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    for fieldset in page.locator("fieldset").all()[1:]: fieldset.locator("input[value='6']").check()
    page.locator(name).fill('=HYPERLINK("x"), "MB"')
    assert "24 of 24 statements answered." in page.locator("#said").inner_text()
    with page.expect_download() as info: page.locator("#save").click()
    info.value.save_as(tmp_path / "answers" / "a.csv")
    kept = pd.read_csv(tmp_path / "answers" / "a.csv")
    assert kept["respondent"][0] == '\'=HYPERLINK("x"), "MB"' and kept["persona"][0] == "a", "no table program takes it for a formula"
    assert score_perception(tmp_path / "answers").set_index("construct").loc["empathy", "mean"] == 6
    page.get_by_role("button", name="Clear all answers").click()
    page.wait_for_function("document.querySelector('#said').textContent === 'No statement answered yet.'")
