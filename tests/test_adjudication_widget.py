"""Disagreements against a plain count, decisions that outlive sessions, and the widget as a plain object: messages in, messages out, the database asked."""

from __future__ import annotations

import json
import re

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from personabench import codebook, coding, store
from personabench.adjudication_widget import (ADJUDICATION_KEYS, DECISIONS, AdjudicationWidget, adjudicate, decided, disagreements, keep_agreed, reopen,
                                              turn_agreement)
from personabench.coding_widget import CodingWidget, widget_files
from personabench.sample_data import import_sample
from personabench.schema import BadInput, NoSuchCode, NoSuchName, NoSuchSource
from personabench.study import Study

PAIR = ("MB", "JK")
TALK = "I: How was it? 😀\nA: Well, the dock was full. I walked e\u0301 שלום.\nI: And then?\nA: That dock was full too. <img src=x onerror=alert(1)>"
FULL, WALKED, TOO = "the dock was full", "I walked", "That dock was full too."


def add(study: Study, coder: str, *codings: tuple[str, str], origin: str = "manual") -> list[int]:
    with study.step("code", "somebody codes") as step:
        return store.add_codings(step, [{"source_id": study.source_id("P01"), "code_id": study.code_id(name), "start": TALK.index(q), "end": TALK.index(q) + len(q),
                                         "coder": coder, "origin": origin} for name, q in codings])


@pytest.fixture
def study(tmp_path) -> Study:
    study, turns, at = Study(tmp_path / "s.db", coder="AL", create=True), [], 0
    for line in TALK.split("\n"):
        turns.append({"start": at + 3, "end": at + len(line), "speaker": line[0]})
        at += len(line) + 1
    with study.step("import", "import") as step:
        for name in ("P01", "P02"): store.add_source(step, name, text=TALK, turns=turns, speakers={"I": (None, "interviewer"), "A": (name, "participant")})
    for name, facet in (("Dock full", "pain"), ("Gives up", "behaviour"), ("Waits", "behaviour"), ("Angry", "emotion")): codebook.add_code(study, name, facet=facet)
    add(study, "MB", ("Dock full", FULL), ("Gives up", WALKED), ("Angry", TOO), ("Angry", FULL))
    add(study, "JK", ("Dock full", "Well, the dock was full."), ("Waits", WALKED), ("Angry", FULL))
    return study


def found(study: Study) -> list[dict]: return disagreements(study.codings, coders=PAIR).to_dict("records")
def kept(study: Study) -> list[tuple[str, str]]:
    f = study.codings
    return list(f.loc[f["origin"] == "adjudicated", ["code", "quote"]].itertuples(index=False, name=None))


def decisions(study: Study, coders=PAIR) -> list[str | None]: return decided(study, disagreements(study.codings, coders=coders))["decision"].tolist()


# -- Disagreements ------------------------------------------------------------------------------------------------------------
def frame(*rows: tuple) -> pd.DataFrame:
    names = ["coding_id", "source_id", "source", "turn", "start", "end", "code", "facet", "coder", "origin"]
    return pd.DataFrame([(i, 1, "P", turn, a, b, code, facet, who, "manual") for i, (who, code, facet, turn, a, b) in enumerate(rows)], columns=names)


def test_three_kinds(study):
    assert [(r["kind"], r["codes"], len(r["left"]), len(r["right"])) for r in found(study)] == [
        ("other span", ("Dock full",), 1, 1), ("other code", ("Gives up", "Waits"), 1, 1), ("one coder", ("Angry",), 1, 0)]
    first = found(study)[0]
    assert study.quote("P01", first["start"], first["end"]) == "Well, the dock was full." and first["turn"] == 1 and first["source"] == "P01"
    assert [r["left"] for r in found(study)] == [r["right"] for r in disagreements(study.codings, coders=("JK", "MB")).to_dict("records")]


def test_one_long_against_two_short_hang_together():
    f = frame(("MB", "x", "pain", 0, 0, 100), ("JK", "x", "pain", 0, 0, 40), ("JK", "x", "pain", 0, 50, 100), ("JK", "x", "pain", 0, 100, 120))
    rows = disagreements(f, coders=PAIR).to_dict("records")
    assert [(r["kind"], r["left"], r["right"]) for r in rows] == [("other span", (0,), (1, 2)), ("one coder", (), (3,))]
    assert disagreements(f, coders=PAIR, unit="turn").empty


