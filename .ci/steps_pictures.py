"""Make the step pictures of the second tutorial: `python .ci/steps_pictures.py` writes nbs/tutorials/images/02-*.png.

The tutorial's own cells run in a JupyterLab of our own, the keys that its text names are pressed in a real Chromium, and what is then to be
seen is photographed under a strip that shows these keys. Keys come from the widgets' own tables, so a picture cannot show one that does
something else. At the end the study has to hold what the text says.
"""

from __future__ import annotations

import base64
import html
import struct
import sys
import tempfile
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat
import numpy as np
from pictures import ROOT, chromium, jupyterlab, write_notebook

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

TUTORIAL = ROOT / "nbs" / "tutorials" / "02_coding_interviews.ipynb"
IMAGES = ROOT / "nbs" / "tutorials" / "images"
WIDTH, SHARP = 900, 1.4  # CSS pixels of a picture, and how many real ones each has
NAMES = {"mod": "Ctrl", "shift": "Shift", "alt": "Alt", "enter": "Enter", "escape": "Esc", "tab": "Tab", "arrowright": "→"}
STYLE = """
body { margin: 0; background: #fff; font: 15px/1.4 "DejaVu Sans", system-ui, sans-serif; color: #1a1d21; }
figure { margin: 0; position: relative; width: WIDTHpx; background: #fff; }
figcaption { display: flex; align-items: center; gap: 7px; padding: 9px 12px; margin-bottom: 6px;
  background: #eef2f6; border: 1px solid #d9dde2; border-radius: 8px; }
figcaption b { flex: none; box-sizing: border-box; min-width: 22px; padding: 0 4px; border-radius: 11px; background: #0067a5; color: #fff;
  font-size: 13px; line-height: 22px; text-align: center; }
kbd { font: 600 13px/1 "DejaVu Sans", sans-serif; padding: 4px 7px; white-space: nowrap;
  background: #fff; border: 1px solid #9aa4af; border-bottom-width: 3px; border-radius: 5px; }
code { font: 14px/1 "DejaVu Sans Mono", monospace; background: #fff; border-radius: 4px; padding: 3px 5px; }
figcaption span { margin-left: auto; color: #4a525b; font-size: 14px; text-align: right; }
div { position: relative; } img { display: block; width: 100%; }
i { position: absolute; transform: translate(-50%, -50%); width: 24px; border-radius: 12px; box-shadow: 0 0 0 2px #fff;
  background: #0067a5; color: #fff; font: 700 14px/24px "DejaVu Sans", sans-serif; text-align: center; }
""".replace("WIDTH", str(WIDTH))


