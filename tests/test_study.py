"""A study looked at: every frame with its columns and types, each coding with whoever said it, steps that hold together."""

from __future__ import annotations

import random
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from personabench import store
from personabench.codebook import add_code
from personabench.coding import code, undo
from personabench.schema import AlreadyThere, DamagedStudy, NoSuchCase, NoSuchCode, NoSuchName, NoSuchSource
from personabench.study import CODING_COLUMNS, Study, clip_to_turn

TEXT = str(pd.Series(["a"]).astype("str").dtype)  # "str" in pandas 3, "object" before
WHOLE, FLOAT, MAYBE = "int64", "float64", "object"
COLUMNS = {
    "sources": dict(source_id=WHOLE, name=TEXT, kind=TEXT, words=WHOLE, turns=WHOLE, language=MAYBE, date=MAYBE, imported=TEXT,
                    sha256=TEXT),
    "turns": dict(source_id=WHOLE, turn=WHOLE, speaker=MAYBE, case=MAYBE, role=TEXT, start=WHOLE, end=WHOLE, time=FLOAT),
    "codings": dict(coding_id=WHOLE, source_id=WHOLE, source=TEXT, turn=WHOLE, speaker=MAYBE, case=MAYBE, start=WHOLE, end=WHOLE,
                    quote=TEXT, code_id=WHOLE, code=TEXT, facet=TEXT, valence=FLOAT, coder=TEXT, origin=TEXT, created=TEXT, role=TEXT),
    "codes": dict(code_id=WHOLE, code=TEXT, parent=MAYBE, path=TEXT, facet=TEXT, valence=FLOAT, order=FLOAT, online=MAYBE, colour=MAYBE,
                  definition=MAYBE, codings=WHOLE, cases=WHOLE),
    "cases": dict(case=TEXT, consent=MAYBE, withdrawn=MAYBE),
    "assignments": dict(source_id=WHOLE, coder=TEXT, status=TEXT),
    "memos": dict(memo_id=WHOLE, about=TEXT, target=MAYBE, text=TEXT, coder=TEXT, created=TEXT),
    "segments": dict(segmentation=TEXT, segment=TEXT, n=WHOLE, share=FLOAT, k=WHOLE, verdict=TEXT, survey=MAYBE, wave=MAYBE, seed=FLOAT,
                     created=TEXT),
    "surveys": dict(survey=TEXT, wave=MAYBE, n=WHOLE, variables=WHOLE, weights=MAYBE, imported=TEXT, sha256=TEXT),
    "log": dict(event_id=WHOLE, time=TEXT, coder=TEXT, verb=TEXT, label=TEXT, undoes=FLOAT, undone="bool", changes=TEXT),
    "members": dict(segmentation=TEXT, case=TEXT, segment=MAYBE, weight=FLOAT),
}
TALK = "Mara: How was it?\nAnna: The dock was full 🚲 again. I walked.\nBen: Me too."
TURNS = [{"speaker": "Mara", "start": 6, "end": 17, "time": 1.5}, {"speaker": "Anna", "start": 24, "end": 60},
         {"speaker": "Ben", "start": 66, "end": 73}]
WHO = {"Mara": (None, "interviewer"), "Anna": ("P01", "participant"), "Ben": ("P02", "other")}


@pytest.fixture
def study() -> Study:
    study = Study(":memory:", coder="MB")
    with study.step("import", "import G01") as step:
        store.add_source(step, "G01", text=TALK, turns=TURNS, speakers=WHO)
        store.add_case(step, "P01", attributes={"age": 41, "city": "Bern"}, consent="yes")
    add_code(study, "Dock full", facet="pain")
    return study


