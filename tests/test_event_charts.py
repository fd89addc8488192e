"""Charts of event logs: what they draw is what was counted, in both themes, with one case and with long names."""

from __future__ import annotations

import json
import re

import pandas as pd
import pytest

from personabench.event_charts import chart_flow, chart_funnel
from personabench.event_logs import journey_from_events
from personabench.exports import write_chart
from personabench.schema import BadInput

STAGES = ["visit", "search", "pay"]


def journey(ways: dict[str, list[str]], **how):
    rows = [(who, 60 * i, e) for who, way in ways.items() for i, e in enumerate(way)]
    return journey_from_events(pd.DataFrame(rows, columns=["case", "time", "event"]), **{"stages": STAGES, **how})


@pytest.fixture(scope="module")
def shop():
    ways = {f"p{i}": ["visit", "search", "pay"] if i < 20 else ["visit", "search", "visit"] if i < 50 else ["visit"] for i in range(80)}
    return journey(ways, segments={f"p{i}": "phone" if i % 4 else "desk" for i in range(80)})


def rows_of(chart) -> list[dict]:
    return [row for rows in chart.to_dict()["datasets"].values() for row in rows]


def test_bars_are_as_long_as_the_shares_and_lines_as_their_intervals(shop):
    rows = rows_of(chart_funnel(shop))
    bars = sorted(((r["x2"] - r["x"]) / 330 for r in rows if r.get("y") and "x2" in r and r["ink"] == "#8A919B"), reverse=True)
    assert bars == pytest.approx([1, 50 / 80, 20 / 80])
    lines = sorted(((r["x"] - 180) / 330, (r["x2"] - 180) / 330) for r in rows if "x2" in r and r["ink"] == "#1B1F24")
    assert lines == [pytest.approx(tuple(x)) for x in sorted(shop.funnel[["low", "high"]].itertuples(index=False))]
    words = [str(r.get("words")) for r in rows]
    assert "50 cases, 62 % (52–72 %)" in words and any(w.startswith("−30 since visit · 60 seconds later") for w in words)


def test_segments_are_told_by_shape_and_words_too(shop):
    rows = [r for r in rows_of(chart_funnel(shop, segments=True)) if "told" in r]
    assert len(rows) == 6 and len({(r["shape"], r["told"].split(":")[0]) for r in rows}) == 2
    assert all("against" not in r["told"] and "points" in r["lost"] for r in rows)
    with pytest.raises(BadInput, match="segments"): chart_funnel(journey({"p": ["visit"]}), segments=True)


