"""Priorities: what is matched, that no share is invented, that ranks are as uncertain as the people are few."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from personabench.claims import Claim, Evidence, Persona
from personabench.priorities import MATRIX_COLUMNS, RECOMMEND_COLUMNS, prioritise, recommend
from personabench.schema import BadInput, NoSuchName
from personabench.statistics import wilson

GOLDEN = json.loads((Path(__file__).parent / "golden" / "priorities.json").read_text("utf-8"))


def claim(name: str, people: int, base: int, facet: str = "pain", **more) -> Claim:
    said = [Evidence(kind="quote", quote="so", source=f"P{i}", start=0, end=2, case=f"P{i}", code=name) for i in range(people)]
    low, high = wilson(people, base)
    figures = {"people": people, "base": base, "share": people / base, "low": low, "high": high}
    return Claim(**{"id": f"{facet}-{name.lower().replace(' ', '-')}", "text": f"{name}.", "facet": facet, "codes": [name], "evidence": said} | figures | more)


def persona(id: str = "a", *claims: Claim, share: float | None = .4, **more) -> Persona:
    return Persona(**{"id": id, "name": id.upper(), "share": share, "effective_n": 370., "people": 148, "claims": list(claims)} | more)


def ranks(found) -> dict: return found.ranking.set_index("feature")[["rank", "rank_low", "rank_high"]].to_dict("index")


def test_a_need_is_the_id_of_a_claim_or_words_that_begin_its_words():
    a, b = persona("a", claim("Empty docks", 3, 5), claim("Dark", 1, 5)), persona("b", claim("Full dock", 2, 5))
    rows = [{"feature": "words", "needs": "dock"}, {"feature": "ids", "needs": ["pain-dark"]}, {"feature": "whose", "needs": "b/pain-full-dock"},
            {"feature": "no", "needs": "ock"}]
    m = prioritise(rows, [a, b]).matrix.set_index(["feature", "persona"])
    assert m.loc[("words", "a"), "claims"] == ["pain-empty-docks"] and m.loc[("words", "b"), "claims"] == ["pain-full-dock"]
    assert m.loc[("ids", "a"), "claims"] == ["pain-dark"] and m.loc[("ids", "b"), "missing"] == "no statement of B is about 'pain-dark'"
    assert m.loc[("whose", "a"), "claims"] == [] and m.loc[("whose", "b"), "carried_by"] == "pain-full-dock"
    assert np.isnan(m.loc[("no", "a"), "reach"]) and list(m.reset_index().columns) == ["feature", "persona", *MATRIX_COLUMNS[2:]]


def test_the_sizes_of_personas_are_as_uncertain_as_the_survey_is_small():
    "Both statements are sure: which persona is larger, and so what is first, is known only as well as the sizes are."
    sure = [claim("Dock", 4000, 4000), claim("Price", 4000, 4000)]
    rows = [{"feature": "docks", "needs": "dock"}, {"feature": "price", "needs": "price"}]
    for n, first in ((20., (.55, .85)), (20_000., (.999, 1))):
        people = [persona("a", sure[0], share=.55, effective_n=n), persona("b", sure[1], share=.45, effective_n=n)]
        top = prioritise(rows, people, seed=0).ranking.set_index("feature")
        low, high = top.loc["docks", ["low", "high"]]
        assert first[0] <= top.at["docks", "first"] <= first[1] and (high - low > .3) == (n == 20), (n, top)


def test_of_several_claims_the_firmest_counts_and_shares_are_not_added():
    many, few = claim("Dock", 9, 12), claim("Dock far", 1, 1)
    row = prioritise([{"feature": "f", "needs": "dock"}], [persona("a", many, few)]).matrix.iloc[0]
    assert row["reach"] == .75 and row["carried_by"] == "pain-dock" and row["claims"] == ["pain-dock", "pain-dock-far"] and (row["low"], row["high"]) == wilson(9, 12)


def test_of_interviews_and_a_question_that_more_people_answered_the_question_says_how_many():
    asked = Evidence(kind="survey", survey="may", variable="failed", value=1, n=152, effective_n=140., share=.42, low=.35, high=.5, rest=.3)
    few = claim("Dock", 5, 5)
    both = few.model_copy(update={"evidence": [*few.evidence, asked]})
    (row, other) = (prioritise([{"feature": "f", "needs": "dock"}], [persona("a", c, share=1.)]).matrix.iloc[0] for c in (both, few))
    assert (row["reach"], row["low"], row["high"], row["base"], row["people"]) == (.42, .35, .5, 152, 64) and other["reach"] == 1
    ranked = prioritise([{"feature": "f", "needs": "dock"}], [persona("a", both, share=1.)]).ranking.iloc[0]
    assert .3 < ranked["low"] < .42 < ranked["high"] < .54, "the interval is the survey's too, not that of five people"


def test_a_question_that_fewer_people_answered_than_were_interviewed_says_nothing():
    asked = Evidence(kind="survey", survey="may", variable="failed", value=1, n=4, effective_n=4., share=.25, low=.05, high=.7, rest=.3)
    both = claim("Dock", 5, 8).model_copy(update={"evidence": [*claim("Dock", 5, 8).evidence, asked]})
    row = prioritise([{"feature": "f", "needs": "dock"}], [persona("a", both, share=1.)]).matrix.iloc[0]
    assert (row["reach"], row["people"], row["base"]) == (.625, 5, 8)


def test_nothing_is_invented_for_assumptions_and_strangers():
    guess = Claim(id="guess", text="Loves maps", facet="need")
    found = prioritise([{"feature": "map", "needs": "maps"}, {"feature": "moon", "needs": "moon"}], [persona("a", guess), persona("b", share=.6)])
    assert found.ranking["reach"].isna().all() and found.ranking["low"].isna().all() and "assumption" in found.ranking["missing"][0]
    assert "No statement with a share" in found.explain()


def test_reach_is_the_sum_over_personas_of_size_times_share():
    people = [persona("a", claim("x", 9, 10)), persona("b", claim("x", 4, 8), share=.6)]
    found = prioritise([{"feature": "f", "needs": "x"}], people)
    assert found.ranking["reach"][0] == pytest.approx(.4 * .9 + .6 * .5) and found.table().loc["f"].tolist() == [.9, .5]
    assert prioritise([{"feature": "f", "needs": "x"}], people, weights={"b": 3}).ranking["reach"][0] == .5
    blind = prioritise([{"feature": "f", "needs": "x"}], [people[0], persona("b", claim("x", 4, 8), share=None)])
    assert blind.ranking["reach"][0] == pytest.approx(.7) and "all count alike" in blind.explain()


@pytest.mark.parametrize("people,base,low,high", GOLDEN["jeffreys"])
def test_intervals_are_those_of_jeffreys_posterior(people, base, low, high):
    found = prioritise([{"feature": "f", "needs": "x"}], [persona("a", claim("x", people, base))], weights={"a": 1}, draws=200_000)
    assert (found.ranking["low"][0], found.ranking["high"][0]) == (pytest.approx(low, abs=.004), pytest.approx(high, abs=.004))


def test_how_often_a_feature_comes_first_is_the_probability_that_its_share_is_higher():
    rows = [{"feature": "f", "needs": "x"}, {"feature": "g", "needs": "y"}]
    found = prioritise(rows, [persona("a", claim("x", 9, 10), claim("y", 4, 10))], weights={"a": 1}, draws=200_000)
    assert found.ranking["first"][0] == pytest.approx(GOLDEN["nine_of_ten_beats_four_of_ten"], abs=.002)


def test_few_people_make_an_unsure_order_and_many_a_sure_one():
    rows = [{"feature": "f", "needs": "x"}, {"feature": "g", "needs": "y"}]
    unsure = prioritise(rows, [persona("a", claim("x", 4, 5), claim("y", 3, 5))])
    assert ranks(unsure)["g"] == {"rank": 2, "rank_low": 1, "rank_high": 2} and "may come first as well" in unsure.explain()
    sure = prioritise(rows, [persona("a", claim("x", 320, 400), claim("y", 240, 400))])
    assert ranks(sure)["g"] == {"rank": 2, "rank_low": 2, "rank_high": 2} and "not sure" not in sure.explain()


def test_interviews_and_survey_have_no_common_rank():
    "Twelve of twelve who were chosen for interviews stood above four in ten of 152 who were asked, in 99 % of the draws."
    asked = Evidence(kind="survey", survey="may", variable="empty", value=1, n=152, effective_n=140., share=.42, low=.35, high=.5, rest=.3)
    few = claim("Dock", 5, 5)
    people = [persona("a", few.model_copy(update={"evidence": [*few.evidence, asked]}), claim("Pay", 12, 12), claim("Rain", 2, 12), share=1.)]
    found = prioritise([{"feature": f, "needs": f} for f in ("pay", "moon", "dock", "rain")], people)
    assert found.ranking[["ground", "feature", "rank"]].fillna(0).to_numpy().tolist() == [
        ["survey", "dock", 1], ["interviews", "pay", 1], ["interviews", "rain", 2], ["", "moon", 0]]
    assert ranks(found)["dock"]["rank_high"] == 1 and ranks(found)["pay"]["rank_high"] == 1 and found.ranking[["rank_low", "first"]].iloc[-1].isna().all()
    assert "'dock' reaches at least 42 %" in found.explain() and "'pay' reaches most of those interviewed: 100 %" in found.explain()
    assert "ranked apart" in found.explain() and "most people" not in found.explain()
    assert found._repr_html_().index("<th>ground") < found._repr_html_().index("<th>rank")


def test_two_features_of_one_claim_are_always_of_one_rank():
    found = prioritise([{"feature": "f", "needs": "x"}, {"feature": "g", "needs": "x"}], [persona("a", claim("x", 2, 5))])
    assert found.ranking[["rank", "rank_low", "rank_high", "first"]].drop_duplicates().to_numpy().tolist() == [[1, 1, 1, 1.0]]


def test_of_everybody_the_interval_ends_at_everybody():
    found = prioritise([{"feature": "f", "needs": "x"}], [persona("a", claim("x", 5, 5))], weights={"a": 1})
    assert found.ranking["reach"][0] == found.ranking["high"][0] == 1


@given(st.integers(0, 2**31), st.lists(st.tuples(st.integers(0, 9), st.integers(1, 9)), min_size=1, max_size=4))
@settings(max_examples=30, deadline=None)
def test_ranks_and_intervals_are_in_order_and_repeatable(seed, counts):
    claims = [claim(f"n{i}", min(x, n), n) for i, (x, n) in enumerate(counts)]
    rows = pd.DataFrame({"feature": [f"f{i}" for i in range(len(claims))], "needs": [c.id for c in claims]})
    found, again = (prioritise(rows, [persona("a", *claims)], draws=200, seed=seed) for _ in range(2))
    r = found.ranking
    assert (r["rank_low"] <= r["rank_high"]).all() and (r["low"] <= r["reach"] + 1e-12).all() and (r["reach"] <= r["high"] + 1e-12).all()
    pd.testing.assert_frame_equal(r, again.ranking)


@pytest.mark.parametrize("rows,said", [
    ([], "no features"), ([{"feature": "f"}], "no needs"), ([{"feature": "", "needs": "x"}], "no feature"),
    ([{"feature": "f", "needs": "x"}, {"feature": "f", "needs": "y"}], "twice"), ([{"feature": "f", "needs": float("nan")}], "no needs")])
def test_features_that_say_nothing_are_refused(rows, said):
    with pytest.raises(BadInput, match=said): prioritise(rows, [persona()])


def test_personas_and_weights_that_make_no_whole_are_refused():
    rows = [{"feature": "f", "needs": "x"}]
    with pytest.raises(BadInput, match="no personas"): prioritise(rows, [])
    with pytest.raises(BadInput, match="add up to 120 %"): prioritise(rows, [persona("a", share=.6), persona("b", share=.6)])
    with pytest.raises(NoSuchName, match="'c'"): prioritise(rows, [persona("a")], weights={"c": 1})
    with pytest.raises(BadInput, match="not all 0"): prioritise(rows, [persona("a")], weights={"a": 0})
    with pytest.raises(BadInput, match="draws"): prioritise(rows, [persona("a")], draws=0)


# -- Recommendations ----------------------------------------------------------------------------------------------------------
def test_every_line_names_its_claim_and_what_is_missing_is_said():
    said = recommend(persona("a", claim("Full dock", 3, 5), claim("Phone", 2, 5, facet="channel"), Claim(id="g", text="Loves <b>maps</b>", facet="goal")))
    assert list(said.columns) == list(RECOMMEND_COLUMNS)
    assert said[["kind", "claims", "strength"]].to_numpy().tolist() == [
        ["channel", ["channel-phone"], "anecdote"], ["message", ["pain-full-dock"], "supported"], ["message", ["g"], "assumption"], ["moment", [], ""]]
    assert "assumption" in said["missing"][2] and said["missing"][3] == "no statement of A is about stage, emotion, expectation" and said["advice"][3] == ""


def test_contradicted_claims_and_rarer_answers_come_last_and_are_named_so():
    figure = Evidence(kind="survey", survey="s", variable="app", value="yes", n=100, share=.3, low=.2, high=.4, rest=.6, effect=-.6)
    rarer = Claim(id="survey-app", text="The app", facet="channel", people=30, base=100, share=.3, low=.2, high=.4, evidence=[figure])
    said = recommend(persona("a", rarer, claim("Phone", 1, 5, facet="channel", against_people=3), claim("Desk", 1, 5, facet="channel")))
    assert said.loc[said["kind"].eq("channel"), "claims"].str[0].iloc[0] == "channel-desk"
    missing = {row.claims[0]: row.missing for row in said[said["kind"].eq("channel")].itertuples()}
    assert "more speak against it than for it" in missing["channel-phone"] and "fewer than among the others" in missing["survey-app"]


def figure(share: float | None, rest: float, **more) -> Evidence:
    middle = share or more["mean"]
    plain = {"kind": "survey", "survey": "s", "variable": "app", "value": "yes", "n": 100, "low": middle - .1, "high": middle + .1}
    return Evidence(**plain | {"share": share, "rest": rest} | more)


def test_what_is_rarer_here_is_no_place_to_be():
    rarer = Claim(id="app", text="In the app. Yes, less often than the others.", facet="channel", people=70, base=100, share=.7, evidence=[figure(.3, .48, effect=-.4)])
    lower = Claim(id="eco", text="Green. Rated lower than by the others.", facet="motivation", people=100, base=100, evidence=[figure(None, 3.5, mean=2.1, effect=-.6)])
    said = recommend(persona("a", rarer, lower)).set_index("kind")["advice"]
    assert said["channel"] == "Rather elsewhere: App: yes (30 %; 48 % among the others)."
    assert said["message"] == "Do not lead with it: Green. Rated lower than by the others (2.1; 3.5 among the others)."
    reach = prioritise([{"feature": "Chat", "needs": "app"}], [persona("a", rarer, share=1.)]).matrix.iloc[0]
    assert (reach["reach"], reach["people"]) == (.3, 30), "a feature in the app serves those who want it there, not the 70 who do not"


def test_contrary_lines_say_so():
    def says(name: str, people: int, against: int, other: str, facet: str = "channel", **more) -> Claim:
        quote = Evidence(kind="quote", quote="no, rather", source="P9", start=0, end=2, case="P9", code=other)
        return claim(name, people, 5, facet=facet, against_people=against, against=[quote] * bool(against), **more)
    said = recommend(persona("a", says("Phone", 3, 2, "Messages"), says("Messages", 2, 3, "Phone"), claim("Easy", 5, 5, facet="expectation"),
                             claim("Trouble", 4, 5, facet="expectation"), claim("Desk", 1, 5, facet="channel")))
    rows = said[said["kind"].eq("channel")].set_index("advice")["missing"]
    assert rows["Where to reach them: Phone."] == "contrary to: Messages (2 of 5)" and rows["Where to reach them: Desk."] == ""
    assert rows["Only some of them: Messages."] == "more speak against it than for it: not to be relied on; contrary to: Phone (3 of 5)"
    assert said.loc[said["kind"].eq("moment"), "advice"].tolist() == ["They expect different things, find out what when: Easy (5 of 5); Trouble (4 of 5)."]
    assert len(recommend(persona("a", claim("Easy", 5, 5, facet="expectation"))).query("kind == 'moment' and advice == 'Mind what they expect beforehand: Easy.'")) == 1


def test_two_channels_of_other_people_say_so():
    phone, chat = claim("Prefers the phone", 3, 5, facet="channel"), claim("Prefers messages", 2, 5, facet="channel")
    chat = chat.model_copy(update={"evidence": [e.model_copy(update={"case": f"Q{i}"}) for i, e in enumerate(chat.evidence)]})
    said = recommend(persona("a", phone, chat)).query("kind == 'channel'")["missing"].tolist()
    assert said == ["others of them say: Prefers messages (2 of 5)", "others of them say: Prefers the phone (3 of 5)"]


def test_a_notebook_shows_words_whole_and_results_say_their_sentence():
    long = "Came to return the bike and found no free place, " * 6 + "and <b>so</b> went on."
    told = recommend(persona("a", claim("Dock", 3, 5, text=long)))
    for table in (told, told.head(2), told[["kind", "advice"]]):
        shown = table._repr_html_()
        assert long.replace("<", "&lt;").replace(">", "&gt;") in shown and "white-space: normal" in shown and "<b>so" not in shown
    assert "NA" not in told._repr_html_() and "nan" not in told._repr_html_()
    found = prioritise([{"feature": "f", "needs": "dock"}, {"feature": "g", "needs": long}], [persona("a", claim("Dock", 3, 5))])
    assert "reaches 24 % (8 % to 37 %) of those interviewed" in found._repr_html_()
    assert found.ranking["missing"][1].split("'")[1][:300].split("<")[0] in found._repr_html_()


def test_a_journey_adds_its_moments():
    moments = pd.DataFrame({"moment": ["peak", "pit", "mean"], "stage": ["Ride", "Pay", None], "emotion": [1.5, -1., .2], "n_people": [4, 2, 5]})
    said = recommend(persona(), journey=SimpleNamespace(moments=moments, n_people=5))  # type: ignore[arg-type]
    mine = said[said["kind"].eq("moment")]
    assert mine["advice"].tolist() == ["Build on the best moment: Ride (feeling +1.5)", "Mend the worst moment: Pay (feeling -1.0)"]
    assert mine["missing"].tolist() == ["", "fewer than three people"]
