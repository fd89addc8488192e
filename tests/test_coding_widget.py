"""The coding widget as a plain object: what the browser would send goes in, what it would hear comes out, and the database is asked."""

from __future__ import annotations

import gc
import json
import random
import re
import stat
import threading
import time

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from personabench import codebook, coding, coding_widget, consent, importers, store, table_importers
from personabench.adjudication_widget import AdjudicationWidget
from personabench.codebook_widget import CodebookWidget, _book, _code_columns
from personabench.consent import record_consent
from personabench.coding_widget import _ANSWERED, _ASK_STORED, KEYS, CodingWidget, _codes, _pieces, check_key, find_hits
from personabench.schema import AlreadyThere, BadInput, BusyStudy, FullDisk, NoStudy, NoSuchCode, NoSuchSource
from personabench.study import Study

TALK = "I: How was it? 😀\nA: Well, the dock was full. I walked e\u0301 שלום.\nI: And the dock there?\nA: That dock was full too. <img src=x onerror=alert(1)>"


def add_talk(study: Study, name: str, text: str = TALK) -> None:
    turns, at = [], 0
    for line in text.split("\n"):
        turns.append({"start": at + 3, "end": at + len(line), "speaker": line[0], "time": None})
        at += len(line) + 1
    with study.step("import", f"import {name}") as step:
        store.add_source(step, name, text=text, turns=turns, speakers={"I": (None, "interviewer"), "A": (name, "participant")})


@pytest.fixture
def study(tmp_path) -> Study:
    study = Study(tmp_path / "s.db", coder="MB", create=True)
    add_talk(study, "P01")
    add_talk(study, "P02")
    codebook.add_code(study, "Dock full", facet="pain")
    codebook.add_code(study, "Gives up", facet="behaviour")
    return study


class Browser:
    "Sends messages as the script does and keeps what it hears."
    def __init__(self, widget: CodingWidget):
        self.widget, self.heard, self.n = widget, [], 0
        widget.send = lambda content, buffers=None: self.heard.append(json.loads(json.dumps(content)))  # what cannot be JSON fails here
        self.say(type="ready", view="v")

    def say(self, **message) -> list[dict]:
        self.n += 1
        before = len(self.heard)
        self.widget._handle_custom_msg({"guid": f"{id(self)}-{self.n}", "source": self.widget.source, **message}, [])
        return self.heard[before:]

    def add(self, quote: str, *codes: str, guid: str = "") -> list[dict]:
        start = TALK.index(quote)
        items = [[f"{guid or self.n}{c}{id(self)}", c] for c in codes]
        return self.say(type="add", start=start, end=start + len(quote), items=items)


def last(replies: list[dict], kind: str) -> dict:
    found = [r for r in replies if r["type"] == kind]
    assert found, f"no {kind} among {[r['type'] for r in replies]}"
    return found[-1]


def test_nothing_is_saved_within_a_step_that_a_cell_may_yet_take_back(study):
    b = Browser(CodingWidget(study, "P01"))
    with pytest.raises(ZeroDivisionError), study.step("code", "a cell's own"):
        told = last(b.add("dock", "Dock full", guid="x"), "refused")
        raise ZeroDivisionError
    assert told["again"] is True and "step" in told["reason"] and study.codings.empty
    assert last(b.add("dock", "Dock full", guid="x"), "ack") and len(study.codings) == 1


def test_what_stands_is_acknowledged_first_and_an_undo_when_all_know_what_it_did(study):
    b = Browser(CodingWidget(study, "P01"))
    assert [r["type"] for r in b.add("dock", "Dock full")] == ["ack", "changed"]
    assert [r["type"] for r in b.say(type="undo")] == ["changed", "ack"]


@pytest.mark.parametrize("message", [
    {"type": "add", "start": 51, "end": 55, "items": [["g1", "Dock full"]]}, {"type": "resize", "id": "g0", "start": 51, "end": 58},
    {"type": "apply", "code": "Dock full", "spans": [["P01", 51, 55]]}, {"type": "memo", "about": "turn", "target": 1, "text": "x"}], ids=lambda m: m["type"])
def test_positions_are_refused_when_a_correction_ends_while_the_message_waits_for_it(study, message):
    b = Browser(CodingWidget(study, "P01"))
    b.say(type="add", start=30, end=34, items=[["g0", "Gives up"]])
    revision, before = b.widget.columns()["revision"], study.codings["quote"].tolist()
    begun, colleague = threading.Event(), Study(study.address, coder="AN")

    def correct() -> None:
        with colleague.step("correct_text", "correct P01"):
            importers.correct_text(colleague, "P01", text=TALK.replace("I", "Well, I", 1))
            begun.set()
            time.sleep(0.5)  # the message finds the old text and waits for the lock

    other = threading.Thread(target=correct)
    other.start()
    assert begun.wait(20)
    told = last(b.say(**message, revision=revision, revisions={"P01": revision}), "refused")
    other.join()
    assert "corrected meanwhile" in told["reason"] and study.codings["quote"].tolist() == before and study.memos.empty


def test_the_redo_key_takes_no_interview_away(study):
    importers.remove_source(study, "P02")
    coding.undo(study)
    b = Browser(CodingWidget(study, "P01"))
    assert last(b.say(type="ready", view="v"), "source")["undo"]["redo"] is None
    for widget in (b.widget, CodebookWidget(study), AdjudicationWidget(study, "P01")):
        told: list[dict] = []
        widget.send = lambda content, buffers=None, told=told: told.append(content)
        widget.receive({"type": "redo", "guid": f"r{id(widget)}", "view": "v", "source": "P01"})
        said = [r.get("text") or r.get("reason") for r in told if r["type"] in ("notice", "refused")]
        assert len(said) == 1 and "comes next" in said[0] and "P02" in set(study.sources["name"])
    coding.redo(study)
    assert "P02" not in set(study.sources["name"]), "in a cell it does"


def test_each_of_several_codes_gets_its_own_number(study):
    b = Browser(CodingWidget(study, "P01"))
    told = last(b.say(type="add", start=22, end=26, items=[["g1", "Dock full"], ["g2", "Gives up"]], guid="m1"), "ack")["ids"]
    of = study.codings.set_index("coding_id")["code"]
    assert [(guid, of[i]) for guid, i in told] == [("g1", "Dock full"), ("g2", "Gives up")]


def test_garbage_waits_until_the_answer_is_out(study):
    b, seen = Browser(CodingWidget(study, "P01")), []
    b.widget.send = lambda content, buffers=None: seen.append(gc.isenabled())
    b.add("dock", "Dock full")
    b.say(type="dance")
    assert seen and not any(seen) and gc.isenabled()


def test_an_add_said_again_is_answered_by_how_it_stands_now(study):
    b = Browser(CodingWidget(study, "P01"))
    add = {"type": "add", "start": 22, "end": 26, "items": [["g1", "Dock full"]], "guid": "m1"}
    [[guid, coding_id]] = last(b.say(**add), "ack")["ids"]
    assert guid == "g1" and coding_id == 1 and last(b.say(**add), "ack")["ids"] == [["g1", 1]]
    coding.undo(study)
    for browser in (b, Browser(CodingWidget(study, "P01"))):
        assert last(browser.say(**add), "ack")["ids"] == [["g1", None]], "undone elsewhere while the answer was lost"
    coding.redo(study)
    assert last(b.say(**add), "ack")["ids"] == [["g1", 1]] and len(study.codings) == 1


