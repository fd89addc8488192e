"""Prevalence: counts equal a plain loop over people, intervals and weights are those of a survey, and it is quick enough to be live."""

from __future__ import annotations

import json
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from personabench import store
from personabench.claims import Claim, Evidence, Persona
from personabench.prevalence import Prevalence, persona_prevalence, persona_traits, trait_prevalence
from personabench.sample_data import sample_file
from personabench.schema import BadInput, NoSuchName
from personabench.statistics import wilson
from personabench.study import Study
from personabench.survey import Survey, import_survey, read_survey

TRUTH = json.loads((Path(__file__).resolve().parent.parent / "data" / "truth.json").read_text())["traps"]


@pytest.fixture(scope="module")
def sample() -> Survey:
    return read_survey(sample_file("survey_wave1.csv"), id="respondent", weights="weight", dictionary=sample_file("survey_dictionary.csv"), wave="2026-05")


def test_the_planted_bundle_describes_nobody(sample: Survey):
    bundle = TRUTH["8_bundle"]
    meter = trait_prevalence(sample, bundle["traits"])
    assert meter.people == 0 and meter.share == 0
    assert meter.traits.set_index("trait")["share"].round(1).to_dict() == {k: round(v, 1) for k, v in bundle["shares_wave1"].items()}
    without = meter.traits.set_index("trait")["without"]
    assert without["channels_chat"] == bundle["pairs_wave1"]["ebike_user+owns_car"] == 60 and meter.costs_most == "channels_chat"
    assert without["ebike_user"] == 47 and without["owns_car"] == 52
    assert meter.explain().startswith("People in your data who match all of this: 0 of ") and "Without 'channels_chat' it would be 60." in meter.explain()


def test_three_of_214_reads_as_it_should():
    data = pd.DataFrame({"who": [str(i) for i in range(214)], "x": [1] * 3 + [0] * 211})
    meter = trait_prevalence(read_survey(data, id="who"), {"x": 1})
    assert meter.explain() == "People in your data who match all of this: 3 of 214 (1.4 %, 95 % interval 0.5 to 4.0 %). Without 'x' it would be 214."
    assert (round(meter.low, 3), round(meter.high, 3)) == (.005, .040)


answers = st.lists(st.tuples(st.sampled_from([None, "a", "b", "c"]), st.sampled_from([None, 1, 2, 3, 4, 5]), st.sampled_from([None, 0., 3.5, 7.,
    20.]), st.floats(.1, 5)), min_size=4, max_size=40)


@settings(max_examples=30)
@given(answers, st.sampled_from(["a", "b", ["a", "c"]]), st.sampled_from(["high", "low", (">=", 3), 2]), st.sampled_from(["low", ("<", 7), ("!=", 20)]))
def test_counts_are_those_of_a_plain_loop(rows, word, rating, number):
    rows = [*rows, ("a", 1, 0., 1.), ("b", 5, 20., 1.), ("c", 3, 3.5, 1.), ("c", 2, 7., 1.), ("c", 4, 7., 1.)]  # each answer is there once
    data = pd.DataFrame([(str(i), *r) for i, r in enumerate(rows)], columns=["who", "word", "rating", "number", "w"])
    levels = {"word": "nominal", "rating": "ordinal", "number": "numeric"}
    meter = trait_prevalence(read_survey(data, id="who", weights="w", levels=levels), {"word": word, "rating": rating, "number": number})
    numbers = [r[2] for r in rows if r[2] is not None]
    tests = {"a": lambda r: r[0] in word, "high": lambda r: r[1] > 3, "low": lambda r: r[1] < 3, (">=", 3): lambda r: r[1] >= 3, 2: lambda r: r[1] == 2}
    three = [tests["a"], tests[rating], {"low": lambda r: r[2] < np.median(numbers), ("<", 7): lambda r: r[2] < 7, ("!=", 20): lambda r: r[2] != 20}[number]]
    known = [r for r in rows if None not in r[:3]]
    match = [r for r in known if all(t(r) for t in three)]
    w, m = (np.array([r[3] for r in some]) for some in (known, match))
    assert (meter.people, meter.base) == (len(match), len(known))
    assert meter.share == pytest.approx(m.sum() / w.sum()) and meter.effective_n == pytest.approx(w.sum() ** 2 / (w @ w))
    assert (meter.low, meter.high) == pytest.approx(wilson(meter.share * meter.effective_n, meter.effective_n))
    for i, row in enumerate(meter.traits.itertuples()):
        own = [r for r in rows if r[i] is not None]
        assert (row.people, row.base) == (sum(three[i](r) for r in own), len(own))
        assert row.left == sum(all(t(r) for t in three[: i + 1]) for r in known)
        others = [j for j in range(3) if j != i]
        assert row.without == sum(all(r[j] is not None and three[j](r) for j in others) for r in rows)
    best = meter.traits.sort_values("without", ascending=False, kind="stable").iloc[0]
    assert meter.costs_most == (best["trait"] if best["without"] > meter.people else None)


