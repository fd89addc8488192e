"""Checks: a draft holds; each kind of damage is found, named, placed and cured; what cannot be measured fails nothing."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from personabench import store
from personabench.checks import check
from personabench.coding import code
from personabench.consent import record_consent
from personabench.claims import Claim, Descriptor, Evidence, Persona
from personabench.findings import CHECK_COLUMNS, CHECK_RULES, format_findings, has_errors
from personabench.importers import set_date
from personabench.persona_files import read_personas, update_personas, write_personas
from personabench.personas import _Ground, _statistic, _survey_claim, draft_personas
from personabench.prevalence import _survey_of
from personabench.schema import BadInput, NewerStudy
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
    assert list(findings) == ["rule", "level", "persona", "claim", "message", "cure", "file", "line"]
    assert not has_errors(findings)
    assert set(findings["rule"]) == {"unlinked-interviews", "contested"} and set(findings["level"]) == {"note"}
    assert "P09" in findings.loc[findings["rule"].eq("unlinked-interviews"), "message"].item()


@pytest.mark.parametrize(("old", "new", "rule"), [
    ("the dock was empty\n", "the dock was always empty\n", "quote-verbatim"), ("start: 19", "start: 20", "quote-verbatim"), ("end: 37", "end: 36", "quote-verbatim"),
    ("source: P01", "source: P99", "source-missing"), ("        case: P01", "        case: P02", "case-right"),
    ("        case: P01", "        case: P04", "outside-segment"),
    ("  - case: P01", "  - case: P04", "link-right"), ("unassigned: 1", "unassigned: 2", "link-right"), ("how: respondent id", "how: by hand", "link-right"),
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
    ("name: ", "name: Dear "), ("      Commutes.\n", "      Most of them ride to work: by bike.\n"), ("\nclaims:", "\n# looked at by a colleague\nclaims:"),
    ("interviewed: 3\n", ""), ("share: 1.0\n", "share: 1.00001\n"), ("label: Commutes", "label: Early birds")])
def test_harmless_edits_are_no_errors(study: Study, folder: Path, old: str, new: str):
    if old.startswith("interviewed"):
        edit(folder, "notes: |-\n  ", "notes: |-\n  Talk to two more. ")
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


def test_no_finding_repeats_what_a_participant_said(study: Study):
    "Findings go into the logs of a continuous integration: they name source, span and code."
    e = added(study, "P20", "Zoltan Harmadik hated the blue dock, ring 0171 555 0142", attributes={"occupation": "harbour pilot"})
    more = added(study, "P21", "I am a harbour pilot")
    with study.step("x", "x") as step: store.add_case(step, "P21", attributes={"occupation": "harbour pilot"})
    wrong = [{}, {"case": "P01"}, {"case": "p20"}, {"quote": e.quote + " again"}, {"start": 5}, {"code": "Commutes", "date": "2026-01-01"}, {"source": "P77"}]
    listed = [e.model_copy(update=w) for w in wrong]
    claims = [Claim(id="x", text="t", facet="pain", codes=["Empty dock"], evidence=[*listed, more], against=listed, unlike=listed)]
    for when in ("before", "after"):
        findings = check(study, personas=[by_hand(*claims, cases=["P20", "P21"])], today=TODAY)
        assert {"case-right", "not-coded", "date-right", "identifier-in-quote"} <= set(findings["rule"])
        assert ("quote-verbatim" in set(findings["rule"])) is (when == "before"), "nobody is asked to restore the words of who withdrew"
        for kind in ("table", "json", "junit", "sarif"):
            written = format_findings(findings, kind).casefold()
            assert [w for w in ("zoltan", "harmadik", "blue dock", "0142", "harbour") if w in written] == [], (when, kind)
        with study.step("withdraw", "P20") as step: store.add_case(step, "P20", withdrawn="2026-06-30")
    told = findings.query("rule == 'withdrawn-evidence'")["message"]
    assert told.str.startswith("P20 has withdrawn; the quote P20 ").all() and len(told) == 2


def test_a_moved_quote_has_one_cure_and_a_changed_word_is_told_by_number(study: Study, folder: Path):
    "“Write start: 19” stood beside “draft again, or remove the quote”, and “restore the exact words” beside no word at all."
    edit(folder, "start: 19", "start: 20")
    found = check(study, personas=folder, today=TODAY)
    assert found["cure"].str.contains("write start: 19").any() and "not-coded" not in set(found["rule"])
    edit(folder, "start: 20", "start: 19")
    edit(folder, "the dock was empty\n", "the dock was full\n")
    told = check(study, personas=folder, today=TODAY).query("rule == 'quote-verbatim'")
    assert told["cure"].str.contains("restore the exact words (word 4 of 4 differs), or remove", regex=False).all() and not told["cure"].str.contains("empty").any()


def test_an_uncoded_quote_and_a_new_coding_are_found(study: Study, personas: list[Persona]):
    row = study.codings.query("quote == 'the dock was empty'").iloc[0]
    with study.step("uncode", "one") as step:
        step.update("codings", [int(row["coding_id"])], {"removed": 1})
    findings = check(study, personas=personas, today=TODAY)
    assert "count-right" in rules(findings) and "not-coded" in rules(findings, "warning")


def test_new_counter_evidence_is_found(study: Study, personas: list[Persona]):
    row = study.codings.query("case == 'P03'").iloc[0]
    with study.step("code", "one") as step:
        store.add_codings(step, [{"source_id": int(row["source_id"]), "code_id": study.code_id("Price is nothing"), "start": int(row["start"]),
            "end": int(row["end"])}])
    found = check(study, personas=personas, today=TODAY).query("rule == 'counter-evidence'")
    assert found["claim"].tolist() == ["behaviour-counts-minutes"]


def test_an_interviewers_words_are_no_evidence(study: Study):
    asked = Evidence(kind="quote", quote="Is the dock empty?", source="P01", start=0, end=18, case="P01")
    by_hand = Persona(id="a", name="A", cases=["P01"], interviewed=1, claims=[Claim(id="x", text="t", facet="pain", evidence=[asked], people=1, base=1)])
    assert rules(check(study, personas=[by_hand])) == {"interviewer-turn"}


def test_claims_by_hand_are_counted_from_their_quotes(study: Study):
    said = [quoted(study, c, TOLD[c][0][0]) for c in ("P01", "P02", "P03")]  # coded passages, listed by hand
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
def sample() -> Study: return made_sample()


def made_sample() -> Study:
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
    assert not has_errors(findings) and set(findings["rule"]) <= {"contested", "unlinked-interviews", "person-recognisable", "claims-supported"}
    evidence = pd.concat([p.evidence for p in personas])
    assert "P14" not in set(evidence["case"].dropna())  # has withdrawn
    quotes = evidence[evidence["kind"].eq("quote")]
    assert [sample.quote(s, int(a), int(b)) for s, a, b in zip(quotes["source"], quotes["start"], quotes["end"])] == quotes["quote"].tolist()


def test_a_contradiction_inside_one_interview_is_shown(sample: Study):
    "P07 says that money is no issue, and sets a timer so as never to pay for overtime."
    personas = draft_personas(sample, "purpose", today=TODAY)
    claims = [c for p in personas for c in p.claim_list if c.codes == ["Price does not matter"]]
    assert any({e.case for e in c.evidence} & {e.case for e in c.against} == {"P07"} for c in claims)


# -- Where a finding is ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("old", "new", "rule", "line_of"), [
    ("the dock was empty\n", "the dock was always empty\n", "quote-verbatim", "quote: |-"), ("people: 3\n", "people: 4\n", "count-right", "people: 4"),
    ("strength: supported", "strength: triangulated", "strength-right", "strength: triangulated"), ("mean: 1", "mean: 3", "statistic-right", "mean: 3"),
    ("people: 50", "people: 60", "size-right", "people: 60"), ("facet: pain", "fasset: pain", "unreadable", "fasset: pain"), ("        case: P01",
        "        case: P02", "case-right", "        case: P02"),
    ("date: '2026-05-04'", "date: '2026-05-14'", "date-right", "date: '2026-05-14'"), ("- Empty dock\n", "- Empty docks\n", "code-missing", "codes:"),
    ("verdict: not measured", "verdict: clusters shown", "status-right", "verdict: clusters shown")])
def test_findings_name_file_and_line(study: Study, folder: Path, old: str, new: str, rule: str, line_of: str):
    edit(folder, old, new)
    found = check(study, personas=folder, today=TODAY).query(f"rule == '{rule}'").iloc[0]
    assert found["file"] == str(folder / "2026-05-a.yaml")
    assert line_of in (folder / "2026-05-a.yaml").read_text().splitlines()[found["line"] - 1]


def test_persona_objects_have_no_line(study: Study, personas: list[Persona]):
    broken = personas[0].model_copy(update={"people": 60})
    found = check(study, personas=[broken], today=TODAY).query("rule == 'size-right'")
    assert found[["file", "line"]].values.tolist() == [["", 0]]


def test_evidence_without_a_date_is_told_and_an_old_file_with_the_day_of_the_import_is_no_longer_right(study: Study, folder: Path):
    assert "undated" not in set(check(study, personas=folder, today=TODAY)["rule"])
    for case in ("P01", "P02", "P03"): set_date(study, case, date=None)
    old = check(study, personas=folder, today=TODAY).query("persona == '2026-05-a' and rule == 'date-right' and claim != 'pain-empty-dock'")
    assert set(old["level"]) == {"error"} and old["cure"].str.contains("set_date(study", regex=False).all() and old["message"].str.contains("no date").all()
    fresh = draft_personas(study, today=TODAY)
    found = check(study, personas=fresh, today=TODAY)
    assert "date-right" not in set(found["rule"]) and "incomplete" not in set(found["rule"])
    [told] = found.query("persona == '2026-05-a' and rule == 'undated'").to_dict("records")
    assert told["level"] == "warning" and "of P01, P02, P03: how old it is, is not known" in told["message"] and "set_date" in told["cure"]
    for case in ("P01", "P02", "P03"): set_date(study, case, date="2026-05-04")
    assert "undated" in set(check(study, personas=fresh, today=TODAY)["rule"]), "it is the file that does not say it"
    assert "undated" not in set(check(study, personas=draft_personas(study, today=TODAY), today=TODAY)["rule"])


def test_the_cure_of_undated_evidence_works_as_it_is_written(study: Study, tmp_path: Path):
    for case in ("P01", "P02", "P03"): set_date(study, case, date=None)
    write_personas(draft_personas(study, today=TODAY), tmp_path / "personas")
    [cure, *_] = check(study, personas=tmp_path / "personas", today=TODAY).query("rule == 'undated'")["cure"]
    calls = ("set_date(study, source, date=...)", "read_personas(folder)", "draft_personas(study, segments='2026-05', ...)", "update_personas(drafted, folder)")
    assert (places := [cure.index(call) for call in calls]) == sorted(places)
    for case in ("P01", "P02", "P03"): set_date(study, case, date="2026-05-04")
    read_personas(tmp_path / "personas")
    drafted = draft_personas(study, segments="2026-05", today=TODAY)
    update_personas(drafted, tmp_path / "personas")
    assert "undated" not in set(check(study, personas=tmp_path / "personas", today=TODAY)["rule"])


# -- What a team decides --------------------------------------------------------------------------------------------------------
def test_levels_are_a_teams_to_set(study: Study, folder: Path):
    edit(folder, "people: 3\n", "people: 4\n")
    (folder.parent / "personabench.toml").write_text('[check]\ncount-right = "note"\nshare-right = "off"\ncontested = "warning"\n[report]\ntitle = "not ours"\n')
    findings = check(study, personas=folder, today=TODAY)
    assert not has_errors(findings) and set(findings.query("rule == 'count-right'")["level"]) == {"note"} and "share-right" not in set(findings["rule"])
    assert set(findings.query("rule == 'contested'")["level"]) == {"warning"}
    assert has_errors(check(study, personas=folder, today=TODAY, config={}))
    assert has_errors(check(study, personas=folder, today=TODAY, config={"contested": "error"}))


def test_thresholds_are_a_teams_to_set(study: Study, folder: Path):
    assert "stale" not in rules(check(study, personas=folder, today="2027-01-01"), "warning")
    assert "stale" in rules(check(study, personas=folder, today="2027-01-01", config={"thresholds": {"months": 6}}), "warning")


def test_what_a_check_finds_can_be_written_in_every_format(study: Study, folder: Path):
    edit(folder, "the dock was empty\n", "the dock was always empty\n")
    found = check(study, personas=folder, today=TODAY)
    assert pd.DataFrame(json.loads(format_findings(found, "json"))).equals(found)
    for name in ("table", "junit", "sarif"): assert "quote-verbatim" in format_findings(found, name) and "2026-05-a.yaml" in format_findings(found, name)


# -- Rule by rule ---------------------------------------------------------------------------------------------------------------
def by_hand(*claims: Claim, **about: object) -> Persona: return Persona(id="a", name="A", claims=list(claims), **about)
def quoted(study: Study, source: str, words: str, **more: object) -> Evidence:
    at = study.text(source).index(words)
    return Evidence(kind="quote", quote=words, source=source, start=at, end=at + len(words), case=source, **more)


def added(study: Study, case: str, words: str, **about: object) -> Evidence:
    "Put a talk with one person into the study and return all of it as a quote."
    with study.step("import", case) as step:
        store.add_source(step, case, text=words, turns=[{"speaker": "Zoltan", "start": 0, "end": len(words)}], speakers={"Zoltan": (case,
            "participant")}, date="2026-05-04")
        store.add_case(step, case, **about)
    return quoted(study, case, words)


@pytest.mark.parametrize(("words", "what"), [
    ("Ring me on 0171 555 0142 please", "a telephone number"), ("write to z.b@example.org", "an e-mail address"), ("I live in 12 Larch Road up there", "an address"),
    ("das war in der Lindenstraße 7, oben", "an address"), ("see www.example.org/me for more", "a web address"), ("and Zoltan said it again", "a name"),
    ("I'm the bridge keeper at Kettle Bridge, the last one", "only one person"), ("I was the only woman driver for Tramco", "only one person")])
def test_identifiers_in_quotes_are_errors(study: Study, words: str, what: str):
    e = added(study, "P20", words)
    findings = check(study, personas=[by_hand(Claim(id="x", text="t", facet="pain", evidence=[e], people=1, base=1, quotes=1), cases=["P20"], interviewed=1)])
    assert what in findings.query("rule == 'identifier-in-quote'")["message"].item()


@pytest.mark.parametrize("words", ["I rode 1250 km in 2019 and 2020", "on 2026-05-04 or 04.05.2026 it was 12", "I'm the one who didn't want to come",
    "It cost 1,250,000 or 25 %", "the Road was long, at 7"])
def test_ordinary_numbers_and_words_are_no_identifiers(study: Study, words: str):
    e = added(study, "P20", words)
    assert "identifier-in-quote" not in rules(check(study, personas=[by_hand(Claim(id="x", text="t", facet="pain", evidence=[e]), cases=["P20"])]))


def test_details_that_add_up_are_a_warning(study: Study):
    e = added(study, "P20", "I'm a lighthouse keeper up in Northgate, you know", attributes={"occupation": "lighthouse keeper", "district": "Northgate"})
    with study.step("x", "x") as step:
        for i in range(9): store.add_case(step, f"Q{i}", attributes={"occupation": "nurse", "district": "Northgate"})
    found = check(study, personas=[by_hand(Claim(id="x", text="t", facet="pain", evidence=[e]), cases=["P20"])]).query("rule == 'person-recognisable'")
    assert "the quotes of P20 tell occupation, district: 1 of 10" in found["message"].item()


@pytest.mark.parametrize(("words", "shown"), [("As a nun I ride", "occupation"), ("At 97 I ride", "age"), ("I work at the mint", "employer"),
    ("Nunnery, a mintage of 1997", None),
    ("I have a year pass", None), ("yes", None)])
def test_short_details_and_any_attribute_count_as_whole_words(study: Study, words: str, shown: str | None):
    e = added(study, "P20", words, consent="yes", attributes={"occupation": "nun", "age": "97", "employer": "the mint", "pass": "year pass", "consent_form": "yes"})
    with study.step("x", "x") as step:
        for i in range(9): store.add_case(step, f"Q{i}", attributes={"occupation": "clerk", "age": "34", "employer": "bank", "pass": "year pass"})
    found = check(study, personas=[by_hand(Claim(id="x", text="t", facet="pain", evidence=[e]), cases=["P20"])]).query("rule == 'person-recognisable'")["message"]
    assert found.empty if shown is None else f"tell {shown}: 1 of 10" in found.item()


@pytest.mark.parametrize(("words", "told"), [
    ("We open the drawbridges at five", "bridges"), ("Two bridges and no bike", "bridges"), ("A bridge is a bridge", "bridge"), ("The fridge is a far cry", None),
    ("The keep is old", None)])
def test_a_detail_is_told_by_other_forms_of_its_words_and_the_finding_says_where_not_what(study: Study, words: str, told: str | None):
    e = added(study, "P20", words, attributes={"occupation": "bridge keeper"})
    with study.step("x", "x") as step:
        for i in range(9): store.add_case(step, f"Q{i}", attributes={"occupation": "nurse"})
    found = check(study, personas=[by_hand(Claim(id="x", text="t", facet="pain", evidence=[e]), cases=["P20"])]).query("rule == 'person-recognisable'")["message"]
    if told is None: assert found.empty
    else:
        start, end = map(int, re.search(r"occupation in P20 (\d+)-(\d+)", found.item()).groups())
        assert study.text("P20")[start:end].endswith(told) and told not in found.item()


def test_a_word_that_many_say_tells_nobody(study: Study):
    e = added(study, "P20", "There is always the bridge", attributes={"occupation": "bridge keeper"})
    with study.step("x", "x") as step:
        for i in range(9): store.add_case(step, f"Q{i}", attributes={"occupation": "nurse"})
    for i in range(5):
        said = added(study, f"S{i}", "Over the bridge and home")
        code(study, "Likes phones", source=f"S{i}", start=said.start, end=said.end)
    found = check(study, personas=[by_hand(Claim(id="x", text="t", facet="pain", evidence=[e]), cases=["P20"])])
    assert "person-recognisable" not in set(found["rule"])


def test_whom_quotes_tell_names_the_statements_and_a_notebook_shows_findings_whole(study: Study):
    "Places in a transcript led nobody to the statement, and a table of 50 characters a cell hid the cure."
    one = added(study, "P20", "I'm a lighthouse keeper, you know", attributes={"occupation": "lighthouse keeper", "district": "Northgate"})
    two = added(study, "P20b", "We all live up in Northgate").model_copy(update={"case": "P20"})
    plain = added(study, "P20c", "It rains a lot").model_copy(update={"case": "P20"})
    with study.step("x", "x") as step:
        for i in range(9): store.add_case(step, f"Q{i}", attributes={"occupation": "nurse", "district": "Northgate"})
    claims = [Claim(id=name, text=text, facet="pain", evidence=[e]) for name, text, e in (
        ("rain", "Rides in any weather", plain), ("work", "Rides to work", one), ("home", "Lives far away", two))]
    p = by_hand(*claims, cases=["P20"])
    found = check(study, personas=[p])
    told = found[found["rule"].eq("person-recognisable")]
    assert told["cure"].item() == "choose quotes that tell less, or a span without it, for 'Rides to work' (work); 'Lives far away' (home)" and told["claim"].item() == ""
    alone = check(study, personas=[by_hand(*claims[:2], cases=["P20"])]).query("rule == 'person-recognisable'")
    assert alone["claim"].item() == "work" and "for 'Rides to work' (work)" in alone["cure"].item()
    assert isinstance(found, pd.DataFrame) and list(found.columns) == list(CHECK_COLUMNS)
    for table in (found, found.head(50), told): assert told["cure"].item().replace("'", "&#x27;") in table._repr_html_().replace("'", "&#x27;")
    assert "<th>line" not in found._repr_html_() and "<th>line" in found.assign(line=3)._repr_html_()


def test_the_sample_s_bridge_keeper_is_told_and_no_word_of_his(sample: Study):
    personas = draft_personas(sample, "purpose", today=TODAY)
    found = check(sample, personas=personas, today=TODAY).query("rule == 'person-recognisable' and message.str.contains('P11')")["message"].item()
    assert "occupation in P11" in found and "bridge" not in found


@pytest.mark.parametrize(("changes", "expected"), [
    ({"label": "A single mother of 34 from Harbour who hates technology"}, {"stereotype": "mother", "invented-number": "34", "label-backed": "technology"}),
    ({"name": "Grandpa, one of the elderly"}, {"stereotype": "elderly"}), ({"name": "Ash 4711"}, {"invented-number": "4711"}),
    ({"label": "Hates technology"}, {"label-backed": "hates, technology"}), ({"label": "Commutes"}, {}), ({"label": "Rides, and finds no bike"}, {}),
    ({"label": ""}, {})])
def test_name_and_label_are_held_against_the_claims(study: Study, personas: list[Persona], changes: dict, expected: dict[str, str]):
    before = check(study, personas=personas, today=TODAY)
    found = check(study, personas=[personas[0].model_copy(update=changes), *personas[1:]], today=TODAY)
    new = found[~found["message"].isin(before["message"])]
    assert set(new["rule"]) == set(expected) and all(word in new.set_index("rule").at[rule, "message"] for rule, word in expected.items())


@pytest.mark.parametrize(("label", "said"), [
    ("Satisfied with reliable, friendly service", "says what no claim does: satisfied, reliable, friendly"), ("Dissatisfied with unfriendly service", None),
    ("Never commutes, never finds an empty dock", "the contrary of a claim"), ("Hates commutes", "the contrary of a claim"), ("Commutes to an empty dock", None),
    ("Reads the newsletter", "the contrary of a claim"), ("Does not read the newsletter", None), ("Less satisfied than the others with: the price", None),
    ("Does not take the bus, more often than the others", None), ("Takes the bus", "the contrary of a claim"), ("Not dissatisfied", "the contrary of a claim")])
def test_a_label_that_says_the_contrary_of_a_claim_is_told(study: Study, personas: list[Persona], label: str, said: str | None):
    more = [Claim(id=f"x{i}", text=text, facet="attitude") for i, text in enumerate((
        "Dissatisfied with unreliable, unfriendly service.", "Does not read the newsletter.", "Does not take the bus, more often than the others.",
        "Is less satisfied than the others with: the price."))]
    if "atisfied with r" in label: more = more[:3]
    p = personas[0].model_copy(update={"label": label, "claim_list": [*personas[0].claim_list, *more]})
    found = check(study, personas=[p, *personas[1:]], today=TODAY).query("rule == 'label-backed'")["message"].tolist()
    assert len(found) == (said is not None) and (said is None or said in found[0])


def test_a_statement_that_was_changed_after_its_evidence_was_linked_is_told(study: Study, folder: Path):
    assert "reworded" not in set(check(study, personas=folder, today=TODAY)["rule"])
    edit(folder, "Empty dock.\n", "Empty dock. Walks on, cursing.\n")
    told = check(study, personas=folder, today=TODAY).query("rule == 'reworded'")
    assert told[["level", "claim"]].to_numpy().tolist() == [["note", "pain-empty-dock"]] and "drafted" in told["cure"].item() and told["line"].item() > 1
    path = folder / "2026-05-a.yaml"
    path.write_text(re.sub(r"    drafted: .*\n", "", path.read_text()))  # looked at; and a file of before has none
    assert "reworded" not in set(check(study, personas=folder, today=TODAY)["rule"])


def test_a_mark_that_was_taken_away_is_told_and_the_mark_of_the_new_text_is_in_the_cure(study: Study, folder: Path):
    path = folder / "2026-05-a.yaml"
    edit(folder, "Empty dock.\n", "Docks are full of thieves.\n")
    path.write_text(re.sub(r"    drafted: .*\n", "", path.read_text(), count=1))
    told = check(study, personas=folder, today=TODAY).query("rule == 'reworded'")
    assert len(told) == 1 and "has no mark" in told["message"].item()
    first = read_personas(path)[0].claim_list[0]
    assert first.drafted is None and first.id == told["claim"].item()
    mark = re.search(r"write (drafted: '\w+')", told["cure"].item())[1]
    path.write_text(path.read_text().replace(f"  - id: {first.id}\n", f"  - id: {first.id}\n    {mark}\n"))
    assert "reworded" not in set(check(study, personas=folder, today=TODAY)["rule"]), "whoever has looked writes the mark"


def test_a_key_below_data_hides_no_segment_of_two(study: Study):
    with study.step("segment", "tiny") as step:
        members = pd.DataFrame({"case": ["P01", "P02", *(f"Z{i}" for i in range(8))], "segment": ["A", "A", *"BBBBBBBB"], "weight": 1.})
        store.add_segmentation(step, name="tiny", members=members, k=2, verdict="not measured", parameters={})
    first = draft_personas(study, "tiny", today=TODAY)[0]
    for p in (first, first.model_copy(update={"data": {**first.data, "codings": "x"}})):
        assert "the segment has 2 people" in " ".join(check(study, personas=[p], today=TODAY).query("rule == 'k-anonymity'")["message"])


def test_a_statement_in_a_participant_s_own_words_is_not_printed(study: Study, personas: list[Persona]):
    words = "the dock was empty and I rode to work on every day"
    told = Claim(id="x", text=words, facet="pain", evidence=[quoted(study, "P01", "the dock was empty").model_copy(update={"quote": words})])
    bare = Claim(id="y", text=f"Like women: {words}", facet="goal")
    found = check(study, personas=[personas[0].model_copy(update={"claim_list": [told, bare], "label": words})], today=TODAY)
    assert {"stereotype", "assumption"} <= set(found["rule"])
    assert not found["message"].str.contains("rode to work").any() and found["message"].str.contains("repeats a participant's words").any()


def test_details_that_many_share_tell_nobody(study: Study):
    e = added(study, "P20", "I'm a nurse up in Northgate", attributes={"occupation": "nurse", "district": "Northgate"})
    about = {"personas": [by_hand(Claim(id="x", text="t", facet="pain", evidence=[e]), cases=["P20"])]}
    for n, expected in ((3, 1), (4, 0)):
        with study.step("x", "x") as step:
            for i in range(n): store.add_case(step, f"Q{i}", attributes={"occupation": "nurse", "district": "Northgate"})
        assert check(study, **about)["rule"].eq("person-recognisable").sum() == expected, n


def test_consent_that_was_withheld_or_never_recorded(study: Study, personas: list[Persona]):
    assert not {"consent-withheld", "consent-missing"} & set(check(study, personas=personas, today=TODAY)["rule"])  # nobody records it in this study
    record_consent(study, case="P01", consent="No, not to be quoted")
    findings = check(study, personas=personas, today=TODAY)
    assert findings.query("rule == 'consent-withheld'")["message"].str.startswith("P01 did not agree").all() and "consent-withheld" in rules(findings)
    assert findings.query("rule == 'consent-missing'")["message"].str.contains("P02|P03|P04").all()
    for case in ("P01", "P02", "P03", "P04"): record_consent(study, case=case, consent="yes")
    assert not {"consent-withheld", "consent-missing"} & set(check(study, personas=personas, today=TODAY)["rule"])


@pytest.mark.parametrize(("text", "facet", "rule"), [
    ("Older riders struggle with the app.", "behaviour", "stereotype"), ("Women want it cosy", "need", "stereotype"), ("Gen Z hates paper", "attitude", "stereotype"),
    ("Mentions the dock", "pain", None), ("Manages without a map", "behaviour", None)])
def test_groups_of_people_need_a_statistic(study: Study, text: str, facet: str, rule: str | None):
    assert rules(check(study, personas=[by_hand(Claim(id="x", text=text, facet=facet))])) == ({rule} if rule else set())


def test_demographics_that_set_nobody_apart(study: Study):
    e = Evidence(kind="survey", survey="wave1", variable="full", value=1, n=50, share=.5, low=.4, high=.6, rest=.5)
    found = check(study, personas=[by_hand(Claim(id="x", text="Has a dog", facet="demographic", evidence=[e]), segment="A", segmentation="2026-05")])
    assert "demographic-idle" in rules(found, "warning")


@pytest.mark.parametrize(("text", "odd"), [("Rides 5 days a week", None), ("Rides 6 days a week", "6"), ("83 % of them meet a full dock", "83"),
    ("One of 3 people waits", None), ("Pays 12 crowns", "12")])
def test_numbers_that_nobody_said(study: Study, text: str, odd: str | None):
    e = quoted(study, "P03", "work, five days a week")
    found = check(study, personas=[by_hand(Claim(id="x", text=text, facet="behaviour", evidence=[e], people=1, base=3, quotes=1),
        cases=["P03"])]).query("rule == 'invented-number'")
    assert (found["message"].item().startswith(f"{odd} in ") if odd else found.empty)


def test_a_bundle_that_fits_nobody_and_one_that_hardly_does(study: Study):
    def says(variable: str, **figures: object) -> Claim:
        return Claim(id=variable, text=variable, facet="behaviour", evidence=[Evidence(kind="survey", survey="wave1", variable=variable, n=50, low=0,
            high=1, **figures)])
    nobody = by_hand(says("rides", mean=60., rest=50.), says("full", value=1, share=.5, rest=.4))
    assert "nobody" in rules(check(study, personas=[nobody])) and "'rides' costs most" in check(study, personas=[nobody]).query("rule == 'nobody'")["cure"].item()
    some = by_hand(says("rides", mean=25., rest=20.5), says("full", value=1, share=.5, rest=.4))
    assert "rare" in rules(check(study, personas=[some], config={"thresholds": {"prevalence": .5}}), "warning")


def test_demographics_that_fit_four_people(study: Study):
    data = pd.DataFrame({"district": ["Harbour"] * 4 + ["Old Town"] * 96}, index=[f"R{i}" for i in range(100)]).rename_axis("respondent").reset_index()
    import_survey(study, data, id="respondent", name="where", levels={"district": "nominal"})
    e = Evidence(kind="survey", survey="where", variable="district", value="Harbour", n=50, share=.5, low=.4, high=.6, rest=.1)
    lives = by_hand(Claim(id="x", text="Lives at the harbour", facet="demographic", evidence=[e]))
    told = check(study, personas=[lives]).query("rule == 'k-anonymity'")["message"].tolist()
    assert any("fit 4 people" in message for message in told) and any("the others' figure" in message for message in told)
    assert "k-anonymity" not in rules(check(study, personas=[lives], config={"thresholds": {"k": 4}}))


@pytest.mark.parametrize(("jaccard", "status", "expected"), [(.5, "persona", ("error", "segment-dissolved")), (.5, "proto-persona", ("warning",
    "segment-shaky")), (.7, "persona", ("warning", "segment-shaky")), (.9, "persona", None)])
def test_segments_that_do_not_come_back(study: Study, jaccard: float, status: str, expected: tuple[str, str] | None):
    with study.step("segment", "b") as step:
        members = pd.DataFrame({"case": ["P01", "P02"], "segment": "A", "weight": 1.})
        store.add_segmentation(step, name="b", members=members, k=1, verdict="clusters shown", parameters={"stability": [{"segment": "A", "jaccard": jaccard}]})
    found = check(study, personas=[by_hand(segment="A", segmentation="b", status=status, verdict="clusters shown", interviewed=2, people=2)])
    told = found[found["rule"].str.startswith("segment-")]
    assert (expected is None and told.empty) or told[["level", "rule"]].values.tolist() == [list(expected)]


def test_saturation_that_was_measured_and_claims_that_are_guesses(study: Study):
    claims = [Claim(id=str(i), text="t", facet="pain", saturation=.4 if i == 0 else "not measured") for i in range(3)]
    found = check(study, personas=[by_hand(*claims)])
    assert rules(found, "warning") == {"unsaturated", "claims-supported"} and not has_errors(found)


def test_two_personas_of_one_kind_and_of_one_name(study: Study, personas: list[Persona]):
    twin = personas[0].model_copy(update={"id": "twin"})
    found = check(study, personas=[personas[0], twin], today=TODAY)
    assert {"not-distinct", "duplicate-name"} <= rules(found, "warning") and "duplicate-id" in rules(check(study, personas=[personas[0], personas[0]], today=TODAY))
    assert "not-distinct" not in set(check(study, personas=personas, today=TODAY)["rule"])


# -- Bad input ------------------------------------------------------------------------------------------------------------------
def test_a_file_with_an_id_twice_or_of_another_layout_is_a_finding_with_its_line(study: Study, folder: Path):
    text = (folder / "2026-05-a.yaml").read_text()
    ids = [line for line in text.splitlines() if line.startswith("  - id: ")]
    (folder / "twice.yaml").write_text(text.replace(ids[1], ids[0], 1))
    (folder / "later.yaml").write_text(text.replace("format: 1", "format: 2", 1))
    (folder / "deep.yaml").write_text(text.replace("    evidence:", "    evidense:", 1))
    found = check(study, personas=folder, today=TODAY).query("rule == 'unreadable'").set_index("persona")
    assert set(found.index) == {"twice", "later", "deep"} and (found["cure"].str.len() > 0).all() and found.at["later", "line"] == 1
    assert "did you mean 'evidence'" in found.at["deep", "cure"] and "a second time" in found.at["twice", "message"]
    assert "evidense" in (folder / "deep.yaml").read_text().splitlines()[found.at["deep", "line"] - 1]


def test_a_study_of_a_later_version_is_an_error_with_a_cure(tmp_path: Path):
    import sqlite3

    Study(tmp_path / "s.db", coder="MB", create=True).close()
    with sqlite3.connect(tmp_path / "s.db") as db: db.execute("UPDATE meta SET value = '99' WHERE key = 'schema_version'")
    with pytest.raises(NewerStudy, match="pip install -U personabench"):
        Study(tmp_path / "s.db")


def test_personas_of_another_study(study: Study, personas: list[Persona]):
    found = check(Study(":memory:", coder="MB", create=True), personas=personas, today=TODAY)
    assert {"unknown-segment", "source-missing"} <= rules(found) and (found["cure"].str.len() > 0).all()


# -- What is planted in the sample study ------------------------------------------------------------------------------------------
TRUTH = json.loads((Path(__file__).resolve().parent.parent / "data" / "truth.json").read_text())
BELIEFS = pd.read_csv(Path(__file__).resolve().parent.parent / "data" / "team_beliefs.csv").set_index("belief_id")["belief"]
DRAFT = {"links": {"Full dock": ("met_full_dock", "high"), "Payment fails": ("had_payment_failure", "high")}, "opposites": [("Prefers the phone", "Prefers messages")],
         "facets": {"mode": None, "fill_minutes": None}, "today": "2026-06-30"}


@pytest.fixture(scope="module")
def planted(sample: Study) -> Study: return with_truth(sample)


def with_truth(sample: Study) -> Study:
    "The sample study with its true segments (and P13, who belongs to none, where the algorithm puts him) and with the false one."
    survey = sample.surveys["survey"].iloc[0]
    data = sample.survey(survey)[0]
    truth = {**TRUTH["segments"]["respondents"], "P13": "Weekend explorers"}
    street = set(TRUTH["traps"]["2_false_segment"]["respondents"])
    for name, variables, segments in (("truth", TRUTH["segments"]["behaviour_variables"], [truth[i] for i in data.index]),
                                      ("ratings", TRUTH["traps"]["3_one_factor"]["items"], ["Millfield" if i in street else "others" for i in data.index])):
        with sample.step("segment", name) as step:
            members = pd.DataFrame({"case": data.index, "segment": segments, "weight": data["weight"].to_numpy()})
            stability = [{"segment": segment, "jaccard": .95} for segment in sorted(set(segments))]
            store.add_segmentation(step, name=name, members=members, k=len(stability), verdict="clusters shown", parameters={"variables": variables,
                "stability": stability}, survey=survey, wave="2026-05")
    return sample


def flawed(study: Study) -> dict[str, Persona]:
    "A persona for each flaw that is planted, otherwise as drafted."
    ground = _Ground(study, "truth")
    base = next(p for p in draft_personas(study, "truth", **DRAFT) if p.segment == "Commuters")
    fresh = lambda id, *claims: base.model_copy(update={"id": id, "name": id, "claim_list": [*base.claim_list, *claims]})
    figures = ground.contrasts()["Commuters"]
    here = ground.survey.data.index.isin(ground.cases["Commuters"])
    bundle = [_survey_claim(r, _statistic(r, ground), ground.survey, "behaviour", here)
              for r in figures[figures["variable"].isin(list(TRUTH["traps"]["8_bundle"]["traits"]))].itertuples()]
    only = TRUTH["traps"]["7_identifying"]["quote"]
    row = study.codings[study.codings["quote"].str.contains(only, regex=False) & study.codings["case"].eq("P11")].iloc[0]
    told = quoted(study, "P11", only, date=study.sources.set_index("name").at["P11", "date"])
    withdrawn = study.codings.query("case == 'P14'").iloc[0]
    gone = Evidence(kind="quote", quote=withdrawn["quote"], source="P14", start=int(withdrawn["start"]), end=int(withdrawn["end"]), case="P14")
    count = {"people": 1, "base": base.interviewed, "quotes": 1}
    assert row["code"] == "Job and hours"
    return {"stereotype": fresh("stereotype", Claim(id="b2", text=BELIEFS["B2"], facet="behaviour")), "assumption": fresh("assumption", Claim(id="b1",
        text=BELIEFS["B1"], facet="motivation")),
            "identifier-in-quote": fresh("identifying", Claim(id="job", text="Works with things that move", facet="context", evidence=[told], **count)),
            "nobody": fresh("nobody", *bundle),
            "withdrawn-evidence": fresh("withdrawn", Claim(id="gone", text="Left us", facet="pain", evidence=[gone], **count))}


def test_each_planted_trap_is_caught_and_nothing_else_is_an_error(planted: Study):
    drafts = [*draft_personas(planted, "truth", **DRAFT), *draft_personas(planted, "ratings", **DRAFT)]
    clean = check(planted, personas=drafts, today="2026-06-30")
    errors = clean[clean["level"].eq("error")]
    assert errors[["persona", "rule"]].values.tolist() == [["ratings-millfield", "segment-artefact"]]  # trap 2, and no false finding among five drafts
    assert clean.query("rule == 'misfit'")["message"].str.startswith("P13 is unusual").tolist() == [True]  # trap 1
    true, false = 2, 0
    for rule, persona in flawed(planted).items():
        found = check(planted, personas=[persona], today="2026-06-30")
        own = found[found["rule"].eq(rule)]
        assert len(own), rule
        others = found[found["level"].eq("error") & found["rule"].ne(rule)]
        # who has withdrawn is in no segment any more, and has no count: these two follow from it
        false += len(others[~others["rule"].isin(["outside-segment", "count-right"] if rule == "withdrawn-evidence" else [])])
        true += 1
    assert (true, false) == (7, 0)


def test_the_claim_that_ended_with_the_second_wave_is_outdated(planted: Study):
    from personabench.sample_data import sample_file

    drafts = draft_personas(planted, "truth", **DRAFT)
    assert "outdated" not in set(check(planted, personas=drafts, today="2026-06-30")["rule"])
    import_survey(planted, sample_file("survey_wave2.csv"), id="respondent", weights="weight", dictionary=sample_file("survey_dictionary.csv"), wave="2026-11")
    try:
        errors = check(planted, personas=drafts, today="2026-12-01").query("level == 'error'")
        stale = {(p.id, c.id) for p in drafts for c in p.claim_list if any(e.variable in ("had_payment_failure", "ease_signup") for e in c.evidence)}
        stale -= {("truth-reluctant-occasional-users", "pain-payment-fails")}    # too few of them were asked twice
        assert {("truth-commuters", "pain-payment-fails"), ("truth-weekend-explorers", "pain-payment-fails")} <= stale and set(zip(errors["persona"],
            errors["claim"])) == stale and set(errors["rule"]) == {"outdated"}  # met_full_dock, unchanged, is not among them
    finally:
        store.undo_last(planted.engine, coder="MB")


# -- Damages and harmless edits, the short form of tests/campaigns/persona_damage.py -----------------------------------------------
def truth_drafts(study: Study) -> list[Persona]: return draft_personas(with_truth(study), "truth", **DRAFT)


def test_random_damages_are_found_and_harmless_edits_are_not(planted: Study):
    spec = spec_from_file_location("persona_damage", Path(__file__).resolve().parent / "campaigns" / "persona_damage.py")
    damage = module_from_spec(spec)
    spec.loader.exec_module(damage)
    drafts = draft_personas(planted, "truth", **DRAFT)[1:2]
    done, quiet = damage.campaign(planted, drafts, damage.DAMAGES, len(damage.DAMAGES), 1)
    assert quiet == [] and len(done) == len(damage.DAMAGES)
    done, quiet = damage.campaign(planted, drafts, damage.HARMLESS, len(damage.HARMLESS), 1)
    assert len(quiet) == sum(done.values()) and len(done) == len(damage.HARMLESS)


# -- What a hostile reader tried --------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("about", "expected"), [
    ({"status": "persona", "verdict": "clusters shown", "people": 5000, "share": .9, "low": .89, "high": .91, "interviewed": 40}, {"size-right", "status-right"}),
    ({"cases": ["P01", "P02", "P03"], "verdict": "clusters shown", "interviewed": 3}, {"status-right"}),
    ({"cases": ["P01", "P02", "P03"], "status": "persona", "interviewed": 3}, {"status-right"}),
    ({"cases": ["P01", "P02", "P03"], "interviewed": 3, "people": 1000}, {"size-right"}), ({"share": .6}, {"size-right"}),
    ({"cases": ["P01"], "segment": "A", "segmentation": "2026-05", "verdict": "not measured", "people": 50, "share": .5, "interviewed": 1}, {"size-right"}),
    ({"cases": ["P01", "P02", "P03"], "interviewed": 3, "people": 3}, set()), ({}, set())])
def test_who_has_no_segment_states_no_share_and_no_verdict(study: Study, about: dict, expected: set[str]):
    assert rules(check(study, personas=[by_hand(**about)], today=TODAY)) == expected


def test_words_of_the_interviewer_inside_a_quote_are_found(study: Study):
    told = Evidence(kind="quote", quote=study.quote("P01", 0, 60), source="P01", start=0, end=60, case="P01")
    found = check(study, personas=[by_hand(Claim(id="x", text="t", facet="pain", evidence=[told]), cases=["P01"], interviewed=1)], today=TODAY)
    assert "interviewer-turn" in rules(found)


def test_words_of_somebody_else_inside_a_quote_are_found(study: Study):
    with study.step("import", "two") as step:
        turns = [{"speaker": "P20", "start": 0, "end": 21}, {"speaker": "P21", "start": 22, "end": 33}]
        store.add_source(step, "pair", text="I ride every day, me. Not me, no.", turns=turns, date="2026-05-04",
                         speakers={"P20": ("P20", "participant"), "P21": ("P21", "participant")})
    told = Evidence(kind="quote", quote=study.quote("pair", 0, 33), source="pair", start=0, end=33, case="P20")
    found = check(study, personas=[by_hand(Claim(id="x", text="t", facet="pain", evidence=[told]), cases=["P20"])], today=TODAY)
    assert found.query("rule == 'case-right'")["message"].str.contains("in the study it is P21's").tolist() == [True]


@pytest.mark.parametrize(("second", "twice"), [("ada  ", True), ("ADA", True), ("Ada L.", False)])
def test_names_that_sound_alike_are_one(study: Study, second: str, twice: bool):
    pair = [Persona(id="a", name="Ada"), Persona(id="b", name=second)]
    assert ("duplicate-name" in rules(check(study, personas=pair, today=TODAY), "warning")) == twice


@pytest.mark.parametrize(("old", "new"), [
    ("review_by: '2026-12-01'", "review_by: 30.06.2020"), ("review_by: '2026-12-01'", "review_by: soon"), ("created: '2026-06-01'", "created: June 2020"),
    ("        case: P01", "        case: 007"), ("  - case: P01", "  - case: 7"), ("        end: 37", "        end: 19")])
def test_a_value_that_would_be_misread_is_unreadable(study: Study, folder: Path, old: str, new: str):
    edit(folder, old, new)
    found = check(study, personas=folder, today=TODAY).query("rule == 'unreadable'")
    line = (folder / "2026-05-a.yaml").read_text().splitlines()[found["line"].item() - 1]
    assert (new.strip() == line.strip() or new.strip().startswith("end:") and line.lstrip().startswith("- kind: quote")) and found["cure"].item()


@pytest.mark.parametrize(("quote", "start", "end"), [("", 25, 25), ("dock", 25, 24), ("...", 25, 28)])
def test_a_quote_of_nothing_is_no_evidence(quote: str, start: int, end: int):
    with pytest.raises(ValueError, match="holds nothing|has no word"):
        Evidence(kind="quote", quote=quote, source="P01", start=start, end=end, case="P01")


def test_a_misspelt_key_of_what_others_say_is_told_the_keys_of_evidence(study: Study, tmp_path: Path):
    text = by_hand(Claim(id="x", text="t", facet="pain", unlike=[quoted(study, "P01", "I ride to work")]), cases=["P01"]).to_yaml()
    (tmp_path / "a.yaml").write_text(text.replace("source:", "sourse:"))
    assert "'source'" in check(study, personas=tmp_path, today=TODAY)["cure"].item()


@pytest.mark.parametrize(("wave", "stale"), [("wave 9", True), ("wave 10", False)])
def test_wave_ten_comes_after_wave_nine(study: Study, wave: str, stale: bool):
    for name, yes in (("wave 9", 240), ("wave 10", 30)):
        import_survey(study, pd.DataFrame({"bell": np.repeat([1, 0], [yes, 300 - yes])}, index=[f"{name}-{i}" for i in range(300)]), name=name, wave=name)
    e = Evidence(kind="survey", survey=wave, variable="bell", value=1, n=300, share=.8, low=.7, high=.9, rest=.5)
    found = check(study, personas=[by_hand(Claim(id="x", text="Rings", facet="behaviour", evidence=[e]))], today=TODAY)
    assert ("outdated" in rules(found)) == stale
    assert _survey_of(study, ["bell"], None).wave == "wave 10"


@pytest.mark.parametrize("words", [1, 3])
def test_quotes_that_nobody_coded_support_nothing(study: Study, words: int):
    said = [quoted(study, case, " ".join(study.text(case)[19:].split(" ")[:words])) for case in ("P01", "P02", "P03")]
    bell = by_hand(Claim(id="x", text="Wants a bell.", facet="need", codes=["Likes phones"], evidence=[e.model_copy(update={"code": "Likes phones"}) for e in said]),
                   cases=["P01", "P02", "P03"])
    for p in (bell, by_hand(bell.claim_list[0].model_copy(update={"codes": []}), cases=["P01", "P02", "P03"])):
        assert p.claim_list[0].strength == "supported"
        told = check(study, personas=[p], today=TODAY).query("rule == 'strength-right'")["message"]
        assert told.str.contains("without them it is 'anecdote'").tolist() == [True]


def test_a_segment_of_two_and_what_one_of_them_told(study: Study):
    with study.step("code", "x") as step:
        mint = store.add_codes(step, [{"name": "Works at the mint", "facet": "demographic", "definition": ""}])[0]
        source, at = int(study.sources.set_index("name").at["P01", "source_id"]), study.text("P01").index("I ride to work")
        store.add_codings(step, [{"source_id": source, "code_id": mint, "start": at, "end": at + 14}])
        store.add_segmentation(step, name="tiny", members=pd.DataFrame({"case": ["P01", "P02"], "segment": "S", "weight": 1.}), k=1, verdict="not measured",
                               parameters={})
    found = check(study, personas=draft_personas(study, "tiny", today=TODAY), today=TODAY)
    assert set(found.loc[found["rule"].eq("k-anonymity"), "claim"]) == {"", "demographic-works-at-the-mint"} and rules(found) == {"k-anonymity"}
    assert "k-anonymity" not in rules(check(study, personas=draft_personas(study, "tiny", today=TODAY), today=TODAY, config={"thresholds": {"k": 1}}))


@pytest.mark.parametrize(("lines", "rule"), [
    (r"    share: 1\.0\n    low: 0\.4385\n    high: 1\.0\n", "incomplete"), (r"    newest: .*\n    oldest: .*\n", "incomplete"),
    (r"    against_share: .*\n    against_low: .*\n    against_high: .*\n", "incomplete"), (r"        used: true\n", "incomplete"),
    (r"        effective_n: .*\n", "incomplete"),
    (r"unassigned: .*\n", "incomplete"), (r"review_by: .*\n", "incomplete"), (r"data:\n(  .*\n)+", "incomplete"), (r"linked:\n((  - |    ).*\n)+", "link-right"),
    (r"    against:\n((      - |        ).*\n)+", "counter-evidence")])
def test_what_is_left_out_is_found(study: Study, folder: Path, lines: str, rule: str):
    path = folder / "2026-05-a.yaml"
    assert re.search(lines, path.read_text())
    path.write_text(re.sub(lines, "", path.read_text(), count=1))
    assert rule in rules(check(study, personas=folder, today=TODAY))


def test_which_quotes_to_show_is_an_editors_choice(study: Study, personas: list[Persona]):
    def keep(n: int) -> Persona:
        claims = [c.model_copy(update={"evidence": [e for e in c.evidence if e.kind == "quote"][:n] + [e for e in c.evidence if e.kind != "quote"], "unlike": []})
                  if c.codes == ["Empty dock"] else c for c in personas[0].claim_list]
        return personas[0].model_copy(update={"claim_list": [c.model_copy(update={"stated": c.strength}) for c in claims]})
    assert rules(check(study, personas=[keep(1), personas[1]], today=TODAY)) == set()
    assert rules(check(study, personas=[keep(0), personas[1]], today=TODAY)) == {"incomplete"}


def again(study: Study, bells: tuple[np.ndarray, np.ndarray], segment: int) -> pd.DataFrame:
    "Ask the same people about bells in two waves; the first of them are the segment; return what is outdated about it."
    ids = [f"B{i}" for i in range(len(bells[0]))]
    for wave, bell in zip(("2026-06", "2026-12"), bells, strict=True):
        import_survey(study, pd.DataFrame({"bell": bell.astype(int)}, index=ids), name=wave, wave=wave)
    with study.step("segment", "b") as step:
        members = pd.DataFrame({"case": ids, "segment": np.where(np.arange(len(ids)) < segment, "A", "B"), "weight": 1.})
        store.add_segmentation(step, name="bells", members=members, k=2, verdict="not measured", parameters={}, survey="2026-06", wave="2026-06")
    e = Evidence(kind="survey", survey="2026-06", variable="bell", value=1, n=segment, share=.5, low=.4, high=.6, rest=.4)
    found = check(study, personas=[by_hand(Claim(id="x", text="Rings", facet="behaviour", evidence=[e]), segmentation="bells", segment="A")], today=TODAY)
    return found[found["rule"].eq("outdated")]


def test_a_change_within_the_segment_is_outdated_though_everybody_else_stays(study: Study):
    then = np.r_[np.repeat([1, 0], [90, 10]), np.tile([1, 0], 450)]
    now = np.r_[np.repeat([1, 0], [5, 95]), np.tile([1, 0], 450)]
    assert again(study, (then, now), 100)["message"].str.contains("from 90 % of its 100 people asked in both waves in 2026-06 to 5 %").tolist() == [True]


def test_a_change_of_all_others_leaves_the_segment_alone(study: Study):
    stay = np.tile([1, 0], 50)
    assert again(study, (np.r_[stay, np.ones(300)], np.r_[stay, np.zeros(300)]), 100).empty


@pytest.mark.parametrize(("n", "yes", "stale"), [(32, (16, 7), False), (320, (160, 70), True)])
def test_a_change_that_chance_may_make_is_not_outdated(study: Study, n: int, yes: tuple[int, int], stale: bool):
    then, now = (np.repeat([1, 0], [k, n - k]) for k in yes)  # Cohen's h of .6 both times
    assert again(study, (then, now), n).empty != stale


# -- The lines at the top of a persona -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("old", "new", "rule", "place"), [
    (r"    people: 37\n    share: .*\n    low: .*\n    high: .*\n", "    people: 37\n", "statistic-right", "share"),
    (r"    people: 37\n", "    people: 36\n", "statistic-right", "people: 36"), (r"(    mean: 42.*)\d\d\d\n", r"\g<1>999\n", "statistic-right", "mean"),
    (r"    rest: 0.4139\n", "    rest: 0.1\n", "statistic-right", "rest: 0.1"), (r"    rest: 0.4139\n", "", "statistic-right", None),
    (r"    question: What is your main occupation\?", "    question: What are you?", "statistic-right", "What are you"),
    (r"    scale: 1 = strongly disagree to", "    scale: 1 = agree to", "statistic-right", "1 = agree"),
    (r"    answer: full-time", "    answer: nun", "survey-missing", "variable: occupation"),
    (r"    variable: occupation", "    variable: occupations", "survey-missing", "occupations")])
def test_the_lines_of_who_they_are_are_the_studys(planted: Study, occasional: Persona, tmp_path: Path, old: str, new: str, rule: str, place: str | None):
    text = occasional.to_yaml()
    changed, n = re.subn(old, new, text, count=1)
    assert n == 1 and changed != text
    (tmp_path / "a.yaml").write_text(changed)
    found = check(planted, personas=tmp_path, today="2026-06-30").query("level == 'error'")
    assert found["rule"].tolist() == [rule] and found["cure"].all()
    if place and place not in ("share", "mean"): assert place in changed.splitlines()[found["line"].item() - 1]


@pytest.fixture(scope="module")
def occasional(planted: Study) -> Persona:
    return next(p for p in draft_personas(planted, "truth", **DRAFT) if "occasional" in p.id)


def test_lines_that_tell_of_few_people_are_found(study: Study, personas: list[Persona]):
    members = study.rows("members", segmentation="2026-05").set_index("case")
    jobs = members["segment"].where(members["segment"].eq("B"), "nurse")
    jobs[members.index[members["segment"].eq("A")][:4]] = ["nun", "clerk", "clerk", "clerk"]
    import_survey(study, pd.DataFrame({"job": jobs}), name="jobs", wave="2026-06")
    people = list(members.index[members["segment"].eq("A")])

    def told(answer: str, n: int, k: int = 5) -> list[str]:
        line = Descriptor(field="role", variable="job", answer=answer, n=50, people=n, share=n / 50)
        found = check(study, personas=[by_hand(survey="jobs", cases=people, described=[line])], today=TODAY, config={"thresholds": {"k": k}})
        return found[found["rule"].isin(["k-anonymity", "statistic-right", "survey-missing"])]["message"].tolist()
    assert told("nun", 1) == ["what is shown of 'job' tells of 1 of 50 people"] and told("nun", 1, 1) == []
    assert told("nurse", 46) == ["what is shown of 'job' tells of all but 4 of 50 people"] and told("nurse", 46, 4) == []


def test_the_attributes_of_interviewed_people_are_counted_again():
    from personabench.sample_data import import_sample

    sample = Study(":memory:", coder="MB", create=True)
    import_sample(sample)
    (everybody,) = draft_personas(sample, today=TODAY)
    at = {d.variable: j for j, d in enumerate(everybody.described)}
    def found(line: str, **change: object) -> list[str]:
        lines = [d.model_copy(update=change) if j == at[line] else d for j, d in enumerate(everybody.described)]
        return sorted(rules(check(sample, personas=[everybody.model_copy(update={"described": lines})], today=TODAY)))
    assert found("age") == [] == found("gender")
    assert found("age", mean=30.5) == ["statistic-right"] == found("gender", people=9) == found("gender", share=None) == found("age", mean=None)
    assert found("age", variable="shoe size") == ["survey-missing"]


def test_a_statistic_has_no_quotes_against_it_but_those_listed(study: Study, personas: list[Persona]):
    claims = [c.model_copy(update={"against_quotes": 7}) if c.is_survey else c for c in personas[0].claim_list]
    found = check(study, personas=[personas[0].model_copy(update={"claim_list": claims}), personas[1]], today=TODAY).query("rule == 'counter-evidence'")
    assert found["claim"].tolist() == [c.id for c in claims if c.is_survey] and found["message"].str.contains("against_quotes 7; the study gives against_quotes: 0").all()


@pytest.mark.parametrize(("text", "about", "ties"), [
    ("Young women love bikes; foreigners do not.", {}, "Young"), ("Women ride to work.", {"variable": "full_dock"}, "Women"),
    ("Women ride to work.", {"variable": "gender"}, None), ("Women ride to work.", {"answer": "woman"}, None), ("Men ride to work.", {"answer": "woman"}, "Men"),
    ("Older people ride.", {"question": "How old are you?"}, None), ("Older women ride.", {"question": "How old are you?"}, "women"),
    ("Foreigners ride.", {"question": "Do you have a migration background?"}, None)])
def test_only_a_statistic_about_a_group_shows_something_of_it(study: Study, text: str, about: dict, ties: str | None):
    figures = {"n": 50, "share": .8, "low": .7, "high": .9, "rest": .2, "rest_n": 50., "difference_low": .4, "difference_high": .7, "q": .001, "effect": 1.3}
    e = Evidence(**{"kind": "survey", "survey": "wave1", "variable": "full", "value": 1, **figures, **about})
    assert e.differs
    p = by_hand(Claim(id="x", text=text, facet="behaviour", evidence=[e]), label=text)
    found = check(study, personas=[p], today=TODAY).query("rule == 'stereotype'")
    assert found["claim"].tolist() == ([] if ties is None else ["", "x"]) and (ties is None or found["message"].str.contains(repr(ties)).all())


@pytest.mark.parametrize(("code", "shown"), [("Payment refused", False), ("Men complain", True), ("Foreigners and young men", True)])
def test_a_code_shows_a_group_by_its_word_and_not_by_a_part_of_one(study: Study, code: str, shown: bool):
    with study.step("code", "x") as step: store.add_codes(step, [{"name": code, "facet": "pain", "definition": ""}])
    p = by_hand(Claim(id="x", text="Men get angry when the machine refuses them.", facet="pain", codes=[code]))
    assert ("stereotype" in rules(check(study, personas=[p], today=TODAY))) != shown
    both = by_hand(Claim(id="x", text="Men and foreigners get angry.", facet="pain", codes=[code]))
    assert ("stereotype" in rules(check(study, personas=[both], today=TODAY))) == (code != "Foreigners and young men")


@pytest.mark.parametrize(("name", "found"), [("Christian", False), ("Ms Young", False), ("Boy George", False), ("Ann Man", False), ("Grandpa, one of the elderly", True),
    ("A young Ann", True), ("Working Mum", True)])
def test_first_names_and_surnames_are_no_stereotype(study: Study, name: str, found: bool):
    p = by_hand().model_copy(update={"name": name})
    assert ("stereotype" in rules(check(study, personas=[p], today=TODAY))) == found


def test_notes_on_people_are_those_that_a_draft_makes(planted: Study):
    drafts = draft_personas(planted, "truth", **DRAFT)
    noted = {link.case: link.note for p in drafts for link in p.linked}
    assert {"misfit", "recognisable", None} == set(noted.values())

    def found(case: str, note: str | None) -> list[str]:
        p = next(p for p in drafts if any(link.case == case for link in p.linked))
        links = [link.model_copy(update={"note": note}) if link.case == case else link for link in p.linked]
        changed = [q.model_copy(update={"linked": links}) if q is p else q for q in drafts]
        return check(planted, personas=changed, today="2026-06-30", config={"thresholds": {"k": 9}}).query("rule == 'link-right'")["cure"].tolist()
    by = {note: case for case, note in noted.items()}
    assert found(by["misfit"], "misfit") == [] and found(by["misfit"], None) == ["write note: misfit"] == found(by["misfit"], "recognisable")
    assert found(by["recognisable"], None) == ["write note: recognisable"] and found(by[None], "misfit") == ["remove the note"] and found(by[None], "recognisable") == []


@pytest.mark.parametrize(("job", "words", "told"), [("retired nun", "As a nun I ride to work", True), ("MP for the mint", "as an MP I ride", True),
    ("MP for the mint", "a bike for the ride", False), ("vet", "I invented it", False), ("ad agent", "I am an adder", False)])
def test_short_words_tell_of_a_person_too(study: Study, job: str, words: str, told: bool):
    e = added(study, "P20", words, attributes={"occupation": job})
    with study.step("x", "x") as step:
        for i in range(9): store.add_case(step, f"Q{i}", attributes={"occupation": "employed nurse"})
    p = by_hand(Claim(id="x", text="t", facet="pain", evidence=[e]), cases=["P20"])
    assert check(study, personas=[p], today=TODAY)["rule"].eq("person-recognisable").any() == told


def test_a_demographic_statistic_tells_of_no_fewer_than_five(study: Study):
    data = pd.DataFrame({"disabled": [1] * 46 + [0] * 54}, index=[f"D{i}" for i in range(100)])
    import_survey(study, data, name="d", wave="2026-06")
    with study.step("segment", "d") as step:
        members = pd.DataFrame({"case": data.index, "segment": np.repeat(["A", "B"], 50), "weight": 1.})
        store.add_segmentation(step, name="d", members=members, k=2, verdict="not measured", parameters={}, survey="d", wave="2026-06")
    (first, second) = draft_personas(study, "d", today=TODAY, facets={"disabled": "demographic"})
    assert not first.claim_list and not first.described
    (plain, _) = draft_personas(study, "d", today=TODAY, facets={"disabled": "behaviour"})
    told = plain.model_copy(update={"claim_list": [c.model_copy(update={"facet": "demographic"}) for c in plain.claim_list], "id": "x"})
    found = check(study, personas=[told, second], today=TODAY).query("rule == 'k-anonymity'")
    assert found["claim"].tolist() == ["survey-disabled"] and "all but 4 of 50 people" in found["message"].item()
