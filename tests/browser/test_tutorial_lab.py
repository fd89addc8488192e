"""The tutorials in JupyterLab, as a newcomer meets them: open, run all, see the journey chart, code in living widgets, all offline."""

from __future__ import annotations

import shutil
from pathlib import Path

import nbformat
import pytest

TUTORIAL = Path(__file__).resolve().parent.parent.parent / "nbs" / "tutorials" / "01_first_study.ipynb"


def write_notebook(path: Path, *sources: str) -> None:
    "Write a notebook of code cells."
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}}
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources], metadata=kernel), path)


def test_a_request_to_outside_would_be_seen(lab):
    write_notebook(lab.server.root / "outside.ipynb", "answer = 6 * 7",
                   "from IPython.display import HTML\nHTML('<img src=\"http://pictures.example/1.png\">')")
    lab.open("outside.ipynb")
    lab.run_all()
    lab.page.wait_for_timeout(500)
    assert set(lab.outside) == {"http://pictures.example/1.png"}
    assert lab.ask("answer") == 42


def test_an_error_in_a_cell_would_be_seen(lab):
    write_notebook(lab.server.root / "wrong.ipynb", "1 / 0", "2")
    lab.open("wrong.ipynb")
    with pytest.raises(AssertionError, match="ZeroDivisionError"):
        lab.run_all()


def test_first_tutorial_runs_and_draws_the_journey_offline(lab):
    folder = lab.server.root / "tutorial"
    folder.mkdir()
    shutil.copy(TUTORIAL, folder)
    lab.open("tutorial/01_first_study.ipynb")
    lab.run_all(seconds=240)
    assert not lab.errors()
    lab.page.locator(".jp-OutputArea-output .vega-embed :is(canvas, svg.marks)").first.wait_for(timeout=30_000)
    lab.page.wait_for_timeout(1000)
    charts = lab.charts()
    assert any(chart["width"] > 400 and chart["height"] > 150 and chart["ink"] > (1000 if chart["kind"] == "canvas" else 5) for chart in charts), charts
    for theme in ("Light", "Dark"):
        lab.theme(f"JupyterLab {theme}")
        assert lab.shot(f"tutorial-{theme.lower()}").stat().st_size > 20_000
    assert lab.outside == []


def test_coding_tutorial_runs_and_its_widgets_are_alive_offline(lab):
    shutil.copytree(TUTORIAL.parent, lab.server.root / "coding", ignore=shutil.ignore_patterns("*.db*", ".ipynb_checkpoints"))
    lab.open("coding/02_coding_interviews.ipynb")
    lab.run_all(seconds=240)
    assert not lab.errors()
    page = lab.page
    for part, count in ((".pb-cw", 2), (".pb-cb", 1), (".pb-aw", 1)):
        page.locator(part).nth(count - 1).wait_for(timeout=30_000)
        assert page.locator(part).count() == count
    page.locator(".pbk-row", has_text="Money held back").first.wait_for(timeout=30_000)
    page.locator(".pa-progress[aria-valuenow='1']").wait_for(timeout=30_000)  # decided by a cell below it
    pictures = "[...document.querySelectorAll('.jp-RenderedMarkdown img')]"
    page.wait_for_function(f"{pictures}.length === 18 && {pictures}.every(img => img.complete && img.naturalWidth > 1000)", timeout=30_000)

    # What the cells below coded, and a colleague, has come into the first widget; a category of stages is no stage.
    view = "[...document.querySelectorAll('*')].find(e => e.pbView)?.pbView"
    page.wait_for_function(f"{view}?.doc?.list.length === 10 && {view}.doc.list.some(c => c.coder === 'JK')", timeout=30_000)
    first = page.locator(".pb-cw").first
    assert first.locator(".pb-strip-part[aria-label='Stages'] .pb-chip").count() == 7

    # Exercise 1, as its answer says.
    scroll = first.locator(".pb-scroll")
    scroll.focus()
    page.keyboard.press("/")
    page.keyboard.type("rack")
    for key in ("Enter", "Escape", "s", "Enter"): page.keyboard.press(key)
    page.keyboard.type("full")
    page.keyboard.press("Enter")
    page.wait_for_function(f"{view}.doc.list.length === 11 && !{view}.doc.list.some(c => c.pending)", timeout=30_000)
    quote = "The rack at the hospital is full by twenty to six because everyone comes for the same shift."
    assert lab.ask("study.rows('codings', source='P01').query(\"code == 'Full dock'\")['quote'].tolist()") == [quote]

    # A coding that one went to is recoded where one looks: the palette opens at its words and stays inside the widget.
    page.evaluate(f"{view}.goTo({view}.doc.list.find(c => c.code.name === 'Full dock'))")
    page.keyboard.press("r")
    page.locator(".pb-popover input:focus").wait_for(timeout=10_000)
    boxes = "[v.root, v.picker.box, {getBoundingClientRect: () => v.rect(v.active.start, v.active.end)}].map(part => part.getBoundingClientRect().toJSON())"
    widget, palette, words = page.evaluate(f"(v => {boxes})({view})")
    assert widget["top"] <= palette["top"] and palette["bottom"] <= widget["bottom"]
    assert min(abs(palette["top"] - words["bottom"]), abs(words["top"] - palette["bottom"])) < 40
    page.keyboard.press("Escape")
    assert lab.shot("tutorial-coding").stat().st_size > 20_000
    assert lab.outside == [] and lab.console == []