def full(study: Study) -> None:
    "Put at least one row into every table."
    code(study, "Dock full", source="G01", quote="dock was full 🚲")
    with study.step("fill", "fill") as step:
        store.add_memo(step, "A thought.")
        step.insert("assignments", [{"source_id": 1, "coder_id": store.add_coder(step, "MB"), "status": "done"}])
        data = pd.DataFrame({"w": [1.0, 2.0], "q": pd.Categorical(["a", None])}, index=["P01", "P02"])
        store.add_survey(step, name="wave 1", wave="2026-05", data=data, variables=pd.DataFrame({"variable": ["w", "q"]}),
                         settings={"id": "respondent", "weights": "w"})
        members = pd.DataFrame({"case": ["P01", "P02", "P03"], "segment": ["A", "B", None], "weight": [1.0, 3.0, 1.0]})
        store.add_segmentation(step, name="2026-05", members=members, k=2, verdict="not measured", parameters={}, seed=0)


def types(f: pd.DataFrame) -> dict[str, str]:
    return {name: str(kind) for name, kind in f.dtypes.items()}


# -- Frames -------------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("table", COLUMNS)
def test_a_table_has_its_columns_and_types_empty_or_not(table: str, study: Study):
    empty = Study(":memory:").rows(table)
    assert len(empty) == 0 and list(empty) == list(COLUMNS[table]) and types(empty) == COLUMNS[table]
    full(study)
    f = study.rows(table)
    assert len(f) and [c for c in f if c not in ("age", "city")] == list(COLUMNS[table])
    assert types(f) | {"age": "", "city": ""} == COLUMNS[table] | {"age": "", "city": ""}
    if table != "members":
        pd.testing.assert_frame_equal(getattr(study, table), f)
    assert tuple(COLUMNS["codings"]) == CODING_COLUMNS


def test_empty_frames_merge_with_full_ones(study: Study):
    f = study.codings.merge(study.sources, on="source_id").merge(study.codes, on="code_id")
    assert f.merge(study.turns, on=["source_id", "turn"]).empty


def test_a_turn_without_a_case_has_none_and_not_nan(study: Study):
    assert study.turns["case"].tolist() == [None, "P01", "P02"] and study.turns["role"].tolist() == ["interviewer", "participant", "other"]
    assert study.turns["time"].isna().tolist() == [False, True, True] and study.turns["time"].iloc[0] == 1.5
    assert study.turns[["turn", "start", "end"]].values.tolist() == [[0, 6, 17], [1, 24, 60], [2, 66, 73]]


def test_cases_carry_their_attributes_between_name_and_consent(study: Study):
    with study.step("import", "more") as step:
        store.add_case(step, "P03", attributes={"age": 30.5, "city": None, "member": True})
        store.add_case(step, "P01", attributes={"age": 42})
    assert list(study.cases)[0] == "case" and set(list(study.cases)[1:-2]) == {"age", "city", "member"}
    assert list(study.cases)[-2:] == ["consent", "withdrawn"]
    f = study.cases.set_index("case")
    assert f["age"].dtype == "float64" and f["age"].tolist()[0] == 42 and np.isnan(f.loc["P02", "age"])
    assert f.loc["P01", "city"] == "Bern" and f["city"].isna().tolist() == [False, True, True]
    assert f.loc["P03", "member"] in (True, 1) and f["consent"].tolist() == ["yes", None, None]
    undo(study)
    assert study.cases.set_index("case").loc["P01", "age"] == 41 and "member" not in study.cases


def test_segments_share_weights_of_the_assigned(study: Study):
    full(study)
    assert study.segments[["segmentation", "segment", "n", "share", "k", "verdict"]].values.tolist() == [
        ["2026-05", "A", 1, .25, 2, "not measured"], ["2026-05", "B", 1, .75, 2, "not measured"]]
    assert study.rows("members", segmentation="2026-05")["segment"].tolist() == ["A", "B", None]
    assert study.rows("members", segment=None)["case"].tolist() == ["P03"]


def test_a_survey_comes_back_as_it_was_kept(study: Study):
    full(study)
    for name in ("wave 1", "2026-05"):
        data, variables, about = study.survey(name)
        assert data.index.tolist() == ["P01", "P02"] and str(data["q"].dtype) == "category" and variables["variable"].tolist() == ["w", "q"]
        assert about == {"id": "respondent", "weights": "w", "name": "wave 1", "wave": "2026-05"}
    assert study.surveys[["survey", "wave", "n", "variables"]].values.tolist() == [["wave 1", "2026-05", 2, 2]]
    with pytest.raises(NoSuchName, match="did you mean 'wave 1'"):
        study.survey("wave1")
    with study.step("damage", "damage") as step:
        step.conn.exec_driver_sql("UPDATE surveys SET data = x'00'")
    with pytest.raises(DamagedStudy, match="wave 1"):
        study.survey("wave 1")


