"""Prototypes: R's dissimilarities, prototypes, medoids and maps computed the slow way, known truths, and answers that no estimator can use."""

from __future__ import annotations

import warnings
import json
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_up import mixed
from sklearn.base import BaseEstimator, clone
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.metrics import adjusted_rand_score
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import parametrize_with_checks

from personabench import batches, encoding, mixtures, prototypes
from personabench.encoding import BadAnswers
from personabench.mixtures import LatentClass
from personabench.prototypes import FAMD, KMedoids, KPrototypes, gower
from personabench.schema import BadInput

DAISY = json.loads((Path(__file__).parent / "golden" / "daisy.json").read_text("utf-8"))


# -- Batches -----------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("model", [LatentClass(3), KPrototypes(3), make_pipeline(FAMD(2), KMeans(3, n_init=3, random_state=0))], ids=["lc", "kp", "famd"])
def test_the_size_of_a_batch_changes_nothing(model: BaseEstimator, monkeypatch) -> None:
    df, _ = mixed(700, 3, holes=.1)
    plain = clone(model).fit(df)
    monkeypatch.setattr(batches, "_BATCH", 64)
    cut = clone(model).fit(df)
    assert (plain.predict(df) == cut.predict(df)).all()
    if isinstance(plain, LatentClass): assert cut.loglik_ == pytest.approx(plain.loglik_, abs=1e-6)


class Anew:
    "Batches that are encoded anew at each pass, as if they were read from a file."

    def __init__(self, df: pd.DataFrame, columns: list) -> None: self.df, self.columns, self.passes = df, columns, 0

    def __iter__(self):
        self.passes += 1
        for part, w in batches._slices(self.df, np.ones(len(self.df))): yield encoding._encoded(part, self.columns, w)


@pytest.mark.parametrize("n", [500, 40_000])
def test_batches_may_be_read_anew_at_each_pass(n: int) -> None:
    df, _ = mixed(n, 5, holes=.1)
    kept = LatentClass(3, levels={"visits": "count"}, n_init=2, errors=None).fit(df)
    read, stream = clone(kept), Anew(df, kept._columns)
    read._names = kept._names
    mixtures._fit_batches(read, kept._columns, stream)
    assert stream.passes > 3 and (read.labels_ == kept.labels_).all() and read.loglik_ == kept.loglik_
    near, again = KPrototypes(3).fit(df), KPrototypes(3)
    again._names = near._names
    prototypes._fit_prototypes(again, near._columns, Anew(df, near._columns))
    assert (again.labels_ == near.labels_).all() and again.cost_ == near.cost_


# -- k-prototypes -------------------------------------------------------------------------------------------------------------
LEVELS = {"visits": "count"}


def distances(df: pd.DataFrame, model: KPrototypes) -> np.ndarray:
    "Compute each respondent's distance to each centre, answer by answer."
    out = np.zeros((len(df), len(model.cluster_centers_)))
    columns = {c.name: c for c in model._columns}
    for k, centre in model.cluster_centers_.iterrows():
        for name, c in columns.items():
            x = df[name]
            if c.kind == "choice": part = model.gamma_ * (x.astype(object) != centre[name])
            else: part = ((x.astype(float) - float(centre[name])) / c.sd) ** 2
            out[:, k] += np.where(x.isna(), 0, part)
    return out


@pytest.mark.parametrize("holes", [0., .2])
def test_prototypes_are_the_means_and_commonest_answers_of_who_is_nearest(holes: float) -> None:
    df, z = mixed(300, 5, holes=holes)
    w = np.random.default_rng(0).uniform(.2, 2, 300)
    model = KPrototypes(3, levels=LEVELS, tol=0).fit(df, sample_weight=w)
    far = distances(df, model)
    assert (far[np.arange(300), model.labels_] <= far.min(axis=1) + 1e-9).all()
    assert model.cost_ == pytest.approx(w @ far.min(axis=1)) and (model.predict(df) == model.labels_).all()
    for k in range(3):
        here, centre = df[model.labels_ == k], model.cluster_centers_.loc[k]
        wk = pd.Series(w, df.index)[here.index]
        known = here["a"].notna()
        assert centre["a"] == pytest.approx(np.average(here["a"][known], weights=wk[known]))
        assert centre["choice"] == wk.groupby(here["choice"]).sum().idxmax()
    assert adjusted_rand_score(z, model.labels_) > (.8 if not holes else .5)
    assert list(model.cluster_centers_.columns) == list(df.columns)


