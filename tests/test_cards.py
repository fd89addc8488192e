"""Persona cards: what a reader sees, and what must not get into the page."""

from __future__ import annotations

import re

import pytest

from personabench.cards import GROUPS, PersonaCard, PersonaGallery, avatar, card_view, gallery_view, strongest_claims
from personabench.personas import Claim, Evidence, Persona
from personabench.schema import FACETS, BadInput
from personabench.study import Study


def quote(words: str, case: str = "P01", **more) -> Evidence:
    return Evidence(kind="quote", quote=words, source=case, start=0, end=len(words), case=case, code="Waiting", **more)


def claim(**more) -> Claim:
    base = dict(id="pain-waiting", text="Waits", facet="pain", codes=["Waiting"], people=1, base=4, share=.25, low=.05, high=.7, quotes=1, evidence=[quote("I waited")])
    return Claim(**(base | more))


def persona(*claims: Claim, **more) -> Persona:
    base = dict(id="s-a", name="Ash", label="Waits", status="proto-persona", segment="A", segmentation="s", verdict="not measured", people=40, share=.4, low=.3, high=.5,
                interviewed=4, created="2026-01-01", review_by="2026-07-01", claim_list=list(claims))
    return Persona(**(base | more))


def test_every_facet_has_one_place_on_the_card():
    placed = [f for facets in GROUPS.values() for f in facets]
    assert sorted(placed) == sorted(FACETS)


def test_a_card_shows_people_interval_strength_and_opens_to_the_words():
    html = PersonaCard(persona(claim())).html
    assert "1 of 4 people" in html and "25 % (5-70 %)" in html and "anecdote" in html
    assert "<details>" in html and "I waited" in html
    assert "40 % (30-50 %)" in html and "n = 40" in html


@pytest.mark.parametrize("bad", ["<script>alert(1)</script>", "<img src=x onerror=alert(1)>", '"><b>', "</style><h1>"])
def test_markup_from_people_is_shown_as_text(bad):
    html = PersonaCard(persona(claim(text=bad, evidence=[quote(bad)]), name=bad, label=bad)).html
    body = html.split("</style>", 1)[1]
    assert bad not in body
    assert not re.search(r"<(script|img|h1)\b", body)


def test_counter_evidence_is_on_the_card():
    html = PersonaCard(persona(claim(against_people=1, against_quotes=1, against=[quote("I never wait", "P02")]))).html
    assert "1 say otherwise" in html and "I never wait" in html and "Against:" in html


@pytest.mark.parametrize("used", [True, False, None])
def test_a_figure_of_a_question_that_made_the_segments_says_so(used):
    e = Evidence(kind="survey", survey="may", variable="rides", n=90, share=.8, low=.7, high=.9, rest=.2, used=used)
    p = persona(claim(codes=[], people=72, base=90, share=.8, low=.7, high=.9, quotes=0, evidence=[e]))
    for html in (PersonaCard(p).html, PersonaGallery([p]).html):
        assert ("made the segments" in html) == bool(used)


def test_a_claim_without_evidence_is_called_an_assumption():
    html = PersonaCard(persona(claim(people=0, base=0, share=None, low=None, high=None, quotes=0, evidence=[]))).html
    assert "assumption" in html and "No evidence" in html


def test_an_empty_persona_says_what_to_do():
    assert "No statements yet" in PersonaCard(persona()).html


def test_the_card_needs_nothing_from_a_network():
    html = PersonaCard(persona(claim())).html
    assert not re.search(r"(?:src|href)\s*=|url\(|@import|https?:", html)


def test_avatars_differ_by_persona_and_hold_no_text():
    assert avatar("a") == avatar("a") != avatar("b")
    assert "<text" not in avatar("a") and 'aria-hidden="true"' in avatar("a")


def test_more_passages_than_are_listed_are_counted():
    view = card_view(persona(claim(quotes=9)))
    assert view["groups"][0][1][0]["more"] == 8


def small(words: str = "Ash", **more) -> Persona: return persona(claim(), **({"id": words.lower(), "name": words} | more))


def test_the_gallery_says_what_a_reader_compares():
    html = PersonaGallery([small(), small("Wren", status="persona", verdict="clusters shown", label="Rides on Sundays")]).html
    for words in ("proto-persona", "40 % (30-50 %) of respondents, n = 40", "verdict: not measured", "verdict: clusters shown", "4 interviewed", "anecdote",
                  "1 of 4 people", "Open the whole card of Ash", "Rides on Sundays"):
        assert words in html, words
    assert html.count('class="pb-card"') == 2, "the whole cards are there, folded"


def test_the_strongest_statements_come_first_and_three_of_three_do_not_outrank_ninety_of_a_hundred():
    three, ninety = claim(id="three", people=3, base=3, share=1., low=.44, high=1.), claim(id="ninety", people=90, base=100, share=.9, low=.83, high=.94)
    firm = claim(id="firm", evidence=[quote("I waited", f"P{i}") for i in range(3)], people=3, base=9, share=.33, low=.12, high=.65)
    guess = claim(id="guess", evidence=[], people=0, base=0, share=None, low=None, high=None, quotes=0)
    assert [c.id for c in strongest_claims(persona(guess, three, ninety, firm))] == ["firm", "ninety", "three", "guess"]
    tile = gallery_view([persona(guess, three, ninety, firm)], most=2)[0]
    assert [c["anchor"] for c in tile["claims"]] == ["s-a--firm", "s-a--ninety"] and (tile["more"], tile["supported"], tile["statements"]) == (2, 1, 4)


def test_the_gallery_is_sorted_as_asked_and_an_unknown_order_is_refused():
    people = [small("Ash", share=.2), small("Wren", share=None, low=None, high=None), small("Fern", share=.5)]
    def names(sort: str) -> list[str]: return [t["card"]["name"] for t in gallery_view(people, sort=sort)]
    assert names("given") == ["Ash", "Wren", "Fern"] and names("share") == ["Fern", "Ash", "Wren"] and names("name") == ["Ash", "Fern", "Wren"]
    with pytest.raises(BadInput, match="size"): gallery_view(people, sort="size")


@pytest.mark.parametrize("bad", ["<script>alert(1)</script>", "<img src=x onerror=alert(1)>", '"><b>', "</style><h1>", "</script><h1>"])
def test_markup_from_people_is_text_in_the_gallery_too(bad):
    html = PersonaGallery([persona(claim(text=bad, evidence=[quote(bad)]), name=bad, label=bad)]).html
    body = html.split("</style>", 1)[1]
    assert bad not in body and body.count("<script>") == 1, "the gallery's own"


def test_the_gallery_with_a_study_says_what_the_checks_find(tmp_path):
    with Study(tmp_path / "s.db", coder="MB", create=True) as study:
        tile = gallery_view([small()], study=study)[0]
    assert re.fullmatch(r"Checks: \d+ errors?, .*\.", tile["checks"]), tile["checks"]
    assert tile["meter"] == "", "no survey, no meter"


def test_an_empty_gallery_says_what_to_do_and_a_page_needs_no_network(tmp_path):
    assert "No personas yet" in PersonaGallery([]).html
    page = PersonaGallery([small()]).write(tmp_path / "all.html", title="A & B").read_text("utf-8")
    assert "<title>A &amp; B</title>" in page and "Content-Security-Policy" in page
    assert not re.search(r"(?:src|href)\s*=|url\(|@import|https?:", page)
