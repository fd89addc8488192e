"""The coding widget in a real Chromium on a bare page, with the real Python behind it: every gesture, and what the database then holds.

Quicker than JupyterLab, and it shows that the script needs nothing of it; test_coding_widget_lab.py holds what only JupyterLab can show.
"""

from __future__ import annotations

import re

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest

from personabench import codebook, coding, importers, store
from personabench.cards import PersonaCard
from personabench.claims import Claim, Descriptor, Persona
from personabench.coding_widget import CodingWidget
from personabench.study import Study

from .widget_pages import TALK, WidgetPage, study_of_talk

CODES = [("Dock full", "pain"), ("Walks instead", "behaviour"), ("Saves time", "gain"), ("Arriving", "stage"), ("Searching", "stage")]


def make_study(address: str | Path = ":memory:", times: int = 1) -> Study:
    study = study_of_talk(address, times=times)
    for name, facet in CODES: codebook.add_code(study, name, facet=facet, order=len(name) if facet == "stage" else None)
    return study


PING = "v.link.raw({type: 'ping'})"  # ask Python for what others have changed
WAITING = "Object.keys(sessionStorage).filter(k => k.startsWith('personabench:')).length"  # messages kept for Python


class Bench(WidgetPage):
    "The coding widget on P01."
    def __init__(self, page, study: Study, **options: Any): super().__init__(page, study, CodingWidget(study, "P01", **options))

    def ready(self) -> None:
        self.page.locator(".pb-turn").first.wait_for()
        self.page.wait_for_function("document.querySelector('#w').pbView.later.here")
        self.page.locator(".pb-scroll").focus()

    def at(self, words: str, nth: int = 0) -> Bench:
        "Put the caret before some words, as a click would."
        self.page.evaluate("""([words, nth]) => { const v = document.querySelector("#w").pbView;
            let i = -1; for (let k = 0; k <= nth; k++) i = v.doc.text.indexOf(words, i + 1);
            v.select(null); v.sel.set(i, i); }""", [words, nth])
        return self

    def rect(self, words: str) -> dict[str, float]:
        return self.page.evaluate("""words => { const v = document.querySelector("#w").pbView, i = v.doc.text.indexOf(words);
            v.scrollTo(i);
            const a = v.rect(i, i + 1), b = v.rect(i + words.length - 1, i + words.length);
            return {left: a.left, right: b.right, y: a.top + a.height / 2, y2: b.top + b.height / 2}; }""", words)

    def drag(self, words: str, inset: float = 2) -> Bench:
        r, m = self.rect(words), self.page.mouse
        m.move(r["left"] + inset, r["y"])
        m.down()
        m.move((r["left"] + r["right"]) / 2, r["y"])
        m.move(r["right"] - inset, r["y2"])
        m.up()
        self.page.wait_for_timeout(60)
        return self

    @property
    def selected(self) -> str:
        return self.page.evaluate("(() => { const v = document.querySelector('#w').pbView; return v.doc.text.slice(v.sel.lo(), v.sel.hi()); })()")

    def told(self, words: str, *, waiting: bool = False) -> Bench:
        "Wait until the widget has said something and everything is stored (unless something is left waiting)."
        self.page.locator(".pb-live", has_text=words).wait_for()
        if not waiting: self.page.wait_for_function("document.querySelector('#w').pbView.link.outbox.size === 0")
        return self

    @property
    def quotes(self) -> list[tuple[str, str]]:
        self.page.wait_for_timeout(80)
        return [(c, q) for c, q in zip(self.study.codings["code"], self.study.codings["quote"])]


@pytest.fixture
def bench(page) -> Iterator[Bench]:
    made = Bench(page, make_study())
    yield made
    assert not made.errors, made.errors[0]


# -- Text ---------------------------------------------------------------------------------------------------------------------
def test_markup_is_words(bench):
    assert "<img src=x" in bench.page.locator(".pb-say").nth(3).inner_text()
    assert bench.page.title() == "bench" and bench.page.locator(".pb-cw img").count() == 0
    assert bench.page.locator(".pb-say").nth(4).evaluate("e => getComputedStyle(e).direction") == "rtl"


def test_a_persona_card_on_the_same_page_changes_nothing_here_nor_the_widget_the_card(bench):
    card = PersonaCard(Persona(id="a", name="Avery", label="Commutes by bike", status="persona", described=[
        Descriptor(field="age", variable="age", n=12, mean=38.0, low=35.0, high=41.0)], claim_list=[Claim(id="guess", text="Loves the dock", facet="goal")])).html
    style, article = re.fullmatch(r"(?s)\s*(<style>.*?</style>)(.*)", card).groups()
    bench.page.evaluate("article => document.querySelector('main').insertAdjacentHTML('beforeend', `<div id=card>${article}</div>`)", article)
    places = """root => [...document.querySelectorAll(`${root} :not(svg *)`)].map(el => { const r = el.getBoundingClientRect(), s = getComputedStyle(el);
        return [el.className.baseVal ?? el.className, Math.round(r.left), Math.round(r.width), Math.round(r.height), s.textAlign, s.display, s.color]; })"""
    bench.keys("?")
    before = bench.page.evaluate(places, "#w")
    bench.page.evaluate("html => document.querySelector('#card').insertAdjacentHTML('beforebegin', html)", style)
    bench.page.evaluate(FRAMES)
    assert bench.page.evaluate(places, "#w") == before
    both = bench.page.evaluate(places, "#card")
    bench.page.evaluate("document.head.querySelectorAll('style').forEach(el => el.remove())")
    assert bench.page.evaluate(places, "#card") == both and len(both) > 15


# -- Selecting ----------------------------------------------------------------------------------------------------------------
def test_keys_select_characters_words_sentence_and_turn(bench):
    bench.at("dock is full").keys("Shift+ArrowRight")
    assert bench.selected == "d"
    bench.keys("Control+Shift+ArrowRight", "Control+Shift+ArrowRight")
    assert bench.selected == "dock is"
    bench.at("bike 😀").keys("w")
    assert bench.selected == "bike"
    bench.keys("w", "w")
    assert bench.selected == "bike 😀 from"
    bench.keys("s")
    assert bench.selected == "I take the bike 😀 from the dock."
    bench.keys("s")
    assert bench.selected == "I take the bike 😀 from the dock. When the dock is full, I walk."
    bench.keys("t")
    assert bench.selected == TALK[1][1]
    bench.keys("ArrowLeft", "Shift+ArrowDown")
    assert len(bench.selected) > 20


def test_caret_steps_over_an_emoji_and_a_combining_mark_at_once(bench):
    bench.at("😀 from").keys("Shift+ArrowRight")
    assert bench.selected == "😀"
    bench.at("e\u0301 voil").keys("Shift+ArrowRight")
    assert bench.selected == "e\u0301"


def test_left_goes_on_in_right_to_left_words(bench):
    bench.at("שלום").keys("Shift+ArrowLeft", "Shift+ArrowLeft")
    assert bench.selected == "של"
    bench.keys("Shift+ArrowRight")
    assert bench.selected == "ש"


def test_the_arrow_at_a_selection_goes_to_the_side_that_the_eye_sees(bench):
    start = bench.at("אני נוסעת").look("v.sel.focus")
    assert bench.keys("w", "ArrowRight").look("[v.sel.anchor, v.sel.focus]") == [start, start], "a right-to-left word begins on the right"
    assert bench.keys("w", "ArrowLeft").look("[v.sel.anchor, v.sel.focus]") == [start + 3, start + 3]


def test_at_the_end_of_a_word_that_word_is_taken(bench):
    assert bench.at("take the").keys("Control+ArrowRight", "w").selected == "take"
    assert bench.at("dock. When").keys("Control+ArrowRight", "w").selected == "dock"
    assert bench.at("walk. It").keys("Control+ArrowRight", "Control+ArrowRight", "w").selected == "It", "a full stop is no word"


def test_punctuation_is_no_word_and_behind_a_sentence_comes_the_next(bench):
    assert bench.at("walk. It").keys("w", "w").selected == "walk. It"
    assert bench.at("every single").keys("w", "w", "w", "w").selected == "every single morning"
    bench.at("dock. When").keys("s")
    assert bench.keys("ArrowRight", "s").selected == "When the dock is full, I walk."
    assert bench.keys("ArrowRight", "s").selected == "It costs me ten minutes."
    assert bench.keys("ArrowRight", "s").selected == "It costs me ten minutes.", "at the turn's end its last one: the next words are somebody else's"
    assert bench.keys("ArrowRight", "ArrowRight", "s").selected == "And in winter?"
    assert bench.at("It says").keys("s", "ArrowRight", "s").selected == "It says so every single morning.", "after the last one there is none"


def test_a_comma_takes_no_step_of_its_own(bench):
    assert bench.at("full, I").keys(*["Control+Shift+ArrowRight"] * 2).selected == "full, I"
    assert bench.keys("Control+Shift+ArrowLeft").selected == "full, "
    start = bench.at("שלום").look("v.sel.focus")
    assert bench.keys(*["Control+Shift+ArrowLeft"] * 2).look("v.doc.text.slice(v.sel.lo(), v.sel.hi())") == "שלום, אני" and bench.look("v.sel.lo()") == start


def test_words_and_sentences_pressed_on_stay_in_their_turn(bench):
    assert bench.at("ten minutes").keys("w", "w", "w").selected == "ten minutes" and "The turn ends here" in bench.said
    assert bench.at("I walk").keys("s", "s", "s").selected == "When the dock is full, I walk. It costs me ten minutes."
    assert bench.at("הרציף").keys("w", "w", "w").selected == "הרציף מלא", "with or without a stop"
    bench.at("And in").keys("t", "Shift+ArrowRight", "Enter").type("dock").keys("Enter")
    assert bench.quotes == [("Dock full", "And in winter?")], "nor does an end at the next turn's first word take it"
    bench.at("It costs").keys("s")
    bench.keys("Control+Shift+ArrowRight", "Control+Shift+ArrowRight")
    across = bench.selected
    assert across.startswith("It costs") and across.endswith("And") and bench.keys("s").selected.endswith("And in winter?"), "what goes over two turns goes on"


def test_down_and_up_keep_the_column_from_turn_to_turn(bench):
    for words in ("do you", "When the", "costs me", "in winter", "dock. When", "single"):
        at, turn = bench.at(words).look("[v.sel.focus, v.doc.pieces.findIndex(p => p.end >= v.sel.focus)]")
        for there, back in (("ArrowDown", "ArrowUp"), ("ArrowUp", "ArrowDown")):
            if (words, there) in {("do you", "ArrowUp"), ("single", "ArrowDown")}: continue  # the first line and the last
            where, column = bench.keys(there).look("(i => [i, v.sel.focus - v.doc.pieces[i].start])(v.doc.pieces.findIndex(p => p.end >= v.sel.focus))")
            assert abs(where - turn) <= 1 and column > 0, (words, there)
            assert bench.keys(back).look("v.sel.focus") == at, (words, there)


def test_caret_goes_through_the_whole_text_by_lines(bench):
    bench.at("How do you")
    seen = set()
    for _ in range(14):
        bench.keys("ArrowDown")
        seen.add(bench.look("v.doc.pieces.findIndex(p => p.end >= v.sel.focus)"))
    assert seen >= {1, 2, 3, 4, 5}
    for _ in range(16): bench.keys("ArrowUp")
    assert bench.look("v.doc.pieces.findIndex(p => p.end >= v.sel.focus)") == 0


def test_mouse_snaps_to_words_and_alt_does_not(bench):
    assert bench.drag("ock is ful").selected == "dock is full"
    bench.page.keyboard.down("Alt")
    assert bench.drag("ock is ful", inset=0.5).selected.strip() in ("ock is ful", "ock is fu")
    bench.page.keyboard.up("Alt")


def test_double_click_escalates(bench):
    r = bench.rect("costs")
    bench.page.mouse.dblclick(r["left"] + 8, r["y"])
    assert bench.selected == "costs"
    bench.page.wait_for_timeout(600)
    bench.page.mouse.dblclick(r["left"] + 8, r["y"])
    assert bench.selected == "It costs me ten minutes."
    bench.page.wait_for_timeout(600)
    bench.page.mouse.dblclick(r["left"] + 8, r["y"])
    assert bench.selected == TALK[1][1]


def test_the_selection_survives_a_change_of_focus(bench):
    bench.at("dock is full").keys("s")
    bench.page.locator("#out").focus()
    assert bench.look("CSS.highlights.get(v.uid + '-sel').size") == 1
    bench.page.locator(".pb-scroll").focus()
    assert bench.selected.startswith("When the dock") and bench.page.evaluate("getSelection().toString()").startswith("When the dock")
    bench.keys("Enter").keys("Escape")
    assert bench.selected.startswith("When the dock")


def test_shift_click_extends(bench):
    a, b = bench.rect("costs"), bench.rect("minutes")
    bench.page.mouse.click(a["left"] + 1, a["y"])
    bench.page.keyboard.down("Shift")
    bench.page.mouse.click(b["right"] - 2, b["y2"])
    bench.page.keyboard.up("Shift")
    assert bench.selected == "costs me ten minutes"


# -- Coding -------------------------------------------------------------------------------------------------------------------
def test_palette_by_keyboard(bench):
    bench.at("dock is full").keys("s", "Enter").type("dckf")
    option = bench.page.locator(".pb-option.pb-at")
    assert option.locator(".pb-label").inner_text() == "Dock full"
    assert bench.page.locator(".pb-input[role=combobox]").get_attribute("aria-activedescendant") == option.get_attribute("id")
    bench.keys("Enter")
    assert bench.quotes == [("Dock full", "When the dock is full, I walk.")]
    assert bench.said == "Coded 30 characters as Dock full" and bench.look("v.doc.list[0].pending") is False
    assert bench.page.evaluate("document.activeElement.className") == "pb-scroll"


def test_shift_enter_stays_and_tab_marks_several(bench):
    bench.at("I walk").keys("w", "Enter").type("walks").keys("Shift+Enter").type("saves").keys("Enter")
    assert [c for c, _ in bench.quotes] == ["Walks instead", "Saves time"]
    bench.at("every single").keys("w", "Enter").keys("Tab", "ArrowDown", "ArrowDown", "Tab", "Enter")
    assert len(bench.quotes) == 4 and len(bench.study.log[bench.study.log["verb"] == "code"]) == 3


def test_several_codes_are_marked_by_name_and_the_one_at_hand_goes_with_them(bench):
    hint, first = bench.page.locator(".pb-popover .pb-hint"), bench.page.locator(".pb-option .pb-label").first
    bench.at("dock is full").keys("w", "Enter").type("saves").keys("Tab")
    assert bench.page.locator(".pb-popover .pb-input").input_value() == "" and first.inner_text() == "Saves time", "what is marked stays in sight"
    assert hint.inner_text().startswith("✓ Saves time · ") and bench.page.locator(".pb-options").get_attribute("aria-multiselectable") == "true"
    bench.type("walks").keys("Tab").type("dock")
    assert hint.inner_text().startswith("✓ Saves time, Walks instead · ")
    bench.keys("Enter")
    assert sorted(bench.quotes) == [(name, "dock") for name in ("Dock full", "Saves time", "Walks instead")]
    bench.at("minutes").keys("w", "Enter").type("walks").keys("Tab").type("saves")
    bench.page.locator(".pb-option", has_text="Saves time").click()
    assert sorted(c for c, q in bench.quotes if q == "minutes") == ["Saves time", "Walks instead"]
    bench.at("winter").keys("w", "Enter").type("walks").keys("Tab", "Tab").type("saves").keys("Enter")
    assert [c for c, q in bench.quotes if q == "winter"] == ["Saves time"], "a mark taken back"
    bench.at("single").keys("w", "Enter").type("New one").keys("Tab").type("Another new").keys("Enter")
    for _ in range(2): bench.type("pain").keys("Enter")
    assert sorted(c for c, q in bench.quotes if q == "single") == ["Another new", "New one"]
    assert bench.page.evaluate("document.activeElement.className") == "pb-scroll"


def test_the_coding_just_made_is_the_one_that_keys_change(bench):
    bench.at("dock is full").keys("w", "Enter").type("dock").keys("Enter").keys("r").type("walks").keys("Enter").keys("o").told("Walks instead")
    assert bench.quotes == [("Walks instead", "dock")]
    bench.at("dock is full").keys("w", "e", "Shift+Control+ArrowRight", "Enter")
    assert bench.quotes == [("Walks instead", "dock is")]
    bench.keys("Delete")
    assert bench.quotes == []
    bench.keys("Delete").told("go to one with n or b")


def test_jumps_say_when_they_begin_again(bench):
    put(bench, ("dock is full", "dock"), ("ten minutes", "walks"))
    for keys, again in ((("n",), "beginning again"), (("b",), "end again")):
        bench.keys(*keys)
        bench.page.locator(".pb-live", has_text=again).wait_for()


def test_what_keys_come_to_is_told_to_those_who_cannot_see_it(bench):
    heard = bench.page.locator(".pb-heard")
    def hears(words: str, *keys: str) -> None:
        bench.keys(*keys)
        bench.page.wait_for_timeout(400)
        assert heard.text_content().strip().endswith(words)

    assert heard.get_attribute("aria-live") == "polite" and bench.page.locator(".pb-status").get_attribute("aria-live") is None, "said once"
    bench.at("dock is full")
    hears("o", "ArrowRight")
    hears("dock", "Control+ArrowRight")
    hears("is selected", "Control+Shift+ArrowRight")
    hears("is not selected", "Control+Shift+ArrowLeft")
    hears("When the dock is full, I walk. selected", "c", "s")
    put(bench, ("dock is full", "dock"))
    bench.at("costs me").keys("ArrowUp")
    bench.page.wait_for_timeout(300)
    line = bench.look("v.doc.words(v.sel.line()).trim()")
    assert len(line) > 10 and line in heard.text_content(), "a line"
    bench.at("I take the bike")
    hears("dock is full coded as Dock full", "n")
    hears("o", "ArrowRight")  # inside a chosen coding, too
    bench.keys("u")
    bench.page.wait_for_timeout(300)
    turn = bench.look("v.doc.words(v.doc.turns.find(t => t.start <= v.sel.focus && t.end >= v.sel.focus)).trim()")
    assert turn in heard.inner_text(), "the turn that is not coded"


