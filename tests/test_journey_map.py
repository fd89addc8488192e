"""The journey map as a plain object: what a cell says and what stands behind it, messages, colleagues, withdrawals, and what a notebook keeps."""

from __future__ import annotations

import json
import re
import subprocess
import uuid
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from made_up import EVIL, ridden

from personabench import store
from personabench.codebook import add_code, change_code
from personabench.coding import code, uncode
from personabench.coding_widget import _static, widget_files
from personabench.consent import record_consent, withdraw
from personabench.journey_map import JourneyMap, map_evidence, map_view
from personabench.journeys import journey, journey_from_codings
from personabench.map_entries import add_entry, change_entry
from personabench.claims import Claim, Evidence, Persona
from personabench.sample_data import import_sample
from personabench.schema import NoSuchName
from personabench.study import Study


@pytest.fixture
def study():
    with ridden() as made: yield made


@pytest.fixture
def bikes():
    with Study(":memory:", coder="MB") as made:
        import_sample(made)
        yield made


@pytest.fixture
def sent() -> list[dict[str, Any]]: return []


@pytest.fixture
def open_map(sent: list):
    def opened(study: Study, **more: Any) -> JourneyMap:
        made = JourneyMap(study, journey(study), **more)
        made.send = lambda content, buffers=None: sent.append(json.loads(json.dumps(content)))  # as JSON, as the browser gets it
        return made
    return opened


def cell(view: dict[str, Any], lane: str, stage: str) -> list[dict[str, Any]]:
    at = [s["stage"] for s in view["stages"]].index(stage)
    return next(x for x in view["lanes"] if x["lane"] == lane)["cells"][at]


def said(item: dict[str, Any]) -> str: return item["sub"].replace("\u00a0", " ")


# -- What a cell says ---------------------------------------------------------------------------------------------------------
def test_cells_say_the_journeys_own_numbers_with_n_interval_and_strength(study):
    j = journey(study)
    view = map_view(j)
    [pain] = cell(view, "pains", "Sign-up")
    r = j.pains.iloc[0]
    assert (r.people, round(r.low, 2), round(r.high, 2)) == (3, .30, .95)
    assert said(pain) == "3 of 4 people · 75 % (30 to 95 %)" and pain["rank"] == 2 and pain["sign"] == "▼"
    [feeling], row = cell(view, "feelings", "Sign-up"), j.stages.set_index("stage").loc["Sign-up"]
    assert feeling["feel"] == {"mean": round(row.emotion, 4), "low": round(row.low, 4), "high": round(row.high, 4)}
    assert feeling["tag"] == "pit" and said(feeling) == "n = 4"
    [few] = cell(view, "feelings", "Ride")
    assert few["feel"]["low"] is None and few["rank"] == 1 and "no interval below 3 people" in few["sub"]
    assert cell(view, "feelings", "Awareness") == [] and view["stages"][0]["sub"] == "nobody spoke of it", "a blank stays a blank"
    same = journey_from_codings(study.codings.assign(valence=lambda d: d["valence"].where(d["valence"].isna(), 1)), codes=study.codes)
    assert "n = 4 · no interval: all felt the same" in said(cell(map_view(same), "feelings", "Sign-up")[0])
    [desk] = cell(view, "touchpoints", "Sign-up")
    assert (desk["sign"], desk["tag"], desk["rank"]) == ("■", "offline", 1)


def test_every_lane_has_its_rows_and_empty_ones_are_named(study):
    book: dict[str, dict[str, Any]] = {"Pay": {"facet": "stage", "parent": "Sign-up"}, "Phone": {"facet": "channel"}, "Quick": {"facet": "expectation", "valence": 1},
                                       "Safety": {"facet": "goal"}, "Friends": {"facet": "influence"}}
    for name, more in book.items(): add_code(study, name, **more)
    for case in ("P01", "P02", "P04"):
        for name in ("Pay", "Phone", "Quick", "Safety", "Friends"): code(study, name, source=case, start=0, end=12)
    rows = [("Sign-up", "Satisfaction", "mean", 3.25, 3.0, 3.5, 120, "wave1", "How was it?"),
            ("Sign-up", "Reached", "share", .5, float("nan"), float("nan"), 9, "log", None)]
    metrics = pd.DataFrame(rows, columns=["stage", "metric", "kind", "value", "low", "high", "n", "source", "question"])
    j = journey(study).with_metrics(metrics)
    view = map_view(j)
    assert view["empty"] == [] and [x["lane"] for x in view["lanes"]][:4] == ["steps", "touchpoints", "feelings", "gap"]
    assert [i["text"] for i in cell(view, "steps", "Sign-up")] == ["Pay"] and said(cell(view, "steps", "Sign-up")[0]).startswith("3 of 4 people")
    assert [(i["sign"], i["text"]) for i in cell(view, "touchpoints", "Sign-up")] == [("■", "Desk"), ("⇄", "Phone")]
    assert [(i["text"], i["tag"]) for i in cell(view, "needs", "Sign-up")] == [("Safety", "goal")]
    [gap] = cell(view, "gap", "Sign-up")
    row = j.gaps.set_index("stage").loc["Sign-up"]
    assert row.how == "same people" and gap["text"].startswith(f"Gap {row.gap:+.1f} (".replace("-", "−"))
    assert said(gap).endswith("same people, n = 3") and "expected +1.0, felt" in said(gap)
    one, two = cell(view, "metrics", "Sign-up")
    assert (one["text"], said(one), one["rank"]) == ("Satisfaction: 3.2 (3.0 to 3.5)", "mean · n = 120 · wave1", 2) and (two["text"], two["rank"]) == ("Reached: 50 %", 1)
    assert "“How was it?”" in map_evidence(j, one["k"])["figures"] and map_evidence(j, one["k"])["quotes"] == []
    assert map_view(journey(study))["empty"] == ["Metrics"]


