"""The journey map in JupyterLab: what is written there is in the study, undo is shared with cells, keys stay inside, and the notebook keeps none of the words."""

from __future__ import annotations


from .test_notebook7 import CELLS, COMMANDS, keys, write
from .widget_pages import run_notebook

STUDY = r'''
import personabench as pb
from personabench import store
study = pb.Study("rides.db", coder="MB", create=True)
talks = {"P01": "The card page hung twice. I was furious. The ride was a dream.", "P02": "Paying failed. It annoyed me. The hill was easy.",
         "P03": "Paying hung. I gave up. I rode later."}
with study.step("import", "three talks") as step:
    for case, text in talks.items():
        store.add_source(step, case, text=text, turns=[{"start": 0, "end": len(text), "speaker": case}], speakers={case: (case, "participant")})
for order, name in enumerate(["Sign-up", "Ride"]): pb.add_code(study, name, facet="stage", order=order)
pb.add_code(study, "Payment fails", facet="pain")
pb.add_code(study, "Furious", facet="emotion", valence=-2)
for case, text in talks.items():
    first, second, third = (s.strip() + "." for s in text.rstrip(".").split("."))
    pb.code(study, "Sign-up", source=case, quote=f"{first} {second}")
    pb.code(study, "Ride", source=case, quote=third)
    pb.code(study, "Payment fails", source=case, quote=first)
    pb.code(study, "Furious", source=case, quote=second)
'''
ROWS = "study.entries[['lane', 'stage', 'text']].values.tolist()"


def test_what_is_written_in_the_map_is_in_the_study_and_undo_is_shared(lab):
    run_notebook(lab, "map", STUDY, "chart = pb.JourneyMap(study, pb.journey(study))\nchart", shown=".pbm-pains .pbm-item")
    page = lab.page
    pain = page.locator(".pbm-pains .pbm-item")
    assert "3 of 3 people" in pain.inner_text().replace("\u00a0", " ")
    pain.click()
    page.locator(".pbm-panel li").first.wait_for(timeout=20_000)
    assert page.locator(".pbm-panel li").count() == 3
    page.get_by_role("button", name="Make it a strategy").click()
    page.keyboard.type("Retry by itself; dd, x, a and b stay words")
    page.keyboard.press("Control+Enter")
    page.locator(".pbm-live:has-text('Saved: add strategy to Sign-up.')").wait_for(timeout=20_000)
    assert lab.ask(ROWS) == [["strategy", "Sign-up", "Retry by itself; dd, x, a and b stay words"]]
    assert lab.ask("len(study.entries['evidence'].iloc[0])") == 3
    page.keyboard.press("Alt+ArrowRight")
    page.locator(".pbm-live:has-text('move strategy from Sign-up to Ride')").wait_for(timeout=20_000)
    assert lab.ask(ROWS)[0][1] == "Ride" and page.evaluate("document.activeElement.dataset.k") == "e:1"
    for key in ("d", "d", "a", "b", "x", "m"): page.keyboard.press(key)
    page.locator(".pbm-entry").drag_to(page.locator("[data-lane=opportunity] [data-stage='Sign-up']"))
    page.locator(".pbm-live:has-text('move strategy from Ride to opportunity, Sign-up')").wait_for(timeout=20_000)
    assert lab.ask(ROWS)[0][:2] == ["opportunity", "Sign-up"]
    assert lab.ask("pb.undo(study)") == "move strategy from Ride to opportunity, Sign-up"
    page.locator("[data-lane=strategy] [data-stage=Ride] .pbm-entry").wait_for(timeout=20_000)
    page.locator("[data-lane=strategy] [data-stage=Ride] .pbm-entry").focus()
    page.keyboard.press("Control+z")
    page.locator(".pbm-live:has-text('Undone: move strategy from Sign-up to Ride')").wait_for(timeout=20_000)
    assert lab.ask(ROWS)[0][:2] == ["strategy", "Sign-up"] and page.locator(".jp-Cell").count() == 2, "no key reached the notebook's command mode"
    page.locator(".pbm").screenshot(path=lab.shots / "map-lab-light.png")
    outputs = lab.saved()
    assert "run this cell" in outputs and "Retry" not in outputs and "Payment fails" not in outputs and "hung" not in outputs
    lab.theme("JupyterLab Dark")
    page.locator(".pbm[data-dark]").wait_for(timeout=10_000)
    page.locator(".pbm").screenshot(path=lab.shots / "map-lab-dark.png")
    assert lab.outside == [] and lab.console == []


def test_the_map_draws_and_is_written_in_notebook_7_without_a_network(notebook, axe):
    write(notebook, "map7", "w = pb.JourneyMap(study, pb.journey(study))\nw", ".pbm-pains .pbm-item")
    page = notebook.page
    assert page.evaluate("jupyterapp.name") == "Jupyter Notebook" and page.locator(".pbm-head").count() == 7 and page.locator(".pbm-point").count() == 7
    assert "13 of 14 people" in page.locator("[data-lane=opportunity] [data-stage='Sign-up']").inner_text().replace("\u00a0", " ")
    page.locator(".pbm-pains .pbm-item", has_text="Payment fails").first.click()
    page.locator(".pbm-panel li").first.wait_for(timeout=20_000)
    keys(notebook, "Escape", *COMMANDS)
    assert page.evaluate(CELLS) == ["code", "code"], "no key reached the notebook's command mode"
    page.locator("[data-k='+note:Support']").focus()
    keys(notebook, "Enter")
    page.keyboard.type("Ask the desk; dd and b stay words")
    keys(notebook, "Control+Enter")
    page.locator(".pbm-live:has-text('Saved: add note to Support.')").wait_for(timeout=20_000)
    assert notebook.ask("study.entries[['lane', 'stage', 'text']].values.tolist()") == [["note", "Support", "Ask the desk; dd and b stay words"]]
    for theme in ("Light", "Dark"):
        notebook.theme(f"JupyterLab {theme}")
        page.locator(".pbm" + ("[data-dark]" if theme == "Dark" else ":not([data-dark])")).wait_for(timeout=15_000)
        assert axe(page, ".pbm") == []
        page.locator(".pbm").screenshot(path=notebook.shots / f"notebook7-map-{theme.lower()}.png")
    assert notebook.outside == [] and notebook.console == []