def test_the_caret_stays_in_the_window_and_goes_by_every_line(page):
    page.set_viewport_size({"width": 900, "height": 620})
    bench = Bench(page, make_study(times=20))
    page.evaluate("""() => { const above = document.createElement('div'), below = document.createElement('div');
        above.style.height = '330px'; below.style.height = '900px'; document.body.prepend(above); document.body.append(below); scrollTo(0, 0); }""")
    bench.look("(v.scroll.focus({ preventScroll: true }), scrollTo(0, 0))")
    assert bench.look("v.root.getBoundingClientRect().bottom > innerHeight")
    line = "(v.sel.caretBox().top + v.scroll.scrollTop - v.scroll.getBoundingClientRect().top)"
    tops = [bench.look(line)]
    for _ in range(40):
        bench.keys("ArrowDown")
        box = bench.look("[v.sel.caretBox().top, v.sel.caretBox().bottom, innerHeight]")
        assert 0 < box[0] and box[1] < box[2], "in the window"
        tops.append(bench.look(line))
    steps = [b - a for a, b in zip(tops, tops[1:])]
    assert max(steps) < 60 and min(steps) > 10, "no line is left out"


def test_escape_dismisses_a_warning_before_it_leaves(bench):
    bench.keys("Enter").told("Select some words first")
    bench.keys("Escape")
    assert bench.page.evaluate("document.activeElement.className") == "pb-scroll"
    bench.page.locator(".pb-live:not(.pb-warn)").wait_for(state="attached")
    bench.keys("Escape")
    assert bench.page.evaluate("document.activeElement.className") != "pb-scroll"


def test_a_stage_keeps_its_key_when_another_kind_of_code_is_below_it(bench):
    strip = lambda: bench.page.locator(".pb-strip-part", has_text="Stages").locator("bdi").all_inner_texts()
    assert strip() == ["Arriving", "Searching"]
    codebook.add_code(bench.study, "No room", facet="pain", parent="Arriving")
    bench.look(PING)
    bench.page.wait_for_function("[...document.querySelector('#w').pbView.doc.codes.values()].some(c => c.name === 'No room')")
    assert strip() == ["Arriving", "Searching"]
    codebook.add_code(bench.study, "Parking", facet="stage", parent="Arriving")
    bench.look(PING)
    bench.page.locator(".pb-strip-part bdi", has_text="Parking").wait_for()
    assert "Arriving" not in strip(), "where a stage has parts, these are chosen from"


def test_a_new_name_makes_a_code_and_asks_its_facet(bench):
    bench.at("costs me").keys("s", "Enter").type("Loses time").keys("Enter")
    bench.type("pai").keys("Enter")
    assert bench.quotes == [("Loses time", "It costs me ten minutes.")]
    assert bench.study.codes.set_index("code").loc["Loses time", "facet"] == "pain"
    assert bench.look("[...v.doc.codes.values()].filter(c => c.name === 'Loses time').map(c => typeof c.id)") == ["number"]


def test_repeat_recent_stage_in_vivo_and_own_key(page):
    bench = Bench(page, make_study(), codes={"q": "Saves time"})
    bench.at("bike 😀").keys("w", "Enter").type("dock").keys("Enter")
    bench.at("walk").keys("w", ".")
    bench.at("ten").keys("w", "q")
    bench.at("early").keys("w", "2")
    bench.at("none").keys("w", "Shift+1")
    bench.at("single").keys("w", "i").keys("Enter").type("behav").keys("Enter")
    assert bench.quotes == [("Dock full", "bike"), ("Dock full", "walk"), ("Saves time", "ten"), ("Dock full", "early"), ("Arriving", "none"),
            ("single", "single")]
    assert not bench.errors


def test_offsets_are_right_behind_emoji_marks_and_in_hebrew(bench):
    for words in ("😀 from", "e\u0301 voil\u00e0", "אני נוסעת"): bench.drag(words, inset=1).keys("Enter").type("dock").keys("Enter")
    quotes = [q for _, q in bench.quotes]
    assert quotes[0] == "😀 from" and quotes[1] == "e\u0301 voil\u00e0" and "נוסעת" in quotes[2]


def test_nothing_selected_says_what_to_do(bench):
    bench.keys("Enter")
    assert "Select some words" in bench.said and bench.page.locator(".pb-popover").is_hidden()


# -- Seeing -------------------------------------------------------------------------------------------------------------------
def test_hover_names_and_click_selects_and_o_goes_round(bench):
    for name, words in (("Dock full", "When the dock is full, I walk."), ("Walks instead", "I walk")): coding.code(bench.study, name, source="P01", quote=words)
    bench.page.wait_for_timeout(2300)
    assert bench.look("v.doc.list.length") == 2, "the heartbeat brought them"
    r = bench.rect("walk")
    bench.page.mouse.move(r["left"] + 6, r["y"])
    bench.page.wait_for_timeout(100)
    assert bench.page.locator(".pb-tip b").all_inner_texts() == ["Walks instead", "Dock full"]
    bench.page.mouse.click(r["left"] + 6, r["y"])
    assert bench.look("v.active.code.name") == "Walks instead"
    bench.keys("o")
    assert bench.look("v.active.code.name") == "Dock full"
    bench.keys("o")
    assert bench.look("v.active.code.name") == "Walks instead"
    stripe = bench.look("(() => { const g = v.doc.groups[0], b = g.bars.find(b => b.c.code.name === 'Dock full'), box = g.stripes.getBoundingClientRect();"
                        " return [box.left + b.lane * 7 + 3, box.top + (b.top + b.bottom) / 2]; })()")
    bench.page.mouse.click(*stripe)
    assert bench.look("v.active.code.name") == "Dock full"


def test_undoing_what_was_typed_in_a_closed_palette_harms_nothing(bench):
    bench.keys("f").type("pain").keys("Enter").page.locator("#out").click()
    bench.keys("Control+z")
    assert not bench.errors and not bench.page.locator(".pb-popover").is_visible()


def test_filter_hides_and_shows(bench):
    for name, words in (("Dock full", "When the dock is full, I walk."), ("Walks instead", "I walk")): coding.code(bench.study, name, source="P01", quote=words)
    bench.page.wait_for_timeout(2300)
    bench.keys("f").type("pain").keys("Enter")
    bench.page.wait_for_timeout(300)
    assert bench.look("v.doc.groups[0].bars.length") == 1 and "1 of 2" in bench.said
    bench.keys("n")
    assert bench.look("v.active.code.name") == "Dock full"
    bench.keys("f").type("pain").keys("Enter").keys("f").type("behaviour").keys("Enter")
    assert bench.look("[v.active, v.doc.list.filter(v.shows).length]") == [None, 1], "what is not seen is not chosen"
    bench.keys("f").type("all").keys("Enter").keys("f").type("pain").keys("Enter")
    bench.page.wait_for_timeout(200)
    bench.keys("f").type("behaviour").keys("Enter")
    bench.page.locator(".pb-only .pb-chip").last.focus()
    assert bench.keys("Enter").page.evaluate("document.activeElement.textContent") == "pain ×", "the focus goes on to the filter that is left"
    assert bench.keys("Enter").page.evaluate("document.activeElement.className") == "pb-scroll"
    bench.page.wait_for_timeout(300)
    assert bench.look("v.doc.groups[0].bars.length") == 2


def test_autocode_says_that_the_kernel_does_not_answer(bench):
    bench.deaf = True
    bench.keys("a").type("dock").keys("Enter")
    told = bench.page.locator(".pb-side p[role=status]")
    assert told.inner_text() == "Searching…"
    bench.page.locator(".pb-banner").wait_for(timeout=20_000)
    assert "Still searching" in told.inner_text()
    bench.keys("Enter")
    assert "does not answer" in told.inner_text() and "does not answer" in bench.said


# -- Changing -----------------------------------------------------------------------------------------------------------------
def test_resize_by_keys_with_live_feedback(bench):
    bench.at("dock is full").keys("w", "Enter").type("dock").keys("Enter").keys("n", "e")
    bench.keys("Control+ArrowRight")
    assert bench.look("v.doc.text.slice(v.doc.list[0].start, v.doc.list[0].end)") == "dock is"
    assert bench.quotes == [("Dock full", "dock")], "not written before Enter"
    bench.keys("Tab", "Control+ArrowLeft", "Enter")
    assert bench.quotes == [("Dock full", "the dock is")]
    bench.keys("e", "Control+ArrowLeft", "Escape")
    assert bench.quotes == [("Dock full", "the dock is")] and bench.look("v.doc.text.slice(v.doc.list[0].start, v.doc.list[0].end)") == "the dock is"


def test_resize_by_dragging_a_handle(bench):
    bench.at("dock is full").keys("w", "Enter").type("dock").keys("Enter").keys("n")
    box, to = bench.page.locator(".pb-handle-end").bounding_box(), bench.rect("full, I walk")
    m = bench.page.mouse
    m.move(box["x"] + 6, box["y"] + box["height"] / 2)
    m.down()
    m.move(to["left"] + 4, to["y"])
    m.move(to["left"] + 12, to["y"])
    assert bench.look("v.doc.text.slice(v.doc.list[0].start, v.doc.list[0].end)") == "dock is full"
    m.up()
    assert bench.quotes == [("Dock full", "dock is full")]


def test_ends_that_are_moved_leave_no_space_behind(bench):
    bench.at("dock is full").keys("w", "Enter").type("dock").keys("Enter").keys("n", "e", "ArrowRight")
    assert bench.look("v.doc.text.slice(v.doc.list[0].start, v.doc.list[0].end)") == "dock ", "while the key is pressed, as far as it goes"
    assert bench.keys("Enter").quotes == [("Dock full", "dock")] and bench.look("v.doc.list[0].end - v.doc.list[0].start") == 4


def test_news_of_a_coding_do_not_take_its_ends_out_of_the_hand(bench):
    bench.at("dock is full").keys("w", "Enter").type("dock").keys("Enter").told("Coded").keys("n", "e", "Control+ArrowRight")
    news = """(([c], wider) => v.hear.changed(v, { type: "changed", event: v.doc.event, undo: v.doc.undo, removed: [], codings: {
        id: [c.id], start: [v.doc.off.toCodePoints(c.start)], end: [v.doc.off.toCodePoints(c.start) + 4 + wider],
        code: [c.code.id], coder: [c.coder], origin: [c.origin], guid: [null] } }))(v.doc.list, %d)"""
    bench.look(news % 0)
    moved = "v.doc.text.slice(v.doc.list[0].start, v.doc.list[0].end)"
    assert bench.look(moved) == "dock is", "its own acknowledgement came late"
    bench.look(news % -2)
    assert bench.look(moved) == "dock is" and bench.keys("Escape").look(moved) == "do", "as it is stored by now"


def test_stripes_that_were_not_measured_again_are_where_they_would_be(bench):
    for words, code in (("take the bike", "dock"), ("the bike", "saves"), ("dock is full", "dock"), ("walk", "saves")):
        bench.at(words).keys("w", "w", "w", "Enter").type(code).keys("Enter").told("Coded")
    bench.at("dock is full").keys("n", "e", "ArrowRight", "Control+ArrowRight", "Enter").told("now")
    bench.keys("b", "Delete").told("Removed")
    bars = "v.doc.groups.map(g => g.bars.map(b => [b.c.id, b.lane, b.top, b.bottom, b.starts, b.label]))"
    frame = "new Promise(done => requestAnimationFrame(() => setTimeout(done)))"
    changed = bench.look(f"{frame}.then(() => {bars})")
    assert sum(map(len, changed)) == 3
    assert changed == bench.look(f"(v.repaint(), {frame}.then(() => {bars}))")


def test_a_key_that_codes_leaves_the_words_about_it_to_the_next_frame(bench):
    now = bench.at("dock is full").keys("w").look("""(() => { const foot = () => v.root.querySelector('.pb-foot').textContent, was = foot();
        v.coding.put([v.codes()[0]]);
        return new Promise(done => requestAnimationFrame(() => done([foot() === was, v.doc.list.length, v.doc.groups[0].bars.length]))); })()""")
    assert now == [True, 1, 1]
    bench.told("Coded 4 characters")
    bench.page.locator(".pb-kept", has_text="saved").wait_for()  # some frames later


def test_the_handles_stand_at_the_words_when_a_theme_has_come_to_rest(bench):
    bench.at("dock is full").keys("w", "Enter").type("dock").keys("Enter").keys("n")
    off = """(h => Math.abs(h.getBoundingClientRect().left - v.rect(v.active.start, v.active.start + 1).left)
              + Math.abs(h.getBoundingClientRect().top - v.rect(v.active.start, v.active.start + 1).top))(v.root.querySelector('.pb-handle-start'))"""
    was = bench.look(off)
    bench.page.evaluate("""new Promise(done => { const css = document.createElement("style"), v = document.querySelector("#w").pbView; document.head.append(css);
        css.textContent = ".pb-cw { background: #112 !important }";
        setTimeout(() => { css.textContent += ".pb-say { padding-left: 40px; padding-top: 9px }"; done(); }, 60); })""")
    assert bench.look(off) > was + 20
    bench.page.wait_for_timeout(400)
    assert abs(bench.look(off) - was) < 1


def test_a_panel_leaves_the_words_where_they_are(page):
    bench = Bench(page, make_study(times=8))
    bench.page.evaluate("""(() => { const v = document.querySelector('#w').pbView; let i = -1; for (let k = 0; k < 5; k++) i = v.doc.text.indexOf('dock is full', i + 1);
        v.sel.set(i, i + 12); v.scrollTo(i); })()""")
    bench.keys("Enter").type("dock").keys("Enter").keys("ArrowLeft")
    y = bench.look("v.rect(v.sel.focus, v.sel.focus + 1).top")
    for keys in (("l",), ("Escape",), ("?",), ("Escape",), ("/",), ("Escape",), ("f", "p", "Enter"), ("f", "ArrowUp", "ArrowDown", "Enter")):
        bench.keys(*keys).page.wait_for_timeout(400)
        assert abs(bench.look("v.rect(v.sel.focus, v.sel.focus + 1).top") - y) < 3, keys
    assert page.locator(".pb-find").is_hidden() and page.locator(".pb-only").is_hidden()
    assert not bench.errors


def test_recode_remove_undo_redo_tell_their_names(bench):
    bench.at("dock is full").keys("s", "Enter").type("dock").keys("Enter").keys("n", "r").type("walks").keys("Enter")
    assert bench.quotes == [("Walks instead", "When the dock is full, I walk.")]
    bench.keys("Delete")
    assert bench.quotes == [] and bench.look("v.doc.list.length") == 0
    assert bench.page.locator(".pb-tool", has_text="Undo").get_attribute("title") == "Undo: remove 'Walks instead' from 30 characters of P01"
    bench.keys("Control+z", "Control+z")
    assert bench.quotes == [("Dock full", "When the dock is full, I walk.")] and "Undone: recode" in bench.said
    assert bench.look("v.doc.list.map(c => c.code.name)") == ["Dock full"]
    bench.keys("Control+Shift+z")
    assert bench.quotes[0][0] == "Walks instead" and "Redone: recode" in bench.said


def test_a_coding_out_of_sight_is_neither_removed_nor_changed(bench):
    bench.at("dock is full").keys("s", "Enter").type("dock").keys("Enter").keys("n")
    assert bench.look("v.active.code.name") == "Dock full"
    bench.keys("Shift+ArrowRight").look("v.active.code.name")  # words inside it: it stays
    assert bench.look("v.active?.code.name") == "Dock full"
    bench.page.evaluate("(() => { const v = document.querySelector('#w').pbView, i = v.doc.text.indexOf('single'); v.sel.set(i, i + 6); })()")
    for key in ("Delete", "r", "e"):
        bench.keys(key)
        assert "Click a coding" in bench.said and not bench.page.locator(".pb-popover").is_visible() and not bench.look("v.resizing"), key
    assert bench.quotes == [("Dock full", "When the dock is full, I walk.")] and bench.selected == "single"
    bench.keys("n", "ArrowLeft")
    assert bench.look("v.active") is None, "the caret left it"


def test_codes_of_one_facet_are_told_apart_in_the_text_the_margin_and_the_lists(bench):
    codebook.add_code(bench.study, "No bike", facet="pain")
    codebook.add_code(bench.study, "Own red", facet="pain")
    codebook.change_code(bench.study, "Own red", colour="#CC0000")
    quotes = {"Dock full": "dock is full", "No bike": "There is none.", "Own red": "every single morning"}
    for name, quote in quotes.items(): coding.code(bench.study, name, source="P01", quote=quote)
    bench.look(PING)
    bench.page.wait_for_function("document.querySelector('#w').pbView.doc.list.length === 3")
    bench.page.evaluate(FRAMES)
    looks = bench.look("v.doc.list.map(c => [c.code.name, JSON.stringify([c.code.inks, c.code.look.line])])")
    assert len({look for _, look in looks}) == 3 and '"#cc0000"' in looks[2][1], looks
    under = """(() => { const g = v.doc.groups[0], pen = g.lines.getContext("2d"), ratio = devicePixelRatio; // the colours of the line under each coding's words
        return g.bars.map(b => { const {x, wide, end} = b.lines[0], data = pen.getImageData(x * ratio, end * ratio, wide * ratio, 10 * ratio).data, seen = {};
            for (let i = 0; i < data.length; i += 4) if (data[i + 3] > 200) { const key = [...data.slice(i, i + 3)].join(); seen[key] = (seen[key] || 0) + 1; }
            return Object.entries(seen).sort((a, b) => b[1] - a[1])[0][0]; }); })()"""
    inks = bench.look("v.doc.groups[0].bars.map(b => b.c.code.inks[0].slice(1).match(/../g).map(x => parseInt(x, 16)).join())")
    assert bench.look(under) == inks and len(set(inks)) == 3 and "204,0,0" in inks
    bench.keys("f")
    swatches = bench.page.evaluate("[...document.querySelectorAll('.pb-option .pb-swatch')].map(s => s.getAttribute('style'))")
    assert len(swatches) == len(CODES) + 2 == len(set(swatches))


def test_coding_the_interviewers_words_says_that_they_are_no_evidence(bench):
    bench.at("How do you get").keys("s", "Enter").type("dock").keys("Enter").told("Coded")
    assert "Dock full: the interviewer's words, which count as no evidence" in bench.said and bench.page.locator(".pb-live.pb-warn").count() == 1
    bench.at("the dock is full").keys("w", "w", ".").told("Coded 8 characters as Dock full")
    assert "evidence" not in bench.said


