"""The tutorials as one reads and runs them.

Their pictures are there and small, the keys that they name are the widgets' own, what is kept of a widget can be read, and a second run finds what the first one did.
"""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import pandas as pd
import pytest

import personabench as pb
from personabench.adjudication_widget import ADJUDICATION_KEYS
from personabench.codebook_widget import CODEBOOK_KEYS
from personabench.coding_widget import KEYS

ROOT = Path(__file__).resolve().parent.parent
TUTORIALS = sorted((ROOT / "nbs" / "tutorials").glob("[0-9]*.ipynb"))
CODING = ROOT / "nbs" / "tutorials" / "02_coding_interviews.ipynb"
IMAGES = ROOT / "nbs" / "tutorials" / "images"
each_tutorial = pytest.mark.parametrize("tutorial", TUTORIALS, ids=lambda path: path.stem)


def told(tutorial: Path) -> str:
    "Return all that a tutorial says between its code."
    return "\n\n".join(cell.source for cell in nbformat.read(tutorial, 4).cells if cell.cell_type == "markdown")


def test_pictures_are_there_small_described_and_all_used():
    shown = [picture for tutorial in TUTORIALS for picture in re.findall(r"!\[([^\]]*)\]\(([^)]+)\)", told(tutorial))]
    assert sorted(path for _, path in shown) == [f"images/{path.name}" for path in sorted(IMAGES.glob("*"))]
    assert all(len(words) > 60 for words, _ in shown), "a picture that a reader who cannot see it would miss"
    for path in IMAGES.glob("*"):
        assert path.read_bytes().startswith(b"\x89PNG") and 10_000 < path.stat().st_size < 120_000, path.name


def test_the_script_makes_just_these_pictures():
    script = (ROOT / ".ci" / "steps_pictures.py").read_text("utf-8")
    assert set(re.findall(r'take\("([^"]+)"', script)) == {path.name for path in IMAGES.glob("*")}


def test_steps_are_numbered_and_each_has_its_picture():
    text = told(CODING)
    steps = [int(n) for n in re.findall(r"\*\*Step (\d+)\.\*\*", text)]
    assert steps == list(range(1, len(steps) + 1))
    assert [int(n) for n in re.findall(r"!\[Step (\d+):", text)] == steps


def test_the_keys_in_the_text_are_keys_of_the_widgets():
    names = {"Ctrl": "mod", "Cmd": "mod", "Esc": "escape", "→": "arrowright"}
    chords = re.findall(r"<kbd>[^<]+</kbd>(?:\+<kbd>[^<]+</kbd>)*", told(CODING))
    pressed = {"+".join(names.get(part, part.lower()) for part in re.findall(r"<kbd>([^<]+)</kbd>", chord)) for chord in chords}
    moves = {"mod", "shift", "alt", "tab", "mod+arrowright", "mod+enter", "shift+enter", *"123456789", *(f"shift+{i}" for i in range(1, 10))}
    assert len(pressed) > 25 and pressed <= moves | {key for keys in (KEYS, CODEBOOK_KEYS, ADJUDICATION_KEYS) for key in keys.values()}


@each_tutorial
def test_what_is_kept_of_a_widget_can_be_read_without_one(tutorial: Path):
    cells = [cell for cell in nbformat.read(tutorial, 4).cells if cell.cell_type == "code"]
    assert any(cell.outputs for cell in cells), "not baked: python .ci/bake.py"
    kept = [output["data"] for cell in cells for output in cell.outputs if "data" in output]
    assert not any("application/vnd.jupyter.widget-view+json" in data for data in kept), "a view without its state: JupyterLab would show an error"
    widgets = [cell.outputs[-1]["data"]["text/html"] for cell in cells if re.search(r"\bpb\.\w+Widget\(", cell.source)]
    if tutorial == CODING:
        assert len(widgets) == 4 and "card page just went white" in widgets[0]
        assert not any("insurance company" in table for table in widgets[1:]), "words that nobody asked to save"


