"""Personas: what counts as evidence, how strong a claim is, what speaks against it, and files that come back as they were."""

from __future__ import annotations

import difflib
import json
import os
import random
import re
import threading
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from personabench import personas as personas_module
from personabench import store
from personabench.checks import check
from personabench.coding import assign, code
from personabench.consent import record_consent, withdraw
from personabench.importers import import_table
from personabench.personas import (_SAYS, PERSONA_FACETS, PERSONA_FIELDS, Claim, Evidence, Link, Persona, code_profiles, contrasts, draft_personas, passages,
                                  persona_schema, read_personas, segment_by_codes, update_personas, write_personas)
from personabench.sample_data import import_sample
from personabench.schema import FACETS, STRENGTHS, VERDICTS, AlreadyThere, BadInput, NoSuchCase, NoSuchCode, NoSuchName
from personabench.study import Study
from personabench.statistics import wilson
from personabench.survey import import_survey, read_survey, stored_survey
from personabench.statistics import mean_difference, share_difference
from personabench.versions import compare

GOLDEN = Path(__file__).parent / "golden"
CODES = [
    ("Commutes by bike", "behaviour", None, None, "Rides to and from work on most working days. Not for a single trip."),
    ("Rides for leisure", "behaviour", None, None, "Use for rides on free days."),
    ("Empty dock", "pain", None, None, "Came for a bike and found none."),
    ("Counts every minute", "behaviour", None, None, "Watches the running cost while riding."),
    ("Price does not matter", "attitude", None, None, "Cost plays no part. The opposite of Counts every minute."),
    ("Expects ease", "expectation", 1, None, "Before the event."), ("Expects trouble", "expectation", -1, None, "Before the event."),
    ("Annoyed", "emotion", -1, None, ""), ("Sign-up", "stage", None, 1, ""), ("First ride", "stage", None, 2, "")]


def add_talk(study: Study, name: str, turns: list[tuple[str, str | None, str, list[tuple[str, str]]]], date: str | None = "2026-05-04") -> None:
    "Add a source of turns (speaker, case or None for the interviewer, words, [(quote, code)]) with its codings."
    text, spans, speakers, coded = "", [], {}, []
    ids = study.codes.set_index("code")["code_id"]
    for speaker, case, words, marks in turns:
        start = len(text)
        text += words + "\n"
        spans.append({"speaker": speaker, "start": start, "end": start + len(words)})
        speakers[speaker] = (case, "participant" if case else "interviewer")
        coded += [{"code_id": int(ids[code]), "start": start + words.index(quote), "end": start + words.index(quote) + len(quote), "coder": coder}
                  for quote, code, *by in marks for coder in (by or ["MB"])]
    with study.step("import", name) as step:
        source_id = store.add_source(step, name, text=text, turns=spans, speakers=speakers, date=date)
        store.add_codings(step, [{**row, "source_id": source_id} for row in coded])


def empty_study() -> Study:
    study = Study(":memory:", coder="MB", create=True)
    with study.step("codes", "codebook") as step:
        store.add_codes(step, [{"name": n, "facet": f, "valence": v, "order": o, "definition": d} for n, f, v, o, d in CODES])
    return study


def add_segments(study: Study, segments: dict[str, str | None], *, verdict: str = "not measured", survey: str | None = None, name: str = "2026-05",
                 weights: dict[str, float] | None = None) -> None:
    members = pd.DataFrame({"case": list(segments), "segment": list(segments.values()), "weight": [(weights or {}).get(c, 1.) for c in segments]})
    with study.step("segment", name) as step:
        store.add_segmentation(step, name=name, members=members, k=2, verdict=verdict, parameters={"variables": ["rides"]}, survey=survey,
                               wave="2026-05", data_hash="abc")


@pytest.fixture
def study() -> Study:
    study = empty_study()
    asked = ("Mara", None, "Do you find empty docks annoying?", [("empty docks", "Empty dock")])
    add_talk(study, "P01", [asked, ("Nadia", "P01", "I ride to work every day. Who counts pennies? The dock was empty.", [
        ("I ride to work every day", "Commutes by bike", "MB", "JK"), ("ride to work every day", "Commutes by bike", "JK"),
        ("Who counts pennies?", "Price does not matter"), ("dock was empty", "Empty dock")])])
    add_talk(study, "P02", [asked, ("Tomasz", "P02", "To the office and back. I watch the clock. No bike there. And none on Monday.", [
        ("To the office and back", "Commutes by bike"), ("I watch the clock", "Counts every minute"), ("No bike there", "Empty dock"),
        ("none on Monday", "Empty dock")])], date="2026-05-20")
    add_talk(study, "G03", [("Ann", "P03", "We ride out to the lake.", [("ride out to the lake", "Rides for leisure")]),
                            ("Ben", "P04", "With the children.", [])])
    add_talk(study, "P05", [("Leo", "P05", "Every day, to work.", [("Every day, to work", "Commutes by bike")])])
    add_talk(study, "P06", [("Kim", "P06", "Nobody has read this yet.", [])])
    with study.step("withdraw", "P05") as step:
        store.add_case(step, "P05", withdrawn="2026-06-30")
    return study


GROUPS = {"P01": "A", "P02": "A", "P05": "A", "P06": "A", "P03": "B", "P04": "B", "R07": "B", "R08": "A"}


def claim(personas: list[Persona], id: str, which: int = 0) -> Claim:
    return next(c for c in personas[which].claim_list if c.id == id)


# -- What counts --------------------------------------------------------------------------------------------------------------
def test_passages_leave_out_interviewers_the_withdrawn_and_doubles(study: Study):
    found = passages(study)
    assert "P05" not in set(found["case"]) and "empty docks" not in set(found["quote"])
    commutes = found[found["code"].eq("Commutes by bike")]
    assert commutes["case"].tolist() == ["P01", "P02"]  # three codings by two coders on one sentence are one passage


def test_what_is_kept_of_a_study_is_current_and_nobody_elses(study: Study):
    add_segments(study, GROUPS)
    before, first = draft_personas(study), passages(study)
    first["quote"] = "changed by the caller"
    assert "changed by the caller" not in set(passages(study)["quote"]) and draft_personas(study) == before
    at = study.text("P01").index("I ride")
    code(study, "Rides for leisure", source="P01", start=at, end=at + 24)
    assert len(passages(study)) == len(first) + 1
    assert claim(draft_personas(study), "behaviour-rides-for-leisure").people == 1
    with study.step("withdraw", "P02") as step:
        store.add_case(step, "P02", withdrawn="2026-06-01")
        assert "P02" not in set(passages(study)["case"])  # a step sees what it has written
    assert "P02" not in set(passages(study)["case"])


def test_people_are_counted_once_and_the_base_is_who_was_read(study: Study):
    add_segments(study, GROUPS)
    personas = draft_personas(study)
    dock = claim(personas, "pain-empty-dock")
    assert (dock.people, dock.base, dock.quotes) == (2, 2, 3)  # P06 was not read, P05 has withdrawn, R08 was never interviewed
    assert (dock.low, dock.high) == pytest.approx(wilson(2, 2), abs=5e-5)
    leisure = claim(personas, "behaviour-rides-for-leisure", 1)
    assert (leisure.people, leisure.base, leisure.share) == (1, 2, .5)  # P04 sat in the same interview
    assert {e.case for p in personas for c in p.claim_list for e in c.evidence} == {"P01", "P02", "P03"}


def test_a_source_marked_as_done_is_read(study: Study):
    add_segments(study, GROUPS)
    before = claim(draft_personas(study), "pain-empty-dock").base
    with study.step("assign", "P06 done") as step:
        step.insert("assignments", [{"source_id": study.source_id("P06"), "coder_id": store.add_coder(step, "MB"), "status": "done"}])
    assert (before, claim(draft_personas(study), "pain-empty-dock").base) == (2, 3)


def test_an_interview_that_somebody_is_still_reading_is_no_base(study: Study):
    add_segments(study, GROUPS)
    before = draft_personas(study)[0]
    assert before.interviewed == 2 and before.notes == ("2 of 2 interviewed people count as read because something they said is coded; "
                                                        "nobody marked their interviews as done.")
    add_talk(study, "P06b", [("Kim", "P06", "Hello there. And a long talk that nobody has coded yet.", [("Hello", "Empty dock")])])
    assert claim(draft_personas(study), "behaviour-commutes-by-bike").base == 3
    assign(study, "P06b", status="reading")
    after = draft_personas(study)[0]
    assert claim([after], "behaviour-commutes-by-bike").base == 2 and after.interviewed == 2
    assert after.notes.endswith("1 more is coded in interviews that are assigned and not done: they count nowhere yet.")
    found = check(study, personas=[after], today="2026-06-01")
    assert set(found.loc[found["level"].eq("error"), "rule"]) == {"k-anonymity"}  # of four people; nothing is counted differently
    for name in ("P01", "P02", "P06b"): assign(study, name, status="done")
    done = draft_personas(study)[0]
    assert done.notes is None and done.interviewed == 3


def test_dates_are_those_of_the_conversations(study: Study):
    add_segments(study, GROUPS)
    dock = claim(draft_personas(study), "pain-empty-dock")
    assert (dock.oldest, dock.newest) == ("2026-05-04", "2026-05-20")
    undated = empty_study()
    add_talk(undated, "P01", [("A", "P01", "No bike there.", [("No bike there", "Empty dock")])], date=None)
    add_segments(undated, {"P01": "A"})
    assert claim(draft_personas(undated), "pain-empty-dock").newest == undated.sources["imported"].iloc[0][:10]


# -- Counter-evidence ---------------------------------------------------------------------------------------------------------
def test_declared_opposites_speak_against_each_other(study: Study):
    add_segments(study, GROUPS)
    personas = draft_personas(study)
    for id, case in (("behaviour-counts-every-minute", "P01"), ("attitude-price-does-not-matter", "P02")):
        found = claim(personas, id)
        assert (found.against_people, [e.case for e in found.against]) == (1, [case])
    assert claim(personas, "pain-empty-dock").against == []


def test_given_opposites_and_unknown_ones(study: Study):
    add_segments(study, GROUPS)
    against = claim(draft_personas(study, opposites=[("Empty dock", "commutes by bike")]), "pain-empty-dock")
    assert against.against_people == 2
    with pytest.raises(NoSuchCode, match="did you mean 'Empty dock'"):
        draft_personas(study, opposites=[("Empty docks", "Commutes by bike")])


def test_expectations_of_opposite_sign_speak_against_each_other_within_a_stage():
    study = empty_study()
    def told(quote: str, code: str, stage: str) -> list[tuple[str, str]]: return [(quote, code), (quote, stage)]
    add_talk(study, "P01", [("A", "P01", "I thought it was easy", told("I thought it was easy", "Expects ease", "Sign-up"))])
    add_talk(study, "P02", [("B", "P02", "I feared the worst", told("I feared the worst", "Expects trouble", "Sign-up"))])
    add_talk(study, "P03", [("C", "P03", "I feared a puncture", told("I feared a puncture", "Expects trouble", "First ride"))])
    add_segments(study, {"P01": "A", "P02": "A", "P03": "A"})
    ease = claim(draft_personas(study), "expectation-expects-ease")
    assert [e.case for e in ease.against] == ["P02"]  # P03's fear is about another stage
    trouble = claim(draft_personas(study), "expectation-expects-trouble")
    assert (trouble.people, trouble.against_people) == (2, 1)


