"""Typing tool: reference probabilities, the Bayes rate, noise, honest figures, answers in every spelling, exports that agree, and what cannot be used."""

from __future__ import annotations

import json
import os
import re
import subprocess
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from programs import office
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression

from personabench import typing_tool
from personabench.schema import BadInput, NoSuchName
from personabench.segmentation import Segmentation, segment
from personabench.statistics import effective_n, wilson
from personabench.survey import Survey, read_survey
from personabench.typing_tool import TypingTool, write_typing_form, write_typing_sheet

GOLDEN = json.loads((Path(__file__).parent / "golden" / "typing_tool.json").read_text("utf-8"))
SIZES, KINDS = np.array([.5, .3, .2]), ["A", "B", "C"]
SHARES = np.array([[[.8, .1, .1], [.1, .8, .1], [.1, .1, .8]], [[.7, .2, .1], [.6, .2, .2], [.1, .2, .7]], [[.3, .4, .3], [.8, .1, .1], [.2, .3, .5]]])
WORDS = ["low", "medium", "high"]                 # q0 to q2: question x kind x answer


def planted(n: int = 300, seed: int = 0, *, noise: int = 5, holes: float = 0.) -> tuple[pd.DataFrame, np.ndarray]:
    "Return answers to three questions and `noise` others that say nothing, and the kind of each respondent."
    rng = np.random.default_rng(seed)
    kind = rng.choice(3, n, p=SIZES)
    told = {f"q{j}": [WORDS[int(rng.choice(3, p=p))] for p in SHARES[j, kind]] for j in range(3)}
    idle = {f"noise {i}": rng.choice(["x", "y", "z"], n) if i % 2 else rng.normal(size=n).round(2) for i in range(noise)}
    return pd.DataFrame({**told, **idle}, index=pd.Index([f"R{i:03}" for i in range(n)], name="respondent")).mask(rng.random((n, 3 + noise)) < holes), kind


def labels_of(kind: np.ndarray, survey: Survey) -> pd.Series: return pd.Series(np.array(KINDS)[kind], index=survey.respondents)


def rated(n: int = 300, seed: int = 0) -> tuple[Survey, pd.Series]:
    "Return a survey with a quantity, a scale with labels, a choice with labels, a yes/no, holes and weights, and its segments."
    rng = np.random.default_rng(seed)
    kind = rng.choice(3, n, p=SIZES)
    table = pd.DataFrame({
        "minutes": rng.normal(np.array([15, 30, 45])[kind], 9).round(1), "fun": (np.array([2, 4, 3])[kind] + rng.integers(-1, 2, n)).clip(1, 5),
        "pass": [rng.choice([1, 2, 3], p=p) for p in SHARES[0, kind]], "app": np.where(rng.random(n) < np.array([.9, .5, .1])[kind], "yes", "no"),
    }).mask(rng.random((n, 4)) < .06).assign(w=rng.choice([.5, 1., 2.], n))
    words = pd.DataFrame({"variable": ["fun", "pass"], "level": ["ordinal", "nominal"], "question": ["Riding is fun", "Which pass?"],
                          "labels": ["1=disagree|5=agree", "1=Year pass|2=Day pass|3==no pass"]})
    survey = read_survey(table, weights="w", dictionary=words)
    return survey, labels_of(kind, survey)


quick = partial(TypingTool, folds=3)


@pytest.fixture(scope="module")
def known() -> tuple[Survey, pd.Series]: return rated()


@pytest.fixture(scope="module", params=["logistic", "tree"])
def tool(request: pytest.FixtureRequest, known) -> TypingTool: return quick(method=request.param, unassigned=.6).fit(*known)


@pytest.fixture(scope="module")
def points(known) -> TypingTool: return quick().fit(*known)


def some_answers(n: int, seed: int) -> pd.DataFrame:
    "Return answers in codes, labels and other spellings, beyond the bounds and missing."
    rng = np.random.default_rng(seed)
    def pick(there: list) -> list: return [there[i] for i in rng.choice(len(there), n)]
    new = pd.DataFrame({"minutes": (rng.uniform(-20, 90, n)).round(2), "fun": pick([1, 2, 3, 4, 5, "agree", "disagree"]),
                        "pass": pick([1, 2, 3, "Year pass", "=no pass"]), "app": pick(["yes", "no"])}, dtype=object)
    return new.mask(rng.random((n, 4)) < .2, None)


