"""The codebook widget as a plain object, and what it stands on: definitions, the preview of a merge, the codebook as it was."""

from __future__ import annotations

import json
import random
import re

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from personabench import codebook, coding, consent, store
from personabench.codebook_widget import CODEBOOK_KEYS, CodebookWidget, Definition, codebook_at, preview_merge, read_definition, widget_files
from personabench.schema import BadInput, NoSuchCode, NoSuchName
from personabench.study import Study

TALK = "The dock was full 😀. I walked. Nobody refills the docks. <b>שלום</b> The price goes up."


def fill(study: Study) -> Study:
    with study.step("import", "import P01") as step:
        store.add_source(step, "P01", text=TALK, turns=[{"start": 0, "end": 50, "speaker": "A"}, {"start": 51, "end": len(TALK), "speaker": "B"}],
                         speakers={"A": ("P01", "participant"), "B": ("P02", "participant")})
    codebook.add_code(study, "Waiting", facet="pain")
    codebook.add_code(study, "Dock full", facet="pain", parent="Waiting", definition="No dock.\n\nInclude:\n- all docks full")
    codebook.add_code(study, "No dock", facet="need")
    for name, quote in (("Dock full", "The dock was full 😀."), ("No dock", "The dock was full 😀."), ("No dock", "Nobody refills"), ("No dock", "The price goes up.")):
        coding.code(study, name, source="P01", quote=quote)
    return study


@pytest.fixture
def study(tmp_path) -> Study: return fill(Study(tmp_path / "s.db", coder="MB", create=True))


class Browser:
    "Sends messages as the script does and keeps what it hears."
    def __init__(self, widget: CodebookWidget):
        self.widget, self.heard, self.n = widget, [], 0
        widget.send = lambda content, buffers=None: self.heard.append(json.loads(json.dumps(content)))  # what cannot be JSON fails here
        self.say(type="ready")

    def say(self, **message) -> list[dict]:
        self.n += 1
        before = len(self.heard)
        self.widget._handle_custom_msg({"guid": f"{id(self)}-{self.n}", "view": "v", **message}, [])
        return self.heard[before:]


def last(replies: list[dict], kind: str) -> dict:
    found = [r for r in replies if r["type"] == kind]
    assert found, f"no {kind} among {[(r['type'], r.get('reason')) for r in replies]}"
    return found[-1]


def table(message: dict) -> pd.DataFrame: return pd.DataFrame(message["codes"]).set_index("name")


# -- Definitions --------------------------------------------------------------------------------------------------------------
LINE = st.text(st.characters(blacklist_categories=("Cs", "Cc", "Zl", "Zp")), min_size=1, max_size=30).map(str.strip).filter(
    lambda s: s and not s.lower().rstrip(": \u3000").startswith(("include", "exclude")) and not s.startswith(("-", "*", "•")))


@given(st.lists(LINE, max_size=3), st.lists(LINE, max_size=3), st.lists(LINE, max_size=3))
def test_a_definition_comes_back_as_it_was(words, include, exclude):
    made = Definition("\n".join(words), tuple(" ".join(x.split()) for x in include), tuple(" ".join(x.split()) for x in exclude))
    assert read_definition(str(made)) == made


@given(st.text())
def test_no_word_of_any_text_is_lost(text):
    d = read_definition(text)
    told = " ".join([d.words, *d.include, *d.exclude, "include exclude s : - * •"]).lower().split()
    assert set(text.lower().replace(":", " : ").split()) <= set(" ".join(told).replace(":", " : ").split()) | {"includes", "excludes", "include", "exclude", ":"}


def test_what_others_wrote_is_read_too():
    d = read_definition("Use it for waits.\nINCLUDES:\n* ten minutes\n• an hour\n\nexclude :\n- a queue\nand more words")
    assert d == ("Use it for waits.\nand more words", ("ten minutes", "an hour"), ("a queue",))
    assert read_definition(None) == Definition() and str(Definition()) == ""
    assert str(Definition("x", (" two\nlines ", " "), ())) == "x\n\nInclude:\n- two lines"


# -- The preview --------------------------------------------------------------------------------------------------------------
def test_preview_names_each_fate(study):
    told = preview_merge(study, ["No dock"], into="Dock full")
    assert list(zip(told["fate"], told["code"], told["quote"])) == [
        ("stays", "Dock full", "The dock was full 😀."), ("falls together", "No dock", "The dock was full 😀."),
        ("moves", "No dock", "Nobody refills"), ("moves", "No dock", "The price goes up.")]
    assert told["case"].tolist() == ["P01", "P01", "P01", "P02"]
    with pytest.raises(NoSuchCode, match="No dock"): preview_merge(study, ["No dok"], into="Dock full")
    with pytest.raises(BadInput): preview_merge(study, ["No dock"], into="No dock")
    with pytest.raises(BadInput, match="branch"): preview_merge(study, ["Waiting"], into="Dock full")


