"""The journey map on a bare page with the real Python behind it: axe, every action by keys, dragging, filters, colleagues, words that are only words."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from made_up import EVIL, ridden
from programs import program

from personabench import store
from personabench.codebook import add_code
from personabench.coding import code, undo
from personabench.consent import record_consent, withdraw
from personabench.journey_map import JourneyMap
from personabench.journeys import journey
from personabench.map_entries import add_entry, change_entry, remove_entry
from personabench.map_pages import write_map
from personabench.claims import Claim, Persona
from personabench.sample_data import import_sample
from personabench.study import Study

from .widget_pages import WidgetPage

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

LOOKS = ("light", "dark")


class MapPage(WidgetPage):
    "The map on a bare page."
    live, pause = ".pbm-live", (40, 120)

    def ready(self) -> None: self.page.locator("#w .pbm-grid [role=row]").first.wait_for()

    def at(self, k: str) -> Any: return self.page.locator(f"#w .pbm-grid [data-k={json.dumps(k)}]")

    @property
    def focus(self) -> str: return self.page.evaluate("document.activeElement.getAttribute('data-k') ?? document.activeElement.className")

    def words(self, at: Any) -> str: return at.inner_text().replace("\u00a0", " ")

    def cell(self, lane: str, stage: str) -> Any: return self.page.locator(f"#w [data-lane={lane}] [data-stage={json.dumps(stage)}]")

    @property
    def rows(self) -> list[list[Any]]: return self.study.entries[["lane", "stage", "text"]].values.tolist()


@pytest.fixture
def bench(page) -> Iterator[MapPage]:
    study = ridden()
    add_entry(study, "Pay without an account", lane="strategy", stage="Sign-up", owner="Lena", due="2020-01-31", evidence=[2, 7])
    add_entry(study, f"Ask {EVIL}", lane="strategy", stage="Sign-up")
    claims = [Claim(id="pain-pay", text="Payment fails", facet="pain")]
    personas = [Persona(id="ash", name="Ash", cases=["P01", "P02"], claims=claims), Persona(id="bo", name="Bo", cases=["P03"])]
    made = MapPage(page, study, JourneyMap(study, journey(study), personas=personas))
    yield made
    assert not made.errors and page.title() == "bench", made.errors
    assert page.evaluate("document.querySelectorAll('#w img').length") == 0, "markup is words"
    assert page.evaluate("window.strayed") == []


def sideways(page) -> bool: return page.evaluate("document.documentElement.scrollWidth > innerWidth")


def wear(bench: MapPage, look: str) -> None:
    dark = ":root { --jp-layout-color0: #111; --jp-layout-color1: #212121; --jp-ui-font-color0: #fff; } body { background: #111; }"
    if look == "dark": bench.page.add_style_tag(content=dark)
    bench.page.wait_for_function("dark => document.querySelector('#w > [role=region]').hasAttribute('data-dark') === dark", arg=look == "dark")


# -- Looks --------------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("look", LOOKS)
def test_axe_finds_nothing_in_any_state(bench, axe, shots, look):
    wear(bench, look)
    bench.page.set_viewport_size({"width": 1200, "height": 1000})
    assert axe(bench.page, "#w") == []
    bench.page.locator("#w .pbm-pains .pbm-item").click()
    bench.page.locator("#w .pbm-panel li").first.wait_for()
    assert axe(bench.page, "#w") == []
    bench.page.screenshot(path=shots / f"map-{look}.png")
    bench.keys("Escape")
    bench.page.locator("#w .pbm-entry").first.click()
    bench.page.locator("#w .pbm-form .pbm-field textarea").fill("")
    bench.keys("Control+Enter")
    assert "Write something first" in bench.page.locator("#w .pbm-form").inner_text() and axe(bench.page, "#w") == []
    bench.page.screenshot(path=shots / f"map-{look}-form.png")
    bench.keys("Escape")
    bench.page.set_viewport_size({"width": 320, "height": 900})
    assert not sideways(bench.page) and axe(bench.page, "#w") == []
    bench.page.locator("#w .pbm-pains .pbm-item").click()
    bench.page.locator("#w .pbm-panel li").first.wait_for()
    assert not sideways(bench.page) and axe(bench.page, "#w") == []
    bench.page.screenshot(path=shots / f"map-{look}-320.png", full_page=True)


def test_heads_stay_while_the_rest_scrolls_and_zoom_keeps_words_whole(bench):
    bench.page.set_viewport_size({"width": 700, "height": 500})
    box, zoom = bench.page.locator("#w .pbm-box"), bench.page.get_by_label("Zoom")
    zoom.select_option("200")
    assert bench.page.locator("#w .pbm-item").evaluate_all("all => all.every(el => el.scrollWidth <= el.clientWidth + 1)"), "no word is cut off"
    box.evaluate("el => el.scrollTo(400, 300)")
    edge, wide = box.bounding_box(), box.evaluate("el => el.scrollWidth")
    head, lane = bench.page.locator("#w .pbm-head").nth(2).bounding_box(), bench.page.locator("#w [data-lane=strategy] .pbm-lane").bounding_box()
    assert abs(head["y"] - edge["y"]) < 2 and abs(lane["x"] - edge["x"]) < 2
    zoom.select_option("fit")
    assert bench.said.startswith("Zoom ") and wide > box.evaluate("el => el.scrollWidth") and box.evaluate("el => el.scrollWidth <= el.clientWidth + 1")


def test_points_are_seen_at_any_zoom_and_an_open_one_is_no_filled_one(bench):
    for zoom in ("50", "100", "200"):
        bench.page.get_by_label("Zoom").select_option(zoom)
        looks = bench.page.locator("#w .pbm-point").evaluate_all("""all => all.map(el => {
            const at = el.getBoundingClientRect(), cell = el.parentElement.getBoundingClientRect(), edge = parseFloat(getComputedStyle(el).borderTopWidth);
            return { alone: el.classList.contains("pbm-alone"), inside: el.clientWidth, edge, wide: at.width, off: at.left + at.width / 2 - cell.left - cell.width / 2 };
        })""")
        assert {x["alone"] for x in looks} == {True, False}
        for x in looks:
            assert x["inside"] >= 5 and x["edge"] <= .2 * x["wide"] + .1 and abs(x["off"]) < 1, (zoom, x)
            if x["alone"]: assert x["edge"] >= 1 and x["inside"] >= 5


@pytest.mark.parametrize("look", LOOKS)
def test_what_was_done_is_said_beside_undo_and_the_key_to_the_dots_is_seen(bikes, look):
    wear(bikes, look)
    page = bikes.page
    page.set_viewport_size({"width": 1366, "height": 768})
    assert page.locator("#w .pbm").bounding_box()["height"] <= 656, "the room of a notebook at 1366 x 768"
    text = "●●○ supported (three people or more"
    assert text in page.locator("#w .pbm-key").inner_text() and page.locator("#w .pbm-key").bounding_box()["y"] < page.locator("#w .pbm-box").bounding_box()["y"]
    bikes.at("+note:Awareness").click()
    bikes.page.keyboard.type("Ask")
    bikes.keys("Control+Enter")
    page.locator("#w .pbm-live:has-text('Saved: add note to Awareness.')").wait_for()
    said, undo = page.locator("#w .pbm-live").bounding_box(), page.get_by_role("button", name="Undo").bounding_box()
    assert abs(said["y"] + said["height"] / 2 - undo["y"] - undo["height"] / 2) < 12 and said["height"] < 40


def test_the_form_shows_the_whole_text_and_owner_under_visible_names(bikes):
    words, owner = "Tell people in plain words why it failed, keep what they typed, and offer another way to pay, such as the invoice", "Ida Møller, lead of the support"
    add_entry(bikes.study, words, lane="strategy", stage="Sign-up", owner=owner)
    bikes.page.evaluate("window.model.send({type: 'ping'})")
    bikes.page.locator("#w .pbm-entry").first.click()
    form = bikes.page.locator("#w .pbm-form")
    for name, value in (("Text of the strategy", words), ("Owner", owner)):
        field = form.get_by_label(name)
        assert field.input_value() == value and form.get_by_text(name, exact=True).is_visible()
        assert field.evaluate("el => el.scrollHeight <= el.clientHeight + 1 && el.scrollWidth <= el.clientWidth"), name
    form.get_by_label("Owner").fill("Ida\nMøller")
    bikes.keys("Enter")
    bikes.page.locator("#w .pbm-form").wait_for(state="detached")
    assert bikes.study.entries["owner"].tolist() == ["Ida Møller"], "a name is one line"


# -- What is computed ---------------------------------------------------------------------------------------------------------
def test_what_is_computed_says_n_and_interval_and_opens_to_its_quotes_by_keys(bench):
    pain = bench.page.locator("#w .pbm-pains .pbm-item")
    assert bench.words(pain).split("\n")[:1] == ["▼ Payment fails"] and [x.strip() for x in bench.words(pain).split("\n")][-2:] == ["3 of 4 people", "75 % (30 to 95 %)"]
    assert "supported" in pain.locator(".pbm-hear").text_content()
    feeling = bench.words(bench.cell("feelings", "Sign-up"))
    assert "−0.8 (−2.0 to +2.0)" in feeling and "n = 4" in feeling and "pit" in feeling
    assert bench.cell("feelings", "Awareness").inner_text().strip() == "nothing said"
    few = bench.words(bench.cell("feelings", "Ride"))
    assert "n = 2" in few and "no interval below 3 people" in few and bench.cell("feelings", "Ride").locator(".pbm-range").count() == 0
    assert bench.cell("feelings", "Sign-up").locator(".pbm-line").count() == 1, "no line to a stage of which nobody spoke"
    bench.at(pain.get_attribute("data-k")).focus()
    bench.keys("Enter")
    panel = bench.page.locator("#w .pbm-panel")
    panel.locator("li").first.wait_for()
    assert "Payment fails" in panel.inner_text() and panel.locator("li").count() == 3 and f"{EVIL}" not in panel.inner_html()
    assert "“The card page hung twice”" in panel.inner_text() and "P01 · Payment fails · characters 0-24" in panel.inner_text()
    assert bench.page.evaluate("document.activeElement.tagName") == "H3", "focus goes to the evidence"
    bench.keys("Escape")
    assert panel.is_hidden() and bench.focus == pain.get_attribute("data-k"), "and back to where it was"


def test_arrows_lead_everywhere_and_one_cell_is_in_the_order_of_tabs(bench):
    assert bench.page.locator("#w .pbm-grid [tabindex='0']").count() == 1
    bench.page.locator("#w .pbm-grid [tabindex='0']").focus()
    bench.keys("Control+Home")
    stages = [bench.focus]
    for _ in range(2): stages.append(bench.keys("ArrowRight").focus)
    assert [json.loads(k)[1] for k in stages] == ["Awareness", "Sign-up", "Ride"]
    bench.keys("Home", "ArrowRight")
    seen = []
    for _ in range(30): seen.append(bench.keys("ArrowDown").focus)
    lanes = bench.page.evaluate("[...document.querySelectorAll('#w .pbm-row[data-lane]')].map(r => r.dataset.lane)")
    assert "e:1" in seen and "e:2" in seen and len(lanes) >= 8 and seen[-1] == "+note:Sign-up" and "+strategy:Sign-up" in seen
    for _ in range(40): bench.keys("ArrowUp")
    assert json.loads(bench.focus)[:2] == ["stage", "Sign-up"] and bench.page.locator("#w .pbm-grid [tabindex='0']").count() == 1


def test_filters_by_strength_and_persona(bench):
    shown = bench.page.locator("#w .pbm-item")
    every = shown.count()
    bench.page.get_by_label("Show what is at least").select_option("2")
    strong = shown.count()
    assert 0 < strong < every and "Only what is supported or stronger." == bench.said
    assert bench.cell("gains", "Sign-up").inner_text().strip().startswith("1 weaker"), "what is hidden is counted"
    bench.page.get_by_label("Show what is at least").select_option("0")
    bench.page.get_by_label("Whose journey").select_option("bo")
    bench.page.wait_for_function("document.querySelector('#w .pbm-title').textContent === 'Journey of Bo'")
    assert "Pay without an account" not in bench.page.locator("#w .pbm-grid").inner_text() and f"Ask {EVIL}" in bench.page.locator("#w .pbm-grid").inner_text()
    assert "1 entry stands on other people's words" in bench.page.locator("#w .pbm-foot").inner_text()
    assert bench.cell("pains", "Sign-up").inner_text().strip() == "–"
    bench.page.get_by_label("Whose journey").select_option("ash")
    bench.page.wait_for_function("document.querySelector('#w .pbm-title').textContent === 'Journey of Ash'")
    assert "Pay without an account" in bench.page.locator("#w .pbm-grid").inner_text() and "2 of 2 people" in bench.cell("pains", "Sign-up").inner_text()


# -- What is written ----------------------------------------------------------------------------------------------------------
def test_write_edit_move_remove_and_undo_by_keys_alone(bench):
    bench.at("+note:Ride").focus()
    bench.keys("Enter").type(f"Loved it {EVIL}")
    bench.keys("Tab").type("Tomas")
    bench.keys("Control+Enter")
    assert bench.rows[0] == ["note", "Ride", f"Loved it {EVIL}"] and bench.said == "Saved: add note to Ride." and bench.focus == "e:3"
    assert bench.study.entries["owner"].tolist()[0] == "Tomas"
    bench.keys("Enter", "End").type("!")
    bench.keys("Control+Enter")
    assert bench.rows[0][2] == f"Loved it {EVIL}!" and bench.said == "Saved: change text of note in Ride." and bench.focus == "e:3"
    bench.keys("Enter").type(" never")
    bench.keys("Escape")
    assert bench.rows[0][2].endswith("!") and bench.said == "Nothing was changed." and bench.focus == "e:3"
    bench.keys("Alt+ArrowLeft")
    assert bench.rows[0][:2] == ["note", "Sign-up"] and bench.focus == "e:3"
    bench.keys("Alt+ArrowUp")
    assert [r[2] for r in bench.rows if r[0] == "strategy"][-1].startswith("Loved it"), "from the end of a cell to the next lane"
    bench.keys("Alt+ArrowUp")
    assert bench.study.rows("entries", lane="strategy")["entry_id"].tolist() == [1, 3, 2] and bench.said == "Saved: reorder strategy in Sign-up."
    bench.keys("Delete")
    assert bench.study.entries["entry_id"].tolist() == [1, 2] and bench.focus == "+strategy:Sign-up"
    bench.keys("Control+z")
    assert bench.study.entries["entry_id"].tolist() == [1, 3, 2] and bench.said == "Undone: remove strategy from Sign-up."
    assert bench.page.locator("#w [data-k=redo]").get_attribute("title") == "Redo: remove strategy from Sign-up"
    bench.keys("Control+Shift+z")
    assert bench.study.entries["entry_id"].tolist() == [1, 2] and bench.said == "Redone: remove strategy from Sign-up."


def test_a_strategy_made_from_a_pain_stands_on_its_passages(bench):
    bench.page.locator("#w .pbm-pains .pbm-item").click()
    bench.page.get_by_role("button", name="Make it a strategy").click()
    assert bench.page.locator("#w .pbm-form .pbm-field textarea").input_value() == "Payment fails"
    bench.type("Retry the card by itself")
    bench.keys("Control+Enter")
    made = bench.study.entries[bench.study.entries["text"].eq("Retry the card by itself")].iloc[0]
    assert made["evidence"] == [2, 7, 15] and made["stage"] == "Sign-up" and made["lane"] == "strategy"
    assert "supported" in bench.at("e:3").locator(".pbm-hear").text_content() and "3 people, 3 passages" in bench.at("e:3").inner_text()
    bench.keys("e")
    bench.page.locator("#w .pbm-panel li").first.wait_for()
    assert bench.page.locator("#w .pbm-panel li").count() == 3


def test_what_is_overdue_says_so(bench): assert bench.at("e:1").inner_text().split("\n")[1:3] == ["Lena", "overdue since 2020-01-31"]


def test_entries_are_dragged_to_another_stage_lane_and_place(bench):
    bench.page.set_viewport_size({"width": 1200, "height": 1600})
    bench.page.get_by_label("Zoom").select_option("60")  # source and target in sight: what scrolls between press and move, no hand does
    bench.at("e:1").drag_to(bench.cell("strategy", "Ride"))
    bench.keys()
    assert ["strategy", "Ride", "Pay without an account"] in bench.rows and bench.said == "Saved: move strategy from Sign-up to Ride."
    bench.at("e:1").drag_to(bench.cell("note", "Ride"))
    bench.keys()
    assert ["note", "Ride", "Pay without an account"] in bench.rows
    add_entry(bench.study, "second", lane="note", stage="Ride")
    bench.page.wait_for_function("document.querySelector('#w [data-k=\"e:3\"]')", timeout=10_000)
    bench.at("e:3").drag_to(bench.at("e:1"), target_position={"x": 30, "y": 2})
    bench.keys()
    assert bench.study.rows("entries", lane="note")["entry_id"].tolist() == [3, 1]
    before = bench.study.last_event()
    bench.at("e:1").drag_to(bench.cell("pains", "Ride"))
    bench.keys()
    assert bench.study.last_event() == before, "what is computed takes no entries"


def test_plain_calls_are_followed_and_an_open_form_stays(bench):
    bench.at("+note:Ride").focus()
    bench.keys("Enter").type("half a thou")
    add_entry(bench.study, "from a cell", lane="opportunity", stage="Ride")
    bench.at("e:3").wait_for(timeout=10_000)
    bench.type("ght")
    assert bench.page.locator("#w .pbm-field textarea").input_value() == "half a thought" and bench.page.evaluate("document.activeElement.tagName") == "TEXTAREA"
    bench.keys("Control+Enter")
    assert ["note", "Ride", "half a thought"] in bench.rows
    undo(bench.study), undo(bench.study)
    bench.page.wait_for_function("!document.querySelector('#w [data-k=\"e:3\"]')", timeout=10_000)


def test_a_colleagues_words_are_never_overwritten_unseen(bench):
    bench.at("e:1").focus()
    bench.keys("Enter", "End").type(", by phone")
    bench.widget._event = bench.study.last_event()
    change_entry(bench.study, 1, text="Pay at the dock")
    bench.keys("Control+Enter")
    assert bench.rows[0][2] == "Pay at the dock" and "it says 'Pay at the dock' by now" in bench.page.locator("#w .pbm-why").inner_text()
    assert bench.page.locator("#w .pbm-form .pbm-field textarea").input_value() == "Pay without an account, by phone", "what was written is still there"
    bench.keys("Control+Enter")
    assert bench.rows[0][2] == "Pay without an account, by phone"
    bench.keys("Enter", "End").type(" or mail")
    remove_entry(bench.study, 1)
    bench.keys("Control+Enter")
    assert "somebody has removed it meanwhile" in bench.page.locator("#w .pbm-why").inner_text()
    bench.keys("Control+Enter")
    assert any(r[2] == "Pay without an account, by phone or mail" for r in bench.rows), "saved once more, it is a new one"


def test_who_edits_beside_a_mark_is_told_of_it_and_saves_the_words_it_hides(bench):
    add_entry(bench.study, "They said the card page hung twice", lane="note", stage="Sign-up")
    record_consent(bench.study, case="P01", consent="no quotes")
    add_entry(bench.study, "Plain", lane="note", stage="Ride")
    bench.at("e:3").filter(has_text="They said [not to be quoted]").wait_for()
    bench.at("e:4").click()
    assert "hides words" not in bench.page.locator("#w .pbm-form").inner_text()
    bench.keys("Escape")
    bench.at("e:3").click()
    form = bench.page.locator("#w .pbm-form")
    assert form.get_by_label("Text of the note").input_value() == "They said [not to be quoted]"
    assert "hides words of somebody who is not to be quoted" in form.inner_text()
    form.get_by_label("Owner").fill("Lena")
    bench.keys("Enter")
    bench.at("e:3").filter(has_text="Lena").wait_for()
    row = bench.study.entries.set_index("entry_id").loc[3]
    assert (row["text"], row["owner"]) == ("They said the card page hung twice", "Lena") and "hung twice" not in bench.at("e:3").inner_text()


def test_the_map_says_when_the_coding_has_changed_and_quotes_nobody_who_withdrew(bench):
    withdraw(bench.study, case="P01")
    bench.page.locator("#w .pbm-stale:visible").wait_for(timeout=10_000)
    bench.page.locator("#w .pbm-pains .pbm-item").click()
    bench.page.locator("#w .pbm-panel li").first.wait_for()
    words = bench.page.locator("#w .pbm-panel").inner_text()
    assert "hung twice" not in words and "1 of people who have withdrawn: not shown." in words
    assert "1 person, 1 passage\n1 gone" in bench.at("e:1").inner_text()


def test_what_is_written_while_the_kernel_is_away_is_sent_later_once(bench):
    bench.deaf = True
    bench.at("+note:Ride").focus()
    bench.keys("Enter").type("patience")
    bench.keys("Control+Enter")
    bench.page.locator("#w .pbm-banner:visible").wait_for(timeout=15_000)
    assert "1 change waits here" in bench.page.locator("#w .pbm-banner").inner_text() and ["note", "Ride", "patience"] not in bench.rows
    bench.deaf = False
    bench.page.wait_for_function("document.querySelector('#w .pbm-banner').hidden", timeout=30_000)
    bench.at("e:3").wait_for(timeout=10_000)
    assert bench.rows.count(["note", "Ride", "patience"]) == 1


def test_two_views_show_the_same(bench):
    bench.second_view()
    bench.page.locator("#w2 .pbm-entry").first.wait_for()
    bench.at("e:2").focus()
    bench.keys("Alt+ArrowRight")
    bench.page.wait_for_function("document.querySelector('#w2 [data-stage=\"Ride\"] [data-k=\"e:2\"]')", timeout=10_000)


# -- The sample study ---------------------------------------------------------------------------------------------------------
@pytest.fixture
def bikes(page) -> Iterator[MapPage]:
    study = Study(":memory:", coder="MB", create=True)
    import_sample(study)
    page.set_viewport_size({"width": 1400, "height": 1000})
    made = MapPage(page, study, JourneyMap(study, journey(study)))
    yield made
    assert not made.errors, made.errors


def test_further_suggestions_are_counted_and_unfold_in_place_by_keys(bikes):
    cell = bikes.cell("strategy", "Regular use")
    assert cell.locator(".pbm-item").count() == 2 and bikes.at("~strategy:Regular use").inner_text() == "3 more suggestions"
    assert bikes.cell("strategy", "Sign-up").locator("[data-k^='~']").count() == 0
    bikes.at("~strategy:Regular use").focus()
    bikes.keys("Enter")
    assert cell.locator(".pbm-item").count() == 5 and bikes.focus == "~strategy:Regular use"
    assert bikes.at("~strategy:Regular use").get_attribute("aria-expanded") == "true"
    bikes.keys("ArrowUp", "Enter")
    bikes.page.locator("#w .pbm-panel li").first.wait_for()
    assert bikes.page.locator("#w .pbm-panel h3").inner_text() == "Keep it: E-bike takes the hill"
    bikes.page.get_by_role("button", name="Make it a strategy").click()
    bikes.keys("Control+Enter")
    assert bikes.rows == [["strategy", "Regular use", "Keep it: E-bike takes the hill"]] and bikes.study.entries["evidence"].map(len).tolist()[0] >= 8
    bikes.at("~strategy:Regular use").click()
    assert cell.locator(".pbm-item").count() == 3 and cell.locator(".pbm-entry").count() == 1, "what somebody wrote is never folded"
    bikes.page.get_by_label("Show what is at least").select_option("3")
    assert bikes.at("~strategy:Regular use").count() == 0, "weaker ones are counted as weaker, not twice"


@pytest.mark.parametrize("zoom", ["50", "100", "200"])
def test_a_form_stays_in_its_column(bikes, shots, zoom):
    bikes.page.get_by_label("Zoom").select_option(zoom)
    bikes.at("+note:First ride").focus()
    bikes.keys("Enter")
    cell, form = bikes.cell("note", "First ride").bounding_box(), bikes.page.locator("#w .pbm-form").bounding_box()
    assert cell and form and cell["x"] <= form["x"] and form["x"] + form["width"] <= cell["x"] + cell["width"]
    bikes.page.screenshot(path=shots / f"map-form-{zoom}.png")
    boxes = "all => all.map(el => el.getBoundingClientRect()).map(b => [b.left, b.right, b.width])"
    parts = bikes.page.locator("#w .pbm-form :is(input, textarea, button)").evaluate_all(boxes)
    assert all(form["x"] <= left and right <= form["x"] + form["width"] for left, right, _ in parts) and min(width for *_, width in parts) > 40
    assert bikes.page.locator("#w input[type=date]").evaluate("el => el.scrollWidth <= el.clientWidth"), "the whole date can be read"


# -- Other studies ------------------------------------------------------------------------------------------------------------
def test_a_study_without_stages_says_what_to_do(page, axe):
    study = Study(":memory:", coder="MB", create=True)
    made = MapPage(page, study, JourneyMap(study, journey(study)))
    assert "No stage is coded" in page.locator("#w .pbm-grid").inner_text() and axe(page, "#w") == []
    made.keys("Tab")
    assert not made.errors


def test_a_study_that_may_only_be_read_shows_and_opens_but_offers_no_writing(page):
    study = ridden()
    add_entry(study, "x", lane="note", stage="Ride")
    study.readonly = True
    made = MapPage(page, study, JourneyMap(study, journey(study)))
    assert page.locator("#w .pbm-add").count() == 0 and page.locator("#w [draggable=true]").count() == 0
    made.at("e:1").focus()
    made.keys("Delete", "Enter")
    page.locator("#w .pbm-panel h3").wait_for()
    assert made.rows == [["note", "Ride", "x"]] and page.locator("#w .pbm-makes").count() == 0 and not made.errors


def test_a_map_saved_with_its_words_can_be_read_without_python(page):
    study = ridden()
    widget = JourneyMap(study, journey(study), save_text=True)
    kept = json.loads(json.dumps(widget.saved))
    made = MapPage(page, study, widget)
    page.evaluate("window.end()")
    made.deaf = True
    alone = "{ get: k => k === 'saved' ? saved : {}, on() {}, off() {}, send() {} }"
    page.evaluate(f"saved => {{ window.widget.render({{ model: {alone}, el: document.querySelector('#w2') }}); }}", kept)
    page.locator("#w2 .pbm-pains .pbm-item").click()
    page.locator("#w2 .pbm-panel li").first.wait_for()
    assert page.locator("#w2 .pbm-panel li").count() == 3 and not made.errors


def test_fourteen_stages_and_long_labels_stay_in_their_cells(page, shots, tmp_path: Path):
    study = Study(":memory:", coder="MB", create=True)
    words = ["Verylongwordwithoutanybreakinsideitwhichgoesonandon", "A stage of which the name is a whole sentence that somebody wrote"]
    with study.step("import", "import") as step:
        for who in (f"P{i:02}" for i in range(14)):
            store.add_source(step, who, text="He said. " + "long " * 120, speakers={who: (who, "participant")}, turns=[{"start": 0, "end": 600, "speaker": who}])
    for i in range(14):
        add_code(study, f"{words[i % 2]} {i}", facet="stage", order=i + 1)
        add_code(study, f"Pain {words[1 - i % 2]} {i}", facet="pain")
        code(study, f"{words[i % 2]} {i}", source=f"P{i:02}", start=0, end=590)
        code(study, f"Pain {words[1 - i % 2]} {i}", source=f"P{i:02}", start=2, end=500)
    page.set_viewport_size({"width": 1300, "height": 900})
    made = MapPage(page, study, JourneyMap(study, journey(study)))
    assert page.locator("#w :is(.pbm-cell, .pbm-head)").evaluate_all("all => all.filter(el => el.scrollWidth > el.clientWidth + 1).length") == 0
    page.screenshot(path=shots / "map-14-stages.png")
    assert not made.errors


# -- The page that is written -------------------------------------------------------------------------------------------------
@pytest.fixture
def written(browser: Browser, tmp_path: Path) -> Iterator[Callable[..., Page]]:
    "Open a written map from disk, without a network and without scripts: nothing but the file is asked for."
    pages: list[tuple[Page, list[str]]] = []

    def opened(study: Study, *, width: int = 1200, look: str = "light", **more: Any) -> Page:
        path = write_map(journey(study), tmp_path / f"{len(pages)}.html", study=study, **more)
        page = browser.new_context(offline=True, color_scheme=look, viewport={"width": width, "height": 900}).new_page()
        asked: list[str] = []
        page.on("request", lambda r: asked.append(r.url))
        pages.append((page, asked))
        page.goto(path.as_uri())
        return page

    yield opened
    for page, asked in pages:
        assert len(asked) == 1 and page.title() != "pwned" and page.locator("img").count() == 0
        page.context.close()


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("width", [1200, 320])
def test_axe_finds_nothing_on_a_written_map(written, axe, shots, look, width):
    with ridden() as study:
        pains = study.codings[study.codings["code"].eq("Payment fails")]["coding_id"]
        add_entry(study, f"Retry {EVIL}", lane="strategy", stage="Sign-up", owner="Lena", due="2020-01-31", evidence=pains)
        page = written(study, look=look, width=width)
    assert not sideways(page) and axe(page, "body") == []
    page.screenshot(path=shots / f"map-page-{look}-{width}.png")
    page.locator("a:visible", has_text="Payment fails").first.click()
    at = page.evaluate("location.hash")
    assert page.locator(at).is_visible() and "The card page hung twice" in page.locator(at).inner_text()


def test_heads_of_a_written_map_stay_while_it_scrolls(written):
    with ridden() as study: page = written(study, width=500)
    box = page.locator(".screen")
    box.evaluate("el => { el.style.maxHeight = '300px'; el.scrollTo(200, 300); }")
    edge = box.bounding_box()
    head = page.locator(".screen thead th").nth(2).bounding_box()
    assert edge and head and abs(head["y"] - edge["y"]) < 3


@pytest.mark.parametrize("paper, wide", [("A3", 1190), ("A4", 842)])
def test_a_written_map_prints_landscape_with_every_stage_and_a_head_on_each_sheet(written, tmp_path, paper, wide):
    with ridden() as study:
        for i in range(12): add_code(study, f"Later {i}", facet="stage", order=10 + i)
        for i in range(60): add_entry(study, f"note number {i} with some words to fill a line or two of the cell", lane="note", stage="Later 3")
        page = written(study, paper=paper, evidence=False)
        page.emulate_media(media="print")
        assert page.locator(".paper .corner").first.evaluate("el => getComputedStyle(el).position") == "static", "or it stands over a row of the sheet"
        assert page.locator(".screen").is_hidden() and page.locator(".paper").count() == (3 if paper == "A3" else 3)
        pdf = page.pdf(prefer_css_page_size=True)
    sizes = {(round(float(w)), round(float(h))) for w, h in re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", pdf)}
    assert len(sizes) == 1 and abs(next(iter(sizes))[0] - wide) <= 2
    (tmp_path / "p.pdf").write_bytes(pdf)
    words = subprocess.run([program("pdftotext"), "-layout", str(tmp_path / "p.pdf"), "-"], capture_output=True, text=True, check=True).stdout.split("\f")[:-1]
    for i in range(12): assert any(re.search(rf"Later {i}\b", w) for w in words), i
    assert all("Lane" in w for w in words), "the head is on every sheet"
