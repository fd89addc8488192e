"""Stability and the verdict: published figures, properties, and answers whose truth is known."""

import json
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.cluster import KMeans
from sklearn.datasets import load_iris
from sklearn.metrics import rand_score

from personabench import LatentClass, cluster_stability, gap_statistic, instability, prediction_strength, structure_test
from personabench.schema import BadInput
from personabench.stability import _arch, _best_jaccard, _latent_correlation, _kept_pairs, _lloyd, _matched, _pair_distance, _power, _push, _score, _seeded

GOLDEN = json.loads((Path(__file__).parent / "golden" / "stability.json").read_text())
IRIS = load_iris().data
labels = st.lists(st.integers(0, 4), min_size=4, max_size=40)


def grouped(n, k, p=8, distance=4.0, seed=0):
    "Return answers of k groups at a distance, and the groups."
    rng = np.random.default_rng(seed)
    group = rng.integers(k, size=n)
    points = distance / np.sqrt(2) * np.linalg.qr(rng.standard_normal((p, k)))[0].T
    return pd.DataFrame(points[group] + rng.standard_normal((n, p))).add_prefix("q"), group


def smooth(n, p=8, seed=0):
    "Return answers on one scale, no groups."
    rng = np.random.default_rng(seed)
    return pd.DataFrame(0.7 * rng.standard_normal((n, 1)) + 0.7 * rng.standard_normal((n, p))).add_prefix("q")


# -- Figures others published ------------------------------------------------------------------------------------------------------
def test_clusterwise_jaccard_of_iris_is_what_fpc_gives():
    golden, found = GOLDEN["clusterboot_iris_k3"], cluster_stability(KMeans(3, n_init=5), IRIS, n_boot=200, seed=1)
    jaccard = np.sort(found["jaccard"])[::-1]
    assert jaccard == pytest.approx(golden["jaccard"], abs=golden["tolerance"])
    assert jaccard == pytest.approx(golden["recomputed"], abs=golden["recomputed_tolerance"])
    assert sorted(found["n"]) == sorted(golden["sizes"])


def test_prediction_strength_of_iris_is_what_fpc_gives():
    golden, found = GOLDEN["prediction_strength_iris"], prediction_strength(KMeans(n_init=5), IRIS, k=range(2, 6), n_splits=40, seed=1)
    assert found.loc[found["strength"] >= golden["cutoff"], "k"].max() == golden["k"]
    for k, strength in found.set_index("k")["strength"].items():
        error = golden["sd_of_one_split"][str(k)] * (1 / 40 + 1 / 200) ** .5
        assert strength == pytest.approx(golden["strength"][str(k)], abs=3 * error)


def test_instability_of_iris_is_what_fpc_gives():
    golden, found = GOLDEN["nselectboot_iris"], instability(KMeans(n_init=3), IRIS, k=range(2, 6), n_boot=60, seed=1)
    half = found.set_index("k")["instability"] / 2
    assert half.to_numpy() == pytest.approx(list(golden["half"].values()), rel=golden["relative_tolerance"])


# -- Pieces ------------------------------------------------------------------------------------------------------------------------
@given(labels, st.data())
def test_pair_distance_is_one_less_the_rand_index_with_pairs_of_oneself(one, data):
    other = data.draw(st.lists(st.integers(0, 4), min_size=len(one), max_size=len(one)))
    n = len(one)
    assert _pair_distance(np.array(one), np.array(other)) == pytest.approx((1 - rand_score(one, other)) * (n - 1) / n, abs=1e-12)


@given(labels, st.permutations(range(5)))
def test_new_names_change_nothing(one, names):
    one = np.array(one)
    other = np.array(names)[one]
    there = np.unique(one)
    assert _best_jaccard(one, other, 5)[there] == pytest.approx(1)
    assert np.isnan(np.delete(_best_jaccard(one, other, 5), there)).all()
    assert (_matched(one, other, 5) == one).all()
    assert _kept_pairs(one, other) == (1 if np.bincount(one)[there].min() > 1 else 0)


def test_jaccard_by_hand():
    assert _best_jaccard(np.array([0, 0, 0, 1, 1]), np.array([5, 5, 7, 7, 7]), 2) == pytest.approx([2 / 3, 2 / 3])


def test_kept_pairs_by_hand():
    assert _kept_pairs(np.array([0, 0, 0, 1, 1]), np.array([0, 0, 1, 1, 1])) == pytest.approx(1 / 3)


