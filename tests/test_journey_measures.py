"""Journey measures: each number is that of a reference, people are counted once, and what is not known stays blank."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from personabench.event_logs import journey_from_events
from personabench.journey_measures import (_median, compare_journeys, event_metrics, journey_deviations, pain_severity, stage_metrics, stage_opportunities,
                                           suggest_strategies)
from personabench.journeys import _kind_words, journey, journey_from_codings
from personabench.sample_data import import_sample, sample_file
from personabench.schema import BadInput, NoSuchCase, NoSuchName
from personabench.statistics import share_difference, wilson
from personabench.study import Study
from personabench.survey import import_survey

GOLDEN = json.loads((Path(__file__).parent / "golden" / "journey_measures.json").read_text("utf-8"))
TRUTH = json.loads((Path(__file__).parent.parent / "data" / "truth.json").read_text("utf-8"))
METRICS = ["stage", "metric", "kind", "value", "low", "high", "n", "source", "question", "lowest", "highest", "answer"]
NEEDS = {need: (f"imp_{need}", f"sat_need_{need}") for need in ("dock", "support", "price", "bike", "route")}


def told(*rows, name: str = "everybody", **how):
    "A journey from (person, stage, facet, code[, valence]): each stage is a turn of its own, what is said there lies inside."
    spans, places = [], {s: i for i, s in enumerate(dict.fromkeys(r[1] for r in rows))}
    for i, (person, at, *_) in enumerate(dict.fromkeys((r[0], r[1]) for r in rows)):
        spans.append((person, places[at], 1000 * places[at], 1000 * places[at] + 999, at, "stage", None, 10_000 + i))
    for i, (person, at, facet, code, *valence) in enumerate(rows):
        if facet: spans.append((person, places[at], 1000 * places[at] + i, 1000 * places[at] + i + 5, code, facet, *(valence or [None]), i))
    d = pd.DataFrame(spans, columns=["case", "turn", "start", "end", "code", "facet", "valence", "coding_id"])
    d = d.assign(source=d["case"], quote="words", role="participant", coder="MB", valence=d["valence"].astype(float))
    return journey_from_codings(d, name=name, **how)


def felt(stage: str, values, people="ABCDEFGHIJ") -> list[tuple]:
    return [(p, stage, "emotion", f"felt {v}", v) for p, v in zip(people, values)]


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    with Study(tmp_path_factory.mktemp("measures") / "sample.db", coder="MB", create=True) as study:
        import_sample(study)
        for wave, when in (("wave1", "2026-05"), ("wave2", "2026-11")):
            import_survey(study, sample_file(f"survey_{wave}.csv"), id="respondent", weights="weight", dictionary=sample_file("survey_dictionary.csv"),
                          name=wave, wave=when)
        yield study


# -- Surveys --------------------------------------------------------------------------------------------------------------------
def test_a_question_becomes_a_feeling_with_the_interval_of_r(sample):
    row = stage_metrics(sample, {"Sign-up": {"ease_signup": "emotion"}}, survey="wave1").iloc[0]
    want = GOLDEN["felt"]
    assert (row["value"], row["low"], row["high"], row["n"]) == pytest.approx((want["value"], want["low"], want["high"], want["n"]), rel=1e-6)
    assert (row["source"], row["question"], row["kind"]) == ("wave1", "ease_signup", "emotion") and "easy" in row["metric"]


def test_shares_are_weighted_and_of_those_who_answered(sample):
    data = pd.read_csv(sample_file("survey_wave1.csv"), keep_default_na=False, na_values=[""])
    data = data[data["had_payment_failure"].notna() & data["respondent"].ne("P14")]
    w = data["weight"].to_numpy()
    n, share = w.sum() ** 2 / (w ** 2).sum(), np.average(data["had_payment_failure"], weights=w)
    items = pd.DataFrame({"stage": ["Sign-up", "Sign-up"], "question": ["had_payment_failure", "pass_type"], "kind": "share", "answer": [None, "year pass"],
                          "metric": ["payment refused", None]})
    rows = stage_metrics(sample, items, survey="2026-05")
    assert list(rows) == METRICS and rows["metric"].tolist()[0] == "payment refused"
    assert tuple(rows.loc[0, ["value", "low", "high", "n"]]) == pytest.approx((share, *wilson(share * n, n), len(data)))
    year = pd.read_csv(sample_file("survey_wave1.csv"), keep_default_na=False, na_values=[""]).query("respondent != 'P14' and pass_type.notna()")
    assert rows.loc[1, "value"] == pytest.approx(np.average(year["pass_type"] == "year pass", weights=year["weight"]))


def test_scores_and_means_keep_to_their_scales(sample):
    ask = {"Staying or leaving": {"sat_recommend": "csat", "sat_easy": "ces", "rides_per_month": "mean"}, "Sign-up": {"ease_signup": "mean"}}
    rows = stage_metrics(sample, ask, survey="wave1")
    assert rows["stage"].tolist() == ["Sign-up", *["Staying or leaving"] * 3]
    said = rows.set_index("question")
    assert 0 < said.loc["sat_recommend", "low"] < said.loc["sat_recommend", "value"] < said.loc["sat_recommend", "high"] < 1
    assert 1 < said.loc["sat_easy", "low"] < said.loc["sat_easy", "high"] < 5
    feeling = stage_metrics(sample, {"Sign-up": {"ease_signup": "emotion"}}, survey="wave1").iloc[0]
    assert said.loc["ease_signup", "value"] - 3 == pytest.approx(feeling["value"]) and said.loc["ease_signup", "high"] - 3 == pytest.approx(feeling["high"])


def test_a_recommendation_counts_promoters_less_detractors():
    with Study(":memory:", coder="MB", create=True) as study:
        study_with_stage(study)
        data = pd.DataFrame({"id": [f"R{i}" for i in range(20)], "nps": [10, 9, 9, 8, 7, 6, 3, 10, 9, 0] * 2})
        import_survey(study, data, id="id", name="w", levels={"nps": "numeric"})
        row = stage_metrics(study, {"Use": {"nps": "nps"}}).iloc[0]
        assert row["value"] == pytest.approx(.5 - .3) and -1 < row["low"] < row["value"] < row["high"] < 1 and row["n"] == 20


def asked_of(answers: dict, **how) -> Study:
    "A study with the stage Use and a survey of these answers."
    study = Study(":memory:", coder="MB", create=True)
    study_with_stage(study)
    data = pd.DataFrame({"id": [f"R{i}" for i in range(len(next(iter(answers.values()))))], **answers})
    import_survey(study, data, id="id", name="w", **how)
    return study


MIDDLE = [2, 3, 3, 3, 3, 3, 4, 4, 3, 2] * 2     # answers on a scale from 1 to 5 of which nobody ticked the ends


@pytest.mark.parametrize("how, call", [
    ({"levels": {"q": [1, 2, 3, 4, 5]}}, {}), ({"levels": {"q": {1: "worst", 5: "best"}}}, {}), ({"levels": {"q": "ordinal"}}, {"scale": (1, 5)}),
    ({}, {"scale": (1, 5)}),
    ({"dictionary": pd.DataFrame({"variable": ["q"], "level": ["ordinal"], "labels": ["1|2|3|4|5"]})}, {}),
    ({"dictionary": pd.DataFrame({"variable": ["q"], "level": [""], "labels": ["1=worst|5=best"]})}, {}),
])
def test_the_ends_of_a_scale_are_those_declared(how, call):
    with asked_of({"q": MIDDLE}, **how) as study:
        items = pd.DataFrame({"stage": "Use", "question": "q", "kind": ["csat", "emotion", "ces"]})
        got = stage_metrics(study, items, **call).set_index("kind")
        assert got.loc["csat", "value"] == pytest.approx(.2) and got.loc["emotion", "value"] == pytest.approx(0) and got.loc["ces", "value"] == 3
        assert got[["lowest", "highest"]].values.tolist() == [[0, 1], [-2, 2], [1, 5]]
        needs = stage_opportunities(study, {"speed": ("q", "q")}, **call)
        assert needs.loc[0, "importance"] == pytest.approx(2)


@pytest.mark.parametrize("how", [{}, {"levels": {"q": "ordinal"}}, {"levels": {"q": "numeric"}}])
@pytest.mark.parametrize("kind", ["csat", "emotion", "ces"])
def test_answers_that_merely_occur_are_no_scale(how, kind):
    with asked_of({"q": MIDDLE}, **how) as study:
        with pytest.raises(BadInput, match=r"without ends: the answers go from 2 to 4.*scale=\(lowest, highest\)"): stage_metrics(study, {"Use": {"q": kind}})
        with pytest.raises(BadInput, match="without ends"): stage_opportunities(study, {"speed": ("q", "q")})
        mean = stage_metrics(study, {"Use": {"q": "mean"}}).iloc[0]
        assert mean["value"] == 3 and np.isnan(mean["lowest"])


def test_a_scale_in_words_needs_all_its_words():
    words = ["disagree", "neither", "agree"] * 8
    with asked_of({"q": words}) as study:
        with pytest.raises(BadInput, match="in words without ends: 3 of them occur.*levels="): stage_metrics(study, {"Use": {"q": "csat"}}, scale=(1, 5))
    five = ["strongly disagree", "disagree", "neither", "agree", "strongly agree"]
    with asked_of({"q": words}, levels={"q": five}) as study:
        assert stage_metrics(study, {"Use": {"q": "csat"}}).loc[0, "value"] == pytest.approx(1 / 3)


def test_a_recommendation_is_asked_from_0_to_10_whoever_answered():
    with asked_of({"nps": [9, 8, 7, 3, 9] * 4}) as study:       # by its answers a scale from 3 to 9
        assert stage_metrics(study, {"Use": {"nps": "nps"}}, scale=(1, 5)).loc[0, "value"] == pytest.approx(.4 - .2)
    with asked_of({"nps": [9, 8, 7, 3, 11] * 4}, levels={"nps": "numeric"}) as study:
        with pytest.raises(BadInput, match="off the scale, such as 11.*0 to 10"): stage_metrics(study, {"Use": {"nps": "nps"}})


def test_a_question_has_a_scale_of_its_own_and_keeps_to_it():
    with asked_of({"q": MIDDLE, "r": [1, 2, 3, 4, 5] * 4}, levels={"r": [1, 2, 3, 4, 5]}) as study:
        items = pd.DataFrame({"stage": "Use", "question": ["q", "r"], "kind": "ces", "scale": [(1, 7), None]})
        assert stage_metrics(study, items, scale=(0, 9))[["lowest", "highest"]].values.tolist() == [[1, 7], [1, 5]]
        with pytest.raises(BadInput, match="4 answers off the scale, such as 2"): stage_metrics(study, items.assign(scale=[(3, 7), None]))
        with pytest.raises(BadInput, match=r"scale='1-7'.*\(lowest, highest\)"): stage_metrics(study, items.assign(scale="1-7"))


def test_what_a_figure_counts_is_said_with_its_scale():
    asked = pd.DataFrame({"stage": "Use", "question": ["q", "q", "q", "r", "pass", "paid", "spent"], "kind": ["csat", "ces", "emotion", "nps", "share", "share", "mean"],
                          "answer": [None] * 4 + ["year pass", None, None]})
    answers = {"q": MIDDLE, "r": [9, 8, 7, 3, 9] * 4, "pass": ["year pass", "none"] * 10, "paid": ["yes", "no"] * 10, "spent": [10.5, 3.25] * 10}
    with asked_of(answers, levels={"q": [1, 2, 3, 4, 5], "spent": "numeric"}) as study:
        got = stage_metrics(study, asked)
    said = {(r.question, r.kind): _kind_words(r.kind, r.lowest, r.highest, r.answer) for r in got.itertuples()}
    assert said == {("q", "csat"): "two best answers, 0 to 100 %", ("q", "ces"): "mean, 1 to 5", ("q", "emotion"): "mean, −2 to +2", ("spent", "mean"): "mean",
                    ("r", "nps"): "net promoter score, −100 to +100", ("pass", "share"): "share of year pass, 0 to 100 %",
                    ("paid", "share"): "share of yes, 0 to 100 %"}
    assert len(got.attrs["notes"]) == 1 and "'spent'" in got.attrs["notes"][0] and "scale=(lowest, highest)" in got.attrs["notes"][0]
    assert _kind_words("mean", -3, 3) == "mean, −3 to 3" and _kind_words("share") == "share, 0 to 100 %", "a share of a log has no answer"


def study_with_stage(study) -> None:
    from personabench.codebook import add_code

    add_code(study, "Use", facet="stage", order=1)


def test_the_newest_survey_that_asked_speaks_unless_another_is_named(sample):
    ask = {"Sign-up": {"had_payment_failure": "share"}}
    newest, first = stage_metrics(sample, ask).iloc[0], stage_metrics(sample, ask, survey="wave1").iloc[0]
    assert newest["source"] == "wave2" and newest["value"] < .1 < .35 < first["value"] and first["source"] == "wave1"
    persona = SimpleNamespace(name="Nora", cases=["P01", "P02", "P03", "P04"], survey="wave1")
    mine = stage_metrics(sample, ask, persona=persona).iloc[0]
    assert (mine["source"], mine["n"]) == ("wave1", 4)


def test_nobody_asked_is_a_blank_and_two_have_no_interval_of_a_mean(sample):
    ask = {"Sign-up": {"ease_signup": "emotion", "had_payment_failure": "share"}}
    nobody = stage_metrics(sample, ask, persona=SimpleNamespace(name="Nobody", cases=["P09", "P15"], survey="wave1"))   # never surveyed
    assert (nobody["n"] == 0).all() and nobody[["value", "low", "high"]].isna().all(axis=None)
    two = stage_metrics(sample, ask, cases=["P01", "P02"], survey="wave1")
    assert two.loc[0, "value"] == two.loc[0, "value"] and np.isnan(two.loc[0, "low"]) and two.loc[1, "low"] == two.loc[1, "low"]


def test_the_withdrawn_answer_nothing(sample):
    assert stage_metrics(sample, {"Sign-up": {"had_payment_failure": "share"}}, cases=["P14"], survey="wave1")["n"].tolist() == [0]


def test_survey_feelings_never_mix_with_coded_ones(sample):
    trip = journey(sample)
    more = trip.with_metrics(stage_metrics(sample, {"Sign-up": {"ease_signup": "emotion"}}))
    pd.testing.assert_frame_equal(more.stages, trip.stages)
    pd.testing.assert_frame_equal(more.emotions, trip.emotions)
    assert more.metrics["kind"].tolist() == ["emotion"]


@pytest.mark.parametrize("items, said", [
    ({"Signup": {"ease_signup": "mean"}}, "stage 'Signup'.*did you mean 'Sign-up'"),
    ({"Sign-up": {"ease_sign_up": "mean"}}, "question 'ease_sign_up'.*did you mean 'ease_signup'"),
    ({"Sign-up": {"ease_signup": "meen"}}, "kind 'meen'.*did you mean 'mean'"),
    ({"Sign-up": "ease_signup"}, "a dict question -> kind"),
    ({"Sign-up": {"pass_type": "mean"}}, "nominal answers.*kind 'share'"),
    ({"Sign-up": {"pass_type": "share"}}, "means yes.*answer"),
    ({"Sign-up": {"rides_per_month": "emotion"}}, "without ends"),
    ({"Sign-up": {"ease_signup": "nps"}}, "from 1 to 5.*0 to 10"),
    (pd.DataFrame({"stage": ["Sign-up"], "kind": ["mean"]}), "no column 'question'"),
])
def test_bad_items_say_what_is_wrong(sample, items, said):
    with pytest.raises((BadInput, NoSuchName), match=said): stage_metrics(sample, items)


def test_unknown_surveys_people_and_segments_are_named(sample):
    ask = {"Sign-up": {"ease_signup": "mean"}}
    with pytest.raises(NoSuchName, match="survey 'wave3'.*'wave1'"): stage_metrics(sample, ask, survey="wave3")
    with pytest.raises(NoSuchCase, match="'Q1'"): stage_metrics(sample, ask, cases=["Q1"])
    with pytest.raises(NoSuchName, match="segment 'A'"): stage_metrics(sample, ask, segment="A")
    with pytest.raises(BadInput, match="at most one"): stage_metrics(sample, ask, segment="A", cases=["P01"])


# -- Logs -----------------------------------------------------------------------------------------------------------------------
def test_a_log_tells_shares_losses_and_seconds():
    rows = [(c, 10 * i, "see") for i, c in enumerate("abcdefghij")] + [(c, 10 * i + 5 * (i + 1), "buy") for i, c in enumerate("abcdefgh")]
    got = event_metrics(journey_from_events(pd.DataFrame(rows, columns=["case", "time", "event"]), stages=["see", "buy"]))
    assert list(got) == METRICS and got["kind"].tolist() == ["share", "share", "drop-off", "seconds"] and set(got["source"]) == {"log"}
    assert got.loc[1, ["value", "low", "high", "n"]].tolist() == pytest.approx([.8, *wilson(8, 10), 10])
    assert got.loc[2, ["value", "low", "high", "n"]].tolist() == pytest.approx([.2, *wilson(2, 10), 10])
    assert got.loc[3, ["value", "low", "high", "n"]].tolist() == [22.5, 5, 40, 8]     # of eight the first and the last


def test_a_stage_that_the_log_has_no_event_of_has_no_figures():
    log = journey_from_events(pd.DataFrame([("a", 0, "see"), ("a", 9, "buy"), ("b", 0, "see")], columns=["case", "time", "event"]), stages=["see", "buy", "thank"])
    got = event_metrics(log)
    assert set(got["stage"]) == {"see", "buy"} and got.loc[got["metric"].eq("lost since the stage before"), "value"].tolist() == [.5]
    assert "3. thank: no event of it in the log." in log.explain()


def test_a_log_whose_stages_were_discovered_tells_visitors_and_no_losses():
    rows = [(f"p{i}", t, e) for i in range(10) for t, e in enumerate("abd" if i % 2 else "acd")]
    got = event_metrics(journey_from_events(pd.DataFrame(rows, columns=["case", "time", "event"])))
    assert list(got) == METRICS and set(got["metric"]) == {"visited"} and got.set_index("stage")["value"].to_dict() == {"a": 1, "b": .5, "c": .5, "d": 1}


@pytest.mark.parametrize("n, ranks", GOLDEN["median"].items())
def test_the_interval_of_a_median_has_the_published_ranks(n, ranks):
    assert _median(np.random.default_rng(0).permutation(np.arange(1., int(n) + 1)))[1:3] == tuple(ranks)


def test_a_median_of_few_has_no_interval():
    assert _median(np.arange(5.))[0] == 2 and np.isnan(_median(np.arange(5.))[1:3]).all() and _median(np.array([]))[3] == 0


def test_a_log_whose_visits_are_gone_still_tells_its_median():
    log = journey_from_events(pd.DataFrame([("a", 0, "see"), ("a", 9, "buy")], columns=["case", "time", "event"]), stages=["see", "buy"])
    row = event_metrics(replace(log, visits=None)).iloc[-1]
    assert row["value"] == 9 and np.isnan(row["low"]) and row["n"] == 1


# -- Opportunities --------------------------------------------------------------------------------------------------------------
def test_the_planted_order_of_opportunities_is_found(sample):
    got = stage_opportunities(sample, NEEDS, survey="wave1", stages={"dock": "Regular use", "support": "Support"})
    assert got["need"].tolist() == TRUTH["traps"]["12_opportunities"]["order"]
    assert got["stage"].tolist() == ["Regular use", "Support", None, None, None]
    assert list(got)[:9] == ["need", "stage", "importance", "satisfaction", "score", "low", "high", "first", "n"]
    assert (got["low"] < got["score"]).all() and (got["score"] < got["high"]).all() and got["first"].iloc[0] == 1


def test_scores_are_importance_and_what_is_missing_of_it_weighted():
    data = {"want": [5, 4, 5, 1, 2, 4, 3, 5, 5, 1, 4, 2], "have": [1, 2, 5, 4, 1, 2, 3, 1, 4, 4, 2, 1], "w": [1, 2, 3, 1, 1, 2, 1, 1, 4, 1, 2, 1]}
    with asked_of(data, weights="w", levels={"want": [1, 2, 3, 4, 5], "have": [1, 2, 3, 4, 5]}) as study:
        got = stage_opportunities(study, {"speed": ("want", "have"), "calm": ("have", "want")}).set_index("need")
    high = {k: 10 * np.average(np.array(data[k]) >= 4, weights=data["w"]) for k in ("want", "have")}
    assert high["want"] > high["have"]
    assert tuple(got.loc["speed", ["importance", "satisfaction", "score"]]) == pytest.approx((high["want"], high["have"], 2 * high["want"] - high["have"]))
    assert got.loc["calm", "score"] == pytest.approx(high["have"]), "more satisfied than important: nothing is missing, nothing is taken off"


def test_few_people_have_scores_without_intervals_and_none_have_none(sample):
    few = stage_opportunities(sample, NEEDS, survey="wave1", persona=SimpleNamespace(name="Nora", cases=["P01", "P02", "P03", "P04"]))
    assert few["score"].notna().any() and few[["low", "high", "first"]].isna().all(axis=None) and few["n"].max() == 4
    none = stage_opportunities(sample, NEEDS, survey="wave1", persona=SimpleNamespace(name="Nobody", cases=["P09"]))
    assert none["n"].tolist() == [0] * 5 and none["score"].isna().all() and set(none["need"]) == set(NEEDS)


@pytest.mark.parametrize("pairs, how, said", [
    ({}, {}, "no needs"), ({"dock": "imp_dock"}, {}, "two questions"), ({"dock": ("imp_dock", "sat_dock")}, {}, "question 'sat_dock'.*did you mean"),
    (NEEDS, {"stages": {"docks": "Support"}}, "need 'docks'.*did you mean 'dock'"), (NEEDS, {"stages": {"dock": "Using"}}, "stage 'Using'"),
    ({"dock": ("imp_dock", "age")}, {}, "'age'.*numeric answers"), ({"dock": ("imp_dock", "owns_car")}, {}, "'owns_car'.*ordered"),
])
def test_bad_pairs_say_what_is_wrong(sample, pairs, how, said):
    with pytest.raises((BadInput, NoSuchName), match=said): stage_opportunities(sample, pairs, **how)


def test_two_scales_are_refused():
    with Study(":memory:", coder="MB", create=True) as study:
        data = pd.DataFrame({"id": [f"R{i}" for i in range(35)], "want": [1, 2, 3, 4, 5] * 7, "have": [1, 2, 3, 4, 5, 6, 7] * 5})
        import_survey(study, data, id="id", name="w", levels={"want": [1, 2, 3, 4, 5], "have": list(range(1, 8))})
        with pytest.raises(BadInput, match="want: 1 to 5, have: 1 to 7"): stage_opportunities(study, {"speed": ("want", "have")})


# -- Pains ----------------------------------------------------------------------------------------------------------------------
def test_severity_times_reach_has_the_interval_of_the_reference():
    want = GOLDEN["pain"]
    rows = [*felt("Use", want["felt"]), *[(p, "Use", "pain", "slow") for p in "ABCDE"], *[(p, "Use", None, None) for p in "FGH"]]
    got = pain_severity(told(*rows)).iloc[0]
    assert (got["people"], got["of"], got["n_severity"]) == (5, 8, 5)
    assert (got["reach_low"], got["reach_high"]) == pytest.approx(want["reach"], abs=1e-9)
    assert (got["severity"], got["severity_low"], got["severity_high"]) == pytest.approx(want["severity"], abs=1e-9)
    assert (got["score"], got["low"], got["high"]) == pytest.approx(want["score"], abs=1e-9)


def test_heavier_pains_come_first_and_unknown_ones_last():
    rows = [*felt("Use", [-2, -2, -1, 1]), *[(p, "Use", "pain", "slow") for p in "ABC"], ("D", "Use", "pain", "dear"), *[(p, "Use", "pain", "ugly") for p in "EF"]]
    got = pain_severity(told(*rows))
    assert got["pain"].tolist() == ["slow", "dear", "ugly"] and got["score"].tolist()[1] == 0       # who has it felt good
    assert got[["severity", "score", "low", "high"]].iloc[2].isna().all() and got["n_severity"].tolist() == [3, 1, 0] and np.isnan(got["low"].iloc[1])


def test_a_journey_without_pains_has_an_empty_table():
    got = pain_severity(told(*felt("Use", [1, 2])))
    assert got.empty and list(got)[:3] == ["stage", "pain", "people"] and list(got)[-3:] == ["score", "low", "high"]


lines = st.lists(st.tuples(st.sampled_from("ABCDEFGH"), st.sampled_from(["Buy", "Use"]), st.sampled_from(["emotion", "pain", "touchpoint"]), st.integers(-2, 2)),
                 min_size=1, max_size=25)


def spoken(rows, who=lambda p: p) -> list[tuple]:
    return [(who(p), s, f, f"{f} {v}", *([v] if f == "emotion" else [])) for p, s, f, v in rows]


@settings(max_examples=15)
@given(lines, st.permutations("ABCDEFGH"))
def test_it_does_not_matter_who_is_who(rows, others):
    names = dict(zip("ABCDEFGH", others))
    codes = pd.DataFrame({"code": ["Buy", "Use"], "facet": "stage", "order": [1, 2]})
    one, two = told(*spoken(rows), codes=codes), told(*spoken(rows, names.get), codes=codes)
    pd.testing.assert_frame_equal(pain_severity(one), pain_severity(two))
    pd.testing.assert_frame_equal(one.gaps, two.gaps)
    pd.testing.assert_frame_equal(one.touchpoints, two.touchpoints)


@settings(max_examples=15)
@given(lines, st.data())
def test_a_coding_said_twice_changes_no_people(rows, data):
    codes = pd.DataFrame({"code": ["Buy", "Use"], "facet": "stage", "order": [1, 2]})
    again = data.draw(st.sampled_from(rows))
    one, two = told(*spoken(rows), codes=codes), told(*spoken([*rows, again]), codes=codes)
    for a, b in ((one.pains, two.pains), (one.touchpoints, two.touchpoints)):
        pd.testing.assert_frame_equal(*(t.drop(columns="codings").sort_values(list(t)[:2], ignore_index=True) for t in (a, b)))
    assert one.stages["n_people"].tolist() == two.stages["n_people"].tolist() and one.gaps["n"].tolist() == two.gaps["n"].tolist()


@settings(max_examples=15)
@given(lines)
def test_pains_stay_on_their_scale_and_inside_their_interval(rows):
    got = pain_severity(told(*spoken(rows)))
    known = got[got["low"].notna()]
    assert got["score"].dropna().between(0, 2).all() and got["reach"].between(0, 1).all()
    assert (known["low"] <= known["score"] + 1e-12).all() and (known["score"] <= known["high"] + 1e-12).all() and known["high"].le(2).all()


# -- Differences ----------------------------------------------------------------------------------------------------------------
def two_sides():
    welch = GOLDEN["welch"]
    tables = dict(zip(["slow", "dear"], GOLDEN["fisher"]["tables"]))
    sides = []
    for people, values, at in (("ABCDE", welch["a"], 0), ("VWXY", welch["b"], 2)):
        rows = [*felt("Use", values, people), *[(p, "Use", "pain", pain) for pain, t in tables.items() for p in people[:t[at]]]]
        sides.append(told(*rows, name=people))
    return sides


def test_differences_are_those_of_r():
    got = compare_journeys(two_sides()).set_index("measure")
    want = GOLDEN["welch"]
    assert tuple(got.loc["emotion", ["difference", "low", "high", "p"]]) == pytest.approx((want["difference"], want["low"], want["high"], want["p"]), abs=1e-9)
    assert got.loc[["slow", "dear"], "p"].tolist() == pytest.approx(GOLDEN["fisher"]["p"])
    assert got.loc[["emotion", "slow", "dear"], "q"].tolist() == pytest.approx(GOLDEN["bh"])
    newcombe = share_difference((0, 4), (4, 5))
    assert tuple(got.loc["slow", ["value_a", "value_b", "difference", "low", "high"]]) == pytest.approx((.8, 0, .8, newcombe.low, newcombe.high))
    assert got.loc["slow", ["a", "b", "n_a", "n_b"]].tolist() == ["ABCDE", "VWXY", 5, 4] and np.isnan(got.loc["expectation", "p"])


def test_turned_round_a_difference_has_the_other_sign():
    a, b = two_sides()
    one, two = (compare_journeys(pair).set_index(["stage", "measure"]).sort_index() for pair in ([a, b], [b, a]))
    for mine, yours, sign in (("difference", "difference", -1), ("low", "high", -1), ("p", "p", 1)):
        assert one[mine].to_numpy(float) == pytest.approx(sign * two[yours].to_numpy(float), nan_ok=True)


def test_people_in_both_are_left_out_and_said():
    a = told(*felt("Use", [1, 1, 2, -2]), *[(p, "Use", "pain", "slow") for p in "ABD"], name="a")
    b = told(*felt("Use", [-2, -1, -1, -2], "DEFG"), ("D", "Use", "pain", "slow"), name="b")
    got = compare_journeys([a, b])
    row = got.set_index("measure")
    assert row.loc["emotion", ["value_a", "n_a", "n_b", "left_out"]].tolist() == [pytest.approx(4 / 3), 3, 3, 1]
    assert row.loc["slow", ["value_a", "value_b", "n_a", "n_b"]].tolist() == [pytest.approx(2 / 3), 0, 3, 3]
    assert got.attrs["notes"] == ["People who are in a and in b, left out of their comparison: 1."]


def test_the_same_people_twice_leave_nothing_to_compare():
    one = told(*felt("Use", [1, 2, 0]), ("A", "Use", "pain", "slow"))
    got = compare_journeys([replace(one, name="a"), replace(one, name="b")])
    assert got["p"].isna().all() and (got["n_a"] == 0).all() and got["difference"].isna().all() and got["left_out"].eq(3).all()


def test_few_people_are_not_tested_and_stages_of_one_side_are_blank():
    a, b = told(*felt("Buy", [1, 2]), *felt("Use", [1, 2, 0]), name="a"), told(*felt("Use", [-1, -2], "VW"), name="b")
    got = compare_journeys([a, b]).set_index(["stage", "measure"])
    assert got["p"].isna().all() and got.loc[("Use", "emotion"), "difference"] == 2.5 and np.isnan(got.loc[("Buy", "emotion"), "difference"])


def test_three_journeys_are_compared_two_by_two_and_corrected_together():
    a, b = two_sides()
    c = told(*felt("Use", [0, 1, 0], "PQR"), name="c")
    got = compare_journeys([a, b, c])
    assert set(zip(got["a"], got["b"])) == {("ABCDE", "VWXY"), ("ABCDE", "c"), ("VWXY", "c")}
    from personabench.statistics import benjamini_hochberg
    assert got["q"].to_numpy(float) == pytest.approx(benjamini_hochberg(got["p"].astype(float)), nan_ok=True)


def test_comparing_needs_two_names():
    one = told(*felt("Use", [1]))
    with pytest.raises(BadInput, match="two or more"): compare_journeys([one])
    with pytest.raises(BadInput, match="different names"): compare_journeys([one, one])


# -- Planned --------------------------------------------------------------------------------------------------------------------
def trip_with_touchpoints():
    rows = [("A", "Buy", "touchpoint", "Web site"), ("B", "Buy", "touchpoint", "Web site"), ("C", "Buy", "touchpoint", "Shop"), ("A", "Use", "pain", "slow")]
    return told(*rows, codes=pd.DataFrame({"code": ["Know", "Buy", "Use"], "facet": "stage", "order": [1, 2, 3]}))


def test_deviations_tell_planned_met_and_unplanned():
    rows = [("Use", "App", "IT", 1), ("Buy", "Clerk", "sales", 2), ("Buy", " web  Site", "IT", 1), ("Know", "Poster", "ads", 1)]
    plan = pd.DataFrame(rows, columns=["stage", "touchpoint", "owner", "order"])
    got = journey_deviations(trip_with_touchpoints(), plan)
    assert got[["stage", "touchpoint", "status"]].values.tolist() == [["Know", "Poster", "not met"], ["Buy", " web  Site", "as planned"], ["Buy", "Clerk", "not met"],
                                                                     ["Buy", "Shop", "not planned"], ["Use", "App", "not met"]]
    assert got[["people", "of"]].values.tolist() == [[0, 0], [2, 3], [0, 3], [1, 3], [0, 1]] and got["owner"].tolist()[:3] == ["ads", "IT", "sales"]
    assert (got.loc[1, "low"], got.loc[1, "high"]) == pytest.approx(wilson(2, 3))
    assert got.loc[2, "share"] == 0 and got.loc[[0], ["share", "low", "high"]].isna().all(axis=None)
    assert got.attrs["notes"] == ["Nobody of 3 people told of the planned stage 'Know'."]


def test_a_planned_stage_that_nobody_told_of_is_not_met_and_stands_where_the_plan_has_it():
    rows = [("Before", "Poster"), ("Buy", "Shop"), ("Delivery", "Parcel"), ("Delivery", "Call"), ("Use", "App"), ("Buyy", "Shop")]
    got = journey_deviations(trip_with_touchpoints(), pd.DataFrame(rows, columns=["stage", "touchpoint"]).assign(owner="us"))
    assert got[["stage", "touchpoint", "status"]].values.tolist() == [
        ["Before", "Poster", "not met"], ["Buy", "Shop", "as planned"], ["Buy", "Web site", "not planned"], ["Delivery", "Parcel", "not met"],
        ["Delivery", "Call", "not met"], ["Use", "App", "not met"], ["Buyy", "Shop", "not met"]]
    lost = got[got["stage"].isin(["Before", "Delivery", "Buyy"])]
    assert (lost["of"] == 0).all() and (lost["people"] == 0).all() and lost[["share", "low", "high"]].isna().all(axis=None) and (lost["owner"] == "us").all()
    assert [n for n in got.attrs["notes"] if "stage" in n and "planned" in n] == [
        "Nobody of 3 people told of the planned stage 'Before'.", "Nobody of 3 people told of the planned stage 'Delivery'.",
        "Nobody of 3 people told of the planned stage 'Buyy': did you mean 'Buy'?"]


def test_where_nobody_met_anything_the_plan_is_not_met():
    got = journey_deviations(told(("A", "Use", "pain", "slow")), pd.DataFrame({"stage": ["Use"], "touchpoint": ["App"]}))
    assert got[["status", "people", "of"]].values.tolist() == [["not met", 0, 1]]


def test_spellings_of_one_touchpoint_are_counted_together_and_each_person_once():
    trip = told(("A", "Buy", "touchpoint", "App"), *[(p, "Buy", "touchpoint", "app") for p in "ABC"], ("D", "Buy", "pain", "slow"))
    got = journey_deviations(trip, pd.DataFrame({"stage": ["Buy"], "touchpoint": ["APP"]}))
    assert got[["touchpoint", "status", "people", "of"]].values.tolist() == [["APP", "as planned", 3, 4]]
    open_ = journey_deviations(trip, pd.DataFrame({"stage": ["Buy"], "touchpoint": ["Shop"]}))
    assert open_["status"].tolist() == ["not met", "not planned"] and open_["people"].tolist() == [0, 3]


@pytest.mark.parametrize("name", [None, "", "  ", np.nan])
def test_a_plan_without_a_touchpoint_is_refused(name):
    plan = pd.DataFrame({"stage": ["Buy", "Buy"], "touchpoint": pd.Series(["Shop", name], dtype=object)})
    with pytest.raises(BadInput, match="planned, row 1.*no touchpoint"): journey_deviations(trip_with_touchpoints(), plan)


def test_a_planned_column_that_is_there_twice_is_named():
    plan = pd.DataFrame([["Buy", "Shop", "Buy"]], columns=["stage", "touchpoint", "stage"])
    with pytest.raises(BadInput, match="the column 'stage' twice"): journey_deviations(trip_with_touchpoints(), plan)


def test_a_misspelt_touchpoint_is_told():
    got = journey_deviations(trip_with_touchpoints(), pd.DataFrame({"stage": ["Buy"], "touchpoint": ["Website"]}))
    assert got.attrs["notes"] == ["Nobody met 'Website' in any stage: did you mean 'Web site'?"]
    assert journey_deviations(trip_with_touchpoints(), pd.DataFrame({"stage": ["Buy"], "touchpoint": ["Zeppelin"]})).attrs["notes"] == []


def test_a_bad_plan_says_what_is_wrong():
    trip = trip_with_touchpoints()
    with pytest.raises(BadInput, match="planned, row 0.*no stage"): journey_deviations(trip, pd.DataFrame({"stage": [None], "touchpoint": ["App"]}))
    with pytest.raises(BadInput, match="no column 'touchpoint'"): journey_deviations(trip, pd.DataFrame({"stage": ["Buy"]}))
    got = journey_deviations(trip, pd.DataFrame({"stage": ["Buy"], "touchpoint": ["Shop"], "share": [.9]}))
    assert got.loc[0, "planned_share"] == .9 and got["status"].tolist() == ["as planned", "not planned"]


# -- Strategies -----------------------------------------------------------------------------------------------------------------
def test_each_strategy_leads_to_its_codings():
    rows = [*felt("Use", [-2, -1, -2, -2]), *[(p, "Use", "expectation", "hopes", 1) for p in "ABCD"],
            *[(p, "Use", "pain", "slow") for p in "ABC"], ("A", "Use", "pain", "dear"), ("C", "Use", "need", "speed"),
            *[(p, "Use", "gain", "light") for p in "AB"], *[(p, "Use", "touchpoint", "App") for p in "AB"]]
    trip = told(*rows)
    needs = pd.DataFrame({"need": ["Speed", "price"], "stage": ["Use", None], "importance": 9., "satisfaction": [2., 3.], "score": [16., 15.],
                          "low": [14., 12.], "high": [17., 16.], "n": 80})
    got = suggest_strategies(trip, opportunities=needs)
    about = [words.split(":")[-1].strip() for words in got["strategy"]]
    assert about == ["slow", "Keep what people were led to expect, or promise less", "Speed", "light"]
    for code, held in zip(["slow", None, "speed", "light"], got["coding_ids"]):
        assert code is None or held == trip.quotes.loc[trip.quotes["code"] == code, "coding_id"].tolist(), code
    assert got["pain"].tolist() == ["slow", None, None, None] and got[["people", "of"]].values.tolist() == [[3, 4], [4, 4], [1, 4], [2, 4]]
    assert got["channel"].tolist() == ["App", "App", None, "App"], "who needs speed named no touchpoint"
    assert "3 of 4 people" in got["why"][0] and "16.0 (14.0 to 17.0) of 20 (survey, n = 80)" in got["why"][2]


def test_what_is_satisfied_or_unsure_suggests_nothing():
    trip = told(*felt("Use", [2, -2, 0]), *[(p, "Use", "expectation", "hopes", v) for p, v in zip("ABC", [1, 1, 1])])
    gap = trip.gaps.iloc[0]
    assert gap["gap"] < 0 < gap["high"], "a gap that may be none"
    needs = pd.DataFrame({"need": ["calm"], "stage": ["Use"], "importance": 3., "satisfaction": [8.], "score": [3.], "low": [2.], "high": [4.], "n": 80})
    assert suggest_strategies(trip, opportunities=needs).empty


def test_a_gap_of_some_rests_on_their_words_only():
    rows = [*felt("Use", [-2, -1, -2]), *felt("Use", [2, 2, 1, 2], "DEFG"), *[(p, "Use", "expectation", "hopes", 1) for p in "ABC"]]
    trip = told(*rows)
    row = suggest_strategies(trip).iloc[0]
    assert row["people"] == 3 and row["of"] == 7 and "−1.7 against +1.0" in row["why"]
    mine = trip.quotes.set_index("coding_id").loc[row["coding_ids"]]
    assert set(mine["case"]) == set("ABC") and set(mine["facet"]) == {"emotion", "expectation"} and len(mine) == 6


def test_channels_are_those_given_then_coded_then_met():
    rows = [("A", "Buy", "pain", "slow"), ("B", "Buy", "pain", "slow"), ("A", "Buy", "channel", "Phone"), *[(p, "Buy", "touchpoint", "App") for p in "AB"],
            ("A", "Use", "pain", "dear"), ("B", "Use", "pain", "dear")]
    trip = told(*rows)
    assert suggest_strategies(trip)["channel"].tolist() == ["Phone", None]
    given = pd.DataFrame({"stage": ["Use", "Use"], "channel": ["Chat", "Mail"], "people": [3, 9]})
    assert suggest_strategies(trip, channels=given)["channel"].tolist() == ["Phone", "Mail"]


def spans(*rows):
    "A journey of one stage, Use, from (person, start, end, facet, code); each person has a source of their own."
    who = dict.fromkeys(r[0] for r in rows)
    full = [(p, 0, 0, 999, "Use", "stage") for p in who] + [(p, 0, *rest[:2], rest[3], rest[2]) for p, *rest in rows]
    d = pd.DataFrame(full, columns=["source", "turn", "start", "end", "code", "facet"])
    return journey_from_codings(d.assign(case=d["source"], quote="words", valence=None, coding_id=range(len(d)), role="participant", coder="MB"))


def where(*rows) -> dict:
    got = suggest_strategies(spans(*rows))
    return dict(zip(got["strategy"].str.split(": ").str[-1], got["channel"]))


def test_the_channel_is_that_of_the_people_with_the_pain_not_of_the_stage():
    app = [(p, 500, 510, "touchpoint", "App") for p in "VWXYZ"]      # most people of the stage, and none of those with the pain
    full = [(p, 10, 20, "pain", "Full dock") for p in "ABC"]
    assert where(*full, *app) == {"Full dock": None}
    assert where(*full, *app, ("A", 500, 510, "touchpoint", "Dock")) == {"Full dock": None}, "one of three is not where it happens"
    assert where(*full, *app, *[(p, 500, 510, "touchpoint", "Dock") for p in "AB"]) == {"Full dock": "Dock"}
    assert where(*full, *[(p, 500, 510, "touchpoint", t) for p in "AB" for t in ("Dock", "App")]) == {"Full dock": "App and Dock"}, "a tie names both"


def test_the_words_of_a_pain_say_where_before_other_words_do():
    full = [(p, 10, 20, "pain", "Full dock") for p in "ABC"]
    there, else_where = [(p, 15, 25, "touchpoint", "Dock") for p in "AB"], [(p, 500, 510, "touchpoint", "App") for p in "ABC"]
    assert where(*full, *there, *else_where) == {"Full dock": "Dock"}
    assert where(*full, *[(p, 20, 25, "touchpoint", "Dock") for p in "AB"], *else_where) == {"Full dock": "App"}, "beside the pain is not in it"
    assert where(*full, *there, ("A", 12, 13, "channel", "Phone"), ("B", 12, 13, "channel", "Phone")) == {"Full dock": "Phone"}, "channels first"


def test_given_channels_that_tie_are_both_named():
    given = pd.DataFrame({"stage": "Use", "channel": ["Chat", "Mail", "Shop"], "people": [9, 9, 3]})
    assert suggest_strategies(spans(*[(p, 10, 20, "pain", "slow") for p in "AB"]), channels=given)["channel"].tolist() == ["Chat and Mail"]


def test_nothing_told_suggests_nothing_and_bad_tables_are_named():
    trip = told(("A", "Use", None, None))
    got = suggest_strategies(trip)
    assert got.empty and list(got) == ["stage", "strategy", "why", "pain", "people", "of", "channel", "coding_ids"]
    with pytest.raises(BadInput, match="channels.*'people'"): suggest_strategies(trip, channels=pd.DataFrame({"stage": ["Use"], "channel": ["x"]}))
    needs = pd.DataFrame({"need": ["x"], "stage": ["Uze"], "importance": 9., "satisfaction": 1., "score": 17., "low": 1., "high": 2., "n": 9})
    with pytest.raises(NoSuchName, match="did you mean 'Use'"): suggest_strategies(trip, opportunities=needs)


def test_a_journey_of_nobody_has_blanks_everywhere(sample):
    nobody = journey(sample, persona=SimpleNamespace(name="Nobody", cases=[]))
    assert pain_severity(nobody).empty and suggest_strategies(nobody).empty
    got = journey_deviations(nobody, pd.DataFrame({"stage": ["Sign-up"], "touchpoint": ["App"]}))
    assert got["status"].tolist() == [None] and got["of"].tolist() == [0]
    apart = compare_journeys([nobody, replace(journey(sample), name="all")])
    assert apart["p"].isna().all() and apart["difference"].isna().all()


# -- The sample study -----------------------------------------------------------------------------------------------------------
def planted(sample, segment: str | None = None):
    codings = sample.codings
    people = None if segment is None else [case for case, s in TRUTH["segments"]["respondents"].items() if s == segment]
    mine = codings[codings["coder"] == "MB"]
    return journey_from_codings(mine, codes=sample.codes, turns=sample.turns, cases=sample.cases, people=people, name=segment or "all")


@pytest.mark.parametrize("segment", [s for s in TRUTH["journey"]["emotion"] if s != "all"])
def test_the_stage_means_of_each_segment_are_those_that_were_planted(sample, segment):
    stages = planted(sample, segment).stages.set_index("stage")
    for column, n in (("emotion", "n_emotion"), ("expectation", "n_expectation")):
        for stage, want in TRUTH["journey"][column][segment].items():
            assert stages.loc[stage, n] == want["people"], (stage, column)
            assert stages.loc[stage, column] == pytest.approx(want["mean"] if want["people"] else np.nan, abs=.0006, nan_ok=True), (stage, column)


def test_the_planted_gaps_moments_and_heaviest_pain_are_found(sample):
    trip, trap = planted(sample), TRUTH["traps"]["10_expectation_gap"]
    gaps = trip.gaps.set_index("stage")
    for stage, want in trap["gap_all"].items():
        assert gaps.loc[stage, "low"] < want < gaps.loc[stage, "high"] and abs(gaps.loc[stage, "gap"] - want) < .15 and gaps.loc[stage, "how"] == "same people"
    assert gaps["gap"].idxmin() in (trap["stage"], "Awareness") and gaps.loc["Sign-up", "high"] < 0 < gaps.loc[trap["reverse"], "low"]
    known, marked = TRUTH["traps"]["11_peak_and_end"], trip.moments.set_index("moment")
    assert marked["stage"][["peak", "pit", "end"]].tolist() == [known["peak"], known["lowest"], known["end"]]
    assert marked.loc["end", "emotion"] == pytest.approx(known["end_means"]["all"], abs=.0006)
    assert trip.stages.sort_values("emotion")["stage"].tolist()[1] == known["second_lowest"]
    heavy = pain_severity(trip)
    assert heavy.loc[0, ["stage", "pain"]].tolist() == ["Sign-up", "Payment fails"] and heavy["score"].iloc[0] > heavy["score"].iloc[1]


def test_paper_maps_are_the_explorers_and_no_chance_finding_passes_as_one(sample):
    sides = [planted(sample, s) for s in ("Commuters", "Weekend explorers", "Reluctant occasional users")]
    got = compare_journeys(sides)
    maps = got[got["measure"].eq("Paper map") & got["a"].eq("Commuters") & got["b"].eq("Weekend explorers")]
    assert (maps["value_a"] == 0).all() and maps["value_b"].max() >= .5 and (got["q"].dropna() >= got.loc[got["q"].notna(), "p"]).all()
    assert got.attrs["notes"] == []


@pytest.mark.parametrize("ask, says", [
    *((lambda sample, odd=odd: stage_metrics(sample, odd), "items: .*a DataFrame.*question: kind") for odd in (None, 5, ["Sign-up"])),
    (lambda sample: stage_metrics(sample, {"Sign-up": {"ease_signup": ["mean"]}}), "no such kind"),
    *((lambda sample, odd=odd: stage_opportunities(sample, odd), "pairs: .*a dict need -> two questions") for odd in (None, 5, "x", [])),
    *((lambda sample, odd=odd: stage_opportunities(sample, {"near": odd}), "pairs, need 'near'.*two questions") for odd in (None, 5, "ab", ("a",), {"a", "b"})),
    *((lambda sample, odd=odd: journey_deviations(journey(sample), odd), "planned: .*a DataFrame.*touchpoint") for odd in (None, 5, [("Sign-up", "App")])),
    *((lambda sample, odd=odd: suggest_strategies(journey(sample), opportunities=odd), "opportunities: .*a DataFrame.*need") for odd in (5, "x", [1])),
    (lambda sample: suggest_strategies(journey(sample), channels={"stage": []}), "channels: a dict.*a DataFrame"),
    *((lambda sample, odd=odd: suggest_strategies(journey(sample), least=odd), "suggest_strategies, least.*whole number, 1 or more") for odd in (0, -1, "2", 1.5, True))])
def test_what_is_no_table_and_no_count_is_named(sample, ask, says):
    with pytest.raises(BadInput, match=says): ask(sample)


@pytest.mark.parametrize("odd", [5, np.nan])
def test_one_case_that_the_study_has_not_is_named_without_a_list_too(sample, odd):
    with pytest.raises(NoSuchCase, match=f"case '{odd}'"): journey(sample, cases=odd)
