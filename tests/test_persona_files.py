"""Persona files: they come back as they were, a program changes only what changed, and nobody loses words."""

from __future__ import annotations

import difflib
import json
import os
import random
import re
import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from personabench import persona_files
from personabench.claims import _SAYS, Claim, Evidence, Persona
from personabench.persona_files import persona_schema, read_personas, update_personas, write_personas
from personabench.personas import draft_personas
from personabench.schema import FACETS, VERDICTS, AlreadyThere, BadInput
from personabench.study import Study
from personabench.versions import compare


# -- Files --------------------------------------------------------------------------------------------------------------------
words = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60)


dates = st.dates().map(lambda d: d.isoformat()) | st.just("2026-05") | st.none()


numbers = st.floats(allow_nan=False, allow_infinity=False, width=64) | st.none()


evidences = st.one_of(
    st.builds(Evidence, kind=st.just("quote"), quote=words.filter(_SAYS.search), source=words, start=st.integers(0, 99), end=st.integers(100, 999),
              case=words, code=words | st.none(), date=dates, note=words | st.none()),
    st.builds(Evidence, kind=st.just("survey"), survey=words, variable=words, value=words | st.integers() | st.booleans() | st.none(), n=st.integers(0, 10 ** 6),
              share=st.floats(0, 1), low=st.floats(0, 1), high=st.floats(0, 1), rest=st.floats(0, 1), effect=numbers, used=st.booleans()),
    st.builds(Evidence, kind=st.just("cited"), cite=words))


claims = st.builds(Claim, id=words, text=words, facet=st.sampled_from(FACETS), codes=st.lists(words, max_size=2), people=st.integers(0, 99), share=numbers,
                   saturation=st.floats(0, 1) | st.just("not measured"), newest=dates, evidence=st.lists(evidences, max_size=3), against=st.lists(evidences, max_size=2))


some_personas = st.builds(Persona, id=st.from_regex(r"[a-z0-9][a-z0-9._-]{0,20}", fullmatch=True), name=words, label=words,
                          verdict=st.sampled_from(VERDICTS), segment=words | st.none(),
                          cases=st.lists(words, min_size=1, max_size=3) | st.none(), share=numbers, created=dates, notes=words | st.none(),
                          data=st.dictionaries(words, words, max_size=2),
                          claim_list=st.lists(claims, max_size=3, unique_by=lambda c: c.id))


@settings(max_examples=300)
@given(some_personas)
def test_yaml_round_trip_is_exact(tmp_path_factory: pytest.TempPathFactory, persona: Persona):
    path = tmp_path_factory.getbasetemp() / "round.yaml"
    text = persona.to_yaml(path)
    read = read_personas(path)[0]
    assert read == persona and read.to_yaml() == text and path.read_text("utf-8") == text


def test_files_are_readable_and_in_a_stable_order(surveyed: Study):
    text = draft_personas(surveyed, today="2026-06-01")[0].to_yaml()
    keys = [line.split(":")[0] for line in text.splitlines() if line[0] not in " -"]
    assert keys == [f.alias or n for n, f in Persona.model_fields.items() if (f.alias or n) in keys]
    assert "quote: |-\n          No bike there\n" in text and "\\u" not in text and "!!" not in text


