"""The codebook widget in JupyterLab, beside the coding widget: one undo for both, keys that stay inside, a saved notebook without names, light and dark."""

from __future__ import annotations


from .widget_pages import run_notebook

STUDY = r'''
import personabench as pb
from personabench import store
study = pb.Study(":memory:", coder="MB")
with study.step("import", "import P01") as step: store.add_source(step, "P01", text="The dock was full. I walked to the next one.")
for name, facet in (("Dock full", "pain"), ("No dock", "pain"), ("Walks instead", "behaviour"), ("<img src=x onerror=alert(1)>", "other")):
    pb.add_code(study, name, facet=facet)
pb.code(study, "Dock full", source="P01", quote="The dock was full.")
'''
ROW = ".pbk-row:has(.pbk-name:text-is('{}'))"


def press(lab, *keys: str) -> None:
    for key in keys:
        lab.page.keyboard.press(key)
        lab.page.wait_for_timeout(60)


def test_rename_merge_and_undo_without_waking_the_notebook(lab):
    run_notebook(lab, "codebook", STUDY, "book = pb.CodebookWidget(study)\nbook", "coder = pb.CodingWidget(study, 'P01')\ncoder", shown=".pbk-row")
    lab.page.locator(ROW.format("No dock")).click()
    press(lab, "F2")
    lab.page.keyboard.type("Dock empty")
    press(lab, "Enter")
    lab.page.locator(ROW.format("Dock empty")).wait_for()
    press(lab, "Alt+m")
    lab.page.keyboard.type("dock full")
    press(lab, "Enter")
    lab.page.locator(".pbk-plan").wait_for()
    press(lab, "Enter")
    lab.page.locator(ROW.format("Dock empty")).wait_for(state="detached")
    press(lab, "d", "d", "x", "a", "b", "m")
    lab.page.wait_for_timeout(300)
    assert lab.page.locator(".jp-Cell").count() == 3, "no key reached the notebook's command mode"
    order = lab.page.locator(".jp-Cell .jp-InputPrompt").all_inner_texts()
    for inside in (".pbk-row[tabindex='0']", ".pb-cw .pb-scroll"):
        lab.page.locator(inside).first.focus()
        press(lab, "Control+a", "Control+Shift+ArrowUp", "Control+Shift+ArrowDown", "Control+Enter", "Control+Shift+Enter")
    lab.page.wait_for_timeout(300)
    assert lab.page.locator(".jp-Cell .jp-InputPrompt").all_inner_texts() == order, "no cell was moved or run"
    assert lab.page.locator(".jp-Cell.jp-mod-multiSelected").count() == 0
    assert lab.ask("study.codes['code'].tolist()") == ["<img src=x onerror=alert(1)>", "Dock full", "Walks instead"]
    lab.page.locator(".pb-cw .pb-tool[aria-label^='Undo: merge']").click(timeout=10_000)  # the coding widget takes back what was done here
    lab.page.locator(ROW.format("Dock empty")).wait_for(timeout=10_000)
    lab.page.locator(ROW.format("Dock empty")).click()
    outputs = lab.saved()
    assert "run this cell" in outputs and "Dock" not in outputs, "saved by a chord that passed through, without a word of the codebook"
    assert lab.outside == [] and lab.console == []


def test_light_and_dark_and_a_widget_that_was_saved(lab):
    run_notebook(lab, "looks", STUDY, "book = pb.CodebookWidget(study)\nbook", shown=".pbk-row")
    lab.page.locator(ROW.format("Dock full")).click()
    lab.page.locator(".pb-cb").screenshot(path=lab.shots / "codebook_light.png")
    lab.theme("JupyterLab Dark")
    lab.page.locator(".pb-cb[data-dark]").wait_for(timeout=10_000)
    lab.page.locator(".pb-cb").screenshot(path=lab.shots / "codebook_dark.png")
    lab.theme("JupyterLab Light")
    lab.page.locator(".pb-cb:not([data-dark])").wait_for(timeout=10_000)
    assert lab.outside == [] and lab.console == []
