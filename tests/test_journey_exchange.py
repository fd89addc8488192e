"""Journeys in other programs' formats: what is written can be read, by us and by them, whatever the names are."""

from __future__ import annotations

import builtins
import json
import re
import subprocess
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from programs import office, program

from personabench import journey_exchange
from personabench.journey_exchange import read_mermaid, write_cjml, write_lanes, write_mermaid, write_slides
from personabench.journey_map import map_view
from personabench.journey_measures import journey_deviations, pain_severity, stage_opportunities, suggest_strategies
from personabench.journeys import journey_from_codings
from personabench.schema import BadInput, MissingExtra

HARD = ["Sign-up: card #1", "a, b; c", "Journey home", "title page", "Section", "accDescr: x", "100 %% sure", "%%{init}%%", "<b>bold</b> & {x}", "#58;", "  two  spaces ",
        "--- dashes", "```", "- list", "äöü 自転車 🚲", "=1+1", "a\nb", "\u2028line", "J", "Reminder -2", "שלום: עולם", "مرحبا، بالعالم", "\u202eabc\u202c",
        "👩\u200d🚲: a, b", "a\r\nb", "\r", "#amp; #9999999;", "trailing #", "%", "a:b:c", "-1", "'=quoted", "NA", "None", "1.50", "True"]


def codings_of(stages: list[str], touchpoints: list[str]) -> pd.DataFrame:
    "Each of four people meets each touchpoint in each stage and feels something; the last of them feels nothing."
    rows = []
    for case in ("P1", "P2", "P3", "P4"):
        for turn, stage in enumerate(stages):
            at = turn * 100
            rows.append((case, turn, at, at + 90, "all of it", stage, "stage", None))
            rows += [(case, turn, at + i, at + i + 1, f"said {i}", name, "touchpoint", None) for i, name in enumerate(touchpoints)]
            if case != "P4": rows.append((case, turn, at + 80, at + 85, "felt it", "Feeling", "emotion", int(case[1]) - 2))
    table = pd.DataFrame(rows, columns=["source", "turn", "start", "end", "quote", "code", "facet", "valence"])
    return table.assign(coding_id=range(len(table)), source_id=table["source"], case=table["source"], role="participant", coder="MB")


@pytest.fixture(scope="module")
def told():
    return journey_from_codings(codings_of(["Sign-up", "Ride"], ["App", "Dock"]), name="Avery, the commuter")


names = st.one_of(st.sampled_from(HARD), st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\x00"), min_size=1, max_size=12))


@given(rows=st.lists(st.tuples(names, names, st.floats(1, 5), st.lists(names, max_size=3)), min_size=1, max_size=6), title=names, fence=st.booleans())
def test_a_plan_that_is_written_is_read_as_it_was(tmp_path_factory, rows, title, fence):
    plan = pd.DataFrame(rows, columns=["stage", "touchpoint", "score", "who"])
    plan = pd.concat([part for _, part in plan.groupby("stage", sort=False)], ignore_index=True)      # a stage is one section
    plan.attrs["title"] = title
    path = write_mermaid(plan, tmp_path_factory.mktemp("m") / ("plan.md" if fence else "plan.mmd"))
    back = read_mermaid(path)
    assert back.to_dict("list") == plan.to_dict("list") and back.attrs["title"] == title


@settings(max_examples=25)
@given(stage=names, touchpoint=names, name=names)
def test_names_of_a_journey_survive(tmp_path_factory, stage, touchpoint, name):
    trip = journey_from_codings(codings_of([stage], [touchpoint]), name=name)
    back = read_mermaid(write_mermaid(trip, tmp_path_factory.mktemp("m") / "trip.mmd"))
    assert back.to_dict("records") == [{"stage": stage, "touchpoint": touchpoint, "score": 3., "who": [name]}]


@pytest.mark.parametrize("name", HARD)
def test_no_name_breaks_mermaids_own_rules(tmp_path: Path, name: str):
    "Its lexer: a name has no #, : and ; besides codes, a line is no comment, a task does not begin with a keyword."
    plan = pd.DataFrame([(name, name, 3., [name])], columns=["stage", "touchpoint", "score", "who"])
    text = write_mermaid(plan, tmp_path / "plan.mmd").read_text("utf-8")
    head, section, task = text.rstrip("\n").split("\n")
    plain = [re.sub(r"#\d+;", "x", line) for line in (section, task)]
    assert head == "journey" and "%" not in text and not re.search("[#;]", "".join(plain))
    assert plain[0].count(":") == 0 and plain[1].count(":") == 2 and not re.match(r"\s*(journey|title|section|acctitle|accdescr|```|---)", task, re.IGNORECASE)


def test_a_touchpoint_without_a_feeling_has_no_score_and_stays_to_be_seen(tmp_path: Path, told):
    quiet = journey_from_codings(pd.concat([codings_of(["Ride"], ["App"]), codings_of(["Ride"], ["Bench"]).query("case == 'P4' and facet != 'emotion'")]))
    text = write_mermaid(quiet, tmp_path / "quiet.mmd").read_text("utf-8")
    assert "%% without a feeling, not drawn: Bench" in text and list(read_mermaid(tmp_path / "quiet.mmd")["touchpoint"]) == ["App"]
    assert "felt 0.0 (−2.0 to +2.0), 3 people" in text, "n and interval are in the file though Mermaid cannot draw them"


def test_scores_are_the_feelings_of_who_met_it(tmp_path: Path):
    table = codings_of(["Ride"], ["App", "Bench"])
    only = table[~(table["code"].eq("Bench") & table["case"].ne("P3"))]
    plan = read_mermaid(write_mermaid(journey_from_codings(only), tmp_path / "a.mmd")).set_index("touchpoint")["score"]
    assert plan.to_dict() == {"App": 3., "Bench": 4.}


def test_mermaid_as_others_write_it(tmp_path: Path):
    text = """---
title: front matter is no title of ours
---
# notes, then the diagram

```mermaid
%%{init: {"theme": "forest"}}%%
journey
  accTitle: said for screen readers
  accDescr {
    several lines: of words
  }
  title My #quot;day#quot; #35;1
  Wake up: 2
  section Go to work
    Make tea: 5: Me # said in passing
    %% a comment: 3: Nobody
    Do work : 1 : Me, Cat

```
```mermaid
journey
  Another: 1: one
```
"""
    path = tmp_path / "day.md"
    path.write_text("\ufeff" + text.replace("\n", "\r\n"), encoding="utf-8")
    plan = read_mermaid(path)
    assert plan.attrs["title"] == 'My "day" #1'
    assert list(plan.itertuples(index=False, name=None)) == [
        (None, "Wake up", 2., []), ("Go to work", "Make tea", 5., ["Me"]), ("Go to work", "Do work", 1., ["Me", "Cat"])]
    (tmp_path / "front.mmd").write_text("---\ntitle: x\n---\njourney\n A: 1: b\n", encoding="utf-8")
    assert len(read_mermaid(tmp_path / "front.mmd")) == 1


@pytest.mark.parametrize("text, said", [
    ("flowchart TD\n a-->b", "no Mermaid diagram of the kind journey"), ("", "no Mermaid diagram"), ("journey\n section A\n  App: good: Me", "line 3"),
    ("journey\n just words", "line 2"), ("journey\n App: nan: Me", "line 2"), ("journey\n : 3: Me", "line 2")])
def test_what_is_no_journey_is_an_error_with_its_place(tmp_path: Path, text: str, said: str):
    path = tmp_path / "x.mmd"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadInput, match=said): read_mermaid(path)