# -- Order and number of quotes -----------------------------------------------------------------------------------------------
def test_quotes_come_from_different_people_first_and_are_capped():
    study = empty_study()
    for case in ("P01", "P02", "P03"):
        words = [f"{case} came number {i} and there was no bike at the dock again, {'really ' * i}" for i in range(6)]
        add_talk(study, case, [(case, case, " / ".join(words), [(w, "Empty dock") for w in words])])
    add_segments(study, dict.fromkeys(("P01", "P02", "P03"), "A"))
    found = claim(draft_personas(study, most_quotes=4), "pain-empty-dock")
    assert {e.case for e in found.evidence[:3]} == {"P01", "P02", "P03"}
    assert len(found.evidence) == 4 and found.quotes == 18 and found.strength == "supported"


# -- Strength -----------------------------------------------------------------------------------------------------------------
def quote(case: str) -> Evidence: return Evidence(kind="quote", quote="a", source="s", start=0, end=1, case=case)


def statistic(n: int = 30, rest: float = .2, rest_n: float = 100, q: float | None = None) -> Evidence:
    d = share_difference((rest * rest_n, rest_n), (.5 * n, n))
    return Evidence(kind="survey", survey="w", variable="v", value="yes", n=n, share=.5, low=.33, high=.67, rest=rest, rest_n=rest_n, difference_low=d.low,
                    difference_high=d.high, q=d.p if q is None else q)


@pytest.mark.parametrize(("evidence", "strength"), [
    ([], "assumption"), ([quote("a")], "anecdote"), ([quote("a"), quote("a"), quote("b")], "anecdote"),
    ([quote("a"), quote("b"), quote("c")], "supported"), ([statistic()], "supported"), ([statistic(n=29)], "anecdote"),
    ([statistic(rest=.4)], "anecdote"), ([statistic(rest=.32)], "anecdote"), ([statistic(rest=.3, rest_n=1000)], "supported"), ([statistic(q=.06)], "anecdote"),
    ([statistic().model_copy(update={"q": None})], "anecdote"), ([quote("a"), statistic()], "supported"), ([*map(quote, "abc"), statistic()], "triangulated"),
    ([Evidence(kind="cited", cite="A report, 2025")], "anecdote")])
def test_strength_follows_from_evidence(evidence: list[Evidence], strength: str):
    assert Claim(id="x", text="t", facet="need", evidence=evidence).strength == strength


def test_strength_is_never_read_from_a_file(tmp_path: Path):
    (tmp_path / "a.yaml").write_text("id: a\nname: A\nclaims:\n  - id: x\n    text: t\n    facet: need\n    strength: triangulated\n")
    read = read_personas(tmp_path)[0].claim_list[0]
    assert (read.stated, read.strength) == ("triangulated", "assumption")
    assert "strength: assumption" in read_personas(tmp_path)[0].to_yaml()


# -- The survey ---------------------------------------------------------------------------------------------------------------
@pytest.fixture
def answers() -> pd.DataFrame:
    rng = np.random.default_rng(1)
    often = np.arange(200) % 2 == 0
    ids = ["P01", "P03", "P02", "P04", *(f"R{i}" for i in range(196))]
    full = np.where(often, rng.random(200) < .8, rng.random(200) < .3).astype(int)
    return pd.DataFrame({"rides": np.where(often, 20, 5) + rng.integers(-3, 4, 200), "met_full_dock": full,
                         "district": rng.choice(["N", "S", "E"], 200), "imp_price": np.where(often, rng.integers(1, 4, 200), rng.integers(3, 6, 200)),
                         "w": rng.uniform(.5, 2, 200).round(2)}, index=ids)


@pytest.fixture
def surveyed(study: Study, answers: pd.DataFrame) -> Study:
    import_survey(study, answers, name="wave1", wave="2026-05", weights="w")
    add_segments(study, {c: "A" if i % 2 == 0 else "B" for i, c in enumerate(answers.index)}, survey="wave1", weights=answers["w"].to_dict())
    return study


def test_contrasts_agree_with_a_computation_by_hand(answers: pd.DataFrame):
    survey, members = read_survey(answers, weights="w"), answers.index[::2]
    found = contrasts(survey, members).set_index("variable")
    a, w = answers.loc[members], answers.loc[members, "w"]
    rides, full = found.loc["rides"], found.loc["met_full_dock"]
    assert rides["mean"] == pytest.approx(np.average(a["rides"], weights=w))
    share, n = np.average(a["met_full_dock"], weights=w), w.sum() ** 2 / (w ** 2).sum()
    assert full["share"] == pytest.approx(share) and full["people"] == a["met_full_dock"].sum()
    assert (full["low"], full["high"]) == pytest.approx(wilson(share * n, n))
    assert found["effect"].abs().is_monotonic_decreasing


def test_t_intervals_of_contrasts_agree_with_scipy():
    from scipy.stats import t

    x = pd.DataFrame({"x": np.r_[np.arange(12.), np.arange(12.) * 3 + .5]}, index=[f"R{i}" for i in range(24)])
    row = contrasts(read_survey(x, levels={"x": "numeric"}), x.index[:12]).iloc[0]
    first = x["x"].to_numpy()[:12]
    assert (row["low"], row["high"]) == pytest.approx(t.interval(.95, 11, first.mean(), first.std(ddof=1) / 12 ** .5))


def test_differences_are_newcombes_and_welchs_and_their_tests_are_adjusted_for_all_that_was_asked(answers: pd.DataFrame):
    found = contrasts(read_survey(answers, weights="w"), answers.index[:80])
    for row in found.itertuples():
        w, x = answers["w"], answers[row.variable]
        sides = [w.index.isin(answers.index[:80]), ~w.index.isin(answers.index[:80])]
        n = [w[side].sum() ** 2 / (w[side] ** 2).sum() for side in sides]
        if row.level in ("numeric", "ordinal"):
            mean = [np.average(x[side], weights=w[side]) for side in sides]
            error = [np.sqrt(np.average((x[side] - m) ** 2, weights=w[side]) / (k - 1)) for side, m, k in zip(sides, mean, n)]
            d = mean_difference((mean[1], error[1], n[1] - 1), (mean[0], error[0], n[0] - 1))
        else:
            share = [w[side][x[side].eq(row.value)].sum() / w[side].sum() for side in sides]
            d = share_difference((share[1] * n[1], n[1]), (share[0] * n[0], n[0]))
        assert (row.difference_low, row.difference_high, row.p) == pytest.approx((d.low, d.high, d.p))
    p = found["p"].to_numpy()
    assert found["q"].to_numpy() == pytest.approx([min(1, min(p[p >= x] * len(p) / [np.sum(p <= y) for y in p[p >= x]])) for x in p])
    assert found["variable"].nunique() < len(found)


def test_effect_of_shares_is_cohens_h():
    phi = json.loads((GOLDEN / "effects.json").read_text())["phi"]
    data = pd.DataFrame({"v": [1] * 40 + [0] * 60 + [1] * 25 + [0] * 75}, index=[f"R{i}" for i in range(200)])
    effect = contrasts(read_survey(data), data.index[:100])["effect"].iloc[0]
    assert effect == pytest.approx(phi["0.40"] - phi["0.25"], abs=1.5e-3)


def test_survey_claims_are_those_that_differ_and_say_what_is_circular(surveyed: Study):
    personas = draft_personas(surveyed)
    found = {c.id: c for c in personas[0].claim_list if c.is_survey}
    assert set(found) == {"survey-rides", "survey-met-full-dock", "survey-imp-price"}  # district is noise
    assert found["survey-rides"].evidence[0].used and not found["survey-imp-price"].evidence[0].used
    assert found["survey-imp-price"].facet == "need" and found["survey-imp-price"].text == "imp_price: rated lower than by the others."
    assert found["survey-met-full-dock"].share is not None and found["survey-rides"].share is None
    strengths = {id: c.strength for id, c in found.items()}
    assert strengths == {"survey-rides": "anecdote", "survey-met-full-dock": "supported", "survey-imp-price": "supported"}, "what made the segments proves nothing"


def test_facets_of_survey_claims_can_be_chosen(surveyed: Study):
    personas = draft_personas(surveyed, facets={"imp_price": "attitude", "rides": None})
    assert claim(personas, "survey-imp-price").facet == "attitude"
    assert "survey-rides" not in {c.id for c in personas[0].claim_list}
    with pytest.raises(BadInput, match="did you mean 'attitude'"):
        draft_personas(surveyed, facets={"imp_price": "attitudes"})
    with pytest.raises(NoSuchName, match="imp_price"):
        draft_personas(surveyed, facets={"imp_prize": "need"})


def test_links_bring_statistics_to_claims_and_may_speak_against_them(surveyed: Study):
    for link, side in ((("met_full_dock", "high"), "evidence"), (("met_full_dock", "low"), "against"), ("met_full_dock", "evidence"), (("met_full_dock", 1), "evidence")):
        found = claim(draft_personas(surveyed, links={"Empty dock": link}), "pain-empty-dock")
        assert [e.variable for e in getattr(found, side) if e.kind == "survey"] == ["met_full_dock"]
    assert "survey-met-full-dock" not in {c.id for c in draft_personas(surveyed, links={"Empty dock": "met_full_dock"})[0].claim_list}
    with pytest.raises(NoSuchCode):
        draft_personas(surveyed, links={"Empty docks": "rides"})
    with pytest.raises(NoSuchName):
        draft_personas(surveyed, links={"Empty dock": "ride"})
    with pytest.raises(NoSuchName, match="'high', 'low' or an answer"):
        draft_personas(surveyed, links={"Empty dock": ("met_full_dock", "sideways")})


def test_withdrawn_respondents_are_in_no_statistic(surveyed: Study):
    before = claim(draft_personas(surveyed), "survey-rides").evidence[0].n
    with surveyed.step("withdraw", "P02") as step:
        store.add_case(step, "P02", withdrawn="2026-07-01")
    after = draft_personas(surveyed)
    assert claim(after, "survey-rides").evidence[0].n == before - 1 == after[0].people


# -- The persona --------------------------------------------------------------------------------------------------------------
def test_segments_without_interviews_have_survey_claims_and_say_so(surveyed: Study):
    with surveyed.step("segment", "by letter") as step:
        cases = surveyed.rows("members", segmentation="2026-05")["case"]
        members = pd.DataFrame({"case": cases, "segment": np.where(cases.str.startswith("P"), "A", np.where(cases.str.endswith(tuple("02468")), "B", "C")), "weight": 1.})
        store.add_segmentation(step, name="other", members=members, k=3, verdict="clusters shown", parameters={}, survey="wave1")
    personas = draft_personas(surveyed, "other")
    assert personas[1].interviewed == 0 and all(c.is_survey for c in personas[1].claim_list) and personas[1].claim_list
    assert personas[1].caveats == ["Nobody of this segment was interviewed: all claims come from the survey."]


@pytest.mark.parametrize(("verdict", "people", "status"), [("clusters shown", 5, "persona"), ("clusters shown", 4, "proto-persona"),
                                                           ("not measured", 5, "proto-persona"), ("no clusters", 9, "proto-persona")])
def test_the_word_persona_is_earned(verdict: str, people: int, status: str):
    study = empty_study()
    cases = [f"P{i}" for i in range(people)]
    for case in cases:
        add_talk(study, case, [(case, case, "No bike there.", [("No bike there", "Empty dock")])])
    add_segments(study, dict.fromkeys(cases, "A"), verdict=verdict)
    persona = draft_personas(study)[0]
    assert persona.status == status and bool(persona.caveats) == (status == "proto-persona")


def test_size_counts_weights_and_the_effective_n():
    study = empty_study()
    add_segments(study, {"R1": "A", "R2": "A", "R3": "B", "R4": None}, weights={"R1": 3., "R2": 1., "R3": 2., "R4": 2.})
    a = draft_personas(study)[0]
    n = 8 ** 2 / (9 + 1 + 4 + 4)
    assert (a.people, a.share, a.effective_n) == (2, .5, pytest.approx(n, abs=1e-4))  # who fits no segment still counts in the whole
    assert (a.low, a.high) == pytest.approx(wilson(.5 * n, n), abs=1e-4)


