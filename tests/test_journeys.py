"""Journeys: codings land in the right stage, people are counted once, nothing is made up where nobody spoke."""

from __future__ import annotations

import json
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from personabench.journeys import _aloud, _stage_means, journey, journey_from_codings, mean_interval, place_codings
from personabench.schema import BadInput, NoSuchCase, NoSuchName
from personabench.study import Study

GOLDEN = json.loads((Path(__file__).parent / "golden" / "t_interval.json").read_text("utf-8"))
COLUMNS = ["source", "turn", "case", "start", "end", "code", "facet", "valence"]


def table(*rows) -> pd.DataFrame:
    "Codings from (source, turn, start, end, code, facet[, valence]); the case is the source."
    full = [(r[0], r[1], r[0], *r[2:6], r[6] if len(r) > 6 else None) for r in rows]
    d = pd.DataFrame(full, columns=COLUMNS)
    return d.assign(coding_id=range(1, len(d) + 1), quote="words", role="participant", coder="MB", valence=d["valence"].astype(float))


def feelings(stage: str, **people: float) -> list[tuple]:
    "Rows in which each person tells of a stage and feels one thing in it."
    rows = []
    for person, valence in people.items():
        at = 1000 * sum(map(ord, stage))
        rows += [(person, at, at, at + 90, stage, "stage"), (person, at, at + 10, at + 20, f"felt {valence}", "emotion", valence)]
    return rows


def stage(trip, name: str) -> pd.Series:
    return trip.stages.set_index("stage").loc[name]


# -- Where a coding belongs -----------------------------------------------------------------------------------------------------
def test_overlap_is_half_open():
    codings = table(("A", 0, 10, 20, "Use", "stage"), ("A", 1, 5, 10, "before", "pain"), ("A", 2, 20, 25, "after", "pain"), ("A", 3, 19, 30, "last letter", "pain"))
    assert place_codings(codings)["stage"].to_dict() == {3: "Use"}


def test_an_overlap_wins_over_a_shared_turn():
    codings = table(("A", 4, 0, 10, "Buy", "stage"), ("A", 4, 50, 60, "Use", "stage"), ("A", 4, 55, 58, "inside", "pain"), ("A", 4, 30, 35, "between", "pain"))
    placed = place_codings(codings)
    assert placed.loc[[2]].values.tolist() == [["Use", "overlap"]]
    assert sorted(placed.loc[[3]].values.tolist()) == [["Buy", "turn"], ["Use", "turn"]]      # nothing is guessed


def test_other_sources_and_turns_do_not_reach_over():
    codings = table(("A", 1, 0, 10, "Use", "stage"), ("B", 1, 0, 10, "same place in B", "pain"), ("A", 2, 11, 20, "next turn", "pain"))
    assert place_codings(codings).empty
    lost = journey_from_codings(codings).unplaced
    assert lost["code"].tolist() == ["same place in B", "next turn"] and lost["reason"].str.contains("stage").all()


def test_a_long_span_reaches_into_the_turns_that_it_touches():
    codings = table(("A", 0, 0, 130, "Use", "stage"), ("A", 1, 140, 150, "in the last turn of the span", "pain"))
    turns = pd.DataFrame({"source": "A", "turn": [0, 1, 2], "start": [0, 100, 200], "end": [99, 199, 299]})
    assert place_codings(codings).empty
    assert place_codings(codings, turns=turns)["via"].tolist() == ["turn"]


def test_a_missing_turn_shares_nothing():
    codings = table(("A", None, 0, 10, "Use", "stage"), ("A", None, 20, 30, "elsewhere", "pain"), ("A", None, 5, 6, "inside", "gain"))
    assert place_codings(codings)["via"].to_dict() == {2: "overlap"}


spans = st.tuples(st.sampled_from("AB"), st.integers(0, 3), st.integers(0, 40), st.integers(1, 15), st.sampled_from(["Buy", "Use", "pain 1", "gain 1"]))


@given(st.lists(spans, max_size=25))
def test_placing_equals_the_slow_definition(rows):
    facet = {"Buy": "stage", "Use": "stage", "pain 1": "pain", "gain 1": "gain"}
    codings = table(*[(s, t, a, a + n, code, facet[code]) for s, t, a, n, code in rows])
    expected = set()
    for i, c in codings[codings["facet"] != "stage"].iterrows():
        here = codings[(codings["facet"] == "stage") & (codings["source"] == c["source"])]
        over = here[(here["start"] < c["end"]) & (here["end"] > c["start"])]
        for via, hit in [("overlap", over)] if len(over) else [("turn", here[here["turn"] == c["turn"]])]:
            expected |= {(i, s, via) for s in hit["code"]}
    placed = place_codings(codings)
    assert set(zip(placed.index, placed["stage"], placed["via"])) == expected and len(placed) == len(expected)


# -- Numbers --------------------------------------------------------------------------------------------------------------------
def test_t_interval_equals_the_published_one():
    told = GOLDEN["sleep"]
    got = mean_interval(told["values"], scale=None)
    assert got == pytest.approx((told["mean"], told["low"], told["high"], 10), abs=1e-7)


def test_a_passage_that_two_coders_marked_weighs_as_much_as_one_that_one_did():
    rows = [("A", 0, 0, 100, "Use", "stage"), ("A", 0, 10, 30, "glad", "emotion", 2), ("A", 0, 12, 33, "glad", "emotion", 2), ("A", 0, 50, 60, "cross", "emotion", -1)]
    told = journey_from_codings(table(*rows)).emotions.iloc[0]
    assert (told["emotion"], told["codings"], told["lowest"], told["highest"]) == (.5, 3, -1, 2)
    other = journey_from_codings(table(*rows[:2], ("A", 0, 12, 33, "so so", "emotion", 0), rows[3])).emotions.iloc[0]
    assert other["emotion"] == 0      # two coders who do not agree on a passage: their mean, once
    between = ("A", 0, 14, 18, "cross", "emotion", -1)      # one word of it, between the two in the order of the text
    assert journey_from_codings(table(*rows[:3], between, rows[3])).emotions["emotion"].tolist() == [0]
    beside = journey_from_codings(table(*rows[:2], ("A", 0, 29, 49, "so so", "emotion", 0), rows[3])).emotions.iloc[0]
    assert beside["emotion"] == pytest.approx(1 / 3)      # a letter in common does not make one passage of two


@given(st.lists(st.floats(-2, 2), min_size=3, max_size=30))
def test_t_interval_equals_scipy_and_is_clipped(values):
    from scipy import stats

    mean, sem = np.mean(values), stats.sem(values)
    if sem == 0:  # all say the same: no interval, rather than one without width
        assert np.isnan(mean_interval(values).low) and mean_interval(values)[::3] == (pytest.approx(mean), len(values))
        return
    low, high = stats.t.interval(.95, len(values) - 1, loc=mean, scale=sem)
    assert mean_interval(values) == pytest.approx((mean, max(low, -2), min(high, 2), len(values)), abs=1e-9)