def test_files_that_cannot_be_read_or_written_say_why(tmp_path: Path, told):
    (tmp_path / "utf16.mmd").write_text("journey\n A: 1: b", encoding="utf-16")
    with pytest.raises(BadInput, match="UTF-8"): read_mermaid(tmp_path / "utf16.mmd")
    with pytest.raises(BadInput, match="no such file.*did you mean 'utf16.mmd'"): read_mermaid(tmp_path / "utf6.mmd")
    with pytest.raises(BadInput, match="no such file.*check the folder"): read_mermaid(tmp_path / "none" / "plan.mmd")
    with pytest.raises(BadInput, match="it is a folder"): read_mermaid(tmp_path)
    with pytest.raises(BadInput, match="mmd"): write_mermaid(told, tmp_path / "x.png")
    with pytest.raises(BadInput, match="make it first"): write_mermaid(told, tmp_path / "none" / "x.mmd")
    with pytest.raises(BadInput, match="no column 'score'"): write_mermaid(pd.DataFrame({"stage": ["a"], "touchpoint": ["b"]}), tmp_path / "x.mmd")
    with pytest.raises(BadInput, match="no score"): write_mermaid(pd.DataFrame({"stage": ["a"], "touchpoint": ["b"], "score": [None]}), tmp_path / "x.mmd")
    (tmp_path / "taken").write_text("")
    with pytest.raises(BadInput, match="a file has this name"): write_lanes(told, tmp_path / "taken")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["taken", "utf16.mmd"], "nothing half-written is left"


PLAN = pd.DataFrame([("Sign-up", "App", "phone", "customer", "Halden Bikes", 2), ("Ride", "Thank-you mail", "e-mail", "Halden Bikes", "Halden Bikes", 1)],
                    columns=["stage", "touchpoint", "channel", "initiator", "owner", "order"])


def test_cjml_has_the_plan_and_a_journey_for_each_person(tmp_path: Path, told):
    root = ElementTree.parse(write_cjml(told, tmp_path / "j.xml", planned=PLAN)).getroot()
    assert root.tag == "CJML" and root.get("version") == "2.0"
    planned = root.findall("plannedJourney/touchpoints/plannedCommunicationPoint")
    assert [p.findtext("initiator/initiatorLabel") for p in planned] == ["Thank-you mail", "App"], "in the plan's order"
    assert [p.find("initiator/refersTo").get("actorIDref") for p in planned] == ["Halden Bikes", "End user"]
    assert [p.find("receiver/refersTo").get("actorIDref") for p in planned] == ["End user", "Halden Bikes"]
    people = root.findall("actualJourney")
    assert [p.find("actors/endUser").get("actorID") for p in people] == ["P1", "P2", "P3", "P4"] and {p.findtext("plannedReference") for p in people} == {"PJ1"}
    assert {p.findtext("journeyShortSummary") for p in people} == {"Planned, and not spoken of: Thank-you mail"}
    first = people[0].findall("touchpoints/*")
    assert [t.tag for t in first] == ["actualCommunicationPoint", *["actualAction"] * 3] and [t.findtext("touchpointID") for t in first] == ["T1", "D2", "D3", "D4"]
    assert first[0].findtext("channel/channelName") == "phone" and first[0].findtext("touchpointExperience/experienceRating") == "-1"
    assert people[3].find(".//touchpointExperience") is None, "who felt nothing has no experience"
    phases = {p.get("phaseID"): p.findtext("phaseName") for p in people[0].findall("journeyPhases/journeyPhase")}
    assert [phases[t.find("belongsTo").get("phaseIDref")] for t in first] == ["Sign-up", "Sign-up", "Ride", "Ride"]
    assert "said" not in (tmp_path / "j.xml").read_text("utf-8"), "ids of codings, not people's words"


def test_cjml_without_a_plan_calls_nothing_a_deviation(tmp_path: Path, told):
    root = ElementTree.parse(write_cjml(told, tmp_path / "j.cjml")).getroot()
    assert root.find("plannedJourney") is None and root.find(".//plannedReference") is None
    assert {t.findtext("touchpointID")[0] for t in root.findall(".//touchpoints/*")} == {"T"}
    with pytest.raises(BadInput, match="no column 'touchpoint'"): write_cjml(told, tmp_path / "k.xml", planned=pd.DataFrame({"stage": ["a"]}))


def test_cjml_takes_who_begins_from_the_actors_of_a_task(tmp_path: Path, told):
    (tmp_path / "plan.mmd").write_text("journey\n section Sign-up\n  App: 4: Riders\n  Welcome call: 5: Halden Bikes\n  Card: 3: Rider, Halden Bikes, Bank\n"
                                       "  Chat: 3: Halden Bikes, Avery#44; the commuter\n  Poster: 3\n", encoding="utf-8")
    root = ElementTree.parse(write_cjml(told, tmp_path / "j.xml", planned=read_mermaid(tmp_path / "plan.mmd"))).getroot()
    points = {p.findtext("initiator/initiatorLabel"): p for p in root.findall("plannedJourney/touchpoints/*")}
    said = {k: (p.tag, p.find("initiator/refersTo").get("actorIDref"), p.find("receiver/refersTo").get("actorIDref") if p.find("receiver") is not None else None)
            for k, p in points.items()}
    assert said == {"App": ("plannedAction", "End user", None), "Welcome call": ("plannedAction", "Halden Bikes", None),
                    "Card": ("plannedCommunicationPoint", "End user", "Halden Bikes"), "Chat": ("plannedCommunicationPoint", "Halden Bikes", "End user"),
                    "Poster": ("plannedAction", "End user", None)}
    assert points["Card"].findtext("comment") == "also: Bank", "nobody of the plan is lost"
    assert {a.get("actorID") for a in root.findall("plannedJourney/actors/serviceProvider")} == {"Halden Bikes", "Service provider"}
    actual = root.find("actualJourney/touchpoints/*")
    assert actual.find("initiator/refersTo").get("actorIDref") == "P1", "the rider's own step is the rider's"