def test_answers_can_be_named_as_people_name_them(sample: Survey):
    same = [trait_prevalence(sample, {"owns_car": wanted}).people for wanted in (1, "1", "yes", "high", [1], (">=", 1))]
    assert len(set(same)) == 1 and same[0] == int((sample.data["owns_car"] == 1).sum())
    assert trait_prevalence(sample, {"sat_easy": (">=", "agree")}).people == int((sample.data["sat_easy"] >= 4).sum()) == trait_prevalence(sample,
        {"sat_easy": "high"}).people
    assert trait_prevalence(sample, {"pass_type": "none"}).people == int((sample.data["pass_type"] == "none").sum())


@pytest.mark.parametrize(("traits", "said"), [
    ({"owns_cat": 1}, "owns_car"), ({"pass_type": "yeer pass"}, "did you mean 'year pass'"), ({"pass_type": "high"}, "answers without an order"),
    ({"age": ("=>", 30)}, "the comparison '=>'"), ({"pass_type": (">=", 3)}, ">= 3 for a nominal variable"), ({"age": (">=", "old")}, "'old' for a numeric variable")])
def test_bad_traits_are_named(sample: Survey, traits, said):
    with pytest.raises((NoSuchName, BadInput), match=said):
        trait_prevalence(sample, traits)


def test_an_empty_bundle_and_nobody_known(sample: Survey):
    assert trait_prevalence(sample, {}).people == 400 and trait_prevalence(sample, {}).explain() == "No trait is stated, so everybody matches."
    nobody = trait_prevalence(sample, {"owns_car": 1}, among=[])
    assert np.isnan(nobody.share) and nobody.base == 0 and nobody.explain().startswith("Nobody in your data is known")
    assert isinstance(nobody, Prevalence) and nobody.costs_most is None


@pytest.fixture
def study(sample: Survey) -> Study:
    study = Study(":memory:", coder="MB", create=True)
    import_survey(study, sample)
    with study.step("import", "talks") as step:
        code = store.add_codes(step, [{"name": "Empty dock", "facet": "pain"}, {"name": "Off topic", "facet": "other"}])
        for case in ("P01", "P02", "P09", "P13"):
            text = "The dock was empty. So what."
            source = store.add_source(step, case, text=text, turns=[{"speaker": case, "start": 0, "end": len(text)}], speakers={case: (case, "participant")})
            store.add_codings(step, [{"source_id": source, "code_id": code[0 if case != "P02" else 1], "start": 0, "end": 18}])
        store.add_case(step, "P13", withdrawn="2026-07-01")
    return study


def test_codes_and_answers_mix(study: Study, sample: Survey):
    told = trait_prevalence(study, {"Empty dock": True})
    assert (told.people, told.base) == (2, 3)  # P01, P09; not P02; P13 has withdrawn
    both = trait_prevalence(study, {"Empty dock": True, "pass_type": "year pass"})
    assert (both.people, both.base) == (1, 2)  # P09 was never surveyed
    assert trait_prevalence(study, {"Empty dock": False, "pass_type": "year pass"}).people == 1
    assert trait_prevalence(study, {"owns_car": 1}).base == int(sample.data["owns_car"].drop("P13").notna().sum())
    with pytest.raises(NoSuchName, match="did you mean 'Empty dock'"):
        trait_prevalence(study, {"Empty docks": True})
    with pytest.raises(NoSuchName, match="no survey 'wave9'"):
        trait_prevalence(study, {"owns_car": 1}, survey="wave9")


def test_a_personas_bundle(study: Study, sample: Survey):
    def says(variable: str, **figures) -> Claim:
        return Claim(id=variable, text=variable, facet="behaviour", evidence=[Evidence(kind="survey", survey=sample.name, variable=variable, n=50,
            low=figures.get("share", 0) / 2, high=(1 + figures.get("share", 0)) / 3, **figures)])
    claims = [says("owns_car", value=1, share=.9, rest=.3), says("rides_per_month", mean=30., rest=10.), says("eco", mean=2., rest=3.),
        says("pass_type", value="day pass", share=.1, rest=.6, difference_low=-.62, difference_high=-.35, q=.001)]
    persona = Persona(id="a", name="A", claims=claims)
    assert persona_traits(persona) == {"owns_car": 1, "rides_per_month": (">=", 20.), "eco": ("<=", 2.5), "pass_type": ("!=", "day pass")}
    d = sample.data.drop("P13")
    assert persona_prevalence(study,
        persona).people == int(((d["owns_car"] == 1) & (d["rides_per_month"] >= 20) & (d["eco"] <= 2.5) & (d["pass_type"] != "day pass")).sum())