@pytest.mark.parametrize("kind, value, low, high, shown", [
    ("nps", -.45, -.71, -.09, "−45 (−71 to −9)"), ("nps", 1., 1., 1., "+100 (+100 to +100)"), ("csat", .8, .5, .9, "80 % (50 to 90 %)"),
    ("share", .5, .25, .75, "50 % (25 to 75 %)"), ("seconds", 7200., 1800., 10800., "2 h (30 min to 3 h)")])
def test_a_measured_figure_reads_as_in_the_chart(study, kind, value, low, high, shown):
    from personabench.journey_charts import _metric_rows

    rows = [("Sign-up", "M", kind, value, low, high, 40, "wave1", None)]
    j = journey(study).with_metrics(pd.DataFrame(rows, columns=["stage", "metric", "kind", "value", "low", "high", "n", "source", "question"]))
    [item], drawn = cell(map_view(j), "metrics", "Sign-up"), _metric_rows(j).iloc[0]
    assert item["text"] == f"M: {shown}" and shown == f"{drawn['words'].split(' · ')[0]} ({drawn['more']})"


@pytest.mark.parametrize("kind, more, words", [
    ("share", {"answer": "cash"}, "share of cash, 0 to 100 %"), ("share", {}, "share, 0 to 100 %"),
    ("mean", {"lowest": 1, "highest": 5, "value": 3.75, "low": 3.6, "high": 3.86}, "mean, 1 to 5")])
def test_a_figure_says_of_what_it_is_and_on_which_scale_on_the_map_in_its_panel_and_on_the_page(study, tmp_path, kind, more, words):
    from personabench.journeys import _kind_words
    from personabench.map_pages import write_map

    row = {"stage": "Sign-up", "metric": "Paid", "kind": kind, "value": .75, "low": .6, "high": .86, "n": 40, "source": "wave1", "question": "How?", **more}
    j = journey(study).with_metrics(pd.DataFrame([row]))
    [item] = cell(map_view(j), "metrics", "Sign-up")
    assert words == _kind_words(kind, more.get("lowest", float("nan")), more.get("highest", float("nan")), more.get("answer"))
    assert said(item) == f"{words} · n = 40 · wave1"
    assert map_evidence(j, item["k"])["figures"].replace("\u00a0", " ") == f"“How?” · {words} · n = 40 · wave1"
    assert words in write_map(j, tmp_path / "map.html", study=study).read_text("utf-8").replace("\u00a0", " ")


@pytest.mark.parametrize("kind, value, end, shown", [("nps", .4, {"low": .2}, "+40"), ("nps", .4, {"high": .6}, "+40"), ("seconds", 7200., {"low": 60.}, "2 h"),
                                                     ("mean", 3., {"low": 2.}, "3.0"), ("csat", .8, {"high": .9}, "80 %")])
def test_half_an_interval_is_none_on_the_map_in_its_panel_and_on_the_page(study, tmp_path, kind, value, end, shown):
    from personabench.map_pages import write_map

    j = journey(study).with_metrics(pd.DataFrame([{"stage": "Sign-up", "metric": "M", "kind": kind, "value": value, "n": 40, **end}]))
    [item] = cell(JourneyMap(study, j).columns(), "metrics", "Sign-up")
    assert item["text"] == map_evidence(j, item["k"])["title"] == f"M: {shown}"
    page = write_map(j, tmp_path / "map.html", study=study).read_text("utf-8")
    assert f"M: {shown}" in page and f"M: {shown} (" not in page


@pytest.mark.parametrize("unknown", [{}, {"n": None}, {"n": float("nan")}])
def test_a_figure_whose_n_nobody_told_says_so_and_is_an_assumption(study, unknown):
    told = pd.DataFrame([{"stage": "Sign-up", "metric": "Reached", "kind": "share", "value": .5, **unknown}])
    [item] = cell(map_view(journey(study).with_metrics(told)), "metrics", "Sign-up")
    assert said(item) == "share, 0 to 100 % · n not known" and item["rank"] == 0
    assert "n not known" in map_evidence(journey(study).with_metrics(told), item["k"])["figures"]


def test_what_stands_behind_each_cell_is_exactly_what_it_was_counted_from(bikes):
    j = journey(bikes)
    for lane in map_view(j)["lanes"]:
        for at, items in enumerate(lane["cells"]):
            for item in items:
                behind, stage = map_evidence(j, item["k"]), str(j.stages["stage"].iloc[at])
                q = j.quotes[j.quotes["coding_id"].isin(behind["ids"]) & j.quotes["stage"].eq(stage)]
                assert behind["stage"] == stage and len(q), (lane["lane"], item["text"])
                if lane["lane"] in ("pains", "gains", "touchpoints", "needs", "steps"):
                    assert behind["people"] == int(said(item).split(" of ")[0]) == q["case"].nunique() and set(q["code"]) == {item["text"]}
                if lane["lane"] == "feelings": assert set(q["facet"]) == {"emotion"}
                if lane["lane"] == "quotes": assert behind["quotes"][0]["words"] in item["text"] and behind["people"] == 1
    assert map_evidence(j, map_view(j)["stages"][2]["k"])["people"] == j.quotes[j.quotes["stage"].eq(j.stages["stage"].iloc[2])]["case"].nunique()