def test_the_palette_says_what_the_code_at_hand_means(bench):
    codebook.change_code(bench.study, "Walks instead", definition="Leaves the bike and goes on foot.")
    bench.look(PING)
    bench.page.wait_for_function("[...document.querySelector('#w').pbView.doc.codes.values()].some(c => c.definition)")
    bench.at("walk").keys("w", "Enter").type("dock")
    about = bench.page.locator(".pb-about")
    assert about.is_hidden()
    bench.keys("Control+a").type("walks")
    assert about.inner_text() == "Leaves the bike and goes on foot."
    assert bench.page.evaluate("document.getElementById(document.activeElement.getAttribute('aria-describedby')).textContent") == about.inner_text()


def test_stripes_stay_near_the_words_on_a_wide_page(bench):
    bench.at("walk").keys("w", "Enter").type("dock").keys("Enter")
    bench.page.set_viewport_size({"width": 1900, "height": 900})
    bench.page.evaluate(FRAMES)
    words, stripes = (bench.page.locator(what).first.bounding_box() for what in (".pb-say", ".pb-stripes"))
    assert 0 < stripes["x"] - words["x"] - words["width"] < 80, (words, stripes)


def test_a_colleagues_coding_is_left_alone_with_the_reason(bench):
    with bench.study.step("code", "ben") as step:
        at = bench.study.text("P01").index("dock is full")
        store.add_codings(step, [{"source_id": bench.study.source_id("P01"), "code_id": bench.study.code_id("Dock full"), "start": at, "end": at + 12, "coder": "ben"}])
    bench.look(PING)
    bench.page.wait_for_function("document.querySelector('#w').pbView.doc.list.length === 1")
    bench.keys("n")
    assert bench.page.locator(".pb-handle").count() == 0
    strip = bench.page.locator(".pb-chosen:visible")
    strip.wait_for()
    assert strip.locator(".pb-chosen-name").inner_text().split("\n") == ["Dock full", "· ben"]
    assert strip.locator("button:visible").all_inner_texts() == ["Memo"], "only what can be done is offered"
    for key in ("Delete", "r", "e"):
        bench.keys("c", "n", key)
        assert "It is ben's coding: adjudicate it" in bench.said and not bench.page.locator(".pb-popover").is_visible() and not bench.look("v.resizing"), key
    assert bench.quotes == [("Dock full", "dock is full")] and bench.look("v.doc.list.length") == 1


def test_memo_on_the_turn(bench):
    bench.at("costs").keys("m").type("They count minutes.").keys("Control+Enter")
    bench.page.wait_for_timeout(100)
    assert bench.study.memos[["about", "text"]].to_numpy().tolist() == [["turn", "They count minutes."]]
    assert bench.page.locator(".pb-memos blockquote p").inner_text() == "They count minutes."
    bench.keys("Escape")
    assert bench.page.evaluate("document.activeElement.className") == "pb-scroll"


def memo_rows(bench: Bench) -> list[str]: return bench.page.locator(".pb-memos blockquote p").all_inner_texts()


def test_a_memo_is_edited_by_keyboard_and_the_change_undone(bench):
    bench.at("costs").keys("m").type("They count minutes.").keys("Control+Enter")
    bench.page.get_by_role("button", name="Edit memo: They count minutes.").wait_for()
    bench.keys("Tab", "Tab", "Enter")  # over "Keep memo" to "Edit"
    box = bench.page.locator(".pb-side textarea")
    assert box.input_value() == "They count minutes." and box.evaluate("e => e === document.activeElement")
    assert bench.page.locator(".pb-memos [aria-current=true]").count() == 1
    bench.keys("Control+a").type("They count every minute.").keys("Control+Enter")
    bench.page.get_by_role("button", name="Edit memo: They count every minute.").wait_for()
    bench.told("Memo changed")
    assert bench.study.memos["text"].tolist() == ["They count every minute."] and box.input_value() == ""
    bench.keys("Tab", "Tab", "Control+z")  # not in the text field, where Ctrl+Z is the field's own
    bench.page.get_by_role("button", name="Edit memo: They count minutes.").wait_for()
    bench.told("edit memo on turn")
    assert bench.study.memos["text"].tolist() == ["They count minutes."]


def test_an_edit_is_given_up_by_escape_and_the_panel_stays(bench):
    bench.at("costs").keys("m").type("They count minutes.").keys("Control+Enter")
    bench.page.get_by_role("button", name="Edit memo").click()
    bench.type(" And hours?").keys("Escape")
    assert bench.page.locator(".pb-side textarea").input_value() == "" and bench.page.locator(".pb-side").is_visible()
    assert bench.study.memos["text"].tolist() == ["They count minutes."]
    bench.keys("Escape")
    assert bench.page.locator(".pb-side").is_hidden()


def test_memos_are_deleted_by_mouse_and_by_keyboard_one_after_the_other(bench):
    bench.at("costs").keys("m")
    for words in ("one", "two", "three"):
        bench.type(words).keys("Control+Enter").told("Memo kept")
        bench.page.get_by_role("button", name=f"Delete memo: {words}").wait_for()
    assert memo_rows(bench) == ["three", "two", "one"]
    bench.page.get_by_role("button", name="Delete memo: two").click()
    bench.page.get_by_role("button", name="Delete memo: two").wait_for(state="detached")
    bench.told("Memo on turn 2 deleted")
    assert bench.study.memos["text"].tolist() == ["one", "three"]
    bench.page.get_by_role("button", name="Delete memo: three").focus()
    bench.keys("Enter", "Enter")
    bench.page.locator(".pb-memos blockquote").wait_for(state="detached")
    bench.told("deleted")
    assert bench.study.memos.empty and bench.page.evaluate("document.activeElement.localName") == "textarea", "the focus is not lost with the buttons"
    bench.keys("Escape", "Control+z")
    bench.page.wait_for_function("document.querySelector('#w').pbView.doc.memos.id.length === 1")
    assert bench.study.memos["text"].tolist() == ["one"]


def test_a_half_written_memo_stays_with_its_source_and_with_what_it_was_begun_on(bench):
    about, words = bench.page.locator(".pb-side select"), bench.page.locator(".pb-side textarea")
    bench.at("In winter I").keys("m").type("half a thought")
    assert about.inner_text().startswith("Memo on turn 4")
    bench.keys("Escape", "Escape").at("The app says").keys("m")
    assert words.input_value() == "half a thought" and about.evaluate("e => e.selectedOptions[0].textContent") == "Memo on turn 4"
    bench.keys("Escape").page.locator(".pb-scroll").focus()
    bench.keys("g").type("P02").keys("Enter").page.wait_for_function("document.querySelector('#w').pbView.doc.source === 'P02'")
    bench.page.locator(".pb-scroll").focus()
    bench.keys("m")
    assert words.input_value() == "" and about.evaluate("e => e.selectedOptions[0].textContent") != "Memo on turn 4"
    bench.keys("Escape", "g").type("P01").keys("Enter").page.wait_for_function("document.querySelector('#w').pbView.doc.source === 'P01'")
    bench.page.locator(".pb-scroll").focus()
    bench.keys("m")
    assert words.input_value() == "half a thought"
    bench.keys("Control+Enter").told("Memo kept")
    assert bench.study.memos[["about", "text"]].to_numpy().tolist() == [["turn", "half a thought"]] and bench.study.memos["target"][0] == 4


def test_the_list_holds_all_codings_wherever_it_is_opened(page):
    study = make_study(times=20)
    for words in re.finditer("dock|bike|app", study.text("P01")): coding.code(study, "Dock full", source="P01", start=words.start(), end=words.end())
    bench, n = Bench(page, study), len(study.codings)
    rows, chosen = page.locator(".pb-list li"), page.locator(".pb-list [aria-selected=true]")
    bench.look("v.goTo(v.doc.list.at(-5))")
    bench.keys("l")
    assert 80 < n <= 200 and rows.count() == n and chosen.get_attribute("aria-posinset") == str(n - 4) and chosen.get_attribute("aria-setsize") == str(n)
    for key, at in (("Home", 1), ("ArrowDown", 2), ("End", n), ("ArrowUp", n - 1)):
        bench.keys(key)
        assert chosen.get_attribute("aria-posinset") == str(at), key
    for words in re.finditer("dock|bike|app|walk|every", study.text("P01")): coding.code(study, "Saves time", source="P01", start=words.start(), end=words.end())
    bench.look(PING)
    more = len(study.codings)
    page.locator(".pb-title", has_text=f"{more} codings").wait_for()
    bench.keys("Home")
    page.locator('.pb-list [aria-selected=true][aria-posinset="1"]').wait_for()
    assert more > 200 and rows.count() == 200 and page.locator(".pb-side button", has_text="Earlier").is_hidden()
    bench.keys("End")
    for _ in range(30): bench.keys("ArrowUp")
    assert chosen.get_attribute("aria-posinset") == str(more - 30)
    bench.keys("Escape").page.locator(".pb-scroll").focus()
    bench.keys("f").type("saves").keys("Enter", "l")
    page.locator(".pb-title", has_text=f"{more - n} of {more} codings").wait_for()


def test_memos_of_others_can_only_be_read_and_those_at_hand_come_first(page):
    study = make_study()
    study.coder = "AN"
    coding.add_memo(study, "<b>Look</b> here", source="P01")
    study.coder = "MB"
    bench = Bench(page, study)
    bench.at("costs").keys("m").type("mine, on the turn").keys("Control+Enter")
    bench.page.get_by_role("button", name="Edit memo").wait_for()
    bench.keys("Escape").at("How do you").keys("m")
    assert memo_rows(bench) == ["<b>Look</b> here", "mine, on the turn"], "the source is at hand everywhere, turn 2 is not"
    assert bench.page.locator(".pb-memos small").all_inner_texts()[1].startswith("turn 2 · MB, ")
    assert bench.page.locator(".pb-memos blockquote", has_text="Look").locator("button").count() == 0
    assert not bench.errors


def test_a_memo_waits_for_the_kernel_like_everything_else(bench):
    bench.at("costs").keys("m").type("first").keys("Control+Enter")
    bench.page.get_by_role("button", name="Edit memo").wait_for()
    bench.deaf = True
    bench.page.get_by_role("button", name="Edit memo").click()
    bench.keys("Control+a").type("second").keys("Control+Enter")
    bench.page.locator(".pb-kept", has_text="1 waiting").wait_for()
    assert memo_rows(bench) == ["second"] and bench.study.memos["text"].tolist() == ["first"], "shown ahead, and marked as waiting"
    bench.page.reload()
    bench.deaf = False
    bench.mount()
    bench.page.wait_for_function(f"{WAITING} === 0")
    assert bench.study.memos["text"].tolist() == ["second"]


# -- Going about --------------------------------------------------------------------------------------------------------------
def test_jumps_and_find_and_list(bench):
    bench.at("walk").keys("w", "Enter").type("walks").keys("Enter").keys("u")
    assert bench.look("v.doc.turns[3].start === v.sel.focus"), "the next turn of a participant without a coding"
    bench.keys("b")
    assert bench.look("v.active.code.name") == "Walks instead"
    bench.keys("/").type("dock").keys("Enter")
    assert bench.page.locator(".pb-find [role=status]").inner_text() in ("2 of 2", "1 of 2") and bench.selected == "dock"
    bench.keys("Escape", "l", "Enter")
    assert bench.look("v.active.code.name") == "Walks instead"
    bench.keys("h")
    assert bench.page.locator(".pb-folded").count() == 1


def test_enter_in_find_takes_the_hit_that_is_shown_and_then_the_next(bench):
    bench.at("I take").keys("/").type("dock")
    told, (first, second) = bench.page.locator(".pb-find [role=status]"), bench.look("[...v.doc.text.matchAll('dock')].map(m => m.index)")
    for words, at in (("1 of 2", first), ("2 of 2", second), ("1 of 2", first)):
        assert bench.keys("Enter").look("v.sel.lo()") == at and told.inner_text() == words
    assert bench.keys("Shift+Enter").look("v.sel.lo()") == second


def test_find_knows_only_what_was_said(bench):
    bench.keys("/").type("Anna")
    bench.page.wait_for_timeout(60)
    assert bench.page.locator(".pb-find [role=status]").inner_text() == "Not found", "the names of speakers, between the turns, are no words of theirs"


def test_a_panel_in_a_narrow_widget_covers_no_words(bench):
    bench.page.locator("#w").evaluate("e => { e.style.width = '620px'; }")  # beside another notebook: the window itself is wide
    bench.page.locator(".pb-cw[data-narrow]").wait_for()
    bench.keys("a").type("dock").keys("Enter")
    bench.page.get_by_role("button", name="Show in the text").last.click()
    bench.page.wait_for_timeout(80)
    hit, text, panel = bench.look("v.rect(v.sel.lo(), v.sel.hi()).bottom"), bench.page.locator(".pb-scroll").bounding_box(), bench.page.locator(".pb-side").bounding_box()
    assert text["y"] < hit < text["y"] + text["height"] <= panel["y"] + 1 and bench.selected and text["height"] >= 200


def test_all_hits_are_marked_and_the_one_at_hand_stronger(page):
    bench = Bench(page, make_study(times=60))
    words = "n => [...(CSS.highlights.get(document.querySelector('#w').pbView.uid + '-' + n) || [])].map(r => r.startContainer.data.slice(r.startOffset, r.endOffset))"
    bench.at("I take").keys("/").type("Bike")
    near = bench.look("v.doc.groups.filter(g => g.near).reduce((n, g) => n + g.pieces.filter(p => p.say.textContent.includes('bike')).length, 0)")
    found = page.evaluate(words, "found")
    assert 4 < len(found) == near < 120 and set(found) == {"bike"}, "those near what is seen"
    assert page.evaluate(words, "hit") == ["bike"] and bench.look("CSS.highlights.get(v.uid + '-hit').priority > CSS.highlights.get(v.uid + '-found').priority")
    bench.look("v.scroll.scrollTop = 1e6")
    page.wait_for_function("() => { const v = document.querySelector('#w').pbView; return v.doc.groups.at(-1).ranges.some(([name]) => name === 'found'); }")
    assert len(page.evaluate(words, "found")) < 120, "what went out of sight is let go"
    bench.keys("Control+a").type("none")
    assert set(page.evaluate(words, "found")) == {"none"}
    bench.keys("Control+a", "Backspace")
    assert page.evaluate(words, "found") == []
    bench.type("ten minutes").keys("Enter").keys("Escape")
    assert page.evaluate(words, "found") + page.evaluate(words, "hit") == [] and bench.selected == "ten minutes"
    bench.keys("Enter").type("dock").keys("Enter")
    assert page.evaluate(words, "found") == [] and len(bench.quotes) == 1 and not bench.errors


def test_what_was_chosen_holds_in_the_next_source_and_what_was_found_does_not(bench):
    bench.at("dock is").keys("w", "Enter").type("dock").keys("Enter", "f").type("dock full").keys("Enter", "/").type("take").keys("Enter", "Escape", "g")
    bench.type("P02").keys("Enter")
    bench.page.locator(".pb-say", has_text="Short.").wait_for()
    bench.keys("/", "Enter", "Escape", "1")
    assert "Select some words" in bench.said and bench.quotes == [("Dock full", "dock")]
    bench.keys("w", "1")
    assert bench.quotes == [("Dock full", "dock"), ("Dock full", "Short")]
    assert bench.look("v.doc.list.filter(v.shows).length") == 1, "the filter means the same code"
    bench.keys("Enter")
    assert bench.page.locator(".pb-option .pb-label").first.inner_text() == "Dock full", "recent first"


def test_a_code_that_ended_is_not_repeated(bench):
    bench.at("walk").keys("w", "Enter").type("walks").keys("Enter")
    codebook.merge_codes(bench.study, ["Walks instead"], into="Dock full")
    bench.page.wait_for_function("document.querySelector('#w').pbView.coding.recent.length === 0")
    bench.at("none").keys("w", ".", "1")
    assert bench.said == "No code on that key yet" and bench.quotes == [("Dock full", "walk")]


def test_codes_put_at_once_keep_their_order(bench):
    bench.at("every single").keys("w", "Enter").keys(*["Tab", "ArrowDown"] * 5, "Enter")
    bench.page.wait_for_function("document.querySelector('#w').pbView.doc.list.every(c => c.pending === false)")
    ids = bench.look("v.doc.list.map(c => c.id)")
    assert len(ids) == 5 and ids == sorted(ids), "as another view, and this one tomorrow, has them"


def test_sources_with_progress(bench):
    bench.at("walk").keys("w", "Enter").type("walks").keys("Enter").keys("g")
    bench.page.wait_for_timeout(100)
    assert bench.page.locator(".pb-option .pb-detail").all_inner_texts() == ["1 of 4 turns · 1 codings", "0 of 1 turns · 0 codings"]
    bench.type("P02").keys("Enter")
    bench.page.wait_for_timeout(100)
    assert bench.page.locator(".pb-say").inner_text() == "Short." and bench.widget.source == "P02"


def test_a_source_is_marked_as_done_by_key_by_button_and_in_the_picker(bench):
    badges = lambda: bench.page.locator(".pb-option .pb-badge").all_inner_texts()
    state = lambda: bench.study.assignments["status"].tolist()
    button = bench.page.get_by_role("button", name="Done", exact=True)
    bench.keys("g")
    bench.page.locator(".pb-badge").first.wait_for()
    assert badges() == ["○ not read", "○ not read"]
    bench.keys("Escape").at("walk").keys("w", "Enter").type("walks").keys("Enter").keys("g")
    bench.page.locator(".pb-badge", has_text="in progress").wait_for()
    assert badges() == ["◐ in progress", "○ not read"]
    bench.keys("Escape", "Shift+D")
    bench.page.locator(".pb-tool[aria-pressed=true]", has_text="Done").wait_for()
    assert bench.told("P01: done") and state() == ["done"]
    button.click()
    bench.page.locator(".pb-tool[aria-pressed=false]", has_text="Done").wait_for()
    assert bench.told("P01: in progress again") and state() == ["reading"]
    bench.page.locator(".pb-scroll").focus()
    bench.keys("Control+z")
    bench.page.locator(".pb-tool[aria-pressed=true]", has_text="Done").wait_for()
    assert bench.told("Undone: MB: reading P01") and state() == ["done"]
    bench.keys("g").type("P02").keys("Shift+Enter")
    bench.page.locator(".pb-badge", has_text="done").wait_for()
    assert bench.told("P02: done") and badges() == ["✓ done"] and state() == ["done", "done"], "the picker stays open at the row"
    assert bench.widget.source == "P01" and bench.page.locator(".pb-input[role=combobox]").input_value() == "P02"
    bench.keys("Enter")
    bench.page.wait_for_function("document.querySelector('#w').pbView.doc.source === 'P02'")
    bench.page.locator(".pb-tool[aria-pressed=true]", has_text="Done").wait_for()


