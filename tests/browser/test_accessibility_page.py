"""Whether the three widgets can be used by those who see little, see other colours, or do not see: axe-core in every state, each contrast that
is drawn, colours through the eyes of the colour-blind, forced colours, reduced motion, and what a screen reader is told. With no theme and with
JupyterLab's own.
"""

from __future__ import annotations

import itertools
import json
import math
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from personabench import codebook, coding, store
from personabench.adjudication_widget import AdjudicationWidget
from personabench.codebook_widget import CodebookWidget
from personabench.coding_widget import CodingWidget, widget_files
from personabench.study import Study

TALK = [
    ("Interviewer", "How do you get to work?"),
    ("Anna", "I take the bike 😀 from the dock. When the dock is full, I walk to the next one. It costs me ten minutes."),
    ("Interviewer", "And in winter, do you ride then?"),
    ("Anna", "In winter I don't ride. The streets are wet and the days are short. My café closes early."),
    ("Dina", "שלום, אני נוסעת באופניים כל יום. הרציף מלא."),
    ("Anna", "The app says there is a bike. There is none. It says so every single morning."),
]
CODES = [("Dock full", "pain", None), ("No dock", "pain", "Dock full"), ("Walks instead", "behaviour", None), ("Saves time", "gain", None),
         ("Needs a bike", "need", None), ("Habit", "motivation", None), ("Anger", "emotion", None), ("The app", "touchpoint", None),
         ("By phone", "channel", None), ("Student", "demographic", None),
         ("Something else", "other", None), ("Unused", "idea", None)]
BY = {
    "MB": [("Dock full", "the dock is full"), ("Walks instead", "I walk to the next one"), ("Saves time", "It costs me ten minutes."),
           ("Dock full", "הרציף מלא"),
           ("No dock", "There is none."), ("Anger", "every single morning"), ("The app", "The app says"), ("Habit", "I take the bike 😀"),
           ("Student", "My café closes early."), ("Something else", "the days are short"), ("Arriving", "How do you get to work?")],
    "JK": [("Dock full", "When the dock is full, I walk to the next one."), ("Walks instead", "I walk to the next one"),
           ("Dock full", "It costs me ten minutes."),
           ("No dock", "הרציף מלא"), ("Needs a bike", "there is a bike. There is none."),
           ("By phone", "The app says there is a bike.")],
}


def make_study(by: dict[str, list[tuple[str, str]]] = BY, codes: bool = True) -> Study:
    "A study whose codings overlap, in both directions of writing, with all looks of codes."
    study, text, turns = Study(":memory:", coder="MB", create=True), "", []
    for speaker, words in TALK:
        text += f"{speaker}: "
        turns.append({"start": len(text), "end": len(text) + len(words), "speaker": speaker})
        text += words + "\n\n"
    with study.step("import", "import P01") as step:
        store.add_source(step, "P01", text=text, turns=turns, speakers={
            "Interviewer": (None, "interviewer"), "Anna": ("P01", "participant"), "Dina": ("P02", "participant")})
        store.add_source(step, "P02", text="Short.")
    if not codes: return study
    for name, facet, parent in CODES: codebook.add_code(study, name, facet=facet, parent=parent)
    for order, name in enumerate(("Arriving", "Riding", "Returning"), start=1): codebook.add_code(study, name, facet="stage", order=order)
    codebook.change_code(study, "Something else", colour="#24A86C")
    parts = "The dock has no free place.\n\nInclude:\n- full racks\n\nExclude:\n- No bike: see Needs a bike"
    codebook.change_code(study, "Dock full", definition=parts)
    for coder, rows in by.items():
        with study.step("code", f"code as {coder}") as step:
            source = study.source_id("P01")
            store.add_codings(step, [{"source_id": source, "code_id": study.code_id(name), "start": text.index(quote), "end": text.index(quote) + len(quote),
                                      "coder": coder} for name, quote in rows])
    coding.add_memo(study, "They count minutes.", source="P01")
    return study


def readonly(study: Study) -> Study:
    study.readonly = True
    return study


# -- The page -----------------------------------------------------------------------------------------------------------------
def theme(name: str) -> str:
    "The style sheet of a theme of the JupyterLab that is installed here."
    return (Path(sys.prefix) / f"share/jupyter/lab/themes/@jupyterlab/theme-{name}-extension/index.css").read_text("utf-8")


LOOKS = {"plain": "", "lab-light": "light", "lab-dark": "dark", "lab-dark-high-contrast": "dark-high-contrast"}
KINDS = {"coding": ("coding_widget", CodingWidget, ".pb-turn"), "codebook": ("codebook_widget", CodebookWidget, ".pbk-row"),
         "adjudication": ("adjudication_widget", AdjudicationWidget, ".pb-turn")}
BLANK = """<!doctype html><html lang=en><meta charset=utf-8><title>A study</title><style id=theme></style>
<style>body { margin: 8px; background: var(--jp-layout-color0, #fff) } h1 { font: 15px sans-serif; color: var(--jp-ui-font-color0, #000) }</style>
<main><h1>A study</h1><button id=out>outside</button><div id=w></div></main>"""


