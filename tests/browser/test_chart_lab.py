"""The journey chart in JupyterLab: it draws live with the network off, and a click on a stage reaches Python."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest

from personabench.exports import write_chart
from personabench.journey_charts import chart_journey

MAKE = """
import altair as alt, pandas as pd
from personabench.journeys import journey_from_codings
from personabench.journey_charts import chart_journey
STAGES = ["Awareness", "Sign-up", "First ride", "Leaving"]
rows = []
for p in range(5):
    for k, stage in enumerate(STAGES):
        rows += [(f"P{p}", k, 100 * k, 100 * k + 90, "...", stage, "stage", None),
                 (f"P{p}", k, 100 * k + 1, 100 * k + 9, f"words about {stage}", "Felt it", "emotion", [0, -2, 2, 1][k] if p else -1),
                 (f"P{p}", k, 100 * k + 10, 100 * k + 19, "in the app", "App", "touchpoint", None),
                 (f"P{p}", k, 100 * k + 20, 100 * k + 29, "it broke", "Breaks", "pain", None)]
codings = pd.DataFrame(rows, columns=["source", "turn", "start", "end", "quote", "code", "facet", "valence"])
codings = codings.assign(case=codings.source, coding_id=range(len(codings)), role="participant")
trip = journey_from_codings(codings, name="five people")
""".strip()
VEGA = ".jp-OutputArea-output .vega-embed :is(canvas, svg.marks)"


def write_notebook(path: Path, *sources: str) -> None:
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}}
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources], metadata=kernel), path)


def test_the_chart_draws_live_and_a_click_reaches_python(lab):
    write_notebook(lab.server.root / "chart.ipynb", MAKE, "chart_journey(trip)", "live = alt.JupyterChart(chart_journey(trip))\nlive")
    lab.open("chart.ipynb")
    lab.run_all()
    lab.page.locator(VEGA).nth(1).wait_for(timeout=30_000)
    lab.page.wait_for_timeout(1000)
    drawn = lab.charts()
    assert len(drawn) == 2 and all(c["width"] > 600 and c["height"] > 500 and c["ink"] > (15 if c["kind"] == "svg" else 5000) for c in drawn), drawn
    assert lab.ask("alt.renderers.active") == "jupyter"
    assert lab.ask("live.selections.stage.value") == [{"stage": "Sign-up"}]      # where people felt worst

    canvas = lab.page.locator(VEGA).nth(1)
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    for share, height, stage in [(2.5, 250, "First ride"), (3.5, 480, "Leaving"), (0.5, 600, "Awareness")]:      # feelings, touchpoints, pains
        lab.page.mouse.click(box["x"] + 18 + 132 + share * 200, box["y"] + height)
        lab.page.wait_for_timeout(700)
        assert lab.ask("live.selections.stage.value") == [{"stage": stage}], height
    lab.shot("chart-clicked")
    assert lab.outside == [] and lab.console == []


QUOTES = "[(r.stage, r.case, r.quote) for r in journey_selection({}, trip).itertuples() if r.facet == 'emotion']"


def texts(lab) -> list[str]: return lab.page.locator(VEGA).first.locator("text").all_text_contents()


def shown(lab) -> list[str]:
    "The stages whose quotes the chart shows, from left to right."
    heads = lab.page.locator(VEGA).first.locator("text").filter(has_text=" codings").all()
    return [head.text_content().split(":")[0] for head in sorted(heads, key=lambda head: head.bounding_box()["x"]) if ": " in head.text_content()]


def expected(*stages: str) -> list[tuple[str, str, str]]:
    return [(stage, f"P{p}", f"words about {stage}") for stage in stages for p in range(5)]


def test_chosen_stages_come_back_as_their_quotes(lab):
    make = MAKE + "\nfrom personabench.journey_charts import journey_selection"
    write_notebook(lab.server.root / "choose.ipynb", make, "live = alt.JupyterChart(chart_journey(trip))\nlive")
    lab.open("choose.ipynb")
    lab.run_all()
    canvas = lab.page.locator(VEGA).first
    canvas.wait_for(timeout=30_000)
    lab.page.wait_for_timeout(1000)
    assert lab.ask(QUOTES.format("live")) == expected("Sign-up")      # nobody has clicked: where people felt worst
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()

    def click(column: float, *, shift: bool = False) -> None:
        if shift: lab.page.keyboard.down("Shift")
        lab.page.mouse.click(box["x"] + 18 + 132 + (column + .5) * 200, box["y"] + 250)
        if shift: lab.page.keyboard.up("Shift")
        lab.page.wait_for_timeout(700)

    click(2)
    assert lab.ask(QUOTES.format("live")) == expected("First ride")
    click(0, shift=True)
    assert lab.ask(QUOTES.format("live")) == expected("Awareness", "First ride"), "in stage order, whatever came first"
    assert shown(lab) == ["Awareness", "First ride"], "and the chart shows both"
    lab.shot("chart-two-stages")
    click(0, shift=True)
    click(2, shift=True)
    assert lab.ask(QUOTES.format("live")) == [] and shown(lab) == [], "nothing is chosen"
    assert "No stage is chosen." in texts(lab)
    lab.page.mouse.click(box["x"] + 18 + 132 + 3.5 * 200, box["y"] + 150)      # a head
    lab.page.wait_for_timeout(700)
    assert lab.ask(QUOTES.format("live")) == expected("Leaving") and shown(lab) == ["Leaving"]
    assert lab.outside == [] and lab.console == []


def test_the_keyboard_alone_chooses_a_stage_in_the_menu(lab):
    make = MAKE + "\nfrom personabench.journey_charts import journey_selection"
    write_notebook(lab.server.root / "keys.ipynb", make, "live = alt.JupyterChart(chart_journey(trip))\nlive")
    lab.open("keys.ipynb")
    lab.run_all()
    lab.page.locator(VEGA).first.wait_for(timeout=30_000)
    lab.page.wait_for_timeout(1000)
    menu = lab.page.get_by_label("Quotes of the stage")
    menu.evaluate("menu => { menu.scrollIntoView(); menu.parentElement.tabIndex = -1; menu.parentElement.focus(); }")
    lab.page.keyboard.press("Tab")
    assert menu.evaluate("menu => document.activeElement === menu"), "it stands in the order of Tab"
    for keys, stages in ((["ArrowDown"], ["Awareness"]), (["ArrowDown", "ArrowDown"], ["First ride"]), (["Home"], ["Sign-up"]), (["End"], ["Leaving"])):
        for key in keys: lab.page.keyboard.press(key)
        lab.page.wait_for_timeout(700)
        assert lab.ask(QUOTES.format("live")) == expected(*stages) and shown(lab) == stages, keys
    lab.shot("chart-menu")
    box = lab.page.locator(VEGA).first.bounding_box()

    def click(column: float) -> None:
        lab.page.mouse.click(box["x"] + 18 + 132 + (column + .5) * 200, box["y"] + 250)
        lab.page.wait_for_timeout(700)

    lab.page.keyboard.down("Shift")
    lab.page.locator(VEGA).first.scroll_into_view_if_needed()
    box = lab.page.locator(VEGA).first.bounding_box()
    click(0)
    lab.page.keyboard.up("Shift")
    assert lab.ask(QUOTES.format("live")) == expected("Awareness") and shown(lab) == ["Awareness"], "a click takes over"
    assert menu.evaluate("menu => menu.selectedOptions[0].label") == "as clicked in the chart"
    assert lab.outside == [] and lab.console == []


def test_brushed_stages_come_back_as_their_quotes(lab):
    make = MAKE + "\nfrom personabench.journey_charts import journey_selection\nfrom personabench.charts import chart_emotions, chart_quotes, chart_stack"
    brush = "brush = alt.selection_interval(name='stage', encodings=['x'], empty=False)\n"
    page = "live = alt.JupyterChart(chart_stack([chart_emotions(trip, select=brush), chart_quotes(trip, select=brush)]))\nlive"
    write_notebook(lab.server.root / "brush.ipynb", make, brush + page)
    lab.open("brush.ipynb")
    lab.run_all()
    canvas = lab.page.locator(VEGA).first
    canvas.wait_for(timeout=30_000)
    lab.page.wait_for_timeout(1000)
    assert lab.ask(QUOTES.format("live")) == []
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    left, top = box["x"] + 18 + 132, box["y"] + 180
    lab.page.mouse.move(left + 250, top)
    lab.page.mouse.down()
    for step in range(1, 9): lab.page.mouse.move(left + 250 + 40 * step, top + step)
    lab.page.mouse.up()
    lab.page.wait_for_timeout(700)
    assert lab.ask(QUOTES.format("live")) == expected("Sign-up", "First ride")
    lab.shot("chart-brushed")
    assert lab.outside == [] and lab.console == []


def test_charts_follow_the_theme_of_the_notebook_unless_one_was_asked_for(lab):
    own = "import altair as alt\nalt.Chart(pd.DataFrame({'x': [1]})).mark_bar(color='#123456').encode(x='x').properties(padding=20)"
    write_notebook(lab.server.root / "theme.ipynb", MAKE, "chart_journey(trip)", "chart_journey(trip, theme='light')", own)
    lab.open("theme.ipynb")
    lab.run_all()
    lab.page.locator(VEGA).nth(2).wait_for(timeout=30_000)

    def drawn_on(*papers: str) -> None:
        "Wait until the grounds of the charts are these."
        grounds = "([charts, wanted]) => String([...document.querySelectorAll(charts)].map(svg => svg.style.backgroundColor)) === wanted"
        lab.page.wait_for_function(grounds, arg=[VEGA, ",".join(papers)], timeout=30_000)

    white, night = "rgb(255, 255, 255)", "rgb(20, 23, 28)"      # the third is somebody else's
    lab.theme("JupyterLab Light")      # another test may have left the server's JupyterLab dark
    drawn_on(white, white, "white")
    lab.theme("JupyterLab Dark")
    drawn_on(night, white, "white")
    lab.shot("chart-dark")
    lab.theme("JupyterLab Light")
    drawn_on(white, white, "white")
    assert lab.outside == [] and lab.console == []


def test_a_renderer_that_the_user_chose_is_left_alone(lab):
    write_notebook(lab.server.root / "chosen.ipynb", MAKE, "alt.renderers.enable('svg')", "chart_journey(trip)")
    lab.open("chosen.ipynb")
    lab.run_all()
    lab.page.locator(".jp-OutputArea-output svg, .jp-RenderedSVG img").first.wait_for(timeout=30_000)
    assert lab.ask("alt.renderers.active") == "svg"
    assert lab.outside == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_written_page_draws_with_the_network_off(browser, tmp_path, theme):
    names: dict = {}
    exec(MAKE, names)
    path = write_chart(chart_journey(names["trip"], theme=theme), tmp_path / "journey.html")
    page, asked = browser.new_page(viewport={"width": 1280, "height": 1100}), []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(path.as_uri())
    page.locator("#vis :is(canvas, svg.marks)").wait_for(timeout=20_000)
    page.wait_for_timeout(500)
    assert asked == [path.as_uri()]
    assert page.title() == "Journey of five people"
    page.close()