def test_prototypes_of_numbers_are_k_means() -> None:
    rng = np.random.default_rng(0)
    X = np.vstack([rng.normal(c, 1, (80, 3)) for c in (0, 3, 7)])
    ours = KPrototypes(3).fit(X)
    theirs = KMeans(3, n_init=10, random_state=0).fit((X - X.mean(axis=0)) / X.std(axis=0))
    assert ours.cost_ == pytest.approx(theirs.inertia_) and adjusted_rand_score(ours.labels_, theirs.labels_) == 1


def test_more_rounds_never_raise_the_cost_of_prototypes() -> None:
    df, _ = mixed(200, 9, holes=.2)
    cost = [KPrototypes(4, n_init=1, max_iter=m, tol=0).fit(df).cost_ for m in (1, 2, 3, 5, 8, 20)]
    assert all(b <= a + 1e-9 for a, b in zip(cost, cost[1:], strict=False))


@settings(max_examples=15)
@given(seed=st.integers(0, 10_000))
def test_weights_of_prototypes_are_repeated_rows(seed: int) -> None:
    df, _ = mixed(50, seed)
    counts = np.random.default_rng(seed).integers(0, 4, 50)
    counts[0] = 1
    weighted = KPrototypes(2, random_state=seed).fit(df, sample_weight=counts)
    repeated = KPrototypes(2, random_state=seed).fit(df.loc[df.index.repeat(counts)])
    assert weighted.cost_ == pytest.approx(repeated.cost_, rel=1e-6)


def test_gamma_says_what_a_choice_counts() -> None:
    df, _ = mixed(200, 1)
    numbers, choices = KPrototypes(3, gamma=0).fit(df), KPrototypes(3, gamma=1e6).fit(df)
    alone = KPrototypes(3).fit(df[["a", "b", "scale", "visits"]])
    assert adjusted_rand_score(numbers.labels_, alone.labels_) == 1
    assert choices.cost_ > 1e4 and KPrototypes(3).fit(df).gamma_ == pytest.approx(
        1 / np.mean([1 - (df[c].value_counts(normalize=True) ** 2).sum() for c in ("choice", "flag")]))


def test_prototypes_of_choices_alone_and_more_clusters_than_different_people() -> None:
    df = pd.DataFrame({"x": list("aabbcc") * 5, "y": list("ppqqpp") * 5})
    model = KPrototypes(3).fit(df)
    assert model.cost_ == 0 and len(set(model.labels_)) == 3
    assert KPrototypes(6).fit(df).cost_ == 0


# -- Gower's dissimilarity ----------------------------------------------------------------------------------------------------
def square(lower: list[list[float | None]]) -> np.ndarray:
    out = np.zeros((len(lower) + 1,) * 2)
    for i, row in enumerate(lower, 1): out[i, :i] = out[:i, i] = [np.nan if v is None else v for v in row]
    return out


@pytest.mark.parametrize(("told", "asymmetric", "d"), [("asymmetric abcde", "abcde", None), ("asymmetric cde", "cde", None), ("asymmetric cde, d always 1", "cde", 1)])
def test_dissimilarities_of_yes_and_no_are_those_of_daisy(told: str, asymmetric: str, d: int | None) -> None:
    df = pd.DataFrame(DAISY["binary"]["data"], dtype=float)
    if d is not None: df["d"] = d
    expected = square(DAISY["binary"][told])
    assert np.allclose(gower(df, levels=dict.fromkeys(asymmetric, "asymmetric")), expected, atol=5e-8, equal_nan=True)
    words = df.replace({0: "absent", 1: "present"}) if d is None else df      # the second of two words in order is what counts as there
    assert np.allclose(gower(words, levels={**dict.fromkeys("abcde", "binary"), **dict.fromkeys(asymmetric, "asymmetric")}), expected, atol=5e-8,
                       equal_nan=True)