def test_writing_is_careful(surveyed: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    personas = draft_personas(surveyed)
    paths = write_personas(personas, tmp_path / "new" / "personas")
    assert [p.name for p in paths] == ["2026-05-a.yaml", "2026-05-b.yaml"] and read_personas(tmp_path / "new" / "personas") == personas
    assert write_personas(personas, paths[0].parent) == paths  # the same again is no conflict
    paths[1].write_text(paths[1].read_text().replace("name: ", "name: Dear "))
    with pytest.raises(AlreadyThere, match="overwrite=True"):
        write_personas([personas[0].model_copy(update={"label": "x"}), personas[1]], paths[0].parent)
    assert read_personas(paths[0]) == [personas[0]]  # nothing was written, not even the first
    write_personas(personas, paths[0].parent, overwrite=True)
    assert read_personas(paths[0].parent) == personas
    with pytest.raises(AlreadyThere, match="two personas of that id"):
        write_personas([personas[0], personas[0]], tmp_path / "twice")

    def fail(*_: object) -> None: raise OSError("disk full")
    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(OSError, match="disk full"):
        personas[0].model_copy(update={"label": "x"}).to_yaml(paths[0])
    assert read_personas(paths[0].parent) == personas and len(list(paths[0].parent.iterdir())) == 2


GOOD = """\
id: a
name: A
# a comment of a colleague
claims:
  - id: one
    text: It is so
    facet: need
    evidence:
      - kind: quote
        quote: so
        source: P01
        start: 0
        end: 2
        case: P01
  - id: two
    text: And so
    facet: need
"""


@pytest.mark.parametrize(("old", "new", "line", "said"), [
    ("facet: need\n    evidence", "faset: need\n    evidence", 7, "'facet' is missing|unknown key 'faset'.*did you mean 'facet'"),
    ("    facet: need\n    evidence", "    facet: need\n    colour: red\n    evidence", 8, "unknown key 'colour'"),
    ("quote: so\n", "quote: so\n        qoute: so\n", 11, "unknown key 'qoute'.*did you mean 'quote'"),
    ("        start: 0\n", "", 9, "lacks start"), ("start: 0", "start: zero", 12, "start: .*integer"),
    ("facet: need\n    evidence", "facet: needs\n    evidence", 7, "facet 'needs' is not one of"),
    ("id: two", "id: one", 15, "claim id 'one' a second time"), ("name: A", "name: A\nname: B", 3, "duplicate key"),
    ("text: It is so", "text: It is: so", 6, "not valid YAML"), ("name: A", "\tname: A", 2, "not valid YAML"),
    ("kind: quote", "kind: quotation", 9, "kind: "), ("id: a\n", "", 1, "'id' is missing"), ("id: a\n", "id: Ä b\n", 1, "id: "),
    ("name: A", "name: A\nverdict: sure", 3, "verdict 'sure'"), ("name: A", "name: !!python/name:os.system ''", 2, "not valid YAML")])
def test_bad_files_are_named_with_their_line(tmp_path: Path, old: str, new: str, line: int, said: str):
    (tmp_path / "a.yaml").write_text(GOOD)
    assert len(read_personas(tmp_path)[0].claim_list) == 2
    assert old in GOOD
    (tmp_path / "a.yaml").write_text(GOOD.replace(old, new, 1))
    with pytest.raises(BadInput, match=said) as caught:
        read_personas(tmp_path)
    assert caught.value.place == f"{tmp_path / 'a.yaml'}, line {line}"


def test_bad_folders_and_files(tmp_path: Path):
    with pytest.raises(BadInput, match="no such folder"):
        read_personas(tmp_path / "nowhere")
    with pytest.raises(BadInput, match="no YAML files"):
        read_personas(tmp_path)
    for name, content, said in (("empty", b"", "an empty file"), ("list", b"- a", "a list"), ("latin", "id: \u00e4".encode("latin-1"), "not UTF-8"),
                                ("nul", b"id: a\x00b", "not valid YAML"), ("two", b"id: a\n---\nid: b", "not valid YAML")):
        (tmp_path / f"{name}.yaml").write_bytes(content)
        with pytest.raises(BadInput, match=said):
            read_personas(tmp_path / f"{name}.yaml")
        (tmp_path / f"{name}.yaml").unlink()
    (tmp_path / "a.yaml").write_text(GOOD)
    (tmp_path / "b.yaml").write_text("# a copy\n" + GOOD)
    with pytest.raises(BadInput, match=r"b\.yaml, line 2: the persona id 'a', which a\.yaml has too"):
        read_personas(tmp_path)


def test_hand_written_dates_and_numbers_are_taken_as_meant(tmp_path: Path):
    (tmp_path / "a.yaml").write_text("\ufeffid: a\nname: 7\nsegment: 2\ncreated: 2026-05-14\n", "utf-8")
    read = read_personas(tmp_path)[0]
    assert (read.name, read.segment, read.created) == ("7", "2", "2026-05-14")


# -- Changed in place ---------------------------------------------------------------------------------------------------------
HAND = """\
# yaml-language-server: $schema=persona.schema.json
format: 1
# Everybody calls her Ash.
name:   'Ash'   # not a real person
id: ash
status: "proto-persona"

verdict: not measured   # for now
notes: |-   # from the workshop
  She waits.

  Often.

# --- what we claim ---
claims:
    # asked again in May
    - facet: pain
      id: pain-dock     # full docks
      text: >-
        No place
        at the dock
      codes: [Full dock, 'Empty dock']   # both
      people: 2
      base: 5
      evidence:
        - {kind: quote, quote: "none: there", source: P01, start: 1, end: 12, case: P01}

        # the better one
        - kind: quote
          quote: |
            nothing there
          source: P02
          start: 5
          end: 18
          case: P02
          # read aloud in the workshop

    # a guess
    - id: need-sure
      facet: need
      text: "Needs to be sure"

# the end
"""


def _load(text: str): return YAML(typ="safe", pure=True).load(text)


def hand_file(folder: Path, text: str = HAND) -> tuple[Path, Persona]:
    path = folder / "anything.yaml"
    path.write_bytes(text.encode())
    return path, read_personas(path)[0]


def with_claim(p: Persona, place: int, **changes) -> Persona:
    claims = list(p.claim_list)
    claims[place] = claims[place].model_copy(update=changes)
    return p.model_copy(update={"claim_list": claims})


def line_changes(before: str, after: str) -> list[str]:
    return [line for line in difflib.ndiff(before.splitlines(), after.splitlines()) if line[0] in "+-"]


def test_one_changed_field_is_one_changed_line(tmp_path):
    path, p = hand_file(tmp_path)
    assert update_personas([p], tmp_path) == [] and path.read_text() == HAND
    for changes, lines in [
        ({"name": "Kit"}, ["- name:   'Ash'   # not a real person", "+ name:   'Kit'   # not a real person"]),
        ({"status": "persona", "verdict": "clusters shown"}, ["- status: \"proto-persona\"", "+ status: \"persona\"", "- verdict: not measured   # for now",
                                                             "+ verdict: clusters shown   # for now"]),
        ({"notes": "She leaves."}, ["-   She waits.", "- ", "-   Often.", "+   She leaves."]),
        ({"notes": None}, ["- notes: |-   # from the workshop", "-   She waits.", "- ", "-   Often."]),
        ({"label": "Waits"}, ["+ label: Waits"]),
        ({"cases": ["P01", "2"]}, ["+ cases:", "+   - P01", "+   - '2'"]),
    ]:
        path, p = hand_file(tmp_path)
        assert update_personas([p.model_copy(update=changes)], tmp_path) == [path]
        assert sorted(line_changes(HAND, path.read_text())) == sorted(lines)
        assert read_personas(path)[0] == p.model_copy(update=changes)


def test_what_somebody_else_has_written_since_is_not_taken_back(tmp_path):
    path, ann = hand_file(tmp_path)
    bob = read_personas(path)[0]
    mine = with_claim(ann, 0, text="Ann's words.")
    update_personas([mine], tmp_path)
    kept = path.read_bytes()
    with pytest.raises(AlreadyThere, match="somebody has changed the file since 'ash' was read from it.*read it again"):
        update_personas([bob.model_copy(update={"notes": "Bob's note."})], tmp_path)
    assert path.read_bytes() == kept
    update_personas([mine.model_copy(update={"notes": "Ann's note."})], tmp_path)  # what one wrote oneself is no change by somebody
    path.write_text(path.read_text() + "# a remark changes nothing that is said\n")
    again = read_personas(path)[0]
    path.write_text(path.read_text() + "# nor does another\n")
    update_personas([again.model_copy(update={"notes": "Bob's note."})], tmp_path)
    assert read_personas(path)[0].claim_list[0].text == "Ann's words." and "Bob's note." in path.read_text()


def test_a_link_stays_a_link_and_its_target_is_written(tmp_path):
    real, folder = tmp_path / "shared", tmp_path / "personas"
    real.mkdir()
    folder.mkdir()
    path, p = hand_file(real)
    link = folder / "ash.yaml"
    link.symlink_to(path)
    update_personas([p.model_copy(update={"notes": "Through the link."})], folder)
    assert link.is_symlink() and "Through the link." in path.read_text() and [f.name for f in real.iterdir()] == [path.name]
    write_personas([p], folder, overwrite=True)
    assert link.is_symlink() and path.read_text() == p.to_yaml()


def test_comments_stay_with_what_they_are_about(tmp_path):
    path, p = hand_file(tmp_path)
    first, second = p.claim_list
    update_personas([p.model_copy(update={"claim_list": [second, first]})], tmp_path)
    text = path.read_text()
    assert text.index("# a guess") < text.index("id: need-sure") < text.index("# asked again in May") < text.index("id: pain-dock") < text.index("# the end")
    assert read_personas(path)[0].claim_list == [second, first]

    path, p = hand_file(tmp_path)
    update_personas([p.model_copy(update={"claim_list": [first]})], tmp_path)
    assert sorted(line_changes(HAND, path.read_text())) == ["- ", "-       facet: need", '-       text: "Needs to be sure"', "-     # a guess", "-     - id: need-sure"]

    path, p = hand_file(tmp_path)
    third = Claim(id="goal-home", text="Wants to be home: at six", facet="goal")
    update_personas([p.model_copy(update={"claim_list": [first, third, second]})], tmp_path)
    assert all(line[0] == "+" for line in line_changes(HAND, path.read_text())) and read_personas(path)[0].claim_list[1].text == third.text


def test_evidence_is_exchanged_in_its_place(tmp_path):
    path, p = hand_file(tmp_path)
    one, two = p.claim_list[0].evidence
    moved = two.model_copy(update={"start": 6, "end": 19})
    update_personas([with_claim(p, 0, evidence=[one, moved])], tmp_path)
    assert read_personas(path)[0].claim_list[0].evidence == [one, moved]
    assert [line[1:].strip() for line in line_changes(HAND, path.read_text())] == ["start: 5", "start: 6", "end: 18", "end: 19"]
    path, p = hand_file(tmp_path)
    update_personas([with_claim(p, 0, evidence=[two])], tmp_path)
    assert line_changes(HAND, path.read_text())[0].startswith("-         - {kind: quote") and "# the better one" in path.read_text()
    path, p = hand_file(tmp_path)
    update_personas([with_claim(p, 0, evidence=[], codes=["Full dock"])], tmp_path)
    assert read_personas(path)[0].claim_list[0].strength == "assumption" and "codes: [Full dock]   # both" in path.read_text()


def test_line_ends_and_marks_of_windows_stay(tmp_path):
    text = "\ufeff" + HAND.replace("\n", "\r\n")
    path, p = hand_file(tmp_path, text)
    update_personas([p.model_copy(update={"name": "Kit", "notes": "One\n\nTwo"})], tmp_path)
    data = path.read_bytes()
    assert data.startswith(b"\xef\xbb\xbf# yaml") and data.count(b"\n") == data.count(b"\r\n") and read_personas(path)[0].notes == "One\n\nTwo"


def test_a_strength_that_a_file_states_wrongly_is_left_to_the_check(tmp_path):
    path, p = hand_file(tmp_path, HAND.replace("      facet: need\n", "      facet: need\n      strength: supported\n"))
    update_personas([p.model_copy(update={"name": "Kit"})], tmp_path)
    assert "strength: supported" in path.read_text() and path.read_text().count("strength") == 1


def test_a_file_that_cannot_be_changed_in_place_is_refused_and_kept(tmp_path):
    text = HAND.replace("id: ash", "id: &it ash").replace("status:", "label: *it\nstatus:")
    path, p = hand_file(tmp_path, text)
    with pytest.raises(BadInput, match="cannot be changed in place.*overwrite=True"): update_personas([p.model_copy(update={"label": "b", "notes": None})], tmp_path)
    assert path.read_text() == text
    with pytest.raises(AlreadyThere, match="two personas of that id"): update_personas([p, p], tmp_path)
    path.write_text("id: [")
    with pytest.raises(BadInput, match="line 1"): update_personas([p], tmp_path)


def test_a_new_persona_gets_a_file(tmp_path):
    path, p = hand_file(tmp_path)
    other = p.model_copy(update={"id": "kit", "name": "Kit"})
    assert update_personas([p, other], tmp_path) == [tmp_path / "kit.yaml"]
    assert (tmp_path / "kit.yaml").read_text() == other.to_yaml() and update_personas([p, other], tmp_path) == []


WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), min_size=1, max_size=30)


