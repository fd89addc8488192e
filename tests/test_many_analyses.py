"""Many analyses: what survives is counted right, what does not is said, the same seed gives the same result, and stopping loses nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from dataclasses import FrozenInstanceError

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import adjusted_rand_score

from personabench import many_analyses
from personabench.many_analyses import Multiverse, _apart, _best_match, _numbers_of_segments, multiverse
from personabench.schema import BadInput, NoSuchName
from personabench.segmentation import segment
from personabench.statistics import wilson
from personabench.survey import read_survey


def kinds_of(n: int = 240, seed: int = 0, *, apart: float = 4., loose: bool = False) -> tuple[pd.DataFrame, np.ndarray]:
    "Three planted kinds of people with weights, holes and a word; `loose`: the third is told from the second by one variable alone."
    rng = np.random.default_rng(seed)
    kind = rng.choice(3, n, p=[.45, .3, .25])
    seen = np.minimum(kind, 1) if loose else kind
    df = pd.DataFrame({f"x{j}": rng.normal(apart * np.roll([0, 1, 2], j)[seen], 1) for j in range(4)})
    if loose: df["only"] = rng.normal(20. * (kind == 2), 1)
    df["word"] = pd.Categorical(rng.choice(["red", "blue"], n, p=[.5, .5]))
    df["told"] = rng.normal(kind * 2., 1)                            # no part of the analysis, but it follows the kinds
    df["noise"] = rng.normal(size=n)
    df.loc[rng.random(n) < .05, "x1"] = np.nan
    return df.assign(w=rng.choice([.5, 1, 2], n)).set_index(pd.Index([f"R{i:03}" for i in rng.permutation(n)], name="respondent")), kind


ASKED = ["x0", "x1", "x2", "x3"]


@pytest.fixture(scope="module")
def clear() -> Multiverse:
    return multiverse(read_survey(kinds_of()[0], weights="w"), variables=ASKED, most=60)


# -- What survives ------------------------------------------------------------------------------------------------------------
def test_planted_segments_survive_every_analysis_with_their_number(clear):
    assert clear.reference.k == 3 and clear.segments["segment"].tolist() == ["A", "B", "C"]
    assert (clear.segments["same_k"] == 1).all()
    at_three = clear.analyses[clear.analyses["k"] == 3]
    assert len(at_three) >= 8 and (at_three["ari"] > .95).all() and (at_three["survive"] == 3).all()
    at_two = clear.analyses[clear.analyses["k"] == 2]
    assert (at_two["survive"] < 3).all() and (at_two["ari"] < .8).all()


def test_with_the_right_number_alone_all_is_kept():
    many = multiverse(read_survey(kinds_of()[0], weights="w"), variables=ASKED, k=3, most=None)
    large = many.differences[many.differences["used"] & (many.differences["difference"].abs() > .5)]
    assert many.segments["kept"].all() and len(large) > 5 and large["kept"].all()
    assert "does not depend on the analysis" in many.explain() and "3 of 3 segments" in repr(many)


def test_cuts_of_a_continuum_are_not_kept():
    rng = np.random.default_rng(5)
    smooth = pd.DataFrame(rng.normal(size=(300, 1)) + rng.normal(size=(300, 6))).add_prefix("q")
    many = multiverse(smooth, reference=segment(smooth, k=4, n_boot=0, verdict=False), most=60)
    assert not many.segments["kept"].any() and many.segments["survives"].max() < .6
    assert "depends on the analysis" in many.explain()


def test_a_segment_that_one_question_makes_falls_when_it_is_left_out():
    df, _ = kinds_of(300, loose=True)
    survey = read_survey(df, weights="w")
    many = multiverse(survey, variables=[*ASKED, "only"], k=3, methods=["latent class"], subsets=["all", "one left out"], most=None, seeds=5,
                      reference=segment(survey, variables=[*ASKED, "only"], k=3, n_boot=0, verdict=False))
    without = many.analyses["left_out"] == "only"
    assert without.any() and many.analyses.loc[without, "survive"].max() < 3
    assert many.analyses.loc[many.analyses["left_out"] == "", "survive"].min() == 3


def test_figures_of_the_tables_follow_from_each_other(clear):
    ran = clear.analyses[clear.analyses["note"] == ""]
    wide = clear.matches.pivot(index="analysis", columns="segment", values="jaccard")
    assert wide.index.tolist() == ran["analysis"].tolist() and wide.to_numpy().min() >= 0 and wide.to_numpy().max() <= 1
    for row in clear.segments.itertuples():
        hits = int((wide[row.segment] >= .75).sum())
        assert row.analyses == len(wide) and row.survives == hits / len(wide) and (row.low, row.high) == wilson(hits, len(wide))
        assert row.kept == (row.survives >= .9) and row.pattern >= row.survives and row.jaccard == wide[row.segment].median()
    assert (ran["survive"].to_numpy() == (wide >= .75).sum(axis=1).to_numpy()).all()
    per_choice = clear.choices.groupby("choice")["analyses"].sum()
    assert (per_choice == len(ran)).all() and set(per_choice.index) == {"method", "k", "scaling", "subset", "seed"}


def test_the_adjusted_rand_index_is_that_of_the_same_model_fitted_alone():
    from personabench.prototypes import KMedoids

    survey = read_survey(kinds_of()[0])
    many = multiverse(survey, variables=ASKED, methods=["k-medoids"], scalings=["standard"], subsets=["all"], k=4, most=None)
    answers = survey.answers(ASKED).sort_index()
    again = KMedoids(4).fit(answers).labels_
    assert many.analyses["ari"].tolist() == [pytest.approx(adjusted_rand_score(many.reference.labels.loc[answers.index], again))]


# -- Differences --------------------------------------------------------------------------------------------------------------
def test_differences_are_weighted_and_in_standard_deviations(clear):
    survey, labels = clear.reference.survey, clear.reference.labels
    w, x = survey.case_weights.loc[labels.index], survey.data.loc[labels.index, "x1"]
    row = clear.differences[(clear.differences["variable"] == "x1") & (clear.differences["segment"] == "A")].iloc[0]
    known = x.notna()
    mean = np.average(x[known], weights=w[known])
    sd = np.sqrt(np.average((x[known] - mean) ** 2, weights=w[known]))
    a, b = known & (labels == "A"), known & (labels != "A")
    assert row.difference == pytest.approx((np.average(x[a], weights=w[a]) - np.average(x[b], weights=w[b])) / sd)


def test_a_held_out_difference_is_found_and_noise_is_not_claimed(clear):
    told = clear.differences[clear.differences["variable"] == "told"]
    assert not told["used"].any() and told["kept"].any() and told["difference"].abs().max() > .8
    assert not clear.differences.loc[clear.differences["variable"] == "noise", "kept"].any()
    assert (clear.differences["difference"].abs() >= .2).all() and clear.differences["keeps"].is_monotonic_decreasing
    assert (clear.differences["kept"] == (clear.differences["keeps"] >= .9)).all()


def test_a_stricter_threshold_leaves_fewer_differences(clear):
    strict = multiverse(clear.reference.survey, reference=clear.reference, most=10, differs=1.)
    assert len(strict.differences) < len(clear.differences) and (strict.differences["difference"].abs() >= 1).all()
    none = multiverse(clear.reference.survey, reference=clear.reference, most=3, differs=50.)
    assert none.differences.empty and "No segment differs" in none.explain() and "0 of 0 differences" in repr(none)


def test_of_yes_and_no_one_answer_is_enough():
    df, kind = kinds_of()
    df["yes"] = np.where(kind == 0, "yes", "no")
    many = multiverse(read_survey(df), variables=ASKED, most=5)
    assert many.differences.loc[many.differences["variable"] == "yes", "value"].unique().tolist() == ["yes"]


groups = st.integers(1, 40).flatmap(lambda n: st.tuples(st.lists(st.integers(0, 3), min_size=n, max_size=n), st.lists(st.integers(0, 4), min_size=n, max_size=n)))


@given(groups)
@settings(max_examples=100, deadline=None)
def test_best_match_is_that_of_sets_of_people(two):
    before, after = map(np.array, two)
    jaccard, match = _best_match(before, after, 4, 5)
    for g in range(4):
        mine = set(np.flatnonzero(before == g))
        if not mine:
            assert np.isnan(jaccard[g])
            continue
        every = [len(mine & (them := set(np.flatnonzero(after == h)))) / len(mine | them) for h in range(5)]
        assert jaccard[g] == pytest.approx(max(every)) and every[match[g]] == pytest.approx(max(every))


def test_a_group_without_answers_has_no_difference():
    scores = np.array([[1., np.nan], [2., np.nan], [0., 1.]])
    apart = _apart(scores, np.array([1., 3, 1]), np.array([[True, True, False]]))
    assert apart[0, 0] == pytest.approx(7 / 4) and np.isnan(apart[0, 1])


# -- Which analyses -----------------------------------------------------------------------------------------------------------
def test_each_choice_is_made_equally_often_and_none_that_changes_nothing():
    many = multiverse(read_survey(kinds_of(120)[0]), variables=[*ASKED, "word"], k=[2, 3], most=None)
    table = many.analyses
    kind = table["subset"].str.split().str[0]
    assert kind.value_counts().to_dict() == {"all": 28, "without": 28, "half": 28}     # 2 k times (3 methods x 2 scalings x 2 starts + k-medoids x 2)
    assert table.loc[table["method"] == "k-medoids", "seed"].unique().tolist() == [0]
    assert set(table["left_out"]) == {"", *ASKED, "word"} and table["left_out"].value_counts()[[*ASKED, "word"]].between(5, 6).all()
    assert (table.loc[kind == "half", "n"] == 60).all() and (table.loc[kind == "all", "n"] == 120).all()
    assert table["analysis"].tolist() == list(range(1, 85)) and [note[:32] for note in many.notes] == ["all possible analyses were run: "]


def test_ranks_are_left_out_where_there_is_nothing_to_rank():
    rng = np.random.default_rng(1)
    kind = rng.choice(2, 120)
    words = pd.DataFrame({f"q{j}": np.where(rng.random(120) < np.where(kind, .9, .1), "yes", "no") for j in range(5)})
    scale = words.assign(s=pd.Categorical(2 * kind + rng.integers(0, 3, 120), ordered=True))
    for df, ranked in ((words, set()), (scale, {"k-prototypes", "k-medoids", "FAMD + k-means"})):
        many = multiverse(df, reference=segment(df, k=2, n_boot=0, verdict=False), k=2, most=None, subsets=["all"])
        assert set(many.analyses.loc[many.analyses["scaling"] == "ranks", "method"]) == ranked


def test_of_many_analyses_and_respondents_a_random_sample_is_drawn_and_said():
    df, _ = kinds_of(400)
    many = multiverse(read_survey(df), variables=ASKED, rows=150, most=12)
    assert len(many.analyses) == 12 and many.analyses["n"].max() == 150
    assert any("150 of 400 respondents" in n for n in many.notes) and any("12 of the" in n for n in many.notes)
    assert many.segments["n"].sum() == 150 and "12 analyses of 150 respondents" in many.explain()
    whole = multiverse(read_survey(df), variables=ASKED, rows=400, most=12)
    assert whole.segments["n"].sum() == 400


def test_numbers_of_segments_lie_around_the_reference():
    assert _numbers_of_segments(None, 4, 400) == [2, 3, 4, 5, 6] and _numbers_of_segments(None, 2, 400) == [2, 3, 4] and _numbers_of_segments(5, 2, 400) == [5]
    assert _numbers_of_segments(None, 3, 40) == [2, 3, 4]
    for k in ([], 1, [1, 2], 99):
        with pytest.raises(BadInput, match="k:"): _numbers_of_segments(k, 3, 100)


# -- The same again -----------------------------------------------------------------------------------------------------------
def test_same_result_again_in_another_order_and_with_two_processes():
    df, _ = kinds_of(150)
    how = dict(variables=[*ASKED, "word"], most=24, seed=3)
    first = multiverse(read_survey(df, weights="w"), **how)
    others = [multiverse(read_survey(df, weights="w"), n_jobs=2, **how), multiverse(read_survey(df.sample(frac=1, random_state=1), weights="w"), **how)]
    for other in others:
        for table in ("analyses", "matches", "segments", "differences", "choices"):
            pd.testing.assert_frame_equal(getattr(first, table), getattr(other, table))
    assert not first.analyses.equals(multiverse(read_survey(df, weights="w"), **{**how, "seed": 4}).analyses)


def test_the_result_is_frozen(clear):
    with pytest.raises(FrozenInstanceError): clear.segments = None


# -- Stopped ------------------------------------------------------------------------------------------------------------------
def stop_after(monkeypatch, calls: int) -> None:
    count, real = iter(range(10**6)), many_analyses._grouped

    def grouped(*args):
        if next(count) == calls: raise KeyboardInterrupt
        return real(*args)
    monkeypatch.setattr(many_analyses, "_grouped", grouped)


def test_stopped_it_returns_what_is_done(monkeypatch):
    survey = read_survey(kinds_of(150)[0])
    whole = multiverse(survey, variables=ASKED, most=40)
    stop_after(monkeypatch, 17)
    part = multiverse(survey, variables=ASKED, most=40)
    assert len(part.analyses) == 17 and part.segments["analyses"].eq(17).all() and "stopped after 17 of 40" in part.notes[0]
    keys = ["method", "k", "scaling", "subset", "seed", "ari"]
    assert len(part.analyses[keys].merge(whole.analyses[keys])) == 17                  # the very analyses that the whole run has
    assert len(set(part.analyses["method"])) >= 3                                       # in random order, not one method after the other


def test_stopped_before_anything_is_done_it_stops(monkeypatch):
    stop_after(monkeypatch, 0)
    with pytest.raises(KeyboardInterrupt): multiverse(read_survey(kinds_of(150)[0]), variables=ASKED, most=40)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="signals are sent otherwise there")
def test_control_c_in_a_run_with_two_processes():
    script = textwrap.dedent("""
        import signal, sys; sys.path.insert(0, "tests")
        signal.signal(signal.SIGINT, signal.default_int_handler)        # what runs behind a shell's & inherits that interrupts are ignored
        from test_many_analyses import kinds_of, ASKED
        from personabench import multiverse, read_survey
        import tqdm.auto
        class Told(tqdm.auto.tqdm):
            def __iter__(self):
                for one in super().__iter__():
                    print("one", flush=True)
                    yield one
        tqdm.auto.tqdm = Told
        if __name__ == "__main__":
            many = multiverse(read_survey(kinds_of(300)[0]), variables=ASKED, most=None, seeds=200, n_jobs=2)
            print("DONE", len(many.analyses), many.notes[0], flush=True)
            again = multiverse(read_survey(kinds_of(300)[0]), variables=ASKED, most=4, n_jobs=2)
            print("AGAIN", len(again.analyses), flush=True)
    """)
    run = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                           cwd=os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    ones = (line for line in run.stdout if line.startswith("one"))
    assert next(ones, "") and next(ones, ""), run.communicate()[1][-2000:]      # when the second is announced, the first is kept: one alone may not be yet
    run.send_signal(signal.SIGINT)
    done = next((line for line in run.stdout if line.startswith("DONE")), "")
    out, err = run.communicate(timeout=300)
    assert run.returncode == 0, err[-2000:]
    assert "stopped after" in done and "AGAIN 4" in out


# -- What cannot be done ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("how", "words"), [
    ({"methods": ["kmeans"]}, "FAMD \\+ k-means"), ({"scalings": ["rank"]}, "did you mean 'ranks'"), ({"subsets": ["half"]}, "halves"), ({"methods": []}, "none"),
    ({"k": 1}, "from 2 up"), ({"k": 200}, "four respondents"), ({"seeds": 0}, "1 or more"), ({"most": 0}, "1 or more"),
    ({"k": "auto"}, "k: 'auto'"), ({"k": 2.5}, "k: 2.5"), ({"k": [True, 3]}, "whole numbers"), ({"rows": -1}, "rows: -1"), ({"differs": float("nan")}, "differs: nan"),
    ({"methods": 5}, "methods: 5"), ({"seeds": 1.5}, "seeds: 1.5")])
def test_what_makes_no_sense_is_said(how, words):
    with pytest.raises(BadInput, match=words): multiverse(read_survey(kinds_of(120)[0]), variables=ASKED, **how)


def test_variables_that_cannot_part_anybody_are_left_out_and_said():
    df, _ = kinds_of(120)
    survey = read_survey(df.assign(same="yes", why=[f"I ride because of reason number {i}" for i in range(120)], who=np.arange(120) + 7000))
    many = multiverse(survey, variables=[*ASKED, "same", "why", "who"], reference=segment(survey, variables=ASKED, k=3, n_boot=0, verdict=False), most=4)
    assert many.parameters["variables"] == list(ASKED) and set(many.parameters["excluded"]) == {"same", "why", "who"}
    assert any("same was left out: everyone answered 'yes'" in note for note in many.notes)
    with pytest.raises(BadInput, match="variables=\\['x0'\\]"): multiverse(survey, variables="x0")
    with pytest.raises(BadInput, match="no variable that can part"): multiverse(survey, variables=[])


def test_a_copy_of_what_made_the_segments_counts_as_used():
    df, _ = kinds_of(150)
    first, other = ASKED[0], next(c for c in df if c not in ASKED)
    df = df.assign(copy=df[first], scaled=df[first] * -3. + 1 if pd.api.types.is_numeric_dtype(df[first]) else df[first].map(lambda v: f"it is {v}"))
    survey = read_survey(df)
    many = multiverse(survey, variables=ASKED, reference=segment(survey, variables=ASKED, k=3, n_boot=0, verdict=False), most=4, differs=0)
    used = many.differences.groupby("variable")["used"].first()
    assert used["copy"] and used["scaled"] and used[first] and not used[other]


def test_when_all_possible_analyses_were_run_their_shares_have_no_interval():
    survey = read_survey(kinds_of(120)[0])
    how = {"variables": ASKED, "reference": segment(survey, variables=ASKED, k=3, n_boot=0, verdict=False), "k": 3, "methods": ["k-prototypes"], "seeds": 2}
    whole, part = multiverse(survey, most=None, **how), multiverse(survey, most=3, **how)
    assert whole.segments[["low", "high"]].isna().all(axis=None) and whole.differences[["low", "high"]].isna().all(axis=None)
    assert part.segments[["low", "high"]].notna().all(axis=None) and "nan" not in whole.explain() and "no interval" in " ".join(whole.notes)


def test_a_reference_that_cannot_serve_is_said():
    df, _ = kinds_of(120)
    survey = read_survey(df)
    with pytest.raises(BadInput, match="reference=segment"): multiverse(survey, reference=segment(survey, k=1, n_boot=0, verdict=False))
    with pytest.raises(BadInput, match="not in the survey"): multiverse(df.iloc[:60], reference=segment(survey, k=3, n_boot=0, verdict=False))
    with pytest.raises(NoSuchName, match="x0"): multiverse(survey, variables=["x00"])


def test_an_analysis_that_fails_is_listed_and_the_others_count(monkeypatch):
    real = many_analyses._grouped

    def grouped(plan, *args):
        if plan.method == "k-medoids": raise ValueError("no medoid today")
        return real(plan, *args)
    monkeypatch.setattr(many_analyses, "_grouped", grouped)
    many = multiverse(read_survey(kinds_of(120)[0]), variables=ASKED, most=40)
    failed = many.analyses[many.analyses["note"] != ""]
    assert set(failed["method"]) == {"k-medoids"} and failed["ari"].isna().all() and "no medoid today" in " ".join(many.notes)
    assert (many.segments["analyses"] == 40 - len(failed)).all() and f"{40 - len(failed)} analyses" in many.explain()
    assert "k-medoids" not in set(many.choices["value"])
    with pytest.raises(BadInput, match="no analysis could be run: no medoid today"):
        multiverse(read_survey(kinds_of(120)[0]), variables=ASKED, methods=["k-medoids"])


def test_one_variable_is_enough():
    many = multiverse(read_survey(kinds_of(120)[0]), variables=["x0"], most=20)
    assert not many.analyses["left_out"].any() and many.analyses["note"].eq("").all()


def test_respondents_who_answered_nothing_of_what_is_left_are_not_grouped():
    df, _ = kinds_of(120)
    df.iloc[:20, df.columns.get_indexer(["x1", "x2", "x3"])] = np.nan
    many = multiverse(read_survey(df), variables=ASKED, subsets=["all", "one left out"], most=None, k=3)
    assert (many.analyses.loc[many.analyses["left_out"] == "x0", "n"] == 100).all() and (many.analyses.loc[many.analyses["left_out"] == "x1", "n"] == 120).all()


def test_html_shows_the_tables_and_escapes_words():
    df, _ = kinds_of(120)
    df["<b>"] = df["x0"] * 2 + np.random.default_rng(1).normal(size=120)
    page = multiverse(read_survey(df), variables=ASKED, most=10)._repr_html_()
    assert "Segments" in page and "Agreement by choice" in page and "<b>" not in page.replace("<b>Segments", "").replace("<b>Differences", "").replace(
        "<b>Agreement", "").replace("<b>Multiverse", "") and "&lt;b&gt;" in page


@pytest.mark.slow
def test_a_thousand_respondents_make_a_hundred_and_fifty_analyses():
    rng = np.random.default_rng(0)
    df = pd.concat([kinds_of(1000)[0].drop(columns="w").reset_index(drop=True), pd.DataFrame(rng.integers(1, 6, (1000, 5))).add_prefix("s")], axis=1)
    many = multiverse(df, reference=segment(df, k=3, n_boot=0, verdict=False))
    assert len(many.reference.variables) == 12 and len(many.analyses) == 150


def test_clear_segments_are_kept_with_their_number_and_the_rule_is_explained(clear):
    table = clear.segments
    assert table["kept_same_k"].all() and not table["kept"].all() and (table["same_k_analyses"] < table["analyses"]).all()
    said = " ".join(clear.explain().split())
    assert "kept as long as there are 3 segments" in said and "with fewer than 3, not all 3 can be there" in said and "with k = 3 alone: 3" in repr(clear)


def test_stopping_is_told_in_one_line(capsys, monkeypatch):
    from personabench import many_analyses

    def answered(i):
        if i == 2: raise KeyboardInterrupt
        return i

    found, stopped = many_analyses._until_stopped(answered, [(i,) for i in range(5)], n_jobs=1, what="analyses")
    assert found == [0, 1] and stopped and "Stopped after 2 of 5 analyses" in capsys.readouterr().err
    with pytest.raises(KeyboardInterrupt, match="before the first of 1 analyses") as error: many_analyses._until_stopped(answered, [(2,)], n_jobs=1, what="analyses")
    assert error.value._render_traceback_() == [str(error.value)] and error.value.__suppress_context__