def test_below_three_people_there_is_no_interval():
    assert mean_interval([1, 2])[::3] == (1.5, 2) and np.isnan(mean_interval([1, 2]).low)
    assert mean_interval([]).n == 0 and np.isnan(mean_interval([]).mean)
    assert mean_interval([1, np.nan, 2, 0]).n == 3


@pytest.mark.parametrize("n", [5, 8, 12])
def test_clipped_intervals_cover_the_truth(n):
    rng = np.random.default_rng(n)
    # A person's mean of three codings from the planted shares of feelings: skewed, discrete, cut at the ends of the scale, as real ones are.
    shares = {"good": [.02, .08, .2, .4, .3], "mixed": [.15, .2, .3, .2, .15], "bad": [.35, .4, .15, .07, .03]}
    hits, widths = [], []
    for p in shares.values():
        truth = np.dot([-2, -1, 0, 1, 2], p)
        for _ in range(600):
            got = mean_interval(rng.choice([-2, -1, 0, 1, 2], (n, 3), p=p).mean(axis=1))
            hits.append(got.low <= truth <= got.high)
            widths.append((got.high - got.low) / 2)
    assert .90 <= np.mean(hits) <= .97, np.mean(hits)
    assert n < 12 or np.median(widths) <= .9


def test_what_rounding_leaves_of_no_spread_is_no_interval():
    alike = pd.DataFrame({"stage": "Use", "case": list("ABC"), "emotion": .1})
    assert alike["emotion"].sum() / 3 != .1, "in floating point"
    row = _stage_means(alike, "emotion", pd.Index(["Use"])).loc["Use"]
    assert row["std"] == 0 and np.isnan([row["low"], row["high"]]).all() and row["n"] == 3


def test_people_are_averaged_first():
    talker = [("A", 0, 0, 90, "Use", "stage"), *[("A", 0, k, k + 5, "furious", "emotion", -2) for k in range(0, 80, 10)]]
    trip = journey_from_codings(table(*talker, *feelings("Use", B=1, C=1)))
    assert stage(trip, "Use")["emotion"] == pytest.approx(0) and stage(trip, "Use")["n_emotion"] == 3


def test_contradicting_feelings_of_a_person_stay_visible():
    trip = journey_from_codings(table(("A", 0, 0, 90, "Use", "stage"), ("A", 0, 1, 5, "loved it", "emotion", 2), ("A", 0, 6, 9, "hated it", "emotion", -2)))
    assert trip.emotions[["emotion", "codings", "lowest", "highest"]].values.tolist() == [[0, 2, -2, 2]]


def test_a_stage_without_data_is_blank():
    codes = pd.DataFrame({"code": ["Know", "Use", "Leave"], "facet": "stage", "order": [1, 2, 3]})
    trip = journey_from_codings(table(*feelings("Use", A=2, B=1, C=0)), codes=codes)
    for name in ("Know", "Leave"):
        row = stage(trip, name)
        assert row["n_people"] == row["n_codings"] == row["n_emotion"] == 0
        assert row[["emotion", "low", "high", "expectation", "gap"]].isna().all()
    assert stage(trip, "Use")["emotion"] == 1


def test_gap_is_felt_less_expected():
    rows = feelings("Use", A=1, B=2, C=1) + [("A", 0, 0, 9, "x", "other")]
    at = 1000 * sum(map(ord, "Use"))
    trip = journey_from_codings(table(*rows, ("A", at, at + 30, at + 40, "expects trouble", "expectation", -1)))
    assert stage(trip, "Use")["gap"] == pytest.approx(4 / 3 + 1) and stage(trip, "Use")["n_expectation"] == 1


def test_intervals_of_generated_studies_hold_the_truth():
    "A short run of tests/campaigns/journey_intervals.py; its figures are in RESULTS.md."
    spec = spec_from_file_location("journey_intervals", Path(__file__).parent / "campaigns" / "journey_intervals.py")
    intervals = module_from_spec(spec)
    spec.loader.exec_module(intervals)
    table = intervals.coverage(40, (12,)).set_index("kind")
    assert {"emotion", "expectation", "gap, same people", "gap, different people", "reach", "severity x reach", "difference, pain"} <= set(table.index)
    for kind, row in table.iterrows():      # 120 intervals each: 90 to 97 % of very many are 84 to 100 % of these
        assert .84 <= row["coverage"], (kind, row["coverage"])
    assert .9 <= table["coverage"].mean() <= .985 and table.loc["emotion", "half"] <= .9 and table.loc["gap, same people", "half"] <= 1.2


# -- What was expected ----------------------------------------------------------------------------------------------------------
def hopes(name: str, **people: float) -> list[tuple]:
    at = 1000 * sum(map(ord, name))
    return [(person, at, at + 30, at + 40, f"expects {v}", "expectation", v) for person, v in people.items()]


def gap_of(trip, name: str) -> pd.Series:
    return trip.gaps.set_index("stage").loc[name]


def test_the_gap_of_people_who_told_both_is_the_paired_t_interval():
    told = GOLDEN["paired"]
    trip = journey_from_codings(table(*feelings("Use", **dict(zip("ABCDEF", told["felt"]))), *hopes("Use", **dict(zip("ABCDEF", told["expected"])))))
    got = gap_of(trip, "Use")
    assert (got["gap"], got["low"], got["high"]) == pytest.approx((told["mean"], told["low"], told["high"]), abs=1e-6)
    assert (got["how"], got["n"], got["n_emotion"], got["n_expectation"]) == ("same people", 6, 6, 6) and stage(trip, "Use")["gap"] == got["gap"]


def test_a_gap_that_is_equal_for_all_who_told_both_is_theirs_though_it_has_no_interval():
    more = dict(zip("DEFG", [2, 2, 2, 2]))
    got = gap_of(journey_from_codings(table(*feelings("Use", A=-1, B=0, C=1, **more), *hopes("Use", A=0, B=1, C=2))), "Use")
    assert (got["gap"], got["felt"], got["expected"], got["how"], got["n"]) == (-1, 0, 1, "same people", 3) and pd.isna(got["low"])


def test_the_gap_of_different_people_is_welchs():
    told = GOLDEN["welch"]
    trip = journey_from_codings(table(*feelings("Use", **dict(zip("ABCDE", told["felt"]))), ("X", 0, 0, 9, "x", "other"),
                                      *[r for p, v in zip("VWXY", told["expected"]) for r in [*feelings("Use", **{p: 0})[:1], *hopes("Use", **{p: v})]]))
    got = gap_of(trip, "Use")
    assert (got["gap"], got["low"], got["high"]) == pytest.approx((told["difference"], told["low"], told["high"]), abs=1e-6)
    assert (got["how"], got["n"]) == ("different people", 9) and stage(trip, "Use")["gap"] == got["gap"]


