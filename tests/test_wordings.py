"""Sentences from questions: what a reader of a persona sees instead of a questionnaire."""

from __future__ import annotations

import csv
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from personabench.sample_data import sample_file
from personabench.wordings import answer_words, row_words, topic_words


@pytest.mark.parametrize(("question", "answer", "more", "said"), [
    ("What do you mainly ride for?", "work or study", True, "Mainly rides for work or study."),
    ("What do you mainly ride for?", "when stuck", True, "Mainly rides when stuck."),
    ("Where did you buy it?", "at the dock", True, "Bought it: at the dock."),
    ("Which pass do you use at the moment?", "year pass", True, "Pass: year pass."),
    ("What is your main occupation?", "retired", True, "Main occupation: retired."),
    ("How do you pay?", "card", False, "Pays: card, less often than the others."),
    ("The price is fair.", "agree", True, "“The price is fair.” agree.")])
def test_an_answer_of_several_becomes_a_sentence(question, answer, more, said):
    assert answer_words(question, answer, more=more) == said


@pytest.mark.parametrize(("question", "yes", "no"), [
    ("Did you meet a full dock in the last month?", "Met a full dock in the last month.", "Did not meet a full dock in the last month."),
    ("Do you often carry luggage?", "Often carries luggage.", "Does not often carry luggage."),
    ("Is there a car in your household?", "There is a car in their household.", "There is no car in their household."),
    ("Do children live in your household?", "Children live in their household.", "Children do not live in their household."),
    ("Have you ever lost a key?", "Has ever lost a key.", "Has not ever lost a key."),
    ("Are you a member?", "Is a member.", "Is not a member."),
    ("Would you pay more?", "Would pay more.", "Would not pay more."),
    ("How you would contact us: in the app (several answers)", "How they would contact us: in the app.", "How they would contact us: not in the app."),
    ("Was a payment refused?", "Says yes to “Was a payment refused?”.", "Says no to “Was a payment refused?”.")])
def test_yes_and_no_become_the_thing_and_its_contrary(question, yes, no):
    assert answer_words(question, "yes", yes_no=True) == yes and answer_words(question, "Yes", more=False, yes_no=True) == no


@pytest.mark.parametrize(("question", "higher", "lower"), [
    ("About how many rides did you make last month?", "Made more rides last month than the others.", "Made fewer rides last month than the others."),
    ("How much do you spend in a month, in crowns?", "Spends more in a month than the others.", "Spends less in a month than the others."),
    ("How long does a usual ride take, in minutes?", "A usual ride takes longer than among the others.", "A usual ride takes less long than among the others."),
    ("What share of your rides is on Sunday, in percent?", "A larger share of their rides is on Sunday than among the others.",
     "A smaller share of their rides is on Sunday than among the others."),
    ("How old are you?", "Is older than the others.", "Is younger than the others."),
    ("How satisfied are you with: the price? (asked of all)", "Is more satisfied than the others with: the price.", "Is less satisfied than the others with: the price."),
    ("Trust in the firm", "Higher than among the others: trust in the firm.", "Lower than among the others: trust in the firm.")])
def test_a_mean_becomes_a_comparison(question, higher, lower):
    assert answer_words(question) == higher and answer_words(question, more=False) == lower


def test_a_minority_is_not_said_to_be_everybody():
    assert answer_words("Which pass do you use?", "none", most=False) == "Pass: none, more often than the others."


def test_agreement_is_said_of_a_statement():
    assert answer_words("I plan ahead.", more=False, agreeing=True) == "Agrees less than the others: “I plan ahead”."


SATISFIED, PLANS = "How satisfied are you with: the price?", "I plan ahead."
UNDERSTOOD = [  # what is asked, the answers at the ends, what a higher and a lower mean say
    (SATISFIED, ("very dissatisfied", "very satisfied"), "Is more satisfied than the others with: the price.", "Is less satisfied than the others with: the price."),
    (SATISFIED, ("not at all satisfied", "satisfied"), "Is more satisfied than the others with: the price.", "Is less satisfied than the others with: the price."),
    (SATISFIED, ("not at all", "a great deal"), "Is more satisfied than the others with: the price.", "Is less satisfied than the others with: the price."),
    (PLANS, ("strongly disagree", "strongly agree"), "Agrees more than the others: “I plan ahead”.", "Agrees less than the others: “I plan ahead”."),
    (PLANS, ("not at all", "completely"), "Agrees more than the others: “I plan ahead”.", "Agrees less than the others: “I plan ahead”."),
    ("How often do you ride?", ("never", "daily"), "Higher than among the others: how often do they ride.", "Lower than among the others: how often do they ride."),
    ("How important to you: the price?", ("unimportant", "important"),
     "Finds more important than the others: the price.", "Finds less important than the others: the price.")]


