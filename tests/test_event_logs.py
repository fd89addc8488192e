"""Event logs: counted one by one, in any order of rows, with bad rows and odd cases; published removal effects; people of a real usability test."""

from __future__ import annotations

from collections import Counter
from math import comb
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import personabench as pb
from personabench.event_logs import journey_from_events, removal_effect
from personabench.schema import BadInput, NoSuchName
from personabench.statistics import wilson
from personabench.statistics import share_difference

STAGES = ["a", "b", "c"]


def log_of(ways: dict[str, str], step: float = 60.) -> pd.DataFrame:
    "Return a log in which each letter is an event, a minute after the one before."
    return pd.DataFrame([(who, step * i, e) for who, way in ways.items() for i, e in enumerate(way)], columns=["case", "time", "event"])


def visits(way: str) -> str: return "".join(e for i, e in enumerate(kept) if i == 0 or kept[i - 1] != e) if (kept := [e for e in way if e in STAGES]) else ""


def reached(way: str) -> int:
    "How many stages of the funnel a way reaches, looked up letter by letter."
    k = 0
    for e in way: k += k < len(STAGES) and e == STAGES[k]
    return k


# -- Counted one by one -------------------------------------------------------------------------------------------------------
@settings(max_examples=150, deadline=None)
@given(st.lists(st.text("abcx", min_size=1, max_size=9), min_size=1, max_size=14), st.randoms(use_true_random=False))
def test_every_table_is_what_counting_by_hand_gives(ways, shuffle):
    named = {f"p{i}": way for i, way in enumerate(ways)}
    log = log_of(named)
    rows = list(range(len(log)))
    shuffle.shuffle(rows)
    if not any(e in STAGES for way in ways for e in way): return
    j = journey_from_events(log.iloc[rows], stages=STAGES)
    short = {who: visits(way) for who, way in named.items()}
    assert j.n_cases == len(ways) and j.n_events == sum(e in STAGES for way in ways for e in way)
    assert j.funnel["cases"].tolist() == [sum(reached(w) > k for w in ways) for k in range(3)]
    assert j.stages["cases"].tolist() == [sum(s in w for w in ways) for s in STAGES]
    assert j.stages["visits"].tolist() == [sum(w.count(s) for w in short.values()) for s in STAGES]
    assert j.stages["again"].tolist() == [sum(w.count(s) > 1 for w in short.values()) for s in STAGES]
    moves = Counter(pair for w in short.values() if w for pair in zip(["(start)", *w], [*w, "(end)"]))
    assert {(r.source, r.target): r.moves for r in j.transitions.itertuples()} == moves
    who = Counter(pair for w in short.values() if w for pair in set(zip(["(start)", *w], [*w, "(end)"])))
    assert {(r.source, r.target): r.cases for r in j.transitions.itertuples()} == who
    assert dict(zip(j.variants["variant"], j.variants["cases"], strict=True)) == Counter(" → ".join(w) or "(no stage)" for w in short.values())
    assert dict(zip(j.unplaced["event"], j.unplaced["events"], strict=True)) == ({"x": n} if (n := sum(w.count("x") for w in ways)) else {})
    assert j.explain() and j._repr_html_()


def test_shares_have_wilsons_interval_over_cases_and_waits_are_the_quartiles():
    j = journey_from_events(log_of({f"p{i}": "abc" if i < 12 else "aaab" if i < 30 else "a" for i in range(40)}), stages=STAGES)
    row = j.funnel.iloc[1]
    assert (row["low"], row["high"]) == pytest.approx(wilson(30, 40)) and (j.funnel["previous_low"][2], j.funnel["previous_high"][2]) == pytest.approx(wilson(12, 30))
    assert row["lost"] == 10 and row["wait"] == pd.Timedelta(minutes=3) and row["wait_low"] == pd.Timedelta(minutes=1), "18 people needed three minutes, 12 one"
    assert "2. b: 30, 75 % (60–86 %) of all" in j.explain() and "Most are lost before c: 18 cases." in j.explain()


