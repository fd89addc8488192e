"""Bad inputs through the front door: each ends in one named error (or one failed row) that says where and what to do, and the study keeps every byte."""

from __future__ import annotations

import hashlib
import io
import shutil
import sqlite3
import zipfile

import pandas as pd
import pytest
from docx import Document

from personabench import store
from personabench.coding import code, uncode
from personabench.importers import correct_text, import_files, remove_source, set_speaker
from personabench.schema import (
    AlreadyThere,
    BadInput,
    BadSpan,
    DamagedStudy,
    NewerStudy,
    NoStudy,
    NoSuchCode,
    NoSuchName,
    NoSuchSource,
    NotAStudy,
    PersonabenchError,
    QuoteNotFound,
)
from personabench.study import Study
from personabench.survey import import_survey
from personabench.table_importers import import_codebook, import_codings, import_table

TALK = "Interviewer: How was it?\n\nAnna: The dock was full 🚲 again.\n\nInterviewer: Oh?\n\nAnna: The dock, yes.\n"


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    "A study file with something of everything in it."
    folder = tmp_path_factory.mktemp("study")
    (folder / "P01.txt").write_text(TALK, encoding="utf-8")
    with Study(folder / "study.db", coder="MB", create=True) as study:
        import_files(study, folder / "P01.txt")
        import_codebook(study, pd.DataFrame({"code": ["Dock full", "Relief"], "facet": ["pain", "emotion"], "valence": ["", "1"]}))
        code(study, "Dock full", source="P01", quote="The dock was full 🚲")
    return folder / "study.db"


@pytest.fixture
def place(finished, tmp_path, monkeypatch):
    "A folder with a copy of the study, in which relative paths are files."
    shutil.copy(finished, tmp_path / "study.db")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def dump(path):
    "Every row of every table, as one hash."
    db = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
    try:
        return hashlib.sha256("\n".join(db.iterdump()).encode()).hexdigest()
    finally:
        db.close()


