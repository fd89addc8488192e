"""The editor without a browser: what each change does to the file, what is kept, what two people at one file see."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import personabench as pb
from personabench import store
from personabench.persona_editor import PersonaEditor
from personabench.claims import Claim, Evidence, Persona
from personabench.persona_files import _read_persona, read_personas
from personabench.personas import _text_mark
from personabench.schema import BadInput
from personabench.study import Study

WORDS = {"P01": "The dock was full again.", "P02": "Full dock, every evening.", "P03": "I could not leave the bike, full.", "P04": "There is always a free place."}
REMARK = "# agreed with the team in May\n"


@pytest.fixture
def study():
    with Study(":memory:", coder="MB", create=True) as made:
        for name, words in WORDS.items():
            with made.step("import", f"import {name}") as step:
                turns = [{"start": 0, "end": len(words), "speaker": name}]
                store.add_source(step, name, text=words, turns=turns, speakers={name: (name, "participant")}, kind="interview")
        pb.add_code(made, "Full dock", facet="pain")
        pb.add_code(made, "Free place", facet="gain", definition="The opposite of Full dock.")
        for name in ("P01", "P02", "P03"): pb.code(made, "Full dock", source=name, quote=WORDS[name])
        pb.code(made, "Free place", source="P04", quote=WORDS["P04"])
        yield made


def said(name: str, code: str = "Full dock") -> Evidence:
    return Evidence(kind="quote", quote=WORDS[name], source=name, start=0, end=len(WORDS[name]), case=name, code=code, date="2026-05-04")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    hand = Claim(id="goal-home", text="Wants to be home at six", facet="goal")
    path = tmp_path / "ash.yaml"
    Persona(id="ash", name="Ash", label="Commutes", created="2026-05-12", claims=[hand, Claim(id="need-bike", text="Needs a bike", facet="need")]).to_yaml(path)
    path.write_text(REMARK + path.read_text("utf-8").replace("  - id: need-bike", "  # ask again in autumn\n  - id: need-bike"), "utf-8")
    return path


@pytest.fixture
def sent() -> list[dict[str, Any]]: return []


@pytest.fixture
def editor(study: Study, file: Path, sent: list) -> PersonaEditor:
    made = PersonaEditor(study, file, today="2026-06-01")
    made.send = lambda content, buffers=None: sent.append(json.loads(json.dumps(content)))  # as JSON, as the browser gets it
    return made


@pytest.fixture
def do(editor: PersonaEditor, sent: list) -> Callable[..., dict]:
    "Send a message and return the answer."
    count = iter(range(1000))

    def send(kind: str, **m: Any) -> dict:
        editor.receive({"type": kind, "guid": f"g{next(count)}", "view": "v"} | m)
        return sent[-1]

    return send


def claims(file: Path) -> dict[str, Claim]: return {c.id: c for c in _read_persona(file).claim_list}


def test_words_are_changed_and_every_other_byte_stays(do, file):
    before = file.read_text("utf-8")
    assert do("text", claim="goal-home", value="Wants to be home at <b>six</b>", was="Wants to be home at six")["type"] == "ack"
    assert do("field", field="name", value="  Wren\n ")["said"] == "the name"
    assert do("field", field="label", value="")["type"] == "ack"
    after = file.read_text("utf-8")
    assert after == before.replace("Wants to be home at six", "Wants to be home at <b>six</b>").replace("name: Ash", "name: Wren").replace("label: Commutes\n", "")
    assert after.startswith(REMARK) and "# ask again in autumn" in after


def test_statements_are_added_as_assumptions_moved_and_removed(do, file):
    do("add", facet="need", value="A bike")
    do("add", facet="need", value="A bike")
    assert list(claims(file)) == ["goal-home", "need-bike", "need-a-bike", "need-a-bike-2"] and claims(file)["need-a-bike"].strength == "assumption"
    do("move", claim="need-a-bike-2", by=-2)
    do("remove", claim="goal-home")
    assert list(claims(file)) == ["need-a-bike-2", "need-bike", "need-a-bike"] and "# ask again in autumn\n  - id: need-bike" in file.read_text("utf-8")
    do("move", claim="need-a-bike-2", by=-1)
    assert list(claims(file))[0] == "need-a-bike-2", "the first stays the first"
    do("facet", claim="need-bike", value="goal")
    assert claims(file)["need-bike"].facet == "goal"


def test_quotes_are_found_attached_and_make_the_claim_stronger_as_the_checks_count(do, file, study):
    found = do("search", claim="need-bike", words="full DOCK")["rows"]
    assert [r["case"] for r in found] == ["P01", "P02", "P03"], "in the words or in the name of the code"
    for r in found: assert do("attach", claim="need-bike", side="for", **{k: r[k] for k in ("source", "start", "end", "code")})["type"] == "ack"
    c = claims(file)["need-bike"]
    assert (c.people, c.base, c.quotes, c.strength, c.stated) == (3, 4, 3, "supported", "supported") and c.share == .75 and c.low < .75 < c.high
    assert do("search", claim="need-bike", words="full")["rows"] == []
    against = do("search", claim="need-bike", words="free")["rows"][0]
    do("attach", claim="need-bike", side="against", **{k: against[k] for k in ("source", "start", "end", "code")})
    assert (claims(file)["need-bike"].against_people, claims(file)["need-bike"].strength) == (1, "supported")
    assert pb.check(study, personas=file, today="2026-06-01").query("level == 'error'").empty
    twice = do("attach", claim="need-bike", side="for", **{k: found[0][k] for k in ("source", "start", "end", "code")})
    assert twice["type"] == "refused" and "attached already" in twice["reason"]
    do("detach", claim="need-bike", side="for", place=0, was=WORDS["P01"])
    assert (claims(file)["need-bike"].people, claims(file)["need-bike"].strength) == (2, "anecdote")
    assert do("detach", claim="need-bike", side="for", place=0, was="other words")["type"] == "refused"
    for _ in range(2): do("detach", claim="need-bike", side="for", place=0)
    assert (claims(file)["need-bike"].people, claims(file)["need-bike"].share, claims(file)["need-bike"].strength) == (0, None, "assumption")
    assert pb.check(study, personas=file, today="2026-06-01").query("level == 'error'").empty


def test_a_coded_claim_is_counted_by_its_codes_and_against_by_its_opposites(study, tmp_path, sent):
    path = tmp_path / "b.yaml"
    full = Claim(id="pain-full", text="Full", facet="pain", codes=["Full dock"], people=1, base=1, quotes=1, evidence=[said("P01")])
    Persona(id="b", name="Bo", claims=[full]).to_yaml(path)
    made = PersonaEditor(study, path, today="2026-06-01")
    made.send = lambda content, buffers=None: sent.append(content)
    made.receive({"type": "attach", "claim": "pain-full", "side": "for", "source": "P02", "start": 0, "end": len(WORDS["P02"]), "code": "Full dock", "guid": "1"})
    c = claims(path)["pain-full"]
    assert (c.people, c.base, c.quotes, c.against_people, c.against_quotes) == (3, 4, 3, 1, 1), "counted, not only those listed"
    assert "count-right" not in set(pb.check(study, personas=path)["rule"])


def test_a_survey_s_claim_takes_no_quote_and_says_why(study, tmp_path, sent):
    figure = Evidence(kind="survey", survey="s", variable="use", value="work", n=100, share=.9, low=.8, high=.95, rest=.5)
    path = tmp_path / "b.yaml"
    use = Claim(id="use", text="Works", facet="behaviour", people=90, base=100, share=.9, low=.8, high=.95, evidence=[figure])
    Persona(id="b", name="Bo", claims=[use]).to_yaml(path)
    before, made = path.read_bytes(), PersonaEditor(study, path)
    made.send = lambda content, buffers=None: sent.append(content)
    made.receive({"type": "attach", "claim": "use", "side": "for", "source": "P02", "start": 0, "end": len(WORDS["P02"]), "code": "Full dock", "guid": "1"})
    assert sent[-1]["type"] == "refused" and "statement of its own" in sent[-1]["cure"] and path.read_bytes() == before


def test_undo_and_redo_write_the_file(do, file, editor):
    first = file.read_bytes()
    do("add", facet="need", value="A bike")
    second = file.read_bytes()
    assert do("undo")["said"] == "undo: the new statement \u201cA bike\u201d" and file.read_bytes() == first
    assert do("redo")["type"] == "ack" and file.read_bytes() == second
    do("undo")
    do("field", field="name", value="Wren")
    assert do("redo")["type"] == "refused", "a new change ends what could be done again"
    do("undo")
    assert file.read_bytes() == first and do("undo")["type"] == "refused"


def test_a_message_that_comes_twice_is_done_once(editor, file, sent):
    for _ in range(2): editor.receive({"type": "add", "facet": "need", "value": "Once", "guid": "same"})
    assert list(claims(file)) == ["goal-home", "need-bike", "need-once"] and sent[-1]["type"] == "ack"


def test_a_change_by_hand_meanwhile_is_taken_in_and_can_be_undone(do, file, editor):
    file.write_text(file.read_text("utf-8").replace("label: Commutes", "label: Commutes by bike # better"), "utf-8")
    assert do("add", facet="need", value="A bike")["type"] == "ack"
    assert editor.persona.label == "Commutes by bike" and "# better" in file.read_text("utf-8") and len(claims(file)) == 3
    do("undo")
    do("undo")
    assert _read_persona(file).label == "Commutes"


def test_a_change_in_the_moment_of_writing_is_not_taken_back(do, file, editor, sent, monkeypatch):
    theirs = file.read_text("utf-8").replace("Needs a bike", "Needs two bikes")
    monkeypatch.setattr(editor._session, "take_in", lambda: file.write_text(theirs, "utf-8"))  # between looking and writing
    do("field", field="name", value="Blair")
    refused = [m for m in sent if m["type"] == "refused"]
    assert file.read_text("utf-8") == theirs and len(refused) == 1 and "just changed" in refused[0]["reason"] and refused[0]["cure"]


def test_the_same_words_changed_by_two_are_a_conflict_and_both_are_kept(do, file, editor):
    file.write_text(file.read_text("utf-8").replace("Wants to be home at six", "Wants to be home by seven"), "utf-8")
    told = do("text", claim="goal-home", value="Wants to be home early", was="Wants to be home at six")
    assert told["type"] == "conflict" and (told["theirs"], told["yours"]) == ("Wants to be home by seven", "Wants to be home early")
    assert "Wants to be home by seven" in told["place"]
    kept = file.with_name(told["kept"])
    assert claims(file)["goal-home"].text == "Wants to be home by seven" and "Wants to be home early" in kept.read_text("utf-8")
    assert len(read_personas(file.parent)) == 1, "the other version is no second persona"
    assert do("settle", kept=told["kept"], edit=told["edit"])["type"] == "ack"
    assert claims(file)["goal-home"].text == "Wants to be home early" and not kept.exists()
    do("undo")
    assert claims(file)["goal-home"].text == "Wants to be home by seven", "theirs is a step back"


def test_a_conflict_ended_for_the_file_leaves_it_alone_and_no_other_file_can_be_removed(do, file):
    file.write_text(file.read_text("utf-8").replace("name: Ash", "name: Fern"), "utf-8")
    told = do("field", field="name", value="Wren", was="Ash")
    before = file.read_bytes()
    do("settle", kept="ash.yaml", edit=None)
    assert file.exists()
    do("settle", kept=told["kept"], edit=None)
    assert file.read_bytes() == before and [p.name for p in file.parent.iterdir()] == ["ash.yaml"]


def test_a_file_broken_by_hand_stops_writing_with_line_and_cure_and_goes_on_when_it_is_mended(do, file, editor, sent):
    whole = file.read_text("utf-8")
    file.write_text(whole.replace("facet: goal", "facet: gaol"), "utf-8")
    broken, told = file.read_bytes(), do("add", facet="need", value="A bike")
    line = next(i for i, words in enumerate(broken.decode().splitlines(), 1) if "gaol" in words)
    assert told["type"] == "refused" and f"line {line}" in told["reason"] and "gaol" in told["reason"] and "read again" in told["cure"] and file.read_bytes() == broken
    assert "cannot be read" in sent[-2]["problem"]
    file.write_text(whole, "utf-8")
    assert do("add", facet="need", value="A bike")["type"] == "ack" and sent[-2]["problem"] == "" and len(claims(file)) == 3
    file.unlink()
    assert do("add", facet="need", value="More")["type"] == "refused"


@pytest.mark.parametrize("message", [
    {"type": "text", "claim": "goal-home", "value": "  "}, {"type": "text", "claim": "nobody", "value": "x"}, {"type": "field", "field": "name", "value": ""},
    {"type": "field", "field": "id", "value": "x"}, {"type": "facet", "claim": "goal-home", "value": "gaol"}, {"type": "add", "facet": "gaol", "value": "x"},
    {"type": "add", "value": ""},
    {"type": "attach", "claim": "goal-home", "source": "P01", "start": 1, "end": 3, "code": "Full dock"}, {"type": "nonsense"}])
def test_nothing_is_refused_silently_or_half_done(do, file, message):
    before = file.read_bytes()
    told = do(**{"kind": message["type"], **{k: v for k, v in message.items() if k != "type"}})
    assert told["type"] == "refused" and told["reason"] and told["cure"] and file.read_bytes() == before


def test_meter_and_checks_are_those_of_python(study, file, sent, do):
    do("field", field="name", value="Wren")
    live = do("live")
    assert live["meters"] == [] and {f["rule"] for f in live["findings"]} == {"assumption", "label-backed"}  # nothing claims that they commute
    assert {f["claim"] for f in live["findings"] if f["rule"] == "assumption"} == {"goal-home", "need-bike"}


def test_the_meter_says_how_many_match_and_what_costs_most(study, tmp_path, sent):
    import pandas as pd

    frame = pd.DataFrame({"respondent": [f"R{i}" for i in range(100)], "use": ["work"] * 50 + ["fun"] * 50, "pass": (["year"] * 10 + ["day"] * 40) * 2})
    pb.import_survey(study, frame, id="respondent", name="s")
    figures = {"n": 50, "low": .7, "high": .95, "rest": .1}
    both = [Claim(id=v, text=v, facet="behaviour", people=45, base=50, share=.9, low=.7, high=.95,
                  evidence=[Evidence(kind="survey", survey="s", variable=v, value=x, share=.9, **figures)]) for v, x in (("use", "work"), ("pass", "year"))]
    Persona(id="b", name="Bo", claims=both).to_yaml(tmp_path / "b.yaml")
    made = PersonaEditor(study, tmp_path)
    made.send = lambda content, buffers=None: sent.append(json.loads(json.dumps(content)))
    made.receive({"type": "live"})
    [meter] = sent[-1]["meters"]
    assert (meter["people"], meter["base"]) == (10, 100) and "10 of 100 (10 %, 95 % interval 5.5 to 17 %)" in meter["text"]
    assert meter["traits"] == [["use", "work", 50, 100, 20, False], ["pass", "year", 20, 100, 50, True]]


def test_words_of_a_person_who_withdrew_are_not_sent(study, file, sent, do, editor):
    do("attach", claim="need-bike", side="for", source="P01", start=0, end=len(WORDS["P01"]), code="Full dock")
    pb.withdraw(study, case="P01")
    do("ready")
    assert "The dock was full again" not in json.dumps(sent[-2:]) and sent[-2]["rows"][1]["evidence"][0]["withdrawn"]


def test_the_first_of_a_folder_is_shown_and_the_others_can_be_picked(study, file, do, editor, sent):
    other = Persona(id="bo", name="Bo", label="Rides on Sundays", claims=[Claim(id="goal-calm", text="Wants calm", facet="goal")])
    other.to_yaml(file.parent / "bo.yaml")
    made = PersonaEditor(study, file.parent, today="2026-06-01")
    made.send = lambda content, buffers=None: sent.append(json.loads(json.dumps(content)))
    made.receive({"type": "ready"})
    assert sent[-2]["file"] == "ash.yaml" and sent[-2]["files"] == [["ash.yaml", "ash.yaml: Ash: Commutes"], ["bo.yaml", "bo.yaml: Bo: Rides on Sundays"]]
    made.receive({"type": "text", "claim": "goal-home", "value": "Wants to be home", "guid": "1"})
    made.receive({"type": "pick", "value": "bo.yaml", "guid": "2"})
    assert sent[-2]["file"] == "bo.yaml" and [r["text"] for r in sent[-2]["rows"]] == ["Wants calm"] and made.persona.name == "Bo" and made.path.name == "bo.yaml"
    made.receive({"type": "text", "claim": "goal-calm", "value": "Wants quiet", "guid": "3"})
    assert claims(file.parent / "bo.yaml")["goal-calm"].text == "Wants quiet" and claims(file)["goal-home"].text == "Wants to be home"
    made.receive({"type": "pick", "value": "ash.yaml", "guid": "4"})
    made.receive({"type": "undo", "guid": "5"})
    assert claims(file)["goal-home"].text == "Wants to be home at six", "each file keeps what can be undone"
    made.receive({"type": "pick", "value": "../secret.yaml", "guid": "6"})
    assert sent[-1]["type"] == "refused" and made.path.name == "ash.yaml"
    do("ready")
    assert sent[-2]["files"] == [], "one file needs no choice"


def test_statements_stand_in_the_order_of_the_card_and_are_called_by_their_words(do, file, sent):
    do("add", facet="pains", value="Full docks")
    do("add", facet="scenario", value="Rides to work at seven and finds no bike")
    do("ready")
    assert [(r["group"], r["text"]) for r in sent[-2]["rows"]] == [("Goals", "Wants to be home at six"), ("Needs", "Needs a bike"), ("Pains", "Full docks"),
                                                                   ("Other", "Rides to work at seven and finds no bike")]
    assert do("text", claim="goal-home", value="Wants to be home early")["said"] == "the text of \u201cWants to be home early\u201d"
    for kind in ("role", "tech comfort", "age", "devices", "location", "scenario", "objections"):
        assert kind in sent[-2]["kinds"] and do("facet", claim="need-bike", value=kind)["type"] == "ack"
        assert claims(file)["need-bike"].heading == kind
        do("ready")
        assert next(r for r in sent[-2]["rows"] if r["id"] == "need-bike")["kind"] == kind
    do("facet", claim="need-bike", value="needs")
    assert (claims(file)["need-bike"].facet, claims(file)["need-bike"].field) == ("need", None)


def test_nothing_is_saved_with_the_notebook(study, file, editor):
    with pytest.raises(BadInput, match="no such folder"): PersonaEditor(study, file.parent / "none")
    (file.parent / "b.yaml").write_text(file.read_text("utf-8").replace("id: ash", "id: b"), "utf-8")
    with pytest.raises(BadInput, match="no such folder"): PersonaEditor(study, file.parent / "nowhere")
    assert set(editor.state) == {"file", "run"} and "Wants to be home" not in json.dumps({k: v for k, v in editor.get_state().items() if k != "_esm"}, default=str)
    assert "Wants" not in editor._repr_mimebundle_()[0]["text/html"] and "2 statements" in editor._repr_mimebundle_()[0]["text/plain"]


def test_what_opens_it_is_small():
    assert len(PersonaEditor._esm.encode()) <= 60_000


def test_a_ping_reads_no_file_again(study, file, tmp_path, monkeypatch):
    for n in range(3): Persona(id=f"p{n}", name=f"Pim {n}", claims=[]).to_yaml(tmp_path / f"p{n}.yaml")
    made, read, sent = PersonaEditor(study, tmp_path), [], []
    made.send = lambda content, buffers=None: sent.append(content)
    made.receive({"type": "ready", "view": "v"})
    monkeypatch.setattr("personabench.persona_editor._read_persona", lambda path: read.append(path) or _read_persona(path))
    for _ in range(5): made.receive({"type": "ping", "view": "v"})
    assert read == []
    other = next(path for path in made._files.values() if path.name == "p2.yaml")
    other.write_text(other.read_text("utf-8").replace("Pim 2", "Pimmie"), "utf-8")
    made.receive({"type": "ping", "view": "v"})
    assert read == [other] and any("Pimmie" in title for _, title in sent[-2]["files"])


def test_undo_takes_back_nothing_that_was_not_seen(do, file, editor):
    do("text", claim="goal-home", value="Other words", was="Wants to be home at six")
    file.write_text(file.read_text("utf-8").replace("name: Ash", "name: Wren"), "utf-8")
    assert do("undo")["type"] == "refused" and _read_persona(file).name == "Wren" and claims(file)["goal-home"].text == "Other words"
    assert do("undo")["said"] == "undo: what was changed in the file by another program" and _read_persona(file).name == "Ash"


def test_who_looked_says_that_the_evidence_holds_the_new_words(study, tmp_path, sent):
    path, drafted = tmp_path / "b.yaml", Claim(id="pain-full", text="Full", facet="pain", codes=["Full dock"], drafted=_text_mark("Full"), evidence=[said("P01")])
    Persona(id="b", name="Bo", claims=[drafted]).to_yaml(path)
    made = PersonaEditor(study, path, today="2026-06-01")
    made.send = lambda content, buffers=None: sent.append(content)
    def reworded() -> bool: return "reworded" in set(pb.check(study, personas=path, today="2026-06-01")["rule"])
    made.receive({"type": "text", "claim": "pain-full", "value": "Docks are full", "was": "Full", "guid": "1"})
    assert reworded()
    made.receive({"type": "confirm", "claim": "pain-full", "was": "Docks are full", "guid": "2"})
    assert sent[-1]["type"] == "ack" and not reworded()


def test_a_quote_of_somebody_else_is_marked_and_counts_for_nobody(study, tmp_path, sent):
    path = tmp_path / "b.yaml"
    Persona(id="b", name="Bo", cases=["P03", "P04"], interviewed=2, claims=[Claim(id="need-bike", text="Needs a bike", facet="need")]).to_yaml(path)
    made = PersonaEditor(study, path, today="2026-06-01")
    made.send = lambda content, buffers=None: sent.append(content)
    made.receive({"type": "search", "claim": "need-bike", "words": "full"})
    rows = sent[-1]["rows"]
    assert [(r["case"], r["outside"]) for r in rows] == [("P03", False), ("P01", True), ("P02", True)]
    made.receive({"type": "attach", "claim": "need-bike", "side": "for", "guid": "1", **{k: rows[1][k] for k in ("source", "start", "end", "code")}})
    c = claims(path)["need-bike"]
    assert (c.people, c.base, c.quotes) == (0, 2, 0)
    assert set(pb.check(study, personas=path).query("level == 'error'")["rule"]) == {"outside-segment"}
    made.receive({"type": "search", "claim": "need-bike", "words": "ull"})
    assert sent[-1]["rows"] == [], "words are found by how they begin"


def test_what_stands_in_the_order_of_its_figures_is_not_moved(study, tmp_path, sent):
    apart = {"rest": .5, "difference_low": .3, "difference_high": .5, "q": .001}
    path, figures = tmp_path / "b.yaml", {"kind": "survey", "survey": "s", "value": "work", "n": 100, "share": .9, "low": .8, "high": .95, **apart}
    listed = [Claim(id=v, text=v, facet="behaviour", people=90, base=100, share=.9, low=.8, high=.95, evidence=[Evidence(variable=v, effect=e, **figures)])
              for v, e in (("small", .5), ("large", .9))]
    Persona(id="b", name="Bo", claims=listed).to_yaml(path)
    before, made = path.read_bytes(), PersonaEditor(study, path)
    made.send = lambda content, buffers=None: sent.append(content)
    made.receive({"type": "ready", "view": "v"})
    assert [(r["id"], r["fixed"]) for r in sent[-2]["rows"]] == [("large", True), ("small", True)]
    made.receive({"type": "move", "claim": "small", "by": -1, "guid": "1"})
    assert sent[-1]["type"] == "refused" and path.read_bytes() == before
