"""Consent: what a person takes back is in no file any more, everybody else's quotes stay verbatim, and nothing brings it back."""

from __future__ import annotations

import os
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
import warnings
from contextlib import closing
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from personabench import store
from personabench.checks import check
from personabench.coding import add_memo, code, edit_memo, undo
from personabench.consent import record_consent, withdraw
from personabench.codebook import add_code, rename_code, split_code
from personabench.importers import correct_text, import_files
from personabench.claims import Claim, Evidence, Persona
from personabench.persona_files import write_personas
from personabench.personas import passages
from personabench.sample_data import import_sample, sample_file
from personabench.schema import BadInput, NoSuchCase, UndoConflict
from personabench.study import Study
from personabench.survey import import_survey, stored_survey
from personabench.table_importers import import_table
from personabench.tables import _refuses

ROOT = Path(__file__).resolve().parent.parent
HENK, HANNE = "P15", "P14"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    "The sample study in a file, with a survey, memos and a corrected interview."
    path = tmp_path_factory.mktemp("consent") / "study.db"
    with Study(path, coder="MB", create=True) as study:
        import_sample(study)
        import_survey(study, sample_file("survey_wave1.csv"), id="respondent", weights="weight", dictionary=sample_file("survey_dictionary.csv"), wave="2026-05")
        import_table(study, pd.DataFrame({"who": ["P14", "R001"], "said": ["Zanzibar was nicer than this", "All good"], "shoes": ["sandals",
            "boots"]}), text="said", case="who", name="review")
        correct_text(study, "P14", text=study.text("P14").replace("MARA", "MARA", 1) + "\n\nHANNE: One thing more, the quagmire of invoices.")
        coding = int(study.codings.query("case == 'P14'").iloc[0]["coding_id"])
        memo = add_memo(study, "She sounded xylophonic here", coding=coding)
        edit_memo(study, memo, "She sounded melancholic here")
        add_memo(study, "Prefers cash, nefarious payroll", case="P14")
        add_memo(study, "Nothing about anybody")
    return path


@pytest.fixture
def study(made: Path, tmp_path: Path) -> Study:
    shutil.copy(made, tmp_path / "study.db")
    with Study(tmp_path / "study.db", coder="MB") as study:
        yield study


def held(path: Path, words: list[str]) -> list[str]:
    "The words that some file beside the study still holds."
    data = b"".join(file.read_bytes() for file in path.parent.iterdir() if file.is_file())
    return [word for word in words if word.encode() in data]


def own_words(study: Study, case: str) -> list[str]:
    "Stretches that only this person said: 24 characters out of each longer turn."
    turns, texts = study.turns, {i: study.text(name) for i, name in zip(study.sources["source_id"], study.sources["name"])}
    return [texts[t.source_id][t.start + 10:t.start + 34] for t in turns.itertuples() if t.case == case
        and t.end - t.start > 60 and "\n" not in texts[t.source_id][t.start:t.end]]


@pytest.mark.parametrize("case", [HANNE, HENK])
def test_the_words_are_in_no_file_any_more(study: Study, case: str):
    path, words = Path(study.address), own_words(study, case)
    words += {"P14": ["xylophonic", "melancholic", "nefarious", "quagmire", "Zanzibar", "HANNE", "payroll clerk", "sandals"], "P15": ["parcel driver"]}[case]
    assert len(words) > 15 and len(held(path, words)) >= len(words) - 1
    told = withdraw(study, case=case)
    assert held(path, words) == []
    study.close()
    assert held(path, words) == [] and told.query("what == 'turns'")["count"].sum() > 10


def test_everybody_elses_quotes_stay_verbatim(study: Study):
    before = study.codings.set_index("coding_id")
    kept = before[before["case"].ne(HENK)]
    told = withdraw(study, case=HENK).set_index(["place", "what"])["count"]
    after = study.codings.set_index("coding_id")
    pd.testing.assert_frame_equal(after[["source", "turn", "case", "start", "end", "code"]], kept[["source", "turn", "case", "start", "end", "code"]])
    same = after["quote"].eq(kept["quote"]) | kept["start"].gt(-1) & after["quote"].str.contains("▒")
    assert same.all() and after["quote"].eq(kept["quote"]).mean() > .995  # one or two reach over both speakers' turns
    assert told["study", "codings"] == before["case"].eq(HENK).sum()
    assert told["G12", "turns"] == (study.turns.query("source_id == 1")["case"] == HENK).sum()
    anna = passages(study).query("case == 'P12'")
    assert len(anna) and not anna["quote"].str.contains("▒").any()