def test_what_became_of_a_coding_is_found_without_reading_all(study):
    "Each key that codes asks it: among the codings of a large study that took longer than all the rest."
    asked = str(_ASK_STORED.params(ids=["x"]).compile(study.engine, compile_kwargs={"render_postcompile": True}))
    with study.connection() as conn: plan = conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {asked}", ("x",)).all()
    assert all("SEARCH" in row[-1] for row in plan), plan


@pytest.mark.parametrize("trouble", [NoStudy("server", "gone"), FullDisk("s.db", "full"), BusyStudy("s.db", "another program"), OSError("gone")])
def test_what_may_succeed_later_is_to_be_said_again(study, monkeypatch, trouble):
    def fails(*args, **kwargs): raise trouble
    b = Browser(CodingWidget(study, "P01"))
    with monkeypatch.context() as m:
        m.setattr(store, "add_codings", fails)
        assert last(b.add("dock", "Dock full", guid="x"), "refused")["again"] is True
    assert last(b.add("dock", "Dock full", guid="x"), "ack") and len(study.codings) == 1


# -- Opening ------------------------------------------------------------------------------------------------------------------
def test_ready_gets_the_source_as_columns(study):
    coding.code(study, "Dock full", source="P01", quote="the dock was full")
    told = last(Browser(CodingWidget(study, "P01")).heard, "source")
    assert told["text"] == TALK and told["length"] == len(TALK) and told["to"] == "v" and told["sources"] == ["P01", "P02"]
    assert told["turns"]["role"] == ["interviewer", "participant"] * 2 and told["turns"]["speaker"] == ["I", "A", "I", "A"]
    [a], [b] = told["codings"]["start"], told["codings"]["end"]
    assert TALK[a:b] == "the dock was full" and told["codes"]["name"] == ["Dock full", "Gives up"]
    assert told["codes"]["n"] == [0, 0], "the codings here are counted where they are"
    assert last(Browser(CodingWidget(study, "P02")).heard, "source")["codes"]["n"] == [1, 0]


def test_without_a_source_the_first_unfinished_one_opens(study):
    assert CodingWidget(study).source == "P01"
    coding.assign(study, "P01", status="done")
    assert CodingWidget(study).source == "P02"


def test_wrong_names_are_refused_with_the_nearest(study):
    with pytest.raises(NoSuchSource, match="P01"): CodingWidget(study, "P0l")
    with pytest.raises(NoSuchCode, match="Dock full"): CodingWidget(study, "P01", codes=["Dock ful"])
    with pytest.raises(NoSuchSource, match="import_files"): CodingWidget(Study(":memory:"))
    b = Browser(CodingWidget(study, "P01"))
    assert "P02" in last(b.say(type="open", source="P03", view="v"), "refused")["cure"]
    assert b.widget.source == "P01"
    assert "Dock full" in last(b.add("dock", "Dok full"), "refused")["cure"]


def test_opening_another_source_tells_every_view(study):
    b = Browser(CodingWidget(study, "P01"))
    told = last(b.say(type="open", source="P02", view="v"), "source")
    assert told["source"] == "P02" and "to" not in told and b.widget.state["source"] == "P02"


def test_a_message_nobody_knows_is_refused_not_raised(study):
    b = Browser(CodingWidget(study, "P01"))
    for wrong in ({"type": "dance"}, {}, {"type": "add"}, {"type": "resize", "id": 1}, {"type": "memo", "about": "weather", "target": 1, "text": "x"}):
        assert last(b.say(**wrong), "refused")["reason"]


def test_the_codes_that_this_coder_used_last_come_along_from_any_source(study):
    codebook.add_code(study, "Price", facet="need")
    for name, source in (("Dock full", "P02"), ("Gives up", "P01"), ("Price", "P01"), ("Dock full", "P01")):
        coding.code(study, name, source=source, quote="the dock was full")
    with study.step("code", "ben") as step:
        store.add_codings(step, [{"source_id": study.source_id("P01"), "code_id": study.code_id("Gives up"), "start": 3, "end": 6, "coder": "ben"}])
    told = last(Browser(CodingWidget(study, "P02")).heard, "source")
    assert told["recent"] == [study.code_id(c) for c in ("Gives up", "Price", "Dock full")], "the latest at the end; a colleague's do not count"


# -- Coding -------------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("quote", ["😀", "the dock was full", "e\u0301 שלום", "<img src=x onerror=alert(1)>"])
def test_a_coding_is_stored_at_exactly_its_words(study, quote):
    b = Browser(CodingWidget(study, "P01"))
    told = b.add(quote, "Dock full")
    assert study.codings["quote"].tolist() == [quote]
    [[_, stored]] = last(told, "ack")["ids"]
    assert stored == study.codings["coding_id"].iloc[0] and last(told, "changed")["codings"]["id"] == [stored]
    assert Study(study.address).codings["quote"].tolist() == [quote], "acknowledged, so on the disk for everybody"


def test_the_same_addition_twice_is_stored_once_and_stays_undone(study):
    b = Browser(CodingWidget(study, "P01"))
    b.add("dock", "Dock full", guid="x")
    told = b.add("dock", "Dock full", guid="x")
    assert len(study.codings) == 1 and last(told, "ack")["ids"][0][1] == study.codings["coding_id"].iloc[0]
    b.say(type="undo")
    assert last(b.add("dock", "Dock full", guid="x"), "ack")["ids"][0][1] is None
    assert study.codings.empty


def test_several_codes_at_once_are_one_step(study):
    b = Browser(CodingWidget(study, "P01"))
    b.add("I walked", "Dock full", "Gives up")
    assert sorted(study.codings["code"]) == ["Dock full", "Gives up"]
    told = b.say(type="undo")
    assert study.codings.empty and "'Dock full', 'Gives up' on 8 characters of P01" in last(told, "ack")["notice"]


def test_a_new_code_comes_with_its_facet_and_once(study):
    b = Browser(CodingWidget(study, "P01"))
    for _ in range(2): told = b.say(type="add_code", name="Walks", facet="behaviour", guid="same")
    assert last(told, "ack") and study.codes.set_index("code").loc["Walks", "facet"] == "behaviour"
    assert "facet" in last(b.say(type="add_code", name="Flies", facet="wings"), "refused")["reason"]


def test_a_new_code_made_of_the_words_of_who_refused_says_so(study, recwarn):
    said = "Well, the dock was full. I walked"
    record_consent(study, case="P01", consent="no quotes")
    told = Browser(CodingWidget(study, "P01")).say(type="add_code", name=said, facet="pain", guid="vivo")
    assert f"code {said!r} repeats words of P01, who is not to be quoted" in last(told, "ack")["notice"] and said in set(study.codes["code"])
    assert not recwarn.list, "said in the widget, where it is seen"


