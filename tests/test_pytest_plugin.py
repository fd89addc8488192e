"""The pytest plugin: one test per persona and rule, a failure that says the cure, and no effect on anybody who does not ask for it."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from personabench.findings import CHECK_RULES
from personabench.claims import Claim, Persona
from personabench.persona_files import write_personas
from personabench.study import Study

pytest_plugins = ["pytester"]
REGISTERED = any(e.value == "personabench.pytest_plugin" for e in entry_points(group="pytest11"))
LOADED = [] if REGISTERED else ["-p", "personabench.pytest_plugin"]


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    "A folder with a study, one persona that holds and one that does not."
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).resolve().parent.parent))
    Study(pytester.path / "study.db", coder="MB", create=True).close()
    claim = Claim(id="cargo", text="Would pay for cargo bikes", facet="attitude")
    write_personas([Persona(id="ash", name="Ash", claims=[claim]), Persona(id="blair", name="Blair", claims=[claim])], pytester.path / "personas")
    file = pytester.path / "personas" / "blair.yaml"
    file.write_text(file.read_text().replace("strength: assumption", "strength: supported"))
    return pytester


def run(project: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    return project.runpytest_subprocess("-p", "no:cacheprovider", *LOADED, *arguments)


def test_one_test_per_persona_and_rule_and_a_failure_with_its_cure(project: pytest.Pytester):
    done = run(project, "--personas", "personas", "--study", "study.db")
    done.assert_outcomes(passed=2 * len(CHECK_RULES) - 1, failed=1)
    text = done.stdout.str()
    line = 1 + next(i for i, words in enumerate((project.path / "personas" / "blair.yaml").read_text().splitlines()) if "strength: supported" in words)
    assert f"blair.yaml:{line}: error: cargo: the file says 'supported'" in text and "cure: write strength: assumption" in text
    assert "personas: personas against study.db" in text and "blair: strength-right" in text and done.ret == 1


def test_they_stand_beside_a_projects_own_tests_and_can_be_chosen(project: pytest.Pytester):
    project.makepyfile(test_own="def test_own(): pass")
    run(project, "--personas", "personas", "-k", "test_own or strength-right").assert_outcomes(passed=2, failed=1, deselected=2 * len(CHECK_RULES) - 2)


def test_without_the_option_nothing_is_added_and_nothing_is_loaded(project: pytest.Pytester):
    project.makepyfile(test_own="import sys\ndef test_own(): assert not {'pandas', 'sqlalchemy', 'personabench.checks'} & set(sys.modules)")
    done = run(project)
    done.assert_outcomes(passed=1)
    assert "personas:" not in done.stdout.str()


def test_settings_are_found_beside_the_personas(project: pytest.Pytester):
    (project.path / "personabench.toml").write_text('[check]\nstrength-right = "warning"\n')
    run(project, "--personas", "personas").assert_outcomes(passed=2 * len(CHECK_RULES))
    (project.path / "strict.toml").write_text('[check]\nassumption = "error"\n')
    run(project, "--personas", "personas", "--personas-config", "strict.toml", "-k", "assumption").assert_outcomes(failed=2, deselected=2 * len(CHECK_RULES) - 2)


def test_the_password_of_an_address_is_not_in_the_header_and_an_empty_one_is_told(project: pytest.Pytester):
    done = run(project, "--personas", "personas", "--study", "postgresql+psycopg://me:secret@localhost:5999/x?password=secret")
    text = done.stdout.str() + done.stderr.str()
    assert "personas: personas against localhost:5999/x" in text and "secret" not in text and done.ret != 0
    done = run(project, "--personas", "personas", "--study", "")
    assert done.ret == pytest.ExitCode.USAGE_ERROR and "--study is empty" in done.stderr.str()


@pytest.mark.parametrize(("arguments", "said"), [(["--personas", "nowhere"], "no such folder"), (["--personas", "personas", "--study", "none.db"], "no such file"),
                                                 (["--personas", "personas", "--personas-config", "none.toml"], "cannot be read")])
def test_what_is_not_there_is_told_without_a_traceback(project: pytest.Pytester, arguments: list[str], said: str):
    done = run(project, *arguments)
    text = done.stdout.str() + done.stderr.str()
    assert done.ret == pytest.ExitCode.USAGE_ERROR and said in text and "Traceback" not in text and "Cure: " in text


def test_a_file_that_cannot_be_read_fails_its_test_and_no_other(project: pytest.Pytester):
    (project.path / "personas" / "broken.yaml").write_text("id: [")
    done = run(project, "--personas", "personas", "-k", "unreadable")
    done.assert_outcomes(passed=2, failed=1, deselected=3 * len(CHECK_RULES) - 3)
    assert "broken.yaml:1: error" in done.stdout.str()


def test_pytest_is_not_needed_to_import_it():
    code = "import sys; sys.modules['pytest'] = None; import personabench.pytest_plugin"
    assert subprocess.run([sys.executable, "-c", code], check=False, cwd=Path(__file__).resolve().parent.parent).returncode == 0