def test_names_are_stable_distinct_and_nobodys(study: Study):
    add_segments(study, {**GROUPS, "R09": "commuters"})
    names = [p.name for p in draft_personas(study, seed=3)]
    assert names == [p.name for p in draft_personas(study, seed=3)] and len(set(names)) == 3
    assert not set(names) & {"Nadia", "Kim", "Mara"}


def test_the_text_of_a_claim_uses_the_codebooks_words_and_no_instructions(study: Study):
    add_segments(study, GROUPS)
    personas = draft_personas(study, templates={"pain": "Pain point: {code}"})
    assert claim(personas, "behaviour-commutes-by-bike").text == "Commutes by bike. Rides to and from work on most working days."
    assert claim(personas, "behaviour-rides-for-leisure", 1).text == "Rides for leisure."
    assert claim(personas, "pain-empty-dock").text == "Pain point: Empty dock"
    assert {c.facet for p in personas for c in p.claim_list} <= set(PERSONA_FACETS)


def test_the_same_study_gives_the_same_draft(surveyed: Study):
    one, two = (draft_personas(surveyed, today="2026-06-01") for _ in range(2))
    assert one == two and [p.to_yaml() for p in one] == [p.to_yaml() for p in two]
    assert (one[0].created, one[0].review_by) == ("2026-06-01", "2026-12-01")
    assert one[0].data["segmentation"] == "abc" and len(one[0].data["survey"]) == 64


def test_unknown_and_unnamed_segmentations(study: Study, answers: pd.DataFrame):
    import_survey(study, answers, name="wave1", wave="2026-05", weights="w")
    with pytest.raises(NoSuchName, match="add_segments.*segment_by_codes"):  # which of the two, only the researcher knows
        draft_personas(study)
    add_segments(study, GROUPS)
    add_segments(study, GROUPS, name="2026-11")
    with pytest.raises(NoSuchName, match="name one of 2026-05, 2026-11"):
        draft_personas(study)
    with pytest.raises(NoSuchName, match="did you mean '2026-1"):
        draft_personas(study, "2026-12")


def test_claims_and_evidence_as_tables(surveyed: Study):
    persona = draft_personas(surveyed, links={"Empty dock": ("met_full_dock", "high")})[0]
    assert list(persona.claims)[:9] == ["claim", "facet", "text", "people", "base", "share", "low", "high", "strength"]
    assert persona.claims["claim"].is_unique and set(persona.claims["saturation"]) == {"not measured"}
    evidence = persona.evidence
    quotes = evidence[evidence["kind"].eq("quote")]
    assert [surveyed.quote(s, a, b) for s, a, b in zip(quotes["source"], quotes["start"].astype(int), quotes["end"].astype(int))] == quotes["quote"].tolist()
    assert set(evidence["side"]) == {"for", "against", "unlike"}
    bare = Persona(id="a", name="A")
    assert bare.claims.empty and bare.evidence.empty and "strength" in bare.claims


# -- Files --------------------------------------------------------------------------------------------------------------------
words = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60)
dates = st.dates().map(lambda d: d.isoformat()) | st.just("2026-05") | st.none()
numbers = st.floats(allow_nan=False, allow_infinity=False, width=64) | st.none()
evidences = st.one_of(
    st.builds(Evidence, kind=st.just("quote"), quote=words.filter(_SAYS.search), source=words, start=st.integers(0, 99), end=st.integers(100, 999),
              case=words, code=words | st.none(), date=dates, note=words | st.none()),
    st.builds(Evidence, kind=st.just("survey"), survey=words, variable=words, value=words | st.integers() | st.booleans() | st.none(), n=st.integers(0, 10 ** 6),
              share=st.floats(0, 1), low=st.floats(0, 1), high=st.floats(0, 1), rest=st.floats(0, 1), effect=numbers, used=st.booleans()),
    st.builds(Evidence, kind=st.just("cited"), cite=words))
claims = st.builds(Claim, id=words, text=words, facet=st.sampled_from(FACETS), codes=st.lists(words, max_size=2), people=st.integers(0, 99), share=numbers,
                   saturation=st.floats(0, 1) | st.just("not measured"), newest=dates, evidence=st.lists(evidences, max_size=3), against=st.lists(evidences, max_size=2))
some_personas = st.builds(Persona, id=st.from_regex(r"[a-z0-9][a-z0-9._-]{0,20}", fullmatch=True), name=words, label=words,
                          verdict=st.sampled_from(VERDICTS), segment=words | st.none(),
                          cases=st.lists(words, min_size=1, max_size=3) | st.none(), share=numbers, created=dates, notes=words | st.none(),
                          data=st.dictionaries(words, words, max_size=2),
                          claim_list=st.lists(claims, max_size=3, unique_by=lambda c: c.id))


@settings(max_examples=300)
@given(some_personas)
def test_yaml_round_trip_is_exact(tmp_path_factory: pytest.TempPathFactory, persona: Persona):
    path = tmp_path_factory.getbasetemp() / "round.yaml"
    text = persona.to_yaml(path)
    read = read_personas(path)[0]
    assert read == persona and read.to_yaml() == text and path.read_text("utf-8") == text


def test_files_are_readable_and_in_a_stable_order(surveyed: Study):
    text = draft_personas(surveyed, today="2026-06-01")[0].to_yaml()
    keys = [line.split(":")[0] for line in text.splitlines() if line[0] not in " -"]
    assert keys == [f.alias or n for n, f in Persona.model_fields.items() if (f.alias or n) in keys]
    assert "quote: |-\n          No bike there\n" in text and "\\u" not in text and "!!" not in text


