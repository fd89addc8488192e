"""Measures of experience: reference numbers, intervals that hold what they say, orders that are not chance, and bad answers named."""

from __future__ import annotations

import json
from itertools import permutations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from personabench.experience_measures import _explained, _relative, _shapley, drivers, experience_scores, kano_categories, opportunity_scores
from personabench.schema import BadInput
from personabench.statistics import weighted_mean, wilson

GOLDEN = json.loads((Path(__file__).parent / "golden" / "drivers.json").read_text("utf-8"))


# -- Recommendation, satisfaction, effort -------------------------------------------------------------------------------------
def test_scores_are_their_definitions():
    x = pd.Series([10, 9, 9, 8, 7, 6, 0, None], name="recommend")
    assert experience_scores(x, kind="nps").loc[0, ["value", "n"]].tolist() == [pytest.approx(1 / 7), 7]
    csat = experience_scores(pd.Series([5, 4, 4, 3, 1]), kind="csat").iloc[0]
    assert csat["value"] == .6 and (csat["low"], csat["high"]) == pytest.approx(wilson(3, 5))
    ces, mean = experience_scores(pd.Series([1, 2, 2, 7, 5]), kind="ces").iloc[0], weighted_mean([1, 2, 2, 7, 5])
    assert ces["value"] == 3.4 and ces["high"] == pytest.approx(min(mean.high, 7)) and ces["low"] == 1, "clipped to the scale"
    assert experience_scores(pd.Series([3, 4]), kind="ces")["low"].isna().all()


def test_weights_and_groups():
    x, w, by = pd.Series([10, 10, 0, 0]), pd.Series([3., 1, 1, 1]), pd.Series(["a", "a", "b", None])
    found = experience_scores(x, kind="nps", weights=w, by=by).set_index("group")
    assert found["value"].to_dict() == {"a": 1, "b": -1} and found.at["a", "effective_n"] == pytest.approx(1.6) and found["n"].tolist() == [2, 1]
    assert experience_scores(x, kind="nps", weights=w).at[0, "value"] == pytest.approx(2 / 6)
    nobody = experience_scores(pd.Series([9., None]), kind="nps", by=pd.Series(["a", "b"])).set_index("group").loc["b"]
    assert nobody["n"] == 0 and np.isnan(nobody["value"]) and np.isnan(nobody["low"])


@pytest.mark.parametrize("shares", [(.3, .3), (.6, .1), (.05, .02), (.9, .05)])
def test_the_interval_of_the_net_promoter_score_covers(shares):
    rng, truth = np.random.default_rng(1), shares[0] - shares[1]
    x = rng.choice([10, 3, 8], (2000, 40), p=[*shares, 1 - sum(shares)])
    hits = [f["low"] <= truth <= f["high"] for f in (experience_scores(pd.Series(row), kind="nps").iloc[0] for row in x)]
    assert .925 <= np.mean(hits) <= .995


@pytest.mark.parametrize(("x", "how", "said"), [
    ([11, 3], {"kind": "nps"}, "off the scale, such as 11"), ([0, 3], {"kind": "csat"}, "off the scale"), (["good", 3], {"kind": "ces"}, "no numbers"),
    ([3, 4], {"kind": "sus"}, "no such score"), ([3, 4], {"kind": "nps", "scale": (1, 5)}, "net promoter")])
def test_bad_answers_are_named(x, how, said):
    with pytest.raises(BadInput, match=said): experience_scores(pd.Series(x, name="q"), **how)


# -- Opportunities ------------------------------------------------------------------------------------------------------------
def test_opportunities_by_hand():
    important = pd.DataFrame({"a": [5, 5, 4, 1] * 8, "b": [5, 1, 1, 1] * 8, "c": [5, 5, 5, 5] * 8})
    had = pd.DataFrame({"c": [5, 5, 5, 5] * 8, "a": [1, 2, 5, 5] * 8, "b": [5, 5, 5, 5] * 8})
    found = opportunity_scores(important, had, n_boot=200).set_index("need")
    assert found["score"].to_dict() == {"a": 7.5 + 2.5, "c": 10., "b": 2.5} and found["first"].sum() == pytest.approx(1)
    assert found.loc["c", ["low", "high"]].isna().all() and found.at["a", "low"] < 10 < found.at["a", "high"]


