"""Journeys side by side and lane by lane: what is drawn is what the tables hold, blanks stay blank, everybody can tell the marks apart, and a click comes back."""

from __future__ import annotations

import dataclasses
import inspect
import itertools
import json
import re
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from personabench import charts
from personabench.charts import _HEAT, _THEMES, _contrast, chart_stack, set_theme
from personabench.experience_measures import opportunity_scores
from personabench.exports import chart_svg
from personabench.journey_charts import (_LANES, _apart, _figure, _wide, chart_channels, chart_evidence, chart_gaps, chart_journey, chart_journeys, chart_metrics,
                                         chart_opportunities, chart_opportunity_matrix, chart_stage_heatmap, journey_selection)
from personabench.journey_measures import pain_severity
from personabench.journeys import journey_from_codings
from personabench.schema import BadInput
from personabench.statistics import wilson

STAGES = ["Awareness", "Sign-up", "First ride", "Leaving"]
METRICS = ["stage", "metric", "kind", "value", "low", "high", "n", "source", "question"]
NEW = (chart_gaps, chart_channels, chart_metrics, chart_opportunities, chart_evidence)


def trip_of(stages: list[str], people: int, *, blank: tuple[int, ...] = (), long: bool = False, name: str = "some people", shift: float = 0., metrics: bool = True):
    "A journey with a bit of everything in each stage but the blank ones."
    rows, rng = [], np.random.default_rng(len(stages) + people + int(10 * shift))
    tail = ", with a name that goes on and on, number " if long else " "
    for p, (k, stage) in itertools.product(range(people), enumerate(stages)):
        if k in blank: continue
        at, felt = 1000 * k, float(np.clip(np.round(1.4 * np.sin(1.3 * k + shift) + rng.normal(0, .8)), -2, 2))
        inside = [("Felt it", "emotion", felt, f"I felt {stage} “so” <b>deeply</b>"), ("App" + tail + str(p % 3), "touchpoint", None, "there"),
                  ("Phone" + tail + str((p + k) % 3), "channel", None, "by phone"), ("Pain" + tail + str(p % 4), "pain", None, "ouch " * 20)]
        if p % 2: inside.append(("Gain", "gain", None, "nice"))
        if k % 2 == 0 or p == 0: inside.append(("Expects a lot", "expectation", float(1 - p % 2), "it will be great"))
        rows.append((f"P{p}", k, at, at + 900, stage, "stage", None, "..."))
        rows += [(f"P{p}", k, at + 20 * i, at + 20 * i + 9, *what) for i, what in enumerate(inside)]
    codings = pd.DataFrame(rows, columns=["source", "turn", "start", "end", "code", "facet", "valence", "quote"])
    codings = codings.assign(case=codings["source"], coding_id=range(len(codings)), role="participant")
    codes = pd.DataFrame({"code": stages, "facet": "stage", "order": range(len(stages)), "online": None})
    trip = journey_from_codings(codings, codes=codes, name=name)
    return trip.with_metrics(measured(stages)) if metrics and stages else trip


def measured(stages: list[str]) -> pd.DataFrame:
    rows = [(s, "Would recommend", "nps", *np.clip([.3 - .1 * k, .1 - .1 * k, .5 - .1 * k], -1, 1), 40 + k, "exit survey", "q") for k, s in enumerate(stages)]
    rows += [(stages[0], "Left here", "drop-off", .25, .2, .31, 1200, "log", ""), (stages[0], "Time", "seconds", 5400., 4900., 6100., 746, "log", ""),
             (stages[-1], "Effort", "ces", 3.4, np.nan, np.nan, 2, "exit survey", "q2")]
    return pd.DataFrame(rows, columns=METRICS)


def layers(spec: dict) -> list[dict]:
    inside = spec.get("vconcat", spec.get("layer"))
    return [spec] if inside is None else [unit for part in inside for unit in layers(part)]


def marks(spec: dict, kind: str) -> list[dict]:
    return [u for u in layers(spec) if u["mark"]["type"] == kind]


def rows_of(spec: dict, unit: dict) -> list[dict]: return spec["datasets"][unit.get("data", spec.get("data"))["name"]]


def labels_of(spec: dict) -> dict[str, list[str]]:
    "The lines that stand in the gutter beside each row."
    return json.loads(marks(spec, "circle")[0]["encoding"]["y"]["axis"]["labelExpr"].removeprefix("(").removesuffix(")[datum.value]"))


def heads_of(spec: dict) -> int:
    "How many lanes write the stages above."
    lanes = spec.get("vconcat", [spec])
    return sum(any((u["encoding"].get("x", {}).get("axis") or {}).get("orient") == "top" for u in layers(lane)) for lane in lanes)


# -- The lanes ------------------------------------------------------------------------------------------------------------------
def test_a_gap_is_drawn_from_zero_with_its_interval_and_who_told_it():
    trip = trip_of(STAGES, 6)
    spec = chart_gaps(trip).to_dict()
    bar = marks(spec, "bar")[0]
    drawn = {r["stage"]: (r["gap"], r["low"], r["high"], r["below"]) for r in rows_of(spec, bar)}
    table = trip.gaps.set_index("stage")
    assert set(drawn) == set(STAGES) and drawn["Awareness"][:3] == pytest.approx(tuple(table.loc["Awareness", ["gap", "low", "high"]]))
    assert drawn["Awareness"][3] == "6 told both" and drawn["Sign-up"][1] is None and drawn["Sign-up"][3] == "6 felt,\n1 expected"
    assert bar["encoding"]["y"]["field"] == "zero" and bar["encoding"]["y2"]["field"] == "gap"
    assert bar["encoding"]["fill"]["condition"][0] == {"test": "!isValid(datum.low)", "value": _THEMES["light"]["paper"]}, "a bar without an interval is open"
    assert any(u.get("transform") == [{"filter": "isValid(datum.low)"}] for u in marks(spec, "rule"))


def test_no_gap_is_invented_where_only_one_side_was_told():
    trip = trip_of(STAGES, 4, blank=(2,))
    spec = chart_gaps(trip).to_dict()
    drawn = {r["stage"] for r in rows_of(spec, marks(spec, "bar")[0])}
    assert drawn == {"Awareness", "Sign-up", "Leaving"}


def test_channels_are_shares_of_the_people_of_a_stage_with_wilsons_interval():
    trip = trip_of(STAGES, 6)
    spec = chart_channels(trip).to_dict()
    rows = rows_of(spec, marks(spec, "circle")[0])
    first = next(r for r in rows if r["stage"] == "Awareness" and r["row"] == "Phone 0")
    low, high = wilson(2, 6)
    assert first["words"] == "2 of 6" and first["more"] == f"{100 * low:.0f} to {100 * high:.0f} %"
    wide = first["x1"] - first["x0"]
    assert (first["x"] - first["x0"]) / wide == pytest.approx(2 / 6, abs=.01) and (first["x_low"] - first["x0"]) / wide == pytest.approx(low, abs=.01)
    second = next(r for r in rows if r["stage"] == "Sign-up")
    assert second["x0"] - first["x0"] == pytest.approx(200), "each stage has its own scale"


