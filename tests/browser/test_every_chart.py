"""Each chart of journeys and event logs is drawn with the network off: in JupyterLab, in Notebook 7, and as a written page.

Drawn means that there are marks and that its titles can be read.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from personabench import charts, event_charts, journey_charts
from personabench.exports import write_chart

from .widget_pages import run_notebook

MAKE = """
import itertools, pandas as pd, personabench as pb
from personabench import charts
from personabench.journeys import journey_from_codings
STAGES = ["Awareness", "Sign-up", "First ride", "Leaving"]

def trip_of(name, people, shift):
    rows = []
    for p, (k, stage) in itertools.product(range(people), enumerate(STAGES)):
        rows.append((f"P{p}", k, 1000 * k, 1000 * k + 900, stage, "stage", None, "..."))
        felt = [1, -2, 2, 0][(k + shift) % 4] if p else -1
        inside = [("Felt it", "emotion", felt, f"I felt {stage}"), ("App", "touchpoint", None, "in the app"), ("Phone", "channel", None, "by phone"),
                  (f"Breaks {p % 2}", "pain", None, "it broke"), ("Quick", "gain", None, "nice"), ("Hopes", "expectation", 1 - p % 2, "it will be great")]
        rows += [(f"P{p}", k, 1000 * k + 20 * i, 1000 * k + 20 * i + 9, *what) for i, what in enumerate(inside)]
    codings = pd.DataFrame(rows, columns=["source", "turn", "start", "end", "code", "facet", "valence", "quote"])
    codes = pd.DataFrame({"code": STAGES, "facet": "stage", "order": range(len(STAGES)), "online": None})
    figures = [(s, "Would recommend", "nps", .3 - .1 * k, .1 - .1 * k, .5 - .1 * k, 40, "exit survey", "q") for k, s in enumerate(STAGES)]
    metrics = pd.DataFrame(figures, columns=["stage", "metric", "kind", "value", "low", "high", "n", "source", "question"])
    return journey_from_codings(codings.assign(case=codings.source, coding_id=range(len(codings)), role="participant"), codes=codes, name=name).with_metrics(metrics)

trip, other = trip_of("five people", 5, 0), trip_of("six others", 6, 2)
answers = [(.9, .8, .95, .3, .2, .4, 1.5, 1.3, 1.7), (.5, .4, .6, .7, .6, .8, .5, .4, .6)]
needs = pd.DataFrame([(f"Need {i}", 80, *x) for i, x in enumerate(answers)],
    columns=["need", "n", "importance", "importance_low", "importance_high", "satisfaction", "satisfaction_low", "satisfaction_high", "score", "low", "high"])
