"""A JupyterLab of our own on loopback and a real Chromium in front of it.

The server has its own configuration, data, runtime and settings folders, so nothing of the person running the tests is read or changed. Every request that a page
sends to anything but loopback is recorded; the browser cannot resolve other hosts anyway, so a forgotten address fails here as it would on a train.
"""

from __future__ import annotations

import ast
import base64
import json
import os
import re
import runpy
import socket
import subprocess
import sys
import time
import urllib.request
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ROOT = Path(__file__).resolve().parent.parent.parent
CI = os.environ.get("CI", "").lower() in {"1", "true", "yes"}
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-dev-shm-usage", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost")
SETTINGS = {
    # All cells in the page: by default JupyterLab takes those out of sight away, and a test would have to scroll to see them.
    "notebook-extension/tracker": {"windowingMode": "none"},
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def chromium() -> str:
    "The path of a Chromium or Chrome. Without one: skipped with the cure, but failed in CI."
    finder = runpy.run_path(str(ROOT / ".ci" / "chromium.py"))
    path = finder["find_chromium"]()
    if path is None:
        (pytest.fail if CI else pytest.skip)(finder["CURE"])
    return path


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Browser]:
    "The browser, started once."
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        yield started
        started.close()


@pytest.fixture(scope="session")
def painted() -> Callable[[Page, dict[str, float]], Counter[tuple[int, int, int]]]:
    "Count the colours in a part of a screenshot: painted(page, box) -> colour: how many pixels."
    def count(page: Page, box: dict[str, float]) -> Counter[tuple[int, int, int]]:
        flat = page.evaluate("""async picture => {
            const image = await createImageBitmap(await (await fetch(`data:image/png;base64,${picture}`)).blob());
            const pen = new OffscreenCanvas(image.width, image.height).getContext("2d");
            pen.drawImage(image, 0, 0);
            const all = pen.getImageData(0, 0, image.width, image.height).data, found = {};
            for (let i = 0; i < all.length; i += 4) {
                const key = `${all[i]},${all[i + 1]},${all[i + 2]}`;
                found[key] = (found[key] ?? 0) + 1;
            }
            return found;
        }""", base64.b64encode(page.screenshot(clip=box)).decode())  # type: ignore[arg-type]
        return Counter({(r, g, b): n for key, n in flat.items() for r, g, b in [map(int, key.split(","))]})

    return count


@pytest.fixture(scope="session")
def axe() -> Callable[..., list[str]]:
    """Run axe-core on a part of a page: axe(page, "#w") returns what it finds wrong, by all rules or only those that are named.

    Without axe-core: skipped with the cure, but failed in CI.
    """
    path = Path(os.environ.get("PERSONABENCH_AXE") or Path(sys.prefix) / "npm" / "node_modules" / "axe-core" / "axe.min.js")
    if not path.exists():
        cure = "With npm and a connection, `sh .ci/setup dev` installs it; or set PERSONABENCH_AXE to an axe.min.js"
        (pytest.fail if CI else pytest.skip)(f"axe-core was not found. {cure}")
    script = path.read_text("utf-8")

    def run(page: Page, part: str, rules: list[str] | None = None) -> list[str]:
        if not page.evaluate("'axe' in window"):
            page.evaluate(script)
        return page.evaluate("""async ([part, rules]) => {
            const told = await axe.run(document.querySelector(part), {resultTypes: ["violations"], ...(rules ? {runOnly: rules} : {})});
            const why = node => node.failureSummary.split("\\n").slice(1).join(";").trim();
            return told.violations.flatMap(rule => rule.nodes.map(node => `${rule.impact} ${rule.id}: ${node.html.slice(0, 150)} ${why(node)}`));
        }""", [part, rules])

    return run