def test_rarer_channels_are_counted_where_they_are_not_drawn():
    assert "1 rarer ones not drawn" in chart_channels(trip_of(STAGES, 6), most=2).to_dict()["title"]["subtitle"]


SAID = [(.304, "nps", "+30"), (-.304, "nps", "−30"), (-1e-17, "nps", "0"), (.256, "csat", "26 %"), (.5, "drop-off", "50 %"), (45., "seconds", "45 s"),
        (5400., "seconds", "90 min"), (2 * 3600., "seconds", "2 h"), (3 * 86400., "seconds", "3 days"), (-.04, "emotion", "0.0"), (1.26, "emotion", "+1.3"),
        (3.44, "ces", "3.4")]


@pytest.mark.parametrize(("value", "kind", "said"), SAID)
def test_figures_are_written_as_their_kind_wants_it(value, kind, said):
    assert _figure(value, kind) == said


def test_each_metric_has_a_row_with_its_own_scale():
    spec = chart_metrics(trip_of(STAGES, 3)).to_dict()
    rows = {(r["stage"], r["row"]): r for r in rows_of(spec, marks(spec, "circle")[0])}
    nps = rows["Awareness", "Would recommend"]
    assert nps["words"] == "+30 · n 40" and nps["more"] == "+10 to +50" and (nps["x"] - nps["x0"]) / (nps["x1"] - nps["x0"]) == pytest.approx(.65, abs=.01)
    assert rows["Awareness", "Left here"]["words"] == "25 % · n 1,200" and rows["Awareness", "Left here"]["more"] == "20 to 31 %"
    assert rows["Awareness", "Time"]["words"] == "90 min · n 746"
    assert rows["Leaving", "Effort"]["x_low"] is None and rows["Leaving", "Effort"]["more"] == "no interval"
    axis = next(u["encoding"]["y"]["axis"] for u in marks(spec, "circle"))
    assert "\\u2212100 to +100" in axis["labelExpr"] and "0 to 100 %" in axis["labelExpr"], "the scale is written under the name"


def test_a_mean_is_drawn_on_the_scale_of_its_answers():
    row = {"stage": "Sign-up", "metric": "Ease", "kind": "ces", "value": 3., "low": 2.5, "high": 3.5, "n": 90, "source": "panel", "question": "q"}
    for ends, words, at in (({"lowest": 1., "highest": 5.}, "mean, 1 to 5", .5), ({}, "2.5 to 3.5", .5), ({"lowest": 1., "highest": 7.}, "mean, 1 to 7", 1 / 3)):
        spec = chart_metrics(trip_of(STAGES, 3, metrics=False).with_metrics(pd.DataFrame([row | ends]))).to_dict()
        assert words in next(u["encoding"]["y"]["axis"] for u in marks(spec, "circle"))["labelExpr"], ends
        drawn = rows_of(spec, marks(spec, "circle")[0])[0]
        assert (drawn["x"] - drawn["x0"]) / (drawn["x1"] - drawn["x0"]) == pytest.approx(at, abs=.01)


def test_a_metric_says_what_its_figure_is_under_a_name_of_up_to_three_lines():
    ask = "Signing up or paying for the last pass was easy for me."
    kinds = [("csat", "two best answers, 0 to 100 %"), ("share", "share of yes, 0 to 100 %"), ("nps", "net promoter score, −100 to +100"), ("mean", "mean, 1 to 5"),
             ("seconds", "median, 0 s to 4 s")]
    rows = pd.DataFrame([("Sign-up", f"{ask} {k}", kind, 2.8 if kind in ("mean", "seconds") else .3, np.nan, np.nan, 90, "panel", "q", 1., 5.)
                         for k, (kind, _) in enumerate(kinds)], columns=[*METRICS, "lowest", "highest"])
    rows.loc[4, ["low", "high", "lowest", "highest"]] = 2., 4., np.nan, np.nan
    rows["answer"] = pd.Series([None, "yes", None, None, None], dtype=object)
    spec = chart_metrics(trip_of(STAGES, 3, metrics=False).with_metrics(rows)).to_dict()
    unit = marks(spec, "circle")[0]
    labels = labels_of(spec)
    for k, (_, words) in enumerate(kinds):
        lines = [line for line in labels[f"{ask} {k}"] if line.strip()]
        assert " ".join(lines) == f"{ask} {k} {words}" and len(lines) <= 5, "whole, and then what it is"
        assert 12 * len(labels[f"{ask} {k}"]) <= spec["height"] / len(kinds), "rows are as tall as their names"
    assert f"({kinds[0][1]})" in rows_of(spec, unit)[0]["alt"]


def test_a_metric_without_an_interval_has_no_bar():
    spec = chart_metrics(trip_of(STAGES, 3)).to_dict()
    bars = [u for u in marks(spec, "rule") if u["mark"]["strokeWidth"] == 6]
    assert [u["transform"] for u in bars] == [[{"filter": "isValid(datum.x_low)"}]]


def test_scores_that_are_handed_in_are_drawn_once_and_under_nobodys_name():
    table = pd.DataFrame({"need": ["Pay"], "stage": "Sign-up", "score": [8.5], "low": 7., "high": 10., "n": 90})
    spec = chart_journey([trip_of(STAGES, 3, name="one"), trip_of(STAGES, 3, name="two")], opportunities=table).to_dict()
    assert [lane["title"]["text"] for lane in spec["vconcat"] if "Opportun" in str(lane["title"]["text"])] == ["Opportunities"]


def test_of_five_journeys_or_more_the_feelings_are_drawn_where_no_lanes_are_named():
    def titles(n: int, **how) -> list[str]:
        spec = chart_journey([trip_of(STAGES, 3, name=f"Trip {k}") for k in range(n)], **how).to_dict()
        return [str(lane["title"]["text"]) for lane in spec["vconcat"]]
    assert [t.split(":")[0] for t in titles(5)] == [f"Trip {k}" for k in range(5)] and len(titles(4)) > 8 and len(titles(5, lanes=["emotions", "quotes"])) == 10


def test_the_same_metric_of_two_sources_is_two_rows():
    more = pd.DataFrame([("Sign-up", "Would recommend", "nps", .1, 0., .2, 90, "panel", "q")], columns=METRICS)
    spec = chart_metrics(trip_of(STAGES, 3).with_metrics(more)).to_dict()
    assert {"Would recommend (exit survey)", "Would recommend (panel)"} <= {r["row"] for r in rows_of(spec, marks(spec, "circle")[0])}



