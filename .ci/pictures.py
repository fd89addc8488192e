"""Make the pictures of the README from the fictional study: `python .ci/pictures.py` writes nbs/images/*.png."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
IMAGES = ROOT / "nbs" / "images"


def journey_picture() -> None:
    "Draw the journey of everybody in the fictional study."
    import personabench as pb

    with pb.Study(":memory:", coder="MB") as study:
        pb.import_sample(study)
        chart = pb.chart_journey(pb.journey(study), lanes=("emotions", "touchpoints", "pains_gains"))
    pb.write_chart(chart, IMAGES / "journey.png")


def coding_picture() -> None:
    "Photograph the coding of a quote in JupyterLab."
    import os
    import socket
    import subprocess
    import time
    import urllib.request

    import nbformat
    from playwright.sync_api import sync_playwright

    sys.path.insert(0, str(ROOT / ".ci"))
    from chromium import find_chromium

    code = 'import personabench as pb\nstudy = pb.Study("bikes.db", coder="MB", create=True)\n_ = pb.import_sample(study)\npb.CodingWidget(study, source="P01")'
    with tempfile.TemporaryDirectory() as folder, socket.socket() as s, sync_playwright() as play:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
        s.close()
        cells = [nbformat.v4.new_code_cell(code)]
        kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
        nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=kernel), Path(folder) / "coding.ipynb")
        env = {**os.environ, "PYTHONPATH": str(ROOT), **{f"JUPYTER_{k}_DIR": f"{folder}/.{k}" for k in ("CONFIG", "DATA", "RUNTIME")}}
        server = subprocess.Popen([sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", f"--port={port}", "--IdentityProvider.token=",
                                   f"--ServerApp.root_dir={folder}", "--LabApp.news_url=None",
                                   "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate", "--LabApp.extension_manager=readonly"],
                                  env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            for _ in range(200):
                try:
                    urllib.request.urlopen(f"http://127.0.0.1:{port}/api/status", timeout=1)
                    break
                except OSError:
                    time.sleep(0.2)
            flags = "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync"
            browser = play.chromium.launch(executable_path=find_chromium(), args=flags.split())
            page = browser.new_page(viewport={"width": 1240, "height": 1400}, device_scale_factor=1.5)
            page.goto(f"http://127.0.0.1:{port}/doc/tree/coding.ipynb")
            page.locator(".jp-Cell .cm-content").first.wait_for(timeout=90_000)
            time.sleep(4)
            page.locator(".jp-Cell .cm-content").first.click()
            page.keyboard.press("Control+Enter")
            words = page.get_by_text("very spoiled cat", exact=False).first
            words.wait_for(timeout=60_000)
            time.sleep(2)
            box = page.locator(".jp-OutputArea-output").last.bounding_box()
            page.screenshot(path=IMAGES / "coding.png", clip={**box, "height": min(box["height"], 760)})
        finally:
            server.terminate()


if __name__ == "__main__":
    IMAGES.mkdir(exist_ok=True)
    journey_picture()
    coding_picture()
