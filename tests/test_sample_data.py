"""The fictional study holds what its README promises, and real data sets are fetched only when asked, and only whole."""

from __future__ import annotations

import functools
import hashlib
import http.server
import json
import subprocess
import sys
import threading
from pathlib import Path

import pandas as pd
import pytest

import personabench as pb
from personabench import sample_data

DATA = Path(__file__).resolve().parent.parent / "data"


@pytest.fixture(scope="module")
def study():
    with pb.Study(":memory:", coder="MB") as study:
        pb.import_sample(study)
        yield study


def test_the_generator_makes_the_same_files_again_and_finds_every_quote():
    done = subprocess.run([sys.executable, DATA / "generator" / "make_sample.py", "--check"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_folder_is_small_and_says_that_it_is_fictional():
    assert sum(p.stat().st_size for p in DATA.rglob("*") if p.is_file()) < 2_000_000
    assert "fictional" in (DATA / "README.md").read_text(encoding="utf-8")
    for path in DATA.rglob("*"):
        if path.is_file() and "__pycache__" not in path.parts and path.name != "README.md":
            assert path.name in (DATA / "README.md").read_text(encoding="utf-8") or path.parent.name == "interviews", path.name


def test_twelve_or_more_interviews_of_a_thousand_words_in_mixed_formats(study):
    assert len(study.sources) >= 12 and study.sources["words"].between(1000, 2000).all()
    assert {p.suffix for p in pb.sample_files("interviews/*")} == {".txt", ".md", ".docx", ".vtt", ".srt"}


def test_every_row_of_codings_arrives_as_an_exact_quote_of_a_participant(study):
    rows = pd.read_csv(DATA / "codings.csv")
    got = study.codings
    assert sorted(zip(rows["source"], rows["quote"], rows["code"], rows["coder"])) == sorted(zip(got["source"], got["quote"], got["code"], got["coder"]))
    assert got["role"].eq("participant").all() and got["case"].notna().all()
    assert got.groupby("coder")["source"].nunique().to_dict() == {"JK": 4, "MB": 14}


def test_two_people_of_one_interview_are_two_cases(study):
    assert set(study.rows("turns", source="G12")["case"].dropna()) == {"P12", "P15"}


def test_the_withdrawn_participant_is_marked(study):
    gone = study.cases[study.cases["withdrawn"].notna()]
    assert gone["case"].tolist() == ["P14"]


def test_every_planted_trap_is_written_down():
    traps = json.loads((DATA / "truth.json").read_text(encoding="utf-8"))["traps"]
    assert len(traps) >= 14


def test_the_truth_is_not_among_the_sample_files():
    names = {p.name for p in pb.sample_files("**/*")}
    assert "truth.json" not in names and "codebook.csv" in names


def test_an_unknown_file_suggests_the_nearest():
    with pytest.raises(pb.NoSuchName, match=r"codebook\.csv"): pb.sample_file("codebok.csv")


def test_the_register_pins_a_commit_and_a_hash_of_each_file():
    listed = pb.samples()
    assert listed["sha256"].str.fullmatch(r"[0-9a-f]{64}").all() and listed["url"].str.contains(r"/[0-9a-f]{40}/").all()
    assert listed["licence"].eq("CC0-1.0").all() and not listed.duplicated(["sample", "file"]).any()


@pytest.fixture
def shelf(tmp_path, monkeypatch):
    "A web server on loopback with one file, and a register that points to it."
    folder = tmp_path / "served"
    folder.mkdir()
    (folder / "answers.csv").write_bytes(b"respondent,answer\nR1,yes\n")
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(folder))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}/answers.csv"
    row = {"sample": "tiny", "file": "answers.csv", "about": "", "bytes": 25, "licence": "CC0-1.0", "url": url,
           "sha256": hashlib.sha256((folder / "answers.csv").read_bytes()).hexdigest()}
    monkeypatch.setattr(sample_data, "samples", lambda: pd.DataFrame([row]))
    yield folder, server
    server.shutdown()
    server.server_close()


def test_a_download_is_kept_and_checked(shelf, tmp_path):
    _, server = shelf
    [path] = pb.download_sample("tiny", folder=tmp_path / "kept", progress=False)
    assert path.read_bytes() == b"respondent,answer\nR1,yes\n"
    server.shutdown()
    server.server_close()  # kept: the network is not needed a second time
    assert pb.download_sample("tiny", folder=tmp_path / "kept", progress=False) == [path]


def test_a_file_that_changed_at_its_origin_is_refused(shelf, tmp_path):
    folder, _ = shelf
    (folder / "answers.csv").write_bytes(b"respondent,answer\nR1,no\n")
    with pytest.raises(pb.PersonabenchError, match="not the one that was registered"): pb.download_sample("tiny", folder=tmp_path / "kept", progress=False)
    assert not (tmp_path / "kept" / "answers.csv").exists()


def test_without_a_network_the_error_says_what_to_do(shelf, tmp_path):
    _, server = shelf
    server.shutdown()
    server.server_close()
    with pytest.raises(pb.PersonabenchError, match="fetch it elsewhere"): pb.download_sample("tiny", folder=tmp_path / "kept", progress=False)
