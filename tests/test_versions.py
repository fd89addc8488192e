"""Versions: published intervals, whom is compared with whom, what happened to claims, what cannot be compared, and words that carry the numbers."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from personabench import store
from personabench.checks import check
from personabench.cli import main
from personabench.claims import Claim, Evidence, Link, Persona
from personabench.persona_files import write_personas
from personabench.personas import draft_personas
from personabench.schema import AlreadyThere, BadInput
from personabench.segmentation import add_segments, segment
from personabench.statistics import benjamini_hochberg, mean_difference, share_difference, wilson
from personabench.study import Study
from personabench.survey import import_survey
from personabench.versions import _Books, _pairs, compare

GOLDEN = json.loads((Path(__file__).parent / "golden" / "differences.json").read_text())


# -- Intervals ----------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("row", GOLDEN["newcombe"], ids=lambda r: f"{r['first']}-{r['second']}")
def test_newcombes_own_table(row: dict):
    found = share_difference(row["second"], row["first"])  # new minus old: the paper's first minus its second
    assert found.low == pytest.approx(row["low"], abs=5e-5) and found.high == pytest.approx(row["high"], abs=5e-5)


def test_p_of_shares_welch_and_bh_are_those_of_r():
    assert share_difference((48, 80), (56, 70)).p == pytest.approx(GOLDEN["score_p"], rel=1e-6)
    x, y = (np.array(GOLDEN["welch"][k]) for k in "xy")
    sides = [(v.mean(), v.std(ddof=1) / len(v) ** .5, len(v) - 1) for v in (x, y)]
    found = mean_difference(*sides)
    assert (found.low, found.high, found.p) == pytest.approx([GOLDEN["welch"][k] for k in ("low", "high", "p")], rel=1e-5)
    assert benjamini_hochberg([*GOLDEN["bh"]["p"], np.nan])[:4] == pytest.approx(GOLDEN["bh"]["q"]) and np.isnan(benjamini_hochberg([.1, np.nan])[1])


@given(st.integers(0, 50), st.integers(1, 50), st.integers(0, 50), st.integers(1, 50))
def test_a_difference_lies_in_its_interval_and_turns_with_its_sides(x: int, n: int, y: int, m: int):
    x, y = min(x, n), min(y, m)
    d, back = share_difference((x, n), (y, m)), share_difference((y, m), (x, n))
    assert -1 - 1e-9 <= d.low <= d.difference <= d.high <= 1 + 1e-9 and 0 <= d.p <= 1
    assert (back.low, back.high) == pytest.approx((-d.high, -d.low))


def test_newcombes_interval_covers():
    rng, hit = np.random.default_rng(1), 0
    for _ in range(1500):
        x, y = rng.binomial(40, .3), rng.binomial(60, .55)
        d = share_difference((x, 40), (y, 60))
        hit += d.low <= .25 <= d.high
    assert .93 < hit / 1500 < .97


# -- Personas and claims by hand ----------------------------------------------------------------------------------------------
def share(variable: str, x: int, n: int, survey: str, effect: float = .5) -> Evidence:
    low, high = wilson(x, n)
    return Evidence(kind="survey", survey=survey, variable=variable, value=1, n=n, effective_n=n, share=x / n, low=low, high=high, rest=.2, effect=effect)


def mean(variable: str, m: float, n: int, survey: str, effect: float = .5) -> Evidence:
    return Evidence(kind="survey", survey=survey, variable=variable, n=n, effective_n=n, mean=m, low=m - .3, high=m + .3, rest=3., effect=effect)


def told(code: str, people: int, base: int, cases: str, text: str = "") -> Claim:
    low, high = wilson(people, base)
    said = [Evidence(kind="quote", quote="so", source=c, start=0, end=2, case=c, code=code) for c in cases[:people]]
    return Claim(id=f"pain-{code}", text=text or code, facet="pain", codes=[code], people=people, base=base, share=people / base, low=low, high=high, evidence=said)


def persona(id: str, *claims: Claim, share: float = .4, wave: str | None = None, name: str = "Ash") -> Persona:
    low, high = wilson(share * 400, 400)
    return Persona(id=id, name=name, survey=wave, wave=wave, segmentation=wave, segment=id, share=share, low=low, high=high, effective_n=400., claims=list(claims))


def asked(id: str, e: Evidence, facet: str = "pain", text: str = "") -> Claim: return Claim(id=id, text=text or id, facet=facet, evidence=[e])


def changes(c) -> dict[str, str]: return dict(zip(c.claims["claim"], c.claims["change"], strict=True))


def test_personas_are_matched_by_their_people_before_their_claims():
    "Two personas swap their claims and keep most of their people: they are the people's, six parts in ten."
    one, two = [told("x", 5, 5, "ABCDE"), told("y", 5, 5, "ABCDE")], [told("x", 5, 5, "FGHIJ"), told("y", 5, 5, "FGHIJ")]
    sole = lambda claim, name: claim.model_copy(update={"id": name, "codes": [name], "evidence": [e.model_copy(update={"code": name}) for e in claim.evidence]})
    old = [persona("a", sole(one[0], "x")), persona("b", sole(two[0], "y"))]
    new = [persona("c", sole(one[0], "y")), persona("d", sole(two[0], "x"))]
    pairs = _pairs(old, new, None, _Books(None, old))
    assert {(i, j): (p.people, p.claims, p.score) for (i, j), p in pairs.items()} == {
        (0, 0): (1, 0, .6), (0, 1): (0, 1, .4), (1, 0): (0, 1, .4), (1, 1): (1, 0, .6)}
    assert compare(old, new).personas.dropna(subset=["old", "new"])[["old", "new"]].to_numpy().tolist() == [["a", "c"], ["b", "d"]]


def test_every_kind_of_change_is_told_by_its_name():
    old = persona("a", asked("moved", share("a", 96, 160, "1")), asked("same", share("b", 96, 160, "1")), asked("turned", share("c", 120, 160, "1", .6)),
                  asked("mean", mean("d", 4., 160, "1")), asked("gone", share("e", 9, 160, "1")), told("weak", 3, 5, "ABC"), told("strong", 1, 5, "A"),
                  told("word", 3, 5, "ABC", "One wording"), wave="1")
    new = persona("a", asked("moved", share("a", 52, 150, "2")), asked("same", share("b", 94, 150, "2")), asked("turned", share("c", 20, 150, "2", -.6)),
                  asked("mean", mean("d", 3., 150, "2")), asked("fresh", share("f", 9, 150, "2")), told("weak", 1, 5, "A"), told("strong", 3, 5, "ABC"),
                  told("word", 3, 5, "ABC", "Another wording"), wave="2")
    c = compare([old], [new])
    assert changes(c) == {"moved": "moved", "same": "unchanged", "turned": "reversed", "mean": "moved", "gone": "vanished", "fresh": "appeared",
                          "pain-weak": "weakened", "pain-strong": "strengthened", "pain-word": "reworded"}
    moved = c.claims.set_index("claim").loc["moved"]
    expected = share_difference((96, 160), (52, 150))
    assert (moved["low"], moved["high"]) == pytest.approx((expected.low, expected.high)) and moved["q"] >= moved["p"]
    words = c.explain()
    for said in ("60 % → 35 %, −25 points (95 % interval −36 to −14); n = 160 and 150", "Turned round",
            "weakened, from supported to anecdote", "was “One wording”", "pass study="):
        assert said in words, said


def test_the_same_data_counted_anew_is_no_sampling_difference():
    c = compare([persona("a", asked("x", share("a", 96, 160, "1")), wave="1")], [persona("a", asked("x", share("a", 97, 160, "1")), wave="1")])
    row = c.claims.iloc[0]
    assert row["change"] == "moved" and row["samples"] == "same" and np.isnan(row["low"]) and "counted for other people" in row["why"]
    nothing = compare([persona("a", asked("x", share("a", 96, 160, "1")), wave="1")], [persona("a", asked("x", share("a", 96, 160, "1")), wave="1")])
    assert nothing.changes.empty and "Nothing changed." in nothing.changelog()


def test_the_same_interviews_are_no_second_sample():
    old = [persona("a", told("dock", 5, 5, "ABCDE"), told("rude", 2, 5, "ABCDE")), persona("b", told("fun", 2, 2, "FG"))]
    c = compare(old, old)
    assert c.claims["change"].eq("unchanged").all() and c.claims["low"].isna().all() and c.claims["samples"].eq("same").all() and c.changes.empty
    assert "Same interviews, no new evidence: 2 statements." in c.explain() and "points" not in c.explain().split("\n\n", 2)[2].split("Same")[0]
    assert "Not clearly changed: " not in c.explain() and "Nothing changed." in c.changelog()
    apart = compare(old, [persona("a", told("dock", 5, 5, "VWXYZ"), told("rude", 2, 5, "VWXYZ")), persona("b", told("fun", 2, 2, "FG"))]).claims.set_index("claim")
    assert apart.loc["pain-dock", "low"] == pytest.approx(share_difference((5, 5), (5, 5)).low) and apart.loc["pain-fun", "samples"] == "same"


def test_interviews_that_are_coded_or_grouped_anew_bring_no_new_people():
    old = [persona("a", told("dock", 5, 5, "ABCDE"), told("rude", 2, 5, "ABCDE")), persona("b", told("fun", 2, 2, "FG"), told("late", 1, 2, "F"))]
    anew = compare(old, [persona("a", told("dock", 5, 5, "ABCDE"), told("rude", 3, 5, "ABCDE")), old[1]]).claims.set_index("claim").loc["pain-rude"]
    assert (anew["difference"], anew["change"], anew["why"]) == (pytest.approx(.2), "strengthened", "the same interviews, coded anew") and np.isnan(anew["low"])
    grouped = compare(old, [persona("a", told("dock", 6, 6, "ABCDEF"), told("rude", 2, 6, "ABCDEF")), persona("b", told("fun", 1, 1, "G"))])
    rows = grouped.claims.set_index("claim")
    assert rows.loc["pain-rude", "change"] == "unchanged" and np.isnan(rows.loc["pain-rude", "low"])
    assert "No new interview, people grouped anew: 2 statements." in grouped.explain()
    assert rows.loc["pain-late", "change"] == "vanished" and "no new interview" in rows.loc["pain-late", "why"]
    more = compare(old, [persona("a", told("dock", 6, 6, "ABCDEX"), told("rude", 2, 6, "ABCDEX")), old[1]]).claims.set_index("claim")
    assert more.loc["pain-rude", "samples"] != "same" and more.loc["pain-rude", "low"] < 0, "a new interview is new evidence"
    few = compare([persona("a", told("dock", 5, 8, "ABCDE"))], [persona("a", told("dock", 4, 8, "ABCD"))]).claims.iloc[0]
    assert few["samples"] != "same" and few["low"] < 0, "who else was interviewed is not known where eight were and five are quoted"


def test_another_interview_by_the_same_name_is_not_the_same():
    def of(people: int, date: str, words: str) -> Persona:
        said = told("dock", people, 8, "ABCDEFGH")
        fun = told("fun", 8, 8, "ABCDEFGH")
        dated = [c.model_copy(update={"evidence": [e.model_copy(update={"date": date, "quote": words}) for e in c.evidence]}) for c in (said, fun)]
        return persona("a", *dated)
    same = compare([of(7, "2025-05-01", "so")], [of(3, "2025-05-01", "so")])
    assert same.claims["why"].tolist() == ["the same interviews, coded anew", "same interviews, no new evidence"] and "8 people are in both" in same.notes[0]
    for date, words in (("2026-11-01", "so"), ("2025-05-01", "no")):   # another day; or another sentence at the same place
        c = compare([of(7, "2025-05-01", "so")], [of(1, date, words)])
        dock = c.claims.set_index("claim").loc["pain-dock"]
        assert dock["samples"] == "apart" and dock["low"] < -.5 < dock["high"] < 0 and dock["change"] == "moved"
        assert "88 % → 12 %" in c.explain() and "Nobody is known to be in both" in c.notes[0] and c.personas["common"].tolist() == [0]


def test_a_change_of_strength_comes_with_its_figures():
    c = compare([persona("a", told("dock", 3, 5, "ABCDE"))], [persona("a", told("dock", 2, 5, "FG"))])
    assert "weakened, from supported to anecdote (60 % → 40 %, −20 points" in c.explain() and "60 % → 40 %" in c.changelog()


def test_an_interval_off_zero_that_counts_for_nothing_says_why():
    old = persona("a", *(asked(f"c{i}", share(f"v{i}", 60, 120, "1")) for i in range(20)), wave="1")
    new = persona("a", *(asked(f"c{i}", share(f"v{i}", 60 + 17 * (i == 3), 120, "2")) for i in range(20)), wave="2")
    c = compare([old], [new])
    row = c.claims.set_index("claim").loc["c3"]
    assert row["low"] > 0 and row["change"] == "unchanged" and row["why"] == f"not clear after correction for 20 comparisons (q = {row['q']:.2f})"
    assert c.claims["why"].str.contains("after correction").sum() == 1 and "c3 (v3 = 1): 50 % → 64 %" in c.explain() and "by chance:" in c.explain()


def test_a_share_that_is_turned_round_is_compared_with_its_like():
    "A claim that fewer give an answer now counts those without it; its figure stays that of the answer."
    def fewer(survey: str, x: int, turned: bool) -> Claim:
        e = share("app", x, 100, survey, -.6)
        people = 100 - x if turned else x
        return Claim(id="survey-app", text="In the app, less often than the others.", facet="channel", people=people, base=100, share=people / 100, evidence=[e])
    row = compare([persona("a", fewer("1", 30, False), wave="1")], [persona("a", fewer("2", 31, True), wave="2")]).claims.iloc[0]
    assert (row["old_value"], row["new_value"], row["change"]) == (.3, .31, "unchanged")


def test_personas_are_matched_one_to_one_whatever_their_letters():
    old = [persona("1-a", told("dock", 5, 5, "ABCDE"), asked("r", mean("rides", 30, 99, "1", 1.5)), wave="1"), persona("1-b", told("fun", 4,
        4, "FGHI"), asked("s", mean("rides", 8, 99, "1", -1.)), wave="1"),
           persona("1-c", told("stuck", 3, 3, "JKL"), wave="1", name="Kit")]
    new = [persona("2-a", told("fun", 3, 4, "FGHX"), asked("s", mean("rides", 9, 99, "2", -.9)), wave="2"), persona("2-b", told("dock", 5,
        5, "ABCDY"), asked("r", mean("rides", 31, 99, "2", 1.4)), wave="2"),
           persona("2-c", told("cargo", 3, 3, "QRS"), wave="2", name="Lou")]
    c = compare(old, new)
    assert {(r.old, r.new) for r in c.personas.itertuples()} == {("1-a", "2-b"), ("1-b", "2-a"), ("1-c", None), (None, "2-c")}
    first = c.personas.set_index("old").loc["1-a"]
    assert first["matched"] == "people and claims" and first["people"] == 1. and first["common"] == 4 and first["sure"] == "likely"
    assert "Kit (1-c) is gone" in c.explain() and "Lou (2-c) is new" in c.explain()


def test_a_pair_that_is_hardly_alike_did_not_grow():
    "Two groups of whom 18 % of the claims were alike were told as one persona that grew by 26 points."
    def version(wave: str, share: float, *codes: str) -> list[Persona]:
        return [persona(f"{wave}-a", *(told(c, 3, 5, [f"{wave}{i}" for i in range(5)]) for c in codes), wave=wave, share=share)]
    c = compare(version("1", .17, "dock", "rain", "price", "rude"), version("2", .43, "dock", "fun", "child", "hills"))
    said = c.explain()
    assert c.personas["claims"].item() < .5 and "hardly a match, perhaps other people" in said and "Their sizes: 17 % → 43 %" in said
    assert "grew" not in said and "grew" not in c._repr_html_() and "grew" not in c.changelog()
    alike = compare(version("1", .17, "dock", "rain"), version("2", .43, "dock", "rain"))
    assert "The group grew: 17 % → 43 %" in alike.explain() and "hardly" not in alike.explain()


def test_interviewed_people_who_belong_to_another_persona_now_are_told_by_number():
    "A statement was “no longer claimed” because one of two interviewed people had been grouped elsewhere, and nobody said so."
    def version(wave: str, *groups: str) -> list[Persona]:
        def of(g: str) -> dict: return {"linked": [Link(case=case, how="by hand") for case in g]}
        return [persona(f"{wave}-{i}", told(f"code{i}", len(g), len(g), g), wave=wave, name=name).model_copy(update=of(g)) for i, (g, name) in
                enumerate(zip(groups, ("Avery", "Charlie")))]
    c = compare(version("1", "ABCD", "EF"), version("2", "ABCDF", "E"))
    said = "Charlie: 1 of the 2 people interviewed before belongs to Avery now, and what they said counts there."
    assert said in c.notes and said in c.explain() and said in c._repr_html_() and c.explain().startswith("2 compared with 1.")
    assert not any("interviewed before" in n for n in compare(version("1", "ABCD", "EF"), version("2", "ABCD", "EF")).notes)


def test_what_one_version_could_not_say_does_not_keep_its_personas_apart():
    spoken = [told(f"code{i}", 4, 5, "ABCDE") for i in range(12)]  # the first wave held interviews, the second was a survey alone
    old = [persona("1-a", *spoken, asked("r", mean("rides", 30, 99, "1", 1.5)), wave="1"), persona("1-b", *spoken, asked("s", mean("rides", 8, 99, "1", -1.)), wave="1")]
    new = [persona("2-a", asked("t", mean("rides", 9, 99, "2", -.9)), wave="2"), persona("2-b", asked("u", mean("rides", 31, 99, "2", 1.4)), wave="2")]
    c = compare(old, new)
    assert {(r.old, r.new) for r in c.personas.itertuples()} == {("1-a", "2-b"), ("1-b", "2-a")}
    assert c.claims.loc[c.claims["figure"].eq("interviews"), "change"].eq("not comparable").all()
    assert "now nobody of them was interviewed: 12 statements" in c.explain() and "No longer claimed" not in c.explain()
    new[0].claim_list.append(told("code99", 4, 5, "FGHIJ"))
    assert compare(old, new).personas["new"].isna().any(), "now both heard people, who said other things"


def test_an_id_that_now_names_other_people_is_matched_and_doubted():
    old = [persona("a", told("dock", 5, 5, "ABCDE")), persona("b", told("fun", 5, 5, "FGHIJ"))]
    new = [persona("a", told("fun", 5, 5, "FGHIJ")), persona("b", told("dock", 5, 5, "ABCDE"))]
    assert compare(old, new).personas["sure"].str.startswith("doubtful").all()
    assert compare(old, old).personas["sure"].eq("certain").all()


def test_sizes_are_judged_with_their_own_interval():
    c = compare([persona("a", share=.4), persona("b", share=.3)], [persona("a", share=.41), persona("b", share=.15)])
    assert c.personas["change"].tolist() == ["same size", "shrank"] and "The group shrank: 30 % → 15 %" in c.explain()


def test_nothing_in_common_is_said(tmp_path: Path):
    c = compare([persona("a", told("dock", 5, 5, "ABCDE"))], [persona("b", told("fun", 5, 5, "FGHIJ"))])
    assert set(c.personas["change"]) == {"appeared", "vanished"} and c.claims.empty and "nothing to compare but the names" in c.notes[0]
    assert "appeared" not in repr(c) and c._repr_html_() and c.changelog().startswith("## ")
    for bad, said in (([], "no personas"), (tmp_path, "no YAML files"), (tmp_path / "nowhere", "no such folder"), ([1], "a int")):
        with pytest.raises(BadInput, match=said): compare(bad, [persona("a")])


def test_chance_moves_hardly_ever_and_the_planted_is_found():
    rng, alarms, found = np.random.default_rng(3), 0, 0
    for _ in range(60):
        p = rng.uniform(.1, .9, 20)
        x, y = rng.binomial(150, p), rng.binomial(140, p)
        y[0] = rng.binomial(140, p[0] - .3 if p[0] > .5 else p[0] + .3)
        c = changes(compare([persona("a", *(asked(f"c{i}", share(f"v{i}", k, 150, "1")) for i, k in enumerate(x)), wave="1")],
                            [persona("a", *(asked(f"c{i}", share(f"v{i}", k, 140, "2")) for i, k in enumerate(y)), wave="2")]))
        found += c["c0"] == "moved"
        alarms += sum(v == "moved" for k, v in c.items() if k != "c0")
    assert found >= 57 and alarms / (60 * 20) < .02


# -- With a study -------------------------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def two_waves(tmp_path_factory: pytest.TempPathFactory):
    "Two surveys of a study: `pain` falls, `gone` is not asked again, `scale` gets other answers; personas of each."
    study, rng, drafts = Study(":memory:", coder="MB", create=True), np.random.default_rng(0), []
    for wave in ("2026-05", "2026-11"):
        group = np.repeat([0, 1], 120)
        data = pd.DataFrame({"rides": rng.normal(np.where(group, 30, 8), 2), "spend": rng.normal(np.where(group, 12, 30), 2),
                             "pain": (rng.random(240) < np.where(group, .8 if wave == "2026-05" else .4, .1)).astype(int),
                             "scale": np.clip(rng.integers(1, 4, 240) + 2 * group, 1, 5) * (1 if wave == "2026-05" else 2)}, index=[f"{wave}-{i}" for i in range(240)])
        if wave == "2026-05": data["gone"] = (rng.random(240) < np.where(group, .9, .2)).astype(int)
        data.index.name = "respondent"
        seg = segment(import_survey(study, data, name=f"survey {wave}", wave=wave, levels={"scale": "ordinal"}), variables=["rides",
            "spend"], k=2, n_boot=0, verdict=False)
        add_segments(study, seg, name=wave)
        drafts.append(draft_personas(study, segments=wave, today="2026-12-01"))
    return study, drafts


def test_a_study_tells_what_cannot_be_compared_and_looks_up_what_is_not_listed(two_waves):
    study, (old, new) = two_waves
    c = compare(old, new, study=study)
    asked_of = c.claims.set_index("figure")
    assert asked_of.loc[["pain = 1"], "change"].eq("moved").any()
    assert asked_of.loc[["gone = 1"], "why"].str.contains("not asked in 2026-11").all() and asked_of.loc[["scale"],
        "why"].str.contains("other answers to choose from").all()
    assert (asked_of.loc[["scale"], "change"].isin(["not comparable"])).all() and "Could not be compared" in c.explain()
    shorter = [p.model_copy(update={"claim_list": [x for x in p.claim_list if "pain" not in x.id]}) for p in new]
    row = compare(old, shorter, study=study).claims.query("figure == 'pain = 1' and old_value > .5").iloc[0]
    assert row["change"] == "vanished" and row["why"] == "not listed now" and row["new_value"] < row["old_value"]
    assert compare(old, shorter).claims.set_index("figure").loc[["pain = 1"], "new_value"].isna().all()


def test_a_claim_that_only_left_the_list_is_no_change_and_a_mean_knows_its_scale(two_waves):
    study, (old, new) = two_waves
    def without(personas, name): return [p.model_copy(update={"claim_list": [x for x in p.claim_list if name not in x.id]}) for p in personas]
    for a, b, change, said in ((old, without(new, "rides"), "no longer listed", ", no longer listed (was"), (without(old, "rides"), new, "now listed", ", not listed);")):
        c = compare(a, b, study=study)
        rows = c.claims.query("figure == 'rides'")
        assert rows["change"].eq(change).all() and len(rows) == 2 and rows["difference"].notna().all()
        listed = c.changelog().split("### Only listed, or no longer listed: the figure did not clearly change")[1].split("###")[0]
        assert said in c.explain() and listed.count("(rides)") == c.changelog().count("(rides)") == 2
    rides = compare(old, new, study=study).claims.query("figure == 'rides'").iloc[0]
    assert rides["scale_low"] < 8 and rides["scale_high"] > 30 and compare(old, new).claims["scale_low"].isna().all()


def test_one_person_in_another_group_makes_no_statement_new_and_quoted_people_are_no_segment(two_waves):
    study, (old, _) = two_waves
    members = study.rows("members", segmentation="2026-05")[["case", "segment", "weight"]].copy()
    members.loc[0, "segment"] = "B" if members.loc[0, "segment"] == "A" else "A"
    if "again" not in set(study.segments["segmentation"]):
        with study.step("segment", "again") as step:
            store.add_segmentation(step, name="again", members=members, k=2, verdict="not measured", parameters={"variables": ["rides", "spend"]},
                                   survey="survey 2026-05", wave="2026-05", data_hash="x")
    again = draft_personas(study, segments="again", today="2026-12-01")
    shorter = [p.model_copy(update={"claim_list": [c for c in p.claim_list if "pain" not in c.id]}) for p in old]
    rows = compare(shorter, again, study=study).claims.query("figure == 'pain = 1'")
    assert len(rows) and rows["change"].eq("now listed").all() and rows["difference"].abs().max() < .02
    said = told("dock", 3, 5, "ABC")   # of a segmentation that the study does not keep only who is quoted is known, and three are no segment
    quoted = said.model_copy(update={"evidence": [e.model_copy(update={"case": case}) for e, case in zip(said.evidence, members["case"])]})
    gone = [p.model_copy(update={"segmentation": "2025-05", "claim_list": [*p.claim_list, quoted]}) for p in shorter]
    lost = compare(gone, again, study=study).claims.query("figure == 'pain = 1'")
    assert len(lost) and lost["old_value"].isna().all()


@pytest.mark.parametrize("named", ["", "R", "counted"])
def test_the_row_of_a_survey_without_ids_is_nobody_in_the_next_one(named: str):
    "Row i of the second wave is somebody of the other segment, also where an export counts from 1; with ids that mean a person it is the same one, who changed."
    study, drafts = Study(":memory:", coder="MB", create=True), []
    for wave, turn in (("2025-05", False), ("2026-05", True)):
        rng, a = np.random.default_rng(turn), (np.arange(300) % 2 == 0) ^ turn
        data = pd.DataFrame({"rides": np.where(a, 20, 5) + rng.integers(-3, 4, 300), "full": np.where(rng.random(300) < np.where(a, .8, .2), 1, 0)})
        if named: data.insert(0, "respondent", [f"R{i}" if named == "R" else i + 1 for i in range(300)])
        survey = import_survey(study, data, name=wave, wave=wave)
        with study.step("segment", wave) as step:
            members = pd.DataFrame({"case": survey.respondents, "segment": np.where(a, "A", "B"), "weight": 1.})
            store.add_segmentation(step, name=f"by rides {wave}", members=members, k=2, verdict="clusters shown", parameters={"variables": ["rides"]},
                                   survey=wave, wave=wave, data_hash="x")
        drafts.append(draft_personas(study, f"by rides {wave}", today="2026-06-01"))
    c = compare(*drafts, study=study)
    assert sum("ids only count" in note for note in c.notes) == 2 * (named == "counted")
    outdated = check(study, personas=drafts[0], today="2026-06-02")["rule"].eq("outdated")
    if named == "R":
        assert c.personas["common"].tolist() == [150, 150] and outdated.any()
        return
    assert c.personas["common"].tolist() == [0, 0] and "Nobody is known to be in both" in c.notes[0]
    assert c.personas[["old", "new"]].to_numpy().tolist() == [["by-rides-2025-05-a", "by-rides-2026-05-a"], ["by-rides-2025-05-b", "by-rides-2026-05-b"]]
    assert c.claims["change"].eq("unchanged").all() and not outdated.any()
    again = compare(drafts[0], drafts[0], study=study)
    assert again.personas["common"].tolist() == [150, 150], "rows of one and the same survey are the same people"


def test_changelog_and_command_line(two_waves, tmp_path: Path, capsys: pytest.CaptureFixture):
    _, (old, new) = two_waves
    for name, personas in (("old", old), ("new", new)): write_personas(personas, tmp_path / name)
    c = compare(tmp_path / "old", tmp_path / "new")
    path = c.write_changelog(tmp_path / "CHANGES.md")
    with pytest.raises(AlreadyThere, match="a section '## new, compared with old'"): c.write_changelog(path)
    compare(tmp_path / "new", tmp_path / "old").write_changelog(path)
    text = path.read_text()
    assert text.index("# Changelog of the personas") < text.index("## old, compared with new") < text.index("## new, compared with old")
    for form, said in (("text", "matched by"), ("markdown", "### Changed"), ("table", "moved"), ("json", '"change":"moved"')):
        assert main(["compare", str(tmp_path / "old"), str(tmp_path / "new"), "--format", form]) == 0
        assert said in capsys.readouterr().out
    assert main(["compare", str(tmp_path / "old"), str(tmp_path / "none")]) == 2 and "no such folder" in capsys.readouterr().err
    assert main(["compare", str(tmp_path / "old"), str(tmp_path / "new"), "--format", "pdf"]) == 2


def test_a_notebook_shows_the_words_of_a_change_whole():
    long = "Came to return the bike and found no free place, " * 4 + "and went on."
    old, new = (persona("a", asked("x", share("a", x, 160, w), text=long), told("dock", 3, 3, "ABC"), wave=w) for x, w in ((96, "1"), (40, "2")))
    shown = compare([old], [new])._repr_html_()
    assert long in shown and "Ash: Same interviews, no new evidence: 1 statement." in shown


def test_markup_in_words_stays_words():
    claim = asked("x", share("a", 96, 160, "1"), text="<b>*bold*</b> | `x`")
    c = compare([persona("a", claim, wave="1")], [persona("a", asked("x", share("a", 40, 160, "2"), text="<b>*bold*</b> | `x`"), wave="2")])
    assert "<b>" not in c._repr_html_().replace("<p><b>", "") and "\\<b\\>\\*bold\\*" in c.changelog()