# -- Small files --------------------------------------------------------------------------------------------------------------
def shrink(pixels: np.ndarray, colours: int = 96) -> bytes:
    "Write an image (rows, columns, RGB) as a PNG with a palette: half of it the commonest colours as they are, the rest averages."
    from sklearn.cluster import KMeans

    flat = pixels.reshape(-1, 3).astype(np.uint32)
    found, index, counts = np.unique(flat[:, 0] << 16 | flat[:, 1] << 8 | flat[:, 2], return_inverse=True, return_counts=True)
    rgb = np.stack([found >> 16, found >> 8 & 255, found & 255], axis=1).astype(float)
    # To brightness, and three times what makes a colour: a pale tint must not turn grey.
    turn = np.array([[0.3, 1.8, -0.9], [0.6, -1.8, -1.8], [0.1, 0, 2.7]])
    seen = rgb @ turn
    kept = np.argsort(-counts)[:colours // 2]
    palette = rgb[kept]
    if len(rgb) > colours:
        groups = KMeans(colours - len(kept), n_init=1, random_state=0).fit(seen, sample_weight=np.sqrt(counts)).labels_
        means = [np.average(rgb[groups == g], axis=0, weights=np.sqrt(counts[groups == g])) for g in np.unique(groups)]
        palette = np.vstack([palette, np.round(means)])
    near = ((seen[:, None] - palette @ turn) ** 2).sum(axis=2).argmin(axis=1).astype(np.uint8)
    rows = near[index].reshape(pixels.shape[:2])
    lines = np.hstack([np.zeros((len(rows), 1), np.uint8), rows]).tobytes()

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", rows.shape[1], rows.shape[0], 8, 3, 0, 0, 0)
    parts = ((b"IHDR", head), (b"PLTE", palette.astype(np.uint8).tobytes()), (b"IDAT", zlib.compress(lines, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(kind, data) for kind, data in parts)


def pixels_of(page: Page, png: bytes) -> np.ndarray:
    "Let the browser read a PNG."
    script = """async address => { const image = new Image(); image.src = address; await image.decode();
        const canvas = new OffscreenCanvas(image.width, image.height), pen = canvas.getContext('2d'); pen.drawImage(image, 0, 0);
        const data = pen.getImageData(0, 0, image.width, image.height).data; let text = '';
        for (let i = 0; i < data.length; i += 32768) text += String.fromCharCode(...data.subarray(i, i + 32768));
        return [image.width, image.height, btoa(text)]; }"""
    width, height, data = page.evaluate(script, "data:image/png;base64," + base64.b64encode(png).decode())
    return np.frombuffer(base64.b64decode(data), np.uint8).reshape(height, width, 4)[:, :, :3]


# -- Keys and pictures --------------------------------------------------------------------------------------------------------
class Album:
    "A notebook in JupyterLab, the keys pressed since the last picture, and the pictures."

    def __init__(self, page: Page, desk: Page, url: str):
        self.page, self.desk, self.url = page, desk, url
        self.pressed: list[str] = []
        self.own: dict[str, str] = {}
        self.widget: Locator

    def open(self, name: str, widget: str, keys: dict[str, str]) -> None:
        "Open a notebook, run it, and stand before a widget."
        page = self.page
        page.goto(f"{self.url}/doc/tree/{name}")
        page.wait_for_function("window.jupyterapp?.shell.currentWidget?.context?.isReady", timeout=120_000)
        kernel = "jupyterapp.shell.currentWidget.sessionContext.session?.kernel"
        page.wait_for_function(f"{kernel}?.connectionStatus === 'connected' && {kernel}.status === 'idle'", timeout=120_000)
        self.own, self.widget = keys, page.locator(widget)
        for _ in range(5):  # the first request after a server's start can get lost
            page.evaluate("void jupyterapp.commands.execute('notebook:run-all-cells')")
            try:
                self.widget.last.wait_for(timeout=20_000)
                break
            except Exception: continue
        self.height(380)

    def height(self, pixels: int) -> None:
        "Make the widget's middle so high, as if pulled by its corner."
        script = "(el, pixels) => { for (const part of el.querySelectorAll('.pb-scroll, .pbk-main, .pa-main')) part.style.height = `${pixels}px`; }"
        self.widget.evaluate(script, pixels)

    def key(self, *keys: str, shown: bool = True) -> None:
        "Press keys, written as in the widgets' tables; a name in a table stands for its key."
        for key in (self.own.get(name, name) for name in keys):
            parts = key.split("+")
            names = {"mod": "Control", "arrowright": "ArrowRight", "arrowleft": "ArrowLeft", "arrowdown": "ArrowDown"}
            self.page.keyboard.press("+".join(names.get(p, p.capitalize() if len(p) > 1 else p) for p in parts))
            if shown: self.pressed.append("+".join(f"<kbd>{html.escape(NAMES.get(p, p.upper()))}</kbd>" for p in parts))

    def type(self, words: str) -> None:
        "Type words into the field that has the focus."
        self.page.keyboard.type(words)
        self.pressed.append(f"<code>{html.escape(words)}</code>")

    def until(self, condition: str) -> None:
        "Wait until something holds for the view `v` of the widget."
        view = "[...document.querySelectorAll('*')].find(e => e.pbView?.root.isConnected)?.pbView"
        self.page.wait_for_function(f"(v => {condition})({view})", timeout=30_000)

    def take(self, name: str, step: int | str, words: str, *, marks: dict[str, tuple[str, float, float]] | None = None) -> None:
        "Photograph the widget under a strip with the step's number, the keys pressed and a word on what they do."
        self.page.mouse.move(2, 2)
        self.widget.evaluate("el => el.scrollIntoView({block: 'center'})")
        # Words on the state follow 40 ms after a change; then two frames.
        self.page.evaluate("() => new Promise(done => setTimeout(() => requestAnimationFrame(() => requestAnimationFrame(done)), 150))")
        box = self.widget.bounding_box()
        assert box
        shot = self.page.screenshot(clip=box, animations="disabled", scale="device")
        places = self.places(box, marks or {}).items()
        spots = "".join(f"<i style='left:{100 * x:.2f}%;top:{100 * y:.2f}%'>{letter}</i>" for letter, (x, y) in places)
        strip = f"<figcaption><b>{step}</b>{' '.join(self.pressed)}<span>{html.escape(words)}</span></figcaption>" if words else ""
        picture = f"<img src='data:image/png;base64,{base64.b64encode(shot).decode()}'>"
        self.desk.set_content(f"<style>{STYLE}</style><figure>{strip}<div>{picture}{spots}</div></figure>")
        self.desk.wait_for_function("document.images[0].complete")
        data = shrink(pixels_of(self.desk, self.desk.locator("figure").screenshot(scale="device")))
        (IMAGES / name).write_bytes(data)
        print(f"{name} {len(data) / 1000:.0f} kB")
        self.pressed.clear()

    def places(self, box: dict, marks: dict[str, tuple[str, float, float]]) -> dict[str, tuple[float, float]]:
        "Return points of some parts (selector, share of its width, of its height) as shares of the widget's size."
        found = {}
        for letter, (part, x, y) in marks.items():
            at = self.widget.locator(part).first.bounding_box()
            assert at, part
            found[letter] = ((at["x"] + x * at["width"] - box["x"]) / box["width"], (at["y"] + y * at["height"] - box["y"]) / box["height"])
        return found


# -- The steps ----------------------------------------------------------------------------------------------------------------
def cell_with(words: str) -> str:
    "Return the tutorial's code cell that holds some words."
    (source,) = [c.source for c in nbformat.read(TUTORIAL, 4).cells if c.cell_type == "code" and words in c.source]
    return source


def coding(album: Album, folder: Path) -> None:
    "Steps 1 to 13: the coding widget."
    import personabench as pb
    from personabench.coding_widget import KEYS

    write_notebook(folder / "coding.ipynb", cell_with("create=True"), cell_with("widget = pb.CodingWidget"))
    album.open("coding.ipynb", ".pb-cw", KEYS)
    album.until("v?.doc")
    album.page.locator(".pb-scroll").focus()
    marks = {"A": (".pb-gap", 0.08, 0.5), "B": (".pb-gap", 0.95, 0.5), "C": (".pb-strip-part", 0.62, 0.75), "D": (".pb-scroll", 0.05, 0.3),
             "E": (".pb-scroll", 0.88, 0.3), "F": (".pb-foot", 0.16, 0.5)}
    album.take("02-01-widget.png", "", "", marks=marks)
    saved = "!v.link.outbox.size"
    album.key("find")
    album.type("card page")
    album.key("enter")
    album.take("02-02-find.png", 1, "finds words and goes there")
    album.key("escape", shown=False)
    album.key("sentence")
    album.take("02-03-sentence.png", 2, "takes the sentence")
    album.key("code")
    album.type("pay")
    album.take("02-04-palette.png", 3, "opens the palette and finds a code")
    album.key("enter")
    album.until(f"{saved} && v.doc.list.length === 1")
    album.take("02-05-coded.png", 4, "codes it; stored a moment later")

    album.key("mod+arrowright", "sentence", "code")
    album.type("Money held back")
    album.key("enter")
    album.page.keyboard.type("pain")
    album.take("02-06-facet.png", 5, "a new code asks for its facet")
    album.key("enter", shown=False)
    album.until(f"{saved} && v.doc.list.length === 2")
    album.key("mod+arrowright", "sentence", "repeat the last code")
    album.until(f"{saved} && v.doc.list.length === 3")
    album.take("02-07-repeat.png", 6, "the next sentence gets the last code")
    album.key("turn", "shift+3")
    album.until(f"{saved} && v.doc.list.length === 4")
    album.take("02-08-stage.png", 7, "the turn belongs to the third stage")

    album.key("find", shown=False)
    album.page.keyboard.type("polite")
    album.key("enter", "escape", shown=False)
    album.key("sentence", "code in vivo")
    album.take("02-09-in-vivo.png", 8, "the participant's words become the code's name")
    album.key("enter", shown=False)
    album.page.keyboard.type("emotion")
    album.key("enter", shown=False)
    album.until(f"{saved} && v.doc.list.length === 5")
    album.until("(v.select(v.doc.list.find(c => c.code.name === 'Payment fails')), v.goTo(v.active), true)")
    album.key("memo")
    album.page.locator(".pb-side textarea:focus").wait_for()
    album.type("Three times the same sum…")
    album.until("(v.scrollTo(v.active.start), true)")
    album.take("02-10-memo.png", 9, "a memo on the coding that is marked")
    album.key("mod+enter", "escape", shown=False)
    album.until(f"{saved} && v.panel.box.hidden")
    album.pressed.clear()

    album.key("move the ends", "tab", "mod+arrowright", "mod+arrowright", "arrowright")
    album.take("02-11-ends.png", 10, "moves the coding's start")
    album.key("enter", shown=False)
    album.until("(v.goTo(v.doc.list.find(c => c.end - c.start === 31)), true)")
    album.key("recode")
    album.type("fur")
    album.take("02-12-recode.png", 11, "another code on the same words")
    album.key("enter", shown=False)
    album.until(f"{saved} && v.doc.undo?.undo?.startsWith('recode')")
    album.key("undo")
    album.until("v.doc.undo?.redo?.startsWith('recode')")
    album.take("02-13-undo.png", 12, "takes the last step back and names it")
    album.key("undo", shown=False)
    album.until("v.doc.undo?.redo?.startsWith('resize')")

    album.height(340)
    album.key("autocode")
    album.page.wait_for_timeout(100)
    album.type("app")
    album.key("enter")
    album.page.locator(".pb-hits li").nth(2).wait_for()
    album.page.locator(".pb-hits li").nth(2).locator("input").click()
    album.take("02-14-autocode.png", 13, "proposes sentences; you accept or reject")
    album.page.locator(".pb-main-button").click()
    album.page.keyboard.type("app")
    album.key("enter", "escape", shown=False)
    album.until("v.doc.list.length === 7")
    with pb.Study(folder / "coding-interviews.db", coder="reader") as study:
        coded = study.rows("codings", source="P01")
        expected = {"Sign-up": 1, "Payment fails": 1, "Money held back": 2, "Frustrated is the polite word.": 1, "App": 2}
        assert coded["code"].value_counts().to_dict() == expected, coded[["code", "quote"]]
        assert "And then the card page just went white, three times." in set(coded["quote"])


def kernel_gone(album: Album, folder: Path) -> None:
    "What one sees when the kernel died."
    from personabench.coding_widget import KEYS

    die = "import os, threading\nthreading.Timer(1, lambda: os.kill(os.getpid(), 9)).start()"
    write_notebook(folder / "kernel.ipynb", cell_with("create=True"), cell_with("widget = pb.CodingWidget"), die)
    album.open("kernel.ipynb", ".pb-cw", KEYS)
    album.until("v?.doc")
    album.page.locator(".jp-Dialog button.jp-mod-accept").click(timeout=60_000)
    album.page.locator(".pb-scroll").focus()
    album.key("find", shown=False)
    album.page.keyboard.type("It was stolen")
    album.key("enter", "escape", shown=False)
    album.key("sentence", "code")
    album.page.keyboard.type("look after")
    album.key("enter", shown=False)
    album.page.locator(".pb-banner", has_text="1 change waits").wait_for(timeout=30_000)
    album.pressed.clear()
    album.take("02-17-kernel.png", "!", "the kernel has died; what you code now waits")


def codebook(album: Album, folder: Path) -> None:
    "Steps 14 and 15: the codebook."
    from personabench.codebook_widget import CODEBOOK_KEYS

    trouble = cell_with('add_code(study, "Card trouble"')
    write_notebook(folder / "codebook.ipynb", cell_with("create=True"), trouble, cell_with("pb.CodebookWidget"))
    album.open("codebook.ipynb", ".pb-cb", CODEBOOK_KEYS)
    album.height(540)
    row = ".pbk-row:has(.pbk-name:text-is('{}'))"
    album.page.locator(row.format("Money held back")).click()
    album.key("edit its details")
    album.take("02-15-codebook.png", 14, "opens a code's definition")
    album.page.locator(row.format("Card trouble")).click()
    album.key("merge into…")
    album.type("payment fails")
    album.key("enter")
    album.page.locator(".pbk-plan").wait_for()
    album.take("02-16-merge.png", 15, "shows what a merge would do")


def adjudication(album: Album, folder: Path) -> None:
    "Step 16: two coders side by side."
    from personabench.adjudication_widget import ADJUDICATION_KEYS

    first = cell_with("import_codings").split("blind =")[0]
    write_notebook(folder / "adjudication.ipynb", cell_with("create=True"), first, cell_with("pb.AdjudicationWidget"))
    album.open("adjudication.ipynb", ".pb-aw", ADJUDICATION_KEYS)
    album.page.locator(".pa-option").first.wait_for()
    album.page.locator(".pa-list").focus()
    album.key("union", shown=False)
    album.page.locator(".pa-progress[aria-valuenow='1']").wait_for()
    album.key("next")
    album.take("02-18-adjudication.png", 16, "goes to the next disagreement")


def main() -> None:
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name, chromium() as browser, jupyterlab(Path(name)) as url:
        page = browser.new_page(viewport={"width": WIDTH + 180, "height": 1000}, device_scale_factor=2, color_scheme="light")
        desk = browser.new_page(viewport={"width": WIDTH, "height": 900}, device_scale_factor=SHARP)
        album, folder = Album(page, desk, url), Path(name)
        for part in (coding, kernel_gone, codebook, adjudication):
            if len(sys.argv) < 2 or part.__name__ in sys.argv[1:]:
                part(album, folder)
                page.evaluate("jupyterapp.shell.currentWidget.context.save()")


if __name__ == "__main__":
    main()