def test_a_tombstone_and_the_membership_stay(study: Study):
    with study.step("segment", "by hand") as step:
        members = pd.DataFrame({"case": ["P13", HANNE], "segment": ["A", "A"], "weight": 1.})
        store.add_segmentation(step, name="hand", members=members, k=1, verdict="not measured", parameters={})
    consent = study.cases.set_index("case").at[HANNE, "consent"]
    withdraw(study, case=HANNE)
    row = study.cases.set_index("case").loc[HANNE]
    assert (row["withdrawn"], row["consent"]) == ("2026-06-30", consent)  # the date that was kept already
    assert row.drop(["withdrawn", "consent"]).isna().all()
    assert study.segments["n"].tolist() == [2] and HANNE not in set(passages(study)["case"])
    assert study.rows("turns", source="P14").query("case == 'P14'")["speaker"].eq(HANNE).all()


def test_answers_leave_every_survey_and_wave(study: Study):
    first = stored_survey(study, "2026-05")
    data = first.data.assign(comment2=["only hers" if i == HANNE else "all the same" for i in first.data.index]).rename_axis("respondent").reset_index()
    import_survey(study, data, id="respondent", weights="weight", wave="2026-11", name="second", levels={"comment2": "nominal"})
    told = withdraw(study, case=HANNE)
    for name in ("2026-05", "2026-11"):
        survey = stored_survey(study, name)
        assert HANNE not in survey.data.index and len(survey.data) == 399
        assert survey.variables.set_index("variable").at["age", "n"] == survey.data["age"].notna().sum()
    assert study.surveys["n"].tolist() == [399, 399]
    assert [v for v, _ in stored_survey(study, "second").row("comment2")["values"]] == ["all the same"]
    assert first.variables.set_index("variable").loc[["pass_type"], "values"].tolist() == stored_survey(study,
        "2026-05").variables.set_index("variable").loc[["pass_type"], "values"].tolist()
    assert told.query("what == 'answers'")["count"].gt(20).all() and len(told.query("what == 'answers'")) == 2
    pd.testing.assert_frame_equal(stored_survey(study, "2026-05").data, first.data.drop(index=HANNE))


def test_a_respondent_who_was_never_interviewed_can_withdraw(study: Study):
    withdraw(study, case="R100", date="2026-07-01")
    assert "R100" not in stored_survey(study, "2026-05").data.index
    assert study.cases.set_index("case").at["R100", "withdrawn"] == "2026-07-01"


def test_undo_says_why_not_and_colleagues_cannot_bring_it_back(study: Study):
    with Study(study.address, coder="JK") as colleague:
        coding = code(colleague, "Off topic", source="G12", start=int(study.turns.query("case == 'P12'").iloc[0]["start"]),
            end=int(study.turns.query("case == 'P12'").iloc[0]["end"]))
        withdraw(study, case=HENK)
        with pytest.raises(UndoConflict, match="P15 withdraws.*cannot be taken back"):
            undo(study)
        assert coding in set(colleague.codings["coding_id"])
        assert undo(colleague).startswith("code 'Off topic'")  # what has nothing to do with it can still be undone
    work = code(study, "Off topic", source="P01", start=int(study.turns.query("case == 'P01'").iloc[0]["start"]),
        end=int(study.turns.query("case == 'P01'").iloc[0]["end"]))
    undo(study)
    assert work not in set(study.codings["coding_id"])
    with pytest.raises(UndoConflict):
        undo(study)