def test_cjml_and_deviations_say_the_same_of_a_plan(tmp_path: Path, told):
    plan = pd.DataFrame([("Sign-up", " APP "), ("Ride", "dock"), ("Ride", "Never met"), ("Ride", "never  MET")], columns=["stage", "touchpoint"])
    table = journey_deviations(told, plan)
    root = ElementTree.parse(write_cjml(told, tmp_path / "j.xml", planned=plan)).getroot()
    phases = {p.get("phaseID"): p.findtext("phaseName") for p in root.findall("plannedJourney/journeyPhases/journeyPhase")}
    strays = {(phases[t.find("belongsTo").get("phaseIDref")], t.findtext("initiator/initiatorLabel"))
              for t in root.findall("actualJourney/touchpoints/*") if t.findtext("touchpointID").startswith("D")}
    said = table[table["status"].eq("not planned")]
    assert strays == set(zip(said["stage"], said["touchpoint"], strict=True)) == {("Sign-up", "Dock"), ("Ride", "App")}
    assert {p.findtext("journeyShortSummary") for p in root.findall("actualJourney")} == {"Planned, and not spoken of: Never met"}


def test_each_row_of_a_plan_is_in_cjml_with_its_number(tmp_path: Path, told):
    rows = [("Dock", "desk", "Bank", "Bank", None), ("Dock", "app", "customer", "Halden", "2"), ("App", "web", "customer", "Halden", 1)]
    plan = pd.DataFrame([("Ride", *row) for row in rows], columns=["stage", "touchpoint", "channel", "initiator", "owner", "order"])
    root = ElementTree.parse(write_cjml(told, tmp_path / "j.xml", planned=plan)).getroot()
    points = root.findall("plannedJourney/touchpoints/*")
    numbers = [(p.findtext("touchpointID"), p.findtext("channel/channelName")) for p in points]
    assert numbers == [("T1", "web"), ("T2", "app"), ("T3", "desk")], "order counts, blank is last"
    assert "Bank" in {a.findtext("companyName") for a in root.findall("plannedJourney/actors/serviceProvider")}
    met = [(t.findtext("touchpointID")[0], t.findtext("comment")) for t in root.findall("actualJourney/touchpoints/*")]
    assert sum(kind == "T" and comment.startswith("planned as T2, T3; codings") for kind, comment in met) == 4 == sum("planned as" in comment for _, comment in met)


@pytest.mark.parametrize("column, value, said", [
    ("touchpoint", None, "row 1.*no touchpoint"), ("touchpoint", float("nan"), "row 1.*no touchpoint"), ("who", 5, "row 1.*who=5.*a name or a list of names"),
])
def test_a_plan_that_says_nothing_readable_is_named_by_its_row(tmp_path: Path, told, column, value, said):
    plan = pd.DataFrame({"stage": ["Ride", "Ride"], "touchpoint": ["App", "Dock"], "who": ["Rider", None], "order": ["b", 1]}, dtype=object)
    write_cjml(told, tmp_path / "j.xml", planned=plan)
    plan.at[1, column] = value
    with pytest.raises(BadInput, match=said): write_cjml(told, tmp_path / "k.xml", planned=plan)
    assert not (tmp_path / "k.xml").exists()


@pytest.mark.parametrize("how, said", [
    ({"score": "good"}, "touchpoint 'App'.*the score good"), ({"score": 9}, "the score 9.*from 1"), ({"score": 0}, "the score 0"), ({"score": None}, "no score"),
    ({"score": float("inf")}, "the score inf"), ({"touchpoint": None}, "stage 'Ride'.*without a name"), ({"who": 5}, "touchpoint 'App'.*who=5"),
])
def test_mermaid_draws_no_touchpoint_that_is_none(tmp_path: Path, how, said):
    plan = pd.DataFrame([{"stage": "Ride", "touchpoint": "App", "score": 3, "who": [None, "Rider"], **how}])
    with pytest.raises(BadInput, match=said): write_mermaid(plan, tmp_path / "x.mmd")
    assert not list(tmp_path.iterdir())


def test_who_is_not_known_is_no_actor(tmp_path: Path):
    plan = pd.DataFrame([{"stage": "Ride", "touchpoint": "App", "score": "3", "who": [None, "Rider", float("nan"), 7]}])
    assert read_mermaid(write_mermaid(plan, tmp_path / "x.mmd"))["who"].tolist() == [["Rider", "7"]]


def test_cjml_without_an_owner_names_who_begins(tmp_path: Path, told):
    plan = pd.DataFrame({"stage": ["Ride"], "touchpoint": ["Mail"], "initiator": ["Halden Bikes"]})
    points = ElementTree.parse(write_cjml(told, tmp_path / "j.xml", planned=plan)).getroot().findall("plannedJourney/touchpoints/*")
    assert [p.find("initiator/refersTo").get("actorIDref") for p in points] == ["Halden Bikes"]


@settings(max_examples=20)
@given(name=st.text(min_size=1, max_size=8))
def test_cjml_is_well_formed_with_any_name(tmp_path_factory, name):
    trip = journey_from_codings(codings_of([name], [name]), name=name)
    root = ElementTree.parse(write_cjml(trip, tmp_path_factory.mktemp("x") / "j.xml", planned=pd.DataFrame({"stage": [name], "touchpoint": [name]}))).getroot()
    assert len(root.findall("actualJourney")) == 4


def test_every_table_is_a_csv_that_is_read_back(tmp_path: Path, told):
    paths = write_lanes(told, tmp_path / "deep" / "lanes")
    assert {p.stem for p in paths} >= {"stages", "gaps", "touchpoints", "channels", "pains", "quotes", "metrics", "unplaced", "notes"}
    for path in paths:
        assert path.read_bytes().startswith(b"\xef\xbb\xbf")
        table = getattr(told, path.stem, None)
        if not isinstance(table, pd.DataFrame): continue
        more = ["reading"] if path.stem == "metrics" else []
        assert list(pd.read_csv(path).columns) == [*table.columns, *more] and len(pd.read_csv(path)) == len(table)
    assert pd.read_csv(tmp_path / "deep" / "lanes" / "quotes.csv")["quote"].tolist() == told.quotes["quote"].tolist()


def plain(column: pd.Series) -> list[str]: return ["" if x is None or x != x else str(x).removeprefix("'") for x in column]


def same(read: pd.DataFrame, table: pd.DataFrame) -> None:
    "Hold what was read against the table it was written from: numbers to the last digit, words to the last letter."
    assert list(read) == list(table) and len(read) == len(table)
    for column in table:
        left, right = read[column], table[column].reset_index(drop=True)
        if pd.api.types.is_numeric_dtype(right) and right.dtype != bool: assert left.astype(float).equals(right.astype(float)), column
        else: assert plain(left) == plain(right), column


def read_back(path: Path) -> pd.DataFrame: return pd.read_csv(path, keep_default_na=False, na_values=[""], encoding="utf-8-sig")


