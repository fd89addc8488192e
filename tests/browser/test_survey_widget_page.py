"""The survey widget in a real Chromium on a bare page, with the real Python behind it: corrections, choices, undo, keys, and whether everybody can use it."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from personabench.survey import read_survey
from personabench.survey_widget import SurveyWidget

from .widget_pages import MOUNT, WidgetPage

EVIL = "<img src=x onerror=\"document.title='pwned'\">"


def made_survey() -> Any:
    i = np.arange(120)
    frame = pd.DataFrame({
        "respondent": [f"R{k:03}" for k in i], "easy": np.where(i % 17 == 0, 9, i % 5 + 1), "often": np.array(["never", "often", "sometimes"])[i % 3],
        "district": np.array(["Nord", "Süd", "West", EVIL])[i % 4], "age": 18 + (i * 7) % 50 + .5, "3. Bike": np.where(i % 2, "Bike", None),
        "3. Bus": np.where(i % 3, None, "Bus"), "3. Car": np.where(i % 5, None, "Car"), "words": np.array(["fast;cheap", "fast", "cheap;dry", "fast;dry"])[i % 4],
        "comment": [f"Answer {k} of several words that nobody else wrote" for k in i], "same": "yes"})
    return read_survey(frame.astype({"easy": "int64"}), dictionary=pd.DataFrame({"variable": ["easy"], "question": ["The app is easy to use"]}))


class Bench(WidgetPage):
    "The survey widget."
    live = ".pbv-live"

    def __init__(self, page: Any):
        super().__init__(page, None, SurveyWidget(made_survey()))  # type: ignore[arg-type]

    def mount(self) -> None:
        script, style = ((files("personabench") / "static" / f"survey_widget.{kind}").read_text("utf-8") for kind in ("js", "css"))
        self.page.evaluate(MOUNT, [script, style, self.widget.state, None])
        self.ready()

    def ready(self) -> None: self.page.locator("#w .pbv-name").first.wait_for()

    def name(self, variable: str) -> Any: return self.page.locator(f"#w [data-k={variable!r}]")

    @property
    def names(self) -> list[str]: return self.page.locator("#w tbody .pbv-name > span:last-child").all_inner_texts()


@pytest.fixture
def bench(page: Any) -> Iterator[Bench]:
    made = Bench(page)
    yield made
    assert not made.errors and page.title() == "bench", made.errors


@pytest.mark.browser
def test_a_level_is_corrected_and_undone_and_focus_stays(bench: Bench) -> None:
    bench.name("l:easy").select_option("numeric")
    bench.page.wait_for_function("document.querySelector('#w .pbv-live').textContent.includes('levels of easy')")
    assert bench.widget.survey.level("easy") == "numeric" and "'easy': 'numeric'" in bench.widget.code()
    bench.name("l:easy").focus()
    bench.keys("Control+z")
    bench.page.wait_for_function("document.querySelector('[data-k=\"l:easy\"]').value === 'ordinal'")
    assert bench.widget.survey.level("easy") == "ordinal" and bench.page.evaluate("document.activeElement.dataset.k") == "l:easy"
    assert bench.page.evaluate("window.strayed") == [], "no key reaches JupyterLab's command mode"
    bench.keys("Control+Shift+z")
    assert bench.widget.survey.level("easy") == "numeric"


@pytest.mark.browser
def test_an_impossible_correction_is_refused_with_its_cure(bench: Bench) -> None:
    bench.name("l:district").select_option("numeric")
    bench.page.wait_for_function("document.querySelector('#w .pbv-live').classList.contains('pbv-warn')")
    assert "not numbers" in bench.said and bench.name("l:district").input_value() == "nominal" and bench.widget.survey.level("district") == "nominal"


@pytest.mark.browser
def test_answers_questions_and_codes_of_no_answer_by_keyboard_alone(bench: Bench) -> None:
    bench.name("v:easy").focus()
    bench.keys("Enter")
    bench.name("m5:easy").focus()
    bench.keys("Space")
    assert bench.widget.survey.row("easy")["missing"] == 8 and bench.widget.survey.row("easy")["missing_codes"] == [[9, ""]]
    bench.name("a0:easy").fill("not at all")
    bench.keys("Tab")
    bench.name("question:easy").fill("Is it easy?")
    bench.keys("Enter")
    row = bench.widget.survey.row("easy")
    assert row["values"][0] == [1, "not at all"] and row["question"] == "Is it easy?"
    bench.name("m5:easy").focus()
    bench.keys("Space")
    assert bench.widget.survey.row("easy")["missing"] == 0 and bench.widget.survey.row("easy")["values"][0] == [1, "not at all"]
    again = {"survey": made_survey()}
    exec(bench.widget.code(), again)
    pd.testing.assert_frame_equal(again["survey"].variables, bench.widget.survey.variables)


@pytest.mark.browser
def test_choosing_single_variables_and_whole_questions(bench: Bench) -> None:
    bench.name("describes age").check()
    bench.name("segments g:3").uncheck()
    bench.keys()
    assert "age" not in bench.widget.variables and bench.widget.descriptors == ["age", "3. Bike", "3. Bus", "3. Car"]
    assert not [v for v in bench.widget.variables if v.startswith("3.")]
    assert bench.name("segments comment").is_disabled() and bench.name("segments same").is_disabled()
    bench.name("g:3").click()
    bench.name("segments 3. Bus").check()
    bench.keys()
    assert "3. Bus" in bench.widget.variables and bench.name("segments g:3").evaluate("e => e.indeterminate")


@pytest.mark.browser
def test_search_and_filter(bench: Bench) -> None:
    assert bench.names == ["easy", "often", "district", "age", "3", "words", "comment", "same"]
    bench.name("v:often").focus()
    bench.keys("/").type("bus")
    bench.keys()
    assert bench.names == ["3. Bus"]
    bench.keys("Escape")
    bench.name("filter").select_option("not used")
    assert bench.names == ["words", "comment", "same"] and "not used: everyone answered 'yes'" in bench.page.locator("#w tbody").inner_text()


@pytest.mark.browser
@pytest.mark.parametrize("look", ["light", "dark"])
def test_axe_finds_nothing_and_it_looks_right(bench: Bench, axe: Any, shots: Path, look: str) -> None:
    if look == "dark": bench.page.evaluate("document.body.style.background = '#111418'")
    bench.page.wait_for_function("dark => document.querySelector('#w > *').hasAttribute('data-dark') === dark", arg=look == "dark")
    assert axe(bench.page, "#w") == []
    for key in ("v:easy", "g:3", "v:age"): bench.name(key).click()
    bench.name("m5:easy").check()
    bench.name("l:district").select_option("numeric")
    bench.keys()
    assert axe(bench.page, "#w") == []
    bench.page.set_viewport_size({"width": 1100, "height": 760})
    bench.page.screenshot(path=shots / f"survey-widget-{look}.png")
    bench.page.set_viewport_size({"width": 420, "height": 760})
    assert bench.page.evaluate("document.querySelector('#w .pbv-main').scrollWidth - document.querySelector('#w .pbv-main').clientWidth") < 300
    assert axe(bench.page, "#w") == []


@pytest.mark.browser
def test_a_correction_that_nobody_hears_is_shown_as_not_kept_and_taken_back(bench: Bench) -> None:
    bench.page.evaluate("() => { const view = document.querySelector('#w .pbv').parentElement.pbView; window.real = view.model.send; window.view = view;"
                        " view.model.send = () => {}; }")
    bench.name("l:easy").select_option("numeric")
    bench.page.wait_for_function("!document.querySelector('#w .pbv-banner').hidden", timeout=20_000)
    bench.page.wait_for_function("document.querySelector('#w .pbv-banner').textContent.includes('Not kept so far: levels of easy')")
    assert bench.name("l:easy").input_value() == "ordinal" and bench.name("l:easy").is_disabled() and bench.widget.survey.level("easy") == "ordinal"
    bench.page.evaluate("() => { window.view.model.send = window.real; window.view.say({ type: 'ping' }); }")
    bench.page.wait_for_function("document.querySelector('#w .pbv-banner').hidden", timeout=20_000)
    assert bench.name("l:easy").is_enabled()