def test_the_picture_of_segments_says_what_a_star_is_and_what_its_intervals_are_not(shop):
    _, key, _ = said_by(chart_funnel(shop, segments=True))
    assert "none has a ✱: q < .05" in key and "intervals over cases, not corrected for how many there are" in key and "tell one difference" in key
    ways = {f"p{i}": STAGES if i < 40 else ["visit"] for i in range(120)}
    three = journey(ways, segments={who: "ABC"[int(who[1:]) // 40] for who in ways})
    _, key, _ = said_by(chart := chart_funnel(three, segments=True))
    assert "✱ hardly chance: q < .05" in key and "Fisher" in key and "all other segments" in key
    assert any(r["lost"].endswith("✱") for r in rows_of(chart) if "told" in r)
    assert "✱" not in said_by(chart_funnel(three))[1]


def test_bands_hold_every_case_once_per_step(shop):
    bands = pd.DataFrame([r for r in rows_of(chart_flow(shop)) if "band" in r])
    first = bands.groupby("band").first()
    first["tall"] = (first["y2"] - first["y"]) / 330 * 80
    assert first.groupby("x")["tall"].sum().round(6).tolist() == [80, 50, 50]
    assert {t.split(" from")[0] for t in first["told"]} == {"50 go on", "30 leave", "30 back", "20 go on", "20 leave"}
    assert set(bands.loc[bands["told"].str.contains("back"), "ink"]) == {"#C44E00"}, "ways back have their own colour"
    for bad in (1, 0, "a", 2.5):
        with pytest.raises(BadInput, match="2 or more"): chart_flow(shop, steps=bad)


def said_by(chart) -> tuple[str, str, str]:
    "Title, key and alternative text."
    d = chart.to_dict()
    return d["title"]["text"], " ".join(d["title"]["subtitle"]), d["description"]


def test_a_flow_that_ends_before_the_ways_do_says_so_and_leaves_them_open(shop):
    title, key, alt = said_by(chart_flow(shop, steps=2))
    assert title == "The ways of 80 cases: the first 2 visits of each; 50 cases went on" and title in alt and "fade: went on after visit 2" in key
    assert "visit 1, visit to search: 50" in alt and "visit 2, " not in alt, "what is not drawn is not told"
    bands = pd.DataFrame([r for r in rows_of(chart_flow(shop, steps=2)) if "band" in r]).sort_values("x")
    tall = (bands["y2"] - bands["y"]) / 330 * 80
    ends = {told: (rows["open"].all(), tall[rows.index[-1]].round(6)) for told, rows in bands.groupby("told")}
    assert ends == {"30 leave from visit": (False, 0), "50 go on from visit to search": (False, 50),
                    "20 go on from search to pay, after the last visit drawn": (True, 20),
                    "30 back from search to visit, after the last visit drawn": (True, 30)}, "who went on has a stub as tall as they were many"
    title, key, alt = said_by(chart_flow(shop))
    assert title == "The ways of 80 cases" and "fade" not in key and "went on" not in alt and "have no name" not in key
    assert "have no name" in said_by(chart_flow(journey({f"p{i}": ["visit"] if i else ["search"] for i in range(150)})))[1]


def test_on_paper_ways_back_have_dashed_edges_and_the_key_names_no_colour(shop):
    for drawn in (shop, journey({f"p{i}": ["open", "full", "ride", "open"] for i in range(40)}, stages=None)):
        chart = chart_flow(drawn, theme="print")
        dashed = [u for u in chart.to_dict()["layer"] if u["mark"]["type"] == "line"]
        assert len(dashed) == 1 and dashed[0]["mark"]["strokeDash"] and "dashed edges: back" in (key := said_by(chart)[1])
        assert not any(colour in key for colour in ("blue", "orange", "grey"))
        edges, bands = (pd.DataFrame([r for r in rows_of(chart) if mark in r]) for mark in ("edge", "told"))
        bands = bands[bands["told"].str.contains(" back ", na=False)]
        for edge in ("y", "y2"):
            there, bound = edges.loc[edges["edge"].eq(edge), ["x", "y"]], bands[["x", edge]]
            assert sorted(there.itertuples(index=False, name=None)) == sorted(bound.itertuples(index=False, name=None))
        light = chart_flow(drawn, theme="light")
        assert "blue" in said_by(light)[1] and not any(u["mark"]["type"] == "line" for u in light.to_dict()["layer"])


def test_a_picture_has_one_typeface(shop):
    for draw in (chart_funnel, chart_flow): assert "font" not in {k.lower()[-4:] for k in draw(shop).to_dict()["title"]}


def test_discovered_stages_are_drawn_as_visited_and_no_funnel():
    ways = {f"p{i}": ["open", "full" if i % 4 else "empty", "ride", "open"] for i in range(40)}
    found = journey(ways, stages=None, segments={who: way[1] for who, way in ways.items()})
    title, key, alt = said_by(chart := chart_funnel(found))
    assert title == "Who visited which discovered stage, of 40 cases" and "discovered" in key and "no funnel" in key and "in this order" not in key
    words = " ".join(str(r.get("words")) for r in rows_of(chart))
    assert "10 of 40 cases, 25 %" in words and "40 of them more than once" in words and "since" not in words + alt and "lost" not in words + alt
    bars = {round((r["x2"] - r["x"]) / 330, 3) for r in rows_of(chart) if "x2" in r and r["ink"] == "#8A919B" and r["y"]}
    assert bars == {1, .75, .25}
    for title, key, _ in (said_by(chart_funnel(found, segments=True)), said_by(chart_flow(found))): assert "discovered" in title and "discovered" in key


def test_a_stage_beyond_the_log_and_one_that_nobody_was_left_for_are_no_losses():
    words = [str(r.get("words")) for r in rows_of(chart_funnel(journey({"p": ["visit", "search"], "q": ["visit"]})))]
    assert "no event of it in the log" in words and "−1 since visit · 60 seconds later" in words and not any("since search" in w for w in words)
    words = [str(r.get("words")) for r in rows_of(chart_funnel(journey({"p": ["pay", "visit"], "q": ["visit"]}, stages=["search", "visit", "pay"])))]
    assert "nobody was left to come here" in words and not any("nobody lost" in w for w in words)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("n", [1, 14])
def test_one_case_and_many_long_stages_are_drawn(tmp_path, theme, n):
    names = [f"{k}. A stage with a name that somebody wrote as a whole sentence" for k in range(n)]
    j = journey({"only": names}, stages=names)
    for draw in (chart_funnel, chart_flow):
        chart = draw(j, theme=theme)
        assert "1 case" in chart.to_dict()["description"] and len(json.dumps(chart.to_dict())) < 200_000
        path = write_chart(chart, tmp_path / "chart.svg")
        assert "A stage with" in path.read_text("utf-8")
    with pytest.raises(BadInput, match="theme"): chart_funnel(j, theme="sepia")


def test_control_characters_in_names_end_no_kernel(tmp_path):
    names = ["open\x07", "pay\x0b", "\uffffleave"]
    j = journey({f"p{i}": names[:1 + i % 3] for i in range(12)}, stages=names, segments={f"p{i}": f"s{i % 2}\x1b" for i in range(12)})
    for chart in (chart_funnel(j), chart_funnel(j, segments=True), chart_flow(j)):
        spec = json.dumps(chart.to_dict(), ensure_ascii=False)
        assert not re.search("[\x07\x0b\x1b\uffff]|u0007|u000b|u001b|uffff", spec), "what draws pictures ends the process on one of these"
        for ending in ("svg", "png"): chart.save(tmp_path / f"x.{ending}")      # Altair's own way out
        assert "open\ufffd" in (tmp_path / "x.svg").read_text("utf-8")