@settings(max_examples=25)
@given(st.integers(0, 10**6), st.integers(2, 5))
def test_the_many_k_means_never_lose_and_match_a_plain_one(seed, k):
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((3, 40, 4)).astype("float32")
    start = _seeded(X, k, np.random.default_rng(seed))
    inside = [_lloyd(X, start, rounds)[1] for rounds in (0, 1, 5, 40)]
    assert all((later <= earlier + 1e-3).all() for earlier, later in zip(inside, inside[1:]))
    for table, centres, loss in zip(X, start, inside[-1]):
        assert loss == pytest.approx(KMeans(k, init=centres, n_init=1, max_iter=40, tol=0).fit(table).inertia_, rel=.02)


@settings(max_examples=25)
@given(st.integers(0, 10**6))
def test_simulated_answers_have_the_margins_of_the_real_ones(seed):
    rng = np.random.default_rng(seed)
    answers = pd.DataFrame({"a": rng.integers(1, 6, 60), "b": rng.exponential(size=60), "c": rng.choice(["x", "y"], 60)})
    scores = _score(answers, {"a": "ordinal", "b": "numeric", "c": "binary"})
    pushed = _push(scores, rng.standard_normal((2, 60, 3)), None)
    assert np.allclose(np.sort(pushed, axis=1), np.sort(scores.E, axis=0))


# -- The verdict on answers whose truth is known -----------------------------------------------------------------------------------
@pytest.mark.parametrize("k", [2, 3, 4])
def test_clear_groups_are_shown(k):
    found = structure_test(grouped(300, k, seed=k)[0], seed=1)
    assert found.verdict == "clusters shown" and found.table["hit"].any() and "tighter" in found.reason


def test_a_continuum_is_not_taken_for_groups():
    verdicts = [structure_test(smooth(200, seed=s), seed=s, n_null=49, n_planted=15).verdict for s in range(12)]
    assert verdicts.count("clusters shown") <= 1 and verdicts.count("no clusters") >= 4


def test_five_respondents_and_constant_answers():
    few = structure_test(smooth(5))
    assert few.verdict == "not shown" and "too few" in few.reason and np.isnan(few.power)
    found = structure_test(smooth(100).assign(same=1, none=np.nan), n_null=20, n_planted=9)
    assert set(found.skipped) == {"same", "none"}
    with pytest.raises(BadInput, match="no variable in which respondents differ"): structure_test(pd.DataFrame({"a": [1] * 30}))


@pytest.mark.parametrize(("answers", "levels"), [
    ({"fees": "bumps"}, {}), ({"fees": "bumps", "again": "bumps"}, {}), ({"app": "coin"}, {"app": "binary"}), ({"app": "coin"}, {"app": "nominal"}),
    ({"town": "four"}, {"town": "nominal"})])
def test_one_variable_cannot_tell_groups_from_a_spread_and_says_so(answers, levels):
    rng = np.random.default_rng(3)
    kinds = {"bumps": np.r_[rng.normal(size=75), rng.normal(9, 1, 75)], "coin": rng.integers(2, size=150), "four": rng.choice(list("abcd"), 150)}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = structure_test(pd.DataFrame({name: kinds[kind] for name, kind in answers.items()}), levels=levels)
    assert found.verdict == "not shown" and found.table.empty and np.isfinite([found.power, found.surprise, found.arch]).all()
    assert f"only one variable, {next(iter(answers))!r}" in found.reason and "Add variables" in found.reason and "nan" not in repr(found)
    assert ("'again' left out" in found.reason) == ("again" in answers)


@pytest.mark.parametrize("levels", [("binary", "binary"), ("binary", "numeric"), ("nominal", "numeric"), ("numeric", "numeric"), ("halves", "binary")])
def test_two_variables_have_a_verdict_without_warnings(levels):
    rng = np.random.default_rng(5)
    made = {"binary": lambda: rng.integers(2, size=60), "numeric": lambda: rng.normal(size=60), "nominal": lambda: rng.choice(list("ab"), 60),
            "halves": lambda: np.repeat(["a", "b"], 30)}
    answers = pd.DataFrame({f"q{i}": made[level]() for i, level in enumerate(levels)})
    if levels[0] == "halves": answers["q1"] = np.tile([0, 1], 30)             # unrelated: the map has two places
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = structure_test(answers, levels={f"q{i}": "nominal" if level == "halves" else level for i, level in enumerate(levels)}, n_null=20, n_planted=5)
    assert len(found.table) == 6 and found.table.notna().all(axis=None) and np.isfinite([found.power, found.surprise, found.arch]).all()


