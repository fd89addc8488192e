"""Rows on disk: what the database refuses, what a step leaves behind, what opening says, and two writers at once."""

from __future__ import annotations

import json
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa

import personabench as pb
from personabench import store
from personabench.cli import main
from personabench.schema import (AlreadyThere, BadInput, BadSpan, BusyStudy, DamagedStudy, FullDisk, MissingExtra, NewerStudy, NoStudy, NoSuchName,
                                 NotAStudy, NothingToUndo, PersonabenchError, UndoConflict)
from personabench.store import open_store, redo_last, step, tables, undo_last
from personabench.study import Study

ROOT = Path(__file__).resolve().parent.parent
T = tables.tables
TALK = "Mara: How was it?\nAnna: The dock was full 🚲 again."
TURNS = [{"speaker": "Mara", "start": 6, "end": 17}, {"speaker": "Anna", "start": 24, "end": 50}]
WHO = {"Mara": (None, "interviewer"), "Anna": ("P01", "participant")}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "study.db"


@pytest.fixture
def engine(path: Path) -> Iterator[sa.Engine]:
    "A study on disk with one source, two codes and one coding."
    engine = open_store(path, create=True)
    fill(engine)
    yield engine
    engine.dispose()


def fill(engine: sa.Engine) -> None:
    with step(engine, "import", "import P01", coder="MB") as s:
        source_id = store.add_source(s, "P01", text=TALK, turns=TURNS, speakers=WHO)
        store.add_codes(s, [{"name": "Dock full", "facet": "pain"}, {"name": "Walks", "facet": "behaviour"}])
        store.add_codings(s, [{"source_id": source_id, "code_id": 1, "start": 28, "end": 43}])


def rows(engine: sa.Engine, table: str, live: bool = True) -> list[dict]:
    t = T[table]
    with engine.connect() as conn:
        q = sa.select(t).order_by(*t.primary_key)
        q = q.where(t.c.removed == 0) if live and "removed" in t.c else q
        return [dict(row) for row in conn.execute(q).mappings()]


def everything(engine: sa.Engine) -> dict[str, list[dict]]:
    return {name: rows(engine, name, live=False) for name in T}


def folder(path: Path) -> dict[str, bytes]:
    "Return every file of a folder with its bytes."
    return {str(p.relative_to(path)): p.read_bytes() for p in sorted(path.rglob("*")) if p.is_file()}


def sql(engine: sa.Engine, *statements: str) -> None:
    "Do to the database what another program would do."
    with closing(sqlite3.connect(str(engine.url.database))) as db:
        db.execute("PRAGMA foreign_keys=ON")
        for statement in statements:
            db.execute(statement)
        db.commit()


# -- Guards that the database keeps itself ------------------------------------------------------------------------------------
@pytest.mark.parametrize("statement", [
    "UPDATE events SET label = 'nothing happened'",
    "UPDATE events SET coder = 'somebody else' WHERE event_id = 1",
    "DELETE FROM events",
    "INSERT OR REPLACE INTO events (event_id, time, coder, verb, label, kind, changes) VALUES (1, '', '', '', '', 'do', '[]')",
    "REPLACE INTO events (event_id, time, coder, verb, label, kind, changes) SELECT 1, time, 'X', verb, label, kind, changes FROM events",
])
def test_the_log_is_append_only(engine: sa.Engine, statement: str):
    before = rows(engine, "events")
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        sql(engine, statement)
    assert rows(engine, "events") == before


@pytest.mark.parametrize("statement", [
    "UPDATE revisions SET text = 'I never said that.'",
    "UPDATE revisions SET text = text || '.'",
    "UPDATE revisions SET sha256 = 'x'",
    "UPDATE revisions SET length = 10000",
    "DELETE FROM revisions",
    "REPLACE INTO revisions SELECT revision_id, source_id, number, 'No.', sha256, length, words, reason, created FROM revisions",
])
def test_a_text_never_changes_in_place(engine: sa.Engine, statement: str):
    before = rows(engine, "revisions")
    with pytest.raises(sqlite3.IntegrityError, match="never changes in place"):
        sql(engine, statement)
    assert rows(engine, "revisions") == before


def test_a_text_can_be_blanked_for_a_participant_who_withdrew(engine: sa.Engine, path: Path):
    sql(engine, "UPDATE revisions SET text = ''")
    assert [r["text"] for r in rows(engine, "revisions")] == [""]
    assert Study(path).codings["quote"].tolist() == [""]  # and the study still opens and reads


@pytest.mark.parametrize(("statement", "says"), [
    ("UPDATE codings SET \"end\" = 51", "ends after its text"),
    ("UPDATE codings SET start = 43", "span_is_not_empty"),
    ("UPDATE codings SET start = -1", "span_is_not_empty"),
    ("INSERT INTO codings (guid, source_id, revision_id, code_id, start, \"end\", coder_id, origin, created) "
     "VALUES ('g', 1, 1, 1, 0, 51, 1, 'manual', '')", "ends after its text"),
    ("UPDATE codings SET origin = 'guess'", "origin_is_known"),
    ("UPDATE codings SET code_id = 99", "FOREIGN KEY"),
    ("UPDATE codes SET facet = 'pains'", "facet_is_known"),
    ("UPDATE codes SET valence = 3", "valence_in_range"),
    ("UPDATE sources SET kind = 'rumour'", "kind_is_known"),
    ("UPDATE speakers SET role = 'boss'", "role_is_known"),
    ("INSERT INTO codes (guid, name, facet) VALUES ('g', 'Walks', 'pain')", "UNIQUE"),
    ("INSERT INTO cases (name) VALUES ('P01')", "UNIQUE"),
    ("DELETE FROM sources", "FOREIGN KEY"),
])
def test_the_database_refuses_rows_that_cannot_be(engine: sa.Engine, statement: str, says: str):
    before = everything(engine)
    with pytest.raises(sqlite3.IntegrityError, match=says):
        sql(engine, statement)
    assert everything(engine) == before