def bytes_of(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def word(*paragraphs):
    document, out = Document(), io.BytesIO()
    for paragraph in paragraphs:
        document.add_paragraph(paragraph)
    document.save(out)
    return out.getvalue()


def zipped():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        made.writestr("holiday.txt", "not a Word file")
    return out.getvalue()


# -- Files that become failed rows: (file, bytes, words of the message) ------------------------------------------------------
ROWS = [
    ("empty.txt", b"", "empty"),
    ("blank.md", b"\n \t\n", "empty"),
    ("noise.txt", bytes(range(256)) * 40, "binary"),
    ("page.txt", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj", "PDF"),
    ("archive.txt", zipped(), "zip"),
    ("cut.docx", word("Anna: hi")[:900], "damaged"),
    ("zip.docx", zipped(), "damaged or no Word file"),
    ("renamed.docx", b"Anna: hi", "not a Word file"),
    ("silent.docx", word(""), "no words"),
    ("nocues.vtt", b"WEBVTT\n\nNOTE nobody spoke\n", "no cues"),
    ("broken.vtt", b"WEBVTT\n\n00:00:01.000 --> 00:00:xx\nhi\n", "line 3"),
    ("back.srt", b"1\n00:00:09,000 --> 00:00:01,000\nhi\n", "line 2"),
    ("stamps.srt", b"1\n00:00:09,000 -> 00:00:10,000\nhi\n", "no cues"),
    ("old.doc", b"\xd0\xcf\x11\xe0", ".docx"),
    ("talk.mp3", b"ID3", "ending .mp3"),
    ("P01.txt", b"Interviewer: Another talk.\n\nAnna: Under a name that is taken.\n", "remove_source"),
]


@pytest.mark.parametrize(("name", "data", "words"), ROWS, ids=[name for name, *_ in ROWS])
def test_a_bad_transcript_is_one_failed_row(place, name, data, words):
    (place / name).write_bytes(data)
    before = dump(place / "study.db"), bytes_of(place / "study.db")
    with Study(place / "study.db", coder="MB") as study:
        report = import_files(study, name)
        assert dump(place / "study.db") == before[0]
    assert report["status"].tolist() == ["failed"] and report["sources"].tolist() == [0]
    message = report["message"][0]
    assert name in message and words in message and "Cure:" in message
    assert bytes_of(place / "study.db") == before[1]


# -- Everything else ends in one named error: (name, file or None, bytes, verb, error, words) -----------------------------------
FEEDBACK = b"respondent,comment\nR1,fine\n"
BOOK = b"code,facet\nWaiting,pain\n"
ERRORS = [
    ("nothing matches", None, b"", lambda s: import_files(s, "interviews/*.vtt"), BadInput, "interviews"),
    ("missing file", None, b"", lambda s: import_files(s, "PO1.txt"), BadInput, "PO1.txt"),
    ("template", None, b"", lambda s: import_files(s, "study.db", case="{name"), BadInput, "case='{stem}'"),
    ("kind", None, b"", lambda s: import_files(s, "study.db", kind="intervew"), BadInput, "did you mean 'interview'"),
    ("ragged", "a.csv", b"id,say\n1,x\n2,good, but slow\n", lambda s: import_table(s, "a.csv", text="say", case="id"), BadInput, "a.csv, line 3"),
    ("short row", "a.csv", b"id,say\n1,x\n2\n", lambda s: import_table(s, "a.csv", text="say", case="id"), BadInput, "a.csv, line 3"),
    ("doubled header", "a.csv", b"id,say,id\n1,x,2\n", lambda s: import_table(s, "a.csv", text="say", case="id"), BadInput, "'id' occurs twice"),
    ("no header", "a.csv", b",,\n1,x,2\n", lambda s: import_table(s, "a.csv", text="say", case="id"), BadInput, "no column names"),
    ("empty table", "a.csv", b"", lambda s: import_table(s, "a.csv", text="say", case="id"), BadInput, "a.csv"),
    ("header only", "a.csv", b"id,say\n", lambda s: import_table(s, "a.csv", text="say", case="id"), BadInput, "no rows"),
    ("open quote", "a.csv", b'id,say\n1,"x\n2,y\n', lambda s: import_table(s, "a.csv", text="say", case="id"), BadInput, "a.csv, line 2"),
    ("survey without its id", "a.csv", b"id,say\n1,\xe9t\xe9\n", lambda s: import_survey(s, "a.csv", id="ID"), PersonabenchError, "id"),
    ("no such column", "f.csv", FEEDBACK, lambda s: import_table(s, "f.csv", text="coment", case="respondent"), NoSuchName, "'comment'"),
    ("no such case column", "f.csv", FEEDBACK, lambda s: import_table(s, "f.csv", text="comment", case="person"), NoSuchName, "f.csv"),
    ("binary workbook", "w.xlsx", b"PK\x03\x04rubbish", lambda s: import_table(s, "w.xlsx", text="say", case="id"), BadInput, "w.xlsx"),
    ("old workbook", "w.xls", b"\xd0\xcf\x11\xe0", lambda s: import_table(s, "w.xls", text="say", case="id"), BadInput, ".xlsx"),
    ("wrong facet", "b.csv", b"code,facet\nA,pian\n", lambda s: import_codebook(s, "b.csv"), BadInput, "row 2"),
    ("valence", "b.csv", b"code,facet,valence\nA,emotion,7\n", lambda s: import_codebook(s, "b.csv"), BadInput, "row 2"),
    ("no parent", "b.csv", b"code,parent\nA,B\n", lambda s: import_codebook(s, "b.csv"), BadInput, "row 2: no parent 'B'"),
    ("circle", "b.csv", b"code,parent\nA,B\nB,A\n", lambda s: import_codebook(s, "b.csv"), BadInput, "parents of each other"),
    ("no code column", "b.csv", b"name\nA\n", lambda s: import_codebook(s, "b.csv"), NoSuchName, "'code'"),
    ("half bad codebook", "b.csv", BOOK + b"X,nonsense\n", lambda s: import_codebook(s, "b.csv"), BadInput, "row 3"),
    ("unknown source", "c.csv", b"source,quote,code\nP1,dock,Relief\n", lambda s: import_codings(s, "c.csv"), BadInput, "did you mean 'P01'"),
    ("unknown code", "c.csv", b"source,quote,code\nP01,full,Releif\n", lambda s: import_codings(s, "c.csv"), BadInput, "did you mean 'Relief'"),
    ("quote changed", "c.csv", b"source,quote,code\nP01,dock was fall,Relief\n", lambda s: import_codings(s, "c.csv"), BadInput, "c.csv"),
    ("quote twice", "c.csv", b"source,quote,code\nP01,dock,Relief\n", lambda s: import_codings(s, "c.csv"), BadInput, "occurs 2 times"),
    ("one row of two", "c.csv", b"source,quote,code\nP01,full,Relief\nP01,moon,Relief\n", lambda s: import_codings(s, "c.csv"), BadInput, "row 3"),
    ("span outside", None, b"", lambda s: code(s, "Relief", source="P01", start=5, end=999), BadSpan, "P01"),
    ("empty span", None, b"", lambda s: code(s, "Relief", source="P01", start=5, end=5), BadSpan, "P01"),
    ("quote disagrees", None, b"", lambda s: code(s, "Relief", source="P01", start=0, end=4, quote="dock"), QuoteNotFound, "P01"),
    ("quote absent", None, b"", lambda s: code(s, "Relief", source="P01", quote="the moon"), QuoteNotFound, "P01"),
    ("no such code", None, b"", lambda s: code(s, "Releif", source="P01", quote="full"), NoSuchCode, "did you mean 'Relief'"),
    ("no such coding", None, b"", lambda s: uncode(s, 999), PersonabenchError, "999"),
    ("no such speaker", None, b"", lambda s: set_speaker(s, "P01", speaker="Ana", case="P1"), NoSuchName, "did you mean 'Anna'"),
    ("no such role", None, b"", lambda s: set_speaker(s, "P01", speaker="Anna", role="guest"), BadInput, "participant"),
    ("no such source", None, b"", lambda s: remove_source(s, "P1"), NoSuchSource, "did you mean 'P01'"),
    ("empty correction", None, b"", lambda s: correct_text(s, "P01", text=" "), BadInput, "remove_source"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "data", "verb", "error", "words"), [row[1:] for row in ERRORS], ids=[row[0] for row in ERRORS])
def test_a_bad_input_is_one_named_error(place, name, data, verb, error, words):
    if name:
        (place / name).write_bytes(data)
    before = dump(place / "study.db"), bytes_of(place / "study.db")
    with Study(place / "study.db", coder="MB") as study:
        with pytest.raises(error) as raised:
            verb(study)
        assert dump(place / "study.db") == before[0]
    said = str(raised.value)
    assert words in said and "Cure:" in said and (name is None or name in said)
    assert bytes_of(place / "study.db") == before[1]


# -- Study files ----------------------------------------------------------------------------------------------------------------
def spoil_version(path):
    with sqlite3.connect(path) as db:
        db.execute("UPDATE meta SET value = '999' WHERE key = 'schema_version'")
    db.close()


def spoil_middle(path):
    data = bytearray(path.read_bytes())
    data[4096:12288] = b"\xa5" * 8192
    path.write_bytes(data)


def spoil_foreign(path):
    path.unlink()
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE holiday (day)")
    db.close()


STUDIES = [
    ("missing", lambda p: p.unlink(), NoStudy, "create=True"),
    ("text", lambda p: p.write_text("Anna: hi"), NotAStudy, "not a SQLite database"),
    ("empty", lambda p: p.write_bytes(b""), NotAStudy, "study.db"),
    ("other program", spoil_foreign, NotAStudy, "another program"),
    ("newer", spoil_version, NewerStudy, "upgrade"),
    ("damaged", spoil_middle, DamagedStudy, "backup"),
    ("cut", lambda p: p.write_bytes(p.read_bytes()[:6000]), DamagedStudy, "backup"),
]


@pytest.mark.parametrize(("spoil", "error", "words"), [row[1:] for row in STUDIES], ids=[row[0] for row in STUDIES])
def test_a_file_that_is_no_study_is_one_named_error_and_stays_as_it_is(place, spoil, error, words):
    path = place / "study.db"
    spoil(path)
    before = path.read_bytes() if path.exists() else None
    with pytest.raises(error) as raised:
        Study(path, coder="MB")
    assert "study.db" in str(raised.value) and words in str(raised.value) and "Cure:" in str(raised.value)
    assert (path.read_bytes() if path.exists() else None) == before
    assert not list(place.glob("study.db-*"))


def test_there_are_at_least_thirty():
    assert len(ROWS) + len(ERRORS) + len(STUDIES) >= 60


def test_a_name_that_is_taken_is_refused_by_the_store_too(place):
    with Study(place / "study.db", coder="MB") as study, pytest.raises(AlreadyThere), study.step("x", "x") as step:
        store.add_source(step, "P01", text="Anna: hi")
