"""Journey charts: what is drawn is what the tables hold, blanks stay blank, and the picture can be read by anybody."""

from __future__ import annotations

import dataclasses
import json
import re
import sys
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from personabench import charts
from personabench.charts import (chart_emotions, chart_pains_gains, chart_quotes, chart_stack, chart_touchpoints)
from personabench.journey_charts import chart_journey
from personabench.journeys import journey_from_codings
from personabench.schema import BadInput


def trip_of(stages: list[str], people: int, *, blank: tuple[int, ...] = (), long: bool = False, feel: bool = True, name: str = "some people"):
    "A journey with a bit of everything in each stage but the blank ones."
    rows, rng = [], np.random.default_rng(len(stages) + people)
    for p in range(people):
        for k, stage in enumerate(stages):
            if k in blank: continue
            at = 1000 * k
            rows.append((f"P{p}", k, at, at + 900, stage, "stage", None, "..."))
            if feel: rows.append((f"P{p}", k, at + 10, at + 20, "Felt it", "emotion", float(rng.integers(-2, 3)), f"I felt {stage} “so” <b>deeply</b>"))
            met = f"A touchpoint with quite a long name, number {p % 3}" if long else f"App {p % 3}"
            rows.append((f"P{p}", k, at + 30, at + 40, met, "touchpoint", None, "there"))
            rows.append((f"P{p}", k, at + 50, at + 60, ("A pain that takes many words to tell, number " if long else "Pain ") + str(p % 4), "pain", None, "ouch " * 60))
            if p % 2: rows.append((f"P{p}", k, at + 70, at + 80, "Gain", "gain", None, "nice"))
            if k == 0: rows.append((f"P{p}", k, at + 90, at + 99, "Expects a lot", "expectation", 2.0, "it will be great"))
    codings = pd.DataFrame(rows, columns=["source", "turn", "start", "end", "code", "facet", "valence", "quote"])
    codings = codings.assign(case=codings["source"], coding_id=range(len(codings)), role="participant")
    codes = pd.DataFrame({"code": stages, "facet": "stage", "order": range(len(stages)), "online": None})
    codes = pd.concat([codes, pd.DataFrame({"code": ["App 0", "App 1"], "facet": "touchpoint", "order": np.nan, "online": [True, False]})])
    return journey_from_codings(codings, codes=codes, name=name)


def layers(spec: dict) -> list[dict]:
    "All unit charts of a spec."
    inside = spec.get("vconcat", spec.get("layer"))
    return [spec] if inside is None else [unit for part in inside for unit in layers(part)]


def marks(spec: dict, kind: str) -> list[dict]:
    return [u for u in layers(spec) if (u["mark"] if isinstance(u["mark"], str) else u["mark"]["type"]) == kind]


def rows_of(spec: dict, unit: dict) -> list[dict]:
    return spec["datasets"][unit["data"]["name"]]


STAGES = ["Awareness", "Sign-up", "First ride", "Leaving"]


# -- What is drawn --------------------------------------------------------------------------------------------------------------
def test_stages_stand_in_order_with_the_numbers_of_the_table():
    trip = trip_of(STAGES, 5)
    spec = chart_emotions(trip).to_dict()
    points = marks(spec, "circle")[0]
    assert points["encoding"]["x"]["scale"]["domain"] == STAGES
    drawn = {row["stage"]: row["emotion"] for row in rows_of(spec, points)}
    assert drawn == pytest.approx(dict(zip(trip.stages["stage"], trip.stages["emotion"])))
    texts = [rows_of(spec, unit) for unit in marks(spec, "text")]
    assert any([row.get("n_emotion") for row in rows] == [5, 5, 5, 5] for rows in texts)


def test_the_curve_breaks_at_a_blank_and_is_straight():
    spec = chart_emotions(trip_of(["A", "B", "C", "D", "E"], 4, blank=(2,))).to_dict()
    line = marks(spec, "line")[0]
    runs = {row["stage"]: row["run"] for row in rows_of(spec, line)}
    assert set(runs) == {"A", "B", "D", "E"} and runs["A"] == runs["B"] != runs["D"] == runs["E"]
    assert line["mark"]["interpolate"] == "linear" and line["encoding"]["detail"]["field"] == "run"


@pytest.mark.parametrize(("people", "bars"), [(2, 0), (3, 4)])
def test_an_interval_needs_three_people(people, bars):
    spec = chart_emotions(trip_of(STAGES, people)).to_dict()
    rule = next(u for u in marks(spec, "rule") if "y2" in u["encoding"])
    assert sum(row["low"] is not None for row in rows_of(spec, rule)) == bars
    assert rule["transform"] == [{"filter": "isValid(datum.low)"}]