def test_a_passage_that_two_coders_marked_some_letters_apart_is_read_once(bikes):
    j = journey(bikes)
    for s in map_view(j)["stages"]:
        spans = [(q["source"], q["code"], *map(int, q["at"].split("-"))) for q in map_evidence(j, s["k"])["quotes"]]
        assert len(spans) > 20
        for (source, name, a, b), (other, also, c, d) in ((x, y) for x in spans for y in spans if x < y):
            assert (source, name) != (other, also) or 2 * (min(b, d) - max(a, c)) < min(b - a, d - c), (source, name, a, b, c, d)


@pytest.mark.parametrize("k", ["", "x", "e:1", '["pains"]', '["pains", "Sign-up", "pain", "Nope"]', "null", '{"a": 1}', "[[[", 7])
def test_a_key_that_is_none_is_one_clear_error(study, k):
    with pytest.raises(NoSuchName, match="no such cell"): map_evidence(journey(study), k)


def test_a_journey_from_plain_tables_without_a_study(study):
    j = journey_from_codings(study.codings, codes=study.codes)
    assert map_view(j)["lanes"] == map_view(journey(study))["lanes"]
    nothing = journey_from_codings(study.codings.head(0))
    assert map_view(nothing)["stages"] == [] and all(x["cells"] == [] for x in map_view(nothing)["lanes"])


# -- Entries ------------------------------------------------------------------------------------------------------------------
def test_an_entry_is_as_strong_as_what_it_points_to(study):
    quotes = [Evidence(kind="quote", quote="x", source=p, start=0, end=1, case=p, code="Payment fails", date="2026-05-04") for p in ("P01", "P02", "P04")]
    claims = [Claim(id="pay", text="Pays", facet="pain", evidence=quotes), Claim(id="guess", text="Guesses", facet="goal")]
    ash = Persona(id="ash", name="Ash", cases=["P01"], claims=claims)
    pains = study.codings[study.codings["code"].eq("Payment fails")]["coding_id"].tolist()
    for text, evidence in {"nothing": [], "one": pains[:1], "three": pains, "claim": ["ash/pay"], "guess": ["ash/guess"], "unknown": ["bo/pay"]}.items():
        add_entry(study, text, lane="strategy", stage="Ride", evidence=evidence)
    view = map_view(journey(study), entries=study.entries, codings=study.codings, personas=[ash])
    assert {i["text"]: (i["rank"], said(i)) for i in cell(view, "strategy", "Ride")} == {
        "nothing": (0, ""), "one": (1, "1 person, 1 passage"), "three": (2, "3 people, 3 passages"),
        "claim": (2, "1 claim"), "guess": (0, "1 claim"), "unknown": (0, "1 gone")}
    uncode(study, pains[0])
    view = map_view(journey(study), entries=study.entries, codings=study.codings)
    assert said(next(i for i in cell(view, "strategy", "Ride") if i["text"] == "three")) == "2 people, 2 passages · 1 gone"


def test_a_passage_that_two_coders_marked_is_one(study):
    pains = study.codings[study.codings["code"].eq("Payment fails")]
    study.coder = "KL"
    again = code(study, "Payment fails", source="P01", start=int(pains["start"].iloc[0]) + 1, end=int(pains["end"].iloc[0]))
    add_entry(study, "x", lane="note", stage="Ride", evidence=[*pains["coding_id"], again])
    [item] = cell(map_view(journey(study), entries=study.entries, codings=study.codings), "note", "Ride")
    assert said(item) == "3 people, 3 passages" and item["evidence"] == 4


def test_a_map_and_a_journey_count_the_same_passages(study):
    words = "It worked well and it worked badly and it worked so so and then it was over at last and all was well with it once more."
    with study.step("import", "P09") as step: store.add_source(step, "P09", text=words, turns=[{"start": 0, "end": len(words), "speaker": "?"}])
    add_code(study, "Joy", facet="emotion", valence=2)
    code(study, "Ride", source="P09", start=0, end=len(words))
    for coder, start in {"A": 0, "B": 20, "C": 40, "D": 75}.items():
        study.coder = coder
        code(study, "Joy", source="P09", start=start, end=start + 40)
    add_code(study, "Gloom", facet="emotion", valence=-2)
    code(study, "Gloom", source="P09", start=75, end=len(words))
    j = journey_from_codings(study.codings, codes=study.codes, people=["P09"])
    key = next(i["k"] for lane in map_view(j)["lanes"] if lane["lane"] == "feelings" for items in lane["cells"] for i in items)
    behind = [(q["code"], int(q["at"].split("-")[0])) for q in map_evidence(j, key)["quotes"]]
    assert behind == [("Joy", 0), ("Joy", 75), ("Gloom", 75)], "what reaches over into the next is one passage with it, as in the mean"
    assert j.emotions["emotion"].tolist() == [1.0], "two passages: of +2, and of +2 and -2"