def test_only_a_figure_that_is_clearly_below_the_others_counts_as_not_the_answer(study: Study, sample: Survey):
    def wanted(**tested) -> object:
        e = Evidence(kind="survey", survey=sample.name, variable="pass_type", value="day pass", n=50, share=.45, low=.3, high=.6, rest=.5, **tested)
        return persona_traits(Persona(id="a", name="A", claims=[Claim(id="x", text="x", facet="behaviour", evidence=[e])]))["pass_type"]
    assert wanted(difference_low=-.2, difference_high=.1, q=.6) == "day pass" and wanted() == "day pass", "chance may have made it"
    assert wanted(difference_low=-.09, difference_high=-.01, q=.001) == ("!=", "day pass")


def test_a_persona_meter_says_what_it_counts_in_words(study: Study, sample: Survey):
    def says(text: str, variable: str, **figures) -> Claim:
        e = Evidence(kind="survey", survey=sample.name, variable=variable, n=50, low=.1, high=.95, rest=figures.pop("rest"), **figures)
        return Claim(id=variable, text=text, facet="behaviour", evidence=[e])
    claims = [says("Payment fails. It hangs.", "had_payment_failure", value=1, share=.9, rest=.3), says("Rides a lot.", "rides_per_month", mean=30.12345, rest=10.98765),
              Claim(id="guess", text="Likes badges", facet="goal"), Claim(id="more", text="Rides at night", facet="goal")]
    meter = persona_prevalence(study, Persona(id="a", name="A", claims=claims))
    assert (meter.counted, meter.statements) == (2, 4) and "all of this" not in meter.explain()
    assert meter.explain().startswith("2 of 4 statements can be counted in the survey. People in your data who match all of these: ")
    assert "Without \u201cPayment fails\u201d it would be" in meter.explain() or "Without \u201cRides a lot\u201d it would be" in meter.explain()
    assert meter.traits["wanted"].tolist() == ["yes", "at least 20.6"] and meter.traits["statement"].tolist() == ["Payment fails. It hangs.", "Rides a lot."]
    html = meter._repr_html_()
    assert "95 % interval" in html and "(costs most)" in html and "had_payment_failure" not in html and "20.55" not in html
    assert meter.explain() in repr(meter), "the sentence is what a reader sees"


def test_traits_written_by_hand_are_named_by_their_questions(sample: Survey):
    meter = trait_prevalence(sample, {"pass_type": ("!=", "year pass"), "rides_per_month": (">=", 12), "met_full_dock": 1})
    assert meter.traits["statement"].tolist() == ["Pass", "About how many rides did you make last month?", "Did you meet a full dock in the last month?"]
    assert meter.traits["wanted"].tolist() == ["not year pass", "at least 12", "yes"] and "Did you meet a full dock" in meter._repr_html_()


def test_intervals_hold_the_truth_as_often_as_they_say():
    "The short form of tests/campaigns/persona_intervals.py."
    spec = spec_from_file_location("persona_intervals", Path(__file__).resolve().parent / "campaigns" / "persona_intervals.py")
    intervals = module_from_spec(spec)
    spec.loader.exec_module(intervals)
    table = intervals.campaign((60,), ("none", "strong"), 25, 1)
    assert table.shape == (10, 2) and table.min().min() > .88 and table.max().max() < .995  # 250 to 500 intervals each: two standard errors beside 90 and 97
    assert table.to_numpy().mean() == pytest.approx(.95, abs=.015)


def test_a_weighted_share_says_so_and_quotation_marks_nest():
    data = pd.DataFrame({"who": ["a", "b", "c", "d"], "x": [1, 1, 0, 0], "w": [3., 3., 1., 1.]})
    said = trait_prevalence(read_survey(data, id="who", weights="w"), {"x": 1}).explain()
    assert "2 of 4 (75 %, weighted, 95 % interval" in said
    assert "weighted" not in trait_prevalence(read_survey(data.drop(columns="w"), id="who"), {"x": 1}).explain()