def test_autocode_with_accept_and_reject(bench):
    bench.keys("a").type("dock").keys("Enter")
    bench.page.locator(".pb-hits li").first.wait_for()
    assert bench.page.locator(".pb-hits li").count() == 2
    bench.page.locator(".pb-hits input").nth(1).uncheck()
    bench.page.locator(".pb-side .pb-main-button").click()
    bench.type("dock").keys("Enter")
    assert bench.quotes == [("Dock full", "I take the bike 😀 from the dock.")] and bench.study.codings["origin"].tolist() == ["autocode"]


def test_a_key_for_a_code_and_its_refusal(bench):
    bench.keys("k").type("dock").keys("Enter").keys("s")
    bench.page.wait_for_timeout(80)
    assert "uses it for 'sentence'" in bench.said
    bench.keys("q")
    bench.page.wait_for_timeout(80)
    bench.at("walk").keys("w", "q")
    assert bench.quotes == [("Dock full", "walk")] and bench.page.locator(".pb-chip", has_text="Dock full").first.is_visible()


def test_keys_and_recent_codes_are_there_when_the_cell_is_run_again(bench):
    bench.keys("k").type("dock").keys("Enter").keys("q").told("Q now codes Dock full")
    coding.code(bench.study, "Saves time", source="P01", quote="dock is full")
    coding.code(bench.study, "Walks instead", source="P01", quote="I walk")
    bench.page.evaluate("window.end(); document.querySelector('#w').replaceChildren()")
    again = CodingWidget(bench.study, "P02", codes={"j": "Saves time"})
    again.send, bench.widget = bench.widget.send, again
    bench.mount()
    bench.page.wait_for_function("'q' in document.querySelector('#w').pbView.doc.keys")
    assert again.shortcuts == {"j": "Saves time", "q": "Dock full"}
    assert bench.look("v.coding.recent.map(c => c.name)") == ["Walks instead", "Saves time"]
    bench.keys("t", "q", "2").told("Coded")
    assert [c for c, q in bench.quotes if q == "Short."] == ["Dock full", "Walks instead"]
    kept = bench.page.evaluate("JSON.stringify(localStorage)")
    assert "personabench:keys:" in kept and "Dock" not in kept, "no name stays in the browser"


# -- Manners ------------------------------------------------------------------------------------------------------------------
def test_unused_chords_pass_and_keys_do_not(bench):
    bench.page.evaluate("window.heard = []; document.addEventListener('keydown', e => window.heard.push("
                        "[e.key, e.defaultPrevented, document.querySelector('.pb-cw').hasAttribute('data-lm-suppress-shortcuts')]))")
    bench.keys("x", "s", "Control+s", "Control+z")
    assert bench.page.evaluate("window.heard.filter(k => k[0] !== 'Control')") == [["s", False, False]]


def test_a_colour_that_is_none_reaches_no_style(page):
    study, asked = make_study(), []
    with study.engine.connect().execution_options(write=True) as conn, conn.begin():  # as another program might
        conn.exec_driver_sql("UPDATE codes SET colour = '#fff;background:url(http://localhost/leak)}*{color:red' WHERE name = 'Dock full'")
    page.on("request", lambda r: asked.append(r.url))
    bench = Bench(page, study, codes={"q": "Dock full"})
    bench.at("walk").keys("w", "q")
    assert bench.quotes == [("Dock full", "walk")] and not [url for url in asked if "leak" in url]
    assert bench.page.locator(".pb-chip", has_text="Dock full").locator(".pb-swatch").first.get_attribute("style").startswith("--ink:var(--pb-own,light-dark(#")
    assert "leak" not in bench.page.evaluate("document.querySelector('.pb-cw style').textContent") and not bench.errors


def test_escape_leaves(bench):
    bench.keys("l")
    bench.page.locator(".pb-scroll").focus()
    bench.keys("Escape")
    assert bench.page.locator(".pb-side").is_hidden() and bench.page.evaluate("document.activeElement.className") == "pb-scroll", "first the panel goes"
    bench.keys("Escape")
    assert bench.page.evaluate("document.activeElement.id") == "w"


def test_keys_while_an_input_method_composes_do_nothing(bench):
    bench.at("dock is full").keys("s")
    bench.page.evaluate("document.querySelector('.pb-scroll').dispatchEvent(new KeyboardEvent('keydown', {key: 't', code: 'KeyT', isComposing: true, bubbles: true}))")
    assert bench.selected == "When the dock is full, I walk."


WORDS = "[...document.querySelectorAll('.pb-say')].map(e => e.textContent)"


@pytest.mark.parametrize("editable", [False, True], ids=["as it is", "made editable by something else"])
def test_composed_text_never_changes_the_transcript(bench, editable):
    bench.at("dock is full").keys("s")
    words, doc = bench.page.evaluate(WORDS), bench.look("v.doc.text")
    if editable:
        bench.page.evaluate("(() => { const say = document.querySelectorAll('.pb-say')[1]; say.contentEditable = 'true'; say.focus();"
                            " getSelection().collapse(say.firstChild, 7); })()")
    cdp = bench.page.context.new_cdp_session(bench.page)
    bench.page.evaluate("window.composed = []; for (const kind of ['compositionstart', 'input']) document.addEventListener(kind, e => window.composed.push(kind), true)")
    for text in ("s", "su", "す", "すし"): cdp.send("Input.imeSetComposition", {"text": text, "selectionStart": len(text), "selectionEnd": len(text)})
    cdp.send("Input.dispatchKeyEvent", {"type": "rawKeyDown", "key": "Process", "code": "Enter", "windowsVirtualKeyCode": 229})
    cdp.send("Input.insertText", {"text": "すし"})
    bench.page.evaluate(FRAMES)
    assert bool(bench.page.evaluate("window.composed.length")) is editable, "the composition reached the page"
    assert bench.page.evaluate(WORDS) == words and bench.look("v.doc.text") == doc and bench.quotes == []
    bench.page.evaluate("document.querySelectorAll('.pb-say')[1].contentEditable = 'inherit'")
    bench.page.locator(".pb-scroll").focus()
    assert bench.selected == "When the dock is full, I walk."
    bench.keys("Enter").type("dock").keys("Enter")
    assert bench.quotes == [("Dock full", "When the dock is full, I walk.")]


def test_a_name_is_composed_in_the_palette_and_enter_while_composing_codes_nothing(bench):
    codebook.add_code(bench.study, "寿司", facet="need")
    bench.page.wait_for_function("[...document.querySelector('#w').pbView.doc.codes.values()].some(c => c.name === '寿司')")
    bench.at("dock is full").keys("s", "Enter")
    cdp = bench.page.context.new_cdp_session(bench.page)
    cdp.send("Input.imeSetComposition", {"text": "寿", "selectionStart": 1, "selectionEnd": 1})
    cdp.send("Input.dispatchKeyEvent", {"type": "rawKeyDown", "key": "Process", "code": "Enter", "windowsVirtualKeyCode": 229})
    bench.page.locator(".pb-option.pb-at", has_text="寿司").wait_for()
    assert bench.quotes == [] and bench.page.locator(".pb-popover").is_visible()
    cdp.send("Input.insertText", {"text": "寿司"})
    bench.keys("Enter")
    assert bench.quotes == [("寿司", "When the dock is full, I walk.")]


# What JupyterLab's "Search Cell Outputs" does to text: it cuts a hit out of its text node into a marked span, and later puts text nodes together again.
SEARCH = """([words, nth]) => { const say = document.querySelectorAll(".pb-say")[nth], walk = document.createTreeWalker(say, NodeFilter.SHOW_TEXT);
    for (let node = walk.nextNode(); node; node = walk.nextNode()) { const at = node.data.indexOf(words); if (at < 0) continue;
        const mark = document.createElement("span"), rest = node.splitText(at);
        mark.className = "cm-string found"; mark.textContent = words; rest.textContent = rest.textContent.slice(words.length);
        say.insertBefore(mark, rest); return say.childNodes.length; } }"""
SEARCHED = """document.querySelectorAll(".found").forEach(mark => { const parent = mark.parentNode;
    parent.replaceChild(document.createTextNode(mark.textContent), mark); parent.normalize(); })"""
FRAMES = "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => requestAnimationFrame(done))))"
# Whether each coding lies over its words, by their place on the page and by what its canvas holds there; and the words under each highlight.
PAINTED = """(() => { const v = document.querySelector("#w").pbView, words = r => { const range = document.createRange();
        range.setStart(r.startContainer, r.startOffset); range.setEnd(r.endContainer, r.endOffset); return range.toString(); };
    const drawn = new Map(); // name of a highlight -> the words under it
    for (const [name, h] of CSS.highlights) if (name.startsWith(v.uid) && h.size) drawn.set(name.slice(v.uid.length + 1), [...h].map(words).sort());
    const right = ([g, {c, lines}]) => { const box = g.el.getBoundingClientRect(), first = lines[0], last = lines.at(-1);
        const off = v.rect(c.start, c.start + 1).left - box.left - first.x, over = v.rect(c.end - 1, c.end).right - box.left - last.x - last.wide;
        const tinted = g.ink.getContext("2d").getImageData((first.x + 1) * devicePixelRatio, (first.y + 2) * devicePixelRatio, 1, 1).data[3];
        return Math.abs(off) + Math.abs(over) + Math.abs(v.rect(c.start, c.start + 1).top - box.top - first.y) < 0.1 && tinted > 20; };
    const bars = v.doc.groups.flatMap(g => g.bars.map(b => [g, b]));
    return [bars.length === v.doc.list.length && bars.every(right), [...drawn].sort(), bars.map(([, b]) => v.doc.words(b.c)).sort()]; })()"""