# -- Reference values ---------------------------------------------------------------------------------------------------------
def test_probabilities_are_those_of_r_nnet():
    g = GOLDEN["nnet"]
    table = pd.DataFrame({"minutes": g["minutes"], "pass": g["pass"].split(","), "w": g["w"]})
    survey = read_survey(table, weights="w", levels={"minutes": "numeric"})
    tool = quick(n_questions=2, ridge=1e-9).fit(survey, pd.Series(list(g["segment"]), index=survey.respondents))
    assert sorted(tool.questions_) == ["minutes", "pass"]
    told = tool.predict_proba(pd.DataFrame(g["new"], columns=["minutes", "pass"]))
    assert told.to_numpy() == pytest.approx(np.array(g["probabilities"]), abs=g["tolerance"])


@pytest.mark.parametrize("several", [True, False])
def test_probabilities_are_those_of_scikit_learn_on_the_same_columns(several: bool):
    survey, labels = rated(seed=3)
    labels = labels if several else labels[labels != "C"]
    tool = quick(ridge=2., candidates=["minutes", "fun", "pass"]).fit(survey, labels)
    x, w = survey.answers(["minutes", "fun", "pass"]).loc[labels.index], survey.case_weights.loc[labels.index]
    columns = []
    for number in (x["minutes"], x["fun"].astype("float64")):
        mean = np.average(number.dropna(), weights=w[number.notna()])
        columns.append(((number - mean) / (2 * np.sqrt(np.average((number.dropna() - mean) ** 2, weights=w[number.notna()])))).fillna(0))
    for value in (1, 2, 3):
        hit = (x["pass"] == value).astype("float64").where(x["pass"].notna())
        columns.append((hit - np.average(hit.dropna(), weights=w[hit.notna()])).fillna(0))
    plain = LogisticRegression(C=.5, tol=1e-9, max_iter=9999).fit(np.column_stack(columns), labels, sample_weight=w * (effective_n(w) / w.sum()))
    assert set(tool.questions_) == {"minutes", "fun", "pass"}
    assert tool.predict_proba(survey).loc[labels.index].to_numpy() == pytest.approx(plain.predict_proba(np.column_stack(columns)), abs=1e-5)


# -- What is found ------------------------------------------------------------------------------------------------------------
def bayes_rate(answers: pd.DataFrame, kind: np.ndarray) -> float:
    "Return how often the best possible rule, which knows the truth's own probabilities, would be right about these respondents."
    chances = np.log(SIZES) + sum(np.log(SHARES[j][:, answers[f"q{j}"].map(WORDS.index)]).T for j in range(3))
    return float((chances.argmax(axis=1) == kind).mean())


@pytest.mark.parametrize("seed", range(4))
def test_the_questions_that_tell_are_asked_and_noise_never_is(seed: int):
    answers, kind = planted(500, seed)
    survey = read_survey(answers, levels={"q0": "nominal"})
    tool = quick(unassigned=0, method="tree" if seed == 3 else "logistic").fit(survey, labels_of(kind, survey))
    assert set(tool.questions_) <= {"q0", "q1", "q2"} and tool.questions_[0] == "q0" and len(tool.questions_) >= 2
    assert tool.accuracy_ > bayes_rate(answers, kind) - (.05 if tool.method == "logistic" else .08)
    assert any(f"{len(tool.questions_)} questions are enough: no other one told" in note for note in tool.notes_)


def test_random_labels_are_not_learned_from_many_questions():
    found = []
    for seed in range(3):
        rng = np.random.default_rng(seed)
        survey = read_survey(pd.DataFrame(rng.choice(["x", "y"], (90, 25))).add_prefix("q"))
        tool = quick(unassigned=0).fit(survey, pd.Series(rng.choice(["A", "B"], 90), index=survey.respondents))
        found.append((tool.summary_.set_index("measure")["value"]["kappa"], len(tool.questions_)))
    assert abs(np.mean([kappa for kappa, _ in found])) < .2 and sum(n for _, n in found) <= 6


