"""Coding: say it, change your mind, lose nothing. Undo and redo are tried by a machine that takes random steps."""

from __future__ import annotations

import os
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from personabench import store
from personabench.codebook import add_code, change_code, merge_codes, remove_code, rename_code, split_code
from personabench.coding import add_memo, assign, code, edit_memo, find_quote, recode, redo, remove_memo, resize, uncode, undo
from personabench.schema import (FACETS, AlreadyThere, BadInput, BadSpan, NoSuchCase, NoSuchCode, NoSuchName, NoSuchSource, NothingToUndo,
                                 PersonabenchError, QuoteNotFound, UndoConflict)
from personabench.importers import import_files
from personabench.sample_data import sample_file
from personabench.study import Study

LONG = bool(os.environ.get("CI") or os.environ.get("PERSONABENCH_LONG"))
TALK = "Well, the dock was full. I walked, and the dock there was full."
OTHER = "No bike 🚲 at the start; no dock at the end."


@pytest.fixture
def study() -> Study:
    study = Study(":memory:", coder="MB")
    with study.step("import", "import P01 and P02") as step:
        for name, text in (("P01", TALK), ("P02", OTHER)):
            store.add_source(step, name, text=text, speakers={None: (name, "participant")})
        store.add_codes(step, [{"name": "Dock full", "facet": "pain"}, {"name": "Walks", "facet": "behaviour"}])
    return study


def quotes(study: Study) -> list[tuple[str, str]]:
    return list(study.codings[["code", "quote"]].itertuples(index=False, name=None))


# -- Coding -------------------------------------------------------------------------------------------------------------------
def test_a_quote_a_span_or_both(study: Study):
    first = code(study, "Dock full", source="P01", quote="the dock was full")
    assert code(study, "Dock full", source="P01", start=6, end=23) == first  # the same coding, so the same id
    assert code(study, "Dock full", source="P01", start=6, end=23, quote="the dock was full") == first
    assert code(study, "Walks", source="P01", start=np.int64(25), end=np.int64(33)) != first
    assert quotes(study) == [("Dock full", "the dock was full"), ("Walks", "I walked")]
    assert study.codings[["coder", "origin"]].drop_duplicates().values.tolist() == [["MB", "manual"]]
    assert study.log["verb"].tolist()[1:] == ["code", "code"]


@pytest.mark.parametrize(("verb", "error", "says"), [
    (lambda s: code(s, "Dock ful", source="P01", start=0, end=4), NoSuchCode, "did you mean 'Dock full'"),
    (lambda s: code(s, "Walks", source="P1", start=0, end=4), NoSuchSource, "did you mean 'P0"),
    (lambda s: code(s, "Walks", source="P01"), BadInput, "neither a quote nor a span"),
    (lambda s: code(s, "Walks", source="P01", start=3), BadInput, "neither a quote nor a span"),
    (lambda s: code(s, "Walks", source="P01", quote=""), QuoteNotFound, "give the words"),
    (lambda s: code(s, "Walks", source="P01", quote="dock"), QuoteNotFound, "2 times .at 10, 43."),
    (lambda s: code(s, "Walks", source="P01", quote="I wolked"), QuoteNotFound, "did you mean 'I walked"),
    (lambda s: code(s, "Walks", source="P01", quote="I wolke"), QuoteNotFound, "did you mean 'I walked' at 25"),
    (lambda s: code(s, "Walks", source="P01", quote="Zwetschgen"), QuoteNotFound, "nothing there is much like it"),
    (lambda s: code(s, "Walks", source="P01", quote="full", end=2), BadSpan, "-2-2"),
    (lambda s: code(s, "Walks", source="P01", start=0, end=64), BadSpan, "<= 63"),
    (lambda s: code(s, "Walks", source="P01", start=24, end=25), BadSpan, "white space"),
    (lambda s: code(s, "Walks", source="P01", start=25.0, end=33.0), BadSpan, "whole numbers"),
    (lambda s: code(s, "Walks", source="P01", start=25, end=33, quote="I walk"), QuoteNotFound, "reads 'I walked', not 'I walk'"),
    (lambda s: code(s, "Walks", source="P01", start=25, end=33, origin="guess"), BadInput, "origin 'guess'"),
    (lambda s: uncode(s, 99), NoSuchName, "coding 99"),
    (lambda s: recode(s, 1, to="Walk"), NoSuchCode, "did you mean 'Walks'"),
    (lambda s: recode(s, 1, to="Walks"), AlreadyThere, "'Walks' stands on those words already"),
    (lambda s: resize(s, 1, start=25, end=33), AlreadyThere, "'Dock full' stands on those words already"),
    (lambda s: resize(s, 1, start=9, end=9), BadSpan, "9-9"),
    (lambda s: resize(s, 1, start=0, end=640), BadSpan, "<= 63"),
    (lambda s: add_memo(s, " "), BadInput, "empty"),
    (lambda s: add_memo(s, "x", source="P01", code="Walks"), BadInput, "about 2 things"),
    (lambda s: add_memo(s, "x", case="P9"), NoSuchCase, "P9"),
    (lambda s: add_memo(s, "x", coding=99), NoSuchName, "coding 99"),
    (lambda s: edit_memo(s, 99, "x"), NoSuchName, "memo 99"),
    (lambda s: remove_memo(s, 99), NoSuchName, "memo 99"),
    (lambda s: assign(s, "P01", status="finished"), BadInput, "assigned, reading, done"),
    (lambda s: assign(s, ["P01", "P3"]), NoSuchSource, "P3"),
])
def test_what_cannot_be_is_refused_by_name_and_changes_nothing(study: Study, verb: Callable, error: type[PersonabenchError], says: str):
    for name, start, end in (("Dock full", 6, 23), ("Walks", 6, 23), ("Dock full", 25, 33)):
        code(study, name, source="P01", start=start, end=end)
    before, n = quotes(study), len(study.log)
    with pytest.raises(error, match=says):
        verb(study)
    assert quotes(study) == before and len(study.log) == n and study.memos.empty and study.assignments.empty


