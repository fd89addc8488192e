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
