"""A study on a PostgreSQL server keeps the promises of one in a file: the same rows, the same refusals by name, two writers at once, and no password in any message."""

from __future__ import annotations

import json
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from personabench import store
from personabench.cli import main
from personabench.codebook import add_code, merge_codes, rename_code
from personabench.coding import add_memo, code, redo, undo
from personabench.coding_widget import CodingWidget
from personabench.consent import withdraw
from personabench.importers import correct_text
from personabench.map_entries import add_entry, change_entry, move_entry, remove_entry
from personabench.sample_data import import_sample, sample_file
from personabench.schema import (AlreadyThere, BadInput, BadSpan, BusyStudy, NewerStudy, NoStudy, NoSuchName, NotAStudy, NothingToUndo, ReadOnlyStudy, UndoConflict)
from personabench.study import Study
from personabench.survey import import_survey, stored_survey

ROOT = Path(__file__).resolve().parent.parent
TALK = "Mara: How was it? 🙂\nAnna: The dock was full 🚲🚲 again, e\u0301 שלום. I walked."
TURNS = [{"speaker": "Mara", "start": 6, "end": 19}, {"speaker": "Anna", "start": 26, "end": len(TALK)}]
WHO = {"Mara": (None, "interviewer"), "Anna": ("P01", "participant")}


def fill(study: Study, name: str = "P01") -> Study:
    "One talk with two codes."
    with study.step("import", f"import {name}") as step: store.add_source(step, name, text=TALK, turns=TURNS, speakers=WHO)
    add_code(study, "Dock full", facet="pain")
    add_code(study, "Walks", facet="behaviour")
    return study


@pytest.fixture
def study(postgres: str) -> Iterator[Study]:
    with Study(postgres, coder="MB", create=True) as study: yield fill(study)


def tell(study: Study) -> dict[str, list]:
    "All that a study holds, without what differs from one to the next: times and ids made at random."
    out = {}
    for name in ("sources", "turns", "cases", "codes", "codings", "memos", "entries", "surveys", "segments", "log"):
        frame = study.rows(name).drop(columns=["imported", "created", "time", "changes"], errors="ignore")
        out[name] = json.loads(frame.to_json(orient="records"))
    return out


def work(study: Study) -> dict[str, list]:
    "A day's work by every kind of verb; returns what the study then holds."
    import_sample(study)
    import_survey(study, sample_file("survey_wave1.csv"), id="respondent", weights="weight", dictionary=sample_file("survey_dictionary.csv"), wave="2026-05")
    fill(study, "P77")
    code(study, "Dock full", source="P77", quote="full 🚲🚲 again")
    add_memo(study, "Two bicycles 🚲", code="Dock full")
    rename_code(study, "Walks", to="Walks home")
    entry = add_entry(study, "More docks", lane="opportunity", stage="First ride", owner="Lena")
    change_entry(study, entry, due="2026-12-01")
    undo(study), undo(study), redo(study)
    return tell(study)


def test_a_study_is_made_where_create_says_so_and_opened_again(postgres):
    with pytest.raises(NoStudy, match="holds no study") as told: Study(postgres)
    assert "create=True" in told.value.cure
    with Study(postgres, coder="MB", create=True) as study: fill(study)
    with Study(postgres, create=True) as study: assert study.codes["code"].tolist() == ["Dock full", "Walks"] and study.text("P01") == TALK


def test_offsets_count_emoji_and_marks_once_as_in_a_file(study):
    for words in ("full 🚲🚲 again", "🙂", "e\u0301 שלום"):
        made = code(study, "Dock full", source="P01", quote=words)
        row = study.codings.set_index("coding_id").loc[made]
        assert (row["start"], row["end"], row["quote"]) == (TALK.index(words), TALK.index(words) + len(words), words)
    with pytest.raises(BadSpan): code(study, "Dock full", source="P01", start=len(TALK) - 2, end=len(TALK) + 1)
    assert len(study.codings) == 3