@pytest.mark.slow
def test_segments_of_noise_are_found_again_only_when_labels_saw_the_answers():
    kappas = []
    for seed in (1, 4):
        coins = pd.DataFrame(np.random.default_rng(seed).choice(["heads", "tails"], (200, 12))).add_prefix("coin ")
        cut = segment(coins, k=3, n_boot=0, verdict=False)
        fits = [TypingTool(n_questions=4, folds=2, unassigned=0).fit(cut.survey, given) for given in (cut.labels, cut)]
        assert [t.reclustered_ for t in fits] == [False, True]
        assert any("optimistic" in n for n in fits[0].notes_) and not any("optimistic" in n for n in fits[1].notes_)
        assert "optimistic" in fits[0].explain() and "made anew" in fits[1].explain()
        kappas.append([t.summary_.set_index("measure")["value"]["kappa"] for t in fits])
    labels_given, anew = np.mean(kappas, axis=0)
    assert labels_given > .6 and anew < .25


def test_real_segments_are_found_again_when_they_are_made_anew():
    answers, kind = planted(300, 2, noise=2)
    answers = answers.assign(q3=np.array([0, 3, 6])[kind] + np.random.default_rng(0).normal(size=300).round(2))
    seg = segment(read_survey(answers), variables=["q0", "q1", "q2", "q3"], k=3, n_boot=0, verdict=False)
    tool = quick(n_questions=2).fit(seg.survey, seg)
    assert tool.reclustered_ and tool.accuracy_ > .85 and set(tool.questions_) <= {"q0", "q1", "q2", "q3"}
    labels_only = quick(n_questions=2, candidates=seg.variables).fit(seg.survey, seg.labels)
    assert labels_only.questions_ == tool.questions_, "the tool itself is the same; what is known of it is not"
    pd.testing.assert_frame_equal(labels_only.predict_proba(answers), tool.predict_proba(answers))


# -- The figures --------------------------------------------------------------------------------------------------------------
def test_recall_and_confusion_are_counted_from_the_held_out(tool, known):
    survey, labels = known
    held, w = tool.held_out_, survey.case_weights
    assert held.index.sort_values().equals(labels.index.sort_values()) and held["segment"].equals(labels.loc[held.index].rename("segment"))
    assert set(held["fold"]) == {0, 1, 2} and set(held["assigned"]) <= {"A", "B", "C", "unassigned"}
    for r in tool.recall_.itertuples():
        mine = held[held["segment"] == r.segment]
        weight = w.loc[mine.index]
        share, n = weight[mine["assigned"] == r.segment].sum() / weight.sum(), effective_n(weight)
        assert (r.n, r.recall, r.low, r.high) == pytest.approx((len(mine), share, *wilson(share * n, n)))
    table = tool.confusion_
    assert list(table) == ["segment", "assigned", "n", "share", "low", "high"] and table["n"].sum() == len(labels)
    assert table["assigned"].unique().tolist() == ["A", "B", "C", "unassigned"] and np.allclose(table.groupby("segment")["share"].sum(), 1)
    assert table.loc[table["segment"] == table["assigned"], "share"].tolist() == pytest.approx(tool.recall_["recall"].tolist())
    right = w.loc[held.index][held["segment"] == held["assigned"]].sum() / w.sum()
    assert tool.accuracy_ == pytest.approx(right) == tool.summary_["value"][0]
    sure = (held["probability"] >= tool.unassigned).to_numpy()
    assert (held.loc[~sure, "assigned"] == "unassigned").all() and (~sure).sum() > 0


def test_the_path_ends_where_the_tool_is(tool):
    path = tool.path_
    assert path["question"].tolist() == tool.questions_ and path["step"].tolist() == list(range(1, len(path) + 1))
    mean = tool.recall_["recall"].mean()
    reach = np.sqrt(((tool.recall_["recall"] - tool.recall_["low"]) ** 2).sum()) / 3
    assert path.iloc[-1][["recall", "low"]].tolist() == pytest.approx([mean, mean - reach])
    assert path["log_loss"].iloc[-1] < path["log_loss"].iloc[0] and path["folds"].between(0, 3).all()
    assert path.loc[path["question"] == "fun", "text"].isin(["Riding is fun"]).all()