class Stage:
    "One page on which a widget stands, with the real Python behind it."
    def __init__(self, page, kind: str):
        self.page, self.kind, self.deaf, self.widget, self.study = page, kind, False, None, None
        self.errors: list[str] = []
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.route("http://localhost/**", lambda route: route.fulfill(body=BLANK if route.request.resource_type == "document" else "",
                                                                      content_type="text/html; charset=utf-8"))
        page.expose_function("toPython", self.hear)

    def wear(self, look: str) -> Stage:
        "Change the look, as JupyterLab does: a style sheet, and its name on the body."
        name = LOOKS[look]
        self.page.evaluate("""([css, name, light]) => { document.querySelector("#theme").textContent = css;
            document.body.dataset.jpThemeLight = light; document.body.dataset.jpThemeName = name; }""",
                           [theme(name) if name else "", name, str("dark" not in name).lower()])
        self.page.wait_for_function("dark => document.querySelector('#w > *').hasAttribute('data-dark') === dark", arg="dark" in name)
        # Stripes are drawn anew in the frames after.
        self.page.wait_for_function("""new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() =>
            done(!document.querySelector("#w").pbView?.waiting?.size))))""")
        return self

    def hear(self, message: dict) -> list[Any]:
        if self.deaf: return []
        self.replies: list[Any] = []
        self.widget.receive(message)
        return self.replies

    def show(self, study: Study | None = None, *, deaf: bool = False, **options: Any) -> Stage:
        "Show the widget on a fresh page; deaf: Python does not answer."
        self.study, self.deaf = study or make_study(), deaf
        stem, cls, first = KINDS[self.kind]
        self.widget = cls(self.study, **({} if self.kind == "codebook" else {"source": "P01"}), **options)
        self.widget.send = lambda content, buffers=None: self.replies.append(json.loads(json.dumps(content)))
        self.page.goto("http://localhost/study")
        script, style = widget_files(stem)
        self.page.evaluate("""async ([script, style, state, saved]) => {
            const css = document.createElement("style"); document.head.append(css);
            // A class beside each state that only a pointer or a key can bring about, so that all elements can be seen in it.
            css.textContent = style.replaceAll(":hover", ":is(:hover, .as-hover)")
                .replaceAll(/:focus(-visible)?(?![-\\w])/g, ":is(:focus$1, .as-focus)");
            const listeners = [], traits = {state, saved}; sessionStorage.clear();
            const model = { get: k => traits[k], on: (n, f) => n === "msg:custom" && listeners.push(f),
                off: (n, f) => listeners.splice(listeners.indexOf(f), 1),
                send: m => window.toPython(m).then(all => { for (const r of all) for (const f of [...listeners]) f(r); }) };
            const widget = (await import(URL.createObjectURL(new Blob([script], {type: "text/javascript"})))).default;
            widget.render({model, el: document.querySelector("#w")});
        }""", [script, style, self.widget.state, getattr(self.widget, "saved", {})])
        if not deaf and len(self.study.codes): self.page.locator(first).first.wait_for()
        if not deaf or options.get("save_text"): self.page.wait_for_function("document.querySelector('#w').pbView.later.here")
        return self

    def keys(self, *names: str) -> Stage:
        for name in names: self.page.keyboard.press(name)
        return self

    def type(self, words: str) -> Stage:
        self.page.keyboard.type(words)
        return self

    def focus(self, where: str) -> Stage:
        self.page.locator(where).first.focus()
        return self

    def at(self, words: str) -> Stage:
        "Put the caret of the coding widget before some words."
        self.focus(".pb-scroll").page.evaluate("""words => { const v = document.querySelector("#w").pbView, i = v.doc.text.indexOf(words);
            v.select(null); v.sel.set(i, i); }""", words)
        return self

    def code(self, name: str) -> Stage:
        "Go to a code of the codebook widget."
        self.page.evaluate("""name => { const v = document.querySelector("#w").pbView;
            v.rows.go(v.book().list.find(n => n.name === name).id); }""", name)
        return self

    def seen(self, where: str) -> Stage:
        self.page.locator(where).first.wait_for()
        return self

    def look(self, expression: str) -> Any:
        "Evaluate an expression of the view `v`."
        return self.page.evaluate(f"(() => {{ const v = document.querySelector('#w').pbView; return {expression}; }})()")

    def hush(self) -> Stage:
        "From now on Python does not answer."
        self.deaf = True
        return self

    def wide(self, width: int) -> Stage:
        self.page.set_viewport_size({"width": width, "height": 900})
        return self

    def late(self) -> Stage:
        "What the heartbeat shows when the kernel has not answered for five seconds; that it does is tested with the widget."
        self.look("v.lost(true)")
        return self


State = Callable[[Stage], Any]
CODING: dict[str, State] = {
    "nothing coded": lambda s: s.show(make_study(codes=False)).focus(".pb-scroll"),
    "text": lambda s: s.show(),
    "caret": lambda s: s.show().at("dock is full"),
    "words selected": lambda s: s.show().at("dock is full").keys("s"),
    "a coding selected": lambda s: s.show().at("I take").keys("n").seen(".pb-handle-end"),
    "moving its ends": lambda s: s.show().at("I take").keys("n", "e", "ArrowLeft"),
    "hover": lambda s: (s.show(), s.page.mouse.move(*s.look("""(() => { const i = v.doc.text.indexOf("I walk"), r = v.rect(i, i + 2);
        return [r.left + 3, r.top + 8]; })()""")),
                        s.seen(".pb-tip")),
    "palette": lambda s: s.show().at("dock is full").keys("s", "Enter").seen(".pb-option"),
    "palette, found": lambda s: s.show().at("dock is full").keys("s", "Enter").type("d"),
    "palette, several": lambda s: s.show().at("dock is full").keys("s", "Enter", "Tab", "ArrowDown", "Tab"),
    "palette, own key": lambda s: s.show(codes={"q": "Saves time"}).at("dock is full").keys("s", "Enter"),
    "facet of a new code": lambda s: s.show().at("dock is full").keys("s", "Enter").type("Loses time").keys("Enter"),
    "coded": lambda s: s.show().at("wet").keys("w", "Enter").type("dock").keys("Enter").seen(".pb-live:has-text('Coded')")
        .seen(".pb-strip-part:has-text('Recent')"),
    "warning": lambda s: s.show().at("wet").keys("Enter").seen(".pb-live.pb-warn"),
    "recode": lambda s: s.show().at("I take").keys("n", "r"),
    "memo": lambda s: s.show().at("I take").keys("m"),
    "memos on the source": lambda s: (s.show().at("I take").keys("m"),
        s.page.get_by_label("Memo on", exact=True).select_option(label="Memo on source P01")),
    "a memo edited": lambda s: (CODING["memos on the source"](s), s.page.locator(".pb-memos .pb-link", has_text="Edit").first.click()),
    "marked done": lambda s: s.show().at("I take").keys("Shift+D").seen(".pb-tool[aria-pressed=true]"),
    "find": lambda s: s.show().at("I take").keys("/").type("dock").keys("Enter"),
    "find, nothing": lambda s: s.show().at("I take").keys("/").type("zebra"),
    "autocode": lambda s: s.show().at("I take").keys("a"),
    "autocode, preview": lambda s: s.show().at("I take").keys("a").type("dock").keys("Enter").seen(".pb-hits li"),
    "autocode, a hit shown": lambda s: (s.show().at("I take").keys("a").type("minutes").keys("Enter").seen(".pb-hits .pb-had"),
        s.page.locator(".pb-hits .pb-link").first.click()),
    "autocode, none accepted": lambda s: (s.show().at("I take").keys("a").type("dock").keys("Enter").seen(".pb-hits li"),
        s.page.get_by_role("button", name="Reject all").click()),
    "autocode, nothing found": lambda s: s.show().at("I take").keys("a").type("zebra").keys("Enter").seen(".pb-side [role=status]"),
    "filter": lambda s: s.show().at("I take").keys("f"),
    "filtered": lambda s: s.show().at("I take").keys("f").type("pain").keys("Enter").seen(".pb-only .pb-chip"),
    "sources": lambda s: s.show().at("I take").keys("g").seen(".pb-option .pb-detail:has-text('turns')"),
    "keys": lambda s: s.show().at("I take").keys("?"),
    "codings list": lambda s: s.show().at("I take").keys("l").seen(".pb-list [aria-selected=true]"),
    "codings list, empty": lambda s: s.show(make_study({})).at("I take").keys("l"),
    "folded": lambda s: s.show().at("I take").keys("h"),
    "read-only": lambda s: s.show(readonly(make_study())).at("I take").keys("n", "Delete"),
    "placeholder": lambda s: s.show(deaf=True).seen(".pb-empty"),
    "saved text, no kernel": lambda s: s.show(deaf=True, save_text=True).seen(".pb-turn"),
    "pending": lambda s: s.show().hush().at("wet").keys("w", "Enter").type("dock").keys("Enter").seen(".pb-kept.pb-waiting"),
    "kernel lost": lambda s: s.show().hush().at("wet").keys("w", "Enter").type("dock").keys("Enter").late().seen(".pb-banner"),
    "narrow": lambda s: s.wide(560).show().at("I take").keys("l").wide(1100),
}
CODEBOOK: dict[str, State] = {
    "empty": lambda s: s.show(Study(":memory:", coder="MB", create=True)).seen(".pbk-empty b"),
    "tree": lambda s: s.show().code("Dock full"),
    "a code at hand": lambda s: s.show().code("Dock full").seen(".pbk-examples input"),
    "own colour": lambda s: s.show().code("Something else"),
    "a stage": lambda s: s.show().code("Riding"),
    "rename": lambda s: s.show().code("Habit").keys("F2"),
    "new code": lambda s: s.show().code("Habit").keys("Control+Enter"),
    "marked": lambda s: s.show().code("Anger").keys("Space", "ArrowDown", "Space"),
    "cut": lambda s: s.show().code("Unused").keys("Control+x").code("Anger"),
    "cut, at hand": lambda s: s.show().code("Unused").keys("Control+x"),
    "found": lambda s: s.show().code("Anger").keys("/").type("no dock"),
    "nothing found": lambda s: s.show().code("Anger").keys("/").type("zebra").seen(".pbk-empty"),
    "move under": lambda s: s.show().code("Anger").keys("Alt+p").seen(".pb-option"),
    "facet": lambda s: s.show().code("Anger").keys("Alt+k").seen(".pb-option"),
    "all actions": lambda s: s.show().code("Anger").keys("Shift+F10").seen(".pb-option"),
    "merge": lambda s: s.show().code("No dock").keys("Alt+m").type("dock f").keys("Enter").seen(".pbk-plan"),
    "merge across facets": lambda s: s.show().code("Dock full").keys("Alt+m").type("anger").keys("Enter").seen(".pbk-plan .pb-warn"),
    "split": lambda s: s.show().code("Dock full").keys("Alt+x").seen(".pbk-quotes input"),
    "quotes": lambda s: s.show().code("Dock full").keys("Alt+q").seen(".pbk-quotes q"),
    "history": lambda s: s.show().code("Dock full").keys("Alt+l").seen(".pbk-list [aria-selected=true]"),
    "as it was": lambda s: s.show().code("Dock full").keys("Alt+l").seen(".pbk-list li").keys("ArrowDown", "Enter").seen(".pbk-then b"),
    "keys": lambda s: s.show().code("Dock full").keys("?"),
    "warning": lambda s: s.show().code("Dock full").keys("Delete").seen(".pbk-live.pb-warn"),
    "read-only": lambda s: s.show(readonly(make_study())).code("Dock full").keys("F2"),
    "placeholder": lambda s: s.show(deaf=True),
    "kernel lost": lambda s: s.show().hush().code("Habit").keys("F2").type("Routine").keys("Enter").late().seen(".pbk-banner"),
    "narrow": lambda s: s.wide(560).show().code("Dock full").wide(1100),
}
ADJUDICATION: dict[str, State] = {
    "list": lambda s: s.show().focus(".pa-list"),
    "other code": lambda s: s.show().focus(".pa-list").keys("n", "n"),
    "last": lambda s: s.show().focus(".pa-list").keys("End"),
    "decided": lambda s: s.show().focus(".pa-list").keys("1", "x", "Home"),
    "decided hidden": lambda s: s.show().focus(".pa-list").keys("1", "h"),
    "warning": lambda s: s.show().focus(".pa-list").keys("End", "w").seen(".pa-live.pa-warn"),
    "another code": lambda s: s.show().focus(".pa-list").keys("o").seen(".pb-option"),
    "facet of a new code": lambda s: s.show().focus(".pa-list").keys("o").type("Loses time").keys("Enter").seen(".pb-option"),
    "sources": lambda s: s.show().focus(".pa-list").keys("g").seen(".pb-option"),
    "keys": lambda s: s.show().focus(".pa-list").keys("?").seen(".pa-help tr"),
    "read-only": lambda s: s.show(readonly(make_study())).focus(".pa-list").keys("1"),
    "one coder": lambda s: s.show(make_study({"MB": BY["MB"]})),
    "all agreed": lambda s: s.show(make_study({"MB": BY["MB"], "JK": BY["MB"]})),
    "nobody": lambda s: s.show(make_study({})),
    "placeholder": lambda s: s.show(deaf=True).seen(".pa-empty"),
    "kernel lost": lambda s: s.show().hush().focus(".pa-list").keys("1").late().seen(".pa-banner"),
    "narrow": lambda s: s.wide(560).show().focus(".pa-list").wide(1100),
}
STATES = {"coding": CODING, "codebook": CODEBOOK, "adjudication": ADJUDICATION}
each_kind = pytest.mark.parametrize("kind", STATES)


