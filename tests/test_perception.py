"""Perception: the scores are R's, few people are said to be few, and what is no answer is refused."""

from __future__ import annotations

import json
import re
from html import unescape
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from personabench.perception import _ITEMS, PERCEPTION_COLUMNS, PERCEPTION_ITEMS, _item_names, perception_form, perception_key, score_perception
from personabench.claims import Persona
from personabench.schema import BadInput

GOLDEN = json.loads((Path(__file__).parent / "golden" / "perception.json").read_text("utf-8"))
ASH = Persona(id="ash", name="Ash", label="Commutes by bike")


def answers(n: int = 6, **columns) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    return pd.DataFrame({name: rng.integers(1, 8, n) for name in _ITEMS} | columns)


def golden() -> pd.DataFrame: return answers(**dict(zip(_item_names("clarity"), GOLDEN["answers"])))


def row(scores: pd.DataFrame, construct: str) -> pd.Series: return scores.set_index("construct").loc[construct]


def test_mean_interval_and_alpha_are_r_s():
    found = row(score_perception(golden()), "clarity")
    assert found[["mean", "low", "high", "alpha"]].tolist() == pytest.approx([GOLDEN[k] for k in ("mean", "low", "high", "alpha")], rel=1e-8)
    assert found["n"] == 6 and found["note"] == "" and found["alpha_low"] < found["alpha"] < found["alpha_high"]


def test_one_row_a_persona_and_construct():
    table = answers(8, persona=["ash"] * 4 + ["wren"] * 4)
    scores = score_perception(table)
    assert list(scores.columns) == list(PERCEPTION_COLUMNS) and len(scores) == 16 and scores["persona"].unique().tolist() == ["ash", "wren"]
    assert row(scores[scores["persona"].eq("wren")], "empathy")["mean"] == pytest.approx(table.loc[4:, _item_names("empathy")].mean(axis=1).mean())


def test_one_missing_statement_is_borne_and_two_are_not():
    table = golden().astype("object")
    table.loc[0, "clarity_1"] = None
    table.loc[1, ["clarity_1", "clarity_2"]] = ""
    found = row(score_perception(table), "clarity")
    whole = [np.mean(x) for x in zip(*GOLDEN["answers"])]
    assert found["n"] == 5 and found["mean"] == pytest.approx(np.mean([(5 + 6) / 2, *whole[2:]])) and "1 left out" in found["note"]


@pytest.mark.parametrize("n,mean,interval", [(1, True, False), (2, True, False), (3, True, True)])
def test_few_people_are_said_to_be_few(n, mean, interval):
    found = row(score_perception(golden().head(n)), "clarity")
    assert found["n"] == n and np.isfinite(found["mean"]) == mean and np.isfinite(found["low"]) == interval
    assert np.isnan(found["alpha"]) and f"no alpha: {n} respondents with all 3 items, not 4 or more" in found["note"]
    assert ("no interval below three people" in found["note"]) != interval


def test_no_answer_at_all_is_no_score_and_sameness_no_certainty():
    table = answers().astype("object")
    table[_item_names("clarity")], table[_item_names("empathy")] = None, 7
    scores = score_perception(table)
    assert row(scores, "clarity")["n"] == 0 and np.isnan(row(scores, "clarity")["mean"])
    assert row(scores, "empathy")["mean"] == 7 and np.isnan(row(scores, "empathy")["low"]) and "everybody gave the same" in row(scores, "empathy")["note"]


def test_an_interval_ends_where_the_scale_ends():
    found = row(score_perception(answers(4, **dict.fromkeys(_item_names("clarity"), [7, 7, 7, 5]))), "clarity")
    assert found["high"] == 7 and found["low"] > 1


@pytest.mark.parametrize("change,said", [
    (lambda t: t.drop(columns="clarity_2"), "no column 'clarity_2'"), (lambda t: t.assign(clarity_2=8), "the answer '8' to clarity_2"),
    (lambda t: t.assign(clarity_2=2.5), "2.5"), (lambda t: t.assign(clarity_2="often"), "'often'"), (lambda t: t.head(0), "no answers"),
    (lambda t: t.assign(persona="ash", respondent="MB"), "'MB' answered for 'ash' twice")])
def test_what_is_no_answer_is_refused(change, said):
    with pytest.raises(BadInput, match=re.escape(said)): score_perception(change(answers()))


def test_files_a_folder_or_a_table(tmp_path):
    table = golden().assign(persona="ash", respondent=[f"R{i}" for i in range(6)])
    for i in range(6): table.iloc[[i]].to_csv(tmp_path / f"{i}.csv", index=False, encoding="utf-8-sig")
    for given in (tmp_path, sorted(tmp_path.glob("*.csv"))): assert row(score_perception(given), "clarity")["mean"] == pytest.approx(GOLDEN["mean"])
    with pytest.raises(BadInput, match="no CSV files"): score_perception([])
    with pytest.raises(BadInput, match="cannot be read"): score_perception(tmp_path / "none.csv")


def test_the_form_asks_everything_once_mixed_and_needs_no_network(tmp_path):
    page = perception_form(ASH, tmp_path / "form.html")
    assert (tmp_path / "form.html").read_text("utf-8") == page
    asked = [unescape(words) for words in re.findall(r"<legend>\d+\. (.*?)</legend>", page)]
    assert sorted(asked) == sorted(words for said in PERCEPTION_ITEMS.values() for words in said)
    of = {words: construct for construct, said in PERCEPTION_ITEMS.items() for words in said}
    assert all(of[a] != of[b] for a, b in zip(asked, asked[1:])), "neighbours ask about different things"
    assert "Content-Security-Policy" in page and not re.search(r"(?:src|href)\s*=\s*[\"']|url\(|@import|https?:", page) and "Salminen" in page


@pytest.mark.parametrize("bad", ["</script><script>alert(1)</script>", "<img src=x onerror=alert(1)>"])
def test_markup_in_names_is_text(bad):
    page = perception_form(Persona(id="a", name=bad, label=bad))
    assert bad not in page


def test_respondents_see_no_construct_and_the_researcher_has_the_key():
    page = unescape(perception_form(ASH))
    shown = re.sub(r"<style>.*?</style>", "", page, flags=re.DOTALL)
    assert not [c for c in PERCEPTION_ITEMS if re.search(rf"\b{c.replace(' ', '[ _]')}(_\d)?\b", shown)]
    key = perception_key()
    asked = json.loads(re.search(r'id="about">(.*?)</script>', page)[1])["items"]
    assert asked == key["item"].tolist() == [f"q{i:02}" for i in range(1, 25)] and key["construct"].value_counts().eq(3).all()
    assert [page.index(words) for words in key["statement"]] == sorted(page.index(words) for words in key["statement"]), "in the order of the page"
    neutral = golden().rename(columns=dict(zip(key["name"], key["item"])))
    assert score_perception(neutral).equals(score_perception(golden()))


def test_the_lead_says_what_the_tagline_is():
    page = unescape(perception_form(ASH, card="<p>card</p>"))
    assert "Ash stands for a group of people, summed up as \u201cCommutes by bike\u201d. Read the card first; then say how far you agree with 24 statements" in page