PLAIN = st.text("abc #:-'\"|>&*!%@,[]{}?\n\té🚲", min_size=1, max_size=20)


QUOTES = st.builds(lambda words, case, start: Evidence(kind="quote", quote=words, source=case, case=case, start=start, end=start + len(words)),
                   (PLAIN | WORDS).filter(_SAYS.search), st.sampled_from(["P01", "2", "no"]), st.integers(0, 99))


STATS = st.builds(lambda share, value: Evidence(kind="survey", survey="w", variable="v", value=value, n=40, share=share, low=0., high=1., rest=.5),
                  st.floats(0, 1), st.sampled_from([1, True, 1.5, "1", "yes"]))


CLAIMS = st.lists(st.builds(lambda id, words, facet, codes, people, found: dict(id=id, text=words, facet=facet, codes=codes, people=people, evidence=found),
                            st.sampled_from("abcdef"), PLAIN | WORDS, st.sampled_from(["pain", "need"]), st.lists(PLAIN, max_size=2), st.integers(0, 5),
                            st.lists(QUOTES | STATS, max_size=3)), max_size=4, unique_by=lambda c: c["id"])


PERSONAS = st.builds(lambda name, label, cases, people, data, notes, claims: Persona(id="p", name=name, label=label, cases=cases, people=people, data=data, notes=notes,
                                                                                    claims=[Claim(**c) for c in claims]),
                     PLAIN | WORDS, st.just("") | PLAIN, st.none() | st.lists(PLAIN, max_size=2), st.integers(0, 9),
                     st.dictionaries(st.sampled_from(["survey", "segmentation"]), PLAIN, max_size=2), st.none() | PLAIN, CLAIMS)


