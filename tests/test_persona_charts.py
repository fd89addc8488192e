"""Charts of personas: every number is the table's, words fit, and nothing is told by colour alone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from personabench.charts import set_theme
from personabench.exports import write_chart
from personabench.claims import Claim, Evidence, Persona
from personabench.persona_charts import chart_compare, chart_personas, chart_priorities
from personabench.priorities import prioritise
from personabench.schema import BadInput
from personabench.statistics import wilson
from personabench.versions import compare


def claim(code: str, people: int, base: int = 20, quoted: int = 3, text: str = "", who: str = "P") -> Claim:
    low, high = wilson(people, base)
    said = [Evidence(kind="quote", quote="so", source=f"{who}{i}", start=0, end=2, case=f"{who}{i}", code=code) for i in range(quoted)]
    return Claim(id=code, text=text or code, facet="pain", codes=[code], people=people, base=base, share=people / base, low=low, high=high, evidence=said)


def persona(id: str, *claims: Claim, name: str = "Ash", share: float = .4) -> Persona:
    return Persona(id=id, name=name, label="Commutes", share=share, low=.35, high=.45, effective_n=400., people=160, claims=list(claims))


def marks(chart, kind: str) -> list[dict]:
    spec = chart.to_dict()
    return [row for unit in spec["layer"] if unit["mark"]["type"] == kind for row in spec["datasets"][unit.get("data", spec.get("data"))["name"]]]


def words(chart) -> str: return "\n".join(row["words"] for row in marks(chart, "text"))


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_comparison_shows_both_figures_their_n_and_the_change_in_words(theme: str):
    chart = chart_compare(compare([persona("a", claim("Full dock", 17), claim("Rude", 3))], [persona("a", claim("Full dock", 5), claim("Rude", 4))]), theme=theme)
    for said in ("85 %", "25 %", "▼ moved: −60 points", "n = 20, then 20", "not clearly changed"): assert said in words(chart), said
    assert {(r["version"], r["shape"]) for r in marks(chart, "point")} == {("old", "circle"), ("new", "diamond")}
    old, new = (next(r for r in marks(chart, "point") if r["version"] == v and r["claim"] == "Full dock") for v in ("old", "new"))
    assert (new["x"] - old["x"]) / 330 == pytest.approx(-.6) and "Full dock: old 85 %" in chart.to_dict()["description"]


def test_the_unchanged_is_cut_first_and_counted():
    names = [f"c{i}" for i in range(9)]
    c = compare([persona("a", claim("Full dock", 17), *(claim(n, 9) for n in names))], [persona("a", *(claim(n, 9, who="N") for n in names), claim("Full dock", 5))])
    chart = chart_compare(c, most=3)
    assert "Full dock" in words(chart) and "7 without two figures" in str(chart.to_dict()["title"]["subtitle"]) and len(marks(chart, "point")) == 6


def rated(m: float, survey: str, half: float = .2) -> Claim:
    e = Evidence(kind="survey", survey=survey, variable="ease", n=130, effective_n=130, mean=m, low=m - half, high=m + half, rest=3., effect=.4)
    return Claim(id="ease", text="“It is easy.” Rated higher than by the others.", facet="attitude", evidence=[e])


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_mean_lies_on_its_own_scale_whose_ends_are_written(theme: str):
    c = compare([persona("a", rated(3.2, "1"), claim("Full dock", 17))], [persona("a", rated(3.5, "2"), claim("Full dock", 5))])
    for ends, wide in (((1., 5.), 4.), ((None, None), None)):
        chart = chart_compare(replace(c, claims=c.claims.assign(scale_low=ends[0], scale_high=ends[1]).astype({"scale_low": float, "scale_high": float})), theme=theme)
        old, new = (next(r for r in marks(chart, "point") if r["version"] == v and r["claim"].startswith("“It")) for v in ("old", "new"))
        axis = next(r for r in marks(chart, "rule") if r["y"] == (old["y"] + new["y"]) / 2)
        share = next(r for r in marks(chart, "rule") if r["y"] < axis["y"] and r["x2"] - r["x"] == 330)
        beside = sorted((r for r in marks(chart, "text") if abs(r["y"] - axis["y"]) < 8 and r["words"].replace(".", "").isdigit()), key=lambda r: r["x"])
        low, high = float(beside[0]["words"]), float(beside[-1]["words"])
        assert (low, high) == (1, 5) if wide else low < 3.2 - 1.16 * 1.9 and high > 3.2 + 1.16 * 1.9, "without a scale the ends are two standard deviations around"
        assert (new["x"] - old["x"]) / (axis["x2"] - axis["x"]) == pytest.approx(.3 / (high - low), abs=.002) and share["x"] < axis["x"]
        for said in ("MEANS, each on its own scale", "SHARES", "100 %", "n = 130, then 130", "+0.30 (+0.02 to +0.58)"): assert said in words(chart), said


def test_what_stands_on_the_same_interviews_is_one_line_and_no_row():
    old, new = ([persona("a", rated(3.2, wave), *(claim(n, 3, 3) for n in "xyz"))] for wave in "12")
    chart = chart_compare(compare(old, new))
    assert [r["claim"][:4] for r in marks(chart, "point")] == ["“It "] * 2 and "Same interviews, no new evidence: 3 statements." in words(chart)
    alone = chart_compare(compare([persona("a", claim("x", 3, 3))], [persona("a", claim("x", 3, 3))]))
    assert not marks(alone, "point") and "Same interviews, no new evidence: 1 statement." in words(alone) and "no new evidence" in alone.to_dict()["description"]


def test_a_change_that_many_comparisons_explain_and_a_claim_that_was_only_listed_say_so():
    def asked(i: int, x: int, n: int, survey: str) -> Claim:
        low, high = wilson(x, n)
        return Claim(id=f"c{i}", text=f"c{i}", facet="pain", evidence=[Evidence(kind="survey", survey=survey, variable=f"v{i}", value=1, n=n, effective_n=n, share=x / n,
                                                                                low=low, high=high, rest=.2, effect=.5)])
    c = compare([persona("a", *(asked(i, 60, 120, "1") for i in range(20)))], [persona("a", *(asked(i, 60 + 17 * (i == 3), 120, "2") for i in range(20)))])
    assert "not clearly changed: +14 points (+2 to +26)" in words(chart_compare(c))
    assert "not clear after correction for 20 comparisons" in words(chart_compare(c)).replace("\n", " ")
    listed = chart_compare(replace(c, claims=c.claims.assign(change="now listed")))
    assert "50 %, now listed (was 50 %, not listed)\nnot clearly changed: 0 points" in words(listed)


@pytest.mark.parametrize("n", [2, 8])
def test_a_mean_has_its_interval_and_the_others_an_empty_cell_is_explained_and_what_is_left_out_has_a_name(n: int):
    people = [persona(f"p{i}", rated(3.2, "1"), *(claim(f"c{j}", 9) for j in range(3)), name=f"Name {i}") for i in range(n - 1)]
    chart = chart_personas([*people, persona("last", claim("c0", 3), name="Last")], most=2)
    key, cells = " ".join(chart.to_dict()["title"]["subtitle"]), [r["words"] for r in marks(chart, "text")]
    mean = "mean 3.2\n(3.0 to 3.4)\nn 130\nothers 3.0" if n == 8 else "mean 3.2 (3.0 to 3.4)\nn 130; others 3.0"
    assert cells.count(mean) == n - 1 and cells.count("–") == 2 and "–: nothing said of it, not asked" in key and "not drawn: 1 more of pain" in key
    rows = sorted({r["y"] for r in marks(chart, "text") if r["words"].startswith(("“It is easy", "It is easy"))} | {r["y"] for r in marks(chart, "point")})
    assert min(b - a for a, b in zip(rows, rows[1:])) >= 8


def test_one_and_eight_personas_with_long_texts(tmp_path):
    long = "A claim that takes a good many words to say what it has to say, and then says it once more, " * 3
    for n in (1, 8):
        people = [persona(f"p{i}", claim("Full dock", 9 + i, text=long), claim("x", 3, quoted=1), Claim(id="guess", text="Loves",
            facet="need"), name=f"Name {i}") for i in range(n)]
        chart = chart_personas(people)
        points = marks(chart, "point")
        assert len(points) == 3 * n and {p["shape"] for p in points} == {"circle", "cross"} and len({p["fill"] for p in points if p["shape"] == "circle"}) == 2
        assert "9 of 20" in words(chart) and "no evidence" in words(chart) and "…" in words(chart)
        assert max(len(line) for line in words(chart).splitlines()) < 60 and write_chart(chart, tmp_path / f"{n}.png").stat().st_size > 5000


def test_a_notebook_of_1280_pixels_shows_all_columns_and_one_setting_turns_all_dark():
    people = [persona(f"p{i}", claim("Full dock", 9 + i), share=.12, name=f"Name {i}") for i in range(8)]
    wanted = [{"feature": "Forecast", "needs": "dock"}]
    for n in (1, 3, 4, 8):
        for chart in (chart_personas(people[:n]), chart_priorities(prioritise(wanted, people[:n])), chart_compare(compare(people[:n], people[:n]))):
            spec = chart.to_dict()
            assert spec["width"] + 2 * spec["config"]["padding"] <= 900 and "usermeta" not in spec
            assert max((p["x"] for p in marks(chart, "point")), default=0) <= spec["width"]
    set_theme("dark")
    try: drawn = [chart_personas(people), chart_priorities(prioritise(wanted, people)), chart_compare(compare(people, people)), chart_personas(people, theme="light")]
    finally: set_theme("notebook")
    assert [c.to_dict()["config"]["background"] for c in drawn] == ["#14171C"] * 3 + ["#FFFFFF"] and drawn[3].to_dict()["usermeta"] == {"theme": "light"}


def test_nothing_to_draw_is_said():
    assert "No persona makes a claim" in words(chart_personas([persona("a")]))
    assert "No claim has a figure" in words(chart_compare(compare([persona("a")], [persona("a")])))
    assert "No claim has a figure" in words(chart_compare(compare([persona("a", claim("x", 3))], [persona("b", claim("y", 3), name="Kit")])))
    with pytest.raises(BadInput, match="no personas"): chart_personas([])
    with pytest.raises(BadInput, match="theme"): chart_personas([persona("a")], theme="blue")


def answered(code: str, x: int, n: int = 120) -> Claim:
    low, high = wilson(x, n)
    e = Evidence(kind="survey", survey="may", variable=code, value=1, n=n, effective_n=n, share=x / n, low=low, high=high, rest=.2, effect=.5)
    return Claim(id=code, text=code, facet="pain", people=x, base=n, share=x / n, low=low, high=high, evidence=[e])


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_priorities_show_reach_interval_ranks_and_what_nobody_said(theme: str):
    people = [persona("a", answered("Full dock", 102), claim("Rude", 3)), persona("b", answered("Full dock", 30), name="Kit")]
    found = prioritise([{"feature": "Forecast", "needs": "dock"}, {"feature": "Courtesy", "needs": "rude"}, {"feature": "Moon", "needs": "moon"}], people)
    chart = chart_priorities(found, theme=theme)
    for said in ("all people", "85 %, 102 of 120", "at least 44 %, rank 1", "no statement", "not known", "Kit"): assert said in words(chart), said
    points = marks(chart, "point")
    assert [(p["feature"], p["persona"]) for p in points] == [("Forecast", "all people"), ("Forecast", "Ash"), ("Forecast", "Kit"), ("Courtesy", "all people"),
                                                             ("Courtesy", "Ash")]
    assert "Forecast, all people: at least 44 %" in chart.to_dict()["description"]


def test_a_share_of_people_who_were_chosen_is_never_at_least():
    people = [persona("a", answered("Full dock", 102), claim("Rude", 3, 3)), persona("b", claim("Full dock", 2, 2), claim("Rude", 2, 2), name="Kit")]
    found = prioritise([{"feature": "Forecast", "needs": "dock"}, {"feature": "Courtesy", "needs": "rude"}], people)
    assert found.ranking.set_index("feature")["ground"].to_dict() == {"Courtesy": "interviews", "Forecast": "survey and interviews"}
    chart = chart_priorities(found)
    assert "at least" not in words(chart) + chart.to_dict()["description"] + found.explain() and "80 %, rank" in words(chart)
    hollow = [p["fill"] == "#FFFFFF" for p in marks(chart, "point") if p["persona"] == "all people"]
    assert hollow == [True, True] and "people who were chosen" in found.explain()
    assert "'Forecast', 'Courtesy' rest on interviews" in str(chart.to_dict()["title"]["subtitle"])


def test_what_somebody_only_spoke_about_is_no_row():
    figures = dict(facet="demographic", people=5, base=5, share=1., low=.57, high=1., quotes=5)
    p = Persona(id="a", name="Avery", claims=[Claim(id="t", text="Talked about: Job and hours.", codes=["Job"], **figures),
                                              Claim(id="f", text="Works at night.", codes=["Night"], **figures)])
    words = " ".join(str(row.get("words")) for rows in chart_personas([p]).to_dict()["datasets"].values() for row in rows)
    assert "Works at night." in words and "Job and hours" not in words
