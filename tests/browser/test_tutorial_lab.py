"""The first tutorial in JupyterLab, as a newcomer meets it: open, run all, see the journey chart, with the network off."""

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