def test_a_source_without_a_case_is_a_person_of_its_own_named_by_the_source(study, open_map, sent):
    for name in ("Diary A", "Diary B"):
        words = f"The key was lost by {name}."
        with study.step("import", name) as step: store.add_source(step, name, text=words, turns=[{"start": 0, "end": len(words), "speaker": "?"}])
        code(study, "Payment fails", source=name, start=0, end=len(words))
    own = study.codings[study.codings["source"].str.startswith("Diary")]
    assert own["case"].isna().all()
    made = open_map(study)
    made.receive({"type": "add", "lane": "note", "stage": "Sign-up", "text": "Keys", "guid": "own"})
    change_entry(study, int(study.entries["entry_id"].iloc[0]), evidence=own["coding_id"])
    made.receive({"type": "evidence", "k": f"e:{study.entries['entry_id'].iloc[0]}"})
    assert sent[-1]["people"] == 2 and [q["case"] for q in sent[-1]["quotes"]] == ["Diary A", "Diary B"] and sent[-1]["figures"] == "2 people, 2 passages"
    [item] = [i for i in cell(made.columns(), "note", "Sign-up") if "entry" in i]
    assert item["sub"] == "2 people, 2 passages"


def test_the_interviewers_words_are_no_evidence_of_an_entry(bikes):
    asked = bikes.turns[bikes.turns["role"].eq("interviewer") & bikes.turns["source_id"].eq(bikes.source_id("P01"))].iloc[0]
    add_entry(bikes, "x", lane="note", stage="Sign-up", evidence=[code(bikes, "Payment fails", source="P01", start=int(asked["start"]), end=int(asked["end"]))])
    view = map_view(journey(bikes), entries=bikes.entries, codings=bikes.codings)
    assert cell(view, "note", "Sign-up")[0]["rank"] == 0


def test_entries_of_a_stage_that_the_journey_has_not_stand_in_a_column_of_their_own(study):
    add_entry(study, "x", lane="note", stage="Old name")
    view = map_view(journey(study), entries=study.entries)
    assert view["stages"][-1] == {"k": view["stages"][-1]["k"], "stage": "Old name", "sub": "not a stage of this journey", "rank": 0, "gone": True}
    assert [i["text"] for i in cell(view, "note", "Old name")] == ["x"] and cell(view, "pains", "Old name") == []


def test_suggested_strategies_open_to_the_codings_they_rest_on_and_are_no_entries(bikes):
    from personabench.journey_measures import suggest_strategies

    j = journey(bikes)
    table = suggest_strategies(j)
    view = map_view(j)
    cells = next(lane["cells"] for lane in view["lanes"] if lane["lane"] == "strategy")
    items = [i for items in cells for i in items]
    assert items and all(i["tag"] == "suggested" and "entry" not in i for i in items) and all(sum("folded" not in i for i in c) <= 2 for c in cells)
    assert sorted((i["text"], i["ids"]) for i in items) == sorted(zip(table["strategy"], table["coding_ids"])), "what is folded is there, too: nothing is cut"
    assert any(i.get("folded") for i in items)
    for i in items:
        [row] = [r for r in table.itertuples() if r.strategy == i["text"] and r.stage in i["k"] and r.coding_ids == i["ids"]]
        behind = map_evidence(j, i["k"])
        assert set(behind["ids"]) <= set(row.coding_ids) and {q["words"] for q in behind["quotes"]} and behind["stage"] == row.stage


def test_what_was_decided_stands_before_what_is_suggested_on_map_page_and_sheet(bikes, tmp_path):
    from programs import program

    from personabench.map_pages import write_map

    add_entry(bikes, "Show it beforehand", lane="strategy", stage="Regular use")
    add_entry(bikes, "Trust them", lane="opportunity", stage="Regular use")
    j = journey(bikes)
    for lane in ("strategy", "opportunity"):
        items = cell(map_view(j, entries=bikes.entries), lane, "Regular use")
        assert ["entry" in i for i in items] == [True, *[False] * (len(items) - 1)] and len(items) > 3
    page = write_map(j, tmp_path / "map.html", study=bikes, evidence=False).read_text("utf-8")
    sheet = write_map(j, tmp_path / "map.pdf", study=bikes, evidence=False)
    words = subprocess.run([program("pdftotext"), str(sheet), "-"], capture_output=True, text=True, check=True).stdout
    for told in (page[page.index('<tr class="l-strategy">'):], words[words.index("Strategies"):]):
        assert 0 < told.index("Show it beforehand") < told.index("Empty dock")