def test_optimism_is_the_fitted_accuracy_less_the_held_out(tool, known):
    survey, labels = known
    w = survey.case_weights.loc[labels.index]
    inside = w[tool.predict(survey).loc[labels.index] == labels].sum() / w.sum()
    assert tool.optimism_ == pytest.approx(inside - tool.accuracy_) and -.03 < tool.optimism_ < .15


def test_calibration_groups_everybody(points, known):
    table = points.calibration_
    assert table["n"].sum() == len(known[1]) and table["probability"].is_monotonic_increasing
    assert ((table["low"] - .03 <= table["probability"]) & (table["probability"] <= table["high"] + .03)).mean() >= .6


def test_weights_count_and_zero_leaves_out():
    answers, kind = planted(240, 1, noise=0)
    twice = read_survey(answers.assign(w=np.where(kind == 2, 3., 1.)), weights="w")
    plain = read_survey(answers)
    base = [quick(n_questions=1).fit(s, labels_of(kind, s))._form["base"] for s in (plain, twice)]
    assert base[1][2] - base[1][0] > base[0][2] - base[0][0] + .5, "a heavier segment is more probable"
    none = read_survey(answers.assign(w=np.where(kind == 2, 0., 1.)), weights="w")
    assert quick().fit(none, labels_of(kind, none)).segments_ == ["A", "B"]


def test_a_rare_segment_is_not_sacrificed_to_a_large_one():
    rng = np.random.default_rng(0)
    kind = np.repeat([0, 1, 2], [220, 220, 24])
    rare = np.where(rng.random(464) < np.where(kind == 2, .95, .02), "yes", "no")
    large = np.where(rng.random(464) < np.array([.75, .25, .5])[kind], "yes", "no")
    survey = read_survey(pd.DataFrame({"rare": rare, "large": large}))
    assert quick(n_questions=1).fit(survey, labels_of(kind, survey)).questions_ == ["rare"]


# -- An estimator's manners ---------------------------------------------------------------------------------------------------
def test_it_behaves_as_an_estimator(known):
    settings_ = {"n_questions": 2, "method": "tree", "unassigned": .4, "candidates": ["fun", "pass"], "ridge": 3., "folds": 2, "seed": 5, "n_jobs": None}
    tool = TypingTool(**settings_)
    assert tool.get_params() == settings_ == clone(tool).get_params() and not [name for name in vars(tool) if name.endswith("_")]
    with pytest.raises(NotFittedError): tool.predict(pd.DataFrame({"fun": [1]}))
    assert tool.fit(*known) is tool and set(tool.questions_) <= {"fun", "pass"} and tool.get_params() == settings_


@pytest.mark.slow
def test_the_same_seed_gives_the_same_with_one_or_two_jobs_and_in_any_order(known):
    survey, labels = known
    ways = ((1, labels), (1, labels.sample(frac=1, random_state=1)), (2, labels))
    one, again, two = (TypingTool(folds=2, n_questions=2, n_jobs=jobs).fit(survey, said) for jobs, said in ways)
    for other in (again, two):
        assert other._form == one._form and other.notes_ == one.notes_
        pd.testing.assert_frame_equal(other.held_out_, one.held_out_)
        pd.testing.assert_frame_equal(other.path_, one.path_)
    assert not TypingTool(folds=2, n_questions=2, seed=1).fit(survey, labels).held_out_["fold"].equals(one.held_out_["fold"])


# -- New answers --------------------------------------------------------------------------------------------------------------
def test_codes_labels_and_spellings_mean_the_same(tool):
    spellings = pd.DataFrame({"minutes": [30, "30", 30.0, "30.0 "], "fun": [5, "agree", "5.0", " AGREE "], "pass": [3, "=no pass", "3", 3.0],
                              "app": ["yes", "Yes", " yes", "YES"]}, index=["P01", "P02", "P03", "P04"], dtype=object)
    told = tool.predict_proba(spellings)
    assert told.index.tolist() == ["P01", "P02", "P03", "P04"] and list(told) == ["A", "B", "C"]
    assert np.allclose(told, told.iloc[0]) and np.allclose(told.sum(axis=1), 1)


