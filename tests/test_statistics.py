"""Statistics: published examples, what R's survey package finds, properties, and what is said when there is nothing to say."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from personabench.schema import BadInput
from personabench.statistics import (
    adjusted_residuals,
    benjamini_hochberg,
    cramers_v,
    design_effect,
    effective_n,
    eta_squared,
    omega_squared,
    rao_scott,
    weighted_mean,
    welch_test,
    wilson,
)


# -- Shares -------------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("successes", "n", "low", "high"), [(81, 263, .2553, .3662), (15, 148, .0624, .1605), (0, 20, 0, .1611), (1, 29, .0061, .1718)])
def test_wilson_intervals_of_newcombe_1998(successes: int, n: int, low: float, high: float) -> None:
    "Newcombe (1998), Statistics in Medicine 17, 857-872, table I, method 3."
    assert wilson(successes, n) == pytest.approx((low, high), abs=5e-5)


@given(st.integers(0, 500), st.integers(1, 500), st.floats(.5, .999))
def test_wilson_holds_the_share_and_mirrors(successes: int, n: int, level: float) -> None:
    successes = min(successes, n)
    low, high = wilson(successes, n, level)
    assert 0 <= low <= successes / n + 1e-12 and successes / n - 1e-12 <= high <= 1
    assert wilson(n - successes, n, level) == pytest.approx((1 - high, 1 - low), abs=1e-9)


def test_the_limits_of_nobody_and_everybody_are_exactly_0_and_1() -> None:
    ends = [(wilson(0, n)[0], wilson(n, n)[1]) for n in (*range(1, 300), 62.7, 1e6)]
    assert set(ends) == {(0., 1.)}


def test_wilson_refuses_nonsense_and_knows_nothing_of_nobody() -> None:
    assert np.isnan(wilson(0, 0)).all()
    for bad in ((3, 2), (-1, 5)):
        with pytest.raises(BadInput):
            wilson(*bad)


def test_effective_n_by_hand() -> None:
    "Weights 1, 2, 3: (1 + 2 + 3)^2 / (1 + 4 + 9) = 36 / 14 (Kish 1965)."
    assert effective_n([1, 2, 3]) == pytest.approx(36 / 14) and effective_n([5.0] * 8) == pytest.approx(8) and effective_n([]) == 0
    assert design_effect([1, 2, 3]) == pytest.approx(3 * 14 / 36) and design_effect([5, 5, 0]) == pytest.approx(1) and np.isnan(design_effect([0, 0]))


def test_the_room_hides_nothing_of_pythons_own_library() -> None:
    import random
    import statistics

    assert "personabench" not in (statistics.__file__ or "") and statistics.mean([1, 2, 3]) == 2 and random.Random(0).random() > 0


# -- Against R and what was published --------------------------------------------------------------------------------------------
GOLDEN = json.loads((Path(__file__).parent / "golden" / "statistics.json").read_text("utf-8"))
STRATIFIED, CLUSTERED = (pd.DataFrame(GOLDEN["samples"][name]) for name in ("apistrat", "apiclus1"))
DESIGNS = {"stratified": (STRATIFIED, "pw", {"strata": "stype"}), "weights": (STRATIFIED, "pw", {}), "plain": (STRATIFIED, None, {}),
           "clusters": (CLUSTERED, "pw", {"clusters": "dnum"}), "clusters_weights": (CLUSTERED, "w2", {"clusters": "dnum"})}


@pytest.mark.parametrize("name", DESIGNS)
def test_weighted_means_of_rs_survey_package(name: str) -> None:
    (df, weight, how), golden = DESIGNS[name], GOLDEN["designs"][name]
    found = weighted_mean(df["api00"], df[weight] if weight else None, **{key: df[column] for key, column in how.items()})
    assert [found.value, found.se, found.low, found.high, found.df] == pytest.approx([golden[key] for key in ("mean", "se", "low", "high", "df")], rel=1e-9)
    assert found.design_effect == pytest.approx(golden["deff"], rel=1e-9) and found.n == len(df)


@pytest.mark.parametrize("name", DESIGNS)
def test_rao_scott_of_rs_survey_package(name: str) -> None:
    (df, weight, how), golden = DESIGNS[name], GOLDEN["designs"][name]["chi"]
    design = {"weights": df[weight] if weight else None, **{key: df[column] for key, column in how.items()}}
    found = rao_scott(df["stype"], df["sch.wide"], observed=True, **design)
    assert [found.statistic, found.df, found.df_error, found.p] == pytest.approx([golden[key] for key in ("statistic", "df", "df_error", "p")], rel=1e-8)
    assert found.note == ("" if df is STRATIFIED else "p is rough: 33% of the cells expect fewer than five respondents")
    other = rao_scott(df["stype"], df["sch.wide"], **design)
    assert (other.statistic == pytest.approx(found.statistic)) == (name == "plain")


def test_rao_scott_without_weights_is_pearsons_test() -> None:
    golden = GOLDEN["party"]
    gender, party = people(golden["counts"])
    found = rao_scott(gender, party)
    assert found.statistic * 2 * 2757 / 2756 == pytest.approx(golden["chi"]) and found.p == pytest.approx(golden["p"], rel=.06)      # an F, not a chi-square
    assert (found.df, found.df_error, found.design_effect) == pytest.approx((2, 2 * 2756, 2757 / 2756))


def people(counts: list[list[int]]) -> tuple[np.ndarray, np.ndarray]:
    "Return a row and a column for each of the people that a table counts."
    table = np.array(counts)
    rows, columns = np.indices(table.shape)
    return np.repeat(rows, table.ravel()), np.repeat(columns, table.ravel())


def test_adjusted_residuals_of_agresti_2007() -> None:
    golden = GOLDEN["party"]
    assert adjusted_residuals(*people(golden["counts"])).to_numpy().round(2).tolist() == golden["printed"]


def test_cramers_v_of_rs_effectsize_package() -> None:
    found, golden = cramers_v(STRATIFIED["sch.wide"], STRATIFIED["stype"]), GOLDEN["cramers_v"]
    assert found.value == pytest.approx(golden["value"], rel=1e-9)
    assert (found.low, found.high) == pytest.approx((golden["low"], golden["high"]), rel=.01)      # we divide by n - 1, effectsize by n


def test_eta_omega_and_welch_of_the_plants() -> None:
    golden = GOLDEN["plants"]
    group, weight = np.repeat(["ctrl", "trt1", "trt2"], 10), golden["weight"]
    eta, omega, welch = eta_squared(group, weight), omega_squared(group, weight), welch_test(group, weight)
    assert eta.value == pytest.approx(golden["eta"]["value"]) and omega.value == pytest.approx(golden["omega"])
    ends = {key: golden["eta"][key] for key in ("low", "high")}      # effectsize gives partial eta squared, lambda / (lambda + 27); of 30 plants it is of 30
    assert eta.low * 30 / (1 - eta.low) == pytest.approx(27 * ends["low"] / (1 - ends["low"]), rel=1e-3)
    assert eta.high * 30 / (1 - eta.high) == pytest.approx(27 * ends["high"] / (1 - ends["high"]), rel=5e-3) and (omega.low, omega.high) == (eta.low, eta.high)
    assert [welch.statistic, welch.df, welch.df_error, welch.p] == pytest.approx([golden["welch"][key] for key in ("f", "df", "ddf", "p")])


def test_weighted_welch_is_near_rs_design_based_wald_test() -> None:
    "R has one small-sample factor for all groups, Welch has one for each: they differ by 1 / n of the groups."
    found, golden = welch_test(STRATIFIED["sch.wide"], STRATIFIED["api00"], weights=STRATIFIED["pw"]), GOLDEN["wald"]
    assert found.statistic == pytest.approx(golden["f"], rel=.03) and found.df == golden["df"]


def test_benjamini_and_hochbergs_own_example() -> None:
    golden = GOLDEN["benjamini_hochberg"]
    q = benjamini_hochberg(golden["p"])
    assert q == pytest.approx(golden["q"]) and (q <= .05).sum() == golden["rejected"]
    holes = benjamini_hochberg([np.nan, *golden["p"], np.nan])
    assert np.isnan(holes[[0, -1]]).all() and holes[1:-1] == pytest.approx(golden["q"])      # what was not tested does not count


# -- Properties -------------------------------------------------------------------------------------------------------------------
def sample(seed: int, n: int = 120) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    group = rng.integers(0, 3, n)
    return pd.DataFrame({"group": np.array(["a", "b", "c"])[group], "answer": rng.integers(0, 4, n) // (1 + (group == 1)), "x": rng.normal(group, 1 + group),
                         "w": rng.lognormal(0, .5, n), "stratum": np.arange(n) % 2, "cluster": rng.integers(0, 12, n)})


def everything(df: pd.DataFrame, weights: pd.Series | None) -> list[float]:
    "Return what all functions find."
    e = [weighted_mean(df["x"], weights), weighted_mean(df["x"], weights, strata=df["stratum"], clusters=df["cluster"]),
         cramers_v(df["group"], df["answer"], weights=weights), eta_squared(df["group"], df["x"], weights=weights), omega_squared(df["group"], df["x"], weights=weights)]
    t = [rao_scott(df["group"], df["answer"], weights=weights), welch_test(df["group"], df["x"], weights=weights),
         rao_scott(df["group"], df["answer"], weights=weights, strata=df["stratum"], clusters=df["cluster"])]
    numbers = [[x.value, x.low, x.high, x.design_effect] for x in e] + [[x.statistic, x.df, x.df_error, x.p, x.design_effect] for x in t]
    return [*sum(numbers, []), *adjusted_residuals(df["group"], df["answer"], weights=weights).to_numpy().ravel()]


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.floats(.001, 1000))
def test_order_scale_of_weights_and_equal_weights_change_nothing(seed: int, scale: float) -> None:
    df = sample(seed)
    once = everything(df, df["w"])
    assert np.isfinite(once).all()
    again = df.sample(frac=1, random_state=seed)
    assert everything(again, again["w"]) == pytest.approx(once, rel=1e-6, abs=1e-9)
    assert everything(df, df["w"] * scale) == pytest.approx(once, rel=1e-6, abs=1e-9)
    assert everything(df, pd.Series(scale, index=df.index)) == pytest.approx(everything(df, None), rel=1e-6, abs=1e-9)
    silent = pd.concat([df.assign(w=0.), df, df.assign(x=np.nan, answer=np.nan)], ignore_index=True)
    assert everything(silent, silent["w"])[:4] == pytest.approx(once[:4]) and everything(silent, silent["w"])[-1] == pytest.approx(once[-1])


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.integers(4, 40))
def test_intervals_hold_their_value_and_have_width(seed: int, n: int) -> None:
    df = sample(seed, n)
    for found in (weighted_mean(df["x"], df["w"]), cramers_v(df["group"], df["answer"], weights=df["w"]), omega_squared(df["group"], df["x"], weights=df["w"])):
        assert found.low <= found.value <= found.high and found.low < found.high or np.isnan([found.low, found.high]).all() and found.note
        assert found.design_effect > 0 or np.isnan(found.value) or found.note


def test_one_cluster_each_is_no_clusters_and_doubled_people_in_clusters_are_not_twice_as_many() -> None:
    df = sample(1)
    plain, alone = weighted_mean(df["x"], df["w"]), weighted_mean(df["x"], df["w"], clusters=np.arange(len(df)))
    assert alone == plain
    twice = pd.concat([df, df])
    household = weighted_mean(twice["x"], twice["w"], clusters=[*range(len(df))] * 2)
    assert (household.se, household.low, household.df) == pytest.approx((plain.se, plain.low, plain.df)) and household.design_effect > 1.9 * plain.design_effect


def test_numbers_far_from_zero_lose_nothing() -> None:
    df = sample(2)
    near, far = (welch_test(df["group"], df["x"] + shift, weights=df["w"]) for shift in (0, 1e7))
    assert far.statistic == pytest.approx(near.statistic, rel=1e-5)


# -- Do they hold what they promise? ----------------------------------------------------------------------------------------------
def test_p_values_are_uniform_where_there_is_nothing() -> None:
    "600 samples of 300; the Wilson interval of each rate has to hold it, and weights vary in every second sample."
    rng, p = np.random.default_rng(11), {"words": [], "numbers": []}
    for i in range(600):
        g, w = rng.choice(4, 300, p=[.4, .3, .2, .1]), rng.lognormal(0, .5, 300) if i % 2 else None
        p["words"].append(rao_scott(g, rng.choice(3, 300, p=[.5, .3, .2]), weights=w).p)
        p["numbers"].append(welch_test(g, rng.gamma(4, 1, 300), weights=w).p)
    for name, found in p.items():
        for rate in (.05, .25, .5, .9):
            low, high = wilson(int((np.array(found) <= rate).sum()), 600, .999)
            assert low <= rate <= high, f"{name}: p <= {rate}"


def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    "500 samples of 400, weights vary. V and omega squared are on the safe side near 0; the mean's is Student's."
    rng, inside = np.random.default_rng(12), {"mean": 0, "V": 0, "omega": 0}
    table = np.outer([.5, .3, .2], [.4, .35, .25]) + .055 * np.array([[1, 0, -1], [-1, 1, 0], [0, -1, 1]])
    expected = np.outer(table.sum(axis=1), table.sum(axis=0))
    v, means = float(np.sqrt(((table - expected) ** 2 / expected).sum() / 2)), np.array([-.5, .1, 1.1])
    between = float(table.sum(axis=1) @ (means - table.sum(axis=1) @ means) ** 2)
    for _ in range(500):
        g, answer = np.divmod(rng.choice(9, 400, p=table.ravel()), 3)
        x, w = means[g] * .6 + rng.normal(size=400), rng.lognormal(0, .5, 400)
        mean, found, omega = weighted_mean(x, w), cramers_v(g, answer, weights=w), omega_squared(g, x, weights=w)
        inside["mean"] += mean.low <= .6 * table.sum(axis=1) @ means <= mean.high
        inside["V"] += found.low <= v <= found.high
        inside["omega"] += omega.low <= .36 * between / (1 + .36 * between) <= omega.high
    assert all(.93 <= hits / 500 <= .985 for hits in inside.values()), inside


# -- Where there is nothing to say ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("values", "weights", "says"), [
    ([], None, "nobody answered"), ([None, np.nan], None, "nobody answered"), ([1, 2], [0, 0], "only weights of 0"), ([3], None, "no spread"),
    ([3, 4], [1, 0], "no spread"), ([2, 2, 2], None, "same answer"), ([.1 + .2, .3, .3], [.1, .7, .3], "same answer"),
])
def test_means_without_an_interval_say_why(values: list, weights: list | None, says: str) -> None:
    found = weighted_mean(values, weights)
    assert says in found.note and np.isnan([found.low, found.high, found.se]).all() and np.isnan(found.value) == ("answered" in says or "weights" in says)


@pytest.mark.parametrize(("groups", "answers", "says"), [
    ([], [], "nobody answered"), (["a", "b"], [None, None], "nobody answered"), (["a", "a", None], [1, 2, 1], "only one group"),
    (["a", "b", "b"], [1, 1, None], "same answer"), (["a", "b"], [1, 2], "fewer than three"),
])
def test_tables_that_say_nothing_say_why(groups: list, answers: list, says: str) -> None:
    test, effect = rao_scott(groups, answers), cramers_v(groups, answers)
    assert says in test.note and says in effect.note and np.isnan([test.p, test.statistic, effect.value, effect.low, effect.high]).all()
    assert adjusted_residuals(groups, answers).isna().all(axis=None) or says == "fewer than three"


@pytest.mark.parametrize(("groups", "values", "says"), [
    ([], [], "nobody"), (["a", "b"], [np.nan, np.nan], "nobody"), (["a", "a"], [1, 2], "only one group"), (["a", "b", "b"], [2, 2, 2], "same answer"),
    (["a", "a", "b", "b"], [1, 1, 2, 2], "no spread inside"), (["a", "b", "c"], [1, 2, 3], "no spread inside"),
])
def test_numbers_that_say_nothing_say_why(groups: list, values: list, says: str) -> None:
    test, effect = welch_test(groups, values), omega_squared(groups, values)
    assert says in test.note and says in effect.note and np.isnan([test.p, effect.value, effect.low, effect.high]).all()


def test_a_group_without_spread_is_compared_with_a_common_variance() -> None:
    rng = np.random.default_rng(3)
    x = np.concatenate([np.zeros(20), rng.normal(3, 1, 20), [9.]])
    found = welch_test(np.repeat(["none", "some", "one"], [20, 20, 1]), x)
    assert "common variance" in found.note and found.p < 1e-6 and found.df_error == pytest.approx(38)


def test_groups_that_are_too_even_still_have_an_interval() -> None:
    "The usual interval would be 0 to 0."
    even = cramers_v(np.repeat(["a", "b"], 50), np.tile([0, 1], 50))
    assert even.value == even.low == 0 < .15 < even.high < .4
    same = omega_squared(np.repeat(["a", "b"], 50), np.tile(np.arange(50.), 2))
    assert same.value == same.low == 0 < .03 < same.high < .15


@pytest.mark.parametrize("call", [
    lambda: weighted_mean([1, 2], [1]), lambda: weighted_mean([1, 2], [1, -1]), lambda: weighted_mean([1, 2], [1, np.inf]), lambda: weighted_mean([1, 2], level=95),
    lambda: weighted_mean([1, 2], strata=["a"]), lambda: rao_scott(["a", "b"], [1]), lambda: welch_test(["a"], [1, 2]), lambda: cramers_v([1], [1], level=0),
    lambda: adjusted_residuals([1, 2], [1, 2], weights=[1, np.nan]), lambda: benjamini_hochberg([.5, 1.5]), lambda: omega_squared([1], [1, 2]),
])
def test_bad_columns_are_named(call) -> None:
    with pytest.raises(BadInput):
        call()


def test_a_stratum_with_a_single_unit_is_named() -> None:
    with pytest.raises(BadInput, match="'north'"):
        weighted_mean([1, 2, 3], strata=["south", "south", "north"])
    found = weighted_mean([1, 2, 3], clusters=["one"] * 3)
    assert np.isnan(found.low) and "one sampling unit" in found.note
    assert "one sampling unit" in rao_scott([1, 2, 1, 2], [1, 1, 2, 2], clusters=["one"] * 4).note


def test_huge_samples_are_no_trouble() -> None:
    rng = np.random.default_rng(4)
    g = rng.integers(0, 4, 300_000)
    answer, x = np.where(rng.random(300_000) < .8, g, 0), g + rng.normal(size=300_000)
    v, omega = cramers_v(g, answer), omega_squared(g, x)
    assert v.low < v.value < v.high < v.low + .01 and omega.low < omega.value < omega.high < omega.low + .01


@pytest.mark.parametrize("place", ["strata", "clusters"])
def test_a_missing_stratum_or_cluster_is_said_unless_its_respondent_does_not_count(place: str) -> None:
    rng = np.random.default_rng(3)
    x, groups, words = rng.normal(size=60), rng.choice(["a", "b"], 60), rng.choice(["u", "v", "w"], 60)
    drawn = pd.Series(np.arange(60) % 6).mask(np.arange(60) == 7)
    with pytest.raises(BadInput, match=f"{place}: 1 of the respondents"): weighted_mean(x, **{place: drawn})
    with pytest.raises(BadInput, match=f"{place}: 1 of the respondents"): rao_scott(groups, words, **{place: drawn})
    assert weighted_mean(np.where(np.arange(60) == 7, np.nan, x), **{place: drawn}).n == 59


def test_two_shares_and_two_means_are_compared_in_one_place():
    "Groups against everybody else, and waves against waves, by the same function; columns as single numbers."
    from personabench import personas, versions, waves
    from personabench import statistics as st

    assert personas._shares_apart is st._shares_apart and personas._means_apart is st._means_apart
    assert waves.share_difference is versions.share_difference is st.share_difference and waves.mean_difference is versions.mean_difference is st.mean_difference
    assert waves.benjamini_hochberg is versions.benjamini_hochberg is personas.benjamini_hochberg is st.benjamini_hochberg
    low, high, p = st._shares_apart(*map(np.array, ([.8, .5, 0.], [70., 10., 5.], [.6, .5, 0.], [80., 12., 0.])))
    one = versions.share_difference((48, 80), (56, 70))
    assert (low[0], high[0], p[0]) == pytest.approx((one.low, one.high, one.p)) and p[1] == 1 and np.isnan([low[2], p[2]]).all()
    low, high, p = st._means_apart(*map(np.array, ([2., 2., 0.], [.6, 0., 0.], [79., 79., 9.], [.5, 0., 0.], [99., 99., 9.])))
    one = versions.mean_difference((20., .5, 99), (22., .6, 79))
    assert (low[0], high[0], p[0]) == pytest.approx((one.low, one.high, one.p)) and (low[1], high[1], p[1], p[2]) == (2, 2, 0, 1)