def test_opportunities_say_of_how_many_and_how_bad_and_rank_nobody_alone(bikes, study):
    from personabench.journey_measures import pain_severity

    j = journey(bikes)
    view, bad = map_view(j), pain_severity(j).set_index(["stage", "pain"])
    for r in j.opportunities.itertuples():
        found, b = [i for i in cell(view, "opportunity", r.stage) if i["text"] == r.pain], bad.loc[(r.stage, r.pain)]
        if r.people == 1 and b.severity == 0:
            assert found == [], "one person alone, who felt well there: no opportunity"
            continue
        words, n = said(found[0]), int(b.n_severity)
        reach = "" if pd.isna(b.severity_low) else f" ({b.severity_low:.1f} to {b.severity_high:.1f})"
        assert words == f"rank {r.rank} · {r.people} of {b.of:.0f} people · severity {b.severity:.1f}{reach} of 2, n = {n}" and "felt" not in words
    assert "ranked by reach × severity" in next(lane["about"] for lane in view["lanes"] if lane["lane"] == "opportunity")
    assert ("Staying or leaving", "Payment fails") in bad.index and bad.loc[("Staying or leaving", "Payment fails"), "people"] == 1
    for name, source in (("Rare", "P04"), ("Odd", "P03")):
        add_code(study, name, facet="pain")
        code(study, name, source=source, start=0, end=4)
    told = {i["text"]: said(i) for i in cell(map_view(journey(study)), "opportunity", "Sign-up")}
    assert told == {"Payment fails": "rank 1 · 3 of 4 people · severity 1.7 (0.2 to 2.0) of 2, n = 3",
                    "Rare": "one person alone: no rank · 1 of 4 people · severity 2.0 of 2, n = 1"}, "P03, who felt calm, tells of no opportunity"


def test_a_number_stays_with_its_sign_and_a_range_on_one_line(bikes):
    subs = [i["sub"] for lane in map_view(journey(bikes))["lanes"] for items in lane["cells"] for i in items if not i.get("said")]
    assert any("(60\u00a0to\u00a096\u00a0%)" in sub for sub in subs)
    for sub in subs: assert not re.search(r"\d-\d| %|[−+] |\([−+\d.]+ | -\d", sub), sub


def test_what_a_page_adds_to_items_stays_on_that_page(study, tmp_path):
    from personabench.map_pages import write_map

    j = journey(study)
    before = json.dumps(map_view(j))
    write_map(j, tmp_path / "map.html", study=study)
    assert json.dumps(map_view(j)) == before


def test_entries_on_the_map_of_a_few_are_said_to_be_of_the_whole_study_and_on_everybodys_not(study, open_map, sent, tmp_path):
    from personabench.map_pages import write_map

    add_entry(study, "Ask", lane="strategy", stage="Sign-up", evidence=study.codings.loc[study.codings["code"].eq("Payment fails"), "coding_id"])
    bo = Persona(id="bo", name="Bo", cases=["P01", "P02"])
    made = open_map(study, personas=[bo])
    def about(view): return {lane["lane"]: lane["about"] for lane in view["lanes"] if "of the whole study" in lane["about"]}

    assert about(made.columns()) == {}
    made.receive({"type": "pick", "persona": "bo"})
    [entry] = [i for i in cell(made.columns(), "strategy", "Sign-up") if "entry" in i]
    assert set(about(made.columns())) == {"strategy"} and said(entry) == "3 people, 3 passages", "more than the persona has"
    page = write_map(journey(study, persona=bo), tmp_path / "map.html", study=study).read_text("utf-8")
    assert "of the whole study" in page and "of the whole study" not in write_map(journey(study), tmp_path / "all.html", study=study).read_text("utf-8")


def test_late_is_what_was_due_before_today(study):
    add_entry(study, "x", lane="strategy", stage="Ride", due="2026-06-01")
    for today, late in (("2026-06-01", False), ("2026-06-02", True)):
        assert cell(map_view(journey(study), entries=study.entries, today=today), "strategy", "Ride")[0]["late"] is late


# -- Messages -----------------------------------------------------------------------------------------------------------------
def test_a_message_is_a_step_said_by_name_and_one_that_comes_twice_is_done_once(study, open_map, sent):
    made = open_map(study)
    pain = cell(made.columns(), "pains", "Sign-up")[0]["k"]
    message = {"type": "add", "lane": "strategy", "stage": "Sign-up", "text": f"Retry {EVIL}", "owner": "Lena", "due": None, "from": pain, "guid": "twice", "view": "v"}
    made.receive(message), made.receive(message)
    assert len(study.entries) == 1 and [m["type"] for m in sent] == ["map", "ack", "ack"] and sent[1]["said"] == "add strategy to Sign-up" and sent[1]["to"] == "v"
    assert study.entries["evidence"][0] == map_evidence(journey(study), pain)["ids"] and study.entries["text"][0] == f"Retry {EVIL}"
    again = JourneyMap(study, journey(study))  # the cell is run again, and the message sent again
    again.send = made.send
    again.receive(message)
    assert len(study.entries) == 1
    made.receive({"type": "change", "entry": 1, "text": f"Retry {EVIL}", "owner": "Lena", "due": None, "was": f"Retry {EVIL}", "guid": "same"})
    assert sent[-1]["said"] == "nothing changed"


def test_refusals_come_with_their_cure_and_change_nothing(study, open_map, sent):
    made = open_map(study)
    entry = add_entry(study, "x", lane="note", stage="Ride")
    before = study.last_event()
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"type": "add", "lane": "pains", "stage": "Ride", "text": "x"}, "lane 'pains'"), ({"type": "add", "lane": "note", "stage": "Ride", "text": " "}, "empty"),
        ({"type": "add", "lane": "note", "stage": "Ride", "text": "x", "from": "no"}, "no such"), ({"type": "add"}, "KeyError"), ({"type": "dance"}, "type 'dance'"),
        ({"type": "change", "entry": entry, "was": "y", "text": "z"}, "it says 'x' by now"), ({"type": "change", "entry": entry, "due": "soon"}, "due 'soon'"),
        ({"type": "move", "entry": 99}, "removed it meanwhile"), ({"type": "evidence", "k": "zzz"}, "no such cell")]
    for n, (message, says) in enumerate(wrong):
        made.receive({**message, "guid": str(n)})
        assert sent[-1]["type"] == "refused" and says in sent[-1]["reason"], sent[-1]
    assert study.last_event() == before
    made.receive({"type": "redo", "guid": "r"})
    assert sent[-1] == {"type": "notice", "text": "Nothing to redo", "cure": sent[-1]["cure"], "guid": "r", "to": None}