def test_a_funnel_needs_its_stages_in_order():
    j = journey_from_events(log_of({"back": "ba", "round": "bab", "jump": "ac"}), stages=STAGES)
    assert j.funnel["cases"].tolist() == [3, 1, 0] and j.stages["cases"].tolist() == [3, 2, 1]
    assert np.isnan(j.funnel["low"][2]) is np.False_ and j.funnel["wait"].isna()[2]


def test_segments_are_held_against_everybody_else():
    ways = {f"p{i}": "ab" if i % 2 == 0 or i < 40 else "a" for i in range(200)}
    segment = pd.Series({who: "even" if int(who[1:]) % 2 == 0 else "odd" for who in ways} | {"p0": None, "stranger": "odd"})
    j = journey_from_events(log_of(ways), stages=["a", "b"], segments=segment)
    row = j.segments.set_index(["segment", "stage"]).loc[("odd", "b")]
    d = share_difference((99, 99), (20, 100))
    assert (row["cases"], row["n"]) == (20, 100) and row[["difference", "difference_low", "difference_high", "p"]].tolist() == pytest.approx(list(d)[:4])
    assert row["q"] >= row["p"] and "1 case has no segment and is in no comparison" in " ".join(j.notes) and "odd, b: 20 %" in j.explain()
    shuffled = journey_from_events(log_of({f"p{i}": "ab" if i % 3 else "a" for i in range(300)}), stages=["a", "b"],
                                   segments={f"p{i}": str(np.random.default_rng(i).integers(2)) for i in range(300)})
    assert not (shuffled.segments["q"] < .05).any()


def test_few_cases_of_a_segment_are_tested_by_fisher_and_many_by_the_score_test():
    ways = {f"c{i}": "ab" if i < 6 else "a" for i in range(101)}
    alone = journey_from_events(log_of(ways), stages=["a", "b"], segments={who: "VIP" if who == "c0" else "rest" for who in ways})
    row = alone.segments.set_index(["segment", "stage"]).loc[("VIP", "b")]
    assert row["p"] == pytest.approx(6 / 101), "one of 101 is picked, and six of them paid"
    assert row["q"] > .05 and "against" not in alone.explain()
    for few, many in (((2, 12), (1, 40)), ((0, 6), (30, 30))):      # the chance of a table as odd or odder, counted through
        (x, n), (y, m) = few, many
        chances = [comb(n, k) * comb(m, x + y - k) / comb(n + m, x + y) for k in range(max(0, x + y - m), min(n, x + y) + 1)]
        odd = sum(c for c in chances if c <= comb(n, x) * comb(m, y) / comb(n + m, x + y) * (1 + 1e-9))
        made = {f"few{i}": "ab" if i < x else "a" for i in range(n)} | {f"many{i}": "ab" if i < y else "a" for i in range(m)}
        j = journey_from_events(log_of(made), stages=["a", "b"], segments={who: who[:3] for who in made})
        assert j.segments.set_index(["segment", "stage"]).loc[("few", "b"), "p"] == pytest.approx(odd)


def test_two_segments_are_one_comparison_and_it_is_told_once():
    ways = {f"p{i}": "ab" if i < 60 or i % 4 == 0 else "a" for i in range(120)}
    told = journey_from_events(log_of(ways), stages=["a", "b"], segments={who: "old" if int(who[1:]) < 60 else "new" for who in ways}).explain()
    assert told.count(" against ") == 1 and "old, b: 100 %" in told and "+75 points" in told and "against new." in told
    three = journey_from_events(log_of(ways), stages=["a", "b"], segments={who: "old" if int(who[1:]) < 60 else f"new{int(who[1:]) % 2}" for who in ways})
    assert three.explain().count("against all others.") == 2


def test_stages_may_join_events_and_keep_the_order_of_the_mapping():
    j = journey_from_events(log_of({"p": "zyb", "q": "yz"}), stages={"y": "early", "z": "early", "b": "late"})
    assert j.stages["stage"].tolist() == ["early", "late"] and j.stages["cases"].tolist() == [2, 1]
    assert j.variants["variant"].tolist() == ["early → late", "early"]