def put(bench: Bench, *pairs: tuple[str, str]) -> Bench:
    for words, name in pairs:
        bench.at(words)
        bench.page.evaluate("n => { const v = document.querySelector('#w').pbView; v.sel.set(v.sel.focus, v.sel.focus + n); }", len(words.encode("utf-16-le")) // 2)
        bench.keys("Enter").type(name).keys("Enter").told("Coded")
    bench.page.evaluate(FRAMES)
    return bench


def test_colours_and_positions_outlast_a_search_that_splits_the_text(bench):
    put(bench, ("I take the bike 😀", "Dock full"), ("When the dock is full, I walk.", "Walks instead"), ("The app", "Saves time"))
    bench.at("walk. It").keys("n", "b", "/").type("dock")  # one coding is selected, hits of the widget's own search are marked
    bench.page.evaluate(FRAMES)
    whole = bench.page.evaluate(PAINTED)
    kinds = dict(whole[1])
    assert whole[0] is True and len(whole[2]) == 3 and {"hit", "active", "sel"} & set(kinds) >= {"hit", "active"}
    words, where = bench.page.evaluate(WORDS), [pytest.approx(bench.rect(w), abs=0.1) for w in ("bike 😀", "dock is", "minutes")]
    spot = bench.rect("dock is")
    for hit, nth in (("I take", 1), ("dock", 1), ("😀", 1), ("The app", 5)): assert bench.page.evaluate(SEARCH, [hit, nth]) >= 3
    bench.page.evaluate(FRAMES)
    assert bench.page.evaluate(PAINTED) == whole, "while the search is open"
    assert bench.page.evaluate(WORDS) == words and [bench.rect(w) for w in ("bike 😀", "dock is", "minutes")] == where
    assert bench.look(f"v.doc.text.slice(v.sel.point({spot['left'] + 1}, {spot['y']})).startsWith('dock is')")
    bench.page.locator(".pb-scroll").focus()
    bench.at("ten minutes").keys("w", "Enter").type("saves").keys("Enter")
    assert bench.drag("dock is", inset=1).selected == "dock is"
    bench.page.evaluate(SEARCHED)
    bench.page.evaluate(FRAMES)
    assert bench.page.evaluate("[...document.querySelectorAll('.pb-say')].map(e => e.childNodes.length)") == [1] * 6
    fine, _, after = bench.page.evaluate(PAINTED)
    assert fine is True and after == sorted(["I take the bike 😀", "When the dock is full, I walk.", "The app", "ten"])
    assert ("Saves time", "ten") in bench.quotes and bench.page.evaluate(WORDS) == words


# What is drawn, and what would be if all were drawn anew.
PICTURES = """(() => { const v = document.querySelector("#w").pbView;
    const now = () => v.doc.groups.map(g => ["ink", "lines", "stripes"].map(name => g[name]?.toDataURL() || "")), before = now();
    v.spare = {ink: [], lines: [], stripes: []}; // on new canvases
    for (const g of v.doc.groups) for (const name in v.spare) g[name] = g[name]?.remove();
    v.repaint(); while (v.waiting.size) v.flush();
    return [String(before) === String(now()), before.flat().filter(Boolean).length]; })()"""


# How far the handles of the chosen coding are from its ends.
HANDLES = """Math.max(...v.handles.map((h, i) => {
    const at = h.getBoundingClientRect(), a = v.active, box = i ? v.rect(a.end - 1, a.end) : v.rect(a.start, a.start + 1);
    return Math.abs(at.top - box.top) + Math.abs((at.left + at.right) / 2 - (i ? box.right : box.left)); }))"""


def test_what_moves_words_moves_what_is_drawn_on_them(bench):
    put(bench, ("And in winter", "dock"), ("In winter", "walks"), ("The app says", "saves"))
    assert bench.page.evaluate(PAINTED)[0] is True
    grow = "document.querySelectorAll('.pb-who')[1].style.paddingBottom = '%dpx'"  # as a memo's mark does that needs a line more
    for by in (60, 0):
        bench.page.evaluate(grow % by)
        bench.page.evaluate(FRAMES)
        assert bench.page.evaluate(PAINTED)[0] is True and bench.page.evaluate(PICTURES) == [True, 3]
    bench.page.evaluate("document.querySelector('#w').style.width = '560px'")
    right = "(g => g.bars.every(b => Math.abs(v.rect(b.c.start, b.c.start + 1).top - g.el.getBoundingClientRect().top - b.lines[0].y) < 0.1))(v.doc.groups[0])"
    assert bench.look(f"""new Promise(done => requestAnimationFrame(() => {{ const c = new MessageChannel(); // right behind the first frame
        c.port1.onmessage = () => done({right}); c.port2.postMessage(0); }}))""")


def test_words_that_a_memos_mark_moves_keep_what_is_drawn_on_them(page):
    page.set_viewport_size({"width": 1100, "height": 800})  # the mark needs a line of its own
    study, text, turns = Study(":memory:", coder="MB", create=True), "", []
    for k, (speaker, words) in enumerate([("Interviewer", "How?"), ("Anna-Magdalena", "I take the bike."), ("Interviewer", "And then?"), ("Anna-Magdalena", "I walk."),
                                          ("Interviewer", "Why?"), ("Anna-Magdalena", "Every single morning.")]):
        start = len(text) + len(speaker) + 2
        turns.append({"start": start, "end": start + len(words), "speaker": speaker, "time": 60.0 * k})
        text += f"{speaker}: {words}\n\n"
    speakers = {"Interviewer": (None, "interviewer"), "Anna-Magdalena": ("P01", "participant")}
    with study.step("import", "import P01") as step: store.add_source(step, "P01", text=text, turns=turns, speakers=speakers)
    for name, facet in CODES: codebook.add_code(study, name, facet=facet)
    bench = put(Bench(page, study), ("I take", "dock"), ("And then", "walks"), ("single", "saves"))
    bench.at("I take").keys("n", "m").type("why?").keys("Control+Enter", "Escape")
    page.locator(".pb-noted").wait_for()
    first = bench.look("v.doc.groups[0].bars.at(-1).top")

    def right(what: str) -> None:
        page.wait_for_timeout(400)
        assert page.evaluate(PAINTED)[0] is True and page.evaluate(PICTURES)[0] is True, what

    bench.keys("Delete")
    right("the coding is gone, and its mark")
    assert bench.look("v.doc.groups[0].bars.at(-1).top") < first - 20, "words have moved"
    bench.keys("Control+z")
    page.locator(".pb-noted").wait_for()
    right("both are back at once")
    bench.at("I take").keys("n", "e", *["Shift+Control+ArrowRight"] * 7, "Tab", *["Shift+Control+ArrowRight"] * 6, "Enter")
    right("the mark goes from one turn to another")
    with study.step("code", "in a cell") as step:
        store.add_codings(step, [{"source_id": 1, "code_id": study.code_id("Arriving"), "start": text.index("I take"), "end": text.index("bike"), "coder": "MB"}])
        store.add_memo(step, "both at once", about="turn", target_id=2)
    bench.look(PING)
    page.wait_for_function("document.querySelectorAll('.pb-noted').length === 2")
    right("a coding and a memo in one step")
    bench.at("single").keys("n")
    top = bench.look("v.rect(v.active.start, v.active.start + 1).top")
    with study.step("memo", "in a cell") as step: store.add_memo(step, "above the chosen one", about="turn", target_id=4)
    bench.look(PING)
    page.wait_for_function("document.querySelectorAll('.pb-noted').length === 3")
    right("a mark above the chosen coding")
    assert bench.look("v.rect(v.active.start, v.active.start + 1).top") > top + 5 and bench.look(HANDLES) < 6


def test_names_on_a_right_to_left_page_stand_beside_the_stripes(bench):
    bench.page.evaluate("document.documentElement.dir = 'rtl'")
    put(bench, ("dock is full", "dock"), ("The app", "walks"))
    inked = bench.look("""(g => g.bars.map(b => { const pen = g.stripes.getContext('2d'), {data, width} = pen.getImageData(0, b.label, g.stripes.width, 14), seen = [];
        for (let i = 0; i < data.length; i += 4) if (data[i + 3] > 60) seen.push(i / 4 % width); return [Math.max(...seen), g.namesAt + 18]; }))(v.doc.groups[0])""")
    assert len(inked) == 2 and all(right > begin + 30 for right, begin in inked), inked
    box, root = bench.look("[v.doc.groups[0].stripes, v.scroll].map(el => [el.getBoundingClientRect().left, el.getBoundingClientRect().right])")
    assert box[1] < sum(root) / 2, "in the margin on the left"


def test_what_changes_in_the_text_leaves_nothing_of_the_old_picture(bench):
    put(bench, ("take the bike 😀 from", "dock"), ("the bike 😀", "walks"), ("bike 😀 from the", "saves"), ("dock is full", "arriving"))
    bench.page.locator(".pb-kept", has_text="saved").wait_for()
    bench.page.evaluate(FRAMES)
    same = lambda: bench.page.evaluate(PICTURES)[0]
    assert same(), "what was pending and is stored"
    bench.at("bike").keys("n", "e", "Shift+ArrowRight", "Enter")
    bench.page.evaluate(FRAMES)
    assert same(), "ends that moved"
    for keys in (("Delete",), ("Control+z",), ("r",)):
        bench.keys(*keys)
        if keys == ("r",): bench.type("saves").keys("Enter")
        bench.page.wait_for_timeout(300)
        assert same(), keys


def test_a_code_that_gets_another_name_or_colour_in_a_cell_is_drawn_anew(bench):
    put(bench, ("dock is full", "dock"), ("ten minutes", "walks"))
    picture = "['ink', 'stripes'].map(name => v.doc.groups[0][name].toDataURL())"
    first = bench.look(picture)
    for change, changed in ((lambda: codebook.rename_code(bench.study, "Dock full", to="No free place"), [False, True]),
                            (lambda: codebook.change_code(bench.study, "No free place", colour="#7a0019"), [True, True])):
        change()
        bench.look(PING)
        bench.page.wait_for_timeout(300)
        now = bench.look(picture)
        assert [a != b for a, b in zip(now, first)] == changed and bench.page.evaluate(PICTURES)[0]
        first = now


def test_lines_of_lanes_below_each_other_are_drawn_whole_under_the_last_words_of_a_group(page):
    study = study_of_talk()
    for name in ("Dock full", "Walks instead", "Saves time"):
        codebook.add_code(study, name, facet="pain")
        start = study.text("P01").index("every single morning.")
        coding.code(study, name, source="P01", start=start, end=start + 21)
    bench = Bench(page, study)
    close = "el.style.padding = '0'; el.lastChild.style.lineHeight = '1.1'"  # the words end at the edge
    page.evaluate(f"document.querySelectorAll('.pb-turn').forEach(el => {{ {close}; }})")
    page.evaluate(FRAMES)
    rows = bench.look("""(g => { const pen = g.lines.getContext('2d'), {x, end} = g.bars[0].lines[0], d = devicePixelRatio;
        return [...Array(12).keys()].filter(y => pen.getImageData((x + 1) * d, (Math.round(end) + y) * d, 1, 1).data[3] > 60); })(v.doc.groups.at(-1))""")
    assert {y // 3 for y in rows} == {0, 1, 2} and bench.look("v.doc.groups.at(-1).bars.map(b => b.lane).sort().join()") == "0,1,2", rows


def test_the_coding_that_was_chosen_before_is_drawn_as_the_others_again_in_another_group(page):
    bench = put(Bench(page, make_study(times=3)), ("dock is full", "dock"))
    assert bench.look("v.doc.groups.length") > 1
    start = bench.look("v.doc.groups[1].pieces[0].start")
    coding.code(bench.study, "Walks instead", source="P01", start=start, end=start + 6)
    bench.look(PING)
    page.wait_for_timeout(200)
    bench.at("How do").keys("n").keys("n")  # a frame between them
    page.evaluate(FRAMES)
    assert bench.look("v.doc.groups[1].codings.has(v.active)")
    assert page.evaluate(PICTURES)[0]


def test_handles_follow_the_words_they_stand_at(bench):
    put(bench, ("And in winter", "dock"))
    bench.at("And in").keys("n")
    assert bench.look("v.active.code.name") == "Dock full" and bench.look(HANDLES) < 6
    top = bench.look("v.handles[0].getBoundingClientRect().top - v.text.getBoundingClientRect().top")
    bench.page.evaluate("document.querySelector('#w').style.width = '520px'")
    bench.page.wait_for_timeout(400)
    assert bench.look("v.handles[0].getBoundingClientRect().top - v.text.getBoundingClientRect().top") > top + 20, "the words have moved"
    assert bench.look(HANDLES) < 6


def test_a_coding_undone_while_none_is_chosen_leaves_nothing_drawn(bench):
    put(bench, ("dock is full", "dock"), ("ten minutes", "walks"))
    bench.keys("c", "Control+z").told("Undone")
    bench.page.evaluate(FRAMES)
    assert bench.page.evaluate(PICTURES)[0] and bench.page.evaluate(PAINTED)[::2] == [True, ["dock is full"]]


def test_a_scroll_from_end_to_end_and_back_draws_what_is_near_and_nothing_else(page):
    study = make_study(times=30)
    for n, words in enumerate(re.finditer(r"(?<=: )[^:]+(?=\n)", study.text("P01"))):
        for k in range(n % 4): coding.code(study, CODES[(n + k) % 5][0], source="P01", start=words.start() + k, end=words.end() - 5 * k)
    bench = Bench(page, study)
    page.evaluate(FRAMES)
    groups = bench.look("v.doc.groups.length")
    first = bench.look("(window.pictures = () => v.doc.groups.map(g => g.near && g.ink ? ['ink', 'lines', 'stripes'].map(name => g[name].toDataURL()).join() : ''))()")
    assert groups > 10 and sum(map(bool, first)) >= 2
    page.evaluate("window.canvases = new Set()")
    there = """async way => { const v = document.querySelector('#w').pbView, s = v.scroll, wrong = [];
        for (let was = -1; s.scrollTop !== was;) { was = s.scrollTop; s.scrollTop += way * 300; for (let i = 0; i < 4; i++) await new Promise(requestAnimationFrame);
            for (const g of v.doc.groups) { const here = [...g.el.querySelectorAll('canvas')], [box, view] = [g.el, s].map(el => el.getBoundingClientRect());
                here.forEach(c => window.canvases.add(c));
                const missed = !g.near && box.bottom > view.top && box.top < view.bottom;
                if (missed || here.length !== (g.near ? 3 : 0)) wrong.push([v.doc.groups.indexOf(g), here.length, g.near]); } }
        return wrong; }"""
    assert page.evaluate(there, 1) == [] and page.evaluate(there, -1) == []
    assert bench.look("window.canvases.size") < 3 * groups / 2, "those of far groups are used again"
    page.evaluate(FRAMES)
    assert bench.look("window.pictures()") == first and page.evaluate(PICTURES)[0]


def test_another_resolution_draws_anew(bench):
    page = put(bench, ("dock is full", "dock")).page
    size = page.viewport_size
    page.context.new_cdp_session(page).send("Emulation.setDeviceMetricsOverride", {**size, "deviceScaleFactor": 2, "mobile": False})
    page.emulate_media(reduced_motion="reduce")  # the resolution alone, made up as it is here, has Chromium look at no media query
    page.wait_for_function("devicePixelRatio === 2 && (g => g.stripes.width === 2 * g.stripes.offsetWidth)(document.querySelector('#w').pbView.doc.groups[0])")
    assert page.evaluate(PAINTED)[0] is True and page.evaluate(PICTURES)[0] is True


@pytest.mark.parametrize(("begin", "middle", "end"), [("Tell me ", "of the way ", "and where it ends?"), ("שלום ", "אני נוסעת באופניים כל יום ", "הרציף מלא?")])
def test_a_folded_turn_has_no_colours_beyond_its_words(page, begin, middle, end):
    study = Study(":memory:", coder="MB", create=True)
    asked, said = begin + middle * 40 + end, "I take the bike."
    text = f"I: {asked}\n\nAnna: {said}"
    turns = [{"start": 3, "end": 3 + len(asked), "speaker": "I"}, {"start": len(text) - len(said), "end": len(text), "speaker": "Anna"}]
    speakers = {"I": (None, "interviewer"), "Anna": ("P01", "participant")}
    with study.step("import", "import P01") as step: store.add_source(step, "P01", text=text, turns=turns, speakers=speakers)
    for name, facet in CODES: codebook.add_code(study, name, facet=facet)
    bench = put(Bench(page, study), (end[-9:-1], "dock"), (begin.strip(), "walks"))
    bench.keys("h")
    page.wait_for_timeout(300)
    drawn = bench.look("""(box => v.doc.groups[0].bars.map(b => b.lines.map(l => l.wide > 0 && l.x + l.wide <= box.right - base + 0.1 && l.x >= box.left - base - 0.1)))(
        v.doc.pieces[0].say.getBoundingClientRect())""".replace("base", "v.doc.groups[0].el.getBoundingClientRect().left"))
    assert sorted(map(len, drawn)) == [0, 1] and all(map(all, drawn))
    bench.keys("h")
    page.wait_for_timeout(300)
    if begin.isascii(): assert bench.page.evaluate(PAINTED)[0] is True  # reads from left to right


def test_a_window_that_changes_its_width_while_the_text_is_out_of_sight_leaves_no_old_picture(bench):
    page = put(bench, ("take the bike 😀 from", "dock"), ("dock is full", "walks"), ("The app says", "saves")).page
    page.evaluate("document.body.insertAdjacentHTML('beforeend', '<div style=height:6000px></div>'); scrollTo(0, 4000)")
    page.evaluate(FRAMES)
    page.set_viewport_size({"width": 640, "height": 700})
    page.wait_for_timeout(200)
    page.evaluate("scrollTo(0, 0)")
    page.wait_for_timeout(300)
    assert page.evaluate(PAINTED)[0] is True and page.evaluate(PICTURES)[0] is True


def test_lines_stay_in_sight_over_what_is_chosen_or_selected(bench):
    put(bench, ("When the dock is full, I walk.", "dock"), ("dock is full", "walks"))
    under = bench.look("getComputedStyle(v.doc.groups[0].lines).zIndex") > bench.look("getComputedStyle(v.doc.groups[0].ink).zIndex")
    lines = bench.look("(g => g.bars.map(({lines: [l]}) => g.lines.getContext('2d').getImageData(l.x + 20, l.end, 40, 9).data.some(Boolean)))(v.doc.groups[0])")
    assert under and lines == [True, True]
    assert bench.look("v.doc.groups[0].bars.map(b => b.lane % 3).sort()") == [0, 1], "one below the other"


def test_a_refusal_that_comes_before_the_rest_of_the_script_is_read_and_carried_out(bench):
    page = bench.page
    open_without_the_rest(page)
    lose = """() => { const send = window.model.send; // the first coding never gets to Python
        window.model.send = m => m.type === 'add' && m.guid === (window.lost ??= m.guid) ? null : send(m); }"""
    page.evaluate(lose)
    page.locator("#w .pb-scroll").focus()
    bench.at("dock is full").keys("Shift+Control+ArrowRight", "Shift+1")
    guid = bench.look("v.link.outbox.all()[0].guid")
    bench.look(f"v.hear.refused(v, {{guid: '{guid}', reason: 'code: it is gone', cure: 'choose another'}})")
    page.locator(".pb-live", has_text="code: it is gone. choose another").wait_for()
    bench.at("walk").keys("Shift+Control+ArrowRight", "Shift+2")  # keys go on
    page.locator(".pb-live", has_text="Coded 4 characters").wait_for()
    page.evaluate("window.give()")
    page.evaluate(lose)
    bench.look("v.later.ask()")
    page.wait_for_function("document.querySelector('#w').pbView.later.here")
    page.wait_for_function("document.querySelector('#w').pbView.link.outbox.size === 0")
    assert bench.look("[v.doc.list.map(c => v.doc.words(c)), v.link.outbox.size]") == [["walk"], 0]


def test_words_that_something_changes_in_the_page_are_put_back(bench):
    words = bench.page.evaluate(WORDS)
    for change in ("e.firstChild.data = 'forged'", "e.textContent = ''", "e.append('more')", "e.firstChild.remove()"):
        bench.page.evaluate(f"(() => {{ const e = document.querySelectorAll('.pb-say')[1]; {change}; }})()")
        bench.page.evaluate(FRAMES)
        assert bench.page.evaluate(WORDS) == words, change


def test_the_look_follows_the_theme_however_late_its_colours_come(bench):
    dark = ":root { --jp-layout-color0: #111; --jp-layout-color1: #212121; --jp-ui-font-color0: #fff; }"
    on = "css => { const style = document.createElement('style'); style.id = 'theme'; style.textContent = css; document.head.append(style); }"
    is_dark = """want => { const v = document.querySelector('#w').pbView, dim = getComputedStyle(v.root).getPropertyValue('--pb-dim').trim();
        return v.root.hasAttribute('data-dark') === want && v.dark === want && v.colours.dim === dim && dim === (want ? '#a9b2bd' : '#59616b'); }"""
    bench.page.wait_for_function(is_dark, arg=False)
    bench.page.evaluate("document.body.dataset.jpThemeLight = 'false'")
    bench.page.evaluate(FRAMES)
    assert bench.page.evaluate(is_dark, False), "the name of the theme alone changes nothing"
    bench.page.evaluate(on, dark)
    bench.page.wait_for_function(is_dark, arg=True)
    bench.page.evaluate("document.getElementById('theme').remove()")
    bench.page.wait_for_function(is_dark, arg=False)
    bench.page.evaluate("document.querySelector('#w').style.display = 'none'")  # in another tab of JupyterLab
    bench.page.evaluate(on, dark)
    bench.page.evaluate(FRAMES)
    bench.page.evaluate("document.querySelector('#w').style.display = ''")
    bench.page.wait_for_function(is_dark, arg=True)


def test_two_views_stay_in_step_with_highlights_of_their_own(bench):
    bench.second_view()
    bench.page.locator("#w2 .pb-turn").first.wait_for()
    bench.page.locator("#w .pb-scroll").focus()
    bench.at("walk").keys("w", "Enter").type("dock").keys("Enter")
    bench.page.wait_for_timeout(150)
    assert bench.page.evaluate("['w', 'w2'].map(id => document.getElementById(id).pbView.doc.list.length)") == [1, 1]
    names = bench.page.evaluate("[...CSS.highlights.keys()].map(k => k.split('-')[0])")
    assert len(set(names)) == 2
    bench.page.evaluate(FRAMES)
    for view in ("#w", "#w2"): assert bench.page.evaluate(PAINTED.replace('"#w"', f'"{view}"'))[::2] == [True, ["walk"]], view
    bench.keys("Control+z").page.wait_for_function("document.getElementById('w2').pbView.doc.list.length === 0")
    bench.page.evaluate(FRAMES)
    for view in ("#w", "#w2"): assert bench.page.evaluate(PAINTED.replace('"#w"', f'"{view}"'))[2] == [] and not bench.page.locator(f"{view} canvas").count(), view


def test_what_is_not_acknowledged_waits_and_comes_again(bench):
    bench.deaf = True
    bench.at("walk").keys("w", "Enter").type("dock").keys("Enter")
    assert bench.quotes == [] and bench.look("v.doc.list[0].pending") is True and bench.page.locator(".pb-kept").inner_text().endswith("1 waiting")
    bench.page.wait_for_timeout(7500)
    assert "1 change waits here" in bench.page.locator(".pb-banner").inner_text()
    bench.page.reload()
    bench.deaf = False
    bench.mount()
    bench.page.wait_for_timeout(200)
    assert bench.quotes == [("Dock full", "walk")] and bench.look("[v.doc.list.length, v.doc.list[0].pending]") == [1, False]
    assert bench.page.evaluate(WAITING) == 0


def test_a_coding_that_the_disk_or_server_could_not_take_stays_and_comes_again(bench):
    hear = bench.widget.receive
    full = {"type": "refused", "reason": "the disk refused", "cure": "free some space", "again": True}
    bench.widget.receive = lambda m: bench.widget.send(full | {"guid": m["guid"]}) if m["type"] == "add" else hear(m)
    bench.at("walk").keys("w", "Enter").type("dock").keys("Enter")
    bench.page.locator(".pb-live", has_text="the disk refused").wait_for()
    assert bench.look("[v.doc.list.length, v.doc.list[0].pending]") == [1, True] and bench.page.locator(".pb-kept").inner_text().endswith("1 waiting")
    bench.widget.receive = hear
    bench.page.wait_for_function(f"{WAITING} === 0", timeout=20_000)  # said again by itself
    assert bench.quotes == [("Dock full", "walk")] and bench.look("[v.doc.list.length, v.doc.list[0].pending]") == [1, False]


def test_a_refused_coding_goes_and_says_why(bench):
    codebook.remove_code(bench.study, "Saves time")
    bench.at("walk").keys("w", "Enter").type("saves").keys("Enter")
    bench.page.wait_for_timeout(150)
    assert bench.look("v.doc.list.length") == 0 and bench.page.locator(".pb-warn").count() == 1 and bench.quotes == []


def test_saved_text_shows_without_python(page):
    made = Bench(page, make_study(), save_text=True)
    made.deaf = True
    page.reload()
    made.mount()
    made.at("walk").keys("w", "Enter").type("dock").keys("Enter")
    assert page.locator(".pb-turn").count() == 6 and made.quotes == [] and "run the cell" in made.said


def test_where_a_browser_knows_no_highlights_the_colours_are_there_all_the_same(page):
    page.add_init_script("delete CSS.highlights; delete window.Highlight")
    made = Bench(page, make_study())
    assert not page.evaluate("'highlights' in CSS")
    made.at("dock is full").keys("s", "Enter").type("dock").keys("Enter")
    page.wait_for_timeout(100)
    tinted = """v.doc.groups[0].bars.map(b => { const l = b.lines[0], pen = v.doc.groups[0].ink.getContext("2d");
        return [v.doc.words(b.c), ...[l.x + 2, l.x + l.wide + 4].map(x => pen.getImageData(x, l.y + 2, 1, 1).data[3] > 20)]; })"""
    assert made.look(tinted) == [["When the dock is full, I walk.", True, False]], "and beside its words there is nothing"
    made.at("full, I").keys("w", "Enter").type("walks").keys("Enter")
    assert ("Walks instead", "full") in made.quotes
    assert not made.errors


# -- Where no script runs -----------------------------------------------------------------------------------------------------
NOTEBOOK = """
from personabench import codebook, coding, store
from personabench.adjudication_widget import AdjudicationWidget
from personabench.codebook_widget import CodebookWidget
from personabench.coding_widget import CodingWidget
from personabench.study import Study
study = Study(":memory:", coder="MB")
talk = "The dock was full. <img src=x onerror=\\"document.title='pwned'\\"> I walked 😀 שלום."
with study.step("import", "import P01") as step: store.add_source(step, "P01", text=talk)
for name, facet in (("Dock full", "pain"), ("Walks instead", "behaviour")): codebook.add_code(study, name, facet=facet)
coding.code(study, "Dock full", source="P01", quote="The dock was full.")
coding.code(study, "Walks instead", source="P01", quote="I walked 😀")
with study.step("code", "JK codes too") as step:
    row = {"source_id": 1, "code_id": study.code_id("Walks instead"), "start": 0, "end": 8, "coder": "JK"}
    store.add_codings(step, [row])
"""


def test_a_page_of_nbconvert_shows_tables_where_javascript_is_off(browser, tmp_path, shots):
    shown = ("CodingWidget(study, 'P01')", "CodingWidget(study, 'P01', save_text=True)", "CodebookWidget(study)", "AdjudicationWidget(study, 'P01')")
    cells = [nbformat.v4.new_code_cell(c) for c in (NOTEBOOK, *shown)]
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}}), tmp_path / "page.ipynb")
    command = [sys.executable, "-m", "jupyter", "nbconvert", "--to", "html", "--execute", "--ExecutePreprocessor.store_widget_state=False", "page.ipynb"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=180)
    assert done.returncode == 0, done.stderr
    context = browser.new_context(java_script_enabled=False, viewport={"width": 1000, "height": 900})
    try:
        page = context.new_page()
        page.goto((tmp_path / "page.html").as_uri())
        tables = page.locator(".jp-OutputArea-output table")
        assert tables.locator("caption").all_inner_texts() == [
            "Coding widget, source P01: 1 of 1 turns coded, 3 codings", "Source P01: 1 turns, 3 codings", "Codebook widget: 2 codes, 3 codings",
            "Adjudication of source P01, MB and JK: 3 disagreements, 0 codings agreed"]
        texts = tables.all_inner_texts()
        assert all(t.is_visible() for t in tables.locator("caption").all()) and not any("dock" in t.lower() or "walk" in t.lower() for t in (texts[0], *texts[2:]))
        assert tables.nth(1).locator("tbody td").all_inner_texts()[1].startswith("The dock was full. <img src=x onerror=")
        assert tables.nth(1).locator("li").all_inner_texts() == ["Walks instead (JK): The dock", "Dock full (MB): The dock was full.", "Walks instead (MB): I walked 😀"]
        assert page.locator(".jp-OutputArea-output img").count() == 0 and page.title() == "page"
        page.screenshot(path=shots / "no-script.png", full_page=True)
    finally:
        context.close()


