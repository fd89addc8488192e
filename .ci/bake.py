"""Run notebooks and keep what they print: `python .ci/bake.py nbs/tutorials/01_first_study.ipynb ...`

Each runs in an empty folder of its own, so that nothing it writes ends up in the checkout. Charts are kept as pictures, because a live one needs a kernel to be seen;
of a widget its table is kept, because a view without its state shows an error. What a tutorial would download is taken from PERSONABENCH_REAL_DATA where that is set.
"""

from __future__ import annotations

import base64
import io
import re
import sys
import tempfile
from pathlib import Path

import nbclient
import nbformat

ROOT = Path(__file__).resolve().parent.parent
STILL = "import altair\naltair.renderers.enable('png', scale_factor=1)"
REAL = {"jupyter-2015": "surveys/jupyter-notebook-ux-2015/**/*.csv", "jupyter-2020": "surveys/jupyter-survey-2020/all_responses.csv",
        "jupyterlab-2018": "events/jupyterlab-usability-2018/jupyterlab_task_log.csv"}
PROGRESS = re.compile(r"\d%\|.*\| \d+/\d+ \[|, step \d+ of \d+: .*\[\d\d:\d\d")    # a bar that nobody watches any more
HERE = f"""
import os, pathlib, personabench
if folder := os.environ.get("PERSONABENCH_REAL_DATA"):
    personabench.download_sample = lambda name, folder=folder: sorted(pathlib.Path(folder).glob({REAL!r}[name]))
"""


def bake(path: Path) -> None:
    "Execute a notebook and write it back with its outputs and without counts."
    notebook = nbformat.read(path, 4)
    first = nbformat.v4.new_code_cell(STILL + HERE)
    notebook.cells.insert(0, first)
    with tempfile.TemporaryDirectory() as folder:
        nbclient.NotebookClient(notebook, timeout=900, resources={"metadata": {"path": folder}}).execute()
        for cell in notebook.cells:
            for output in cell.get("outputs", []):
                _tidy(output, folder)
    del notebook.cells[0]
    for cell in notebook.cells:
        cell.metadata = {}
        if cell.cell_type == "code":
            cell.execution_count = None
            cell.outputs = [o for o in cell.outputs if o.get("name") != "stderr" and not PROGRESS.search(str(o.get("data", {}).get("text/plain", "")))]
            for output in cell.outputs:
                output.pop("metadata", None) if output.output_type == "stream" else output.update(metadata={})
    notebook.metadata = {"kernelspec": {"display_name": "python3", "language": "python", "name": "python3"}}
    nbformat.write(notebook, path)


def _tidy(output: dict, folder: str) -> None:
    "Take counts and the names of this machine's folders out of an output."
    if "execution_count" in output:
        output["execution_count"] = None
    output.get("data", {}).pop("application/vnd.jupyter.widget-view+json", None)
    if "image/png" in output.get("data", {}):
        output["data"]["image/png"] = _smaller(output["data"]["image/png"])
    for place in (output.get("data", {}), output):
        for key in ("text/plain", "text/html", "text"):
            if isinstance(place.get(key), str):
                place[key] = place[key].replace(folder + "/", "").replace(f"{ROOT}/", "")
                place[key] = re.sub(r" at 0x[0-9a-f]+", "", place[key])


def _smaller(picture: str) -> str:
    "Return a chart with a palette of 128 colours, which is a third of the size and looks the same."
    from PIL import Image

    packed = io.BytesIO()
    Image.open(io.BytesIO(base64.b64decode(picture))).convert("RGB").quantize(128, dither=Image.Dither.NONE).save(packed, "PNG", optimize=True)
    return base64.b64encode(packed.getvalue()).decode()


if __name__ == "__main__":
    for name in sys.argv[1:]:
        bake(Path(name))
        print("ran", name)