def test_expectation_is_a_second_mark_only_where_it_was_said():
    spec = chart_emotions(trip_of(STAGES, 4)).to_dict()
    diamond = next(u for u in marks(spec, "point") if u["mark"].get("shape") == "diamond")
    assert [(r["stage"], r["expectation"]) for r in rows_of(spec, diamond)] == [("Awareness", 2.0)]
    assert diamond["mark"]["filled"] is False


def test_touchpoints_tell_online_by_shape_and_people_by_number():
    trip = trip_of(STAGES, 6)
    spec = chart_touchpoints(trip).to_dict()
    mark = marks(spec, "point")[0]
    scale = mark["encoding"]["shape"]["scale"]
    assert dict(zip(scale["domain"], scale["range"])) == {"online": "circle", "offline": "square", "not said": "diamond"}
    seen = {(r["stage"], r["touchpoint"]): (r["where"], r["people"]) for r in rows_of(spec, mark)}
    assert seen["Sign-up", "App 0"] == ("online", 2) and seen["Leaving", "App 1"] == ("offline", 2) and seen["Leaving", "App 2"] == ("not said", 2)


def test_touchpoints_with_names_alike_keep_their_rows():
    spec = chart_touchpoints(trip_of(STAGES, 6, long=True)).to_dict()
    assert len({r["touchpoint"] for r in rows_of(spec, marks(spec, "point")[0])}) == 3


def test_many_touchpoints_are_cut_and_counted():
    trip = trip_of(STAGES, 3)
    chart = chart_touchpoints(trip, most=2).to_dict()
    assert "1 rarer ones not drawn" in chart["title"]["subtitle"]


def test_pains_go_down_and_gains_go_up_and_count_people():
    spec = chart_pains_gains(trip_of(STAGES, 5)).to_dict()
    gains, pains = (rows_of(spec, unit) for unit in marks(spec, "bar"))
    assert [r["end"] for r in gains] == [2] * 4 and [r["end"] for r in pains] == [-5] * 4
    assert "Pain 0 (2)" in pains[0]["label"].replace("\u00a0", " ") and "+2 more" in pains[0]["label"]


def test_quotes_follow_the_selection_and_are_wrapped():
    trip = trip_of(STAGES, 5)
    spec = chart_journey(trip).to_dict()
    select = next(p for p in spec["params"] if p["name"] == "stage")
    pit = trip.moments.set_index("moment")["stage"]["pit"]
    assert select["value"] == [{"stage": pit}]
    bands = [unit["name"] for unit in marks(spec, "rect")]
    assert len(set(bands)) == 3 and set(bands) <= set(select["views"])          # a click counts in each lane
    bodies = [u for u in marks(spec, "text") if u["encoding"]["text"].get("field") == "body"]
    clicked = {"and": [{"param": "stage", "empty": False}, "!length(data('stage_menu_store'))"]}
    assert bodies[0]["transform"][0] == {"filter": {"or": [{"param": "stage_menu", "empty": False}, clicked]}}, "what the menu says, else what was clicked"
    blocks = [r for r in rows_of(spec, bodies[0]) if r["y"] >= 0]
    assert {b["stage"] for b in blocks} == set(STAGES)
    assert all(len(line) < 90 for b in blocks for line in b["body"].split("\n"))
    assert any(b["quote"] == "ouch " * 60 and b["body"].endswith("…") for b in blocks)      # whole in the tooltip


def drawn(trip, *stages: str, **how) -> list[str]:
    "The texts of a chart in which these stages are chosen from the beginning."
    import vl_convert

    spec = chart_journey(trip, lanes=["emotions", "quotes"], **how).to_dict()
    next(p for p in spec["params"] if p["name"] == "stage")["value"] = [{"stage": s} for s in stages]
    return re.findall(r">([^<]+)</text>", vl_convert.vegalite_to_svg(spec))


def test_quotes_of_two_chosen_stages_stand_beside_each_other():
    trip = trip_of(STAGES, 5)
    for stage in STAGES[:2]: assert sum(stage in t and " of " in t for t in drawn(trip, stage)) == 1
    both = [t for t in drawn(trip, *STAGES[:2]) if " codings" in t]
    assert [t.split(":")[0] for t in both] == STAGES[:2]
    assert len([t for t in drawn(trip, *STAGES[:2]) if "\u2002·\u2002" in t]) == sum(int(re.search(r": (\d+) of", t)[1]) for t in both), "as many as it says"
    assert any("no room for 1 more" in t for t in drawn(trip, *STAGES[:3]))
    assert "No stage is chosen." in drawn(trip) and "No stage is chosen." not in drawn(trip, STAGES[0])


