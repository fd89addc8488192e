"""The typing tool's page in a real browser, with nothing but the file: it says what Python says, by mouse and by keyboard, and asks for nothing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from personabench.survey import read_survey
from personabench.typing_tool import TypingTool, write_typing_form

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

TOWNS = [f"town {i}" for i in range(12)]


@pytest.fixture(scope="module", params=["logistic", "tree"])
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[TypingTool, Path]:
    "A tool with a quantity, a scale, a choice, a long list and hostile words, and its page."
    rng = np.random.default_rng(2)
    kind = rng.choice(3, 300)
    table = pd.DataFrame({"minutes": rng.normal(np.array([15, 30, 45])[kind], 8).round(1), "fun": (np.array([2, 3, 4])[kind] + rng.integers(-1, 2, 300)).clip(1, 5),
                          "pass": [rng.choice(["<b>year</b>", "day & night", "none"], p=p) for p in np.array([[.8, .1, .1], [.1, .8, .1], [.1, .1, .8]])[kind]],
                          "town": [TOWNS[int(i)] for i in (kind * 4 + rng.integers(0, 5, 300)) % 12]}).mask(rng.random((300, 4)) < .05)
    words = pd.DataFrame({"variable": ["fun", "pass"], "question": ["Riding is </script><script>document.title = 1</script> fun", "Which pass?"],
                          "labels": ["1=disagree|5=agree", ""]})
    survey = read_survey(table, dictionary=words)
    tool = TypingTool(method=request.param, folds=2, unassigned=.6).fit(survey, pd.Series(np.array(["Commuter", "Guest", "<i>Rare</i>"])[kind], index=survey.respondents))
    assert request.param == "tree" or len(tool.questions_) == 4
    return tool, write_typing_form(tool, tmp_path_factory.mktemp("typing") / "which.html", title="Which rider <are> you?")


@pytest.fixture
def page(browser: Browser, made: tuple[TypingTool, Path], request: pytest.FixtureRequest) -> Page:
    "The page opened from disk, without a network; every request and every message is noted."
    look = getattr(request, "param", {})
    page = browser.new_context(offline=True, viewport={"width": 900, "height": 900}, **look).new_page()
    page.asked = []
    page.on("request", lambda r: page.asked.append(r.url))
    page.on("console", lambda m: page.asked.append(m.text))
    page.on("pageerror", lambda e: page.asked.append(str(e)))
    page.goto(made[1].as_uri())
    return page


def fill(page: Page, tool: TypingTool, answers: dict) -> None:
    "Answer as a person would, except that it is quick."
    page.evaluate("""said => { const form = document.querySelector("#form");
        said.forEach((value, i) => {
            for (const one of form.querySelectorAll(`[name=q${i}]`)) if (one.type === "radio") one.checked = one.value === value; else one.value = value; });
        form.dispatchEvent(new Event("input")); }""", [answers[q] for q in tool.questions_])


def test_the_page_says_what_python_says_for_two_hundred_respondents(page: Page, made: tuple[TypingTool, Path]) -> None:
    tool, _ = made
    rng = np.random.default_rng(0)
    new = pd.DataFrame({"minutes": rng.uniform(-10, 90, 200).round(2).astype(object), "fun": rng.integers(1, 6, 200).astype(object),
                        "pass": rng.choice(["<b>year</b>", "day & night", "none"], 200), "town": rng.choice(TOWNS, 200)}, dtype=object)
    new = new.mask(rng.random((200, 4)) < .25, None)
    new.iloc[0] = None
    chances, who = tool.predict_proba(new), tool.predict(new)
    seen, answers = [], {q["name"]: [v for v, _ in q["answers"]] for q in tool._form["questions"] if "answers" in q}
    for _, row in new.iterrows():
        fill(page, tool, {q: "" if pd.isna(row[q]) else str(answers[q].index(row[q])) if q in answers else str(row[q]) for q in tool.questions_})
        seen.append(page.evaluate("""() => ({segment: document.querySelector("main").dataset.segment, said: document.querySelector("#said").textContent,
                                            chances: [...document.querySelectorAll("#chances data")].map(d => d.value)})"""))
    answered = new[tool.questions_].notna().any(axis=1).to_numpy()
    assert [s["segment"] for s in seen] == who.tolist() and 0 < (who == "unassigned").sum() < 150 and answered.sum() > 150
    told = np.array([s["chances"] for s, some in zip(seen, answered) if some], dtype="float64")
    assert np.abs(told - chances.to_numpy()[answered]).max() < 1e-6
    assert all(s["chances"] == [""] * 3 and s["said"] == "No answers yet" for s, some in zip(seen, answered) if not some)
    assert all(s["said"].startswith(f"Segment {w}: ") for s, w in zip(seen, who) if w != "unassigned")


def test_it_asks_for_nothing_and_runs_no_words(page: Page, made: tuple[TypingTool, Path]) -> None:
    assert page.asked == [made[1].as_uri()] and page.title() == "Which rider <are> you?"
    assert page.locator("h1").inner_text() == "Which rider <are> you?" and page.locator("main b, main i").count() == 0
    blocked = page.evaluate("""() => new Promise(tell => { document.addEventListener("securitypolicyviolation", e => tell(e.effectiveDirective));
        const more = document.createElement("script"); more.textContent = "document.title = 2"; document.body.append(more); })""")
    assert blocked.startswith("script-src") and page.title() != "2"


def test_the_keyboard_alone_answers_clears_and_hears_the_result(page: Page, made: tuple[TypingTool, Path]) -> None:
    tool, _ = made
    status = page.get_by_role("status")
    assert status.get_attribute("aria-live") == "polite" and "No answers yet" in status.inner_text()
    for _ in range(len(tool.questions_)):
        page.keyboard.press("Tab")
        kind = page.evaluate("document.activeElement.type")
        page.keyboard.press("ArrowDown") if kind != "number" else page.keyboard.type("41.5")
    assert f"{len(tool.questions_)} of {len(tool.questions_)} questions answered" in status.inner_text()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_function("document.querySelector('#said').textContent === 'No answers yet'")
    assert page.locator("fieldset").count() == len(tool.questions_)


@pytest.mark.parametrize("page", [{"color_scheme": "light"}, {"color_scheme": "dark"}], indirect=True)
def test_axe_finds_nothing_wrong(page: Page, made: tuple[TypingTool, Path], axe) -> None:
    fill(page, made[0], {q: "1" for q in made[0].questions_})
    assert axe(page, "html") == []


def test_a_phone_needs_no_sideways_scrolling_and_paper_gets_the_answers(browser: Browser, made: tuple[TypingTool, Path]) -> None:
    page = browser.new_context(offline=True, viewport={"width": 360, "height": 740}).new_page()
    page.goto(made[1].as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    small = page.evaluate("""[...document.querySelectorAll(".options label, select, input[type=number], button")]
        .filter(el => el.getBoundingClientRect().height < 44).length""")
    assert small == 0, "what is tapped is as large as a finger"
    page.emulate_media(media="print")
    assert not page.get_by_role("button").is_visible() and page.locator(".result").is_visible()