@settings(max_examples=40)
@given(st.integers(0, 10**6))
def test_the_merge_does_what_the_preview_said(seed):
    r, study = random.Random(seed), Study(":memory:", coder="MB")
    with study.step("import", "import") as step: store.add_source(step, "P01", text=TALK)
    for name in "ABCD": codebook.add_code(study, name, parent=r.choice(["A", None]) if name != "A" else None)
    for _ in range(r.randrange(12)):
        study.coder = r.choice(["MB", "AN"])
        start = r.randrange(3) * 5
        coding.code(study, r.choice("ABCD"), source="P01", start=start, end=start + 9)
    into, *names = r.sample("DCBA", 3) if r.random() < .5 else ["A", "B", "D"]
    try: told = preview_merge(study, names, into=into)
    except BadInput:
        with pytest.raises(BadInput): codebook.merge_codes(study, names, into=into)
        return
    moved = codebook.merge_codes(study, names, into=into)
    after = study.rows("codings", code=into)
    assert moved == (told["fate"] == "moves").sum()
    assert set(after["coding_id"]) == set(told.loc[told["fate"] != "falls together", "coding_id"])


# -- The codebook as it was ---------------------------------------------------------------------------------------------------
@settings(max_examples=12)
@given(st.integers(0, 10**6))
def test_the_past_is_what_the_codebook_was(seed):
    r, study, seen = random.Random(seed), Study(":memory:", coder="MB"), []
    with study.step("import", "import") as step: store.add_source(step, "P01", text=TALK)
    for i in range(10):
        names = study.codes["code"].tolist()
        try:
            match r.randrange(8) if names else 0:
                case 0: codebook.add_code(study, f"C{i}", facet=r.choice(["pain", "stage"]), order=r.choice([None, 1, 2]), parent=r.choice([*names, None]))
                case 1: codebook.rename_code(study, r.choice(names), to=f"R{i}")
                case 2: codebook.change_code(study, r.choice(names), parent=r.choice([*names, None]), definition=f"d{i}", online=r.choice([True, None]))
                case 3: codebook.merge_codes(study, [r.choice(names)], into=r.choice(names))
                case 4: coding.code(study, r.choice(names), source="P01", start=i, end=i + 4)
                case 5: coding.undo(study)
                case 6: coding.redo(study)
                case 7: codebook.split_code(study, (n := r.choice(names)), to=f"S{i}", codings=study.rows("codings", code=n)["coding_id"].tolist()[:1])
        except Exception as e:
            if not hasattr(e, "cure"): raise
        seen.append((study.last_event(), study.codes.drop(columns="cases")))
    plain = lambda f: f.astype(object).where(f.notna(), None)
    for event, then in seen: pd.testing.assert_frame_equal(plain(codebook_at(study, event)), plain(then), check_dtype=False)


def test_steps_that_never_were_are_refused(study):
    with pytest.raises(NoSuchName, match="0 to"): codebook_at(study, 999)
    assert codebook_at(study, 0).empty


# -- The widget ---------------------------------------------------------------------------------------------------------------
def test_ready_gets_the_codebook_as_columns(study):
    told = last(Browser(CodebookWidget(study)).heard, "codebook")
    f = table(told)
    assert f.index.tolist() == ["No dock", "Waiting", "Dock full"] and told["to"] == "v" and told["own"] == CODEBOOK_KEYS
    assert f["codings"].tolist() == [3, 0, 1] and f["cases"].tolist() == [2, 0, 1]
    assert f.loc["Dock full", "parent"] == study.code_id("Waiting") and f.loc["Dock full", "include"] == ["all docks full"] and f.loc["Dock full", "words"] == "No dock."