def test_writing_is_careful(surveyed: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    personas = draft_personas(surveyed)
    paths = write_personas(personas, tmp_path / "new" / "personas")
    assert [p.name for p in paths] == ["2026-05-a.yaml", "2026-05-b.yaml"] and read_personas(tmp_path / "new" / "personas") == personas
    assert write_personas(personas, paths[0].parent) == paths  # the same again is no conflict
    paths[1].write_text(paths[1].read_text().replace("name: ", "name: Dear "))
    with pytest.raises(AlreadyThere, match="overwrite=True"):
        write_personas([personas[0].model_copy(update={"label": "x"}), personas[1]], paths[0].parent)
    assert read_personas(paths[0]) == [personas[0]]  # nothing was written, not even the first
    write_personas(personas, paths[0].parent, overwrite=True)
    assert read_personas(paths[0].parent) == personas
    with pytest.raises(AlreadyThere, match="two personas of that id"):
        write_personas([personas[0], personas[0]], tmp_path / "twice")

    def fail(*_: object) -> None: raise OSError("disk full")
    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(OSError, match="disk full"):
        personas[0].model_copy(update={"label": "x"}).to_yaml(paths[0])
    assert read_personas(paths[0].parent) == personas and len(list(paths[0].parent.iterdir())) == 2


GOOD = """\
id: a
name: A
# a comment of a colleague
claims:
  - id: one
    text: It is so
    facet: need
    evidence:
      - kind: quote
        quote: so
        source: P01
        start: 0
        end: 2
        case: P01
  - id: two
    text: And so
    facet: need
"""


@pytest.mark.parametrize(("old", "new", "line", "said"), [
    ("facet: need\n    evidence", "faset: need\n    evidence", 7, "'facet' is missing|unknown key 'faset'.*did you mean 'facet'"),
    ("    facet: need\n    evidence", "    facet: need\n    colour: red\n    evidence", 8, "unknown key 'colour'"),
    ("quote: so\n", "quote: so\n        qoute: so\n", 11, "unknown key 'qoute'.*did you mean 'quote'"),
    ("        start: 0\n", "", 9, "lacks start"), ("start: 0", "start: zero", 12, "start: .*integer"),
    ("facet: need\n    evidence", "facet: needs\n    evidence", 7, "facet 'needs' is not one of"),
    ("id: two", "id: one", 15, "claim id 'one' a second time"), ("name: A", "name: A\nname: B", 3, "duplicate key"),
    ("text: It is so", "text: It is: so", 6, "not valid YAML"), ("name: A", "\tname: A", 2, "not valid YAML"),
    ("kind: quote", "kind: quotation", 9, "kind: "), ("id: a\n", "", 1, "'id' is missing"), ("id: a\n", "id: Ä b\n", 1, "id: "),
    ("name: A", "name: A\nverdict: sure", 3, "verdict 'sure'"), ("name: A", "name: !!python/name:os.system ''", 2, "not valid YAML")])
def test_bad_files_are_named_with_their_line(tmp_path: Path, old: str, new: str, line: int, said: str):
    (tmp_path / "a.yaml").write_text(GOOD)
    assert len(read_personas(tmp_path)[0].claim_list) == 2
    assert old in GOOD
    (tmp_path / "a.yaml").write_text(GOOD.replace(old, new, 1))
    with pytest.raises(BadInput, match=said) as caught:
        read_personas(tmp_path)
    assert caught.value.place == f"{tmp_path / 'a.yaml'}, line {line}"


def test_bad_folders_and_files(tmp_path: Path):
    with pytest.raises(BadInput, match="no such folder"):
        read_personas(tmp_path / "nowhere")
    with pytest.raises(BadInput, match="no YAML files"):
        read_personas(tmp_path)
    for name, content, said in (("empty", b"", "an empty file"), ("list", b"- a", "a list"), ("latin", "id: \u00e4".encode("latin-1"), "not UTF-8"),
                                ("nul", b"id: a\x00b", "not valid YAML"), ("two", b"id: a\n---\nid: b", "not valid YAML")):
        (tmp_path / f"{name}.yaml").write_bytes(content)
        with pytest.raises(BadInput, match=said):
            read_personas(tmp_path / f"{name}.yaml")
        (tmp_path / f"{name}.yaml").unlink()
    (tmp_path / "a.yaml").write_text(GOOD)
    (tmp_path / "b.yaml").write_text("# a copy\n" + GOOD)
    with pytest.raises(BadInput, match=r"b\.yaml, line 2: the persona id 'a', which a\.yaml has too"):
        read_personas(tmp_path)


def test_hand_written_dates_and_numbers_are_taken_as_meant(tmp_path: Path):
    (tmp_path / "a.yaml").write_text("\ufeffid: a\nname: 7\nsegment: 2\ncreated: 2026-05-14\n", "utf-8")
    read = read_personas(tmp_path)[0]
    assert (read.name, read.segment, read.created) == ("7", "2", "2026-05-14")


def test_models_refuse_unknown_keys_and_never_change():
    with pytest.raises(ValueError, match="Extra inputs"):
        Claim(id="x", text="t", facet="need", colour="red")
    with pytest.raises(ValueError, match="a second time"):
        Persona(id="a", name="A", claims=[Claim(id="x", text="t", facet="need")] * 2)
    frozen = Claim(id="x", text="t", facet="need")
    with pytest.raises(ValueError, match="frozen"):
        frozen.text = "other"
    assert STRENGTHS[0] == frozen.strength


def test_figures_that_nothing_can_check_and_quotes_of_other_codes_carry_no_strength():
    one = Evidence(kind="quote", quote="I waited", source="P01", start=0, end=8, case="P01", code="Waiting")
    log = Evidence(kind="log", variable="rides", value="yes", n=100_000, share=.97, low=.96, high=.98, rest=.05)
    strays = [one.model_copy(update={"case": f"P{i:02}", "code": None}) for i in range(2, 8)]
    claim = lambda evidence: Claim(id="c", text="Waits", facet="pain", codes=["Waiting"], people=1, base=4, evidence=evidence)
    assert claim([one, log]).strength == claim([one, *strays]).strength == "anecdote"
    assert claim([log]).strength == "anecdote" and claim([]).strength == "assumption"


def test_codes_whose_names_make_one_id_are_told_apart():
    from personabench.personas import _in_order

    claims = [Claim(id=i, text=t, facet="pain", codes=[t], people=n, base=4) for i, t, n in
              [("pain-problem", "Problem", 1), ("pain-problem-2", "Problem 2", 4), ("pain-problem", "Problem!", 2)]]
    ids = [c.id for c in _in_order(claims)]
    assert len(set(ids)) == 3 and "pain-problem-2" in ids


def test_a_coding_over_two_speakers_is_cut_to_its_own(tmp_path):
    import personabench as pb

    talk = "Anna: The dock was full again and I had to ride on.\nBob: My wife Carla works there.\n"
    (tmp_path / "G1.txt").write_text("Interviewer: How was it?\n" + talk)
    with pb.Study(":memory:", coder="MB") as study:
        pb.import_files(study, tmp_path / "G1.txt")
        for name, case in (("Anna", "P1"), ("Bob", "P2")): pb.set_speaker(study, "G1", speaker=name, case=case)
        pb.add_code(study, "Full dock", facet="pain")
        pb.add_code(study, "Riding", facet="stage", order=1)
        text = study.text("G1")
        for code in ("Full dock", "Riding"): pb.code(study, code, source="G1", start=text.index("The dock"), end=text.index("works there.") + 12)
        found = passages(study)
        assert found.loc[found["code"] == "Full dock", "quote"].tolist() == ["The dock was full again and I had to ride on."]
        assert pb.journey(study).quotes["quote"].tolist() == ["The dock was full again and I had to ride on."]


# -- Changed in place ---------------------------------------------------------------------------------------------------------
HAND = """\
# yaml-language-server: $schema=persona.schema.json
format: 1
# Everybody calls her Ash.
name:   'Ash'   # not a real person
id: ash
status: "proto-persona"

verdict: not measured   # for now
notes: |-   # from the workshop
  She waits.

  Often.

# --- what we claim ---
claims:
    # asked again in May
    - facet: pain
      id: pain-dock     # full docks
      text: >-
        No place
        at the dock
      codes: [Full dock, 'Empty dock']   # both
      people: 2
      base: 5
      evidence:
        - {kind: quote, quote: "none: there", source: P01, start: 1, end: 12, case: P01}

        # the better one
        - kind: quote
          quote: |
            nothing there
          source: P02
          start: 5
          end: 18
          case: P02
          # read aloud in the workshop

    # a guess
    - id: need-sure
      facet: need
      text: "Needs to be sure"

# the end
"""


def _load(text: str): return YAML(typ="safe", pure=True).load(text)


def hand_file(folder: Path, text: str = HAND) -> tuple[Path, Persona]:
    path = folder / "anything.yaml"
    path.write_bytes(text.encode())
    return path, read_personas(path)[0]


def with_claim(p: Persona, place: int, **changes) -> Persona:
    claims = list(p.claim_list)
    claims[place] = claims[place].model_copy(update=changes)
    return p.model_copy(update={"claim_list": claims})


def line_changes(before: str, after: str) -> list[str]:
    return [line for line in difflib.ndiff(before.splitlines(), after.splitlines()) if line[0] in "+-"]


def test_one_changed_field_is_one_changed_line(tmp_path):
    path, p = hand_file(tmp_path)
    assert update_personas([p], tmp_path) == [] and path.read_text() == HAND
    for changes, lines in [
        ({"name": "Kit"}, ["- name:   'Ash'   # not a real person", "+ name:   'Kit'   # not a real person"]),
        ({"status": "persona", "verdict": "clusters shown"}, ["- status: \"proto-persona\"", "+ status: \"persona\"", "- verdict: not measured   # for now",
                                                             "+ verdict: clusters shown   # for now"]),
        ({"notes": "She leaves."}, ["-   She waits.", "- ", "-   Often.", "+   She leaves."]),
        ({"notes": None}, ["- notes: |-   # from the workshop", "-   She waits.", "- ", "-   Often."]),
        ({"label": "Waits"}, ["+ label: Waits"]),
        ({"cases": ["P01", "2"]}, ["+ cases:", "+   - P01", "+   - '2'"]),
    ]:
        path, p = hand_file(tmp_path)
        assert update_personas([p.model_copy(update=changes)], tmp_path) == [path]
        assert sorted(line_changes(HAND, path.read_text())) == sorted(lines)
        assert read_personas(path)[0] == p.model_copy(update=changes)


def test_what_somebody_else_has_written_since_is_not_taken_back(tmp_path):
    path, ann = hand_file(tmp_path)
    bob = read_personas(path)[0]
    mine = with_claim(ann, 0, text="Ann's words.")
    update_personas([mine], tmp_path)
    kept = path.read_bytes()
    with pytest.raises(AlreadyThere, match="somebody has changed the file since 'ash' was read from it.*read it again"):
        update_personas([bob.model_copy(update={"notes": "Bob's note."})], tmp_path)
    assert path.read_bytes() == kept
    update_personas([mine.model_copy(update={"notes": "Ann's note."})], tmp_path)  # what one wrote oneself is no change by somebody
    path.write_text(path.read_text() + "# a remark changes nothing that is said\n")
    again = read_personas(path)[0]
    path.write_text(path.read_text() + "# nor does another\n")
    update_personas([again.model_copy(update={"notes": "Bob's note."})], tmp_path)
    assert read_personas(path)[0].claim_list[0].text == "Ann's words." and "Bob's note." in path.read_text()


def test_a_link_stays_a_link_and_its_target_is_written(tmp_path):
    real, folder = tmp_path / "shared", tmp_path / "personas"
    real.mkdir()
    folder.mkdir()
    path, p = hand_file(real)
    link = folder / "ash.yaml"
    link.symlink_to(path)
    update_personas([p.model_copy(update={"notes": "Through the link."})], folder)
    assert link.is_symlink() and "Through the link." in path.read_text() and [f.name for f in real.iterdir()] == [path.name]
    write_personas([p], folder, overwrite=True)
    assert link.is_symlink() and path.read_text() == p.to_yaml()


def test_comments_stay_with_what_they_are_about(tmp_path):
    path, p = hand_file(tmp_path)
    first, second = p.claim_list
    update_personas([p.model_copy(update={"claim_list": [second, first]})], tmp_path)
    text = path.read_text()
    assert text.index("# a guess") < text.index("id: need-sure") < text.index("# asked again in May") < text.index("id: pain-dock") < text.index("# the end")
    assert read_personas(path)[0].claim_list == [second, first]

    path, p = hand_file(tmp_path)
    update_personas([p.model_copy(update={"claim_list": [first]})], tmp_path)
    assert sorted(line_changes(HAND, path.read_text())) == ["- ", "-       facet: need", '-       text: "Needs to be sure"', "-     # a guess", "-     - id: need-sure"]

    path, p = hand_file(tmp_path)
    third = Claim(id="goal-home", text="Wants to be home: at six", facet="goal")
    update_personas([p.model_copy(update={"claim_list": [first, third, second]})], tmp_path)
    assert all(line[0] == "+" for line in line_changes(HAND, path.read_text())) and read_personas(path)[0].claim_list[1].text == third.text


def test_evidence_is_exchanged_in_its_place(tmp_path):
    path, p = hand_file(tmp_path)
    one, two = p.claim_list[0].evidence
    moved = two.model_copy(update={"start": 6, "end": 19})
    update_personas([with_claim(p, 0, evidence=[one, moved])], tmp_path)
    assert read_personas(path)[0].claim_list[0].evidence == [one, moved]
    assert [line[1:].strip() for line in line_changes(HAND, path.read_text())] == ["start: 5", "start: 6", "end: 18", "end: 19"]
    path, p = hand_file(tmp_path)
    update_personas([with_claim(p, 0, evidence=[two])], tmp_path)
    assert line_changes(HAND, path.read_text())[0].startswith("-         - {kind: quote") and "# the better one" in path.read_text()
    path, p = hand_file(tmp_path)
    update_personas([with_claim(p, 0, evidence=[], codes=["Full dock"])], tmp_path)
    assert read_personas(path)[0].claim_list[0].strength == "assumption" and "codes: [Full dock]   # both" in path.read_text()


def test_line_ends_and_marks_of_windows_stay(tmp_path):
    text = "\ufeff" + HAND.replace("\n", "\r\n")
    path, p = hand_file(tmp_path, text)
    update_personas([p.model_copy(update={"name": "Kit", "notes": "One\n\nTwo"})], tmp_path)
    data = path.read_bytes()
    assert data.startswith(b"\xef\xbb\xbf# yaml") and data.count(b"\n") == data.count(b"\r\n") and read_personas(path)[0].notes == "One\n\nTwo"


def test_a_strength_that_a_file_states_wrongly_is_left_to_the_check(tmp_path):
    path, p = hand_file(tmp_path, HAND.replace("      facet: need\n", "      facet: need\n      strength: supported\n"))
    update_personas([p.model_copy(update={"name": "Kit"})], tmp_path)
    assert "strength: supported" in path.read_text() and path.read_text().count("strength") == 1


def test_a_file_that_cannot_be_changed_in_place_is_refused_and_kept(tmp_path):
    text = HAND.replace("id: ash", "id: &it ash").replace("status:", "label: *it\nstatus:")
    path, p = hand_file(tmp_path, text)
    with pytest.raises(BadInput, match="cannot be changed in place.*overwrite=True"): update_personas([p.model_copy(update={"label": "b", "notes": None})], tmp_path)
    assert path.read_text() == text
    with pytest.raises(AlreadyThere, match="two personas of that id"): update_personas([p, p], tmp_path)
    path.write_text("id: [")
    with pytest.raises(BadInput, match="line 1"): update_personas([p], tmp_path)


def test_a_new_persona_gets_a_file(tmp_path):
    path, p = hand_file(tmp_path)
    other = p.model_copy(update={"id": "kit", "name": "Kit"})
    assert update_personas([p, other], tmp_path) == [tmp_path / "kit.yaml"]
    assert (tmp_path / "kit.yaml").read_text() == other.to_yaml() and update_personas([p, other], tmp_path) == []


WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), min_size=1, max_size=30)
PLAIN = st.text("abc #:-'\"|>&*!%@,[]{}?\n\té🚲", min_size=1, max_size=20)
QUOTES = st.builds(lambda words, case, start: Evidence(kind="quote", quote=words, source=case, case=case, start=start, end=start + len(words)),
                   (PLAIN | WORDS).filter(_SAYS.search), st.sampled_from(["P01", "2", "no"]), st.integers(0, 99))
STATS = st.builds(lambda share, value: Evidence(kind="survey", survey="w", variable="v", value=value, n=40, share=share, low=0., high=1., rest=.5),
                  st.floats(0, 1), st.sampled_from([1, True, 1.5, "1", "yes"]))
CLAIMS = st.lists(st.builds(lambda id, words, facet, codes, people, found: dict(id=id, text=words, facet=facet, codes=codes, people=people, evidence=found),
                            st.sampled_from("abcdef"), PLAIN | WORDS, st.sampled_from(["pain", "need"]), st.lists(PLAIN, max_size=2), st.integers(0, 5),
                            st.lists(QUOTES | STATS, max_size=3)), max_size=4, unique_by=lambda c: c["id"])
PERSONAS = st.builds(lambda name, label, cases, people, data, notes, claims: Persona(id="p", name=name, label=label, cases=cases, people=people, data=data, notes=notes,
                                                                                    claims=[Claim(**c) for c in claims]),
                     PLAIN | WORDS, st.just("") | PLAIN, st.none() | st.lists(PLAIN, max_size=2), st.integers(0, 9),
                     st.dictionaries(st.sampled_from(["survey", "segmentation"]), PLAIN, max_size=2), st.none() | PLAIN, CLAIMS)