def test_undo_and_redo_go_as_far_as_there_are_steps(study):
    for words in ("The dock", "I walked"): code(study, "Walks", source="P01", quote=words)
    assert [undo(study) for _ in range(2)] == ["code 'Walks' on 8 characters of P01"] * 2 and study.codings.empty
    redo(study), redo(study)
    assert study.codings["quote"].tolist() == ["The dock", "I walked"]
    add_code(study, "Full", facet="pain")
    merge_codes(study, ["Walks"], into="Full")
    assert set(study.codings["code"]) == {"Full"}
    undo(study)
    assert set(study.codings["code"]) == {"Walks"}
    with pytest.raises(NothingToUndo), Study(study.address, coder="nobody") as other: undo(other)
    with Study(study.address, coder="KL") as other: rename_code(other, "Full", to="Crammed")
    with pytest.raises(UndoConflict): undo(study)      # KL has worked on the code since


def test_a_day_s_work_leaves_the_same_rows_on_a_server_as_in_a_file(postgres, tmp_path):
    with warnings.catch_warnings(), Study(postgres, coder="MB", create=True) as there, Study(tmp_path / "s.db", coder="MB", create=True) as here:
        warnings.simplefilter("ignore")
        a, b = work(there), work(here)
        for name in a: assert a[name] == b[name], name
        assert len(a["codings"]) > 100 and len(a["surveys"]) == 1
        assert stored_survey(there, "2026-05").data.equals(stored_survey(here, "2026-05").data)


def test_who_withdraws_is_in_no_row_any_more(postgres):
    with Study(postgres, coder="MB", create=True) as study:
        import_sample(study)
        import_survey(study, sample_file("survey_wave1.csv"), id="respondent", weights="weight", wave="2026-05")
        correct_text(study, "P14", text=study.text("P14") + "\n\nHANNE: One thing more, the quagmire of invoices.")
        coding = int(study.codings.query("case == 'P14'").iloc[0]["coding_id"])
        add_memo(study, "She sounded xylophonic here", coding=coding)
        add_entry(study, "She said: one thing more, the quagmire of invoices", lane="note", stage="First ride", evidence=[coding])
        said = [quote for quote in study.codings.query("case == 'P14'")["quote"] if len(quote) > 20]
        done = withdraw(study, case="P14")
        assert done.loc[done["what"] == "file", "note"].item().startswith("its pages, log and backups")
        with study.engine.connect() as conn:
            held = "\n".join(str(row) for t in store.tables.sorted_tables for row in conn.execute(sa.select(t)))
        for words in ["quagmire", "xylophonic", *said]: assert words not in held, words
        assert "P14" in set(study.cases.dropna(subset="withdrawn")["case"])
        with pytest.raises(UndoConflict, match="cannot be taken back"): undo(study)


def test_a_study_of_layout_1_is_brought_up_to_layout_2_and_is_then_as_a_new_one(postgres, study):
    with study.engine.begin() as conn:
        conn.execute(sa.text("DROP TABLE entries"))
        conn.execute(sa.text("DROP INDEX codings_ever"))
        conn.execute(sa.text("UPDATE meta SET value = '1' WHERE key = 'schema_version'"))
    made = code(study, "Dock full", source="P01", quote="The dock was full")
    with Study(postgres, coder="MB") as brought_up:
        entry = add_entry(brought_up, "x", lane="note", stage="Ride", evidence=[made], guid="g")
        move_entry(brought_up, entry, stage="Sign-up")
        assert brought_up.entries["stage"].tolist() == ["Sign-up"] and undo(brought_up) and brought_up.entries["stage"].tolist() == ["Ride"]
        assert brought_up.codings["quote"].tolist() == ["The dock was full"]
        found = sa.inspect(brought_up.engine)
        assert {c["name"]: (str(c["type"]), c["nullable"]) for c in found.get_columns("entries")} == {
            c.name: (str(c.type), c.nullable) for c in store.tables.tables["entries"].columns}
        assert [i["name"] for i in found.get_indexes("entries")] == ["entries_guid"] and "codings_ever" in {i["name"] for i in found.get_indexes("codings")}
        with brought_up.engine.connect() as conn: assert conn.scalar(sa.text("SELECT value FROM meta WHERE key = 'schema_version'")) == "2"