def test_the_head_of_a_quote_is_cut_where_the_next_column_begins_and_whole_in_the_tip():
    import vl_convert

    who, trip = "0075ef6b-8f20-4b1c-9c55-d3b1a2a7c0de", trip_of(STAGES, 3, long=True)
    trip = dataclasses.replace(trip, quotes=trip.quotes.assign(case=trip.quotes["case"] + who))
    spec = chart_quotes(trip).to_dict()
    rows = rows_of(spec, head := next(u for u in marks(spec, "text") if u["encoding"]["text"].get("field") == "head"))
    columns = sorted({r["x"] for r in rows if r["head"] and who in r["head"]})
    assert head["mark"]["limit"] == pytest.approx(columns[1] - columns[0] - 22, abs=1)
    assert head["encoding"]["tooltip"][0]["field"] == "head" and any(r["head"].endswith("(pain)") for r in rows)
    svg = vl_convert.vegalite_to_svg(spec)
    assert f"{who}\u2002" in svg and ">P0" + who + "\u2002·\u2002A pain that takes many words to tell, number 0 (pain)</text>" not in svg


def test_a_stage_can_be_chosen_in_a_menu_that_has_a_name_but_not_on_paper():
    spec = chart_journey(trip_of(STAGES, 5)).to_dict()
    menu = next(p for p in spec["params"] if p["name"] == "stage_menu")
    assert menu["bind"] == {"input": "select", "options": [None, *STAGES], "labels": ["as clicked in the chart", *STAGES], "name": "Quotes of the stage "}
    assert "click stages" in json.dumps(spec["vconcat"][-1]["title"])
    for lane in (chart_journey, chart_quotes):
        paper = json.dumps(lane(trip_of(STAGES, 5), theme="print").to_dict())
        assert "click stages" not in paper and '"bind"' not in paper


def test_the_heads_belong_to_the_columns_that_are_clicked():
    spec = chart_journey(trip_of(STAGES, 5), lanes=["emotions", "touchpoints", "quotes"]).to_dict()
    heads, below, *_ = marks(spec, "rect")
    assert heads["encoding"]["y"]["value"] <= -25 and heads["encoding"]["y2"] == {"value": "height"} and "y" not in below["encoding"]
    assert heads["encoding"]["x"]["axis"]["zindex"] == 1, "and do not cover the names"


def test_what_cannot_be_clicked_does_not_ask_for_clicks(tmp_path):
    from personabench.exports import chart_svg, write_chart

    chart = chart_journey(trip_of(STAGES, 5), lanes=["emotions", "quotes"])
    svg = chart_svg(chart)
    assert "click" not in svg and "the strongest good and bad first" in svg
    page = write_chart(chart, tmp_path / "page.html").read_text("utf-8")
    assert "click stages, or take one from the menu below" in page and "as clicked in the chart" in page


def feeling_trip(**felt: list[int]):
    rows = [(f"P{p}", k, 100 * k, 100 * k + 50, stage, "stage", None) for k, (stage, all_) in enumerate(felt.items()) for p in range(len(all_))]
    rows += [(f"P{p}", k, 100 * k + 5, 100 * k + 9, f"felt {v}", "emotion", v) for k, all_ in enumerate(felt.values()) for p, v in enumerate(all_)]
    rows += [("P0", 0, 11, 15, "Hopes", "expectation", 0)]
    codings = pd.DataFrame(rows, columns=["source", "turn", "start", "end", "code", "facet", "valence"]).assign(quote="...", role="participant")
    return journey_from_codings(codings.assign(case=codings["source"], coding_id=range(len(codings))))


def test_the_curve_says_why_a_point_has_no_interval_and_counts_one_person_as_one():
    spec = chart_emotions(feeling_trip(Look=[1, 1, 1], Buy=[-1], Use=[2, 1, 0])).to_dict()
    said = {r["stage"]: r["alt"] for r in rows_of(spec, marks(spec, "circle")[0])}
    assert said["Look"] == "Look: mean feeling +1.0, no interval: all felt the same, 3 people"
    assert said["Buy"] == "Buy: mean feeling −1.0, no interval below 3 people, 1 person"
    assert "all felt the same" in spec["title"]["subtitle"] and "all felt the same" not in chart_emotions(feeling_trip(Use=[2, 1, 0])).to_dict()["title"]["subtitle"]
    assert "1 people" not in json.dumps(spec) and "Look: expected 0.0, 1 person" in json.dumps(spec, ensure_ascii=False)
    assert "Felt minus expected" in json.dumps(spec)


