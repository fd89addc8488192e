"""Persona cards: what a reader sees, and what must not get into the page."""

from __future__ import annotations

import re

import pytest

from personabench import store
from personabench.cards import GROUPS, PersonaCard, PersonaGallery, avatar, card_view, gallery_view, strongest_claims
from personabench.checks import check
from personabench.consent import record_consent, withdraw
from personabench.claims import _READ, Claim, Descriptor, Evidence, Link, Persona
from personabench.personas import draft_personas
from personabench.sample_data import import_sample, sample_file
from personabench.schema import FACETS, BadInput
from personabench.segmentation import add_segments, segment
from personabench.study import Study
from personabench.survey import import_survey


OUTSIDE = r"(?:src|href)\s*=(?!\"#)|url\(|@import|https?:"   # what asks somebody; a way within the page does not


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
    assert "1 speaks against it<" in html and "I never wait" in html and "Against:" in html


def test_who_is_on_both_sides_is_said_to_be_on_both():
    for_it, against = [quote("I waited", c) for c in ("P01", "P02")], [quote("I never wait", c) for c in ("P02", "P03")]
    both = claim(people=2, evidence=for_it, against_people=2, against_quotes=2, against=against)
    assert "2 speak against it (1 of them for it, too)<" in PersonaCard(persona(both)).html
    assert "9 speak against it (at least 1 of them for it, too)<" in PersonaCard(persona(both.model_copy(update={"against_people": 9}))).html
    alone = both.model_copy(update={"against_people": 1, "against": against[:1]})
    assert "1 speaks against it (and for it, too)<" in PersonaCard(persona(alone)).html


@pytest.mark.parametrize(("apart", "said"), [(True, True), (False, False)])
def test_the_survey_says_otherwise_only_where_its_figures_are_apart(apart, said):
    shown = dict(difference_low=-.4, difference_high=-.1, q=.001) if apart else dict(difference_low=-.16, difference_high=.05, q=.67)
    e = Evidence(kind="survey", survey="may", variable="met", value=1, answer="yes", n=142, share=.4, low=.32, high=.49, rest=.46, effect=-.12, **shown)
    html = PersonaCard(persona(claim(against=[e]))).html
    assert ("the survey says otherwise" in html) == said and "40 % (32-49 %) answer &#39;yes&#39;; others 46 %, n = 142" in html


@pytest.mark.parametrize(("scale", "question", "said"), [
    ("1 = strongly disagree to 5 = strongly agree", "The price is fair.", "mean 3.4 on a scale from 1 to 5 (3.2 to 3.6); others 2.9"),
    ("0 to 10", None, "mean 3.4 on a scale from 0 to 10 (3.2"), ("1 = close to me to 7 = far", None, "on a scale from 1 to 7"),
    ("never to always", None, "mean 3.4 on a scale from never to always (3.2"),
    (None, "How long does a usual ride take, in minutes? (skipped if no ride)", "mean 3.4 minutes (3.2"), (None, "How many rides, in general?", "mean 3.4 (3.2")])
def test_a_mean_says_what_it_counts(scale, question, said):
    e = Evidence(kind="survey", survey="may", variable="x", question=question, scale=scale, n=90, mean=3.4, low=3.2, high=3.6, rest=2.9)
    assert said in PersonaCard(persona(claim(codes=[], people=90, base=90, share=None, low=None, high=None, quotes=0, evidence=[e]))).html
    line = Descriptor(field="tech comfort", variable="x", scale=scale, question=question, n=90, mean=3.4, low=3.2, high=3.6).summary
    assert said.split(" (3.2")[0].removeprefix("mean ") in line

@pytest.mark.parametrize("used", [True, False, None])
def test_a_figure_of_a_question_that_made_the_segments_says_so(used):
    e = Evidence(kind="survey", survey="may", variable="rides", n=90, share=.8, low=.7, high=.9, rest=.2, used=used)
    p = persona(claim(codes=[], people=72, base=90, share=.8, low=.7, high=.9, quotes=0, evidence=[e]))
    for html in (PersonaCard(p).html, PersonaGallery([p]).html):
        assert ("made the segments" in html) == bool(used)
        assert ("<p class=\"pb-src\">The segments were made from this question: the figure holds" in html) == bool(used), "what its strength means can be read"