def test_codes_of_one_facet_are_paired_first():
    f = frame(("MB", "Support", "stage", 0, 0, 10), ("MB", "Furious", "emotion", 0, 0, 10), ("JK", "Annoyed", "emotion", 0, 0, 10),
              ("JK", "Chat", "touchpoint", 0, 0, 10))
    assert [r["codes"] for r in disagreements(f, coders=PAIR).to_dict("records")] == [("Support", "Chat"), ("Furious", "Annoyed")]


def test_not_read_is_no_disagreement(study):
    coding.code(study, "Angry", source="P02", quote=FULL)
    with study.step("code", "x") as step:
        store.add_codings(step, [{"source_id": study.source_id("P02"), "code_id": study.code_id("Waits"), "start": 3, "end": 9, "coder": "MB"}])
    assert disagreements(study.codings, coders=PAIR)["source"].unique().tolist() == ["P01"]
    assert turn_agreement(study.codings, study.turns, coders=PAIR)["source_id"].tolist() == [study.source_id("P01")]


def test_adjudicated_codings_and_third_coders_do_not_count(study):
    before = found(study)
    add(study, "AL", ("Dock full", FULL))
    add(study, "MB", ("Waits", TOO), origin="adjudicated")
    assert found(study) == before


@pytest.mark.parametrize("coders", ["MB", ("MB",), ("MB", "MB"), ("MB", "JK", "AL")])
def test_two_different_coders_are_needed(study, coders):
    with pytest.raises(BadInput, match="two different names"): disagreements(study.codings, coders=coders)


def test_unit_is_checked_and_empty_frames_pass(study):
    with pytest.raises(BadInput, match="turn"): disagreements(study.codings, coders=PAIR, unit="turns")
    empty = disagreements(study.codings.iloc[:0], coders=PAIR)
    assert empty.empty and {"kind", "source", "turn", "start", "end", "codes", "coding_ids", "left", "right"} <= set(empty)
    assert turn_agreement(study.codings.iloc[:0], study.turns, coders=PAIR).empty and decided(study, empty).empty


spans = st.tuples(st.sampled_from(PAIR), st.sampled_from(["x", "y", "z"]), st.integers(0, 12), st.integers(1, 6))


