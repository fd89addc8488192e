"""The coding widget in a real Chromium on a bare page, with the real Python behind it: every gesture, and what the database then holds.

Quicker than JupyterLab, and it shows that the script needs nothing of it; test_coding_widget_lab.py holds what only JupyterLab can show.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from personabench import codebook, coding, store
from personabench.coding_widget import CodingWidget, widget_files
from personabench.study import Study

TALK = [
    ("Interviewer", "How do you get to work?"),
    ("Anna", "I take the bike 😀 from the dock. When the dock is full, I walk. It costs me ten minutes."),
    ("Interviewer", "And in winter?"),
    ("Anna", "In winter I don't ride. <img src=x onerror=\"document.title='pwned'\"> My café closes early, e\u0301 voil\u00e0."),
    ("Dina", "שלום, אני נוסעת באופניים כל יום. הרציף מלא."),
    ("Anna", "The app says there is a bike. There is none. It says so every single morning."),
]
CODES = [("Dock full", "pain"), ("Walks instead", "behaviour"), ("Saves time", "gain"), ("Arriving", "stage"), ("Searching", "stage")]

BLANK = "<!doctype html><title>bench</title><button id=out>outside</button><div id=w tabindex=0></div>"


def make_study(address: str | Path = ":memory:", times: int = 1) -> Study:
    study, text, turns = Study(address, coder="MB", create=True), "", []
    for speaker, words in TALK * times:
        text += f"{speaker}: "
        turns.append({"start": len(text), "end": len(text) + len(words), "speaker": speaker})
        text += words + "\n\n"
    with study.step("import", "import P01") as step:
        store.add_source(step, "P01", text=text, turns=turns, speakers={"Interviewer": (None, "interviewer"), "Anna": ("P01", "participant"),
                "Dina": ("P02", "participant")})
        store.add_source(step, "P02", text="Short.")
    for name, facet in CODES: codebook.add_code(study, name, facet=facet, order=len(name) if facet == "stage" else None)
    return study


class Bench:
    "One page with a widget: presses keys, and asks the database."
    def __init__(self, page, study: Study, **options: Any):
        self.page, self.study, self.deaf = page, study, False
        self.widget = CodingWidget(study, "P01", **options)
        self.replies: list[Any] = []
        self.widget.send = lambda content, buffers=None: self.replies.append(json.loads(json.dumps(content)))
        self.errors: list[str] = []
        page.on("pageerror", lambda e: self.errors.append(f"{e}\n{e.stack}"))
        page.route("http://localhost/**",
                lambda route: route.fulfill(body=BLANK, content_type="text/html"))
        page.expose_function("toPython", self.hear)
        page.goto("http://localhost/bench")
        self.mount()

    def hear(self, message: dict) -> list[Any]:
        if self.deaf: return []
        self.replies.clear()
        self.widget.receive(message)
        return list(self.replies)

    def mount(self) -> None:
        script, style = widget_files("coding_widget")
        self.page.evaluate("""async ([script, style, state, saved]) => {
            const css = document.createElement("style"); css.textContent = style; document.head.append(css);
            const listeners = [], traits = {state, saved};
            window.model = { get: k => traits[k], on: (n, f) => n === "msg:custom" && listeners.push(f), off: (n, f) => listeners.splice(listeners.indexOf(f), 1),
                send: m => window.toPython(m).then(all => { for (const r of all) for (const f of [...listeners]) f(r); }) };
            const url = URL.createObjectURL(new Blob([script], {type: "text/javascript"}));
            window.widget = (await import(url)).default;
            window.end = window.widget.render({model: window.model, el: document.querySelector("#w")});
        }""", [script, style, self.widget.state, self.widget.saved])
        self.page.locator(".pb-turn").first.wait_for()
        self.page.locator(".pb-scroll").focus()

    def keys(self, *names: str) -> Bench:
        for name in names:
            self.page.keyboard.press(name)
        self.page.wait_for_timeout(60)
        return self

    def type(self, words: str) -> Bench:
        self.page.keyboard.type(words)
        return self

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

    @property
    def said(self) -> str: return self.page.locator(".pb-live").inner_text()

    @property
    def quotes(self) -> list[tuple[str, str]]:
        self.page.wait_for_timeout(80)
        return [(c, q) for c, q in zip(self.study.codings["code"], self.study.codings["quote"])]

    def look(self, expression: str) -> Any:
        "Evaluate an expression of the view `v`."
        return self.page.evaluate(f"(() => {{ const v = document.querySelector('#w').pbView; return {expression}; }})()")


@pytest.fixture
def page(browser) -> Iterator[Any]:
    context = browser.new_context(viewport={"width": 1100, "height": 900})
    yield context.new_page()
    context.close()


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
    stripe = bench.look("(() => { const g = v.doc.groups[0], b = g.bars.find(b => b.c.code.name === 'Dock full'), box = g.canvas.getBoundingClientRect();"
                        " return [box.left + b.lane * 7 + 3, box.top + (b.top + b.bottom) / 2]; })()")
    bench.page.mouse.click(*stripe)
    assert bench.look("v.active.code.name") == "Dock full"


def test_filter_hides_and_shows(bench):
    for name, words in (("Dock full", "When the dock is full, I walk."), ("Walks instead", "I walk")): coding.code(bench.study, name, source="P01", quote=words)
    bench.page.wait_for_timeout(2300)
    bench.keys("f").type("pain").keys("Enter")
    bench.page.wait_for_timeout(300)
    assert bench.look("v.doc.groups[0].bars.length") == 1 and "1 of 2" in bench.said
    bench.page.locator(".pb-only .pb-chip").click()
    bench.page.wait_for_timeout(300)
    assert bench.look("v.doc.groups[0].bars.length") == 2


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


def test_memo_on_the_turn(bench):
    bench.at("costs").keys("m").type("They count minutes.").keys("Control+Enter")
    bench.page.wait_for_timeout(100)
    assert bench.study.memos[["about", "text"]].to_numpy().tolist() == [["turn", "They count minutes."]]
    assert bench.page.locator(".pb-memos blockquote p").inner_text() == "They count minutes."
    bench.keys("Escape")
    assert bench.page.evaluate("document.activeElement.className") == "pb-scroll"


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


def test_sources_with_progress(bench):
    bench.at("walk").keys("w", "Enter").type("walks").keys("Enter").keys("g")
    bench.page.wait_for_timeout(100)
    assert bench.page.locator(".pb-option .pb-detail").all_inner_texts() == ["1 of 4 turns · 1 codings", "0 of 1 turns · 0 codings"]
    bench.type("P02").keys("Enter")
    bench.page.wait_for_timeout(100)
    assert bench.page.locator(".pb-say").inner_text() == "Short." and bench.widget.source == "P02"


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
    bench.keys("k").type("dock").keys("Enter").keys("q")
    bench.page.wait_for_timeout(80)
    bench.at("walk").keys("w", "q")
    assert bench.quotes == [("Dock full", "walk")] and bench.page.locator(".pb-chip", has_text="Dock full").first.is_visible()


# -- Manners ------------------------------------------------------------------------------------------------------------------
def test_unused_chords_pass_and_keys_do_not(bench):
    bench.page.evaluate("window.heard = []; document.addEventListener('keydown', e => window.heard.push("
                        "[e.key, e.defaultPrevented, document.querySelector('.pb-cw').hasAttribute('data-lm-suppress-shortcuts')]))")
    bench.keys("x", "s", "Control+s", "Control+z")
    assert bench.page.evaluate("window.heard.filter(k => k[0] !== 'Control')") == [["s", False, False]]


def test_escape_leaves(bench):
    bench.keys("Escape")
    assert bench.page.evaluate("document.activeElement.id") == "w"


def test_keys_while_an_input_method_composes_do_nothing(bench):
    bench.at("dock is full").keys("s")
    bench.page.evaluate("document.querySelector('.pb-scroll').dispatchEvent(new KeyboardEvent('keydown', {key: 't', code: 'KeyT', isComposing: true, bubbles: true}))")
    assert bench.selected == "When the dock is full, I walk."


def test_two_views_stay_in_step_with_highlights_of_their_own(bench):
    bench.page.evaluate("(() => { const el = document.createElement('div'); el.id = 'w2'; document.body.append(el);"
                        " window.widget.render({model: window.model, el}); })()")
    bench.page.locator("#w2 .pb-turn").first.wait_for()
    bench.page.locator("#w .pb-scroll").focus()
    bench.at("walk").keys("w", "Enter").type("dock").keys("Enter")
    bench.page.wait_for_timeout(150)
    assert bench.page.evaluate("['w', 'w2'].map(id => document.getElementById(id).pbView.doc.list.length)") == [1, 1]
    names = bench.page.evaluate("[...CSS.highlights.keys()].map(k => k.split('-')[0])")
    assert len(set(names)) == 2


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
    assert bench.page.evaluate("sessionStorage.length") == 0


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


def test_without_highlights_spans_carry_the_colours(page):
    page.add_init_script("delete CSS.highlights; delete window.Highlight")
    made = Bench(page, make_study())
    assert not page.evaluate("'highlights' in CSS")
    made.at("dock is full").keys("s", "Enter").type("dock").keys("Enter")
    page.wait_for_timeout(100)
    assert page.locator(".pb-span").all_inner_texts() == ["When the dock is full, I walk."]
    made.at("full, I").keys("w", "Enter").type("walks").keys("Enter")
    assert ("Walks instead", "full") in made.quotes
    assert not made.errors
