"""Publishing: what is published is whole, never changes, and knows what it rests on."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pandas as pd
import pytest

from personabench import store
from personabench.consent import withdraw
from personabench.importers import correct_text
from personabench.persona_files import write_personas
from personabench.personas import draft_personas
from personabench.publishing import _sealed, list_versions, publish, read_version, redact, verify
from personabench.schema import AlreadyThere, BadInput, NoSuchCase, NoSuchName
from personabench.study import Study
from personabench.versions import compare


@pytest.fixture
def study() -> Study:
    study = Study(":memory:", coder="MB", create=True)
    with study.step("import", "two people") as step:
        (dock,) = store.add_codes(step, [{"name": "Empty dock", "facet": "pain", "definition": "Came for a bike and found none."}])
        for case, words in {"P01": "Came down and the dock was empty", "P02": "No bike there again"}.items():
            source_id = store.add_source(step, case, text=words, turns=[{"speaker": case, "start": 0, "end": len(words)}],
                speakers={case: (case, "participant")}, date="2026-05-04")
            store.add_codings(step, [{"source_id": source_id, "code_id": dock, "start": 0, "end": len(words)}])
    with study.step("segment", "riders") as step:
        members = pd.DataFrame({"case": ["P01", "P02", *(f"R{i}" for i in range(8))], "segment": ["A", "B"] * 5, "weight": 1.})
        store.add_segmentation(step, name="2026-05", members=members, k=2, verdict="not measured", parameters={})
    return study


@pytest.fixture
def kept(study: Study, tmp_path: Path) -> Path:
    write_personas(draft_personas(study, "2026-05", today="2026-06-01"), tmp_path / "personas")
    file = tmp_path / "personas" / "2026-05-a.yaml"
    file.write_text("# read by the board\n" + file.read_text())
    publish(study, tmp_path / "personas", folder=tmp_path / "published", version="1.0", today="2026-06-02", note="first")
    return tmp_path / "published"


def test_a_version_is_the_files_byte_for_byte_and_reads_back(study: Study, kept: Path):
    assert (kept / "1.0" / "2026-05-a.yaml").read_bytes() == (kept.parent / "personas" / "2026-05-a.yaml").read_bytes()
    v = read_version(kept)
    assert v.version == "1.0" and v.personas == draft_personas(study, "2026-05", today="2026-06-01") and v.manifest["note"] == "first" and v.manifest["format"] == 1
    assert v.manifest["personas"][0]["evidence"]["sources"] == {"P01": study.sources.set_index("name").at["P01", "sha256"]}
    assert "Came down" not in (kept / "1.0" / "manifest.json").read_text(), "words of a participant in a manifest"
    assert compare(v, kept / "1.0").changes.empty and compare(v, v.personas).old == "1.0"


def test_no_version_is_ever_replaced_and_nothing_half_stays(study: Study, kept: Path, monkeypatch: pytest.MonkeyPatch):
    before = {p: p.read_bytes() for p in kept.rglob("*") if p.is_file()}
    with pytest.raises(AlreadyThere, match="choose another version="): publish(study, kept.parent / "personas", folder=kept, version="1.0")
    import personabench.publishing as room

    monkeypatch.setattr(room.os, "fsync", lambda handle: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"): publish(study, kept.parent / "personas", folder=kept, version="1.1")
    assert {p: p.read_bytes() for p in kept.rglob("*") if p.is_file()} == before and len(list(kept.iterdir())) == 1


def test_a_notebook_shows_what_a_version_holds(kept: Path):
    v = read_version(kept)
    shown = v._repr_html_()
    for said in ("Version 1.0, published 2026-06-02: ", "check found", "first", "2026-05-a", v.personas[0].name): assert said in shown, said
    assert str(kept) not in shown and shown.count("<tr") == 1 + len(v.personas)


def test_errors_of_the_check_stop_it_unless_allowed(study: Study, kept: Path):
    wrong = [p.model_copy(update={"interviewed": 7}) for p in read_version(kept).personas]
    with pytest.raises(BadInput, match=r"2 errors found by check: size-right.*allow_errors=True"): publish(study, wrong, folder=kept, version="2.0")
    v = publish(study, wrong, folder=kept, version="2.0", allow_errors=True, today="2026-06-03")
    assert len(v.manifest["allowed"]) == 2 and v.manifest["findings"]["error"] == 2
    assert list_versions(kept)[["version", "errors", "whole"]].values.tolist() == [["1.0", 0, True], ["2.0", 2, True]] and read_version(kept).version == "2.0"


def test_a_manifest_keeps_what_was_allowed_but_no_message(study: Study, kept: Path):
    personas = read_version(kept).personas
    with study.step("withdraw", "P01") as step: store.add_case(step, "P01", withdrawn="2026-07-01")
    v = publish(study, personas, folder=kept, version="2.0", allow_errors=True, today="2026-07-03")
    assert "withdrawn-evidence: 2026-05-a pain-empty-dock" in v.manifest["allowed"]
    assert all(line.count(":") <= 1 for line in v.manifest["allowed"]) and "Came down" not in (kept / "2.0" / "manifest.json").read_text()


def test_a_team_s_own_rules_hold_for_publishing_too(study: Study, kept: Path, monkeypatch: pytest.MonkeyPatch):
    folder, toml = kept.parent / "personas", kept.parent / "personas" / "personabench.toml"
    monkeypatch.chdir(kept)
    toml.write_text('[check]\nreview-due = "error"\n')
    with pytest.raises(BadInput, match="2 errors found by check: review-due"): publish(study, folder, folder=kept, version="2.0", today="2036-06-01")
    publish(study, folder, folder=kept, version="2.0", today="2036-06-01", config={"review-due": "note"})
    file = folder / "2026-05-a.yaml"
    file.write_text(file.read_text().replace("interviewed: 1", "interviewed: 7"))
    with pytest.raises(BadInput, match="1 error found by check: size-right"): publish(study, folder, folder=kept, version="3.0", today="2026-06-03")
    toml.write_text('[check]\nsize-right = "note"\n')
    assert publish(study, folder, folder=kept, version="3.0", today="2026-06-03").manifest["allowed"] == []
    with pytest.raises(BadInput, match="1 error found by check: size-right"): publish(study, read_version(kept, "3.0").personas, folder=kept, version="4.0",
        today="2026-06-03")
    with pytest.raises(BadInput, match="no rule 'sise'"): publish(study, folder, folder=kept, version="4.0", config={"sise": "off"})


def test_verify_names_what_has_changed_since(study: Study, kept: Path):
    assert verify(study, kept).empty
    correct_text(study, "P01", text="Came down and the docks were empty")
    with study.step("remove", "P02") as step: store.remove_segmentation(step, "2026-05") if hasattr(store,
            "remove_segmentation") else store.add_case(step, "P02", withdrawn="2026-07-01")
    found = verify(study, kept, version="1.0")
    assert ("2026-05-a", "sources", "P01", "changed") in set(found[["persona", "kind", "name", "change"]].itertuples(index=False, name=None))
    assert found["message"].str.contains("has changed since").any()
    other = Study(":memory:", coder="MB", create=True)
    assert set(verify(other, kept)["change"]) == {"gone"}


def differences(study: Study, kept: Path) -> set[tuple[str, str, str, str]]:
    return set(verify(study, kept)[["persona", "kind", "name", "change"]].itertuples(index=False, name=None))


def test_evidence_that_is_no_longer_coded_and_codes_that_mean_something_else_are_noticed(study: Study, kept: Path):
    (_, second), (dock,) = study.codings["coding_id"], study.codes["code_id"]
    with study.step("code", "more in A") as step:
        source = store.add_source(step, "more", text="An empty dock", turns=[{"speaker": "P01", "start": 0, "end": 13}], speakers={"P01": ("P01", "participant")})
        store.add_codings(step, [{"source_id": source, "code_id": int(dock), "start": 0, "end": 13}])
    assert differences(study, kept) == {("2026-05-a", "claims", "pain-empty-dock", "changed")}  # nothing of B
    with study.step("uncode", "B") as step: step.update("codings", [int(second)], {"removed": 1})
    assert ("2026-05-b", "claims", "pain-empty-dock", "gone") in differences(study, kept)
    with study.step("change", "the meaning") as step: step.update("codes", [int(dock)], {"definition": "A full dock."})
    assert {(p, "codes", "Empty dock", "changed") for p in ("2026-05-a", "2026-05-b")} <= differences(study, kept)
    assert verify(study, kept)["message"].str.contains("what is coded behind the claim 'pain-empty-dock'").sum() == 2


def test_people_who_move_to_another_segment_are_noticed(study: Study, kept: Path):
    with study.connection() as conn: ids = {row.case: row.member_id for row in conn.execute(store.tables.tables["members"].select())}
    with study.step("move", "P02") as step: step.update("members", [ids["P02"]], {"segment": "A"})
    assert {("2026-05-a", "segmentations", "2026-05", "changed"), ("2026-05-a", "interviews", "read", "changed"), ("2026-05-a", "claims", "pain-empty-dock",
        "changed")} <= differences(study, kept)


@pytest.mark.parametrize("side", ["against", "unlike"])
def test_what_speaks_against_is_ground_too(study: Study, kept: Path, side: str):
    first, other = read_version(kept).personas
    turned = first.claim_list[0].model_copy(update={side: other.claim_list[0].evidence})
    v = publish(study, [first.model_copy(update={"claim_list": [turned]})], folder=kept, version="2.0", today="2026-06-09", allow_errors=True)
    assert set(v.manifest["personas"][0]["evidence"]["sources"]) == {"P01", "P02"}
    correct_text(study, "P02", text="No bike there ever again")
    assert ("2026-05-a", "sources", "P02", "changed") in differences(study, kept)


def test_an_edited_manifest_is_not_read(study: Study, kept: Path):
    from personabench.publishing import _sealed

    path = kept / "1.0" / "manifest.json"
    was = json.loads(path.read_text())
    for change in ({"published": "2020-01-01"}, {"note": None}, {"allowed": ["size-right: 2026-05-a"]}, {"findings": {"error": 9}}, {"more": 1}):
        path.write_text(json.dumps(was | change))
        with pytest.raises(BadInput, match="manifest.json was changed"): read_version(kept, "1.0")
    persona = {**was["personas"][0], "evidence": {"sources": {}, "surveys": {}, "segmentations": {}}}
    edited = {k: v for k, v in was.items() if k != "manifest_sha256"} | {"personas": [persona, *was["personas"][1:]]}
    path.write_text(json.dumps(edited | {"manifest_sha256": _sealed(edited)}))
    with pytest.raises(BadInput, match="the evidence of 2026-05-a was changed"): read_version(kept, "1.0")
    path.write_text(json.dumps(was))  # other white space is no change
    assert read_version(kept, "1.0").manifest == was


@pytest.mark.parametrize("damage, said", [
    (lambda f: (f / "manifest.json").write_text("{"), "damaged manifest"),
    (lambda f: (f / "manifest.json").write_text("[]"), "damaged manifest"),
    (lambda f: (f / "manifest.json").write_text('{"format": 1}'), "is missing"),
    (lambda f: (f / "manifest.json").write_text((f / "manifest.json").read_text().replace('"format": 1', '"format": 2')), "format 2.*wrote it"),
    (lambda f: (f / "2026-05-a.yaml").write_text("id: x\nname: x\n"), "2026-05-a.yaml was changed"),
    (lambda f: (f / "2026-05-a.yaml").unlink(), "2026-05-a.yaml is missing"),
    (lambda f: (f / "more.yaml").write_text("id: x\nname: x\n"), "more.yaml was added"),
    (lambda f: (f / "manifest.json").write_text(json.dumps({**json.loads((f / "manifest.json").read_text()), "personas": [{"id": "x",
        "file": "../x", "sha256": "", "evidence": {"sources": {}}}]})),
     "../x is missing"),
])
def test_damage_is_named_and_other_versions_can_still_be_read(study: Study, kept: Path, damage, said: str):
    publish(study, kept.parent / "personas", folder=kept, version="1.1", today="2026-06-09")
    damage(kept / "1.0")
    with pytest.raises(BadInput, match=said) as error: read_version(kept, "1.0")
    assert error.value.cure
    table = list_versions(kept).set_index("version")
    assert not table.at["1.0", "whole"] and table.at["1.0", "why"] and table.at["1.1", "whole"] and read_version(kept, "1.1").version == "1.1"


@pytest.mark.parametrize("name, text", [("manifest.json", "{"), ("2026-05-a.yaml", "id: x\nname: x\n")])
def test_a_damaged_version_beside_it_does_not_keep_verify_from_the_newest(study: Study, kept: Path, name: str, text: str):
    publish(study, kept.parent / "personas", folder=kept, version="1.1", today="2026-06-09")
    (kept / "1.0" / name).write_text(text)
    correct_text(study, "P02", text="No bike there once more")
    found = verify(study, kept)
    damaged = found[found["kind"].eq("version")]
    assert damaged[["version", "persona", "name", "change"]].to_numpy().tolist() == [["1.0", "", "1.0", "changed"]]
    assert ("damaged manifest" if name == "manifest.json" else f"{name} was changed") in damaged["message"].item()
    assert {("1.1", "sources", "P02", "changed")} <= set(found[["version", "kind", "name", "change"]].itertuples(index=False, name=None))
    (kept / "1.1" / name).write_text(text)
    with pytest.raises(BadInput): verify(study, kept)


def test_words_of_who_is_quoted_nowhere_can_be_taken_out_as_withdraw_says(study: Study, tmp_path: Path):
    words, folder = "Came down and the dock was empty", tmp_path / "published"
    silent = [p.model_copy(update={"claim_list": [], "linked": [], "notes": f"Somebody said: {words}, and left."}) for p in draft_personas(study, today="2026-06-01")]
    publish(study, silent, folder=folder, version="1", allow_errors=True, today="2026-06-02")
    told = withdraw(study, case="P01", personas=folder).set_index("what").at["version", "note"]
    assert "redact(folder, case='P01', said=[" in told
    with pytest.raises(NoSuchCase, match=r"or pass said=\[\.\.\.\]"): redact(folder, case="P01")
    done = redact(folder, case="P01", said=words, date="2026-07-01")
    assert set(done["file"]) == {f"{p.id}.yaml" for p in silent} and not done["quotes"].any() and not done["left"].any()
    version = read_version(folder)
    assert all("dock was empty" not in (folder / "1" / f"{p.id}.yaml").read_text() and p.notes.startswith("Somebody said: ▒") for p in version.personas)
    assert version.manifest["redactions"][-1]["case"] == "P01" and verify(study, folder).query("kind == 'redactions' or kind == 'people'").empty
    assert redact(folder, case="P01").empty, "the version knows them by now"


def test_bad_names_and_folders(study: Study, kept: Path, tmp_path: Path):
    for name in ("", "../x", "a b", ".hidden"):
        with pytest.raises(BadInput, match="letters, digits"): publish(study, kept.parent / "personas", folder=kept, version=name)
    with pytest.raises(NoSuchName, match="did you mean '1.0'"): read_version(kept, "1.00")
    with pytest.raises(BadInput, match="no such folder"): list_versions(tmp_path / "none")
    (tmp_path / "empty").mkdir()
    assert list_versions(tmp_path / "empty").empty
    with pytest.raises(BadInput, match="no manifest.json"): read_version(tmp_path / "empty")
    with pytest.raises(BadInput, match="no personas"): publish(study, [], folder=kept, version="3")


def test_the_words_of_who_withdrew_are_taken_out_on_record_and_nothing_else_may_change(study: Study, kept: Path):
    said, file, manifest = "Came down and the dock was empty", kept / "1.0" / "2026-05-a.yaml", kept / "1.0" / "manifest.json"
    told = withdraw(study, case="P01", personas=kept).set_index("what")
    assert told.at["version", "place"] == "1.0" and "redact(folder, case='P01')" in told.at["version", "note"]
    assert verify(study, kept).query("kind == 'people'")[["name", "change"]].to_numpy().tolist() == [["P01", "withdrawn"]]
    before = read_version(kept)
    with pytest.raises(NoSuchCase, match="'p01' in no version.*did you mean 'P01'"): redact(kept, case="p01")
    with pytest.raises(NoSuchCase, match="'P09' in no version"): redact(kept, case="P09")
    assert said in file.read_text()
    done = redact(kept, case="P01", date="2026-07-01")
    assert done[["version", "file"]].to_numpy().tolist() == [["1.0", "2026-05-a.yaml"]] and done["quotes"].item() >= 1
    text = file.read_text()
    assert said not in text and "dock was empty" not in text and text.startswith("# read by the board\n") and "▒" in text
    after = read_version(kept)
    record = after.manifest["redactions"][-1]
    assert (record["date"], record["case"], list(record["files"])) == ("2026-07-01", "P01", ["2026-05-a.yaml"]) and "redacted 2026-07-01" in repr(after)
    assert record["before"] == before.manifest["manifest_sha256"] and said not in manifest.read_text()
    assert verify(study, kept).query("kind == 'people'").empty and list_versions(kept)["whole"].all()
    assert [c.model_copy(update={"evidence": []}) for c in after.personas[0].claim_list] == [c.model_copy(update={"evidence": []}) for c in before.personas[0].claim_list]
    assert redact(kept, case="P01").empty and sorted(p.name for p in kept.iterdir()) == ["1.0"]
    file.write_text(text.replace("▒", "x", 1))
    with pytest.raises(BadInput, match="2026-05-a.yaml was changed"): read_version(kept)
    file.write_text(text)
    forged = json.loads(manifest.read_text())
    forged["redactions"][-1]["case"] = "P02"  # sealed again, but it does not lead back to what was published
    forged["redactions"][-1]["files"] = {}
    forged["manifest_sha256"] = _sealed({k: v for k, v in forged.items() if k != "manifest_sha256"})
    manifest.write_text(json.dumps(forged))
    with pytest.raises(BadInput, match="the record of what was redacted"): read_version(kept)


def test_words_of_who_withdrew_are_told_in_older_versions_too(study: Study, kept: Path):
    folder = kept.parent / "personas"
    silent = [p.model_copy(update={"claim_list": [c.model_copy(update={"evidence": [e for e in c.evidence if e.case != "P01"]}) for c in p.claim_list]})
              for p in read_version(kept).personas]
    publish(study, silent, folder=kept, version="1.1", today="2026-06-03", allow_errors=True)
    withdraw(study, case="P01")
    told = verify(study, kept).query("kind == 'people'")
    assert told[["version", "name", "change"]].to_numpy().tolist() == [["1.0", "P01", "withdrawn"]] and str(kept / "1.0") in told["message"].item()
    assert verify(study, kept, version="1.1").query("kind == 'people'").empty, "of one version that is asked for"
    redact(kept, case="P01")
    assert folder.exists() and verify(study, kept).query("kind == 'people'").empty


def test_a_remark_that_repeats_the_words_is_redacted_too(study: Study, kept: Path):
    folder = kept.parent / "personas"
    file = folder / "2026-05-a.yaml"
    file.write_text("# they said: Came down and the dock was empty\n" + file.read_text())
    publish(study, folder, folder=kept, version="1.1", today="2026-06-03")
    assert redact(kept, case="P01")["version"].tolist() == ["1.0", "1.1"]
    assert (kept / "1.1" / file.name).read_text().startswith("# they said: ▒") and read_version(kept, "1.1").personas


@pytest.mark.parametrize("stop", [OSError("disk full"), KeyboardInterrupt()])
@pytest.mark.parametrize("moved", [False, True])
def test_a_redaction_that_cannot_be_written_leaves_the_version(study: Study, kept: Path, monkeypatch: pytest.MonkeyPatch, stop: BaseException, moved: bool):
    import personabench.publishing as room

    before, rename = {p: p.read_bytes() for p in kept.rglob("*") if p.is_file()}, room.os.rename
    def stopped(a: Path, b: Path) -> None:
        "Stop before the new folder takes its place, or right after the old one left it."
        last = Path(b).name == "was" if moved else Path(a).name == "new"
        if moved or not last: rename(a, b)
        if last: raise stop
    monkeypatch.setattr(room.os, "rename", stopped)
    with pytest.raises(type(stop)): redact(kept, case="P01")
    assert {p: p.read_bytes() for p in kept.rglob("*") if p.is_file()} == before


def with_text(study: Study, kept: Path, old: str, new: str) -> Path:
    "Publish the file of the first persona with a text in it replaced, as version 1.1; return where it was published."
    file = kept.parent / "personas" / "2026-05-a.yaml"
    assert file.read_text().count(old) == 1
    file.write_text(file.read_text().replace(old, new))
    publish(study, file.parent, folder=kept, version="1.1", today="2026-06-03", allow_errors=True)
    return kept / "1.1" / file.name


@pytest.mark.parametrize("notes", [
    "notes: |\n  One said: Came\n  down and the dock was\n    empty. Think of it.\n",
    'notes: "One said: Came\\n  down and\n  the dock was empty. So."\n',
    "notes: >-\n  One said: Came down\n  and the dock was empty.\n",
    "notes: Came down and the dock was empty  # board came down and\n# the dock was empty too\n"])
def test_a_version_can_be_read_after_words_over_several_lines_are_filled(study: Study, kept: Path, notes: str):
    drafted = kept.parent / "personas" / "2026-05-a.yaml"
    lines = drafted.read_text().splitlines(keepends=True)
    at = lines.index("notes: |-\n")
    file = with_text(study, kept, "".join(lines[at:at + 2]), notes)
    redact(kept, case="P01")
    after = str(read_version(kept, "1.1").personas[0].notes)
    assert "▒" in after and not {"came", "down", "dock", "empty"} & set(after.casefold().replace(".", "").split())
    assert "down" not in file.read_text() and "dock was" not in file.read_text() and list_versions(kept)["whole"].all()
    assert ("# board ▒" in file.read_text() and file.read_text().count("\n# ") == 1) == ("#" in notes)


def test_a_file_that_cannot_be_changed_in_place_is_written_anew(study: Study, kept: Path):
    write_personas([p.model_copy(update={"notes": "SAID"}) for p in read_version(kept).personas], kept.parent / "personas", overwrite=True)
    file = kept.parent / "personas" / "2026-05-a.yaml"
    file.write_text(file.read_text().replace("|-\n          Came down and the dock was empty", "*words"))
    file = with_text(study, kept, "|-\n  SAID", "&words Came down and the dock was empty")
    assert redact(kept, case="P01")["version"].tolist() == ["1.0", "1.1"]
    assert "Came down" not in file.read_text() and read_version(kept, "1.1").personas[0].claim_list[0].strength == "anecdote"


def test_ids_that_become_the_same_when_words_are_filled_stay_apart(study: Study, kept: Path):
    v = read_version(kept)
    (claim,) = v.personas[0].claim_list
    twins = [claim.model_copy(update={"id": f"came-down-and-the-dock-{verb}-empty"}) for verb in ("was", "WAS")]
    publish(study, [v.personas[0].model_copy(update={"claim_list": twins})], folder=kept, version="1.1", allow_errors=True, today="2026-06-03")
    redact(kept, case="P01")
    ids = [c.id for c in read_version(kept, "1.1").personas[0].claim_list]
    assert len(set(ids)) == 2 and "down" not in "".join(ids)


def test_what_could_not_be_read_takes_no_version_s_place(study: Study, kept: Path, monkeypatch: pytest.MonkeyPatch):
    import personabench.publishing as room

    monkeypatch.setattr(room, "_silent_file", lambda path, case, runs: b"id: [")
    with pytest.raises(BadInput): redact(kept, case="P01")
    assert read_version(kept).personas and [p.name for p in kept.iterdir()] == ["1.0"]


def test_words_that_one_version_quotes_are_filled_in_all_and_none_is_changed_when_one_cannot_be(study: Study, kept: Path, monkeypatch: pytest.MonkeyPatch):
    first, other = read_version(kept).personas
    told = first.model_copy(update={"notes": "One said: came down and the dock was empty.", "claim_list": []})
    publish(study, [told, other], folder=kept, version="0.9", allow_errors=True, today="2026-06-03")  # comes first, and quotes nobody of A
    import personabench.publishing as room

    silent = room._silent_file
    with monkeypatch.context() as broken:
        broken.setattr(room, "_silent_file", lambda path, case, runs: silent(path if "0.9" in str(path) else path / "none", case, runs))
        with pytest.raises(BadInput): redact(kept, case="P01")
        assert read_version(kept, "0.9").personas[0].notes == told.notes
    assert redact(kept, case="P01").drop(columns="left").to_numpy().tolist() == [["0.9", "2026-05-a.yaml", 0], ["1.0", "2026-05-a.yaml", 1]]
    assert str(read_version(kept, "0.9").personas[0].notes).startswith("One said: ▒") and "dock" not in (kept / "0.9" / "2026-05-a.yaml").read_text()


def test_what_speaks_against_a_claim_since_is_told(study: Study, kept: Path):
    with study.step("code", "a word for the contrary") as step:
        (bike,) = store.add_codes(step, [{"name": "Always a bike", "facet": "gain", "definition": "The opposite of Empty dock."}])
    assert verify(study, kept).empty
    with study.step("code", "against") as step:
        source = study.sources.set_index("name").at["P01", "source_id"]
        store.add_codings(step, [{"source_id": int(source), "code_id": bike, "start": 0, "end": 4}])
    found = verify(study, kept)
    assert found[["persona", "kind", "name", "change"]].to_numpy().tolist() == [["2026-05-a", "against", "pain-empty-dock", "new"]]
    assert found["message"].item() == "what speaks against the claim 'pain-empty-dock' was not in the study then"


def test_a_version_from_before_contrary_passages_were_kept_is_not_said_to_differ_by_them(study: Study, kept: Path):
    with study.step("code", "against") as step:
        (bike,) = store.add_codes(step, [{"name": "Always a bike", "facet": "gain", "definition": "The opposite of Empty dock."}])
        store.add_codings(step, [{"source_id": int(study.sources.set_index("name").at["P01", "source_id"]), "code_id": bike, "start": 0, "end": 4}])
    path = kept / "1.0" / "manifest.json"
    told = {k: v for k, v in json.loads(path.read_text()).items() if k != "manifest_sha256"}
    for p in told["personas"]:
        del p["evidence"]["against"]
        p["evidence_sha256"] = _sealed(p["evidence"])
    path.write_text(json.dumps(told | {"manifest_sha256": _sealed(told)}))
    assert verify(study, kept).empty


def test_shorter_repeats_are_left_to_decide_and_named(study: Study, kept: Path):
    with study.step("rename", "in vivo") as step: step.update("codes", [int(study.codes["code_id"].item())], {"name": "the dock was empty"})
    a, b = draft_personas(study, "2026-05", today="2026-06-01")
    file = kept.parent / "personas" / "2026-05-a.yaml"
    write_personas([a, b.model_copy(update={"notes": "They came down."})], file.parent, overwrite=True)
    file.write_text("# the dock was\n" + file.read_text())
    publish(study, file.parent, folder=kept, version="1.1", today="2026-06-03", allow_errors=True, note="came down and the dock was empty")
    left = {(r.version, r.file): set(r.left.split("; ")) for r in redact(kept, case="P01").itertuples()}
    assert left[("1.0", "2026-05-a.yaml")] == {""} and ("1.0", "manifest.json") not in left and ("1.0", "2026-05-b.yaml") not in left
    assert left[("1.1", "2026-05-a.yaml")] >= {"the dock was empty", "the dock was"}
    assert {words.rstrip(".") for words in left["1.1", "2026-05-b.yaml"]} == {"the dock was empty"}
    assert left[("1.1", "manifest.json")] == {"the dock was empty", "came down and the dock was empty"}
    assert "the dock was empty" in (kept / "1.1" / file.name).read_text() and redact(kept, case="P01").empty
    (claim,) = a.claim_list
    brief = claim.model_copy(update={"evidence": [e.model_copy(update={"quote": "Came down here"}) for e in claim.evidence]})
    short = [a.model_copy(update={"claim_list": [brief], "notes": "They came down here at dawn."})]
    publish(study, short, folder=kept / "more", version="1", today="2026-06-03", allow_errors=True)
    assert redact(kept / "more", case="P01")["left"].tolist() == ["They came down here at dawn."]


def forge(version: Path, old: str, new: str, case: str) -> None:
    "Change a text in the first persona's file and seal the version as if that were a redaction."
    file, manifest = version / "2026-05-a.yaml", version / "manifest.json"
    told = json.loads(manifest.read_text())
    entry = next(p for p in told["personas"] if p["file"] == file.name)
    record = {"date": "2026-07-01", "case": case, "quotes": 1, "files": {file.name: entry["sha256"]}, "before": told.pop("manifest_sha256")}
    assert file.read_text().count(old) == 1
    file.write_text(file.read_text().replace(old, new))
    entry["sha256"] = hashlib.sha256(file.read_bytes()).hexdigest()
    told["redactions"] = [*told.get("redactions", []), record]
    manifest.write_text(json.dumps(told | {"manifest_sha256": _sealed(told)}))


def redactions(study: Study, kept: Path) -> list[list[str]]: return verify(study, kept).query("kind == 'redactions'")[["persona", "name", "change"]].to_numpy().tolist()


def test_a_redaction_of_somebody_who_did_not_withdraw_is_told(study: Study, kept: Path):
    redact(kept, case="P01", date="2026-07-01")
    assert redactions(study, kept) == [["", "P01", "not withdrawn"]]
    withdraw(study, case="P01")
    assert redactions(study, kept) == []
    forge(kept / "1.0", "name: Avery", "name: Avery", "P99")
    assert redactions(study, kept) == [["", "P99", "not withdrawn"]]


@pytest.mark.parametrize("old, new", [("Empty dock.\n", "Loves docks.\n"), ("name: Avery", "name: Bo"),
    ("    people: 1\n", "    people: 3\n"), ("strength: anecdote\n    saturation", "saturation"), ("      Empty dock.\n", "      None.\n")])
def test_a_file_sealed_as_redacted_in_which_more_than_words_was_changed_is_told(study: Study, kept: Path, old: str, new: str):
    withdraw(study, case="P01")
    forge(kept / "1.0", old, new, "P01")
    assert redactions(study, kept) == ([["2026-05-a", "2026-05-a.yaml", "changed"]] if "strength" not in old else [])  # it is computed
    redact(kept, case="P01")
    assert len(redactions(study, kept)) == ("strength" not in old), "a true redaction afterwards changes nothing of that"