def scribbled(text: str, rng: random.Random) -> str:
    "Put remarks, empty lines and wide spaces where a person may put them: never inside a block text."
    out, block = [], None
    for line in text.splitlines():
        depth = len(line) - len(line.lstrip())
        if block is not None and (not line.strip() or depth > block): out.append(line); continue  # noqa: E702
        block = depth if line.endswith(("|-", "|")) else None
        if block is not None and line.lstrip().startswith("- "): block = depth + 2
        if rng.random() < .2: out.append(" " * depth + "# a remark: with 'signs' - and # more")
        if rng.random() < .1: out.append("")
        out.append(line + ("   # why?" if rng.random() < .2 and re.fullmatch(r"[^'\"#|]*: \w+", line) else ""))
    return "\n".join(out) + "\n"


def test_a_text_that_begins_with_a_sign_takes_the_place_of_an_empty_list(tmp_path):
    path = tmp_path / "p.yaml"
    path.write_text(Persona(id="p", name="x", cases=[]).to_yaml(), "utf-8")
    changed = Persona(id="p", name="x", cases=["?🚲-", "- a", "%🚲\n-", "P01"])
    read_personas(path)     # what nobody has read here is not replaced
    update_personas([changed], tmp_path)
    assert read_personas(path) == [changed]


@given(old=PERSONAS, new=PERSONAS, seed=st.integers(0, 999))
@settings(max_examples=40)
def test_any_change_arrives_and_remarks_stay(old, new, seed, tmp_path):
    path = tmp_path / "p.yaml"
    assert Persona.model_validate(_load(old.to_yaml())) == old and Persona.model_validate(_load(old.to_yaml())).to_yaml() == old.to_yaml()
    text = scribbled(old.to_yaml(), random.Random(seed))
    path.write_bytes(text.encode())
    assert update_personas([old], tmp_path) == [] and path.read_bytes() == text.encode()
    update_personas([new], tmp_path)
    assert read_personas(path) == [new]
    top = [line for line in text.splitlines() if re.match(r"# a remark", line)]
    left = sum(line.startswith("# a remark") for line in path.read_bytes().decode().split("\n"))
    assert left >= len(top) - 5  # those above notes, label, cases, data or claims, which may go
    update_personas([old], tmp_path)
    assert read_personas(path) == [old]