# -- What a newcomer and a hostile reader found ------------------------------------------------------------------------------------------
def test_a_click_on_an_empty_part_keeps_the_keys_in_the_widget(bench):
    for spot in (".pb-foot", ".pb-gap", ".pb-strip"):
        box = bench.page.locator(f"#w {spot}").bounding_box()
        bench.page.mouse.click(box["x"] + box["width"] - 3, box["y"] + box["height"] / 2)
        assert bench.page.evaluate("document.querySelector('#w .pb-cw').contains(document.activeElement)"), spot
    bench.at("When").keys("s", "Enter").type("dock").keys("Enter")
    assert bench.quotes == [("Dock full", "When the dock is full, I walk.")] and not bench.page.evaluate("window.strayed.length")


def test_a_code_is_chosen_with_the_mouse_alone(bench):
    bench.drag("the dock is full")
    bench.page.locator(".pb-tool", has_text=re.compile("^Code$")).click()
    bench.page.locator(".pb-option", has_text="Dock full").click()
    bench.told("Coded")
    assert [quote for _, quote in bench.quotes] == ["the dock is full"]


def test_the_palette_of_autocode_is_inside_the_widget(bench):
    bench.keys("a").type("dock").keys("Enter")
    bench.page.locator(".pb-hits li").first.wait_for()
    bench.page.locator(".pb-side .pb-main-button").click()
    inside = """() => { const a = document.querySelector("#w .pb-options").parentElement.querySelector("input").getBoundingClientRect();
        const b = document.querySelector("#w .pb-cw").getBoundingClientRect();
        return a.top >= b.top && a.bottom <= b.bottom && a.left >= b.left && a.right <= b.right; }"""
    assert bench.page.evaluate(inside)


def test_moving_ends_stops_when_something_else_is_looked_at(bench):
    for words in ("I walk", "ten minutes"): bench.at(words).keys("w", "w", "Enter").type("walks").keys("Enter")
    bench.told("Coded")
    before = bench.quotes
    bench.at("I take").keys("n", "e", "Shift+ArrowRight", "n", "Shift+ArrowRight", "Enter", "Escape")
    bench.at("I take").keys("n", "e").drag("And in winter")
    bench.keys("Shift+ArrowRight", "Enter", "Escape")
    assert bench.quotes == before


def test_two_views_in_one_tab_keep_each_others_waiting_codings(bench):
    bench.second_view()
    bench.page.wait_for_function("document.querySelector('#w2').pbView?.later.here")
    bench.deaf = True
    bench.at("When").keys("s", "Enter").type("dock").keys("Enter")
    first = bench.page.evaluate(WAITING)
    bench.page.evaluate("""() => { const v = document.querySelector('#w2').pbView, i = v.doc.text.indexOf('There is none');
        v.sel.set(i, i + 8); v.coding.put([v.codes().find(c => c.name === 'Saves time')]); }""")
    assert first == 1 and bench.page.evaluate(WAITING) == 2


def test_words_of_a_refused_memo_are_kept_and_an_undo_that_cannot_be_is_told(bench):
    hear = bench.widget.receive
    bench.widget.receive = lambda m: bench.widget.send({"type": "refused", "guid": m["guid"], "reason": "no", "cure": ""}) if m["type"] == "memo" else hear(m)
    bench.at("When").keys("m").type("a thought").keys("Control+Enter")
    bench.page.wait_for_function("document.querySelector('#w').pbView.link.outbox.size === 0")
    bench.page.wait_for_function("document.querySelector('#w .pb-side textarea').value === 'a thought'")
    bench.deaf = True
    bench.page.evaluate("document.querySelector('#w').pbView.lost(true)")
    bench.page.locator(".pb-scroll").focus()
    bench.keys("Control+z")
    assert "nothing to undo yet" in bench.said


@pytest.mark.parametrize("by", ["another cell", "Delete"])
def test_a_coding_that_goes_while_its_end_is_dragged_does_not_come_back(bench, by):
    coding_id, m = coding.code(bench.study, "Dock full", source="P01", quote="I take the bike"), bench.page.mouse
    bench.look(PING)
    bench.page.wait_for_timeout(200)
    bench.keys("n")
    box = bench.page.locator(".pb-handle-end").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    m.move(x, y)
    m.down()
    m.move(x + 60, y)
    if by == "Delete": bench.page.keyboard.press("Delete")
    else:
        coding.uncode(bench.study, coding_id)
        bench.look(PING)
    bench.page.wait_for_timeout(200)
    m.move(x + 100, y)
    m.move(x - 2, y)
    m.up()
    bench.page.wait_for_timeout(200)
    assert bench.quotes == [] and bench.look("[v.doc.list.length, v.doc.groups[0].bars.length, ...v.doc.turns.map(t => t.n)]") == [0] * 8
    if by == "Delete":
        bench.keys("Control+z").told("Undone")
        assert bench.quotes == [("Dock full", "I take the bike")] and bench.look("v.doc.list.length") == 1


def test_recode_keeps_to_the_coding_it_named(bench):
    bench.at("dock is full").keys("w", "Shift+Digit1", "Shift+Digit2").told("Coded")
    bench.keys("r")
    named = bench.page.locator(".pb-popover input").get_attribute("placeholder")
    gone = next(int(r.coding_id) for r in bench.study.codings.itertuples() if r.code in named)
    [left] = [r.code for r in bench.study.codings.itertuples() if r.coding_id != gone]
    coding.uncode(bench.study, gone)
    bench.look(PING)
    bench.page.wait_for_timeout(200)
    bench.type("walks").keys("Enter").told("is gone")
    assert bench.quotes == [(left, "dock")]


def test_a_name_that_differs_in_letters_makes_no_second_code_where_the_code_is_not_offered(bench):
    put(bench, ("dock is full", "dock"))
    bench.keys("r").type("dock FULL").keys("Enter").told("It is coded as Dock full")
    assert set(bench.study.codes["code"]) == {name for name, _ in CODES} and bench.quotes == [("Dock full", "dock is full")]


@pytest.mark.parametrize("elsewhere", [False, True])
def test_a_refused_memo_leaves_what_was_begun_since_alone(bench, elsewhere):
    hear, words = bench.widget.receive, bench.page.locator("#w .pb-side textarea")
    if elsewhere:
        bench.keys("g").type("P02").keys("Enter").told("P02 is open")
        bench.keys("m").type("half a thought").keys("Escape", "g").type("P01").keys("Enter").told("P01 is open")
    late: list[Any] = []
    bench.widget.receive = lambda m: late.append(m) if m["type"] == "memo" else hear(m)
    bench.at("When").keys("m").type("the one before").keys("Control+Enter")
    if elsewhere: bench.keys("Escape", "g").type("P02").keys("Enter").told("P02 is open", waiting=True)
    else: bench.type("half a thought").at("The app")
    bench.page.wait_for_timeout(200)
    bench.page.evaluate("guid => (v => v.hear.refused(v, {guid, reason: 'no', cure: ''}))(document.querySelector('#w').pbView)", late[0]["guid"])
    bench.page.wait_for_timeout(300)
    if elsewhere:
        bench.keys("m")
        assert words.input_value() == "half a thought"
        bench.keys("Escape", "g").type("P01").keys("Enter").told("P01 is open")
        bench.keys("m")
        assert words.input_value() == "the one before"
    else:
        assert words.input_value().split("\n\n") == ["the one before", "half a thought"]
        assert bench.page.get_by_label("Memo on").locator("option:checked").inner_text() == "Memo on turn 2", "what it was begun on"


def test_a_memo_on_a_coding_that_is_gone_is_refused_and_its_words_stay(bench):
    put(bench, ("dock is full", "dock"))
    bench.at("dock is full").keys("n", "m").type("why only then?")
    coding.uncode(bench.study, int(bench.study.codings["coding_id"].iloc[0]))
    bench.keys("Control+Enter")
    bench.page.locator(".pb-live.pb-warn", has_text="there is none to keep a memo on").wait_for()
    bench.page.wait_for_timeout(300)
    assert bench.study.memos.empty and bench.page.locator("#w .pb-side textarea").input_value() == "why only then?"


def test_delete_in_the_list_on_a_coding_just_undone_counts_nothing_twice(bench):
    put(bench, ("dock is full", "dock"))
    bench.keys("l", "Control+z")
    bench.page.wait_for_function("document.querySelector('#w').pbView.doc.list.length === 0")
    bench.page.keyboard.press("Delete")
    bench.page.wait_for_timeout(300)
    assert bench.look("v.doc.turns.map(t => t.n)") == [0] * 6 and "0/4 turns" in bench.look("v.buttons.sources.textContent")


def test_what_a_colleague_changed_while_mine_was_on_its_way_is_shown(bench):
    bench.at("When").keys("s", "Enter").type("dock").keys("Enter")
    bench.told("Coded")
    coding_id = int(bench.study.codings["coding_id"].iloc[0])
    bench.deaf = True
    bench.at("When").keys("n", "e", "ArrowLeft", "Enter")
    with bench.study.engine.connect(): pass
    coding.recode(bench.study, coding_id, to="Saves time")
    bench.deaf = False
    bench.page.evaluate("() => { const v = document.querySelector('#w').pbView; for (const m of v.link.outbox.all()) v.link.raw(m); }")
    bench.page.wait_for_function("document.querySelector('#w').pbView.link.outbox.size === 0")
    bench.page.wait_for_function("[...document.querySelector('#w').pbView.doc.byId.values()].every(c => c.code.name === 'Saves time')")
    assert bench.study.codings["code"].tolist() == ["Saves time"] and bench.study.codings["quote"].tolist() == ["When the dock is full, I walk"]


HOLD = """() => { const send = window.model.send; window.held = []; window.model.send = m => window.held.push(m);
    window.release = async () => { window.model.send = send; for (const m of window.held) await send(m); }; }"""
STANDING = "v.doc.list.map(c => [c.code.name, c.pending])"


def busy(bench: Bench, *keys: str, first: str = "") -> Bench:
    "Code a word, by one key; then press keys while the kernel is busy; it answers them all at once."
    code = "v.coding.put([v.codes().find(c => c.name === 'Dock full')])"
    if first: bench.at(first).keys("w").look(code)
    if first: bench.page.wait_for_function("document.querySelector('#w').pbView.link.outbox.size === 0")
    bench.page.evaluate(HOLD)
    if not first: bench.at("walk").keys("w").look(code)
    bench.look("v.select(v.doc.list[0])")
    bench.keys(*keys)
    bench.page.evaluate("window.release()")
    bench.page.wait_for_function("document.querySelector('#w').pbView.link.outbox.size === 0")
    bench.page.wait_for_timeout(100)
    return bench


@pytest.mark.parametrize("change", [["r", "Enter"], ["e", "Shift+Control+ArrowRight", "Enter"]])
def test_a_coding_changed_and_then_removed_while_the_kernel_is_busy_is_gone(bench, change):
    busy(bench, *change, "Delete", first="walk")
    assert bench.look(STANDING) == [] and bench.study.codings.empty and bench.look("v.doc.turns.every(t => t.n === 0)")


def test_a_coding_removed_before_it_was_stored_leaves_nothing_behind(bench):
    busy(bench, "Delete")
    assert bench.look(STANDING) == [] and bench.study.codings.empty
    assert bench.look("v.doc.turns.every(t => t.n === 0) && v.pending.size === 0 && v.doc.byId.size === 0")
    bench.at("How do you").keys("u").told("Turn 2, not coded")


def test_a_coding_recoded_before_it_was_stored_is_shown_as_it_is_stored(bench):
    busy(bench, "r", "Enter")  # what it is coded as is not offered anew
    [[name, pending]] = bench.look(STANDING)
    assert not pending and bench.study.codings["code"].tolist() == [name] and name != "Dock full"


def test_a_coding_undone_elsewhere_before_its_answer_came_is_not_shown_as_saved(page):
    made = Bench(page, make_study())
    page.evaluate("() => { const send = window.model.send; window.model.send = m => m.type === 'add' ? void window.toPython(m) : send(m); }")  # its answer is lost
    made.at("walk").keys("w").look("v.coding.put([v.codes().find(c => c.name === 'Dock full')])")
    page.wait_for_timeout(150)
    coding.undo(made.study)
    page.reload()
    made.mount()
    page.wait_for_function("document.querySelector('#w').pbView.link.outbox.size === 0")
    assert made.look(STANDING) == [] and made.study.codings.empty and not made.errors


def test_the_palette_counts_what_is_there(bench):
    count = lambda: bench.page.locator(".pb-option", has_text="Affordable").locator(".pb-detail").inner_text()
    bench.at("walk").keys("w", "Enter").type("Affordable").keys("Enter").type("pain").keys("Enter").told("Coded")
    for word, n in (("When", 1), ("minutes", 2)):
        bench.at(word).keys("w", "Enter").type("Affordable")
        assert count() == f"pain · {n}"
        bench.keys("Enter").told("Coded")
    bench.keys("Control+z", "Control+z", "Control+z").told("Undone")
    bench.at("walk").keys("w", "Enter").type("Affordable")
    assert count() == "pain"


def test_the_palette_marks_what_the_words_have_already(bench):
    marks = lambda: bench.page.locator(".pb-option", has=bench.page.locator(".pb-badge", has_text="already")).locator(".pb-label").all_inner_texts()
    bench.at("walk").keys("w", "Enter")
    assert marks() == []
    bench.type("dock").keys("Shift+Enter")
    assert marks() == ["Dock full"], "at once, while the palette stays"
    bench.keys("Escape").at("minutes").keys("w", "Enter")
    assert marks() == [], "other words"


# -- What tells, and where it is ----------------------------------------------------------------------------------------------
def test_escape_drops_what_is_selected_before_it_leaves(bench):
    inside = "document.querySelector('.pb-cw').contains(document.activeElement)"
    bench.at("walk").keys("w", "Escape")
    assert bench.selected == "" and bench.page.evaluate(inside)
    bench.keys("w", "Enter").type("walks").keys("Enter", "n")
    assert bench.look("v.active !== null") and bench.keys("Escape").look("v.active === null") and bench.page.evaluate(inside)
    assert not bench.keys("Escape").page.evaluate(inside) and "The notebook has the keys" in bench.said


@pytest.mark.parametrize("words", ["When the dock is full", "The app says"])  # in the upper and in the lower half
@pytest.mark.parametrize("query", ["", "A name that is new"])
def test_a_palette_lies_inside_the_widget_and_not_on_the_quote(bench, words, query):
    bench.at(words).keys("t", "Enter")
    if query: bench.type(query).keys("Enter")  # then its facet
    box, root = (bench.page.locator(part).bounding_box() for part in (".pb-popover", ".pb-cw"))
    top, bottom = bench.look("[v.rect(v.sel.lo(), v.sel.lo() + 1).top, v.rect(v.sel.hi() - 1, v.sel.hi()).bottom]")
    assert root["y"] <= box["y"] and box["y"] + box["height"] <= root["y"] + root["height"]
    assert box["y"] >= bottom or box["y"] + box["height"] <= top
    assert bench.look("v.root.scrollHeight <= v.root.clientHeight + 1") and bench.page.locator(".pb-option").count() >= 4


def test_a_double_click_in_a_turn_selected_as_a_whole_takes_a_word_again(bench):
    bench.at("walk").keys("t")
    bench.page.wait_for_timeout(600)
    spot = bench.rect("dock")
    bench.page.mouse.dblclick(spot["left"] + 6, spot["y"])
    assert bench.selected == "dock"