def test_a_map_of_two_places_has_no_arch():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert _arch(np.tile([[1., -1., 0.], [-1., 1., 0.]], (20, 1))) == 0


def test_a_choice_of_two_answers_is_a_yes_or_no_and_makes_no_groups():
    verdicts = []
    for seed in range(8):
        rng = np.random.default_rng(100 + seed)
        answers = pd.DataFrame({"town": rng.choice(list("abcd"), 150), "sex": rng.choice(["m", "f"], 150)})
        verdicts.append(structure_test(answers, levels=dict.fromkeys(answers, "nominal"), seed=seed, n_null=49, n_planted=5).verdict)
    assert verdicts.count("clusters shown") <= 1, "two unrelated choices: all were taken for groups"


def test_missing_answers_and_words_do_not_hide_groups():
    answers, group = grouped(400, 3, distance=5.0)
    answers = answers.assign(word=np.array(["a", "b", "c"])[group]).mask(np.random.default_rng(0).random((400, 9)) < .15)
    assert structure_test(answers, levels={"word": "nominal"}, seed=1).verdict == "clusters shown"


def test_groups_behind_a_strong_common_trait_are_found_in_the_second_view():
    answers, _ = grouped(500, 3, p=10, seed=3)
    answers += 3 * np.random.default_rng(5).standard_normal((500, 1))
    found = structure_test(answers, seed=1)
    assert found.verdict == "clusters shown" and set(found.table.loc[found.table["hit"], "view"]) == {"strongest direction removed"}


def test_the_fitted_correlations_are_those_of_the_answers():
    answers = smooth(1000).assign(alone=np.random.default_rng(9).standard_normal(1000))
    scores = _score(answers, dict.fromkeys(answers, "numeric"))
    fitted = _latent_correlation(scores, np.random.default_rng(1))
    assert np.abs(fitted - np.corrcoef(scores.E, rowvar=False)).max() < .004


def test_a_column_beside_a_continuum_is_no_group():
    hits = 0
    for seed in range(16):
        rng = np.random.default_rng(seed)
        answers = pd.DataFrame(.7 * rng.standard_normal((1000, 1)) + .7 * rng.standard_normal((1000, 6))).add_prefix("q").assign(other=rng.standard_normal(1000))
        hits += structure_test(answers, seed=seed, n_null=49, n_planted=5).verdict == "clusters shown"
    assert hits <= 1


@pytest.mark.parametrize("more, gone", [
    (lambda age: {"age": age, "born": 2026 - age}, {"born": "follows from 'age'"}),
    (lambda age: {"band": np.digitize(age, [25, 35, 45, 55, 65]), "age": age}, {"band": "follows from 'age'"}),
    (lambda age: {"age": age, "band": pd.cut(age, [0, 30, 50, 99], labels=["young", "middle", "old"]).astype(str)}, {"band": "follows from 'age'"}),
    (lambda age: {"age": age, "again": age + np.random.default_rng(2).normal(0, 2, len(age))}, {"again": "nearly the same as 'age'"}),
    (lambda age: {"town": (age % 7).astype(int).astype(str), "land": (age % 7 > 3)}, {"land": "follows from 'town'"}),
    (lambda age: {"one": age > 40, "two": age > 40}, {"two": "the same answers as in 'one'"}),
    (lambda age: {"one": age + np.random.default_rng(2).normal(0, 8, len(age)), "two": age, "rare": (np.arange(len(age)) == 5) * 1}, {}),
])
def test_columns_that_follow_from_others_are_skipped_and_named(more, gone):
    age = np.round(np.random.default_rng(8).normal(45, 14, 300)).clip(18, 90)
    found = structure_test(smooth(300, p=5).assign(**more(age)), n_null=20, n_planted=5)
    assert set(found.skipped) == set(gone)
    for name, why in gone.items(): assert found.skipped[name].startswith(why)


def test_questions_that_follow_a_filter_are_skipped_and_named_and_chance_gaps_are_not():
    answers = smooth(300, p=6)
    answers.loc[answers["q0"] <= 0, ["q4", "q5"]] = np.nan
    answers["q3"] = answers["q3"].mask(np.random.default_rng(4).random(300) < .3)
    found = structure_test(answers, n_null=20, n_planted=5)
    assert found.skipped == dict.fromkeys(["q4", "q5"], "asked only after certain answers to 'q0'")