@pytest.fixture
def stage(browser) -> Iterator[Callable[..., Stage]]:
    "Make a stage: stage(kind, and what else the browser shall be told)."
    made: list[Stage] = []

    def make(kind: str, **options: Any) -> Stage:
        context = browser.new_context(**({"viewport": {"width": 1100, "height": 900}} | options))
        made.append(Stage(context.new_page(), kind))
        return made[-1]

    yield make
    for one in made: one.page.context.close()
    assert not any(one.errors for one in made), [one.errors for one in made]


# -- Colours, in numbers ------------------------------------------------------------------------------------------------------
RGB = tuple[float, float, float]


def rgb(colour: str) -> RGB: return tuple(int(colour[i:i + 2], 16) for i in (1, 3, 5))  # type: ignore[return-value]
def linear(colour: RGB) -> np.ndarray: return np.array([c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in np.divide(colour, 255)])
def mix(a: RGB, b: RGB, share: float) -> RGB: return tuple(x * share + y * (1 - share) for x, y in zip(a, b))  # type: ignore[return-value]


def ratio(a: RGB, b: RGB) -> float:
    "Contrast as in WCAG 2.2, 1 to 21."
    dark, light = sorted(float(linear(c) @ (0.2126, 0.7152, 0.0722)) for c in (a, b))
    return (light + 0.05) / (dark + 0.05)


def lab(light: np.ndarray) -> tuple[float, float, float]:
    "CIE L*a*b* (D65) of linear sRGB."
    to_xyz = np.array([[.4124564, .3575761, .1804375], [.2126729, .7151522, .0721750], [.0193339, .1191920, .9503041]])
    x = to_xyz @ np.clip(light, 0, 1) / (.95047, 1, 1.08883)
    f = np.where(x > 216 / 24389, np.cbrt(x), (24389 / 27 * x + 16) / 116)
    return float(116 * f[1] - 16), float(500 * (f[0] - f[1])), float(200 * (f[1] - f[2]))