OPENING = pd.DataFrame([("p", 0, "app_open"), ("p", 1, "signup"), ("q", 0, "app_open"), ("q", 2, "ride")], columns=["case", "time", "event"])


@pytest.mark.parametrize(("stages", "said"), [
    ({"app_open": "Opens", "singup": "Signs up"}, "event 'singup' of stage 'Signs up': the log has no such event.*did you mean 'signup'\\? leave out"),
    ({"app_open": "Opens", "signup": "Signs up", "sign_up": "Signs up"}, "event 'sign_up' of stage 'Signs up'"),
    ({"app_open": "Opens", "nothing like it": "After", "rode": "Rides"},
     "'nothing like it' of stage 'After': the log has no such event, nor 'rode'.*there are 'ride', 'signup'; leave out"),
    (["app_open", "Singup"], "stages, event 'Singup': the log.*did you mean 'signup'"),
])
def test_an_event_that_the_log_does_not_have_is_an_error_and_no_stage_in_which_all_are_lost(stages, said):
    with pytest.raises(NoSuchName, match=said): journey_from_events(OPENING, stages=stages)


def test_a_list_may_go_on_beyond_the_end_of_the_log_and_nobody_is_lost_there():
    j = journey_from_events(log_of({"p": "ab", "q": "a", "r": "ab"}), stages=STAGES)
    assert "Most are lost before b: 1 case." in j.explain() and "3. c: no event of it in the log." in j.explain() and "No event in c." in j.notes
    assert "lost" not in journey_from_events(log_of({"p": "ab", "q": "ab"}), stages=STAGES).explain(), "the two did not come to c because nobody could"


def test_ties_are_said_as_ties():
    told = journey_from_events(log_of({"p": "abc", "q": "ab", "r": "a", "s": "abc"}), stages=STAGES).explain()
    assert "Most are lost before b and c, equally many: 1 case each." in told and "The most frequent way, 50 %" in told
    told = journey_from_events(log_of({"p": "abab", "q": "a", "r": "abab", "s": "a", "t": "cac"}), stages=STAGES).explain()
    assert "The most frequent ways, 40 % (12–77 %) each: a → b → a → b; a." in told
    assert "c is visited again by 1 of its 1 cases." in told and "b is visited again by 2 of its 2 cases." in told
    told = journey_from_events(log_of({"p": "a", "q": "ab", "r": "ac", "s": "bc", "t": "ba"}), stages=STAGES).explain()
    assert "No way is the most frequent: 5 of those listed have 1 case each." in told


def test_discovery_orders_by_first_coming_and_says_that_it_is_a_guess():
    ways = {f"p{i}": "abc" if i % 4 else "acab" for i in range(40)} | {"rare": "abcr"}
    j = journey_from_events(log_of(ways))
    assert j.stages["stage"].tolist() == STAGES and j.unplaced["event"].tolist() == ["r"] and any("discovered" in n for n in j.notes)


def test_discovered_stages_have_visitors_and_nobody_is_lost_between_them():
    ways = {f"p{i}": "abd" if i % 2 else "acd" for i in range(40)}      # who went by b was not lost before c
    j = journey_from_events(log_of(ways), segments={who: way[1] for who, way in ways.items()})
    told = j.explain()
    assert j.discovered and "lost" not in told and "of those before" not in told and "in 4 discovered stages." in told
    assert "c: visited by 20 of 40, 50 % (35–65 %)." in told and "d: visited by 40 of 40" in told
    assert j.segments.set_index(["segment", "stage"]).loc[("c", "d"), "cases"] == 20 and "c, c: 100 % (84–100 %) visit it" in told
    named = journey_from_events(log_of(ways), stages=["a", "b", "d"])
    assert not named.discovered and "Most are lost before b: 20 cases." in named.explain()