def test_beside_words_of_who_does_not_stands_the_share_of_the_others_who_do_not():
    e = Evidence(kind="survey", survey="may", variable="news", value=1, answer="yes", n=200, share=.1, low=.07, high=.15, rest=.59, effect=-1.1)
    p = persona(claim(text="Does not read the newsletter.", codes=[], people=180, base=200, share=.9, low=.85, high=.93, quotes=0, evidence=[e]))
    assert card_view(p)["groups"][0][1][0]["interval"] == "90 % (85-93 %); others 41 %"


def test_descriptors_say_whether_people_were_asked_or_interviewed():
    lines = [Descriptor(field="role", variable=name, asked=asked, answer="nurse", n=8, people=6, share=.75) for name, asked in (("a", "cases"), ("b", "survey"))]
    assert [line["n"] for line in card_view(persona(described=lines))["who"]] == ["n = 8 interviewed", "n = 8"]


def test_a_claim_without_evidence_is_called_an_assumption():
    html = PersonaCard(persona(claim(people=0, base=0, share=None, low=None, high=None, quotes=0, evidence=[]))).html
    assert "assumption" in html and "No evidence" in html


def test_an_empty_persona_says_what_to_do():
    assert "No statements yet" in PersonaCard(persona()).html


def test_the_card_needs_nothing_from_a_network():
    html = PersonaCard(persona(claim())).html
    assert not re.search(OUTSIDE, html)


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
    assert not re.search(OUTSIDE, page)


# -- Who is not to be quoted by now, in a file that was written before ----------------------------------------------------------
HERS, HIS = "The dock was full again when I came down at twenty to six", "I came to the dock and there was no place for my bike"


def heard() -> tuple[Study, Persona]:
    "A study of one conversation of two people, and a persona that quotes both, for it and against it."
    study, text = Study(":memory:", coder="MB", create=True), f"{HERS}\n{HIS}\n"
    spans = [(0, len(HERS)), (len(HERS) + 1, len(text) - 1)]
    with study.step("import", "G1") as step:
        store.add_source(step, "G1", text=text, turns=[{"speaker": who, "start": a, "end": b} for who, (a, b) in zip(("Anna", "Henk"), spans)],
                         speakers={"Anna": ("P01", "participant"), "Henk": ("P02", "participant")}, date="2026-05-04")
    hers, his = (quote(words, case).model_copy(update={"source": "G1", "start": a, "end": b}) for words, case, (a, b) in zip((HERS, HIS), ("P01", "P02"), spans))
    return study, persona(claim(evidence=[hers, his], quotes=2, people=2, against=[hers], against_people=1, against_quotes=1))


def shown(p: Persona, study: Study) -> list[str]: return [PersonaCard(p, study=study).html, PersonaGallery([p], study=study).html]


@pytest.mark.parametrize("misnamed", [False, True])
def test_a_card_made_with_the_study_has_no_word_of_who_has_withdrawn(misnamed):
    study, p = heard()
    if misnamed: p = Persona.model_validate_json(p.model_dump_json(by_alias=True).replace('"P01"', '"p 01"'))
    before = p.to_yaml()
    assert p.quote.quote == HERS and all(HERS in html and HIS in html for html in shown(p, study))
    withdraw(study, case="P01")
    assert not [html for html in shown(p, study) if HERS in html or "twenty to six" in html or html.count("<q>[not to be quoted]</q>") < 2]
    view = card_view(p, study=study)
    assert view["lead"]["words"] == HIS and HIS in shown(p, study)[0], "the other one stays, and leads now"
    withdraw(study, case="P02")
    assert card_view(p, study=study)["lead"] is None and "or is not to be quoted." in PersonaCard(p, study=study).html, "a mark leads nobody"
    assert p.to_yaml() == before and HERS in before, "what the team wrote is the team's to mend"