def test_missing_answers_count_as_average_and_none_at_all_as_unassigned(points, known):
    survey, _ = known
    quiet = pd.DataFrame({q: [None, np.nan, ""] for q in points.questions_}, dtype=object, index=["P1", "P2", "P3"])
    told = points.assign(quiet)
    assert list(told) == ["segment", "probability", "runner_up", "answered"] and set(told["segment"]) == {"unassigned"} and (told["answered"] == 0).all()
    anybody = TypingTool(folds=2, unassigned=0).fit(*known).predict(quiet)
    assert set(anybody) == {"unassigned"}
    mean = np.average(survey.data["minutes"].dropna(), weights=survey.case_weights[survey.data["minutes"].notna()])
    average = quiet.assign(minutes=[mean, None, mean], fun=[4, 4, 4])
    assert np.allclose(points.predict_proba(average).iloc[0], points.predict_proba(average).iloc[1])


def test_runner_up_is_the_second_or_for_the_unassigned_the_first(tool):
    new = some_answers(200, 4)
    told, chances = tool.assign(new), tool.predict_proba(new)
    order = chances.apply(lambda row: row.sort_values(ascending=False, kind="stable").index.tolist(), axis=1)
    sure = told["segment"] != "unassigned"
    assert 0 < sure.sum() < 200 and (told.loc[sure, "segment"] == [o[0] for o in order[sure]]).all()
    assert (told.loc[sure, "runner_up"] == [o[1] for o in order[sure]]).all() and (told.loc[~sure, "runner_up"] == [o[0] for o in order[~sure]]).all()
    assert (told["probability"][sure] >= .6).all() and told["answered"].equals(new[tool.questions_].notna().sum(axis=1).rename("answered"))
    assert tool.predict(new).equals(told["segment"]) and tool.predict(new).name == "segment"


def test_numbers_beyond_the_survey_count_as_its_ends(points, known):
    low, high = known[0].data["minutes"].min(), known[0].data["minutes"].max()
    told = points.predict_proba(pd.DataFrame({"minutes": [low, low - 50, high, 1e9], "fun": 3, "pass": 1, "app": "no"}))
    assert np.allclose(told.iloc[0], told.iloc[1]) and np.allclose(told.iloc[2], told.iloc[3]) and not np.allclose(told.iloc[0], told.iloc[2])


def test_a_second_wave_is_assigned_as_it_is(points):
    wave2, labels = rated(seed=9)
    assert (points.predict(wave2).loc[labels.index] == labels).mean() > .7


def test_an_answer_that_the_question_does_not_have_is_named(points):
    new = pd.DataFrame({"minutes": [3, 4], "fun": [1, 2], "pass": [1, "Yaer pass"], "app": ["no", "yes"]}, index=["P07", "P08"])
    with pytest.raises(BadInput) as e: points.predict(new)
    assert "'pass'" in e.value.place and "'P08'" in e.value.place and "'Yaer pass'" in e.value.found and "1 (Year pass)" in e.value.expected
    assert "did you mean 'Year pass'" in e.value.cure
    for odd in ("long", np.inf, "1,5"):
        with pytest.raises(BadInput, match="'minutes', respondent 'P07'.*a number"): points.predict(new.assign(minutes=[odd, 4], **{"pass": 1}))


def test_a_question_without_a_column_and_what_is_no_table_are_told(points):
    new = pd.DataFrame({"minutes": [3], "fun": [1], "Pass": [1], "app": ["no"]})
    with pytest.raises(NoSuchName, match="no column 'pass'.*did you mean 'Pass'\\?.*answers.assign\\(\\*\\*\\{'pass': None\\}\\)"): points.predict(new)
    assert len(points.predict(new.assign(**{"pass": None}))) == 1
    with pytest.raises(BadInput, match="a dict.*pd.DataFrame"): points.predict({"minutes": 3})
    with pytest.raises(BadInput, match="'fun' twice"): points.predict(pd.concat([new, new[["fun"]]], axis=1))


# -- Bad input ----------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("change,words", [
    (lambda s, y: (s, y.to_numpy()), "a ndarray.*pd.Series\\(labels, index=survey.respondents\\)"),
    (lambda s, y: (s, y.set_axis([f"X{i}" for i in range(len(y))])), "300 of 300 labels are of nobody in survey.*same wave"),
    (lambda s, y: (s, pd.concat([y, y[:1]])), "more than once"),
    (lambda s, y: (s, y.replace({"B": "A", "C": "A"})), "one segment only: 'A'"),
    (lambda s, y: (s, y.where(y.index != y.index[0], "Z")), "the segment 'Z' of one respondent.*labels != 'Z'"),
    (lambda s, y: (s, y.replace({"C": "unassigned"})), "a segment called 'unassigned'"),
    (lambda s, y: (s, y[:5]), "5 respondents with a segment.*at least 10"),
])
def test_labels_that_cannot_be_used_are_refused(known, change, words):
    with pytest.raises(BadInput, match=words): quick().fit(*change(*known))