def test_a_removed_name_is_free_again_and_a_live_one_is_not(engine: sa.Engine):
    with step(engine, "remove", "Walks", coder="MB") as s:
        s.update("codes", [2], {"removed": 1})
    with step(engine, "add", "Walks", coder="MB") as s:
        assert store.add_codes(s, [{"name": "Walks", "facet": "gain"}]) == [3]
    with pytest.raises(AlreadyThere, match="Walks"), step(engine, "add", "Walks", coder="MB") as s:
        store.add_codes(s, [{"name": "Walks"}])


def test_safety_settings_are_in_force_on_each_connection(engine: sa.Engine):
    asked = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 15000}
    with engine.connect() as a, engine.connect() as b:
        for conn in (a, b):
            assert {name: conn.exec_driver_sql(f"PRAGMA {name}").scalar() for name in asked} == asked
    with Study(f"sqlite:///{engine.url.database}") as study, study.connection() as conn:  # also for one opened by its address
        assert conn.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1


# -- Steps --------------------------------------------------------------------------------------------------------------------
def test_a_step_that_fails_leaves_nothing(engine: sa.Engine):
    before = everything(engine)
    with pytest.raises(ZeroDivisionError), step(engine, "import", "half of it", coder="New") as s:
        store.add_source(s, "P02", text="Something else.")
        store.add_case(s, "P02", attributes={"age": 30})
        s.update("codes", [1], {"name": "Changed"})
        _ = 1 / 0
    assert everything(engine) == before


def test_a_step_that_changes_nothing_is_not_logged(engine: sa.Engine):
    before = rows(engine, "events")
    with step(engine, "nothing", "nothing", coder="MB") as s:
        s.update("codes", [1], {"facet": "pain"})
        store.add_codings(s, [{"source_id": 1, "code_id": 1, "start": 28, "end": 43}])
        store.add_case(s, "P01")
    assert rows(engine, "events") == before


def test_the_log_tells_who_what_and_from_what_to_what(engine: sa.Engine):
    with step(engine, "change", "change both", coder="KL") as s:
        s.update("codes", [1, 2], {"facet": "need"})
    event = rows(engine, "events")[-1]
    assert (event["coder"], event["verb"], event["label"], event["kind"]) == ("KL", "change", "change both", "do")
    assert json.loads(event["changes"]) == [{"table": "codes", "ids": [1], "before": {"facet": "pain"}, "after": {"facet": "need"}},
                                            {"table": "codes", "ids": [2], "before": {"facet": "behaviour"}, "after": {"facet": "need"}}]


def test_the_log_holds_no_words_of_a_source(engine: sa.Engine):
    word = "Zwetschgenknödel"
    with step(engine, "import", "import P02", coder="MB") as s:
        turns = [{"speaker": f"{word} Müller", "start": 18, "end": 43}]
        source_id = store.add_source(s, "P02", text=f"{word} Müller: I like {word}.", turns=turns)
        store.add_case(s, "P02", attributes={"remark": word})
    with step(engine, "code", "code", coder="MB") as s:
        store.add_codings(s, [{"source_id": source_id, "code_id": 1, "start": 0, "end": 16, "quote": word}])
        store.add_codings(s, [{"source_id": source_id, "code_id": i, "start": 25, "end": 41} for i in (1, 2)])
        store.add_memo(s, f"Why {word}?", about="source", target_id=source_id)
    with step(engine, "correct", "correct P02", coder="MB") as s:
        revision_id = store.add_revision(s, source_id, text=f"{word}, says Müller", turns=[], reason="correction")
        s.update("codings", [2, 3, 4], {"removed": 1})
        s.update("sources", [source_id], {"revision_id": revision_id})
        store.add_case(s, "P02", attributes={"remark": f"{word}!"})
    for take in (undo_last, undo_last, undo_last, redo_last, redo_last, redo_last):
        take(engine, coder="MB")
    assert len(rows(engine, "events")) == 10
    with closing(sqlite3.connect(str(engine.url.database))) as db:
        told = "".join(str(row) for row in db.execute("SELECT * FROM events"))
    assert word not in told and word.encode("unicode_escape").decode()[-10:] not in told and "Müller" not in told


def test_numbers_from_a_dataframe_are_numbers_in_the_database(engine: sa.Engine):
    import numpy as np

    with step(engine, "code", "numpy", coder="MB") as s:
        row = {"source_id": np.int64(1), "code_id": np.int32(2), "start": np.int64(28), "end": np.int64(32), "quote": "dock"}
        [coding_id] = store.add_codings(s, [row])
        s.update("codes", np.array([2]), {"order": np.int64(3)})
        store.add_case(s, "P09", attributes={"age": np.int64(41), "score": np.float64(.5), "gone": np.nan, "none": None})
    coding = rows(engine, "codings")[-1]
    assert (coding["coding_id"], coding["code_id"], coding["start"], coding["end"]) == (coding_id, 2, 28, 32)
    assert rows(engine, "codes")[1]["order"] == 3
    assert {r["name"]: json.loads(r["value"]) for r in rows(engine, "attributes")} == {"age": 41, "score": .5}
    undo_last(engine, coder="MB")


def test_the_same_coding_is_stored_once(engine: sa.Engine):
    row = {"source_id": 1, "code_id": 2, "start": 28, "end": 32}
    with step(engine, "code", "twice", coder="MB") as s:
        ids = store.add_codings(s, [row, row, {**row, "guid": "g1"}, *({**row, "start": a, "guid": "g2"} for a in (29, 30))])
        assert ids[0] == ids[1] == ids[2] and ids[3] == ids[4] != ids[0]
        assert store.add_codings(s, [{**row, "coder": "KL"}])[0] not in ids
        assert store.add_codings(s, [{**row, "start": 31, "guid": "g2"}]) == [ids[3]]
    many = [{"source_id": 1, "code_id": 2, "start": a, "end": b} for a in range(24, 50) for b in range(a + 1, 51)] * 5
    many = [r for r in many if TALK[r["start"]:r["end"]].strip()]
    assert len(many) > 1000
    with step(engine, "code", "many", coder="MB") as s:
        got = store.add_codings(s, many)
    assert len(set(got)) == len(many) // 5 and ids[0] in got


