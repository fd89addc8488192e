"""Entries of journey maps: what is refused, how undo and colleagues meet, what follows a renamed stage, and what a withdrawal leaves."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from personabench import store
from personabench.codebook import add_code, merge_codes, rename_code
from personabench.coding import code, redo, undo
from personabench.consent import withdraw
from personabench.map_entries import ENTRY_LANES, add_entry, change_entry, move_entry, remove_entry
from personabench.schema import BadInput, NoSuchName, NothingToUndo, UndoConflict
from personabench.study import Study

TALK = "The card page hung twice on the tram that morning. Then I gave up."


@pytest.fixture
def study(tmp_path: Path):
    with Study(tmp_path / "study.db", coder="MB", create=True) as study:
        with study.step("import", "import P01") as step:
            store.add_source(step, "P01", text=TALK, turns=[{"start": 0, "end": len(TALK), "speaker": "Anna"}], speakers={"Anna": ("P01", "participant")})
        for name, order in (("Sign-up", 1), ("Ride", 2)): add_code(study, name, facet="stage", order=order)
        add_code(study, "Payment fails", facet="pain")
        code(study, "Payment fails", source="P01", quote="The card page hung twice")
        yield study


def cells(study: Study) -> dict[tuple[str, str], list[str]]:
    return {key: part["text"].tolist() for key, part in study.entries.groupby(["lane", "stage"])}


@pytest.mark.parametrize("wrong, error, says", [
    ({"lane": "strategie"}, BadInput, "did you mean 'strategy'"), ({"stage": "  "}, BadInput, "no stage"), ({"text": " \n "}, BadInput, "the text is empty"),
    ({"due": "30.9.2026"}, BadInput, "year-month-day"), ({"due": "2026-02-30"}, BadInput, "2026-02-30"), ({"evidence": [99]}, NoSuchName, "coding 99"),
    ({"evidence": ["abc"]}, NoSuchName, "'abc' names nothing"), ({"evidence": "12"}, NoSuchName, "as numbers"),
    ({"evidence": ["ash/"]}, NoSuchName, "'ash/' names nothing"),
    ({"stage": "Signup"}, NoSuchName, "did you mean 'Sign-up'"), ({"stage": "sign-up"}, NoSuchName, "did you mean 'Sign-up'"),
])
def test_what_cannot_stand_in_an_entry_is_named_and_nothing_is_written(study, wrong, error, says):
    before = study.last_event()
    told = {"text": "x", "lane": "strategy", "stage": "Ride"} | wrong
    with pytest.raises(error, match=says): add_entry(study, told.pop("text"), **told)
    entry = add_entry(study, "x", lane="note", stage="Ride")
    assert study.last_event() == before + 1
    if {"lane", "stage"}.isdisjoint(wrong):
        with pytest.raises(error, match=says): change_entry(study, entry, **wrong)
    with pytest.raises(BadInput, match="did you mean 'owner'"): change_entry(study, entry, ownr="x")
    with pytest.raises(NoSuchName, match="may have been removed"): remove_entry(study, entry + 1)


ODD = [{"text": None}, {"text": float("nan")}, {"text": 5}, {"stage": None}, {"stage": float("nan")}, {"map": None}, {"owner": float("nan")}, {"owner": 5},
       {"due": "2026-09-301"}, {"due": "2026-09-30 or later"}, {"due": "2026-09-30T25:00"}, {"due": pd.NaT}, {"due": 20260930}, {"due": float("nan")}, {"due": True},
       *({"evidence": e} for e in ([1.7], [True], [np.True_], [b"1"], b"1", [None], [[1]], [2 ** 70], [float("nan")], [float("inf")], 1.5, [{}])),
       *({"position": p} for p in ("abc", "1", float("nan"), 1.5, True, [1]))]


@pytest.mark.parametrize("odd", ODD, ids=str)
def test_nothing_is_made_into_words_dates_ids_or_places(study, odd):
    kept, before = add_entry(study, "kept", lane="note", stage="Ride"), study.last_event()
    told = {"text": "x", "lane": "note", "stage": "Ride"} | odd
    [(name, _)] = odd.items()
    with pytest.raises(BadInput, match=name) as said: add_entry(study, told.pop("text"), **told)
    assert said.value.expected and said.value.cure
    if name in ("text", "owner", "due", "evidence"):
        with pytest.raises(BadInput, match=name): change_entry(study, kept, **odd)
    elif name == "position":
        with pytest.raises(BadInput, match=name): move_entry(study, kept, **odd)
    assert study.last_event() == before and study.entries["text"].tolist() == ["kept"], "nothing is written"


@pytest.mark.parametrize("entry", ["abc", "1", None, 1.5, True, float("nan"), 2 ** 70])
@pytest.mark.parametrize("write", [lambda s, i: change_entry(s, i, text="y"), lambda s, i: move_entry(s, i, stage="Sign-up"), remove_entry])
def test_what_is_no_id_of_an_entry_is_refused(study, write, entry):
    add_entry(study, "kept", lane="note", stage="Ride")
    with pytest.raises(BadInput, match="entry: id .*study.entries"): write(study, entry)
    assert cells(study) == {("note", "Ride"): ["kept"]}


@pytest.mark.parametrize("due", [" 2026-09-30 ", "2026-09-30T12:30", "2026-09-30 12:30:00+02:00", datetime(2026, 9, 30, 12), date(2026, 9, 30),
                                 pd.Timestamp("2026-09-30 01:00", tz="UTC"), np.datetime64("2026-09-30")])
def test_dates_of_every_kind_are_days_and_columns_and_whole_numbers_are_ids_and_places(study, due):
    add_entry(study, "kept", lane="note", stage="Ride")
    add_entry(study, "x", lane="note", stage="Ride", due=due, evidence=np.array([1.]), position=np.int64(1), owner="")
    first = study.entries.sort_values("position").iloc[0]
    assert first[["text", "due", "evidence", "owner"]].tolist() == ["x", "2026-09-30", [1], None]
    move_entry(study, np.int64(first["entry_id"]), position=2.)
    assert study.entries.set_index("text")["position"].to_dict() == {"kept": 1, "x": 2}


def test_half_a_character_in_a_stage_an_owner_or_a_map_can_be_stored(study):
    add_entry(study, "a\ud800", lane="note", stage="b\ud800", owner="c\ud800", map="d\ud800")
    assert study.entries[["text", "stage", "owner", "map"]].values.tolist() == [["a\ufffd", "b\ufffd", "c\ufffd", "d\ufffd"]]


def test_a_stage_of_another_name_may_be_new_and_an_old_slip_stays_usable(study):
    for stage in ("Delivery", "Sign-in", "Ride home"): add_entry(study, "x", lane="note", stage=stage)
    add_code(study, "Week 1", facet="stage", order=3)
    entry = add_entry(study, "x", lane="note", stage="Week 2")
    with pytest.raises(NoSuchName, match="did you mean 'Sign-up'"): move_entry(study, entry, stage="Sign up")
    add_code(study, "Sign up", facet="stage", order=4)
    move_entry(study, entry, stage="Sign up")
    with study.step("old", "as an older version wrote it") as step: step.update("entries", [entry], {"stage": "signup", "evidence": '["abc", 1]'})
    add_entry(study, "beside it", lane="note", stage="signup")
    change_entry(study, entry, evidence=[1, "abc"], text="y")
    assert cells(study)[("note", "signup")] == ["y", "beside it"]
    with pytest.raises(NoSuchName, match="'abd' names nothing"): change_entry(study, entry, evidence=["abc", "abd"])


def test_evidence_is_ids_each_once_and_dates_owner_and_text_are_trimmed(study):
    ids = [1, 1, "ash/pain-pay", "ash/pain-pay"]
    entry = add_entry(study, "  Pay later\r\nor never ", lane="strategy", stage=" Ride ", owner="  Lena   B ", due="2026-09-30T00:00", evidence=ids)
    row = study.entries.iloc[0]
    assert row.to_dict() == {"entry_id": entry, "map": "journey", "lane": "strategy", "stage": "Ride", "position": 1, "text": "Pay later\nor never", "owner": "Lena B",
                             "due": "2026-09-30", "evidence": [1, "ash/pain-pay"]}
    change_entry(study, entry, owner=None, due="", evidence=[])
    assert study.entries[["owner", "due", "evidence"]].values.tolist() == [[None, None, []]]
    before = study.last_event()
    change_entry(study, entry, text="Pay later\nor never")
    assert study.last_event() == before, "nothing changed is no step"


def test_a_step_names_what_was_really_changed(study):
    entry = add_entry(study, "Pay later", lane="strategy", stage="Ride", owner="Lena", due="2026-09-30", evidence=[1])
    change_entry(study, entry, text="Pay never", owner=" Lena ", due="2026-09-30", evidence=[1])
    assert study.log["label"].iloc[-1] == undo(study) == "change text of strategy in Ride"
    redo(study)
    change_entry(study, entry, text="Pay never", owner=None, due="2026-10-01")
    assert undo(study) == "change owner, due of strategy in Ride"
    before = study.last_event()
    change_entry(study, entry, text="Pay never", evidence=[1, 1])
    assert study.last_event() == before, "nothing new is no step"


def test_evidence_may_be_a_column_of_codings(study):
    entry = add_entry(study, "x", lane="note", stage="Ride", evidence=study.codings["coding_id"])
    assert study.entries["evidence"].tolist() == [[1]]
    change_entry(study, entry, evidence=study.codings["coding_id"].head(0))
    assert study.entries["evidence"].tolist() == [[]]


def test_moving_changing_and_removing_are_steps_with_a_name(study):
    a, b, c = (add_entry(study, text, lane="strategy", stage="Sign-up") for text in "abc")
    move_entry(study, c, position=1)
    move_entry(study, a, stage="Ride")
    move_entry(study, b, lane="note", stage="Ride", position=99)
    remove_entry(study, c)
    assert cells(study) == {("note", "Ride"): ["b"], ("strategy", "Ride"): ["a"]}
    names = ["remove strategy from Sign-up", "move strategy from Sign-up to note, Ride", "move strategy from Sign-up to Ride", "reorder strategy in Sign-up"]
    assert [undo(study) for _ in range(4)] == names
    assert cells(study) == {("strategy", "Sign-up"): ["a", "b", "c"]}
    assert redo(study) == "reorder strategy in Sign-up" and cells(study) == {("strategy", "Sign-up"): ["c", "a", "b"]}


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from(["add", "move", "change", "remove"]), st.integers(0, 5), st.sampled_from(ENTRY_LANES), st.sampled_from(["S", "T"]),
                          st.integers(-1, 4)), max_size=12))
def test_undoing_all_gives_an_empty_map_and_redoing_all_the_last_one(steps):
    with Study(":memory:", coder="MB") as study:
        told = [study.entries]
        for what, which, lane, stage, position in steps:
            ids = study.entries["entry_id"].tolist()
            before = study.last_event()
            if what == "add" or not ids: add_entry(study, f"{lane} {which}", lane=lane, stage=stage, position=position)
            elif what == "move": move_entry(study, ids[which % len(ids)], lane=lane, stage=stage, position=position)
            elif what == "change": change_entry(study, ids[which % len(ids)], text=f"changed {which}")
            else: remove_entry(study, ids[which % len(ids)])
            assert all(sorted(part["position"].tolist()) == sorted(set(part["position"])) for _, part in study.entries.groupby(["lane", "stage"])), "no place twice"
            if study.last_event() > before: told.append(study.entries)
        for expected in told[-2::-1]:
            undo(study)
            assert study.entries.equals(expected)
        for expected in told[1:]:
            redo(study)
            assert study.entries.equals(expected)


def test_a_colleagues_work_is_not_undone_and_not_in_the_way(study):
    mine = add_entry(study, "mine", lane="note", stage="Ride")
    with Study(study.address, coder="KL") as other:
        add_entry(other, "theirs", lane="note", stage="Ride")
        assert undo(study) == "add note to Ride" and cells(study) == {("note", "Ride"): ["theirs"]}
        redo(study)
        change_entry(other, mine, text="mine, reworded")
        with pytest.raises(UndoConflict, match="KL has since worked on"): undo(study)
    assert cells(study) == {("note", "Ride"): ["mine, reworded", "theirs"]}


@pytest.mark.parametrize("write", [lambda s, i: change_entry(s, i, text="lost words"), lambda s, i: move_entry(s, i, stage="Sign-up"), remove_entry])
def test_what_a_colleague_removes_at_the_last_moment_is_said_to_be_gone(study, write, monkeypatch):
    mine, opened = add_entry(study, "mine", lane="note", stage="Ride"), Study.step
    with Study(study.address, coder="KL") as other:
        def late(self: Study, verb: str, label: str):
            if self is study: remove_entry(other, mine)
            return opened(self, verb, label)

        monkeypatch.setattr(Study, "step", late)
        before = study.log["coder"].eq("MB").sum()
        with pytest.raises(NoSuchName, match="no such entry"): write(study, mine)
    assert study.entries.empty and study.log["coder"].eq("MB").sum() == before, "nothing of it is written"


def test_what_was_removed_follows_a_renamed_stage_since_undo_brings_it_back(study):
    kept = add_entry(study, "x", lane="note", stage="Sign-up")
    with Study(study.address, coder="KL") as other:
        remove_entry(other, kept)
        rename_code(study, "Sign-up", to="Registration")
        assert undo(other) == "remove note from Sign-up" and cells(study) == {("note", "Registration"): ["x"]}
    undo(study)
    assert cells(study) == {("note", "Sign-up"): ["x"]}


def test_a_message_that_comes_twice_is_stored_once_even_after_undo(study):
    first = add_entry(study, "x", lane="note", stage="Ride", guid="abc")
    assert add_entry(study, "x", lane="note", stage="Ride", guid="abc") == first and len(study.entries) == 1
    undo(study)
    assert add_entry(study, "x", lane="note", stage="Ride", guid="abc") == first and study.entries.empty


def test_entries_follow_a_stage_that_is_renamed_or_merged_and_come_back_with_undo(study):
    add_entry(study, "x", lane="note", stage="Sign-up")
    add_entry(study, "y", lane="note", stage="Payment fails")  # the stage of another map
    rename_code(study, "Sign-up", to="Registration")
    rename_code(study, "Payment fails", to="Card refused")
    assert set(cells(study)) == {("note", "Registration"), ("note", "Payment fails")}
    merge_codes(study, ["Registration"], into="Ride")
    assert set(cells(study)) == {("note", "Ride"), ("note", "Payment fails")}
    undo(study), undo(study), undo(study)
    assert set(cells(study)) == {("note", "Sign-up"), ("note", "Payment fails")}


def test_a_withdrawal_fills_what_repeats_the_persons_words_in_entries_and_in_the_log(study):
    kept = add_entry(study, "Pay without an account", lane="strategy", stage="Sign-up", evidence=[1])
    said = add_entry(study, "As P01 says: the card page hung twice on the tram that morning", lane="note", stage="Sign-up")
    change_entry(study, said, text="Reworded")
    gone = add_entry(study, "the card page hung twice on the tram", lane="note", stage="Ride")
    remove_entry(study, gone)
    told = withdraw(study, case="P01").set_index("what")
    assert told.loc["map entries", "count"] == 1
    rows = study.entries.set_index("entry_id")
    assert rows.loc[kept, "text"] == "Pay without an account" and rows.loc[said, "text"] == "Reworded" and rows.loc[kept, "evidence"] == [1]
    study.close()
    for file in Path(study.address).parent.iterdir(): assert b"hung twice on the" not in file.read_bytes(), file.name


def test_entries_are_a_table_like_the_others(study):
    add_entry(study, "x", lane="note", stage="Ride", map="kiosk")
    add_entry(study, "y", lane="note", stage="Ride")
    assert study.rows("entries", map="kiosk")["text"].tolist() == ["x"]
    undo(study), undo(study)
    assert list(study.entries) == ["entry_id", "map", "lane", "stage", "position", "text", "owner", "due", "evidence"] and study.entries.empty
    with pytest.raises(NothingToUndo), Study(study.address, coder="nobody") as other: undo(other)