@pytest.mark.parametrize("settings_,words", [
    ({"method": "logistics"}, "did you mean 'logistic'"), ({"n_questions": 0}, "n_questions: 0"), ({"n_questions": 2.5}, "whole number"),
    ({"folds": 1}, "folds: 1.*from 2 up"),
    ({"unassigned": 1.2}, "probability"), ({"ridge": 0}, "above 0"), ({"candidates": "fun"}, "candidates=\\['fun'\\]"), ({"candidates": ["fnu"]}, "did you mean 'fun'"),
])
def test_settings_that_cannot_be_used_are_refused(known, settings_, words):
    with pytest.raises((BadInput, NoSuchName), match=words): quick(**settings_).fit(*known)


def test_what_is_left_out_or_thin_is_noted(known):
    survey, labels = known
    holed = read_survey(survey.data.assign(empty=np.nan, same="x", alone=np.where(labels == "A", np.nan, 1.)), weights="w", levels={"pass": "nominal"})
    tool = TypingTool(n_questions=9, candidates=["fun", "pass", "empty", "same"]).fit(holed, labels)
    told = " | ".join(tool.notes_)
    assert "empty cannot be asked" in told and "same cannot be asked" in told and "9 questions were asked for, but there are 2 to choose from" in told
    rare = labels[(labels != "C") | (labels.index.isin(labels.index[labels == "C"][:3]))]
    few = TypingTool(n_questions=1).fit(holed, rare)
    told = " | ".join(few.notes_)
    assert "segment C has 3 respondents, so there are 3 folds instead of 5" in told and "fewer than 30 respondents in C" in told
    with pytest.raises(BadInput, match="empty"): quick(candidates=["empty"]).fit(holed, labels)


def test_a_handful_of_respondents_gives_wide_intervals_not_a_crash():
    answers, kind = planted(12, 3, noise=1)
    kind[:6], kind[6:] = 0, 1
    survey = read_survey(answers, levels={v: "nominal" for v in ("q0", "q1", "q2")})
    tool = quick().fit(survey, labels_of(kind, survey))
    assert (tool.recall_["high"] - tool.recall_["low"]).min() > .3 and any("fewer than 30" in n for n in tool.notes_)


def test_the_segmentation_of_another_survey_is_refused(known):
    other = segment(rated(n=60)[0], variables=["fun", "minutes"], k=2, n_boot=0, verdict=False)
    with pytest.raises(BadInput, match="another survey"): quick().fit(known[0], other)
    assert isinstance(other, Segmentation)


def test_numbered_segments_and_holes_in_the_labels(known):
    survey, labels = known
    numbers = labels.map({"A": 10., "B": 2., "C": np.nan})
    tool = quick(n_questions=1).fit(survey, numbers)
    assert tool.segments_ == ["2", "10"] and len(tool.held_out_) == (labels != "C").sum()


# -- Exports ------------------------------------------------------------------------------------------------------------------
def test_the_python_text_says_the_same_and_needs_nothing(tool):
    alone: dict = {}
    exec(compile(tool.python(), "tool.py", "exec"), alone)
    imported = [line for line in tool.python().splitlines() if line.startswith(("import", "from"))]
    assert imported == ["import math", "import re"]
    new = some_answers(300, 1)
    told = [alone["probabilities"](row.dropna().to_dict()) for _, row in new.iterrows()]
    assert np.abs(pd.DataFrame(told, index=new.index)[tool.segments_] - tool.predict_proba(new)).to_numpy().max() < 1e-12
    assert [alone["assign"](row.to_dict()) for _, row in new.iterrows()] == tool.predict(new).tolist()
    with pytest.raises(ValueError, match="'never' is none of"): alone["probabilities"]({tool.questions_[-1] if tool.questions_[-1] != "minutes" else "pass": "never"})


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.none() | st.floats(-1e6, 1e6), *(st.sampled_from([None, *there]) for there in ([1, 2, 3, 4, 5], [1, 2, 3], ["yes", "no"]))),
                min_size=1, max_size=8))
