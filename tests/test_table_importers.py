"""A table comes in with all of its rows or none, says what became of each, and what cannot be used is named with the nearest thing that exists."""

from __future__ import annotations

import re

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_up import TALK, bare_study, plain, undo

from personabench import store
from personabench.importers import import_files
from personabench.schema import BadInput, NoSuchName, QuoteNotFound
from personabench.study import Study
from personabench.table_importers import import_codebook, import_codings, import_table


study = pytest.fixture(bare_study)


# -- Tables -------------------------------------------------------------------------------------------------------------------
@pytest.fixture
def feedback(tmp_path):
    path = tmp_path / "feedback.csv"
    path.write_bytes(
        "respondent;rating;date;comment;wish;codes\n"
        "007;2;2026-05-01;Toujours complet à la gare;Plus de vélos;Dock full, Price\n"
        "R08;5;2026-05-02;;Rien;\n"
        "007;1;2026-05-03;Encore complet;;Dock full\n"
        ";3;;Anonyme;;\n".encode("cp1252")
    )
    return path


def test_answers_become_sources_and_the_rest_attributes(study, feedback):
    store_report = import_table(study, feedback, text=["comment", "wish"], case="respondent", codes={"comment": "codes"}, date="date", kind="review")
    row = store_report.iloc[0]
    assert (row["status"], row["sources"], row["encoding"]) == ("imported", 5, "cp1252")
    assert "rating" in row["message"] and "1 rows have no case" in row["message"] and "guessed" in row["message"]
    assert study.sources["name"].tolist() == [
        "feedback 007 comment", "feedback 007 comment 2", "feedback row 4 comment", "feedback 007 wish", "feedback R08 wish",
    ]  # fmt: skip
    assert study.sources["date"].tolist()[:2] == ["2026-05-01", "2026-05-03"] and set(study.sources["kind"]) == {"review"}
    assert study.cases.set_index("case")["rating"].to_dict() == {"007": 1, "R08": 5}
    codings = study.codings
    assert codings[["case", "quote", "code", "facet", "origin", "coder"]].values.tolist() == [
        ["007", "Toujours complet à la gare", "Dock full", "other", "import", "MB"],
        ["007", "Toujours complet à la gare", "Price", "other", "import", "MB"],
        ["007", "Encore complet", "Dock full", "other", "import", "MB"],
    ]
    assert import_table(study, feedback, text=["comment", "wish"], case="respondent")["status"].tolist() == ["already there"]
    assert len(study.log) == 1
    undo(study)
    assert study.sources.empty and study.cases.empty and study.codes.empty


def test_consents_of_a_table_that_are_not_understood_are_named_once(study, tmp_path):
    said = ["maybe", "yes", "signed form", "maybe", "", "no quotes", None, "interview and quotes", *(f"form {n:02}" for n in range(6))]
    people = pd.DataFrame({"case": [f"P{n:02}" for n in range(len(said))], "consent": said})
    people.to_csv(tmp_path / "people.csv", index=False)
    with pytest.warns(UserWarning, match="not say whether") as told:
        import_table(study, tmp_path / "people.csv", text=[], case="case")
    [words] = [str(w.message) for w in told]
    assert words.startswith("people.csv: 9 consents do not say whether the person may be quoted, so they are not: 'maybe', 'signed form', 'form 00', ")
    assert "'form 02' and 3 others. Write 'yes', 'no quotes' or" in words and "record_consent(study, case=..., consent=...)" in words
    assert told[0].filename == __file__, "it points at the line of who called"


def test_consents_of_a_table_that_are_understood_are_no_news(study, recwarn):
    for said in (["yes", "no", "", "interview and quotes"], [True, False, True, None], [1.0, 0.0, None, 1.0]):
        import_table(study, pd.DataFrame({"case": list("ABCD"), "consent": said}), text=[], case="case")
    assert not recwarn.list