def test_every_table_of_the_sample_is_read_back_as_it_was(tmp_path: Path, decided):
    study, trip, _ = decided
    paths = {p.stem: p for p in write_lanes(trip, tmp_path, study=study)}
    tables = {f: t for f, t in vars(trip).items() if isinstance(t, pd.DataFrame)}
    assert set(paths) == {*tables, "notes", "entries"}
    for name, table in tables.items():
        read = read_back(paths[name])
        if name == "metrics":
            assert read.pop("reading").tolist() == ["mean, 1 to 5", "share of yes, 0 to 100 %", "two best answers, 0 to 100 %"]
        same(read, table)
    assert read_back(paths["notes"])["note"].tolist() == list(trip.notes)


@settings(max_examples=10)
@given(stage=names, touchpoint=names, words=names)
def test_odd_names_are_read_back_from_tables(tmp_path_factory, stage, touchpoint, words):
    trip, folder = journey_from_codings(codings_of([stage], [touchpoint]).assign(quote=words)), tmp_path_factory.mktemp("csv")
    write_lanes(trip, folder)
    words_of = dict.fromkeys(("stage", "touchpoint", "code", "quote"), str)
    for name in ("stages", "touchpoints", "emotions", "quotes"):
        same(pd.read_csv(folder / f"{name}.csv", keep_default_na=False, na_values=[""], dtype=words_of), getattr(trip, name))


def test_words_that_a_spreadsheet_would_compute_stay_words(tmp_path: Path):
    trip = journey_from_codings(codings_of(["Ride"], ["=1+1", "App", "- dash"]).assign(quote='=HYPERLINK("http://x")'))
    write_lanes(trip, tmp_path)
    assert pd.read_csv(tmp_path / "touchpoints.csv")["touchpoint"].tolist() == ["'- dash", "'=1+1", "App"]
    assert pd.read_csv(tmp_path / "quotes.csv")["quote"].str.startswith("'=").all() and pd.read_csv(tmp_path / "quotes.csv")["valence"].min() == -1


def test_touchpoints_of_no_stage_are_not_given_one(tmp_path: Path):
    plan = pd.DataFrame({"stage": ["Ride", None, "Ride"], "touchpoint": ["Bike", "Somewhere", "Dock"], "score": [5, 3, 4.5]})
    back = read_mermaid(write_mermaid(plan, tmp_path / "p.mmd"))
    assert list(zip(back["stage"], back["touchpoint"], strict=True)) == [(None, "Somewhere"), ("Ride", "Bike"), ("Ride", "Dock")]


def texts(deck) -> list[str]:
    return [shape.text_frame.text for slide in deck.slides for shape in slide.shapes if shape.has_text_frame]


def test_slides_are_native_and_carry_their_evidence(tmp_path: Path, told):
    from pptx import Presentation

    deck = Presentation(write_slides(told, tmp_path / "j.pptx"))
    titles = [slide.shapes.title.text_frame.text for slide in deck.slides]
    assert titles == ["Journey of Avery, the commuter", "The journey", "How it felt", "What people met", "Pains and gains", "Sign-up", "Ride", "What limits this"]
    table = next(shape.table for shape in deck.slides[1].shapes if shape.has_table)
    assert [table.cell(i, 0).text for i in range(3)] == ["Stage", "Sign-up", "Ride"] and "App (4)" in table.cell(1, 4).text
    notes = deck.slides[5].notes_slide.notes_text_frame.text
    assert re.search(r"coding \d+ · touchpoint: App · P1 · P1, characters 0 to 1: “said 0”", notes)
    pictures = [shape for slide in list(deck.slides)[2:5] for shape in slide.shapes if shape.shape_type == 13]
    assert len(pictures) == 3 and all(p._element.nvPicPr.cNvPr.get("descr") for p in pictures), "described for who cannot see them"
    inside = [0 <= s.left and s.left + s.width <= deck.slide_width and s.top + s.height <= deck.slide_height for slide in deck.slides for s in slide.shapes]
    assert all(inside), "nothing hangs over the edge"


def test_tables_on_slides_have_a_quiet_head_and_hairlines_and_nothing_of_powerpoints_blue(tmp_path: Path, told):
    from pptx import Presentation

    tables = [shape.table for slide in Presentation(write_slides(told, tmp_path / "j.pptx")).slides for shape in slide.shapes if shape.has_table]
    assert tables
    for table in tables:
        assert table._tbl.tblPr.findtext("{*}tableStyleId") == "{2D5ABB26-0587-4C30-8999-92F81FD0307C}" and table.first_row and not table.horz_banding
        for i, row in enumerate(table.rows):
            lines = {(line.get("w"), line.find("{*}solidFill/{*}srgbClr").get("val")) for cell in row.cells for line in cell._tc.tcPr.findall("{*}lnB")}
            fonts = {(p.font.bold, str(p.font.color.rgb)) for cell in row.cells for p in cell.text_frame.paragraphs}
            assert (lines, fonts) == (({("6350", "DADDE2")}, {(False, "1B1F24")}) if i else ({("12700", "8A9099")}, {(True, "535A63")}))


def test_slides_say_gaps_and_metrics_where_there_are_any(tmp_path: Path, told):
    from pptx import Presentation

    columns = ["stage", "gap", "low", "high", "n", "how", "n_emotion", "n_expectation", "felt", "expected"]
    gap = pd.DataFrame([("Sign-up", -1.5, -2.1, -.9, 12, "same people", 12, 12, -1., .5)], columns=columns)
    metric = pd.DataFrame([("Sign-up", "Net promoter score", "nps", -.124, -.30, .05, 200, "May", "nps")],
                          columns=["stage", "metric", "kind", "value", "low", "high", "n", "source", "question"])
    stages = told.stages.assign(expectation=.5, n_expectation=12)
    deck = Presentation(write_slides(replace(told, gaps=gap, metrics=metric, stages=stages), tmp_path / "j.pptx"))
    titles, said = [slide.shapes.title.text_frame.text for slide in deck.slides], "\n".join(texts(deck))
    assert titles[2:7] == ["How it felt", "Felt against expected", "What people met", "Pains and gains", "Figures from surveys and logs"]
    assert "What the figures suggest" in titles
    assert "Felt against expected: −1.5 (−2.1 to −0.9), 12 people" in said and "Net promoter score: −12 (−30 to +5), n = 200" in said


def slides_of(path: Path) -> dict[str, tuple[list[list[str]], str, str]]:
    "Return of each slide, by its title, the rows of its table, its other words and its notes."
    from pptx import Presentation

    found = {}
    for slide in Presentation(path).slides:
        table = [[c.text for c in row.cells] for shape in slide.shapes if shape.has_table for row in shape.table.rows]
        words = "\n".join(shape.text_frame.text for shape in slide.shapes if shape.has_text_frame and shape.shape_id != slide.shapes.title.shape_id)
        found[slide.shapes.title.text_frame.text] = (table, words, slide.notes_slide.notes_text_frame.text if slide.has_notes_slide else "")
    return found