def test_nor_of_who_refused_to_be_quoted_after_the_draft():
    study, p = heard()
    record_consent(study, case="P01", consent="yes, but no quotes")
    assert not [html for html in shown(p, study) if HERS in html] and card_view(p, study=study)["lead"]["words"] == HIS
    record_consent(study, case="P01", consent="yes")
    assert card_view(p, study=study) == card_view(p), "and has them again when that changes"


# -- What a card of the sample study says --------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def sample() -> Study:
    study = Study(":memory:", coder="MB", create=True)
    import_sample(study)
    may = import_survey(study, sample_file("survey_wave1.csv"), wave="2026-05", id="respondent", weights="weight", dictionary=sample_file("survey_dictionary.csv"))
    made = ["rides_per_month", "minutes_per_ride", "spend_per_month", "main_purpose", "pass_type"]
    add_segments(study, segment(may, variables=made, k=3, n_boot=0, verdict=False), name="2026-05")
    return study


@pytest.fixture(scope="module")
def drafts(sample: Study) -> list[Persona]:
    return draft_personas(sample, today="2026-06-01", links={"Full dock": ("met_full_dock", "high")}, facets={"mode": None, "fill_minutes": None})


def test_who_they_are_holds_facts_with_n_and_interval_and_no_topic(drafts):
    view = card_view(drafts[0])
    lines = {line["topic"]: line for line in view["who"]}
    assert list(lines)[:3] == ["Main occupation", "\u201cI am at ease with apps and phones.\u201d", "Age"], "in the order in which teams use fields"
    assert {"District", "Devices they use for the service", "Gender"} <= set(lines)
    assert re.match(r"full-time \d+ % \(\d+-\d+ %\), ", lines["Main occupation"]["words"]) and re.fullmatch(r"n = \d+", lines["Main occupation"]["n"])
    assert re.match(r"[\d.]+ on average \([\d.]+ to [\d.]+\); others [\d.]+", lines["Age"]["words"]) and "phone 9" in lines["Devices they use for the service"]["words"]
    assert "1 = strongly disagree to 5 = strongly agree" in lines["\u201cI am at ease with apps and phones.\u201d"]["words"]
    shown = [c["text"] for _, claims in view["groups"] for c in claims]
    assert not [t for t in shown if "about:" in t] and {c["text"] for c in view["topics"]} == {"Talked about: Job and hours.", "Talked about: Home and household.",
                                                                                               "Talked about: Weather and streets."}
    html = PersonaCard(drafts[0]).html
    assert "They also talked about 3 topics" in html and "What the person does for a living" not in html


def test_no_descriptor_is_of_fewer_than_five_people_and_none_is_a_trait_of_the_bundle(sample, drafts):
    assert min(d.n if d.people is None else d.people for p in drafts for d in p.described) >= 5
    assert not check(sample, personas=drafts, today="2026-06-01")["level"].eq("error").any()
    few = Persona(id="a", name="Ash", described=[Descriptor(field="age", variable="age", question="How old are you?", n=9, mean=41.2)])
    assert PersonaCard(few).view["who"] == [{"topic": "Age", "words": "41.2 on average", "n": "n = 9"}]


def test_interviewed_people_without_a_survey_are_described_too():
    study = Study(":memory:", coder="MB", create=True)
    import_sample(study)
    (everybody,) = draft_personas(study, today="2026-06-01")
    found = {d.variable: d for d in everybody.described}
    assert found["age"].asked == "cases" and found["age"].n == everybody.interviewed and 20 < (found["age"].mean or 0) < 60
    assert found["gender"].people is not None and found["gender"].people >= 5
    assert "occupation" not in found, "each has another: told of one, it names a person"


def test_what_sets_them_apart_is_at_the_top_in_sentences(drafts):
    for p, words in zip(drafts, ("Mainly rides for work or study.", "Mainly rides for leisure.", "Mainly rides when stuck."), strict=True):
        view = card_view(p)
        assert view["apart"][0]["text"] == words and "others" in view["apart"][0]["interval"] and len(view["apart"]) == 4
        assert not {c["anchor"] for c in view["apart"]} & {c["anchor"] for _, claims in view["groups"] for c in claims}, "once on a card"
        html = PersonaCard(p).html
        assert html.index("What sets them apart") < html.index(">Pains<") and "?" not in "".join(c["text"] for c in view["apart"])
        assert [c["text"] for c in gallery_view([p])[0]["claims"]][0] == words


