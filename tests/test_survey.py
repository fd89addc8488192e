"""Survey: files of many makes, levels inferred and corrected, errors that name the place, and what is kept in a study."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from personabench.schema import AlreadyThere, BadInput, NoSuchName, PersonabenchError
from personabench.study import Study
from personabench.survey import LEVELS, Survey, import_survey, read_survey, stored_survey

N = 60


def table(n: int = N) -> pd.DataFrame:
    "Return a survey with a variable of every level."
    i = np.arange(n)
    return pd.DataFrame({
        "respondent": [f"{k:03}" for k in i], "w": .5 + i % 3, "age": 18 + (i * 7) % 50 + .5, "agree": pd.array(i % 5 + 1, dtype="Int64"),
        "district": np.array(["Süd", "Nord", "West"])[i % 3], "car": np.array(["yes", "no"])[i % 2], "often": np.array(["never", "often", "sometimes"])[i % 3],
        "group": np.array(["35-44", "Under 18", "65+", "18-34"])[i % 4], "when": [f"2026-05-{k % 28 + 1:02}" for k in i],
        "comment": [f"Answer number {k}, with a comma and «quotes»" for k in i],
    })


LEVEL = {"w": "weight", "age": "numeric", "agree": "ordinal", "district": "nominal", "car": "binary", "often": "ordinal", "group": "ordinal",
         "when": "date", "comment": "text"}


def levels(survey: Survey) -> dict[str, str]:
    return dict(zip(survey.variables["variable"], survey.variables["level"], strict=True))


# -- Files --------------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("encoding", "delimiter", "decimal"), [
    ("utf-8", ",", "."), ("utf-8-sig", ";", ","), ("cp1252", ";", ","), ("utf-16", "\t", "."), ("utf-8", "|", "."), ("latin-1", ",", ".")])
def test_csv_of_any_make_reads_the_same(tmp_path: Path, encoding: str, delimiter: str, decimal: str) -> None:
    path = tmp_path / "wave.csv"
    table().to_csv(path, index=False, sep=delimiter, decimal=decimal, encoding=encoding, lineterminator="\r\n")
    survey = read_survey(path, weights="w")
    assert survey.respondents[7] == "007", "an id is not a number"
    assert levels(survey) == LEVEL
    assert set(survey.data["district"]) == {"Süd", "Nord", "West"} and survey.data.loc["003", "age"] == 39.5
    assert survey.data.loc["003", "comment"] == "Answer number 3, with a comma and «quotes»"
    assert repr(delimiter) in survey.notes[0] and "encoding" in survey.notes[0]
    assert survey.name == "wave" and survey.source == str(path) and len(survey) == N


def test_excel_parquet_and_dataframe_agree_with_csv(tmp_path: Path) -> None:
    df = table()
    df.to_csv(tmp_path / "a.csv", index=False)
    df.to_excel(tmp_path / "a.xlsx", index=False)
    df.to_parquet(tmp_path / "a.parquet")
    made = [read_survey(tmp_path / f"a.{kind}") for kind in ("csv", "xlsx", "parquet")] + [read_survey(df), read_survey(df.set_index("respondent"))]
    for survey in made:
        assert levels(survey) == LEVEL and list(survey.respondents) == list(df["respondent"])
        assert survey.variables["values"].tolist() == made[0].variables["values"].tolist()
        pd.testing.assert_frame_equal(survey.answers(), made[0].answers(), check_index_type=False, check_column_type=False)


def test_headers_and_answers_lose_stray_space(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id, How\u00a0often ,x\n1, daily ,1\n2,weekly,2\n3,daily,\n4,weekly\u00a0,9\n", "utf-8")
    survey = read_survey(tmp_path / "a.csv", levels={"How\u00a0often": "nominal"})
    assert survey.level("How often") == "nominal" and set(survey.data["How often"]) == {"daily", "weekly"}


def test_without_an_id_rows_are_numbered_from_zero_and_said_so(tmp_path: Path) -> None:
    table().drop(columns="respondent").to_csv(tmp_path / "a.csv", index=False)
    survey = read_survey(tmp_path / "a.csv")
    assert list(survey.respondents[:2]) == ["0", "1"] and any("numbered" in note for note in survey.notes)


# -- Levels -------------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("answers", "level"), [
    ([1, 2, 3, 4, 5], "ordinal"), ([0, 1], "binary"), ([1, 2, 3, 4, 5.5], "numeric"), (list(range(0, 100, 7)), "numeric"), ([-2, -1, 0, 1, 2], "ordinal"),
    ([True, False], "binary"), (["yes", "no"], "binary"), (["red", "green", "blue"], "nominal"), (["Disagree", "Agree", "Strongly agree"], "ordinal"),
    (["(0) Not a problem", "(2) Minor", "(4) Critical"], "ordinal"), (["2026-01-02", "2026-01-03", "2026-02-01"], "date"),
    (["Daily", "Weekly", "Monthly", "Less often than monthly"], "ordinal"), ([1990, 1985, 2001, 1970], "numeric"), (["1 Main St", "2 Oak St", "Elm Rd"], "nominal"),
])
def test_levels_are_inferred_and_the_rule_is_given(answers: list, level: str) -> None:
    survey = read_survey(pd.DataFrame({"q": answers * 10}))
    assert survey.level("q") == level and survey.row("q")["rule"]


def test_pandas_categories_say_their_level() -> None:
    sizes = pd.Categorical(["S", "L", "M"] * 10, categories=["S", "M", "L"], ordered=True)
    survey = read_survey(pd.DataFrame({"size": sizes, "shop": pd.Categorical(["a", "b", "c"] * 10)}))
    assert levels(survey) == {"size": "ordinal", "shop": "nominal"}
    assert [v for v, _ in survey.row("size")["values"]] == ["S", "M", "L"] and survey.answers()["size"].cat.ordered


def test_levels_are_corrected_in_code_and_by_a_dictionary(tmp_path: Path) -> None:
    df = table()
    (tmp_path / "dict.csv").write_text(
        "variable,level,question,labels,label\nrespondent,id,,,\nw,weight,,,\nagree,ordinal,I like it,1=strongly disagree|5=strongly agree,Liking\n"
        "district,nominal,Where?,Nord|Süd|West,\ngone,numeric,Was cut,,\n", "utf-8")
    survey = read_survey(df, dictionary=tmp_path / "dict.csv", levels={"car": "nominal", "often": ["sometimes", "never", "often"], "age": "numeric"})
    row = survey.row("agree")
    assert survey.id == "respondent" and survey.weights == "w"
    assert (row["question"], row["label"]) == ("I like it", "Liking")
    assert row["values"] == [[1, "strongly disagree"], [2, "2"], [3, "3"], [4, "4"], [5, "strongly agree"]]
    assert [v for v, _ in survey.row("often")["values"]] == ["sometimes", "never", "often"]
    assert survey.level("car") == "nominal" and [v for v, _ in survey.row("district")["values"]] == ["Nord", "Süd", "West"]
    assert any("gone" in note for note in survey.notes)


def test_a_dictionary_of_codes_fits_a_file_of_words() -> None:
    words = pd.DataFrame({"q": ["Low", "high", "Mid"] * 5})
    survey = read_survey(words, dictionary=pd.DataFrame({"variable": ["q"], "level": ["ordinal"], "labels": ["1=low|2=mid|3=high"]}))
    assert [v for v, _ in survey.row("q")["values"]] == ["Low", "Mid", "high"]
    assert survey.answers()["q"].notna().all()


def test_codes_of_no_answer_become_missing() -> None:
    df = pd.DataFrame({"a": [1, 2, 3, 99] * 5, "b": ["1", "2", "don't know", "3"] * 5})
    survey = read_survey(df, missing=[99, "don't know"])
    assert survey.row("a")["missing"] == 5 and survey.level("a") == "ordinal" and survey.row("b")["missing"] == 5 and survey.level("b") == "ordinal"


def test_a_corrected_copy_leaves_the_original_alone_and_the_dictionary_comes_back() -> None:
    survey = read_survey(table(), weights="w")
    changed = survey.with_levels({"agree": "numeric", "district": {"Nord": "North", "West": "West", "Süd": "South"}})
    assert changed.level("agree") == "numeric" and survey.level("agree") == "ordinal"
    assert changed.row("district")["values"] == [["Nord", "North"], ["West", "West"], ["Süd", "South"]] and changed.level("district") == "ordinal"
    again = read_survey(table(), weights="w", dictionary=changed.dictionary())
    assert levels(again) == levels(changed) and again.variables["values"].tolist() == changed.variables["values"].tolist()


def test_columns_that_say_nothing_are_listed_not_fatal() -> None:
    df = table().assign(empty=np.nan, blank="", same="NO", seven=7, serial=np.arange(1000, 1000 + N), token=[f"x{i:04}q" for i in range(N)])
    survey = read_survey(df)
    assert survey.usable == ["age", "agree", "district", "car", "often", "group"]
    rules = survey.variables.set_index("variable")["rule"]
    assert "all missing" in rules["empty"] and "all missing" in rules["blank"] and "everyone answered 'NO'" in rules["same"] and "7" in rules["seven"]
    assert survey.level("serial") == survey.level("token") == "id"
    assert set(survey.variables["level"]) <= set(LEVELS)


# -- Errors -------------------------------------------------------------------------------------------------------------------
BAD_FILES = {
    "empty": (b"", "empty"), "only space": (b"  \n\n", "empty"), "only a header": (b"respondent,a\n", "no rows"),
    "ragged": (b"respondent,a,b\n1,2,3\n2,3\n3,4,5,6\n", "line 3"), "two headers": (b"respondent,a,a\n1,2,3\n", "'a'"),
    "binary": (bytes(range(256)) * 20, ""), "broken quotes": (b'respondent,a\n1,"two\n2,three\n', ""), "duplicate ids": (b"respondent,a\n1,2\n1,3\n2,4\n", "'1'"),
    "missing ids": (b"respondent,a\n1,2\n,3\n", "data row 2"), "only ids": (b"respondent\n1\n2\n", ""),
}


@pytest.mark.parametrize("case", BAD_FILES)
def test_a_bad_file_is_one_named_error(tmp_path: Path, case: str) -> None:
    content, says = BAD_FILES[case]
    (tmp_path / "bad.csv").write_bytes(content)
    with pytest.raises(BadInput, match=says or None) as error:
        read_survey(tmp_path / "bad.csv", id=None if case == "empty" else "respondent")
    assert "bad.csv" in str(error.value)


@pytest.mark.parametrize(("name", "content"), [("a.xlsx", b"PK\x03\x04 cut short"), ("a.parquet", b"PAR1 no"), ("a.sav", b"$FL2"), ("absent.csv", None)])
def test_a_damaged_unknown_or_absent_file_is_one_named_error(tmp_path: Path, name: str, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(PersonabenchError, match=name):
        read_survey(tmp_path / name)


@pytest.mark.parametrize(("how", "kind", "says"), [
    ({"id": "respondant"}, NoSuchName, "did you mean 'respondent'"), ({"weights": "ww"}, NoSuchName, "'w'"), ({"levels": {"aeg": "numeric"}}, NoSuchName, "'age'"),
    ({"id": "district"}, BadInput, "more than once"), ({"levels": {"age": "numbers"}}, BadInput, "the level 'numbers'"),
    ({"levels": {"district": "numeric"}}, BadInput, "Süd"), ({"levels": {"district": "binary"}}, BadInput, "3 different answers"),
    ({"levels": {"district": "ordinal"}}, BadInput, "order"), ({"levels": {"agree": {1: "no", 3: "yes"}}}, BadInput, "do not match"),
    ({"levels": {"often": ["never", "often"]}}, BadInput, "sometimes"), ({"dictionary": pd.DataFrame({"name": ["a"]})}, BadInput, "variable"),
    ({"dictionary": pd.DataFrame({"variable": ["age", "age"]})}, BadInput, "second time"),
    ({"dictionary": pd.DataFrame({"variable": ["age", "w"], "level": ["weight", "weight"]})}, BadInput, "weights="),
])
def test_a_wrong_argument_is_one_named_error_with_a_cure(how: dict, kind: type, says: str) -> None:
    with pytest.raises(kind, match=says):
        read_survey(table(), **how)


@pytest.mark.parametrize("bad", [-1.0, np.nan, np.inf])
def test_bad_weights_name_the_respondent(bad: float) -> None:
    df = table()
    df.loc[17, "w"] = bad
    with pytest.raises(BadInput, match="017"):
        read_survey(df, weights="w")


def test_other_bad_frames() -> None:
    with pytest.raises(BadInput, match="only zeros"):
        read_survey(table().assign(w=0), weights="w")
    with pytest.raises(BadInput, match="infinite"):
        read_survey(table().assign(age=np.inf), levels={"age": "numeric"})
    with pytest.raises(BadInput, match="twice"):
        read_survey(pd.concat([table(), table()[["age"]]], axis=1))
    with pytest.raises(BadInput, match="0 rows"):
        read_survey(table().head(0))
    with pytest.raises(NoSuchName, match="did you mean 'age'"):
        read_survey(table()).answers(["aeg"])


def test_weights_that_were_not_asked_for_are_pointed_out() -> None:
    survey = read_survey(table())
    assert survey.weights is None and (survey.case_weights == 1).all() and any("weights='w'" in note for note in survey.notes)
    assert read_survey(table(), weights="w").case_weights.mean() == pytest.approx(1)


# -- In the study -------------------------------------------------------------------------------------------------------------
def test_a_survey_is_kept_and_comes_back_as_it_was(tmp_path: Path) -> None:
    table().to_csv(tmp_path / "wave1.csv", index=False)
    with Study(tmp_path / "s.db", coder="MB", create=True) as study:
        survey = import_survey(study, tmp_path / "wave1.csv", weights="w", wave="2026-05")
        assert study.surveys[["survey", "wave", "n"]].values.tolist() == [["wave1", "2026-05", N]]
        before = study.last_event()
        import_survey(study, tmp_path / "wave1.csv", weights="w", wave="2026-05")  # the same once more: noticed, not an error
        assert len(study.surveys) == 1 and study.last_event() == before
        with pytest.raises(AlreadyThere):
            import_survey(study, table().iloc[1:], weights="w", wave="2026-05", name="wave1")
        assert len(study.surveys) == 1
        import_survey(study, survey, name="again", wave="2026-11")
    with Study(tmp_path / "s.db") as study:
        back = stored_survey(study, "2026-05")
        assert stored_survey(study, "again").wave == "2026-11"
        with pytest.raises(NoSuchName):
            stored_survey(study, "2027")
    pd.testing.assert_frame_equal(back.data, survey.data)
    assert (back.id, back.weights, back.wave, back.name) == ("respondent", "w", "2026-05", "wave1") and back.usable == survey.usable
    pd.testing.assert_frame_equal(back.answers(), survey.answers())


def test_a_refused_survey_leaves_the_study_as_it_was(tmp_path: Path) -> None:
    with Study(tmp_path / "s.db", coder="MB", create=True) as study:
        before = study.last_event()
        with pytest.raises(BadInput):
            import_survey(study, table(), weights="w", levels={"district": "numeric"})
        assert study.last_event() == before and study.surveys.empty


# -- The sample study and a real survey ---------------------------------------------------------------------------------------
@pytest.mark.parametrize(("wave", "n"), [(1, 400), (2, 350)])
def test_the_sample_waves_read_with_and_without_their_dictionary(root: Path, wave: int, n: int) -> None:
    path, dictionary = root / "data" / f"survey_wave{wave}.csv", root / "data" / "survey_dictionary.csv"
    survey = read_survey(path, dictionary=dictionary)
    assert len(survey) == n and survey.weights == "weight" and survey.case_weights.mean() == pytest.approx(1) and "P01" in survey.respondents
    guessed = levels(read_survey(path, weights="weight"))
    wrong = {v for v, level in levels(survey).items() if guessed[v] != level and {guessed[v], level} != {"binary", "nominal"}}
    assert len(wrong) <= (1 if wave == 2 else 0), wrong


@pytest.mark.real
def test_the_jupyter_survey_of_2015(real_data: Path) -> None:
    survey = read_survey(real_data / "surveys" / "jupyter-notebook-ux-2015" / "20160115235816-SurveyExport.csv")
    assert len(survey) == 1706 and len(survey.variables) == 37
    found = levels(survey)
    assert found["How often do you use Jupyter Notebook?"] == "ordinal" and found["How many years have you been in this role?"] == "ordinal"
    assert survey.row("How many years have you been in this role?")["values"][0][0] == "Less than 1 year"
    assert len(survey.usable) == 6 and sum(level == "text" for level in found.values()) == 29
