"""Charts of personas: every number is the table's, words fit, and nothing is told by colour alone."""

from __future__ import annotations

import pytest

from personabench.exports import write_chart
from personabench.personas import Claim, Evidence, Persona
from personabench.persona_charts import chart_compare, chart_personas, chart_priorities
from personabench.priorities import prioritise
from personabench.schema import BadInput
from personabench.statistics import wilson
from personabench.versions import compare


def claim(code: str, people: int, base: int = 20, quoted: int = 3, text: str = "") -> Claim:
    low, high = wilson(people, base)
    said = [Evidence(kind="quote", quote="so", source=f"P{i}", start=0, end=2, case=f"P{i}", code=code) for i in range(quoted)]
    return Claim(id=code, text=text or code, facet="pain", codes=[code], people=people, base=base, share=people / base, low=low, high=high, evidence=said)


def persona(id: str, *claims: Claim, name: str = "Ash") -> Persona:
    return Persona(id=id, name=name, label="Commutes", share=.4, low=.35, high=.45, effective_n=400., people=160, claims=list(claims))


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
    c = compare([persona("a", claim("Full dock", 17), *(claim(n, 9) for n in names))], [persona("a", *(claim(n, 9) for n in names), claim("Full dock", 5))])
    chart = chart_compare(c, most=3)
    assert "Full dock" in words(chart) and "7 without two figures" in str(chart.to_dict()["title"]["subtitle"]) and len(marks(chart, "point")) == 6


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
    assert chart.to_dict()["width"] <= 1300


def test_nothing_to_draw_is_said():
    assert "No persona makes a claim" in words(chart_personas([persona("a")]))
    assert "No claim has a figure" in words(chart_compare(compare([persona("a")], [persona("a")])))
    assert "No claim has a figure" in words(chart_compare(compare([persona("a", claim("x", 3))], [persona("b", claim("y", 3), name="Kit")])))
    with pytest.raises(BadInput, match="no personas"): chart_personas([])
    with pytest.raises(BadInput, match="theme"): chart_personas([persona("a")], theme="blue")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_priorities_show_reach_interval_ranks_and_what_nobody_said(theme: str):
    people = [persona("a", claim("Full dock", 17), claim("Rude", 3)), persona("b", claim("Full dock", 5), name="Kit")]
    found = prioritise([{"feature": "Forecast", "needs": "dock"}, {"feature": "Courtesy", "needs": "rude"}, {"feature": "Moon", "needs": "moon"}], people)
    chart = chart_priorities(found, theme=theme)
    for said in ("all people, at least", "85 %, 17 of 20", "rank 1", "no statement", "not known", "Kit"): assert said in words(chart), said
    points = marks(chart, "point")
    assert [(p["feature"], p["persona"]) for p in points] == [("Forecast", "all people"), ("Forecast", "Ash"), ("Forecast", "Kit"), ("Courtesy", "all people"),
                                                             ("Courtesy", "Ash")]
    assert "Forecast, all people: at least 44 %" in chart.to_dict()["description"]