def test_what_was_taken_back_may_come_again(engine: sa.Engine):
    row = {"source_id": 1, "code_id": 2, "start": 28, "end": 32, "guid": "from-a-browser"}
    for _ in range(2):
        with step(engine, "code", "code", coder="MB") as s:
            store.add_codings(s, [row])
        undo_last(engine, coder="MB")
    assert len(rows(engine, "codings")) == 1 and len(rows(engine, "codings", live=False)) == 3


@pytest.mark.parametrize(("change", "error", "says"), [
    (lambda s: store.add_codings(s, [{"source_id": 9, "code_id": 1, "start": 0, "end": 4}]), BadInput, "not a live source"),
    (lambda s: store.add_codings(s, [{"source_id": 1, "code_id": 9, "start": 0, "end": 4}]), NoSuchName, "does not exist"),
    (lambda s: store.add_codings(s, [{"source_id": 1, "code_id": 1, "start": 0, "end": 4, "origin": "manuel"}]), BadInput, "'manual'"),
    (lambda s: store.add_codings(s, [{"source_id": 1, "code_id": 1, "start": 17, "end": 18}]), BadSpan, "white space"),
    (lambda s: store.add_codes(s, [{"name": "A"}, {"name": "A"}]), AlreadyThere, "'A'"),
    (lambda s: store.add_codes(s, [{"name": " "}]), BadInput, "empty"),
    (lambda s: store.add_codes(s, [{"name": "A", "facet": "goals"}]), BadInput, "did you mean 'goal'"),
    (lambda s: store.add_codes(s, [{"name": "A", "valence": 3}]), BadInput, "-2 to 2"),
    (lambda s: store.add_codes(s, [{"name": "A", "order": float("nan")}]), BadInput, "whole number"),
    (lambda s: store.add_codes(s, [{"name": "A", "online": "yes"}]), BadInput, "True, False or None"),
    (lambda s: store.add_codes(s, [{"name": "A", "parent_id": 99}]), NoSuchName, "does not exist"),
    (lambda s: store.add_source(s, "P01", text="x"), AlreadyThere, "P01"),
    (lambda s: store.add_source(s, "P02", text=" \n"), BadInput, "empty"),
    (lambda s: store.add_source(s, "P02", text="a\r\nb"), BadInput, "normalise_text"),
    (lambda s: store.add_source(s, "P02", text="a", kind="interviews"), BadInput, "did you mean 'interview'"),
    (lambda s: store.add_source(s, "P02", text="abc", turns=[{"start": 0, "end": 4}]), BadSpan, "outside"),
    (lambda s: store.add_source(s, "P02", text="abc", turns=[{"start": 0, "end": 2}, {"start": 1, "end": 3}]), BadSpan, "begins before"),
    (lambda s: store.add_source(s, "P02", text="abc", speakers={None: ("P2", "guest")}), BadInput, "role 'guest'"),
    (lambda s: store.add_case(s, "P02", attributes={"consent": "yes"}), BadInput, "rename the column"),
    (lambda s: store.add_memo(s, "  "), BadInput, "empty"),
    (lambda s: store.add_memo(s, "x", about="codes"), BadInput, "did you mean 'code'"),
    (lambda s: s.update("codes", [1], {"removed": 1}), BadInput, "1 codings would stand on removed codes"),
    (lambda s: s.update("codes", [1], {"parent_id": 1}), BadInput, "its own branch"),
    (lambda s: s.update("cases", [1], {"removed": 1}), BadInput, "speakers would stand on removed cases"),
])
def test_what_a_step_refuses_it_refuses_by_name_and_whole(engine: sa.Engine, change: Callable, error: type[PersonabenchError], says: str):
    before = everything(engine)
    with pytest.raises(error, match=says), step(engine, "try", "try", coder="New") as s:
        store.add_case(s, "P77")
        change(s)
    assert everything(engine) == before


def test_a_turn_is_found_in_the_order_of_the_text(engine: sa.Engine):
    with step(engine, "import", "P02", coder="MB") as s:
        store.add_source(s, "P02", text="one two", turns=[{"speaker": "B", "start": 4, "end": 7}, {"speaker": "A", "start": 0, "end": 3}])
    assert [(r["turn"], r["start"]) for r in rows(engine, "turns")][-2:] == [(0, 0), (1, 4)]


# -- Undo and redo ------------------------------------------------------------------------------------------------------------
def add(engine: sa.Engine, name: str, coder: str = "MB", **row) -> int:
    with step(engine, "add_code", f"add {name}", coder=coder) as s:
        return store.add_codes(s, [{"name": name, "facet": "other", **row}])[0]


def change(engine: sa.Engine, code_id: int, coder: str = "MB", **values) -> None:
    with step(engine, "change", f"change {list(values)} of {code_id}", coder=coder) as s:
        s.update("codes", [code_id], values)


def names(engine: sa.Engine) -> list[str]:
    return [r["name"] for r in rows(engine, "codes")]


def test_undo_goes_back_and_redo_forth_as_far_as_there_are_steps(engine: sa.Engine):
    before = names(engine)
    for name in "ABC":
        add(engine, name)
    assert [undo_last(engine, coder="MB") for _ in range(3)] == ["add C", "add B", "add A"] and names(engine) == before
    assert [redo_last(engine, coder="MB") for _ in range(2)] == ["add A", "add B"] and names(engine) == [*before, "A", "B"]
    assert undo_last(engine, coder="MB") == "add B" and redo_last(engine, coder="MB") == "add B"
    assert redo_last(engine, coder="MB") == "add C"
    with pytest.raises(NothingToUndo, match="no step to redo"):
        redo_last(engine, coder="MB")
    for _ in range(4):
        undo_last(engine, coder="MB")
    with pytest.raises(NothingToUndo, match="MB has no step to undo"):
        undo_last(engine, coder="MB")
    assert names(engine) == [] and len(rows(engine, "events")) == 4 + 3 + 2 + 2 + 1 + 4