def test_everybody_gets_probabilities(points, rows):
    told = points.predict_proba(pd.DataFrame(rows, columns=["minutes", "fun", "pass", "app"], dtype=object)).to_numpy()
    assert np.isfinite(told).all() and (told >= 0).all() and np.allclose(told.sum(axis=1), 1)


def test_the_formula_can_be_followed_by_hand(points):
    lines = {line.rsplit(maxsplit=3)[0]: [float(x) for x in line.split()[-3:]] for line in points.formula().splitlines()[1:-3]}
    middle = next(float(words.split()[4]) for words in lines if words.startswith("minutes, each unit above"))
    slope = next(points for words, points in lines.items() if words.startswith("minutes"))
    hand = np.array(lines["start"]) + lines["fun = agree (5)"] + lines["pass = Year pass (1)"] + (40 - middle) * np.array(slope)
    want = points.predict_proba(pd.DataFrame({"minutes": [40], "fun": [5], "pass": [1], "app": [None]}))
    assert np.exp(hand) / np.exp(hand).sum() == pytest.approx(want.to_numpy()[0], abs=5e-3)
    assert points.formula().endswith("unassigned: below 50%, or no question answered")


def test_the_text_of_a_tree_leads_to_its_leaves(known):
    tree = quick(method="tree", n_questions=2).fit(*known)
    text = tree.formula()
    leaves = [line for line in text.splitlines() if "%" in line and not line.startswith("unassigned")]
    assert text.count("?") == text.count("otherwise") == len(leaves) - 1 and 3 <= len(leaves) <= 9
    assert all(sum(float(word.rstrip(",%")) for word in line.split() if "%" in word) == pytest.approx(100, abs=2) for line in leaves)


@pytest.mark.parametrize("method", ["logistic", "tree"])
def test_an_empty_line_of_the_spreadsheet_shows_nothing(method, known, tmp_path):
    from openpyxl import load_workbook

    made = quick(method=method, n_questions=2).fit(*known)
    m, k = len(made.questions_), len(made.segments_)
    sheet = load_workbook(write_typing_sheet(made, tmp_path / "typing.xlsx", rows=2))["Respondents"]
    shown = [sheet.cell(3, column).value for column in range(2 + m, 4 + m + k)]
    assert len(shown) == 2 + k and all(re.match(rf"=IF\((OR\()?COUNTA\(B3:{'ABCDEF'[m]}3\)=0", cell) for cell in shown), shown


def test_a_fitted_tool_is_shown_in_words_and_tables(known):
    survey, labels = known
    made = TypingTool(n_questions=9, folds=2).fit(survey, labels)
    n, right = len(made.questions_), f"{made.accuracy_:.0%}"
    assert repr(made).startswith(f"TypingTool({n} questions of 9 asked for: {made.questions_[0]}, ") and f"; {right} (" in repr(made)
    bundle = made._repr_mimebundle_()
    assert bundle["text/html"] == made._repr_html_() and "held-out respondents into their own of 3 segments" in bundle["text/html"]
    assert all(f"<td>{name}</td>" in bundle["text/html"] for name in [*made.questions_, *made.segments_]) and "nan" not in bundle["text/html"].lower()
    told = " ".join(str(made.explain()).split())
    assert f"puts {made.accuracy_ + made.optimism_:.0%} into their own segment" in told and "looks" not in told
    assert f"9 questions were asked for, but there are {len(survey.usable)} to choose from" in told
    assert repr(TypingTool(n_questions=4)) == "TypingTool(n_questions=4)" and "TypingTool" in TypingTool()._repr_html_(), "before it is fitted, its settings"