def test_the_curve_marks_no_peak_where_several_stages_are_equal_and_says_so():
    trip = feeling_trip(Look=[1, 2, 0], Buy=[0, 2, 1], Use=[-1, -1, 0])
    spec = chart_emotions(trip).to_dict()
    assert {r["stage"]: r["moment"] for r in rows_of(spec, marks(spec, "circle")[0])} == {"Look": "", "Buy": "", "Use": "pit"}
    assert "no peak: 2 stages are equal" in spec["title"]["subtitle"] and "Pit Use; no peak: 2 stages are equal." in spec["description"]


def test_two_coders_on_the_same_words_give_one_quote():
    codings = pd.DataFrame([("A", 0, 0, 90, "Use", "stage", None, "..."), ("A", 0, 5, 30, "Slow", "pain", None, "it was very slow"),
                            ("A", 0, 8, 30, "Slow", "pain", None, "very slow")],
                           columns=["source", "turn", "start", "end", "code", "facet", "valence", "quote"]).assign(case="A", coding_id=[1, 2, 3], role="participant")
    assert "Use: 1 quotes" in chart_quotes(journey_from_codings(codings)).description


def test_title_and_words_carry_the_numbers():
    trip = trip_of(STAGES, 5, name="Commuters")
    spec = chart_journey(trip).to_dict()
    assert "Commuters" in spec["title"]["text"] and "5 people" in spec["title"]["subtitle"][0] and f"{trip.n_codings} codings" in spec["title"]["subtitle"][0]
    assert "5 people" in spec["description"] and all(stage in spec["description"] for stage in STAGES)
    assert all(lane.get("description") for lane in spec["vconcat"])
    for kind in ("circle", "bar"):
        assert all("description" in unit["encoding"] for unit in marks(spec, kind))


# -- Reading it -----------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_contrast_of_every_colour_in_the_picture(theme):
    spec, ink = chart_journey(trip_of(STAGES, 5), theme=theme).to_dict(), charts._THEMES[theme]
    grounds = [ink["paper"], ink["band"], ink["chosen"]]
    assert spec["background"] == ink["paper"]
    rims = {u["mark"]["stroke"] for u in marks(spec, "text") if "stroke" in u["mark"]}
    assert rims == {ink["paper"]}, "under words, in the colour of the paper"
    texts = {u["mark"]["color"] for u in marks(spec, "text") if "color" in u["mark"] and "stroke" not in u["mark"]} | {ink["pain_text"], ink["gain_text"]}
    shapes = {u["mark"]["color"] for kind in ("bar", "line") for u in marks(spec, kind)} | {ink["hope"], ink["bar"]}
    assert len(texts) >= 4
    assert min(charts._contrast(t, g) for t in texts for g in grounds) >= 4.5
    assert min(charts._contrast(s, ink["paper"]) for s in shapes) >= 3


def test_contrast_formula_equals_known_values():
    assert charts._contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert charts._contrast("#767676", "#FFFFFF") == pytest.approx(4.54, abs=.01)      # the classic edge of AA