def test_new_work_ends_what_could_be_redone(engine: sa.Engine):
    add(engine, "A")
    undo_last(engine, coder="MB")
    add(engine, "B")
    with pytest.raises(NothingToUndo):
        redo_last(engine, coder="MB")
    assert undo_last(engine, coder="MB") == "add B" and redo_last(engine, coder="MB") == "add B"


def test_undo_never_takes_back_a_colleagues_step(engine: sa.Engine):
    add(engine, "Mine", "MB")
    add(engine, "Hers", "KL")
    add(engine, "His", "Tom")
    assert undo_last(engine, coder="MB") == "add Mine" and names(engine)[2:] == ["Hers", "His"]
    assert undo_last(engine, coder="KL") == "add Hers" and names(engine)[2:] == ["His"]
    with pytest.raises(NothingToUndo):
        undo_last(engine, coder="KL")
    with pytest.raises(NothingToUndo):
        undo_last(engine, coder="nobody")
    assert redo_last(engine, coder="MB") == "add Mine" and names(engine)[2:] == ["Mine", "His"]


def refused(engine: sa.Engine, take: Callable, coder: str, says: str) -> None:
    "Assert that the step is refused by name, and that nothing at all has changed."
    before = everything(engine)
    with pytest.raises(UndoConflict, match=says):
        take(engine, coder=coder)
    assert everything(engine) == before


def test_a_row_that_a_colleague_changed_since_stays(engine: sa.Engine):
    code_id = add(engine, "A", facet="pain")
    change(engine, code_id, "KL", facet="need")
    refused(engine, undo_last, "MB", "KL has since worked on what 'add A' added")  # undoing the addition would lose KL's change
    undo_last(engine, coder="KL")
    assert undo_last(engine, coder="MB") == "add A"
    redo_last(engine, coder="MB")
    change(engine, code_id, "MB", facet="gain")
    change(engine, code_id, "KL", facet="goal")
    refused(engine, undo_last, "MB", "changed by a later step")
    undo_last(engine, coder="KL")
    undo_last(engine, coder="MB")
    assert rows(engine, "codes")[-1]["facet"] == "pain"
    refused(engine, redo_last, "KL", "changed by a later step")  # KL changed gain to goal, and it is no longer gain


def test_a_step_that_later_work_stands_on_stays(engine: sa.Engine):
    code_id = add(engine, "A")
    with step(engine, "code", "code", coder="KL") as s:
        store.add_codings(s, [{"source_id": 1, "code_id": code_id, "start": 28, "end": 32}])
    refused(engine, undo_last, "MB", "1 codings would stand on removed codes")
    undo_last(engine, coder="KL")
    undo_last(engine, coder="MB")
    refused(engine, redo_last, "KL", "codings would stand on removed codes")


def test_a_name_that_was_taken_since_is_a_conflict(engine: sa.Engine):
    add(engine, "A")
    undo_last(engine, coder="MB")
    add(engine, "A", "KL")
    refused(engine, redo_last, "MB", "has been taken since")


def test_undo_gives_no_coding_a_removed_code(engine: sa.Engine):
    a, b = add(engine, "A", "KL"), add(engine, "B", "KL")
    with step(engine, "code", "code", coder="KL") as s:
        [coding_id] = store.add_codings(s, [{"source_id": 1, "code_id": a, "start": 28, "end": 32}])
    with step(engine, "recode", "A as B", coder="MB") as s:
        s.update("codings", [coding_id], {"code_id": b})
    with step(engine, "remove", "A", coder="Tom") as s:
        s.update("codes", [a], {"removed": 1})
    refused(engine, undo_last, "MB", "codings would stand on removed codes")


def test_undo_makes_no_code_its_own_ancestor(engine: sa.Engine):
    a, b = add(engine, "A", "Tom"), add(engine, "B", "Tom")
    change(engine, a, "MB", parent_id=b)
    undo_last(engine, coder="MB")
    change(engine, b, "KL", parent_id=a)
    refused(engine, redo_last, "MB", "its own branch")


def test_undo_takes_no_case_from_under_a_colleagues_interview(engine: sa.Engine):
    with step(engine, "import", "cases", coder="MB") as s:
        store.add_case(s, "P02", attributes={"age": 30})
    with step(engine, "import", "interview", coder="KL") as s:
        store.add_source(s, "P02", text="Hello.", speakers={None: ("P02", "participant")})
    refused(engine, undo_last, "MB", "speakers would stand on removed cases")
    undo_last(engine, coder="KL")
    undo_last(engine, coder="MB")
    refused(engine, redo_last, "KL", "speakers would stand on removed cases")


def test_a_step_that_changed_a_row_twice_is_taken_back_from_its_end(engine: sa.Engine):
    with step(engine, "tidy", "tidy", coder="MB") as s:
        s.update("codes", [1], {"facet": "need"})
        s.update("codes", [1], {"facet": "goal", "name": "Full"})
        store.add_codes(s, [{"name": "Dock full"}])  # whose old name must be free before it gets it back
    before = everything(engine)
    undo_last(engine, coder="MB")
    assert [(r["name"], r["facet"]) for r in rows(engine, "codes")] == [("Dock full", "pain"), ("Walks", "behaviour")]
    redo_last(engine, coder="MB")
    assert everything(engine)["codes"] == before["codes"]


def test_two_engines_on_one_file_see_each_other(engine: sa.Engine, path: Path):
    other = open_store(path)
    add(engine, "A", "MB")
    add(other, "B", "KL")
    assert names(engine) == names(other) == ["Dock full", "Walks", "A", "B"]
    assert undo_last(other, coder="MB") == "add A" and names(engine)[2:] == ["B"]
    other.dispose()


