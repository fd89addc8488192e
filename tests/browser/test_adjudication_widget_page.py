"""The adjudication widget in a real Chromium on a bare page, with the real Python behind it: every key, and what the database then holds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from personabench import codebook, coding, store
from personabench.adjudication_widget import ADJUDICATION_KEYS, AdjudicationWidget, keep_agreed
from personabench.coding_widget import widget_files
from personabench.study import Study

from .widget_pages import WidgetPage, study_of_talk

CODES = [("Dock full", "pain"), ("Walks instead", "behaviour"), ("Saves time", "gain"), ("No bike", "pain")]
BY = {
    "MB": [("Dock full", "the dock is full"), ("Walks instead", "I walk"), ("Saves time", "It costs me ten minutes."), ("Dock full", "הרציף מלא"),
           ("No bike", "There is none.")],
    "JK": [("Dock full", "When the dock is full, I walk."), ("Walks instead", "I walk"), ("Dock full", "It costs me ten minutes."),
           ("No bike", "הרציף מלא")],
}


def make_study(by: dict[str, list[tuple[str, str]]] = BY, times: int = 1) -> Study:
    study = study_of_talk(coder="AL", times=times)
    for name, facet in CODES: codebook.add_code(study, name, facet=facet, definition=f"What counts as {name}.")
    for coder, codings in by.items(): add(study, coder, *codings)
    return study


def add(study: Study, coder: str, *codings: tuple[str, str]) -> None:
    text = study.text("P01")
    with study.step("code", "another process") as step:
        store.add_codings(step, [{"source_id": study.source_id("P01"), "code_id": study.code_id(name), "start": text.index(q), "end": text.index(q) + len(q),
                                  "coder": coder} for name, q in codings])


class Bench(WidgetPage):
    "The adjudication widget."
    live, pause = ".pa-live", (0, 80)

    def __init__(self, page, study: Study, source: str = "P01", **options: Any): super().__init__(page, study, AdjudicationWidget(study, source, **options))

    def ready(self) -> None:
        self.page.locator(".pb-turn").first.wait_for()
        self.page.wait_for_function("document.querySelector('#w').pbView.later.here")
        if self.page.locator("#w .pa-list").is_visible(): self.page.locator("#w .pa-list").focus()

    @property
    def kept(self) -> list[tuple[str, str]]:
        "What is adjudicated: (code, quote) in the order of the text."
        self.page.wait_for_timeout(60)
        f = self.study.codings
        assert set(f.loc[f["origin"] == "adjudicated", "coder"]) <= {self.widget.adjudicator}
        return [(c, q) for c, q in f.loc[f["origin"] == "adjudicated", ["code", "quote"]].itertuples(index=False)]

    @property
    def rows(self) -> list[str]: return [" ".join(t.split()) for t in self.page.locator("#w .pa-option").all_inner_texts()]

    @property
    def current(self) -> int: return self.look("v.list.indexOf(v.current)")


@pytest.fixture
def bench(page) -> Iterator[Bench]:
    made = Bench(page, make_study())
    yield made
    assert not made.errors, made.errors[0]


# -- Seeing -------------------------------------------------------------------------------------------------------------------
def test_the_list_says_what_differs(bench):
    assert bench.rows == ["Dock full turn 2 · other span", "Saves time ≠ Dock full turn 2 · other code", "Dock full ≠ No bike turn 5 · other code",
                          "No bike turn 6 · only MB"]
    assert bench.page.locator(".pa-head").inner_text().replace("\n", " ").count("0 of 4 decided") == 1
    assert "Same codes in 0 of 3 coded turns (0 %)" in bench.page.locator(".pa-figure").inner_text()


def test_a_coding_widget_on_the_same_page_does_not_change_the_look(bench):
    look = "(s => [s.textAlign, s.lineHeight, s.fontSize])(getComputedStyle(document.querySelector('.pb-aw .pb-who')))"
    before = bench.page.evaluate(look)
    bench.page.add_style_tag(content=widget_files("coding_widget")[1])
    assert bench.page.evaluate(look) == before and before[0] == "start"


def test_markup_is_words_and_hebrew_runs_from_the_right(bench):
    assert "<img src=x" in bench.page.locator(".pb-say").nth(3).inner_text()
    assert bench.page.title() == "bench" and bench.page.locator(".pb-aw img").count() == 0
    assert bench.page.locator(".pb-say").nth(4).evaluate("e => getComputedStyle(e).direction") == "rtl"


def test_both_sides_are_painted_and_the_card_marks_what_only_one_has(bench):
    painted = bench.page.evaluate("""(() => { const v = document.querySelector('#w').pbView;
        const of = n => [...CSS.highlights.get(v.uid + '-' + n)].map(r => r.startContainer.data.slice(r.startOffset, r.endOffset));
        return [of('left'), of('right')]; })()""")
    assert painted == [["the dock is full"], ["When the dock is full, I walk."]]
    assert bench.page.locator(".pa-side-right mark").all_inner_texts() == ["When ", ", I walk."] and bench.page.locator(".pa-side-left mark").count() == 0
    bars = [bench.page.locator(f".pa-margin.pa-{side} .pa-bar:not(.pa-name)").count() for side in ("left", "right")]
    assert bars == [5, 4]
    assert bench.page.locator(".pa-margin.pa-left .pa-name.pa-agreed").all_inner_texts() == ["Walks instead"]


def test_a_bar_or_the_words_lead_to_their_disagreement(bench):
    bench.page.locator(".pa-margin.pa-left .pa-bar:not(.pa-name).pa-open").last.click()
    assert bench.current == 3
    box = bench.look("(() => { const i = v.doc.text.indexOf('ten minutes'), r = v.rect(i, i + 3); return [r.left + 3, r.top + r.height / 2]; })()")
    bench.page.mouse.click(*box)
    assert bench.current == 1


# -- Going --------------------------------------------------------------------------------------------------------------------
def test_n_and_p_and_arrows_go_round(bench):
    assert bench.current == 0
    assert [bench.keys("n").current for _ in range(4)] == [1, 2, 3, 0]
    assert bench.keys("p").current == 3
    assert bench.keys("ArrowUp", "ArrowUp").current == 1 and bench.keys("End").current == 3 and bench.keys("Home").current == 0
    option = bench.page.locator(".pa-option[aria-selected=true]")
    assert option.count() == 1 and bench.page.locator(".pa-list").get_attribute("aria-activedescendant") == option.get_attribute("id")


def test_keys_work_from_the_text_and_say_where_one_is(bench):
    bench.page.locator(".pa-scroll").focus()
    bench.keys("n")
    assert bench.said == "Same words, other code: Saves time against Dock full, turn 2"


# -- Deciding -----------------------------------------------------------------------------------------------------------------
def test_every_decision_by_its_key(bench):
    whole = "When the dock is full, I walk."
    for key, kept in (("1", [("Dock full", "the dock is full")]), ("2", [("Dock full", whole)]), ("3", [("Dock full", whole), ("Dock full", "the dock is full")]),
                      ("w", [("Dock full", whole)]), ("c", [("Dock full", "the dock is full")]), ("x", [])):
        bench.keys("Home", key)
        assert bench.kept == kept, key
        assert bench.current == 1 and "1 of 4 decided" in bench.said
    assert bench.study.codings["origin"].ne("adjudicated").sum() == 9, "the originals stay"
    assert bench.look("v.list[0].decision") == "none" and bench.look("v.list.some(d => d.pending)") is False


def test_other_code_by_the_palette(bench):
    bench.keys("n", "o")
    bench.page.keyboard.type("walks")
    bench.keys("Enter")
    assert bench.kept == [("Walks instead", "It costs me ten minutes.")] and "other code: Walks instead" in bench.rows[1]
    assert bench.look("document.activeElement === v.rows.box") and bench.current == 2
    bench.keys("o", "Escape")
    assert bench.page.locator(".pb-popover").first.is_hidden() and len(bench.kept) == 1


def test_other_code_can_be_a_new_one(bench):
    bench.keys("n", "o")
    bench.page.keyboard.type("Costs time")
    assert bench.page.locator(".pb-option").all_inner_texts()[-1].startswith("New code “Costs time”")
    bench.keys("Enter")
    assert "What kind of statement is “Costs time”?" in bench.page.locator("input[role=combobox]").get_attribute("placeholder")
    bench.page.keyboard.type("pain")
    bench.keys("Enter")
    assert bench.kept == [("Costs time", "It costs me ten minutes.")] and bench.rows[1].endswith("other code: Costs time") and bench.current == 2
    assert bench.study.codes.set_index("code").loc["Costs time", "facet"] == "pain" and bench.study.log["verb"].tolist()[-2:] == ["add_code", "adjudicate"]
    bench.keys("Control+z", "Control+z")
    assert bench.kept == [] and "Costs time" not in set(bench.study.codes["code"])
    bench.keys("Home", "n", "o")
    bench.page.keyboard.type("Saves time")
    assert "New code" not in " ".join(bench.page.locator(".pb-option").all_inner_texts()), "one of the two at hand is no new code"


def test_a_new_code_decided_for_while_the_kernel_is_away_waits_with_its_name(bench):
    bench.deaf = True
    bench.keys("n", "o")
    bench.page.keyboard.type("Costs time")
    bench.keys("Enter")
    bench.page.keyboard.type("pain")
    bench.keys("Enter")
    assert "other code: Costs time" in bench.rows[1] and bench.look("v.link.outbox.size") == 2 and bench.kept == []
    bench.page.reload()
    bench.deaf = False
    bench.mount()
    bench.page.wait_for_function("document.querySelector('#w').pbView.link.outbox.size === 0")
    assert bench.kept == [("Costs time", "It costs me ten minutes.")] and "other code: Costs time" in bench.rows[1]


def test_offsets_are_right_behind_an_emoji_and_in_hebrew(bench):
    bench.keys("1", "1", "2", "1")
    assert bench.kept == [("Dock full", "the dock is full"), ("Saves time", "It costs me ten minutes."), ("No bike", "הרציף מלא"), ("No bike", "There is none.")]
    assert "4 of 4 decided. That was the last." in bench.said and bench.page.locator(".pa-progress").get_attribute("aria-valuenow") == "4"
    assert "Keep 1 agreed" in bench.page.locator(".pa-tool").all_inner_texts()
    bench.keys("a")
    assert ("Walks instead", "I walk") in bench.kept and "1 codings that both agree on kept for consensus" in bench.said


def test_what_does_not_fit_is_refused_with_the_reason(bench):
    bench.keys("n", "w")
    assert bench.said == "Spans can be joined only where the code is the same"
    bench.keys("End", "2")
    assert bench.said == "JK has no such coding here" and bench.kept == []
    assert [b for b in bench.page.locator(".pa-choice:visible").all_inner_texts()] == ["1Take MB", "OOther code…", "XNo coding"]


def test_reopen_undo_and_redo(bench):
    bench.keys("2", "Home", "r")
    assert bench.kept == [] and bench.look("v.list[0].decision") is None and bench.said == "Open again."
    bench.keys("Control+z")
    assert len(bench.kept) == 1 and bench.look("v.list[0].decision") == "right" and bench.said == "Undone: open 'Dock full' in P01 again"
    bench.keys("Control+z")
    assert bench.kept == []
    bench.keys("Control+Shift+z")
    assert len(bench.kept) == 1 and bench.page.locator(".pa-tool").nth(1).get_attribute("title") == "Undo: adjudicate 'Dock full' in P01: taken from JK"


def test_buttons_decide_and_keep_the_focus_inside(bench):
    bench.page.locator(".pa-choice-union").click()
    assert bench.kept == [("Dock full", "When the dock is full, I walk.")]
    assert bench.look("v.root.contains(document.activeElement)"), "the button is not offered for the next one: the list has the focus"
    bench.keys("u", "h")
    assert len(bench.rows) == 3 and bench.page.locator(".pa-tool[aria-pressed=true]").inner_text() == "Hide decided"


# -- Lasting ------------------------------------------------------------------------------------------------------------------
def test_decisions_are_there_in_another_session(bench, browser):
    bench.keys("c", "x", "2")
    other = browser.new_context().new_page()
    again = Bench(other, bench.study, coders=("JK", "MB"))
    assert again.look("v.list.map(d => d.decision)") == ["intersection", "none", "left", None] and again.current == 3
    other.context.close()


def test_what_others_do_appears(bench):
    bench.keys("End")
    add(bench.study, "JK", ("No bike", "There is none."))
    coding.uncode(bench.study, int(bench.study.codings.query("coder == 'MB' and code == 'Saves time'")["coding_id"].iloc[0]))
    bench.page.wait_for_timeout(2400)
    assert bench.rows == ["Dock full turn 2 · other span", "Dock full turn 2 · only JK", "Dock full ≠ No bike turn 5 · other code"]
    assert bench.current == 2 and "2 of 3" in bench.page.locator(".pa-figure").inner_text()


def test_two_views_keep_in_step(bench):
    bench.second_view()
    bench.page.locator("#w2 .pa-option").first.wait_for()
    bench.keys("x")
    assert bench.page.locator("#w2 .pa-option").first.inner_text().startswith("✓") and "1 of 4" in bench.page.locator("#w2 .pa-figures").inner_text()


def test_what_is_not_acknowledged_waits_and_is_sent_again(bench):
    bench.deaf = True
    bench.keys("2")
    assert bench.kept == [] and bench.page.locator(".pa-saved").inner_text() == "1 waiting" and bench.page.locator(".pa-option.pa-pending").count() == 1
    bench.page.wait_for_timeout(7500)
    assert "waits here" in bench.page.locator(".pa-banner").inner_text()
    bench.page.evaluate("window.end()")
    bench.page.evaluate("document.querySelector('#w').replaceChildren()")
    bench.deaf = False
    bench.mount()
    bench.page.wait_for_timeout(200)
    assert len(bench.kept) == 1 and bench.page.locator(".pa-saved").inner_text() == "saved" and bench.page.locator(".pa-pending").count() == 0


def test_a_refusal_shows_how_it_is(bench):
    row = int(bench.study.codings.query("coder == 'MB' and code == 'No bike'")["coding_id"].iloc[0])
    coding.uncode(bench.study, row)  # before the heartbeat
    bench.keys("End", "x")
    assert "it has changed or gone since" in bench.said and "pa-warn" in bench.page.locator(".pa-live").get_attribute("class")
    assert len(bench.rows) == 3 and bench.page.locator(".pa-pending").count() == 0


# -- Empty, alone, read-only --------------------------------------------------------------------------------------------------
def test_no_second_coder_yet_and_then_one(page):
    bench = Bench(page, make_study({"MB": BY["MB"]}))
    assert "Only MB has coded P01 so far." in page.locator(".pa-card").inner_text() and page.locator(".pa-list").is_hidden()
    assert "blind=True" in page.locator(".pa-note").inner_text()
    assert page.locator(".pa-margin.pa-left .pa-bar:not(.pa-name)").count() == 5
    add(bench.study, "JK", *BY["JK"])
    page.wait_for_timeout(2400)
    assert len(bench.rows) == 4 and not bench.errors


def test_all_agreed_says_so_and_offers_to_keep(page):
    bench = Bench(page, make_study({"MB": BY["MB"], "JK": BY["MB"]}))
    assert "JK and MB agree on all 5 codings." in page.locator(".pa-card").inner_text() and "Press A to keep them for consensus." in page.locator(".pa-note").inner_text()
    page.locator(".pa-scroll").focus()
    bench.keys("a")
    assert len(bench.kept) == 5 and "consensus has them all" in page.locator(".pa-note").inner_text() and not bench.errors
    assert keep_agreed(bench.study, "P01", coders=("MB", "JK")) == 0


def test_nobody_coded_it(page):
    bench = Bench(page, make_study({}))
    assert "Nobody has coded P01 yet." in page.locator(".pa-card").inner_text() and not bench.errors


def test_read_only_says_so(page):
    study = make_study()
    study.readonly = True
    bench = Bench(page, study)
    bench.keys("1")
    assert "read-only" in bench.said and page.locator(".pa-saved").inner_text() == "read-only" and page.locator(".pa-choice-left").is_disabled()
    assert bench.kept == [] and not bench.errors


# -- Manners ------------------------------------------------------------------------------------------------------------------
def test_no_key_leaks_and_unused_chords_pass(bench):
    for key in [*"abcdefghijklmnopqrstuvwxyz0123456789", "Enter", "Delete", " "]: bench.keys(key, "Escape") if key in "og?" else bench.page.keyboard.press(key)
    assert set(bench.page.evaluate("window.strayed")) == set()
    assert bench.page.evaluate("document.querySelector('#w .pb-aw').hasAttribute('data-lm-suppress-shortcuts')")
    bench.page.evaluate("addEventListener('keydown', e => { window.passed = document.querySelector('#w .pb-aw').hasAttribute('data-lm-suppress-shortcuts'); }, true)")
    bench.page.locator(".pa-list").focus()
    bench.keys("Control+Shift+F9")
    assert bench.page.evaluate("window.passed") is False and "F9" in bench.page.evaluate("window.strayed")


def test_escape_leaves_and_help_tells_every_key(bench):
    bench.keys("?")
    assert bench.page.locator(".pa-help tr").count() == len(ADJUDICATION_KEYS)
    bench.keys("Escape")
    assert bench.page.locator(".pa-help").is_hidden() and bench.look("document.activeElement === v.rows.box")
    bench.keys("Escape")
    assert bench.page.evaluate("document.activeElement.id") == "w"


def test_another_source_opens(bench):
    bench.keys("g")
    assert "P01" in bench.page.locator(".pb-option").first.inner_text() and "2 coders" in bench.page.locator(".pb-option").first.inner_text()
    bench.page.keyboard.type("P02")
    bench.keys("Enter")
    assert "Nobody has coded P02 yet." in bench.page.locator(".pa-card").inner_text() and bench.widget.source == "P02"


def test_forced_colours_and_narrow_pages_show_all(page):
    page.emulate_media(forced_colors="active", reduced_motion="reduce")
    page.set_viewport_size({"width": 560, "height": 1100})
    bench = Bench(page, make_study())
    assert page.locator(".pa-option").count() == 4 and page.locator(".pa-bar").count() == 9 and page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    bench.keys("2")
    assert len(bench.kept) == 1 and not bench.errors


def test_undo_looks_at_what_it_took_back(bench):
    bench.keys("Home", "2")
    assert bench.current == 1, "on to the next"
    bench.keys("Control+z")
    bench.page.wait_for_function("document.querySelector('#w').pbView.live.textContent.startsWith('Undone')")
    assert bench.current == 0 and bench.kept == []
    bench.keys("1")
    assert bench.look("v.list.map(d => d.decision)") == ["left", None, None, None]
