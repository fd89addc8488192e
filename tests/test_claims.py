"""Claims: how strong a claim is, what a model refuses, and where a statement stands."""

from __future__ import annotations

from pathlib import Path

import pytest

from made_up import add_segments, add_talk, empty_study

from personabench.claims import PERSONA_FIELDS, Claim, Evidence, Persona
from personabench.persona_files import read_personas
from personabench.personas import draft_personas
from personabench.schema import STRENGTHS, BadInput
from personabench.study import Study
from personabench.statistics import share_difference


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


# -- The persona --------------------------------------------------------------------------------------------------------------
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


# -- Statistics that must not prove too much ----------------------------------------------------------------------------------------------
def test_where_more_speak_against_than_for_it_is_no_more_than_an_anecdote():
    quotes = [Evidence(kind="quote", quote="so it is", source=f"P{i}", start=0, end=8, case=f"P{i}", code="Dock") for i in range(4)]
    about = {"id": "c", "text": "So it is", "facet": "pain", "codes": ["Dock"], "people": 4, "evidence": quotes}
    assert [Claim(**about, against_people=n).strength for n in (0, 4, 5, 40)] == ["supported", "supported", "anecdote", "anecdote"]


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