def test_a_correction_made_before_cannot_be_undone_into_an_empty_text(study: Study, made: Path):
    with Study(study.address, coder="JK") as colleague:
        correct_text(colleague, "G12", text=study.text("G12").replace("cake", "cakes"))
        withdraw(study, case=HENK)
        with pytest.raises(UndoConflict):
            undo(colleague)
    assert "▒" in study.text("G12")


def test_twice_is_as_good_as_once(study: Study):
    withdraw(study, case=HANNE)
    text, log = study.text("P14"), len(study.log)
    again = withdraw(study, case=HANNE)
    assert study.text("P14") == text and again["what"].tolist() in (["file"], ["name", "file"]) and len(study.log) - log <= 1


def test_what_the_interviewer_repeats_goes_and_what_others_say_is_reported(tmp_path: Path):
    text = "Ida: I sold my grandmother's old blue bicycle.\nMo: So you sold my grandmother's old blue bicycle, Ida?\nUte: Ida sold it."
    with Study(tmp_path / "s.db", coder="MB", create=True) as study:
        with study.step("import", "g") as step:
            store.add_source(step, "G", text=text, turns=[{"speaker": "Ida", "start": 5, "end": 46}, {"speaker": "Mo", "start": 51, "end": 102},
                {"speaker": "Ute", "start": 108, "end": 120}],
                             speakers={"Ida": ("P1", "participant"), "Mo": (None, "interviewer"), "Ute": ("P2", "participant")})
        told = withdraw(study, case="P1")
        now = study.text("G")
        assert len(now) == len(text) and "grandmother" not in now and now.count("Ida") == 1 and now[51:58] == "So you " and now.endswith("Ute: Ida sold it.")
        assert told.query("what == 'name'")[["place", "count"]].values.tolist() == [["G", 1]]


def test_personas_that_cite_the_person_are_named(study: Study, tmp_path: Path):
    row = study.codings.query("case == 'P14'").iloc[0]
    quote = Evidence(kind="quote", quote=row["quote"], source="P14", start=int(row["start"]), end=int(row["end"]), case="P14")
    claims = [Claim(id="x", text="t", facet="pain", evidence=[quote], people=1, base=1, quotes=1), Claim(id="y", text="u", facet="pain")]
    write_personas([Persona(id="a", name="A", cases=["P14"], claims=claims), Persona(id="b", name="B")], tmp_path / "personas")
    told = withdraw(study, case=HANNE, personas=tmp_path / "personas").query("what == 'persona'")
    assert told["place"].tolist() == ["a.yaml"] and told["note"].item() == "cites the person: x, cases"
    found = check(study, personas=tmp_path / "personas")
    assert "withdrawn-evidence" in set(found["rule"]) and "quote-verbatim" not in set(found["rule"])  # nobody is asked to restore the words


def test_bad_input(study: Study, tmp_path: Path):
    with pytest.raises(NoSuchCase, match="did you mean 'P"):
        withdraw(study, case="P1A")
    with pytest.raises(BadInput, match="2026-13-01"):
        withdraw(study, case=HANNE, date="2026-13-01")
    with pytest.raises(BadInput, match="no such folder"):
        withdraw(study, case=HANNE, personas=tmp_path / "nowhere")
    with study.step("x", "y"), pytest.raises(BadInput, match="a step is open"):
        withdraw(study, case=HANNE)
    with pytest.raises(BadInput, match="no words"):
        record_consent(study, case="P01", consent=" ")
    assert "HANNE" in study.text("P14")


def test_a_reader_in_the_way_makes_it_wait_and_the_next_opening_finishes(study: Study):
    path, words = Path(study.address), own_words(study, HENK)
    with closing(sqlite3.connect(path)) as other:
        other.execute("BEGIN")
        other.execute("SELECT count(*) FROM codings").fetchall()
        study.engine.dispose()
        with Study(path, coder="MB") as impatient:
            impatient.engine.dispose()
            told = withdraw(impatient, case=HENK)
            assert told["note"].iloc[-1].startswith("another program reads it")
        other.rollback()
    with Study(path, coder="MB"):
        pass
    assert held(path, words) == []