@given(st.lists(spans, max_size=14, unique=True))
def test_every_coding_that_is_not_agreed_is_in_exactly_one_disagreement(rows):
    f = frame(*[(who, code, "pain" if code == "x" else "need", a // 5, a, a + n) for who, code, a, n in rows])
    told = disagreements(f, coders=PAIR)
    keys = {who: set(f.loc[f["coder"] == who, ["start", "end", "code"]].itertuples(index=False, name=None)) for who in PAIR}
    apart = {r.coding_id for r in f.itertuples() if (r.start, r.end, r.code) not in keys["MB"] & keys["JK"]} if all(keys.values()) else set()
    listed = [i for ids in told["coding_ids"] for i in ids]
    assert sorted(listed) == sorted(apart) and len(listed) == len(set(listed))
    by_id = {r.coding_id: r for r in f.itertuples()}
    for r in told.to_dict("records"):
        group = [by_id[i] for i in r["coding_ids"]]
        assert (r["start"], r["end"]) == (min(c.start for c in group), max(c.end for c in group)) and r["coding_ids"] == r["left"] + r["right"]
        assert {by_id[i].coder for i in r["left"]} <= {"MB"} and {by_id[i].coder for i in r["right"]} <= {"JK"}
        alike = len({c.code for c in group}), len({(c.start, c.end) for c in group}), len({c.coder for c in group})
        assert {"other span": alike[0] == 1 and alike[1] > 1 and alike[2] == 2, "other code": alike == (2, 1, 2), "one coder": len(group) == 1}[r["kind"]]


@given(st.lists(spans, max_size=14, unique=True))
def test_by_turn_what_is_left_is_what_only_one_used_in_a_turn(rows):
    f = frame(*[(who, code, "pain", a // 5, a, a + n) for who, code, a, n in rows])
    told = disagreements(f, coders=PAIR, unit="turn")
    used = {who: {(r.turn, r.code) for r in f.itertuples() if r.coder == who} for who in PAIR}
    listed = {i for ids in told["coding_ids"] for i in ids}
    assert {(r.turn, r.code) for r in f.itertuples() if r.coding_id in listed} == (used["MB"] ^ used["JK"] if all(used.values()) else set())


# -- Agreement ----------------------------------------------------------------------------------------------------------------
def test_turns_with_the_same_codes_are_counted(study):
    assert turn_agreement(study.codings, study.turns, coders=PAIR).iloc[0].to_dict() == {"source_id": 1, "turns": 2, "coded": 2, "identical": 0, "percent": 0}
    add(study, "JK", ("Angry", "dock was full too"))
    assert turn_agreement(study.codings, study.turns, coders=PAIR).iloc[0][["identical", "percent"]].tolist() == [1, 50]


def test_sample_agreement_against_a_plain_count():
    study = Study(":memory:", coder="MB", create=True)
    import_sample(study)
    told = turn_agreement(study.codings, study.turns, coders=PAIR).set_index("source_id")
    f = study.codings[study.codings["role"] != "interviewer"]
    for source_id, row in told.iterrows():
        here = f[f["source_id"] == source_id]
        sets = [[frozenset(g.loc[g["coder"] == who, "code"]) for who in PAIR] for _, g in here[here["coder"].isin(PAIR)].groupby("turn")]
        assert (row["coded"], row["identical"]) == (len(sets), sum(a == b for a, b in sets))


# -- Deciding -----------------------------------------------------------------------------------------------------------------
WIDE = "Well, the dock was full."


@pytest.mark.parametrize(("decision", "expected"), [
    ("left", [("Dock full", FULL)]), ("right", [("Dock full", WIDE)]), ("both", [("Dock full", WIDE), ("Dock full", FULL)]), ("union", [("Dock full", WIDE)]),
    ("intersection", [("Dock full", FULL)]), ("other", [("Waits", WIDE)]), ("none", [])])
def test_each_decision_keeps_what_it_says_and_both_originals(study, decision, expected):
    before = study.codings
    ids = adjudicate(study, found(study)[0], decision=decision, code="Waits" if decision == "other" else None)
    assert kept(study) == expected and len(ids) == len(expected) and decisions(study) == [decision, None, None]
    pd.testing.assert_frame_equal(study.codings[study.codings["origin"] == "manual"].reset_index(drop=True), before)
    assert set(study.codings.loc[study.codings["origin"] == "adjudicated", "coder"]) == set(["consensus"] if expected else [])
    assert len(study.log) and study.log["coder"].iloc[-1] == "AL" and study.log["verb"].iloc[-1] == "adjudicate"
    coding.undo(study)
    assert kept(study) == [] and decisions(study) == [None] * 3 and study.memos.empty
    coding.redo(study)
    assert kept(study) == expected and decisions(study) == [decision, None, None]


def test_the_coding_widget_tells_a_decision_but_has_no_handle_to_delete_it(study):
    mine = coding.add_memo(study, "Adjudicated for once by myself", source="P01")
    adjudicate(study, found(study)[0], decision="left")
    memos = CodingWidget(study, "P01").columns()["memos"]
    assert set(zip(memos["id"], memos["text"])) == {(mine, "Adjudicated for once by myself"), (None, "Adjudicated for consensus: taken from MB")}
    assert "codings" in study.memos["text"].str.cat(), "the study keeps it whole"


def test_deciding_again_replaces_and_reopening_takes_back(study):
    row = found(study)[0]
    for decision in ("both", "left", "none", "union"): adjudicate(study, row, decision=decision)
    assert kept(study) == [("Dock full", WIDE)] and len(study.memos) == 1
    reopen(study, row)
    assert kept(study) == [] and study.memos.empty and decisions(study) == [None] * 3
    n = len(study.log)
    reopen(study, row)
    assert len(study.log) == n, "an open one is not opened again"


def test_a_decision_is_there_in_another_session_and_with_the_sides_changed(study):
    for row, decision in zip(found(study), ("left", "right", "none")): adjudicate(study, row, decision=decision)
    again = Study(study.address, coder="somebody else")
    assert decisions(again) == ["left", "right", "none"] and decisions(again, ("JK", "MB")) == ["right", "left", "none"]
    assert decided(again, disagreements(again.codings, coders=PAIR), adjudicator="AL")["decision"].isna().all()


def test_two_decisions_that_keep_one_coding_share_it(study):
    one, two = found(study)[1], found(study)[1]
    first = adjudicate(study, found(study)[2], decision="left")
    add(study, "MB", ("Waits", TOO))
    two = next(r for r in found(study) if r["codes"] == ("Waits",))
    assert adjudicate(study, two, decision="other", code="Angry") == first
    reopen(study, two)
    assert kept(study) == [("Angry", TOO)], "the other decision still keeps it"
    reopen(study, next(r for r in found(study) if r["codes"] == ("Angry",)))
    assert kept(study) == [] and one["codes"] == ("Gives up", "Waits")


def test_a_coder_who_changes_hers_opens_the_disagreement_again(study):
    row = found(study)[0]
    adjudicate(study, row, decision="left")
    coding.resize(study, row["left"][0], start=row["start"], end=row["end"] - 1)
    assert decisions(study)[0] is None
    coding.undo(study)
    assert decisions(study)[0] == "left"
    coding.uncode(study, study.codings.query("origin == 'adjudicated'")["coding_id"].iloc[0])
    assert decisions(study)[0] is None


def test_own_codings_of_the_adjudicator_are_never_removed(study):
    mine = add(study, "AL", ("Dock full", FULL))
    row = found(study)[0]
    assert adjudicate(study, row, decision="left", adjudicator="AL") == tuple(mine)
    reopen(study, row, adjudicator="AL")
    assert study.codings.query("coder == 'AL'")["coding_id"].tolist() == mine


def test_wrong_decisions_are_refused(study):
    span, code, one = found(study)
    with pytest.raises(BadInput, match="one of left, right, both, other, none"): adjudicate(study, code, decision="union")
    with pytest.raises(BadInput, match="one of left, other, none"): adjudicate(study, one, decision="right")
    with pytest.raises(BadInput, match="left"): adjudicate(study, span, decision="lefft")
    with pytest.raises(BadInput, match="code="): adjudicate(study, span, decision="other")
    with pytest.raises(BadInput, match="code="): adjudicate(study, span, decision="left", code="Waits")
    with pytest.raises(NoSuchCode, match="Waits"): adjudicate(study, span, decision="other", code="Wait")
    with pytest.raises(BadInput, match="consensus"): adjudicate(study, span, decision="left", adjudicator="JK")
    coding.uncode(study, span["right"][0])
    with pytest.raises(NoSuchName, match="removed since"): adjudicate(study, span, decision="left")
    assert kept(study) == [] and study.memos.empty


def test_memos_hold_no_words_of_the_source(study):
    for row in found(study): adjudicate(study, row, decision="left")
    assert not any(word in " ".join(study.memos["text"]) for word in ("dock", "walked", "too"))
    assert study.memos["text"].str.startswith("Adjudicated for consensus: taken from MB\ncodings ").all()


def test_a_persons_memo_with_other_words_is_left_alone(study):
    coding.add_memo(study, "Adjudicated for me: I would take JK's", coding=found(study)[0]["left"][0])
    adjudicate(study, found(study)[0], decision="right")
    reopen(study, found(study)[0])
    assert len(study.memos) == 1 and decisions(study) == [None] * 3


def test_agreed_codings_are_copied_once(study):
    assert keep_agreed(study, "P01", coders=PAIR) == 1 and kept(study) == [("Angry", FULL)]
    assert keep_agreed(study, "P01", coders=PAIR) == 0
    with pytest.raises(NoSuchSource): keep_agreed(study, "P9", coders=PAIR)
    with pytest.raises(BadInput): keep_agreed(study, "P01", coders=PAIR, adjudicator="MB")


# -- The widget ---------------------------------------------------------------------------------------------------------------
class Browser:
    "Sends messages as the script does and keeps what it hears."
    def __init__(self, widget: AdjudicationWidget):
        self.widget, self.heard, self.n = widget, [], 0
        widget.send = lambda content, buffers=None: self.heard.append(json.loads(json.dumps(content)))  # what cannot be JSON fails here
        self.say(type="ready", view="v")

    def say(self, **message) -> list[dict]:
        self.n += 1
        before = len(self.heard)
        self.widget._handle_custom_msg({"guid": f"{id(self)}-{self.n}", "source": self.widget.source, **message}, [])
        return self.heard[before:]

    def decide(self, i: int, decision: str, **more) -> list[dict]:
        d = next(m for m in reversed(self.heard) if "disagreements" in m)["disagreements"]
        return self.say(type="decide", left=d["left"][i], right=d["right"][i], decision=decision, **more)


def test_ready_gets_text_sides_and_disagreements(study):
    told = Browser(AdjudicationWidget(study, "P01")).heard[-1]
    assert told["type"] == "source" and told["to"] == "v" and told["text"] == TALK and told["coders"] == ["MB", "JK"] and told["adjudicator"] == "consensus"
    d = told["disagreements"]
    assert d["kind"] == ["other span", "other code", "one coder"] and d["decision"] == [None] * 3 and d["offers"][2] == ["left", "other", "none"]
    assert told["agreed"] == [1, 0] and told["figure"] == [0, 2, 2] and told["keys"] == ADJUDICATION_KEYS and len(told["turns"]["start"]) == 4


def test_a_decision_said_twice_is_taken_once_even_if_undone_since(study):
    b = Browser(AdjudicationWidget(study, "P01"))
    told = b.decide(0, "right", guid="g1")
    assert [m["type"] for m in told] == ["changed", "ack"] and told[0]["disagreements"]["decision"] == ["right", None, None]
    n = len(study.log)
    assert [m["type"] for m in b.decide(0, "right", guid="g1")] == ["ack"] and len(study.log) == n
    assert b.say(type="undo")[-1]["notice"].startswith("Undone: adjudicate 'Dock full'")
    b.decide(0, "right", guid="g1")
    assert kept(study) == []


def test_every_message_is_answered(study):
    b = Browser(AdjudicationWidget(study, "P01"))
    code_id = study.code_id("Waits")
    told = b.decide(0, "other", code=code_id)
    assert told[0]["disagreements"]["code"][0] == code_id and kept(study) == [("Waits", WIDE)]
    assert b.say(type="reopen", left=told[0]["disagreements"]["left"][0], right=told[0]["disagreements"]["right"][0])[0]["disagreements"]["decision"][0] is None
    assert "1 codings that both agree on" in b.say(type="agree")[-1]["notice"]
    assert "reopen" not in b.say(type="redo")[-1]["reason"] and b.say(type="ping")[-1]["type"] == "pong"
    assert b.say(type="sources", view="v")[-1]["rows"] == {"name": ["P01", "P02"], "coders": [2, 0]}
    assert b.say(type="open", source="P02", view="v")[-1]["source"] == "P02" and b.widget.source == "P02"
    assert "P01" in b.say(type="open", source="P0l", view="v")[-1]["cure"] and b.widget.source == "P02"
    for wrong in ({"type": "walrus"}, {"type": "decide"}, {"type": "decide", "left": [1], "right": [99], "decision": "left"}):
        assert b.say(**wrong)[-1]["type"] == "refused"


def test_a_disagreement_that_changed_is_refused_with_its_cure(study):
    b = Browser(AdjudicationWidget(study, "P01"))
    coding.uncode(study, found(study)[0]["right"][0])
    told = b.decide(0, "union")
    assert [m["type"] for m in told] == ["changed", "refused"] and "changed or gone" in told[1]["reason"] and "list" in told[1]["cure"]


def test_what_other_processes_do_is_told_and_sides_stay(study):
    b = Browser(AdjudicationWidget(study, "P01"))
    other = Study(study.address, coder="JK")
    for q in (TOO, "dock was full", "was full", "full"): coding.code(other, "Angry", source="P01", start=TALK.index(q), end=TALK.index(q) + len(q))
    told = b.say(type="ping")
    assert [m["type"] for m in told] == ["changed", "pong"] and told[0]["coders"] == ["MB", "JK"] and len(told[0]["disagreements"]["kind"]) == 5
    assert "text" not in told[0] and [m["type"] for m in b.say(type="ping")] == ["pong"]


def test_with_one_coder_it_waits_for_the_second(study):
    study.source_id("P02")
    w = AdjudicationWidget(study, "P02")
    b = Browser(w)
    assert w.coders == () and b.heard[-1]["disagreements"]["kind"] == [] and b.heard[-1]["figure"] == [0, 0, 0]
    coding.code(study, "Angry", source="P02", quote=FULL)
    assert b.say(type="ping")[0]["coders"] == ["AL"]
    coding.code(Study(study.address, coder="MB"), "Waits", source="P02", quote=FULL)
    assert b.say(type="ping")[0]["disagreements"]["kind"] == ["other code"]


def test_a_new_speaker_or_source_is_told_with_the_whole_text(study):
    b = Browser(AdjudicationWidget(study, "P01"))
    with study.step("import", "one more") as step: store.add_source(step, "P03", text="Short.")
    told = b.say(type="ping")[0]
    assert told["type"] == "source" and told["sources"] == ["P01", "P02", "P03"]


def test_names_are_checked(study):
    with pytest.raises(NoSuchSource, match="P01"): AdjudicationWidget(study, "P0l")
    with pytest.raises(NoSuchName, match="JK"): AdjudicationWidget(study, "P01", coders=("MB", "Jk"))
    with pytest.raises(BadInput, match="two different"): AdjudicationWidget(study, "P01", coders=("MB", "MB"))
    with pytest.raises(BadInput, match="consensus"): AdjudicationWidget(study, "P01", coders=PAIR, adjudicator="JK")
    assert AdjudicationWidget(study, "P01", coders=("JK", "MB")).coders == ("JK", "MB")


def test_reading_states_are_told(study):
    with study.step("assign", "x") as step: store.add_coder(step, "JK")
    coding.assign(study, "P01", coder="JK", status="reading")
    assert Browser(AdjudicationWidget(study, "P01")).heard[-1]["statuses"] == [None, "reading"]


def test_read_only_is_told_and_refused(study):
    study.readonly = True
    b = Browser(AdjudicationWidget(study, "P01"))
    assert b.widget.state["readonly"] is True and "read-only" in b.decide(0, "left")[-1]["reason"] and kept(study) == []


def test_no_word_of_the_source_is_saved_with_the_notebook(study):
    w = AdjudicationWidget(study, "P01")
    Browser(w).decide(0, "left")
    saved = json.dumps({k: v for k, v in w.get_state().items() if k not in ("_esm", "_css")}, default=str)
    assert not any(word in saved for word in ("dock", "walked", "שלום"))
    told = w._repr_mimebundle_()[0]["text/html"]
    assert "P01" in told and "dock" not in told
    rows = re.findall(r"<th scope='row'[^>]*>(.*?)</th><td[^>]*>(.*?)</td><td[^>]*>(.*?)</td>", told)
    kinds = [d["kind"] for d in found(study)]
    assert sorted(rows) == sorted((kind, str(kinds.count(kind)), str(int(kind == kinds[0]))) for kind in set(kinds)) and "MB and JK" in told
    assert not [name for name in study.codes["code"] if name in told]


def test_markup_in_names_is_escaped_where_no_script_runs(study):
    with study.step("import", "x") as step: store.add_source(step, "<img src=x>", text="Words.")
    assert "<img" not in AdjudicationWidget(study, "<img src=x>")._repr_mimebundle_()[0]["text/html"]


def test_script_and_style_are_small_and_write_no_markup():
    script, style = widget_files("adjudication_widget")
    assert "// The adjudication widget:" in script  # how long it may be: tests/test_coding_widget.py
    assert style.count("{") == style.count("}") and "forced-colors" in style and "prefers-reduced-motion" in style
    assert set(DECISIONS) <= set(ADJUDICATION_KEYS)


def test_a_decision_survives_a_reopening_that_was_said_again(study):
    b = Browser(AdjudicationWidget(study, "P01", coders=PAIR))
    d = next(m for m in reversed(b.heard) if "disagreements" in m)["disagreements"]
    which, side = {"left": d["left"][0], "right": d["right"][0]}, "left" if d["left"][0] else "right"
    b.decide(0, side)
    reopen, decide = {"type": "reopen", "guid": "r1", **which}, {"type": "decide", "guid": "d1", "decision": side, **which}
    for message in (reopen, decide, reopen, decide): assert b.say(**message)[-1]["type"] == "ack"
    now = next(m for m in reversed(b.heard) if "disagreements" in m)["disagreements"]
    assert now["decision"][0] == side and (study.codings["origin"] == "adjudicated").any()