@pytest.mark.real
@pytest.mark.slow
def test_the_tutorial_of_logs_says_of_the_real_sessions_what_it_keeps(real_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    "Its own assertions hold, and what is stored of it is what the program answers: funnel, success, quotes."
    import runpy

    import nbclient

    monkeypatch.setenv("PERSONABENCH_REAL_DATA", str(real_data))
    kept = nbformat.read(ROOT / "nbs" / "tutorials" / "12_journeys_from_logs.ipynb", 4)
    now = nbformat.read(ROOT / "nbs" / "tutorials" / "12_journeys_from_logs.ipynb", 4)
    now.cells.insert(0, nbformat.v4.new_code_cell(runpy.run_path(str(ROOT / ".ci" / "bake.py"))["HERE"]))
    nbclient.NotebookClient(now, timeout=600, resources={"metadata": {"path": str(tmp_path)}}).execute()

    def printed(cells: list) -> list[str]:
        return ["".join(o.text for o in cell.outputs if o.get("name") == "stdout") for cell in cells if cell.cell_type == "code"]
    assert printed(now.cells[1:]) == printed(kept.cells) and "18, 90 % (70–97 %) of all" in "".join(printed(kept.cells))


def cell_of_logs(words: str) -> str:
    "Return the one cell of the tutorial of logs that holds the words."
    (found,) = [c.source for c in nbformat.read(ROOT / "nbs" / "tutorials" / "12_journeys_from_logs.ipynb", 4).cells if c.cell_type == "code" and words in c.source]
    return found


def test_the_tutorial_of_logs_imports_what_a_failed_run_has_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    cell, answers = cell_of_logs('pb.Study("jupyter-2015.db"'), ["it is slow", "plots", "merging"]
    asked = pd.DataFrame([answers, [None, "cells", None]], columns=["hinders", "pleasant", "difficult"])
    names = {"pb": pb, "pd": pd, "asked": asked, "questions": {"What hinders": 0, "Pleasant": 1, "Difficult": 2}, "first": [0, 1, 2, 3]}
    with pytest.raises(NameError): exec(cell, {**names})      # nothing was downloaded
    files = [tmp_path / f"{theme}_themes.csv" for theme in ("hinderances", "pleasant_aspects", "difficult_aspects")]
    for file, theme in zip(files, (["speed", None], ["ux", "ux,cells"], ["git", None])): pd.DataFrame({file.stem: theme}).to_csv(file, sep=";")
    with pytest.raises(StopIteration): exec(cell, {**names, "files": files[:1]})      # it broke off between two questions
    for _ in range(2):
        exec(cell, known := {**names, "files": files})
        wrote = known["wrote"]
        assert wrote.pains["pain"].tolist() == ["speed (what hinders)", "git (difficult)"] and wrote.gains["people"].tolist() == [2, 1]
        assert len(known["open_answers"].sources) == 4 and len(known["open_answers"].codes) == 7, "what is there already is found, not doubled"


def test_the_tutorial_of_logs_imports_notes_whose_codes_are_there_already(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    pb.add_code(pb.Study("lab.db", coder="words", create=True), "Files", facet="stage", order=1)
    sheet = pd.DataFrame({"person": ["U01", "U02"], "stage": ["Files", "Git"], "notes": ["did not see the menu", "likes it"]})
    for _ in range(2):
        exec(cell_of_logs('pb.Study("lab.db"'), known := {"pb": pb, "pd": pd, "sheet": sheet, "blocks": ["Files", "Git"]})
        assert len(known["lab"].sources) == 2 and known["lab"].codings.groupby("facet").size().to_dict() == {"emotion": 1, "pain": 1, "stage": 2, "touchpoint": 1}


def test_the_readmes_python_runs_as_it_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (block,) = re.findall(r"^```python\n(.*?)^```$", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE | re.DOTALL)
    monkeypatch.chdir(tmp_path)
    made: dict = {}
    exec(compile(block, "README.md", "exec"), made)  # noqa: S102
    with made["study"] as study:
        assert study.codings["quote"].tolist() == ["The rack at the hospital is full by twenty to six"] and len(study.surveys) == 1
    assert len(list((tmp_path / "personas").glob("*.yaml"))) == len(made["personas"]) > 1
    assert "rack at the hospital" in (tmp_path / "report" / "index.html").read_text("utf-8")


@pytest.mark.slow
def test_the_tutorial_of_journeys_runs_to_its_end_without_the_extra_for_slides(tmp_path: Path):
    import nbclient

    notebook = nbformat.read(ROOT / "nbs" / "tutorials" / "11_journeys.ipynb", 4)
    assert 'pip install "personabench[slides]"' in notebook.cells[0].source, "who has to install something learns it at the start"
    hidden = "import importlib.util as u, sys\nsys.modules['pptx'] = None\nfind = u.find_spec\nu.find_spec = lambda name, *a: None if name == 'pptx' else find(name, *a)"
    charts = re.compile(r"^(pb\.chart_\w+\(.*\)|chart|journeys)$", re.MULTILINE)                 # their pictures take the time and are looked at elsewhere
    for cell in notebook.cells: cell.source = charts.sub("", cell.source) if cell.cell_type == "code" else cell.source
    notebook.cells.insert(0, nbformat.v4.new_code_cell(hidden))
    nbclient.NotebookClient(notebook, timeout=600, resources={"metadata": {"path": str(tmp_path)}}).execute()
    assert {"journey.png", "journey.xml", "journey.mmd", "journey-map.html"} <= {p.name for p in tmp_path.iterdir()} and not (tmp_path / "journey.pptx").exists()
    assert len(list((tmp_path / "tables").glob("*.csv"))) > 10
    said = "".join(o.get("text", "") for cell in notebook.cells if cell.cell_type == "code" for o in cell.outputs)
    assert "No slides without one library more" in said


@pytest.mark.slow
def test_the_coding_tutorial_can_be_run_again_where_it_lies(tmp_path: Path):
    import nbclient

    def run() -> dict[str, str]:
        notebook = nbformat.read(CODING, 4)
        nbclient.NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(tmp_path)}}).execute()
        return {cell.source: "".join(output.get("data", {}).get("text/plain", "") for output in cell.outputs) for cell in notebook.cells if cell.cell_type == "code"}

    first, second = run(), run()
    (codings,) = [source for source in first if "row.quote == text" in source]
    assert "autocode" in first[codings]
    assert second[codings].count("me") == first[codings].count("me"), "what is there already is found, not doubled"