def test_a_figure_without_n_or_interval_says_so():
    bare = pd.DataFrame({"stage": ["Sign-up", "Leaving"], "metric": ["Paid", "Would recommend"], "kind": ["share", "nps"], "value": [.75, .7]})
    for more in ({}, {"low": .6}, {"n": 40}, {"n": 40, "low": .05, "high": .9}):
        spec = chart_metrics(trip_of(STAGES, 3, metrics=False).with_metrics(bare.assign(**more))).to_dict()
        pay = next(r for r in rows_of(spec, marks(spec, "circle")[0]) if r["stage"] == "Sign-up")
        n, ends = "40" if "n" in more else "not known", "5 to 90 %" if "high" in more else "no interval"
        assert (pay["words"], pay["more"], pay["x_low"] is None) == (f"75 % · n {n}", ends, "high" not in more), more
        assert pay["alt"].startswith(f"Sign-up: Paid (share, 0 to 100 %) 75 %, n {n}, ")


def test_one_name_of_two_kinds_or_two_answers_is_two_rows_beside_each_other():
    rows = pd.DataFrame([("Awareness", "Bike", "csat", .5, None, None, None), ("Awareness", "Left", "drop-off", .2, None, None, None),
                         ("Sign-up", "Bike", "mean", 3., 0., 5., None), ("Sign-up", "Left", "drop-off", .3, None, None, None),
                         ("Awareness", "Pay", "share", .6, None, None, "cash"), ("Sign-up", "Pay", "share", .4, None, None, "card")],
                        columns=["stage", "metric", "kind", "value", "lowest", "highest", "answer"])
    spec = chart_metrics(trip_of(STAGES, 3, metrics=False).with_metrics(rows)).to_dict()
    drawn, labels = {r["alt"]: r for r in rows_of(spec, marks(spec, "circle")[0])}, labels_of(spec)
    for said, at in (("Awareness: Bike (two best answers, 0 to 100 %) 50 %", .5), ("Sign-up: Bike (mean, 0 to 5) 3.0", .6),
                     ("Awareness: Pay (share of cash, 0 to 100 %) 60 %", .6), ("Sign-up: Pay (share of card, 0 to 100 %) 40 %", .4)):
        r = next(r for alt, r in drawn.items() if alt.startswith(said))
        assert (r["x"] - r["x0"]) / (r["x1"] - r["x0"]) == pytest.approx(at, abs=.01), said
    shown = [" ".join(line for line in lines if line.strip()) for lines in labels.values()]
    assert shown == ["Bike two best answers, 0 to 100 %", "Bike mean, 0 to 5", "Left share lost, 0 to 100 %",
                     "Pay share of cash, 0 to 100 %", "Pay share of card, 0 to 100 %"]


def test_opportunities_are_the_journeys_pains_or_the_scores_that_are_given():
    trip = trip_of(STAGES, 6)
    own = chart_opportunities(trip).to_dict()
    assert {r["words"] for r in rows_of(own, marks(own, "circle")[0])} == {"2 of 6", "1 of 6"}
    scores = pd.DataFrame({"need": ["Pay", "Find", "Elsewhere"], "stage": ["Sign-up", "First ride", "Nowhere"], "score": [8.5, 14.2, 20.],
                           "low": [7., 12., 19.], "high": [10., 16., 20.], "n": [90, 80, 70]})
    spec = chart_opportunities(trip, scores).to_dict()
    rows = rows_of(spec, marks(spec, "circle")[0])
    assert [(r["row"], r["words"], r["more"]) for r in rows] == [("Find", "14.2 · n 80", "12.0 to 16.0"), ("Pay", "8.5 · n 90", "7.0 to 10.0")], "the highest first"
    assert "1 in no stage" in spec["title"]["subtitle"] and (rows[0]["x"] - rows[0]["x0"]) / (rows[0]["x1"] - rows[0]["x0"]) == pytest.approx(.71, abs=.01)
    with pytest.raises(BadInput, match="no column 'score'"): chart_opportunities(trip, scores.drop(columns="score"))


def test_pains_can_be_ranked_by_their_weight():
    trip = trip_of(STAGES, 12)
    heavy = pain_severity(trip)
    spec = chart_journey(trip, lanes=["opportunities"], opportunities=heavy).to_dict()
    rows = rows_of(spec, marks(spec, "circle")[0])
    drawn = {(r["row"], r["stage"]): r["words"] for r in rows}
    first = heavy.iloc[0]
    assert rows[0]["row"] == first["pain"] and drawn[first["pain"], first["stage"]] == f"{first['score']:.1f} · n {first['n_severity']}"
    assert (rows[0]["x"] - rows[0]["x0"]) / (rows[0]["x1"] - rows[0]["x0"]) == pytest.approx(first["score"] / 2, abs=.01)


def test_an_opportunity_of_one_person_alone_has_no_rank_and_equals_share_theirs():
    def label(spec, name): return " ".join(labels_of(spec)[name]).strip()
    alone = chart_opportunities(trip_of(STAGES, 1)).to_dict()
    assert label(alone, "Pain 0") == "Pain 0" and "no number: one person alone" in alone["title"]["subtitle"]
    many = chart_opportunities(trip_of(STAGES, 6)).to_dict()
    ranks = {n: label(many, n) for n in ("Pain 0", "Pain 1")}
    assert all(re.fullmatch(r"\d\u2002Pain \d", told) for told in ranks.values()) and "no number" not in label(many, "Pain 2")
    scores = pd.DataFrame({"need": ["Pay", "Find", "Ride"], "stage": "Sign-up", "score": [8.5, 8.5, 7.], "low": 7., "high": 10., "n": 90})
    tied = chart_opportunities(trip_of(STAGES, 3), scores).to_dict()
    assert [label(tied, n).split("\u2002")[0] for n in ("Pay", "Find", "Ride")] == ["1", "1", "3"]
    assert "they felt" not in json.dumps(many), "what they felt at the stage is not what they felt about the pain"


def test_evidence_counts_people_and_codings_of_each_facet():
    trip = trip_of(STAGES, 5)
    spec = chart_evidence(trip).to_dict()
    bar = next(u for u in marks(spec, "rule") if "x2" in u["encoding"])
    drawn = {(r["stage"], r["row"]): (r["people"], r["codings"]) for r in rows_of(spec, bar)}
    assert drawn["Sign-up", "gain"] == (2, 2) and drawn["Sign-up", "expectation"] == (1, 1)
    every = trip.stages.set_index("stage").loc["Sign-up"]
    assert drawn["Sign-up", "all"] == (every["n_people"], every["n_codings"])
    assert ("Sign-up", "stage") not in drawn and ("Sign-up", "need") not in drawn, "nothing stands where nothing is"


@pytest.mark.parametrize("lane", NEW)
def test_a_lane_without_data_says_so_and_draws_no_mark(lane):
    trip = trip_of(["A", "B"], 2, blank=(0, 1), metrics=False)
    trip = dataclasses.replace(trip, stages=pd.DataFrame({"stage": ["A", "B"], "order": [1, 2], "n_people": 0, "n_codings": 0}))
    spec = lane(trip).to_dict()
    assert {u["mark"]["type"] for u in layers(spec)} == {"rect", "text"} and spec["description"].startswith("No ")
    assert lane(trip_of([], 0)).to_dict()["description"].startswith("No ")


