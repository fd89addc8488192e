"""Survey quality: each measure by hand, flags that a user would check, and that nobody is removed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from personabench.schema import BadInput, NoSuchName
from personabench.survey import Survey, read_survey
from personabench.survey_quality import QualityReport, _straightness, quality_report

ITEMS = [f"i{k}" for k in range(1, 9)]


def made(n: int = 50, **columns: object) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    return pd.DataFrame(rng.integers(1, 6, (n, 8)), columns=ITEMS, dtype="float64").assign(age=rng.integers(18, 70, n), minutes=rng.uniform(8, 12, n), **columns)


def look(df: pd.DataFrame, **how: object) -> tuple[Survey, QualityReport]:
    survey = read_survey(df, levels={"age": "numeric", "minutes": "numeric"})
    return survey, quality_report(survey, **how)  # type: ignore[arg-type]


# -- Straight lines -----------------------------------------------------------------------------------------------------------
@given(st.lists(st.lists(st.sampled_from([1., 2., 3., np.nan]), min_size=1, max_size=9), min_size=1, max_size=4).filter(lambda rows: len({len(r) for r in rows}) == 1))
def test_runs_shares_and_spread_are_what_counting_gives(rows: list[list[float]]) -> None:
    longest, same, spread = _straightness(np.array(rows))
    for k, row in enumerate(rows):
        there = [a for a in row if a == a]
        runs = [1] if there else [0]
        for one, other in zip(there, there[1:]): runs.append(runs[-1] + 1 if one == other else 1)
        assert longest[k] == max(runs)
        if len(there) < 2: assert np.isnan(same[k]) and np.isnan(spread[k])
        else:
            assert same[k] == pytest.approx(max(there.count(a) for a in there) / len(there)) and spread[k] == pytest.approx(np.std(there, ddof=1))


def test_a_straight_line_through_all_batteries_is_flagged_and_through_one_is_not() -> None:
    df = made().assign(**{f"o{k}": lambda d, k=k: np.array(["never", "sometimes", "often"])[(np.arange(len(d)) + k * (np.arange(len(d)) // 3)) % 3] for k in range(4)})
    df.loc[5, ITEMS] = 4
    df.loc[6, ITEMS] = 4
    df.loc[6, [f"o{k}" for k in range(4)]] = "never"
    df.loc[7, ITEMS[:6]] = np.nan
    df.loc[7, ITEMS[6:]] = 2
    _, report = look(df)
    assert list(map(len, report.batteries.values())) == [8, 4] and report.flagged("straight") == ["6"]
    five = report.respondents.loc["5"]
    assert (five["run"], five["same"]) == (8, 1) and report.respondents.loc["6", "irv"] == 0
    assert "6" in look(df, batteries={"all": ITEMS})[1].flagged("straight") and "5" in look(df, batteries={"all": ITEMS})[1].flagged("straight")
    assert "0 (0.0%)" not in report.explain().splitlines()[1]


def test_a_report_is_shown_in_a_line_and_in_tables() -> None:
    df = made()
    df.loc[5, ITEMS] = 4
    df.loc[[7, 8, 9], "i3"] = np.nan
    survey, report = look(df.rename(columns={"i3": "i<3>"}), batteries={"all": [*ITEMS[:2], *ITEMS[3:]]}, checks={"odd": "age < 0"})
    assert repr(report) == "QualityReport(50 respondents, 9 questions; flagged: straight 1, duplicate 0, same_id 0, partial 0, odd 0; nobody was removed)"
    page = report._repr_html_()
    assert "50 respondents, 9 questions" in page and "Nobody was removed" in page and "i&lt;3&gt;" in page and "<3>" not in page
    assert page.count("Nobody was removed") == 1 and "contradict themselves" in page and "were too fast" not in page + report.explain(), "speed was not looked at"
    timed = quality_report(survey, duration="minutes")
    assert "fast 0" in repr(timed) and "were too fast" in timed._repr_html_() and "were too fast" in timed.explain()
    alone = quality_report(read_survey(pd.DataFrame({"age": [*range(20, 50)] * 2})), duration="age")
    assert "straight" not in repr(alone) and "gave one answer" not in alone.explain(), "nor straight lines without batteries"


# -- Speed, copies, partial answers -------------------------------------------------------------------------------------------
def test_speeders_take_less_than_half_the_median() -> None:
    df = made()
    df.loc[[3, 4], "minutes"] = [df["minutes"].median() * .45, df["minutes"].median() * .55]
    survey, report = look(df, duration="minutes")
    assert report.flagged("fast") == ["3"] and quality_report(survey, duration="minutes", fast=.6).flagged("fast") == ["3", "4"]
    assert not quality_report(survey).flagged("fast") and "duration=" in quality_report(survey).explain()


def test_the_time_between_two_dates() -> None:
    start = pd.Timestamp("2026-05-01 10:00")
    df = made().assign(begun=start, ended=[start + pd.Timedelta(minutes=2 if k == 8 else 10) for k in range(50)])
    _, report = look(df, duration=("begun", "ended"))
    assert report.flagged("fast") == ["8"] and report.respondents.loc["8", "seconds"] == 120 and report.respondents.loc["8", "speed"] == pytest.approx(.2)


def test_copies_and_ids_that_are_nearly_the_same() -> None:
    df = made().assign(respondent=[f"r{k}" for k in range(49)] + ["R 0"])
    df.loc[20, [*ITEMS, "age", "minutes"]] = df.loc[10, [*ITEMS, "age", "minutes"]]
    df.loc[[30, 31], [*ITEMS, "age", "minutes"]] = np.nan                     # nothing is no copy of nothing
    _, report = look(df)
    assert report.flagged("duplicate") == ["r10", "r20"] and report.flagged("same_id") == ["r0", "R 0"]
    assert report.respondents.loc["r10", "copies"] == 1


def test_where_people_stopped() -> None:
    df = made()
    df.loc[1, ["i5", "i6", "i7", "i8", "age", "minutes"]] = np.nan
    df.loc[2, ["minutes"]] = np.nan                                           # one question at the end may have been skipped
    df.loc[3, ["i2"]] = np.nan                                                # one in the middle was
    df.loc[4] = np.nan
    report = quality_report(read_survey(df.rename(columns={"minutes": "spend"}), levels={"age": "numeric", "spend": "numeric"}))
    assert report.flagged("partial") == ["1", "4"] and report.respondents.loc["1", "last"] == "i4" and report.respondents.loc["4", "last"] == ""
    assert report.respondents.loc["1", "answered"] == pytest.approx(4 / 10) and report.variables.loc["i4", "stopped"] == 1
    assert report.variables.loc["i2", "missing"] == 2


# -- Missing patterns ---------------------------------------------------------------------------------------------------------
def test_patterns_count_everyone_once_and_say_whether_they_are_nested() -> None:
    df = made()
    df.loc[:9, ["i8", "age", "minutes"]] = np.nan
    df.loc[:4, ["i7"]] = np.nan
    _, report = look(df)
    assert report.patterns["n"].tolist() == [40, 5, 5] and report.patterns["n"].sum() == 50 and report.monotone
    assert report.patterns.loc[0, "missing"] == 0 and report.patterns.loc[1:, ["i7", "i8"]].values.tolist() == [[1, 0], [0, 0]]
    df.loc[40, "i1"] = np.nan
    assert not look(df)[1].monotone


def test_options_of_a_question_are_one_question_and_a_way_out_is_an_answer() -> None:
    df = made().assign(**{"9. R": ["R", None] * 25, "9. SQL": [None, "SQL", None, None, None] * 10, "much": ["low", "medium", "high", "don't know", "none"] * 10})
    _, report = look(df)
    assert "9" in report.variables.index and "9. R" not in report.variables.index and report.variables.loc["much", "missing"] == 0


# -- Contradictions -----------------------------------------------------------------------------------------------------------
def test_contradictions_are_expressions() -> None:
    df = made(**{"job years": 3.})
    df.loc[9, ["age", "job years"]] = [20, 30]
    survey = read_survey(df, levels={"age": "numeric", "job years": "numeric"})
    report = quality_report(survey, checks={"impossible": "`job years` > age"})
    assert report.flagged("impossible") == ["9"] and "1 (2.0%) fail the check 'impossible'" in report.explain()
    for bad, says in (("`job years` > agee", "agee"), ("age +", "does not work"), ("age + 1", "no yes or no")):
        with pytest.raises(BadInput, match=says):
            quality_report(survey, checks={"bad": bad})


# -- Nobody is removed; bad input ---------------------------------------------------------------------------------------------
def test_nobody_is_removed_and_the_choice_is_noted() -> None:
    df = made()
    df.loc[5, ITEMS] = 4
    survey, report = look(df)
    assert len(report.respondents) == len(survey) == 50 and report.flagged() == ["5"]
    kept = survey.without(report.flagged("straight"), why="straight lines")
    assert len(kept) == 49 and "straight lines" in kept.notes[-1]


def test_wrong_names_and_empty_surveys() -> None:
    survey, report = look(made())
    with pytest.raises(NoSuchName, match="did you mean 'minutes'"):
        quality_report(survey, duration="minute")
    with pytest.raises(NoSuchName, match="one of straight, fast"):
        report.flagged("lazy")
    with pytest.raises(BadInput, match="no question"):
        quality_report(read_survey(pd.DataFrame({"say": [f"Something that {k} alone has said so" for k in range(30)]})))
    with pytest.raises(BadInput, match="no time above 0"):
        quality_report(look(made(nothing=0.))[0], duration="nothing")
    five, _ = look(made(5))
    assert len(quality_report(five).respondents) == 5


@pytest.mark.real
def test_the_jupyter_surveys(real_data: Path) -> None:
    path = real_data / "surveys" / "jupyter-notebook-ux-2015" / "20160115235816-SurveyExport.csv"
    report = quality_report(read_survey(path), duration=("Time Started", "Date Submitted"))
    assert len(report.respondents) == 1706 and len(report.flagged("partial")) > 900, "more than half broke off"
    assert (report.respondents["seconds"].dropna() >= 0).all() and report.patterns["n"].sum() == 1706
    second = quality_report(read_survey(real_data / "surveys" / "jupyter-survey-2020" / "all_responses.csv"))
    assert [len(items) for items in second.batteries.values()] == [6, 5, 7, 15] and 0 < len(second.flagged("straight")) < 60


def test_questions_may_be_called_what_the_report_calls_its_columns() -> None:
    rng = np.random.default_rng(2)
    names = ["count", "n", "missing", "share", "answered", "last"]
    df = pd.DataFrame(rng.integers(1, 6, (60, 6)).astype(float), columns=names).mask(rng.random((60, 6)) < .2)
    report = quality_report(read_survey(df))
    assert report.patterns.columns[3:].tolist() == ["count", "question n", "question missing", "question share", "answered", "last"]
    assert report.patterns["n"].sum() == 60 and (report.patterns["missing"] == (report.patterns.iloc[:, 3:] == 0).sum(axis=1)).all()
    assert "60 respondents" in report.explain()
    with pytest.raises(BadInput, match="a check called 'run'"): quality_report(read_survey(df), checks={"run": "n > 3"})