def test_a_gap_of_some_gives_their_own_means_not_those_of_all():
    many = dict(zip("DEFGHIJKLM", [2] * 10))
    trip = journey_from_codings(table(*feelings("Use", A=-1, B=-2, C=0, **many), *hopes("Use", A=1, B=2, C=2)))
    got = gap_of(trip, "Use")
    assert (got["how"], got["n"], got["n_emotion"]) == ("same people", 3, 13) and got["gap"] == pytest.approx(-8 / 3)
    assert (got["felt"], got["expected"]) == pytest.approx((-1, 5 / 3)) and stage(trip, "Use")["emotion"] > 1
    apart = gap_of(journey_from_codings(table(*feelings("Use", A=1, B=0, C=-1, D=-2), *hopes("Use", A=1, B=2), *feelings("Use", V=0)[:1], *hopes("Use", V=0))), "Use")
    assert (apart["felt"], apart["expected"]) == pytest.approx((-.5, 1))


def test_people_who_told_both_count_once_where_few_did():
    rows = [*feelings("Use", A=1, B=0, C=-1, D=-2), *hopes("Use", A=1, B=2), *feelings("Use", V=0)[:1], *hopes("Use", V=0)]
    got = gap_of(journey_from_codings(table(*rows)), "Use")
    assert (got["how"], got["n"], got["n_emotion"], got["n_expectation"]) == ("different people", 5, 4, 3) and got["gap"] == pytest.approx(-1.5)


def test_a_gap_without_an_interval_is_said():
    one = gap_of(journey_from_codings(table(*feelings("Use", A=1, B=2, C=0), *hopes("Use", A=1, B=2))), "Use")
    same = gap_of(journey_from_codings(table(*feelings("Use", A=1, B=1, C=1), *hopes("Use", A=2, B=2, C=2))), "Use")      # all say -1: no width is no certainty
    none = gap_of(journey_from_codings(table(*feelings("Use", A=1, B=2, C=0))), "Use")
    assert one["how"] is None and one["gap"] == -.5 and np.isnan(one["low"])
    assert same["how"] == "same people" and same["gap"] == -1 and np.isnan([same["low"], same["high"]]).all() and same["n"] == 3
    assert none["how"] is None and np.isnan(none["gap"]) and none["n"] == 0 and none["n_emotion"] == 3


# -- Steps and counts -----------------------------------------------------------------------------------------------------------
STEPPED = pd.DataFrame({"code": ["All", "Sign-up", "Pay", "Card", "Use", "Choose"], "facet": "stage", "parent": [None, "All", "Sign-up", "Pay", "All", "Sign-up"],
                        "order": [np.nan, 1, 2, np.nan, 2, 1]})


def test_a_step_is_told_of_within_its_stage():
    rows = [("A", 0, 0, 30, "Pay", "stage"), ("A", 0, 5, 9, "hangs", "pain"), ("B", 0, 0, 30, "Sign-up", "stage"), ("B", 0, 40, 60, "Choose", "stage"),
            ("B", 0, 41, 45, "too many", "pain"), ("C", 0, 0, 9, "Card", "stage"), ("C", 1, 20, 40, "Use", "stage")]
    trip = journey_from_codings(table(*rows), codes=STEPPED)
    assert trip.stages["stage"].tolist() == ["Sign-up", "Use"] and stage(trip, "Sign-up")["n_people"] == 3
    assert trip.steps[["stage", "step", "people"]].values.tolist() == [["Sign-up", "Choose", 1], ["Sign-up", "Pay", 1], ["Sign-up", "Card", 1]]
    assert trip.pains[["stage", "pain"]].values.tolist() == [["Sign-up", "hangs"], ["Sign-up", "too many"]]
    assert trip.quotes[trip.quotes["facet"] == "step"]["coding_id"].tolist() == [1, 4, 6] and trip.n_codings == 2 == trip.stages["n_codings"].sum()


def test_a_group_that_somebody_coded_is_no_stage_of_the_ordered_ones():
    trip = journey_from_codings(table(("A", 0, 0, 9, "All", "stage"), *feelings("Use", A=1)), codes=STEPPED)
    assert trip.stages["stage"].tolist() == ["Sign-up", "Use", "All"] and trip.steps.empty


def test_every_count_has_the_interval_of_its_share():
    from personabench.statistics import wilson

    kinds = {"touchpoints": "touchpoint", "channels": "channel", "pains": "pain", "gains": "gain", "influences": "influence", "expectations": "expectation"}
    rows = [(p, 0, 0, 90, "Use", "stage") for p in "ABCDE"] + [("A", 0, 1, 5, f"some {f}", f) for f in (*kinds.values(), "need", "goal", "motivation")]
    trip = journey_from_codings(table(*rows, ("B", 0, 1, 5, "some need", "need")))
    for name, column in kinds.items():
        row = getattr(trip, name).iloc[0]
        assert row[column] == f"some {column}" and (row["share"], row["low"], row["high"]) == pytest.approx((.2, *wilson(1, 5))), name
    assert trip.needs[["need", "facet", "people"]].values.tolist() == [["some need", "need", 2], ["some goal", "goal", 1], ["some motivation", "motivation", 1]]
    assert tuple(trip.needs[["low", "high"]].iloc[0]) == pytest.approx(wilson(2, 5))


def test_the_feelings_say_where_they_come_from():
    assert set(journey_from_codings(table(*feelings("Use", A=1, B=2))).emotions["origin"]) == {"coded"}


# -- Metrics --------------------------------------------------------------------------------------------------------------------
def test_metrics_are_added_in_stage_order_and_feelings_stay():
    trip = journey_from_codings(table(*feelings("Buy", A=1), *feelings("Use", A=1)))
    assert trip.metrics.empty and list(trip.metrics) == ["stage", "metric", "kind", "value", "low", "high", "n", "source", "question", "lowest", "highest", "answer"]
    one = trip.with_metrics(pd.DataFrame({"stage": ["Use"], "metric": "ease", "kind": "ces", "value": 4.}))
    two = one.with_metrics(pd.DataFrame({"stage": ["Buy"], "metric": "net promoter score", "kind": "nps", "value": .3, "n": 40}))
    assert trip.metrics.empty and len(one.metrics) == 1 and two.metrics["stage"].tolist() == ["Buy", "Use"]
    pd.testing.assert_frame_equal(two.stages, trip.stages)
    with pytest.raises(NoSuchName, match="stage 'Uze'.*did you mean 'Use'"): trip.with_metrics(one.metrics.assign(stage="Uze"))
    with pytest.raises(BadInput, match="'kind'"): trip.with_metrics(one.metrics.drop(columns="kind"))



@pytest.mark.parametrize("unknown", [None, np.nan, pd.NA])
def test_figures_of_metrics_are_numbers_and_what_is_not_known_stays_blank(unknown):
    trip = journey_from_codings(table(*feelings("Use", A=1)))
    bare = pd.DataFrame({"stage": ["Use"], "metric": ["ease"], "kind": ["mean"], "value": [4]})
    more = bare.assign(value=[unknown], low=unknown, n=pd.Series([12], dtype=object))
    got = trip.with_metrics(bare).with_metrics(more).metrics
    numbers = got[["value", "low", "high", "n", "lowest", "highest"]]
    assert numbers.dtypes.map(lambda kind: kind.kind).eq("f").all() and got["n"].tolist()[1] == 12
    assert numbers.isna().to_numpy().tolist() == [[False, *[True] * 5], [True, True, True, False, True, True]]