def test_every_lane_of_the_page_is_there_in_the_order_that_was_asked_for():
    spec = chart_journey(trip_of(STAGES, 4), lanes=list(_LANES)).to_dict()
    assert [lane["title"]["text"] for lane in spec["vconcat"]] == ["Feelings", "Felt against expected", "Touchpoints", "Channels", "Gains and pains", "Opportunities",
                                                                   "Figures from surveys and logs", "Evidence", "Quotes"]
    assert all(lane["description"] for lane in spec["vconcat"])
    assert len(chart_journey(trip_of(STAGES, 4, metrics=False)).to_dict()["vconcat"]) == 4, "the picture that there always was"


def test_what_was_measured_or_scored_is_drawn_where_no_lanes_are_named():
    def lanes(*a, **k) -> list[str]: return [lane["title"]["text"].split(":")[0] for lane in chart_journey(*a, **k).to_dict()["vconcat"]]
    plain, measured = trip_of(STAGES, 4, metrics=False), trip_of(STAGES, 4)
    usual, needs = ["Feelings", "Touchpoints", "Gains and pains"], pain_severity(plain)
    assert lanes(plain) == [*usual, "Quotes"] and lanes(measured, lanes=["emotions", "quotes"]) == ["Feelings", "Quotes"]
    assert lanes(measured) == [*usual, "Figures from surveys and logs", "Quotes"] and lanes(plain, opportunities=needs) == [*usual, "Opportunities", "Quotes"]
    assert lanes(measured, opportunities=needs) == [*usual, "Opportunities", "Figures from surveys and logs", "Quotes"]
    assert lanes([plain, measured]).count("Figures from surveys and logs") == 2 and "Opportunities" not in lanes([plain, plain])


def test_a_long_page_names_its_stages_again_from_the_fourth_lane_on():
    def named(chart) -> list[int]: return [k for k, lane in enumerate(chart.to_dict()["vconcat"]) if heads_of(lane)]
    assert named(chart_journey(trip_of(STAGES, 4), lanes=list(_LANES))) == [0, 3, 4, 5, 6, 7], "the quotes have no columns"
    assert named(chart_journey(trip_of(STAGES, 4, metrics=False))) == [0]
    assert named(chart_journeys([trip_of(STAGES, 3)] * 8)) == [0, 3, 6] == named(chart_journey([trip_of(STAGES, 3)] * 8, lanes=["emotions"]))


def test_a_short_interval_is_longer_than_its_point():
    trip = trip_of(STAGES, 5)
    for chart in (chart_metrics(trip), chart_opportunities(trip), chart_channels(trip), chart_journeys([trip] * 5).vconcat[0]):
        point = marks(chart.to_dict(), "circle")[0]["mark"]
        assert 2 * np.sqrt(point["size"] / np.pi) + point["strokeWidth"] < 7, "pixels"
    tipped = [u for u in marks(chart_metrics(trip).to_dict(), "rule") if "tooltip" in u["encoding"]]
    assert len(tipped) == 1 and tipped[0]["encoding"]["x2"]["field"] == "x_high", "so small a point is hard to hit: its interval tells the same"


def test_every_mark_of_an_estimate_carries_its_words():
    spec = chart_journey(trip_of(STAGES, 4), lanes=[n for n in _LANES if n not in ("touchpoints", "quotes")]).to_dict()
    for kind in ("circle", "bar"):
        for unit in marks(spec, kind): assert "description" in unit["encoding"] and all(r["alt"] for r in rows_of(spec, unit))
    said = [r["alt"] for unit in marks(spec, "circle") for r in rows_of(spec, unit)]
    assert all("interval" in s or "%" in s for s in said)


@pytest.mark.parametrize("lane", [f for name, f in _LANES.items() if name != "quotes"])
def test_heads_stand_above_each_lane_that_is_asked_for_them(lane):
    trip = trip_of(STAGES, 4)
    assert heads_of(lane(trip).to_dict()) == 1 and heads_of(lane(trip, heads=False).to_dict()) == 0


# -- Several journeys -----------------------------------------------------------------------------------------------------------
def groups(n: int, stages: list[str] = STAGES): return [trip_of(stages, 3 + k, name=f"Group {k}", shift=.8 * k) for k in range(n)]


def test_four_journeys_lie_on_top_of_each_other_and_are_told_apart_three_times():
    found = groups(4)
    spec = chart_journeys(found).to_dict()
    line = marks(spec, "line")[0]
    assert line["mark"]["interpolate"] == "linear"
    for channel in ("color", "strokeDash"): assert len({json.dumps(v) for v in line["encoding"][channel]["scale"]["range"]}) == 4, channel
    points = [u for u in marks(spec, "point") if "shape" in u["encoding"]]
    assert len(set(points[0]["encoding"]["shape"]["scale"]["range"])) == 4
    rows = rows_of(spec, points[0])
    for j in found:
        mine = {r["stage"]: (r["emotion"], r["low"], r["n_emotion"]) for r in rows if r["name"] == j.name}
        assert {s: m[0] for s, m in mine.items()} == pytest.approx(dict(zip(j.stages["stage"], j.stages["emotion"])))
    by_stage = [sorted(r["x"] for r in rows if r["stage"] == s) for s in STAGES]
    assert all(min(np.diff(x)) >= 8 for x in by_stage), "points stand beside each other"
    words = [r["words"] for u in marks(spec, "text") for r in rows_of(spec, u) if "words" in r]
    assert all(words.count(j.name) == 2 for j in found) and f"{charts._signed(found[0].stages['emotion'][0])} (n 3)" in words


def test_five_journeys_stand_under_each_other_with_the_others_behind():
    found = groups(5)
    spec = chart_journeys(found).to_dict()
    assert [lane["title"]["text"].split(":")[0] for lane in spec["vconcat"]] == [j.name for j in found] and heads_of(spec) == 2
    behind = [u for u in marks(spec["vconcat"][0] | {"datasets": spec["datasets"]}, "line") if "who" in json.dumps(u["encoding"])]
    assert {r["who"] for r in spec["datasets"][behind[0]["data"]["name"]]} == {1, 2, 3, 4}


def test_a_journey_that_lacks_a_stage_has_a_blank_there():
    a, b = trip_of(["A", "B", "C"], 3, name="one"), trip_of(["A", "C"], 3, name="two")
    b = dataclasses.replace(b, stages=b.stages.assign(order=[0, 2]))
    spec = chart_journeys([b, a], how="facet").to_dict()
    assert marks(spec, "circle")[0]["encoding"]["x"]["scale"]["domain"] == ["A", "B", "C"]
    assert {r["stage"] for r in rows_of(spec, marks(spec, "circle")[0])} == {"A", "C"}
    runs = {r["stage"]: r["run"] for r in rows_of(spec, marks(spec, "circle")[0])}
    assert runs["A"] != runs["C"], "the line does not leap over the blank"


def test_journeys_of_one_name_are_numbered():
    spec = chart_journeys([trip_of(STAGES, 3), trip_of(STAGES, 4)]).to_dict()
    assert "some people (1)" in spec["description"] and "some people (2)" in spec["description"]