@pytest.fixture(scope="module")
def decided(tmp_path_factory):
    "The sample study with a survey and what a meeting decided, and its journey."
    import personabench as pb

    with pb.Study(tmp_path_factory.mktemp("decided") / "s.db", coder="MB", create=True) as study:
        pb.import_sample(study)
        pb.import_survey(study, pb.sample_file("survey_wave1.csv"), wave="2026-05", id="respondent", weights="weight", dictionary=pb.sample_file("survey_dictionary.csv"))
        trip = pb.journey(study)
        ids = trip.quotes.loc[trip.quotes["code"].eq("Payment fails"), "coding_id"].tolist()
        pb.add_entry(study, "Two docks more", lane="strategy", stage="Regular use")
        pb.add_entry(study, "Say why a payment failed", lane="strategy", stage="Sign-up", owner="Payments team", due="2026-09-15", evidence=[*ids, "avery/c3"])
        pb.add_entry(study, "Pay later", lane="strategy", stage="Sign-up", position=1)
        pb.add_entry(study, "Nobody sees the price", lane="opportunity", stage="Consideration", owner="MB")
        pb.add_entry(study, "=Ask again", lane="note", stage="Delivery")
        pb.add_entry(study, "Of another map", lane="strategy", stage="Sign-up", map="other")
        asked = {"Sign-up": {"ease_signup": "ces", "had_payment_failure": "share"}, "Regular use": {"sat_bikes": "csat"}}
        yield study, trip.with_metrics(pb.stage_metrics(study, asked)), ids


@pytest.fixture(scope="module")
def shown(decided, tmp_path_factory):
    study, trip, _ = decided
    return slides_of(write_slides(trip, tmp_path_factory.mktemp("shown") / "j.pptx", study=study))


def test_what_was_decided_is_on_a_slide_with_owner_date_and_evidence(tmp_path: Path, decided, shown):
    study, trip, ids = decided
    slides = shown
    table, _, notes = slides["What was decided"]
    assert table == [["Stage", "What", "Who", "By when"], ["Sign-up", "Pay later", "nobody yet", "no date"],
                     ["Sign-up", "Say why a payment failed", "Payments team", "2026-09-15"],
                     ["Regular use", "Two docks more", "nobody yet", "no date"]], "in the order of stages and of the map, of this map only"
    assert f"codings {', '.join(map(str, ids))}; claims avery/c3" in notes and f"coding {ids[0]} · pain: Payment fails" in notes and "an assumption" in notes
    assert slides["What the team noted"][0][1:] == [["Consideration", "opportunity", "Nobody sees the price", "MB", ""], ["Delivery", "note", "=Ask again", "", ""]]
    suggested = [row for title, (rows, _, _) in slides.items() if title.startswith("What the figures suggest") for row in rows[1:]]
    assert any("Payment fails" in row[1] and "13 of 14 people" in row[2] for row in suggested) and any("+3 more suggestions" in row[0] for row in suggested)
    other = slides_of(write_slides(trip, tmp_path / "k.pptx", study=study, name="other", lanes=[]))
    assert [row[1] for row in other["What was decided"][0]] == ["What", "Of another map"] and "What the team noted" not in other


def test_what_was_decided_is_a_table_with_what_the_figures_suggest(tmp_path: Path, decided):
    study, trip, ids = decided
    write_lanes(trip, tmp_path, study=study)
    table = pd.read_csv(tmp_path / "entries.csv", keep_default_na=False)
    assert list(table) == ["stage", "kind", "text", "why", "owner", "due", "evidence"]
    mine = table[table["kind"] != "suggestion"]
    assert mine[["stage", "kind", "text", "owner", "due", "evidence"]].values.tolist() == [
        ["Consideration", "opportunity", "Nobody sees the price", "MB", "", ""],
        ["Sign-up", "strategy", "Pay later", "", "", ""],
        ["Sign-up", "strategy", "Say why a payment failed", "Payments team", "2026-09-15", ", ".join([*map(str, ids), "avery/c3"])],
        ["Regular use", "strategy", "Two docks more", "", "", ""], ["Delivery", "note", "'=Ask again", "", "", ""]]
    told = table[table["kind"] == "suggestion"]
    from personabench.journey_measures import suggest_strategies
    assert told["text"].tolist() == suggest_strategies(trip)["strategy"].tolist() and told["why"].ne("").all() and told["evidence"].ne("").all()
    write_lanes(trip, tmp_path)
    assert set(pd.read_csv(tmp_path / "entries.csv")["kind"]) == {"suggestion"}, "without a study nobody decided anything"


def test_slides_say_what_figures_are_and_name_no_table_of_the_program(decided, shown):
    slides, trip = shown, decided[1]
    assert "Signing up or paying for the last pass was easy: 2.7 (2.6 to 2.8), n = 393; mean, 1 to 5" in slides["Sign-up"][1]
    assert "in the last three months? 44 % (39 to 49 %), n = 389; share of yes, 0 to 100 %" in slides["Sign-up"][1]
    assert "The bikes are in good condition: 36 % (31 to 41 %), n = 391; two best answers, 0 to 100 %" in slides["Regular use"][1]
    said = "\n".join(str(part) for slide in slides.values() for part in slide)
    assert not re.search(r"\.unplaced|\.emotions|write_lanes|suggest_|Journey\(|\.:|\?:", said) and "Codings in a turn without a stage: 110." in said
    assert any(note.startswith("Codings") and ".unplaced" in note for note in trip.notes), "the researcher is told where they are"


def test_slides_hold_every_number_of_the_journey(decided, shown):
    def signed(x): return f"{x:+.1f}".replace("-", "−") if abs(x) >= .05 else "0.0"

    trip, overview = decided[1], {row[0]: row for row in shown["The journey"][0][1:]}
    gaps = trip.gaps.set_index("stage")
    assert list(overview) == trip.stages["stage"].tolist(), "in their order"
    for r in trip.stages.itertuples():
        mean = f"{signed(r.emotion)} ({signed(r.low)} to {signed(r.high)})"
        felt = f"{mean}, {r.n_emotion} people"
        assert overview[r.stage][1:4] == [str(r.n_people), mean, str(r.n_emotion)], "n has a column of its own"
        _, words, notes = shown[r.stage]
        assert f"{r.n_people} people spoke of it" in words and f"Felt {felt}" in words and notes.startswith(f"Evidence: {r.n_codings} codings of {r.n_people} people")
        g = gaps.loc[r.stage]
        if not r.n_expectation: continue
        hoped = f" ({signed(r.expectation_low)} to {signed(r.expectation_high)})" if r.n_expectation >= 3 else ""
        assert f"Expected {signed(r.expectation)}{hoped}, {r.n_expectation} pe" in words
        assert f"Felt against expected: {signed(g['gap'])} " + (f"({signed(g['low'])} to {signed(g['high'])}), {g['n']} people" if g["how"] else "(no interval)") in words
    assert (trip.stages["n_expectation"] > 0).sum() >= 4 and gaps["how"].isna().any(), "both kinds of gap are there to be seen"