def test_a_coding_by_the_name_of_a_code_that_was_renamed_meanwhile_is_stored(study):
    b = Browser(CodingWidget(study, "P01"))
    b.say(type="add_code", name="Walks", facet="behaviour")
    for old, new in (("Walks", "Goes on foot"), ("Goes on foot", "Leaves on foot")): codebook.rename_code(study, old, to=new)
    assert last(b.add("I walked", "Walks"), "ack") and study.codings["code"].tolist() == ["Leaves on foot"]
    assert "Flies" in last(b.add("I walked", "Flies"), "refused")["reason"], "never a code's name"
    coding.uncode(study, int(study.codings["coding_id"].iloc[0]))
    codebook.remove_code(study, "Leaves on foot")
    assert "Walks" in last(b.add("I walked", "Walks"), "refused")["reason"], "there no more"


def test_what_a_code_repeats_is_told_to_its_own_thread_only(study, recwarn, monkeypatch):
    said = "Well, the dock was full. I walked"
    record_consent(study, case="P01", consent="no quotes")
    b = Browser(CodingWidget(study, "P01"))
    def add_code(*args, **kwargs):
        (other := threading.Thread(target=consent._warn_of_words, args=(study, said))).start()
        other.join(20)
    monkeypatch.setattr(codebook, "add_code", add_code)
    assert last(b.say(type="add_code", name="Walks", facet="pain"), "ack")["notice"] is None
    assert ["repeats words of P01" in str(w.message) for w in recwarn.list] == [True], "a warning of another thread is its own"


def test_what_a_cell_may_still_take_back_is_not_acknowledged_by_the_other_widgets(study):
    for kind, w in (("add", CodebookWidget(study)), ("add_code", AdjudicationWidget(study, "P01"))):
        heard, message = [], {"type": kind, "name": f"By {kind}", "facet": "other", "guid": kind}
        w.send = lambda content, buffers=None, heard=heard: heard.append(content)
        with pytest.raises(ZeroDivisionError), study.step("tidy", "tidy"):
            w.receive(message)
            raise ZeroDivisionError
        assert [m["type"] for m in heard] == ["refused"] and heard[0]["again"] and message["name"] not in set(study.codes["code"])
        w.receive(message | {"again": True})
        assert heard[-1]["type"] == "ack" and message["name"] in set(study.codes["code"])


def test_resize_recode_remove_and_undo_them_by_name(study):
    b = Browser(CodingWidget(study, "P01"))
    b.add("dock was full", "Dock full", guid="g")
    i, at = int(study.codings["coding_id"].iloc[0]), TALK.index("the dock was full")
    told = b.say(type="resize", id=i, start=at, end=at + 17)
    assert study.codings["quote"].tolist() == ["the dock was full"] and last(told, "changed")["codings"]["start"] == [at]
    b.say(type="recode", id=i, code=study.code_id("Gives up"))
    assert study.codings["code"].tolist() == ["Gives up"]
    told = b.say(type="remove", ids=[i])
    assert study.codings.empty and last(told, "changed")["removed"] == [i]
    assert "remove 'Gives up'" in last(told, "changed")["undo"]["undo"]
    for verb in ("remove", "recode", "resize", "code"): assert verb in last(b.say(type="undo"), "ack")["notice"]
    assert "recode" in [b.say(type="redo"), b.say(type="redo"), last(b.say(type="redo"), "ack")["notice"]][-1]


def test_a_colleagues_coding_is_not_changed_by_a_key_but_by_a_script(study):
    at = TALK.index("dock was full.")
    with study.step("code", "ben") as step:
        [theirs] = store.add_codings(step, [{"source_id": study.source_id("P01"), "code_id": study.code_id("Dock full"), "start": at, "end": at + 13, "coder": "ben"}])
    b = Browser(CodingWidget(study, "P01"))
    b.add("I walked", "Gives up")
    mine = int(study.codings.loc[study.codings["coder"] == "MB", "coding_id"].iloc[0])
    before = study.codings
    for message in ({"type": "remove", "ids": [theirs]}, {"type": "remove", "ids": [mine, theirs]}, {"type": "recode", "id": theirs, "code": "Gives up"},
                    {"type": "resize", "id": theirs, "start": at, "end": at + 4}):
        told = last(b.say(**message), "refused")
        assert "it is ben's coding" in told["reason"] and "adjudicate it" in told["cure"]
        pd.testing.assert_frame_equal(study.codings, before)
    b.say(type="remove", ids=[mine])
    coding.uncode(study, theirs)
    assert study.codings.empty


def test_what_is_said_twice_changes_nothing_the_second_time(study):
    b = Browser(CodingWidget(study, "P01"))
    b.add("dock was full", "Dock full")
    i = int(study.codings["coding_id"].iloc[0])
    for message in ({"type": "resize", "id": i, "start": 20, "end": 30}, {"type": "recode", "id": i, "code": "Gives up"}, {"type": "memo",
            "about": "turn", "target": 1, "text": "hm"},
                    {"type": "remove", "ids": [i]}):
        b.say(**message)
        before = study.last_event()
        assert last(b.say(**message), "ack" if message["type"] != "recode" else "ack")
        assert study.last_event() == before, message


def test_a_coding_can_be_changed_by_the_id_the_browser_gave_it(study):
    b = Browser(CodingWidget(study, "P01"))
    start = TALK.index("dock")
    b.say(type="add", start=start, end=start + 4, items=[["fresh", "Dock full"]])
    b.say(type="resize", id="fresh", start=start, end=start + 8)
    assert study.codings["quote"].tolist() == [TALK[start:start + 8]]
    assert "not stored" in last(b.say(type="remove", ids=["unheard"]), "refused")["reason"]


def test_bad_spans_are_refused_with_a_cure(study):
    b = Browser(CodingWidget(study, "P01"))
    for start, end in ((5, 5), (9, 3), (-1, 4), (0, 10**6)):
        told = last(b.say(type="add", start=start, end=end, items=[[f"{start}", "Dock full"]]), "refused")
        assert told["cure"]
    assert study.codings.empty


def test_memos_on_coding_code_source_and_turn(study):
    b = Browser(CodingWidget(study, "P01"))
    b.add("dock", "Dock full")
    i = int(study.codings["coding_id"].iloc[0])
    for about, target in (("coding", i), ("code", study.code_id("Dock full")), ("source", None), ("turn", 3)):
        told = b.say(type="memo", about=about, target=target, text=f"on {about}")
    memos = last(told, "changed")["memos"]
    assert memos["about"] == ["coding", "code", "source", "turn"] and memos["target"][3] == 3 and memos["text"][0] == "on coding"
    assert study.memos["text"].tolist() == ["on coding", "on code", "on source", "on turn"]


@pytest.mark.parametrize("kind,message", [
    ("recode", {"id": 1, "code": "Gives up"}), ("resize", {"id": 1, "start": 22, "end": 30}), ("remove", {"ids": [1]}), ("assign", {"status": "done"}),
    ("apply", {"code": "Gives up", "spans": [["P01", 22, 30]]}), ("memo", {"about": "source", "target": None, "text": "a thought"})])
def test_a_change_said_again_to_a_new_kernel_is_not_done_again(study, kind, message):
    b = Browser(CodingWidget(study, "P01"))
    b.add("dock", "Dock full")
    assert last(b.say(type=kind, guid="m7", **message), "ack")
    coding.undo(study)
    tables = lambda: [f.to_dict("records") for f in (study.codings.astype(str), study.assignments, study.memos)]
    before = tables()
    _ANSWERED.clear()  # what a kernel forgets that ends
    new = Browser(CodingWidget(Study(study.address, coder="MB"), "P01"))
    assert last(new.say(type=kind, guid="m7", again=True, **message), "ack")["guid"] == "m7" and tables() == before