def test_wrong_journeys_are_named():
    with pytest.raises(BadInput, match="at most 4"): chart_journeys(groups(5), how="overlay")
    with pytest.raises(BadInput, match="at most 8"): chart_journeys([trip_of(["A"], 1)] * 9)
    with pytest.raises(BadInput, match="a list of journeys"): chart_journeys([])
    with pytest.raises(BadInput, match="a str"): chart_journey(["no journey"])
    with pytest.raises(BadInput, match="'overlay' or 'facet'"): chart_journeys(groups(1), how="over")
    with pytest.raises(BadInput, match="'emotion', 'expectation'"): chart_stage_heatmap(groups(1), measure="emotions")


def test_names_at_the_end_of_lines_are_moved_apart_as_little_as_possible():
    assert _apart([10, 100], 16) == [10, 100]
    close = _apart([50, 50, 50], 16)
    assert close == pytest.approx([34, 50, 66]) and _apart([60, 50], 16) == pytest.approx([63, 47])


def test_a_list_of_journeys_is_one_page_with_gaps_on_one_scale():
    spec = chart_journey([trip_of(STAGES, 4, name="one"), trip_of(STAGES, 6, name="two", shift=2.)], lanes=("emotions", "gaps", "quotes")).to_dict()
    assert [lane["title"]["text"] for lane in spec["vconcat"]] == ["Feelings", "Felt against expected: one", "Felt against expected: two", "Quotes: one", "Quotes: two"]
    one, two = (marks(lane, "bar")[0]["encoding"]["y"]["scale"]["domain"] for lane in spec["vconcat"][1:3])
    assert one[1] == two[1]
    assert sum(p["name"] == "stage" for p in spec["params"]) == 1 and heads_of(spec) == 2, "stage names stand above each kind of lane"


def test_journeys_side_by_side_are_drawn_on_one_scale():
    spec = chart_journey([trip_of(STAGES, 2, name="two"), trip_of(STAGES, 8, name="eight")], lanes=("touchpoints", "pains_gains")).to_dict()
    sizes = [marks(lane, "point")[0]["encoding"]["size"]["scale"]["domain"] for lane in spec["vconcat"][:2]]
    assert sizes[0] == sizes[1] and sizes[0][1] >= 4
    pixels = []
    for lane in spec["vconcat"][2:]:
        low, high = marks(lane, "bar")[0]["encoding"]["y"]["scale"]["domain"]
        pixels.append(lane["height"] / (high - low))
    assert pixels[0] == pytest.approx(pixels[1], rel=.01), "a person is as tall in both"


def test_the_heat_map_writes_mean_interval_and_n_and_leaves_blanks_blank():
    a, b = trip_of(STAGES, 4, name="one"), trip_of(STAGES, 2, name="two", blank=(1,), shift=1.)
    spec = chart_stage_heatmap([a, b]).to_dict()
    cells = {(r["name"], r["stage"]): r for r in rows_of(spec, marks(spec, "rect")[0])}
    assert len(cells) == 7 and ("two", "Sign-up") not in cells
    at = a.stages.set_index("stage").loc["Sign-up"]
    one = cells["one", "Sign-up"]
    assert one["figure"] == charts._signed(at["emotion"]) and one["ends"] == f"{charts._signed(at['low'])} to {charts._signed(at['high'])}" and one["people"] == "n = 4"
    assert cells["two", "Leaving"]["ends"] == "no interval"
    fields = [u["encoding"]["text"]["field"] for u in marks(spec, "text")]
    assert fields == ["figure", "ends", "people"] and heads_of(spec) == 1
    hoped = chart_stage_heatmap([a], measure="expectation").to_dict()
    assert {r["figure"] for r in rows_of(hoped, marks(hoped, "rect")[0])} <= {"+0.5", "+1.0"}


def test_a_cell_of_fewer_than_three_people_is_a_frame_and_one_of_people_who_agree_says_so():
    spec = chart_stage_heatmap([trip_of(STAGES, 4, name="one"), trip_of(STAGES, 2, name="two")]).to_dict()
    cell, few = marks(spec, "rect")
    assert few["transform"] == [{"filter": "datum.n < 3"}] and few["mark"]["fill"] == _THEMES["light"]["paper"] and few["mark"]["width"]["band"] < 1
    for rim in (cell["mark"], few["mark"]):
        assert rim["strokeWidth"] >= 1 and _contrast(rim["stroke"], _THEMES["light"]["paper"]) >= 3, "a cell as white as the paper has an edge"
    same = trip_of(["A"], 4)
    same = dataclasses.replace(same, stages=same.stages.assign(emotion=1., low=np.nan, high=np.nan))
    spec = chart_stage_heatmap([same]).to_dict()
    assert rows_of(spec, marks(spec, "rect")[0])[0]["ends"].replace("\n", " ") == "no interval: all felt the same"
    assert "all felt the same" in " ".join(chart_journeys([same]).to_dict()["title"]["subtitle"])


def test_worse_cells_are_more_orange_and_better_ones_bluer():
    for colours in (_HEAT["light"], _HEAT["dark"]):
        warm = [int(c[1:3], 16) - int(c[5:7], 16) for c in colours]
        assert warm == sorted(warm, reverse=True) and warm[0] > 0 > warm[-1]


NEEDS = ["Pay without typing", "Find a bike nearby", "Know the price before", "Return it anywhere", "Look sporty", "Trust the brakes", "Ride with a child",
         "Get help at night"]


def scores_of(needs: list[str], n: int = 80) -> pd.DataFrame:
    rng = np.random.default_rng(3)
    def answers(): return pd.DataFrame({name: np.clip(rng.normal(rng.uniform(2, 4.6), 1, n).round(), 1, 5) for name in needs})
    return opportunity_scores(answers(), answers(), n_boot=100)


def test_the_matrix_places_needs_with_intervals_both_ways():
    table = scores_of(NEEDS)
    table.loc[table["score"].idxmax(), "low"] = 9.9      # above the line, and not surely so
    assert table["score"].max() > 10
    spec = chart_opportunity_matrix(table).to_dict()
    rows = {r["need"]: r for r in rows_of(spec, marks(spec, "circle")[0])}
    for r in table.itertuples():
        assert (rows[r.need]["importance"], rows[r.need]["satisfaction"]) == (r.importance, r.satisfaction)
        assert rows[r.need]["importance_low"] == pytest.approx(10 * wilson(r.importance / 10 * 80, 80)[0])
        assert rows[r.need]["sure"] == (r.low > 10)
    assert marks(spec, "circle")[0]["encoding"]["fill"]["condition"]["test"] == "datum.sure"
    across = [u for u in marks(spec, "rule") if "x2" in u["encoding"] and "y2" not in u["encoding"]]
    along = [u for u in marks(spec, "rule") if "y2" in u["encoding"] and "x2" not in u["encoding"]]
    assert len(across) == len(along) == 1 and len(marks(spec, "area")) == 1
    assert all(need in spec["description"] for need in NEEDS)