CHILD = """
import sys
from personabench.consent import withdraw
from personabench.study import Study
study = Study(sys.argv[1], coder="MB")
print("ready", flush=True)
withdraw(study, case="P15")
print("done", flush=True)
"""


def test_killed_half_way_it_is_all_or_nothing(made: Path, tmp_path: Path):
    "Whenever the program dies, either all of it is blanked, and gone once the study is opened again, or nothing is."
    with Study(made, coder="MB") as study:
        words, text = own_words(study, HENK), study.text("G12")
    environment, rng, outcomes = {**os.environ, "PYTHONPATH": str(ROOT)}, random.Random(0), []
    for i in range(3):
        path = tmp_path / str(i) / "study.db"
        path.parent.mkdir()
        shutil.copy(made, path)
        child = subprocess.Popen([sys.executable, "-c", CHILD, str(path)], stdout=subprocess.PIPE, text=True, env=environment)
        assert child.stdout.readline() == "ready\n"
        time.sleep(rng.random() * .6)
        child.send_signal(signal.SIGKILL)
        child.wait()
        child.stdout.close()
        with closing(sqlite3.connect(path)) as db:
            assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        with Study(path, coder="MB") as study:
            gone = study.cases.set_index("case").at[HENK, "withdrawn"] is not None
            assert (study.text("G12") == text) != gone
            assert (HENK in set(study.codings["case"])) != gone
        assert len(held(path, words)) == (0 if gone else len(words))
        outcomes.append(gone)
    assert len(outcomes) == 3


SAID = "my late husband Otto hated that blue dock by the mint"


@pytest.fixture
def otto(tmp_path: Path) -> Study:
    "A study of two people, whose code names and definitions repeat what the first of them said."
    with Study(tmp_path / "otto.db", coder="MB", create=True) as study:
        with study.step("import", f"P1 about '{SAID}'") as step:
            dock, vivo, short = store.add_codes(step, [{"name": "Empty dock", "facet": "pain", "definition": f"No bike. Such as: {SAID}"},
                {"name": SAID, "facet": "pain"},
                {"name": "Hated that blue dock", "facet": "pain"}])
            for case, words in (("P1", SAID), ("P2", "no bike again at the station")):
                source = store.add_source(step, case, text=words, turns=[{"speaker": case, "start": 0, "end": len(words)}], speakers={case: (case, "participant")})
                store.add_codings(step, [{"source_id": source, "code_id": i, "start": 0, "end": len(words)} for i in (dock, vivo)])
        with study.step("edit", "a definition") as step: step.update("codes", [short], {"definition": f"As in: {SAID}"})
        yield study


def test_every_file_that_holds_the_person_is_named_whatever_the_key(otto: Study, tmp_path: Path):
    folder = tmp_path / "personas"
    quote = {"kind": "quote", "quote": SAID, "source": "P1", "start": 0, "end": len(SAID), "case": "P1"}
    c = lambda **more: Claim(**{"id": "x", "text": "t", "facet": "pain"} | more)
    held = {"unlike": {"claims": [c(unlike=[quote])]}, "linked": {"linked": [{"case": "P1", "how": "by hand"}]},
            "spelt": {"claims": [c(evidence=[{**quote, "case": "p1"}])]},
            "vivo": {"claims": [c(codes=[SAID])]}, "notes": {"notes": f"She said {SAID}."}}
    write_personas([Persona(id=name, name=name, **about) for name, about in held.items()] + [Persona(id="free", name="Free", people=1)], folder)
    (folder / "published" / "1").mkdir(parents=True)
    for copy in ("unlike.edited-1.txt", "published/1/unlike.yaml"): shutil.copy(folder / "unlike.yaml", folder / copy)
    (folder / "published" / "1" / "manifest.json").write_text(f'{{"allowed": ["P1 has withdrawn; {SAID}"]}}')
    told = withdraw(otto, case="P1", personas=folder).query("what == 'persona'").set_index("place")["note"].str.removeprefix("cites the person: ").to_dict()
    assert told == {"unlike.yaml": "x", "unlike.edited-1.txt": "x", "published/1/unlike.yaml": "x", "published/1/manifest.json": "allowed", "linked.yaml": "linked",
                    "spelt.yaml": "x", "vivo.yaml": "x", "notes.yaml": "notes"}
    one = withdraw(otto, case="P1", personas=folder / "unlike.yaml").query("what == 'persona'")
    assert set(one["place"]) == {"unlike.yaml", "unlike.edited-1.txt"}