def test_one_message_that_comes_by_several_threads_is_carried_out_once(study):
    "JupyterLab hands the messages of a widget to a thread of their own."
    b, told = Browser(CodingWidget(study, "P01")), []
    message = {"type": "add_code", "name": "Brand new", "facet": "pain", "guid": "m1"}
    threads = [threading.Thread(target=lambda: told.extend(b.say(**message))) for _ in range(8)]
    for t in threads: t.start()
    for t in threads: t.join()
    assert [m["type"] for m in told if m["type"] in ("ack", "refused")].count("refused") == 0 and study.codes["code"].tolist().count("Brand new") == 1


def test_a_widget_that_cannot_be_told_stops_neither_who_writes_nor_the_others_and_other_studies_are_not_told(study, tmp_path):
    writer, broken, third = (Browser(CodingWidget(study, "P01")) for _ in range(3))
    other = Study(tmp_path / "other.db", coder="MB", create=True)
    add_talk(other, "P01")
    stranger = Browser(CodingWidget(other, "P01"))
    codebook.add_code(other, "Dock full", facet="pain")  # something to tell, which nobody asked for
    def fails(content, buffers=None): raise OSError("the comm is closed")
    broken.widget.send = fails
    heard = [len(b.heard) for b in (third, stranger)]
    assert [r["type"] for r in writer.add("dock", "Dock full")] == ["ack", "changed"]
    assert [r["type"] for r in third.heard[heard[0]:]] == ["changed", "pong"] and len(stranger.heard) == heard[1]


def test_many_changes_at_once_send_the_whole_source(study):
    b, text = Browser(CodingWidget(study, "P01")), study.text("P01")
    with study.step("code", "code much") as step:
        spans = [(a, z) for a in range(len(text)) for z in range(a + 1, len(text) + 1) if text[a:z].strip()][:2100]
        store.add_codings(step, [{"source_id": 1, "code_id": 1, "start": a, "end": z} for a, z in spans])
    assert len(last(b.say(type="ping"), "source")["codings"]["id"]) == 2100


def test_the_source_that_opens_is_one_that_this_coder_has_not_finished(study):
    coding.assign(Study(study.address, coder="AN"), "P01", status="done")
    assert CodingWidget(study).source == "P01", "what a colleague finished is still mine to read"


def test_the_words_of_a_deleted_memo_can_be_written_again(study):
    b = Browser(CodingWidget(study, "P01"))
    memo = {"type": "memo", "about": "source", "target": None, "text": "a thought"}
    b.say(**memo)
    b.say(type="remove_memo", id=1)
    b.say(**memo)
    assert study.memos["text"].tolist() == ["a thought"]


def test_the_key_takes_back_no_consent(study):
    from personabench.consent import record_consent

    b = Browser(CodingWidget(study, "P01"))
    b.add("dock", "Dock full")
    record_consent(study, case="P01", consent="no quotes")
    told = b.say(type="undo")
    assert "nothing more to undo here" in last(told, "notice")["text"].lower() and study.cases.set_index("case")["consent"]["P01"] == "no quotes"


def test_a_memo_needs_something_to_be_on(study):
    b = Browser(CodingWidget(study, "P01"))
    for about, target in (("turn", 999), ("coding", 4711), ("case", 1)):
        assert last(b.say(type="memo", about=about, target=target, text="lost"), "refused")["cure"] is not None
    assert study.memos.empty


def test_memos_on_turns_go_with_their_words_when_the_text_is_corrected(study):
    b = Browser(CodingWidget(study, "P01"))
    memos = lambda: {t: (a, n) for t, a, n in zip(*(last(b.say(type="ready", view="v"), "source")["memos"][c] for c in ("text", "about", "target")))}
    for turn, text in ((1, "on the walk"), (3, "on the dock")): b.say(type="memo", about="turn", target=turn, text=text)
    importers.correct_text(study, "P01", text="I: Hello.\nA: Hi.\n" + TALK.replace("That dock was full too. <img src=x onerror=alert(1)>", "Nothing."))
    assert memos() == {"on the walk": ("turn", 3), "on the dock": ("source", study.source_id("P01"))}, "its words are gone: it stands on the source"
    coding.undo(study)
    assert memos() == {"on the walk": ("turn", 1), "on the dock": ("turn", 3)}


def test_a_memo_written_after_a_correction_is_seen_when_that_is_undone(study):
    importers.correct_text(study, "P01", text=TALK + " Yes.")
    b = Browser(CodingWidget(Study(study.address, coder="AN"), "P01"))
    b.say(type="memo", about="turn", target=1, text="a thought")
    coding.undo(study)
    seen = last(b.say(type="ready", view="v"), "source")["memos"]
    assert seen["text"] == ["a thought"] and seen["about"] == ["source"], "its turn is of a text that is gone"


def test_a_coding_that_comes_back_brings_its_memo(study):
    b = Browser(CodingWidget(study, "P01"))
    b.add("dock", "Dock full")
    b.say(type="memo", about="coding", target=1, text="a thought")
    assert last(b.say(type="remove", ids=[1]), "changed")["memos"]["text"] == []
    assert last(b.say(type="undo"), "changed")["memos"]["text"] == ["a thought"]


def test_a_message_waits_for_the_step_of_another_thread_where_there_is_one_connection():
    study = Study(":memory:", coder="MB")
    add_talk(study, "P01")
    b, told = Browser(CodingWidget(study, "P01")), []
    asks = threading.Thread(target=lambda: told.extend(b.say(type="add_code", name="Of the widget", facet="pain")))
    with study.step("add_code", "two codes"):
        codebook.add_code(study, "First")
        asks.start()
        asks.join(0.3)
        assert not told
        codebook.add_code(study, "Second")
    asks.join(20)
    assert [m["type"] for m in told][-1] == "ack" and sorted(study.codes["code"]) == ["First", "Of the widget", "Second"]


def test_a_memo_on_a_turn_of_the_text_as_it_was_is_refused(study):
    b = Browser(CodingWidget(study, "P01"))
    revision = last(b.heard, "source")["revision"]
    importers.correct_text(study, "P01", text="I: Hello.\nA: Hi.\n" + TALK)
    told = b.say(type="memo", about="turn", target=1, text="about the dock", revision=revision)
    assert "corrected meanwhile" in last(told, "refused")["reason"] and study.memos.empty


def test_a_memo_is_edited_and_deleted_and_undone_and_each_message_counts_once(study):
    b = Browser(CodingWidget(study, "P01"))
    memos = lambda told: last(told, "changed")["memos"]
    told = b.say(type="memo", about="turn", target=1, text="They wait.", guid="m1")
    old = memos(told)["id"][0]
    told = b.say(type="edit_memo", id=old, text="They wait long.", guid="m2")
    assert memos(told)["text"] == ["They wait long."] and memos(told)["about"] == ["turn"] and memos(told)["target"] == [1]
    before = study.last_event()
    for again in ({"type": "memo", "about": "turn", "target": 1, "text": "They wait.", "guid": "m1"},
                  {"type": "edit_memo", "id": old, "text": "They wait long.", "guid": "m2"}):
        assert last(b.say(**again), "ack")
    assert study.last_event() == before, "the reply was lost, not the message"
    told = b.say(type="remove_memo", id=memos(told)["id"][0], guid="m3")
    assert memos(told)["text"] == [] and last(b.say(type="remove_memo", id=old, guid="m3"), "ack")
    told = b.say(type="undo")
    assert memos(told)["text"] == ["They wait long."] and last(told, "ack")["notice"] == "Undone: remove memo on turn"
    assert memos(b.say(type="undo"))["text"] == ["They wait."]
    assert "99" in last(b.say(type="remove_memo", id=99), "refused")["reason"]