def test_slides_quote_whom_chart_and_map_quote(decided, shown):
    study, trip, _ = decided
    lane = next(x for x in map_view(trip)["lanes"] if x["lane"] == "quotes")
    for stage, items in zip(trip.stages["stage"], lane["cells"]):
        words = shown[stage][1].split("In their words\n")[1].split("\n")
        assert len(items) == 2 and len(words) == 3, "the map's two, and one more"
        for item, said in zip(items, words): assert said == f"{item['text']} ({item['sub'].split(' · ')[0]})", stage
        assert "Quotes: the strongest good and bad first, then one of each person" in shown[stage][2]


def test_notes_of_pictures_hold_their_evidence(decided, shown):
    slides, trip = shown, decided[1]
    for title, facets in (("How it felt", ["emotion"]), ("What people met", ["touchpoint"]), ("Pains and gains", ["pain", "gain"])):
        for stage, part in trip.quotes[trip.quotes["facet"].isin(facets)].groupby("stage"):
            line = f"{stage}: {len(part)} codings of {part['case'].nunique()} people: {', '.join(map(str, part['coding_id'].head(60)))}"
            assert line in slides[title][2] and part["quote"].iloc[0][:150] in slides[title][2]
    assert "n = 393; mean, 1 to 5; survey_wave1; ease_signup" in slides["Figures from surveys and logs"][2]


def test_where_to_act_first_keeps_the_ranks_and_leaves_out_only_what_one_person_told(decided, shown):
    (table, _, notes), trip = shown["Where to act first"], decided[1]
    assert table[0] == ["Rank", "Stage", "Pain", "People", "Reach (95 %)", "Severity, 0 to 2 (95 %)", "n", "Reach × severity (95 %)"]
    bad = pain_severity(trip).set_index(["stage", "pain"])
    b = bad.loc[("Sign-up", "Payment fails")]
    assert table[1] == ["1", "Sign-up", "Payment fails", "13 of 14", "93 % (69 to 99 %)", f"{b.severity:.1f} ({b.severity_low:.1f} to {b.severity_high:.1f})",
                        "13", f"{b.score:.2f} ({b.low:.2f} to {b.high:.2f})"]
    scores = [float(r[7].split()[0]) for r in table[1:]]
    assert scores == sorted(scores, reverse=True) and scores == [round(bad.loc[(r[1], r[2]), "score"], 2) for r in table[1:]], "sorted by what it shows"
    every = trip.opportunities
    told = every[every["people"] > 1].head(9)
    assert [(r[0], r[2]) for r in table[1:]] == [(str(k), p) for k, p in zip(told["rank"], told["pain"])] and "Bike in bad state" in [r[2] for r in table]
    left = int(every["people"].eq(1).sum())
    assert left == 1 and f"Not listed: {left} pain that one person alone told of." in notes and "coding 22 · pain: Payment fails" in notes


def test_the_deck_of_a_few_says_that_decisions_are_of_the_whole_study(tmp_path: Path, decided):
    import personabench as pb

    study = decided[0]
    titles = list(slides_of(write_slides(pb.journey(study, cases=["P01", "P02"]), tmp_path / "j.pptx", study=study, lanes=[])))
    assert {"What was decided in the whole study", "What the team noted in the whole study"} <= set(titles) and "What was decided" not in titles


@pytest.mark.parametrize("stages", [["Only one"], [f"Stage {i} with a name that is longer than anybody would write on a wall" for i in range(14)], HARD])
def test_slides_of_few_many_and_odd_stages(tmp_path: Path, stages: list[str]):
    from pptx import Presentation

    trip = journey_from_codings(codings_of(stages, ["\x0bodd\x00 one", "App"]))
    deck = Presentation(write_slides(trip, tmp_path / "j.pptx", lanes=["emotions"]))
    tables = [shape.table for slide in deck.slides for shape in slide.shapes if shape.has_table]
    assert sum(len(list(t.rows)) - 1 for t in tables) == len(stages) and all(len(list(t.rows)) <= 14 for t in tables)
    lines = [sum(max(cell.text.count("\n") + 1 for cell in row.cells) for row in t.rows) for t in tables]
    assert max(lines) <= 30, "at 11 points that is the height of a slide"


WIDE = ["Home page of the web shop", "Mobile application", "Card reader at the station"]


def test_tables_of_several_slides_are_dealt_evenly_and_a_long_owner_is_shortened(tmp_path: Path, decided):
    for names, each in ((["App", "Dock"], [7, 7]), (WIDE, [4, 3, 3, 4])):
        slides = slides_of(write_slides(journey_from_codings(codings_of([f"Stage {i}" for i in range(14)], names)), tmp_path / "j.pptx", lanes=[]))
        assert [len(rows) - 1 for title, (rows, _, _) in slides.items() if title.startswith("The journey")] == each
    study, trip, _ = decided
    for i in range(11): _planned(study, f"Plan {i} " + "of many words " * 20, owner="Department of roads, bridges and harbours " * 5)
    slides = slides_of(write_slides(trip, tmp_path / "k.pptx", study=study, name="long", lanes=[]))
    pages = [rows for title, (rows, _, _) in slides.items() if title.startswith("What was")]
    assert len(pages) > 1 and sum(len(p) - 1 for p in pages) == 11 and max(len(p) for p in pages) - min(len(p) for p in pages) <= 1
    assert all(len(row[2]) <= 60 and row[2].endswith(" …") for p in pages for row in p[1:])


def _planned(study, text: str, **more) -> None:
    import personabench as pb

    pb.add_entry(study, text, lane="strategy", stage="Sign-up", map="long", **more)


def test_a_journey_of_nobody_makes_slides_and_files_all_the_same(tmp_path: Path):
    nobody = journey_from_codings(codings_of(["Ride"], ["App"]).iloc[:0], codes=pd.DataFrame({"code": ["Ride"], "facet": ["stage"], "order": [1]}))
    assert len(slides_of(write_slides(nobody, tmp_path / "j.pptx"))["The journey"][0]) == 2
    table, words, _ = slides_of(write_slides(journey_from_codings(codings_of(["Ride"], ["App"]).iloc[:0]), tmp_path / "k.pptx"))["The journey"]
    assert table == [] and "No stage is coded" in words, "no heads over nothing"
    write_lanes(nobody, tmp_path)
    assert read_mermaid(write_mermaid(nobody, tmp_path / "j.mmd")).empty
    assert len(ElementTree.parse(write_cjml(nobody, tmp_path / "j.xml")).getroot()) == 0


def test_without_the_extra_the_error_says_what_to_install(tmp_path: Path, told, monkeypatch):
    real = builtins.__import__
    monkeypatch.setattr(builtins, "__import__", lambda name, *a, **k: (_ for _ in ()).throw(ImportError(name)) if name.split(".")[0] == "pptx" else real(name, *a, **k))
    with pytest.raises(MissingExtra, match=r'pip install "personabench\[slides\]"'): write_slides(told, tmp_path / "j.pptx")
    assert not list(tmp_path.iterdir())


