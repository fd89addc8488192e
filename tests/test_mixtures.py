"""Mixtures: published log-likelihoods, a likelihood computed the slow way, known truths, weights, holes, and answers that cannot be used."""

from __future__ import annotations

import json
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm
from sklearn.base import clone
from sklearn.metrics import adjusted_rand_score

from personabench.mixtures import LatentClass
from personabench.schema import BadInput

GOLDEN = json.loads((Path(__file__).parent / "golden" / "mixtures.json").read_text("utf-8"))
PUBLISHED = [(name, int(k), loglik) for name, data in GOLDEN.items() if name != "about" for k, loglik in data["loglik"].items()]


def golden(name: str) -> tuple[pd.DataFrame, list[int]]:
    "Return response patterns and their counts."
    patterns = GOLDEN[name]["patterns"]
    return pd.DataFrame([list(p) for p in patterns], columns=GOLDEN[name]["columns"]), list(patterns.values())


def mixed(n: int, seed: int, *, holes: float = 0.0) -> tuple[pd.DataFrame, np.ndarray]:
    "Return a survey of two numbers, a scale, a choice and a flag, and the class (of three) that each row came from."
    rng = np.random.default_rng(seed)
    z = rng.choice(3, n, p=[.5, .3, .2])
    df = pd.DataFrame({
        "a": rng.normal(np.array([0., 4, 8])[z], 1),
        "b": rng.normal(np.array([3., 0, 3])[z], 2).round(1),
        "scale": pd.Categorical((np.array([4, 3, 1])[z] + rng.integers(-1, 2, n)).clip(1, 5), categories=[1, 2, 3, 4, 5], ordered=True),
        "choice": [rng.choice(["x", "y", "z"], p=p) for p in np.array([[.8, .1, .1], [.1, .8, .1], [.2, .2, .6]])[z]],
        "flag": rng.random(n) < np.array([.9, .2, .5])[z],
    })
    return (df.mask(rng.random(df.shape) < holes) if holes else df), z


def slow_loglik(model: LatentClass, df: pd.DataFrame, weights: np.ndarray) -> float:
    "Compute the log-likelihood from the published parameters, answer by answer."
    table = model.parameters_.set_index(["variable", "value", "class"])["estimate"]
    total = 0.0
    for (_, row), w in zip(df.iterrows(), weights, strict=True):
        each = []
        for k, size in enumerate(model.weights_):
            p = np.log(size)
            for name in df:
                if pd.isna(row[name]) or name in model.excluded_:
                    continue
                if (name, "mean", k) in table.index:
                    p += norm.logpdf(row[name], table[name, "mean", k], table[name, "sd", k])
                else:
                    p += np.log(max(table[name, row[name], k], 1e-12))
            each.append(p)
        total += w * np.logaddexp.reduce(each)
    return total


# -- Numbers that others published --------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("name", "k", "loglik"), PUBLISHED)
def test_published_log_likelihoods_are_reached(name: str, k: int, loglik: float) -> None:
    df, counts = golden(name)
    model = LatentClass(k, n_init=20, tol=1e-12, max_iter=20_000).fit(df, sample_weight=counts)
    assert model.loglik_ > loglik - 1e-4, "worse than published"
    assert model.loglik_ < loglik + .01, "a higher likelihood than published: check it, then note it in the golden file"


def test_published_bic_and_parameter_count() -> None:
    df, counts = golden("carcinoma")
    model = LatentClass(3, n_init=20).fit(df, sample_weight=counts)
    assert model.n_parameters_ == 23 and abs(model.bic_ - 697.1357) < 1e-3
    assert abs(model.aic_ - (2 * 23 + 2 * 293.705)) < 1e-3


# -- The likelihood is the likelihood -----------------------------------------------------------------------------------------
@pytest.mark.parametrize("holes", [0.0, 0.3])
def test_log_likelihood_equals_the_slow_way_with_holes_and_weights(holes: float) -> None:
    df, _ = mixed(120, 3, holes=holes)
    weights = np.random.default_rng(0).uniform(.2, 3, len(df))
    model = LatentClass(3, n_init=3).fit(df, sample_weight=weights)
    assert model.loglik_ == pytest.approx(slow_loglik(model, df, weights), abs=1e-6)


def test_one_class_is_the_margins() -> None:
    df, _ = mixed(200, 1, holes=.1)
    model = LatentClass(1).fit(df)
    table = model.parameters_.set_index(["variable", "value"])["estimate"]
    assert table["a", "mean"] == pytest.approx(df["a"].mean()) and table["a", "sd"] == pytest.approx(df["a"].std(ddof=0))
    shares = df["choice"].value_counts(normalize=True)
    assert all(table["choice", v] == pytest.approx(p, abs=1e-6) for v, p in shares.items())