def test_the_browser_hears_of_plain_calls_and_of_coding_that_makes_the_journey_old(study, open_map, sent):
    made = open_map(study)
    made.receive({"type": "ping"})
    assert [m["type"] for m in sent] == ["pong"]
    add_entry(study, "x", lane="note", stage="Ride")
    made.receive({"type": "ping"})
    assert [m["type"] for m in sent[1:]] == ["map", "pong"] and not sent[1]["stale"]
    assert cell(sent[1], "note", "Ride")[0]["text"] == "x" and sent[1]["undo"]["undo"] == "add note to Ride"
    code(study, "Payment fails", source="P03", quote="Paying was fine")
    made.receive({"type": "ping"})
    assert sent[-2]["stale"] and said(cell(sent[-2], "pains", "Sign-up")[0]).startswith("3 of 4"), "the journey handed in is what is shown"


def test_personas_narrow_the_map_and_follow_the_coding(study, open_map, sent):
    pains = study.codings[study.codings["code"].eq("Payment fails")]["coding_id"].tolist()
    add_entry(study, "of P01", lane="note", stage="Ride", evidence=pains[:1])
    add_entry(study, "of Bo's claim", lane="note", stage="Ride", evidence=["bo/pay"])
    add_entry(study, "of nobody", lane="note", stage="Ride")
    ash, bo = Persona(id="ash", name="Ash", cases=["P01", "P02"]), Persona(id="bo", name="Bo", cases=["P03"])
    made = open_map(study, personas=[ash, bo])
    made.receive({"type": "pick", "persona": "ash"})
    assert made.journey.name == "Ash" and sent[0]["shown"] == "ash" and sent[0]["hidden"] == 1
    assert [i["text"] for i in cell(sent[0], "note", "Ride")] == ["of P01", "of nobody"]
    made.receive({"type": "pick", "persona": "bo"})
    assert [i["text"] for i in cell(sent[2], "note", "Ride")] == ["of Bo's claim", "of nobody"] and cell(sent[2], "pains", "Sign-up") == []
    code(study, "Payment fails", source="P03", quote="Paying was fine")
    made.receive({"type": "ping"})
    assert [i["text"] for i in cell(sent[-2], "pains", "Sign-up")] == ["Payment fails"] and not sent[-2]["stale"]
    made.receive({"type": "pick", "persona": "nobody"})
    assert sent[-2]["shown"] == "" and made.journey.name == "everybody"


def test_a_persona_without_a_coding_has_an_empty_map_and_says_so(study, open_map):
    made = open_map(study, personas=[Persona(id="new", name="New")])
    made.receive({"type": "pick", "persona": "new"})
    view = made.columns()
    assert view["people"] == 0 and not any(items for lane in view["lanes"] for items in lane["cells"] if lane["lane"] == "pains") and view["notes"]


def test_nobody_who_withdrew_is_quoted_though_the_journey_was_made_before(study, open_map, sent):
    made = open_map(study)
    k = cell(made.columns(), "pains", "Sign-up")[0]["k"]
    made.receive({"type": "evidence", "k": k})
    told = json.dumps([made.columns()["lanes"], sent[-1]])
    withdraw(study, case="P01")
    sent.clear()
    made.receive({"type": "evidence", "k": k})
    words = json.dumps([sent[0]["lanes"], sent[-1]])
    for word in ("hung twice", "P01"): assert word in told and word not in words, word
    assert sent[-1]["withdrawn"] == 1 and sent[-1]["people"] == 2


def test_who_refused_to_be_quoted_is_counted_behind_an_entry_and_quoted_nowhere(study, open_map, sent):
    add_entry(study, "Retry", lane="strategy", stage="Sign-up", evidence=study.codings["coding_id"])
    record_consent(study, case="P01", consent="yes, but not to be quoted")
    made = open_map(study, save_text=True)
    made.receive({"type": "evidence", "k": "e:1"})
    told = json.dumps([sent[-1], made.columns(), made.saved], ensure_ascii=False)
    assert "hung twice" not in told and "a dream" not in told and "[not to be quoted]" in told
    assert sent[-1]["people"] == study.codings["case"].nunique() and "Paying failed three times" in told, "counted all the same, and others are quoted"


def test_who_refuses_after_the_journey_was_made_is_quoted_no_more(study, open_map, sent):
    made = open_map(study)
    shown = made.journey
    keys = [i["k"] for lane in made.columns()["lanes"] for items in lane["cells"] for i in items if lane["lane"] != "quotes"]
    record_consent(study, case="P01", consent="do not quote me")
    assert made.journey.quotes["case"].eq("P01").sum() == shown.quotes["case"].eq("P01").sum() > 0, "counted as before"
    for k in keys: made.receive({"type": "evidence", "k": k})
    told = json.dumps([sent, made.columns()], ensure_ascii=False)
    assert "hung twice" not in told and "a dream" not in told and "[not to be quoted]" in told
    assert made.journey is made.journey, "made anew only when somebody else refuses"