def test_a_message_that_is_sent_again_is_stored_once(study: Study):
    first = code(study, "Walks", source="P01", start=25, end=33, guid="from-the-browser")
    assert code(study, "Walks", source="P01", start=25, end=33, guid="from-the-browser") == first
    assert code(study, "Walks", source="P01", start=27, end=33, guid="from-the-browser") == first
    assert len(study.codings) == 1
    undo(study)
    assert code(study, "Walks", source="P01", start=25, end=33, guid="from-the-browser") != first and len(study.codings) == 1


def test_two_coders_may_say_the_same(study: Study):
    first = code(study, "Walks", source="P01", start=25, end=33)
    study.coder = "KL"
    assert code(study, "Walks", source="P01", start=25, end=33) != first
    assert study.codings["coder"].tolist() == ["MB", "KL"]


def test_a_coding_keeps_its_id_while_it_changes(study: Study):
    coding_id = code(study, "Dock full", source="P01", quote="the dock was full")
    resize(study, study.codings["coding_id"].iloc[0], start=np.int64(0), end=np.int64(24))
    recode(study, coding_id, to="Walks")
    assert study.codings["coding_id"].tolist() == [coding_id] and quotes(study) == [("Walks", "Well, the dock was full.")]
    assert [undo(study), undo(study)] == ["recode 'Dock full' as 'Walks' in P01", "resize 'Dock full' to 24 characters of P01"]
    assert quotes(study) == [("Dock full", "the dock was full")]
    uncode(study, study.codings["coding_id"].iloc[0])
    assert study.codings.empty
    with pytest.raises(NoSuchName):
        uncode(study, coding_id)
    undo(study)
    assert study.codings["coding_id"].tolist() == [coding_id]


def test_a_quote_that_occurs_twice_by_overlap_is_not_once():
    with pytest.raises(QuoteNotFound, match="2 times"):
        find_quote("hahaha", "haha")
    assert find_quote("hahaha", "hahaha") == (0, 6)


# -- Memos and assignments ----------------------------------------------------------------------------------------------------
def test_a_memo_is_about_one_thing(study: Study):
    coding_id = code(study, "Walks", source="P01", start=25, end=33)
    for about in ({}, {"source": "P02"}, {"code": "Walks"}, {"case": "P01"}, {"coding": np.int64(coding_id)}):
        add_memo(study, "A thought.", **about)
    assert study.memos[["about", "target"]].values.tolist() == [["study", None], ["source", "P02"], ["code", "Walks"], ["case", "P01"],
                                                                ["coding", coding_id]]
    rename_code(study, "Walks", to="Goes on foot")
    assert study.memos["target"].tolist()[2] == "Goes on foot"
    assert study.log["label"].tolist()[2:5] == ["memo on study", "memo on source P02", "memo on code Walks"]