# -- Removal effects ----------------------------------------------------------------------------------------------------------
def test_removal_effects_of_a_chain_solved_by_hand():
    # Ways 1-2-3-goal, 1, and 2-3: a third of all arrive; without 1 a sixth, without 2 or 3 nobody. The example is common in texts on channel attribution.
    j = journey_from_events(log_of({"x": "123!", "y": "1", "z": "23"}), stages=list("123!"))
    found = removal_effect(j, goal="!", n_boot=0)
    assert found.attrs["reached"] == pytest.approx(1 / 3)
    assert found.set_index("stage")["effect"].to_dict() == pytest.approx({"1": .5, "2": 1., "3": 1.}) and found["credit"].sum() == pytest.approx(1)


def test_the_interval_of_a_removal_effect_holds_the_truth():
    rng, hit = np.random.default_rng(5), 0
    for _ in range(60):  # half go by h, of whom .6 arrive; of the others .2: without h a quarter of the arrivals is left
        ways = {f"p{i}": "s" + ("h" if (by := rng.random() < .5) else "") + ("!" if rng.random() < (.6 if by else .2) else "") for i in range(250)}
        found = removal_effect(journey_from_events(log_of(ways), stages=list("sh!")), goal="!", n_boot=100).set_index("stage").loc["h"]
        hit += found["low"] <= .75 <= found["high"]
    assert 51 <= hit <= 60


def test_cases_without_a_stage_do_not_arrive():
    ways = {"p": "ab", "q": "ab", "r": "a", "s": "x", "t": "x"}
    j = journey_from_events(log_of(ways), stages=["a", "b"])
    found, without = removal_effect(j, goal="b"), removal_effect(journey_from_events(log_of({k: w for k, w in ways.items() if w != "x"}), stages=["a", "b"]), goal="b")
    assert found.attrs["reached"] == pytest.approx(.4) == j.funnel["share"].iloc[1] and without.attrs["reached"] == pytest.approx(2 / 3)
    assert found[["effect", "credit"]].equals(without[["effect", "credit"]])


def test_resamples_that_all_agree_give_no_interval():
    found = removal_effect(journey_from_events(log_of({"p": "ab", "q": "ab"}), stages=["a", "c", "b"]), goal="b").set_index("stage")
    assert found["effect"].to_dict() == {"a": 1, "c": 0} and found[["low", "high"]].isna().all(axis=None)
    some = removal_effect(journey_from_events(log_of({f"p{i}": "acb" if i % 2 else "ab" for i in range(20)}), stages=["a", "c", "b"]), goal="b").set_index("stage")
    assert some.loc["c", "low"] < some.loc["c", "effect"] < some.loc["c", "high"]


def arriving(ways: list[str], away: str) -> float:
    "Walk the chain of first-order moves step by step and return the share that arrives at c."
    moves = Counter(pair for w in ways for pair in zip("^" + w, w + "$"))
    out = Counter()
    for (source, _), n in moves.items(): out[source] += n
    here, arrived = {"^": 1.}, 0.
    for _ in range(3000):
        onward: Counter = Counter()
        for (source, target), n in moves.items():
            if source in here and target not in ("$", away): onward[target] += here[source] * n / out[source]
        arrived += onward.pop("c", 0.)
        here = dict(onward)
    return arrived


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text("abc", min_size=1, max_size=6), min_size=1, max_size=12).filter(lambda ways: any("c" in w for w in ways)))
def test_removal_effects_are_those_of_walking_the_chain(ways):
    found = removal_effect(journey_from_events(log_of({str(i): w for i, w in enumerate(ways)}), stages=STAGES), goal="c", n_boot=0)
    until = [visits(w).split("c")[0] + "c" * ("c" in w) for w in ways]
    whole = arriving(until, "-")
    assert found.attrs["reached"] == pytest.approx(whole) and set(found["stage"]) == {"a", "b"}
    for r in found.itertuples(): assert r.effect == pytest.approx(1 - arriving(until, r.stage) / whole, abs=1e-6)


# -- Bad rows, odd logs -------------------------------------------------------------------------------------------------------
def test_rows_without_case_time_or_event_are_counted_and_left_out():
    log = pd.concat([log_of({"p": "ab"}).astype(object), pd.DataFrame([(None, 1, "a"), ("p", None, "b"), ("p", float("inf"), "b"), ("q", 3, " ")],
                                                                          columns=["case", "time", "event"])])
    j = journey_from_events(log, stages=STAGES)
    assert j.n_cases == 1 and j.funnel["cases"].tolist() == [1, 1, 0]
    told = " ".join(j.notes)
    assert "1 of 6 events have no case" in told and "2 of 6 events have no time" in told and "1 of 6 events have no event" in told and "a story, no share" in told