def test_age_and_its_band_are_not_taken_for_groups():
    verdicts = []
    for seed in range(8):
        age = np.round(np.random.default_rng([seed, 1]).normal(45, 14, 300)).clip(18, 90)
        answers = smooth(300, p=6, seed=seed).assign(age=age, band=np.digitize(age, [25, 35, 45, 55, 65]))
        verdicts.append(structure_test(answers, seed=seed, n_null=49, n_planted=5).verdict)
    assert verdicts.count("clusters shown") <= 1


def test_ids_texts_dates_and_weights_are_no_answers():
    n = 120
    answers = smooth(n).assign(rid=range(n), when=pd.date_range("2026-01-01", periods=n), said=[f"word {i}" for i in range(n)], w=1.5)
    found = structure_test(answers, levels={"rid": "id", "said": "text", "w": "weight"}, n_null=20, n_planted=5)
    assert found.skipped == {"rid": "its level is id", "when": "its level is date", "said": "its level is text", "w": "its level is weight"}
    pd.testing.assert_frame_equal(found.table, structure_test(smooth(n), n_null=20, n_planted=5).table)


def test_an_array_is_a_table_without_names():
    answers = grouped(120, 3)[0]
    one, other = (structure_test(x, n_null=20, n_planted=5) for x in (answers, answers.to_numpy()))
    pd.testing.assert_frame_equal(one.table, other.table)


def test_the_power_that_is_told_is_that_of_the_rule():
    rng = np.random.default_rng(0)
    draws = {k: rng.standard_normal((2, 99)) for k in (2, 3, 5)}
    chance = {k: (x - x.mean(axis=1, keepdims=True)) / x.std(axis=1, ddof=1, keepdims=True) for k, x in draws.items()}
    world = {("smooth", 2): chance, **{("bounded", k): {k: chance[k]} for k in (2, 3, 5)}}

    def power(raw, second, k=3, n=400):
        planted = {i: np.zeros((2, 30)) for i in (2, 3, 5)}
        planted[k] = np.repeat([[raw], [second]], 30, axis=1).astype("float64")
        return _power({**world, ("planted", 3): planted}, n)

    assert power(2.1, 0) == 0 and power(9, 0) == 1              # more than 2 is not enough for the verdict, so it is not for the power
    assert power(9, 0, k=5) == 1 and power(0, 9, k=2) == 1      # any number of groups and either view count
    assert power(2.5, 0) == 1 and power(0, 2.5) == 0            # the second view must surprise more
    assert power(2.5, 0, n=30) == 0                             # and so must small samples


def test_an_arch_is_told():
    rng = np.random.default_rng(1)
    place = rng.uniform(-2, 2, (300, 1))
    horseshoe = structure_test(pd.DataFrame(-((place - np.linspace(-1.5, 1.5, 10)) ** 2) + .3 * rng.standard_normal((300, 10))), seed=1, n_null=29, n_planted=9)
    assert horseshoe.arch > .4 and (horseshoe.verdict != "clusters shown" or "curve" in horseshoe.reason)
    assert structure_test(smooth(300), n_null=20, n_planted=9).arch < .1


def test_same_seed_same_result_with_one_or_two_jobs():
    answers = grouped(120, 3)[0]
    one, other, third = (structure_test(answers, seed=s, n_jobs=j, n_null=20, n_planted=9) for s, j in ((3, 1), (3, 2), (4, 1)))
    pd.testing.assert_frame_equal(one.table, other.table)
    assert one.verdict == other.verdict and not one.table.equals(third.table)
    a, b = (cluster_stability(KMeans(3, n_init=2), answers, n_boot=8, seed=1, n_jobs=j) for j in (1, 2))
    pd.testing.assert_frame_equal(a, b)