# -- Opening: every door that is not ours -------------------------------------------------------------------------------------
def nothing(path: Path) -> None:
    pass


def sqlite_of_another_program(path: Path, wal: bool = False) -> None:
    with closing(sqlite3.connect(path)) as db:
        if wal:
            db.execute("PRAGMA journal_mode=WAL")
        db.execute("CREATE TABLE meta (key TEXT, value TEXT)")
        db.commit()


def study_with(path: Path, *statements: str) -> None:
    engine = open_store(path, create=True)
    fill(engine)
    engine.dispose()
    with closing(sqlite3.connect(path)) as db:
        for statement in statements:
            db.execute(statement)
        db.commit()


def cut(path: Path, share: float) -> None:
    study_with(path)
    path.write_bytes(path.read_bytes()[:int(path.stat().st_size * share)])


DOORS: dict[str, tuple[Callable[[Path], object], bool, type[PersonabenchError], str]] = {
    "missing": (nothing, False, NoStudy, "create=True"),
    "missing, with one of a like name": (lambda p: study_with(p.with_name("studi.db")), False, NoStudy, "did you mean 'studi.db'"),
    "missing folder": (lambda p: p.parent.rmdir(), True, NoStudy, "make the folder first"),
    "folder": (Path.mkdir, False, NotAStudy, "it is a folder"),
    "folder, create": (Path.mkdir, True, NotAStudy, "it is a folder"),
    "empty file": (Path.touch, False, NotAStudy, "is empty"),
    "empty file, create": (Path.touch, True, NotAStudy, "is empty"),
    "text file": (lambda p: p.write_text("not a study\n" * 100), False, NotAStudy, "not a SQLite database"),
    "text file, create": (lambda p: p.write_text("not a study\n" * 100), True, NotAStudy, "not a SQLite database"),
    "sixteen bytes": (lambda p: p.write_bytes(b"SQLite format 3\x00"), False, NotAStudy, "not a SQLite database"),
    "another program": (sqlite_of_another_program, False, NotAStudy, "another program"),
    "another program, create": (sqlite_of_another_program, True, NotAStudy, "another program"),
    "another program, WAL": (lambda p: sqlite_of_another_program(p, wal=True), False, NotAStudy, "another program"),
    "newer": (lambda p: study_with(p, "UPDATE meta SET value = '99' WHERE key = 'schema_version'"), False, NewerStudy,
              "layout 99.*pip install -U"),
    "no layout": (lambda p: study_with(p, "DELETE FROM meta"), False, DamagedStudy, "backup"),
    "odd layout": (lambda p: study_with(p, "UPDATE meta SET value = 'x' WHERE key = 'schema_version'"), False, DamagedStudy, "backup"),
    "empty layout": (lambda p: study_with(p, "UPDATE meta SET value = NULL"), False, DamagedStudy, "backup"),
    "no meta": (lambda p: study_with(p, "DROP TABLE meta"), False, DamagedStudy, "backup"),
    "cut to its header": (lambda p: cut(p, .01), False, DamagedStudy, "backup"),
    "cut in half": (lambda p: cut(p, .5), False, DamagedStudy, "backup"),
    "cut at the end": (lambda p: cut(p, .99), True, DamagedStudy, "backup"),
}


@pytest.mark.parametrize("door", DOORS)
def test_a_door_that_is_not_ours_has_a_name_and_is_left_as_it_was(door: str, tmp_path: Path):
    make, create, error, says = DOORS[door]
    path = tmp_path / "here" / "study.db"
    path.parent.mkdir()
    make(path)
    before = folder(tmp_path)
    for _ in range(2):
        with pytest.raises(error, match=says) as told:
            Study(path, create=create)
        assert str(path) in str(told.value) and told.value.cure
    assert folder(tmp_path) == before  # no lock file, no journal either


@pytest.mark.parametrize("address", ["mongodb://me:S3cret@host/db", "://me:S3cret@host", "postgresql+psycopg://me:S3cret@host:here/db", "mysql://host/db?password=S3cret"])
def test_addresses_that_lead_nowhere_are_named_without_their_password(address: str):
    with pytest.raises(NotAStudy, match="not an address") as told: Study(address)
    assert "S3cret" not in f"{told.value} {told.value.__cause__}" and "postgresql+psycopg://user@host/database" in str(told.value)


@pytest.mark.parametrize("form", ["postgresql", "postgres", "postgresql+psycopg2"])
def test_an_address_that_names_no_driver_or_another_is_told_how_to_write_it(form: str, capsys: pytest.CaptureFixture):
    address = f"{form}://me:S3cret@host:5432/db?password=S3cret"
    with pytest.raises(NotAStudy, match="not an address") as told: Study(address)
    assert told.value.cure == "write postgresql+psycopg://me:***@host:5432/db?password=***"
    assert main(["check", "--study", address]) == 2
    said = "".join(capsys.readouterr())
    assert told.value.cure in said and "S3cret" not in said and "This should not happen" not in said