def test_dissimilarities_of_flowers_are_those_of_daisy() -> None:
    df = pd.DataFrame(DAISY["flower"]["data"])
    levels = {"V1": "binary", "V2": "binary", "V3": "binary", "V4": "nominal", "V5": "ordinal", "V6": "ordinal"}
    assert np.allclose(gower(df, levels=levels)[:3, :3], square(DAISY["flower"]["first"]), atol=5e-8)
    found = pd.Series(gower(df, levels={**levels, "V3": "asymmetric"})[np.triu_indices(18, 1)]).describe()
    for name, value in DAISY["flower"]["summary"].items(): assert round(found[name], 4) == value
    flags = df.astype({"V3": bool, "V1": "category", "V2": "category", "V4": "category"})      # truth values are asymmetric, as in daisy
    assert np.allclose(gower(flags, levels={"V5": "ordinal", "V6": "ordinal"}), gower(df, levels={**levels, "V3": "asymmetric"}))


def test_dissimilarities_of_flowers_with_holes_are_those_of_daisy() -> None:
    df = pd.DataFrame(DAISY["flower"]["data"]).astype(object)
    for name, rows in DAISY["flower"]["holes"].items(): df.loc[rows, name] = None
    df = df.astype({"V7": float, "V8": float, "V5": float, "V6": float})
    levels = {"V1": "binary", "V2": "binary", "V3": "asymmetric", "V4": "nominal", "V5": "ordinal", "V6": "ordinal"}
    assert np.allclose(gower(df, levels=levels), square(DAISY["flower"]["with holes"]), atol=5e-8)


def slow_gower(df: pd.DataFrame, levels: dict, weights: dict) -> np.ndarray:
    "Gower's coefficient (1971), pair by pair and answer by answer."
    out = np.zeros((len(df), len(df)))
    for i, j in combinations(range(len(df)), 2):
        top = bottom = 0.
        for name in df:
            a, b, kind = df[name].iloc[i], df[name].iloc[j], levels[name]
            if pd.isna(a) or pd.isna(b) or (kind == "asymmetric" and (not a and not b or df[name].nunique() < 2)): continue
            x = df[name].cat.codes.where(df[name].notna()) if kind == "ordinal" else df[name]
            d = abs(x.iloc[i] - x.iloc[j]) / max(np.ptp(x.dropna().to_numpy(dtype=float)), 1e-300) if kind in ("numeric", "ordinal") else float(a != b)
            top, bottom = top + weights.get(name, 1.) * d, bottom + weights.get(name, 1.)
        out[i, j] = out[j, i] = top / bottom if bottom else np.nan
    return out


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), holes=st.sampled_from([0., .3, .8]), weight=st.sampled_from([1., 3., .25]))
def test_dissimilarities_equal_the_slow_way(seed: int, holes: float, weight: float) -> None:
    df, _ = mixed(12, seed, holes=holes)
    kinds = {"a": "numeric", "b": "numeric", "scale": "ordinal", "choice": "nominal", "flag": "asymmetric", "visits": "numeric"}
    kinds = {name: kind for name, kind in kinds.items() if df[name].notna().any()}
    df = df[list(kinds)]
    weights = {name: weight for name in ("b", "flag") if name in kinds}
    found = gower(df, levels={"flag": "asymmetric"} if "flag" in kinds else None, weights=weights)
    assert np.allclose(found, slow_gower(df, kinds, weights), equal_nan=True)
    assert np.allclose(found, found.T, equal_nan=True) and (np.diag(found) == 0).all()
    known = found[~np.isnan(found)]
    assert known.min() >= 0 and known.max() <= 1 + 1e-12


