"""kill -9 while a study is written to: it opens again, nothing that was acknowledged is lost, nothing is there by half."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from personabench.study import Study

ROOT = Path(__file__).resolve().parent.parent
TURNS = 60
ANSWERS = 3000

# The child says "ready", then one line for each thing that the study has acknowledged, flushed at once.
CHILD = '''
import sys
import pandas as pd
from personabench.coding import code
from personabench.importers import import_files
from personabench.study import Study
from personabench.table_importers import import_codebook, import_table

what, folder, first = sys.argv[1], sys.argv[2], int(sys.argv[3])
say = lambda *words: print(*words, flush=True)
with Study(f"{folder}/study.db", coder="MB", create=True) as study:
    import_codebook(study, pd.DataFrame({"code": ["Full"], "facet": ["pain"]}))
    if what == "code" and "talk" not in set(study.sources["name"]): import_files(study, f"{folder}/talk.txt")
    say("ready")
    if what == "import":
        for i in range(first, 100_000):
            path = f"{folder}/T{i}.txt"
            with open(path, "w") as file:
                file.write("".join(f"Mara: question {i} {n}?\\n\\nAnna: answer {i} {n}.\\n\\n" for n in range(TURNS // 2)))
            assert import_files(study, path, progress=False)["status"].tolist() == ["imported"]
            say(f"T{i}")
    if what == "code":
        for i in range(first, 100_000):
            say(code(study, "Full", source="talk", start=i, end=i + 7))
    if what == "table":
        for i in range(first, 100_000):
            table = pd.DataFrame({"id": [f"R{n}" for n in range(ANSWERS)], "say": [f"answer {i} {n}" for n in range(ANSWERS)]})
            import_table(study, table, text="say", case="id", name=f"W{i}")
            say(f"W{i}")
'''.replace("TURNS", str(TURNS)).replace("ANSWERS", str(ANSWERS))


def run_and_kill(what: str, folder: Path, first: int, done: float) -> list[str]:
    "Start the child, kill it when it has done so many things and the fraction of one more, and return what it acknowledged."
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])}
    child = subprocess.Popen([sys.executable, "-c", CHILD, what, str(folder), str(first)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
    lines: list[str] = []
    times: list[float] = []
    enough = threading.Event()

    def listen() -> None:
        for line in child.stdout:
            lines.append(line)
            times.append(time.monotonic())
            if len(lines) > done: enough.set()
        enough.set()

    listener = threading.Thread(target=listen)
    listener.start()
    assert enough.wait(240), "the child stands still"
    if child.poll() is None and len(times) > 1: time.sleep(done % 1 * (times[-1] - times[0]) / (len(times) - 1))
    assert child.poll() is None, child.stderr.read()
    child.send_signal(signal.SIGKILL)
    child.wait()
    listener.join()
    child.stdout.close()
    child.stderr.close()
    return [line.strip() for line in lines[1:] if line.endswith("\n")]


def sound(path: Path) -> None:
    "The database itself says that it is whole."
    db = sqlite3.connect(path)
    try:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert db.execute("PRAGMA foreign_key_check").fetchall() == []
    finally:
        db.close()


def check_imports(folder: Path, acknowledged: list[str]) -> int:
    "Every acknowledged file is there; every file that is there is there whole."
    sound(folder / "study.db")
    with Study(folder / "study.db", coder="MB") as study:
        names, turns = study.sources["name"].tolist(), study.turns
        assert set(acknowledged) <= set(names) and len(names) - len(acknowledged) <= 1  # the one that was under way
        assert turns.groupby("source_id").size().eq(TURNS).all() and study.sources["turns"].eq(TURNS).all()
        assert len(study.log.query("verb == 'import_files'")) == len(names)
        for name in names[-2:]:
            assert study.text(name) == (folder / f"{name}.txt").read_text()
        return len(names)


def check_codings(folder: Path, acknowledged: list[str]) -> int:
    "Every acknowledged coding is there, with the words of its span, and has its entry in the log."
    sound(folder / "study.db")
    with Study(folder / "study.db", coder="MB") as study:
        codings, text = study.codings, study.text("talk")
        assert {int(line) for line in acknowledged} <= set(codings["coding_id"]) and len(codings) - len(acknowledged) <= 1
        assert all(text[a:b] == quote for a, b, quote in zip(codings["start"], codings["end"], codings["quote"], strict=True))
        assert len(study.log.query("verb == 'code'")) == len(codings)
        return len(codings)


def check_tables(folder: Path, acknowledged: list[str]) -> int:
    "Every table is there with all of its answers or not at all."
    sound(folder / "study.db")
    with Study(folder / "study.db", coder="MB") as study:
        waves = study.sources["name"].str.split().str[0].value_counts()
        assert set(acknowledged) <= set(waves.index) and len(waves) - len(acknowledged) <= 1
        assert waves.eq(ANSWERS).all() and len(study.turns) == waves.sum()
        return len(waves)


CHECKS = {"import": check_imports, "code": check_codings, "table": check_tables}
MOST = {"import": 40, "code": 120, "table": 4}  # things done before a kill


def rounds(what: str, folder: Path, n: int, seed: int = 0) -> tuple[int, int]:
    "Kill the child n times on the same study; return how much was acknowledged and how much is there."
    rng = random.Random(seed)
    (folder / "talk.txt").write_text("Mara: Go on.\n\nAnna: " + "well, the dock was full again. " * 4000 + "\n")
    acknowledged: list[str] = []
    there = 0
    for _ in range(n):
        first = there + 30 if what == "code" else there
        acknowledged += run_and_kill(what, folder, first, rng.uniform(1, MOST[what]))
        was, there = there, CHECKS[what](folder, acknowledged)
        assert there >= was
        if there > len(acknowledged):  # what was stored but not yet said counts as known from now on
            acknowledged = _all(what, folder)
    return len(acknowledged), there


def _all(what: str, folder: Path) -> list[str]:
    with Study(folder / "study.db", coder="MB") as study:
        if what == "code":
            return [str(i) for i in study.codings["coding_id"]]
        return study.sources["name"].str.split().str[0].drop_duplicates().tolist()


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no SIGKILL on this system")
@pytest.mark.parametrize("what", CHECKS)
def test_a_killed_process_loses_nothing_and_leaves_nothing_by_half(tmp_path, what):
    acknowledged, there = rounds(what, tmp_path, 3)
    assert acknowledged > 0 and there >= acknowledged