def test_participants_come_in_without_texts(study):
    people = pd.DataFrame({"case": ["P1", "P2"], "age": [34, None], "consent": ["yes", "yes"], "withdrawn": ["", "2026-06-30"], "town": ["Ås", ""]})
    report = import_table(study, people, text=[], case="case")
    assert report["sources"].tolist() == [0] and study.cases["case"].tolist() == ["P1", "P2"]
    assert study.cases["age"].tolist()[0] == 34 and study.cases["consent"].tolist() == ["yes", "yes"]
    assert sum(plain(study.cases[["withdrawn"]]), []) == [None, "2026-06-30"]
    import_table(study, people.assign(age=[35, 60]), text=[], case="case", attributes=["age"])
    assert study.cases["age"].tolist() == [35, 60]


def test_existing_codes_are_used_and_semicolons_beat_commas(study, tmp_path):
    import_codebook(study, pd.DataFrame({"code": ["Slow, very"], "facet": ["pain"]}))
    table = pd.DataFrame({"id": ["a", "b"], "say": ["x y", "z"], "codes": ["Slow, very; New", "New"]})
    import_table(study, table, text="say", case="id", codes="codes", coder="JK")
    assert sorted(study.codings["code"]) == ["New", "New", "Slow, very"] and set(study.codings["coder"]) == {"JK"}
    assert study.codes.set_index("code")["facet"].to_dict() == {"Slow, very": "pain", "New": "other"}


def test_wrong_columns_are_named(study, feedback):
    for wrong, words in [
        (dict(text=["coment"], case="respondent"), "did you mean 'comment'"),
        (dict(text=["comment"], case="respondant"), "did you mean 'respondent'"),
        (dict(text=["comment"], case="respondent", codes="code"), "did you mean 'codes'"),
        (dict(text=["comment"], case="respondent", date="day"), "no column 'day'"),
        (dict(text=["comment"], case="respondent", attributes=["ratings"]), "did you mean 'rating'"),
    ]:
        with pytest.raises(NoSuchName, match=re.escape(words)):
            import_table(study, feedback, **wrong)
    with pytest.raises(BadInput, match="one column of codes for 2 text columns"):
        import_table(study, feedback, text=["comment", "wish"], case="respondent", codes="codes")
    with pytest.raises(BadInput, match="did you mean 'review'"):
        import_table(study, feedback, text=["comment"], case="respondent", kind="reviews")
    assert study.sources.empty and study.log.empty


# -- Codebooks ----------------------------------------------------------------------------------------------------------------
BOOK = pd.DataFrame(
    [("Full", "Docks", "pain", "", "", "", "No place."), ("Docks", "", "pain", "", "", "", ""), ("Joy", "", "emotion", "2", "", "", "Glad."),
     ("First ride", "", "stage", "", "4", "", ""), ("App", "", "touchpoint", "", "", "yes", ""), ("Dock", "", "touchpoint", "", "", "no", "")],
    columns=["code", "parent", "facet", "valence", "order", "online", "definition"],
)  # fmt: skip


def test_codebook_is_typed_and_parents_may_follow(study):
    done = import_codebook(study, BOOK)
    assert set(done["status"]) == {"added"} and done["code"].tolist().index("Docks") < done["code"].tolist().index("Full")
    codes = study.codes.set_index("code")
    assert codes.loc["Full", "path"] == "Docks / Full" and codes.loc["Joy", "valence"] == 2 and codes.loc["First ride", "order"] == 4
    assert codes.loc["App", "online"] is True and codes.loc["Dock", "online"] is False and pd.isna(codes.loc["Joy", "online"])
    assert set(import_codebook(study, BOOK)["status"]) == {"unchanged"} and len(study.log) == 1