def test_rows_in_another_order_are_told_and_change_nothing():
    log = log_of({"p": "abc", "q": "ab"})
    back = journey_from_events(log.iloc[::-1], stages=STAGES)
    assert back.funnel.equals(journey_from_events(log, stages=STAGES).funnel) and any("put in order" in n for n in back.notes)


@pytest.mark.parametrize(("log", "how", "error", "said"), [
    (pd.DataFrame({"case": [1], "when": [1], "event": ["a"]}), {}, NoSuchName, "time"),
    (pd.DataFrame({"case": [], "time": [], "event": []}), {}, BadInput, "no rows"),
    (pd.DataFrame({"case": [1], "time": ["soon"], "event": ["a"]}), {}, BadInput, "no time"),
    (log_of({"p": "ab"}), {"stages": ["z"]}, NoSuchName, "'z'"),
    (log_of({"p": "ab"}), {"stages": "ab"}, BadInput, "a dict event"),
    (log_of({"p": "ab"}), {"stages": []}, BadInput, "no stages"),
    (log_of({"p": "ab"}), {"segments": {"q": "A"}}, BadInput, "none of its 1 cases"),
    (log_of({"p": "ab"}), {"case": "event"}, BadInput, "three columns"),
])
def test_bad_logs_are_named(log, how, error, said):
    with pytest.raises(error, match=said): journey_from_events(log, **how)


def timed(*times) -> pd.DataFrame: return pd.DataFrame({"case": "p", "time": list(times), "event": list("abc")[:len(times)]})


@pytest.mark.parametrize("times", [
    ("2026-01-01", "9999-12-31", "2026-01-02"), ("2026-01-01", "0001-01-01", "2026-01-02"), (1.7e9, 2.5e11, 1.7e9 + 86_400),
    pd.Series(["2026-01-01", "9999-12-31", "2026-01-02"]).astype("datetime64[s]"), pd.Series([0, 9e10, 86_400]).astype("timedelta64[s]"),
])
def test_a_time_too_far_away_is_none_and_not_the_past(times):
    j = journey_from_events(timed(*times).assign(time=times), stages=STAGES)
    assert j.stages["cases"].tolist() == [1, 0, 1] and j.variants["variant"].tolist() == ["a → c"]
    told = " ".join(j.notes)
    assert "1 of 3 events have no time and are left out" in told and "stood behind" not in told


@pytest.mark.parametrize("times, days", [
    (("03/04/2026", "13/04/2026", "05/05/2026"), [10, 22]), (("03/04/2026", "04/14/2026", "05/05/2026"), [41, 21]),
    (("03.04.2026", "05.04.2026", "06.05.2026 00:00"), [2, 31]), (("03.04.2026", "04.14.2026", "05.05.2026"), [41, 21]),
    (("2026-04-03", "13/04/2026", "2026-05-05"), [10, 22]),
])
def test_the_order_of_day_and_month_is_one_for_the_whole_log(times, days):
    assert journey_from_events(timed(*times), stages=STAGES).funnel["wait"].tolist()[1:] == [pd.Timedelta(days=d) for d in days]


def test_dates_that_could_be_two_are_asked_for():
    log = timed("03/04/2026", "05/04/2026", "07/04/2026")
    with pytest.raises(BadInput, match="dates such as 03/04/2026.*dayfirst=True"): journey_from_events(log, stages=STAGES)
    for first, wait in ((True, 2), (False, 61)):
        assert journey_from_events(log, stages=STAGES, dayfirst=first).funnel["wait"].tolist()[1] == pd.Timedelta(days=wait)
    with pytest.raises(BadInput, match="13/04/2026, 04/13/2026"): journey_from_events(timed("13/04/2026", "04/13/2026"), stages=STAGES)
    with pytest.raises(BadInput, match="a date such as 13/04/2026.*dayfirst=True"): journey_from_events(timed("13/04/2026"), stages=STAGES, dayfirst=False)