def scribbled(text: str, rng: random.Random) -> str:
    "Put remarks, empty lines and wide spaces where a person may put them: never inside a block text."
    out, block = [], None
    for line in text.splitlines():
        depth = len(line) - len(line.lstrip())
        if block is not None and (not line.strip() or depth > block): out.append(line); continue  # noqa: E702
        block = depth if line.endswith(("|-", "|")) else None
        if block is not None and line.lstrip().startswith("- "): block = depth + 2
        if rng.random() < .2: out.append(" " * depth + "# a remark: with 'signs' - and # more")
        if rng.random() < .1: out.append("")
        out.append(line + ("   # why?" if rng.random() < .2 and re.fullmatch(r"[^'\"#|]*: \w+", line) else ""))
    return "\n".join(out) + "\n"


def test_a_text_that_begins_with_a_sign_takes_the_place_of_an_empty_list(tmp_path):
    path = tmp_path / "p.yaml"
    path.write_text(Persona(id="p", name="x", cases=[]).to_yaml(), "utf-8")
    changed = Persona(id="p", name="x", cases=["?🚲-", "- a", "%🚲\n-", "P01"])
    read_personas(path)     # what nobody has read here is not replaced
    update_personas([changed], tmp_path)
    assert read_personas(path) == [changed]


@given(old=PERSONAS, new=PERSONAS, seed=st.integers(0, 999))
@settings(max_examples=40)
def test_any_change_arrives_and_remarks_stay(old, new, seed, tmp_path):
    path = tmp_path / "p.yaml"
    assert Persona.model_validate(_load(old.to_yaml())) == old and Persona.model_validate(_load(old.to_yaml())).to_yaml() == old.to_yaml()
    text = scribbled(old.to_yaml(), random.Random(seed))
    path.write_bytes(text.encode())
    assert update_personas([old], tmp_path) == [] and path.read_bytes() == text.encode()
    update_personas([new], tmp_path)
    assert read_personas(path) == [new]
    top = [line for line in text.splitlines() if re.match(r"# a remark", line)]
    left = sum(line.startswith("# a remark") for line in path.read_bytes().decode().split("\n"))
    assert left >= len(top) - 5  # those above notes, label, cases, data or claims, which may go
    update_personas([old], tmp_path)
    assert read_personas(path) == [old]


def test_the_shipped_schema_is_the_models_fits_drafts_and_finds_mistakes(surveyed: Study, tmp_path):
    import jsonschema

    shipped = json.loads((Path(personas_module.__file__).parent / "templates" / "persona.schema.json").read_text("utf-8"))
    assert shipped == persona_schema(), "run persona_schema('personabench/templates/persona.schema.json')"
    jsonschema.Draft202012Validator.check_schema(shipped)
    validator = jsonschema.Draft202012Validator(persona_schema(tmp_path / "s.json"))
    assert json.loads((tmp_path / "s.json").read_text()) == shipped
    validator.validate(_load(HAND))
    for wrong in (HAND.replace("facet: pain", "facet: pian"), HAND.replace("people: 2", "poeple: 2"), HAND.replace("people: 2", "people: -2"),
                  HAND.replace("name:   'Ash'", "name: [a]"), HAND.replace("verdict: not", "verdict: never"), HAND.replace("id: ash", "id: A h")):
        assert not validator.is_valid(_load(wrong)), wrong
    for p in draft_personas(surveyed, "2026-05"): validator.validate(_load(p.to_yaml()))


# -- Counter-evidence that is searched for -------------------------------------------------------------------------------------
def test_pains_and_gains_of_one_topic_speak_against_each_other(study: Study):
    with study.step("codes", "a topic") as step:
        (app,) = store.add_codes(step, [{"name": "App", "facet": "other"}])
        store.add_codes(step, [{"name": f"App is {how}", "facet": facet, "parent_id": app}
                               for how, facet in (("slow", "pain"), ("quick", "gain"), ("pretty", "attitude"))])
    add_talk(study, "P07", [("Kim", "P07", "The app hangs. It looks nice.", [("The app hangs", "App is slow"), ("looks nice", "App is pretty")])])
    add_talk(study, "P08", [("Lou", "P08", "The app is fast.", [("The app is fast", "App is quick")])])
    add_segments(study, {"P07": "A", "P08": "A"})
    slow, quick = (claim(draft_personas(study), id) for id in ("pain-app-is-slow", "gain-app-is-quick"))
    assert (slow.against_people, slow.against_share, [e.case for e in slow.against]) == (1, .5, ["P08"])
    assert [e.case for e in quick.against] == ["P07"] and quick.against_low == pytest.approx(wilson(1, 2)[0], abs=1e-4)


def test_opposite_answers_are_counted_with_their_share(surveyed: Study, answers: pd.DataFrame):
    ours, others, personas = answers[::2], answers[1::2], draft_personas(surveyed, today="2026-06-01")
    rest = np.average(others["imp_price"], weights=others["w"])
    for id, against, said in (("survey-met-full-dock", ours["met_full_dock"].eq(0), "any other answer"),
                              ("survey-imp-price", ours["imp_price"] > rest, f"above {rest:.5g}, the mean of the others")):
        c = claim(personas, id)
        share, n = ours["w"][against].sum() / ours["w"].sum(), ours["w"].sum() ** 2 / (ours["w"] ** 2).sum()
        assert (c.against_people, c.against_answer) == (int(against.sum()), said)
        assert (c.against_share, c.against_low, c.against_high) == pytest.approx((share, *wilson(share * n, n)), abs=1e-4)
    rides = claim(personas, "survey-rides")
    assert rides.against_people == 0 and rides.against_answer.startswith("below 5.") and rides.against_answer.endswith("mean of the others")


def test_what_others_say_instead_is_the_least_similar_and_never_ones_own(study: Study):
    add_talk(study, "P07", [("Kim", "P07", "To work by bike every day, and I watch the clock. I ride to the lake for fun.", [
        ("watch the clock", "Counts every minute"), ("ride to the lake for fun", "Rides for leisure")])])
    add_segments(study, {f"P{i:02}": "A" for i in range(1, 9)})
    draft = draft_personas(study)
    commutes = claim(draft, "behaviour-commutes-by-bike")
    (other,) = commutes.unlike
    assert other.case not in {e.case for e in commutes.evidence} and other.code in ("Counts every minute", "Rides for leisure")
    assert claim(draft, "pain-empty-dock").unlike == []  # the only pain
    assert commutes.against_people == 0 and not any(c.unlike for c in draft_personas(study, most_unlike=0)[0].claim_list)
    assert not check(study, personas=draft)["level"].eq("error").any()


# -- Who belongs where --------------------------------------------------------------------------------------------------------------
@pytest.fixture
def linkable(surveyed: Study) -> Study:
    "Four interviewed people more, whom the survey does not know."
    for case in ("Q1", "Q2", "Q3", "Q4"): add_talk(surveyed, case, [(f"S{case}", case, f"{case} came and the dock was empty.", [("dock was empty", "Empty dock")])])
    return surveyed


def test_people_are_linked_by_id_by_hand_and_by_the_typing_tool(linkable: Study, answers: pd.DataFrame, tmp_path: Path):
    from personabench.typing_tool import TypingTool

    tool = TypingTool(n_questions=1, folds=2).fit(answers.drop(columns="w"), pd.Series(["A", "B"] * 100, index=answers.index))
    golden = pd.DataFrame({name: [None, None] for name in tool.questions_}, index=["Q2", "Q3"]).assign(rides=[21, None])
    assert tool.questions_ == ["rides"]
    before, *_ = draft_personas(linkable, today="2026-06-01")
    a, b = draft_personas(linkable, people={"Q1": "B", "Q4": None}, tool=tool, answers=golden, today="2026-06-01")
    assert {link.how for link in before.linked} == {"respondent id"} and before.unassigned == a.unassigned + 2
    assert Link(case="Q1", how="by hand") in b.linked and a.unassigned == b.unassigned
    typed = next(link for link in a.linked if link.case == "Q2")
    assert typed.how == "typing tool" and typed.probability > .9
    assert not {"Q3", "Q4"} & {link.case for link in (*a.linked, *b.linked)}  # no answer, and said to belong nowhere
    assert claim([a], "pain-empty-dock").people == claim([before], "pain-empty-dock").people + 1 and a.people == before.people
    assert any("typing tool" in why for why in a.caveats) and any("by hand" in why for why in b.caveats) and any("belong" in why for why in a.caveats)
    write_personas([a, b], tmp_path)
    assert read_personas(tmp_path) == [a, b] and not check(linkable, personas=tmp_path, today="2026-06-01")["level"].eq("error").any()


def test_who_was_linked_by_hand_is_not_assigned_by_the_tool_as_well(linkable: Study, answers: pd.DataFrame):
    from personabench.typing_tool import TypingTool

    tool = TypingTool(n_questions=1, folds=2).fit(answers.drop(columns="w"), pd.Series(["A", "B"] * 100, index=answers.index))
    golden = pd.DataFrame({"rides": [21, 21, 21]}, index=["Q1", "Q2", "Q4"])  # by their answers all of them are A's
    a, b = draft_personas(linkable, people={"Q1": "B", "Q4": None}, tool=tool, answers=golden, today="2026-06-01")
    how = [(link.case, link.how, p.segment) for p in (a, b) for link in p.linked if link.case.startswith("Q")]
    assert sorted(how) == [("Q1", "by hand", "B"), ("Q2", "typing tool", "A")]


def test_at_most_half_of_the_survey_s_claims_describe_what_the_segments_were_made_from():
    rows = pd.DataFrame({"variable": [f"made{i}" for i in range(6)] + ["other1", "other2", "other3"], "level": "numeric", "effect": np.linspace(2, .5, 9),
                         "difference_low": .1, "difference_high": .9, "q": .001})
    told = personas_module._telling(rows, without=(), used=[f"made{i}" for i in range(6)], most=4)
    assert told["variable"].tolist() == ["made0", "made1", "other1", "other2"]


def test_golden_answers_may_be_attributes_of_the_cases(linkable: Study, answers: pd.DataFrame):
    from personabench.typing_tool import TypingTool

    tool = TypingTool(n_questions=1, folds=2).fit(answers.drop(columns="w"), pd.Series(["A", "B"] * 100, index=answers.index))
    with pytest.raises(NoSuchName, match="no column 'rides'"): draft_personas(linkable, tool=tool)
    with linkable.step("cases", "answers") as step: store.add_case(step, "Q1", attributes={"rides": "4"})
    assert [link.case for link in draft_personas(linkable, tool=tool)[1].linked if link.how == "typing tool"] == ["Q1"]
    with pytest.raises(BadInput, match="segment 'X'"):
        draft_personas(linkable, tool=TypingTool(n_questions=1, folds=2).fit(answers.drop(columns="w"), pd.Series(["A", "X"] * 100, index=answers.index)))


@pytest.mark.parametrize(("people", "error", "said"), [
    ({"Q9": "A"}, NoSuchCase, "an interviewed case"), ({"Q1": "Z"}, NoSuchName, "the segment 'Z' for 'Q1'"), ({"P01": "B"}, BadInput, "by the survey in 'A'")])
def test_links_that_cannot_be(linkable: Study, people: dict[str, str], error: type[Exception], said: str):
    with pytest.raises(error, match=said): draft_personas(linkable, people=people)


@pytest.mark.parametrize(("changes", "said"), [
    ({"linked": [Link(case="Q9", how="by hand")]}, "no interview"), ({"linked": [Link(case="P03", how="by hand")]}, "in 'B' by the survey|in 'A' by the survey"),
    ({"linked": [Link(case="Q2", how="respondent id")]}, "in None by the study"), ({"linked": []}, "is not linked"), ({"unassigned": 9}, "unassigned says 9"),
    ({"linked": [Link(case="Q2", how="typing tool")]}, "probability None")])
