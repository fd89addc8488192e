"""What the widgets' browser tests share: a talk in two directions of writing, a bare page with one widget and the real Python behind it, and notebooks in JupyterLab."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import nbformat

from personabench import store
from personabench.coding_widget import widget_files
from personabench.study import Study

TALK = [
    ("Interviewer", "How do you get to work?"),
    ("Anna", "I take the bike 😀 from the dock. When the dock is full, I walk. It costs me ten minutes."),
    ("Interviewer", "And in winter?"),
    ("Anna", "In winter I don't ride. <img src=x onerror=\"document.title='pwned'\"> My café closes early, e\u0301 voil\u00e0."),
    ("Dina", "שלום, אני נוסעת באופניים כל יום. הרציף מלא."),
    ("Anna", "The app says there is a bike. There is none. It says so every single morning."),
]
BLANK = """<!doctype html><html lang=en><meta charset=utf-8><title>bench</title><body style="margin:8px">
<main><button id=out>outside</button><div id=w tabindex=0></div><div id=w2></div></main>"""
# The model that a notebook would give to the widget; what bubbles out of the widget is noted.
MOUNT = """async ([script, style, state, saved]) => {
    const css = document.createElement("style"); css.textContent = style; document.head.append(css);
    const listeners = [], traits = {state, saved};
    window.strayed = [];
    document.querySelector("#w").addEventListener("keydown", e => window.strayed.push(e.key));
    window.model = { get: k => traits[k], on: (n, f) => n === "msg:custom" && listeners.push(f), off: (n, f) => listeners.splice(listeners.indexOf(f), 1),
        send: m => window.toPython(m).then(all => { for (const r of all) for (const f of [...listeners]) f(r); }) };
    window.widget = (await import(URL.createObjectURL(new Blob([script], {type: "text/javascript"})))).default;
    window.end = window.widget.render({model: window.model, el: document.querySelector("#w")});
}"""


def study_of_talk(address: str | Path = ":memory:", *, coder: str = "MB", times: int = 1) -> Study:
    "A study with the talk as P01, and P02 of one word."
    study, text, turns = Study(address, coder=coder, create=True), "", []
    for speaker, words in TALK * times:
        text += f"{speaker}: "
        turns.append({"start": len(text), "end": len(text) + len(words), "speaker": speaker})
        text += words + "\n\n"
    with study.step("import", "import P01") as step:
        store.add_source(step, "P01", text=text, turns=turns, speakers={"Interviewer": (None, "interviewer"), "Anna": ("P01", "participant"),
                "Dina": ("P02", "participant")})
        store.add_source(step, "P02", text="Short.")
    return study


class WidgetPage:
    "A bare page with one widget and the real Python behind it: presses keys, and asks the page."
    live = ".pb-live"  # where the widget says what it did
    pause = (0, 60)    # milliseconds after each key, and after all

    def __init__(self, page, study: Study, widget: Any):
        self.page, self.study, self.widget, self.deaf = page, study, widget, False  # deaf: Python does not answer
        self.replies: list[Any] = []
        self.widget.send = lambda content, buffers=None: self.replies.append(json.loads(json.dumps(content)))
        self.errors: list[str] = []
        page.on("pageerror", lambda e: self.errors.append(f"{e}\n{e.stack}"))
        page.route("http://localhost/**", lambda route: route.fulfill(body=BLANK, content_type="text/html; charset=utf-8"))
        page.expose_function("toPython", self.hear)
        page.goto("http://localhost/bench")
        self.mount()

    def hear(self, message: dict) -> list[Any]:
        if self.deaf: return []
        self.replies.clear()
        self.widget.receive(message)
        return list(self.replies)

    def mount(self) -> None:
        self.page.evaluate(MOUNT, [*widget_files(type(self.widget).__module__.rpartition(".")[2]), self.widget.state, getattr(self.widget, "saved", None)])
        self.ready()

    def ready(self) -> None:
        "Wait until the widget can be used."
        raise NotImplementedError

    def second_view(self) -> None:
        "Show the widget once more, below."
        self.page.evaluate("void window.widget.render({model: window.model, el: document.querySelector('#w2')})")

    def keys(self, *names: str):
        for name in names:
            self.page.keyboard.press(name)
            if self.pause[0]: self.page.wait_for_timeout(self.pause[0])
        if self.pause[1]: self.page.wait_for_timeout(self.pause[1])
        return self

    def type(self, words: str):
        self.page.keyboard.type(words)
        return self

    @property
    def said(self) -> str: return self.page.locator(f"#w {self.live}").inner_text()

    def look(self, expression: str) -> Any:
        "Evaluate an expression of the view `v`."
        return self.page.evaluate(f"(() => {{ const v = document.querySelector('#w').pbView; return {expression}; }})()")


def run_notebook(lab, name: str, *cells: Any, shown: str) -> None:
    "Write a notebook (words are cells of code), open and run it, and wait for what it shows."
    made = [nbformat.v4.new_code_cell(cell) if isinstance(cell, str) else cell for cell in cells]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}}
    nbformat.write(nbformat.v4.new_notebook(cells=made, metadata=kernel), lab.server.root / f"{name}.ipynb")
    lab.open(f"{name}.ipynb")
    lab.run_all()
    lab.page.locator(shown).first.wait_for(timeout=30_000)