@pytest.mark.parametrize("needs", [NEEDS, [f"{n} and more words than there is room for" for n in NEEDS]], ids=["short", "long"])
def test_names_in_the_matrix_cover_no_point_and_stay_inside(needs):
    spec = chart_opportunity_matrix(scores_of(needs)).to_dict()
    rows = rows_of(spec, marks(spec, "circle")[0])
    points = [(r["importance"] * 46, 460 - r["satisfaction"] * 46) for r in rows]
    boxes = [(r["lx"], r["ly"] - 7, r["lx"] + 6 * len(r["label"]), r["ly"] + 7) for r in rows]
    assert not [p for a, b, c, d in boxes for p in points if a < p[0] < c and b < p[1] < d]
    assert all(a >= 0 and c <= 470 and b >= 0 and d <= 460 for a, b, c, d in boxes)


MORE = ["Plan a route", "Share with friends", "Ride in winter", "See the battery", "Report damage", "Get my money back", "Lock it safely", "Ride at night",
        "Adjust the seat", "Carry my shopping", "Cross the city", "Speak to a person"]
TUTORIAL = pd.DataFrame({"need": ["A free place at the dock", "A person who answers", "The price beforehand", "A bike when I start", "Nice routes"],
                         "importance": [8.87, 7.70, 7.31, 7.96, 1.32], "satisfaction": [.22, .51, 1.33, 5.93, 4.97], "score": [17.5, 14.9, 13.3, 10., 1.3],
                         "low": [16.9, 14., 12.6, 9.3, 1.], "high": [18.2, 15.8, 14., 10.7, 1.7], "n": [391, 164, 391, 391, 391]})


@pytest.mark.parametrize(("table", "covered"), [(TUTORIAL, 0), (scores_of([*NEEDS, *MORE[:4]]), 0), (scores_of([*NEEDS, *MORE]), 3)], ids=["5", "12", "20"])
def test_each_name_stands_nearest_to_its_own_point_or_has_a_line_to_it_and_covers_no_interval(table, covered):
    spec = chart_opportunity_matrix(table).to_dict()
    rows = rows_of(spec, marks(spec, "circle")[0])
    at = {r["need"]: (46 * r["importance"], 460 - 46 * r["satisfaction"]) for r in rows}
    boxes = {r["need"]: (r["lx"], r["ly"] - 6, r["lx"] + _wide(r["label"]), r["ly"] + 6) for r in rows}
    def far(box, p): return np.hypot(max(box[0] - p[0], p[0] - box[2], 0), max(box[1] - p[1], p[1] - box[3], 0))
    for r in rows:
        if r["px"] is None: assert min(at, key=lambda n: far(boxes[r["need"]], at[n])) == r["need"] and far(boxes[r["need"]], at[r["need"]]) < 20
        else: assert (r["px"], r["py"]) == pytest.approx(at[r["need"]]) and far(boxes[r["need"]], (r["ex"], r["ey"])) < 2, "the line leads from the point to the name"
    lines = [(46 * r["importance_low"], at[r["need"]][1], 46 * r["importance_high"], at[r["need"]][1]) for r in rows]
    lines += [(at[r["need"]][0], 460 - 46 * r["satisfaction_high"], at[r["need"]][0], 460 - 46 * r["satisfaction_low"]) for r in rows]
    assert sum(a < d[2] and c > d[0] and b < d[3] and e > d[1] for a, b, c, e in boxes.values() for d in lines) <= covered
    assert not [1 for m, n in itertools.combinations(boxes.values(), 2) if m[0] < n[2] and n[0] < m[2] and m[1] < n[3] and n[1] < m[3]]
    drawn = next(u for u in marks(spec, "rule") if u["encoding"]["x"]["field"] == "px")
    assert drawn["transform"] == [{"filter": "isValid(datum.px)"}]


def test_what_is_worth_working_on_is_said_beside_its_zone_where_no_point_can_be():
    spec = chart_opportunity_matrix(TUTORIAL).to_dict()
    names = [r for u in marks(spec, "text") for r in rows_of(spec, u) if r.get("words") == "worth working on"]
    assert names and all(r["importance"] > 10 and r["satisfaction"] < 8 for r in names)


def test_a_matrix_without_needs_or_columns_says_so():
    table = scores_of(NEEDS[:2])
    assert "No need has a score" in chart_opportunity_matrix(table.head(0)).to_dict()["description"]
    assert "1 needs with lower scores are not drawn" in json.dumps(chart_opportunity_matrix(table, most=1).to_dict()["title"])
    with pytest.raises(BadInput, match="no column 'importance'"): chart_opportunity_matrix(table.drop(columns="importance"))


# -- Reading it -----------------------------------------------------------------------------------------------------------------
SIGHT = {"all": np.eye(3), "no red": np.array([[.152286, 1.052583, -.204868], [.114503, .786281, .099216], [-.003882, -.048116, 1.051998]]),
         "no green": np.array([[.367322, .860646, -.227968], [.280085, .672501, .047413], [-.011820, .042940, .968881]]),
         "no blue": np.array([[1.255528, -.076749, -.178779], [-.078411, .930809, .147602], [.004733, .691367, .303900]])}      # Machado, Oliveira and Fernandes 2009


def lab(colour: str, sight: np.ndarray) -> np.ndarray:
    "A colour in CIE L*a*b* (D65), as it is seen."
    rgb = np.array([int(colour[i:i + 2], 16) for i in (1, 3, 5)]) / 255
    seen = np.clip(sight @ np.where(rgb <= .04045, rgb / 12.92, ((rgb + .055) / 1.055) ** 2.4), 0, 1)
    x, y, z = np.cbrt(np.array([[.4124, .3576, .1805], [.2126, .7152, .0722], [.0193, .1192, .9505]]) @ seen / [.9505, 1, 1.089] + 1e-9)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("sight", SIGHT.values(), ids=SIGHT)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_colours_of_journeys_stay_apart_for_everybody(theme, sight):
    colours = [_THEMES[theme][f"who{k}"] for k in (1, 2, 3, 4)]
    assert min(np.linalg.norm(lab(a, sight) - lab(b, sight)) for a, b in itertools.combinations(colours, 2)) >= 30
    low, high = _HEAT[theme][0], _HEAT[theme][-1]
    assert np.linalg.norm(lab(low, sight) - lab(high, sight)) >= 30


@pytest.mark.parametrize("theme", ["light", "dark", "print"])
def test_contrast_of_every_colour(theme):
    ink = _THEMES[theme]
    grounds = [ink["paper"], ink["band"], ink["chosen"]]
    assert min(_contrast(ink[f"who{k}"], g) for k in (1, 2, 3, 4) for g in grounds) >= 3
    assert min(_contrast(ink[name], g) for name in ("ink", "muted", "pain_text", "gain_text", "hope") for g in grounds) >= 4.5
    assert min(_contrast(ink[name], ink["paper"]) for name in ("pain", "gain", "line", "bar")) >= 3
    assert min(_contrast(ink["ink"], cell) for cell in _HEAT[theme]) >= 4.5, "the number can be read on every cell"


