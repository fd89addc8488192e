"""The words, the errors and the rules about text that everything else stands on."""

from __future__ import annotations

import inspect
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from personabench import schema
from personabench.schema import (FACETS, KINDS, ORIGINS, ROLES, STRENGTHS, VERDICTS, BadInput, NoSuchCode, NoSuchName, PersonabenchError,
                                 count_words, nearest, normalise_text, text_hash)

ERRORS = [e for _, e in inspect.getmembers(schema, inspect.isclass) if issubclass(e, PersonabenchError)]


# -- Words --------------------------------------------------------------------------------------------------------------------
def test_the_words_are_those_of_the_method():
    assert FACETS == ("demographic", "context", "behaviour", "attitude", "need", "goal", "motivation", "pain", "gain", "expectation",
                      "influence", "emotion", "stage", "touchpoint", "channel", "idea", "other")
    assert ROLES == ("participant", "interviewer", "other")
    assert STRENGTHS == ("assumption", "anecdote", "supported", "triangulated")
    assert VERDICTS == ("clusters shown", "not shown", "no clusters", "not measured")
    for words in (FACETS, ROLES, KINDS, STRENGTHS, VERDICTS, ORIGINS):
        assert len(set(words)) == len(words) and all("'" not in word for word in words)  # they are spelt out in the database's checks


# -- Errors -------------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("error", ERRORS)
def test_an_error_tells_place_found_expected_and_cure(error: type[PersonabenchError]):
    told = error("P01.vtt, line 3", "no cues", "a time stamp", "export it again")
    assert str(told) == "P01.vtt, line 3: no cues. Expected: a time stamp. Cure: export it again."
    assert (told.place, told.found, told.expected, told.cure) == ("P01.vtt, line 3", "no cues", "a time stamp", "export it again")


@pytest.mark.parametrize("error", ERRORS)
def test_an_error_comes_back_whole_from_another_process(error: type[PersonabenchError]):
    told = pickle.loads(pickle.dumps(error("here", "this", "that", "do it")))
    assert type(told) is error and str(told) == "here: this. Expected: that. Cure: do it." and told.cure == "do it"


def test_a_sentence_ends_once():
    assert str(BadInput("x", "odd", cure="did you mean 'y'?")) == "x: odd. Cure: did you mean 'y'?"
    assert str(BadInput("x", "odd.", "even.")) == "x: odd. Expected: even."
    assert str(BadInput("x", "odd", cure="there are 'a', 'b' ...")).endswith("'b' ...")


def test_a_missing_code_is_caught_as_a_missing_name():
    with pytest.raises(NoSuchName):
        raise NoSuchCode("codebook", "no such code")
    assert all(issubclass(error, PersonabenchError) and error.__doc__ for error in ERRORS)


# -- Names --------------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("name", "suggestion"), [("checkout FAILS", "'Checkout fails'"), ("Chekout fails", "'Checkout fails'"),
                                                  ("Wating", "'Waiting'"), ("Waiting", "'Waiting'")])
def test_nearest_finds_what_was_meant(name: str, suggestion: str):
    assert nearest(name, ["Checkout fails", "Waiting", "Zoo"]).startswith(f"did you mean {suggestion}")


def test_nearest_lists_a_few_when_nothing_is_alike():
    assert nearest("qqqq", ["b", "a"]) == "there are 'a', 'b'"
    assert nearest("qqqq", [f"code {i}" for i in range(50)]).endswith("...")
    assert nearest("qqqq", []) == "there is none yet"
    assert nearest("usage.csv", ["x.txt"]) == "there is only 'x.txt'", "one thing is not said in the plural"


# -- Text ---------------------------------------------------------------------------------------------------------------------
def test_line_ends_marks_and_nulls_go_and_nothing_else():
    assert normalise_text("\ufeffa\r\nb\rc\nd\x00e\x0b\u2028") == "a\nb\nc\nde\x0b\u2028"
    assert normalise_text("\x00\ufeff\ufeffa") == "a"
    assert normalise_text("a\r\x00\nb") == "a\nb"
    assert normalise_text("e\u0301 \u00e9 a\ufeffb") == "e\u0301 \u00e9 a\ufeffb"  # neither composed nor decomposed
    assert normalise_text("half \ud83d here") == "half \ufffd here"


@given(st.text(st.one_of(st.sampled_from("\r\n\x00\ufeff\ud83d"), st.characters())))
def test_normalising_twice_changes_nothing_more(text: str):
    once = normalise_text(text)
    assert normalise_text(once) == once
    assert once.encode("utf-8").decode("utf-8") == once and not set("\r\x00") & set(once) and not once.startswith("\ufeff")