@pytest.mark.slow
def test_the_spreadsheet_computes_the_same(tool, tmp_path):
    from openpyxl import load_workbook

    new = some_answers(120, 2)
    book = load_workbook(write_typing_sheet(tool, tmp_path / "typing.xlsx", rows=125))
    for i, (_, row) in enumerate(new.iterrows()):
        for j, q in enumerate(tool.questions_):
            if not pd.isna(row[q]): book["Respondents"].cell(3 + i, 2 + j).value = row[q]
            book["Respondents"].cell(3 + i, 2 + j).data_type = "s" if isinstance(row[q], str) else "n"
    book["Respondents"].cell(124, 2).value = "never heard of"
    book.save(tmp_path / "filled.xlsx")
    subprocess.run([office("calc"), f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}", "--headless", "--convert-to", "xlsx:Calc MS Excel 2007 XML",
                    "--outdir", str(tmp_path / "out"), str(tmp_path / "filled.xlsx")], check=True, capture_output=True, timeout=300)
    sheet = load_workbook(tmp_path / "out" / "filled.xlsx", data_only=True)["Respondents"]
    first = 2 + len(tool.questions_)
    told = [[sheet.cell(3 + i, first + c).value for c in range(5)] for i in range(len(new))]
    want, who, silent = tool.predict_proba(new), tool.predict(new), new[tool.questions_].isna().all(axis=1)
    spoke = ~silent.to_numpy()
    assert 0 < spoke.sum() < len(new) and np.abs(np.array([row[2:] for row in told], dtype="float64") - want.to_numpy())[spoke].max() < 1e-9
    assert not any(value for row, said in zip(told, spoke) if not said for value in row), "a line without answers shows nothing"
    assert [row[0] or "unassigned" for row in told] == who.tolist() and [not row[0] for row in told] == silent.tolist()
    assert np.allclose([row[1] for row in told if row[0]], want.max(axis=1)[~silent.to_numpy()])
    assert [sheet.cell(124, first + c).value or "" for c in range(3)] == ["unknown answer", "", ""] and not sheet.cell(125, first).value


def test_the_spreadsheet_holds_words_as_words(tool, tmp_path):
    from openpyxl import load_workbook

    book = load_workbook(write_typing_sheet(tool, tmp_path / "typing.xlsx", rows=3))
    labels = {cell.value: cell.data_type for row in book["Points"].iter_rows() for cell in row}
    assert "pass" not in tool.questions_ or labels["=no pass"] == "s", "a label that begins with = is no formula"
    formulas = [cell.value for row in book["Respondents"].iter_rows(min_row=3) for cell in row if cell.value]
    assert formulas and all(str(f).startswith("=") and len(f) < 8192 for f in formulas)
    plain = {"IF", "OR", "MAX", "MIN", "SUMPRODUCT", "INDEX", "MATCH", "EXP", "COUNTA", "COUNTIF", "ISNUMBER", "N", "ROW", "EXACT"}
    assert {name for f in formulas for name in re.findall(r"([A-Z]+)\(", f)} <= plain
    lists = book["Respondents"].data_validations.dataValidation
    assert len(lists) == sum("answers" in q for q in tool._form["questions"]) and all(str(v.sqref).endswith("5") for v in lists)


def test_the_page_is_closed_to_the_outside(tool, tmp_path):
    page = write_typing_form(tool, tmp_path / "typing.html", title="Who <b>are</b> you?").read_text("utf-8")
    assert "default-src 'none'" in page and "unsafe" not in page and "http://" not in page and "https://" not in page
    assert "<h1>Who &lt;b&gt;are&lt;/b&gt; you?</h1>" in page and "may be optimistic" in page
    assert str(round(tool.accuracy_ * 100)) + " % of those who were held out" in page


@pytest.mark.parametrize("write,ending", [(write_typing_form, ".html"), (write_typing_sheet, ".xlsx")])
def test_writers_leave_the_old_file_when_they_fail(points, tmp_path, monkeypatch, write, ending):
    target = tmp_path / f"tool{ending}"
    target.write_text("old")

    def broken(*_: object) -> None: raise OSError("disk full")
    with monkeypatch.context() as m:
        m.setattr(typing_tool.os, "replace", broken)
        with pytest.raises(OSError, match="disk full"): write(points, target)
    assert target.read_text() == "old" and os.listdir(tmp_path) == [target.name]
    assert write(points, target) == target and target.stat().st_size > 5000
    with pytest.raises(BadInput, match=f"ends in '{ending}'"): write(points, tmp_path / "tool.txt")
    with pytest.raises(BadInput, match="mkdir"): write(points, tmp_path / "none" / f"tool{ending}")
    with pytest.raises(NotFittedError): write(TypingTool(), target)