def test_undo_and_redo_show_what_they_changed(page):
    bench = Bench(page, make_study(times=40))
    bench.at("walk").keys("w", "Enter").type("walks").keys("Enter").told("Coded")
    seen = "(() => { const i = v.doc.text.indexOf('walk'), r = v.rect(i, i + 4), s = v.scroll.getBoundingClientRect(); return r.top > s.top && r.bottom < s.bottom; })()"
    for key, words in (("Control+z", "Undone"), ("Control+Shift+z", "Redone")):
        bench.look("v.scroll.scrollTop = 1e6")
        page.wait_for_timeout(60)
        assert not bench.look(seen)
        bench.keys(key).told(words)
        assert bench.look(seen), words


def test_the_place_in_the_text_outlives_the_cell(page):
    bench = Bench(page, make_study(times=40))
    bench.at("walk", nth=30).keys("ArrowRight")
    at, text = bench.look("v.sel.focus"), "() => { const v = document.querySelector('#w').pbView; return [v.sel.focus, v.scroll.scrollTop > 500]; }"
    page.evaluate("window.end(); document.querySelector('#w').replaceChildren()")
    bench.mount()
    assert page.evaluate(text) == [at, True]
    bench.keys("g").type("P02").keys("Enter")
    page.wait_for_function("document.querySelector('#w').pbView.doc.source === 'P02'")
    bench.keys("g").type("P01").keys("Enter")
    page.wait_for_function("document.querySelector('#w').pbView.doc.source === 'P01'")
    assert page.evaluate(text) == [at, True]


def test_the_words_in_sight_stay_when_the_window_gets_another_width(page):
    page.set_viewport_size({"width": 1366, "height": 900})
    bench = Bench(page, make_study(times=40))
    page.evaluate("document.querySelector('#w').pbView.scroll.scrollTop = 4000")
    page.wait_for_timeout(400)
    at = bench.look("(b => v.sel.point(b.left + b.width / 2, b.top + 30))(v.scroll.getBoundingClientRect())")
    high = f"v.rect({at}, {at} + 1).top - v.scroll.getBoundingClientRect().top"
    was = bench.look(high)
    for width in (700, 1366):
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_timeout(500)
        assert abs(bench.look(high) - was) < 30, width
    assert abs(bench.look("v.scroll.scrollTop") - 4000) < 60


def test_a_memo_is_on_what_is_at_hand_whatever_the_last_one_was_on(bench):
    bench.at("walk").keys("w", "Enter").type("dock").keys("Enter", "m")
    about = bench.page.get_by_label("Memo on", exact=True)
    about.select_option(label="Memo on source P01")
    bench.page.locator(".pb-side textarea").focus()
    bench.type("It rained.").keys("Control+Enter", "Escape")
    bench.keys("End", "n", "m")
    assert about.evaluate("e => e.selectedOptions[0].textContent").startswith("Memo on coding")


def test_what_is_looked_for_in_vain_leaves_the_selection_in_sight(page):
    bench = Bench(page, make_study(times=40))
    bench.at("walk").keys("w", "/").type("xq")
    page.evaluate("document.querySelector('#w').pbView.scroll.scrollTop = 3000")
    assert page.locator(".pb-find [role=status]").inner_text() == "Not found"
    bench.keys("Escape")
    assert bench.look("v.scroll.scrollTop") < 1000 and bench.look("v.coding.span() && v.doc.words(v.coding.span())") == "walk"
    bench.keys("ArrowRight", "/").type("dock")  # shown, and taken when it is left
    bench.keys("Escape")
    assert bench.look("v.doc.words(v.coding.span())").lower() == "dock"


def test_the_strip_of_the_chosen_coding_covers_neither_it_nor_its_ends(page):
    bench = Bench(page, make_study(times=40))
    bench.at("walk", nth=8).keys("w", "Enter").type("dock").keys("Enter", "n")
    for side in ("bottom", "top"):
        bench.look(f"v.scroll.scrollTop += v.rect(v.active.start, v.active.end).{side} - v.scroll.getBoundingClientRect().{side} + {20 if side == 'bottom' else -20}")
        page.wait_for_timeout(400)
        over = bench.look("(r => document.elementFromPoint(r.left + 3, r.top + r.height / 2).closest('.pb-chosen') !== null)(v.rect(v.active.start, v.active.end))")
        assert page.locator(".pb-chosen:not([hidden])").is_visible() and not over, side


def test_undo_takes_back_the_coding_that_still_waits_and_not_the_one_before(bench):
    bench.at("walk").keys("w", "Enter").type("dock").keys("Enter")
    bench.page.wait_for_function("!document.querySelector('#w').pbView.link.outbox.size")
    bench.page.evaluate("() => { const send = window.model.send, held = []; window.model.send = m => held.push(m); window.give = () => { window.model.send = send;"
        " held.splice(0).forEach(m => send(m)); }; }")
    bench.at("minutes").keys("w", "Enter").type("dock").keys("Enter", "Control+z")
    assert "waits" in bench.said and bench.look("v.doc.list.length") == 2
    bench.page.evaluate("window.give()")
    bench.page.wait_for_function("document.querySelector('#w').pbView.doc.list.length === 1")
    assert bench.study.codings["quote"].tolist() == ["walk"]
    bench.page.evaluate("() => { const send = window.model.send, held = []; window.model.send = m => held.push(m); window.give = () => { window.model.send = send;"
        " held.splice(0).forEach(m => send(m)); }; }")
    bench.at("minutes").keys("w", "Enter").type("dock").keys("Enter", "Control+z")
    bench.page.evaluate("() => { const v = document.querySelector('#w').pbView; window.model.send = m => { window.undone = m.type === 'undo' || window.undone; };"
        " v.hear.refused(v, {type: 'refused', guid: v.link.outbox.all()[0].guid, reason: 'it may not be', cure: ''}); }")
    bench.page.wait_for_timeout(100)
    assert not bench.page.evaluate("window.undone") and bench.study.codings["quote"].tolist() == ["walk"], "what was refused is not there to be undone"


def test_what_is_coded_while_an_undo_waits_is_not_what_it_takes_back(bench):
    bench.page.evaluate(HOLD)
    bench.at("walk").keys("w", "Enter").type("dock").keys("Enter", "Control+z")
    assert "waits" in bench.said
    bench.at("minutes").keys("w", "Enter").type("dock").keys("Enter")
    assert bench.look("v.doc.list.length") == 2, "both are seen"
    bench.page.evaluate("window.release()")
    bench.page.wait_for_function("(v => v.doc.list.length === 1 && !v.link.outbox.size && !v.pending.size)(document.querySelector('#w').pbView)")
    assert bench.study.codings["quote"].tolist() == ["minutes"]
    assert bench.study.log["verb"].tolist()[-3:] == ["code", "undo", "code"]


def test_an_undo_that_waits_outlives_the_refusal_of_something_else(bench):
    bench.page.evaluate(HOLD)
    bench.at("walk").keys("w", "Enter").type("dock").keys("Enter", "Control+z")
    bench.page.evaluate("(v => { v.hear.refused(v, {type: 'refused', guid: null, of: 'search', reason: 'no expression', cure: ''});"
        " v.hear.refused(v, {type: 'refused', guid: 'another', reason: 'no', cure: ''}); })(document.querySelector('#w').pbView)")
    bench.page.evaluate("window.release()")
    bench.page.wait_for_function("(v => !v.doc.list.length && !v.link.outbox.size)(document.querySelector('#w').pbView)")
    assert bench.study.codings.empty and bench.study.log["verb"].tolist()[-2:] == ["code", "undo"]


def test_what_waits_behind_an_undo_is_kept_when_the_kernel_does_not_answer(bench):
    bench.page.evaluate(HOLD)
    bench.at("walk").keys("w", "Enter").type("dock").keys("Enter", "Control+z")
    bench.at("minutes").keys("w", "Enter").type("dock").keys("Enter")
    kept = "Object.keys(sessionStorage).filter(k => k.startsWith('personabench:')).length"
    assert bench.page.evaluate(kept) == 1
    bench.page.evaluate("(v => v.lost(true))(document.querySelector('#w').pbView)")
    bench.page.wait_for_timeout(100)
    assert bench.page.evaluate(kept) == 2 and "nothing is undone" in bench.said


@pytest.mark.parametrize("query,chosen", [("emo", "emotion"), ("sta", "stage"), ("touch", "touchpoint")])
def test_a_facet_that_begins_with_the_letters_comes_first(bench, query, chosen):
    bench.at("walk").keys("w", "Enter").type("A new one").keys("Enter").type(query).keys("Enter").told("Coded")
    assert bench.study.codes.set_index("code").loc["A new one", "facet"] == chosen


def test_the_key_of_an_open_panel_leads_back_into_it(bench):
    bench.keys("a").type("dock").keys("Enter")
    bench.page.get_by_text("Untick").wait_for()
    bench.look("v.focus()")
    bench.at("walk").keys("a").type("i1b.")
    assert bench.page.locator(".pb-side").get_by_label("Words to find").input_value() == "i1b." and bench.study.codings.empty
    bench.page.get_by_role("button", name="Autocode").click()
    assert bench.page.locator(".pb-side").is_hidden(), "the button closes what it opened"


def test_a_coding_that_the_filter_hides_is_said_to_be_hidden(bench):
    bench.at("walk").keys("w", "Enter").type("dock").keys("Enter", "f").type("pain").keys("Enter")
    bench.at("minutes").keys("w", "Enter").type("Free time").keys("Enter").type("goal").keys("Enter").told("the filter hides it")
    bench.at("When").keys("w", "Enter").type("dock").keys("Enter").told("Coded")
    assert "hides" not in bench.said


def test_select_all_is_the_texts_and_never_reaches_the_notebook(bench):
    bench.at("walk").keys("Control+a")
    assert bench.selected.startswith("How do you get") and "every single morning" in bench.selected
    assert bench.page.evaluate("window.strayed.filter(k => k === 'a').length") == 0


def test_a_button_that_has_nothing_left_to_do_gives_the_keys_to_the_text(bench):
    bench.at("walk").keys("w", "Enter").type("dock").keys("Enter").told("Coded")
    bench.keys("Control+z").told("Undone")
    bench.page.get_by_role("button", name="Redo").focus()
    bench.page.keyboard.press("Enter")
    bench.told("Redone")
    bench.page.wait_for_timeout(100)
    assert bench.page.evaluate("document.activeElement.className") == "pb-scroll"


def test_words_that_are_no_news_any_more_go_when_the_caret_moves(bench):
    bench.at("walk").keys("w", "Enter").type("walks").keys("Enter").told("Coded")
    bench.keys("ArrowRight")
    assert "Coded" in bench.said, "not at once"
    bench.page.wait_for_timeout(1600)
    assert bench.keys("ArrowRight").said == ""


def test_an_expression_that_is_wrong_says_so_in_the_panel_and_takes_the_old_hits_away(bench):
    bench.keys("a").type("dock").keys("Enter")
    panel = bench.page.locator(".pb-side")
    panel.get_by_text("Untick").wait_for()
    panel.get_by_label("as", exact=False).first.select_option("regex")
    panel.get_by_label("Words to find").fill("(bike")
    bench.keys("Enter")
    panel.get_by_text("regular expression '(bike'").wait_for()
    assert panel.locator(".pb-hits").count() == 0 and panel.get_by_role("button", name="accepted").count() == 0
    panel.get_by_label("Words to find").fill("(bike)")
    bench.keys("Enter")
    panel.get_by_text("2 passages").wait_for()
    assert "regular expression" not in panel.inner_text()


def test_passages_found_are_gone_through_by_keys(bench):
    bench.keys("a").type("dock").keys("Enter")
    bench.page.get_by_text("2 passages").wait_for()
    bench.page.locator(".pb-hits input").first.focus()
    bench.keys("ArrowDown", "Space", "Enter")
    assert bench.look("v.hits.map(h => h.take)") == [True, False] and bench.selected == "When the dock is full, I walk."
    assert bench.page.evaluate("document.activeElement.closest('li').previousSibling !== null"), "the list keeps the keys"
    bench.page.get_by_role("button", name="Code 1 accepted").click()
    bench.type("dock").keys("Enter").told("Coded 1 passage as")
    assert bench.look("v.coding.recent[0].name") == "Dock full"


def test_a_key_that_is_taken_says_so_and_the_next_one_is_asked_for(bench):
    bench.keys("k").type("saves").keys("Enter", "w")
    bench.page.locator(".pb-live", has_text="Press another key for Saves time").wait_for()
    assert "p" in bench.said.split("free letters:")[1].split(";")[0], "all that are free are named"
    bench.keys("p").told("P now codes Saves time")


def test_blind_hides_what_colleagues_coded_and_says_so(page):
    study = make_study()
    study.coder = "AN"
    coding.code(study, "Dock full", source="P01", quote="the dock is full")
    study.coder = "MB"
    bench = Bench(page, study, blind=True)
    assert bench.look("v.doc.list.length") == 0 and bench.page.locator(".pb-foot").get_by_text("blind", exact=True).is_visible()


def test_names_in_the_margin_have_the_room_of_a_wide_page(page):
    page.set_viewport_size({"width": 1900, "height": 900})
    bench = Bench(page, make_study())
    assert bench.look("v.margin") == 340
    bench.keys("l")
    assert bench.look("v.margin") == 340
    page.set_viewport_size({"width": 1100, "height": 900})
    page.wait_for_function("document.querySelector('#w').pbView.margin === 150")


# -- What opens, and what follows -----------------------------------------------------------------------------------------------------
WITHHOLD = """() => { const send = window.model.send;
    window.model.send = m => m.type === 'ready' ? send({...m, module: false}) : m.type === 'module' ? window.held = (window.held || 0) + 1 : send(m);
    window.give = () => { window.model.send = send; }; }"""


def open_without_the_rest(page) -> None:
    "Open the widget again, and hold back what follows its first script."
    page.evaluate("window.end(); document.querySelector('#w').replaceChildren()")
    page.evaluate(WITHHOLD)
    page.evaluate("void window.widget.render({model: window.model, el: document.querySelector('#w')})")
    page.locator("#w .pb-turn").first.wait_for()
    page.wait_for_function("window.held >= 1")  # asked for without a key


def test_what_opens_is_enough_to_read_select_code_and_undo_and_other_keys_wait_for_the_rest(bench):
    page = bench.page
    open_without_the_rest(page)
    page.locator("#w .pb-scroll").focus()
    assert bench.look("v.later.here") is False
    bench.at("dock is full").keys("Shift+Control+ArrowRight", "Shift+Control+ArrowRight", "Shift+Control+ArrowRight", "Shift+1").told("Coded 12 characters as")
    assert [q for _, q in bench.quotes] == ["dock is full"] and page.locator("#w canvas").count() == 3
    bench.keys("Control+z").told("Undone")
    assert bench.quotes == []
    bench.at("walk").keys("w", "Enter")
    assert "on its way" in bench.said and page.locator("#w .pb-popover").count() == 0
    page.evaluate("window.give(); document.querySelector('#w').pbView.later.ask()")
    page.locator("#w .pb-popover .pb-option").first.wait_for()  # what was pressed meanwhile happens now
    bench.type("walks").keys("Enter").told("Coded 4 characters as Walks instead")
    assert bench.quotes == [("Walks instead", "walk")]


def test_what_the_mouse_selects_before_the_rest_has_come_is_taken_over_and_keys_wait_for_it(bench):
    page, mouse = bench.page, bench.page.mouse
    open_without_the_rest(page)
    first, last = bench.look("(i => [v.rect(i, i + 1), v.rect(i + 6, i + 7)])(v.doc.text.indexOf('dock is full'))")
    x, y, to = first["left"] + 3, first["top"] + first["height"] / 2, last["right"] - 2
    mouse.move(x, y)
    mouse.down()
    mouse.move((x + to) / 2, y)
    mouse.move(to, y)
    mouse.up()
    bench.keys("Shift+1")
    assert bench.quotes == [] and bench.look("v.later.here") is False
    page.evaluate("window.give(); document.querySelector('#w').pbView.later.ask()")
    bench.told("Coded 7 characters as")
    assert [q for _, q in bench.quotes] == ["dock is"] and bench.selected == "dock is", "whole words"


def test_what_is_typed_ahead_goes_where_it_was_meant_for(bench):
    page = bench.page
    page.evaluate("window.end(); document.querySelector('#w').replaceChildren()")
    page.evaluate(WITHHOLD)
    page.evaluate("void window.widget.render({model: window.model, el: document.querySelector('#w')})")
    page.locator("#w .pb-turn").first.wait_for()
    page.locator("#w .pb-scroll").focus()
    bench.at("dock is full").keys("w", "Enter").type("walksx").keys("Backspace", "Enter", "ArrowRight", "t", "Shift+2")
    assert page.locator("#w .pb-popover").count() == 0 and bench.quotes == []
    page.evaluate("window.give(); document.querySelector('#w').pbView.later.ask()")
    bench.told(f"Coded {len(TALK[1][1])} characters as")
    assert [q for _, q in bench.quotes] == [TALK[1][1], "dock"] and bench.quotes[1] == ("Walks instead", "dock")
    assert not page.locator("#w .pb-popover").is_visible() and bench.look("v.panel.kind") == ""


def test_the_rest_follows_the_source_without_being_asked_for(bench):
    bench.widget.receive({"type": "ready", "view": "x", "module": True})
    assert [m["type"] for m in bench.replies][-2:] == ["source", "module"] and bench.replies[-1]["to"] == "x"


def test_the_rest_is_there_when_the_kernel_is_not(bench):
    bench.deaf = True
    for key, kind in (("l", "list"), ("m", "memo"), ("a", "autocode"), ("?", "help")):
        bench.page.locator(".pb-scroll").focus()
        bench.keys(key)
        assert bench.look("v.panel.kind") == kind and bench.page.locator(".pb-side").is_visible()
        bench.keys("Escape")
    bench.at("walk").keys("w", "Enter").type("walks").keys("Enter")
    assert bench.look("v.doc.list.map(c => [c.code.name, c.pending])") == [["Walks instead", True]]