def test_every_change_is_a_verb_with_one_undo(study):
    b, i = Browser(CodebookWidget(study)), study.code_id
    told = b.say(type="add", name="Riding", facet="stage", parent=None)
    assert last(told, "ack")["id"] == i("Riding") and "Riding" in table(last(told, "codebook")).index
    b.say(type="add", name="Finding", facet="stage", parent=None)
    told = b.say(type="order", order=[[i("Finding"), 1], [i("Riding"), 2]])
    assert table(last(told, "codebook")).index[:2].tolist() == ["Finding", "Riding"]
    b.say(type="rename", id=i("No dock"), name="Dock empty")
    b.say(type="change", ids=[i("Waiting"), i("Riding")], changes={"colour": "#24A86C", "parts": ["Words", ["one"], []]})
    assert study.codes.set_index("code").loc[["Waiting", "Riding"], "definition"].tolist() == ["Words\n\nInclude:\n- one"] * 2
    b.say(type="move", ids=[i("Dock empty")], parent=i("Waiting"))
    told = b.say(type="split", id=i("Dock empty"), to="Price", codings=study.rows("codings", quote="The price goes up.")["coding_id"].tolist(), facet="attitude")
    assert last(told, "ack")["id"] == i("Price") and study.rows("codings", code="Price")["quote"].tolist() == ["The price goes up."]
    told = b.say(type="merge", ids=[i("Dock empty")], into=i("Dock full"))
    assert last(told, "ack")["notice"] == "Merged code 'Dock empty' into 'Dock full': 1 coding moved"
    b.say(type="remove", ids=[i("Riding"), i("Finding")])
    assert study.codes["code"].tolist() == ["Waiting", "Dock full", "Price"]
    for verb in ("remove 2 codes", "merge 'Dock empty'", "split 'Price'", "move code 'Dock empty' under 'Waiting'", "change colour, definition of 2 codes", "rename",
                 "order stages: Finding, Riding"):
        told = b.say(type="undo")
        assert verb in last(told, "ack")["notice"]
    assert study.codes["code"].tolist() == ["Finding", "No dock", "Riding", "Waiting", "Dock full"]
    assert "order stages" in last(told, "codebook")["undo"]["redo"]
    assert "order stages" in last(b.say(type="redo"), "ack")["notice"]


def test_a_change_said_twice_is_made_once(study):
    b, i = Browser(CodebookWidget(study)), study.code_id
    for k, m in enumerate([{"type": "add", "name": "New", "facet": "pain", "parent": None}, {"type": "merge", "ids": [i("No dock")], "into": i("Dock full")},
                           {"type": "split", "id": i("Dock full"), "to": "Half", "codings": study.rows("codings", quote="Nobody refills")["coding_id"].tolist()}]):
        first = last(b.say(**m, guid=f"g{k}"), "ack")
        before = study.last_event()
        assert last(b.say(**m, guid=f"g{k}"), "ack") == first and study.last_event() == before
    again = Browser(CodebookWidget(study))  # the kernel came back: nobody remembers the guid
    assert last(again.say(type="add", name="New", facet="pain", parent=None, guid="g0"), "ack")["id"] == i("New")
    assert "gone" in last(again.say(type="merge", ids=[again.widget.study.codes["code_id"].max() + 50], into=i("Dock full")), "refused")["reason"]


def test_a_change_said_again_to_a_new_kernel_is_not_made_again_nor_refused(study):
    b, i = Browser(CodebookWidget(study)), study.code_id
    for k, m in enumerate([{"type": "rename", "id": i("Waiting"), "name": "Queueing"}, {"type": "merge", "ids": [i("No dock")], "into": i("Dock full")}]):
        last(b.say(**m, guid=f"h{k}"), "ack")
        done = study.codes["code"].tolist()
        assert last(Browser(CodebookWidget(study)).say(**m, guid=f"h{k}", again=True), "ack") and study.codes["code"].tolist() == done, "done already: no refusal"
        coding.undo(study)
        undone = study.codes["code"].tolist()
        assert last(Browser(CodebookWidget(study)).say(**m, guid=f"h{k}", again=True), "ack") and study.codes["code"].tolist() == undone != done


def test_what_is_wrong_is_refused_with_a_cure(study):
    b, i = Browser(CodebookWidget(study)), study.code_id
    before = study.last_event()
    wrong = [
        ({"type": "rename", "id": i("No dock"), "name": "Waiting"}, "merge"),
        ({"type": "move", "ids": [i("Waiting")], "parent": i("Dock full")}, "move that one first"),
        ({"type": "remove", "ids": [i("No dock")]}, "merge_codes"),
        ({"type": "change", "ids": [i("Waiting")], "changes": {"colour": "red;background:url(x)"}}, "palette"),
        ({"type": "change", "ids": [i("Waiting")], "changes": {"facet": "wings"}}, ""),
        ({"type": "split", "id": i("No dock"), "to": "X", "codings": []}, "tick"),
        ({"type": "add", "name": "Waiting", "facet": "goal", "parent": None}, "another name"),
        ({"type": "rename", "id": 99, "name": "X"}, "colleague"),
        ({"type": "dance"}, "reload"), ({"type": "merge"}, ""), ({"type": "move", "ids": None, "parent": None}, ""), ({"type": "past", "event": "x"}, "")]
    for m, words in wrong:
        told = last(b.say(**m), "refused")
        assert told["reason"] and words in told["cure"], m
    assert study.last_event() == before


def test_several_are_changed_all_or_none(study):
    b, i = Browser(CodebookWidget(study)), study.code_id
    last(b.say(type="move", ids=[i("No dock"), i("Waiting")], parent=i("Dock full")), "refused")
    assert study.codes.set_index("code").loc["No dock", "parent"] is None


