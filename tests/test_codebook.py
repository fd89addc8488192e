"""The codebook: a tree without loops, changes that codings follow, merges and splits that lose nothing and can be taken back."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from personabench import store
from personabench.codebook import add_code, change_code, code_history, merge_codes, remove_code, rename_code, split_code
from personabench.coding import add_memo, code, edit_memo, redo, uncode, undo
from personabench.schema import AlreadyThere, BadInput, NoSuchCode, NoSuchName, PersonabenchError, UndoConflict
from personabench.study import Study


@pytest.fixture
def study() -> Study:
    "Docks (Dock full, No bike), Money, and three codings: two of Dock full, one of No bike on the same words."
    study = Study(":memory:", coder="MB")
    with study.step("import", "import P01") as step:
        store.add_source(step, "P01", text="The dock was full again. There was no bike either.", speakers={None: ("P01", "participant")})
    add_code(study, "Docks")
    add_code(study, "Dock full", facet="pain", parent="Docks", definition="No free dock.", colour="#C44E00")
    add_code(study, "No bike", facet="pain", parent="Docks")
    add_code(study, "Money", facet="need")
    code(study, "Dock full", source="P01", start=0, end=24)
    code(study, "Dock full", source="P01", start=25, end=50)
    code(study, "No bike", source="P01", start=25, end=50)
    return study


def seen(study: Study) -> dict[str, list]:
    "Return what a user sees of codes, codings and memos."
    tables = {name: getattr(study, name).astype(object) for name in ("codes", "codings", "memos")}
    return {name: f.where(f.notna(), None).values.tolist() for name, f in tables.items()}


def one(study: Study, name: str) -> pd.Series:
    return study.codes.set_index("code").loc[name]


# -- Adding -------------------------------------------------------------------------------------------------------------------
def test_a_code_keeps_its_properties():
    study = Study(":memory:", coder="MB")
    add_code(study, " Delighted ", facet="emotion", valence=2, colour="#0072B2", definition="Joy.")
    add_code(study, "Kiosk", facet="touchpoint", online=False)
    add_code(study, "First ride", facet="stage", order=4)
    assert one(study, "Delighted")[["facet", "valence", "colour", "definition"]].tolist() == ["emotion", 2, "#0072B2", "Joy."]
    assert one(study, "Kiosk")["online"] is False and one(study, "First ride")["order"] == 4 and one(study, "First ride")["online"] is None
    assert study.log["label"].tolist() == ["add code 'Delighted'", "add code 'Kiosk'", "add code 'First ride'"]


@pytest.mark.parametrize(("verb", "error", "says"), [
    (lambda s: add_code(s, "Money"), AlreadyThere, "Money"),
    (lambda s: add_code(s, " Money "), AlreadyThere, "Money"),
    (lambda s: add_code(s, "  "), BadInput, "empty"),
    (lambda s: add_code(s, "X", facet="pains"), BadInput, "did you mean 'pain'"),
    (lambda s: add_code(s, "X", parent="Dock"), NoSuchCode, "did you mean 'Docks'"),
    (lambda s: add_code(s, "X", parent="X"), NoSuchCode, "'X'"),
    (lambda s: add_code(s, "X", valence=-3), BadInput, "-2 to 2"),
    (lambda s: add_code(s, "X", order=1.5), BadInput, "whole number"),
    (lambda s: add_code(s, "X", online="no"), BadInput, "True, False or None"),
    (lambda s: change_code(s, "Dock ful", facet="need"), NoSuchCode, "did you mean 'Dock full'"),
    (lambda s: change_code(s, "Docks", facet=None), BadInput, "facet None"),
    (lambda s: change_code(s, "Docks", color="#000000"), BadInput, "colour"),
    (lambda s: change_code(s, "Docks", order=float("nan")), BadInput, "whole number"),
    (lambda s: change_code(s, "Docks", parent="Docks"), BadInput, "own branch"),
    (lambda s: change_code(s, "Docks", parent="No bike"), BadInput, "own branch"),
    (lambda s: rename_code(s, "Docks", to="Money"), AlreadyThere, "merge_codes"),
    (lambda s: rename_code(s, "Docks", to=" "), BadInput, "empty"),
    (lambda s: merge_codes(s, ["Docks", "Money"], into="Money"), BadInput, "among the codes to merge"),
    (lambda s: merge_codes(s, ["Docks"], into="No bike"), BadInput, "own branch"),
    (lambda s: merge_codes(s, ["Money", "Coins"], into="Docks"), NoSuchCode, "Coins"),
    (lambda s: split_code(s, "Dock full", to="X", codings=[3]), NoSuchName, r"codings \[3\] are not of this code"),
    (lambda s: split_code(s, "Dock full", to="Money", codings=[1]), AlreadyThere, "Money"),
    (lambda s: split_code(s, "Dock full", to="X", codings=[1], facet="pains"), BadInput, "did you mean 'pain'"),
    (lambda s: remove_code(s, "Dock full"), BadInput, "it has 2 codings.*merge_codes"),
    (lambda s: remove_code(s, "Docks"), BadInput, "parent of Dock full, No bike"),
])
def test_what_cannot_be_is_refused_by_name_and_changes_nothing(study: Study, verb: Callable, error: type[PersonabenchError], says: str):
    before, log = seen(study), study.log
    with pytest.raises(error, match=says):
        verb(study)
    assert seen(study) == before
    pd.testing.assert_frame_equal(study.log, log)


def test_numbers_from_a_table_are_taken():
    study = Study(":memory:", coder="MB")
    add_code(study, "A", facet="emotion", valence=np.int64(-1), order=np.float64(2.0), online=np.bool_(True))
    change_code(study, "A", order=np.int64(3))
    assert (one(study, "A")["valence"], one(study, "A")["order"], one(study, "A")["online"]) == (-1, 3, True)
    undo(study)
    assert one(study, "A")["order"] == 2


# -- Changing -----------------------------------------------------------------------------------------------------------------
def test_codings_follow_a_renamed_code(study: Study):
    rename_code(study, "Dock full", to="Full")
    assert study.codings["code"].tolist() == ["Full", "Full", "No bike"] and one(study, "Full")["path"] == "Docks / Full"
    rename_code(study, "Full", to="Dock full")
    rename_code(study, "Dock full", to="Dock full")
    assert study.log["verb"].tolist()[-2:] == ["rename_code"] * 2  # to the name that it has is no step


def test_a_change_that_changes_nothing_is_no_step(study: Study):
    n = len(study.log)
    change_code(study, "Money", facet="need")
    change_code(study, "Money")
    assert len(study.log) == n


def test_a_branch_moves_whole(study: Study):
    change_code(study, "Docks", parent="Money")
    assert one(study, "No bike")["path"] == "Money / Docks / No bike"
    with pytest.raises(BadInput, match="own branch"):
        change_code(study, "Money", parent="No bike")
    undo(study)
    change_code(study, "Money", parent="No bike")
    change_code(study, "No bike", parent=None)
    assert one(study, "Money")["path"] == "No bike / Money"


# -- Merging and splitting ----------------------------------------------------------------------------------------------------
def test_merged_codings_move_and_doubles_fall_together(study: Study):
    before = seen(study)
    assert merge_codes(study, ["Dock full"], into="No bike") == 1  # the other stands on words that No bike has already
    assert study.codings[["start", "code"]].values.tolist() == [[0, "No bike"], [25, "No bike"]]
    assert "Dock full" not in set(study.codes["code"]) and one(study, "No bike")["codings"] == 2
    assert undo(study) == "merge 'Dock full' into 'No bike'" and seen(study) == before
    redo(study)
    assert study.codings["coding_id"].tolist() == [1, 3]


def test_a_code_with_an_old_name_can_still_be_changed(study: Study):
    "As one of a study written before names were one line."
    with study.engine.begin() as conn: conn.execute(store.tables.tables["codes"].update().where(store.tables.tables["codes"].c.code_id == 4).values(name="two\nlines"))
    change_code(study, "two\nlines", facet="goal")
    assert one(study, "two\nlines")["facet"] == "goal"


def test_a_removed_coding_swallows_none_that_is_there(study: Study):
    uncode(study, 3)  # No bike, on the words of the second Dock full
    assert merge_codes(study, ["Dock full"], into="No bike") == 2
    assert study.codings[["start", "code"]].values.tolist() == [[0, "No bike"], [25, "No bike"]]


def test_a_name_is_one_line_and_a_tree_can_be_read(study: Study):
    for name in ("a" * 501, "two\nlines"):
        with pytest.raises(BadInput, match="single line"): add_code(study, name)
        with pytest.raises(BadInput, match="single line"): rename_code(study, "Money", to=name)
    with study.step("add_codes", "a deep tree") as step:
        parent = None
        for i in range(100): [parent] = store.add_codes(step, [{"name": f"L{i}", "parent_id": parent}])
    with pytest.raises(BadInput, match="100 levels"): add_code(study, "L100", parent="L99")
    assert study.codes["path"].str.count("/").max() == 99


def test_memos_go_with_codings_that_fall_together_and_with_codes_that_end(study: Study):
    lost = study.codings.query("code == 'Dock full' and start == 25")["coding_id"].item()
    kept = study.codings.query("code == 'No bike' and start == 25")["coding_id"].item()
    for text, about in (("on the code", {"code": "Dock full"}), ("on the double", {"coding": lost}), ("on its like", {"coding": kept})): add_memo(study, text, **about)
    before = study.memos
    merge_codes(study, "Dock full", into="No bike")
    assert dict(zip(study.memos["text"], study.memos["target"])) == {"on the code": "No bike", "on the double": kept, "on its like": kept}
    undo(study)
    pd.testing.assert_frame_equal(study.memos, before)


def test_a_merge_is_not_undone_over_an_edit_of_a_memo_that_it_moved(tmp_path):
    with Study(tmp_path / "s.db", coder="MB", create=True) as study, Study(tmp_path / "s.db", coder="JK") as other:
        for name in ("Dock full", "No bike"): add_code(study, name)
        memo_id = add_memo(other, "A thought.", code="Dock full")
        merge_codes(study, "Dock full", into="No bike")
        edit_memo(other, memo_id, "A better thought.")
        with pytest.raises(UndoConflict, match="JK has since worked on .*edit memo on code No bike"): undo(study)
        assert study.memos[["text", "target"]].values.tolist() == [["A better thought.", "No bike"]]
        undo(other)
        undo(study)
        assert study.memos[["text", "target"]].values.tolist() == [["A thought.", "Dock full"]]
        edit_memo(other, memo_id, "A better thought.")
        with pytest.raises(UndoConflict, match="JK has since worked on"): redo(study)
        assert study.memos[["text", "target"]].values.tolist() == [["A better thought.", "Dock full"]]


def test_children_move_to_the_code_that_stays(study: Study):
    merge_codes(study, ["Docks"], into="Money")
    assert one(study, "No bike")["path"] == "Money / No bike" and "Docks" not in set(study.codes["code"])


def test_codings_of_different_coders_stay_apart(study: Study):
    study.coder = "KL"
    code(study, "Dock full", source="P01", start=25, end=50)
    assert merge_codes(study, "Dock full", into="No bike") == 2
    assert sorted(study.codings[["start", "coder"]].values.tolist()) == [[0, "MB"], [25, "KL"], [25, "MB"]]


def test_several_codes_merge_at_once(study: Study):
    code(study, "Money", source="P01", start=25, end=50)
    assert merge_codes(study, ["Dock full", "No bike", "Money"], into="Docks") == 2
    assert study.codes[["code", "codings"]].values.tolist() == [["Docks", 2]]


def test_a_split_moves_the_codings_named_and_keeps_their_ids(study: Study):
    before = seen(study)
    moved = study.codings.loc[study.codings["code"] == "Dock full", "coding_id"].iloc[1:]  # a Series of numpy integers
    split_code(study, "Dock full", to="Still full", codings=moved, definition="Full twice.")
    assert study.codings.set_index("coding_id")["code"].to_dict() == {1: "Dock full", 2: "Still full", 3: "No bike"}
    assert one(study, "Still full")[["facet", "parent", "colour", "definition"]].tolist() == ["pain", "Docks", "#C44E00", "Full twice."]
    assert undo(study) == "split 'Still full' from code 'Dock full'" and seen(study) == before
    split_code(study, "Dock full", to="Moved", codings=[2], facet="need", parent="Money")
    assert one(study, "Moved")["path"] == "Money / Moved" and study.rows("codings", code="Moved")["facet"].tolist() == ["need"]


def test_an_unused_code_can_be_removed_and_come_back(study: Study):
    add_memo(study, "Why did we have this?", code="Money")
    remove_code(study, "Money")
    assert "Money" not in set(study.codes["code"]) and study.memos["target"].tolist() == ["Money"]
    with pytest.raises(NoSuchCode):
        code(study, "Money", source="P01", start=0, end=3)
    add_code(study, "Money", facet="gain")  # the name is free
    assert one(study, "Money")["facet"] == "gain"
    undo(study)
    undo(study)
    assert one(study, "Money")["facet"] == "need"


# -- History ------------------------------------------------------------------------------------------------------------------
def test_the_history_tells_every_step_that_touched_the_codebook(study: Study):
    merge_codes(study, ["No bike"], into="Dock full")
    undo(study)
    f = code_history(study)
    assert f["verb"].tolist() == ["add_code"] * 4 + ["merge_codes", "undo"]  # and none of the codings
    assert f["undone"].tolist() == [False] * 4 + [True, False] and f["codes"].tolist() == [[1], [2], [3], [4], [3], [3]]
    assert list(f) == ["event_id", "time", "coder", "verb", "label", "undone", "codes"]
    assert list(code_history(Study(":memory:"))) == list(f) and code_history(Study(":memory:")).empty