# -- Odd journeys ---------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("trip", [trip_of(["A", "B", "C"], 1), trip_of([f"Stage {i}" for i in range(14)], 3, blank=(3, 4)), trip_of(["A", "B", "C"], 4, feel=False),
                                  trip_of(["A stage with a name that goes on and on", "Donaudampfschifffahrtsgesellschaft"], 4, long=True), trip_of(["Only"], 3),
                                  trip_of(['Quo"te', "Back\\slash", "Apo'strophe", "dot.ted[0]"], 3)],
                         ids=["one person", "14 stages", "no feelings", "long names", "one stage", "odd characters"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_odd_journeys_are_drawn(trip, theme, tmp_path):
    import vl_convert

    svg = vl_convert.vegalite_to_svg(chart_journey(trip, theme=theme).to_json())
    assert "NaN" not in svg and "undefined" not in svg and "null" not in svg
    for stage in trip.stages["stage"].head(2):
        assert json.dumps(stage.split()[0])[1:5] in svg or stage[:4] in svg.replace("&quot;", '"').replace("&apos;", "'")


@pytest.mark.parametrize("trip", [trip_of(["A", "B"], 3, blank=(0, 1)), trip_of([], 0)], ids=["stages without codings", "nothing at all"])
def test_an_empty_journey_says_so(trip):
    import vl_convert

    svg = vl_convert.vegalite_to_svg(chart_journey(trip).to_json())
    assert "No coding stands in a stage" in svg
    for lane in (chart_emotions, chart_touchpoints, chart_pains_gains, chart_quotes):
        assert "No " in vl_convert.vegalite_to_svg(lane(trip).to_json())


FOURTEEN = ["Awareness", "Consideration", "Comparison", "Sign-up", "Identity check", "First payment", "Onboarding call", "First ride", "Regular use",
            "Seasonal pause", "Support", "Renewal", "Recommendation", "Leaving"]


def heads_of(stages: list[str]) -> tuple[dict[str, str], float]:
    "The names above the columns, lines joined by /, and their size."
    axis = next(u for u in layers(chart_emotions(trip_of(stages, 3)).to_dict()) if u["encoding"].get("x", {}).get("axis"))["encoding"]["x"]["axis"]
    lines = json.loads(axis["labelExpr"].removeprefix("(").removesuffix(")[datum.value]"))
    return {name: "/".join(x for x in said if x.strip()) for name, said in lines.items()}, axis["labelFontSize"]


def test_heads_of_many_stages_break_between_words_and_in_a_word_only_with_a_hyphen():
    heads, size = heads_of(FOURTEEN)
    assert all(head.replace("/", " ") == name for name, head in heads.items()) and 11 <= size <= 12.5
    assert heads["Seasonal pause"] == "Seasonal/pause" and heads["Recommendation"] == "Recommendation"
    assert heads_of(STAGES) == ({s: s for s in STAGES}, 12.5)
    long = "Registrierungsbestätigungsverfahrensordnung"
    heads, size = heads_of([*FOURTEEN[:9], long, "登録確認手続きについての詳細な説明"])
    assert heads[long].startswith("Registrierun") and heads[long].count("-/") == 2 and heads[long].endswith(" …") and size == 12.5
    assert "-" not in heads["登録確認手続きについての詳細な説明"], "nor has every script hyphens"
    assert heads_of(["A name of a stage that goes on and on and on, far beyond what its column holds in three lines of text", "B", "C"])[0]["B"] == "B"


def test_a_word_longer_than_the_last_line_is_cut_and_not_left_out():
    assert charts._wrap("https://example.org/a/very/long/address", 100, lines=1) == ["https://example …"]
    assert charts._wrap("See https://example.org/a/very/long/address", 100, lines=2)[1] == "le.org/a/very/l …"
    assert charts._wrap("…", 100, lines=1) == ["…"] and charts._wrap("", 100) == [""] and charts._wrap("two words", 100, lines=1) == ["two words"]


def test_lanes_compose_with_plain_altair():
    trip = trip_of(STAGES, 3)
    both = chart_emotions(trip) & chart_touchpoints(trip)
    assert len(both.to_dict()["vconcat"]) == 2
    page = chart_stack([chart_pains_gains(trip), chart_quotes(trip)], title="Mine", description="Two lanes").to_dict()
    assert page["title"]["text"] == "Mine" and len(page["vconcat"]) == 2
    assert [lane["title"]["text"] for lane in chart_journey(trip, lanes=["quotes", "emotions"]).to_dict()["vconcat"]] == ["Quotes", "Feelings"]


def test_unknown_lanes_and_themes_say_what_exists():
    trip = trip_of(STAGES, 3)
    with pytest.raises(BadInput, match="emotions"): chart_journey(trip, lanes=["emotion"])
    with pytest.raises(BadInput, match="'light' or 'dark'"): chart_emotions(trip, theme="drak")


@pytest.fixture
def themes():
    yield charts.set_theme
    charts.set_theme("notebook")


def test_one_setting_holds_for_every_chart_that_has_no_theme_of_its_own(themes):
    trip, grounds = trip_of(STAGES, 5), {name: charts._THEMES[name]["paper"] for name in ("light", "dark")}
    lanes = (chart_emotions, chart_touchpoints, chart_pains_gains, chart_quotes)
    plain, before = chart_journey(trip).to_dict(), [json.dumps(lane(trip).to_dict()) for lane in lanes]
    assert plain["background"] == grounds["light"] and "usermeta" not in plain, "a chart with no theme may follow the notebook"
    themes("dark")
    assert chart_journey(trip).to_dict()["background"] == grounds["dark"] and chart_journey(trip, theme="light").to_dict()["background"] == grounds["light"]
    for lane, light in zip(lanes, before):
        dark = json.dumps(lane(trip).to_dict())
        assert charts._THEMES["dark"]["ink"] in dark and charts._THEMES["light"]["ink"] not in dark and charts._THEMES["light"]["ink"] in light, lane
    themes("light")
    assert chart_journey(trip).to_dict()["usermeta"] == {"theme": "light"} == chart_journey(trip, theme="light").to_dict()["usermeta"], "stays light in a dark notebook"
    themes("notebook")
    assert chart_journey(trip).to_dict() == plain
    with pytest.raises(BadInput, match="'notebook', 'light' or 'dark'"): themes("drak")


def test_altairs_own_code_ends_as_expected_and_is_wrapped_once():
    import altair as alt

    alt.JupyterChart.enable_offline(False)
    alt.JupyterChart.enable_offline()
    plain = alt.JupyterChart._esm
    found = charts._following(plain)
    assert found != plain and found.count("export default") == 1 and "#14171C" in found and charts._following(found) == found
    assert charts._following("export default 1;") == "export default 1;", "other code draws as it did"


def test_nothing_in_a_spec_names_a_server_to_load_from():
    spec = chart_journey(trip_of(STAGES, 3)).to_dict()
    spec.pop("$schema")          # a name, not an address that is opened
    assert "http" not in json.dumps(spec)


def test_quotes_of_a_stage_tell_good_and_bad_in_turn():
    rows = [(p, 0, 0, 990, "Use", "stage", None, "...") for p in "ABCDEF"]
    rows += [(p, 0, 10, 20, "Delighted", "emotion", 2., f"lovely {p}") for p in "ABCD"] + [(p, 0, 30, 40, "Annoyed", "emotion", -1., f"bad {p}") for p in "EF"]
    codings = pd.DataFrame(rows, columns=["source", "turn", "start", "end", "code", "facet", "valence", "quote"])
    trip = journey_from_codings(codings.assign(case=codings["source"], coding_id=range(len(codings)), role="participant"))
    assert charts._telling_quotes(trip, 2)["quote"].tolist() == ["lovely A", "bad E"], "the strongest alone would say that all were delighted"
    assert charts._telling_quotes(trip, 5)["quote"].tolist() == ["lovely A", "bad E", "lovely B", "bad F", "lovely C"]


def words_of(rows: list[tuple[str, str, float | None, str]], most: int) -> list[str]:
    "The quotes that are chosen of one stage, of (person, facet, valence, words)."
    told = [(p, 0, 20 * i + 1, 20 * i + 9, f"code {i}", facet, v, words) for i, (p, facet, v, words) in enumerate(rows)]
    told += [(p, 0, 0, 990, "Use", "stage", None, "...") for p in dict.fromkeys(r[0] for r in rows)]
    codings = pd.DataFrame(told, columns=["source", "turn", "start", "end", "code", "facet", "valence", "quote"])
    trip = journey_from_codings(codings.assign(case=codings["source"], coding_id=range(len(codings)), role="participant"))
    return charts._telling_quotes(trip, most)["quote"].tolist()


def test_a_good_word_of_somebody_who_was_furious_too_is_among_the_quotes_of_a_stage():
    furious = [(p, "emotion", -2., f"furious {p}") for p in "ABCD"]
    assert words_of([*furious, ("C", "emotion", 1., "relieved C")], 2) == ["furious A", "relieved C"]
    assert words_of([*furious, ("C", "emotion", 1., "relieved C")], 9) == ["furious A", "relieved C", "furious B", "furious D", "furious C"], "C has had a turn"
    assert words_of([*furious, ("A", "gain", None, "saved A")], 2) == ["furious A", "saved A"], "the strongest bad word is hers, too"
    assert words_of([*furious, ("A", "emotion", 2., "happy A")], 2) in (["furious B", "happy A"], ["furious A", "happy A"])
    assert words_of([*furious, ("E", "expectation", 2., "it will be great")], 2)[0] == "furious A" and words_of(furious, 3) == ["furious A", "furious B", "furious C"]
    both = [("A", "emotion", -2., "furious A"), ("A", "emotion", 2., "happy A"), ("B", "emotion", 2., "happy B")]
    assert words_of(both, 2) == ["furious A", "happy B"], "of equally strong ones, two people's"


def test_chart_and_map_say_by_one_rule_which_quotes_they_show():
    from personabench.journey_map import _ABOUT

    assert _ABOUT["quotes"] == charts._TOLD_FIRST and charts._TOLD_FIRST in chart_quotes(trip_of(STAGES, 3)).to_dict()["title"]["subtitle"]


# -- The renderer ---------------------------------------------------------------------------------------------------------------
@pytest.fixture
def renderers(monkeypatch):
    import altair as alt

    before = alt.renderers.active
    monkeypatch.setattr(charts, "_renderer_seen", [])
    yield alt.renderers
    alt.renderers.enable(before)


def in_kernel(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: SimpleNamespace(kernel=object())))


