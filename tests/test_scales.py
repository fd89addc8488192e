"""Scales: items turned around, top boxes, scores, and reliability as R's psych gives it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from personabench.scales import cronbach_alpha, omega_total, reverse_code, scale_scores, top_box
from personabench.schema import BadInput, NoSuchName, PersonabenchError
from personabench.statistics import wilson
from personabench.survey import read_survey

GOLDEN = json.loads((Path(__file__).parent / "golden" / "scales.json").read_text("utf-8"))


def with_covariances(S: np.ndarray, n: int, seed: int = 0) -> pd.DataFrame:
    "Return n rows whose sample covariances are exactly S."
    z = np.random.default_rng(seed).normal(size=(n, len(S)))
    z -= z.mean(axis=0)
    z = z @ np.linalg.inv(np.linalg.cholesky(np.cov(z, rowvar=False))).T
    return pd.DataFrame(z @ np.linalg.cholesky(S).T, columns=[f"A{i + 1}" for i in range(len(S))])


@pytest.fixture(scope="module")
def agreement() -> pd.DataFrame:
    "Stand-ins for psych::bfi's A1 to A5: A1 turned around by its sign, as 7 - A1 has the same covariances."
    items = with_covariances(np.array(GOLDEN["covariances"]), GOLDEN["n"])
    return items.assign(A1=-items["A1"])


# -- Reliability --------------------------------------------------------------------------------------------------------------
def test_alpha_its_interval_and_its_items_are_those_of_psych(agreement: pd.DataFrame) -> None:
    told = cronbach_alpha(agreement)
    assert (told.value, told.low, told.high) == pytest.approx((GOLDEN["alpha"], *GOLDEN["feldt_95"]), abs=1e-9) and told.n == GOLDEN["n"]
    assert told.items["item_rest"].tolist() == pytest.approx(GOLDEN["item_rest"], abs=1e-9)
    assert told.items["alpha_if_dropped"].tolist() == pytest.approx(GOLDEN["alpha_if_dropped"], abs=1e-9)


def test_omega_and_its_loadings_are_those_of_maximum_likelihood_in_r(agreement: pd.DataFrame) -> None:
    told = omega_total(agreement, n_boot=20)
    assert told.items["loading"].tolist() == pytest.approx(GOLDEN["loadings"], abs=1e-5)
    assert told.value == pytest.approx(GOLDEN["omega_raw"], abs=1e-6)
    alike = omega_total(agreement / agreement.std(), n_boot=20)
    assert alike.value == pytest.approx(GOLDEN["omega_standardised"], abs=1e-6) == pytest.approx(GOLDEN["psych_omega_total"], abs=2e-3)


def test_alpha_by_hand() -> None:
    "Variances 1, 1, covariance 1/2: alpha = 2 (1 - 2 / 3) = 2/3; the other item's correlation is 1/2."
    told = cronbach_alpha(with_covariances(np.array([[1, .5], [.5, 1]]), 30))
    assert told.value == pytest.approx(2 / 3) and told.items["item_rest"].tolist() == pytest.approx([.5, .5]) and told.items["alpha_if_dropped"].isna().all()


def test_omega_of_a_known_factor_by_hand() -> None:
    "Loadings .8, .7, .6: (2.1)^2 / (2.1^2 + .36 + .51 + .64) = 4.41 / 5.92."
    load = np.array([.8, .7, .6])
    told = omega_total(with_covariances(np.outer(load, load) + np.diag(1 - load ** 2), 50), n_boot=20)
    assert told.value == pytest.approx(4.41 / 5.92, abs=1e-6) and told.items["loading"].tolist() == pytest.approx(load.tolist(), abs=1e-5)


def test_equal_loadings_make_omega_alpha() -> None:
    S = np.full((4, 4), .4) + np.diag([.6] * 4)
    items = with_covariances(S, 80)
    assert omega_total(items, n_boot=10).value == pytest.approx(cronbach_alpha(items).value, abs=1e-6)


@pytest.mark.slow
def test_the_intervals_hold_what_they_promise() -> None:
    "Of 150 samples, alpha's and omega's 90 % intervals hold the true value in about nine of ten (4 standard errors either way)."
    load, rng = np.full(4, .7), np.random.default_rng(1)
    true, runs = (2.8 ** 2) / (2.8 ** 2 + 4 * .51), 150
    hits = np.zeros(2)
    for _ in range(runs):
        x = pd.DataFrame(rng.normal(size=(120, 1)) * load + rng.normal(size=(120, 4)) * np.sqrt(.51))
        both = cronbach_alpha(x, level=.9), omega_total(x, level=.9, n_boot=200)
        hits += [told.low <= true <= told.high for told in both]
    assert np.abs(hits / runs - .9).max() < 4 * (.9 * .1 / runs) ** .5, hits / runs


def test_the_bootstrap_is_repeatable(agreement: pd.DataFrame) -> None:
    part = agreement.head(100)
    one, other = omega_total(part, n_boot=50, seed=3), omega_total(part, n_boot=50, seed=3)
    assert (one.low, one.high) == (other.low, other.high) != (omega_total(part, n_boot=50, seed=4).low, one.high)


def test_an_item_that_runs_against_the_others_is_named(agreement: pd.DataFrame) -> None:
    told = cronbach_alpha(agreement.assign(A3=-agreement["A3"]))
    assert "'A3' runs against" in told.explain() and "'A2'" not in told.explain()
    assert "n = " not in told.explain() and f"{GOLDEN['n']} respondents" in told.explain()


def one_scale(turn: str, k: int = 5) -> pd.DataFrame:
    "Return answers from 1 to 5 on one scale, some items turned around."
    rng = np.random.default_rng(0)
    x = pd.DataFrame(np.digitize(rng.normal(size=(200, 1)) + .7 * rng.normal(size=(200, k)), [-1.5, -.5, .5, 1.5]) + 1).add_prefix("q")
    return x.assign(**{q: 6 - x[q] for q in turn.split()})


@pytest.mark.parametrize(("turn", "k", "says"), [
    ("q1", 3, "'q1' runs against the others. To be reversed? With reverse=['q1'] alpha is"), ("q1 q3", 5, "'q1', 'q3' run against the others."),
    ("q0 q1", 5, "'q0', 'q1' run against the others."), ("q1 q3", 4, "'q0', 'q2' and 'q1', 'q3' point opposite ways, half of the items each."),
    ("q1", 2, "'q0' and 'q1' point opposite ways")])
def test_below_zero_the_side_that_runs_against_the_rest_is_named(turn: str, k: int, says: str) -> None:
    told = cronbach_alpha(one_scale(turn, k))
    assert told.value < 0 and len(told.notes) == 1 and "Alpha is below 0" in told.notes[0] and says in told.notes[0]
    advice = re.search(r"reverse=(\[.*?\])", told.notes[0])
    assert advice
    again = cronbach_alpha(one_scale(turn, k), reverse=json.loads(advice[1].replace("'", '"')), low=1, high=5)
    assert again.value > .7 and f"{again.value:.2f}" in told.notes[0] and not again.notes, "the advice works"


def test_below_zero_without_a_common_scale_no_item_is_blamed() -> None:
    seed = next(i for i in range(99) if cronbach_alpha(pd.DataFrame(np.random.default_rng(i).integers(1, 6, (40, 4)))).value < -.2)
    told = cronbach_alpha(pd.DataFrame(np.random.default_rng(seed).integers(1, 6, (40, 4))).add_prefix("r"))
    assert told.notes == ("Alpha is below 0: answers to these items have too little in common for one scale, whichever are turned around.",)


def test_reliability_is_shown_in_a_line_and_in_a_table() -> None:
    told = cronbach_alpha(one_scale("q1").rename(columns={"q0": "a<b"}))
    assert repr(told) == f"Reliability(alpha = {told.value:.2f} [{told.low:.2f}, {told.high:.2f}], 5 items, 200 respondents)"
    page = told._repr_html_()
    assert "a&lt;b" in page and "<td>q4</td>" in page and "runs against" in page and "alpha_if_dropped" in page and "loading" not in page and "nan" not in page.lower()
    assert "loading" in omega_total(one_scale(""), n_boot=20)._repr_html_()


def test_a_missing_item_leaves_the_respondent_out(agreement: pd.DataFrame) -> None:
    holes = agreement.copy()
    holes.iloc[:10, 2] = np.nan
    assert cronbach_alpha(holes).n == GOLDEN["n"] - 10 and cronbach_alpha(holes).value == cronbach_alpha(agreement.iloc[10:]).value


# -- Items --------------------------------------------------------------------------------------------------------------------
@given(st.lists(st.one_of(st.integers(1, 7), st.none()), min_size=1, max_size=30))
def test_turning_around_twice_changes_nothing(answers: list[int | None]) -> None:
    x = pd.Series(answers, dtype="float64", name="q")
    turned = reverse_code(x, low=1, high=7)
    assert turned.dropna().between(1, 7).all() and turned.isna().equals(x.isna())
    pd.testing.assert_series_equal(reverse_code(turned, low=1, high=7), x)


def test_ordered_answers_know_their_ends_and_their_order() -> None:
    words = pd.Series(pd.Categorical(["low", "mid", None], categories=["low", "mid", "high"], ordered=True), name="q")
    assert reverse_code(words).tolist()[:2] == [3, 2]
    survey = read_survey(pd.DataFrame({"a": [1, 2, 4, 4] * 9, "b": [2, 2, 5, 4] * 9}), levels={"a": [1, 2, 3, 4, 5], "b": [1, 2, 3, 4, 5]})
    assert reverse_code(survey.answers())["a"].tolist()[:4] == [5, 4, 2, 2], "from 1 to 5, though nobody chose 5"
    assert top_box(survey.answers())["share"].tolist() == [.5, .5]


def test_top_boxes_with_weights_by_hand() -> None:
    told = top_box(pd.Series([5, 4, 3, np.nan], name="q"), high=5, weights=[1, 2, 3, 9]).iloc[0]
    assert told["share"] == pytest.approx(3 / 6) and told["n"] == 3
    n = 36 / 14                                                                        # Kish
    assert (told["low"], told["high"]) == pytest.approx(wilson(.5 * n, n))
    assert np.isnan(top_box(pd.Series([np.nan], name="q"), high=5)["share"][0])


def test_scores_by_hand() -> None:
    items = pd.DataFrame({"a": [1, 2, np.nan, np.nan], "b": [5, 4, 3, np.nan], "c": [2, 2, 1, 1]})
    assert scale_scores(items).tolist()[:2] == [8 / 3, 8 / 3] and scale_scores(items).isna().tolist() == [False, False, True, True]
    assert scale_scores(items, max_missing=1).tolist()[2] == 2 and scale_scores(items, max_missing=2).tolist()[3] == 1
    assert scale_scores(items, reverse="b", low=1, high=5).tolist()[0] == pytest.approx((1 + 1 + 2) / 3)


# -- Bad input ----------------------------------------------------------------------------------------------------------------
GOOD = pd.DataFrame({"a": [1, 2, 3, 4, 5, 1], "b": [1, 2, 3, 5, 4, 2], "c": [2, 2, 3, 4, 5, 1]}, dtype="float64")


@pytest.mark.parametrize(("call", "kind", "says"), [
    (lambda: cronbach_alpha(GOOD[["a"]]), BadInput, "two or more"),
    (lambda: cronbach_alpha(GOOD.head(3)), BadInput, "respondents with all 3 items"),
    (lambda: cronbach_alpha(GOOD.assign(d=3)), BadInput, "everyone answered 3"),
    (lambda: cronbach_alpha(GOOD.assign(d=np.nan)), BadInput, "'d'"),
    (lambda: cronbach_alpha(GOOD.assign(d=["x"] * 6)), BadInput, "without order"),
    (lambda: cronbach_alpha(GOOD.assign(d=[1, 2, 3, np.inf, 1, 2])), BadInput, "infinite"),
    (lambda: cronbach_alpha(pd.concat([GOOD, GOOD[["a"]]], axis=1)), BadInput, "twice"),
    (lambda: cronbach_alpha(GOOD[["a"]].assign(b=-GOOD["a"])), BadInput, "cancel out"),
    (lambda: cronbach_alpha(GOOD, reverse=["aa"], low=1, high=5), NoSuchName, "did you mean 'a'"),
    (lambda: cronbach_alpha(GOOD, reverse=["a"]), BadInput, "low=1"),
    (lambda: omega_total(GOOD[["a", "b"]]), BadInput, "cronbach_alpha"),
    (lambda: reverse_code(GOOD, low=1, high=4), BadInput, "from 1 to 5"),
    (lambda: top_box(GOOD), BadInput, "high=5"),
    (lambda: top_box(GOOD, high=4), BadInput, "up to 5"),
    (lambda: top_box(GOOD, high=5, weights=[1, 1, 1, 1, 1, -1]), BadInput, "negative"),
    (lambda: top_box(pd.Series(pd.Categorical(["x", "y"], ordered=True), name="q"), boxes=2), BadInput, "boxes=2"),
])
def test_bad_input_is_one_named_error_with_what_was_expected(call, kind: type[PersonabenchError], says: str) -> None:
    with pytest.raises(kind, match=says) as error:
        call()
    assert error.value.expected or error.value.cure


def test_a_survey_and_names_do_what_its_answers_do() -> None:
    from personabench.survey import read_survey

    words = ["strongly disagree", "disagree", "neither", "agree", "strongly agree"]
    rng = np.random.default_rng(0)
    base = rng.integers(0, 4, 60)
    table = pd.DataFrame({f"q{i}": [words[k] for k in base + rng.integers(0, 2, 60)] for i in range(3)} | {"w": rng.uniform(.5, 2, 60)})
    survey, names = read_survey(table, weights="w"), ["q0", "q1", "q2"]
    assert cronbach_alpha(survey, names).value == cronbach_alpha(survey.answers(names)).value
    assert omega_total(survey, names, n_boot=10).value == omega_total(survey.answers(names), n_boot=10).value
    pd.testing.assert_series_equal(scale_scores(survey, names), scale_scores(survey.answers(names)))
    pd.testing.assert_frame_equal(top_box(survey, "q0"), top_box(survey.answers(["q0"]), weights=survey.case_weights))
    pd.testing.assert_frame_equal(reverse_code(survey, ["q0"]), reverse_code(survey.answers(["q0"])))
    with pytest.raises(BadInput, match=r"cronbach_alpha\(survey, \['q1', 'q2'\]\)"): cronbach_alpha(survey)
    with pytest.raises(BadInput, match="a dict"): scale_scores({"q0": 1})  # type: ignore[arg-type]
    with pytest.raises(BadInput, match="pass the survey and names"): cronbach_alpha(table[["q0", "q1"]])