@pytest.mark.parametrize("column, odd", [("value", "many"), ("n", float("inf")), ("low", [3]), ("highest", object())])
def test_a_figure_that_is_no_number_is_named_by_row_and_column(column, odd):
    trip = journey_from_codings(table(*feelings("Use", A=1)))
    metrics = pd.DataFrame({"stage": "Use", "metric": ["a", "b"], "kind": "mean", "value": 1., "n": 9}, index=[4, 7])
    metrics[column] = pd.Series([None, odd], index=metrics.index, dtype=object)
    with pytest.raises(BadInput, match=rf"metrics, row 7, column '{column}'.*a number.*blank"): trip.with_metrics(metrics)


IMPOSSIBLE = [({"kind": "nps", "value": 40}, "column 'value'.*-1 to 1 for nps.*divide by 100: 0.4"), ({"kind": "csat", "value": 80}, "0 to 1 for csat.*0.8"),
              ({"kind": "csat", "value": -1}, "0 to 1 for csat.*correct"), ({"kind": "share", "value": .5, "high": 70}, "column 'high'.*0.7"),
              ({"kind": "opportunity", "value": 25}, "0 to 20 for opportunity.*correct the figure"),
              ({"kind": "emotion", "value": 2.5}, "-2 to 2 for emotion"), ({"kind": "seconds", "value": -5}, "0 or more for seconds"),
              ({"value": 9, "lowest": 1, "highest": 5}, "1 to 5 for mean"), ({"low": 4., "high": 2.}, "interval.*4 to 2 around 3.*low <= value <= high"),
              ({"low": 3.5, "high": 4.}, "interval"), ({"high": 2.5}, "interval: blank to 2.5 around 3"), ({"n": -3}, "column 'n'.*-3.*whole number"),
              ({"n": 3.7}, "column 'n'.*3.7"),
              ({"lowest": 5, "highest": 1}, "ends of the scale.*5 to 1"), ({"lowest": 3, "highest": 3}, "ends of the scale"),
              *(({"kind": x}, "column 'kind'.*a word") for x in (None, np.nan, 3, "  ")), *(({"metric": x}, "column 'metric'.*a word") for x in (None, np.nan, "")),
              ({"kind": "NPS", "value": .4}, "kind 'NPS'.*did you mean 'nps'"), ({"value": True}, "column 'value'.*True.*a number")]


@pytest.mark.parametrize("wrong, says", IMPOSSIBLE)
def test_what_no_figure_of_its_kind_can_be_is_refused_with_its_row(wrong, says):
    trip = journey_from_codings(table(*feelings("Use", A=1)))
    sound = {"stage": "Use", "metric": "ease", "kind": "mean", "value": 3.}
    rows = pd.DataFrame([sound, sound | wrong], index=[4, 7])
    with pytest.raises(BadInput, match=f"metrics, row 7.*{says}"): trip.with_metrics(rows.astype(object))


@pytest.mark.parametrize("kind, value, low, high", [("nps", -1, -1, 1), ("csat", 1, .2, 1), ("drop-off", 0, 0, .3), ("emotion", -2, -2, -1), ("seconds", 0, 0, 9e9),
                                                    ("stars", 4.5, 4, 5), ("mean", -7, -8, -6), ("ces", 7, None, None)])
def test_what_a_figure_of_its_kind_can_be_is_taken(kind, value, low, high):
    row = {"stage": "Use", "metric": "ease", "kind": kind, "value": value, "low": low, "high": high, "n": 40}
    assert journey_from_codings(table(*feelings("Use", A=1))).with_metrics(pd.DataFrame([row])).metrics["value"].tolist() == [value]


@pytest.mark.parametrize("odd", [None, [{"stage": "Use"}], "metrics.csv"])
def test_metrics_that_are_no_table_are_refused(odd):
    with pytest.raises(BadInput, match="metrics.*a DataFrame.*stage_metrics"): journey_from_codings(table(*feelings("Use", A=1))).with_metrics(odd)


valences = st.lists(st.tuples(st.sampled_from("ABCDE"), st.sampled_from(["Buy", "Use", "Leave"]), st.integers(-2, 2)), min_size=1, max_size=20)


def told(rows) -> pd.DataFrame:
    return table(*[row for person, name, v in rows for row in feelings(name, **{person: v})])


