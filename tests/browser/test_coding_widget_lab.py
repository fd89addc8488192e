"""The coding widget in JupyterLab: keys that stay inside, a kernel that dies, what is saved, light and dark."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from .widget_pages import run_notebook

SETUP = r'''
from personabench import codebook, store
from personabench.coding_widget import CodingWidget
from personabench.study import Study
from pathlib import Path
fresh = not Path("{name}.db").exists()
study = Study("{name}.db", coder="MB", create=True)
if fresh:
    lines = [("Interviewer", "How do you get to work?"), ("Anna", "I take the bike 😀 from the dock. When the dock is full, I walk. It costs me ten minutes."),
             ("Interviewer", "And in winter?"), ("Anna", "In winter I do not ride. <img src=x onerror=\"document.title='pwned'\"></script> My café closes early."),
             ("Dina", "שלום, אני נוסעת באופניים כל יום.")]
    text, turns = "", []
    for who, words in lines * {times}:
        text += who + ": "
        turns.append({{"start": len(text), "end": len(text) + len(words), "speaker": who}})
        text += words + "\n\n"
    with study.step("import", "import P01") as step:
        store.add_source(step, "P01", text=text, turns=turns, speakers={{"Interviewer": (None, "interviewer"),
                         "Anna": ("P01", "participant"), "Dina": ("P02", "participant")}})
    for name, facet in (("Dock full", "pain"), ("Walks instead", "behaviour"), ("Saves time", "gain"), ("Arriving", "stage"),
                        ("Riding", "stage"), ("Worry about winter", "emotion"), ("The app", "touchpoint")):
        codebook.add_code(study, name, facet=facet)
w = CodingWidget(study, "P01", codes={{"q": "Saves time"}})
w
'''
VIEW = "[...document.querySelectorAll('.pb-cw')].pop()?.parentElement.pbView"


def write(lab, name: str, *more: str, times: int = 1) -> None:
    run_notebook(lab, name, SETUP.format(name=name, times=times), *more, shown=".pb-turn")


def put(lab, words: str, *keys: str, query: str = "dock") -> None:
    "Select a word by the keyboard and code it by the palette."
    lab.page.locator(".pb-scroll").last.focus()
    lab.page.evaluate(f"words => {{ const v = {VIEW}, i = v.doc.text.indexOf(words); v.select(null); v.sel.set(i, i); }}", words)
    for key in keys or ("w",): lab.page.keyboard.press(key)
    lab.page.keyboard.press("Enter")
    lab.page.keyboard.type(query)
    lab.page.keyboard.press("Enter")
    lab.page.wait_for_timeout(150)


def no_dialog(lab) -> None:
    button = lab.page.locator(".jp-Dialog button.jp-mod-accept")
    if button.count(): button.first.click()


def acknowledged(lab) -> None:
    lab.page.wait_for_function(f"{VIEW}.doc.list.length && !{VIEW}.link.outbox.size", timeout=20_000)      # also where the key waits for its script
    lab.page.locator(".pb-kept", has_text="saved").last.wait_for(timeout=20_000)


def test_palettes_lie_in_what_is_seen_of_the_notebook(lab):
    write(lab, "palettes", times=8)
    panel = lab.page.locator(".jp-WindowedPanel-outer").first
    for scrolled in (0, 150, 400):
        panel.evaluate("(e, y) => { e.scrollTop = y; }", scrolled)
        for words in ("How do you", "dock is full", "It costs"):
            lab.page.locator(".pb-scroll").last.focus()
            lab.page.evaluate(f"words => {{ const v = {VIEW}, i = v.doc.text.indexOf(words); v.select(null); v.sel.set(i, i + words.length); }}", words)
            lab.page.keyboard.press("Enter")
            box, seen = lab.page.locator(".pb-popover").last.bounding_box(), panel.bounding_box()
            assert box["height"] > 150 and seen["y"] <= box["y"] and box["y"] + box["height"] <= seen["y"] + seen["height"], (scrolled, words)
            quote = lab.page.evaluate(f"() => {{ const v = {VIEW}, r = v.rect(v.sel.lo(), v.sel.hi()); return [r.top, r.bottom]; }}")
            beside = max(box["y"] - quote[1], quote[0] - box["y"] - box["height"])
            assert 0 <= beside < 40, (scrolled, words, beside)
            lab.page.keyboard.press("Escape")


def test_code_and_undo_by_keyboard_without_waking_the_notebook(lab):
    write(lab, "keys", "1 + 1")
    put(lab, "dock is full", "s")
    put(lab, "😀 from", "w")
    put(lab, "שלום", "w", query="walks")
    acknowledged(lab)
    assert lab.ask("list(zip(study.codings['code'], study.codings['quote']))") == [("Dock full", "😀"), ("Dock full",
            "When the dock is full, I walk."), ("Walks instead", "שלום")]
    for key in ("d", "d", "x", "v", "j", "Control+z"): lab.page.keyboard.press(key)
    lab.page.wait_for_timeout(300)
    assert len(lab.ask("list(study.codings['code'])")) == 2, "Ctrl+Z undid the last coding"
    assert lab.page.locator(".jp-Cell").count() == 2, "no key reached the notebook's command mode"
    saved = json.loads(lab.saved())
    outputs = json.dumps(saved, ensure_ascii=False)
    assert "dock" not in outputs and "שלום" not in outputs, "the words are not in the saved notebook"
    assert "Coding widget, source P01" in outputs and "state" not in saved["metadata"].get("widgets", {}), "Ctrl+S passed through; nbconvert shows the table of counts"
    assert lab.page.title() != "pwned" and lab.page.locator(".pb-cw img").count() == 0
    at = "document.activeElement.classList.contains('pb-scroll')"
    lab.page.keyboard.press("Escape")
    assert lab.page.evaluate(at), "the first drops the words that undo selected"
    lab.page.keyboard.press("Escape")
    assert not lab.page.evaluate(at), "the second leaves"
    assert lab.outside == [] and lab.console == []


def test_a_click_keeps_the_focus_and_the_mouse_selects(lab):
    write(lab, "mouse")
    box = lab.page.evaluate(f"(() => {{ const v = {VIEW}, i = v.doc.text.indexOf('dock is full');"
                            f" const a = v.rect(i, i + 1), b = v.rect(i + 11, i + 12); return [a.left + 3, a.top + 10, b.right - 3, b.top + 10]; }})()")
    mouse = lab.page.mouse
    mouse.move(box[0], box[1])
    mouse.down()
    mouse.move((box[0] + box[2]) / 2, box[1])
    mouse.move(box[2], box[3])
    mouse.up()
    lab.page.wait_for_timeout(400)
    assert lab.page.evaluate("document.activeElement.className") == "pb-scroll"
    lab.page.keyboard.press("q")
    acknowledged(lab)
    lab.page.wait_for_timeout(300)
    assert lab.ask("list(study.codings['quote'])") == ["dock is full"]


def test_shift_and_click_extend_the_selection(lab):
    write(lab, "shift", "1 + 1")
    spots = f"(() => {{ const v = {VIEW}, i = v.doc.text.indexOf('dock is full'), a = v.rect(i, i + 1), b = v.rect(i + 11, i + 12);" \
            " return [[a.left + 1, a.top + 10], [b.right - 2, b.top + 10]]; })()"
    lab.page.mouse.click(*lab.page.evaluate(spots)[0])
    lab.page.wait_for_timeout(700)  # the notebook brings the cell into sight
    lab.page.keyboard.down("Shift")
    lab.page.mouse.click(*lab.page.evaluate(spots)[1])
    lab.page.keyboard.up("Shift")
    lab.page.wait_for_timeout(200)
    assert lab.page.evaluate(f"{VIEW}.doc.text.slice({VIEW}.sel.lo(), {VIEW}.sel.hi())") == "dock is full"
    lab.page.keyboard.press("q")
    acknowledged(lab)
    assert lab.ask("list(study.codings['quote'])") == ["dock is full"] and lab.page.locator(".jp-Cell.jp-mod-selected").count() == 1


def test_changes_by_another_cell_and_another_program_appear(lab):
    write(lab, "others")
    lab.ask("__import__('personabench').coding.code(study, 'Riding', source='P01', quote='I take the bike')")
    lab.page.wait_for_function(f"{VIEW}.doc.list.length === 1", timeout=8000)
    lab.ask("__import__('subprocess').run([__import__('sys').executable, '-c', \"from personabench import coding; from personabench.study import Study; "
            "coding.code(Study('others.db', coder='AN'), 'Arriving', source='P01', quote='It costs me ten minutes.')\"], check=True).returncode")
    lab.page.wait_for_function(f"{VIEW}.doc.list.length === 2", timeout=8000)
    assert lab.page.evaluate(f"{VIEW}.doc.list.map(c => c.coder)") == ["MB", "AN"]


def test_the_search_of_jupyterlab_leaves_colours_where_they_were(lab):
    pieces = "[...document.querySelectorAll('.pb-say')].map(e => e.childNodes.length)"
    # The words of each coding that is drawn where they stand now, and where its canvas holds a tint.
    painted = f"""{VIEW}.doc.groups.flatMap(g => g.bars.map(({{c, lines}}) => {{
        const v = {VIEW}, box = g.el.getBoundingClientRect(), a = v.rect(c.start, c.start + 1), b = v.rect(c.end - 1, c.end), [l] = lines, last = lines.at(-1);
        const off = Math.abs(a.left - box.left - l.x) + Math.abs(a.top - box.top - l.y) + Math.abs(b.right - box.left - last.x - last.wide);
        const tint = g.ink.getContext("2d").getImageData((l.x + 1) * devicePixelRatio, (l.y + 2) * devicePixelRatio, 1, 1).data[3];
        return off < 0.1 && tint > 20 && v.doc.words(c); }})).sort()"""
    words = ["I take the bike 😀 from the dock.", "When the dock is full, I walk."]
    write(lab, "search")
    put(lab, "I take", "s")
    put(lab, "dock is full", "s", query="walks")
    acknowledged(lab)
    assert lab.page.evaluate(painted) == words
    lab.page.locator(".pb-scroll").press("Control+f")  # not the widget's key, so JupyterLab's
    box = lab.page.locator(".jp-DocumentSearch-overlay")
    box.get_by_title("Show Search Filters").click()
    box.get_by_text("Search Cell Outputs").click()
    box.locator("textarea, input").first.click()
    lab.page.keyboard.press("Control+a")  # JupyterLab begins with what is selected
    lab.page.keyboard.type("I take")  # at the very begin of a turn
    lab.page.wait_for_function(f"{pieces}.join() === '1,3,1,1,1'", timeout=20_000)
    lab.page.wait_for_function(f"words => String({painted}) === String(words)", arg=words)
    lab.page.keyboard.press("Escape")
    lab.page.wait_for_function(f"{pieces}.join() === '1,1,1,1,1'", timeout=20_000)
    lab.page.wait_for_function(f"words => String({painted}) === String(words)", arg=words)


def test_a_killed_kernel_loses_nothing(lab):
    write(lab, "kill")
    put(lab, "dock is full", "w")
    acknowledged(lab)
    lab.ask("__import__('threading').Timer(0.5, lambda: __import__('os').kill(__import__('os').getpid(), 9)).start()")  # it answers first, then it dies
    # The server looks every three seconds whether the kernel lives; JupyterLab then tells of the death in a dialog of its own, which takes the keys.
    lab.page.locator(".jp-Dialog").wait_for(timeout=30_000)
    no_dialog(lab)
    lab.page.locator(".jp-Dialog").wait_for(state="detached")
    put(lab, "minutes", "w", query="saves")
    put(lab, "winter I", "w", query="worry")
    assert lab.page.evaluate(f"{VIEW}.doc.list.filter(c => c.pending).length") == 2
    lab.page.locator(".pb-banner", has_text="2 changes wait").wait_for(timeout=20_000)
    lab.page.wait_for_timeout(3000)  # the server starts the kernel again
    for _ in range(3):
        no_dialog(lab)
        lab.menu("Run", "Run All Cells")
        try:
            lab.page.wait_for_function(f"{VIEW}?.doc?.list.length === 3 && !{VIEW}.doc.list.some(c => c.pending)", timeout=20_000)
            break
        except Exception: continue
    assert lab.ask("list(zip(study.codings['code'], study.codings['quote']))") == [("Dock full", "dock"), ("Saves time", "minutes"),
            ("Worry about winter", "winter")]
    kept = lab.page.evaluate("Object.entries(sessionStorage).filter(([k]) => k.startsWith('personabench') && !k.startsWith('personabench-at:'))")
    assert kept == [], "nothing waits any more; the place in the text alone is kept"


@pytest.mark.slow
def test_pictures_in_light_and_dark(lab):
    write(lab, "pictures", times=6)
    lab.page.set_viewport_size({"width": 1280, "height": 1400})
    for words, key, query in (("dock is full", "s", "dock"), ("I walk", "s", "walks"), ("bike 😀", "s", "riding"), ("In winter", "s", "worry"),
            ("café", "w", "app"), ("ten minutes", "w", "saves"), ("שלום", "t", "riding")): put(lab, words, key, query=query)
    lab.page.keyboard.press("n")
    for theme in ("Light", "Dark"):
        lab.theme(f"JupyterLab {theme}")
        lab.page.wait_for_function("dark => document.querySelector('.pb-cw').hasAttribute('data-dark') === dark", arg=theme == "Dark")
        widget = lab.page.locator(".pb-cw")
        for name, keys in (("text", ()), ("palette", ("s", "Enter")), ("list", ("l",)), ("memo", ("m",)), ("help", ("?",)), ("sources", ("g",)),
                ("autocode", ("a",))):
            if keys: lab.page.locator(".pb-scroll").focus()
            for key in keys: lab.page.keyboard.press(key)
            if name == "palette": lab.page.keyboard.type("a")
            if name == "autocode":
                lab.page.keyboard.press("Control+a")
                lab.page.keyboard.type("dock")
                lab.page.keyboard.press("Enter")
            lab.page.wait_for_timeout(500)
            path = lab.shots / f"coding-{name}-{theme.lower()}.png"
            widget.screenshot(path=path)
            assert Path(path).stat().st_size > 10_000
        lab.page.keyboard.press("Escape")
        assert widget.locator(".pb-side").is_hidden(), "Escape closed the panel"
    assert lab.console == []