def test_more_rounds_never_lower_the_likelihood() -> None:
    df, _ = mixed(150, 5, holes=.2)
    climbs = [LatentClass(3, n_init=1, max_iter=m, tol=0).fit(df).loglik_ for m in (1, 2, 3, 5, 8, 13, 25, 60)]
    assert all(b >= a - 1e-7 for a, b in zip(climbs, climbs[1:], strict=False))


# -- Known truths -------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("holes", "least"), [(0.0, .93), (0.25, .75)])
def test_planted_classes_are_found(holes: float, least: float) -> None:
    df, z = mixed(600, 11, holes=holes)
    fits = {k: LatentClass(k).fit(df) for k in range(1, 6)}
    assert min(fits, key=lambda k: fits[k].bic_) == 3
    model = fits[3]
    assert adjusted_rand_score(z, model.labels_) > least
    assert np.allclose(model.weights_, [.5, .3, .2], atol=.07)
    means = model.parameters_.query("variable == 'a' and value == 'mean'")["estimate"].to_numpy()
    assert np.allclose(means, [0, 4, 8], atol=.4)


def test_holes_that_depend_on_another_answer_do_not_bias_the_mean() -> None:
    "People with a high `a` skip `b`: the mean of the answered `b` is wrong, full information gets it right."
    df, z = mixed(4000, 2)
    df["b"] = np.random.default_rng(9).normal(np.array([0., 5, 10])[z], 1)
    full = df["b"].mean()
    df.loc[(df["a"] > 5) & (np.random.default_rng(1).random(len(df)) < .8), "b"] = np.nan
    model = LatentClass(3).fit(df)
    means = model.parameters_.query("variable == 'b' and value == 'mean'")["estimate"].to_numpy()
    assert abs(df["b"].mean() - full) > .5
    assert abs(means @ model.weights_ - full) < .15


def test_noise_has_one_class() -> None:
    rng = np.random.default_rng(0)
    df = pd.DataFrame(rng.integers(1, 5, (400, 6)), columns=list("abcdef")).astype("category")
    fits = {k: LatentClass(k).fit(df).bic_ for k in (1, 2, 3)}
    assert min(fits, key=lambda k: fits[k]) == 1


# -- Weights and order --------------------------------------------------------------------------------------------------------
@settings(max_examples=25)
@given(seed=st.integers(0, 10_000), k=st.integers(1, 3), holes=st.sampled_from([0.0, 0.2]))
def test_weights_of_one_are_no_weights_and_rows_may_come_in_any_order(seed: int, k: int, holes: float) -> None:
    df, _ = mixed(60, seed, holes=holes)
    plain = LatentClass(k, n_init=3).fit(df)
    ones = LatentClass(k, n_init=3).fit(df, sample_weight=np.ones(60))
    assert plain.loglik_ == ones.loglik_ and (plain.labels_ == ones.labels_).all()
    order = np.random.default_rng(seed).permutation(60)
    moved = LatentClass(k, n_init=3).fit(df.iloc[order])
    assert moved.loglik_ == pytest.approx(plain.loglik_, abs=1e-4)
    assert adjusted_rand_score(moved.labels_, plain.labels_[order]) > .99


@settings(max_examples=20)
@given(seed=st.integers(0, 10_000), k=st.integers(1, 3))
def test_integer_weights_are_repeated_rows(seed: int, k: int) -> None:
    df, _ = mixed(50, seed)
    counts = np.random.default_rng(seed).integers(0, 4, 50)
    counts[0] = 1
    weighted = LatentClass(k, n_init=4).fit(df, sample_weight=counts)
    repeated = LatentClass(k, n_init=4).fit(df.loc[df.index.repeat(counts)])
    assert weighted.loglik_ == pytest.approx(repeated.loglik_, abs=1e-3)
    assert weighted.bic_ == pytest.approx(repeated.bic_, abs=1e-2) and weighted.n_ == repeated.n_
    assert np.allclose(weighted.weights_, repeated.weights_, atol=1e-3)


def test_same_seed_same_classes_and_largest_first() -> None:
    df, _ = mixed(200, 8)
    a, b = LatentClass(3, random_state=5).fit(df), LatentClass(3, random_state=5).fit(df)
    assert (a.labels_ == b.labels_).all() and a.loglik_ == b.loglik_
    assert (np.diff(a.weights_) <= 0).all()


# -- Columns that say nothing -------------------------------------------------------------------------------------------------
def test_empty_and_constant_columns_are_left_out_and_change_nothing() -> None:
    df, _ = mixed(150, 4)
    plain = LatentClass(3).fit(df)
    more = LatentClass(3).fit(df.assign(empty=np.nan, blank=pd.Series([None] * 150, dtype="object"), same="yes", seven=7))
    assert set(more.excluded_) == {"empty", "blank", "same", "seven"} and "all missing" in more.excluded_["empty"]
    assert more.loglik_ == plain.loglik_ and (more.labels_ == plain.labels_).all() and more.n_parameters_ == plain.n_parameters_
    assert set(more.parameters_["variable"]) == set(df.columns)