def test_a_persona_of_a_survey_alone_has_a_title_and_no_question(sample):
    study = Study(":memory:", coder="MB", create=True)
    may = import_survey(study, sample_file("survey_wave1.csv"), wave="2026-05", id="respondent", weights="weight", dictionary=sample_file("survey_dictionary.csv"))
    add_segments(study, segment(may, variables=["rides_per_month", "minutes_per_ride", "main_purpose"], k=3, n_boot=0, verdict=False), name="2026-05")
    for p in draft_personas(study, today="2026-06-01"): assert p.label and "?" not in p.label and not p.label.endswith(".") and len(p.label) <= 60


def test_the_face_is_nobody_whom_the_check_calls_a_misfit_or_recognisable(sample, drafts):
    found = check(sample, personas=drafts, today="2026-06-01")
    for p in drafts:
        told = " ".join(found.loc[found["persona"].eq(p.id) & found["rule"].isin(["misfit", "person-recognisable"]), "message"])
        named = set(re.findall(r"\bP\d\d\b", told))
        assert named and {link.case for link in p.linked if link.note} == named
        assert p.quote is not None and not found["message"].str.contains("at the head of the card").any(), "each has somebody with something harmless to say"
        unread = found[found["persona"].eq(p.id) & found["message"].str.contains("leads the card")]["cure"].str.contains("read it, and write note: read,")
        assert unread.tolist() == [True] * (p.quote.case in named), "no list of words knows a physiotherapist by her hands: somebody has to read it"
        read = p.model_copy(update={"claim_list": [c.model_copy(update={"evidence": [e.model_copy(update={"note": _READ}) if e is p.quote else e for e in c.evidence]})
                                                   for c in p.claim_list]})
        assert read.quote is not None and read.quote.quote == p.quote.quote
        assert not check(sample, personas=[read], today="2026-06-01")["message"].str.contains("leads the card").any()
        lead = card_view(p)["lead"]
        spoken = f"one of {p.interviewed} interviewed" if p.quote.case in named else p.quote.case
        assert lead == {"words": p.quote.quote, "place": spoken}, "one choice of the quote, and whoever could be recognised is not named"
        notes = {link.case: link.note for link in p.linked}
        free = [e for c in p.claim_list for e in c.evidence if e.kind == "quote" and notes[e.case] is None]
        assert notes[p.quote.case] == (None if free else "recognisable"), "never a misfit, and who could be recognised only where nobody else is left"
    assert "P13 fits these people badly" in " ".join(card_view(drafts[1])["caveats"])


def test_the_quote_is_readable_and_of_a_person_who_may_stand_for_all():
    p = persona(claim(evidence=[quote("I waited"),
                                quote("I waited at the dock for half an hour, and then I walked.", "P02"),
                                quote("Nobody came for an hour, so I went home on foot.", "P03")]),
                linked=[Link(case="P02", how="by hand", note="recognisable")])
    assert p.quote is not None and p.quote.case == "P01", "48 characters are too few to prefer; P02 is out"
    assert persona(claim(), linked=[Link(case="P01", how="by hand", note="misfit")]).quote is None


def test_who_could_be_recognised_speaks_at_the_head_only_by_a_quote_that_tells_nothing(sample, drafts):
    p = drafts[1]
    mine = {e.quote: e for c in p.claim_list for e in c.evidence if e.kind == "quote" and e.note is not None}
    assert set(mine) == {p.quote.quote}, "one is marked"
    unmarked = p.model_copy(update={"claim_list": [c.model_copy(update={"evidence": [e.model_copy(update={"note": None}) for e in c.evidence]}) for c in p.claim_list]})
    assert unmarked.quote is None and card_view(unmarked)["no_lead"] and card_view(unmarked)["no_lead"] in PersonaCard(unmarked).html
    assert not card_view(p)["no_lead"] and card_view(p)["lead"]["place"] == "one of 5 interviewed"
    same = [e["place"] for _, claims in card_view(p)["groups"] for c in claims for e in (*c["evidence"], *c["against"]) if e["words"] == p.quote.quote]
    assert same and set(same) == {"one of 5 interviewed"}, "nor is it said below whose words they are"
    tells = next(e for c in p.claim_list if c.facet == "demographic" for e in c.evidence if "physiotherapist" in (e.quote or ""))
    head = lambda e: e.model_copy(update={"note": mine[p.quote.quote].note if e is tells else None})
    wrong = p.model_copy(update={"claim_list": [c.model_copy(update={"evidence": [head(e) for e in c.evidence]}) for c in p.claim_list]})
    assert wrong.quote is None, "what is coded as who somebody is leads for nobody, whatever its note says"