def test_what_is_no_study_and_what_is_newer_is_named_and_left_alone(postgres, study):
    with study.engine.begin() as conn: conn.execute(sa.text("UPDATE meta SET value = '99' WHERE key = 'schema_version'"))
    with pytest.raises(NewerStudy, match="layout 99"): Study(postgres)
    with study.engine.begin() as conn:
        conn.execute(sa.text("DROP TABLE meta"))
        conn.execute(sa.text("CREATE TABLE meta (id integer, body text)"))
    with pytest.raises(NotAStudy, match="another program"): Study(postgres, create=True)
    assert [c["name"] for c in sa.inspect(study.engine).get_columns("meta")] == ["id", "body"]


def test_entries_of_the_map_are_written_moved_and_taken_back(study):
    made = code(study, "Dock full", source="P01", quote="The dock was full")
    first = add_entry(study, "More docks 🚲", lane="strategy", stage="Ride", owner="Lena", due="2026-09-30", evidence=[made, "ash/pain"])
    second = add_entry(study, "A map of docks", lane="strategy", stage="Ride", position=1)
    assert study.entries["text"].tolist() == ["A map of docks", "More docks 🚲"] and study.entries["evidence"].tolist() == [[], [made, "ash/pain"]]
    change_entry(study, second, text="A live map")
    remove_entry(study, first)
    assert study.entries["text"].tolist() == ["A live map"]
    undo(study), undo(study)
    assert study.entries["text"].tolist() == ["A map of docks", "More docks 🚲"]
    with pytest.raises(NoSuchName): add_entry(study, "x", lane="note", stage="Ride", evidence=[99])


def test_the_widget_says_saved_when_the_row_is_on_the_server_and_stores_nothing_twice(study):
    widget, heard = CodingWidget(study, "P01"), []
    widget.send = lambda content, buffers=None: heard.append(json.loads(json.dumps(content)))
    start = TALK.index("🚲🚲")
    message = {"type": "add", "guid": "m1", "source": "P01", "start": start, "end": start + 2, "items": [["made-in-the-browser", "Dock full"]]}
    for _ in range(2): widget._handle_custom_msg(dict(message), [])      # a browser that heard no answer sends it again
    assert [m["type"] for m in heard].count("error") == 0 and any(m["type"] == "ack" for m in heard), heard
    with Study(study.address) as other: assert other.codings[["quote", "code", "coder"]].to_numpy().tolist() == [["🚲🚲", "Dock full", "MB"]]
    heard.clear()
    with Study(study.address, coder="KL") as colleague: code(colleague, "Walks", source="P01", quote="I walked")
    widget._handle_custom_msg({"type": "ping", "guid": "m2", "source": "P01"}, [])
    assert [m["codings"]["coder"] for m in heard if m["type"] == "changed"] == [["KL"]], "what a colleague did arrives"


@pytest.mark.parametrize(("change", "error", "says"), [
    (lambda s: store.add_codings(s, [{"source_id": 9, "code_id": 1, "start": 0, "end": 4}]), BadInput, "not a live source"),
    (lambda s: store.add_codes(s, [{"name": "Walks"}]), AlreadyThere, "Walks"),
    (lambda s: s.insert("codes", [{"name": "Walks", "facet": "pain"}]), AlreadyThere, "is taken"),
    (lambda s: s.insert("attributes", [{"case_id": 99, "name": "x"}]), NoSuchName, "does not exist"),
    (lambda s: s.update("codes", [1], {"facet": "pains"}), BadInput, "facet_is_known"),
    (lambda s: store.add_memo(s, "a\0b"), BadInput, "NUL"),
])
def test_what_the_server_refuses_has_a_name_and_leaves_nothing(study, change, error, says):
    before = tell(study)
    with pytest.raises(error, match=says) as told, study.step("try", "try") as step:
        store.add_case(step, "P77")
        change(step)
    assert tell(study) == before and "INSERT" not in str(told.value)