def test_the_shipped_schema_is_the_models_fits_drafts_and_finds_mistakes(surveyed: Study, tmp_path):
    import jsonschema

    shipped = json.loads((Path(persona_files.__file__).parent / "templates" / "persona.schema.json").read_text("utf-8"))
    assert shipped == persona_schema(), "run persona_schema('personabench/templates/persona.schema.json')"
    jsonschema.Draft202012Validator.check_schema(shipped)
    validator = jsonschema.Draft202012Validator(persona_schema(tmp_path / "s.json"))
    assert json.loads((tmp_path / "s.json").read_text()) == shipped
    validator.validate(_load(HAND))
    for wrong in (HAND.replace("facet: pain", "facet: pian"), HAND.replace("people: 2", "poeple: 2"), HAND.replace("people: 2", "people: -2"),
                  HAND.replace("name:   'Ash'", "name: [a]"), HAND.replace("verdict: not", "verdict: never"), HAND.replace("id: ash", "id: A h")):
        assert not validator.is_valid(_load(wrong)), wrong
    for p in draft_personas(surveyed, "2026-05"): validator.validate(_load(p.to_yaml()))


# -- Two programs write ------------------------------------------------------------------------------------------------------------
def other_program(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_a_draft_takes_back_no_word_that_another_program_has_written(study: Study, tmp_path: Path):
    drafts = draft_personas(study, today="2026-06-01")
    (first, *_) = update_personas(drafts, tmp_path)
    anew = [p.model_copy(update={"notes": "Drafted anew."}) for p in drafts]
    assert update_personas(anew, tmp_path) and "Drafted anew." in first.read_text(), "what this program wrote itself may be written anew"
    other_program(first, "Drafted anew.", "Bob's words.")
    with pytest.raises(AlreadyThere, match="another program has changed the file since it was last read or written here.*read_personas it"):
        update_personas(drafts, tmp_path)
    assert "Bob's words." in first.read_text()
    read_personas(tmp_path)
    assert update_personas(drafts, tmp_path) and "Bob's words." not in first.read_text(), "who has looked at them may replace them"
    persona_files._SEEN.clear()     # as in a program that was just started
    with pytest.raises(AlreadyThere, match="that nobody has read here"): update_personas(anew, tmp_path)
    assert update_personas(drafts, tmp_path) == [], "the same again is no conflict"


def test_overwriting_replaces_no_words_written_since_the_personas_were_read(study: Study, tmp_path: Path):
    paths = write_personas(draft_personas(study, today="2026-06-01"), tmp_path)
    read = read_personas(tmp_path)
    other_program(paths[0], "name: ", "name: Bob's words. ")
    with pytest.raises(AlreadyThere, match="somebody has changed the file since"):
        write_personas([p.model_copy(update={"label": "x"}) for p in read], tmp_path, overwrite=True)
    assert "Bob's words." in paths[0].read_text()
    assert write_personas([p.model_copy(update={"label": "x"}) for p in read_personas(tmp_path)], tmp_path, overwrite=True)
    assert write_personas([p.model_copy(update={"label": "y"}) for p in read], tmp_path / "elsewhere", overwrite=True)


@pytest.mark.parametrize("write", [update_personas, write_personas, lambda p, folder: write_personas(p, folder, overwrite=True)])
@pytest.mark.parametrize("there", [False, True])
def test_what_another_program_writes_at_the_same_time_stays(study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write, there: bool):
    "The other one writes between the look at the folder and the writing."
    (p, *_) = draft_personas(study, today="2026-06-01")
    path = tmp_path / f"{p.id}.yaml"
    if there: update_personas([p], tmp_path)
    whole = persona_files._write_whole

    def late(target: Path, *rest) -> None:
        path.write_text("Bob's words.")
        whole(target, *rest)
    monkeypatch.setattr(persona_files, "_write_whole", late)
    changed = p.model_copy(update={"notes": "Ann's."})
    with pytest.raises(AlreadyThere): write([changed], tmp_path)
    if there and write is write_personas: return     # refused before that
    assert path.read_text() == "Bob's words." and sorted(f.name for f in tmp_path.iterdir()) == [path.name]


def test_between_the_look_at_a_file_and_its_replacement_no_other_program_writes(study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    "The other one begins to write when the first has looked already; what it was told to have written stays."
    (p, *_) = draft_personas(study, today="2026-06-01")
    (path,) = update_personas([p], tmp_path)
    ends, replace, others = list[BaseException | None](), os.replace, list[threading.Thread]()

    def other() -> None:
        try: update_personas([p.model_copy(update={"notes": "Bob's words."})], tmp_path)
        except AlreadyThere as e: ends.append(e)
        else: ends.append(None)

    def slow(*names) -> None:
        if not others:
            others.append(threading.Thread(target=other))
            others[0].start()
            others[0].join(1)
        replace(*names)
    monkeypatch.setattr(os, "replace", slow)
    update_personas([p.model_copy(update={"label": "Ann's words."})], tmp_path)
    others[0].join(20)
    assert "Ann's words." in path.read_text() and isinstance(ends[0], AlreadyThere) and "another program" in str(ends[0])
    assert [f.name for f in tmp_path.iterdir()] == [path.name], "no lock is left"


def test_a_lock_that_a_stopped_program_left_is_told(study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (p, *_) = draft_personas(study, today="2026-06-01")
    (path,) = update_personas([p], tmp_path)
    (lock := tmp_path / f".{path.name}.lock").touch()
    monkeypatch.setattr(persona_files, "_PATIENCE", .05)
    changed, before = p.model_copy(update={"notes": "Ann's."}), path.read_bytes()
    with pytest.raises(AlreadyThere, match="lock.*if nobody is writing, delete it"): update_personas([changed], tmp_path)
    assert path.read_bytes() == before and sorted(f.name for f in tmp_path.iterdir()) == [lock.name, path.name]
    lock.unlink()
    assert update_personas([changed], tmp_path) == [path]


def test_what_is_changed_in_a_file_is_what_was_read_from_it_once(study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (p, *_) = draft_personas(study, today="2026-06-01")
    (path,) = update_personas([p], tmp_path)
    read = persona_files._read_persona

    def meanwhile(at: Path, *rest) -> Persona:
        found = read(at, *rest)
        path.write_text("Bob's words.")
        return found
    monkeypatch.setattr(persona_files, "_read_persona", meanwhile)
    with pytest.raises(AlreadyThere, match="another program has changed the file just now"):
        update_personas([p.model_copy(update={"notes": "Ann's."})], tmp_path)
    assert path.read_text() == "Bob's words."


def test_to_look_is_not_to_agree_to_a_replacement(study: Study, tmp_path: Path):
    drafts = draft_personas(study, today="2026-06-01")
    (first, *_) = write_personas(drafts, tmp_path)
    mine = read_personas(tmp_path)
    other_program(first, "name: ", "name: Bob's words. ")
    anew = [p.model_copy(update={"notes": "Drafted anew."}) for p in drafts]
    compare(tmp_path, anew)
    with pytest.raises(AlreadyThere, match="since it was last read or written here"): update_personas(anew, tmp_path)
    read_personas(tmp_path)     # looked at, and thrown away
    stale = [p.model_copy(update={"label": "x"}) for p in mine]
    with pytest.raises(AlreadyThere, match="somebody has changed the file since"): write_personas(stale, tmp_path, overwrite=True)
    assert "Bob's words." in first.read_text()
    fresh = [p.model_copy(update={"label": "x"}) for p in read_personas(tmp_path)]
    write_personas(fresh, tmp_path, overwrite=True)
    assert write_personas([p.model_copy(update={"label": "y"}) for p in fresh], tmp_path, overwrite=True), "what this program wrote it may write again"
    assert "Bob's words." in first.read_text()