def test_a_colleagues_memo_can_be_read_but_not_changed(study):
    other = Study(study.address, coder="AN")
    memo_id = coding.add_memo(other, "I would say so", source="P01")
    b = Browser(CodingWidget(study, "P01"))
    for message in ({"type": "edit_memo", "text": "I would not"}, {"type": "remove_memo"}):
        assert "AN wrote it" in last(b.say(id=memo_id, **message), "refused")["reason"]
    b.say(type="memo", about="source", target=None, text="I would say so")
    assert study.memos["coder"].tolist() == ["AN", "MB"], "the same words by two people are two memos"


def test_a_source_is_marked_as_done_and_undone_and_the_picker_hears_of_it(study):
    b = Browser(CodingWidget(study, "P01"))
    assert last(b.heard, "source")["status"] is None
    told = b.say(type="assign", source="P01", status="done")
    assert last(told, "progress")["rows"]["status"] == ["done", None] and study.assignments["status"].tolist() == ["done"]
    assert last(told, "ack") and last(b.say(type="ready", view="v"), "source")["status"] == "done"
    before = study.last_event()
    assert last(b.say(type="assign", source="P01", status="done"), "ack") and study.last_event() == before
    assert last(b.say(type="assign", source="P01", status="reading"), "progress")["rows"]["status"] == ["reading", None]
    told = b.say(type="undo")
    assert last(told, "progress")["rows"]["status"] == ["done", None] and last(told, "ack")["notice"] == "Undone: MB: reading P01"
    assert "finished" in last(b.say(type="assign", source="P01", status="finished"), "refused")["reason"]


def test_progress_tells_what_is_mine(study):
    coding.code(Study(study.address, coder="AN"), "Gives up", source="P01", quote="I walked")
    b = Browser(CodingWidget(study, "P02"))
    b.add("I walked", "Gives up")
    rows = last(b.say(type="progress"), "progress")["rows"]
    assert rows["codings"] == [1, 1] and rows["mine"] == [0, 1]


# -- Others -------------------------------------------------------------------------------------------------------------------
def test_what_others_do_appears_at_the_next_heartbeat(study):
    b, other = Browser(CodingWidget(study, "P01")), Study(study.address, coder="AN")
    i = coding.code(other, "Gives up", source="P01", quote="I walked")
    told = b.say(type="ping")
    assert last(told, "changed")["codings"]["coder"] == ["AN"] and last(told, "pong")
    coding.uncode(other, i)
    assert last(b.say(type="ping"), "changed")["removed"] == [i]
    codebook.rename_code(other, "Gives up", to="Walks away")
    assert "Walks away" in last(b.say(type="ping"), "changed")["codes"]["name"]
    assert [r["type"] for r in b.say(type="ping")] == ["pong"], "no news is one small message"


def test_codings_of_other_sources_are_none_of_its_business(study):
    b = Browser(CodingWidget(study, "P01"))
    coding.code(study, "Gives up", source="P02", quote="I walked")
    assert last(b.say(type="ping"), "changed")["codings"]["id"] == []


def test_blind_hides_what_others_coded_everywhere(study):
    other = Study(study.address, coder="AN")
    coding.code(other, "Gives up", source="P01", quote="I walked")
    coding.add_memo(other, "I would say so", source="P01")
    b = Browser(CodingWidget(study, "P01", blind=True))
    told = last(b.heard, "source")
    assert told["codings"]["id"] == [] and told["codes"]["n"] == [0, 0] and told["memos"]["id"] == []
    coding.code(other, "Dock full", source="P01", quote="the dock was full")
    assert last(b.say(type="ping"), "changed")["codings"]["id"] == []
    assert last(b.say(type="progress"), "progress")["rows"]["codings"] == [0, 0]
    b.add("I walked", "Dock full")
    assert last(b.say(type="ready", view="v"), "source")["codings"]["coder"] == ["MB"]


def test_two_widgets_on_one_study_stay_in_step(study):
    one, two = Browser(CodingWidget(study, "P01")), Browser(CodingWidget(study, "P01"))
    one.add("dock", "Dock full")
    assert last(two.heard, "changed")["codings"]["start"] == [TALK.index("dock")], "at once, as its Undo names a step"
    book, told = CodebookWidget(study), []
    book.send = lambda content, buffers=None: told.append(content["type"])
    book.receive({"type": "ready", "view": "b"})
    told.clear()
    one.add("full", "Dock full")
    assert told == [], "it counts all codings: each coding would wait for that"
    one.say(type="undo")
    assert "codebook" in told and last(two.heard, "changed")["removed"], "what is undone shows in all"
    coding_widget._IN_USE[two.widget] -= 6  # no browser asks it any more
    heard = len(two.heard)
    one.add("walked", "Gives up")
    assert len(two.heard) == heard and last(two.say(type="ping"), "changed")["codings"]["start"] == [TALK.index("walked")]


def test_progress_counts_turns_of_participants(study):
    b = Browser(CodingWidget(study, "P01"))
    b.add("I walked", "Gives up")
    b.add("dock was full. I", "Dock full")
    coding.assign(study, "P02", status="done")
    rows = last(b.say(type="progress"), "progress")["rows"]
    assert rows["name"] == ["P01", "P02"] and rows["turns"] == [2, 2] and rows["coded"] == [1, 0] and rows["codings"] == [2,
            0] and rows["status"] == [None, "done"]


@given(st.integers(0, 10**6))
def test_progress_is_what_counting_one_by_one_gives(seed):
    r, study = random.Random(seed), Study(":memory:", coder="MB")
    for name in ("P1", "P2"): add_talk(study, name)
    codebook.add_code(study, "X")
    for _ in range(r.randrange(6)):
        a = r.randrange(len(TALK) - 12)
        coding.code(study, "X", source=r.choice(["P1", "P2"]), start=a, end=a + 1 + r.randrange(10) + 1)
    rows = last(Browser(CodingWidget(study, "P1")).say(type="progress"), "progress")["rows"]
    for i, name in enumerate(("P1", "P2")):
        k, t = study.rows("codings", source=name), study.rows("turns", source=name)
        t = t[t["role"] != "interviewer"]
        assert rows["coded"][i] == sum(any((k["start"] < e) & (k["end"] > s)) for s, e in zip(t["start"], t["end"]))