# -- The criteria find the k that is there -----------------------------------------------------------------------------------------
def test_criteria_agree_on_three_clear_groups():
    answers, group = grouped(240, 3, distance=6.0)
    model = LatentClass(3, n_init=2)
    found = cluster_stability(model, answers, n_boot=10)
    assert (found["jaccard"] > .9).all() and (found["recovered"] == 1).all() and found["n"].sum() == 240
    assert cluster_stability(LatentClass(6, n_init=2), answers, n_boot=10)["jaccard"].min() < .75
    assert instability(KMeans(n_init=2), answers, k=range(2, 6), n_boot=8).set_index("k")["instability"].idxmin() == 3
    strength = prediction_strength(KMeans(n_init=2), answers, k=range(2, 6), n_splits=8).set_index("k")["strength"]
    assert strength[3] > .9 and strength[strength > .8].index.max() == 3
    gap = gap_statistic(answers, k=range(1, 6), n_ref=10)
    assert gap.loc[gap["chosen"], "k"].item() == 3
    one = gap_statistic(smooth(240), k=range(1, 5), n_ref=20)
    assert one.loc[one["chosen"], "k"].item() == 1


def test_weights_reach_the_model():
    answers, group = grouped(200, 2, distance=6.0)
    weights = np.where(group == 0, 1.0, 1e-6)
    alone = cluster_stability(KMeans(2, n_init=2), answers, n_boot=8, weights=weights, seed=2)
    assert alone["jaccard"].min() < cluster_stability(KMeans(2, n_init=2), answers, n_boot=8, seed=2)["jaccard"].min()


@pytest.mark.parametrize("wrong, words", [
    (lambda: instability(KMeans(), IRIS, k=0), "numbers of 1 or more"),
    (lambda: prediction_strength(KMeans(), IRIS, k=60), "at least two rows"),
    (lambda: gap_statistic(np.full((9, 2), np.nan), k=2), "not finite"),
    (lambda: instability(LatentClass, IRIS, k=2), "clusterer"),
    (lambda: cluster_stability(KMeans(2), IRIS[:3]), "at least 4 rows"),
    (lambda: cluster_stability(KMeans(2), IRIS, weights=np.ones(3)), "3 weights for"),
    (lambda: cluster_stability(KMeans(2), IRIS, weights=-np.ones(len(IRIS))), "row 0: weight -1"),
    (lambda: cluster_stability(KMeans(2), IRIS, n_boot=0), "n_boot: 0"),
    (lambda: cluster_stability(KMeans(2), IRIS, seed=-1), "seed: -1"),
    (lambda: cluster_stability(KMeans(500), IRIS, n_boot=2), "500 groups for"),
    (lambda: instability(KMeans(), IRIS, k=2, n_boot=0), "n_boot: 0"),
    (lambda: prediction_strength(KMeans(), IRIS, k=2.5), "whole numbers"),
    (lambda: prediction_strength(KMeans(), IRIS, k="a"), "whole numbers"),
    (lambda: prediction_strength(KMeans(), IRIS, k=[True, 2]), "whole numbers"),
    (lambda: prediction_strength(KMeans(), IRIS, k=2, n_splits=1.5), "n_splits: 1.5"),
    (lambda: gap_statistic([["a", "b"]] * 9, k=2), "not numbers"),
    (lambda: gap_statistic(IRIS, k=2, n_ref=0), "n_ref: 0"),
    (lambda: structure_test(smooth(40), levels={"qq": "ordinal"}), "no such column"),
    (lambda: structure_test(smooth(40).replace(smooth(40).iloc[0, 0], np.inf)), "column 'q0'.*infinite"),
    (lambda: structure_test(smooth(40), n_null=1), "n_null.*20 or more"),
    (lambda: structure_test(smooth(40), n_planted=0), "n_planted.*5 or more"),
    (lambda: structure_test([[1, 2]] * 40), "table of respondents and columns"),
    (lambda: structure_test(pd.DataFrame(np.eye(40)[:, :2], columns=["a", "a"])), "two columns of the same name"),
])
def test_wrong_input_is_named(wrong, words):
    with pytest.raises(BadInput, match=words): wrong()


def test_a_group_that_is_nobodys_was_never_found_again():
    class Two(KMeans):
        "Says that it looks for three groups and fills two."
        def fit(self, X, y=None, sample_weight=None):
            self.inner_ = KMeans(2, n_init=1, random_state=0).fit(X)
            return self
        def predict(self, X): return self.inner_.predict(X) * 2
    found = cluster_stability(Two(4), grouped(120, 2)[0].to_numpy(), n_boot=3)
    assert found["n"].gt(0).tolist() == [True, False, True, False] and (found.loc[[1, 3], ["jaccard", "low", "high", "recovered"]] == 0).all(axis=None)
    assert (found.loc[[0, 2], "jaccard"] > .8).all()