def pages(theme: str):
    found = groups(2)
    return [chart_journey(found[0], lanes=list(_LANES), theme=theme), chart_journeys(found, theme=theme), chart_journeys(found, how="facet", theme=theme),
            chart_stage_heatmap(found, theme=theme), chart_opportunity_matrix(scores_of(NEEDS), theme=theme)]


@pytest.mark.parametrize("theme", ["light", "dark", "print"])
def test_pages_hold_no_colour_but_the_themes_own(theme):
    known = {c.lower() for c in [*_THEMES[theme].values(), *_HEAT[theme]]}
    for page in pages(theme):
        text = json.dumps(page.to_dict())
        used = {"#" + c.lower() for c in re.findall(r"\"#([0-9a-fA-F]{6})\"", text)}
        assert used <= known and page.to_dict()["background"] == _THEMES[theme]["paper"]


def test_print_is_black_grey_and_white():
    assert all(c[1:3] == c[3:5] == c[5:7] for c in [*_THEMES["print"].values(), *_HEAT["print"]])
    assert _THEMES["print"]["ink"] == "#000000" and _THEMES["print"]["paper"] == "#FFFFFF"
    try:
        set_theme("print")
        assert chart_journeys(groups(2)).to_dict()["background"] == "#FFFFFF" and _THEMES["light"]["ink"] not in json.dumps(chart_journey(groups(1)[0]).to_dict())
    finally:
        set_theme("notebook")


def test_light_pages_become_dark_colour_by_colour():
    dark = charts._dark_for_light()
    assert all(dark[a.lower()] == b for a, b in zip(_HEAT["light"], _HEAT["dark"]))
    assert all(dark[_THEMES["light"][w].lower()] == _THEMES["dark"][w] for w in ("who1", "who2", "who3", "who4"))


ODD = {"one person, 3 stages": trip_of(["A", "B", "C"], 1), "14 stages": trip_of([f"Stage {i}" for i in range(14)], 3, blank=(3, 4)),
       "long names": trip_of(["A stage with a name that goes on and on", "Donaudampfschifffahrtsgesellschaft", "C"], 4, long=True),
       "odd characters": trip_of(['Quo"te', "Back\\slash", "Apo'strophe", "dot.ted[0]"], 3)}


@pytest.mark.parametrize("trip", ODD.values(), ids=ODD)
def test_odd_journeys_are_drawn_in_every_lane(trip):
    import vl_convert

    for page in (chart_journey(trip, lanes=list(_LANES)), chart_journeys([trip]), chart_journeys([trip] * 5), chart_stage_heatmap([trip])):
        svg = vl_convert.vegalite_to_svg(page.to_dict(validate=False))
        assert "NaN" not in svg and "undefined" not in svg and ">null<" not in svg


def test_a_picture_has_a_title_and_a_description():
    svg = chart_svg(chart_journeys(groups(2)))
    assert "<title>Journeys of Group 0 and Group 1</title>" in svg and "<desc>" in svg and "Group 1: Mean feeling by stage" in svg


def test_an_empty_page_says_so():
    empty = trip_of(["A", "B"], 3, blank=(0, 1), metrics=False)
    for page in (chart_journey(empty), chart_journey([empty, empty]), chart_journeys([empty])):
        assert "No coding stands in a stage" in json.dumps(page.to_dict()) and "Nothing to draw" in page.to_dict()["description"]
    assert "No emotion is coded" in chart_stage_heatmap([empty]).to_dict()["description"]


# -- Back to Python -------------------------------------------------------------------------------------------------------------
def live(value: object, chart: object = None) -> SimpleNamespace:
    return SimpleNamespace(selections=SimpleNamespace(stage=SimpleNamespace(value=value, store=[1])), chart=chart)


@pytest.mark.parametrize(("value", "stages"), [([{"stage": "Leaving"}], ["Leaving"]), ([{"stage": "Leaving"}, {"stage": "Sign-up"}], ["Sign-up", "Leaving"]),
                                               ({"stage": ["First ride", "Sign-up"]}, ["Sign-up", "First ride"]), ([], []), ({}, []), (None, [])])
def test_chosen_stages_come_back_as_their_quotes_in_stage_order(value, stages):
    trip = trip_of(STAGES, 3)
    quotes = journey_selection(live(value), trip)
    assert list(dict.fromkeys(quotes["stage"])) == stages and list(quotes) == list(trip.quotes)
    assert sorted(quotes["coding_id"]) == sorted(trip.quotes[trip.quotes["stage"].isin(stages)]["coding_id"])


def test_what_the_menu_holds_is_chosen_whatever_was_clicked_before():
    trip, clicked = trip_of(STAGES, 3), live([{"stage": "Leaving"}, {"stage": "Sign-up"}])
    for held, stages in (([{"stage": "First ride"}], ["First ride"]), ([], ["Sign-up", "Leaving"]), (None, ["Sign-up", "Leaving"])):
        clicked.selections.stage_menu = SimpleNamespace(value=held, store=[1])
        assert list(dict.fromkeys(journey_selection(clicked, trip)["stage"])) == stages


def test_a_chart_that_nobody_clicked_gives_what_it_shows():
    import altair as alt

    trip = trip_of(STAGES, 3)
    pit = trip.moments.set_index("moment")["stage"]["pit"]
    chart = chart_journey(trip)
    assert set(journey_selection(chart, trip)["stage"]) == {pit} == set(journey_selection(alt.JupyterChart(chart), trip)["stage"])


def test_a_chart_in_which_nothing_can_be_chosen_is_refused():
    trip = trip_of(STAGES, 3)
    for chart in (chart_journey(trip, lanes=["emotions"]), "chart"):
        with pytest.raises(BadInput, match="no stage can be chosen"): journey_selection(chart, trip)


def test_several_stages_can_be_chosen_and_a_brush_of_ones_own_works():
    import altair as alt
    import vl_convert

    trip = trip_of(STAGES, 3)
    spec = chart_journey(trip).to_dict()
    assert next(p for p in spec["params"] if p["name"] == "stage")["select"]["toggle"].startswith("event.shiftKey && ")
    brush = alt.selection_interval(name="stage", encodings=["x"], empty=False, value={"x": ["Sign-up", "First ride"]})
    page = chart_stack([charts.chart_emotions(trip, select=brush), charts.chart_quotes(trip, select=brush)], title="Brushed")
    assert set(journey_selection(live({"stage": ["Sign-up", "First ride"]}, page), trip)["stage"]) == {"Sign-up", "First ride"}
    svg = vl_convert.vegalite_to_svg(page.to_dict(validate=False))
    assert all(re.search(rf">{stage}: [1-8] of", svg) for stage in ("Sign-up", "First ride")) and ">Awareness: " not in svg, "both are shown"
    assert "click" not in json.dumps(page.to_dict()), "nor is there a menu"


