"""Findings: a team's rules are read or refused by their line, and the table of findings is the same for people, scripts, build servers and code review."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pandas as pd
import pytest

from personabench.findings import CHECK_COLUMNS, CHECK_RULES, CHECK_THRESHOLDS, _configured, format_findings, has_errors
from personabench.schema import BadInput


# -- What a team decides --------------------------------------------------------------------------------------------------------
def test_the_nearest_file_decides_and_what_it_does_not_say_is_the_default(tmp_path: Path):
    personas = tmp_path / "personas"
    personas.mkdir()
    assert _configured(None, personas).levels == {rule: level for rule, (level, _) in CHECK_RULES.items()}
    (tmp_path / "personabench.toml").write_text('[check]\nstale = "off"\n[check.thresholds]\nk = 10\n[report]\ntitle = "not ours"\n')
    set_beside = _configured(None, personas)
    assert set_beside.levels["stale"] == "off" and set_beside.levels["nobody"] == "error"
    assert set_beside.limits == {name: float(default) for name, (default, _) in CHECK_THRESHOLDS.items()} | {"k": 10.}
    (personas / "personabench.toml").write_text('[check]\nstale = "error"\n')
    assert _configured(None, personas).levels["stale"] == "error" and _configured({"stale": "note"}, personas).levels["stale"] == "note"


@pytest.mark.parametrize(("text", "said"), [
    ('[check]\nquote-verbatum = "off"', "line 2: no rule 'quote-verbatum'.*did you mean 'quote-verbatim'"), ('[check]\n\nstale = "eror"',
        "line 3: stale = 'eror'.*did you mean 'error'"),
    ("[check.thresholds]\nkk = 3", "line 2: no threshold 'kk'"), ("[check.thresholds]\nk = 'many'", "line 2: k = 'many'.*default is 5"),
        ("[check]\nstale = off", "not valid TOML"),
    ("check = 3", "'check' is no table")])
def test_a_bad_configuration_is_told(tmp_path: Path, text: str, said: str):
    (tmp_path / "personabench.toml").write_text(text)
    with pytest.raises(BadInput, match=said): _configured(None, tmp_path / "personas")
    with pytest.raises(BadInput, match="cannot be read"): _configured(tmp_path / "no.toml", tmp_path / "personas")


# -- For machines ---------------------------------------------------------------------------------------------------------------
@pytest.fixture
def found(tmp_path: Path) -> pd.DataFrame:
    "Of two personas: an error and two warnings of one, with characters that XML keeps for itself, a note of the other."
    a, b = (str(tmp_path / "personas" / f"2026-05-{name}.yaml") for name in "ab")
    return pd.DataFrame([
        ("quote-verbatim", "error", "2026-05-a", "pain-<dock>&", "the quote P01 23-41 is not what the source reads there", "restore the exact words", a, 31),
        ("review-due", "warning", "2026-05-a", "", "its review was due on 2026-05-01", "look at new evidence", a, 7),
        ("stale", "warning", "2026-05-a", "pain-<dock>&", "the newest evidence is of 2020", "ask again", a, 24),
        ("assumption", "note", "2026-05-b", "attitude-cargo", "no evidence for 'Would pay'", "link quotes", b, 12)], columns=list(CHECK_COLUMNS))


def test_json_is_the_table(found: pd.DataFrame):
    assert pd.DataFrame(json.loads(format_findings(found, "json"))).equals(found)
    assert json.loads(format_findings(found.iloc[:0], "json")) == [] and format_findings(found.iloc[:0]) == "no findings"


def test_junit_counts_failures(found: pd.DataFrame):
    root = ET.fromstring(format_findings(found, "junit"))
    failures = root.findall(".//failure")
    assert root.get("failures") == str(len(failures)) == "1" and failures[0].get("type") == "quote-verbatim"
    assert {suite.get("name") for suite in root} == {"2026-05-a", "2026-05-b"}
    assert "<dock>" in failures[0].text and "2026-05-a.yaml:" in failures[0].text and "Cure: " in failures[0].text
    assert int(root.get("tests")) == len(root.findall(".//testcase")) and len(root.findall(".//system-out")) >= 2
    assert ET.fromstring(format_findings(found.iloc[:0], "junit")).get("failures") == "0"


def test_sarif_is_what_the_standard_asks(found: pd.DataFrame):
    "The parts of SARIF 2.1.0 that are required, or that code review tools read."
    log = json.loads(format_findings(found, "sarif"))
    assert log["version"] == "2.1.0" and log["$schema"].endswith("sarif-schema-2.1.0.json") and len(log["runs"]) == 1
    run = log["runs"][0]
    driver = run["tool"]["driver"]
    assert driver["name"] and len({r["id"] for r in driver["rules"]}) == len(CHECK_RULES)
    for result in run["results"]:
        assert driver["rules"][result["ruleIndex"]]["id"] == result["ruleId"] and result["level"] in ("none", "note", "warning", "error") and result["message"]["text"]
        assert len(result["locations"]) == 1
        for place in result["locations"]:
            assert place["physicalLocation"]["region"]["startLine"] >= 1 and place["physicalLocation"]["artifactLocation"]["uri"].startswith("file:///")
    assert run["results"][0]["ruleId"] == "quote-verbatim" and len(run["results"]) == len(found)


def test_sarif_names_files_from_where_it_runs(found: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    for findings in (found, found.assign(file="personas/2026-05-a.yaml")):
        results = json.loads(format_findings(findings, "sarif"))["runs"][0]["results"]
        assert results[0]["locations"][0]["physicalLocation"]["artifactLocation"] == {"uri": "personas/2026-05-a.yaml", "uriBaseId": "SRCROOT"}
    with pytest.raises(BadInput, match="did you mean 'sarif'"):
        format_findings(pd.DataFrame(columns=list(CHECK_COLUMNS)), "sarif2")


@pytest.mark.parametrize(("text", "line"), [('[chek]\nassumption = "error"\n', 1), ('# ours\nassumption = "error"\n', 2), ('[check]\n\n[thresholds]\nk = 9\n', 3),
                                            ('[checks.thresholds]\nk = 9\n', 1)])
def test_what_stands_outside_of_its_section_does_not_pass_silently(tmp_path: Path, text: str, line: int):
    (tmp_path / "personabench.toml").write_text(text)
    with pytest.raises(BadInput, match=rf"personabench.toml, line {line}.*outside of \[check\]"): _configured(None, tmp_path / "personas")


def test_every_result_of_sarif_has_a_place(found: pd.DataFrame, tmp_path: Path):
    "GitHub's code scanning refuses a whole file for one result without a location."
    def uris(findings: pd.DataFrame) -> list[str]:
        results = json.loads(format_findings(findings, "sarif"))["runs"][0]["results"]
        assert all(r["locations"][0]["physicalLocation"]["region"]["startLine"] >= 1 for r in results)
        return [r["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for r in results]

    nowhere = found.iloc[:2].assign(file="", line=0)
    assert uris(pd.concat([nowhere, found.iloc[:1]])) == [(tmp_path / "personas" / "2026-05-a.yaml").as_uri()] * 3
    assert uris(nowhere) == ["personabench.toml"] * 2 and uris(nowhere.iloc[:0]) == []


def test_only_an_error_fails_a_build(found: pd.DataFrame):
    assert has_errors(found) and not has_errors(found.iloc[1:]) and not has_errors(found.iloc[:0])


def test_the_table_for_people_says_where_what_and_the_cure(found: pd.DataFrame):
    lines = format_findings(found).splitlines()
    assert lines[0] == f"error: {found['file'][0]}:31 (pain-<dock>&) quote-verbatim" and lines[2] == "    cure: restore the exact words"
    assert lines[-1] == "1 error, 2 warnings, 1 note" and format_findings(found.iloc[1:2].assign(file="")).startswith("warning: 2026-05-a review-due")
