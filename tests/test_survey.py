"""Survey: files of many makes, levels inferred and corrected, errors that name the place, and what is kept in a study."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from personabench.schema import AlreadyThere, BadInput, MissingExtra, NoSuchName, PersonabenchError
from personabench.study import Study
from personabench.survey import LEVELS, Survey, import_survey, read_survey, stored_survey, write_dictionary

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


# -- Stata, SPSS and categorical files -----------------------------------------------------------------------------------------
GOLDEN = Path(__file__).parent / "golden"
AGREE = [[1, "strongly disagree"], [2, "disagree"], [3, "neutral"], [4, "agree"], [5, "strongly agree"]]


def need_spss(path: Path) -> Path:
    if path.suffix != ".dta": pytest.importorskip("pyreadstat", reason='SPSS files need pip install "personabench[spss]"')
    return path


@pytest.mark.parametrize("name", ["survey_haven.sav", "survey_haven.zsav", "survey_haven.dta"])
def test_files_of_other_programs_give_the_same_survey(name: str) -> None:
    "Written by R's haven: labels of variables and answers, declared and extended missing values, dates, words beyond ASCII."
    survey = read_survey(need_spss(GOLDEN / name), weights="wt")
    assert levels(survey) == {"agree": "ordinal", "region": "nominal", "income": "numeric", "joined": "date", "wt": "weight", "comment": "text"}
    agree, income = survey.row("agree"), survey.row("income")
    assert agree["values"] == AGREE and agree["question"] == "The app is easy to use" and agree["missing"] == 4
    assert survey.row("region")["values"] == [[1, "Nord"], [2, "Süd"], [3, "West"]]
    assert income["missing"] == 1 and survey.data["income"].min() == 1010 and survey.data.loc["001", "joined"] == pd.Timestamp("2026-05-01")
    assert [label for _, label in agree["missing_codes"]] == ["refused"] and survey.data.loc["002", "comment"].startswith("Answer 2 – déjà vu")
    assert survey.usable == ["agree", "region", "income"] and survey.id == "id" and survey.answers()["agree"].cat.ordered


def test_a_declared_missing_code_can_be_taken_back() -> None:
    survey = read_survey(need_spss(GOLDEN / "survey_haven.sav"))
    back = survey.with_levels(missing={"income": [], "agree": []})
    assert back.data["income"].min() == -7 and back.row("income")["missing"] == 0 and back.row("agree")["values"] == [*AGREE, [9, "refused"]]
    assert survey.row("income")["missing"] == 1, "the original is as it was"


def test_multiple_response_sets_of_spss_are_groups() -> None:
    survey = read_survey(need_spss(GOLDEN / "survey_pspp.sav"))
    assert survey.variables.set_index("variable")["group"].to_dict() == {"t_r": (tools := "Which tools do you use?"), "t_sql": tools, "t_py": tools, "q5": ""}
    assert survey.data["t_r"].isna().tolist() == [False, False, False, True, False, False], "R003 ticked nothing, R004 skipped the question"
    assert survey.row("q5")["missing_codes"] == [[8, "refused"]] and survey.level("q5") == "ordinal"


def test_what_we_write_with_pyreadstat_and_pandas_comes_back(tmp_path: Path) -> None:
    spss = pytest.importorskip("pyreadstat")
    df = table().drop(columns=["group", "when"]).astype({"agree": "int64"})
    spss.write_sav(df, tmp_path / "a.sav", column_labels={"agree": "I like it"}, variable_measure={"age": "scale", "agree": "ordinal", "district": "nominal"})
    df.to_stata(tmp_path / "a.dta", write_index=False, version=118, variable_labels={"agree": "I like it"})
    df.to_parquet(tmp_path / "a.parquet")
    df.to_excel(tmp_path / "a.xlsx", index=False)
    made = [read_survey(tmp_path / f"a.{kind}", weights="w") for kind in ("sav", "dta", "parquet", "xlsx")]
    for survey in made:
        assert levels(survey) == {v: level for v, level in LEVEL.items() if v in df}
        assert survey.variables["values"].tolist() == made[0].variables["values"].tolist()
        pd.testing.assert_frame_equal(survey.answers(), made[0].answers(), check_index_type=False, check_column_type=False)
    assert made[0].row("agree")["question"] == made[1].row("agree")["question"] == "I like it"


def test_categories_keep_their_order_through_stata_and_parquet(tmp_path: Path) -> None:
    sizes = pd.Categorical(["S", "XL", "M", "L"] * 6, categories=["S", "M", "L", "XL"], ordered=True)
    df = pd.DataFrame({"size": sizes, "shop": pd.Categorical(["a", "b", "c", "a"] * 6)})
    df.to_parquet(tmp_path / "a.parquet")
    survey = read_survey(tmp_path / "a.parquet")
    assert levels(survey) == {"size": "ordinal", "shop": "nominal"} and [v for v, _ in survey.row("size")["values"]] == ["S", "M", "L", "XL"]
    df.to_stata(tmp_path / "a.dta", write_index=False)
    assert read_survey(tmp_path / "a.dta").row("size")["values"] == [[0, "S"], [1, "M"], [2, "L"], [3, "XL"]]


def test_an_spss_file_without_pyreadstat_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "pyreadstat", None)
    with pytest.raises(MissingExtra, match=r"survey_haven\.sav") as error:
        read_survey(GOLDEN / "survey_haven.sav")
    assert error.value.cure == 'pip install "personabench[spss]"'


@pytest.mark.parametrize("name", ["survey_haven.sav", "survey_haven.zsav", "survey_haven.dta"])
def test_a_damaged_file_is_one_named_error(tmp_path: Path, name: str) -> None:
    whole = need_spss(GOLDEN / name).read_bytes()
    for content in (b"", whole[:100], whole[:len(whole) // 2], whole[:-200], b"no " + whole, bytes(range(256)) * 20):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(BadInput, match="cannot be read") as error:
            read_survey(tmp_path / name)
        assert name in str(error.value) and "export it as CSV" in str(error.value.cure)


# -- Questions with several answers ---------------------------------------------------------------------------------------------
def several(n: int = 40) -> pd.DataFrame:
    "Return two questions with several answers; every fifth respondent skipped both, R0 stopped after the first."
    i = np.arange(n)
    ask = i % 5 != 4
    df = pd.DataFrame({"1. R": np.where(ask & (i % 2 == 0), "R", None), "1. SQL": np.where(ask & (i % 3 == 0), "SQL", None), "1. PHP": [None] * n,
                       "why": np.where(ask, np.array(["fast;cheap", "fast", "cheap;dry", "dry"])[i % 4], None), "age": np.where(ask, 20. + i, np.nan)})
    df.loc[0, ["why", "age"]] = None
    return df


def test_an_empty_question_is_no_if_something_later_was_answered_and_missing_if_not() -> None:
    survey = read_survey(several())
    assert survey.data.loc["7", ["1. R", "1. SQL", "1. PHP"]].tolist() == [0, 0, 0], "chose nothing, but answered what came later"
    assert survey.data.loc["4", ["1. R", "1. SQL", "why: fast"]].isna().all(), "answered nothing at all"
    assert survey.data.loc["0", "1. R"] == 1 and np.isnan(survey.data.loc["0", "why: fast"]), "stopped after the first question"
    rule = survey.row("1. R")["rule"]
    assert "answered something later; missing for 8" in rule and not survey.row("1. PHP")["used"]
    assert survey.usable[:2] == ["1. R", "1. SQL"] and sorted(survey.usable[2:]) == ["age", "why: cheap", "why: dry", "why: fast"]
    assert {survey.level(v) for v in survey.usable[:-1]} == {"binary"} and survey.row("why")["level"] == "multi"
    assert survey.data["why"].iloc[1] == "fast", "the cell itself stays"


@pytest.mark.parametrize(("blank", "holes"), [("no", 0), ("missing", 19), ("auto", 8)])
def test_what_an_empty_question_means_can_be_decided(blank: str, holes: int) -> None:
    assert read_survey(several(), blank=blank).row("1. R")["missing"] == holes
    with pytest.raises(BadInput, match="'auto', 'no' or 'missing'"):
        read_survey(several(), blank="maybe")


def test_with_none_of_these_on_offer_nothing_chosen_is_missing() -> None:
    df = several().assign(**{"1. None of these": [None] * 7 + ["None of these"] + [None] * 32})
    survey = read_survey(df[["1. R", "1. SQL", "1. None of these", "age"]])
    assert np.isnan(survey.data.loc["11", "1. R"]) and survey.data.loc["7", "1. R"] == 0 and "'None of these' was an option" in survey.row("1. R")["rule"]


@pytest.mark.parametrize("names", [("use_bus", "use_car"), ("q7_1", "q7_2"), ("Tools [R]", "Tools [SQL]"), ("Tools: R", "Tools: SQL"), ("R:Tools?",
        "SQL:Tools?"), ("3. R", "3. SQL"),
                                   ("lang1", "lang2"), ("Which? - R", "Which? - SQL")])
def test_options_are_known_by_their_names(names: tuple[str, str]) -> None:
    ticked = pd.DataFrame({names[0]: [1, None] * 10, names[1]: [None, None, 1, 1] * 5, "other": range(20)})
    groups = read_survey(ticked).variables.set_index("variable")["group"]
    assert groups[names[0]] == groups[names[1]] != "" and groups["other"] == ""
    full = ticked.fillna(0)
    assert read_survey(full).data[names[0]].tolist() == full[names[0]].tolist(), "0 and 1 stay what they are"


def test_a_wrong_guess_about_options_is_corrected() -> None:
    survey = read_survey(several())
    apart = survey.with_levels({"why": "nominal"}, group={"1. R": "", "1. SQL": "", "1. PHP": ""})
    assert apart.level("why") == "nominal" and "why: fast" not in apart.data and set(apart.data["1. R"].dropna()) == {"R"} and not apart.row("1. R")["group"]
    again = apart.with_levels({"why": "multi"}, group={"1. R": "tools", "1. SQL": "tools"})
    assert again.data["why: fast"].equals(survey.data["why: fast"]) and again.data["1. SQL"].equals(survey.data["1. SQL"]) and again.row("1. R")["group"] == "tools"
    with pytest.raises(BadInput, match="'multi'"):
        survey.with_levels({"age": "multi"})
    assert read_survey(several(), levels={"why": "text"}).level("why") == "text"


@pytest.mark.parametrize("cells", [["Bern, Switzerland", "Graz, Austria", "Linz, Austria"], ["Daily; 3+ hours", "Daily; less", "Weekly", "Never"],
        ["yes, sure", "no", "well, it depends, on days"]])
def test_delimiters_inside_answers_part_nothing(cells: list[str]) -> None:
    assert read_survey(pd.DataFrame({"q": cells * 10})).variables["variable"].tolist() == ["q"]


@given(st.lists(st.lists(st.sampled_from(["bike", "bus (day, night)", "car/lift", "Zug é"]), unique=True, max_size=4), min_size=30, max_size=60),
        st.sampled_from([";", ", ", "|"]))
def test_no_tick_is_lost_or_made_up(chosen: list[list[str]], delimiter: str) -> None:
    survey = read_survey(pd.DataFrame({"q": [delimiter.join(c) or None for c in chosen],
            "end": [1, 2] * (len(chosen) // 2) + [1] * (len(chosen) % 2)}), levels={"q": "multi"})
    for option in {o for c in chosen for o in c}:
        if (column := f"q: {option}") in survey.data:
            assert survey.data[column].tolist() == [float(option in c) for c in chosen]
        else:
            assert sum(option in c for c in chosen) < 2 or delimiter == "|"


# -- Corrections and the dictionary ---------------------------------------------------------------------------------------------
def test_labels_questions_and_missing_codes_are_corrected_and_taken_back() -> None:
    survey = read_survey(table().assign(agree=lambda d: d["agree"].astype("int64").replace(5, 99)))
    changed = survey.with_levels({"agree": "ordinal"}, missing={"agree": {99: "don't know"}}, question={"agree": "I like it"}, label={"agree": "Liking"},
                                 labels={"district": {"West": "West side", "Nord": "North"}})
    row = changed.row("agree")
    assert (row["question"], row["label"], row["missing"], row["missing_codes"]) == ("I like it", "Liking", 12, [[99, "don't know"]])
    assert changed.row("district")["values"] == [["West", "West side"], ["Nord", "North"], ["Süd", "Süd"]] and changed.level("district") == "nominal"
    back = changed.with_levels({"agree": "numeric"}, missing={"agree": []})
    assert back.data["agree"].max() == 99 and back.row("agree")["missing"] == 0 and back.row("agree")["question"] == "I like it"
    with pytest.raises(NoSuchName, match="did you mean 'agree'"):
        survey.with_levels(question={"agre": "?"})


def test_ranges_of_codes_and_codes_by_variable() -> None:
    df = pd.DataFrame({"a": [1, 2, 3, -9, -1, 98] * 4, "b": [1, 2, 98, 3, 4, 5] * 4})
    survey = read_survey(df, missing={"a": ["..-1", 98]})
    assert survey.row("a")["n"] == 12 and survey.row("b")["missing"] == 0 and survey.row("a")["missing_codes"] == [["..-1", ""], [98, ""]]
    assert read_survey(df, missing={"b": "90.."}).row("b")["missing"] == 4


def test_the_way_out_of_a_scale_is_no_answer_unless_it_is_called_one() -> None:
    df = pd.DataFrame({"q": ["(0) None", "(2) Minor", "(4) Critical", "N/A - skip, don't know."] * 6, "yes": ["yes", "no", "don't know", "no"] * 6})
    survey = read_survey(df)
    assert survey.level("q") == "ordinal" and survey.row("q")["missing"] == 6 and survey.row("q")["missing_codes"] == [["N/A - skip, don't know.", ""]]
    assert survey.level("yes") == "nominal" and survey.row("yes")["missing"] == 0, "three answers without a scale"
    kept = survey.with_levels({"q": "nominal"}, missing={"q": []})
    assert kept.row("q")["missing"] == 0 and read_survey(df, levels={"q": "nominal"}).row("q")["missing"] == 0


@pytest.mark.parametrize("suffix", ["csv", "xlsx"])
def test_the_dictionary_goes_out_and_comes_back_exactly(tmp_path: Path, suffix: str) -> None:
    i = np.arange(N)
    df = table().assign(**{"odd": np.array(["a|b", "x=y", "back\\slash"])[i % 3], "t_1": np.where(i % 2, 1., np.nan), "t_2": np.where(i % 3, np.nan, 1.),
                           "why": np.array(["fast;cheap", "fast", "cheap;dry", "dry"])[i % 4], "code": np.where(i % 7 == 0, 99, i % 5)})
    survey = read_survey(df, weights="w", missing=[99]).with_levels({"agree": {1: "no|no", 5: "yes=yes"}}, question={"car": "Do you\nhave a car?"},
            missing={"code": {99: "refused", "-9..-1": ""}})
    path = write_dictionary(survey, tmp_path / f"dictionary.{suffix}")
    for dictionary in (path, survey.dictionary()):
        again = read_survey(df, dictionary=dictionary)
        pd.testing.assert_frame_equal(again.data, survey.data)
        as_text = lambda s: s.variables.drop(columns="rule").assign(missing_codes=[[[str(c), said] for c, said in codes] for codes in s.variables["missing_codes"]])
        pd.testing.assert_frame_equal(as_text(again), as_text(survey))
        assert (again.id, again.weights) == (survey.id, survey.weights)
        pd.testing.assert_frame_equal(again.dictionary(), survey.dictionary())
    assert [p.name for p in tmp_path.iterdir()] == [path.name]
    with pytest.raises(BadInput, match=".csv or .xlsx"):
        write_dictionary(survey, tmp_path / "dictionary.pdf")


def test_leaving_respondents_out_is_noted_and_counted() -> None:
    survey = read_survey(table(), weights="w")
    kept = survey.without(["003", "004"], why="too fast")
    assert len(kept) == N - 2 and len(survey) == N and kept.notes[-1] == f"2 of {N} respondents left out: too fast" and kept.row("age")["n"] == N - 2
    assert survey.without([]).notes == survey.notes
    with pytest.raises(NoSuchName, match="did you mean .*'003'"):
        survey.without(["0033"])
    with pytest.raises(BadInput, match="nobody left"):
        survey.without(survey.respondents)


# -- Columns that are no use, and surveys that are too small ----------------------------------------------------------------------
def test_five_respondents_and_more_categories_than_rows() -> None:
    survey = read_survey(pd.DataFrame({"id": list("abcde"), "town": ["Ulm", "Bonn", "Kiel", "Jena", "Trier"], "agree": [1, 2, 5, 4, 4],
            "say": ["It is good"] * 4 + ["No"]}))
    assert len(survey) == 5 and survey.usable == ["agree", "say"]
    forced = survey.with_levels({"town": "nominal"})
    assert not forced.row("town")["used"] and "5 different answers from 5 respondents" in forced.row("town")["rule"]
    assert any("town" in note for note in read_survey(survey.data, levels={"town": "nominal"}).notes)


def test_labels_that_do_not_match_and_doubled_columns_name_the_cure(tmp_path: Path) -> None:
    df = pd.DataFrame({"q": [1, 2, 3, 7] * 5})
    with pytest.raises(BadInput, match=r"variable 'q'.*\[7\]") as error:
        read_survey(df, levels={"q": {1: "low", 2: "mid", 3: "high"}})
    assert "missing=" in str(error.value.cure)
    (tmp_path / "a.csv").write_text("a,b,a\n1,2,3\n", "utf-8")
    with pytest.raises(BadInput, match="'a' occurs twice"):
        read_survey(tmp_path / "a.csv")


@pytest.mark.real
def test_the_jupyter_survey_of_2020(real_data: Path) -> None:
    "216 columns, 143 of them options of ten questions with several answers."
    survey = read_survey(real_data / "surveys" / "jupyter-survey-2020" / "all_responses.csv")
    options = survey.variables[survey.variables["group"] != ""]
    assert options["group"].value_counts().to_dict() == {"3": 19, "4": 14, "5": 13, "6": 16, "8": 14, "9": 14, "11": 10, "12": 12, "14": 20, "17": 11}
    assert set(options["level"]) == {"binary"} and options["used"].all() and len(survey.usable) == 215
    assert survey.data["3. Python."].sum() == 1122 and survey.row("17. Share knowledge.")["missing"] == 5
    how_long = survey.row("2. How long have you been using Jupyter?")
    assert [v for v, _ in how_long["values"]] == ["Less than 6 months.", "6-12 months.", "1-2 years.", "2+ years."]
    pains = survey.variables[survey.variables["variable"].str.match(r"(10|13|15|19|20)[a-z]\.")]
    assert set(pains["level"]) == {"ordinal"} and all(len(codes) == 1 and codes[0][0].startswith("N/A") for codes in pains["missing_codes"])


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


def test_numbers_that_a_few_words_made_text_are_told() -> None:
    fee = [*(str(k / 4) for k in range(30)), "n/a", "refused"]
    survey = read_survey(pd.DataFrame({"fee": fee, "town": ["Ulm", "Bonn"] * 16, "code": [f"A{i}" for i in range(32)], "few": ["1", "2", "3", "other"] * 8}))
    assert [note for note in survey.notes if "read as words" in note] == [
        "fee is read as words, though 30 of 32 answers are numbers: if n/a, refused mean no answer, pass missing=['n/a', 'refused']"]
    again = read_survey(pd.DataFrame({"fee": fee}), missing=["n/a", "refused"])
    assert again.level("fee") == "numeric" and not any("read as words" in note for note in again.notes), "the advice works"


@pytest.mark.parametrize("wave", ["2026-06", None])
def test_a_second_survey_of_the_same_people_and_wave_warns_and_can_be_taken_back(tmp_path: Path, wave: str | None) -> None:
    import warnings

    from personabench.coding import undo

    with Study(tmp_path / "s.db", coder="MB", create=True) as study:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            import_survey(study, table(), name="wrong", wave=wave)
            import_survey(study, table(), name="wrong", wave=wave)                                                          # the same once more
            import_survey(study, table(), name="later", wave="2026-12")
            import_survey(study, table().assign(respondent=lambda t: "S" + t["respondent"]), name="others", wave=wave)      # other people
        with pytest.warns(UserWarning, match=f"'right' holds {N} respondents of survey 'wrong'") as told:
            import_survey(study, table().drop(columns="car"), name="right", wave=wave)
        assert "pb.undo(study)" in str(told[0].message) and "wave=" in str(told[0].message) and told[0].filename == __file__
        undo(study)
        assert study.surveys["survey"].tolist() == ["wrong", "later", "others"], "the advice works"


def test_row_numbers_do_not_make_people_the_same(tmp_path: Path) -> None:
    import warnings

    with Study(tmp_path / "s.db", coder="MB", create=True) as study, warnings.catch_warnings():
        warnings.simplefilter("error")
        for name, n in (("one", N), ("other", N - 10)): import_survey(study, table(n).drop(columns="respondent"), name=name, wave="1")


def test_what_is_no_survey_is_told_the_way_to_the_kept_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import personabench as pb

    monkeypatch.chdir(tmp_path)
    with Study(tmp_path / "s.db", coder="MB", create=True) as study:
        import_survey(study, table(), name="survey2", wave="2026.05")
        for verb in (pb.read_survey, pb.segment):
            for given, found in (("survey2", "no such file"), (study.survey("survey2"), "what study.survey"), (study.survey("2026.05"), "what study.survey")):
                with pytest.raises(BadInput, match=found) as told: verb(given)
                assert "pb.stored_survey(study, 'survey2')" in told.value.cure
            with pytest.raises(BadInput, match="None, no survey.*read_survey returned.*stored_survey"): verb(None)
            with pytest.raises(BadInput, match="a Study.*stored_survey"): verb(study)
            with pytest.raises(BadInput, match="stored_survey.study, '2026.05'"): verb("2026.05")
            for path in ("survey2.csv", "no/such.xlsx"):
                with pytest.raises(BadInput, match="no such file") as told: verb(path)
                assert "stored_survey" not in told.value.cure, "who names a file's ending means a file"
        assert pb.segment(pb.stored_survey(study, "survey2"), variables=["age", "agree"], n_boot=0, verdict=False).labels.size == N
        assert "stored_survey" in (Study.survey.__doc__ or "")


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
    assert len(survey) == 1706 and len(survey.variables) == 37 + 12, "a question with several answers gives its options columns"
    found = levels(survey)
    assert found["How often do you use Jupyter Notebook?"] == "ordinal" and found["How many years have you been in this role?"] == "ordinal"
    assert survey.row("How many years have you been in this role?")["values"][0][0] == "Less than 1 year"
    words = "Select all the words that best describe Jupyter Notebook."
    options = survey.variables[(survey.variables["group"] == words) & (survey.variables["level"] == "binary")]
    assert found[words] == "multi" and len(options) == 12 and f"{words}: intuitive" in survey.usable
    chosen = survey.data[f"{words}: intuitive"]
    assert chosen.notna().sum() == 771 and survey.data[words].notna().sum() == 748, "23 chose no word but went on to the next question"
    assert len(survey.usable) == 6 + 12 and sum(level == "text" for level in found.values()) == 28


def test_rows_numbered_twice_are_no_variable() -> None:
    df = pd.DataFrame({"a": [1, 2, 3, 4], "b": list("xyxy")})
    with pytest.raises(BadInput, match="'0' more than once in the index.*ignore_index=True"): read_survey(pd.concat([df, df]))
    known = read_survey(pd.concat([df.assign(id=[1, 2, 3, 4]), df.assign(id=[5, 6, 7, 8])]))
    assert known.id == "id" and known.variables["variable"].tolist() == ["a", "b"]
    assert len(read_survey(pd.concat([df, df], ignore_index=True))) == 8


@pytest.mark.parametrize(("call", "says"), [
    (lambda df: read_survey(df, levels={"a": 5}), "levels.*5.*one of numeric"), (lambda df: read_survey(df, levels={"a": None}), "None"),
    (lambda df: read_survey(df, levels=["a"]), "a dict"), (lambda df: read_survey(df["a"]), "a Series"), (lambda df: read_survey(df.to_numpy()), "a ndarray"),
    (lambda df: read_survey(df.set_axis(pd.MultiIndex.from_product([["q"], df.columns]), axis=1)), "2 levels"),
    (lambda df: read_survey(df.assign(c=1j * df["a"])), "complex"),
    (lambda df: read_survey(df, dictionary=pd.DataFrame({"variable": ["b"], "level": ["nominal"], "labels": ["1=one|2=two"]})), "'b'.*do not match.*'x', 'y'")])
def test_what_cannot_be_read_is_said(call: object, says: str) -> None:
    with pytest.raises(BadInput, match=says): call(pd.DataFrame({"a": [1, 2, 3, 4], "b": list("xyxy")}))


def test_one_code_is_a_code_and_truth_may_be_labelled_by_0_and_1() -> None:
    df = pd.DataFrame({"a": [1, 2, 99, 4], "b": [True, False, True, True], "c": ["u", "no idea", "v", "u"]})
    assert read_survey(df, missing=99).data["a"].isna().sum() == 1 and read_survey(df, missing="no idea").data["c"].isna().sum() == 1
    labels = pd.DataFrame({"variable": ["b"], "level": ["binary"], "labels": ["0=no|1=yes"]})
    assert read_survey(df, dictionary=labels).row("b")["values"] == [[False, "no"], [True, "yes"]]


def test_decimal_commas_are_numbers_or_named_with_their_cure(tmp_path: Path) -> None:
    (tmp_path / "de.csv").write_text("resp_id;spend;w;version\n" + "".join(f"R{i};{i % 7},5{i % 3};0,{i + 1};4.{i % 2}\n" for i in range(40)), "utf-8")
    survey = read_survey(tmp_path / "de.csv", weights="w")
    assert survey.level("spend") == "numeric" and survey.row("spend")["used"] and survey.id == "resp_id"
    assert any("decimal commas" in n and "spend" in n for n in survey.notes)
    words = pd.DataFrame({"spend": [f"{i % 7},5{i % 3}" for i in range(40)], "w": "1,5", "q": range(40)})
    assert any(n.startswith("spend") and "comma" in n for n in read_survey(words).notes)
    assert any("levels={'spend': 'numeric'} makes numbers" in n for n in read_survey(words).notes)
    said = read_survey(words, levels={"spend": "numeric"}, weights="w")
    for one in (said, read_survey(words, weights="w").with_levels({"spend": "numeric"})):
        assert one.data["spend"].tolist()[:2] == [.5, 1.51] and one.data["w"].eq(1.5).all()
    assert words["spend"][0] == "0,50" and words["w"][0] == "1,5", "the researcher's own table is left alone"


def test_ways_out_of_a_stata_file_are_no_answers_and_can_be_taken_back(tmp_path: Path) -> None:
    labels = {"gender": {1: "female", 2: "male", 9: "refused"}, "odd": {1: "yes", 2: "don't know"}}
    pd.DataFrame({"gender": [1, 2, 9] * 10, "odd": [1, 2] * 15}).to_stata(tmp_path / "a.dta", write_index=False, value_labels=labels)
    survey = read_survey(tmp_path / "a.dta")
    assert survey.row("gender")["missing"] == 10 and survey.row("gender")["missing_codes"] == [[9, "refused"]] and survey.row("odd")["missing"] == 0
    assert any("gender: 9 ('refused')" in note for note in survey.notes)
    assert [9, "refused"] in survey.with_levels({"gender": "nominal"}, missing={"gender": []}).row("gender")["values"]


def test_ids_are_named_as_such_and_negative_weights_read_plainly() -> None:
    survey = read_survey(pd.DataFrame({"code": ["a", "b", "c"], "q": [1, 2, 3]}), id="code")
    with pytest.raises(NoSuchName, match="'code' holds the respondents' ids"): survey.row("code")
    with pytest.raises(BadInput, match="negative or no number: -1.0 for"): read_survey(pd.DataFrame({"w": [1., -1., 2.], "q": [1, 2, 3]}), weights="w")


def test_descriptors_are_kept_by_corrections_and_checked() -> None:
    survey = read_survey(pd.DataFrame({"q": [1, 2, 3] * 9, "age": range(27)})).with_levels(descriptors=["age"])
    assert survey.descriptors == ("age",) == survey.with_levels({"q": "numeric"}).descriptors
    with pytest.raises(NoSuchName, match="aeg"): survey.with_levels(descriptors=["aeg"])


def test_words_break_between_words_when_printed(capsys: pytest.CaptureFixture[str]) -> None:
    from personabench.survey import _Words

    text = _Words("several words " * 40 + "\n\nanother part")
    print(text)
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 100 and len(lines) > 5 and "" in lines and lines[-1] == "another part" and "several words several words" in text
    assert repr(text) == str(text) and all(word in {"several", "words", "another", "part"} for word in " ".join(lines).split())


@pytest.mark.parametrize("code, found", [(-99, True), (999, True), (-9, True), (99, False), (-2, False)])
def test_a_number_that_looks_like_no_answer_is_told(code, found):
    rng = np.random.default_rng(0)
    answers = rng.integers(18, 98, 90) if code == 99 else rng.uniform(0, 60 if code > 900 else 6, 90).round(2)
    fee = pd.Series(np.r_[answers.astype(float), [code] * 6])
    survey = read_survey(pd.DataFrame({"fee": fee, "other": rng.normal(0, 1, 96)}))
    assert any(f"fee: {code} (6 times)" in note and f"missing=[{code}]" in note for note in survey.notes) is found
    assert not read_survey(pd.DataFrame({"fee": fee}), missing=[code]).notes[-1].startswith("fee:")