def test_codebook_again_updates_what_it_says(study):
    import_codebook(study, BOOK)
    done = import_codebook(study, pd.DataFrame({"code": ["Joy", "Full"], "definition": ["Very glad.", "No place."]}))
    assert done["status"].tolist() == ["updated", "unchanged"]
    codes = study.codes.set_index("code")
    assert codes.loc["Joy", "definition"] == "Very glad." and codes.loc["Joy", "valence"] == 2 and codes.loc["Full", "parent"] == "Docks"
    import_codebook(study, pd.DataFrame({"code": ["Full"], "parent": [""]}))
    assert pd.isna(study.codes.set_index("code").loc["Full", "parent"])
    undo(study)
    assert study.codes.set_index("code").loc["Full", "parent"] == "Docks"


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ({"code": ["A", ""]}, "row 3: the code is empty"),
        ({"code": ["A", "A"]}, "row 3: the code 'A' occurs twice"),
        ({"code": ["A"], "facet": ["pian"]}, "did you mean 'pain'"),
        ({"code": ["A"], "valence": ["3"]}, "from -2 to 2"),
        ({"code": ["A"], "valence": ["much"]}, "no number"),
        ({"code": ["A"], "order": ["1.5"]}, "whole number"),
        ({"code": ["A"], "online": ["maybe"]}, "neither yes nor no"),
        ({"code": ["Alpha"], "parent": ["Alhpa"]}, "no parent 'Alhpa', did you mean 'Alpha'"),
        ({"code": ["A", "B"], "parent": ["B", "A"]}, "parents of each other"),
        ({"code": ["A"], "parent": ["A"]}, "parents of each other"),
    ],
)
def test_bad_codebooks_name_the_rows(study, rows, words):
    with pytest.raises(BadInput) as error:
        import_codebook(study, pd.DataFrame(rows))
    assert words in str(error.value) and study.codes.empty
    with pytest.raises(NoSuchName, match="no column 'code'"):
        import_codebook(study, pd.DataFrame(rows).rename(columns={"code": "name"}))


def test_a_circle_through_codes_that_exist_is_refused(study):
    import_codebook(study, BOOK)
    with pytest.raises(BadInput, match="its own ancestor"):
        import_codebook(study, pd.DataFrame({"code": ["Docks"], "parent": ["Full"]}))
    assert study.codes.set_index("code").loc["Full", "path"] == "Docks / Full"


# -- Codings ------------------------------------------------------------------------------------------------------------------
@pytest.fixture
def ready(study, tmp_path):
    (tmp_path / "P02.txt").write_text(TALK, encoding="utf-8")
    import_files(study, tmp_path / "P02.txt")
    import_codebook(study, BOOK)
    return study


def test_codings_by_quote_by_span_and_by_both(ready):
    table = pd.DataFrame(
        [("P02", "dock was full 🚲", "", "", "Full", "MB"), ("P02", "", "36", "40", "Dock", "JK"), ("P02", " never mind ", "", "", "Joy", ""),
         ("P02", "Yes", str(TALK.index("Yes")), str(TALK.index("Yes") + 3), "Joy", "")],
        columns=["source", "quote", "start", "end", "code", "coder"],
    )  # fmt: skip
    done = import_codings(ready, table, coder="XX")
    assert done["status"].tolist() == ["added"] * 4 and done["coder"].tolist() == ["MB", "JK", "XX", "XX"]
    assert [ready.quote("P02", a, b) for a, b in zip(done["start"], done["end"], strict=True)] == ["dock was full 🚲", "dock", "never mind", "Yes"]
    assert set(ready.codings["origin"]) == {"import"}
    assert import_codings(ready, table, coder="XX")["status"].tolist() == ["already there"] * 4
    undo(ready)
    assert ready.codings.empty