def difference(one: tuple[float, float, float], two: tuple[float, float, float]) -> float:
    "CIEDE2000 of two colours in L*a*b*, as in Sharma, Wu & Dalal 2005."
    (l1, a1, b1), (l2, a2, b2) = one, two
    chroma = (math.hypot(a1, b1) + math.hypot(a2, b2)) / 2
    g = 1.5 - 0.5 * math.sqrt(chroma ** 7 / (chroma ** 7 + 25 ** 7))
    c1, c2 = math.hypot(a1 * g, b1), math.hypot(a2 * g, b2)
    h1, h2 = math.degrees(math.atan2(b1, a1 * g)) % 360, math.degrees(math.atan2(b2, a2 * g)) % 360
    turn = (h2 - h1 + 180) % 360 - 180 if c1 * c2 else 0
    mean = h1 + h2 if not c1 * c2 else (h1 + turn / 2) % 360
    dl, dc, dh, lm, cm = l2 - l1, c2 - c1, 2 * math.sqrt(c1 * c2) * math.sin(math.radians(turn / 2)), (l1 + l2) / 2, (c1 + c2) / 2
    t = 1 + sum(k * math.cos(math.radians(n * mean + off)) for k, n, off in ((-.17, 1, -30), (.24, 2, 0), (.32, 3, 6), (-.2, 4, -63)))
    sl, sc, sh = 1 + .015 * (lm - 50) ** 2 / math.sqrt(20 + (lm - 50) ** 2), 1 + .045 * cm, 1 + .015 * cm * t
    twist = -2 * math.sqrt(cm ** 7 / (cm ** 7 + 25 ** 7)) * math.sin(math.radians(60 * math.exp(-((mean - 275) / 25) ** 2)))
    return math.sqrt((dl / sl) ** 2 + (dc / sc) ** 2 + (dh / sh) ** 2 + twist * dc / sc * dh / sh)


def test_the_measures_give_published_numbers():
    black, grey, white = map(rgb, ("#000000", "#767676", "#ffffff"))
    assert round(ratio(black, white), 2) == 21 and round(ratio(grey, white), 2) == 4.54  # WCAG's own examples
    for one, two, told in (((50, 2.6772, -79.7751), (50, 0, -82.7485), 2.0425), ((50, 2.5, 0), (73, 25, -18), 27.1492),
                           ((50, -1, 2), (50, 0, 0), 2.3669), ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
                           ((2.0776, .0795, -1.1350), (.9033, -.0636, -.5514), .9082)):
        assert round(difference(one, two), 4) == told  # Sharma, Wu & Dalal 2005, table 1


# -- What is drawn, in every state and look -----------------------------------------------------------------------------------
# Everything is read from the computed styles of the page: no colour is written down a second time here.
# A computed colour as red, green, blue (0 to 255) and opacity.
PARSE = r"""c => { const n = (c.match(/[\d.]+(e-\d+)?/g) || []).map(Number), k = c.startsWith("color(") ? 255 : 1;
    return [n[0] * k, n[1] * k, n[2] * k, n[3] ?? 1]; }"""
FIELDS = "input:not([type=checkbox], [type=radio], [type=color]), textarea, select"
SCAN = r"""() => {
  const root = document.querySelector("#w > *"), rows = [], lost = [], view = document.querySelector("#w").pbView;
  const parse = PARSE;
  const over = (top, under) => under.map((u, i) => top[i] * top[3] + u * (1 - top[3]));
  const lay = (el, colour) => { // what is behind an element, and what a colour on it looks like, with all that shines through
    const line = [], groups = [];
    for (let e = el; e; e = e.parentElement) line.unshift(e);
    let bg = [255, 255, 255];
    for (const e of line) {
      const style = getComputedStyle(e), before = bg;
      bg = over(parse(style.backgroundColor), bg);
      if (style.opacity < 1) groups.push([before, Number(style.opacity)]);
    }
    let fg = colour ? over(parse(colour), bg) : bg;
    for (const [before, opacity] of groups.reverse()) [fg, bg] = [fg, bg].map(c => c.map((x, i) => x * opacity + before[i] * (1 - opacity)));
    return {fg, bg};
  };
  const shown = el => { const box = el.getBoundingClientRect(); return el.checkVisibility({visibilityProperty: true}) && Math.min(box.width, box.height) > 1; };
  const name = el => {
    const known = el.closest("[class]"), own = el === known ? [...el.classList].filter(c => !/^(pb|pa)[\da-z]{8,}$|^as-/.test(c)).join(".") : "";
    return (own || `${known?.classList[0] ?? ""} ${el.localName}`) + (el.closest(":disabled") ? " (disabled)" : "") + (el.closest(".as-hover") ? " (hover)" : "");
  };
  const tenths = colour => colour.map(x => Math.round(x * 10) / 10);
  const note = (kind, where, fg, bg) => rows.push([kind, where, tenths(fg), tenths(bg)]);
  const text = (el, colour, where) => { const c = lay(el, colour); note("text", where, c.fg, c.bg); };
  const words = within => {
    const walk = document.createTreeWalker(within, NodeFilter.SHOW_TEXT), parents = new Set();
    while (walk.nextNode()) {
      const el = walk.currentNode.parentElement;
      if (walk.currentNode.data.trim() && !el.closest("style, option")) parents.add(el);
    }
    for (const el of parents) if (shown(el)) text(el, getComputedStyle(el).color, name(el));
    for (const el of within.querySelectorAll(FIELDS)) if (shown(el)) {
      text(el, getComputedStyle(el).color, name(el));
      if (el.placeholder) text(el, getComputedStyle(el, "::placeholder").color, `${name(el)} placeholder`);
    }
    for (const el of within.querySelectorAll("*")) for (const part of ["::before", "::after"]) {
      const style = getComputedStyle(el, part);
      if (!/^"/.test(style.content) || !shown(el)) continue;
      const behind = lay(el, null).bg, ground = over(parse(style.backgroundColor), behind);
      if (/[^\s"]/.test(style.content)) note("text", `${name(el)}${part}`, over(parse(style.color), ground), ground);
      if (el.localName === "button" && style.borderTopStyle === "solid") note("part", `box of ${name(el)}`, over(parse(style.borderTopColor), behind), behind);
    }
  };
  const part = (el, behind, colour, what) => { const c = lay(el, colour), b = lay(behind, null).bg; note("part", what, c.fg, b); };
  const all = (where, visit) => { for (const el of root.querySelectorAll(where)) if (shown(el)) visit(el, getComputedStyle(el)); };

  words(root);
  const buttons = [...root.querySelectorAll("button, [role=option], [role=treeitem]")].filter(shown);
  for (const el of buttons) el.classList.add("as-hover");
  for (const el of buttons) words(el);
  for (const el of buttons) if (el.localName === "button") text(el, getComputedStyle(el).color, name(el));
  for (const el of buttons) el.classList.remove("as-hover");

  all(FIELDS, (el, s) => part(el.parentElement, el.parentElement, s.borderBottomColor, "edge of a field"));
  all(".pb-swatch, .pa-swatch", (el, s) => { const probe = document.createElement("i"), rim = s.boxShadow.match(/^(rgb|color)[^)]*\)/)?.[0];
    probe.style.backgroundColor = rim ?? "transparent";
    el.after(probe);
    part(probe, probe, s.borderBottomColor, "line of a swatch");
    probe.remove();
  });
  all(".pb-at, .pbk-at, [role=option][aria-selected=true], [aria-pressed=true]", (el, s) => {
    const at = s.boxShadow.match(/^(rgb|color)[^)]*\)/)?.[0];
    const ticked = el.querySelector(".pb-check")?.textContent || getComputedStyle(el, "::before").content.includes("✓") || s.fontWeight >= 600;
    if (at) part(el, el, at, "mark of what is chosen"); else if (!ticked) lost.push(`nothing but the ground tells that ${name(el)} is chosen`);
  });
  all(".pb-caret", (el, s) => part(el.parentElement, el.parentElement, s.backgroundColor, "caret"));
  all(".pb-handle", el => part(el.parentElement, el.parentElement, getComputedStyle(el, "::before").backgroundColor, "handle"));
  all(".pa-progress i", (el, s) => part(el.parentElement, el.parentElement, s.backgroundColor, "progress"));
  all(".pa-mark", (el, s) => part(el.parentElement, el.parentElement, s.borderLeftWidth === "0px" ? s.borderRightColor : s.borderLeftColor, "side of a coder"));
  all(".pa-bar:not(.pa-name)", el => {
    const s = getComputedStyle(el, "::before"), c = lay(el, s.borderLeftColor);
    note("part", `bar ${name(el)}`, c.fg.map((x, i) => x * s.opacity + c.bg[i] * (1 - s.opacity)), c.bg);
  });
  for (const g of view?.doc?.groups ?? []) if (g.stripes) for (const b of g.bars) { // what the canvas holds beside the middle of a stripe, where a double one has its gap
    const ratio = devicePixelRatio, tall = Math.max(1, Math.floor((b.bottom - b.top) * ratio)), pen = g.stripes.getContext("2d"), found = {};
    const data = pen.getImageData(Math.floor((b.lane * 7 + (b.c.pending ? 3.5 : 2.5)) * ratio), Math.floor(b.top * ratio), 1, tall).data;
    for (let i = 0; i < data.length; i += 4) {
      const key = [...data.slice(i, i + 3)].join();
      if (data[i + 3] === 255) found[key] = (found[key] ?? 0) + 1;
    }
    const most = Object.entries(found).sort((a, b) => b[1] - a[1])[0]?.[0];
    if (most) note("part", b.c.pending ? "stripe, pending" : "stripe", most.split(",").map(Number), lay(g.el, null).bg);
    else lost.push("a stripe that is not there");
  }

  const reach = [...root.querySelectorAll("button:enabled, input:enabled, select, textarea, summary, [tabindex='0']")].filter(shown);
  for (const el of reach) el.classList.add("as-focus");
  for (const el of reach) {
    const told = el.type === "radio" ? el.nextElementSibling : el, s = getComputedStyle(told);
    const inset = s.boxShadow.match(/^((?:rgb|color)[^)]*\)).*inset/)?.[1], ground = parseFloat(s.outlineOffset) < 0 ? told : told.parentElement;
    if (s.outlineStyle !== "none" && parseFloat(s.outlineWidth) >= 2) part(ground, ground, s.outlineColor, "focus ring");
    else if (inset) part(told, told, inset, "focus ring"); else lost.push(`nothing shows the focus of ${name(el)}`);
  }
  for (const el of reach) el.classList.remove("as-focus");
  return {rows, lost};
}"""