def test_blocks_of_dissimilarities_fit_together() -> None:
    df, _ = mixed(600, 1, holes=.1)
    whole = gower(df)
    scales_, _ = prototypes._scales(df, {}, None)
    some = np.array([3, 400, 599])
    part = prototypes._unlike(prototypes._profiled(df, scales_), prototypes._profiled(df.iloc[some], scales_))
    off = np.arange(600)[:, None] != some
    assert np.allclose(part[off], whole[:, some][off], equal_nan=True)
    assert np.array_equal(gower(df, weights=[1, 1, 1, 1, 0, 1]), gower(df.drop(columns="flag")), equal_nan=True)


# -- k-medoids ----------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("seed", range(6))
def test_medoids_of_a_few_are_close_to_the_best_there_are(seed: int) -> None:
    df, _ = mixed(30, seed, holes=.1 * (seed % 2))
    w = np.random.default_rng(seed).uniform(.3, 2, 30)
    D = np.nan_to_num(gower(df), nan=1)
    answers = df.notna().sum(axis=1).to_numpy()
    may = np.flatnonzero(answers >= np.sort(answers)[-15])      # who answered little is no medoid
    best = min(float(w @ D[:, list(m)].min(axis=1)) for m in combinations(may, 3))
    model = KMedoids(3).fit(df, sample_weight=w)
    assert model.cost_ <= best * 1.02 and model.cost_ == pytest.approx(float(w @ D[:, model.medoid_indices_].min(axis=1)))
    swaps = [[*np.delete(model.medoid_indices_, i), j] for i in range(3) for j in may]
    assert set(model.medoid_indices_) <= set(may)
    assert min(float(w @ D[:, m].min(axis=1)) for m in swaps) >= model.cost_ - 1e-9, "a swap would still help"
    assert (model.labels_[model.medoid_indices_] == [0, 1, 2]).all() and (model.predict(df) == model.labels_).all()


def test_medoids_of_many_are_found_on_samples() -> None:
    df, z = mixed(3000, 2, holes=.1)
    whole, part = KMedoids(3, sample_size=3000).fit(df), KMedoids(3, sample_size=150).fit(df)
    assert whole.cost_ <= part.cost_ < whole.cost_ * 1.06 and whole.cluster_centers_.notna().all(axis=None)
    profile = prototypes._profiled(df, part._scales)
    far = prototypes._unlike(profile, part._medoids)
    assert (part.labels_ == np.nan_to_num(far, nan=1).argmin(axis=1)).all()
    assert part.cluster_centers_.equals(df.iloc[part.medoid_indices_].reset_index(drop=True).rename_axis("cluster"))
    assert (np.diff(np.bincount(part.labels_)) <= 0).all()
    again = KMedoids(3, sample_size=150).fit(df)
    assert (again.labels_ == part.labels_).all() and again.cost_ == part.cost_
    assert adjusted_rand_score(z, whole.labels_) > .45


def test_medoids_never_hold_all_pairs(monkeypatch) -> None:
    largest, plain = [], prototypes._unlike
    monkeypatch.setattr(prototypes, "_unlike", lambda a, b: largest.append(len(a) * len(b)) or plain(a, b))
    monkeypatch.setattr(batches, "_BATCH", 1000)
    KMedoids(4, sample_size=200).fit(mixed(5000, 0)[0])
    assert max(largest) <= 210 ** 2 and sum(n == 4000 for n in largest) >= 25