@dataclass
class Server:
    "A running JupyterLab: its address, the folder that it shows, and the folder of what people choose in its menus."
    url: str
    root: Path
    settings: Path

    def forget(self) -> Server:
        "Take back the theme that a test chose: each test begins in the light one."
        (self.settings / "@jupyterlab" / "apputils-extension" / "themes.jupyterlab-settings").unlink(missing_ok=True)
        return self


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def serve(module: str, options: list[str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    "A Jupyter server on loopback without a token, with folders of its own."
    root, own = tmp_path_factory.mktemp("lab"), tmp_path_factory.mktemp("jupyter")
    for name, values in SETTINGS.items():
        path = own / "settings" / "@jupyterlab" / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(values), "utf-8")
    folders = {"JUPYTER_CONFIG_DIR": "config", "JUPYTER_DATA_DIR": "data", "JUPYTER_RUNTIME_DIR": "runtime", "IPYTHONDIR": "ipython",
               "JUPYTERLAB_SETTINGS_DIR": "settings", "JUPYTERLAB_WORKSPACES_DIR": "workspaces"}
    env = os.environ | {name: str(own / folder) for name, folder in folders.items()} | {"JUPYTER_NO_CONFIG": "1", "ANYWIDGET_HMR": "0"}
    port, log = free_port(), own / "server.log"
    options = ["--no-browser", "--allow-root", "--ip=127.0.0.1", f"--port={port}", "--ServerApp.port_retries=0", "--IdentityProvider.token=",
               "--ServerApp.password=", f"--ServerApp.root_dir={root}", *options]
    with log.open("wb") as output:
        process = subprocess.Popen([sys.executable, "-m", module, *options], env=env, stdin=subprocess.DEVNULL, stdout=output,
                                   stderr=subprocess.STDOUT, cwd=root)
        url, patience = f"http://127.0.0.1:{port}", time.monotonic() + 60
        while True:
            try:
                urllib.request.urlopen(f"{url}/api/status", timeout=2).close()
                break
            except OSError:
                if process.poll() is not None or time.monotonic() > patience:
                    process.kill()
                    pytest.fail(f"{module} did not start:\n{log.read_text('utf-8', errors='replace')[-3000:]}")
                time.sleep(0.1)
        yield Server(url, root, own / "settings")
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@pytest.fixture(scope="session")
def lab_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    "JupyterLab, started once."
    yield from serve("jupyterlab", ["--LabApp.news_url=None", "--LabApp.extension_manager=readonly", "--LabApp.expose_app_in_browser=True",
                                    "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"], tmp_path_factory)


@pytest.fixture(scope="session")
def notebook_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    "Jupyter Notebook 7, started once."
    yield from serve("notebook", ["--JupyterNotebookApp.expose_app_in_browser=True"], tmp_path_factory)


@dataclass
class Lab:
    "One page of JupyterLab, driven as a person would: open a notebook, run it, look at it, and ask the kernel what it knows."
    page: Page
    server: Server
    shots: Path
    prefix: str = "/doc/tree/"  # what stands before a notebook's name in the page's address
    outside: list[str] = field(default_factory=list)   # addresses asked for beyond loopback
    console: list[str] = field(default_factory=list)   # errors of the page's scripts

    def watch(self) -> None:
        "Begin to record requests and errors."
        def note(address: str) -> None:
            parts = urlsplit(address)
            if parts.scheme not in {"data", "blob", "about"} and parts.hostname not in {"127.0.0.1", "localhost"}:
                self.outside.append(address)

        self.page.on("request", lambda request: note(request.url))
        self.page.on("websocket", lambda socket: note(socket.url))
        self.page.on("pageerror", lambda error: self.console.append(str(error)))

    def open(self, name: str) -> None:
        "Open a notebook below the server's folder and wait until its kernel is idle."
        self.page.goto(f"{self.server.url}{self.prefix}{name}", wait_until="domcontentloaded")
        self.page.locator(".jp-Notebook .jp-Cell").first.wait_for(timeout=120_000)
        # A page shows an empty notebook before it has read the file: ask for the file's own cells, then for the kernel.
        self.page.wait_for_function("window.jupyterapp?.shell.currentWidget?.context?.isReady", timeout=120_000)
        kernel = "window.jupyterapp.shell.currentWidget.sessionContext.session?.kernel?.status"  # Notebook 7 shows no indicator
        idle = f"(document.querySelector('.jp-Notebook-ExecutionIndicator')?.dataset.status ?? {kernel}) === 'idle'"
        self.page.wait_for_function(idle, timeout=120_000)
        # It can say idle before it has a kernel, and would then ask, for each cell, in which kernel to run it.
        kernel = "jupyterapp.shell.currentWidget.sessionContext.session?.kernel?.connectionStatus === 'connected'"
        self.page.wait_for_function(kernel, timeout=120_000)

    def menu(self, *path: str) -> None:
        "Choose an entry of the menu bar: menu('Run', 'Run All Cells')."
        self.page.locator(".lm-MenuBar-item").get_by_text(path[0], exact=True).click()
        for step in path[1:]:
            self.page.locator(".lm-Menu-itemLabel").get_by_text(step, exact=True).last.click()

    def errors(self) -> list[str]:
        "Return the traceback of each cell that ended in an error, as the notebook's own model has it."
        script = """[...jupyterapp.shell.currentWidget.content.model.cells].flatMap(cell => cell.toJSON().outputs ?? [])
                    .filter(output => output.output_type === 'error').map(output => [...output.traceback, output.evalue].join('\\n'))"""
        return [re.sub(r"\x1b\[[\d;]*m", "", text) for text in self.page.evaluate(script)]

    def counts(self) -> list[int | None]:
        "Return the execution count of each code cell that holds code; None while it has not run."
        script = """[...jupyterapp.shell.currentWidget.content.model.cells].map(cell => cell.toJSON())
                    .filter(cell => cell.cell_type === 'code' && [cell.source].flat().join('').trim()).map(cell => cell.execution_count)"""
        return self.page.evaluate(script)

    def run_all(self, *, seconds: float = 120, tries: int = 4) -> None:
        """Run all cells and wait until each has run; fail at the first that shows an error.

        The first request after a server's start can get lost: when for three seconds no cell has begun, it is sent again.
        """
        waiting = ".jp-CodeCell .jp-InputPrompt:text-is('[*]:')"
        for _ in range(tries):
            self.menu("Run", "Run All Cells")
            begun, sent = False, time.monotonic()
            while time.monotonic() < sent + seconds:
                counts, errors = self.counts(), self.errors()
                assert counts, "the notebook holds no code"
                assert not errors, f"a cell failed:\n{errors[0][-3000:]}"
                if None not in counts:
                    return
                begun = begun or any(counts) or self.page.locator(waiting).count() > 0
                if not begun and time.monotonic() > sent + 3:
                    break
                self.page.wait_for_timeout(200)
            assert not begun, f"cells still not run after {seconds:g} s: {self.counts()}"
        raise AssertionError(f"no cell began to run in {tries} tries")

    def charts(self) -> list[dict[str, Any]]:
        """Return what is seen of each live Vega chart: kind, width, height, and ink: how many pixels (canvas) or marks (svg) are drawn."""
        script = """() => [...document.querySelectorAll('.jp-OutputArea-output .vega-embed :is(canvas, svg.marks)')].map(el => {
            const box = el.getBoundingClientRect(), seen = {kind: el.localName, width: box.width, height: box.height};
            if (el.localName === 'svg') return {...seen, ink: el.querySelectorAll('.mark-symbol path, .mark-line path, .mark-rule line').length};
            const data = el.getContext('2d').getImageData(0, 0, el.width, el.height).data;
            let ink = 0;
            for (let i = 0; i < data.length; i += 4)
                if (data[i] !== data[0] || data[i + 1] !== data[1] || data[i + 2] !== data[2] || data[i + 3] !== data[3]) ink++;
            return {...seen, ink};
        })"""
        return self.page.evaluate(script)

    def theme(self, name: str) -> None:
        "Switch to 'JupyterLab Light' or 'JupyterLab Dark' by the menu."
        self.menu("Settings", "Theme", name)
        self.page.wait_for_function("name => document.body.dataset.jpThemeName === name", arg=name, timeout=15_000)
        self.page.wait_for_timeout(500)

    def shot(self, name: str) -> Path:
        "Take a picture of the whole notebook, however long, into the folder PERSONABENCH_SHOTS."
        self.page.set_viewport_size({"width": 1280, "height": 900})
        height = self.page.evaluate("Math.max(...[...document.querySelectorAll('.jp-WindowedPanel-outer')].map(el => el.scrollHeight), 600)")
        self.page.set_viewport_size({"width": 1280, "height": min(int(height) + 160, 16_000)})
        self.page.wait_for_timeout(300)
        path = self.shots / f"{name}.png"
        self.page.screenshot(path=path)
        return path

    def saved(self) -> str:
        "Press Ctrl+S where the focus is, wait until the page has nothing left to save, and return outputs and metadata of the file as JSON."
        self.page.keyboard.press("Control+s")
        self.page.wait_for_function("!jupyterapp.shell.currentWidget.context.model.dirty", timeout=30_000)
        book = json.loads((self.server.root / urlsplit(self.page.url).path.removeprefix(self.prefix)).read_text("utf-8"))
        return json.dumps({"outputs": [cell.get("outputs") for cell in book["cells"]], "metadata": book["metadata"]}, ensure_ascii=False)

    def ask(self, expression: str) -> Any:
        "Return the value of a Python expression in the notebook's kernel, by a second client: what the page shows is not taken for it."
        import websocket

        with urllib.request.urlopen(f"{self.server.url}/api/sessions", timeout=10) as reply:
            name = urlsplit(self.page.url).path.removeprefix(self.prefix)
            kernel = next(session["kernel"]["id"] for session in json.load(reply) if session["path"] == name)
        message = uuid.uuid4().hex
        header = {"msg_id": message, "username": "test", "session": message, "msg_type": "execute_request", "version": "5.3", "date": ""}
        content = {"code": "", "silent": True, "store_history": False, "user_expressions": {"asked": expression}, "allow_stdin": False}
        connection = websocket.create_connection(f"{self.server.url.replace('http', 'ws', 1)}/api/kernels/{kernel}/channels", timeout=30)
        try:
            connection.send(json.dumps({"header": header, "parent_header": {}, "metadata": {}, "channel": "shell", "buffers": [], "content": content}))
            while True:
                reply = json.loads(connection.recv())
                if reply["msg_type"] == "execute_reply" and reply["parent_header"].get("msg_id") == message:
                    break
        finally:
            connection.close()
        answer = reply["content"]["user_expressions"]["asked"]
        assert answer["status"] == "ok", f"{expression}: {answer.get('ename')}: {answer.get('evalue')}"
        return ast.literal_eval(answer["data"]["text/plain"])


@pytest.fixture(scope="session")
def shots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    "Where screenshots go: PERSONABENCH_SHOTS, or a temporary folder."
    told = os.environ.get("PERSONABENCH_SHOTS")
    folder = Path(told).resolve() if told else tmp_path_factory.mktemp("shots")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    "An empty page."
    context = browser.new_context(viewport={"width": 1100, "height": 900})
    yield context.new_page()
    context.close()


@pytest.fixture
def lab(browser: Browser, lab_server: Server, shots: Path) -> Iterator[Lab]:
    "A fresh page of JupyterLab that records what leaves loopback."
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    lab = Lab(context.new_page(), lab_server.forget(), shots)
    lab.watch()
    yield lab
    context.close()


@pytest.fixture
def notebook(browser: Browser, notebook_server: Server, shots: Path) -> Iterator[Lab]:
    "A fresh page of Jupyter Notebook 7 that records what leaves loopback."
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = Lab(context.new_page(), notebook_server.forget(), shots, prefix="/notebooks/")
    page.watch()
    yield page
    context.close()