def test_a_memo_is_edited_and_removed_and_both_are_undone(study: Study):
    first, second = add_memo(study, "She walked.", code="Walks"), add_memo(study, "Short.", source="P02")
    begun = study.memos["created"].tolist()
    now = edit_memo(study, first, "She walked because she had to.")
    rows = study.memos.sort_values("created")
    assert rows["text"].tolist() == ["She walked because she had to.", "Short."] and rows["created"].tolist() == begun
    assert rows[["about", "target", "coder"]].iloc[0].tolist() == ["code", "Walks", "MB"]
    remove_memo(study, now)
    assert study.memos["memo_id"].tolist() == [second]
    assert [undo(study), undo(study)] == ["remove memo on code Walks", "edit memo on code Walks"]
    assert sorted(study.memos["text"]) == ["She walked.", "Short."]
    assert redo(study) == "edit memo on code Walks" and "She walked because she had to." in study.memos["text"].tolist()


def test_what_a_memo_says_is_not_in_the_log(study: Study):
    memo_id = add_memo(study, "Anna said: tulips.", coding=code(study, "Walks", source="P01", start=25, end=33))
    memo_id = edit_memo(study, memo_id, "Anna said: roses.")
    remove_memo(study, memo_id)
    told = study.log.to_csv()
    assert "tulips" not in told and "roses" not in told and "edit memo on coding 1" in told


def test_a_memo_belongs_to_its_writer(study: Study, tmp_path):
    study = Study(tmp_path / "s.db", coder="MB", create=True)
    memo_id, other = add_memo(study, "Mine."), Study(tmp_path / "s.db", coder="JK")
    for verb in (lambda: edit_memo(other, memo_id, "Yours."), lambda: remove_memo(other, memo_id)):
        with pytest.raises(BadInput, match="MB wrote it"): verb()
    with pytest.raises(BadInput, match="empty"): edit_memo(study, memo_id, "  ")
    n = len(study.log)
    assert edit_memo(study, memo_id, "Mine.") == memo_id and len(study.log) == n, "the same words are no step"
    assert study.memos["text"].tolist() == ["Mine."]


def test_an_assignment_is_kept_once_for_each_coder(study: Study):
    assign(study, ["P01", "P02", "P01"], status="assigned")
    assign(study, "P01")
    assign(study, "P01", coder="KL", status="reading")
    assert study.assignments.values.tolist() == [[1, "MB", "done"], [1, "KL", "reading"], [2, "MB", "assigned"]]
    n = len(study.log)
    assign(study, "P01")  # nothing new
    assert len(study.log) == n
    undo(study)
    undo(study)
    assert study.assignments.values.tolist() == [[1, "MB", "assigned"], [2, "MB", "assigned"]]


# -- Undo and redo ------------------------------------------------------------------------------------------------------------
def test_undo_leaves_a_colleagues_steps_alone(study: Study):
    mine = code(study, "Dock full", source="P01", start=6, end=23)
    study.coder = "KL"
    hers = code(study, "Dock full", source="P01", start=6, end=23)
    resize(study, mine, start=0, end=24)
    study.coder = "MB"
    with pytest.raises(UndoConflict, match="KL has since worked on .*: resize 'Dock full'"):
        undo(study)
    study.coder = "KL"
    undo(study)
    study.coder = "MB"
    assert undo(study) == "code 'Dock full' on 17 characters of P01" and study.codings["coding_id"].tolist() == [hers]
    with pytest.raises(NothingToUndo):
        undo(Study(":memory:", coder="MB"))


def test_undo_waits_until_a_step_is_closed(study: Study):
    with study.step("tidy", "tidy"):
        code(study, "Walks", source="P01", start=25, end=33)
        for take in (undo, redo):
            with pytest.raises(UndoConflict, match="a step is still open"):
                take(study)
    assert undo(study) == "tidy" and study.codings.empty


VERBS = ("codes", "codings", "memos", "assignments", "cases", "sources")
numbers = st.integers(0, 63)