def test_a_survey_and_a_segmentation_that_come_again_are_kept_once_and_others_of_their_name_refused(study: Study):
    def keep_survey(ages: list[int], level: str = "numeric", **settings) -> int:
        with study.step("import_survey", "wave 1") as step:
            return store.add_survey(step, name="wave 1", data=pd.DataFrame({"age": ages}), settings=settings,
                                    variables=pd.DataFrame({"variable": ["age"], "level": [level]}))

    def keep_segments(seed: int, data_hash: str | None = "abc") -> int:
        members = pd.DataFrame({"case": ["P01"], "segment": ["A"], "weight": [1]})
        with study.step("add_segments", "2026-05") as step:
            return store.add_segmentation(step, name="2026-05", k=np.int64(1), verdict="not measured", parameters={}, members=members,
                                          data_hash=data_hash, seed=seed)
    assert keep_survey([41, 30]) == keep_survey([41, 30]) and keep_segments(0) == keep_segments(0)
    n = len(study.log)
    for again in (lambda: keep_survey([41, 31]), lambda: keep_survey([41, 30], level="ordinal"), lambda: keep_survey([41, 30], weights="age"),
                  lambda: keep_segments(1), lambda: keep_segments(0, "abd")):
        with pytest.raises(AlreadyThere, match="another"):
            again()
    assert len(study.surveys) == 1 and len(study.rows("members")) == 1 and len(study.log) == n


# -- Who said it --------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("start", "end", "turn"), [
    (28, 32, 1), (6, 17, 0), (24, 60, 1), (66, 73, 2),
    (12, 30, 1),     # 5 characters of Mara's, 6 of Anna's
    (11, 29, 0),     # 6 and 5
    (0, 73, 1),      # all of it: most of it is Anna's
    (50, 73, 1), (58, 73, 2),
    (0, 4, 0),       # on a speaker's name: whose turn it opens
    (18, 22, 1), (17, 24, 1), (61, 64, 2), (60, 66, 2),
])
def test_a_coding_belongs_to_the_turn_that_it_overlaps_most(study: Study, start: int, end: int, turn: int):
    code(study, "Dock full", source="G01", start=start, end=end)
    who = [("Mara", None, "interviewer"), ("Anna", "P01", "participant"), ("Ben", "P02", "other")][turn]
    f = study.codings.iloc[0]
    assert (f["turn"], f["speaker"], f["case"], f["role"]) == (turn, *who)
    pd.testing.assert_frame_equal(study.rows("codings", source="G01"), study.codings)


def test_a_coding_is_cut_to_its_turn_and_one_between_turns_stays_as_it_is(study: Study):
    for start, end in ((12, 30), (18, 22)): code(study, "Dock full", source="G01", start=start, end=end)
    cut = clip_to_turn(study.codings, study.turns)
    turn = study.turns.query("source_id == 1 and turn == 1").iloc[0]
    assert cut[["start", "end"]].values.tolist() == [[turn["start"], 30], [18, 22]]
    assert cut["quote"].tolist() == [study.quote("G01", a, b) for a, b in zip(cut["start"], cut["end"])]


def test_a_coding_never_belongs_to_another_source(study: Study):
    "On the name before the first turn, or on words after the last, of a source between two others."
    with study.step("import", "two more") as step:
        for name in ("P07", "P08", "P09"):
            text = f"{name}: hello\n(laughs)"
            turns, who = [{"speaker": name, "start": 5, "end": 10}], {name: (name, "participant")}
            store.add_source(step, name, text=text, turns=turns, speakers=who)
    for name in ("P07", "P08", "P09"):
        code(study, "Dock full", source=name, start=0, end=3)
        code(study, "Dock full", source=name, start=11, end=19)
    assert study.codings["source"].tolist() == study.codings["case"].tolist() == ["P07", "P07", "P08", "P08", "P09", "P09"]