def test_bad_codings_are_listed_with_rows_and_nothing_is_stored(ready):
    table = pd.DataFrame(
        [("P02", "dock was full", "", "", "Full"), ("P2", "dock", "", "", "Full"), ("P02", "doc was ful", "", "", "Full"), ("P02", "Interviewer", "", "", "Full"),
         ("P02", "dock", "0", "4", "Full"), ("P02", "dock", "", "", "Ful"), ("P02", "", "", "", "Full"), ("P02", "", "5", "999", "Full"),
         ("P02", "", "a", "b", "Full"), ("P02", "", "24", "26", "Full")],
        columns=["source", "quote", "start", "end", "code"],
    )  # fmt: skip
    with pytest.raises(BadInput) as error:
        import_codings(ready, table)
    said = str(error.value)
    assert "9 of 10 rows" in said and "row 2:" not in said
    for words in (
        "row 3: no source 'P2', did you mean 'P02'?", "row 4: P02: the quote 'doc was ful' is not in the source; the nearest is 'dock was full' at 36-49",
        "row 5: P02: the quote 'Interviewer' occurs 2 times", "row 6: P02: the span 0-4 reads 'Inte', not the quote 'dock'",
        "row 7: no code 'Ful', did you mean 'Full'?", "row 8: P02: neither a quote nor start and end", "row 9: P02: the span 5-999",
        "row 10: P02: start 'a' and end 'b'", "row 11: P02: the span 24-26 holds only white space",
    ):  # fmt: skip
        assert words in said, words
    assert ready.codings.empty
    with pytest.raises(BadInput, match="and 5 more"):
        import_codings(ready, pd.DataFrame({"source": ["nope"] * 25, "quote": "x", "code": "Full"}))


@pytest.mark.parametrize(("start", "end"), [("inf", "9"), ("0", "-inf"), ("1.7", "9"), ("1", "9.9"), (1.7, 9.9), (float("inf"), 9.5), ("nan!", "9")])
def test_offsets_that_are_no_whole_numbers_are_bad_rows(ready, start, end):
    table = pd.DataFrame({"source": ["P02"] * 2, "code": ["Full"] * 2, "start": [36, start], "end": [49.0, end]}, dtype=object)
    with pytest.raises(BadInput, match=re.escape(f"1 of 2 rows cannot be used: row 3: P02: start {str(start)!r} and end {str(end)!r}")):
        import_codings(ready, table)
    assert ready.codings.empty
    assert import_codings(ready, table.iloc[:1])["end"].tolist() == [49]  # 49.0 is what spreadsheets make of 49


def test_codings_need_their_columns(ready):
    with pytest.raises(NoSuchName, match="'quote', or 'start' and 'end'"):
        import_codings(ready, pd.DataFrame({"source": ["P02"], "code": ["Full"]}))
    with pytest.raises(NoSuchName, match="no column 'source'"):
        import_codings(ready, pd.DataFrame({"sources": ["P02"], "quote": ["dock"], "code": ["Full"]}))


@settings(max_examples=40)
@given(st.data())
def test_a_quote_that_was_changed_is_never_stored(data):
    with Study(":memory:", coder="MB") as study:
        with study.step("x", "x") as step:
            store.add_source(step, "S", text=TALK)
            store.add_codes(step, [{"name": "Full", "facet": "pain"}])
        a = data.draw(st.integers(0, len(TALK) - 9))
        b = data.draw(st.integers(a + 8, len(TALK)))
        at = data.draw(st.integers(a, b - 1))
        quote = TALK[a:at] + data.draw(st.sampled_from("ß#√🛴")) + TALK[at + 1 : b]
        with pytest.raises((BadInput, QuoteNotFound)):
            import_codings(study, pd.DataFrame({"source": ["S"], "code": ["Full"], "quote": [quote]}))
        assert study.codings.empty


# -- Real input ---------------------------------------------------------------------------------------------------------------
@pytest.mark.real
def test_4658_real_answers_come_in_as_one_step(study, real_data):
    path = real_data / "feedback" / "jupyter-open-ended-coded-2015" / "coded_answers.csv"
    frame = pd.read_csv(path, keep_default_na=False)
    report = import_table(study, path, text="answer", case="source_row", codes="themes", attributes=[], date="date")
    assert report["sources"][0] == frame["answer"].str.strip().ne("").sum() == len(study.sources) and len(study.log) == 1
    assert study.codings["quote"].str.len().min() > 0 and len(study.codings) > 4000