def test_the_codebook_and_the_log_keep_no_words(otto: Study):
    path = Path(otto.address)
    add_memo(otto, f"Compare: {SAID}, and no bike again")
    assert held(path, ["husband Otto"])
    told = withdraw(otto, case="P1")
    assert held(path, ["husband Otto", "late husband"]) == [] and "▒" in otto.log["label"].str.cat()
    codes = otto.codes.set_index("code")["definition"]
    vivo = told.query("what == 'code' and note.str.contains('its name repeated')")["place"].item()
    assert codes["Empty dock"].startswith("No bike. Such as: ▒▒") and vivo in codes.index and "▒" in vivo
    assert told.query("what == 'code' and note.str.contains('decide')")["place"].tolist() == ["Hated that blue dock"]
    assert set(otto.codings["quote"]) == {"no bike again at the station"} and otto.memos["text"].str.contains("and no bike again").all()
    assert told.set_index("what").loc[["definitions", "entries"], "count"].tolist() == [2, 2]
    with closing(sqlite3.connect(path)) as db, pytest.raises(sqlite3.IntegrityError, match="append-only"): db.execute("UPDATE events SET label = 'x'")


def test_a_memo_about_nobody_keeps_all_but_the_words_of_the_person(otto: Study):
    memo = add_memo(otto, f"She said: {SAID}! And he left.")
    told = withdraw(otto, case="P1").set_index("what")["count"]
    text = otto.memos.set_index("memo_id").at[memo, "text"]
    assert told["memos"] == 1 and text.startswith("She said: ▒") and text.endswith("! And he left.") and "husband" not in text


@pytest.mark.parametrize("words", [
    "no", "not to be quoted", "[not to be quoted]", "do not quote", "don't quote me", "Don’t quote me", "yes, but no quotes",
    "yes (no quotes)", "I do not want to be quoted", "interview yes; without verbatim quotes", "refuses to be quoted", "quotes: no",
    "Quotes are not allowed", "please do not use my words", "I don't mind the recording but do not cite me", "nein", "ja, aber keine Zitate",
    "bitte nicht wörtlich zitieren", "N", "n", "refuse", "keine", "yes except for quotations", "opted out of quotes", "Consent: yes; Quotes: N", "quotes: false",
    "yes - recording; quotations excluded", "avoid quoting me", "sí, sin citas textuales"])
def test_who_says_anywhere_that_they_are_not_to_be_quoted_is_not(words: str, recwarn):
    with Study(":memory:", coder="MB") as study:
        record_consent(study, case="P01", consent=words)
    assert _refuses(words) and not recwarn.list


@pytest.mark.parametrize("words", ["yes", "interview and quotes, no recording", "yes, quotes are fine, no video", "interview, quotes and no video",
    "quotes without my name", "quote me, not by name", "I do not mind being quoted", "no objection to being quoted", "yes. Not for teaching. Quotes fine",
    "Y", "J", "full", "yes, no restrictions", "quotes: yes", "sí", "si, citas", "interview, survey and quotes",
    "full consent", "I consent to quotes", "Einverstanden", "yes, quotes ok if anonymous", "may be quoted, not named", "Yes (form signed 2026-03-01)",
    "Ja, Zitate erlaubt",
    "Yes, you may quote me", "oui, citations autorisées", "Consent given, including verbatim quotes", "yes, but without my name"])
def test_a_no_to_something_else_is_no_refusal_to_be_quoted(words: str, recwarn):
    with Study(":memory:", coder="MB") as study:
        record_consent(study, case="P01", consent=words)
    assert not _refuses(words) and not recwarn.list