def test_hashes_are_those_of_other_tools():
    # sha256sum of the three bytes of FIPS 180-2, appendix B.1
    assert text_hash("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert text_hash("é") != text_hash("e\u0301")


@pytest.mark.parametrize(("text", "words"), [
    ("", 0), (" \n", 0), ("one", 1), ("one two\nthree", 3), ("It's a day-pass, isn't it?", 5), ("well - no", 2), ("2,5 km", 3),
    ("don’t", 1), ("étude", 1), ("e\u0301tude", 1), ("हिन्दी में", 2), ("שָׁלוֹם", 1), ("مُدَرِّس", 1), ("🚲 🚲", 0), ("home🚲bike", 2),
    ("a—b", 2)])
def test_words_are_counted_as_people_count_them(text: str, words: int):
    assert count_words(text) == words


@pytest.fixture(scope="module")
def nouns(tmp_path_factory):
    "One thing of each kind that a newcomer could take for another."
    import pandas as pd

    import personabench as pb

    log = pd.DataFrame({"case": list("aabb"), "event": ["open", "ride"] * 2, "time": pd.to_datetime(["2026-01-01", "2026-01-02"] * 2)})
    with pb.Study(tmp_path_factory.mktemp("nouns") / "s.db", coder="MB", create=True) as study:
        pb.add_code(study, "Sign-up", facet="stage", order=1)
        of_log = pb.journey_from_events(log, case="case", event="event", time="time")
        yield {"study": study, "journey": pb.journey(study), "log": of_log, "path": "bikes.db", "none": None,
               "plan": pd.DataFrame({"stage": ["Sign-up"], "touchpoint": ["App"]}), "out": tmp_path_factory.mktemp("out")}


@pytest.mark.parametrize("call, given, says", [
    ("chart_funnel(journey)", "a Journey", "chart_journey"),
    ("chart_flow(journey)", "a Journey", "chart_journey"),
    ("removal_effect(journey, goal='ride')", "a Journey", "journeys from logs"),
    ("event_metrics(journey)", "a Journey", "journeys from logs"),
    ("chart_journey(log)", "an EventJourney", "chart_funnel"),
    ("chart_journey(study)", "a Study", r"journey\(study\)"),
    ("chart_journey([journey, log])", "an EventJourney", "chart_funnel"),
    ("chart_emotions([journey, journey])", "a list", r"journeys\[0\]"),
    ("chart_touchpoints(log)", "an EventJourney", "chart_funnel"),
    ("chart_pains_gains(none)", "None", "a Journey"),
    ("chart_quotes(study)", "a Study", "a Journey"),
    ("chart_gaps(log)", "an EventJourney", "a Journey"),
    ("chart_channels(log)", "an EventJourney", "a Journey"),
    ("chart_metrics(log)", "an EventJourney", "a Journey"),
    ("chart_opportunities(study)", "a Study", "a Journey"),
    ("chart_evidence(path)", "a str", "a Journey"),
    ("chart_journeys(journey)", "one Journey", "put it into a list"),
    ("chart_stage_heatmap(journey)", "one Journey", "put it into a list"),
    ("chart_opportunity_matrix(journey)", "a Journey", "stage_opportunities"),
    ("compare_journeys(journey)", "one Journey", "put it into a list"),
    ("compare_journeys(path)", "a str", "a Journey"),
    ("journey_deviations(plan, journey)", "a DataFrame", "a Journey"),
    ("pain_severity(log)", "an EventJourney", "a Journey"),
    ("suggest_strategies(study)", "a Study", "a Journey"),
    ("journey(path)", "a str", r"Study\('name.db'\)"),
    ("journey(journey)", "a Journey", "pass the study"),
    ("stage_metrics(journey, {})", "a Journey", "pass the study"),
    ("stage_opportunities(journey, {})", "a Journey", "a Study"),
    ("write_map(study, out / 'm.html')", "a Study", "a Journey"),
    ("write_slides(log, out / 'm.pptx')", "an EventJourney", "a Journey"),
    ("write_lanes(study, out / 't')", "a Study", "a Journey"),
    ("write_cjml(plan, out / 'm.xml')", "a DataFrame", "a Journey"),
    ("write_mermaid(log, out / 'm.mmd')", "an EventJourney", "a Journey"),
    ("JourneyMap(journey, study)", "a Journey", "pass the study first"),
    ("JourneyMap(study, log)", "an EventJourney", "a Journey")])
def test_the_wrong_noun_is_told_at_the_door(call, given, says, nouns):
    import personabench as pb

    name = call.split("(")[0]
    with pytest.raises(BadInput, match=f"^{name}: {given}\\. .*{says}"): eval(f"pb.{call}", {"pb": pb, **nouns})  # noqa: S307
    assert not list(nouns["out"].iterdir())
