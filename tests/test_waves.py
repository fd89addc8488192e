"""Waves: drift by hand, who is put where, alarms that are rarely false and seldom missed, and what cannot be compared."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from personabench import store
from personabench.checks import check
from personabench.consent import withdraw
from personabench.claims import Claim, Evidence, Persona
from personabench.persona_files import read_personas, write_personas
from personabench.personas import draft_personas
from personabench.sample_data import sample_file
from personabench.schema import BadInput, NoSuchName
from personabench.segmentation import add_segments, segment
from personabench.study import Study
from personabench.survey import Survey, import_survey, read_survey
from personabench.versions import compare
from personabench.waves import LIMITS, add_feedback, compare_waves, review_schedule, stability_index

GOLDEN = json.loads((Path(__file__).parent / "golden" / "differences.json").read_text())


# -- Drift --------------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("row", GOLDEN["psi"], ids=str)
def test_the_index_by_hand_and_by_weights(row: dict):
    words = list("abcd")[:len(row["old"])]
    a, b = (np.repeat(words, row[k]) for k in ("old", "new"))
    assert stability_index(a, b)["psi"] == pytest.approx(row["psi"], abs=1e-6)
    weighted = stability_index(words, words, old_weights=row["old"], new_weights=row["new"])
    assert weighted["psi"] == pytest.approx(row["psi"], abs=1e-6) and weighted["n"] < len(words) + 1e-9  # one respondent each, however heavy


@given(st.lists(st.sampled_from("abc"), min_size=1, max_size=40), st.lists(st.sampled_from("abcd") | st.none(), min_size=1, max_size=40))
def test_the_index_is_never_negative_and_the_same_both_ways_for_categories(a: list, b: list):
    one, other = stability_index(a, b), stability_index(b, a)
    assert one["psi"] >= 0 and one["psi"] == pytest.approx(other["psi"]) and one["table"]["psi"].sum() == pytest.approx(one["psi"])
    assert stability_index(a, a)["psi"] == 0


def test_numbers_are_cut_at_old_deciles_and_gaps_are_a_bin():
    x = pd.Series(np.arange(100.))
    found = stability_index(x, x.where(x >= 50))
    assert found["bins"] == 11 and found["table"].set_index("bin").at["no answer", "new_share"] == .5 and found["psi"] > .25
    assert stability_index(pd.Series([1, 2, 2]), pd.Series([1., 2., np.nan]))["table"]["old_share"].sum() == pytest.approx(1)
    with pytest.raises(BadInput, match="somebody in both waves"): stability_index([], ["a"])


def test_no_change_exceeds_what_chance_gives_in_one_of_twenty():
    rng = np.random.default_rng(0)
    p = [float(stability_index(rng.integers(0, 5, 250).astype(str), rng.integers(0, 5, 180).astype(str))["p"]) for _ in range(300)]
    assert .02 <= np.mean(np.array(p) <= .05) <= .085


# -- Waves --------------------------------------------------------------------------------------------------------------------
def wave_of(rng: np.random.Generator, n: int, name: str, *, share: float = .5, pain: float = .6, drift: float = 0.) -> Survey:
    group = (rng.random(n) < share).astype(int)
    data = pd.DataFrame({"rides": rng.normal(np.where(group, 30, 8), 3), "spend": rng.normal(np.where(group, 12, 30), 3), "age": rng.normal(40 + drift, 10, n),
                         "pain": (rng.random(n) < np.where(group, pain, .2)).astype(int), "ease": rng.integers(1, 6, n),
                             "device": rng.choice(["app", "web", "phone"], n)})
    return read_survey(data.rename(index=lambda i: f"{name}-{i}").rename_axis("respondent"), wave=name, name=name, levels={"ease": "ordinal"})


@pytest.fixture(scope="module")
def first():
    survey = wave_of(np.random.default_rng(7), 300, "1")
    found = segment(survey, variables=["rides", "spend"], k=2, n_boot=0)
    assert found.verdict == "clusters shown"
    return found


def test_a_wave_drawn_again_raises_few_alarms(first):
    "Old and new waves both come from the same people; one wave in twenty may raise an alarm."
    alarms = []
    for seed in range(40):
        rng = np.random.default_rng(seed)
        alarms.append(len(compare_waves(None, old=wave_of(rng, 300, "1"), new=wave_of(rng, 280, "2"), segments=first).alarms) > 0)
    assert sum(alarms) <= 5  # of 40; more than 5 happen once in a hundred at 5 %


@pytest.mark.parametrize("planted, rule, power", [({"share": .68}, "size", .8), ({"pain": .25}, "answers", .9), ({"drift": 8.}, "drift",
    .9)], ids=["size", "answers", "drift"])
def test_a_planted_change_is_found(first, planted: dict, rule: str, power: float):
    found = []
    for seed in range(12):
        rng = np.random.default_rng(100 + seed)
        w = compare_waves(None, old=wave_of(rng, 300, "1"), new=wave_of(rng, 280, "2", **planted), segments=first)
        found.append(w.alarms["rule"].eq(rule).any())
    print(f"\npower for {planted}: {np.mean(found):.0%} of {len(found)} waves of 300 and 280")
    assert np.mean(found) >= power - .15


def test_alarms_name_people_statements_and_questions_and_a_full_fit_is_one_line(first):
    two = wave_of(np.random.default_rng(1), 280, "2", pain=.2, drift=15.)
    two = replace(two, variables=two.variables.assign(question=two.variables["question"].mask(two.variables["variable"].eq("age"), "How old are you?")))
    e = Evidence(kind="survey", survey="1", variable="pain", value=1, n=150, share=.6, low=.5, high=.7, rest=.2)
    segment_of_pain = first.profile(["pain"]).query("value == 1").sort_values("share_or_mean")["segment"].iloc[-1]
    ash = Persona(id="x-1", name="Ash", segment=segment_of_pain, claims=[Claim(id="c-9", text="Payment fails again and again.", facet="pain", evidence=[e])])
    w = compare_waves(None, new=two, segments=first, personas=[ash])
    said = [message.split(",")[0].split(":")[0] for message in w.alarms["message"]]
    assert "Ash" in said and "“How old are you?” (age) drifted" in said and any("Ash: Payment fails again and again: moved, 5" in m for m in w.alarms["message"])
    assert "c-9" not in w.explain() and "x-1" not in w._repr_html_() and "Payment fails again" in w._repr_html_()
    assert "everybody still fits one segment clearly" in w.explain() and "0 to 0" not in w.explain() and "<b>Fit</b>" not in w._repr_html_()
    wider = replace(w, fit=w.fit.assign(new=[.9, .1, .1]))
    assert "mean probability of the own segment" in wider.explain() and "<b>Fit</b>" in wider._repr_html_()


def test_an_alarm_says_what_moved_from_where_to_where(first):
    "“Drifted: index 1.10” told neither that it fell nor from what: good news looked like bad."
    two = wave_of(np.random.default_rng(1), 280, "2", pain=.05, drift=15.)
    two = replace(two, data=two.data.assign(device=two.data["device"].where(np.arange(280) % 2 == 0)))
    w = compare_waves(None, new=two, segments=first)
    alarms, answers = w.alarms.set_index("what")["message"], (first.survey.data["pain"].mean(), two.data["pain"].mean())
    assert "“1” fell from {:.0f} % to {:.0f} %; index".format(*(100 * a for a in answers)) in alarms["pain"], alarms["pain"]
    assert "the mean rose from {:.0f} to {:.0f}; index".format(first.survey.data["age"].mean(), two.data["age"].mean()) in alarms["age"], alarms["age"]
    assert "no answer rose from 0 % to 50 %" in alarms["device"] and alarms["pain"] in w.explain()
    named = [replace(s, variables=s.variables.assign(values=[((0, "never"), (1, "often")) if v == "pain" else x for v, x in
             zip(s.variables["variable"], s.variables["values"])])) for s in (first.survey, two)]
    assert "“often” fell" in compare_waves(None, old=named[0], new=named[1], segments=first).variables.set_index("variable").at["pain", "moved"]
    assert "white-space: normal" in w.alarms._repr_html_() and alarms["device"] in w.alarms.head(20)._repr_html_()


def test_people_who_fit_no_segment_lower_the_certainty(first):
    rng = np.random.default_rng(5)
    odd = wave_of(rng, 280, "2")
    data = odd.data.assign(rides=np.where(np.arange(280) % 2, 19., odd.data["rides"]), spend=np.where(np.arange(280) % 2, 21., odd.data["spend"]))
    data.loc[data.index[:60], ["rides", "spend"]] = np.nan
    w = compare_waves(None, new=replace(odd, data=data), segments=first)
    assert {"certainty", "unassigned"} <= set(w.alarms["rule"]) and w.labels.isna().sum() == 60
    assert w.fit.set_index("measure").at["unassigned", "new"] == pytest.approx(60 / 280)


def test_segments_made_of_noise_ring_no_alarm_of_certainty():
    alarms = Counter()
    for seed in range(6):
        rng = np.random.default_rng(seed)
        one, two = (read_survey(pd.DataFrame(rng.integers(1, 6, (200, 6)), columns=list("abcdef"), index=[f"{w}{i}" for i in range(200)]),
                                name=w, wave=w, levels=dict.fromkeys("abcdef", "ordinal")) for w in "12")
        found = compare_waves(None, new=two, segments=segment(one, k=4, n_boot=0, verdict=False))
        alarms.update(set(found.alarms["rule"]))
        assert any("'not measured'" in note and "less certainty is no alarm" in note for note in found.notes)
    assert not {"certainty", "doubtful"} & set(alarms) and alarms.total() <= 2


def test_who_withdrew_is_in_neither_wave(first):
    study = Study(":memory:", coder="MB", create=True)
    rng = np.random.default_rng(3)
    for name in "12": import_survey(study, wave_of(rng, 300, name).data.reset_index(), id="respondent", name=name, wave=name, levels={"ease": "ordinal"})
    before = compare_waves(study, old="1", new="2", segments=first)
    for case in ("1-0", "1-1", "2-5"): withdraw(study, case=case)
    after = compare_waves(study, old="1", new="2", segments=first)
    people = lambda w: (w.segments["old_people"].sum(), w.segments["new_people"].sum())
    assert people(before) == (300, 300) and people(after) == (298, 299)


class Tool:
    "What a typing tool is to this chapter."
    questions_, segments_ = ["rides"], ["A", "B"]

    def predict_proba(self, answers: pd.DataFrame) -> pd.DataFrame:
        p = 1 / (1 + np.exp(-(answers["rides"] - 19)))
        return pd.DataFrame({"A": p, "B": 1 - p})


def test_any_tool_assigns(first):
    new = wave_of(np.random.default_rng(2), 200, "2")
    w = compare_waves(None, new=new, segments=first, tool=Tool())
    assert w.labels.eq("A").tolist() == new.data["rides"].gt(19).tolist() and "Tool on rides" in w.notes[0]

    class Bare:
        feature_names_in_ = np.array(["rides"])
        def predict(self, answers): return np.where(answers["rides"] > 19, "A", "unassigned")

    bare = compare_waves(None, new=new, segments=first, tool=Bare())
    assert bare.labels.notna().sum() == new.data["rides"].gt(19).sum() and list(bare.segments["segment"]) == ["A"]


def test_what_cannot_be_compared_is_said_and_missing_questions_stop(first):
    new = wave_of(np.random.default_rng(2), 200, "2")
    cut = read_survey(new.data.drop(columns="device").assign(ease=new.data["ease"] * 2), wave="2", name="2", levels={"ease": "ordinal"})
    p = Persona(id="p", name="P", segment="A", claims=[Claim(id="c", text="On the web", facet="channel", evidence=[Evidence(kind="survey",
        survey="1", variable="device", value="web",
                                                                                                                        n=99, share=.3, low=.2, high=.4, rest=.3)])])
    w = compare_waves(None, new=cut, segments=first, personas=[p])
    assert w.changes[["claim", "change"]].values.tolist() == [["c",
        "not comparable"]] and "device: not asked in 2" in w.explain() and "ease: other answers" in w.explain()
    short = replace(new, data=new.data.drop(columns="spend"), variables=new.variables[new.variables["variable"].ne("spend")])
    with pytest.raises(BadInput, match="no answers to 'spend'.*ask them in the next wave"): compare_waves(None, new=short, segments=first)
    with pytest.raises(NoSuchName, match="no survey '3'"): compare_waves(None, new="3", segments=first)
    with pytest.raises(BadInput, match="pass the Segmentation itself"): compare_waves(None, old=new, new=new, segments="x")


def test_a_kept_segmentation_is_fitted_again_and_another_one_is_refused(first):
    study = Study(":memory:", coder="MB", create=True)
    import_survey(study, first.survey)
    import_survey(study, wave_of(np.random.default_rng(2), 200, "2"))
    add_segments(study, first, name="one")
    by_name, by_object = compare_waves(study, new="2", segments="one"), compare_waves(study, new="2", segments=first)
    assert by_name.labels.equals(by_object.labels) and by_name.segments.equals(by_object.segments)
    mixed = replace(first, labels=pd.Series(np.random.default_rng(0).choice(["A", "B"], len(first.labels)), index=first.labels.index, name="segment"))
    add_segments(study, mixed, name="mixed")
    with pytest.raises(BadInput, match=r"only \d+% of the members.*fitted tool="): compare_waves(study, new="2", segments="mixed")
    with pytest.raises(NoSuchName, match="no segmentation 'none'"): compare_waves(study, new="2", segments="none")


def test_limits_can_be_changed(first):
    rng = np.random.default_rng(1)
    old, new = wave_of(rng, 300, "1"), wave_of(rng, 280, "2", pain=.25)
    assert (compare_waves(None, old=old, new=new, segments=first).alarms["rule"] == "answers").any()
    assert not (compare_waves(None, old=old, new=new, segments=first, limits={"answers": (2., 3.)}).alarms["rule"] == "answers").any() and LIMITS["answers"] == (.2, .5)


def test_the_sample_study_raises_the_planted_alarms_and_one_about_the_mode():
    may, november = (read_survey(sample_file(f"survey_wave{i}.csv"), id="respondent", weights="weight", dictionary=sample_file("survey_dictionary.csv"), wave=name)
                     for i, name in ((1, "2026-05"), (2, "2026-11")))
    groups = segment(may, variables=["rides_per_month", "minutes_per_ride", "spend_per_month", "main_purpose", "pass_type"], k=3, n_boot=0, verdict=False)
    w = compare_waves(None, new=november, segments=groups)
    about = w.alarms["what"].str.extract(r"(had_payment_failure|ease_signup|mode)$|(had_payment_failure)")[0].fillna("had_payment_failure")
    assert set(about) == {"had_payment_failure", "ease_signup", "mode"} and len(w.alarms) == 9
    assert any("120 respondents answered both times" in note for note in w.notes) and "49 % → 4 %" in w.explain() and "<table" in w._repr_html_()


# -- Reviews and feedback -----------------------------------------------------------------------------------------------------
def test_reviews():
    people = [Persona(id=i, name=i, review_by=d) for i, d in (("a", "2026-01-01"), ("b", "2026-06-01"), ("c", "2026-06-02"), ("d", None), ("e", "2027-01"))]
    table = review_schedule(people, today="2026-06-01")
    assert table.attrs["summary"] == "3 of 5 personas are due" and table["persona"].tolist() == ["d", "a", "b", "c", "e"]
    assert table.set_index("persona").loc[["a", "b", "c"], "told"].tolist() == ["151 days overdue", "due today", "due in 1 days"]
    assert review_schedule([], today="2026-06-01").attrs["summary"] == "0 of 0 personas are due"
    with pytest.raises(BadInput, match="a, review_by.*'soon'"): review_schedule([Persona.model_construct(id="a", name="a", review_by="soon")])


def test_feedback_is_evidence_that_proves_little(tmp_path: Path):
    ash = Persona(id="a", name="Ash", claims=[Claim(id="c", text="Buys", facet="behaviour")])
    more = add_feedback(add_feedback(ash, "They do", by="sales", claim="c", date="2026-11-01"), "Converts", by="shop", metric="conversion", share=.12, n=840)
    write_personas([more], tmp_path)
    (read,) = read_personas(tmp_path)
    assert read == more and [c.strength for c in read.claim_list] == ["anecdote"] * 2 and read.claim_list[0].newest == "2026-11-01"
    assert read.claim_list[1].evidence[0].low < .12 < read.claim_list[1].evidence[0].high
    assert len({c.id for c in add_feedback(more, "Converts", by="x").claim_list}) == 3
    with pytest.raises(NoSuchName, match="no claim 'd'"): add_feedback(ash, "x", by="y", claim="d")
    with pytest.raises(BadInput, match="without n"): add_feedback(ash, "x", by="y", metric="m", share=.1)


# -- Real ---------------------------------------------------------------------------------------------------------------------

@pytest.mark.real
def test_jupyter_2015_to_2020(real_data: Path):
    one = pd.read_csv(real_data / "surveys" / "jupyter-notebook-ux-2015" / "20160115235816-SurveyExport.csv", low_memory=False)
    two = pd.read_csv(real_data / "surveys" / "jupyter-survey-2020" / "all_responses.csv", low_memory=False)
    study, drafts = Study(":memory:", coder="MB", create=True), []
    for year, frame in (("2015", one), ("2020", two)):
        columns = {c: k for k, words in (("frequency", ("often do you use", "frequently")), ("tenure", ("how long have you", "long have you been")))
                   for c in [next((c for c in frame.columns if any(w in c.lower() for w in words)), None)] if c}
        assert len(columns) == 2, [c for c in frame.columns if "long" in c.lower() or "often" in c.lower()][:10]
        extra = [c for c in frame.columns if c not in columns and 2 <= frame[c].nunique() <= 8][:6]
        data = frame[[*columns, *extra]].rename(columns={**columns, **{c: f"{year}_{i}" for i, c in enumerate(extra)}})
        data = data[data[["frequency", "tenure"]].notna().any(axis=1)].rename(index=f"{year}-{{}}".format).rename_axis("respondent")
        survey = import_survey(study, data, name=year, wave=year, levels={v: "nominal" for v in data})
        add_segments(study, segment(survey, variables=["frequency", "tenure"], k=2, n_boot=0, verdict=False), name=year)
        drafts.append(draft_personas(study, segments=year))
    c = compare(*drafts, study=study)
    for p in (p for side in drafts for p in side):
        for claim in p.claim_list: assert claim.evidence and all(e.kind == "survey" for e in claim.evidence)
    assert c.personas["old"].notna().sum() == 2 and "questions cannot be compared" in c.explain() and "not asked in 2020" in c.explain()
    print(f"\nJupyter 2015 -> 2020: {len(drafts[0])} and {len(drafts[1])} personas; {c!r}")
    print(c.explain()[:1500])


# -- Scales in words ----------------------------------------------------------------------------------------------------------
AGREEMENT = ("strongly disagree", "disagree", "neither agree nor disagree", "agree", "strongly agree")


class _ByRides:
    questions_ = ["rides"]

    def predict(self, answers: pd.DataFrame) -> np.ndarray: return np.where(answers["rides"] > 12, "A", "B")


def _agreeing(rare: bool, levels: dict | None) -> tuple[Study, list[list[Persona]]]:
    "Two waves of one population; the lowest answer is that of four people in the first, or of nobody; `levels` of the second."
    study, drafts = Study(":memory:", coder="MB", create=True), []
    for wave, seed in (("2026-05", 1), ("2026-11", 2)):
        rng, a = np.random.default_rng(seed), np.arange(600) % 2 == 0
        said = np.where(a, rng.choice([1, 2, 3, 4], 600, p=[.05, .15, .3, .5]), rng.choice([1, 2, 3, 4], 600, p=[.5, .3, .15, .05]))
        if rare and wave == "2026-05": said[:4] = 0
        data = pd.DataFrame({"fair": np.array(AGREEMENT)[said], "rides": np.where(a, 20, 5) + rng.integers(-3, 4, 600)}, index=[f"{wave}-{i}" for i in range(600)])
        import_survey(study, data, name=wave, wave=wave, levels=levels if wave == "2026-11" else None,
                      dictionary=pd.DataFrame({"variable": ["fair"], "question": ["The price is fair."]}))
        with study.step("segment", wave) as step:
            members = pd.DataFrame({"case": data.index, "segment": np.where(a, "A", "B"), "weight": 1.})
            store.add_segmentation(step, name=f"by rides {wave}", members=members, k=2, verdict="clusters shown", parameters={"variables": ["rides"]},
                                   survey=wave, wave=wave, data_hash="x")
        drafts.append(draft_personas(study, f"by rides {wave}", today="2026-06-01"))
    return study, drafts


def test_an_answer_that_nobody_gave_again_moves_no_other_from_its_place():
    study, (old, new) = _agreeing(rare=True, levels=None)
    fair = compare(old, new, study=study).claims.query("figure == 'fair'")
    assert len(fair) == 2 and fair["change"].eq("unchanged").all() and fair["difference"].abs().max() < .15
    assert fair[["scale_low", "scale_high"]].to_numpy().tolist() == [[1, 5], [1, 5]]
    waves = compare_waves(study, new="2026-11", segments="by rides 2026-05", tool=_ByRides(), personas=old)
    assert waves.changes.query("variable == 'fair'")["change"].eq("unchanged").all() and waves.alarms.empty
    assert not check(study, personas=old, today="2026-06-02")["rule"].eq("outdated").any()
    lost = [p.model_copy(update={"segmentation": "2025"}) for p in new]     # who answered is not kept: the places in the file cannot be moved
    told = compare(old, lost, study=study).claims.query("figure == 'fair' and new_value.isna()", engine="python")
    assert len(told) == 2 and told["change"].eq("not comparable").all() and told["why"].str.contains("an answer that nobody gave moves the others").all()


def test_answers_in_another_order_are_not_compared():
    study, (old, new) = _agreeing(rare=False, levels={"fair": list(AGREEMENT[:0:-1])})
    fair = compare(old, new, study=study).claims.query("figure == 'fair'")
    assert len(fair) == 2 and fair["change"].eq("not comparable").all() and fair["why"].str.contains("another order").all()
    waves = compare_waves(study, new="2026-11", segments="by rides 2026-05", tool=_ByRides(), personas=old)
    assert "another order" in waves.variables.set_index("variable").at["fair", "why"] and waves.alarms.empty
    assert not check(study, personas=old, today="2026-06-02")["rule"].eq("outdated").any()


@pytest.mark.parametrize("letter", ["R", ""])
def test_running_numbers_are_nobody_in_the_next_wave(first, letter: str):
    rng = np.random.default_rng(0)
    old, new = (replace(wave_of(rng, 200, name), id="respondent") for name in "12")
    for survey in (old, new): survey.data.index = pd.Index([f"{letter}{i + 1}" for i in range(200)], name="respondent")
    notes = " ".join(compare_waves(None, old=old, new=new, segments=first).notes)
    assert ("200 respondents answered both times" in notes) == (letter == "R") and ("ids only count" in notes) == (letter == "")