@settings(max_examples=25)
@given(seed=st.integers(0, 10**9))
def test_turns_are_found_as_by_looking_at_each(seed: int):
    chance, study = random.Random(seed), Study(":memory:", coder="MB")
    with study.step("import", "random") as step:
        store.add_codes(step, [{"name": "A"}])
        for s in range(1, 4):
            cuts = sorted(chance.sample(range(60), 2 * chance.randint(1, 6)))
            turns = [{"speaker": f"{s}-{i}", "start": a, "end": b} for i, (a, b) in enumerate(zip(cuts[::2], cuts[1::2], strict=True))]
            store.add_source(step, f"S{s}", text="x" * 60, turns=turns)
            spans = {tuple(sorted(chance.sample(range(61), 2))) for _ in range(12)}
            store.add_codings(step, [{"source_id": s, "code_id": 1, "start": a, "end": b} for a, b in spans])
    turns = study.turns
    for r in study.codings.itertuples():
        mine = turns[turns["source_id"] == r.source_id]
        shared = np.minimum(mine["end"], r.end) - np.maximum(mine["start"], r.start)
        if shared.max() > 0:
            assert shared[mine["turn"] == r.turn].iloc[0] == shared.max()
        else:
            assert r.turn in {min([*mine.loc[mine["start"] >= r.end, "turn"], mine["turn"].max()])}


def test_counts_of_a_code_are_codings_and_people(study: Study):
    add_code(study, "Unused", facet="need")
    for start, end in [(28, 32), (33, 36), (66, 68), (6, 9)]:
        code(study, "Dock full", source="G01", start=start, end=end)
    assert study.codes.set_index("code")[["codings", "cases"]].T.to_dict("list") == {"Dock full": [4, 2], "Unused": [0, 0]}


# -- The codebook as a tree ---------------------------------------------------------------------------------------------------
def test_codes_come_in_tree_order_with_their_paths():
    study = Study(":memory:", coder="MB")
    for name, row in {"zebra": {}, "Apples": {}, "Second": {"facet": "stage", "order": 2}, "First": {"facet": "stage", "order": 1},
                      "Tenth": {"facet": "stage", "order": 10}, "b": {"parent": "zebra"}, "A": {"parent": "zebra"}, "deep": {"parent": "b"},
                      "Last step": {"parent": "Second", "order": 2}, "First step": {"parent": "Second", "order": 1}}.items():
        add_code(study, name, **row)
    assert study.codes["path"].tolist() == ["First", "Second", "Second / First step", "Second / Last step", "Tenth", "Apples", "zebra",
                                            "zebra / A", "zebra / b", "zebra / b / deep"]
    assert study.codes["parent"].tolist() == [None, None, "Second", "Second", None, None, None, "zebra", "zebra", "b"]


def test_online_is_true_false_or_none():
    study = Study(":memory:", coder="MB")
    for name, online in (("App", True), ("Kiosk", False), ("Friend", None)):
        add_code(study, name, facet="touchpoint", online=online)
    assert study.codes.set_index("code")["online"].to_dict() == {"App": True, "Kiosk": False, "Friend": None}
    assert all(v is None or isinstance(v, bool) for v in study.codes["online"])


# -- Fresh, and the caller's own ----------------------------------------------------------------------------------------------
def test_a_frame_is_the_callers_own(study: Study):
    full(study)
    f = study.codings
    f["extra"] = 1
    f.loc[0, "quote"] = "something else"
    del f["code"]
    assert list(study.codings) == list(CODING_COLUMNS) and study.codings["quote"].tolist() == ["dock was full 🚲"]


def test_a_frame_is_kept_until_the_log_grows(study: Study, monkeypatch: pytest.MonkeyPatch):
    import personabench.study as room

    looked = []
    reader = room._READERS["codings"]
    monkeypatch.setitem(room._READERS, "codings", lambda *a: looked.append(1) or reader(*a))
    for _ in range(3):
        assert study.codings.empty and len(study.codes) == 1
    assert len(looked) == 1
    code(study, "Dock full", source="G01", start=28, end=32)
    assert len(study.codings) == 1 and len(looked) == 2
    undo(study)
    assert study.codings.empty and len(looked) == 3