# -- Maps ---------------------------------------------------------------------------------------------------------------------
def by_hand(df: pd.DataFrame, w: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    "Factor analysis of mixed data by one singular value decomposition (Pagès 2004)."
    parts = []
    for name in df:
        if df[name].dtype == "float64":
            mean = np.average(df[name], weights=w)
            parts.append((df[name].to_numpy() - mean)[:, None] / np.sqrt(np.average((df[name] - mean) ** 2, weights=w)))
        else:
            Y = pd.get_dummies(df[name]).to_numpy(dtype=float)
            share = w @ Y / w.sum()
            parts.append(Y / np.sqrt(share) - np.sqrt(share))
    Z = np.hstack(parts)
    _, s, Vt = np.linalg.svd(Z * np.sqrt(w / w.sum())[:, None], full_matrices=False)
    return s ** 2, Z @ Vt.T


@pytest.mark.parametrize("names", [["a", "b", "visits"], ["choice", "flag", "other"], ["a", "b", "choice", "flag", "other", "visits"]])
def test_axes_are_those_of_a_singular_value_decomposition(names: list[str]) -> None:
    df = mixed(200, 3)[0].assign(other=np.random.default_rng(1).choice(list("pqrs"), 200))[names]
    w = np.random.default_rng(0).uniform(.2, 2, 200)
    model = FAMD(3).fit(df, sample_weight=w)
    inertia, places = by_hand(df, w)
    assert np.allclose(model.explained_variance_, inertia[:3]) and model.total_inertia_ == pytest.approx(inertia.sum())
    assert np.allclose(model.explained_variance_ratio_, inertia[:3] / inertia.sum())
    assert np.allclose(np.abs(model.transform(df)), np.abs(places[:, :3]), atol=1e-8)


def test_axes_of_numbers_are_principal_components() -> None:
    df = mixed(150, 2)[0][["a", "b", "visits"]]
    z = (df - df.mean()) / df.std(ddof=0)
    assert np.allclose(np.abs(FAMD(2).fit_transform(df)), np.abs(PCA(2).fit_transform(z)))


def test_answers_are_placed_at_the_middle_of_those_who_gave_them() -> None:
    df, _ = mixed(300, 1)
    model = FAMD(2).fit(df)
    places, table = model.transform(df), model.variables_.set_index(["variable", "value"])[["axis 1", "axis 2"]]
    for answer in "xyz": assert np.allclose(table.loc["choice", answer], places[df["choice"] == answer].mean(axis=0))
    assert np.allclose(table.loc["a", "along"], [np.corrcoef(df["a"], places[:, j])[0, 1] for j in (0, 1)])


def test_missing_answers_move_nobody_else_and_little_of_the_map() -> None:
    df, _ = mixed(1500, 1)
    full, holed = FAMD(2).fit(df), FAMD(2).fit(df.mask(np.random.default_rng(0).random(df.shape) < .25))
    apart = [abs(np.corrcoef(full.transform(df)[:, j], holed.transform(df)[:, j])[0, 1]) for j in (0, 1)]
    assert min(apart) > .95 and np.allclose(full.explained_variance_, holed.explained_variance_, rtol=.12)
    some = df.copy()
    some.loc[:9, ["a", "choice"]] = None
    assert np.allclose(full.transform(some)[10:], full.transform(df)[10:])
    near = np.linalg.norm(full.transform(some)[:10] - full.transform(df)[:10], axis=1)
    assert near.mean() < np.linalg.norm(full.transform(df)[:10], axis=1).mean()
    silent = df.head(1).astype(object).copy()
    silent.loc[:] = None
    assert np.allclose(full.transform(silent), 0)


def test_a_map_feeds_other_steps() -> None:
    df, z = mixed(400, 6, holes=.1)
    pipe = make_pipeline(FAMD(3, levels=LEVELS), KMeans(3, n_init=5, random_state=0)).fit(df)
    assert adjusted_rand_score(z, pipe.predict(df)) > .6
    frame = FAMD(2).set_output(transform="pandas").fit_transform(df)
    assert list(frame.columns) == ["famd0", "famd1"] and frame.index.equals(df.index)
    search = GridSearchCV(LatentClass(n_init=2, errors=None), {"n_classes": [1, 3]}, cv=2).fit(df)
    assert search.best_params_ == {"n_classes": 3}


# -- scikit-learn's own tests -------------------------------------------------------------------------------------------------
@parametrize_with_checks([LatentClass(n_init=3), KPrototypes(n_init=3), KMedoids(), FAMD()])
def test_the_conformance_tests_of_scikit_learn_pass(estimator: BaseEstimator, check) -> None:
    check(estimator)


@pytest.mark.parametrize("model", [LatentClass(3), KPrototypes(3), KMedoids(3, sample_size=80)], ids=lambda m: type(m).__name__)
def test_the_same_seed_gives_the_same_labels_on_one_core_or_two(model: BaseEstimator) -> None:
    from threadpoolctl import threadpool_limits

    df, _ = mixed(400, 8, holes=.1)
    with threadpool_limits(1): one = clone(model).fit(df).labels_
    with threadpool_limits(2): two = clone(model).fit(df).labels_
    assert (one == two).all() and (clone(model).set_params(random_state=np.random.RandomState(3)).fit(df).labels_ >= 0).all()


# -- Bad input ----------------------------------------------------------------------------------------------------------------
EVERY = [LatentClass(2), KPrototypes(2), KMedoids(2), FAMD(2)]
each = pytest.mark.parametrize("model", EVERY, ids=lambda m: type(m).__name__)


@each
@pytest.mark.parametrize(("weights", "says"), [
    ([1.0] * 49 + [-1], "row 49"), ([1.0] * 49 + [np.nan], "row 49"), ([1.0] * 3, "3 weights for 50"), ([0.0] * 50, "only zeros"),
    (["many"] * 50, "not numbers"), ([[1.0, 2.0]] * 50, "50 x 2 weights")])
def test_bad_weights_are_named(model: BaseEstimator, weights: list, says: str) -> None:
    with pytest.raises(BadInput, match=says):
        clone(model).fit(mixed(50, 0)[0], sample_weight=weights)


@each
def test_useless_columns_are_reported_with_the_cure(model: BaseEstimator) -> None:
    df, _ = mixed(60, 4)
    strange = {"empty": np.nan, "blank": pd.Series([None] * 60, dtype="object"), "why": [f"because of {i}" for i in range(60)]}
    more = {"id": np.arange(7000, 7060), "same": "yes", "seven": 7, "again": df["choice"], "twice": df["a"]}
    expected = {"empty": "all missing", "blank": "all missing", "why": "id or free text", "id": "an id", "same": "everyone answered 'yes'",
                "seven": "everyone answered 7", "again": "repeats the answers of 'choice'", "twice": "repeats the answers of 'a'"}
    fitted = clone(model).fit(df.assign(**strange, **more))
    assert set(fitted.excluded_) == set(expected)
    assert all(part in fitted.excluded_[name] for name, part in expected.items())
    said = clone(model).set_params(levels={"note": "text", "code": "id", "day": "date"}).fit(df.assign(note=1., code=2., day=list("ab") * 30))
    assert set(said.excluded_) == {"note", "code", "day"}
    plain = clone(model).fit(df)
    assert np.array_equal(fitted.transform(df.assign(**strange, **more)), plain.transform(df)) if isinstance(model, FAMD) else (
        (fitted.labels_ == plain.labels_).all())


def test_gower_counts_as_daisy_does_and_warns_of_what_it_leaves_out_or_should_not_count() -> None:
    df, _ = mixed(60, 4)
    odd = df.assign(why=[f"because of {i}" for i in range(60)], id=np.arange(7000, 7060), seven=7, twice=df["a"])
    with pytest.warns(UserWarning) as told: gower(odd)
    words = str(told[0].message)
    assert all(part in words for part in ("'why' is left out", "'id' counts, but", "'seven' counts, but", "'twice' counts, but")) and len(told) == 1
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        gower(df)


@each
@pytest.mark.parametrize(("cell", "says"), [([1, 2], "hold a list"), ({"a": 1}, "hold a dict")])
def test_cells_that_are_no_answers_are_said(model: BaseEstimator, cell: object, says: str) -> None:
    df, _ = mixed(50, 0)
    with pytest.raises(BadInput, match=f"column 'odd'.*{says}.*one answer per cell"): clone(model).fit(df.assign(odd=[cell] * 50))


@each
def test_complex_and_enormous_numbers_are_said(model: BaseEstimator) -> None:
    df, _ = mixed(50, 0)
    with pytest.raises(BadInput, match="column 'odd': complex numbers"): clone(model).fit(df.assign(odd=1j * np.arange(50)))
    with pytest.raises(BadInput, match=r"column 'odd': the number 1e\+300.*squares"): clone(model).fit(df.assign(odd=np.linspace(-1e300, 1e300, 50)))


@each
@pytest.mark.parametrize(("change", "says"), [
    (lambda df: df.assign(a=np.inf), "column 'a': infinite values.*NaN"),
    (lambda df: pd.concat([df, df[["a"]]], axis=1), "the name 'a' more than once"),
    (lambda df: df[[]], "no column|at least one|0 feature"),
    (lambda df: df.head(0), "0 sample|at least one row"),
    (lambda df: np.zeros(5), "2D array"),
], ids=["infinite", "twice", "no columns", "no rows", "one dimension"])
def test_bad_tables_are_named(model: BaseEstimator, change, says: str) -> None:
    with pytest.raises(BadInput, match=f"(?s){says}"):
        clone(model).fit(change(mixed(50, 0)[0]))


@each
def test_bad_levels_are_named(model: BaseEstimator) -> None:
    df, _ = mixed(50, 0)
    for levels, says in (({"choice": "numeric"}, "not numbers.*nominal"), ({"chioce": "nominal"}, "did you mean 'choice'"),
                         ({"choice": "nominell"}, "did you mean 'nominal'"), ({"choice": ["x", "y"]}, "level")):
        with pytest.raises(BadInput, match=f"(?s){says}"):
            clone(model).set_params(levels=levels).fit(df)


@each
def test_labels_that_do_not_match_the_codes_are_an_error(model: BaseEstimator) -> None:
    rng = np.random.default_rng(0)
    df = pd.DataFrame({"x": rng.normal(size=60), "mood": pd.Categorical(rng.integers(1, 4, 60), ordered=True), "place": rng.choice(["n", "s"], 60)})
    model = clone(model).fit(df)
    look = model.transform if isinstance(model, FAMD) else model.predict
    with pytest.raises(BadInput, match="(?s)'mood'.*'bad'.*1, 2, 3.*same codes"):
        look(df.assign(mood=df["mood"].cat.rename_categories({1: "bad", 2: "so so", 3: "good"})))
    with pytest.raises(BadInput, match="(?s)'place'.*north"):
        look(df.assign(place=df["place"].map({"n": "north", "s": "south"})))
    look(df.assign(place=np.where(np.arange(60) < 5, "new", df["place"])))       # a few new answers are missing ones
    with pytest.raises(ValueError, match="order"):
        look(df[["place", "x", "mood"]])


@pytest.mark.parametrize("model", EVERY[:3], ids=lambda m: type(m).__name__)
def test_five_respondents_get_groups_and_more_groups_than_respondents_an_error(model: BaseEstimator) -> None:
    df, _ = mixed(5, 1)
    fitted = clone(model).fit(df)
    assert len(fitted.labels_) == 5 and set(fitted.labels_) <= {0, 1}
    if isinstance(model, LatentClass): assert np.isfinite(fitted.loglik_) and np.allclose(fitted.predict_proba(df).sum(axis=1), 1)
    name = "n_classes" if isinstance(model, LatentClass) else "n_clusters"
    with pytest.raises(BadInput, match="6 .* for 5 respondents"):
        clone(model).set_params(**{name: 6}).fit(df)
    with pytest.raises(BadInput, match="5 .* for 4 respondents"):
        clone(model).set_params(**{name: 5}).fit(df, sample_weight=[1, 1, 1, 1, 0])


def test_more_answers_than_can_be_told_apart_are_left_out() -> None:
    rng = np.random.default_rng(0)
    df = pd.DataFrame({"x": rng.normal(size=40), "y": rng.choice(["a", "b"], 40), "town": pd.Categorical([f"town {i // 2}" for i in range(40)])})
    df["town"] = df["town"].cat.add_categories([f"village {i}" for i in range(500)])        # more categories than respondents
    model = LatentClass(2).fit(df)
    assert not model.excluded_ and (model.parameters_["variable"] == "town").sum() == 2 * 20       # only those that occur
    df["town"] = [f"town {i // 1.6:.0f}" for i in range(40)]
    assert "25 different answers from 40 respondents" in LatentClass(2).fit(df).excluded_["town"]


@pytest.mark.parametrize(("make", "says"), [
    (lambda df: LatentClass(0).fit(df), "0 classes"),
    (lambda df: LatentClass(2.5).fit(df), "2.5 classes"),
    (lambda df: LatentClass(2, n_init=0).fit(df), "0 starts"),
    (lambda df: LatentClass(2, max_iter=0).fit(df), "0 passes"),
    (lambda df: LatentClass(2, ordinal="linear").fit(df), "'shares' or 'adjacent'"),
    (lambda df: LatentClass(2, errors="yes").fit(df), "'information'"),
    (lambda df: LatentClass(2).fit(df.assign(a=1)[["a"]]), "no column in which respondents differ.*everyone answered 1"),
    (lambda df: LatentClass(2, levels={"a": "count"}).fit(df), "counts: whole numbers from 0 up.*numeric"),
    (lambda df: LatentClass(2, levels={"visits": "count"}).fit(df).predict(df.assign(visits=-1)), "the count -1"),
    (lambda df: KPrototypes(0).fit(df), "0 clusters"),
    (lambda df: KPrototypes(2, gamma=-1).fit(df), "gamma"),
    (lambda df: KMedoids(2, n_samples=0).fit(df), "0 samples"),
    (lambda df: KMedoids(2, levels={"choice": "asymmetric"}).fit(df), "3 different answers"),
    (lambda df: KMedoids(2, weights={"chioce": 2}).fit(df), "did you mean 'choice'"),
    (lambda df: gower(df, weights=[1, 2]), "2 weights for 6 columns"),
    (lambda df: gower([[1, 2], [3, 4]]), "a list.*pd.DataFrame"),
    (lambda df: gower(df.assign(odd=[[1, 2]] * len(df))), "hold a list"),
    (lambda df: KPrototypes(2, gamma="a").fit(df), "gamma: 'a'"),
    (lambda df: gower(df, weights=[1, 2, 3, 4, 5, -6]), "numbers of 0 or more"),
    (lambda df: gower(df[["a", "a"]]), "more than once"),
    (lambda df: gower(pd.DataFrame({"x": [None, None]})), "no column that anybody answered"),
    (lambda df: gower(pd.DataFrame({"x": np.arange(30_001)})), "30,001 rows.*7 GB.*KMedoids"),
    (lambda df: FAMD(0).fit(df), "0 axes"),
])
def test_bad_settings_are_named(make, says: str) -> None:
    with pytest.raises(BadAnswers, match=f"(?s){says}"):
        make(mixed(50, 0)[0])


def test_what_can_not_be_used_is_also_a_value_error() -> None:
    assert issubclass(BadAnswers, BadInput) and issubclass(BadAnswers, ValueError)


def test_parameters_are_counted_for_numbers_and_words() -> None:
    "Two classes: 1 free share; per class a mean and a variance for each number, and levels - 1 for each answer: 1 + 2 * (2 * 2 + 2) = 13."
    rng = np.random.default_rng(3)
    df = pd.DataFrame({"a": rng.normal(size=60), "b": rng.normal(size=60), "c": rng.choice(["x", "y", "z"], 60)})
    model = LatentClass(2, n_init=2).fit(df)
    assert model.n_parameters_ == 13
    assert model.bic_ == pytest.approx(-2 * model.loglik_ + 13 * np.log(60))
