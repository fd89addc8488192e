"""Checks: a draft holds; each kind of damage is found, named, placed and cured; what cannot be measured fails nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from personabench import store
from personabench.checks import CHECK_RULES, check, has_errors
from personabench.personas import Claim, Evidence, Persona, draft_personas, write_personas
from personabench.schema import BadInput
from personabench.study import Study
from personabench.survey import import_survey

TODAY = "2026-06-01"
CODES = [("Empty dock", "pain", "Came for a bike and found none."), ("Commutes", "behaviour", "Rides to work."),
         ("Counts minutes", "behaviour", "Watches the cost."), ("Price is nothing", "attitude", "The opposite of Counts minutes."), ("Likes phones", "channel", "")]
TOLD = {"P01": [("the dock was empty", 0), ("I ride to work", 1), ("every minute counts", 2)],
        "P02": [("no bike again", 0), ("to the office and back", 1), ("price is nothing to me", 3)],
        "P03": [("never one left", 0), ("work, five days a week", 1)], "P04": [("just for fun", 4)], "P09": [("nobody asked me", 0)]}


@pytest.fixture
def study() -> Study:
    study = Study(":memory:", coder="MB", create=True)
    with study.step("import", "a study") as step:
        ids = store.add_codes(step, [{"name": n, "facet": f, "definition": d} for n, f, d in CODES])
        for case, told in TOLD.items():
            text = "Is the dock empty? " + ", and ".join(q for q, _ in told)
            turns = [{"speaker": "Mara", "start": 0, "end": 18}, {"speaker": case, "start": 19, "end": len(text)}]
            source = store.add_source(step, case, text=text, turns=turns, speakers={"Mara": (None, "interviewer"), case: (case, "participant")}, date="2026-05-04")
            store.add_codings(step, [{"source_id": source, "code_id": ids[i], "start": text.index(q), "end": text.index(q) + len(q)} for q, i in told])
    rng = np.random.default_rng(0)
    ids_ = ["P01", "P04", "P02", "R1", "P03", *(f"R{i}" for i in range(2, 97))]
    often = np.arange(100) % 2 == 0
    data = pd.DataFrame({"rides": np.where(often, 20, 5) + rng.integers(-3, 4, 100),
                         "full": np.where(often, rng.random(100) < .8, rng.random(100) < .2).astype(int)}, index=ids_)
    import_survey(study, data, name="wave1", wave="2026-05")
    with study.step("segment", "2026-05") as step:
        members = pd.DataFrame({"case": ids_, "segment": np.where(often, "A", "B"), "weight": 1.})
        store.add_segmentation(step, name="2026-05", members=members, k=2, verdict="not measured", parameters={"variables": ["rides"]},
                               survey="wave1", wave="2026-11", data_hash="abc")
    return study


@pytest.fixture
def personas(study: Study) -> list[Persona]: return draft_personas(study, today=TODAY, links={"Empty dock": ("full", "high")})


@pytest.fixture
def folder(personas: list[Persona], tmp_path: Path) -> Path:
    write_personas(personas, tmp_path / "personas")
    return tmp_path / "personas"


def rules(findings: pd.DataFrame, level: str = "error") -> set[str]: return set(findings.loc[findings["level"].eq(level), "rule"])


def edit(folder: Path, old: str, new: str, count: int = 1) -> None:
    path = folder / "2026-05-a.yaml"
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new, count))


def test_a_draft_holds(study: Study, folder: Path):
    findings = check(study, personas=folder, today=TODAY)
    assert list(findings) == ["rule", "level", "persona", "claim", "message", "cure"]
    assert not has_errors(findings)
    assert set(findings["rule"]) == {"unlinked-interviews", "contested"} and set(findings["level"]) == {"note"}
    assert "P09" in findings.loc[findings["rule"].eq("unlinked-interviews"), "message"].item()


@pytest.mark.parametrize(("old", "new", "rule"), [
    ("the dock was empty\n", "the dock was always empty\n", "quote-verbatim"), ("start: 19", "start: 20", "quote-verbatim"), ("end: 37", "end: 36", "quote-verbatim"),
    ("source: P01", "source: P99", "source-missing"), ("case: P01", "case: P02", "case-right"), ("case: P01", "case: P04", "outside-segment"),
    ("people: 3\n", "people: 4\n", "count-right"), ("base: 3\n", "base: 2\n", "count-right"), ("quotes: 3", "quotes: 9", "count-right"),
    ("against_people: 0", "against_people: 1", "counter-evidence"), ("against_quotes: 0", "against_quotes: 2", "counter-evidence"),
    ("low: 0.4385", "low: 0.5", "share-right"), ("share: 1.0", "share: 0.9", "share-right"), ("against_people: 1", "against_people: 0", "counter-evidence"),
    ("strength: supported", "strength: triangulated", "strength-right"), ("segment: A", "segment: Z", "unknown-segment"),
    ("segmentation: 2026-05", "segmentation: 2025-05", "unknown-segment"),
    ("people: 50", "people: 60", "size-right"), ("interviewed: 3", "interviewed: 5", "size-right"), ("status: proto-persona", "status: persona", "status-right"),
    ("verdict: not measured", "verdict: clusters shown", "status-right"),
    ("- Empty dock\n", "- Empty docks\n", "code-missing"), ("variable: rides", "variable: ride", "survey-missing"),
    ("survey: wave1\n        variable", "survey: wave9\n        variable", "survey-missing"),
    ("mean: 1", "mean: 3", "statistic-right"), ("rest: 0.", "rest: 0.9", "statistic-right"),
    ("n: 50\n", "n: 500\n", "statistic-right"), ("date: '2026-05-04'", "date: '2026-05-14'", "date-right"),
    ("oldest: '2026-05-04'", "oldest: '2024-05-04'", "date-right"),
    ("wave: 2026-11", "wave: 2026-12", "status-right"), ("used: true", "used: false", "statistic-right"), ("answer: '1'", "answer: '0'", "statistic-right"),
    ("\n    quotes: 0", "\n    quotes: 3", "count-right"), ("saturation: not measured", "saturation: full", "unreadable"),
    ("facet: pain", "fasset: pain", "unreadable")])
def test_damage_is_found(study: Study, folder: Path, old: str, new: str, rule: str):
    before = check(study, personas=folder, today=TODAY)
    edit(folder, old, new)
    findings = check(study, personas=folder, today=TODAY)
    assert rule in rules(findings) and rule not in rules(before)
    found = findings[findings["rule"].eq(rule)].iloc[0]
    assert found["message"] and found["cure"] and found["persona"] == "2026-05-a"


@pytest.mark.parametrize(("old", "new"), [
    ("name: ", "name: Dear "), ("Commutes. Rides to work.", "Most of them ride to work: by bike."), ("\nclaims:", "\n# looked at by a colleague\nclaims:"),
    ("interviewed: 3\n", ""), ("share: 1.0\n", "share: 1.00001\n"), ("label: Commutes", "label: Early birds")])
def test_harmless_edits_are_no_errors(study: Study, folder: Path, old: str, new: str):
    if old.startswith("interviewed"):
        edit(folder, "people: 50\n", "notes: Talk to two more.\npeople: 50\n")
    else:
        edit(folder, old, new)
    assert not has_errors(check(study, personas=folder, today=TODAY))


def test_a_moved_quote_is_told_where_it_is_now(study: Study, folder: Path):
    edit(folder, "start: 19", "start: 20")
    found = check(study, personas=folder, today=TODAY).query("rule == 'quote-verbatim'").iloc[0]
    assert "write start: 19 and end: 37" in found["cure"]


def test_a_withdrawal_is_found(study: Study, folder: Path):
    with study.step("withdraw", "P02") as step:
        store.add_case(step, "P02", withdrawn="2026-06-30")
    assert {"withdrawn-evidence", "count-right", "size-right", "statistic-right"} <= rules(check(study, personas=folder, today=TODAY))
    again = draft_personas(study, today=TODAY)
    assert not has_errors(check(study, personas=again, today=TODAY))


def test_an_uncoded_quote_and_a_new_coding_are_found(study: Study, personas: list[Persona]):
    row = study.codings.query("quote == 'the dock was empty'").iloc[0]
    with study.step("uncode", "one") as step:
        step.update("codings", [int(row["coding_id"])], {"removed": 1})
    findings = check(study, personas=personas, today=TODAY)
    assert "count-right" in rules(findings) and "not-coded" in rules(findings, "warning")


def test_new_counter_evidence_is_found(study: Study, personas: list[Persona]):
    row = study.codings.query("case == 'P03'").iloc[0]
    with study.step("code", "one") as step:
        store.add_codings(step, [{"source_id": int(row["source_id"]), "code_id": study.code_id("Price is nothing"), "start": int(row["start"]), "end": int(row["end"])}])
    found = check(study, personas=personas, today=TODAY).query("rule == 'counter-evidence'")
    assert found["claim"].tolist() == ["behaviour-counts-minutes"]


def test_an_interviewers_words_are_no_evidence(study: Study):
    asked = Evidence(kind="quote", quote="Is the dock empty?", source="P01", start=0, end=18, case="P01")
    by_hand = Persona(id="a", name="A", cases=["P01"], interviewed=1, claims=[Claim(id="x", text="t", facet="pain", evidence=[asked], people=1, base=1)])
    assert rules(check(study, personas=[by_hand])) == {"interviewer-turn"}


def test_claims_by_hand_are_counted_from_their_quotes(study: Study):
    said = [Evidence(kind="quote", quote=study.quote(c, 19, 25), source=c, start=19, end=25, case=c) for c in ("P01", "P02", "P03")]
    def persona(people: int, cases: list[str]) -> Persona:
        return Persona(id="a", name="A", cases=cases, interviewed=len(cases), claims=[Claim(id="x", text="t", facet="pain", evidence=said, people=people, base=3)])
    assert not has_errors(check(study, personas=[persona(3, ["P01", "P02", "P03"])]))
    assert rules(check(study, personas=[persona(2, ["P01", "P02", "P03"])])) == {"count-right"}
    assert "unknown-segment" in rules(check(study, personas=[persona(3, ["P01", "P02", "P03", "P77"])]))


def test_assumptions_are_notes_and_not_measured_fails_nothing(study: Study):
    guess = Persona(id="a", name="A", claims=[Claim(id="x", text="Would pay for cargo bikes", facet="attitude")])
    findings = check(study, personas=[guess])
    assert findings["rule"].tolist() == ["assumption"] and findings["level"].tolist() == ["note"] and not has_errors(findings)
    assert guess.claim_list[0].saturation == "not measured"


def test_twins_and_late_reviews(study: Study, personas: list[Persona]):
    twin = personas[0].model_copy(update={"name": personas[1].name})
    findings = check(study, personas=[*personas, twin], today="2027-01-01")
    assert "duplicate-id" in rules(findings) and {"duplicate-name", "review-due"} <= rules(findings, "warning")


def test_other_data_are_noticed(study: Study, personas: list[Persona]):
    other = personas[0].model_copy(update={"data": {"survey": "0" * 64, "segmentation": "abc"}})
    assert check(study, personas=[other], today=TODAY).query("rule == 'data-changed'")["message"].str.contains("the survey").all()


def test_unreadable_files_leave_the_others_checked(study: Study, folder: Path):
    (folder / "broken.yaml").write_text("id: [")
    edit(folder, "people: 3\n", "people: 4\n")
    findings = check(study, personas=folder, today=TODAY)
    assert {"unreadable", "count-right"} <= rules(findings)
    assert findings.query("rule == 'unreadable'")["message"].str.startswith("broken.yaml, line ").all()
    with pytest.raises(BadInput, match="no such folder"):
        check(study, personas=folder / "nowhere")


def test_every_rule_has_a_level_and_errors_come_first(study: Study, folder: Path):
    assert {level for level, _ in CHECK_RULES.values()} == {"error", "warning", "note"}
    edit(folder, "people: 3\n", "people: 4\n")
    levels = check(study, personas=folder, today="2030-01-01")["level"].tolist()
    assert levels == sorted(levels, key=["error", "warning", "note"].index) and len(set(levels)) == 3


def damages() -> list[Callable[[Persona], Persona]]:
    "One damage per number that a draft states."
    def claim(i: int, **changes: object) -> Callable[[Persona], Persona]:
        return lambda p: p.model_copy(update={"claim_list": [c.model_copy(update=changes) if j == i else c for j, c in enumerate(p.claim_list)]})
    wrong = Evidence(kind="quote", quote="x", source="P01", start=0, end=1, case="P01")
    return [claim(i, **change) for i in range(5) for change in ({"people": 77}, {"base": 77}, {"evidence": [wrong]})]


@pytest.mark.parametrize("damage", damages())
def test_every_claim_is_held_against_the_study(study: Study, personas: list[Persona], damage: Callable[[Persona], Persona]):
    assert has_errors(check(study, personas=[damage(personas[0])], today=TODAY))


@pytest.fixture(scope="module")
def sample() -> Study:
    "The teaching study with segments that are made by hand, so that the test depends on no algorithm."
    from personabench.sample_data import import_sample, sample_file

    study = Study(":memory:", coder="MB", create=True)
    import_sample(study)
    survey = import_survey(study, sample_file("survey_wave1.csv"), id="respondent", weights="weight", dictionary=sample_file("survey_dictionary.csv"), wave="2026-05")
    purpose = survey.data["main_purpose"].map({"work or study": "A", "leisure": "B", "when stuck": "C"})
    with study.step("segment", "by purpose") as step:
        members = pd.DataFrame({"case": survey.data.index, "segment": purpose.where(purpose.notna(), None).to_numpy(), "weight": survey.case_weights.to_numpy()})
        store.add_segmentation(step, name="purpose", members=members, k=3, verdict="not measured", parameters={"variables": ["main_purpose"]},
                               survey=survey.name, wave="2026-05")
    return study


def test_the_sample_studys_drafts_hold(sample: Study):
    personas = draft_personas(sample, "purpose", today=TODAY, opposites=[("Prefers the phone", "Prefers messages")])
    findings = check(sample, personas=personas, today=TODAY)
    assert not has_errors(findings) and set(findings["rule"]) <= {"contested", "unlinked-interviews"}
    evidence = pd.concat([p.evidence for p in personas])
    assert "P14" not in set(evidence["case"].dropna())  # has withdrawn
    quotes = evidence[evidence["kind"].eq("quote")]
    assert [sample.quote(s, int(a), int(b)) for s, a, b in zip(quotes["source"], quotes["start"], quotes["end"])] == quotes["quote"].tolist()


def test_a_contradiction_inside_one_interview_is_shown(sample: Study):
    "P07 says that money is no issue, and sets a timer so as never to pay for overtime."
    personas = draft_personas(sample, "purpose", today=TODAY)
    claims = [c for p in personas for c in p.claim_list if c.codes == ["Price does not matter"]]
    assert any({e.case for e in c.evidence} & {e.case for e in c.against} == {"P07"} for c in claims)