def test_the_default_renderer_becomes_the_offline_one_in_a_kernel(renderers, monkeypatch):
    renderers.enable("default")
    in_kernel(monkeypatch)
    chart_emotions(trip_of(STAGES, 3))
    assert renderers.active == "jupyter" and renderers.options == {"offline": True}
    bundle = chart_emotions(trip_of(STAGES, 3))._repr_mimebundle_()
    plain = (bundle[0] if isinstance(bundle, tuple) else bundle)["text/plain"]
    assert plain.startswith("A live chart: run its cell") and plain.endswith("in the notebook."), "what a saved notebook shows in its place"
    renderers.enable("default")                      # chosen now: left alone
    chart_emotions(trip_of(STAGES, 3))
    assert renderers.active == "default"


@pytest.mark.parametrize("chosen", ["svg", "mimetype", "html"])
def test_a_chosen_renderer_is_left_alone(renderers, monkeypatch, chosen):
    renderers.enable(chosen)
    in_kernel(monkeypatch)
    chart_journey(trip_of(STAGES, 3))
    assert renderers.active == chosen


def test_outside_of_a_kernel_nothing_is_switched(renderers, monkeypatch):
    renderers.enable("default")
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: None))
    chart_journey(trip_of(STAGES, 3))
    assert renderers.active == "default"