@pytest.mark.slow
@pytest.mark.parametrize("number", ["08", "09", "10"])
def test_a_tutorial_leaves_the_readers_own_study_alone_and_needs_no_test_tools(number: str, tmp_path: Path):
    "In the folder that `personabench new` makes: a persona, settings and a study of the reader's stay as they were; 09 says how to get pytest."
    import nbclient

    (tmp_path / "personas").mkdir()
    own = {tmp_path / "personas" / "2026-05-a.yaml": "mine: true\n", tmp_path / "study.db": "no study",
           tmp_path / "personabench.toml": '[check]\nquote-verbatim = "off"\n'}
    for path, text in own.items(): path.write_text(text, "utf-8")
    (tutorial,) = [path for path in TUTORIALS if path.name.startswith(number)]
    notebook = nbformat.read(tutorial, 4)
    notebook.cells = [cell for cell in notebook.cells if not cell.source.startswith("#| eval: false")]
    notebook.cells.insert(0, nbformat.v4.new_code_cell("import sys\nsys.modules['pytest'] = None"))   # as where it is not installed
    nbclient.NotebookClient(notebook, timeout=600, resources={"metadata": {"path": str(tmp_path)}}).execute()
    assert {path: path.read_text("utf-8") for path in own} == own
    assert {path.name for path in tmp_path.iterdir()} == {"personas", "personabench.toml", "study.db", f"tutorial-{number}"}
    assert len([*(tmp_path / "personas").iterdir()]) == 1
    if number == "09":
        said = {cell.source: "".join(o.get("text", "") for o in cell.outputs) for cell in notebook.cells if cell.cell_type == "code"}
        (section,) = [text for source, text in said.items() if source.startswith("from importlib.util import find_spec")]
        assert "%pip install pytest" in section and not any("passed" in text for text in said.values())
        (damaged,) = [source for source in said if source.startswith("quoted = ")]
        shown = next(cell for cell in notebook.cells if cell.source == damaged).outputs[-1]["data"]["text/plain"]
        assert "quote-verbatim" in shown, "settings of the reader's do not hold in the tutorial"