@pytest.mark.parametrize(("asked", "ends", "higher", "lower"), UNDERSTOOD)
def test_a_scale_says_which_of_its_ends_is_the_more(asked, ends, higher, lower):
    how = {"agreeing": asked == PLANS}
    assert answer_words(asked, more=True, ends=ends, **how) == higher == answer_words(asked, more=False, ends=ends[::-1], **how)
    assert answer_words(asked, more=False, ends=ends, **how) == lower == answer_words(asked, more=True, ends=ends[::-1], **how), "1 is the good end"


@pytest.mark.parametrize(("asked", "ends"), [
    ("What is your highest degree?", ("primary school", "university degree")), ("How strong is your back pain after a ride?", ("mild", "unbearable")),
    ("How many bikes do you own?", ("one", "unlimited")), ("How stressed are you?", ("relaxed", "under great stress")),
    ("How did your use change?", ("decreased", "unchanged")), ("How much discount did you get?", ("5 %", "discount of half")),
    ("How dissatisfied are you with the app?", ("satisfied", "very dissatisfied")), ("How satisfied or dissatisfied are you?", ("dissatisfied", "satisfied")),
    ("Rate the app", ("very dissatisfied", "very satisfied")), ("How much do you not use?", ("none", "a lot")), ("How rarely do you ride?", ("never", "always")),
    ("How old is your bike?", ("under 1 year", "over 10 years")), ("How many people live in your home?", ("one", "undisclosed"))])
def test_a_label_that_only_looks_like_a_contrary_turns_nothing(asked, ends):
    for labels in (ends, ends[::-1]):
        for more in (True, False):
            said = answer_words(asked, more=more, ends=labels)
            assert said.startswith(f"Nearer to “{labels[more]}” than the others: "), said


def test_the_disagreement_with_a_statement_is_no_amount_of_it():
    said = answer_words("I am not satisfied with the app.", agreeing=True, ends=("dissatisfied", "satisfied"))
    assert said == "Nearer to “satisfied” than the others: I am not satisfied with the app."
    assert answer_words("I often disagree.", agreeing=True, ends=("disagree", "agree")) == "Agrees more than the others: “I often disagree”."


@pytest.mark.parametrize(("more", "upper", "said"), [
    (True, True, "Nearer to “daily”"), (True, False, "Less near to “monthly”"), (False, True, "Less near to “daily”"), (False, False, "Nearer to “monthly”")])
def test_an_end_that_the_mean_is_far_from_is_not_named(more, upper, said):
    assert answer_words("How often?", more=more, ends=("monthly", "daily"), upper=upper).startswith(f"{said} than the others: ")


def test_a_scale_whose_labels_do_not_tell_names_its_end():
    assert answer_words("How often do you ride?", more=False, ends=("daily", "monthly")) == "Nearer to “daily” than the others: how often do they ride."


@pytest.mark.parametrize(("question", "more", "said"), [
    ("Do you rely on the app?", True, "Relies on the app."), ("Did you plan your trip?", True, "Planned their trip."),
    ("Do you never wear a helmet?", False, "Says no to “Do you never wear a helmet?”."), ("Did the app fail?", True, "Says yes to “Did the app fail?”.")])
def test_verbs_and_questions_that_are_easily_got_wrong(question, more, said):
    assert answer_words(question, "yes", more=more, yes_no=True) == said


def test_no_question_of_the_sample_survey_is_left_a_question():
    with open(sample_file("survey_dictionary.csv"), encoding="utf-8", newline="") as f:
        asked = [r for r in csv.DictReader(f) if r["level"] in ("numeric", "ordinal", "nominal", "binary")]
    for r in asked:
        last = r["labels"].split("|")[-1].split("=")[-1] if r["level"] in ("nominal", "binary") else None
        said = answer_words(r["question"], last, yes_no=r["level"] == "binary", agreeing=r["question"].endswith("."))
        assert "?" not in said or said.startswith("Says yes to"), said
        assert not re.search(r"\b(you|your)\b", said.split("“")[0]), said


@pytest.mark.parametrize(("question", "answer", "said"), [
    ("Which pass do you use?", "none", "Pass: none"), ("How would you contact us: in the app (several answers)", "yes", "How would they contact us: in the app. Yes"),
    ("Did you meet a full dock?", "yes", "Did you meet a full dock? Yes"), ("I plan ahead.", None, "“I plan ahead.”")])
def test_a_row_has_no_direction(question, answer, said):
    assert row_words(question, answer) == said


def test_a_topic_has_a_short_name():
    assert topic_words("How old are you?") == "Age" and topic_words("What is your gender?") == "Gender" and topic_words("Was it refused?") == "Was it refused?"


@given(st.text(max_size=60), st.one_of(st.none(), st.text(max_size=20)), st.booleans(), st.booleans())
def test_any_text_makes_one_sentence(question, answer, more, yes_no):
    said = answer_words(question, answer, more=more, yes_no=yes_no)
    assert said.endswith(".") and "\n" not in said.rstrip("\n") or "\n" in (answer or "")
