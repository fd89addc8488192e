"""What comes into a study comes in whole, keeps its speakers and offsets, and says what became of it."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_up import TALK, bare_study, plain, undo

from personabench import coding, store
from personabench.importers import _FilesNotImported, correct_text, import_files, remove_source, set_date, set_speaker
from personabench.schema import BadInput, NoSuchName, NoSuchSource, UndoConflict
from personabench.study import Study
from personabench.table_importers import import_codebook, import_codings


study = pytest.fixture(bare_study)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "P02.txt").write_text(TALK, encoding="utf-8")
    (tmp_path / "P10.md").write_text("**Interviewer:** Hi.\n\n**Ben:** The app.\n\n**Interviewer:** So?\n\n**Ben:** Gone.\n", encoding="utf-8")
    (tmp_path / "P03.vtt").write_text("WEBVTT\n\n00:01.000 --> 00:02.000\n<v Interviewer>Hm?\n\n00:03.000 --> 00:04.000\n<v Cleo>Well.\n", encoding="utf-8")
    return tmp_path


# -- Files --------------------------------------------------------------------------------------------------------------------
def test_files_become_sources_with_turns_cases_and_roles(study, folder):
    report = import_files(study, folder, language="en", date="2026-05-02")
    assert [Path(f).name for f in report["file"]] == ["P02.txt", "P03.vtt", "P10.md"] and set(report["status"]) == {"imported"}
    assert report.columns.tolist() == ["file", "status", "sources", "turns", "words", "message", "encoding"]
    assert report["turns"].tolist() == [4, 2, 4] and report["sources"].tolist() == [1, 1, 1]
    assert study.sources["words"].tolist() == report["words"].tolist()
    turns = study.turns
    assert turns.groupby("source_id")["case"].agg(lambda c: c.dropna().unique().tolist()).tolist() == [["P02"], ["P03"], ["P10"]]
    assert plain(turns.loc[turns["speaker"].eq("Interviewer"), ["case", "role"]].drop_duplicates()) == [[None, "interviewer"]]
    assert turns.loc[turns["source_id"].eq(2), "time"].tolist() == [1, 3]
    row = turns.iloc[1]
    assert study.quote("P02", row["start"], row["end"]) == "The dock was full 🚲 again. I thought: never mind."
    assert study.sources["language"].eq("en").all() and study.sources["date"].eq("2026-05-02").all()
    assert len(study.log) == 3 and set(study.log["verb"]) == {"import_files"}


def test_the_same_file_is_noticed_and_another_under_its_name_is_refused(study, folder):
    import_files(study, folder / "P02.txt")
    shutil.copy(folder / "P02.txt", folder / "copy.txt")
    report = import_files(study, [folder / "P02.txt", folder / "copy.txt"])
    assert report["status"].tolist() == ["already there", "already there"] and "P02" in report["message"][1]
    (folder / "P02.txt").write_text(TALK + "\nInterviewer: Bye.\n", encoding="utf-8")
    report = import_files(study, folder / "P02.txt")
    assert report["status"].tolist() == ["failed"]
    assert all(word in report["message"][0] for word in ("P02.txt", "remove_source", "correct_text"))
    assert len(study.sources) == 1 and study.text("P02") == TALK
    remove_source(study, "P02")
    assert import_files(study, folder / "P02.txt")["status"].tolist() == ["imported"]


def test_a_failing_file_does_not_stop_the_others(study, folder):
    (folder / "P04.txt").write_bytes(b"%PDF-1.7")
    (folder / "P05.srt").write_text("1\n00:00:05,000 --> 00:00:01,000\nback\n")
    (folder / "notes.xyz").write_text("x")
    (folder / "~$P02.docx").write_text("lock")
    report = import_files(study, [folder, folder / "missing.txt"])
    status = dict(zip([Path(f).name for f in report["file"]], report["status"], strict=True))
    assert status == {
        "P02.txt": "imported", "P03.vtt": "imported", "P04.txt": "failed", "P05.srt": "failed", "P10.md": "imported",
        "notes.xyz": "skipped", "missing.txt": "failed",
    }  # fmt: skip
    assert report.loc[report["status"].eq("failed"), "message"].str.contains("Cure:").all() and len(study.sources) == 3


def test_patterns_regular_expressions_and_functions(study, folder):
    assert len(import_files(study, str(folder / "P*.md"))) == 1
    import_files(study, folder / "P02.txt", case=re.compile(r"P(\d+)"))
    import_files(study, folder / "P03.vtt", case=lambda path: "case-" + path.stem)
    assert study.cases["case"].tolist() == ["02", "P10", "case-P03"]
    with pytest.raises(BadInput, match="stm"):
        import_files(study, folder, case="{stm}")
    with pytest.raises(BadInput, match="no file matches.*did you mean 'P02.txt'"):
        import_files(study, folder / "PO2.txt")
    (folder / "P1.ipynb").touch()
    with pytest.raises(BadInput, match="no file matches") as told:
        import_files(study, folder / "nothing_like_it")
    assert "P02.txt" in told.value.cure and "P1.ipynb" not in told.value.cure and "notes.xyz" not in told.value.cure  # none that could not be imported
    with pytest.raises(BadInput, match="did you mean 'interview'"):
        import_files(study, folder, kind="intervju")


def test_interviewers_by_role_word_by_name_and_by_presence(study, tmp_path):
    for i, name in enumerate(["Anna", "Ben", "Cleo", "Dan"]):
        (tmp_path / f"P{i}.txt").write_text(f"MARA: One?\n\n{name}: {i}.\n\nMARA: Two?\n\n{name}: Yes {i}.\n")
    (tmp_path / "X1.txt").write_text("Speaker 1: One?\n\nSpeaker 2: Two.\n\nSpeaker 1: Three?\n\nSpeaker 2: Four.\n")
    report = import_files(study, tmp_path)
    roles = plain(study.turns.drop_duplicates(["source_id", "speaker"])[["speaker", "case", "role"]])
    assert roles[:2] == [["MARA", None, "interviewer"], ["Anna", "P0", "participant"]]
    assert report["message"].str.contains("MARA.*taken for the interviewer").sum() == 4
    assert roles[-2:] == [["Speaker 1", None, "participant"], ["Speaker 2", None, "participant"]]  # nobody knows who asks here
    assert "set_speaker(study, 'X1'" in report["message"].iloc[-1]
    (tmp_path / "later").mkdir()
    (tmp_path / "later" / "P9.txt").write_text("Mara: Hi.\n\nEve: Yo.\n\nMara: So?\n\nEve: Well.\n")
    import_files(study, tmp_path / "later")  # known from before
    assert study.turns["case"].iloc[-1] == "P9" and study.turns["role"].iloc[-2] == "interviewer"


def test_given_interviewers_end_the_guessing(study, tmp_path):
    for i in range(3):
        (tmp_path / f"P{i}.txt").write_text(f"Mara: {i}?\n\nAnna: {i}.\n\nMara: Two?\n\nAnna: Yes.\n")
    import_files(study, tmp_path, interviewers="Anna")
    assert set(study.turns.loc[study.turns["role"].eq("interviewer"), "speaker"]) == {"Anna"}


def test_several_participants_and_set_speaker(study, tmp_path):
    (tmp_path / "G12.txt").write_text("Interviewer: Hi.\n\nAnna: I drive.\n\nHenk: I cycle.\n\nAnna: He does.\n\nHenk: Yes.\n")
    (tmp_path / "G13.txt").write_text("Interviewer: Hi.\n\nInterviewee 1 or Interviewee 2: Both.\n\nInterviewer: So.\n")
    report = import_files(study, tmp_path)
    assert len(study.cases) == 0 and report["message"].str.contains("set_speaker").all()
    set_speaker(study, "G12", speaker="anna", case="P12")
    done = set_speaker(study, "G12", speaker="Henk", case="P15")
    assert done[["speaker", "case"]].values.tolist() == [["Interviewer", None], ["Anna", "P12"], ["Henk", "P15"]]
    assert sum(plain(study.turns[["case"]]), [])[:5] == [None, "P12", "P15", "P12", "P15"]
    undo(study)
    assert sum(plain(study.turns[["case"]]), [])[:5] == [None, "P12", None, "P12", None]
    set_speaker(study, "G12", speaker="Anna", role="other")
    assert plain(study.turns.query("speaker == 'Anna'")[["case", "role"]]) == [[None, "other"]] * 2
    with pytest.raises(NoSuchName, match="did you mean 'Henk'"):
        set_speaker(study, "G12", speaker="Hank")
    with pytest.raises(NoSuchSource, match="G12"):
        set_speaker(study, "G21", speaker="Henk")
    with pytest.raises(BadInput, match="participant"):
        set_speaker(study, "G12", speaker="Henk", role="participants")
    with pytest.raises(BadInput, match="no case"):
        set_speaker(study, "G12", speaker="Henk", case="P1", role="interviewer")


def test_a_text_without_labels_is_the_participants(study, tmp_path):
    (tmp_path / "D01.txt").write_text("Monday was fine.\n\nTuesday was not.\n")
    report = import_files(study, tmp_path, kind="observation")
    assert study.turns[["case", "role"]].values.tolist() == [["D01", "participant"]] * 2 and "no speaker labels" in report["message"][0]
    assert study.sources["kind"].tolist() == ["observation"]


def test_an_import_is_undone_whole(study, folder):
    import_files(study, folder / "P02.txt")
    undo(study)
    assert study.sources.empty and study.turns.empty and study.cases.empty
    store.redo_last(study.engine, coder="MB")
    assert study.text("P02") == TALK


def test_dates_by_file_and_for_all(study, folder):
    dates = {"P02": "2026-05-02", "P03": pd.Timestamp("2026-05-03"), "P99": "2026-05-09"}
    import_files(study, folder, date=dates)
    assert dict(zip(study.sources["name"], plain(study.sources[["date"]]), strict=True)) == {"P02": ["2026-05-02"], "P03": ["2026-05-03"], "P10": [None]}


def test_what_is_no_date_is_refused_before_a_file_comes_in(study, folder):
    for odd in ("last spring", "2.5.2026", "2026-02-30", {"P10": "last spring"}):
        with pytest.raises(BadInput, match="write year-month-day"):
            import_files(study, folder, date=odd)
    assert study.sources.empty
    import_files(study, folder, date={"P02": "2026-05", "P03": "", "P10": None})
    assert [day for [day] in plain(study.sources[["date"]])] == ["2026-05", None, None]


def test_a_date_for_a_file_that_is_there_is_said_to_be_left_out_and_what_sets_it(study, folder):
    import_files(study, folder / "P02.txt")
    [told] = import_files(study, folder / "P02.txt", date="2026-05-02")["message"]
    assert "its date is not known as before" in told and "set_date(study, 'P02', date='2026-05-02')" in told
    set_date(study, "P02", date="2026-05-02")
    assert import_files(study, folder / "P02.txt", date="2026-05-02")["message"].tolist() == ["the same file is source 'P02'"]
    [told] = import_files(study, folder / "P02.txt", date="2026-06")["message"]
    assert "its date is 2026-05-02 as before" in told and plain(study.sources[["date"]]) == [["2026-05-02"]]


def test_a_date_that_was_forgotten_is_set_afterwards(study, folder):
    import_files(study, folder / "P02.txt")
    for day in ("2026-05-02", "2026-05", None, "2026-05-02"):
        set_date(study, "P02", date=day)
        assert plain(study.sources[["date"]])[0] == [day]
    for odd in ("2.5.2026", "2026-13-01", "20260502", "last May", ""):
        with pytest.raises(BadInput, match="write year-month-day"):
            set_date(study, "P02", date=odd)
    with pytest.raises(NoSuchSource):
        set_date(study, "P2", date="2026-05-02")
    undo(study)
    assert plain(study.sources[["date"]])[0] == [None] and "P02 is of 2026-05-02" in set(study.log["label"])


def test_whoever_is_taken_for_an_interviewer_from_before_is_named_with_the_cure(study, tmp_path):
    (tmp_path / "a1.txt").write_text("Mara: How was it?\n\nAnna: Fine.\n\nMara: Why?\n\nAnna: Because.\n")
    (tmp_path / "a2.txt").write_text("Interviewer: How?\n\nMara: It broke.\n\nTom: Yes.\n\nInterviewer: Why?\n\nMara: Rust.\n\nTom: Yes.\n")
    assert import_files(study, tmp_path / "a1.txt", interviewers="Mara")["message"].tolist() == [""]  # you said so
    message = import_files(study, tmp_path / "a2.txt")["message"][0]
    cure = "set_speaker(study, 'a2', speaker='Mara', case=..., role=\"participant\")"
    assert "Mara was an interviewer earlier in this study" in message and cure in message and "Interviewer was" not in message
    set_speaker(study, "a2", speaker="Mara", case="P5", role="participant")  # the cure works
    assert study.rows("turns", source="a2")["case"].tolist() == [None, "P5", "a2", None, "P5", "a2"]
    assert import_files(study, tmp_path / "a1.txt", interviewers="Mara")["status"].tolist() == ["already there"]


def test_the_hint_for_several_participants_tells_how_to_name_the_one_who_asks(study, tmp_path):
    (tmp_path / "P2.txt").write_text("Mra: How was it?\n\nAna: Full.\n\nMra: And then?\n\nAna: Yes.\n")
    message = import_files(study, tmp_path)["message"][0]
    assert "2 participants (Mra, Ana)" in message and 'role="interviewer"' in message and "case=..." in message


def test_a_table_is_sent_to_the_verbs_for_tables(study, folder):
    (folder / "feedback.csv").write_text("case,comment\nP1,Full.\n")
    for files, status in ((folder / "feedback.csv", "failed"), (folder, "skipped")):
        report = import_files(study, files)
        row = report[report["file"].str.endswith(".csv")].iloc[0]
        assert row["status"] == status and "feedback.csv" in row["message"]
        for word in ("import_table", "import_codebook", "import_codings", "--as table", "--as codebook", "--as codings"):
            assert word in row["message"], word
    assert "no such file" in import_files(study, [folder / "feedbac.csv", folder])["message"][0]


# -- Removing and correcting --------------------------------------------------------------------------------------------------
BOOK = pd.DataFrame({"code": ["Full", "Joy"], "facet": ["pain", "emotion"]})


@pytest.fixture
def ready(study, folder):
    import_files(study, folder / "P02.txt")
    import_codebook(study, BOOK)
    return study


def test_removed_sources_take_their_codings_and_come_back(ready):
    import_codings(ready, pd.DataFrame({"source": ["P02"] * 2, "quote": ["dock", "Yes"], "code": ["Full", "Joy"]}))
    assert remove_source(ready, "P02") == 2 and ready.sources.empty and ready.codings.empty
    with pytest.raises(NoSuchSource):
        remove_source(ready, "P02")
    undo(ready)
    assert len(ready.sources) == 1 and ready.codings["quote"].tolist() == ["dock", "Yes"]


def test_corrections_carry_codings_turns_and_times(study, folder):
    import_files(study, folder)
    import_codebook(study, BOOK)
    quotes = ["The dock was full 🚲 again", "never mind", "Yes"]
    import_codings(study, pd.DataFrame({"source": "P02", "quote": quotes, "code": ["Full", "Joy", "Joy"]}))
    new = TALK.replace("The dock", "So 👩‍👩‍👧, the e\u0301 dock").replace("never mind", "whatever") + "\nInterviewer: And then?\n\nAnna: I walked.\n"
    done = correct_text(study, "P02", text=new)
    assert done[["code", "status"]].values.tolist() == [["Full", "carried"], ["Joy", "not carried"], ["Joy", "carried"]]
    assert done["before"].tolist() == quotes and study.codings["quote"].tolist() == done["quote"].dropna().tolist()
    assert "dock was full 🚲 again" in study.codings["quote"][0] and study.codings["quote"][1] == "Yes"
    turns = study.rows("turns", source_id=study.source_id("P02"))
    assert [new[a:b] for a, b in zip(turns["start"], turns["end"], strict=True)][-2:] == ["And then?", "I walked."]
    assert turns["case"].dropna().unique().tolist() == ["P02"] and turns["role"].tolist()[::2] == ["interviewer"] * 3
    undo(study)
    assert study.text("P02") == TALK and study.codings["quote"].tolist() == quotes
    store.redo_last(study.engine, coder="MB")
    assert study.text("P02") == new
    correct_text(study, "P03", text=study.text("P03").replace("Well.", "Well, well."))
    assert study.rows("turns", source_id=study.source_id("P03"))["time"].tolist() == [1, 3]
    for wrong in (new, "  "):
        with pytest.raises(BadInput, match="same|empty"):
            correct_text(study, "P02", text=wrong)


def who(study, source):
    "The speakers of a source: label -> [case, role]."
    turns = study.rows("turns", source=source).drop_duplicates("speaker")
    return dict(zip(sum(plain(turns[["speaker"]]), []), plain(turns[["case", "role"]]), strict=True))


LABELS = "Mra: How was it, did it fail?\n\nAna: The dock was full again. I paid.\n\nMra: And then?\n\nAna: Yes.\n\nBen: I saw it.\n\nBen: So.\n"


def test_a_correction_is_not_undone_over_an_edit_of_a_memo_that_it_moved(tmp_path):
    (tmp_path / "P2.txt").write_text(LABELS)
    with Study(tmp_path / "s.db", coder="MB", create=True) as study, Study(tmp_path / "s.db", coder="JK") as other:
        import_files(study, tmp_path / "P2.txt")
        with other.step("memo", "memo on a turn") as step: memo_id = store.add_memo(step, "Which dock?", about="turn", target_id=2)
        correct_text(study, "P2", text=LABELS.replace("full again", "full"))
        coding.edit_memo(other, memo_id, "Which dock was it?")
        with pytest.raises(UndoConflict, match="JK has since worked on what 'correct"): undo(study)
        assert "full again" not in study.text("P2")
        undo(other)
        undo(study)
        assert study.text("P2") == LABELS and study.memos["text"].tolist() == ["Which dock?"]


@pytest.fixture
def labelled(study, tmp_path):
    (tmp_path / "P2.txt").write_text(LABELS)
    import_files(study, tmp_path / "P2.txt")
    set_speaker(study, "P2", speaker="Mra", role="interviewer")
    set_speaker(study, "P2", speaker="Ana", case="P2")
    set_speaker(study, "P2", speaker="Ben", case="P3")
    return study


def test_a_corrected_label_keeps_case_and_role(labelled):
    study = labelled
    import_codebook(study, BOOK)
    import_codings(study, pd.DataFrame({"source": "P2", "quote": ["did it fail", "dock was full"], "code": "Full"}))
    better = LABELS.replace("Mra:", "Mara:").replace("Ana:", "Anna:").replace("Yes.", "Yeah, sure.")
    correct_text(study, "P2", text=better)
    assert who(study, "P2") == {"Mara": [None, "interviewer"], "Anna": ["P2", "participant"], "Ben": ["P3", "participant"]}
    assert plain(study.codings[["quote", "speaker", "case", "role"]]) == [
        ["did it fail", "Mara", None, "interviewer"], ["dock was full", "Anna", "P2", "participant"],
    ]  # fmt: skip
    undo(study)
    assert who(study, "P2") == {"Mra": [None, "interviewer"], "Ana": ["P2", "participant"], "Ben": ["P3", "participant"]}
    store.redo_last(study.engine, coder="MB")
    set_speaker(study, "P2", speaker="Anna", case="P7")  # what is settled after a correction is inherited by the next,
    correct_text(study, "P2", text=LABELS)  # also by a label that was there before
    assert who(study, "P2")["Ana"] == ["P7", "participant"] and who(study, "P2")["Mra"] == [None, "interviewer"]
    undo(study)
    assert who(study, "P2")["Anna"] == ["P7", "participant"]


def test_a_label_corrected_in_one_place_and_words_with_it(labelled):
    correct_text(labelled, "P2", text=LABELS.replace("Mra: And then?", "Mara: What happened?").replace("Ana: Yes.", "Anna: Hm."))
    assert who(labelled, "P2") == {
        "Mra": [None, "interviewer"], "Ana": ["P2", "participant"], "Mara": [None, "interviewer"],
        "Anna": ["P2", "participant"], "Ben": ["P3", "participant"],
    }  # fmt: skip


def test_a_new_voice_inside_a_turn_inherits_nothing(labelled):
    correct_text(labelled, "P2", text=LABELS.replace("full again. I paid.", "full again.\n\nTom: I paid the whole fine myself.\n\nInterviewer: Oh?"))
    assert who(labelled, "P2")["Tom"] == [None, "participant"] and who(labelled, "P2")["Interviewer"] == [None, "interviewer"]
    assert who(labelled, "P2")["Ana"] == ["P2", "participant"] and who(labelled, "P2")["Mra"] == [None, "interviewer"]


def test_labels_that_were_given_at_import_can_be_corrected(study, tmp_path):
    talk = LABELS.replace("I paid.", "I paid.\nNote: a dog.\nNote: a cat.")
    (tmp_path / "P2.txt").write_text(talk)
    import_files(study, tmp_path / "P2.txt", speakers=["Mra", "Ana"], interviewers="Mra")
    before = who(study, "P2")
    assert before == {"Mra": [None, "interviewer"], "Ana": ["P2", "participant"]}
    correct_text(study, "P2", text=talk.replace("Mra:", "Mara:"))
    assert who(study, "P2") == {"Mara": [None, "interviewer"], "Ana": ["P2", "participant"]}
    assert study.rows("turns", source="P2")["speaker"].tolist() == ["Mara", "Ana"] * 2


def test_labels_put_into_a_text_without_any(study, tmp_path):
    for name in ("D1", "D2"):
        (tmp_path / f"{name}.txt").write_text(f"How was the dock today?\n\nIt was full at {name}.\n\nAnd did you pay?\n\nYes, I did.\n")
    import_files(study, tmp_path)
    labels = "{0}: How was the dock today?\n\n{1}: It was full at {2}.\n\n{0}: And did you pay?\n\n{1}: Yes, I did.\n"
    correct_text(study, "D1", text=labels.format("Interviewer", "Anna", "D1"))
    assert who(study, "D1") == {"Interviewer": [None, "interviewer"], "Anna": ["D1", "participant"]}
    correct_text(study, "D2", text=labels.format("Mara", "Anna", "D2"))  # nobody said which of them is D2
    assert who(study, "D2") == {"Mara": [None, "participant"], "Anna": [None, "participant"]}
    correct_text(study, "D1", text=study.text("D1").replace("Interviewer: ", "").replace("Anna: ", ""))
    assert who(study, "D1") == {None: [None, "other"]}


@settings(max_examples=40)
@given(st.data())
def test_untouched_quotes_survive_any_edit(data):
    words = ["dock", "🚲", "full", "again", "e\u0301t", "שלום", "the", "I", "walked,", "so", "it."]
    old = data.draw(st.lists(st.sampled_from(words), min_size=6, max_size=25))
    text = " ".join(old)
    i = data.draw(st.integers(0, len(old) - 2))
    j = data.draw(st.integers(i + 1, len(old)))
    before, after = (data.draw(st.lists(st.sampled_from(["new", "words", "🛴"]), max_size=4)) for _ in range(2))
    cut = data.draw(st.integers(0, i))  # words that are dropped in front
    new = " ".join([*old[cut:i], *before, *old[i:j], *after, *old[j:]])
    start = len(" ".join(old[:i])) + (1 if i else 0)
    end = start + len(" ".join(old[i:j]))
    if new == text:
        return
    with Study(":memory:", coder="MB") as study:
        with study.step("x", "x") as step:
            key = store.add_source(step, "S", text=text)
            [code] = store.add_codes(step, [{"name": "Full", "facet": "pain"}])
            store.add_codings(step, [{"source_id": key, "code_id": code, "start": start, "end": end}])
        done = correct_text(study, "S", text=new)
        for row in study.codings.itertuples():
            assert study.text("S")[row.start : row.end] == row.quote and row.quote == row.quote.strip() != ""
        if not before and not after and cut == 0:
            assert done["quote"].tolist() == [text[start:end]]


# -- Real input ---------------------------------------------------------------------------------------------------------------
@pytest.mark.real
def test_the_41_real_transcripts_come_in(study, real_data):
    folder = real_data / "interviews" / "yk-delta-water-end-users"
    manifest = pd.read_csv(folder / "manifest.csv")
    report = import_files(study, str(folder / "transcripts" / "*.txt"), progress=False)
    assert set(report["status"]) == {"imported"} and report["turns"].tolist() == manifest["turns"].tolist()
    several = manifest["speakers"].str.contains(r"Interviewee \d")
    assert report["message"].str.contains("set_speaker").tolist() == several.tolist() and len(study.cases) == 41 - several.sum()
    turns = study.turns
    assert set(turns.loc[turns["role"].eq("interviewer"), "speaker"]) == {"Interviewer", "Interviewer 1"}
    assert turns.loc[turns["role"].eq("participant"), "speaker"].str.startswith("Interviewee").all()
    assert set(import_files(study, folder / "transcripts", progress=False)["status"]) == {"already there"}


def test_a_file_that_fails_warns_in_a_script_that_prints_no_report(tmp_path):
    (tmp_path / "P01.txt").write_text("Mara: How was it?\nP01: Fine.\n", "utf-8")
    (tmp_path / "P02.txt").write_text("", "utf-8")
    with pytest.warns(_FilesNotImported, match=r"1 of 2 files were not imported: .*P02\.txt"):
        import_files(Study(":memory:", coder="MB", create=True), [tmp_path / "P01.txt", tmp_path / "P02.txt"])