def test_links_are_held_against_the_study(linkable: Study, changes: dict, said: str):
    a, b = draft_personas(linkable, people={"Q1": "A"}, today="2026-06-01")
    wrong = a.model_copy(update={**changes, "linked": [*a.linked, *changes["linked"]] if changes.get("linked") else changes.get("linked", a.linked)})
    found = check(linkable, personas=[wrong, b], today="2026-06-01").query("rule == 'link-right'")
    assert found["message"].str.contains(said).any() and found["level"].eq("error").all()
    assert check(linkable, personas=[a, b], today="2026-06-01").query("rule == 'link-right'").empty


# -- Interviews alone, a survey alone --------------------------------------------------------------------------------------------------
def test_interviews_alone_are_one_honest_proto_persona(study: Study):
    (p,) = draft_personas(study, today="2026-06-01")
    assert (p.status, p.verdict, p.segmentation, p.survey) == ("proto-persona", "not shown", "codings", None)
    assert p.interviewed == p.people == len(p.linked) == len(code_profiles(study)) and any("grouped by what they were coded with" in why for why in p.caveats)
    assert draft_personas(study, today="2026-06-01") == [p] and len(study.segments) == 1
    found = check(study, personas=[p], today="2026-06-01")
    assert not found["level"].eq("error").any() and "data-changed" not in set(found["rule"])
    add_talk(study, "P09", [("Kim", "P09", "To work and back, and the dock was empty.", [("To work and back", "Commutes by bike")])])
    assert "data-changed" in set(check(study, personas=[p], today="2026-06-01")["rule"])  # the grouping is older than the codings


def test_nothing_to_draft_from_is_an_error_with_a_cure():
    with pytest.raises(BadInput, match="import_survey and add_segments"): draft_personas(empty_study())


def test_people_of_one_kind_of_profile_come_together():
    study, rng = empty_study(), np.random.default_rng(0)
    names = [f"Does {i}" for i in range(12)]
    with study.step("codes", "more") as step: store.add_codes(step, [{"name": n, "facet": "behaviour"} for n in names])
    for i in range(36):
        said = [n for j, n in enumerate(names) if rng.random() < (.9 if j % 3 == i % 3 else .08)] or ["Annoyed"]
        add_talk(study, f"P{i:02}", [(f"S{i}", f"P{i:02}", " ".join(f"{n}." for n in said), [(f"{n}.", n) for n in said])])
    rows = segment_by_codes(study)
    assert rows["segmentation"].eq("codings").all() and rows["k"].eq(3).all() and rows["n"].sum() == 36
    kinds = study.rows("members", segmentation="codings").groupby("segment")["case"].agg(lambda cases: {int(c[1:]) % 3 for c in cases})
    assert sorted(kinds, key=min) == [{0}, {1}, {2}]
    personas = draft_personas(study)
    assert all((p.status == "persona") == (p.verdict == "clusters shown") for p in personas) and not check(study, personas=personas)["level"].eq("error").any()
    with pytest.raises(AlreadyThere): segment_by_codes(study, facets=["pain", "behaviour", "emotion"], k=2)
    assert code_profiles(study, shares=True).sum(axis=1).between(.99, 1.01).mean() > .9


def test_a_survey_alone_makes_claims_of_statistics(answers: pd.DataFrame):
    study = Study(":memory:", coder="MB", create=True)
    import_survey(study, answers, name="wave1", wave="2026-05", weights="w")
    add_segments(study, {c: "A" if i % 2 == 0 else "B" for i, c in enumerate(answers.index)}, survey="wave1", verdict="clusters shown")
    a, b = draft_personas(study, today="2026-06-01")
    assert a.claim_list and all(c.is_survey for p in (a, b) for c in p.claim_list) and a.status == "proto-persona"
    for e in (e for p in (a, b) for c in p.claim_list for e in c.evidence):
        assert None not in (e.n, e.estimate, e.low, e.high, e.rest, e.difference_low, e.difference_high, e.q, e.effect) and e.differs is not e.used
    assert not check(study, personas=[a, b], today="2026-06-01")["level"].eq("error").any()


# -- Statistics that must not prove too much ----------------------------------------------------------------------------------------------
def test_less_often_counts_for_whom_the_words_are_true(surveyed: Study, answers: pd.DataFrame):
    b = draft_personas(surveyed, today="2026-06-01")[1]
    c = next(c for c in b.claim_list if c.id == "survey-met-full-dock")
    theirs, w = answers["met_full_dock"][1::2], answers["w"][1::2]
    without = w[theirs.eq(0)].sum() / w.sum()
    assert c.text == "met_full_dock: 0, more often than the others." and without > .5
    assert (c.people, c.against_people, c.base) == (int(theirs.eq(0).sum()), int(theirs.eq(1).sum()), 100) and c.against_answer == "“1”"
    assert (c.share, c.against_share) == pytest.approx((without, 1 - without), abs=1e-4) and c.low < c.share < c.high
    assert c.evidence[0].share == pytest.approx(1 - without, abs=1e-4)  # the evidence states the answer itself
    assert not check(surveyed, personas=[b], today="2026-06-01")["rule"].isin(["counter-evidence", "count-right", "share-right"]).any()


def noise_study(segments: int, n: int, seed: int, *, made: bool) -> Study:
    "A survey of random answers, with groups made by the answers, or at random."
    study, rng = Study(":memory:", coder="MB", create=True), np.random.default_rng(seed)
    data = pd.DataFrame(rng.integers(0, 2, (n, 24)), columns=[f"q{i}" for i in range(24)], index=[f"R{i}" for i in range(n)])
    import_survey(study, data, name="w", wave="2026-05")
    group = data["q0"] * 2 + data["q1"] if made else pd.Series(rng.integers(0, segments, n), index=data.index)
    members = pd.DataFrame({"case": data.index, "segment": [f"S{g}" for g in group], "weight": 1.})
    with study.step("segment", "g") as step:
        store.add_segmentation(step, name="g", members=members, k=segments, verdict="no clusters", parameters={"variables": ["q0", "q1"] if made else []},
                               survey="w", wave="2026-05", data_hash="abc")
    return study


def test_segments_made_of_noise_support_no_claim_on_what_made_them():
    personas = draft_personas(noise_study(4, 300, 0, made=True), today="2026-06-01")
    made = [c for p in personas for c in p.claim_list if any(e.used for e in c.evidence)]
    assert len(made) >= 6 and {c.strength for c in made} == {"anecdote"} and max(c.evidence[0].q for c in made) < 1e-6


def test_the_false_discovery_rate_is_that_of_all_segments_together():
    studies = [noise_study(6, 240, seed, made=False) for seed in range(40)]
    false = [any(c.strength == "supported" for p in draft_personas(study, today="2026-06-01") for c in p.claim_list) for study in studies]
    assert sum(false) <= 6  # of 40; more than 6 happen once in a hundred at 5 %; adjusted within each segment it is 8


def test_where_more_speak_against_than_for_it_is_no_more_than_an_anecdote():
    quotes = [Evidence(kind="quote", quote="so it is", source=f"P{i}", start=0, end=8, case=f"P{i}", code="Dock") for i in range(4)]
    about = {"id": "c", "text": "So it is", "facet": "pain", "codes": ["Dock"], "people": 4, "evidence": quotes}
    assert [Claim(**about, against_people=n).strength for n in (0, 4, 5, 40)] == ["supported", "supported", "anecdote", "anecdote"]


def test_a_plain_link_means_that_more_say_so(surveyed: Study):
    sides = {}
    for p in draft_personas(surveyed, links={"Empty dock": "met_full_dock", "Rides for leisure": "met_full_dock"}):
        for c in p.claim_list:
            if c.codes: sides |= {(p.segment, side): c.id for side in ("evidence", "against") if any(e.kind == "survey" for e in getattr(c, side))}
    assert sides == {("A", "evidence"): "pain-empty-dock", ("B", "against"): "behaviour-rides-for-leisure"}


# -- Fields ------------------------------------------------------------------------------------------------------------------------------
def test_statements_stand_under_the_fields_of_teams_in_their_order(surveyed: Study):
    assert list(PERSONA_FIELDS)[:17] == ["pains", "goals", "role", "name", "tech comfort", "needs", "age", "behaviours", "location", "context", "motivations", "quote",
                                         "devices", "attitudes", "channels", "scenario", "objections"]
    p = draft_personas(surveyed)[0]
    shown = [list(PERSONA_FIELDS).index(f) for f in p.sheet["field"]]
    assert shown == sorted(shown) and {"name", "quote"} < set(p.sheet["field"]) and "scenario" not in set(p.sheet["field"])
    headings = [c.heading for c in p.claim_list]
    assert headings == sorted(headings, key=list(PERSONA_FIELDS).index) and headings[0] == "pains"
    day = Claim(id="day", text="Rides in before eight.", facet="context", field="scenario")
    with_day = p.model_copy(update={"claim_list": [*p.claim_list, day]})
    assert day.strength == "assumption" and with_day.sheet.query("field == 'scenario'")["text"].tolist() == [day.text]
    assert "field: scenario" in with_day.to_yaml() and "field: pains" not in p.to_yaml()


def test_an_unknown_field_is_refused_with_its_line(tmp_path: Path):
    (tmp_path / "a.yaml").write_text("id: a\nname: A\nclaims:\n  - id: x\n    text: t\n    facet: need\n    field: pain\n")
    with pytest.raises(BadInput, match="line 7.*did you mean 'pains'"): read_personas(tmp_path)