@pytest.mark.parametrize("by, what", [(1e3, "divide by 1000 where they are milliseconds"), (1e6, "1000000.*microseconds"), (1e9, "1000000000.*nanoseconds")])
def test_numbers_that_are_no_seconds_are_refused(by, what):
    with pytest.raises(BadInput, match=f"column 'time'.*Expected: seconds.*{what}"): journey_from_events(timed(1.7e9 * by, 1.7e9 * by + 1, 1.7e9 * by + 2))


@pytest.mark.parametrize("times, waits", [
    ((20260101, 20260109, 20260228), (8, 50)), ((20260131., 20260201., 20260301.), (1, 28)), ((202512312330, 202601010000, 202601020000), (30 / 1440, 1)),
    ((20251231235930, 20260101000000, 20260102000000), (30 / 86400, 1)), (("20260101", "20260109", "20260228"), (8, 50)),
])
def test_days_written_as_numbers_are_days_and_no_seconds(tmp_path: Path, times, waits):
    log = timed(*times)
    log.to_csv(path := tmp_path / "log.csv", index=False)
    for read in (log, path):
        j = journey_from_events(read, stages=STAGES)
        assert j.funnel["wait"].tolist()[1:] == [pd.Timedelta(days=w).round("ms") for w in waits]
        assert isinstance(times[0], str) or f"Numbers such as {times[0]:.0f} in the column 'time' are taken as dates." in j.notes


def test_a_day_that_is_none_is_left_out_and_other_numbers_are_said_to_be_seconds():
    j = journey_from_events(timed(20260101, 20260231, 20260302), stages=STAGES)
    assert j.stages["cases"].tolist() == [1, 0, 1] and any("1 of 3 events have no time" in n for n in j.notes)
    for numbers in ((2020, 2021), (46023.5, 46024.5), (20261301, 20261302), (1.7e9, 1.7e9 + 1)):      # years, a spreadsheet's days, a month that is none, real ones
        j = journey_from_events(timed(*numbers), stages=["a", "b"])
        assert j.funnel["wait"][1] == pd.Timedelta(seconds=1) and "Numbers in the column 'time' are taken as seconds." in j.notes
    assert not any("taken" in n for log in (timed("2026-01-01", "2026-01-02"), timed("0:10", "0:12")) for n in journey_from_events(log).notes)


def test_one_is_said_in_the_singular():
    j = journey_from_events(pd.DataFrame([("p", 1, "b"), ("p", 0, "a"), ("q", 5, "x")], columns=["case", "time", "event"]), stages=["a", "b"])
    told = j.explain() + repr(journey_from_events(timed(1), stages=["a"]))
    assert "1 second after" in told and "1 event stood" in told and "was put in order" in told and "1 case has no event" in told and "1 stage, 1 event with" in told
    assert "1 seconds" not in told and "1 events" not in told and "1 cases" not in told


def test_discovery_says_how_many_events_it_left_out():
    log = pd.DataFrame([(c, i, f"e{i:02d}") for c in "pq" for i in range(15)], columns=["case", "time", "event"])
    j = journey_from_events(log)
    assert len(j.stages) == 12 and len(j.unplaced) == 3 and any("3 more events" in n and ".unplaced" in n for n in j.notes)
    assert not any("more event" in n for n in journey_from_events(log[log["time"] < 12]).notes)


def test_a_column_that_is_there_twice_is_named():
    log = log_of({"p": "ab"})
    with pytest.raises(BadInput, match="column 'case'.*twice"): journey_from_events(pd.concat([log, log[["case"]]], axis=1))


def test_a_goal_that_nobody_reaches_is_named():
    j = journey_from_events(log_of({"p": "ab"}), stages=STAGES)
    with pytest.raises(BadInput, match="nobody reaches"): removal_effect(j, goal="c")
    with pytest.raises(NoSuchName, match="pay"): removal_effect(j, goal="pay")