@pytest.mark.parametrize("statement", ["UPDATE events SET label = 'nothing happened'", "DELETE FROM events", "UPDATE revisions SET text = 'I never said that.'",
                                       "DELETE FROM revisions", 'UPDATE codings SET "end" = 9999', "TRUNCATE events"])
def test_the_server_itself_keeps_log_texts_and_spans(study, statement):
    code(study, "Dock full", source="P01", quote="The dock was full")
    before = tell(study)
    with pytest.raises(sa.exc.DBAPIError, match="append-only|never changes in place|ends after its text"), study.engine.begin() as conn: conn.execute(sa.text(statement))
    assert tell(study) == before
    with study.engine.begin() as conn: conn.execute(sa.text("UPDATE revisions SET text = ''"))      # of one who withdrew


# -- Two at once --------------------------------------------------------------------------------------------------------------
WRITER = """
import sys
from personabench import store
from personabench.coding import code
from personabench.study import Study
address, coder, first = sys.argv[1], sys.argv[2], int(sys.argv[3])
study = Study(address, coder=coder, create=True)
sys.stdin.readline()
for i in range(60): code(study, "Dock full", source="P02", start=first + i, end=first + i + 10)
for k in range(5):
    with study.step("code", "many") as step:
        store.add_codings(step, [{"source_id": 2, "code_id": 2, "start": first + 100 * k + i, "end": first + 100 * k + i + 9} for i in range(20)])
"""


def test_two_processes_write_at_once_and_every_row_and_step_is_there(study):
    with study.step("import", "P02") as step: store.add_source(step, "P02", text="TheDockWasFullAgain,Anna. " * 100)
    seen = [study.last_event()]
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, study.address, *who], cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE) for who in (("MB", "0"), ("KL", "1000"))]
    for writer in writers: writer.stdin.write("go\n"), writer.stdin.flush()
    while any(writer.poll() is None for writer in writers):
        seen.append(study.last_event())
        assert len(study.log) == seen[-1] or study.last_event() > seen[-1], "a step appeared before one with a lower number"
    assert [writer.communicate(timeout=120)[1] for writer in writers] == ["", ""] and sorted(seen) == seen
    assert study.codings.groupby(["coder", "code"]).size().to_dict() == {(who, name): n for who in ("KL", "MB") for name, n in (("Dock full", 60), ("Walks", 100))}
    assert study.log["event_id"].is_unique and len(study.log[study.log["verb"] == "code"]) == 2 * 65


def test_two_processes_may_create_one_study(postgres):
    make = ("import sys; from personabench.study import Study; from personabench.codebook import add_code; sys.stdin.readline()\n"
            "add_code(Study(sys.argv[1], coder=sys.argv[2], create=True), sys.argv[2], facet='pain')")
    makers = [subprocess.Popen([sys.executable, "-c", make, postgres, name], cwd=ROOT, text=True, stdin=subprocess.PIPE, stderr=subprocess.PIPE) for name in "AB"]
    assert [maker.communicate("go\n", timeout=120)[1] for maker in makers] == [""] * 2
    with Study(postgres) as study: assert sorted(study.codes["code"]) == ["A", "B"]


def test_a_writer_that_waits_too_long_is_told_so_and_readers_do_not_wait(study, monkeypatch):
    monkeypatch.setattr(store, "_PATIENCE", .2)
    with Study(study.address, coder="KL") as other, study.step("slow", "slow") as step:
        store.add_codes(step, [{"name": "Slow"}])
        with pytest.raises(BusyStudy, match="another program"): add_code(other, "B", facet="pain")
        assert other.codes["code"].tolist() == ["Dock full", "Walks"], "what is not committed is nobody's yet"
    assert sorted(study.codes["code"]) == ["Dock full", "Slow", "Walks"]