def test_two_studies_on_one_file_see_each_others_work(tmp_path: Path):
    with Study(tmp_path / "s.db", coder="MB", create=True) as mine, Study(tmp_path / "s.db", coder="KL") as hers:
        with mine.step("import", "import") as step:
            store.add_source(step, "P01", text="The dock was full.")
        assert hers.sources["name"].tolist() == ["P01"] and hers.text("P01") == "The dock was full."
        add_code(hers, "A")
        assert mine.codes["code"].tolist() == ["A"]
        code(mine, "A", source="P01", quote="dock")
        code(hers, "A", source="P01", quote="dock")
        assert mine.codings["coder"].tolist() == hers.codings["coder"].tolist() == ["MB", "KL"]
        undo(mine)
        assert hers.codings["coder"].tolist() == ["KL"] and hers.log["undone"].tolist() == [False, False, True, False, False]


# -- Steps --------------------------------------------------------------------------------------------------------------------
def test_reads_inside_one_connection_share_it_and_see_what_was_written_meanwhile(tmp_path: Path):
    study = Study(tmp_path / "s.db", coder="MB", create=True)
    with study.connection() as outer:
        with study.connection() as inner: assert inner is outer and study.codes.empty
        add_code(study, "Waiting", facet="pain")
        assert study.code_id("Waiting") == 1 and list(study.codes["code"]) == ["Waiting"]
        undo(study)
        assert study.codes.empty
    with study.connection() as later: assert not later.closed and outer.closed


def test_one_look_asks_once_and_own_work_ends_it(tmp_path: Path):
    mine = Study(tmp_path / "both.db", coder="MB", create=True)
    other = Study(tmp_path / "both.db", coder="AN")
    with mine.one_look():
        before = len(mine.codes)
        add_code(other, "Theirs")
        assert len(mine.codes) == before, "as it was at the first look"
        with mine.one_look(): pass
        assert len(mine.codes) == before, "a look inside a look does not end it"
        add_code(mine, "Mine")
        assert set(mine.codes["code"]) == {"Theirs", "Mine"}, "who writes looks anew"
    add_code(other, "Later")
    assert len(mine.codes) == 3


def test_verbs_inside_a_step_are_one_step(study: Study):
    n = len(study.log)
    with study.step("tidy", "all at once"):
        add_code(study, "B")
        assert "B" in set(study.codes["code"])  # a verb sees what the step has done so far
        code(study, "B", source="G01", start=28, end=32)
    assert study.log["label"].tolist()[n:] == ["all at once"]
    assert undo(study) == "all at once" and study.codings.empty and "B" not in set(study.codes["code"])


def test_a_step_that_fails_leaves_nothing_to_see(study: Study):
    before = {table: study.rows(table) for table in COLUMNS}
    with pytest.raises(NoSuchCode), study.step("tidy", "fails"):
        add_code(study, "B")
        assert len(study.codes) == 2
        code(study, "C", source="G01", start=28, end=32)
    for table, f in before.items():
        pd.testing.assert_frame_equal(study.rows(table), f)
    assert study.open_step is None


def test_a_part_of_a_step_that_fails_leaves_nothing_while_the_rest_stays(study: Study):
    with study.step("import", "three files"):
        for name in ("P07", "G01", "P09"):
            try:
                with study.step("import", name) as step:
                    store.add_case(step, f"case of {name}")
                    store.add_source(step, name, text="Hello.")  # G01 is there already
            except Exception:
                pass
    assert study.sources["name"].tolist() == ["G01", "P07", "P09"]
    assert study.cases["case"].tolist() == ["P01", "P02", "case of P07", "case of P09"]
    undo(study)
    assert study.sources["name"].tolist() == ["G01"] and study.cases["case"].tolist() == ["P01", "P02"]