@pytest.mark.parametrize("ending", [".csv", ".parquet"])
def test_files_and_dates(tmp_path: Path, ending: str):
    log = log_of({"p": "abc", "q": "ab"}).rename(columns={"case": "who", "time": "at", "event": "what"})
    log["at"] = pd.Timestamp("2026-03-29 00:30", tz="Europe/Berlin") + pd.to_timedelta(log["at"] * 60, unit="s")   # over the night in which clocks change
    path = tmp_path / f"log{ending}"
    log.to_csv(path, index=False) if ending == ".csv" else log.to_parquet(path)
    j = journey_from_events(path, case="who", time="at", event="what", stages=STAGES)
    assert j.funnel["cases"].tolist() == [2, 2, 1] and j.funnel["wait"].tolist()[1:] == [pd.Timedelta(hours=1)] * 2
    with pytest.raises(NoSuchName, match="did you mean 'who'|who"): journey_from_events(path, case="whom", time="at", event="what")


def test_markup_in_events_stays_words():
    assert "<img" not in journey_from_events(log_of({"p": "ab"}).assign(event="<img src=x>"), stages=["<img src=x>"])._repr_html_()


# -- Names, zones, odd arguments ----------------------------------------------------------------------------------------------
def test_a_series_gives_each_event_its_stage_and_a_plain_one_the_order():
    log = log_of({"p": "zyb", "q": "yz"})
    named = journey_from_events(log, stages=pd.Series({"y": "early", "z": "early", "b": "late"}))
    assert named.stages["stage"].tolist() == ["early", "late"] and named.stages["cases"].tolist() == [2, 1]
    assert journey_from_events(log, stages=pd.Series(["z", "y", "b"])).stages["stage"].tolist() == ["z", "y", "b"]


@pytest.mark.parametrize("stages, said", [
    ({"a", "b"}, "a set, which has no order"), (frozenset("ab"), "a set"), (5, "stages: 5"), ({"a": None}, "event 'a': the name None"),
    (["a", float("nan")], "the name nan"), ({"a": " "}, "the name ' '"), ({"a": ["b"]}, "the name \\['b'\\]"), ([None], "the name None"),
])
def test_stages_have_an_order_and_names(stages, said):
    with pytest.raises(BadInput, match=said): journey_from_events(log_of({"p": "ab"}), stages=stages)


@pytest.mark.parametrize("segments", [["A", "B"], "AB", 5, {}])
def test_segments_say_of_which_case(segments):
    with pytest.raises(BadInput, match="segments.*case -> segment"): journey_from_events(log_of({"p": "ab"}), stages=["a", "b"], segments=segments)


@pytest.mark.parametrize("column", ["case", "event"])
def test_a_list_in_a_cell_is_named(column):
    log = log_of({"p": "ab", "q": "a"}).astype(object)
    log.at[1, column] = ["a", "b"]
    with pytest.raises(BadInput, match=f"column '{column}'.*a list in a cell"): journey_from_events(log)


@pytest.mark.parametrize("how", [{"n_boot": -1}, {"n_boot": 1.5}, {"seed": -1}, {"seed": "a"}])
def test_resamples_are_whole_numbers(how):
    with pytest.raises(BadInput, match=f"{next(iter(how))}=.*a whole number"): removal_effect(journey_from_events(log_of({"p": "ab"}), stages=STAGES), goal="b", **how)


def test_numbers_are_called_the_same_with_and_without_a_gap_and_as_words():
    log = pd.DataFrame({"case": [1., 1., 2., np.nan], "time": [0, 1, 0, 5], "event": [1, "1", "2", 1]}, dtype=object)
    j = journey_from_events(log, stages=[1, "2"])
    assert j.stages["cases"].tolist() == [1, 1] and j.n_events == 3 and j.unplaced.empty, "1 and '1' are one event"
    for case in (log["case"], log["case"].astype(float)):
        j = journey_from_events(log.assign(case=case, event=["a", "b", "a", "a"]), stages=["a", "b"], segments={1: 10., 2: 20.})
        assert j.segments["segment"].unique().tolist() == ["10", "20"] and j.segments["n"].tolist() == [1] * 4
    assert journey_from_events(log.assign(event=[1., 2., 1., np.nan])).stages["stage"].tolist() == ["1", "2"]