def test_intervals_of_opportunities_hold_the_truth():
    rng, hit = np.random.default_rng(3), 0
    for k in range(200):   # 70 % call it important; of all, 40 % are satisfied: 7 + 3
        important, had = (pd.DataFrame({"need": np.where(rng.random(60) < p, 5, 2)}) for p in (.7, .4))
        row = opportunity_scores(important, had, n_boot=300, seed=k).iloc[0]
        hit += row["low"] <= 10 <= row["high"]
    assert .90 <= hit / 200 <= .99


def test_weights_count_in_opportunities_and_columns_must_match():
    important, had = pd.DataFrame({"a": [5, 1]}), pd.DataFrame({"a": [1, 1]})
    assert opportunity_scores(important, had, weights=pd.Series([3, 1]), n_boot=0).at[0, "score"] == 15
    with pytest.raises(BadInput, match="one side only: b"): opportunity_scores(important.assign(b=1), had)
    with pytest.raises(BadInput, match="other respondents"): opportunity_scores(important, had.set_axis([3, 4]))


@pytest.mark.parametrize("weights, said", [([-1, 1], "negative"), ([np.nan, 1], "missing"), ([np.inf, 1], "infinite")])
def test_bad_weights_of_opportunities_are_named(weights, said):
    important = pd.DataFrame({"a": [5, 1]})
    with pytest.raises(BadInput, match=f"weights.*{said}"): opportunity_scores(important, important, weights=pd.Series(weights, dtype=float))
    with pytest.raises(BadInput, match="0 respondents, 1 needs"): opportunity_scores(important[:0], important[:0])
    with pytest.raises(BadInput, match="2 respondents, 0 needs"): opportunity_scores(important[[]], important[[]])
    twice = pd.concat([important, important], axis=1)
    with pytest.raises(BadInput, match="the column 'a' twice"): opportunity_scores(twice, twice)


def test_needs_that_lead_together_share_the_lead():
    answers = pd.DataFrame({c: [5, 5, 1, 1, 5, 1, 5, 5, 1, 5] * 3 for c in "ab"})
    found = opportunity_scores(answers, answers * 0 + 1)
    assert found["first"].tolist() == pytest.approx([.5, .5]) and (found["low"] < found["high"]).all()


def test_few_people_have_no_interval_of_a_score_and_the_sides_have_wilsons_by_kishs_n():
    important, had = pd.DataFrame({"a": [5, 5, 5, 1] * 10}), pd.DataFrame({"a": [1, 5, np.nan, np.nan] * 10})
    few, many = opportunity_scores(important[:28], important[:28] * 0 + 1).iloc[0], opportunity_scores(important[:32], important[:32] * 0 + 1).iloc[0]
    assert few[["low", "high", "first"]].isna().all() and few["score"] == 15 and many["low"] < 15 < many["high"]
    weights = pd.Series([4., 1, 1, 1] * 10)
    row = opportunity_scores(important, had, weights=weights).iloc[0]
    n = weights.sum() ** 2 / (weights ** 2).sum()
    assert (row["importance_low"], row["importance_high"]) == pytest.approx([10 * x for x in wilson(6 / 7 * n, n)])
    half = 50 ** 2 / (170)      # of the twenty who answered
    assert (row["satisfaction_low"], row["satisfaction_high"]) == pytest.approx([10 * x for x in wilson(.2 * half, half)]) and row["satisfaction"] == 2


def test_where_all_agree_there_is_no_interval_and_weight_0_is_nobody():
    answers = pd.DataFrame({"a": [5] * 32})
    assert opportunity_scores(answers, answers)[["low", "high"]].isna().all(axis=None)
    assert opportunity_scores(answers, answers, weights=pd.Series([1.] * 7 + [0.] * 25)).at[0, "n"] == 7
    unasked = opportunity_scores(answers * np.nan, answers)
    assert unasked[["score", "low", "high", "first"]].isna().all(axis=None) and unasked.at[0, "n"] == 0


# -- Kano ---------------------------------------------------------------------------------------------------------------------
def test_the_table_of_kano_and_what_it_makes_of_a_feature():
    answers = [(a, b) for a in range(1, 6) for b in range(1, 6)]
    middle = ["reverse", *["indifferent"] * 3, "must-be"]
    expected = ["questionable", *["attractive"] * 3, "one-dimensional", *middle * 3, *["reverse"] * 4, "questionable"]
    for (a, b), category in zip(answers, expected, strict=True):
        row = kano_categories(pd.DataFrame({"f": [a] * 9}), pd.DataFrame({"f": [b] * 9})).iloc[0]
        assert row["category"] == category and row[category] == 9, (a, b)
    row = kano_categories(pd.DataFrame({"f": [1] * 6 + [3] * 4}), pd.DataFrame({"f": [5] * 6 + [3] * 4})).iloc[0]
    assert row["category"] == "unclear" and row["better"] == row["worse"] == .6 and (row["better_low"], row["better_high"]) == pytest.approx(wilson(6, 10))