@settings(max_examples=20)
@given(valences, st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(rows, random):
    codes = pd.DataFrame({"code": ["Buy", "Use", "Leave"], "facet": "stage", "order": [1, 2, 3]})
    shuffled = random.sample(rows, len(rows))
    one, two = (journey_from_codings(told(r), codes=codes) for r in (rows, shuffled))
    pd.testing.assert_frame_equal(one.stages, two.stages)
    pd.testing.assert_frame_equal(one.moments, two.moments)


@settings(max_examples=20)
@given(valences, st.integers(-2, 2))
def test_a_coding_in_another_stage_changes_no_other_stage(rows, extra):
    codes = pd.DataFrame({"code": ["Buy", "Use", "Leave", "Later"], "facet": "stage", "order": [1, 2, 3, 4]})
    one = journey_from_codings(told(rows), codes=codes).stages
    two = journey_from_codings(told([*rows, ("A", "Later", extra)]), codes=codes).stages
    pd.testing.assert_frame_equal(one.head(3), two.head(3))
    assert two["emotion"].iloc[3] == extra


@settings(max_examples=20)
@given(valences)
def test_every_coding_is_placed_or_listed(rows):
    codings = told([*rows, ("A", "Use", 1)])
    stray = table(("Z", 0, 0, 5, "nowhere", "pain"), ("Z", 0, 6, 9, "who", "demographic"))
    trip = journey_from_codings(pd.concat([codings, stray.assign(coding_id=[900, 901])], ignore_index=True))
    assert trip.n_codings + len(trip.unplaced) == (codings["facet"] != "stage").sum() + 1
    assert trip.unplaced["coding_id"].tolist() == [900]


# -- Evidence -------------------------------------------------------------------------------------------------------------------
def test_interviewers_and_the_withdrawn_are_no_evidence():
    codings = table(*feelings("Use", A=1, B=-2, C=2))
    codings.loc[codings["case"] == "B", "role"] = "interviewer"
    cases = pd.DataFrame({"case": ["A", "C"], "withdrawn": [None, "2026-06-30"]})
    trip = journey_from_codings(codings, cases=cases)
    assert trip.n_people == 1 and set(trip.quotes["case"]) == {"A"} and stage(trip, "Use")["emotion"] == 1
    assert len(trip.unplaced) == 0


def test_a_coding_without_a_case_counts_its_source_as_the_person():
    codings = table(*feelings("Use", review_1=1, review_2=-1)).assign(case=None)
    assert journey_from_codings(codings).n_people == 2


def test_counts_are_people_and_keep_their_evidence():
    codings = table(("A", 0, 0, 90, "Use", "stage"), ("A", 0, 1, 5, "Empty dock", "pain"), ("A", 0, 6, 9, "Empty dock", "pain"),
                    ("B", 0, 0, 90, "Use", "stage"), ("B", 0, 1, 5, "Empty dock", "pain"), ("C", 0, 0, 90, "Use", "stage"), ("C", 0, 5, 9, "App", "touchpoint"))
    codes = pd.DataFrame({"code": ["Use", "App"], "facet": ["stage", "touchpoint"], "order": [1, np.nan], "online": [None, "yes"]})
    trip = journey_from_codings(codings, codes=codes)
    assert trip.pains[["people", "codings", "share"]].values.tolist() == [[2, 3, pytest.approx(2 / 3)]]
    assert trip.touchpoints["online"].tolist() == [True]
    assert trip.quotes[trip.quotes["code"] == "Empty dock"]["coding_id"].tolist() == [2, 3, 5]


def test_stages_without_an_order_come_last_and_are_named():
    codes = pd.DataFrame({"code": ["All stages", "Leave", "Buy", "Use"], "parent": [None, "All stages", "All stages", "All stages"],
                          "facet": "stage", "order": [np.nan, np.nan, 1, 2]})
    trip = journey_from_codings(table(*feelings("Use", A=1)), codes=codes)
    assert trip.stages["stage"].tolist() == ["Buy", "Use", "Leave"]
    assert "Leave" in trip.notes[0] and "no order" in trip.notes[0]


def test_moments_mark_peak_pit_end_and_mean():
    trip = journey_from_codings(table(*feelings("Buy", A=-2, B=-1, C=-2), *feelings("Use", A=2, B=2, C=1), *feelings("Leave", A=0, B=1, C=0)),
                                codes=pd.DataFrame({"code": ["Buy", "Use", "Leave"], "facet": "stage", "order": [1, 2, 3]}))
    assert dict(zip(trip.moments["moment"], trip.moments["stage"].fillna("all"))) == {"peak": "Use", "pit": "Buy", "end": "Leave", "mean": "all"}
    assert trip.moments["emotion"].iloc[-1] == pytest.approx(np.mean([0, 2 / 3, -1 / 3]))


def test_no_stage_is_the_peak_or_the_pit_where_several_are_equal():
    trip = journey_from_codings(table(*feelings("Buy", A=1, B=2, C=0), *feelings("Use", A=0, B=2, C=1), *feelings("Leave", A=-1, B=-1, C=0)))
    assert trip.moments["moment"].tolist() == ["pit", "mean"] and trip.moments["stage"][0] == "Leave"
    assert any(n == "2 stages share the highest mean feeling, so none is the peak: Buy, Use." for n in trip.notes)
    low = journey_from_codings(table(*feelings("Buy", A=0, B=-1, C=0), *feelings("Use", A=2, B=2, C=1), *feelings("Leave", A=-1, B=0, C=0)))
    assert low.moments["moment"].tolist() == ["peak", "mean"] and "so none is the pit: Buy, Leave." in " ".join(low.notes)
    flat = journey_from_codings(table(*feelings("Buy", A=1, B=1, C=1), *feelings("Use", A=1, B=1, C=1)))
    assert flat.moments["moment"].tolist() == ["mean"] and "share" not in " ".join(flat.notes)


def test_what_counts_in_no_journey_is_said():
    rows = [*feelings("Use", A=1, B=0, C=-1), ("A", 0, 0, 5, "left-handed", "context"), ("B", 0, 0, 5, "asked", "pain")]
    codings = table(*rows).assign(role=["participant"] * (len(rows) - 1) + ["interviewer"])
    cases = pd.DataFrame({"case": ["A", "B", "C"], "withdrawn": ["", "", "2026-05-01"], "consent": ""})
    told = journey_from_codings(codings, cases=cases)
    assert told.notes[:3] == ("1 person who has withdrawn is left out.", "1 coding of facets that a journey does not show: context.",
                              "1 coding of an interviewer's words, which are no evidence.") and told.n_people == 2
    assert journey_from_codings(codings, cases=cases, people=["A"]).notes[0] == "1 coding of facets that a journey does not show: context."
    assert journey_from_codings(codings, cases=cases, people=["C"]).notes[0] == "The person asked for has withdrawn."
    assert journey_from_codings(codings, cases=cases, people=["A", "C", "X"]).notes[0] == \
        "1 of the 3 people asked for tell of this journey; 1 has withdrawn; the others have no coding in a stage."


@pytest.mark.parametrize("key", ["source", "source_id"])
def test_words_of_another_turn_are_cut_by_whichever_key_there_is_and_before_they_are_hushed(key):
    rows = table(("G", 0, 0, 60, "Use", "stage"), ("G", 1, 16, 40, "Unlock", "stage"), ("G", 0, 0, 34, "stuck", "pain"))
    rows = rows.rename(columns={"source": key}).assign(case=["A", "B", "A"], quote=["x" * 60, "Bert: the lock " * 2, "Anna: it went   Bert: the lock was"])
    turns = pd.DataFrame({key: "G", "turn": [0, 1], "start": [0, 22], "end": [15, 60]})
    book = pd.DataFrame({"code": ["Use", "Unlock"], "facet": "stage", "order": [1, np.nan], "parent": [None, "Use"]})
    quotes = journey_from_codings(rows, codes=book, turns=turns, cases=pd.DataFrame({"case": ["A", "B"], "consent": ["yes", "no"]})).quotes
    assert dict(zip(quotes["code"], quotes["quote"])) == {"stuck": "Anna: it went  ", "Unlock": "[not to be quoted]"}


def test_a_source_of_which_no_turn_is_known_is_one_voice_and_keeps_its_words():
    rows = pd.concat([table((who, turn, 0, 30, "Use", "stage"), (who, turn, 5, 25, "loud", "pain")) for who, turn in (("A", 0), ("B", np.nan))])
    rows = rows.assign(coding_id=range(4), quote=["x" * 30, "y" * 20] * 2)
    quotes = journey_from_codings(rows, turns=pd.DataFrame({"source": ["A", "A"], "turn": [0, 1], "start": [0, 10], "end": [9, 30]})).quotes
    assert quotes.set_index("source")[["start", "end", "quote"]].T.to_dict("list") == {"A": [5, 9, "yyyy"], "B": [5, 25, "y" * 20]}


def test_equal_pains_share_a_rank():
    rows = [(p, 0, 0, 90, "Use", "stage") for p in "AB"] + [(p, 0, 10 * k, 10 * k + 5, name, "pain") for k, name in enumerate(["slow", "dear"]) for p in "AB"]
    table_ = journey_from_codings(table(*rows, ("A", 0, 40, 45, "lost", "pain"), ("B", 0, 50, 55, "far", "pain"))).opportunities
    assert table_["rank"].tolist() == [1, 1, pd.NA, pd.NA] and table_["people"].tolist() == [2, 2, 1, 1]


def test_pains_are_ranked_by_share_and_severity_whatever_the_number_of_people_and_one_person_alone_ranks_nothing():
    few = feelings("Quiet", X=-1, Y=-1)
    many = feelings("Loud", **dict(zip("ABCDEFGH", [-2, -2, -1, -1, 0, 0, 0, 0])))
    at = {stage: 1000 * sum(map(ord, stage)) for stage in ("Quiet", "Loud", "Lone")}
    def pain(who: str, stage: str, name: str) -> list[tuple]: return [(p, at[stage], at[stage] + 30, at[stage] + 35, name, "pain") for p in who]

    pains, lone = [*pain("XY", "Quiet", "dark"), *pain("ABCD", "Loud", "noise")], [*feelings("Lone", Z=-2), *pain("Z", "Lone", "noise")]
    told = journey_from_codings(table(*few, *many, *pains, *lone)).opportunities
    assert list(zip(told["pain"], told["stage"], told["people"])) == [("dark", "Quiet", 2), ("noise", "Loud", 4), ("noise", "Lone", 1)]      # 1 x 1, .5 x 1.5, 1 x 2
    assert told["rank"].tolist() == [1, 2, pd.NA] and told["severity"].tolist() == [1, 1.5, 2]


def test_the_end_is_a_stage_that_the_codebook_puts_last():
    rows = [*feelings("A", P=-1, Q=0, R=-2), *feelings("Z", P=1, Q=2, R=1), *feelings("Y", P=0, Q=1, R=0)]
    some = journey_from_codings(table(*rows), codes=pd.DataFrame({"code": ["A", "Z", "Y"], "facet": "stage", "order": [1, None, None]}))
    assert some.moments.set_index("moment")["stage"]["end"] == "A" and some.stages.set_index("stage")["ordered"].to_dict() == {"A": True, "Z": False, "Y": False}
    assert "come last: Z, Y" in some.notes[0]
    none = journey_from_codings(table(*rows))
    assert none.moments["moment"].tolist() == ["peak", "pit", "mean"] and not none.stages["ordered"].any() and "none is the end" in none.notes[0]


def test_notes_are_said_aloud_without_names_of_tables():
    rows = [*feelings("Use", A=2), ("A", 0, 0, 5, "nowhere", "pain"), *[(p, t, s, e, c, f, -1) for p, t, s, e, c, f, *_ in feelings("Use", A=2)[1:]]]
    notes = journey_from_codings(table(*rows)).notes
    assert any(".unplaced" in n for n in notes) and any(".emotions" in n for n in notes)
    assert [_aloud(n) for n in notes if "." in n[:-1]] == ["Codings in a turn without a stage: 1.",
        "Feelings of one person that contradict each other in one stage are averaged, once, in Use (−1 to +2)."]


def test_a_column_that_is_there_twice_is_named():
    rows = table(*feelings("A", P=-1))
    with pytest.raises(BadInput, match="the column 'code' twice"): journey_from_codings(pd.concat([rows, rows[["code"]]], axis=1))
    metrics = pd.DataFrame([["A", "reached", "share", .5, "A"]], columns=["stage", "metric", "kind", "value", "stage"])
    with pytest.raises(BadInput, match="the column 'stage' twice"): journey_from_codings(rows).with_metrics(metrics)


SOUND = [*feelings("Buy", A=1, B=-1, C=0), *feelings("Use", A=-2, B=-1, C=1), ("A", 9, 0, 5, "Queue", "pain")]
NEEDED = ("coding_id", "quote", "turn", "case", "start", "end", "code", "facet", "valence")
ODD_CODINGS = [*((c, None, f"codings: no column '{c}'.*pass study.codings") for c in NEEDED),
               ("quote", np.nan, "row 2, column 'quote': nan.*write ''"), ("quote", None, "column 'quote'"), ("quote", 5, "column 'quote': 5"),
               ("coding_id", "a1", "row 2, column 'coding_id': 'a1'.*whole number"), ("coding_id", np.nan, "'coding_id': nan"),
               ("turn", "late", "'turn': 'late'.*or blank"),
               ("start", np.nan, "'start': nan"), ("start", "x", "'start': 'x'"),
               ("end", 12.5, "'end': 12.5"), ("end", np.inf, "'end': inf"), ("end", pd.Timestamp(0), "'end'"),
               ("code", None, "'code': None.*a name"), ("source", np.nan, "'source': nan.*a name")]


@pytest.mark.parametrize("column, odd, says", ODD_CODINGS, ids=str)
def test_a_coding_without_what_a_journey_and_its_charts_need_is_refused_by_row_and_column(column, odd, says):
    rows = table(*SOUND)
    if says.startswith("codings: no"): rows = rows.drop(columns=column)
    else: rows[column] = pd.Series([odd if k == 2 else x for k, x in enumerate(rows[column])], dtype=object if odd is None or not isinstance(odd, float) else None)
    with pytest.raises(BadInput, match=says) as said: journey_from_codings(rows)
    assert said.value.expected and said.value.cure


@pytest.mark.parametrize("around, says", [
    ({"codes": pd.DataFrame({"code": ["Buy"]})}, "codes: no column 'facet'.*study.codes"),
    ({"cases": pd.DataFrame({"consent": ["no quotes"]})}, "cases: no column 'case'"),
    ({"codes": pd.DataFrame({"code": ["Buy", None], "facet": "stage"})}, "codes, row 1, column 'code': nan.*a name"),
    ({"codes": pd.DataFrame({"code": ["Buy"], "facet": "stage", "parent": ["Buy"]})}, "codes, stage 'Buy': it stands below itself.*'parent'"),
    ({"codes": pd.DataFrame({"code": ["Buy", "Use"], "facet": "stage", "parent": ["Use", "Buy"]})}, "it stands below itself"),
    ({"turns": pd.DataFrame({"turn": [0], "start": [0]})}, "turns: no column 'source'"),
    ({"turns": pd.DataFrame({"source": ["A"], "turn": [0]})}, "turns: no column 'start'"),
    ({"turns": pd.DataFrame({"source": ["A"], "turn": [0], "start": [np.nan]})}, "turns, row 0, column 'start'"), ({"turns": [1]}, "turns: a list.*a DataFrame"),
    ({"codes": "codes.csv"}, "codes: a str.*a DataFrame"), ({"cases": {"case": ["A"]}}, "cases: a dict.*study.cases")])
def test_tables_that_cannot_go_with_codings_are_refused_by_name(around, says):
    with pytest.raises(BadInput, match=says): journey_from_codings(table(*SOUND), **around)
    with pytest.raises(BadInput, match="codings: None.*a DataFrame"): journey_from_codings(None)


def test_numbers_that_were_read_as_text_count_and_everything_can_be_drawn(tmp_path):
    from personabench.journey_charts import _LANES, chart_journey
    from personabench.map_pages import write_map

    rows = table(*SOUND)
    text = rows.assign(**{c: rows[c].astype(str) for c in ("coding_id", "turn", "start", "end")}, quote="").drop(columns="source").assign(source_id=rows["source"])
    trip = journey_from_codings(text, people=["A", "B", "C"])
    pd.testing.assert_frame_equal(trip.stages, journey_from_codings(rows).stages)
    assert trip.quotes["coding_id"].dtype.kind == "i" and set(trip.quotes["source"]) == {"A", "B", "C"}
    assert "No quote stands in any stage." in json.dumps(chart_journey(trip, lanes=list(_LANES)).to_dict()), "a blank quote is not drawn"
    assert write_map(trip, tmp_path / "map.html").stat().st_size > 1000


def test_one_id_is_one_person():
    rows = [("ab", *r[1:]) for r in feelings("Use", A=1)] + feelings("Use", a=-1, b=2)
    assert journey_from_codings(table(*rows), people="ab").emotions["case"].tolist() == ["ab"]


def test_one_person_who_tells_nothing_is_said_in_the_singular():
    assert journey_from_codings(table(*feelings("A", P=-1)), people=["X"]).notes[0] == "The person asked for has no coding in a stage."


def test_one_person_makes_no_peak_where_three_can():
    trip = journey_from_codings(table(*feelings("Buy", A=1, B=1, C=0), *feelings("Use", A=0, B=0, C=-1), *feelings("Leave", A=2)))
    assert trip.moments.set_index("moment")["stage"]["peak"] == "Buy"


def test_opportunities_rank_by_reach_times_severity_as_pain_severity_does():
    from personabench.journey_measures import pain_severity

    people = "ABCDEFGH"
    rows = [(p, 0, 0, 90, "Use", "stage") for p in people] + [(p, 0, 6, 9, "felt", "emotion", -2 if p in "AB" else 1 if p in "CDE" else 0) for p in people]
    rows += [(p, 0, 1, 5, "wide and mild", "pain") for p in "BCDEFGH"] + [(p, 0, 10, 15, "bad for few", "pain") for p in "AB"] + [("H", 0, 20, 25, "mild", "pain")] * 3
    trip = journey_from_codings(table(*rows))
    found, heavy = trip.opportunities, pain_severity(trip)
    assert found["pain"].tolist() == heavy["pain"].tolist() == ["bad for few", "wide and mild", "mild"]
    assert found["severity"].tolist() == pytest.approx(heavy["severity"].tolist()) and found["severity"].tolist() == pytest.approx([2, 2 / 7, 0])


def test_opportunities_without_a_feeling_come_last_by_people():
    rows = [("A", 0, 0, 90, "Use", "stage"), ("B", 0, 0, 90, "Use", "stage"), ("A", 0, 1, 5, "slow", "pain"), ("A", 0, 6, 9, "bad", "emotion", -2),
            ("B", 0, 1, 5, "dear", "pain"), ("B", 0, 6, 9, "meh", "emotion", 0), ("A", 0, 10, 15, "lost", "pain"), ("B", 0, 10, 15, "lost", "pain")]
    assert journey_from_codings(table(*rows)).opportunities["pain"].tolist() == ["lost", "slow", "dear"]
    mute = [r for r in rows if r[5] != "emotion"]
    assert journey_from_codings(table(*mute)).opportunities["pain"].tolist()[0] == "lost" and journey_from_codings(table(*mute)).opportunities["severity"].isna().all()


# -- Bad and empty input --------------------------------------------------------------------------------------------------------
def test_no_codings_is_an_empty_journey():
    trip = journey_from_codings(table())
    assert trip.n_people == 0 and trip.stages.empty and trip.moments.empty and trip.opportunities.empty
    assert "nothing is drawn" in " ".join(trip.notes)


def test_a_missing_column_is_named():
    with pytest.raises(BadInput, match="'facet'.*study.codings"):
        journey_from_codings(table().drop(columns="facet"))


def test_a_valence_off_the_scale_is_refused():
    with pytest.raises(BadInput, match="felt 3.*-2 to 2"):
        journey_from_codings(table(*feelings("Use", A=3)))


def test_an_emotion_without_valence_is_kept_but_not_averaged():
    trip = journey_from_codings(table(("A", 0, 0, 90, "Use", "stage"), ("A", 0, 1, 5, "Mixed feelings", "emotion")))
    assert trip.stages["emotion"].isna().all() and len(trip.quotes) == 1
    assert any("Mixed feelings" in note for note in trip.notes)


def test_contradicting_feelings_are_told_with_their_range_and_without_a_name():
    rows = [("Ann", 0, 0, 90, "Use", "stage"), ("Ann", 0, 1, 5, "loved it", "emotion", 2), ("Ann", 0, 6, 9, "hated it", "emotion", -2)]
    told = " ".join(journey_from_codings(table(*rows)).notes)
    assert "once, in Use (-2 to +2)" in told and "Ann" not in told
    assert "contradict" not in " ".join(journey_from_codings(table(*feelings("Use", A=2, B=-2))).notes)


def test_people_without_a_coding_leave_blanks_and_a_note():
    codings = table(*feelings("Use", A=2, B=1, C=0))
    trip = journey_from_codings(codings, people=["X", "Y"], name="Nora")
    assert trip.stages["stage"].tolist() == ["Use"] and trip.stages["emotion"].isna().all() and trip.gaps["gap"].isna().all()
    assert trip.pains.empty and trip.moments.empty and trip.notes[0] == "0 of the 2 people asked for tell of this journey; the others have no coding in a stage."
    assert journey_from_codings(codings, people=["A", "X", "Y"]).notes[0].startswith("1 of the 3 people")
    assert "no people" in journey_from_codings(codings, people=[]).notes[0]


def test_one_person_has_points_and_no_intervals_of_means():
    trip = journey_from_codings(table(*feelings("Buy", A=-1), *feelings("Use", A=2), *hopes("Use", A=0)))
    assert trip.stages["emotion"].tolist() == [-1, 2] and trip.stages[["low", "high", "expectation_low"]].isna().all(axis=None)
    assert gap_of(trip, "Use")["gap"] == 2 and gap_of(trip, "Use")["how"] is None
    assert any("Fewer than 3" in note and "Buy, Use" in note for note in trip.notes)


# -- From a study ---------------------------------------------------------------------------------------------------------------
class FakeStudy:
    "The tables that a journey reads."
    open_step = True      # nothing is kept from one call to the next

    def __init__(self):
        self.codings = table(*feelings("Use", A=1, B=-1, C=2))
        self.codings["source_id"] = pd.factorize(self.codings["source"])[0]
        self.sources = pd.DataFrame({"source_id": self.codings["source_id"].unique(), "kind": "interview"})
        self.codes = pd.DataFrame({"code": ["Use"], "facet": "stage", "order": [1]})
        self.turns = self.codings[["source_id", "turn"]].drop_duplicates().assign(start=0, end=10_000)
        self.cases = pd.DataFrame({"case": list("ABC"), "withdrawn": None})
        self.segments = pd.DataFrame({"segmentation": ["2026-05"] * 2, "segment": ["A", "B"]})
        self.members = pd.DataFrame({"case": list("ABC"), "segment": ["A", "A", "B"]})

    def rows(self, name, **filters):
        assert name == "members" and filters == {"segmentation": "2026-05"}
        return self.members


def test_a_journey_of_a_segment_a_persona_or_cases():
    study = FakeStudy()
    assert journey(study).n_people == 3
    assert journey(study, segment="A").n_people == 2 and "A" in journey(study, segment="A").name
    assert journey(study, cases=["C"]).emotions["emotion"].tolist() == [2]
    persona = SimpleNamespace(name="Nora", segmentation="2026-05", segment="B", cases=None)
    assert set(journey(study, persona=persona).quotes["case"]) == {"C"} and journey(study, persona=persona).name == "Nora"
    persona.cases = ["A", "B"]                                            # a persona's own cases come first
    assert set(journey(study, persona=persona).quotes["case"]) == {"A", "B"}
    assert journey(study, persona=SimpleNamespace(name="Nobody", cases=["Z"])).n_people == 0


def test_a_coding_made_later_is_in_the_next_journey():
    from personabench.codebook import add_code
    from personabench.coding import code
    from personabench.table_importers import import_table

    with Study(":memory:", coder="MB", create=True) as study:
        import_table(study, pd.DataFrame({"who": ["A", "B"], "said": ["Signing up was slow. I hated it.", "Signing up was fine."]}), text=["said"], case="who")
        for name, how in (("Sign-up", {"facet": "stage", "order": 1}), ("Hated", {"facet": "emotion", "valence": -2})): add_code(study, name, **how)
        sources = study.sources["name"].tolist()
        code(study, "Sign-up", source=sources[0], quote="Signing up was slow. I hated it.")
        before = journey(study)
        before.quotes["code"] = "spoilt"
        code(study, "Hated", source=sources[0], quote="I hated it")
        code(study, "Sign-up", source=sources[1], quote="Signing up was fine.")
        after = journey(study)
        assert (before.n_people, after.n_people) == (1, 2) and after.quotes["code"].tolist() == ["Hated"] and after.stages["emotion"].tolist() == [-2]


@settings(max_examples=10)
@given(valences, st.sets(st.sampled_from("ABCDEX")))
def test_a_persona_is_a_part_of_everybody(rows, people):
    codes = pd.DataFrame({"code": ["Buy", "Use", "Leave"], "facet": "stage", "order": [1, 2, 3]})
    everybody, some = journey_from_codings(told(rows), codes=codes), journey_from_codings(told(rows), codes=codes, people=people)
    for name in ("emotions", "quotes", "people"):
        whole = getattr(everybody, name)
        pd.testing.assert_frame_equal(whole[whole["case"].isin(people)].reset_index(drop=True), getattr(some, name), check_dtype=False)


def test_unknown_names_say_what_exists():
    study = FakeStudy()
    with pytest.raises(NoSuchName, match="'A', 'B'"): journey(study, segment="Zebra")
    with pytest.raises(NoSuchName, match="2026-05"): journey(study, segment="A", segmentation="2026-06")
    with pytest.raises(NoSuchCase, match="'Q'"): journey(study, cases=["Q"])
    with pytest.raises(BadInput, match="at most one"): journey(study, segment="A", cases=["A"])
    study.segments = pd.concat([study.segments, study.segments.assign(segmentation="2026-11")])
    with pytest.raises(BadInput, match="segmentation='2026-11'"): journey(study, segment="A")
    study.segments = study.segments.head(0)
    with pytest.raises(NoSuchName, match="add_segments"): journey(study, segment="A")


# -- The sample study -----------------------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    from personabench.sample_data import import_sample

    with Study(tmp_path_factory.mktemp("journey") / "sample.db", coder="MB", create=True) as study:
        import_sample(study)
        yield study


def test_the_planted_journey_is_found(sample):
    trip = journey(sample)
    marked = trip.moments.set_index("moment")["stage"]
    assert marked["peak"] == "First ride" and marked["pit"] == "Sign-up" and marked["end"] == "Staying or leaving"
    assert stage(trip, "Sign-up")["gap"] < -1 < 1 < stage(trip, "First ride")["gap"]
    assert trip.opportunities["pain"].iloc[0] == "Payment fails"
    assert (trip.stages["low"] <= trip.stages["emotion"]).all() and (trip.stages["emotion"] <= trip.stages["high"]).all()
    map_of = trip.touchpoints.set_index("touchpoint")["online"]
    assert not map_of["Paper map"].any() and map_of["App"].all()


def test_the_means_are_those_that_were_planted(sample):
    truth = json.loads((Path(__file__).parent.parent / "data" / "truth.json").read_text("utf-8"))["journey"]
    codings = sample.codings
    trip = journey_from_codings(codings[codings["coder"] == "MB"], codes=sample.codes, turns=sample.turns, cases=sample.cases)
    for column, n, planted in [("emotion", "n_emotion", truth["emotion"]["all"]), ("expectation", "n_expectation", truth["expectation"]["all"])]:
        for name, told in planted.items():
            row = stage(trip, name)
            assert row[n] == told["people"], (name, column)
            assert row[column] == pytest.approx(told["mean"], abs=.0006) if told["people"] else np.isnan(row[column]), (name, column)


def test_every_quote_stands_in_its_source(sample):
    quotes = journey(sample).quotes.drop_duplicates("coding_id")
    assert len(quotes) > 300
    assert all(sample.quote(q.source, q.start, q.end) == q.quote for q in quotes.itertuples())


def test_the_withdrawn_participant_is_nowhere(sample):
    gone = sample.cases.loc[sample.cases["withdrawn"].notna(), "case"].tolist()
    trip = journey(sample)
    assert gone and not set(gone) & (set(trip.quotes["case"]) | set(trip.unplaced["case"]) | set(trip.emotions["case"]))


# -- Size -----------------------------------------------------------------------------------------------------------------------
def test_a_name_is_no_persona():
    with pytest.raises(BadInput, match="a Persona"): journey(Study(":memory:", coder="MB", create=True), persona="Charlie")


def test_who_refused_to_be_quoted_counts_and_is_not_quoted():
    import personabench as pb

    study = pb.Study(":memory:", coder="MB", create=True)
    pb.import_sample(study)
    before = journey(study)
    pb.record_consent(study, case="P12", consent="no quotes, please")
    after = journey(study)
    assert after.stages.equals(before.stages) and len(after.quotes) == len(before.quotes), "the figures stay"
    own = after.quotes["case"].eq("P12")
    assert own.any() and set(after.quotes.loc[own, "quote"]) == {"[not to be quoted]"} and not after.quotes.loc[~own, "quote"].eq("[not to be quoted]").any()
    drawn = pb.chart_quotes(after).to_json()
    assert "not to be quoted" not in drawn and not any(words in drawn for words in before.quotes.loc[own, "quote"] if len(words) > 40)
