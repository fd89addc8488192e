"""The adjudication widget inside JupyterLab: what only JupyterLab can show, its command mode, its themes, and what it saves."""

from __future__ import annotations


from .widget_pages import run_notebook

CELL = """
import personabench as pb
study = pb.Study("s.db", coder="MB", create=True)
pb.import_sample(study)
w = pb.AdjudicationWidget(study, "P02")
w"""


def test_keys_stay_in_the_widget_and_no_words_in_the_notebook(lab):
    run_notebook(lab, "adjudicate", CELL, "1 + 1", shown=".pb-aw .pa-option")
    page = lab.page
    page.locator(".pb-aw .pa-list").focus()
    # 'x' cuts a cell, 'a' adds one, 'o' folds output, digits make headings in command mode: here they decide.
    for key in ("1", "w", "x", "1", "a", "h", "h", "p", "n"): page.keyboard.press(key)
    page.locator(".pa-progress[aria-valuenow='4']").wait_for(timeout=30_000)
    page.get_by_text("✓ 41 agreed kept").wait_for(timeout=30_000)
    rows = lab.ask("study.codings.query(\"origin == 'adjudicated'\").groupby('coder').size().to_dict()")
    assert rows == {"consensus": 44} and lab.ask("study.memos['text'].str.contains('nothing kept').sum().item()") == 1
    assert page.locator(".jp-Cell").count() == 2, "no key reached the notebook"
    page.keyboard.press("Control+z")
    page.get_by_text("✓ 41 agreed kept").wait_for(state="detached", timeout=30_000)  # the announcement itself is gone again in a moment
    assert lab.ask("study.codings.query(\"origin == 'adjudicated'\").groupby('coder').size().to_dict()") == {"consensus": 3}
    lab.shot("adjudication_light")
    lab.theme("JupyterLab Dark")
    page.locator(".pb-aw[data-dark]").wait_for(timeout=30_000)
    lab.shot("adjudication_dark")
    page.locator(".pb-aw .pa-list").focus()
    saved = lab.saved()  # the chord is not ours
    assert "Run this cell to open it" in saved and "insurance" not in saved and "Northgate" not in saved
    page.locator(".pb-aw .pa-list").focus()
    page.keyboard.press("Escape")
    assert not page.evaluate("document.querySelector('.pb-aw').contains(document.activeElement)")
    assert not lab.outside and not lab.console