@dataclass
class Walk:
    "What one widget showed on a walk through all its states and looks."
    states: int
    axe: list[str]          # what axe-core found
    unseen: list[str]       # a focus, or a choice, that nothing shows
    worst: dict[tuple[str, str, str], tuple[float, str, RGB, RGB]]  # (look, "text" | "part", where) -> ratio, state, colours
    pairs: int              # different pairs of colours that were looked at


@pytest.fixture(scope="module")
def walk(browser, request) -> Callable[[str], Walk]:
    "Walk through a widget once, whatever the tests ask."
    known: dict[str, Walk] = {}

    def take(kind: str, axe: Callable | None = None) -> Walk:
        if kind in known: return known[kind]
        context = browser.new_context(viewport={"width": 1100, "height": 900}, reduced_motion="reduce")
        here, done, pairs = Stage(context.new_page(), kind), Walk(len(STATES[kind]), [], [], {}, 0), set()
        for name, state in STATES[kind].items():
            state(here)
            here.page.wait_for_timeout(60)  # words about a state come after the frame that shows it
            if axe: done.axe += [f"{name}: {row}" for row in axe(here.page, "#w")]
            for look in LOOKS:
                here.wear(look)
                if axe and look != "plain": done.axe += [f"{name}, {look}: {row}" for row in axe(here.page, "#w", ["color-contrast"])]
                told = here.page.evaluate(SCAN.replace("PARSE", PARSE).replace("FIELDS", f'"{FIELDS}"'))
                done.unseen += [f"{name}, {look}: {row}" for row in told["lost"]]
                for what, where, fg, bg in told["rows"]:
                    pairs.add((tuple(fg), tuple(bg)))
                    key, value = (look, what, where), (ratio(fg, bg), name, tuple(fg), tuple(bg))
                    if key not in done.worst or value[0] < done.worst[key][0]: done.worst[key] = value
            here.page.evaluate("document.body.removeAttribute('data-jp-theme-name')")
        context.close()
        assert not here.errors, here.errors
        done.pairs = len(pairs)
        known[kind] = done
        return done

    return take


@each_kind
def test_axe_finds_nothing_in_any_state(walk, axe, kind):
    found = walk(kind, axe).axe
    assert not found, f"{len(found)} violations:\n" + "\n".join(sorted(found)[:60])


@each_kind
def test_everything_drawn_has_contrast(walk, shots, kind):
    seen = walk(kind)
    table = [f"{kind} widget: {seen.states} states, {len(LOOKS)} looks, {seen.pairs} pairs of colours"]
    for look in LOOKS:
        for what, bound in (("text", 4.5), ("part", 3.0)):
            rows = sorted((value[0], where, value[1]) for (worn, kind_of, where), value in seen.worst.items() if (worn, kind_of) == (look, what))
            assert len(rows) > 2, "nothing was measured"
            table += [f"  {look:<24}{what} >= {bound}: least {least:5.2f}  {where} ({state})" for least, where, state in rows[:1]]
    print("\n".join(table))
    (shots / f"contrast-{kind}.txt").write_text("\n".join(table) + "\n", "utf-8")
    low = [f"{value[0]:.2f} {look} {where} ({value[1]}): {value[2]} on {value[3]}" for (look, what, where), value in seen.worst.items()
           if value[0] < (4.5 if what == "text" else 3)]
    assert not low, f"{len(low)} too low:\n" + "\n".join(sorted(low))
    assert not seen.unseen, "\n".join(sorted(set(seen.unseen))[:40])