# -- Autocode -----------------------------------------------------------------------------------------------------------------
def test_autocode_proposes_and_codes_only_what_is_accepted_in_one_step(study):
    b = Browser(CodingWidget(study, "P01"))
    hits = last(b.say(type="search", view="v", query="DOCK was", kind="words", unit="sentence", everywhere=True), "hits")["hits"]
    assert [(h["source"], h["quote"]) for h in hits] == [(p, q) for p in ("P01", "P02") for q in ("Well, the dock was full.", "That dock was full too.")]
    assert study.codings.empty, "a search codes nothing"
    b.say(type="apply", code="Dock full", spans=[[h["source"], h["start"], h["end"]] for h in hits[:3]])
    assert study.codings["origin"].tolist() == ["autocode"] * 3 and len(study.log[study.log["verb"] == "autocode"]) == 1
    b.say(type="undo")
    assert study.codings.empty


def test_hits_tell_what_this_coder_has_on_them_already_and_are_coded_once(study):
    hits = lambda: last(b.say(type="search", view="v", query="dock was", kind="words", unit="match", everywhere=True), "hits")["hits"]
    b, code_of = Browser(CodingWidget(study, "P01")), study.codes.set_index("code")["code_id"]
    assert [h["codes"] for h in hits()] == [[], [], [], []]
    b.add("the dock was full", "Dock full")
    b.add("dock was", "Gives up")
    b.add("dock", "Gives up")
    coding.code(study, "Dock full", source="P02", quote="Well, the dock was full.")
    with study.step("code", "a colleague codes") as step:
        store.add_codings(step, [{"source_id": study.source_id("P01"), "code_id": int(code_of["Dock full"]), "start": 0, "end": len(TALK), "coder": "JK"}])
    found = hits()
    mine = [sorted(int(i) for i in code_of[["Dock full", "Gives up"]]), [int(code_of["Dock full"])]]
    assert [h["codes"] for h in found if h["codes"]] == mine, "what covers the whole passage, of this coder alone"
    told = b.say(type="apply", code="Gives up", spans=[[h["source"], h["start"], h["end"]] for h in found])
    assert last(told, "ack")["notice"] == "Coded 3 passages as Gives up; 1 had it already"


def test_search_finds_matches_sentences_and_turns_but_no_interviewer(study):
    quotes = lambda query, **how: [h["quote"] for h in find_hits(study, query, sources=["P01"], **how)]
    assert quotes("dock") == ["dock", "dock"] and quotes("doc") == [] and quotes(r"d\w+k", kind="regex") == ["dock", "dock"]
    assert quotes("dock", unit="turn")[0].startswith("Well, the dock") and quotes("there?") == []
    assert quotes("img src") == ["img src"]
    with pytest.raises(BadInput, match="regular expression"): quotes("(", kind="regex")
    with pytest.raises(BadInput): quotes("  ")
    with pytest.raises(BadInput, match="sentence"): quotes("dock", unit="sentences")
    assert quotes("x*", kind="regex") == ["x"], "empty matches are none"


def test_words_end_where_their_accents_end(study):
    words = "The cafe\u0301 was open, the café too, a cafe as well. Naïve people, na\u0308ive or not. e\u0301cafe"
    add_talk(study, "P03", f"A: {words}")
    found = lambda query, **how: [(h["start"] - 3, h["quote"]) for h in find_hits(study, query, sources=["P03"], **how)]
    assert found("cafe") == [(words.index("cafe as"), "cafe")]
    assert found("cafe\u0301") == [(4, "cafe\u0301")] and found("café") == [(words.index("café"), "café")]
    assert found("na") == [] and len(found("cafe", kind="regex")) == 3, "an expression says itself what it wants"


def test_an_expression_that_never_ends_is_given_up_with_the_reason(study):
    add_talk(study, "P03", "A: " + "a" * 40 + "!")
    with pytest.raises(BadInput, match="0.5 seconds.*repeats inside repeats"): find_hits(study, "(a+)+$", sources=["P03"], kind="regex", seconds=0.5)
    assert [h["quote"] for h in find_hits(study, r"\bdock was full\b", sources=["P01", "P02", "P03"], kind="regex")] == ["dock was full"] * 4
    assert [h["quote"] for h in find_hits(study, "e\u0301 ש", sources=["P01"], kind="regex")] == ["e\u0301 ש"]


def test_what_stands_around_a_hit_is_of_its_own_turn(study):
    [first, second] = find_hits(study, "dock", sources=["P01"])
    assert (first["before"], first["quote"], first["after"]) == ("Well, the ", "dock", " was full. I walked e\u0301 שלום.")
    assert (second["before"], second["after"]) == ("That ", " was full too. <img src=x…")  # forty characters at most, whole words, and none of the question before
    assert [(TALK[h["start"]:h["end"]], h["source"]) for h in (first, second)] == [("dock", "P01")] * 2


def test_passages_found_in_a_text_that_was_corrected_since_are_refused_whichever_source_is_open(study):
    b = Browser(CodingWidget(study, "P01"))
    hits = last(b.say(type="search", query="dock was", kind="words", unit="match", everywhere=True, view="v"), "hits")
    assert {h["source"] for h in hits["hits"]} == {"P01", "P02"} == set(hits["revisions"]) and hits["to"] == "v"
    spans = [[h["source"], h["start"], h["end"]] for h in hits["hits"]]
    importers.correct_text(study, "P02", text="Now: " + TALK)
    told = b.say(type="apply", code="Gives up", spans=spans, revisions=hits["revisions"])
    assert "P02" in last(told, "refused")["reason"] and "corrected" in last(told, "refused")["reason"] and study.codings.empty
    b.say(type="apply", code="Gives up", spans=[s for s in spans if s[0] == "P01"], revisions=hits["revisions"])
    assert set(study.codings["source"]) == {"P01"} and set(study.codings["quote"]) == {"dock was"}


# -- Keys ---------------------------------------------------------------------------------------------------------------------
def test_keys_of_the_widget_and_the_browser_are_refused(study):
    for key in [*KEYS.values(), "5", "shift+3", "ctrl+t", "mod+n", "mod+alt+q", "arrowleft", "", "qq", "insert", "contextmenu"]:
        with pytest.raises(BadInput): check_key(key)
    for key in ("alt+d", "alt+q", "alt+shift+q", "alt+arrowleft", "alt+arrowright", "alt+home", "f1", "F5", "f12", "shift+f10"):
        with pytest.raises(BadInput, match="screen readers"): check_key(key)
    with pytest.raises(BadInput, match=r"Ctrl\+b"): check_key("mod+b")
    assert check_key("Q") == "shift+q" and check_key("q") == "q" and check_key("ü") == "ü"
    with pytest.raises(AlreadyThere, match="Dock full"): check_key("q", taken={"q": "Dock full"})
    with pytest.raises(BadInput, match="sentence"): CodingWidget(study, "P01", codes={"s": "Dock full"})


def test_a_key_given_in_the_browser_moves_with_its_code(study):
    b = Browser(CodingWidget(study, "P01", codes={"q": "Dock full"}))
    assert last(b.say(type="key", key="v", code="Dock full"), "keys")["keys"] == {"v": study.code_id("Dock full")}
    assert b.widget.shortcuts == {"v": "Dock full"}
    assert "screen readers" in last(b.say(type="key", key="alt+d", code="Gives up"), "refused")["reason"] and b.widget.shortcuts == {"v": "Dock full"}
    assert "free letters" in last(b.say(type="key", key="s", code="Gives up"), "refused")["cure"]