def test_times_with_and_without_a_zone_are_told_apart():
    mixed = journey_from_events(timed("2026-01-05T10:00:00+02:00", "2026-01-05 10:00", "2026-01-05T11:00Z"), stages=STAGES)
    assert mixed.funnel["wait"].tolist()[1:] == [pd.Timedelta(hours=2), pd.Timedelta(hours=1)]
    assert "1 of 3 times name no time zone and are taken as UTC, beside others that name one." in mixed.notes
    for times in (("2026-01-05T10:00:00+02:00", "2026-01-05T10:00+0100"), ("2026-01-05 10:00", "05.01.2026 11:00"), ("05-13-2026", "05-14-2026")):
        assert not any("zone" in n for n in journey_from_events(timed(*times)).notes), times


def test_a_day_with_a_zone_is_a_time():
    j = journey_from_events(timed("2026-01-05Z", "2026-01-06+02:00", "2026-01-07Z"), stages=STAGES)
    assert j.funnel["wait"].tolist()[1:] == [pd.Timedelta(hours=22), pd.Timedelta(hours=26)] and not any("time" in n for n in j.notes)


# -- Real people --------------------------------------------------------------------------------------------------------------
@pytest.mark.real
def test_a_usability_test_becomes_a_funnel(real_data):
    log = pd.read_csv(real_data / "events" / "jupyterlab-usability-2018" / "jupyterlab_task_log.csv")
    done = log[log["first_success"].str.strip().str.upper().str[:1].eq("Y")]
    first = log["correct_path"].drop_duplicates().tolist()[:6]
    j = pb.journey_from_events(done, case="participant", time="time_start", event="correct_path", stages=first)
    assert j.n_cases == 20 and j.funnel["wait"].iloc[1:].dropna().between(pd.Timedelta(0), pd.Timedelta(hours=1)).all()
    by_hand = {who: set(part["correct_path"]) for who, part in done.dropna(subset="time_start").groupby("participant")}
    assert j.stages["cases"].tolist() == [sum(s in tasks for tasks in by_hand.values()) for s in first]
    print(j.explain())


def test_a_log_without_times_has_an_order_and_no_waits():
    log = pd.DataFrame({"case": list("AABAB"), "event": list("abacc")})
    j = journey_from_events(log, time=None, stages=["a", "b", "c"])
    assert j.variants["variant"].tolist() == ["a → b → c", "a → c"] and j.funnel["cases"].tolist() == [2, 1, 1]
    assert j.funnel[["wait", "wait_low", "wait_high"]].isna().all(axis=None) and "after the stage before" not in j.explain() and j.notes == ()
    from personabench.event_charts import chart_funnel
    from personabench.journey_measures import event_metrics

    assert "later" not in chart_funnel(j).to_json() and set(event_metrics(j)["kind"]) == {"share", "drop-off"}
    with pytest.raises(BadInput, match="three columns"): journey_from_events(log, case="event", time=None)


def test_a_log_of_days_tells_days_and_a_wait_under_a_second_is_not_none():
    from personabench.event_charts import chart_funnel
    from personabench.journey_measures import event_metrics

    log = pd.DataFrame({"case": list("AAABBB"), "event": list("abcabc"), "time": ["2026-01-01", "2026-01-01", "2026-01-09", "2026-01-02", "2026-01-02", "2026-01-10"]})
    j = journey_from_events(log, stages=list("abc"))
    told = j.explain() + chart_funnel(j).to_json()
    assert "0 days after the stage before" in told and "8 days later" in told and "second" not in told
    assert event_metrics(j)[lambda t: t["kind"].eq("seconds")]["value"].tolist() == [8 * 86_400]
    quick = journey_from_events(pd.DataFrame({"case": "A", "event": list("ab"), "time": [10., 10.25]}), stages=list("ab"))
    assert "0.2 seconds after" in quick.explain()
