"""The codebook widget in a real Chromium on a bare page, with the real Python behind it: each gesture, and what the database then holds."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from personabench import codebook, coding, store
from personabench.codebook_widget import CodebookWidget
from personabench.study import Study

from .widget_pages import WidgetPage

TALK = ("The dock was full 😀. I walked to the next one. Nobody refills the docks on Mondays. <b>שלום</b> It took ten minutes. "
        "I pay by the minute and the price goes up. The app lies. I gave up.")
CODES = [("Waiting", "pain", None), ("Dock full", "pain", "Waiting"), ("No dock", "pain", "Waiting"), ("Price", "attitude", None), ("Gives up", "behaviour", None),
         ("Anger", "emotion", None), ("App", "touchpoint", None), ("<img src=x onerror=\"document.title='pwned'\">", "other", None)]
CODED = [("Dock full", "The dock was full 😀."), ("No dock", "The dock was full 😀."), ("No dock", "Nobody refills the docks"), ("Dock full", "It took ten minutes."),
         ("Price", "the price goes up"), ("Gives up", "I gave up.")]


def make_study(address: str | Path = ":memory:") -> Study:
    study = Study(address, coder="MB", create=True)
    with study.step("import", "import P01") as step:
        half = TALK.index("I pay")
        store.add_source(step, "P01", text=TALK, turns=[{"start": 0, "end": half - 1, "speaker": "Anna"}, {"start": half, "end": len(TALK), "speaker": "Ben"}],
                         speakers={"Anna": ("P01", "participant"), "Ben": ("P02", "participant")})
    for name, facet, parent in CODES: codebook.add_code(study, name, facet=facet, parent=parent)
    for order, name in enumerate(("Finding", "Riding", "Returning"), start=1): codebook.add_code(study, name, facet="stage", order=order)
    for name, quote in CODED: coding.code(study, name, source="P01", quote=quote)
    return study


class Bench(WidgetPage):
    "The codebook widget."
    live, pause = ".pbk-live", (40, 0)

    def __init__(self, page, study: Study): super().__init__(page, study, CodebookWidget(study))

    def ready(self) -> None:
        if not self.deaf: self.page.wait_for_function("(v => v.tree && v.later.here)(document.querySelector('#w').pbView)")

    def go(self, name: str) -> Bench:
        self.page.evaluate("name => { const v = document.querySelector('#w').pbView; v.rows.go(v.book().list.find(n => n.name === name).id); }", name)
        return self

    def row(self, name: str): return self.page.locator(".pbk-row", has=self.page.locator(f".pbk-name:text-is({json.dumps(name)})"))

    @property
    def at(self) -> str: return self.page.evaluate("document.activeElement.querySelector('.pbk-name')?.textContent ?? document.activeElement.tagName")

    @property
    def names(self) -> list[str]: return self.page.locator(".pbk-row .pbk-name").all_inner_texts()

    @property
    def codes(self):
        self.page.wait_for_timeout(60)
        return self.study.codes.set_index("code")

    def field(self, label: str): return self.page.locator(".pbk-side").get_by_label(label, exact=True)


@pytest.fixture
def bench(page) -> Iterator[Bench]:
    made = Bench(page, make_study())
    yield made
    assert not made.errors, made.errors[0]


# -- Tree ---------------------------------------------------------------------------------------------------------------------
def test_the_tree_says_what_it_is(bench):
    tree = bench.page.get_by_role("tree")
    assert tree.get_by_role("treeitem").count() == 11 and tree.get_attribute("aria-multiselectable") == "true"
    row = bench.row("Dock full")
    assert [row.get_attribute(f"aria-{a}") for a in ("level", "posinset", "setsize", "expanded")] == ["2", "1", "2", None]
    assert tree.get_by_role("treeitem", name="Dock full pain 2 codings 1 case", exact=True).count() == 1, "heard as it is seen"
    assert bench.row("Waiting").get_attribute("aria-expanded") == "true"
    assert bench.page.locator(".pbk-tree [tabindex='0']").count() == 1


def test_markup_in_names_is_words(bench):
    assert CODES[-1][0] in bench.names and bench.page.title() == "bench" and bench.page.locator(".pb-cb img").count() == 0


def test_arrows_home_end_and_letters_go_about(bench):
    bench.go("Finding").keys("ArrowDown")
    assert bench.at == "Riding"
    bench.keys("End")
    assert bench.at == "No dock"
    bench.keys("ArrowLeft")
    assert bench.at == "Waiting"
    bench.keys("ArrowLeft")
    assert bench.row("Waiting").get_attribute("aria-expanded") == "false" and "Dock full" not in bench.names
    bench.keys("ArrowRight", "ArrowRight")
    assert bench.at == "Dock full"
    bench.keys("Home")
    assert bench.at == "Finding"
    bench.type("ri")
    assert bench.at == "Riding"
    bench.page.wait_for_timeout(750)
    bench.keys("r")
    assert bench.at == "Returning"
    bench.page.wait_for_timeout(750)
    bench.type("gives up")
    assert bench.at == "Gives up" and bench.page.locator(".pbk-tree [aria-selected=true]").count() == 0, "a space within a name marks nothing"


def test_find_shows_what_fits_under_its_parents(bench):
    codebook.change_code(bench.study, "Price", definition="Money, in any currency")
    bench.page.wait_for_timeout(2300)
    bench.go("Finding").keys("/").type("dock")
    assert bench.names == ["Waiting", "Dock full", "No dock"] and bench.said == "2 codes found"
    bench.page.locator(".pbk-filter").fill("curren")
    assert bench.names == ["Price"]
    bench.page.locator(".pbk-filter").fill("nothing like it")
    assert bench.names == [] and "No code holds" in bench.page.locator(".pbk-empty").inner_text()
    bench.keys("Escape", "Escape")
    assert len(bench.names) == 11 and bench.at != "INPUT"


# -- Changing -----------------------------------------------------------------------------------------------------------------
def test_rename_in_the_row(bench):
    bench.go("Price").keys("F2")
    assert bench.at == "INPUT"
    bench.type("Cost").keys("Enter")
    assert "Cost" in bench.codes.index and bench.at == "Cost" and bench.said == "Renamed to Cost"
    bench.keys("F2").type("Waiting").keys("Enter")
    assert "Cost" in bench.codes.index and "merge the two" in bench.said
    bench.keys("Escape")
    assert "Cost" in bench.names
    bench.keys("F2").type("Nothing").keys("Escape")
    assert "Cost" in bench.codes.index and bench.at == "Cost"


def test_a_name_that_is_taken_is_there_to_be_corrected(bench):
    bench.go("Dock full").keys("F2").type("No dock").keys("Enter")
    field = bench.page.locator(".pbk-edit")
    field.wait_for()
    assert field.input_value() == "No dock" and "No dock" in bench.said
    bench.keys("End").type("s at all").keys("Enter")
    assert "No docks at all" in bench.codes.index and "Dock full" not in bench.codes.index
    bench.go("Finding").keys("Control+Enter").type("Price").keys("Enter")
    field.wait_for()
    assert field.input_value() == "Price"
    bench.keys("Escape")
    assert not field.count() and bench.codes.index.tolist().count("Price") == 1


def test_a_new_code_that_is_refused_late_is_asked_for_again_where_it_was_meant(bench):
    bench.go("Dock full")
    bench.page.evaluate("() => { const send = window.model.send, held = []; window.model.send = m => held.push(m);"
        " window.give = () => { window.model.send = send; held.forEach(m => send(m)); }; }")
    bench.keys("Control+Enter").type("Price").keys("Enter")
    bench.go("Finding")
    bench.page.evaluate("window.give()")
    field = bench.page.locator(".pbk-edit")
    field.wait_for()
    field.fill("Dock broken")
    bench.keys("Enter")
    row = bench.codes.loc["Dock broken"]
    assert row["parent"] == "Waiting" and row["facet"] == "pain"


def test_new_codes_beside_and_under(bench):
    bench.go("Dock full").keys("Control+Enter").type("Dock broken").keys("Enter")
    row = bench.codes.loc["Dock broken"]
    assert row["parent"] == "Waiting" and row["facet"] == "pain" and bench.at == "Dock broken"
    bench.keys("Control+Shift+Enter").type("Screen dark").keys("Enter")
    assert bench.codes.loc["Screen dark", "path"] == "Waiting / Dock broken / Screen dark"
    bench.keys("Control+Enter").keys("Escape")
    assert len(bench.codes) == 13
    bench.keys("Delete")
    assert "Screen dark" not in bench.codes.index
    bench.go("Waiting").keys("Delete")
    assert "merge it into another code" in bench.said and "Waiting" in bench.codes.index


def test_keys_move_a_code_in_the_tree(bench):
    bench.go("Price").keys("Control+ArrowRight")
    assert bench.codes.loc["Price", "parent"] == "Gives up" and bench.at == "Price"
    bench.keys("Control+ArrowLeft")
    assert bench.codes.loc["Price", "parent"] is None
    bench.keys("Control+x").go("Waiting").keys("Control+v")
    assert bench.codes.loc["Price", "path"] == "Waiting / Price"
    bench.keys("Alt+p").type("anger").keys("Enter")
    assert bench.codes.loc["Price", "path"] == "Anger / Price"
    bench.keys("Alt+p").type("the top").keys("Enter")
    assert bench.codes.loc["Price", "parent"] is None
    bench.go("Waiting").keys("Control+x").go("No dock").keys("Control+v")
    assert bench.codes.loc["Waiting", "parent"] is None and "own branch" in bench.said


def test_dragging_moves_and_orders(bench):
    bench.row("Price").drag_to(bench.row("Waiting"))
    assert bench.codes.loc["Price", "parent"] == "Waiting"
    bench.row("Finding").drag_to(bench.row("Riding"), target_position={"x": 60, "y": 28})
    assert bench.codes["order"].dropna().sort_values().index.tolist() == ["Riding", "Finding", "Returning"]
    bench.row("Riding").drag_to(bench.row("Finding"), target_position={"x": 60, "y": 15})
    assert bench.codes.loc["Riding", "parent"] == "Finding", "dropped on the middle: under it"
    box, m = bench.row("Price").bounding_box(), bench.page.mouse
    m.move(box["x"] + 60, box["y"] + 10)
    m.down()
    m.move(box["x"] + 70, box["y"] + 30, steps=3)
    drop = bench.page.locator(".pbk-drop").bounding_box()
    m.move(drop["x"] + 50, drop["y"] + 10, steps=4)
    m.up()
    assert bench.codes.loc["Price", "parent"] is None


def test_stages_change_places(bench):
    bench.go("Returning").keys("Control+ArrowUp")
    assert bench.codes["order"].dropna().sort_values().index.tolist() == ["Finding", "Returning", "Riding"]
    assert bench.names[:3] == ["Finding", "Returning", "Riding"] and bench.at == "Returning"
    bench.keys("Control+ArrowUp", "Control+ArrowUp")
    assert "first stage" in bench.said and bench.names[0] == "Returning"
    bench.go("Price").keys("Control+ArrowUp")
    assert "alphabet" in bench.said


def test_several_codes_at_once(bench):
    bench.go("Anger").keys("Space", "ArrowDown", "Space")
    assert bench.page.locator(".pbk-tree [aria-selected=true]").count() == 2 and "2 codes marked" in bench.page.locator(".pbk-title").inner_text()
    bench.keys("Alt+k").type("context").keys("Enter")
    assert bench.codes.loc[["Anger", "App"], "facet"].tolist() == ["context"] * 2
    bench.keys("Control+z")
    assert bench.codes.loc[["Anger", "App"], "facet"].tolist() == ["emotion", "touchpoint"] and "change facet of 2 codes" in bench.said
    bench.keys("Escape")
    assert bench.page.locator(".pbk-tree [aria-selected=true]").count() == 0
    bench.go("Dock full").keys("Shift+ArrowDown", "Alt+p").type("price").keys("Enter")
    assert bench.codes.loc[["Dock full", "No dock"], "parent"].tolist() == ["Price"] * 2


# -- Details ------------------------------------------------------------------------------------------------------------------
def test_details_are_kept_field_by_field(bench):
    bench.go("Anger")
    bench.field("Valence").select_option("−1 bad")
    bench.page.locator(".pbk-side").get_by_label("green", exact=True).check(force=True)
    bench.field("When to use it").fill("They are angry, and say so.")
    bench.keys("Tab").type("“I was furious”").keys("Enter").type("swearing").keys("Tab")
    row = bench.codes.loc["Anger"]
    assert row["valence"] == -1 and row["colour"] == "#24A86C"
    assert row["definition"] == "They are angry, and say so.\n\nInclude:\n- “I was furious”\n- swearing"
    assert "3.0:1 on light" in bench.page.locator(".pbk-colours + small").inner_text()
    bench.go("App")
    bench.field("Online").select_option("online")
    assert bench.codes.loc["App", "online"] is True
    bench.field("Facet").select_option("channel")
    assert bench.codes.loc["App", "facet"] == "channel"
    bench.go("Riding").keys("Enter")
    assert bench.page.evaluate("document.activeElement.value") == "Riding"
    bench.type("Cycling").keys("Enter")
    assert bench.codes.loc["Cycling", "order"] == 2 and bench.at == "Cycling"
    bench.field("Place among the stages").fill("9")
    bench.keys("Tab")
    assert bench.codes.loc["Cycling", "order"] == 9 and bench.names[2] == "Cycling"


def test_escape_takes_back_what_is_being_written_in_a_field(bench):
    bench.go("Dock full")
    was = bench.codes.loc["Dock full", "definition"]
    bench.field("When to use it").fill("something else")
    bench.keys("Escape")
    assert bench.codes.loc["Dock full", "definition"] is was or bench.codes.loc["Dock full", "definition"] == was
    assert bench.field("When to use it").input_value() == (was if isinstance(was, str) else "") and bench.at == "Dock full"


def test_what_is_kept_is_told_of_the_code_it_was_written_for(bench):
    bench.go("Dock full").field("When to use it").fill("No free dock.")
    bench.row("No dock").click()
    bench.page.locator(".pbk-live", has_text="Kept: definition of Dock full").wait_for()


def test_a_quote_becomes_an_example_without_its_words(bench):
    bench.go("Dock full").keys("Alt+q")
    bench.page.get_by_role("button", name="+ include").first.click()
    bench.keys("Escape")
    number = bench.study.rows("codings", code="Dock full")["coding_id"].iloc[0]
    assert bench.codes.loc["Dock full", "definition"] == f"Include:\n- [coding {number}]"
    assert bench.page.locator(".pbk-examples q").inner_text() == "The dock was full 😀."
    assert "dock was" not in bench.study.log["changes"].str.cat()


def test_typing_is_not_disturbed_by_news(bench):
    bench.go("Price")
    bench.field("When to use it").click()
    bench.type("What it costs")
    codebook.rename_code(bench.study, "App", to="The app")
    bench.page.wait_for_timeout(2400)
    assert "The app" in bench.names
    bench.type(" them").keys("Tab")
    assert bench.codes.loc["Price", "definition"] == "What it costs them"
    bench.go("Anger").keys("F2").type("Fu")
    codebook.rename_code(bench.study, "The app", to="App")
    bench.page.wait_for_timeout(2400)
    bench.type("ry").keys("Enter")
    assert "Fury" in bench.codes.index and "App" in bench.names


# -- Merge and split ----------------------------------------------------------------------------------------------------------
def test_merge_shows_what_will_change_and_does_just_that(bench):
    bench.go("No dock").keys("Alt+m").type("dock f").keys("Enter")
    plan = bench.page.locator(".pbk-plan li").all_inner_texts()
    assert plan == ["“No dock” ends; “Dock full” stays.", "1 coding moves.", "1 coding falls together with another on the same words by the same coder.",
                    "“Dock full” will have 3 codings by 1 case; now it has 2 by 1."]
    assert "No dock" in bench.codes.index, "looking changes nothing"
    bench.keys("Enter")
    assert "No dock" not in bench.codes.index and bench.codes.loc["Dock full", "codings"] == 3 and bench.at == "Dock full"
    bench.keys("Control+z")
    assert bench.codes.loc["No dock", "codings"] == 2 and "Undone: merge 'No dock' into 'Dock full'" in bench.said
    bench.keys("Control+Shift+z")
    assert "No dock" not in bench.codes.index
    bench.go("Price").keys("Alt+m").type("waiting").keys("Enter").keys("Escape")
    assert "Price" in bench.codes.index and bench.at == "Price"


def test_marked_codes_merge_into_one_of_them_with_a_word_on_facets(bench):
    bench.go("Anger").keys("Space").go("Gives up").keys("Space", "Alt+m", "Enter")
    assert bench.page.locator(".pbk-plan li").first.inner_text() == "“Anger” ends; “Gives up” stays.", "the one with most codings is offered first"
    assert bench.page.locator(".pbk-plan .pb-warn").inner_text() == "The facets differ: emotion becomes behaviour."


def test_split_takes_the_ticked_quotes(bench):
    bench.go("Dock full").keys("Alt+x").type("Loses time")
    assert bench.page.get_by_role("button", name="Split off 0 of 2").is_disabled()
    bench.page.locator(".pbk-side").get_by_placeholder("Only quotes with…").fill("minutes")
    bench.page.get_by_role("button", name="Tick all shown").click()
    bench.page.get_by_role("button", name="Split off 1 of 2").click()
    assert bench.codes.loc[["Dock full", "Loses time"], "codings"].tolist() == [1, 1] and bench.at == "Loses time"
    assert bench.codes.loc["Loses time", "parent"] == "Waiting"
    bench.go("Dock full").keys("Alt+x").type("Price").keys("Tab")
    bench.page.locator(".pbk-quotes input").first.check()
    bench.page.get_by_role("button", name="Split off 1 of 1").click()
    assert "has a code of that name" in bench.said and bench.page.get_by_role("button", name="Split off 1 of 1").is_enabled()


def test_enter_splits_and_says_what_is_missing(bench):
    bench.go("Dock full").keys("Alt+x", "Enter")
    assert "Give the new code a name" in bench.said
    bench.type("Loses time").keys("Enter")
    assert "Tick the quotes" in bench.said and "Loses time" not in bench.codes.index
    bench.page.locator(".pbk-quotes input").first.check()
    bench.keys("Control+Enter")
    assert bench.codes.loc[["Dock full", "Loses time"], "codings"].tolist() == [1, 1] and bench.at == "Loses time"


# -- History ------------------------------------------------------------------------------------------------------------------
def test_history_shows_the_codebook_as_it_was(bench):
    bench.go("Price").keys("F2").type("Cost").keys("Enter")
    bench.keys("Alt+l", "ArrowDown", "Enter")
    bench.page.wait_for_timeout(100)
    assert "Price" in bench.names and "now “Cost”" in bench.row("Price").inner_text()
    assert bench.page.locator(".pbk-then b").inner_text() == "add code 'Returning'"
    bench.go("Price").keys("F2")
    assert bench.at == "Price" and "as it was" in bench.said and "Price" not in bench.codes.index
    bench.keys("Escape")
    assert "Cost" in bench.names and bench.page.locator(".pbk-then").is_hidden()


# -- Manners ------------------------------------------------------------------------------------------------------------------
def test_unused_chords_pass_and_keys_do_not(bench):
    bench.page.evaluate("""window.heard = []; document.addEventListener('keydown', e => {
        window.heard.push([e.key, e.defaultPrevented, document.querySelector('.pb-cb').hasAttribute('data-lm-suppress-shortcuts')]); })""")
    bench.go("Price").keys("x", "d", "ArrowDown", "Control+s", "Control+z")
    assert bench.page.evaluate("window.heard.filter(k => k[0] !== 'Control')") == [["s", False, False]]
    bench.go("Price").keys("F2").keys("d")
    assert bench.page.evaluate("window.heard.filter(k => k[0] !== 'Control').length") == 1, "what is typed stays inside"
    assert bench.page.evaluate("document.querySelector('.pb-cb').hasAttribute('data-lm-suppress-shortcuts')")


def test_escape_leaves(bench):
    bench.go("Price").keys("Escape")
    assert bench.page.evaluate("document.activeElement.id") == "w"


def test_changes_made_elsewhere_appear_and_views_stay_in_step(bench):
    bench.second_view()
    bench.page.locator("#w2 .pbk-row").first.wait_for()
    bench.go("Price").keys("F2").type("Cost").keys("Enter")
    bench.page.wait_for_timeout(100)
    assert bench.page.locator("#w2 .pbk-row", has_text="Cost").count() == 1
    coding.code(bench.study, "Anger", source="P01", quote="The app lies.")
    codebook.add_code(bench.study, "Fresh")
    bench.page.wait_for_timeout(2400)
    for view in ("#w", "#w2"): assert bench.page.locator(f"{view} .pbk-row", has_text="Fresh").count() == 1
    assert bench.page.locator("#w").get_by_role("treeitem", name="Anger emotion 1 coding 1 case", exact=True).count() == 1


def test_read_only_says_so(page):
    study = make_study()
    study.readonly = True
    made = Bench(page, study)
    made.go("Price").keys("F2", "Delete", "Control+Enter", "Control+z")
    assert "read-only" in made.said and page.locator(".pbk-kept").inner_text().endswith("read-only") and len(study.codes) == 11
    assert made.field("Facet").is_disabled() and not made.errors


def test_an_empty_codebook_says_how_to_begin(page):
    made = Bench(page, Study(":memory:", coder="MB"))
    assert "No codes yet" in page.locator(".pbk-empty").inner_text()
    page.get_by_role("button", name="Add the first code").click()
    made.type("Waiting").keys("Enter")
    assert made.codes.index.tolist() == ["Waiting"] and made.at == "Waiting" and not made.errors


def test_what_is_not_acknowledged_waits_and_comes_again(bench):
    bench.deaf = True
    bench.go("Price").keys("F2").type("Cost").keys("Enter")
    assert bench.page.locator(".pbk-kept").inner_text().endswith("1 waiting") and "Price" in bench.codes.index
    bench.page.wait_for_timeout(7500)
    assert "1 change waits here" in bench.page.locator(".pbk-banner").inner_text()
    bench.page.reload()
    bench.deaf = False
    bench.mount()
    bench.page.wait_for_timeout(200)
    assert "Cost" in bench.codes.index and bench.page.evaluate("sessionStorage.length") == 0


def test_without_python_there_is_a_placeholder(bench):
    bench.deaf = True
    bench.page.reload()
    bench.mount()
    bench.page.wait_for_timeout(4200)
    assert "Run this cell" in bench.page.locator(".pbk-empty").inner_text()