# -- Words under codings ------------------------------------------------------------------------------------------------------
# What highlights look like: their own rules, put on a probe among the words, so that the browser resolves them. And what is drawn behind coded words:
# a coding gets one look after the other, and what its canvas is asked to fill is noted.
RULES = r"""() => {
  const v = document.querySelector("#w").pbView, text = document.querySelector(".pb-text"), found = {}, tints = {}, parse = PARSE;
  for (const rule of v.painter.sheet.sheet.cssRules) {
    const name = rule.selectorText.match(/highlight\([^)]*?-([^)]+)\)/)[1], probe = document.createElement("i");
    probe.style.cssText = `background-color:${rule.style.backgroundColor};color:${rule.style.color || "inherit"}`;
    text.append(probe);
    const s = getComputedStyle(probe);
    found[name] = [parse(s.color), parse(s.backgroundColor)];
    probe.remove();
  }
  const g = v.doc.groups.find(g => g.near && g.codings.size), [c] = g.codings, {code} = c, {shows} = v, kind = CanvasRenderingContext2D.prototype, {fillRect} = kind;
  const looks = [0, 1, 2, 3, 4, 5, 6, 7].flatMap(ink => [0, 1, 2].map(shade => ({ colour: null, inks: ["#000000", "#FFFFFF"], look: { ink, shade, line: 0 } })));
  looks.push({ colour: "#cc0000", inks: ["#cc0000", "#ff6666"], look: { ink: 0, shade: 0, line: 0 } });
  const draw = () => { v.soon(g); while (v.waiting.size) v.flush(); };
  v.shows = x => x === c;
  for (const like of looks) {
    kind.fillRect = function (...box) {
      tints[`${like.colour ? "cc0000" : like.look.ink}-${like.look.shade}`] = [...this.fillStyle.match(/\w\w/g).map(x => parseInt(x, 16)), this.globalAlpha];
      fillRect.apply(this, box);
    };
    c.code = like;
    draw();
  }
  Object.assign(v, {shows});
  Object.assign(kind, {fillRect});
  c.code = code;
  draw();
  const asked = text.querySelector(".pb-interviewer .pb-say"), was = asked.classList.contains("pb-coded");
  asked.classList.add("pb-coded");
  const own = getComputedStyle(v.root), sel = getComputedStyle(text.querySelector(".pb-say"), "::selection"), coded = parse(getComputedStyle(asked).color).slice(0, 3);
  asked.classList.toggle("pb-coded", was);
  const plain = colour => parse(colour).slice(0, 3);
  return {found, tints, coded, page: plain(own.backgroundColor), words: plain(own.color), sel: [plain(sel.color), plain(sel.backgroundColor)]};
}"""


def test_words_stay_legible_under_any_pile_of_codings(stage, shots):
    here = stage("coding")
    CODING["text"](here)
    table = ["words under codings, coding widget"]
    for look in LOOKS:
        here.wear(look)
        told = here.page.evaluate(RULES.replace("PARSE", PARSE))
        tints = {name: (tuple(bg[:3]), bg[3]) for name, bg in told["tints"].items()}
        assert len(tints) == 25, "eight inks in three shades, and one code's own colour"
        strong = [tint for name, tint in tints.items() if name[-1] == "1" or name.startswith("cc")]
        words, page = tuple(told["words"]), tuple(told["page"])
        assert tuple(told["coded"]) == words, "coded words have the full colour of the text, also the interviewer's"
        for depth in (1, 2, 3, 4):
            least = 99.0
            for pile in itertools.permutations(tints.values() if depth < 3 else strong, depth):      # the shade with the strongest tint, above two
                ground = page
                for tint, share in pile: ground = mix(tint, ground, share)
                least = min(least, ratio(words, ground))
            table.append(f"  {look:<24}{depth} over each other: least {least:5.2f}")
            assert least >= 4.5, table[-1]
        least = min(ratio(words, tint) for tint, _ in tints.values())
        table.append(f"  {look:<24}any number: least {least:5.2f}")
        assert least >= 4.5, table[-1]
        for name in ("sel", "hit", "found", "active"):
            fg, bg = told["found"][name]
            assert bg[3] == 1 and ratio(tuple(fg[:3]), tuple(bg[:3])) >= 4.5, (look, name, fg, bg)
        assert told["sel"] == [colour[:3] for colour in told["found"]["sel"]], "with and without the focus, the same"
    print("\n".join(table))
    (shots / "contrast-words.txt").write_text("\n".join(table) + "\n", "utf-8")


def box_of(here: Stage, words: str) -> dict[str, float]:
    "Where words stand, without the lines above and below them."
    return here.page.evaluate("""words => { const v = document.querySelector("#w").pbView, i = v.doc.text.indexOf(words), end = i + words.length,
        a = v.rect(i, i + 1), b = v.rect(end - 1, end);
        return {x: Math.min(a.left, b.left) + 1, y: a.top + 1, width: Math.abs(b.right - a.left) - 2, height: a.height - 5}; }""", words)


# The looks of the codings over the first letter of some words.
LOOKS_AT = """words => { const v = document.querySelector("#w").pbView;
    return v.codingsAt(v.doc.text.indexOf(words) + 1).map(({code: {colour, look}}) => `${colour ? colour.slice(1) : look.ink}-${look.shade}`); }"""


@pytest.mark.parametrize("look", ["lab-light", "lab-dark"])
def test_a_screenshot_shows_the_contrast_that_was_computed(stage, painted, look):
    here = stage("coding", device_scale_factor=3)
    CODING["text"](here)
    here.wear(look)
    told = here.page.evaluate(RULES.replace("PARSE", PARSE))
    page, words = tuple(told["page"]), tuple(told["words"])
    ground = {name: (tuple(bg[:3]), bg[3]) for name, bg in told["tints"].items()} | {"sel": (tuple(told["found"]["sel"][1][:3]), 1)}
    cases = {}
    for quote, depth in {"When": 1, "There is none": 2, "to work": 1, "streets": 0}.items():
        names, cases[quote] = here.page.evaluate(LOOKS_AT, quote), page
        assert len(names) == depth, (quote, names)
        for name in names: cases[quote] = mix(ground[name][0], cases[quote], ground[name][1])
    for quote, expected in cases.items():
        seen = painted(here.page, box_of(here, quote))
        most = seen.most_common(1)[0][0]
        edge = max((colour for colour, n in seen.items() if n >= 10), key=lambda colour: ratio(colour, most))
        if quote != "There is none":  # which of two equal ones lies on top does not matter
            assert max(abs(a - b) for a, b in zip(most, expected)) <= 2, (quote, most, expected)
        assert abs(ratio(edge, most) / ratio(words, most) - 1) < 0.03 and ratio(edge, most) >= 4.5, (quote, edge, most)
    here.at("streets").keys("w")
    seen = painted(here.page, box_of(here, "streets"))
    assert seen.most_common(1)[0][0] == ground["sel"][0]
    assert max(ratio(colour, ground["sel"][0]) for colour, n in seen.items() if n >= 10) >= 4.5