def test_a_persona_that_was_looked_at_before_a_refusal_is_made_anew(study, open_map, sent):
    made = open_map(study, personas=[Persona(id="p", name="P", cases=["P01", "P02"])])
    made.receive({"type": "pick", "persona": "p"})
    assert made.journey.name == "P" and "hung twice" in json.dumps([made.journey.quotes["quote"].tolist()])
    record_consent(study, case="P01", consent="do not quote me")
    assert "hung twice" not in json.dumps([made.journey.quotes["quote"].tolist(), made.columns()])


@pytest.fixture
def hushed(study):
    "A study whose map repeats what P01 and P02 said, who are not to be quoted, in the text, the owner and the stage of entries."
    add_entry(study, f"Hear: {LONG}! Then: the card page hung twice, and more.", lane="strategy", stage="Sign-up", owner="Who said: then the ride was a dream",
              evidence=study.codings.loc[study.codings["case"].eq("P01"), "coding_id"].head(1))
    add_entry(study, "P02 said IT annoyed me; they say it.", lane="note", stage="the hill was easy")
    record_consent(study, case="P01", consent="no quotes")
    record_consent(study, case="P02", consent="do not quote me")
    return study


LONG = "hung twice <img src=x onerror document title"  # runs on beyond what was coded
OURS = ("hung twice", "a dream", "annoyed me", "hill was easy")


def test_words_of_who_refused_are_masked_in_entries_wherever_the_map_shows_them_and_kept_in_the_study(hushed, open_map, sent):
    made = open_map(hushed, save_text=True)
    for k in ("e:1", "e:2"): made.receive({"type": "evidence", "k": k})
    told = sent[-2:]
    everywhere = (json.dumps([told, made.columns(), made.saved], ensure_ascii=False) + str(made._repr_mimebundle_())).casefold()
    assert not [w for w in OURS if w in everywhere]
    [one] = [i for i in cell(made.columns(), "strategy", "Sign-up") if "entry" in i]
    assert one["text"] == "Hear: [not to be quoted]! Then: [not to be quoted], and more." and one["owner"] == "Who said: [not to be quoted]" and one["hides"]
    [two] = cell(made.columns(), "note", "[not to be quoted]")
    assert two["text"] == "P02 said [not to be quoted]; they say it.", "a whole coding of three words"
    assert [x["title"] for x in told] == [one["text"], two["text"]] and told[1]["stage"] == "[not to be quoted]"
    kept = hushed.entries.set_index("entry_id").loc[2]
    assert "annoyed me" in kept["text"] and kept["stage"] == "the hill was easy", "the entry itself stays"
    change_entry(hushed, 2, owner="MB")
    assert made.columns()["undo"]["undo"] == "change owner of note in [not to be quoted]"


def test_a_stage_of_the_codebook_keeps_its_name_and_nobody_silent_hides_nothing(study, open_map):
    add_code(study, "It annoyed me", facet="stage", order=4)
    add_entry(study, "The card page hung twice", lane="note", stage="It annoyed me")
    [item] = cell(open_map(study).columns(), "note", "It annoyed me")
    assert item["text"] == "The card page hung twice" and "hides" not in item
    record_consent(study, case="P02", consent="no quotes")
    assert cell(open_map(study).columns(), "note", "It annoyed me")[0]["text"] == "The card page hung twice", "P01 may be quoted"


def test_an_edit_beside_a_mark_keeps_the_words_it_hides(hushed, open_map, sent):
    def stored() -> Any: return hushed.entries.set_index("entry_id").loc[1]
    made, before = open_map(hushed), stored()
    [item] = [i for i in cell(made.columns(), "strategy", "Sign-up") if "entry" in i]
    def change(**told: Any) -> dict[str, Any]:
        made.receive({"type": "change", "entry": 1, "was": item["text"], "guid": uuid.uuid4().hex, "text": item["text"], "owner": item["owner"], "due": None, **told})
        return sent[-1]

    assert change(due="2030-01-01")["said"] == "change due of strategy in Sign-up"
    now = stored()
    assert (now["text"], now["owner"], now["due"]) == (before["text"], before["owner"], "2030-01-01")
    assert change(text=item["text"].replace("Hear", "Listen"))["type"] == "ack"
    assert stored()["text"] == before["text"].replace("Hear", "Listen")
    item["text"] = item["text"].replace("Hear", "Listen")
    no = change(text=item["text"].replace("[not to be quoted]", "", 1))
    assert no["type"] == "refused" and "where it stood 2 times" in no["reason"] and stored()["text"] == before["text"].replace("Hear", "Listen")
    assert change(text="All anew", owner="MB")["type"] == "ack" and stored()[["text", "owner"]].tolist() == ["All anew", "MB"]


def test_what_was_saved_with_the_notebook_follows_a_refusal(study, open_map):
    add_entry(study, "They say the card page hung twice", lane="note", stage="Sign-up")
    made = open_map(study, save_text=True)
    assert json.dumps(made.saved).count("hung twice") > 2
    record_consent(study, case="P01", consent="no")
    made.receive({"type": "ping"})
    assert "hung twice" not in json.dumps(made.saved) and "Paying failed three times" in json.dumps(made.saved)
    assert open_map(study).saved == {}