def test_a_code_keeps_its_key_when_it_is_renamed_and_a_code_that_is_gone_leaves_its_key(study):
    b = Browser(CodingWidget(study, "P01", codes={"q": "Dock full", "v": "Gives up"}))
    codebook.rename_code(study, "Dock full", to="No free dock")
    assert b.widget.shortcuts == {"q": "No free dock", "v": "Gives up"}
    told = last(b.say(type="ready", view="v"), "source")
    assert dict(zip(told["codes"]["id"], told["codes"]["name"]))[told["keys"]["q"]] == "No free dock"
    with pytest.raises(AlreadyThere, match="No free dock"): check_key("q", taken=b.widget.shortcuts)
    codebook.merge_codes(study, ["Gives up"], into="No free dock")
    assert b.widget.shortcuts == {"q": "No free dock"}
    codebook.add_code(study, "Late", facet="pain")
    assert last(b.say(type="key", key="v", code="Late"), "keys")["keys"] == {"q": told["keys"]["q"], "v": study.code_id("Late")}


def test_every_own_key_is_used_once():
    assert len(set(KEYS.values())) == len(KEYS)


# -- Safe ---------------------------------------------------------------------------------------------------------------------
def test_the_words_stay_out_of_the_saved_notebook(study):
    w = CodingWidget(study, "P01")
    b = Browser(w)
    b.add("the dock was full", "Dock full")
    b.say(type="memo", about="source", target=None, text="secret thought")
    said = json.dumps({k: v for k, v in w.get_state().items() if k not in ("_esm", "_css")}) + json.dumps(w._repr_mimebundle_(), default=str)
    for word in ("dock", "walked", "secret", "Dock full"): assert word not in said


