"""Persona cards: what a reader sees, and what must not get into the page."""

from __future__ import annotations

import re

import pytest

from personabench.cards import GROUPS, PersonaCard, avatar, card_view
from personabench.personas import Claim, Evidence, Persona
from personabench.schema import FACETS


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
