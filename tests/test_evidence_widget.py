"""The evidence widget without a browser: quotes in their turns, what has moved or was withdrawn, figures, what is sent and what is not saved."""

from __future__ import annotations

import json

import pandas as pd
import pytest

import personabench as pb
from personabench import store
from personabench.evidence_widget import EVIDENCE_COLUMNS, EvidenceWidget, evidence_in_context
from personabench.claims import Claim, Evidence, Persona
from personabench.study import Study

TALK = [("Interviewer", "How was it?"), ("Anna", "Well. " + "Long story. " * 60 + "The dock was full 😀 again. " + "And so on. " * 60), ("Ben", "Same with me.")]


@pytest.fixture
def study():
    with Study(":memory:", coder="MB", create=True) as made:
        text, turns = "", []
        for speaker, words in TALK:
            text += f"{speaker}: "
            turns.append({"start": len(text), "end": len(text) + len(words), "speaker": speaker})
            text += words + "\n\n"
        with made.step("import", "import G1") as step:
            speakers = {"Interviewer": (None, "interviewer"), "Anna": ("P01", "participant"), "Ben": ("P02", "participant")}
            store.add_source(step, "G1", text=text, turns=turns, speakers=speakers)
        yield made


def quote(study: Study, words: str, case: str, **more) -> Evidence:
    start = study.text("G1").index(words)
    where = {"source": "G1", "start": start, "end": start + len(words)}
    return Evidence(**{"kind": "quote", "quote": words, "case": case, "code": "Full", "date": "2026-05-04"} | where | more)


def claim(*evidence: Evidence, **more) -> Claim: return Claim(**{"id": "pain-full", "text": "Full dock", "facet": "pain", "evidence": list(evidence)} | more)


def test_a_quote_stands_in_its_turn_cut_at_words(study):
    row = evidence_in_context(study, claim(quote(study, "The dock was full 😀 again.", "P01"))).iloc[0]
    assert row["before"].startswith("… ") and row["before"].endswith("Long story. ") and len(row["before"]) <= 262
    assert row["after"].startswith(" And so on.") and row["after"].endswith(" …")
    assert (row["speaker"], row["case"], row["turn"], row["status"]) == ("Anna", "P01", 1, "")
    assert row["citation"].startswith("“The dock was full 😀 again.” (P01, G1, turn 2, 2026-05-04; characters ")


def test_what_is_not_there_is_said(study):
    there = quote(study, "Same with me.", "P02")
    rows = evidence_in_context(study, claim(there, there.model_copy(update={"start": 0, "end": 13}), there.model_copy(update={"source": "G9"})))
    assert rows["status"].tolist() == ["", "moved", "source missing"] and rows["before"].fillna("none").tolist() == ["", "none", "none"]


def test_words_of_a_person_who_withdrew_are_nowhere(study):
    said = quote(study, "Same with me.", "P02")
    pb.withdraw(study, case="P02")
    rows = evidence_in_context(study, claim(said))
    assert rows["status"].tolist() == ["withdrawn"] and "Same with me" not in json.dumps(rows.to_dict("records"), default=str)


@pytest.mark.parametrize("misspelt", [{"case": "p02"}, {"case": "P01"}, {"case": "p02", "source": "G9"}, {"case": "p02", "start": 0, "end": 13}])
def test_not_even_under_another_name_or_place(study, misspelt):
    said = quote(study, "Same with me.", "P02").model_copy(update=misspelt)
    shown = lambda: json.dumps(evidence_in_context(study, claim(said)).to_dict("records"), default=str)
    assert ("Same with me" in shown()) == (set(misspelt) == {"case"})
    with study.step("withdraw", "P02") as step: store.add_case(step, "P02", withdrawn="2026-06-30")  # as a file tells that was not blanked yet
    assert "Same with me" not in shown()
    pb.withdraw(study, case="P02")
    assert "Same with me" not in shown()