went = [(f"c{i}", 60 * t, what) for i in range(40) for t, what in enumerate(["visit", "search", "pay"][:1 + i % 3])]
shop = pb.journey_from_events(pd.DataFrame(went, columns=["case", "time", "event"]), stages=["visit", "search", "pay"])
""".strip()
CHARTS = {
    "chart_emotions": "pb.chart_emotions(trip)", "chart_touchpoints": "pb.chart_touchpoints(trip)", "chart_pains_gains": "pb.chart_pains_gains(trip)",
    "chart_quotes": "pb.chart_quotes(trip)", "chart_stack": "charts.chart_stack([pb.chart_emotions(trip), pb.chart_touchpoints(trip)])",
    "chart_gaps": "pb.chart_gaps(trip)", "chart_channels": "pb.chart_channels(trip)", "chart_metrics": "pb.chart_metrics(trip)",
    "chart_opportunities": "pb.chart_opportunities(trip)", "chart_evidence": "pb.chart_evidence(trip)", "chart_journeys": "pb.chart_journeys([trip, other])",
    "chart_journeys, apart": "pb.chart_journeys([trip, other], how='facet')", "chart_stage_heatmap": "pb.chart_stage_heatmap([trip, other])",
    "chart_opportunity_matrix": "pb.chart_opportunity_matrix(needs)", "chart_journey": "pb.chart_journey(trip)", "chart_funnel": "pb.chart_funnel(shop)",
    "chart_flow": "pb.chart_flow(shop)",
}
DRAWN = """root => [...root.querySelectorAll(".vega-embed :is(svg.marks, canvas)")].map(picture => ({
    kind: picture.localName, words: [...picture.querySelectorAll("text")].map(text => text.textContent).join(" "),
    marks: [...picture.querySelectorAll("g[class*='mark-'].role-mark :is(path, line, text)")].filter(mark => {
        const box = mark.getBoundingClientRect();
        return box.width + box.height > 1 && mark.getAttribute("opacity") !== "0";
    }).length,
}))"""


@pytest.fixture(scope="module")
def made() -> dict[str, Any]:
    "The charts by name, as this process makes them."
    names: dict[str, Any] = {}
    exec(MAKE, names)
    return {name: eval(expression, names) for name, expression in CHARTS.items()}


def titles(spec: Any) -> list[str]:
    "The titles of a chart and of its parts."
    if isinstance(spec, list): return [title for part in spec for title in titles(part)]
    if not isinstance(spec, dict): return []
    told = spec.get("title")
    words = told if isinstance(told, str) else (told or {}).get("text", "")
    here = [" ".join([words] if isinstance(words, str) else words)] if words else []
    return here + [title for key in ("layer", "vconcat", "hconcat", "concat", "spec") for title in titles(spec.get(key))]


def plain(words: str) -> str: return re.sub(r"\s+", "", words)


def check_drawn(name: str, seen: dict[str, Any], chart: Any) -> None:
    told = titles(chart.to_dict())
    assert told, f"{name} has no title"
    assert seen["kind"] == "svg" and seen["marks"] >= 3, f"{name}: {seen}"
    for title in told: assert plain(title) in plain(seen["words"]), f"{name}: {title!r} is not in {seen['words'][:300]!r}"


def test_the_list_holds_every_chart_that_there_is():
    there = {name for room in (charts, event_charts, journey_charts) for name in room.__all__ if name.startswith("chart_")}
    assert there == {name.partition(",")[0] for name in CHARTS}


@pytest.mark.parametrize("place", ["lab", "notebook"])
def test_every_chart_is_drawn_live_in_jupyter_with_the_network_off(request, made, place):
    jupyter = request.getfixturevalue(place)
    run_notebook(jupyter, f"every-chart-{place}", MAKE, *CHARTS.values(), shown=".jp-OutputArea-output .vega-embed svg.marks")
    page = jupyter.page
    page.wait_for_function("n => document.querySelectorAll('.jp-OutputArea-output .vega-embed svg.marks').length === n", arg=len(CHARTS), timeout=120_000)
    page.wait_for_function(f"() => ({DRAWN})(document).every(picture => picture.marks >= 3)", timeout=60_000)
    for (name, chart), seen in zip(made.items(), page.evaluate(f"() => ({DRAWN})(document)"), strict=True): check_drawn(name, seen, chart)
    jupyter.shot(f"every-chart-{place}")
    assert jupyter.outside == []
    assert [error for error in jupyter.console if "vega" in error.lower() or "personabench" in error] == []


def test_every_chart_is_drawn_in_a_written_page_with_the_network_off(browser, tmp_path: Path, made):
    files = [write_chart(chart, tmp_path / f"{i}.html") for i, chart in enumerate(made.values())]
    frames = "".join(f"<iframe src='{file.name}' width=1200 height=900></iframe>" for file in files)
    (tmp_path / "all.html").write_text(f"<!doctype html><title>all</title>{frames}", "utf-8")
    context = browser.new_context(viewport={"width": 1240, "height": 900}, offline=True)
    page, asked, errors = context.new_page(), [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto((tmp_path / "all.html").as_uri())
    for (name, chart), frame in zip(made.items(), page.main_frame.child_frames, strict=True):
        frame.locator(".vega-embed :is(svg.marks, canvas)").wait_for(timeout=60_000)
        frame.wait_for_function(f"() => ({DRAWN})(document).every(picture => picture.marks >= 3)", timeout=60_000)
        [seen] = frame.evaluate(f"() => ({DRAWN})(document)")
        check_drawn(name, seen, chart)
    assert sorted(asked) == sorted(file.as_uri() for file in [tmp_path / "all.html", *files]) and errors == []
    context.close()