# -- Size -----------------------------------------------------------------------------------------------------------------------
def test_a_large_journey_makes_a_small_spec():
    people, stages = 300, [f"Stage {i:02d}" for i in range(14)]
    trip = trip_of(stages, people)
    spec = chart_journey(trip).to_json(indent=None)
    assert len(trip.quotes) >= 15_000
    assert len(spec) < 200_000, len(spec)


# -- Light charts are Altair's charts all the same --------------------------------------------------------------------------------
def test_every_page_keeps_to_vega_lites_grammar():
    "Pages are not checked each time they are drawn; this is where they are."
    trips = [trip_of(["A", "B", "C"], n, blank=blank) for n, blank in ((5, ()), (2, (1,)), (0, ()))]
    for page in (*(chart_journey(trip, theme=theme) for trip in trips for theme in ("light", "dark", "print")), chart_journey(trips[:2])):
        page.to_dict(validate=True)
    broken = chart_journey(trips[0])
    broken.vconcat[0].width = "wide"
    with pytest.raises(Exception, match="'wide' is an invalid value"): broken.to_dict(validate=True)


def test_lanes_can_be_changed_and_combined_as_any_altair_chart():
    import altair as alt

    trip = trip_of(["A", "B", "C"], 4)
    lane = chart_emotions(trip)
    before = lane.to_dict()
    wide, pair, page = lane.properties(width=900), lane & chart_touchpoints(trip), chart_stack([lane], title="T")
    assert wide.to_dict()["width"] == 900 and isinstance(lane, alt.LayerChart) and isinstance(page, alt.VConcatChart)
    assert [c["title"]["text"] for c in pair.to_dict()["vconcat"]] == ["Feelings", "Touchpoints"]
    assert page.properties(background="red").to_dict()["background"] == "red"
    twin = lane.copy()
    twin.layer = twin.layer[:2]
    twin.title = "Another"
    assert len(lane.layer) > 2 and lane.to_dict() == before
    assert json.loads(page.to_json()) == page.to_dict() and json.loads(lane.to_json()) == before


def test_a_page_within_a_page_is_refused_with_a_cure_and_a_lane_below_a_page_is_not():
    import altair as alt

    lane = chart_emotions(trip_of(["A", "B", "C"], 4))
    page, other = chart_stack([lane], title="T"), alt.Chart(pd.DataFrame({"x": [1]})).mark_point().encode(x="x:Q")
    together = [lambda: page & page, lambda: page | page, lambda: lane & page, lambda: other | page, lambda: page + page, lambda: alt.vconcat(other, page),
                lambda: alt.hconcat(page, page), lambda: alt.concat(page, other), lambda: alt.layer(lane, page), lambda: chart_stack([lane, page])]
    for put in together:
        with pytest.raises(BadInput, match=r"a whole page among them.*Cure: chart_journey\(\[one, another\]\)"): put()
    assert len((page & lane).to_dict(validate=True)["vconcat"]) == 2 and len((page & other).to_dict()["vconcat"]) == 2
    bare = page.copy()
    bare.background = bare.padding = alt.Undefined
    assert len((bare & bare).to_dict()["vconcat"]) == 2, "whoever takes its paper away may put it anywhere"
    assert page.copy().to_dict() == page.to_dict()


def test_a_copy_has_rows_of_its_own_unless_they_are_to_be_shared():
    lane = chart_emotions(trip_of(["A", "B", "C"], 4))
    page, before = chart_stack([lane], title="T"), lane.to_dict()
    drawn = page.to_dict()
    def rows(chart): return chart.layer[0].data.values
    for twin in (lane.copy(), lane.copy(deep=True), page.vconcat[0]):
        rows(twin)[0]["stage"] = "Another"
        assert lane.to_dict() == before
    page = chart_stack([lane], title="T")
    rows(page.copy().vconcat[0])[0]["stage"] = "Another"
    assert page.to_dict() == drawn, "deep down, too"
    for twin in (lane.copy(deep=False), lane.copy(ignore=["data"]), lane.properties(width=900)): assert rows(twin) is rows(lane), "as Altair does"