def test_one_look_sees_one_moment(study):
    with study.connection() as conn, Study(study.address, coder="KL") as other:
        before = store.newest_event(conn)
        add_code(other, "Later", facet="pain")
        assert store.newest_event(conn) == before and conn.scalar(sa.select(sa.func.count()).select_from(store.tables.tables["codes"])) == 2
    assert len(study.codes) == 3


# -- Addresses and passwords --------------------------------------------------------------------------------------------------
def test_no_message_of_a_server_shows_the_password(postgres_server, postgres, capsys):
    name = postgres.partition("?")[0].rpartition("/")[2]
    closed = "postgresql+psycopg://me:S3cret!x@127.0.0.1:1/x"
    wrong = f"postgresql+psycopg://guest:S3cret!x@/{name}?host={postgres_server}"
    inside = f"postgresql+psycopg://guest@/{name}?host={postgres_server}&password=S3cret!x"
    nowhere = f"postgresql+psycopg://postgres:S3cret!x@/nowhere?host={postgres_server}"
    for address, says in ((closed, "refused"), (wrong, "authentication failed"), (inside, "authentication failed"), (nowhere, "does not exist")):
        with pytest.raises(NoStudy, match=says) as told: Study(address, create=True)
        assert "S3cret" not in f"{told.value} {told.value.cure}" and told.value.cure
        assert main(["check", "--study", address]) == 2
        shown = "".join(capsys.readouterr())
        assert "S3cret" not in shown and says in shown and "This should not happen" not in shown
    with Study(f"postgresql+psycopg://postgres:S3cret!x@/{name}?host={postgres_server}", create=True) as study:
        assert "S3cret" not in repr(study) + study._repr_html_() and repr(study).startswith("Study('postgresql+psycopg://postgres:***@")
        assert fill(study).codes["code"].tolist() == ["Dock full", "Walks"]


def test_who_may_not_write_what_was_said_writes_all_the_same(study):
    with study.engine.begin() as conn:
        for words in ("CREATE ROLE writer LOGIN PASSWORD 'look'", "GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA public TO writer",
                      "REVOKE INSERT ON meta FROM writer", "GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO writer"): conn.execute(sa.text(words))
    with Study(study.address.replace("postgres@", "writer:look@"), coder="W") as other:
        widget, heard = CodingWidget(other, "P01"), []
        widget.send = lambda content, buffers=None: heard.append(content)
        for _ in range(2): widget.receive({"type": "memo", "about": "source", "source": "P01", "target": None, "text": "a thought", "guid": "m1", "again": True})
        assert [m["type"] for m in heard if m.get("guid") == "m1"] == ["ack", "ack"] and study.memos["text"].tolist() == ["a thought"]
    with study.engine.begin() as conn: conn.execute(sa.text("DROP OWNED BY writer")), conn.execute(sa.text("DROP ROLE writer"))


def test_a_server_without_the_name_of_a_database_is_no_study_in_memory(postgres, postgres_server, monkeypatch):
    monkeypatch.setenv("PGDATABASE", sa.make_url(postgres).database)
    address = f"postgresql+psycopg://postgres@/?host={postgres_server}"
    with Study(address, coder="MB", create=True) as one, Study(address, coder="JK") as two:
        fill(one)
        assert CodingWidget(one, "P01").state["study"] == CodingWidget(two, "P01").state["study"]


def test_who_may_only_read_is_told_so(study):
    with study.engine.begin() as conn:
        for words in ("CREATE ROLE reader LOGIN PASSWORD 'look'", "GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader"): conn.execute(sa.text(words))
    with Study(study.address.replace("postgres@", "reader:look@"), coder="R") as other:
        assert other.codes["code"].tolist() == ["Dock full", "Walks"]
        with pytest.raises(ReadOnlyStudy): add_code(other, "Mine", facet="pain")
    with study.engine.begin() as conn: conn.execute(sa.text("DROP OWNED BY reader")), conn.execute(sa.text("DROP ROLE reader"))