def test_entries_have_the_journeys_own_suggestions_and_say_that_needs_of_a_survey_are_not_among_them(tmp_path: Path, decided):
    study, trip, _ = decided
    write_lanes(trip, tmp_path, study=study)
    kept = pd.read_csv(tmp_path / "entries.csv").query("kind == 'suggestion'")
    assert sorted(kept["text"]) == sorted(suggest_strategies(trip)["strategy"]) and not kept["text"].str.contains("Serve this need").any()
    assert "stage_opportunities" in str(write_slides.__doc__) and "suggest_strategies(journey, opportunities=needs)" in str(write_lanes.__doc__)


def test_needs_of_a_survey_stand_on_chart_map_slides_and_in_tables_with_the_same_figures(tmp_path: Path, decided):
    from personabench.journey_charts import chart_journey
    from personabench.journeys import journey

    study = decided[0]
    needs = stage_opportunities(study, {n: (f"imp_{n}", f"sat_need_{n}") for n in ("dock", "bike", "price")}, stages={"dock": "Regular use", "price": "Sign-up"})
    trip = journey(study).with_metrics(needs)
    assert trip.metrics[["stage", "metric", "kind"]].values.tolist() == [["Sign-up", "price", "opportunity"], ["Regular use", "dock", "opportunity"]]
    dock = needs.set_index("need").loc["dock"]
    figure = f"{dock.score:.1f} ({dock.low:.1f} to {dock.high:.1f})"
    [item] = [i for lane in map_view(trip)["lanes"] if lane["lane"] == "metrics" for cell in lane["cells"] for i in cell if i["text"].startswith("dock")]
    assert item["text"] == f"dock: {figure}" and item["sub"].replace("\u00a0", " ") == f"opportunity score, 0 to 20 · n = {dock.n}"
    assert f"dock: {figure}, n = {dock.n}; opportunity score, 0 to 20" in slides_of(write_slides(trip, tmp_path / "j.pptx"))["Regular use"][1]
    assert f"Regular use: dock (opportunity score, 0 to 20) {dock.score:.1f}, n {dock.n}, interval {dock.low:.1f} to {dock.high:.1f}" in chart_journey(trip).to_json()
    write_lanes(trip, tmp_path)
    assert pd.read_csv(tmp_path / "metrics.csv")["reading"].tolist() == ["opportunity score, 0 to 20"] * 2


def test_who_refused_to_be_quoted_is_counted_and_not_quoted(tmp_path: Path):
    import personabench as pb
    from pptx import Presentation

    study = pb.Study(tmp_path / "s.db", coder="MB", create=True)
    pb.import_sample(study)
    before = pb.journey(study)
    pb.record_consent(study, case="P12", consent="no quotes")
    words = [q for q in before.quotes.loc[before.quotes["case"].eq("P12"), "quote"] if len(q) > 20]
    hers = next(q for q in words if len(q.split()) > 8)
    ids = before.quotes.loc[before.quotes["case"].eq("P12"), "coding_id"].head(3).tolist()
    pb.add_entry(study, f"nobody may say: {hers} again", lane="strategy", stage="Sign-up", evidence=ids)
    deck = Presentation(write_slides(before, tmp_path / "j.pptx", study=study))
    said = "\n".join([*texts(deck), *(slide.notes_slide.notes_text_frame.text for slide in deck.slides if slide.has_notes_slide)])
    write_lanes(before, tmp_path / "lanes", study=study)
    said += "".join(path.read_text("utf-8-sig") for path in (tmp_path / "lanes").iterdir())
    assert "[not to be quoted]" not in "\n".join(texts(deck)), "whom nobody may quote is not chosen for their words"
    said += str(slides_of(tmp_path / "j.pptx")["What was decided"][0])
    assert said.count("nobody may say: [not to be quoted] again") == 3, "in notes, in entries.csv and on the slide"
    assert len(words) > 10 and not [w for w in words if w in said] and "[not to be quoted]" in said
    assert len(pd.read_csv(tmp_path / "lanes" / "quotes.csv")) == len(before.quotes), "counted all the same"
    study.close()


def test_owner_stage_and_a_short_passage_of_who_refused_are_masked_as_on_the_map(tmp_path: Path):
    import personabench as pb
    from made_up import ridden
    from pptx import Presentation

    with ridden() as study:
        pb.add_entry(study, "They said it annoyed me.", lane="strategy", stage="The hill was easy", owner="Paying failed three times")
        pb.add_entry(study, "She said I was furious; so what", lane="note", stage="Sign-up", owner="MB")
        pb.record_consent(study, case="P02", consent="no quotes")
        write_lanes(pb.journey(study), tmp_path / "lanes", study=study)
        table = pd.read_csv(tmp_path / "lanes" / "entries.csv")
        mark, row = "[not to be quoted]", table[table["kind"].eq("strategy")].iloc[0]
        assert (row["stage"], row["text"], row["owner"]) == (mark, f"They said {mark}.", mark)
        assert "She said I was furious; so what" in set(table["text"]), "P01 and P04 may be quoted"
        deck = Presentation(write_slides(pb.journey(study), tmp_path / "j.pptx", study=study))
        said = "\n".join([*texts(deck), *(slide.notes_slide.notes_text_frame.text for slide in deck.slides if slide.has_notes_slide)])
        said += str(slides_of(tmp_path / "j.pptx")["What was decided"])
        assert "annoyed me" not in said and "hill was easy" not in said and "failed three" not in said and f"They said {mark}." in said


def test_who_has_withdrawn_has_no_journey_in_cjml_though_the_journey_is_older(tmp_path: Path):
    import personabench as pb

    with pb.Study(tmp_path / "s.db", coder="MB", create=True) as study:
        pb.import_sample(study)
        before = pb.journey(study)
        pb.withdraw(study, case="P12")
        people = {c: ElementTree.parse(write_cjml(before, tmp_path / "j.xml", study=s)).getroot().findall("actualJourney") for c, s in (("all", None), ("left", study))}
        write_lanes(before, tmp_path, study=study)
        hers = before.quotes.loc[before.quotes["case"].eq("P12") & before.quotes["quote"].str.len().gt(30), "quote"]
    assert len(hers) > 10 and not [q for q in hers if q in (tmp_path / "quotes.csv").read_text("utf-8-sig")], "nor are her words in the tables"
    ids = {c: {p.find("actors/endUser").get("actorID") for p in found} for c, found in people.items()}
    assert ids["all"] - ids["left"] == {"P12"} and ids["left"] and "P12" not in (tmp_path / "j.xml").read_text("utf-8")


@pytest.mark.parametrize("name", ["journey", "emotions", "gaps", "touchpoints", "pains_gains", "metrics", "opportunities", "evidence"])
def test_pictures_of_a_journey_say_what_they_show(tmp_path: Path, decided, name: str):
    import personabench as pb

    chart, svg = getattr(pb, f"chart_{name}")(decided[1]), "{http://www.w3.org/2000/svg}"
    root = ElementTree.parse(pb.write_chart(chart, tmp_path / "c.svg")).getroot()
    title, desc = root.findtext(f"{svg}title"), root.findtext(f"{svg}desc")
    assert root.get("role") == "img" and title and title != "Chart" and len(desc) > 40 and "Sign-up" in desc
    if name == "journey":
        pdf = pb.write_chart(chart, tmp_path / "c.pdf").read_bytes()
        assert pdf.startswith(b"%PDF-") and pdf.rstrip().endswith(b"%%EOF") and len(pdf) > 20_000


