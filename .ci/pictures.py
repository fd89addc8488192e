"""Make the pictures of the README from the fictional study: `python .ci/pictures.py` writes nbs/images/*.png."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat
from chromium import find_chromium

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
IMAGES = ROOT / "nbs" / "images"
SETTINGS = {"notebook-extension/tracker": {"windowingMode": "none"}, "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False}}


def journey_picture() -> None:
    "Draw the journey of everybody in the fictional study."
    import personabench as pb

    with pb.Study(":memory:", coder="MB") as study:
        pb.import_sample(study)
        chart = pb.chart_journey(pb.journey(study), lanes=("emotions", "touchpoints", "pains_gains"))
    pb.write_chart(chart, IMAGES / "journey.png")


@contextmanager
def jupyterlab(folder: Path) -> Iterator[str]:
    "Serve a folder with a JupyterLab of our own, with nobody's settings, and yield its address."
    own = {f"JUPYTER_{k}_DIR": f"{folder}/.{k}" for k in ("CONFIG", "DATA", "RUNTIME")}
    own |= {f"JUPYTERLAB_{k}_DIR": f"{folder}/.{k}" for k in ("SETTINGS", "WORKSPACES")}
    for name, values in SETTINGS.items():
        path = folder / ".SETTINGS" / "@jupyterlab" / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(values), "utf-8")
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    server = subprocess.Popen([sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", f"--port={port}", "--IdentityProvider.token=",
                               f"--ServerApp.root_dir={folder}", "--LabApp.news_url=None", "--LabApp.expose_app_in_browser=True",
                               "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate", "--LabApp.extension_manager=readonly"],
                              env={**os.environ, "PYTHONPATH": str(ROOT), **own}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(200):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/api/status", timeout=1)
                break
            except OSError:
                time.sleep(0.2)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(10)


@contextmanager
def chromium() -> Iterator[Browser]:
    "Start the browser that the tests use, too."
    from playwright.sync_api import sync_playwright

    flags = "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync"
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=find_chromium(), args=flags.split())
        yield browser
        browser.close()


def write_notebook(path: Path, *sources: str) -> None:
    "Write a notebook of code cells."
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources], metadata=kernel), path)


def coding_picture() -> None:
    "Photograph the coding of a quote in JupyterLab."
    code = 'import personabench as pb\nstudy = pb.Study("bikes.db", coder="MB", create=True)\n_ = pb.import_sample(study)\npb.CodingWidget(study, source="P01")'
    with tempfile.TemporaryDirectory() as folder, chromium() as browser, jupyterlab(Path(folder)) as url:
        write_notebook(Path(folder) / "coding.ipynb", code)
        page = browser.new_page(viewport={"width": 1240, "height": 1400}, device_scale_factor=1.5)
        page.goto(f"{url}/doc/tree/coding.ipynb")
        page.locator(".jp-Cell .cm-content").first.wait_for(timeout=90_000)
        time.sleep(4)
        page.locator(".jp-Cell .cm-content").first.click()
        page.keyboard.press("Control+Enter")
        words = page.get_by_text("very spoiled cat", exact=False).first
        words.wait_for(timeout=60_000)
        time.sleep(2)
        box = page.locator(".jp-OutputArea-output").last.bounding_box()
        page.screenshot(path=IMAGES / "coding.png", clip={**box, "height": min(box["height"], 760)})


if __name__ == "__main__":
    IMAGES.mkdir(exist_ok=True)
    journey_picture()
    coding_picture()
