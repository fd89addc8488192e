"""Segment charts: the drawn numbers are the tables' numbers, nothing is left out without a word, and the picture can be read by anybody."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from personabench import segment_charts as sc
from personabench.charts import _THEMES, _contrast, recolour, set_theme
from personabench.many_analyses import multiverse
from personabench.schema import BadInput
from personabench.segment_charts import (chart_confusion, chart_criteria, chart_differences, chart_map, chart_missing, chart_multiverse, chart_power,
                                         chart_profile, chart_stability)
from personabench.segmentation import Segmentation, segment
from personabench.statistics import wilson
from personabench.survey import read_survey


def answers_of(kinds: int, n: int, *, columns: int = 6, names: str = "q{}", seed: int = 0) -> pd.DataFrame:
    "Planted kinds of people: numbers, scales and words by turns, with holes, and a yes or no that is held out."
    rng = np.random.default_rng(seed)
    kind, at = rng.choice(kinds, n), rng.normal(0, 2.5, (kinds, columns))
    df = {}
    for j in range(columns):
        x = rng.normal(at[kind, j], 1)
        df[names.format(j)] = [x.round(2), pd.Categorical(np.clip(np.round(x + 3), 1, 5), categories=[1., 2, 3, 4, 5], ordered=True),
                               pd.Categorical(np.array(["no", "some", "much"])[np.digitize(x, [-1, 1])])][j % 3]
    frame = pd.DataFrame(df).mask(rng.random((n, columns)) < .06)
    return frame.assign(owner=np.where(rng.random(n) < .2 + .6 * (kind == 0), "yes", "no"), w=rng.choice([.5, 1., 2.], n))


def made(kinds: int, n: int = 200, *, n_boot: int = 4, verdict: bool = False, **how) -> Segmentation:
    df = answers_of(kinds, n, **how)
    return segment(read_survey(df, weights="w"), variables=[c for c in df if c not in ("owner", "w")], k=kinds, n_boot=n_boot, verdict=verdict, n_init=3)


@pytest.fixture(scope="module")
def seg() -> Segmentation:
    df = answers_of(3, 240)
    return segment(read_survey(df, weights="w"), variables=list(df.columns[:6]), k=range(1, 5), n_boot=8, verdict=True)


@pytest.fixture(scope="module")
def bare() -> Segmentation: return made(3, n_boot=0)


@pytest.fixture(scope="module")
def many(seg): return multiverse(seg.survey, reference=seg, most=40)


@pytest.fixture(scope="module")
def nine() -> Segmentation: return made(9, 700, columns=9)


DIFFERENCES = pd.DataFrame({
    "variable": list("abcde"), "level": "nominal",
    "label": ["Small", "Large", "Own", "Nothing known", "A name that goes on and on so that it has to be broken into several lines of text"],
    "used": [False, False, True, False, False], "n": [100, 90, 80, 5, 70], "measure": ["omega squared", *["Cramer's V"] * 4], "effect": [.01, .5, .9, np.nan, .2],
    "low": [0, .4, .8, np.nan, .1], "high": [.05, .6, .95, np.nan, .3], "statistic": np.nan, "df": 2, "p": [.3, 1e-9, np.nan, np.nan, .06],
    "q": [.4, 1e-8, np.nan, np.nan, .07], "design_effect": 1.})


def confusion(k: int, right: int = 80, of: int = 100) -> pd.DataFrame:
    names = [chr(65 + i) for i in range(k)]
    rows = [(a, b, right if a == b else (of - right) // k) for a in names for b in [*names, "unassigned"]]
    return pd.DataFrame([(*r, r[2] / of, *wilson(r[2], of)) for r in rows], columns=["segment", "assigned", "n", "share", "low", "high"])


HITS = {"clear": (150, 200), "medium": (60, 199), "none: a long name of a structure without any groups": (3, 5)}
POWER = pd.DataFrame([(s, n, h / 200, *wilson(h, 200), 200) for s, hits in HITS.items() for n, h in zip((200, 2000), hits)],
                     columns=["structure", "n", "shown", "low", "high", "runs"])


def missing(holes: pd.DataFrame) -> pd.DataFrame:
    each = holes.value_counts().rename("n").reset_index().assign(pattern=lambda t: range(len(t)), share=lambda t: t["n"] / t["n"].sum())
    return each.melt(["pattern", "n", "share"], var_name="variable", value_name="missing")


HOLES = pd.DataFrame({"age": [True] * 3 + [False] * 17, "pass": [True] * 2 + [False] * 18, "full": False})


@pytest.fixture(scope="module")
def every(seg, many):
    "Each chart by name, as a function of the theme."
    return {"snake": lambda t: chart_profile(seg, theme=t), "heat": lambda t: chart_profile(seg, kind="heat", theme=t),
            "stability": lambda t: chart_stability(seg, theme=t),
            "criteria": lambda t: chart_criteria(seg, theme=t), "map": lambda t: chart_map(seg, theme=t), "multiverse": lambda t: chart_multiverse(many, theme=t),
            "differences": lambda t: chart_differences(DIFFERENCES, theme=t), "confusion": lambda t: chart_confusion(confusion(3), theme=t),
            "power": lambda t: chart_power(POWER, theme=t), "missing": lambda t: chart_missing(missing(HOLES), theme=t)}


NAMES = ["snake", "heat", "stability", "criteria", "map", "multiverse", "differences", "confusion", "power", "missing"]


# -- Reading a spec -----------------------------------------------------------------------------------------------------------
def units(spec: dict) -> list[dict]:
    inside = spec.get("vconcat", spec.get("hconcat", spec.get("layer")))
    return [spec] if inside is None else [u for part in inside for u in units({"data": spec.get("data"), **part})]     # data of all layers stands above them


def kind_of(unit: dict) -> str: return unit["mark"] if isinstance(unit["mark"], str) else unit["mark"]["type"]
def rows_of(spec: dict, unit: dict) -> list[dict]: return spec["datasets"][unit["data"]["name"]]


def drawn(spec: dict, kind: str, *fields: str) -> pd.DataFrame:
    "The data of the first mark of a kind that has these fields."
    for unit in units(spec):
        if kind_of(unit) == kind and set(fields) <= set(rows_of(spec, unit)[0]): return pd.DataFrame(rows_of(spec, unit))
    raise AssertionError(f"no {kind} with {fields}")


def words_of(chart) -> str:
    "Everything that a spec says, names of rows (inside of expressions) included."
    return re.sub(r"\\\\u([0-9a-f]{4})", lambda m: chr(int(m[1], 16)), json.dumps(chart.to_dict(), ensure_ascii=False))


def title(chart) -> str: return " ".join([chart.title.text, *chart.title.subtitle])
def svg(chart) -> str:
    import vl_convert

    return vl_convert.vegalite_to_svg(chart.to_dict())


# -- Profile ------------------------------------------------------------------------------------------------------------------
def test_the_snake_draws_distances_from_everybody_in_standard_deviations(seg):
    rows = drawn(chart_profile(seg, most=30).to_dict(), "point", "z").set_index(["name", "segment"])
    w, labels = seg.survey.case_weights, seg.labels
    for name, x in (("q0", seg.survey.data["q0"]), ("owner: yes", (seg.survey.data["owner"] == "yes").astype(float))):
        known = x.notna()
        mean = np.average(x[known], weights=w[known])
        sd = np.sqrt(np.average((x[known] - mean) ** 2, weights=w[known]))
        for s in "ABC":
            here = known & (labels == s)
            assert rows.loc[(name, s), "z"] == pytest.approx((np.average(x[here], weights=w[here]) - mean) / sd, rel=.03, abs=.01)
            assert rows.loc[(name, s), "from"] < rows.loc[(name, s), "z"] < rows.loc[(name, s), "to"] and rows.loc[(name, s), "n"] == here.sum()


@pytest.mark.parametrize("level", ["numeric", "ordinal"])
def test_standard_deviations_follow_from_the_profile_alone(level):
    seg = made(4, 900)
    profile = seg.profile()
    name = "q3" if level == "numeric" else "q1"
    x, w = seg.survey.answers([name])[name].astype("float64"), seg.survey.case_weights
    mean = np.average(x.dropna(), weights=w[x.notna()])
    sd = np.sqrt(np.average((x.dropna() - mean) ** 2, weights=w[x.notna()]))
    assert sc._spread(profile[(profile["variable"] == name) & (profile["measure"] == "mean")]) == pytest.approx(sd, rel=.02)


def test_the_most_telling_rows_come_first_and_the_others_are_counted(seg):
    chart = chart_profile(seg, most=3)
    rows = drawn(chart.to_dict(), "point", "z")
    spread = rows.groupby("name", sort=False)["z"].agg(lambda z: z.max() - z.min())
    assert len(spread) == 3 and spread.is_monotonic_decreasing and "The 3 most telling of 7 rows" in title(chart)
    all_rows = drawn(chart_profile(seg, most=99).to_dict(), "point", "z").groupby("name")["z"].agg(lambda z: z.max() - z.min())
    assert set(spread.index) == set(all_rows.nlargest(3).index) and "most telling" not in title(chart_profile(seg, most=99))


def test_sizes_intervals_and_what_made_the_segments_are_said(seg):
    for kind in ("snake", "heat"):
        chart = chart_profile(seg, kind=kind, most=30)
        n = seg.labels.value_counts()
        assert all(f"{s} n = {n[s]}" in title(chart) for s in "ABC") and "95 % interval" in title(chart) and "◊ made the segments" in title(chart)
        words = words_of(chart)
        assert "◊ q0" in words and "◊ owner" not in words and "owner" in words
    assert "◊" not in title(chart_profile(seg, variables=["owner"]))


def test_a_profile_table_draws_the_same_as_its_segments(seg):
    one, two = (drawn(chart_profile(x, most=30).to_dict(), "point", "z") for x in (seg, seg.profile()))
    pd.testing.assert_frame_equal(one, two)


def test_cells_hold_the_numbers_of_the_profile(seg):
    spec = chart_profile(seg, kind="heat", most=40).to_dict()
    cells = drawn(spec, "rect", "says").set_index(["name", "segment"])
    for row in seg.profile(["owner"]).query("value == 'yes'").itertuples():
        cell = cells.loc[("owner: yes", row.segment)]
        assert cell["says"].startswith(f"{row.share_or_mean:.0%}") and cell["sure"] == f"{row.low:.0%}–{row.high:.0%}".replace("%–", "–")
    assert ("q2: some", "A") in cells.index and ("owner: no", "A") not in cells.index       # of yes and no one is enough
    label = [u for u in units(spec) if kind_of(u) == "text"]
    assert {u["encoding"]["text"]["field"] for u in label} == {"says", "sure"}


def bluer(fill: str) -> bool: return int(fill[5:7], 16) > int(fill[1:3], 16)


def test_colour_and_arrow_say_more_or_less_than_the_others(seg):
    profile = seg.profile().drop(columns="residual", errors="ignore")
    chart = chart_profile(profile, kind="heat", most=40)
    cells = drawn(chart.to_dict(), "rect", "says")
    strong = cells[cells["says"].str.contains("[▲▼]")]
    assert len(strong) > 10 and (strong["fill"].map(bluer) == strong["says"].str.contains("▲")).all() and "standard deviations" in title(chart)
    up = profile.assign(residual=np.where(profile["segment"] == "A", 5., -3.))
    chart = chart_profile(up, kind="heat", most=40)
    cells = drawn(chart.to_dict(), "rect", "says")
    assert cells.loc[cells["segment"] == "A", "says"].str.endswith("▲").all() and cells.loc[cells["segment"] != "A", "says"].str.endswith("▼").all()
    assert cells.loc[cells["segment"] == "A", "fill"].map(bluer).all() and "adjusted residual" in title(chart)
    weak = drawn(chart_profile(profile.assign(residual=1.9), kind="heat", most=40).to_dict(), "rect", "says")
    assert not weak["says"].str.contains("[▲▼]").any()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_can_be_read_on_every_ground_of_a_cell(theme):
    grounds = [sc._tint(v, theme) for v in np.linspace(-1.2, 1.2, 97)]
    assert min(_contrast(sc._on(g), g) for g in grounds) >= 4.5 and len(set(grounds)) > 60
    assert sc._tint(float("nan"), theme) == sc._tint(0., theme)


def test_turning_a_heat_map_dark_leaves_its_cells_readable(seg):
    chart = chart_profile(seg, kind="heat")
    cells = drawn(chart.to_dict(), "rect", "says")
    dark = recolour(svg(chart)).lower()
    pairs = {(f.lower(), i.lower()) for f, i in zip(cells["fill"], cells["ink"])}
    assert all(fill in dark and ink in dark for fill, ink in pairs)


def test_a_segment_in_which_nobody_answered_has_an_empty_cell():
    df = answers_of(3, 200)
    first = segment(read_survey(df), variables=list(df.columns[:6]), k=3, n_boot=0, verdict=False)
    df.loc[(first.labels == "B").to_numpy(), "owner"] = None
    seg = segment(read_survey(df), variables=list(df.columns[:6]), k=3, n_boot=0, verdict=False)
    cells = drawn(chart_profile(seg, kind="heat", variables=["owner", "q0"]).to_dict(), "rect", "says").set_index(["name", "segment"])
    assert cells.loc[("owner: yes", "B"), "says"] == "–" and cells.loc[("owner: yes", "B"), "sure"] == ""
    snake = drawn(chart_profile(seg, variables=["owner", "q0"]).to_dict(), "point", "z")
    assert set(snake.loc[snake["name"] == "owner: yes", "segment"]) == {"A", "C"}
    assert "NaN" not in svg(chart_profile(seg, kind="heat", variables=["owner"])) and "NaN" not in svg(chart_profile(seg, variables=["owner"]))


def test_everybody_alike_is_drawn_without_distance():
    rows = [("v", "ordinal", "mean", "mean", "mean", s, 50, 50., 3., 3., 3., 3., 3., True) for s in "AB"]
    profile = pd.DataFrame(rows, columns=["variable", "level", "value", "label", "measure", "segment", "n", "effective_n", "share_or_mean", "low", "high",
                                          "overall", "rest", "used"])
    assert drawn(chart_profile(profile, kind="heat").to_dict(), "rect", "says")["says"].tolist() == ["3.00", "3.00"]


# -- Stability ----------------------------------------------------------------------------------------------------------------
STEADY = pd.DataFrame({"segment": list("ABC"), "n": [100, 60, 40], "jaccard": [.9, .7, .4], "low": [.8, .5, .2], "high": [.97, .85, .6],
                       "recovered": [1, .4, 0], "dissolved": [0, .1, .7]})


def test_each_segment_has_its_index_its_interval_and_its_reading():
    spec = chart_stability(STEADY).to_dict()
    rows = drawn(spec, "point", "jaccard")
    assert rows["jaccard"].tolist() == [.9, .7, .4] and rows["low"].tolist() == [.8, .5, .2] and rows["row"].tolist() == [0, 1, 2]
    assert [s.split("\u2002")[1] for s in rows["says"]] == ["comes back", "doubtful who belongs", "not to be trusted"]
    point = next(u for u in units(spec) if kind_of(u) == "point")
    assert point["encoding"]["fill"]["condition"]["test"] == "datum.jaccard >= .75"
    lines = [rows_of(spec, u)[0]["at"] for u in units(spec) if kind_of(u) == "rule" and "at" in rows_of(spec, u)[0]]
    assert lines == [.6, .75] and all(f"n = {n}" in words_of(chart_stability(STEADY)) for n in (100, 60, 40))


def test_the_stability_of_a_segmentation_is_its_table(seg):
    rows = drawn(chart_stability(seg).to_dict(), "point", "jaccard")
    assert np.allclose(rows[["jaccard", "low", "high"]], seg.stability[["jaccard", "low", "high"]]) and "8 bootstrap samples" in title(chart_stability(seg))


# -- Criteria -----------------------------------------------------------------------------------------------------------------
def panels(chart) -> dict[str, dict]:
    spec = chart.to_dict()
    return {p["title"]["text"]: {"data": row.get("data"), **p} for row in spec["vconcat"] for p in row["hconcat"]} | {"spec": spec}


def test_every_criterion_has_a_panel_with_direction_choice_and_best(seg):
    found = panels(chart_criteria(seg))
    spec = found.pop("spec")
    assert set(found) == {t for t, _ in sc._CRITERIA.values()}
    for name, (text, way) in sc._CRITERIA.items():
        rows = pd.DataFrame(rows_of(spec, next(u for u in units(found[text]) if kind_of(u) == "circle")))
        known = seg.criteria[seg.criteria[name].notna() & (seg.criteria["k"] > (name == "smallest"))]
        assert np.allclose(rows["value"], known[name]) and rows.loc[rows["chosen"], "k"].tolist() == [seg.k]
        votes_for = [k for k, said in zip(seg.criteria["k"], seg.criteria["voters"]) if name in said.split(", ")]
        assert sorted(rows.loc[rows["best"], "k"]) == (seg.criteria.loc[seg.criteria["chosen"], "k"].tolist() if name == "votes" else votes_for)
        assert {1: "higher", -1: "lower", 0: "share"}[way] in " ".join(found[text]["title"]["subtitle"])


def test_intervals_stand_where_there_are_any(seg):
    found = panels(chart_criteria(seg))
    def rows(name: str) -> pd.DataFrame: return pd.DataFrame(rows_of(found["spec"], next(u for u in units(found[name]) if kind_of(u) == "circle"))).set_index("k")

    from personabench.statistics import effective_n

    n, small = effective_n(seg.survey.case_weights), rows("Smallest segment")
    assert [tuple(r) for r in small[["low", "high"]].to_numpy()] == [pytest.approx(wilson(v * n, n)) for v in small["value"]]
    worst = seg.stability.loc[seg.stability["jaccard"].idxmin()]
    jaccard = rows("Jaccard, least stable segment")
    assert jaccard.loc[seg.k, "low"] == worst["low"] and jaccard["low"].notna().sum() == 1
    given = seg.criteria.assign(gap_low=seg.criteria["gap"] - .1, gap_high=seg.criteria["gap"] + .1)
    found = panels(chart_criteria(given))
    assert rows("Gap")["low"].notna().all() and rows("Smallest segment")["low"].isna().all()


def test_what_was_not_measured_is_listed(bare):
    chart = chart_criteria(bare)
    assert "Not measured: Jaccard, least stable segment, Prediction strength, Instability, Gap." in title(chart) and "One number was tried" in title(chart)
    assert "Gap" not in panels(chart) and "BIC" in panels(chart)
    assert "undefined" not in svg(chart) and float(re.search(r'height="(\d+)"', svg(chart))[1]) < 700     # no mark leaves its panel


# -- Map ----------------------------------------------------------------------------------------------------------------------
def test_centres_are_weighted_means_and_axes_tell_their_share(seg):
    from personabench.prototypes import FAMD

    chart = chart_map(seg)
    answers, w = seg.survey.answers(seg.variables), seg.survey.case_weights
    famd = FAMD(2).fit(answers, sample_weight=w)
    places = famd.transform(answers)
    told = drawn(chart.to_dict(), "point", "says").set_index("segment")
    for s in "ABC":
        here = (seg.labels == s).to_numpy()
        assert np.allclose(told.loc[s, ["x", "y"]].astype(float), np.average(places[here], axis=0, weights=w[here]))
        assert told.loc[s, "n"] == here.sum() and told.loc[s, "says"] == f"{s}\u2002n = {here.sum()}" and told.loc[s, "label"] > told.loc[s, "y"]
    words = words_of(chart)
    assert all(f"axis {i + 1}: {r:.0%} of all differences" in words for i, r in enumerate(famd.explained_variance_ratio_)) and f"Verdict: {seg.verdict}" in title(chart)


def test_ellipses_hold_the_true_centre_in_95_of_100_samples():
    rng, held = np.random.default_rng(0), 0
    for _ in range(400):
        xy = rng.multivariate_normal([2, -1], [[2, 1.2], [1.2, 1]], 80)
        _, ring = sc._centres(pd.DataFrame({"segment": "A", "x": xy[:, 0], "y": xy[:, 1], "w": 1.}), ["A"])
        middle, cov = xy.mean(axis=0), np.cov(xy.T) / 80
        far = [d @ np.linalg.solve(cov, d) for d in ring[["x", "y"]].to_numpy() - middle]
        assert np.allclose(far, 5.991, rtol=1e-3)
        d = np.array([2, -1]) - middle
        held += d @ np.linalg.solve(cov, d) <= far[0]
    assert .92 < held / 400 < .975


def test_of_many_respondents_a_sample_is_drawn_and_of_very_many_squares(monkeypatch):
    seg = made(3, 900)
    chart = chart_map(seg)
    points = drawn(chart.to_dict(), "point", "x")
    assert len(points) == 700 and "A random 700 of 900 respondents" in title(chart) and set(points["segment"]) == set("ABC")
    monkeypatch.setattr(sc, "_CROWD", 800)
    chart = chart_map(seg)
    squares = drawn(chart.to_dict(), "rect", "n")
    out = int(re.search(r"(\d+) respondents? far out", title(chart))[1]) if "far out" in title(chart) else 0
    assert squares["n"].sum() == 900 - out and (squares["x_end"] > squares["x"]).all() and "darker square" in title(chart)


def test_an_arch_is_warned_of_and_groups_are_not():
    place = np.random.default_rng(0).uniform(-2, 2, 300)
    arch = pd.DataFrame({f"a{j}": np.exp(-(place - c) ** 2 / .5) + np.random.default_rng(j).normal(0, .1, 300) for j, c in enumerate(np.linspace(-2, 2, 7))})
    assert "Careful, an arch" in title(chart_map(segment(arch, k=3, n_boot=0, verdict=False)))
    rng = np.random.default_rng(1)
    corners = np.array([[0, 0], [6, 0], [0, 6], [6, 6]])[rng.choice(4, 300)]
    apart = pd.DataFrame({f"x{j}": corners[:, j % 2] + rng.normal(size=300) for j in range(4)})
    assert "arch" not in title(chart_map(segment(apart, k=4, n_boot=0, verdict=False)))


def test_one_who_is_far_out_does_not_squeeze_the_others():
    df = pd.DataFrame(np.random.default_rng(2).normal(size=(300, 4))).add_prefix("x")
    df.iloc[0] = 60.
    chart = chart_map(segment(df, k=2, n_boot=0, verdict=False))
    assert "1 respondent far out, not drawn" in title(chart)
    assert drawn(chart.to_dict(), "point", "x")["x"].std() > .1 * np.ptp(chart.to_dict()["vconcat"][0]["layer"][0]["encoding"]["x"]["scale"]["domain"])


def test_names_of_centres_that_lie_together_stand_apart():
    x = y = {"scale": {"domain": [0, 100]}}
    places = sc._label_places(pd.DataFrame({"segment": list("ABCD"), "x": [50, 51, 50, 5], "y": [50, 50, 51, 50], "n": 9}), x, y)
    close = places[places["segment"] != "D"]["label"].sort_values()
    assert close.diff().dropna().min() * sc._MAP[1] / 100 >= 14.9


def test_one_variable_has_one_axis():
    rng = np.random.default_rng(0)
    chart = chart_map(segment(pd.DataFrame({"x": np.r_[rng.normal(0, 1, 90), rng.normal(9, 1, 60)]}), k=2, n_boot=0, verdict=False))
    assert "there is one axis only" in json.dumps(chart.to_dict()) and "NaN" not in svg(chart)


# -- Many analyses ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("draw", [lambda seg, many: chart_stability(seg), lambda seg, many: chart_multiverse(many)])
def test_every_row_says_which_segment_it_is(seg, many, draw):
    words = re.sub(r"<[^>]+>", " ", re.sub(r"<(title|desc)[^>]*>.*?</\1>", "", svg(draw(seg, many))))
    for name, n in seg.labels.value_counts().items(): assert f"{name}\u2002n = {n}" in words


def test_analyses_stand_by_agreement_with_their_choices_below(many):
    spec = chart_multiverse(many).to_dict()
    points = drawn(spec, "circle", "ari")
    assert np.allclose(points["ari"], many.analyses["ari"].sort_values(ascending=False), atol=1e-3) and len(points) == 40
    marks = drawn(spec, "tick", "place")
    assert marks.groupby("place").size().eq(4).all() and marks["place"].nunique() == 40     # method, k, scaling, subset
    names = next(u for u in units(spec) if kind_of(u) == "tick")["encoding"]["y"]["axis"]["labelExpr"]
    lookup = {int(i): v for i, v in json.loads(names[1:names.rindex(")[")]).items()}
    for row in points.itertuples():
        said = {lookup[i][0] for i in marks.loc[marks["place"] == row.place if hasattr(row, "place") else row.Index, "row"]}
        assert row.method in said and f"k = {row.k}" in said


def test_survival_has_intervals_and_a_mark_for_kept(many):
    spec = chart_multiverse(many).to_dict()
    rows = drawn(spec, "point", "survives")
    assert np.allclose(rows[["survives", "low", "high"]], many.segments[["survives", "low", "high"]]) and rows["kept"].tolist() == many.segments["kept"].tolist()
    alike = many.segments["kept_same_k"]
    assert all(("not kept" in s) != (k or a) and ("kept at k = 3" in s) == (a and not k) for s, k, a in zip(rows["says"], rows["kept"], alike))
    assert all(f"{x:.0%} at k = 3; {y:.0%} of all" in s for s, x, y in zip(rows["says"], many.segments["same_k"], many.segments["survives"]))
    assert np.allclose(drawn(spec, "tick", "same_k")["same_k"], many.segments["same_k"])
    assert alike.any() and "not independent" in title(chart_multiverse(many))


def test_of_very_many_analyses_some_are_drawn_and_it_is_said(many, monkeypatch):
    monkeypatch.setattr(sc, "_COLUMNS", 15)
    chart = chart_multiverse(many)
    points = drawn(chart.to_dict(), "circle", "ari")
    assert len(points) == 15 and "40 analyses (15 drawn)" in title(chart)
    assert points["ari"].max() == pytest.approx(many.analyses["ari"].max(), abs=1e-3) and points["ari"].min() == pytest.approx(many.analyses["ari"].min(), abs=1e-3)


# -- Differences --------------------------------------------------------------------------------------------------------------
def test_differences_are_ordered_and_say_what_their_test_said():
    spec = chart_differences(DIFFERENCES).to_dict()
    rows = drawn(spec, "point", "effect")
    assert rows["label"].str[:5].tolist() == ["Large", "A nam", "Small", "Own"] and rows["effect"].tolist() == [.5, .2, .01, .9]
    assert rows["state"].tolist() == ["q below .05", "q of .05 or more", "q of .05 or more", "made the segments"]
    assert "q < .001" in rows["says"][0] and "q = .070" in rows["says"][1] and "ω² 0.010" in rows["says"][2] and "q" not in rows["says"][3]
    assert rows["low"].tolist() == [.4, .1, 0, .8] and "n = 70" in json.dumps(spec) and "Nothing known" not in json.dumps(spec)
    assert next(u for u in units(spec) if kind_of(u) == "point")["encoding"]["shape"]["scale"]["range"][2] == "cross"


def test_many_differences_are_cut_and_counted():
    many = pd.concat([DIFFERENCES.iloc[[1]].assign(label=f"v{i}", effect=i / 100) for i in range(40)])
    chart = chart_differences(many)
    assert drawn(chart.to_dict(), "point", "effect")["label"].tolist()[:2] == ["v39", "v38"] and "The 20 largest of 40" in title(chart)


# -- Typing tool --------------------------------------------------------------------------------------------------------------
def test_the_confusion_frames_what_is_right_and_counts_it():
    chart = chart_confusion(confusion(3))
    cells = drawn(chart.to_dict(), "rect", "says")
    assert cells.loc[cells["right"], "says"].tolist() == ["80%"] * 3 and (cells["right"] == (cells["segment"] == cells["assigned"])).all()
    assert cells.loc[0, "count"] == "n = 80" and cells.loc[0, "sure"] == "71–87%" and "unassigned" in set(cells["assigned"])
    total = int(confusion(3)["n"].sum())
    assert f"{240 / total:.0%} of {total} respondents land in their own segment" in title(chart)


def test_a_tool_is_drawn_by_its_table():
    class Tool: confusion_ = confusion(2)

    assert chart_confusion(Tool()).to_dict()["datasets"] == chart_confusion(confusion(2)).to_dict()["datasets"]


# -- Power and missing answers ------------------------------------------------------------------------------------------------
def test_power_curves_have_intervals_and_names_at_their_ends_that_do_not_overlap():
    spec = chart_power(POWER).to_dict()
    rows = drawn(spec, "point", "shown")
    same = POWER.rename(columns={"structure": "segment"}).sort_values(["segment", "n"])
    assert np.allclose(rows[["n", "shown", "low", "high"]], same[["n", "shown", "low", "high"]], atol=1e-4)
    assert "200 simulated surveys a point" in title(chart_power(POWER))
    ends = drawn(spec, "text", "at", "says")
    assert ends["at"].sort_values().diff().dropna().min() >= .0849 and ends["at"].between(0, 1.0001).all()
    assert {e.split()[0] for e in ends["says"]} == {"100%", "2%"} and all(len(line) <= 34 for e in ends["says"] for line in e.split("\n"))


def test_patterns_are_ordered_and_counted():
    chart = chart_missing(missing(HOLES))
    spec = chart.to_dict()
    gone = {(r["row"], r["variable"]) for u in units(spec) if kind_of(u) == "text" for r in rows_of(spec, u) if "mark" in r}
    assert gone == {(1, "age"), (1, "pass"), (2, "age")}              # 17 complete, 2 without both, 1 without age
    words = words_of(chart)
    assert "20 respondents, 3 patterns" in title(chart) and "age\u200215%" in words and "n = 17\u200285% (64–95%)" in words and "full" not in words


def test_many_patterns_and_variables_are_cut_and_said():
    rng = np.random.default_rng(0)
    holes = pd.DataFrame(rng.random((400, 50)) < .05, columns=[f"v{i}" for i in range(50)])
    chart = chart_missing(missing(holes))
    n = holes.value_counts().size
    assert f"{n} patterns, the 20 commonest drawn" in title(chart) and "40 of 50 variables" in title(chart)
    assert re.search(r"\+\d ×", json.dumps(chart.to_dict(), ensure_ascii=False))         # a pattern that misses something not drawn is not shown as complete


# -- Nothing to draw ----------------------------------------------------------------------------------------------------------
def test_an_empty_picture_says_why(bare):
    one = made(2, 60, n_boot=0)
    one = segment(one.survey, variables=one.variables, k=1, n_boot=0, verdict=False)
    none = missing(HOLES[["full"]])
    for chart, words in ((chart_stability(bare), "n_boot=50"), (chart_stability(one), "one segment"), (chart_profile(one), "one segment"),
                         (chart_profile(one, kind="heat"), "one segment"), (chart_differences(DIFFERENCES.iloc[[3]]), "no variable"),
                         (chart_confusion(confusion(2).iloc[:0]), "Nobody"), (chart_power(POWER.iloc[:0]), "Nothing was simulated"),
                         (chart_missing(none), "No answer is missing: 20 respondents"), (chart_missing(none.iloc[:0]), "no answers")):
        assert words in chart.description and words.split()[0] in re.sub(r"<[^>]+>", " ", svg(chart)), words
    assert "not measured" in title(chart_map(one)) and "A\u2002n = 60" in words_of(chart_map(one))


def test_what_makes_no_sense_is_said(seg, bare):
    with pytest.raises(BadInput, match="'snake' or 'heat'"): chart_profile(seg, kind="snakes")
    with pytest.raises(BadInput, match="no column 'overall'"): chart_profile(seg.profile().drop(columns="overall"))
    with pytest.raises(BadInput, match="owner"): chart_profile(seg.profile(), variables=["ownr"])
    with pytest.raises(BadInput, match="Segmentation"): chart_map(seg.profile())
    with pytest.raises(BadInput, match="multiverse"): chart_multiverse(seg)
    with pytest.raises(BadInput, match="no column 'n'"): chart_stability(STEADY.drop(columns="n"))
    with pytest.raises(BadInput, match="`stability`"): chart_stability(3)
    with pytest.raises(BadInput, match="'light' or 'dark'"): chart_criteria(seg, theme="drak")


# -- Reading it ---------------------------------------------------------------------------------------------------------------
def colours_in(spec: dict) -> tuple[set[str], set[str]]:
    "Colours of text and of marks that carry data."
    text, mark = set(), set()
    for unit in units(spec):
        colour = unit["mark"].get("color") if isinstance(unit["mark"], dict) else None
        if kind_of(unit) == "text" and colour and "stroke" not in unit["mark"] and unit["encoding"]["text"]["field"] != "mark": text.add(colour)
        if kind_of(unit) in ("point", "circle", "line", "tick", "bar") and colour: mark.add(colour)
        for channel in ("color", "fill", "stroke"):
            if isinstance(scale := unit.get("encoding", {}).get(channel, {}).get("scale"), dict): mark |= set(scale.get("range", []))
        axis = [unit.get("encoding", {}).get(c, {}).get("axis") or {} for c in "xy"]
        text |= {a[k] for a in axis for k in ("labelColor", "titleColor") if k in a}
    return text, mark


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", NAMES)
def test_each_chart_can_be_read_and_heard_in_both_themes(every, name, theme):
    chart = every[name](theme)
    spec, ink = chart.to_dict(), _THEMES[theme]
    text, mark = colours_in(spec)
    assert spec["background"] == ink["paper"] and text and min(_contrast(c, ink["paper"]) for c in text) >= 4.5
    assert all(_contrast(c, ink["paper"]) >= 3 for c in mark)
    assert len(chart.description) > 60 and chart.title.text in chart.description
    assert re.search(r"n = \d|\d respondents|\d simulated surveys", title(chart) + words_of(chart))
    picture = svg(chart)
    assert "NaN" not in picture and "undefined" not in picture and ">null<" not in picture
    spec.pop("$schema")
    assert "http" not in json.dumps(spec)


@pytest.mark.parametrize("name", ["snake", "heat", "stability", "criteria", "map", "multiverse", "differences", "confusion", "power", "missing"])
def test_one_setting_turns_each_chart_dark(every, name):
    light, asked = every[name](None).to_dict(), every[name]("dark").to_dict()
    set_theme("dark")
    try: assert every[name](None).to_dict() == asked != light
    finally: set_theme("notebook")
    assert every[name](None).to_dict() == light


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_cross_of_a_missing_answer_can_be_seen(theme):
    pain = _THEMES[theme]["pain"]
    assert _contrast(sc._on(pain), pain) >= 4.5 and _contrast(pain, _THEMES[theme]["band"]) >= 3


def test_colours_of_segments_pass_on_every_ground_and_have_a_shape_beside():
    assert min(_contrast(c, ink[g]) for c in sc._COLOURS for ink in _THEMES.values() for g in ("paper", "band")) >= 3
    assert not set(sc._COLOURS) & {c for ink in _THEMES.values() for c in ink.values()}      # none is exchanged when a picture is turned dark
    looks = sc._looks([str(i) for i in range(11)])
    pairs = list(zip(looks["color"].to_dict()["scale"]["range"], looks["shape"].to_dict()["scale"]["range"]))
    assert len(pairs) == 11 and len(set(pairs[:9])) == len({c for c, _ in pairs[:9]}) == len({s for _, s in pairs[:9]}) == 9


DRAW = {"snake": chart_profile, "heat": lambda s: chart_profile(s, kind="heat"), "stability": chart_stability, "criteria": chart_criteria, "map": chart_map}
LONG = "How much do you agree that the service number {} was easy to use on the way to work, at the weekend and in between?"


@pytest.mark.parametrize("draw", DRAW.values(), ids=DRAW)
def test_two_and_nine_segments_and_long_names_are_drawn(draw, nine):
    for seg in (nine, made(2, 120), made(4, 200, names=LONG)):
        picture = svg(draw(seg))
        assert "NaN" not in picture and "undefined" not in picture
        words = re.findall(r">([^<>]+)</t", picture)
        assert max(len(w) for w in words) < 160


def test_forty_variables_fit_on_a_page():
    seg = made(3, 200, columns=40, n_boot=0)
    chart = chart_profile(seg)
    assert drawn(chart.to_dict(), "point", "z")["name"].nunique() == 12 and "of 41 rows" in title(chart)
    assert float(re.search(r'height="(\d+)"', svg(chart))[1]) < 1000


# -- Size ---------------------------------------------------------------------------------------------------------------------
@pytest.mark.slow
def test_a_hundred_thousand_respondents_make_a_small_spec():
    seg = made(4, 100_000, columns=12, n_boot=0)
    for chart in (chart_profile(seg), chart_profile(seg, kind="heat"), chart_criteria(seg), chart_map(seg)):
        assert len(chart.to_json(indent=None)) < 200_000
    rng = np.random.default_rng(0)
    holes = missing(pd.DataFrame(rng.random((100_000, 12)) < .1, columns=[f"v{i}" for i in range(12)]))
    assert len(chart_missing(holes).to_json(indent=None)) < 200_000


def test_criteria_say_by_what_rule_they_vote_and_a_bare_table_says_what_it_can(seg) -> None:
    told = json.dumps(chart_criteria(seg).to_dict())
    assert all(said in told for said in ("votes for the lowest", "votes for largest k above line", "votes for first not beaten by next", "has no vote"))
    assert "Filled: the k that the criterion votes for" in title(chart_criteria(seg)) and "Filled: the best" in title(chart_criteria(seg.criteria.drop(columns="voters")))


def test_rows_show_questions_with_their_codes_behind_and_names_of_segments(seg) -> None:
    first = seg.variables[0]
    asked = replace(seg, survey=seg.survey.with_levels(question={first: "I decide on the spot"})).named({"A": "Commuters of the big city"})
    for chart in (chart_profile(asked), chart_profile(asked, kind="heat"), chart_differences(asked)):
        told = json.dumps(chart.to_dict(), ensure_ascii=False)
        assert "I decide on the spot" in told and f"{first}, " in told
    assert "A Commuters of the big city n =" in title(chart_profile(asked)) and "Commuters" in json.dumps(chart_stability(asked).to_dict())


def test_a_survey_or_its_report_shows_what_is_missing() -> None:
    from personabench.survey_quality import quality_report

    survey = read_survey(pd.DataFrame({"a": [1, 2, None, 4, 5, 1] * 5, "b": [1, 2, 3, 4, 5, 2] * 5}))
    charts = [chart_missing(survey).to_dict(), chart_missing(quality_report(survey)).to_dict()]
    assert charts[0]["datasets"] == charts[1]["datasets"] and "a 17%" in charts[0]["description"] and "30 respondents, 2 patterns" in charts[0]["description"]
