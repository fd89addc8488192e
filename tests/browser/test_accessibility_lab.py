"""axe-core on the three widgets where they are used: inside JupyterLab, in its light and its dark theme, with its own style sheets around them."""

from __future__ import annotations

import pytest

from .widget_pages import run_notebook

STUDY = """import personabench as pb
study = pb.Study("{name}.db", coder="MB", create=True)
pb.import_sample(study)
{show}"""
KINDS = {  # what is shown, what is there when it is, the widget, and what is opened on it besides: keys at an element
    "coding": ("pb.CodingWidget(study, 'P04')", ".pb-cw .pb-turn", ".pb-cw", ".pb-scroll", [("n",), ("l",), ("Escape", "m"), ("Escape", "s", "Enter")]),
    "codebook": ("pb.CodebookWidget(study)", ".pb-cb .pbk-row", ".pb-cb", ".pbk-row[tabindex='0']", [("ArrowDown",), ("?",), ("Escape", "Alt+m")]),
    "adjudication": ("pb.AdjudicationWidget(study, 'P02')", ".pb-aw .pa-option", ".pb-aw", ".pa-list", [("n",), ("1",), ("?",)]),
}


@pytest.mark.parametrize("kind", KINDS)
def test_axe_finds_nothing_wrong_inside_jupyterlab(lab, axe, kind):
    show, ready, root, first, states = KINDS[kind]
    run_notebook(lab, f"axe-{kind}", STUDY.format(name=kind, show=show), shown=ready)
    page, found, looked = lab.page, [], 0
    page.wait_for_function("root => document.querySelector(root).parentElement.pbView.later.here", arg=root, timeout=30_000)
    for theme in ("JupyterLab Light", "JupyterLab Dark"):
        lab.theme(theme)
        page.wait_for_function("([root, dark]) => document.querySelector(root).hasAttribute('data-dark') === dark", arg=[root, theme.endswith("Dark")], timeout=30_000)
        page.locator(f"{root} {first}").first.focus()
        for keys in states:
            for key in keys: page.keyboard.press(key)
            page.wait_for_timeout(250)
            looked += 1
            found += [f"{theme}, after {' '.join(keys)}: {wrong}" for wrong in axe(page, root)]
        lab.shot(f"axe-{kind}-{theme.split()[-1].lower()}")
        page.keyboard.press("Escape")
        page.keyboard.press("Escape")
    assert looked == 2 * len(states) and not found, "\n".join(found)