def test_preview_quotes_examples_and_history_change_nothing(study):
    b, i = Browser(CodebookWidget(study)), study.code_id
    before = study.last_event()
    told = last(b.say(type="preview", ids=[i("No dock"), i("Waiting")], into=i("Dock full")), "refused")
    assert "branch" in told["reason"]
    told = last(b.say(type="preview", ids=[i("Dock full")], into=i("No dock")), "preview")
    assert told["fates"] == {"stays": 3, "falls together": 1} and "facets differ" in told["warning"]
    assert told["definitions"] == [["Dock full", "No dock.\n\nInclude:\n- all docks full"]]
    assert last(b.say(type="quotes", id=i("No dock")), "quotes")["quotes"]["quote"] == ["The dock was full 😀.", "Nobody refills", "The price goes up."]
    told = last(b.say(type="examples", codings=[2, 77]), "examples")
    assert told["asked"] == [2, 77] and told["quotes"]["id"] == [2]
    steps = last(b.say(type="history"), "history")["steps"]
    assert steps["label"] == ["add code 'No dock'", "add code 'Dock full'", "add code 'Waiting'"]
    assert last(b.say(type="past", event=steps["event"][2]), "past")["codes"]["name"] == ["Waiting"]
    assert study.last_event() == before


def test_what_others_do_appears_at_the_next_heartbeat(study):
    b, other = Browser(CodebookWidget(study)), Study(study.address, coder="AN")
    coding.code(other, "Waiting", source="P01", quote="I walked.")
    f = table(last(b.say(type="ping"), "codebook"))
    assert f.loc["Waiting", ["codings", "cases"]].tolist() == [1, 1]
    codebook.rename_code(other, "Waiting", to="Standing")
    f = table(last(b.say(type="ping"), "codebook"))
    assert f.loc["Standing", "codings"] == 1
    assert [r["type"] for r in b.say(type="ping")] == ["pong"], "no news is one small message"


def test_read_only_is_told_and_refused(study):
    study.readonly = True
    b = Browser(CodebookWidget(study))
    assert b.widget.state["readonly"] is True and "read-only" in last(b.say(type="rename", id=study.code_id("Waiting"), name="X"), "refused")["reason"]


def test_no_word_gets_into_the_saved_notebook(study):
    w = CodebookWidget(study)
    Browser(w).say(type="quotes", id=study.code_id("No dock"))
    said = json.dumps({k: v for k, v in w.get_state().items() if k not in ("_esm", "_css")}) + json.dumps(w._repr_mimebundle_(), default=str)
    for word in ("Waiting", "Dock full", "refills", "docks full"): assert word not in said
    assert "run this cell" in said
    told = w._repr_mimebundle_()[0]
    rows = re.findall(r"<th scope='row'[^>]*>(.*?)</th><td[^>]*>(.*?)</td><td[^>]*>(.*?)</td>", told["text/html"])
    f = study.codes.groupby("facet").agg(codes=("code", "size"), codings=("codings", "sum"))
    assert sorted(rows) == sorted((facet, str(r.codes), str(r.codings)) for facet, r in f.iterrows()) and len(rows) > 1
    assert f"{len(study.codes)} codes, {len(study.codings)} codings" in told["text/plain"]


def test_every_own_key_is_used_once_and_is_no_letter():
    assert len(set(CODEBOOK_KEYS.values())) == len(CODEBOOK_KEYS)
    assert not [k for k in CODEBOOK_KEYS.values() if len(k) == 1 and k.isalnum()], "letters go to codes"


def test_script_and_style_come_from_the_package_and_stay_small():
    script, style = widget_files("codebook_widget")
    assert "// The codebook widget:" in script  # how long it may be: tests/test_coding_widget.py
    assert style.count("{") == style.count("}") and all(".pb" in line for line in style.splitlines() if line.startswith("."))


def test_a_code_made_of_the_words_of_who_refused_says_so(study, recwarn):
    said = "The dock was full 😀. I walked. Nobody"
    consent.record_consent(study, case="P01", consent="no quotes")
    b, warned = Browser(CodebookWidget(study)), "repeats words of P01, who is not to be quoted"
    told = last(b.say(type="add", name=said, facet="pain"), "ack")
    assert warned in told["notice"] and told["id"] == study.code_id(said)
    assert warned in last(b.say(type="rename", id=told["id"], name=f"{said} (again)"), "ack")["notice"]
    assert last(b.say(type="rename", id=told["id"], name="Full"), "ack")["notice"] is None
    told = last(b.say(type="split", id=study.code_id("No dock"), to=said, codings=[2], facet="pain"), "ack")
    assert warned in told["notice"] and told["id"] == study.code_id(said)
    assert not recwarn.list, "said in the widget, where it is seen"