def test_an_unknown_lane_is_named(tmp_path: Path, told):
    with pytest.raises(BadInput, match="did you mean 'emotions'"): write_slides(told, tmp_path / "j.pptx", lanes=["emotion"])


@pytest.mark.parametrize("write, name", [(write_mermaid, "j.mmd"), (write_cjml, "j.xml"), (write_slides, "j.pptx")])
def test_a_write_that_fails_leaves_the_old_file(tmp_path: Path, told, monkeypatch, write, name: str):
    path = tmp_path / name
    path.write_text("old")

    def fails(*a, **k): raise OSError("disk full")
    monkeypatch.setattr("personabench.exports.os.replace", fails)
    with pytest.raises(OSError): write(told, path)
    assert path.read_text() == "old" and [p.name for p in tmp_path.iterdir()] == [name]


@pytest.mark.slow
def test_an_office_program_opens_the_slides(tmp_path: Path, told):
    path = write_slides(told, tmp_path / "j.pptx")
    command = [office("impress"), f"-env:UserInstallation=file://{tmp_path / 'profile'}", "--headless", "--convert-to", "pdf", "--outdir", str(tmp_path), str(path)]
    subprocess.run(command, capture_output=True, check=True, timeout=240)
    assert (tmp_path / "j.pdf").read_bytes().startswith(b"%PDF")


@pytest.mark.slow
@pytest.mark.parametrize("names", [WIDE, ["Fahrradverleihstationsverfügbarkeitsanzeigetafel", "自転車で通う人の道と駅" * 3, "Payment refused by the bank at night"]])
def test_no_table_runs_off_its_slide_as_an_office_program_draws_it(tmp_path: Path, names):
    pdftotext = program("pdftotext")
    rows = codings_of([f"Stage {i} of a long and winding road" for i in range(14)], names)
    kinds = dict(zip(names, ("touchpoint", "pain", "gain")))
    trip = journey_from_codings(rows.assign(facet=[kinds.get(c, f) for c, f in zip(rows["code"], rows["facet"])]))
    path = write_slides(trip, tmp_path / "j.pptx", lanes=[])
    command = [office("impress"), f"-env:UserInstallation=file://{tmp_path / 'profile'}", "--headless", "--convert-to", "pdf", "--outdir", str(tmp_path), str(path)]
    subprocess.run(command, capture_output=True, check=True, timeout=240)
    boxes = subprocess.run([pdftotext, "-bbox", str(tmp_path / "j.pdf"), "-"], capture_output=True, text=True, check=True).stdout
    assert max(map(float, re.findall(r'yMax="([\d.]+)"', boxes))) < .98 * float(re.findall(r'<page width="[\d.]+" height="([\d.]+)"', boxes)[0])
    assert "Stage" in boxes and "13" in re.findall(r">(\d+)</word>", boxes), "the last stage is on a slide, too"


def test_codes_by_name_and_by_number_are_read():
    assert journey_exchange._decoded("a#35;b #amp; #colon; #0; #9999999999;").startswith("a#b &")


def test_slides_are_drawn_whatever_letters_names_and_quotes_hold(tmp_path: Path):
    from personabench.exports import _still
    from personabench.journey_charts import chart_journey

    odd = "\x07\x1b\uffff"
    rows = codings_of([f"Sign-up{odd}"], [f"App{odd}"])
    trip = journey_from_codings(rows.assign(quote=rows["quote"] + odd, code=rows["code"].replace("Feeling", f"Feeling{odd}")), name=f"Avery{odd}")
    assert not re.search("u0007|u001b|uffff", json.dumps(_still(chart_journey(trip)))), "drawing these would end the kernel"
    slides = slides_of(write_slides(trip, tmp_path / "j.pptx", lanes=["emotions", "touchpoints", "pains_gains"]))
    gone = "\ufffd" * len(odd)
    assert f"Journey of Avery{gone}" in slides and f"App{gone}" in slides[f"Sign-up{gone}"][1]


def test_figures_whose_n_and_interval_are_not_known_are_written_without(tmp_path: Path, told):
    rows = pd.DataFrame({"stage": "Ride", "metric": ["Paid", "Ease"], "kind": ["share", "mean"], "value": [.75, 3.2], "n": [None, 40], "low": [.6, None]})
    trip = told.with_metrics(rows)
    slides = slides_of(write_slides(trip, tmp_path / "j.pptx", lanes=["metrics"]))
    assert "Paid: 75 %, n not known; share, 0 to 100 %" in slides["Ride"][1] and "Ease: 3.2, n = 40; mean" in slides["Ride"][1]
    assert "Ride: Paid: 75 %, n not known" in slides["Figures from surveys and logs"][2]
    write_lanes(trip, tmp_path)
    rows = (tmp_path / "metrics.csv").read_text("utf-8-sig").splitlines()[1:]
    assert rows == ['Ride,Paid,share,0.75,0.6,,,,,,,,"share, 0 to 100 %"', "Ride,Ease,mean,3.2,,,40,,,,,,mean"]


@pytest.mark.parametrize("name", ["https://www.example.org/help/payments/cards/refused?page=1&again=true#answers",
                                  "Fahrradverleihstationsverfügbarkeitsanzeigetafelbeschriftung"])
def test_a_name_of_one_long_word_is_cut_by_letters_and_does_not_vanish(tmp_path: Path, name):
    slides = slides_of(write_slides(journey_from_codings(codings_of([f"Stage {name}", "Ride"], [name])), tmp_path / "j.pptx", lanes=[]))
    table, stage = slides["The journey"][0], next(words for title, (_, words, _) in slides.items() if title.startswith("Stage "))
    assert table[1][0].startswith(f"Stage {name[:30]}")
    for said, least in ((table[1][-3], 20), (stage, 40)): assert f"\n{name[:least]}" in f"\n{said}" and " … (4)" in said


@pytest.mark.parametrize("name", ["Avery, the commuter of the old town " * 9, "自転車で通う人" * 40])
def test_a_long_name_is_shortened_on_slides_and_in_the_files_title(tmp_path: Path, told, name):
    import pptx

    deck = pptx.Presentation(write_slides(replace(told, name=name), tmp_path / "j.pptx", lanes=[]))
    whole, shown = f"Journey of {name}", deck.slides[0].shapes.title.text_frame.text
    for said, most in ((deck.core_properties.title, 255), (shown, 90)):
        assert most - 12 <= len(said) <= most and said.endswith(" …") and whole.startswith(said.removesuffix(" …"))
