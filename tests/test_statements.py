"""What a sentence says by rule: numbers in digits and words, groups of people, denials; and what it does not say."""

from __future__ import annotations

import pytest

from personabench.statements import _rounded, contradicts, groups_in, is_about, numbers_in

CLAIMS = ["Dissatisfied with unreliable, unfriendly service.", "Does not read the newsletter.", "Does not take the bus, more often than the others.", "Commutes"]


@pytest.mark.parametrize(("text", "numbers"), [
    ("", set()), ("Waits for the next bus", set()), ("5 days of 1,250", {5, 1250}), ("twenty-five", {25, 20, 5}), ("half of them, twice", {50, 2}), ("2.5 km", {2.5}),
    ("version 1.2.3", set()), ("P07 said so", set()), ("Five", {5}), ("someone", set())])
def test_numbers_stand_as_digits_or_as_words(text: str, numbers: set[float]):
    assert numbers_in(text) == numbers


@pytest.mark.parametrize(("figure", "said", "not_said"), [(.3186, {32, 31.86, .32}, {33}), (2.5, {2, 3, 2.5, 250}, {4}), (48., {48, 4800}, {47})])
def test_a_figure_is_said_as_people_round_it(figure: float, said: set[float], not_said: set[float]):
    assert said <= _rounded(figure) and not not_said & _rounded(figure)


@pytest.mark.parametrize(("text", "groups"), [
    ("Older riders struggle", ["Older"]), ("Women want it cosy", ["Women"]), ("Gen Z hates paper", ["Gen Z"]),
    ("young women and foreigners", ["young", "women", "foreigners"]),
    ("Mentions the dock", []), ("Manages without a map", []), ("Payment refused", [])])
def test_groups_are_whole_words(text: str, groups: list[str]):
    assert groups_in(text) == groups


@pytest.mark.parametrize(("name", "groups"), [("Christian", []), ("Ms Young", []), ("Boy George", []), ("Ann Man", []), ("Grandpa, one of the elderly", ["elderly"]),
                                              ("A young Ann", ["young"]), ("Working Mum", ["Mum"])])
def test_first_names_and_surnames_are_no_groups(name: str, groups: list[str]):
    assert groups_in(name, name=True) == groups


@pytest.mark.parametrize(("text", "group", "about"), [
    ("gender", "women", True), ("woman", "Women", True), ("woman", "men", False), ("How old are you?", "older", True), ("How old are you?", "women", False),
    ("Do you have a migration background?", "foreigners", True), ("payment refused", "men", False), ("Men complain", "men", True)])
def test_a_question_is_about_a_group_by_its_word_or_by_what_tells_it(text: str, group: str, about: bool):
    assert is_about(text, group) == about


@pytest.mark.parametrize(("label", "contrary"), [
    ("Reads the newsletter", True), ("Does not read the newsletter", False), ("Never commutes", True), ("Hates commutes", True), ("Takes the bus", True),
    ("Does not take the bus, more often than the others", False), ("Dissatisfied with unfriendly service", False),
    ("Not dissatisfied", True), ("Likes music", False), ("", False)])
def test_a_label_that_denies_what_a_claim_says_contradicts_it(label: str, contrary: bool):
    assert contradicts(label, CLAIMS) == contrary


def test_nothing_contradicts_where_nothing_is_said():
    assert not contradicts("Never commutes", []) and not contradicts("Never commutes", ["", "Bus"])