@pytest.mark.parametrize("theme", list(_THEMES))
def test_no_line_runs_through_the_minus_sign_of_a_figure(theme):
    trip, paper = trip_of(STAGES, 5), _THEMES[theme]["paper"]
    felt = charts.chart_emotions(trip, theme=theme)
    for chart, field in ((felt, "label"), (felt, "moment"), (chart_gaps(trip, theme=theme), "label"),
                         *((small, "label") for small in chart_journeys([trip] * 2, how="facet", theme=theme).vconcat)):
        under, over = (u for u in marks(chart.to_dict(), "text") if u["encoding"]["text"]["field"] == field)
        assert under["mark"]["stroke"] == under["mark"]["color"] == paper and under["mark"]["strokeWidth"] >= 4 and "stroke" not in over["mark"]
        assert under["encoding"] == over["encoding"] and all(under["mark"].get(k) == over["mark"].get(k) for k in ("dx", "fontSize", "fontWeight", "align", "baseline"))
    rows = rows_of(spec := charts.chart_emotions(trip, theme=theme).to_dict(), marks(spec, "circle")[0])
    off = {r["stage"]: (r["label_at"] - r["emotion"]) * 43 for r in rows}
    after = dict(zip(STAGES, [*(b["emotion"] > a["emotion"] for a, b in itertools.pairwise(rows)), False]))
    assert off == {s: pytest.approx(-13 if after[s] else 12, abs=.1) for s in STAGES}, "and the next stretch of the curve is out of the way"


# -- Size and help --------------------------------------------------------------------------------------------------------------
def test_a_hundred_thousand_codings_make_a_small_specification():
    stages, people = [f"Stage {i:02d}" for i in range(10)], 200
    trip = trip_of(stages, people, shift=.3)
    many = trip.quotes.sample(100_000, replace=True, random_state=0, ignore_index=True)
    many["code"] = many["code"] + " " + pd.Series(np.arange(len(many)) % 97).astype(str)
    many["quote"] = many["quote"] + " and so on" * 30
    pains = trip.pains.merge(pd.DataFrame({"k": range(80)}), how="cross").assign(pain=lambda d: d["pain"] + d["k"].astype(str) + " of a rather long name")
    crowd = dataclasses.replace(trip, quotes=many, pains=pains.drop(columns="k"))
    for page in (chart_journey(crowd), chart_journeys([crowd] * 8), chart_stage_heatmap([crowd] * 8)):
        assert len(page.to_json(indent=None)) < 200_000
    assert len(chart_journey(trip, lanes=list(_LANES)).to_json(indent=None)) < 200_000


def test_the_decorated_charts_still_explain_themselves():
    assert "lanes" in inspect.signature(chart_journey).parameters and "how" in inspect.signature(chart_journeys).parameters
    import personabench as pb

    assert "Arguments:" in (pb.chart_journey.__doc__ or "") and "which" not in pb.chart_journeys.__name__


SCORED = pd.DataFrame({"need": ["A bike near", "A price"], "stage": STAGES[:2], "importance": [8., 6.], "satisfaction": [3., 5.], "score": [13., 7.], "low": [11., 5.],
                      "high": [15., 9.], "n": [80, 80]})
ODD_SCORES = [("n", np.inf, "'n': inf.*a number"), ("n", "many", "'n': 'many'"), ("n", 3.7, "'n': 3.7.*whole number"), ("n", -3, "'n': -3"),
             ("score", "a", "'score': 'a'"), ("score", 99., "'score': 99.0.*0 to 20"), ("importance", 70., "'importance': 70.0.*0 to 10"),
             ("satisfaction", -1., "'satisfaction'"),
             ("importance", np.nan, "'importance': nan.*0 to 10"), ("low", 16., "'low': 16.0.*low <= high"), ("need", None, "'need'.*a name")]


@pytest.mark.parametrize("column, odd, says", ODD_SCORES, ids=str)
@pytest.mark.parametrize("draw", [chart_opportunity_matrix, lambda table: chart_opportunities(trip_of(STAGES, 3), table),
                                  lambda table: chart_journey(trip_of(STAGES, 3), lanes=["opportunities"], opportunities=table)])
def test_a_score_that_cannot_be_is_refused_by_row_and_column(draw, column, odd, says):
    table = SCORED.assign(**{column: pd.Series([SCORED[column][0], odd], dtype=object if isinstance(odd, str) else None)})
    with pytest.raises(BadInput, match=f"opportunities, row 1, column {says}") as said: draw(table)
    assert said.value.expected and said.value.cure


def test_a_score_whose_n_or_half_interval_is_not_known_says_so_and_numbers_read_as_text_count():
    rows = chart_opportunities(trip_of(STAGES, 3), SCORED.assign(n=[np.nan, 80.], low=[11., np.nan])).to_dict()
    drawn = {r["row"]: (r["words"], r["more"]) for r in rows_of(rows, marks(rows, "circle")[0])}
    assert drawn == {"A bike near": ("13.0 · n not known", "11.0 to 15.0"), "A price": ("7.0 · n 80", "no interval")}
    text = chart_opportunity_matrix(SCORED.astype(dict.fromkeys(["n", "score", "importance"], str))).to_dict()
    assert text["description"] == chart_opportunity_matrix(SCORED).to_dict()["description"] and "n 80" in text["description"]


@pytest.mark.parametrize("draw, says", [
    *((lambda odd=odd: chart_gaps(trip_of(STAGES, 3), reach=odd), "chart_gaps, reach.*1 to 4") for odd in (0, -1, 5, "2", True, np.nan)),
    *((lambda odd=odd: chart_channels(trip_of(STAGES, 3), most=odd), "chart_channels, most.*whole number") for odd in (0, 2.5, "3")),
    *((lambda odd=odd: chart_opportunities(trip_of(STAGES, 3), most=odd), "chart_opportunities, most") for odd in (0, -1, 2.5)),
    (lambda: chart_opportunity_matrix(SCORED, most=0), "chart_opportunity_matrix, most"),
    *((lambda odd=odd: chart_journey(trip_of(STAGES, 3), lanes=odd), "lanes.*no list") for odd in (None, "emotions", 5)),
    (lambda: chart_journey(trip_of(STAGES, 3), lanes=[["emotions"]]), "no such lane"),
    (lambda: chart_journey(trip_of(STAGES, 3), lanes=["emotion"]), "did you mean 'emotions'"),
    (lambda: chart_stage_heatmap([trip_of(STAGES, 3)], measure=["emotion"]), "no such measure"),
    (lambda: chart_opportunities(trip_of(STAGES, 3), [1, 2]), "chart_opportunities: a list.*stage_opportunities")])
def test_settings_and_tables_that_no_chart_can_follow_are_named(draw, says):
    with pytest.raises(BadInput, match=says) as said: draw()
    assert said.value.expected and said.value.cure


def test_lanes_may_come_one_by_one():
    assert len(chart_journey(trip_of(STAGES, 3), lanes=(lane for lane in ("emotions", "gaps"))).to_dict()["vconcat"]) == 2