def test_a_saved_widget_lists_its_codings_without_python(page):
    study = make_study()
    coding.code(study, "Dock full", source="P01", quote="the dock is full")
    made = Bench(page, study, save_text=True)
    made.deaf = True
    page.reload()
    made.mount()
    made.keys("l")
    assert "the dock is full" in page.locator(".pb-side .pb-list").inner_text()
    made.keys("Escape", "/").type("winter").keys("Enter")
    assert made.selected.lower() == "winter" and not made.errors


# -- Messages for one view, codings of one source ------------------------------------------------------------------------------------
def test_what_python_tells_one_view_leaves_the_other_as_it_is(bench):
    page = bench.page
    bench.second_view()
    page.wait_for_function("document.querySelector('#w2').pbView?.later.here")
    page.evaluate("document.querySelector('#w').pbView.doc.mark = 'mine'")
    page.evaluate("document.querySelector('#w2').pbView.link.ready()")  # only the second asks for everything anew
    bench.at("walk")
    page.evaluate("document.querySelector('#w2').pbView.link.raw({type: 'search', query: 'dock', kind: 'words', unit: 'match'})")
    page.wait_for_function("document.querySelector('#w2').pbView.hits?.length === 2")
    assert bench.look("[v.doc.mark, v.hits ?? null]") == ["mine", None]
    assert page.evaluate("document.querySelector('#w2').pbView.doc.mark ?? null") is None


def test_a_waiting_coding_is_drawn_in_its_own_source_only(bench):
    page = bench.page
    bench.at("take").keys("w")
    page.evaluate("""() => { const v = document.querySelector('#w').pbView, send = v.model.send;  // what is written is lost on its way
        v.model.send = m => m.type === 'add' ? null : send(m); window.heal = () => { v.model.send = send; }; }""")
    bench.keys("Enter").type("dock").keys("Enter")
    assert bench.look("v.doc.list.map(c => c.pending)") == [True]
    bench.keys("g").type("P02")
    page.locator(".pb-option", has_text="P02").wait_for()
    bench.keys("Enter")
    page.wait_for_function("document.querySelector('#w').pbView.doc.source === 'P02'")
    assert bench.look("[v.doc.list.length, v.pending.size, v.link.outbox.size]") == [0, 0, 1]
    assert page.evaluate("""[...document.querySelectorAll("#w .pb-ink")].every(el => !el.getContext("2d").getImageData(0, 0, el.width, el.height).data.some(Boolean))""")
    bench.keys("g").type("P01")
    page.locator(".pb-option", has_text="P01").wait_for()
    bench.keys("Enter")
    page.wait_for_function("document.querySelector('#w').pbView.doc.source === 'P01'")
    assert bench.look("v.doc.list.map(c => [v.doc.text.slice(c.start, c.end), c.pending])") == [["take", True]]
    page.evaluate("window.heal(); document.querySelector('#w').pbView.link.ready()")
    page.wait_for_function("document.querySelector('#w').pbView.link.outbox.size === 0")
    assert bench.quotes == [("Dock full", "take")]


def test_hits_are_shown_between_the_words_around_them(bench):
    bench.keys("a").type("full").keys("Enter")
    row = bench.page.locator(".pb-hits li").first
    row.wait_for()
    before, mark, after = row.evaluate("li => { const m = li.querySelector('mark'); return [m.previousSibling.textContent, m.textContent, m.nextSibling.textContent]; }")
    assert (before, mark, after) == ("I take the bike 😀 from the dock. ", "When the dock is full, I walk.", " It costs me ten minutes.")
    assert row.locator("small").inner_text().strip() == "P01"


def test_a_hit_is_shown_in_its_text_and_says_what_it_is_coded_as(bench):
    page, study = bench.page, bench.study
    with study.step("import", "import P03") as step: store.add_source(step, "P03", text="No dock 😀 at all. The dock is far.")
    coding.code(study, "Dock full", source="P01", quote="When the dock is full, I walk.")
    bench.keys("a").type("dock")
    page.locator(".pb-side label", has_text="in all sources").locator("input").check()
    page.get_by_role("button", name="Find", exact=True).last.click()
    rows = page.locator(".pb-hits li")
    rows.first.wait_for()
    assert [" ".join(r.split()) for r in rows.locator(".pb-had").all_inner_texts()] == ["✓ already Dock full"] and rows.nth(1).locator(".pb-had").count() == 1
    show = rows.get_by_role("button", name=re.compile("^Show in the text"))
    show.nth(1).focus()
    bench.keys("Enter")
    assert bench.selected == "When the dock is full, I walk." and bench.look("CSS.highlights.get(v.uid + '-sel').size") == 1
    assert show.nth(1).evaluate("e => e === document.activeElement") and rows.locator("input:checked").count() == 4, "the list goes on from there"
    show.nth(3).focus()
    bench.keys("Enter")
    page.wait_for_function("document.querySelector('#w').pbView.doc.source === 'P03'")
    page.wait_for_timeout(100)
    assert bench.selected == "The dock is far." and show.nth(3).evaluate("e => e === document.activeElement")
    page.locator(".pb-side .pb-main-button").click()
    bench.type("dock").keys("Enter").told("Coded 3 passages as Dock full; 1 had it already")
    assert len(bench.quotes) == 4 and study.codings["source"].tolist().count("P03") == 2


def test_half_a_memo_outlasts_a_correction_of_the_text_and_goes_to_what_is_at_hand_then(bench):
    bench.at("dock is full").keys("m").type("half a th")
    about = bench.page.get_by_label("Memo on")
    assert about.locator("option:checked").inner_text() == "Memo on turn 2"
    text = bench.study.text("P01")
    importers.correct_text(bench.study, "P01", text=text.replace("How do you", "Now, how do you"))
    bench.look(PING)
    bench.page.wait_for_function("document.querySelector('#w').pbView.doc.text.includes('Now, how')")
    bench.page.wait_for_timeout(300)
    field = bench.page.get_by_label("Memo", exact=True)
    assert field.input_value() == "half a th"
    field.press("End")
    turn = bench.look("v.doc.turns.findIndex(t => t.start <= v.sel.focus && v.sel.focus <= t.end)")
    assert about.locator("option:checked").inner_text() == f"Memo on turn {turn + 1}", "not on a turn of the text as it was"
    bench.type("ought").keys("Control+Enter").told("Memo kept")
    assert bench.study.memos["text"].tolist() == ["half a thought"]


def test_a_hit_in_a_text_that_was_corrected_since_is_not_shown_elsewhere(bench):
    bench.keys("a").type("dock").keys("Enter")
    bench.page.locator(".pb-hits li").first.wait_for()
    text = bench.study.text("P01")
    importers.correct_text(bench.study, "P01", text="Once more.\n" + text)
    bench.look(PING)
    bench.page.wait_for_function("document.querySelector('#w').pbView.doc.text.startsWith('Once more')")
    before = bench.selected
    bench.page.locator(".pb-hits li .pb-link").first.click()
    assert bench.told("corrected meanwhile").selected == before


# -- Panels that stay true ---------------------------------------------------------------------------------------------------------------
def test_the_list_of_codings_follows_every_change_and_keeps_its_place(bench):
    page, study = bench.page, bench.study
    for quote in ("take the bike", "dock is full", "ten minutes"): coding.code(study, "Dock full", source="P01", quote=quote)
    bench.keys("g", "Escape")  # a look at Python
    page.wait_for_function("document.querySelector('#w').pbView.doc.list.length === 3")
    bench.keys("l", "Home", "ArrowDown")
    options = page.locator(".pb-side .pb-list li")
    here = lambda: page.evaluate("document.getElementById(document.activeElement.getAttribute('aria-activedescendant'))?.querySelector('q').textContent")
    assert options.count() == 3 and here() == "dock is full"
    poke = lambda: page.evaluate("document.querySelector('#w').pbView.link.raw({type: 'ping'})")
    coding.code(study, "Walks instead", source="P01", quote="I take")  # somebody else
    poke()
    page.wait_for_function("document.querySelectorAll('.pb-side .pb-list li').length === 4")
    assert here() == "dock is full" and page.locator(".pb-side .pb-title").inner_text() == "4 codings"
    codebook.rename_code(study, "Dock full", to="No dock")
    poke()
    page.locator(".pb-side .pb-list li b", has_text="No dock").first.wait_for()
    assert here() == "dock is full"
    bench.keys("Delete")
    page.wait_for_function("document.querySelectorAll('.pb-side .pb-list li').length === 3")
    assert here() == "ten minutes" and "dock is full" not in [q for _, q in bench.quotes], "the next one is at hand"
    bench.keys("Control+z")
    page.wait_for_function("document.querySelectorAll('.pb-side .pb-list li').length === 4")
    assert here() == "ten minutes"
    [mine] = study.codings.query("quote == 'I take'")["coding_id"]
    coding.uncode(study, int(mine))  # by somebody else
    poke()
    page.wait_for_function("document.querySelectorAll('.pb-side .pb-list li').length === 3")
    assert here() == "ten minutes"
    page.locator(".pb-strip .pb-chip").first.evaluate("chip => { const v = document.querySelector('#w').pbView; v.sel.set(15, 21); chip.click(); }")
    page.wait_for_function("document.querySelectorAll('.pb-side .pb-list li').length === 4")


def test_the_memo_panel_follows_the_turn_until_words_are_written(bench):
    page, about = bench.page, bench.page.locator("select[aria-label='Memo on'] option:checked")
    bench.at("take").keys("m")
    assert about.inner_text() == "Memo on turn 2"
    page.locator(".pb-scroll").focus()
    bench.at("winter I").keys("ArrowRight")
    page.wait_for_timeout(120)
    assert about.inner_text() == "Memo on turn 4"
    page.locator("textarea").fill("half a thou")
    page.locator(".pb-scroll").focus()
    bench.at("take").keys("ArrowRight")
    page.wait_for_timeout(120)
    assert about.inner_text() == "Memo on turn 4", "words half written stay with what they are about"
    page.locator("textarea").focus()
    bench.keys("Control+Enter").told("Memo kept")
    page.wait_for_timeout(120)
    assert about.inner_text() == "Memo on turn 2"
    memos = bench.study.memos
    assert memos["text"].tolist() == ["half a thou"] and memos["about"].tolist() == ["turn"]


# -- By mouse, and in any writing ----------------------------------------------------------------------------------------------------------
def test_a_coding_is_recoded_moved_at_its_ends_and_removed_by_buttons(bench):
    page = bench.page
    coding.code(bench.study, "Dock full", source="P01", quote="dock is full")
    page.evaluate("document.querySelector('#w').pbView.link.raw({type: 'ping'})")
    page.wait_for_function("document.querySelector('#w').pbView.doc.list.length === 1")
    bar = page.get_by_role("toolbar", name="The chosen coding")
    assert not bar.is_visible()
    spot = bench.rect("dock is full")
    page.mouse.click(spot["left"] + 8, spot["y"])
    bar.wait_for()
    assert bar.locator("bdi").inner_text() == "Dock full"
    bar.get_by_role("button", name="Recode…").click()
    page.locator(".pb-option", has_text="Walks instead").click()
    bench.told("Recoded Dock full as Walks instead")
    assert bench.quotes == [("Walks instead", "dock is full")] and bar.locator("bdi").inner_text() == "Walks instead"
    bar.get_by_role("button", name="Move ends").click()
    ends = page.get_by_role("toolbar", name="Moving the ends")
    ends.wait_for()
    assert not bar.is_visible()
    ends.get_by_role("button", name="Move its begin to the left").click()
    ends.get_by_role("button", name="Move its end to the left").click()
    assert bench.look("v.doc.text.slice(v.doc.list[0].start, v.doc.list[0].end).trim()") == "the dock is"
    assert bench.quotes[0][1] == "dock is full", "kept only when that is said"
    for _ in range(9): ends.get_by_role("button", name="Move its end to the left").click()
    assert bench.look("v.doc.list[0].end > v.doc.list[0].start")
    ends.get_by_role("button", name="Cancel").click()
    bar.get_by_role("button", name="Move ends").click()
    ends.get_by_role("button", name="Move its begin to the left").click()
    ends.get_by_role("button", name="Keep").click()
    bench.told("characters")
    assert bench.quotes == [("Walks instead", "the dock is full")]
    bar.get_by_role("button", name="Remove").click()
    bench.told("Removed Walks instead")
    assert bench.quotes == [] and not bar.is_visible()


@pytest.mark.parametrize("width", [1100, 700, 390])
def test_the_last_line_can_be_scrolled_clear_of_the_strip(page, width):
    page.set_viewport_size({"width": width, "height": 700})
    bench = Bench(page, make_study(times=2))
    bench.at("none", nth=1).keys("w", "Enter").type("walks").keys("Enter", "n")
    for name, key in (("The chosen coding", "e"), ("Moving the ends", "Escape")):
        strip = page.get_by_role("toolbar", name=name)
        strip.wait_for()
        page.locator(".pb-scroll").evaluate("e => { e.scrollTop = 1e6; }")
        words = page.locator(".pb-say").last.bounding_box()
        assert words["y"] + words["height"] < strip.bounding_box()["y"] and words["y"] > page.locator(".pb-scroll").bounding_box()["y"], name
        bench.keys(key)


def test_a_name_with_a_bidi_override_turns_nothing_but_itself(page):
    study = make_study()
    codebook.add_code(study, "evil \u202eesrever", facet="pain")
    coding.code(study, "evil \u202eesrever", source="P01", quote="dock is full")
    made = Bench(page, study)
    spot = made.rect("dock is full")
    page.mouse.move(spot["left"] + 8, spot["y"])
    tip = page.locator(".pb-tip")
    tip.wait_for()
    assert tip.inner_text().endswith("pain · MB")
    left = page.evaluate("""() => { const row = document.querySelector('.pb-tip div');
        const at = (node, i) => { const r = document.createRange(); r.setStart(node, i); r.setEnd(node, i + 1); return r.getBoundingClientRect().left; };
        const facet = [...row.childNodes].find(n => n.nodeType === 3); return [row.querySelector('bdi').getBoundingClientRect().right, at(facet, 1), at(facet, 4)]; }""")
    assert left[0] <= left[1] < left[2], "the facet stands behind the name, its letters from left to right"
    page.mouse.click(spot["left"] + 8, spot["y"])
    made.told("evil")
    assert "\u202e" not in made.said and "⇄" in made.said and not made.errors


def test_find_in_a_text_with_a_dotted_capital_i(page):
    study = study_of_talk()
    with study.step("import", "x") as step: store.add_source(step, "TR", text="İİİ İstanbul'da Dock dolu. dock boş.")
    codebook.add_code(study, "Dock full", facet="pain")
    made = Bench(page, study)
    made.keys("g").type("TR")
    page.locator(".pb-option", has_text="TR").wait_for()
    made.keys("Enter")
    page.wait_for_function("document.querySelector('#w').pbView.doc.source === 'TR'")
    made.keys("/").type("DOCK").keys("Enter")
    assert made.selected == "Dock" and page.locator(".pb-find .pb-detail").inner_text() == "1 of 2"
    made.keys("Enter")
    assert made.selected == "dock"
    page.locator(".pb-find input").fill("istanbul")
    made.keys("Enter")
    assert made.selected == "İstanbul"


@pytest.mark.parametrize("key", ["Alt+d", "Alt+ArrowLeft", "F6"])
def test_chords_of_browsers_and_screen_readers_are_no_key_of_a_code(bench, key):
    bench.keys("k").type("dock").keys("Enter")
    bench.page.locator(".pb-live", has_text="Press the key").wait_for()
    bench.page.locator(".pb-scroll").focus()
    bench.keys(key)
    bench.page.locator(".pb-live", has_text="screen readers").wait_for()
    assert bench.widget.shortcuts == {}


def test_the_mouse_may_be_let_go_beside_or_below_the_words(bench):
    bench.at("walk").keys("w")
    x, y = bench.look("(i => (r => [r.left + 2, r.top + r.height / 2])(v.rect(i, i + 1)))(v.doc.text.indexOf('dock is full'))")
    right, foot = bench.look("(s => [s.right - 8, v.status.getBoundingClientRect().bottom - 4])(v.scroll.getBoundingClientRect())")
    for to in ((right, y), (x + 20, foot)):
        bench.page.mouse.move(x, y)
        bench.page.mouse.down()
        bench.page.mouse.move(x + 30, y, steps=3)
        bench.page.mouse.move(*to, steps=4)
        bench.page.mouse.up()
        assert bench.selected.startswith("dock is full"), "what turned blue is what is selected"
        assert bench.page.evaluate("String(getSelection()).replace(/\\s+/g, ' ').startsWith('dock is full')")
    bench.keys("Enter").type("dock").keys("Enter")
    assert bench.quotes[0][1].startswith("dock is full") and not any(q == "walk" for _, q in bench.quotes)


def test_the_caret_stays_by_its_words_where_the_text_was_not_laid_out(page):
    bench = Bench(page, make_study(times=60))
    off = "Math.abs(document.querySelector('.pb-caret').getBoundingClientRect().top - v.sel.caretBox().top)"
    bench.keys("Control+End")
    page.wait_for_timeout(400)
    assert bench.look(off) < 2 and bench.look("v.sel.focus === v.doc.pieces.at(-1).end")
    assert bench.look("(c => c.bottom <= v.scroll.getBoundingClientRect().bottom)(v.sel.caretBox())"), "in sight"
    for way in (-3000, 3000):
        bench.look(f"v.scroll.scrollTop += {way}")
        page.wait_for_timeout(400)
    assert bench.look(off) < 2


def test_one_key_codes_the_words_of_the_chosen_coding_once_more(bench):
    bench.at("dock is").keys("w", "Enter").type("dock").keys("Enter", "c", "n", "Enter").type("walks").keys("Enter")
    assert sorted(bench.quotes) == [("Dock full", "dock"), ("Walks instead", "dock")]


def test_a_removed_coding_says_that_its_memo_went_with_it(bench):
    bench.at("walk").keys("w", "Enter").type("dock").keys("Enter", "n", "m")
    bench.type("Says who?").keys("Control+Enter", "Escape")
    bench.keys("n", "Delete").told("its memo comes back with it, by undo")


def test_an_old_search_of_autocode_is_typed_over(bench):
    bench.keys("a").type("dock").keys("Enter")
    bench.page.get_by_text("passages").first.wait_for()
    bench.keys("Escape")
    bench.keys("a").type("walk").keys("Enter")
    assert bench.page.get_by_label("Words to find").input_value() == "walk"
