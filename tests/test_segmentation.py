"""Segmentation: planted segments found, labels that stay, weights, holes, left-outs, the profile's numbers, and what a study keeps."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
import warnings
from dataclasses import FrozenInstanceError, replace
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn.metrics import adjusted_rand_score

from personabench.schema import AlreadyThere, BadInput, NoSuchName
from personabench.segmentation import Segmentation, ThinSegments, add_segments, segment
from personabench.statistics import adjusted_residuals, effective_n, rao_scott, welch_test, wilson
from personabench.study import Study
from personabench.survey import import_survey, read_survey

quick = partial(segment, n_boot=0, verdict=False)  # segments alone; stability and verdict have tests of their own
ASKED = ["minutes", "fun", "reliable", "pass", "app"]


def riders(n: int = 240, seed: int = 0, *, holes: float = .05) -> tuple[pd.DataFrame, pd.Series]:
    "Return a survey of three planted kinds of riders (52, 30 and 18 %), and the kind by respondent."
    rng = np.random.default_rng(seed)
    kind = rng.choice(3, n, p=[.52, .3, .18])
    ids = pd.Index([f"R{i:04}" for i in rng.permutation(n)], name="respondent")
    df = pd.DataFrame({
        "minutes": rng.normal(np.array([15, 45, 25])[kind], 4).round(), "fun": (np.array([2, 4, 1])[kind] + rng.integers(0, 2, n)),
        "reliable": (np.array([4, 3, 1])[kind] + rng.integers(-1, 2, n)).clip(1, 5),
        "pass": [rng.choice(["year", "day", "none"], p=p) for p in np.array([[.85, .1, .05], [.1, .85, .05], [.05, .15, .8]])[kind]],
        "app": np.where(rng.random(n) < np.array([.9, .5, .1])[kind], "yes", "no"),
    }, index=ids).mask(rng.random((n, 5)) < holes)
    df["age"] = rng.normal(40 + 5 * kind, 10).round()
    df["town"] = rng.choice(["north", "south", "west"], n)
    df["w"] = rng.choice([.5, 1, 2], n)
    return df, pd.Series(kind, index=ids)


@pytest.fixture(scope="module")
def known() -> tuple[Segmentation, pd.Series]:
    df, kind = riders(400)
    return segment(read_survey(df, weights="w", wave="2026-05", name="riders"), variables=ASKED, n_boot=20), kind


def accuracy(seg: Segmentation, kind: pd.Series) -> float:
    return adjusted_rand_score(kind.reindex(seg.labels.index), seg.labels)


# -- What is found ------------------------------------------------------------------------------------------------------------
def test_planted_segments_are_found_and_named_by_falling_weighted_size(known) -> None:
    seg, kind = known
    assert seg.k == 3 and accuracy(seg, kind) > .85
    sizes = seg.sizes()
    assert sizes["segment"].tolist() == ["A", "B", "C"] and sizes["weight"].is_monotonic_decreasing
    assert np.allclose(sizes["weight"], seg.survey.case_weights.groupby(seg.labels).sum())
    assert seg.labels.name == "segment" and seg.labels.index.equals(seg.survey.respondents) and set(seg.labels) == {"A", "B", "C"}


def test_criteria_stand_side_by_side(known) -> None:
    seg, _ = known
    c = seg.criteria
    assert c["k"].tolist() == list(range(1, 9)) and {"loglik", "bic", "aic", "entropy", "smallest", "chosen"} <= set(c)
    assert c.loc[c["chosen"], "k"].tolist() == [3] and c["bic"].idxmin() == 2
    assert (c["loglik"].diff().dropna() > -1).all()
    n = effective_n(known[0].survey.case_weights)  # unequal weights carry less than 400 answers would
    assert n < 400 and np.allclose(c["bic"], c["n_parameters"] * np.log(n) - 2 * c["loglik"])
    assert "verdict: clusters shown" in repr(seg)
    with pytest.raises(FrozenInstanceError):
        seg.verdict = "clusters shown"


def test_clear_segments_come_back_and_are_shown(known) -> None:
    seg, kind = known
    assert seg.verdict == "clusters shown" and seg.stability["segment"].tolist() == ["A", "B", "C"]
    assert seg.stability["n"].tolist() == seg.sizes()["n"].tolist() and (seg.stability["jaccard"] > .8).all()
    assert seg.consensus.index.equals(seg.labels.index) and seg.consensus.mean() > .9
    sure = seg.consensus > .95
    assert (pd.crosstab(kind[sure[sure].index], seg.labels[sure]).max(axis=1) / pd.crosstab(kind[sure[sure].index], seg.labels[sure]).sum(axis=1) > .9).all()
    row = seg.criteria.set_index("k").loc[3]
    assert row["votes"] >= 3 and row["chosen"] and row["jaccard"] == pytest.approx(seg.stability["jaccard"].min())
    assert seg.criteria["votes"].sum() == 6 and seg.criteria.loc[0, ["jaccard", "strength", "instability"]].isna().all()
    assert "clusters shown" in seg.explain() and "k = 3 has" in seg.explain() and "comes back" in seg.explain()


def test_a_continuum_cut_in_three_is_told_from_groups() -> None:
    rng = np.random.default_rng(8)
    one = pd.DataFrame(rng.normal(size=(400, 1)) + .8 * rng.normal(size=(400, 7))).add_prefix("q")
    seg = segment(one, k=3, n_boot=20)
    assert seg.verdict == "no clusters" and seg.k == 3 and len(seg.labels) == 400, "labels exist, whatever the verdict"
    assert "continuum" in seg.explain() and seg.notes[0].startswith("no clusters")


def test_a_share_of_nobody_has_a_lower_limit_of_0() -> None:
    profile = quick(riders(200, holes=0)[0], variables=["pass", "minutes"], k=3).profile()
    low = profile.loc[(profile["measure"] == "share") & (profile["share_or_mean"] == 0), "low"]
    assert len(low) and (low == 0).all()


def test_explain_says_what_its_figures_are_and_names_one_number_of_segments(known) -> None:
    told = " ".join(known[0].explain().split())
    assert "standard deviations where people differ gradually (more than 2.3 counts)" in told and "1 = the same people and nobody else" in told
    for jargon in ("z =", "largest surprise", "at this n", "bootstrap"): assert jargon not in told
    verdict = told.partition("Number of segments")[0]
    assert "a few centres" in verdict and not re.search(r"\b[2-9] (centres|segments|groups)", verdict), "how many segments is another question, answered once"
    assert "of 2 tested variables" in told and "0 where segments do not differ, 1 where they differ entirely" in told


def test_what_was_not_shown_says_how_far_it_was_from_it() -> None:
    rng = np.random.default_rng(1)
    few = pd.DataFrame(rng.normal(size=(40, 1)) + rng.normal(size=(40, 4))).add_prefix("q")
    seg = segment(few, k=2, n_boot=0)
    told = " ".join(seg.explain().split())
    assert seg.verdict == "not shown"
    found = re.search(r"they are ([\d.]+) standard deviations (above|below) simulated surveys without groups at their tightest; more than ([\d.]+) above is needed", told)
    assert found and float(found[1]) == pytest.approx(abs(seg.test.surprise), abs=.051) and (found[2] == "above") == (seg.test.surprise >= 0)
    assert float(found[3]) > 2 and f"about {seg.test.power:.0%} of surveys like this one would show them: so few respondents" in told


def test_one_segment_where_groups_are_shown_is_no_absence_of_groups() -> None:
    rng = np.random.default_rng(3)
    group = rng.integers(3, size=150)
    df = pd.DataFrame((2.6 / np.sqrt(2) * np.linalg.qr(rng.standard_normal((6, 3)))[0].T)[group] + rng.standard_normal((150, 6))).add_prefix("q")
    seg = segment(df, n_boot=0, n_init=3)
    assert seg.verdict == "clusters shown" and seg.k == 1
    assert "though the answers hold groups" in " ".join(seg.explain().split()) and not any("no groups were found" in note for note in seg.notes)


def test_what_was_not_measured_says_so() -> None:
    seg = quick(riders(120)[0], variables=ASKED, k=3)
    assert seg.verdict == "not measured" and seg.stability.empty and seg.consensus.empty and seg.criteria["jaccard"].isna().all()
    assert "not tested" in seg.explain() and any("stability was not measured" in note for note in seg.notes)


def test_noise_is_one_segment_and_says_so() -> None:
    rng = np.random.default_rng(3)
    df = pd.DataFrame(rng.integers(1, 6, (300, 6)), columns=list("abcdef"))
    seg = quick(df)
    assert seg.k == 1 and set(seg.labels) == {"A"} and any("no groups" in note for note in seg.notes)
    assert seg.profile()["rest"].isna().all()


def test_one_odd_respondent_is_not_a_segment_unless_asked_for() -> None:
    df, kind = riders(300, 5)
    df.iloc[0, df.columns.get_loc("minutes")] = 120.
    seg = quick(df, variables=ASKED)
    assert seg.k == 3 and accuracy(seg, kind) > .85
    free = quick(df, variables=ASKED, min_share=0)
    assert free.k > 3 and free.sizes()["n"].min() < 15 and any("outliers" in note for note in seg.notes)


# -- Labels that stay ---------------------------------------------------------------------------------------------------------
@settings(max_examples=8)
@given(seed=st.integers(0, 1000))
def test_rows_in_any_order_give_the_same_labels(seed: int) -> None:
    df, _ = riders(120, seed)
    one = quick(df, variables=ASKED, weights="w", k=[2, 3], n_init=4)
    two = quick(df.sample(frac=1, random_state=seed), variables=ASKED, weights="w", k=[2, 3], n_init=4)
    assert two.labels.reindex(one.labels.index).equals(one.labels) and one.data_hash == two.data_hash
    assert np.allclose(one.criteria["bic"], two.criteria["bic"])


def test_the_same_seed_gives_the_same_labels_and_other_data_another_hash(known) -> None:
    seg, _ = known
    again = segment(seg.survey, variables=ASKED, n_boot=20, n_jobs=2)
    pd.testing.assert_frame_equal(again.criteria, seg.criteria)
    pd.testing.assert_frame_equal(again.stability, seg.stability)
    pd.testing.assert_frame_equal(again.test.table, seg.test.table)
    assert again.consensus.equals(seg.consensus) and again.explain() == seg.explain()
    assert again.labels.equals(seg.labels) and again.data_hash == seg.data_hash and (again.probabilities == seg.probabilities).all(axis=None)
    df, _ = riders(400)
    df.iloc[0, 0] = 99
    assert quick(read_survey(df, weights="w"), variables=ASKED, k=1).data_hash != seg.data_hash


@settings(max_examples=5)
@given(seed=st.integers(0, 1000), scale=st.sampled_from([1.0, .01, 250.0]))
def test_equal_weights_of_any_size_are_no_weights(seed: int, scale: float) -> None:
    df, _ = riders(120, seed)
    plain = quick(df.drop(columns="w"), variables=ASKED, k=3, n_init=4)
    weighted = quick(df.assign(w=scale), variables=ASKED, weights="w", k=3, n_init=4)
    assert weighted.labels.equals(plain.labels) and np.allclose(weighted.criteria["bic"], plain.criteria["bic"])
    assert np.allclose(weighted.sizes()["share"], plain.sizes()["share"])


def test_a_weight_decides_which_segment_is_the_largest() -> None:
    df, kind = riders(300, 2)
    heavy = quick(df.assign(w=np.where(kind == 2, 20., 1.)), variables=ASKED, weights="w", k=3)
    assert pd.crosstab(kind, heavy.labels).loc[2].idxmax() == "A"
    assert pd.crosstab(kind, quick(df, variables=ASKED, k=3).labels).loc[0].idxmax() == "A"


# -- Which answers ------------------------------------------------------------------------------------------------------------
def test_useless_columns_are_left_out_by_name_and_change_nothing(known) -> None:
    seg, _ = known
    df = riders(400)[0].assign(empty=np.nan, same="NO", essay=[f"my long answer number {i}" for i in range(400)])
    more = quick(read_survey(df, weights="w"), variables=[*ASKED, "empty", "same", "essay"])
    assert more.labels.equals(seg.labels) and more.variables == ASKED
    assert set(more.excluded) == {"empty", "same", "essay"} and "all missing" in more.excluded["empty"]
    assert any("empty was left out" in note for note in more.notes)


def test_who_answered_nothing_has_no_segment() -> None:
    df, _ = riders(200, 1)
    df.iloc[:7, :5] = np.nan
    seg = quick(df, variables=ASKED, k=3)
    assert len(seg.labels) == 193 and not set(df.index[:7]) & set(seg.labels.index) and any("7 respondents" in note for note in seg.notes)
    assert seg.criteria.loc[0, "bic"] == pytest.approx(quick(df.iloc[7:], variables=ASKED, k=3).criteria.loc[0, "bic"])


def test_a_dataframe_its_levels_and_weights_are_taken_directly() -> None:
    df, _ = riders(150)
    seg = quick(df, variables=["fun", "pass"], levels={"fun": "numeric"}, weights="w", k=2)
    assert seg.levels == {"fun": "numeric", "pass": "nominal"} and seg.parameters["weights"] == "w"
    other = quick(read_survey(df), variables=["fun", "pass"], levels={"fun": "numeric"}, weights="w", k=2)
    assert other.labels.equals(seg.labels) and other.parameters["weights"] == "w"
    assert quick(df, weights="w", k=2).variables == [*ASKED, "age", "town"], "the weights are no variable"


def test_five_respondents_are_too_few_to_look_for_groups() -> None:
    seg = quick(riders(5)[0], variables=ASKED)
    assert seg.k == 1 and any("too few" in note for note in seg.notes)


def test_one_variable_has_a_verdict_in_words_and_no_warnings() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        seg = segment(riders(120)[0], variables=["minutes"], n_boot=0)
        told = " ".join([*seg.explain().split(), repr(seg), seg._repr_html_()])
    assert seg.verdict == "not shown" and "one variable cannot tell groups from a spread" in told and "nan" not in told.lower()
    assert not any(np.isnan(v) for v in (seg.test.power, seg.test.surprise, seg.test.arch))


@pytest.mark.parametrize(("how", "kind", "says"), [
    ({"variables": ["minuts"]}, NoSuchName, "did you mean 'minutes'"), ({"variables": "minutes"}, BadInput, r"variables=\['minutes'\]"),
    ({"variables": []}, BadInput, "no variable"), ({"weights": "weight"}, NoSuchName, "weight"), ({"k": "many"}, BadInput, "'auto'"),
    ({"k": 0}, BadInput, r"1 or more.*k=3, or several.*range"), ({"k": 61}, BadInput, "61 segments for 60.*k=6 or less"),
    ({"levels": {"town": "numeric"}}, BadInput, "not numbers"),
])
def test_bad_arguments_are_named(how: dict, kind: type, says: str) -> None:
    df, _ = riders(60)
    for data in (df, read_survey(df)):
        with pytest.raises(kind, match=says):
            quick(data, **how)


def test_negative_weights_and_nothing_to_go_by_are_named() -> None:
    df, _ = riders(60)
    with pytest.raises(BadInput, match=df.index[3]):
        quick(read_survey(df.assign(w=np.where(np.arange(60) == 3, -1., 1.)).rename(columns={"w": "v"})), weights="v")
    with pytest.raises(BadInput, match="no variable that can part"):
        quick(pd.DataFrame({"a": [1] * 30, "b": [None] * 30}))


# -- The profile --------------------------------------------------------------------------------------------------------------
def test_profile_shares_means_and_intervals_are_right(known) -> None:
    seg, _ = known
    df, w = seg.survey.data, seg.survey.case_weights
    profile = seg.profile()
    inside = (seg.labels == "B") & df["pass"].notna()
    row = profile.query("variable == 'pass' and value == 'day' and segment == 'B'").iloc[0]
    share = w[inside & (df["pass"] == "day")].sum() / w[inside].sum()
    n = effective_n(w[inside])
    assert row["share_or_mean"] == pytest.approx(share) and row["n"] == inside.sum() and row["effective_n"] == pytest.approx(n)
    assert (row["low"], row["high"]) == pytest.approx(wilson(share * n, n))
    rest = (seg.labels != "B") & df["pass"].notna()
    assert row["rest"] == pytest.approx(w[rest & (df["pass"] == "day")].sum() / w[rest].sum())
    every = df["pass"].notna()
    assert row["overall"] == pytest.approx(w[every & (df["pass"] == "day")].sum() / w[every].sum())
    age = profile.query("variable == 'age' and segment == 'A'").iloc[0]
    assert age["share_or_mean"] == pytest.approx(np.average(df["age"][seg.labels == "A"], weights=w[seg.labels == "A"]))
    assert age["value"] == "mean" and age["low"] < age["share_or_mean"] < age["high"]


def test_without_weights_the_interval_of_a_mean_is_students() -> None:
    df, _ = riders(120)
    seg = quick(df.drop(columns="w"), variables=ASKED, k=2)
    row = seg.profile(["age"]).query("segment == 'B'").iloc[0]
    x = df["age"][seg.labels.reindex(df.index) == "B"]
    assert (row["low"], row["high"]) == pytest.approx(stats.t.interval(.95, len(x) - 1, x.mean(), stats.sem(x)))
    narrow = seg.profile(["age"], level=.5).query("segment == 'B'").iloc[0]
    assert narrow["high"] - narrow["low"] < row["high"] - row["low"]


def test_profile_marks_what_made_the_segments_and_covers_every_answer(known) -> None:
    seg, _ = known
    profile = seg.profile()
    assert set(profile.loc[profile["used"], "variable"]) == set(ASKED) and set(profile.loc[~profile["used"], "variable"]) == {"age", "town"}
    shares = profile[profile["measure"] == "share"].groupby(["variable", "segment"])["share_or_mean"].sum()
    assert np.allclose(shares, 1)
    assert set(profile.query("variable == 'fun'")["measure"]) == {"share", "mean"}, "a scale in numbers has both"
    between = profile.dropna(subset=["low"])
    assert (between["low"] <= between["share_or_mean"] + 1e-12).all() and (between["share_or_mean"] <= between["high"] + 1e-12).all()
    assert seg.profile(["town"])["variable"].unique().tolist() == ["town"]
    with pytest.raises(NoSuchName):
        seg.profile(["twon"])


def test_profile_of_a_segment_that_skipped_a_question() -> None:
    df, kind = riders(200)
    df["only"] = np.where(kind == 0, "yes", None)
    df.loc[df.index[kind == 0][:5], "only"] = "no"
    seg = quick(df, variables=ASKED, k=3)
    rows = seg.profile(["only"])
    silent = rows[rows["n"] == 0]
    assert silent[["share_or_mean", "low", "high"]].isna().all(axis=None) and rows["n"].max() > 50


def test_the_notebook_view_holds_sizes_criteria_and_the_caution(known) -> None:
    page = known[0]._repr_html_()
    assert "verdict: clusters shown" in page and "jaccard" in page and "<table" in page and "bic" in page
    assert "not measured" in quick(known[0].survey, variables=ASKED, k=2)._repr_html_()


# -- Profile and differences where there is little to say -------------------------------------------------------------------------
def cut(df: pd.DataFrame, labels: list[str], used: list[str], **how) -> Segmentation:
    "Return a segmentation with given labels."
    seg = quick(read_survey(df, **how), variables=used, k=2)
    names = sorted(set(labels))
    chance = pd.DataFrame({name: [float(label == name) for label in labels] for name in names}, index=seg.survey.respondents)
    return replace(seg, labels=pd.Series(labels, index=seg.survey.respondents, name="segment"), k=len(names), probabilities=chance)


@pytest.fixture(scope="module")
def odd() -> Segmentation:
    "A has 30 respondents, B 29, C one; D weighs nothing."
    rng = np.random.default_rng(6)
    labels = ["A"] * 30 + ["B"] * 29 + ["C"] + ["D"] * 5
    inside = {name: np.array(labels) == name for name in "ABCD"}
    df = pd.DataFrame({"used1": rng.integers(1, 6, 65), "used2": rng.integers(1, 6, 65), "minutes": rng.normal(20 + 15 * inside["A"], 4).round(1),
                       "app": np.where(rng.random(65) < .5 + .4 * inside["A"], "yes", "no"), "town": rng.choice(["n", "s", "w"], 65),
                       "same": np.where(inside["B"], 7., rng.normal(7, 2, 65).round(2)), "silent": np.where(inside["B"], np.nan, rng.normal(0, 2, 65).round(2)),
                       "mute": np.where(inside["B"], None, rng.choice(["x", "y"], 65)), "only": np.where(inside["A"], rng.choice(["p", "q"], 65), None),
                       "w": np.where(inside["D"], 0., rng.choice([.5, 1, 2], 65))})
    return cut(df, labels, ["used1", "used2"], weights="w")


def test_no_interval_lacks_width_and_every_missing_number_has_a_reason(odd: Segmentation) -> None:
    p = odd.profile()
    assert set(p["variable"]) == {"used1", "used2", "minutes", "app", "town", "same", "silent", "mute", "only"}
    assert not (p["high"] <= p["low"]).any() and (p["low"].isna() == p["note"].ne("")).all() and (p["low"].isna() == p["high"].isna()).all()
    note = lambda variable, segment: p.query("variable == @variable and segment == @segment")["note"].iloc[0]
    assert note("silent", "B") == note("mute", "B") == "nobody in the segment answered" and note("minutes", "C") == "one answer has no spread"
    assert note("same", "B") == "everybody in the segment gave the same answer" and note("app", "D") == note("minutes", "D") == "only weights of 0"
    same = p.query("variable == 'same' and segment == 'B'").iloc[0]
    assert same["share_or_mean"] == pytest.approx(7) and np.isfinite(same["residual"]), "the others have a spread"
    one = p.query("variable == 'app' and segment == 'C'")
    assert one["n"].tolist() == [1, 1] and (one["high"] - one["low"] > .5).all()
    assert odd._repr_html_() and odd.explain()


def test_differences_where_there_is_little_to_say(odd: Segmentation) -> None:
    d = odd.differences().set_index("variable")
    assert d.loc[["used1", "used2"], ["statistic", "df", "df_error", "p", "q"]].isna().all(axis=None)
    assert d.loc[["used1", "used2"], "note"].str.contains("made the segments").all()
    assert d.loc["minutes", "p"] < 1e-6 and "common variance" in d.loc["minutes", "note"] and d.loc["app", "n"] == 60
    assert "only one group answered" in d.loc["only", "note"] and d.loc["only", ["effect", "p", "q"]].isna().all()
    with_one = d.dropna(subset=["low"])
    assert (with_one["low"] < with_one["high"]).all() and (d["effect"].isna() <= d["note"].ne("")).all() and len(with_one) >= 7
    with pytest.raises(NoSuchName):
        odd.differences(["minuts"])
    with pytest.raises(BadInput, match="level"):
        odd.profile(level=95)


def test_the_residual_is_habermans_without_weights_and_welchs_t_for_means(known) -> None:
    df = known[0].survey.data
    seg = quick(df.drop(columns="w"), variables=ASKED, k=3)
    p, table = seg.profile(["town", "age"]), pd.crosstab(seg.labels, df["town"])
    found = p[p["variable"] == "town"].pivot(index="segment", columns="value", values="residual")
    assert found.to_numpy() == pytest.approx(adjusted_residuals(seg.labels, df["town"]).to_numpy())
    n, inside, west = table.to_numpy().sum(), table.loc["B"].sum(), table["west"].sum()
    expected = inside * west / n
    assert found.loc["B", "west"] == pytest.approx((table.loc["B", "west"] - expected) / np.sqrt(expected * (1 - inside / n) * (1 - west / n)))
    t = stats.ttest_ind(df["age"][seg.labels == "B"], df["age"][seg.labels != "B"], equal_var=False)
    assert p.query("variable == 'age' and segment == 'B'")["residual"].iloc[0] == pytest.approx(t.statistic)


def test_differences_are_those_of_the_statistics_and_corrected_over_what_was_held_out(known) -> None:
    seg, _ = known
    d, data, w = seg.differences().set_index("variable"), seg.survey.data, seg.survey.case_weights
    assert d.index.tolist()[:2] == ["age", "town"] and set(d.index[2:]) == set(ASKED) and d["used"].tolist() == [False] * 2 + [True] * 5
    assert d["effect"].iloc[2:].is_monotonic_decreasing
    assert d.loc["age", ["measure", "statistic"]].tolist() == ["omega squared", pytest.approx(welch_test(seg.labels, data["age"], weights=w).statistic)]
    assert d.loc["town", ["measure", "p"]].tolist() == ["Cramer's V", pytest.approx(rao_scott(seg.labels, data["town"], weights=w).p)]
    assert d.loc["age", "p"] < .001 and d.loc["town", "q"] > .05 and d.loc["fun", "effect"] > .5
    assert d["q"].dropna().tolist() == pytest.approx(sorted(stats.false_discovery_control(d["p"].dropna())))
    assert d.loc["town", "design_effect"] > 1.05, "the weights vary"
    assert "of 2 tested variables" in seg.explain() and "age (omega squared" in seg.explain() and "town" not in seg.explain()
    assert "Strongest differences" in seg._repr_html_() and "town" in seg._repr_html_()


def test_explain_says_when_nothing_held_out_differs_or_nothing_was_held_out() -> None:
    df, _ = riders(150, 3)
    assert "none differs" in quick(df[[*ASKED, "town"]], variables=ASKED, k=3).explain()
    assert "Held out: nothing" in quick(df[ASKED], variables=ASKED, k=3).explain()
    assert "Held out" not in quick(df[ASKED], variables=ASKED, k=1).explain()


def test_noise_cut_in_pieces_is_not_told_apart_by_what_was_held_out() -> None:
    "Double dipping would find every variable; a held-out one is found in 5 % of samples, and after correction of all of them hardly ever."
    found, p = 0, []
    for seed in range(30):
        df = pd.DataFrame(np.random.default_rng(seed).normal(size=(150, 14))).add_prefix("q")
        d = quick(df, variables=["q0", "q1", "q2"], k=3, n_init=1).differences()
        found, p = found + (d["q"] < .05).any(), [*p, *d["p"].dropna()]
        assert len(d["p"].dropna()) == 11
    assert found <= 6 and .02 < np.mean(np.array(p) < .05) < .09


def test_an_option_of_a_question_with_several_answers_shows_its_yes() -> None:
    df, _ = riders(120)
    survey = read_survey(df.assign(bell=(df["fun"] > 2).astype(int)))
    grouped = replace(survey, variables=survey.variables.assign(group=["extras" if v == "bell" else "" for v in survey.variables["variable"]]))
    seg = quick(grouped, variables=ASKED, k=2)
    rows = seg.profile(["bell"])
    assert rows["value"].tolist() == [1, 1] and rows["measure"].unique().tolist() == ["share"]
    assert rows["share_or_mean"].iloc[0] == pytest.approx(survey.data["bell"][seg.labels == "A"].mean())
    assert seg.differences(["bell"])["measure"].tolist() == ["Cramer's V"]


def test_what_cannot_be_compared_is_said_and_has_no_profile() -> None:
    df, _ = riders(60)
    essays = pd.Categorical([f"my long answer number {i}" for i in range(60)])
    seg = quick(read_survey(df.assign(essay=essays, empty=np.nan), levels={"essay": "text"}), variables=ASKED, k=2)
    assert seg.profile(["essay", "empty"]).empty
    d = seg.differences(["essay", "empty", "age"]).set_index("variable")
    assert "'text' is not compared" in d.loc["essay", "note"] and "nobody answered" in d.loc["empty", "note"]
    assert d["q"].notna().to_dict() == {"age": True, "essay": False, "empty": False}


def test_a_profile_of_two_hundred_variables_names_each_of_them() -> None:
    rng = np.random.default_rng(0)
    columns = {f"v{i}": rng.integers(1, 6, 2000) if i % 2 else rng.choice(list("abcdefg"), 2000) for i in range(200)}
    seg = quick(pd.DataFrame(columns), variables=["v1", "v3"], k=5, n_init=1)
    assert len(profile := seg.profile()) > 4000 and set(profile["variable"]) == set(columns)
    assert set(seg.differences()["variable"]) == set(columns)


# -- In the study -------------------------------------------------------------------------------------------------------------
def test_segments_are_kept_with_the_study(tmp_path: Path) -> None:
    df, _ = riders(200, 1)
    df.iloc[:3, :5] = np.nan
    with Study(tmp_path / "s.db", coder="MB", create=True) as study:
        survey = import_survey(study, df, weights="w", wave="2026-05", name="riders")
        seg = quick(survey, variables=ASKED, k=3)
        assert add_segments(study, seg, name="2026-05") is seg
        before = study.last_event()
        assert add_segments(study, seg, name="2026-05") is seg and study.last_event() == before  # the same once more is noticed
        with pytest.raises(AlreadyThere):
            add_segments(study, quick(survey, variables=ASKED, k=2), name="2026-05")
    with Study(tmp_path / "s.db") as study:
        kept, members = study.segments, study.rows("members", segmentation="2026-05")
    assert kept["segment"].tolist() == ["A", "B", "C"] and kept["n"].tolist() == seg.sizes()["n"].tolist()
    assert np.allclose(kept["share"], seg.sizes()["share"])
    assert set(kept["verdict"]) == {"not measured"} and set(kept["survey"]) == {"riders"} and set(kept["wave"]) == {"2026-05"} and set(kept["seed"]) == {0}
    by_case = members.set_index("case")["segment"]
    assert by_case.dropna().to_dict() == seg.labels.to_dict() and by_case.isna().sum() == 3 and len(members) == 200


# -- The sample study and a real survey ---------------------------------------------------------------------------------------
@pytest.mark.parametrize("wave", [1, 2])
def test_the_planted_segments_of_the_sample_study_are_found(root: Path, wave: int) -> None:
    truth = json.loads((root / "data" / "truth.json").read_text("utf-8"))["segments"]
    survey = read_survey(root / "data" / f"survey_wave{wave}.csv", dictionary=root / "data" / "survey_dictionary.csv")
    seg = quick(survey, variables=truth["behaviour_variables"])
    planted = pd.Series(truth["respondents"]).reindex(seg.labels.index).dropna()
    assert seg.k == 3 and adjusted_rand_score(planted, seg.labels[planted.index]) > .95
    assert any("outliers" in note for note in seg.notes), "the courier with 400 rides is noticed"


@pytest.mark.real
def test_the_jupyter_survey_of_2015(real_data: Path) -> None:
    survey = read_survey(real_data / "surveys" / "jupyter-notebook-ux-2015" / "20160115235816-SurveyExport.csv")
    closed = [v for v in survey.usable if v != "Status" and not survey.row(v)["group"]]
    seg = quick(survey, variables=closed, k=[1, 2, 3], n_init=3)
    assert seg.k == 1, "five closed questions: BIC finds no groups"
    assert len(closed) == 5 and len(seg.labels) == 1092 and any("614 respondents" in note for note in seg.notes)
    three = quick(survey, variables=closed, k=3)
    assert set(three.labels) == {"A", "B", "C"} and three.sizes()["n"].sum() == 1092 and len(three.profile()) > 50


def test_weights_count_in_the_making_of_segments_as_repeated_respondents_would() -> None:
    df, _ = riders(120, 4, holes=0)
    times = pd.Series(np.random.default_rng(5).integers(1, 4, len(df)), index=df.index)
    weighted = quick(read_survey(df.assign(w=times), weights="w"), variables=ASKED, k=3)
    copies = df.loc[df.index.repeat(times)].drop(columns="w")
    copies.index = pd.Index([f"{r}-{i}" for i, r in enumerate(copies.index)], name="respondent")
    repeated = quick(read_survey(copies), variables=ASKED, k=3)
    plain = quick(read_survey(df.drop(columns="w")), variables=ASKED, k=3)
    shares = lambda seg: np.sort(seg.model.weights_)
    assert np.allclose(shares(weighted), shares(repeated), atol=1e-4) and not np.allclose(shares(weighted), shares(plain), atol=1e-3)


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks into /proc")
def test_an_interrupt_ends_everything_at_once(tmp_path: Path) -> None:
    code = "import pandas, numpy, personabench as pb\nif __name__ == '__main__': pb.segment(pandas.DataFrame(numpy.random.rand(2000, 6)), n_jobs=2, n_boot=400)"
    (tmp_path / "run.py").write_text(code)
    run = subprocess.Popen([sys.executable, tmp_path / "run.py"], stderr=subprocess.PIPE, text=True, start_new_session=True,
                           preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler))
    def alive() -> list[str]:
        return [p.name for p in Path("/proc").iterdir() if p.name.isdigit() and session(p) == run.pid]

    def session(process: Path) -> int:
        try: return int((process / "stat").read_text().rpartition(")")[2].split()[3])
        except OSError: return 0

    until = time.time() + 120
    while len(alive()) < 3 and time.time() < until: time.sleep(.5)
    os.killpg(run.pid, signal.SIGINT)
    assert "KeyboardInterrupt" in run.communicate(timeout=60)[1] and run.returncode != 0
    until = time.time() + 60
    while alive() and time.time() < until: time.sleep(.2)
    assert not alive(), "processes were left behind"


# -- What a hostile review found --------------------------------------------------------------------------------------------------
def noise(n: int, m: int, seed: int = 1) -> pd.DataFrame:
    return pd.DataFrame(np.random.default_rng(seed).choice(["x", "y"], (n, m)), columns=list("abcdefgh")[:m])


def test_stability_is_measured_beside_a_column_that_repeats_another() -> None:
    df, _ = riders(120)
    df["passe"] = df["pass"].map({"year": "an", "day": "jour", "none": "rien"})
    seg = segment(df, variables=[*ASKED, "passe"], k=[2, 3], n_boot=4, n_init=2, verdict=False)
    assert "repeats the answers of 'pass'" in seg.excluded["passe"] and seg.variables == ASKED and len(seg.stability) == seg.k


def test_a_class_that_is_nobodys_most_probable_one_was_never_found_again() -> None:
    seg = segment(noise(60, 3, 0), k=8, n_boot=4, n_init=4, verdict=False)
    empty = seg.stability[seg.stability["n"] == 0]
    assert len(empty) and len(seg.stability) == 8 and (empty[["jaccard", "high", "recovered"]] == 0).all(axis=None)
    assert seg.criteria["jaccard"].tolist() == [0.] and any("nobody's most probable" in note for note in seg.notes)


def test_a_copy_of_what_made_the_segments_is_no_finding() -> None:
    df, _ = riders(240, holes=.05)
    df["passe"] = df["pass"].map({"year": "an", "day": "jour", "none": "rien"})                # other words
    df["hours"], df["back"] = df["minutes"] / 60, 100 - df["minutes"]                          # other units, and backwards
    df["fun2"] = df["fun"].where(np.arange(240) % 3 > 0)                                       # with other holes
    copies = ["passe", "hours", "back", "fun2"]
    seg = quick(df, variables=ASKED, k=3)
    d = seg.differences().set_index("variable")
    assert d.loc[copies, "used"].all() and d.loc[copies, ["p", "q", "statistic"]].isna().all(axis=None) and (d.loc[copies, "effect"] > .3).all()
    assert "repeats the answers of 'pass'" in d.loc["passe", "note"] and "'minutes'" in d.loc["back", "note"]
    assert not d.loc[["age", "town"], "used"].any() and d.loc[["age", "town"], "p"].notna().all() and "of 2 tested" in seg.explain()
    p = seg.profile().groupby("variable")["used"].all()
    assert p[[*ASKED, *copies]].all() and not p[["age", "town"]].any()
    asked = quick(df, variables=[*ASKED, "passe"], k=3)
    assert asked.differences(["passe"]).loc[0, ["used", "p"]].tolist()[0] and asked.differences(["passe"])["p"].isna().all()


def test_unlike_answers_are_not_taken_for_copies() -> None:
    rng = np.random.default_rng(2)
    df, _ = riders(120)
    seg = quick(df.assign(x=rng.normal(size=120), y=rng.normal(size=120), few=[*("yes no yes".split()), *[None] * 117]), variables=["x", "app"], k=2)
    assert seg.differences(["y", "few", "minutes"])["used"].tolist() == [False] * 3, "numbers that never repeat go one to one with any others"


def test_what_was_left_out_is_listed_when_all_usable_variables_are_taken() -> None:
    df, _ = riders(120)
    seg = quick(df.assign(same="NO", empty=np.nan, **{f"essay{i}": [f"a long answer number {i} {j} of mine" for j in range(120)] for i in range(7)}), weights="w", k=2)
    assert set(seg.excluded) == {"same", "empty", *(f"essay{i}" for i in range(7))} and "w" not in seg.excluded
    assert any("essay4 and 2 more were left out: text" in note for note in seg.notes) and any("same was left out: everyone" in note for note in seg.notes)


def test_a_k_that_was_not_measured_gets_no_vote_for_its_stability() -> None:
    c = segment(noise(40, 5), k=[2, 12], n_boot=8, verdict=False, min_share=0, n_init=2).criteria.set_index("k")
    assert np.isnan(c.loc[12, "jaccard"]) and c.loc[2, "jaccard"] < .75 and c.loc[12, "votes"] == 0


def test_the_gap_votes_for_one_of_the_numbers_that_were_tried() -> None:
    rng = np.random.default_rng(3)
    c = segment(pd.DataFrame(rng.normal(size=(80, 2)), columns=["a", "b"]), k=[2, 3], n_boot=8, verdict=False, min_share=0, n_init=2).criteria
    measured = 4 + sum((c[name] >= least).any() for name, least in (("jaccard", .75), ("strength", .8)))     # BIC, ICL, instability and the gap always vote
    assert c["votes"].sum() == measured


def test_a_min_share_that_no_number_keeps_to_is_said() -> None:
    df, _ = riders(200)
    seg = quick(df, variables=ASKED, k=[2, 3], min_share=.6, n_init=2)
    assert any("min_share=0.6 had no say" in note for note in seg.notes) and "had no say" in seg.explain()
    assert not any("had no say" in note for note in quick(df, variables=ASKED, k=[2, 3], n_init=2).notes)


def test_more_parameters_than_respondents_are_noted() -> None:
    assert any("parameters for 5 respondents" in note for note in quick(riders(5, holes=0)[0], variables=["fun", "reliable", "minutes"], k=2).notes)


@pytest.mark.parametrize(("how", "says"), [
    ({"k": 2.5}, "whole numbers"), ({"k": None}, "whole numbers"), ({"k": ["a"]}, "whole numbers"), ({"k": True}, "whole numbers"), ({"k": []}, "whole numbers"),
    ({"n_boot": -1}, "n_boot: -1"), ({"n_boot": None}, "n_boot"), ({"seed": -1}, "seed: -1"), ({"seed": "a"}, "seed"), ({"variables": 5}, "a list of names"),
    ({"min_share": 2}, "from 0 to 1"), ({"min_share": float("nan")}, "from 0 to 1"), ({"min_share": "5 %"}, "from 0 to 1"), ({"n_init": 0}, "n_init"),
    ({"sample": 0}, "sample: 0"),
])
def test_settings_that_make_no_sense_are_named(how: dict, says: str) -> None:
    with pytest.raises(BadInput, match=says):
        segment(riders(60)[0], **{"n_boot": 0, "verdict": False, "k": 2, **how})


def test_values_that_cannot_be_used_are_named() -> None:
    df, _ = riders(60)
    with pytest.raises(BadInput, match="squares"):
        quick(df.assign(huge=df["minutes"] * 1e300), k=2)
    with pytest.raises(BadInput, match="DataFrame"):
        quick(np.ones((60, 3)), k=2)


# -- Said to people -----------------------------------------------------------------------------------------------------------
def test_votes_are_those_of_the_criteria_named_beside_them(known) -> None:
    seg, _ = known
    c = seg.criteria
    assert (c["voters"].str.split(", ").map(lambda some: len([v for v in some if v])) == c["votes"]).all()
    assert c.loc[c["bic"].idxmin(), "voters"].startswith("bic") and "BIC" in seg.explain() and "vote for their lowest value" in seg.explain()


def test_segments_take_names_everywhere(known) -> None:
    seg, _ = known
    named = seg.named({"A": " Commuters "})
    assert [*named.probabilities][:2] == ["Commuters", "B"] and (named.labels == "Commuters").sum() == (seg.labels == "A").sum() and "Commuters" in repr(named)
    assert named.stability["segment"].iloc[0] == named.sizes()["segment"].iloc[0] == named.profile()["segment"].iloc[0] == "Commuters"
    again = named.named({"Commuters": "Riders", "B": "Drivers"})
    assert again.parameters["names"] == {"A": "Riders", "B": "Drivers", **{s: s for s in [*seg.probabilities][2:]}} and "A" in seg.labels.unique()
    with pytest.raises(NoSuchName, match="no segment 'Z'"): seg.named({"Z": "x"})
    for odd in ({"A": "B"}, {"A": ""}, {"A": "unassigned"}):
        with pytest.raises(BadInput, match="a name of its own"): seg.named(odd)


def test_more_segments_than_people_fill_are_warned_of_and_said_in_the_headline() -> None:
    table, _ = riders(60)
    with pytest.warns(ThinSegments, match="fewer than ten respondents to a segment"): seg = segment(table, k=20, n_init=1, n_boot=0, verdict=False)
    assert "fewer than ten respondents" in repr(seg) and "fewer than ten respondents" in seg._repr_html_()
    empty = seg.k - seg.labels.nunique()
    assert (f"{empty} of 20 segments" in repr(seg)) == (empty > 0)


def test_differences_come_with_discoveries_first(known) -> None:
    table = known[0].differences()
    rank = np.select([table["used"].astype(bool), table["q"] <= .05], [2, 0], 1)
    assert (np.diff(rank) >= 0).all() and all((np.diff(table.loc[rank == r, "effect"].dropna()) <= 0).all() for r in range(3)) and not table["used"].iloc[0]


def test_a_scale_in_words_and_in_codes_is_tested_alike() -> None:
    table, _ = riders()
    words = ["strongly disagree", "disagree", "neither", "agree", "strongly agree"]
    codes = np.random.default_rng(0).integers(1, 6, len(table))
    made = [segment(table.assign(item=item), variables=ASKED, k=3, n_init=2, n_boot=0, verdict=False).differences(["item"])
            for item in (codes, [words[i - 1] for i in codes])]
    pd.testing.assert_frame_equal(*(t.drop(columns="level") for t in made))
    assert made[0]["measure"].iloc[0] == "omega squared"


def test_weights_that_were_not_used_are_told() -> None:
    table, _ = riders()
    survey = read_survey(table.assign(w=np.random.default_rng(0).uniform(.5, 2, len(table))))
    told = segment(survey, variables=ASKED, k=3, n_init=2, n_boot=0, verdict=False).explain()
    assert "'w' looks like weights" in told and "weights='w'" in told


def test_stopping_tells_the_step_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    from personabench import segmentation

    def interrupted(*_: object, **__: object) -> None: raise KeyboardInterrupt

    monkeypatch.setattr(segmentation, "structure_test", interrupted)
    with pytest.raises(KeyboardInterrupt, match="segment was stopped in step 2 of 2: are there groups at all") as error:
        segment(riders()[0], k=3, n_init=1, n_boot=0)
    assert error.value._render_traceback_() == [str(error.value)]  # type: ignore[attr-defined]