@pytest.mark.parametrize("words", ["signed form", "I refuse", "opt out", "maybe", "quotes: nope", "quotes off", "paraphrase instead of quoting me",
    "please delete my quotes", "quotes only after I approve them", "unless you quote me", "Yes; quotation disallowed", "Y (recording), N (quoting)",
    "Consent: yes; quotes (N)", "yes; quotes - N", "yes, but leave out quotes", "yes, keep quotes out", "yes, only paraphrased", "agreed - recording only",
    "yes, internal use only", "yes / no", "quotes?", "everything but quotes", "all fine apart from quotes",
    "Quotes are a no from me", "Yes, quotes barred", "yes, omit quotes", "Yes, stop quoting me", "prefer to remain unquoted", "quotes on hold", "si, pero no citar",
    "agree: recording; disagree: quotes", "yes; nothing verbatim", "yes, quotes nil", "Recording ✓ Quotes ✗", "Quotation permitted: false", "1 (recording) 0 (quotes)",
    "yes, confidential", "yes, not for publication", "Full consent withdrawn", "agreed, later revoked", "Yes to recording", "given for recording",
    "yes, if I see them first", "ja, nur intern"])
def test_who_is_not_understood_is_not_quoted_and_a_warning_says_so(words: str):
    with Study(":memory:", coder="MB") as study:
        with pytest.warns(UserWarning, match=rf"consent of P01: '{re.escape(words)}' does not say whether they may be quoted, so they are not"):
            record_consent(study, case="P01", consent=words)
        assert _refuses(words) and study.cases["consent"].tolist() == [words]


@pytest.mark.parametrize("consent, silent", [
    *((no, True) for no in (False, 0, 0., np.False_, "0.0")), *((yes, False) for yes in (True, 1, 1., np.True_, "1.0")),
    *((unasked, False) for unasked in (None, float("nan"), pd.NA, pd.NaT, "", "  "))])
def test_a_column_of_yes_and_no_in_whatever_form_is_read_the_same(consent, silent): assert _refuses(consent) is silent


def test_a_code_made_of_the_words_of_who_refused_before_is_named(tmp_path: Path):
    said = "the card page just went white, three times"
    for case, who in (("P01", "Anna"), ("P02", "Ben")):
        (tmp_path / f"{case}.txt").write_text(f"Mara: How was it?\n{who}: It was {case} and {said} in a row.\n")
    with Study(":memory:", coder="MB", create=True) as study:
        import_files(study, tmp_path, case="{stem}", interviewers="Mara", progress=False)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            add_code(study, said)
            record_consent(study, case="P02", consent="yes")
        record_consent(study, case="P09", consent="no")
        with pytest.warns(UserWarning, match=f"code '{said}' repeats"): record_consent(study, case="P01", consent="no quotes")
        for make in (lambda: add_code(study, "So " + said), lambda: rename_code(study, said, to="Then " + said),
                     lambda: split_code(study, "So " + said, to=said, codings=[])):
            with pytest.warns(UserWarning, match=rf"code '.*{said}' repeats words of P01, who is not to be quoted.*rename_code") as told: make()
            assert len(told) == 1 and told[0].filename == __file__
        with study.step("two", "two codes"), pytest.warns(UserWarning, match="repeats words of P01"): add_code(study, "Oh " + said)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            for name in ("Payment fails", "page just went white", "a name of more words than six that nobody said"): add_code(study, name)
            withdraw(study, case="P01")
            add_code(study, "three times in a row, and that is what was said")


def test_a_code_made_of_the_words_of_who_refuses_is_named(tmp_path: Path):
    place = tmp_path / "a.txt"
    place.write_text("Mara: How was it?\nAnna: The card page just went white, three times in a row.\n")
    with Study(":memory:", coder="MB", create=True) as study:
        import_files(study, place, case="P01", interviewers="Mara", progress=False)
        for name in ("the card page just went white, three times", "Payment fails"): add_code(study, name, facet="pain")
        with pytest.warns(UserWarning, match=r"code 'the card page just went white, three times' repeats their words.*rename_code") as told:
            record_consent(study, case="P01", consent="no quotes")
        assert len(told) == 1
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            record_consent(study, case="P01", consent="yes")
            record_consent(study, case="P09", consent="no quotes")