def test_a_class_of_equal_numbers_does_not_explode() -> None:
    df = pd.DataFrame({"x": [0.] * 50 + list(np.random.default_rng(0).normal(10, 3, 50).round())})
    model = LatentClass(2).fit(df)
    assert np.isfinite(model.loglik_) and model.parameters_.query("value == 'sd'")["estimate"].min() > .2


# -- scikit-learn's manners ---------------------------------------------------------------------------------------------------
def test_predict_agrees_with_fit_and_new_answers_count_as_missing() -> None:
    df, _ = mixed(150, 6, holes=.1)
    model = LatentClass(3).fit(df)
    chance = model.predict_proba(df)
    assert chance.shape == (150, 3) and np.allclose(chance.sum(axis=1), 1)
    assert (model.predict(df) == model.labels_).all() and (model.fit_predict(df) == model.labels_).all()
    strange = df.head(1).assign(choice="never seen")
    assert np.allclose(model.predict_proba(strange), model.predict_proba(strange.assign(choice=None)))
    silent = pd.DataFrame({c: [None] for c in df})
    assert np.allclose(model.predict_proba(silent)[0], model.weights_)


def test_it_can_be_cloned_and_takes_arrays() -> None:
    model = LatentClass(2, n_init=3, random_state=7)
    assert clone(model).get_params() == model.get_params()
    rng = np.random.default_rng(0)
    X = np.vstack([rng.normal(0, 1, (40, 2)), rng.normal(6, 1, (40, 2))])
    assert adjusted_rand_score([0] * 40 + [1] * 40, model.fit(X).labels_) == 1
    assert model.n_features_in_ == 2 and list(model.feature_names_in_) == ["x0", "x1"]


def test_levels_correct_what_the_dtypes_say() -> None:
    df, _ = mixed(100, 1)
    df["code"] = np.random.default_rng(0).integers(1, 4, 100)
    model = LatentClass(2, levels={"code": "nominal"}).fit(df)
    assert model.parameters_.query("variable == 'code'")["value"].tolist() == [1, 1, 2, 2, 3, 3]


# -- Bad input ----------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("weights", "says"), [
    ([1.0] * 49 + [-1], "row 49"), ([1.0] * 49 + [np.nan], "row 49"), ([1.0] * 3, "3 weights for 50"), ([0.0] * 50, "only zeros")])
def test_bad_weights_are_named(weights: list[float], says: str) -> None:
    with pytest.raises(BadInput, match=says):
        LatentClass(2).fit(mixed(50, 0)[0], sample_weight=weights)


@pytest.mark.parametrize(("make", "says"), [
    (lambda df: LatentClass(0).fit(df), "0 classes"),
    (lambda df: LatentClass(51).fit(df), "51 classes for 50"),
    (lambda df: LatentClass(2, n_init=0).fit(df), "0 starts"),
    (lambda df: LatentClass(2).fit(df[[]]), "no column"),
    (lambda df: LatentClass(2).fit(df.assign(a=1)[["a"]]), "no column in which respondents differ"),
    (lambda df: LatentClass(2).fit(df.assign(a=np.inf)), "infinite"),
    (lambda df: LatentClass(2, levels={"choice": "numeric"}).fit(df), "not numbers"),
    (lambda df: LatentClass(2, levels={"chioce": "nominal"}).fit(df), "did you mean 'choice'"),
    (lambda df: LatentClass(2, levels={"choice": "nominell"}).fit(df), "did you mean 'nominal'"),
    (lambda df: LatentClass(2).fit(np.zeros(5)), "1 dimension"),
])
def test_bad_input_is_named(make, says: str) -> None:
    with pytest.raises(BadInput, match=says):
        make(mixed(50, 0)[0])


# -- Speed --------------------------------------------------------------------------------------------------------------------
def test_twenty_thousand_respondents_take_seconds() -> None:
    df, z = mixed(20_000, 0, holes=.05)
    clock = time.process_time()
    model = LatentClass(3, n_init=5).fit(df)
    assert time.process_time() - clock < 15
    assert adjusted_rand_score(z, model.labels_) > .9


def test_parameters_are_counted_for_numbers_and_words() -> None:
    "Two classes: 1 free share; per class a mean and a variance for each number, and levels - 1 for each answer: 1 + 2 * (2 * 2 + 2) = 13."
    rng = np.random.default_rng(3)
    df = pd.DataFrame({"a": rng.normal(size=60), "b": rng.normal(size=60), "c": rng.choice(["x", "y", "z"], 60)})
    model = LatentClass(2, n_init=2).fit(df)
    assert model.n_parameters_ == 13
    assert model.bic_ == pytest.approx(-2 * model.loglik_ + 13 * np.log(60))