def test_a_figure_of_a_survey_in_the_study_has_its_question(study):
    frame = pd.DataFrame({"respondent": [f"R{i}" for i in range(40)], "use": ["work", "fun"] * 20})
    pb.import_survey(study, frame, id="respondent", name="wave1", dictionary=pd.DataFrame({"variable": ["use"], "question": ["What do you ride for?"]}))
    figure = Evidence(kind="survey", survey="wave1", variable="use", value="work", n=150, share=.93, low=.88, high=.96, rest=.9, effect=.11, used=True)
    mean = Evidence(kind="survey", survey="gone", variable="rides", n=150, mean=5.5, low=5, high=6, rest=4, effect=-.6)
    rows = evidence_in_context(study, claim(figure, mean))
    assert rows["question"].tolist() == ["What do you ride for?", "rides"] and rows["status"].tolist() == ["", "survey missing"]
    assert "hardly any difference, Cohen's h = 0.11; the segments were made from this question" in rows["summary"][0]
    assert "medium difference, Cohen's d = -0.60" in rows["summary"][1]


def test_an_assumption_has_columns_and_no_rows(study):
    assert list(evidence_in_context(study, claim()).columns) == list(EVIDENCE_COLUMNS) and evidence_in_context(study, claim()).empty


def talk(widget: EvidenceWidget, **message):
    sent: list = []
    widget.send = lambda content, buffers=None: sent.append(json.loads(json.dumps(content)))  # as JSON, as the browser gets it
    widget.receive(message)
    return sent


def test_statements_come_in_the_order_of_a_card_and_evidence_when_asked_for(study):
    goal = Claim(id="goal-x", text="Wants <b>it</b>", facet="goal")
    widget = EvidenceWidget(study, Persona(id="a", name="Ash", claims=[claim(quote(study, "Same with me.", "P02"), quotes=4), goal]))
    [told] = talk(widget, type="ready", view="v1")
    assert told["to"] == "v1" and [(r["id"], r["strength"], r["for"]) for r in told["rows"]] == [("goal-x", "assumption", 0), ("pain-full", "anecdote", 1)]
    [opened] = talk(widget, type="open", claim="pain-full")
    assert opened["more"] == 3 and opened["people"] == "Quoted here: 1 person for, 0 against."
    assert talk(widget, type="open", claim="goal-x")[0]["rows"] == []
    assert talk(widget, type="open", claim="goal-y")[0]["type"] == talk(widget, type="nonsense")[0]["type"] == "refused"


def test_one_claim_is_enough_and_no_words_are_saved_with_the_notebook(study):
    widget = EvidenceWidget(study, claim(quote(study, "Same with me.", "P02")))
    assert len(talk(widget, type="ready")[0]["rows"]) == 1
    saved = json.dumps(widget.get_state(), default=str)
    assert "Same with me" not in saved.replace(EvidenceWidget._esm, "") and set(widget.state) == {"run"}
    shown = widget._repr_mimebundle_()[0]
    assert "Evidence widget: 1 statements" in shown["text/plain"] and "Full dock" not in shown["text/html"]


def test_what_opens_it_is_small():
    assert len(EvidenceWidget._esm.encode()) <= 60_000


def test_statements_stand_in_the_order_of_the_card_and_the_other_side_of_a_figure_is_told():
    figures = {"survey": "may", "n": 150, "low": 1.9, "high": 2.3, "rest": 3.8, "effect": -2., "difference_low": -1.9, "difference_high": -1.4, "q": .001}
    less = Claim(id="ebike", text="Agrees less than the others.", facet="attitude", people=150, base=150, against_people=1,
                 against_answer="above 3.78, the mean of the others", evidence=[Evidence(kind="survey", variable="ebike_wish", mean=2.1, **figures)])
    topic = Claim(id="job", text="Talked about: Job and hours.", facet="demographic", codes=["Job"], people=1, base=1)
    sent: list = []
    with Study(":memory:", coder="MB", create=True) as study:
        made = EvidenceWidget(study, Persona(id="a", name="Ash", claims=[topic, Claim(id="goal", text="Wants maps", facet="goal"), less]))
        made.send = lambda content, buffers=None: sent.append(content)
        made.receive({"type": "ready"})
        made.receive({"type": "open", "claim": "ebike"})
    assert [(r["group"], r["id"]) for r in sent[0]["rows"]] == [("What sets them apart", "ebike"), ("Goals", "goal"), ("Talked about", "job")]
    assert sent[1]["people"] == "1 of 150 gave above 3.78, the mean of the others.", "what '1 on the other side' means can be read"