def test_without_script_a_table_of_counts_stands_in_that_holds_no_word(study):
    other = Study(study.address, coder="AN")
    codebook.add_code(study, "How was it", facet="stage")  # a code named in vivo: its name is what somebody said
    for code, words in (("Dock full", "the dock was full"), ("How was it", "I walked"), ("Dock full", "the dock was")):
        coding.code(study, code, source="P01", quote=words)
    coding.code(other, "Gives up", source="P01", quote="That dock was full too.")
    rows = lambda told: [re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", row) for row in re.findall(r"<tr>(.*?)</tr>", told["text/html"])]
    told = CodingWidget(study, "P01")._repr_mimebundle_()[0]
    assert rows(told) == [["facet", "codes", "codings"], ["behaviour", "1", "1"], ["pain", "1", "2"], ["stage", "1", "1"]]
    for kind in ("text/plain", "text/html"):
        assert "source P01: 2 of 2 turns coded, 4 codings" in told[kind] and "Run this cell" in told[kind]
        assert not [word for word in ("dock", "Dock", "walked", "How was", "Gives") if word in told[kind]]
    blind = CodingWidget(study, "P01", blind=True)._repr_mimebundle_()[0]
    assert rows(blind)[1:] == [["pain", "1", "2"], ["stage", "1", "1"]] and "1 of 2 turns coded, 3 codings" in blind["text/plain"]


def test_saved_text_is_a_table_of_turns_each_with_its_codings(study):
    coding.code(study, "Dock full", source="P01", quote="full. I walked e\u0301 שלום.\nI: And")
    told = CodingWidget(study, "P01", save_text=True)._repr_mimebundle_()[0]["text/html"]
    rows = [re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", row, re.DOTALL) for row in re.findall(r"<tr>(.*?)</tr>", told, re.DOTALL)]
    assert [r[:2] for r in rows] == [["turn", "speaker"], ["1", "I"], ["2", "A"], ["3", "I"], ["4", "A"]]
    assert [re.sub(r"</?(ul|li)[^>]*>", "", r[3]) for r in rows[1:]] == ["", "Dock full (MB): full. I walked e\u0301 שלום.", "Dock full (MB): And", ""]
    assert rows[4][2] == "That dock was full too. &lt;img src=x onerror=alert(1)&gt;"
    assert told.count("scope='col'") == 4 and told.count("scope='row'") == 4 and "<caption" in told


def test_saved_text_is_there_when_asked_for_and_escaped_in_the_table(study):
    coding.code(study, "Dock full", source="P01", quote="the dock was full")
    w = CodingWidget(study, "P01", save_text=True)
    assert w.get_state(["saved"])["saved"]["text"] == TALK
    table = w._repr_mimebundle_()[0]["text/html"]
    assert "the dock was full" in table and "Dock full" in table and "<img" not in table and "&lt;img" in table


def test_a_read_only_study_opens_and_refuses_to_write(study, tmp_path):
    address = study.address
    study.close()
    path = tmp_path / "s.db"
    path.chmod(stat.S_IRUSR)
    tmp_path.chmod(stat.S_IRUSR | stat.S_IXUSR)
    try:
        again = Study(address, coder="MB")
        if not again.readonly: pytest.skip("this user may write everything")
        b = Browser(CodingWidget(again, "P01"))
        assert b.widget.state["readonly"] and last(b.heard, "source")["text"] == TALK
        assert "read-only" in last(b.add("dock", "Dock full"), "refused")["reason"]
    finally:
        tmp_path.chmod(stat.S_IRWXU)
        path.chmod(stat.S_IRUSR | stat.S_IWUSR)


@given(st.lists(st.tuples(st.sampled_from(["\nAnna: ", "\n\n", "\nInterviewer: ", "\nHow it began\n", ""]), st.text("ab é😀\n.?!  ", max_size=4000)), max_size=6))
@settings(max_examples=60)
def test_pieces_hold_every_word_of_every_turn_once_and_in_order(said):
    text, turns = "", {"start": [], "end": [], "speaker": []}
    for label, words in said:
        turns["start"].append(len(text := text + label))
        turns["end"].append(len(text := text + words))
        turns["speaker"].append(label.strip(": \n") if ":" in label else None)
    p = _pieces(text, turns)
    spans = list(zip(p["turn"], p["start"], p["end"], p["first"]))
    assert all(b - a <= 1800 for t, a, b, _ in spans if t >= 0) and all(x[2] <= y[1] for x, y in zip(spans, spans[1:]))
    for i, (a, b) in enumerate(zip(turns["start"], turns["end"])):
        mine = [s for s in spans if s[0] == i]
        assert "".join("".join(text[x:y].split()) for _, x, y, _ in mine) == "".join(text[a:b].split())
        assert [first for *_, first in mine] == [k == 0 for k in range(len(mine))]
    between = "".join(text[a:b] for t, a, b, _ in spans if t < 0)
    assert "Anna" not in between and between.count("How it began") == sum(label == "\nHow it began\n" for label, _ in said)


def test_codes_of_a_facet_look_different_and_keep_their_look(tmp_path):
    from personabench.sample_data import import_sample

    study = Study(tmp_path / "s.db", coder="MB", create=True)
    import_sample(study)
    def looks(): return {name: (facet, look) for name, facet, look in zip(*(_codes(study, blind=False)[c] for c in ("name", "facet", "look")))}
    before = looks()
    assert len(before) == 63 and len({look for _, look in before.values()}) == 63, "63 codes, 63 looks"
    assert {f: look // 12 for f, look in before.values() if f == "pain"} == {"pain": 0}
    of = _code_columns(_book(study), {})
    assert {n: look for n, look in zip(of["name"], of["look"])} == {n: look for n, (_, look) in before.items()}, "the codebook shows the same"
    codebook.add_code(study, "Nobody answers", facet="pain")
    codebook.merge_codes(study, ["Furious"], into="Annoyed")
    after = looks()
    assert {n: look for n, look in after.items() if n in before} == {n: look for n, look in before.items() if n in after}
    assert after["Nobody answers"][1] not in {look for _, look in before.values()}


def test_read_only_is_told_and_refused(study, monkeypatch):
    study.readonly = True
    b = Browser(CodingWidget(study, "P01"))
    assert b.widget.state["readonly"] is True
    assert "read-only" in last(b.add("dock", "Dock full"), "refused")["reason"] and study.codings.empty


@pytest.mark.parametrize("kind", [CodingWidget, CodebookWidget, AdjudicationWidget])
def test_what_travels_to_the_browser_is_60_kb_and_so_is_what_follows(study, kind):
    "The widget's own file and all that Python puts before it, as the browser gets it; then what it asks for."
    widget, heard = kind(study, "P01") if kind is not CodebookWidget else kind(study), []
    script, style = widget.get_state()["_esm"], widget.get_state()["_css"]
    widget.send = lambda content, buffers=None: heard.append(content)
    widget.receive({"type": "module", "view": "v"})
    [rest] = [m for m in heard if m["type"] == "module"]
    first, *then = [len(text.encode()) for text in (script, *rest["texts"])]
    print(f"{kind.__name__}: {first:,} bytes open it, {' and '.join(f'{n:,}' for n in then)} follow: {first + sum(then):,}")
    assert first <= 60_000 and max(then) <= 60_000 and sum(then) <= 75_000 and rest["to"] == "v"
    for text in (script, *rest["texts"]):
        assert text.count("export default") == 1 and "// @ts-check" in text
        for danger in ("innerHTML", "insertAdjacentHTML", "eval(", "document.write", "http://", "https://"): assert danger not in text
    assert style.count("{") == style.count("}") and "forced-colors" in style and "prefers-reduced-motion" in style


def test_a_saved_widget_carries_the_rest_of_its_script(study):
    kept = CodingWidget(study, "P01", save_text=True).saved
    assert all("export default function join" in text for text in kept["module"]) and len(kept["module"]) == 2 and CodingWidget(study, "P01").saved == {}


# -- Messages that come twice, late, or from an earlier text --------------------------------------------------------------------------
def test_a_message_said_again_is_answered_the_same_and_does_nothing_twice(study):
    b = Browser(CodingWidget(study, "P01"))
    b.add("the dock was full", "Dock full")
    coding_id = int(study.codings["coding_id"].iloc[0])
    other = Browser(CodingWidget(study, "P01"))  # another view's widget, such as after the cell ran again
    for message in ({"type": "recode", "id": coding_id, "code": "Gives up"}, {"type": "remove", "ids": [coding_id]}):
        first = last(b.say(guid=f"once-{message['type']}", **message), "ack")
        coding.undo(study)
        steps = study.last_event()
        assert last(other.say(guid=f"once-{message['type']}", **message), "ack") == first and study.last_event() == steps
    assert study.codings["code"].tolist() == ["Dock full"], "what was undone stays undone"


def test_positions_of_an_earlier_text_are_refused(study):
    b = Browser(CodingWidget(study, "P01"))
    b.add("the dock was full", "Dock full")
    coding_id, revision = int(study.codings["coding_id"].iloc[0]), last(b.say(type="ready", view="v"), "source")["revision"]
    importers.correct_text(study, "P01", text="Now: " + TALK)
    before = study.codings["quote"].tolist()
    for message in ({"type": "add", "start": 3, "end": 9, "items": [["late", "Gives up"]]}, {"type": "resize", "id": coding_id, "start": 3, "end": 9},
                    {"type": "apply", "code": "Gives up", "spans": [["P01", 3, 9]]}):
        told = b.say(guid=f"late-{message['type']}", source="P01", revision=revision, **message)
        assert "corrected" in last(told, "refused")["reason"]
    assert study.codings["quote"].tolist() == before == ["the dock was full"]


def test_a_coding_is_never_resized_from_another_source(study):
    b = Browser(CodingWidget(study, "P01"))
    b.add("the dock was full", "Dock full")
    told = b.say(type="resize", guid="r", source="P02", id=int(study.codings["coding_id"].iloc[0]), start=0, end=3)
    assert "P01" in last(told, "refused")["reason"] and study.codings["quote"].tolist() == ["the dock was full"]


def test_an_error_that_passes_is_told_so_and_any_error_is_answered(study):
    b = Browser(CodingWidget(study, "P01"))
    for wrong in ({"type": "remove", "ids": [2**70]}, {"type": "add_code", "name": None, "facet": "pain"},
                  {"type": "memo", "about": "source", "target": None, "text": None}):
        assert "again" not in last(b.say(guid="w" + wrong["type"], **wrong), "refused")
    study.readonly = True
    assert last(b.say(type="memo", guid="m", about="source", target=None, source="P01", text="x"), "refused")["again"]
    study.readonly = False
    assert last(b.say(type="memo", guid="m", about="source", target=None, source="P01", text="x"), "ack") and study.memos["text"].tolist() == ["x"]


def test_a_view_that_opens_late_leaves_the_news_to_all(study, tmp_path):
    b = Browser(CodingWidget(study, "P01"))
    coding.code(study, "Dock full", source="P01", quote="the dock was full")
    told = b.say(type="ready", view="second")
    assert last(told, "source")["to"] == "second" and "to" not in last(told, "changed")


def test_a_key_pressed_once_too_often_removes_no_interview(study):
    b = Browser(CodingWidget(study, "P01"))
    b.add("the dock was full", "Dock full")
    for _ in range(8): told = b.say(type="undo")
    assert "nothing more to undo here" in last(told, "notice")["text"].lower() or "Nothing to undo" in last(told, "notice")["text"]
    table_importers.import_codebook(study, pd.DataFrame({"code": ["Weather"], "facet": ["context"]}))
    told = last(b.say(type="undo"), "notice")["text"]
    assert "undo(study)" in told and "Weather" in set(study.codes["code"]) and last(b.say(type="ready", view="v"), "source")["undo"]["undo"] is None
    assert len(study.sources) == 2
    coding.undo(study)
    assert "Weather" not in set(study.codes["code"]), "Python's undo takes it back"


def test_blind_tells_not_even_how_much_others_did(study, tmp_path):
    colleague = Study(study.engine.url.render_as_string(hide_password=False), coder="AN")
    b = Browser(CodingWidget(study, "P01", blind=True))
    theirs = coding.code(colleague, "Dock full", source="P01", quote="the dock was full")
    coding.add_memo(colleague, "a thought", source="P01")
    news = last(b.say(type="ping"), "changed")
    assert news["codings"]["id"] == [] and theirs not in news["removed"] and news["removed"] == []
    assert last(b.say(type="progress"), "progress")["rows"]["memos"] == [0, 0]
    heard = {blind: Browser(CodingWidget(study, "P02", blind=blind)).heard for blind in (True, False)}
    used = {blind: sum(sum(m["codes"]["n"]) for m in told if "codes" in m and isinstance(m["codes"], dict)) for blind, told in heard.items()}
    assert used == {True: 0, False: 1}, "nor how often in other sources"