# -- Colours through other eyes -----------------------------------------------------------------------------------------------
# Machado, Oliveira & Fernandes 2009, "A physiologically-based model for simulation of color vision deficiency", severity 1.0, for linear RGB.
EYES = {
    "all cones": np.eye(3),
    "no red cones": np.array([[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]),
    "no green cones": np.array([[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]),
    "no blue cones": np.array([[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]),
}
APART = 10  # CIEDE2000; 1 can just be seen side by side, and about 2.3 is what most people notice


def inks(here: Stage) -> list[str]:
    "The eight inks as the script has them, in the page's look."
    source = widget_files("coding_widget")[0].split("export const INKS")[1]
    pairs = re.findall(r'\["(#\w{6})", "(#\w{6})"\]', source.split("SHADES")[0])
    return [pair[here.look("v.dark")] for pair in pairs]


def test_inks_stay_apart_for_the_colour_blind(stage, shots):
    here, table = stage("coding"), [f"any two of the eight inks, CIEDE2000 >= {APART}"]
    CODING["text"](here)
    for look in ("lab-light", "lab-dark"):
        here.wear(look)
        colours = [linear(rgb(ink)) for ink in inks(here)]
        assert len(colours) == 8
        for eyes, seen in EYES.items():
            simulated = [lab(seen @ colour) for colour in colours]
            pairs = sorted((difference(a, b), i, j) for (i, a), (j, b) in itertools.combinations(enumerate(simulated), 2))
            table.append(f"  {look:<10} {eyes:<15} least {pairs[0][0]:5.1f} (inks {pairs[0][1]} and {pairs[0][2]})")
            assert pairs[0][0] >= APART, table[-1]
    print("\n".join(table))
    (shots / "colour-blind.txt").write_text("\n".join(table) + "\n", "utf-8")


def test_every_facet_has_a_look_of_its_own_and_one_ink_comes_with_different_lines(stage):
    here = stage("coding")
    CODING["facet of a new code"](here)
    looks = here.page.evaluate("""[...document.querySelectorAll(".pb-option")].map(el =>
        [el.querySelector(".pb-label").textContent, el.querySelector(".pb-swatch").getAttribute("style")])""")
    styles = [style for facet, style in looks if facet != "other"]
    assert len(styles) == 16 and len(set(styles)) == 16, looks
    assert {re.search(r"style:(\w+)", style)[1] for style in styles} >= {"solid", "dotted", "dashed"}


def test_two_coders_stay_apart_for_the_colour_blind_and_differ_in_their_line(stage):
    here = stage("adjudication")
    ADJUDICATION["list"](here)
    for look in ("lab-light", "lab-dark"):
        here.wear(look)
        sides = here.page.evaluate("""[...document.querySelectorAll(".pa-head .pa-mark")].map(el => getComputedStyle(el))
            .map(s => [s.borderLeftColor, s.borderLeftStyle])""")
        left, right = (tuple(map(float, re.findall(r"[\d.]+", colour)[:3])) for colour, _ in sides)
        assert min(difference(lab(seen @ linear(left)), lab(seen @ linear(right))) for seen in EYES.values()) >= APART
        assert [style for _, style in sides] == ["solid", "dashed"]


# -- Forced colours and reduced motion ----------------------------------------------------------------------------------------
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_forced_colours_leave_stripes_lines_focus_and_choice_to_be_seen(stage, painted, shots, scheme):
    here = stage("coding", forced_colors="active", color_scheme=scheme, device_scale_factor=2)
    CODING["caret"](here)
    # The system's own colours, whatever they are, on its own ground: nothing of the text, the margin or the marks may have another one.
    told = here.page.evaluate("""() => Object.fromEntries(["Canvas", "CanvasText", "Highlight"].map(name => {
        const probe = document.createElement("i");
        probe.style.cssText = `forced-color-adjust: none; color: ${name}`;
        document.body.append(probe);
        const colour = getComputedStyle(probe).color.match(/[\\d.]+/g).map(Number); probe.remove(); return [name, colour]; }))""")
    system = {name: mix(tuple(c[:3]), tuple(told["Canvas"][:3]), c[3] if len(c) > 3 else 1) for name, c in told.items()}

    twice = mix(tuple(told["Highlight"][:3]), system["Highlight"], (told["Highlight"] + [1])[3])

    def near(one: RGB, two: RGB) -> bool: return max(abs(a - b) for a, b in zip(one, two)) <= 2

    canvas, ink = system["Canvas"], system["CanvasText"]
    assert ratio(canvas, ink) >= 15 and ratio(system["Highlight"], canvas) >= 3
    for what in (".pb-stripes", ".pb-strip-part .pb-swatch"):
        seen = painted(here.page, here.page.locator(what).first.bounding_box())
        assert seen[ink] >= 20 and seen[canvas] >= 20, (what, seen.most_common(4))
    lines = painted(here.page, box_of(here, "the days are short") | {"height": 26})
    assert lines[ink] > 300 and lines.most_common(1)[0][0] == canvas, "a coding is a line under the words, not another selection"
    plain = painted(here.page, box_of(here, "The streets are we") | {"height": 26})
    assert lines[ink] > plain[ink] * 1.2, "and the line is there"
    ring = here.page.locator(".pb-scroll").evaluate("""el => { const s = getComputedStyle(el);
        return [s.outlineStyle, parseFloat(s.outlineWidth), s.outlineColor]; }""")
    assert ring[:2] == ["solid", 2] and list(map(float, re.findall(r"[\d.]+", ring[2]))) == told["Highlight"]
    here.at("streets").keys("w")
    for focus in (True, False):  # the browser's own selection, and the one that stays when the focus has gone
        if not focus: here.page.locator("#out").focus()
        seen = painted(here.page, box_of(here, "streets"))
        ground = seen.most_common(1)[0][0]  # without the focus the page's own selection lies below ours, and the colour is not quite opaque
        assert near(ground, system["Highlight"] if focus else twice), (focus, seen.most_common(3))
        assert max(ratio(colour, ground) for colour, n in seen.items() if n >= 10) >= 7, (focus, seen.most_common(3))
    here.at("dock is full").keys("s", "Enter").seen(".pb-option")
    chosen = here.page.locator(".pb-option.pb-at").bounding_box()
    sides = sum(n for colour, n in painted(here.page, chosen).items() if near(colour, system["Highlight"]))
    assert sides >= 2 * 4 * chosen["width"], "all sides of the row at hand: above and below, two lines of four device pixels"
    here.page.screenshot(path=shots / f"forced-{scheme}-palette.png")
    here.keys("Escape", "l").seen(".pb-list [aria-selected=true]")
    assert here.page.locator(".pb-list [aria-selected=true]").evaluate("el => getComputedStyle(el).outlineStyle") == "solid"
    here.keys("Escape", "h")
    assert here.page.locator(".pb-tool[aria-pressed=true]").evaluate("el => getComputedStyle(el).outlineStyle") == "solid"
    here.keys("n").seen(".pb-handle-end")
    here.page.screenshot(path=shots / f"forced-{scheme}-coding.png")


@pytest.mark.parametrize("kind,state,chosen", [
    ("codebook", "a code at hand", ".pbk-at"), ("codebook", "facet", ".pb-at"), ("codebook", "history", ".pbk-list [aria-selected=true]"),
    ("adjudication", "other code", ".pa-option[aria-selected=true]"), ("adjudication", "another code", ".pb-at")])
def test_forced_colours_show_what_is_chosen(stage, painted, shots, kind, state, chosen):
    here = stage(kind, forced_colors="active")
    STATES[kind][state](here)
    style = here.page.locator(chosen).evaluate("el => [getComputedStyle(el).outlineStyle, parseFloat(getComputedStyle(el).outlineWidth)]")
    assert style == ["solid", 2]
    swatch = painted(here.page, here.page.locator(".pb-swatch, .pa-swatch").locator("visible=true").first.bounding_box())
    assert max(ratio(colour, (255, 255, 255)) for colour, n in swatch.items() if n >= 10) >= 15
    here.page.screenshot(path=shots / f"forced-{kind}-{state.replace(' ', '-')}.png")


@each_kind
def test_nothing_moves_by_itself(stage, kind):
    # Not even the caret blinks: the browser would paint all colours anew in each frame. A new theme is noticed by a transition of one millisecond, which nobody sees.
    moving = """document.getAnimations().filter(a => a.effect.getComputedTiming().duration > 2).map(a => a.animationName ?? a.transitionProperty)"""
    smooth = "[...document.querySelectorAll('#w *')].filter(el => getComputedStyle(el).scrollBehavior === 'smooth').length"
    for reduced in (True, False):
        here = stage(kind, reduced_motion="reduce" if reduced else "no-preference")
        for name in {"coding": ("caret", "palette", "codings list"), "codebook": ("tree", "facet"), "adjudication": ("list", "decided")}[kind]:
            STATES[kind][name](here)
            told = here.page.evaluate(moving)
            assert here.page.evaluate(smooth) == 0 and told == [], (name, told)


# -- What a screen reader is told ---------------------------------------------------------------------------------------------
@dataclass
class Heard:
    "A node of the browser's accessibility tree."
    role: str
    name: str
    says: dict[str, Any]
    children: list[Heard]

    def all(self, role: str) -> list[Heard]:
        return ([self] if self.role == role else []) + [found for child in self.children for found in child.all(role)]

    def one(self, role: str, name: str = "") -> Heard:
        found = [node for node in self.all(role) if node.name.startswith(name)]
        assert len(found) == 1, f"{len(found)} of {role} {name!r} among {[(node.role, node.name) for node in self.all(role)]}"
        return found[0]


def listen(here: Stage) -> Heard:
    "The accessibility tree of the widget as Chromium hands it to a screen reader."
    told = here.page.context.new_cdp_session(here.page).send("Accessibility.getFullAXTree")["nodes"]
    by_id = {node["nodeId"]: node for node in told}

    def heard(node: dict) -> list[Heard]:
        inner = [one for child in node.get("childIds", []) if child in by_id for one in heard(by_id[child])]
        if node.get("ignored"): return inner
        says = {one["name"]: one["value"].get("value", [r.get("text") for r in one["value"].get("relatedNodes", [])])
                for one in node.get("properties", [])}
        says["description"] = node.get("description", {}).get("value", "")
        says["value"] = node.get("value", {}).get("value", "")
        return [Heard(node.get("role", {}).get("value", ""), " ".join(str(node.get("name", {}).get("value", "")).split()), says, inner)]

    return heard(told[0])[0].one("main")


def test_a_screen_reader_hears_the_coding_widget(stage):
    here = stage("coding")
    here.show(codes={"q": "Saves time"}).at("streets").keys("w").seen(".pb-status:has-text('selected')")
    tree = listen(here)
    bar = tree.one("toolbar", "Coding")
    names = [button.name for button in bar.all("button")]
    assert names[0].startswith("P01 · 4/4 turns") and {"Find", "Filter", "List", "Autocode", "Memos", "Fold", "Keys"} <= set(names)
    assert any(name.startswith("Undo: memo") for name in names) and bar.one("button", "List").says["description"] == "List of codings (l)"
    assert [group.name for group in tree.one("toolbar", "Stages").all("group")] == ["Stages", "Keys", "Recent"]
    text = tree.one("application", "Transcript to code. Press ? for the keys.")
    assert text.says["focused"] and text.says["description"] == "7 characters selected: streets", "where one is, is part of what is focused"
    here.keys("s").seen(".pb-status:has-text('43 characters selected: The streets are wet and the d…')")
    heard = re.compile("The streets are wet and the d[^…]* selected")
    here.page.locator(".pb-heard", has_text=heard).wait_for(state="attached")  # what a key selected is read out whole
    here.keys("ArrowLeft", "ArrowUp").seen(".pb-status:has-text('turn 3, Interviewer')").at("streets").keys("w")
    assert "the dock is full" in " ".join(node.name for node in text.all("StaticText")), "the words themselves are there to be read"

    tree = listen(here.keys("Enter").seen(".pb-option"))
    palette = tree.one("dialog", "Code the selection as")
    box, options = palette.one("combobox"), palette.one("listbox").all("option")
    assert box.name == "Code the selection as…" and box.says["focused"] and box.says["expanded"] and box.says["activedescendant"]
    names = [option.name for option in options]
    assert names[:2] == ["Arriving stage · 1", "Something else other · 1"] and "Saves time gain · 1 Q" in names, names
    here.type("dckf")
    first = listen(here).one("dialog").one("listbox").all("option")[0]
    assert first.name == "Dock full pain · 4"
    assert here.page.evaluate("document.activeElement.getAttribute('aria-activedescendant') === document.querySelector('.pb-option').id")
    here.keys("Enter").seen(".pb-live:has-text('Coded')")
    tree = listen(here)
    said = [node for node in tree.all("status") if node.says.get("live") == "polite"]
    assert "Coded 7 characters as Dock full" in [" ".join(leaf.name for leaf in node.all("StaticText")) for node in said]
    assert tree.one("application").says["focused"]

    tree = listen(here.keys("l").seen(".pb-list [aria-selected=true]"))
    codings = tree.one("region", "18 codings").one("listbox", "Codings of this source")
    assert codings.says["focused"] and codings.says["activedescendant"]
    rows = codings.all("option")
    assert len(rows) == 18 and rows[0].name == "Arriving “How do you get to work?” turn 1 · MB", rows[0].name
    assert [row.says.get("selected") for row in rows].count(True) == 1


def test_a_screen_reader_hears_the_codebook_as_a_tree_with_one_stop(stage):
    here = stage("codebook")
    here.show().code("Dock full")
    tree = listen(here).one("tree", "Codes")
    items = tree.all("treeitem")
    assert len(items) == 15 and tree.says["multiselectable"]
    parent, child = tree.one("treeitem", "Dock full"), tree.one("treeitem", "No dock")
    assert parent.name == "Dock full pain 4 codings 2 cases"
    assert parent.says["expanded"] and parent.says["focused"] and parent.says["level"] == 1
    assert child.says["level"] == 2 and "expanded" not in child.says
    stops = "[...document.querySelectorAll('.pbk-tree [tabindex=\"0\"]')].map(el => el.querySelector('.pbk-name').textContent)"
    assert here.page.evaluate(stops) == ["Dock full"]
    here.keys("ArrowDown")
    assert here.page.evaluate(stops) == ["No dock"]
    assert [item.name for item in listen(here).all("treeitem") if item.says.get("focused")] == ["No dock pain 2 codings 2 cases"]
    here.keys("Tab")
    inside = here.page.evaluate("document.querySelector('.pbk-tree').contains(document.activeElement)")
    assert not inside, "one stop, then on to the details"
    here.code("Habit").keys("F2").type("Routine").keys("Enter").seen(".pbk-live:has-text('Renamed')")
    assert "Renamed to Routine" in [leaf.name for node in listen(here).all("status") for leaf in node.all("StaticText")]


def test_a_screen_reader_hears_the_disagreements(stage):
    here = stage("adjudication")
    ADJUDICATION["other code"](here)
    tree = listen(here)
    rows = tree.one("listbox", "Disagreements")
    chosen = [row for row in rows.all("option") if row.says.get("selected")]
    assert rows.says["focused"] and len(chosen) == 1 and "turn 2" in chosen[0].name
    assert tree.one("progressbar", "Disagreements decided").says["value"] == 0
    choices = {button.name for button in tree.one("region", "Decision").one("group", "Decide").all("button")}
    assert {"Take MB", "Take JK", "No coding"} <= choices, "the names are words; the keys are told apart from them"
    here.keys("1").seen(".pa-live:has-text('decided')")
    assert any("1 of 12 decided" in leaf.name for node in listen(here).all("status") for leaf in node.all("StaticText"))
