"""The three widgets in Jupyter Notebook 7: they show, a quote is coded without the mouse, no key wakes the notebook's command mode, and the row is
in the database."""

from __future__ import annotations


import nbformat
import pytest

STUDY = '''
import personabench as pb
study = pb.Study("{name}.db", coder="MB", create=True)
pb.import_sample(study)
{show}'''
# Keys that in command mode delete, paste, insert, merge and hide cells, turn one into words or a heading, or stop the kernel.
COMMANDS = ("d", "d", "v", "b", "y", "Shift+M", "j", "i", "i", "0", "0", "q", "c", "Shift+V")
CELLS = "[...jupyterapp.shell.currentWidget.content.model.cells].map(cell => cell.type)"
READY = {"CodingWidget": ".pb-cw .pb-turn", "CodebookWidget": ".pb-cb .pbk-row", "AdjudicationWidget": ".pb-aw .pa-option"}
FIRST = {"CodingWidget": ".pb-scroll", "CodebookWidget": ".pbk-row[tabindex='0']", "AdjudicationWidget": ".pa-list"}
ROOT = {"CodingWidget": ".pb-cw", "CodebookWidget": ".pb-cb", "AdjudicationWidget": ".pb-aw"}


def write(notebook, name: str, show: str, ready: str) -> None:
    cells = [nbformat.v4.new_code_cell(source) for source in (STUDY.format(name=name, show=show), "1 + 1")]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=kernel), notebook.server.root / f"{name}.ipynb")
    notebook.open(f"{name}.ipynb")
    assert notebook.page.evaluate("document.body.dataset.jpThemeLight") == "true", "a test begins in the light theme, whatever one before has left"
    notebook.console.clear()  # an error of Notebook 7's own: it asks for settings of a plugin that it has not loaded
    notebook.run_all()
    notebook.page.locator(ready).first.wait_for(timeout=30_000)


def keys(notebook, *names: str) -> None:
    for name in names: notebook.page.keyboard.press(name)


def mine(notebook) -> list[tuple[str, str, str]]:
    "The codings of the one who codes here, as the kernel reads them from the database."
    return notebook.ask("study.codings.query(\"coder == 'MB' and origin == 'manual' and source == 'P04'\")"
                        "[['code', 'quote', 'origin']].to_numpy().tolist()")


def test_a_quote_is_coded_and_undone_by_keyboard_alone(notebook):
    write(notebook, "coding", "w = pb.CodingWidget(study, 'P04')\nw", READY["CodingWidget"])
    page, before = notebook.page, mine(notebook)
    assert page.evaluate("jupyterapp.name") == "Jupyter Notebook" and page.evaluate("jupyterapp.version").startswith("7.")
    view = "document.querySelector('.pb-cw').parentElement.pbView"
    page.locator(".pb-scroll").focus()
    keys(notebook, "u", "s")  # the next turn without a coding, and a sentence of it
    words = page.evaluate(f"{view}.doc.text.slice({view}.sel.lo(), {view}.sel.hi())")
    assert len(words) > 3
    keys(notebook, "Enter")
    page.locator(".pb-option").first.wait_for()
    label = page.locator(".pb-option.pb-at .pb-label").inner_text()
    keys(notebook, "Enter")
    page.locator(".pb-live", has_text=f"as {label}").wait_for()
    page.locator(".pb-kept", has_text="saved").wait_for(timeout=20_000)
    page.wait_for_function(f"{view}.doc.list.every(c => !c.pending)")
    coded = [row for row in mine(notebook) if row not in before]
    assert coded == [[label, words, "manual"]]
    keys(notebook, *COMMANDS)
    assert page.evaluate(CELLS) == ["code", "code"], "no key reached the notebook's command mode"
    assert page.evaluate("document.activeElement.className") == "pb-scroll"
    keys(notebook, "Control+z")
    page.locator(".pb-live", has_text="Undone: code").wait_for(timeout=20_000)
    assert mine(notebook) == before
    assert words not in notebook.saved(), "the words are not in the saved notebook"
    keys(notebook, "Escape")
    assert not page.evaluate("document.activeElement.classList.contains('pb-scroll')")
    assert notebook.outside == [] and notebook.console == []


@pytest.mark.parametrize("name,show", [("CodingWidget", "pb.CodingWidget(study, 'P02')"), ("CodebookWidget", "pb.CodebookWidget(study)"),
                                       ("AdjudicationWidget", "pb.AdjudicationWidget(study, 'P02')")])
def test_each_widget_shows_in_light_and_dark_and_axe_finds_nothing(notebook, axe, painted, name, show):
    write(notebook, name, f"w = {show}\nw", READY[name])
    widget = notebook.page.locator(ROOT[name])
    widget.locator(FIRST[name]).first.focus()
    keys(notebook, *COMMANDS)
    assert notebook.page.evaluate(CELLS) == ["code", "code"] and widget.count() == 1, "no key reached the notebook's command mode"
    for _ in range(4):      # what the keys have opened first: palette, panel
        if widget.evaluate("el => el.contains(document.activeElement)"): keys(notebook, "Escape")
    assert not widget.evaluate("el => el.contains(document.activeElement)"), "Esc leaves the widget"
    for theme in ("Light", "Dark"):
        notebook.theme(f"JupyterLab {theme}")
        notebook.page.locator(ROOT[name] + ("[data-dark]" if theme == "Dark" else ":not([data-dark])")).wait_for(timeout=15_000)
        assert axe(notebook.page, ROOT[name]) == []
        widget.screenshot(path=notebook.shots / f"notebook7-{name}-{theme.lower()}.png")
        box = widget.bounding_box()
        assert box["width"] > 600 and box["height"] > 400
        if name == "CodingWidget":
            inks = notebook.page.evaluate("""(v => [...new Set(v.doc.list.map(c => c.code.inks[Number(v.dark)]))]
                .map(ink => [1, 3, 5].map(i => parseInt(ink.slice(i, i + 2), 16))))(document.querySelector(".pb-cw").parentElement.pbView)""")
            text, first = notebook.page.locator(".pb-scroll").bounding_box(), notebook.page.locator(".pb-stripes").first.bounding_box()
            top = max(text["y"], 0)
            margin = {"x": first["x"], "y": top, "width": 60, "height": min(text["y"] + text["height"], 900) - top}
            seen = painted(notebook.page, margin)
            assert sum(seen[tuple(ink)] for ink in inks) > 100, "the stripes have the inks of this theme"
    assert notebook.outside == [] and notebook.console == []