def test_what_python_says_of_a_step_or_a_refusal_repeats_no_masked_words(hushed, open_map, sent):
    made = open_map(hushed)
    made.receive({"type": "change", "entry": 2, "was": "something else", "text": "mine", "guid": "m1"})
    assert sent[-1]["type"] == "refused" and "[not to be quoted]" in sent[-1]["reason"]
    made.receive({"type": "remove", "entry": 2, "guid": "m2"})
    assert sent[-1]["said"] == "remove note from [not to be quoted]"
    made.receive({"type": "undo", "guid": "m3"})
    assert sent[-1]["said"] == "Undone: remove note from [not to be quoted]"
    assert not [w for w in OURS if w in json.dumps(sent).casefold()]


def test_maps_of_different_names_do_not_see_each_other(study, open_map):
    add_entry(study, "x", lane="note", stage="Ride", map="kiosk")
    assert cell(open_map(study).columns(), "note", "Ride") == [] and len(cell(open_map(study, name="kiosk").columns(), "note", "Ride")) == 1


# -- What a notebook keeps ----------------------------------------------------------------------------------------------------
def test_a_saved_notebook_holds_no_word_unless_asked(study, open_map):
    add_entry(study, "Pay without an account", lane="strategy", stage="Sign-up")
    plain = open_map(study)
    kept = json.dumps([plain.get_state()["state"], plain.get_state()["saved"], plain._repr_mimebundle_()[0]["text/html"]])
    for word in ("Payment", "furious", "account", "Sign-up", "P01"): assert word not in kept, word
    assert "Journey map: 3 stages, 4 people" in kept and "write_map" in kept
    open_ = open_map(study, save_text=True)
    html = open_._repr_mimebundle_()[0]["text/html"]
    assert "Payment fails" in html and "Pay without an account" in html and "<img" not in html
    every = {i["k"] for lane in open_.saved["map"]["lanes"] for items in lane["cells"] for i in items} | {s["k"] for s in open_.saved["map"]["stages"]}
    assert every <= set(open_.saved["behind"]), "each cell can be opened"


def test_what_opens_the_map_is_small_and_asks_for_nothing_outside():
    script, style = widget_files("journey_map")
    assert len(script.encode()) <= 60_000 and script == _static("shared.js", "journey_map.js")
    assert "http" not in script.replace("http://www.w3.org/2000/svg", "").replace("over plain http", ""), "an SVG's name space is no address"
    assert "@import" not in style and "url(" not in style and "http" not in style


def test_the_map_of_the_sample_study_is_small(tmp_path: Path):
    with Study(tmp_path / "s.db", coder="MB", create=True) as study:
        import_sample(study)
        assert len(json.dumps(JourneyMap(study, journey(study)).columns())) < 200_000


def test_a_stage_renamed_in_the_codebook_takes_its_entries_along(study, open_map, sent):
    from personabench.codebook import rename_code

    add_entry(study, "x", lane="note", stage="Ride")
    rename_code(study, "Ride", to="Journey")
    change_code(study, "Journey", order=3)
    change_entry(study, 1, text="y")
    view = map_view(journey(study), entries=study.entries)
    assert [i["text"] for i in cell(view, "note", "Journey")] == ["y"] and not any(s["gone"] for s in view["stages"])
    assert replace(journey(study), name="x").name == "x"


def test_a_step_and_an_entry_end_where_another_person_begins_to_speak(tmp_path):
    import personabench as pb

    place = tmp_path / "G1.txt"
    place.write_text("Mara: How was it?\nAnna: I took the bike and it went well.\nBert: My private sorrow was the lock.\nAnna: Then I rode home.\n")
    with Study(":memory:", coder="MB", create=True) as study:
        pb.import_files(study, place, case=None, interviewers="Mara", progress=False)
        for who in ("Anna", "Bert"): pb.set_speaker(study, "G1", speaker=who, case=who)
        add_code(study, "Ride", facet="stage", order=1)
        add_code(study, "Unlocking", facet="stage", parent="Ride")
        add_code(study, "Lock stuck", facet="pain")
        anna, bert = (study.turns[study.turns["speaker"].eq(who)].iloc[0] for who in ("Anna", "Bert"))
        code(study, "Ride", source="G1", start=int(anna["start"]), end=int(study.turns["end"].max()))
        ids = [code(study, name, source="G1", start=int(anna["start"]) + 2, end=int(bert["start"]) + 24) for name in ("Unlocking", "Lock stuck")]
        record_consent(study, case="Bert", consent="no quotes")
        add_entry(study, "Mend locks", lane="strategy", stage="Ride", evidence=ids)
        for j in (journey(study), journey_from_codings(study.codings, codes=study.codes, turns=study.turns, cases=study.cases)):
            told = j.quotes[j.quotes["case"].eq("Anna")]
            assert set(told["facet"]) == {"step", "pain"} and not told["quote"].str.contains("sorrow|Bert").any() and told["quote"].str.endswith("well.").all()
        page = pb.write_map(journey(study), tmp_path / "map.html", study=study).read_text(encoding="utf-8")
        assert "it went well." in page and "sorrow" not in page
        pb.write_lanes(journey(study), tmp_path / "lanes", study=study)
        assert not any("sorrow" in f.read_text(encoding="utf-8") for f in (tmp_path / "lanes").iterdir())