def test_an_answer_between_two_is_none_of_kanos():
    with pytest.raises(BadInput, match="feature 'f'.*the answer 1.5.*whole numbers"): kano_categories(pd.DataFrame({"f": [1.5, 2]}), pd.DataFrame({"f": [5, 2]}))
    twice = pd.DataFrame([[1, 2]], columns=["f", "f"])
    with pytest.raises(BadInput, match="the column 'f' twice"): kano_categories(twice, twice)


def test_features_without_a_leading_category_are_rarely_given_one():
    rng = np.random.default_rng(0)
    pairs = np.array([(1, 3), (1, 5), (3, 5), (3, 3)])[rng.integers(0, 4, (60, 400))]      # the four usual categories, equally often
    found = kano_categories(pd.DataFrame(pairs[..., 0]), pd.DataFrame(pairs[..., 1]))
    assert (found["category"] != "unclear").mean() <= .06


# -- Drivers ------------------------------------------------------------------------------------------------------------------
def test_shapley_and_relative_weights_are_those_of_r():
    C = np.array(GOLDEN["correlations"])
    R, r = C[1:, 1:], C[1:, 0]
    assert _shapley(R, r) == pytest.approx(GOLDEN["lmg"], abs=1e-9) and _relative(R, r) == pytest.approx(GOLDEN["relative_weights"], abs=1e-9)
    assert _shapley(R, r).sum() == pytest.approx(GOLDEN["r2"]) and _relative(R, r).sum() == pytest.approx(GOLDEN["r2"])


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10 ** 6), st.integers(1, 4))
def test_shapley_is_the_mean_over_all_orders(seed, k):
    z = np.random.default_rng(seed).normal(size=(30, k + 1))
    C = np.corrcoef(z.T) if k else np.ones((1, 1))
    R, r, by_hand = C[:k, :k], C[:k, k], np.zeros(k)
    orders = list(permutations(range(k)))
    for order in orders:
        for i, j in enumerate(order): by_hand[j] += (_explained(R, r, order[:i + 1]) - _explained(R, r, order[:i])) / len(orders)
    assert _shapley(R, r) == pytest.approx(by_hand, abs=1e-9)


def test_drivers_weigh_leave_out_and_warn():
    rng = np.random.default_rng(2)
    a, b = rng.normal(size=(2, 400))
    table = pd.DataFrame({"a": a, "twin": a + .1 * rng.normal(size=400), "b": b, "y": a + rng.normal(size=400)})
    table.loc[:9, "b"] = np.nan
    found = drivers(table, outcome="y", n_boot=150)
    assert found.attrs["dropped"] == 10 and "correlations" in found.attrs["warning"] and found["n"].eq(390).all()
    assert set(found["variable"][:2]) == {"a", "twin"} and abs(found["weight"][0] - found["weight"][1]) < .1, "two that say the same share what they explain"
    assert (found["low"] <= found["weight"] + .02).all() and found.set_index("variable").at["b", "high"] < .04
    doubled = drivers(pd.concat([table, table], ignore_index=True), outcome="y", n_boot=0)
    assert drivers(table, outcome="y", weights=pd.Series(2., table.index), n_boot=0)["weight"].tolist() == pytest.approx(doubled["weight"].tolist())
    relative = drivers(table, outcome="y", method="relative weights", n_boot=0)
    assert relative.attrs["r2"] == pytest.approx(found.attrs["r2"])


@pytest.mark.parametrize(("change", "how", "said"), [
    ({}, {"outcome": "z"}, "no such column"), ({"a": "word"}, {"outcome": "y"}, "no numbers"), ({"a": 1}, {"outcome": "y"}, "the same answer to a"),
    ({}, {"outcome": "y", "method": "magic"}, "no such method")])
def test_drivers_name_what_they_cannot_use(change, how, said):
    table = pd.DataFrame({"a": range(9), "y": [1, 3, 2, 5, 4, 7, 6, 9, 8]}).assign(**change)
    with pytest.raises(BadInput, match=said): drivers(table, **how)
    with pytest.raises(BadInput, match="2 respondents"): drivers(table.head(2).assign(a=[1, 2]), outcome="y")