def test_words_and_figures_of_a_claim_are_about_the_same_answer():
    "Of A 65 % ride, 10 % read and 58 % pay by card, of the others 94 %, 60 % and 90 %: nothing may read as if most of A did not ride, or more of A paid by card."
    n = 400
    here = np.arange(n) % 2 == 0
    few = lambda a, b: np.where(np.arange(n) // 2 < np.where(here, a, b) * n / 2, 1, 0)
    data = pd.DataFrame({"ride": few(.65, .94), "news": few(.1, .6), "pay": np.where(few(.58, .9) == 1, "card", "app")}, index=[f"R{i}" for i in range(n)])
    study = Study(":memory:", coder="MB", create=True)
    asked = pd.DataFrame({"variable": ["ride", "news", "pay"], "level": "binary", "labels": ["0=no|1=yes", "0=no|1=yes", ""],
                          "question": ["Do you ride to work?", "Do you read the newsletter?", "How do you pay?"]})
    import_survey(study, data, name="s", dictionary=asked)
    with study.step("segment", "s") as step:
        members = pd.DataFrame({"case": data.index, "segment": np.where(here, "A", "B"), "weight": 1.})
        store.add_segmentation(step, name="s", members=members, k=2, verdict="clusters shown", parameters={"variables": []}, survey="s", wave=None, data_hash="x")
    first = draft_personas(study, "s", today="2026-06-01")[0]
    said = {c.evidence[0].variable: c for c in first.claim_list}
    assert said["ride"].text == "Does not ride to work, more often than the others." and said["ride"].share == pytest.approx(.35)
    assert said["news"].text == "Does not read the newsletter." and said["news"].share == pytest.approx(.9)
    assert said["pay"].text == "Pays: app, more often than the others." and said["pay"].share == pytest.approx(.42) and said["pay"].against_answer == "“card”"
    assert first.label == "Does not read the newsletter", "the title is what most of them do"


def test_who_does_not_want_to_be_quoted_counts_and_is_not_quoted():
    study = Study(":memory:", coder="MB", create=True)
    import_sample(study)
    before = draft_personas(study, today="2026-06-01")[0]
    asked = before.claim_list[0].evidence[0].case
    record_consent(study, case=asked, consent="no")
    after = draft_personas(study, "codings", today="2026-06-01")[0]
    assert not any(e.case == asked for c in after.claim_list for e in (*c.evidence, *c.against, *c.unlike))
    assert [(c.id, c.people) for c in after.claim_list] == [(c.id, c.people) for c in before.claim_list]


# -- Descriptors: privacy and codes ------------------------------------------------------------------------------------------------
def described_study(data: pd.DataFrame, attributes: pd.DataFrame | None = None) -> Study:
    "A study of two segments, A (every other person) and B; the first eight of A are interviewed where they have attributes."
    study = Study(":memory:", coder="MB", create=True)
    import_survey(study, data, name="w", wave="2026-05")
    segment = {case: "AB"[i % 2] for i, case in enumerate(data.index)}
    for case in [] if attributes is None else attributes["case"]:
        with study.step("i", "i") as step:
            turns = [{"speaker": case, "start": 0, "end": 7}]
            source_id = store.add_source(step, case, text="I ride.", turns=turns, speakers={case: (case, "participant")}, date="2026-05-04")
            ids = {} if study.codes.empty else study.codes.set_index("code")["code_id"]
            code_id = int(ids["Rides"]) if len(ids) else store.add_codes(step, [{"name": "Rides", "facet": "behaviour", "definition": ""}])[0]
            store.add_codings(step, [{"source_id": source_id, "code_id": code_id, "start": 0, "end": 7}])
    if attributes is not None: import_table(study, attributes, text=[], case="case")
    add_segments(study, segment, survey="w")
    return study


def test_no_line_tells_of_fewer_than_five_by_what_it_leaves_out():
    ids, a = [f"R{i}" for i in range(120)], np.arange(120) % 2 == 0
    job = np.where(np.arange(120) % 3 == 0, "office", "school").astype(object)
    job[a] = ["office"] * 59 + ["governor"]
    disabled = np.where(a, 1, np.arange(120) % 5 == 1).astype(int)
    disabled[4] = 0
    work = np.where(np.arange(120) % 4 < 2, "day", "night").astype(object)
    work[2] = "mint"
    data = pd.DataFrame({"rides": np.where(a, 20, 5), "occupation": job, "disabled": disabled, "job": work}, index=ids)
    attributes = pd.DataFrame({"case": ids[:16:2], "home_region": ["north"] * 7 + ["isle"]})
    first, second = draft_personas(described_study(data, attributes), facets={"disabled": "demographic"})
    told = lambda p, name: [(d.answer, d.people, d.n) for d in p.described if d.variable == name]
    assert not told(first, "occupation") and told(second, "occupation"), "59 of 60 name the one who is left"
    assert not told(first, "disabled") and "survey-disabled" not in {c.id for c in first.claim_list} and told(second, "disabled")
    assert told(first, "job") == [("day", 30, 60)], "with night, 29, one is left"
    assert not told(first, "home_region"), "seven of eight interviewed"


def test_a_code_is_no_amount_and_has_no_mean():
    ids = [f"R{i}" for i in range(80)]
    data = pd.DataFrame({"district": np.arange(80) // 2 % 37, "age": 20 + np.arange(80) // 2, "rides": np.arange(80) % 2}, index=ids)
    attributes = pd.DataFrame({"case": ids[:20:2], "region": ["1", "7"] * 5, "household_size": [str(1 + i) for i in range(10)]})
    (first, _) = draft_personas(described_study(data, attributes))
    lines = {d.variable: d for d in first.described}
    assert "district" not in lines and lines["age"].mean == 39.5 and lines["household_size"].mean == 5.5
    assert [(d.answer, d.people, d.mean) for d in first.described if d.variable == "region"] == [("1", 5, None), ("7", 5, None)]


def test_four_districts_by_number_have_no_mean_and_a_scale_has():
    ids, i = [f"R{i}" for i in range(80)], np.arange(80)
    data = pd.DataFrame({"district": 1 + i // 2 % 4, "tech_comfort": 1 + i // 3 % 5, "age_group": 1 + i // 2 % 3, "rides": i % 2}, index=ids)
    study = Study(":memory:", coder="MB", create=True)
    import_survey(study, data, name="w", levels=dict.fromkeys(("district", "tech_comfort", "age_group"), "ordinal"))
    add_segments(study, {case: "AB"[n % 2] for n, case in enumerate(ids)}, survey="w")
    lines = {d.variable: d.mean for d in draft_personas(study, today="2026-06-01", facets={"tech_comfort": "attitude"})[0].described}
    assert "district" not in lines and lines["tech_comfort"] is not None and lines["age_group"] is not None


def test_the_figure_of_the_others_tells_of_no_fewer_than_five_of_them():
    ids, a = [f"R{i}" for i in range(120)], np.arange(120) % 2 == 0
    job = np.where(a, np.where(np.arange(120) % 4 == 0, "office", "school"), "office").astype(object)
    job[[1, 3]] = "governor"            # of the others two are no clerk, and none is a teacher
    home = np.where(np.arange(120) % 3 == 0, "north", "south")
    age = np.where(a, 20. + np.arange(120) % 37, np.nan)
    age[[1, 3, 5]] = 71, 72, 75
    data = pd.DataFrame({"occupation": job, "district": home, "age": age, "rides": np.where(a, 20, 5)}, index=ids)
    study = described_study(data)
    first = draft_personas(study)[0]
    rest = {(d.variable, d.answer): d.rest for d in first.described}
    assert rest["occupation", "office"] is None and rest["occupation", "school"] is None and rest["age", None] is None
    assert rest["district", "south"] == pytest.approx(2 / 3, abs=1e-3), "what tells of nobody stays"
    assert not check(study, personas=[first], today="2026-06-01")["rule"].isin(["statistic-right", "k-anonymity"]).any()
    told = first.model_copy(update={"described": [d.model_copy(update={"rest": 58 / 60}) if d.answer == "office" else d for d in first.described]})
    found = check(study, personas=[told], today="2026-06-01").query("rule == 'k-anonymity'")
    assert found["message"].tolist() == ["the others' figure for 'occupation' tells of fewer than 5 of them"]


def test_four_known_ages_of_nine_people_describe_nobody():
    ids = [f"R{i}" for i in range(80)]
    attributes = pd.DataFrame({"case": ids[:18:2], "age": ["41", "52", "38", "29", *[""] * 5], "gender": ["woman"] * 5 + ["man"] * 4})
    (first, _) = draft_personas(described_study(pd.DataFrame({"rides": np.arange(80)}, index=ids), attributes))
    assert first.interviewed == 9 and "age" not in {d.variable for d in first.described}
    more = attributes.assign(age=["41", "52", "38", "29", "33", *[""] * 4])
    (first, _) = draft_personas(described_study(pd.DataFrame({"rides": np.arange(80)}, index=ids), more))
    assert [(d.n, d.mean) for d in first.described if d.variable == "age"] == [(5, 38.6)]


def test_what_a_minority_has_is_no_title_unless_it_says_so():
    "A quarter of A has what hardly anybody else has (the larger difference), and seven in ten what half of the others have."
    n, here = 400, np.arange(400) % 2 == 0
    few = lambda a, b: np.where(np.arange(n) // 2 < np.where(here, a, b) * n / 2, 1, 0)
    data = pd.DataFrame({"cargo": few(.265, .03), "helmet": few(.7, .5)}, index=[f"R{i}" for i in range(n)])
    asked = pd.DataFrame({"variable": ["cargo", "helmet"], "level": "binary", "labels": "0=no|1=yes", "question": ["Do you own a cargo bike?", "Do you wear a helmet?"]})

    def labels(*variables: str) -> list[str]:
        study = Study(":memory:", coder="MB", create=True)
        import_survey(study, data[list(variables)], name="w", dictionary=asked[asked["variable"].isin(variables)])
        add_segments(study, {f"R{i}": "AB"[i % 2] for i in range(n)}, survey="w")
        return [p.label for p in draft_personas(study, today="2026-06-01")]
    assert labels("cargo") == ["Owns a cargo bike, more often than the others", "Does not own a cargo bike"], "97 of 100 of B have none"
    assert labels("cargo", "helmet")[0] == "Wears a helmet"


def on_a_scale(answers: list[str], of_a: list[float], of_b: list[float], question: str = "") -> list[Persona]:
    "Draft two segments of a hundred people from one question, whose answers so many in a hundred of each gave."
    study = Study(":memory:", coder="MB", create=True)
    said = [a for shares in (of_a, of_b) for a, n in zip(answers, shares) for _ in range(int(n))]
    data = pd.DataFrame({"asked": said}, index=[f"R{i}" for i in range(200)])
    import_survey(study, data, name="w", levels={"asked": answers}, dictionary=pd.DataFrame({"variable": ["asked"], "question": [question]}))
    add_segments(study, {c: "A" if i < 100 else "B" for i, c in enumerate(data.index)}, survey="w")
    return draft_personas(study, today="2026-06-01")


def test_who_has_a_degree_is_not_said_to_have_less_of_one():
    degrees = ["primary school", "secondary school", "university degree"]
    first, second = on_a_scale(degrees, [5, 15, 80], [60, 30, 10], "What is your highest degree?")
    assert first.label == "Nearer to “university degree” than the others: what is their highest degree"
    assert second.label == "Nearer to “primary school” than the others: what is their highest degree"


@pytest.mark.parametrize("question", ["", "How long have you used it?"])
def test_an_answer_that_few_of_them_gave_is_no_title(question: str):
    first, second = on_a_scale(["Less than one year", "One year or more"], [25, 75], [3, 97], question)
    (c,) = first.claim_list
    assert c.evidence[0].mean == 1.75 and "ess near to “One year or more” than the others" in c.text and "“Less than one year”" not in c.text
    assert first.label == "" and "earer to “One year or more” than the others" in second.label


def test_a_code_of_one_in_four_is_no_title():
    study = Study(":memory:", coder="MB", create=True)
    with study.step("import", "x") as step:
        codes = [{"name": name, "facet": facet, "definition": ""} for name, facet in (("Races", "behaviour"), ("Late", "need"), ("Here", "context"))]
        races, late, here = store.add_codes(step, codes)
        for i, said in enumerate([(races, late), (late,), (late,), (), (late,), (), (), ()]):
            text, case = "I ride races, I am late.", f"P{i}"
            source_id = store.add_source(step, case, text=text, turns=[{"speaker": case, "start": 0, "end": len(text)}], speakers={case: (case, "participant")})
            store.add_codings(step, [{"source_id": source_id, "code_id": code_id, "start": 0, "end": len(text)} for code_id in (here, *said)])
    with study.step("segment", "x") as step:
        members = pd.DataFrame({"case": [f"P{i}" for i in range(8)], "segment": list("AAAABBBB"), "weight": 1.})
        store.add_segmentation(step, name="x", members=members, k=2, verdict="not shown", parameters={})
    first = draft_personas(study, "x", today="2026-06-01")[0]
    assert {c.codes[0]: c.share for c in first.claim_list} == {"Races": .25, "Late": .75, "Here": 1} and first.label == "Late"


# -- Two programs write ------------------------------------------------------------------------------------------------------------
def other_program(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_a_draft_takes_back_no_word_that_another_program_has_written(study: Study, tmp_path: Path):
    drafts = draft_personas(study, today="2026-06-01")
    (first, *_) = update_personas(drafts, tmp_path)
    anew = [p.model_copy(update={"notes": "Drafted anew."}) for p in drafts]
    assert update_personas(anew, tmp_path) and "Drafted anew." in first.read_text(), "what this program wrote itself may be written anew"
    other_program(first, "Drafted anew.", "Bob's words.")
    with pytest.raises(AlreadyThere, match="another program has changed the file since it was last read or written here.*read_personas it"):
        update_personas(drafts, tmp_path)
    assert "Bob's words." in first.read_text()
    read_personas(tmp_path)
    assert update_personas(drafts, tmp_path) and "Bob's words." not in first.read_text(), "who has looked at them may replace them"
    personas_module._SEEN.clear()     # as in a program that was just started
    with pytest.raises(AlreadyThere, match="that nobody has read here"): update_personas(anew, tmp_path)
    assert update_personas(drafts, tmp_path) == [], "the same again is no conflict"


def test_overwriting_replaces_no_words_written_since_the_personas_were_read(study: Study, tmp_path: Path):
    paths = write_personas(draft_personas(study, today="2026-06-01"), tmp_path)
    read = read_personas(tmp_path)
    other_program(paths[0], "name: ", "name: Bob's words. ")
    with pytest.raises(AlreadyThere, match="somebody has changed the file since"):
        write_personas([p.model_copy(update={"label": "x"}) for p in read], tmp_path, overwrite=True)
    assert "Bob's words." in paths[0].read_text()
    assert write_personas([p.model_copy(update={"label": "x"}) for p in read_personas(tmp_path)], tmp_path, overwrite=True)
    assert write_personas([p.model_copy(update={"label": "y"}) for p in read], tmp_path / "elsewhere", overwrite=True)


@pytest.mark.parametrize("write", [update_personas, write_personas, lambda p, folder: write_personas(p, folder, overwrite=True)])
@pytest.mark.parametrize("there", [False, True])
def test_what_another_program_writes_at_the_same_time_stays(study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write, there: bool):
    "The other one writes between the look at the folder and the writing."
    (p, *_) = draft_personas(study, today="2026-06-01")
    path = tmp_path / f"{p.id}.yaml"
    if there: update_personas([p], tmp_path)
    whole = personas_module._write_whole

    def late(target: Path, *rest) -> None:
        path.write_text("Bob's words.")
        whole(target, *rest)
    monkeypatch.setattr(personas_module, "_write_whole", late)
    changed = p.model_copy(update={"notes": "Ann's."})
    with pytest.raises(AlreadyThere): write([changed], tmp_path)
    if there and write is write_personas: return     # refused before that
    assert path.read_text() == "Bob's words." and sorted(f.name for f in tmp_path.iterdir()) == [path.name]


def numbered(n: int = 40) -> Study:
    "Interviews 1 to 8, and a survey without ids, whose respondents are its rows."
    study = Study(":memory:", coder="MB", create=True)
    with study.step("codes", "codebook") as step:
        store.add_codes(step, [{"name": "Empty dock", "facet": "pain", "definition": "Came for a bike and found none."}])
    for i in range(1, 9): add_talk(study, str(i), [("Ann", str(i), f"The dock was empty again, {i}.", [("dock was empty", "Empty dock")])])
    import_survey(study, pd.DataFrame({"rides": [3, 20] * (n // 2)}), name="w", wave="2026-05")
    add_segments(study, {str(i): "AB"[i % 2] for i in range(n)}, survey="w", verdict="clusters shown")
    return study


def test_the_row_of_a_survey_without_ids_was_not_interviewed():
    study = numbered()
    for p in draft_personas(study, today="2026-06-01"):
        assert not p.linked and not p.interviewed and not any(c.codes for c in p.claim_list) and p.people == 20 and p.unassigned == 8
        assert "size-right" not in set(check(study, personas=[p], today="2026-06-01")["rule"])
    by_hand = draft_personas(study, people={"3": "A", "5": "B"}, today="2026-06-01")
    assert [[(link.case, link.how) for link in p.linked] for p in by_hand] == [[("3", "by hand")], [("5", "by hand")]]
    assert not check(study, personas=by_hand, today="2026-06-01")["level"].eq("error").any()
    old = by_hand[0].model_copy(update={"linked": [Link(case="4", how="respondent id")]})
    assert "4 is a row, not a person" in " ".join(check(study, personas=[old], today="2026-06-01").query("rule == 'link-right'")["message"])


def test_who_was_interviewed_and_withdraws_takes_no_row_of_a_stranger_along():
    study = numbered()
    before = {p.segment: (p.people, [c.evidence[0].n for c in p.claim_list]) for p in draft_personas(study, today="2026-06-01")}
    withdraw(study, case="3")
    assert len(stored_survey(study, "w").data) == 40
    after = draft_personas(study, today="2026-06-01")
    assert {p.segment: (p.people, [c.evidence[0].n for c in p.claim_list]) for p in after} == before
    with pytest.raises(NoSuchCase, match="number of a row"): withdraw(study, case="30")


def gendered(men: int) -> tuple[Study, list[Persona]]:
    "Two segments of 150; 45 of the first are men, and so many of the others."
    study, ids = Study(":memory:", coder="MB", create=True), [f"R{i}" for i in range(300)]
    gender = np.where(np.arange(300) < 150, np.where(np.arange(300) < 45, "man", "woman"), np.where(np.arange(300) < 150 + men, "man", "woman"))
    import_survey(study, pd.DataFrame({"gender": gender}, index=ids), name="w", wave="2026-05")
    add_segments(study, {c: "A" if i < 150 else "B" for i, c in enumerate(ids)}, survey="w", verdict="clusters shown")
    return study, draft_personas(study, today="2026-06-01")


def test_no_statement_says_of_the_others_what_the_line_hides():
    study, (first, _) = gendered(2)
    assert [d.rest for d in first.described] == [None] and not [c for c in first.claim_list if c.facet == "demographic"]
    assert any(c.facet == "demographic" for c in gendered(8)[1][0].claim_list)
    told = draft_personas(gendered(8)[0], today="2026-06-01")[0].claim_list
    found = check(study, personas=[first.model_copy(update={"claim_list": told})], today="2026-06-01").query("rule == 'k-anonymity'")
    assert found["message"].str.contains("the others' figure beside .* tells of fewer than 5 of them").any()


def test_what_hides_the_figure_of_fewer_than_ten_others_passes_the_check():
    study, (first, _) = gendered(8)
    config = {"thresholds": {"k": 10}}
    def found(p: Persona) -> set[str]: return set(check(study, personas=[p], today="2026-06-01", config=config).query("level == 'error'")["message"])
    assert "the others' figure for 'gender' tells of fewer than 10 of them" in found(first)
    cured = first.model_copy(update={"described": [d.model_copy(update={"rest": None}) for d in first.described], "claim_list": [], "label": ""})
    assert not found(cured)


def test_between_the_look_at_a_file_and_its_replacement_no_other_program_writes(study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    "The other one begins to write when the first has looked already; what it was told to have written stays."
    (p, *_) = draft_personas(study, today="2026-06-01")
    (path,) = update_personas([p], tmp_path)
    ends, replace, others = list[BaseException | None](), os.replace, list[threading.Thread]()

    def other() -> None:
        try: update_personas([p.model_copy(update={"notes": "Bob's words."})], tmp_path)
        except AlreadyThere as e: ends.append(e)
        else: ends.append(None)

    def slow(*names) -> None:
        if not others:
            others.append(threading.Thread(target=other))
            others[0].start()
            others[0].join(1)
        replace(*names)
    monkeypatch.setattr(os, "replace", slow)
    update_personas([p.model_copy(update={"label": "Ann's words."})], tmp_path)
    others[0].join(20)
    assert "Ann's words." in path.read_text() and isinstance(ends[0], AlreadyThere) and "another program" in str(ends[0])
    assert [f.name for f in tmp_path.iterdir()] == [path.name], "no lock is left"


def test_a_lock_that_a_stopped_program_left_is_told(study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (p, *_) = draft_personas(study, today="2026-06-01")
    (path,) = update_personas([p], tmp_path)
    (lock := tmp_path / f".{path.name}.lock").touch()
    monkeypatch.setattr(personas_module, "_PATIENCE", .05)
    changed, before = p.model_copy(update={"notes": "Ann's."}), path.read_bytes()
    with pytest.raises(AlreadyThere, match="lock.*if nobody is writing, delete it"): update_personas([changed], tmp_path)
    assert path.read_bytes() == before and sorted(f.name for f in tmp_path.iterdir()) == [lock.name, path.name]
    lock.unlink()
    assert update_personas([changed], tmp_path) == [path]


def test_what_is_changed_in_a_file_is_what_was_read_from_it_once(study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (p, *_) = draft_personas(study, today="2026-06-01")
    (path,) = update_personas([p], tmp_path)
    read = personas_module._read_persona

    def meanwhile(at: Path, *rest) -> Persona:
        found = read(at, *rest)
        path.write_text("Bob's words.")
        return found
    monkeypatch.setattr(personas_module, "_read_persona", meanwhile)
    with pytest.raises(AlreadyThere, match="another program has changed the file just now"):
        update_personas([p.model_copy(update={"notes": "Ann's."})], tmp_path)
    assert path.read_text() == "Bob's words."


def test_to_look_is_not_to_agree_to_a_replacement(study: Study, tmp_path: Path):
    drafts = draft_personas(study, today="2026-06-01")
    (first, *_) = write_personas(drafts, tmp_path)
    mine = read_personas(tmp_path)
    other_program(first, "name: ", "name: Bob's words. ")
    anew = [p.model_copy(update={"notes": "Drafted anew."}) for p in drafts]
    compare(tmp_path, anew)
    with pytest.raises(AlreadyThere, match="since it was last read or written here"): update_personas(anew, tmp_path)
    read_personas(tmp_path)     # looked at, and thrown away
    stale = [p.model_copy(update={"label": "x"}) for p in mine]
    with pytest.raises(AlreadyThere, match="somebody has changed the file since"): write_personas(stale, tmp_path, overwrite=True)
    assert "Bob's words." in first.read_text()
    fresh = [p.model_copy(update={"label": "x"}) for p in read_personas(tmp_path)]
    write_personas(fresh, tmp_path, overwrite=True)
    assert write_personas([p.model_copy(update={"label": "y"}) for p in fresh], tmp_path, overwrite=True), "what this program wrote it may write again"
    assert "Bob's words." in first.read_text()


def test_what_is_coded_as_who_somebody_is_leads_for_nobody():
    study, verger = Study(":memory:", coder="MB", create=True), "I am the verger of the little church at the harbour, for thirty years."
    with study.step("codes", "codebook") as step:
        store.add_codes(step, [{"name": name, "facet": facet, "definition": ""} for name, facet in (("Who", "demographic"), ("Keys", "behaviour"), ("Empty", "pain"))])
    for i in range(4):
        words = f"{verger} No bike." if i == 0 else f"I have an ordinary job, and nothing more to tell of it, {i}. No bike."
        said = words.removesuffix(" No bike.")
        add_talk(study, f"P{i}", [("Ann", f"P{i}", words, [(said, "Who"), ("No bike", "Empty"), *([(said, "Keys")] if i == 0 else [])])])
    (p,) = draft_personas(study, today="2026-06-01")
    assert p.quote is not None and p.quote.quote == "No bike"
    hidden = draft_personas(study, include=["behaviour"], today="2026-06-01")[0]
    assert hidden.quote is None and [e.note for c in hidden.claim_list for e in c.evidence] == [personas_module._TELLS], "by the codings, not by what a persona lists"
    plain = [c.model_copy(update={"evidence": [e.model_copy(update={"note": None}) for e in c.evidence]}) for c in hidden.claim_list]
    found = check(study, personas=[hidden.model_copy(update={"claim_list": plain})], today="2026-06-01").query("rule == 'person-recognisable'")
    assert found["message"].str.contains("at the head of the card is coded as who P0 is").tolist() == [True]