@pytest.mark.parametrize("words", ["Call me on 0171 5553322 when there is a bike again, will you please", "Write to anna@docks.example when there is a bike at last",
                                   "Ask Anna Smith, she has stood at that dock every morning this year"])
def test_the_head_of_a_card_tells_no_name_number_or_address(words):
    study = Study(":memory:", coder="MB", create=True)
    with study.step("import", "one person") as step:
        (dock,) = store.add_codes(step, [{"name": "Empty dock", "facet": "pain", "definition": "No bike."}])
        text = f"{words}. I stood at the empty dock for half an hour, and then I walked home."
        source_id = store.add_source(step, "P01", text=text, turns=[{"speaker": "Anna Smith", "start": 0, "end": len(text)}],
                                     speakers={"Anna Smith": ("P01", "participant")}, date="2026-05-04")
        store.add_codings(step, [{"source_id": source_id, "code_id": dock, "start": 0, "end": len(words)}])
    (p,) = draft_personas(study, today="2026-06-01")
    assert [e.quote for e in p.claim_list[0].evidence] == [words] and p.quote is None, "listed where there is nothing else, and no face"
    assert Persona.model_validate(p.model_dump(by_alias=True)).quote is None and "No quote stands for all of them" in PersonaCard(p).html
    by_hand = p.model_copy(update={"claim_list": [c.model_copy(update={"evidence": [e.model_copy(update={"note": None}) for e in c.evidence]}) for c in p.claim_list]})
    assert (by_hand.quote is None) is ("Anna" not in words), "numbers and addresses are seen without a study too"


def test_who_belongs_to_no_segment_is_said_once_in_the_gallery(drafts):
    words = "belong to no segment; their words count nowhere"
    html = PersonaGallery(drafts).html
    assert html.count(words) == 1 and words not in PersonaCard(drafts[0]).html


def test_the_age_of_the_evidence_and_its_saturation_are_on_the_card():
    first, last = (quote("I waited", date=day) for day in ("2026-04-21", "2026-05-04"))
    html = PersonaCard(persona(claim(oldest="2026-04-21", newest="2026-05-04", saturation=.8, evidence=[first, last]),
                               claim(id="b", oldest="2026-05-04", newest="2026-05-04", evidence=[last]))).html
    assert "<b>2026-04-21 to 2026-05-04</b> evidence" in html and "Evidence from 2026-04-21 to 2026-05-04; saturation 80 %" in html and "saturation not measured" in html
    part = PersonaCard(persona(claim(oldest="2026-04-21", newest="2026-05-04", evidence=[first, quote("I waited", "P02")]))).html
    assert "Evidence from 2026-04-21 to 2026-05-04, as far as its dates are known" in part
    html = PersonaCard(persona(claim())).html
    assert "<b>not known</b> date of the evidence" in html and "Evidence of a date that is not known" in html


def test_an_empty_persona_says_nothing_of_a_survey():
    assert "survey" not in re.sub(r"<style>.*?</style>", "", PersonaCard(Persona(id="x", name="Empty")).html, flags=re.DOTALL)


def test_a_survey_is_named_once_and_a_weighted_figure_says_so():
    from personabench.cards import _place

    e = Evidence(kind="survey", survey="survey_wave1", variable="x", value=1, n=152, effective_n=140., share=.3, low=.2, high=.4, rest=.2)
    assert _place(e) == "survey_wave1, weighted" and _place(e.model_copy(update={"survey": "may", "effective_n": 152.})) == "survey may"