class Desk(RuleBasedStateMachine):
    "A coder at work, who does anything, and takes it back, and takes it again."

    @initialize()
    def open(self) -> None:
        self.study = Study(":memory:", coder="MB")
        with self.study.step("import", "import") as step:
            for name, text in (("P01", TALK), ("P02", OTHER)):
                store.add_source(step, name, text=text, speakers={None: (name, "participant")})
            store.add_codes(step, [{"name": "A", "facet": "pain"}, {"name": "B", "facet": "need"}])
        self.log = self.study.log
        self.done: list[tuple[dict, dict]] = []    # what was seen before and after each step that can be undone
        self.undone: list[tuple[dict, dict]] = []  # and of each that can be redone

    def seen(self) -> dict[str, pd.DataFrame]:
        return {name: getattr(self.study, name) for name in VERBS}

    def same(self, wanted: dict[str, pd.DataFrame]) -> None:
        for name, f in self.seen().items():
            pd.testing.assert_frame_equal(f, wanted[name], obj=name)

    def take(self, verb: Callable, *args, **kwargs) -> None:
        "Take a step; one that is refused leaves everything as it was, and one that changes nothing is no step."
        before, n = self.seen(), len(self.study.log)
        try:
            verb(self.study, *args, **kwargs)
        except PersonabenchError:
            assert len(self.study.log) == n
        if len(self.study.log) == n:
            self.same(before)
        else:
            assert len(self.study.log) == n + 1
            self.done.append((before, self.seen()))
            self.undone.clear()

    def some_code(self, pick: int) -> str:
        return self.study.codes["code"].iloc[pick % len(self.study.codes)] if len(self.study.codes) else "none"

    def some_coding(self, pick: int) -> int:
        return self.study.codings["coding_id"].iloc[pick % len(self.study.codings)] if len(self.study.codings) else 99

    names = st.sampled_from(["A", "B", "C", "Dé", "e\u0301 🚲", "Dock / full"])

    @rule(name=names, facet=st.sampled_from(FACETS), parent=st.none() | numbers, order=st.none() | st.integers(1, 3))
    def add_code(self, name: str, facet: str, parent: int | None, order: int | None) -> None:
        self.take(add_code, name, facet=facet, parent=None if parent is None else self.some_code(parent), order=order)

    @rule(pick=numbers, to=names)
    def rename_code(self, pick: int, to: str) -> None:
        self.take(rename_code, self.some_code(pick), to=to)

    @rule(pick=numbers, changes=st.fixed_dictionaries({}, optional={
        "facet": st.sampled_from(FACETS), "valence": st.none() | st.integers(-3, 3), "online": st.sampled_from([None, True, False]),
        "definition": st.none() | st.text(max_size=5), "order": st.none() | st.integers(0, 5)}), parent=st.none() | numbers)
    def change_code(self, pick: int, changes: dict, parent: int | None) -> None:
        self.take(change_code, self.some_code(pick), **changes, parent=None if parent is None else self.some_code(parent))

    @rule(picks=st.lists(numbers, min_size=1, max_size=3), into=numbers)
    def merge_codes(self, picks: list[int], into: int) -> None:
        self.take(merge_codes, [self.some_code(p) for p in picks], into=self.some_code(into))

    @rule(pick=numbers, to=names, codings=st.lists(numbers, max_size=3))
    def split_code(self, pick: int, to: str, codings: list[int]) -> None:
        mine = self.study.rows("codings", code=self.some_code(pick))["coding_id"].tolist()
        self.take(split_code, self.some_code(pick), to=to, codings=[mine[c % len(mine)] for c in codings] if mine else [])

    @rule(pick=numbers)
    def remove_code(self, pick: int) -> None:
        self.take(remove_code, self.some_code(pick))

    @rule(pick=numbers, source=st.sampled_from(["P01", "P02"]), start=numbers, length=st.integers(0, 12))
    def code(self, pick: int, source: str, start: int, length: int) -> None:
        self.take(code, self.some_code(pick), source=source, start=start, end=start + length)

    @rule(pick=numbers, quote=st.sampled_from(["I walked", "the dock was full", "dock", "🚲"]))
    def code_a_quote(self, pick: int, quote: str) -> None:
        self.take(code, self.some_code(pick), source="P01", quote=quote)

    @rule(pick=numbers)
    def uncode(self, pick: int) -> None:
        self.take(uncode, self.some_coding(pick))

    @rule(pick=numbers, to=numbers)
    def recode(self, pick: int, to: int) -> None:
        self.take(recode, self.some_coding(pick), to=self.some_code(to))

    @rule(pick=numbers, start=numbers, length=st.integers(0, 12))
    def resize(self, pick: int, start: int, length: int) -> None:
        self.take(resize, self.some_coding(pick), start=start, end=start + length)

    @rule(text=st.text(max_size=5), about=st.sampled_from(["study", "source", "code", "case", "coding"]), pick=numbers)
    def add_memo(self, text: str, about: str, pick: int) -> None:
        target = {"source": "P02", "case": "P01", "code": self.some_code(pick), "coding": self.some_coding(pick)}
        self.take(add_memo, text, **({} if about == "study" else {about: target[about]}))

    @rule(pick=numbers, text=st.text(max_size=4))
    def edit_memo(self, pick: int, text: str) -> None:
        f = self.study.memos
        self.take(edit_memo, f["memo_id"].iloc[pick % len(f)] if len(f) else 99, text)

    @rule(pick=numbers)
    def remove_memo(self, pick: int) -> None:
        f = self.study.memos
        self.take(remove_memo, f["memo_id"].iloc[pick % len(f)] if len(f) else 99)

    @rule(source=st.sampled_from(["P01", "P02"]), coder=st.sampled_from([None, "KL"]),
          status=st.sampled_from(["assigned", "reading", "done"]))
    def assign(self, source: str, coder: str | None, status: str) -> None:
        self.take(assign, source, coder=coder, status=status)

    @rule(pick=numbers, name=names)
    def several_verbs_in_one_step(self, pick: int, name: str) -> None:
        def verbs(study: Study) -> None:
            with study.step("tidy", "several verbs"):
                add_code(study, name)
                code(study, name, source="P02", start=pick % 10, end=pick % 10 + 4)
                recode(study, self.some_coding(pick), to=name)
        self.take(verbs)

    @rule(times=st.integers(1, 4))
    def undo(self, times: int) -> None:
        for _ in range(times):
            if not self.done:
                assert undo(self.study) == "import" and self.study.codes.empty and self.study.sources.empty
                assert redo(self.study) == "import"
                return
            undo(self.study)
            self.undone.append(self.done.pop())
            self.same(self.undone[-1][0])

    @rule(times=st.integers(1, 4))
    def redo(self, times: int) -> None:
        for _ in range(times):
            if not self.undone:
                with pytest.raises(NothingToUndo):
                    redo(self.study)
                return
            redo(self.study)
            self.done.append(self.undone.pop())
            self.same(self.done[-1][1])

    @invariant()
    def the_log_only_grows(self) -> None:
        log = self.study.log
        assert len(log) >= len(self.log)
        pd.testing.assert_frame_equal(log.iloc[:len(self.log)].drop(columns="undone"), self.log.drop(columns="undone"), check_dtype=False)
        self.log = log

    @invariant()
    def every_quote_is_in_its_text(self) -> None:
        for source, start, end, quote in self.study.codings[["source", "start", "end", "quote"]].itertuples(index=False, name=None):
            assert quote and self.study.text(source)[start:end] == quote

    def teardown(self) -> None:
        "All the way back, and all the way forth again."
        if hasattr(self, "study"):
            while self.done:
                self.undo(1)
            while self.undone:
                self.redo(1)
            self.study.close()


TestDesk = Desk.TestCase
TestDesk.settings = settings(max_examples=30 if LONG else 10, stateful_step_count=30)


def test_words_of_nobody_are_not_said_to_be_other_words(tmp_path):
    "By letters alone any English sentence is somewhat like another: the README once asked for such a quote."
    with Study(tmp_path / "s.db", coder="MB", create=True) as study:
        import_files(study, sample_file("interviews/P01.txt"))
        add_code(study, "Full", facet="pain")
        with pytest.raises(QuoteNotFound, match="nothing there is much like it"): code(study, "Full", source="P01", quote="they were all taken again")
        with pytest.raises(QuoteNotFound, match="did you mean 'the hospital is full by twenty to six"):
            code(study, "Full", source="P01", quote="the hospital rack is full by twenty to six")