def test_a_copy_of_a_chart_is_a_chart_of_its_own_and_charts_can_be_pickled():
    import copy
    import pickle

    lane = chart_emotions(trip_of(["A", "B", "C"], 4))
    page, before = chart_stack([lane], title="T"), lane.to_dict()
    for twin in (lane.copy(), lane.properties(width=900), copy.deepcopy(lane), pickle.loads(pickle.dumps(lane))):
        twin.title.text = "Another"
        twin.view.stroke = "red"
        twin.layer[0].mark["color"] = "red"
        twin.layer[0].encoding.x = {"field": "other", "type": "nominal"}
        twin.layer[-1].encoding.text["field"] = "other"
        assert lane.to_dict() == before
    assert pickle.loads(pickle.dumps(page)).to_dict() == page.to_dict()
    drawn = page.to_dict()
    lane.title.text = "Changed later"
    lane.layer[0].mark["color"] = "red"
    assert page.to_dict() == drawn


def test_letters_that_end_the_kernel_in_a_picture_are_replaced_in_every_chart():
    import vl_convert

    trip = trip_of(["A\x07", "B\uffff", "C"], 4, name="odd\x0b")
    for chart in (chart_emotions(trip), chart_journey(trip), chart_emotions(trip).layer[0]):
        spec = json.dumps(chart.to_dict(), ensure_ascii=False)
        assert not re.search("[\x07\x0b\uffff]", spec) and "\\u0007" not in spec
        vl_convert.vegalite_to_svg(chart.to_dict())


def test_lanes_in_compositions_of_ones_own_end_no_kernel(tmp_path):
    import altair as alt

    trip = trip_of(["A\x07", "B\uffff", "C"], 4, name="odd\x0b")
    lanes, mine = [chart_emotions(trip), chart_touchpoints(trip), chart_quotes(trip)], alt.Chart(pd.DataFrame({"x": [1]})).mark_point().encode(x="x")
    for chart in (lanes[0] & lanes[1], lanes[0] | lanes[2], alt.vconcat(*lanes, mine), alt.concat(lanes[1], mine), lanes[0] & (lanes[1] | mine)):
        drawn = chart.to_dict()
        spec = json.dumps(drawn, ensure_ascii=False)
        assert not re.search("[\x07\x0b\uffff]", spec) and "\\u0007" not in spec
        assert {r["stage"] for rows in drawn["datasets"].values() for r in rows if "stage" in r} == {"A\ufffd", "B\ufffd", "C"}, "all rows are there"
        assert all(c["value"] == [{"stage": "B\ufffd"}] for c in drawn.get("params", []) if c.get("value")), "what is chosen is what is drawn"
        chart.save(tmp_path / "x.svg")


def test_values_are_what_json_can_hold():
    table = pd.DataFrame({"x": [1., np.nan, np.inf], "n": [1, 2, 3], "words": ["a", None, "b"], "yes": [True, False, True], "kind": pd.Categorical(["u", "v", None]),
                          "maybe": pd.array([1, None, 3], dtype="Int64")})
    names = ["x", "n", "words", "yes", "kind", "maybe"]
    assert charts._values(table) == [dict(zip(names, row)) for row in ([1., 1, "a", True, "u", 1], [None, 2, None, False, "v", None], [None, 3, "b", True, None, 3])]
    assert json.dumps(charts._values(table), allow_nan=False)


@pytest.mark.parametrize("chart, name, odd", [
    *((chart, name, odd) for chart, name in ((chart_touchpoints, "most"), (chart_touchpoints, "reach"), (chart_pains_gains, "reach"), (chart_quotes, "most"))
      for odd in (0, -1, 2.5, "3", True, np.nan)),
    *((chart_quotes, "height", odd) for odd in (0, 10, 79, "tall", np.inf)), *((chart_emotions, "theme", odd) for odd in (["dark"], 5, "pink"))])
def test_a_setting_that_no_chart_can_follow_is_named(chart, name, odd):
    with pytest.raises(BadInput, match=name) as said: chart(trip_of(["Buy", "Use"], 3), **{name: odd})
    assert said.value.expected and said.value.cure


def test_the_least_settings_draw_something():
    trip = trip_of(["Buy", "Use"], 3, long=True)
    assert "Buy: 1 of" in json.dumps(chart_quotes(trip, height=80).to_dict()), "a quote of each stage has room"
    for chart in (chart_touchpoints, chart_pains_gains): assert chart(trip, reach=np.int64(1)).to_dict()