def test_without_its_driver_a_server_s_address_names_the_extra(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(MissingExtra, match=r'pip install "personabench\[postgres\]"') as told: Study("postgresql+psycopg://me:S3cret@host/db")
    assert "S3cret" not in str(told.value)


def test_create_opens_what_is_there(path: Path):
    with Study(path, coder="MB", create=True) as study, study.step("add", "A") as s:
        store.add_codes(s, [{"name": "A"}])
    assert list(path.parent.iterdir()) == [path]  # closed: nothing lies about
    with Study(path, create=True) as study:
        assert study.codes["code"].tolist() == ["A"]


def test_a_study_whose_writer_was_killed_opens(path: Path):
    code = ("import os, sys; from personabench.study import Study; from personabench import store\n"
            "study = Study(sys.argv[1], coder='MB', create=True)\n"
            "with study.step('add', 'A') as s: store.add_codes(s, [{'name': 'A'}])\n"
            "os._exit(9)")
    assert subprocess.run([sys.executable, "-c", code, str(path)], cwd=ROOT).returncode == 9
    assert path.with_name("study.db-wal").stat().st_size  # what was acknowledged is in the journal still
    with Study(path) as study:
        assert study.codes["code"].tolist() == ["A"]


def test_no_damaged_page_goes_unnoticed(tmp_path: Path):
    "Overwrite each page of a study in turn: it is refused by name, or everything that can be read is right."
    path, chance = tmp_path / "study.db", random.Random(3)
    text = " ".join(f"Word{i} dock 🚲 full." for i in range(1500))
    with Study(path, coder="MB", create=True) as study:
        with study.step("import", "P01") as s:
            store.add_source(s, "P01", text=text, speakers={None: ("P01", "participant")})
            store.add_codes(s, [{"name": f"Code {i}", "facet": "pain"} for i in range(20)])
        with study.step("code", "many") as s:
            store.add_codings(s, [{"source_id": 1, "code_id": i % 20 + 1, "start": i * 7, "end": i * 7 + 30} for i in range(400)])
        size = study.engine.raw_connection().cursor().execute("PRAGMA page_size").fetchone()[0]
        right = read_all(study)
    whole, noticed = path.read_bytes(), 0
    pages = len(whole) // size
    assert pages > 50
    for page in range(pages):
        for at, n in ((page * size + (100 if page == 0 else 0), size // 2), (page * size + size // 2, 200)):
            broken = whole[:at] + chance.randbytes(n) + whole[at + n:]
            path.write_bytes(broken)
            try:
                with Study(path) as study:
                    assert read_all(study) == right
            except (DamagedStudy, NotAStudy):
                noticed += 1
    assert noticed > pages


def read_all(study: Study) -> dict[str, list]:
    return {name: getattr(study, name).astype(str).values.tolist() for name in ("sources", "turns", "cases", "codes", "codings", "log")}


def as_somebody_without_rights(work: Callable[[], object]) -> str:
    "Do something as a user who owns nothing, and return what came of it."
    if not hasattr(os, "fork"):
        pytest.skip("needs fork")
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            if os.getuid() == 0:
                os.setgid(65534)
                os.setuid(65534)
            told = repr(work())
        except BaseException as e:
            told = f"{type(e).__name__}: {e}"
        os.write(write, told.encode()[:60000])
        os._exit(0)
    os.close(write)
    with os.fdopen(read, "rb") as f:
        told = f.read().decode()
    os.waitpid(child, 0)
    return told


@pytest.fixture
def locked_folder() -> Iterator[Path]:
    "A study in a folder where one may read but not write."
    place = Path(tempfile.mkdtemp())  # tmp_path is closed to other users
    path = place / "study.db"
    engine = open_store(path, create=True)
    fill(engine)
    engine.dispose()
    path.chmod(0o444)
    place.chmod(0o555)
    yield path
    place.chmod(0o755)
    shutil.rmtree(place)


def test_a_study_that_one_may_only_read_is_read(locked_folder: Path):
    def look() -> object:
        with Study(locked_folder, coder="X") as study:
            return study.readonly, study.codings["quote"].tolist(), study.text("P01") == TALK
    assert as_somebody_without_rights(look) == "(True, ['dock was full 🚲'], True)"
    assert os.listdir(locked_folder.parent) == ["study.db"]


def test_a_study_that_one_may_only_read_is_not_written(locked_folder: Path):
    from personabench.coding import code, undo

    def write() -> object:
        return code(Study(locked_folder, coder="MB"), "Walks", source="P01", start=28, end=32)
    def take_back() -> object:
        return undo(Study(locked_folder, coder="MB"))
    def make() -> object:
        return Study(locked_folder.with_name("new.db"), create=True)
    before = locked_folder.read_bytes()
    for work in (write, take_back, make):
        told = as_somebody_without_rights(work)
        assert told.startswith("ReadOnlyStudy: ") and "that you may write to" in told
    assert locked_folder.read_bytes() == before


def test_a_study_that_one_may_not_read_is_named(locked_folder: Path):
    locked_folder.chmod(0o000)
    told = as_somebody_without_rights(lambda: Study(locked_folder))
    assert told.startswith("NoStudy: ") and "cannot be read" in told


# -- Migrations ---------------------------------------------------------------------------------------------------------------
@pytest.fixture
def next_layout(monkeypatch: pytest.MonkeyPatch) -> dict:
    "A later version of the program: layout 3 adds a column to the cases."
    def add_nickname(op) -> None:
        op.add_column("cases", sa.Column("nickname", sa.Text, server_default="none"))
    monkeypatch.setattr(store, "SCHEMA_VERSION", 3)
    monkeypatch.setattr(store, "_MIGRATIONS", migrations := {3: add_nickname})
    return migrations


def test_an_older_study_is_brought_up_and_a_copy_kept(path: Path, request: pytest.FixtureRequest):
    study_with(path)
    old = path.read_bytes()
    request.getfixturevalue("next_layout")
    with Study(path, coder="MB") as study:
        with study.connection() as conn:
            assert conn.exec_driver_sql("SELECT name, nickname FROM cases").all() == [("P01", "none")]
        assert study.codings["quote"].tolist() == ["dock was full 🚲"]
        assert undo_last(study.engine, coder="MB") == "import P01"
    copy = path.with_name("study.db.v2")
    assert sorted(p.name for p in path.parent.iterdir()) == ["study.db", "study.db.v2"]
    Study(path).close()  # once is enough
    request.getfixturevalue("monkeypatch").undo()
    with pytest.raises(NewerStudy, match="layout 3"):
        Study(path)
    with Study(copy) as study:
        assert study.codings["quote"].tolist() == ["dock was full 🚲"]
    assert len(copy.read_bytes()) == len(old)


def test_a_migration_that_fails_leaves_the_file_as_it_was(path: Path, request: pytest.FixtureRequest):
    study_with(path)
    old = path.read_bytes()
    migrations = request.getfixturevalue("next_layout")
    good = migrations[3]

    def fails(op) -> None:
        good(op)
        op.execute("UPDATE cases SET name = 'X'")
        raise RuntimeError("half way")
    migrations[3] = fails
    with pytest.raises(RuntimeError, match="half way"):
        Study(path)
    assert path.read_bytes() == old and not path.with_name("study.db-wal").exists()
    migrations[3] = good
    with Study(path) as study:
        assert study.cases["case"].tolist() == ["P01"]


def test_an_older_study_that_may_only_be_read_says_so(locked_folder: Path, next_layout: dict):
    told = as_somebody_without_rights(lambda: Study(locked_folder))
    assert told.startswith("ReadOnlyStudy: ") and "layout 2" in told


# -- Layout 2: a real file of layout 1 ----------------------------------------------------------------------------------------
@pytest.fixture
def of_layout_1(path: Path) -> Path:
    "A study as layout 1 wrote it: two codings, a memo."
    with closing(sqlite3.connect(path)) as db:
        db.executescript((ROOT / "tests" / "golden" / "study_layout1.sql").read_text("utf-8"))
    return path


def shape(engine: sa.Engine) -> dict[str, object]:
    "Columns and indexes of every table."
    found = sa.inspect(engine)
    def columns(t: str) -> list[tuple]: return [(c["name"], str(c["type"]), c["nullable"], c["primary_key"], c["default"]) for c in found.get_columns(t)]
    return {t: (columns(t), sorted((i["name"], tuple(i["column_names"]), i["unique"], str(i["dialect_options"].get("sqlite_where"))) for i in found.get_indexes(t)))
            for t in found.get_table_names()}


def test_a_study_of_layout_1_opens_is_kept_and_gets_the_entries(of_layout_1: Path, tmp_path: Path):
    from personabench.coding import undo
    from personabench.map_entries import add_entry

    with Study(of_layout_1, coder="MB") as study:
        assert study.entries.empty and study.codings["code"].tolist() == ["Return", "Dock full"] and len(study.memos) == 1
        add_entry(study, "More docks", lane="opportunity", stage="Return", evidence=[2])
        assert study.entries["evidence"].tolist() == [[2]] and undo(study) == "add opportunity to Return" and study.entries.empty
        new = open_store(tmp_path / "new.db", create=True)
        assert shape(study.engine) == shape(new), "brought up is the same as made new"
        new.dispose()
        assert undo_last(study.engine, coder="MB") == "memo on code Dock full", "steps of before can still be taken back"
    with closing(sqlite3.connect(of_layout_1.with_name("study.db.v1"))) as copy:
        assert copy.execute("SELECT value FROM meta WHERE key = 'schema_version'").fetchone() == ("1",)
        assert copy.execute("SELECT count(*) FROM sqlite_master WHERE name = 'entries'").fetchone() == (0,)
        assert copy.execute("SELECT count(*) FROM codings").fetchone() == (2,)


def test_who_comes_second_to_an_older_study_leaves_the_copy_of_the_first(of_layout_1: Path, monkeypatch: pytest.MonkeyPatch):
    asked, found = store._version, []
    def slow(conn: sa.Connection) -> int:
        found.append(asked(conn))
        if len(found) == 1: monkeypatch.setattr(store, "_version", asked), Study(of_layout_1, coder="KL").close()  # quicker, between the look and the work
        return found[0] if len(found) == 1 else asked(conn)

    monkeypatch.setattr(store, "_version", slow)
    Study(of_layout_1, coder="MB").close()
    with closing(sqlite3.connect(of_layout_1.with_name("study.db.v1"))) as copy:
        assert found == [1] and copy.execute("SELECT value FROM meta WHERE key = 'schema_version'").fetchone() == ("1",)
        assert copy.execute("SELECT count(*) FROM sqlite_master WHERE name = 'entries'").fetchone() == (0,)


def test_a_study_of_layout_1_that_may_only_be_read_says_what_to_do(of_layout_1: Path):
    place = Path(tempfile.mkdtemp())
    old = shutil.move(of_layout_1, place / "study.db")
    os.chmod(old, 0o444)
    os.chmod(place, 0o555)
    try: told = as_somebody_without_rights(lambda: Study(old))
    finally: os.chmod(place, 0o755)
    assert told.startswith("ReadOnlyStudy: ") and "layout 1" in told and "copy it to a folder that you may write to" in told
    assert os.listdir(place) == ["study.db"]
    shutil.rmtree(place)


# -- Several writers ----------------------------------------------------------------------------------------------------------
WRITER = """
import sys
from personabench.coding import code
from personabench.study import Study
path, coder, first, n = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
study = Study(path, coder=coder)
sys.stdin.readline()
print(*(code(study, "Dock full", source="P01", start=first + i, end=first + i + 10) for i in range(n)))
"""


def start(*arguments: str, code: str = WRITER) -> subprocess.Popen:
    return subprocess.Popen([sys.executable, "-c", code, *arguments], cwd=ROOT, text=True,
                            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def test_two_processes_write_two_hundred_codings_each(path: Path):
    with Study(path, coder="MB", create=True) as study:
        with study.step("import", "P01") as s:
            store.add_source(s, "P01", text="The dock was full again. " * 100)
            store.add_codes(s, [{"name": "Dock full"}])
        writers = [start(str(path), coder, first, "200") for coder, first in (("MB", "0"), ("KL", "1000"))]
        told = [writer.communicate("go\n", timeout=120) for writer in writers]
        assert [err for _, err in told] == ["", ""] and [w.returncode for w in writers] == [0, 0]
        f = study.codings  # of a study that was open all the while
        assert f.groupby("coder").size().to_dict() == {"KL": 200, "MB": 200}
        for (out, _), coder in zip(told, ("MB", "KL"), strict=True):  # each was acknowledged by its number
            assert set(map(int, out.split())) == set(f.loc[f["coder"] == coder, "coding_id"])
        log = study.log[study.log["verb"] == "code"]
        assert log.groupby("coder").size().to_dict() == {"KL": 200, "MB": 200} and study.log["event_id"].is_monotonic_increasing
        assert study.codings["end"].le(2500).all()


def test_several_processes_may_create_one_study(path: Path):
    make = ("import sys; from personabench.study import Study; from personabench import store; sys.stdin.readline()\n"
            "study = Study(sys.argv[1], coder=sys.argv[2], create=True)\n"
            "with study.step('add', sys.argv[2]) as s: store.add_codes(s, [{'name': sys.argv[2]}])")
    makers = [start(str(path), name, code=make) for name in ("A", "B", "C")]
    told = [maker.communicate("go\n", timeout=120) for maker in makers]
    assert [err for _, err in told] == [""] * 3
    with Study(path) as study:
        assert sorted(study.codes["code"]) == ["A", "B", "C"]


def test_threads_share_a_study_each_with_steps_of_its_own(path: Path):
    with Study(path, coder="MB", create=True) as study:
        with study.step("import", "P01") as s:
            store.add_source(s, "P01", text="The dock was full again. " * 100)
            store.add_codes(s, [{"name": "A"}])
        failed: list[BaseException] = []

        def work(first: int) -> None:
            from personabench.coding import code
            try:
                for i in range(25):
                    code(study, "A", source="P01", start=first + i, end=first + i + 5)
            except BaseException as e:
                failed.append(e)
        threads = [threading.Thread(target=work, args=(n * 300,)) for n in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert failed == [] and len(study.codings) == 100 and len(study.log) == 101


def test_a_step_of_one_thread_is_not_joined_by_another(path: Path):
    with Study(path, coder="MB", create=True) as study:
        inside, looked = threading.Event(), threading.Event()

        def work() -> None:
            with pytest.raises(ZeroDivisionError), study.step("add", "half") as s:
                store.add_codes(s, [{"name": "Half"}])
                inside.set()
                looked.wait(30)
                _ = 1 / 0
        thread = threading.Thread(target=work)
        thread.start()
        assert inside.wait(30)
        assert study.open_step is None and study.codes.empty  # what is not committed is nobody's yet
        looked.set()
        with study.step("add", "whole") as s:
            store.add_codes(s, [{"name": "Whole"}])
        thread.join()
        assert study.codes["code"].tolist() == ["Whole"]


def test_a_writer_that_waits_too_long_is_told_so(engine: sa.Engine, path: Path):
    other = open_store(path)
    with other.connect() as conn:
        conn.connection.dbapi_connection.execute("PRAGMA busy_timeout=50")
    with step(engine, "slow", "slow", coder="MB") as s:
        store.add_codes(s, [{"name": "Slow"}])
        with pytest.raises(BusyStudy, match="another program"), step(other, "add", "B", coder="KL") as s2:
            store.add_codes(s2, [{"name": "B"}])
    assert names(engine) == ["Dock full", "Walks", "Slow"]
    other.dispose()


def test_opening_a_study_twice_in_one_process_keeps_it_safe_from_a_colleague(tmp_path: Path) -> None:
    "Opening and closing the file itself would give up this process's locks, and a colleague's close would then take the log away from under it."
    path = tmp_path / "s.db"
    first = pb.Study(path, coder="MB", create=True)
    pb.add_memo(first, "one")
    again = pb.Study(path, coder="MB")  # a notebook's first cell, run once more
    colleague = "import personabench as pb, sys\nwith pb.Study(sys.argv[1], coder='JK') as s: pb.add_memo(s, 'from a colleague' * 200)"
    subprocess.run([sys.executable, "-c", colleague, str(path)], check=True)
    pb.add_memo(first, "two")
    subprocess.run([sys.executable, "-c", colleague, str(path)], check=True)
    pb.add_memo(again, "three")
    first.close()
    again.close()
    with pb.Study(path) as study: assert [m[:4] for m in study.memos["text"]] == ["one", "from", "two", "from", "thre"]


def test_undoing_a_correction_does_not_hide_a_colleague_s_coding_of_the_new_text(tmp_path: Path) -> None:
    (tmp_path / "P1.txt").write_text("Interviewer: How?\n\nAnna: The dock was ful again. I paid.\n")
    with pb.Study(tmp_path / "s.db", coder="A", create=True) as mine, pb.Study(tmp_path / "s.db", coder="B") as theirs:
        pb.import_files(mine, tmp_path / "P1.txt")
        pb.add_code(mine, "x", facet="pain")
        pb.correct_text(mine, "P1", text=mine.text("P1").replace("ful ", "full "))
        pb.code(theirs, "x", source="P1", quote="dock was full")
        with pytest.raises(pb.UndoConflict, match="codings"): pb.undo(mine)
        assert theirs.codings["quote"].tolist() == ["dock was full"]
        pb.undo(theirs)
        pb.undo(mine)
        assert "ful again" in mine.text("P1")


def test_a_full_disk_says_so_and_shows_no_words(engine):
    with engine.connect() as conn: pages = conn.exec_driver_sql("PRAGMA page_count").scalar()

    @sa.event.listens_for(engine, "begin")
    def full(conn): conn.exec_driver_sql(f"PRAGMA max_page_count={pages}")

    with pytest.raises(FullDisk, match="free some space") as raised, step(engine, "add_memo", "memo", coder="MB") as s:
        store.add_memo(s, "Anna Secretperson " * 20_000)
    assert "Secretperson" not in "".join(traceback.format_exception(raised.value)).replace('"Anna Secretperson "', "")
    with engine.connect() as conn: assert conn.scalar(sa.select(sa.func.count()).select_from(T["memos"])) == 0
