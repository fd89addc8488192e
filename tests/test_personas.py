"""Personas: what counts as evidence, what a survey adds, what speaks against a claim, and who belongs where."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from made_up import add_segments, add_talk, empty_study, with_survey

from personabench import personas as personas_module
from personabench import store
from personabench.checks import check
from personabench.coding import assign, code, undo
from personabench.consent import record_consent, withdraw
from personabench.importers import set_date
from personabench.claims import Claim, Link, Persona
from personabench.persona_files import read_personas, write_personas
from personabench.personas import PERSONA_FACETS, code_profiles, contrasts, draft_personas, passages, segment_by_codes
from personabench.sample_data import import_sample
from personabench.schema import AlreadyThere, BadInput, NoSuchCase, NoSuchCode, NoSuchName
from personabench.study import Study
from personabench.statistics import wilson
from personabench.survey import import_survey, read_survey, stored_survey
from personabench.table_importers import import_table
from personabench.statistics import mean_difference, share_difference


GOLDEN = Path(__file__).parent / "golden"
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
    [drafted] = draft_personas(undated)
    said = claim([drafted], "pain-empty-dock")
    assert (said.oldest, said.newest, said.evidence[0].date) == (None, None, None), "the day of the import is not the day of the interview"
    assert "1 of 1 interviewed people counts as read" in drafted.notes
    assert "The only coded source has no date: say when it was with set_date(study, source, date=...)" in drafted.notes
    add_talk(undated, "P02", [("B", "P02", "No bike there.", [("No bike there", "Empty dock")])], date="2026-05-04")
    add_segments(undated, {"P01": "A", "P02": "A"}, name="two")
    assert "1 of 2 coded sources has no date" in draft_personas(undated, segments="two")[0].notes
    for _ in range(2): undo(undated)
    set_date(undated, "P01", date="2026-05-04")
    [again] = draft_personas(undated)
    assert claim([again], "pain-empty-dock").newest == "2026-05-04" and "no date" not in (again.notes or "")
    undo(undated)
    assert claim(draft_personas(undated), "pain-empty-dock").newest is None


def test_a_source_without_a_date_is_neither_the_oldest_nor_the_newest(study: Study):
    set_date(study, "P01", date=None)
    add_segments(study, GROUPS)
    [dock] = [c for c in draft_personas(study)[0].claim_list if c.id == "pain-empty-dock"]
    assert {e.case for e in dock.evidence if e.date is None} == {"P01"} and None not in (dock.oldest, dock.newest) and dock.oldest <= dock.newest
    assert {dock.oldest, dock.newest} <= {e.date for e in dock.evidence}


@pytest.mark.parametrize(("wave", "asked"), [("2026-05", "2026-05"), ("wave 1", None)])
def test_a_survey_is_as_old_as_its_wave_says(study: Study, answers: pd.DataFrame, wave: str, asked: str | None):
    found = draft_personas(with_survey(study, answers, wave=wave))[0]
    dates = {e.date for c in found.claim_list for e in c.evidence if e.kind == "survey"}
    assert dates == {asked} and ("When the survey" in (found.notes or "")) == (asked is None)
    assert "date-right" not in set(check(study, personas=[found])["rule"]) and {c.newest for c in found.claim_list if c.is_survey} == {asked}


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


# -- The survey ---------------------------------------------------------------------------------------------------------------
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
    assert claim(personas, "behaviour-commutes-by-bike").text == "Commutes by bike.", "a definition is an instruction to coders"
    said = draft_personas(study, templates={"behaviour": "{code}. {definition}"})
    assert claim(said, "behaviour-commutes-by-bike").text == "Commutes by bike. Rides to and from work on most working days."
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


# -- Files --------------------------------------------------------------------------------------------------------------------
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


def test_a_figure_like_that_of_the_others_is_not_against_a_claim(study: Study, answers: pd.DataFrame):
    same = answers.assign(met_full_dock=np.where(np.arange(200) % 4 < 2, 1, 0))       # half of the one segment, and half of the other
    for p in draft_personas(with_survey(study, same), links={"Empty dock": ("met_full_dock", "high"), "Rides for leisure": ("met_full_dock", "high")}):
        for c in (c for c in p.claim_list if c.codes):
            assert not any(e.kind == "survey" for e in c.against), (p.segment, c.id)
            assert c.strength == "anecdote" or c.people >= 3, "and it makes no claim stronger"


def test_a_plain_link_means_that_more_say_so(surveyed: Study):
    sides = {}
    for p in draft_personas(surveyed, links={"Empty dock": "met_full_dock", "Rides for leisure": "met_full_dock"}):
        for c in p.claim_list:
            if c.codes: sides |= {(p.segment, side): c.id for side in ("evidence", "against") if any(e.kind == "survey" for e in getattr(c, side))}
    assert sides == {("A", "evidence"): "pain-empty-dock", ("B", "against"): "behaviour-rides-for-leisure"}


# -- Fields ------------------------------------------------------------------------------------------------------------------------------
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
