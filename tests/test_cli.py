"""The command line as a person meets it: what it prints, how it ends, what it leaves behind."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import urllib.request

import pytest
from programs import program

import personabench as pb
from personabench.cli import app, main, prepare_lab


def run(*arguments: str, cwd=None) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, "-c", "import sys; from personabench.cli import main; sys.exit(main())", *arguments], cwd=cwd, capture_output=True,
                          text=True, encoding="utf-8", env={**os.environ, "PYTHONIOENCODING": "utf-8"})


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo")
    done = run("demo", "--out", str(folder / "demo"))
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == "", "a log file keeps no steps of a progress bar"
    return folder / "demo", done.stdout


def test_the_demo_leaves_a_study_personas_and_a_report(demo):
    folder, said = demo
    assert sorted(p.name for p in folder.iterdir()) == ["personas", "report", "study.db"]
    assert str(folder / "report" / "index.html") in said and "segments" in said
    assert len(list((folder / "personas").glob("*.yaml"))) >= 3
    with pb.Study(folder / "study.db") as study: assert len(study.sources) > 14 and len(study.codings) > 800


def test_the_demo_finds_no_error_in_its_own_personas(demo):
    folder, said = demo
    assert "error" not in said
    done = run("check", "--study", str(folder / "study.db"), "--personas", str(folder / "personas"))
    assert done.returncode == 0, done.stdout


def test_a_demo_is_not_overwritten_unasked(demo):
    folder, _ = demo
    before = (folder / "report" / "index.html").stat().st_mtime_ns
    done = run("demo", "--out", str(folder))
    assert done.returncode == 2 and "--force" in done.stderr and f"open {folder / 'report' / 'index.html'}" in done.stderr and "Traceback" not in done.stderr
    assert (folder / "report" / "index.html").stat().st_mtime_ns == before
    assert [p.name for p in folder.parent.iterdir()] == ["demo"]  # no work folder is left


def test_check_fails_a_build_when_a_quote_was_changed(demo, tmp_path):
    folder, _ = demo
    personas = tmp_path / "personas"
    personas.mkdir()
    source = sorted((folder / "personas").glob("*.yaml"))[0]
    lines = source.read_text(encoding="utf-8").splitlines(keepends=True)
    at = next(i for i, line in enumerate(lines) if "quote: |-" in line) + 1
    lines[at] = lines[at].rstrip("\n") + " indeed\n"
    (personas / source.name).write_text("".join(lines), encoding="utf-8")
    done = run("check", "--study", str(folder / "study.db"), "--personas", str(personas), "--format", "json")
    assert done.returncode == 1
    assert any(f["level"] == "error" and "quote" in f["rule"] for f in json.loads(done.stdout))


def test_check_reads_the_study_without_writing(demo):
    folder, _ = demo
    before = (folder / "study.db").read_bytes()
    run("check", "--study", str(folder / "study.db"), "--personas", str(folder / "personas"))
    assert (folder / "study.db").read_bytes() == before


def test_a_study_from_nothing(tmp_path):
    assert run("new", "bikes", "--coder", "MB", cwd=tmp_path).returncode == 0
    assert {"study.db", "interviews", "personas"} <= {p.name for p in (tmp_path / "bikes").iterdir()}
    again = run("new", "bikes", cwd=tmp_path)
    assert again.returncode == 2 and "there is a study" in again.stderr
    (tmp_path / "bikes" / "interviews" / "P01.txt").write_text("Mara: How was it?\nAnna: The dock was full.\nMara: And then?\nAnna: I walked.\n")
    done = run("import", "bikes/interviews/*.txt", "--study", "bikes/study.db", cwd=tmp_path)
    assert done.returncode == 0 and "imported" in done.stdout
    (tmp_path / "people.csv").write_text("case,age\nP01,41\n")
    assert run("import", "people.csv", "--as", "table", "--case", "case", "-s", "bikes/study.db", cwd=tmp_path).returncode == 0
    (tmp_path / "codes.csv").write_text("code,facet\nDock full,pain\n")
    assert run("import", "codes.csv", "--as", "codebook", "-s", "bikes/study.db", cwd=tmp_path).returncode == 0
    (tmp_path / "codings.csv").write_text("source,quote,code\nP01,The dock was full.,Dock full\n")
    assert run("import", "codings.csv", "--as", "codings", "-s", "bikes/study.db", cwd=tmp_path).returncode == 0
    (tmp_path / "wave.csv").write_text("id,rides,w\n" + "".join(f"R{i},{i % 7},1\n" for i in range(30)))
    done = run("import", "wave.csv", "--as", "survey", "--id", "id", "--weights", "w", "--wave", "1", "-s", "bikes/study.db", cwd=tmp_path)
    assert done.returncode == 0 and "30" in done.stdout
    with pb.Study(tmp_path / "bikes" / "study.db") as study:
        assert study.codings["quote"].tolist() == ["The dock was full."] and study.cases["age"].tolist() == [41] and len(study.surveys) == 1
    done = run("report", "--study", "bikes/study.db", "--personas", "bikes/personas", "--out", "out", cwd=tmp_path)
    page = tmp_path / "out" / "index.html"
    assert done.returncode == 0 and page.is_file() and f"Wrote {page}" in done.stdout and "in place of" not in done.stdout
    report = ("report", "--study", "bikes/study.db", "--personas", "bikes/personas", "--out", "out")
    assert f"Wrote {page}, in place of the one that was there" in run(*report, cwd=tmp_path).stdout
    page.write_text("our own page")
    done = run(*report, cwd=tmp_path)
    assert done.returncode == 2 and "--force" in done.stderr and page.read_text() == "our own page"
    assert run(*report, "--force", cwd=tmp_path).returncode == 0 and page.read_text() != "our own page"


def test_a_table_is_as_wide_as_the_terminal_and_says_each_thing_once(tmp_path, monkeypatch, capsys):
    run("new", "s", cwd=tmp_path)
    (tmp_path / "a folder with a long name").mkdir()
    for i in range(1, 26): (tmp_path / "a folder with a long name" / f"P{i:02}.txt").write_text(f"Mara: How was it {i}?\n\nAnna{i}: The dock was full.\n")
    bring = ["import", str(tmp_path / "a folder with a long name"), "--study", str(tmp_path / "s" / "study.db")]
    monkeypatch.setenv("COLUMNS", "70")
    assert main(bring) == 0
    lines = capsys.readouterr().out.splitlines()
    table, (more, told) = lines[:-2], lines[-2:]
    assert max(map(len, table)) <= 70 and "NaN" not in "".join(lines) and "P20.txt" in "".join(table).replace(" ", "") and "P21.txt" not in "".join(table)
    assert more == "… and 5 more (all 25: 25 imported); --format json gives every row"
    assert told.startswith("P01 and 24 more: Mara speaks in most files") and "set_speaker(study, 'P01'" in told
    assert main([*bring, "--format", "json"]) == 0
    assert [row["status"] for row in json.loads(capsys.readouterr().out)] == ["already there"] * 25
    assert main([*bring, "--format", "zap"]) == 2


def test_interviews_are_dated_on_the_command_line(tmp_path):
    run("new", "s", cwd=tmp_path)
    (tmp_path / "P01.txt").write_text("Mara: How was it?\n\nAnna: The dock was full.\n")
    odd = run("import", "P01.txt", "--date", "2.5.2026", "-s", "s/study.db", cwd=tmp_path)
    assert odd.returncode == 2 and "2026-05-02" in odd.stderr
    assert run("import", "P01.txt", "--date", "2026-05-02", "-s", "s/study.db", cwd=tmp_path).returncode == 0
    with pb.Study(tmp_path / "s" / "study.db") as study: assert study.sources["date"].tolist() == ["2026-05-02"]
    assert "--as interviews or table" in run("import", "P01.txt", "--as", "codings", "--date", "2026-05-02", "-s", "s/study.db", cwd=tmp_path).stderr


def test_a_survey_with_words_for_no_answer_becomes_numbers(tmp_path):
    run("new", "s", cwd=tmp_path)
    rows = "".join(f"R{i},{fee},{'no, never' if i % 9 == 0 else i % 5},{i % 3 + 1}\n".replace("no, never", '"no, never"')
                   for i, fee in enumerate([*(f"{k / 4}" for k in range(40)), "n/a", "n/a", "-99", "refused"]))
    (tmp_path / "wave.csv").write_text(f"id,fee,visits,area\n{rows}")
    bare = run("import", "wave.csv", "--as", "survey", "-s", "s/study.db", cwd=tmp_path)
    assert bare.returncode == 0 and "pass --missing n/a,refused" in bare.stderr, "what was read as words is told, and what to type"
    done = run("import", "wave.csv", "--as", "survey", "-s", "s/study.db", "--name", "again", "--wave", "2", "--missing", 'n/a,-99,"no, never"', "--missing", "refused",
               "--level", "fee=numeric", "--level", "area=nominal", cwd=tmp_path)
    assert done.returncode == 0 and "again" in done.stdout, done.stderr
    with pb.Study(tmp_path / "s" / "study.db") as study: survey = pb.stored_survey(study, "again")
    assert [survey.level(v) for v in ("fee", "visits", "area")] == ["numeric", "ordinal", "nominal"]
    assert survey.data["fee"].isna().sum() == 4 and survey.data["fee"].max() == 9.75 and survey.data["visits"].isna().sum() == 5


def test_a_code_that_was_left_in_is_told_with_the_option_to_type(tmp_path):
    run("new", "s", cwd=tmp_path)
    (tmp_path / "wave.csv").write_text("id,fee\n" + "".join(f"R{i},{-99 if i % 9 == 0 else i / 4}\n" for i in range(40)))
    done = run("import", "wave.csv", "--as", "survey", "-s", "s/study.db", cwd=tmp_path)
    assert done.returncode == 0 and "fee: -99 (5 times) looks like a code for no answer: pass --missing -99" in done.stderr
    twice = run("import", "wave.csv", "--as", "survey", "-s", "s/study.db", "--missing", "-99", cwd=tmp_path)
    assert twice.returncode == 2 and "--name" in twice.stderr
    again = run("import", "wave.csv", "--as", "survey", "-s", "s/study.db", "--name", "right", "--missing", "-99", cwd=tmp_path)
    assert again.returncode == 0 and "looks like a code" not in again.stderr and "'right' holds 40 respondents of survey 'wave'" in again.stderr


def test_a_wrong_path_has_a_cure_that_can_be_typed(tmp_path):
    assert run("new", "bikes", cwd=tmp_path).returncode == 0
    done = run("import", "x.txt", "--study", "bikes/studi.db", cwd=tmp_path)
    assert "create=True" not in done.stderr and "personabench new FOLDER" in done.stderr and "did you mean 'study.db'" in done.stderr
    for folder in ("bikes/interviews", "bikes/interviews/*"):
        done = run("import", folder, "--study", "bikes/study.db", cwd=tmp_path)
        assert done.returncode == 2 and "put files into the folder" in done.stderr and "which holds none" in done.stderr
    (tmp_path / "notes").write_text("mine")
    for command in ("new", "lab"):
        for name in ("notes", "notes/bikes"):
            done = run(command, name, cwd=tmp_path)
            assert done.returncode == 2 and "a file has this name" in done.stderr and "should not happen" not in done.stderr
    assert (tmp_path / "notes").read_text() == "mine"


@pytest.mark.parametrize(("options", "says"), [
    (["--as", "survey", "--level", "fee"], "--level fee=numeric"), (["--as", "survey", "--level", "fee=numerical"], "did you mean 'numeric'"),
    (["--as", "survey", "--level", "fees=numeric"], "did you mean 'fee'"), (["--missing", "n/a"], "add --as survey"),
    (["--as", "table", "--level", "fee=text"], "add --as survey")])
def test_survey_options_that_do_not_fit_are_told(options, says, tmp_path):
    run("new", "s", cwd=tmp_path)
    (tmp_path / "wave.csv").write_text("id,fee\n" + "".join(f"R{i},{i}\n" for i in range(30)))
    done = run("import", "wave.csv", "-s", "s/study.db", *options, cwd=tmp_path)
    assert done.returncode == 2 and says in done.stderr and "Traceback" not in done.stderr


def test_a_file_that_fails_is_told_and_the_exit_code_says_so(tmp_path):
    run("new", "s", cwd=tmp_path)
    (tmp_path / "good.txt").write_text("Anna: Hello there, I am Anna.\n")
    (tmp_path / "bad.docx").write_bytes(b"PK\x03\x04 cut short")
    done = run("import", "good.txt", "bad.docx", "--study", "s/study.db", cwd=tmp_path)
    assert done.returncode == 1 and "imported" in done.stdout and "failed" in done.stdout


@pytest.mark.parametrize("arguments", [["check", "--study", "nowhere.db"], ["report", "--study", "nowhere.db"], ["import", "x.txt", "--study", "nowhere.db"]])
def test_a_missing_study_is_a_sentence_not_a_traceback(arguments, tmp_path):
    done = run(*arguments, cwd=tmp_path)
    assert done.returncode == 2 and "nowhere.db" in done.stderr and "Cure:" in done.stderr and "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", ["check", "report", "withdraw", "import", "compare"])
def test_a_study_may_be_a_database_address_and_its_password_is_shown_nowhere(command, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    pb.Study(tmp_path / "a b.db", coder="MB", create=True).close()
    pb.write_personas([pb.Persona(id="ash", name="Ash")], tmp_path / "personas")
    (tmp_path / "p.txt").write_text("P: I ride.", "utf-8")
    words = {"import": ["p.txt"], "compare": ["personas", "personas"], "withdraw": ["p", "--yes"]}.get(command, [])
    if command == "withdraw": assert main(["import", "p.txt", "--study", f"sqlite:///{tmp_path / 'a b.db'}"]) == 0
    assert main([command, *words, "--study", f"sqlite:///{tmp_path / 'a b.db'}"]) == 0
    opened = []

    def no_server(address, **_):
        opened.append(address)
        raise RuntimeError(f"no server at {address}")

    monkeypatch.setattr("personabench.study.Study", no_server)
    address = "postgresql+psycopg://me:sec/r@t@localhost:5999/x"
    capsys.readouterr()
    assert main([command, *words, "--study", address]) == 2 and opened == [address]
    told = "".join(capsys.readouterr())
    assert "r@t" not in told and "sec/" not in told and "postgresql+psycopg://me:***@localhost:5999/x" in told
    assert main([command, *words, "--study", ""]) == 2 and "--study: nothing" in capsys.readouterr().err and opened == [address]


def test_a_withdrawal_says_that_what_was_made_before_has_the_words_still(tmp_path, capsys):
    with pb.Study(tmp_path / "s.db", coder="MB", create=True) as study:
        with study.step("case", "P07") as step: pb.store.add_case(step, "P07")
    assert main(["withdraw", "P07", "--study", str(tmp_path / "s.db"), "--yes"]) == 0
    told = capsys.readouterr().out.splitlines()[-1]
    assert told == "Reports, cards and exports made before may still hold what P07 said: make them anew, and mend the persona files that quote them."


def test_what_is_to_be_confirmed_shows_no_password(tmp_path, monkeypatch, capsys):
    (tmp_path / "P1.txt").write_text("P: I ride.", "utf-8")
    study = pb.Study(":memory:")
    pb.import_files(study, tmp_path / "P1.txt")
    monkeypatch.setattr("personabench.cli._open", lambda *_: study)
    monkeypatch.setattr("typer.confirm", lambda text, **_: (_ for _ in ()).throw(RuntimeError(text)))
    assert main(["withdraw", "P1", "--study", "postgresql+psycopg://me:secret@localhost:5999/x"]) == 2
    told = capsys.readouterr().err
    assert "me:***@localhost" in told and "secret" not in told


@pytest.mark.parametrize("command", ["new", "lab"])
def test_an_empty_folder_name_does_not_fill_the_current_folder(command, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("personabench.cli.prepare_lab", lambda *_, **__: pytest.fail("the current folder would be filled"))
    assert main([command, ""]) == 2 and "an empty name" in capsys.readouterr().err


@pytest.mark.parametrize(("command", "call"), [(["new"], "pathlib.Path.mkdir"), (["demo", "--out"], "pathlib.Path.mkdir"),
                                               (["demo", "--out"], "tempfile.TemporaryDirectory")])
def test_a_folder_that_cannot_be_made_is_no_surprise(command, call, tmp_path, monkeypatch, capsys):
    def refused(*_, **__): raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(call, refused)
    assert main([*command, str(tmp_path / "x")]) == 2
    told = capsys.readouterr().err
    assert f"{tmp_path / 'x'}: the folder cannot be made (Permission denied)" in told and "Cure:" in told and "should not happen" not in told


def test_a_port_that_no_machine_has_is_refused_before_anything_is_made(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("personabench.cli.prepare_lab", lambda *_, **__: pytest.fail("JupyterLab would be started"))
    assert main(["lab", str(tmp_path / "lab"), "--no-browser", "--port", "99999"]) == 2
    assert "--port" in (told := capsys.readouterr().err) and "65535" in told and not list(tmp_path.iterdir())


def test_a_study_that_is_none_has_a_cure_for_the_command_line(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty.txt").touch()
    (tmp_path / "words.txt").write_text("P: I ride, and this is no database of anybody's.\n" * 4, "utf-8")
    for study, found in (("empty.txt", "the file is empty"), ("words.txt", "not a SQLite database"), ("nope/study.db", "the folder nope does not exist")):
        assert main(["import", "words.txt", "--study", study]) == 2
        told = capsys.readouterr().err
        assert f"{study}: {found}" in told and "personabench new FOLDER" in told and "create=True" not in told and "make the folder" not in told


def test_nobody_is_asked_to_blank_a_case_that_is_not_there(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    pb.Study("study.db", coder="MB", create=True).close()
    (tmp_path / "P07.txt").write_text("P: I ride.", "utf-8")
    assert main(["import", "P07.txt"]) == 0
    asked: list[str] = []
    monkeypatch.setattr("typer.confirm", lambda text, **_: asked.append(text))  # answers no
    assert main(["withdraw", "P70"]) == 2 and "did you mean 'P07'?" in capsys.readouterr().err and not asked
    assert main(["withdraw", "P07"]) == 130 and "Nothing was changed" in capsys.readouterr().err and len(asked) == 1
    with pb.Study("study.db") as study: assert study.sources["words"].tolist() == [3]  # "P" is one


def test_a_study_given_for_personas_is_told_to_be_one(tmp_path, capsys):
    pb.Study(tmp_path / "study.db", coder="MB", create=True).close()
    pb.write_personas([pb.Persona(id="ash", name="Ash")], tmp_path / "personas")
    assert main(["compare", str(tmp_path / "personas"), str(tmp_path / "study.db")]) == 2
    assert "study.db: a database, such as a study" in (told := capsys.readouterr().err) and "UTF-8" not in told and "the folder of the personas" in told


def test_check_says_what_to_do_with_an_empty_file_and_a_wrong_config(tmp_path, capsys):
    pb.Study(tmp_path / "study.db", coder="MB", create=True).close()
    (tmp_path / "personas").mkdir()
    (tmp_path / "personas" / "ash.yaml").touch()
    check = ["check", "--study", str(tmp_path / "study.db"), "--personas", str(tmp_path / "personas")]
    assert main(check) == 1
    assert "ash.yaml: an empty file" in (told := capsys.readouterr().out) and "cure: delete the file" in told
    assert main([*check, "--config", str(tmp_path / "nope.toml")]) == 2
    assert "nope.toml: the file cannot be read (No such file or directory)" in capsys.readouterr().err


def test_a_table_without_case_is_told_its_columns_and_an_empty_one_that_it_is_empty(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    pb.Study("study.db", coder="MB", create=True).close()
    (tmp_path / "empty.csv").touch()
    (tmp_path / "said.csv").write_text("who,comment\nP1,The dock was full.\n", "utf-8")
    table = ["--as", "table", "--text", "comment"]
    assert main(["import", "empty.csv", *table]) == 2
    assert "empty.csv: the file is empty" in (told := capsys.readouterr().err) and "--case" not in told
    assert main(["import", "said.csv", *table]) == 2
    assert "--case" in (told := capsys.readouterr().err) and "'comment', 'who'" in told and "said.csv" in told
    assert main(["import", "said.csv", *table, "--case", "who"]) == 0


def test_check_gets_to_the_study_before_pandas_is_imported():
    code = ("import sys; from personabench.cli import main; main(['check', '--study', 'none.db'])\n"
            "print([name for name in ('pandas', 'scipy', 'sklearn', 'altair', 'pyarrow') if name in sys.modules])")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "no such file" in done.stderr and done.stdout.strip() == "[]"


def test_debug_shows_the_traceback(tmp_path):
    assert "Traceback" in run("--debug", "check", "--study", "nowhere.db", cwd=tmp_path).stderr


def test_unknown_commands_and_options_end_with_2(tmp_path):
    for arguments in (["zap"], ["demo", "--zap"], ["check", "--format", "zap", "--study", "x"]): assert run(*arguments, cwd=tmp_path).returncode == 2


@pytest.mark.parametrize("command", sorted(c.name for c in app.registered_commands))
def test_every_command_has_help(command, capsys):
    assert main([command, "--help"]) == 0
    assert len(capsys.readouterr().out.splitlines()) > 5


def test_the_version_is_the_package_s(capsys):
    assert main(["--version"]) == 0 and capsys.readouterr().out.strip() == f"personabench {pb.__version__}"


def test_a_working_folder_keeps_what_is_there(tmp_path):
    first = prepare_lab(tmp_path / "lab")
    assert first.name == "01_first_study.ipynb"
    linked = re.findall(r"\]\((images/[^)]+)\)", "".join(path.read_text("utf-8") for path in first.parent.glob("*.ipynb")))
    assert linked and all((first.parent / picture).is_file() for picture in linked), "a tutorial without its pictures"
    assert {"study.db*", "interviews/"} <= set((first.parent / ".gitignore").read_text("utf-8").split("\n")), "transcripts would be committed"
    (first.parent / ".gitignore").write_text("")
    first.write_text("mine")
    prepare_lab(tmp_path / "lab")
    assert first.read_text() == "mine" and (first.parent / ".gitignore").read_text() == ""


def test_git_takes_no_study_table_or_report_of_a_working_folder(tmp_path):
    prepare_lab(folder := tmp_path / "lab")
    subprocess.run([program("git"), "init", "-q", "."], cwd=folder, check=True)
    for name in ("checked.db", "personas.db-wal", "survey.csv", "wave2.xlsx", "report/index.html", "interviews/P01.txt", "interviews/P02.md",
                 "P03.txt", "talks/P04.docx", "P05.vtt", "P06.srt", "requirements.txt", "README.md", "personas.sarif", "personas/a.yaml", "personabench.toml"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("x")
    taken = subprocess.run(["git", "add", "-A", "-n"], cwd=folder, capture_output=True, text=True, check=True).stdout
    assert sorted(re.findall("'(.*)'", taken)) == [".gitignore", "README.md", "personabench.toml", "personas/a.yaml", "requirements.txt"]


def test_git_takes_nothing_that_the_writers_of_journeys_write(tmp_path):
    "Maps, slides, pictures, tables and journeys of others' forms hold quotes or few people; pages of one's own are taken."
    prepare_lab(folder := tmp_path / "lab")
    subprocess.run([program("git"), "init", "-q", "."], cwd=folder, check=True)
    said = "The card page hung twice on the tram"
    with pb.Study(folder / "study.db") as study:
        (folder / "interviews" / "P01.txt").write_text(f"Mara: Sign-up?\nAnna: {said} that morning.\n", "utf-8")
        pb.import_files(study, folder / "interviews" / "P01.txt")
        for name, facet in (("Sign-up", "stage"), ("Payment fails", "pain"), ("App", "touchpoint")):
            pb.add_code(study, name, facet=facet)
            pb.code(study, name, source="P01", quote=said)
        riders = pb.journey(study)
        (folder / "handed on").mkdir()
        for place in (folder, folder / "handed on"):
            for ending in ("html", "pdf"): pb.write_map(riders, place / f"map.{ending}", study=study)
            for ending in ("html", "pdf", "png", "svg"): pb.write_chart(pb.chart_quotes(riders), place / f"chart.{ending}")
            for ending in ("xml", "cjml"): pb.write_cjml(riders, place / f"riders.{ending}", study=study)
            pb.write_slides(riders, place / "riders.pptx", study=study)
            pb.write_mermaid(riders, place / "riders.mmd")
            pb.write_lanes(riders, place / "tables", study=study)
        pb.report(study, folder / "report", personas=folder / "personas")
    assert said in (folder / "handed on" / "tables" / "quotes.csv").read_text("utf-8")
    (folder / "docs").mkdir()
    for own in ("README.md", "docs/guide.html", "docs/logo.png"): (folder / own).write_text("mine")
    subprocess.run(["git", "add", "-A"], cwd=folder, check=True)
    staged = subprocess.run(["git", "ls-files", "--cached"], cwd=folder, capture_output=True, text=True, check=True).stdout.split("\n")
    assert staged == [".gitignore", "README.md", "docs/guide.html", "docs/logo.png", ""]


def test_a_report_for_a_folder_that_is_not_there_is_told_before_the_work(tmp_path, capsys):
    assert main(["check", "--study", "none.db", "--output", str(tmp_path / "nope" / "x.sarif")]) == 2
    assert "--output: the folder" in (told := capsys.readouterr().err) and "make the folder first" in told


def test_lab_serves_the_tutorial_on_this_machine_only(tmp_path):
    import socket
    import threading
    import time

    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    env = {**os.environ, "JUPYTER_CONFIG_DIR": str(tmp_path / "cfg"), "JUPYTER_RUNTIME_DIR": str(tmp_path / "rt"), "JUPYTER_ALLOW_ROOT": "1"}
    command = "import sys; from personabench.cli import main; sys.exit(main())"
    server = subprocess.Popen([sys.executable, "-c", command, "lab", str(tmp_path / "lab"), "--no-browser", "--port", str(port)], env=env,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True)
    try:
        found = next(m for line in server.stdout if (m := re.search(r"(http://127\.0\.0\.1:\d+)/\S*token=([0-9a-f]+)", line)))
        threading.Thread(target=server.stdout.read, daemon=True).start()  # or the server stops when its output fills the pipe
        for _ in range(100):
            try: listing = json.load(urllib.request.urlopen(f"{found[1]}/api/contents?token={found[2]}", timeout=20))
            except OSError: time.sleep(.2)
            else: break
        assert {"01_first_study.ipynb", "study.db"} <= {entry["name"] for entry in listing["content"]}
    finally:
        os.killpg(server.pid, 15)
        server.wait(20)


def test_force_replaces_a_demo_and_nothing_else(tmp_path):
    thesis = tmp_path / "thesis"
    thesis.mkdir()
    (thesis / "chapter1.docx").write_text("years of work")
    done = run("demo", "--force", "--out", str(thesis))
    assert done.returncode == 2 and "chapter1.docx" in done.stderr
    assert [p.name for p in thesis.iterdir()] == ["chapter1.docx"]