# -- Names --------------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("ask", "error", "says"), [
    (lambda s: s.text("G1"), NoSuchSource, "did you mean 'G01'"),
    (lambda s: s.quote("P99", 0, 1), NoSuchSource, "P99"),
    (lambda s: s.code_id("dock ful"), NoSuchCode, "did you mean 'Dock full'"),
    (lambda s: s.case_id("P1"), NoSuchCase, "did you mean 'P0"),
    (lambda s: s.rows("coding"), NoSuchName, "did you mean 'codings'"),
    (lambda s: s.rows("codings", cod="x"), NoSuchName, "did you mean 'code'"),
    (lambda s: s.rows("codings", source="G1"), NoSuchSource, "did you mean 'G01'"),
])
def test_a_name_that_is_not_there_is_met_with_what_was_meant(study: Study, ask, error: type[NoSuchName], says: str):
    with pytest.raises(error, match=says):
        ask(study)


def test_rows_filter_by_value_and_by_list(study: Study):
    for start, end in [(28, 32), (66, 68), (6, 9)]:
        code(study, "Dock full", source="G01", start=start, end=end)
    assert study.rows("codings", case="P01")["quote"].tolist() == ["dock"]
    assert study.rows("codings", source="G01", role=["interviewer", "other"])["start"].tolist() == [6, 66]
    assert study.rows("codings", case=None)["speaker"].tolist() == ["Mara"]
    assert study.rows("turns", source="G01", speaker="Ben").index.tolist() == [0]


def test_a_text_that_was_altered_behind_our_back_is_noticed(tmp_path: Path):
    with Study(tmp_path / "s.db", coder="MB", create=True) as study:
        with study.step("import", "import") as step:
            store.add_source(step, "P01", text="The dock was full.")
            store.add_codes(step, [{"name": "A"}])
        code(study, "A", source="P01", quote="dock")
        with study.engine.begin() as conn:
            conn.exec_driver_sql("DROP TRIGGER text_stays")
            conn.exec_driver_sql("UPDATE revisions SET text = 'The duck was full.'")
    with Study(tmp_path / "s.db") as study:
        with pytest.raises(DamagedStudy, match="not the one that was stored"):
            study.text("P01")
        with pytest.raises(DamagedStudy):
            _ = study.codings


def test_a_study_shows_what_it_holds_and_what_to_do_next(study: Study):
    assert "import_files" in Study(":memory:", coder="MB")._repr_html_()
    full(study)
    study.coder = "<MB>"
    told = study._repr_html_()
    assert "import_files" not in told and "codings" in told and "&lt;MB&gt;" in told and "<MB>" not in told


def test_a_user_without_a_name_may_work(monkeypatch: pytest.MonkeyPatch):
    def nobody() -> str:
        raise KeyError("getpwuid(): uid not found: 1234")
    monkeypatch.setattr("getpass.getuser", nobody)
    assert Study(":memory:").coder == "somebody"


# -- Size ---------------------------------------------------------------------------------------------------------------------
@pytest.mark.slow
def test_work_on_a_large_study_costs_what_the_work_costs(tmp_path: Path):
    "The time of one coding, or of taking it back, does not grow with the study: 20 sources of 500 codings, 8,000 in the one at hand."
    def seconds(study: Study) -> float:
        took = []
        for i in range(30):
            began = time.process_time()
            code(study, "A", source="P01", start=i, end=i + 7)
            undo(study)
            took.append(time.process_time() - began)
        return sorted(took)[len(took) // 2]

    text = "The dock was full again and I walked home. " * 200
    times = []
    for size in (1, 20):
        with Study(tmp_path / f"{size}.db", coder="MB", create=True) as study:
            with study.step("import", "import") as step:
                store.add_codes(step, [{"name": "A"}, {"name": "B"}])
                ids = [store.add_source(step, f"P{i:02}", text=text) for i in range(1, size + 1)]
                if size > 1:
                    spans = [(s, i) for s in ids for i in range(8000 if s == ids[0] else 500)]
                    store.add_codings(step, [{"source_id": s, "code_id": 2, "start": a, "end": a + 20} for s, a in spans])
            times.append(seconds(study))
    assert times[1] < 1.5 * times[0] + .002
